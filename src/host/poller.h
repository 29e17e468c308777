/* poller: who is told of what. */
#ifndef HOST_POLLER_H
#define HOST_POLLER_H

#include "host/state.h"

void poller_init(struct dobos_poller *poller, struct dobos_host *host);
/* The socket's level changed, perhaps: tells its poller what was missed. */
void poller_notice(struct dobos_socket *socket);
/* An operation found nothing: tells again when `readiness` comes. */
void poller_arm(struct dobos_socket *socket, unsigned readiness);
unsigned socket_level(const struct dobos_socket *socket);

#endif
