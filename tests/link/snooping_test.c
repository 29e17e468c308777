/* snooping: which ports of a bridge get a group's frames, by the IGMP messages that have passed. */
#include "fixture.h"

#include <stdio.h>
#include <string.h>

#include "link/bridge.h"
#include "wire/ethernet.h"
#include "wire/igmp.h"
#include "wire/ipv4.h"

#define GROUP  UINT32_C(0xef010203)
#define PORTS  16
#define ALL    "all"
#define SOURCE UINT32_C(0xc0000201)

struct yard {
    struct fixture fixture;
    struct bridge bridge;
    dobos_time now;
    char text[256]; /* the ports of the last frame */
};

static int setup(void **state) {
    struct yard *y = calloc(1, sizeof *y);
    fixture_init(&y->fixture);
    bridge_init(&y->bridge, pool_allocator(y->fixture.pool), &y->fixture.key);
    *state = y;
    return 0;
}

static int teardown(void **state) {
    struct yard *y = *state;
    bridge_fini(&y->bridge);
    assert_int_equal(y->bridge.snooping.group_count, 0);
    assert_int_equal(y->bridge.snooping.port_count, 0);
    fixture_fini(&y->fixture);
    free(y);
    return 0;
}

/* Where a frame goes: "all", or the ports in their order, as "1 4". */
static const char *forward(struct yard *y, uint32_t port, uint32_t source, uint32_t to,
                           uint8_t protocol, const uint8_t *body, size_t length) {
    uint8_t bytes[1600] = {0};
    struct writer w = writer_make(bytes, sizeof bytes);
    struct ethernet link = {
        .destination = {{1, 0, 0x5e, (uint8_t)(to >> 16 & 0x7f), (uint8_t)(to >> 8), (uint8_t)to}},
        .source = mac_make((uint8_t)(port + 1)),
        .type = ETHER_TYPE_IPV4};
    struct ipv4 ip = {.source = dobos_address_ipv4(source),
                      .destination = dobos_address_ipv4(to),
                      .total_length = (uint16_t)(20 + length),
                      .ttl = 1,
                      .protocol = protocol};
    ethernet_emit(&w, &link);
    ipv4_emit(&w, &ip);
    writer_bytes(&w, body, length);
    struct dobos_packet *packet = dobos_packet_from_bytes(y->fixture.pool, bytes, w.position, NULL);
    uint32_t out = 0;
    assert_true(bridge_forward(&y->bridge, packet, port, y->now, &out));
    dobos_packet_release(packet);
    if (out == BRIDGE_FLOOD)
        return ALL;
    assert_int_equal(out, BRIDGE_GROUP);
    struct snooping_walk walk = {0};
    bool goes[PORTS] = {false};
    while (bridge_next(&y->bridge, &walk, y->now, &out)) {
        assert_true(out < PORTS && !goes[out]);
        goes[out] = true;
    }
    y->text[0] = '\0';
    for (unsigned i = 0; i < PORTS; i++)
        if (goes[i])
            snprintf(y->text + strlen(y->text), 8, y->text[0] ? " %u" : "%u", i);
    return y->text;
}

static const char *data(struct yard *y, uint32_t group) {
    return forward(y, 0, SOURCE, group, PROTOCOL_UDP, (const uint8_t *)"12345678", 8);
}

static const char *message(struct yard *y, uint32_t port, uint32_t source, uint32_t to,
                           const struct igmp_message *igmp) {
    uint8_t bytes[1500];
    struct writer w = writer_make(bytes, sizeof bytes);
    igmp_emit(&w, igmp);
    return forward(y, port, source, to, PROTOCOL_IGMP, bytes, w.position);
}

static void query(struct yard *y, uint32_t port, uint32_t source) {
    assert_string_equal(message(y, port, source, 0xe0000001,
                                &(struct igmp_message){.type = IGMP_QUERY,
                                                       .version = 2,
                                                       .response_code = 100,
                                                       .group = dobos_address_ipv4(0)}),
                        ALL);
}

static const char *report(struct yard *y, uint32_t port, uint8_t type, uint32_t group) {
    return message(y, port, SOURCE + port, type == IGMP_V2_LEAVE ? 0xe0000002 : group,
                   &(struct igmp_message){.type = type, .group = dobos_address_ipv4(group)});
}

static const char *report3(struct yard *y, uint32_t port, enum igmp_record_type type,
                           uint32_t sources) {
    uint8_t bytes[64], numbers[16] = {0};
    struct writer w = writer_make(bytes, sizeof bytes);
    igmp_record_emit(&w, &(struct igmp_record){.type = (uint8_t)type,
                                               .group = dobos_address_ipv4(GROUP),
                                               .sources = {numbers, sources * (size_t)4}});
    return message(y, port, SOURCE + port, 0xe0000016,
                   &(struct igmp_message){
                       .type = IGMP_V3_REPORT, .record_count = 1, .records = {bytes, w.position}});
}

/* A querier at port 9 that everybody has had the time to answer. */
static void querier_begin(struct yard *y) {
    query(y, 9, SOURCE);
    y->now += 10 * DOBOS_SECOND;
}

/* [rfc4541#5] */
static void everything_is_flooded_without_a_querier(void **state) {
    struct yard *y = *state;
    assert_string_equal(report(y, 1, IGMP_V2_REPORT, GROUP), ALL);
    assert_string_equal(data(y, GROUP), ALL);
    query(y, 9, SOURCE);
    assert_string_equal(data(y, GROUP), ALL); /* not all have answered yet */
    y->now += 10 * DOBOS_SECOND;
    assert_string_equal(data(y, GROUP), "1 9");
    assert_string_equal(data(y, GROUP + 1), ALL);
    y->now += 200 * DOBOS_SECOND;
    (void)report(y, 1, IGMP_V2_REPORT, GROUP);
    y->now += 50 * DOBOS_SECOND; /* the querier has gone */
    assert_string_equal(data(y, GROUP), ALL);
}

/* [rfc4541#1] [rfc4541#2] [rfc4541#4] */
static void group_reported_goes_to_members_and_routers(void **state) {
    struct yard *y = *state;
    querier_begin(y);
    assert_string_equal(report(y, 1, IGMP_V1_REPORT, GROUP), "9");
    assert_string_equal(report(y, 2, IGMP_V2_REPORT, GROUP), "9");
    assert_string_equal(report3(y, 3, IGMP_TO_EXCLUDE, 0), "9");
    assert_string_equal(report3(y, 4, IGMP_ALLOW_NEW, 1), "9");
    assert_string_equal(report3(y, 5, IGMP_IS_INCLUDE, 2), "9");
    assert_string_equal(report3(y, 6, IGMP_BLOCK_OLD, 1), "9");
    (void)report(y, 9, IGMP_V2_REPORT, GROUP); /* behind the router's port */
    assert_string_equal(data(y, GROUP), "1 2 3 4 5 9");
    y->now += 200 * DOBOS_SECOND;
    query(y, 9, SOURCE);
    (void)report(y, 2, IGMP_V2_REPORT, GROUP);
    y->now += 60 * DOBOS_SECOND; /* 260 s since the others reported */
    assert_string_equal(data(y, GROUP), "2 9");
    y->now += 150 * DOBOS_SECOND;
    query(y, 9, SOURCE);
    y->now += 100 * DOBOS_SECOND; /* nobody is left: as if it were not known */
    assert_string_equal(data(y, GROUP), ALL);
}

/* [rfc4541#2] */
static void member_that_leaves_has_two_seconds_for_another(void **state) {
    struct yard *y = *state;
    querier_begin(y);
    (void)report(y, 1, IGMP_V2_REPORT, GROUP);
    (void)report(y, 2, IGMP_V2_REPORT, GROUP);
    (void)report(y, 3, IGMP_V2_REPORT, GROUP);
    assert_string_equal(report(y, 1, IGMP_V2_LEAVE, GROUP), "9");
    (void)report3(y, 2, IGMP_TO_INCLUDE, 0);
    assert_string_equal(data(y, GROUP), "1 2 3 9");
    y->now += DOBOS_SECOND;
    (void)report(y, 2, IGMP_V2_REPORT, GROUP); /* another behind port 2 */
    y->now += DOBOS_SECOND;
    assert_string_equal(data(y, GROUP), "2 3 9");
    (void)report(y, 5, IGMP_V2_LEAVE, GROUP); /* who was none */
    assert_string_equal(data(y, GROUP), "2 3 9");
}

/* [rfc4541#3] [rfc4541#6] */
static void link_groups_and_other_protocols_go_to_all(void **state) {
    struct yard *y = *state;
    query(y, 8, 0); /* a switch that asks */
    querier_begin(y);
    (void)report(y, 1, IGMP_V2_REPORT, 0xe0000005);
    assert_string_equal(data(y, 0xe0000005), ALL);
    assert_string_equal(data(y, 0xe0000001), ALL);
    (void)report(y, 1, IGMP_V2_REPORT, GROUP);
    assert_string_equal(data(y, GROUP), "1 9");
}

/* Neither a wrong checksum, nor one cut short, nor a fragment says anything. */
static void message_that_is_not_sound_is_not_believed(void **state) {
    struct yard *y = *state;
    uint8_t bytes[8] = {IGMP_V2_REPORT, 0, 0, 0, 239, 1, 2, 3};
    querier_begin(y);
    assert_string_equal(forward(y, 1, SOURCE, GROUP, PROTOCOL_IGMP, bytes, 8), ALL);
    assert_string_equal(forward(y, 1, SOURCE, GROUP, PROTOCOL_IGMP, bytes, 7), ALL);
    assert_string_equal(forward(y, 1, SOURCE, GROUP, PROTOCOL_IGMP, bytes, 0), ALL);
    assert_string_equal(data(y, GROUP), ALL);
    assert_int_equal(y->bridge.snooping.group_count, 0);
}

static void port_that_goes_is_forgotten(void **state) {
    struct yard *y = *state;
    querier_begin(y);
    (void)report(y, 1, IGMP_V2_REPORT, GROUP);
    (void)report(y, 2, IGMP_V2_REPORT, GROUP);
    bridge_forget(&y->bridge, 1);
    bridge_forget(&y->bridge, 9);
    assert_string_equal(data(y, GROUP), "2");
}

/* [rfc4541#5] */
static void table_that_is_full_floods_the_rest(void **state) {
    struct yard *y = *state;
    querier_begin(y);
    for (uint32_t i = 0; i < SNOOPING_GROUPS + 100; i++)
        (void)report(y, 1, IGMP_V2_REPORT, GROUP + i);
    assert_int_equal(y->bridge.snooping.group_count, SNOOPING_GROUPS);
    assert_string_equal(data(y, GROUP), "1 9");
    assert_string_equal(data(y, GROUP + SNOOPING_GROUPS), ALL);
    y->now += 200 * DOBOS_SECOND;
    query(y, 9, SOURCE);
    y->now += 60 * DOBOS_SECOND; /* their time is over */
    (void)report(y, 1, IGMP_V2_REPORT, GROUP + SNOOPING_GROUPS);
    assert_string_equal(data(y, GROUP + SNOOPING_GROUPS), "1 9");
}

/* [rfc4541#5] */
static void member_that_cannot_be_kept_makes_its_group_flood(void **state) {
    struct yard *y = *state;
    querier_begin(y);
    (void)report(y, 1, IGMP_V2_REPORT, GROUP);
    y->bridge.snooping.port_count += SNOOPING_PORTS; /* as if they were taken */
    (void)report(y, 2, IGMP_V2_REPORT, GROUP);
    assert_string_equal(data(y, GROUP), ALL);
    query(y, 8, SOURCE);
    y->bridge.snooping.port_count -= SNOOPING_PORTS;
    (void)report(y, 1, IGMP_V2_REPORT, GROUP + 1);
    assert_string_equal(data(y, GROUP + 1), ALL); /* a router has no place */
}

#define YARD_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        YARD_TEST(everything_is_flooded_without_a_querier),
        YARD_TEST(group_reported_goes_to_members_and_routers),
        YARD_TEST(member_that_leaves_has_two_seconds_for_another),
        YARD_TEST(link_groups_and_other_protocols_go_to_all),
        YARD_TEST(message_that_is_not_sound_is_not_believed),
        YARD_TEST(port_that_goes_is_forgotten),
        YARD_TEST(table_that_is_full_floods_the_rest),
        YARD_TEST(member_that_cannot_be_kept_makes_its_group_flood),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
