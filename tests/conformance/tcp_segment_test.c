/*
 * Segments of an established TCP connection that are not simply the next (RFC 9293 §3.10.7.4, RFC
 * 5961): out of order, out of window, resets and SYNs, wrong acknowledgments, options, ICMP errors.
 */
#include "station.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define WINDOW(info) ((info).tcp.rcv_wnd)

static int64_t received(struct dobos_socket *socket) {
    char bytes[65536];
    return dobos_receive(socket, bytes, sizeof(bytes));
}

/* The host sends one bare acknowledgment of what it has, and nothing else. */
static void assert_acknowledged(struct peer *p, uint32_t ack) {
    struct seen seen;
    peer_take(p, &seen);
    assert_int_equal(seen.tcp.flags, TCP_ACK);
    assert_int_equal(seen.tcp.ack.raw, ack);
    assert_int_equal(seen.tcp.seq.raw, p->ack);
    assert_int_equal(seen.data.length, 0);
    assert_true(station_is_quiet(p->station));
}

static void assert_alive(struct peer *p, struct dobos_socket *socket) {
    peer_send(p, TCP_ACK | TCP_PSH, "alive", 5);
    assert_int_equal(received(socket), 5);
    station_run(p->station, DOBOS_SECOND);
    station_forget(p->station);
}

/* [rfc5961#1] [rfc9293#99] [attack:E12] */
static void reset_outside_the_window_is_dropped_silently(void **state) {
    struct station *s = *state;
    struct peer p = {.station = NULL};
    struct dobos_socket *socket = peer_established(&p, s, 4000);
    uint32_t window = WINDOW(info_of(socket));
    const uint32_t offsets[] = {0xffffffff, 0xfffff000, 0x80000000, window + 1000000};
    for (size_t i = 0; i < array_length(offsets); i++) {
        peer_send_at(&p, TCP_RST, p.seq + offsets[i], 0, NULL, 0);
        assert_true(station_is_quiet(s));
        assert_int_equal(state_of(socket), DOBOS_TCP_ESTABLISHED);
    }
    dobos_abort(socket);
}

/* [rfc5961#3] [attack:E12] */
static void reset_inside_the_window_is_challenged(void **state) {
    struct station *s = *state;
    struct peer p = {.station = NULL};
    struct dobos_socket *socket = peer_established(&p, s, 4000);
    uint32_t window = WINDOW(info_of(socket));
    const uint32_t offsets[] = {1, window / 2, window - 1};
    for (size_t i = 0; i < array_length(offsets); i++) {
        peer_send_at(&p, TCP_RST, p.seq + offsets[i], 0, NULL, 0);
        assert_acknowledged(&p, p.seq);
        assert_int_equal(state_of(socket), DOBOS_TCP_ESTABLISHED);
        station_run(s, 10 * DOBOS_SECOND);
    }
    dobos_abort(socket);
}

/* [rfc5961#2] [rfc9293#104] [rfc9293#24] [rfc9293#23] [rfc1122#133] */
static void reset_at_the_next_number_ends_the_connection(void **state) {
    struct station *s = *state;
    for (unsigned i = 0; i < 2; i++) {
        struct peer p = {.station = NULL};
        struct dobos_socket *socket = peer_established(&p, s, (uint16_t)(4000 + i));
        peer_send(&p, TCP_ACK | TCP_PSH, "unread", 6);
        station_forget(s);
        peer_send(&p, TCP_RST, "reason", i == 0 ? 0 : 6);
        assert_true(station_is_quiet(s));
        assert_true(dobos_socket_ready(socket) & (DOBOS_ERROR | DOBOS_HANGUP));
        assert_int_equal(dobos_socket_error(socket), -DOBOS_ECONNRESET);
        assert_true(dobos_send(socket, "x", 1) < 0);
        dobos_close(socket);
    }
}

/* [rfc5961#5] [attack:E13] */
static void syn_in_a_connection_is_challenged_whatever_its_number(void **state) {
    struct station *s = *state;
    struct peer p = {.station = NULL};
    struct dobos_socket *socket = peer_established(&p, s, 4000);
    static const uint32_t offsets[] = {0, 1, 0xffffffff, 1000, 0x80000000};
    for (size_t i = 0; i < array_length(offsets); i++) {
        peer_send_at(&p, TCP_SYN, p.seq + offsets[i], 0, NULL, 0);
        assert_acknowledged(&p, p.seq);
        peer_send_at(&p, TCP_SYN | TCP_ACK, p.seq + offsets[i], p.ack, "data", 4);
        assert_acknowledged(&p, p.seq);
        assert_int_equal(received(socket), -DOBOS_EAGAIN);
        station_run(s, 10 * DOBOS_SECOND);
    }
    assert_alive(&p, socket);
    dobos_abort(socket);
}

/* [rfc5961#7] */
static void challenges_are_rationed(void **state) {
    struct station *s = *state;
    struct peer p = {.station = NULL};
    struct dobos_socket *socket = peer_established(&p, s, 4000);
    for (unsigned i = 0; i < 2000; i++)
        peer_send_at(&p, TCP_RST, p.seq + 100 + i, 0, NULL, 0);
    unsigned challenges = 0;
    struct seen seen;
    while (station_next(s, &seen))
        challenges++;
    assert_true(challenges >= 1);
    assert_true(challenges <= 1000);
    station_run(s, 10 * DOBOS_SECOND);
    station_forget(s);
    peer_send_at(&p, TCP_RST, p.seq + 100, 0, NULL, 0);
    assert_acknowledged(&p, p.seq);
    dobos_abort(socket);
}

/* [rfc9293#99] [attack:E17] */
static void segment_outside_the_window_is_acknowledged_and_dropped(void **state) {
    struct station *s = *state;
    struct peer p = {.station = NULL};
    struct dobos_socket *socket = peer_established(&p, s, 4000);
    uint32_t window = WINDOW(info_of(socket));
    const uint32_t offsets[] = {0xffffff00, 0x80000000, window, window + 5000};
    for (size_t i = 0; i < array_length(offsets); i++) {
        peer_send_at(&p, TCP_ACK, p.seq + offsets[i], p.ack, "data", 4);
        assert_acknowledged(&p, p.seq);
        assert_int_equal(received(socket), -DOBOS_EAGAIN);
        station_run(s, 10 * DOBOS_SECOND);
    }
    dobos_abort(socket);
}

/* [rfc9293#108] [rfc5961#6] [attack:E14] [attack:E18] */
static void acknowledgment_out_of_range_is_answered_and_its_data_dropped(void **state) {
    struct station *s = *state;
    struct peer p = {.station = NULL};
    struct dobos_socket *socket = peer_established(&p, s, 4000);
    const uint32_t wrong[] = {p.ack + 1, p.ack + 100000, p.ack - 65535 - 2, p.ack - 0x40000000};
    for (size_t i = 0; i < array_length(wrong); i++) {
        peer_send_at(&p, TCP_ACK, p.seq, wrong[i], "forged", 6);
        assert_acknowledged(&p, p.seq);
        assert_int_equal(received(socket), -DOBOS_EAGAIN);
        station_run(s, 10 * DOBOS_SECOND);
    }
    assert_alive(&p, socket);
    dobos_abort(socket);
}

/* [rfc9293#105] */
static void segment_without_acknowledgment_is_dropped(void **state) {
    struct station *s = *state;
    struct peer p = {.station = NULL};
    struct dobos_socket *socket = peer_established(&p, s, 4000);
    peer_send_at(&p, 0, p.seq, 0, "data", 4);
    peer_send_at(&p, TCP_FIN, p.seq, 0, NULL, 0);
    assert_true(station_is_quiet(s));
    assert_int_equal(received(socket), -DOBOS_EAGAIN);
    assert_int_equal(state_of(socket), DOBOS_TCP_ESTABLISHED);
    dobos_abort(socket);
}

/* [rfc9293#102] [rfc1122#145] [rfc5681#12] [rfc5681#13] [rfc9293#12] */
static void segment_beyond_a_hole_is_kept_and_both_are_acknowledged_at_once(void **state) {
    struct station *s = *state;
    struct peer p = {.station = NULL};
    struct dobos_socket *socket = peer_established(&p, s, 4000);
    char bytes[64];
    /* The peer's numbers wrap inside this data: they begin at 0xfffffff1. */
    peer_send_at(&p, TCP_ACK, p.seq + 20, p.ack, "cccccccccc", 10);
    assert_acknowledged(&p, p.seq);
    peer_send_at(&p, TCP_ACK, p.seq + 10, p.ack, "bbbbbbbbbb", 10);
    assert_acknowledged(&p, p.seq);
    assert_int_equal(received(socket), -DOBOS_EAGAIN);
    peer_send_at(&p, TCP_ACK, p.seq, p.ack, "aaaaaaaaaa", 10);
    p.seq += 30;
    assert_acknowledged(&p, p.seq);
    assert_int_equal(dobos_receive(socket, bytes, sizeof(bytes)), 30);
    assert_memory_equal(bytes, "aaaaaaaaaabbbbbbbbbbcccccccccc", 30);
    dobos_abort(socket);
}

/* [rfc9293#101] [attack:E39] */
static void only_the_new_part_of_an_overlapping_segment_is_used(void **state) {
    struct station *s = *state;
    struct peer p = {.station = NULL};
    struct dobos_socket *socket = peer_established(&p, s, 4000);
    char bytes[64];
    peer_send_at(&p, TCP_ACK, p.seq, p.ack, "01234", 5);
    peer_send_at(&p, TCP_ACK, p.seq, p.ack, "-----56789", 10);
    peer_send_at(&p, TCP_ACK, p.seq + 12, p.ack, "CDE", 3);
    peer_send_at(&p, TCP_ACK, p.seq + 10, p.ack, "ABYYYF", 6);
    assert_int_equal(dobos_receive(socket, bytes, sizeof(bytes)), 16);
    assert_memory_equal(bytes, "0123456789ABCDEF", 16);
    dobos_abort(socket);
}

/* [rfc9293#101] */
static void part_of_a_segment_beyond_the_window_is_cut_off(void **state) {
    struct station *s = *state;
    struct peer p = {.station = NULL};
    struct dobos_socket *socket = peer_established(&p, s, 4000);
    assert_int_equal(dobos_option_set(socket, DOBOS_OPTION_RECEIVE_BUFFER, 4096), 0);
    uint8_t data[1400] = {0};
    int64_t total = 0;
    struct seen seen;
    unsigned sent = 0;
    /* A peer that minds no window. */
    for (; sent < 1000; sent++) {
        peer_send(&p, TCP_ACK, data, sizeof(data));
        station_forget(s);
    }
    station_run(s, DOBOS_SECOND);
    station_forget(s);
    for (int64_t n; (n = received(socket)) > 0;)
        total += n;
    assert_true(total < (int64_t)sizeof(data) * sent);
    peer_send_at(&p, TCP_ACK, p.seq - (uint32_t)sizeof(data) * sent, p.ack, NULL, 0);
    do {
        assert_true(station_next(s, &seen));
    } while (!station_is_quiet(s));
    assert_int_equal(seen.tcp.ack.raw, p.seq - (uint32_t)sizeof(data) * sent + (uint32_t)total);
    dobos_abort(socket);
}

/* [rfc9293#13] */
static void reset_counts_while_the_window_is_closed(void **state) {
    struct station *s = *state;
    struct peer p = {.station = NULL};
    struct dobos_socket *socket = peer_established(&p, s, 4000);
    uint8_t data[1400] = {0};
    struct seen seen = {.tcp.window = 1};
    for (unsigned i = 0; i < 2000 && seen.tcp.window > 0; i++) {
        peer_send_at(&p, TCP_ACK | TCP_PSH, p.seq, p.ack, data,
                     min_size(sizeof(data), seen.tcp.window));
        station_run(s, 500 * DOBOS_MILLISECOND);
        while (station_next(s, &seen))
            p.seq = seen.tcp.ack.raw;
    }
    assert_int_equal(seen.tcp.window, 0);
    peer_send_at(&p, TCP_RST, p.seq + 1, 0, NULL, 0);
    assert_int_equal(state_of(socket), DOBOS_TCP_ESTABLISHED);
    peer_send_at(&p, TCP_RST, p.seq, 0, NULL, 0);
    assert_int_equal(dobos_socket_error(socket), -DOBOS_ECONNRESET);
    dobos_close(socket);
}

/* [rfc9293#4] [rfc1122#129] [rfc9293#10] [attack:E9] */
static void damaged_segment_is_dropped_silently(void **state) {
    struct station *s = *state;
    struct peer p = {.station = NULL};
    struct dobos_socket *socket = peer_established(&p, s, 4000);
    uint64_t malformed = station_counter(s, "DropTcpMalformed");
    uint8_t segment[24];
    struct writer w = writer_make(segment, sizeof(segment));
    struct tcp_header tcp = {
        .source_port = 4000,
        .destination_port = 80,
        .seq = seq_make(p.seq),
        .ack = seq_make(p.ack),
        .flags = TCP_ACK,
        .header_length = 20,
    };
    tcp_emit(&w, &tcp);
    writer_bytes(&w, "data", 4);
    struct ipv4 ip = station_header(s, PEER_ADDRESS, HOST_ADDRESS, PROTOCOL_TCP);
    station_ipv4(s, &ip, segment, sizeof(segment)); /* no checksum */
    assert_int_equal(station_counter(s, "DropTcpChecksum"), 1);
    for (uint8_t words = 0; words < 16; words++) {
        if (words == 5 || words == 6)
            continue;
        segment[12] = (uint8_t)(words << 4);
        station_ipv4(s, &ip, segment, sizeof(segment));
    }
    for (size_t length = 0; length < 20; length++)
        station_ipv4(s, &ip, segment, length);
    assert_int_equal(station_counter(s, "DropTcpMalformed") - malformed, 14 + 20);
    assert_true(station_is_quiet(s));
    assert_int_equal(received(socket), -DOBOS_EAGAIN);
    assert_alive(&p, socket);
    dobos_abort(socket);
}

static void send_with_options(struct peer *p, const uint8_t *options, size_t length) {
    struct tcp_header tcp = {
        .source_port = p->port,
        .destination_port = p->host_port,
        .seq = seq_make(p->seq),
        .ack = seq_make(p->ack),
        .flags = TCP_ACK | TCP_PSH,
        .window = p->window,
        .options = {options, length},
    };
    station_tcp(p->station, p->address, HOST_ADDRESS, &tcp, "ok", 2);
}

/* [rfc9293#6] [rfc1122#121] [rfc9293#7] [rfc1122#122] [rfc9293#8] [rfc1122#123] [attack:E7]
 * [attack:E8] [attack:E40] */
static void options_of_any_kind_and_length_do_no_harm(void **state) {
    struct station *s = *state;
    struct peer p = {.station = NULL};
    struct dobos_socket *socket = peer_established(&p, s, 4000);
    static const uint8_t lengths[] = {0, 1, 2, 3, 4, 7, 8, 10, 18, 39, 40, 41, 255};
    for (unsigned kind = 0; kind < 256; kind++) {
        for (size_t i = 0; i < array_length(lengths); i++) {
            uint8_t options[40];
            memset(options, 1, sizeof(options));
            options[i % 3] = (uint8_t)kind;
            options[i % 3 + 1] = lengths[i];
            send_with_options(&p, options, sizeof(options));
            int64_t n = received(socket);
            assert_true(n == 2 || n == -DOBOS_EAGAIN);
            /* A good length of an unknown kind does no harm at all. */
            if (kind > 100 && lengths[i] >= 2 && lengths[i] <= 37)
                assert_int_equal(n, 2);
            if (n == 2)
                p.seq += 2;
        }
        station_run(s, DOBOS_SECOND);
        station_forget(s);
    }
    assert_alive(&p, socket);
    dobos_abort(socket);
}

/* [attack:E10] */
static void urgent_pointer_is_never_a_length(void **state) {
    struct station *s = *state;
    struct peer p = {.station = NULL};
    struct dobos_socket *socket = peer_established(&p, s, 4000);
    static const uint16_t pointers[] = {0, 1, 2, 3, 4, 5, 1000, 32767, 32768, 65535};
    for (size_t i = 0; i < array_length(pointers); i++) {
        struct tcp_header tcp = {
            .source_port = p.port,
            .destination_port = p.host_port,
            .seq = seq_make(p.seq),
            .ack = seq_make(p.ack),
            .flags = TCP_ACK | TCP_URG,
            .window = p.window,
            .urgent = pointers[i],
        };
        char bytes[16];
        station_tcp(s, PEER_ADDRESS, HOST_ADDRESS, &tcp, "data", 4);
        assert_int_equal(dobos_receive(socket, bytes, sizeof(bytes)), 4);
        assert_memory_equal(bytes, "data", 4);
        p.seq += 4;
    }
    dobos_abort(socket);
}

/* [rfc9293#79] [rfc1122#168] */
static void ip_options_around_a_segment_are_ignored(void **state) {
    struct station *s = *state;
    struct peer p = {.station = NULL};
    struct dobos_socket *socket = peer_established(&p, s, 4000);
    static const uint8_t options[] = {0x94, 4, 0, 0, 0x5e, 4, 1, 2};
    struct tcp_header tcp = {
        .source_port = 4000,
        .destination_port = 80,
        .seq = seq_make(p.seq),
        .ack = seq_make(p.ack),
        .flags = TCP_ACK,
        .window = 65535,
        .header_length = 20,
    };
    uint8_t segment[24];
    struct writer w = writer_make(segment, sizeof(segment));
    tcp_emit(&w, &tcp);
    writer_bytes(&w, "data", 4);
    uint32_t sum = (PEER_ADDRESS >> 16) + (PEER_ADDRESS & 0xffff) + (HOST_ADDRESS >> 16) +
                   (HOST_ADDRESS & 0xffff) + PROTOCOL_TCP + sizeof(segment);
    for (size_t i = 0; i < sizeof(segment); i += 2)
        sum += load_be16(segment + i);
    while (sum >> 16 != 0)
        sum = (sum & 0xffff) + (sum >> 16);
    store_be16(segment + 16, (uint16_t)~sum);
    struct ipv4 ip = station_header(s, PEER_ADDRESS, HOST_ADDRESS, PROTOCOL_TCP);
    ip.options = (struct slice){options, sizeof(options)};
    station_ipv4(s, &ip, segment, sizeof(segment));
    assert_int_equal(received(socket), 4);
    dobos_abort(socket);
}

/* [rfc9293#107] */
static void older_segment_does_not_update_the_send_window(void **state) {
    struct station *s = *state;
    struct peer p = {.station = NULL};
    struct dobos_socket *socket = peer_established(&p, s, 4000);
    peer_send(&p, TCP_ACK, "new", 3);
    assert_int_equal(info_of(socket).tcp.snd_wnd, 65535);
    p.window = 30000;
    peer_send_at(&p, TCP_ACK, p.seq + 100, p.ack, "later", 5); /* beyond a hole, but newer */
    assert_int_equal(info_of(socket).tcp.snd_wnd, 30000);
    p.window = 100;
    peer_send_at(&p, TCP_ACK, p.seq - 3, p.ack, "new", 3);
    peer_send_at(&p, TCP_ACK, p.seq, p.ack, "late", 4);
    assert_int_equal(info_of(socket).tcp.snd_wnd, 30000);
    peer_send_at(&p, TCP_ACK, p.seq + 200, p.ack, NULL, 0);
    assert_int_equal(info_of(socket).tcp.snd_wnd, 100);
    dobos_abort(socket);
}

/* Sends a segment from the host and answers it with an ICMP error. */
static void provoke(struct peer *p, struct dobos_socket *socket, uint8_t type, uint8_t code) {
    struct seen seen;
    assert_int_equal(dobos_send(socket, "provoke", 7), 7);
    peer_take(p, &seen);
    station_icmp_about(p->station, PEER_ADDRESS + 1, type, code, 0, &seen);
    peer_send(p, TCP_ACK, NULL, 0);
}

/* [rfc9293#82] [rfc1122#170] [rfc9293#81] [attack:C1] [attack:C2] */
static void icmp_errors_do_not_end_an_established_connection(void **state) {
    struct station *s = *state;
    struct peer p = {.station = NULL};
    struct dobos_socket *socket = peer_established(&p, s, 4000);
    static const uint8_t errors[][2] = {{3, 0},  {3, 1}, {3, 2},  {3, 3},  {3, 5},
                                        {3, 13}, {4, 0}, {11, 0}, {11, 1}, {12, 0}};
    for (size_t i = 0; i < array_length(errors); i++) {
        uint32_t window = info_of(socket).tcp.cwnd_bytes;
        provoke(&p, socket, errors[i][0], errors[i][1]);
        assert_int_equal(state_of(socket), DOBOS_TCP_ESTABLISHED);
        assert_true(info_of(socket).tcp.cwnd_bytes >= window);
    }
    assert_alive(&p, socket);
    dobos_abort(socket);
}

/* [rfc9293#80] [rfc1122#169] [rfc9293#84] [rfc1122#171] [attack:E36] */
static void port_unreachable_ends_only_the_attempt_it_is_about(void **state) {
    struct station *s = *state;
    struct dobos_socket *one = station_connect(s, PEER_ADDRESS, 4000), *two;
    struct seen seen;
    assert_true(station_next(s, &seen));
    two = station_connect(s, PEER_ADDRESS, 4001);
    seen.bytes[14 + 20 + 4]++; /* a number that was never sent */
    station_icmp_about(s, PEER_ADDRESS, ICMP_UNREACHABLE, ICMP_PORT_UNREACHABLE, 0, &seen);
    assert_int_equal(state_of(one), DOBOS_TCP_SYN_SENT);
    seen.bytes[14 + 20 + 4]--;
    station_icmp_about(s, PEER_ADDRESS, ICMP_UNREACHABLE, ICMP_PORT_UNREACHABLE, 0, &seen);
    assert_int_equal(dobos_socket_error(one), -DOBOS_ECONNREFUSED);
    assert_int_equal(state_of(two), DOBOS_TCP_SYN_SENT);
    dobos_close(one);
    dobos_abort(two);
}

/* [rfc9293#83] [rfc9293#76] [rfc1122#175] [rfc9293#82] */
static void soft_error_is_the_reason_given_when_the_attempt_is_given_up(void **state) {
    struct station *s = *state;
    struct dobos_socket *socket = station_connect(s, PEER_ADDRESS, 4000);
    struct seen seen;
    assert_true(station_next(s, &seen));
    station_icmp_about(s, PEER_ADDRESS, ICMP_UNREACHABLE, ICMP_HOST_UNREACHABLE, 0, &seen);
    assert_int_equal(state_of(socket), DOBOS_TCP_SYN_SENT);
    station_run(s, 1800 * DOBOS_SECOND);
    assert_int_equal(dobos_socket_error(socket), -DOBOS_EHOSTUNREACH);
    dobos_close(socket);
}

/* [rfc1191#2] [rfc1191#3] [attack:C3] */
static void path_mtu_told_by_icmp_is_kept_in_bounds(void **state) {
    struct station *s = *state;
    static const uint16_t told[] = {0, 1, 67, 68, 296, 1000, 1501, 65535};
    static const uint16_t believed[] = {1492, 552, 552, 552, 552, 1000, 1500, 1500};
    for (size_t i = 0; i < array_length(told); i++) {
        struct peer p = {.station = NULL};
        struct dobos_socket *socket = peer_established(&p, s, (uint16_t)(4000 + i));
        uint8_t data[4000] = {0};
        struct seen seen;
        assert_int_equal(dobos_send(socket, data, sizeof(data)), sizeof(data));
        assert_true(station_next(s, &seen));
        assert_int_equal(seen.ip.total_length, 1500);
        station_forget(s);
        struct seen forged = seen;
        forged.bytes[14 + 20 + 4] ^= 0x40; /* a number that is not in flight */
        station_icmp_about(s, PEER_ADDRESS + 1, 3, 4, told[i], &forged);
        assert_true(station_is_quiet(s));
        station_icmp_about(s, PEER_ADDRESS + 1, 3, 4, told[i], &seen);
        station_run(s, 10 * DOBOS_SECOND);
        size_t largest = 0;
        while (station_next(s, &seen))
            largest = max_size(largest, seen.ip.total_length);
        assert_int_equal(largest, believed[i]);
        dobos_abort(socket);
        station_run(s, 601 * DOBOS_SECOND); /* [rfc1191#4] */
        station_forget(s);
    }
}

/* [attack:E33] */
static void every_combination_of_flags_leaves_the_witness_alone(void **state) {
    struct station *s = *state;
    struct peer witness = {.station = NULL};
    struct dobos_socket *kept = peer_established(&witness, s, 3999);
    for (unsigned flags = 0; flags < 256; flags++) {
        for (unsigned i = 0; i < 9; i++) {
            static const uint32_t offsets[] = {0, 0xfffffffe, 3};
            struct peer p = {.station = NULL};
            struct dobos_socket *socket = peer_established(&p, s, (uint16_t)(4000 + flags * 9 + i));
            peer_send_at(&p, (uint8_t)flags, p.seq + offsets[i % 3], p.ack + offsets[i / 3], "data",
                         flags & 1 ? 4 : 0);
            station_forget(s);
            dobos_abort(socket);
            station_forget(s);
        }
        assert_alive(&witness, kept);
    }
    dobos_abort(kept);
}

int main(void) {
#define AT_HOST(test) cmocka_unit_test_setup_teardown(test, station_setup, station_teardown)
    const struct CMUnitTest tests[] = {
        AT_HOST(reset_outside_the_window_is_dropped_silently),
        AT_HOST(reset_inside_the_window_is_challenged),
        AT_HOST(reset_at_the_next_number_ends_the_connection),
        AT_HOST(syn_in_a_connection_is_challenged_whatever_its_number),
        AT_HOST(challenges_are_rationed),
        AT_HOST(segment_outside_the_window_is_acknowledged_and_dropped),
        AT_HOST(acknowledgment_out_of_range_is_answered_and_its_data_dropped),
        AT_HOST(segment_without_acknowledgment_is_dropped),
        AT_HOST(segment_beyond_a_hole_is_kept_and_both_are_acknowledged_at_once),
        AT_HOST(only_the_new_part_of_an_overlapping_segment_is_used),
        AT_HOST(part_of_a_segment_beyond_the_window_is_cut_off),
        AT_HOST(reset_counts_while_the_window_is_closed),
        AT_HOST(damaged_segment_is_dropped_silently),
        AT_HOST(options_of_any_kind_and_length_do_no_harm),
        AT_HOST(urgent_pointer_is_never_a_length),
        AT_HOST(ip_options_around_a_segment_are_ignored),
        AT_HOST(older_segment_does_not_update_the_send_window),
        AT_HOST(icmp_errors_do_not_end_an_established_connection),
        AT_HOST(port_unreachable_ends_only_the_attempt_it_is_about),
        AT_HOST(soft_error_is_the_reason_given_when_the_attempt_is_given_up),
        AT_HOST(path_mtu_told_by_icmp_is_kept_in_bounds),
        AT_HOST(every_combination_of_flags_leaves_the_witness_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
