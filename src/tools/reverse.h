/*
 * reverse: the names of addresses, for tools that show them: a PTR question (RFC 1035 §3.5) to the
 * node's name servers, one address at a time, and each once. An address without a name, or when
 * nobody answers, is its own name.
 */
#ifndef TOOLS_REVERSE_H
#define TOOLS_REVERSE_H

#include <dobos/host.h>
#include <dobos/socket.h>

/* An address and its name, or the address again. */
struct reverse_name {
    struct dobos_address address;
    bool is_known;                 /* asking is over */
    char text[DOBOS_DOMAIN_BYTES]; /* as it is shown then */
};

struct reverse {
    struct dobos_host *host;     /* whose name servers are asked; borrowed */
    struct dobos_poller *poller; /* whose events tell of answers; borrowed */
    struct dobos_socket *socket; /* of the question under way; NULL: none; owned */
    struct reverse_name *names;  /* owned */
    size_t count, room;          /* of them, and of their places */
    unsigned attempt;            /* of the question under way */
    uint16_t id;                 /* its id */
    dobos_time deadline;         /* when it is given up */
};

/* The name of an address, or the address; NULL: not known yet, *again says when to look again, and
 * no other is asked for meanwhile. */
const char *reverse_name(struct reverse *reverse, const struct dobos_address *address,
                         dobos_time now, dobos_time *again);
void reverse_fini(struct reverse *reverse);

#endif
