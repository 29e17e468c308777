/*
 * run_live: `dobos run -N NAME`: a real program in the place of a node of a live network. The
 * namespace is ours, as in run.c; its TAP device goes to the network over the control socket, and
 * what a lease brings comes back by it. When either end goes, so does CMD; the node is a host of
 * the network's own again.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <dobos/os.h>

#include "cli/live_client.h"
#include "cli/run.h"
#include "os/lab_clock.h"
#include "os/outside_json.h"
#include "os/wait.h"

#define RETRY_NS (100 * DOBOS_MILLISECOND) /* the first process inside was busy */

/* Everything that must be given back. */
struct placed {
    struct live_client client;  /* to the network */
    struct lab_outside outside; /* how the interface is to be configured */
    bool has_news;              /* it is not yet */
    struct namespace namespace; /* where CMD runs */
    int signals;                /* signalfd */
    sigset_t old_signals;       /* the mask CMD gets */
};

/* Reads what has come from the network. 0, or the exit code. */
static int answers_read(struct placed *placed) {
    for (;;) {
        json_t *object;
        if (live_client_take(&placed->client, &object) == LIVE_GONE)
            return run_fail("the network %s has ended", placed->client.name);
        if (!object)
            return 0;
        const json_t *configure = json_object_get(object, "configure");
        const char *refused = json_string_value(json_object_get(object, "refused"));
        int code = 0;
        if (refused)
            code = run_fail("%s", refused);
        else if (configure && !outside_from_json(configure, lab_clock_now(), &placed->outside))
            code = run_fail("the network %s speaks another version", placed->client.name);
        placed->has_news = placed->has_news || configure;
        json_decref(object);
        if (code != 0)
            return code;
    }
}

/* ---- before CMD ---- */

/* What a terminal shows while a lease is waited for; NULL: nothing any more. */
static void progress_show(const char *text) {
    if (isatty(STDERR_FILENO))
        (void)fprintf(stderr, "\r\033[K%s", text ? text : "");
}

/* Waits for the place, and then for its lease, a bounded time. 0, or the exit code. */
static int place_wait(struct placed *placed, const struct run_arguments *arguments) {
    json_t *request = json_pack("{s:s,s:b}", "do", "take", "bare", (int)arguments->bare);
    dobos_time limit = dobos_os_now() + LEASE_WAIT;
    enum lab_lease lease = LAB_LEASE_WANTED;
    if (arguments->node)
        (void)json_object_set_new(request, "node", json_string(arguments->node));
    (void)live_client_send(&placed->client, request); /* or what it says instead is there to read */
    while (!placed->has_news || lease == LAB_LEASE_WANTED || lease == LAB_LEASE_PROBED) {
        struct pollfd waited[] = {{.fd = placed->client.socket, .events = POLLIN},
                                  {.fd = placed->signals, .events = POLLIN}};
        struct signalfd_siginfo got;
        if (wait_until(waited, 2, limit) == 0 && dobos_os_now() >= limit)
            break;
        if (read(placed->signals, &got, sizeof got) == (ssize_t)sizeof got)
            return 128 + (int)got.ssi_signo;
        int code = answers_read(placed);
        if (code != 0)
            return code;
        if (placed->has_news && placed->outside.lease == LAB_LEASE_PROBED &&
            lease == LAB_LEASE_WANTED)
            limit = dobos_os_now() + LEASE_WAIT;
        if (placed->has_news)
            lease = placed->outside.lease;
        progress_show(lease == LAB_LEASE_WANTED   ? "waiting for a DHCP server"
                      : lease == LAB_LEASE_PROBED ? "waiting until the address is probed"
                                                  : NULL);
    }
    return 0;
}

static int place_get(struct placed *placed, const struct run_arguments *arguments) {
    int code = place_wait(placed, arguments);
    progress_show(NULL);
    if (code != 0)
        return code;
    if (!placed->has_news)
        return run_fail("the network %s does not answer", placed->client.name);
    placed->has_news = false;
    run_lease_say(&placed->outside);
    return 0;
}

/* ---- while CMD runs ---- */

/* What the terminal sends goes to the whole foreground process group, so CMD has it already. */
static void signals_pass(const struct placed *placed) {
    struct signalfd_siginfo got;
    while (read(placed->signals, &got, sizeof got) == (ssize_t)sizeof got)
        if (got.ssi_code <= 0)
            namespace_signal(&placed->namespace, (int)got.ssi_signo);
}

/* Until CMD has ended, or the network. Returns 0 and *last, or the exit code. */
static int command_follow(struct placed *placed, bool bare, struct namespace_message *last) {
    for (;;) {
        struct pollfd waited[] = {{.fd = placed->client.socket, .events = POLLIN},
                                  {.fd = placed->signals, .events = POLLIN},
                                  {.fd = placed->namespace.control, .events = POLLIN}};
        if (placed->has_news && (bare || namespace_configure(&placed->namespace, &placed->outside)))
            placed->has_news = false;
        if (wait_until(waited, 3, placed->has_news ? dobos_os_now() + RETRY_NS : DOBOS_NEVER) < 0)
            return run_fail("cannot wait: %s", strerror(errno));
        signals_pass(placed);
        if (waited[2].revents != 0) {
            namespace_receive(&placed->namespace, last);
            return 0;
        }
        int code = waited[0].revents != 0 ? answers_read(placed) : 0;
        if (code != 0)
            return code;
    }
}

/* The namespace is there: its device goes to the network. Returns the exit code. */
static int command_drive(struct placed *placed, bool bare) {
    struct namespace_message message;
    namespace_receive(&placed->namespace, &message);
    if (message.event == NAMESPACE_DEVICE) {
        bool is_sent =
            live_client_hand(&placed->client, "{\"do\":\"attach\"}\n", message.descriptor);
        (void)close(message.descriptor);
        if (!is_sent)
            return run_fail("the network %s has ended", placed->client.name);
        int code = command_follow(placed, bare, &message);
        if (code != 0)
            return code;
    }
    if (message.event == NAMESPACE_LOST)
        return run_fail("the first process of the namespace was killed");
    if (message.event == NAMESPACE_FAILED)
        return (void)run_fail("%s", message.failure.text), message.value;
    return message.value;
}

static int run_at_place(struct placed *placed, const struct run_arguments *arguments) {
    struct failure failure;
    const struct namespace_config config = {.outside = &placed->outside,
                                            .command = arguments->command,
                                            .bare = arguments->bare,
                                            .root = arguments->root,
                                            .signals = &placed->old_signals,
                                            .private_folders = arguments->folders,
                                            .private_folder_count = arguments->folder_count};
    const pid_t terminal_group = tcgetpgrp(STDIN_FILENO);
    placed->signals = run_signals_take(&placed->old_signals);
    if (placed->signals < 0)
        return run_fail("no descriptor for signals");
    int code = place_get(placed, arguments);
    if (code != 0)
        return code;
    if (namespace_start(&config, &placed->namespace, &failure) != 0)
        return run_fail("%s", failure.text);
    code = command_drive(placed, arguments->bare);
    namespace_end(&placed->namespace);
    run_terminal_take_back(terminal_group);
    return code;
}

int run_live(const struct run_arguments *arguments) {
    struct placed placed = {.signals = -1};
    if (arguments->file || arguments->seed != 0 || arguments->captures.count > 0 ||
        arguments->summary)
        return run_fail("-N takes a place in a network that is live: -f, --seed, --capture and "
                        "--summary are for one of its own");
    if (live_client_open(&placed.client, "run", arguments->network) != 0)
        return EXIT_OURS;
    int code = run_at_place(&placed, arguments);
    live_client_close(&placed.client);
    if (placed.signals >= 0)
        (void)close(placed.signals);
    return code;
}
