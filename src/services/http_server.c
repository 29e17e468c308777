/*
 * http_server: static pages over a host's TCP (RFC 9110, 9112). GET and HEAD answer pages; PUT and
 * POST to any path take a body of any length, keep nothing of it, and answer how many bytes it had
 * and their SHA-256, so that an upload can be checked. A connection carries one request after
 * another; what is pipelined waits its turn. A request that is refused is the connection's last:
 * the answer goes out, and the connection lingers so that no reset overtakes it (RFC 9112 §9.6).
 *
 * There is no Date field: the server has no clock that tells the date (RFC 9110 §6.6.1).
 */
#include "services/http_request.h"
#include "services/pattern.h"
#include "services/sha256.h"
#include "services/stream.h"

#define HTTP_PORT    80
#define PAGES        64
#define CONNECTIONS  256
#define READ_BYTES   16384
#define PIECE_BYTES  16384
#define ANSWER_BYTES 512
#define TYPE_BYTES   128
#define IDLE_NS      (60 * DOBOS_SECOND)

struct page {
    char *path, *type;  /* owned */
    uint8_t *body;      /* owned; NULL: generated, or empty */
    size_t body_length; /* bytes */
};

struct http_server {
    struct dobos_service service; /* what it is */
    struct stream_server streams; /* its connections */
    struct page *pages;           /* owned, PAGES */
    size_t page_count;            /* used */
    uint8_t *piece;               /* owned, PIECE_BYTES: of a generated body, while it is sent */
};

/* What a connection is at. */
enum http_doing {
    DOING_REQUEST,  /* reading one */
    DOING_CONTINUE, /* sending 100 (Continue) in the midst of one */
    DOING_ANSWER    /* sending the answer to one */
};

/* What comes of a turn. */
enum http_turn {
    TURN_AGAIN,  /* there is more to do now */
    TURN_WAIT,   /* until the socket has more, or takes more */
    TURN_CLOSE,  /* the peer has ended */
    TURN_LINGER, /* we end */
    TURN_ABORT   /* it failed in the midst of an answer */
};

struct http_stream {
    struct stream stream;        /* what the connections of all services have */
    struct http_request request; /* being read or answered */
    struct sha256 sha256;        /* of an upload */
    bool hashing;                /* it has begun */
    enum http_doing doing;       /* see above */
    bool ended;                  /* the peer has said its last */
    const struct page *page;     /* whose body is being sent; NULL: only the head */
    size_t body_sent;            /* bytes of it */
    size_t head_length;          /* bytes of head[] */
    size_t head_sent;            /* of them */
    size_t input_length;         /* bytes of input[] read from the socket and not yet used */
    char head[ANSWER_BYTES];     /* the answer's head, and a short answer's body */
    uint8_t input[READ_BYTES];   /* what has been read */
};

static void append(struct http_stream *http, const char *text) {
    size_t length = min_size(text_length(text), ANSWER_BYTES - http->head_length);
    memcpy(http->head + http->head_length, text, length);
    http->head_length += length;
}

static void append_number(struct http_stream *http, uint64_t number) {
    char digits[24];
    size_t at = sizeof(digits) - 1;
    digits[at] = 0;
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    append(http, digits + at);
}

static const char *status_text(unsigned status) {
    static const struct {
        uint16_t status;  /* RFC 9110 §15 */
        const char *text; /* with its number */
    } texts[] = {
        {200, "200 OK"},
        {400, "400 Bad Request"},
        {404, "404 Not Found"},
        {405, "405 Method Not Allowed"},
        {414, "414 URI Too Long"},
        {431, "431 Request Header Fields Too Large"},
        {501, "501 Not Implemented"},
        {505, "505 HTTP Version Not Supported"},
    };
    for (size_t i = 0; i < array_length(texts); i++) {
        if (texts[i].status == status)
            return texts[i].text;
    }
    return "500 Internal Server Error";
}

/* [rfc9112#4] */
static void answer_begin(struct http_stream *http, unsigned status, const char *type,
                         uint64_t length) {
    http->doing = DOING_ANSWER;
    http->head_length = http->head_sent = http->body_sent = 0;
    http->page = NULL;
    append(http, "HTTP/1.1 ");
    append(http, status_text(status));
    append(http, "\r\nServer: dobos\r\nContent-Type: ");
    append(http, type);
    append(http, "\r\nContent-Length: ");
    append_number(http, length);
    if (!http->request.keep_alive)
        append(http, "\r\nConnection: close");
    else if (!http->request.is_http_1_1)
        append(http, "\r\nConnection: keep-alive");
    if (status == 405)
        append(http, "\r\nAllow: GET, HEAD, PUT, POST");
    append(http, "\r\n\r\n");
}

static bool method_is(const struct http_request *request, const char *method) {
    return text_is_equal(request->method, method);
}

static void answer_text(struct http_stream *http, unsigned status, const char *text) {
    answer_begin(http, status, "text/plain; charset=utf-8", text_length(text));
    if (!method_is(&http->request, "HEAD"))
        append(http, text);
}

/* "LENGTH SHA256\n" of what was sent. */
static void answer_upload(struct http_stream *http) {
    char text[24 + 2 * SHA256_BYTES + 3];
    uint8_t digest[SHA256_BYTES];
    http->head_length = 0;
    append_number(http, http->request.body_bytes);
    size_t at = http->head_length;
    memcpy(text, http->head, at);
    sha256_finish(&http->sha256, digest);
    text[at++] = ' ';
    for (size_t i = 0; i < SHA256_BYTES; i++) {
        text[at++] = "0123456789abcdef"[digest[i] >> 4];
        text[at++] = "0123456789abcdef"[digest[i] & 15];
    }
    text[at++] = '\n';
    text[at] = 0;
    answer_text(http, 200, text);
}

static const struct page *page_find(const struct http_server *server, const char *path) {
    for (size_t i = 0; i < server->page_count; i++) {
        if (text_is_equal(server->pages[i].path, path))
            return &server->pages[i];
    }
    return NULL;
}

static bool is_upload(const struct http_request *request) {
    return method_is(request, "PUT") || method_is(request, "POST");
}

/* The methods of RFC 9110 and 5789 that no page allows; others are not known at all (§9.1). */
static bool is_refused_method(const struct http_request *request) {
    static const char methods[][8] = {"OPTIONS", "DELETE", "TRACE", "CONNECT", "PATCH"};
    for (size_t i = 0; i < array_length(methods); i++) {
        if (method_is(request, methods[i]))
            return true;
    }
    return false;
}

/* A whole request has been read, or it was wrong. [rfc9110#1] [rfc9110#2] [rfc9110#3] */
static void answer(struct http_server *server, struct http_stream *http) {
    const struct http_request *request = &http->request;
    bool is_head = method_is(request, "HEAD");
    server->service.answers++;
    if (request->phase == HTTP_BAD) {
        answer_text(http, request->status, "this request cannot be read\n");
        return;
    }
    if (is_upload(request)) {
        answer_upload(http);
        return;
    }
    if (!is_head && !method_is(request, "GET")) {
        answer_text(http, is_refused_method(request) ? 405 : 501, "only GET, HEAD, PUT and POST\n");
        return;
    }
    const struct page *page = page_find(server, request->path);
    if (!page) {
        answer_text(http, 404, "there is no such page\n");
        return;
    }
    answer_begin(http, 200, page->type, page->body_length);
    http->page = is_head ? NULL : page;
}

/* ---- sending ---- */

/* The next bytes of a page's body. */
static const uint8_t *body_piece(const struct http_server *server, const struct http_stream *http,
                                 size_t *length) {
    const struct page *page = http->page;
    *length = min_size(PIECE_BYTES, page->body_length - http->body_sent);
    if (page->body)
        return page->body + http->body_sent;
    pattern_fill(http->body_sent, server->piece, *length);
    return server->piece;
}

static enum http_turn send_failed(int64_t error) {
    return error == -DOBOS_EAGAIN ? TURN_WAIT : TURN_ABORT;
}

/* The answer has gone: what now. [rfc9112#5] [rfc9112#6] */
static enum http_turn answer_end(struct http_stream *http) {
    enum http_doing did = http->doing;
    http->doing = DOING_REQUEST;
    if (did == DOING_CONTINUE)
        return TURN_AGAIN;
    if (!http->request.keep_alive)
        return TURN_LINGER;
    http->hashing = false;
    http_request_init(&http->request);
    return TURN_AGAIN;
}

/* Sends what there is of the answer. */
static enum http_turn answer_send(struct http_server *server, struct http_stream *http,
                                  dobos_time now) {
    struct dobos_socket *socket = http->stream.socket;
    int64_t sent;
    while (http->head_sent < http->head_length) {
        sent =
            dobos_send(socket, http->head + http->head_sent, http->head_length - http->head_sent);
        if (sent < 0)
            return send_failed(sent);
        http->head_sent += (size_t)sent;
        stream_touch(&server->streams, &http->stream, now);
    }
    while (http->page && http->body_sent < http->page->body_length) {
        size_t length;
        const uint8_t *from = body_piece(server, http, &length);
        sent = dobos_send(socket, from, length);
        if (sent < 0)
            return send_failed(sent);
        http->body_sent += (size_t)sent;
        stream_touch(&server->streams, &http->stream, now);
    }
    return answer_end(http);
}

/* ---- reading ---- */

/* Gives what has been read to the request, up to its end. Progress is a whole head, or bytes of a
 * body. */
static void input_use(struct http_server *server, struct http_stream *http, dobos_time now) {
    size_t used = 0;
    struct http_request *request = &http->request;
    while (used < http->input_length && request->phase != HTTP_COMPLETE &&
           request->phase != HTTP_BAD) {
        bool was_head = request->phase == HTTP_HEAD;
        const uint8_t *body;
        size_t body_length;
        used += http_request_read(request, http->input + used, http->input_length - used, &body,
                                  &body_length);
        if (!http->hashing && request->phase != HTTP_HEAD) {
            sha256_init(&http->sha256);
            http->hashing = true;
        }
        if (body && is_upload(request))
            sha256_add(&http->sha256, body, body_length);
        if (body || (was_head && request->phase != HTTP_HEAD))
            stream_touch(&server->streams, &http->stream, now);
    }
    http->stream.is_amid = request->phase != HTTP_HEAD && request->phase != HTTP_COMPLETE &&
                           request->phase != HTTP_BAD;
    http->input_length -= used;
    memmove(http->input, http->input + used, http->input_length);
}

/* RFC 9110 §10.1.1: the client waits for leave to send its body; one that has begun to does not. */
static bool continue_begin(struct http_stream *http) {
    struct http_request *request = &http->request;
    if (!request->expects_continue || request->phase == HTTP_HEAD)
        return false;
    request->expects_continue = false;
    if (request->phase == HTTP_COMPLETE || request->phase == HTTP_BAD || request->body_bytes > 0)
        return false;
    http->doing = DOING_CONTINUE;
    http->page = NULL;
    http->head_length = http->head_sent = 0;
    append(http, "HTTP/1.1 100 Continue\r\n\r\n");
    return true;
}

/* Reads until a request is whole, and begins its answer. */
static enum http_turn request_receive(struct http_server *server, struct http_stream *http,
                                      dobos_time now) {
    for (;;) {
        input_use(server, http, now);
        if (continue_begin(http))
            return TURN_AGAIN;
        if (http->request.phase == HTTP_COMPLETE || http->request.phase == HTTP_BAD) {
            answer(server, http);
            return TURN_AGAIN;
        }
        if (http->ended)
            return TURN_CLOSE;
        int64_t got = dobos_receive(http->stream.socket, http->input + http->input_length,
                                    sizeof(http->input) - http->input_length);
        if (got == -DOBOS_EAGAIN)
            return TURN_WAIT;
        if (got < 0)
            return TURN_CLOSE;
        http->ended = got == 0;
        http->input_length += (size_t)got;
    }
}

static void stream_step(struct http_server *server, struct http_stream *http, dobos_time now) {
    enum http_turn turn = TURN_AGAIN;
    if (http->stream.lingers) {
        stream_drain(&server->streams, &http->stream);
        return;
    }
    while (turn == TURN_AGAIN) {
        turn = http->doing == DOING_REQUEST ? request_receive(server, http, now)
                                            : answer_send(server, http, now);
    }
    if (turn == TURN_LINGER)
        stream_linger(&server->streams, &http->stream, now);
    else if (turn != TURN_WAIT)
        stream_close(&server->streams, &http->stream, turn == TURN_ABORT);
}

/* ---- the service ---- */

static dobos_time http_step(struct dobos_service *service, dobos_time now) {
    struct http_server *server = container_of(service, struct http_server, service);
    struct dobos_event event;
    while (dobos_poller_next(service->poller, &event, 1) > 0) {
        if (event.socket == server->streams.listener)
            stream_server_accept(&server->streams, now);
        else
            stream_step(server, event.user, now);
    }
    return stream_server_expire(&server->streams, now);
}

static void http_fini(struct dobos_service *service) {
    struct http_server *server = container_of(service, struct http_server, service);
    stream_server_fini(&server->streams);
    for (size_t i = 0; i < server->page_count; i++) {
        service_text_free(service, server->pages[i].path);
        service_text_free(service, server->pages[i].type);
        service_free(service, server->pages[i].body, server->pages[i].body_length);
    }
    service_free(service, server->pages, PAGES * sizeof(struct page));
    service_free(service, server->piece, PIECE_BYTES);
}

static const struct service_kind http_kind = {"http", http_step, http_fini,
                                              sizeof(struct http_server)};

/* Whether a text may stand in a field of the head. */
static bool is_field_text(const char *text) {
    size_t length = text_length(text);
    for (size_t i = 0; i < length; i++) {
        if ((uint8_t)text[i] < ' ' || text[i] == 0x7f)
            return false;
    }
    return length > 0 && length < TYPE_BYTES;
}

static int page_add(struct http_server *server, const struct dobos_http_page *given) {
    struct page *page = &server->pages[server->page_count];
    const char *type = given->type ? given->type : "text/html; charset=utf-8";
    if (!given->path || given->path[0] != '/' || text_length(given->path) >= HTTP_PATH_BYTES ||
        page_find(server, given->path) || !is_field_text(type))
        return -DOBOS_EINVAL;
    server->page_count++;
    page->path = service_text(&server->service, given->path);
    page->type = service_text(&server->service, type);
    if (!page->path || !page->type)
        return -DOBOS_ENOMEM;
    if (given->body && given->body_length) {
        page->body = service_allocate(&server->service, given->body_length, "http page");
        if (!page->body)
            return -DOBOS_ENOMEM;
        memcpy(page->body, given->body, given->body_length);
    }
    page->body_length = given->body_length;
    return 0;
}

static int pages_add(struct http_server *server, const struct dobos_http_config *config) {
    struct dobos_http_page whole = {
        .path = "/", .body = config->body, .body_length = config->body_length};
    int result = 0;
    if (config->page_count > PAGES)
        return -DOBOS_EINVAL;
    server->pages = service_allocate(&server->service, PAGES * sizeof(struct page), "http pages");
    server->piece = service_allocate(&server->service, PIECE_BYTES, "http piece");
    if (!server->pages || !server->piece)
        return -DOBOS_ENOMEM;
    if (config->page_count == 0)
        return page_add(server, &whole);
    for (size_t i = 0; i < config->page_count && result == 0; i++)
        result = page_add(server, &config->pages[i]);
    return result;
}

/* The pages, then the listener. */
static int http_open(struct http_server *server, const struct dobos_http_config *config) {
    const struct stream_config streams = {
        .port = config->port ? config->port : HTTP_PORT,
        .limit = config->connections ? config->connections : CONNECTIONS,
        .record_bytes = sizeof(struct http_stream),
        .idle_ns = IDLE_NS,
    };
    int result = pages_add(server, config);
    return result < 0 ? result : stream_server_open(&server->streams, &server->service, &streams);
}

int dobos_http_server_create(struct dobos_host *host, const struct dobos_http_config *config,
                             struct dobos_service **service) {
    if (config->size == 0 || config->size > sizeof(*config))
        return -DOBOS_EINVAL;
    struct dobos_http_config known = {0};
    memcpy(&known, config, config->size);
    struct dobos_service *made = service_create(host, &http_kind);
    if (!made)
        return -DOBOS_ENOMEM;
    int result = http_open(container_of(made, struct http_server, service), &known);
    if (result < 0) {
        dobos_service_destroy(made);
        return result;
    }
    *service = made;
    return 0;
}
