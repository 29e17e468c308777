/* filter: which rule decides, told from one packet's addresses, ports, protocol and interfaces. */
#include "network/filter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <dobos/os.h>

#include "base/prefix.h"
#include "base/random.h"
#include "wire/ipv4.h"

#define INSIDE  UINT32_C(0xc0a80007)
#define OUTSIDE UINT32_C(0xcb007107)
#define LAN     2
#define WAN     3

static struct allocator allocator = {.limit_bytes = SIZE_MAX};

static struct filter *filter_of(const struct dobos_filter_rule *rules, uint32_t count) {
    struct filter *filter = NULL;
    uint32_t bad = 0;
    assert_int_equal(filter_create(&allocator, rules, count, &bad, &filter), 0);
    return filter;
}

static struct dobos_prefix prefix(uint32_t number, uint8_t length) {
    return (struct dobos_prefix){dobos_address_ipv4(number), length};
}

/* A TCP packet from inside to a web server outside. */
static struct filter_question question(void) {
    return (struct filter_question){.source = INSIDE,
                                    .destination = OUTSIDE,
                                    .in = LAN,
                                    .out = WAN,
                                    .source_port = 50000,
                                    .destination_port = 80,
                                    .protocol = PROTOCOL_TCP,
                                    .has_ports = true};
}

/* Whether a rule alone matches. */
static bool matches(const struct dobos_filter_rule *rule, const struct filter_question *asked) {
    struct filter *filter = filter_of(rule, 1);
    uint32_t decided = 0;
    (void)filter_decide(filter, asked, 1, &decided);
    filter_destroy(&allocator, filter);
    return decided == 1;
}

static void first_rule_that_matches_decides(void **state) {
    (void)state;
    const struct dobos_filter_rule rules[] = {
        {.action = DOBOS_FILTER_ALLOW, .to = {.port_first = 22, .port_last = 22}},
        {.action = DOBOS_FILTER_REJECT, .protocol = PROTOCOL_TCP},
        {.action = DOBOS_FILTER_DENY},
    };
    struct filter *filter = filter_of(rules, 3);
    struct filter_question asked = question();
    uint32_t rule = 9;
    assert_int_equal(filter_decide(filter, &asked, 40, &rule), DOBOS_FILTER_REJECT);
    assert_int_equal(rule, 2);
    asked.destination_port = 22;
    assert_int_equal(filter_decide(filter, &asked, 40, &rule), DOBOS_FILTER_ALLOW);
    assert_int_equal(rule, 1);
    asked.protocol = PROTOCOL_ICMP;
    asked.has_ports = false;
    assert_int_equal(filter_decide(filter, &asked, 40, &rule), DOBOS_FILTER_DENY);
    assert_int_equal(rule, 3);
    filter_destroy(&allocator, filter);
}

static void what_no_rule_matches_passes_and_is_counted(void **state) {
    (void)state;
    const struct dobos_filter_rule deny = {.protocol = PROTOCOL_UDP};
    struct filter *filter = filter_of(&deny, 1);
    struct filter_question asked = question();
    struct dobos_filter_info info;
    uint32_t rule = 9;
    assert_int_equal(filter_decide(filter, &asked, 1500, &rule), DOBOS_FILTER_ALLOW);
    assert_int_equal(filter_decide(filter, &asked, 40, &rule), DOBOS_FILTER_ALLOW);
    assert_int_equal(rule, 0);
    assert_int_equal(filter_read(filter, 0, &info), 0);
    assert_false(info.is_implicit);
    assert_int_equal(info.packets, 0);
    assert_int_equal(filter_read(filter, 1, &info), 0);
    assert_true(info.is_implicit);
    assert_int_equal(info.packets, 2);
    assert_int_equal(info.bytes, 1540);
    assert_int_equal(filter_read(filter, 2, &info), -DOBOS_ENOENT);
    assert_int_equal(filter_read(NULL, 0, &info), -DOBOS_ENOENT);
    filter_destroy(&allocator, filter);
}

static void each_word_of_a_rule_is_asked_for(void **state) {
    (void)state;
    const struct filter_question asked = question();
    const struct {
        struct dobos_filter_rule rule;
        bool is_match;
    } cases[] = {
        {{.from.prefix = prefix(0xc0a80000, 24)}, true},
        {{.from.prefix = prefix(0xc0a80100, 24)}, false},
        {{.from.prefix = prefix(INSIDE, 32)}, true},
        {{.from.prefix = prefix(INSIDE + 1, 32)}, false},
        {{.to.prefix = prefix(0xcb000000, 8)}, true},
        {{.to.prefix = prefix(0xca000000, 8)}, false},
        {{.from.interface = LAN}, true},
        {{.from.interface = WAN}, false},
        {{.to.interface = WAN}, true},
        {{.to.interface = LAN}, false},
        {{.protocol = PROTOCOL_TCP}, true},
        {{.protocol = PROTOCOL_UDP}, false},
        {{.to = {.port_first = 80, .port_last = 80}}, true},
        {{.to = {.port_first = 81, .port_last = 65535}}, false},
        {{.to = {.port_first = 1, .port_last = 79}}, false},
        {{.from = {.port_first = 49152, .port_last = 65535}}, true},
        {{.from = {.port_first = 80, .port_last = 80}}, false},
        {{.established = true}, false},
        {{.from.prefix = prefix(INSIDE, 32), .to.interface = LAN}, false},
    };
    for (size_t i = 0; i < array_length(cases); i++)
        assert_int_equal(matches(&cases[i].rule, &asked), cases[i].is_match);
    struct filter_question established = asked;
    established.is_established = true;
    assert_true(matches(&(struct dobos_filter_rule){.established = true}, &established));
}

static void ports_are_tcps_and_udps_only(void **state) {
    (void)state;
    struct dobos_filter_rule allow = {.action = DOBOS_FILTER_ALLOW,
                                      .to = {.port_first = 80, .port_last = 80}};
    struct dobos_filter_rule deny = allow;
    struct filter_question asked = question();
    deny.action = DOBOS_FILTER_DENY;
    asked.protocol = PROTOCOL_UDP;
    assert_true(matches(&allow, &asked));
    asked.has_ports = false;
    for (unsigned protocol = 0; protocol < 256; protocol++) {
        asked.protocol = (uint8_t)protocol;
        assert_false(matches(&allow, &asked));
        /* too short for its ports: it may be meant */
        assert_true(matches(&deny, &asked) ==
                    (protocol == PROTOCOL_TCP || protocol == PROTOCOL_UDP));
    }
}

/* The same by the rule's own words, without masks. */
static bool side_takes(const struct dobos_filter_side *side, uint32_t number, uint32_t interface,
                       uint16_t port, bool has_ports) {
    struct dobos_address address = dobos_address_ipv4(number);
    if (side->interface && side->interface != interface)
        return false;
    if (side->prefix.length && !prefix_contains(&side->prefix, &address))
        return false;
    return side->port_first == 0 ||
           (has_ports && port >= side->port_first && port <= side->port_last);
}

static struct dobos_filter_side random_side(struct random *random) {
    struct dobos_filter_side side = {0};
    side.prefix.length = (uint8_t)random_below(random, 4);
    side.prefix.address = dobos_address_ipv4((uint32_t)random_below(random, 8) << 29);
    side.prefix.address = prefix_network(&side.prefix);
    side.interface = (uint32_t)random_below(random, 3);
    if (random_below(random, 2)) {
        side.port_first = (uint16_t)(1 + random_below(random, 4));
        side.port_last = (uint16_t)(side.port_first + random_below(random, 3));
    }
    return side;
}

static void decisions_equal_those_of_the_plain_words(void **state) {
    (void)state;
    struct random random = random_make(7);
    static const uint8_t protocols[] = {0, PROTOCOL_TCP, PROTOCOL_UDP};
    for (unsigned turn = 0; turn < 2000; turn++) {
        struct dobos_filter_rule rules[6] = {0};
        uint32_t expected = 0, decided = 0;
        struct dobos_filter_info info;
        for (unsigned i = 0; i < 6; i++) {
            rules[i].action = (enum dobos_filter_action)random_below(&random, 3);
            rules[i].established = random_below(&random, 4) == 0;
            rules[i].protocol = protocols[random_below(&random, 3)];
            rules[i].from = random_side(&random);
            rules[i].to = random_side(&random);
        }
        struct filter_question asked = {
            .source = (uint32_t)random_below(&random, 8) << 29,
            .destination = (uint32_t)random_below(&random, 8) << 29,
            .in = 1 + (uint32_t)random_below(&random, 2),
            .out = 1 + (uint32_t)random_below(&random, 2),
            .source_port = (uint16_t)(1 + random_below(&random, 6)),
            .destination_port = (uint16_t)(1 + random_below(&random, 6)),
            .protocol = protocols[1 + random_below(&random, 2)],
            .has_ports = true,
            .is_established = random_below(&random, 2) == 0,
        };
        for (uint32_t i = 6; i-- > 0;) {
            const struct dobos_filter_rule *rule = &rules[i];
            if (side_takes(&rule->from, asked.source, asked.in, asked.source_port, true) &&
                side_takes(&rule->to, asked.destination, asked.out, asked.destination_port, true) &&
                (!rule->protocol || rule->protocol == asked.protocol) &&
                (!rule->established || asked.is_established))
                expected = i + 1;
        }
        struct filter *filter = filter_of(rules, 6);
        enum dobos_filter_action action = filter_decide(filter, &asked, 1, &decided);
        assert_int_equal(decided, expected);
        assert_int_equal(action, expected ? rules[expected - 1].action : DOBOS_FILTER_ALLOW);
        for (uint32_t i = 0; i < 6; i++) {
            assert_int_equal(filter_read(filter, i, &info), 0);
            assert_int_equal(info.rule.action, rules[i].action);
            assert_int_equal(info.rule.established, rules[i].established);
            assert_int_equal(info.rule.protocol, rules[i].protocol);
            assert_int_equal(info.rule.from.prefix.length, rules[i].from.prefix.length);
            assert_int_equal(info.rule.from.interface, rules[i].from.interface);
            assert_int_equal(info.rule.from.port_first, rules[i].from.port_first);
            assert_int_equal(info.rule.from.port_last, rules[i].from.port_last);
            assert_int_equal(info.rule.to.interface, rules[i].to.interface);
            assert_int_equal(info.rule.to.port_last, rules[i].to.port_last);
            assert_true(
                rules[i].to.prefix.length == 0 ||
                dobos_address_is_equal(&info.rule.to.prefix.address, &rules[i].to.prefix.address));
        }
        filter_destroy(&allocator, filter);
    }
}

static void wrong_rules_are_refused_by_number(void **state) {
    (void)state;
    const struct dobos_filter_rule wrong[] = {
        {.action = (enum dobos_filter_action)3},
        {.protocol = 3},
        {.protocol = PROTOCOL_IGMP, .to = {.port_first = 1, .port_last = 1}},
        {.from.prefix = prefix(0xc0a80001, 24)},
        {.to.prefix = {{{0x20, 1}}, 24}},
        {.to.prefix = prefix(0, 33)},
        {.to = {.port_first = 80, .port_last = 79}},
        {.to = {.port_first = 0, .port_last = 79}},
        {.protocol = PROTOCOL_ICMP, .from = {.port_first = 1, .port_last = 1}},
    };
    for (size_t i = 0; i < array_length(wrong); i++) {
        struct dobos_filter_rule rules[2] = {{.action = DOBOS_FILTER_ALLOW}, wrong[i]};
        struct filter *filter = NULL;
        uint32_t bad = 9;
        assert_int_equal(filter_create(&allocator, rules, 2, &bad, &filter), -DOBOS_EINVAL);
        assert_int_equal(bad, 1);
    }
    static struct dobos_filter_rule many[DOBOS_FILTER_RULES + 1];
    struct filter *filter = NULL;
    uint32_t bad = 0;
    assert_int_equal(filter_create(&allocator, many, DOBOS_FILTER_RULES + 1, &bad, &filter),
                     -DOBOS_EINVAL);
    assert_int_equal(bad, DOBOS_FILTER_RULES);
    assert_int_equal(filter_create(&allocator, many, DOBOS_FILTER_RULES, &bad, &filter), 0);
    filter_destroy(&allocator, filter);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_rule_that_matches_decides),
        cmocka_unit_test(what_no_rule_matches_passes_and_is_counted),
        cmocka_unit_test(each_word_of_a_rule_is_asked_for),
        cmocka_unit_test(ports_are_tcps_and_udps_only),
        cmocka_unit_test(decisions_equal_those_of_the_plain_words),
        cmocka_unit_test(wrong_rules_are_refused_by_number),
    };
    allocator.hook = *dobos_os_allocator();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
