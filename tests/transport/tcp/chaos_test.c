/* Segments without sense or order: every combination of flags in every state, and long runs by
 * seed. */
#include "harness.h"

/* ---- all flags, states, places ---- */

/*
 * All 64 combinations of flags in all 11 states at places of every class: nothing breaks,
 * invariants hold (inject checks them), and what lies outside of the window never changes the state
 * [attack:E33] [attack:E34] [rfc9293#105] [rfc9293#99].
 */
static void all_flags_in_all_states_keep_the_invariants(void **state) {
    static const int32_t places[] = {-70000, -100, -1, 0, 1, 1000, 59999, 600000, INT32_MIN};
    static const int32_t ack_places[] = {-70000, -1, 0, 1, 1000};
    static const uint32_t isns[] = {0x10000000, 0x7fffffff, 0xffffffff};
    struct script *s = malloc(sizeof *s);
    (void)state;
    for (unsigned from = 0; from <= DOBOS_TCP_TIME_WAIT; from++) {
        for (unsigned flags = 0; flags < 64; flags++) {
            for (unsigned i = 0; i < sizeof places / sizeof places[0]; i++) {
                for (unsigned j = 0; j < sizeof ack_places / sizeof ack_places[0]; j++) {
                    unsigned length = (i + j) % 2 ? 10 : 0;
                    script_init(s, isns[(i + j) % 3], isns[j % 3], (flags + i) % 2);
                    struct reached at = script_reach(s, (enum dobos_tcp_state)from);
                    uint32_t seq = at.peer_next + (uint32_t)places[i];
                    inject(s, &(struct in){.flags = flags,
                                           .seq = seq,
                                           .ack = at.own_next + (uint32_t)ack_places[j],
                                           .length = length});
                    assert_true(s->out_count <= 2);
                    bool beyond = places[i] == 600000 || places[i] == INT32_MIN;
                    if (from >= DOBOS_TCP_ESTABLISHED && beyond)
                        assert_state(s, (enum dobos_tcp_state)from);
                    if (from >= DOBOS_TCP_ESTABLISHED && !(flags & (A | R)))
                        assert_state(s, (enum dobos_tcp_state)from);
                    advance(s, 3 * DOBOS_SECOND);
                    script_fini(s);
                }
            }
        }
    }
    free(s);
}

/* The same flags one after the other at the same connection, by seed. */
static void random_segments_keep_the_invariants(void **state) {
    struct script *s = malloc(sizeof *s);
    (void)state;
    for (uint64_t seed = 1; seed <= 400; seed++) {
        struct random random = random_make(seed);
        script_init(s, (uint32_t)random_next(&random), (uint32_t)random_next(&random), seed % 2);
        struct reached at =
            script_reach(s, (enum dobos_tcp_state)(1 + random_below(&random, DOBOS_TCP_TIME_WAIT)));
        for (unsigned i = 0; i < 200; i++) {
            struct in in = {
                .flags = (unsigned)random_below(&random, 64) | (random_below(&random, 4) ? A : 0),
                .seq = at.peer_next + (uint32_t)random_below(&random, 3000) - 1000,
                .ack = at.own_next + (uint32_t)random_below(&random, 300) - 100,
                .length =
                    (uint32_t)random_below(&random, 4) ? (uint32_t)random_below(&random, 1400) : 0,
                .window = (uint32_t)random_below(&random, 65536),
                .closed = random_below(&random, 10) == 0,
            };
            if (random_below(&random, 20) > 0)
                in.flags &= ~(unsigned)R;
            if (random_below(&random, 20) > 0)
                in.flags &= ~(unsigned)F;
            inject(s, &in);
            if (s->socket && random_below(&random, 4) == 0 &&
                script_connection(s)->state >= DOBOS_TCP_ESTABLISHED)
                program_send(s, (uint32_t)random_below(&random, 3000));
            if (random_below(&random, 4) == 0)
                advance(s, (dobos_time)random_below(&random, 2000) * MS);
            drain_out(s);
        }
        drain_out(s);
        if (s->socket)
            program_close(s);
        drain_out(s);
        script_fini(s);
    }
    free(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_flags_in_all_states_keep_the_invariants),
        cmocka_unit_test(random_segments_keep_the_invariants),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
