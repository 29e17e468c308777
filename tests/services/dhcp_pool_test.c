/* dhcp_pool: who gets which address when several want one: probes, conflicts, reservations,
 * identifiers that move, and a pool that runs out. */
#include "dhcp_fixture.h"

static void echo(struct dhcp_fixture *f, uint8_t last, uint16_t who, uint64_t token) {
    struct dobos_address address = host_of(last);
    struct dobos_mac mac = mac_of(who);
    dhcp_server_on_echo(f->server, &address, &mac, token, f->now);
}

static void address_that_answers_is_in_quarantine_and_the_next_is_tried(void **state) {
    struct dhcp_fixture *f = *state;
    say(f, &(struct said){.type = DHCP_DISCOVER, .who = 1});
    assert_probe(f, 100);
    echo(f, 100, 99, f->out.token + 1);
    echo(f, 101, 99, f->out.token);
    assert_int_equal(state_at(f, 100), DOBOS_LEASE_OFFERED);
    echo(f, 100, 99, f->out.token);
    assert_int_equal(state_at(f, 100), DOBOS_LEASE_QUARANTINED);
    assert_probe(f, 101);
    probe_pass(f);
    assert_answer(f, DHCP_OFFER, 101);
    assert_int_equal(f->server->counts[DHCP_COUNT_CONFLICTS], 1);
}

static void question_ends_when_all_tries_are_taken(void **state) {
    struct dhcp_fixture *f = *state;
    say(f, &(struct said){.type = DHCP_DISCOVER, .who = 1});
    for (uint8_t last = 100; last < 100 + DHCP_TRIES; last++) {
        assert_probe(f, last);
        echo(f, last, 99, f->out.token);
    }
    assert_false(fixture_next(f));
    assert_int_equal(f->server->pending, 0);
}

/* It answers for itself: dhclient that was killed leaves its address. */
static void client_that_answers_its_own_probe_is_no_conflict(void **state) {
    struct dhcp_fixture *f = *state;
    assert_int_equal(lease_take(f, 1, NULL), 100);
    fixture_wait(f, 4000 * DOBOS_SECOND);
    say(f, &(struct said){.type = DHCP_DISCOVER, .who = 1});
    assert_probe(f, 100);
    echo(f, 100, 1, f->out.token);
    probe_pass(f);
    assert_answer(f, DHCP_OFFER, 100);
}

static void question_asked_again_is_answered_once_and_as_the_last(void **state) {
    struct dhcp_fixture *f = *state;
    say(f, &(struct said){.type = DHCP_DISCOVER, .who = 1, .xid = 1});
    assert_probe(f, 100);
    say(f, &(struct said){.type = DHCP_DISCOVER, .who = 1, .xid = 2});
    assert_silent(f);
    say(f, &(struct said){.type = DHCP_REQUEST, .who = 1, .server = 1, .requested = 100});
    assert_silent(f);
    probe_pass(f);
    assert_answer(f, DHCP_OFFER, 100);
    assert_int_equal(f->answer.xid, 2);
    assert_false(fixture_next(f));
}

static void address_probed_lately_is_offered_at_once(void **state) {
    struct dhcp_fixture *f = *state;
    say(f, &(struct said){.type = DHCP_DISCOVER, .who = 1});
    assert_probe(f, 100);
    probe_pass(f);
    fixture_wait(f, LEASE_OFFER_NS);
    say(f, &(struct said){.type = DHCP_DISCOVER, .who = 2});
    assert_answer(f, DHCP_OFFER, 100);
    fixture_wait(f, LEASE_PROBED_NS);
    say(f, &(struct said){.type = DHCP_DISCOVER, .who = 3});
    assert_probe(f, 100);
}

/* [rfc2131#8] */
static void client_is_known_by_its_identifier_or_link_address(void **state) {
    struct dhcp_fixture *f = *state;
    assert_int_equal(lease_take(f, 1, "x"), 100);
    assert_int_equal(lease_take(f, 1, "y"), 101);
    assert_int_equal(lease_take(f, 1, NULL), 102);
    assert_int_equal(lease_take(f, 2, NULL), 103);
    assert_int_equal(lease_take(f, 1, "x"), 100);
    static char longest[255], other[255];
    memset(longest, 'l', 254);
    memset(other, 'l', 254);
    other[253] = 'm';
    assert_int_equal(lease_take(f, 3, longest), 104);
    assert_int_equal(lease_take(f, 3, other), 105);
    assert_int_equal(lease_take(f, 3, longest), 104);
}

/* The same identifier at another link address: moved, when nobody answers at the old one. */
static void identifier_that_moved_takes_its_address_along(void **state) {
    struct dhcp_fixture *f = *state;
    assert_int_equal(lease_take(f, 1, "x"), 100);
    say(f, &(struct said){.type = DHCP_DISCOVER, .who = 2, .id = "x"});
    assert_silent(f);
    assert_int_equal(state_at(f, 100), DOBOS_LEASE_BOUND);
    assert_probe(f, 100);
    probe_pass(f);
    assert_answer(f, DHCP_OFFER, 100);
    struct said said = {.type = DHCP_REQUEST, .who = 2, .id = "x", .server = 1, .requested = 100};
    say(f, &said);
    assert_answer(f, DHCP_ACK, 100);
    const struct dobos_mac mac = mac_of(2);
    assert_memory_equal(&lease_at(f, 100)->client.mac, &mac, sizeof(mac));
    fixture_wait(f, 3601 * DOBOS_SECOND);
    assert_int_equal(state_at(f, 100), DOBOS_LEASE_EXPIRED);
}

/* Who only says that he has moved there takes nothing from a holder who answers no echo requests:
 * it is bound as long as it was [attack:H5]. */
static void address_offered_to_a_moved_identifier_is_bound_until_it_is_asked_for(void **state) {
    struct dhcp_fixture *f = *state;
    struct said said = {.type = DHCP_REQUEST, .who = 2, .id = "x", .server = 1, .requested = 100};
    assert_int_equal(lease_take(f, 1, "x"), 100);
    for (unsigned round = 0; round < 3; round++) {
        say(f, &(struct said){.type = DHCP_DISCOVER, .who = 2, .id = "x"});
        assert_probe(f, 100);
        probe_pass(f);
        assert_answer(f, DHCP_OFFER, 100);
        assert_int_equal(state_at(f, 100), DOBOS_LEASE_BOUND);
        said.who = 3; /* to whom it was not offered */
        say(f, &said);
        assert_answer(f, DHCP_NAK, 0);
        if (round == 0)
            fixture_wait(f, LEASE_OFFER_NS);
        else
            say(f, &(struct said){.type = DHCP_REQUEST, .who = 1, .id = "x", .ciaddr = 100});
        said.who = 2; /* too late, or the holder was heard */
        say(f, &said);
        assert_answer(f, DHCP_NAK, 0);
        say(f, &(struct said){.type = DHCP_REQUEST, .who = 1, .id = "x", .ciaddr = 100});
        assert_answer(f, DHCP_ACK, 100);
    }
}

/* Two machines from one image. */
static void second_client_with_an_identifier_in_use_gets_another_address(void **state) {
    struct dhcp_fixture *f = *state;
    assert_int_equal(lease_take(f, 1, "x"), 100);
    say(f, &(struct said){.type = DHCP_DISCOVER, .who = 2, .id = "x"});
    assert_probe(f, 100);
    echo(f, 100, 1, f->out.token);
    assert_probe(f, 101);
    probe_pass(f);
    assert_answer(f, DHCP_OFFER, 101);
    say(f,
        &(struct said){.type = DHCP_REQUEST, .who = 2, .id = "x", .server = 1, .requested = 101});
    assert_answer(f, DHCP_ACK, 101);
    assert_int_equal(state_at(f, 100), DOBOS_LEASE_BOUND);
    assert_int_equal(lease_take(f, 1, "x"), 100);
    assert_int_equal(lease_take(f, 2, "x"), 101);
}

/* Its holder renews while the address is probed for the second. */
static void renewal_during_the_probe_says_that_it_is_in_use(void **state) {
    struct dhcp_fixture *f = *state;
    assert_int_equal(lease_take(f, 1, "x"), 100);
    say(f, &(struct said){.type = DHCP_DISCOVER, .who = 2, .id = "x"});
    assert_probe(f, 100);
    f->now += DHCP_PROBE_NS / 2;
    say(f, &(struct said){.type = DHCP_REQUEST, .who = 1, .id = "x", .ciaddr = 100});
    assert_answer(f, DHCP_ACK, 100);
    f->now += DHCP_PROBE_NS / 2;
    assert_probe(f, 101);
}

/* Or finds that a third has it. */
static void decline_during_the_probe_says_that_it_is_taken(void **state) {
    struct dhcp_fixture *f = *state;
    assert_int_equal(lease_take(f, 1, "x"), 100);
    say(f, &(struct said){.type = DHCP_DISCOVER, .who = 2, .id = "x"});
    assert_probe(f, 100);
    say(f,
        &(struct said){.type = DHCP_DECLINE, .who = 1, .id = "x", .server = 1, .requested = 100});
    f->now += DHCP_PROBE_NS;
    assert_probe(f, 101);
    assert_int_equal(state_at(f, 100), DOBOS_LEASE_QUARANTINED);
}

/* A client that asks anew while it still has an address, and then goes on with that. */
static void renewal_ends_the_question_of_its_client(void **state) {
    struct dhcp_fixture *f = *state;
    say(f, &(struct said){.type = DHCP_DISCOVER, .who = 1});
    assert_probe(f, 100);
    say(f, &(struct said){.type = DHCP_REQUEST, .who = 1, .ciaddr = 105});
    assert_answer(f, DHCP_ACK, 105);
    assert_int_equal(f->server->pending, 0);
    assert_int_equal(state_at(f, 100), LEASE_FREE);
    f->now += DHCP_PROBE_NS;
    assert_false(fixture_next(f));
}

static void reservation_is_for_its_client_alone(void **state) {
    struct dhcp_fixture *f = *state;
    static struct dobos_dhcp_reservation reservations[2];
    fixture_stop(f);
    reservations[0] = (struct dobos_dhcp_reservation){.mac = mac_of(1), .address = host_of(100)};
    reservations[1] = (struct dobos_dhcp_reservation){
        .client_id = {0, 'p'}, .client_id_length = 2, .address = host_of(20)};
    f->config.reservations = reservations;
    f->config.reservation_count = 2;
    assert_int_equal(fixture_start(f), 0);
    assert_int_equal(lease_take(f, 2, NULL), 101);
    assert_int_equal(lease_take(f, 3, "p"), 20);
    say(f, &(struct said){.type = DHCP_DISCOVER, .who = 4, .requested = 100});
    assert_probe(f, 102);
    probe_pass(f);
    say(f, &(struct said){.type = DHCP_REQUEST, .who = 5, .ciaddr = 100});
    assert_answer(f, DHCP_NAK, 0);
    assert_int_equal(lease_take(f, 1, "whatever"), 100);
    for (uint16_t who = 10; who < 30; who++)
        (void)lease_take(f, who, NULL);
    assert_int_equal(lease_take(f, 1, "whatever"), 100);
    say(f, &(struct said){
               .type = DHCP_DECLINE, .who = 1, .id = "whatever", .server = 1, .requested = 100});
    assert_int_equal(state_at(f, 100), DOBOS_LEASE_QUARANTINED);
    fixture_wait(f, LEASE_QUARANTINE_NS);
    assert_int_equal(lease_take(f, 1, NULL), 100);
    const struct dhcp_lease *lease = leases_nth(&f->server->leases, 0);
    assert_int_equal(lease->number, NET + 20);
}

static void addresses_in_use_by_the_network_itself_are_left_out(void **state) {
    struct dhcp_fixture *f = *state;
    fixture_stop(f);
    f->config.first = host_of(1);
    f->config.last = host_of(6);
    f->config.router = host_of(2);
    f->config.nameservers[0] = host_of(4);
    assert_int_equal(fixture_start(f), 0);
    assert_int_equal(lease_take(f, 1, NULL), 3);
    assert_int_equal(lease_take(f, 2, NULL), 5);
    assert_int_equal(lease_take(f, 3, NULL), 6);
    assert_int_equal(lease_take(f, 4, NULL), 0);
    say(f, &(struct said){.type = DHCP_REQUEST, .who = 9, .ciaddr = 4});
    assert_silent(f);
}

/* The former clients' go first, the bound ones' never. */
static void full_pool_gives_what_was_left_longest(void **state) {
    struct dhcp_fixture *f = *state;
    for (uint16_t who = 0; who < 10; who++) {
        assert_int_equal(lease_take(f, (uint16_t)(who + 1), NULL), 100 + who);
        f->now += DOBOS_SECOND;
    }
    assert_int_equal(lease_take(f, 50, NULL), 0);
    assert_int_equal(f->server->counts[DHCP_COUNT_NO_ADDRESS], 1);
    say(f, &(struct said){.type = DHCP_RELEASE, .who = 5, .ciaddr = 104});
    f->now += DOBOS_SECOND;
    say(f, &(struct said){.type = DHCP_RELEASE, .who = 3, .ciaddr = 102});
    assert_int_equal(lease_take(f, 50, NULL), 104);
    assert_int_equal(lease_take(f, 3, NULL), 102);
    assert_int_equal(lease_take(f, 51, NULL), 0);
    say(f, &(struct said){.type = DHCP_REQUEST, .who = 5, .ciaddr = 104});
    assert_answer(f, DHCP_NAK, 0);
}

/* Clients made up behind one link address, then behind as many: bound ones keep theirs, and when
 * the flood is over there are addresses again [attack:H5]. */
static void flood_of_discovers_takes_no_bound_address(void **state) {
    struct dhcp_fixture *f = *state;
    fixture_stop(f);
    f->config.last = host_of(199);
    assert_int_equal(fixture_start(f), 0);
    for (uint16_t who = 1; who <= 20; who++)
        assert_int_equal(lease_take(f, who, NULL), 99 + who);
    for (uint32_t i = 0; i < 20000; i++) {
        say(f, &(struct said){.type = DHCP_DISCOVER, .who = (uint16_t)(1000 + i), .link = 66});
        while (fixture_next(f))
            continue;
        f->now += DOBOS_MILLISECOND;
    }
    assert_int_equal(f->server->leases.offers, LEASE_SOURCE_OFFERS);
    assert_int_equal(lease_take(f, 30, NULL) >= 120, true);
    for (uint32_t i = 0; i < 50000; i++) {
        say(f, &(struct said){.type = DHCP_DISCOVER, .who = (uint16_t)(1000 + i)});
        while (fixture_next(f))
            continue;
        f->now += DOBOS_MILLISECOND / 10;
    }
    assert_true(f->memory.live_bytes < 200000);
    for (uint16_t who = 1; who <= 20; who++) {
        say(f, &(struct said){.type = DHCP_REQUEST, .who = who, .ciaddr = (uint8_t)(99 + who)});
        assert_answer(f, DHCP_ACK, (uint8_t)(99 + who));
    }
    fixture_wait(f, LEASE_OFFER_NS + DOBOS_SECOND);
    assert_int_equal(f->server->leases.offers, 0);
    assert_int_not_equal(lease_take(f, 40, NULL), 0);
}

/* Who binds what he is offered, declines it, or says that he has it already, has a share as well
 * [attack:H5]. */
static void one_source_binds_declines_and_adopts_no_more_than_its_share(void **state) {
    struct dhcp_fixture *f = *state;
    fixture_stop(f);
    f->config.last = host_of(199);
    assert_int_equal(fixture_start(f), 0);
    unsigned got = 0;
    for (uint16_t i = 0; i < 200; i++) {
        struct said said = {.type = DHCP_DISCOVER, .who = (uint16_t)(1000 + i), .link = 66};
        say(f, &said);
        if (!f->has_out && fixture_next(f))
            probe_pass(f);
        if (!f->has_out)
            continue;
        said.type = DHCP_REQUEST;
        said.server = 1;
        said.requested = (uint8_t)dobos_address_ipv4_number(&f->answer.yiaddr);
        say(f, &said);
        assert_int_equal(f->answer.type, DHCP_ACK);
        got++;
        said.type = DHCP_DECLINE;
        if (i % 2 == 0)
            say(f, &said);
    }
    assert_int_equal(got, 25);
    for (uint8_t last = 100; last < 200; last++)
        say(f,
            &(struct said){
                .type = DHCP_REQUEST, .who = (uint16_t)(2000 + last), .ciaddr = last, .link = 66});
    assert_true(f->server->leases.bound <= 25);
    assert_int_not_equal(lease_take(f, 40, NULL), 0);
}

/* One client that says of one address after the other that it has it gives up the one before, so
 * its share never ends; but it is remembered for a few only, and found as quickly as any
 * [attack:H5]. */
static void one_client_adopts_few_addresses(void **state) {
    struct dhcp_fixture *f = *state;
    const struct lease_client client = {.mac = mac_of(7)};
    fixture_stop(f);
    f->config.last = host_of(199);
    assert_int_equal(fixture_start(f), 0);
    for (uint8_t last = 100; last < 200; last++)
        say(f, &(struct said){.type = DHCP_REQUEST, .who = 7, .ciaddr = last});
    assert_int_equal(f->server->leases.bound, 1);
    assert_int_equal(leases_same(&f->server->leases, &client), LEASE_SAME_CLIENT);
    assert_answer(f, DHCP_NAK, 0);
}

/* The record of an address says nothing of who had it before. */
static void address_offered_to_another_has_no_name(void **state) {
    struct dhcp_fixture *f = *state;
    for (uint16_t who = 1; who <= 10; who++)
        (void)lease_take(f, who, NULL);
    say(f, &(struct said){.type = DHCP_REQUEST, .who = 1, .ciaddr = 100, .name = "laptop"});
    assert_string_equal(lease_at(f, 100)->name, "laptop");
    say(f, &(struct said){.type = DHCP_RELEASE, .who = 1, .ciaddr = 100});
    say(f, &(struct said){.type = DHCP_DISCOVER, .who = 11});
    assert_int_equal(state_at(f, 100), DOBOS_LEASE_OFFERED);
    assert_string_equal(lease_at(f, 100)->name, "");
}

/* A second station of the same identifier asks, and the holder renews in the same burst, before the
 * probe of its address is on its way: it has it, whether it answers echo requests or not. */
static void address_renewed_before_its_probe_is_sent_stays_its_holders(void **state) {
    struct dhcp_fixture *f = *state;
    assert_int_equal(lease_take(f, 1, "same"), 100);
    say(f, &(struct said){.type = DHCP_DISCOVER, .who = 2, .id = "same"});
    say(f, &(struct said){.type = DHCP_REQUEST, .who = 1, .id = "same", .ciaddr = 100});
    assert_answer(f, DHCP_ACK, 100);
    assert_probe(f, 100);
    f->now += DHCP_PROBE_NS;
    assert_probe(f, 101);
    assert_int_equal(state_at(f, 100), DOBOS_LEASE_BOUND);
    probe_pass(f);
    assert_answer(f, DHCP_OFFER, 101);
}

static void questions_that_wait_are_bounded(void **state) {
    struct dhcp_fixture *f = *state;
    fixture_stop(f);
    f->config.first = dobos_address_ipv4(NET + 2);
    f->config.last = dobos_address_ipv4(NET + 254);
    assert_int_equal(fixture_start(f), 0);
    for (uint16_t i = 0; i < 2000; i++)
        say(f, &(struct said){.type = DHCP_DISCOVER, .who = (uint16_t)(1000 + i)});
    assert_true(f->server->pending <= DHCP_PENDING);
    fixture_wait(f, DOBOS_SECOND);
    assert_int_equal(f->server->pending, 0);
}

static void names_find_the_client_that_was_bound_first(void **state) {
    struct dhcp_fixture *f = *state;
    const struct dhcp_leases *leases = &f->server->leases;
    for (uint16_t who = 1; who <= 3; who++) {
        (void)lease_take(f, who, NULL);
        say(f, &(struct said){.type = DHCP_REQUEST,
                              .who = who,
                              .ciaddr = (uint8_t)(99 + who),
                              .name = who == 3   ? "bad name"
                                      : who == 2 ? "Laptop.lan"
                                                 : "laptop"});
    }
    assert_int_equal(leases_named(leases, "LAPTOP")->number, NET + 100);
    assert_null(leases_named(leases, "bad name"));
    say(f, &(struct said){.type = DHCP_REQUEST, .who = 1, .ciaddr = 100, .name = "laptop"});
    assert_int_equal(leases_named(leases, "laptop")->number, NET + 100);
    say(f, &(struct said){.type = DHCP_RELEASE, .who = 1, .ciaddr = 100});
    assert_int_equal(leases_named(leases, "laptop")->number, NET + 101);
    fixture_wait(f, 4000 * DOBOS_SECOND);
    assert_null(leases_named(leases, "laptop"));
}

/* Every allocation fails once, and afterwards all goes on. */
static void engine_survives_every_failed_allocation(void **state) {
    struct dhcp_fixture *f = *state;
    fixture_stop(f);
    for (uint64_t at = 1; at < 40; at++) {
        f->memory.calls = 0;
        f->memory.fail_at = at;
        if (fixture_start(f) == 0) {
            for (uint16_t who = 1; who < 4; who++) {
                say(f, &(struct said){.type = DHCP_DISCOVER, .who = who});
                fixture_wait(f, DOBOS_SECOND);
                say(f, &(struct said){.type = DHCP_REQUEST, .who = who, .ciaddr = 105});
            }
            f->memory.fail_at = 0;
            assert_int_not_equal(lease_take(f, 9, NULL), 0);
        }
        f->memory.fail_at = 0;
        fixture_stop(f);
    }
    assert_int_equal(fixture_start(f), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        AT_SERVER(address_that_answers_is_in_quarantine_and_the_next_is_tried),
        AT_SERVER(question_ends_when_all_tries_are_taken),
        AT_SERVER(client_that_answers_its_own_probe_is_no_conflict),
        AT_SERVER(question_asked_again_is_answered_once_and_as_the_last),
        AT_SERVER(address_probed_lately_is_offered_at_once),
        AT_SERVER(client_is_known_by_its_identifier_or_link_address),
        AT_SERVER(identifier_that_moved_takes_its_address_along),
        AT_SERVER(address_offered_to_a_moved_identifier_is_bound_until_it_is_asked_for),
        AT_SERVER(second_client_with_an_identifier_in_use_gets_another_address),
        AT_SERVER(renewal_during_the_probe_says_that_it_is_in_use),
        AT_SERVER(decline_during_the_probe_says_that_it_is_taken),
        AT_SERVER(renewal_ends_the_question_of_its_client),
        AT_SERVER(reservation_is_for_its_client_alone),
        AT_SERVER(addresses_in_use_by_the_network_itself_are_left_out),
        AT_SERVER(full_pool_gives_what_was_left_longest),
        AT_SERVER(flood_of_discovers_takes_no_bound_address),
        AT_SERVER(one_source_binds_declines_and_adopts_no_more_than_its_share),
        AT_SERVER(one_client_adopts_few_addresses),
        AT_SERVER(address_offered_to_another_has_no_name),
        AT_SERVER(address_renewed_before_its_probe_is_sent_stays_its_holders),
        AT_SERVER(questions_that_wait_are_bounded),
        AT_SERVER(names_find_the_client_that_was_bound_first),
        AT_SERVER(engine_survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
