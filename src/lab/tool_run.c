/* tool_run: one tool at one node, to its end. See lab.h. */
#include "lab/lab_inner.h"

/* How long an interrupted tool may take to say its last word. */
#define LAST_WORD_NS (10 * DOBOS_SECOND)
#define EXIT_STUCK   125

/* Runs until the task has ended; false: it has not by `limit`. */
static bool run_task(struct lab *lab, const struct lab_task *task, dobos_time limit) {
    while (!task->has_ended)
        if (!lab_step(lab, limit))
            return false;
    return true;
}

int lab_tool(struct lab *lab, const char *node, int argc, char *const argv[], bool json,
             struct sink *out, struct sink *error, dobos_time limit) {
    const uint32_t number = node ? network_node_find(&lab->network, node) : UINT32_MAX;
    struct lab_task task;
    if (node && number == UINT32_MAX) {
        sink_format(error, "dobos: %s: no such node in the network %s\n", node, lab->network.name);
        return 2;
    }
    struct lab_node *at = node ? &lab->nodes[number] : NULL;
    if (!node_task_init(at, &task, argc, argv, json, out, error))
        return task.exit_code;
    if (!at) {
        /* No node, no time: such a tool ends in one step. */
        dobos_time again = DOBOS_NEVER;
        task.has_ended = tool_step(task.tool, lab->clock.now, &again, &task.exit_code);
    } else if (!run_task(lab, &task, limit)) {
        if (limit < DOBOS_NEVER)
            lab_run_until(lab, limit);
        tool_interrupt(task.tool);
        node_wake(at);
        (void)run_task(lab, &task, lab->clock.now + LAST_WORD_NS);
    }
    const int exit_code = task.has_ended ? task.exit_code : EXIT_STUCK;
    node_task_fini(&task);
    return exit_code;
}
