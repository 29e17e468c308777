/* Segments with many nodes: what all send at one moment reaches all in one order, and wakes only
 * those who have something to do with it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_tools.h"
#include "lab/lab_inner.h"
#include "made.h"

#define NODES 150u /* more than two bursts */

static struct lab *lab_create(void) {
    static char text[NODES * 100 + 100];
    size_t length = (size_t)snprintf(text, sizeof text, "network: n\nsegments: {lan: }\nnodes:\n");
    for (unsigned i = 0; i < NODES; i++)
        length += (size_t)snprintf(
            text + length, sizeof text - length,
            "  n%u: {interfaces: {eth0: {segment: lan, addresses: [10.0.0.%u/24]}}}\n", i, i + 1);
    return lab_of(text);
}

static struct dobos_socket *open_socket(struct lab_node *node) {
    struct dobos_socket *socket = udp_open(node->host, 99);
    assert_int_equal(dobos_option_set(socket, DOBOS_OPTION_BROADCAST, 1), 0);
    return socket;
}

static void send(struct lab_node *node, struct dobos_socket *socket, uint32_t address,
                 uint8_t number) {
    const struct dobos_message message = {.peer = {dobos_address_ipv4(address), 99, 0}};
    assert_int_equal(dobos_send_message(socket, &number, 1, &message), 1);
    node_wake(node);
}

/* The number in the next datagram; −1: there is none. */
static int receive(struct dobos_socket *socket) {
    uint8_t number;
    return dobos_receive(socket, &number, 1) == 1 ? number : -1;
}

static void broadcasts_of_one_moment_reach_all_others_in_order(void **state) {
    (void)state;
    struct lab *lab = lab_create();
    struct dobos_socket *sockets[NODES];
    for (unsigned i = 0; i < NODES; i++)
        sockets[i] = open_socket(&lab->nodes[i]);
    for (unsigned i = 0; i < NODES; i++)
        send(&lab->nodes[i], sockets[i], 0x0a0000ff, (uint8_t)i);
    lab_run_until(lab, DOBOS_SECOND);
    for (unsigned i = 0; i < NODES; i++) {
        for (unsigned k = 0; k < NODES; k++)
            if (k != i)
                assert_int_equal(receive(sockets[i]), k);
        assert_int_equal(receive(sockets[i]), -1);
        dobos_close(sockets[i]);
    }
    lab_destroy(lab);
}

/* A frame to one node stays between the frames to all that arrive at the same moment. */
static void frame_to_one_node_keeps_its_place_among_those_to_all(void **state) {
    (void)state;
    struct lab *lab = lab_create();
    struct dobos_socket *first = open_socket(&lab->nodes[0]), *last = open_socket(&lab->nodes[9]);
    send(&lab->nodes[0], first, 0x0a00000a, 0);
    lab_run_until(lab, DOBOS_SECOND);
    assert_int_equal(receive(last), 0);
    send(&lab->nodes[0], first, 0x0a0000ff, 1);
    send(&lab->nodes[0], first, 0x0a00000a, 2);
    send(&lab->nodes[0], first, 0x0a0000ff, 3);
    lab_run_until(lab, 2 * DOBOS_SECOND);
    for (int i = 1; i <= 3; i++)
        assert_int_equal(receive(last), i);
    dobos_close(first);
    dobos_close(last);
    lab_destroy(lab);
}

/* Of a request all hear, and nobody but who is asked does anything about it. */
static void nobody_is_woken_by_what_is_nothing_to_him(void **state) {
    (void)state;
    struct lab *lab = lab_create();
    lab_run_until(lab, DOBOS_SECOND);
    struct dobos_socket *socket = open_socket(&lab->nodes[0]);
    send(&lab->nodes[0], socket, 0x0a00000a, 0);
    for (bool is_asked = false; !is_asked;) {
        assert_true(lab_step(lab, 2 * DOBOS_SECOND));
        is_asked = lab->nodes[9].turn.at < DOBOS_NEVER;
    }
    for (unsigned i = 1; i < NODES; i++) {
        struct dobos_interface_info info;
        assert_int_equal(dobos_interface_read(lab->nodes[i].host, 2, &info), 0);
        assert_true(info.in_packets > 0);
        if (i != 9)
            assert_int_equal(lab->nodes[i].turn.at, DOBOS_NEVER);
    }
    dobos_close(socket);
    lab_destroy(lab);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(broadcasts_of_one_moment_reach_all_others_in_order),
        cmocka_unit_test(frame_to_one_node_keeps_its_place_among_those_to_all),
        cmocka_unit_test(nobody_is_woken_by_what_is_nothing_to_him),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
