/* dns_waiters: see dns_waiters.h. */
#include "services/dns_waiters.h"

void dns_waiters_init(struct dns_waiters *waiters, struct allocator *allocator,
                      const struct hash_key *key) {
    *waiters = (struct dns_waiters){.allocator = allocator, .key = *key};
    for (unsigned i = 0; i < DNS_WAITERS_SHARES; i++)
        list_init(&waiters->by_share[i]);
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

/* A share has few places, so its waiters are looked through, and not those of the question. */
bool dns_waiters_has(const struct dns_waiters *waiters, const struct list *list,
                     const struct dns_client *client, const uint8_t *query, size_t length) {
    list_each(&waiters->by_share[share_of(waiters, client)], node) {
        const struct dns_waiter *waiter = container_of(node, struct dns_waiter, peer);
        if (waiter->list == list && waiter->client.stream == client->stream &&
            waiter->client.peer.port == client->peer.port && waiter->length == length &&
            memcmp(&waiter->client.peer.address, &client->peer.address,
                   sizeof(client->peer.address)) == 0 &&
            memcmp(waiter->query, query, length) == 0)
            return true;
    }
    return false;
}

void dns_waiter_enter(struct dns_waiter *waiter, struct list *list) {
    list_remove(&waiter->node);
    list_append(list, &waiter->node);
    waiter->list = list;
}

/* Its time is up. */
static void late_enter(struct dns_waiters *waiters, struct dns_waiter *waiter) {
    list_remove(&waiter->time);
    dns_waiter_enter(waiter, &waiters->late);
    waiters->late_count++;
}

/* When all places are taken, who would give up next gives up now, if he had some time. (attack I20)
 */
static bool room_make(struct dns_waiters *waiters, dobos_time now) {
    struct list_node *node = list_first(&waiters->by_time);
    if (waiters->count - waiters->late_count < DNS_WAITERS_MOST)
        return true;
    struct dns_waiter *waiter = node ? container_of(node, struct dns_waiter, time) : NULL;
    if (!waiter || now - waiter->budget.asked < DNS_WAITERS_TURN ||
        waiters->count >= 2 * DNS_WAITERS_MOST)
        return false;
    late_enter(waiters, waiter);
    return true;
}

/* Whether a share has all the places that it may have, for this question or for all. */
static bool is_full(const struct dns_waiters *waiters, const struct list *list, uint16_t share) {
    unsigned same = 0;
    if (waiters->shares[share] >= DNS_WAITERS_SHARE)
        return true;
    list_each(&waiters->by_share[share], node) {
        same += container_of(node, struct dns_waiter, peer)->list == list;
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
    if (budget->needs > 0 && budget->patience > now && !is_full(waiters, list, share) &&
        room_make(waiters, now))
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
    dns_waiter_enter(waiter, list);
    list_node_init(&waiter->peer);
    list_append(&waiters->by_share[share], &waiter->peer);
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
        late_enter(waiters, waiter);
    }
    return DOBOS_NEVER;
}

struct dns_waiter *dns_waiters_take(struct list *list) {
    struct list_node *node = list_take_first(list);
    return node ? container_of(node, struct dns_waiter, node) : NULL;
}

void dns_waiter_free(struct dns_waiters *waiters, struct dns_waiter *waiter) {
    waiters->late_count -= waiter->list == &waiters->late;
    list_remove(&waiter->node);
    list_remove(&waiter->time);
    list_remove(&waiter->peer);
    waiters->shares[waiter->share]--;
    waiters->count--;
    allocator_release(waiters->allocator, waiter, sizeof(*waiter) + waiter->length);
}
