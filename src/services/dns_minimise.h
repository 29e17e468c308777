/*
 * dns_minimise: how much of a name a server is told (RFC 9156): one label below its zone, then one
 * more, until it is all; of long names the last steps are longer, so that there are at most
 * DNS_MINIMISE_STEPS. The type told on the way is A. It is done in the relaxed way: whatever a
 * server says that cannot be (that a name is not there, or an error), the whole question is asked
 * before it is believed.
 */
#ifndef SERVICES_DNS_MINIMISE_H
#define SERVICES_DNS_MINIMISE_H

#include "wire/dns.h"

#define DNS_MINIMISE_STEPS   10 /* RFC 9156 §2.3: MAX_MINIMISE_COUNT */
#define DNS_MINIMISE_ONE_LAB 4  /* of them that show one label more: MINIMISE_ONE_LAB */

struct dns_minimise {
    bool is_off;   /* the whole question is asked */
    uint8_t steps; /* asked so far */
    uint8_t shown; /* labels that servers know to be there */
};

/* What is to be asked on the way to `question`; true: it is the question itself. */
bool dns_minimise_next(struct dns_minimise *minimise, const struct dns_question *question,
                       struct dns_question *asked);

#endif
