/* ss_info: what ss -i says of a connection, word by word. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tools/ss_info.h"

#define MS DOBOS_MILLISECOND

static void expect_line(const struct dobos_tcp_info *info, bool with_options, bool numeric,
                        const char *text) {
    struct dobos_socket_info socket = {.tcp = *info};
    struct sink sink;
    sink_init(&sink);
    ss_info_print(&sink, &socket, with_options, numeric, 100 * DOBOS_SECOND);
    assert_string_equal(sink_text(&sink), text);
    sink_fini(&sink);
}

/* A connection on which everything has happened. The words and their order are those that
 * iproute2's ss prints of the kernel's. */
static void everything_is_told_in_the_order_of_iproute2(void **state) {
    (void)state;
    const struct dobos_tcp_info info = {
        .timestamps = true,
        .sack = true,
        .window_scales = true,
        .ecn = true,
        .ecn_seen = true,
        .syn_data = true,
        .snd_wscale = 7,
        .rcv_wscale = 10,
        .mss = 1448,
        .rcv_mss = 536,
        .advmss = 1460,
        .pmtu = 1500,
        .rto_ns = 204 * MS,
        .srtt_ns = 20123456,
        .rttvar_ns = 250000,
        .rtt_min_ns = 19870000,
        .rcv_rtt_ns = 21500000,
        .ato_ns = 40 * MS,
        .data_sent_at = 100 * DOBOS_SECOND - 12 * MS,
        .data_received_at = 100 * DOBOS_SECOND,
        .heard_at = 100 * DOBOS_SECOND - 1500 * MS,
        .backoff = 2,
        .cwnd_bytes = 14480,
        .ssthresh_bytes = 7 * 1448,
        .snd_wnd = 65535,
        .rcv_wnd = 64256,
        .rcv_ssthresh = 64076,
        .rcv_space = 14600,
        .congestion = "cubic",
        .unacked = 9,
        .sacked = 3,
        .lost = 2,
        .resent = 1,
        .retransmits = 17,
        .reordering = 5,
        .reorderings = 4,
        .dsack_duplicates = 6,
        .out_of_order = 8,
        .delivered = 900,
        .delivered_ce = 30,
        .pacing_rate = 999949,
        .max_pacing_rate = 12500000,
        .delivery_rate = 125000000,
        .is_app_limited = true,
        .bytes_sent = 1000000,
        .bytes_acked = 990001,
        .bytes_received = 2000,
        .bytes_retransmitted = 17000,
        .segments_out = 800,
        .segments_in = 500,
        .data_segments_out = 790,
        .data_segments_in = 10,
        .not_sent_bytes = 3000,
        .busy_ns = 2000 * MS,
        .rwnd_limited_ns = 500 * MS,
        .sndbuf_limited_ns = 1 * MS,
    };
    expect_line(&info, true, false,
                "\t ts sack ecn ecnseen fastopen cubic wscale:7,10 rto:204 backoff:2 "
                "rtt:20.123/0.25 ato:40 mss:1448 pmtu:1500 rcvmss:536 advmss:1460 cwnd:10 "
                "ssthresh:7 bytes_sent:1000000 bytes_retrans:17000 bytes_acked:990001 "
                "bytes_received:2000 segs_out:800 segs_in:500 data_segs_out:790 data_segs_in:10 "
                "send 5.76Mbps lastsnd:12 lastack:1500 pacing_rate 8Mbps/100Mbps "
                "delivery_rate 1Gbps delivered:900 delivered_ce:30 app_limited busy:2000ms "
                "rwnd_limited:500ms(25.0%) sndbuf_limited:1ms(0.1%) unacked:9 retrans:1/17 lost:2 "
                "sacked:3 dsack_dups:6 reordering:5 reord_seen:4 rcv_rtt:21.5 rcv_space:14600 "
                "rcv_ssthresh:64076 notsent:3000 minrtt:19.87 rcv_ooopack:8 snd_wnd:65535 "
                "rcv_wnd:64256\n");
}

static void what_is_not_known_is_left_out(void **state) {
    (void)state;
    struct dobos_tcp_info info = {
        .timestamps = true,
        .congestion = "reno",
        .mss = 536,
        .cwnd_bytes = 5360,
        .ssthresh_bytes = UINT32_MAX,
        .rto_ns = 1000 * MS,
        .reordering = 3,
        .data_sent_at = DOBOS_NEVER,
        .data_received_at = DOBOS_NEVER,
        .heard_at = DOBOS_NEVER,
        .max_pacing_rate = UINT64_MAX,
    };
    expect_line(&info, false, false, "\t reno rto:1000 mss:536 cwnd:10\n");
    info.mss = 0;
    info.congestion = NULL;
    expect_line(&info, false, false, "\t rto:1000\n");
}

static void rates_have_three_digits_or_all(void **state) {
    (void)state;
    static const struct {
        uint64_t bytes;
        const char *text, *numeric;
    } rows[] = {
        {1, "8bps", "8bps"},
        {125, "1Kbps", "1000bps"},
        {124, "992bps", "992bps"},
        {15432, "123Kbps", "123456bps"},
        {124999, "1Mbps", "999992bps"},
        {3300000000, "26.4Gbps", "26400000000bps"},
        {UINT64_C(330000000000), "2.64Tbps", "2640000000000bps"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct dobos_tcp_info info = {.ssthresh_bytes = UINT32_MAX,
                                            .data_sent_at = DOBOS_NEVER,
                                            .data_received_at = DOBOS_NEVER,
                                            .heard_at = DOBOS_NEVER,
                                            .delivery_rate = rows[i].bytes};
        char line[80];
        (void)snprintf(line, sizeof line, "\t delivery_rate %s\n", rows[i].text);
        expect_line(&info, false, false, line);
        (void)snprintf(line, sizeof line, "\t delivery_rate %s\n", rows[i].numeric);
        expect_line(&info, false, true, line);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_is_told_in_the_order_of_iproute2),
        cmocka_unit_test(what_is_not_known_is_left_out),
        cmocka_unit_test(rates_have_three_digits_or_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
