/* Echo and discard over a cable, by TCP and UDP, and whom echo does not answer. */
#include "scene.h"

static char heard[64 * 1024 + 1];
static int64_t how;

static struct scene serve(bool echoes) {
    struct scene scene = scene_create();
    struct dobos_service *service = NULL;
    int result = echoes ? dobos_echo_server_create(scene.pair->b.host, 0, &service)
                        : dobos_discard_server_create(scene.pair->b.host, 0, &service);
    scene_add(&scene, result, service);
    assert_string_equal(dobos_service_name(service), echoes ? "echo" : "discard");
    return scene;
}

/* [rfc862#1] */
static void echo_returns_the_stream_and_its_end(void **state) {
    (void)state;
    struct scene scene = serve(true);
    struct dobos_socket *socket = scene_connect(&scene, DOBOS_TCP, 7);
    scene_say(&scene, socket, "hello");
    scene_hear(&scene, socket, heard, sizeof(heard), &how);
    assert_string_equal(heard, "hello");
    assert_int_equal(how, -DOBOS_EAGAIN);
    scene_say(&scene, socket, "more");
    assert_int_equal(dobos_shutdown(socket, DOBOS_SHUTDOWN_SEND), 0);
    scene_hear(&scene, socket, heard, sizeof(heard), &how);
    assert_string_equal(heard, "more");
    assert_int_equal(how, 0);
    dobos_close(socket);
    scene_destroy(&scene);
}

/* A client that sends 4 MiB before it reads stops the server, not its memory; then all comes back.
 * [rfc862#1] */
static void echo_of_a_slow_reader_is_whole(void **state) {
    (void)state;
    enum {
        LENGTH = 4 * 1024 * 1024
    };
    static uint8_t sent[LENGTH], got[LENGTH + 1];
    struct scene scene = serve(true);
    struct dobos_socket *socket = scene_connect(&scene, DOBOS_TCP, 7);
    size_t out = 0, in = 0;
    for (size_t i = 0; i < LENGTH; i++)
        sent[i] = (uint8_t)(i * 7 + i / 253);
    for (unsigned i = 0; i < 20000 && in < LENGTH; i++) {
        int64_t n = out < LENGTH ? dobos_send(socket, sent + out, LENGTH - out) : 0;
        out += n > 0 ? (size_t)n : 0;
        if (n == -DOBOS_EAGAIN || out == LENGTH) {
            n = dobos_receive(socket, got + in, 65536);
            in += n > 0 ? (size_t)n : 0;
        }
        scene_run(&scene, 10 * DOBOS_MILLISECOND);
    }
    assert_int_equal(in, LENGTH);
    assert_memory_equal(got, sent, LENGTH);
    dobos_close(socket);
    scene_destroy(&scene);
}

/* [rfc863#1] */
static void discard_takes_all_and_says_nothing(void **state) {
    (void)state;
    struct scene scene = serve(false);
    static uint8_t junk[1024 * 1024];
    struct dobos_socket *socket = scene_connect(&scene, DOBOS_TCP, 9);
    scene_send(&scene, socket, junk, sizeof(junk));
    scene_hear(&scene, socket, heard, sizeof(heard), &how);
    assert_string_equal(heard, "");
    assert_int_equal(how, -DOBOS_EAGAIN);
    assert_int_equal(dobos_shutdown(socket, DOBOS_SHUTDOWN_SEND), 0);
    scene_hear(&scene, socket, heard, sizeof(heard), &how);
    assert_int_equal(how, 0);
    dobos_close(socket);
    scene_destroy(&scene);
}

/* [rfc862#2] */
static void echo_returns_datagrams_of_every_size(void **state) {
    (void)state;
    static const size_t sizes[] = {0, 1, 1472, 1473, 8000, 65507};
    struct scene scene = serve(true);
    struct dobos_socket *socket = scene_connect(&scene, DOBOS_UDP, 7);
    static char sent[65507];
    assert_int_equal(dobos_send(socket, "", 0), 0);
    scene_hear(&scene, socket, heard, sizeof(heard), &how);
    for (size_t i = 0; i < array_length(sizes); i++) {
        memset(sent, (int)('a' + i), sizeof(sent));
        assert_int_equal(dobos_send(socket, sent, sizes[i]), sizes[i]);
        scene_run(&scene, DOBOS_SECOND);
        assert_int_equal(dobos_receive(socket, heard, sizeof(heard)), sizes[i]);
        assert_memory_equal(heard, sent, sizes[i]);
    }
    assert_int_equal(dobos_service_answers(scene.services[0]), 1 + array_length(sizes));
    dobos_close(socket);
    scene_destroy(&scene);
}

/* [rfc863#2] */
static void discard_answers_no_datagram(void **state) {
    (void)state;
    struct scene scene = serve(false);
    struct dobos_socket *socket = scene_connect(&scene, DOBOS_UDP, 9);
    for (size_t length = 0; length < 3000; length += 750) {
        assert_int_equal(dobos_send(socket, heard, length), length);
        scene_run(&scene, DOBOS_SECOND);
        assert_int_equal(dobos_receive(socket, heard, sizeof(heard)), -DOBOS_EAGAIN);
    }
    assert_int_equal(pair_counter(scene.pair->b.host, "UdpInDatagrams"), 4);
    assert_int_equal(pair_counter(scene.pair->b.host, "UdpOutDatagrams"), 0);
    dobos_close(socket);
    scene_destroy(&scene);
}

/* A datagram from a port of a's to b's echo; whether it is answered. */
static bool is_answered(struct scene *scene, uint16_t from, uint32_t to) {
    struct dobos_socket *socket;
    struct dobos_endpoint local = scene_endpoint(0, from), peer = scene_endpoint(to, 7);
    assert_int_equal(dobos_socket_create(scene->pair->a.host, DOBOS_UDP, NULL, &socket), 0);
    assert_int_equal(dobos_option_set(socket, DOBOS_OPTION_BROADCAST, 1), 0);
    assert_int_equal(dobos_bind(socket, &local), 0);
    struct dobos_message message = {.peer = peer};
    uint64_t before = dobos_service_answers(scene->services[0]);
    assert_int_equal(dobos_send_message(socket, "x", 1, &message), 1);
    scene_run(scene, DOBOS_SECOND);
    int64_t got = dobos_receive(socket, heard, sizeof(heard));
    dobos_close(socket);
    assert_int_equal(got == 1, dobos_service_answers(scene->services[0]) == before + 1);
    return got == 1;
}

/* [attack:G2] */
static void echo_does_not_answer_ports_of_servers(void **state) {
    (void)state;
    static const uint16_t ports[] = {1, 7, 19, 53, 123, 1023};
    struct scene scene = serve(true);
    for (size_t i = 0; i < array_length(ports); i++)
        assert_false(is_answered(&scene, ports[i], PAIR_B));
    assert_true(is_answered(&scene, 1024, PAIR_B));
    assert_true(is_answered(&scene, 65535, PAIR_B));
    scene_destroy(&scene);
}

/* A forged datagram from one echo server to another dies there, also at ports above 1023
 * [attack:G2]. */
static void two_echo_servers_make_no_loop(void **state) {
    (void)state;
    static const uint16_t ports[] = {7, 7777};
    for (size_t i = 0; i < array_length(ports); i++) {
        struct scene scene = scene_create();
        struct dobos_service *service = NULL;
        int result = dobos_echo_server_create(scene.pair->b.host, ports[i], &service);
        scene_add(&scene, result, service);
        /* The forger shares a's port with the second server: what it sends seems to be its. */
        struct dobos_socket *forger;
        struct dobos_endpoint local = scene_endpoint(0, ports[i]);
        struct dobos_message message = {.peer = scene_endpoint(PAIR_B, ports[i])};
        assert_int_equal(dobos_socket_create(scene.pair->a.host, DOBOS_UDP, NULL, &forger), 0);
        assert_int_equal(dobos_bind(forger, &local), 0);
        assert_int_equal(dobos_send_message(forger, "x", 1, &message), 1);
        scene_run(&scene, 5 * DOBOS_MILLISECOND / 2); /* on its way: ARP there and back */
        dobos_close(forger);
        result = dobos_echo_server_create(scene.pair->a.host, ports[i], &service);
        scene_add(&scene, result, service);
        scene_run(&scene, DOBOS_SECOND);
        assert_int_equal(pair_counter(scene.pair->b.host, "UdpInDatagrams"), 1);
        assert_int_equal(pair_counter(scene.pair->b.host, "UdpOutDatagrams"), 0);
        assert_int_equal(pair_counter(scene.pair->a.host, "UdpInDatagrams"), 0);
        scene_destroy(&scene);
    }
}

static void echo_does_not_answer_broadcasts(void **state) {
    (void)state;
    struct scene scene = serve(true);
    assert_false(is_answered(&scene, 5000, UINT32_C(0xc00002ff)));
    assert_false(is_answered(&scene, 5000, UINT32_C(0xffffffff)));
    assert_int_equal(pair_counter(scene.pair->b.host, "UdpOutDatagrams"), 0);
    scene_destroy(&scene);
}

static void reset_or_silence_ends_the_connection(void **state) {
    (void)state;
    struct scene scene = serve(true);
    struct dobos_socket *socket = scene_connect(&scene, DOBOS_TCP, 7);
    scene_say(&scene, socket, "x");
    dobos_abort(socket);
    scene_run(&scene, DOBOS_SECOND);
    struct dobos_socket *silent = scene_connect(&scene, DOBOS_TCP, 7);
    scene_run(&scene, 59 * DOBOS_SECOND);
    assert_int_equal(dobos_receive(silent, heard, 1), -DOBOS_EAGAIN);
    scene_run(&scene, 2 * DOBOS_SECOND);
    assert_int_equal(dobos_receive(silent, heard, 1), 0);
    dobos_close(silent);
    scene_destroy(&scene);
}

/* An answer that finds its port closed comes back as an ICMP error; the next one is served. */
static void client_that_is_gone_does_no_harm(void **state) {
    (void)state;
    struct scene scene = serve(true);
    struct dobos_socket *socket = scene_connect(&scene, DOBOS_UDP, 7);
    assert_int_equal(dobos_send(socket, "x", 1), 1);
    pair_settle(scene.pair);
    dobos_close(socket);
    scene_run(&scene, DOBOS_SECOND);
    assert_int_equal(pair_counter(scene.pair->a.host, "DropUdpNoPort"), 1);
    socket = scene_connect(&scene, DOBOS_UDP, 7);
    assert_int_equal(dobos_send(socket, "x", 1), 1);
    scene_run(&scene, DOBOS_SECOND);
    assert_true(dobos_receive(socket, heard, sizeof(heard)) > 0);
    dobos_close(socket);
    scene_destroy(&scene);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(echo_returns_the_stream_and_its_end),
        cmocka_unit_test(echo_of_a_slow_reader_is_whole),
        cmocka_unit_test(discard_takes_all_and_says_nothing),
        cmocka_unit_test(echo_returns_datagrams_of_every_size),
        cmocka_unit_test(discard_answers_no_datagram),
        cmocka_unit_test(echo_does_not_answer_ports_of_servers),
        cmocka_unit_test(two_echo_servers_make_no_loop),
        cmocka_unit_test(echo_does_not_answer_broadcasts),
        cmocka_unit_test(reset_or_silence_ends_the_connection),
        cmocka_unit_test(client_that_is_gone_does_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
