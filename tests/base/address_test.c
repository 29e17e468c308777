/* address: what an address is, and its text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>

#include <dobos/address.h>

#include "base/memory.h"
#include "base/random.h"

static void number_and_bytes_stand_in_network_order(void **state) {
    (void)state;
    struct dobos_address address = dobos_address_ipv4(0xc0a80001);
    const uint8_t bytes[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 168, 0, 1};
    assert_memory_equal(address.bytes, bytes, 16);
    assert_true(dobos_address_is_ipv4(&address));
    assert_int_equal(dobos_address_ipv4_number(&address), 0xc0a80001);
}

static void other_addresses_have_no_ipv4_number(void **state) {
    (void)state;
    for (size_t i = 0; i < 12; i++) {
        struct dobos_address address = dobos_address_ipv4(0x01020304);
        address.bytes[i] ^= 0x80;
        assert_false(dobos_address_is_ipv4(&address));
        assert_int_equal(dobos_address_ipv4_number(&address), 0);
        assert_false(dobos_address_is_loopback(&address));
        assert_false(dobos_address_is_multicast(&address));
        assert_false(dobos_address_is_unspecified(&address));
    }
}

static void kinds_of_addresses_are_told_apart(void **state) {
    (void)state;
    struct dobos_address any = dobos_address_ipv4(0);
    struct dobos_address any_ipv6 = {{0}};
    struct dobos_address loopback = dobos_address_ipv4(0x7f000001);
    struct dobos_address group = dobos_address_ipv4(0xe0000001);
    struct dobos_address host = dobos_address_ipv4(0xc0a80001);
    assert_true(dobos_address_is_unspecified(&any));
    assert_true(dobos_address_is_unspecified(&any_ipv6));
    assert_false(dobos_address_is_unspecified(&host));
    assert_true(dobos_address_is_loopback(&loopback));
    assert_false(dobos_address_is_loopback(&host));
    assert_true(dobos_address_is_multicast(&group));
    assert_false(dobos_address_is_multicast(&host));
    assert_true(dobos_address_is_equal(&host, &host));
    assert_false(dobos_address_is_equal(&host, &group));
}

static void ipv4_text_is_dot_decimal(void **state) {
    (void)state;
    char text[DOBOS_ADDRESS_TEXT];
    struct dobos_address address = dobos_address_ipv4(0xffffffff);
    assert_int_equal(dobos_address_format(&address, text), 15);
    assert_string_equal(text, "255.255.255.255");
    address = dobos_address_ipv4(0);
    assert_int_equal(dobos_address_format(&address, text), 7);
    assert_string_equal(text, "0.0.0.0");
    address = dobos_address_ipv4(0x0a64c809);
    assert_int_equal(dobos_address_format(&address, text), 12);
    assert_string_equal(text, "10.100.200.9");
}

/* libc's text of IPv6 is RFC 5952's, but for the forms that embed IPv4, which are left out here. */
static void ipv6_text_is_the_canonical_one(void **state) {
    (void)state;
    struct random random = random_make(1);
    for (int round = 0; round < 20000; round++) {
        struct dobos_address address;
        uint64_t zeros = random_next(&random);
        for (unsigned i = 0; i < 16; i++)
            address.bytes[i] = zeros >> (i / 2) & 1 && zeros >> (8 + i / 4) & 1
                                   ? 0
                                   : (uint8_t)(random_next(&random) & (zeros >> 32 & 0xff));
        address.bytes[1] |= 1;
        char expected[INET6_ADDRSTRLEN];
        char text[DOBOS_ADDRESS_TEXT];
        inet_ntop(AF_INET6, address.bytes, expected, sizeof expected);
        int length = dobos_address_format(&address, text);
        assert_string_equal(text, expected);
        assert_int_equal(length, (int)text_length(expected));
    }
    struct dobos_address unspecified = {{0}};
    struct dobos_address first_groups = {{0, 0, 0, 0, 0, 0, 0, 0, 0x20, 1, 0, 0, 0, 0, 0, 1}};
    char text[DOBOS_ADDRESS_TEXT];
    assert_int_equal(dobos_address_format(&unspecified, text), 2);
    assert_string_equal(text, "::");
    assert_int_equal(dobos_address_format(&first_groups, text), 12);
    assert_string_equal(text, "::2001:0:0:1");
}

static void longest_texts_fill_their_room(void **state) {
    (void)state;
    struct dobos_prefix prefix = {.length = 128};
    memset(prefix.address.bytes, 0xff, 16);
    char text[DOBOS_PREFIX_TEXT];
    memset(text, 'x', sizeof text);
    assert_int_equal(dobos_prefix_format(&prefix, text), 43);
    assert_string_equal(text, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128");
}

static void prefix_text_keeps_host_bits(void **state) {
    (void)state;
    struct dobos_prefix prefix = {.address = dobos_address_ipv4(0xc0a80004), .length = 24};
    char text[DOBOS_PREFIX_TEXT];
    assert_int_equal(dobos_prefix_format(&prefix, text), 14);
    assert_string_equal(text, "192.168.0.4/24");
    prefix = (struct dobos_prefix){.address = dobos_address_ipv4(0), .length = 0};
    assert_int_equal(dobos_prefix_format(&prefix, text), 9);
    assert_string_equal(text, "0.0.0.0/0");
}

static void mac_text_has_two_small_digits_a_part(void **state) {
    (void)state;
    struct dobos_mac mac = {{0xb8, 0x27, 0xeb, 0x5d, 0x0f, 0x00}};
    char text[DOBOS_MAC_TEXT];
    assert_int_equal(dobos_mac_format(&mac, text), 17);
    assert_string_equal(text, "b8:27:eb:5d:0f:00");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(number_and_bytes_stand_in_network_order),
        cmocka_unit_test(other_addresses_have_no_ipv4_number),
        cmocka_unit_test(kinds_of_addresses_are_told_apart),
        cmocka_unit_test(ipv4_text_is_dot_decimal),
        cmocka_unit_test(ipv6_text_is_the_canonical_one),
        cmocka_unit_test(longest_texts_fill_their_room),
        cmocka_unit_test(prefix_text_keeps_host_bits),
        cmocka_unit_test(mac_text_has_two_small_digits_a_part),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
