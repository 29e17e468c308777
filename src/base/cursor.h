/*
 * cursor: bounded readers and writers with a sticky error, the only way bytes of a format are read
 * or written. A read past the end gives zero, sets the error and stays there; so a parser checks
 * once, at the end. Nothing is copied by a slice.
 */
#ifndef BASE_CURSOR_H
#define BASE_CURSOR_H

#include "base/bytes.h"

struct reader {
    const uint8_t *bytes; /* borrowed; the first byte */
    size_t length;        /* bytes in all */
    size_t position;      /* next byte to read; ≤ length */
    bool failed;          /* somebody asked for more than there was */
};

struct slice {
    const uint8_t *bytes; /* borrowed; never NULL unless length is 0 */
    size_t length;        /* bytes */
};

static inline struct reader reader_make(const void *bytes, size_t length) {
    return (struct reader){.bytes = bytes, .length = length};
}
static inline size_t reader_rest(const struct reader *r) {
    return r->failed ? 0 : r->length - r->position;
}
static inline bool reader_has(const struct reader *r, size_t n) {
    return !r->failed && r->length - r->position >= n;
}
/* The next n bytes, passed over; NULL (and failed) when there are fewer. */
static inline const uint8_t *reader_take(struct reader *r, size_t n) {
    if (!reader_has(r, n)) {
        r->failed = true;
        return NULL;
    }
    const uint8_t *at = r->bytes + r->position;
    r->position += n;
    return at;
}
static inline uint8_t reader_u8(struct reader *r) {
    const uint8_t *b = reader_take(r, 1);
    return b ? b[0] : 0;
}
static inline uint16_t reader_be16(struct reader *r) {
    const uint8_t *b = reader_take(r, 2);
    return b ? load_be16(b) : 0;
}
static inline uint32_t reader_be32(struct reader *r) {
    const uint8_t *b = reader_take(r, 4);
    return b ? load_be32(b) : 0;
}
static inline void reader_skip(struct reader *r, size_t n) {
    (void)reader_take(r, n);
}
static inline struct slice reader_slice(struct reader *r, size_t n) {
    const uint8_t *b = reader_take(r, n);
    return (struct slice){b, b ? n : 0};
}
static inline void reader_copy(struct reader *r, void *to, size_t n) {
    const uint8_t *b = reader_take(r, n);
    if (b)
        memcpy(to, b, n);
    else
        memset(to, 0, n);
}

struct writer {
    uint8_t *bytes;  /* borrowed; the first byte of the room */
    size_t room;     /* bytes there is room for */
    size_t position; /* bytes written; ≤ room */
    bool failed;     /* there was no room; nothing is written since */
};

static inline struct writer writer_make(void *bytes, size_t room) {
    return (struct writer){.bytes = bytes, .room = room};
}
/* The next n bytes to fill in; NULL (and failed) when there is no room. */
static inline uint8_t *writer_take(struct writer *w, size_t n) {
    if (w->failed || w->room - w->position < n) {
        w->failed = true;
        return NULL;
    }
    uint8_t *at = w->bytes + w->position;
    w->position += n;
    return at;
}
static inline void writer_u8(struct writer *w, uint8_t value) {
    uint8_t *b = writer_take(w, 1);
    if (b)
        b[0] = value;
}
static inline void writer_be16(struct writer *w, uint16_t value) {
    uint8_t *b = writer_take(w, 2);
    if (b)
        store_be16(b, value);
}
static inline void writer_be32(struct writer *w, uint32_t value) {
    uint8_t *b = writer_take(w, 4);
    if (b)
        store_be32(b, value);
}
static inline void writer_bytes(struct writer *w, const void *from, size_t n) {
    uint8_t *b = writer_take(w, n);
    if (b && n)
        memcpy(b, from, n);
}
static inline void writer_zero(struct writer *w, size_t n) {
    uint8_t *b = writer_take(w, n);
    if (b)
        memset(b, 0, n);
}

#endif
