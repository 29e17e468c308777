/*
 * trace: the routers on the way to a host, as Debian's traceroute finds them: packets that may live
 * for one hop, two hops, …, each of which the router where it dies reports (RFC 792, 1812
 * §4.3.3.4). The packets are UDP datagrams to ports where nobody listens, or echo requests; the
 * destination itself answers those with an error, or a reply.
 *
 * The probes of one hop are under way at once; traceroute has sixteen, but hosts answer six of them
 * and are silent for a second, so that the way seemed longer than it is.
 */
#include "tools/trace.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "tools/lookup_text.h"
#include "wire/icmp.h"

#define HEADERS_BYTES  28 /* of IPv4, and of UDP or ICMP */
#define SEQUENCE_BYTES 2
#define PORTS          65536
#define RECEIVE_BYTES  2048
#define EXIT_INTERRUPT 130
#define MTU_BYTES      65000 /* what traceroute begins with */

static struct trace *trace_of(struct tool_task *task) {
    return container_of(task, struct trace, task);
}

static void trace_defaults(struct tool_task *task) {
    struct trace *trace = trace_of(task);
    trace->first = 1;
    trace->most = 30;
    trace->queries = 3;
    trace->wait_ns = 5 * DOBOS_SECOND;
    trace->port = 33434;
    trace->bytes = 60;
}

static int trace_begin(struct tool_task *task, dobos_time now) {
    (void)now;
    struct trace *trace = trace_of(task);
    if (trace->first > trace->most)
        return task_refuse(task, "first hop out of range: %lld is beyond -m %lld",
                           (long long)trace->first, (long long)trace->most);
    if (task->operand_count == 2 && !whole_parse(task->operands[1], 0, 65535, &trace->bytes))
        return task_refuse(task, "'%s': expected the bytes of a packet, at most 65535",
                           task->operands[1]);
    else if (trace->finds_mtu)
        trace->bytes = MTU_BYTES;
    if (trace->finds_mtu) {
        trace->dont_fragment = true;
        trace->under_way_most = 1;
    }
    if (trace->bytes < HEADERS_BYTES)
        trace->bytes = HEADERS_BYTES;
    if (trace->under_way_most == 0)
        trace->under_way_most = trace->queries;
    trace->count = (size_t)((trace->most - trace->first + 1) * trace->queries);
    if (!trace->echo && (size_t)trace->port + trace->count > PORTS)
        return task_refuse(task, "-p: %lld: behind it there are not ports enough for %zu probes",
                           (long long)trace->port, trace->count);
    return TOOL_GOES_ON;
}

/* ---- from name to socket ---- */

static int lookup_begin(struct trace *trace, dobos_time now) {
    struct tool_task *task = &trace->task;
    trace->reverse.host = task->context.host;
    trace->room = max_size((size_t)trace->bytes, RECEIVE_BYTES);
    trace->probes = calloc(trace->count, sizeof(*trace->probes));
    trace->data = malloc(trace->room);
    if (task->json)
        trace->hops = json_array();
    if (!trace->probes || !trace->data || (task->json && !trace->hops) ||
        dobos_poller_create(task->context.host, &trace->poller) != 0)
        return TOOL_EXIT_INTERNAL;
    trace->reverse.poller = trace->poller;
    int error = dobos_getaddrinfo(task->context.host, task->operands[0], trace->poller, now,
                                  &trace->lookup);
    if (error == 0)
        return TOOL_GOES_ON;
    task_complain(task, "%s: %s", task->operands[0], lookup_refusal_text(task->operands[0], error));
    return TOOL_EXIT_USAGE;
}

/* The socket's options; 0 or a negative error, with what was refused. */
static int socket_set(struct trace *trace, const char **what) {
    struct dobos_endpoint local = {.address = dobos_address_ipv4(0)};
    int error = dobos_option_set(trace->socket, DOBOS_OPTION_TOS, trace->tos);
    if (error == 0)
        error = dobos_option_set(trace->socket, DOBOS_OPTION_DONT_FRAGMENT, trace->dont_fragment);
    if (error == 0 && trace->device) {
        *what = trace->device;
        int index = dobos_interface_find(trace->task.context.host, trace->device);
        error = index < 0 ? index : dobos_option_set(trace->socket, DOBOS_OPTION_INTERFACE, index);
    }
    if (error == 0 && trace->source) {
        *what = trace->source;
        error = dobos_address_parse(trace->source, &local.address, NULL) == 0
                    ? dobos_bind(trace->socket, &local)
                    : -DOBOS_EINVAL;
    }
    return error;
}

static int socket_open(struct trace *trace) {
    const enum dobos_protocol protocol = trace->echo ? DOBOS_ICMP : DOBOS_UDP;
    const char *what = "socket";
    if (dobos_socket_create(trace->task.context.host, protocol, trace->poller, &trace->socket) != 0)
        return TOOL_EXIT_INTERNAL;
    int error = socket_set(trace, &what);
    if (error != 0) {
        task_complain(&trace->task, "%s: %s", what, strerror(-error));
        return 1;
    }
    trace_head_print(trace);
    return TOOL_GOES_ON;
}

static int lookup_end(struct trace *trace, dobos_time now, dobos_time *again) {
    enum dobos_lookup_status status = dobos_lookup_step(trace->lookup, now, again);
    if (status == DOBOS_LOOKUP_PENDING)
        return trace->task.interrupted ? EXIT_INTERRUPT : TOOL_GOES_ON;
    const struct dobos_lookup_result *result = dobos_lookup_read(trace->lookup);
    bool is_found = status == DOBOS_LOOKUP_FOUND && result->count > 0;
    if (is_found)
        trace->address = result->addresses[0];
    else
        task_complain(&trace->task, "%s: %s", trace->task.operands[0], lookup_text(status));
    dobos_lookup_destroy(trace->lookup);
    trace->lookup = NULL;
    return is_found ? socket_open(trace) : TOOL_EXIT_USAGE;
}

/* ---- probes and answers ---- */

/* What the path is known to carry, bytes. */
static uint32_t path_mtu(const struct trace *trace) {
    struct dobos_route_choice choice;
    if (dobos_route_lookup(trace->task.context.host, &trace->address, NULL, &choice) != 0)
        return UINT32_MAX;
    return choice.path_mtu ? choice.path_mtu : choice.mtu;
}

/* How long a probe is; where the path's MTU bounds it and is new, that is noted. */
static size_t probe_bytes(struct trace *trace, struct trace_probe *probe) {
    size_t bytes = (size_t)trace->bytes;
    uint32_t mtu = trace->finds_mtu ? path_mtu(trace) : UINT32_MAX;
    if (bytes <= mtu)
        return bytes;
    if (mtu != trace->mtu)
        (void)snprintf(probe->note, sizeof(probe->note), "F=%u", mtu);
    trace->mtu = mtu;
    return mtu;
}

/* Sends the next probe; an error of the socket, or 0. */
static int probe_send(struct trace *trace, dobos_time now) {
    size_t number = trace->sent;
    size_t head = trace->echo ? SEQUENCE_BYTES : 0;
    size_t length = head + probe_bytes(trace, &trace->probes[number]) - HEADERS_BYTES;
    struct dobos_message message = {
        .peer = {.address = trace->address, .port = (uint16_t)((size_t)trace->port + number)},
        .ttl = (uint8_t)((size_t)trace->first + number / (size_t)trace->queries),
    };
    if (trace->echo)
        message.peer.port = 0;
    store_be16(trace->data, (uint16_t)(number + 1));
    for (size_t i = head; i < length; i++)
        trace->data[i] = (uint8_t)(0x40 + ((i - head) & 0x3f));
    int64_t result = dobos_send_message(trace->socket, trace->data, length, &message);
    if (result < 0)
        return (int)result;
    trace->probes[trace->sent++].sent = now;
    return 0;
}

/* Probe `number` has its answer. */
static void answer_take(struct trace *trace, size_t number, const struct dobos_address *from,
                        dobos_time arrived, bool is_final) {
    if (number >= trace->sent || trace->probes[number].is_done)
        return;
    struct trace_probe *probe = &trace->probes[number];
    probe->is_done = probe->is_answered = true;
    probe->is_final = is_final;
    probe->from = *from;
    probe->took = arrived - probe->sent;
    trace->done++;
}

static void replies_take(struct trace *trace) {
    struct dobos_message message;
    int64_t length;
    while ((length = dobos_receive_message(trace->socket, trace->data, trace->room, &message)) !=
           -DOBOS_EAGAIN) {
        size_t number = (size_t)message.peer.port - (size_t)trace->port;
        if (length < 0 || (trace->echo && length < SEQUENCE_BYTES))
            continue;
        if (trace->echo)
            number = (size_t)load_be16(trace->data) - 1;
        else if (!dobos_address_is_equal(&message.peer.address, &trace->address))
            continue;
        answer_take(trace, number, &message.peer.address, message.arrived, true);
    }
}

/* What traceroute writes for an error that is not the end of a packet's life. */
static void note_format(const struct dobos_icmp_report *report, char note[TRACE_NOTE_BYTES]) {
    static const char *const notes[] = {"!N", "!H", "!P", "",   NULL, "!S", "!N", "!H",
                                        "!N", "!X", "!X", "!N", "!H", "!X", "!V", "!C"};
    if (report->type != ICMP_UNREACHABLE)
        (void)snprintf(note, TRACE_NOTE_BYTES, "!<%u-%u>", report->type, report->code);
    else if (report->code == ICMP_FRAGMENTATION_NEEDED)
        (void)snprintf(note, TRACE_NOTE_BYTES, "!F-%u", report->mtu);
    else if (report->code < array_length(notes))
        (void)snprintf(note, TRACE_NOTE_BYTES, "%s", notes[report->code]);
    else
        (void)snprintf(note, TRACE_NOTE_BYTES, "!<%u>", report->code);
}

/* With --mtu: whether the last probe is worth another try, since the path is known to be narrower
 * now. */
static bool is_too_long(const struct trace *trace, const struct dobos_icmp_report *report,
                        size_t number) {
    return trace->finds_mtu && report->type == ICMP_UNREACHABLE &&
           report->code == ICMP_FRAGMENTATION_NEEDED && number + 1 == trace->sent &&
           path_mtu(trace) < trace->mtu;
}

static void reports_take(struct trace *trace) {
    struct dobos_icmp_report report;
    while (dobos_receive_icmp(trace->socket, &report) == 0) {
        bool in_transit = report.type == ICMP_TIME_EXCEEDED && report.code == 0;
        size_t number = (size_t)report.peer.port - (size_t)trace->port;
        if (trace->echo && report.payload_length < SEQUENCE_BYTES)
            continue;
        if (trace->echo)
            number = (size_t)load_be16(report.payload) - 1;
        if (number >= trace->sent || trace->probes[number].is_done)
            continue;
        if (is_too_long(trace, &report, number)) {
            trace->sent--; /* the same once more, shorter */
            continue;
        }
        if (!in_transit)
            note_format(&report, trace->probes[number].note);
        answer_take(trace, number, &report.from, report.arrived, !in_transit);
    }
    (void)dobos_socket_error(trace->socket);
}

/* Those who waited too long wait no more; *again: when the next does. */
static void probes_expire(struct trace *trace, dobos_time now, dobos_time *again) {
    for (size_t i = trace->shown; i < trace->sent; i++) {
        struct trace_probe *probe = &trace->probes[i];
        if (probe->is_done)
            continue;
        if (now - probe->sent >= trace->wait_ns) {
            probe->is_done = true;
            trace->done++;
        } else {
            *again = min_i64(*again, probe->sent + trace->wait_ns);
        }
    }
}

/* A final answer makes its hop the last one. */
static void count_cut(struct trace *trace) {
    size_t queries = (size_t)trace->queries;
    for (size_t i = trace->shown; i < min_size(trace->sent, trace->count); i++) {
        if (trace->probes[i].is_final) {
            trace->count = min_size(trace->count, (i / queries + 1) * queries);
            trace->is_reached |= dobos_address_is_equal(&trace->probes[i].from, &trace->address);
        }
    }
}

/* Sends what may be under way. False: it could not be sent, and that has been said. */
static bool probes_send(struct trace *trace, dobos_time now) {
    while (trace->sent < trace->count &&
           trace->sent - trace->done < (size_t)trace->under_way_most) {
        int error = probe_send(trace, now);
        if (error != 0) {
            task_complain(&trace->task, "%s: %s", error == -DOBOS_EMSGSIZE ? "send" : "connect",
                          strerror(-error));
            return false;
        }
    }
    return true;
}

/* Shows what can be shown in order; its name may have to be found first. */
static void probes_show(struct trace *trace, dobos_time now, dobos_time *again) {
    while (trace->shown < min_size(trace->sent, trace->count) &&
           trace->probes[trace->shown].is_done) {
        const struct trace_probe *probe = &trace->probes[trace->shown];
        const char *name = "";
        if (probe->is_answered && !trace->numeric)
            name = reverse_name(&trace->reverse, &probe->from, now, again);
        if (!name)
            return;
        trace_probe_print(trace, probe, name);
        trace->shown++;
    }
}

static int trace_step(struct tool_task *task, dobos_time now, dobos_time *again) {
    struct trace *trace = trace_of(task);
    int code = TOOL_GOES_ON;
    if (!trace->poller)
        code = lookup_begin(trace, now);
    if (code == TOOL_GOES_ON && trace->lookup)
        code = lookup_end(trace, now, again);
    if (code != TOOL_GOES_ON || !trace->socket)
        return code;
    replies_take(trace);
    reports_take(trace);
    count_cut(trace);
    probes_expire(trace, now, again);
    if (!task->interrupted && !probes_send(trace, now))
        return 1;
    probes_expire(trace, now, again);
    probes_show(trace, now, again);
    if (trace->shown < trace->count && !task->interrupted)
        return TOOL_GOES_ON;
    trace_end_print(trace);
    return task->interrupted ? EXIT_INTERRUPT : 0;
}

static void trace_fini(struct tool_task *task) {
    struct trace *trace = trace_of(task);
    reverse_fini(&trace->reverse);
    dobos_lookup_destroy(trace->lookup);
    dobos_close(trace->socket);
    if (trace->poller)
        dobos_poller_destroy(trace->poller);
    json_decref(trace->hops);
    free(trace->probes);
    free(trace->data);
}

#define HOUR (3600 * DOBOS_SECOND)

static const struct option_spec trace_options[] = {
    {'n', "numeric", NULL, "addresses without names", OPTION_FLAG, offsetof(struct trace, numeric),
     0, 0},
    {'m', "max-hops", "N", "go so far at most (default: 30)", OPTION_WHOLE,
     offsetof(struct trace, most), 1, 255},
    {'f', "first", "N", "begin so far away (default: 1)", OPTION_WHOLE,
     offsetof(struct trace, first), 1, 255},
    {'q', "queries", "N", "probes for each hop (default: 3)", OPTION_WHOLE,
     offsetof(struct trace, queries), 1, 10},
    {'w', "wait", "SECONDS", "for an answer (default: 5)", OPTION_SECONDS,
     offsetof(struct trace, wait_ns), DOBOS_MILLISECOND, HOUR},
    {'I', "icmp", NULL, "echo requests instead of UDP", OPTION_FLAG, offsetof(struct trace, echo),
     0, 0},
    {'p', "port", "PORT", "of the first UDP probe (default: 33434)", OPTION_WHOLE,
     offsetof(struct trace, port), 1, 65535},
    {'N', "sim-queries", "N", "probes under way at once (default: -q)", OPTION_WHOLE,
     offsetof(struct trace, under_way_most), 1, 16},
    {'s', "source", "ADDRESS", "ask from this address", OPTION_TEXT, offsetof(struct trace, source),
     0, 0},
    {'i', "interface", "NAME", "ask from this interface", OPTION_TEXT,
     offsetof(struct trace, device), 0, 0},
    {'t', "tos", "N", "type of service (default: 0)", OPTION_WHOLE, offsetof(struct trace, tos), 0,
     255},
    {'F', "dont-fragment", NULL, "forbid fragments", OPTION_FLAG,
     offsetof(struct trace, dont_fragment), 0, 0},
    {0, "mtu", NULL, "find the path's MTU: -F -N 1, as long as it passes", OPTION_FLAG,
     offsetof(struct trace, finds_mtu), 0, 0},
    {'4', "ipv4", NULL, "IPv4 only: all there is", OPTION_IGNORED, 0, 0, 0},
    {0},
};

const struct tool_kind tool_trace = {
    .tool = {.name = "trace",
             .summary = "show the routers on the way to a host",
             .needs_node = true,
             .letters = "fnN"},
    .usage = "HOST [BYTES]",
    .text = "Shows the routers on the way to HOST (a name or an address), with packets of BYTES\n"
            "(60), as traceroute does. Exits with 0, also when HOST was not reached.",
    .options = trace_options,
    .bytes = sizeof(struct trace),
    .operands_least = 1,
    .operands_most = 2,
    .defaults = trace_defaults,
    .begin = trace_begin,
    .step = trace_step,
    .fini = trace_fini,
};
