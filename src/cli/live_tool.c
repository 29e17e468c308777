/*
 * live_tool: a tool at a node of a live network: what it writes there is shown here as it comes, ^C
 * interrupts it there, and its exit code is ours. And the list of live networks. A second ^C ends
 * dobos; the tool ends with the connection.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/live.h"
#include "cli/live_client.h"
#include "os/control_request.h"

#define LIST_WAIT_MS 2000 /* for each network of a list: one that is stopped holds nobody up */

static volatile sig_atomic_t interrupted;

static void on_interrupt(int number) {
    (void)number;
    interrupted = 1;
}

/* From here on ^C comes only while live_client_receive waits. */
static void interrupts_take(void) {
    const struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND};
    sigset_t interrupts;
    (void)sigemptyset(&interrupts);
    (void)sigaddset(&interrupts, SIGINT);
    (void)sigprocmask(SIG_BLOCK, &interrupts, NULL);
    (void)sigaction(SIGINT, &action, NULL);
}

static void text_show(const json_t *object, const char *name, FILE *stream) {
    struct sink text = {0};
    if (control_text_read(object, name, &text) && text.length > 0) {
        (void)fwrite(text.text, 1, text.length, stream);
        (void)(stream == stdout ? output_flush() : fflush(stream));
    }
    sink_fini(&text);
}

/* Shows a line of the answer. True: it was the last one, *code is set. */
static bool line_show(const json_t *object, const char *command, int *code) {
    const char *refused = json_string_value(json_object_get(object, "refused"));
    const json_t *exit = json_object_get(object, "exit");
    text_show(object, "out", stdout);
    text_show(object, "error", stderr);
    if (refused)
        *code = complain(command, "%s", refused);
    else if (exit)
        *code = (int)json_integer_value(exit);
    return refused || exit;
}

/* The tool runs there until it ends. Returns the exit code. */
static int tool_follow(struct live_client *client, const char *command) {
    int code = EXIT_INTERNAL;
    bool is_over = false;
    interrupts_take();
    while (!is_over) {
        json_t *object = NULL;
        switch (live_client_receive(client, &object)) {
        case LIVE_LINE:
            is_over = line_show(object, command, &code);
            json_decref(object);
            break;
        case LIVE_INTERRUPTED:
            if (interrupted)
                (void)live_client_send(client, json_pack("{s:s}", "do", "interrupt"));
            interrupted = 0;
            break;
        case LIVE_GONE:
            (void)complain(command, "the network %s has ended", client->name);
            is_over = true;
            break;
        }
    }
    return code;
}

int live_tool(const struct tool *tool, const struct node_options *options, int argc, char **argv) {
    struct live_client client;
    if (options->seed != 0)
        return complain(tool->name, "--seed is for a network that -f starts");
    int code = live_client_open(&client, tool->name, options->network);
    if (code != 0)
        return code;
    json_t *words = json_array();
    for (int i = 0; i < argc; i++)
        if (json_array_append_new(words, json_string(argv[i])) != 0)
            code = complain(tool->name, "'%s': expected text in UTF-8", argv[i]);
    json_t *request =
        json_pack("{s:s,s:o,s:b}", "do", "run", "arguments", words, "json", (int)options->json);
    if (options->node && json_object_set_new(request, "node", json_string(options->node)) != 0)
        code = complain(tool->name, "'%s': expected text in UTF-8", options->node);
    if (code == 0) {
        /* When it does not take the request, what it says instead may be there to read. */
        (void)live_client_send(&client, request);
        code = tool_follow(&client, tool->name);
    } else {
        json_decref(request);
    }
    live_client_close(&client);
    return code;
}

/* ---- the list ---- */

/* Whether something comes from the network in time; false: that has been said. */
static bool is_answered(const struct live_client *client) {
    struct pollfd waited = {.fd = client->socket, .events = POLLIN};
    if (poll(&waited, 1, LIST_WAIT_MS) != 0)
        return true;
    (void)complain("lab", "%s: the network does not answer", client->name);
    return false;
}

/* One network; a network that ends meanwhile is none. */
static void network_show(const char *name, json_t *list) {
    struct live_client client;
    json_t *object = NULL;
    const json_t *node;
    size_t nth;
    if (live_client_open(&client, "lab", name) == 0 &&
        live_client_send(&client, json_pack("{s:s}", "do", "network")) && is_answered(&client) &&
        live_client_receive(&client, &object) == LIVE_LINE) {
        const json_t *nodes = json_object_get(object, "nodes");
        if (list)
            (void)json_array_append(list, object);
        else
            (void)printf("%s:", name);
        json_array_foreach(nodes, nth, node) if (!list)(void)
            printf(" %s", json_string_value(node));
        if (!list)
            (void)printf("\n");
    }
    json_decref(object);
    live_client_close(&client);
}

int live_list(const char *name, bool json) {
    struct control_folder folder;
    struct sink names = {0};
    bool is_found = !name;
    if (live_folder_open(&folder, "lab") != 0)
        return EXIT_INTERNAL;
    json_t *list = json ? json_array() : NULL;
    if (folder.descriptor >= 0)
        (void)control_names(&folder, &names);
    control_folder_close(&folder);
    for (size_t at = 0; at < names.length; at += strlen(names.text + at) + 1) {
        if (name && strcmp(name, names.text + at) != 0)
            continue;
        is_found = true;
        network_show(names.text + at, list);
    }
    if (list && is_found) {
        (void)json_dumpf(list, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
        (void)printf("\n");
    }
    json_decref(list);
    sink_fini(&names);
    return is_found ? 0 : complain("lab", "%s: no network of that name is live", name);
}
