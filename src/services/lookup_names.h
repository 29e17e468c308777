/*
 * lookup_names: what a stub resolver knows without a name server (addresses as text, the names of
 * RFC 6761, the host's own entries), and which names it asks servers about (the search list,
 * RFC 1123 §6.1.4.3, with one dot as resolv.conf's ndots has it by default).
 */
#ifndef SERVICES_LOOKUP_NAMES_H
#define SERVICES_LOOKUP_NAMES_H

#include <dobos/dns.h>

#include "wire/dns.h"

#define LOOKUP_CANDIDATES 8 /* the name itself, and one a search domain */

/* Names to be asked about, in order. */
struct lookup_names {
    struct dns_name names[LOOKUP_CANDIDATES];
    unsigned count; /* of them */
};

/* The candidates for a name; `exact`: itself alone. False: it can be no name. A name of digits as
 * addresses have, or with a colon, is none unless it is asked about records. */
bool lookup_names_choose(const struct dobos_host *host, const struct dobos_lookup_config *config,
                         struct lookup_names *names);
/* Whether an address belongs to a family that is wanted; DOBOS_FAMILY_USABLE is not asked here. */
bool lookup_family_holds(enum dobos_family family, const struct dobos_address *address);
/* Answers what needs no server; false: ask. */
bool lookup_locally(const struct dobos_host *host, const struct dobos_lookup_config *config,
                    struct dobos_lookup_result *result);

#endif
