/*
 * stream: the TCP side that echo, discard, HTTP and DNS share: a listener, a bounded number of
 * connections, each with a record of the service's own, and an end for those that stand still.
 */
#ifndef SERVICES_STREAM_H
#define SERVICES_STREAM_H

#include "base/list.h"
#include "services/service.h"

#define STREAM_IDLE_NS (60 * DOBOS_SECOND)

/* Begins a service's own record of a connection. */
struct stream {
    struct list_node node;       /* in stream_server.streams, the longest idle first */
    struct dobos_socket *socket; /* its user value is this */
    dobos_time deadline;         /* when it has stood still too long */
    uint8_t *pending;            /* owned: an answer the socket had no room for; NULL: none */
    size_t pending_length;       /* its bytes */
    size_t pending_sent;         /* of them */
};

struct stream_server {
    struct dobos_service *service; /* whose; borrowed */
    struct dobos_socket *listener; /* NULL: not open */
    struct list streams;           /* of struct stream */
    unsigned count, limit;         /* connections now, and at most */
    size_t record_bytes;           /* of a service's record */
};

/* Opens the listener. Errors of dobos_bind and dobos_listen. */
int stream_server_open(struct stream_server *server, struct dobos_service *service, uint16_t port,
                       unsigned limit, size_t record_bytes);
/* Accepts what waits; each connection gets a zeroed record. Beyond the limit the longest idle one
 * is reset. */
void stream_server_accept(struct stream_server *server, dobos_time now);
/* It made progress. */
void stream_touch(struct stream_server *server, struct stream *stream, dobos_time now);
/* A copy of bytes to be sent; nothing may be pending. False: no memory. */
bool stream_pend(struct stream_server *server, struct stream *stream, const void *bytes,
                 size_t length);
/* Sends what is pending; 1: nothing is any more, 0: the socket is full, −1: the connection is over.
 */
int stream_pending_send(struct stream_server *server, struct stream *stream);
/* Ends it (take): politely, or by a reset. */
void stream_close(struct stream_server *server, struct stream *stream, bool abort);
/* Ends those that stood still too long; returns the next such moment. */
dobos_time stream_server_expire(struct stream_server *server, dobos_time now);
void stream_server_fini(struct stream_server *server);

#endif
