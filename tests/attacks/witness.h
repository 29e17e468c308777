/*
 * witness: the harness of the attack tests. A victim, a friend whose connections must not suffer,
 * an attacker on their link, and virtual time:
 *
 *     friend 192.0.2.2 ──┐                 ┌── beyond 198.51.100.2
 *                        ├── eth0 victim eth1
 *     attacker .65–.126 ─┘ 192.0.2.1   198.51.100.1 ── strangers .65–.126
 *
 * A witness connection of the friend to the victim carries bytes both ways, and a second one to
 * `beyond` crosses it when the victim forwards. The attacker sends any frame he likes; he has all
 * addresses from .65 to .126, answers ARP for them, and .65 is the victim's default gateway, so
 * that what it sends to forged sources comes to him; and so do strangers on the other link. With
 * attack_setup_nat the victim translates what leaves by eth1. All hosts have their memory from one
 * allocator that poisons what it gives and takes back. A test is named after its row of
 * docs/requirements/attacks.tsv, attack_b5_…, bears the row's mark, and goes:
 *
 *     struct witness *w = *state;                     attack_setup or attack_setup_router
 *     … sockets or services of the victim: w->victim; dobos_close, or witness_serve …
 *     witness_inject(w, frame, length);               the attack, or one of forge.h; by and by the
 *                                                     witness moves bytes
 *     witness_answer(w, &frame)                       what the victim said to anybody but a witness
 *     witness_run(w, 40 * DOBOS_SECOND);              time passes
 *     assert_… of what is the row's own               memory, tables, counters, answers
 *     … close the test's own sockets …                attack_teardown does the rest
 *
 * At every exchange and at the end it is asserted for the test: every byte of the witness arrived,
 * in order, within `patience`; frames in = delivered + forwarded + absorbed + held + dropped by
 * reason, of every host; the network comes to rest (no endless loop); memory stays below
 * `memory_limit`; and at the end no packet is alive, tables have not grown beyond `growth_limit`,
 * and all memory is given back.
 *
 * A service under attack: one of services.h is given to witness_serve, which steps and ends it. For
 * any other engine set w->step: it is called whenever something may have happened, and returns when
 * to call it again at the latest. Its end is the test's: w->step = NULL, and close its sockets.
 */
#ifndef TESTS_ATTACKS_WITNESS_H
#define TESTS_ATTACKS_WITNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <dobos/host.h>
#include <dobos/nat.h>
#include <dobos/services.h>
#include <dobos/socket.h>

#include "../base/failing_allocator.h"

#include "base/random.h"
#include "wire/ethernet.h"

#define VICTIM_ADDRESS   UINT32_C(0xc0000201)
#define FRIEND_ADDRESS   UINT32_C(0xc0000202)
#define ATTACKER_ADDRESS UINT32_C(0xc0000241) /* the first of his, the gateway */
#define BEYOND_ROUTER    UINT32_C(0xc6336401) /* the victim's on the other link */
#define BEYOND_ADDRESS   UINT32_C(0xc6336402)
#define STRANGER_ADDRESS UINT32_C(0xc6336441) /* the first of them, on the other link */
#define FAR_ADDRESS      UINT32_C(0xcb007107) /* 203.0.113.7, behind the gateway */
#define WITNESS_PORT     5001                 /* where the witness connections go */
#define WITNESS_STREAMS  2
#define WITNESS_SERVICES 4
#define WITNESS_ANSWERS  512
#define FRAME_MAX_BYTES  DOBOS_PACKET_MAX_BYTES
#define ANSWER_BYTES     1600

static const struct dobos_mac VICTIM_MAC = {{2, 0, 0, 0, 0, 1}};
static const struct dobos_mac FRIEND_MAC = {{2, 0, 0, 0, 0, 2}};
static const struct dobos_mac BEYOND_MAC = {{2, 0, 0, 0, 1, 2}};
static const struct dobos_mac ATTACKER_MAC = {{2, 0, 0, 0, 0, 0x66}};

/* A frame that the victim sent, witness connections aside. */
struct answer {
    uint32_t interface;          /* where it left: 2 is eth0 */
    dobos_time at;               /* when */
    size_t length;               /* of the frame */
    uint8_t bytes[ANSWER_BYTES]; /* its first bytes */
};

/* One end of a witness connection. */
struct witness_end {
    struct dobos_socket *socket; /* NULL: the connection is not open */
    uint64_t sent, received;     /* bytes */
};

struct witness {
    struct failing_allocator memory;             /* of everything below */
    struct dobos_allocator hook;                 /* the same, as hosts know it */
    struct dobos_pool *pool;                     /* owned */
    struct dobos_host *victim;                   /* owned, as the next two */
    struct dobos_host *friend;                   /* on the victim's link */
    struct dobos_host *beyond;                   /* on its other link */
    struct witness_end ends[WITNESS_STREAMS][2]; /* of each stream the friend's, and the other */
    struct dobos_service *services[WITNESS_SERVICES];  /* of the victim; owned */
    unsigned service_count;                            /* of them */
    dobos_time (*step)(void *context, dobos_time now); /* NULL: none; see above */
    void *step_context;                                /* for it */
    dobos_time now;                                    /* virtual */
    struct random random;                              /* for lengths */
    unsigned pace;          /* injected frames between two exchanges of the witness; 0: none */
    unsigned injected;      /* frames */
    dobos_time patience;    /* how long an exchange may take */
    size_t memory_limit;    /* bytes of all hosts at most */
    size_t growth_limit;    /* bytes by which tables may have grown in the end */
    size_t memory_baseline; /* bytes when the attack begins */
    bool hides_attacker;    /* nobody answers ARP for the attacker's addresses */
    bool cut;               /* the friend's cable is out: what it and the victim say is lost */
    unsigned answer_first, answer_count; /* of the ring */
    uint64_t answers;      /* all that were seen, with those the ring had no room for */
    uint64_t answer_bytes; /* theirs */
    struct answer *ring;   /* WITNESS_ANSWERS of them; the oldest go first */
};

/* For cmocka: the network (eth1 faces the outside), with the witness connected and bytes moved, in
 * *state. */
int attack_setup(void **state);
int attack_setup_router(void **state);
int attack_setup_nat(void **state);
int attack_teardown(void **state);
/* The same without cmocka; `key` draws the hosts' keys, and bit `flipped` of the victim's, from 1
 * on, is another (0: none). */
struct witness *witness_open(bool forwarding, uint8_t key);
struct witness *witness_open_keyed(bool forwarding, uint8_t key, unsigned flipped);
/* A router that translates as `nat` says. */
struct witness *witness_open_nat(const struct dobos_nat_config *nat);
void witness_close(struct witness *w);

/* A frame of the attacker (borrowed, 1 to FRAME_MAX_BYTES) arrives at the victim's eth0, or at
 * another interface, and everything that follows from it at this moment happens. */
void witness_inject(struct witness *w, const void *frame, size_t length);
void witness_inject_at(struct witness *w, uint32_t interface, const void *frame, size_t length);
/* The next frame that the victim sent; false: none. ARP is among them. */
bool witness_answer(struct witness *w, struct answer *answer);
/* Forgets those; returns how many there were since the last time. */
uint64_t witness_forget(struct witness *w);
/* Bytes held from the allocator, without what the pool keeps for use again. */
size_t witness_memory(const struct witness *w);
/* Bytes move both ways on every witness connection, and everything is checked. */
void witness_exchange(struct witness *w);
/* Time passes, each deadline fires at its time; a second at most goes by without an exchange when
 * `moving`. */
void witness_run(struct witness *w, dobos_time duration);
void witness_run_moving(struct witness *w, dobos_time duration);
/* Everything that can happen at this moment. */
void witness_settle(struct witness *w);
/* The victim runs a service (take) that `result` says was made. */
void witness_serve(struct witness *w, int result, struct dobos_service *service);

/* A counter of the victim by name. */
uint64_t witness_counter(const struct witness *w, const char *name);
/* How many neighbours the victim has at eth0, and what it knows of one; false: nothing. */
unsigned witness_neighbors(const struct witness *w);
bool witness_neighbor(const struct witness *w, uint32_t address, struct dobos_neighbor_info *info);
/* The victim's end of the first stream, and what ss shows of it. */
struct dobos_socket *witness_socket(const struct witness *w);
struct dobos_socket_info witness_info(const struct witness *w);
/* Sockets. */
struct dobos_endpoint witness_endpoint(uint32_t address, uint16_t port);
struct dobos_socket *witness_udp(struct dobos_host *host, uint16_t port);
struct dobos_socket *witness_listener(struct dobos_host *host, uint16_t port, unsigned backlog);

#endif
