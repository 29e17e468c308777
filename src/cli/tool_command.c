/*
 * tool_command: runs one tool and prints what it wrote: those that need no node at once, the others
 * at a node of a network that is started in virtual time and has settled. What is wrong with the
 * arguments is said before a network is started. What a tool writes is shown while it goes on, and
 * ^C interrupts it as it would the tool that it is modelled on; a second one ends dobos.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/live.h"
#include "cli/network_options.h"
#include "cli/progress.h"
#include "lab/lab.h"

/* A tool that has not ended after so much virtual time is interrupted. */
#define LIMIT_NS (INT64_C(1000) * 3600 * DOBOS_SECOND)

/* ^C was typed. */
static volatile sig_atomic_t interrupted;

static void on_interrupt(int number) {
    (void)number;
    interrupted = 1;
}

void sink_flush(struct sink *sink, void *stream) {
    if (sink->length > 0)
        (void)fwrite(sink->text, 1, sink->length, stream);
    sink_clear(sink);
}

/* Reads the arguments; false: that was all, *code is set. */
static bool arguments_are_good(const struct tool *tool, const struct tool_context *context,
                               int argc, char **argv, int *code) {
    struct tool_task *task = tool_begin(tool, context, argc, argv, 0, code);
    tool_end(task);
    return task != NULL;
}

/* To its end, in time that stands still: such tools wait for nothing. */
static int run_alone(const struct tool *tool, const struct tool_context *context, int argc,
                     char **argv) {
    int code;
    dobos_time again;
    struct tool_task *task = tool_begin(tool, context, argc, argv, 0, &code);
    if (!task)
        return code;
    while (!tool_step(task, 0, &again, &code))
        continue;
    tool_end(task);
    return code;
}

/* The nodes of a network, for who named none of them. */
static int refuse_node(const char *command, const struct lab *lab, const char *node) {
    struct sink names = {0};
    for (unsigned i = 0; lab_node_nth(lab, i); i++)
        sink_format(&names, "%s%s", i > 0 ? ", " : "", lab_node_nth(lab, i));
    int code = node ? complain(command, "%s: no such node; the network %s has %s", node,
                               lab_name(lab), sink_text(&names))
                    : complain(command, "-n NODE is missing; the network %s has %s", lab_name(lab),
                               sink_text(&names));
    sink_fini(&names);
    return code;
}

/* Shows what there is, so that a long answer is never held in memory as a whole. */
static void show(const struct tool_context *context) {
    if (context->out->length == 0 && context->error->length == 0)
        return;
    if (context->out->failed || context->error->failed)
        return;
    progress_wipe();
    sink_flush(context->out, stdout);
    (void)output_flush();
    sink_flush(context->error, stderr);
}

/* To its end at a node of a network that has settled. */
static int ask(struct lab *lab, const char *node, const struct tool_context *context, int argc,
               char **argv) {
    const struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND};
    int code;
    struct lab_asking *asking = lab_tool_begin(lab, node, argc, argv, context->json, context->out,
                                               context->error, lab_now(lab) + LIMIT_NS, &code);
    if (!asking)
        return code;
    (void)sigaction(SIGINT, &action, NULL);
    while (!lab_tool_step(asking, &code)) {
        show(context);
        if (interrupted) {
            interrupted = 0;
            lab_tool_interrupt(asking);
        }
    }
    lab_tool_end(asking);
    return code;
}

static int run_at_node(const struct tool *tool, const struct node_options *options,
                       const struct tool_context *context, int argc, char **argv) {
    const struct lab_options lab_options = {.seed = options->seed};
    struct lab_error error;
    struct lab *lab;
    char missing[512];
    int code;
    if (lab_create_from_file(options->file, &lab_options, &lab, &error) != 0)
        return complain(tool->name, "%s", error.text);
    if (!options->node || !lab_has_node(lab, options->node)) {
        code = refuse_node(tool->name, lab, options->node);
    } else if (!network_is_whole(lab, tool->name)) {
        code = EXIT_USAGE;
    } else {
        progress_begin(lab);
        bool is_settled = lab_settle(lab, missing, sizeof(missing));
        if (is_settled && missing[0])
            (void)complain(tool->name, "%s", missing);
        if (is_settled)
            code = ask(lab, options->node, context, argc, argv);
        else
            code = complain(tool->name, "the network has not settled: %s", missing);
        progress_end();
    }
    lab_destroy(lab);
    return code;
}

int command_tool(const struct tool *tool, const struct node_options *options, int argc,
                 char **argv) {
    struct sink out = {0};
    struct sink error = {0};
    struct tool_context context = {.out = &out, .error = &error, .json = options->json};
    int code;
    if (!tool->needs_node)
        code = run_alone(tool, &context, argc, argv);
    else if (arguments_are_good(tool, &context, argc, argv, &code)) {
        if (options->file && options->network)
            code = complain(tool->name, "-f starts a network, -N asks one that is live: expected "
                                        "one of them");
        else if (options->file)
            code = run_at_node(tool, options, &context, argc, argv);
        else
            code = live_tool(tool, options, argc, argv);
    }
    if (out.failed || error.failed)
        (void)complain(tool->name, "no memory");
    sink_flush(&out, stdout);
    (void)output_flush();
    sink_flush(&error, stderr);
    if (code == EXIT_USAGE && options->passed_by != 0)
        (void)complain(tool->name,
                       "-%c behind the tool's own arguments is the tool's; write dobos %s "
                       "-f NET.yaml -n NODE before them",
                       options->passed_by, tool->name);
    sink_fini(&out);
    sink_fini(&error);
    return code;
}
