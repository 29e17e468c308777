/* membership: the groups that a UDP socket has joined (RFC 3678), each with a filter of its own. */
#ifndef TRANSPORT_MEMBERSHIP_H
#define TRANSPORT_MEMBERSHIP_H

#include <dobos/group.h>

#include "transport/transport.h"

struct membership {
    struct list_node node;                 /* in its socket's list */
    uint32_t interface;                    /* where */
    uint32_t group;                        /* IPv4 */
    bool exclude;                          /* all but the sources; else those alone */
    uint32_t count;                        /* of sources */
    uint32_t sources[DOBOS_GROUP_SOURCES]; /* IPv4 */
};

enum membership_change {
    MEMBERSHIP_JOIN,
    MEMBERSHIP_LEAVE,
    MEMBERSHIP_BLOCK,
    MEMBERSHIP_UNBLOCK,
    MEMBERSHIP_JOIN_SOURCE,
    MEMBERSHIP_LEAVE_SOURCE,
};

/* One change of a socket's groups; `source` is not used by join and leave. Errors as in
 * dobos/group.h, and then nothing has changed. */
int membership_change(struct transport *transport, struct dobos_socket *socket,
                      enum membership_change change, uint32_t interface, uint32_t group,
                      uint32_t source);
/* The membership of that group there, or NULL. */
const struct membership *membership_find(const struct dobos_socket *socket, uint32_t interface,
                                         uint32_t group);
/* The first of a socket's, or NULL; to be left one after the other. */
const struct membership *membership_first(const struct dobos_socket *socket);
/* Whether what came in there from a source to a group is for the socket. */
bool membership_accepts(const struct dobos_socket *socket, const struct flow *flow);
bool membership_has_source(const struct membership *membership, uint32_t source);

#endif
