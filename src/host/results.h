/* results: what transport said of a packet or a timer, carried out. */
#ifndef HOST_RESULTS_H
#define HOST_RESULTS_H

#include "host/state.h"

/* What transport said: registers, wakes, lets go, answers. */
void result_take(struct dobos_host *host, struct transport_result *result);

#endif
