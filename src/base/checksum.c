/*
 * checksum: the Internet checksum (RFC 1071), its change in place (RFC 1624), and the pseudo-header
 * of TCP and UDP.
 *
 * The sum is the same in any byte order but for a swap at the end (RFC 1071 §2 B), and 2^64 − 1 is
 * a multiple of 2^16 − 1, so eight bytes are added at a time, in the machine's order, with the
 * carry brought round; two sums run side by side so that one does not wait for the other's carry.
 */
#include "base/checksum.h"

/* Eight bytes in the machine's order, at any alignment. */
static inline uint64_t load_native64(const uint8_t *from) {
    uint64_t word;
    memcpy(&word, from, sizeof word);
    return word;
}

/* The one's complement sum: a carry comes back in at the low end. */
static inline uint64_t add_round64(uint64_t a, uint64_t b) {
    uint64_t sum = a + b;
    return sum + (sum < b);
}

static inline uint32_t add_round32(uint32_t a, uint32_t b) {
    uint32_t sum = a + b;
    return sum + (sum < b);
}

/* The sum of words in the machine's order as a 16-bit sum of big-endian words. */
static inline uint16_t to_big_endian16(uint64_t sum) {
    sum = (sum & UINT32_MAX) + (sum >> 32);
    sum = (sum & UINT32_MAX) + (sum >> 32);
    uint16_t folded = checksum_fold((uint32_t)sum);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    folded = __builtin_bswap16(folded);
#endif
    return folded;
}

/* [rfc1071#1] */
uint32_t checksum_add(uint32_t sum, const void *bytes, size_t length) {
    const uint8_t *at = bytes;
    uint64_t a = 0;
    uint64_t b = 0;
    for (; length >= 32; length -= 32, at += 32) {
        a = add_round64(a, load_native64(at));
        b = add_round64(b, load_native64(at + 8));
        a = add_round64(a, load_native64(at + 16));
        b = add_round64(b, load_native64(at + 24));
    }
    for (; length >= 8; length -= 8, at += 8)
        a = add_round64(a, load_native64(at));
    if (length > 0) {
        uint8_t rest[8] = {0};
        memcpy(rest, at, length);
        b = add_round64(b, load_native64(rest));
    }
    return add_round32(sum, to_big_endian16(add_round64(a, b)));
}

/* [rfc1071#3] */
uint32_t checksum_swap(uint32_t sum) {
    return __builtin_bswap16(checksum_fold(sum));
}

uint16_t checksum_fold(uint32_t sum) {
    sum = (sum & UINT16_MAX) + (sum >> 16);
    sum = (sum & UINT16_MAX) + (sum >> 16);
    return (uint16_t)sum;
}

/* [rfc1071#1] */
uint16_t checksum_finish(uint32_t sum) {
    return (uint16_t)~checksum_fold(sum);
}

uint32_t checksum_pseudo(const struct dobos_address *source,
                         const struct dobos_address *destination, uint8_t protocol,
                         uint32_t length) {
    uint32_t sum = checksum_add(0, source->bytes + 12, 4);
    sum = checksum_add(sum, destination->bytes + 12, 4);
    return sum + protocol + (length & UINT16_MAX) + (length >> 16);
}

/* Equation 3, and not 4: subtraction would turn some sums into the other zero
 * [rfc1624#1] [rfc1624#2]. */
uint16_t checksum_update(uint16_t checksum, uint16_t before, uint16_t after) {
    uint32_t sum = (uint32_t)(uint16_t)~checksum + (uint16_t)~before + after;
    return checksum_finish(sum);
}
