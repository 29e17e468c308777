/* Link-local addresses in a network: hosts that find some by themselves, and talk (RFC 3927). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_tools.h"
#include "lab/lab_inner.h"
#include "made.h"

#include "base/ipv4_ranges.h"

#define HEAD              \
    "network: n\n"        \
    "segments: {lan: }\n" \
    "nodes:\n"
#define ALONE(name, more) \
    "  " name ": {interfaces: {eth0: {segment: lan, link-local: [ipv4]" more "}}}\n"
#define SERVER                                                                        \
    "  s: {interfaces: {eth0: {segment: lan, addresses: [192.0.2.1/24]}}, services: " \
    "{dhcp: {interface: eth0, pool: 192.0.2.100-192.0.2.200, router: 192.0.2.1}}}\n"

static void settle(struct lab *lab, const char *expected) {
    char missing[512];
    assert_true(lab_settle(lab, missing, sizeof missing));
    assert_string_equal(missing, expected);
}

/* The only address of a node, that it uses; 0: it has none. */
static uint32_t address_of(struct lab *lab, const char *node) {
    struct dobos_interface_address address, second;
    if (dobos_address_read(lab_host(lab, node), 2, 0, &address) < 0)
        return 0;
    assert_int_equal(address.state, DOBOS_ADDRESS_READY);
    assert_int_equal(dobos_address_read(lab_host(lab, node), 2, 1, &second), -DOBOS_ENOENT);
    return dobos_address_ipv4_number(&address.prefix.address);
}

/* [rfc3927#1] [rfc3927#2] */
static void hosts_without_addresses_find_one_each_and_the_same_again(void **state) {
    (void)state;
    uint32_t had[2] = {0};
    for (unsigned i = 0; i < 2; i++) {
        struct lab *lab = lab_of_seed(HEAD ALONE("a", "") ALONE("b", "") ALONE("c", ""), 1);
        struct dobos_interface_address address;
        settle(lab, "");
        assert_in_range(lab_now(lab), 4 * DOBOS_SECOND, 8 * DOBOS_SECOND);
        uint32_t a = address_of(lab, "a"), b = address_of(lab, "b"), c = address_of(lab, "c");
        assert_in_range(a, 0xa9fe0100, 0xa9fefeff);
        assert_in_range(b, 0xa9fe0100, 0xa9fefeff);
        assert_true(a != b && b != c && a != c);
        assert_int_equal(dobos_address_read(lab_host(lab, "a"), 2, 0, &address), 0);
        assert_int_equal(address.prefix.length, 16);
        assert_int_equal(address.origin, DOBOS_ORIGIN_LINK_LOCAL);
        struct lab_error error;
        assert_int_equal(lab_node_restart(lab, "a", &error), 0);
        settle(lab, "");
        assert_int_equal(address_of(lab, "a"), a); /* another key, the same link address */
        assert_true(i == 0 || (had[0] == a && had[1] == b));
        had[0] = a;
        had[1] = b;
        lab_destroy(lab);
    }
}

/* [rfc3927#3] */
static void address_that_another_has_is_left_to_it(void **state) {
    (void)state;
    char text[512];
    struct lab *lab = lab_of_seed(HEAD ALONE("a", ", macaddress: '02:00:00:00:00:01'"), 1);
    settle(lab, "");
    uint32_t taken = address_of(lab, "a");
    lab_destroy(lab);
    snprintf(
        text, sizeof text,
        HEAD ALONE("a",
                   ", macaddress: '02:00:00:00:00:01'") "  b: {interfaces: {eth0: {segment: lan, "
                                                        "addresses: [169.254.%u.%u/16]}}}\n",
        taken >> 8 & 255, taken & 255);
    lab = lab_of_seed(text, 1);
    settle(lab, "");
    assert_true(address_of(lab, "a") != taken);
    assert_int_equal(address_of(lab, "b"), taken);
    lab_destroy(lab);
}

/* [rfc3927#5] */
static void better_address_takes_its_place(void **state) {
    (void)state;
    struct lab *lab = lab_of_seed(HEAD ALONE("a", ", addresses: [192.0.2.9/24]"), 1);
    settle(lab, "");
    assert_int_equal(address_of(lab, "a"), 0xc0000209);
    lab_destroy(lab);
    lab = lab_of_seed(HEAD SERVER ALONE("a", ", dhcp4: true"), 1);
    settle(lab, "");
    assert_true(address_of(lab, "a") >> 8 == 0xc00002);
    lab_destroy(lab);
}

/* DHCP first; where nobody answers, link-local; and when a server is there after all, it goes. */
static void dhcp_that_fails_leaves_a_link_local_address(void **state) {
    (void)state;
    struct lab_error error;
    struct lab *lab = lab_of_seed(HEAD SERVER ALONE("a", ", dhcp4: true"), 1);
    struct dobos_interface_address none;
    assert_int_equal(lab_set(lab, "s", "eth0", "{state: down}", &error), 0);
    lab_run_until(lab, lab_now(lab) + 10 * DOBOS_SECOND); /* three questions */
    assert_int_equal(dobos_address_read(lab_host(lab, "a"), 2, 0, &none), -DOBOS_ENOENT);
    settle(lab, "a: eth0: no DHCP server answers");
    assert_true(ipv4_is_link_local(address_of(lab, "a")));
    assert_int_equal(lab_set(lab, "s", "eth0", "{state: up}", &error), 0);
    lab_run_until(lab, lab_now(lab) + 120 * DOBOS_SECOND);
    assert_true(address_of(lab, "a") >> 8 == 0xc00002);
    lab_destroy(lab);
}

static void link_that_is_down_is_not_waited_for(void **state) {
    (void)state;
    struct lab_error error;
    struct lab *lab = lab_of_seed(HEAD ALONE("a", ""), 1);
    assert_int_equal(lab_set(lab, NULL, "lan", "{state: down}", &error), 0);
    settle(lab, "");
    assert_int_equal(lab_set(lab, NULL, "lan", "{state: up}", &error), 0);
    settle(lab, "");
    assert_true(ipv4_is_link_local(address_of(lab, "a")));
    lab_destroy(lab);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hosts_without_addresses_find_one_each_and_the_same_again),
        cmocka_unit_test(address_that_another_has_is_left_to_it),
        cmocka_unit_test(better_address_takes_its_place),
        cmocka_unit_test(dhcp_that_fails_leaves_a_link_local_address),
        cmocka_unit_test(link_that_is_down_is_not_waited_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
