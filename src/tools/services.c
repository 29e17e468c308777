/*
 * services: the list of well-known ports (RFC 6335), in getent's layout with what each is for. By
 * name (http), port (80), or both with a protocol (80/udp, domain/tcp).
 */
#include <string.h>

#include "base/memory.h"
#include "tools/service_names.h"
#include "tools/task.h"

#define NAME_COLUMN 21 /* where getent writes the port */

struct services {
    struct tool_task task;
    char name[64];              /* asked for; "": all */
    int64_t port;               /* the same as a number; 0: it is none */
    enum dobos_protocol wanted; /* only this; 0: any */
};

static struct services *services_of(struct tool_task *task) {
    return container_of(task, struct services, task);
}

static bool is_number(const char *text) {
    return strspn(text, "0123456789") == strlen(text);
}

static int services_begin(struct tool_task *task, dobos_time now) {
    (void)now;
    struct services *services = services_of(task);
    if (task->operand_count == 0)
        return TOOL_GOES_ON;
    const char *text = task->operands[0];
    const char *slash = strchr(text, '/');
    size_t length = slash ? (size_t)(slash - text) : strlen(text);
    if (length == 0 || length >= sizeof(services->name))
        return task_refuse(task, "'%s': expected a name or a port", text);
    memcpy(services->name, text, length);
    if (slash && strcmp(slash, "/tcp") == 0)
        services->wanted = DOBOS_TCP;
    else if (slash && strcmp(slash, "/udp") == 0)
        services->wanted = DOBOS_UDP;
    else if (slash)
        return task_refuse(task, "'%s': expected /tcp or /udp", text);
    if (is_number(services->name) && !whole_parse(services->name, 1, 65535, &services->port))
        return task_refuse(task, "'%s': expected a port from 1 to 65535", text);
    return TOOL_GOES_ON;
}

static bool is_asked(const struct services *services, const struct service_name *service) {
    if (services->port != 0)
        return service->port == services->port;
    return services->name[0] == '\0' || service_name_is(service, services->name);
}

static void service_print(struct tool_task *task, const struct service_name *service,
                          const char *protocol) {
    struct sink *out = task->context.out;
    sink_put(out, service->name);
    sink_pad(out, NAME_COLUMN);
    sink_format(out, " %u/%s%s%s", service->port, protocol, service->aliases ? " " : "",
                service->aliases ? service->aliases : "");
    sink_pad(out, 56);
    sink_format(out, "# %s\n", service->text);
}

static json_t *service_json(struct tool_task *task, const struct service_name *service,
                            const char *protocol) {
    json_t *object = json_object();
    json_t *aliases = json_array();
    for (const char *at = service->aliases; at;) {
        size_t word = strcspn(at, " ");
        task_append(task, aliases, json_stringn(at, word));
        at = at[word] == ' ' ? at + word + 1 : NULL;
    }
    task_put(task, object, "name", json_string(service->name));
    task_put(task, object, "port", json_integer(service->port));
    task_put(task, object, "protocol", json_string(protocol));
    task_put(task, object, "aliases", aliases);
    task_put(task, object, "description", json_string(service->text));
    return object;
}

static int services_step(struct tool_task *task, dobos_time now, dobos_time *again) {
    (void)now;
    (void)again;
    const struct services *services = services_of(task);
    json_t *array = task->json ? json_array() : NULL;
    unsigned shown = 0;
    for (unsigned nth = 0; service_name_nth(nth); nth++) {
        const struct service_name *service = service_name_nth(nth);
        for (int udp = 0; udp < 2; udp++) {
            if (!(udp ? service->udp : service->tcp) || !is_asked(services, service) ||
                (services->wanted != 0 && services->wanted != (udp ? DOBOS_UDP : DOBOS_TCP)))
                continue;
            shown++;
            if (task->json)
                task_append(task, array, service_json(task, service, udp ? "udp" : "tcp"));
            else
                service_print(task, service, udp ? "udp" : "tcp");
        }
    }
    if (task->json)
        task_print(task, array);
    if (shown == 0)
        task_complain(task, "%s: not in the list", task->operands[0]);
    return shown > 0 ? 0 : 2;
}

const struct tool_kind tool_services = {
    .tool = {.name = "services", .summary = "show well-known ports", .letters = ""},
    .usage = "[NAME|PORT][/tcp|/udp]",
    .text = "Shows well-known ports and their names, as getent services does: all of them, or\n"
            "those of a name (http), a port (80), or a port of one protocol (53/udp). Exits with\n"
            "2 when the list has no such port.",
    .bytes = sizeof(struct services),
    .operands_most = 1,
    .begin = services_begin,
    .step = services_step,
};
