/* nat_read: mappings and sessions as dobos/nat.h shows them. */
#ifndef HOST_NAT_READ_H
#define HOST_NAT_READ_H

#include "network/nat.h"

void nat_mapping_show(const struct nat_mapping *mapping, struct dobos_nat_mapping *shown);
void session_show(const struct session *session, struct dobos_session *shown);

#endif
