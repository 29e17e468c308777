/*
 * walk_dns: any bytes as a DNS message, through every reader of it: header, questions, records,
 * data of each type, EDNS and its options, extended errors. What is accepted is written again, with
 * our own compression, and says the same once more. No memory is asked for: the fuzz target is to
 * run as often as it can. A promise broken aborts.
 */
#ifndef TESTS_WIRE_WALK_DNS_H
#define TESTS_WIRE_WALK_DNS_H

#include <stdlib.h>

#include "wire/dns_data.h"
#include "wire/dns_edns.h"

#ifndef PROMISE
#define PROMISE(claim) \
    do {               \
        if (!(claim))  \
            abort();   \
    } while (0)
#endif
#define WALK_ROOM 65536 /* for data, and for the message written again */

static uint8_t walk_data[2][WALK_ROOM], walk_written[WALK_ROOM];

static inline void walk_name_is_whole(const struct dns_name *name) {
    size_t at = 0;
    for (; at < name->length && name->bytes[at] != 0; at += name->bytes[at] + 1u)
        PROMISE(name->bytes[at] <= 63);
    PROMISE(name->length >= 1 && at + 1u == name->length);
}

/* Options fill their record, each lies in it. */
static inline void walk_options_examine(const struct dns_edns *edns) {
    struct dns_edns_option option;
    struct slice text;
    uint16_t code;
    size_t at = 0;
    while (dns_edns_option_next(edns, &at, &option)) {
        PROMISE(at <= edns->options.length && option.data.length <= edns->options.length);
        if (dns_edns_error_parse(&option, &code, &text))
            PROMISE(text.length + 2 <= option.data.length);
    }
}

/* An OPT record written again says the same, and what is put behind its options is found. */
static inline void walk_edns_again(const struct dns_edns *edns) {
    struct dns_writer w = dns_writer_make(walk_written, WALK_ROOM);
    struct dns_header header = {.additionals = 1};
    struct dns_edns again;
    struct dns_edns_option option;
    struct slice text;
    uint16_t code;
    dns_header_emit(&w, &header);
    size_t mark = dns_edns_begin(&w, edns);
    dns_edns_option_emit(&w, 65001, "x", 1);
    dns_edns_error_emit(&w, 24, "text");
    dns_record_end(&w, mark);
    dns_header_patch(&w, &header);
    if (w.writer.failed)
        return;
    struct reader r = reader_make(walk_written, w.writer.position);
    PROMISE(dns_header_parse(&r, &header));
    PROMISE(dns_edns_find(&r, &header, &again) == DNS_EDNS_FOUND);
    PROMISE(again.udp_bytes == edns->udp_bytes && again.wants_dnssec == edns->wants_dnssec);
    PROMISE(dns_edns_rcode(&header, &again) == (unsigned)edns->rcode_high << 4);
    PROMISE(dns_edns_option_find(&again, 65001, &option));
    PROMISE(dns_edns_option_find(&again, DNS_OPTION_ERROR, &option));
    if (dns_edns_error_parse(&option, &code, &text))
        PROMISE(!dns_error_name(code) || code <= 24);
}

static inline void walk_edns_examine(struct reader message, const struct dns_header *header) {
    struct dns_edns edns;
    if (dns_edns_find(&message, header, &edns) == DNS_EDNS_FOUND) {
        PROMISE(edns.udp_bytes >= DNS_UDP_BYTES);
        walk_options_examine(&edns);
        walk_edns_again(&edns);
    }
}

/* As text and back, and up to the root. */
static inline void walk_name_examine(const struct dns_name *name) {
    char text[DNS_NAME_TEXT];
    struct dns_name same, up = *name;
    unsigned parents = 0;
    walk_name_is_whole(name);
    (void)dns_name_format(name, text);
    PROMISE(dns_name_from_text(text, &same) && dns_name_is_equal(name, &same));
    for (; dns_name_parent(&up, &same); up = same, parents++)
        PROMISE(dns_name_is_within(name, &same) && !dns_name_is_within(&same, &up));
    PROMISE(parents == dns_name_labels(name) && up.length == 1);
}

/* Data made whole; how many bytes, −1: malformed. */
static inline long walk_data_read(const struct reader *message, const struct dns_record *record,
                                  uint8_t *into) {
    struct writer w = writer_make(into, WALK_ROOM);
    if (!dns_data_expand(message, record, &w))
        return -1;
    return (long)w.position;
}

static inline void walk_data_examine(uint16_t type, struct slice whole) {
    size_t at;
    PROMISE(dns_data_is_sound(type, whole));
    PROMISE(dns_data_is_equal(type, whole, whole));
    for (unsigned i = 0; dns_data_name_find(type, whole, i, &at); i++) {
        struct dns_name name = dns_data_name(whole.bytes + at);
        walk_name_is_whole(&name);
        PROMISE(at + name.length <= whole.length);
    }
}

/* Writes a record and reads it again from there. */
static inline void walk_record_again(struct dns_writer *w, const struct dns_record *record,
                                     struct slice whole) {
    struct dns_writer before = *w;
    struct dns_record again;
    size_t mark = dns_record_begin(w, &record->name, record->type, record->class_, record->ttl);
    dns_data_emit(w, record->type, whole);
    dns_record_end(w, mark);
    if (w->writer.failed) {
        *w = before;
        return;
    }
    struct reader r = reader_make(walk_written, w->writer.position);
    r.position = before.writer.position;
    PROMISE(dns_record_parse(&r, &again) && reader_rest(&r) == 0);
    PROMISE(dns_name_is_equal(&again.name, &record->name) && again.type == record->type);
    PROMISE(again.class_ == record->class_ && again.ttl == record->ttl);
    PROMISE(walk_data_read(&r, &again, walk_data[1]) == (long)whole.length);
    PROMISE(dns_data_is_equal(record->type, whole, (struct slice){walk_data[1], whole.length}));
}

static inline void walk_record_examine(struct dns_writer *w, const struct reader *message,
                                       const struct dns_record *record) {
    walk_name_is_whole(&record->name);
    PROMISE(record->data_offset + record->data.length == message->position);
    PROMISE(record->type == DNS_OPT || record->ttl <= INT32_MAX);
    long got = walk_data_read(message, record, walk_data[0]);
    if (got < 0)
        return;
    const struct slice whole = {walk_data[0], (size_t)got};
    walk_data_examine(record->type, whole);
    walk_record_again(w, record, whole);
}

/* True when all of it could be read. */
static inline bool walk_dns(const uint8_t *bytes, size_t length) {
    struct reader message = reader_make(bytes, length);
    struct dns_writer w = dns_writer_make(walk_written, WALK_ROOM);
    struct dns_header header;
    struct dns_question question;
    struct dns_record record;
    if (!dns_header_parse(&message, &header))
        return false;
    for (unsigned i = 0; i < header.questions; i++) {
        if (!dns_question_parse(&message, &question))
            return false;
        if (i == 0)
            walk_name_examine(&question.name);
    }
    walk_edns_examine(message, &header);
    struct reader sections = message;
    bool is_whole = dns_section_skip(&sections, header.answers) &&
                    dns_section_skip(&sections, header.authorities) &&
                    dns_section_skip(&sections, header.additionals);
    dns_header_emit(&w, &header);
    if (header.questions > 0)
        dns_question_emit(&w, &question);
    unsigned records = (unsigned)header.answers + header.authorities + header.additionals;
    for (unsigned i = 0; i < records && dns_record_parse(&message, &record); i++)
        walk_record_examine(&w, &message, &record);
    dns_header_patch(&w, &header);
    PROMISE(is_whole == !message.failed);
    return is_whole;
}

#endif
