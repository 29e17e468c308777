/* pool: what the pool gives to packet.c: bare packets, and the place they go back to. */
#ifndef PACKET_POOL_H
#define PACKET_POOL_H

#include "packet/packet.h"

/* A packet (give) without bytes whose header[] and slices[] are not cleared; NULL. */
struct dobos_packet *pool_packet_take(struct dobos_pool *pool);
/* Takes a packet that holds no buffer any more. */
void pool_packet_return(struct dobos_packet *packet);

#endif
