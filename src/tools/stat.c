/*
 * stat: what a node has counted, in nstat's layout: names as Linux has them, and Drop… for each
 * reason why a packet was dropped. A host counts from its beginning, so there is no history file.
 */
#include <fnmatch.h>
#include <inttypes.h>

#include "base/memory.h"
#include "tools/task.h"

struct stat_task {
    struct tool_task task;
    bool all;  /* those that are zero too */
    bool text; /* what each counts */
};

static bool is_wanted(const struct stat_task *stat, const struct dobos_counter *counter) {
    const struct tool_task *task = &stat->task;
    if (counter->value == 0 && !stat->all)
        return false;
    for (unsigned i = 0; i < task->operand_count; i++) {
        if (fnmatch(task->operands[i], counter->name, 0) == 0)
            return true;
    }
    return task->operand_count == 0;
}

static int stat_begin(struct tool_task *task, dobos_time now) {
    (void)task;
    (void)now;
    return TOOL_GOES_ON;
}

static int stat_step(struct tool_task *task, dobos_time now, dobos_time *again) {
    (void)now;
    (void)again;
    const struct stat_task *stat = container_of(task, struct stat_task, task);
    struct sink *out = task->context.out;
    struct dobos_counter counter;
    json_t *values = task->json ? json_object() : NULL;
    if (!task->json)
        sink_put(out, "#kernel\n");
    for (uint32_t i = 0; dobos_counter_read(task->context.host, i, &counter) == 0; i++) {
        if (!is_wanted(stat, &counter))
            continue;
        if (task->json)
            task_put(task, values, counter.name, json_integer((json_int_t)counter.value));
        else if (stat->text)
            sink_format(out, "%-32s%-16" PRIu64 "%s\n", counter.name, counter.value, counter.text);
        else
            sink_format(out, "%-32s%-16" PRIu64 "%6s\n", counter.name, counter.value, "0.0");
    }
    if (task->json) {
        json_t *object = json_object();
        task_put(task, object, "kernel", values);
        task_print(task, object);
    }
    return 0;
}

static const struct option_spec stat_options[] = {
    {'a', "all", NULL, "counters that are zero too", OPTION_FLAG, offsetof(struct stat_task, all),
     0, 0},
    {'z', "zeros", NULL, "the same, as nstat calls it", OPTION_FLAG,
     offsetof(struct stat_task, all), 0, 0},
    {'x', "explain", NULL, "what each counts, instead of its rate", OPTION_FLAG,
     offsetof(struct stat_task, text), 0, 0},
    {0},
};

const struct tool_kind tool_stat = {
    .tool = {.name = "stat",
             .summary = "show what a node has counted",
             .needs_node = true,
             .letters = ""},
    .usage = "[PATTERN...]",
    .text = "Shows what a node has counted since it began, as nstat does: those counters that are\n"
            "not zero, or whose names match a pattern ('Tcp*').",
    .options = stat_options,
    .bytes = sizeof(struct stat_task),
    .operands_most = 64,
    .begin = stat_begin,
    .step = stat_step,
};
