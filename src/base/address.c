/*
 * address: what an address is, and its canonical text. IPv4 in dot-decimal; sixteen bytes that are
 * not IPv4 as RFC 5952 §4 has it (an address of IPv6 is only shown: nothing here sends to one yet).
 */
#include <dobos/address.h>

#include "base/bytes.h"
#include "base/ipv4_ranges.h"

static const uint8_t ipv4_mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

struct dobos_address dobos_address_ipv4(uint32_t number) {
    struct dobos_address address;
    memcpy(address.bytes, ipv4_mapped, sizeof ipv4_mapped);
    store_be32(address.bytes + 12, number);
    return address;
}

/* Public names are calls, even from here; every packet asks this a dozen times. */
static inline bool is_mapped(const struct dobos_address *address) {
    return memcmp(address->bytes, ipv4_mapped, sizeof ipv4_mapped) == 0;
}

static inline uint32_t number_of(const struct dobos_address *address) {
    return is_mapped(address) ? load_be32(address->bytes + 12) : 0;
}

uint32_t dobos_address_ipv4_number(const struct dobos_address *address) {
    return number_of(address);
}

bool dobos_address_is_ipv4(const struct dobos_address *address) {
    return is_mapped(address);
}

bool dobos_address_is_equal(const struct dobos_address *a, const struct dobos_address *b) {
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

bool dobos_address_is_unspecified(const struct dobos_address *address) {
    static const uint8_t zero[16] = {0};
    if (is_mapped(address))
        return load_be32(address->bytes + 12) == 0;
    return memcmp(address->bytes, zero, sizeof zero) == 0;
}

bool dobos_address_is_multicast(const struct dobos_address *address) {
    return ipv4_is_multicast(number_of(address));
}

bool dobos_address_is_loopback(const struct dobos_address *address) {
    return ipv4_is_loopback(number_of(address));
}

/* Writes a number in decimal; returns the end. */
static char *emit_decimal(char *to, unsigned number) {
    char digits[10];
    size_t count = 0;
    do {
        digits[count++] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    while (count > 0)
        *to++ = digits[--count];
    return to;
}

/* Writes a number in hex of at least `least` digits, in small letters; returns the end. */
static char *emit_hex(char *to, unsigned number, int least) {
    for (int shift = 12; shift >= 0; shift -= 4)
        if (number >> shift != 0 || shift < 4 * least)
            *to++ = "0123456789abcdef"[number >> shift & 15];
    return to;
}

/* The longest run of two or more zero groups, the first of equals; returns its length, 0 when there
 * is none. */
static int longest_zero_run(const struct dobos_address *address, int *begin) {
    int longest = 1;
    *begin = 8;
    for (int i = 0; i < 8; i++) {
        int end = i;
        while (end < 8 && load_be16(address->bytes + 2 * end) == 0)
            end++;
        if (end - i > longest) {
            longest = end - i;
            *begin = i;
        }
        if (end > i)
            i = end - 1;
    }
    return longest > 1 ? longest : 0;
}

static char *emit_ipv6(char *to, const struct dobos_address *address) {
    int begin;
    int run = longest_zero_run(address, &begin);
    for (int i = 0; i < 8; i++) {
        if (run > 0 && i == begin) {
            *to++ = ':';
            if (begin + run == 8)
                *to++ = ':';
            i += run - 1;
            continue;
        }
        if (i > 0)
            *to++ = ':';
        to = emit_hex(to, load_be16(address->bytes + 2 * i), 1);
    }
    return to;
}

static char *emit_address(char *to, const struct dobos_address *address) {
    if (!dobos_address_is_ipv4(address))
        return emit_ipv6(to, address);
    for (int i = 12; i < 16; i++) {
        to = emit_decimal(to, address->bytes[i]);
        if (i < 15)
            *to++ = '.';
    }
    return to;
}

int dobos_address_format(const struct dobos_address *address, char text[DOBOS_ADDRESS_TEXT]) {
    char *end = emit_address(text, address);
    *end = '\0';
    return (int)(end - text);
}

int dobos_prefix_format(const struct dobos_prefix *prefix, char text[DOBOS_PREFIX_TEXT]) {
    char *end = emit_address(text, &prefix->address);
    *end++ = '/';
    end = emit_decimal(end, prefix->length);
    *end = '\0';
    return (int)(end - text);
}

int dobos_mac_format(const struct dobos_mac *mac, char text[DOBOS_MAC_TEXT]) {
    char *end = text;
    for (int i = 0; i < 6; i++) {
        if (i > 0)
            *end++ = ':';
        end = emit_hex(end, mac->bytes[i], 2);
    }
    *end = '\0';
    return (int)(end - text);
}
