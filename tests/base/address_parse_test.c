/* address_parse: what is read, and the reason for what is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>

#include <dobos/address.h>
#include <dobos/errors.h>

#include "base/memory.h"
#include "base/random.h"

struct refusal {
    const char *text;   /* what is given */
    const char *reason; /* what is said */
};

static void address_of_four_numbers_is_read(void **state) {
    (void)state;
    static const struct {
        const char *text;
        uint32_t number;
    } good[] = {
        {"0.0.0.0", 0},
        {"255.255.255.255", UINT32_MAX},
        {"192.168.0.4", 0xc0a80004},
        {"1.20.255.0", 0x0114ff00},
    };
    for (size_t i = 0; i < array_length(good); i++) {
        struct dobos_address address = {{0}};
        assert_int_equal(dobos_address_parse(good[i].text, &address, NULL), 0);
        assert_true(dobos_address_is_ipv4(&address));
        assert_int_equal(dobos_address_ipv4_number(&address), good[i].number);
    }
}

static void malformed_address_is_refused_with_the_reason(void **state) {
    (void)state;
    static const struct refusal bad[] = {
        {"", "is empty"},
        {"256.1.1.1", "part 1 is more than 255"},
        {"1.999.1.1", "part 2 is more than 255"},
        {"1.1.1.99999999999999999999", "part 4 is more than 255"},
        {"1", "has 1 part, not 4"},
        {"1.2", "has 2 parts, not 4"},
        {"1.2.3", "has 3 parts, not 4"},
        {"1.2.3.4.5", "has more than 4 parts"},
        {"1.2.3.4.", "has more than 4 parts"},
        {"01.2.3.4", "part 1 has a leading zero"},
        {"1.2.00.4", "part 3 has a leading zero"},
        {"1.2.3.", "part 4 is empty"},
        {".1.2.3", "part 1 is empty"},
        {"1..2.3", "part 2 is empty"},
        {"...", "part 1 is empty"},
        {"1.2.3.4 ", "has a character that is neither a digit nor a dot"},
        {" 1.2.3.4", "has a character that is neither a digit nor a dot"},
        {"1.2.3.4\n", "has a character that is neither a digit nor a dot"},
        {"0x1.2.3.4", "has a character that is neither a digit nor a dot"},
        {"-1.2.3.4", "has a character that is neither a digit nor a dot"},
        {"+1.2.3.4", "has a character that is neither a digit nor a dot"},
        {"1.2.3.4/24", "has a character that is neither a digit nor a dot"},
        {"www.example.org", "has a character that is neither a digit nor a dot"},
        {"1.2.3.\xd9\xa4", "has a character that is neither a digit nor a dot"},
        {":", "is neither an IPv4 nor an IPv6 address"},
        {":::", "is neither an IPv4 nor an IPv6 address"},
        {"1:2:3:4:5:6:7", "is neither an IPv4 nor an IPv6 address"},
        {"1:2:3:4:5:6:7:8:9", "is neither an IPv4 nor an IPv6 address"},
        {"1::2::3", "is neither an IPv4 nor an IPv6 address"},
        {"12345::", "is neither an IPv4 nor an IPv6 address"},
        {"::g", "is neither an IPv4 nor an IPv6 address"},
        {"1.2.3.4:80", "is neither an IPv4 nor an IPv6 address"},
        {"::1.2.3", "is neither an IPv4 nor an IPv6 address"},
        {"1.2.3.4::", "is neither an IPv4 nor an IPv6 address"},
        {"1:2:3:4:5:6:7::8", "is neither an IPv4 nor an IPv6 address"},
        {"::1:2:3:4:5:6:7:8", "is neither an IPv4 nor an IPv6 address"},
    };
    for (size_t i = 0; i < array_length(bad); i++) {
        struct dobos_address address;
        memset(&address, 0x77, sizeof address);
        struct dobos_address untouched = address;
        const char *reason = NULL;
        assert_int_equal(dobos_address_parse(bad[i].text, &address, &reason), -DOBOS_EINVAL);
        assert_string_equal(reason, bad[i].reason);
        assert_memory_equal(&address, &untouched, sizeof address);
        assert_int_equal(dobos_address_parse(bad[i].text, &address, NULL), -DOBOS_EINVAL);
    }
}

static void well_formed_ipv6_is_told_from_malformed(void **state) {
    (void)state;
    static const char *const well_formed[] = {
        "::",
        "::1",
        "1::",
        "fe80::1",
        "2001:DB8::8:800:200c:417A",
        "1:2:3:4:5:6:7:8",
        "::ffff:192.168.0.1",
        "1:2:3:4:5:6:1.2.3.4",
        "1:2:3:4:5:6:7::",
        "::2:3:4:5:6:7:8",
        "0000:0000::",
    };
    for (size_t i = 0; i < array_length(well_formed); i++) {
        struct dobos_address address;
        const char *reason = NULL;
        assert_int_equal(dobos_address_parse(well_formed[i], &address, &reason),
                         -DOBOS_EAFNOSUPPORT);
        assert_string_equal(reason, "IPv6 is not supported yet");
    }
}

/* Random texts of the characters that matter, judged by libc's inet_pton (which takes a leading
 * zero in no IPv4 part, and no zone). */
static void random_texts_are_judged_as_libc_judges_them(void **state) {
    (void)state;
    static const char characters[] = "0123456789.::abF";
    struct random random = random_make(2);
    unsigned good = 0;
    for (int round = 0; round < 300000; round++) {
        char text[24];
        size_t length = random_below(&random, sizeof text);
        unsigned kinds = random_below(&random, 2) ? 11 : sizeof characters - 1;
        for (size_t i = 0; i < length; i++)
            text[i] = random_below(&random, 3) == 0 ? (kinds == 11 ? '.' : ':')
                                                    : characters[random_below(&random, kinds)];
        text[length] = '\0';
        uint8_t ignored[16];
        struct dobos_address address;
        int expected = inet_pton(AF_INET, text, ignored) == 1    ? 0
                       : inet_pton(AF_INET6, text, ignored) == 1 ? -DOBOS_EAFNOSUPPORT
                                                                 : -DOBOS_EINVAL;
        if (dobos_address_parse(text, &address, NULL) != expected)
            fail_msg("%s", text);
        good += expected != -DOBOS_EINVAL;
    }
    assert_true(good > 1000);
}

static void format_then_parse_gives_the_same(void **state) {
    (void)state;
    struct random random = random_make(3);
    for (int round = 0; round < 20000; round++) {
        struct dobos_prefix prefix = {
            .address = dobos_address_ipv4((uint32_t)random_next(&random)),
            .length = (uint8_t)random_below(&random, 33),
        };
        char text[DOBOS_PREFIX_TEXT];
        struct dobos_address address;
        struct dobos_prefix parsed;
        dobos_address_format(&prefix.address, text);
        assert_int_equal(dobos_address_parse(text, &address, NULL), 0);
        assert_true(dobos_address_is_equal(&address, &prefix.address));
        dobos_prefix_format(&prefix, text);
        assert_int_equal(dobos_prefix_parse(text, &parsed, NULL), 0);
        assert_true(dobos_address_is_equal(&parsed.address, &prefix.address));
        assert_int_equal(parsed.length, prefix.length);
        struct dobos_mac mac, parsed_mac;
        for (int i = 0; i < 6; i++)
            mac.bytes[i] = (uint8_t)random_next(&random);
        dobos_mac_format(&mac, text);
        assert_int_equal(dobos_mac_parse(text, &parsed_mac, NULL), 0);
        assert_memory_equal(&mac, &parsed_mac, sizeof mac);
    }
}

static void malformed_prefix_is_refused_with_the_reason(void **state) {
    (void)state;
    static const struct refusal bad[] = {
        {"", "is empty"},
        {"/", "is empty"},
        {"/24", "is empty"},
        {"192.168.0.4", "has no slash with a length behind it"},
        {"192.168.0.4/", "has no length behind its slash"},
        {"192.168.0.4/33", "has a length of more than 32"},
        {"192.168.0.4/99999999999999999999", "has a length of more than 32"},
        {"192.168.0.4/024", "has a length with a leading zero"},
        {"192.168.0.4/-1", "has a length that is not a number"},
        {"192.168.0.4/24/", "has a length that is not a number"},
        {"192.168.0.4/255.255.255.0", "has a length that is not a number"},
        {"192.168.0/24", "has 3 parts, not 4"},
        {"192.168.0.256/24", "part 4 is more than 255"},
        {"fe80::1/129", "has a length of more than 128"},
        {"fe80::1", "has no slash with a length behind it"},
        {"fe80:::1/64", "has a character that is neither a digit nor a dot"},
    };
    for (size_t i = 0; i < array_length(bad); i++) {
        struct dobos_prefix prefix = {.length = 99};
        const char *reason = NULL;
        assert_int_equal(dobos_prefix_parse(bad[i].text, &prefix, &reason), -DOBOS_EINVAL);
        assert_string_equal(reason, bad[i].reason);
        assert_int_equal(prefix.length, 99);
    }
}

static void ipv6_prefix_is_not_supported_yet(void **state) {
    (void)state;
    struct dobos_prefix prefix;
    const char *reason = NULL;
    assert_int_equal(dobos_prefix_parse("2001:db8::/128", &prefix, &reason), -DOBOS_EAFNOSUPPORT);
    assert_string_equal(reason, "IPv6 is not supported yet");
    assert_int_equal(dobos_prefix_parse("::/0", &prefix, NULL), -DOBOS_EAFNOSUPPORT);
}

static void every_netmask_and_no_other_number_is_read(void **state) {
    (void)state;
    char text[DOBOS_ADDRESS_TEXT];
    uint8_t length;
    for (unsigned bits = 0; bits <= 32; bits++) {
        uint32_t mask = bits == 0 ? 0 : UINT32_MAX << (32 - bits);
        struct dobos_address address = dobos_address_ipv4(mask);
        dobos_address_format(&address, text);
        assert_int_equal(dobos_netmask_parse(text, &length, NULL), 0);
        assert_int_equal(length, bits);
        for (unsigned flipped = 0; flipped < 32; flipped++) {
            uint32_t other = mask ^ UINT32_C(1) << flipped;
            if (flipped == 32 - bits || flipped + 1 == 32 - bits)
                continue; /* one bit longer or shorter: a mask again */
            address = dobos_address_ipv4(other);
            dobos_address_format(&address, text);
            const char *reason = NULL;
            assert_int_equal(dobos_netmask_parse(text, &length, &reason), -DOBOS_EINVAL);
            assert_string_equal(reason, "has a one bit behind a zero bit");
        }
    }
    const char *reason = NULL;
    assert_int_equal(dobos_netmask_parse("255.255.0", &length, &reason), -DOBOS_EINVAL);
    assert_string_equal(reason, "has 3 parts, not 4");
}

static void malformed_mac_is_refused_with_the_reason(void **state) {
    (void)state;
    static const struct refusal bad[] = {
        {"", "has fewer than 6 parts"},
        {"02:00:00:00:00", "has fewer than 6 parts"},
        {"02-00-00-00-00-01", "has fewer than 6 parts"},
        {"02:00:00:00:00:01:02", "has more than 6 parts"},
        {"02:00:00:00:00:1", "has a part that is not two hex digits"},
        {"02:00:00:00:00:001", "has a part that is not two hex digits"},
        {"02:00:00:00::01", "has a part that is not two hex digits"},
        {"02:00:00:00:00:0g", "has a part that is not two hex digits"},
        {"02:00:00:00:00:g0", "has a part that is not two hex digits"},
        {"02:00:00:00:00:", "has a part that is not two hex digits"},
    };
    for (size_t i = 0; i < array_length(bad); i++) {
        struct dobos_mac mac = {{1, 2, 3, 4, 5, 6}};
        const char *reason = NULL;
        assert_int_equal(dobos_mac_parse(bad[i].text, &mac, &reason), -DOBOS_EINVAL);
        assert_string_equal(reason, bad[i].reason);
        assert_int_equal(mac.bytes[0], 1);
        assert_int_equal(mac.bytes[5], 6);
    }
    struct dobos_mac mac;
    assert_int_equal(dobos_mac_parse("B8:27:eb:5D:7f:AE", &mac, NULL), 0);
    const uint8_t bytes[] = {0xb8, 0x27, 0xeb, 0x5d, 0x7f, 0xae};
    assert_memory_equal(mac.bytes, bytes, 6);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(address_of_four_numbers_is_read),
        cmocka_unit_test(malformed_address_is_refused_with_the_reason),
        cmocka_unit_test(well_formed_ipv6_is_told_from_malformed),
        cmocka_unit_test(random_texts_are_judged_as_libc_judges_them),
        cmocka_unit_test(format_then_parse_gives_the_same),
        cmocka_unit_test(malformed_prefix_is_refused_with_the_reason),
        cmocka_unit_test(ipv6_prefix_is_not_supported_yet),
        cmocka_unit_test(every_netmask_and_no_other_number_is_read),
        cmocka_unit_test(malformed_mac_is_refused_with_the_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
