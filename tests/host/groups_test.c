/* groups: two hosts on a cable: who joins a group hears it, and says so in IGMP; who does not, does
 * not. */
#include "pair.h"

#include <string.h>

#include <dobos/group.h>

#include "wire/ethernet.h"
#include "wire/igmp.h"
#include "wire/ipv4.h"

#define GROUP UINT32_C(0xef010203) /* 239.1.2.3 */
#define PORT  5000

static const struct impairments good = {.delay_ns = DOBOS_MILLISECOND};

struct scene {
    struct pair *pair;
    struct dobos_socket *sender; /* on a */
    struct dobos_socket *member; /* on b, port PORT */
};

static struct dobos_socket *socket_make(struct dobos_host *host, uint32_t address) {
    struct dobos_endpoint at = {.address = dobos_address_ipv4(address), .port = PORT};
    struct dobos_socket *socket;
    assert_int_equal(dobos_socket_create(host, DOBOS_UDP, NULL, &socket), 0);
    assert_int_equal(dobos_bind(socket, &at), 0);
    return socket;
}

static int setup(void **state) {
    struct scene *s = calloc(1, sizeof(*s));
    s->pair = pair_create(5, &good);
    s->sender = socket_make(s->pair->a.host, 0);
    s->member = socket_make(s->pair->b.host, 0);
    *state = s;
    return 0;
}

static int teardown(void **state) {
    struct scene *s = *state;
    pair_check_fates(s->pair->a.host);
    pair_check_fates(s->pair->b.host);
    pair_destroy(s->pair);
    free(s);
    return 0;
}

static void run(struct scene *s, dobos_time duration) {
    pair_run(s->pair, s->pair->now + duration);
}

static void send_to(struct scene *s, struct dobos_socket *socket, uint32_t group) {
    const struct dobos_message message = {
        .peer = {.address = dobos_address_ipv4(group), .port = PORT}};
    assert_int_equal(dobos_send_message(socket, "hello", 5, &message), 5);
    run(s, 100 * DOBOS_MILLISECOND);
}

/* How many datagrams wait; they are read. */
static unsigned heard(struct dobos_socket *socket, struct dobos_message *last) {
    struct dobos_message message;
    unsigned count = 0;
    char bytes[16];
    while (dobos_receive_message(socket, bytes, sizeof(bytes), last ? last : &message) >= 0)
        count++;
    return count;
}

static struct dobos_address address(uint32_t number) {
    return dobos_address_ipv4(number);
}
static int join(struct dobos_socket *socket, uint32_t group) {
    struct dobos_address to = address(group);
    return dobos_group_join(socket, 0, &to);
}
static int leave(struct dobos_socket *socket, uint32_t group) {
    struct dobos_address to = address(group);
    return dobos_group_leave(socket, 0, &to);
}

/* [rfc3376#21] [rfc1112#1] [rfc1112#3] [rfc1122#75] [rfc1812#53] */
static void group_joined_is_heard_and_no_other(void **state) {
    struct scene *s = *state;
    struct dobos_message message;
    send_to(s, s->sender, GROUP);
    assert_int_equal(heard(s->member, NULL), 0);
    assert_int_equal(pair_counter(s->pair->b.host, "DropGroup"), 1);
    assert_int_equal(join(s->member, GROUP), 0);
    assert_int_equal(join(s->member, GROUP), -DOBOS_EADDRINUSE);
    send_to(s, s->sender, GROUP);
    send_to(s, s->sender, GROUP + 1);
    assert_int_equal(heard(s->member, &message), 1);
    assert_int_equal(message.ttl, 1);
    assert_int_equal(message.peer.interface, 2);
    assert_int_equal(dobos_address_ipv4_number(&message.local), GROUP);
    assert_int_equal(dobos_address_ipv4_number(&message.peer.address), PAIR_A);
    assert_int_equal(leave(s->member, GROUP), 0);
    assert_int_equal(leave(s->member, GROUP), -DOBOS_EADDRNOTAVAIL);
    send_to(s, s->sender, GROUP);
    assert_int_equal(heard(s->member, NULL), 0);
}

/* Another socket has joined; this one has not. */
static void group_of_another_socket_is_not_heard(void **state) {
    struct scene *s = *state;
    struct dobos_socket *other;
    assert_int_equal(dobos_socket_create(s->pair->b.host, DOBOS_UDP, NULL, &other), 0);
    assert_int_equal(join(other, GROUP), 0);
    send_to(s, s->sender, GROUP);
    assert_int_equal(heard(s->member, NULL), 0);
    assert_int_equal(pair_counter(s->pair->b.host, "DropGroup"), 1);
    dobos_close(other);
    run(s, DOBOS_SECOND);
    struct dobos_group_info info;
    assert_int_equal(dobos_group_read(s->pair->b.host, 2, 1, &info), -DOBOS_ENOENT);
}

/* [rfc3376#21] */
static void sources_are_filtered_by_each_socket(void **state) {
    struct scene *s = *state;
    struct dobos_address group = address(GROUP), a = address(PAIR_A), other = address(PAIR_GONE);
    assert_int_equal(dobos_group_block(s->member, 2, &group, &a), -DOBOS_EADDRNOTAVAIL);
    assert_int_equal(dobos_group_join_source(s->member, 2, &group, &other), 0);
    assert_int_equal(dobos_group_join_source(s->member, 2, &group, &other), -DOBOS_EADDRNOTAVAIL);
    assert_int_equal(dobos_group_block(s->member, 2, &group, &a), -DOBOS_EINVAL);
    send_to(s, s->sender, GROUP);
    assert_int_equal(heard(s->member, NULL), 0);
    assert_int_equal(dobos_group_join_source(s->member, 2, &group, &a), 0);
    send_to(s, s->sender, GROUP);
    assert_int_equal(heard(s->member, NULL), 1);
    assert_int_equal(dobos_group_leave_source(s->member, 2, &group, &a), 0);
    assert_int_equal(dobos_group_leave_source(s->member, 2, &group, &other), 0);
    assert_int_equal(dobos_group_leave(s->member, 2, &group), -DOBOS_EADDRNOTAVAIL);
    assert_int_equal(join(s->member, GROUP), 0);
    assert_int_equal(dobos_group_join_source(s->member, 2, &group, &a), -DOBOS_EINVAL);
    assert_int_equal(dobos_group_unblock(s->member, 2, &group, &a), -DOBOS_EADDRNOTAVAIL);
    assert_int_equal(dobos_group_block(s->member, 2, &group, &a), 0);
    send_to(s, s->sender, GROUP);
    assert_int_equal(heard(s->member, NULL), 0);
    assert_int_equal(dobos_group_unblock(s->member, 2, &group, &a), 0);
    send_to(s, s->sender, GROUP);
    assert_int_equal(heard(s->member, NULL), 1);
}

/* The filters of the interface's sockets, as one [rfc3376#22]. */
static void filters_of_all_sockets_make_one(void **state) {
    struct scene *s = *state;
    struct dobos_host *b = s->pair->b.host;
    struct dobos_address group = address(GROUP), source;
    struct dobos_address from[4];
    struct dobos_socket *sockets[3];
    struct dobos_group_info info;
    for (uint32_t i = 0; i < 4; i++)
        from[i] = address(PAIR_GONE + i);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(dobos_socket_create(b, DOBOS_UDP, NULL, &sockets[i]), 0);
    assert_int_equal(dobos_group_join_source(sockets[0], 2, &group, &from[0]), 0);
    assert_int_equal(dobos_group_join_source(sockets[0], 2, &group, &from[1]), 0);
    assert_int_equal(dobos_group_read(b, 2, 1, &info), 0);
    assert_false(info.exclude);
    assert_int_equal(info.source_count, 2);
    assert_int_equal(dobos_group_join(sockets[1], 2, &group), 0);
    for (unsigned i = 1; i < 4; i++)
        assert_int_equal(dobos_group_block(sockets[1], 2, &group, &from[i]), 0);
    assert_int_equal(dobos_group_read(b, 2, 1, &info), 0);
    assert_true(info.exclude);
    assert_int_equal(info.source_count, 2); /* 2 and 3: somebody includes 1 */
    assert_int_equal(dobos_group_join(sockets[2], 2, &group), 0);
    assert_int_equal(dobos_group_block(sockets[2], 2, &group, &from[3]), 0);
    assert_int_equal(dobos_group_read(b, 2, 1, &info), 0);
    assert_int_equal(info.users, 3);
    assert_int_equal(info.source_count, 1);
    assert_int_equal(dobos_group_source_read(b, 2, &group, 0, &source), 0);
    assert_true(dobos_address_is_equal(&source, &from[3]));
    assert_int_equal(dobos_group_source_read(b, 2, &group, 1, &source), -DOBOS_ENOENT);
    dobos_close(sockets[1]);
    dobos_close(sockets[2]);
    assert_int_equal(dobos_group_read(b, 2, 1, &info), 0);
    assert_false(info.exclude);
    assert_int_equal(info.source_count, 2);
    dobos_close(sockets[0]);
    assert_int_equal(dobos_group_read(b, 2, 1, &info), -DOBOS_ENOENT);
}

/* More sources than a filter holds: routers are asked for all, and each socket keeps to its own. */
static void filter_that_would_be_too_long_asks_for_all(void **state) {
    struct scene *s = *state;
    struct dobos_host *b = s->pair->b.host;
    struct dobos_address group = address(GROUP);
    struct dobos_socket *sockets[3];
    struct dobos_group_info info;
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(dobos_socket_create(b, DOBOS_UDP, NULL, &sockets[i]), 0);
        for (uint32_t k = 0; k < DOBOS_GROUP_SOURCES; k++) {
            struct dobos_address from = address(0x0a000001 + i * DOBOS_GROUP_SOURCES + k);
            assert_int_equal(dobos_group_join_source(sockets[i], 2, &group, &from), 0);
        }
        assert_int_equal(dobos_group_read(b, 2, 1, &info), 0);
        assert_int_equal(info.exclude, i == 2);
        assert_int_equal(info.source_count, i == 2 ? 0 : (i + 1) * DOBOS_GROUP_SOURCES);
    }
    dobos_close(s->member);
    s->member = socket_make(b, GROUP);
    const struct dobos_address other = address(0x0a000001);
    assert_int_equal(dobos_group_join_source(s->member, 2, &group, &other), 0);
    send_to(s, s->sender, GROUP);
    assert_int_equal(heard(s->member, NULL), 0);
    assert_int_equal(dobos_group_leave(s->member, 2, &group), 0);
    dobos_close(sockets[0]);
    assert_int_equal(dobos_group_read(b, 2, 1, &info), 0);
    assert_false(info.exclude);
    assert_int_equal(info.source_count, 2 * DOBOS_GROUP_SOURCES);
    dobos_close(sockets[1]);
    dobos_close(sockets[2]);
}

/* A copy comes back where the sender has joined too, unless it does not want one. */
static void what_is_sent_to_a_group_comes_back_to_members_here(void **state) {
    struct scene *s = *state;
    struct dobos_message message;
    assert_int_equal(join(s->sender, GROUP), 0);
    assert_int_equal(join(s->member, GROUP), 0);
    send_to(s, s->sender, GROUP);
    assert_int_equal(heard(s->sender, &message), 1);
    assert_int_equal(message.peer.interface, 2);
    assert_int_equal(dobos_address_ipv4_number(&message.peer.address), PAIR_A);
    assert_int_equal(heard(s->member, NULL), 1);
    assert_int_equal(dobos_option_set(s->sender, DOBOS_OPTION_MULTICAST_LOOP, 0), 0);
    send_to(s, s->sender, GROUP);
    assert_int_equal(heard(s->sender, NULL), 0);
    assert_int_equal(heard(s->member, NULL), 1);
}

/* [rfc1112#2] */
static void socket_bound_to_a_group_hears_it_and_sends_from_its_host(void **state) {
    struct scene *s = *state;
    struct dobos_endpoint tcp = {.address = address(GROUP), .port = 1};
    struct dobos_message message;
    dobos_close(s->member);
    s->member = socket_make(s->pair->b.host, GROUP);
    assert_int_equal(join(s->member, GROUP), 0);
    assert_int_equal(join(s->sender, GROUP), 0);
    assert_int_equal(dobos_option_set(s->member, DOBOS_OPTION_MULTICAST_TTL, 7), 0);
    send_to(s, s->sender, GROUP);
    assert_int_equal(heard(s->member, NULL), 1);
    assert_int_equal(heard(s->sender, NULL), 1);
    send_to(s, s->member, GROUP);
    assert_int_equal(heard(s->sender, &message), 1);
    assert_int_equal(message.ttl, 7);
    assert_int_equal(dobos_address_ipv4_number(&message.peer.address), PAIR_B);
    struct dobos_socket *socket;
    assert_int_equal(dobos_socket_create(s->pair->b.host, DOBOS_TCP, NULL, &socket), 0);
    assert_int_equal(dobos_bind(socket, &tcp), -DOBOS_EADDRNOTAVAIL);
    dobos_close(socket);
}

/* The next frame of b with an IGMP message; false: there is none. */
static bool igmp_next(struct scene *s, struct ethernet *link, struct ipv4 *ip, uint8_t *bytes,
                      size_t *length) {
    struct dobos_packet *packet;
    while (dobos_output(s->pair->b.host, 2, &packet, 1, s->pair->now) == 1) {
        uint8_t frame[1600];
        size_t got = dobos_packet_read(packet, 0, frame, sizeof(frame));
        dobos_packet_release(packet);
        struct reader r = reader_make(frame, got);
        assert_true(ethernet_parse(&r, link));
        if (link->type != 0x0800 || ipv4_parse(&r, got - 14, ip) != IPV4_OK ||
            ip->protocol != PROTOCOL_IGMP)
            continue;
        *length = ip->total_length - (size_t)ip->header_length;
        memcpy(bytes, frame + 14 + ip->header_length, *length);
        return true;
    }
    return false;
}

/* [rfc3376#23] [rfc3376#24] [rfc1812#53] */
static void report_says_who_for_this_link_alone(void **state) {
    struct scene *s = *state;
    struct dobos_host *b = s->pair->b.host;
    struct dobos_address own = address(PAIR_B);
    for (unsigned i = 0; i < 2; i++) {
        struct igmp_message message;
        struct ethernet link;
        struct ipv4 ip;
        uint8_t bytes[1600];
        size_t length;
        assert_int_equal(join(s->member, GROUP + i), 0);
        assert_true(dobos_next_deadline(b) <= s->pair->now);
        dobos_advance(b, s->pair->now);
        assert_true(igmp_next(s, &link, &ip, bytes, &length));
        static const uint8_t mac[] = {1, 0, 0x5e, 0, 0, 0x16}, alert[] = {0x94, 4, 0, 0};
        assert_memory_equal(link.destination.bytes, mac, 6);
        assert_int_equal(dobos_address_ipv4_number(&ip.destination), 0xe0000016);
        assert_int_equal(dobos_address_ipv4_number(&ip.source), i ? 0 : PAIR_B);
        assert_int_equal(ip.ttl, 1);
        assert_int_equal(ip.tos, 0xc0);
        assert_int_equal(ip.header_length, 24);
        assert_memory_equal(ip.options.bytes, alert, 4);
        assert_true(igmp_parse((struct slice){bytes, length}, &message));
        assert_int_equal(message.type, IGMP_V3_REPORT);
        assert_int_equal(message.record_count, 1);
        assert_false(igmp_next(s, &link, &ip, bytes, &length));
        if (i == 0)
            assert_int_equal(dobos_address_remove(b, 2, &own), 0);
    }
}

/* A query, as a router next door would send it. */
static void query_hear(struct scene *s, bool has_alert, bool is_sound) {
    uint8_t frame[60] = {0}, body[IGMP_V3_QUERY_BYTES];
    static const uint8_t alert[] = {0x94, 4, 0, 0};
    struct writer w = writer_make(body, sizeof(body));
    struct igmp_message query = {.type = IGMP_QUERY,
                                 .version = 3,
                                 .response_code = 10,
                                 .group = dobos_address_ipv4(0),
                                 .robustness = 2,
                                 .interval_code = 125};
    igmp_emit(&w, &query);
    body[9] ^= !is_sound;
    w = writer_make(frame, sizeof(frame));
    struct ethernet link = {
        .destination = {{1, 0, 0x5e, 0, 0, 1}}, .source = {{2, 0, 0, 0, 0, 0x66}}, .type = 0x0800};
    struct ipv4 ip = {.source = address(PAIR_GONE),
                      .destination = address(0xe0000001),
                      .total_length = (uint16_t)(20u + (has_alert ? 4u : 0u) + sizeof(body)),
                      .ttl = 1,
                      .protocol = PROTOCOL_IGMP,
                      .options = {alert, has_alert ? 4 : 0}};
    ethernet_emit(&w, &link);
    ipv4_emit(&w, &ip);
    writer_bytes(&w, body, sizeof(body));
    struct dobos_packet *packet =
        dobos_packet_from_bytes(s->pair->pool, frame, sizeof(frame), NULL);
    dobos_input(s->pair->b.host, 2, &packet, 1, s->pair->now);
}

/* [rfc3376#14] [rfc3376#3] [rfc1122#110] */
static void query_is_answered_by_members_only(void **state) {
    struct scene *s = *state;
    struct dobos_host *b = s->pair->b.host;
    query_hear(s, true, true);
    run(s, 5 * DOBOS_SECOND);
    assert_int_equal(pair_counter(b, "IgmpInQueries"), 1);
    assert_int_equal(pair_counter(b, "IgmpOutReports"), 0);
    assert_int_equal(join(s->member, GROUP), 0);
    run(s, 5 * DOBOS_SECOND);
    assert_int_equal(pair_counter(b, "IgmpOutReports"), 2);
    query_hear(s, true, true);
    run(s, 5 * DOBOS_SECOND);
    assert_int_equal(pair_counter(b, "IgmpOutReports"), 3);
    query_hear(s, false, true);
    query_hear(s, true, false);
    run(s, 5 * DOBOS_SECOND);
    assert_int_equal(pair_counter(b, "IgmpOutReports"), 3);
    assert_int_equal(pair_counter(b, "DropIgmpIgnored"), 1);
    assert_int_equal(pair_counter(b, "DropIgmpMalformed"), 1);
    assert_int_equal(pair_counter(s->pair->a.host, "IgmpOutReports"), 0);
}

static void impossible_calls_are_refused(void **state) {
    struct scene *s = *state;
    struct dobos_address group = address(GROUP), unicast = address(PAIR_A);
    struct dobos_group_info info;
    struct dobos_socket *ping;
    assert_int_equal(dobos_group_join(s->member, 0, &unicast), -DOBOS_EINVAL);
    assert_int_equal(dobos_group_join(s->member, 1, &group), -DOBOS_EINVAL);
    assert_int_equal(dobos_group_join(s->member, 3, &group), -DOBOS_ENODEV);
    assert_int_equal(dobos_group_join_source(s->member, 2, &group, &group), -DOBOS_EINVAL);
    assert_int_equal(dobos_socket_create(s->pair->b.host, DOBOS_ICMP, NULL, &ping), 0);
    assert_int_equal(join(ping, GROUP), -DOBOS_EOPNOTSUPP);
    dobos_close(ping);
    for (uint32_t i = 0; i < DOBOS_GROUPS; i++)
        assert_int_equal(join(s->member, GROUP + i), 0);
    assert_int_equal(join(s->member, GROUP + DOBOS_GROUPS), -DOBOS_ENOBUFS);
    assert_int_equal(leave(s->member, GROUP), 0);
    for (uint32_t i = 0; i < DOBOS_GROUP_SOURCES; i++) {
        struct dobos_address source = address(PAIR_GONE + i);
        assert_int_equal(dobos_group_join_source(s->member, 2, &group, &source), 0);
    }
    assert_int_equal(dobos_group_join_source(s->member, 2, &group, &unicast), -DOBOS_ENOBUFS);
    assert_int_equal(dobos_group_read(s->pair->b.host, 9, 0, &info), -DOBOS_ENODEV);
    assert_int_equal(dobos_group_read(s->pair->b.host, 2, 0, &info), 0);
    assert_int_equal(dobos_address_ipv4_number(&info.group), 0xe0000001);
    assert_int_equal(info.users, 0);
}

#define SCENE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        SCENE_TEST(group_joined_is_heard_and_no_other),
        SCENE_TEST(group_of_another_socket_is_not_heard),
        SCENE_TEST(sources_are_filtered_by_each_socket),
        SCENE_TEST(filters_of_all_sockets_make_one),
        SCENE_TEST(filter_that_would_be_too_long_asks_for_all),
        SCENE_TEST(what_is_sent_to_a_group_comes_back_to_members_here),
        SCENE_TEST(socket_bound_to_a_group_hears_it_and_sends_from_its_host),
        SCENE_TEST(report_says_who_for_this_link_alone),
        SCENE_TEST(query_is_answered_by_members_only),
        SCENE_TEST(impossible_calls_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
