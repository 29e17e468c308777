/* dns_limit: see dns_limit.h. */
#include "services/dns_limit.h"

#include "base/bytes.h"

#define BYTE_NS (DOBOS_SECOND / DNS_LIMIT_RATE) /* how long a byte is remembered */

bool dns_limit_take(struct dns_limit *limit, const struct dobos_address *client, size_t asked,
                    size_t bytes, dobos_time now) {
    const size_t free_of_charge = asked + asked / 2;
    if (bytes <= free_of_charge)
        return true;
    uint8_t subnet[4];
    store_be32(subnet, dobos_address_ipv4_number(client) & 0xffffff00);
    dobos_time *free_at =
        &limit->free_at[keyed_hash(&limit->key, subnet, sizeof(subnet)) % DNS_LIMIT_PLACES];
    const dobos_time then =
        (*free_at > now ? *free_at : now) + (dobos_time)(bytes - free_of_charge) * BYTE_NS;
    if (then - now > DNS_LIMIT_BURST * BYTE_NS) {
        limit->cut++;
        return false;
    }
    *free_at = then;
    return true;
}
