/*
 * queue: an interface's egress queue, pfifo_fast: three bands by the TOS field (RFC 1349's bits, as
 * Linux maps them), the lower band first, each in order; a packet beyond its band's limit is
 * dropped.
 */
#ifndef LINK_QUEUE_H
#define LINK_QUEUE_H

#include "packet/packet.h"

#define QUEUE_BANDS 3

struct egress_queue {
    struct packet_queue bands[QUEUE_BANDS]; /* of frames */
    uint32_t limit_packets;                 /* of each band */
};
void egress_queue_init(struct egress_queue *queue, uint32_t limit_packets);
/* The band for a TOS byte. */
uint8_t egress_band(uint8_t tos);
/* Takes the frame in any case; false: there was no room and it was released. packet->band says
 * where to. */
bool egress_queue_append(struct egress_queue *queue, struct dobos_packet *packet);
struct dobos_packet *egress_queue_take(struct egress_queue *queue);
uint32_t egress_queue_packets(const struct egress_queue *queue);
void egress_queue_clear(struct egress_queue *queue);

#endif
