/*
 * dhcp_leases_find: who a client is (RFC 2131 §4.2), and which of the records and reservations are
 * his; see dhcp_leases.h. Nothing here changes a record.
 */
#include "services/dhcp_leases.h"

#include "wire/ethernet.h"

/* What the client goes by, behind a byte that says which; its length. */
static size_t key_make(const struct lease_client *client, uint8_t key[DOBOS_DHCP_CLIENT_ID_BYTES]) {
    if (client->id_length > 0) {
        memcpy(key, client->id, client->id_length);
        return client->id_length;
    }
    key[0] = 1;
    memcpy(key + 1, client->mac.bytes, sizeof(client->mac.bytes));
    return 1 + sizeof(client->mac.bytes);
}

uint64_t client_hash(const struct dhcp_leases *leases, const struct lease_client *client) {
    uint8_t key[DOBOS_DHCP_CLIENT_ID_BYTES];
    size_t length = key_make(client, key);
    return keyed_hash(&leases->key, key, length) | 1;
}

/* [rfc2131#8] */
bool client_is_equal(const struct lease_client *a, const struct lease_client *b) {
    uint8_t key_a[DOBOS_DHCP_CLIENT_ID_BYTES], key_b[DOBOS_DHCP_CLIENT_ID_BYTES];
    size_t length = key_make(a, key_a);
    return key_make(b, key_b) == length && memcmp(key_a, key_b, length) == 0;
}

/* How well a record fits its client: the larger the better. */
static unsigned lease_rank(const struct dhcp_lease *lease, const struct lease_client *client) {
    unsigned by_state = lease->state == DOBOS_LEASE_BOUND     ? 3
                        : lease->state == DOBOS_LEASE_OFFERED ? 2
                                                              : 1;
    return by_state + (mac_is_equal(&lease->client.mac, &client->mac) ? 3 : 0);
}

struct dhcp_lease *leases_find(const struct dhcp_leases *leases,
                               const struct lease_client *client) {
    uint64_t hash = client_hash(leases, client);
    struct dhcp_lease *best = NULL;
    for (struct hash_node *node = hash_table_find(&leases->by_client, hash); node;
         node = hash_table_find_next(node, hash)) {
        struct dhcp_lease *lease = container_of(node, struct dhcp_lease, by_client);
        if (!client_is_equal(&lease->client, client))
            continue;
        if (!best || lease_rank(lease, client) > lease_rank(best, client) ||
            (lease_rank(lease, client) == lease_rank(best, client) && lease->number < best->number))
            best = lease;
    }
    return best;
}

unsigned leases_same(const struct dhcp_leases *leases, const struct lease_client *client) {
    uint64_t hash = client_hash(leases, client);
    unsigned count = 0;
    for (struct hash_node *node = hash_table_find(&leases->by_client, hash); node;
         node = hash_table_find_next(node, hash))
        count++;
    return count;
}

struct dhcp_lease *leases_other(const struct dhcp_leases *leases, const struct dhcp_lease *lease) {
    uint64_t hash = client_hash(leases, &lease->client);
    for (struct hash_node *node = hash_table_find(&leases->by_client, hash); node;
         node = hash_table_find_next(node, hash)) {
        struct dhcp_lease *other = container_of(node, struct dhcp_lease, by_client);
        if (other != lease && client_is_equal(&other->client, &lease->client) &&
            mac_is_equal(&other->client.mac, &lease->client.mac) &&
            (other->state == DOBOS_LEASE_BOUND || other->state == DOBOS_LEASE_OFFERED))
            return other;
    }
    return NULL;
}

static uint32_t reserved_find(const struct dhcp_leases *leases, const struct lease_client *client,
                              bool by_id) {
    uint64_t hash = client_hash(leases, client);
    for (struct hash_node *node = hash_table_find(&leases->by_reserved, hash); node;
         node = hash_table_find_next(node, hash)) {
        const struct dhcp_reserved *reserved = container_of(node, struct dhcp_reserved, node);
        if ((reserved->client.id_length > 0) == by_id && client_is_equal(&reserved->client, client))
            return reserved->number;
    }
    return 0;
}

/* By its identifier, else by its link address. */
uint32_t leases_reserved(const struct dhcp_leases *leases, const struct lease_client *client) {
    const struct lease_client mac_only = {.mac = client->mac};
    uint32_t number = client->id_length > 0 ? reserved_find(leases, client, true) : 0;
    return number != 0 ? number : reserved_find(leases, &mac_only, false);
}

bool lease_is_open(const struct dhcp_leases *leases, const struct dhcp_lease *lease,
                   const struct lease_client *client) {
    if (lease->is_reserved && leases_reserved(leases, client) != lease->number)
        return false;
    if (lease->state == LEASE_FREE)
        return true;
    bool is_own = lease->has_client && client_is_equal(&lease->client, client);
    if (lease->state == DOBOS_LEASE_BOUND || lease->state == DOBOS_LEASE_OFFERED)
        return is_own && mac_is_equal(&lease->client.mac, &client->mac);
    return lease->state != DOBOS_LEASE_QUARANTINED && (is_own || lease->is_reserved);
}
