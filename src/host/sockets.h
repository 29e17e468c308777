/* sockets: their place in a host. */
#ifndef HOST_SOCKETS_H
#define HOST_SOCKETS_H

#include "host/state.h"

/* Gives a socket that transport made its place in the host. */
void socket_register(struct dobos_host *host, struct dobos_socket *socket,
                     struct dobos_poller *poller);
/* Whether `peer` can be talked to from `local` (unspecified: any): there is a way to it (*path),
 * and leave where that is a broadcast. 0, or the error that connect and send give. */
int socket_peer_check(const struct dobos_socket *socket, const struct dobos_endpoint *peer,
                      const struct dobos_address *local, struct path *path);
/* Puts a sender that wants output on the host's dirty list. */
void sender_mark(struct dobos_host *host, struct sender *sender);
/* After any call that may have changed it: dirty list, poller, end of life. The socket may be gone
 * afterwards. */
void socket_changed(struct dobos_socket *socket);
void socket_free(struct dobos_socket *socket);

#endif
