/* transmit: the way down. */
#ifndef HOST_TRANSMIT_H
#define HOST_TRANSMIT_H

#include "host/state.h"

/* Sends transport's packet (take) as one IP datagram along the path; `fields` says the rest (source
 * and destination too). */
void transmit_datagram(struct dobos_host *host, struct dobos_packet *packet,
                       const struct path *path, const struct ipv4_fields *fields);
/* Sends an IP packet (take) along a path: fragments, loops back, or frames it. A forwarded one that
 * is too large and must not be fragmented: false, and the packet is still the caller's. */
bool transmit_ip(struct dobos_host *host, struct dobos_packet *packet, const struct path *path);
/* Sends an ICMP message (take) to `destination` from `source` (0.0.0.0: by the path). `request`
 * (borrowed): the echo request that it answers, whose record route and timestamp options come back;
 * NULL: it answers none. */
void transmit_icmp(struct dobos_host *host, struct dobos_packet *message,
                   const struct dobos_address *source, const struct dobos_address *destination,
                   uint8_t tos, const struct dobos_packet *request);
/* Frames (take) go to the interface's egress queue: split, checksums finished where the port
 * cannot. */
void transmit_frames(struct dobos_host *host, struct interface *interface,
                     struct packet_queue *frames);
/* Whether anybody waits for a path, or lo has something to do. */
bool transmit_is_pending_within(const struct dobos_host *host);
/* Looks up the paths of those on host->dirty, and lets lo's senders transmit into lo's queue. */
void transmit_dirty(struct dobos_host *host);
/* Counts a packet (take) that does not go out. */
void transmit_drop(struct dobos_host *host, struct dobos_packet *packet, enum drop_reason reason);

/* The same of the frames that an egress queue has given up. */
void transmit_queue_dropped(struct dobos_host *host, struct egress_queue *queue,
                            enum drop_reason reason);
/* Puts an IP packet (take) into lo's queue, to come in again with the next step. */
void transmit_loopback(struct dobos_host *host, struct dobos_packet *packet);

/* The link address of a packet to all or to a group (RFC 1112 §6.4). */
struct dobos_mac group_mac(const struct dobos_address *destination);

#endif
