/* plain_sum: the Internet checksum as plainly as RFC 1071 has it, the tests' own, so that a fault
 * of base/checksum.c does not hide itself. */
#ifndef TESTS_PLAIN_SUM_H
#define TESTS_PLAIN_SUM_H

#include <stddef.h>
#include <stdint.h>

/* Folded, not complemented: 0xffff over bytes that hold their checksum. */
static inline uint16_t plain_sum(uint32_t sum, const uint8_t *bytes, size_t length) {
    uint64_t total = sum;
    for (size_t i = 0; i < length; i++)
        total += i % 2 == 0 ? (uint64_t)bytes[i] << 8 : bytes[i];
    while (total >> 16 != 0)
        total = (total & 0xffff) + (total >> 16);
    return (uint16_t)total;
}

/* What to begin with for UDP and TCP: the pseudo-header. */
static inline uint32_t plain_pseudo_sum(uint32_t source, uint32_t destination, uint8_t protocol,
                                        size_t length) {
    return (source >> 16) + (source & 0xffff) + (destination >> 16) + (destination & 0xffff) +
           protocol + (uint32_t)length;
}

#endif
