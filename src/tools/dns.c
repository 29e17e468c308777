/*
 * dns: what a node's DNS server knows: its cache (in dns_cached.c), what it has learned of other
 * servers, how often which helped; and to make it forget. What it is asked over the network is
 * another tool's: nslookup, dig.
 */
#include "tools/dns.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "wire/dns_types.h"

static struct dns_tool *dns_of(struct tool_task *task) {
    return container_of(task, struct dns_tool, task);
}

/* ---- arguments ---- */

static int name_take(struct dns_tool *dns, const char *word) {
    dns->has_name = true;
    dns->name_text = word;
    if (!dns_name_from_text(word, &dns->name))
        return task_refuse(&dns->task, "'%s': expected a name such as www.example.org", word);
    return TOOL_GOES_ON;
}

static int type_take(struct dns_tool *dns, const char *word) {
    dns->has_type = true;
    if (!dns_type_from_name(word, &dns->type))
        return task_refuse(&dns->task, "'%s': expected a type such as A, MX or TYPE65", word);
    return TOOL_GOES_ON;
}

static int dns_begin(struct tool_task *task, dobos_time now) {
    (void)now;
    static const struct {
        const char *name;
        enum dns_view view;
        unsigned most;
    } views[] = {{"cache", DNS_VIEW_CACHE, 3},
                 {"servers", DNS_VIEW_SERVERS, 1},
                 {"flush", DNS_VIEW_FLUSH, 2},
                 {"stat", DNS_VIEW_STAT, 1}};
    struct dns_tool *dns = dns_of(task);
    size_t i = 0;
    while (i < array_length(views) && strcmp(views[i].name, task->operands[0]) != 0)
        i++;
    if (i == array_length(views))
        return task_refuse(task, "'%s': expected cache, servers, flush or stat", task->operands[0]);
    dns->view = views[i].view;
    if (task->operand_count > views[i].most)
        return task_refuse(task, "'%s': expected nothing more", task->operands[views[i].most]);
    int code = task->operand_count > 1 ? name_take(dns, task->operands[1]) : TOOL_GOES_ON;
    if (code == TOOL_GOES_ON && task->operand_count > 2)
        code = type_take(dns, task->operands[2]);
    return code;
}

/* ---- other servers ---- */

static const char *state_name(enum dobos_dns_server_state state) {
    static const char *const names[] = {"", "new", "up", "down", "probed"};
    return names[state];
}

/* "12.3 ms"; "-" when it is not known. */
static void time_format(dobos_time time, char text[32]) {
    if (time == 0)
        (void)snprintf(text, 32, "-");
    else
        (void)snprintf(text, 32, "%" PRId64 ".%" PRId64 " ms", time / DOBOS_MILLISECOND,
                       time % DOBOS_MILLISECOND / (DOBOS_MILLISECOND / 10));
}

static int server_compare(const void *one, const void *other) {
    const struct dobos_dns_server *a = one, *b = other;
    return memcmp(&a->address, &b->address, sizeof a->address);
}

static void server_print(struct dns_tool *dns, const struct dobos_dns_server *server) {
    char address[DOBOS_ADDRESS_TEXT], srtt[32], wait[32];
    (void)dobos_address_format(&server->address, address);
    time_format(server->srtt, srtt);
    time_format(server->wait, wait);
    sink_format(dns->task.context.out, "%-15s %-7s %10s %10s %9" PRIu64 " %9" PRIu64 " %-4s%s%s\n",
                address, state_name(server->state), srtt, wait, server->answers, server->timeouts,
                server->has_edns ? "yes" : "no", server->lame_for[0] ? " " : "", server->lame_for);
}

static json_t *server_json(struct dns_tool *dns, const struct dobos_dns_server *server) {
    struct tool_task *task = &dns->task;
    json_t *object = json_object();
    task_put(task, object, "address", task_address(&server->address));
    task_put(task, object, "state", json_string(state_name(server->state)));
    task_put(task, object, "srtt_ns", server->srtt ? json_integer(server->srtt) : json_null());
    task_put(task, object, "wait_ns", json_integer(server->wait));
    task_put(task, object, "answers", json_integer((json_int_t)server->answers));
    task_put(task, object, "timeouts", json_integer((json_int_t)server->timeouts));
    task_put(task, object, "edns", json_boolean(server->has_edns));
    task_put(task, object, "lame_for",
             server->lame_for[0] ? json_string(server->lame_for) : json_null());
    return object;
}

/* Reads all, in the order of their addresses; NULL: no memory. */
static struct dobos_dns_server *servers_read(const struct dns_tool *dns, size_t *count) {
    struct dobos_dns_server *all = NULL, server = {0};
    size_t room = 0;
    *count = 0;
    do {
        if (*count == room) {
            room = room ? 2 * room : 64;
            struct dobos_dns_server *more = realloc(all, room * sizeof *all);
            if (!more) {
                free(all);
                return NULL;
            }
            all = more;
        }
        if (dobos_dns_server_read(dns->service, dns->now, &server) != 0)
            break;
        all[(*count)++] = server;
    } while (true);
    qsort(all, *count, sizeof *all, server_compare);
    return all;
}

static int servers_show(struct dns_tool *dns) {
    struct tool_task *task = &dns->task;
    size_t count;
    struct dobos_dns_server *all = servers_read(dns, &count);
    if (!all)
        return TOOL_EXIT_INTERNAL;
    json_t *array = task->json ? json_array() : NULL;
    if (!task->json)
        sink_put(task->context.out, "Address         State         RTT       Wait   Answers  "
                                    "Timeouts EDNS Lame for\n");
    for (size_t i = 0; i < count; i++) {
        if (task->json)
            task_append(task, array, server_json(dns, &all[i]));
        else
            server_print(dns, &all[i]);
    }
    free(all);
    if (task->json)
        task_print(task, array);
    return 0;
}

/* ---- counts ---- */

struct count {
    const char *name; /* as JSON has it */
    uint64_t value;   /* of it */
    const char *text; /* what it counts */
};

static void counts_print(struct dns_tool *dns, const struct count *counts, size_t count) {
    struct tool_task *task = &dns->task;
    json_t *object = task->json ? json_object() : NULL;
    for (size_t i = 0; i < count; i++) {
        if (task->json)
            task_put(task, object, counts[i].name, json_integer((json_int_t)counts[i].value));
        else
            sink_format(task->context.out, "%-10s %10" PRIu64 "  %s\n", counts[i].name,
                        counts[i].value, counts[i].text);
    }
    if (task->json)
        task_print(task, object);
}

static int stat_show(struct dns_tool *dns) {
    struct dobos_dns_counts read;
    if (dobos_dns_counts_read(dns->service, &read) != 0) {
        task_complain(&dns->task, "%s has no cache: it asks no other server",
                      dobos_host_name(dns->task.context.host));
        return 1;
    }
    const struct count counts[] = {
        {"records", read.entries[0], "sets of records in the cache"},
        {"no_type", read.entries[1], "absences of a type"},
        {"no_name", read.entries[2], "absences of a name"},
        {"failed", read.entries[3], "failures that are remembered"},
        {"cuts", read.entries[4], "zones whose servers their parent named"},
        {"bytes", read.bytes, "that these take"},
        {"limit", read.limit, "that they may take"},
        {"hits", read.hits, "names answered from the cache"},
        {"misses", read.misses, "names that had to be asked for"},
        {"stale", read.stale, "hits beyond their time"},
        {"refreshes", read.refreshes, "entries asked for anew before their time"},
        {"evictions", read.evictions, "entries that went for others"},
        {"outranked", read.outranked, "words that did not count beside better ones"},
        {"queries", read.queries, "sent to other servers"},
        {"timeouts", read.timeouts, "queries without an answer in time"},
        {"failures", read.failures, "questions that nobody could answer"},
        {"joined", read.joined, "questions that were on their way already"},
        {"refused", read.refused, "questions that might not wait"},
    };
    counts_print(dns, counts, array_length(counts));
    return 0;
}

/* ---- what it does ---- */

static int flush(struct dns_tool *dns) {
    struct tool_task *task = &dns->task;
    int64_t count = dobos_dns_cache_flush(dns->service, dns->has_name ? dns->name_text : NULL);
    if (!task->json) {
        sink_format(task->context.out, "%" PRId64 " %s forgotten\n", count,
                    count == 1 ? "entry" : "entries");
        return 0;
    }
    json_t *object = json_object();
    task_put(task, object, "forgotten", json_integer(count));
    task_print(task, object);
    return 0;
}

static struct dobos_service *service_find(const struct tool_context *context) {
    for (unsigned i = 0; i < context->service_count; i++) {
        if (context->services[i] && strcmp(dobos_service_name(context->services[i]), "dns") == 0)
            return context->services[i];
    }
    return NULL;
}

static int dns_step(struct tool_task *task, dobos_time now, dobos_time *again) {
    (void)again;
    struct dns_tool *dns = dns_of(task);
    dns->now = now;
    dns->service = service_find(&task->context);
    if (!dns->service) {
        task_complain(task, "%s has no DNS server", dobos_host_name(task->context.host));
        return 1;
    }
    switch (dns->view) {
    case DNS_VIEW_CACHE:
        return dns_cached_show(dns);
    case DNS_VIEW_SERVERS:
        return servers_show(dns);
    case DNS_VIEW_FLUSH:
        return flush(dns);
    case DNS_VIEW_STAT:
        return stat_show(dns);
    }
    return TOOL_EXIT_INTERNAL;
}

static void dns_fini(struct tool_task *task) {
    free(dns_of(task)->rows);
}

const struct tool_kind tool_dns = {
    .tool = {.name = "dns",
             .summary = "show what a DNS server knows, and make it forget",
             .needs_node = true,
             .letters = ""},
    .usage = "cache [NAME [TYPE]]\n"
             "       dobos dns [OPTION...] servers\n"
             "       dobos dns [OPTION...] flush [NAME]\n"
             "       dobos dns [OPTION...] stat",
    .text = "Shows what a node's DNS server has learned from others. cache: all that it holds, or\n"
            "what it holds of NAME and names below, of one TYPE: records, absences, and the cuts\n"
            "at which a zone's servers are named. servers: whom it asked, how fast they answer.\n"
            "flush: it forgets all, or NAME and names below. stat: how much, and how often it\n"
            "helped.",
    .bytes = sizeof(struct dns_tool),
    .operands_least = 1,
    .operands_most = 3,
    .begin = dns_begin,
    .step = dns_step,
    .fini = dns_fini,
};
