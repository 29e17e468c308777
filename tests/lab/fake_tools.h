/*
 * fake_tools: tools for tests of the lab, in place of the real ones, so that those tests say what a
 * lab does and nothing of what ping does:
 *
 *     say TEXT           writes it, exits 0
 *     fail CODE          exits CODE at once
 *     sleep MS           exits 0 after so many milliseconds
 *     never              goes on until it is interrupted, then says so and exits 130
 *     deaf               does not even hear that
 *     send ADDRESS MS    sends a datagram to port 9 every MS milliseconds, for ever
 */
#ifndef TESTS_LAB_FAKE_TOOLS_H
#define TESTS_LAB_FAKE_TOOLS_H

#include <stdlib.h>
#include <string.h>

#include "tools/tool.h"

enum fake_kind {
    FAKE_SAY,
    FAKE_FAIL,
    FAKE_SLEEP,
    FAKE_NEVER,
    FAKE_DEAF,
    FAKE_SEND,
    FAKE_COUNT
};

struct tool_task {
    struct tool_context context; /* as given */
    enum fake_kind kind;         /* which tool */
    char *const *arguments;      /* as given */
    dobos_time due;              /* of sleep and send */
    struct dobos_socket *socket; /* of send */
    bool is_interrupted;         /* somebody typed ^C */
};

static const struct tool fake_tools[FAKE_COUNT] = {
    [FAKE_SAY] = {"say", "", false, NULL},    [FAKE_FAIL] = {"fail", "", false, NULL},
    [FAKE_SLEEP] = {"sleep", "", true, NULL}, [FAKE_NEVER] = {"never", "", true, NULL},
    [FAKE_DEAF] = {"deaf", "", true, NULL},   [FAKE_SEND] = {"send", "", true, NULL},
};

const struct tool *tool_find(const char *name) {
    for (int i = 0; i < FAKE_COUNT; i++)
        if (strcmp(fake_tools[i].name, name) == 0)
            return &fake_tools[i];
    return NULL;
}

struct tool_task *tool_begin(const struct tool *tool, const struct tool_context *context, int argc,
                             char *const argv[], dobos_time now, int *exit_code) {
    struct tool_task *task = calloc(1, sizeof *task);
    assert_non_null(task);
    task->context = *context;
    task->kind = (enum fake_kind)(tool - fake_tools);
    task->arguments = argv;
    if (task->kind == FAKE_FAIL) {
        *exit_code = argc > 1 ? atoi(argv[1]) : 1;
        free(task);
        return NULL;
    }
    if (task->kind == FAKE_SLEEP)
        task->due = now + atoi(argv[1]) * DOBOS_MILLISECOND;
    if (task->kind == FAKE_SEND) {
        struct dobos_endpoint to = {.port = 9};
        assert_int_equal(dobos_address_parse(argv[1], &to.address, NULL), 0);
        assert_int_equal(dobos_socket_create(context->host, DOBOS_UDP, NULL, &task->socket), 0);
        assert_int_equal(dobos_connect(task->socket, &to), 0);
        task->due = now;
    }
    return task;
}

bool tool_step(struct tool_task *task, dobos_time now, dobos_time *again, int *exit_code) {
    *again = DOBOS_NEVER;
    *exit_code = 0;
    switch (task->kind) {
    case FAKE_SAY:
        sink_format(task->context.out, "%s\n", task->arguments[1]);
        return true;
    case FAKE_SLEEP:
        *again = task->due;
        return now >= task->due;
    case FAKE_SEND:
        while (now >= task->due) {
            /* The first call may tell of an ICMP error about the one before. */
            if (dobos_send(task->socket, "a datagram", 10) < 0)
                (void)dobos_send(task->socket, "a datagram", 10);
            task->due += atoi(task->arguments[2]) * DOBOS_MILLISECOND;
        }
        *again = task->due;
        return task->is_interrupted;
    case FAKE_NEVER:
        if (task->is_interrupted)
            sink_put(task->context.out, "interrupted\n");
        *exit_code = 130;
        return task->is_interrupted;
    default:
        return false;
    }
}

void tool_interrupt(struct tool_task *task) {
    task->is_interrupted = true;
}

void tool_end(struct tool_task *task) {
    dobos_close(task->socket);
    free(task);
}

#endif
