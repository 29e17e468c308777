/*
 * reassembly: fragments to datagrams (RFC 791 §3.2, 815, 1122 §3.3.2), bounded: 4 MiB in all, 1 MiB a source, 64 fragments a datagram, 256 datagrams, 30 s as Linux has (DEVIATION from RFC 1122's 60 s SHOULD: say why in the source).
 * Fragments that overlap kill the whole datagram (RFC 5722's rule, taken for IPv4; attack B6). The oldest datagram goes when room is needed. Keyed by source, destination, protocol, identification and the interface.
 */
#ifndef NETWORK_REASSEMBLY_H
#define NETWORK_REASSEMBLY_H

#include "base/hash_table.h"
#include "base/timing_wheel.h"
#include "base/verdict.h"
#include "packet/packet.h"
#include "wire/ipv4.h"

struct reassembly_table {
    struct dobos_pool *pool;    /* borrowed */
    struct timing_wheel *wheel; /* borrowed; timers of kind TIMER_REASSEMBLY */
    struct hash_key key;        /* of the table */
    struct hash_table table;    /* of struct reassembly */
    struct list oldest;         /* the oldest first */
    uint32_t count;             /* datagrams */
    size_t bytes;               /* held, at their cost */
    uint64_t absorbed;          /* fragments that became part of a whole datagram, less one a datagram (their fate is the datagram's) */
    uint64_t dropped[2];        /* held fragments dropped later: [0] to make room (DROP_FRAGMENT_LIMIT), [1] by overlap (DROP_FRAGMENT_OVERLAP) */
};
struct reassembly;

void reassembly_table_init(struct reassembly_table *table, struct dobos_pool *pool, struct timing_wheel *wheel, const struct hash_key *key);
void reassembly_table_fini(struct reassembly_table *table);
/*
 * A fragment (take) with its parsed header. VERDICT_HELD. VERDICT_DELIVER: *whole (give) is the datagram: a packet whose network_offset is 0, with a header of the first fragment's, total length and
 * checksum set, no fragment fields; transport_offset set. VERDICT_DROP: *reason; the fragment is released (and on overlap the whole datagram with it, counted in dropped[1]).
 */
enum verdict reassembly_receive(struct reassembly_table *table, struct dobos_packet *packet, const struct ipv4 *ipv4, uint32_t interface, dobos_time now,
                                struct dobos_packet **whole, enum drop_reason *reason);
/* The timer fired. Gives the first fragment if it is there (for ICMP time exceeded code 1, RFC 792), else NULL; *fragments: how many were dropped (the given one included). */
struct dobos_packet *reassembly_on_timer(struct reassembly_table *table, struct timer *timer, uint32_t *fragments);
/* Fragments held now. */
uint32_t reassembly_held(const struct reassembly_table *table);

#endif
