/* reassembly_scene: a table of datagrams in pieces, a clock, and pieces to feed it. */
#ifndef TESTS_NETWORK_REASSEMBLY_SCENE_H
#define TESTS_NETWORK_REASSEMBLY_SCENE_H

#include "datagram.h"

#include "network/reassembly.h"

struct puzzle {
    struct fixture fixture;
    struct reassembly_table table;
    struct dobos_packet *whole; /* the last datagram delivered */
    enum drop_reason reason;    /* of the last drop */
    dobos_time now;
    uint64_t countdown; /* allocations that succeed while a fragment is taken */
    uint64_t in, verdict_drops, delivered, timed_out; /* fragments, but delivered: datagrams */
};

/* A fragment as the tests speak of it. */
struct piece {
    uint32_t source; /* 0: THERE */
    uint16_t id;
    size_t offset, length;
    bool more;
    uint8_t variant; /* changes all its bytes */
    struct slice options;
    uint8_t tos;
    bool link_broadcast;
    uint32_t interface; /* 0: 2 */
};

static inline int puzzle_setup(void **state) {
    struct puzzle *p = calloc(1, sizeof *p);
    fixture_init(&p->fixture);
    p->countdown = UINT64_MAX;
    reassembly_table_init(&p->table, p->fixture.pool, &p->fixture.wheel, &p->fixture.key);
    *state = p;
    return 0;
}

static inline int puzzle_teardown(void **state) {
    struct puzzle *p = *state;
    dobos_packet_release(p->whole);
    assert_int_equal(p->in, p->verdict_drops + p->delivered + p->timed_out +
                                reassembly_held(&p->table) + p->table.absorbed +
                                p->table.dropped[0] + p->table.dropped[1]);
    reassembly_table_fini(&p->table);
    assert_int_equal(p->table.count, 0);
    assert_int_equal(p->table.held, 0);
    assert_int_equal(p->table.bytes, 0);
    for (size_t i = 0; i < REASSEMBLY_SOURCES; i++)
        assert_int_equal(p->table.sources[i].bytes, 0);
    fixture_fini(&p->fixture);
    free(p);
    return 0;
}

#define PUZZLE_TEST(name) cmocka_unit_test_setup_teardown(name, puzzle_setup, puzzle_teardown)

/* The byte a datagram's payload has at `at`. */
static inline uint8_t payload_byte(size_t at) {
    return (uint8_t)(at * 13 + at / 255);
}

/* A fragment arrives, in a frame; *p->whole is the datagram on VERDICT_DELIVER. */
static inline enum verdict puzzle_put(struct puzzle *p, struct piece piece) {
    static uint8_t bytes[65536];
    struct ipv4 header = header_make(PROTOCOL_UDP), ipv4;
    enum drop_reason reason;
    for (size_t i = 0; i < piece.length; i++)
        bytes[i] = (uint8_t)(payload_byte(piece.offset + i) ^ piece.variant);
    if (piece.source)
        header.source = dobos_address_ipv4(piece.source);
    header.identification = piece.id;
    header.fragment_offset = (uint16_t)piece.offset;
    header.more_fragments = piece.more;
    header.options = piece.options;
    header.tos = piece.tos;
    struct dobos_packet *packet = datagram_create(&p->fixture, &header, bytes, piece.length);
    memset(packet_prepend(packet, 14), 0, 14); /* as it came, with its frame */
    packet->network_offset = 14;
    packet->link_broadcast = piece.link_broadcast;
    assert_int_equal(ipv4_receive(packet, &ipv4, &reason), VERDICT_DELIVER);
    dobos_packet_release(p->whole);
    p->whole = NULL;
    p->reason = DROP_NONE;
    p->fixture.countdown = p->countdown;
    enum verdict verdict =
        reassembly_receive(&p->table, packet, &ipv4, piece.interface ? piece.interface : 2, p->now,
                           &p->whole, &p->reason);
    p->fixture.countdown = UINT64_MAX;
    p->in++;
    p->verdict_drops += verdict == VERDICT_DROP;
    p->delivered += verdict == VERDICT_DELIVER;
    assert_int_equal(verdict == VERDICT_DELIVER, p->whole != NULL);
    assert_int_equal(verdict == VERDICT_DROP, p->reason != DROP_NONE);
    return verdict;
}

/* The delivered datagram has a good header, `length` bytes of payload, and they are the right ones.
 */
static inline void puzzle_check(struct puzzle *p, size_t length) {
    static uint8_t bytes[65536];
    struct ipv4 ipv4;
    assert_non_null(p->whole);
    size_t total = datagram_read(p->whole, bytes, sizeof bytes);
    struct reader r = reader_make(bytes, total);
    assert_int_equal(ipv4_parse(&r, total, &ipv4), IPV4_OK);
    assert_int_equal(ipv4.total_length, total);
    assert_int_equal(total - ipv4.header_length, length);
    assert_int_equal(ipv4.fragment_offset, 0);
    assert_false(ipv4.more_fragments);
    assert_int_equal(p->whole->network_offset, 0);
    assert_int_equal(p->whole->transport_offset, ipv4.header_length);
    for (size_t i = 0; i < length; i++)
        if (bytes[ipv4.header_length + i] != payload_byte(i))
            fail_msg("byte %zu of %zu is another's", i, length);
}

/* The time comes; returns how many first fragments were given to be quoted. */
static inline unsigned puzzle_advance(struct puzzle *p, dobos_time until) {
    unsigned quoted = 0;
    p->now = until;
    for (struct timer *timer = timing_wheel_take(&p->fixture.wheel, until); timer;
         timer = timing_wheel_take(&p->fixture.wheel, until)) {
        uint32_t fragments, interface;
        struct dobos_packet *first = reassembly_on_timer(&p->table, timer, &fragments, &interface);
        p->timed_out += fragments;
        quoted += first != NULL;
        dobos_packet_release(first);
    }
    return quoted;
}

#endif
