/* bench CASE COUNT: does COUNT of something and exits, for scripts/bench to count the instructions
 * of.
 *
 *   segment      1460-byte segments of one TCP stream, both ends and the acknowledgements
 *   transaction  one byte there and one back over an open connection
 *   forward      64-byte UDP frames through a router, nothing but the router
 *   nat          the same through a router that translates
 *   idle         opens COUNT connections, lets them rest, prints the bytes each end holds */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dobos/nat.h>

#include "network.h"

#define SEGMENT_BYTES 1460
#define BURST         32

/* Two hosts and a cable. */
static void make_pair(struct bench_network *network, struct dobos_socket *ends[2]) {
    bench_network_init(network);
    (void)bench_host_add(network, false);
    (void)bench_host_add(network, false);
    bench_cable_add(network, 0, 1);
    bench_connect(network, 0, UINT32_C(0x0a000002), bench_listen(network, 1), ends);
}

/* Reads all there is; returns how many bytes. */
static uint64_t drain(struct dobos_socket *socket) {
    static uint8_t bytes[65536];
    uint64_t total = 0;
    for (;;) {
        const int64_t count = dobos_receive(socket, bytes, sizeof bytes);
        if (count == -DOBOS_EAGAIN) {
            return total;
        }
        bench_require(count > 0, "the stream ended");
        total += (uint64_t)count;
    }
}

static void run_segment(uint64_t count) {
    static const uint8_t bytes[BURST * SEGMENT_BYTES];
    struct bench_network network;
    struct dobos_socket *ends[2];
    make_pair(&network, ends);
    const uint64_t wanted = count * SEGMENT_BYTES;
    for (uint64_t sent = 0, received = 0; received < wanted;) {
        const uint64_t rest = wanted - sent;
        if (rest > 0) {
            const int64_t taken =
                dobos_send(ends[0], bytes, rest < sizeof bytes ? (size_t)rest : sizeof bytes);
            bench_require(taken > 0 || taken == -DOBOS_EAGAIN, "send failed");
            sent += taken > 0 ? (uint64_t)taken : 0;
        }
        bench_settle(&network);
        const uint64_t more = drain(ends[1]);
        if (more == 0) {
            bench_pass(&network, DOBOS_MILLISECOND);
        }
        received += more;
    }
    bench_network_fini(&network);
}

static void run_transaction(uint64_t count) {
    struct bench_network network;
    struct dobos_socket *ends[2];
    uint8_t byte = 1;
    make_pair(&network, ends);
    for (uint64_t i = 0; i < count; i++) {
        for (unsigned from = 0; from < 2; from++) {
            bench_require(dobos_send(ends[from], &byte, 1) == 1, "send failed");
            bench_settle(&network);
            bench_require(dobos_receive(ends[1 - from], &byte, 1) == 1, "the byte did not arrive");
        }
    }
    bench_network_fini(&network);
}

/* The router stands between two hosts; its neighbours are learned by a first datagram each way. */
static void run_through(uint64_t count, bool translates) {
    struct bench_network network;
    struct dobos_packet *packets[DOBOS_BURST_PACKETS];
    struct dobos_socket *socket;
    struct dobos_socket *sink;
    const struct dobos_endpoint far = {dobos_address_ipv4(UINT32_C(0x0a010002)), 9, 0};
    static const uint8_t bytes[22];
    bench_network_init(&network);
    (void)bench_host_add(&network, false);
    (void)bench_host_add(&network, true);
    (void)bench_host_add(&network, false);
    bench_cable_add(&network, 0, 1);
    bench_cable_add(&network, 1, 2);
    bench_route_add(&network, 0, UINT32_C(0x0a000002));
    bench_route_add(&network, 2, UINT32_C(0x0a010001));
    const struct dobos_nat_config nat = {
        .size = sizeof nat, .interfaces = &network.cables[1][0].interface, .interface_count = 1};
    bench_require(!translates || dobos_nat_set(network.hosts[1], &nat) == 0, "no NAT");
    bench_require(dobos_socket_create(network.hosts[2], DOBOS_UDP, NULL, &sink) == 0 &&
                      dobos_bind(sink, &far) == 0,
                  "no receiver");
    bench_require(dobos_socket_create(network.hosts[0], DOBOS_UDP, NULL, &socket) == 0 &&
                      dobos_connect(socket, &far) == 0 &&
                      dobos_send(socket, bytes, sizeof bytes) == (int64_t)sizeof bytes,
                  "no datagram");
    bench_settle(&network);
    bench_require(dobos_send(socket, bytes, sizeof bytes) == (int64_t)sizeof bytes, "no datagram");
    const struct bench_end *in = &network.cables[0][1];
    const struct bench_end *out = &network.cables[1][0];
    struct dobos_packet *first;
    bench_require(
        dobos_output(network.hosts[0], network.cables[0][0].interface, &first, 1, network.now) == 1,
        "the datagram did not leave");
    struct dobos_host *router = network.hosts[1];
    for (uint64_t sent = 0; sent < count; sent += BURST) {
        for (unsigned i = 0; i < BURST; i++) {
            packets[i] = dobos_packet_clone(first);
            bench_require(packets[i] != NULL, "no packet");
        }
        dobos_input(router, in->interface, packets, BURST, network.now);
        bench_require(dobos_output(router, out->interface, packets, BURST, network.now) == BURST,
                      "the router lost a packet");
        for (unsigned i = 0; i < BURST; i++) {
            dobos_packet_release(packets[i]);
        }
    }
    dobos_packet_release(first);
    bench_network_fini(&network);
}

static void run_forward(uint64_t count) {
    run_through(count, false);
}

static void run_nat(uint64_t count) {
    run_through(count, true);
}

static void run_idle(uint64_t count) {
    struct bench_network network;
    struct dobos_socket *ends[2];
    struct dobos_pool_statistics before;
    struct dobos_pool_statistics after;
    bench_network_init(&network);
    (void)bench_host_add(&network, false);
    (void)bench_host_add(&network, false);
    bench_cable_add(&network, 0, 1);
    struct dobos_socket *listener = bench_listen(&network, 1);
    dobos_pool_statistics_read(network.pool, &before);
    for (uint64_t i = 0; i < count; i++) {
        bench_connect(&network, 0, UINT32_C(0x0a000002), listener, ends);
    }
    bench_pass(&network, 10 * DOBOS_SECOND);
    dobos_pool_statistics_read(network.pool, &after);
    (void)printf("%llu\n", (unsigned long long)((after.bytes - before.bytes) / (2 * count)));
    bench_network_fini(&network);
}

int main(int argc, char **argv) {
    static const struct {
        const char *name;            /* first argument */
        void (*run)(uint64_t count); /* what it does */
    } cases[] = {
        {"segment", run_segment}, {"transaction", run_transaction},
        {"forward", run_forward}, {"nat", run_nat},
        {"idle", run_idle},
    };
    const uint64_t count = argc == 3 ? strtoull(argv[2], NULL, 10) : 0;
    for (size_t i = 0; count > 0 && i < sizeof cases / sizeof cases[0]; i++) {
        if (strcmp(argv[1], cases[i].name) == 0) {
            cases[i].run(count);
            return 0;
        }
    }
    (void)fprintf(stderr, "usage: bench segment|transaction|forward|nat|idle COUNT\n");
    return 2;
}
