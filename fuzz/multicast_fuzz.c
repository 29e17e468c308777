/*
 * multicast_fuzz: any sequence of IGMP messages, changes of filters, time and failing allocations,
 * seen by a member's state machine and by the switch that they pass. What is sent can be parsed and
 * comes to an end, tables hold their bounds, nothing is left behind.
 */
#include "pool.h"

#include "base/ipv4_ranges.h"
#include "link/bridge.h"
#include "network/igmp.h"
#include "wire/ethernet.h"
#include "wire/ipv4.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

#define PORTS     8
#define SAID_MOST 300 /* messages at one time: every group's own, and more */

struct story {
    struct memory memory;
    struct timing_wheel wheel;
    struct dobos_pool *pool;
    struct igmp igmp;
    struct bridge bridge;
    dobos_time now;
};

static struct dobos_address group_read(struct reader *r) {
    static const uint32_t special[] = {0, 0xe0000001, 0xe0000016, 0xffffffff, 0x0a000001};
    uint8_t byte = reader_u8(r);
    return dobos_address_ipv4(byte < array_length(special) ? special[byte] : 0xef000000U + byte);
}

/* A frame through the switch: every port at most once, and none that is not there. */
static void forward(struct story *s, const uint8_t *body, size_t length, uint8_t protocol,
                    struct dobos_address to, uint32_t port) {
    uint8_t bytes[1600];
    struct writer w = writer_make(bytes, sizeof bytes);
    const struct ethernet link = {.destination = {{1, 0, 0x5e, 1, 2, 3}},
                                  .source = {{2, 0, 0, 0, 0, (uint8_t)port}},
                                  .type = ETHER_TYPE_IPV4};
    const struct ipv4 ip = {.source = dobos_address_ipv4(port == 0 ? 0 : 0x0a000001),
                            .destination = to,
                            .total_length = (uint16_t)(IPV4_HEADER_BYTES + length),
                            .ttl = 1,
                            .protocol = protocol};
    ethernet_emit(&w, &link);
    ipv4_emit(&w, &ip);
    writer_bytes(&w, body, length);
    struct dobos_packet *frame = dobos_packet_from_bytes(s->pool, bytes, w.position, NULL);
    uint32_t out = 0;
    if (!frame)
        return;
    HOLDS(bridge_forward(&s->bridge, frame, port, s->now, &out));
    dobos_packet_release(frame);
    if (out != BRIDGE_GROUP)
        return;
    struct snooping_walk walk = {0};
    bool goes[PORTS] = {false};
    while (bridge_next(&s->bridge, &walk, s->now, &out)) {
        HOLDS(out < PORTS && !goes[out]);
        goes[out] = true;
    }
}

/* A message of the input's own bytes, with the checksum it should have, to both. */
static void arrive(struct story *s, struct reader *r) {
    uint8_t bytes[256];
    uint32_t port = reader_u8(r) % PORTS;
    struct dobos_address to = group_read(r);
    size_t length = min_size(reader_u8(r), reader_rest(r));
    struct slice slice = reader_slice(r, length);
    struct igmp_message message;
    enum drop_reason reason;
    if (length < IGMP_BYTES)
        return;
    memcpy(bytes, slice.bytes, length);
    store_be16(bytes + 2, 0);
    store_be16(bytes + 2, checksum_finish(checksum_add(0, bytes, length)));
    forward(s, bytes, length, PROTOCOL_IGMP, to, port);
    if (igmp_parse((struct slice){bytes, length}, &message))
        (void)igmp_receive(&s->igmp, &message, &to, (port & 1) == 0, s->now, &reason);
}

static void filter(struct story *s, struct reader *r) {
    struct igmp_filter filter = {.exclude = reader_u8(r) & 1};
    struct dobos_address group = group_read(r);
    uint32_t first = reader_u8(r);
    if (!ipv4_is_multicast(dobos_address_ipv4_number(&group)))
        return;
    filter.count = reader_u8(r) % (IGMP_SOURCES + 1);
    for (uint32_t i = 0; i < filter.count; i++)
        filter.sources[i] = 0x0a000000 + first + i;
    (void)igmp_filter_set(&s->igmp, &group, &filter, s->now);
}

/* What is due is said, and then nothing more. */
static void say(struct story *s) {
    struct dobos_packet *packet;
    struct dobos_address to;
    unsigned said = 0;
    while ((packet = igmp_transmit(&s->igmp, s->pool, 1500, s->now, &to))) {
        uint8_t bytes[1500];
        struct igmp_message message;
        size_t length = dobos_packet_read(packet, 0, bytes, sizeof bytes);
        HOLDS(length + 24 <= 1500 && igmp_parse((struct slice){bytes, length}, &message));
        forward(s, bytes, length, PROTOCOL_IGMP, to, 1);
        dobos_packet_release(packet);
        HOLDS(++said < SAID_MOST);
    }
}

static void time_pass(struct story *s, struct reader *r) {
    uint8_t amount = reader_u8(r);
    s->now += amount < 200 ? amount * 50 * DOBOS_MILLISECOND : (amount - 199) * 10 * DOBOS_SECOND;
    while (timing_wheel_take(&s->wheel, s->now))
        say(s);
}

static void step(struct story *s, struct reader *r) {
    uint8_t operation = reader_u8(r);
    s->memory.countdown = operation % 16 == 15 ? 1 : UINT64_MAX;
    if (operation < 100)
        arrive(s, r);
    else if (operation < 160)
        filter(s, r);
    else if (operation < 190)
        forward(s, (const uint8_t *)"12345678", 8, PROTOCOL_UDP, group_read(r), 2);
    else if (operation < 195)
        bridge_forget(&s->bridge, reader_u8(r) % PORTS);
    else if (operation < 200)
        igmp_on_carrier(&s->igmp, s->now);
    else
        time_pass(s, r);
    say(s);
    s->memory.countdown = UINT64_MAX;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    static const struct hash_key key = {{1, 2}};
    struct story s = {.now = 0};
    struct reader r = reader_make(bytes, min_size(length, 2000));
    s.pool = pool_make(&s.memory, &s.wheel);
    igmp_init(&s.igmp, pool_allocator(s.pool), &s.wheel, &key, 2);
    bridge_init(&s.bridge, pool_allocator(s.pool), &key);
    while (reader_has(&r, 1)) {
        step(&s, &r);
        HOLDS(s.igmp.count <= IGMP_GROUPS && s.bridge.snooping.group_count <= SNOOPING_GROUPS);
        HOLDS(s.bridge.snooping.port_count <= SNOOPING_PORTS);
        list_each(&s.igmp.groups, node) {
            const struct igmp_group *group = container_of(node, struct igmp_group, place);
            HOLDS(group->count <= group->room && group->room <= 2 * IGMP_SOURCES + 7);
        }
    }
    bridge_fini(&s.bridge);
    HOLDS(s.bridge.snooping.group_count == 0 && s.bridge.snooping.port_count == 0);
    igmp_fini(&s.igmp);
    pool_end(&s.memory, &s.wheel, s.pool);
    return 0;
}
