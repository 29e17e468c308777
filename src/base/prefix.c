/* prefix: arithmetic on IPv4 prefixes (RFC 4632 §3.1; RFC 3021 for /31). Host bits in a prefix's
 * address are allowed and masked here. */
#include "base/prefix.h"

uint32_t ipv4_mask(uint8_t length) {
    if (length == 0)
        return 0;
    return length >= 32 ? UINT32_MAX : UINT32_MAX << (32 - length);
}

struct dobos_address prefix_network(const struct dobos_prefix *prefix) {
    return dobos_address_ipv4(dobos_address_ipv4_number(&prefix->address) &
                              ipv4_mask(prefix->length));
}

struct dobos_address prefix_last(const struct dobos_prefix *prefix) {
    return dobos_address_ipv4(dobos_address_ipv4_number(&prefix->address) |
                              ~ipv4_mask(prefix->length));
}

bool prefix_contains(const struct dobos_prefix *prefix, const struct dobos_address *address) {
    if (!dobos_address_is_ipv4(address) || !dobos_address_is_ipv4(&prefix->address))
        return false;
    uint32_t difference =
        dobos_address_ipv4_number(&prefix->address) ^ dobos_address_ipv4_number(address);
    return (difference & ipv4_mask(prefix->length)) == 0;
}

/* [rfc3021#1] */
bool prefix_has_broadcast(const struct dobos_prefix *prefix) {
    return prefix->length <= 30;
}
