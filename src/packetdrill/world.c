/*
 * world: the host, its clock, and who waits (world.h). The host has one Ethernet interface; as
 * packetdrill knows IP packets alone, a shim takes frames off and puts them on, and answers every
 * ARP request with one and the same neighbour.
 */
#include "packetdrill/world.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define FRAME_HEADER  14
#define ARP_BYTES     28
#define PATIENCE_S    1      /* of real time, for a thread that was woken */
#define INSTANT_TURNS 100000 /* at one moment, before something is taken to be wrong */

static const uint8_t host_mac[6] = {2, 0, 0, 0, 0, 1};
static const uint8_t neighbor_mac[6] = {2, 0, 0, 0, 0, 2};

/* The one world there is: libc's calls, which this library answers for, bring none with them. */
static _Atomic(struct world *) current;

struct world *world_current(void) {
    return atomic_load(&current);
}

static void *memory_allocate(void *context, size_t bytes, const char *site) {
    (void)context;
    (void)site;
    return malloc(bytes);
}

static void memory_release(void *context, void *memory, size_t bytes) {
    (void)context;
    (void)bytes;
    free(memory);
}

static bool interface_make(struct world *world) {
    const struct settings *settings = &world->settings;
    struct dobos_interface_config config = {
        .size = sizeof config, .name = "eth0", .mtu = settings->mtu};
    const struct dobos_interface_address address = {.prefix = settings->local,
                                                    .valid_until = DOBOS_NEVER,
                                                    .preferred_until = DOBOS_NEVER,
                                                    .origin = DOBOS_ORIGIN_STATIC};
    memcpy(config.mac.bytes, host_mac, sizeof host_mac);
    const int index = dobos_interface_add(world->host, &config);
    if (index < 0)
        return false;
    world->interface = (uint32_t)index;
    const struct dobos_route route = {.destination = {dobos_address_ipv4(0), 0},
                                      .gateway = dobos_address_ipv4(0),
                                      .interface = world->interface,
                                      .source = dobos_address_ipv4(0),
                                      .origin = DOBOS_ORIGIN_STATIC};
    return dobos_address_add(world->host, world->interface, &address) == 0 &&
           dobos_route_add(world->host, &route) == 0;
}

static bool host_make(struct world *world) {
    const struct dobos_allocator allocator = {NULL, memory_allocate, memory_release};
    const struct dobos_pool_config pool = {.size = sizeof pool, .allocator = &allocator};
    struct dobos_host_config config = {
        .size = sizeof config, .name = "packetdrill", .tcp = world->settings.tcp};
    for (unsigned i = 0; i < DOBOS_KEY_BYTES; i++)
        config.key[i] = (uint8_t)(world->settings.seed >> 8 * (i % 8) ^ i * 37);
    return dobos_pool_create(&pool, &world->pool) == 0 &&
           dobos_host_create(world->pool, &config, world->now, &world->host) == 0 &&
           interface_make(world);
}

struct world *world_create(const struct settings *settings) {
    struct world *world = calloc(1, sizeof *world);
    if (!world)
        return NULL;
    world->settings = *settings;
    world->reader = pthread_self();
    (void)pthread_mutex_init(&world->lock, NULL);
    (void)pthread_cond_init(&world->changed, NULL);
    (void)pthread_cond_init(&world->settled, NULL);
    if (!host_make(world)) {
        world_destroy(world);
        return NULL;
    }
    atomic_store(&current, world);
    return world;
}

void world_destroy(struct world *world) {
    struct world *mine = world;
    (void)atomic_compare_exchange_strong(&current, &mine, NULL);
    descriptors_fini(&world->descriptors);
    for (struct emission *emission; (emission = world_take(world)) != NULL;)
        free(emission);
    dobos_host_destroy(world->host);
    dobos_pool_destroy(world->pool);
    (void)pthread_cond_destroy(&world->settled);
    (void)pthread_cond_destroy(&world->changed);
    (void)pthread_mutex_destroy(&world->lock);
    free(world);
}

bool world_has(struct world *world, int fd) {
    (void)pthread_mutex_lock(&world->lock);
    const bool has = descriptor_find(&world->descriptors, fd) != NULL;
    (void)pthread_mutex_unlock(&world->lock);
    return has;
}

/* ---- frames ---- */

static void frame_input(struct world *world, const uint8_t *frame, size_t length) {
    struct dobos_packet *packet = dobos_packet_from_bytes(world->pool, frame, length, NULL);
    if (packet)
        (void)dobos_input(world->host, world->interface, &packet, 1, world->now);
}

/* Whoever is asked for is the neighbour (RFC 826); an announcement and a probe have no answer. */
static void arp_answer(struct world *world, const uint8_t *arp) {
    uint8_t frame[FRAME_HEADER + ARP_BYTES];
    static const uint8_t nobody[4] = {0};
    const uint8_t *sender = arp + 14;
    const uint8_t *target = arp + 24;
    if (arp[6] != 0 || arp[7] != 1 || memcmp(sender, target, 4) == 0 ||
        memcmp(sender, nobody, 4) == 0)
        return;
    memcpy(frame, host_mac, 6);
    memcpy(frame + 6, neighbor_mac, 6);
    frame[12] = 8;
    frame[13] = 6;
    uint8_t *answer = frame + FRAME_HEADER;
    memcpy(answer, arp, 8);
    answer[7] = 2;
    memcpy(answer + 8, neighbor_mac, 6);
    memcpy(answer + 14, target, 4);
    memcpy(answer + 18, host_mac, 6);
    memcpy(answer + 24, sender, 4);
    frame_input(world, frame, sizeof frame);
}

static void emission_append(struct world *world, const uint8_t *bytes, size_t length) {
    struct emission *emission = malloc(sizeof *emission + length);
    if (!emission)
        return;
    *emission = (struct emission){.at = world->now, .length = length};
    memcpy(emission->bytes, bytes, length);
    if (world->last)
        world->last->next = emission;
    else
        world->first = emission;
    world->last = emission;
}

struct emission *world_take(struct world *world) {
    struct emission *emission = world->first;
    if (!emission)
        return NULL;
    world->first = emission->next;
    if (!world->first)
        world->last = NULL;
    return emission;
}

/* An IP packet, without what pads a short frame. */
static void packet_output(struct world *world, const uint8_t *packet, size_t length) {
    const size_t told = length >= 20 ? (size_t)packet[2] << 8 | packet[3] : length;
    emission_append(world, packet, told < length ? told : length);
}

static void frame_output(struct world *world, const struct dobos_packet *packet) {
    uint8_t frame[DOBOS_PACKET_MAX_BYTES];
    const size_t length = dobos_packet_read(packet, 0, frame, sizeof frame);
    if (length < FRAME_HEADER)
        return;
    const unsigned type = (unsigned)frame[12] << 8 | frame[13];
    if (type == 0x0800)
        packet_output(world, frame + FRAME_HEADER, length - FRAME_HEADER);
    else if (type == 0x0806 && length >= FRAME_HEADER + ARP_BYTES)
        arp_answer(world, frame + FRAME_HEADER);
}

/* Something that never comes to rest is a fault of the stack, which a test shall show. */
static void turn_count(unsigned *turns) {
    if (++*turns < INSTANT_TURNS)
        return;
    (void)fprintf(stderr, "libdobos-packetdrill: the host does not come to rest\n");
    abort();
}

void world_flush(struct world *world) {
    struct dobos_packet *packets[DOBOS_BURST_PACKETS];
    unsigned count;
    unsigned turns = 0;
    for (;;) {
        if (dobos_next_deadline(world->host) <= world->now)
            dobos_advance(world->host, world->now);
        count =
            dobos_output(world->host, world->interface, packets, DOBOS_BURST_PACKETS, world->now);
        if (count == 0 && dobos_next_deadline(world->host) > world->now)
            return;
        for (unsigned i = 0; i < count; i++) {
            frame_output(world, packets[i]);
            dobos_packet_release(packets[i]);
        }
        turn_count(&turns);
    }
}

/* ---- who waits ---- */

static struct sleeper *sleeper_find(struct world *world) {
    for (unsigned i = 0; i < WORLD_SLEEPERS; i++) {
        struct sleeper *sleeper = &world->sleepers[i];
        if (sleeper->state != SLEEP_FREE && pthread_equal(sleeper->thread, pthread_self()))
            return sleeper;
    }
    return NULL;
}

/* Of the other threads. */
static bool sleepers_have(const struct world *world, enum sleep_state state) {
    for (unsigned i = 0; i < WORLD_SLEEPERS; i++) {
        const struct sleeper *sleeper = &world->sleepers[i];
        if (sleeper->state == state && !pthread_equal(sleeper->thread, pthread_self()))
            return true;
    }
    return false;
}

bool world_enter(struct world *world) {
    (void)pthread_mutex_lock(&world->lock);
    struct sleeper *sleeper = sleeper_find(world);
    if (!sleeper)
        return false;
    sleeper->state = SLEEP_FREE;
    world->returned = sleeper->task;
    (void)pthread_cond_broadcast(&world->settled);
    return true;
}

/* Lets those asleep look at what has changed, and waits until they have: each is asleep again, or
 * has come back, or does not in all patience. */
static void sleepers_wake(struct world *world) {
    struct timespec limit;
    if (!sleepers_have(world, SLEEP_ASLEEP))
        return;
    for (unsigned i = 0; i < WORLD_SLEEPERS; i++) {
        if (world->sleepers[i].state == SLEEP_ASLEEP)
            world->sleepers[i].state = SLEEP_AWAKE;
    }
    (void)pthread_cond_broadcast(&world->changed);
    (void)clock_gettime(CLOCK_REALTIME, &limit);
    limit.tv_sec += PATIENCE_S;
    while (sleepers_have(world, SLEEP_AWAKE)) {
        if (pthread_cond_timedwait(&world->settled, &world->lock, &limit) == 0)
            continue;
        for (unsigned i = 0; i < WORLD_SLEEPERS; i++) {
            if (world->sleepers[i].state == SLEEP_AWAKE)
                world->sleepers[i].state = SLEEP_FREE;
        }
    }
}

void world_leave(struct world *world) {
    world_flush(world);
    sleepers_wake(world);
    (void)pthread_mutex_unlock(&world->lock);
}

static bool sleeper_wait(struct world *world, dobos_time deadline) {
    struct sleeper *sleeper = sleeper_find(world);
    for (unsigned i = 0; !sleeper && i < WORLD_SLEEPERS; i++) {
        if (world->sleepers[i].state == SLEEP_FREE)
            sleeper = &world->sleepers[i];
    }
    if (!sleeper)
        return false;
    *sleeper = (struct sleeper){SLEEP_ASLEEP, pthread_self(), gettid(), deadline};
    (void)pthread_cond_broadcast(&world->settled);
    while (sleeper->state == SLEEP_ASLEEP)
        (void)pthread_cond_wait(&world->changed, &world->lock);
    return true;
}

bool world_sleep(struct world *world, dobos_time deadline) {
    world_flush(world);
    if (deadline <= world->now)
        return false;
    if (pthread_equal(world->reader, pthread_self()))
        return world_step(world, deadline);
    return sleeper_wait(world, deadline);
}

/* ---- time ---- */

static dobos_time world_next(const struct world *world) {
    dobos_time next = dobos_next_deadline(world->host);
    for (unsigned i = 0; i < WORLD_SLEEPERS; i++) {
        const struct sleeper *sleeper = &world->sleepers[i];
        if (sleeper->state == SLEEP_ASLEEP && sleeper->deadline < next)
            next = sleeper->deadline;
    }
    return next;
}

bool world_step(struct world *world, dobos_time until) {
    world_flush(world);
    sleepers_wake(world);
    const dobos_time next = world_next(world);
    if (next > until || next == DOBOS_NEVER) {
        if (until != DOBOS_NEVER && until > world->now) {
            world->now = until;
            dobos_advance(world->host, until); /* so that what it tells is of this moment */
        }
        return false;
    }
    if (next > world->now)
        world->now = next;
    dobos_advance(world->host, world->now);
    world_flush(world);
    sleepers_wake(world);
    return true;
}

void world_advance(struct world *world, dobos_time until) {
    while (world_step(world, until))
        continue;
    world_flush(world);
}

void world_input(struct world *world, const void *packet, size_t length) {
    uint8_t frame[DOBOS_PACKET_MAX_BYTES];
    if (length == 0 || length > sizeof frame - FRAME_HEADER)
        return;
    memcpy(frame, host_mac, 6);
    memcpy(frame + 6, neighbor_mac, 6);
    frame[12] = 8;
    frame[13] = 0;
    memcpy(frame + FRAME_HEADER, packet, length);
    frame_input(world, frame, FRAME_HEADER + length);
    world_flush(world);
}
