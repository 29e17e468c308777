/*
 * dobos/nat.h: network address translation (NAT44) by a host that forwards, as RFC 4787 (UDP), 5382
 * (TCP), 5508 (ICMP) and 7857 ask of it.
 *
 * Hosts behind the router share the addresses of its outside interfaces. An inside address and port
 * gets one outside address and port whomever it talks with (endpoint-independent mapping), never
 * one that another has; outside ports are drawn at random. Who may send to it from outside is the
 * filtering's choice. Hosts inside reach each other by their outside addresses, too (hairpinning).
 *
 *     const uint32_t wan[] = {2};
 *     const struct dobos_nat_config config = {.size = sizeof(config), .interfaces = wan,
 *                                             .interface_count = 1};
 *     dobos_nat_set(router, &config);
 */
#ifndef DOBOS_NAT_H
#define DOBOS_NAT_H

#include <dobos/address.h>
#include <dobos/errors.h>
#include <dobos/host.h>
#include <dobos/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- configuration ---- */

/* Who may send from outside to an outside port that an inside host has (RFC 4787 §5, 5382 §4.3). */
enum dobos_nat_filtering {
    DOBOS_NAT_FILTERING_DEFAULT = 0,          /* DOBOS_NAT_ADDRESS_DEPENDENT: as open as a
                                                 protocol between peers needs it, and shut to
                                                 strangers (RFC 4787 REQ-8) */
    DOBOS_NAT_ENDPOINT_INDEPENDENT = 1,       /* anybody */
    DOBOS_NAT_ADDRESS_DEPENDENT = 2,          /* an address that the inside port has sent to */
    DOBOS_NAT_ADDRESS_AND_PORT_DEPENDENT = 3, /* an address and port that it has sent to */
};

/* A way in from outside: what comes to a port of an outside address goes to a host inside. */
struct dobos_nat_forward {
    uint8_t protocol;         /* DOBOS_TCP or DOBOS_UDP */
    uint16_t port;            /* outside, 1–65535 */
    struct dobos_endpoint to; /* inside; port 0: the same as outside */
};

struct dobos_nat_config {
    size_t size;                /* sizeof(struct dobos_nat_config) */
    const uint32_t *interfaces; /* whose addresses are outside ones, as they are from time to time;
                                   what leaves there for others leaves from one of them */
    uint32_t interface_count;   /* at least 1, at most 16 */
    enum dobos_nat_filtering filtering;       /* see above */
    uint16_t port_first, port_last;           /* outside ports; 0, 0: 1024–65535 */
    uint32_t quota;                           /* mappings an inside host; 0: 8192 */
    const struct dobos_nat_forward *forwards; /* copied */
    uint32_t forward_count;                   /* at most 1024 */
};

/*
 * Makes the host translate (config: borrowed), in place of what it did before, whose mappings end;
 * NULL: it translates no more. 0; -DOBOS_EINVAL (size, no interface, lo, an interface twice, ports
 * the wrong way round, a forward of another protocol, with port 0 or to no unicast address, a host
 * that does not forward); -DOBOS_ENODEV; -DOBOS_EEXIST (two forwards of one port); -DOBOS_ENOMEM.
 * After an error all is as it was before.
 */
DOBOS_API int dobos_nat_set(struct dobos_host *host, const struct dobos_nat_config *config);
/* Whether it translates. */
DOBOS_API bool dobos_nat_is_set(const struct dobos_host *host);
/* The filtering that is in force, never DOBOS_NAT_FILTERING_DEFAULT; that one: there is no NAT. */
DOBOS_API enum dobos_nat_filtering dobos_nat_filtering_read(const struct dobos_host *host);

/* ---- looking at it ---- */

/* An inside port and the outside port that stands for it. Of ICMP, the query's identifier. */
struct dobos_nat_mapping {
    uint8_t protocol;              /* DOBOS_ICMP, DOBOS_TCP, DOBOS_UDP */
    bool is_forward;               /* set by hand; it does not end */
    struct dobos_endpoint inside;  /* as the host inside has it */
    struct dobos_endpoint outside; /* as others see it; interface: whose address it is */
    uint32_t sessions;             /* peers it talks with */
    dobos_time expires;            /* when it ends if nothing more comes; DOBOS_NEVER */
    uint64_t packets_out, packets_in, bytes_out, bytes_in; /* IP packets, of all its sessions */
    dobos_time made;                                       /* when */
    struct dobos_endpoint
        maker; /* where the packet that made it was going; of a forward: nowhere */
};
/* The nth mapping from 0, in the order they were made; -DOBOS_ENOENT behind the last, or where
 * there is no NAT. Reading one after the other costs the same each; a change of the mappings
 * between two calls may skip or repeat some. */
DOBOS_API int dobos_nat_mapping_read(const struct dobos_host *host, uint32_t nth,
                                     struct dobos_nat_mapping *mapping);

/* What is known of a flow; TCP's as RFC 5382 §5 and RFC 7857 §2 tell its phases apart. */
enum dobos_session_state {
    DOBOS_SESSION_ONE_WAY = 0,     /* nobody has answered yet */
    DOBOS_SESSION_BOTH_WAYS = 1,   /* UDP, ICMP and others: an answer came */
    DOBOS_SESSION_OPENING = 2,     /* TCP: SYN seen, not yet answered, acknowledged */
    DOBOS_SESSION_ESTABLISHED = 3, /* TCP */
    DOBOS_SESSION_CLOSING = 4,     /* TCP: FIN both ways, or a reset */
};
/* "one-way", "both-ways", "opening", "established", "closing"; constant. */
DOBOS_API const char *dobos_session_state_name(enum dobos_session_state state);

/* A tracked flow: who began it, with whom, and how each looks from the other side. Where nothing is
 * translated the two are the same. */
struct dobos_session {
    uint8_t protocol;                       /* IP protocol */
    enum dobos_session_state state;         /* see above */
    struct dobos_endpoint source;           /* who began it, as it came */
    struct dobos_endpoint destination;      /* whom it wanted, as it came */
    struct dobos_endpoint source_seen;      /* who began it, as the other end sees it */
    struct dobos_endpoint destination_seen; /* the other end as it is */
    dobos_time expires;                     /* when it ends if nothing more comes */
    uint64_t packets[2], bytes[2];          /* IP packets: of who began it; of the other end */
};
/* The nth tracked flow from 0, in no order that means something; else as dobos_nat_mapping_read.
 * Hosts with a stateful filter have flows without a NAT. */
DOBOS_API int dobos_session_read(const struct dobos_host *host, uint32_t nth,
                                 struct dobos_session *session);

/* What NAT would do with a packet, and why. */
struct dobos_nat_question {
    uint8_t protocol;                  /* DOBOS_ICMP (ports: the identifier), DOBOS_TCP, … */
    uint32_t interface;                /* where it comes in; 0: the host itself sends it */
    struct dobos_endpoint source;      /* as it is */
    struct dobos_endpoint destination; /* as it is */
};
enum dobos_nat_answer {
    DOBOS_NAT_UNTOUCHED = 0,  /* it goes as it is */
    DOBOS_NAT_TRANSLATED = 1, /* a session or mapping that there is says how */
    DOBOS_NAT_NEW = 2,        /* a mapping would be made; its outside port is not known before */
    DOBOS_NAT_DROPPED = 3,    /* it would be dropped */
};
struct dobos_nat_explanation {
    enum dobos_nat_answer answer;
    const char *why;                   /* a sentence without full stop; constant */
    const char *drop;                  /* DROPPED: the counter's name; else NULL; constant */
    struct dobos_endpoint source;      /* as it would be */
    struct dobos_endpoint destination; /* as it would be */
    bool has_mapping, has_session;     /* there is one already */
    struct dobos_nat_mapping mapping;  /* where has_mapping */
    struct dobos_session session;      /* where has_session */
};
/* Changes nothing. -DOBOS_ENOENT: there is no NAT; -DOBOS_ENETUNREACH: no route. */
DOBOS_API int dobos_nat_explain(const struct dobos_host *host,
                                const struct dobos_nat_question *question,
                                struct dobos_nat_explanation *explanation);

#ifdef __cplusplus
}
#endif

#endif
