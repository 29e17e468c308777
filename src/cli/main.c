/*
 * The command `dobos`: finds the command among its own and the tools, prints version and help. What
 * stands before the command (-f, -n, -N, --seed, --json) holds for it as if it stood behind it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <dobos/version.h>

#include "cli/command.h"

struct command {
    const char *name;    /* "lab" */
    const char *summary; /* one line for --help */
    /* argv[0] is its name. */
    int (*run)(const struct node_options *options, int argc, char **argv);
};

static const struct command commands[] = {
    {"run", "run a real program as a node of a network", command_run},
    {"lab", "run a network in virtual time to the end of its script, or live", command_lab},
    {"dump", "show a capture, layer by layer", command_dump},
};

static void help_print(FILE *stream) {
    (void)fputs(
        "Usage: dobos [-f NET.yaml | -N NAME] [-n NODE] [--seed N] [--json] COMMAND [ARGUMENT...]\n"
        "       dobos --help | --version\n"
        "The Internet protocol suite in user space.\n\nCommands:\n",
        stream);
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        (void)fprintf(stream, "  %-10s %s\n", commands[i].name, commands[i].summary);
    for (unsigned i = 0; tool_nth(i); i++)
        (void)fprintf(stream, "  %-10s %s\n", tool_nth(i)->name, tool_nth(i)->summary);
    (void)fputs(
        "\nTools ask a node: -n NODE says where, -f NET.yaml starts that network in virtual time; "
        "without\n-f they ask the network that is live, or with -N NAME that one.\n'dobos COMMAND "
        "--help' tells more.\n",
        stream);
}

static int command_run_named(struct node_options *options, int argc, char **argv) {
    const struct tool *tool = tool_find(argv[0]);
    if (tool) {
        if (tool->needs_node && !node_options_take(options, tool->name, tool->letters, &argc, argv))
            return EXIT_USAGE;
        return command_tool(tool, options, argc, argv);
    }
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strcmp(commands[i].name, argv[0]) == 0)
            return commands[i].run(options, argc, argv);
    }
    return complain("", "'%s': no such command (see dobos --help)", argv[0]);
}

/* Whether what was written has not arrived; that is told, and found, once. */
static bool output_is_lost(void) {
    static bool is_told;
    const int cause = output_flush();
    if (is_told || cause == 0)
        return false;
    is_told = true;
    (void)fprintf(stderr, "dobos: standard output: %s\n", strerror(cause));
    return true;
}

/* For the end that does not lead through main: that of argp's help. */
static void on_exit_output(void) {
    if (output_is_lost())
        _exit(1);
}

int main(int argc, char **argv) {
    struct node_options options = {0};
    (void)atexit(on_exit_output);
    if (!node_options_take(&options, "", NULL, &argc, argv))
        return EXIT_USAGE;
    if (argc < 2) {
        help_print(stderr);
        return EXIT_USAGE;
    }
    int code = 0;
    if (strcmp(argv[1], "--version") == 0)
        (void)printf("dobos %s\n", dobos_version());
    else if (strcmp(argv[1], "--help") == 0)
        help_print(stdout);
    else if (argv[1][0] == '-')
        code = complain("", "%s: unknown option (see dobos --help)", argv[1]);
    else
        code = command_run_named(&options, argc - 1, argv + 1);
    if (output_is_lost() && code == 0)
        code = 1;
    return code;
}
