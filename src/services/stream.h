/*
 * stream: the TCP side that echo, discard, HTTP and DNS share: a listener, a bounded number of
 * connections, each with a record of the service's own, and an end for those that stand still.
 *
 * Who goes first when there are too many: one that is only lingering, else the one that has stood
 * still longest. A connection makes progress when its service says so (stream_touch), not by every
 * byte: who trickles a question is as idle as who says nothing (attack I26). But who still hears
 * what was said, over however slow a line, is not idle; nor is silence idleness while TCP repeats
 * what a bad line loses: six repeats in a row, which take more than a minute, are lost now and then
 * where a quarter of all is. So TCP gives up who does not hear, and in the midst of a question
 * silence may last as long.
 */
#ifndef SERVICES_STREAM_H
#define SERVICES_STREAM_H

#include "base/list.h"
#include "services/service.h"

#define STREAM_LINGER_NS (5 * DOBOS_SECOND)
#define STREAM_SILENT_NS (300 * DOBOS_SECOND) /* a peer that TCP repeats to, or waits for */

/* Begins a service's own record of a connection. */
struct stream {
    struct list_node node;       /* in stream_server.streams or .lingering */
    struct dobos_socket *socket; /* its user value is this */
    dobos_time deadline;         /* when it has stood still too long */
    bool lingers;                /* all is said; what still comes is dropped */
    bool is_amid;                /* a question's head is whole and its body is not */
    dobos_time touched_at;       /* when it last made progress */
    uint64_t heard;              /* bytes the peer had acknowledged when it was last looked at */
    dobos_time heard_at;         /* when they were found to have grown */
    uint8_t *pending;            /* owned: answers the socket had no room for; NULL: none */
    size_t pending_length;       /* its bytes */
    size_t pending_sent;         /* of them */
};

/* What a service brings. */
struct stream_config {
    uint16_t port;       /* to listen at */
    unsigned limit;      /* connections at once, ≥ 1 */
    size_t record_bytes; /* of the service's record */
    dobos_time idle_ns;  /* how long one may stand still */
};

struct stream_server {
    struct dobos_service *service; /* whose; borrowed. NULL: not open */
    struct dobos_socket *listener; /* NULL: not open */
    struct stream_config config;   /* as given */
    struct list streams;           /* of struct stream, the longest idle first */
    struct list lingering;         /* of struct stream, the oldest first */
    unsigned count;                /* of both */
};

/* Opens the listener. Errors of dobos_bind and dobos_listen. */
int stream_server_open(struct stream_server *server, struct dobos_service *service,
                       const struct stream_config *config);
/* Accepts what waits; each connection gets a zeroed record. */
void stream_server_accept(struct stream_server *server, dobos_time now);
/* It made progress. */
void stream_touch(struct stream_server *server, struct stream *stream, dobos_time now);
/* A copy of bytes to be sent, behind what is pending. False: no memory. */
bool stream_pend(struct stream_server *server, struct stream *stream, const void *bytes,
                 size_t length);
/* Sends what is pending; 1: nothing is any more, 0: the socket is full, −1: the connection is over.
 */
int stream_pending_send(struct stream_server *server, struct stream *stream);
/* Ends it (take): politely, or by a reset. */
void stream_close(struct stream_server *server, struct stream *stream, bool abort);
/*
 * Ends it (take) so that the last answer arrives: the sending side is closed, and what the peer is
 * still sending is dropped until it ends too, or until STREAM_LINGER_NS after it has heard all; a
 * close with unread data would be a reset, which can overtake the answer (RFC 9112 §9.6).
 */
void stream_linger(struct stream_server *server, struct stream *stream, dobos_time now);
/* Drops what came on a lingering connection; ends it (take) when the peer has ended. */
void stream_drain(struct stream_server *server, struct stream *stream);
/* Ends those that stood still too long, politely unless the peer stopped listening in the midst;
 * returns the next such moment. */
dobos_time stream_server_expire(struct stream_server *server, dobos_time now);
void stream_server_fini(struct stream_server *server);

#endif
