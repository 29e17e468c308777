/* igmp: an interface's groups beside a querier of each version, in virtual time. What is sent is
 * written down as text: "to: type{group sources}". */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <dobos/errors.h>

#include "network/igmp.h"

#include "../base/failing_allocator.h"

#define GROUP  UINT32_C(0xef010203) /* 239.1.2.3 */
#define SOURCE UINT32_C(0xc0000200) /* 192.0.2.0 */
#define LOGS   64

struct scene {
    struct failing_allocator memory;
    struct dobos_allocator hook;
    struct dobos_pool *pool;
    struct allocator *allocator;
    struct timing_wheel wheel;
    struct hash_key key;
    struct igmp igmp;
    dobos_time now;
    char said[LOGS][8192]; /* what was sent */
    dobos_time at[LOGS];   /* and when */
    unsigned count;        /* of them */
};

static int setup(void **state) {
    struct scene *s = calloc(1, sizeof *s);
    s->hook = failing_allocator_hook(&s->memory);
    struct dobos_pool_config pool = {.size = sizeof pool, .allocator = &s->hook};
    assert_int_equal(dobos_pool_create(&pool, &s->pool), 0);
    s->allocator = pool_allocator(s->pool);
    s->key.word[0] = 42;
    assert_true(timing_wheel_init(&s->wheel, s->allocator, 0));
    igmp_init(&s->igmp, s->allocator, &s->wheel, &s->key, 2);
    *state = s;
    return 0;
}

static int teardown(void **state) {
    struct scene *s = *state;
    igmp_fini(&s->igmp);
    timing_wheel_fini(&s->wheel, s->allocator);
    dobos_pool_destroy(s->pool);
    assert_int_equal(s->memory.live, 0);
    free(s);
    return 0;
}

static void record_print(char *to, size_t room, const struct igmp_record *record) {
    static const char *const names[] = {"?", "is-in", "is-ex", "to-in", "to-ex", "allow", "block"};
    char text[DOBOS_ADDRESS_TEXT];
    size_t at = strlen(to);
    dobos_address_format(&record->group, text);
    at += (size_t)snprintf(to + at, room - at, " %s{%s", names[record->type % 7], text);
    for (size_t i = 0; i < record->sources.length / 4; i++) {
        struct dobos_address source = igmp_source(record->sources, i);
        at += (size_t)snprintf(to + at, room - at, " %u",
                               dobos_address_ipv4_number(&source) - SOURCE);
    }
    snprintf(to + at, room - at, "}");
}

static void said_add(struct scene *s, const struct dobos_packet *packet,
                     const struct dobos_address *to) {
    uint8_t bytes[2000];
    struct igmp_message message;
    struct igmp_record record;
    char text[DOBOS_ADDRESS_TEXT];
    size_t length = dobos_packet_read(packet, 0, bytes, sizeof bytes);
    assert_true(s->count < LOGS);
    assert_true(igmp_parse((struct slice){bytes, length}, &message));
    char *said = s->said[s->count];
    s->at[s->count++] = s->now;
    dobos_address_format(to, text);
    snprintf(said, sizeof s->said[0], "%s:", text);
    if (message.type != IGMP_V3_REPORT) {
        dobos_address_format(&message.group, text);
        snprintf(said + strlen(said), 64, " %02x{%s}", message.type, text);
        return;
    }
    struct reader r = reader_make(message.records.bytes, message.records.length);
    while (igmp_record_parse(&r, &record))
        record_print(said, sizeof s->said[0], &record);
}

static void transmit(struct scene *s) {
    struct dobos_address to;
    struct dobos_packet *packet;
    while ((packet = igmp_transmit(&s->igmp, s->pool, 1500, s->now, &to))) {
        said_add(s, packet, &to);
        dobos_packet_release(packet);
    }
}

static void run(struct scene *s, dobos_time duration) {
    dobos_time until = s->now + duration;
    struct timer *timer;
    transmit(s);
    while (timing_wheel_next(&s->wheel) <= until) {
        s->now = max_i64(s->now, timing_wheel_next(&s->wheel));
        timer = timing_wheel_take(&s->wheel, s->now);
        assert_ptr_equal(timer, &s->igmp.timer);
        transmit(s);
    }
    s->now = until;
}

/* What was said since the last time, in this order and no more. */
static void expect(struct scene *s, unsigned count, const char *const *said) {
    for (unsigned i = 0; i < count && i < s->count; i++)
        assert_string_equal(s->said[i], said[i]);
    assert_int_equal(s->count, count);
    s->count = 0;
}
#define EXPECT(s, ...)                                             \
    do {                                                           \
        const char *const expected[] = {__VA_ARGS__};              \
        expect(s, sizeof expected / sizeof expected[0], expected); \
    } while (0)

static int filter(struct scene *s, uint32_t group, bool exclude, uint32_t count,
                  const uint32_t *sources) {
    struct igmp_filter filter = {.exclude = exclude, .count = count};
    struct dobos_address address = dobos_address_ipv4(group);
    for (uint32_t i = 0; i < count; i++)
        filter.sources[i] = SOURCE + sources[i];
    return igmp_filter_set(&s->igmp, &address, &filter, s->now);
}
static void join(struct scene *s, uint32_t group) {
    assert_int_equal(filter(s, group, true, 0, NULL), 0);
}
static void leave(struct scene *s, uint32_t group) {
    assert_int_equal(filter(s, group, false, 0, NULL), 0);
}
#define ONLY(s, ...)                                                                               \
    do {                                                                                           \
        const uint32_t numbers[] = {__VA_ARGS__};                                                  \
        assert_int_equal(filter(s, GROUP, false, sizeof numbers / sizeof numbers[0], numbers), 0); \
    } while (0)

static bool is_member(const struct scene *s, uint32_t group) {
    struct dobos_address address = dobos_address_ipv4(group);
    return igmp_is_member(&s->igmp, &address);
}

/* A query that is due within some tenths of a second. */
static bool query(struct scene *s, unsigned version, uint32_t group, uint8_t tenths, uint32_t count,
                  const uint32_t *sources) {
    uint8_t bytes[256];
    for (uint32_t i = 0; i < count; i++)
        store_be32(bytes + i * (size_t)4, SOURCE + sources[i]);
    struct igmp_message message = {.type = IGMP_QUERY,
                                   .version = (uint8_t)version,
                                   .response_code = tenths,
                                   .group = dobos_address_ipv4(group),
                                   .sources = {bytes, count * (size_t)4}};
    struct dobos_address to = dobos_address_ipv4(group ? group : GROUP_ALL_HOSTS);
    enum drop_reason reason = DROP_NONE;
    return igmp_receive(&s->igmp, &message, &to, version > 1, s->now, &reason) == VERDICT_DELIVER;
}

static bool report(struct scene *s, uint8_t type, uint32_t group) {
    struct igmp_message message = {.type = type, .group = dobos_address_ipv4(group)};
    enum drop_reason reason = DROP_NONE;
    bool used =
        igmp_receive(&s->igmp, &message, &message.group, true, s->now, &reason) == VERDICT_DELIVER;
    assert_int_equal(reason, used ? DROP_NONE : DROP_IGMP_IGNORED);
    return used;
}

/* [rfc3376#7] [rfc3376#8] [rfc3376#9] */
static void group_joined_and_left_is_told_twice(void **state) {
    struct scene *s = *state;
    join(s, GROUP);
    run(s, 0);
    EXPECT(s, "224.0.0.22: to-ex{239.1.2.3}");
    run(s, 60 * DOBOS_SECOND);
    assert_in_range(s->at[0], 1, DOBOS_SECOND);
    EXPECT(s, "224.0.0.22: to-ex{239.1.2.3}");
    assert_true(is_member(s, GROUP));
    leave(s, GROUP);
    assert_false(is_member(s, GROUP));
    run(s, 60 * DOBOS_SECOND);
    EXPECT(s, "224.0.0.22: to-in{239.1.2.3}", "224.0.0.22: to-in{239.1.2.3}");
    assert_int_equal(s->igmp.count, 0);
    assert_int_equal(timing_wheel_next(&s->wheel), DOBOS_NEVER);
}

/* [rfc3376#5] */
static void all_hosts_is_always_joined_and_never_told(void **state) {
    struct scene *s = *state;
    assert_true(is_member(s, GROUP_ALL_HOSTS));
    join(s, GROUP_ALL_HOSTS);
    assert_true(query(s, 3, 0, 10, 0, NULL));
    run(s, 60 * DOBOS_SECOND);
    assert_int_equal(s->count, 0);
    leave(s, GROUP_ALL_HOSTS);
    assert_true(is_member(s, GROUP_ALL_HOSTS));
}

/* [rfc3376#9] */
static void sources_changed_are_told_alone(void **state) {
    struct scene *s = *state;
    ONLY(s, 1, 2);
    run(s, 10 * DOBOS_SECOND);
    EXPECT(s, "224.0.0.22: allow{239.1.2.3 1 2}", "224.0.0.22: allow{239.1.2.3 1 2}");
    ONLY(s, 2, 3);
    run(s, 10 * DOBOS_SECOND);
    EXPECT(s, "224.0.0.22: allow{239.1.2.3 3} block{239.1.2.3 1}",
           "224.0.0.22: allow{239.1.2.3 3} block{239.1.2.3 1}");
    assert_int_equal(filter(s, GROUP, true, 1, (const uint32_t[]){3}), 0);
    run(s, 10 * DOBOS_SECOND);
    EXPECT(s, "224.0.0.22: to-ex{239.1.2.3 3}", "224.0.0.22: to-ex{239.1.2.3 3}");
    assert_int_equal(filter(s, GROUP, true, 1, (const uint32_t[]){4}), 0);
    run(s, 10 * DOBOS_SECOND);
    EXPECT(s, "224.0.0.22: allow{239.1.2.3 3} block{239.1.2.3 4}",
           "224.0.0.22: allow{239.1.2.3 3} block{239.1.2.3 4}");
    ONLY(s, 5);
    ONLY(s, 5);
    run(s, 10 * DOBOS_SECOND);
    EXPECT(s, "224.0.0.22: to-in{239.1.2.3 5}", "224.0.0.22: to-in{239.1.2.3 5}");
    leave(s, GROUP);
    run(s, 10 * DOBOS_SECOND);
    EXPECT(s, "224.0.0.22: block{239.1.2.3 5}", "224.0.0.22: block{239.1.2.3 5}");
    assert_int_equal(s->igmp.count, 0);
}

/* A second change before the first was told twice: both are in what follows. */
static void changes_that_follow_each_other_merge(void **state) {
    struct scene *s = *state;
    ONLY(s, 1);
    run(s, 0);
    EXPECT(s, "224.0.0.22: allow{239.1.2.3 1}");
    ONLY(s, 1, 2);
    run(s, 10 * DOBOS_SECOND);
    EXPECT(s, "224.0.0.22: allow{239.1.2.3 1 2}", "224.0.0.22: allow{239.1.2.3 2}");
    join(s, GROUP);
    leave(s, GROUP);
    run(s, 10 * DOBOS_SECOND);
    EXPECT(s, "224.0.0.22: to-in{239.1.2.3}", "224.0.0.22: to-in{239.1.2.3}");
}

/* [rfc3376#6] [rfc3376#10] [rfc3376#11] */
static void general_query_is_answered_once_for_all(void **state) {
    struct scene *s = *state;
    join(s, GROUP);
    ONLY(s, 7);
    join(s, GROUP + 1);
    run(s, 10 * DOBOS_SECOND);
    s->count = 0;
    assert_true(query(s, 3, 0, 50, 0, NULL));
    dobos_time asked = s->now;
    run(s, 60 * DOBOS_SECOND);
    assert_in_range(s->at[0], asked, asked + 5 * DOBOS_SECOND);
    EXPECT(s, "224.0.0.22: is-in{239.1.2.3 7} is-ex{239.1.2.4}");
}

/* [rfc3376#10] [rfc3376#12] */
static void query_for_sources_is_answered_with_those_wanted(void **state) {
    struct scene *s = *state;
    ONLY(s, 1, 2, 3);
    run(s, 10 * DOBOS_SECOND);
    s->count = 0;
    assert_true(query(s, 3, GROUP, 10, 3, (const uint32_t[]){2, 3, 4}));
    assert_true(query(s, 3, GROUP, 10, 1, (const uint32_t[]){1}));
    run(s, 10 * DOBOS_SECOND);
    EXPECT(s, "224.0.0.22: is-in{239.1.2.3 1 2 3}");
    assert_true(query(s, 3, GROUP, 10, 1, (const uint32_t[]){9}));
    run(s, 10 * DOBOS_SECOND);
    assert_int_equal(s->count, 0);
    assert_int_equal(filter(s, GROUP, true, 1, (const uint32_t[]){2}), 0);
    run(s, 10 * DOBOS_SECOND);
    s->count = 0;
    assert_true(query(s, 3, GROUP, 10, 2, (const uint32_t[]){2, 9}));
    run(s, 10 * DOBOS_SECOND);
    EXPECT(s, "224.0.0.22: is-in{239.1.2.3 9}");
    assert_true(query(s, 3, GROUP, 10, 2, (const uint32_t[]){2, 9}));
    assert_true(query(s, 3, GROUP, 10, 0, NULL));
    run(s, 10 * DOBOS_SECOND);
    EXPECT(s, "224.0.0.22: is-ex{239.1.2.3 2}");
    assert_true(query(s, 3, GROUP + 1, 10, 0, NULL));
    run(s, 10 * DOBOS_SECOND);
    assert_int_equal(s->count, 0);
}

/* [rfc3376#13] [rfc3376#14] [rfc3376#20] */
static void query_that_cannot_be_is_ignored(void **state) {
    struct scene *s = *state;
    struct dobos_address hosts = dobos_address_ipv4(GROUP_ALL_HOSTS);
    struct dobos_address other = dobos_address_ipv4(GROUP);
    enum drop_reason reason = DROP_NONE;
    struct igmp_message message = {.type = IGMP_QUERY, .version = 3, .response_code = 10};
    join(s, GROUP);
    run(s, 10 * DOBOS_SECOND);
    s->count = 0;
    message.group = dobos_address_ipv4(0);
    assert_int_equal(igmp_receive(&s->igmp, &message, &hosts, false, s->now, &reason),
                     VERDICT_DROP);
    assert_int_equal(reason, DROP_IGMP_IGNORED);
    assert_int_equal(igmp_receive(&s->igmp, &message, &other, true, s->now, &reason), VERDICT_DROP);
    message.group = dobos_address_ipv4(SOURCE);
    assert_int_equal(igmp_receive(&s->igmp, &message, &hosts, true, s->now, &reason), VERDICT_DROP);
    assert_false(report(s, IGMP_V2_LEAVE, GROUP));
    assert_false(report(s, IGMP_V3_REPORT, 0));
    assert_false(report(s, 0x13, GROUP));
    run(s, 60 * DOBOS_SECOND);
    assert_int_equal(s->count, 0);
    assert_int_equal(s->igmp.queries_in, 0);
}

/* [rfc3376#15] [rfc3376#16] [rfc3376#17] [rfc3376#19] */
static void querier_of_version_two_is_answered_in_version_two(void **state) {
    struct scene *s = *state;
    join(s, GROUP);
    join(s, GROUP + 1);
    run(s, 0);
    s->count = 0;
    assert_true(query(s, 2, 0, 20, 0, NULL)); /* the second report of both is cancelled */
    dobos_time asked = s->now;
    assert_true(report(s, IGMP_V2_REPORT, GROUP + 1)); /* another has said so */
    run(s, 20 * DOBOS_SECOND);
    assert_in_range(s->at[0], asked, asked + 2 * DOBOS_SECOND);
    EXPECT(s, "239.1.2.3: 16{239.1.2.3}");
    ONLY(s, 1); /* a filter cannot be told */
    leave(s, GROUP + 1);
    run(s, 20 * DOBOS_SECOND);
    assert_int_equal(s->count, 0);
    leave(s, GROUP);
    run(s, 20 * DOBOS_SECOND);
    EXPECT(s, "224.0.0.2: 17{239.1.2.3}");
    join(s, GROUP);
    run(s, 60 * DOBOS_SECOND);
    assert_in_range(s->at[1] - s->at[0], 1, 10 * DOBOS_SECOND);
    EXPECT(s, "239.1.2.3: 16{239.1.2.3}", "239.1.2.3: 16{239.1.2.3}");
    run(s, 250 * DOBOS_SECOND); /* the querier of version 2 has gone */
    leave(s, GROUP);
    run(s, 20 * DOBOS_SECOND);
    EXPECT(s, "224.0.0.22: to-in{239.1.2.3}", "224.0.0.22: to-in{239.1.2.3}");
}

/* [rfc3376#17] [rfc3376#19] who was not the last to say so leaves without a word */
static void member_that_heard_another_report_leaves_silently(void **state) {
    struct scene *s = *state;
    assert_true(query(s, 2, 0, 10, 0, NULL));
    join(s, GROUP);
    run(s, 60 * DOBOS_SECOND);
    EXPECT(s, "239.1.2.3: 16{239.1.2.3}", "239.1.2.3: 16{239.1.2.3}");
    assert_true(report(s, IGMP_V2_REPORT, GROUP));
    leave(s, GROUP);
    run(s, 60 * DOBOS_SECOND);
    assert_int_equal(s->count, 0);
    assert_int_equal(s->igmp.count, 0);
}

/* [rfc3376#18] two intervals of queries, and the time of an answer */
static void querier_of_version_two_is_there_as_long_as_queries_may_be_lost(void **state) {
    struct scene *s = *state;
    assert_true(query(s, 2, 0, 10, 0, NULL));
    run(s, 2 * IGMP_QUERY_NS + DOBOS_SECOND - 1);
    assert_int_equal(igmp_version_update(&s->igmp, s->now), 2);
    run(s, 1);
    assert_int_equal(igmp_version_update(&s->igmp, s->now), 3);
}

/* [rfc3376#15] [rfc3376#17] */
static void querier_of_version_one_hears_no_leave(void **state) {
    struct scene *s = *state;
    assert_true(query(s, 1, 0, 0, 0, NULL));
    assert_true(query(s, 2, 0, 10, 0, NULL)); /* the older one decides */
    join(s, GROUP);
    run(s, 60 * DOBOS_SECOND);
    EXPECT(s, "239.1.2.3: 12{239.1.2.3}", "239.1.2.3: 12{239.1.2.3}");
    assert_true(query(s, 1, 0, 0, 0, NULL));
    dobos_time asked = s->now;
    run(s, 60 * DOBOS_SECOND);
    assert_in_range(s->at[0], asked, asked + 10 * DOBOS_SECOND);
    EXPECT(s, "239.1.2.3: 12{239.1.2.3}");
    leave(s, GROUP);
    run(s, 60 * DOBOS_SECOND);
    assert_int_equal(s->count, 0);
    assert_int_equal(s->igmp.count, 0);
}

/* [rfc3376#18] */
static void querier_says_how_often_changes_are_told(void **state) {
    struct scene *s = *state;
    struct igmp_message message = {.type = IGMP_QUERY,
                                   .version = 3,
                                   .response_code = 1,
                                   .robustness = 5,
                                   .group = dobos_address_ipv4(0)};
    struct dobos_address to = dobos_address_ipv4(GROUP_ALL_HOSTS);
    enum drop_reason reason;
    assert_int_equal(igmp_receive(&s->igmp, &message, &to, true, s->now, &reason), VERDICT_DELIVER);
    join(s, GROUP);
    run(s, 60 * DOBOS_SECOND);
    assert_int_equal(s->count, 5);
}

static void link_up_again_hears_of_all_groups(void **state) {
    struct scene *s = *state;
    join(s, GROUP);
    ONLY(s, 4);
    join(s, GROUP + 1);
    run(s, 60 * DOBOS_SECOND);
    s->count = 0;
    igmp_on_carrier(&s->igmp, s->now);
    run(s, 0);
    EXPECT(s, "224.0.0.22: to-in{239.1.2.3 4} to-ex{239.1.2.4}");
}

static void tables_are_bounded(void **state) {
    struct scene *s = *state;
    uint32_t sources[IGMP_SOURCES], others[60];
    for (uint32_t i = 0; i < IGMP_GROUPS; i++)
        join(s, GROUP + i);
    assert_int_equal(filter(s, GROUP + IGMP_GROUPS, true, 0, NULL), -DOBOS_ENOBUFS);
    for (uint32_t i = 0; i < IGMP_SOURCES; i++)
        sources[i] = i;
    for (uint32_t k = 0; k < 8; k++) { /* each time all others, before the last was told */
        for (uint32_t i = 0; i < IGMP_SOURCES; i++)
            sources[i] += IGMP_SOURCES;
        assert_int_equal(filter(s, GROUP, false, IGMP_SOURCES, sources), 0);
    }
    for (uint32_t i = 0; i < 60; i++)
        others[i] = 10000 + i;
    assert_int_equal(filter(s, GROUP, true, IGMP_SOURCES, sources), 0);
    for (uint32_t k = 0; k < 4; k++, others[0] += 100) {
        for (uint32_t i = 1; i < 60; i++)
            others[i] = others[0] + i;
        assert_true(query(s, 3, GROUP, 10, 60, others));
    }
    const struct igmp_group *group = igmp_nth(&s->igmp, 0);
    assert_true(group->count <= 2 * IGMP_SOURCES);
    assert_true(group->answers_whole);
    run(s, 60 * DOBOS_SECOND);
}

/* Whatever allocation fails: the filter is as before, or as asked for. */
static void failing_allocation_changes_nothing(void **state) {
    struct scene *s = *state;
    const uint32_t sources[] = {1, 2, 3};
    uint64_t fail = 1;
    for (;; fail++) {
        s->memory.calls = 0;
        s->memory.fail_at = fail;
        if (filter(s, GROUP, false, 3, sources) == 0)
            break;
        assert_int_equal(s->igmp.count, 0);
        assert_false(is_member(s, GROUP));
    }
    assert_true(fail > 3);
    assert_true(is_member(s, GROUP));
    s->memory.calls = 0;
    s->memory.fail_at = 1;
    run(s, 0); /* the first report is lost */
    s->memory.fail_at = 0;
    run(s, 10 * DOBOS_SECOND);
    assert_true(s->count >= 1);
}

#define SCENE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        SCENE_TEST(group_joined_and_left_is_told_twice),
        SCENE_TEST(all_hosts_is_always_joined_and_never_told),
        SCENE_TEST(sources_changed_are_told_alone),
        SCENE_TEST(changes_that_follow_each_other_merge),
        SCENE_TEST(general_query_is_answered_once_for_all),
        SCENE_TEST(query_for_sources_is_answered_with_those_wanted),
        SCENE_TEST(query_that_cannot_be_is_ignored),
        SCENE_TEST(querier_of_version_two_is_answered_in_version_two),
        SCENE_TEST(member_that_heard_another_report_leaves_silently),
        SCENE_TEST(querier_of_version_two_is_there_as_long_as_queries_may_be_lost),
        SCENE_TEST(querier_of_version_one_hears_no_leave),
        SCENE_TEST(querier_says_how_often_changes_are_told),
        SCENE_TEST(link_up_again_hears_of_all_groups),
        SCENE_TEST(tables_are_bounded),
        SCENE_TEST(failing_allocation_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
