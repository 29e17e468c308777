/*
 * ethernet: see ethernet.h. The third word of a header is an EtherType from 0x0600 on and a length
 * up to 1500; what lies between means nothing. A frame with a length is of use only when LLC and
 * SNAP name an EtherType (RFC 1042); all others get type 0, which is nobody's. It does not know
 * frame check sequences or VLAN tags.
 */
#include "wire/ethernet.h"

#define LENGTH_MAX 1500
#define TYPE_MIN   0x0600
#define SNAP_BYTES 8 /* LLC aa-aa-03, OUI, type */

/* The EtherType behind LLC and SNAP, or 0; the reader stands behind SNAP only in the first case. */
static uint16_t snap_parse(struct reader *r, uint16_t length) {
    static const uint8_t snap[6] = {0xaa, 0xaa, 0x03, 0x00, 0x00, 0x00};
    if (length <= SNAP_BYTES || !reader_has(r, SNAP_BYTES))
        return 0;
    const uint8_t *at = r->bytes + r->position;
    uint16_t type = load_be16(at + sizeof(snap));
    if (memcmp(at, snap, sizeof(snap)) != 0 || type < TYPE_MIN)
        return 0;
    reader_skip(r, SNAP_BYTES);
    return type;
}

bool ethernet_parse(struct reader *r, struct ethernet *ethernet) {
    size_t begin = r->position;
    *ethernet = (struct ethernet){0};
    reader_copy(r, ethernet->destination.bytes, sizeof(ethernet->destination.bytes));
    reader_copy(r, ethernet->source.bytes, sizeof(ethernet->source.bytes));
    uint16_t word = reader_be16(r);
    if (r->failed)
        return false;
    if (word >= TYPE_MIN) {
        ethernet->type = word;
    } else if (word <= LENGTH_MAX) {
        ethernet->type = snap_parse(r, word);
        ethernet->payload_length = (uint16_t)(ethernet->type != 0 ? word - SNAP_BYTES : word);
    }
    ethernet->payload_offset = (uint16_t)(r->position - begin);
    return true;
}

/* [rfc894#1] */
void ethernet_emit(struct writer *w, const struct ethernet *ethernet) {
    uint8_t *at = writer_take(w, ETHERNET_HEADER_BYTES);
    if (!at)
        return;
    memcpy(at, ethernet->destination.bytes, 6);
    memcpy(at + 6, ethernet->source.bytes, 6);
    store_be16(at + 12, ethernet->type);
}
