/*
 * nat_scene: a router that translates, between the station as the outside (eth0, 192.0.2.0/24; the
 * outside address is 192.0.2.1) and the station as the hosts inside (eth1, 10.0.0.0/8).
 */
#ifndef TESTS_CONFORMANCE_NAT_SCENE_H
#define TESTS_CONFORMANCE_NAT_SCENE_H

#include "station.h"

#include <dobos/nat.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define OUT       2 /* the outside interface */
#define IN        3 /* the inside interface */
#define ROUTER_IN UINT32_C(0x0a000001)
#define ANN       UINT32_C(0x0a00000a) /* inside */
#define BOB       UINT32_C(0x0a00000b) /* inside */
#define REMOTE    PEER_ADDRESS
#define OTHER     UINT32_C(0xc000020a) /* another remote */

/* Who stands for whom, as a packet shows. */
struct ends {
    uint32_t source, destination;
    uint16_t source_port, destination_port;
};

static inline struct dobos_nat_config nat_config(void) {
    static const uint32_t outside[] = {OUT};
    return (struct dobos_nat_config){
        .size = sizeof(struct dobos_nat_config), .interfaces = outside, .interface_count = 1};
}

static inline int nat_scene_setup(void **state) {
    int result = station_setup_router(state);
    struct station *s = *state;
    (void)station_add_interface(s, ROUTER_IN, 8, 1500);
    const struct dobos_nat_config config = nat_config();
    assert_int_equal(dobos_nat_set(s->host, &config), 0);
    return result;
}

/* A UDP datagram that comes in by an interface. */
static inline void udp_from(struct station *s, uint32_t interface, uint32_t source,
                            uint16_t source_port, uint32_t destination, uint16_t destination_port) {
    s->interface = interface;
    station_udp(s, source, source_port, destination, destination_port, "hello", 5);
    s->interface = OUT;
}

static inline void tcp_from(struct station *s, uint32_t interface, uint32_t source,
                            uint32_t destination, const struct tcp_header *tcp, size_t length) {
    static const uint8_t data[1400];
    s->interface = interface;
    station_tcp(s, source, destination, tcp, data, length);
    s->interface = OUT;
}

static inline void icmp_from(struct station *s, uint32_t interface, uint32_t source,
                             uint32_t destination, uint8_t type, uint16_t identifier) {
    const struct icmp icmp = {.type = type, .identifier = identifier, .sequence = 7};
    s->interface = interface;
    station_icmp(s, source, destination, &icmp, "ping", 4);
    s->interface = OUT;
}

static inline struct ends ends_of(const struct seen *seen) {
    struct ends ends = {.source = number_of(&seen->ip.source),
                        .destination = number_of(&seen->ip.destination)};
    if (seen->ip.protocol == PROTOCOL_UDP) {
        ends.source_port = seen->udp.source_port;
        ends.destination_port = seen->udp.destination_port;
    } else if (seen->ip.protocol == PROTOCOL_TCP) {
        ends.source_port = seen->tcp.source_port;
        ends.destination_port = seen->tcp.destination_port;
    } else {
        ends.source_port = ends.destination_port = seen->icmp.identifier;
    }
    return ends;
}

/* The next packet has gone out by that interface, whole and with right checksums; who it shows. */
static inline struct ends next_at(struct station *s, uint32_t interface, struct seen *seen) {
    assert_true(station_next(s, seen));
    assert_int_equal(seen->interface, interface);
    assert_true(seen->ip_is_sound);
    assert_true(seen->checksum_is_right);
    return ends_of(seen);
}

/* Ann or Bob sends a datagram to somebody outside: the outside port that it leaves from. */
static inline uint16_t udp_out(struct station *s, uint32_t inside, uint16_t port, uint32_t remote,
                               uint16_t remote_port) {
    struct seen seen;
    udp_from(s, IN, inside, port, remote, remote_port);
    const struct ends ends = next_at(s, OUT, &seen);
    assert_int_equal(ends.source, HOST_ADDRESS);
    assert_int_equal(ends.destination, remote);
    assert_int_equal(ends.destination_port, remote_port);
    return ends.source_port;
}

/* Whether a datagram from outside to an outside port reaches its owner. */
static inline bool udp_in(struct station *s, uint32_t remote, uint16_t remote_port, uint16_t port,
                          uint32_t inside, uint16_t inside_port) {
    struct seen seen;
    udp_from(s, OUT, remote, remote_port, HOST_ADDRESS, port);
    if (!station_next(s, &seen))
        return false;
    assert_int_equal(seen.interface, IN);
    assert_true(seen.ip_is_sound && seen.checksum_is_right);
    const struct ends ends = ends_of(&seen);
    assert_int_equal(ends.source, remote);
    assert_int_equal(ends.source_port, remote_port);
    assert_int_equal(ends.destination, inside);
    assert_int_equal(ends.destination_port, inside_port);
    return true;
}

static inline void nat_reconfigure(struct station *s, const struct dobos_nat_config *config) {
    assert_int_equal(dobos_nat_set(s->host, config), 0);
}

/* A segment's header, without options. */
static inline struct tcp_header segment(uint16_t from, uint16_t to, uint32_t seq, uint32_t ack,
                                        unsigned flags) {
    return (struct tcp_header){.source_port = from,
                               .destination_port = to,
                               .seq = seq_make(seq),
                               .ack = seq_make(ack),
                               .header_length = 20,
                               .flags = (uint8_t)flags,
                               .window = 8000};
}

#endif
