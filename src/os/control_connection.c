/*
 * control_connection: see control_connection.h. A client that does not read holds up its own tool
 * and nothing else: beyond WAITING_MOST bytes for it the tool is not stepped and no request of it
 * is read.
 */
#include "os/control_connection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define WAITING_MOST (256 * 1024)       /* bytes for a client, or of its tool, before it is held */
#define WRITTEN_MOST (64 * 1024 * 1024) /* by a tool in one step, which is then given up */
#define NAMES_SHOWN  16                 /* of nodes, in a refusal */
/* A tool that has not ended after so long is interrupted. */
#define LIMIT_NS     (INT64_C(1000) * 3600 * DOBOS_SECOND)

/* Bytes for the client that it has not taken. */
static size_t waiting(const struct control_connection *connection) {
    return connection->answer.length - connection->sent;
}

static void refuse(struct control_connection *connection, const char *reason) {
    control_line_put(&connection->answer, json_pack("{s:s}", "refused", reason));
}

/* The nodes there are, for who named none of them. */
static void node_refuse(struct control_connection *connection, const char *node) {
    const struct lab *lab = connection->control->loop->lab;
    struct sink text = {0};
    unsigned count = 0;
    if (node)
        sink_format(&text, "%.64s: no such node", node);
    else
        sink_put(&text, "-n NODE is missing");
    sink_format(&text, "; the network %s has ", connection->control->name);
    for (; lab_node_nth(lab, count); count++)
        if (count < NAMES_SHOWN)
            sink_format(&text, "%s%s", count > 0 ? ", " : "", lab_node_nth(lab, count));
    if (count > NAMES_SHOWN)
        sink_format(&text, " and %u more", count - NAMES_SHOWN);
    refuse(connection, sink_text(&text));
    sink_fini(&text);
}

/* The tool has ended, with this. */
static void exit_put(struct control_connection *connection, int code) {
    control_text_put(&connection->answer, "out", connection->out.text, connection->out.length);
    control_text_put(&connection->answer, "error", connection->error.text,
                     connection->error.length);
    sink_clear(&connection->out);
    sink_clear(&connection->error);
    control_line_put(&connection->answer, json_pack("{s:i}", "exit", code));
}

static void tool_start(struct control_connection *connection,
                       const struct control_request *request) {
    struct lab *lab = connection->control->loop->lab;
    char *words[CONTROL_WORDS + 1];
    int code;
    if (connection->asking) {
        refuse(connection, "a tool runs already on this connection");
        return;
    }
    if (!request->node || !lab_has_node(lab, request->node)) {
        node_refuse(connection, request->node);
        return;
    }
    if (!lab_host(lab, request->node)) {
        control_line_put(
            &connection->answer,
            json_pack("{s:s+}", "refused", request->node,
                      ": a program has this node's place, and only its own tools know"));
        return;
    }
    for (int i = 0; i <= request->word_count; i++)
        words[i] = (char *)(uintptr_t)request->words[i];
    connection->asking =
        lab_tool_begin(lab, request->node, request->word_count, words, request->wants_json,
                       &connection->out, &connection->error, lab_now(lab) + LIMIT_NS, &code);
    if (!connection->asking)
        exit_put(connection, code);
}

static void network_put(struct control_connection *connection) {
    const struct lab *lab = connection->control->loop->lab;
    json_t *nodes = json_array();
    for (unsigned i = 0; lab_node_nth(lab, i); i++)
        (void)json_array_append_new(nodes, json_string(lab_node_nth(lab, i)));
    control_line_put(&connection->answer,
                     json_pack("{s:s,s:s,s:o}", "network", lab_name(lab), "name",
                               connection->control->name, "nodes", nodes));
}

static void place_take(struct control_connection *connection,
                       const struct control_request *request) {
    struct lab *lab = connection->control->loop->lab;
    struct sink reason = {0};
    if (request->node && !lab_has_node(lab, request->node))
        node_refuse(connection, request->node);
    else if (!control_place_take(&connection->place, lab, request->node, request->is_bare, &reason))
        refuse(connection, sink_text(&reason));
    sink_fini(&reason);
}

static void place_attach(struct control_connection *connection) {
    struct sink reason = {0};
    const int descriptor = connection->descriptor;
    connection->descriptor = -1;
    if (!control_place_attach(&connection->place, connection->control->loop, descriptor, &reason))
        refuse(connection, sink_text(&reason));
    sink_fini(&reason);
}

static void line_answer(struct control_connection *connection, const char *line, size_t length) {
    struct control_request request;
    struct sink reason = {0};
    if (!control_request_parse(line, length, &request, &reason)) {
        refuse(connection, sink_text(&reason));
        sink_fini(&reason);
        return;
    }
    if (request.kind == CONTROL_RUN)
        tool_start(connection, &request);
    else if (request.kind == CONTROL_NETWORK)
        network_put(connection);
    else if (request.kind == CONTROL_TAKE)
        place_take(connection, &request);
    else if (request.kind == CONTROL_ATTACH)
        place_attach(connection);
    else if (connection->asking)
        lab_tool_interrupt(connection->asking);
    control_request_fini(&request);
}

/* Answers the lines that have come whole, as long as the client takes the answers. */
static void lines_answer(struct control_connection *connection) {
    size_t at = 0;
    const char *end = NULL;
    while (waiting(connection) < WAITING_MOST &&
           (end = memchr(connection->line + at, '\n', connection->line_length - at))) {
        line_answer(connection, connection->line + at, (size_t)(end - connection->line) - at);
        at = (size_t)(end - connection->line) + 1;
    }
    connection->has_lines = end != NULL;
    connection->line_length -= at;
    memmove(connection->line, connection->line + at, connection->line_length);
    if (!connection->has_lines && connection->line_length == sizeof connection->line) {
        refuse(connection, "a line is too long");
        connection->is_refused = true;
    }
}

/* ---- what goes out ---- */

/* What the tool has written becomes lines, as long as the client takes them. False: it writes
 * without end. */
static bool tool_follow(struct control_connection *connection) {
    int code;
    if (!connection->asking)
        return true;
    if (waiting(connection) < WAITING_MOST) {
        control_text_put(&connection->answer, "out", connection->out.text, connection->out.length);
        control_text_put(&connection->answer, "error", connection->error.text,
                         connection->error.length);
        sink_clear(&connection->out);
        sink_clear(&connection->error);
    }
    if (connection->out.length > WRITTEN_MOST || connection->error.length > WRITTEN_MOST)
        return false;
    if (lab_tool_has_ended(connection->asking, &code)) {
        lab_tool_end(connection->asking);
        connection->asking = NULL;
        exit_put(connection, code);
        return true;
    }
    lab_tool_hold(connection->asking,
                  waiting(connection) >= WAITING_MOST || connection->out.length > 0);
    return true;
}

/* Sends what the socket takes. False: the client is gone. */
static bool answer_send(struct control_connection *connection) {
    while (waiting(connection) > 0) {
        ssize_t sent =
            send(connection->watch.descriptor, connection->answer.text + connection->sent,
                 waiting(connection), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return errno == EAGAIN;
        connection->sent += (size_t)sent;
    }
    bool is_whole = !connection->answer.failed;
    sink_clear(&connection->answer);
    connection->sent = 0;
    return is_whole;
}

static bool before_wait(struct watch *watch) {
    struct control_connection *connection = container_of(watch, struct control_connection, watch);
    if (waiting(connection) < WAITING_MOST)
        control_place_tell(&connection->place, &connection->answer);
    if (!tool_follow(connection) || !answer_send(connection)) {
        control_connection_end(connection);
        return false;
    }
    if (connection->has_lines && waiting(connection) < WAITING_MOST)
        lines_answer(connection);
    bool is_over = connection->is_refused || (connection->has_read_all && !connection->has_lines &&
                                              !connection->asking && !connection->place.port);
    if (is_over && waiting(connection) == 0) {
        control_connection_end(connection);
        return false;
    }
    bool reads = !connection->is_refused && !connection->has_read_all && !connection->has_lines &&
                 waiting(connection) < WAITING_MOST;
    watch->events = (short)((reads ? POLLIN : 0) | (waiting(connection) > 0 ? POLLOUT : 0));
    return false;
}

/* ---- what comes in ---- */

/* As recv(), with a descriptor that may come along. */
static ssize_t line_receive(struct control_connection *connection) {
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } rights;
    struct iovec part = {connection->line + connection->line_length,
                         sizeof connection->line - connection->line_length};
    /* Room for one descriptor, without the padding: what fits there the kernel would open, too. */
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = &rights,
                             .msg_controllen = CMSG_LEN(sizeof(int))};
    ssize_t got = recvmsg(connection->watch.descriptor, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    const struct cmsghdr *found = got < 0 ? NULL : CMSG_FIRSTHDR(&message);
    if (found && found->cmsg_level == SOL_SOCKET && found->cmsg_type == SCM_RIGHTS &&
        found->cmsg_len == CMSG_LEN(sizeof(int))) {
        if (connection->descriptor >= 0)
            (void)close(connection->descriptor);
        memcpy(&connection->descriptor, CMSG_DATA(found), sizeof connection->descriptor);
    }
    return got;
}

static void on_ready(struct watch *watch, short ready) {
    struct control_connection *connection = container_of(watch, struct control_connection, watch);
    if ((ready & POLLIN) != 0 && (watch->events & POLLIN) != 0) {
        ssize_t got = line_receive(connection);
        if (got > 0) {
            connection->line_length += (size_t)got;
            lines_answer(connection);
            return;
        }
        connection->has_read_all = got == 0 || (errno != EAGAIN && errno != EINTR);
    }
    if ((ready & (POLLHUP | POLLERR)) != 0)
        control_connection_end(connection); /* nobody is there to read an answer */
}

void control_connection_begin(struct control *control, int socket) {
    struct control_connection *made = calloc(1, sizeof *made);
    if (!made) {
        (void)close(socket);
        return;
    }
    *made = (struct control_connection){
        .control = control,
        .descriptor = -1,
        .watch = {.descriptor = socket, .before_wait = before_wait, .on_ready = on_ready}};
    list_node_init(&made->watch.node);
    list_append(&control->connections, &made->node);
    if (control->connection_count++ >= CONTROL_CONNECTIONS) {
        refuse(made, "too many connections");
        made->is_refused = true;
        (void)answer_send(made);
        control_connection_end(made);
    } else if (lab_loop_add(control->loop, &made->watch) != 0) {
        control_connection_end(made);
    }
}

void control_connection_end(struct control_connection *connection) {
    lab_loop_remove(connection->control->loop, &connection->watch);
    if (connection->asking)
        lab_tool_end(connection->asking);
    control_place_end(&connection->place, connection->control->loop->lab);
    if (connection->descriptor >= 0)
        (void)close(connection->descriptor);
    list_remove(&connection->node);
    connection->control->connection_count--;
    (void)close(connection->watch.descriptor);
    sink_fini(&connection->out);
    sink_fini(&connection->error);
    sink_fini(&connection->answer);
    free(connection);
}
