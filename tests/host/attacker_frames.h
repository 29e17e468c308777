/*
 * attacker_frames: what the attacker of attacker.c says: frames of his own, drawn at random but
 * near enough to sense to get deep into the stack, and frames he saw, changed a little.
 *
 * The network: two links, 10.1.0.0/16 and 10.2.0.0/16; each has a host at .2, the router at .1, and
 * the attacker, who forges any address.
 */
#ifndef TESTS_HOST_ATTACKER_FRAMES_H
#define TESTS_HOST_ATTACKER_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <dobos/address.h>

#include "base/random.h"

#define FRAME_BYTES       2000
#define FRAME_IP          14 /* where IPv4's header begins */
#define FRAME_PAYLOAD     34 /* where its payload begins when it has no options */
#define PORT_STREAM       7  /* where both hosts listen */
#define PORT_DATAGRAM     9  /* where both hosts have a UDP socket */
#define ATTACKER_MAC_BYTE 9  /* the last of the attacker's link address */

/* Where a frame can be sent: a host's or the router's interface. */
enum station {
    STATION_A,    /* the host on link 1 */
    STATION_B,    /* the host on link 2 */
    STATION_NEAR, /* the router on link 1 */
    STATION_FAR,  /* the router on link 2 */
    STATIONS
};

/* The other station of the link. */
static inline unsigned station_peer(unsigned station) {
    return station ^ 2;
}
static inline uint32_t station_address(unsigned station) {
    return UINT32_C(0x0a010002) + (station % 2 << 16) - (station / 2);
}
static inline struct dobos_mac station_mac(unsigned station) {
    return (struct dobos_mac){{2, 0, 0, 0, 0, (uint8_t)(station + 1)}};
}

struct frame {
    uint8_t bytes[FRAME_BYTES]; /* from the link header on */
    size_t length;              /* of them */
};

/* What the attacker knows. */
struct attacker {
    struct random random;  /* his dice */
    uint16_t witness_port; /* the client's, of the witness connection from A to B */
};

/* Uniform in 0 … bound − 1. */
static inline unsigned attacker_below(struct attacker *attacker, unsigned bound) {
    return (unsigned)random_below(&attacker->random, bound);
}

/* A frame of his own for a station. */
void frame_draw(struct attacker *attacker, unsigned to, struct frame *frame);
/* A claim to be one of many thousand neighbours, or a first segment from one. */
void frame_draw_arp_flood(struct attacker *attacker, unsigned to, struct frame *frame);
void frame_draw_syn_flood(struct attacker *attacker, unsigned to, struct frame *frame);
/* Changes a frame he saw in up to three places. */
void frame_mutate(struct attacker *attacker, struct frame *frame);
/* A fragment, from anywhere in a frame with an IPv4 header without options. */
void frame_cut(struct attacker *attacker, const struct frame *whole, struct frame *piece);
/* Makes the checksums right where the lengths allow it. */
void frame_finish(struct frame *frame);
/* Whether it is of the witness connection, which he cannot read. */
bool frame_is_witness(const struct attacker *attacker, const struct frame *frame);

#endif
