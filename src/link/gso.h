/* gso: splits a TCP super-segment into what a port without offload can carry (sequence numbers,
 * IPv4 ids and lengths, flags, checksums). */
#ifndef LINK_GSO_H
#define LINK_GSO_H

#include "packet/packet.h"

/* A frame (take) whose offload.gso is set becomes frames at the end of `out`, each with true
   checksums and no offload; payload is shared. Others pass through with their checksum finished.
   False: no memory, or headers that are not TCP over IPv4 over Ethernet, or more than 1,400
   segments; everything is released and `out` is as before. */
bool gso_split(struct dobos_packet *packet, struct packet_queue *out);
/* The same of a super-segment that has no link header yet, as have its segments. */
bool gso_split_datagram(struct dobos_packet *packet, struct packet_queue *out);

#endif
