/* outside_json: how a node outside is to be configured, as JSON (docs/control-socket.md). */
#ifndef OS_OUTSIDE_JSON_H
#define OS_OUTSIDE_JSON_H

#include <jansson.h>

#include "lab/lab.h"

/* An object (give); NULL: no memory. Lifetimes count from `now`, the lab's time. */
json_t *outside_to_json(const struct lab_outside *outside, dobos_time now);
/* The reverse. False: it is no such object. */
bool outside_from_json(const json_t *object, dobos_time now, struct lab_outside *outside);

#endif
