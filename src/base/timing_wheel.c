/*
 * timing_wheel: a hierarchical wheel (Varghese and Lauck, 1987) over ticks of 2^18 ns, exact to the
 * nanosecond.
 *
 * A timer stands at the level of the highest digit (of five bits) in which its tick differs from
 * the wheel's, in the slot that this digit names. So within a level later slots hold later timers,
 * every timer of a level is earlier than any of the levels above, and a level's slots at or below
 * the wheel's own digit are empty: no slot wraps round. The earliest timer is therefore in the
 * first occupied slot of the lowest occupied level. The wheel turns only by going to the beginning
 * of that slot, whose timers then fall to lower levels, or, in the wheel's own tick, to `due`,
 * which is kept sorted.
 *
 * Timers of one duration are armed in order of their deadlines, so most slots are in order, and a
 * slot knows whether it is. Where it is not, its level remembers the earliest timer until that one
 * is taken away; only then timing_wheel_next looks through that one slot.
 */
#include "base/timing_wheel.h"

#include "base/allocator.h"

#define SORT_BINS 40 /* lists of 2^i timers: more than there can be */

static uint64_t tick_of(dobos_time time) {
    return time < 0 ? 0 : (uint64_t)time >> WHEEL_TICK_BITS;
}

static struct timer *timer_of(struct list_node *node) {
    return container_of(node, struct timer, node);
}

static bool is_before(const struct timer *a, const struct timer *b) {
    return a->deadline != b->deadline ? a->deadline < b->deadline : a->order < b->order;
}

bool timing_wheel_init(struct timing_wheel *wheel, struct allocator *allocator, dobos_time now) {
    *wheel = (struct timing_wheel){.tick = tick_of(now)};
    wheel->slots = allocator_allocate(allocator, sizeof *wheel->slots, "timing_wheel");
    return wheel->slots != NULL;
}

void timing_wheel_fini(struct timing_wheel *wheel, struct allocator *allocator) {
    allocator_release(allocator, wheel->slots, sizeof *wheel->slots);
    *wheel = (struct timing_wheel){0};
}

void timer_init(struct timer *timer, enum timer_kind kind) {
    *timer = (struct timer){.deadline = DOBOS_NEVER, .kind = (uint8_t)kind};
    list_node_init(&timer->node);
}

/* Rings: lists without a head, reached by their first node. */

static void ring_append(struct timer **first, struct timer *timer) {
    if (*first)
        list_insert_before(&(*first)->node, &timer->node);
    else
        *first = timer;
}

static void ring_remove(struct timer **first, struct timer *timer) {
    if (*first == timer)
        *first = list_node_is_linked(&timer->node) ? timer_of(timer->node.next) : NULL;
    list_remove(&timer->node);
}

/* Puts a timer into the sorted `due`, looked for from both ends at once: the usual places are near
 * one of them. */
static void due_insert(struct timing_wheel *wheel, struct timer *timer) {
    timer->level = WHEEL_LEVELS;
    if (!wheel->due || is_before(timer, wheel->due)) {
        ring_append(&wheel->due, timer);
        wheel->due = timer;
        return;
    }
    struct timer *early = wheel->due;
    struct timer *late = timer_of(wheel->due->node.previous);
    while (!is_before(late, timer) && !is_before(timer, early)) {
        late = timer_of(late->node.previous);
        early = timer_of(early->node.next);
    }
    list_insert_before(is_before(late, timer) ? late->node.next : &early->node, &timer->node);
}

/* Two sorted chains, linked by next and ended by NULL, made one. */
static struct list_node *chain_merge(struct list_node *a, struct list_node *b) {
    struct list_node *merged = NULL;
    struct list_node **end = &merged;
    while (a && b) {
        struct list_node **smaller = is_before(timer_of(b), timer_of(a)) ? &b : &a;
        *end = *smaller;
        end = &(*smaller)->next;
        *smaller = *end;
    }
    *end = a ? a : b;
    return merged;
}

/* Sorts a chain by merging lists of 1, 2, 4… timers. */
static struct list_node *chain_sort(struct list_node *chain) {
    struct list_node *bins[SORT_BINS] = {NULL};
    while (chain) {
        struct list_node *one = chain;
        chain = chain->next;
        one->next = NULL;
        int i = 0;
        for (; bins[i]; i++) {
            one = chain_merge(bins[i], one);
            bins[i] = NULL;
        }
        bins[i] = one;
    }
    struct list_node *sorted = NULL;
    for (int i = 0; i < SORT_BINS; i++)
        sorted = bins[i] ? chain_merge(bins[i], sorted) : sorted;
    return sorted;
}

/* Puts a timer where its deadline belongs; one that is due already goes onto `chain`, or, without
 * one, into `due`. */
static void place(struct timing_wheel *wheel, struct timer *timer, struct list_node **chain) {
    uint64_t tick = tick_of(timer->deadline);
    if (tick <= wheel->tick && chain) {
        timer->node.next = *chain;
        *chain = &timer->node;
        return;
    }
    if (tick <= wheel->tick) {
        due_insert(wheel, timer);
        return;
    }
    unsigned highest = 63 - (unsigned)__builtin_clzll(tick ^ wheel->tick);
    unsigned level = highest / WHEEL_SLOT_BITS;
    unsigned slot = (unsigned)(tick >> level * WHEEL_SLOT_BITS) & (WHEEL_SLOTS - 1);
    timer->level = (uint8_t)level;
    timer->slot = (uint8_t)slot;
    struct wheel_slots *slots = wheel->slots;
    uint32_t bit = UINT32_C(1) << slot;
    uint32_t others = wheel->occupied[level] & (bit | (bit - 1)); /* in this slot and before it */
    struct timer *earliest = slots->earliest[level];
    if (others == 0 || (others == bit && earliest && is_before(timer, earliest)))
        slots->earliest[level] = timer;
    struct timer **first = &slots->first[level][slot];
    if (!*first)
        slots->unsorted[level] &= ~bit;
    else if (is_before(timer, timer_of((*first)->node.previous)))
        slots->unsorted[level] |= bit;
    ring_append(first, timer);
    wheel->occupied[level] |= bit;
}

void timer_cancel(struct timing_wheel *wheel, struct timer *timer) {
    if (!timer_is_armed(timer))
        return;
    timer->deadline = DOBOS_NEVER;
    if (timer->level == WHEEL_LEVELS) {
        ring_remove(&wheel->due, timer);
        return;
    }
    struct timer **first = &wheel->slots->first[timer->level][timer->slot];
    ring_remove(first, timer);
    if (!*first)
        wheel->occupied[timer->level] &= ~(UINT32_C(1) << timer->slot);
    if (wheel->slots->earliest[timer->level] == timer)
        wheel->slots->earliest[timer->level] = NULL;
}

void timer_arm(struct timing_wheel *wheel, struct timer *timer, dobos_time deadline) {
    timer_cancel(wheel, timer);
    if (deadline == DOBOS_NEVER)
        return;
    timer->deadline = deadline;
    timer->order = wheel->armed++;
    place(wheel, timer, NULL);
}

/* The lowest occupied level; WHEEL_LEVELS when there is none. */
static unsigned lowest_level(const struct timing_wheel *wheel) {
    unsigned level = 0;
    while (level < WHEEL_LEVELS && wheel->occupied[level] == 0)
        level++;
    return level;
}

/* Turns the wheel to the first occupied slot, if that begins at `target` or before. False: it does
 * not, and the wheel stands at the target. */
static bool turn(struct timing_wheel *wheel, uint64_t target) {
    unsigned level = lowest_level(wheel);
    uint64_t begin = UINT64_MAX;
    unsigned slot = 0;
    if (level < WHEEL_LEVELS) {
        slot = (unsigned)__builtin_ctz(wheel->occupied[level]);
        unsigned shift = level * WHEEL_SLOT_BITS;
        begin = (wheel->tick >> shift >> WHEEL_SLOT_BITS << WHEEL_SLOT_BITS | slot) << shift;
    }
    if (begin > target) {
        wheel->tick = target > wheel->tick ? target : wheel->tick;
        return false;
    }
    wheel->tick = begin;
    struct list_node *rest = &wheel->slots->first[level][slot]->node;
    rest->previous->next = NULL; /* the ring becomes a chain */
    wheel->slots->first[level][slot] = NULL;
    wheel->slots->earliest[level] = NULL;
    wheel->occupied[level] &= ~(UINT32_C(1) << slot);
    struct list_node *due = NULL;
    while (rest) {
        struct timer *timer = timer_of(rest);
        rest = rest->next;
        list_node_init(&timer->node);
        place(wheel, timer, &due);
    }
    for (struct list_node *node = chain_sort(due), *next; node; node = next) {
        next = node->next;
        list_node_init(node);
        timer_of(node)->level = WHEEL_LEVELS;
        ring_append(&wheel->due, timer_of(node));
    }
    return true;
}

struct timer *timing_wheel_take(struct timing_wheel *wheel, dobos_time now) {
    while (!wheel->due)
        if (!turn(wheel, tick_of(now)))
            return NULL;
    struct timer *timer = wheel->due;
    if (timer->deadline > now)
        return NULL;
    timer_cancel(wheel, timer);
    return timer;
}

/* The earliest timer of one slot: the first when they stand in order, as timers of one duration do.
 */
static struct timer *slot_earliest(const struct wheel_slots *slots, unsigned level, unsigned slot) {
    struct timer *earliest = slots->first[level][slot];
    if ((slots->unsorted[level] >> slot & 1) == 0)
        return earliest;
    for (struct list_node *node = earliest->node.next; node != &slots->first[level][slot]->node;
         node = node->next)
        if (is_before(timer_of(node), earliest))
            earliest = timer_of(node);
    return earliest;
}

dobos_time timing_wheel_next(const struct timing_wheel *wheel) {
    if (wheel->due)
        return wheel->due->deadline;
    unsigned level = lowest_level(wheel);
    if (level == WHEEL_LEVELS)
        return DOBOS_NEVER;
    struct timer **earliest = &wheel->slots->earliest[level];
    if (!*earliest)
        *earliest =
            slot_earliest(wheel->slots, level, (unsigned)__builtin_ctz(wheel->occupied[level]));
    return (*earliest)->deadline;
}
