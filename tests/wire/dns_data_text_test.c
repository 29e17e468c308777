/* Zone data from text: what is read, byte for byte, and what is refused. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "wire/dns_data_text.h"

#define BYTES(text) text, sizeof(text) - 1

static const struct {
    uint16_t type;
    const char *text;
    const char *data; /* expected */
    size_t length;
} good[] = {
    {DNS_A, "192.0.2.1", BYTES("\xc0\x00\x02\x01")},
    {DNS_A, " \t192.0.2.1 ", BYTES("\xc0\x00\x02\x01")},
    {DNS_NS, "ns.example.", BYTES("\2ns\7example\0")},
    {DNS_CNAME, "A\\.b.C", BYTES("\3A.b\1C\0")},
    {DNS_PTR, ".", BYTES("\0")},
    {DNS_PTR, "a\\ b.c", BYTES("\3a b\1c\0")},
    {DNS_PTR, "\\255\\000.c", BYTES("\2\xff\0\1c\0")},
    {DNS_MX, "10 mail.example", BYTES("\0\12\4mail\7example\0")},
    {DNS_MX, "65535 .", BYTES("\xff\xff\0")},
    {DNS_SOA, "ns. me. 1 2 3 4 4294967295",
     BYTES("\2ns\0\2me\0\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\xff\xff\xff\xff")},
    {DNS_TXT, "word", BYTES("\4word")},
    {DNS_TXT, "\"\"", BYTES("\0")},
    {DNS_TXT, "two \"of them\"", BYTES("\3two\7of them")},
    {DNS_TXT, "\"say \\\"hi\\\" \\\\\\065\\000\"", BYTES("\14say \"hi\" \\A\0")},
    {DNS_TXT, "a\\ b", BYTES("\3a b")},
    {DNS_AAAA, "::", BYTES("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0")},
    {DNS_AAAA, "2001:db8::1", BYTES("\x20\x01\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1")},
    {DNS_AAAA, "::ffff:192.0.2.1", BYTES("\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\2\1")},
    {DNS_AAAA, "1:2:3:4:5:6:7::", BYTES("\0\1\0\2\0\3\0\4\0\5\0\6\0\7\0\0")},
    {DNS_AAAA, "Fe80::A:b", BYTES("\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\xa\0\xb")},
};

/* [rfc1035#30] */
static void good_text_becomes_its_bytes(void **state) {
    (void)state;
    for (size_t i = 0; i < array_length(good); i++) {
        uint8_t data[512];
        const char *reason = "not set";
        size_t length = dns_data_from_text(good[i].type, good[i].text, data, sizeof(data), &reason);
        if (reason)
            fail_msg("%s: %s", good[i].text, reason);
        assert_int_equal(length, good[i].length);
        assert_memory_equal(data, good[i].data, length);
        /* One byte less of room is too little. */
        dns_data_from_text(good[i].type, good[i].text, data, length - 1, &reason);
        assert_non_null(reason);
    }
}

static const struct {
    uint16_t type;
    const char *text;
} bad[] = {
    {DNS_A, ""},
    {DNS_A, "192.0.2"},
    {DNS_A, "192.0.2.256"},
    {DNS_A, "192.0.2.1 x"},
    {DNS_A, "2001:db8::1"},
    {DNS_A, "\"192.0.2.1\""},
    {DNS_NS, ""},
    {DNS_NS, "a..b"},
    {DNS_NS, "a b"},
    {DNS_NS, "\\256"},
    {DNS_NS, "a\\"},
    {DNS_NS, "\"a\""},
    {DNS_MX, "mail.example"},
    {DNS_MX, "65536 a"},
    {DNS_MX, "-1 a"},
    {DNS_MX, "10"},
    {DNS_MX, "\"\" a"},
    {DNS_MX, "99999999999 a"},
    {DNS_MX, "999999999999 a"},
    {DNS_SOA, "a"},
    {DNS_SOA, "a b 1 2 3 4"},
    {DNS_SOA, "a b 1 2 3 4 4294967296"},
    {DNS_SOA, "a b 1 2 3 4 5 6"},
    {DNS_SOA, "a b 1 2 3 4 1y"},
    {DNS_TXT, ""},
    {DNS_TXT, "\"open"},
    {DNS_TXT, "\"a\"b"},
    {DNS_TXT, "a\"b\""},
    {DNS_TXT, "\\256"},
    {DNS_TXT, "\\25"},
    {DNS_TXT, "a\\"},
    {DNS_TXT, "\"a\\\""},
    {DNS_AAAA, ""},
    {DNS_AAAA, ":"},
    {DNS_AAAA, ":1"},
    {DNS_AAAA, ":::"},
    {DNS_AAAA, "1:2:3:4:5:6:7"},
    {DNS_AAAA, "1:2:3:4:5:6:7:8:9"},
    {DNS_AAAA, "1:2:3:4:5:6:7:8::"},
    {DNS_AAAA, "1::2::3"},
    {DNS_AAAA, "12345::"},
    {DNS_AAAA, "::g"},
    {DNS_AAAA, "1:2:3:4:5:6:7:1.2.3.4"},
    {DNS_AAAA, "::1.2.3.4:1"},
    {DNS_AAAA, "1.2.3.4"},
    {DNS_AAAA, "::1 x"},
    {DNS_SRV, "0 0 65536 a"},
    {0, "x"},
};

static void bad_text_is_refused_with_a_reason(void **state) {
    (void)state;
    for (size_t i = 0; i < array_length(bad); i++) {
        uint8_t data[512];
        const char *reason = NULL;
        assert_int_equal(dns_data_from_text(bad[i].type, bad[i].text, data, sizeof(data), &reason),
                         0);
        if (!reason)
            fail_msg("row %zu was taken: %s", i, bad[i].text);
    }
}

/* [rfc1035#17] */
static void string_of_255_bytes_is_the_longest(void **state) {
    (void)state;
    char text[300];
    uint8_t data[300];
    const char *reason;
    memset(text, 'x', sizeof(text));
    text[255] = 0;
    assert_int_equal(dns_data_from_text(DNS_TXT, text, data, sizeof(data), &reason), 256);
    assert_int_equal(data[0], 255);
    text[255] = 'x';
    text[256] = 0;
    assert_int_equal(dns_data_from_text(DNS_TXT, text, data, sizeof(data), &reason), 0);
    assert_non_null(reason);
}

/* Texts of the letters of IPv6 addresses are read as inet_pton reads them, or refused as it does.
 */
static void random_ipv6_text_is_read_as_libc_reads_it(void **state) {
    (void)state;
    struct random random = random_make(6);
    unsigned accepted = 0;
    for (unsigned i = 0; i < 400000; i++) {
        char text[48] = "";
        size_t used = 0;
        unsigned parts = 1 + (unsigned)random_below(&random, 9);
        for (unsigned part = 0; part < parts && used < sizeof(text) - 16; part++) {
            if (part > 0)
                text[used++] = ':';
            if (part + 1 == parts && random_below(&random, 8) == 0)
                used += (size_t)snprintf(text + used, sizeof(text) - used, "%u.2.0.%u",
                                         (unsigned)random_below(&random, 300),
                                         (unsigned)random_below(&random, 300));
            else if (random_below(&random, 4) != 0)
                used += (size_t)snprintf(text + used, sizeof(text) - used, "%x",
                                         (unsigned)random_below(&random, 0x10400));
        }
        text[used] = 0;
        uint8_t ours[16] = {0}, theirs[16] = {0};
        const char *reason;
        bool is_ours = dns_data_from_text(DNS_AAAA, text, ours, sizeof(ours), &reason) == 16;
        bool is_theirs = inet_pton(AF_INET6, text, theirs) == 1;
        if (is_ours != is_theirs || memcmp(ours, theirs, sizeof(ours)) != 0)
            fail_msg("%s: %s", text, is_ours ? "taken" : reason);
        accepted += is_ours;
    }
    assert_true(accepted > 10000);
}

/* Any text near a good one is taken or refused, without harm. */
static void mutated_text_is_taken_or_refused(void **state) {
    (void)state;
    for (size_t i = 0; i < array_length(good); i++) {
        size_t length = strlen(good[i].text);
        for (size_t at = 0; at < length; at++) {
            for (unsigned change = 1; change < 256; change++) {
                char *text = malloc(length + 1);
                uint8_t *data = malloc(64);
                const char *reason = NULL;
                memcpy(text, good[i].text, length + 1);
                text[at] = (char)((uint8_t)text[at] ^ change);
                size_t got = dns_data_from_text(good[i].type, text, data, 64, &reason);
                assert_true(reason ? got == 0 : got > 0);
                free(text);
                free(data);
            }
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_text_becomes_its_bytes),
        cmocka_unit_test(bad_text_is_refused_with_a_reason),
        cmocka_unit_test(string_of_255_bytes_is_the_longest),
        cmocka_unit_test(random_ipv6_text_is_read_as_libc_reads_it),
        cmocka_unit_test(mutated_text_is_taken_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
