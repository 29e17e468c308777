/*
 * weather: what befalls the two hosts of a pair beside what their cables do all the time: bursts of
 * loss, times when nothing comes through one way or both, links that go down, power cuts. Drawn
 * from a seed; the test asks when the next thing happens, and lets it.
 */
#ifndef TESTS_HOST_WEATHER_H
#define TESTS_HOST_WEATHER_H

#include "pair.h"

#define WEATHER_EVENTS 8
#define WEATHER_ALWAYS (UINT64_C(1) << 32) /* of loss */

enum weather_kind {
    WEATHER_BLACKOUT,  /* what an end sends is lost, and nobody is told */
    WEATHER_LINK_DOWN, /* an end's link is down, and its host knows */
    WEATHER_POWER_CUT, /* an end's host is made anew, and both cables are cut while it boots */
};

struct weather_event {
    enum weather_kind kind; /* what */
    bool ends[2];           /* to whom: a, b */
    dobos_time from, until; /* when; the same: only once */
    bool is_begun;          /* so far */
};

/* How it is at one end now. */
struct weather_side {
    uint64_t loss;        /* of its cable, in calm weather */
    uint64_t burst_loss;  /* and in a burst; 0: there are none */
    dobos_time turns;     /* when a burst begins or ends */
    bool is_burst;        /* there is one */
    unsigned blackouts;   /* of those that last */
    unsigned downs, cuts; /* links down, power cuts: likewise */
};

struct weather {
    struct random random;                        /* its own, so that calm seeds stay as they are */
    struct weather_event events[WEATHER_EVENTS]; /* in no order */
    unsigned count;                              /* of those that are not over */
    struct weather_side sides[2];                /* of a, b */
    dobos_time calm_ns, burst_ns;                /* how long each lasts, at most */
};

static inline struct pair_end *weather_end(struct pair *pair, unsigned end) {
    return end ? &pair->b : &pair->a;
}

/* Up to 2^(least … most) milliseconds: short ones are as likely as long ones. */
static inline dobos_time weather_draw_time(struct random *r, unsigned least, unsigned most) {
    const uint64_t bits = least + random_below(r, most - least + 1);
    return (dobos_time)random_below(r, UINT64_C(1) << bits) * DOBOS_MILLISECOND;
}

static inline void weather_draw_event(struct weather *weather, enum weather_kind kind) {
    struct random *r = &weather->random;
    struct weather_event *event = &weather->events[weather->count++];
    const uint64_t who = random_below(r, 3);
    *event = (struct weather_event){.kind = kind, .from = weather_draw_time(r, 8, 19)};
    event->until = event->from + weather_draw_time(r, 6, kind == WEATHER_BLACKOUT ? 20 : 17);
    event->ends[0] = who != 1;
    event->ends[1] = who != 0;
}

static inline void weather_init(struct weather *weather, struct pair *pair, uint64_t seed) {
    *weather = (struct weather){.random = random_make(seed ^ UINT64_C(0x7765617468657221))};
    struct random *r = &weather->random;
    weather->calm_ns = (100 + weather_draw_time(r, 0, 14) / DOBOS_MILLISECOND) * DOBOS_MILLISECOND;
    weather->burst_ns = DOBOS_MILLISECOND + weather_draw_time(r, 0, 9);
    for (unsigned i = 0; i < 2; i++) {
        struct cable *cable = &weather_end(pair, i)->cable;
        weather->sides[i] =
            (struct weather_side){.loss = cable->impairments.loss, .turns = DOBOS_NEVER};
        if (random_below(r, 2) == 0) {
            weather->sides[i].burst_loss = WEATHER_ALWAYS / 2 + random_below(r, WEATHER_ALWAYS / 2);
            weather->sides[i].turns = (dobos_time)random_below(r, (uint64_t)weather->calm_ns);
        }
        if (random_below(r, 2) == 0 && cable->impairments.delay_ns > 0)
            cable->impairments.jitter_ns =
                (dobos_time)random_below(r, (uint64_t)cable->impairments.delay_ns);
    }
    for (uint64_t n = random_below(r, 4); n > 0; n--)
        weather_draw_event(weather, WEATHER_BLACKOUT);
    for (uint64_t n = random_below(r, 3); n > 0; n--)
        weather_draw_event(weather, WEATHER_LINK_DOWN);
    for (uint64_t n = random_below(r, 3); n > 0; n--)
        weather_draw_event(weather, WEATHER_POWER_CUT);
}

static inline dobos_time weather_next(const struct weather *weather) {
    dobos_time next = min_i64(weather->sides[0].turns, weather->sides[1].turns);
    for (unsigned i = 0; i < weather->count; i++) {
        const struct weather_event *event = &weather->events[i];
        next = min_i64(next, event->is_begun ? event->until : event->from);
    }
    return next;
}

/* Makes the cables and links what the weather is. */
static inline void weather_show(const struct weather *weather, struct pair *pair) {
    const bool is_dark = weather->sides[0].cuts + weather->sides[1].cuts > 0;
    for (unsigned i = 0; i < 2; i++) {
        const struct weather_side *side = &weather->sides[i];
        struct pair_end *end = weather_end(pair, i);
        end->cable.impairments.loss = side->blackouts  ? WEATHER_ALWAYS
                                      : side->is_burst ? side->burst_loss
                                                       : side->loss;
        if (end->cable.is_cut != (is_dark || side->downs > 0))
            cable_cut(&end->cable, is_dark || side->downs > 0);
        assert_int_equal(dobos_interface_carrier_set(end->host, 2, side->downs == 0), 0);
    }
}

static inline void weather_turn(struct weather *weather, struct weather_event *event,
                                bool restart[2]) {
    for (unsigned i = 0; i < 2; i++) {
        struct weather_side *side = &weather->sides[i];
        unsigned *count = event->kind == WEATHER_BLACKOUT    ? &side->blackouts
                          : event->kind == WEATHER_LINK_DOWN ? &side->downs
                                                             : &side->cuts;
        if (!event->ends[i])
            continue;
        *count += event->is_begun ? -1U : 1U;
        restart[i] |= event->kind == WEATHER_POWER_CUT && !event->is_begun;
    }
    if (event->is_begun)
        *event = weather->events[--weather->count];
    else
        event->is_begun = true;
}

/* Lets happen what is due. True in restart[i]: that end's host has lost its power, and is to be
 * made anew before weather_show. */
static inline void weather_step(struct weather *weather, dobos_time now, bool restart[2]) {
    for (unsigned i = 0; i < 2; i++) {
        struct weather_side *side = &weather->sides[i];
        while (side->turns <= now) {
            side->is_burst = !side->is_burst;
            const dobos_time most = side->is_burst ? weather->burst_ns : weather->calm_ns;
            side->turns += 1 + (dobos_time)random_below(&weather->random, (uint64_t)most);
        }
    }
    for (unsigned i = 0; i < weather->count;) {
        struct weather_event *event = &weather->events[i];
        if ((event->is_begun ? event->until : event->from) <= now)
            weather_turn(weather, event, restart);
        else
            i++;
    }
}

/* It clears up, for good. */
static inline void weather_fini(struct weather *weather, struct pair *pair) {
    weather->count = 0;
    for (unsigned i = 0; i < 2; i++)
        weather->sides[i] =
            (struct weather_side){.loss = weather->sides[i].loss, .turns = DOBOS_NEVER};
    weather_show(weather, pair);
}

#endif
