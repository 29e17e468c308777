/*
 * checksum: the Internet checksum (RFC 1071) and its change in place (RFC 1624).
 * A `sum` is a running 32-bit sum of 16-bit words, not yet folded; sums of ranges that begin at
 * even offsets of one whole can be added.
 */
#ifndef BASE_CHECKSUM_H
#define BASE_CHECKSUM_H

#include <dobos/address.h>

#include "base/bytes.h"

/* Adds `length` bytes to `sum`. An odd last byte counts as the high half of a word with a zero
 * behind it. */
uint32_t checksum_add(uint32_t sum, const void *bytes, size_t length);
/* The sum of a piece that began at an odd offset: its bytes are swapped (RFC 1071 §2). `sum` is
 * that piece's own. */
uint32_t checksum_swap(uint32_t sum);
/* Folds to 16 bits, not complemented. All ones: the data and its checksum agree, in whichever form
 * of zero it came [rfc1071#2] [rfc1624#3]. */
uint16_t checksum_fold(uint32_t sum);
/* What goes on the wire: folded and complemented, as a number in host order to be stored
 * big-endian. */
uint16_t checksum_finish(uint32_t sum);
/* The sum of the pseudo-header of TCP and UDP over IPv4 (RFC 9293 §3.1, RFC 768): addresses,
 * protocol, length. */
uint32_t checksum_pseudo(const struct dobos_address *source,
                         const struct dobos_address *destination, uint8_t protocol,
                         uint32_t length);
/* A checksum field's new value when a 16-bit field it covers goes from `before` to `after` (RFC
 * 1624 eq. 3). Host order all. */
uint16_t checksum_update(uint16_t checksum, uint16_t before, uint16_t after);

#endif
