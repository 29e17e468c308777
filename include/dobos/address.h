/*
 * dobos/address.h: IP addresses, prefixes and link addresses, and their text.
 *
 *     struct dobos_address address;
 *     if (dobos_address_parse("192.168.0.4", &address, NULL) == 0) ...
 *
 * An address is 16 bytes in network order; IPv4 a.b.c.d is kept as ::ffff:a.b.c.d. That form never
 * goes on the wire. Text is read strictly (RFC 6943 §3.1.1): four decimal numbers from 0 to 255, no
 * leading zero, nothing else.
 */
#ifndef DOBOS_ADDRESS_H
#define DOBOS_ADDRESS_H

#include <dobos/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct dobos_address {
    uint8_t bytes[16]; /* network order; IPv4 in the last four, behind ::ffff: */
};

struct dobos_prefix {
    struct dobos_address address; /* may have bits beyond the length (an interface's address) */
    uint8_t length;               /* bits of the family: 0–32 for IPv4 */
};

/* An Ethernet (EUI-48) address. */
struct dobos_mac {
    uint8_t bytes[6]; /* as on the wire */
};

/* Where a datagram or a connection comes from or goes to. */
struct dobos_endpoint {
    struct dobos_address address; /* 0.0.0.0: any, or not known */
    uint16_t port;                /* host order; 0: any */
    uint32_t interface;           /* index of the interface (scope); 0: any */
};

/* Room for the longest text of each kind, with its closing NUL. */
#define DOBOS_ADDRESS_TEXT 46
#define DOBOS_PREFIX_TEXT  50
#define DOBOS_MAC_TEXT     18

/* The IPv4 address whose four bytes, read as a big-endian number, are `number` (0xc0a80001 is
 * 192.168.0.1). */
DOBOS_API struct dobos_address dobos_address_ipv4(uint32_t number);

/* The number of an IPv4 address, as above; 0 when it is none. */
DOBOS_API uint32_t dobos_address_ipv4_number(const struct dobos_address *address);

DOBOS_API bool dobos_address_is_ipv4(const struct dobos_address *address);
DOBOS_API bool dobos_address_is_equal(const struct dobos_address *a, const struct dobos_address *b);
/* 0.0.0.0 (or ::). */
DOBOS_API bool dobos_address_is_unspecified(const struct dobos_address *address);
/* 224.0.0.0/4 */
DOBOS_API bool dobos_address_is_multicast(const struct dobos_address *address);
/* 127.0.0.0/8 */
DOBOS_API bool dobos_address_is_loopback(const struct dobos_address *address);

/*
 * Reads an address, a prefix `a.b.c.d/n`, a link address `02:00:00:00:00:01`, or an IPv4 netmask
 * (contiguous). `text` is borrowed and ends with NUL. On success 0. On failure -DOBOS_EINVAL (or
 * -DOBOS_EAFNOSUPPORT for well-formed IPv6, which is not supported yet), nothing is written to the
 * result, and, where `reason` is not NULL, *reason is a constant sentence part that says why ("part
 * 1 is 256, more than 255"-style texts name the part by its place).
 */
DOBOS_API int dobos_address_parse(const char *text, struct dobos_address *address,
                                  const char **reason);
DOBOS_API int dobos_prefix_parse(const char *text, struct dobos_prefix *prefix,
                                 const char **reason);
DOBOS_API int dobos_mac_parse(const char *text, struct dobos_mac *mac, const char **reason);
DOBOS_API int dobos_netmask_parse(const char *text, uint8_t *prefix_length, const char **reason);

/* Write the canonical text with its NUL; return its length. The room must be as large as the
 * constant above. */
DOBOS_API int dobos_address_format(const struct dobos_address *address,
                                   char text[DOBOS_ADDRESS_TEXT]);
DOBOS_API int dobos_prefix_format(const struct dobos_prefix *prefix, char text[DOBOS_PREFIX_TEXT]);
DOBOS_API int dobos_mac_format(const struct dobos_mac *mac, char text[DOBOS_MAC_TEXT]);

#ifdef __cplusplus
}
#endif

#endif
