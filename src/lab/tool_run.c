/* tool_run: one tool at one node, to its end or bit by bit. See lab.h. */
#include <stdlib.h>

#include "lab/lab_inner.h"

/* How long an interrupted tool may take to say its last word. */
#define LAST_WORD_NS (10 * DOBOS_SECOND)
#define EXIT_STUCK   125

struct lab_asking {
    struct lab *lab;      /* the network */
    struct lab_node *at;  /* the node asked; NULL: a tool that needs none */
    struct lab_task task; /* the tool */
    dobos_time limit;     /* when it is interrupted, and after that, given up */
    bool is_interrupted;  /* it is to say its last word */
};

struct lab_asking *lab_tool_begin(struct lab *lab, const char *node, int argc, char *const argv[],
                                  bool json, struct sink *out, struct sink *error, dobos_time limit,
                                  int *exit_code) {
    const uint32_t number = node ? network_node_find(&lab->network, node) : UINT32_MAX;
    *exit_code = EXIT_STUCK;
    if (node && number == UINT32_MAX) {
        sink_format(error, "dobos: %s: no such node in the network %s\n", node, lab->network.name);
        *exit_code = 2;
        return NULL;
    }
    struct lab_asking *asking = calloc(1, sizeof *asking);
    if (!asking) {
        sink_put(error, "dobos: no memory\n");
        return NULL;
    }
    asking->lab = lab;
    asking->at = node ? &lab->nodes[number] : NULL;
    asking->limit = limit;
    if (node_task_init(asking->at, &asking->task, argc, argv, json, out, error))
        return asking;
    *exit_code = asking->task.exit_code;
    free(asking);
    return NULL;
}

void lab_tool_interrupt(struct lab_asking *asking) {
    asking->is_interrupted = true;
    asking->limit = asking->lab->clock.now + LAST_WORD_NS;
    if (asking->task.tool)
        tool_interrupt(asking->task.tool);
    if (asking->at)
        node_wake(asking->at);
}

/* Nothing more happens by the limit. True: the tool had said its last word, or should have. */
static bool limit_reached(struct lab_asking *asking) {
    if (asking->is_interrupted)
        return true;
    if (asking->limit < DOBOS_NEVER)
        lab_run_until(asking->lab, asking->limit);
    lab_tool_interrupt(asking);
    return false;
}

bool lab_tool_step(struct lab_asking *asking, int *exit_code) {
    struct lab_task *task = &asking->task;
    bool is_over = false;
    if (!asking->at) {
        /* No node, no time: such a tool ends in one step. */
        dobos_time again = DOBOS_NEVER;
        task->has_ended = tool_step(task->tool, asking->lab->clock.now, &again, &task->exit_code);
        is_over = true;
    } else if (!task->has_ended && !lab_step(asking->lab, asking->limit)) {
        is_over = limit_reached(asking);
    }
    *exit_code = task->has_ended ? task->exit_code : EXIT_STUCK;
    return is_over || task->has_ended;
}

bool lab_tool_has_ended(struct lab_asking *asking, int *exit_code) {
    struct lab_task *task = &asking->task;
    dobos_time again = DOBOS_NEVER;
    bool is_over = false;
    if (!asking->at && !task->has_ended)
        task->has_ended = tool_step(task->tool, asking->lab->clock.now, &again, &task->exit_code);
    else if (!task->has_ended && asking->lab->clock.now >= asking->limit) {
        is_over = asking->is_interrupted;
        lab_tool_interrupt(asking);
    }
    *exit_code = task->has_ended ? task->exit_code : EXIT_STUCK;
    return is_over || task->has_ended;
}

void lab_tool_hold(struct lab_asking *asking, bool held) {
    const bool was_held = asking->task.is_held;
    asking->task.is_held = held;
    if (was_held && !held && asking->at)
        node_wake(asking->at);
}

void lab_tool_end(struct lab_asking *asking) {
    node_task_fini(&asking->task);
    free(asking);
}

int lab_tool(struct lab *lab, const char *node, int argc, char *const argv[], bool json,
             struct sink *out, struct sink *error, dobos_time limit) {
    int exit_code;
    struct lab_asking *asking =
        lab_tool_begin(lab, node, argc, argv, json, out, error, limit, &exit_code);
    if (!asking)
        return exit_code;
    while (!lab_tool_step(asking, &exit_code))
        continue;
    lab_tool_end(asking);
    return exit_code;
}
