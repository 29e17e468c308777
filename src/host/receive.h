/* receive: the way up. */
#ifndef HOST_RECEIVE_H
#define HOST_RECEIVE_H

#include "host/state.h"

/* Takes up what is looped back, at most LOOPBACK_BURST packets. */
void receive_loopback(struct dobos_host *host);

#endif
