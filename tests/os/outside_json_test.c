/* How a node outside is to be configured travels as JSON and comes back the same; damaged, it is
 * refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "os/outside_json.h"

#define NOW (1000 * DOBOS_SECOND)

static struct lab_outside sample(void) {
    struct lab_outside outside = {
        .interface = "eth0", .mac = {{2, 0, 0, 0, 0, 0x77}}, .mtu = 1400, .lease = LAB_LEASE_HELD};
    assert_int_equal(dobos_prefix_parse("192.168.7.4/24", &outside.addresses[0].prefix, NULL), 0);
    outside.addresses[0].valid_until = NOW + 600 * DOBOS_SECOND;
    outside.addresses[0].preferred_until = NOW + 300 * DOBOS_SECOND;
    outside.addresses[0].origin = DOBOS_ORIGIN_DHCP;
    assert_int_equal(dobos_prefix_parse("10.0.0.1/8", &outside.addresses[1].prefix, NULL), 0);
    outside.addresses[1].valid_until = outside.addresses[1].preferred_until = DOBOS_NEVER;
    outside.addresses[1].origin = DOBOS_ORIGIN_STATIC;
    outside.address_count = 2;
    assert_int_equal(dobos_prefix_parse("0.0.0.0/0", &outside.routes[0].destination, NULL), 0);
    assert_int_equal(dobos_address_parse("192.168.7.1", &outside.routes[0].gateway, NULL), 0);
    outside.routes[0].metric = UINT32_MAX;
    outside.routes[0].origin = DOBOS_ORIGIN_DHCP;
    assert_int_equal(dobos_prefix_parse("10.0.0.0/8", &outside.routes[1].destination, NULL), 0);
    outside.routes[1].type = DOBOS_ROUTE_PROHIBIT;
    outside.routes[1].origin = DOBOS_ORIGIN_STATIC;
    outside.route_count = 2;
    outside.nameservers[0] = dobos_address_ipv4(0xc0a80701);
    outside.nameserver_count = 1;
    (void)snprintf(outside.search[0], sizeof outside.search[0], "example.org");
    outside.search_count = 1;
    (void)snprintf(outside.hosts, sizeof outside.hosts, "10.0.0.9 printer\n");
    return outside;
}

static void configuration_comes_back_the_same(void **state) {
    const struct lab_outside sent = sample();
    struct lab_outside got;
    (void)state;
    json_t *object = outside_to_json(&sent, NOW);
    assert_non_null(object);
    assert_true(outside_from_json(object, NOW + 5 * DOBOS_SECOND, &got));
    assert_string_equal(got.interface, "eth0");
    assert_string_equal(got.hosts, "10.0.0.9 printer\n");
    assert_memory_equal(&got.mac, &sent.mac, sizeof got.mac);
    assert_int_equal(got.mtu, 1400);
    assert_int_equal(got.lease, LAB_LEASE_HELD);
    assert_int_equal(got.address_count, 2);
    assert_memory_equal(&got.addresses[0].prefix, &sent.addresses[0].prefix,
                        sizeof got.addresses[0].prefix);
    assert_int_equal(got.addresses[0].valid_until, NOW + 605 * DOBOS_SECOND);
    assert_int_equal(got.addresses[0].preferred_until, NOW + 305 * DOBOS_SECOND);
    assert_int_equal(got.addresses[0].origin, DOBOS_ORIGIN_DHCP);
    assert_int_equal(got.addresses[1].valid_until, DOBOS_NEVER);
    assert_int_equal(got.addresses[1].origin, DOBOS_ORIGIN_STATIC);
    assert_int_equal(got.route_count, 2);
    assert_int_equal(got.routes[0].type, DOBOS_ROUTE_UNICAST);
    assert_int_equal(got.routes[1].type, DOBOS_ROUTE_PROHIBIT);
    assert_memory_equal(&got.routes[0].gateway, &sent.routes[0].gateway,
                        sizeof got.routes[0].gateway);
    assert_true(dobos_address_is_unspecified(&got.routes[0].source));
    assert_int_equal(got.routes[0].metric, UINT32_MAX);
    assert_int_equal(got.nameserver_count, 1);
    assert_memory_equal(&got.nameservers[0], &sent.nameservers[0], sizeof got.nameservers[0]);
    assert_int_equal(got.search_count, 1);
    assert_string_equal(got.search[0], "example.org");
    json_decref(object);
}

static void routes_of_addresses_are_left_out(void **state) {
    struct lab_outside outside = sample(), got;
    (void)state;
    outside.routes[0].origin = DOBOS_ORIGIN_KERNEL;
    json_t *object = outside_to_json(&outside, NOW);
    assert_true(outside_from_json(object, NOW, &got));
    assert_int_equal(got.route_count, 1);
    json_decref(object);
}

/* Each value in turn is replaced by another, and each key but the lists is taken away. */
static void damaged_configuration_is_refused(void **state) {
    static const struct {
        const char *key, *value;
    } wrong[] = {
        {"interface", "7"},
        {"interface", "\"averyveryverylongname\""},
        {"mac", "\"02:00\""},
        {"mac", "null"},
        {"mtu", "0"},
        {"mtu", "65536"},
        {"mtu", "\"1500\""},
        {"lease", "\"sold\""},
        {"lease", "0"},
        {"addresses", "[{}]"},
        {"addresses", "[{\"address\": \"192.168.7.4\", \"x\": 1}, 7]"},
        {"routes", "[{\"to\": \"0.0.0.0/0\"}]"},
        {"routes", "[{\"to\": \"0.0.0.0/0\", \"via\": \"10.0.0.1\", \"from\": \"0.0.0.0\", "
                   "\"metric\": -1}]"},
        {"routes", "[{\"to\": \"0.0.0.0/0\", \"via\": null, \"from\": null, \"metric\": 0, "
                   "\"type\": \"elsewhere\"}]"},
        {"nameservers", "[\"nobody\"]"},
        {"search", "[7]"},
    };
    const struct lab_outside outside = sample();
    struct lab_outside got;
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        json_t *object = outside_to_json(&outside, NOW);
        json_t *value = json_loads(wrong[i].value, JSON_DECODE_ANY, NULL);
        assert_non_null(value);
        assert_int_equal(json_object_set_new(object, wrong[i].key, value), 0);
        assert_false(outside_from_json(object, NOW, &got));
        json_decref(object);
    }
    json_t *object = outside_to_json(&outside, NOW);
    json_t *many = json_array();
    for (unsigned i = 0; i <= LAB_OUTSIDE_ADDRESSES; i++)
        assert_int_equal(json_array_append_new(many, json_pack("{s:s}", "address", "10.0.0.1/8")),
                         0);
    assert_int_equal(json_object_set_new(object, "addresses", many), 0);
    assert_false(outside_from_json(object, NOW, &got));
    json_decref(object);
    assert_false(outside_from_json(NULL, NOW, &got));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(configuration_comes_back_the_same),
        cmocka_unit_test(routes_of_addresses_are_left_out),
        cmocka_unit_test(damaged_configuration_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
