/* bytes: numbers as they stand on the wire (big-endian unless the name says le), at any alignment.
 */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include "base/memory.h"

static inline uint16_t load_be16(const void *from) {
    const uint8_t *b = from;
    return (uint16_t)((unsigned)b[0] << 8 | b[1]);
}
static inline uint32_t load_be32(const void *from) {
    const uint8_t *b = from;
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}
static inline uint64_t load_be64(const void *from) {
    const uint8_t *b = from;
    return (uint64_t)load_be32(b) << 32 | load_be32(b + 4);
}
static inline void store_be16(void *to, uint16_t value) {
    uint8_t *b = to;
    b[0] = (uint8_t)(value >> 8);
    b[1] = (uint8_t)value;
}
static inline void store_be32(void *to, uint32_t value) {
    uint8_t *b = to;
    b[0] = (uint8_t)(value >> 24);
    b[1] = (uint8_t)(value >> 16);
    b[2] = (uint8_t)(value >> 8);
    b[3] = (uint8_t)value;
}
static inline void store_be64(void *to, uint64_t value) {
    uint8_t *b = to;
    store_be32(b, (uint32_t)(value >> 32));
    store_be32(b + 4, (uint32_t)value);
}
static inline uint32_t load_le32(const void *from) {
    const uint8_t *b = from;
    return (uint32_t)b[3] << 24 | (uint32_t)b[2] << 16 | (uint32_t)b[1] << 8 | b[0];
}
static inline uint64_t load_le64(const void *from) {
    const uint8_t *b = from;
    return (uint64_t)load_le32(b + 4) << 32 | load_le32(b);
}
static inline void store_le32(void *to, uint32_t value) {
    uint8_t *b = to;
    b[0] = (uint8_t)value;
    b[1] = (uint8_t)(value >> 8);
    b[2] = (uint8_t)(value >> 16);
    b[3] = (uint8_t)(value >> 24);
}
static inline void store_le16(void *to, uint16_t value) {
    uint8_t *b = to;
    b[0] = (uint8_t)value;
    b[1] = (uint8_t)(value >> 8);
}
static inline uint16_t load_le16(const void *from) {
    const uint8_t *b = from;
    return (uint16_t)((unsigned)b[1] << 8 | b[0]);
}

#endif
