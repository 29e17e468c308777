/* lease_wait: see lease_wait.h. */
#include "os/lease_wait.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include "os/lab_clock.h"

struct waiting {
    const struct lease_wait *wait; /* what was asked for */
    struct lab_loop loop;          /* the network's */
    struct watch lease;            /* without a descriptor */
    struct watch signals;          /* what somebody sent to this process */
    int signal;                    /* which; 0: nothing yet */
    bool is_answered;              /* a server has offered an address */
};

static bool is_over(struct watch *watch) {
    struct waiting *waiting = container_of(watch, struct waiting, lease);
    struct lab_outside outside;
    lab_outside_read(waiting->wait->port, &outside);
    if (outside.lease == LAB_LEASE_PROBED)
        waiting->is_answered = true;
    else if (outside.lease != LAB_LEASE_WANTED)
        lab_loop_end(&waiting->loop);
    return waiting->loop.has_ended;
}

static void on_signals(struct watch *watch, short ready) {
    struct waiting *waiting = container_of(watch, struct waiting, signals);
    struct signalfd_siginfo got;
    (void)ready;
    if (read(watch->descriptor, &got, sizeof got) != (ssize_t)sizeof got)
        return;
    waiting->signal = (int)got.ssi_signo;
    lab_loop_end(&waiting->loop);
}

int lease_wait(const struct lease_wait *wait, struct failure *failure) {
    struct waiting waiting = {
        .wait = wait,
        .lease = {.descriptor = -1, .before_wait = is_over},
        .signals = {.descriptor = wait->signals, .events = POLLIN, .on_ready = on_signals},
    };
    lab_loop_init(&waiting.loop, wait->lab);
    (void)lab_loop_add(&waiting.loop, &waiting.lease);
    (void)lab_loop_add(&waiting.loop, &waiting.signals);
    int result = joins_add(wait->joins, &waiting.loop, failure);
    if (result == 0)
        result = lab_loop_run(&waiting.loop, lab_clock_now() + wait->limit, failure);
    if (result == 0 && waiting.is_answered)
        result = lab_loop_run(&waiting.loop, lab_clock_now() + wait->limit, failure);
    joins_remove(wait->joins);
    return result == 0 ? waiting.signal : result;
}
