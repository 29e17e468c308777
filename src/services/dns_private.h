/*
 * dns_private: whether an answer from elsewhere may hold an address that has no place on the public
 * Internet. A page's name that first is a public server's and then 192.168.0.1 lets the page's
 * script speak to the router (DNS rebinding, attack I25).
 *
 * It is off unless the names are listed that may have such addresses: in a network that its owner
 * wrote down, most addresses are private, and a forwarder at home may well know names of the house.
 */
#ifndef SERVICES_DNS_PRIVATE_H
#define SERVICES_DNS_PRIVATE_H

#include "base/allocator.h"
#include "services/dns_response.h"

#define DNS_PRIVATE_NAMES 64 /* in a list, at most */

struct dns_private {
    bool is_on;             /* else everything passes */
    struct dns_name *names; /* owned: those that may, with all below */
    unsigned count;         /* of them */
};

/* `names` NULL: it is off. -DOBOS_ENOMEM. */
int dns_private_init(struct dns_private *private_, struct allocator *allocator,
                     const struct dns_name *names, unsigned count);
void dns_private_fini(struct dns_private *private_, struct allocator *allocator);
/* The answer has an address that it may not have. */
bool dns_private_is_refused(const struct dns_private *private_,
                            const struct dns_response *response);

#endif
