/* The tables of NAT and of flows: full ports, bounds, who goes first, and what a mapping costs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <dobos/os.h>

#include "network/nat.h"
#include "wire/tcp.h"

#define OUTSIDE UINT32_C(0xc0000201)
#define INSIDE  UINT32_C(0x0a000000)
#define REMOTE  UINT32_C(0xc6336407)

struct desk {
    struct allocator allocator;    /* counts */
    struct timing_wheel wheel;     /* of the table */
    struct session_table sessions; /* looked at */
    struct nat *nat;               /* looked at */
};

static int setup(void **state) {
    static const struct hash_key key = {{1, 2}};
    static const uint32_t interface = 2;
    struct desk *d = calloc(1, sizeof(*d));
    const struct dobos_nat_config config = {
        .size = sizeof(config), .interfaces = &interface, .interface_count = 1};
    d->allocator.hook = *dobos_os_allocator();
    assert_true(timing_wheel_init(&d->wheel, &d->allocator, 0));
    session_table_init(&d->sessions, &d->allocator, &d->wheel, &key);
    assert_int_equal(nat_create(&d->nat, &config, &d->allocator, &d->sessions, &key, &key), 0);
    *state = d;
    return 0;
}

static int teardown(void **state) {
    struct desk *d = *state;
    nat_destroy(d->nat);
    assert_int_equal(d->sessions.bytes, 0);
    session_table_fini(&d->sessions);
    timing_wheel_fini(&d->wheel, &d->allocator);
    assert_int_equal(d->allocator.bytes, 0);
    free(d);
    return 0;
}

/* A mapping of an inside port with a session; NULL: no port or no room. */
static struct session *open_flow(struct desk *d, uint32_t inside, uint16_t port, uint8_t protocol,
                                 dobos_time now) {
    bool no_memory;
    enum drop_reason reason;
    uint16_t drawn = nat_port_draw(d->nat, OUTSIDE, protocol, port, &no_memory);
    if (drawn == 0)
        return NULL;
    const struct nat_mapping wanted = {.inside = inside,
                                       .inside_port = port,
                                       .outside = OUTSIDE,
                                       .outside_port = drawn,
                                       .interface = 2,
                                       .protocol = protocol};
    const struct session_key origin = {inside, REMOTE, port, 80, protocol, 0};
    const struct session_key reply = {REMOTE, OUTSIDE, 80, drawn, protocol, 0};
    const struct session_segment syn = {.flags = TCP_SYN};
    assert_null(nat_find_outside(d->nat, protocol, OUTSIDE, drawn)); /* never one that is taken */
    struct nat_mapping *mapping = nat_mapping_create(d->nat, &wanted);
    assert_non_null(mapping);
    mapping->sessions++;
    struct session *session =
        session_create(&d->sessions, &origin, &reply, inside, &syn, now, &reason);
    if (session)
        assert_true(nat_session_join(d->nat, session, mapping, NULL));
    nat_mapping_release(d->nat, mapping);
    return session;
}

/* All ports of an address can be had, none twice, and the table says so when there are none. */
static void all_ports_are_given_and_none_twice(void **state) {
    struct desk *d = *state;
    for (uint32_t i = 0; i < 65536 - 1024; i++)
        assert_non_null(open_flow(d, INSIDE + i / 1000, (uint16_t)(2000 + i % 1000), 17, 0));
    assert_null(open_flow(d, INSIDE + 100, 2000, 17, 0));
    assert_non_null(open_flow(d, INSIDE + 100, 2000, 6, 0)); /* of another protocol there are */
    assert_int_equal(d->nat->count, 65536 - 1024 + 1);
    print_message("# a mapping with one session costs %zu bytes\n",
                  d->allocator.bytes / d->nat->count);
    assert_in_range(d->allocator.bytes / d->nat->count, 200, 512);
    enum session_direction direction;
    for (uint32_t i = 0; i < 65536 - 1024; i += 977) {
        const struct session_key key = {
            INSIDE + i / 1000, REMOTE, (uint16_t)(2000 + i % 1000), 80, 17, 0};
        struct session *session = session_find(&d->sessions, &key, &direction);
        assert_non_null(session);
        assert_int_equal(direction, SESSION_ORIGIN);
        assert_ptr_equal(session_find(&d->sessions, &session->sides[1].key, &direction), session);
        assert_int_equal(direction, SESSION_REPLY);
    }
}

/* Reading all one after the other costs the same each. */
static void mappings_are_read_in_the_order_they_were_made(void **state) {
    struct desk *d = *state;
    for (uint32_t i = 0; i < 20000; i++)
        assert_non_null(open_flow(d, INSIDE + i, 2000, 17, 0));
    for (uint32_t i = 0; i < 20000; i++)
        assert_int_equal(nat_mapping_nth(d->nat, i)->inside, INSIDE + i);
    assert_null(nat_mapping_nth(d->nat, 20000));
    assert_int_equal(nat_mapping_nth(d->nat, 7)->inside, INSIDE + 7);
    nat_address_lost(d->nat, OUTSIDE);
    assert_int_equal(d->nat->count, 0);
    assert_null(nat_mapping_nth(d->nat, 0));
}

/* [attack:J3] Whom nobody has answered goes first, the oldest before the others; who is answered
 * stays, and then there is no room. */
static void unanswered_go_first_and_the_answered_stay(void **state) {
    struct desk *d = *state;
    d->sessions.limit_bytes = 256 * 1024;
    struct session *kept = open_flow(d, INSIDE, 1, 17, 0);
    session_advance(&d->sessions, kept, SESSION_REPLY, NULL, TRACK_ESTABLISHED, 100, 1);
    assert_true(session_is_answered(kept));
    uint32_t next = 1;
    for (; session_has_room(&d->sessions, NULL); next++)
        assert_non_null(open_flow(d, INSIDE + next, 1, 17, (dobos_time)next));
    for (uint32_t oldest = 1; oldest < next; oldest++) {
        struct session *victim = session_victim(&d->sessions, NULL);
        assert_int_equal(victim->sides[0].key.source, INSIDE + oldest);
        nat_session_destroy(d->nat, victim);
    }
    assert_null(session_victim(&d->sessions, NULL));
    assert_int_equal(d->nat->count, 1);
}

/* A source has a quarter of the table at most, and then replaces its own. */
static void share_of_a_source_is_bounded(void **state) {
    struct desk *d = *state;
    d->sessions.limit_bytes = 256 * 1024;
    uint16_t port = 1;
    assert_non_null(open_flow(d, INSIDE + 1, 1, 17, 0));
    for (; session_has_room(&d->sessions, session_share_find(&d->sessions, INSIDE)); port++)
        assert_non_null(open_flow(d, INSIDE, port, 17, port));
    assert_in_range(d->sessions.count, 150, 400);
    assert_true(session_has_room(&d->sessions, session_share_find(&d->sessions, INSIDE + 1)));
    assert_null(open_flow(d, INSIDE, port, 17, port));
    struct session *victim = session_victim(&d->sessions, session_share_find(&d->sessions, INSIDE));
    assert_int_equal(victim->sides[0].key.source, INSIDE);
    assert_int_equal(victim->sides[0].key.source_port, 1);
}

/* A connection that is met in its middle proves itself before it may stay: a flood of forged
 * acknowledgements fills nothing. */
static void connection_met_in_the_middle_must_be_answered(void **state) {
    struct desk *d = *state;
    enum drop_reason reason;
    const struct session_key origin = {INSIDE, REMOTE, 5000, 80, 6, 0};
    const struct session_key reply = session_key_turned(&origin);
    const struct session_segment there = {.seq = {100},
                                          .end = {200},
                                          .ack = {900},
                                          .window = 100,
                                          .flags = TCP_ACK,
                                          .scale = SESSION_NO_SCALE};
    const struct session_segment back = {.seq = {900},
                                         .end = {950},
                                         .ack = {200},
                                         .window = 100,
                                         .flags = TCP_ACK,
                                         .scale = SESSION_NO_SCALE};
    struct session *session =
        session_create(&d->sessions, &origin, &reply, INSIDE, &there, 0, &reason);
    session_advance(&d->sessions, session, SESSION_ORIGIN, &there, TRACK_ESTABLISHED, 140, 0);
    assert_false(session_is_answered(session));
    assert_int_equal(session_judge(session, SESSION_REPLY, &back), TRACK_ESTABLISHED);
    session_advance(&d->sessions, session, SESSION_REPLY, &back, TRACK_ESTABLISHED, 90, 0);
    assert_true(session_is_answered(session));
    session_destroy(&d->sessions, session);
}

/* [attack:J13] Ten thousand flows a second for a while: each ends in its time, nothing is left. */
static void flows_end_and_leave_nothing(void **state) {
    struct desk *d = *state;
    size_t idle = 0;
    for (uint32_t round = 0; round < 40; round++) {
        dobos_time now = (dobos_time)round * 300 * DOBOS_SECOND;
        struct session *session;
        while ((session = session_expired(&d->sessions, now)))
            nat_session_destroy(d->nat, session);
        assert_int_equal(d->sessions.count, 0);
        assert_int_equal(d->nat->count, 0);
        if (round == 1)
            idle = d->allocator.bytes;
        if (round >= 1)
            assert_int_equal(d->allocator.bytes, idle);
        for (uint32_t i = 0; i < 5000; i++)
            assert_non_null(open_flow(d, INSIDE + i % 50, (uint16_t)i, i % 2 ? 17 : 6, now));
        session_timer_arm(&d->sessions);
        assert_int_equal(d->sessions.timer.deadline, now + 121 * DOBOS_SECOND);
    }
}

/* Who talks with each port of somebody is known to have sent there once, and as long as one flow
 * lives: no chain of a table is as long as there are flows. */
static void whom_a_mapping_has_sent_to_is_known_once(void **state) {
    struct desk *d = *state;
    enum {
        FLOWS = 100
    };
    struct session *flows[FLOWS] = {open_flow(d, INSIDE, 5000, 17, 0)};
    struct nat_mapping *mapping = flows[0]->source;
    for (uint16_t i = 1; i < FLOWS; i++) {
        enum drop_reason reason;
        const struct session_key origin = {INSIDE, REMOTE, 5000, (uint16_t)(80 + i), 17, 0};
        const struct session_key reply = {
            REMOTE, OUTSIDE, (uint16_t)(80 + i), mapping->outside_port, 17, 0};
        flows[i] = session_create(&d->sessions, &origin, &reply, INSIDE, NULL, 0, &reason);
        assert_true(nat_session_join(d->nat, flows[i], mapping, NULL));
    }
    assert_int_equal(d->nat->contacts.count, 1);
    nat_session_advance(flows[0], SESSION_ORIGIN, 0);
    for (unsigned i = 0; i < FLOWS - 1; i++) { /* in an order that is none of theirs */
        nat_session_destroy(d->nat, flows[i * 37 % FLOWS]);
        assert_true(nat_admits(d->nat, mapping, REMOTE, 0));
        assert_false(nat_admits(d->nat, mapping, REMOTE + 1, 0));
        assert_int_equal(d->nat->contacts.count, 1);
    }
    mapping->sessions++;
    nat_session_destroy(d->nat, flows[(FLOWS - 1) * 37 % FLOWS]);
    assert_false(nat_admits(d->nat, mapping, REMOTE, 0));
    assert_int_equal(d->nat->contacts.count, 0);
    nat_mapping_release(d->nat, mapping);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(all_ports_are_given_and_none_twice, setup, teardown),
        cmocka_unit_test_setup_teardown(mappings_are_read_in_the_order_they_were_made, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(unanswered_go_first_and_the_answered_stay, setup, teardown),
        cmocka_unit_test_setup_teardown(share_of_a_source_is_bounded, setup, teardown),
        cmocka_unit_test_setup_teardown(connection_met_in_the_middle_must_be_answered, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(whom_a_mapping_has_sent_to_is_known_once, setup, teardown),
        cmocka_unit_test_setup_teardown(flows_end_and_leave_nothing, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
