/*
 * dhcp_terms: what a server grants a client, checked. A client believes its server about the
 * network, for it can do no better; it does not believe what cannot be: an address that no host can
 * have, routes to itself or to loopback, a name with anything in it that a name does not have
 * (attack H8). What is refused is counted, so that it can be seen.
 */
#ifndef SERVICES_DHCP_TERMS_H
#define SERVICES_DHCP_TERMS_H

#include "wire/dhcp.h"

#define DHCP_TERMS_NAMESERVERS 3

struct dhcp_terms {
    struct dobos_prefix prefix;               /* the address, with its subnet's length */
    struct dobos_address server;              /* who leases it (option 54) */
    uint32_t lease_s, renewal_s, rebinding_s; /* from the request on; DHCP_FOREVER; in order */
    uint8_t route_count;                      /* used */
    struct dhcp_route routes[DHCP_ROUTES];    /* those on this link first */
    uint8_t nameserver_count;                 /* used */
    struct dobos_address nameservers[DHCP_TERMS_NAMESERVERS];
    uint8_t search_count;                    /* used */
    struct dns_name searches[DHCP_SEARCHES]; /* letters, digits, inner hyphens and underscores */
    unsigned refused;                        /* routes, name servers and names that cannot be */
};

/* The terms of an offer or acknowledgement. False: it has no address that a host can have, no
 * server, or no lease time above 0 (option 51 is required in both, RFC 2131 table 3). */
bool dhcp_terms_make(const struct dhcp *message, struct dhcp_terms *terms);
/* Whether routes and names are the same. */
bool dhcp_terms_teach_the_same(const struct dhcp_terms *a, const struct dhcp_terms *b);

#endif
