/* What a program hears of a peer that does not answer any more. */
#include "pair.h"

#define PORT 7000

/* A program that fills its send buffer at every event, as servers do. */
static unsigned stalls_heard(struct pair *pair, struct dobos_socket *socket, dobos_time until) {
    static uint8_t bytes[65536];
    struct dobos_poller *poller = dobos_poller_default(pair->a.host);
    unsigned stalls = 0, turns = 0;
    bool goes_on = true;
    while (goes_on) {
        struct dobos_event event;
        goes_on = pair_step(pair, until);
        while (dobos_poller_next(poller, &event, 1) > 0) {
            assert_true(++turns < 10000);
            stalls += (event.ready & DOBOS_STALLED) != 0;
            while (dobos_send(socket, bytes, sizeof bytes) > 0)
                continue;
        }
    }
    return stalls;
}

/* [rfc9293#43] Once, however often it asks; and anew when it happens anew. */
static void silent_peer_is_told_of_once(void **state) {
    const struct impairments impairments = {.delay_ns = 5 * DOBOS_MILLISECOND};
    struct pair *pair = pair_create(1, &impairments);
    struct dobos_socket *listener = pair_listen(&pair->b, PORT, 1), *server;
    struct dobos_socket *client = pair_connect(&pair->a, PAIR_B, PORT);
    (void)state;
    assert_int_equal(stalls_heard(pair, client, pair->now + DOBOS_SECOND), 0);
    assert_int_equal(dobos_accept(listener, &server, NULL), 0);
    for (int i = 0; i < 2; i++) {
        static uint8_t bytes[65536];
        cable_cut(&pair->a.cable, true);
        while (dobos_receive(server, bytes, sizeof bytes) > 0)
            continue; /* its window is open */
        assert_int_equal(stalls_heard(pair, client, pair->now + 60 * DOBOS_SECOND), 1);
        cable_cut(&pair->a.cable, false);
        assert_int_equal(stalls_heard(pair, client, pair->now + 300 * DOBOS_SECOND), 0);
    }
    dobos_close(client);
    dobos_close(server);
    dobos_close(listener);
    pair_destroy(pair);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(silent_peer_is_told_of_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
