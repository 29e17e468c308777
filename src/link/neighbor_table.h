/* neighbor_table: what the files of neighbor share: entries, their state's list and timer, and the
 * requests they send. Nobody else includes it. */
#ifndef LINK_NEIGHBOR_TABLE_H
#define LINK_NEIGHBOR_TABLE_H

#include "link/neighbor.h"

#define NEIGHBOR_NOT_YET (-DOBOS_NEVER) /* a time before all others */

/* The entry of an address, or NULL. */
struct neighbor *neighbor_find(const struct neighbors *neighbors,
                               const struct dobos_address *address);
/*
 * A new entry, in no state yet (neighbor_enter follows). `asked`: we look for it ourselves; else it
 * told us. Makes room by the rule in neighbor.h; packets of those who had to go are counted as
 * dropped. NULL: no room, or no memory.
 */
struct neighbor *neighbor_create(struct neighbors *neighbors, const struct dobos_address *address,
                                 bool asked);
/* Removes an entry; what waits is dropped and counted. */
void neighbor_destroy(struct neighbor *neighbor);
/* Enters a state: the list, the count of INCOMPLETE, and the timer. */
void neighbor_enter(struct neighbor *neighbor, enum dobos_neighbor_state state, dobos_time now);
/* Whether the link address may be used. */
bool neighbor_has_mac(const struct neighbor *neighbor);
/* The way to it is known to work. */
void neighbor_on_confirmation(struct neighbor *neighbor, dobos_time now);
/* Sends a request to it (broadcast while INCOMPLETE, else to the known link address) if a second
 * has passed since the last. False: not yet. */
bool neighbor_ask(struct neighbor *neighbor, dobos_time now, struct packet_queue *out);
/* One ARP packet in its frame, at the end of `out`. False: no memory. */
bool arp_transmit(struct dobos_pool *pool, const struct arp *arp,
                  const struct dobos_mac *destination, struct packet_queue *out);

#endif
