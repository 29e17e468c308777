/*
 * dns_writer: messages of DNS being written, see dns.h. Names are compressed by a small table of
 * marks: each label written gets one for the name that begins with it, in the slot its mark leads
 * to or one of the next few. A mark found is held against the bytes in the message, at most PROBES
 * times a label, and each label looked for is then either written or ends the search; so the work
 * for a message grows with its bytes and nothing else (attack I18).
 */
#include "wire/dns.h"

#define POINTER     0xc0
#define OFFSET_MOST 0x3fff /* a pointer has 14 bits */
#define PROBES      4
#define LABELS_MAX  127 /* in a name of 255 bytes */

/* ---- names ---- */

/* Where the labels of a name begin, and the mark of the name from each on. */
struct labels {
    unsigned count;            /* of them, without the root */
    uint8_t at[LABELS_MAX];    /* first byte */
    uint16_t mark[LABELS_MAX]; /* of what begins there */
};

/* From the last label to the first, each mark made of the one behind it. */
static void labels_find(const struct dns_name *name, struct labels *labels) {
    uint32_t hash = 2166136261u;
    labels->count = 0;
    for (size_t at = 0; name->bytes[at] != 0; at += name->bytes[at] + 1u)
        labels->at[labels->count++] = (uint8_t)at;
    for (unsigned i = labels->count; i-- > 0;) {
        const uint8_t *label = name->bytes + labels->at[i];
        for (unsigned n = 0; n <= label[0]; n++)
            hash = (hash ^ dns_lower(label[n])) * 16777619u;
        labels->mark[i] = (uint16_t)(hash ^ hash >> 16);
    }
}

static bool label_is_equal(const uint8_t *a, const uint8_t *b) {
    for (unsigned n = 0; n <= b[0]; n++) {
        if (dns_lower(a[n]) != dns_lower(b[n]))
            return false;
    }
    return true;
}

/* Whether the name written at `at` is the one whose labels stand at `labels`. All pointers are ours
 * and lead backward. */
static bool written_is_equal(const struct writer *w, size_t at, const uint8_t *labels) {
    for (;;) {
        while ((w->bytes[at] & POINTER) == POINTER)
            at = load_be16(w->bytes + at) & OFFSET_MOST;
        if (!label_is_equal(w->bytes + at, labels))
            return false;
        if (labels[0] == 0)
            return true;
        at += labels[0] + 1u;
        labels += labels[0] + 1u;
    }
}

/* The offset where the labels stand already, or 0. */
static uint16_t written_find(const struct dns_writer *w, const uint8_t *labels, uint16_t mark) {
    for (unsigned i = 0; i < PROBES; i++) {
        const struct dns_written *written = &w->written[(mark + i) % DNS_COMPRESSION_NAMES];
        if (written->offset == 0)
            return 0;
        if (written->mark == mark && written_is_equal(&w->writer, written->offset, labels))
            return written->offset;
    }
    return 0;
}

static void written_add(struct dns_writer *w, size_t offset, uint16_t mark) {
    for (unsigned i = 0; i < PROBES && offset <= OFFSET_MOST; i++) {
        struct dns_written *written = &w->written[(mark + i) % DNS_COMPRESSION_NAMES];
        if (written->offset != 0)
            continue;
        *written = (struct dns_written){(uint16_t)offset, mark};
        w->count++;
        return;
    }
}

/* What is being written is no target before it is whole. [rfc1123#2] */
void dns_name_emit(struct dns_writer *w, const struct dns_name *name) {
    struct labels labels;
    uint16_t offset = 0;
    unsigned fresh = 0;
    size_t begin = w->writer.position;
    labels_find(name, &labels);
    for (; fresh < labels.count && offset == 0; fresh += offset == 0)
        offset = written_find(w, name->bytes + labels.at[fresh], labels.mark[fresh]);
    writer_bytes(&w->writer, name->bytes,
                 fresh < labels.count ? labels.at[fresh] : name->length - 1u);
    if (offset != 0)
        writer_be16(&w->writer, (uint16_t)(POINTER << 8 | offset));
    else
        writer_u8(&w->writer, 0);
    for (unsigned i = 0; i < fresh && !w->writer.failed; i++)
        written_add(w, begin + labels.at[i], labels.mark[i]);
}

void dns_name_emit_plain(struct dns_writer *w, const struct dns_name *name) {
    writer_bytes(&w->writer, name->bytes, name->length);
}
