/* dns_limit: see dns_limit.h. */
#include "services/dns_limit.h"

#define BYTE_NS    (DOBOS_SECOND / DNS_LIMIT_RATE) /* how long a byte is remembered */
#define IPV4_BYTES 15                              /* of an address that tell a /24: ::ffff:a.b.c */
#define IPV6_BYTES 7                               /* and a /56 */

bool dns_limit_take(struct dns_limit *limit, const struct dobos_address *client, size_t asked,
                    size_t bytes, dobos_time now) {
    const size_t free_of_charge = asked + asked / 2;
    if (bytes <= free_of_charge)
        return true;
    const size_t subnet = dobos_address_is_ipv4(client) ? IPV4_BYTES : IPV6_BYTES;
    dobos_time *free_at =
        &limit->free_at[keyed_hash(&limit->key, client->bytes, subnet) % DNS_LIMIT_PLACES];
    const dobos_time owed = *free_at > now ? *free_at - now : 0;
    const dobos_time more = (dobos_time)(bytes - free_of_charge) * BYTE_NS;
    if (owed + more > DNS_LIMIT_BURST * BYTE_NS) {
        limit->cut++;
        return false;
    }
    *free_at = now < DOBOS_NEVER - owed - more ? now + owed + more : DOBOS_NEVER;
    return true;
}
