/*
 * neighbor_fuzz: any sequence of packets to send, ARP packets that arrive, confirmations, time and
 * failing allocations. Counts agree with the table, bounds hold, nothing is left behind.
 */
#include "pool.h"

#include "link/neighbor.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

struct story {
    struct memory memory;
    struct timing_wheel wheel;
    struct dobos_pool *pool;
    struct neighbors neighbors;
    struct packet_queue out, failed;
    dobos_time now;
    uint64_t sent, dropped;
};

#define OURS UINT32_C(0x0a000001)

static struct dobos_address address_read(struct reader *r) {
    uint8_t byte = reader_u8(r);
    static const uint32_t special[] = {0, 0xffffffff, 0xe0000001, 0x7f000001, OURS};
    if (byte < array_length(special))
        return dobos_address_ipv4(special[byte]);
    return dobos_address_ipv4(0x0a000000U + byte);
}

static struct dobos_mac mac_read(struct reader *r) {
    return (struct dobos_mac){{reader_u8(r), 0, 0, 0, 0, reader_u8(r)}};
}

static void send(struct story *s, struct reader *r) {
    struct dobos_address hop = address_read(r), ours = dobos_address_ipv4(OURS);
    struct dobos_packet *packet = packet_create(s->pool, 64);
    enum drop_reason reason;
    HOLDS(packet && packet_append(packet, 20));
    s->memory.countdown = reader_u8(r) < 240 ? UINT64_MAX : 1;
    s->sent++;
    s->dropped += neighbor_resolve(&s->neighbors, &hop, &ours, packet, s->now, &s->out, &reason) ==
                  VERDICT_DROP;
    s->memory.countdown = UINT64_MAX;
}

static void arrive(struct story *s, struct reader *r) {
    struct arp arp = {.operation = reader_u8(r) & 3};
    enum drop_reason reason = DROP_NONE;
    arp.sender_mac = mac_read(r);
    arp.sender = address_read(r);
    arp.target = address_read(r);
    bool target_is_ours = dobos_address_ipv4_number(&arp.target) == OURS;
    enum arp_sender sender =
        dobos_address_ipv4_number(&arp.sender) == OURS ? ARP_SENDER_OURS : ARP_SENDER_OTHER;
    enum verdict verdict =
        neighbor_receive(&s->neighbors, &arp, target_is_ours, sender, s->now, &s->out, &reason);
    HOLDS((verdict == VERDICT_DROP) == (reason != DROP_NONE));
}

static void time_pass(struct story *s, struct reader *r) {
    uint8_t amount = reader_u8(r);
    struct timer *timer;
    s->now += amount < 200 ? amount * 50 * DOBOS_MILLISECOND : (amount - 199) * 60 * DOBOS_SECOND;
    while ((timer = timing_wheel_take(&s->wheel, s->now)))
        neighbor_on_timer(container_of(timer, struct neighbor, timer), s->now, &s->out, &s->failed);
}

static void invariants_check(struct story *s) {
    uint32_t count = 0, waiting = 0, incomplete = 0;
    uint64_t frames = 0;
    struct hash_node *node = NULL;
    while ((node = hash_table_walk(&s->neighbors.table, node))) {
        const struct neighbor *neighbor = container_of(node, struct neighbor, node);
        count++;
        waiting += neighbor->waiting.packets;
        incomplete += neighbor->state == DOBOS_NEIGHBOR_INCOMPLETE;
        HOLDS(timer_is_armed(&neighbor->timer));
        HOLDS(neighbor->waiting.packets == 0 || neighbor->state == DOBOS_NEIGHBOR_INCOMPLETE);
        HOLDS(neighbor->waiting.packets <= NEIGHBOR_QUEUE_PACKETS);
    }
    HOLDS(count == s->neighbors.count && waiting == s->neighbors.waiting);
    HOLDS(incomplete == s->neighbors.incomplete && count <= NEIGHBOR_ENTRIES);
    list_each(&s->out.list, place) {
        const struct dobos_packet *frame = container_of(place, struct dobos_packet, node);
        uint8_t type[2];
        HOLDS(frame->length == ETHERNET_MIN_FRAME_BYTES);
        dobos_packet_read(frame, 12, type, 2);
        frames += load_be16(type) == ETHER_TYPE_IPV4;
    }
    HOLDS(s->sent ==
          s->dropped + s->neighbors.dropped_waiting + waiting + frames + s->failed.packets);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    static const struct hash_key key = {{1, 2}};
    static const struct dobos_mac mac = {{2, 0, 0, 0, 0, 1}};
    struct story s = {.now = 0};
    struct reader r = reader_make(bytes, min_size(length, 2000));
    s.pool = pool_make(&s.memory, &s.wheel);
    packet_queue_init(&s.out);
    packet_queue_init(&s.failed);
    neighbors_init(&s.neighbors, s.pool, &s.wheel, &key, &mac, 2);
    while (reader_has(&r, 1)) {
        uint8_t operation = reader_u8(&r);
        if (operation < 80) {
            send(&s, &r);
        } else if (operation < 160) {
            arrive(&s, &r);
        } else if (operation < 180) {
            struct dobos_address address = address_read(&r);
            neighbor_confirm(&s.neighbors, &address, s.now);
        } else {
            time_pass(&s, &r);
        }
        invariants_check(&s);
    }
    packet_queue_clear(&s.out);
    packet_queue_clear(&s.failed);
    neighbors_fini(&s.neighbors);
    pool_end(&s.memory, &s.wheel, s.pool);
    return 0;
}
