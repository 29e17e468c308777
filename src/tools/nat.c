/*
 * nat: the mappings of a router's NAT, a line for each peer that a mapping talks with: who inside
 * is seen as what outside, by whom, how far that has come, and how long it stays without another
 * packet. The order is that in which mappings were made. `nat explain` is in nat_explain.c.
 */
#include "tools/nat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/prefix.h"
#include "tools/words.h"

#define PEERS_FIRST 64

enum {
    COLUMN_PROTOCOL,
    COLUMN_INSIDE,
    COLUMN_OUTSIDE,
    COLUMN_REMOTE,
    COLUMN_STATE,
    COLUMN_EXPIRES,
    COLUMNS
};

#define CELL_TEXT NAT_ENDPOINT_TEXT

struct row {
    char cells[COLUMNS][CELL_TEXT];
};

static const char *const titles[COLUMNS] = {"Proto",  "Inside", "Outside",
                                            "Remote", "State",  "Expires"};

static struct nat *nat_of(struct tool_task *task) {
    return container_of(task, struct nat, task);
}

/* ---- texts ---- */

static const struct {
    const char *name;
    uint8_t protocol;
} protocols[] = {{"tcp", DOBOS_TCP}, {"udp", DOBOS_UDP}, {"icmp", DOBOS_ICMP}};

const char *nat_protocol_name(uint8_t protocol) {
    for (size_t i = 0; i < array_length(protocols); i++) {
        if (protocols[i].protocol == protocol)
            return protocols[i].name;
    }
    return "?";
}

/* 0: no protocol that is translated. */
static uint8_t protocol_of(const char *word) {
    for (size_t i = 0; i < array_length(protocols); i++) {
        if (strcmp(protocols[i].name, word) == 0)
            return protocols[i].protocol;
    }
    return 0;
}

void nat_endpoint_format(const struct dobos_endpoint *endpoint, char text[NAT_ENDPOINT_TEXT]) {
    char address[DOBOS_ADDRESS_TEXT];
    (void)dobos_address_format(&endpoint->address, address);
    (void)snprintf(text, NAT_ENDPOINT_TEXT, "%s:%u", address, endpoint->port);
}

void nat_rest_format(dobos_time now, dobos_time expires, char text[32]) {
    if (expires == DOBOS_NEVER)
        (void)snprintf(text, 32, "never");
    else
        (void)snprintf(text, 32, "%llds", (long long)(max_i64(expires - now, 0) / DOBOS_SECOND));
}

/* ---- arguments ---- */

static int endpoint_take(struct nat *nat, const char *word, struct dobos_endpoint *endpoint) {
    const char *colon = strrchr(word, ':');
    const char *reason = NULL;
    char text[DOBOS_ADDRESS_TEXT];
    int64_t port = 0;
    if (!colon || (size_t)(colon - word) >= sizeof text ||
        !whole_parse(colon + 1, nat->protocol == DOBOS_ICMP ? 0 : 1, UINT16_MAX, &port))
        return task_refuse(&nat->task, "'%s': expected an address with %s such as %s", word,
                           nat->protocol == DOBOS_ICMP ? "an identifier" : "a port",
                           nat->protocol == DOBOS_ICMP ? "192.0.2.1:7" : "192.0.2.1:80");
    (void)snprintf(text, sizeof text, "%.*s", (int)(colon - word), word);
    if (dobos_address_parse(text, &endpoint->address, &reason) != 0)
        return task_refuse(&nat->task, "'%s': %s", word, reason);
    endpoint->port = (uint16_t)port;
    return TOOL_GOES_ON;
}

static int explain_begin(struct nat *nat) {
    struct tool_task *task = &nat->task;
    const struct word_value keywords[] = {{"iif", &nat->device, NULL}, {NULL, NULL, NULL}};
    unsigned at = 1;
    nat->is_explain = true;
    if (task->operand_count < 3)
        return task_refuse(task, "explain: expected a protocol and an address with its port");
    nat->protocol = protocol_of(task->operands[at]);
    if (nat->protocol == 0)
        return task_refuse(task, "'%s': expected tcp, udp or icmp", task->operands[at]);
    int code = endpoint_take(nat, task->operands[++at], &nat->source);
    at++;
    if (code == TOOL_GOES_ON && at < task->operand_count &&
        !word_is_known(keywords, task->operands[at])) {
        nat->has_destination = true;
        code = endpoint_take(nat, task->operands[at++], &nat->destination);
    }
    if (code == TOOL_GOES_ON)
        code = words_read(task, at, keywords, NULL);
    if (code == TOOL_GOES_ON && nat->device && !nat->has_destination)
        return task_refuse(task, "iif: expected a second address: where the packet goes");
    return code;
}

static int nat_begin(struct tool_task *task, dobos_time now) {
    (void)now;
    struct nat *nat = nat_of(task);
    unsigned at = 0;
    if (task->operand_count > 0 && strcmp(task->operands[0], "explain") == 0)
        return explain_begin(nat);
    if (task->operand_count > 0 && word_is_show(task->operands[0]))
        at++;
    if (at < task->operand_count) {
        nat->protocol = protocol_of(task->operands[at]);
        at += nat->protocol != 0;
    }
    if (at == task->operand_count)
        return TOOL_GOES_ON;
    if (at + 1 < task->operand_count)
        return task_refuse(task, "'%s': expected nothing more", task->operands[at + 1]);
    nat->has_prefix = true;
    return word_prefix(task, task->operands[at], &nat->prefix);
}

/* ---- sessions by mapping ---- */

static int mapping_compare(uint8_t protocol, const struct dobos_endpoint *outside,
                           const struct nat_peer *peer) {
    uint32_t a = dobos_address_ipv4_number(&outside->address);
    uint32_t b = dobos_address_ipv4_number(&peer->outside.address);
    if (protocol != peer->protocol)
        return protocol < peer->protocol ? -1 : 1;
    if (a != b)
        return a < b ? -1 : 1;
    return (outside->port > peer->outside.port) - (outside->port < peer->outside.port);
}

static int peers_compare(const void *one, const void *other) {
    const struct nat_peer *a = one, *b = other;
    int order = mapping_compare(a->protocol, &a->outside, b);
    return order ? order : (a->order > b->order) - (a->order < b->order);
}

static bool is_same(const struct dobos_endpoint *a, const struct dobos_endpoint *b) {
    return a->port == b->port && dobos_address_is_equal(&a->address, &b->address);
}

static bool peer_append(struct nat *nat, const struct nat_peer *peer) {
    if (nat->peer_count == nat->peer_room) {
        size_t room = nat->peer_room ? 2 * nat->peer_room : PEERS_FIRST;
        struct nat_peer *peers = realloc(nat->peers, room * sizeof *peers);
        if (!peers)
            return false;
        nat->peers = peers;
        nat->peer_room = room;
    }
    nat->peers[nat->peer_count] = *peer;
    nat->peers[nat->peer_count].order = nat->peer_count;
    nat->peer_count++;
    return true;
}

/* A session belongs to the mapping of who began it, of whom it reached, or, around a hairpin, to
 * both. */
static bool session_append(struct nat *nat, const struct dobos_session *session) {
    struct nat_peer peer = {.protocol = session->protocol,
                            .state = session->state,
                            .expires = session->expires,
                            .outside = session->source_seen,
                            .remote = session->destination,
                            .is_outgoing = true,
                            .packets_out = session->packets[0],
                            .packets_in = session->packets[1],
                            .bytes_out = session->bytes[0],
                            .bytes_in = session->bytes[1]};
    if (!is_same(&session->source, &session->source_seen) && !peer_append(nat, &peer))
        return false;
    if (is_same(&session->destination, &session->destination_seen))
        return true;
    peer.is_outgoing = false;
    peer.outside = session->destination;
    peer.remote = session->source_seen;
    peer.packets_out = session->packets[1];
    peer.packets_in = session->packets[0];
    peer.bytes_out = session->bytes[1];
    peer.bytes_in = session->bytes[0];
    return peer_append(nat, &peer);
}

bool nat_peers_read(struct nat *nat) {
    struct dobos_session session;
    for (uint32_t i = 0; dobos_session_read(nat->task.context.host, i, &session) == 0; i++) {
        if (!session_append(nat, &session))
            return false;
    }
    if (nat->peer_count > 0)
        qsort(nat->peers, nat->peer_count, sizeof *nat->peers, peers_compare);
    return true;
}

const struct nat_peer *nat_peers_find(const struct nat *nat,
                                      const struct dobos_nat_mapping *mapping, size_t *count) {
    size_t low = 0, high = nat->peer_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (mapping_compare(mapping->protocol, &mapping->outside, &nat->peers[middle]) > 0)
            low = middle + 1;
        else
            high = middle;
    }
    *count = 0;
    while (low + *count < nat->peer_count &&
           mapping_compare(mapping->protocol, &mapping->outside, &nat->peers[low + *count]) == 0)
        ++*count;
    return *count > 0 ? &nat->peers[low] : NULL;
}

/* ---- the list ---- */

static bool is_wanted(const struct nat *nat, const struct dobos_nat_mapping *mapping) {
    if (nat->protocol != 0 && nat->protocol != mapping->protocol)
        return false;
    return !nat->has_prefix || prefix_contains(&nat->prefix, &mapping->inside.address);
}

/* `peer` NULL: the mapping talks with nobody. */
static void row_fill(dobos_time now, const struct dobos_nat_mapping *mapping,
                     const struct nat_peer *peer, struct row *row) {
    (void)snprintf(row->cells[COLUMN_PROTOCOL], CELL_TEXT, "%s",
                   nat_protocol_name(mapping->protocol));
    nat_endpoint_format(&mapping->inside, row->cells[COLUMN_INSIDE]);
    nat_endpoint_format(&mapping->outside, row->cells[COLUMN_OUTSIDE]);
    nat_rest_format(now, peer ? peer->expires : mapping->expires, row->cells[COLUMN_EXPIRES]);
    (void)snprintf(row->cells[COLUMN_REMOTE], CELL_TEXT, "*");
    (void)snprintf(row->cells[COLUMN_STATE], CELL_TEXT, "%s",
                   peer                  ? dobos_session_state_name(peer->state)
                   : mapping->is_forward ? "forward"
                                         : "idle");
    if (peer && mapping->protocol != DOBOS_ICMP) {
        nat_endpoint_format(&peer->remote, row->cells[COLUMN_REMOTE]);
    } else if (peer) {
        (void)dobos_address_format(&peer->remote.address, row->cells[COLUMN_REMOTE]);
    }
}

static void cells_print(struct sink *out, const size_t widths[COLUMNS], const char *const *cells) {
    for (unsigned i = 0; i + 1 < COLUMNS; i++)
        sink_format(out, "%-*s ", (int)widths[i], cells[i]);
    sink_format(out, "%s\n", cells[COLUMNS - 1]);
}

/* Grows the widths, or prints. */
static void row_visit(struct nat *nat, const struct dobos_nat_mapping *mapping,
                      const struct nat_peer *peer, size_t widths[COLUMNS], bool is_print) {
    const char *cells[COLUMNS];
    struct row row;
    row_fill(dobos_host_now(nat->task.context.host), mapping, peer, &row);
    for (unsigned i = 0; i < COLUMNS; i++) {
        cells[i] = row.cells[i];
        widths[i] = max_size(widths[i], strlen(row.cells[i]));
    }
    if (is_print)
        cells_print(nat->task.context.out, widths, cells);
}

static void rows_visit(struct nat *nat, size_t widths[COLUMNS], bool is_print) {
    struct dobos_nat_mapping mapping;
    size_t count;
    for (uint32_t i = 0; dobos_nat_mapping_read(nat->task.context.host, i, &mapping) == 0; i++) {
        if (!is_wanted(nat, &mapping))
            continue;
        const struct nat_peer *peer = nat_peers_find(nat, &mapping, &count);
        if (count == 0 || mapping.is_forward)
            row_visit(nat, &mapping, NULL, widths, is_print);
        for (size_t k = 0; k < count; k++)
            row_visit(nat, &mapping, &peer[k], widths, is_print);
    }
}

static void table_print(struct nat *nat) {
    size_t widths[COLUMNS];
    for (unsigned i = 0; i < COLUMNS; i++)
        widths[i] = strlen(titles[i]);
    rows_visit(nat, widths, false);
    cells_print(nat->task.context.out, widths, titles);
    rows_visit(nat, widths, true);
}

/* ---- JSON ---- */

static void endpoint_put(struct nat *nat, json_t *object, const char *address, const char *port,
                         const struct dobos_endpoint *endpoint) {
    task_put(&nat->task, object, address, task_address(&endpoint->address));
    task_put(&nat->task, object, port, json_integer(endpoint->port));
}

static void rest_put(struct nat *nat, json_t *object, dobos_time expires) {
    int64_t rest = max_i64(expires - dobos_host_now(nat->task.context.host), 0) / DOBOS_SECOND;
    task_put(&nat->task, object, "expires",
             expires == DOBOS_NEVER ? json_null() : json_integer(rest));
}

static void count_put(struct nat *nat, json_t *object, const char *key, uint64_t value) {
    task_put(&nat->task, object, key, json_integer((json_int_t)value));
}

static json_t *peer_json(struct nat *nat, const struct nat_peer *peer) {
    json_t *object = json_object();
    endpoint_put(nat, object, "remote_address", "remote_port", &peer->remote);
    task_put(&nat->task, object, "state", json_string(dobos_session_state_name(peer->state)));
    task_put(&nat->task, object, "begun", json_string(peer->is_outgoing ? "inside" : "outside"));
    rest_put(nat, object, peer->expires);
    count_put(nat, object, "packets_out", peer->packets_out);
    count_put(nat, object, "packets_in", peer->packets_in);
    count_put(nat, object, "bytes_out", peer->bytes_out);
    count_put(nat, object, "bytes_in", peer->bytes_in);
    return object;
}

json_t *nat_mapping_json(struct nat *nat, const struct dobos_nat_mapping *mapping) {
    json_t *object = json_object(), *sessions = json_array();
    struct dobos_interface_info device;
    size_t count;
    const struct nat_peer *peer = nat_peers_find(nat, mapping, &count);
    task_put(&nat->task, object, "protocol", json_string(nat_protocol_name(mapping->protocol)));
    endpoint_put(nat, object, "inside_address", "inside_port", &mapping->inside);
    endpoint_put(nat, object, "outside_address", "outside_port", &mapping->outside);
    if (dobos_interface_read(nat->task.context.host, mapping->outside.interface, &device) == 0)
        task_put(&nat->task, object, "dev", json_string(device.name));
    task_put(&nat->task, object, "forward", json_boolean(mapping->is_forward));
    rest_put(nat, object, mapping->expires);
    count_put(nat, object, "packets_out", mapping->packets_out);
    count_put(nat, object, "packets_in", mapping->packets_in);
    count_put(nat, object, "bytes_out", mapping->bytes_out);
    count_put(nat, object, "bytes_in", mapping->bytes_in);
    for (size_t i = 0; i < count; i++)
        task_append(&nat->task, sessions, peer_json(nat, &peer[i]));
    task_put(&nat->task, object, "sessions", sessions);
    return object;
}

static void array_print(struct nat *nat) {
    struct dobos_nat_mapping mapping;
    json_t *array = json_array();
    for (uint32_t i = 0; dobos_nat_mapping_read(nat->task.context.host, i, &mapping) == 0; i++) {
        if (is_wanted(nat, &mapping))
            task_append(&nat->task, array, nat_mapping_json(nat, &mapping));
    }
    task_print(&nat->task, array);
}

static int nat_step(struct tool_task *task, dobos_time now, dobos_time *again) {
    (void)now;
    (void)again;
    struct nat *nat = nat_of(task);
    if (!dobos_nat_is_set(task->context.host)) {
        task_complain(task, "%s does not translate: its file gives it no nat",
                      dobos_host_name(task->context.host));
        return 1;
    }
    if (!nat_peers_read(nat))
        return TOOL_EXIT_INTERNAL;
    if (nat->is_explain)
        return nat_explain(nat);
    if (task->json)
        array_print(nat);
    else
        table_print(nat);
    return 0;
}

static void nat_fini(struct tool_task *task) {
    free(nat_of(task)->peers);
}

const struct tool_kind tool_nat = {
    .tool = {.name = "nat",
             .summary = "show what a router translates, and explain it",
             .needs_node = true,
             .letters = ""},
    .usage =
        "[list] [PROTOCOL] [PREFIX]\n"
        "       dobos nat [OPTION...] explain PROTOCOL ADDRESS:PORT [ADDRESS:PORT] [iif INTERFACE]",
    .text =
        "Lists the mappings of a router's NAT: which address and port inside is seen as which\n"
        "outside, by whom, and how long that lasts; those of one protocol (tcp, udp, icmp), of\n"
        "hosts inside within PREFIX. explain tells of one mapping, by either of its ends, or\n"
        "what becomes of a packet from the first address to the second.",
    .options = NULL,
    .bytes = sizeof(struct nat),
    .operands_most = 6,
    .begin = nat_begin,
    .step = nat_step,
    .fini = nat_fini,
};
