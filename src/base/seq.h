/*
 * seq: TCP sequence numbers (RFC 9293 §3.4), a type of their own so that `a < b` does not compile.
 * Comparisons are modulo 2^32 and mean something only between numbers less than 2^31 apart.
 */
#ifndef BASE_SEQ_H
#define BASE_SEQ_H

#include <stdbool.h>
#include <stdint.h>

struct seq {
    uint32_t raw; /* modulo 2^32 */
};

static inline struct seq seq_make(uint32_t raw) {
    return (struct seq){raw};
}
static inline struct seq seq_add(struct seq a, uint32_t n) {
    return (struct seq){a.raw + n};
}
static inline struct seq seq_sub(struct seq a, uint32_t n) {
    return (struct seq){a.raw - n};
}
/* How far `a` is beyond `b`, modulo 2^32. */
static inline uint32_t seq_distance(struct seq a, struct seq b) {
    return a.raw - b.raw;
}
static inline bool seq_eq(struct seq a, struct seq b) {
    return a.raw == b.raw;
}
/* The wrap is of no account in comparisons. [rfc9293#12] */
static inline bool seq_lt(struct seq a, struct seq b) {
    return (int32_t)(a.raw - b.raw) < 0;
}
static inline bool seq_le(struct seq a, struct seq b) {
    return (int32_t)(a.raw - b.raw) <= 0;
}
static inline bool seq_gt(struct seq a, struct seq b) {
    return (int32_t)(a.raw - b.raw) > 0;
}
static inline bool seq_ge(struct seq a, struct seq b) {
    return (int32_t)(a.raw - b.raw) >= 0;
}
/* low ≤ a < low + size */
static inline bool seq_is_within(struct seq a, struct seq low, uint32_t size) {
    return a.raw - low.raw < size;
}
static inline struct seq seq_max(struct seq a, struct seq b) {
    return seq_lt(a, b) ? b : a;
}
static inline struct seq seq_min(struct seq a, struct seq b) {
    return seq_lt(a, b) ? a : b;
}

#endif
