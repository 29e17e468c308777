/*
 * http_response: reads an HTTP/1.x answer (RFC 9112) from bytes as they come: the head into a
 * bounded buffer, the body (by length, in chunks, or up to the connection's end) piece by piece.
 */
#ifndef TOOLS_HTTP_RESPONSE_H
#define TOOLS_HTTP_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP_RESPONSE_HEAD 16384 /* bytes of status line and fields together */
#define HTTP_RESPONSE_LINE 128   /* bytes of a chunk's size line or a trailer line */
#define HTTP_TYPE_BYTES    128

enum http_response_phase {
    RESPONSE_HEAD,       /* status line and fields */
    RESPONSE_BODY,       /* a body of known length */
    RESPONSE_BODY_OPEN,  /* a body that ends with the connection */
    RESPONSE_CHUNK_SIZE, /* a chunk's size line */
    RESPONSE_CHUNK_DATA, /* a chunk */
    RESPONSE_CHUNK_END,  /* the line end behind a chunk */
    RESPONSE_TRAILER,    /* lines behind the last chunk */
    RESPONSE_COMPLETE,   /* all of it has been read */
    RESPONSE_BAD,        /* it is wrong: see reason */
};

struct http_response {
    enum http_response_phase phase; /* where the reading is */
    bool is_bodiless;               /* the answer to HEAD */
    bool has_length, is_chunked;    /* fields seen */
    uint16_t status;                /* 200, 404, …; 0: not read yet */
    uint64_t rest;                  /* of the body, or of the chunk, still to come */
    uint64_t body_bytes;            /* read so far */
    const char *reason;             /* RESPONSE_BAD: why; constant */
    char type[HTTP_TYPE_BYTES];     /* Content-Type; "" when there is none */
    char line[HTTP_RESPONSE_LINE];  /* a chunk's size line or trailer line, being read */
    size_t line_length;             /* bytes of it */
    char head[HTTP_RESPONSE_HEAD];  /* as received, with the empty line */
    size_t head_length;             /* bytes of it */
};

void http_response_init(struct http_response *response, bool is_bodiless);
/*
 * Takes bytes; returns how many it used. Where a piece of body stands among them, *body and
 * *body_length say so (inside `bytes`), and the call returns right behind it. Call again with the
 * rest until nothing is used, or the phase is RESPONSE_COMPLETE or RESPONSE_BAD.
 */
size_t http_response_read(struct http_response *response, const uint8_t *bytes, size_t length,
                          const uint8_t **body, size_t *body_length);
/* The connection has ended. True: that was the end of the answer too. */
bool http_response_end(struct http_response *response);

#endif
