/* The calls of dobos/nat.h: what they refuse, and what they tell of a packet. */
#include "nat_scene.h"

static int set(struct station *s, const struct dobos_nat_config *config) {
    return dobos_nat_set(s->host, config);
}

static void impossible_configuration_is_refused_and_the_old_one_stays(void **state) {
    struct station *s = *state;
    const struct dobos_nat_forward good = {
        .protocol = DOBOS_TCP, .port = 80, .to = {.address = dobos_address_ipv4(ANN)}};
    struct dobos_nat_forward forwards[2] = {good, good};
    const uint32_t interfaces[] = {OUT, OUT, 1, 9};
    uint16_t port = udp_out(s, ANN, 5000, REMOTE, 7);
    struct dobos_nat_config config = nat_config();
    config.size = 0;
    assert_int_equal(set(s, &config), -DOBOS_EINVAL);
    config = nat_config();
    config.interface_count = 0;
    assert_int_equal(set(s, &config), -DOBOS_EINVAL);
    config.interfaces = interfaces;
    config.interface_count = 2;
    assert_int_equal(set(s, &config), -DOBOS_EINVAL);
    config.interfaces = &interfaces[2];
    config.interface_count = 1;
    assert_int_equal(set(s, &config), -DOBOS_EINVAL);
    config.interfaces = &interfaces[3];
    assert_int_equal(set(s, &config), -DOBOS_ENODEV);
    config = nat_config();
    config.port_first = 2000;
    config.port_last = 1999;
    assert_int_equal(set(s, &config), -DOBOS_EINVAL);
    config = nat_config();
    config.forwards = forwards;
    config.forward_count = 2;
    assert_int_equal(set(s, &config), -DOBOS_EEXIST);
    forwards[1].protocol = DOBOS_ICMP;
    assert_int_equal(set(s, &config), -DOBOS_EINVAL);
    forwards[1].protocol = DOBOS_UDP;
    forwards[1].port = 0;
    assert_int_equal(set(s, &config), -DOBOS_EINVAL);
    forwards[1].port = 80;
    forwards[1].to.address = dobos_address_ipv4(UINT32_C(0xe0000001));
    assert_int_equal(set(s, &config), -DOBOS_EINVAL);
    assert_true(udp_in(s, REMOTE, 7, port, ANN, 5000)); /* nothing has changed */
    assert_int_equal(set(s, NULL), 0);
    assert_false(dobos_nat_is_set(s->host));
    struct dobos_nat_mapping mapping;
    assert_int_equal(dobos_nat_mapping_read(s->host, 0, &mapping), -DOBOS_ENOENT);
    struct seen seen;
    udp_from(s, IN, ANN, 5000, REMOTE, 7); /* it goes as it is */
    assert_int_equal(next_at(s, OUT, &seen).source, ANN);
}

static struct dobos_nat_explanation explain(struct station *s, uint8_t protocol, uint32_t interface,
                                            struct dobos_endpoint source,
                                            struct dobos_endpoint destination) {
    const struct dobos_nat_question question = {
        .protocol = protocol, .interface = interface, .source = source, .destination = destination};
    struct dobos_nat_explanation explanation;
    assert_int_equal(dobos_nat_explain(s->host, &question, &explanation), 0);
    assert_non_null(explanation.why);
    return explanation;
}

static void explanation_says_what_would_become_of_a_packet(void **state) {
    struct station *s = *state;
    const struct dobos_endpoint ann = endpoint(ANN, 5000);
    const struct dobos_endpoint remote = endpoint(REMOTE, 7);
    struct dobos_nat_explanation e = explain(s, DOBOS_UDP, IN, ann, remote);
    assert_int_equal(e.answer, DOBOS_NAT_NEW);
    assert_false(e.has_mapping);
    uint16_t port = udp_out(s, ANN, 5000, REMOTE, 7);
    e = explain(s, DOBOS_UDP, IN, ann, remote);
    assert_int_equal(e.answer, DOBOS_NAT_TRANSLATED);
    assert_true(e.has_session && e.has_mapping);
    assert_int_equal(e.source.port, port);
    e = explain(s, DOBOS_UDP, IN, ann, endpoint(OTHER, 7));
    assert_int_equal(e.answer, DOBOS_NAT_TRANSLATED);
    assert_false(e.has_session);
    assert_int_equal(e.source.port, port);
    e = explain(s, DOBOS_UDP, OUT, remote, endpoint(HOST_ADDRESS, port));
    assert_int_equal(number_of(&e.destination.address), ANN);
    assert_int_equal(e.destination.port, 5000);
    e = explain(s, DOBOS_UDP, OUT, endpoint(REMOTE, 8), endpoint(HOST_ADDRESS, port));
    assert_int_equal(e.answer, DOBOS_NAT_TRANSLATED); /* address-dependent */
    e = explain(s, DOBOS_UDP, OUT, endpoint(OTHER, 7), endpoint(HOST_ADDRESS, port));
    assert_int_equal(e.answer, DOBOS_NAT_DROPPED);
    assert_string_equal(e.drop, "DropNatFiltered");
    e = explain(s, DOBOS_UDP, OUT, remote, ann);
    assert_string_equal(e.drop, "DropNatNoMapping");
    e = explain(s, DOBOS_UDP, OUT, endpoint(BOB, 7), endpoint(HOST_ADDRESS, port));
    assert_string_equal(e.drop, "DropIpSource");
    e = explain(s, DOBOS_UDP, IN, endpoint(BOB, 6000), endpoint(HOST_ADDRESS, port));
    assert_int_equal(number_of(&e.destination.address), ANN);
    e = explain(s, DOBOS_TCP, IN, ann, endpoint(ROUTER_IN, 22));
    assert_int_equal(e.answer, DOBOS_NAT_UNTOUCHED);
    e = explain(s, 47, IN, ann, remote);
    assert_string_equal(e.drop, "DropNatProtocol");
    const struct dobos_nat_question nowhere = {.protocol = DOBOS_UDP,
                                               .interface = IN,
                                               .source = ann,
                                               .destination = endpoint(HOST_ADDRESS, port)};
    assert_int_equal(set(s, NULL), 0);
    assert_int_equal(dobos_nat_explain(s->host, &nowhere, &e), -DOBOS_ENOENT);
}

static void sessions_are_read_with_both_views(void **state) {
    struct station *s = *state;
    struct dobos_session session;
    uint16_t port = udp_out(s, ANN, 5000, REMOTE, 7);
    assert_true(udp_in(s, REMOTE, 7, port, ANN, 5000));
    assert_int_equal(dobos_session_read(s->host, 0, &session), 0);
    assert_int_equal(session.state, DOBOS_SESSION_BOTH_WAYS);
    assert_int_equal(number_of(&session.source.address), ANN);
    assert_int_equal(number_of(&session.source_seen.address), HOST_ADDRESS);
    assert_int_equal(session.source_seen.port, port);
    assert_int_equal(session.packets[0], 1);
    assert_int_equal(session.packets[1], 1);
    assert_int_equal(session.bytes[0], 33);
    assert_int_equal(dobos_session_read(s->host, 1, &session), -DOBOS_ENOENT);
    assert_string_equal(dobos_session_state_name(session.state), "both-ways");
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, nat_scene_setup, station_teardown)
        TEST(impossible_configuration_is_refused_and_the_old_one_stays),
        TEST(explanation_says_what_would_become_of_a_packet),
        TEST(sessions_are_read_with_both_views),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
