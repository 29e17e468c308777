/*
 * dns: what the tool shows of a node's DNS server, of a network in virtual time, against golden
 * texts: a home's cache that forwards to a provider's, which asks from the root down.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "lab_scene.h"

#define NETWORK                                                                                 \
    "network: n\n"                                                                              \
    "segments: {lan: {delay: 2ms}}\n"                                                           \
    "nodes:\n"                                                                                  \
    "  client: {interfaces: {eth0: {segment: lan, addresses: [192.0.2.10/24]}}}\n"              \
    "  home:\n"                                                                                 \
    "    interfaces: {eth0: {segment: lan, addresses: [192.0.2.1/24]}}\n"                       \
    "    services: {dns: {forward: [192.0.2.2]}}\n"                                             \
    "  provider:\n"                                                                             \
    "    interfaces: {eth0: {segment: lan, addresses: [192.0.2.2/24]}}\n"                       \
    "    services: {dns: {roots: [192.0.2.3]}}\n"                                               \
    "  root:\n"                                                                                 \
    "    interfaces: {eth0: {segment: lan, addresses: [192.0.2.3/24]}}\n"                       \
    "    services:\n"                                                                           \
    "      dns:\n"                                                                              \
    "        zones:\n"                                                                          \
    "          .:\n"                                                                            \
    "            '@': {NS: a.root, SOA: a.root me.root 1 60 60 60 60}\n"                        \
    "            a.root: {A: 192.0.2.3}\n"                                                      \
    "            test: {NS: ns.test}\n"                                                         \
    "            ns.test: {A: 192.0.2.4}\n"                                                     \
    "  server:\n"                                                                               \
    "    interfaces: {eth0: {segment: lan, addresses: [192.0.2.4/24]}}\n"                       \
    "    services:\n"                                                                           \
    "      dns: {zones: {test: {'@': {NS: ns.test}, ns: {A: 192.0.2.4}, www: {A: 192.0.2.80}, " \
    "txt: {TXT: a b}}}}\n"

/* The client has asked the home's server about a name that is there and one that is not. */
static struct scene scene_asked(void) {
    struct scene scene = scene_open(NETWORK);
    ask(&scene, "client", "nslookup -type=a www.test 192.0.2.1");
    assert_int_equal(scene.code, 0);
    ask(&scene, "client", "nslookup -type=a no.test 192.0.2.1");
    return scene;
}

static void cache_lists_what_was_learned_and_from_whom(void **state) {
    (void)state;
    struct scene scene = scene_asked();
    expect(&scene, "home", "dns cache", 0,
           "Name      TTL Type From      Data\n"
           "no.test   299 *    forwarder no such name, says test\n"
           "www.test 3599 A    forwarder 192.0.2.80\n",
           "");
    ask(&scene, "provider", "dns cache test");
    assert_non_null(strstr(sink_text(&scene.out), "parent    ns."));
    assert_non_null(strstr(sink_text(&scene.out), "parent    192.0.2.4\n"));
    assert_non_null(strstr(sink_text(&scene.out), "authority 192.0.2.80\n"));
    ask(&scene, "provider", "dns cache WWW.test AAAA");
    assert_null(strstr(sink_text(&scene.out), "192.0.2.80"));
    ask(&scene, "provider", "dns cache WWW.test A");
    assert_non_null(strstr(sink_text(&scene.out), "www.test"));
    lab_run_until(scene.lab, lab_now(scene.lab) + 3605 * DOBOS_SECOND);
    ask(&scene, "home", "dns cache www.test");
    assert_non_null(strstr(sink_text(&scene.out), "www.test  -6 A "));
    scene_close(&scene);
}

static void cache_as_json_has_records_of_each_entry(void **state) {
    (void)state;
    struct scene scene = scene_asked();
    ask(&scene, "home", "dns cache www.test --json");
    json_t *array = json_loads(sink_text(&scene.out), 0, NULL), *entry = json_array_get(array, 0);
    assert_int_equal(json_array_size(array), 1);
    assert_string_equal(json_string_value(json_object_get(entry, "name")), "www.test");
    assert_string_equal(json_string_value(json_object_get(entry, "kind")), "records");
    assert_true(json_is_false(json_object_get(entry, "stale")));
    json_t *record = json_array_get(json_object_get(entry, "records"), 0);
    assert_string_equal(json_string_value(json_object_get(record, "data")), "192.0.2.80");
    json_decref(array);
    scene_close(&scene);
}

static void servers_tell_how_fast_they_answer(void **state) {
    (void)state;
    struct scene scene = scene_asked();
    ask(&scene, "provider", "dns servers");
    assert_int_equal(scene.code, 0);
    assert_non_null(strstr(sink_text(&scene.out), "192.0.2.3       up "));
    assert_non_null(strstr(sink_text(&scene.out), "192.0.2.4       up "));
    assert_null(strstr(sink_text(&scene.out), "192.0.2.1 "));
    ask(&scene, "provider", "dns servers --json");
    json_t *array = json_loads(sink_text(&scene.out), 0, NULL), *entry = json_array_get(array, 0);
    assert_int_equal(json_array_size(array), 2);
    assert_string_equal(json_string_value(json_object_get(entry, "state")), "up");
    assert_true(json_integer_value(json_object_get(entry, "srtt_ns")) >= 4 * DOBOS_MILLISECOND);
    json_decref(array);
    scene_close(&scene);
}

static void flush_forgets_and_says_how_much(void **state) {
    (void)state;
    struct scene scene = scene_asked();
    expect(&scene, "home", "dns flush www.test", 0, "1 entry forgotten\n", "");
    expect(&scene, "home", "dns flush www.test", 0, "0 entries forgotten\n", "");
    expect(&scene, "home", "dns flush --json", 0, "{\"forgotten\":1}\n", "");
    expect(&scene, "home", "dns cache", 0, "Name TTL Type From Data\n", "");
    scene_close(&scene);
}

static void stat_counts(void **state) {
    (void)state;
    struct scene scene = scene_asked();
    ask(&scene, "home", "dns stat --json");
    json_t *object = json_loads(sink_text(&scene.out), 0, NULL);
    assert_int_equal(json_integer_value(json_object_get(object, "records")), 1);
    assert_int_equal(json_integer_value(json_object_get(object, "no_name")), 1);
    assert_int_equal(json_integer_value(json_object_get(object, "misses")), 2);
    assert_int_equal(json_integer_value(json_object_get(object, "queries")), 2);
    json_decref(object);
    ask(&scene, "home", "dns stat");
    assert_non_null(strstr(sink_text(&scene.out), "records             1  sets of records"));
    scene_close(&scene);
}

static void wrong_words_and_nodes_are_refused(void **state) {
    (void)state;
    struct scene scene = scene_asked();
    expect(&scene, "client", "dns cache", 1, "", "dobos dns: client has no DNS server\n");
    expect(&scene, "server", "dns stat", 1, "",
           "dobos dns: server has no cache: it asks no other server\n");
    expect(&scene, "server", "dns cache", 0, "Name TTL Type From Data\n", "");
    expect(&scene, "home", "dns drop", 2, "",
           "dobos dns: 'drop': expected cache, servers, flush or stat (see dobos dns --help)\n");
    expect(&scene, "home", "dns cache a..b", 2, "",
           "dobos dns: 'a..b': expected a name such as www.example.org (see dobos dns --help)\n");
    expect(&scene, "home", "dns cache a XYZ", 2, "",
           "dobos dns: 'XYZ': expected a type such as A, MX or TYPE65 (see dobos dns --help)\n");
    expect(&scene, "home", "dns servers x", 2, "",
           "dobos dns: 'x': expected nothing more (see dobos dns --help)\n");
    scene_close(&scene);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cache_lists_what_was_learned_and_from_whom),
        cmocka_unit_test(cache_as_json_has_records_of_each_entry),
        cmocka_unit_test(servers_tell_how_fast_they_answer),
        cmocka_unit_test(flush_forgets_and_says_how_much),
        cmocka_unit_test(stat_counts),
        cmocka_unit_test(wrong_words_and_nodes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
