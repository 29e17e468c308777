/* neighbor_scene: a table of neighbours, what it sends, and a clock. */
#ifndef TESTS_LINK_NEIGHBOR_SCENE_H
#define TESTS_LINK_NEIGHBOR_SCENE_H

#include "fixture.h"

#include "link/neighbor.h"

#define NETWORK UINT32_C(0xc0a80000)
#define OURS    (NETWORK + 1)
#define PEER    (NETWORK + 9)
#define OTHER   (NETWORK + 77)

struct scene {
    struct fixture fixture;
    struct neighbors neighbors;
    struct packet_queue out, failed;
    enum drop_reason reason; /* of the last drop */
    dobos_time now;
};

struct asked {
    struct ethernet ethernet;
    struct arp arp;
};

static inline int scene_setup(void **state) {
    struct scene *s = calloc(1, sizeof *s);
    struct dobos_mac mac = mac_make(OURS);
    fixture_init(&s->fixture);
    packet_queue_init(&s->out);
    packet_queue_init(&s->failed);
    neighbors_init(&s->neighbors, s->fixture.pool, &s->fixture.wheel, &s->fixture.key, &mac, 2);
    *state = s;
    return 0;
}

static inline int scene_teardown(void **state) {
    struct scene *s = *state;
    packet_queue_clear(&s->out);
    packet_queue_clear(&s->failed);
    neighbors_fini(&s->neighbors);
    assert_int_equal(s->neighbors.count, 0);
    assert_int_equal(s->neighbors.incomplete, 0);
    assert_int_equal(s->neighbors.waiting, 0);
    fixture_fini(&s->fixture);
    free(s);
    return 0;
}

#define SCENE_TEST(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)

/* Sends a packet whose first byte is `mark`. */
static inline enum verdict scene_send_marked(struct scene *s, uint32_t hop, uint8_t mark) {
    struct dobos_address next_hop = dobos_address_ipv4(hop), source = dobos_address_ipv4(OURS);
    struct dobos_packet *packet = packet_counting(&s->fixture, mark, 60, false);
    return neighbor_resolve(&s->neighbors, &next_hop, &source, packet, s->now, &s->out, &s->reason);
}

static inline enum verdict scene_send(struct scene *s, uint32_t hop) {
    return scene_send_marked(s, hop, 0x45);
}

/* An ARP packet arrives. */
static inline enum verdict scene_arp_from(struct scene *s, uint16_t operation, struct dobos_mac mac,
                                          uint32_t sender, uint32_t target) {
    struct arp arp = {
        .operation = operation,
        .sender_mac = mac,
        .sender = dobos_address_ipv4(sender),
        .target_mac = operation == ARP_REPLY ? s->neighbors.mac : (struct dobos_mac){{0}},
        .target = dobos_address_ipv4(target),
    };
    return neighbor_receive(&s->neighbors, &arp, target == OURS,
                            sender == OURS ? ARP_SENDER_OURS : ARP_SENDER_OTHER, s->now, &s->out,
                            &s->reason);
}

static inline enum verdict scene_arp(struct scene *s, uint16_t operation, uint32_t sender,
                                     uint32_t target) {
    return scene_arp_from(s, operation, mac_make(sender), sender, target);
}

/* The time comes, with all timers on its way. */
static inline void scene_advance(struct scene *s, dobos_time until) {
    for (;;) {
        dobos_time next = timing_wheel_next(&s->fixture.wheel);
        if (next > until)
            break;
        if (next > s->now)
            s->now = next;
        struct timer *timer = timing_wheel_take(&s->fixture.wheel, s->now);
        assert_non_null(timer);
        assert_int_equal(timer->kind, TIMER_NEIGHBOR);
        neighbor_on_timer(container_of(timer, struct neighbor, timer), s->now, &s->out, &s->failed);
    }
    s->now = until;
}

static inline void scene_drop_out(struct scene *s) {
    packet_queue_clear(&s->out);
}

static inline void scene_make_reachable(struct scene *s, uint32_t address) {
    scene_send(s, address);
    assert_int_equal(scene_arp(s, ARP_REPLY, address, OURS), VERDICT_DELIVER);
    scene_drop_out(s);
}

static inline void scene_make_stale(struct scene *s, uint32_t address) {
    scene_make_reachable(s, address);
    scene_advance(s, s->now + NEIGHBOR_REACHABLE_NS);
}

/* The state of an entry; 0: there is none. */
static inline int scene_state(struct scene *s, uint32_t address) {
    struct dobos_neighbor_info info;
    for (uint32_t i = 0; neighbor_read(&s->neighbors, i, &info); i++)
        if (dobos_address_ipv4_number(&info.address) == address)
            return (int)info.state;
    return 0;
}

static inline struct dobos_mac scene_mac(struct scene *s, uint32_t address) {
    struct dobos_neighbor_info info = {0};
    for (uint32_t i = 0; neighbor_read(&s->neighbors, i, &info); i++)
        if (dobos_address_ipv4_number(&info.address) == address)
            return info.mac;
    return (struct dobos_mac){{0}};
}

/* The first frame out, which is an ARP packet, padded with zeros. */
static inline struct asked scene_take_arp(struct scene *s) {
    struct asked asked;
    uint8_t bytes[128];
    struct dobos_packet *frame = packet_queue_take(&s->out);
    assert_non_null(frame);
    assert_int_equal(frame->length, ETHERNET_MIN_FRAME_BYTES);
    size_t length = dobos_packet_read(frame, 0, bytes, sizeof bytes);
    struct reader r = reader_make(bytes, length);
    assert_true(ethernet_parse(&r, &asked.ethernet));
    assert_int_equal(asked.ethernet.type, ETHER_TYPE_ARP);
    assert_true(arp_parse(&r, &asked.arp));
    while (reader_has(&r, 1))
        assert_int_equal(reader_u8(&r), 0);
    dobos_packet_release(frame);
    return asked;
}

#endif
