/* The attacks by a program on its own stack: rows G5 and G6 of docs/requirements/attacks.tsv, each
 * against a running host while a witness connection moves bytes (witness.h). */
#include "forge.h"

#include <limits.h>

#include <dobos/dns.h>
#include <dobos/group.h>

#define PORT      4000
#define DEAD      (VICTIM_ADDRESS + 150) /* nobody's address on the link */
#define CALLS     48
#define BIG_BYTES 300000 /* more than a send buffer takes */

static uint8_t big[BIG_BYTES];

/* What a test has made: the socket under test, and the other end of it. */
struct scene {
    struct witness *w;
    struct dobos_socket *socket;   /* the victim's; NULL: it was closed */
    struct dobos_socket *listener; /* the friend's, or the victim's when it waits */
    struct dobos_socket *peer;     /* the friend's end */
};

static struct dobos_socket *make(struct scene *s, enum dobos_protocol protocol) {
    struct dobos_socket *socket;
    assert_int_equal(dobos_socket_create(s->w->victim, protocol, NULL, &socket), 0);
    return socket;
}

static void connect_to(struct scene *s, uint32_t address, uint16_t port) {
    struct dobos_endpoint to = witness_endpoint(address, port);
    (void)dobos_connect(s->socket, &to);
    witness_settle(s->w);
}

static void tcp_fresh(struct scene *s) {
    s->socket = make(s, DOBOS_TCP);
}
static void tcp_bound(struct scene *s) {
    struct dobos_endpoint at = witness_endpoint(VICTIM_ADDRESS, PORT);
    tcp_fresh(s);
    assert_int_equal(dobos_bind(s->socket, &at), 0);
}
static void tcp_listening(struct scene *s) {
    tcp_bound(s);
    assert_int_equal(dobos_listen(s->socket, 4), 0);
}
static void tcp_listening_with_one_waiting(struct scene *s) {
    struct dobos_endpoint to = witness_endpoint(VICTIM_ADDRESS, PORT);
    tcp_listening(s);
    assert_int_equal(dobos_socket_create(s->w->friend, DOBOS_TCP, NULL, &s->peer), 0);
    assert_int_equal(dobos_connect(s->peer, &to), -DOBOS_EINPROGRESS);
    witness_settle(s->w);
}
static void tcp_syn_sent(struct scene *s) {
    tcp_fresh(s);
    connect_to(s, DEAD, PORT);
}
static void tcp_refused(struct scene *s) {
    tcp_fresh(s);
    connect_to(s, FRIEND_ADDRESS, 1);
}
static void tcp_established(struct scene *s) {
    tcp_fresh(s);
    s->listener = witness_listener(s->w->friend, PORT, 1);
    connect_to(s, FRIEND_ADDRESS, PORT);
    assert_int_equal(dobos_accept(s->listener, &s->peer, NULL), 0);
}
static void tcp_unread(struct scene *s) {
    tcp_established(s);
    assert_int_equal(dobos_send(s->peer, big, 3000), 3000);
    witness_settle(s->w);
}
static void tcp_full(struct scene *s) {
    tcp_established(s);
    s->w->cut = true;
    assert_true(dobos_send(s->socket, big, sizeof(big)) > 0);
    witness_settle(s->w);
}
static void tcp_fin_wait_1(struct scene *s) {
    tcp_established(s);
    s->w->cut = true;
    (void)dobos_shutdown(s->socket, DOBOS_SHUTDOWN_SEND);
    witness_settle(s->w);
}
static void tcp_fin_wait_2(struct scene *s) {
    tcp_established(s);
    (void)dobos_shutdown(s->socket, DOBOS_SHUTDOWN_SEND);
    witness_settle(s->w);
}
static void tcp_close_wait(struct scene *s) {
    tcp_unread(s);
    (void)dobos_shutdown(s->peer, DOBOS_SHUTDOWN_SEND);
    witness_settle(s->w);
}
static void tcp_closing(struct scene *s) { /* both FINs cross, and the answers are lost */
    struct dobos_packet *packet;
    tcp_established(s);
    (void)dobos_shutdown(s->socket, DOBOS_SHUTDOWN_SEND);
    (void)dobos_shutdown(s->peer, DOBOS_SHUTDOWN_SEND);
    assert_int_equal(dobos_output(s->w->friend, 2, &packet, 1, s->w->now), 1);
    s->w->cut = true;
    witness_settle(s->w);
    dobos_input(s->w->victim, 2, &packet, 1, s->w->now);
}
static void tcp_last_ack(struct scene *s) {
    tcp_close_wait(s);
    s->w->cut = true;
    (void)dobos_shutdown(s->socket, DOBOS_SHUTDOWN_SEND);
    witness_settle(s->w);
}
static void tcp_time_wait(struct scene *s) {
    tcp_fin_wait_2(s);
    (void)dobos_shutdown(s->peer, DOBOS_SHUTDOWN_SEND);
    witness_settle(s->w);
}
static void tcp_reset(struct scene *s) {
    tcp_unread(s);
    dobos_abort(s->peer);
    s->peer = NULL;
    witness_settle(s->w);
}
static void udp_fresh(struct scene *s) {
    s->socket = make(s, DOBOS_UDP);
}
static void udp_bound(struct scene *s) {
    s->socket = witness_udp(s->w->victim, PORT);
}
static void udp_connected(struct scene *s) {
    udp_fresh(s);
    connect_to(s, FRIEND_ADDRESS, 9);
}
static void udp_unread(struct scene *s) {
    udp_bound(s);
    for (unsigned i = 0; i < 3; i++)
        forge_udp(s->w, ATTACKER_ADDRESS, 9, PORT, big, i * 400);
}
static void udp_reported(struct scene *s) {
    udp_connected(s);
    for (unsigned i = 0; i < 20; i++)
        (void)dobos_send(s->socket, big, 10);
    witness_settle(s->w);
}
static void udp_sending(struct scene *s) {
    udp_connected(s);
    (void)dobos_send(s->socket, big, 1000);
}
static void ping_fresh(struct scene *s) {
    s->socket = make(s, DOBOS_ICMP);
}
static void ping_connected(struct scene *s) {
    ping_fresh(s);
    connect_to(s, FRIEND_ADDRESS, 0);
}
static void ping_answered(struct scene *s) {
    ping_connected(s);
    (void)dobos_send(s->socket, big, 100);
    witness_settle(s->w);
}

static void (*const STATES[])(struct scene *s) = {
    tcp_fresh,     tcp_bound,      tcp_listening,   tcp_listening_with_one_waiting,
    tcp_syn_sent,  tcp_refused,    tcp_established, tcp_unread,
    tcp_full,      tcp_fin_wait_1, tcp_fin_wait_2,  tcp_close_wait,
    tcp_closing,   tcp_last_ack,   tcp_time_wait,   tcp_reset,
    udp_fresh,     udp_bound,      udp_connected,   udp_unread,
    udp_reported,  udp_sending,    ping_fresh,      ping_connected,
    ping_answered,
};

/* Which TCP state a builder claims to make, where it is not told by its name alone. */
static const struct {
    void (*build)(struct scene *s);
    enum dobos_tcp_state state;
} CLAIMS[] = {
    {tcp_syn_sent, DOBOS_TCP_SYN_SENT},     {tcp_established, DOBOS_TCP_ESTABLISHED},
    {tcp_fin_wait_1, DOBOS_TCP_FIN_WAIT_1}, {tcp_fin_wait_2, DOBOS_TCP_FIN_WAIT_2},
    {tcp_close_wait, DOBOS_TCP_CLOSE_WAIT}, {tcp_closing, DOBOS_TCP_CLOSING},
    {tcp_last_ack, DOBOS_TCP_LAST_ACK},     {tcp_time_wait, DOBOS_TCP_TIME_WAIT},
    {tcp_listening, DOBOS_TCP_LISTEN},      {tcp_full, DOBOS_TCP_ESTABLISHED},
};

static void scene_end(struct scene *s) {
    s->w->cut = false;
    dobos_abort(s->socket);
    dobos_abort(s->peer);
    dobos_close(s->listener);
    witness_settle(s->w);
    *s = (struct scene){.w = s->w};
}

static int64_t call_name(struct scene *s, unsigned number) {
    static const uint32_t addresses[] = {VICTIM_ADDRESS, 0, FRIEND_ADDRESS, 0xffffffff, 0xe0000001};
    struct dobos_endpoint at = witness_endpoint(addresses[number % 5], number % 2 ? 0 : 4321);
    if (number < 5)
        return dobos_bind(s->socket, &at);
    at.port = 9;
    return dobos_connect(s->socket, &at);
}

static int64_t call_bytes(struct scene *s, unsigned number) {
    struct dobos_message message = {.peer = witness_endpoint(FRIEND_ADDRESS, 9)};
    struct dobos_icmp_report report;
    switch (number) {
    case 0:
        return dobos_send(s->socket, big, 0);
    case 1:
        return dobos_send(s->socket, big, 2);
    case 2:
        return dobos_send(s->socket, big, sizeof(big));
    case 3:
        return dobos_receive(s->socket, big, 0);
    case 4:
        return dobos_receive(s->socket, big, sizeof(big));
    case 5:
        return dobos_send_message(s->socket, big, 100, NULL);
    case 6:
        return dobos_send_message(s->socket, big, 100, &message);
    case 7:
        return dobos_receive_message(s->socket, big, 10, &message);
    case 8:
        return dobos_receive_message(s->socket, big, 10, NULL);
    default:
        return dobos_receive_icmp(s->socket, &report);
    }
}

static int64_t call_look(struct scene *s, unsigned number) {
    struct dobos_endpoint at;
    struct dobos_socket_info info;
    struct dobos_event events[4];
    struct dobos_socket *accepted = NULL;
    int result;
    switch (number) {
    case 0:
        return dobos_local(s->socket, &at);
    case 1:
        return dobos_peer(s->socket, &at);
    case 2:
        return dobos_socket_info_read(s->socket, &info);
    case 3:
        return (int64_t)dobos_socket_ready(s->socket);
    case 4:
        return dobos_socket_error(s->socket);
    case 5:
        return dobos_poller_next(dobos_poller_default(s->w->victim), events, 4);
    case 6:
        return dobos_listen(s->socket, 2);
    default:
        result = dobos_accept(s->socket, &accepted, number == 7 ? NULL : &at);
        if (result == 0)
            dobos_abort(accepted);
        return result;
    }
}

static int64_t call_group(struct scene *s, unsigned number) {
    struct dobos_address group = dobos_address_ipv4(0xef010203);
    struct dobos_address source = dobos_address_ipv4(FRIEND_ADDRESS);
    switch (number) {
    case 0:
        return dobos_group_join(s->socket, 0, &group);
    case 1:
        return dobos_group_leave(s->socket, 2, &group);
    case 2:
        return dobos_group_block(s->socket, 2, &group, &source);
    default:
        return dobos_group_join_source(s->socket, 0, &group, &source);
    }
}

/* One of CALLS; the last ones end the socket. */
static int64_t call(struct scene *s, unsigned number) {
    if (number < 10)
        return call_name(s, number);
    if (number < 20)
        return call_bytes(s, number - 10);
    if (number < 29)
        return call_look(s, number - 20);
    if (number < 34) /* none, and one that is none, among them */
        return dobos_shutdown(s->socket, (enum dobos_shutdown)(number - 29));
    if (number < 36) {
        int64_t value = 0, result = 0;
        for (unsigned option = 0; option <= DOBOS_OPTION_SYNCNT + 1u; option++) {
            result = dobos_option_read(s->socket, (enum dobos_option)option, &value);
            if (result == 0 && number == 35)
                result = dobos_option_set(s->socket, (enum dobos_option)option, value);
        }
        return result;
    }
    if (number < 42) {
        static const enum dobos_option options[] = {
            DOBOS_OPTION_RECEIVE_BUFFER, DOBOS_OPTION_SEND_BUFFER,     DOBOS_OPTION_KEEPALIVE,
            DOBOS_OPTION_INTERFACE,      DOBOS_OPTION_USER_TIMEOUT_MS, DOBOS_OPTION_NODELAY};
        static const int64_t values[] = {4096, 4096, 1, 2, 1, 1};
        return dobos_option_set(s->socket, options[number - 36], values[number - 36]);
    }
    if (number < 46)
        return call_group(s, number - 42);
    if (number == 46)
        dobos_close(s->socket);
    else
        dobos_abort(s->socket);
    s->socket = NULL;
    return 0;
}

static unsigned sockets_of(const struct dobos_host *host) {
    struct dobos_socket_info info;
    unsigned count = 0;
    while (dobos_socket_read(host, count, &info) == 0)
        count++;
    return count;
}

/* [attack:G5] */
static void attack_g5_every_two_calls_in_every_state_are_survived(void **state) {
    struct scene s = {.w = *state};
    enum {
        STATE_COUNT = sizeof(STATES) / sizeof(STATES[0])
    };
    for (unsigned i = 0; i < sizeof(CLAIMS) / sizeof(CLAIMS[0]); i++) {
        struct dobos_socket_info info;
        CLAIMS[i].build(&s);
        assert_int_equal(dobos_socket_info_read(s.socket, &info), 0);
        assert_int_equal(info.state, CLAIMS[i].state);
        scene_end(&s);
    }
    unsigned sockets = sockets_of(s.w->victim);
    for (unsigned i = 0; i < STATE_COUNT * CALLS * CALLS; i++) {
        unsigned calls[2] = {i / STATE_COUNT % CALLS, i / STATE_COUNT / CALLS};
        STATES[i % STATE_COUNT](&s);
        for (unsigned k = 0; k < 2 && s.socket; k++) {
            int64_t result = call(&s, calls[k]);
            assert_true(result >= -200);
            if (i % 2) /* or both before anything is sent */
                witness_settle(s.w);
        }
        scene_end(&s);
        if (i % 512 == 0) {
            witness_run(s.w, 5 * DOBOS_SECOND);
            witness_exchange(s.w);
        }
    }
    witness_run(s.w, 130 * DOBOS_SECOND);
    assert_int_equal(sockets_of(s.w->victim), sockets);
}

/* ---- G6 ---- */

static const int64_t NUMBERS[] = {
    INT64_MIN, INT64_MIN + 1, -4294967297, INT32_MIN, -65536, -1,    0,
    1,         255,           256,         32767,     32768,  65535, 65536,
    1 << 26,   INT32_MAX,     UINT32_MAX,  INT64_MAX};
#define NUMBER_COUNT (sizeof(NUMBERS) / sizeof(NUMBERS[0]))

/* What dobos/socket.h says of each option. */
static const struct {
    enum dobos_option option;
    int64_t least, most;
} RANGES[] = {
    {DOBOS_OPTION_NODELAY, 0, 1},
    {DOBOS_OPTION_KEEPALIVE, 0, 1},
    {DOBOS_OPTION_KEEPALIVE_IDLE_S, 1, 32767},
    {DOBOS_OPTION_KEEPALIVE_INTERVAL_S, 1, 32767},
    {DOBOS_OPTION_KEEPALIVE_PROBES, 1, 127},
    {DOBOS_OPTION_USER_TIMEOUT_MS, 0, UINT32_MAX},
    {DOBOS_OPTION_SEND_BUFFER, 4096, 64 << 20},
    {DOBOS_OPTION_RECEIVE_BUFFER, 4096, 64 << 20},
    {DOBOS_OPTION_TTL, 1, 255},
    {DOBOS_OPTION_TOS, 0, 255},
    {DOBOS_OPTION_BROADCAST, 0, 1},
    {DOBOS_OPTION_INTERFACE, 0, 3},
    {DOBOS_OPTION_DONT_FRAGMENT, 0, 1},
    {DOBOS_OPTION_MULTICAST_TTL, 1, 255},
    {DOBOS_OPTION_MULTICAST_LOOP, 0, 1},
    {DOBOS_OPTION_MULTICAST_INTERFACE, 0, 3},
    {DOBOS_OPTION_CONGESTION, 0, DOBOS_CONGESTION_BBR},
    {DOBOS_OPTION_MAX_PACING_RATE, 0, UINT32_MAX},
    {DOBOS_OPTION_FASTOPEN, 0, 65535},
    {DOBOS_OPTION_FASTOPEN_CONNECT, 0, 1},
    {DOBOS_OPTION_MAXSEG, 0, 0},
    {DOBOS_OPTION_MAXSEG, 88, 32767},
    {DOBOS_OPTION_CORK, 0, 1},
    {DOBOS_OPTION_SYNCNT, 1, 127},
};

/* Whether it is an option, and the value one that it may have. */
static bool is_in_range(unsigned option, int64_t value) {
    for (size_t i = 0; i < sizeof(RANGES) / sizeof(RANGES[0]); i++)
        if (RANGES[i].option == option && value >= RANGES[i].least && value <= RANGES[i].most)
            return true;
    return false;
}

/* [attack:G6] */
static void attack_g6_absurd_lengths_and_numbers_in_socket_calls_are_refused(void **state) {
    struct scene s = {.w = *state};
    static const enum dobos_protocol protocols[] = {DOBOS_TCP, DOBOS_UDP, DOBOS_ICMP};
    for (unsigned p = 0; p < 3; p++) {
        for (unsigned option = 0; option < 64; option++) {
            for (size_t n = 0; n < NUMBER_COUNT; n++) {
                int64_t value = 0;
                s.socket = make(&s, protocols[p]);
                int result = dobos_option_set(s.socket, (enum dobos_option)option, NUMBERS[n]);
                if (result == 0) {
                    assert_true(is_in_range(option, NUMBERS[n]));
                    assert_int_equal(dobos_option_read(s.socket, (enum dobos_option)option, &value),
                                     0);
                    assert_int_equal(value, NUMBERS[n]);
                }
                dobos_close(s.socket);
            }
        }
        for (size_t n = 0; n < NUMBER_COUNT; n++) {
            struct dobos_socket *none = NULL;
            enum dobos_protocol protocol = (enum dobos_protocol)NUMBERS[n];
            if (protocol != DOBOS_ICMP) /* the only one of them that there is */
                assert_int_equal(dobos_socket_create(s.w->victim, protocol, NULL, &none),
                                 -DOBOS_EPROTONOSUPPORT);
        }
    }
    s.socket = NULL;
    /* Lengths: no more is read than there is to send, no more is written than came. */
    struct dobos_message message = {.peer = witness_endpoint(FRIEND_ADDRESS, 9)};
    udp_unread(&s);
    static const size_t lengths[] = {65508,    65536,        1 << 20, INT_MAX,
                                     UINT_MAX, SIZE_MAX - 7, SIZE_MAX};
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        assert_int_equal(dobos_send_message(s.socket, big, lengths[i], &message), -DOBOS_EMSGSIZE);
        if (i % 3 == 0)
            assert_true(dobos_receive(s.socket, big, SIZE_MAX) >= 0);
    }
    scene_end(&s);
    tcp_unread(&s);
    assert_int_equal(dobos_receive(s.socket, big, SIZE_MAX), 3000);
    assert_int_equal(dobos_receive(s.socket, big, SIZE_MAX), -DOBOS_EAGAIN);
    int64_t sent = dobos_send(s.socket, big, sizeof(big));
    assert_true(sent > 0 && sent <= (int64_t)sizeof(big));
    scene_end(&s);
    ping_connected(&s);
    assert_true(dobos_send(s.socket, big, 0) < 0);
    assert_true(dobos_send(s.socket, big, 1) < 0);
    assert_int_equal(dobos_send(s.socket, big, SIZE_MAX), -DOBOS_EMSGSIZE);
    scene_end(&s);
    tcp_bound(&s);
    static const unsigned backlogs[] = {0, 65536, UINT_MAX};
    for (size_t i = 0; i < sizeof(backlogs) / sizeof(backlogs[0]); i++) {
        struct dobos_socket_info info;
        assert_int_equal(dobos_listen(s.socket, backlogs[i]), 0);
        assert_int_equal(dobos_socket_info_read(s.socket, &info), 0);
        assert_int_equal(info.send_queue, i == 0 ? 1 : 65535);
    }
    scene_end(&s);
}

/* [attack:G6]: and in those of the host and its pool */
static void attack_g6_absurd_lengths_and_numbers_in_host_calls_are_refused(void **state) {
    struct witness *w = *state;
    struct dobos_packet *packets[2];
    for (size_t n = 0; n < NUMBER_COUNT; n++) {
        uint32_t number = (uint32_t)NUMBERS[n];
        struct dobos_interface_info info;
        struct dobos_neighbor_info neighbor;
        struct dobos_interface_address address = {
            .prefix = {dobos_address_ipv4(0x0a000001 + (uint32_t)n), (uint8_t)(33 + n * 12)},
            .valid_until = DOBOS_NEVER,
            .preferred_until = DOBOS_NEVER};
        struct dobos_route route = {.destination = {dobos_address_ipv4(0), (uint8_t)(33 + n * 12)},
                                    .gateway = dobos_address_ipv4(ATTACKER_ADDRESS),
                                    .interface = number};
        struct dobos_counter counter;
        assert_true(dobos_address_add(w->victim, 2, &address) < 0);
        assert_true(dobos_route_add(w->victim, &route) < 0);
        route.destination.length = 0;
        if (number > 3)
            assert_true(dobos_route_add(w->victim, &route) < 0);
        if (number == 0 || number > 3)
            assert_int_equal(dobos_interface_read(w->victim, number, &info), -DOBOS_ENODEV);
        assert_true(dobos_neighbor_read(w->victim, number, UINT32_MAX, &neighbor) < 0);
        assert_int_equal(dobos_counter_read(w->victim, UINT32_MAX - (uint32_t)n, &counter),
                         -DOBOS_ENOENT);
        if (number == 0 || number > 3) {
            packets[0] = dobos_packet_from_bytes(w->pool, big, 60, NULL);
            dobos_input(w->victim, number, packets, 1, w->now);
            assert_int_equal(dobos_output(w->victim, number, packets, 2, w->now), 0);
        }
        size_t length = (size_t)NUMBERS[n];
        if (length == 0 || length > DOBOS_PACKET_MAX_BYTES)
            assert_null(dobos_packet_from_bytes(w->pool, big, length, NULL));
        if (length > (size_t)1 << 40)
            assert_null(dobos_pool_allocate(w->pool, length, "absurd"));
    }
    dobos_input(w->victim, 2, packets, 0, w->now);
    assert_int_equal(dobos_output(w->victim, 2, packets, 0, w->now), 0);
    assert_int_equal(dobos_poller_next(dobos_poller_default(w->victim), NULL, 0), 0);
    dobos_close(NULL);
    dobos_abort(NULL);
    dobos_packet_release(NULL);
    dobos_poller_destroy(NULL);
    dobos_service_destroy(NULL);
    dobos_lookup_destroy(NULL);
    dobos_advance(w->victim, INT64_MIN); /* a clock that runs back is not followed */
    assert_int_equal(dobos_host_now(w->victim), w->now);
}

int main(void) {
#define ATTACK(test) cmocka_unit_test_setup_teardown(test, attack_setup, attack_teardown)
    const struct CMUnitTest tests[] = {
        ATTACK(attack_g5_every_two_calls_in_every_state_are_survived),
        ATTACK(attack_g6_absurd_lengths_and_numbers_in_socket_calls_are_refused),
        ATTACK(attack_g6_absurd_lengths_and_numbers_in_host_calls_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
