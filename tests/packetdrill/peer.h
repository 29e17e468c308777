/*
 * peer: the other side of a provider's host, as packetdrill is it: it loads the library, puts
 * segments in by netdev_send and takes them out by netdev_receive.
 */
#ifndef TESTS_PACKETDRILL_PEER_H
#define TESTS_PACKETDRILL_PEER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "packetdrill/interface.h"

#define PEER_LOCAL  UINT32_C(0xc0a80001) /* 192.168.0.1, the host */
#define PEER_REMOTE UINT32_C(0xc0000201) /* 192.0.2.1, this side */
#define PEER_PORT   40000
#define HOST_PORT   8080

#define FIN 1
#define SYN 2
#define RST 4
#define PSH 8
#define ACK 16
#define URG 32

/* A TCP segment out of the host. */
struct seen {
    size_t length;         /* of the packet; 0: there is none */
    long long at_us;       /* when it came */
    uint16_t from, to;     /* ports */
    uint32_t seq, ack;     /* its numbers */
    uint8_t flags;         /* FIN and so on */
    size_t payload;        /* bytes */
    uint16_t urgent;       /* its urgent pointer */
    uint8_t options[40];   /* of TCP */
    size_t options_length; /* of them */
};

struct peer {
    struct packetdrill_interface host; /* as the library has filled it in */
    uint16_t local, remote;            /* ports: of the host, of this side */
    uint32_t seq, ack;                 /* what is sent next, what was taken last */
    uint16_t urgent;                   /* pointer of what is sent with URG */
    uint8_t options[40];               /* of the next segment sent */
    size_t options_length;             /* a multiple of 4 */
};

static inline void peer_load(struct peer *peer, const char *flags) {
    const char *path = getenv("DOBOS_PACKETDRILL");
    void (*init)(const char *init_flags, struct packetdrill_interface *interface) = NULL;
    assert_non_null(path);
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library)
        fail_msg("%s", dlerror());
    void *symbol = dlsym(library, "packetdrill_interface_init");
    assert_non_null(symbol);
    memcpy(&init, &symbol, sizeof init);
    *peer = (struct peer){.local = HOST_PORT, .remote = PEER_PORT, .seq = 1000};
    init(flags, &peer->host);
}

static inline void peer_unload(struct peer *peer) {
    peer->host.free(peer->host.userdata);
}

static inline void put16(uint8_t *at, unsigned value) {
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static inline void put32(uint8_t *at, uint32_t value) {
    put16(at, value >> 16);
    put16(at + 2, value & 0xffff);
}

static inline uint32_t get16(const uint8_t *at) {
    return (uint32_t)at[0] << 8 | at[1];
}

static inline uint32_t get32(const uint8_t *at) {
    return get16(at) << 16 | get16(at + 2);
}

static inline unsigned sum(const uint8_t *bytes, size_t length, uint32_t begin) {
    uint32_t total = begin;
    for (size_t i = 0; i < length; i++)
        total += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
    while (total >> 16)
        total = (total & 0xffff) + (total >> 16);
    return total;
}

/* Sends the host a segment of `payload` bytes from here on. */
static inline void peer_send(struct peer *peer, uint8_t flags, size_t payload) {
    static uint8_t packet[80 + 4096];
    const size_t header = 20 + peer->options_length;
    const size_t length = 20 + header + payload;
    assert_true(length <= sizeof packet);
    memset(packet, 'x', sizeof packet);
    memset(packet, 0, 20 + header);
    packet[0] = 0x45;
    put16(packet + 2, (unsigned)length);
    packet[8] = 64;
    packet[9] = IPPROTO_TCP;
    put32(packet + 12, PEER_REMOTE);
    put32(packet + 16, PEER_LOCAL);
    put16(packet + 10, ~sum(packet, 20, 0) & 0xffff);
    uint8_t *tcp = packet + 20;
    put16(tcp, peer->remote);
    put16(tcp + 2, peer->local);
    put32(tcp + 4, peer->seq);
    put32(tcp + 8, flags & ACK ? peer->ack : 0);
    tcp[12] = (uint8_t)(header / 4 << 4);
    memcpy(tcp + 20, peer->options, peer->options_length);
    peer->options_length = 0;
    tcp[13] = flags;
    put16(tcp + 14, 30000);
    put16(tcp + 18, flags & URG ? peer->urgent : 0);
    const uint32_t pseudo = sum(packet + 12, 8, (uint32_t)(IPPROTO_TCP + header + payload));
    put16(tcp + 16, ~sum(tcp, header + payload, pseudo) & 0xffff);
    assert_int_equal(peer->host.netdev_send(peer->host.userdata, packet, length), 0);
    peer->seq += (uint32_t)payload + (flags & SYN ? 1 : 0) + (flags & FIN ? 1 : 0);
}

/* Takes the next segment out of the host, in virtual time. */
static inline struct seen peer_receive(struct peer *peer) {
    uint8_t packet[65536];
    struct seen seen = {.length = sizeof packet};
    assert_int_equal(
        peer->host.netdev_receive(peer->host.userdata, packet, &seen.length, &seen.at_us), 0);
    if (seen.length == 0)
        return seen;
    const uint8_t *tcp = packet + 20;
    assert_true(seen.length >= 40);
    assert_int_equal(packet[0], 0x45);
    assert_int_equal(packet[9], IPPROTO_TCP);
    assert_int_equal(sum(packet, 20, 0), 0xffff);
    const uint32_t pseudo = sum(packet + 12, 8, (uint32_t)(IPPROTO_TCP + seen.length - 20));
    assert_int_equal(sum(tcp, seen.length - 20, pseudo), 0xffff);
    const size_t header = (size_t)(tcp[12] >> 4) * 4;
    seen.from = (uint16_t)get16(tcp);
    seen.to = (uint16_t)get16(tcp + 2);
    seen.seq = get32(tcp + 4);
    seen.ack = get32(tcp + 8);
    seen.flags = tcp[13];
    seen.urgent = (uint16_t)get16(tcp + 18);
    seen.payload = seen.length - 20 - header;
    seen.options_length = header - 20;
    memcpy(seen.options, tcp + 20, seen.options_length);
    peer->local = seen.from;
    peer->ack =
        seen.seq + (uint32_t)seen.payload + (seen.flags & SYN ? 1 : 0) + (seen.flags & FIN ? 1 : 0);
    return seen;
}

/* Takes one with exactly these flags (PSH apart) and payload. */
static inline struct seen peer_expect(struct peer *peer, uint8_t flags, size_t payload) {
    const struct seen seen = peer_receive(peer);
    assert_true(seen.length > 0);
    assert_int_equal(seen.flags & ~PSH, flags);
    assert_int_equal(seen.payload, payload);
    return seen;
}

static inline long long peer_now_us(struct peer *peer) {
    struct timeval now;
    assert_int_equal(peer->host.gettimeofday(peer->host.userdata, &now, NULL), 0);
    return (long long)now.tv_sec * 1000000 + now.tv_usec;
}

static inline void peer_sleep_ms(struct peer *peer, unsigned ms) {
    assert_int_equal(peer->host.usleep(peer->host.userdata, ms * 1000), 0);
}

static inline struct sockaddr_in peer_name(uint32_t address, uint16_t port) {
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(address)};
}

static inline int peer_socket(struct peer *peer, int flags) {
    const int fd = peer->host.socket(peer->host.userdata, AF_INET, SOCK_STREAM | flags, 0);
    assert_true(fd >= 0);
    return fd;
}

/* A listener of the host. */
static inline int peer_listener(struct peer *peer) {
    const int fd = peer_socket(peer, 0);
    const struct sockaddr_in name = peer_name(PEER_LOCAL, HOST_PORT);
    assert_int_equal(
        peer->host.bind(peer->host.userdata, fd, (const struct sockaddr *)&name, sizeof name), 0);
    assert_int_equal(peer->host.listen(peer->host.userdata, fd, 5), 0);
    return fd;
}

/* A connection that this side opened, accepted. */
static inline int peer_accepted(struct peer *peer, int listener) {
    struct sockaddr_in name = {0};
    socklen_t length = sizeof name;
    peer_send(peer, SYN, 0);
    (void)peer_expect(peer, SYN | ACK, 0);
    peer_send(peer, ACK, 0);
    const int fd =
        peer->host.accept(peer->host.userdata, listener, (struct sockaddr *)&name, &length);
    assert_true(fd >= 0);
    assert_int_equal(length, sizeof name);
    assert_int_equal(ntohl(name.sin_addr.s_addr), PEER_REMOTE);
    assert_int_equal(ntohs(name.sin_port), PEER_PORT);
    return fd;
}

/* The host begins a connection, which this side sees the SYN of. */
static inline int peer_connecting(struct peer *peer) {
    const int fd = peer_socket(peer, SOCK_NONBLOCK);
    const struct sockaddr_in name = peer_name(PEER_REMOTE, PEER_PORT);
    assert_int_equal(
        peer->host.connect(peer->host.userdata, fd, (const struct sockaddr *)&name, sizeof name),
        -1);
    assert_int_equal(errno, EINPROGRESS);
    (void)peer_expect(peer, SYN, 0);
    return fd;
}

/* Before and after each scenario. */
static inline int set_up(void **state) {
    static struct peer peer;
    alarm(50); /* nothing here may wait for ever */
    peer_load(&peer, NULL);
    *state = &peer;
    return 0;
}

static inline int tear_down(void **state) {
    peer_unload(*state);
    return 0;
}

#endif
