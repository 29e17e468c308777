/*
 * reassembly: fragments to datagrams (RFC 791 §3.2, 815, 1122 §3.3.2), bounded: 4 MiB in all, 1 MiB
 * a source, 64 fragments a datagram, 256 datagrams, 30 s as Linux has (DEVIATION from RFC 1122's 60
 * s SHOULD: see reassembly.c). Fragments that overlap kill the whole datagram, and what comes of it
 * later (RFC 5722's rule, taken for IPv4; attack B6); an exact copy of a fragment is dropped alone.
 * The oldest datagram goes when room is needed, a source's own oldest when its share is used up.
 * Keyed by source, destination, protocol, identification and the interface.
 */
#ifndef NETWORK_REASSEMBLY_H
#define NETWORK_REASSEMBLY_H

#include "base/hash_table.h"
#include "base/keyed_hash.h"
#include "base/timing_wheel.h"
#include "base/verdict.h"
#include "packet/packet.h"
#include "wire/ipv4.h"

#define REASSEMBLY_BYTES        (4U << 20)
#define REASSEMBLY_SOURCE_BYTES (1U << 20)
#define REASSEMBLY_FRAGMENTS    64
#define REASSEMBLY_DATAGRAMS    256
#define REASSEMBLY_NS           (30 * DOBOS_SECOND)
#define REASSEMBLY_SOURCES      32

/* What sources hold whose keyed hash is the same (a collision shares). */
struct reassembly_source {
    struct list oldest; /* their datagrams, the oldest first */
    size_t bytes;       /* of them */
};

struct reassembly_table {
    struct dobos_pool *pool;    /* borrowed */
    struct timing_wheel *wheel; /* borrowed; timers of kind TIMER_REASSEMBLY */
    struct hash_key key;        /* of the table */
    struct hash_table table;    /* of struct reassembly */
    struct list oldest;         /* the oldest first */
    struct reassembly_source sources[REASSEMBLY_SOURCES]; /* by keyed hash */
    uint32_t count;                                       /* datagrams, dead ones too */
    uint32_t held;                                        /* fragments */
    size_t bytes;                                         /* held, at their cost */
    uint64_t absorbed; /* fragments that became part of a whole datagram, less one a datagram (their
                          fate is the datagram's) */
    uint64_t dropped[2]; /* held fragments dropped later: [0] to make room (DROP_FRAGMENT_LIMIT),
                            [1] by overlap (DROP_FRAGMENT_OVERLAP) */
};
struct reassembly;

void reassembly_table_init(struct reassembly_table *table, struct dobos_pool *pool,
                           struct timing_wheel *wheel, const struct hash_key *key);
void reassembly_table_fini(struct reassembly_table *table);
/*
 * A fragment (take) with its parsed header. VERDICT_HELD. VERDICT_DELIVER: *whole (give) is the
 * datagram: a packet whose network_offset is 0, with a header of the first fragment's, total length
 * and checksum set, no fragment fields; transport_offset set; link_broadcast if one fragment was.
 * VERDICT_DROP: *reason; the fragment is released (and on overlap the whole datagram with it,
 * counted in dropped[1]).
 */
enum verdict reassembly_receive(struct reassembly_table *table, struct dobos_packet *packet,
                                const struct ipv4 *ipv4, uint32_t interface, dobos_time now,
                                struct dobos_packet **whole, enum drop_reason *reason);
/* The timer fired. Gives the first fragment if it is there (for ICMP time exceeded code 1, RFC
 * 792), else NULL; *fragments: how many were dropped (the given one included); *interface: where
 * they came in. */
struct dobos_packet *reassembly_on_timer(struct reassembly_table *table, struct timer *timer,
                                         uint32_t *fragments, uint32_t *interface);
/* Fragments held now. */
uint32_t reassembly_held(const struct reassembly_table *table);

#endif
