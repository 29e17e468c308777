/* routes: the trie against a list that is searched from end to end. */
#include "../link/fixture.h"

#include "base/prefix.h"
#include "network/routes.h"

struct map {
    struct fixture fixture;
    struct routes routes;
};

static int setup(void **state) {
    struct map *m = calloc(1, sizeof *m);
    fixture_init(&m->fixture);
    routes_init(&m->routes, pool_allocator(m->fixture.pool), DOBOS_TABLE_MAIN);
    *state = m;
    return 0;
}

static int teardown(void **state) {
    struct map *m = *state;
    routes_fini(&m->routes);
    fixture_fini(&m->fixture);
    free(m);
    return 0;
}

static struct dobos_route route_make(uint32_t number, uint8_t length, uint32_t gateway,
                                     uint32_t metric, uint32_t interface) {
    return (struct dobos_route){.destination = {dobos_address_ipv4(number), length},
                                .gateway = dobos_address_ipv4(gateway),
                                .interface = interface,
                                .metric = metric,
                                .source = dobos_address_ipv4(0)};
}

static int add(struct map *m, uint32_t number, uint8_t length, uint32_t gateway, uint32_t metric,
               uint32_t interface) {
    struct dobos_route route = route_make(number, length, gateway, metric, interface);
    return routes_add(&m->routes, &route);
}

/* The gateway's number for a destination; 0: none. */
static uint32_t lookup(struct map *m, uint32_t destination, uint32_t interface) {
    struct dobos_address address = dobos_address_ipv4(destination);
    const struct route_hop *route = routes_lookup(&m->routes, &address, interface);
    return route ? dobos_address_ipv4_number(&route->gateway) : 0;
}

/* [rfc1812#11] [rfc1122#46] [rfc1122#105] */
static void longest_prefix_wins_and_default_takes_the_rest(void **state) {
    struct map *m = *state;
    struct dobos_address address = dobos_address_ipv4(0x0a010203);
    assert_int_equal(lookup(m, 0x0a010203, 0), 0);
    assert_int_equal(add(m, 0, 0, 1, 0, 2), 0);
    assert_int_equal(add(m, 0x0a000000, 8, 2, 0, 2), 0);
    assert_int_equal(add(m, 0x0a010000, 16, 3, 0, 2), 0);
    assert_int_equal(add(m, 0x0a010203, 32, 4, 0, 2), 0);
    assert_int_equal(lookup(m, 0x0a010203, 0), 4);
    assert_int_equal(lookup(m, 0x0a010204, 0), 3);
    assert_int_equal(lookup(m, 0x0a020204, 0), 2);
    assert_int_equal(lookup(m, 0x0b010203, 0), 1);
    assert_int_equal(routes_holding(&m->routes, &address, 0), 4);
}

static void smaller_metric_wins_among_equal_prefixes(void **state) {
    struct map *m = *state;
    add(m, 0x0a000000, 8, 1, 100, 2);
    add(m, 0x0a000000, 8, 2, 50, 2);
    add(m, 0x0a000000, 8, 3, 50, 2);
    assert_int_equal(lookup(m, 0x0a000001, 0), 2);
    struct dobos_route route = route_make(0x0a000000, 8, 2, 50, 0);
    assert_int_equal(routes_remove(&m->routes, &route), 0);
    assert_int_equal(lookup(m, 0x0a000001, 0), 3);
}

static void route_that_leads_nowhere_goes_alone(void **state) {
    struct map *m = *state;
    struct dobos_route wall = route_make(0x0a000000, 8, 0, 0, 0);
    wall.type = DOBOS_ROUTE_BLACKHOLE;
    assert_int_equal(add(m, 0x0a000000, 8, 0, 0, 2), 0); /* to neighbours */
    assert_int_equal(routes_add(&m->routes, &wall), 0);
    wall.type = DOBOS_ROUTE_PROHIBIT;
    assert_int_equal(routes_remove(&m->routes, &wall), -DOBOS_ENOENT);
    wall.type = DOBOS_ROUTE_BLACKHOLE;
    assert_int_equal(routes_remove(&m->routes, &wall), 0);
    assert_int_equal(routes_remove(&m->routes, &wall), -DOBOS_ENOENT);
    assert_int_equal(m->routes.count, 1);
    struct dobos_address address = dobos_address_ipv4(0x0a000001);
    assert_int_equal(routes_lookup(&m->routes, &address, 0)->interface, 2);
}

static void interface_filters(void **state) {
    struct map *m = *state;
    struct dobos_address address = dobos_address_ipv4(0x0a010101);
    add(m, 0, 0, 1, 0, 2);
    add(m, 0x0a000000, 8, 2, 0, 3);
    assert_int_equal(lookup(m, 0x0a010101, 2), 1);
    assert_int_equal(lookup(m, 0x0a010101, 3), 2);
    assert_int_equal(lookup(m, 0x0a010101, 4), 0);
    assert_int_equal(routes_holding(&m->routes, &address, 3), 1);
}

static void wrong_routes_are_refused(void **state) {
    struct map *m = *state;
    assert_int_equal(add(m, 0x0a000001, 8, 0, 0, 2), -DOBOS_EINVAL);
    assert_int_equal(add(m, 1, 0, 0, 0, 2), -DOBOS_EINVAL);
    assert_int_equal(add(m, 0, 33, 0, 0, 2), -DOBOS_EINVAL);
    assert_int_equal(add(m, 0x0a000000, 8, 1, 7, 2), 0);
    assert_int_equal(add(m, 0x0a000000, 8, 1, 7, 2), -DOBOS_EEXIST);
    assert_int_equal(add(m, 0x0a000000, 8, 1, 7, 3), 0); /* by another interface: another route */
    struct dobos_route absent = route_make(0x0a000000, 9, 1, 7, 2);
    assert_int_equal(routes_remove(&m->routes, &absent), -DOBOS_ENOENT);
    absent = route_make(0x0a000000, 8, 2, 7, 2);
    assert_int_equal(routes_remove(&m->routes, &absent), -DOBOS_ENOENT);
    assert_int_equal(m->routes.count, 2);
}

static void generation_grows_with_each_change_only(void **state) {
    struct map *m = *state;
    uint64_t before = m->routes.generation;
    add(m, 0x0a000000, 8, 1, 0, 2);
    assert_true(m->routes.generation > before);
    before = m->routes.generation;
    add(m, 0x0a000000, 8, 1, 0, 2);
    lookup(m, 0x0a000001, 0);
    assert_int_equal(m->routes.generation, before);
    struct dobos_route route = route_make(0x0a000000, 8, 1, 0, 0);
    routes_remove(&m->routes, &route);
    assert_true(m->routes.generation > before);
}

static void source_changes_in_place(void **state) {
    struct map *m = *state;
    struct dobos_address source = dobos_address_ipv4(0x0a000009),
                         at = dobos_address_ipv4(0x0a000001);
    struct dobos_route route = route_make(0x0a000000, 8, 0, 0, 2), other = route;
    other.interface = 3;
    assert_int_equal(routes_source_set(&m->routes, &route, &source), -DOBOS_ENOENT);
    assert_int_equal(add(m, 0x0a000000, 8, 0, 0, 2), 0);
    assert_int_equal(routes_source_set(&m->routes, &other, &source), -DOBOS_ENOENT);
    uint64_t generation = m->routes.generation;
    m->fixture.countdown = 0; /* no memory */
    assert_int_equal(routes_source_set(&m->routes, &route, &source), 0);
    m->fixture.countdown = UINT64_MAX;
    assert_true(m->routes.generation > generation);
    assert_int_equal(m->routes.count, 1);
    const struct route_hop *found = routes_lookup(&m->routes, &at, 0);
    assert_memory_equal(&found->source, &source, sizeof source);
}

static void routes_are_listed_default_first_then_by_address_and_length(void **state) {
    struct map *m = *state;
    static const struct {
        uint32_t number;
        uint8_t length;
        uint32_t metric;
    } sorted[] = {{0, 0, 0},           {0, 0, 9},           {0, 8, 0},
                  {0x0a000000, 8, 0},  {0x0a000000, 16, 1}, {0x0a000000, 16, 2},
                  {0x0a000000, 24, 0}, {0x0a010000, 16, 0}, {0xc0a80000, 24, 0},
                  {0xc0a80004, 32, 0}};
    static const size_t order[] = {7, 3, 9, 1, 0, 5, 4, 2, 8, 6};
    for (size_t i = 0; i < array_length(order); i++)
        assert_int_equal(
            add(m, sorted[order[i]].number, sorted[order[i]].length, 0, sorted[order[i]].metric, 2),
            0);
    for (uint32_t i = 0; i < array_length(sorted); i++) {
        struct dobos_route route;
        assert_true(routes_nth(&m->routes, i, &route));
        assert_int_equal(dobos_address_ipv4_number(&route.destination.address), sorted[i].number);
        assert_int_equal(route.destination.length, sorted[i].length);
        assert_int_equal(route.metric, sorted[i].metric);
    }
    struct dobos_route none;
    assert_false(routes_nth(&m->routes, array_length(sorted), &none));
}

/* ---- the model ---- */

#define MODEL 400

struct model {
    struct dobos_route routes[MODEL]; /* in the order they were added */
    uint32_t count;
};

static bool model_is_same(const struct dobos_route *a, const struct dobos_route *b, bool any) {
    return a->metric == b->metric && dobos_address_is_equal(&a->gateway, &b->gateway) &&
           a->destination.length == b->destination.length &&
           dobos_address_is_equal(&a->destination.address, &b->destination.address) &&
           (a->interface == b->interface || (any && b->interface == 0));
}

static int model_find(const struct model *model, const struct dobos_route *route, bool any) {
    int found = -1;
    for (uint32_t i = 0; i < model->count; i++)
        if (found < 0 && model_is_same(&model->routes[i], route, any))
            found = (int)i;
    return found;
}

static const struct dobos_route *model_lookup(const struct model *model,
                                              const struct dobos_address *address,
                                              uint32_t interface, uint32_t *matches) {
    const struct dobos_route *best = NULL;
    *matches = 0;
    for (uint32_t i = 0; i < model->count; i++) {
        const struct dobos_route *route = &model->routes[i];
        if (!prefix_contains(&route->destination, address) ||
            (interface && route->interface != interface))
            continue;
        ++*matches;
        if (!best || route->destination.length > best->destination.length ||
            (route->destination.length == best->destination.length && route->metric < best->metric))
            best = route;
    }
    return best;
}

/* Prefixes that lie close together, so that they nest and part. */
static struct dobos_route route_random(struct random *random) {
    uint8_t length = (uint8_t)random_below(random, 33);
    uint32_t number = (uint32_t)random_below(random, 2)
                          ? (uint32_t)random_next(random)
                          : (0x0a000000 | (uint32_t)random_below(random, 64));
    if (random_below(random, 2))
        length = (uint8_t)(26 + random_below(random, 7));
    return route_make(number & ipv4_mask(length), length, (uint32_t)random_below(random, 3),
                      (uint32_t)random_below(random, 3), 2 + (uint32_t)random_below(random, 2));
}

static void model_change(struct map *m, struct model *model, struct random *random) {
    struct dobos_route route = route_random(random);
    if (random_below(random, 2) && model->count > 0)
        route = model->routes[random_below(random, model->count)];
    if (model->count < MODEL && random_below(random, MODEL) > model->count / 2) {
        bool known = model_find(model, &route, false) >= 0;
        assert_int_equal(routes_add(&m->routes, &route), known ? -DOBOS_EEXIST : 0);
        if (!known)
            model->routes[model->count++] = route;
        return;
    }
    if (random_below(random, 2))
        route.interface = 0;
    int found = model_find(model, &route, true);
    assert_int_equal(routes_remove(&m->routes, &route), found < 0 ? -DOBOS_ENOENT : 0);
    if (found >= 0) {
        model->count--;
        memmove(&model->routes[found], &model->routes[found + 1],
                (model->count - (uint32_t)found) * sizeof route);
    }
}

static void random_changes_agree_with_a_list(void **state) {
    struct map *m = *state;
    static struct model model;
    struct random random = random_make(99);
    for (unsigned i = 0; i < 60000; i++) {
        uint32_t expected_matches;
        uint32_t number = random_below(&random, 2)
                              ? (uint32_t)random_next(&random)
                              : (0x0a000000 | (uint32_t)random_below(&random, 70));
        uint32_t interface = random_below(&random, 2) ? 0 : 2 + (uint32_t)random_below(&random, 3);
        struct dobos_address address = dobos_address_ipv4(number);
        model_change(m, &model, &random);
        const struct dobos_route *expected =
            model_lookup(&model, &address, interface, &expected_matches);
        const struct route_hop *found = routes_lookup(&m->routes, &address, interface);
        assert_int_equal(routes_holding(&m->routes, &address, interface), expected_matches);
        assert_int_equal(found != NULL, expected != NULL);
        struct dobos_route last;
        if (found) {
            assert_true(found->metric == expected->metric &&
                        found->interface == expected->interface &&
                        dobos_address_is_equal(&found->gateway, &expected->gateway));
            assert_true(
                routes_nth_holding(&m->routes, &address, interface, expected_matches - 1, &last));
            assert_int_equal(last.destination.length, expected->destination.length);
        }
        assert_int_equal(m->routes.count, model.count);
        if (i % 1000 == 0) {
            uint64_t before = 0;
            for (uint32_t n = 0; n < model.count; n++) {
                struct dobos_route route;
                assert_true(routes_nth(&m->routes, n, &route));
                uint64_t key = (uint64_t)dobos_address_ipv4_number(&route.destination.address)
                                   << 16 |
                               (uint64_t)route.destination.length << 8 | route.metric;
                assert_true(model_find(&model, &route, false) >= 0);
                assert_true(key >= before);
                before = key;
            }
        }
    }
    while (model.count > 0) {
        assert_int_equal(routes_remove(&m->routes, &model.routes[--model.count]), 0);
    }
    assert_int_equal(m->routes.root, 0); /* nothing is left of the trie */
}

static bool is_same_place(const struct dobos_route *a, const struct dobos_route *b) {
    return a->destination.length == b->destination.length &&
           dobos_address_is_equal(&a->destination.address, &b->destination.address) &&
           a->metric == b->metric && a->interface == b->interface &&
           dobos_address_is_equal(&a->gateway, &b->gateway);
}

static void failing_allocation_changes_nothing(void **state) {
    struct map *m = *state;
    struct random random = random_make(5);
    uint64_t live = m->fixture.live;
    for (unsigned i = 0; i < 2000; i++) {
        struct dobos_route route = route_random(&random);
        uint32_t before = m->routes.count;
        m->fixture.countdown = random_below(&random, 4);
        int result = routes_add(&m->routes, &route);
        m->fixture.countdown = UINT64_MAX;
        assert_true(result == 0 || result == -DOBOS_ENOMEM || result == -DOBOS_EEXIST);
        assert_int_equal(m->routes.count, before + (result == 0));
        struct dobos_route each;
        if (result == -DOBOS_ENOMEM)
            for (uint32_t n = 0; n < before; n++)
                assert_true(routes_nth(&m->routes, n, &each) && !is_same_place(&each, &route));
    }
    struct dobos_route first;
    while (routes_nth(&m->routes, 0, &first))
        assert_int_equal(routes_remove(&m->routes, &first), 0);
    assert_in_range(m->fixture.live, live, live + 1); /* the hash table may keep its smallest */
}

#define MAP_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        MAP_TEST(longest_prefix_wins_and_default_takes_the_rest),
        MAP_TEST(smaller_metric_wins_among_equal_prefixes),
        MAP_TEST(route_that_leads_nowhere_goes_alone),
        MAP_TEST(interface_filters),
        MAP_TEST(wrong_routes_are_refused),
        MAP_TEST(generation_grows_with_each_change_only),
        MAP_TEST(source_changes_in_place),
        MAP_TEST(routes_are_listed_default_first_then_by_address_and_length),
        MAP_TEST(random_changes_agree_with_a_list),
        MAP_TEST(failing_allocation_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
