/* own_addresses: whose an address is, and where it is a broadcast address, among few and many. */
#include "../link/fixture.h"

#include "base/prefix.h"
#include "network/own_addresses.h"

struct house {
    struct fixture fixture;
    struct own_addresses own;
};

static int setup(void **state) {
    struct house *h = calloc(1, sizeof *h);
    fixture_init(&h->fixture);
    own_addresses_init(&h->own, pool_allocator(h->fixture.pool));
    *state = h;
    return 0;
}

static int teardown(void **state) {
    struct house *h = *state;
    own_addresses_fini(&h->own);
    fixture_fini(&h->fixture);
    free(h);
    return 0;
}

static struct dobos_interface_address address_of(uint32_t number, uint8_t length) {
    struct dobos_interface_address address = {.prefix = {dobos_address_ipv4(number), length},
                                              .broadcast = dobos_address_ipv4(0)};
    if (prefix_has_broadcast(&address.prefix))
        address.broadcast = prefix_last(&address.prefix);
    return address;
}

static bool add(struct house *h, uint32_t interface, uint32_t number, uint8_t length) {
    struct dobos_interface_address address = address_of(number, length);
    return own_addresses_add(&h->own, &address, interface);
}

static void take_away(struct house *h, uint32_t interface, uint32_t number, uint8_t length) {
    struct dobos_interface_address address = address_of(number, length);
    own_addresses_remove(&h->own, &address, interface);
}

static uint32_t owner(const struct house *h, uint32_t number) {
    struct dobos_address address = dobos_address_ipv4(number);
    return own_addresses_owner(&h->own, &address);
}

static bool is_broadcast(const struct house *h, uint32_t interface, uint32_t number) {
    struct dobos_address address = dobos_address_ipv4(number);
    return own_addresses_is_broadcast(&h->own, interface, &address);
}

static void address_is_found_at_its_interface(void **state) {
    struct house *h = *state;
    assert_int_equal(owner(h, 0xc0a80004), 0);
    assert_true(add(h, 2, 0xc0a80004, 24));
    assert_true(add(h, 3, 0x0a010203, 8));
    assert_int_equal(owner(h, 0xc0a80004), 2);
    assert_int_equal(owner(h, 0x0a010203), 3);
    assert_int_equal(owner(h, 0xc0a80005), 0);
    assert_int_equal(owner(h, 0xc0a800ff), 0);
    assert_int_equal(owner(h, 0), 0);
}

/* [rfc1122#58] [rfc1812#44] [rfc1812#48] [rfc1812#93] */
static void last_and_first_address_of_a_subnet_are_its_interfaces_broadcasts(void **state) {
    struct house *h = *state;
    add(h, 2, 0xc0a80004, 24);
    add(h, 3, 0x0a010203, 8);
    assert_true(is_broadcast(h, 2, 0xc0a800ff));
    assert_true(is_broadcast(h, 2, 0xc0a80000));
    assert_true(is_broadcast(h, 3, 0x0affffff));
    assert_true(is_broadcast(h, 3, 0x0a000000));
    assert_false(is_broadcast(h, 3, 0xc0a800ff));
    assert_false(is_broadcast(h, 2, 0x0a000000));
    assert_false(is_broadcast(h, 2, 0xc0a80004));
    assert_false(is_broadcast(h, 2, 0xc0a801ff));
    assert_false(is_broadcast(h, 3, 0x0a01ffff));
}

/* [rfc3021#1] */
static void subnet_without_broadcast_has_none(void **state) {
    struct house *h = *state;
    add(h, 2, 0xc0a80004, 31);
    add(h, 2, 0xc0a80009, 32);
    for (uint32_t number = 0xc0a80000; number < 0xc0a80010; number++)
        assert_false(is_broadcast(h, 2, number));
}

static void removed_address_leaves_its_subnet_to_the_others(void **state) {
    struct house *h = *state;
    add(h, 2, 0x0a000001, 24);
    add(h, 2, 0x0a000002, 24);
    take_away(h, 2, 0x0a000001, 24);
    assert_int_equal(owner(h, 0x0a000001), 0);
    assert_int_equal(owner(h, 0x0a000002), 2);
    assert_true(is_broadcast(h, 2, 0x0a0000ff));
    take_away(h, 2, 0x0a000002, 24);
    assert_false(is_broadcast(h, 2, 0x0a0000ff));
    assert_false(is_broadcast(h, 2, 0x0a000000));
    assert_int_equal(h->own.table.count, 0);
}

static void every_one_of_many_is_found(void **state) {
    struct house *h = *state;
    for (uint32_t i = 0; i < 2000; i++)
        assert_true(add(h, 2 + i, 0x0a000001 + i * 256, 24));
    for (uint32_t i = 0; i < 2000; i++) {
        assert_int_equal(owner(h, 0x0a000001 + i * 256), 2 + i);
        assert_true(is_broadcast(h, 2 + i, 0x0a0000ff + i * 256));
        assert_false(is_broadcast(h, 3 + i, 0x0a0000ff + i * 256));
    }
}

static void failing_allocation_changes_nothing(void **state) {
    struct house *h = *state;
    uint64_t fail = 0;
    bool added = false;
    for (; !added; fail++) {
        h->fixture.countdown = fail;
        added = add(h, 2, 0x0a000001, 24);
        h->fixture.countdown = UINT64_MAX;
        assert_int_equal(h->own.table.count, added ? 3 : 0);
        assert_int_equal(owner(h, 0x0a000001), added ? 2 : 0);
    }
    assert_true(fail > 3);
}

#define HOUSE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        HOUSE_TEST(address_is_found_at_its_interface),
        HOUSE_TEST(last_and_first_address_of_a_subnet_are_its_interfaces_broadcasts),
        HOUSE_TEST(subnet_without_broadcast_has_none),
        HOUSE_TEST(removed_address_leaves_its_subnet_to_the_others),
        HOUSE_TEST(every_one_of_many_is_found),
        HOUSE_TEST(failing_allocation_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
