/* pcap: captures in the older format: both byte orders, both clocks, whole, cut and damaged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "roundtrip_pcap.h"

#define MICRO 0xa1b2c3d4u
#define NANO  0xa1b23c4du

/* A capture being put together by hand. */
struct capture {
    uint8_t bytes[256];
    size_t length;
    bool big_endian;
};

static void put_32(struct capture *c, uint32_t value) {
    if (c->big_endian)
        store_be32(c->bytes + c->length, value);
    else
        store_le32(c->bytes + c->length, value);
    c->length += 4;
}

static struct capture capture_begin(bool big_endian, uint32_t magic, uint32_t link) {
    struct capture c = {.big_endian = big_endian};
    put_32(&c, magic);
    put_32(&c, big_endian ? 2u << 16 | 4 : 4u << 16 | 2);
    put_32(&c, 0);
    put_32(&c, 0);
    put_32(&c, 65535);
    put_32(&c, link);
    return c;
}

static void put_packet(struct capture *c, uint32_t seconds, uint32_t part, uint32_t length,
                       uint32_t original) {
    put_32(c, seconds);
    put_32(c, part);
    put_32(c, length);
    put_32(c, original);
    for (uint32_t i = 0; i < length && c->length < sizeof(c->bytes); i++)
        c->bytes[c->length++] = (uint8_t)i;
}

static void either_byte_order_and_clock_is_read(void **state) {
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        uint32_t magic = i & 1 ? NANO : MICRO;
        struct capture c = capture_begin(i & 2, magic, PCAPNG_LINKTYPE_RAW);
        put_packet(&c, 7, 123456, 3, 60);
        put_packet(&c, UINT32_MAX, 999999, 0, 0);
        struct capture_reader r = capture_reader_make(c.bytes, c.length);
        struct pcapng_packet packet;
        uint16_t link_type = 0;
        assert_true(r.is_classic);
        assert_int_equal(capture_next(&r, &packet, &link_type), 1);
        assert_int_equal(link_type, PCAPNG_LINKTYPE_RAW);
        assert_int_equal(packet.time_ns, magic == NANO ? 7000123456 : 7123456000);
        assert_int_equal(packet.data.length, 3);
        assert_int_equal(packet.data.bytes[2], 2);
        assert_int_equal(packet.original_length, 60);
        assert_int_equal(capture_interface_name(&r, &packet).length, 0);
        assert_int_equal(capture_next(&r, &packet, &link_type), 1);
        assert_int_equal(packet.time_ns / 1000000000, UINT32_MAX);
        assert_int_equal(capture_next(&r, &packet, &link_type), 0);
        assert_int_equal(capture_position(&r), c.length);
    }
}

static void cut_anywhere_is_damaged_but_between_packets(void **state) {
    (void)state;
    struct capture c = capture_begin(false, MICRO, PCAPNG_LINKTYPE_ETHERNET);
    put_packet(&c, 1, 2, 5, 5);
    size_t first = c.length;
    put_packet(&c, 1, 2, 5, 5);
    for (size_t length = 4; length <= c.length; length++) {
        struct capture_reader r = capture_reader_make(c.bytes, length);
        struct pcapng_packet packet;
        uint16_t link_type;
        unsigned packets = 0;
        size_t offset;
        int next;
        while ((next = capture_next(&r, &packet, &link_type)) == 1)
            packets++;
        assert_int_equal(packets, (length >= first) + (length >= c.length));
        assert_int_equal(next, length == 24 || length == first || length == c.length ? 0 : -1);
        if (next < 0) {
            assert_non_null(capture_error(&r, &offset));
            assert_int_equal(offset, length < 24 ? 0 : length < first ? 24 : first);
        }
    }
}

static void damage_is_named(void **state) {
    (void)state;
    static const struct {
        size_t at;
        uint8_t value;
        const char *error;
    } rows[] = {
        {4, 3, "unknown version of the format"},
        {24 + 11, 0x7f, "packet is larger than 16 MiB"},
        {24 + 8, 200, "file ends inside a packet"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct capture c = capture_begin(false, MICRO, PCAPNG_LINKTYPE_ETHERNET);
        struct pcapng_packet packet;
        uint16_t link_type;
        size_t offset;
        put_packet(&c, 1, 2, 5, 5);
        c.bytes[rows[i].at] = rows[i].value;
        struct capture_reader r = capture_reader_make(c.bytes, c.length);
        assert_int_equal(capture_next(&r, &packet, &link_type), -1);
        assert_string_equal(capture_error(&r, &offset), rows[i].error);
        assert_int_equal(capture_next(&r, &packet, &link_type), -1);
    }
    struct pcap_reader other = pcap_reader_make("no capture at all, whatever", 27);
    struct pcapng_packet packet;
    assert_int_equal(pcap_next(&other, &packet), -1);
    assert_string_equal(other.error, "no magic number at the beginning: not a pcap file");
}

static void frame_check_sequence_is_left_out(void **state) {
    (void)state;
    struct capture c = capture_begin(true, MICRO, 0x24000000u | PCAPNG_LINKTYPE_ETHERNET);
    put_packet(&c, 1, 2, 64, 64);
    put_packet(&c, 1, 2, 20, 64);
    put_packet(&c, 1, 2, 2, 2);
    struct capture_reader r = capture_reader_make(c.bytes, c.length);
    struct pcapng_packet packet;
    uint16_t link_type;
    static const uint32_t lengths[][2] = {{60, 60}, {20, 60}, {2, 2}};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(capture_next(&r, &packet, &link_type), 1);
        assert_int_equal(link_type, PCAPNG_LINKTYPE_ETHERNET);
        assert_int_equal(packet.data.length, lengths[i][0]);
        assert_int_equal(packet.original_length, lengths[i][1]);
    }
}

static void any_change_of_a_capture_keeps_the_promises(void **state) {
    (void)state;
    for (size_t at = 0; at < 24 + 16; at++) {
        for (unsigned value = 0; value < 256; value++) {
            struct capture c = capture_begin(at & 1, at & 2 ? NANO : MICRO, 1);
            put_packet(&c, 1, 2, 5, 5);
            put_packet(&c, 3, 4, 6, 7);
            c.bytes[at] = (uint8_t)value;
            (void)roundtrip_pcap(c.bytes, c.length);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(either_byte_order_and_clock_is_read),
        cmocka_unit_test(cut_anywhere_is_damaged_but_between_packets),
        cmocka_unit_test(damage_is_named),
        cmocka_unit_test(frame_check_sequence_is_left_out),
        cmocka_unit_test(any_change_of_a_capture_keeps_the_promises),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
