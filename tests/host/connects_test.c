/*
 * Sixty thousand connections from one host to one port of another, one after the other, in virtual
 * time: twice as many as there are ports, and all within the minute that TIME-WAIT lasts (attack
 * E27).
 */
#include "pair.h"

#include "host/state.h"

#include <dobos/errors.h>

#define CONNECTS 60000

/* Accepts what comes, and ends what its peer has ended. */
static void serve(struct pair *pair, struct dobos_socket *listener, bool first) {
    struct dobos_socket *child = NULL;
    uint8_t bytes[16];
    while (dobos_accept(listener, &child, NULL) == 0) {
        pair_settle(pair);
        if (!first)
            assert_int_equal(dobos_receive(child, bytes, sizeof bytes), 0);
        dobos_close(child);
    }
}

static struct dobos_socket *listen_at(struct pair *pair) {
    struct dobos_socket *listener = NULL;
    const struct dobos_endpoint local = {.address = dobos_address_ipv4(PAIR_B), .port = 80};
    assert_int_equal(dobos_socket_create(pair->b.host, DOBOS_TCP, NULL, &listener), 0);
    assert_int_equal(dobos_bind(listener, &local), 0);
    assert_int_equal(dobos_listen(listener, 8), 0);
    return listener;
}

/* One connection, ended by us or by the server first. */
static int connect_once(struct pair *pair, struct dobos_socket *listener, bool server_first) {
    const struct dobos_endpoint peer = {.address = dobos_address_ipv4(PAIR_B), .port = 80};
    struct dobos_socket *socket = NULL;
    assert_int_equal(dobos_socket_create(pair->a.host, DOBOS_TCP, NULL, &socket), 0);
    int result = dobos_connect(socket, &peer);
    if (result != -DOBOS_EINPROGRESS) {
        dobos_close(socket);
        return result;
    }
    pair_settle(pair);
    assert_true(dobos_socket_ready(socket) == DOBOS_WRITABLE);
    if (server_first)
        serve(pair, listener, true);
    else
        dobos_close(socket);
    pair_settle(pair);
    if (server_first)
        dobos_close(socket);
    else
        serve(pair, listener, false);
    pair_settle(pair);
    pair->now += 500 * DOBOS_MICROSECOND;
    return 0;
}

/* The time that each waits for is never over before there are no ports left. */
static void sixty_thousand_connects(bool server_first) {
    const struct impairments none = {0};
    struct pair *pair = pair_create(27, &none);
    struct transport *transport = &pair->a.host->transport;
    struct dobos_socket *listener = listen_at(pair);
    transport->time_wait_limit = pair->b.host->transport.time_wait_limit = 1 << 20;
    for (unsigned i = 0; i < CONNECTS; i++)
        assert_int_equal(connect_once(pair, listener, server_first), 0);
    assert_true(transport->time_wait_count + pair->b.host->transport.time_wait_count > 20000);
    dobos_close(listener);
    pair_destroy(pair);
}

/* Our own TIME-WAITs: a connect follows one of them [attack:E27]. */
static void client_that_closes_first_finds_a_port(void **state) {
    (void)state;
    sixty_thousand_connects(false);
}

/* The server's TIME-WAITs: a SYN follows one of them [attack:E27]. */
static void server_that_closes_first_takes_a_port_again(void **state) {
    (void)state;
    sixty_thousand_connects(true);
}

/* Every port is in TIME-WAIT, and not for a second yet: an error, and no harm to those [attack:E27]
 * [rfc6056#4]. */
static void ports_that_run_out_are_an_error(void **state) {
    (void)state;
    const struct impairments none = {0};
    struct pair *pair = pair_create(28, &none);
    struct dobos_socket *listener = listen_at(pair);
    unsigned done = 0;
    pair->a.host->transport.time_wait_limit = 1 << 20;
    int result = 0;
    while (done < CONNECTS && (result = connect_once(pair, listener, false)) == 0) {
        pair->now -= 495 * DOBOS_MICROSECOND;
        done++;
    }
    assert_int_equal(result, -DOBOS_EADDRNOTAVAIL);
    assert_int_equal(done, PORT_EPHEMERAL_LAST - PORT_EPHEMERAL_FIRST + 1);
    pair->now += 2 * DOBOS_SECOND;
    dobos_advance(pair->a.host, pair->now);
    assert_int_equal(connect_once(pair, listener, false), 0);
    dobos_close(listener);
    pair_destroy(pair);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(client_that_closes_first_finds_a_port),
        cmocka_unit_test(server_that_closes_first_takes_a_port_again),
        cmocka_unit_test(ports_that_run_out_are_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
