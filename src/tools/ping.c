/*
 * ping: asks a host for echoes (RFC 792, 1122 §3.2.2.6) and shows what comes back, as ping of
 * iputils does: one question an interval, then a wait for the last answer: twice the longest
 * round-trip time when there was any answer, else -W. Without -c it asks four times, since a tool
 * in a network without real time has to end by itself.
 */
#include "tools/ping.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "tools/lookup_text.h"

#define COUNT_DEFAULT  4
#define DATA_MOST      65507 /* 65535 without the headers of IPv4 and ICMP */
#define SEQUENCE_BYTES 2
#define SEQUENCES      65536
#define ECHO_HEADER    8

static struct ping *ping_of(struct tool_task *task) {
    return container_of(task, struct ping, task);
}

static void ping_defaults(struct tool_task *task) {
    struct ping *ping = ping_of(task);
    ping->interval_ns = DOBOS_SECOND;
    ping->linger_ns = 10 * DOBOS_SECOND;
    ping->data_bytes = 56;
}

static int ping_begin(struct tool_task *task, dobos_time now) {
    (void)now;
    struct ping *ping = ping_of(task);
    if (ping->path_mtu && strcmp(ping->path_mtu, "do") != 0 && strcmp(ping->path_mtu, "dont") != 0)
        return task_refuse(task, "-M: '%s': expected do or dont", ping->path_mtu);
    if (strlen(task->operands[0]) >= sizeof(ping->name))
        return task_refuse(task, "'%.40s...': longer than any name", task->operands[0]);
    if (ping->count == 0 && ping->deadline_ns == 0)
        ping->count = COUNT_DEFAULT;
    ping->probe_count =
        ping->count == 0 || ping->count > SEQUENCES ? SEQUENCES : (size_t)ping->count;
    return TOOL_GOES_ON;
}

static bool memory_take(struct ping *ping) {
    size_t bytes = SEQUENCE_BYTES + DATA_MOST;
    ping->probes = calloc(ping->probe_count, sizeof(*ping->probes));
    ping->bytes = malloc(bytes);
    if (ping->task.json)
        ping->replies = json_array();
    return ping->probes && ping->bytes && (!ping->task.json || ping->replies);
}

/* ---- from name to socket ---- */

static int lookup_begin(struct ping *ping, dobos_time now) {
    struct dobos_host *host = ping->task.context.host;
    if (!memory_take(ping) || dobos_poller_create(host, &ping->poller) != 0)
        return TOOL_EXIT_INTERNAL;
    (void)snprintf(ping->name, sizeof(ping->name), "%s", ping->task.operands[0]);
    ping->numeric |= dobos_address_parse(ping->name, &ping->address, NULL) == 0;
    ping->reverse.host = host;
    ping->reverse.poller = ping->poller;
    int error = dobos_getaddrinfo(host, ping->name, ping->poller, now, &ping->lookup);
    if (error == 0)
        return TOOL_GOES_ON;
    task_complain(&ping->task, "%s: %s", ping->name, lookup_refusal_text(ping->name, error));
    return 2;
}

/* Options of the socket; 0 or a negative error. */
static int socket_set(struct ping *ping) {
    struct dobos_endpoint local = {.address = dobos_address_ipv4(0)};
    int error = 0;
    if (ping->ttl > 0)
        error = dobos_option_set(ping->socket, DOBOS_OPTION_TTL, ping->ttl);
    if (error == 0 && ping->path_mtu && strcmp(ping->path_mtu, "do") == 0)
        error = dobos_option_set(ping->socket, DOBOS_OPTION_DONT_FRAGMENT, 1);
    if (error != 0 || !ping->source)
        return error;
    if (dobos_address_parse(ping->source, &local.address, NULL) == 0)
        return dobos_bind(ping->socket, &local);
    int index = dobos_interface_find(ping->task.context.host, ping->source);
    if (index < 0)
        return index;
    return dobos_option_set(ping->socket, DOBOS_OPTION_INTERFACE, index);
}

static int socket_open(struct ping *ping) {
    struct dobos_host *host = ping->task.context.host;
    struct dobos_endpoint peer = {.address = ping->address};
    if (dobos_socket_create(host, DOBOS_ICMP, ping->poller, &ping->socket) != 0)
        return TOOL_EXIT_INTERNAL;
    int error = socket_set(ping);
    if (error != 0) {
        task_complain(&ping->task, "%s: %s", ping->source ? ping->source : "socket",
                      strerror(-error));
        return 2;
    }
    error = dobos_connect(ping->socket, &peer);
    if (error != 0) {
        task_complain(&ping->task, "connect: %s", strerror(-error));
        return 2;
    }
    ping_head_print(ping);
    return TOOL_GOES_ON;
}

static int lookup_end(struct ping *ping, dobos_time now, dobos_time *again) {
    enum dobos_lookup_status status = dobos_lookup_step(ping->lookup, now, again);
    if (status == DOBOS_LOOKUP_PENDING && !ping->task.interrupted)
        return TOOL_GOES_ON;
    const struct dobos_lookup_result *result = dobos_lookup_read(ping->lookup);
    bool is_found = status == DOBOS_LOOKUP_FOUND && result->count > 0;
    if (is_found) {
        ping->address = result->addresses[0];
        if (result->canonical[0] != '\0')
            (void)snprintf(ping->name, sizeof(ping->name), "%s", result->canonical);
    } else {
        task_complain(&ping->task, "%s: %s", ping->name, lookup_text(status));
    }
    dobos_lookup_destroy(ping->lookup);
    ping->lookup = NULL;
    return is_found ? socket_open(ping) : 2;
}

/* ---- questions and answers ---- */

static void send_failed(struct ping *ping, int error) {
    struct dobos_route_choice choice;
    ping->errors++;
    if (error == -DOBOS_EMSGSIZE &&
        dobos_route_lookup(ping->task.context.host, &ping->address, NULL, &choice) == 0)
        task_complain(&ping->task, "local error: message too long, mtu=%u",
                      choice.path_mtu ? choice.path_mtu : choice.mtu);
    else
        task_complain(&ping->task, "sendmsg: %s", strerror(-error));
}

static void question_send(struct ping *ping, dobos_time now) {
    uint64_t number = ping->transmitted + 1;
    size_t length = SEQUENCE_BYTES + (size_t)ping->data_bytes;
    store_be16(ping->bytes, (uint16_t)number);
    for (size_t i = SEQUENCE_BYTES; i < length; i++)
        ping->bytes[i] = (uint8_t)(i - SEQUENCE_BYTES);
    ping->probes[number % ping->probe_count] = (struct ping_probe){.sent = now, .number = number};
    ping->transmitted = number;
    if (number == 1)
        ping->began = now;
    ping->last = now;
    int64_t sent = dobos_send(ping->socket, ping->bytes, length);
    if (sent == -DOBOS_ECONNREFUSED) /* what an earlier question met; it is reported by itself */
        sent = dobos_send(ping->socket, ping->bytes, length);
    if (sent < 0)
        send_failed(ping, (int)sent);
}

/* The last question sent with that sequence number; NULL: there is none. */
static struct ping_probe *probe_find(struct ping *ping, uint16_t sequence) {
    uint64_t number = ping->transmitted - ((ping->transmitted - sequence) & (SEQUENCES - 1));
    if (number == 0 || number > ping->transmitted)
        return NULL;
    struct ping_probe *probe = &ping->probes[number % ping->probe_count];
    return probe->number == number ? probe : NULL;
}

/* How many questions were under way when that one was answered. */
static void pipe_measure(struct ping *ping, const struct ping_probe *probe) {
    uint64_t under_way = ping->transmitted - probe->number + 1;
    if (under_way > ping->pipe)
        ping->pipe = under_way;
}

/* Keeps what came back until it is shown; where there is no memory for it, it is shown at once. */
static void arrival_keep(struct ping *ping, const struct ping_arrival *arrival) {
    if (ping->arrival_count == ping->arrival_room || !ping->arrivals) {
        size_t room = ping->arrival_room > 0 ? 2 * ping->arrival_room : 16;
        struct ping_arrival *larger = realloc(ping->arrivals, room * sizeof(*larger));
        if (!larger) {
            ping_arrival_print(ping, arrival, NULL);
            return;
        }
        ping->arrivals = larger;
        ping->arrival_room = room;
    }
    ping->arrivals[ping->arrival_count++] = *arrival;
}

/* Shows what came back, in order, as far as names are known. An interrupt waits for none. */
static void arrivals_show(struct ping *ping, dobos_time now, dobos_time *again) {
    bool is_plain = ping->numeric || ping->quiet || ping->task.json || ping->task.interrupted;
    size_t shown = 0;
    for (; shown < ping->arrival_count; shown++) {
        const struct ping_arrival *arrival = &ping->arrivals[shown];
        const char *name = "";
        if (!is_plain)
            name = reverse_name(&ping->reverse, &arrival->from, now, again);
        if (!name)
            break;
        ping_arrival_print(ping, arrival, is_plain ? NULL : name);
    }
    ping->arrival_count -= shown;
    if (shown > 0 && ping->arrival_count > 0)
        memmove(ping->arrivals, ping->arrivals + shown,
                ping->arrival_count * sizeof(*ping->arrivals));
}

static void replies_take(struct ping *ping) {
    struct dobos_message message;
    int64_t length;
    while ((length = dobos_receive_message(ping->socket, ping->bytes, SEQUENCE_BYTES + DATA_MOST,
                                           &message)) != -DOBOS_EAGAIN) {
        if (length < SEQUENCE_BYTES)
            continue;
        struct ping_probe *probe = probe_find(ping, load_be16(ping->bytes));
        if (!probe)
            continue;
        bool is_repeated = probe->is_answered;
        int64_t microseconds = (message.arrived - probe->sent) / DOBOS_MICROSECOND;
        probe->is_answered = true;
        if (is_repeated)
            ping->repeated++;
        else
            ping->received++;
        ping_time_add(ping, microseconds);
        pipe_measure(ping, probe);
        const struct ping_arrival arrival = {
            .from = message.peer.address,
            .number = probe->number,
            .length = (size_t)length - SEQUENCE_BYTES + ECHO_HEADER,
            .microseconds = microseconds,
            .ttl = message.ttl,
            .is_repeated = is_repeated,
        };
        arrival_keep(ping, &arrival);
    }
}

static void reports_take(struct ping *ping) {
    struct dobos_icmp_report report;
    while (dobos_receive_icmp(ping->socket, &report) == 0) {
        uint16_t sequence = report.payload_length >= SEQUENCE_BYTES ? load_be16(report.payload) : 0;
        const struct ping_probe *probe = probe_find(ping, sequence);
        ping->errors++;
        if (probe)
            pipe_measure(ping, probe);
        const struct ping_arrival arrival = {
            .from = report.from, .is_error = true, .report = report, .number = sequence};
        arrival_keep(ping, &arrival);
    }
    (void)dobos_socket_error(ping->socket); /* told above */
}

/* When to stop waiting; DOBOS_NEVER while there is more to ask. */
static dobos_time end_of(const struct ping *ping) {
    dobos_time end = DOBOS_NEVER;
    if (ping->deadline_ns > 0)
        return ping->began + ping->deadline_ns;
    if (ping->count > 0 && ping->transmitted >= (uint64_t)ping->count) {
        int64_t wait = ping->linger_ns;
        if (ping->received > 0)
            wait = max_i64(2 * ping->most_us * DOBOS_MICROSECOND, ping->interval_ns);
        end = ping->last + wait;
    }
    return end;
}

static int ping_finish(struct ping *ping) {
    ping_end_print(ping);
    if (ping->deadline_ns > 0 && ping->count > 0 && ping->received < (uint64_t)ping->count)
        return 1;
    return ping->received > 0 ? 0 : 1;
}

static int ping_step(struct tool_task *task, dobos_time now, dobos_time *again) {
    struct ping *ping = ping_of(task);
    int code = TOOL_GOES_ON;
    if (!ping->poller)
        code = lookup_begin(ping, now);
    if (code == TOOL_GOES_ON && ping->lookup)
        code = lookup_end(ping, now, again);
    if (code != TOOL_GOES_ON || !ping->socket)
        return code;
    replies_take(ping);
    reports_take(ping);
    arrivals_show(ping, now, again);
    uint64_t count = ping->count > 0 ? (uint64_t)ping->count : UINT64_MAX;
    bool is_over =
        ping->received + ping->errors >= count || (ping->transmitted > 0 && end_of(ping) <= now);
    if (task->interrupted || (is_over && ping->arrival_count == 0))
        return ping_finish(ping);
    if (is_over)
        return TOOL_GOES_ON; /* as soon as the name is known */
    if (ping->transmitted < count &&
        (ping->transmitted == 0 || now - ping->last >= ping->interval_ns))
        question_send(ping, now);
    *again = min_i64(*again, end_of(ping));
    if (ping->transmitted < count)
        *again = min_i64(*again, ping->last + ping->interval_ns);
    return TOOL_GOES_ON;
}

static void ping_fini(struct tool_task *task) {
    struct ping *ping = ping_of(task);
    dobos_lookup_destroy(ping->lookup);
    dobos_close(ping->socket);
    if (ping->poller)
        dobos_poller_destroy(ping->poller);
    json_decref(ping->replies);
    reverse_fini(&ping->reverse);
    free(ping->arrivals);
    free(ping->probes);
    free(ping->bytes);
}

#define HOUR (3600 * DOBOS_SECOND)

static const struct option_spec ping_options[] = {
    {'c', "count", "N", "ask N times (default: 4, or until -w)", OPTION_WHOLE,
     offsetof(struct ping, count), 1, INT32_MAX},
    {'i', "interval", "SECONDS", "between questions (default: 1)", OPTION_SECONDS,
     offsetof(struct ping, interval_ns), DOBOS_MILLISECOND, 24 * HOUR},
    {'s', "size", "BYTES", "of data in each (default: 56)", OPTION_WHOLE,
     offsetof(struct ping, data_bytes), 0, DATA_MOST},
    {'W', "timeout", "SECONDS", "wait for the last answer (default: 10)", OPTION_SECONDS,
     offsetof(struct ping, linger_ns), DOBOS_MILLISECOND, 24 * HOUR},
    {'w', "deadline", "SECONDS", "end then, however many were answered", OPTION_SECONDS,
     offsetof(struct ping, deadline_ns), DOBOS_MILLISECOND, 24 * HOUR},
    {'t', "ttl", "N", "time to live (default: the node's, 64)", OPTION_WHOLE,
     offsetof(struct ping, ttl), 1, 255},
    {'I', "interface", "FROM", "ask from this address or interface", OPTION_TEXT,
     offsetof(struct ping, source), 0, 0},
    {'M', "pmtudisc", "HOW", "do: forbid fragments; dont: allow them", OPTION_TEXT,
     offsetof(struct ping, path_mtu), 0, 0},
    {'q', "quiet", NULL, "only the statistics", OPTION_FLAG, offsetof(struct ping, quiet), 0, 0},
    {'n', "numeric", NULL, "addresses without names", OPTION_FLAG, offsetof(struct ping, numeric),
     0, 0},
    {'4', "ipv4", NULL, "IPv4 only: all there is", OPTION_IGNORED, 0, 0, 0},
    {0},
};

const struct tool_kind tool_ping = {
    .tool = {.name = "ping",
             .summary = "ask a host for echoes",
             .needs_node = true,
             .letters = "n"},
    .usage = "HOST",
    .text =
        "Asks HOST (a name or an address) for echoes and shows what comes back, as ping of\n"
        "iputils does. Exits with 0 when there was an answer, 1 when there was none, 2 when it\n"
        "could not ask.",
    .options = ping_options,
    .bytes = sizeof(struct ping),
    .operands_least = 1,
    .operands_most = 1,
    .defaults = ping_defaults,
    .begin = ping_begin,
    .step = ping_step,
    .fini = ping_fini,
};
