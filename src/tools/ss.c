/*
 * ss: the sockets of a node, in the layout of iproute2's ss: columns as wide as their widest text,
 * the address against the right and the port against the left; the columns Netid and State are left
 * out where they would always say the same. Ping sockets are not shown.
 */
#include <inttypes.h>
#include <string.h>

#include "base/memory.h"
#include "tools/service_names.h"
#include "tools/ss_filter.h"
#include "tools/ss_info.h"

#define COLUMNS   8
#define CELL_TEXT 64

enum column {
    COLUMN_NETID,
    COLUMN_STATE,
    COLUMN_RECV_QUEUE,
    COLUMN_SEND_QUEUE,
    COLUMN_LOCAL,
    COLUMN_LOCAL_PORT,
    COLUMN_PEER,
    COLUMN_PEER_PORT,
};

struct ss {
    struct tool_task task;
    struct ss_filter filter;
    bool tcp, udp;  /* only these; neither: both */
    bool listening; /* only listeners */
    bool all;       /* listeners and all else */
    bool numeric;   /* ports as numbers */
    bool info;      /* what TCP knows of its connection */
    bool options;   /* and what it agreed on */
    bool no_header; /* no titles */
    bool processes; /* refused */
    dobos_time now; /* of the host */
};

/* The texts of a socket's line. */
struct row {
    char cells[COLUMNS][CELL_TEXT];
};

static const char *const titles[COLUMNS] = {
    "Netid", "State", "Recv-Q", "Send-Q", "Local Address:", "Port", "Peer Address:", "Port",
};
/* What stands before a column; ports follow their addresses at once. */
static const char *const delimiters[COLUMNS] = {"", " ", " ", " ", " ", "", " ", ""};

static const char *const state_names[] = {
    [DOBOS_TCP_CLOSED] = "UNCONN",         [DOBOS_TCP_LISTEN] = "LISTEN",
    [DOBOS_TCP_SYN_SENT] = "SYN-SENT",     [DOBOS_TCP_SYN_RECEIVED] = "SYN-RECV",
    [DOBOS_TCP_ESTABLISHED] = "ESTAB",     [DOBOS_TCP_FIN_WAIT_1] = "FIN-WAIT-1",
    [DOBOS_TCP_FIN_WAIT_2] = "FIN-WAIT-2", [DOBOS_TCP_CLOSE_WAIT] = "CLOSE-WAIT",
    [DOBOS_TCP_CLOSING] = "CLOSING",       [DOBOS_TCP_LAST_ACK] = "LAST-ACK",
    [DOBOS_TCP_TIME_WAIT] = "TIME-WAIT",
};

static int ss_begin(struct tool_task *task, dobos_time now) {
    (void)now;
    struct ss *ss = container_of(task, struct ss, task);
    if (!ss->tcp && !ss->udp)
        ss->tcp = ss->udp = true;
    if (ss->processes)
        return task_refuse(task, "-p: the sockets of a node are no processes'");
    return ss_filter_read(task, &ss->filter);
}

/* A UDP socket with a peer counts as connected. */
static enum dobos_tcp_state state_of(const struct dobos_socket_info *info) {
    if (info->protocol == DOBOS_TCP)
        return info->state;
    return info->peer.port != 0 ? DOBOS_TCP_ESTABLISHED : DOBOS_TCP_CLOSED;
}

/* As ss chooses: without -a or -l what is connected, also on its way to its end. */
static bool is_wanted(const struct ss *ss, const struct dobos_socket_info *info,
                      enum dobos_protocol protocol) {
    enum dobos_tcp_state state = state_of(info);
    if (info->protocol != protocol || info->local.port == 0)
        return false;
    if (protocol == DOBOS_TCP && state == DOBOS_TCP_CLOSED)
        return false;
    if (!ss_filter_holds(&ss->filter, info))
        return false;
    if (ss->filter.has_states)
        return ss_filter_has_state(&ss->filter, state);
    if (ss->all)
        return true;
    bool is_listening = state == DOBOS_TCP_LISTEN || state == DOBOS_TCP_CLOSED;
    if (ss->listening)
        return is_listening;
    return !is_listening && state != DOBOS_TCP_TIME_WAIT && state != DOBOS_TCP_SYN_RECEIVED;
}

static void endpoint_format(const struct ss *ss, enum dobos_protocol protocol,
                            const struct dobos_endpoint *endpoint, char *address, char *port) {
    char text[DOBOS_ADDRESS_TEXT];
    const char *name = ss->numeric ? NULL : service_name_of(protocol, endpoint->port);
    (void)dobos_address_format(&endpoint->address, text);
    (void)snprintf(address, CELL_TEXT, "%s:", text);
    if (endpoint->port == 0)
        (void)snprintf(port, CELL_TEXT, "*");
    else if (name)
        (void)snprintf(port, CELL_TEXT, "%s", name);
    else
        (void)snprintf(port, CELL_TEXT, "%u", endpoint->port);
}

static void row_fill(const struct ss *ss, const struct dobos_socket_info *info, struct row *row) {
    const char *netid = info->protocol == DOBOS_TCP ? "tcp" : "udp";
    (void)snprintf(row->cells[COLUMN_NETID], CELL_TEXT, "%s", netid);
    (void)snprintf(row->cells[COLUMN_STATE], CELL_TEXT, "%s", state_names[state_of(info)]);
    (void)snprintf(row->cells[COLUMN_RECV_QUEUE], CELL_TEXT, "%zu", info->receive_queue);
    (void)snprintf(row->cells[COLUMN_SEND_QUEUE], CELL_TEXT, "%zu", info->send_queue);
    endpoint_format(ss, info->protocol, &info->local, row->cells[COLUMN_LOCAL],
                    row->cells[COLUMN_LOCAL_PORT]);
    endpoint_format(ss, info->protocol, &info->peer, row->cells[COLUMN_PEER],
                    row->cells[COLUMN_PEER_PORT]);
}

static bool column_is_shown(const struct ss *ss, unsigned column) {
    if (column == COLUMN_NETID)
        return ss->tcp && ss->udp;
    if (column == COLUMN_STATE && ss_filter_is_one_state(&ss->filter))
        return false;
    if (column == COLUMN_STATE)
        return ss->tcp || ss->all || ss->listening;
    return true;
}

static void row_print(const struct ss *ss, const size_t *widths, const char *const texts[COLUMNS],
                      const char *end) {
    struct sink *out = ss->task.context.out;
    bool is_first = true;
    for (unsigned column = 0; column < COLUMNS; column++) {
        if (!column_is_shown(ss, column))
            continue;
        bool to_right = column == COLUMN_LOCAL || column == COLUMN_PEER;
        int width = to_right ? (int)widths[column] : -(int)widths[column];
        sink_format(out, "%s%*s", is_first ? "" : delimiters[column], width, texts[column]);
        is_first = false;
    }
    sink_put(out, end);
}

typedef void socket_visit(struct ss *ss, const struct dobos_socket_info *info, void *context);

/* Calls `visit` for each socket to be shown, UDP first, as ss has it. */
static void sockets_visit(struct ss *ss, socket_visit *visit, void *context) {
    static const enum dobos_protocol order[] = {DOBOS_UDP, DOBOS_TCP};
    struct dobos_socket_info info;
    for (size_t i = 0; i < array_length(order); i++) {
        if (!(order[i] == DOBOS_TCP ? ss->tcp : ss->udp))
            continue;
        for (uint32_t nth = 0; dobos_socket_read(ss->task.context.host, nth, &info) == 0; nth++) {
            if (is_wanted(ss, &info, order[i]))
                visit(ss, &info, context);
        }
    }
}

static void widths_grow(struct ss *ss, const struct dobos_socket_info *info, void *context) {
    size_t *widths = context;
    struct row row;
    row_fill(ss, info, &row);
    for (unsigned column = 0; column < COLUMNS; column++)
        widths[column] = max_size(widths[column], strlen(row.cells[column]));
}

static void socket_print(struct ss *ss, const struct dobos_socket_info *info, void *context) {
    struct row row;
    const char *texts[COLUMNS];
    row_fill(ss, info, &row);
    for (unsigned column = 0; column < COLUMNS; column++)
        texts[column] = row.cells[column];
    row_print(ss, context, texts, ss->info || ss->no_header ? "\n" : "       \n");
    if (ss->info && info->protocol == DOBOS_TCP)
        ss_info_print(ss->task.context.out, info, ss->options, ss->numeric, ss->now);
}

static json_t *endpoint_put(struct ss *ss, json_t *object, const char *address, const char *port,
                            const struct dobos_endpoint *endpoint) {
    task_put(&ss->task, object, address, task_address(&endpoint->address));
    task_put(&ss->task, object, port, json_integer(endpoint->port));
    return object;
}

static void socket_append(struct ss *ss, const struct dobos_socket_info *info, void *context) {
    struct tool_task *task = &ss->task;
    json_t *object = json_object();
    const char *netid = info->protocol == DOBOS_TCP ? "tcp" : "udp";
    task_put(task, object, "netid", json_string(netid));
    task_put(task, object, "state", json_string(state_names[state_of(info)]));
    task_put(task, object, "recv_q", json_integer((json_int_t)info->receive_queue));
    task_put(task, object, "send_q", json_integer((json_int_t)info->send_queue));
    endpoint_put(ss, object, "local_address", "local_port", &info->local);
    endpoint_put(ss, object, "peer_address", "peer_port", &info->peer);
    if (ss->info && info->protocol == DOBOS_TCP)
        task_put(task, object, "tcp_info", ss_info_json(&ss->task, &info->tcp, ss->now));
    task_append(task, context, object);
}

static int ss_step(struct tool_task *task, dobos_time now, dobos_time *again) {
    (void)again;
    struct ss *ss = container_of(task, struct ss, task);
    ss->now = now;
    if (task->json) {
        json_t *array = json_array();
        sockets_visit(ss, socket_append, array);
        task_print(task, array);
        return 0;
    }
    size_t widths[COLUMNS];
    for (unsigned column = 0; column < COLUMNS; column++)
        widths[column] = ss->no_header ? 0 : strlen(titles[column]);
    widths[COLUMN_RECV_QUEUE] = widths[COLUMN_SEND_QUEUE] = strlen("Recv-Q");
    sockets_visit(ss, widths_grow, widths);
    if (!ss->no_header)
        row_print(ss, widths, titles, "Process\n");
    sockets_visit(ss, socket_print, widths);
    return 0;
}

static const struct option_spec ss_options[] = {
    {'t', "tcp", NULL, "TCP sockets", OPTION_FLAG, offsetof(struct ss, tcp), 0, 0},
    {'u', "udp", NULL, "UDP sockets", OPTION_FLAG, offsetof(struct ss, udp), 0, 0},
    {'a', "all", NULL, "listeners and all others", OPTION_FLAG, offsetof(struct ss, all), 0, 0},
    {'l', "listening", NULL, "only listeners", OPTION_FLAG, offsetof(struct ss, listening), 0, 0},
    {'n', "numeric", NULL, "ports as numbers", OPTION_FLAG, offsetof(struct ss, numeric), 0, 0},
    {'i', "info", NULL, "what TCP knows of each connection", OPTION_FLAG, offsetof(struct ss, info),
     0, 0},
    {'o', "options", NULL, "with -i: what was agreed on, too", OPTION_FLAG,
     offsetof(struct ss, options), 0, 0},
    {'e', "extended", NULL, "the same", OPTION_FLAG, offsetof(struct ss, options), 0, 0},
    {'H', "no-header", NULL, "no titles", OPTION_FLAG, offsetof(struct ss, no_header), 0, 0},
    {'p', "processes", NULL, "refused: a node has none", OPTION_FLAG,
     offsetof(struct ss, processes), 0, 0},
    {'4', "ipv4", NULL, "IPv4 only: all there is", OPTION_IGNORED, 0, 0, 0},
    {0},
};

const struct tool_kind tool_ss = {
    .tool = {.name = "ss", .summary = "show sockets", .needs_node = true, .letters = "n"},
    .usage = "[state STATE] [exclude STATE] [src | dst ADDRESS] [sport | dport = :PORT]...",
    .text =
        "Shows a node's sockets, as ss of iproute2 does; without -a or -l those that are\n"
        "connected. STATE is established, listening, time-wait and so on; conditions that stand\n"
        "side by side must all hold.",
    .options = ss_options,
    .bytes = sizeof(struct ss),
    .operands_most = 48,
    .begin = ss_begin,
    .step = ss_step,
};
