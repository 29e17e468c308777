/* A host whose plug is pulled: what is left of it, and what its tools and peers see. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_tools.h"
#include "lab/lab_inner.h"
#include "made.h"

#define PAIR                                                                                    \
    "network: n\n"                                                                              \
    "segments: {lan: {}}\n"                                                                     \
    "nodes:\n"                                                                                  \
    "  a: {interfaces: {eth0: {segment: lan, addresses: [192.0.2.1/24]}}}\n"                    \
    "  b: {interfaces: {eth0: {segment: lan, addresses: [192.0.2.2/24],\n"                      \
    "      routes: [{to: default, via: 192.0.2.1}], nameservers: {addresses: [192.0.2.9]}}},\n" \
    "      services: {echo: {}}}\n"

static void restart(struct lab *lab, const char *node) {
    struct lab_error error = {""};
    if (lab_node_restart(lab, node, &error) != 0)
        fail_msg("%s", error.text);
}

static void host_made_anew_is_what_the_file_says(void **state) {
    (void)state;
    struct lab *lab = lab_of(PAIR);
    const struct dobos_interface_address more = {
        .prefix = {dobos_address_ipv4(0xc6336401), 24},
        .valid_until = DOBOS_NEVER,
        .preferred_until = DOBOS_NEVER,
    };
    struct dobos_interface_address address;
    struct dobos_route route;
    struct dobos_nameserver server;
    assert_int_equal(dobos_address_add(lab_host(lab, "b"), 2, &more), 0);
    lab_run_until(lab, DOBOS_SECOND);
    restart(lab, "b");
    struct dobos_host *host = lab_host(lab, "b");
    assert_non_null(host);
    assert_string_equal(dobos_host_name(host), "b");
    assert_int_equal(dobos_address_read(host, 2, 0, &address), 0);
    assert_int_equal(dobos_address_read(host, 2, 1, &address), -DOBOS_ENOENT);
    assert_int_equal(dobos_route_read(host, 0, &route), 0);
    assert_int_equal(route.destination.length, 0);
    assert_int_equal(dobos_nameserver_read(host, 0, &server), 0);
    assert_int_equal(dobos_host_now(host), DOBOS_SECOND);
    lab_destroy(lab);
}

/* A connection to a host that has forgotten it ends with its reset. */
static void peer_of_a_restarted_host_is_reset_and_connects_anew(void **state) {
    (void)state;
    struct lab *lab = lab_of(PAIR);
    const struct dobos_endpoint echo = {dobos_address_ipv4(0xc0000202), 7, 0};
    for (unsigned round = 0; round < 3; round++) {
        struct dobos_socket *socket = NULL;
        char bytes[4];
        assert_int_equal(dobos_socket_create(lab_host(lab, "a"), DOBOS_TCP, NULL, &socket), 0);
        assert_int_equal(dobos_connect(socket, &echo), -DOBOS_EINPROGRESS);
        lab_wake(lab, "a");
        lab_run_until(lab, lab_now(lab) + DOBOS_SECOND);
        assert_int_equal(dobos_send(socket, "echo", 4), 4);
        lab_wake(lab, "a");
        lab_run_until(lab, lab_now(lab) + DOBOS_SECOND);
        assert_int_equal(dobos_receive(socket, bytes, sizeof bytes), 4);
        restart(lab, "b");
        assert_int_equal(dobos_send(socket, "lost", 4), 4);
        lab_wake(lab, "a");
        lab_run_until(lab, lab_now(lab) + DOBOS_SECOND);
        assert_int_equal(dobos_receive(socket, bytes, sizeof bytes), -DOBOS_ECONNRESET);
        dobos_close(socket);
    }
    lab_destroy(lab);
}

static void tool_at_a_restarted_host_ends_as_killed(void **state) {
    (void)state;
    struct lab *lab = lab_of(PAIR);
    struct sink out, error;
    char *words[] = {(char[]){"never"}, NULL};
    int exit_code = -1;
    sink_init(&out);
    sink_init(&error);
    struct lab_asking *asking =
        lab_tool_begin(lab, "b", 1, words, false, &out, &error, DOBOS_NEVER, &exit_code);
    assert_non_null(asking);
    lab_run_until(lab, DOBOS_SECOND);
    restart(lab, "b");
    assert_true(lab_tool_step(asking, &exit_code));
    assert_int_equal(exit_code, 137);
    lab_tool_interrupt(asking);
    lab_tool_end(asking);
    sink_fini(&out);
    sink_fini(&error);
    lab_destroy(lab);
}

static void node_that_is_no_host_is_not_restarted(void **state) {
    (void)state;
    struct lab *lab = lab_of(PAIR);
    struct lab_error error = {""};
    assert_int_equal(lab_node_restart(lab, "c", &error), -1);
    assert_string_equal(error.text, "c: no such host in the network n");
    lab_destroy(lab);
}

/* Frames for a node that is off are gone, and nothing of it is due any more. */
static void node_that_is_off_swallows_frames(void **state) {
    (void)state;
    struct lab *lab = lab_of(PAIR);
    struct dobos_socket *socket = NULL;
    const struct dobos_endpoint to = {dobos_address_ipv4(0xc0000202), 9, 0};
    node_host_destroy(&lab->nodes[1]);
    assert_null(lab_host(lab, "b"));
    assert_int_equal(dobos_socket_create(lab_host(lab, "a"), DOBOS_UDP, NULL, &socket), 0);
    assert_int_equal(dobos_connect(socket, &to), 0);
    assert_int_equal(dobos_send(socket, "?", 1), 1);
    lab_wake(lab, "a");
    lab_wake(lab, "b");
    lab_run_until(lab, 10 * DOBOS_SECOND);
    assert_true(lab->nodes[0].plugs[0].cable.delivered > 0);
    assert_int_equal(lab->nodes[1].turn.at, DOBOS_NEVER);
    dobos_close(socket);
    lab_destroy(lab);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(host_made_anew_is_what_the_file_says),
        cmocka_unit_test(peer_of_a_restarted_host_is_reset_and_connects_anew),
        cmocka_unit_test(tool_at_a_restarted_host_ends_as_killed),
        cmocka_unit_test(node_that_is_no_host_is_not_restarted),
        cmocka_unit_test(node_that_is_off_swallows_frames),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
