/* prefix: arithmetic on prefixes of IPv4 (RFC 4632). */
#ifndef BASE_PREFIX_H
#define BASE_PREFIX_H

#include <dobos/address.h>

#include "base/memory.h"

/* 24 → 0xffffff00; lengths above 32 count as 32. */
uint32_t ipv4_mask(uint8_t length);
struct dobos_address prefix_network(const struct dobos_prefix *prefix);
/* The last address; for /31 and /32 too, where it is no broadcast address. */
struct dobos_address prefix_last(const struct dobos_prefix *prefix);
bool prefix_contains(const struct dobos_prefix *prefix, const struct dobos_address *address);
bool prefix_has_broadcast(const struct dobos_prefix *prefix); /* length ≤ 30 (RFC 3021) */

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

#endif
