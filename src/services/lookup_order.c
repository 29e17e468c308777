/* lookup_order: see lookup_order.h. */
#include "services/lookup_order.h"

/* Scopes as multicast addresses number them (RFC 6724 §3.1, §3.2). */
enum scope {
    SCOPE_LINK = 2,
    SCOPE_SITE = 5,
    SCOPE_GLOBAL = 14
};

static bool is_link_local(const struct dobos_address *address) {
    const uint8_t *bytes = address->bytes;
    if (dobos_address_is_ipv4(address))
        return bytes[12] == 169 && bytes[13] == 254;
    return bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80;
}

static enum scope scope_of(const struct dobos_address *address) {
    const uint8_t *bytes = address->bytes;
    if (is_link_local(address) || dobos_address_is_loopback(address))
        return SCOPE_LINK;
    return bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0xc0 ? SCOPE_SITE : SCOPE_GLOBAL;
}

/* RFC 6724 §2.1. */
static unsigned precedence_of(const struct dobos_address *address) {
    const uint8_t *bytes = address->bytes;
    if (dobos_address_is_ipv4(address))
        return 35;
    if (dobos_address_is_loopback(address))
        return 50;
    if (bytes[0] == 0x20 && bytes[1] == 0x02)
        return 30; /* 6to4 */
    if (bytes[0] == 0x20 && bytes[1] == 0x01 && bytes[2] == 0 && bytes[3] == 0)
        return 5; /* Teredo */
    if ((bytes[0] & 0xfe) == 0xfc)
        return 3; /* unique local */
    return scope_of(address) == SCOPE_SITE ? 1 : 40;
}

bool lookup_has_ipv6(const struct dobos_host *host) {
    struct dobos_interface_address own;
    for (uint32_t interface = 1; interface <= dobos_interface_count(host); interface++)
        for (uint32_t i = 0; dobos_address_read(host, interface, i, &own) == 0; i++)
            if (!dobos_address_is_ipv4(&own.prefix.address) &&
                !dobos_address_is_loopback(&own.prefix.address) &&
                !is_link_local(&own.prefix.address) && own.state == DOBOS_ADDRESS_READY)
                return true;
    return false;
}

/* The larger the better; each rule weighs more than all behind it. Routes are IPv4's so far. */
static uint32_t rank_of(const struct dobos_host *host, const struct dobos_address *address) {
    struct dobos_route_choice choice = {.source = *address};
    const enum scope scope = scope_of(address);
    const bool is_reached =
        dobos_address_is_ipv4(address)
            ? dobos_route_lookup(host, address, NULL, &choice) == 0 &&
                  (choice.kind == DOBOS_ROUTE_UNICAST || choice.kind == DOBOS_ROUTE_LOCAL)
            : lookup_has_ipv6(host);
    const bool is_alike = is_reached && scope_of(&choice.source) == scope;
    return (uint32_t)is_reached << 31 | (uint32_t)is_alike << 30 | precedence_of(address) << 8 |
           (SCOPE_GLOBAL - (uint32_t)scope);
}

/* [rfc1123#22] */
void lookup_order(const struct dobos_host *host, struct dobos_address *addresses, unsigned count) {
    for (unsigned i = 1; i < count; i++) {
        const struct dobos_address address = addresses[i];
        const uint32_t rank = rank_of(host, &address);
        unsigned place = i;
        while (place > 0 && rank_of(host, &addresses[place - 1]) < rank) {
            addresses[place] = addresses[place - 1];
            place--;
        }
        addresses[place] = address;
    }
}
