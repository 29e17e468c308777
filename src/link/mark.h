/* mark: says in a frame that there is congestion on its way (RFC 3168 §5). */
#ifndef LINK_MARK_H
#define LINK_MARK_H

#include "packet/packet.h"

/* Marks an IPv4 frame, and mends its header's checksum. False: its sender would not understand, or
 * it cannot be marked; it is as it was. */
bool mark_congestion(struct dobos_packet *frame);

#endif
