/*
 * cable: one direction of a wire, with the impairments of tc-netem. Sans-I/O: frames go in with a
 * time, and come out when they have arrived. All chances are integers (parts in 2^32) drawn from
 * one generator in a fixed order a frame, so that the same seed gives the same fate.
 */
#ifndef LINK_CABLE_H
#define LINK_CABLE_H

#include "base/random.h"
#include "packet/packet.h"

/* Loss that comes in bursts: Gilbert and Elliott's two states, as netem's gemodel has them. Parts
 * in 2^32 a frame. */
struct burst_loss {
    uint64_t begin; /* a burst begins; 0: there are none, and nothing of this is drawn */
    uint64_t end;   /* it ends */
    uint64_t bad;   /* a frame is lost while it lasts */
    uint64_t good;  /* and while it does not */
};

struct impairments {
    uint64_t rate_bits_per_second; /* 0: no limit; a frame takes (length + 24) × 8 / rate (preamble,
                                      FCS, gap) */
    dobos_time delay_ns;           /* propagation */
    dobos_time jitter_ns; /* a frame's delay is up to so much more or less, each as likely */
    uint64_t loss;        /* parts in 2^32, as the three below */
    uint64_t duplicate;   /* the frame comes twice */
    uint64_t reorder; /* the frame skips the delay line: it arrives at once (netem's reorder; needs
                         a delay) */
    uint64_t corrupt; /* one random bit is flipped */
    uint32_t limit_packets;  /* frames on the wire or waiting for it; 0: 1000 */
    struct burst_loss burst; /* beside `loss` */
    bool ecn;                /* what would be lost is marked where its sender knows ECN */
};

struct cable {
    struct impairments impairments; /* may be changed at any time */
    struct random random;           /* this direction's own */
    struct random jitter;           /* another, of the delays */
    struct random burst;            /* another, of loss in bursts */
    bool is_burst;                  /* one lasts */
    dobos_time busy_until;          /* when the last bit of what was sent has left */
    struct list arrivals;           /* of frames on the wire, by (arrival, order) */
    uint32_t packets;               /* of them */
    uint64_t order;                 /* frames so far */
    dobos_time last_arrival;        /* of the frames that were not reordered */
    bool is_cut;                    /* nothing comes through: set by cable_cut */
    struct allocator *allocator;    /* borrowed: a small record a frame */
    uint64_t sent, lost, duplicated, reordered, corrupted, overflowed, severed, delivered,
        marked; /* counters: sent + duplicated = lost + overflowed + severed + delivered +
           packets */
};
void cable_init(struct cable *cable, struct allocator *allocator,
                const struct impairments *impairments, uint64_t seed);
void cable_fini(struct cable *cable);
/* Sends a frame (take) at `now`. */
void cable_send(struct cable *cable, struct dobos_packet *packet, dobos_time now);
/* Cuts the wire: what is under way and what is sent from now on is severed, so lost. Or mends it.
 */
void cable_cut(struct cable *cable, bool is_cut);
/* When the next frame arrives; DOBOS_NEVER. */
dobos_time cable_next(const struct cable *cable);
/* A frame that has arrived by `now` (give), or NULL. */
struct dobos_packet *cable_receive(struct cable *cable, dobos_time now);
/* Whether a frame sent now would be dropped for want of room (so a sender can hold it back). */
bool cable_is_full(const struct cable *cable);

#endif
