/*
 * survey: shows a parser every packet near a golden one: cut at each byte, and with each byte
 * changed to each other value. Each is a heap copy of its exact size, so that AddressSanitizer sees
 * a read beyond it.
 */
#ifndef TESTS_WIRE_SURVEY_H
#define TESTS_WIRE_SURVEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "golden.h"

/* Parses, and when that goes well emits and parses again; true when the first parse went well. */
typedef bool (*roundtrip)(const uint8_t *bytes, size_t length);

static inline bool survey_copy(const uint8_t *bytes, size_t length, roundtrip examine) {
    uint8_t *copy = malloc(length);
    if (length > 0)
        memcpy(copy, bytes, length);
    bool is_good = examine(copy, length);
    free(copy);
    return is_good;
}

/* How many of the packets cut to 0 … length − 1 bytes were good. */
static inline size_t survey_truncations(const uint8_t *bytes, size_t length, roundtrip examine) {
    size_t good = 0;
    for (size_t cut = 0; cut < length; cut++)
        good += survey_copy(bytes, cut, examine);
    return good;
}

/* How many of the 255 × length packets with one other byte were good. */
static inline size_t survey_mutations(const uint8_t *bytes, size_t length, roundtrip examine) {
    size_t good = 0;
    uint8_t *copy = malloc(length);
    memcpy(copy, bytes, length);
    for (size_t at = 0; at < length; at++) {
        for (unsigned change = 1; change < 256; change++) {
            copy[at] = (uint8_t)(bytes[at] ^ change);
            good += examine(copy, length);
        }
        copy[at] = bytes[at];
    }
    free(copy);
    return good;
}

/* All of that for every golden packet of a format; false when one is not good as it stands. */
static inline bool survey_format(const char *format, roundtrip examine) {
    bool all_good = true;
    for (size_t i = 0; i < sizeof(golden_packets) / sizeof(golden_packets[0]); i++) {
        const struct golden *golden = &golden_packets[i];
        if (strcmp(golden->format, format) != 0)
            continue;
        all_good = survey_copy(golden->bytes, golden->length, examine) && all_good;
        (void)survey_truncations(golden->bytes, golden->length, examine);
        (void)survey_mutations(golden->bytes, golden->length, examine);
    }
    return all_good;
}

#endif
