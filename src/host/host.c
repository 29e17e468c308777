/*
 * host: making and ending a host, its time and its stream of random numbers.
 *
 * A host holds no clock: host_time_set keeps the largest time it was told, so that a caller's clock
 * that runs back is taken as "no time has passed".
 */
#include <dobos/filter.h>
#include <dobos/nat.h>

#include "host/addresses.h"
#include "host/interfaces.h"
#include "host/names.h"
#include "host/poller.h"
#include "host/sockets.h"
#include "host/tables.h"

#include "transport/tcp/tcp.h"

#define PATH_MTU_LEAST_S 300 /* [rfc1191#8] */

static int loopback_create(struct dobos_host *host) {
    struct dobos_interface_config config = {
        .size = sizeof(config), .name = "lo", .mtu = LOOPBACK_MTU};
    int index = interface_create(host, &config);
    if (index < 0)
        return index;
    struct dobos_interface_address address = {.valid_until = DOBOS_NEVER,
                                              .preferred_until = DOBOS_NEVER};
    address.prefix = (struct dobos_prefix){dobos_address_ipv4(0x7f000001), 8};
    return address_give(host, host->interfaces[0], &address);
}

static int host_init(struct dobos_host *host, const struct dobos_host_config *config) {
    list_init(&host->sockets);
    list_init(&host->pollers);
    list_init(&host->dirty);
    poller_init(&host->poller, host);
    routes_init(&host->routes, host->allocator, DOBOS_TABLE_MAIN);
    host->share_salt = hash_key_derive(config->key, HASH_ROUTE_SHARE).word[0];
    own_addresses_init(&host->own, host->allocator);
    timer_init(&host->address_timer, TIMER_ADDRESS);
    struct hash_key reassembly_key = hash_key_derive(config->key, HASH_REASSEMBLY_TABLE);
    struct hash_key limit_key = hash_key_derive(config->key, HASH_ICMP_LIMIT);
    host->id_key = hash_key_derive(config->key, HASH_IP_ID);
    host->random_key = hash_key_derive(config->key, HASH_RANDOM);
    host->probe_key = hash_key_derive(config->key, HASH_ADDRESS_PROBE);
    host->igmp_key = hash_key_derive(config->key, HASH_IGMP);
    host->egress_key = hash_key_derive(config->key, HASH_EGRESS_FLOWS);
    host->session_key = hash_key_derive(config->key, HASH_SESSION_TABLE);
    host->nat_port_key = hash_key_derive(config->key, HASH_NAT_PORT);
    host->neighbor_key = hash_key_derive(config->key, HASH_NEIGHBOR_TABLE);
    struct hash_key path_mtu_key = hash_key_derive(config->key, HASH_PATH_MTU_TABLE);
    path_mtus_init(&host->path_mtus, host->allocator, &host->wheel, &path_mtu_key);
    if (config->path_mtu_s > 0)
        host->path_mtus.life_ns = config->path_mtu_s * DOBOS_SECOND;
    reassembly_table_init(&host->reassembly, host->pool, &host->wheel, &reassembly_key);
    icmp_limit_init(&host->icmp_limit, &limit_key, dobos_host_random(host), host->now);
    size_t limit = config->buffer_limit_bytes ? config->buffer_limit_bytes : (size_t)256 << 20;
    transport_init(&host->transport, host->pool, &host->wheel, config->key, limit);
    int result = transport_settings_set(&host->transport, &config->tcp);
    if (result < 0)
        return result;
    return loopback_create(host);
}

int dobos_host_create(struct dobos_pool *pool, const struct dobos_host_config *config,
                      dobos_time now, struct dobos_host **host) {
    if (config->size == 0 || config->size > sizeof(*config))
        return -DOBOS_EINVAL;
    /* A caller built against an older header gives a shorter struct; what it does not know is zero.
     */
    struct dobos_host_config known = {0};
    memcpy(&known, config, config->size);
    if (known.name && text_length(known.name) >= HOST_NAME_BYTES)
        return -DOBOS_EINVAL;
    if (known.path_mtu_s > 0 && known.path_mtu_s < PATH_MTU_LEAST_S)
        return -DOBOS_EINVAL;
    struct allocator *allocator = pool_allocator(pool);
    struct dobos_host *made = allocator_allocate(allocator, sizeof(*made), "host");
    if (!made)
        return -DOBOS_ENOMEM;
    made->pool = pool;
    made->allocator = allocator;
    made->now = now;
    made->forwarding = known.forwarding;
    made->redirects = known.redirects;
    made->mss_clamp = known.mss_clamp;
    text_copy(made->name, sizeof(made->name), known.name ? known.name : "");
    if (!timing_wheel_init(&made->wheel, allocator, now)) {
        allocator_release(allocator, made, sizeof(*made));
        return -DOBOS_ENOMEM;
    }
    int result = host_init(made, &known);
    if (result < 0) {
        dobos_host_destroy(made);
        return result;
    }
    *host = made;
    return 0;
}

void dobos_host_destroy(struct dobos_host *host) {
    if (!host)
        return;
    struct list_node *node;
    while ((node = list_first(&host->sockets)))
        socket_free(container_of(node, struct dobos_socket, all));
    while ((node = list_first(&host->pollers)))
        dobos_poller_destroy(container_of(node, struct dobos_poller, node));
    (void)dobos_nat_set(host, NULL);
    (void)dobos_filter_set(host, NULL, 0, NULL);
    for (uint32_t i = 0; i < host->interface_count; i++)
        interface_destroy(host, host->interfaces[i]);
    allocator_release(host->allocator, host->interfaces,
                      host->interface_room * sizeof(struct interface *));
    names_fini(host);
    entries_fini(host);
    transport_fini(&host->transport);
    reassembly_table_fini(&host->reassembly);
    path_mtus_fini(&host->path_mtus);
    tables_fini(host);
    routes_fini(&host->routes);
    own_addresses_fini(&host->own);
    timer_cancel(&host->wheel, &host->address_timer);
    timing_wheel_fini(&host->wheel, host->allocator);
    allocator_release(host->allocator, host, sizeof(*host));
}

const char *dobos_host_name(const struct dobos_host *host) {
    return host->name;
}

struct dobos_pool *dobos_host_pool(const struct dobos_host *host) {
    return host->pool;
}

bool dobos_host_is_forwarding(const struct dobos_host *host) {
    return host->forwarding;
}

dobos_time dobos_host_now(const struct dobos_host *host) {
    return host->now;
}

uint64_t dobos_host_random(struct dobos_host *host) {
    uint8_t counter[8];
    store_be64(counter, ++host->random_counter);
    return keyed_hash(&host->random_key, counter, sizeof(counter));
}
