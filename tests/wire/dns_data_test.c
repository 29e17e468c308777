/*
 * dns_data, dns_data_text: every type both ways: text and bytes, messages and whole data, with
 * samples, with every byte changed, cut everywhere, and with random data made by the layouts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "dns_samples.h"
#include "wire/dns_data_text.h"

#define ROOM 16384

/* Whole data of a sample; how many bytes. */
static size_t sample_read(const struct dns_sample *sample, uint8_t data[ROOM]) {
    struct dns_tokens tokens = dns_tokens_make(sample->text, strlen(sample->text));
    struct writer w = writer_make(data, ROOM);
    if (!dns_data_parse(sample->type, &tokens, NULL, &w))
        fail_msg("%s: %s, word %u", sample->text, tokens.fault.reason, tokens.fault.field);
    return w.position;
}

static void text_is(uint16_t type, const uint8_t *data, size_t length, const char *expected) {
    static char bytes[80 * ROOM];
    struct writer text = writer_make(bytes, sizeof(bytes) - 1);
    dns_data_format(type, (struct slice){data, length}, &text);
    assert_false(text.failed);
    bytes[text.position] = 0;
    assert_string_equal(bytes, expected);
}

/* [rfc3597#6] [rfc1123#25] */
static void sample_of_every_type_survives_both_ways(void **state) {
    (void)state;
    uint8_t data[ROOM];
    for (size_t i = 0; i < array_length(dns_samples); i++) {
        size_t length = sample_read(&dns_samples[i], data);
        assert_true(dns_data_is_sound(dns_samples[i].type, (struct slice){data, length}));
        text_is(dns_samples[i].type, data, length, dns_samples[i].text);
    }
}

/* No type of the table is left out of the samples, but those that no record has. [rfc1123#23] */
static void every_type_has_a_sample(void **state) {
    (void)state;
    for (unsigned type = 0; type <= UINT16_MAX; type++) {
        bool has_sample = !dns_type_name(type) || dns_type_is_meta(type);
        for (size_t i = 0; i < array_length(dns_samples); i++)
            has_sample = has_sample || dns_samples[i].type == type;
        if (!has_sample)
            fail_msg("%s", dns_type_name(type));
    }
}

/* [rfc3597#5] */
static void types_are_in_order_and_read_as_they_are_written(void **state) {
    (void)state;
    for (unsigned type = 0; type <= UINT16_MAX; type++) {
        char text[DNS_TYPE_TEXT];
        uint16_t again;
        size_t length = dns_type_format((uint16_t)type, text);
        assert_int_equal(length, strlen(text));
        assert_true(dns_type_from_name(text, &again));
        assert_int_equal(again, type);
        length = dns_class_format((uint16_t)type, text);
        assert_int_equal(length, strlen(text));
        assert_true(dns_class_from_slice((struct slice){(uint8_t *)text, strlen(text)}, &again));
        assert_int_equal(again, type);
    }
}

/* ---- messages ---- */

/* A message with one record, whose owner is what a name may point to; the data begin behind. */
static size_t message_make(uint8_t *bytes, uint16_t type, const uint8_t *data, size_t length,
                           struct dns_record *record) {
    struct dns_name owner;
    struct dns_writer w = dns_writer_make(bytes, 2 * ROOM);
    assert_true(dns_name_from_text("host.example", &owner));
    dns_header_emit(&w, &(struct dns_header){.answers = 1});
    size_t mark = dns_record_begin(&w, &owner, type, DNS_IN, 60);
    dns_data_emit(&w, type, (struct slice){data, length});
    dns_record_end(&w, mark);
    assert_false(w.writer.failed);
    struct reader r = reader_make(bytes, w.writer.position);
    reader_skip(&r, DNS_HEADER_BYTES);
    assert_true(dns_record_parse(&r, record));
    return w.writer.position;
}

/* [rfc3597#1] [rfc3597#3] [rfc1035#16] */
static void data_of_every_type_survive_a_message(void **state) {
    (void)state;
    static uint8_t bytes[2 * ROOM];
    uint8_t data[ROOM], again[ROOM];
    for (size_t i = 0; i < array_length(dns_samples); i++) {
        const uint16_t type = dns_samples[i].type;
        size_t length = sample_read(&dns_samples[i], data);
        struct dns_record record;
        struct reader message =
            reader_make(bytes, message_make(bytes, type, data, length, &record));
        struct writer w = writer_make(again, sizeof(again));
        assert_true(dns_data_expand(&message, &record, &w));
        assert_int_equal(w.position, length);
        assert_true(
            dns_data_is_equal(type, (struct slice){data, length}, (struct slice){again, length}));
        /* Names are compressed in the types of RFC 1035 alone. */
        if (dns_layout_of(type)->fields[0] != DNS_FIELD_NAME &&
            dns_layout_of(type)->fields[1] != DNS_FIELD_NAME)
            assert_memory_equal(record.data.bytes, data, length);
        /* One byte less of room. */
        w = writer_make(again, length == 0 ? 0 : length - 1);
        assert_int_equal(dns_data_expand(&message, &record, &w), length == 0);
    }
}

/* Data cut anywhere, or with a byte behind them, are refused or are other data of the type that
 * are sound [attack:I2]. [rfc1035#16] */
static void data_of_another_length_are_refused_or_sound(void **state) {
    (void)state;
    static uint8_t bytes[2 * ROOM];
    uint8_t data[ROOM], again[ROOM];
    for (size_t i = 0; i < array_length(dns_samples); i++) {
        const uint16_t type = dns_samples[i].type;
        size_t length = sample_read(&dns_samples[i], data);
        struct dns_record record;
        (void)message_make(bytes, type, data, length, &record);
        size_t whole = record.data.length;
        for (size_t cut = 0; cut <= whole; cut++) {
            /* Memory that ends with the data: a read beyond is a fault. */
            size_t end = record.data_offset + cut;
            uint8_t *copy = malloc(end);
            memcpy(copy, bytes, end);
            struct reader message = reader_make(copy, end);
            record.data = (struct slice){copy + record.data_offset, cut};
            struct writer w = writer_make(again, sizeof(again));
            if (dns_data_expand(&message, &record, &w))
                assert_true(dns_data_is_sound(type, (struct slice){again, w.position}));
            free(copy);
        }
        bytes[record.data_offset + whole] = 0;
        record.data = (struct slice){bytes + record.data_offset, whole + 1};
        struct reader message = reader_make(bytes, record.data_offset + whole + 1);
        struct writer w = writer_make(again, sizeof(again));
        if (dns_data_expand(&message, &record, &w))
            assert_true(dns_data_is_sound(type, (struct slice){again, w.position}));
    }
}

/* A pointer in a name of a younger type is refused; in one of RFC 3597's list it is followed.
 * [rfc3597#2] [rfc3597#4] */
static void pointers_are_followed_only_where_they_may_be(void **state) {
    (void)state;
    static const struct {
        uint16_t type;
        uint8_t before; /* bytes before the name */
        uint8_t behind; /* and behind it */
        bool is_read;   /* a pointer there is followed */
    } rows[] = {
        {DNS_NS, 0, 0, true},      {DNS_MD, 0, 0, true},     {DNS_MF, 0, 0, true},
        {DNS_CNAME, 0, 0, true},   {DNS_MB, 0, 0, true},     {DNS_MG, 0, 0, true},
        {DNS_MR, 0, 0, true},      {DNS_PTR, 0, 0, true},    {DNS_MX, 2, 0, true},
        {DNS_AFSDB, 2, 0, true},   {DNS_RT, 2, 0, true},     {DNS_SRV, 6, 0, true},
        {DNS_KX, 2, 0, true},      {DNS_DNAME, 0, 0, true},  {DNS_SIG, 18, 3, true},
        {DNS_RRSIG, 18, 3, false}, {DNS_NSEC, 0, 3, false},  {DNS_NSAP_PTR, 0, 0, false},
        {DNS_SVCB, 2, 0, false},   {DNS_HTTPS, 2, 0, false}, {DNS_LP, 2, 0, false},
    };
    uint8_t bytes[64] = {[12] = 1, 'a', 0}, whole[64];
    for (size_t i = 0; i < array_length(rows); i++) {
        size_t name = 15u + rows[i].before, end = name + 2u + rows[i].behind;
        memset(bytes + 15, 0, sizeof(bytes) - 15);
        store_be16(bytes + name, 0xc00c);
        if (rows[i].behind > 0)
            memcpy(bytes + name + 2, "\0\1\1", 3);
        struct dns_record record = {
            .type = rows[i].type, .data = {bytes + 15, end - 15}, .data_offset = 15};
        struct reader message = reader_make(bytes, sizeof(bytes));
        struct writer w = writer_make(whole, sizeof(whole));
        if (dns_data_expand(&message, &record, &w) != rows[i].is_read)
            fail_msg("%s", dns_type_name(rows[i].type));
        if (rows[i].is_read)
            assert_memory_equal(whole + rows[i].before, "\1a\0", 3);
        assert_false(dns_data_is_sound(rows[i].type, record.data));
    }
}

/* ---- random data ---- */

/* Random bytes of a field, sound by the layout. */
static void field_make(struct random *random, enum dns_field field, struct writer *w) {
    static const uint8_t fixed[] = {[DNS_FIELD_U8] = 1,          [DNS_FIELD_U16] = 2,
                                    [DNS_FIELD_U32] = 4,         [DNS_FIELD_PERIOD] = 4,
                                    [DNS_FIELD_TIME] = 4,        [DNS_FIELD_TYPE] = 2,
                                    [DNS_FIELD_ALGORITHM] = 1,   [DNS_FIELD_ALGORITHM_NAME] = 1,
                                    [DNS_FIELD_CERTIFICATE] = 2, [DNS_FIELD_IPV4] = 4,
                                    [DNS_FIELD_IPV6] = 16,       [DNS_FIELD_LOCATOR] = 8,
                                    [DNS_FIELD_EUI48] = 6,       [DNS_FIELD_EUI64] = 8};
    size_t count = field < array_length(fixed) ? fixed[field] : 0;
    if (field <= DNS_FIELD_NAME_PLAIN) {
        for (uint64_t labels = random_below(random, 4); labels > 0; labels--) {
            uint8_t length = (uint8_t)(1 + random_below(random, 63));
            writer_u8(w, length);
            for (; length > 0; length--)
                writer_u8(w, (uint8_t)random_next(random));
        }
        writer_u8(w, 0);
        return;
    }
    if (count == 0 && (field == DNS_FIELD_STRING || field == DNS_FIELD_TAG ||
                       field == DNS_FIELD_SALT || field == DNS_FIELD_HASH)) {
        count = 1 + random_below(random, 255);
        writer_u8(w, (uint8_t)count);
    } else if (count == 0) {
        /* The rest: anything; what is not sound is thrown away. */
        count = random_below(random, field == DNS_FIELD_BITMAP ? 6 : 20);
    }
    for (; count > 0; count--)
        writer_u8(
            w, (uint8_t)(random_below(random, 3) ? random_below(random, 4) : random_next(random)));
}

/* Random data of every type, as text and back, and through a message. */
static void random_data_of_every_type_survive_both_ways(void **state) {
    (void)state;
    static char bytes[80 * ROOM];
    static uint8_t message_bytes[2 * ROOM];
    struct random random = random_make(5);
    uint8_t data[ROOM], again[ROOM];
    unsigned sound = 0, sound_types = 0;
    for (size_t row = 0; row < array_length(dns_samples); row++) {
        const uint16_t type = dns_samples[row].type;
        unsigned before = sound;
        for (unsigned turn = 0; turn < 300; turn++) {
            struct writer w = writer_make(data, sizeof(data));
            for (const uint8_t *f = dns_layout_of(type)->fields; *f != DNS_FIELD_END; f++)
                field_make(&random, *f, &w);
            const struct slice whole = {data, w.position};
            if (!dns_data_is_sound(type, whole))
                continue;
            sound++;
            struct writer text = writer_make(bytes, sizeof(bytes));
            dns_data_format(type, whole, &text);
            assert_false(text.failed);
            struct dns_tokens tokens = dns_tokens_make(bytes, text.position);
            w = writer_make(again, sizeof(again));
            if (!dns_data_parse(type, &tokens, NULL, &w))
                fail_msg("%s: %.*s: %s", dns_type_name(type), (int)text.position, bytes,
                         tokens.fault.reason);
            assert_int_equal(w.position, whole.length);
            assert_memory_equal(again, data, whole.length);
            struct dns_record record;
            struct reader message = reader_make(
                message_bytes, message_make(message_bytes, type, data, whole.length, &record));
            w = writer_make(again, sizeof(again));
            assert_true(dns_data_expand(&message, &record, &w));
            assert_int_equal(w.position, whole.length);
            assert_true(dns_data_is_equal(type, whole, (struct slice){again, w.position}));
        }
        sound_types += sound > before;
    }
    assert_int_equal(sound_types, array_length(dns_samples));
}

/* ---- order ---- */

/* [rfc3597#7] */
static void names_are_compared_without_case_and_bytes_with_it(void **state) {
    (void)state;
    static const struct {
        uint16_t type;
        const char *a, *b;
        int order;
    } rows[] = {
        {DNS_MX, "10 MAIL.example.", "10 mail.EXAMPLE.", 0},
        {DNS_MX, "10 a.example.", "9 b.example.", 1},
        {DNS_SOA, "A. B. 1 2 3 4 5", "a. b. 1 2 3 4 5", 0},
        {DNS_SOA, "A. B. 1 2 3 4 5", "a. b. 1 2 3 4 6", -1},
        {DNS_TXT, "\"A\"", "\"a\"", -1},
        {DNS_TXT, "\"a\"", "\"a\" \"b\"", -1},
        {DNS_NS, "b.", "A.", 1},
        {DNS_SRV, "1 2 65 A.", "1 2 97 A.", -1},
        {DNS_SRV, "1 2 3 A.", "1 2 3 a.", 0},
        {999, "\\# 3 014100", "\\# 3 016100", -1},
    };
    for (size_t i = 0; i < array_length(rows); i++) {
        uint8_t a[ROOM], b[ROOM];
        const struct slice first = {a,
                                    sample_read(&(struct dns_sample){rows[i].type, rows[i].a}, a)};
        const struct slice second = {b,
                                     sample_read(&(struct dns_sample){rows[i].type, rows[i].b}, b)};
        int order = dns_data_compare(rows[i].type, first, second);
        assert_int_equal((order > 0) - (order < 0), rows[i].order);
        order = dns_data_compare(rows[i].type, second, first);
        assert_int_equal((order > 0) - (order < 0), -rows[i].order);
        assert_int_equal(dns_data_is_equal(rows[i].type, first, second), rows[i].order == 0);
    }
}

/* ---- faults ---- */

static void fault_names_word_and_place(void **state) {
    (void)state;
    static const struct {
        uint16_t type;
        const char *text;
        unsigned field, line, column;
        const char *reason;
    } rows[] = {
        {DNS_A, "192.0.2", 1, 1, 1, "expected an IPv4 address"},
        {DNS_A, "", 1, 1, 1, "expected an IPv4 address"},
        {DNS_A, "192.0.2.1 x", 2, 1, 11, "there is something behind the record's data"},
        {DNS_MX, "10", 1, 1, 3, "expected a name"},
        {DNS_MX, "70000 a", 1, 1, 1, "expected a number from 0 to 65535"},
        {DNS_SOA, "a b (\n1 2 ; two\n3 x 5 )", 6, 3, 3, "expected a time: seconds, or as 1h30m"},
        {DNS_TXT, "\"a", 1, 1, 1, "this quote has no end in its line"},
        {DNS_TXT, "(\n\"a\"", 1, 1, 1, "this parenthesis is not closed"},
        {DNS_TXT, "a )", 1, 1, 3, "no parenthesis is open here"},
        {DNS_DS, "1 8 1 0", 4, 1, 8, "expected an even number of hex digits"},
        {DNS_DNSKEY, "256 3 8 AQ=", 4, 1, 12, "expected base 64 with its padding"},
        {999, "192.0.2.1", 1, 1, 1,
         "expected \\#, a length and hex digits: data of this type have no other form"},
        {999, "\\# 2 00", 3, 1, 8, "expected as many bytes as the length says"},
        {DNS_A, "\\# 3 000000", 3, 1, 12, "these bytes are no data of this type"},
        {DNS_NSEC, "a. A BB", 3, 1, 6, "expected names of types"},
        {DNS_SVCB, "1 . port=x", 3, 1, 5, "expected a port from 0 to 65535"},
        {DNS_SVCB, "1 . port=1 port=2", 4, 1, 12, "this key stands here twice"},
        {DNS_LOC, "91 N 0 E 0m", 1, 1, 1,
         "expected a latitude: degrees, minutes, seconds, then N or S"},
    };
    for (size_t i = 0; i < array_length(rows); i++) {
        uint8_t data[ROOM];
        struct dns_tokens tokens = dns_tokens_make(rows[i].text, strlen(rows[i].text));
        struct writer w = writer_make(data, sizeof(data));
        assert_false(dns_data_parse(rows[i].type, &tokens, NULL, &w));
        if (!tokens.fault.reason || strcmp(tokens.fault.reason, rows[i].reason) != 0 ||
            tokens.fault.line != rows[i].line || tokens.fault.column != rows[i].column)
            fail_msg("%s: %s, word %u, line %u column %u", rows[i].text, tokens.fault.reason,
                     tokens.fault.field, tokens.fault.line, tokens.fault.column);
        if (tokens.open == 0 && rows[i].reason[0] == 'e')
            assert_int_equal(tokens.fault.field, rows[i].field);
    }
}

static const struct {
    uint16_t type;
    const char *text;
    const char *same; /* what it means; NULL: refused */
} forms[] = {
    {DNS_MX, "10 mail", "10 mail.example.org."},
    {DNS_MX, "10 @", "10 example.org."},
    {DNS_MX, "10 mail.", "10 mail."},
    {DNS_MX, "\\# 5 000A\n", NULL},
    {DNS_MX, "\\# ( 5 000A\n 01 6100 )", "10 a."},
    {DNS_MX, "\\# 6 000A01610000", NULL},
    {DNS_SOA, "@ me ( 1 1h30m 15M 1W2d 0 ) ; all of it",
     "example.org. me.example.org. 1 5400 900 777600 0"},
    {DNS_SOA, "@ me 1 1h30 1 1 1", NULL},
    {DNS_SOA, "@ me 1 h 1 1 1", NULL},
    {DNS_TXT, "a b", "\"a\" \"b\""},
    {DNS_TXT, "a=\"b\"", NULL},
    {DNS_TXT, "\"a;b\" ; not c", "\"a;b\""},
    {DNS_TXT, "a\\;b", "\"a;b\""},
    {DNS_WKS, "192.0.2.1 TCP 80 25", "192.0.2.1 6 25 80"},
    {DNS_WKS, "192.0.2.1 6 65536", NULL},
    {DNS_NSAP, "0x47.0005.80", "0x47000580"},
    {DNS_NSAP, "47000580", NULL},
    {DNS_NSAP, "0x4", NULL},
    {DNS_DS, "1 RSASHA256 2 aa bb cc", "1 8 2 AABBCC"},
    {DNS_DS, "1 8 2 \"aa\"", NULL},
    {DNS_DS, "1 8 2", NULL},
    {DNS_DNSKEY, "256 3 ed25519 AQ ID", "256 3 15 AQID"},
    {DNS_DNSKEY, "256 3 8 AR==", NULL},
    {DNS_DNSKEY, "256 3 8 AQ==AQ==", NULL},
    {DNS_DNSKEY, "256 3 8 A===", NULL},
    {DNS_RRSIG, "A 8 2 3600 1893456000 0 1 @ AQID",
     "A 8 2 3600 20300101000000 19700101000000 1 example.org. AQID"},
    {DNS_RRSIG, "A 8 2 3600 20230229000000 0 1 @ AQID", NULL},
    {DNS_RRSIG, "A 8 2 3600 20231301000000 0 1 @ AQID", NULL},
    {DNS_RRSIG, "A 8 2 3600 21060207062816 0 1 @ AQID", NULL},
    {DNS_NSEC, "a. NSEC A a TYPE1", "a. A NSEC"},
    {DNS_NSEC, "a.", NULL},
    {DNS_NSEC3, "1 0 0 - 0", NULL},
    {DNS_NSEC3, "1 0 0 - 01", NULL},
    {DNS_NSEC3, "1 0 0 abc 00", NULL},
    {DNS_NSEC3, "1 0 0 - 0o mx", "1 0 0 - 0O MX"},
    {DNS_NXT, "a. TYPE128", NULL},
    {DNS_LOC, "51 N 0 7 W 10", "51 0 0.000 N 0 7 0.000 W 10.00m 1m 10000m 10m"},
    {DNS_LOC, "51 30 12.7485 N 0 W 10", NULL},
    {DNS_LOC, "51 60 N 0 W 10", NULL},
    {DNS_LOC, "0 N 0 W -100000.01", NULL},
    {DNS_LOC, "0 N 0 W 0 95m 1 1", "0 0 0.000 N 0 0 0.000 E 0.00m 90m 1m 1m"},
    {DNS_APL, "1:192.0.2.0/33", NULL},
    {DNS_APL, "3:00/8", NULL},
    {DNS_EUI48, "00-00-5E-00-53-2A", "00-00-5e-00-53-2a"},
    {DNS_EUI48, "00:00:5e:00:53:2a", NULL},
    {DNS_NID, "1 0014:4fff:0:EE64", "1 14:4fff:0:ee64"},
    {DNS_NID, "1 1:2:3", NULL},
    {DNS_NID, "1 1::4", NULL},
    {DNS_NID, "1 1:2::4", NULL},
    {DNS_NID, "1 :1:2:3", NULL},
    {DNS_NID, "1 1:2:3:", NULL},
    {DNS_NID, "1 1:2:3:4:5", NULL},
    {DNS_NID, "1 1:2:3:45678", NULL},
    {DNS_SVCB, "1 . port=53 alpn=h2", "1 . alpn=\"h2\" port=53"},
    {DNS_SVCB, "1 . alpn=\"h2,\"", NULL},
    {DNS_SVCB, "1 . alpn=\"\"", NULL},
    {DNS_SVCB, "1 . alpn=h2\\,h3", "1 . alpn=\"h2\\\\,h3\""},
    {DNS_SVCB, "1 . mandatory=port,alpn alpn=h2 port=1",
     "1 . mandatory=alpn,port alpn=\"h2\" port=1"},
    {DNS_SVCB, "1 . mandatory=mandatory", NULL},
    {DNS_SVCB, "1 . key3=\"\\000\\065\"", NULL},
    {DNS_SVCB, "1 . key3=80", "1 . port=80"},
    {DNS_SVCB, "1 . key03=80", NULL},
    {DNS_SVCB, "1 . no-default-alpn=x", NULL},
    {DNS_SVCB, "1 . key7777=", "1 . key7777"},
    {DNS_CAA, "0 is-sue \"x\"", NULL},
    {DNS_CAA, "0 issue x", "0 issue \"x\""},
    {DNS_CERT, "pgp 0 0 AQ==", "PGP 0 0 AQ=="},
    {DNS_ISDN, "1 2 3", NULL},
};

static void other_forms_mean_the_same_or_are_refused(void **state) {
    (void)state;
    struct dns_name origin;
    assert_true(dns_name_from_text("example.org", &origin));
    for (size_t i = 0; i < array_length(forms); i++) {
        uint8_t data[ROOM];
        struct dns_tokens tokens = dns_tokens_make(forms[i].text, strlen(forms[i].text));
        struct writer w = writer_make(data, sizeof(data));
        bool is_good = dns_data_parse(forms[i].type, &tokens, &origin, &w);
        if (is_good != (forms[i].same != NULL))
            fail_msg("%s: %s", forms[i].text, is_good ? "taken" : tokens.fault.reason);
        if (is_good)
            text_is(forms[i].type, data, w.position, forms[i].same);
    }
}

/* Data that no text of the type's own form can be read as are shown as unknown. */
static void odd_data_are_shown_as_unknown(void **state) {
    (void)state;
    static const struct {
        uint16_t type;
        const char *text;
    } rows[] = {
        {DNS_CAA, "\\# 6 000469732D31"}, /* a tag with a dash */
        {DNS_LOC, "\\# 2 0100"},         /* of version 1 */
        {DNS_LOC, "\\# 16 00A21613800000008000000000989680"},
        {DNS_WKS, "\\# 6 C00002010600"}, /* zeroes at the end */
        {DNS_APL, "\\# 5 0003080100"},
        {DNS_NXT, "\\# 2 0080"},
        {DNS_SVCB, "\\# 8 0001000003000100"}, /* a port of one byte */
        {DNS_SVCB, "\\# 8 0001000001000100"}, /* an empty protocol */
        {DNS_SVCB, "\\# 9 000100000200010000"},
    };
    for (size_t i = 0; i < array_length(rows); i++) {
        uint8_t data[ROOM];
        struct dns_tokens tokens = dns_tokens_make(rows[i].text, strlen(rows[i].text));
        struct writer w = writer_make(data, sizeof(data));
        if (dns_data_parse(rows[i].type, &tokens, NULL, &w) &&
            dns_data_is_sound(rows[i].type, (struct slice){data, w.position}))
            text_is(rows[i].type, data, w.position, rows[i].text);
    }
}

/* Data whose bytes break a rule of their type, beside the same that keep it. */
static void data_that_break_a_rule_are_refused(void **state) {
    (void)state;
    static const struct {
        uint16_t type;
        const char *bytes; /* in hex */
        bool is_sound;
    } rows[] = {
        {DNS_SVCB, "0001 00 0003 0000 0004 0000", true},
        {DNS_SVCB, "0001 00 0003 0000 0003 0000", false}, /* a key twice */
        {DNS_SVCB, "0001 00 0004 0000 0003 0000", false}, /* not in order */
        {DNS_SVCB, "0001 00 0003 0001", false},
        {DNS_NSEC, "00 00 01 40 01 01 40", true},
        {DNS_NSEC, "00", false},
        {DNS_NSEC, "00 00 01 40 00 01 40", false}, /* a window twice */
        {DNS_NSEC, "00 01 01 40 00 01 40", false},
        {DNS_NSEC, "00 00 02 40 00", false}, /* a zero at the end */
        {DNS_NSEC, "00 00 00", false},
        {DNS_CSYNC, "00000001 0000", true},
        {DNS_NSEC3, "01 00 0000 00 01 ff", true},
        {DNS_NSEC3, "01 00 0000 00 00", false}, /* no hash */
        {DNS_CAA, "00 01 61", true},
        {DNS_CAA, "00 00 61", false}, /* no tag */
        {DNS_APL, "0001 20 04 c0000201", true},
        {DNS_APL, "0001 21 04 c0000201", false},
        {DNS_APL, "0001 18 04 c0000200", false},
        {DNS_APL, "0001 18 05 c000020101", false},
        {DNS_NXT, "00 7e", true},
        {DNS_NXT, "00 7e00", false},
        {DNS_LOC, "00 121613 80000000 80000000 00989680", true},
        {DNS_LOC, "00 121613 80000000 80000000 009896", false},
        {DNS_TXT, "", false},
        {DNS_DS, "0001 08 02", false},
        {DNS_A, "c0000201", true},
        {DNS_A, "c000020100", false},
        {999, "", true},
    };
    for (size_t i = 0; i < array_length(rows); i++) {
        char text[128];
        uint8_t data[64];
        size_t digits = 0;
        for (const char *c = rows[i].bytes; *c; c++)
            digits += *c != ' ';
        (void)snprintf(text, sizeof(text), "\\# %zu %s", digits / 2, rows[i].bytes);
        struct dns_tokens tokens = dns_tokens_make(text, strlen(text));
        struct writer w = writer_make(data, sizeof(data));
        if (dns_data_parse(rows[i].type, &tokens, NULL, &w) != rows[i].is_sound)
            fail_msg("%s %s: %s", dns_type_name(rows[i].type), text, tokens.fault.reason);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sample_of_every_type_survives_both_ways),
        cmocka_unit_test(every_type_has_a_sample),
        cmocka_unit_test(types_are_in_order_and_read_as_they_are_written),
        cmocka_unit_test(data_of_every_type_survive_a_message),
        cmocka_unit_test(data_of_another_length_are_refused_or_sound),
        cmocka_unit_test(pointers_are_followed_only_where_they_may_be),
        cmocka_unit_test(random_data_of_every_type_survive_both_ways),
        cmocka_unit_test(names_are_compared_without_case_and_bytes_with_it),
        cmocka_unit_test(fault_names_word_and_place),
        cmocka_unit_test(other_forms_mean_the_same_or_are_refused),
        cmocka_unit_test(odd_data_are_shown_as_unknown),
        cmocka_unit_test(data_that_break_a_rule_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
