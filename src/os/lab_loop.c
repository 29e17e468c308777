/*
 * lab_loop: see lab_loop.h. One turn: the network does what is due; each watch gives away what the
 * network has for it; wait; each watch takes what has come, a burst at most. So neither direction
 * can starve the other, and a signal is seen after at most one burst each way. Nothing is delayed
 * but by the network itself.
 *
 * A network may have more to do than the machine can in that time: two hosts of ours on a cable
 * without a rate, say, and a transfer without end. Then it falls behind, and its time is slower
 * than ours; but whoever asks is answered, and signals are seen.
 */
#include "os/lab_loop.h"

#include <errno.h>
#include <string.h>

#include <dobos/os.h>

#include "os/lab_clock.h"
#include "os/wait.h"

#define TURN_NS    (10 * DOBOS_MILLISECOND) /* for what is due in the network, at most */
#define TURN_STEPS 64                       /* between two looks at the clock */

void lab_loop_init(struct lab_loop *loop, struct lab *lab) {
    *loop = (struct lab_loop){.lab = lab};
    list_init(&loop->watches);
}

int lab_loop_add(struct lab_loop *loop, struct watch *watch) {
    if (loop->count == LOOP_WATCHES)
        return -1;
    loop->count++;
    list_append(&loop->watches, &watch->node);
    return 0;
}

void lab_loop_remove(struct lab_loop *loop, struct watch *watch) {
    if (!list_node_is_linked(&watch->node))
        return;
    list_remove(&watch->node);
    loop->count--;
    for (unsigned i = 0; i < loop->turn_count; i++)
        if (loop->turn[i] == watch)
            loop->turn[i] = NULL;
}

void lab_loop_end(struct lab_loop *loop) {
    loop->has_ended = true;
}

void lab_loop_advance(struct lab_loop *loop, dobos_time now) {
    const dobos_time enough = dobos_os_now() + TURN_NS;
    unsigned steps = 0;
    loop->is_behind = false;
    while (lab_step(loop->lab, now)) {
        if (++steps % TURN_STEPS != 0 || dobos_os_now() < enough)
            continue;
        loop->is_behind = true;
        return;
    }
    lab_run_until(loop->lab, now);
}

dobos_time lab_loop_time(const struct lab_loop *loop) {
    return loop->is_behind ? lab_now(loop->lab) : lab_clock_now();
}

/* Lists what to wait for. True: somebody has more to do and cannot wait. */
static bool turn_begin(struct lab_loop *loop, struct pollfd *waited) {
    bool more = false;
    loop->turn_count = 0;
    list_each(&loop->watches, item) loop->turn[loop->turn_count++] =
        container_of(item, struct watch, node);
    for (unsigned i = 0; i < loop->turn_count; i++) {
        struct watch *watch = loop->turn[i];
        if (watch && watch->before_wait && watch->before_wait(watch))
            more = true;
    }
    for (unsigned i = 0; i < loop->turn_count; i++) {
        const struct watch *watch = loop->turn[i];
        waited[i] = (struct pollfd){.fd = watch ? watch->descriptor : -1,
                                    .events = watch ? watch->events : (short)0};
    }
    return more;
}

static void turn_end(struct lab_loop *loop, const struct pollfd *waited) {
    for (unsigned i = 0; i < loop->turn_count; i++) {
        struct watch *watch = loop->turn[i];
        if (watch && waited[i].revents != 0 && watch->descriptor == waited[i].fd)
            watch->on_ready(watch, waited[i].revents);
    }
    loop->turn_count = 0;
}

int lab_loop_run(struct lab_loop *loop, dobos_time until, struct failure *failure) {
    struct pollfd waited[LOOP_WATCHES];
    while (!loop->has_ended) {
        const dobos_time now = lab_clock_now();
        lab_loop_advance(loop, now < until ? now : until);
        if (now >= until)
            return 0;
        bool more = turn_begin(loop, waited) || loop->is_behind;
        dobos_time next = lab_next(loop->lab);
        if (next > until)
            next = until;
        if (wait_until(waited, loop->turn_count, more ? 0 : lab_clock_outside(next)) < 0)
            return failure_set(failure, "cannot wait: %s", strerror(errno));
        turn_end(loop, waited);
    }
    return 0;
}
