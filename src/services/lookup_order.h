/*
 * lookup_order: which of a name's addresses is to be tried first: RFC 6724 §6 as far as a resolver
 * can know it (rules 1, 2, 6 and 8): one that can be reached, of the scope of the source it would
 * be reached from, of the higher precedence, of the smaller scope. Among equals the server's order
 * stays, which shares the load; RFC 6724's rule 9 would undo that.
 */
#ifndef SERVICES_LOOKUP_ORDER_H
#define SERVICES_LOOKUP_ORDER_H

#include <dobos/host.h>

/* Whether the host has an IPv6 address that others can answer to. */
bool lookup_has_ipv6(const struct dobos_host *host);
void lookup_order(const struct dobos_host *host, struct dobos_address *addresses, unsigned count);

#endif
