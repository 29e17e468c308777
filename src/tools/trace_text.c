/* trace_text: what trace writes, in the layout of Debian's traceroute. */
#include <inttypes.h>

#include "tools/trace.h"

static const char *address_format(const struct dobos_address *address,
                                  char text[DOBOS_ADDRESS_TEXT]) {
    (void)dobos_address_format(address, text);
    return text;
}

void trace_head_print(const struct trace *trace) {
    char text[DOBOS_ADDRESS_TEXT];
    if (trace->task.json)
        return;
    sink_format(trace->task.context.out,
                "traceroute to %s (%s), %" PRId64 " hops max, %" PRId64 " byte packets\n",
                trace->task.operands[0], address_format(&trace->address, text), trace->most,
                trace->bytes);
}

static size_t number_of(const struct trace *trace, const struct trace_probe *probe) {
    return (size_t)(probe - trace->probes);
}

/* Whoever answered is named when nobody, or another, answered before at this hop. */
static bool is_new(const struct trace *trace, const struct trace_probe *probe) {
    size_t first = number_of(trace, probe) / (size_t)trace->queries * (size_t)trace->queries;
    for (size_t i = number_of(trace, probe); i > first; i--) {
        const struct trace_probe *before = &trace->probes[i - 1];
        if (before->is_answered)
            return !dobos_address_is_equal(&before->from, &probe->from);
    }
    return true;
}

static void probe_append(struct trace *trace, const struct trace_probe *probe, const char *name) {
    struct tool_task *task = &trace->task;
    size_t number = number_of(trace, probe);
    json_t *object = json_object();
    if (number % (size_t)trace->queries == 0) {
        json_t *hop = json_object();
        size_t distance = (size_t)trace->first + number / (size_t)trace->queries;
        task_put(task, hop, "hop", json_integer((json_int_t)distance));
        task_put(task, hop, "probes", json_array());
        task_append(task, trace->hops, hop);
    }
    json_t *hop = json_array_get(trace->hops, json_array_size(trace->hops) - 1);
    if (probe->is_answered) {
        task_put(task, object, "from", task_address(&probe->from));
        if (!trace->numeric)
            task_put(task, object, "name", json_string(name));
        task_put(task, object, "time", json_real((double)probe->took / 1e6));
        if (probe->note[0] != '\0')
            task_put(task, object, "note", json_string(probe->note));
    } else {
        task_put(task, object, "from", json_null());
    }
    task_append(task, json_object_get(hop, "probes"), object);
}

void trace_probe_print(struct trace *trace, const struct trace_probe *probe, const char *name) {
    struct sink *out = trace->task.context.out;
    size_t number = number_of(trace, probe), queries = (size_t)trace->queries;
    char text[DOBOS_ADDRESS_TEXT];
    if (trace->task.json) {
        probe_append(trace, probe, name);
        return;
    }
    if (number % queries == 0)
        sink_format(out, "%2zu ", (size_t)trace->first + number / queries);
    if (!probe->is_answered) {
        sink_put(out, " *");
    } else {
        if (is_new(trace, probe) && trace->numeric)
            sink_format(out, " %s", address_format(&probe->from, text));
        else if (is_new(trace, probe))
            sink_format(out, " %s (%s)", name, address_format(&probe->from, text));
        int64_t us = (probe->took + 500) / DOBOS_MICROSECOND;
        sink_format(out, "  %" PRId64 ".%03" PRId64 " ms", us / 1000, us % 1000);
        if (probe->note[0] != '\0')
            sink_format(out, " %s", probe->note);
    }
    if (number % queries == queries - 1)
        sink_put(out, "\n");
}

void trace_end_print(struct trace *trace) {
    struct tool_task *task = &trace->task;
    if (!task->json) {
        if (trace->shown % (size_t)trace->queries != 0)
            sink_put(task->context.out, "\n");
        return;
    }
    json_t *object = json_object();
    task_put(task, object, "host", json_string(task->operands[0]));
    task_put(task, object, "address", task_address(&trace->address));
    task_put(task, object, "max_hops", json_integer((json_int_t)trace->most));
    task_put(task, object, "packet_bytes", json_integer((json_int_t)trace->bytes));
    task_put(task, object, "reached", json_boolean(trace->is_reached));
    task_put(task, object, "hops", trace->hops);
    trace->hops = NULL;
    task_print(task, object);
}
