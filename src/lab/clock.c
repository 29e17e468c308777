/* clock: see clock.h. */
#include "lab/clock.h"

#include <stdlib.h>

bool clock_init(struct clock *clock, size_t room, dobos_time now) {
    *clock = (struct clock){.room = room, .now = now};
    clock->heap = calloc(room + 1, sizeof *clock->heap);
    return clock->heap != NULL;
}

void clock_fini(struct clock *clock) {
    free(clock->heap);
    *clock = (struct clock){0};
}

void clock_event_init(struct clock_event *event, enum clock_kind kind) {
    *event = (struct clock_event){.at = DOBOS_NEVER, .kind = kind};
}

static bool is_before(const struct clock_event *a, const struct clock_event *b) {
    return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static void put(struct clock *clock, size_t place, struct clock_event *event) {
    clock->heap[place] = event;
    event->place = place;
}

static void rise(struct clock *clock, struct clock_event *event, size_t place) {
    for (; place > 1 && is_before(event, clock->heap[place / 2]); place /= 2)
        put(clock, place, clock->heap[place / 2]);
    put(clock, place, event);
}

static void sink_down(struct clock *clock, struct clock_event *event, size_t place) {
    for (size_t child; (child = 2 * place) <= clock->count; place = child) {
        if (child < clock->count && is_before(clock->heap[child + 1], clock->heap[child]))
            child++;
        if (!is_before(clock->heap[child], event))
            break;
        put(clock, place, clock->heap[child]);
    }
    put(clock, place, event);
}

static void cancel(struct clock *clock, struct clock_event *event) {
    const size_t place = event->place;
    struct clock_event *last = clock->heap[clock->count--];
    event->place = 0;
    if (last == event)
        return;
    if (place > 1 && is_before(last, clock->heap[place / 2]))
        rise(clock, last, place);
    else
        sink_down(clock, last, place);
}

void clock_arm(struct clock *clock, struct clock_event *event, dobos_time at) {
    if (at < clock->now)
        at = clock->now;
    if (event->place && event->at == at)
        return;
    if (event->place)
        cancel(clock, event);
    event->at = at;
    if (at == DOBOS_NEVER || clock->count == clock->room)
        return;
    event->order = clock->order++;
    rise(clock, event, ++clock->count);
}

struct clock_event *clock_first(const struct clock *clock) {
    return clock->count ? clock->heap[1] : NULL;
}
