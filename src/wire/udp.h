/* udp: the UDP header (RFC 768). */
#ifndef WIRE_UDP_H
#define WIRE_UDP_H

#include "base/cursor.h"

#define UDP_HEADER_BYTES 8

struct udp {
    uint16_t source_port, destination_port; /* host order */
    uint16_t length;                        /* header and payload, bytes */
    uint16_t checksum;                      /* as on the wire; 0: none */
};

/* `available`: bytes of the IP payload. False: fewer than 8, or a length below 8 or beyond
 * `available`. */
bool udp_parse(struct reader *r, size_t available, struct udp *udp);
void udp_emit(struct writer *w, const struct udp *udp);

#endif
