/* trace: golden texts in virtual time: answers, silence, errors, names, options. Routers on the way
 * are tests/cli/tools_namespace_test.py's. */
#include "asked.h"

#include <jansson.h>

#define ALWAYS (UINT64_C(1) << 32) /* of losing a frame */

/* A way of 5 ms in each direction, and neighbours that know each other already. */
static struct scene warm_scene(uint64_t loss) {
    const struct impairments impairments = {.delay_ns = 5 * DOBOS_MILLISECOND, .loss = loss};
    struct scene scene = scene_create(&impairments);
    expect_host(&scene, scene.pair->a.host, "ping -c 1 192.0.2.2", loss > 0 ? 1 : 0, NULL, NULL);
    return scene;
}

static void name_server_give(struct scene *scene) {
    static const struct dobos_dns_record record = {"2.2.0.192.in-addr.arpa", "PTR",
                                                   "b.example.org.", 60};
    static const struct dobos_dns_zone zone = {"2.0.192.in-addr.arpa", &record, 1, NULL};
    scene_serve_names(scene, &zone, 1);
}

static void destination_ends_it(void **state) {
    (void)state;
    struct scene scene = warm_scene(0);
    expect_host(&scene, scene.pair->a.host, "trace -n 192.0.2.2", 0,
                "traceroute to 192.0.2.2 (192.0.2.2), 30 hops max, 60 byte packets\n"
                " 1  192.0.2.2  10.000 ms  10.000 ms  10.000 ms\n",
                "");
    expect_host(&scene, scene.pair->a.host, "trace -n -I -q 2 -m 5 192.0.2.2 100", 0,
                "traceroute to 192.0.2.2 (192.0.2.2), 5 hops max, 100 byte packets\n"
                " 1  192.0.2.2  10.000 ms  10.000 ms\n",
                "");
    expect_host(&scene, scene.pair->a.host, "trace -n -f 7 -q 1 192.0.2.2", 0,
                "traceroute to 192.0.2.2 (192.0.2.2), 30 hops max, 60 byte packets\n"
                " 7  192.0.2.2  10.000 ms\n",
                "");
    scene_destroy(&scene);
}

static void names_are_asked_for_unless_numeric(void **state) {
    (void)state;
    struct scene scene = warm_scene(0);
    expect_host(&scene, scene.pair->a.host, "trace -q 1 192.0.2.2", 0,
                "traceroute to 192.0.2.2 (192.0.2.2), 30 hops max, 60 byte packets\n"
                " 1  192.0.2.2 (192.0.2.2)  10.000 ms\n",
                "");
    name_server_give(&scene);
    expect_host(&scene, scene.pair->a.host, "trace -q 1 192.0.2.2", 0,
                "traceroute to 192.0.2.2 (192.0.2.2), 30 hops max, 60 byte packets\n"
                " 1  b.example.org (192.0.2.2)  10.000 ms\n",
                "");
    /* The server has authority, and no such name. */
    expect_host(&scene, scene.pair->a.host, "trace -q 1 192.0.2.1", 0,
                "traceroute to 192.0.2.1 (192.0.2.1), 30 hops max, 60 byte packets\n"
                " 1  192.0.2.1 (192.0.2.1)  0.000 ms\n",
                "");
    scene_destroy(&scene);
}

static void server_that_is_none_costs_time_but_no_line(void **state) {
    (void)state;
    struct scene scene = warm_scene(0);
    const struct dobos_nameserver server = {.address = dobos_address_ipv4(PAIR_GONE),
                                            .origin = DOBOS_ORIGIN_STATIC};
    assert_int_equal(dobos_nameserver_add(scene.pair->a.host, &server), 0);
    expect_host(&scene, scene.pair->a.host, "trace -q 1 192.0.2.2", 0,
                "traceroute to 192.0.2.2 (192.0.2.2), 30 hops max, 60 byte packets\n"
                " 1  192.0.2.2 (192.0.2.2)  10.000 ms\n",
                "");
    scene_destroy(&scene);
}

static void silence_is_a_star_and_nobody_there_an_error(void **state) {
    (void)state;
    struct scene scene = warm_scene(0);
    dobos_time before = scene.pair->now;
    assert_int_equal(
        dobos_discard_server_create(scene.pair->b.host, 0, &scene.services[scene.service_count++]),
        0);
    /* Who throws away what it gets says nothing. */
    expect_host(&scene, scene.pair->a.host, "trace -n -q 1 -m 1 -w 1 -p 9 192.0.2.2", 0,
                "traceroute to 192.0.2.2 (192.0.2.2), 1 hops max, 60 byte packets\n"
                " 1  *\n",
                "");
    assert_int_equal(scene.pair->now - before, DOBOS_SECOND);
    expect_host(&scene, scene.pair->a.host, "trace -n -m 1 -w 1 -p 9 192.0.2.2", 0,
                "traceroute to 192.0.2.2 (192.0.2.2), 1 hops max, 60 byte packets\n"
                " 1  * 192.0.2.2  10.000 ms  10.000 ms\n",
                "");
    scene_destroy(&scene);
    scene = scene_create(NULL);
    expect_host(&scene, scene.pair->a.host, "trace -n 192.0.2.99", 0,
                "traceroute to 192.0.2.99 (192.0.2.99), 30 hops max, 60 byte packets\n"
                " 1  192.0.2.1  3000.000 ms !H  3000.000 ms !H  3000.000 ms !H\n",
                "");
    scene_destroy(&scene);
}

static void interrupt_ends_the_line(void **state) {
    (void)state;
    struct scene scene = warm_scene(ALWAYS);
    scene.interrupt_at = scene.pair->now + 2500 * DOBOS_MILLISECOND;
    expect_host(&scene, scene.pair->a.host, "trace -n -w 1 -N 1 192.0.2.2", 130,
                "traceroute to 192.0.2.2 (192.0.2.2), 30 hops max, 60 byte packets\n"
                " 1  * *\n",
                "");
    scene_destroy(&scene);
}

static void json_has_every_probe(void **state) {
    (void)state;
    struct scene scene = warm_scene(0);
    struct asked asked = ask_host(&scene, scene.pair->a.host, "trace --json -n -q 2 192.0.2.2");
    assert_int_equal(asked.code, 0);
    json_t *document = json_loads(sink_text(&asked.out), 0, NULL);
    assert_non_null(document);
    json_t *hops = json_object_get(document, "hops");
    assert_true(json_is_true(json_object_get(document, "reached")));
    assert_int_equal(json_array_size(hops), 1);
    json_t *probes = json_object_get(json_array_get(hops, 0), "probes");
    assert_int_equal(json_array_size(probes), 2);
    assert_string_equal(json_string_value(json_object_get(json_array_get(probes, 1), "from")),
                        "192.0.2.2");
    json_decref(document);
    asked_fini(&asked);
    scene_destroy(&scene);
}

static void what_cannot_be_asked_is_refused(void **state) {
    (void)state;
    struct scene scene = scene_create(NULL);
    struct dobos_host *host = scene.pair->a.host;
    expect_host(&scene, host, "trace", 2, "",
                "dobos trace: expected HOST [BYTES] (see dobos trace --help)\n");
    expect_host(&scene, host, "trace -f 4 -m 3 192.0.2.2", 2, "",
                "dobos trace: first hop out of range: 4 is beyond -m 3 (see dobos trace --help)\n");
    expect_host(&scene, host, "trace -m 256 192.0.2.2", 2, "",
                "dobos trace: -m: '256': expected a whole number from 1 to 255\n");
    expect_host(&scene, host, "trace -q 11 192.0.2.2", 2, "", NULL);
    expect_host(&scene, host, "trace -p 65500 192.0.2.2", 2, "", NULL);
    expect_host(&scene, host, "trace 192.0.2.2 65536", 2, "", NULL);
    expect_host(&scene, host, "trace 192.0.2.300", 2, "", NULL);
    expect_host(&scene, host, "trace www", 2, "",
                "dobos trace: www: Temporary failure in name resolution: this node has no name "
                "server\n");
    expect_host(&scene, host, "trace -n 198.51.100.1", 1,
                "traceroute to 198.51.100.1 (198.51.100.1), 30 hops max, 60 byte packets\n",
                "dobos trace: connect: Network is unreachable\n");
    expect_host(&scene, host, "trace -n 192.0.2.255", 1, NULL,
                "dobos trace: connect: Permission denied\n");
    expect_host(&scene, host, "trace -n -i nosuch 192.0.2.2", 1, "",
                "dobos trace: nosuch: No such device\n");
    expect_host(&scene, host, "trace -n -s 192.0.2.9 192.0.2.2", 1, "",
                "dobos trace: 192.0.2.9: Cannot assign requested address\n");
    expect_host(&scene, host, "trace -n -F 192.0.2.2 1501", 1, NULL,
                "dobos trace: send: Message too long\n");
    scene_destroy(&scene);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(destination_ends_it),
        cmocka_unit_test(names_are_asked_for_unless_numeric),
        cmocka_unit_test(server_that_is_none_costs_time_but_no_line),
        cmocka_unit_test(silence_is_a_star_and_nobody_there_an_error),
        cmocka_unit_test(interrupt_ends_the_line),
        cmocka_unit_test(json_has_every_probe),
        cmocka_unit_test(what_cannot_be_asked_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
