/* dns_waiters: see dns_waiters.h. */
#include "services/dns_waiters.h"

void dns_waiters_init(struct dns_waiters *waiters, struct allocator *allocator,
                      const struct hash_key *key) {
    *waiters = (struct dns_waiters){.allocator = allocator, .key = *key};
    list_init(&waiters->by_time);
    list_init(&waiters->late);
}

struct dns_budget dns_budget_make(dobos_time now) {
    return (struct dns_budget){.queries = DNS_WAIT_QUERIES,
                               .needs = DNS_WAIT_NEEDS,
                               .asked = now,
                               .until = now + DNS_WAIT,
                               .patience = now + DNS_WAIT};
}

static uint16_t share_of(const struct dns_waiters *waiters, const struct dns_client *client) {
    uint64_t hash = keyed_hash(&waiters->key, &client->peer.address, sizeof(client->peer.address));
    return (uint16_t)(hash % DNS_WAITERS_SHARES);
}

bool dns_waiters_has(const struct list *list, const struct dns_client *client, const uint8_t *query,
                     size_t length) {
    list_each(list, node) {
        const struct dns_waiter *waiter = container_of(node, struct dns_waiter, node);
        if (waiter->client.stream == client->stream &&
            waiter->client.peer.port == client->peer.port && waiter->length == length &&
            memcmp(&waiter->client.peer.address, &client->peer.address,
                   sizeof(client->peer.address)) == 0 &&
            memcmp(waiter->query, query, length) == 0)
            return true;
    }
    return false;
}

/* Whether a share has all the places that it may have, for this question or for all. */
static bool is_full(const struct dns_waiters *waiters, const struct list *list, uint16_t share) {
    unsigned same = 0;
    if (waiters->shares[share] >= DNS_WAITERS_SHARE || waiters->count >= DNS_WAITERS_MOST)
        return true;
    list_each(list, node) {
        same += container_of(node, struct dns_waiter, node)->share == share;
    }
    return same >= DNS_WAITERS_SAME;
}

/* Behind those whose time is up before; who waits for the first time is the last. */
static void time_enter(struct dns_waiters *waiters, struct dns_waiter *waiter) {
    struct list_node *behind = waiters->by_time.head.previous;
    while (behind != &waiters->by_time.head &&
           container_of(behind, struct dns_waiter, time)->budget.patience > waiter->budget.patience)
        behind = behind->previous;
    list_insert_before(behind->next, &waiter->time);
}

struct dns_waiter *dns_waiters_add(struct dns_waiters *waiters, struct list *list,
                                   const struct dns_client *client, const uint8_t *query,
                                   size_t length, const struct dns_budget *budget, dobos_time now) {
    uint16_t share = share_of(waiters, client);
    struct dns_waiter *waiter = NULL;
    if (budget->needs > 0 && budget->patience > now && !is_full(waiters, list, share))
        waiter = allocator_allocate(waiters->allocator, sizeof(*waiter) + length, "dns waiter");
    if (!waiter)
        return NULL;
    waiter->client = *client;
    waiter->share = share;
    waiter->budget = *budget;
    waiter->budget.needs--;
    waiter->length = length;
    memcpy(waiter->query, query, length);
    list_node_init(&waiter->node);
    list_append(list, &waiter->node);
    list_node_init(&waiter->time);
    time_enter(waiters, waiter);
    waiters->shares[share]++;
    waiters->count++;
    return waiter;
}

dobos_time dns_waiters_expire(struct dns_waiters *waiters, dobos_time now) {
    struct list_node *node;
    while ((node = list_first(&waiters->by_time))) {
        struct dns_waiter *waiter = container_of(node, struct dns_waiter, time);
        if (waiter->budget.patience > now)
            return waiter->budget.patience;
        list_remove(&waiter->time);
        list_remove(&waiter->node);
        list_append(&waiters->late, &waiter->node);
    }
    return DOBOS_NEVER;
}

struct dns_waiter *dns_waiters_take(struct list *list) {
    struct list_node *node = list_take_first(list);
    return node ? container_of(node, struct dns_waiter, node) : NULL;
}

void dns_waiter_free(struct dns_waiters *waiters, struct dns_waiter *waiter) {
    list_remove(&waiter->time);
    waiters->shares[waiter->share]--;
    waiters->count--;
    allocator_release(waiters->allocator, waiter, sizeof(*waiter) + waiter->length);
}
