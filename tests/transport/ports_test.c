/* Ports and flows: one owner a port, ephemeral ports nobody can guess. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <dobos/errors.h>
#include <dobos/os.h>

#include "transport/datagram.h"
#include "transport/transport.h"

struct fixture {
    struct dobos_pool *pool;
    struct timing_wheel wheel;
    struct transport transport;
};

static struct fixture fixture;

static int setup(void **state) {
    static const uint8_t secret[DOBOS_KEY_BYTES] = {9, 8, 7};
    struct dobos_pool_config config = {.size = sizeof config, .allocator = dobos_os_allocator()};
    assert_int_equal(dobos_pool_create(&config, &fixture.pool), 0);
    assert_true(timing_wheel_init(&fixture.wheel, pool_allocator(fixture.pool), 0));
    transport_init(&fixture.transport, fixture.pool, &fixture.wheel, secret, 1 << 20);
    *state = &fixture.transport;
    return 0;
}

static int teardown(void **state) {
    (void)state;
    transport_fini(&fixture.transport);
    timing_wheel_fini(&fixture.wheel, pool_allocator(fixture.pool));
    dobos_pool_destroy(fixture.pool);
    return 0;
}

static struct dobos_socket *socket_at(struct transport *transport, uint32_t local, uint16_t port,
                                      uint32_t interface) {
    struct dobos_socket *socket = datagram_create(transport, DOBOS_UDP);
    socket->sender.flow.local = dobos_address_ipv4(local);
    socket->sender.flow.local_port = port;
    socket->bound_interface = interface;
    return socket;
}

static int claim(struct transport *transport, uint32_t local, uint16_t port, uint32_t interface,
                 struct dobos_socket **made) {
    *made = socket_at(transport, local, port, interface);
    return port_claim(transport, *made);
}

static void one_owner_a_port_address_and_interface(void **state) {
    struct transport *transport = *state;
    struct dobos_socket *s[7];
    assert_int_equal(claim(transport, 0x0a000001, 53, 0, &s[0]), 0);
    assert_int_equal(claim(transport, 0x0a000002, 53, 0, &s[1]), 0);
    assert_int_equal(claim(transport, 0x0a000001, 53, 0, &s[2]), -DOBOS_EADDRINUSE);
    assert_int_equal(claim(transport, 0, 53, 0, &s[3]), -DOBOS_EADDRINUSE);
    assert_int_equal(claim(transport, 0, 68, 2, &s[4]), 0);
    assert_int_equal(claim(transport, 0, 68, 3, &s[5]), 0);
    assert_int_equal(claim(transport, 0x0a000001, 68, 0, &s[6]), -DOBOS_EADDRINUSE);
    assert_int_equal(port_claim(transport, s[0]), -DOBOS_EINVAL);
    port_release(transport, s[0]);
    assert_int_equal(port_claim(transport, s[2]), 0);
    for (unsigned i = 0; i < 7; i++)
        datagram_destroy(transport, s[i]);
}

static void most_specific_owner_is_found(void **state) {
    struct transport *transport = *state;
    struct dobos_socket *any, *bound, *connected;
    assert_int_equal(claim(transport, 0, 1000, 2, &any), 0);
    assert_int_equal(claim(transport, 0, 1000, 3, &bound), 0);
    struct flow flow = {.local = dobos_address_ipv4(0x0a000001),
                        .remote = dobos_address_ipv4(0x0a000009),
                        .local_port = 1000,
                        .remote_port = 7,
                        .interface = 2,
                        .protocol = DOBOS_UDP};
    assert_ptr_equal(port_find(transport, &flow), any);
    flow.interface = 3;
    assert_ptr_equal(port_find(transport, &flow), bound);
    flow.interface = 4;
    assert_null(port_find(transport, &flow));
    connected = socket_at(transport, 0x0a000001, 2000, 0);
    connected->sender.flow.remote = dobos_address_ipv4(0x0a000009);
    connected->sender.flow.remote_port = 7;
    assert_int_equal(port_claim(transport, connected), 0);
    flow.local_port = 2000;
    assert_ptr_equal(port_find(transport, &flow), connected);
    flow.remote_port = 8;
    assert_null(port_find(transport, &flow));
    datagram_destroy(transport, any);
    datagram_destroy(transport, bound);
    datagram_destroy(transport, connected);
}

/* [rfc6056#1] [rfc6056#2] [rfc6056#3] [attack:E28] */
static void ephemeral_ports_are_spread_and_spare_what_is_owned(void **state) {
    struct transport *transport = *state;
    enum {
        COUNT = 4000
    };
    static struct dobos_socket *s[COUNT];
    static uint16_t ports[COUNT];
    unsigned low = 0, next_door = 0;
    for (unsigned i = 0; i < COUNT; i++) {
        assert_int_equal(claim(transport, 0, 0, 0, &s[i]), 0);
        ports[i] = s[i]->sender.flow.local_port;
        assert_true(ports[i] >= 32768 && ports[i] <= 60999);
        low += ports[i] < (32768 + 60999) / 2;
        if (i > 0 && ports[i] == ports[i - 1] + 1)
            next_door++;
        for (unsigned j = 0; j < i; j++)
            assert_int_not_equal(ports[j], ports[i]);
    }
    assert_true(low > COUNT / 4 && low < COUNT * 3 / 4);
    assert_true(next_door < COUNT / 50);
    for (unsigned i = 0; i < COUNT; i++)
        datagram_destroy(transport, s[i]);
}

/* [rfc6056#4] */
static void exhausted_range_is_an_error(void **state) {
    struct transport *transport = *state;
    enum {
        COUNT = 60999 - 32768 + 1
    };
    static struct dobos_socket *s[COUNT + 1];
    for (unsigned i = 0; i < COUNT; i++)
        assert_int_equal(claim(transport, 0, (uint16_t)(32768 + i), 0, &s[i]), 0);
    assert_int_equal(claim(transport, 0, 0, 0, &s[COUNT]), -DOBOS_EADDRNOTAVAIL);
    for (unsigned i = 0; i <= COUNT; i++)
        datagram_destroy(transport, s[i]);
}

static void flows_are_found_by_all_of_their_parts(void **state) {
    struct transport *transport = *state;
    struct sender sender = {.flow = {.local = dobos_address_ipv4(1),
                                     .remote = dobos_address_ipv4(2),
                                     .local_port = 3,
                                     .remote_port = 4,
                                     .protocol = 6}};
    assert_true(flow_insert(transport, &sender));
    struct flow flow = sender.flow;
    assert_ptr_equal(flow_find(transport, &flow), &sender);
    flow.remote_port = 5;
    assert_null(flow_find(transport, &flow));
    flow = sender.flow;
    flow.interface = 1;
    assert_null(flow_find(transport, &flow));
    flow_remove(transport, &sender);
    flow_remove(transport, &sender);
    assert_null(flow_find(transport, &sender.flow));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_owner_a_port_address_and_interface, setup, teardown),
        cmocka_unit_test_setup_teardown(most_specific_owner_is_found, setup, teardown),
        cmocka_unit_test_setup_teardown(ephemeral_ports_are_spread_and_spare_what_is_owned, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(exhausted_range_is_an_error, setup, teardown),
        cmocka_unit_test_setup_teardown(flows_are_found_by_all_of_their_parts, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
