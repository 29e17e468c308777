/*
 * control_request: what somebody asks a live network, a line of JSON; and the lines of its answers
 * (docs/control-socket.md). Whoever may write to the socket may do whatever the network's owner
 * can; but what comes is checked like anything from outside.
 */
#ifndef OS_CONTROL_REQUEST_H
#define OS_CONTROL_REQUEST_H

#include <jansson.h>

#include "tools/sink.h"

#define CONTROL_LINE_BYTES 65536 /* of a request, with its newline */
#define CONTROL_WORDS      256   /* of a tool's arguments, with its name */

enum control_kind {
    CONTROL_RUN,       /* a tool at a node */
    CONTROL_INTERRUPT, /* as if ^C were typed at the tool that runs */
    CONTROL_NETWORK,   /* what network it is, and its nodes */
    CONTROL_TAKE,      /* the place of a node, for a program outside */
    CONTROL_ATTACH,    /* the program's TAP device, whose descriptor comes with the line */
};

struct control_request {
    enum control_kind kind; /* what is asked */
    const char *node;       /* of CONTROL_RUN, CONTROL_TAKE; within `json`; NULL: not given */
    const char *words[CONTROL_WORDS + 1]; /* of CONTROL_RUN, NULL behind them; within `json` */
    int word_count;                       /* of them */
    bool wants_json;                      /* of CONTROL_RUN: --json was given */
    bool is_bare;                         /* of CONTROL_TAKE: nothing configures the interface */
    json_t *json;                         /* the whole; owned */
};

/* Reads a line without its newline. False: it is no request, *reason says why, and there is nothing
 * to end. */
bool control_request_parse(const char *line, size_t length, struct control_request *request,
                           struct sink *reason);
void control_request_fini(struct control_request *request);

/* Writes an object (take) as a line. A failure is the sink's. */
void control_line_put(struct sink *lines, json_t *object);
/* Writes what a tool has written, as lines with the key `name`, or `name`_base64 for bytes that are
 * no UTF-8. */
void control_text_put(struct sink *lines, const char *name, const char *bytes, size_t length);
/* What control_text_put wrote, to a sink. False: the object has none of that name. */
bool control_text_read(const json_t *object, const char *name, struct sink *bytes);

#endif
