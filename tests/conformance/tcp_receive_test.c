/*
 * What a TCP receiver acknowledges and offers, and when (RFC 9293 §3.8.6, RFC 5681 §4.2, RFC 7323),
 * from the wire's side: delayed acknowledgments, windows, timestamps.
 */
#include "station.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DAY (86400 * DOBOS_SECOND)

static const uint8_t DATA[1460];

static int64_t received(struct dobos_socket *socket) {
    static char bytes[262144];
    return dobos_receive(socket, bytes, sizeof(bytes));
}

/* [rfc9293#66] [rfc1122#149] [rfc9293#67] [rfc1122#147] [rfc5681#21] */
static void lone_segment_is_acknowledged_late_but_within_half_a_second(void **state) {
    struct station *s = *state;
    struct peer p = {.station = NULL};
    struct dobos_socket *socket = peer_established(&p, s, 4000);
    struct seen seen;
    for (unsigned i = 0; i < 20; i++) {
        dobos_time begin = s->now;
        peer_send(&p, TCP_ACK, DATA, 100);
        bool was_late = station_is_quiet(s);
        station_run(s, 150 * DOBOS_MILLISECOND);
        peer_take(&p, &seen);
        assert_int_equal(seen.tcp.ack.raw, p.seq);
        assert_true(seen.at - begin < 500 * DOBOS_MILLISECOND);
        assert_true(station_is_quiet(s));
        /* The first may be hurried to let the sender's window grow. */
        assert_true(was_late || i < 19);
        assert_int_equal(received(socket), 100);
    }
    dobos_abort(socket);
}

/* [rfc9293#68] [rfc1122#150] [rfc5681#22] */
static void every_second_full_segment_is_acknowledged_at_once(void **state) {
    struct station *s = *state;
    struct peer p = {.station = NULL};
    struct dobos_socket *socket = peer_established(&p, s, 4000);
    for (unsigned i = 0; i < 20; i++) {
        struct seen seen;
        uint32_t acked = 0;
        peer_send(&p, TCP_ACK, DATA, sizeof(DATA));
        peer_send(&p, TCP_ACK, DATA, sizeof(DATA));
        while (station_next(s, &seen))
            acked = seen.tcp.ack.raw;
        assert_int_equal(acked, p.seq);
        assert_true(received(socket) > 0);
        station_forget(s);
    }
    dobos_abort(socket);
}

/* [rfc9293#66] */
static void acknowledgment_rides_on_data_that_goes_the_other_way(void **state) {
    struct station *s = *state;
    struct peer p = {.station = NULL};
    struct dobos_socket *socket = peer_established(&p, s, 4000);
    struct seen seen;
    for (unsigned i = 0; i < 20; i++) { /* past the hurried beginning */
        peer_send(&p, TCP_ACK, DATA, 100);
        station_run(s, 150 * DOBOS_MILLISECOND);
        station_forget(s);
    }
    peer_send(&p, TCP_ACK, DATA, 100);
    assert_true(received(socket) > 0);
    assert_int_equal(dobos_send(socket, "answer", 6), 6);
    peer_take(&p, &seen);
    assert_int_equal(seen.data.length, 6);
    assert_int_equal(seen.tcp.ack.raw, p.seq);
    peer_send(&p, TCP_ACK, NULL, 0);
    station_run(s, 10 * DOBOS_SECOND);
    assert_true(station_is_quiet(s));
    dobos_abort(socket);
}

/* [rfc5681#23] */
static void one_segment_gives_one_acknowledgment(void **state) {
    struct station *s = *state;
    struct peer p = {.station = NULL};
    struct dobos_socket *socket = peer_established(&p, s, 4000);
    struct seen seen;
    unsigned acknowledgments = 0;
    for (unsigned i = 1; i <= 40; i++) {
        peer_send_at(&p, TCP_ACK, p.seq + 50 * i, p.ack, DATA, 50);
        peer_send_at(&p, TCP_ACK, p.seq + 50 * i, p.ack, DATA, 50);
    }
    station_run(s, DOBOS_SECOND);
    while (station_next(s, &seen))
        acknowledgments++;
    assert_in_range(acknowledgments, 40, 80);
    dobos_abort(socket);
}

/* [rfc9293#100] [rfc1122#146] */
static void burst_is_taken_in_before_it_is_acknowledged(void **state) {
    struct station *s = *state;
    struct peer p = {.station = NULL};
    struct dobos_socket *socket = peer_established(&p, s, 4000);
    struct dobos_packet *packets[32];
    struct seen seen;
    for (unsigned i = 0; i < array_length(packets); i++) {
        uint8_t segment[20 + 1000] = {0}, frame[1100];
        struct writer w = writer_make(segment, sizeof(segment));
        struct tcp_header tcp = {
            .source_port = 4000,
            .destination_port = 80,
            .seq = seq_make(p.seq),
            .ack = seq_make(p.ack),
            .flags = TCP_ACK,
            .window = 65535,
            .header_length = 20,
        };
        tcp_emit(&w, &tcp);
        w.position = sizeof(segment);
        uint32_t sum = (PEER_ADDRESS >> 16) + (PEER_ADDRESS & 0xffff) + (HOST_ADDRESS >> 16) +
                       (HOST_ADDRESS & 0xffff) + PROTOCOL_TCP + sizeof(segment);
        for (size_t at = 0; at < sizeof(segment); at += 2)
            sum += load_be16(segment + at);
        while (sum >> 16 != 0)
            sum = (sum & 0xffff) + (sum >> 16);
        store_be16(segment + 16, (uint16_t)~sum);
        struct ipv4 ip = station_header(s, PEER_ADDRESS, HOST_ADDRESS, PROTOCOL_TCP);
        ip.total_length = 20 + sizeof(segment);
        w = writer_make(frame, sizeof(frame));
        station_link(s, &w, ETHER_TYPE_IPV4);
        ipv4_emit(&w, &ip);
        writer_bytes(&w, segment, sizeof(segment));
        packets[i] = dobos_packet_from_bytes(s->pool, frame, w.position, NULL);
        assert_non_null(packets[i]);
        p.seq += 1000;
    }
    dobos_input(s->host, s->interface, packets, array_length(packets), s->now);
    peer_take(&p, &seen);
    assert_int_equal(seen.tcp.ack.raw, p.seq);
    assert_true(station_is_quiet(s));
    assert_int_equal(received(socket), 32000);
    dobos_abort(socket);
}

/* Windows. */

/* Fills the host's receive buffer; returns the right edge of its window. */
static uint32_t fill_window(struct peer *p) {
    struct seen seen = {.tcp.window = 65535};
    for (unsigned i = 0; i < 3000 && seen.tcp.window > 0; i++) {
        peer_send_at(p, TCP_ACK | TCP_PSH, p->seq, p->ack, DATA, min_size(1460, seen.tcp.window));
        station_run(p->station, 500 * DOBOS_MILLISECOND);
        while (station_next(p->station, &seen))
            p->seq = seen.tcp.ack.raw;
    }
    assert_int_equal(seen.tcp.window, 0);
    return p->seq;
}

/* [rfc9293#65] [rfc1122#151] [rfc9293#56] [rfc1122#138] */
static void window_opens_by_a_segment_or_half_the_buffer_at_least(void **state) {
    struct station *s = *state;
    struct peer p = {.station = NULL};
    struct dobos_socket *socket = peer_established(&p, s, 4000);
    uint32_t edge = fill_window(&p);
    unsigned opened = 0;
    for (unsigned i = 0; i < 600000 && opened < 5; i++) {
        struct seen seen;
        char byte;
        assert_int_equal(dobos_receive(socket, &byte, 1), 1);
        if (i % 7 == 0) /* a probe makes the host say its window */
            peer_send_at(&p, TCP_ACK, p.seq, p.ack, "p", 1);
        while (station_next(s, &seen)) {
            uint32_t step = seen.tcp.ack.raw + seen.tcp.window - edge;
            assert_true(step == 0 || (step >= 1460 && step < 0x80000000));
            opened += step > 0;
            edge += step;
            p.seq = seen.tcp.ack.raw;
        }
    }
    assert_int_equal(opened, 5);
    dobos_abort(socket);
}

/* [rfc9293#56] */
static void smaller_buffer_does_not_draw_the_window_back(void **state) {
    struct station *s = *state;
    struct peer p = {.station = NULL};
    struct dobos_socket *socket = peer_established(&p, s, 4000);
    struct seen seen;
    uint32_t edge = p.seq;
    for (unsigned i = 0; i < 40; i++) {
        if (i == 20)
            assert_int_equal(dobos_option_set(socket, DOBOS_OPTION_RECEIVE_BUFFER, 4096), 0);
        peer_send(&p, TCP_ACK, DATA, 500);
        station_run(s, DOBOS_SECOND);
        while (station_next(s, &seen)) {
            uint32_t told = seen.tcp.ack.raw + seen.tcp.window;
            assert_true(told - edge < 0x80000000);
            edge = told;
        }
    }
    dobos_abort(socket);
}

/* [rfc9293#65] */
static void window_update_comes_when_a_program_reads_on(void **state) {
    struct station *s = *state;
    struct peer p = {.station = NULL};
    struct dobos_socket *socket = peer_established(&p, s, 4000);
    struct seen seen;
    (void)fill_window(&p);
    while (received(socket) > 0) {
    }
    assert_true(station_next(s, &seen));
    assert_true(seen.tcp.window >= 1460);
    dobos_abort(socket);
}

/* [rfc7323#1] [rfc7323#2] [rfc7323#4] [rfc7323#3] */
static void window_scale_is_used_only_when_both_offered_it(void **state) {
    struct station *s = *state;
    struct peer p = {.offers = {.has_mss = true, .mss = 1460, .has_window_scale = true}};
    struct dobos_socket *socket = peer_established(&p, s, 4000);
    assert_true(p.offered.has_window_scale);
    assert_true(p.offered.window_scale <= 14);
    dobos_abort(socket);
    station_forget(s);
    p.offers.has_window_scale = false;
    socket = peer_established(&p, s, 4001);
    assert_false(p.offered.has_window_scale);
    assert_int_equal(info_of(socket).tcp.snd_wnd, 65535);
    static const uint8_t option[] = {3, 3, 7, 0};
    struct tcp_header tcp = {
        .source_port = p.port,
        .destination_port = p.host_port,
        .seq = seq_make(p.seq),
        .ack = seq_make(p.ack),
        .flags = TCP_ACK,
        .window = 1000,
        .options = {option, sizeof(option)},
    };
    station_tcp(s, PEER_ADDRESS, HOST_ADDRESS, &tcp, NULL, 0);
    assert_int_equal(info_of(socket).tcp.snd_wnd, 1000);
    dobos_abort(socket);
}

/* [rfc7323#8] [rfc7323#5] */
static void all_of_a_scaled_window_may_be_used(void **state) {
    struct station *s = *state;
    struct peer p = {.offers = {.has_mss = true, .mss = 1460, .has_window_scale = true}};
    struct dobos_socket *socket = peer_established(&p, s, 4000);
    struct seen seen;
    uint32_t begin = p.seq;
    peer_send(&p, TCP_ACK, DATA, 1460);
    peer_send(&p, TCP_ACK, DATA, 1460);
    assert_true(station_next(s, &seen));
    uint32_t window = (uint32_t)seen.tcp.window << p.offered.window_scale;
    assert_true(window > 100000);
    station_forget(s);
    uint32_t last = seen.tcp.ack.raw + window - 1460;
    peer_send_at(&p, TCP_ACK, last, p.ack, DATA, 1460);
    assert_true(station_next(s, &seen));
    assert_int_equal(seen.tcp.ack.raw, p.seq);
    int64_t total = 0;
    while ((int32_t)(last - p.seq) > 0) {
        size_t length = min_size(1460, last - p.seq);
        peer_send(&p, TCP_ACK, DATA, length);
        station_forget(s);
    }
    for (int64_t n; (n = received(socket)) > 0;)
        total += n;
    assert_int_equal(total, last + 1460 - begin);
    dobos_abort(socket);
}

/* Memory. */

/* [attack:E4] [attack:E5] [attack:E6] */
static void crumbs_out_of_order_cost_bounded_memory_and_arrive(void **state) {
    struct station *s = *state;
    struct peer p = {.offers = {.has_mss = true, .mss = 1460, .has_window_scale = true}};
    struct dobos_socket *socket = peer_established(&p, s, 4000);
    struct dobos_pool_statistics before, after;
    dobos_pool_statistics_read(s->pool, &before);
    uint32_t begin = p.seq;
    for (unsigned i = 0; i < 20000; i++) {
        uint32_t at = i * 7919u % 20000u;
        peer_send_at(&p, TCP_ACK, begin + 2 * at + 1, p.ack, "x", 1);
        if (i % 1000 == 0)
            station_forget(s);
    }
    station_forget(s);
    dobos_pool_statistics_read(s->pool, &after);
    assert_true(after.bytes - before.bytes < (size_t)8 << 20);
    uint32_t total = 0;
    for (unsigned i = 0; i < 20000 && total < 40000; i++) { /* what is missing comes again */
        struct seen seen;
        peer_send_at(&p, TCP_ACK, begin, p.ack, "yx", 2);
        for (int64_t n; (n = received(socket)) > 0;)
            total += (uint32_t)n;
        while (station_next(s, &seen))
            begin = seen.tcp.ack.raw;
        begin = p.seq + total;
    }
    assert_in_range(total, 40000, 40002);
    station_forget(s);
    dobos_abort(socket);
}

/* Timestamps. */

static struct dobos_socket *with_timestamps(struct peer *p, struct station *s) {
    *p = (struct peer){.timestamps = true};
    struct dobos_socket *socket = peer_established(p, s, 4000);
    assert_true(p->offered.has_timestamps);
    assert_int_equal(p->offered.ts_echo, 1000);
    return socket;
}

/* [rfc7323#12] [rfc7323#10] [rfc7323#9] */
static void timestamps_are_on_every_segment_once_negotiated(void **state) {
    struct station *s = *state;
    struct peer p;
    struct seen seen;
    struct dobos_socket *socket = with_timestamps(&p, s);
    for (unsigned i = 0; i < 10; i++) {
        p.ts_value += 7;
        peer_send(&p, TCP_ACK, DATA, 100);
        assert_int_equal(dobos_send(socket, "data", 4), 4);
        station_run(s, 600 * DOBOS_MILLISECOND);
        while (station_next(s, &seen)) {
            assert_true(seen.option.has_timestamps);
            assert_int_equal(seen.option.ts_echo, p.ts_value);
            if (seen.tcp.seq.raw == p.ack)
                p.ack += (uint32_t)seen.data.length;
        }
        peer_send(&p, TCP_ACK, NULL, 0);
    }
    dobos_abort(socket);
    station_forget(s);
    socket = station_connect(s, PEER_ADDRESS, 4001);
    assert_true(station_next(s, &seen));
    assert_true(seen.option.has_timestamps);
    assert_int_equal(seen.option.ts_echo, 0);
    dobos_abort(socket);
}

/* [rfc7323#13] [rfc7323#14] */
static void segment_without_timestamps_is_dropped_silently_after_negotiation(void **state) {
    struct station *s = *state;
    struct peer p;
    struct dobos_socket *socket = with_timestamps(&p, s);
    p.timestamps = false;
    peer_send_at(&p, TCP_ACK, p.seq, p.ack, "data", 4);
    peer_send_at(&p, TCP_ACK | TCP_FIN, p.seq, p.ack, NULL, 0);
    station_run(s, DOBOS_SECOND);
    assert_true(station_is_quiet(s));
    assert_int_equal(received(socket), -DOBOS_EAGAIN);
    assert_int_equal(state_of(socket), DOBOS_TCP_ESTABLISHED);
    peer_send_at(&p, TCP_RST, p.seq, 0, NULL, 0);
    assert_int_equal(dobos_socket_error(socket), -DOBOS_ECONNRESET);
    dobos_close(socket);
}

/* [rfc7323#15] */
static void timestamps_not_negotiated_are_ignored(void **state) {
    struct station *s = *state;
    struct peer p = {.station = NULL};
    struct dobos_socket *socket = peer_established(&p, s, 4000);
    struct seen seen;
    p.timestamps = true;
    static const uint32_t values[] = {1000, 5, 0xffffffff, 1};
    for (size_t i = 0; i < array_length(values); i++) {
        p.ts_value = values[i];
        peer_send(&p, TCP_ACK, DATA, 10);
        assert_int_equal(received(socket), 10);
    }
    station_run(s, DOBOS_SECOND);
    while (station_next(s, &seen))
        assert_false(seen.option.has_timestamps);
    dobos_abort(socket);
}

/* [rfc7323#16] [rfc7323#25] [rfc7323#27] [attack:E30] */
static void timestamp_clock_is_steady_and_begins_anywhere(void **state) {
    struct station *s = *state;
    struct peer p;
    struct seen seen;
    struct dobos_socket *socket = with_timestamps(&p, s);
    uint32_t values[5];
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(dobos_send(socket, "x", 1), 1);
        peer_take(&p, &seen);
        values[i] = seen.option.ts_value;
        peer_send(&p, TCP_ACK, NULL, 0);
        station_run(s, 100 * DOBOS_SECOND);
    }
    uint32_t step = values[1] - values[0];
    assert_in_range(step, 100, 100000);
    for (unsigned i = 2; i < 5; i++)
        assert_in_range(values[i] - values[i - 1], step - 1, step + 1);
    dobos_abort(socket);
    station_forget(s);
    uint32_t now = values[4] + step, near = 0;
    for (uint16_t i = 0; i < 8; i++) {
        p = (struct peer){.timestamps = true};
        socket = peer_established(&p, s, (uint16_t)(5000 + i));
        near += p.offered.ts_value - now + 100000 < 200000;
        dobos_abort(socket);
        station_forget(s);
    }
    assert_true(near <= 1);
}

/* [rfc7323#11] */
static void echo_of_a_segment_without_acknowledgment_is_ignored(void **state) {
    struct station *s = *state;
    struct dobos_socket *listener = station_listener(s, 80), *socket = NULL;
    struct peer p;
    peer_init(&p, s, 4000, 80);
    p.timestamps = true;
    p.ts_echo = UINT32_C(0xdeadbeef);
    peer_open(&p);
    assert_int_equal(dobos_accept(listener, &socket, NULL), 0);
    assert_true(info_of(socket).tcp.srtt_ns < DOBOS_SECOND);
    dobos_abort(socket);
    dobos_close(listener);
}

/* The echo of the host's next segment. */
static uint32_t echo_of(struct station *s) {
    struct seen seen;
    assert_true(station_next(s, &seen));
    assert_true(seen.option.has_timestamps);
    return seen.option.ts_echo;
}

/* [rfc7323#17] */
static void delayed_acknowledgment_echoes_the_earliest_segment(void **state) {
    struct station *s = *state;
    struct peer p;
    struct dobos_socket *socket = with_timestamps(&p, s);
    for (unsigned i = 0; i < 20; i++) { /* past the hurried beginning */
        p.ts_value++;
        peer_send(&p, TCP_ACK, DATA, 1460);
        station_run(s, 150 * DOBOS_MILLISECOND);
    }
    station_forget(s);
    p.ts_value = 2000;
    peer_send(&p, TCP_ACK, DATA, 1460);
    bool was_late = station_is_quiet(s);
    p.ts_value = 2001;
    peer_send(&p, TCP_ACK, DATA, 1460);
    assert_true(was_late);
    assert_int_equal(echo_of(s), 2000);
    dobos_abort(socket);
}

/* [rfc7323#18] [rfc7323#19] [rfc7323#20] */
static void hole_keeps_the_echo_until_it_is_filled(void **state) {
    struct station *s = *state;
    struct peer p;
    struct dobos_socket *socket = with_timestamps(&p, s);
    p.ts_value = 2000;
    peer_send(&p, TCP_ACK | TCP_PSH, DATA, 1000);
    station_run(s, DOBOS_SECOND);
    station_forget(s);
    p.ts_value = 2003;
    peer_send_at(&p, TCP_ACK, p.seq + 1000, p.ack, DATA, 1000);
    assert_int_equal(echo_of(s), 2000);
    p.ts_value = 2002;
    peer_send_at(&p, TCP_ACK, p.seq, p.ack, DATA, 1000);
    assert_int_equal(echo_of(s), 2002);
    dobos_abort(socket);
}

/* [rfc7323#23] [rfc7323#24] */
static void old_timestamp_is_acknowledged_and_its_segment_dropped(void **state) {
    struct station *s = *state;
    struct peer p;
    struct seen seen;
    struct dobos_socket *socket = with_timestamps(&p, s);
    p.ts_value = 2000;
    peer_send(&p, TCP_ACK | TCP_PSH, DATA, 100);
    station_run(s, DOBOS_SECOND);
    station_forget(s);
    assert_int_equal(received(socket), 100);
    p.ts_value = 1999;
    peer_send_at(&p, TCP_ACK | TCP_PSH, p.seq, p.ack, "old", 3);
    peer_take(&p, &seen);
    assert_int_equal(seen.tcp.ack.raw, p.seq);
    assert_int_equal(received(socket), -DOBOS_EAGAIN);
    assert_int_equal(station_counter(s, "DropTcpPaws"), 1);
    /* One that waits beyond a hole is not tested again. */
    p.ts_value = 2001;
    peer_send_at(&p, TCP_ACK, p.seq + 10, p.ack, DATA, 10);
    p.ts_value = 2009;
    peer_send_at(&p, TCP_ACK, p.seq, p.ack, DATA, 10);
    assert_int_equal(received(socket), 20);
    dobos_abort(socket);
}

/* [rfc7323#22] */
static void reset_is_not_tested_by_its_timestamp(void **state) {
    struct station *s = *state;
    struct peer p;
    struct dobos_socket *socket = with_timestamps(&p, s);
    p.ts_value = 5;
    peer_send_at(&p, TCP_RST, p.seq, 0, NULL, 0);
    assert_int_equal(dobos_socket_error(socket), -DOBOS_ECONNRESET);
    dobos_close(socket);
}

/* [rfc7323#20] [attack:E29] */
static void future_timestamp_outside_the_window_poisons_nothing(void **state) {
    struct station *s = *state;
    struct peer p;
    struct dobos_socket *socket = with_timestamps(&p, s);
    p.ts_value = 1000 + UINT32_C(0x7fffffff);
    peer_send_at(&p, TCP_ACK, p.seq + 0x40000000, p.ack, "forged", 6);
    peer_send_at(&p, TCP_ACK, p.seq - 0x10000000, p.ack, "forged", 6);
    peer_send_at(&p, TCP_ACK, p.seq, p.ack + 100000, "forged", 6);
    station_forget(s);
    p.ts_value = 1001;
    peer_send(&p, TCP_ACK | TCP_PSH, "true", 4);
    assert_int_equal(received(socket), 4);
    dobos_abort(socket);
}

/* [rfc7323#26] */
static void timestamp_kept_for_24_days_is_void(void **state) {
    struct station *s = *state;
    struct peer p;
    struct dobos_socket *socket = with_timestamps(&p, s);
    station_run(s, 23 * DAY);
    p.ts_value = 900;
    peer_send_at(&p, TCP_ACK | TCP_PSH, p.seq, p.ack, "old", 3);
    assert_int_equal(received(socket), -DOBOS_EAGAIN);
    station_run(s, 2 * DAY);
    peer_send(&p, TCP_ACK | TCP_PSH, "new", 3);
    assert_int_equal(received(socket), 3);
    dobos_abort(socket);
}

int main(void) {
#define AT_HOST(test) cmocka_unit_test_setup_teardown(test, station_setup, station_teardown)
    const struct CMUnitTest tests[] = {
        AT_HOST(lone_segment_is_acknowledged_late_but_within_half_a_second),
        AT_HOST(every_second_full_segment_is_acknowledged_at_once),
        AT_HOST(acknowledgment_rides_on_data_that_goes_the_other_way),
        AT_HOST(one_segment_gives_one_acknowledgment),
        AT_HOST(burst_is_taken_in_before_it_is_acknowledged),
        AT_HOST(window_opens_by_a_segment_or_half_the_buffer_at_least),
        AT_HOST(smaller_buffer_does_not_draw_the_window_back),
        AT_HOST(window_update_comes_when_a_program_reads_on),
        AT_HOST(window_scale_is_used_only_when_both_offered_it),
        AT_HOST(all_of_a_scaled_window_may_be_used),
        AT_HOST(crumbs_out_of_order_cost_bounded_memory_and_arrive),
        AT_HOST(timestamps_are_on_every_segment_once_negotiated),
        AT_HOST(segment_without_timestamps_is_dropped_silently_after_negotiation),
        AT_HOST(timestamps_not_negotiated_are_ignored),
        AT_HOST(timestamp_clock_is_steady_and_begins_anywhere),
        AT_HOST(echo_of_a_segment_without_acknowledgment_is_ignored),
        AT_HOST(delayed_acknowledgment_echoes_the_earliest_segment),
        AT_HOST(hole_keeps_the_echo_until_it_is_filled),
        AT_HOST(old_timestamp_is_acknowledged_and_its_segment_dropped),
        AT_HOST(reset_is_not_tested_by_its_timestamp),
        AT_HOST(future_timestamp_outside_the_window_poisons_nothing),
        AT_HOST(timestamp_kept_for_24_days_is_void),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
