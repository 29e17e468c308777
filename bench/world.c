/* world: see world.h. */
#include "world.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dobos/os.h>

#define ADDRESS      UINT32_C(0x0a000001) /* of hosts[0]; the other's is the next */
#define PORT         5001
#define BACKLOG      64
#define MEMORY_BYTES ((size_t)3 << 30) /* more than any cell needs, less than a machine has */

void world_die(const char *what) {
    (void)fprintf(stderr, "%s: %s\n", program_invocation_short_name, what);
    exit(2);
}

static void host_make(struct world *world, unsigned i, struct dobos_host_config config,
                      uint64_t seed) {
    struct dobos_interface_config eth0 = {
        .size = sizeof eth0, .name = "eth0", .mac = {{2, 0, 0, 0, 0, (uint8_t)i}}};
    struct dobos_interface_address address = {.prefix = {dobos_address_ipv4(ADDRESS + i), 24},
                                              .valid_until = DOBOS_NEVER,
                                              .preferred_until = DOBOS_NEVER};
    memset(config.key, (int)(i + 1 + seed * 2), sizeof config.key);
    if (dobos_host_create(world->pool, &config, world->now, &world->hosts[i]) < 0 ||
        dobos_interface_add(world->hosts[i], &eth0) != 2 ||
        dobos_address_add(world->hosts[i], 2, &address) < 0)
        world_die("no host");
}

void world_init(struct world *world, const struct dobos_host_config *config,
                const struct impairments impairments[2], uint64_t seed) {
    struct dobos_pool_config memory = {
        .size = sizeof memory, .allocator = dobos_os_allocator(), .limit_bytes = MEMORY_BYTES};
    *world = (struct world){.now = DOBOS_SECOND};
    if (dobos_pool_create(&memory, &world->pool) < 0)
        world_die("no pool");
    for (unsigned i = 0; i < 2; i++) {
        cable_init(&world->cables[i], pool_allocator(world->pool), &impairments[i], seed * 2 + i);
        host_make(world, i, *config, seed);
    }
}

void world_fini(struct world *world) {
    for (unsigned i = 0; i < 2; i++) {
        dobos_host_destroy(world->hosts[i]);
        cable_fini(&world->cables[i]);
    }
    dobos_pool_destroy(world->pool);
}

struct dobos_socket *world_listen(struct world *world) {
    const struct dobos_endpoint at = {.address = dobos_address_ipv4(0), .port = PORT};
    struct dobos_socket *listener = NULL;
    if (dobos_socket_create(world->hosts[1], DOBOS_TCP, NULL, &listener) < 0 ||
        dobos_bind(listener, &at) < 0 || dobos_listen(listener, BACKLOG) < 0)
        world_die("no listener");
    return listener;
}

struct dobos_socket *world_connect(struct world *world) {
    const struct dobos_endpoint to = {.address = dobos_address_ipv4(ADDRESS + 1), .port = PORT};
    struct dobos_socket *client = NULL;
    if (dobos_socket_create(world->hosts[0], DOBOS_TCP, NULL, &client) < 0 ||
        dobos_connect(client, &to) != -DOBOS_EINPROGRESS)
        world_die("no connection");
    return client;
}

/* A frame (take) goes onto the cable, or is lost on purpose. */
static void frame_send(struct world *world, unsigned from, struct dobos_packet *packet) {
    struct cable *cable = &world->cables[from];
    if (world->is_lost && world->is_lost(world, from, packet)) {
        dobos_packet_release(packet);
        return;
    }
    const dobos_time begins = cable->busy_until > world->now ? cable->busy_until : world->now;
    cable_send(cable, packet, world->now);
    if (from == 0 && cable->busy_until > begins)
        world->busy += cable->busy_until - begins;
}

static void side_step(struct world *world, unsigned i) {
    struct dobos_packet *packets[DOBOS_BURST_PACKETS];
    struct dobos_packet *packet;
    struct dobos_host *host = world->hosts[i];
    unsigned count;
    while ((packet = cable_receive(&world->cables[1 - i], world->now)))
        (void)dobos_input(host, 2, &packet, 1, world->now);
    if (dobos_next_deadline(host) <= world->now)
        dobos_advance(host, world->now);
    while ((count = dobos_output(host, 2, packets, DOBOS_BURST_PACKETS, world->now)) > 0)
        for (unsigned k = 0; k < count; k++)
            frame_send(world, i, packets[k]);
}

void world_step(struct world *world) {
    for (unsigned i = 0; i < 2; i++)
        side_step(world, i);
}

dobos_time world_next(const struct world *world) {
    dobos_time next = DOBOS_NEVER;
    for (unsigned i = 0; i < 2; i++) {
        dobos_time due = dobos_next_deadline(world->hosts[i]);
        if (dobos_output_is_pending(world->hosts[i], 2))
            due = world->now;
        next = due < next ? due : next;
        due = cable_next(&world->cables[i]);
        next = due < next ? due : next;
    }
    return next > world->now ? next : world->now;
}
