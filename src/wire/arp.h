/* arp: ARP for Ethernet and IPv4 (RFC 826), 28 bytes. */
#ifndef WIRE_ARP_H
#define WIRE_ARP_H

#include <dobos/address.h>

#include "base/cursor.h"

#define ARP_BYTES 28
#define ARP_REQUEST 1
#define ARP_REPLY 2

struct arp {
    uint16_t operation; /* ARP_REQUEST, ARP_REPLY; others are parsed too (the caller ignores them) */
    struct dobos_mac sender_mac;
    struct dobos_address sender;
    struct dobos_mac target_mac;
    struct dobos_address target;
};

/* False: short, or not Ethernet/IPv4 with their address lengths. Bytes behind the 28 are padding. */
bool arp_parse(struct reader *r, struct arp *arp);
void arp_emit(struct writer *w, const struct arp *arp);

#endif
