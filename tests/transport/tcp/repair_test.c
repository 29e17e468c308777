/* The pure parts of loss recovery, by their values: RACK, TLP, PRR, F-RTO, undo, delivery rate, the
 * shortest round trip. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "transport/tcp/frto.h"
#include "transport/tcp/prr.h"
#include "transport/tcp/rack.h"
#include "transport/tcp/rate.h"
#include "transport/tcp/rtt_min.h"
#include "transport/tcp/tlp.h"
#include "transport/tcp/undo.h"

#define MS DOBOS_MILLISECOND

/* ---- RACK ---- */

/* [rfc8985#3] [rfc8985#4] */
static void rack_keeps_the_latest_sending_that_arrived(void **state) {
    (void)state;
    struct rack rack;
    rack_init(&rack, seq_make(0xfffffff0));
    assert_false(rack_is_before(&rack, 0, seq_make(0xfffffff8)));
    rack_on_arrival(&rack, seq_make(10), 100 * MS, 0, 150 * MS);
    assert_int_equal(rack.rtt_ns, 50 * MS);
    assert_true(rack_is_before(&rack, 99 * MS, seq_make(20)));
    assert_true(rack_is_before(&rack, 100 * MS, seq_make(9)));
    assert_false(rack_is_before(&rack, 100 * MS, seq_make(10)));
    assert_false(rack_is_before(&rack, 101 * MS, seq_make(5)));
    rack_on_arrival(&rack, seq_make(5), 90 * MS, 0, 160 * MS); /* sent earlier */
    assert_int_equal(rack.sent_at, 100 * MS);
    rack_on_arrival(&rack, seq_make(7), 155 * MS, 50 * MS, 160 * MS); /* too soon to be true */
    assert_int_equal(rack.sent_at, 100 * MS);
    rack_on_arrival(&rack, seq_make(7), 155 * MS, 50 * MS, 205 * MS);
    assert_int_equal(rack.sent_at, 155 * MS);
    assert_int_equal(rack.highest.raw, 10);
}

/* [rfc8985#5] [rfc8985#6] [rfc8985#7] [rfc8985#8] */
static void rack_window_grows_with_reported_duplicates_and_shrinks_in_time(void **state) {
    (void)state;
    struct rack rack;
    struct rack_view view = {.srtt_ns = 90 * MS, .rtt_min_ns = 80 * MS, .sacked = 2};
    rack_init(&rack, seq_make(0));
    assert_int_equal(rack_window(&rack, &view), 20 * MS);
    view.sacked = 3;
    assert_int_equal(rack_window(&rack, &view), 0);
    view.sacked = 0;
    view.in_recovery = true;
    assert_int_equal(rack_window(&rack, &view), 0);
    rack.has_reordered = true;
    assert_int_equal(rack_window(&rack, &view), 20 * MS);
    rack_on_duplicate(&rack, seq_make(0), seq_make(100));
    rack_on_duplicate(&rack, seq_make(99), seq_make(200)); /* the same round trip */
    assert_int_equal(rack_window(&rack, &view), 40 * MS);
    for (uint32_t i = 1; i < 300; i++)
        rack_on_duplicate(&rack, seq_make(i * 100), seq_make(i * 100 + 100));
    assert_int_equal(rack_window(&rack, &view), 90 * MS);
    for (unsigned i = 0; i < 15; i++)
        rack_on_recovered(&rack);
    assert_int_equal(rack_window(&rack, &view), 90 * MS);
    rack_on_recovered(&rack);
    assert_int_equal(rack_window(&rack, &view), 20 * MS);
}

/* ---- TLP ---- */

/* [rfc8985#11] [rfc8985#12] */
static void tlp_waits_two_round_trips(void **state) {
    (void)state;
    assert_int_equal(tlp_timeout(0, false), DOBOS_SECOND);
    assert_int_equal(tlp_timeout(30 * MS, false), 60 * MS);
    assert_int_equal(tlp_timeout(30 * MS, true), 260 * MS);
}

/* [rfc8985#15] */
static void tlp_tells_a_repaired_loss_from_a_needless_probe(void **state) {
    (void)state;
    struct tlp tlp = {.is_out = false};
    assert_int_equal(tlp_on_ack(&tlp, seq_make(9), false, false), TLP_NOTHING);
    tlp_on_sent(&tlp, seq_make(0xfffffff0), true);
    assert_int_equal(tlp_on_ack(&tlp, seq_make(0xffffffe0), false, false), TLP_NOTHING);
    assert_int_equal(tlp_on_ack(&tlp, seq_make(0xfffffff0), false, false), TLP_NOTHING);
    assert_int_equal(tlp_on_ack(&tlp, seq_make(5), false, false), TLP_LOSS);
    assert_false(tlp.is_out);
    tlp_on_sent(&tlp, seq_make(10), true);
    assert_int_equal(tlp_on_ack(&tlp, seq_make(10), true, false), TLP_NO_LOSS);
    tlp_on_sent(&tlp, seq_make(10), true);
    assert_int_equal(tlp_on_ack(&tlp, seq_make(20), false, true), TLP_NO_LOSS);
    tlp_on_sent(&tlp, seq_make(10), false);
    assert_int_equal(tlp_on_ack(&tlp, seq_make(20), false, false), TLP_NO_LOSS);
}

/* ---- PRR ---- */

/* [rfc9937#2] [rfc9937#4] Twenty segments in flight, one lost, half of them may stay. */
static void prr_sends_one_for_two(void **state) {
    (void)state;
    struct prr prr;
    struct prr_news news = {.ssthresh = 10000, .mss = 1000, .is_repair = true, .delivered = 1000};
    prr_begin(&prr, 20000);
    uint32_t pipe = 18000, sent = 0;
    for (unsigned i = 0; i < 19; i++) {
        news.pipe = pipe;
        uint32_t window = prr_window(&prr, &news);
        uint32_t room = window - pipe;
        assert_true(i > 0 || room >= 1000);
        room -= room % 1000;
        prr_on_sent(&prr, room);
        sent += room;
        pipe = pipe + room - 1000;
    }
    assert_in_range(sent, 9000, 11000);
    assert_in_range(pipe + 1000, 9000, 11000);
}

/* [rfc9937#3] After many losses: what arrives is sent, one more where it is safe, not above. */
static void prr_grows_back_to_ssthresh(void **state) {
    (void)state;
    struct prr prr;
    struct prr_news news = {
        .ssthresh = 10000, .mss = 1000, .is_repair = true, .delivered = 1000, .pipe = 4000};
    prr_begin(&prr, 20000);
    assert_int_equal(prr_window(&prr, &news), 5000);
    prr_on_sent(&prr, 1000);
    news.pipe = 4000;
    news.is_safe = true;
    assert_int_equal(prr_window(&prr, &news), 6000);
    prr_on_sent(&prr, 2000);
    news.delivered = 5000;
    news.pipe = 8000;
    assert_int_equal(prr_window(&prr, &news), 10000);
    news.is_repair = false;
    prr_begin(&prr, 0xffffffff);
    news = (struct prr_news){.ssthresh = 0x70000000, .pipe = 0x7fffffff, .mss = 1};
    assert_int_equal(prr_window(&prr, &news), 0x7fffffff);
}

/* ---- F-RTO ---- */

/* [rfc5682#2] [rfc5682#3] [rfc5682#4] */
static void frto_decides_step_by_step(void **state) {
    (void)state;
    enum frto_step step = FRTO_OFF;
    struct frto_news advance = {.is_advance = true, .can_send_new = true};
    struct frto_news original = {.is_advance = true, .is_original = true};
    struct frto_news duplicate = {.is_duplicate = true};
    assert_int_equal(frto_on_ack(&step, &original), FRTO_UNDECIDED);
    step = FRTO_FIRST;
    assert_int_equal(frto_on_ack(&step, &advance), FRTO_SEND_NEW);
    assert_int_equal(step, FRTO_NEW);
    assert_int_equal(frto_on_ack(&step, &original), FRTO_SPURIOUS);
    assert_int_equal(step, FRTO_OFF);
    step = FRTO_NEW;
    assert_int_equal(frto_on_ack(&step, &duplicate), FRTO_LOST);
    step = FRTO_FIRST;
    assert_int_equal(frto_on_ack(&step, &duplicate), FRTO_LOST);
    step = FRTO_FIRST;
    advance.can_send_new = false;
    assert_int_equal(frto_on_ack(&step, &advance), FRTO_LOST);
    step = FRTO_FIRST;
    assert_int_equal(frto_on_ack(&step, &(struct frto_news){0}), FRTO_UNDECIDED);
    advance.can_send_new = advance.is_beyond = true;
    assert_int_equal(frto_on_ack(&step, &advance), FRTO_LOST);
}

/* ---- undo ---- */

/* [rfc3522#1] [rfc3522#2] [rfc3708#1] */
static void undo_needs_a_witness(void **state) {
    (void)state;
    struct undo undo = {.is_armed = false};
    assert_false(undo_is_proved(&undo));
    undo_arm(&undo, seq_make(0xfffffff0));
    assert_true(undo_is_proved(&undo)); /* nothing was repeated */
    assert_false(undo_is_original(&undo, 0));
    undo_on_resent(&undo, 5);
    undo_on_resent(&undo, 9);
    assert_false(undo_is_proved(&undo));
    assert_true(undo_is_original(&undo, 0xfffffffe));
    assert_true(undo_is_original(&undo, 4));
    assert_false(undo_is_original(&undo, 5));
    undo_on_duplicate(&undo, seq_make(0xfffffff0)); /* older than the reduction */
    undo_on_duplicate(&undo, seq_make(7));
    assert_false(undo_is_proved(&undo));
    undo_on_duplicate(&undo, seq_make(9));
    assert_true(undo_is_proved(&undo));
    undo_disarm(&undo);
    assert_false(undo_is_proved(&undo) || undo_is_original(&undo, 4));
}

/* A peer whose word undoes everything is believed so often, then once for each time it did not. */
static void undo_trusts_so_far(void **state) {
    (void)state;
    struct undo undo = {.is_armed = false};
    for (unsigned i = 0; i < UNDO_TRUST; i++) {
        undo_arm(&undo, seq_make(i));
        assert_true(undo_believe(&undo));
        undo_disarm(&undo);
    }
    undo_arm(&undo, seq_make(9));
    assert_false(undo_believe(&undo));
    undo_on_stood(&undo);
    undo_arm(&undo, seq_make(10));
    assert_true(undo_believe(&undo));
    assert_false(undo_believe(&undo));
    undo_disarm(&undo);
    undo_on_stood(&undo); /* nothing had been reduced */
    assert_false(undo_believe(&undo));
}

/* ---- delivery rate ---- */

/* Ten segments of 1000 bytes leave a millisecond apart and are acknowledged two milliseconds apart:
 * the slower of both paces is the rate. */
static void rate_is_that_of_the_slower_phase(void **state) {
    (void)state;
    struct rate rate = {.delivered = 0};
    struct sent sent[10] = {{.length = 0}};
    for (uint32_t i = 0; i < 10; i++) {
        sent[i] = (struct sent){.seq = seq_make(i * 1000), .length = 1000, .sendings = 1};
        sent[i].sent_at = i * MS;
        rate_on_send(&rate, &sent[i], i * 1000, i * MS);
    }
    struct rate_sample sample = {.interval_ns = 0};
    for (uint32_t i = 0; i < 10; i++) {
        struct rate_making making = {.has_any = false};
        rate_on_arrival(&rate, &making, &sent[i], (100 + 2 * i) * MS);
        sample = rate_sample_make(&rate, &making, 50 * MS);
    }
    assert_int_equal(rate.delivered, 10000);
    assert_int_equal(sample.delivered, 10000);
    assert_int_equal(sample.prior_delivered, 0);
    assert_int_equal(sample.interval_ns, 118 * MS);
    assert_false(sample.is_app_limited);
    rate_on_app_limited(&rate, 0);
    struct sent later = {
        .seq = seq_make(10000), .length = 1000, .sendings = 1, .sent_at = 200 * MS};
    rate_on_send(&rate, &later, 0, 200 * MS);
    struct rate_making making = {.has_any = false};
    rate_on_arrival(&rate, &making, &later, 210 * MS);
    sample = rate_sample_make(&rate, &making, 50 * MS);
    assert_true(sample.is_app_limited);
    assert_int_equal(sample.interval_ns, 0); /* shorter than any round trip: no sample */
    assert_int_equal(rate.app_limited, 0);
}

/* ---- the shortest round trip ---- */

static void shortest_round_trip_is_forgotten_after_its_window(void **state) {
    (void)state;
    struct rtt_min min = {.best = {{0, 0}}};
    dobos_time now = 5 * DOBOS_SECOND;
    assert_int_equal(rtt_min_ns(&min), 0);
    rtt_min_on_sample(&min, 10 * MS, now);
    for (unsigned i = 0; i < 299; i++) {
        now += DOBOS_SECOND;
        rtt_min_on_sample(&min, (20 + i % 7) * MS, now);
        assert_int_equal(rtt_min_ns(&min), 10 * MS);
    }
    for (unsigned i = 0; i < 10; i++) {
        now += DOBOS_SECOND;
        rtt_min_on_sample(&min, 25 * MS, now);
    }
    assert_in_range(rtt_min_ns(&min), 20 * MS, 25 * MS);
    rtt_min_on_sample(&min, 3 * MS, now);
    assert_int_equal(rtt_min_ns(&min), 3 * MS);
    rtt_min_on_sample(&min, 40 * MS, now + 400 * DOBOS_SECOND);
    assert_int_equal(rtt_min_ns(&min), 40 * MS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rack_keeps_the_latest_sending_that_arrived),
        cmocka_unit_test(rack_window_grows_with_reported_duplicates_and_shrinks_in_time),
        cmocka_unit_test(tlp_waits_two_round_trips),
        cmocka_unit_test(tlp_tells_a_repaired_loss_from_a_needless_probe),
        cmocka_unit_test(prr_sends_one_for_two),
        cmocka_unit_test(prr_grows_back_to_ssthresh),
        cmocka_unit_test(frto_decides_step_by_step),
        cmocka_unit_test(undo_needs_a_witness),
        cmocka_unit_test(undo_trusts_so_far),
        cmocka_unit_test(rate_is_that_of_the_slower_phase),
        cmocka_unit_test(shortest_round_trip_is_forgotten_after_its_window),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
