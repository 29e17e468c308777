/*
 * dhcp_server: a DHCP server of one subnet as an engine: messages, answers to probes and the time
 * go in, datagrams and probes come out. It knows no socket and no interface.
 *
 *     if (dhcp_server_receive(server, bytes, &from, now, &out)) … send out …
 *     dhcp_server_on_echo(server, …)                  somebody has answered a probe
 *     while (dhcp_server_next(server, now, &out)) …   send out, a datagram or a probe
 *     dhcp_server_deadline(server)                    when to call that again
 *
 * An address is probed before it is offered unless its client has it bound, or it did not answer
 * within the last minute; meanwhile the question waits. At most DHCP_PENDING wait at once; further
 * clients ask again, as they must be able to (RFC 2131 §4.1). Relayed messages are not served.
 */
#ifndef SERVICES_DHCP_SERVER_H
#define SERVICES_DHCP_SERVER_H

#include "services/dhcp_journal.h"

#include "wire/dhcp.h"

#define DHCP_PENDING  256
#define DHCP_PROBE_NS (500 * DOBOS_MILLISECOND) /* what a probed address has to answer */
#define DHCP_TRIES    4                         /* addresses probed for one question */
#define DHCP_OWN      8                         /* addresses of the host that are remembered */

enum dhcp_count { /* what became of the messages; each is counted once */
    DHCP_COUNT_OFFERED,
    DHCP_COUNT_ACKED,
    DHCP_COUNT_NAKED,
    DHCP_COUNT_INFORMED,
    DHCP_COUNT_DECLINED, /* and the address put in quarantine */
    DHCP_COUNT_RELEASED,
    DHCP_COUNT_PROBING,    /* a probe has to end first */
    DHCP_COUNT_MALFORMED,  /* no DHCP message of an Ethernet client */
    DHCP_COUNT_RELAYED,    /* giaddr is set (attack H14) */
    DHCP_COUNT_NOT_OURS,   /* for another server, an unknown type, or a client unknown here */
    DHCP_COUNT_NOT_HIS,    /* a client gives back what is not his (attack H10) */
    DHCP_COUNT_NO_ADDRESS, /* none is left */
    DHCP_COUNT_SHARE,      /* its source has its share of the pool (attack H5) */
    DHCP_COUNT_BUSY,       /* too many probes at once, or no memory */
    DHCP_COUNT_STORE,      /* the lease could not be stored */
    DHCP_COUNT_CONFLICTS,  /* no message: an address that answered its probe */
    DHCP_COUNTS
};

struct dhcp_server_config {
    struct dobos_prefix own;                       /* the server's address with its subnet */
    uint32_t own_numbers[DHCP_OWN];                /* all addresses of the host */
    unsigned own_count;                            /* of them */
    uint32_t mtu;                                  /* of the link */
    struct hash_key key;                           /* of tables and probes */
    const struct dobos_dhcp_server_config *config; /* borrowed; checked by dhcp_config_check */
};

/* Who sent a message. */
struct dhcp_from {
    struct dobos_address address; /* of the IP packet; 0.0.0.0: it has none */
    struct dobos_mac link;        /* of the frame */
};

enum dhcp_way {
    DHCP_WAY_ALL,   /* to 255.255.255.255 */
    DHCP_WAY_LINK,  /* to `address` at `link`, without asking who has it */
    DHCP_WAY_PROBE, /* an echo request to `address` that holds `token`; no datagram */
};
struct dhcp_out {
    enum dhcp_way way;             /* how it is sent, from our port 67 to port 68 */
    struct dobos_address address;  /* see above */
    struct dobos_mac link;         /* see above */
    uint64_t token;                /* of a probe */
    size_t length;                 /* of bytes */
    uint8_t bytes[DHCP_MAX_BYTES]; /* the message */
};

/* What an answer needs of its question. */
struct dhcp_question {
    struct lease_client client;     /* who asks */
    struct dobos_mac source;        /* of the frame */
    struct dobos_address from;      /* of the IP packet */
    struct dobos_address ciaddr;    /* the client's address, if it has one */
    struct dobos_address requested; /* the one it asks for */
    uint32_t xid;                   /* of the exchange */
    uint32_t lease_s;               /* has_lease: asked for */
    uint16_t max_size;              /* of an answer, as an IP packet; 0: 576 */
    bool broadcast, has_lease;      /* the flag; option 51 */
    struct dhcp_bytes client_id;    /* as it came */
    struct dhcp_bytes parameters;   /* options asked for */
};

/* A question that waits for a probe. */
struct dhcp_pending {
    struct list_node node;         /* in asking or waiting */
    struct dhcp_lease *lease;      /* the address probed */
    struct dhcp_question question; /* the latest of its client */
    dobos_time begun;              /* when the probe was sent */
    uint64_t renewals;             /* of the lease then */
    uint64_t token;                /* of the probe */
    unsigned tries;                /* addresses probed so far */
};

struct dhcp_server {
    struct allocator *allocator;       /* borrowed */
    struct dhcp_leases leases;         /* the table */
    struct dhcp_journal journal;       /* its store */
    struct dobos_prefix own;           /* the server identifier, and the subnet */
    uint32_t own_numbers[DHCP_OWN];    /* of the host */
    unsigned own_count;                /* of them */
    uint32_t mtu;                      /* of the link */
    uint32_t lease_s;                  /* of a lease */
    struct dobos_address router;       /* 0.0.0.0: none */
    struct dhcp_addresses nameservers; /* may be none */
    struct dhcp_bytes domain;          /* may be none */
    struct dns_name domain_name;       /* of it */
    struct hash_key key;               /* of tokens */
    uint64_t tokens;                   /* made so far */
    struct list asking, waiting;       /* struct dhcp_pending; waiting in order of `begun` */
    unsigned pending;                  /* of both */
    uint64_t counts[DHCP_COUNTS];      /* enum dhcp_count */
    struct dhcp message;               /* being parsed or emitted */
};

/* What is wrong with a configuration for this subnet; NULL: nothing. *bad: which reservation, or
 * SIZE_MAX. */
const char *dhcp_config_check(const struct dobos_dhcp_server_config *config,
                              const struct dobos_prefix *own, size_t *bad);
/* `server` is zeroed. -DOBOS_ENOMEM, -DOBOS_EIO (the store); then too dhcp_server_fini is to be
 * called. */
int dhcp_server_init(struct dhcp_server *server, struct allocator *allocator,
                     const struct dhcp_server_config *config, dobos_time now);
void dhcp_server_fini(struct dhcp_server *server);

/* A datagram to port 67. True: `out` is the answer. */
bool dhcp_server_receive(struct dhcp_server *server, struct slice bytes,
                         const struct dhcp_from *from, dobos_time now, struct dhcp_out *out);
/* Somebody at `link` has answered an echo request from `address` with `token`. */
void dhcp_server_on_echo(struct dhcp_server *server, const struct dobos_address *address,
                         const struct dobos_mac *link, uint64_t token, dobos_time now);
/* The next that is to be sent by now; false: nothing. */
bool dhcp_server_next(struct dhcp_server *server, dobos_time now, struct dhcp_out *out);
dobos_time dhcp_server_deadline(const struct dhcp_server *server);

/* ---- between the files of the engine ---- */

/* The answers; true: `out` is one. An offer of an address; an acknowledgement of a bound one; of
 * none (DHCPINFORM); a refusal that says why. */
bool dhcp_answer_offer(struct dhcp_server *server, const struct dhcp_question *question,
                       const struct dhcp_lease *lease, struct dhcp_out *out);
bool dhcp_answer_ack(struct dhcp_server *server, const struct dhcp_question *question,
                     const struct dhcp_lease *lease, struct dhcp_out *out);
bool dhcp_answer_inform(struct dhcp_server *server, const struct dhcp_question *question,
                        struct dhcp_out *out);
bool dhcp_answer_nak(struct dhcp_server *server, const struct dhcp_question *question,
                     const char *why, struct dhcp_out *out);
/* How long the client may have an address. */
uint32_t dhcp_lease_length(const struct dhcp_server *server, const struct dhcp_question *question);

/* DHCPDISCOVER: offers at once (true), or after a probe, or not at all. */
bool dhcp_discover(struct dhcp_server *server, const struct dhcp_question *question, dobos_time now,
                   struct dhcp_out *out);
/* Ends an offer with the probe that goes before it. */
void dhcp_offer_end(struct dhcp_server *server, struct dhcp_lease *lease, dobos_time now);
/* The client has an address now: its question needs no answer. */
void dhcp_probe_cancel(struct dhcp_server *server, const struct lease_client *client);
bool dhcp_is_probing(const struct dhcp_server *server, const struct dhcp_lease *lease);

#endif
