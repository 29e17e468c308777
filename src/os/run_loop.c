/*
 * run_loop: see run_loop.h. Three watches: CMD's device, what the first process inside tells, and
 * signals.
 */
#include "os/run_loop.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include "os/port_device.h"

/* A loop while it runs. */
struct running {
    const struct run_loop *run;     /* what was asked for */
    struct lab_loop loop;           /* the network's */
    struct port_device device;      /* CMD's */
    struct watch control;           /* the first process inside */
    struct watch signals;           /* what somebody sent to this process */
    struct namespace_message *last; /* what CMD's end was */
    uint64_t generation;            /* that the namespace was configured with last */
};

/* What the terminal sends goes to the whole foreground process group, so CMD has it already. */
static void on_signals(struct watch *watch, short ready) {
    const struct running *running = container_of(watch, struct running, signals);
    struct signalfd_siginfo got;
    (void)ready;
    while (read(watch->descriptor, &got, sizeof got) == (ssize_t)sizeof got)
        if (got.ssi_code <= 0)
            namespace_signal(running->run->namespace, (int)got.ssi_signo);
}

static void on_control(struct watch *watch, short ready) {
    struct running *running = container_of(watch, struct running, control);
    (void)ready;
    namespace_receive(running->run->namespace, running->last);
    port_device_drain(&running->device);
    lab_loop_end(&running->loop);
}

/* What a lease has brought, or has taken away, goes to the namespace. */
static bool configure(struct watch *watch) {
    struct running *running = container_of(watch, struct running, control);
    const struct run_loop *run = running->run;
    const uint64_t generation = lab_outside_generation(run->port);
    struct lab_outside outside;
    if (run->bare || generation == running->generation)
        return false;
    lab_outside_read(run->port, &outside);
    if (namespace_configure(run->namespace, &outside))
        running->generation = generation;
    return false;
}

int run_loop_run(const struct run_loop *run, struct namespace_message *last,
                 struct failure *failure) {
    struct running running = {
        .run = run,
        .control = {.descriptor = run->namespace->control,
                    .events = POLLIN,
                    .before_wait = configure,
                    .on_ready = on_control},
        .signals = {.descriptor = run->signals, .events = POLLIN, .on_ready = on_signals},
        .last = last,
        .generation = run->generation,
    };
    lab_loop_init(&running.loop, run->lab);
    (void)lab_loop_add(&running.loop, &running.signals);
    if (run->tap)
        (void)port_device_add(&running.device, &running.loop, run->port, run->tap);
    (void)lab_loop_add(&running.loop, &running.control);
    int result = joins_add(run->joins, &running.loop, failure);
    if (result == 0)
        result = lab_loop_run(&running.loop, DOBOS_NEVER, failure);
    joins_remove(run->joins);
    return result;
}
