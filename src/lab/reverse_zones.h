/*
 * reverse_zones: the zones in-addr.arpa of a DNS server (reverse: [203.0.113.0/24]), made from the
 * network itself: an address has the name that the first A record of it has in any zone of the
 * network, else that of the node that bears it.
 *
 * Zones end at dots, so a prefix of another length than 8, 16 or 24 bits becomes several zones of
 * the next such length, and one that is longer than 24 bits a zone of the 24 bits around it, which
 * names only addresses in the prefix: whom RFC 2317 would have delegate pieces of it, nobody here
 * asks to.
 */
#ifndef LAB_REVERSE_ZONES_H
#define LAB_REVERSE_ZONES_H

#include "lab/network.h"

struct reverse_name; /* an address and its name */

struct reverse_zones {
    struct dobos_dns_zone *zones; /* owned: those of the file, then those made */
    size_t count;                 /* of them */
    size_t given;                 /* those of the file among them */
    struct reverse_name *names;   /* owned; of all addresses within the prefixes */
    size_t name_count, name_room; /* used, allocated */
};

/* Makes the zones of a service; the network outlives them. On false (*error) too
 * reverse_zones_free is due. */
bool reverse_zones_make(struct reverse_zones *made, const struct network *network,
                        const struct network_service *service, struct lab_error *error);
void reverse_zones_free(struct reverse_zones *made);

#endif
