/* golden_dhcp: DHCP messages as they stand on the wire, written by hand: the fixed part in `begin`,
 * the options behind it. */
#ifndef TESTS_WIRE_GOLDEN_DHCP_H
#define TESTS_WIRE_GOLDEN_DHCP_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* clang-format off */

/* A client at 02:00:00:00:00:01 asks: xid 0x3903f326, 7 s, broadcast. */
static const uint8_t golden_dhcp_discover_options[] = {
    53, 1, 1,
    61, 7, 1, 2, 0, 0, 0, 0, 1,
    50, 4, 192, 168, 0, 4,
    12, 6, 'l', 'a', 'p', 't', 'o', 'p',
    57, 2, 5, 0xc0,
    55, 5, 1, 121, 3, 6, 15,
    255,
};

/* A server answers: two routers, a search list whose second name points into the first, a route to
 * 10.0.0.0/8 and a default one. */
static const uint8_t golden_dhcp_ack_options[] = {
    53, 1, 5,
    54, 4, 192, 168, 0, 1,
    51, 4, 0, 0, 0x0e, 0x10,
    58, 4, 0, 0, 0x07, 0x08,
    59, 4, 0, 0, 0x0c, 0x4e,
    1, 4, 255, 255, 255, 0,
    3, 8, 192, 168, 0, 1, 192, 168, 0, 2,
    6, 4, 192, 168, 0, 1,
    0,
    15, 5, 'h', 'o', 'm', 'e', 0,
    28, 4, 192, 168, 0, 255,
    119, 14, 4, 'h', 'o', 'm', 'e', 4, 't', 'e', 's', 't', 0, 1, 'x', 0xc0,
    119, 1, 5,
    121, 11, 8, 10, 192, 168, 0, 3, 0, 192, 168, 0, 1,
    56, 2, 'o', 'k',
    60, 1, 'v',
    82, 2, 1, 0,
    255,
};

/* Overload 3: the file field holds the router, the sname field a second one and a name server. */
static const uint8_t golden_dhcp_overload_options[] = {53, 1, 2, 52, 1, 3, 3, 4, 10, 0, 0, 1, 255};
static const uint8_t golden_dhcp_overload_file[] = {3, 4, 10, 0, 0, 2, 15, 2, 'a', 'b', 255};
static const uint8_t golden_dhcp_overload_sname[] = {15, 2, 'c', 'd', 3, 4, 10, 0, 0, 3, 255};

/* clang-format on */

#define GOLDEN_DHCP_ROOM  1472
#define GOLDEN_DHCP_FIXED 240

/* The fixed part, then the options; the length of all. */
static inline size_t golden_dhcp(uint8_t to[GOLDEN_DHCP_ROOM], uint8_t op, const uint8_t *options,
                                 size_t length) {
    static const uint8_t begin[] = {0, 1, 6, 0, 0x39, 0x03, 0xf3, 0x26, 0, 7, 0x80, 0};
    static const uint8_t cookie[] = {0x63, 0x82, 0x53, 0x63};
    memset(to, 0, GOLDEN_DHCP_ROOM);
    memcpy(to, begin, sizeof(begin));
    to[0] = op;
    to[28] = 2;
    to[33] = 1;
    memcpy(to + 236, cookie, sizeof(cookie));
    memcpy(to + GOLDEN_DHCP_FIXED, options, length);
    return GOLDEN_DHCP_FIXED + length;
}

static inline size_t golden_dhcp_discover(uint8_t to[GOLDEN_DHCP_ROOM]) {
    return golden_dhcp(to, 1, golden_dhcp_discover_options, sizeof(golden_dhcp_discover_options));
}

static inline size_t golden_dhcp_ack(uint8_t to[GOLDEN_DHCP_ROOM]) {
    size_t length = golden_dhcp(to, 2, golden_dhcp_ack_options, sizeof(golden_dhcp_ack_options));
    static const uint8_t yours[] = {192, 168, 0, 4};
    memcpy(to + 16, yours, sizeof(yours));
    memcpy(to + 44, "server", 6);
    memcpy(to + 108, "boot", 4);
    return length;
}

static inline size_t golden_dhcp_overload(uint8_t to[GOLDEN_DHCP_ROOM]) {
    size_t length =
        golden_dhcp(to, 2, golden_dhcp_overload_options, sizeof(golden_dhcp_overload_options));
    memcpy(to + 108, golden_dhcp_overload_file, sizeof(golden_dhcp_overload_file));
    memcpy(to + 44, golden_dhcp_overload_sname, sizeof(golden_dhcp_overload_sname));
    return length;
}

#endif
