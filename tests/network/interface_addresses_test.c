/* interface_addresses: which addresses an interface may have, and what they make of others. */
#include "../link/fixture.h"

#include "network/interface_addresses.h"

struct card {
    struct fixture fixture;
    struct interface_addresses addresses;
};

static int setup(void **state) {
    struct card *c = calloc(1, sizeof *c);
    fixture_init(&c->fixture);
    interface_addresses_init(&c->addresses, pool_allocator(c->fixture.pool));
    *state = c;
    return 0;
}

static int teardown(void **state) {
    struct card *c = *state;
    interface_addresses_fini(&c->addresses);
    fixture_fini(&c->fixture);
    free(c);
    return 0;
}

static int add(struct card *c, uint32_t number, uint8_t length) {
    struct dobos_interface_address address = {.prefix = {dobos_address_ipv4(number), length},
                                              .valid_until = DOBOS_NEVER,
                                              .preferred_until = DOBOS_NEVER};
    return interface_addresses_add(&c->addresses, &address, 100);
}

static uint32_t source(struct card *c, uint32_t destination) {
    struct dobos_address address = dobos_address_ipv4(destination);
    const struct dobos_interface_address *found =
        interface_addresses_source(&c->addresses, &address);
    return found ? dobos_address_ipv4_number(&found->prefix.address) : 0;
}

static void address_that_cannot_be_a_hosts_is_refused(void **state) {
    struct card *c = *state;
    static const struct {
        uint32_t number;
        uint8_t length;
    } bad[] = {{0, 24},          {0, 32},          {5, 8},           {0xe0000001, 24},
               {0xffffffff, 32}, {0xf0000001, 24}, {0xc0a80000, 24}, {0xc0a800ff, 24},
               {0x0a000000, 8},  {0x0affffff, 8},  {0xc0a80004, 33}};
    for (size_t i = 0; i < array_length(bad); i++)
        assert_int_equal(add(c, bad[i].number, bad[i].length), -DOBOS_EINVAL);
    assert_int_equal(add(c, 0xc0a80004, 24), 0);
    assert_int_equal(add(c, 0xc0a80004, 16), -DOBOS_EEXIST);
    assert_int_equal(c->addresses.count, 1);
}

static void lifetimes_that_are_over_or_crossed_are_refused(void **state) {
    struct card *c = *state;
    struct dobos_interface_address address = {
        .prefix = {dobos_address_ipv4(0xc0a80004), 24}, .valid_until = 100, .preferred_until = 50};
    assert_int_equal(interface_addresses_add(&c->addresses, &address, 100), -DOBOS_EINVAL);
    address.valid_until = 101;
    address.preferred_until = 102;
    assert_int_equal(interface_addresses_add(&c->addresses, &address, 100), -DOBOS_EINVAL);
    address.preferred_until = 101;
    assert_int_equal(interface_addresses_add(&c->addresses, &address, 100), 0);
}

static uint32_t broadcast(const struct card *c, uint32_t nth) {
    return dobos_address_ipv4_number(&c->addresses.entries[nth].broadcast);
}

static void broadcast_address_is_the_last_of_the_subnet(void **state) {
    struct card *c = *state;
    add(c, 0xc0a80004, 24);
    add(c, 0x0a010203, 8);
    assert_int_equal(broadcast(c, 0), 0xc0a800ff);
    assert_int_equal(broadcast(c, 1), 0x0affffff);
}

/* [rfc3021#1] */
static void prefixes_of_31_and_32_bits_have_no_broadcast(void **state) {
    struct card *c = *state;
    assert_int_equal(add(c, 0xc0a80004, 31), 0);
    assert_int_equal(add(c, 0xc0a80007, 31), 0);
    assert_int_equal(add(c, 0xc0a80009, 32), 0);
    for (uint32_t nth = 0; nth < 3; nth++)
        assert_int_equal(broadcast(c, nth), 0);
}

static void loopback_has_no_broadcast(void **state) {
    struct card *c = *state;
    assert_int_equal(add(c, 0x7f000001, 8), 0);
    assert_int_equal(broadcast(c, 0), 0);
}

/* [rfc1122#56] */
static void source_is_on_the_destinations_subnet_or_the_first(void **state) {
    struct card *c = *state;
    assert_int_equal(source(c, 0x01020304), 0);
    add(c, 0xc0a80004, 24);
    add(c, 0x0a010203, 8);
    add(c, 0x0a010104, 24);
    assert_int_equal(source(c, 0x01020304), 0xc0a80004);
    assert_int_equal(source(c, 0x0a020304), 0x0a010203);
    assert_int_equal(source(c, 0x0a010177), 0x0a010104);
}

static void removed_address_is_gone_and_the_others_keep_their_order(void **state) {
    struct card *c = *state;
    struct dobos_address second = dobos_address_ipv4(0x0a000002);
    for (uint32_t i = 1; i <= 5; i++)
        add(c, 0x0a000000 + i, 24);
    assert_int_equal(interface_addresses_remove(&c->addresses, &second), 0);
    assert_int_equal(interface_addresses_remove(&c->addresses, &second), -DOBOS_EADDRNOTAVAIL);
    assert_null(interface_addresses_find(&c->addresses, &second));
    static const uint32_t rest[] = {1, 3, 4, 5};
    for (uint32_t i = 0; i < 4; i++)
        assert_int_equal(dobos_address_ipv4_number(&c->addresses.entries[i].prefix.address),
                         0x0a000000 + rest[i]);
}

static void table_is_bounded(void **state) {
    struct card *c = *state;
    for (uint32_t i = 1; i <= INTERFACE_ADDRESSES; i++)
        assert_int_equal(add(c, 0x0a000000 + i, 16), 0);
    assert_int_equal(add(c, 0x0a010001, 16), -DOBOS_ENOMEM);
    struct dobos_address last = dobos_address_ipv4(0x0a000000 + INTERFACE_ADDRESSES);
    assert_non_null(interface_addresses_find(&c->addresses, &last));
}

static void failing_allocation_changes_nothing(void **state) {
    struct card *c = *state;
    c->fixture.countdown = 0;
    assert_int_equal(add(c, 0x0a000001, 24), -DOBOS_ENOMEM);
    c->fixture.countdown = UINT64_MAX;
    assert_int_equal(add(c, 0x0a000001, 24), 0);
    assert_int_equal(add(c, 0x0a000002, 24), 0);
    c->fixture.countdown = 0;
    assert_int_equal(add(c, 0x0a000003, 24), -DOBOS_ENOMEM);
    c->fixture.countdown = UINT64_MAX;
    assert_int_equal(c->addresses.count, 2);
}

#define CARD_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        CARD_TEST(address_that_cannot_be_a_hosts_is_refused),
        CARD_TEST(lifetimes_that_are_over_or_crossed_are_refused),
        CARD_TEST(broadcast_address_is_the_last_of_the_subnet),
        CARD_TEST(prefixes_of_31_and_32_bits_have_no_broadcast),
        CARD_TEST(loopback_has_no_broadcast),
        CARD_TEST(source_is_on_the_destinations_subnet_or_the_first),
        CARD_TEST(removed_address_is_gone_and_the_others_keep_their_order),
        CARD_TEST(table_is_bounded),
        CARD_TEST(failing_allocation_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
