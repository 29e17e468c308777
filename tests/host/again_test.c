/*
 * One socket for many connections: what a program that connects again after a failure sees, from a
 * host to another that listens only now and then.
 */
#include "pair.h"

#include <dobos/errors.h>

#include "host/state.h"
#include "transport/tcp/close.h"

#define PORT   4000
#define CHOSEN 5000

static struct dobos_endpoint at(uint32_t address, uint16_t port) {
    return (struct dobos_endpoint){.address = dobos_address_ipv4(address), .port = port};
}

static struct dobos_socket *make(struct dobos_host *host) {
    struct dobos_socket *socket = NULL;
    assert_int_equal(dobos_socket_create(host, DOBOS_TCP, NULL, &socket), 0);
    return socket;
}

/* What the host's poller tells of the socket; 0: nothing. */
static unsigned told(const struct dobos_socket *socket) {
    struct dobos_event event;
    int count = dobos_poller_next(dobos_poller_default(dobos_socket_host(socket)), &event, 1);
    if (count == 0)
        return 0;
    assert_ptr_equal(event.socket, socket);
    return event.ready;
}

static uint16_t port_of(const struct dobos_socket *socket) {
    struct dobos_endpoint local;
    assert_int_equal(dobos_local(socket, &local), 0);
    return local.port;
}

/* An attempt that b refuses; the program is told by its poller, and by its next connect. */
static void refused(struct pair *pair, struct dobos_socket *socket) {
    const struct dobos_endpoint there = at(PAIR_B, PORT);
    assert_int_equal(dobos_connect(socket, &there), -DOBOS_EINPROGRESS);
    assert_int_equal(told(socket), 0);
    pair_run(pair, pair->now + DOBOS_SECOND);
    assert_true(told(socket) & DOBOS_ERROR);
    assert_int_equal(dobos_connect(socket, &there), -DOBOS_ECONNREFUSED);
    assert_int_equal(dobos_socket_ready(socket), 0);
    assert_int_equal(told(socket), 0);
}

static void socket_that_was_refused_connects_in_the_end(void **state) {
    (void)state;
    const struct impairments none = {.delay_ns = 1000};
    const struct dobos_endpoint there = at(PAIR_B, PORT), here = at(0, CHOSEN);
    struct pair *pair = pair_create(31, &none);
    struct dobos_socket *socket = make(pair->a.host), *listener = make(pair->b.host);
    struct dobos_socket *accepted = NULL;
    struct dobos_endpoint peer, local;
    assert_int_equal(dobos_bind(socket, &here), 0);
    for (unsigned i = 0; i < 5; i++)
        refused(pair, socket);
    const size_t memory = pair->memory;
    for (unsigned i = 0; i < 20; i++)
        refused(pair, socket);
    assert_int_equal(pair->memory, memory); /* no attempt leaves anything */
    assert_int_equal(port_of(socket), CHOSEN);
    assert_int_equal(dobos_local(socket, &local), 0);
    assert_true(dobos_address_is_unspecified(&local.address));
    assert_int_equal(dobos_bind(listener, &there), 0);
    assert_int_equal(dobos_listen(listener, 0), 0);
    assert_int_equal(dobos_connect(socket, &there), -DOBOS_EINPROGRESS);
    pair_run(pair, pair->now + DOBOS_SECOND);
    assert_int_equal(told(socket), DOBOS_WRITABLE);
    assert_int_equal(dobos_connect(socket, &there), 0);
    assert_int_equal(dobos_accept(listener, &accepted, &peer), 0);
    assert_int_equal(peer.port, CHOSEN);
    dobos_close(socket);
    dobos_close(accepted);
    dobos_close(listener);
    pair_destroy(pair);
}

/* Without bind each attempt has a port of its own, which is nobody's afterwards. */
static void socket_that_was_not_bound_begins_elsewhere(void **state) {
    (void)state;
    const struct impairments none = {.delay_ns = 1000};
    struct pair *pair = pair_create(32, &none);
    struct dobos_socket *socket = make(pair->a.host);
    uint16_t before = 0;
    for (unsigned i = 0; i < 3; i++) {
        const struct dobos_endpoint there = at(PAIR_B, PORT);
        assert_int_equal(dobos_connect(socket, &there), -DOBOS_EINPROGRESS);
        assert_int_not_equal(port_of(socket), before);
        before = port_of(socket);
        pair_run(pair, pair->now + DOBOS_SECOND);
        assert_int_equal(dobos_connect(socket, &there), -DOBOS_ECONNREFUSED);
        assert_int_equal(port_of(socket), 0);
    }
    dobos_close(socket);
    pair_destroy(pair);
}

/* A listener becomes a client and a listener again; its connections live on. */
static void listener_that_was_shut_down_serves_again(void **state) {
    (void)state;
    const struct impairments none = {.delay_ns = 1000};
    const struct dobos_endpoint there = at(PAIR_B, PORT);
    struct pair *pair = pair_create(33, &none);
    struct dobos_socket *listener = make(pair->b.host), *accepted[3] = {0}, *clients[3];
    assert_int_equal(dobos_bind(listener, &there), 0);
    for (unsigned i = 0; i < 3; i++) {
        clients[i] = make(pair->a.host);
        assert_int_equal(dobos_listen(listener, 4), 0);
        assert_int_equal(dobos_connect(clients[i], &there), -DOBOS_EINPROGRESS);
        pair_run(pair, pair->now + DOBOS_SECOND);
        assert_true(told(listener) & DOBOS_READABLE);
        assert_int_equal(dobos_accept(listener, &accepted[i], NULL), 0);
        assert_int_equal(dobos_shutdown(listener, DOBOS_SHUTDOWN_BOTH), 0);
        (void)told(accepted[i]);
    }
    for (unsigned i = 0; i < 3; i++) {
        char byte = 0;
        assert_int_equal(dobos_send(clients[i], "x", 1), 1);
        pair_run(pair, pair->now + DOBOS_SECOND);
        assert_int_equal(dobos_peek(accepted[i], &byte, 1), 1);
        assert_int_equal(dobos_receive(accepted[i], &byte, 1), 1);
        assert_int_equal(byte, 'x');
        dobos_close(clients[i]);
        dobos_close(accepted[i]);
    }
    dobos_close(listener);
    pair_destroy(pair);
}

/* What a bind that failed would have chosen is not chosen. */
static void bind_that_failed_chooses_nothing(void **state) {
    (void)state;
    const struct impairments none = {.delay_ns = 1000};
    struct dobos_endpoint there = at(0, PORT);
    struct pair *pair = pair_create(34, &none);
    struct dobos_socket *first = make(pair->a.host), *second = make(pair->a.host);
    int64_t interface = -1;
    assert_int_equal(dobos_bind(first, &there), 0);
    there.interface = 2;
    assert_int_equal(dobos_bind(second, &there), -DOBOS_EADDRINUSE);
    assert_int_equal(dobos_option_read(second, DOBOS_OPTION_INTERFACE, &interface), 0);
    assert_int_equal(interface, 0);
    there.port = CHOSEN;
    assert_int_equal(dobos_bind(second, &there), 0);
    assert_int_equal(dobos_option_read(second, DOBOS_OPTION_INTERFACE, &interface), 0);
    assert_int_equal(interface, 2);
    dobos_close(first);
    dobos_close(second);
    pair_destroy(pair);
}

/* A reset that memory ran out for goes to whom it is for, or to nobody, when its socket is bound
 * meanwhile. */
static void bind_before_a_reset_has_left_sends_it_nowhere_else(void **state) {
    (void)state;
    const struct impairments none = {.delay_ns = 1000};
    const struct dobos_endpoint here = at(0, CHOSEN);
    struct pair *pair = pair_create(35, &none);
    struct dobos_socket *listener = pair_listen(&pair->b, PORT, 1);
    struct dobos_socket *client = pair_connect(&pair->a, PAIR_B, PORT), *accepted = NULL;
    pair_run(pair, pair->now + DOBOS_SECOND);
    assert_int_equal(dobos_accept(listener, &accepted, NULL), 0);
    const uint64_t resets = pair->a.host->transport.counters.tcp_out_rsts;
    connection_doom(&pair->a.host->transport, connection_of(client), true);
    assert_int_equal(dobos_bind(client, &here), 0);
    pair_run(pair, pair->now + DOBOS_SECOND);
    assert_int_equal(pair->a.host->transport.counters.tcp_out_rsts, resets);
    dobos_close(client);
    dobos_close(accepted);
    dobos_close(listener);
    pair_destroy(pair);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(socket_that_was_refused_connects_in_the_end),
        cmocka_unit_test(socket_that_was_not_bound_begins_elsewhere),
        cmocka_unit_test(listener_that_was_shut_down_serves_again),
        cmocka_unit_test(bind_that_failed_chooses_nothing),
        cmocka_unit_test(bind_before_a_reset_has_left_sends_it_nowhere_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
