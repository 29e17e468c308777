/*
 * http_server: static pages over a host's TCP (RFC 9110, 9112). GET and HEAD answer pages; PUT and
 * POST to any path take a body of any length, keep nothing of it, and answer how many bytes it had
 * and their SHA-256, so that an upload can be checked. A connection carries one request after
 * another; what is pipelined waits its turn.
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

struct page {
    char *path, *type;  /* owned */
    uint8_t *body;      /* owned; NULL: generated */
    size_t body_length; /* bytes */
};

struct http_server {
    struct dobos_service service;
    struct stream_server streams;
    struct page *pages; /* owned, page_count */
    size_t page_count;  /* used */
};

struct http_stream {
    struct stream stream;
    struct http_request request;
    struct sha256 sha256;      /* of an upload */
    bool hashing;              /* it has begun */
    bool answering;            /* head or body is being sent */
    bool ended;                /* the peer has said its last */
    const struct page *page;   /* whose body is being sent; NULL: only the head */
    size_t body_sent;          /* bytes of it */
    size_t head_length;        /* bytes of head[] */
    size_t head_sent;          /* of them */
    size_t input_length;       /* bytes of input[] read from the socket and not yet used */
    char head[ANSWER_BYTES];   /* the answer's head, and a short answer's body */
    uint8_t input[READ_BYTES]; /* what has been read */
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

static void answer_begin(struct http_stream *http, unsigned status, const char *type,
                         uint64_t length) {
    http->answering = true;
    http->head_length = http->head_sent = http->body_sent = 0;
    http->page = NULL;
    append(http, "HTTP/1.1 ");
    append(http, status_text(status));
    append(http, "\r\nServer: dobos\r\nContent-Type: ");
    append(http, type);
    append(http, "\r\nContent-Length: ");
    append_number(http, length);
    append(http, http->request.keep_alive ? "\r\n" : "\r\nConnection: close\r\n");
    if (status == 405)
        append(http, "Allow: GET, HEAD, PUT, POST\r\n");
    append(http, "\r\n");
}

static void answer_text(struct http_stream *http, unsigned status, const char *text) {
    bool head = text_is_equal(http->request.method, "HEAD");
    answer_begin(http, status, "text/plain; charset=utf-8", text_length(text));
    if (!head)
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
    return text_is_equal(request->method, "PUT") || text_is_equal(request->method, "POST");
}

/* A whole request has been read, or it was wrong. */
static void answer(struct http_server *server, struct http_stream *http) {
    const struct http_request *request = &http->request;
    server->service.answers++;
    if (request->phase == HTTP_BAD) {
        answer_text(http, request->status, "this request cannot be read\n");
        return;
    }
    if (is_upload(request)) {
        answer_upload(http);
        return;
    }
    bool head = text_is_equal(request->method, "HEAD");
    if (!head && !text_is_equal(request->method, "GET")) {
        answer_text(http, 405, "only GET, HEAD, PUT and POST\n");
        return;
    }
    const struct page *page = page_find(server, request->path);
    if (!page) {
        answer_text(http, 404, "there is no such page\n");
        return;
    }
    answer_begin(http, 200, page->type, page->body_length);
    http->page = head ? NULL : page;
}

/* ---- sending ---- */

/* Sends what there is of the answer; 1: all of it, 0: the socket is full, −1: the connection is
 * over. */
static int answer_send(struct http_stream *http) {
    struct dobos_socket *socket = http->stream.socket;
    int64_t sent;
    while (http->head_sent < http->head_length) {
        sent =
            dobos_send(socket, http->head + http->head_sent, http->head_length - http->head_sent);
        if (sent < 0)
            return sent == -DOBOS_EAGAIN ? 0 : -1;
        http->head_sent += (size_t)sent;
    }
    while (http->page && http->body_sent < http->page->body_length) {
        uint8_t piece[PIECE_BYTES];
        size_t length = min_size(sizeof(piece), http->page->body_length - http->body_sent);
        const uint8_t *from = http->page->body ? http->page->body + http->body_sent : piece;
        if (!http->page->body)
            pattern_fill(http->body_sent, piece, length);
        sent = dobos_send(socket, from, length);
        if (sent < 0)
            return sent == -DOBOS_EAGAIN ? 0 : -1;
        http->body_sent += (size_t)sent;
    }
    return 1;
}

/* ---- reading ---- */

/* Gives what has been read to the request, up to its end. */
static void input_use(struct http_stream *http) {
    size_t used = 0;
    struct http_request *request = &http->request;
    while (used < http->input_length && request->phase != HTTP_COMPLETE &&
           request->phase != HTTP_BAD) {
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
    }
    http->input_length -= used;
    memmove(http->input, http->input + used, http->input_length);
}

/* RFC 9110 §10.1.1: the client waits for leave to send its body. */
static void continue_send(struct http_stream *http) {
    static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
    struct http_request *request = &http->request;
    if (!request->expects_continue || request->phase == HTTP_HEAD || request->phase == HTTP_BAD)
        return;
    request->expects_continue = false;
    if (request->phase != HTTP_COMPLETE)
        (void)dobos_send(http->stream.socket, text, sizeof(text) - 1);
}

/* Reads until a request is whole; 1: it is, 0: nothing more now, −1: the connection is over. */
static int request_receive(struct http_stream *http) {
    for (;;) {
        input_use(http);
        continue_send(http);
        if (http->request.phase == HTTP_COMPLETE || http->request.phase == HTTP_BAD)
            return 1;
        if (http->ended)
            return -1;
        int64_t got = dobos_receive(http->stream.socket, http->input + http->input_length,
                                    sizeof(http->input) - http->input_length);
        if (got == -DOBOS_EAGAIN)
            return 0;
        if (got < 0)
            return -1;
        http->ended = got == 0;
        http->input_length += (size_t)got;
    }
}

static void stream_step(struct http_server *server, struct http_stream *http, dobos_time now) {
    int result;
    stream_touch(&server->streams, &http->stream, now);
    do {
        if (!http->answering) {
            result = request_receive(http);
            if (result == 1)
                answer(server, http);
        } else {
            result = answer_send(http);
            if (result == 1) {
                result = http->request.keep_alive ? 1 : -1;
                http->answering = http->hashing = false;
                http_request_init(&http->request);
            }
        }
    } while (result == 1);
    if (result < 0)
        stream_close(&server->streams, &http->stream, false);
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
}

static const struct service_kind http_kind = {"http", http_step, http_fini,
                                              sizeof(struct http_server)};

static int page_add(struct http_server *server, const struct dobos_http_page *given) {
    struct page *page = &server->pages[server->page_count];
    if (!given->path || given->path[0] != '/' || text_length(given->path) >= HTTP_PATH_BYTES ||
        page_find(server, given->path))
        return -DOBOS_EINVAL;
    server->page_count++;
    page->path = service_text(&server->service, given->path);
    page->type =
        service_text(&server->service, given->type ? given->type : "text/html; charset=utf-8");
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
    if (!server->pages)
        return -DOBOS_ENOMEM;
    if (config->page_count == 0)
        return page_add(server, &whole);
    for (size_t i = 0; i < config->page_count && result == 0; i++)
        result = page_add(server, &config->pages[i]);
    return result;
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
    struct http_server *server = container_of(made, struct http_server, service);
    int result = pages_add(server, &known);
    unsigned limit = known.connections ? known.connections : CONNECTIONS;
    if (result == 0)
        result = stream_server_open(&server->streams, made, known.port ? known.port : HTTP_PORT,
                                    limit, sizeof(struct http_stream));
    if (result < 0) {
        dobos_service_destroy(made);
        return result;
    }
    *service = made;
    return 0;
}
