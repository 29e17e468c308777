/* tables: the route tables of a host, and what is done to all of them. */
#ifndef HOST_TABLES_H
#define HOST_TABLES_H

#include "host/state.h"

/* The table of that number (0: main); NULL: there is none. */
struct routes *table_at(struct dobos_host *host, uint32_t number);
const struct routes *table_of(const struct dobos_host *host, uint32_t number);
/* The same, made if need be; NULL: no memory. A table without routes must go again: table_settle.
 */
struct routes *table_make(struct dobos_host *host, uint32_t number);
/* Says that a table has changed; takes it away if it is empty and not the main one. */
void table_settle(struct dobos_host *host, struct routes *routes);

/* Whether a route must go; its destination may not be looked at. */
typedef bool route_judge(const struct dobos_host *host, const struct dobos_route *route,
                         const void *what);
/* Removes such routes from all tables. */
void tables_drop(struct dobos_host *host, route_judge *must_go, const void *what);
void tables_fini(struct dobos_host *host);

#endif
