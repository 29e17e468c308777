/* transport: the state that TCP, UDP and ping sockets of one host share, from its beginning to its
 * end. */
#include "transport/transport.h"

#include "base/assert.h"
#include "transport/tcp/fast_open.h"

void transport_init(struct transport *transport, struct dobos_pool *pool,
                    struct timing_wheel *wheel, const uint8_t secret[DOBOS_KEY_BYTES],
                    size_t buffer_limit_bytes) {
    struct hash_key random_key = hash_key_derive(secret, HASH_RANDOM);
    *transport = (struct transport){
        .pool = pool,
        .wheel = wheel,
        .flow_key = hash_key_derive(secret, HASH_FLOW_TABLE),
        .isn_key = hash_key_derive(secret, HASH_TCP_ISN),
        .timestamp_key = hash_key_derive(secret, HASH_TCP_TIMESTAMP),
        .port_key = hash_key_derive(secret, HASH_PORT),
        .cookie_key = hash_key_derive(secret, HASH_SYN_COOKIE),
        .fast_open_key = hash_key_derive(secret, HASH_FAST_OPEN),
        .challenge_key = hash_key_derive(secret, HASH_CHALLENGE),
        .random = random_make(keyed_hash(&random_key, "transport", 9)),
        .buffer_limit_bytes = buffer_limit_bytes,
    };
    const struct dobos_tcp_config defaults = {0};
    (void)transport_settings_set(transport, &defaults);
    hash_table_init(&transport->flows, pool_allocator(pool));
    hash_table_init(&transport->ports, pool_allocator(pool));
    list_init(&transport->orphans);
    list_init(&transport->time_waits);
    list_init(&transport->stalled);
}

void transport_fini(struct transport *transport) {
    ASSERT(transport->flows.count == 0 && transport->ports.count == 0);
    ASSERT(transport->buffer_bytes == 0 && transport->half_open == 0);
    fast_open_fini(transport);
    hash_table_fini(&transport->flows);
    hash_table_fini(&transport->ports);
}
