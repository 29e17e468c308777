/*
 * stream: a pair of hosts with one connection from a to b, over which a's program sends whatever is
 * taken, and b's reads whatever has come.
 */
#ifndef TESTS_HOST_STREAM_H
#define TESTS_HOST_STREAM_H

#include "pair.h"

#define STREAM_PORT 7

struct stream {
    struct pair *pair;                                 /* owned */
    struct dobos_socket *sender, *listener, *receiver; /* receiver: NULL until it is accepted */
    uint64_t received;                                 /* by b's program */
    uint32_t most_packets;                             /* on a's cable at a time */
    bool is_unread;                                    /* b's program reads nothing */
};

static inline struct stream stream_create(const struct impairments *impairments,
                                          const struct dobos_tcp_config *tcp) {
    struct stream s = {.pair = pair_create(1, impairments)};
    s.pair->tcp = *tcp;
    pair_host_restart(s.pair, &s.pair->a);
    pair_host_restart(s.pair, &s.pair->b);
    s.listener = pair_listen(&s.pair->b, STREAM_PORT, 1);
    s.sender = pair_connect(&s.pair->a, PAIR_B, STREAM_PORT);
    return s;
}

static inline void stream_destroy(struct stream *s) {
    pair_destroy(s->pair);
}

static inline void stream_programs_turn(struct stream *s) {
    static uint8_t bytes[1 << 16];
    int64_t n;
    while (dobos_send(s->sender, bytes, sizeof bytes) > 0)
        continue;
    if (!s->receiver)
        (void)dobos_accept(s->listener, &s->receiver, NULL);
    while (s->receiver && !s->is_unread &&
           (n = dobos_receive(s->receiver, bytes, sizeof bytes)) > 0)
        s->received += (uint64_t)n;
    s->most_packets = max_u32(s->most_packets, s->pair->a.cable.packets);
}

static inline void stream_run(struct stream *s, dobos_time until) {
    while (pair_step(s->pair, until))
        stream_programs_turn(s);
}

static inline struct dobos_socket_info stream_info(const struct dobos_socket *socket) {
    struct dobos_socket_info info;
    assert_int_equal(dobos_socket_info_read(socket, &info), 0);
    return info;
}

#endif
