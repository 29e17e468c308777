/* The rations of challenge acknowledgments (RFC 5961 §7): a connection's, a peer's, the host's; and
 * that they tell nobody anything. */
#include "harness.h"

#include "transport/tcp/challenge.h"

/* A challenge on behalf of some connection of this peer's that has had none yet. */
static bool take(struct script *s, uint32_t peer) {
    const struct flow flow = {.remote = dobos_address_ipv4(peer)};
    dobos_time second = DOBOS_NEVER;
    uint8_t count = 0;
    return challenge_take(&s->transport, &flow, &second, &count, s->now);
}

static unsigned take_all(struct script *s, uint32_t peer) {
    unsigned taken = 0;
    while (take(s, peer))
        taken++;
    return taken;
}

/* [attack:E15] [rfc5961#7] [rfc5961#8] */
SCRIPT_TEST(challenges_are_rationed_per_connection_and_host) {
    script_establish(s);
    for (unsigned i = 0; i < 100; i++)
        inject(s, &(struct in){.flags = R, .seq = 100});
    unsigned first = drain_out(s);
    assert_true(first >= 1 && first <= 10);
    advance(s, 1 * DOBOS_SECOND);
    inject(s, &(struct in){.flags = R, .seq = 100});
    assert_int_equal(drain_out(s), 1);
    s->transport.challenge_limit = 0;
    advance(s, 1 * DOBOS_SECOND);
    inject(s, &(struct in){.flags = R, .seq = 100});
    expect_nothing(s);
}

/* A ration that is used up is not filled again before its second is over. */
SCRIPT_TEST(the_hosts_ration_is_a_seconds) {
    s->transport.challenge_limit = 2;
    script_establish(s);
    advance(s, 1 * DOBOS_SECOND);
    for (unsigned i = 0; i < 5; i++) {
        inject(s, &(struct in){.flags = R, .seq = 100});
        advance(s, 100 * MS);
    }
    unsigned allowed = drain_out(s);
    assert_true(allowed >= 1 && allowed <= 3);
}

/* The host's ration is another one each second, so that counting it tells nothing [attack:E15]. */
SCRIPT_TEST(the_hosts_ration_of_challenges_varies) {
    uint32_t seen[4] = {0};
    script_establish(s);
    for (unsigned i = 0; i < 4; i++) {
        advance(s, 1 * DOBOS_SECOND);
        inject(s, &(struct in){.flags = R, .seq = 100});
        seen[i] = s->transport.challenge_tokens;
        assert_true(seen[i] >= 499 && seen[i] < 1500);
    }
    assert_true(seen[0] != seen[1] || seen[1] != seen[2] || seen[2] != seen[3]);
    drain_out(s);
}

/* The program's limit is the one that counts [rfc5961#8]. */
SCRIPT_TEST(setting_of_the_limit_counts) {
    const struct dobos_tcp_config settings = {.challenge_limit = 80};
    unsigned all = 0;
    assert_int_equal(transport_settings_set(&s->transport, &settings), 0);
    for (uint32_t peer = 1; peer < 1000; peer++)
        all += take(s, peer);
    assert_true(all >= 40 && all <= 120);
}

/* A peer with any number of connections takes its share and no more; nearly all others still get
 * theirs [attack:E15]. */
SCRIPT_TEST(one_peer_does_not_take_the_others) {
    unsigned served = 0;
    unsigned taken = take_all(s, 0x0a000002);
    assert_true(taken >= 500 / 8 && taken <= 1500 / 8 + 1);
    for (uint32_t peer = 100; peer < 164; peer++)
        served += take(s, peer);
    assert_true(served >= 56);
}

/* Whom a peer shares its counter with is another one each second. */
SCRIPT_TEST(neighbours_of_a_counter_change) {
    unsigned always_starved = 0;
    for (uint32_t peer = 100; peer < 200; peer++) {
        unsigned starved = 0;
        for (unsigned second = 0; second < 3; second++) {
            advance(s, 1 * DOBOS_SECOND);
            (void)take_all(s, 0x0a000002);
            starved += !take(s, peer);
        }
        always_starved += starved == 3;
    }
    assert_int_equal(always_starved, 0);
}

/*
 * The attack itself: once a second the attacker sees how many challenges its own connections get
 * until there are no more, and guesses from that whether somebody else's connection was challenged
 * in this second. Whatever threshold it chooses, it guesses right as often as chance
 * [attack:E15].
 */
static void own_challenges_tell_nothing_of_others(void **state) {
    enum {
        SECONDS = 2000,
        MOST = 256
    };
    unsigned with[MOST] = {0}, without[MOST] = {0}, best = 0, right = 0;
    struct script *s = malloc(sizeof *s);
    struct random random = random_make(15);
    (void)state;
    script_init(s, 1, 1, true);
    for (unsigned i = 0; i < SECONDS; i++) {
        advance(s, 1 * DOBOS_SECOND);
        bool challenged = random_below(&random, 2) == 1;
        for (unsigned j = 0; challenged && j < 5; j++)
            assert_true(take(s, 0x0a000003));
        unsigned seen = take_all(s, 0x0a000002);
        assert_true(seen < MOST);
        (challenged ? with : without)[seen]++;
    }
    for (unsigned i = 0; i < MOST; i++)
        right += without[i];
    for (unsigned i = 0; i < MOST; i++) { /* “challenged” is guessed when fewer than i were seen */
        unsigned hit = 0;
        for (unsigned j = 0; j < MOST; j++)
            hit += j < i ? with[j] : without[j];
        best = hit > best ? hit : best;
    }
    assert_true(right > SECONDS * 45 / 100);
    assert_true(best < SECONDS * 55 / 100);
    script_fini(s);
    free(s);
}

/* ---- two ends that disagree ---- */

/* Two ends that disagree fall silent: empty strays are answered twice a second [attack:E16]
 * [attack:E17]. */
SCRIPT_TEST(empty_strays_do_not_ping_pong) {
    script_establish(s);
    for (unsigned i = 0; i < 1000; i++)
        inject(s, &(struct in){.flags = A, .seq = (uint32_t)-500, .ack = 1});
    assert_int_equal(drain_out(s), 1);
    for (unsigned i = 0; i < 1000; i++)
        inject(s, &(struct in){.flags = A, .seq = 1, .ack = 5000});
    assert_true(drain_out(s) <= 10);
    advance(s, 1 * DOBOS_SECOND);
    expect_nothing(s);
}

/* Two half-open records that two forged SYNs have made of each other fall silent too: each answers
 * five times a second, out of the host's ration, and no more [attack:E16] [attack:E17]. */
SCRIPT_TEST(half_open_records_do_not_ping_pong) {
    script_listen(s, 4);
    inject(s, &(struct in){.flags = S, .seq = 0});
    drain_out(s);
    for (unsigned second = 0; second < 2; second++) {
        for (unsigned i = 0; i < 1000; i++)
            inject(s, &(struct in){.flags = A, .seq = 0x80000000, .ack = 1});
        for (unsigned i = 0; i < 1000; i++)
            inject(s, &(struct in){.flags = R, .seq = 200});
        unsigned answers = drain_out(s);
        assert_true(answers >= 1 && answers <= 5 + second); /* the SYN,ACK is repeated once */
        advance(s, 1 * DOBOS_SECOND);
    }
    drain_out(s);
    assert_int_equal(s->transport.half_open, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(challenges_are_rationed_per_connection_and_host),
        cmocka_unit_test(the_hosts_ration_is_a_seconds),
        cmocka_unit_test(the_hosts_ration_of_challenges_varies),
        cmocka_unit_test(setting_of_the_limit_counts),
        cmocka_unit_test(one_peer_does_not_take_the_others),
        cmocka_unit_test(neighbours_of_a_counter_change),
        cmocka_unit_test(own_challenges_tell_nothing_of_others),
        cmocka_unit_test(empty_strays_do_not_ping_pong),
        cmocka_unit_test(half_open_records_do_not_ping_pong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
