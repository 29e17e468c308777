/* groups: multicast groups of a host's interfaces: what its sockets want together, and IGMP. */
#ifndef HOST_GROUPS_H
#define HOST_GROUPS_H

#include "host/arrival.h"

/* Sends what IGMP has to say at an interface now. */
void groups_transmit(struct dobos_host *host, struct interface *interface);
/* A timer of kind TIMER_IGMP fired. */
void groups_on_timer(struct dobos_host *host, struct timer *timer);
/* The link is up again. */
void groups_on_carrier(struct dobos_host *host, struct interface *interface);
/* An IGMP message has arrived: it meets its fate here. */
void groups_receive(struct dobos_host *host, struct arrival *arrival);
/* A socket ends: it leaves all its groups. */
void groups_socket_end(struct dobos_socket *socket);

#endif
