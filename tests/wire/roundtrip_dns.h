/* roundtrip_dns: as roundtrip.h, for DNS messages: a whole message is read, written again (with our
 * own compression) and read once more. */
#ifndef TESTS_WIRE_ROUNDTRIP_DNS_H
#define TESTS_WIRE_ROUNDTRIP_DNS_H

#include "roundtrip.h"
#include "wire/dns.h"

static inline void promise_name_is_whole(const struct dns_name *name) {
    size_t at = 0;
    unsigned labels = 0;
    PROMISE(name->length >= 1);
    for (; at < name->length && name->bytes[at] != 0; labels++) {
        PROMISE(name->bytes[at] <= 63);
        at += name->bytes[at] + 1u;
    }
    PROMISE(at + 1u == name->length);
    PROMISE(labels == dns_name_labels(name));
}

/* Text and back; the parents up to the root. */
static inline void roundtrip_name(const struct dns_name *name) {
    char text[DNS_NAME_TEXT];
    struct dns_name again, up = *name;
    promise_name_is_whole(name);
    size_t length = dns_name_format(name, text);
    PROMISE(length < sizeof(text) && strlen(text) == length);
    PROMISE(dns_name_from_text(text, &again));
    PROMISE(again.length == name->length && memcmp(again.bytes, name->bytes, name->length) == 0);
    PROMISE(dns_name_is_equal(name, &again));
    unsigned parents = 0;
    while (dns_name_parent(&up, &again)) {
        promise_name_is_whole(&again);
        PROMISE(dns_name_is_within(name, &again) && !dns_name_is_within(&again, &up));
        up = again;
        parents++;
    }
    PROMISE(up.length == 1 && parents == dns_name_labels(name));
}

/* A message read item by item: its reader, and how many questions and records are to come. */
struct dns_walk {
    struct reader reader;
    struct dns_header header;
    unsigned questions, records;
};

static inline bool dns_walk_begin(struct dns_walk *walk, const uint8_t *bytes, size_t length) {
    walk->reader = reader_make(bytes, length);
    if (!dns_header_parse(&walk->reader, &walk->header))
        return false;
    walk->questions = walk->header.questions;
    walk->records =
        (unsigned)walk->header.answers + walk->header.authorities + walk->header.additionals;
    return true;
}

static inline bool dns_walk_question(struct dns_walk *walk, struct dns_question *question) {
    return walk->questions > 0 && walk->questions-- > 0 &&
           dns_question_parse(&walk->reader, question);
}

static inline bool dns_walk_record(struct dns_walk *walk, struct dns_record *record) {
    return !walk->reader.failed && walk->records > 0 && walk->records-- > 0 &&
           dns_record_parse(&walk->reader, record);
}

/* Reads the message; writes what can be read of it. True when all of it could. */
static inline bool dns_copy(const uint8_t *bytes, size_t length, struct dns_writer *w) {
    struct dns_walk walk;
    struct dns_question question;
    struct dns_record record;
    if (!dns_walk_begin(&walk, bytes, length))
        return false;
    dns_header_emit(w, &walk.header);
    while (dns_walk_question(&walk, &question)) {
        roundtrip_name(&question.name);
        dns_question_emit(w, &question);
    }
    while (dns_walk_record(&walk, &record)) {
        struct dns_name inner;
        size_t at = 0;
        roundtrip_name(&record.name);
        PROMISE(slice_is_inside(record.data, bytes, length));
        PROMISE(record.data_offset + record.data.length == walk.reader.position);
        PROMISE(record.type == DNS_OPT || record.ttl <= INT32_MAX);
        if (dns_record_name_parse(&walk.reader, &record, &at, &inner)) {
            PROMISE(at <= record.data.length && at > 0);
            promise_name_is_whole(&inner);
        }
        size_t mark = dns_record_begin(w, &record.name, record.type, record.class_, record.ttl);
        writer_bytes(&w->writer, record.data.bytes, record.data.length);
        dns_record_end(w, mark);
    }
    dns_header_patch(w, &walk.header);
    return !walk.reader.failed;
}

/* Two messages say the same, as far as the first can be read. */
static inline void promise_messages_are_equal(struct dns_walk *a, struct dns_walk *b) {
    struct dns_question question[2];
    struct dns_record record[2];
    while (dns_walk_question(a, &question[0])) {
        PROMISE(dns_walk_question(b, &question[1]));
        PROMISE(dns_name_is_equal(&question[0].name, &question[1].name));
        PROMISE(question[0].type == question[1].type && question[0].class_ == question[1].class_);
    }
    b->questions = 0;
    while (dns_walk_record(a, &record[0])) {
        PROMISE(dns_walk_record(b, &record[1]));
        PROMISE(dns_name_is_equal(&record[0].name, &record[1].name));
        PROMISE(record[0].type == record[1].type && record[0].class_ == record[1].class_);
        PROMISE(record[0].ttl == record[1].ttl);
        PROMISE(slices_are_equal(record[0].data, record[1].data));
    }
}

static inline bool roundtrip_dns(const uint8_t *bytes, size_t length) {
    size_t room = length * 32 + 1024; /* a record of 12 bytes may have a name of 255 */
    uint8_t *again = malloc(room);
    struct dns_writer w = dns_writer_make(again, room);
    bool is_good = dns_copy(bytes, length, &w);
    PROMISE(!w.writer.failed);
    struct dns_walk first, second;
    if (dns_walk_begin(&first, bytes, length)) {
        PROMISE(dns_walk_begin(&second, again, w.writer.position));
        PROMISE(memcmp(bytes, again, 2) == 0 && first.questions == second.questions);
        PROMISE(first.header.rcode == second.header.rcode && first.records == second.records);
        PROMISE(first.header.opcode == second.header.opcode);
        PROMISE(((bytes[2] ^ again[2]) | ((bytes[3] ^ again[3]) & ~0x40)) == 0);
        promise_messages_are_equal(&first, &second);
    }
    free(again);
    return is_good;
}

#endif
