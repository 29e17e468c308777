/* dhcp_server_init: what a DHCP server may be told to do, and the engine made of it and ended. */
#include "services/dhcp_server.h"

#include "base/prefix.h"
#include "wire/ethernet.h"

#define POOL_MAX         65536u
#define RESERVATIONS_MAX 4096u
#define LEASE_MIN_S      10u
#define LEASE_MAX_S      0x80000000u
#define LEASE_DEFAULT_S  3600u

/* Neither the network's own address nor its broadcast address. */
static bool is_host_of(const struct dobos_prefix *own, const struct dobos_address *address) {
    struct dobos_address network = prefix_network(own), last = prefix_last(own);
    if (!dobos_address_is_ipv4(address) || !prefix_contains(own, address))
        return false;
    return !prefix_has_broadcast(own) ||
           (!dobos_address_is_equal(address, &network) && !dobos_address_is_equal(address, &last));
}

static const char *pool_check(const struct dobos_dhcp_server_config *config,
                              const struct dobos_prefix *own) {
    uint32_t first = dobos_address_ipv4_number(&config->first);
    uint32_t last = dobos_address_ipv4_number(&config->last);
    if (first > last)
        return "the pool's first address is behind its last";
    if (!is_host_of(own, &config->first) || !is_host_of(own, &config->last))
        return "the pool is not inside the interface's subnet";
    if (last - first >= POOL_MAX)
        return "the pool has more than 65536 addresses";
    return NULL;
}

/* ---- reservations ---- */

static bool reservation_is_same_client(const struct dobos_dhcp_reservation *a,
                                       const struct dobos_dhcp_reservation *b) {
    if (a->client_id_length != b->client_id_length)
        return false;
    return a->client_id_length > 0 ? memcmp(a->client_id, b->client_id, a->client_id_length) == 0
                                   : mac_is_equal(&a->mac, &b->mac);
}

static const char *reservation_check(const struct dobos_dhcp_reservation *reservation,
                                     const struct dobos_prefix *own) {
    if (!is_host_of(own, &reservation->address))
        return "this address is not inside the interface's subnet";
    if (dobos_address_is_equal(&reservation->address, &own->address))
        return "this address is the server's own";
    if (reservation->client_id_length == 0 &&
        (mac_is_zero(&reservation->mac) || mac_is_group(&reservation->mac)))
        return "this is no link address of one client";
    if (reservation->client_id_length == 1 ||
        reservation->client_id_length > DOBOS_DHCP_CLIENT_ID_BYTES)
        return "a client identifier has 2 to 64 bytes";
    return NULL;
}

/* Quadratic in at most 4096: once, when it is made. */
static const char *reservations_check(const struct dobos_dhcp_server_config *config,
                                      const struct dobos_prefix *own, size_t *bad) {
    for (size_t i = 0; i < config->reservation_count; i++) {
        const struct dobos_dhcp_reservation *one = &config->reservations[i];
        const char *reason = reservation_check(one, own);
        *bad = i;
        for (size_t j = 0; j < i && !reason; j++) {
            const struct dobos_dhcp_reservation *other = &config->reservations[j];
            if (dobos_address_is_equal(&one->address, &other->address))
                reason = "this address is reserved twice";
            else if (reservation_is_same_client(one, other))
                reason = "this client has a reservation already";
        }
        if (reason)
            return reason;
    }
    *bad = SIZE_MAX;
    return NULL;
}

const char *dhcp_config_check(const struct dobos_dhcp_server_config *config,
                              const struct dobos_prefix *own, size_t *bad) {
    struct dns_name name;
    *bad = SIZE_MAX;
    const char *reason = pool_check(config, own);
    if (reason)
        return reason;
    if (config->lease_s != 0 && (config->lease_s < LEASE_MIN_S || config->lease_s > LEASE_MAX_S))
        return "a lease is 10 s to 2^31 s long";
    if (config->nameserver_count > array_length(config->nameservers))
        return "there are more than 3 name servers";
    if (config->domain && (text_length(config->domain) > 253 || config->domain[0] == 0 ||
                           !dns_name_from_text(config->domain, &name)))
        return "this is no domain name";
    if (config->reservation_count > RESERVATIONS_MAX)
        return "there are more than 4096 reservations";
    return reservations_check(config, own, bad);
}

/* ---- making it ---- */

static void parameters_init(struct dhcp_server *server,
                            const struct dobos_dhcp_server_config *config) {
    server->lease_s = config->lease_s ? config->lease_s : LEASE_DEFAULT_S;
    server->router = config->router;
    if (!dobos_address_is_ipv4(&server->router))
        server->router = dobos_address_ipv4(0);
    server->nameservers.count = (uint8_t)config->nameserver_count;
    for (unsigned i = 0; i < config->nameserver_count; i++)
        server->nameservers.address[i] = config->nameservers[i];
    if (config->domain && dns_name_from_text(config->domain, &server->domain_name)) {
        server->domain.length = (uint8_t)text_length(config->domain);
        memcpy(server->domain.bytes, config->domain, server->domain.length);
    }
    if (config->store)
        server->journal.store = *config->store;
    server->journal.wall_ns = config->wall_ns;
}

/* The pool without what is somebody's already: ours, the router's, the name servers'. */
static int range_init(struct dhcp_server *server, const struct dhcp_server_config *from,
                      dobos_time now) {
    const struct dobos_dhcp_server_config *config = from->config;
    uint32_t excluded[DHCP_OWN + 2 + DHCP_ADDRESSES];
    size_t count = 0;
    for (unsigned i = 0; i < server->own_count; i++)
        excluded[count++] = server->own_numbers[i];
    excluded[count++] = dobos_address_ipv4_number(&server->own.address);
    excluded[count++] = dobos_address_ipv4_number(&server->router);
    for (unsigned i = 0; i < server->nameservers.count; i++)
        excluded[count++] = dobos_address_ipv4_number(&server->nameservers.address[i]);
    const struct dhcp_range range = {
        .first = dobos_address_ipv4_number(&config->first),
        .last = dobos_address_ipv4_number(&config->last),
        .excluded = excluded,
        .excluded_count = count,
        .reservations = config->reservations,
        .reservation_count = config->reservation_count,
    };
    return leases_init(&server->leases, server->allocator, from->key, &range, now);
}

int dhcp_server_init(struct dhcp_server *server, struct allocator *allocator,
                     const struct dhcp_server_config *config, dobos_time now) {
    server->allocator = allocator;
    server->own = config->own;
    server->mtu = config->mtu;
    server->key = config->key;
    server->own_count = min_u32(config->own_count, DHCP_OWN);
    memcpy(server->own_numbers, config->own_numbers, sizeof(server->own_numbers));
    list_init(&server->asking);
    list_init(&server->waiting);
    parameters_init(server, config->config);
    int result = range_init(server, config, now);
    return result < 0 ? result : journal_load(&server->journal, &server->leases, now);
}

static void pending_fini(struct dhcp_server *server, struct list *list) {
    struct list_node *node;
    while ((node = list_take_first(list)))
        allocator_release(server->allocator, container_of(node, struct dhcp_pending, node),
                          sizeof(struct dhcp_pending));
}

void dhcp_server_fini(struct dhcp_server *server) {
    if (!server->allocator)
        return;
    pending_fini(server, &server->asking);
    pending_fini(server, &server->waiting);
    leases_fini(&server->leases);
}
