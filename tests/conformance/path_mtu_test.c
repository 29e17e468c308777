/* Path-MTU discovery (RFC 1191): what messages of routers change for TCP and for datagrams, what
 * they do not, and for how long. */
#include "station.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"

#define ROUTER      (PEER_ADDRESS + 1)
#define TIMESTAMPED 12

static const uint8_t data[20000];

static uint32_t path_mtu(const struct station *s, uint32_t address) {
    struct dobos_address destination = dobos_address_ipv4(address);
    struct dobos_route_choice choice;
    assert_int_equal(dobos_route_lookup(s->host, &destination, NULL, &choice), 0);
    return choice.path_mtu;
}

/* A connection whose first segment of `bytes` has been seen; it waits to be acknowledged. */
static struct dobos_socket *sending(struct peer *p, struct station *s, uint16_t port, size_t bytes,
                                    struct seen *first) {
    struct dobos_socket *socket = peer_established(p, s, port);
    assert_int_equal(dobos_send(socket, data, bytes), bytes);
    assert_true(station_next(s, first));
    return socket;
}

/* The largest datagram that the host has to send now, and how many; 0: none. */
static size_t largest(struct station *s, unsigned *count) {
    struct seen seen;
    size_t most = 0;
    *count = 0;
    while (station_next(s, &seen)) {
        most = max_size(most, seen.ip.total_length);
        ++*count;
    }
    return most;
}

static void tell(struct station *s, const struct seen *about, uint16_t mtu) {
    station_icmp_about(s, ROUTER, ICMP_UNREACHABLE, ICMP_FRAGMENTATION_NEEDED, mtu, about);
}

static void every_segment_must_not_be_fragmented(void **state) {
    struct station *s = *state;
    struct peer p = {.station = NULL};
    struct seen seen;
    struct dobos_socket *socket = sending(&p, s, 4000, sizeof(data), &seen);
    do {
        assert_true(seen.ip.dont_fragment);
        assert_int_equal(seen.ip.identification, 0); /* RFC 6864: it means nothing here */
    } while (station_next(s, &seen));
    dobos_abort(socket);
}

/* [rfc1191#5] [rfc1191#17] [rfc1191#6]: at once, in segments that fit, the window as it was */
static void dropped_data_is_sent_again_at_once_in_segments_that_fit(void **state) {
    struct station *s = *state;
    struct peer p = {.station = NULL};
    struct seen first;
    unsigned sent, again;
    struct dobos_socket *socket = sending(&p, s, 4000, sizeof(data), &first);
    (void)largest(s, &sent);
    struct dobos_socket_info before = info_of(socket);
    tell(s, &first, 1000);
    assert_int_equal(largest(s, &again), 1000);
    assert_true(again >= sent);
    struct dobos_socket_info after = info_of(socket);
    assert_int_equal(after.tcp.cwnd_bytes, before.tcp.cwnd_bytes);
    assert_int_equal(after.tcp.ssthresh_bytes, before.tcp.ssthresh_bytes);
    assert_int_equal(after.tcp.pmtu, 1000);
    assert_int_equal(path_mtu(s, PEER_ADDRESS), 1000);
    dobos_abort(socket);
}

/* [rfc1191#18] */
static void several_messages_about_one_window_repeat_it_once(void **state) {
    struct station *s = *state;
    struct peer p = {.station = NULL};
    struct seen seen[8];
    unsigned count = 0, ignored;
    struct dobos_socket *socket = sending(&p, s, 4000, sizeof(data), &seen[count++]);
    while (count < 8 && station_next(s, &seen[count]))
        count++;
    assert_true(count > 2);
    station_forget(s);
    tell(s, &seen[0], 1000);
    assert_int_equal(largest(s, &ignored), 1000);
    uint32_t retransmits = info_of(socket).tcp.retransmits;
    for (unsigned i = 0; i < count; i++)
        tell(s, &seen[i], 1000);
    assert_true(station_is_quiet(s));
    assert_int_equal(info_of(socket).tcp.retransmits, retransmits);
    assert_int_equal(station_counter(s, "PathMtuLearned"), 1);
    dobos_abort(socket);
}

/* [rfc1191#14]: another connection to the same destination sends what fits from then on */
static void all_who_send_there_learn_of_it(void **state) {
    struct station *s = *state;
    struct peer p = {.station = NULL}, q = {.station = NULL};
    struct dobos_socket *other = peer_established(&q, s, 4001);
    struct seen first;
    unsigned count;
    struct dobos_socket *socket = sending(&p, s, 4000, sizeof(data), &first);
    tell(s, &first, 1000);
    station_forget(s);
    assert_int_equal(dobos_send(other, data, 5000), 5000);
    assert_int_equal(largest(s, &count), 1000);
    /* A datagram that may be fragmented is, by us. */
    struct dobos_socket *udp = station_udp_socket(s, 5000);
    struct dobos_message message = {.peer = endpoint(PEER_ADDRESS, 9)};
    assert_int_equal(dobos_send_message(udp, data, 1400, &message), 1400);
    station_collect(s);
    assert_true(largest(s, &count) <= 1000);
    assert_int_equal(count, 2);
    dobos_close(udp);
    dobos_abort(other);
    dobos_abort(socket);
}

/* [rfc1191#10] [attack:C3] */
static void messages_about_what_was_not_sent_change_nothing(void **state) {
    struct station *s = *state;
    struct peer p = {.station = NULL};
    struct seen first;
    struct dobos_socket *socket = sending(&p, s, 4000, 1000, &first);
    struct seen forged = first;
    forged.bytes[14 + 20 + 4] ^= 0x20; /* a sequence number that is not in flight */
    tell(s, &forged, 600);
    forged = first;
    forged.bytes[14 + 20 + 1] ^= 1; /* a port that is not ours */
    tell(s, &forged, 600);
    forged = first;
    forged.bytes[14 + 19] ^= 3; /* to somebody else */
    tell(s, &forged, 600);
    tell(s, &first, 1040 + TIMESTAMPED); /* that much would have passed */
    tell(s, &first, 65535);
    assert_int_equal(path_mtu(s, PEER_ADDRESS), 0);
    assert_int_equal(station_counter(s, "PathMtuLearned"), 0);
    assert_true(station_is_quiet(s));
    dobos_abort(socket);
}

/* [attack:C3]: a datagram's quote proves little: it narrows the way of datagrams alone */
static void quotes_of_datagrams_do_not_narrow_tcp(void **state) {
    struct station *s = *state;
    struct peer p = {.station = NULL};
    struct seen seen;
    unsigned count;
    struct dobos_socket *udp = station_udp_socket(s, 53);
    struct dobos_socket *socket = peer_established(&p, s, 4000);
    struct dobos_message message = {.peer = endpoint(PEER_ADDRESS, 9)};
    assert_int_equal(dobos_send_message(udp, data, 1400, &message), 1400);
    assert_true(station_next(s, &seen));
    tell(s, &seen, 600);
    assert_int_equal(path_mtu(s, PEER_ADDRESS), 600);
    assert_int_equal(dobos_send(socket, data, 5000), 5000);
    assert_int_equal(largest(s, &count), 1500);
    dobos_close(udp);
    dobos_abort(socket);
}

/* [rfc1191#9] [rfc1191#13] */
static void without_an_mtu_the_next_plateau_is_tried(void **state) {
    static const uint16_t plateaus[] = {1492, 1006, 552};
    struct station *s = *state;
    struct peer p = {.station = NULL};
    struct seen seen;
    struct dobos_socket *socket = sending(&p, s, 4000, sizeof(data), &seen);
    station_forget(s);
    for (size_t i = 0; i < array_length(plateaus); i++) {
        tell(s, &seen, 0);
        assert_true(station_next(s, &seen));
        assert_int_equal(seen.ip.total_length, plateaus[i]);
        station_forget(s);
    }
    dobos_abort(socket);
}

/* [rfc1191#7]: where even the least is too much, routers may fragment it */
static void below_the_floor_fragments_are_allowed(void **state) {
    struct station *s = *state;
    struct peer p = {.station = NULL};
    struct seen seen;
    struct dobos_socket *socket = sending(&p, s, 4000, sizeof(data), &seen);
    station_forget(s);
    tell(s, &seen, 552);
    assert_true(station_next(s, &seen));
    assert_int_equal(seen.ip.total_length, 552);
    assert_true(seen.ip.dont_fragment);
    station_forget(s);
    tell(s, &seen, 300);
    assert_true(station_next(s, &seen));
    assert_int_equal(seen.ip.total_length, 552);
    assert_false(seen.ip.dont_fragment);
    station_forget(s);
    dobos_abort(socket);
}

/* [rfc1191#7]: and where nobody tells (RFC 2923 §2.1) */
static void path_that_swallows_large_segments_gets_small_ones_then_fragments(void **state) {
    struct station *s = *state;
    struct peer p = {.station = NULL};
    struct seen seen;
    struct dobos_socket *socket = sending(&p, s, 4000, 3 * 1460, &seen);
    station_forget(s);
    for (unsigned tries = 1; tries <= 5; tries++) {
        while (!station_next(s, &seen))
            station_run(s, 100 * DOBOS_MILLISECOND);
        station_forget(s);
        assert_int_equal(seen.ip.dont_fragment, tries < 5);
        assert_int_equal(seen.ip.total_length, tries < 3 ? 1500 : tries == 3 ? 1064 : 552);
    }
    /* They arrive: so it stays. */
    peer_send_at(&p, TCP_ACK, p.seq, p.ack + (uint32_t)seen.data.length, NULL, 0);
    assert_true(station_next(s, &seen));
    assert_int_equal(seen.ip.total_length, 552);
    assert_int_equal(path_mtu(s, PEER_ADDRESS), 0); /* nobody has told anything */
    station_forget(s);
    peer_send_at(&p, TCP_ACK, p.seq, p.ack + 3 * 1460, NULL, 0);
    /* As soon as there is enough to send, a large one is tried again. */
    assert_int_equal(dobos_send(socket, data, sizeof(data)), sizeof(data));
    uint32_t ack = p.ack + 3 * 1460;
    for (size_t most = 0; most < 1500;) {
        assert_true(station_next(s, &seen));
        most = seen.ip.total_length;
        ack += (uint32_t)seen.data.length;
        peer_send_at(&p, TCP_ACK, p.seq, ack, NULL, 0);
    }
    assert_true(seen.ip.dont_fragment);
    station_forget(s);
    dobos_abort(socket);
}

/* Small segments that are lost are lost for another reason. */
static void silence_after_small_segments_is_no_black_hole(void **state) {
    struct station *s = *state;
    struct peer p = {.station = NULL};
    struct seen seen;
    struct dobos_socket *socket = sending(&p, s, 4000, 400, &seen);
    for (unsigned tries = 1; tries <= 5; tries++) {
        while (!station_next(s, &seen))
            station_run(s, 100 * DOBOS_MILLISECOND);
        assert_true(seen.ip.dont_fragment);
    }
    dobos_abort(socket);
}

/* [rfc1191#8] [rfc1191#16] [rfc1191#4] */
static void what_was_told_is_believed_for_ten_minutes(void **state) {
    struct station *s = *state;
    struct peer p = {.station = NULL};
    struct seen seen;
    unsigned count;
    struct dobos_socket *socket = sending(&p, s, 4000, 1400, &seen);
    tell(s, &seen, 1000);
    (void)largest(s, &count);
    peer_send_at(&p, TCP_ACK, p.seq, p.ack + 1400, NULL, 0);
    for (unsigned minute = 0; minute < 9; minute++) {
        station_run(s, 60 * DOBOS_SECOND);
        assert_int_equal(path_mtu(s, PEER_ADDRESS), 1000);
        assert_int_equal(info_of(socket).tcp.mss, 1000 - 40 - (p.timestamps ? TIMESTAMPED : 0));
    }
    station_run(s, 61 * DOBOS_SECOND);
    assert_int_equal(path_mtu(s, PEER_ADDRESS), 0);
    assert_int_equal(dobos_send(socket, data, 5000), 5000);
    assert_int_equal(largest(s, &count), 1500);
    dobos_abort(socket);
}

/* [rfc1191#16]: the time can be changed, but never to less than five minutes [rfc1191#8] */
static void that_time_can_be_set(void **state) {
    struct station *s = *state;
    struct dobos_host_config config = {.size = sizeof(config), .path_mtu_s = 299};
    struct dobos_host *host = NULL;
    assert_int_equal(dobos_host_create(s->pool, &config, 0, &host), -DOBOS_EINVAL);
    config.path_mtu_s = 300;
    assert_int_equal(dobos_host_create(s->pool, &config, s->now, &host), 0);
    dobos_host_destroy(s->host);
    s->host = host;
    struct dobos_interface_config link = {
        .size = sizeof(link), .name = "eth0", .mac = {{2, 0, 0, 0, 0, 1}}};
    assert_int_equal(dobos_interface_add(host, &link), 2);
    station_add_address(s, 2, HOST_ADDRESS, 24);
    struct peer p = {.station = NULL};
    struct seen seen;
    struct dobos_socket *socket = sending(&p, s, 4000, 1400, &seen);
    tell(s, &seen, 1000);
    station_run(s, 299 * DOBOS_SECOND);
    assert_int_equal(path_mtu(s, PEER_ADDRESS), 1000);
    station_run(s, 2 * DOBOS_SECOND);
    assert_int_equal(path_mtu(s, PEER_ADDRESS), 0);
    station_forget(s);
    dobos_abort(socket);
}

/* [rfc1191#15] [rfc1191#6] */
static void program_that_forbids_fragments_is_told_the_size_that_fits(void **state) {
    struct station *s = *state;
    struct seen seen;
    struct dobos_icmp_report report;
    struct dobos_endpoint peer = endpoint(PEER_ADDRESS, 9);
    int64_t mtu = 0;
    struct dobos_socket *udp = station_udp_socket(s, 5000);
    assert_int_equal(dobos_option_read(udp, DOBOS_OPTION_PATH_MTU, &mtu), -DOBOS_ENOTCONN);
    assert_int_equal(dobos_option_set(udp, DOBOS_OPTION_PATH_MTU, 1000), -DOBOS_EOPNOTSUPP);
    assert_int_equal(dobos_connect(udp, &peer), 0);
    assert_int_equal(dobos_option_set(udp, DOBOS_OPTION_DONT_FRAGMENT, 1), 0);
    assert_int_equal(dobos_option_read(udp, DOBOS_OPTION_PATH_MTU, &mtu), 0);
    assert_int_equal(mtu, 1500);
    assert_int_equal(dobos_send(udp, data, 1472), 1472);
    assert_true(station_next(s, &seen));
    assert_true(seen.ip.dont_fragment);
    tell(s, &seen, 1400);
    assert_true(dobos_socket_ready(udp) & DOBOS_ERROR);
    assert_int_equal(dobos_receive_icmp(udp, &report), 0);
    assert_int_equal(report.mtu, 1400);
    assert_int_equal(number_of(&report.from), ROUTER);
    assert_int_equal(dobos_send(udp, data, 1400), -DOBOS_EMSGSIZE); /* of the one before */
    assert_int_equal(dobos_option_read(udp, DOBOS_OPTION_PATH_MTU, &mtu), 0);
    assert_int_equal(mtu, 1400);
    assert_int_equal(dobos_send(udp, data, 1373), -DOBOS_EMSGSIZE);
    assert_int_equal(dobos_send(udp, data, 1372), 1372);
    assert_true(station_next(s, &seen));
    assert_int_equal(seen.ip.total_length, 1400);
    dobos_close(udp);
}

/* [rfc1191#19] */
static void the_peers_segment_size_stays_a_bound(void **state) {
    struct station *s = *state;
    struct peer p = {.station = NULL};
    struct seen seen;
    unsigned count;
    peer_init(&p, s, 4000, 80);
    p.offers.has_mss = true;
    p.offers.mss = 700;
    struct dobos_socket *listener = station_listener(s, 80), *socket;
    peer_open(&p);
    assert_int_equal(dobos_accept(listener, &socket, NULL), 0);
    assert_int_equal(dobos_send(socket, data, 5000), 5000);
    assert_true(station_next(s, &seen));
    assert_int_equal(seen.ip.total_length, 740);
    station_forget(s);
    tell(s, &seen, 738);
    assert_int_equal(largest(s, &count), 738);
    dobos_abort(socket);
    dobos_close(listener);
}

/* [rfc1191#20] */
static void the_segment_size_offered_is_the_links(void **state) {
    struct station *s = *state;
    struct peer p = {.station = NULL}, q = {.station = NULL};
    struct seen seen;
    struct dobos_socket *socket = sending(&p, s, 4000, sizeof(data), &seen);
    assert_int_equal(p.offered.mss, 1460);
    tell(s, &seen, 1000);
    station_forget(s);
    struct dobos_socket *other = peer_established(&q, s, 4001);
    assert_int_equal(q.offered.mss, 1460);
    dobos_abort(other);
    dobos_abort(socket);
}

/* ---- routers ---- */

static void forward_bytes(struct station *s, uint32_t destination, size_t length,
                          bool dont_fragment) {
    struct ipv4 ip = station_header(s, PEER_ADDRESS, destination, 200);
    ip.dont_fragment = dont_fragment;
    station_ipv4(s, &ip, data, length - IPV4_HEADER_BYTES);
}

/* [rfc1191#12] [rfc1191#11] */
static void sixty_eight_bytes_pass_any_link_whole(void **state) {
    struct station *s = *state;
    struct seen seen;
    uint32_t narrow = station_add_interface(s, UINT32_C(0x0a000001), 24, 68);
    forward_bytes(s, UINT32_C(0x0a000002), 68, true);
    assert_true(station_next(s, &seen));
    assert_int_equal(seen.interface, narrow);
    assert_int_equal(seen.ip.total_length, 68);
    forward_bytes(s, UINT32_C(0x0a000002), 69, true);
    assert_true(station_next(s, &seen));
    assert_int_equal(seen.icmp.code, ICMP_FRAGMENTATION_NEEDED);
    assert_int_equal(seen.icmp.sequence, 68);
    assert_int_equal(seen.icmp.identifier, 0);
}

/* [rfc1812#54]: what it sends itself; what it forwards is the next link's matter */
static void router_minds_the_paths_mtu_in_what_it_sends_itself(void **state) {
    struct station *s = *state;
    struct seen seen;
    unsigned count;
    struct dobos_socket *udp = station_udp_socket(s, 53);
    struct dobos_message message = {.peer = endpoint(PEER_ADDRESS + 2, 9)};
    uint32_t inner = station_add_interface(s, UINT32_C(0x0a000001), 24, 1500);
    assert_int_equal(dobos_send_message(udp, data, 1400, &message), 1400);
    assert_true(station_next(s, &seen));
    tell(s, &seen, 700);
    const struct icmp echo = {.type = ICMP_ECHO_REQUEST, .identifier = 1, .sequence = 1};
    station_icmp(s, PEER_ADDRESS + 2, HOST_ADDRESS, &echo, data, 1000);
    assert_int_equal(largest(s, &count), 700);
    assert_int_equal(count, 2);
    /* A neighbour inside sends there: its packet goes on whole. */
    uint32_t outer = s->interface;
    s->interface = inner;
    struct ipv4 ip = station_header(s, UINT32_C(0x0a000002), PEER_ADDRESS + 2, 200);
    ip.dont_fragment = true;
    station_ipv4(s, &ip, data, 1400);
    assert_true(station_next(s, &seen));
    assert_int_equal(seen.interface, outer);
    assert_int_equal(seen.ip.total_length, 1420);
    dobos_close(udp);
}

int main(void) {
#define AT_HOST(test) cmocka_unit_test_setup_teardown(test, station_setup, station_teardown)
#define AT_ROUTER(test) \
    cmocka_unit_test_setup_teardown(test, station_setup_router, station_teardown)
    const struct CMUnitTest tests[] = {
        AT_HOST(every_segment_must_not_be_fragmented),
        AT_HOST(dropped_data_is_sent_again_at_once_in_segments_that_fit),
        AT_HOST(several_messages_about_one_window_repeat_it_once),
        AT_HOST(all_who_send_there_learn_of_it),
        AT_HOST(messages_about_what_was_not_sent_change_nothing),
        AT_HOST(quotes_of_datagrams_do_not_narrow_tcp),
        AT_HOST(without_an_mtu_the_next_plateau_is_tried),
        AT_HOST(below_the_floor_fragments_are_allowed),
        AT_HOST(path_that_swallows_large_segments_gets_small_ones_then_fragments),
        AT_HOST(silence_after_small_segments_is_no_black_hole),
        AT_HOST(what_was_told_is_believed_for_ten_minutes),
        AT_HOST(that_time_can_be_set),
        AT_HOST(program_that_forbids_fragments_is_told_the_size_that_fits),
        AT_HOST(the_peers_segment_size_stays_a_bound),
        AT_HOST(the_segment_size_offered_is_the_links),
        AT_ROUTER(sixty_eight_bytes_pass_any_link_whole),
        AT_ROUTER(router_minds_the_paths_mtu_in_what_it_sends_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
