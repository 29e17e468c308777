/*
 * simple_server: echo (RFC 862) and discard (RFC 863), over TCP and UDP. A TCP connection that does
 * not read its echo is not read from either.
 *
 * Two servers that answer each other for ever are a known attack (G2): a third one forges the first
 * datagram. Echo's UDP side therefore does not answer ports below 1024, where other servers live,
 * nor its own number. What was sent to a broadcast address is not answered either: an answer comes
 * from the address that was asked, and a broadcast address is nobody's to send from.
 */
#include "services/stream.h"

#define ECHO_PORT      7
#define DISCARD_PORT   9
#define SERVICES_END   1024
#define CHUNK_BYTES    4096
#define DATAGRAM_BYTES 65507 /* the longest that UDP carries over IPv4 */
#define CONNECTIONS    256
#define IDLE_NS        (60 * DOBOS_SECOND)

struct simple_server {
    struct dobos_service service; /* what it is */
    struct stream_server streams; /* TCP */
    struct dobos_socket *udp;     /* UDP */
    uint16_t port;                /* of both */
    uint8_t *datagram;            /* owned, DATAGRAM_BYTES; NULL: it discards */
};

/* One connection: bytes read and not yet sent back. */
struct echo_stream {
    struct stream stream;       /* what the connections of all services have */
    size_t length;              /* bytes that wait */
    uint8_t bytes[CHUNK_BYTES]; /* they */
};

enum flush {
    FLUSH_DONE, /* nothing waits any more */
    FLUSH_FULL, /* the socket takes no more now */
    FLUSH_OVER  /* the connection is over */
};

static enum flush echo_flush(struct echo_stream *echo) {
    size_t done = 0;
    int64_t sent = 0;
    while (done < echo->length && sent >= 0) {
        sent = dobos_send(echo->stream.socket, echo->bytes + done, echo->length - done);
        done += sent > 0 ? (size_t)sent : 0;
    }
    echo->length -= done;
    memmove(echo->bytes, echo->bytes + done, echo->length);
    if (sent >= 0)
        return FLUSH_DONE;
    return sent == -DOBOS_EAGAIN ? FLUSH_FULL : FLUSH_OVER;
}

/* [rfc862#1] [rfc863#1] */
static void stream_step(struct simple_server *server, struct echo_stream *echo, dobos_time now) {
    stream_touch(&server->streams, &echo->stream, now);
    enum flush flushed;
    while ((flushed = echo_flush(echo)) == FLUSH_DONE) {
        int64_t got = dobos_receive(echo->stream.socket, echo->bytes, sizeof(echo->bytes));
        if (got == -DOBOS_EAGAIN)
            return;
        if (got <= 0) {
            flushed = FLUSH_OVER;
            break;
        }
        echo->length = server->datagram ? (size_t)got : 0;
    }
    if (flushed == FLUSH_OVER)
        stream_close(&server->streams, &echo->stream, false);
}

/* [rfc862#2] */
static void datagram_answer(struct simple_server *server, size_t length,
                            const struct dobos_message *message) {
    struct dobos_message answer = {.peer = message->peer, .local = message->local};
    if (message->peer.port < SERVICES_END || message->peer.port == server->port)
        return;
    if (dobos_send_message(server->udp, server->datagram, length, &answer) >= 0)
        server->service.answers++;
}

/* [rfc863#2] */
static void udp_step(struct simple_server *server) {
    uint8_t first;
    void *bytes = server->datagram ? server->datagram : &first;
    size_t room = server->datagram ? DATAGRAM_BYTES : sizeof(first);
    struct dobos_message message;
    int64_t got;
    while ((got = dobos_receive_message(server->udp, bytes, room, &message)) != -DOBOS_EAGAIN) {
        if (got >= 0 && server->datagram)
            datagram_answer(server, (size_t)got, &message);
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
    service_free(service, server->datagram, DATAGRAM_BYTES);
}

static const struct service_kind echo_kind = {"echo", simple_step, simple_fini,
                                              sizeof(struct simple_server)};
static const struct service_kind discard_kind = {"discard", simple_step, simple_fini,
                                                 sizeof(struct simple_server)};

static int simple_open(struct simple_server *server, uint16_t port) {
    const struct stream_config config = {
        .port = port,
        .limit = CONNECTIONS,
        .record_bytes = sizeof(struct echo_stream),
        .idle_ns = IDLE_NS,
    };
    server->port = port;
    if (server->service.kind == &echo_kind) {
        server->datagram = service_allocate(&server->service, DATAGRAM_BYTES, "echo datagram");
        if (!server->datagram)
            return -DOBOS_ENOMEM;
    }
    int result = stream_server_open(&server->streams, &server->service, &config);
    return result < 0 ? result : service_socket(&server->service, DOBOS_UDP, port, &server->udp);
}

static int simple_create(struct dobos_host *host, const struct service_kind *kind, uint16_t port,
                         struct dobos_service **service) {
    struct dobos_service *made = service_create(host, kind);
    if (!made)
        return -DOBOS_ENOMEM;
    struct simple_server *server = container_of(made, struct simple_server, service);
    int result = simple_open(server, port);
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
