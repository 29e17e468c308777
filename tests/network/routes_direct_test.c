/* routes_direct: a large table of routes against an oracle, while it changes and memory fails. */
#include "../link/fixture.h"
#include "route_oracle.h"

#include "base/prefix.h"
#include "network/routes_direct.h"

#define MANY 3000 /* more than a trie has alone */

struct map {
    struct fixture fixture;
    struct routes routes;
    struct oracle oracle;
    struct random random;
};

static int setup(void **state) {
    struct map *m = calloc(1, sizeof *m);
    fixture_init(&m->fixture);
    routes_init(&m->routes, pool_allocator(m->fixture.pool), DOBOS_TABLE_MAIN);
    m->oracle = oracle_make(200000);
    m->random = random_make(7);
    *state = m;
    return 0;
}

static int teardown(void **state) {
    struct map *m = *state;
    routes_fini(&m->routes);
    fixture_fini(&m->fixture);
    free(m->oracle.places);
    free(m);
    return 0;
}

static struct dobos_route route_of(uint32_t number, uint8_t length, uint32_t gateway) {
    return (struct dobos_route){.destination = {dobos_address_ipv4(number), length},
                                .gateway = dobos_address_ipv4(gateway),
                                .interface = 2,
                                .source = dobos_address_ipv4(0)};
}

static bool add(struct map *m, uint32_t number, uint8_t length, uint32_t gateway) {
    struct dobos_route route = route_of(number, length, gateway);
    int result = routes_add(&m->routes, &route);
    assert_true(result == 0 || result == -DOBOS_ENOMEM);
    if (result == 0)
        oracle_set(&m->oracle, number, length, gateway);
    return result == 0;
}

static void remove_known(struct map *m, uint32_t number, uint8_t length) {
    struct dobos_route route =
        route_of(number, length, oracle_place(&m->oracle, number, length)->gateway);
    assert_int_equal(routes_remove(&m->routes, &route), 0);
    oracle_set(&m->oracle, number, length, 0);
}

static void check(struct map *m, uint32_t number) {
    struct dobos_address address = dobos_address_ipv4(number);
    const struct route_hop *hop = routes_lookup(&m->routes, &address, 0);
    uint32_t found = hop ? dobos_address_ipv4_number(&hop->gateway) : 0;
    assert_int_equal(found, oracle_find(&m->oracle, number));
}

/* The edges of a prefix, and what is beside it. */
static void check_around(struct map *m, uint32_t number, uint8_t length) {
    uint32_t last = number | ~ipv4_mask(length);
    check(m, number);
    check(m, last);
    check(m, number - 1);
    check(m, last + 1);
    check(m, number | ((uint32_t)random_next(&m->random) & ~ipv4_mask(length)));
    check(m, (uint32_t)random_next(&m->random));
}

/* Prefixes of all lengths, most of them in two places so that they nest. */
static void prefix_random(struct map *m, uint32_t *number, uint8_t *length) {
    uint32_t any = (uint32_t)random_next(&m->random);
    *length = (uint8_t)random_below(&m->random, 33);
    if (random_below(&m->random, 4))
        any =
            random_below(&m->random, 2) ? 0x0a000000 | (any & 0x1ffff) : 0xc0a80000 | (any & 0xfff);
    *number = any & ipv4_mask(*length);
}

static void change(struct map *m) {
    uint32_t number;
    uint8_t length;
    prefix_random(m, &number, &length);
    const struct oracle_place *place = oracle_place(&m->oracle, number, length);
    uint32_t gateway = 1 + (uint32_t)random_below(&m->random, 40);
    if (place->used && place->gateway)
        remove_known(m, number, length);
    else
        (void)add(m, number, length, gateway);
    check_around(m, number, length);
}

static void fill(struct map *m, uint32_t count) {
    while (m->routes.count < count) {
        uint32_t number;
        uint8_t length;
        prefix_random(m, &number, &length);
        const struct oracle_place *place = oracle_place(&m->oracle, number, length);
        if (!place->used || !place->gateway)
            (void)add(m, number, length, 1 + (uint32_t)random_below(&m->random, 40));
    }
}

static void empty(struct map *m) {
    struct dobos_route route;
    while (routes_nth(&m->routes, m->routes.count / 2, &route)) {
        remove_known(m, dobos_address_ipv4_number(&route.destination.address),
                     route.destination.length);
        check_around(m, dobos_address_ipv4_number(&route.destination.address),
                     route.destination.length);
    }
}

static void table_comes_with_many_routes_and_goes_with_few(void **state) {
    struct map *m = *state;
    fill(m, 1023);
    assert_null(m->routes.direct);
    fill(m, 1024);
    assert_non_null(m->routes.direct);
    for (unsigned i = 0; i < 20000; i++)
        check(m, (uint32_t)random_next(&m->random));
    empty(m);
    assert_null(m->routes.direct);
    assert_int_equal(m->routes.nodes.count, 0);
    assert_int_equal(m->routes.hops.count, 0);
}

static void random_changes_agree_with_the_oracle(void **state) {
    struct map *m = *state;
    fill(m, MANY);
    for (unsigned i = 0; i < 100000; i++)
        change(m);
    assert_non_null(m->routes.direct);
    assert_int_equal(m->routes.direct->unknown, 0);
    empty(m);
}

/* Whole levels at once: each change of a short prefix is seen at once by all beneath it. */
static void short_prefixes_change_over_a_full_table(void **state) {
    struct map *m = *state;
    fill(m, MANY);
    for (uint8_t length = 0; length <= 16; length++) {
        uint32_t number = 0x0a000000 & ipv4_mask(length);
        const struct oracle_place *place = oracle_place(&m->oracle, number, length);
        if (place->used && place->gateway)
            remove_known(m, number, length);
        for (unsigned i = 0; i < 2000; i++)
            check(m, number | ((uint32_t)random_next(&m->random) & ~ipv4_mask(length)));
        assert_true(add(m, number, length, 77));
        for (unsigned i = 0; i < 2000; i++)
            check(m, number | ((uint32_t)random_next(&m->random) & ~ipv4_mask(length)));
    }
}

static void groups_that_nothing_needs_are_given_back(void **state) {
    struct map *m = *state;
    for (uint32_t i = 0; i < 1024; i++)
        assert_true(add(m, i << 16, 16, 1));
    assert_non_null(m->routes.direct);
    assert_int_equal(m->routes.direct->groups.count, 0);
    assert_true(add(m, 0x00010203, 32, 2));
    assert_int_equal(m->routes.direct->groups.count, 2);
    assert_true(add(m, 0x00010200, 24, 3));
    check_around(m, 0x00010203, 32);
    remove_known(m, 0x00010203, 32);
    assert_int_equal(m->routes.direct->groups.count, 1);
    check_around(m, 0x00010200, 24);
    remove_known(m, 0x00010200, 24);
    assert_int_equal(m->routes.direct->groups.count, 0);
    check_around(m, 0x00010200, 24);
}

/* Memory comes and goes: what the table does not know the trie does. */
static void answers_stay_right_while_memory_fails(void **state) {
    struct map *m = *state;
    uint32_t unknown = 0;
    fill(m, MANY);
    for (unsigned i = 0; i < 60000; i++) {
        if (i % 500 == 0)
            m->fixture.countdown = i % 1000 ? 0 : UINT64_MAX;
        change(m);
        unknown += m->routes.direct && m->routes.direct->unknown > 0;
    }
    assert_true(unknown > 1000);
    m->fixture.countdown = 0; /* removing needs none */
    empty(m);
    assert_null(m->routes.direct);
}

static void unknown_cell_is_known_again_with_what_its_own_level_has(void **state) {
    struct map *m = *state;
    for (uint32_t i = 0; i < 1024; i++)
        assert_true(add(m, i << 16, 16, 1));
    assert_true(add(m, 0x20000000, 8, 9));
    m->fixture.countdown = 0;
    assert_true(add(m, 0x20010203, 32, 1));
    m->fixture.countdown = UINT64_MAX;
    assert_int_equal(m->routes.direct->unknown, 1);
    check_around(m, 0x20010203, 32);
    remove_known(m, 0x20010203, 32);
    assert_int_equal(m->routes.direct->unknown, 0);
    check_around(m, 0x20010203, 32);
    remove_known(m, 0x20000000, 8);
    check_around(m, 0x20010203, 32);
}

static void without_memory_for_a_table_the_trie_answers(void **state) {
    struct map *m = *state;
    fill(m, 1023);
    m->fixture.countdown = 0;
    while (m->routes.count < 1024) {
        uint32_t number;
        uint8_t length;
        prefix_random(m, &number, &length);
        const struct oracle_place *place = oracle_place(&m->oracle, number, length);
        if (!place->used)
            (void)add(m, number, length, 1);
    }
    assert_null(m->routes.direct);
    m->fixture.countdown = UINT64_MAX;
    for (unsigned i = 0; i < 5000; i++)
        change(m);
}

static void several_routes_of_a_prefix_are_all_found(void **state) {
    struct map *m = *state;
    fill(m, MANY);
    struct dobos_address at = dobos_address_ipv4(0x0b010203);
    for (uint32_t gateway = 1; gateway <= 3; gateway++) {
        struct dobos_route route = route_of(0x0b010200, 24, gateway);
        assert_int_equal(routes_add(&m->routes, &route), 0);
        uint32_t lead = routes_find(&m->routes, 0x0b010203, 0), count = 0;
        while (lead)
            assert_int_equal(
                dobos_address_ipv4_number(&routes_hop_take(&m->routes, &lead)->gateway), ++count);
        assert_int_equal(count, gateway);
    }
    for (uint32_t gateway = 1; gateway <= 2; gateway++) {
        struct dobos_route route = route_of(0x0b010200, 24, gateway);
        assert_int_equal(routes_remove(&m->routes, &route), 0);
        assert_int_equal(dobos_address_ipv4_number(&routes_lookup(&m->routes, &at, 0)->gateway),
                         gateway + 1);
    }
    assert_int_equal(m->routes.links.count, 0);
}

#define MAP_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        MAP_TEST(table_comes_with_many_routes_and_goes_with_few),
        MAP_TEST(random_changes_agree_with_the_oracle),
        MAP_TEST(short_prefixes_change_over_a_full_table),
        MAP_TEST(groups_that_nothing_needs_are_given_back),
        MAP_TEST(answers_stay_right_while_memory_fails),
        MAP_TEST(unknown_cell_is_known_again_with_what_its_own_level_has),
        MAP_TEST(without_memory_for_a_table_the_trie_answers),
        MAP_TEST(several_routes_of_a_prefix_are_all_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
