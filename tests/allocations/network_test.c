/* Scenarios of the link and of layer 3, and of making hosts, whose every allocation fails once
 * (stage.h). */
#include "stage.h"

#include <dobos/filter.h>
#include <dobos/nat.h>
#include <dobos/rules.h>

#include "wire/ethernet.h"
#include "wire/ipv4.h"

static void hosts_are_made(struct stage *s) {
    static const char *const domains[] = {"example.org", "example.net", "sub.example.org"};
    struct dobos_poller *poller = NULL;
    if (!stage_build(s))
        return;
    for (uint32_t i = 0; i < 3; i++) {
        struct dobos_nameserver server = {.address = dobos_address_ipv4(STAGE_B + i)};
        (void)stage_can(s, dobos_nameserver_add(s->a, &server));
        struct dobos_search search = {.domain = domains[i]};
        (void)stage_can(s, dobos_search_add(s->a, &search));
    }
    if (stage_can(s, dobos_poller_create(s->a, &poller)))
        dobos_poller_destroy(poller);
}

static void addresses_and_routes(struct stage *s) {
    for (uint32_t i = 0; i < 40; i++) {
        struct dobos_interface_address address = {
            .prefix = {dobos_address_ipv4(0x0a010001 + (i << 12)), (uint8_t)(20 + i % 10)},
            .valid_until = i % 2 ? DOBOS_NEVER : s->now + i * DOBOS_SECOND + 1,
            .preferred_until = s->now,
            .origin = DOBOS_ORIGIN_STATIC};
        struct dobos_route route = {
            .destination = {dobos_address_ipv4(0xac100000 + (i << 10)), (uint8_t)(22 + i % 4)},
            .gateway = dobos_address_ipv4(STAGE_NEAR)};
        if (i % 2)
            address.preferred_until = DOBOS_NEVER;
        (void)stage_can(s, dobos_address_add(s->a, 2, &address));
        (void)stage_can(s, dobos_route_add(s->a, &route));
        if (i % 3 == 0)
            (void)stage_can_or(s, dobos_route_remove(s->a, &route), -DOBOS_ENOENT);
        if (i % 4 == 1)
            (void)stage_can_or(s, dobos_address_remove(s->a, 2, &address.prefix.address),
                               -DOBOS_EADDRNOTAVAIL);
    }
    stage_run(s, 60 * DOBOS_SECOND); /* some end by themselves */
}

/* Routes enough for a direct table, several to a prefix, other tables, and rules. */
static void many_routes_tables_and_rules(struct stage *s) {
    for (uint32_t i = 0; i < 1500; i++) {
        struct dobos_route route = {
            .destination = {dobos_address_ipv4(0x2c000000 + (i << 9)), (uint8_t)(i % 3 ? 24 : 32)},
            .gateway = dobos_address_ipv4(STAGE_NEAR),
            .source = dobos_address_ipv4(0),
            .origin = DOBOS_ORIGIN_STATIC};
        struct dobos_rule rule = {.priority = 1 + i, .interface = 2, .table = 5 + i % 4};
        (void)stage_can(s, dobos_route_add(s->a, &route));
        if (i % 100 > 0)
            continue;
        route.table = rule.table;
        (void)stage_can(s, dobos_route_add(s->a, &route));
        (void)stage_can(s, dobos_rule_add(s->a, &rule));
        route.metric = 1;
        (void)stage_can(s, dobos_route_add(s->a, &route));
        if (i % 300 == 0) {
            (void)stage_can_or(s, dobos_rule_remove(s->a, &rule), -DOBOS_ENOENT);
            (void)stage_can_or(s, dobos_route_remove(s->a, &route), -DOBOS_ENOENT);
        }
    }
    struct dobos_route each;
    for (uint32_t i = 0; i < 1200 && dobos_route_read(s->a, 1, &each) == 0; i++)
        (void)stage_can(s, dobos_route_remove(s->a, &each));
}

static void more_interfaces(struct stage *s) {
    for (uint32_t i = 0; i < 20; i++) {
        struct dobos_interface_config config = {
            .size = sizeof(config),
            .name = {'x', (char)('a' + i)},
            .mac = {{2, 9, 9, 9, 9, (uint8_t)i}},
        };
        (void)stage_can(s, dobos_interface_add(s->a, &config));
    }
}

/* Datagrams that b's link, the router's, or the cable's MTU makes fragments of. */
static void fragments(struct stage *s) {
    static uint8_t bytes[30000];
    struct dobos_socket *from = stage_udp(s, s->a, 0), *to = stage_udp(s, s->b, 53);
    struct dobos_message message = {.peer = stage_endpoint(STAGE_B, 53)};
    for (unsigned i = 0; i < 4 && from && to; i++) {
        static const size_t lengths[] = {1000, 4000, 12000, 25000};
        (void)stage_can(s, dobos_send_message(from, bytes, lengths[i], &message));
        stage_run(s, DOBOS_SECOND);
        int64_t got = dobos_receive(to, bytes, sizeof(bytes));
        stage_expect(s, got == (int64_t)lengths[i]);
        (void)stage_can_or(s, got, -DOBOS_EAGAIN);
    }
    s->lose = 3; /* and some that are never whole */
    message.peer.address = dobos_address_ipv4(STAGE_A);
    if (to)
        (void)stage_can(s, dobos_send_message(to, bytes, 5000, &message));
    stage_run(s, 40 * DOBOS_SECOND);
    dobos_close(from);
    dobos_close(to);
}

/* A path narrower than its first link is learned, told and forgotten. */
static void path_mtus(struct stage *s) {
    static const uint8_t bytes[1400];
    struct dobos_endpoint peer = stage_endpoint(STAGE_B, 9);
    struct dobos_icmp_report report;
    struct dobos_socket *udp = stage_udp(s, s->a, 0);
    int64_t mtu = 0;
    if (!udp || !stage_can(s, dobos_connect(udp, &peer)))
        return;
    assert_int_equal(dobos_option_set(udp, DOBOS_OPTION_DONT_FRAGMENT, 1), 0);
    for (unsigned i = 0; i < 2; i++) {
        (void)stage_can_or(s, dobos_send(udp, bytes, sizeof(bytes)), -DOBOS_EMSGSIZE);
        stage_run(s, DOBOS_SECOND);
        (void)stage_can_or(s, dobos_receive_icmp(udp, &report), -DOBOS_EAGAIN);
        assert_int_equal(dobos_option_read(udp, DOBOS_OPTION_PATH_MTU, &mtu), 0);
        stage_expect(s, mtu == 600);
        (void)dobos_socket_error(udp);
    }
    stage_run(s, 601 * DOBOS_SECOND);
    assert_int_equal(dobos_option_read(udp, DOBOS_OPTION_PATH_MTU, &mtu), 0);
    assert_int_equal(mtu, 1500);
    dobos_close(udp);
}

/* Fragments that overlap, are late, or too many. */
static void bad_fragments(struct stage *s) {
    uint8_t frame[200] = {0};
    for (unsigned i = 0; i < 60; i++) {
        struct writer out = writer_make(frame, sizeof(frame));
        struct ipv4 ip = {.source = dobos_address_ipv4(STAGE_B),
                          .destination = dobos_address_ipv4(STAGE_A),
                          .total_length = 20 + 32,
                          .identification = (uint16_t)(i % 7),
                          .fragment_offset = (uint16_t)(i * 16 % 240),
                          .more_fragments = i % 9 != 8,
                          .ttl = 64,
                          .protocol = PROTOCOL_UDP};
        ethernet_emit(&out, &(struct ethernet){.destination = {{2, 0, 0, 0, 1, 2}},
                                               .source = {{2, 0, 0, 0, 1, 1}},
                                               .type = ETHER_TYPE_IPV4});
        ipv4_emit(&out, &ip);
        stage_inject(s, s->a, 2, frame, out.position + 32);
        if (i % 20 == 19)
            stage_run(s, 31 * DOBOS_SECOND);
    }
}

/* Neighbours that do not answer: packets wait, and are told of. */
static void dead_neighbours(struct stage *s) {
    uint8_t bytes[400] = {0};
    struct dobos_icmp_report report;
    struct dobos_socket *near = stage_udp(s, s->b, 0), *far = stage_udp(s, s->a, 0);
    for (uint32_t i = 0; i < 40; i++) {
        struct dobos_message message = {.peer = stage_endpoint(STAGE_DEAD + i % 20, 9)};
        if (near)
            (void)stage_can_or(s, dobos_send_message(near, bytes, sizeof(bytes), &message),
                               -DOBOS_EHOSTUNREACH);
        if (far) /* the router asks for him, and tells a */
            (void)stage_can_or(s, dobos_send_message(far, bytes, sizeof(bytes), &message),
                               -DOBOS_EHOSTUNREACH);
        stage_settle(s);
    }
    stage_run(s, 5 * DOBOS_SECOND);
    if (far)
        (void)stage_can_or(s, dobos_receive_icmp(far, &report), -DOBOS_EAGAIN);
    dobos_close(near);
    dobos_close(far);
    stage_run(s, 40 * DOBOS_SECOND);
}

/* Echoes of every size, and datagrams whose errors come back. */
static void echoes_and_errors(struct stage *s) {
    static uint8_t bytes[4000];
    struct dobos_socket *ping = NULL, *udp = stage_udp(s, s->a, 0);
    struct dobos_endpoint to = stage_endpoint(STAGE_B, 0);
    struct dobos_icmp_report report;
    if (stage_can(s, dobos_socket_create(s->a, DOBOS_ICMP, NULL, &ping)))
        (void)stage_can(s, dobos_connect(ping, &to));
    for (unsigned i = 0; i < 20; i++) {
        struct dobos_message message = {.peer = stage_endpoint(STAGE_B, 1), .ttl = i % 3 ? 0 : 1};
        if (ping)
            (void)stage_can_or(s, dobos_send(ping, bytes, 2 + i * 200), -DOBOS_ENOTCONN);
        if (udp)
            (void)stage_can_or(s, dobos_send_message(udp, bytes, i * 60, &message),
                               -DOBOS_ECONNREFUSED);
        stage_run(s, DOBOS_SECOND / 2);
        if (ping)
            (void)stage_can_or(s, dobos_receive(ping, bytes, sizeof(bytes)), -DOBOS_EAGAIN);
        if (udp)
            (void)stage_can_or(s, dobos_receive_icmp(udp, &report), -DOBOS_EAGAIN);
    }
    dobos_close(ping);
    dobos_close(udp);
}

/* A router that filters, and tells whom it rejects; and its filter is exchanged. */
static void filters(struct stage *s) {
    struct dobos_filter_rule rules[] = {
        {.action = DOBOS_FILTER_ALLOW, .established = true},
        {.action = DOBOS_FILTER_REJECT,
         .protocol = DOBOS_UDP,
         .to = {.port_first = 7, .port_last = 7}},
        {.action = DOBOS_FILTER_DENY, .protocol = DOBOS_ICMP},
    };
    uint8_t bytes[200] = {0};
    struct dobos_socket *udp = stage_udp(s, s->a, 0);
    for (uint16_t i = 0; i < 12; i++) {
        struct dobos_message message = {.peer = stage_endpoint(STAGE_B, 5 + i % 4)};
        if (i % 4 == 0)
            (void)stage_can(s, dobos_filter_set(s->r, rules, 1 + i / 4, NULL));
        if (udp)
            (void)stage_can_or(s, dobos_send_message(udp, bytes, sizeof(bytes), &message),
                               -DOBOS_ECONNREFUSED);
        stage_run(s, DOBOS_SECOND);
        (void)(udp ? dobos_socket_error(udp) : 0);
    }
    dobos_close(udp); /* the filter ends with its host */
}

/* A router that translates: a is inside, b is the world; and its NAT is exchanged. */
static void translates(struct stage *s) {
    const uint32_t outside = 3;
    const struct dobos_nat_forward forward = {
        .protocol = DOBOS_UDP, .port = 99, .to = stage_endpoint(STAGE_A, 9)};
    const struct dobos_nat_config config = {.size = sizeof(config),
                                            .interfaces = &outside,
                                            .interface_count = 1,
                                            .forwards = &forward,
                                            .forward_count = 1};
    static uint8_t bytes[2000];
    if (!stage_can(s, dobos_nat_set(s->r, &config)))
        return;
    struct dobos_socket *listener = stage_listener(s, s->b, 80, 4);
    struct dobos_socket *tcp = stage_connect(s, s->a, STAGE_B, 80);
    struct dobos_socket *udp = stage_udp(s, s->a, 0);
    for (uint16_t i = 0; i < 6; i++) {
        struct dobos_message message = {.peer = stage_endpoint(STAGE_B, (uint16_t)(5 + i))};
        if (udp)
            (void)stage_can_or(s, dobos_send_message(udp, bytes, 100 + i * 300U, &message),
                               -DOBOS_ECONNREFUSED);
        stage_run(s, DOBOS_SECOND);
        (void)(udp ? dobos_socket_error(udp) : 0);
        if (i == 3)
            (void)stage_can(s, dobos_nat_set(s->r, &config));
    }
    dobos_close(udp);
    dobos_close(tcp);
    dobos_close(listener);
    stage_run(s, DOBOS_SECOND);
    (void)dobos_nat_set(s->r, NULL);
}

#define SCENARIO(name)                                            \
    static void name##_survives_each_failure_once(void **state) { \
        (void)state;                                              \
        stage_try(name);                                          \
    }
SCENARIO(addresses_and_routes)
SCENARIO(many_routes_tables_and_rules)
SCENARIO(more_interfaces)
SCENARIO(fragments)
SCENARIO(path_mtus)
SCENARIO(bad_fragments)
SCENARIO(dead_neighbours)
SCENARIO(echoes_and_errors)
SCENARIO(filters)
SCENARIO(translates)

static void hosts_are_made_survives_each_failure_once(void **state) {
    (void)state;
    stage_try_bare(hosts_are_made);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hosts_are_made_survives_each_failure_once),
        cmocka_unit_test(addresses_and_routes_survives_each_failure_once),
        cmocka_unit_test(many_routes_tables_and_rules_survives_each_failure_once),
        cmocka_unit_test(more_interfaces_survives_each_failure_once),
        cmocka_unit_test(fragments_survives_each_failure_once),
        cmocka_unit_test(path_mtus_survives_each_failure_once),
        cmocka_unit_test(bad_fragments_survives_each_failure_once),
        cmocka_unit_test(dead_neighbours_survives_each_failure_once),
        cmocka_unit_test(echoes_and_errors_survives_each_failure_once),
        cmocka_unit_test(filters_survives_each_failure_once),
        cmocka_unit_test(translates_survives_each_failure_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
