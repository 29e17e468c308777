/* fq_codel (RFC 8290): who goes first, who loses, what is marked; and that every frame comes out
 * once, in the order of its flow. */
#include "fixture.h"

#include <string.h>

#include "base/checksum.h"
#include "link/codel.h"
#include "link/fq_codel.h"
#include "wire/ethernet.h"
#include "wire/ipv4.h"

#define MS           DOBOS_MILLISECOND
#define HEADERS      (ETHERNET_HEADER_BYTES + IPV4_HEADER_BYTES)
#define FRAME_NUMBER (HEADERS + 8) /* where a frame's own number stands, behind the ports */

struct scene {
    struct fixture fixture;
    struct egress_queue queue;
    uint32_t number; /* of frames made */
};

static void scene_init(struct scene *s, uint32_t limit) {
    fixture_init(&s->fixture);
    const struct egress_queue_config config = {.kind = QUEUE_FQ_CODEL,
                                               .limit_packets = limit,
                                               .mtu = 1500,
                                               .key = s->fixture.key,
                                               .allocator = pool_allocator(s->fixture.pool)};
    egress_queue_init(&s->queue, &config);
    s->number = 0;
}

static void scene_fini(struct scene *s) {
    egress_queue_clear(&s->queue);
    fixture_fini(&s->fixture);
}

/* An IPv4 frame of a flow, with a number of its own in its payload. */
static struct dobos_packet *frame(struct scene *s, uint16_t flow, size_t length, uint8_t tos) {
    uint8_t bytes[2000] = {0};
    struct writer w = writer_make(bytes + ETHERNET_HEADER_BYTES, IPV4_HEADER_BYTES);
    const struct ipv4 ip = {.source = dobos_address_ipv4(0x0a000001),
                            .destination = dobos_address_ipv4(0x0a000002),
                            .total_length = (uint16_t)(length - ETHERNET_HEADER_BYTES),
                            .tos = tos,
                            .ttl = 64,
                            .protocol = PROTOCOL_UDP};
    store_be16(bytes + 12, ETHER_TYPE_IPV4);
    ipv4_emit(&w, &ip);
    store_be16(bytes + HEADERS, flow);
    store_be16(bytes + HEADERS + 2, 9);
    store_be32(bytes + FRAME_NUMBER, s->number++);
    struct dobos_packet *packet = dobos_packet_from_bytes(s->fixture.pool, bytes, length, NULL);
    assert_non_null(packet);
    return packet;
}

static void put(struct scene *s, uint16_t flow, size_t length, dobos_time now) {
    egress_queue_append(&s->queue, frame(s, flow, length, 0), now);
}

static uint16_t flow_of(const struct dobos_packet *packet) {
    uint8_t bytes[2];
    assert_int_equal(dobos_packet_read(packet, HEADERS, bytes, 2), 2);
    return load_be16(bytes);
}

static uint32_t number_of(const struct dobos_packet *packet) {
    uint8_t bytes[4];
    assert_int_equal(dobos_packet_read(packet, FRAME_NUMBER, bytes, 4), 4);
    return load_be32(bytes);
}

/* The flow of the next frame; 0: none. */
static uint16_t take(struct scene *s, dobos_time now) {
    struct dobos_packet *packet = egress_queue_take(&s->queue, now);
    uint16_t flow = packet ? flow_of(packet) : 0;
    dobos_packet_release(packet);
    return flow;
}

/* Two flows that do not share a place. */
static uint16_t other_flow(struct scene *s, uint16_t flow) {
    for (uint16_t other = (uint16_t)(flow + 1);; other++) {
        struct dobos_packet *a = frame(s, flow, 100, 0), *b = frame(s, other, 100, 0);
        bool differ = fq_codel_flow(&s->fixture.key, a) != fq_codel_flow(&s->fixture.key, b);
        dobos_packet_release(a);
        dobos_packet_release(b);
        if (differ)
            return other;
    }
}

/* [rfc8290#1] */
static void flows_are_told_apart_by_addresses_protocol_and_ports(void **state) {
    (void)state;
    struct scene s;
    scene_init(&s, 100);
    struct dobos_packet *packet = frame(&s, 1, 100, 0);
    uint32_t place = fq_codel_flow(&s.fixture.key, packet);
    static const size_t known[] = {14 + 9, 14 + 12, 14 + 19, HEADERS, HEADERS + 3};
    static const size_t unknown[] = {0, 6, 14 + 1, 14 + 4, 14 + 8, HEADERS + 8};
    for (size_t i = 0; i < array_length(known) + array_length(unknown); i++) {
        bool matters = i < array_length(known);
        size_t at = matters ? known[i] : unknown[i - array_length(known)];
        unsigned differ = 0;
        /* Two flows may share one of 1,024 places, but not four. */
        for (uint8_t change = 1; change < 5; change++) {
            uint8_t before = packet_byte(packet, at), after = (uint8_t)(before ^ change);
            assert_true(packet_write(packet, at, &after, 1));
            differ += fq_codel_flow(&s.fixture.key, packet) != place;
            assert_true(packet_write(packet, at, &before, 1));
        }
        assert_int_equal(differ > 0, matters);
    }
    /* All fragments of a datagram are one flow. */
    uint8_t more[2] = {0x20, 0}, later[2] = {0x00, 0x10};
    assert_true(packet_write(packet, 14 + 6, more, 2));
    place = fq_codel_flow(&s.fixture.key, packet);
    assert_true(packet_write(packet, 14 + 6, later, 2));
    assert_true(packet_write(packet, HEADERS, "data", 4));
    assert_int_equal(fq_codel_flow(&s.fixture.key, packet), place);
    dobos_packet_release(packet);
    /* Frames of any length are a flow. */
    for (size_t length = 1; length < 40; length++) {
        packet = packet_counting(&s.fixture, (uint8_t)(length * 5), length, length % 2);
        assert_true(fq_codel_flow(&s.fixture.key, packet) < FQ_CODEL_FLOWS);
        dobos_packet_release(packet);
    }
    scene_fini(&s);
}

/* [rfc8290#2] */
static void a_flow_that_begins_goes_before_those_that_fill_the_line(void **state) {
    (void)state;
    struct scene s;
    scene_init(&s, 1000);
    uint16_t bulk = 1, sparse = other_flow(&s, bulk);
    for (unsigned i = 0; i < 100; i++)
        put(&s, bulk, 1514, 0);
    assert_int_equal(take(&s, 0), bulk);
    for (unsigned turn = 0; turn < 20; turn++) {
        put(&s, sparse, 100, 0);
        /* At most a quantum and a frame of the others go before it. */
        unsigned before = 0;
        while (take(&s, 0) != sparse)
            before++;
        assert_true(before <= 2);
        assert_int_equal(take(&s, 0), bulk);
        assert_int_equal(take(&s, 0), bulk);
    }
    scene_fini(&s);
}

/* [rfc8290#2] shares are of bytes, not of frames */
static void flows_share_the_line_by_bytes(void **state) {
    (void)state;
    struct scene s;
    scene_init(&s, 10000);
    uint16_t large = 1, small = other_flow(&s, large);
    size_t bytes[2] = {0, 0};
    for (unsigned i = 0; i < 100; i++)
        put(&s, large, 1514, 0);
    for (unsigned i = 0; i < 1000; i++)
        put(&s, small, 151, 0);
    for (unsigned i = 0; i < 500; i++) {
        struct dobos_packet *packet = egress_queue_take(&s.queue, 0);
        bytes[flow_of(packet) == small] += packet->length;
        dobos_packet_release(packet);
    }
    assert_true(bytes[0] < bytes[1] + 2 * 1514 && bytes[1] < bytes[0] + 2 * 1514);
    scene_fini(&s);
}

/* [rfc8290#4] who ran empty comes back behind those that wait: a frame put in right after it was
 * found empty does not go first every time */
static void a_flow_cannot_stay_new(void **state) {
    (void)state;
    struct scene s;
    scene_init(&s, 10000);
    uint16_t bulk = 1, pest = other_flow(&s, bulk);
    unsigned puts = 0, first = 0;
    for (unsigned i = 0; i < 400; i++)
        put(&s, bulk, 500, 0); /* three a turn */
    for (; puts < 50; puts++) {
        put(&s, pest, 100, 0);
        uint16_t flow = take(&s, 0);
        first += flow == pest;
        while (flow != pest)
            flow = take(&s, 0);
        assert_int_equal(take(&s, 0), bulk); /* now he is found empty */
    }
    assert_true(first <= puts * 2 / 3);
    scene_fini(&s);
}

/* [rfc8290#3] */
static void when_all_is_full_the_fattest_flow_loses(void **state) {
    (void)state;
    struct scene s;
    scene_init(&s, 100);
    uint16_t bulk = 1, sparse = other_flow(&s, bulk);
    for (unsigned i = 0; i < 10; i++)
        put(&s, sparse, 100, 0);
    for (unsigned i = 0; i < 500; i++)
        put(&s, bulk, 1514, 0);
    struct dobos_packet *packet;
    unsigned lost = 0;
    uint32_t last = 0;
    while ((packet = packet_queue_take(&s.queue.dropped))) {
        assert_int_equal(flow_of(packet), bulk);
        assert_true(number_of(packet) > last); /* from its front, in order */
        last = number_of(packet);
        lost++;
        dobos_packet_release(packet);
    }
    assert_int_equal(s.queue.packets, 510 - lost);
    assert_true(s.queue.packets <= 100 && s.queue.packets >= 40);
    unsigned kept = 0;
    while (s.queue.packets > 0)
        kept += take(&s, 0) == sparse;
    assert_int_equal(kept, 10);
    scene_fini(&s);
}

/* [rfc8290#3] the fattest has the most bytes, not the most frames */
static void many_small_frames_are_not_the_fattest(void **state) {
    (void)state;
    struct scene s;
    scene_init(&s, 100);
    uint16_t large = 1, small = other_flow(&s, large);
    for (unsigned i = 0; i < 20; i++)
        put(&s, large, 1514, 0);
    for (unsigned i = 0; i < 81; i++)
        put(&s, small, 60, 0);
    struct dobos_packet *packet = packet_queue_first(&s.queue.dropped);
    assert_non_null(packet);
    assert_int_equal(flow_of(packet), large);
    scene_fini(&s);
}

static void memory_is_bounded_by_what_frames_cost(void **state) {
    (void)state;
    struct scene s;
    scene_init(&s, UINT32_MAX);
    struct dobos_pool_statistics statistics;
    for (unsigned i = 0; i < 40000; i++) {
        put(&s, (uint16_t)(1 + i % 500), 1514, 0);
        packet_queue_clear(&s.queue.dropped);
    }
    dobos_pool_statistics_read(s.fixture.pool, &statistics);
    assert_true(statistics.bytes < FQ_CODEL_MEMORY_BYTES + (8u << 20));
    scene_fini(&s);
}

static uint16_t header_sum(const struct dobos_packet *packet) {
    return checksum_fold(packet_sum(packet, ETHERNET_HEADER_BYTES, IPV4_HEADER_BYTES));
}

/* A flow that sends twice what the line takes; counts its drops and marks. */
static void overload(struct scene *s, uint8_t tos, unsigned *dropped, unsigned *marked) {
    *dropped = *marked = 0;
    for (dobos_time now = 0; now < 3 * DOBOS_SECOND; now += MS) {
        for (unsigned i = 0; i < 2; i++)
            egress_queue_append(&s->queue, frame(s, 1, 1000, tos), now);
        struct dobos_packet *packet = egress_queue_take(&s->queue, now);
        assert_non_null(packet);
        bool is_marked = (packet_byte(packet, 15) & 3) == 3;
        assert_int_equal(packet_byte(packet, 15) & ~3, tos & ~3);
        assert_int_equal(header_sum(packet), 0xffff);
        *marked += is_marked && (tos & 3) != 3;
        dobos_packet_release(packet);
        *dropped += s->queue.dropped.packets;
        packet_queue_clear(&s->queue.dropped);
    }
}

/* [rfc8290#5] [rfc3168#1] */
static void what_stands_is_marked_where_the_sender_knows_ecn_else_dropped(void **state) {
    (void)state;
    for (uint8_t ecn = 0; ecn < 4; ecn++) {
        struct scene s;
        unsigned dropped, marked;
        scene_init(&s, 10240);
        overload(&s, (uint8_t)(0xb8 | ecn), &dropped, &marked);
        if (ecn == 0)
            assert_true(dropped > 50 && marked == 0 && s.queue.marks == 0);
        else if (ecn == 3)
            assert_true(dropped == 0 && s.queue.marks > 50);
        else
            assert_true(dropped == 0 && marked > 50 && s.queue.marks == marked);
        scene_fini(&s);
    }
}

/* [rfc8289#2] a line so slow that each frame waits for the one before is not congested by one more
 */
static void one_full_frame_behind_is_no_standing_queue(void **state) {
    (void)state;
    struct scene s;
    scene_init(&s, 100);
    put(&s, 1, 1514, 0);
    for (dobos_time now = 0; now < 10 * DOBOS_SECOND; now += 200 * MS) {
        put(&s, 1, 1514, now);
        assert_int_equal(take(&s, now + 200 * MS), 1);
        assert_int_equal(s.queue.dropped.packets, 0);
        assert_int_equal(s.queue.packets, 1);
    }
    scene_fini(&s);
}

/* What is not IPv4 is dropped, not marked. */
static void other_frames_stand_and_fall_without_marks(void **state) {
    (void)state;
    struct scene s;
    scene_init(&s, 10240);
    unsigned dropped = 0;
    for (dobos_time now = 0; now < 3 * DOBOS_SECOND; now += MS) {
        for (unsigned i = 0; i < 2; i++)
            egress_queue_append(&s.queue, packet_counting(&s.fixture, 7, 1000, true), now);
        dobos_packet_release(egress_queue_take(&s.queue, now));
        dropped += s.queue.dropped.packets;
        packet_queue_clear(&s.queue.dropped);
    }
    assert_true(dropped > 50 && s.queue.marks == 0);
    scene_fini(&s);
}

static void without_memory_for_flows_the_frame_is_dropped(void **state) {
    (void)state;
    struct scene s;
    scene_init(&s, 100);
    struct dobos_packet *first = frame(&s, 1, 100, 0);
    s.fixture.countdown = 0;
    egress_queue_append(&s.queue, first, 0);
    s.fixture.countdown = UINT64_MAX;
    assert_int_equal(s.queue.dropped.packets, 1);
    assert_int_equal(s.queue.packets, 0);
    assert_null(egress_queue_take(&s.queue, 0));
    put(&s, 1, 100, 0);
    assert_int_equal(take(&s, 0), 1);
    scene_fini(&s);
}

/* Checks what came out: of each flow the numbers only grow. */
static void check_order(struct dobos_packet *packet, uint32_t *last) {
    uint16_t flow = flow_of(packet);
    assert_true(number_of(packet) >= last[flow]);
    last[flow] = number_of(packet) + 1;
    dobos_packet_release(packet);
}

/* Random flows, sizes, times, limits and clearings: in = out + dropped + waiting, and no flow is
 * reordered. */
static void every_frame_comes_out_once_and_in_order(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 40; seed++) {
        struct scene s;
        struct random random = random_make(seed);
        uint32_t out = 0, dropped = 0, sent[64] = {0}, lost[64] = {0};
        dobos_time now = 0;
        scene_init(&s, 1 + (uint32_t)random_below(&random, 300));
        for (unsigned step = 0; step < 3000; step++) {
            unsigned count = (unsigned)random_below(&random, 8);
            now += (dobos_time)random_below(&random, 4000) * DOBOS_MICROSECOND;
            for (unsigned i = 0; i < count; i++)
                egress_queue_append(&s.queue,
                                    frame(&s, (uint16_t)random_below(&random, 64),
                                          60 + random_below(&random, 1400),
                                          (uint8_t)random_below(&random, 4)),
                                    now);
            struct dobos_packet *packet;
            while ((packet = packet_queue_take(&s.queue.dropped)))
                check_order(packet, lost), dropped++;
            count = (unsigned)random_below(&random, 7);
            for (unsigned i = 0; i < count && (packet = egress_queue_take(&s.queue, now)); i++)
                check_order(packet, sent), out++;
            while ((packet = packet_queue_take(&s.queue.dropped)))
                check_order(packet, lost), dropped++;
            assert_int_equal(s.number, out + dropped + s.queue.packets);
            assert_true(s.queue.packets <= s.queue.config.limit_packets);
        }
        scene_fini(&s);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flows_are_told_apart_by_addresses_protocol_and_ports),
        cmocka_unit_test(a_flow_that_begins_goes_before_those_that_fill_the_line),
        cmocka_unit_test(flows_share_the_line_by_bytes),
        cmocka_unit_test(a_flow_cannot_stay_new),
        cmocka_unit_test(when_all_is_full_the_fattest_flow_loses),
        cmocka_unit_test(many_small_frames_are_not_the_fattest),
        cmocka_unit_test(memory_is_bounded_by_what_frames_cost),
        cmocka_unit_test(what_stands_is_marked_where_the_sender_knows_ecn_else_dropped),
        cmocka_unit_test(one_full_frame_behind_is_no_standing_queue),
        cmocka_unit_test(other_frames_stand_and_fall_without_marks),
        cmocka_unit_test(without_memory_for_flows_the_frame_is_dropped),
        cmocka_unit_test(every_frame_comes_out_once_and_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
