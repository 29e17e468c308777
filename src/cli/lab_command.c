/*
 * lab_command: `dobos lab NET.yaml`: runs a network in virtual time to the end of its script and
 * exits with its verdict: 0 all held, 1 an expectation failed, 2 a wrong file or wrong usage.
 */
#include <argp.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/network_options.h"
#include "cli/progress.h"
#include "lab/lab.h"
#include "lab/quantity.h"

enum key {
    KEY_SEED = 256,
    KEY_UNTIL,
    KEY_CAPTURE,
    KEY_LIVE
};

struct lab_arguments {
    const char *file;                /* the network */
    uint64_t seed;                   /* same seed: same packets */
    dobos_time until;                /* DOBOS_NEVER: to the end of the script */
    struct capture_options captures; /* files */
};

static error_t parse_option(int key, char *value, struct argp_state *state) {
    struct lab_arguments *arguments = state->input;
    switch (key) {
    case 'f':
        arguments->file = value;
        return 0;
    case KEY_SEED:
        seed_option(&arguments->seed, value, state);
        return 0;
    case KEY_UNTIL:
        if (!quantity_duration(value, &arguments->until))
            argp_error(state, "--until: '%s': expected a time, such as 60s, 500ms or 2min", value);
        return 0;
    case KEY_CAPTURE:
        capture_option(&arguments->captures, value, state);
        return 0;
    case KEY_LIVE:
        argp_error(state, "--live: not supported yet");
        return 0;
    case ARGP_KEY_ARG:
        if (arguments->file)
            argp_error(state, "'%s': expected one network only", value);
        arguments->file = value;
        return 0;
    case ARGP_KEY_END:
        if (!arguments->file)
            argp_error(state, "expected a network: dobos lab NET.yaml");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* Runs it; returns the exit code. */
static int network_run(struct lab *lab, const struct lab_arguments *arguments) {
    struct sink out = {0};
    struct lab_error error;
    struct lab_verdict verdict = {0};
    if (captures_begin(&arguments->captures, lab, &error) != 0)
        return complain("lab", "%s", error.text);
    progress_begin(lab);
    if (lab_has_script(lab))
        verdict = lab_script_run(lab, arguments->until, &out);
    else
        lab_run_until(lab, arguments->until);
    progress_end();
    if (out.failed)
        (void)complain("lab", "no memory: the report has gaps");
    sink_flush(&out, stdout);
    sink_fini(&out);
    if (lab_captures_finish(lab, &error) != 0)
        return complain("lab", "%s", error.text);
    if (lab_has_script(lab))
        (void)printf("%u held, %u failed\n", verdict.passed, verdict.failed);
    return verdict.failed > 0 ? 1 : 0;
}

static void arguments_parse(int argc, char **argv, struct lab_arguments *arguments) {
    static const struct argp_option known[] = {
        {"seed", KEY_SEED, "N", 0, "the same seed gives the same packets (default: 0)", 0},
        {"until", KEY_UNTIL, "TIME", 0, "end then: 60s, 500ms (default: the script's end)", 0},
        {"capture", KEY_CAPTURE, "SEGMENT=FILE", 0, "write a segment's frames to a pcapng file", 0},
        {"file", 'f', "NET.yaml", 0, "the network, as the tools take it", 0},
        {"live", KEY_LIVE, NULL, 0, "bring it up in real time: not supported yet", 0},
        {0}};
    static const struct argp argp = {
        .options = known,
        .parser = parse_option,
        .args_doc = "NET.yaml",
        .doc = "Runs a network in virtual time to the end of its script."
               "\vExits with 0 when all that the script expects held, 1 when something failed, 2 "
               "for a wrong file or usage."};
    static char name[] = "dobos lab";
    argv[0] = name;
    argp_err_exit_status = EXIT_USAGE;
    (void)argp_parse(&argp, argc, argv, 0, NULL, arguments);
}

int command_lab(const struct node_options *options, int argc, char **argv) {
    struct lab_arguments arguments = {
        .file = options->file, .seed = options->seed, .until = DOBOS_NEVER};
    struct lab_error error;
    struct lab *lab;
    if (options->json)
        return complain("lab", "--json: not supported yet");
    if (options->node)
        return complain("lab", "-n: a whole network runs, not one node of it");
    arguments_parse(argc, argv, &arguments);
    const struct lab_options lab_options = {.seed = arguments.seed};
    if (lab_create_from_file(arguments.file, &lab_options, &lab, &error) != 0)
        return complain("lab", "%s", error.text);
    int code;
    if (!lab_has_script(lab) && arguments.until == DOBOS_NEVER)
        code = complain("lab", "%s has no script: --until says when to end", arguments.file);
    else
        code = network_run(lab, &arguments);
    lab_destroy(lab);
    return code;
}
