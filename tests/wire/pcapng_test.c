/* pcapng: captures in both byte orders, block by block, whole, cut and changed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/random.h"
#include "roundtrip_pcapng.h"
#include "survey.h"

/* A capture being put together by hand: little-endian blocks. */
struct capture {
    uint8_t bytes[2048];
    size_t length;
};

static void put_32(struct capture *c, uint32_t value) {
    store_le32(c->bytes + c->length, value);
    c->length += 4;
}

/* A block of words, its length as it should be. */
static void put_block(struct capture *c, uint32_t type, const uint32_t *words, size_t count) {
    uint32_t length = (uint32_t)(12 + 4 * count);
    put_32(c, type);
    put_32(c, length);
    for (size_t i = 0; i < count; i++)
        put_32(c, words[i]);
    put_32(c, length);
}

#define BLOCK(capture, type, ...)                             \
    put_block(capture, type, (const uint32_t[]){__VA_ARGS__}, \
              sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

static struct capture capture_begin(void) {
    struct capture c = {.length = 0};
    BLOCK(&c, 0x0a0d0d0a, 0x1a2b3c4d, 1, 0xffffffff, 0xffffffff);
    return c;
}

/* Reads all; returns what next said last, and counts the packets. */
static int read_all(const void *bytes, size_t length, unsigned *packets, const char **error) {
    uint8_t *exact = malloc(length);
    if (length > 0)
        memcpy(exact, bytes, length);
    struct pcapng_reader r = pcapng_reader_make(exact, length);
    struct pcapng_packet packet;
    uint16_t link_type;
    int next;
    *packets = 0;
    while ((next = pcapng_next(&r, &packet, &link_type)) == 1)
        ++*packets;
    *error = r.error;
    free(exact);
    return next;
}

static void capture_is_refused(const struct capture *c, const char *reason) {
    unsigned packets;
    const char *error;
    assert_int_equal(read_all(c->bytes, c->length, &packets, &error), -1);
    assert_string_equal(error, reason);
}

static void capture_has(const struct capture *c, unsigned expected) {
    unsigned packets;
    const char *error;
    assert_int_equal(read_all(c->bytes, c->length, &packets, &error), 0);
    assert_int_equal(packets, expected);
}

static void capture_is_emitted(void **state) {
    (void)state;
    uint8_t bytes[sizeof(golden_pcapng_little)];
    struct writer w = writer_make(bytes, sizeof(bytes));
    struct pcapng_packet packet = {.time_ns = UINT64_C(946684801000000000), .original_length = 60};
    packet.data = (struct slice){(const uint8_t *)"\252\273\314", 3};
    packet.comments[0] = (struct slice){(const uint8_t *)"hello", 5};
    packet.comment_count = 1;
    pcapng_section_emit(&w);
    pcapng_interface_emit(&w, PCAPNG_LINKTYPE_ETHERNET, 262144, "lan");
    pcapng_packet_emit(&w, &packet);
    assert_false(w.failed);
    assert_int_equal(w.position, sizeof(bytes));
    assert_int_equal(pcapng_packet_length(&packet), 52);
    assert_memory_equal(bytes, golden_pcapng_little, sizeof(bytes));
}

static void little_endian_capture_is_read(void **state) {
    (void)state;
    struct pcapng_reader r = pcapng_reader_make(golden_pcapng_little, sizeof(golden_pcapng_little));
    struct pcapng_packet packet;
    uint16_t link_type;
    assert_int_equal(pcapng_next(&r, &packet, &link_type), 1);
    assert_int_equal(link_type, PCAPNG_LINKTYPE_ETHERNET);
    assert_int_equal(r.interfaces[0].name.length, 3);
    assert_memory_equal(r.interfaces[0].name.bytes, "lan", 3);
    assert_int_equal(packet.time_ns, UINT64_C(946684801000000000));
    assert_int_equal(packet.original_length, 60);
    assert_int_equal(packet.data.length, 3);
    assert_memory_equal(packet.data.bytes, "\252\273\314", 3);
    assert_int_equal(packet.comment_count, 1);
    assert_int_equal(packet.comments[0].length, 5);
    assert_memory_equal(packet.comments[0].bytes, "hello", 5);
    assert_int_equal(pcapng_next(&r, &packet, &link_type), 0);
    assert_int_equal(pcapng_next(&r, &packet, &link_type), 0);
}

static void big_endian_capture_is_read(void **state) {
    (void)state;
    struct pcapng_reader r = pcapng_reader_make(golden_pcapng_big, sizeof(golden_pcapng_big));
    struct pcapng_packet packet;
    uint16_t link_type;
    assert_int_equal(pcapng_next(&r, &packet, &link_type), 1);
    assert_int_equal(link_type, PCAPNG_LINKTYPE_RAW);
    assert_int_equal(packet.interface, 0);
    assert_int_equal(packet.time_ns, 5000);
    assert_memory_equal(packet.data.bytes, "\1\2\3\4", 4);
    assert_int_equal(pcapng_next(&r, &packet, &link_type), 1);
    assert_int_equal(link_type, PCAPNG_LINKTYPE_ETHERNET);
    assert_int_equal(packet.interface, 1);
    assert_int_equal(packet.time_ns, UINT64_C(101500000000));
    assert_int_equal(packet.original_length, 9);
    assert_int_equal(packet.data.length, 1);
    assert_int_equal(packet.comment_count, 0);
    assert_int_equal(pcapng_next(&r, &packet, &link_type), 1);
    assert_int_equal(link_type, PCAPNG_LINKTYPE_RAW);
    assert_int_equal(packet.time_ns, 0);
    assert_int_equal(packet.data.length, 2);
    assert_memory_equal(packet.data.bytes, "\253\315", 2);
    assert_int_equal(pcapng_next(&r, &packet, &link_type), 0);
}

/* Both orders in one file; the interfaces of the first section do not count in the second. */
static void each_section_has_its_own_order_and_interfaces(void **state) {
    (void)state;
    uint8_t bytes[sizeof(golden_pcapng_little) + sizeof(golden_pcapng_big)];
    unsigned packets;
    const char *error;
    memcpy(bytes, golden_pcapng_big, sizeof(golden_pcapng_big));
    memcpy(bytes + sizeof(golden_pcapng_big), golden_pcapng_little, sizeof(golden_pcapng_little));
    assert_int_equal(read_all(bytes, sizeof(bytes), &packets, &error), 0);
    assert_int_equal(packets, 4);
    struct capture c = capture_begin();
    BLOCK(&c, 1, 1, 0);
    BLOCK(&c, 0x0a0d0d0a, 0x1a2b3c4d, 1, 0, 0);
    BLOCK(&c, 6, 0, 0, 0, 0, 0);
    capture_is_refused(&c, "packet of an interface that was not described");
}

static void file_that_is_no_capture_is_refused(void **state) {
    (void)state;
    struct capture c = {.length = 0};
    capture_is_refused(&c, "file ends inside a block");
    BLOCK(&c, 1, 1, 0);
    capture_is_refused(&c, "no section header block at the beginning: not a pcapng file");
    c = capture_begin();
    c.bytes[8] ^= 1;
    capture_is_refused(&c, "no byte-order magic in the section header block");
    c = capture_begin();
    c.bytes[12] = 2;
    capture_is_refused(&c, "unknown version of the format");
    c.length = 0;
    BLOCK(&c, 0x0a0d0d0a, 0x1a2b3c4d, 1, 0);
    capture_is_refused(&c, "section header block is too short");
}

/* Every first length of an unknown block, with the second one right and wrong. */
static void block_whose_lengths_lie_is_refused(void **state) {
    (void)state;
    for (uint32_t length = 0; length <= 64; length++) {
        for (int right = 0; right < 2; right++) {
            struct capture c = capture_begin();
            size_t begin = c.length;
            BLOCK(&c, 99, 0, 0, 0, 0, 0);
            store_le32(c.bytes + begin + 4, length);
            if (length >= 12 && length <= 32)
                store_le32(c.bytes + begin + length - 4, right ? length : length + 4);
            c.length = begin + (length < 12 ? 32 : min_size(length, 32));
            bool good = right && length >= 12 && length <= 32 && length % 4 == 0;
            unsigned packets;
            const char *error;
            assert_int_equal(read_all(c.bytes, c.length, &packets, &error), good ? 0 : -1);
            if (length < 12 || length % 4 != 0)
                assert_string_equal(error, "length of a block is below 12 or no multiple of 4");
            else if (length > 32)
                assert_string_equal(error, "file ends inside a block");
            else if (!right)
                assert_string_equal(error, "the two lengths of a block differ");
        }
    }
}

static void block_beyond_16_mib_is_refused(void **state) {
    (void)state;
    size_t length = 28 + PCAPNG_BLOCK_MAX_BYTES + 4;
    uint8_t *bytes = calloc(1, length);
    unsigned packets;
    const char *error;
    memcpy(bytes, golden_pcapng_little, 28);
    bytes[28] = 99;
    store_le32(bytes + 32, PCAPNG_BLOCK_MAX_BYTES);
    store_le32(bytes + length - 8, PCAPNG_BLOCK_MAX_BYTES);
    assert_int_equal(read_all(bytes, length - 4, &packets, &error), 0);
    store_le32(bytes + 32, PCAPNG_BLOCK_MAX_BYTES + 4);
    store_le32(bytes + length - 4, PCAPNG_BLOCK_MAX_BYTES + 4);
    assert_int_equal(read_all(bytes, length, &packets, &error), -1);
    assert_string_equal(error, "block is larger than 16 MiB");
    free(bytes);
}

/* The packets before the damage were good. */
static void capture_cut_anywhere_gives_the_packets_before(void **state) {
    (void)state;
    for (size_t length = 0; length < sizeof(golden_pcapng_big); length++) {
        unsigned packets;
        const char *error;
        bool at_border = length == 32 || length == 52 || length == 96 || length == 112 ||
                         length == 148 || length == 184;
        int next = read_all(golden_pcapng_big, length, &packets, &error);
        assert_int_equal(next, at_border ? 0 : -1);
        assert_int_equal(packets, length >= 184 ? 2 : length >= 148 ? 1 : 0);
    }
}

static void captures_near_the_golden_ones_do_no_harm(void **state) {
    (void)state;
    assert_true(survey_format("pcapng", roundtrip_pcapng));
}

/* Captured lengths around the truth: 8 bytes of data are there. */
static void packet_beyond_its_block_is_refused(void **state) {
    (void)state;
    static const uint32_t lengths[] = {9, 10, 11, 12, 13, 0x7fffffff, 0xfffffffc, 0xffffffff};
    for (uint32_t length = 0; length <= 8; length++) {
        struct capture c = capture_begin();
        BLOCK(&c, 1, 1, 0);
        BLOCK(&c, 6, 0, 0, 0, length, 8, 0, 0);
        capture_has(&c, 1);
    }
    for (size_t i = 0; i < array_length(lengths); i++) {
        struct capture c = capture_begin();
        BLOCK(&c, 1, 1, 0);
        BLOCK(&c, 6, 0, 0, 0, lengths[i], 8, 0, 0);
        capture_is_refused(&c, "packet goes beyond its block");
    }
}

static void short_blocks_are_refused(void **state) {
    (void)state;
    struct capture c = capture_begin();
    BLOCK(&c, 1, 1);
    capture_is_refused(&c, "interface description block is too short");
    c = capture_begin();
    BLOCK(&c, 1, 1, 0);
    BLOCK(&c, 6, 0, 0, 0, 0);
    capture_is_refused(&c, "enhanced packet block is too short");
    c = capture_begin();
    BLOCK(&c, 1, 1, 0);
    put_block(&c, 3, NULL, 0);
    capture_is_refused(&c, "simple packet block is too short");
}

static void simple_packet_is_cut_by_the_snap_length(void **state) {
    (void)state;
    struct capture c = capture_begin();
    BLOCK(&c, 3, 0);
    capture_is_refused(&c, "packet of an interface that was not described");
    c = capture_begin();
    BLOCK(&c, 1, 1, 4);
    BLOCK(&c, 3, 1500, 0x04030201);
    struct pcapng_reader r = pcapng_reader_make(c.bytes, c.length);
    struct pcapng_packet packet;
    uint16_t link_type;
    assert_int_equal(pcapng_next(&r, &packet, &link_type), 1);
    assert_int_equal(packet.original_length, 1500);
    assert_int_equal(packet.data.length, 4);
    c = capture_begin();
    BLOCK(&c, 1, 1, 0);
    BLOCK(&c, 3, 5, 0x04030201);
    capture_is_refused(&c, "packet goes beyond its block");
}

/* A comment of each length where 8 bytes of blanks are; below 5 the rest is read as an option. */
static void option_beyond_its_block_is_refused(void **state) {
    (void)state;
    for (uint32_t length = 0; length <= 12; length++) {
        struct capture c = capture_begin();
        BLOCK(&c, 1, 1, 0);
        BLOCK(&c, 6, 0, 0, 0, 0, 0, 1 | length << 16, 0x20202020, 0x20202020);
        unsigned packets;
        const char *error;
        int next = read_all(c.bytes, c.length, &packets, &error);
        assert_int_equal(next, length >= 5 && length <= 8 ? 0 : -1);
        if (next < 0)
            assert_string_equal(error, "option goes beyond its block");
    }
    struct capture c = capture_begin();
    BLOCK(&c, 1, 1, 0, 2 | 5 << 16, 0);
    capture_is_refused(&c, "option goes beyond its block");
}

static void comments_are_kept_in_order_and_the_end_ends(void **state) {
    (void)state;
    struct capture c = capture_begin();
    BLOCK(&c, 1, 1, 0);
    BLOCK(&c, 6, 0, 0, 0, 0, 0, 7 | 1 << 16, 'x', 1 | 1 << 16, 'a', 1 | 1 << 16, 'b', 0,
          1 | 99 << 16);
    struct pcapng_reader r = pcapng_reader_make(c.bytes, c.length);
    struct pcapng_packet packet;
    uint16_t link_type;
    assert_int_equal(pcapng_next(&r, &packet, &link_type), 1);
    assert_int_equal(packet.comment_count, 2);
    assert_int_equal(packet.comments[0].length, 1);
    assert_int_equal(packet.comments[0].bytes[0], 'a');
    assert_int_equal(packet.comments[1].length, 1);
    assert_int_equal(packet.comments[1].bytes[0], 'b');
}

/* What is empty is none; of more than fit, the first are kept. */
static void comments_beyond_eight_are_not_kept(void **state) {
    (void)state;
    struct capture c = capture_begin();
    BLOCK(&c, 1, 1, 0);
    BLOCK(&c, 6, 0, 0, 0, 0, 0, 1, 1 | 1 << 16, 'a', 1 | 1 << 16, 'b', 1 | 1 << 16, 'c',
          1 | 1 << 16, 'd', 1 | 1 << 16, 'e', 1 | 1 << 16, 'f', 1 | 1 << 16, 'g', 1 | 1 << 16, 'h',
          1 | 1 << 16, 'i', 1 | 1 << 16, 'j', 0);
    struct pcapng_reader r = pcapng_reader_make(c.bytes, c.length);
    struct pcapng_packet packet;
    uint16_t link_type;
    assert_int_equal(pcapng_next(&r, &packet, &link_type), 1);
    assert_int_equal(packet.comment_count, PCAPNG_COMMENTS);
    for (unsigned i = 0; i < PCAPNG_COMMENTS; i++)
        assert_int_equal(packet.comments[i].bytes[0], "abcdefgh"[i]);
}

static void only_64_interfaces_are_kept(void **state) {
    (void)state;
    struct capture c = capture_begin();
    for (int i = 0; i < 64; i++)
        BLOCK(&c, 1, 1, 0);
    BLOCK(&c, 6, 63, 0, 0, 0, 0);
    capture_has(&c, 1);
    BLOCK(&c, 1, 1, 0);
    capture_is_refused(&c, "more than 64 interfaces");
}

/* A name of one byte, a resolution of two, an offset of four, and eight bytes of something else. */
static void interface_options_of_wrong_length_do_not_count(void **state) {
    (void)state;
    struct capture c = capture_begin();
    BLOCK(&c, 1, 1, 0, 2 | 1 << 16, 3, 9 | 2 << 16, 3, 14 | 4 << 16, 3, 99 | 8 << 16, 3, 3);
    struct pcapng_reader r = pcapng_reader_make(c.bytes, c.length);
    struct pcapng_packet packet;
    uint16_t link_type;
    assert_int_equal(pcapng_next(&r, &packet, &link_type), 0);
    assert_int_equal(r.interfaces[0].ticks, 1000000);
    assert_int_equal(r.interfaces[0].time_offset_s, 0);
    assert_int_equal(r.interfaces[0].name.length, 1);
}

/* All 256 resolutions. */
static void every_resolution_is_read_or_refused(void **state) {
    (void)state;
    for (uint32_t resolution = 0; resolution < 256; resolution++) {
        struct capture c = capture_begin();
        BLOCK(&c, 1, 1, 0, 9 | 1 << 16, resolution);
        bool good = resolution <= 18 || (resolution >= 128 && resolution <= 128 + 63);
        if (!good) {
            capture_is_refused(&c, "time stamp resolution is too fine");
            continue;
        }
        capture_has(&c, 0);
        struct pcapng_reader r = pcapng_reader_make(c.bytes, c.length);
        struct pcapng_packet packet;
        uint16_t link_type;
        uint64_t ticks = resolution >= 128 ? UINT64_C(1) << (resolution - 128) : 1;
        for (uint32_t i = 0; resolution < 128 && i < resolution; i++)
            ticks *= 10;
        assert_int_equal(pcapng_next(&r, &packet, &link_type), 0);
        assert_int_equal(r.interfaces[0].ticks, ticks);
    }
}

/* Against 128-bit arithmetic, all resolutions, values large and small. */
static void time_stamps_are_converted_without_overflow(void **state) {
    (void)state;
    struct random random = random_make(10);
    uint64_t ticks[64 + 19];
    for (unsigned i = 0; i < 64; i++)
        ticks[i] = UINT64_C(1) << i;
    ticks[64] = 1;
    for (unsigned i = 1; i < 19; i++)
        ticks[64 + i] = ticks[64 + i - 1] * 10;
    for (unsigned turn = 0; turn < 100000; turn++) {
        uint64_t unit = ticks[random_below(&random, array_length(ticks))];
        uint64_t value = random_next(&random) >> random_below(&random, 64);
        if (turn % 16 == 0)
            value = UINT64_MAX - random_below(&random, 3);
        int64_t offset = (int64_t)random_next(&random) >> random_below(&random, 64);
        if (turn % 4 == 0)
            offset = 0;
        __extension__ typedef __int128 wide;
        wide ns =
            (wide)(value / unit) * 1000000000 + (wide)(value % unit) * 1000000000 / (wide)unit;
        wide second = (wide)(value / unit) + offset;
        ns += (wide)offset * 1000000000;
        uint64_t expected = second<0 ? 0 : ns>(wide) UINT64_MAX ? UINT64_MAX : (uint64_t)ns;
        assert_int_equal(pcapng_time_ns(value, unit, offset), expected);
    }
    assert_int_equal(pcapng_time_ns(0, 1, INT64_MIN), 0);
    assert_int_equal(pcapng_time_ns(UINT64_MAX, 1, INT64_MAX), UINT64_MAX);
    assert_int_equal(pcapng_time_ns(UINT64_MAX, UINT64_C(1) << 63, 0), 1999999999);
}

static void packet_too_large_is_not_emitted(void **state) {
    (void)state;
    uint8_t *bytes = malloc(PCAPNG_BLOCK_MAX_BYTES + 100);
    memset(bytes, 'x', PCAPNG_BLOCK_MAX_BYTES + 100);
    uint8_t *room = malloc(2 * PCAPNG_BLOCK_MAX_BYTES);
    struct pcapng_packet packet = {.data = {bytes, PCAPNG_BLOCK_MAX_BYTES - 32}};
    struct writer w = writer_make(room, 2 * PCAPNG_BLOCK_MAX_BYTES);
    pcapng_packet_emit(&w, &packet);
    assert_false(w.failed);
    assert_int_equal(w.position, PCAPNG_BLOCK_MAX_BYTES);
    packet.data.length++;
    pcapng_packet_emit(&w, &packet);
    assert_true(w.failed);
    w = writer_make(room, 2 * PCAPNG_BLOCK_MAX_BYTES);
    packet.data.length = 0;
    packet.comments[0] = (struct slice){bytes, 65535};
    packet.comment_count = 1;
    pcapng_packet_emit(&w, &packet);
    assert_false(w.failed);
    packet.comments[0].length++;
    pcapng_packet_emit(&w, &packet);
    assert_true(w.failed);
    free(room);
    free(bytes);
}

static void interface_name_must_fit_its_field(void **state) {
    (void)state;
    char *name = malloc(65537);
    uint8_t *room = malloc(70000);
    memset(name, 'n', 65537);
    name[65535] = 0;
    struct writer w = writer_make(room, 70000);
    pcapng_section_emit(&w);
    pcapng_interface_emit(&w, 1, 0, name);
    assert_false(w.failed);
    unsigned packets;
    const char *error;
    assert_int_equal(read_all(room, w.position, &packets, &error), 0);
    name[65535] = 'n';
    name[65536] = 0;
    pcapng_interface_emit(&w, 1, 0, name);
    assert_true(w.failed);
    free(room);
    free(name);
}

static void emit_without_room_fails(void **state) {
    (void)state;
    struct pcapng_packet packet = {.data = {(const uint8_t *)"abc", 3}};
    for (size_t room = 0; room < 28 + 32 + 36; room++) {
        uint8_t *bytes = malloc(room);
        struct writer w = writer_make(bytes, room);
        pcapng_section_emit(&w);
        pcapng_interface_emit(&w, 1, 0, "");
        pcapng_packet_emit(&w, &packet);
        assert_true(w.failed);
        free(bytes);
    }
}

static void random_packets_survive_emit_and_parse(void **state) {
    (void)state;
    struct random random = random_make(11);
    uint8_t bytes[300];
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)random_next(&random);
    for (int i = 0; i < 20000; i++) {
        struct pcapng_packet packet = {.time_ns = random_next(&random)};
        packet.original_length = (uint32_t)random_next(&random);
        packet.data = (struct slice){bytes, random_below(&random, sizeof(bytes))};
        packet.comment_count = (uint32_t)random_below(&random, PCAPNG_COMMENTS + 1);
        for (uint32_t k = 0; k < packet.comment_count; k++)
            packet.comments[k] = (struct slice){bytes + 100, 1 + random_below(&random, 200)};
        roundtrip_pcapng_packet(&packet, (uint16_t)random_next(&random));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(capture_is_emitted),
        cmocka_unit_test(little_endian_capture_is_read),
        cmocka_unit_test(big_endian_capture_is_read),
        cmocka_unit_test(each_section_has_its_own_order_and_interfaces),
        cmocka_unit_test(file_that_is_no_capture_is_refused),
        cmocka_unit_test(block_whose_lengths_lie_is_refused),
        cmocka_unit_test(block_beyond_16_mib_is_refused),
        cmocka_unit_test(capture_cut_anywhere_gives_the_packets_before),
        cmocka_unit_test(captures_near_the_golden_ones_do_no_harm),
        cmocka_unit_test(packet_beyond_its_block_is_refused),
        cmocka_unit_test(short_blocks_are_refused),
        cmocka_unit_test(simple_packet_is_cut_by_the_snap_length),
        cmocka_unit_test(option_beyond_its_block_is_refused),
        cmocka_unit_test(comments_are_kept_in_order_and_the_end_ends),
        cmocka_unit_test(comments_beyond_eight_are_not_kept),
        cmocka_unit_test(only_64_interfaces_are_kept),
        cmocka_unit_test(interface_options_of_wrong_length_do_not_count),
        cmocka_unit_test(every_resolution_is_read_or_refused),
        cmocka_unit_test(time_stamps_are_converted_without_overflow),
        cmocka_unit_test(packet_too_large_is_not_emitted),
        cmocka_unit_test(interface_name_must_fit_its_field),
        cmocka_unit_test(emit_without_room_fails),
        cmocka_unit_test(random_packets_survive_emit_and_parse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
