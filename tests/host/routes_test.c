/* Routes of a host: several equal ones, several tables with rules, and those that lead nowhere. */
#include "../link/fixture.h"

#include <stdio.h>
#include <string.h>

#include <dobos/rules.h>

#include "host/state.h"

#define FLOWS 2000

struct scene {
    struct fixture fixture;
    struct dobos_host *host;
    uint64_t live; /* pieces of memory with the host as it is made */
};

static void interface_add(struct dobos_host *host, const char *name, uint32_t address) {
    struct dobos_interface_config config = {.size = sizeof config,
                                            .mac = {{2, 0, 0, 0, 0, (uint8_t)(address >> 8)}}};
    (void)snprintf(config.name, sizeof config.name, "%s", name);
    int index = dobos_interface_add(host, &config);
    struct dobos_interface_address given = {.prefix = {dobos_address_ipv4(address), 24},
                                            .valid_until = DOBOS_NEVER,
                                            .preferred_until = DOBOS_NEVER,
                                            .origin = DOBOS_ORIGIN_STATIC};
    assert_true(index > 0);
    assert_int_equal(dobos_address_add(host, (uint32_t)index, &given), 0);
}

/* eth0 (2) is 10.0.0.1/24, eth1 (3) 10.0.1.1/24, eth2 (4) 10.0.2.1/24. */
static int setup(void **state) {
    struct scene *s = calloc(1, sizeof *s);
    struct dobos_host_config config = {.size = sizeof config, .key = {7}, .forwarding = true};
    fixture_init(&s->fixture);
    assert_int_equal(dobos_host_create(s->fixture.pool, &config, 0, &s->host), 0);
    interface_add(s->host, "eth0", 0x0a000001);
    interface_add(s->host, "eth1", 0x0a000101);
    interface_add(s->host, "eth2", 0x0a000201);
    s->live = s->fixture.live;
    *state = s;
    return 0;
}

static int teardown(void **state) {
    struct scene *s = *state;
    dobos_host_destroy(s->host);
    fixture_fini(&s->fixture);
    free(s);
    return 0;
}

static struct dobos_route route_of(uint32_t number, uint8_t length, uint32_t gateway) {
    return (struct dobos_route){.destination = {dobos_address_ipv4(number), length},
                                .gateway = dobos_address_ipv4(gateway),
                                .source = dobos_address_ipv4(0),
                                .origin = DOBOS_ORIGIN_STATIC};
}

static void route_add(struct scene *s, uint32_t number, uint8_t length, uint32_t gateway,
                      uint32_t table) {
    struct dobos_route route = route_of(number, length, gateway);
    route.table = table;
    assert_int_equal(dobos_route_add(s->host, &route), 0);
}

static void route_remove(struct scene *s, uint32_t number, uint8_t length, uint32_t gateway,
                         uint32_t table) {
    struct dobos_route route = route_of(number, length, gateway);
    route.table = table;
    assert_int_equal(dobos_route_remove(s->host, &route), 0);
}

/* The next hop's number of a packet that came in by eth2; 0: none. */
static uint32_t ask(const struct scene *s, uint32_t source, uint32_t destination, uint16_t port,
                    struct dobos_route_choice *choice) {
    struct dobos_route_question question = {.size = sizeof question,
                                            .destination = dobos_address_ipv4(destination),
                                            .source = dobos_address_ipv4(source),
                                            .arrived = 4,
                                            .protocol = 17,
                                            .source_port = port,
                                            .destination_port = 53};
    return dobos_route_ask(s->host, &question, choice) == 0
               ? dobos_address_ipv4_number(&choice->next_hop)
               : 0;
}

/* ---- several equal ones ---- */

static void flows_ask(const struct scene *s, uint32_t hops[FLOWS]) {
    struct dobos_route_choice choice;
    for (uint32_t i = 0; i < FLOWS; i++)
        hops[i] =
            ask(s, 0x0a000200 + 2 + i % 200, 0xc6336400 + i % 97, (uint16_t)(1024 + i), &choice);
}

static uint32_t count_of(const uint32_t hops[FLOWS], uint32_t hop) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < FLOWS; i++)
        count += hops[i] == hop;
    return count;
}

static void equal_routes_share_flows_evenly_and_each_flow_keeps_its_way(void **state) {
    struct scene *s = *state;
    uint32_t hops[FLOWS], again[FLOWS];
    for (uint32_t i = 0; i < 4; i++)
        route_add(s, 0, 0, 0x0a000002 + i % 2 + 0x100 * (i / 2), 0);
    flows_ask(s, hops);
    for (uint32_t i = 0; i < 4; i++)
        assert_in_range(count_of(hops, 0x0a000002 + i % 2 + 0x100 * (i / 2)), FLOWS / 5, FLOWS / 3);
    flows_ask(s, again);
    assert_memory_equal(hops, again, sizeof hops);
}

static void hop_that_comes_or_goes_moves_only_its_own_flows(void **state) {
    struct scene *s = *state;
    uint32_t before[FLOWS], with[FLOWS], after[FLOWS];
    for (uint32_t i = 0; i < 3; i++)
        route_add(s, 0, 0, 0x0a000002 + i, 0);
    flows_ask(s, before);
    route_add(s, 0, 0, 0x0a000109, 0);
    flows_ask(s, with);
    for (uint32_t i = 0; i < FLOWS; i++)
        assert_true(with[i] == before[i] || with[i] == 0x0a000109);
    assert_in_range(count_of(with, 0x0a000109), FLOWS / 5, FLOWS / 3);
    route_remove(s, 0, 0, 0x0a000109, 0);
    flows_ask(s, after);
    assert_memory_equal(before, after, sizeof before);
}

/* [rfc1812#95] */
static void destination_on_a_subnet_is_sent_to_directly_any_other_by_a_gateway(void **state) {
    struct scene *s = *state;
    struct dobos_route_choice choice;
    route_add(s, 0, 0, 0x0a000002, 0);
    assert_int_equal(ask(s, 0x0a000209, 0x0a00014d, 1, &choice), 0x0a00014d);
    assert_int_equal(choice.interface, 3);
    assert_int_equal(ask(s, 0x0a000209, 0x0a00034d, 1, &choice), 0x0a000002);
    assert_int_equal(choice.interface, 2);
}

/* [rfc1812#96] */
static void metric_type_and_origin_keep_routes_from_sharing(void **state) {
    struct scene *s = *state;
    struct dobos_route_choice choice;
    struct dobos_route worse = route_of(0, 0, 0x0a000003), leased = route_of(0, 0, 0x0a000004);
    route_add(s, 0, 0, 0x0a000002, 0);
    worse.metric = 1;
    leased.origin = DOBOS_ORIGIN_DHCP;
    assert_int_equal(dobos_route_add(s->host, &worse), 0);
    assert_int_equal(dobos_route_add(s->host, &leased), 0);
    for (uint16_t port = 1; port < 200; port++)
        assert_int_equal(ask(s, 0x0a000209, 0xc6336401, port, &choice), 0x0a000002);
    assert_int_equal(choice.equals, 1);
    assert_int_equal(choice.matches, 3);
}

/* A source is of one interface; a flow from it leaves there, wherever the others' flows go. */
static void own_flow_leaves_by_the_interface_of_its_source(void **state) {
    struct scene *s = *state;
    struct dobos_route_choice choice;
    route_add(s, 0, 0, 0x0a000002, 0);
    route_add(s, 0, 0, 0x0a000102, 0);
    uint32_t seen[2] = {0, 0};
    for (uint16_t port = 1; port < 200; port++) {
        struct dobos_route_question question = {.size = sizeof question,
                                                .destination = dobos_address_ipv4(0xc6336401),
                                                .source = dobos_address_ipv4(0),
                                                .protocol = 6,
                                                .source_port = port,
                                                .destination_port = 80};
        assert_int_equal(dobos_route_ask(s->host, &question, &choice), 0);
        assert_int_equal(choice.equals, 2);
        seen[choice.interface - 2]++;
        for (uint32_t i = 0; i < 2; i++) {
            question.source = dobos_address_ipv4(0x0a000001 + 0x100 * i);
            assert_int_equal(dobos_route_ask(s->host, &question, &choice), 0);
            assert_int_equal(choice.interface, 2 + i);
        }
    }
    assert_in_range(seen[0], 50, 150);
}

/* ---- packets ---- */

/* A datagram in a frame to eth2, or a fragment of it. */
static struct dobos_packet *frame_make(struct scene *s, uint16_t port, uint16_t fragment) {
    uint8_t bytes[60] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 9, 9, 8, 0, 0x45, 0, 0, 46, 0, 7};
    static const uint8_t rest[] = {64, 17, 0, 0, 10, 0, 2, 9, 198, 51, 100, 1};
    uint32_t sum = 0;
    bytes[20] = (uint8_t)(fragment >> 8);
    bytes[21] = (uint8_t)fragment;
    memcpy(bytes + 22, rest, sizeof rest);
    bytes[34] = (uint8_t)(port >> 8);
    bytes[35] = (uint8_t)port;
    bytes[37] = 9;
    bytes[39] = 26;
    for (unsigned i = 14; i < 34; i += 2)
        sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
    sum = (sum & 0xffff) + (sum >> 16);
    sum = ~(sum + (sum >> 16));
    bytes[24] = (uint8_t)(sum >> 8);
    bytes[25] = (uint8_t)sum;
    struct dobos_packet *packet =
        dobos_packet_from_bytes(s->fixture.pool, bytes, sizeof bytes, NULL);
    assert_non_null(packet);
    return packet;
}

/* Forwards it; returns the interface by which the request for its next hop, or it itself, leaves.
 */
static uint32_t forwarded_by(struct scene *s, uint16_t port, uint16_t fragment) {
    struct dobos_packet *packet = frame_make(s, port, fragment);
    uint64_t before[2], after[2];
    struct dobos_packet *out[DOBOS_BURST_PACKETS];
    uint32_t by = 0;
    for (uint32_t i = 0; i < 2; i++)
        before[i] = s->host->interfaces[1 + i]->out_packets;
    (void)dobos_input(s->host, 4, &packet, 1, s->host->now);
    for (uint32_t i = 0; i < 2; i++) {
        for (unsigned n;
             (n = dobos_output(s->host, 2 + i, out, DOBOS_BURST_PACKETS, s->host->now));)
            while (n > 0)
                dobos_packet_release(out[--n]);
        after[i] = s->host->interfaces[1 + i]->out_packets;
        by = after[i] > before[i] ? 2 + i : by;
    }
    return by;
}

/* Makes the neighbour known, so that what is for it leaves at once. */
static void neighbor_answer(struct scene *s, uint32_t interface) {
    uint8_t bytes[42] = {2,
                         0,
                         0,
                         0,
                         0,
                         (uint8_t)(interface - 2),
                         2,
                         0,
                         0,
                         0,
                         8,
                         8,
                         8,
                         6,
                         0,
                         1,
                         8,
                         0,
                         6,
                         4,
                         0,
                         2,
                         2,
                         0,
                         0,
                         0,
                         8,
                         8,
                         10,
                         0,
                         (uint8_t)(interface - 2),
                         2,
                         2,
                         0,
                         0,
                         0,
                         0,
                         (uint8_t)(interface - 2),
                         10,
                         0,
                         (uint8_t)(interface - 2),
                         1};
    struct dobos_packet *packet =
        dobos_packet_from_bytes(s->fixture.pool, bytes, sizeof bytes, NULL);
    assert_non_null(packet);
    (void)dobos_input(s->host, interface, &packet, 1, s->host->now);
}

static void packets_of_a_flow_and_fragments_of_a_datagram_stay_together(void **state) {
    struct scene *s = *state;
    uint32_t seen[2] = {0, 0}, way[60];
    route_add(s, 0, 0, 0x0a000002, 0);
    route_add(s, 0, 0, 0x0a000102, 0);
    for (uint16_t port = 0; port < 60; port++)
        (void)forwarded_by(s, (uint16_t)(port + 1), 0);
    neighbor_answer(s, 2);
    neighbor_answer(s, 3);
    (void)forwarded_by(s, 1, 0);
    for (uint16_t port = 0; port < 60; port++) {
        way[port] = forwarded_by(s, (uint16_t)(port + 1), 0);
        assert_in_range(way[port], 2, 3);
        seen[way[port] - 2]++;
    }
    assert_in_range(seen[0], 12, 48);
    for (uint16_t port = 0; port < 60; port++)
        assert_int_equal(forwarded_by(s, (uint16_t)(port + 1), 0), way[port]);
    /* What is in the place of a first fragment's ports is data in the later ones. */
    uint32_t together = forwarded_by(s, 1, 0x2000);
    for (uint16_t i = 0; i < 40; i++)
        assert_int_equal(forwarded_by(s, (uint16_t)(i * 977), (uint16_t)(i % 2 ? 0x2001 : i + 1)),
                         together);
}

/* ---- rules ---- */

static void rule_add(struct scene *s, const struct dobos_rule *rule) {
    assert_int_equal(dobos_rule_add(s->host, rule), 0);
}

static void rules_choose_the_table_by_source_destination_and_interface(void **state) {
    struct scene *s = *state;
    struct dobos_route_choice choice;
    route_add(s, 0, 0, 0x0a000002, 0);
    route_add(s, 0, 0, 0x0a000102, 100);
    route_add(s, 0xc6336400, 24, 0x0a000103, 101);
    rule_add(s, &(struct dobos_rule){
                    .priority = 10, .from = {dobos_address_ipv4(0x0a000280), 25}, .table = 100});
    rule_add(s, &(struct dobos_rule){.priority = 5,
                                     .to = {dobos_address_ipv4(0xc6000000), 8},
                                     .interface = 4,
                                     .table = 101});
    assert_int_equal(ask(s, 0x0a000202, 0x08080808, 1, &choice), 0x0a000002);
    assert_false(choice.has_rule);
    assert_int_equal(choice.table, DOBOS_TABLE_MAIN);
    assert_int_equal(ask(s, 0x0a000282, 0x08080808, 1, &choice), 0x0a000102);
    assert_true(choice.has_rule);
    assert_int_equal(choice.priority, 10);
    assert_int_equal(choice.table, 100);
    assert_int_equal(choice.route.table, 100);
    assert_int_equal(ask(s, 0x0a000282, 0xc6336401, 1, &choice), 0x0a000103);
    assert_int_equal(choice.priority, 5);
    /* That table has nothing for it: the next rule's. */
    assert_int_equal(ask(s, 0x0a000282, 0xc6010101, 1, &choice), 0x0a000102);
    /* Packets of this host did not come in by eth2, and have no source until it is chosen. */
    struct dobos_address to = dobos_address_ipv4(0xc6336401);
    assert_int_equal(dobos_route_lookup(s->host, &to, NULL, &choice), 0);
    assert_int_equal(choice.table, DOBOS_TABLE_MAIN);
}

static void rules_are_asked_by_priority_and_main_stands_among_them(void **state) {
    struct scene *s = *state;
    struct dobos_route_choice choice;
    struct dobos_rule rule = {.table = 100}, read;
    route_add(s, 0, 0, 0x0a000102, 100);
    rule.priority = DOBOS_RULE_MAIN + 1;
    rule_add(s, &rule);
    assert_int_equal(ask(s, 0x0a000202, 0x08080808, 1, &choice), 0x0a000102);
    route_add(s, 0, 0, 0x0a000002, 0);
    assert_int_equal(ask(s, 0x0a000202, 0x08080808, 1, &choice), 0x0a000002);
    rule.priority = 0;
    rule_add(s, &rule);
    assert_int_equal(dobos_rule_read(s->host, 0, &read), 0);
    assert_int_equal(read.priority, DOBOS_RULE_MAIN - 1);
    assert_int_equal(ask(s, 0x0a000202, 0x08080808, 1, &choice), 0x0a000102);
    assert_int_equal(dobos_rule_read(s->host, 2, &read), -DOBOS_ENOENT);
}

static void wrong_rules_are_refused_and_the_last_leaves_nothing(void **state) {
    struct scene *s = *state;
    struct dobos_rule rule = {
        .priority = 3, .from = {dobos_address_ipv4(0x0a000001), 24}, .table = 100};
    assert_int_equal(dobos_rule_add(s->host, &rule), -DOBOS_EINVAL);
    rule.from.length = 33;
    assert_int_equal(dobos_rule_add(s->host, &rule), -DOBOS_EINVAL);
    rule.from.length = 32;
    rule.interface = 9;
    assert_int_equal(dobos_rule_add(s->host, &rule), -DOBOS_ENODEV);
    rule.interface = 1;
    assert_int_equal(dobos_rule_remove(s->host, &rule), -DOBOS_ENOENT);
    rule_add(s, &rule);
    assert_int_equal(dobos_rule_add(s->host, &rule), -DOBOS_EEXIST);
    rule.priority = 4;
    rule_add(s, &rule);
    s->fixture.countdown = 0; /* removing needs no memory */
    rule.priority = 0;
    assert_int_equal(dobos_rule_remove(s->host, &rule), 0);
    assert_int_equal(dobos_rule_remove(s->host, &rule), 0);
    assert_null(s->host->tables);
    s->fixture.countdown = UINT64_MAX;
    assert_int_equal(s->fixture.live, s->live);
}

static void table_without_routes_is_gone(void **state) {
    struct scene *s = *state;
    uint32_t table = 0;
    route_add(s, 0, 0, 0x0a000002, 7);
    route_add(s, 0, 0, 0x0a000002, 8);
    route_add(s, 0xc0000200, 24, 0x0a000002, 8);
    assert_int_equal(dobos_table_read(s->host, 2, &table), 0);
    assert_int_equal(table, 8);
    route_remove(s, 0, 0, 0x0a000002, 7);
    assert_int_equal(dobos_table_read(s->host, 1, &table), 0);
    assert_int_equal(table, 8);
    assert_int_equal(dobos_table_read(s->host, 2, &table), -DOBOS_ENOENT);
    /* With the address goes what its subnet's gateways lead to, in all tables. */
    struct dobos_address own = dobos_address_ipv4(0x0a000001);
    assert_int_equal(dobos_address_remove(s->host, 2, &own), 0);
    assert_null(s->host->tables);
}

static void routes_that_lead_nowhere_say_so_in_their_way(void **state) {
    struct scene *s = *state;
    static const struct {
        enum dobos_route_kind type;
        int error;
    } types[] = {{DOBOS_ROUTE_BLACKHOLE, -DOBOS_EINVAL},
                 {DOBOS_ROUTE_UNREACHABLE, -DOBOS_EHOSTUNREACH},
                 {DOBOS_ROUTE_PROHIBIT, -DOBOS_EACCES}};
    struct dobos_address to = dobos_address_ipv4(0xc6336401);
    route_add(s, 0, 0, 0x0a000002, 0);
    for (unsigned i = 0; i < 3; i++) {
        struct dobos_route route = route_of(0xc6336400, 24, 0);
        struct dobos_route_choice choice;
        struct dobos_packet *packet = frame_make(s, 5, 0);
        route.type = types[i].type;
        assert_int_equal(dobos_route_add(s->host, &route), 0);
        assert_int_equal(dobos_route_lookup(s->host, &to, NULL, &choice), types[i].error);
        assert_int_equal(choice.kind, types[i].type);
        assert_int_equal(choice.route.destination.length, 24);
        uint64_t *dropped = &s->host->counters.dropped_in[DROP_ROUTE_BLACKHOLE + i];
        uint64_t told = s->host->counters.icmp_out_unreachable, before = *dropped;
        (void)dobos_input(s->host, 4, &packet, 1, s->host->now);
        assert_int_equal(*dropped, before + 1);
        assert_int_equal(s->host->counters.icmp_out_unreachable - told, i > 0);
        assert_int_equal(dobos_route_remove(s->host, &route), 0);
    }
    struct dobos_route wrong = route_of(0xc6336400, 24, 0);
    wrong.type = DOBOS_ROUTE_LOCAL;
    assert_int_equal(dobos_route_add(s->host, &wrong), -DOBOS_EINVAL);
}

/* Adds routes, tables and rules, each allocation failing once: nothing is half there. */
static void failing_allocations_leave_nothing_behind(void **state) {
    struct scene *s = *state;
    for (uint64_t n = 0;; n++) {
        struct dobos_rule rule = {.table = 9};
        struct dobos_route route = route_of(0, 0, 0x0a000002);
        route.table = 9;
        s->fixture.countdown = n;
        int routed = dobos_route_add(s->host, &route);
        int ruled = routed == 0 ? dobos_rule_add(s->host, &rule) : -DOBOS_ENOMEM;
        s->fixture.countdown = UINT64_MAX;
        assert_true(routed == 0 || routed == -DOBOS_ENOMEM);
        assert_true(ruled == 0 || ruled == -DOBOS_ENOMEM);
        if (ruled == 0)
            assert_int_equal(dobos_rule_remove(s->host, &rule), 0);
        if (routed == 0)
            assert_int_equal(dobos_route_remove(s->host, &route), 0);
        assert_null(s->host->tables);
        assert_int_equal(s->fixture.live, s->live);
        if (ruled == 0)
            break;
    }
}

#define SCENE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        SCENE_TEST(equal_routes_share_flows_evenly_and_each_flow_keeps_its_way),
        SCENE_TEST(hop_that_comes_or_goes_moves_only_its_own_flows),
        SCENE_TEST(destination_on_a_subnet_is_sent_to_directly_any_other_by_a_gateway),
        SCENE_TEST(metric_type_and_origin_keep_routes_from_sharing),
        SCENE_TEST(own_flow_leaves_by_the_interface_of_its_source),
        SCENE_TEST(packets_of_a_flow_and_fragments_of_a_datagram_stay_together),
        SCENE_TEST(rules_choose_the_table_by_source_destination_and_interface),
        SCENE_TEST(rules_are_asked_by_priority_and_main_stands_among_them),
        SCENE_TEST(wrong_rules_are_refused_and_the_last_leaves_nothing),
        SCENE_TEST(table_without_routes_is_gone),
        SCENE_TEST(routes_that_lead_nowhere_say_so_in_their_way),
        SCENE_TEST(failing_allocations_leave_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
