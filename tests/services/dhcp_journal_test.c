/* dhcp_journal: what is left of the leases when a server dies, at any moment of writing. */
#include "dhcp_fixture.h"

#include "base/random.h"

static int journal_setup(void **state) {
    struct dhcp_fixture *f = malloc(sizeof(*f));
    fixture_begin(f);
    f->config.store = &f->hook;
    f->config.wall_ns = 946684800 * DOBOS_SECOND;
    assert_int_equal(fixture_start(f), 0);
    *state = f;
    return 0;
}

/* [rfc2131#30] */
static void lease_that_cannot_be_stored_is_not_acknowledged(void **state) {
    struct dhcp_fixture *f = *state;
    assert_int_equal(lease_take(f, 1, NULL), 100);
    say(f, &(struct said){.type = DHCP_DISCOVER, .who = 2});
    assert_probe(f, 101);
    probe_pass(f);
    f->store.is_down = true;
    struct said said = {.type = DHCP_REQUEST, .who = 2, .server = 1, .requested = 101};
    say(f, &said);
    assert_silent(f);
    assert_int_equal(f->server->counts[DHCP_COUNT_STORE], 1);
    say(f, &(struct said){.type = DHCP_REQUEST, .who = 1, .ciaddr = 100});
    assert_silent(f);
    lease_store_reopen(&f->store);
    say(f, &said);
    assert_answer(f, DHCP_ACK, 101);
    fixture_restart(f);
    assert_int_equal(state_at(f, 101), DOBOS_LEASE_BOUND);
}

static void leases_are_there_after_a_restart(void **state) {
    struct dhcp_fixture *f = *state;
    assert_int_equal(lease_take(f, 1, "one"), 100);
    assert_int_equal(lease_take(f, 2, NULL), 101);
    assert_int_equal(lease_take(f, 3, NULL), 102);
    assert_int_equal(lease_take(f, 4, NULL), 103);
    say(f, &(struct said){.type = DHCP_REQUEST, .who = 2, .ciaddr = 101, .name = "two"});
    say(f, &(struct said){.type = DHCP_RELEASE, .who = 3, .ciaddr = 102});
    say(f, &(struct said){.type = DHCP_DECLINE, .who = 4, .server = 1, .requested = 103});
    dobos_time until = lease_at(f, 100)->until;
    for (unsigned turn = 0; turn < 3; turn++) {
        f->now += 10 * DOBOS_SECOND;
        fixture_restart(f);
        assert_int_equal(lease_at(f, 100)->until, until);
        assert_int_equal(state_at(f, 100), DOBOS_LEASE_BOUND);
        assert_int_equal(leases_named(&f->server->leases, "two")->number, NET + 101);
        assert_int_equal(state_at(f, 102), DOBOS_LEASE_RELEASED);
        assert_int_equal(state_at(f, 103), DOBOS_LEASE_QUARANTINED);
    }
    assert_int_equal(lease_take(f, 5, NULL), 104);
    assert_int_equal(lease_take(f, 3, NULL), 102);
    f->now = until;
    fixture_restart(f);
    assert_int_equal(state_at(f, 100), DOBOS_LEASE_EXPIRED);
    assert_int_equal(lease_take(f, 1, "one"), 100);
}

/* The wall clock was set back a year, or on: no lease is longer than it was made for
 * [attack:H12]. */
static void clock_that_jumps_makes_no_lease_longer(void **state) {
    struct dhcp_fixture *f = *state;
    assert_int_equal(lease_take(f, 1, NULL), 100);
    f->config.wall_ns -= 365 * 86400 * DOBOS_SECOND;
    fixture_restart(f);
    assert_int_equal(lease_at(f, 100)->until, f->now + 3600 * DOBOS_SECOND);
    f->config.wall_ns = INT64_MAX;
    fixture_restart(f);
    assert_int_equal(state_at(f, 100), DOBOS_LEASE_EXPIRED);
    f->config.wall_ns = INT64_MIN;
    fixture_restart(f);
    assert_int_equal(lease_take(f, 1, NULL), 100);
}

static void store_is_written_anew_when_most_of_it_is_out_of_date(void **state) {
    struct dhcp_fixture *f = *state;
    assert_int_equal(lease_take(f, 1, NULL), 100);
    size_t most = 0;
    for (unsigned turn = 0; turn < 20000; turn++) {
        say(f, &(struct said){.type = DHCP_REQUEST, .who = 1, .ciaddr = 100});
        assert_answer(f, DHCP_ACK, 100);
        most = f->store.now.length > most ? f->store.now.length : most;
    }
    assert_true(most > 60000 && most < 70000);
    fixture_restart(f);
    assert_true(f->store.now.length < 200);
    assert_int_equal(state_at(f, 100), DOBOS_LEASE_BOUND);
}

/* ---- crashes ---- */

/* What clients have been acknowledged, by the last byte of the address. */
struct holders {
    uint16_t who[256];     /* 0: nobody */
    dobos_time until[256]; /* of the lease, as the client counts */
};

/* One client does one thing; what it is told is noted, and held against what others hold
 * [attack:H13]. */
static void client_acts(struct dhcp_fixture *f, struct holders *holders, struct random *random) {
    uint16_t who = (uint16_t)(1 + random_below(random, 14));
    uint8_t own = 0;
    for (unsigned last = 0; last < 256; last++) {
        if (holders->who[last] == who && holders->until[last] > f->now)
            own = (uint8_t)last;
    }
    struct said said = {.type = DHCP_DISCOVER, .who = who};
    if (own && random_below(random, 4) == 0) {
        holders->who[own] = 0;
        say(f, &(struct said){.type = DHCP_RELEASE, .who = who, .ciaddr = own});
        return;
    }
    if (own) {
        say(f, &(struct said){.type = DHCP_REQUEST, .who = who, .ciaddr = own});
    } else {
        say(f, &said);
        if (!f->has_out && fixture_next(f) && f->out.way == DHCP_WAY_PROBE)
            probe_pass(f);
        if (!f->has_out || f->answer.type != DHCP_OFFER)
            return;
        said.type = DHCP_REQUEST;
        said.server = 1;
        said.requested = (uint8_t)dobos_address_ipv4_number(&f->answer.yiaddr);
        say(f, &said);
    }
    if (!f->has_out)
        return;
    assert_int_equal(f->answer.type, DHCP_ACK);
    uint8_t last = (uint8_t)dobos_address_ipv4_number(&f->answer.yiaddr);
    if (holders->who[last] != 0 && holders->who[last] != who && holders->until[last] > f->now)
        fail_msg("192.0.2.%u is %u's and was given to %u", last, holders->who[last], who);
    holders->who[last] = who;
    holders->until[last] = f->now + f->answer.lease_s * DOBOS_SECOND;
}

/* The server crashes at each call that writes, with each number of bytes of it written or not; what
 * clients were told before holds after it, whatever happens then [attack:H13]. */
static void crash_at_any_write_gives_no_address_to_two(void **state) {
    struct dhcp_fixture *f = *state;
    for (uint64_t at = 1; at < 160; at++) {
        struct holders holders = {.who = {0}};
        struct random random = random_make(at);
        fixture_stop(f);
        lease_store_fini(&f->store);
        assert_int_equal(fixture_start(f), 0);
        f->store.calls = 0;
        f->store.crash_at = at;
        f->store.torn = (size_t)random_below(&random, 80);
        f->store.commits = random_below(&random, 2) == 0;
        for (unsigned turn = 0; turn < 150; turn++) {
            if (f->store.is_down) {
                fixture_stop(f);
                lease_store_reopen(&f->store);
                if (random_below(&random, 2) == 0)
                    f->store.crash_at = f->store.calls + 1 + random_below(&random, 4);
                if (fixture_start(f) < 0)
                    continue;
            }
            client_acts(f, &holders, &random);
            f->now += (dobos_time)random_below(&random, 200) * DOBOS_SECOND;
        }
        lease_store_reopen(&f->store);
    }
}

/* Other calls of the same length: appends fail, and go on failing for a while, while the server
 * lives on [attack:H13]. */
static void store_that_fails_for_a_while_gives_no_address_to_two(void **state) {
    struct dhcp_fixture *f = *state;
    struct holders holders = {.who = {0}};
    struct random random = random_make(3);
    for (unsigned turn = 0; turn < 5000; turn++) {
        if (random_below(&random, 20) == 0)
            f->store.is_down = !f->store.is_down;
        if (random_below(&random, 60) == 0)
            fixture_restart(f);
        client_acts(f, &holders, &random);
        f->now += (dobos_time)random_below(&random, 200) * DOBOS_SECOND;
    }
    lease_store_reopen(&f->store);
}

/* Every byte of a store is another, and it is cut at every byte: the other leases are read
 * [attack:H9] [attack:H13]. */
static void damaged_store_loses_the_damaged_lease_alone(void **state) {
    struct dhcp_fixture *f = *state;
    for (uint16_t who = 1; who <= 5; who++)
        (void)lease_take(f, who, &"identifier"[who]);
    for (uint16_t who = 1; who <= 5; who++)
        (void)lease_take(f, (uint16_t)(who + 10), NULL);
    struct lease_file whole = {malloc(f->store.now.length), f->store.now.length};
    memcpy(whole.bytes, f->store.now.bytes, whole.length);
    unsigned bound = f->server->leases.bound;
    for (size_t at = 0; at < whole.length; at++) {
        lease_store_fini(&f->store);
        lease_file_append(&f->store.now, whole.bytes, whole.length);
        f->store.now.bytes[at] ^= (uint8_t)(1 + at % 255);
        fixture_restart(f);
        assert_true(f->server->leases.bound >= bound - 1);
        lease_store_fini(&f->store);
        lease_file_append(&f->store.now, whole.bytes, at);
        fixture_restart(f);
        assert_true(f->server->leases.bound <= bound);
    }
    free(whole.bytes);
}

/* Whatever stands there, the server starts and leases [attack:H9]. */
static void store_of_anything_is_read_to_its_end(void **state) {
    struct dhcp_fixture *f = *state;
    struct random random = random_make(11);
    for (unsigned turn = 0; turn < 200; turn++) {
        uint8_t bytes[9000];
        for (size_t i = 0; i < sizeof(bytes); i++)
            bytes[i] = (uint8_t)(random_below(&random, 8) == 0   ? 0xd0
                                 : random_below(&random, 8) == 0 ? 0xb5
                                                                 : random_next(&random));
        lease_store_fini(&f->store);
        lease_file_append(&f->store.now, bytes, (size_t)random_below(&random, sizeof(bytes)));
        fixture_restart(f);
        assert_int_equal(f->server->leases.bound, 0);
    }
    assert_int_equal(lease_take(f, 1, NULL), 100);
}

static void store_that_cannot_be_read_or_written_is_said(void **state) {
    struct dhcp_fixture *f = *state;
    fixture_stop(f);
    f->store.is_down = true;
    assert_int_equal(fixture_start(f), -DOBOS_EIO);
    fixture_stop(f);
    lease_store_reopen(&f->store);
    for (uint64_t call = 1; call <= 2; call++) {
        f->store.calls = 0;
        f->store.crash_at = call;
        assert_int_equal(fixture_start(f), -DOBOS_EIO);
        fixture_stop(f);
        lease_store_reopen(&f->store);
    }
    assert_int_equal(fixture_start(f), 0);
}

#define AT_STORE(test) cmocka_unit_test_setup_teardown(test, journal_setup, fixture_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        AT_STORE(lease_that_cannot_be_stored_is_not_acknowledged),
        AT_STORE(leases_are_there_after_a_restart),
        AT_STORE(clock_that_jumps_makes_no_lease_longer),
        AT_STORE(store_is_written_anew_when_most_of_it_is_out_of_date),
        AT_STORE(crash_at_any_write_gives_no_address_to_two),
        AT_STORE(store_that_fails_for_a_while_gives_no_address_to_two),
        AT_STORE(damaged_store_loses_the_damaged_lease_alone),
        AT_STORE(store_of_anything_is_read_to_its_end),
        AT_STORE(store_that_cannot_be_read_or_written_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
