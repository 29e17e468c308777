/* prefix: masks, networks and last addresses of every length. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/prefix.h"

static struct dobos_prefix prefix_of(uint32_t number, uint8_t length) {
    return (struct dobos_prefix){.address = dobos_address_ipv4(number), .length = length};
}

static void mask_of_every_length_has_that_many_ones_in_front(void **state) {
    (void)state;
    for (uint8_t length = 0; length <= 32; length++) {
        uint32_t mask = ipv4_mask(length);
        assert_int_equal(__builtin_popcount(mask), length);
        assert_true((~mask & (~mask + 1)) == 0);
    }
    assert_int_equal(ipv4_mask(33), UINT32_MAX);
    assert_int_equal(ipv4_mask(255), UINT32_MAX);
}

static void network_and_last_address_of_the_textbook(void **state) {
    (void)state;
    struct dobos_prefix prefix = prefix_of(0xc0a800ba, 24); /* 192.168.0.186/24 */
    struct dobos_address network = prefix_network(&prefix);
    struct dobos_address last = prefix_last(&prefix);
    assert_int_equal(dobos_address_ipv4_number(&network), 0xc0a80000);
    assert_int_equal(dobos_address_ipv4_number(&last), 0xc0a800ff);
}

static void network_and_last_address_bound_what_is_contained(void **state) {
    (void)state;
    for (uint8_t length = 1; length <= 32; length++) {
        struct dobos_prefix prefix = prefix_of(0x0a6432c8, length);
        struct dobos_address network = prefix_network(&prefix);
        struct dobos_address last = prefix_last(&prefix);
        struct dobos_address before = dobos_address_ipv4(dobos_address_ipv4_number(&network) - 1);
        struct dobos_address behind = dobos_address_ipv4(dobos_address_ipv4_number(&last) + 1);
        assert_true(prefix_contains(&prefix, &prefix.address));
        assert_true(prefix_contains(&prefix, &network));
        assert_true(prefix_contains(&prefix, &last));
        assert_false(prefix_contains(&prefix, &before));
        assert_false(prefix_contains(&prefix, &behind));
    }
}

static void default_route_contains_every_ipv4_address_and_no_other(void **state) {
    (void)state;
    struct dobos_prefix prefix = prefix_of(0, 0);
    struct dobos_address low = dobos_address_ipv4(0);
    struct dobos_address high = dobos_address_ipv4(UINT32_MAX);
    struct dobos_address ipv6 = {{0xfe, 0x80}};
    assert_true(prefix_contains(&prefix, &low));
    assert_true(prefix_contains(&prefix, &high));
    assert_false(prefix_contains(&prefix, &ipv6));
    struct dobos_prefix of_ipv6 = {.address = ipv6, .length = 0};
    assert_false(prefix_contains(&of_ipv6, &low));
}

/* [rfc3021#1] */
static void prefixes_of_31_and_32_bits_have_no_broadcast(void **state) {
    (void)state;
    for (uint8_t length = 0; length <= 30; length++) {
        struct dobos_prefix prefix = prefix_of(0, length);
        assert_true(prefix_has_broadcast(&prefix));
    }
    struct dobos_prefix pair = prefix_of(0xc0a80000, 31);
    struct dobos_prefix single = prefix_of(0xc0a80000, 32);
    assert_false(prefix_has_broadcast(&pair));
    assert_false(prefix_has_broadcast(&single));
    struct dobos_address last = prefix_last(&pair);
    assert_int_equal(dobos_address_ipv4_number(&last), 0xc0a80001);
}

static void special_ranges_end_where_they_should(void **state) {
    (void)state;
    assert_true(ipv4_is_limited_broadcast(0xffffffff));
    assert_false(ipv4_is_limited_broadcast(0xfffffffe));
    assert_true(ipv4_is_multicast(0xe0000000) && ipv4_is_multicast(0xefffffff));
    assert_false(ipv4_is_multicast(0xdfffffff) || ipv4_is_multicast(0xf0000000));
    assert_true(ipv4_is_loopback(0x7f000000) && ipv4_is_loopback(0x7fffffff));
    assert_false(ipv4_is_loopback(0x7effffff) || ipv4_is_loopback(0x80000000));
    assert_true(ipv4_is_this_network(0) && ipv4_is_this_network(0x00ffffff));
    assert_false(ipv4_is_this_network(0x01000000));
    assert_true(ipv4_is_reserved(0xf0000000) && ipv4_is_reserved(0xfffffffe));
    assert_false(ipv4_is_reserved(0xefffffff) || ipv4_is_reserved(0xffffffff));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mask_of_every_length_has_that_many_ones_in_front),
        cmocka_unit_test(network_and_last_address_of_the_textbook),
        cmocka_unit_test(network_and_last_address_bound_what_is_contained),
        cmocka_unit_test(default_route_contains_every_ipv4_address_and_no_other),
        cmocka_unit_test(prefixes_of_31_and_32_bits_have_no_broadcast),
        cmocka_unit_test(special_ranges_end_where_they_should),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
