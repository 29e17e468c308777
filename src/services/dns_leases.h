/*
 * dns_leases: the names of a DHCP server's clients, with authority: NAME.domain has the client's
 * address, and the address its name. What a zone says of the very name comes before.
 */
#ifndef SERVICES_DNS_LEASES_H
#define SERVICES_DNS_LEASES_H

#include <dobos/services.h>

#include "services/dns_reply.h"

/*
 * Answers a name of class IN; false: it is no client's, and nothing was written. `domain` is that
 * of the names, the root for names alone. A name without the type asked is answered without
 * records.
 */
bool dns_leases_answer(struct dns_reply *reply, const struct dns_name *name,
                       const struct dobos_service *leases, const struct dns_name *domain,
                       dobos_time now);

#endif
