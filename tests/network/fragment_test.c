/* fragment: an IP packet in pieces that fit. */
#include "datagram.h"

static uint8_t data[65536];

static void data_fill(void) {
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 7 + i / 253);
}

/* Cuts a packet and puts the pieces together again by their own headers; returns how many there
 * were. */
static unsigned cut_and_check(struct post *p, const struct ipv4 *header, size_t length,
                              uint32_t mtu) {
    static uint8_t joined[65536], bytes[65536];
    struct packet_queue out;
    size_t end = header->fragment_offset;
    unsigned count = 0;
    packet_queue_init(&out);
    assert_true(
        ipv4_fragment(datagram_create(&p->fixture, header, data, length), mtu, &out, &p->reason));
    for (struct dobos_packet *fragment = packet_queue_take(&out); fragment;
         fragment = packet_queue_take(&out), count++) {
        struct ipv4 ipv4;
        size_t total = datagram_read(fragment, bytes, sizeof bytes);
        struct reader r = reader_make(bytes, total);
        assert_true(total <= mtu);
        assert_int_equal(ipv4_parse(&r, total, &ipv4), IPV4_OK);
        assert_int_equal(ipv4.total_length, total);
        assert_int_equal(ipv4.identification, header->identification);
        assert_int_equal(ipv4.fragment_offset, end);
        assert_int_equal(fragment->network_offset, 0);
        assert_int_equal(fragment->transport_offset, ipv4.header_length);
        size_t n = total - ipv4.header_length;
        memcpy(joined + end - header->fragment_offset, bytes + ipv4.header_length, n);
        end += n;
        bool last = end == header->fragment_offset + length;
        assert_int_equal(ipv4.more_fragments, !last || header->more_fragments);
        if (!last)
            assert_int_equal(n % 8, 0);
        dobos_packet_release(fragment);
    }
    assert_int_equal(end, header->fragment_offset + length);
    assert_memory_equal(joined, data, length);
    return count;
}

/* [rfc791#6] [rfc1812#36] [rfc1812#1] [rfc1812#37] */
static void pieces_fit_make_the_whole_and_are_as_few_as_can_be(void **state) {
    struct post *p = *state;
    struct ipv4 header = header_make(PROTOCOL_UDP);
    header.identification = 4711;
    data_fill();
    for (uint32_t mtu = 68; mtu < 1600; mtu += 37) {
        for (size_t length = 1; length < 6000; length += 61) {
            size_t piece = (mtu - 20) & ~(size_t)7;
            size_t fewest = length <= mtu - 20 ? 1 : 0;
            for (size_t rest = length; !fewest;) { /* the last piece needs no multiple of eight */
                size_t n = 0;
                for (; rest > mtu - 20; rest -= piece)
                    n++;
                fewest = n + 1;
            }
            assert_int_equal(cut_and_check(p, &header, length, mtu), fewest);
        }
    }
    cut_and_check(p, &header, 65515, 68);
    cut_and_check(p, &header, 65515, 1500);
}

/* [rfc791#7] */
static void datagram_of_68_bytes_passes_every_link(void **state) {
    struct post *p = *state;
    struct ipv4 header = header_make(PROTOCOL_UDP);
    assert_int_equal(cut_and_check(p, &header, 48, 68), 1);
    header.options = (struct slice){data, 40}; /* the largest header */
    memset(data, 1, 40);
    assert_int_equal(cut_and_check(p, &header, 8, 68), 1);
}

static void piece_of_a_datagram_can_be_cut_again(void **state) {
    struct post *p = *state;
    struct ipv4 header = header_make(PROTOCOL_UDP);
    data_fill();
    header.fragment_offset = 1480;
    header.more_fragments = true;
    assert_int_equal(cut_and_check(p, &header, 1480, 576), 3);
    header.more_fragments = false;
    assert_int_equal(cut_and_check(p, &header, 1001, 576), 2);
}

/* [rfc791#5] [rfc791#11] */
static void dont_fragment_is_refused_and_the_packet_stays(void **state) {
    struct post *p = *state;
    struct packet_queue out;
    struct ipv4 header = header_make(PROTOCOL_UDP);
    header.dont_fragment = true;
    packet_queue_init(&out);
    p->packet = datagram_create(&p->fixture, &header, data, 1000);
    assert_false(ipv4_fragment(p->packet, 1019, &out, &p->reason));
    assert_int_equal(p->reason, DROP_FRAGMENTATION_NEEDED);
    assert_int_equal(p->packet->length, 1020);
    assert_int_equal(out.packets, 0);
    assert_true(ipv4_fragment(p->packet, 1020, &out, &p->reason));
    p->packet = packet_queue_take(&out);
}

/* [rfc791#8] */
static void only_options_with_the_copy_flag_go_into_later_pieces(void **state) {
    struct post *p = *state;
    static const uint8_t options[] = {7,  7, 4, 1, 2,    3, 4, 1, 0x94, 4, 0, 0,
                                      68, 4, 5, 0, 0x82, 5, 1, 2, 3,    0, 0, 0};
    static const uint8_t copied[] = {0x94, 4, 0, 0, 0x82, 5, 1, 2, 3, 0, 0, 0};
    struct ipv4 header = header_make(PROTOCOL_UDP);
    struct packet_queue out;
    data_fill();
    header.options = (struct slice){options, sizeof options};
    cut_and_check(p, &header, 500, 200);
    packet_queue_init(&out);
    assert_true(
        ipv4_fragment(datagram_create(&p->fixture, &header, data, 500), 200, &out, &p->reason));
    unsigned count = 0;
    for (struct dobos_packet *fragment = packet_queue_take(&out); fragment;
         fragment = packet_queue_take(&out), count++) {
        uint8_t bytes[60];
        dobos_packet_read(fragment, 20, bytes, 40);
        if (count == 0)
            assert_memory_equal(bytes, options, sizeof options);
        else
            assert_memory_equal(bytes, copied, sizeof copied);
        assert_int_equal(fragment->transport_offset, 20 + (count ? sizeof copied : sizeof options));
        dobos_packet_release(fragment);
    }
    assert_true(count > 2);
}

static void pending_checksum_is_finished_before_the_cut(void **state) {
    struct post *p = *state;
    struct packet_queue out;
    struct ipv4 header = header_make(PROTOCOL_UDP);
    data_fill();
    store_be16(data + 6, 0x1234); /* what stands for the pseudo-header's sum */
    uint16_t right = checksum_finish(checksum_add(0, data, 1000));
    packet_queue_init(&out);
    struct dobos_packet *packet = datagram_create(&p->fixture, &header, data, 1000);
    packet->offload = (struct dobos_offload){
        .flags = DOBOS_OFFLOAD_NEEDS_CHECKSUM, .checksum_start = 20, .checksum_offset = 6};
    assert_true(ipv4_fragment(packet, 500, &out, &p->reason));
    assert_int_equal(packet_be16(packet_queue_first(&out), 26), right);
    assert_int_equal(packet_queue_first(&out)->offload.flags, 0);
    packet_queue_clear(&out);
}

/* Whatever offload.header_length says, which is a hint only. */
static void super_segment_passes_when_its_segments_do(void **state) {
    struct post *p = *state;
    static const uint16_t hints[] = {0, 52, 60, 20000};
    struct ipv4 header = header_make(PROTOCOL_TCP);
    struct packet_queue out;
    header.dont_fragment = true;
    data[12] = 8 << 4; /* a TCP header of 32 bytes */
    packet_queue_init(&out);
    for (size_t i = 0; i < array_length(hints); i++) {
        p->packet = datagram_create(&p->fixture, &header, data, 20000);
        p->packet->offload = (struct dobos_offload){
            .gso = DOBOS_GSO_TCPV4, .header_length = hints[i], .gso_bytes = 1448};
        assert_int_equal(ipv4_segment_bytes(p->packet), 1500);
        assert_false(ipv4_fragment(p->packet, 1499, &out, &p->reason));
        assert_true(ipv4_fragment(p->packet, 1500, &out, &p->reason));
        p->packet = packet_queue_take(&out);
        assert_int_equal(p->packet->length, 20020);
        dobos_packet_release(p->packet);
    }
    p->packet = datagram_create(&p->fixture, &header, data, 100);
    assert_int_equal(ipv4_segment_bytes(p->packet), 120);
}

static void every_failing_allocation_leaves_nothing_behind(void **state) {
    (void)state;
    struct ipv4 header = header_make(PROTOCOL_UDP);
    bool done = false;
    for (uint64_t n = 0; !done; n++) {
        struct fixture fixture;
        struct packet_queue out;
        enum drop_reason reason = DROP_NONE;
        fixture_init(&fixture);
        packet_queue_init(&out);
        struct dobos_packet *packet = datagram_create(&fixture, &header, data, 3000);
        fixture.countdown = n;
        done = ipv4_fragment(packet, 576, &out, &reason);
        fixture.countdown = UINT64_MAX;
        assert_int_equal(reason, done ? DROP_NONE : DROP_NO_MEMORY);
        assert_int_equal(out.packets, done ? 6 : 0);
        packet_queue_clear(&out);
        fixture_fini(&fixture);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        POST_TEST(pieces_fit_make_the_whole_and_are_as_few_as_can_be),
        POST_TEST(datagram_of_68_bytes_passes_every_link),
        POST_TEST(piece_of_a_datagram_can_be_cut_again),
        POST_TEST(dont_fragment_is_refused_and_the_packet_stays),
        POST_TEST(only_options_with_the_copy_flag_go_into_later_pieces),
        POST_TEST(pending_checksum_is_finished_before_the_cut),
        POST_TEST(super_segment_passes_when_its_segments_do),
        cmocka_unit_test(every_failing_allocation_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
