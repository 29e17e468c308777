/*
 * http_request: the engine that reads HTTP/1.x requests (RFC 9112) from bytes as they come: the
 * head into a bounded buffer, the body (by length or in chunks) piece by piece. No sockets.
 * http_request.c cuts bytes into lines and bodies, http_head.c reads what the head says.
 */
#ifndef SERVICES_HTTP_REQUEST_H
#define SERVICES_HTTP_REQUEST_H

#include "base/memory.h"

#define HTTP_HEAD_BYTES   8192 /* a request line alone may have 8000 (RFC 9112 §3) */
#define HTTP_PATH_BYTES   256
#define HTTP_METHOD_BYTES 16

enum http_phase {
    HTTP_HEAD,       /* reading request line and fields */
    HTTP_BODY,       /* reading a body of a known length */
    HTTP_CHUNK_SIZE, /* reading a chunk's size line */
    HTTP_CHUNK_DATA, /* reading a chunk */
    HTTP_CHUNK_END,  /* reading the line end behind a chunk */
    HTTP_TRAILER,    /* reading trailer lines */
    HTTP_COMPLETE,   /* the whole request has been read */
    HTTP_BAD         /* it was wrong: see status */
};

struct http_request {
    enum http_phase phase; /* where the reading is */
    uint16_t status;       /* HTTP_BAD: the status to answer with (400, 414, 431, 501, 505) */
    bool is_http_1_1;      /* HTTP/1.1 or a later 1.x, not 1.0 */
    bool keep_alive;       /* the connection may go on behind this */
    bool expects_continue; /* Expect: 100-continue, not answered yet */
    bool has_host;         /* a Host field was there */
    bool has_length;       /* a Content-Length field was there */
    bool is_chunked;       /* the transfer coding chunked was there */
    bool has_coding;       /* another transfer coding was there */
    bool says_close;       /* Connection: close */
    bool says_keep_alive;  /* Connection: keep-alive */
    char method[HTTP_METHOD_BYTES]; /* with its NUL */
    char path[HTTP_PATH_BYTES]; /* decoded, without query, with its NUL; empty for targets that name
                                   no page */
    uint64_t body_length;       /* of Content-Length */
    uint64_t body_rest;         /* bytes of body or chunk still to come */
    uint64_t body_bytes;        /* read so far */
    size_t trailer_bytes;       /* read so far */
    size_t head_length;         /* bytes in head[] */
    char head[HTTP_HEAD_BYTES]; /* the head, or the line being read */
};

/* Begins anew. */
void http_request_init(struct http_request *request);
/*
 * Takes bytes; returns how many it used. Where a piece of body stands among them, *body and
 * *body_length say so (inside `bytes`), and the call returns right behind it. Call again with the
 * rest until nothing is used or the phase is HTTP_COMPLETE or HTTP_BAD.
 */
size_t http_request_read(struct http_request *request, const uint8_t *bytes, size_t length,
                         const uint8_t **body, size_t *body_length);

/* ---- between the two files ---- */

/* It was wrong; nothing more of this connection is read. */
void http_request_fail(struct http_request *request, uint16_t status);
/* Reads the whole head, which stands in head[], and sets all that it says, or fails. */
void http_head_parse(struct http_request *request);

#endif
