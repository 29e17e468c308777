/* control_connection: one who asks a live network: what came, the tool that runs, what goes out. */
#ifndef OS_CONTROL_CONNECTION_H
#define OS_CONTROL_CONNECTION_H

#include "os/control.h"
#include "os/control_place.h"
#include "os/control_request.h"

#define CONTROL_CONNECTIONS 32 /* at most, of one network */

struct control_connection {
    struct list_node node;         /* in control.connections */
    struct watch watch;            /* its socket, which it owns */
    struct control *control;       /* whose */
    struct lab_asking *asking;     /* the tool that runs; NULL: none */
    struct sink out, error;        /* what it has written and nobody has taken yet */
    struct sink answer;            /* lines for the client */
    size_t sent;                   /* bytes of them that are sent */
    char line[CONTROL_LINE_BYTES]; /* what came and is no whole line yet */
    size_t line_length;            /* bytes of it */
    bool has_lines;                /* whole ones are among it: the answers are to be taken first */
    int descriptor;                /* that came with a line, and is nobody's yet; −1 */
    struct control_place place;    /* of a node, that it has taken */
    bool has_read_all;             /* the client sends no more */
    bool is_refused;               /* it gets its answer, and no more */
};

/* A new client (its socket: take). When it is one too many, it is told so. */
void control_connection_begin(struct control *control, int socket);
/* Ends it at once, with its tool. */
void control_connection_end(struct control_connection *connection);

#endif
