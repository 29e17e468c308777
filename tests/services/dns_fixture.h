/*
 * dns_fixture: zones over memory that can fail, questions as bytes, and answers shown as text, one
 * line a record, so that a test reads like dig.
 */
#ifndef TESTS_DNS_FIXTURE_H
#define TESTS_DNS_FIXTURE_H

#include <stdio.h>

#include "../base/failing_allocator.h"

#include "services/dns_server.h"

#define ZONES_MOST 4

struct dns_fixture {
    struct failing_allocator memory; /* under the zones */
    struct allocator allocator;      /* over it */
    struct zone *zones;              /* what is tested */
};

static inline void dns_fixture_begin(struct dns_fixture *fixture) {
    *fixture = (struct dns_fixture){0};
    fixture->allocator.hook = failing_allocator_hook(&fixture->memory);
}

/* Adds a zone; the result of zone_create, *reason why. */
static inline int dns_fixture_add(struct dns_fixture *fixture, const struct dobos_dns_zone *given,
                                  size_t *bad, const char **reason) {
    static const struct hash_key key = {{1, 2}};
    struct zone *zone;
    int result = zone_create(&fixture->allocator, &key, given, NULL, bad, reason, &zone);
    if (result < 0)
        return result;
    zone->next = fixture->zones;
    fixture->zones = zone;
    return 0;
}

static inline void dns_fixture_end(struct dns_fixture *fixture) {
    while (fixture->zones) {
        struct zone *zone = fixture->zones;
        fixture->zones = zone->next;
        zone_destroy(&fixture->allocator, zone);
    }
    assert_int_equal(fixture->memory.live, 0);
}

/* ---- questions ---- */

struct dns_query {
    struct dns_header header;     /* id 0x1234, one question, RD */
    struct dns_question question; /* class IN */
    uint8_t bytes[600];           /* as sent */
    size_t length;                /* of them */
};

static inline void dns_query_emit(struct dns_query *query) {
    struct dns_writer w = dns_writer_make(query->bytes, sizeof(query->bytes));
    dns_header_emit(&w, &query->header);
    dns_question_emit(&w, &query->question);
    assert_false(w.writer.failed);
    query->length = w.writer.position;
}

static inline struct dns_query dns_query_make(const char *name, const char *type) {
    struct dns_query query = {.header = {.id = 0x1234, .questions = 1, .recursion_desired = true},
                              .question = {.class_ = DNS_IN}};
    assert_true(dns_name_from_text(name, &query.question.name));
    assert_true(dns_type_from_name(type, &query.question.type));
    dns_query_emit(&query);
    return query;
}

/* A query for an address as TCP has it: its length, then itself. */
static inline size_t dns_query_frame(uint8_t *to, const char *name, uint16_t id) {
    struct dns_query query = dns_query_make(name, "A");
    store_be16(query.bytes, id);
    store_be16(to, (uint16_t)query.length);
    memcpy(to + 2, query.bytes, query.length);
    return query.length + 2;
}

/* Appends an OPT record. */
static inline void dns_query_edns(struct dns_query *query, uint16_t room, uint32_t flags) {
    struct dns_writer w = dns_writer_make(query->bytes, sizeof(query->bytes));
    struct dns_name root = {.length = 1};
    query->header.additionals++;
    dns_header_emit(&w, &query->header);
    w.writer.position = query->length;
    dns_record_end(&w, dns_record_begin(&w, &root, DNS_OPT, room, flags));
    query->length = w.writer.position;
}

/* ---- answers ---- */

/* The data of a record as text. */
static inline void dns_data_show(const struct reader *message, const struct dns_record *record,
                                 char *text, size_t room) {
    struct dns_name name;
    char shown[DNS_NAME_TEXT];
    size_t at = 0;
    const uint8_t *data = record->data.bytes;
    text[0] = 0;
    switch (record->type) {
    case DNS_A:
        assert_int_equal(record->data.length, 4);
        (void)snprintf(text, room, "%u.%u.%u.%u", data[0], data[1], data[2], data[3]);
        return;
    case DNS_MX:
        (void)snprintf(text, room, "%u ", load_be16(data));
        at = 2;
        break;
    case DNS_TXT:
    case DNS_DS:
        (void)snprintf(text, room, "%zu bytes", record->data.length);
        return;
    case DNS_AAAA:
        assert_int_equal(record->data.length, 16);
        (void)snprintf(text, room, "%x...%x", load_be16(data), load_be16(data + 14));
        return;
    default:
        break;
    }
    for (unsigned names = record->type == DNS_SOA ? 2 : 1; names > 0; names--) {
        assert_true(dns_record_name_parse(message, record, &at, &name));
        dns_name_format(&name, shown);
        size_t used = strlen(text);
        (void)snprintf(text + used, room - used, "%s%s", shown, names == 2 ? " " : "");
    }
    if (record->type == DNS_SOA) {
        size_t used = strlen(text);
        assert_int_equal(record->data.length - at, 20);
        (void)snprintf(text + used, room - used, " %u", load_be32(data + at + 16));
    } else {
        assert_int_equal(at, record->data.length);
    }
}

/* "NOERROR aa\nanswer www.example.org 60 A 192.0.2.1\n…"; the whole message must be read to its
 * last byte. */
static inline const char *dns_show(const uint8_t *bytes, size_t length) {
    static char text[65536];
    static const char sections[][11] = {"answer", "authority", "additional"};
    struct reader message = reader_make(bytes, length);
    struct dns_header header;
    struct dns_question question;
    assert_true(dns_header_parse(&message, &header));
    size_t used = (size_t)snprintf(text, sizeof(text), "%s%s%s%s\n", dns_rcode_name(header.rcode),
                                   header.authoritative ? " aa" : "", header.truncated ? " tc" : "",
                                   header.recursion_available ? " ra" : "");
    assert_true(header.response);
    for (unsigned i = 0; i < header.questions; i++)
        assert_true(dns_question_parse(&message, &question));
    unsigned counts[] = {header.answers, header.authorities, header.additionals};
    for (unsigned section = 0; section < 3; section++) {
        for (unsigned i = 0; i < counts[section]; i++) {
            struct dns_record record;
            char owner[DNS_NAME_TEXT], data[2 * DNS_NAME_TEXT + 32];
            assert_true(dns_record_parse(&message, &record));
            if (record.type == DNS_OPT) {
                used += (size_t)snprintf(text + used, sizeof(text) - used, "opt %u %08x",
                                         record.class_, record.ttl);
                /* An extended error (RFC 8914 §2). */
                if (record.data.length == 6 && load_be32(record.data.bytes) == 0x000f0002)
                    used += (size_t)snprintf(text + used, sizeof(text) - used, " error %u",
                                             load_be16(record.data.bytes + 4));
                used += (size_t)snprintf(text + used, sizeof(text) - used, "\n");
                continue;
            }
            dns_name_format(&record.name, owner);
            dns_data_show(&message, &record, data, sizeof(data));
            used += (size_t)snprintf(text + used, sizeof(text) - used, "%s %s %u %s %s\n",
                                     sections[section], owner, record.ttl,
                                     dns_type_name(record.type), data);
        }
    }
    assert_int_equal(message.position, length);
    return text;
}

#endif
