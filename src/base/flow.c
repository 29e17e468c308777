/* flow: the keyed hash of a flow. IPv4 flows, most of them, are hashed in a short form; its length
 * alone tells the forms apart. */
#include "base/flow.h"

uint64_t flow_hash(const struct hash_key *key, const struct flow *flow) {
    uint8_t bytes[41];
    size_t skipped =
        dobos_address_is_ipv4(&flow->local) && dobos_address_is_ipv4(&flow->remote) ? 12 : 0;
    size_t length = 16 - skipped;
    memcpy(bytes, flow->local.bytes + skipped, length);
    memcpy(bytes + length, flow->remote.bytes + skipped, length);
    uint8_t *rest = bytes + 2 * length;
    store_be16(rest, flow->local_port);
    store_be16(rest + 2, flow->remote_port);
    store_be32(rest + 4, flow->interface);
    rest[8] = flow->protocol;
    return keyed_hash(key, bytes, 2 * length + 9);
}
