/* forward: the landing between the way up and the way down: a router's (RFC 1812 §5). */
#ifndef HOST_FORWARD_H
#define HOST_FORWARD_H

#include "host/arrival.h"

/* Passes on a packet that is for another (take: arrival->packet is NULL afterwards). */
void forward(struct dobos_host *host, struct arrival *arrival);

#endif
