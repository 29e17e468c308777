/*
 * live_network: `dobos lab --live`: brings a network up in real time and keeps it up until SIGINT,
 * SIGTERM or its time is over. Its first minute is run in virtual time, but where a segment is
 * joined to the outside, which has no such time.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cli/live.h"
#include "cli/progress.h"
#include "cli/real_network.h"
#include "os/control.h"
#include "os/joins.h"
#include "os/lab_clock.h"
#include "os/lab_loop.h"

/* Everything that must be given back. */
struct live {
    struct lab *lab;        /* the network */
    struct lab_loop loop;   /* its */
    struct watch signals;   /* a signalfd */
    struct control control; /* who may ask it */
    struct joins joins;     /* its devices */
    struct watch captures;  /* no descriptor: what is captured goes to the files each turn */
};

/* ^C and kill mean: enough. */
static void on_signals(struct watch *watch, short ready) {
    struct live *live = container_of(watch, struct live, signals);
    struct signalfd_siginfo got;
    (void)ready;
    if (read(watch->descriptor, &got, sizeof got) == (ssize_t)sizeof got)
        lab_loop_end(&live->loop);
}

static bool captures_flush(struct watch *watch) {
    lab_captures_flush(container_of(watch, struct live, captures)->lab);
    return false;
}

static int signals_take(struct live *live) {
    sigset_t taken;
    (void)sigemptyset(&taken);
    (void)sigaddset(&taken, SIGINT);
    (void)sigaddset(&taken, SIGTERM);
    (void)sigaddset(&taken, SIGHUP);
    (void)sigprocmask(SIG_BLOCK, &taken, NULL);
    live->signals = (struct watch){.descriptor = signalfd(-1, &taken, SFD_NONBLOCK | SFD_CLOEXEC),
                                   .events = POLLIN,
                                   .on_ready = on_signals};
    return live->signals.descriptor < 0 ? -1 : lab_loop_add(&live->loop, &live->signals);
}

static void up_say(const struct live *live, const char *name) {
    unsigned nodes = 0;
    while (lab_node_nth(live->lab, nodes))
        nodes++;
    (void)fprintf(stderr,
                  "dobos lab: the network %s is live: %u node%s, control socket %s/%s.sock\n", name,
                  nodes, nodes == 1 ? "" : "s", live->control.folder.path, name);
}

/* Before anything is opened that a network of that name may be using. 0, or −1 with *failure. */
static int name_check(const char *name, struct failure *failure) {
    struct control_folder folder;
    if (control_folder_open(&folder, false, failure) != 0)
        return -1;
    int result = folder.descriptor < 0 ? 0 : control_name_check(&folder, name, failure);
    control_folder_close(&folder);
    return result;
}

/* From its first minute to its end. Returns the exit code. */
static int network_live(struct live *live, const struct live_arguments *arguments) {
    const char *name = arguments->name ? arguments->name : lab_name(live->lab);
    struct lab_error error;
    struct failure failure;
    if (name_check(name, &failure) != 0)
        return complain("lab", "%s", failure.text);
    if (captures_begin(arguments->captures, live->lab, &error) != 0)
        return complain("lab", "%s", error.text);
    if (joins_open(&live->joins, live->lab, &failure) != 0)
        return complain("lab", "%s", failure.text);
    progress_begin(live->lab);
    lab_run_until(live->lab, lab_clock_now());
    progress_end();
    lab_loop_init(&live->loop, live->lab);
    if (signals_take(live) != 0) {
        (void)complain("lab", "no descriptor for signals");
        return EXIT_INTERNAL;
    }
    live->captures = (struct watch){.descriptor = -1, .before_wait = captures_flush};
    if (arguments->captures->count > 0)
        (void)lab_loop_add(&live->loop, &live->captures);
    (void)signal(SIGPIPE, SIG_IGN); /* of a capture into a pipe */
    if (joins_add(&live->joins, &live->loop, &failure) != 0)
        return complain("lab", "%s", failure.text);
    if (control_begin(&live->control, &live->loop, name, &failure) != 0)
        return complain("lab", "%s", failure.text);
    up_say(live, name);
    (void)prctl(PR_SET_TIMERSLACK, 1000); /* a network's delays are microseconds */
    int code = 0;
    const dobos_time now = lab_clock_now();
    const dobos_time until =
        arguments->until < DOBOS_NEVER - now ? now + arguments->until : DOBOS_NEVER;
    if (lab_loop_run(&live->loop, until, &failure) != 0) {
        (void)complain("lab", "%s", failure.text);
        code = EXIT_INTERNAL;
    }
    control_end(&live->control);
    if (lab_captures_finish(live->lab, &error) != 0)
        code = complain("lab", "%s", error.text);
    return code;
}

int live_run(const struct live_arguments *arguments) {
    struct live live = {.signals = {.descriptor = -1}};
    struct lab_error error;
    if (arguments->name && !control_name_is_good(arguments->name))
        return complain("lab",
                        "-N: '%s': expected a name of 1 to %d letters, digits, and . _ - "
                        "within",
                        arguments->name, CONTROL_NAME_BYTES);
    if (real_network_make(arguments->file, arguments->seed, MINUTE_INSIDE, &live.lab, &error) != 0)
        return complain("lab", "%s", error.text);
    int code = network_live(&live, arguments);
    if (live.signals.descriptor >= 0)
        (void)close(live.signals.descriptor);
    joins_close(&live.joins);
    lab_destroy(live.lab);
    return code;
}
