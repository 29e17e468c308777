/*
 * dhcp_leases: who has which address, had it, or may not have it. One record an address, made when
 * it is first needed; found by address, by client and by name at constant cost.
 *
 * A record of the pool stands on the list of its state, but for those that are reserved: so what is
 * reserved is never chosen for another. Who goes when an address is needed and none is free (RFC
 * 2131 §4.3.1): one that was never used, then the longest expired or given back, then the oldest
 * offer that is 2 s old at least, then the oldest in quarantine after a minute. A bound one never.
 */
#ifndef SERVICES_DHCP_LEASES_H
#define SERVICES_DHCP_LEASES_H

#include <dobos/services.h>

#include "base/hash_table.h"
#include "base/keyed_hash.h"
#include "base/list.h"
#include "base/timing_wheel.h"

#define LEASE_OFFER_NS           (30 * DOBOS_SECOND)  /* an offer is kept for its client */
#define LEASE_OFFER_SAFE_NS      (2 * DOBOS_SECOND)   /* and so long in any case */
#define LEASE_QUARANTINE_NS      (600 * DOBOS_SECOND) /* an address that somebody else uses */
#define LEASE_QUARANTINE_SAFE_NS (60 * DOBOS_SECOND)
#define LEASE_PROBED_NS          (60 * DOBOS_SECOND) /* one that did not answer is not asked */

enum {
    LEASE_FREE = 0,     /* nobody's; the others are enum dobos_lease_state */
    LEASE_EXCLUDED = 6, /* never given: the host's own, a router's, a name server's */
};

/* Who asks. Two are the same client when their keys are: the identifier, or without one the link
 * address as type 1 (RFC 2131 §4.2). */
struct lease_client {
    struct dobos_mac mac;                   /* chaddr */
    uint8_t id_length;                      /* 0: it sent none */
    uint8_t id[DOBOS_DHCP_CLIENT_ID_BYTES]; /* option 61; of a longer one the front and a digest */
};

/* How much of the pool is in the hands of the sources of frames whose hash falls here: who makes
 * up clients behind one link address has one share (attack H5). */
#define LEASE_SOURCES       1024
#define LEASE_SOURCE_OFFERS 16 /* open offers a source */
struct dhcp_source {
    uint32_t offers; /* records offered to it */
    uint32_t bound;  /* records it has bound, or declined */
};

struct dhcp_lease {
    struct hash_node by_client;        /* has_client: in the table by the client's key */
    struct hash_node by_name;          /* has_name: in the table by its label */
    struct list_node list;             /* in the list of its state, or in none */
    struct timer timer;                /* armed: the state ends at `until` */
    struct lease_client client;        /* whose it is, or was */
    uint16_t source;                   /* index of sources[]; counted while it is not free */
    uint32_t number;                   /* the address */
    uint32_t lease_s;                  /* of a bound one: as long as it was leased for */
    uint8_t state;                     /* enum dobos_lease_state, LEASE_FREE or LEASE_EXCLUDED */
    bool has_client;                   /* `client` is somebody */
    bool has_name;                     /* bound with a name */
    bool was_bound;                    /* its client has had it: kept for it when an offer lapses */
    bool is_reserved;                  /* for one client; then in no list */
    char name[DOBOS_HOST_LABEL_BYTES]; /* the client's; "" */
    dobos_time since;                  /* when the state began */
    dobos_time until;                  /* when it ends; DOBOS_NEVER */
    dobos_time probed_until;           /* it did not answer a probe lately */
    struct dobos_mac moved_to;         /* of a bound one: where else its client asked from */
    dobos_time moved_until;            /* so long it may take it along; until then it is bound */
    uint64_t order;                    /* of binding: the first of a name has it */
    uint64_t renewals;                 /* how often it was bound */
};

struct dhcp_reserved {
    struct hash_node node;      /* by what it goes by */
    struct lease_client client; /* id_length 0: by the link address */
    uint32_t number;            /* the address */
};

#define LEASE_CHUNK 256 /* records counted together, for the nth */

struct dhcp_leases {
    struct allocator *allocator;    /* borrowed */
    struct hash_key key;            /* of all tables */
    uint32_t first, last;           /* the pool */
    uint32_t slots;                 /* pool and what is reserved outside of it */
    uint32_t below;                 /* of `outside`: those before the pool */
    uint32_t *outside;              /* reserved outside of the pool, ascending; owned */
    uint32_t outside_count;         /* of them */
    struct dhcp_lease **lease;      /* by slot, in the order of addresses; NULL: never used */
    uint16_t *shown;                /* by chunk: records that leases_nth tells of */
    struct dhcp_reserved *reserved; /* owned */
    uint32_t reserved_count;        /* of them */
    struct hash_table by_client, by_name, by_reserved;
    struct hash_node guards[3]; /* one a table: with one element it is never given back, so no
                                   insertion fails; nothing else has hash 0 */
    struct dhcp_source sources[LEASE_SOURCES];
    struct list free, idle, offered, quarantined; /* each by age, the oldest first */
    struct timing_wheel wheel;                    /* of all timers */
    uint32_t fresh;                               /* slots before this one have been used */
    uint64_t order;                               /* of the last binding */
    uint32_t bound, offers;                       /* records in these states */
};

/* Where the pool is, and what in it is not to be given. */
struct dhcp_range {
    uint32_t first, last;                              /* both included */
    const uint32_t *excluded;                          /* borrowed */
    size_t excluded_count;                             /* of them */
    const struct dobos_dhcp_reservation *reservations; /* checked already; borrowed */
    size_t reservation_count;                          /* of them */
};

/* -DOBOS_ENOMEM; then too leases_fini is to be called. `leases` is zeroed. */
int leases_init(struct dhcp_leases *leases, struct allocator *allocator, struct hash_key key,
                const struct dhcp_range *range, dobos_time now);
void leases_fini(struct dhcp_leases *leases);

/* The hash of what a client, a reservation goes by; never 0. */
uint64_t client_hash(const struct dhcp_leases *leases, const struct lease_client *client);
bool client_is_equal(const struct lease_client *a, const struct lease_client *b);
/* It may be leased at all. */
bool leases_has(const struct dhcp_leases *leases, uint32_t number);
/* The record; NULL: never used, or not ours. */
struct dhcp_lease *leases_at(const struct dhcp_leases *leases, uint32_t number);
/* The record, made if need be; NULL: not ours, or no memory. */
struct dhcp_lease *leases_touch(struct dhcp_leases *leases, uint32_t number);
#define LEASE_SAME_CLIENT 8 /* records of one identifier with several link addresses */
/* How many records have the client's key. */
unsigned leases_same(const struct dhcp_leases *leases, const struct lease_client *client);
/* The client's: bound before offered before former, with its link address before with another;
 * NULL. */
struct dhcp_lease *leases_find(const struct dhcp_leases *leases, const struct lease_client *client);
/* Another record that is offered or bound to the client of this one, at its link address; NULL. */
struct dhcp_lease *leases_other(const struct dhcp_leases *leases, const struct dhcp_lease *lease);
/* What is reserved for the client; 0: nothing. */
uint32_t leases_reserved(const struct dhcp_leases *leases, const struct lease_client *client);
/* Nobody has it and it is not kept for somebody else: may be given to the client. */
bool lease_is_open(const struct dhcp_leases *leases, const struct dhcp_lease *lease,
                   const struct lease_client *client);
/* Any address that can be given to a new client, see above; NULL: there is none (or no memory). */
struct dhcp_lease *leases_choose(struct dhcp_leases *leases, dobos_time now);
/* The source has its share of the pool: no more offers, or bindings. */
bool leases_source_is_full(const struct dhcp_leases *leases, const struct dobos_mac *mac);

/* Changes of state; all that it was goes. */
void leases_offer(struct dhcp_leases *leases, struct dhcp_lease *lease,
                  const struct lease_client *client, const struct dobos_mac *source,
                  dobos_time now);
void leases_bind(struct dhcp_leases *leases, struct dhcp_lease *lease,
                 const struct lease_client *client, const struct dobos_mac *source,
                 const char *name, dobos_time now, dobos_time until);
/* Over, kept for its client: expired or released. */
void leases_keep(struct dhcp_leases *leases, struct dhcp_lease *lease, enum dobos_lease_state state,
                 const struct lease_client *client, dobos_time now);
/* The offer is not wanted: what it was before. */
void leases_offer_end(struct dhcp_leases *leases, struct dhcp_lease *lease, dobos_time now);
/* `source`: who said that it is taken, and has it counted against his share; NULL: a probe did. */
void leases_quarantine(struct dhcp_leases *leases, struct dhcp_lease *lease,
                       const struct dobos_mac *source, dobos_time now, dobos_time until);
/* Nobody's any more. */
void leases_free(struct dhcp_leases *leases, struct dhcp_lease *lease, dobos_time now);
/* Ends the states that are over by now. */
void leases_expire(struct dhcp_leases *leases, dobos_time now);
/* When the next ends. */
dobos_time leases_next(const struct dhcp_leases *leases);

/* The nth record by address that is not free; NULL behind the last. */
const struct dhcp_lease *leases_nth(const struct dhcp_leases *leases, uint32_t nth);
/* All of them one after the other; begin with {0}; NULL: no more. */
struct lease_cursor {
    uint32_t slot; /* to look at next */
};
const struct dhcp_lease *leases_next_shown(const struct dhcp_leases *leases,
                                           struct lease_cursor *cursor);
/* The bound one of that name, in any case, that was bound first; NULL. */
const struct dhcp_lease *leases_named(const struct dhcp_leases *leases, const char *label);

#endif
