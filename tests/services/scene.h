/*
 * scene: services on the host b of a pair, and a client's sockets on a, in virtual time. The cable
 * takes a millisecond each way, so that what is sent at one moment arrives at a later one.
 */
#ifndef TESTS_SERVICES_SCENE_H
#define TESTS_SERVICES_SCENE_H

#include "../host/pair.h"

#include <string.h>

#include <dobos/dns.h>
#include <dobos/services.h>

#define SCENE_SERVICES 4
#define SCENE_TURNS    200000

struct scene {
    struct pair *pair;                              /* owned */
    struct dobos_service *services[SCENE_SERVICES]; /* on b; owned */
    unsigned count;                                 /* of them */
    struct dobos_lookup *lookup;                    /* on a; owned; NULL: none */
};

static inline struct scene scene_create(void) {
    return (struct scene){.pair =
                              pair_create(7, &(struct impairments){.delay_ns = DOBOS_MILLISECOND})};
}

static inline void scene_add(struct scene *scene, int result, struct dobos_service *service) {
    assert_int_equal(result, 0);
    assert_true(scene->count < SCENE_SERVICES);
    scene->services[scene->count++] = service;
}

static inline void scene_destroy(struct scene *scene) {
    dobos_lookup_destroy(scene->lookup);
    while (scene->count > 0)
        dobos_service_destroy(scene->services[--scene->count]);
    pair_destroy(scene->pair);
}

/* Everything that can happen now; when something happens next. */
static inline dobos_time scene_turn(struct scene *scene) {
    struct pair *pair = scene->pair;
    dobos_time next = DOBOS_NEVER;
    pair_settle(pair);
    for (unsigned i = 0; i < scene->count; i++)
        next = min_i64(next, dobos_service_step(scene->services[i], pair->now));
    if (scene->lookup) {
        dobos_time again;
        dobos_lookup_step(scene->lookup, pair->now, &again);
        next = min_i64(next, again);
    }
    pair_settle(pair);
    next = min_i64(next, min_i64(cable_next(&pair->a.cable), cable_next(&pair->b.cable)));
    next = min_i64(next, dobos_next_deadline(pair->a.host));
    return min_i64(next, dobos_next_deadline(pair->b.host));
}

/* Lets time pass, event by event. */
static inline void scene_run(struct scene *scene, dobos_time duration) {
    struct pair *pair = scene->pair;
    dobos_time until = pair->now + duration;
    for (unsigned turns = 0; turns < SCENE_TURNS; turns++) {
        dobos_time next = scene_turn(scene);
        if (next > until) {
            pair->now = until;
            (void)scene_turn(scene);
            return;
        }
        pair->now = max_i64(pair->now, next);
    }
    fail_msg("nothing moves at %lld", (long long)pair->now);
}

static inline struct dobos_endpoint scene_endpoint(uint32_t address, uint16_t port) {
    return (struct dobos_endpoint){.address = dobos_address_ipv4(address), .port = port};
}

/* A client's socket at a, connected to a port of b. */
static inline struct dobos_socket *scene_connect(struct scene *scene, enum dobos_protocol protocol,
                                                 uint16_t port) {
    struct dobos_socket *socket;
    struct dobos_endpoint to = scene_endpoint(PAIR_B, port);
    assert_int_equal(dobos_socket_create(scene->pair->a.host, protocol, NULL, &socket), 0);
    int result = dobos_connect(socket, &to);
    assert_int_equal(result, protocol == DOBOS_TCP ? -DOBOS_EINPROGRESS : 0);
    scene_run(scene, 10 * DOBOS_MILLISECOND);
    return socket;
}

/* Sends all of it, as fast as it goes. */
static inline void scene_send(struct scene *scene, struct dobos_socket *socket, const void *bytes,
                              size_t length) {
    for (size_t done = 0; done < length;) {
        int64_t sent = dobos_send(socket, (const uint8_t *)bytes + done, length - done);
        if (sent == -DOBOS_EAGAIN)
            scene_run(scene, 10 * DOBOS_MILLISECOND);
        else if (sent < 0)
            fail_msg("send: %s", dobos_error_text((int)sent));
        else
            done += (size_t)sent;
    }
}

static inline void scene_say(struct scene *scene, struct dobos_socket *socket, const char *text) {
    scene_send(scene, socket, text, strlen(text));
}

/* What has come and comes within a while, with a NUL behind it; its length. *end: what the last
 * receive said (−EAGAIN: open, 0: ended, else an error). */
static inline size_t scene_hear(struct scene *scene, struct dobos_socket *socket, char *text,
                                size_t room, int64_t *end) {
    size_t length = 0;
    unsigned quiet = 0;
    do {
        *end = dobos_receive(socket, text + length, room - 1 - length);
        quiet = *end > 0 ? 0 : quiet + 1;
        length += *end > 0 ? (size_t)*end : 0;
        if (*end == -DOBOS_EAGAIN)
            scene_run(scene, 50 * DOBOS_MILLISECOND);
    } while (*end != 0 && (*end > 0 || *end == -DOBOS_EAGAIN) && quiet < 4 && length + 1 < room);
    text[length] = 0;
    return length;
}

#endif
