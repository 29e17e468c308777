/*
 * pair: two hosts and a cable between them in virtual time: a at 192.0.2.1, b at 192.0.2.2, each
 * way with impairments of its own. The test drives it event by event; nothing happens by itself.
 */
#ifndef TESTS_HOST_PAIR_H
#define TESTS_HOST_PAIR_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <dobos/host.h>
#include <dobos/socket.h>

#include "link/cable.h"

#define PAIR_A    UINT32_C(0xc0000201)
#define PAIR_B    UINT32_C(0xc0000202)
#define PAIR_GONE UINT32_C(0xc0000263)

struct pair_end {
    struct dobos_host *host; /* owned */
    struct cable cable;      /* what it sends */
    const char *name;        /* of the host */
    uint32_t address;        /* its own */
    uint8_t boots;           /* hosts it has had */
};

struct pair {
    struct dobos_allocator allocator; /* malloc */
    struct allocator records;         /* of the cables */
    struct dobos_pool *pool;          /* owned */
    struct pair_end a, b;             /* the two */
    size_t memory;                    /* pieces of it that hosts and cables hold */
    uint64_t seed;                    /* of the hosts' keys */
    struct dobos_tcp_config tcp;      /* of hosts that are made from now on */
    dobos_time now;                   /* virtual */
    uint64_t steps;                   /* so far */
};

static inline void *pair_allocate(void *context, size_t bytes, const char *site) {
    void *memory = calloc(1, bytes);
    (void)site;
    *(size_t *)context += memory != NULL;
    return memory;
}

static inline void pair_release(void *context, void *memory, size_t bytes) {
    (void)bytes;
    *(size_t *)context -= memory != NULL;
    free(memory);
}

/* Each host an end has had has a key of its own. */
static inline void pair_host_create(struct pair *pair, struct pair_end *end) {
    const uint32_t address = end->address;
    struct dobos_host_config config = {.size = sizeof(config), .name = end->name, .tcp = pair->tcp};
    struct dobos_interface_config interface = {
        .size = sizeof(interface), .name = "eth0", .mac = {{2, 0, 0, 0, 0, (uint8_t)address}}};
    struct dobos_interface_address number = {.prefix = {dobos_address_ipv4(address), 24},
                                             .valid_until = DOBOS_NEVER,
                                             .preferred_until = DOBOS_NEVER,
                                             .origin = DOBOS_ORIGIN_STATIC};
    for (unsigned i = 0; i < DOBOS_KEY_BYTES; i++)
        config.key[i] = (uint8_t)(pair->seed >> 8 * (i % 8) ^ i * 37 ^ address);
    config.key[0] ^= end->boots++;
    assert_int_equal(dobos_host_create(pair->pool, &config, pair->now, &end->host), 0);
    assert_int_equal(dobos_interface_add(end->host, &interface), 2);
    assert_int_equal(dobos_address_add(end->host, 2, &number), 0);
}

/* Its host's power is cut and comes back: nothing of the old one is left. */
static inline void pair_host_restart(struct pair *pair, struct pair_end *end) {
    dobos_host_destroy(end->host);
    pair_host_create(pair, end);
}

static inline void pair_end_init(struct pair *pair, struct pair_end *end, const char *name,
                                 uint32_t address, const struct impairments *impairments,
                                 uint64_t seed) {
    *end = (struct pair_end){.name = name, .address = address};
    pair_host_create(pair, end);
    cable_init(&end->cable, &pair->records, impairments, seed ^ address);
}

static inline struct pair *pair_create(uint64_t seed, const struct impairments *impairments) {
    struct pair *pair = calloc(1, sizeof(*pair));
    assert_non_null(pair);
    pair->seed = seed;
    pair->allocator = (struct dobos_allocator){&pair->memory, pair_allocate, pair_release};
    pair->records = (struct allocator){.hook = pair->allocator, .limit_bytes = SIZE_MAX};
    struct dobos_pool_config config = {.size = sizeof(config), .allocator = &pair->allocator};
    assert_int_equal(dobos_pool_create(&config, &pair->pool), 0);
    pair_end_init(pair, &pair->a, "a", PAIR_A, impairments, seed);
    pair_end_init(pair, &pair->b, "b", PAIR_B, impairments, seed);
    return pair;
}

/* Ends it; what was allocated must have been given back. */
static inline void pair_destroy(struct pair *pair) {
    struct dobos_pool_statistics statistics;
    dobos_host_destroy(pair->a.host);
    dobos_host_destroy(pair->b.host);
    cable_fini(&pair->a.cable);
    cable_fini(&pair->b.cable);
    assert_int_equal(pair->records.allocations, pair->records.frees);
    dobos_pool_statistics_read(pair->pool, &statistics);
    assert_int_equal(statistics.packets, 0);
    dobos_pool_destroy(pair->pool);
    assert_int_equal(pair->memory, 0);
    free(pair);
}

/* Lets one end send what it has, as far as its cable takes it. */
static inline bool pair_send(struct pair *pair, struct pair_end *end) {
    bool sent = false;
    while (!cable_is_full(&end->cable)) {
        struct dobos_packet *packet;
        if (dobos_output(end->host, 2, &packet, 1, pair->now) == 0)
            break;
        cable_send(&end->cable, packet, pair->now);
        sent = true;
    }
    return sent;
}

static inline bool pair_receive(struct pair *pair, struct cable *cable, struct pair_end *to) {
    struct dobos_packet *packet = cable_receive(cable, pair->now);
    if (!packet)
        return false;
    dobos_input(to->host, 2, &packet, 1, pair->now);
    return true;
}

/* Everything that can happen at this moment. */
static inline void pair_settle(struct pair *pair) {
    bool busy = true;
    for (unsigned turns = 0; busy; turns++) {
        assert_true(turns < 100000);
        busy = false;
        if (dobos_next_deadline(pair->a.host) <= pair->now) {
            dobos_advance(pair->a.host, pair->now);
            busy = true;
        }
        if (dobos_next_deadline(pair->b.host) <= pair->now) {
            dobos_advance(pair->b.host, pair->now);
            busy = true;
        }
        busy = pair_send(pair, &pair->a) || busy;
        busy = pair_send(pair, &pair->b) || busy;
        busy = pair_receive(pair, &pair->a.cable, &pair->b) || busy;
        busy = pair_receive(pair, &pair->b.cable, &pair->a) || busy;
    }
}

/* Settles, and goes on to the next moment at which something happens; false: there is none by
 * `until`. */
static inline bool pair_step(struct pair *pair, dobos_time until) {
    pair_settle(pair);
    dobos_time next = min_i64(cable_next(&pair->a.cable), cable_next(&pair->b.cable));
    next = min_i64(next, dobos_next_deadline(pair->a.host));
    next = min_i64(next, dobos_next_deadline(pair->b.host));
    pair->steps++;
    if (next > until) {
        pair->now = max_i64(pair->now, until);
        return false;
    }
    pair->now = max_i64(pair->now, next);
    return true;
}

static inline void pair_run(struct pair *pair, dobos_time until) {
    while (pair_step(pair, until))
        continue;
    pair_settle(pair);
}

/* A new socket of an end's, listening at a port. */
static inline struct dobos_socket *pair_listen(const struct pair_end *end, uint16_t port,
                                               unsigned backlog) {
    const struct dobos_endpoint at = {.address = dobos_address_ipv4(0), .port = port};
    struct dobos_socket *listener = NULL;
    assert_int_equal(dobos_socket_create(end->host, DOBOS_TCP, NULL, &listener), 0);
    assert_int_equal(dobos_bind(listener, &at), 0);
    assert_int_equal(dobos_listen(listener, backlog), 0);
    return listener;
}

/* A new socket of an end's that begins to connect. */
static inline struct dobos_socket *pair_connect(const struct pair_end *end, uint32_t address,
                                                uint16_t port) {
    const struct dobos_endpoint to = {.address = dobos_address_ipv4(address), .port = port};
    struct dobos_socket *client = NULL;
    assert_int_equal(dobos_socket_create(end->host, DOBOS_TCP, NULL, &client), 0);
    assert_int_equal(dobos_connect(client, &to), -DOBOS_EINPROGRESS);
    return client;
}

static inline uint64_t pair_counter(const struct dobos_host *host, const char *name) {
    struct dobos_counter counter;
    for (uint32_t i = 0; dobos_counter_read(host, i, &counter) == 0; i++) {
        if (text_is_equal(counter.name, name))
            return counter.value;
    }
    fail_msg("no counter %s", name);
    return 0;
}

/* Delivered + forwarded + absorbed + held + Σ dropped: as many as came in. */
static inline uint64_t pair_fates(const struct dobos_host *host) {
    uint64_t fates = 0;
    struct dobos_counter counter;
    for (uint32_t i = 0; dobos_counter_read(host, i, &counter) == 0; i++) {
        bool out = memcmp(counter.name, "DropOut", 7) == 0;
        if ((memcmp(counter.name, "Drop", 4) == 0 && !out) ||
            (memcmp(counter.name, "Frames", 6) == 0 && !text_is_equal(counter.name, "FramesIn")))
            fates += counter.value;
    }
    return fates;
}

static inline void pair_check_fates(const struct dobos_host *host) {
    assert_int_equal(pair_fates(host), pair_counter(host, "FramesIn"));
}

#endif
