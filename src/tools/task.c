/* task: see task.h; and the table of tools with what tool.h promises. */
#include "tools/task.h"

#include <stdlib.h>
#include <string.h>

static const struct tool_kind *const kinds[] = {
    &tool_addr,  &tool_calc,     &tool_dig,   &tool_dns,      &tool_fetch, &tool_filter,
    &tool_maddr, &tool_nat,      &tool_neigh, &tool_nslookup, &tool_ping,  &tool_route,
    &tool_rule,  &tool_services, &tool_ss,    &tool_stat,     &tool_trace,
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

const struct tool *tool_nth(unsigned nth) {
    return nth < KINDS ? &kinds[nth]->tool : NULL;
}

static const struct tool_kind *kind_find(const char *name) {
    for (size_t i = 0; i < KINDS; i++) {
        if (strcmp(kinds[i]->tool.name, name) == 0)
            return kinds[i];
    }
    return NULL;
}

const struct tool *tool_find(const char *name) {
    const struct tool_kind *kind = kind_find(name);
    return kind ? &kind->tool : NULL;
}

void task_complain(struct tool_task *task, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    sink_format(task->context.error, "dobos %s: ", task->kind->tool.name);
    sink_vformat(task->context.error, format, arguments);
    sink_put(task->context.error, "\n");
    va_end(arguments);
}

int task_refuse(struct tool_task *task, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    sink_format(task->context.error, "dobos %s: ", task->kind->tool.name);
    sink_vformat(task->context.error, format, arguments);
    sink_format(task->context.error, " (see dobos %s --help)\n", task->kind->tool.name);
    va_end(arguments);
    return TOOL_EXIT_USAGE;
}

void task_put(struct tool_task *task, json_t *object, const char *key, json_t *value) {
    if (json_object_set_new(object, key, value) != 0)
        task->context.out->failed = true;
}

void task_append(struct tool_task *task, json_t *array, json_t *value) {
    if (json_array_append_new(array, value) != 0)
        task->context.out->failed = true;
}

static int append(const char *bytes, size_t length, void *sink) {
    sink_append(sink, bytes, length);
    return 0;
}

void task_print(struct tool_task *task, json_t *value) {
    const size_t flags = JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(12);
    if (json_dump_callback(value, append, task->context.out, flags) != 0)
        task->context.out->failed = true;
    sink_put(task->context.out, "\n");
    json_decref(value);
}

json_t *task_address(const struct dobos_address *address) {
    char text[DOBOS_ADDRESS_TEXT];
    (void)dobos_address_format(address, text);
    return json_string(text);
}

/* Copies the words into one block: pointers, then texts. */
static bool words_copy(struct tool_task *task, int argc, char *const argv[]) {
    size_t bytes = ((size_t)argc + 1) * sizeof(char *);
    size_t head = bytes;
    for (int i = 0; i < argc; i++)
        bytes += strlen(argv[i]) + 1;
    task->words = malloc(bytes);
    if (!task->words)
        return false;
    char *at = (char *)task->words + head;
    for (int i = 0; i < argc; i++) {
        task->words[i] = at;
        at = stpcpy(at, argv[i]) + 1;
    }
    task->words[argc] = NULL;
    return true;
}

/* Reads the arguments and begins; an exit code or TOOL_GOES_ON. */
static int task_begin(struct tool_task *task, int argc, dobos_time now) {
    const struct tool_kind *kind = task->kind;
    const struct option_table table = {kind->tool.name, kind->usage, kind->text, kind->options,
                                       kind->tool.needs_node};
    int first = 0;
    if (kind->defaults)
        kind->defaults(task);
    if (kind->reads_arguments) {
        task->operands = task->words + 1;
        task->operand_count = (unsigned)(argc - 1);
        return kind->begin(task, now);
    }
    switch (options_read(&table, argc, task->words, task, &task->json, &first, task->context.out,
                         task->context.error)) {
    case OPTIONS_HELP:
        return 0;
    case OPTIONS_REFUSED:
        return TOOL_EXIT_USAGE;
    case OPTIONS_READ:
        break;
    }
    task->operands = task->words + first;
    task->operand_count = (unsigned)(argc - first);
    if (task->operand_count < kind->operands_least)
        return task_refuse(task, "expected %s", kind->usage);
    if (task->operand_count > kind->operands_most)
        return task_refuse(task, "'%s': expected nothing more",
                           task->operands[kind->operands_most]);
    return kind->begin(task, now);
}

struct tool_task *tool_begin(const struct tool *tool, const struct tool_context *context, int argc,
                             char *const argv[], dobos_time now, int *exit_code) {
    const struct tool_kind *kind = kind_find(tool->name);
    struct tool_task *task = kind ? calloc(1, kind->bytes) : NULL;
    *exit_code = TOOL_EXIT_INTERNAL;
    if (!task)
        return NULL;
    task->kind = kind;
    task->context = *context;
    task->json = context->json;
    task->exit_code = TOOL_GOES_ON;
    if (!words_copy(task, argc, argv)) {
        tool_end(task);
        return NULL;
    }
    task->exit_code = task_begin(task, argc, now);
    if (task->exit_code != TOOL_GOES_ON) {
        *exit_code = task->exit_code;
        tool_end(task);
        return NULL;
    }
    return task;
}

bool tool_step(struct tool_task *task, dobos_time now, dobos_time *again, int *exit_code) {
    *again = DOBOS_NEVER;
    if (task->exit_code == TOOL_GOES_ON)
        task->exit_code = task->kind->step(task, now, again);
    if (task->context.out->failed || task->context.error->failed)
        task->exit_code = TOOL_EXIT_INTERNAL;
    *exit_code = task->exit_code;
    return task->exit_code != TOOL_GOES_ON;
}

void tool_interrupt(struct tool_task *task) {
    task->interrupted = true;
}

void tool_end(struct tool_task *task) {
    if (!task)
        return;
    if (task->kind->fini)
        task->kind->fini(task);
    free(task->words);
    free(task);
}
