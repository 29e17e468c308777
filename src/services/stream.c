/* stream: connections of a service, bounded in number and in idleness. */
#include "services/stream.h"

int stream_server_open(struct stream_server *server, struct dobos_service *service, uint16_t port,
                       unsigned limit, size_t record_bytes) {
    *server =
        (struct stream_server){.service = service, .limit = limit, .record_bytes = record_bytes};
    list_init(&server->streams);
    return service_socket(service, DOBOS_TCP, port, &server->listener);
}

static void pending_free(struct stream_server *server, struct stream *stream) {
    service_free(server->service, stream->pending, stream->pending_length);
    stream->pending = NULL;
    stream->pending_length = stream->pending_sent = 0;
}

bool stream_pend(struct stream_server *server, struct stream *stream, const void *bytes,
                 size_t length) {
    stream->pending = service_allocate(server->service, length, "stream answer");
    if (!stream->pending)
        return false;
    memcpy(stream->pending, bytes, length);
    stream->pending_length = length;
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
    service_free(server->service, stream, server->record_bytes);
}

void stream_server_accept(struct stream_server *server, dobos_time now) {
    struct dobos_socket *socket;
    int result;
    while ((result = dobos_accept(server->listener, &socket, NULL)) != -DOBOS_EAGAIN) {
        if (result < 0)
            continue;
        struct list_node *oldest = list_first(&server->streams);
        if (server->count >= server->limit && oldest)
            stream_close(server, container_of(oldest, struct stream, node), true);
        struct stream *stream = service_allocate(server->service, server->record_bytes, "stream");
        if (!stream) {
            dobos_abort(socket);
            continue;
        }
        stream->socket = socket;
        stream->deadline = now + STREAM_IDLE_NS;
        list_append(&server->streams, &stream->node);
        server->count++;
        dobos_socket_user_set(socket, stream);
    }
}

void stream_touch(struct stream_server *server, struct stream *stream, dobos_time now) {
    stream->deadline = now + STREAM_IDLE_NS;
    list_remove(&stream->node);
    list_append(&server->streams, &stream->node);
}

dobos_time stream_server_expire(struct stream_server *server, dobos_time now) {
    struct list_node *node;
    while ((node = list_first(&server->streams))) {
        struct stream *stream = container_of(node, struct stream, node);
        if (stream->deadline > now)
            return stream->deadline;
        stream_close(server, stream, true);
    }
    return DOBOS_NEVER;
}

void stream_server_fini(struct stream_server *server) {
    struct list_node *node;
    if (!server->service)
        return;
    while ((node = list_first(&server->streams)))
        stream_close(server, container_of(node, struct stream, node), true);
    dobos_close(server->listener);
}
