/* The stub resolver's engine: the question it asks, and what each answer means to it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "dns_reply.h"
#include "services/stub_answer.h"

#define ID 0x4711

static enum answer_kind read_bytes(const uint8_t *bytes, size_t length,
                                   struct stub_answer *result) {
    struct dns_name name;
    uint8_t *copy = malloc(length);
    memcpy(copy, bytes, length);
    assert_true(dns_name_from_text("www.example.org", &name));
    *result = (struct stub_answer){.count = 3};
    enum answer_kind kind = stub_answer_parse(copy, length, &name, DNS_A, ID, result);
    free(copy);
    assert_int_equal(kind == ANSWER_FOUND, result->count > 0);
    assert_true(result->count <= STUB_ADDRESSES);
    return kind;
}

static enum answer_kind read_reply(const struct reply_text *text, struct stub_answer *result) {
    uint8_t bytes[2048];
    return read_bytes(bytes, reply_emit(text, bytes, sizeof(bytes)), result);
}

/* [rfc1034#10]: RD is set, and nothing else. */
static void query_asks_for_recursion(void **state) {
    (void)state;
    static const uint8_t expected[] = {0x47, 0x11, 1, 0,   0,   1,   0, 0, 0, 0, 0, 0,
                                       1,    'a',  3, 'O', 'r', 'g', 0, 0, 1, 0, 1};
    uint8_t query[DNS_INQUIRY_BYTES];
    struct dns_name name;
    assert_true(dns_name_from_text("a.Org", &name));
    struct dns_inquiry inquiry = stub_inquiry(&name, DNS_A, ID);
    assert_int_equal(dns_inquiry_emit(&inquiry, query), sizeof(expected));
    assert_memory_equal(query, expected, sizeof(expected));
}

static void longest_name_fits_the_query(void **state) {
    (void)state;
    uint8_t query[DNS_INQUIRY_BYTES];
    struct dns_name name = {.length = 255};
    for (unsigned at = 0; at < 254; at += 2) {
        name.bytes[at] = 1;
        name.bytes[at + 1] = 'a';
    }
    struct dns_inquiry inquiry = stub_inquiry(&name, DNS_A, ID);
    assert_int_equal(dns_inquiry_emit(&inquiry, query), 12 + 255 + 4);
    inquiry.edns_bytes = 1232;
    assert_int_equal(dns_inquiry_emit(&inquiry, query), DNS_INQUIRY_BYTES);
}

#define RESPONSE .id = ID, .response = true
#define WWW      "www.example.org"

static const struct {
    enum answer_kind kind;
    const char *canonical; /* of ANSWER_FOUND */
    uint32_t first;        /* its first address */
    unsigned count;        /* of addresses */
    struct reply_text text;
} rows[] = {
    /* found */
    {ANSWER_FOUND,
     WWW,
     0xc0000201,
     1,
     {{RESPONSE}, WWW, 0, 0, {{REPLY_ANSWER, WWW, "A", "192.0.2.1", 0}}}},
    {ANSWER_FOUND,
     WWW,
     0xc0000202,
     2,
     {{RESPONSE, .authoritative = true},
      "wWw.eXample.org",
      0,
      0,
      {{REPLY_ANSWER, "WWW.example.ORG", "A", "192.0.2.2", 0},
       {REPLY_ANSWER, WWW, "A", "192.0.2.1", 0}}}},
    {ANSWER_FOUND,
     "c.test",
     0xc0000203,
     1,
     {{RESPONSE},
      WWW,
      0,
      0,
      {{REPLY_ANSWER, "c.test", "A", "192.0.2.3", 0},
       {REPLY_ANSWER, "b.test", "CNAME", "c.test", 0},
       {REPLY_ANSWER, WWW, "CNAME", "b.test", 0}}}},
    {ANSWER_FOUND,
     WWW,
     0xc0000205,
     1,
     {{RESPONSE},
      WWW,
      0,
      0,
      {{REPLY_ANSWER, WWW, "A", "192.0.2.5", 0}, {REPLY_ANSWER, WWW, "CNAME", "b.test", 0}}}},
    /* only what belongs to the name counts, and only in the answer section */
    {ANSWER_FOUND,
     WWW,
     0xc0000204,
     1,
     {{RESPONSE},
      WWW,
      0,
      0,
      {{REPLY_ANSWER, "other.test", "A", "192.0.2.66", 0},
       {REPLY_ANSWER, WWW, "TXT", "x", 0},
       {REPLY_ANSWER, WWW, "A", "192.0.2.4", 0},
       {REPLY_ADDITIONAL, WWW, "A", "192.0.2.66", 0}}}},
    {ANSWER_NO_DATA,
     NULL,
     0,
     0,
     {{RESPONSE},
      WWW,
      0,
      0,
      {{REPLY_AUTHORITY, "example.org", "SOA", "a b 1 2 3 4 5", 0},
       {REPLY_ADDITIONAL, WWW, "A", "192.0.2.66", 0}}}},
    {ANSWER_NO_DATA,
     NULL,
     0,
     0,
     {{RESPONSE, .recursion_available = true},
      WWW,
      0,
      0,
      {{REPLY_ANSWER, WWW, "CNAME", "b.test", 0}, {REPLY_ANSWER, WWW, "A", "192.0.2.66", 0}}}},
    /* absent */
    {ANSWER_NO_NAME, NULL, 0, 0, {{RESPONSE, .rcode = DNS_NXDOMAIN}, WWW, 0, 0, {{0}}}},
    {ANSWER_NO_NAME,
     NULL,
     0,
     0,
     {{RESPONSE, .rcode = DNS_NXDOMAIN}, WWW, 0, 0, {{REPLY_ANSWER, WWW, "CNAME", "b.test", 0}}}},
    {ANSWER_NO_NAME,
     NULL,
     0,
     0,
     {{RESPONSE, .rcode = DNS_NXDOMAIN}, WWW, 0, 0, {{REPLY_ANSWER, WWW, "A", "192.0.2.66", 0}}}},
    {ANSWER_NO_DATA, NULL, 0, 0, {{RESPONSE}, WWW, 0, 0, {{0}}}},
    /* failed */
    {ANSWER_FAILED, NULL, 0, 0, {{RESPONSE, .rcode = DNS_SERVFAIL}, WWW, 0, 0, {{0}}}},
    {ANSWER_FAILED, NULL, 0, 0, {{RESPONSE, .rcode = DNS_REFUSED}, WWW, 0, 0, {{0}}}},
    {ANSWER_FAILED, NULL, 0, 0, {{RESPONSE, .rcode = DNS_FORMERR}, NULL, 0, 0, {{0}}}},
    {ANSWER_FAILED,
     NULL,
     0,
     0,
     {{RESPONSE}, WWW, 0, 0, {{REPLY_AUTHORITY, "org", "NS", "a.test", 0}}}},
    {ANSWER_FAILED, NULL, 0, 0, {{RESPONSE}, WWW, 0, 0, {{REPLY_ANSWER, WWW, "CNAME", WWW, 0}}}},
    {ANSWER_FAILED,
     NULL,
     0,
     0,
     {{RESPONSE},
      WWW,
      0,
      0,
      {{REPLY_ANSWER, WWW, "CNAME", "b.test", 0}, {REPLY_ANSWER, "b.test", "CNAME", WWW, 0}}}},
    {ANSWER_TRUNCATED,
     NULL,
     0,
     0,
     {{RESPONSE, .truncated = true}, WWW, 0, 0, {{REPLY_ANSWER, WWW, "A", "192.0.2.1", 0}}}},
    /* not an answer to this question */
    {ANSWER_IGNORED,
     NULL,
     0,
     0,
     {{.id = ID + 1, .response = true}, WWW, 0, 0, {{REPLY_ANSWER, WWW, "A", "192.0.2.66", 0}}}},
    {ANSWER_IGNORED,
     NULL,
     0,
     0,
     {{.id = ID}, WWW, 0, 0, {{REPLY_ANSWER, WWW, "A", "192.0.2.66", 0}}}},
    {ANSWER_IGNORED,
     NULL,
     0,
     0,
     {{RESPONSE, .opcode = 4}, WWW, 0, 0, {{REPLY_ANSWER, WWW, "A", "192.0.2.66", 0}}}},
    {ANSWER_IGNORED,
     NULL,
     0,
     0,
     {{RESPONSE}, "www.example.com", 0, 0, {{REPLY_ANSWER, WWW, "A", "192.0.2.66", 0}}}},
    {ANSWER_IGNORED,
     NULL,
     0,
     0,
     {{RESPONSE}, WWW, DNS_AAAA, 0, {{REPLY_ANSWER, WWW, "A", "192.0.2.66", 0}}}},
    {ANSWER_IGNORED,
     NULL,
     0,
     0,
     {{RESPONSE}, WWW, 0, 3, {{REPLY_ANSWER, WWW, "A", "192.0.2.66", 0}}}},
    {ANSWER_IGNORED,
     NULL,
     0,
     0,
     {{RESPONSE}, NULL, 0, 0, {{REPLY_ANSWER, WWW, "A", "192.0.2.66", 0}}}},
    {ANSWER_IGNORED,
     NULL,
     0,
     0,
     {{RESPONSE, .truncated = true, .rcode = DNS_SERVFAIL}, "a.test", 0, 0, {{0}}}},
};

/* [rfc1034#10] [rfc1035#11] [attack:I6] [rfc1034#31] [rfc2308#14] */
static void answer_means_what_it_says_of_the_question(void **state) {
    (void)state;
    for (size_t i = 0; i < array_length(rows); i++) {
        struct stub_answer result;
        enum answer_kind kind = read_reply(&rows[i].text, &result);
        if (kind != rows[i].kind)
            fail_msg("row %zu: %d, not %d", i, (int)kind, (int)rows[i].kind);
        if (kind != ANSWER_FOUND)
            continue;
        assert_int_equal(result.count, rows[i].count);
        assert_int_equal(dobos_address_ipv4_number(&result.addresses[0]), rows[i].first);
        char canonical[DNS_NAME_TEXT];
        (void)dns_name_format(&result.owner, canonical);
        assert_string_equal(canonical, rows[i].canonical);
        assert_int_equal(result.authoritative, rows[i].text.header.authoritative);
    }
}

/* A chain of `links` aliases, the first at WWW. */
static enum answer_kind read_chain(unsigned links) {
    static char names[REPLY_RECORDS + 1][16];
    struct reply_text text = {{RESPONSE}, WWW, 0, 0, {{0}}};
    struct stub_answer result;
    for (unsigned i = 0; i <= links; i++)
        (void)snprintf(names[i], sizeof(names[i]), "l%u.test", i);
    for (unsigned i = 0; i < links; i++)
        text.records[i] =
            (struct reply_record){REPLY_ANSWER, i ? names[i] : WWW, "CNAME", names[i + 1], 0};
    text.records[links] = (struct reply_record){REPLY_ANSWER, names[links], "A", "192.0.2.1", 0};
    return read_reply(&text, &result);
}

/* [rfc1034#31] */
static void alias_chain_is_followed_to_its_bound(void **state) {
    (void)state;
    assert_int_equal(read_chain(1), ANSWER_FOUND);
    assert_int_equal(read_chain(16), ANSWER_FOUND);
    assert_int_equal(read_chain(17), ANSWER_FAILED);
}

static void addresses_beyond_the_room_are_left_out(void **state) {
    (void)state;
    static char data[REPLY_RECORDS][16];
    struct reply_text text = {{RESPONSE}, WWW, 0, 0, {{0}}};
    struct stub_answer result;
    for (unsigned i = 0; i + 1 < REPLY_RECORDS; i++) {
        (void)snprintf(data[i], sizeof(data[i]), "10.0.0.%u", i);
        text.records[i] = (struct reply_record){REPLY_ANSWER, WWW, "A", data[i], 0};
    }
    assert_int_equal(read_reply(&text, &result), ANSWER_FOUND);
    assert_int_equal(result.count, STUB_ADDRESSES);
    assert_int_equal(dobos_address_ipv4_number(&result.addresses[15]), 0x0a00000f);
}

/* One alias and one address; where the alias's data begins is returned. */
static size_t golden(uint8_t bytes[512], size_t *length) {
    static const struct reply_text text = {
        {RESPONSE, .authoritative = true, .recursion_desired = true},
        WWW,
        0,
        0,
        {{REPLY_ANSWER, WWW, "CNAME", "w.example.org", 0},
         {REPLY_ANSWER, "w.example.org", "A", "192.0.2.1", 0},
         {REPLY_AUTHORITY, "example.org", "NS", "ns.example.org", 0}}};
    *length = reply_emit(&text, bytes, 512);
    return 12 + 17 + 4 + 2 + 10;
}

/* An alias's data must be one name, ending where the data end; RDLENGTH of 0 and 1 too
 * [attack:I2] [attack:I3]. */
static void alias_data_that_is_no_name_fails(void **state) {
    (void)state;
    uint8_t bytes[512];
    size_t length, data = golden(bytes, &length);
    struct stub_answer result;
    assert_int_equal(load_be16(bytes + data - 2), 4); /* 1 w, pointer */
    assert_int_equal(read_bytes(bytes, length, &result), ANSWER_FOUND);
    for (unsigned lie = 0; lie < 64; lie++) {
        store_be16(bytes + data - 2, (uint16_t)lie);
        assert_int_equal(read_bytes(bytes, length, &result),
                         lie == 4 ? ANSWER_FOUND : ANSWER_FAILED);
    }
    store_be16(bytes + data - 2, 0xffff);
    assert_int_equal(read_bytes(bytes, length, &result), ANSWER_FAILED);
    /* An address of other than four bytes. */
    (void)golden(bytes, &length);
    size_t address = data + 4 + 2 + 10;
    assert_int_equal(load_be16(bytes + address - 2), 4);
    store_be16(bytes + address - 2, 3);
    assert_int_equal(read_bytes(bytes, length, &result), ANSWER_FAILED);
}

/* A pointer at each place to each place [attack:I1] [attack:I3]. */
static void pointer_anywhere_ends(void **state) {
    (void)state;
    uint8_t bytes[512], copy[512];
    size_t length;
    struct stub_answer result;
    (void)golden(bytes, &length);
    for (size_t at = 12; at + 1 < length; at++) {
        for (size_t target = 0; target < length + 2; target++) {
            memcpy(copy, bytes, length);
            store_be16(copy + at, (uint16_t)(0xc000 | target));
            (void)read_bytes(copy, length, &result);
        }
    }
}

/* [attack:I2] [attack:I27] */
static void answer_cut_or_changed_anywhere_is_read_soundly(void **state) {
    (void)state;
    uint8_t bytes[512];
    size_t length;
    struct stub_answer result;
    (void)golden(bytes, &length);
    for (size_t cut = 0; cut < length; cut++) {
        enum answer_kind kind = read_bytes(bytes, cut, &result);
        assert_true(kind != ANSWER_NO_NAME && kind != ANSWER_TRUNCATED);
        assert_true(cut >= 33 || kind == ANSWER_IGNORED);
    }
    for (size_t at = 0; at < length; at++) {
        for (unsigned change = 1; change < 256; change++) {
            bytes[at] ^= (uint8_t)change;
            enum answer_kind kind = read_bytes(bytes, length, &result);
            if (at < 2 || (at >= 12 && at < 33 && ((change & ~0x20u) || at >= 29)))
                assert_int_equal(kind, ANSWER_IGNORED);
            bytes[at] ^= (uint8_t)change;
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(query_asks_for_recursion),
        cmocka_unit_test(longest_name_fits_the_query),
        cmocka_unit_test(answer_means_what_it_says_of_the_question),
        cmocka_unit_test(alias_chain_is_followed_to_its_bound),
        cmocka_unit_test(addresses_beyond_the_room_are_left_out),
        cmocka_unit_test(alias_data_that_is_no_name_fails),
        cmocka_unit_test(pointer_anywhere_ends),
        cmocka_unit_test(answer_cut_or_changed_anywhere_is_read_soundly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
