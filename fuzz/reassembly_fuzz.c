/*
 * reassembly_fuzz: any sequence of fragments, pauses and failing allocations. What is delivered is
 * a good packet; every fragment has one fate; the bounds hold; nothing is left behind.
 */
#include "pool.h"

#include "network/ipv4_layer.h"
#include "network/reassembly.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

struct story {
    struct memory memory;
    struct timing_wheel wheel;
    struct dobos_pool *pool;
    struct reassembly_table table;
    dobos_time now;
    uint64_t in, drops, delivered, timed_out;
};

static void whole_check(struct dobos_packet *whole) {
    struct ipv4 ipv4;
    enum drop_reason reason;
    size_t before = whole->length;
    HOLDS(ipv4_receive(whole, &ipv4, &reason) == VERDICT_DELIVER);
    HOLDS(whole->length == before && !ipv4.more_fragments && ipv4.fragment_offset == 0);
    dobos_packet_release(whole);
}

/* One fragment as six bytes say. */
static void fragment_put(struct story *s, struct reader *r) {
    static uint8_t payload[2048];
    uint8_t who = reader_u8(r);
    uint16_t place = reader_be16(r), size = reader_be16(r);
    uint8_t countdown = reader_u8(r);
    size_t length = size % sizeof(payload);
    struct ipv4 ipv4 = {.source = dobos_address_ipv4(0x0a000001U + (who >> 6)),
                        .destination = dobos_address_ipv4(0x0a000101),
                        .identification = who & 7,
                        .fragment_offset = (uint16_t)((place & 0x1fff) * 8),
                        .more_fragments = (place & 0x8000) != 0,
                        .ttl = 64,
                        .protocol = PROTOCOL_UDP,
                        .options = {payload, (size_t)(who >> 3 & 3) * 4}};
    struct dobos_packet *packet = packet_create(s->pool, 100), *whole;
    HOLDS(packet_append_bytes(packet, payload, length));
    size_t header = ipv4_emit_length(&ipv4);
    struct writer w = writer_make(packet_prepend(packet, header), header);
    enum drop_reason reason = DROP_NONE;
    ipv4.total_length = (uint16_t)(header + length);
    ipv4_emit(&w, &ipv4);
    packet->network_offset = 0;
    HOLDS(ipv4_receive(packet, &ipv4, &reason) == VERDICT_DELIVER);
    s->memory.countdown = countdown >= 16 ? UINT64_MAX : countdown;
    enum verdict verdict = reassembly_receive(&s->table, packet, &ipv4, 2, s->now, &whole, &reason);
    s->memory.countdown = UINT64_MAX;
    s->in++;
    s->drops += verdict == VERDICT_DROP;
    s->delivered += verdict == VERDICT_DELIVER;
    if (verdict == VERDICT_DELIVER)
        whole_check(whole);
}

static void time_pass(struct story *s, uint8_t seconds) {
    struct timer *timer;
    s->now += seconds * DOBOS_SECOND;
    while ((timer = timing_wheel_take(&s->wheel, s->now))) {
        uint32_t fragments, interface;
        dobos_packet_release(reassembly_on_timer(&s->table, timer, &fragments, &interface));
        s->timed_out += fragments;
    }
}

static void bounds_check(const struct story *s) {
    const struct reassembly_table *t = &s->table;
    HOLDS(s->in == s->drops + s->delivered + s->timed_out + reassembly_held(t) + t->absorbed +
                       t->dropped[0] + t->dropped[1]);
    HOLDS(t->bytes <= REASSEMBLY_BYTES && t->count <= REASSEMBLY_DATAGRAMS);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    static const struct hash_key key = {{1, 2}};
    struct story s = {.now = 0};
    struct reader r = reader_make(bytes, length);
    s.pool = pool_make(&s.memory, &s.wheel);
    reassembly_table_init(&s.table, s.pool, &s.wheel, &key);
    while (reader_has(&r, 1)) {
        uint8_t operation = reader_u8(&r);
        if (operation & 0x80)
            time_pass(&s, operation & 0x1f);
        else
            fragment_put(&s, &r);
        bounds_check(&s);
    }
    reassembly_table_fini(&s.table);
    pool_end(&s.memory, &s.wheel, s.pool);
    return 0;
}
