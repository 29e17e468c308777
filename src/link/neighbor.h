/*
 * neighbor: who is behind an IP address on this link. One table an interface; one state machine
 * (RFC 4861 §7.3) that ARP feeds (RFC 826, 1122 §2.3.2): INCOMPLETE, REACHABLE, STALE, DELAY,
 * PROBE, FAILED. An entry with a link address is not overwritten by a claim it did not ask for: the
 * known address is probed by unicast first, and only when it is silent the new one counts (attack
 * A5). Requests: at most one a second a target, three tries. Packets that wait: at most 16 an
 * entry, 256 an interface, the latest of an entry kept. Entries: at most 1,024, INCOMPLETE ones at
 * most 512 of them. Who goes when there is no room: first hearsay (what others said of themselves
 * and nobody checked, and what failed), then, for an address that we ask for ourselves, the oldest
 * idle one, then the oldest INCOMPLETE; an active one (REACHABLE, DELAY, PROBE) never.
 */
#ifndef LINK_NEIGHBOR_H
#define LINK_NEIGHBOR_H

#include <dobos/host.h>

#include "base/hash_table.h"
#include "base/keyed_hash.h"
#include "base/timing_wheel.h"
#include "base/verdict.h"
#include "packet/packet.h"
#include "wire/arp.h"
#include "wire/ethernet.h"

#define NEIGHBOR_REACHABLE_NS (30 * DOBOS_SECOND)
#define NEIGHBOR_STALE_NS \
    (60 * DOBOS_SECOND * 20) /* an unused entry goes after 20 minutes (RFC 1122 §2.3.2.1) */
#define NEIGHBOR_RETRANSMIT_NS (1 * DOBOS_SECOND)
#define NEIGHBOR_DELAY_NS      (5 * DOBOS_SECOND)
#define NEIGHBOR_FAILED_NS     (30 * DOBOS_SECOND) /* a failed entry is shown that long */
#define NEIGHBOR_DEFEND_NS \
    (10 * DOBOS_SECOND) /* between two defences of our address (RFC 5227 §2.4) */
#define NEIGHBOR_PROBES             3
#define NEIGHBOR_ENTRIES            1024
#define NEIGHBOR_INCOMPLETE_ENTRIES 512
#define NEIGHBOR_QUEUE_PACKETS      16
#define NEIGHBOR_INTERFACE_PACKETS  256

struct neighbors {
    struct dobos_pool *pool;    /* borrowed */
    struct timing_wheel *wheel; /* borrowed; timers of kind TIMER_NEIGHBOR */
    struct dobos_mac mac;       /* of this interface */
    uint32_t interface;         /* index, for those who find an entry by its timer */
    struct hash_key key;        /* of the table */
    struct hash_table table;    /* of struct neighbor */
    struct list hearsay;        /* STALE ones never confirmed, and FAILED ones; the oldest first */
    struct list asked;          /* INCOMPLETE ones, the oldest first */
    struct list idle;           /* STALE ones confirmed once, the longest unused first */
    struct list active;         /* REACHABLE, DELAY, PROBE: never evicted */
    uint32_t count, incomplete, failed; /* entries in all, in INCOMPLETE, and in FAILED */
    dobos_time reachable; /* how long a confirmation holds: NEIGHBOR_REACHABLE_NS, unless the owner
                             sets another */
    dobos_time stale;    /* how long an unused entry stays: NEIGHBOR_STALE_NS, unless the owner sets
                            another */
    dobos_time defended; /* when our address was last defended; −DOBOS_NEVER: never */
    uint32_t waiting;    /* packets that wait, all entries together */
    uint64_t requests_sent, replies_sent, requests_received, replies_received, conflicts,
        dropped_waiting; /* counters */
};

struct neighbor {
    struct hash_node node;         /* in neighbors.table */
    struct list_node place;        /* in one of the table's four lists */
    struct timer timer;            /* of the state */
    struct neighbors *owner;       /* the table */
    struct dobos_address address;  /* IP */
    struct dobos_address asker;    /* source address of our next request */
    struct dobos_address asked_as; /* and of the last: whom its answer is for */
    struct dobos_mac mac;          /* meaningful except in INCOMPLETE and FAILED */
    struct dobos_mac
        claimed;    /* another link address that claims to be it, while the known one is probed */
    bool has_claim; /* `claimed` is set */
    bool is_confirmed;           /* it has answered us once, or a layer above vouched for it */
    uint8_t state;               /* enum dobos_neighbor_state */
    uint8_t probes;              /* sent in this state */
    dobos_time confirmed;        /* last time it was known to be reachable */
    dobos_time asked;            /* last request to it; −DOBOS_NEVER: none */
    struct packet_queue waiting; /* IP packets without a frame header */
};

void neighbors_init(struct neighbors *neighbors, struct dobos_pool *pool,
                    struct timing_wheel *wheel, const struct hash_key *key,
                    const struct dobos_mac *mac, uint32_t interface);
void neighbors_fini(struct neighbors *neighbors);

/*
 * Sends an IP packet (take) to a next hop on this link: VERDICT_DELIVER: it has its frame header
 * and stands at the end of `out`. VERDICT_HELD: it waits; a request may stand in `out`.
 * VERDICT_DROP: *reason, released (a packet that had to make room for it is counted in
 * dropped_waiting). `source`: an address of ours on this link, for the request.
 */
enum verdict neighbor_resolve(struct neighbors *neighbors, const struct dobos_address *next_hop,
                              const struct dobos_address *source, struct dobos_packet *packet,
                              dobos_time now, struct packet_queue *out, enum drop_reason *reason);
/* Whether a next hop is known to be there, at *mac: then a packet needs no more than a frame, and
 * nobody need know as whom to ask. */
bool neighbor_is_reachable(const struct neighbors *neighbors, const struct dobos_address *next_hop,
                           struct dobos_mac *mac);
/* Whose address the sender of an ARP packet says that it has. */
enum arp_sender {
    ARP_SENDER_OTHER,
    ARP_SENDER_OURS,      /* of this interface */
    ARP_SENDER_ELSEWHERE, /* ours, of another interface */
};
/*
 * An ARP packet that arrived (borrowed). What its addresses are to us has been asked by the caller:
 * `target_is_ours`, `sender`. Answers and packets that waited go to `out`. VERDICT_DELIVER
 * or VERDICT_DROP with *reason. RFC 826's merge, restricted: only a request to us makes an entry,
 * and a reply counts only when we asked. Somebody who uses an address of ours is not learnt; where
 * it is ours on this link, he is counted in `conflicts`, and told once in ten seconds that it is
 * ours (RFC 5227 §2.4 b).
 */
enum verdict neighbor_receive(struct neighbors *neighbors, const struct arp *arp,
                              bool target_is_ours, enum arp_sender sender, dobos_time now,
                              struct packet_queue *out, enum drop_reason *reason);
/* The entry's timer fired (taken from the wheel). Requests go to `out`; packets whose neighbour did
 * not answer go to `failed` (given; without frame headers). */
void neighbor_on_timer(struct neighbor *neighbor, dobos_time now, struct packet_queue *out,
                       struct packet_queue *failed);
/* Somebody above has proof that the way forward works (RFC 4861 §7.3.1). */
void neighbor_confirm(struct neighbors *neighbors, const struct dobos_address *next_hop,
                      dobos_time now);
/* A request for our own address, so that others learn it (RFC 5227 §2.3's form); to `out`. */
void neighbor_announce(struct neighbors *neighbors, const struct dobos_address *address,
                       struct packet_queue *out);
/* A probe for an address that we would like to have (RFC 5227 §2.1.1); to `out`. */
void neighbor_probe(struct neighbors *neighbors, const struct dobos_address *address,
                    struct packet_queue *out);
/* Forgets all of them: the link is down. What waited is dropped; returns how many packets. */
uint32_t neighbors_clear(struct neighbors *neighbors);
/* The nth by address; false behind the last. */
bool neighbor_read(const struct neighbors *neighbors, uint32_t nth,
                   struct dobos_neighbor_info *info);
/* How many are INCOMPLETE, DELAY or PROBE (a lab is settled when none is). */
uint32_t neighbors_pending(const struct neighbors *neighbors);

#endif
