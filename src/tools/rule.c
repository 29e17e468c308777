/*
 * rule: the rules of a node that choose its route tables, as `ip rule` of iproute2 lists them. Two
 * stand among them that nobody gave: first the node's own addresses, and the main table in its
 * place.
 */
#include "tools/route.h"

#include "base/prefix.h"
#include "tools/words.h"

struct rule {
    struct tool_task task;
    json_t *array; /* with --json: so far */
};

static void prefix_text(const struct dobos_prefix *prefix, char text[DOBOS_PREFIX_TEXT]) {
    if (prefix->length == 0)
        (void)snprintf(text, DOBOS_PREFIX_TEXT, "all");
    else
        route_destination_format(prefix, text);
}

static void table_text(uint32_t table, char text[12]) {
    if (table == 0)
        (void)snprintf(text, 12, "local");
    else
        route_table_format(table, text);
}

void rule_format(const struct dobos_host *host, const struct dobos_rule *rule, const char *colon,
                 struct sink *out) {
    char text[DOBOS_PREFIX_TEXT];
    char name[DOBOS_NAME_BYTES];
    prefix_text(&rule->from, text);
    sink_format(out, "%u%sfrom %s ", rule->priority, colon, text);
    if (rule->to.length > 0) {
        prefix_text(&rule->to, text);
        sink_format(out, "to %s ", text);
    }
    if (rule->interface != 0) {
        route_device_format(host, rule->interface, name);
        sink_format(out, "iif %s ", name);
    }
    table_text(rule->table, text);
    sink_format(out, "lookup %s", text);
}

/* A prefix under two keys. */
static void prefix_put(struct tool_task *task, json_t *object, const char *key,
                       const char *length_key, const struct dobos_prefix *prefix) {
    task_put(task, object, key, task_address(&prefix->address));
    if (prefix->length < 32)
        task_put(task, object, length_key, json_integer(prefix->length));
}

static json_t *rule_json(struct tool_task *task, const struct dobos_rule *rule) {
    json_t *object = json_object();
    char name[DOBOS_NAME_BYTES];
    char table[12];
    task_put(task, object, "priority", json_integer(rule->priority));
    if (rule->from.length > 0)
        prefix_put(task, object, "src", "srclen", &rule->from);
    else
        task_put(task, object, "src", json_string("all"));
    if (rule->to.length > 0)
        prefix_put(task, object, "dst", "dstlen", &rule->to);
    if (rule->interface != 0) {
        route_device_format(task->context.host, rule->interface, name);
        task_put(task, object, "iif", json_string(name));
    }
    table_text(rule->table, table);
    task_put(task, object, "table", json_string(table));
    return object;
}

static void rule_show(struct rule *asked, const struct dobos_rule *rule) {
    struct tool_task *task = &asked->task;
    if (task->json) {
        task_append(task, asked->array, rule_json(task, rule));
        return;
    }
    rule_format(task->context.host, rule, ":\t", task->context.out);
    sink_put(task->context.out, "\n");
}

static int rule_begin(struct tool_task *task, dobos_time now) {
    (void)now;
    if (task->operand_count == 1 && !word_is_show(task->operands[0]))
        return task_refuse(task, "'%s': expected show", task->operands[0]);
    return TOOL_GOES_ON;
}

static int rule_step(struct tool_task *task, dobos_time now, dobos_time *again) {
    (void)now;
    (void)again;
    struct rule *asked = container_of(task, struct rule, task);
    const struct dobos_rule own = {0};
    const struct dobos_rule main = {.priority = DOBOS_RULE_MAIN, .table = DOBOS_TABLE_MAIN};
    struct dobos_rule rule;
    bool has_main = false;
    asked->array = task->json ? json_array() : NULL;
    rule_show(asked, &own);
    for (uint32_t i = 0; dobos_rule_read(task->context.host, i, &rule) == 0; i++) {
        if (!has_main && rule.priority >= DOBOS_RULE_MAIN) {
            rule_show(asked, &main);
            has_main = true;
        }
        rule_show(asked, &rule);
    }
    if (!has_main)
        rule_show(asked, &main);
    if (task->json)
        task_print(task, asked->array);
    return 0;
}

static const struct option_spec rule_options[] = {
    {'4', "ipv4", NULL, "IPv4 only: all there is", OPTION_IGNORED, 0, 0, 0},
    {0},
};

const struct tool_kind tool_rule = {
    .tool = {.name = "rule",
             .summary = "show the rules that choose a route table",
             .needs_node = true,
             .letters = ""},
    .usage = "[show]",
    .options = rule_options,
    .text =
        "Shows a node's rules in the order in which they are asked, as ip rule does: by where a\n"
        "packet comes from or goes to, each leads to a table of routes (dobos route show table).\n"
        "The node's own addresses come first, and the main table has its place among them.",
    .bytes = sizeof(struct rule),
    .operands_most = 1,
    .begin = rule_begin,
    .step = rule_step,
};
