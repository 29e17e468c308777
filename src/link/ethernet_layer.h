/* ethernet_layer: what a station does with a frame: is it ours, what is in it; and putting a frame
 * around a packet (RFC 894, 1042). */
#ifndef LINK_ETHERNET_LAYER_H
#define LINK_ETHERNET_LAYER_H

#include "base/verdict.h"
#include "packet/packet.h"
#include "wire/ethernet.h"

/*
 * Looks at a frame that arrived at the station `mac`. VERDICT_DELIVER: *ethernet is filled in,
 * packet->network_offset and ->link_broadcast are set, and an 802.3 length field's padding is cut.
 * VERDICT_DROP: *reason. The caller keeps the packet either way.
 */
enum verdict ethernet_receive(struct dobos_packet *packet, const struct dobos_mac *mac,
                              struct ethernet *ethernet, enum drop_reason *reason);
/* Puts the header in front. False: no headroom. */
bool ethernet_transmit(struct dobos_packet *packet, const struct dobos_mac *destination,
                       const struct dobos_mac *source, uint16_t type);

#endif
