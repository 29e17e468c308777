/*
 * run: `dobos run`: a real program as a node of a network. The exit code is the program's; 125 when
 * dobos fails, 126 when the program cannot be executed, 127 when there is none, 128 + n when signal
 * n ended it. It reads the network, finds the node that the program takes the place of, starts the
 * namespace, and drives the network until the program ends. Man page: dobos-run(1). Everything that
 * is the operating system's business is in os/.
 */
#include <argp.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/network_options.h"
#include "cli/real_network.h"
#include "cli/run.h"
#include "cli/run_summary.h"
#include "lab/lab.h"
#include "os/lab_clock.h"
#include "os/lease_wait.h"
#include "os/run_loop.h"

enum key {
    KEY_SEED = 256,
    KEY_ROOT,
    KEY_NO_CONFIG,
    KEY_PRIVATE,
    KEY_CAPTURE,
    KEY_SUMMARY
};

/* What programs that configure a network write to, as far as it is there. */
static const char *const configuration_folders[] = {"/etc", "/run", "/var/lib/dhcp",
                                                    "/var/lib/dhcpcd"};

/* Everything that must be given back. */
struct run {
    struct lab *lab;            /* the network */
    struct lab_port *port;      /* where CMD's frames come in */
    struct lab_outside outside; /* the node's interface, as CMD is started with it */
    uint64_t generation;        /* of that */
    struct namespace namespace; /* where CMD runs */
    struct dobos_tap *tap;      /* its device */
    struct joins joins;         /* the devices of segments */
    int signals;                /* signalfd */
    sigset_t old_signals;       /* the mask CMD gets */
    pid_t terminal_group;       /* the terminal's foreground group at the start, or −1 */
};

static int fail(const char *text) {
    return run_fail("%s", text);
}

static void folder_option(struct run_arguments *arguments, const char *folder,
                          struct argp_state *state) {
    if (folder[0] != '/' || folder[strspn(folder, "/.")] == '\0')
        argp_error(state, "--private %s: expected the path of a folder from /", folder);
    else if (arguments->folder_count == PRIVATE_FOLDERS)
        argp_error(state, "--private %s: expected at most %d folders", folder, PRIVATE_FOLDERS);
    else
        arguments->folders[arguments->folder_count++] = folder;
}

/* A bare interface is for CMD to configure, which takes files beside. */
static void configuration_folders_add(struct run_arguments *arguments) {
    for (size_t i = 0; i < sizeof configuration_folders / sizeof configuration_folders[0]; i++) {
        const char *folder = configuration_folders[i];
        bool is_there = access(folder, F_OK) == 0;
        for (unsigned j = 0; j < arguments->folder_count; j++)
            is_there = is_there && strcmp(arguments->folders[j], folder) != 0;
        if (is_there)
            arguments->folders[arguments->folder_count++] = folder;
    }
}

static error_t parse_option(int key, char *value, struct argp_state *state) {
    struct run_arguments *arguments = state->input;
    switch (key) {
    case 'f':
        arguments->file = value;
        return 0;
    case 'n':
        arguments->node = value;
        return 0;
    case 'N':
        arguments->network = value;
        return 0;
    case KEY_SEED:
        seed_option(&arguments->seed, value, state);
        return 0;
    case KEY_ROOT:
        arguments->root = true;
        return 0;
    case KEY_NO_CONFIG:
        arguments->bare = true;
        return 0;
    case KEY_PRIVATE:
        folder_option(arguments, value, state);
        return 0;
    case KEY_SUMMARY:
        arguments->summary = true;
        return 0;
    case KEY_CAPTURE:
        capture_option(&arguments->captures, value, state);
        return 0;
    case ARGP_KEY_ARGS:
        arguments->command = state->argv + state->next;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "expected a command: dobos run -- CMD…");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void arguments_parse(int argc, char **argv, struct run_arguments *arguments) {
    static const struct argp_option options[] = {
        {"file", 'f', "NET.yaml", 0, "the network (default: the built-in one)", 0},
        {"node", 'n', "NODE", 0, "the node CMD takes the place of (default: the first it can)", 0},
        {"network", 'N', "NAME", 0, "the live network of that name, instead of a file", 0},
        {"seed", KEY_SEED, "N", 0, "what losses and MACs are drawn from (default: 0)", 0},
        {"root", KEY_ROOT, NULL, 0, "be uid 0 inside", 0},
        {"no-config", KEY_NO_CONFIG, NULL, 0, "leave the interface down, without addresses", 0},
        {"private", KEY_PRIVATE, "FOLDER", 0, "give CMD a copy of FOLDER, which it may write to",
         0},
        {"capture", KEY_CAPTURE, "SEGMENT=FILE", 0, "write a segment's frames to a pcapng file", 0},
        {"summary", KEY_SUMMARY, NULL, 0, "at the end, say what each layer did", 0},
        {0}};
    static const struct argp argp = {
        .options = options,
        .parser = parse_option,
        .args_doc = "-- CMD [ARGUMENT…]",
        .doc = "Runs a real program as a node of a network, without root."
               "\vThe exit status is CMD's; 125 when dobos fails, 126 when CMD cannot be executed, "
               "127 when it is not found, 128+n when signal n ended it."};
    static char name[] = "dobos run";
    argv[0] = name;
    argp_err_exit_status = EXIT_OURS;
    (void)argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, arguments);
}

/* Takes the place of the node that was asked for, or of the first that a program can be. */
static int node_take(const struct run_arguments *arguments, struct run *run,
                     struct lab_error *error) {
    struct lab_error reason;
    if (arguments->node != NULL)
        return lab_outside_take(run->lab, arguments->node, arguments->bare, &run->port, error);
    const char *node;
    for (unsigned nth = 0; (node = lab_node_nth(run->lab, nth)) != NULL; nth++)
        if (lab_outside_take(run->lab, node, arguments->bare, &run->port, &reason) == 0)
            return 0;
    (void)snprintf(error->text, sizeof error->text,
                   "network %s has no node that a program can take the place of: one with one "
                   "interface, without services and forwarding",
                   lab_name(run->lab));
    return -1;
}

static int network_begin(const struct run_arguments *arguments, enum real_network_minute minute,
                         struct run *run, struct lab_error *error) {
    if (real_network_make(arguments->file, arguments->seed, minute, &run->lab, error) != 0)
        return -1;
    if (node_take(arguments, run, error) == 0 &&
        captures_begin(&arguments->captures, run->lab, error) == 0)
        return 0;
    lab_destroy(run->lab);
    return -1;
}

/*
 * The network with its node taken. Where a segment is joined to the outside it has a minute of
 * virtual time too, if nothing in it waits for the outside: else it begins anew, now.
 */
static int network_make(const struct run_arguments *arguments, struct run *run,
                        struct lab_error *error) {
    char missing[512];
    if (network_begin(arguments, MINUTE_ALWAYS, run, error) != 0)
        return -1;
    if (lab_joined_segment(run->lab) == NULL ||
        (lab_settle(run->lab, missing, sizeof missing) && missing[0] == '\0'))
        return 0;
    lab_destroy(run->lab);
    return network_begin(arguments, MINUTE_INSIDE, run, error);
}

/* What the network has sent to the outside before that was there. */
static void joins_empty(struct lab *lab) {
    struct lab_port *port;
    for (unsigned nth = 0; (port = lab_port_nth(lab, nth)) != NULL; nth++)
        for (struct dobos_packet *packet; (packet = lab_port_output(port)) != NULL;)
            dobos_packet_release(packet);
}

/* The namespace is there: waits for its device, and drives the network until CMD has ended. Returns
 * the exit code. */
static int command_drive(struct run *run, bool bare) {
    struct namespace_message message;
    struct failure failure;
    namespace_receive(&run->namespace, &message);
    if (message.event == NAMESPACE_DEVICE) {
        /* CMD runs already, and may have deleted its interface: a cable pulled. */
        if (dobos_tap_adopt(message.descriptor, lab_pool(run->lab), &run->tap) != 0)
            (void)close(message.descriptor);
        const struct run_loop loop = {.lab = run->lab,
                                      .port = run->port,
                                      .tap = run->tap,
                                      .joins = &run->joins,
                                      .namespace = &run->namespace,
                                      .signals = run->signals,
                                      .generation = run->generation,
                                      .bare = bare};
        (void)prctl(PR_SET_TIMERSLACK, 1000); /* a network's delays are microseconds */
        if (run_loop_run(&loop, &message, &failure) != 0)
            return fail(failure.text);
    }
    if (message.event == NAMESPACE_LOST)
        return fail("the first process of the namespace was killed");
    if (message.event == NAMESPACE_FAILED)
        (void)fail(message.failure.text);
    return message.value;
}

/* The network's first minute, in which CMD's interface gets its lease; in a network that is joined
 * to the outside, its first seconds. 0, or the exit code. */
static int lease_get(struct run *run) {
    struct failure failure;
    struct signalfd_siginfo got;
    /* By the second: a large network has much to do in its first minute. */
    const dobos_time begin = lab_clock_now();
    while (lab_now(run->lab) < begin) {
        const dobos_time second = lab_now(run->lab) + DOBOS_SECOND;
        lab_run_until(run->lab, second < begin ? second : begin);
        if (read(run->signals, &got, sizeof got) == (ssize_t)sizeof got)
            return 128 + (int)got.ssi_signo;
    }
    joins_empty(run->lab);
    if (run->joins.count > 0) {
        const struct lease_wait wait = {.lab = run->lab,
                                        .port = run->port,
                                        .joins = &run->joins,
                                        .signals = run->signals,
                                        .limit = LEASE_WAIT};
        int signal = lease_wait(&wait, &failure);
        if (signal != 0)
            return signal < 0 ? fail(failure.text) : 128 + signal;
    }
    run->generation = lab_outside_generation(run->port);
    lab_outside_read(run->port, &run->outside);
    run_lease_say(&run->outside);
    return 0;
}

/* Between the network's making and its end. Returns the exit code. */
static int run_in_network(const struct run_arguments *arguments, struct run *run) {
    struct lab_error error;
    struct failure failure;
    const struct namespace_config config = {.outside = &run->outside,
                                            .command = arguments->command,
                                            .bare = arguments->bare,
                                            .root = arguments->root,
                                            .signals = &run->old_signals,
                                            .private_folders = arguments->folders,
                                            .private_folder_count = arguments->folder_count};
    if (joins_open(&run->joins, run->lab, &failure) != 0)
        return fail(failure.text);
    run->terminal_group = tcgetpgrp(STDIN_FILENO);
    run->signals = run_signals_take(&run->old_signals);
    if (run->signals < 0)
        return fail("no descriptor for signals");
    int exit_code = lease_get(run);
    if (exit_code != 0)
        return exit_code;
    if (namespace_start(&config, &run->namespace, &failure) != 0)
        return fail(failure.text);
    exit_code = command_drive(run, arguments->bare);
    namespace_end(&run->namespace);
    run_terminal_take_back(run->terminal_group);
    if (lab_captures_finish(run->lab, &error) != 0)
        return fail(error.text);
    if (arguments->summary)
        run_summary_print(run->lab, run->tap, stderr);
    return exit_code;
}

/* Where the caller has closed 0, 1 or 2, none of our own descriptors may stand; CMD finds them
 * closed. */
static void descriptors_reserve(void) {
    int descriptor;
    do
        descriptor = open("/dev/null", O_RDWR | O_CLOEXEC);
    while (descriptor >= 0 && descriptor <= STDERR_FILENO);
    (void)close(descriptor);
}

int command_run(const struct node_options *options, int argc, char **argv) {
    struct run_arguments arguments = {.file = options->file,
                                      .node = options->node,
                                      .network = options->network,
                                      .seed = options->seed};
    struct run run = {.signals = -1};
    struct lab_error error;
    descriptors_reserve();
    if (options->json)
        return fail("--json: what comes is the program's own output");
    arguments_parse(argc, argv, &arguments);
    if (arguments.bare)
        configuration_folders_add(&arguments);
    if (arguments.network != NULL)
        return run_live(&arguments);
    if (network_make(&arguments, &run, &error) != 0)
        return fail(error.text);
    int exit_code = run_in_network(&arguments, &run);
    (void)close(run.signals);
    dobos_tap_close(run.tap);
    joins_close(&run.joins);
    lab_destroy(run.lab);
    return exit_code;
}
