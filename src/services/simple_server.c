/*
 * simple_server: echo (RFC 862) and discard (RFC 863), over TCP and UDP. Echo's UDP side does not
 * answer ports below 1024, where other servers live: two servers that answer each other for ever
 * are a known attack (G2). A TCP connection that does not read its echo is not read from either.
 */
#include "services/stream.h"

#define ECHO_PORT    7
#define DISCARD_PORT 9
#define CHUNK_BYTES  4096
#define CONNECTIONS  256

struct simple_server {
    struct dobos_service service;
    struct stream_server streams; /* TCP */
    struct dobos_socket *udp;     /* UDP */
    bool echoes;                  /* echo, not discard */
};

/* One connection of echo: bytes read and not yet sent back. */
struct echo_stream {
    struct stream stream;
    size_t length;              /* bytes that wait */
    uint8_t bytes[CHUNK_BYTES]; /* they */
};

/* Sends what waits; false: it still waits, or the connection is over (*over). */
static bool echo_flush(struct echo_stream *echo, bool *over) {
    while (echo->length > 0) {
        int64_t sent = dobos_send(echo->stream.socket, echo->bytes, echo->length);
        if (sent < 0) {
            *over = sent != -DOBOS_EAGAIN;
            return false;
        }
        echo->length -= (size_t)sent;
        memmove(echo->bytes, echo->bytes + sent, echo->length);
    }
    return true;
}

static void stream_step(struct simple_server *server, struct echo_stream *echo, dobos_time now) {
    bool over = false;
    stream_touch(&server->streams, &echo->stream, now);
    while (echo_flush(echo, &over)) {
        int64_t got = dobos_receive(echo->stream.socket, echo->bytes, sizeof(echo->bytes));
        if (got == -DOBOS_EAGAIN)
            return;
        if (got <= 0) {
            over = true;
            break;
        }
        echo->length = server->echoes ? (size_t)got : 0;
    }
    if (over)
        stream_close(&server->streams, &echo->stream, false);
}

static void udp_step(struct simple_server *server) {
    uint8_t bytes[65536];
    struct dobos_message message;
    int64_t got;
    while ((got = dobos_receive_message(server->udp, bytes, sizeof(bytes), &message)) !=
           -DOBOS_EAGAIN) {
        if (got < 0 || !server->echoes || message.peer.port < 1024)
            continue;
        struct dobos_message answer = {.peer = message.peer, .local = message.local};
        if (dobos_send_message(server->udp, bytes, (size_t)got, &answer) >= 0)
            server->service.answers++;
    }
    struct dobos_icmp_report report;
    while (dobos_receive_icmp(server->udp, &report) == 0)
        continue;
}

static dobos_time simple_step(struct dobos_service *service, dobos_time now) {
    struct simple_server *server = container_of(service, struct simple_server, service);
    struct dobos_event event;
    while (dobos_poller_next(service->poller, &event, 1) > 0) {
        if (event.socket == server->streams.listener)
            stream_server_accept(&server->streams, now);
        else if (event.socket == server->udp)
            udp_step(server);
        else
            stream_step(server, event.user, now);
    }
    return stream_server_expire(&server->streams, now);
}

static void simple_fini(struct dobos_service *service) {
    struct simple_server *server = container_of(service, struct simple_server, service);
    stream_server_fini(&server->streams);
    dobos_close(server->udp);
}

static const struct service_kind echo_kind = {"echo", simple_step, simple_fini,
                                              sizeof(struct simple_server)};
static const struct service_kind discard_kind = {"discard", simple_step, simple_fini,
                                                 sizeof(struct simple_server)};

static int simple_create(struct dobos_host *host, const struct service_kind *kind, uint16_t port,
                         struct dobos_service **service) {
    struct dobos_service *made = service_create(host, kind);
    if (!made)
        return -DOBOS_ENOMEM;
    struct simple_server *server = container_of(made, struct simple_server, service);
    server->echoes = kind == &echo_kind;
    int result =
        stream_server_open(&server->streams, made, port, CONNECTIONS, sizeof(struct echo_stream));
    if (result == 0)
        result = service_socket(made, DOBOS_UDP, port, &server->udp);
    if (result < 0) {
        dobos_service_destroy(made);
        return result;
    }
    *service = made;
    return 0;
}

int dobos_echo_server_create(struct dobos_host *host, uint16_t port,
                             struct dobos_service **service) {
    return simple_create(host, &echo_kind, port ? port : ECHO_PORT, service);
}

int dobos_discard_server_create(struct dobos_host *host, uint16_t port,
                                struct dobos_service **service) {
    return simple_create(host, &discard_kind, port ? port : DISCARD_PORT, service);
}
