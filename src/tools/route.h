/* route: what the two files of `dobos route` share. */
#ifndef TOOLS_ROUTE_H
#define TOOLS_ROUTE_H

#include "tools/task.h"

struct route {
    struct tool_task task;
    bool is_get;                      /* "get ADDRESS" */
    dobos_time now;                   /* when it is asked */
    struct dobos_address destination; /* of get */
    struct dobos_address source;      /* of get, "from"; 0.0.0.0: not given */
    const char *device;               /* of show: only by this interface; NULL: all */
    uint32_t interface;               /* the same by number; 0: all */
    const char *exact, *root, *match; /* of show: that destination, within it, holding it */
    struct dobos_prefix prefix;       /* whichever of the three was given */
};

/* "default", "10.0.0.0/8", or an address alone for a /32, as ip route writes it. */
void route_destination_format(const struct dobos_prefix *prefix, char text[DOBOS_PREFIX_TEXT]);
/* The name of an interface; "?" where there is none. */
void route_device_format(const struct dobos_host *host, uint32_t interface,
                         char name[DOBOS_NAME_BYTES]);
/* The route as a line of ip route has it, with a space behind each word; without its interface
 * where `has_device` is false. */
void route_print(const struct dobos_host *host, const struct dobos_route *route, bool has_device,
                 struct sink *out);

/* `route get`: what the host would do with a packet for the destination, and why. */
int route_get(struct route *route);

#endif
