/*
 * ping_text: what ping writes, in the layout of iputils. Who answered is shown by name when it was
 * asked for by name, and never with --json.
 */
#include <inttypes.h>
#include <string.h>

#include "tools/ping.h"
#include "wire/icmp.h"

#define HEADERS_BYTES 28 /* of IPv4 and ICMP */
#define TIME_BYTES    16 /* of a struct timeval */

void ping_time_add(struct ping *ping, int64_t microseconds) {
    if (ping->received + ping->repeated == 1 || microseconds < ping->least_us)
        ping->least_us = microseconds;
    if (microseconds > ping->most_us)
        ping->most_us = microseconds;
    ping->sum_us += microseconds;
    ping->squares_us += (double)microseconds * (double)microseconds;
}

/* Too few bytes for the time that ping puts into its questions: then it shows none. */
static bool shows_times(const struct ping *ping) {
    return ping->data_bytes >= TIME_BYTES;
}

/* Where from: the address, and behind it the interface if that was asked for. */
static void source_print(const struct ping *ping) {
    struct sink *out = ping->task.context.out;
    const struct dobos_host *host = ping->task.context.host;
    struct dobos_interface_address own = {.prefix = {dobos_address_ipv4(0), 0}};
    char text[DOBOS_ADDRESS_TEXT];
    bool is_address = dobos_address_parse(ping->source, &own.prefix.address, NULL) == 0;
    int interface = is_address ? 0 : dobos_interface_find(host, ping->source);
    if (interface > 0)
        (void)dobos_address_read(host, (uint32_t)interface, 0, &own);
    (void)dobos_address_format(&own.prefix.address, text);
    sink_format(out, "from %s %s: ", text, is_address ? "" : ping->source);
}

void ping_head_print(struct ping *ping) {
    char text[DOBOS_ADDRESS_TEXT];
    struct sink *out = ping->task.context.out;
    if (ping->task.json)
        return;
    (void)dobos_address_format(&ping->address, text);
    sink_format(out, "PING %s (%s) ", ping->name, text);
    if (ping->source)
        source_print(ping);
    sink_format(out, "%" PRId64 "(%" PRId64 ") bytes of data.\n", ping->data_bytes,
                ping->data_bytes + HEADERS_BYTES);
}

/* Three digits that count: 0.123, 1.23, 12.3, 123. */
static void time_print(struct sink *out, int64_t us) {
    if (us >= 99950)
        sink_format(out, "%" PRId64, (us + 500) / 1000);
    else if (us >= 9995)
        sink_format(out, "%" PRId64 ".%" PRId64, (us + 50) / 1000, (us + 50) % 1000 / 100);
    else if (us >= 1000)
        sink_format(out, "%" PRId64 ".%02" PRId64, (us + 5) / 1000, (us + 5) % 1000 / 10);
    else
        sink_format(out, "%" PRId64 ".%03" PRId64, us / 1000, us % 1000);
}

/* Who: the address, before it the name where it has one. */
static void peer_print(struct sink *out, const struct dobos_address *from, const char *name) {
    char text[DOBOS_ADDRESS_TEXT];
    (void)dobos_address_format(from, text);
    if (name && strcmp(name, text) != 0)
        sink_format(out, "%s (%s)", name, text);
    else
        sink_put(out, text);
}

static void reply_append(struct ping *ping, const struct ping_arrival *arrival) {
    struct tool_task *task = &ping->task;
    json_t *reply = json_object();
    task_put(task, reply, "type", json_string("reply"));
    task_put(task, reply, "from", task_address(&arrival->from));
    task_put(task, reply, "bytes", json_integer((json_int_t)arrival->length));
    task_put(task, reply, "icmp_seq", json_integer((json_int_t)arrival->number));
    task_put(task, reply, "ttl", json_integer(arrival->ttl));
    task_put(task, reply, "time", json_real((double)arrival->microseconds / 1000));
    task_put(task, reply, "duplicate", json_boolean(arrival->is_repeated));
    task_append(task, ping->replies, reply);
}

static void reply_print(struct ping *ping, const struct ping_arrival *arrival, const char *name) {
    struct sink *out = ping->task.context.out;
    sink_format(out, "%zu bytes from ", arrival->length);
    peer_print(out, &arrival->from, name);
    sink_format(out, ": icmp_seq=%" PRIu64 " ttl=%u", arrival->number, arrival->ttl);
    if (shows_times(ping)) {
        sink_put(out, " time=");
        time_print(out, arrival->microseconds);
        sink_put(out, " ms");
    }
    sink_put(out, arrival->is_repeated ? " (DUP!)\n" : "\n");
}

static void unreachable_format(const struct dobos_icmp_report *report, char text[64]) {
    static const char *const texts[] = {
        "Destination Net Unreachable",
        "Destination Host Unreachable",
        "Destination Protocol Unreachable",
        "Destination Port Unreachable",
        "",
        "Source Route Failed",
        "Destination Net Unknown",
        "Destination Host Unknown",
        "Source Host Isolated",
        "Destination Net Prohibited",
        "Destination Host Prohibited",
        "Destination Net Unreachable for Type of Service",
        "Destination Host Unreachable for Type of Service",
        "Packet filtered",
        "Precedence Violation",
        "Precedence Cutoff",
    };
    if (report->code == ICMP_FRAGMENTATION_NEEDED)
        (void)snprintf(text, 64, "Frag needed and DF set (mtu = %u)", report->mtu);
    else if (report->code < sizeof(texts) / sizeof(texts[0]))
        (void)snprintf(text, 64, "%s", texts[report->code]);
    else
        (void)snprintf(text, 64, "Dest Unreachable, Bad Code: %u", report->code);
}

static void report_format(const struct dobos_icmp_report *report, char text[64]) {
    if (report->type == ICMP_UNREACHABLE)
        unreachable_format(report, text);
    else if (report->type == ICMP_TIME_EXCEEDED)
        (void)snprintf(text, 64, "%s",
                       report->code == 0 ? "Time to live exceeded"
                                         : "Frag reassembly time exceeded");
    else if (report->type == ICMP_PARAMETER_PROBLEM)
        (void)snprintf(text, 64, "Parameter problem");
    else
        (void)snprintf(text, 64, "Bad ICMP type: %u", report->type);
}

static void error_append(struct ping *ping, const struct ping_arrival *arrival, const char *text) {
    struct tool_task *task = &ping->task;
    json_t *error = json_object();
    task_put(task, error, "type", json_string("error"));
    task_put(task, error, "from", task_address(&arrival->from));
    task_put(task, error, "icmp_seq", json_integer((json_int_t)arrival->number));
    task_put(task, error, "icmp_type", json_integer(arrival->report.type));
    task_put(task, error, "icmp_code", json_integer(arrival->report.code));
    task_put(task, error, "text", json_string(text));
    task_append(task, ping->replies, error);
}

void ping_arrival_print(struct ping *ping, const struct ping_arrival *arrival, const char *name) {
    struct sink *out = ping->task.context.out;
    char text[64] = "";
    if (arrival->is_error)
        report_format(&arrival->report, text);
    if (ping->task.json && arrival->is_error) {
        error_append(ping, arrival, text);
    } else if (ping->task.json) {
        reply_append(ping, arrival);
    } else if (!ping->quiet && arrival->is_error) {
        sink_put(out, "From ");
        peer_print(out, &arrival->from, name);
        sink_format(out, " icmp_seq=%" PRIu64 " %s\n", arrival->number, text);
    } else if (!ping->quiet) {
        reply_print(ping, arrival, name);
    }
}

/* The largest whole number whose square is not above it. */
static int64_t square_root(double square) {
    int64_t low = 0;
    int64_t high = INT64_C(1) << 40;
    while (low < high) {
        int64_t middle = low + (high - low + 1) / 2;
        if ((double)middle * (double)middle <= square)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

struct ping_summary {
    int64_t average_us, deviation_us; /* of round-trip times */
    double loss;                      /* per cent */
    int64_t took_ms;                  /* from the first question to the last */
};

static struct ping_summary summary_of(const struct ping *ping) {
    struct ping_summary summary = {.took_ms = (ping->last - ping->began) / DOBOS_MILLISECOND};
    uint64_t times = ping->received + ping->repeated;
    if (ping->transmitted > 0)
        summary.loss =
            (double)(ping->transmitted - ping->received) * 100.0 / (double)ping->transmitted;
    if (times > 0) {
        double average = (double)ping->sum_us / (double)times;
        summary.average_us = ping->sum_us / (int64_t)times;
        summary.deviation_us = square_root(ping->squares_us / (double)times - average * average);
    }
    return summary;
}

static void end_json(struct ping *ping, const struct ping_summary *summary) {
    struct tool_task *task = &ping->task;
    json_t *object = json_object();
    json_t *rtt = json_object();
    task_put(task, object, "host", json_string(ping->name));
    task_put(task, object, "address", task_address(&ping->address));
    task_put(task, object, "data_bytes", json_integer(ping->data_bytes));
    task_put(task, object, "replies", ping->replies);
    ping->replies = NULL;
    task_put(task, object, "transmitted", json_integer((json_int_t)ping->transmitted));
    task_put(task, object, "received", json_integer((json_int_t)ping->received));
    task_put(task, object, "duplicates", json_integer((json_int_t)ping->repeated));
    task_put(task, object, "errors", json_integer((json_int_t)ping->errors));
    task_put(task, object, "packet_loss_percent", json_real(summary->loss));
    task_put(task, object, "time", json_integer(summary->took_ms));
    if (ping->received > 0) {
        task_put(task, rtt, "min", json_real((double)ping->least_us / 1000));
        task_put(task, rtt, "avg", json_real((double)summary->average_us / 1000));
        task_put(task, rtt, "max", json_real((double)ping->most_us / 1000));
        task_put(task, rtt, "mdev", json_real((double)summary->deviation_us / 1000));
    }
    task_put(task, object, "rtt", rtt);
    task_print(task, object);
}

static void thousandths_print(struct sink *out, int64_t number, const char *end) {
    sink_format(out, "%" PRId64 ".%03" PRId64 "%s", number / 1000, number % 1000, end);
}

void ping_end_print(struct ping *ping) {
    struct sink *out = ping->task.context.out;
    struct ping_summary summary = summary_of(ping);
    if (ping->task.json) {
        end_json(ping, &summary);
        return;
    }
    sink_format(out, "\n--- %s ping statistics ---\n", ping->name);
    sink_format(out, "%" PRIu64 " packets transmitted, %" PRIu64 " received", ping->transmitted,
                ping->received);
    if (ping->repeated > 0)
        sink_format(out, ", +%" PRIu64 " duplicates", ping->repeated);
    if (ping->errors > 0)
        sink_format(out, ", +%" PRIu64 " errors", ping->errors);
    if (ping->transmitted > 0)
        sink_format(out, ", %g%% packet loss, time %" PRId64 "ms", summary.loss, summary.took_ms);
    sink_put(out, "\n");
    const bool has_times = ping->received > 0 && shows_times(ping);
    if (has_times) {
        sink_put(out, "rtt min/avg/max/mdev = ");
        thousandths_print(out, ping->least_us, "/");
        thousandths_print(out, summary.average_us, "/");
        thousandths_print(out, ping->most_us, "/");
        thousandths_print(out, summary.deviation_us, " ms");
    }
    if (ping->pipe > 1)
        sink_format(out, "%spipe %" PRIu64, has_times ? ", " : "", ping->pipe);
    sink_put(out, "\n");
}
