/* udp: see udp.h. The checksum spans the payload and a pseudo-header, so it is the transport's to
 * verify. */
#include "wire/udp.h"

/* [rfc768#1] */
bool udp_parse(struct reader *r, size_t available, struct udp *udp) {
    udp->source_port = reader_be16(r);
    udp->destination_port = reader_be16(r);
    udp->length = reader_be16(r);
    udp->checksum = reader_be16(r);
    return !r->failed && udp->length >= UDP_HEADER_BYTES && udp->length <= available;
}

void udp_emit(struct writer *w, const struct udp *udp) {
    uint8_t *at = writer_take(w, UDP_HEADER_BYTES);
    if (!at)
        return;
    store_be16(at, udp->source_port);
    store_be16(at + 2, udp->destination_port);
    store_be16(at + 4, udp->length);
    store_be16(at + 6, udp->checksum);
}
