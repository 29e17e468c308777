/* What a host holds that does nothing, and that it holds no more once it has done something and
 * forgotten it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <dobos/host.h>
#include <dobos/os.h>
#include <dobos/socket.h>

#define IDLE_BYTES 16384
#define HOUR       (3600 * DOBOS_SECOND)

static size_t held(const struct dobos_pool *pool) {
    struct dobos_pool_statistics statistics;
    dobos_pool_statistics_read(pool, &statistics);
    return statistics.bytes;
}

static struct dobos_pool *pool_create(void) {
    const struct dobos_pool_config config = {.size = sizeof config,
                                             .allocator = dobos_os_allocator()};
    struct dobos_pool *pool = NULL;
    assert_int_equal(dobos_pool_create(&config, &pool), 0);
    return pool;
}

/* A host with one interface, an address and a default route, as in a network file. */
static struct dobos_host *host_create(struct dobos_pool *pool) {
    struct dobos_host *host = NULL;
    const struct dobos_host_config config = {.size = sizeof config, .name = "laptop"};
    const struct dobos_interface_config interface = {
        .size = sizeof interface, .name = "eth0", .mac = {{2, 0, 0, 0, 0, 1}}};
    const struct dobos_interface_address address = {
        .prefix = {dobos_address_ipv4(0xc0000201), 24},
        .valid_until = DOBOS_NEVER,
        .preferred_until = DOBOS_NEVER,
    };
    const struct dobos_route route = {.destination = {dobos_address_ipv4(0), 0},
                                      .gateway = dobos_address_ipv4(0xc00002fe),
                                      .source = dobos_address_ipv4(0)};
    assert_int_equal(dobos_host_create(pool, &config, 0, &host), 0);
    assert_int_equal(dobos_interface_add(host, &interface), 2);
    assert_int_equal(dobos_address_add(host, 2, &address), 0);
    assert_int_equal(dobos_route_add(host, &route), 0);
    return host;
}

static void idle_host_with_one_interface_holds_at_most_16_kib(void **state) {
    (void)state;
    struct dobos_pool *pool = pool_create();
    const size_t before = held(pool);
    struct dobos_host *host = host_create(pool);
    const size_t bytes = held(pool) - before;
    printf("# an idle host holds %zu bytes\n", bytes);
    assert_in_range(bytes, 1000, IDLE_BYTES);
    dobos_host_destroy(host);
    assert_int_equal(held(pool), before);
    dobos_pool_destroy(pool);
}

/* Sends to a neighbour that never answers, and to itself, and closes; an hour later nothing of it
 * is left. */
static void host_that_is_idle_again_holds_at_most_16_kib(void **state) {
    (void)state;
    struct dobos_pool *pool = pool_create();
    struct dobos_host *host = host_create(pool);
    for (unsigned i = 0; i < 100; i++) {
        struct dobos_socket *socket = NULL;
        const struct dobos_endpoint to = {dobos_address_ipv4(i % 2 ? 0x7f000001 : 0xc0000202 + i),
                                          9, 0};
        assert_int_equal(dobos_socket_create(host, DOBOS_UDP, NULL, &socket), 0);
        assert_int_equal(dobos_connect(socket, &to), 0);
        assert_int_equal(dobos_send(socket, "?", 1), 1);
        dobos_advance(host, DOBOS_SECOND);
        dobos_close(socket);
    }
    for (dobos_time now = DOBOS_SECOND; now < HOUR; now += DOBOS_SECOND) {
        struct dobos_packet *packets[DOBOS_BURST_PACKETS];
        dobos_advance(host, now);
        for (unsigned n; (n = dobos_output(host, 2, packets, DOBOS_BURST_PACKETS, now)) > 0;)
            while (n > 0)
                dobos_packet_release(packets[--n]);
    }
    struct dobos_pool_statistics statistics;
    dobos_pool_statistics_read(pool, &statistics);
    assert_int_equal(statistics.packets, 0);
    /* The pool keeps packets for use again; what goes with the host was the host's. */
    const size_t with = held(pool);
    dobos_host_destroy(host);
    assert_in_range(with - held(pool), 1000, IDLE_BYTES);
    dobos_pool_destroy(pool);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(idle_host_with_one_interface_holds_at_most_16_kib),
        cmocka_unit_test(host_that_is_idle_again_holds_at_most_16_kib),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
