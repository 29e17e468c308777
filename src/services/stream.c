/* stream: connections of a service, bounded in number and in idleness; see stream.h. */
#include "services/stream.h"

#define DRAIN_BYTES 1024
#define HEARD_BYTES 256 /* who hears less in all the time it may stand still does stand still */

int stream_server_open(struct stream_server *server, struct dobos_service *service,
                       const struct stream_config *config) {
    *server = (struct stream_server){.service = service, .config = *config};
    list_init(&server->streams);
    list_init(&server->lingering);
    return service_socket(service, DOBOS_TCP, config->port, &server->listener);
}

static void pending_free(struct stream_server *server, struct stream *stream) {
    service_free(server->service, stream->pending, stream->pending_length);
    stream->pending = NULL;
    stream->pending_length = stream->pending_sent = 0;
}

bool stream_pend(struct stream_server *server, struct stream *stream, const void *bytes,
                 size_t length) {
    size_t unsent = stream->pending_length - stream->pending_sent;
    uint8_t *pending = service_allocate(server->service, unsent + length, "stream answer");
    if (!pending)
        return false;
    if (unsent > 0)
        memcpy(pending, stream->pending + stream->pending_sent, unsent);
    memcpy(pending + unsent, bytes, length);
    pending_free(server, stream);
    stream->pending = pending;
    stream->pending_length = unsent + length;
    return true;
}

int stream_pending_send(struct stream_server *server, struct stream *stream) {
    while (stream->pending_sent < stream->pending_length) {
        int64_t sent = dobos_send(stream->socket, stream->pending + stream->pending_sent,
                                  stream->pending_length - stream->pending_sent);
        if (sent < 0)
            return sent == -DOBOS_EAGAIN ? 0 : -1;
        stream->pending_sent += (size_t)sent;
    }
    pending_free(server, stream);
    return 1;
}

void stream_close(struct stream_server *server, struct stream *stream, bool abort) {
    list_remove(&stream->node);
    server->count--;
    if (abort)
        dobos_abort(stream->socket);
    else
        dobos_close(stream->socket);
    pending_free(server, stream);
    service_free(server->service, stream, server->config.record_bytes);
}

static struct stream *first_of(const struct list *list) {
    struct list_node *node = list_first(list);
    return node ? container_of(node, struct stream, node) : NULL;
}

/* Makes room for one more connection. */
static void make_room(struct stream_server *server) {
    struct stream *victim = first_of(&server->lingering);
    if (server->count < server->config.limit)
        return;
    if (!victim)
        victim = first_of(&server->streams);
    if (victim)
        stream_close(server, victim, true);
}

void stream_server_accept(struct stream_server *server, dobos_time now) {
    struct dobos_socket *socket;
    while (dobos_accept(server->listener, &socket, NULL) == 0) {
        make_room(server);
        struct stream *stream =
            service_allocate(server->service, server->config.record_bytes, "stream");
        if (!stream) {
            dobos_abort(socket);
            continue;
        }
        stream->socket = socket;
        stream->deadline = now + server->config.idle_ns;
        stream->heard_at = stream->touched_at = now;
        (void)dobos_option_set(socket, DOBOS_OPTION_USER_TIMEOUT_MS,
                               STREAM_SILENT_NS / DOBOS_MILLISECOND);
        list_append(&server->streams, &stream->node);
        server->count++;
        dobos_socket_user_set(socket, stream);
    }
}

void stream_touch(struct stream_server *server, struct stream *stream, dobos_time now) {
    stream->deadline = now + server->config.idle_ns;
    stream->touched_at = now;
    list_remove(&stream->node);
    list_append(&server->streams, &stream->node);
}

void stream_linger(struct stream_server *server, struct stream *stream, dobos_time now) {
    if (dobos_shutdown(stream->socket, DOBOS_SHUTDOWN_SEND) < 0) {
        stream_close(server, stream, true);
        return;
    }
    pending_free(server, stream);
    stream->lingers = true;
    stream->heard_at = now;
    stream->deadline = now + STREAM_LINGER_NS;
    list_remove(&stream->node);
    list_append(&server->lingering, &stream->node);
    stream_drain(server, stream);
}

void stream_drain(struct stream_server *server, struct stream *stream) {
    uint8_t dropped[DRAIN_BYTES];
    int64_t got;
    do {
        got = dobos_receive(stream->socket, dropped, sizeof(dropped));
    } while (got > 0);
    if (got != -DOBOS_EAGAIN)
        stream_close(server, stream, false);
}

/* Whether something that was said has not been heard; such a connection is not closed but reset, or
 * what it holds would outlive it. */
static bool is_unheard(const struct stream *stream) {
    struct dobos_socket_info info;
    return stream->pending || dobos_socket_info_read(stream->socket, &info) < 0 ||
           info.send_queue > 0;
}

/* Whether what was said is still being heard, as the peer's acknowledgements tell, or repeated to
 * one who has room for it: him TCP gives up. */
static bool is_listening(const struct stream_server *server, struct stream *stream,
                         dobos_time now) {
    struct dobos_socket_info info;
    if (dobos_socket_info_read(stream->socket, &info) < 0 || info.send_queue == 0)
        return false;
    if (info.tcp.backoff > 0 && info.tcp.snd_wnd >= info.tcp.mss)
        return true;
    uint64_t more = info.tcp.bytes_acked - stream->heard;
    if (more >= HEARD_BYTES || (more > 0 && info.send_queue < HEARD_BYTES)) {
        stream->heard = info.tcp.bytes_acked;
        stream->heard_at = now;
    }
    return now - stream->heard_at < server->config.idle_ns;
}

/* Its time is up: it gets more, or ends (take). */
static void stream_expire(struct stream_server *server, struct stream *stream, struct list *list,
                          dobos_time more, dobos_time now) {
    const bool is_amid = stream->is_amid && now - stream->touched_at < STREAM_SILENT_NS;
    if (!is_amid && !is_listening(server, stream, now)) {
        stream_close(server, stream, is_unheard(stream));
        return;
    }
    stream->deadline = now + more;
    list_remove(&stream->node);
    list_append(list, &stream->node);
}

dobos_time stream_server_expire(struct stream_server *server, dobos_time now) {
    struct stream *idle, *lingering;
    while ((idle = first_of(&server->streams)) && idle->deadline <= now)
        stream_expire(server, idle, &server->streams, server->config.idle_ns, now);
    while ((lingering = first_of(&server->lingering)) && lingering->deadline <= now)
        stream_expire(server, lingering, &server->lingering, STREAM_LINGER_NS, now);
    return min_i64(idle ? idle->deadline : DOBOS_NEVER,
                   lingering ? lingering->deadline : DOBOS_NEVER);
}

void stream_server_fini(struct stream_server *server) {
    struct stream *stream;
    if (!server->service)
        return;
    while ((stream = first_of(&server->streams)) || (stream = first_of(&server->lingering)))
        stream_close(server, stream, true);
    dobos_close(server->listener);
}
