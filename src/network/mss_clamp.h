/*
 * mss_clamp: a router makes the maximum segment size of SYNs that it forwards no larger than its
 * links take, so that connections fit also where the messages of path-MTU discovery are eaten on
 * the way (RFC 2923 §2.1).
 */
#ifndef NETWORK_MSS_CLAMP_H
#define NETWORK_MSS_CLAMP_H

#include "packet/packet.h"

/* Where the packet, whose IPv4 header is at its network_offset, is a SYN with an MSS above what a
 * packet of `mtu` bytes carries, that is what it says from now on. True: it was changed. */
bool mss_clamp(struct dobos_packet *packet, uint32_t mtu);

#endif
