/*
 * dns_reply: answers as a server might write them, right or wrong, for who has to read them.
 */
#ifndef TESTS_DNS_REPLY_H
#define TESTS_DNS_REPLY_H

#include "services/dns_zone.h"

enum reply_section {
    REPLY_END, /* of the records */
    REPLY_ANSWER,
    REPLY_AUTHORITY,
    REPLY_ADDITIONAL
};

struct reply_record {
    enum reply_section section;     /* in their order */
    const char *name, *type, *data; /* as in a zone file */
    int32_t ttl;                    /* seconds; 0: 60; −1: 0 */
};

#define REPLY_RECORDS 24

struct reply_text {
    struct dns_header header;                   /* counts are filled in */
    const char *name;                           /* of the question; NULL: none */
    uint16_t type;                              /* of the question; 0: A */
    uint16_t class_;                            /* of the question; 0: IN */
    struct reply_record records[REPLY_RECORDS]; /* up to REPLY_END */
};

static inline void reply_record_emit(struct dns_writer *w, const struct reply_record *record) {
    struct dns_name name;
    uint16_t type;
    uint8_t data[1024];
    const char *reason;
    assert_true(dns_name_from_text(record->name, &name));
    assert_true(dns_type_from_name(record->type, &type));
    size_t length = dns_data_from_text(type, record->data, data, sizeof(data), &reason);
    if (reason)
        fail_msg("%s: %s", record->data, reason);
    uint32_t ttl = record->ttl == 0 ? 60 : record->ttl < 0 ? 0 : (uint32_t)record->ttl;
    size_t mark = dns_record_begin(w, &name, type, DNS_IN, ttl);
    if (type == DNS_CNAME) { /* compressed, as servers do */
        struct reader reader = reader_make(data, length);
        assert_true(dns_name_parse(&reader, &name));
        dns_name_emit(w, &name);
    } else {
        writer_bytes(&w->writer, data, length);
    }
    dns_record_end(w, mark);
}

/* The message; its length. */
static inline size_t reply_emit(const struct reply_text *text, uint8_t *bytes, size_t room) {
    struct dns_writer w = dns_writer_make(bytes, room);
    struct dns_header header = text->header;
    struct dns_question question = {.type = text->type ? text->type : DNS_A,
                                    .class_ = text->class_ ? text->class_ : DNS_IN};
    dns_header_emit(&w, &header);
    header.questions = text->name != NULL;
    if (text->name) {
        assert_true(dns_name_from_text(text->name, &question.name));
        dns_question_emit(&w, &question);
    }
    for (const struct reply_record *record = text->records; record->section; record++) {
        reply_record_emit(&w, record);
        header.answers = (uint16_t)(header.answers + (record->section == REPLY_ANSWER));
        header.authorities = (uint16_t)(header.authorities + (record->section == REPLY_AUTHORITY));
        header.additionals = (uint16_t)(header.additionals + (record->section == REPLY_ADDITIONAL));
    }
    dns_header_patch(&w, &header);
    assert_false(w.writer.failed);
    return w.writer.position;
}

#endif
