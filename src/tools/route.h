/* route: what the two files of `dobos route` share. */
#ifndef TOOLS_ROUTE_H
#define TOOLS_ROUTE_H

#include <dobos/rules.h>

#include "tools/task.h"

struct route {
    struct tool_task task;
    bool is_get;                          /* "get ADDRESS" */
    dobos_time now;                       /* when it is asked */
    struct dobos_route_question question; /* of get */
    const char *from, *iif;               /* of get: their words; NULL: not given */
    const char *protocol, *sport, *dport; /* of get, likewise: the flow */
    const char *table_name;               /* of show; NULL: main */
    uint32_t table;                       /* the same by number; 0: all */
    const char *device;                   /* of show: only by this interface; NULL: all */
    uint32_t interface;                   /* the same by number; 0: all */
    const char *exact, *root, *match;     /* of show: that destination, within it, holding it */
    struct dobos_prefix prefix;           /* whichever of the three was given */
};

/* "default", "10.0.0.0/8", or an address alone for a /32, as ip route writes it. */
void route_destination_format(const struct dobos_prefix *prefix, char text[DOBOS_PREFIX_TEXT]);
/* "main", or the number. */
void route_table_format(uint32_t table, char text[12]);
/* "blackhole", …; "" of a unicast route. */
const char *route_type_name(enum dobos_route_kind type);
/* Whether a route shares flows with others of its prefix and metric. */
bool route_can_share(const struct dobos_route *route);
/* The name of an interface; "?" where there is none. */
void route_device_format(const struct dobos_host *host, uint32_t interface,
                         char name[DOBOS_NAME_BYTES]);
/* How a route is shown. */
struct route_view {
    const struct dobos_host *host; /* whose it is */
    uint32_t hops;                 /* with how many that share flows it is shown as one, itself
                                      included; 0 and 1: alone */
    uint32_t nth;                  /* the first of them in its table */
    bool has_device;               /* with its interface */
    bool has_table;                /* with its table, if that is not main */
};
/* The route as a line of ip route has it, with a space behind each word. */
void route_print(const struct route_view *view, const struct dobos_route *route, struct sink *out);
json_t *route_json(struct tool_task *task, const struct route_view *view,
                   const struct dobos_route *route);

/* A rule as ip rule has it, with `colon` behind its priority. */
void rule_format(const struct dobos_host *host, const struct dobos_rule *rule, const char *colon,
                 struct sink *out);

/* `route get`: what the host would do with a packet for the destination, and why. */
int route_get(struct route *route);

#endif
