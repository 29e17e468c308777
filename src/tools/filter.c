/*
 * filter: the rules by which a node filters, as the network file has them, and what each has
 * decided of: packets and bytes, as `iptables -vL` counts them. The last line is for what no rule
 * matched, which passes.
 */
#include <inttypes.h>
#include <string.h>

#include "base/memory.h"
#include "tools/filter_words.h"
#include "tools/task.h"

struct filter_task {
    struct tool_task task;
    json_t *array; /* with --json: so far; owned */
};

static int filter_begin(struct tool_task *task, dobos_time now) {
    (void)now;
    if (task->operand_count == 1 && strcmp(task->operands[0], "list") != 0 &&
        strcmp(task->operands[0], "show") != 0)
        return task_refuse(task, "'%s': expected list, or nothing", task->operands[0]);
    return TOOL_GOES_ON;
}

static void name_of(const struct dobos_host *host, uint32_t index, char name[DOBOS_NAME_BYTES]) {
    struct dobos_interface_info info;
    if (index != 0 && dobos_interface_read(host, index, &info) == 0)
        memcpy(name, info.name, DOBOS_NAME_BYTES);
}

static void rule_text(const struct dobos_host *host, const struct dobos_filter_info *info,
                      struct sink *text) {
    struct filter_sentence sentence = {.rule = info->rule};
    name_of(host, info->rule.from.interface, sentence.from);
    name_of(host, info->rule.to.interface, sentence.to);
    filter_sentence_format(&sentence, text);
}

static void rule_print(struct tool_task *task, uint32_t number, const char *text,
                       const struct dobos_filter_info *info) {
    struct sink *out = task->context.out;
    if (info->is_implicit)
        sink_format(out, "%5s", "");
    else
        sink_format(out, "%5" PRIu32, number);
    sink_format(out, " %10" PRIu64 " %12" PRIu64 "  %s%s\n", info->packets, info->bytes, text,
                info->is_implicit ? " (no rule matched)" : "");
}

static void rule_append(struct filter_task *filter, uint32_t number, const char *text,
                        const struct dobos_filter_info *info) {
    struct tool_task *task = &filter->task;
    json_t *object = json_object();
    task_put(task, object, "rule", info->is_implicit ? json_null() : json_integer(number));
    task_put(task, object, "text", json_string(text));
    task_put(task, object, "packets", json_integer((json_int_t)info->packets));
    task_put(task, object, "bytes", json_integer((json_int_t)info->bytes));
    task_append(task, filter->array, object);
}

static int filter_step(struct tool_task *task, dobos_time now, dobos_time *again) {
    (void)now;
    (void)again;
    struct filter_task *filter = container_of(task, struct filter_task, task);
    struct dobos_filter_info info;
    struct sink text = {0};
    if (task->json)
        filter->array = json_array();
    for (uint32_t i = 0; dobos_filter_read(task->context.host, i, &info) == 0; i++) {
        sink_clear(&text);
        rule_text(task->context.host, &info, &text);
        if (task->json)
            rule_append(filter, i + 1, sink_text(&text), &info);
        else if (i == 0)
            sink_format(task->context.out, "%5s %10s %12s  %s\n", "rule", "packets", "bytes",
                        "sentence");
        if (!task->json)
            rule_print(task, i + 1, sink_text(&text), &info);
    }
    if (text.failed)
        task->context.out->failed = true;
    sink_fini(&text);
    if (task->json)
        task_print(task, filter->array);
    return 0;
}

static const struct option_spec filter_options[] = {{0}};

const struct tool_kind tool_filter = {
    .tool = {.name = "filter",
             .summary = "show the rules by which a node filters, and what they decided",
             .needs_node = true,
             .letters = ""},
    .usage = "[list]",
    .text =
        "Shows the rules by which a node filters, in the order they are asked, and of how many\n"
        "packets and bytes each has decided. A node without a filter has none to show.",
    .options = filter_options,
    .bytes = sizeof(struct filter_task),
    .operands_most = 1,
    .begin = filter_begin,
    .step = filter_step,
};
