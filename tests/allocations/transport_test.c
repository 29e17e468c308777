/* Scenarios of layer 4 whose every allocation fails once (stage.h). */
#include "stage.h"

#define PORT 80

/* A connection of a to b, accepted; false: there was no memory for it, or it did not come about. */
struct pipe {
    struct dobos_socket *listener, *near, *far; /* NULL: none */
};

static bool pipe_open(struct stage *s, struct pipe *pipe) {
    *pipe = (struct pipe){.listener = stage_listener(s, s->b, PORT, 4)};
    if (pipe->listener)
        pipe->near = stage_connect(s, s->a, STAGE_B, PORT);
    if (!pipe->near)
        return false;
    stage_run(s, 20 * DOBOS_SECOND);
    bool open = stage_can_or(s, dobos_accept(pipe->listener, &pipe->far, NULL), -DOBOS_EAGAIN);
    stage_expect(s, open);
    return open;
}

static void pipe_close(struct stage *s, struct pipe *pipe) {
    dobos_close(pipe->near);
    dobos_close(pipe->far);
    dobos_close(pipe->listener);
    stage_run(s, 70 * DOBOS_SECOND);
}

static void handshake_and_transfer(struct stage *s) {
    struct pipe pipe;
    if (pipe_open(s, &pipe)) {
        stage_expect(s, stage_transfer(s, pipe.near, pipe.far, 20000));
        stage_expect(s, stage_transfer(s, pipe.far, pipe.near, 20000));
    }
    pipe_close(s, &pipe);
}

static void many_connections(struct stage *s) {
    struct dobos_socket *sockets[40] = {NULL}, *accepted[40] = {NULL};
    struct dobos_socket *listener = stage_listener(s, s->b, PORT, 64);
    for (unsigned i = 0; i < 40; i++)
        sockets[i] = stage_connect(s, s->a, STAGE_B, PORT);
    stage_run(s, 10 * DOBOS_SECOND);
    for (unsigned i = 0; i < 40 && listener; i++)
        (void)stage_can_or(s, dobos_accept(listener, &accepted[i], NULL), -DOBOS_EAGAIN);
    for (unsigned i = 0; i < 40; i++) {
        if (accepted[i])
            (void)dobos_send(accepted[i], "hello", 5);
    }
    stage_run(s, DOBOS_SECOND);
    for (unsigned i = 0; i < 40; i++) {
        dobos_close(sockets[i]);
        dobos_abort(accepted[i]);
    }
    dobos_close(listener);
    stage_run(s, 10 * DOBOS_SECOND);
}

static void listener_overflow(struct stage *s) {
    struct dobos_socket *sockets[12] = {NULL}, *accepted;
    struct dobos_socket *listener = stage_listener(s, s->b, PORT, 2);
    for (unsigned i = 0; i < 12; i++)
        sockets[i] = stage_connect(s, s->a, STAGE_B, PORT);
    for (unsigned i = 0; i < 12 && listener; i++) {
        stage_run(s, DOBOS_SECOND);
        accepted = NULL;
        if (stage_can_or(s, dobos_accept(listener, &accepted, NULL), -DOBOS_EAGAIN))
            dobos_close(accepted);
    }
    dobos_close(listener); /* with connections that wait, and half-open ones */
    stage_run(s, DOBOS_SECOND);
    for (unsigned i = 0; i < 12; i++)
        dobos_close(sockets[i]);
    stage_run(s, 70 * DOBOS_SECOND);
}

static void accept_storm(struct stage *s) {
    struct dobos_socket *listener = stage_listener(s, s->b, PORT, 8);
    for (unsigned round = 0; round < 20 && listener; round++) {
        struct dobos_socket *socket = stage_connect(s, s->a, STAGE_B, PORT), *accepted = NULL;
        stage_settle(s);
        if (stage_can_or(s, dobos_accept(listener, &accepted, NULL), -DOBOS_EAGAIN)) {
            (void)dobos_send(accepted, "bye", 3);
            dobos_close(accepted);
        }
        stage_settle(s);
        if (round % 2)
            dobos_close(socket);
        else
            dobos_abort(socket);
    }
    dobos_close(listener);
    stage_run(s, 70 * DOBOS_SECOND);
}

static void half_open_silence(struct stage *s) {
    struct dobos_socket *listener = stage_listener(s, s->b, PORT, 8), *sockets[6];
    s->lose = 2; /* handshakes hang in the middle */
    for (unsigned i = 0; i < 6; i++)
        sockets[i] = stage_connect(s, s->a, STAGE_B, PORT);
    stage_run(s, 20 * DOBOS_SECOND);
    for (unsigned i = 0; i < 6; i++)
        dobos_abort(sockets[i]);
    stage_run(s, 120 * DOBOS_SECOND);
    dobos_close(listener);
}

static void close_states(struct stage *s) {
    for (unsigned order = 0; order < 5; order++) {
        struct pipe pipe;
        if (pipe_open(s, &pipe)) {
            struct dobos_socket *first = order % 2 ? pipe.far : pipe.near;
            struct dobos_socket *second = order % 2 ? pipe.near : pipe.far;
            (void)dobos_send(first, "last words", 10);
            (void)dobos_shutdown(first, DOBOS_SHUTDOWN_SEND);
            if (order < 4) /* else both at once */
                stage_run(s, DOBOS_SECOND);
            (void)dobos_send(second, "and mine", 8);
            (void)dobos_shutdown(second, order == 3 ? DOBOS_SHUTDOWN_BOTH : DOBOS_SHUTDOWN_SEND);
            stage_run(s, DOBOS_SECOND);
        }
        pipe_close(s, &pipe);
    }
}

static void out_of_order(struct stage *s) {
    struct pipe pipe;
    if (pipe_open(s, &pipe)) {
        s->swap = 2;
        stage_expect(s, stage_transfer(s, pipe.near, pipe.far, 30000));
        s->swap = 0;
    }
    pipe_close(s, &pipe);
}

static void loss(struct stage *s) {
    struct pipe pipe;
    if (pipe_open(s, &pipe)) {
        s->lose = 8;
        stage_expect(s, stage_transfer(s, pipe.near, pipe.far, 15000));
        stage_expect(s, stage_transfer(s, pipe.far, pipe.near, 5000));
        s->lose = 0;
    }
    pipe_close(s, &pipe);
}

static void refused_and_silent(struct stage *s) {
    struct dobos_socket *refused = stage_connect(s, s->a, STAGE_B, 1);
    struct dobos_socket *silent = stage_connect(s, s->a, STAGE_DEAD, 1);
    struct dobos_socket *itself = stage_connect(s, s->a, STAGE_A, 1);
    stage_run(s, 140 * DOBOS_SECOND);
    dobos_close(refused);
    dobos_close(silent);
    dobos_close(itself);
}

static void loopback(struct stage *s) {
    struct dobos_socket *listener = stage_listener(s, s->a, PORT, 4), *accepted = NULL;
    struct dobos_socket *socket = listener ? stage_connect(s, s->a, 0x7f000001, PORT) : NULL;
    stage_run(s, 5 * DOBOS_SECOND);
    if (socket && stage_can_or(s, dobos_accept(listener, &accepted, NULL), -DOBOS_EAGAIN))
        stage_expect(s, stage_transfer(s, socket, accepted, 30000));
    dobos_close(socket);
    dobos_close(accepted);
    dobos_close(listener);
    stage_run(s, 70 * DOBOS_SECOND);
}

static void datagrams(struct stage *s) {
    struct dobos_socket *from = stage_udp(s, s->a, 0), *to = stage_udp(s, s->b, 53);
    struct dobos_message message = {.peer = stage_endpoint(STAGE_B, 53)};
    uint8_t bytes[1000] = {0};
    for (unsigned i = 0; i < 40 && from && to; i++) {
        (void)stage_can_or(s, dobos_send_message(from, bytes, i * 14, &message), -DOBOS_EAGAIN);
        if (i % 4 == 0)
            stage_settle(s);
    }
    stage_run(s, DOBOS_SECOND);
    for (unsigned i = 0; i < 40 && to; i++) /* some are left to be thrown away */
        (void)stage_can_or(s, i < 30 ? dobos_receive_message(to, bytes, 10, &message) : 0,
                           -DOBOS_EAGAIN);
    dobos_close(from);
    dobos_close(to);
}

static void pollers_and_sockets(struct stage *s) {
    struct dobos_poller *pollers[3] = {NULL};
    struct dobos_socket *sockets[30] = {NULL};
    struct dobos_event events[8];
    for (unsigned i = 0; i < 3; i++)
        (void)stage_can(s, dobos_poller_create(s->a, &pollers[i]));
    for (unsigned i = 0; i < 30; i++) {
        static const enum dobos_protocol protocols[] = {DOBOS_TCP, DOBOS_UDP, DOBOS_ICMP};
        struct dobos_endpoint at = stage_endpoint(0, (uint16_t)(i % 2 ? 0 : 2000 + i));
        if (!stage_can(
                s, dobos_socket_create(s->a, protocols[i % 3], pollers[i / 3 % 3], &sockets[i])))
            continue;
        (void)stage_can(s, dobos_bind(sockets[i], &at));
        (void)dobos_option_set(sockets[i], DOBOS_OPTION_SEND_BUFFER, 8192);
        if (i % 3 == 0)
            (void)stage_can_or(s, dobos_listen(sockets[i], 4), -DOBOS_EINVAL);
    }
    stage_settle(s);
    for (unsigned i = 0; i < 3; i++) {
        if (pollers[i])
            (void)dobos_poller_next(pollers[i], events, 8);
        dobos_poller_destroy(pollers[i]);
    }
    for (unsigned i = 0; i < 30; i++)
        dobos_close(sockets[i]);
}

#define SCENARIO(name)                                            \
    static void name##_survives_each_failure_once(void **state) { \
        (void)state;                                              \
        stage_try(name);                                          \
    }
SCENARIO(handshake_and_transfer)
SCENARIO(many_connections)
SCENARIO(listener_overflow)
SCENARIO(accept_storm)
SCENARIO(half_open_silence)
SCENARIO(close_states)
SCENARIO(out_of_order)
SCENARIO(loss)
SCENARIO(refused_and_silent)
SCENARIO(loopback)
SCENARIO(datagrams)
SCENARIO(pollers_and_sockets)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(handshake_and_transfer_survives_each_failure_once),
        cmocka_unit_test(many_connections_survives_each_failure_once),
        cmocka_unit_test(listener_overflow_survives_each_failure_once),
        cmocka_unit_test(accept_storm_survives_each_failure_once),
        cmocka_unit_test(half_open_silence_survives_each_failure_once),
        cmocka_unit_test(close_states_survives_each_failure_once),
        cmocka_unit_test(out_of_order_survives_each_failure_once),
        cmocka_unit_test(loss_survives_each_failure_once),
        cmocka_unit_test(refused_and_silent_survives_each_failure_once),
        cmocka_unit_test(loopback_survives_each_failure_once),
        cmocka_unit_test(datagrams_survives_each_failure_once),
        cmocka_unit_test(pollers_and_sockets_survives_each_failure_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
