/*
 * stage: where scenarios run whose every allocation fails once. Two hosts of ours and a router
 * between them, in virtual time, all memory from one allocator (failing_allocator.h):
 *
 *     a 10.0.1.2 ── 10.0.1.1 r 10.0.2.1 ── 10.0.2.2 b        (mtu 1500, and 600 on b's link)
 *
 * A scenario is a function that plays a piece and takes no harm from -DOBOS_ENOMEM:
 *
 *     static void transfer(struct stage *s) {
 *         struct dobos_socket *socket = NULL;
 *         if (!stage_can(s, dobos_socket_create(s->a, DOBOS_TCP, NULL, &socket)))
 *             return;                       no memory: this piece is over
 *         …
 *     }
 *
 * stage_try runs it once with memory enough and counts its allocations; then again, failing the
 * first, the second, … and some of them with those behind it, a few or all. Where there are more
 * than STAGE_TRIES, a stride from a seed leaves some out, unless DOBOS_ALL_ALLOCATIONS is set (make
 * soak). Each time: no crash, no call that fails in another way than it may, the network goes on
 * (with memory again, a connection and a datagram come through), every frame has one fate, and all
 * memory is given back. What the scenario left open is closed by stage_end.
 */
#ifndef TESTS_ALLOCATIONS_STAGE_H
#define TESTS_ALLOCATIONS_STAGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <dobos/dns.h>
#include <dobos/host.h>
#include <dobos/services.h>
#include <dobos/socket.h>

#include "../base/failing_allocator.h"

#include "base/random.h"

#define STAGE_A        UINT32_C(0x0a000102)
#define STAGE_NEAR     UINT32_C(0x0a000101) /* the router's, toward a */
#define STAGE_FAR      UINT32_C(0x0a000201) /* and toward b */
#define STAGE_B        UINT32_C(0x0a000202)
#define STAGE_DEAD     UINT32_C(0x0a000263) /* nobody's, on b's link */
#define STAGE_SOCKETS  64
#define STAGE_SERVICES 4
#define STAGE_TRIES    400

struct stage {
    struct failing_allocator memory;                /* of all */
    struct dobos_allocator hook;                    /* the same */
    struct dobos_pool *pool;                        /* NULL: there was no memory */
    struct dobos_host *a, *r, *b;                   /* NULL: likewise */
    struct dobos_service *services[STAGE_SERVICES]; /* of b; owned */
    unsigned service_count;                         /* of them */
    struct dobos_lookup *lookup;                    /* of a; owned; NULL: none */
    dobos_time now;                                 /* virtual */
    struct random random;                           /* for what the cables do */
    unsigned lose, swap;       /* a frame in so many is lost, or comes behind the next; 0: none */
    struct dobos_packet *late; /* the one that waits for the next */
    bool refused;              /* a call found no memory */
};

typedef void (*stage_scenario)(struct stage *stage);

/* Tries a scenario; fails the test that calls it when something does not hold. */
void stage_try(stage_scenario scenario);
/* The same for one that makes pool and hosts itself, with stage_build. */
void stage_try_bare(stage_scenario scenario);
/* The pool, the three hosts, their interfaces, addresses and routes. False: no memory. */
bool stage_build(struct stage *s);

/* What a call said: true for success, false for -DOBOS_ENOMEM; all else fails the test. */
bool stage_can(struct stage *s, int64_t result);
/* The same, and false for `other` too, an error that the call may have here. */
bool stage_can_or(struct stage *s, int64_t result, int other);

/* What must hold as long as no allocation fails. */
void stage_expect(const struct stage *s, bool holds);

/* Frames cross, timers fire. */
void stage_settle(struct stage *s);
void stage_run(struct stage *s, dobos_time duration);
/* A frame from nowhere arrives at a host's interface. */
void stage_inject(struct stage *s, struct dobos_host *host, uint32_t interface, const void *frame,
                  size_t length);

/* Sockets; NULL: no memory. A connection of a to b's listener; the accepted end in *other or NULL.
 */
struct dobos_socket *stage_udp(struct stage *s, struct dobos_host *host, uint16_t port);
struct dobos_socket *stage_listener(struct stage *s, struct dobos_host *host, uint16_t port,
                                    unsigned backlog);
struct dobos_socket *stage_connect(struct stage *s, struct dobos_host *from, uint32_t to,
                                   uint16_t port);
struct dobos_endpoint stage_endpoint(uint32_t address, uint16_t port);
/* Sends `length` bytes one way and reads what comes; false: the connection did not last. */
bool stage_transfer(struct stage *s, struct dobos_socket *from, struct dobos_socket *to,
                    size_t length);
/* b runs a service, if it could be made. */
void stage_serve(struct stage *s, int result, struct dobos_service *service);

#endif
