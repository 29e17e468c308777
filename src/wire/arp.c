/* arp: see arp.h. Only Ethernet and IPv4; what the addresses mean is the neighbour table's to
 * judge. */
#include "wire/arp.h"

#define HARDWARE_ETHERNET  1
#define PROTOCOL_TYPE_IPV4 0x0800

/* [rfc826#2] */
bool arp_parse(struct reader *r, struct arp *arp) {
    *arp = (struct arp){0};
    uint16_t hardware = reader_be16(r);
    uint16_t protocol = reader_be16(r);
    uint8_t hardware_length = reader_u8(r);
    uint8_t protocol_length = reader_u8(r);
    arp->operation = reader_be16(r);
    reader_copy(r, arp->sender_mac.bytes, sizeof(arp->sender_mac.bytes));
    arp->sender = dobos_address_ipv4(reader_be32(r));
    reader_copy(r, arp->target_mac.bytes, sizeof(arp->target_mac.bytes));
    arp->target = dobos_address_ipv4(reader_be32(r));
    return !r->failed && hardware == HARDWARE_ETHERNET && protocol == PROTOCOL_TYPE_IPV4 &&
           hardware_length == 6 && protocol_length == 4;
}

void arp_emit(struct writer *w, const struct arp *arp) {
    uint8_t *at = writer_take(w, ARP_BYTES);
    if (!at)
        return;
    store_be16(at, HARDWARE_ETHERNET);
    store_be16(at + 2, PROTOCOL_TYPE_IPV4);
    at[4] = 6;
    at[5] = 4;
    store_be16(at + 6, arp->operation);
    memcpy(at + 8, arp->sender_mac.bytes, 6);
    store_be32(at + 14, dobos_address_ipv4_number(&arp->sender));
    memcpy(at + 18, arp->target_mac.bytes, 6);
    store_be32(at + 24, dobos_address_ipv4_number(&arp->target));
}
