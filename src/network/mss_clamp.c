/*
 * mss_clamp: see mss_clamp.h. The option is changed where it stands, and the checksum by what that
 * changes (RFC 1624 eq. 3), so that one that was wrong stays wrong. A value is only ever made
 * smaller, none is added (without the option the peer takes 536 bytes anyway), and a list of
 * options that is malformed before it, a header that is not all there, and a segment that is signed
 * (TCP-AO, RFC 5925; MD5, RFC 2385) are left as they are.
 *
 * A router that changes what two hosts say to each other steps over its layer: it is done where one
 * asks for it only.
 */
#include "network/mss_clamp.h"

#include "wire/ipv4.h"
#include "wire/tcp.h"

#define KIND_END     0
#define KIND_NOP     1
#define KIND_MSS     2
#define KIND_MD5     19
#define KIND_AO      29
#define MSS_BYTES    4
#define TCP_OFFSET   12
#define TCP_FLAGS    13
#define TCP_CHECKSUM 16

/* Where the value stands from the header's first byte; 0: nowhere, or it is not to be touched. */
static size_t value_find(const uint8_t *tcp, size_t header) {
    size_t found = 0;
    for (size_t at = TCP_HEADER_BYTES; at < header && tcp[at] != KIND_END;) {
        if (tcp[at] == KIND_NOP) {
            at++;
            continue;
        }
        if (at + 1 >= header || tcp[at + 1] < 2 || at + tcp[at + 1] > header)
            return 0;
        if (tcp[at] == KIND_MD5 || tcp[at] == KIND_AO)
            return 0;
        if (tcp[at] == KIND_MSS && tcp[at + 1] != MSS_BYTES)
            return 0;
        if (tcp[at] == KIND_MSS && found == 0)
            found = at + 2;
        at += tcp[at + 1];
    }
    return found;
}

static uint16_t swapped(uint16_t word) {
    return (uint16_t)(word << 8 | word >> 8);
}

/* The TCP header of a SYN, all of it header bytes of the packet; NULL: it is none. */
static uint8_t *syn_pull(struct dobos_packet *packet, size_t *header) {
    size_t at = packet->network_offset;
    const uint8_t *bytes = packet_pull(packet, at + IPV4_HEADER_BYTES);
    size_t tcp = bytes ? at + (size_t)(bytes[at] & 15) * 4 : 0;
    bytes = bytes ? packet_pull(packet, tcp + TCP_HEADER_BYTES) : NULL;
    if (!bytes || !(bytes[tcp + TCP_FLAGS] & TCP_SYN))
        return NULL;
    *header = (size_t)(bytes[tcp + TCP_OFFSET] >> 4) * 4;
    uint8_t *whole = *header > TCP_HEADER_BYTES ? packet_pull(packet, tcp + *header) : NULL;
    return whole ? whole + tcp : NULL;
}

bool mss_clamp(struct dobos_packet *packet, uint32_t mtu) {
    size_t header = 0;
    uint8_t *tcp = syn_pull(packet, &header);
    size_t at = tcp ? value_find(tcp, header) : 0;
    if (at == 0 || mtu <= IPV4_HEADER_BYTES + TCP_HEADER_BYTES)
        return false;
    uint32_t most = mtu - IPV4_HEADER_BYTES - TCP_HEADER_BYTES;
    uint16_t before = load_be16(tcp + at);
    if (before <= most)
        return false;
    uint16_t after = (uint16_t)most;
    store_be16(tcp + at, after);
    if (packet->offload.flags & DOBOS_OFFLOAD_NEEDS_CHECKSUM)
        return true; /* it is summed up later */
    if (at % 2 == 1) {
        before = swapped(before);
        after = swapped(after);
    }
    uint16_t checksum = load_be16(tcp + TCP_CHECKSUM);
    store_be16(tcp + TCP_CHECKSUM, checksum_update(checksum, before, after));
    return true;
}
