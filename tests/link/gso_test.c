/* gso: super-segments split into segments whose payloads make the whole again and whose checksums
 * verify. */
#include "fixture.h"

#include "link/gso.h"
#include "wire/ethernet.h"
#include "wire/ipv4.h"
#include "wire/tcp.h"

#define SEQ UINT32_C(0xfffffc00) /* wraps on the way */

struct super {
    size_t ip_options, tcp_options; /* bytes, multiples of 4 */
    size_t payload, piece;
    uint8_t flags;
    bool dont_fragment;
};

/* The frame as a host makes it: checksum field with the pseudo-header's sum, the rest left to do.
 */
static struct dobos_packet *super_create(struct fixture *fixture, const struct super *super,
                                         const uint8_t *payload) {
    static const uint8_t options[40] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                                        1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    uint8_t bytes[200];
    struct writer w = writer_make(bytes, sizeof bytes);
    struct ethernet ethernet = {
        .destination = mac_make(1), .source = mac_make(2), .type = ETHER_TYPE_IPV4};
    size_t tcp_length = TCP_HEADER_BYTES + super->tcp_options + super->payload;
    struct ipv4 ipv4 = {.source = dobos_address_ipv4(0x0a000001),
                        .destination = dobos_address_ipv4(0x0a000002),
                        .total_length = (uint16_t)(20 + super->ip_options + tcp_length),
                        .identification = 0xfffe,
                        .dont_fragment = super->dont_fragment,
                        .ttl = 64,
                        .protocol = PROTOCOL_TCP,
                        .options = {options, super->ip_options}};
    struct tcp_header tcp = {.source_port = 1,
                             .destination_port = 2,
                             .seq = seq_make(SEQ),
                             .ack = seq_make(77),
                             .flags = super->flags,
                             .window = 500,
                             .options = {options, super->tcp_options}};
    ethernet_emit(&w, &ethernet);
    ipv4_emit(&w, &ipv4);
    tcp.checksum = checksum_fold(
        checksum_pseudo(&ipv4.source, &ipv4.destination, PROTOCOL_TCP, (uint32_t)tcp_length));
    tcp_emit(&w, &tcp);
    struct dobos_packet *packet = packet_create(fixture->pool, 0);
    memcpy(packet_append(packet, w.position), bytes, w.position);
    for (size_t at = 0; at < super->payload;) { /* in uneven slices */
        size_t n = min_size(super->payload - at, 5001);
        assert_true(packet_append_bytes(packet, payload + at, n));
        at += n;
    }
    packet->offload = (struct dobos_offload){.flags = DOBOS_OFFLOAD_NEEDS_CHECKSUM,
                                             .gso = DOBOS_GSO_TCPV4,
                                             .header_length = (uint16_t)w.position,
                                             .gso_bytes = (uint16_t)super->piece,
                                             .checksum_start = (uint16_t)(34 + super->ip_options),
                                             .checksum_offset = 16};
    return packet;
}

/* Looks at one segment; returns its payload's length. */
static size_t segment_check(const struct dobos_packet *segment, const struct super *super,
                            size_t offset, size_t index, const uint8_t *payload) {
    uint8_t bytes[66000];
    size_t length = dobos_packet_read(segment, 0, bytes, sizeof bytes);
    struct reader r = reader_make(bytes + 14, length - 14);
    struct ipv4 ipv4;
    struct tcp_header tcp;
    assert_int_equal(segment->offload.flags, 0);
    assert_int_equal(segment->offload.gso, DOBOS_GSO_NONE);
    assert_int_equal(ipv4_parse(&r, length - 14, &ipv4),
                     IPV4_OK); /* verifies the header's checksum */
    assert_int_equal(ipv4.total_length, length - 14);
    assert_int_equal(ipv4.header_length, 20 + super->ip_options);
    assert_int_equal(ipv4.identification, (uint16_t)(0xfffe + index));
    assert_int_equal(ipv4.dont_fragment, super->dont_fragment);
    size_t tcp_at = 14 + (size_t)ipv4.header_length;
    uint32_t sum =
        checksum_pseudo(&ipv4.source, &ipv4.destination, PROTOCOL_TCP, (uint32_t)(length - tcp_at));
    assert_int_equal(checksum_fold(checksum_add(sum, bytes + tcp_at, length - tcp_at)), 0xffff);
    assert_true(tcp_parse(&r, &tcp));
    assert_int_equal(tcp.seq.raw, SEQ + (uint32_t)offset);
    assert_int_equal(tcp.ack.raw, 77);
    size_t payload_at = tcp_at + tcp.header_length;
    size_t n = length - payload_at;
    assert_memory_equal(bytes + payload_at, payload + offset, n);
    bool last = offset + n == super->payload;
    uint8_t flags = super->flags;
    if (!last)
        flags = (uint8_t)(flags & ~(TCP_FIN | TCP_PSH));
    if (index > 0)
        flags = (uint8_t)(flags & ~TCP_CWR);
    assert_int_equal(tcp.flags, flags);
    return n;
}

static void split_and_check(struct fixture *fixture, const struct super *super) {
    static uint8_t payload[65536];
    struct packet_queue out;
    for (size_t i = 0; i < super->payload; i++)
        payload[i] = (uint8_t)(i * 31 + i / 251);
    packet_queue_init(&out);
    assert_true(gso_split(super_create(fixture, super, payload), &out));
    size_t offset = 0, index = 0;
    for (struct dobos_packet *segment = packet_queue_take(&out); segment;
         segment = packet_queue_take(&out), index++) {
        size_t n = segment_check(segment, super, offset, index, payload);
        offset += n;
        assert_int_equal(n, offset == super->payload ? super->payload - index * super->piece
                                                     : super->piece);
        dobos_packet_release(segment);
    }
    assert_int_equal(offset, super->payload);
}

static void random_super_segments_split_into_their_parts(void **state) {
    (void)state;
    struct fixture fixture;
    struct random random = random_make(3);
    fixture_init(&fixture);
    for (unsigned i = 0; i < 300; i++) {
        struct super super = {.ip_options = (size_t)random_below(&random, 4) * 4,
                              .tcp_options = (size_t)random_below(&random, 11) * 4,
                              .piece = 1 + (size_t)random_below(&random, 3000),
                              .flags = (uint8_t)random_below(&random, 256),
                              .dont_fragment = random_below(&random, 2) == 1};
        super.payload = 1 + (size_t)random_below(&random, min_size(65000, super.piece * 60));
        split_and_check(&fixture, &super);
    }
    fixture_fini(&fixture);
}

static void largest_super_segment_splits(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture);
    split_and_check(&fixture, &(struct super){.tcp_options = 12,
                                              .payload = 65535 - 52,
                                              .piece = 1448,
                                              .flags = TCP_ACK | TCP_PSH});
    split_and_check(
        &fixture,
        &(struct super){.payload = 2896, .piece = 1448, .flags = TCP_ACK | TCP_FIN | TCP_CWR});
    split_and_check(
        &fixture,
        &(struct super){.payload = 100, .piece = 1448, .flags = TCP_ACK | TCP_FIN | TCP_CWR});
    fixture_fini(&fixture);
}

static void ordinary_frame_passes_with_its_checksum(void **state) {
    (void)state;
    struct fixture fixture;
    struct packet_queue out;
    struct super super = {.payload = 100, .piece = 1448, .flags = TCP_ACK};
    static const uint8_t payload[100] = {1, 2, 3};
    fixture_init(&fixture);
    packet_queue_init(&out);
    struct dobos_packet *packet = super_create(&fixture, &super, payload);
    packet->offload.gso = DOBOS_GSO_NONE;
    packet->offload.gso_bytes = 0;
    assert_true(gso_split(packet, &out));
    assert_int_equal(out.packets, 1);
    segment_check(packet_queue_first(&out), &super, 0, 0, payload);
    packet_queue_clear(&out);
    fixture_fini(&fixture);
}

/* Offload comes from outside too (TAP): nobody gets thousands of packets out of one. */
static void super_segment_of_too_small_pieces_is_refused(void **state) {
    (void)state;
    struct fixture fixture;
    struct packet_queue out;
    struct super super = {.payload = 64800, .flags = TCP_ACK};
    static const uint8_t payload[65000] = {0};
    fixture_init(&fixture);
    packet_queue_init(&out);
    super.piece = 46;
    assert_false(gso_split(super_create(&fixture, &super, payload), &out));
    super.piece = 47;
    assert_true(gso_split(super_create(&fixture, &super, payload), &out));
    packet_queue_clear(&out);
    fixture_fini(&fixture);
}

/* Offload comes from outside too (TAP): what is no TCP over IPv4 is refused, at every cut. */
static void super_segment_without_its_headers_is_refused(void **state) {
    (void)state;
    struct fixture fixture;
    struct packet_queue out;
    struct super super = {
        .ip_options = 8, .tcp_options = 12, .payload = 3000, .piece = 1000, .flags = TCP_ACK};
    static const uint8_t payload[3000] = {0};
    fixture_init(&fixture);
    packet_queue_init(&out);
    for (size_t length = 1; length < 14 + 28 + 32; length++) {
        struct dobos_packet *packet = super_create(&fixture, &super, payload);
        packet_trim_to(packet, length);
        assert_false(gso_split(packet, &out));
    }
    static const struct {
        size_t at;
        uint8_t byte;
    } damages[] = {{12, 0x86}, {14, 0x64}, {14, 0x44}, {14 + 9, 17}, {14 + 28 + 12, 0x40}};
    for (size_t i = 0; i < array_length(damages); i++) {
        struct dobos_packet *packet = super_create(&fixture, &super, payload);
        assert_true(packet_write(packet, damages[i].at, &damages[i].byte, 1));
        assert_false(gso_split(packet, &out));
    }
    struct dobos_packet *packet = super_create(&fixture, &super, payload);
    packet->offload.gso_bytes = 0;
    assert_false(gso_split(packet, &out));
    assert_int_equal(out.packets, 0);
    fixture_fini(&fixture);
}

static void every_failing_allocation_leaves_nothing_behind(void **state) {
    (void)state;
    struct super super = {.payload = 30000, .piece = 1000, .flags = TCP_ACK};
    static const uint8_t payload[30000] = {0};
    bool done = false;
    for (uint64_t n = 0; !done; n++) {
        struct fixture fixture;
        struct packet_queue out;
        fixture_init(&fixture);
        packet_queue_init(&out);
        struct dobos_packet *packet = super_create(&fixture, &super, payload);
        fixture.countdown = n;
        done = gso_split(packet, &out);
        fixture.countdown = UINT64_MAX;
        assert_int_equal(out.packets, done ? 30 : 0);
        packet_queue_clear(&out);
        fixture_fini(&fixture);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_super_segments_split_into_their_parts),
        cmocka_unit_test(largest_super_segment_splits),
        cmocka_unit_test(ordinary_frame_passes_with_its_checksum),
        cmocka_unit_test(super_segment_of_too_small_pieces_is_refused),
        cmocka_unit_test(super_segment_without_its_headers_is_refused),
        cmocka_unit_test(every_failing_allocation_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
