/* Networks that set themselves up: interfaces with dhcp4, and what waits until they have settled.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_tools.h"
#include "lab/lab_inner.h"
#include "made.h"

#define HEAD              \
    "network: n\n"        \
    "segments: {lan: }\n" \
    "nodes:\n"
#define ASKS(name, more) "  " name ": {interfaces: {eth0: {segment: lan, dhcp4: true" more "}}}\n"
#define HAS(name, address) \
    "  " name ": {interfaces: {eth0: {segment: lan, addresses: [" address "]}}}\n"

static void client_that_nobody_answers_has_failed_after_four_messages(void **state) {
    (void)state;
    char missing[512];
    struct lab *lab = lab_of(HEAD ASKS("a", "") HAS("b", "192.0.2.1/24"));
    assert_true(lab_settle(lab, missing, sizeof missing));
    assert_string_equal(missing, "a: eth0: no DHCP server answers");
    assert_in_range(lab_now(lab), 25 * DOBOS_SECOND, 31 * DOBOS_SECOND);
    lab_destroy(lab);
    lab = lab_of(HEAD ASKS("a", "") ASKS("b", ", addresses: [192.0.2.1/24]") ASKS("c", ""));
    assert_true(lab_settle(lab, missing, sizeof missing));
    assert_string_equal(missing, "a: eth0: no DHCP server answers (and 2 more)");
    lab_destroy(lab);
}

static void client_without_a_link_is_not_waited_for(void **state) {
    (void)state;
    char missing[512];
    struct lab_error error;
    struct lab *lab = lab_of(HEAD ASKS("a", ""));
    assert_int_equal(lab_set(lab, NULL, "lan", "{state: down}", &error), 0);
    assert_true(lab_settle(lab, missing, sizeof missing));
    assert_string_equal(missing, "a: eth0: the link is down");
    assert_int_equal(lab_now(lab), 0);
    lab_destroy(lab);
}

static void tentative_address_is_waited_for(void **state) {
    (void)state;
    char missing[512];
    struct lab *lab = lab_of(HEAD HAS("a", "192.0.2.1/24"));
    const struct dobos_interface_address address = {
        .prefix = {dobos_address_ipv4(0xc0000209), 24},
        .valid_until = DOBOS_NEVER,
        .preferred_until = DOBOS_NEVER,
        .state = DOBOS_ADDRESS_TENTATIVE,
    };
    struct dobos_interface_address found;
    assert_int_equal(dobos_address_add(lab_host(lab, "a"), 2, &address), 0);
    lab_wake(lab, "a");
    assert_true(lab_settle(lab, missing, sizeof missing));
    assert_string_equal(missing, "");
    assert_int_equal(dobos_address_read(lab_host(lab, "a"), 2, 1, &found), 0);
    assert_int_equal(found.state, DOBOS_ADDRESS_READY);
    lab_destroy(lab);
}

#define SERVER                                                                        \
    "  s: {interfaces: {eth0: {segment: lan, addresses: [192.0.2.1/24]}}, services: " \
    "{dhcp: {interface: eth0, pool: 192.0.2.100-192.0.2.200, router: 192.0.2.1}}}\n"

static struct dobos_route first_route(struct lab *lab, const char *node) {
    struct dobos_route route;
    assert_int_equal(dobos_route_read(lab_host(lab, node), 0, &route), 0);
    assert_int_equal(route.origin, DOBOS_ORIGIN_DHCP);
    assert_int_equal(route.destination.length, 0);
    return route;
}

static void route_learned_has_the_metric_of_the_file(void **state) {
    (void)state;
    char missing[512];
    struct lab *lab =
        lab_of(HEAD SERVER ASKS("a", "") ASKS("b", ", dhcp4-overrides: {route-metric: 7}"));
    assert_true(lab_settle(lab, missing, sizeof missing));
    assert_string_equal(missing, "");
    assert_int_equal(first_route(lab, "a").metric, 100);
    assert_int_equal(first_route(lab, "b").metric, 7);
    lab_destroy(lab);
}

/* Down for a while, the address is verified when the link is back; down for longer than the lease,
 * it has gone with its route. */
static void link_that_comes_back_has_its_lease_verified(void **state) {
    (void)state;
    char missing[512];
    struct lab_error error;
    struct dobos_interface_address before, after;
    struct lab *lab = lab_of(HEAD SERVER ASKS("a", ""));
    assert_true(lab_settle(lab, missing, sizeof missing));
    assert_int_equal(dobos_address_read(lab_host(lab, "a"), 2, 0, &before), 0);
    assert_int_equal(lab_set(lab, "a", "eth0", "{state: down}", &error), 0);
    lab_run_until(lab, lab_now(lab) + 100 * DOBOS_SECOND);
    assert_int_equal(lab_set(lab, "a", "eth0", "{state: up}", &error), 0);
    lab_run_until(lab, lab_now(lab) + DOBOS_SECOND);
    assert_int_equal(dobos_address_read(lab_host(lab, "a"), 2, 0, &after), 0);
    assert_true(dobos_address_is_equal(&before.prefix.address, &after.prefix.address));
    assert_true(after.valid_until > before.valid_until + 90 * DOBOS_SECOND);
    assert_int_equal(lab_set(lab, "a", "eth0", "{state: down}", &error), 0);
    lab_run_until(lab, lab_now(lab) + 3700 * DOBOS_SECOND);
    assert_int_equal(dobos_address_read(lab_host(lab, "a"), 2, 0, &after), -DOBOS_ENOENT);
    struct dobos_route route;
    assert_int_equal(dobos_route_read(lab_host(lab, "a"), 0, &route), -DOBOS_ENOENT);
    assert_int_equal(lab_set(lab, "a", "eth0", "{state: up}", &error), 0);
    assert_true(lab_settle(lab, missing, sizeof missing));
    assert_int_equal(dobos_address_read(lab_host(lab, "a"), 2, 0, &after), 0);
    assert_true(dobos_address_is_equal(&before.prefix.address, &after.prefix.address));
    lab_destroy(lab);
}

/* Its server probed the address before it was offered, and nobody answered: what it has heard since
 * is the announcement. */
static void address_leased_is_announced_before_anybody_is_asked(void **state) {
    (void)state;
    static const char text[] = "network: n\nsegments: {lan: {delay: 5ms}}\nnodes:\n" ASKS(
        "a",
        "") "  b: {interfaces: {eth0: {segment: lan, addresses: [192.0.2.1/24]}}, services: {dhcp: "
            "{interface: eth0, pool: 192.0.2.100-192.0.2.199}}}\n"
            "script:\n  - {node: b, expect: {counter: {ArpInRequests: '>= 4'}}}\n";
    struct dobos_neighbor_info neighbor;
    char missing[512];
    struct lab *lab = lab_of(text);
    assert_true(lab_settle(lab, missing, sizeof missing));
    assert_string_equal(missing, "");
    assert_int_equal(dobos_neighbor_read(lab_host(lab, "b"), 2, 0, &neighbor), 0);
    assert_int_equal(neighbor.state, DOBOS_NEIGHBOR_STALE);
    lab_destroy(lab);
    lab = lab_of(text);
    struct sink out;
    sink_init(&out);
    const struct lab_verdict verdict = lab_script_run(lab, 1000 * DOBOS_SECOND, &out);
    if (verdict.failed)
        fail_msg("%s", sink_text(&out));
    sink_fini(&out);
    lab_destroy(lab);
}

/* The first step waits for the network to settle, unless it has a time. */
static void script_begins_when_the_network_has_settled(void **state) {
    static const char *const steps[] = {"{node: b, expect: {counter: {FramesIn: '>= 3'}}}",
                                        "{at: 1s, node: b, expect: {counter: {FramesIn: 1}}}"};
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        char text[1024];
        struct sink out;
        (void)snprintf(text, sizeof text, "%sscript:\n  - %s\n",
                       HEAD ASKS("a", "") HAS("b", "192.0.2.1/24"), steps[i]);
        struct lab *lab = lab_of(text);
        sink_init(&out);
        const struct lab_verdict verdict = lab_script_run(lab, 1000 * DOBOS_SECOND, &out);
        if (verdict.failed)
            fail_msg("%s", sink_text(&out));
        assert_int_equal(verdict.passed, 1);
        assert_in_range(lab_now(lab), (i ? 1 : 25) * DOBOS_SECOND, (i ? 1 : 31) * DOBOS_SECOND);
        sink_fini(&out);
        lab_destroy(lab);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(client_that_nobody_answers_has_failed_after_four_messages),
        cmocka_unit_test(client_without_a_link_is_not_waited_for),
        cmocka_unit_test(tentative_address_is_waited_for),
        cmocka_unit_test(route_learned_has_the_metric_of_the_file),
        cmocka_unit_test(link_that_comes_back_has_its_lease_verified),
        cmocka_unit_test(address_leased_is_announced_before_anybody_is_asked),
        cmocka_unit_test(script_begins_when_the_network_has_settled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
