/* dhcp_server: each message in each state of a binding. */
#include "dhcp_fixture.h"

/* [rfc2131#10] [rfc2131#13] [rfc2131#15] [rfc6842#1] [rfc2131#33] */
static void discover_is_probed_offered_and_bound(void **state) {
    struct dhcp_fixture *f = *state;
    struct said said = {.type = DHCP_DISCOVER, .who = 7, .id = "seven", .xid = 0x12345678};
    say(f, &said);
    assert_silent(f);
    assert_probe(f, 100);
    probe_pass(f);
    assert_answer(f, DHCP_OFFER, 100);
    assert_int_equal(f->answer.op, DHCP_OP_REPLY);
    assert_int_equal(f->answer.xid, 0x12345678);
    assert_int_equal(f->answer.chaddr[5], 7);
    assert_int_equal(f->answer.client_id.length, 6);
    assert_memory_equal(f->answer.client_id.bytes, "\0seven", 6);
    assert_int_equal(dobos_address_ipv4_number(&f->answer.server), OWN_NUMBER);
    assert_int_equal(f->answer.lease_s, 3600);
    assert_int_equal(f->answer.renewal_s, 1800);
    assert_int_equal(f->answer.rebinding_s, 3150);
    assert_int_equal(f->answer.mask_length, 24);
    assert_int_equal(state_at(f, 100), DOBOS_LEASE_OFFERED);
    struct dhcp offer = f->answer;
    say(f, &(struct said){.type = DHCP_REQUEST,
                          .who = 7,
                          .id = "seven",
                          .server = 1,
                          .requested = 100,
                          .xid = 0x12345679});
    assert_answer(f, DHCP_ACK, 100);
    assert_int_equal(f->answer.xid, 0x12345679);
    assert_int_equal(f->answer.lease_s, offer.lease_s);
    assert_memory_equal(&f->answer.routers, &offer.routers, sizeof(offer.routers));
    assert_memory_equal(&f->answer.nameservers, &offer.nameservers, sizeof(offer.nameservers));
    assert_int_equal(state_at(f, 100), DOBOS_LEASE_BOUND);
    assert_int_equal(lease_at(f, 100)->until, f->now + 3600 * DOBOS_SECOND);
}

/* [rfc2131#14] [rfc2131#16] */
static void parameters_asked_for_are_sent_and_no_others(void **state) {
    struct dhcp_fixture *f = *state;
    (void)lease_take(f, 1, NULL);
    struct said said = {.type = DHCP_DISCOVER, .who = 1};
    said.parameters = (struct dhcp_bytes){.length = 4, .bytes = {6, 119, 42, 6}};
    said.lease_s = 600;
    say(f, &said);
    assert_answer(f, DHCP_OFFER, 100);
    assert_int_equal(f->answer.routers.count, 0);
    assert_int_equal(f->answer.domain.length, 0);
    assert_int_equal(f->answer.nameservers.count, 2);
    assert_int_equal(f->answer.searches.count, 1);
    assert_int_equal(f->answer.lease_s, 600);
    assert_true(dobos_address_is_unspecified(&f->answer.requested));
    assert_int_equal(f->answer.parameters.length, 0);
    assert_int_equal(f->answer.max_size, 0);
    said.parameters.length = 0;
    say(f, &said);
    assert_int_equal(f->answer.routers.count, 1);
    assert_int_equal(f->answer.domain.length, 9);
}

/* [rfc2132#8] */
static void answer_is_no_larger_than_the_client_takes(void **state) {
    struct dhcp_fixture *f = *state;
    static char domain[] = "a23456789012345678901234567890123456789012345678901234567890123."
                           "b23456789012345678901234567890123456789012345678901234567890123."
                           "c23456789012345678901234567890123456789012345678901234567890123."
                           "d2345678901234567890123456789012345678901234567890123456789";
    fixture_stop(f);
    f->config.domain = domain;
    assert_int_equal(fixture_start(f), 0);
    (void)lease_take(f, 1, NULL);
    struct said said = {.type = DHCP_DISCOVER, .who = 1};
    said.parameters = (struct dhcp_bytes){.length = 4, .bytes = {1, 3, 15, 119}};
    say(f, &said);
    assert_true(f->out.length <= 548);
    assert_int_equal(f->answer.domain.length, strlen(domain));
    assert_int_equal(f->answer.searches.count, 0);
    said.max_size = 1000;
    say(f, &said);
    assert_int_equal(f->answer.searches.count, 1);
    assert_true(f->out.length <= 972);
}

/* [rfc2131#28] [rfc2131#21] */
static void answers_go_where_the_client_hears_them(void **state) {
    struct dhcp_fixture *f = *state;
    struct dobos_mac mac = mac_of(1);
    (void)lease_take(f, 1, NULL);
    assert_int_equal(f->out.way, DHCP_WAY_LINK);
    assert_memory_equal(&f->out.link, &mac, sizeof(mac));
    assert_int_equal(dobos_address_ipv4_number(&f->out.address), NET + 100);
    say(f, &(struct said){.type = DHCP_DISCOVER, .who = 1, .broadcast = true});
    assert_int_equal(f->out.way, DHCP_WAY_ALL);
    assert_true(f->answer.broadcast);
    say(f, &(struct said){.type = DHCP_REQUEST, .who = 1, .ciaddr = 100, .broadcast = true});
    assert_answer(f, DHCP_ACK, 100);
    assert_int_equal(f->out.way, DHCP_WAY_LINK);
    assert_int_equal(dobos_address_ipv4_number(&f->out.address), NET + 100);
    say(f, &(struct said){.type = DHCP_REQUEST, .who = 1, .requested = 77, .server = 1});
    assert_answer(f, DHCP_NAK, 0);
    assert_int_equal(f->out.way, DHCP_WAY_ALL);
    assert_false(f->answer.has_lease || f->answer.has_mask);
    assert_int_equal(f->answer.routers.count, 0);
}

/* [rfc2131#9] [rfc2131#24] */
static void client_gets_its_address_again(void **state) {
    struct dhcp_fixture *f = *state;
    assert_int_equal(lease_take(f, 1, NULL), 100);
    assert_int_equal(lease_take(f, 2, NULL), 101);
    assert_int_equal(lease_take(f, 1, NULL), 100);
    say(f, &(struct said){.type = DHCP_RELEASE, .who = 1, .ciaddr = 100, .server = 1});
    assert_silent(f);
    assert_int_equal(state_at(f, 100), DOBOS_LEASE_RELEASED);
    assert_int_equal(lease_take(f, 3, NULL), 102);
    assert_int_equal(lease_take(f, 1, NULL), 100);
    fixture_wait(f, 3601 * DOBOS_SECOND);
    assert_int_equal(state_at(f, 100), DOBOS_LEASE_EXPIRED);
    assert_int_equal(lease_take(f, 4, NULL), 103);
    assert_int_equal(lease_take(f, 1, NULL), 100);
}

static void address_asked_for_is_offered_when_it_is_free(void **state) {
    struct dhcp_fixture *f = *state;
    say(f, &(struct said){.type = DHCP_DISCOVER, .who = 1, .requested = 105});
    assert_probe(f, 105);
    say(f, &(struct said){.type = DHCP_DISCOVER, .who = 2, .requested = 105});
    assert_probe(f, 100);
    say(f, &(struct said){.type = DHCP_DISCOVER, .who = 3, .requested = 1});
    assert_probe(f, 101);
    say(f, &(struct said){.type = DHCP_DISCOVER, .who = 4, .far = 0x0a000001});
    assert_probe(f, 102);
}

/* [rfc2131#11] [rfc2131#12] */
static void offer_is_kept_for_a_while(void **state) {
    struct dhcp_fixture *f = *state;
    say(f, &(struct said){.type = DHCP_DISCOVER, .who = 1});
    assert_probe(f, 100);
    probe_pass(f);
    say(f, &(struct said){.type = DHCP_DISCOVER, .who = 2});
    assert_probe(f, 101);
    fixture_wait(f, LEASE_OFFER_NS);
    assert_int_equal(state_at(f, 100), LEASE_FREE);
    say(f, &(struct said){.type = DHCP_REQUEST, .who = 1, .server = 1, .requested = 100});
    assert_answer(f, DHCP_NAK, 0);
    say(f, &(struct said){.type = DHCP_DISCOVER, .who = 3});
    assert_answer(f, DHCP_OFFER, 100);
}

/* [rfc2131#17] */
static void request_to_another_server_ends_the_offer(void **state) {
    struct dhcp_fixture *f = *state;
    say(f, &(struct said){.type = DHCP_DISCOVER, .who = 1});
    assert_probe(f, 100);
    probe_pass(f);
    say(f, &(struct said){.type = DHCP_REQUEST, .who = 1, .server = 9, .requested = 100});
    assert_silent(f);
    assert_int_equal(state_at(f, 100), LEASE_FREE);
    say(f, &(struct said){.type = DHCP_DISCOVER, .who = 2});
    assert_answer(f, DHCP_OFFER, 100);
}

/* [rfc2131#32] */
static void server_knows_itself_by_any_of_its_addresses(void **state) {
    struct dhcp_fixture *f = *state;
    say(f, &(struct said){.type = DHCP_DISCOVER, .who = 1});
    assert_probe(f, 100);
    probe_pass(f);
    uint8_t bytes[DHCP_MAX_BYTES];
    struct said said = {.type = DHCP_REQUEST, .who = 1, .server = 1, .requested = 100};
    size_t length = said_emit(&said, bytes);
    for (size_t i = DHCP_HEADER_BYTES; i < length; i++) {
        if (bytes[i] == 54 && bytes[i + 1] == 4) {
            store_be32(bytes + i + 2, 0xc6336401);
            break;
        }
    }
    struct dhcp_from from = {.link = mac_of(1)};
    out_note(f,
             dhcp_server_receive(f->server, (struct slice){bytes, length}, &from, f->now, &f->out));
    assert_answer(f, DHCP_ACK, 100);
}

/* [rfc2131#18] [rfc2131#19] [rfc2131#20] [rfc2131#29] */
static void rebooting_client_is_confirmed_refused_or_not_known(void **state) {
    struct dhcp_fixture *f = *state;
    assert_int_equal(lease_take(f, 1, NULL), 100);
    say(f, &(struct said){.type = DHCP_REQUEST, .who = 1, .requested = 100});
    assert_answer(f, DHCP_ACK, 100);
    say(f, &(struct said){.type = DHCP_REQUEST, .who = 1, .requested = 101});
    assert_answer(f, DHCP_NAK, 0);
    say(f, &(struct said){.type = DHCP_REQUEST, .who = 1, .far = 0x0a000001});
    assert_answer(f, DHCP_NAK, 0);
    say(f, &(struct said){.type = DHCP_REQUEST, .who = 2, .far = 0x0a000001});
    assert_answer(f, DHCP_NAK, 0);
    say(f, &(struct said){.type = DHCP_REQUEST, .who = 2, .requested = 105});
    assert_silent(f);
    say(f, &(struct said){.type = DHCP_REQUEST, .who = 2, .requested = 50});
    assert_silent(f);
    say(f, &(struct said){.type = DHCP_REQUEST, .who = 2, .requested = 100});
    assert_answer(f, DHCP_NAK, 0);
    fixture_wait(f, 4000 * DOBOS_SECOND);
    say(f, &(struct said){.type = DHCP_REQUEST, .who = 1, .requested = 100});
    assert_answer(f, DHCP_ACK, 100);
    assert_false(fixture_next(f));
}

/* [rfc2131#22] */
static void renewing_client_keeps_its_address_and_nobody_elses(void **state) {
    struct dhcp_fixture *f = *state;
    assert_int_equal(lease_take(f, 1, NULL), 100);
    assert_int_equal(lease_take(f, 2, NULL), 101);
    fixture_wait(f, 1800 * DOBOS_SECOND);
    say(f, &(struct said){.type = DHCP_REQUEST, .who = 1, .ciaddr = 100});
    assert_answer(f, DHCP_ACK, 100);
    assert_int_equal(dobos_address_ipv4_number(&f->answer.ciaddr), NET + 100);
    assert_int_equal(lease_at(f, 100)->until, f->now + 3600 * DOBOS_SECOND);
    say(f, &(struct said){.type = DHCP_REQUEST, .who = 1, .ciaddr = 101});
    assert_answer(f, DHCP_NAK, 0);
    assert_int_equal(state_at(f, 101), DOBOS_LEASE_BOUND);
    say(f, &(struct said){.type = DHCP_REQUEST, .who = 1, .ciaddr = 1, .far = 0x0a000001});
    assert_answer(f, DHCP_NAK, 0);
    say(f, &(struct said){.type = DHCP_REQUEST, .who = 3, .ciaddr = 50});
    assert_silent(f);
    say(f, &(struct said){.type = DHCP_REQUEST, .who = 3});
    assert_silent(f);
}

static void client_of_a_forgetful_server_keeps_its_address(void **state) {
    struct dhcp_fixture *f = *state;
    say(f, &(struct said){.type = DHCP_REQUEST, .who = 1, .ciaddr = 104, .from = 9});
    assert_answer(f, DHCP_NAK, 0);
    say(f, &(struct said){.type = DHCP_REQUEST, .who = 1, .ciaddr = 104});
    assert_answer(f, DHCP_ACK, 104);
    say(f, &(struct said){.type = DHCP_REQUEST, .who = 2, .ciaddr = 104});
    assert_answer(f, DHCP_NAK, 0);
}

/* [rfc2131#23] [attack:H10] */
static void declined_address_is_in_quarantine(void **state) {
    struct dhcp_fixture *f = *state;
    assert_int_equal(lease_take(f, 1, NULL), 100);
    say(f, &(struct said){.type = DHCP_DECLINE, .who = 2, .server = 1, .requested = 100});
    say(f, &(struct said){.type = DHCP_DECLINE, .who = 1, .server = 9, .requested = 100});
    say(f, &(struct said){.type = DHCP_DECLINE, .who = 1, .server = 1, .requested = 103});
    assert_int_equal(state_at(f, 100), DOBOS_LEASE_BOUND);
    say(f, &(struct said){.type = DHCP_DECLINE, .who = 1, .server = 1, .requested = 100});
    assert_silent(f);
    assert_int_equal(state_at(f, 100), DOBOS_LEASE_QUARANTINED);
    assert_int_equal(f->server->counts[DHCP_COUNT_DECLINED], 1);
    assert_int_equal(lease_take(f, 1, NULL), 101);
    fixture_wait(f, LEASE_QUARANTINE_NS);
    assert_int_equal(state_at(f, 100), LEASE_FREE);
}

/* Each of the wrong ways to give back what is another's [attack:H10]. */
static void release_of_what_is_not_his_is_ignored(void **state) {
    struct dhcp_fixture *f = *state;
    assert_int_equal(lease_take(f, 1, "one"), 100);
    say(f, &(struct said){.type = DHCP_RELEASE, .who = 2, .ciaddr = 100, .server = 1});
    say(f, &(struct said){.type = DHCP_RELEASE, .who = 2, .id = "one", .ciaddr = 100});
    say(f, &(struct said){.type = DHCP_RELEASE, .who = 1, .id = "two", .ciaddr = 100});
    say(f, &(struct said){.type = DHCP_RELEASE, .who = 1, .ciaddr = 100});
    say(f, &(struct said){.type = DHCP_RELEASE, .who = 1, .id = "one", .ciaddr = 100, .from = 9});
    say(f, &(struct said){.type = DHCP_RELEASE, .who = 1, .id = "one", .ciaddr = 101});
    say(f, &(struct said){.type = DHCP_RELEASE, .who = 1, .id = "one", .ciaddr = 100, .server = 9});
    assert_int_equal(state_at(f, 100), DOBOS_LEASE_BOUND);
    assert_int_equal(f->server->counts[DHCP_COUNT_NOT_HIS], 6);
    say(f, &(struct said){.type = DHCP_RELEASE, .who = 1, .id = "one", .ciaddr = 100});
    assert_int_equal(state_at(f, 100), DOBOS_LEASE_RELEASED);
}

/* [rfc2131#25] [rfc2131#26] [rfc2131#27] */
static void inform_is_told_the_parameters_only(void **state) {
    struct dhcp_fixture *f = *state;
    say(f, &(struct said){.type = DHCP_INFORM, .who = 1, .ciaddr = 20});
    assert_answer(f, DHCP_ACK, 0);
    assert_false(f->answer.has_lease || f->answer.has_renewal || f->answer.has_rebinding);
    assert_int_equal(f->answer.routers.count, 1);
    assert_int_equal(dobos_address_ipv4_number(&f->out.address), NET + 20);
    assert_int_equal(f->out.way, DHCP_WAY_LINK);
    assert_int_equal(state_at(f, 20), LEASE_FREE);
    say(f, &(struct said){.type = DHCP_INFORM, .who = 1, .ciaddr = 101});
    assert_answer(f, DHCP_ACK, 0);
    assert_null(leases_nth(&f->server->leases, 0));
}

/* It would be answered to somebody who has not asked [attack:H14]. */
static void inform_for_another_is_ignored(void **state) {
    struct dhcp_fixture *f = *state;
    say(f, &(struct said){.type = DHCP_INFORM, .who = 1, .ciaddr = 20, .from = 21});
    assert_silent(f);
    say(f, &(struct said){.type = DHCP_INFORM, .who = 1});
    assert_silent(f);
    say(f, &(struct said){.type = DHCP_INFORM, .who = 1, .ciaddr = 20, .link = 5});
    struct dobos_mac link = mac_of(5);
    assert_memory_equal(&f->out.link, &link, sizeof(link));
}

/* [attack:H14] */
static void relayed_message_is_dropped_and_counted(void **state) {
    struct dhcp_fixture *f = *state;
    for (uint8_t type = DHCP_DISCOVER; type <= DHCP_INFORM; type++) {
        say(f, &(struct said){.type = type, .who = 1, .giaddr = OWN_NUMBER, .ciaddr = 20});
        assert_silent(f);
        assert_false(fixture_next(f));
    }
    assert_int_equal(f->server->counts[DHCP_COUNT_RELAYED], DHCP_INFORM);
}

static void message_of_a_server_or_without_type_is_dropped(void **state) {
    struct dhcp_fixture *f = *state;
    for (unsigned type = 0; type < 256; type++) {
        if (type >= DHCP_DISCOVER && type <= DHCP_INFORM && type != DHCP_OFFER &&
            type != DHCP_ACK && type != DHCP_NAK)
            continue;
        say(f, &(struct said){.type = (uint8_t)type, .who = 1, .requested = 100});
        assert_silent(f);
    }
    uint8_t bytes[DHCP_MAX_BYTES];
    struct said said = {.type = DHCP_DISCOVER, .who = 1};
    size_t length = said_emit(&said, bytes);
    static const struct {
        size_t at;
        uint8_t value;
    } wrong[] = {{0, 2}, {1, 6}, {2, 7}, {2, 0}, {28, 3}};
    struct dhcp_from from = {.link = mac_of(1)};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        uint8_t was = bytes[wrong[i].at];
        bytes[wrong[i].at] = wrong[i].value;
        assert_false(
            dhcp_server_receive(f->server, (struct slice){bytes, length}, &from, f->now, &f->out));
        bytes[wrong[i].at] = was;
    }
    assert_null(leases_nth(&f->server->leases, 0));
    assert_false(fixture_next(f));
}

static void hear_bytes(struct dhcp_fixture *f, const uint8_t *bytes, size_t length) {
    const struct dhcp_from from = {.link = mac_of(1)};
    uint8_t *copy = malloc(length + 1);
    memcpy(copy, bytes, length);
    out_note(f,
             dhcp_server_receive(f->server, (struct slice){copy, length}, &from, f->now, &f->out));
    free(copy);
}

/* [attack:H2] */
static void message_cut_anywhere_is_not_answered(void **state) {
    struct dhcp_fixture *f = *state;
    uint8_t bytes[DHCP_MAX_BYTES];
    const struct said said = {
        .type = DHCP_REQUEST, .who = 1, .id = "one", .requested = 77, .server = 1, .name = "name"};
    size_t length = said_emit(&said, bytes);
    while (bytes[length - 1] == 0) /* padding */
        length--;
    for (size_t cut = 0; cut < length; cut++) {
        hear_bytes(f, bytes, cut);
        assert_silent(f);
    }
    assert_int_equal(f->server->counts[DHCP_COUNT_MALFORMED], length);
    hear_bytes(f, bytes, length);
    assert_answer(f, DHCP_NAK, 0);
}

/* Every option as long as the message, and every byte another: no harm, and what is bound stays
 * [attack:H1] [attack:H3]. */
static void options_of_any_length_do_no_harm(void **state) {
    struct dhcp_fixture *f = *state;
    uint8_t bytes[DHCP_MAX_BYTES];
    assert_int_equal(lease_take(f, 2, "two"), 100);
    const struct said said = {.type = DHCP_DISCOVER, .who = 1, .id = "one", .name = "name"};
    size_t length = said_emit(&said, bytes);
    for (size_t at = 0; at < length; at++) {
        uint8_t was = bytes[at];
        for (unsigned change = 1; change < 256; change += 3) {
            bytes[at] = (uint8_t)(was ^ change);
            hear_bytes(f, bytes, length);
        }
        bytes[at] = was;
    }
    size_t fixed = DHCP_HEADER_BYTES + 3; /* the type stays */
    for (unsigned code = 1; code < 255; code++) {
        size_t end = fixed;
        while (end + 258 <= sizeof(bytes)) {
            bytes[end] = (uint8_t)code;
            bytes[end + 1] = 255;
            memset(bytes + end + 2, 0xc0, 255);
            end += 257;
        }
        bytes[end++] = DHCP_OPTION_END;
        hear_bytes(f, bytes, end);
    }
    fixture_wait(f, DOBOS_SECOND);
    assert_int_equal(state_at(f, 100), DOBOS_LEASE_BOUND);
    assert_int_equal(lease_take(f, 2, "two"), 100);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        AT_SERVER(discover_is_probed_offered_and_bound),
        AT_SERVER(parameters_asked_for_are_sent_and_no_others),
        AT_SERVER(answer_is_no_larger_than_the_client_takes),
        AT_SERVER(answers_go_where_the_client_hears_them),
        AT_SERVER(client_gets_its_address_again),
        AT_SERVER(address_asked_for_is_offered_when_it_is_free),
        AT_SERVER(offer_is_kept_for_a_while),
        AT_SERVER(request_to_another_server_ends_the_offer),
        AT_SERVER(server_knows_itself_by_any_of_its_addresses),
        AT_SERVER(rebooting_client_is_confirmed_refused_or_not_known),
        AT_SERVER(renewing_client_keeps_its_address_and_nobody_elses),
        AT_SERVER(client_of_a_forgetful_server_keeps_its_address),
        AT_SERVER(declined_address_is_in_quarantine),
        AT_SERVER(release_of_what_is_not_his_is_ignored),
        AT_SERVER(inform_is_told_the_parameters_only),
        AT_SERVER(inform_for_another_is_ignored),
        AT_SERVER(relayed_message_is_dropped_and_counted),
        AT_SERVER(message_of_a_server_or_without_type_is_dropped),
        AT_SERVER(message_cut_anywhere_is_not_answered),
        AT_SERVER(options_of_any_length_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
