/* ethernet: the Ethernet II header (RFC 894) and 802.3 with LLC/SNAP (RFC 1042), which is accepted
 * but not sent. */
#ifndef WIRE_ETHERNET_H
#define WIRE_ETHERNET_H

#include <dobos/address.h>

#include "base/cursor.h"

#define ETHERNET_HEADER_BYTES    14
/* Without the frame check sequence; shorter frames are padded with zeros on a wire. */
#define ETHERNET_MIN_FRAME_BYTES 60
#define ETHER_TYPE_IPV4          0x0800
#define ETHER_TYPE_ARP           0x0806
#define ETHER_TYPE_IPV6          0x86dd

struct ethernet {
    struct dobos_mac destination; /* may be a group address */
    struct dobos_mac source;      /* as sent; not checked */
    uint16_t type;           /* EtherType; for 802.3 frames with SNAP and OUI 0 the one inside */
    uint16_t payload_offset; /* 14, or 22 with LLC/SNAP */
    uint16_t payload_length; /* of an 802.3 frame, behind payload_offset; 0 for Ethernet II: to the
                                frame's end */
};

static const struct dobos_mac MAC_BROADCAST = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
static inline bool mac_is_equal(const struct dobos_mac *a, const struct dobos_mac *b) {
    return memcmp(a, b, 6) == 0;
}
static inline bool mac_is_group(const struct dobos_mac *mac) {
    return mac->bytes[0] & 1;
}
static inline bool mac_is_zero(const struct dobos_mac *mac) {
    return (mac->bytes[0] | mac->bytes[1] | mac->bytes[2] | mac->bytes[3] | mac->bytes[4] |
            mac->bytes[5]) == 0;
}

/*
 * False: shorter than its header. 802.3 frames that are not SNAP get type 0, and so does a SNAP
 * frame of which the reader does not hold 22 bytes. The reader need not hold the whole frame: a
 * payload_length beyond its end is the caller's to refuse.
 */
bool ethernet_parse(struct reader *r, struct ethernet *ethernet);
/* Writes an Ethernet II header of 14 bytes. */
void ethernet_emit(struct writer *w, const struct ethernet *ethernet);

#endif
