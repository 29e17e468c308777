/*
 * A server whose peers take nothing, or a byte now and then, or fall silent when it has said
 * goodbye; beside them a witness that reads as one should. Memory stays where it is bounded, and
 * the witness gets every byte (attacks E22, E24, E25).
 */
#include "pair.h"

#include <dobos/errors.h>

#include "host/state.h"

#define PEERS 200
#define LIMIT (1 << 20) /* bytes of the server's sockets together */
#define PORT  80

struct scene {
    struct pair *pair;
    struct dobos_socket *listener;
    struct dobos_socket *served[PEERS + 1], *peers[PEERS]; /* served[PEERS]: the witness's */
    struct dobos_socket *witness;
    uint64_t sent, received; /* of the witness */
    size_t most;             /* that the server's sockets held */
};

static struct dobos_socket *connect_to(struct scene *scene, uint32_t buffer) {
    const struct dobos_endpoint peer = {.address = dobos_address_ipv4(PAIR_B), .port = PORT};
    struct dobos_socket *socket = NULL;
    assert_int_equal(dobos_socket_create(scene->pair->a.host, DOBOS_TCP, NULL, &socket), 0);
    if (buffer > 0)
        assert_int_equal(dobos_option_set(socket, DOBOS_OPTION_RECEIVE_BUFFER, buffer), 0);
    assert_int_equal(dobos_connect(socket, &peer), -DOBOS_EINPROGRESS);
    pair_settle(scene->pair);
    return socket;
}

static struct scene *scene_create(void) {
    const struct impairments none = {0};
    const struct dobos_endpoint local = {.address = dobos_address_ipv4(PAIR_B), .port = PORT};
    struct scene *scene = calloc(1, sizeof *scene);
    scene->pair = pair_create(22, &none);
    scene->pair->b.host->transport.buffer_limit_bytes = LIMIT;
    assert_int_equal(dobos_socket_create(scene->pair->b.host, DOBOS_TCP, NULL, &scene->listener),
                     0);
    assert_int_equal(dobos_bind(scene->listener, &local), 0);
    assert_int_equal(dobos_listen(scene->listener, 1000), 0);
    for (unsigned i = 0; i < PEERS; i++) {
        scene->peers[i] = connect_to(scene, 4096);
        assert_int_equal(dobos_accept(scene->listener, &scene->served[i], NULL), 0);
    }
    scene->witness = connect_to(scene, 0);
    assert_int_equal(dobos_accept(scene->listener, &scene->served[PEERS], NULL), 0);
    return scene;
}

static void scene_destroy(struct scene *scene) {
    for (unsigned i = 0; i < PEERS; i++) {
        dobos_abort(scene->peers[i]);
        dobos_abort(scene->served[i]);
    }
    dobos_abort(scene->served[PEERS]);
    dobos_abort(scene->witness);
    dobos_close(scene->listener);
    pair_destroy(scene->pair);
    free(scene);
}

/* The server gives each peer as much as it takes. */
static void serve(struct scene *scene) {
    static uint8_t page[65536];
    for (unsigned i = 0; i < PEERS; i++) {
        while (scene->served[i] && dobos_send(scene->served[i], page, sizeof page) > 0)
            continue;
    }
}

static void witness_moves(struct scene *scene) {
    uint8_t bytes[4096];
    for (unsigned i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)((scene->sent + i) * 7);
    int64_t done = dobos_send(scene->served[PEERS], bytes, sizeof bytes);
    scene->sent += done > 0 ? (uint64_t)done : 0;
    pair_settle(scene->pair);
    while ((done = dobos_receive(scene->witness, bytes, sizeof bytes)) > 0) {
        for (int64_t i = 0; i < done; i++)
            assert_int_equal(bytes[i], (uint8_t)((scene->received + (uint64_t)i) * 7));
        scene->received += (uint64_t)done;
    }
}

/* Time passes in steps of a tenth of a second. */
static void pass(struct scene *scene, unsigned seconds, bool drip) {
    uint8_t byte;
    for (unsigned i = 0; i < seconds * 10; i++) {
        serve(scene);
        witness_moves(scene);
        for (unsigned j = 0; drip && i % 300 == 0 && j < PEERS; j++)
            (void)dobos_receive(scene->peers[j], &byte, 1);
        pair_run(scene->pair, scene->pair->now + 100 * DOBOS_MILLISECOND);
        size_t held = scene->pair->b.host->transport.buffer_bytes;
        if (held > scene->most)
            scene->most = held;
    }
}

static void assert_witness_is_served(struct scene *scene, unsigned seconds) {
    const struct transport *transport = &scene->pair->b.host->transport;
    print_message("# held %zu, ended %llu, the witness read %llu\n", scene->most,
                  (unsigned long long)transport->counters.tcp_aborted_on_memory,
                  (unsigned long long)scene->received);
    assert_true(scene->most < LIMIT + (PEERS + 1) * 8192 + 262144);
    assert_true(scene->received >= (uint64_t)seconds * 10 * 4096 * 9 / 10);
    assert_true(transport->counters.tcp_aborted_on_memory >= 1);
    assert_int_equal(dobos_socket_ready(scene->served[PEERS]) & DOBOS_ERROR, 0);
}

/* [attack:E22] */
static void windows_that_stay_closed_take_no_memory_from_others(void **state) {
    (void)state;
    struct scene *scene = scene_create();
    pass(scene, 60, false);
    assert_witness_is_served(scene, 60);
    scene_destroy(scene);
}

/* [attack:E25] */
static void a_byte_every_half_minute_takes_no_memory_from_others(void **state) {
    (void)state;
    struct scene *scene = scene_create();
    pass(scene, 120, true);
    assert_witness_is_served(scene, 120);
    scene_destroy(scene);
}

/* The peers' cable is cut when the server has closed: so many orphans at most, and none at last
 * [attack:E24]. */
static void orphans_are_bounded_and_end(void **state) {
    (void)state;
    struct scene *scene = scene_create();
    struct transport *transport = &scene->pair->b.host->transport;
    transport->orphan_limit = 50;
    serve(scene);
    for (unsigned i = 0; i < PEERS; i++) {
        dobos_close(scene->served[i]);
        scene->served[i] = NULL;
        assert_true(transport->orphan_count <= 50);
    }
    for (unsigned i = 0; i < 4000; i++) { /* what b says is lost, and a says nothing */
        struct dobos_packet *packet;
        scene->pair->now += 100 * DOBOS_MILLISECOND;
        dobos_advance(scene->pair->b.host, scene->pair->now);
        while (dobos_output(scene->pair->b.host, 2, &packet, 1, scene->pair->now) > 0)
            dobos_packet_release(packet);
    }
    assert_int_equal(transport->orphan_count, 0);
    assert_true(transport->counters.tcp_aborted_on_memory >= PEERS - 50);
    scene_destroy(scene);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows_that_stay_closed_take_no_memory_from_others),
        cmocka_unit_test(a_byte_every_half_minute_takes_no_memory_from_others),
        cmocka_unit_test(orphans_are_bounded_and_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
