/*
 * nat_fuzz: any sequence of packets through a router that translates, from both sides, with pauses
 * and failing allocations. What leaves is whole and bears right checksums; nothing that leaves
 * outside names an inside address, and nothing from outside comes in by one; every frame has one
 * fate; nothing is left behind.
 */
#include <string.h>

#include "pool.h"

#include <dobos/host.h>
#include <dobos/nat.h>

#include "base/checksum.h"
#include "wire/arp.h"
#include "wire/ethernet.h"
#include "wire/icmp.h"
#include "wire/ipv4.h"
#include "wire/tcp.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

#define OUT     2
#define IN      3
#define OUTSIDE UINT32_C(0xc0000201) /* 192.0.2.1 */
#define INSIDE  UINT32_C(0x0a000000) /* 10/8; .1 is the router */

static const struct dobos_mac macs[] = {{{2, 0, 0, 0, 0, 2}}, {{2, 0, 0, 0, 0, 3}}};
static const struct dobos_mac station = {{2, 0, 0, 0, 0, 9}};

struct story {
    struct memory memory;
    struct dobos_pool *pool;
    struct dobos_host *host;
    dobos_time now;
    uint8_t last[2][200]; /* the last packet that left by OUT and by IN, for ICMP errors */
    size_t last_length[2];
};

static void interface_make(struct story *s, uint32_t index, uint32_t address, uint8_t length) {
    struct dobos_interface_config config = {
        .size = sizeof(config), .name = {'e', (char)('0' + index)}, .mac = macs[index - 2]};
    const struct dobos_interface_address given = {.prefix = {dobos_address_ipv4(address), length},
                                                  .valid_until = DOBOS_NEVER,
                                                  .preferred_until = DOBOS_NEVER};
    HOLDS(dobos_interface_add(s->host, &config) == (int)index);
    HOLDS(dobos_address_add(s->host, index, &given) == 0);
}

static void story_begin(struct story *s, uint8_t filtering) {
    const struct dobos_allocator allocator = {&s->memory, memory_allocate, memory_free};
    const struct dobos_pool_config config = {.size = sizeof(config), .allocator = &allocator};
    const struct dobos_host_config router = {.size = sizeof(router), .forwarding = true};
    const struct dobos_nat_forward forward = {
        .protocol = 6, .port = 80, .to = {.address = dobos_address_ipv4(INSIDE + 10)}};
    static const uint32_t outside = OUT;
    const struct dobos_nat_config nat = {.size = sizeof(nat),
                                         .interfaces = &outside,
                                         .interface_count = 1,
                                         .filtering = (enum dobos_nat_filtering)(filtering % 4),
                                         .port_first = 40000,
                                         .port_last = 40015,
                                         .quota = 6,
                                         .forwards = &forward,
                                         .forward_count = 1};
    *s = (struct story){.memory = {.countdown = UINT64_MAX}};
    HOLDS(dobos_pool_create(&config, &s->pool) == 0);
    HOLDS(dobos_host_create(s->pool, &router, 0, &s->host) == 0);
    interface_make(s, OUT, OUTSIDE, 24);
    interface_make(s, IN, INSIDE + 1, 8);
    HOLDS(dobos_nat_set(s->host, &nat) == 0);
}

static void frame_put(struct story *s, uint32_t interface, const uint8_t *bytes, size_t length) {
    struct dobos_packet *packet = dobos_packet_from_bytes(s->pool, bytes, length, NULL);
    if (packet)
        (void)dobos_input(s->host, interface, &packet, 1, s->now);
}

/* Everybody answers ARP. */
static void arp_answer(struct story *s, uint32_t interface, const uint8_t *frame) {
    uint8_t bytes[ETHERNET_HEADER_BYTES + ARP_BYTES];
    struct reader r = reader_make(frame + ETHERNET_HEADER_BYTES, ARP_BYTES);
    struct arp arp;
    if (!arp_parse(&r, &arp) || dobos_address_is_equal(&arp.sender, &arp.target))
        return;
    struct writer w = writer_make(bytes, sizeof(bytes));
    const struct ethernet link = {
        .destination = macs[interface - 2], .source = station, .type = ETHER_TYPE_ARP};
    const struct arp reply = {.operation = ARP_REPLY,
                              .sender_mac = station,
                              .sender = arp.target,
                              .target_mac = arp.sender_mac,
                              .target = arp.sender};
    ethernet_emit(&w, &link);
    arp_emit(&w, &reply);
    frame_put(s, interface, bytes, sizeof(bytes));
}

static bool is_inside(uint32_t address) {
    return address >> 24 == 10;
}

static bool sum_is_right(const uint8_t *ip, size_t header, size_t total) {
    const uint8_t *transport = ip + header;
    size_t length = total - header;
    uint32_t sum =
        ip[9] == PROTOCOL_ICMP ? 0 : checksum_add(0, ip + 12, 8) + ip[9] + (uint32_t)length;
    if (ip[9] == 47 || (ip[9] == PROTOCOL_UDP && load_be16(transport + 6) == 0))
        return true;
    return checksum_fold(checksum_add(sum, transport, length)) == 0xffff;
}

/* An ICMP error that leaves outside is never about a packet of a host inside as it was there. (Its
 * destination may be inside: who forges a source is told what he sent.) */
static void quote_check(uint32_t interface, const uint8_t *inner, size_t length) {
    if (interface == OUT && length >= 20)
        HOLDS(!is_inside(load_be32(inner + 12)));
}

static void packet_check(struct story *s, uint32_t interface, const uint8_t *ip, size_t length) {
    size_t header = (size_t)(ip[0] & 15) * 4;
    size_t total = load_be16(ip + 2);
    HOLDS(length >= 20 && total <= length && header >= 20 && header <= total);
    HOLDS(checksum_fold(checksum_add(0, ip, header)) == 0xffff);
    if (interface == OUT)
        HOLDS(!is_inside(load_be32(ip + 12)) && !is_inside(load_be32(ip + 16)));
    if ((load_be16(ip + 6) & 0x3fff) == 0 && total >= header + 8)
        HOLDS(sum_is_right(ip, header, total));
    if (ip[9] == PROTOCOL_ICMP && icmp_type_is_error(ip[header]))
        quote_check(interface, ip + header + 8, total - header - 8);
    size_t kept = min_size(total, sizeof(s->last[0]));
    memcpy(s->last[interface - 2], ip, kept);
    s->last_length[interface - 2] = kept;
}

static void collect(struct story *s) {
    struct dobos_packet *packets[DOBOS_BURST_PACKETS];
    uint8_t bytes[4096];
    for (unsigned round = 0; round < 4; round++) {
        for (uint32_t interface = OUT; interface <= IN; interface++) {
            unsigned count = dobos_output(s->host, interface, packets, DOBOS_BURST_PACKETS, s->now);
            for (unsigned i = 0; i < count; i++) {
                size_t length = dobos_packet_read(packets[i], 0, bytes, sizeof(bytes));
                dobos_packet_release(packets[i]);
                HOLDS(length >= ETHERNET_HEADER_BYTES);
                if (load_be16(bytes + 12) == ETHER_TYPE_ARP)
                    arp_answer(s, interface, bytes);
                else
                    packet_check(s, interface, bytes + ETHERNET_HEADER_BYTES,
                                 length - ETHERNET_HEADER_BYTES);
            }
        }
    }
}

/* Few addresses and ports, so that flows meet. */
static uint32_t address_of(uint8_t choice) {
    static const uint32_t addresses[] = {INSIDE + 10,          INSIDE + 11, OUTSIDE,
                                         OUTSIDE + 8,          OUTSIDE + 9, INSIDE + 1,
                                         UINT32_C(0xffffffff), OUTSIDE + 8};
    return addresses[choice & 7];
}

static uint16_t port_of(uint8_t choice) {
    return choice < 32 ? (uint16_t)(40000 + (choice & 15)) : (uint16_t)(5000 + (choice & 3));
}

static size_t transport_put(struct story *s, struct reader *r, uint8_t *at, uint8_t protocol,
                            uint32_t interface) {
    uint8_t source = reader_u8(r), destination = reader_u8(r), more = reader_u8(r);
    size_t length = protocol == PROTOCOL_TCP ? 20 : 8;
    memset(at, 0, 64);
    if (protocol == PROTOCOL_ICMP && (more & 3) == 3) { /* an error about what came last */
        size_t quoted = min_size(s->last_length[interface - 2], 28 + (more >> 2));
        at[0] = source & 1 ? ICMP_UNREACHABLE : ICMP_TIME_EXCEEDED;
        memcpy(at + 8, s->last[interface - 2], quoted);
        if (quoted > 24 && (destination & 7) == 7)
            at[8 + destination % quoted] ^= source;
        return 8 + quoted;
    }
    if (protocol == PROTOCOL_ICMP) {
        at[0] = more & 1 ? ICMP_ECHO_REPLY : ICMP_ECHO_REQUEST;
        store_be16(at + 4, port_of(source));
        return length + (more >> 4);
    }
    store_be16(at, port_of(source));
    store_be16(at + 2, destination == 255 ? 80 : port_of(destination));
    if (protocol == PROTOCOL_TCP) {
        store_be32(at + 4, reader_u8(r));
        store_be32(at + 8, reader_u8(r));
        at[12] = 0x50;
        at[13] = more;
        store_be16(at + 14, 100);
        return length;
    }
    length += more & 31;
    store_be16(at + 4, (uint16_t)length);
    return length;
}

static void packet_put(struct story *s, struct reader *r) {
    static const uint8_t protocols[] = {PROTOCOL_TCP, PROTOCOL_UDP, PROTOCOL_ICMP, 47};
    uint8_t how = reader_u8(r), who = reader_u8(r), countdown = reader_u8(r);
    uint8_t frame[600];
    uint32_t interface = how & 1 ? IN : OUT;
    uint8_t protocol = protocols[how >> 1 & 3];
    const struct ethernet link = {
        .destination = macs[interface - 2], .source = station, .type = ETHER_TYPE_IPV4};
    struct writer w = writer_make(frame, sizeof(frame));
    uint8_t *transport = frame + ETHERNET_HEADER_BYTES + IPV4_HEADER_BYTES;
    size_t length = transport_put(s, r, transport, protocol, interface);
    const struct ipv4 ip = {.source = dobos_address_ipv4(address_of(who)),
                            .destination = dobos_address_ipv4(address_of(who >> 3)),
                            .total_length = (uint16_t)(IPV4_HEADER_BYTES + length),
                            .identification = how,
                            .ttl = how & 128 ? 1 : 64,
                            .protocol = protocol};
    ethernet_emit(&w, &link);
    ipv4_emit(&w, &ip);
    size_t place = protocol == PROTOCOL_TCP ? 16 : protocol == PROTOCOL_UDP ? 6 : 2;
    if (protocol != 47 && !(protocol == PROTOCOL_UDP && (how & 64))) {
        uint32_t sum = protocol == PROTOCOL_ICMP ? 0
                                                 : checksum_pseudo(&ip.source, &ip.destination,
                                                                   protocol, (uint32_t)length);
        store_be16(transport + place, checksum_finish(checksum_add(sum, transport, length)));
        if (protocol == PROTOCOL_UDP && load_be16(transport + 6) == 0)
            store_be16(transport + 6, 0xffff);
    }
    s->memory.countdown = countdown >= 16 ? UINT64_MAX : countdown;
    frame_put(s, interface, frame, ETHERNET_HEADER_BYTES + IPV4_HEADER_BYTES + length);
    s->memory.countdown = UINT64_MAX;
    collect(s);
}

static void fates_check(const struct story *s) {
    uint64_t fates = 0;
    uint64_t in = 0;
    struct dobos_counter counter;
    for (uint32_t i = 0; dobos_counter_read(s->host, i, &counter) == 0; i++) {
        if (strcmp(counter.name, "FramesIn") == 0)
            in = counter.value;
        else if (strncmp(counter.name, "Frames", 6) == 0 ||
                 (strncmp(counter.name, "Drop", 4) == 0 &&
                  strncmp(counter.name, "DropOut", 7) != 0))
            fates += counter.value;
    }
    HOLDS(fates == in);
}

/* No outside port stands for two. */
static void mappings_check(const struct story *s) {
    struct dobos_nat_mapping mapping;
    uint8_t taken[3][16] = {{0}};
    for (uint32_t i = 0; dobos_nat_mapping_read(s->host, i, &mapping) == 0; i++) {
        if (mapping.outside.port < 40000 || mapping.outside.port > 40015)
            continue;
        uint8_t *place = &taken[mapping.protocol % 3][mapping.outside.port - 40000];
        HOLDS(mapping.sessions > 0 && (*place)++ == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    struct story s;
    struct reader r = reader_make(bytes, length);
    story_begin(&s, reader_u8(&r));
    for (unsigned i = 0; i < 200 && r.position < r.length && !r.failed; i++) {
        uint8_t act = reader_u8(&r);
        if (act < 200) {
            packet_put(&s, &r);
        } else {
            s.now += (act - 199) * DOBOS_SECOND * (act & 1 ? 1 : 100);
            dobos_advance(s.host, s.now);
            collect(&s);
        }
    }
    mappings_check(&s);
    fates_check(&s);
    dobos_host_destroy(s.host);
    struct dobos_pool_statistics statistics;
    dobos_pool_statistics_read(s.pool, &statistics);
    HOLDS(statistics.packets == 0);
    dobos_pool_destroy(s.pool);
    HOLDS(s.memory.live == 0);
    return 0;
}
