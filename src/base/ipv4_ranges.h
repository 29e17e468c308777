/* ipv4_ranges: what an IPv4 address, as a number, is by itself (RFC 6890). */
#ifndef BASE_IPV4_RANGES_H
#define BASE_IPV4_RANGES_H

#include <stdbool.h>
#include <stdint.h>

static inline bool ipv4_is_limited_broadcast(uint32_t a) {
    return a == UINT32_MAX;
}
static inline bool ipv4_is_multicast(uint32_t a) {
    return a >> 28 == 0xe;
}
static inline bool ipv4_is_loopback(uint32_t a) {
    return a >> 24 == 127;
}
/* 0.0.0.0/8: "this network" (RFC 1122 §3.2.1.3 a, b) */
static inline bool ipv4_is_this_network(uint32_t a) {
    return a >> 24 == 0;
}
/* 240.0.0.0/4 without 255.255.255.255 */
static inline bool ipv4_is_reserved(uint32_t a) {
    return a >> 28 == 0xf && a != UINT32_MAX;
}

/* 169.254.0.0/16: of one link (RFC 3927) */
static inline bool ipv4_is_link_local(uint32_t a) {
    return a >> 16 == 0xa9fe;
}

/* The range of those that have no place on the public Internet, as source or destination, which
 * holds the address: "10.0.0.0/8"; NULL: none does. Documentation's ranges and groups are not among
 * them, 255.255.255.255 is in the last. */
const char *ipv4_special_range(uint32_t a);

#endif
