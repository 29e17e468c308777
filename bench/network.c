/* Hosts of one process joined by cables; see network.h. */
#include "network.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BENCH_PORT 5001

void bench_require(bool holds, const char *what) {
    if (!holds) {
        (void)fprintf(stderr, "bench: %s\n", what);
        exit(1);
    }
}

static void *allocate(void *context, size_t bytes, const char *site) {
    (void)context;
    (void)site;
    return malloc(bytes);
}

static void release(void *context, void *memory, size_t bytes) {
    (void)context;
    (void)bytes;
    free(memory);
}

void bench_network_init(struct bench_network *network) {
    const struct dobos_allocator allocator = {NULL, allocate, release};
    const struct dobos_pool_config config = {.size = sizeof config, .allocator = &allocator};
    memset(network, 0, sizeof *network);
    bench_require(dobos_pool_create(&config, &network->pool) == 0, "no pool");
}

void bench_network_fini(struct bench_network *network) {
    for (unsigned i = 0; i < network->host_count; i++) {
        dobos_host_destroy(network->hosts[i]);
    }
    dobos_pool_destroy(network->pool);
}

unsigned bench_host_add(struct bench_network *network, bool forwarding) {
    const unsigned number = network->host_count++;
    struct dobos_host_config config = {.size = sizeof config, .forwarding = forwarding};
    memset(config.key, (int)(number + 1), sizeof config.key);
    bench_require(number < BENCH_HOSTS, "too many hosts");
    bench_require(
        dobos_host_create(network->pool, &config, network->now, &network->hosts[number]) == 0,
        "no host");
    return number;
}

/* Plugs a host into a cable; `last` is the end of its MAC and of its address. */
static void plug(struct bench_network *network, struct bench_end *end, unsigned host,
                 uint8_t last) {
    const uint8_t cable = (uint8_t)network->cable_count;
    struct dobos_interface_config config = {
        .size = sizeof config,
        .mac = {{2, 0, 0, 0, cable, last}},
    };
    const struct dobos_interface_address address = {
        .prefix = {dobos_address_ipv4(UINT32_C(0x0a000000) | (uint32_t)cable << 16 | last), 24},
        .valid_until = DOBOS_NEVER,
        .preferred_until = DOBOS_NEVER,
        .origin = DOBOS_ORIGIN_STATIC,
    };
    (void)snprintf(config.name, sizeof config.name, "eth%u", cable);
    const int interface = dobos_interface_add(network->hosts[host], &config);
    bench_require(interface > 0, "no interface");
    end->host = host;
    end->interface = (uint32_t)interface;
    bench_require(dobos_address_add(network->hosts[host], end->interface, &address) == 0,
                  "no address");
}

void bench_cable_add(struct bench_network *network, unsigned left, unsigned right) {
    bench_require(network->cable_count < BENCH_CABLES, "too many cables");
    plug(network, &network->cables[network->cable_count][0], left, 1);
    plug(network, &network->cables[network->cable_count][1], right, 2);
    network->cable_count++;
}

void bench_route_add(struct bench_network *network, unsigned host, uint32_t gateway) {
    const struct dobos_route route = {
        .destination = {dobos_address_ipv4(0), 0},
        .gateway = dobos_address_ipv4(gateway),
        .source = dobos_address_ipv4(0),
        .origin = DOBOS_ORIGIN_STATIC,
    };
    bench_require(dobos_route_add(network->hosts[host], &route) == 0, "no route");
}

/* Carries one burst over each cable, both ways; false when there was none. */
static bool carry(struct bench_network *network) {
    struct dobos_packet *packets[DOBOS_BURST_PACKETS];
    bool any = false;
    for (unsigned i = 0; i < 2 * network->cable_count; i++) {
        const struct bench_end *from = &network->cables[i / 2][i % 2];
        const struct bench_end *to = &network->cables[i / 2][1 - i % 2];
        const unsigned count = dobos_output(network->hosts[from->host], from->interface, packets,
                                            DOBOS_BURST_PACKETS, network->now);
        if (count > 0) {
            dobos_input(network->hosts[to->host], to->interface, packets, count, network->now);
            any = true;
        }
    }
    return any;
}

void bench_settle(struct bench_network *network) {
    do {
        for (unsigned i = 0; i < network->host_count; i++) {
            if (dobos_next_deadline(network->hosts[i]) <= network->now) {
                dobos_advance(network->hosts[i], network->now);
            }
        }
    } while (carry(network));
}

void bench_pass(struct bench_network *network, dobos_time duration) {
    const dobos_time end = network->now + duration;
    for (;;) {
        bench_settle(network);
        dobos_time next = end;
        for (unsigned i = 0; i < network->host_count; i++) {
            const dobos_time deadline = dobos_next_deadline(network->hosts[i]);
            next = deadline < next ? deadline : next;
        }
        if (next >= end) {
            break;
        }
        network->now = next > network->now ? next : network->now;
    }
    network->now = end;
    bench_settle(network);
}

struct dobos_socket *bench_listen(struct bench_network *network, unsigned host) {
    struct dobos_socket *listener = NULL;
    const struct dobos_endpoint any = {dobos_address_ipv4(0), BENCH_PORT, 0};
    bench_require(dobos_socket_create(network->hosts[host], DOBOS_TCP, NULL, &listener) == 0 &&
                      dobos_bind(listener, &any) == 0 && dobos_listen(listener, 65535) == 0,
                  "no listener");
    return listener;
}

void bench_connect(struct bench_network *network, unsigned from, uint32_t address,
                   struct dobos_socket *listener, struct dobos_socket *ends[2]) {
    const struct dobos_endpoint peer = {dobos_address_ipv4(address), BENCH_PORT, 0};
    bench_require(dobos_socket_create(network->hosts[from], DOBOS_TCP, NULL, &ends[0]) == 0,
                  "no socket");
    bench_require(dobos_connect(ends[0], &peer) == -DOBOS_EINPROGRESS, "no connection");
    bench_settle(network);
    bench_require(dobos_accept(listener, &ends[1], NULL) == 0, "no connection accepted");
}
