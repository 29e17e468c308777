/*
 * dhcp_names: what the DNS server asks the DHCP server of the same host: who is leased which name.
 * Two services of one room; the one asked keeps the answers findable at constant cost.
 */
#ifndef SERVICES_DHCP_NAMES_H
#define SERVICES_DHCP_NAMES_H

#include <dobos/services.h>

/* The address of the bound client of that name (a label, any case); *ttl_s: the lease's rest, at
 * most 60 s. False: there is none. Of two clients of one name the one bound first has it. */
bool dhcp_server_name_find(const struct dobos_service *dhcp, const char *label, dobos_time now,
                           struct dobos_address *address, uint32_t *ttl_s);
/* The name of the bound client that has the address; false: there is none, or it has no name. */
bool dhcp_server_address_find(const struct dobos_service *dhcp, const struct dobos_address *address,
                              dobos_time now, char label[DOBOS_HOST_LABEL_BYTES], uint32_t *ttl_s);

#endif
