/*
 * lab_command: `dobos lab NET.yaml`: runs a network in virtual time to the end of its script and
 * exits with its verdict: 0 all held, 1 an expectation failed, 2 a wrong file or wrong usage. With
 * --live see live.h.
 */
#include <argp.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/live.h"
#include "cli/network_options.h"
#include "cli/progress.h"
#include "lab/lab.h"
#include "lab/quantity.h"
#include "lab/script_report.h"

enum key {
    KEY_SEED = 256,
    KEY_UNTIL,
    KEY_CAPTURE,
    KEY_JUNIT,
    KEY_JSON,
    KEY_LIVE,
    KEY_LIST
};

struct lab_arguments {
    const char *file;                /* the network */
    uint64_t seed;                   /* same seed: same packets */
    dobos_time until;                /* DOBOS_NEVER: to the end of the script */
    struct capture_options captures; /* files */
    const char *junit;               /* where the report for machines goes; NULL: nowhere */
    bool json;                       /* and to standard output, instead of text */
    bool live;                       /* in real time, until a signal */
    bool list;                       /* only say what is live */
    const char *name;                /* of the live network; NULL: the file's */
};

/* The signal that ends the run early; 0: none came. */
static volatile sig_atomic_t interrupted;

static void on_signal(int number) {
    interrupted = number;
}

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
            argp_error(state, "--until: '%s': expected a time such as 60s or 500ms, at most 100h",
                       value);
        return 0;
    case KEY_CAPTURE:
        capture_option(&arguments->captures, value, state);
        return 0;
    case KEY_JUNIT:
        arguments->junit = value;
        return 0;
    case KEY_JSON:
        arguments->json = true;
        return 0;
    case KEY_LIVE:
        arguments->live = true;
        return 0;
    case KEY_LIST:
        arguments->list = true;
        return 0;
    case 'N':
        arguments->name = value;
        return 0;
    case ARGP_KEY_ARG:
        if (arguments->file)
            argp_error(state, "'%s': expected one network only", value);
        arguments->file = value;
        return 0;
    case ARGP_KEY_END:
        if (!arguments->file && !arguments->list)
            argp_error(state, "expected a network: dobos lab NET.yaml");
        if (arguments->file && arguments->list)
            argp_error(state, "--list shows what is live: expected no NET.yaml");
        if (arguments->live && (arguments->json || arguments->junit))
            argp_error(state, "--live runs no script: expected no --json and no --junit");
        if (arguments->name && !arguments->live && !arguments->list)
            argp_error(state, "-N: expected --live beside it");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* Shows what there is of the report for people, which is never held in memory as a whole. */
static void show(struct sink *out, bool json) {
    if (out->length > 0 && !out->failed && !json) {
        progress_wipe();
        sink_flush(out, stdout);
        (void)output_flush();
    } else if (!out->failed) {
        sink_clear(out);
    }
}

/* Runs the script until it is over, or a signal ends it. */
static struct lab_verdict script_run(struct lab *lab, const struct lab_arguments *arguments,
                                     struct script_report *report) {
    struct sink out = {0};
    struct lab_verdict verdict = {.failed = 1};
    struct lab_script *script = lab_script_begin(lab, arguments->until, &out);
    bool is_over = script == NULL;
    bool was_interrupted = false;
    const struct lab_step_result *result;
    while (!is_over) {
        if (interrupted && !was_interrupted)
            lab_script_interrupt(script);
        was_interrupted = interrupted != 0;
        is_over = lab_script_step(script);
        show(&out, arguments->json);
        while ((arguments->json || arguments->junit) && (result = lab_script_next(script)))
            script_report_add(report, result);
    }
    if (script)
        verdict = lab_script_verdict(script);
    if (!script || out.failed)
        (void)complain("lab", "no memory: the report has gaps");
    lab_script_end(script);
    sink_fini(&out);
    return verdict;
}

/* Writes the report to the file, which is there already. False: an error has been printed. */
static bool junit_write(const struct script_report *report, const struct lab *lab, FILE *file,
                        const char *path) {
    struct sink out = {0};
    script_report_junit(report, lab_now(lab), &out);
    errno = out.failed ? ENOMEM : 0;
    bool is_written = !out.failed && fwrite(out.text, 1, out.length, file) == out.length;
    is_written = fclose(file) == 0 && is_written;
    if (!is_written)
        (void)complain("lab", "%s: %s", path, strerror(errno));
    sink_fini(&out);
    return is_written;
}

static void verdict_print(const struct lab *lab, const struct lab_arguments *arguments,
                          const struct script_report *report, struct lab_verdict verdict) {
    struct sink out = {0};
    if (arguments->json)
        script_report_json(report, verdict, lab_now(lab), arguments->seed, &out);
    else if (lab_has_script(lab))
        sink_format(&out, "%u held, %u failed%s\n", verdict.passed, verdict.failed,
                    interrupted ? ", interrupted" : "");
    if (out.failed)
        (void)complain("lab", "no memory: the report has gaps");
    sink_flush(&out, stdout);
    sink_fini(&out);
}

/* A signal's run ends as whole as any other, with its captures, and then as the signal wants. */
static void end_by_signal(void) {
    if (!interrupted)
        return;
    (void)output_flush();
    (void)signal(interrupted, SIG_DFL);
    (void)raise(interrupted);
}

/* Runs it; returns the exit code. */
static int network_run(struct lab *lab, const struct lab_arguments *arguments, FILE *junit) {
    const struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    struct script_report report;
    struct lab_error error;
    struct lab_verdict verdict = {0};
    script_report_init(&report, lab_name(lab));
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    progress_begin(lab);
    if (lab_has_script(lab))
        verdict = script_run(lab, arguments, &report);
    else
        while (!interrupted && lab_step(lab, arguments->until))
            continue;
    if (!interrupted && !lab_has_script(lab))
        lab_run_until(lab, arguments->until);
    progress_end();
    int code = verdict.failed > 0 ? 1 : 0;
    if (junit && !junit_write(&report, lab, junit, arguments->junit))
        code = EXIT_USAGE;
    if (lab_captures_finish(lab, &error) != 0)
        code = complain("lab", "%s", error.text);
    verdict_print(lab, arguments, &report, verdict);
    script_report_fini(&report);
    return code;
}

/* Opens what is to be written before anything runs, then runs it. */
static int files_begin(struct lab *lab, const struct lab_arguments *arguments) {
    struct lab_error error;
    FILE *junit = NULL;
    if (arguments->junit) {
        junit = fopen(arguments->junit, "we");
        if (!junit)
            return complain("lab", "%s: %s", arguments->junit, strerror(errno));
    }
    if (captures_begin(&arguments->captures, lab, &error) == 0)
        return network_run(lab, arguments, junit);
    if (junit)
        (void)fclose(junit);
    return complain("lab", "%s", error.text);
}

static void arguments_parse(int argc, char **argv, struct lab_arguments *arguments) {
    static const struct argp_option known[] = {
        {"seed", KEY_SEED, "N", 0, "the same seed gives the same packets (default: 0)", 0},
        {"until", KEY_UNTIL, "TIME", 0, "end then: 60s, 500ms (default: the script's end)", 0},
        {"capture", KEY_CAPTURE, "SEGMENT=FILE", 0, "write a segment's frames to a pcapng file", 0},
        {"file", 'f', "NET.yaml", 0, "the network, as the tools take it", 0},
        {"junit", KEY_JUNIT, "FILE", 0, "write what came of each step as JUnit's XML", 0},
        {"json", KEY_JSON, NULL, 0, "write JSON instead of text", 0},
        {"live", KEY_LIVE, NULL, 0, "bring it up in real time, and keep it up until ^C", 0},
        {"name", 'N', "NAME", 0, "what a live network is known by (default: as in the file)", 0},
        {"network", 'N', NULL, OPTION_ALIAS, NULL, 0},
        {"list", KEY_LIST, NULL, 0, "list the networks that are live, and their nodes", 0},
        {0}};
    static const struct argp argp = {
        .options = known,
        .parser = parse_option,
        .args_doc = "NET.yaml",
        .doc = "Runs a network in virtual time to the end of its script, or with --live in real "
               "time."
               "\vExits with 0 when all that the script expects held, 1 when something failed, 2 "
               "for a wrong file or usage."};
    static char name[] = "dobos lab";
    argv[0] = name;
    argp_err_exit_status = EXIT_USAGE;
    (void)argp_parse(&argp, argc, argv, 0, NULL, arguments);
}

int command_lab(const struct node_options *options, int argc, char **argv) {
    struct lab_arguments arguments = {
        .file = options->file,
        .seed = options->seed,
        .until = DOBOS_NEVER,
        .json = options->json,
        .name = options->network,
    };
    struct lab_error error;
    struct lab *lab;
    if (options->node)
        return complain("lab", "-n: a whole network runs, not one node of it");
    arguments_parse(argc, argv, &arguments);
    if (arguments.list)
        return live_list(arguments.name, arguments.json);
    if (arguments.live) {
        const struct live_arguments live = {.file = arguments.file,
                                            .name = arguments.name,
                                            .seed = arguments.seed,
                                            .until = arguments.until,
                                            .captures = &arguments.captures};
        return live_run(&live);
    }
    const struct lab_options lab_options = {.seed = arguments.seed};
    if (lab_create_from_file(arguments.file, &lab_options, &lab, &error) != 0)
        return complain("lab", "%s", error.text);
    int code;
    if (!lab_has_script(lab) && arguments.until == DOBOS_NEVER)
        code = complain("lab", "%s has no script: --until says when to end", arguments.file);
    else if (!network_is_whole(lab, "lab"))
        code = EXIT_USAGE;
    else
        code = files_begin(lab, &arguments);
    lab_destroy(lab);
    end_by_signal();
    return code;
}
