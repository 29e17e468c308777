/*
 * cable: one direction of a wire, impaired as tc-netem impairs.
 *
 * A frame's fate is drawn when it is sent, always with the same number of draws, so that changing
 * one impairment leaves the others' fates as they were:
 *
 *     loss, duplicate, reorder, corrupt, which bit; and, from generators of their own, the jitter,
 *     and where there are bursts of loss, whether one begins or ends, and whether it takes this
 * frame
 *
 * What is lost takes no time on the wire; with `ecn` it is marked and stays, where its sender knows
 * marks. What stays waits until the wire is free, takes its length
 * by the rate, then the delay; a reordered frame skips the delay and so overtakes those that are
 * under way. With jitter each frame has a delay of its own. Without a rate the delays are a cloud
 * of many ways, and who has the shorter one overtakes; with a rate they are one queue, and whoever
 * would overtake arrives together with the frame before. A duplicate follows its frame,
 * uncorrupted. A frame with unfinished work (checksum, segmentation) gets its checksum before a bit
 * flips, since otherwise the damage would be summed up as if it were data.
 */
#include "link/cable.h"

#include "link/mark.h"

#define CABLE_LIMIT_PACKETS  1000
#define JITTER_SEED          UINT64_C(0x6a69747465722121)
#define BURST_SEED           UINT64_C(0x62757273746c6f73)
#define CABLE_OVERHEAD_BYTES 24 /* preamble and delimiter 8, frame check sequence 4, gap 12 */

struct cable_frame {
    struct list_node node;       /* in cable.arrivals */
    struct dobos_packet *packet; /* the frame */
    dobos_time arrival;          /* when it is there */
    uint64_t order;              /* among frames of one time */
};

struct fate {
    bool lost, duplicated, reordered, corrupted;
    uint64_t bit;     /* drawn, for the corrupted */
    dobos_time delay; /* with its jitter, never below 0 */
};

void cable_init(struct cable *cable, struct allocator *allocator,
                const struct impairments *impairments, uint64_t seed) {
    *cable = (struct cable){.impairments = *impairments,
                            .random = random_make(seed),
                            .jitter = random_make(seed ^ JITTER_SEED),
                            .burst = random_make(seed ^ BURST_SEED),
                            .allocator = allocator};
    list_init(&cable->arrivals);
}

static struct dobos_packet *cable_take(struct cable *cable, struct cable_frame *frame) {
    struct dobos_packet *packet = frame->packet;
    list_remove(&frame->node);
    cable->packets--;
    allocator_release(cable->allocator, frame, sizeof *frame);
    return packet;
}

static void cable_clear(struct cable *cable) {
    list_each(&cable->arrivals, node)
        dobos_packet_release(cable_take(cable, container_of(node, struct cable_frame, node)));
}

void cable_fini(struct cable *cable) {
    cable_clear(cable);
}

/* The delay with a drawn share of the jitter; netem's too is never less than nothing. */
static dobos_time cable_delay(const struct impairments *impairments, uint64_t drawn) {
    const uint64_t jitter = (uint64_t)impairments->jitter_ns;
    return max_i64(0, impairments->delay_ns - impairments->jitter_ns +
                          (dobos_time)(drawn % (2 * jitter + 1)));
}

/* Whether a burst takes a frame: first the state may change, then its chance decides, as in netem.
 */
static bool burst_draw(struct cable *cable) {
    const struct burst_loss *burst = &cable->impairments.burst;
    if (burst->begin == 0) {
        cable->is_burst = false;
        return false;
    }
    if (random_is_hit(&cable->burst, cable->is_burst ? burst->end : burst->begin))
        cable->is_burst = !cable->is_burst;
    return random_is_hit(&cable->burst, cable->is_burst ? burst->bad : burst->good);
}

static struct fate cable_draw(struct cable *cable) {
    const struct impairments *impairments = &cable->impairments;
    struct fate fate;
    fate.lost = random_is_hit(&cable->random, impairments->loss);
    fate.duplicated = random_is_hit(&cable->random, impairments->duplicate);
    fate.reordered =
        random_is_hit(&cable->random, impairments->reorder) && impairments->delay_ns > 0;
    fate.corrupted = random_is_hit(&cable->random, impairments->corrupt);
    fate.bit = random_next(&cable->random);
    fate.delay = cable_delay(impairments, random_next(&cable->jitter));
    fate.lost |= burst_draw(cable);
    return fate;
}

/* How long a frame's bits take to leave. */
static dobos_time cable_serialization(const struct cable *cable, size_t length) {
    uint64_t rate = cable->impairments.rate_bits_per_second;
    if (rate == 0)
        return 0;
    uint64_t bits = (uint64_t)(length + CABLE_OVERHEAD_BYTES) * 8;
    return (dobos_time)((bits * (uint64_t)DOBOS_SECOND + rate - 1) / rate);
}

/* When the frame that has just left is there. */
static dobos_time cable_arrival(struct cable *cable, const struct fate *fate) {
    const struct impairments *impairments = &cable->impairments;
    if (fate->reordered)
        return cable->busy_until;
    dobos_time arrival = cable->busy_until + fate->delay;
    if (impairments->rate_bits_per_second > 0 && impairments->jitter_ns > 0)
        arrival = max_i64(arrival, cable->last_arrival);
    cable->last_arrival = arrival;
    return arrival;
}

/* Puts a frame on the wire (take), or drops it when there is no room. */
static void cable_enter(struct cable *cable, struct dobos_packet *packet, const struct fate *fate,
                        dobos_time now) {
    struct cable_frame *frame =
        cable_is_full(cable) ? NULL
                             : allocator_allocate(cable->allocator, sizeof *frame, "cable frame");
    if (!frame) {
        cable->overflowed++;
        dobos_packet_release(packet);
        return;
    }
    cable->busy_until =
        max_i64(cable->busy_until, now) + cable_serialization(cable, packet->length);
    frame->packet = packet;
    frame->arrival = cable_arrival(cable, fate);
    frame->order = cable->order++;
    cable->reordered += fate->reordered;
    struct list_node *place =
        &cable->arrivals.head; /* the later ones are at the end, where most frames go */
    while (place->previous != &cable->arrivals.head &&
           container_of(place->previous, struct cable_frame, node)->arrival > frame->arrival)
        place = place->previous;
    list_insert_before(place, &frame->node);
    cable->packets++;
}

/* Flips one bit of a frame's own copy. */
static void cable_corrupt(struct cable *cable, struct dobos_packet *packet, uint64_t bit) {
    uint8_t byte;
    size_t at = (size_t)(bit / 8 % packet->length);
    if (packet->offload.flags & DOBOS_OFFLOAD_NEEDS_CHECKSUM)
        packet_finish_checksum(packet);
    packet->offload = (struct dobos_offload){0};
    if (dobos_packet_read(packet, at, &byte, 1) != 1)
        return;
    byte = (uint8_t)(byte ^ 1U << bit % 8);
    if (packet_write(packet, at, &byte, 1))
        cable->corrupted++;
}

void cable_send(struct cable *cable, struct dobos_packet *packet, dobos_time now) {
    cable->sent++;
    if (cable->is_cut) {
        cable->severed++;
        dobos_packet_release(packet);
        return;
    }
    struct fate fate = cable_draw(cable);
    if (fate.lost && cable->impairments.ecn && mark_congestion(packet)) {
        fate.lost = false;
        cable->marked++;
    }
    if (fate.lost && !fate.duplicated) {
        cable->lost++;
        dobos_packet_release(packet);
        return;
    }
    struct dobos_packet *twin = fate.duplicated && !fate.lost ? dobos_packet_clone(packet) : NULL;
    if (fate.corrupted)
        cable_corrupt(cable, packet, fate.bit);
    cable_enter(cable, packet, &fate, now);
    if (twin) {
        cable->duplicated++;
        cable_enter(cable, twin, &fate, now);
    }
}

void cable_cut(struct cable *cable, bool is_cut) {
    cable->is_cut = is_cut;
    if (!is_cut)
        return;
    cable->severed += cable->packets;
    cable_clear(cable);
    cable->busy_until = 0;
    cable->last_arrival = 0;
}

dobos_time cable_next(const struct cable *cable) {
    const struct list_node *first = list_first(&cable->arrivals);
    return first ? container_of(first, struct cable_frame, node)->arrival : DOBOS_NEVER;
}

struct dobos_packet *cable_receive(struct cable *cable, dobos_time now) {
    struct list_node *first = list_first(&cable->arrivals);
    if (!first)
        return NULL;
    struct cable_frame *frame = container_of(first, struct cable_frame, node);
    if (frame->arrival > now)
        return NULL;
    cable->delivered++;
    return cable_take(cable, frame);
}

bool cable_is_full(const struct cable *cable) {
    uint32_t limit =
        cable->impairments.limit_packets ? cable->impairments.limit_packets : CABLE_LIMIT_PACKETS;
    return cable->packets >= limit;
}
