/* arp: ARP for Ethernet and IPv4 (RFC 826), 28 bytes. */
#ifndef WIRE_ARP_H
#define WIRE_ARP_H

#include <dobos/address.h>

#include "base/cursor.h"

#define ARP_BYTES   28
#define ARP_REQUEST 1
#define ARP_REPLY   2

struct arp {
    uint16_t operation;          /* ARP_REQUEST, ARP_REPLY, or others (the caller ignores them) */
    struct dobos_mac sender_mac; /* who sends */
    struct dobos_address sender; /* 0.0.0.0 in a probe */
    struct dobos_mac target_mac; /* means nothing in a request */
    struct dobos_address target; /* who is asked for, or answered */
};

/* False: short, or not Ethernet and IPv4 with their address lengths. Bytes behind are padding. */
bool arp_parse(struct reader *r, struct arp *arp);
void arp_emit(struct writer *w, const struct arp *arp);

#endif
