/*
 * nat: which outside port stands for which inside port (RFC 4787, 5382, 5508, 7857). A mapping
 * joins an inside address and port to an outside one, of a protocol, whomever the inside talks with
 * (endpoint-independent); the flows themselves are sessions (network/session.h) that hang from it,
 * and with the last of them it ends.
 *
 * This file knows neither interfaces nor sockets: host/translate.c says which addresses are outside
 * ones and which ports the host has for itself.
 */
#ifndef NETWORK_NAT_H
#define NETWORK_NAT_H

#include <dobos/nat.h>

#include "network/nat_held.h"
#include "network/session.h"

#define NAT_QUOTA      8192
#define NAT_PORT_FIRST 1024
#define NAT_INTERFACES 16
#define NAT_FORWARDS   1024
#define NAT_PORT_CHOICES                                                    \
    64 /* how often another port is drawn when the host has that one itself \
        */

enum nat_kind {
    NAT_LEARNED, /* a host inside has sent something */
    NAT_FORWARD, /* set by hand; it stays */
    NAT_OWN,     /* the router's own port, that nobody else gets */
};

struct nat_mapping {
    struct hash_node by_inside;         /* in nat.inside */
    struct hash_node by_outside;        /* in nat.outside */
    struct list_node all;               /* in nat.mappings, in order of creation */
    struct list sources;                /* struct session.by_source: begun inside */
    struct list targets;                /* struct session.by_target: come by it */
    struct session_share *share;        /* the inside host's */
    uint32_t inside, outside;           /* addresses as numbers */
    uint32_t interface;                 /* whose address the outside one is */
    uint32_t sessions;                  /* that hang from it */
    uint16_t inside_port, outside_port; /* host order; ICMP: identifiers */
    uint8_t protocol;                   /* TCP, UDP, ICMP */
    uint8_t kind;                       /* enum nat_kind */
    uint32_t maker;                     /* where the packet that made it was going; 0: a forward */
    uint16_t maker_port;                /* likewise */
    dobos_time made;                    /* when */
    dobos_time open_until;         /* UDP: nobody new is let in later, unless who has it sends */
    uint64_t packets[2], bytes[2]; /* out, in: of its sessions that have ended */
};

/* The outside ports of an address and protocol that are taken. */
struct nat_ports {
    struct list_node node; /* in nat.ports */
    uint32_t address;      /* outside */
    uint8_t protocol;      /* whose ports */
    uint64_t taken[1024];  /* a bit a port */
};

struct nat {
    struct allocator *allocator;        /* borrowed */
    struct session_table *sessions;     /* borrowed */
    struct hash_key key, port_key;      /* of the tables; of the ports that are drawn */
    struct hash_table inside, outside;  /* struct nat_mapping */
    struct hash_table contacts;         /* struct session.contact: whom a mapping has sent to */
    struct list mappings;               /* all of them */
    struct list ports;                  /* struct nat_ports */
    uint32_t count;                     /* mappings */
    enum dobos_nat_filtering filtering; /* never DEFAULT */
    uint16_t port_first, port_last;     /* of what is drawn */
    uint32_t quota;                     /* learned mappings a host */
    struct dobos_nat_forward *forwards; /* owned; by protocol and port */
    uint32_t forward_count;             /* of them */
    uint64_t drawn;                     /* ports, for the next draw */
    struct nat_held held;               /* SYNs that wait */
    struct timer timer;                 /* TIMER_NAT: the first of them is due */
    uint64_t created, ended;            /* mappings, since the beginning */
    uint32_t walked;                    /* nat_mapping_nth: the place of the last answer */
    struct nat_mapping *last;           /* nat_mapping_nth: the last answer; NULL: none */
};

/* A NAT (give) as configured, checked by the caller but for the forwards: -DOBOS_EINVAL,
 * -DOBOS_EEXIST, -DOBOS_ENOMEM. `secret` is the host's. */
int nat_create(struct nat **nat, const struct dobos_nat_config *config, struct allocator *allocator,
               struct session_table *sessions, const struct hash_key *key,
               const struct hash_key *port_key);
/* Ends it with its mappings and their sessions. */
void nat_destroy(struct nat *nat);

/* ---- mappings ---- */

/* What stands for an inside port at an outside interface; NULL. */
struct nat_mapping *nat_find_inside(const struct nat *nat, uint8_t protocol, uint32_t inside,
                                    uint16_t port, uint32_t interface);
/* What an outside port stands for; NULL. */
struct nat_mapping *nat_find_outside(const struct nat *nat, uint8_t protocol, uint32_t outside,
                                     uint16_t port);
/* Makes one; the outside port is free. NULL: no memory. */
struct nat_mapping *nat_mapping_create(struct nat *nat, const struct nat_mapping *wanted);
/* Ends it with its sessions. */
void nat_mapping_destroy(struct nat *nat, struct nat_mapping *mapping);
/* Takes back one hold (mapping->sessions) of it; a learned one that nothing holds ends. */
void nat_mapping_release(struct nat *nat, struct nat_mapping *mapping);
/* Ends all of an outside address that is no more. */
void nat_address_lost(struct nat *nat, uint32_t outside);
/* The nth in order of creation without the router's own; NULL behind the last. */
struct nat_mapping *nat_mapping_nth(struct nat *nat, uint32_t nth);

/* The forward of an outside port; NULL. */
const struct dobos_nat_forward *nat_forward_find(const struct nat *nat, uint8_t protocol,
                                                 uint16_t port);
/* The forward to an inside port; NULL. */
const struct dobos_nat_forward *nat_forward_to(const struct nat *nat, uint8_t protocol,
                                               uint32_t inside, uint16_t port);
/* Where a forward leads: its port there. */
static inline uint16_t nat_forward_port(const struct dobos_nat_forward *forward) {
    return forward->to.port ? forward->to.port : forward->port;
}

/* ---- ports (network/nat_ports.c) ---- */

/* A free outside port, drawn at random, for an inside port; 0: there is none, or *no_memory. */
uint16_t nat_port_draw(struct nat *nat, uint32_t outside, uint8_t protocol, uint16_t inside_port,
                       bool *no_memory);
/* Whether a mapping or a forward has that outside port. */
bool nat_port_is_taken(const struct nat *nat, uint32_t outside, uint8_t protocol, uint16_t port);
/* False: no memory. */
bool nat_port_take(struct nat *nat, uint32_t outside, uint8_t protocol, uint16_t port);
void nat_port_give(struct nat *nat, uint32_t outside, uint8_t protocol, uint16_t port);
void nat_ports_forget(struct nat *nat, uint32_t outside);

/* ---- sessions ---- */

/* Hangs a session that is new from what stands for who began it, and from what was addressed; each
 * may be NULL. False: no memory, and the session is as it was. */
bool nat_session_join(struct nat *nat, struct session *session, struct nat_mapping *source,
                      struct nat_mapping *target);
/* Ends a session; a learned mapping without sessions ends with it. */
void nat_session_destroy(struct nat *nat, struct session *session);
/* Follows session_advance: what comes from a host inside keeps its mapping open. */
void nat_session_advance(struct session *session, enum session_direction direction, dobos_time now);
/* Whether somebody outside may send to a mapping (RFC 4787 REQ-8, 5382 REQ-3). */
bool nat_admits(const struct nat *nat, const struct nat_mapping *mapping, uint32_t remote,
                dobos_time now);

#endif
