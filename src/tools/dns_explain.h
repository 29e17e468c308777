/*
 * dns_explain: who asked whom for one answer: what all DNS servers of a network did from the moment
 * that a tool began to look on, joined with the tool's own queries into a tree in the order of
 * time. A server is asked by whoever sent it the same question just before; so in a live network,
 * where others ask too, what a server does for several at once stands under each of them.
 */
#ifndef TOOLS_DNS_EXPLAIN_H
#define TOOLS_DNS_EXPLAIN_H

#include <dobos/dns.h>

#include "tools/asking.h"
#include "tools/task.h"

#define DNS_EXPLAIN_EVENTS 4096 /* at most; what comes then is left out, and that is said */

/* Something that a node did. */
struct dns_explained {
    struct dobos_dns_event event; /* the tool's own queries are DOBOS_DNS_ASKS */
    unsigned node;                /* which: number in the network */
    unsigned source;              /* who told of it: 0 the tool, else number of a server from 1 */
    unsigned order;               /* of its coming */
    unsigned query;               /* DOBOS_DNS_ASKED: number of the query that came */
    int depth;                    /* in the tree, 0: the tool's own; −1: for somebody else */
    bool is_taken;                /* a query has come; a question has its answer */
    bool is_answered;             /* a query whose question has its answer */
};

/* A DNS server that is looked on at. */
struct dns_watched {
    struct dobos_service *service; /* borrowed, while it is its node's */
    unsigned node;                 /* whose */
    uint64_t next;                 /* the event to be read next */
};

struct dns_explain {
    struct tool_network network;   /* borrowed */
    const struct dobos_host *host; /* of the tool's own node */
    struct dns_watched *watched;   /* owned */
    unsigned watched_count;        /* of them */
    struct dns_explained *events;  /* owned */
    unsigned count, room;          /* of them */
    bool is_cut;                   /* some were left out */
};

/* Begins to look on at all servers of the network. False: no memory; dns_explain_end is due either
 * way. */
bool dns_explain_begin(struct dns_explain *explain, const struct tool_context *context);
/* Takes down what happened since. False: no memory. */
bool dns_explain_collect(struct dns_explain *explain);
/* Writes the tree of the queries that were sent, each line behind `prefix`; and forgets it. */
bool dns_explain_print(struct dns_explain *explain, struct asking *asking, const char *prefix);
/* The same as a list (give); NULL: no memory. */
json_t *dns_explain_json(struct dns_explain *explain, struct asking *asking,
                         struct tool_task *task);
void dns_explain_end(struct dns_explain *explain);

/* ---- for dns_explain_text.c ---- */

/* Puts the queries among the events, all in the order that they have by time and by what follows
 * from what, and finds their depths. False: no memory. */
bool dns_explain_order(struct dns_explain *explain, struct asking *asking);
/* The node that has an address; NULL: none. */
const char *dns_explain_owner(const struct dns_explain *explain,
                              const struct dobos_address *address, unsigned asking_node);
const char *dns_explain_node(const struct dns_explain *explain, unsigned node);

#endif
