/* mark: see mark.h. The checksum is changed by what was changed (RFC 1624). */
#include "link/mark.h"

#include "base/checksum.h"
#include "wire/ethernet.h"
#include "wire/ipv4.h"

/* [rfc3168#1] */
bool mark_congestion(struct dobos_packet *frame) {
    size_t headers = ETHERNET_HEADER_BYTES + (size_t)IPV4_HEADER_BYTES;
    uint8_t *bytes = packet_pull(frame, headers);
    if (!bytes || load_be16(bytes + ETHERNET_HEADER_BYTES - 2) != ETHER_TYPE_IPV4)
        return false;
    uint8_t *ip = bytes + ETHERNET_HEADER_BYTES;
    if ((ip[1] & TOS_ECN) == ECN_NOT_ECT)
        return false;
    uint16_t before = load_be16(ip);
    ip[1] |= ECN_CE;
    store_be16(ip + 10, checksum_update(load_be16(ip + 10), before, load_be16(ip)));
    return true;
}
