/* dns_forward: see dns_forward.h. */
#include "services/dns_forward.h"

#include "services/dns_response.h"

#define EDNS_BYTES 1232

int dns_forward_init(struct dns_forward *forward, struct allocator *allocator,
                     struct dns_cache *cache, const struct hash_key *key,
                     const struct dobos_address *servers, unsigned server_count) {
    *forward = (struct dns_forward){.allocator = allocator,
                                    .cache = cache,
                                    .server_count = server_count,
                                    .key = *key,
                                    .next = DOBOS_NEVER};
    for (unsigned i = 0; i < server_count; i++)
        forward->servers[i] = servers[i];
    hash_table_init(&forward->queries, allocator);
    list_init(&forward->by_age);
    list_init(&forward->asking);
    list_init(&forward->ended);
    forward->room = allocator_allocate_raw(allocator, DNS_RESPONSE_SET_BYTES, "dns set room");
    return forward->room ? 0 : -DOBOS_ENOMEM;
}

/* Unpredictable: a keyed hash of a counter. */
static uint64_t draw(struct dns_forward *forward) {
    uint8_t counter[8];
    store_be64(counter, ++forward->drawn);
    return keyed_hash(&forward->key, counter, sizeof(counter));
}

/* ---- who waits ---- */

static uint16_t share_of(const struct dns_forward *forward, const struct dns_client *client) {
    uint64_t hash = keyed_hash(&forward->key, &client->peer.address, sizeof(client->peer.address));
    return (uint16_t)(hash % DNS_FORWARD_SHARES);
}

/* The same query once more: who asks again because no answer came yet does not wait twice. */
static bool is_waiting(const struct dns_forward_query *query, const struct dns_client *client,
                       const uint8_t *bytes, size_t length) {
    list_each(&query->waiters, node) {
        const struct dns_waiter *waiter = container_of(node, struct dns_waiter, node);
        if (waiter->client.stream == client->stream &&
            waiter->client.peer.port == client->peer.port && waiter->length == length &&
            memcmp(&waiter->client.peer.address, &client->peer.address,
                   sizeof(client->peer.address)) == 0 &&
            memcmp(waiter->query, bytes, length) == 0)
            return true;
    }
    return false;
}

static struct dns_waiter *waiter_make(struct dns_forward *forward, const struct dns_client *client,
                                      const uint8_t *bytes, size_t length, unsigned chain) {
    uint16_t share = share_of(forward, client);
    struct dns_waiter *waiter = NULL;
    if (forward->shares[share] < DNS_FORWARD_SHARE && forward->waiter_count < DNS_FORWARD_WAITERS)
        waiter = allocator_allocate(forward->allocator, sizeof(*waiter) + length, "dns waiter");
    if (!waiter)
        return NULL;
    waiter->client = *client;
    waiter->share = share;
    waiter->chain = (uint16_t)(chain + 1);
    waiter->length = length;
    memcpy(waiter->query, bytes, length);
    list_node_init(&waiter->node);
    forward->shares[share]++;
    forward->waiter_count++;
    return waiter;
}

struct dns_waiter *dns_forward_take_waiter(struct dns_forward *forward,
                                           struct dns_forward_query *query) {
    (void)forward;
    struct list_node *node = list_take_first(&query->waiters);
    return node ? container_of(node, struct dns_waiter, node) : NULL;
}

void dns_waiter_free(struct dns_forward *forward, struct dns_waiter *waiter) {
    forward->shares[waiter->share]--;
    forward->waiter_count--;
    allocator_release(forward->allocator, waiter, sizeof(*waiter) + waiter->length);
}

/* ---- asking ---- */

/* Letters in a case that only who saw the question can repeat (0x20). In the last round they are
 * left alone: a server may be that cannot repeat them. (attack I7) */
static void letters_mix(struct dns_forward *forward, struct dns_name *name) {
    uint64_t bits = 0;
    for (unsigned i = 0; i < name->length; i++) {
        if (i % 64 == 0)
            bits = draw(forward);
        uint8_t c = name->bytes[i] | 0x20;
        /* Lengths of labels are at most 63, and no letters. */
        if (c >= 'a' && c <= 'z')
            name->bytes[i] = (uint8_t)(bits & 1 ? c : c & ~0x20);
        bits >>= 1;
    }
}

/* Makes it ready to be sent, in its present form. [rfc5452#1] */
static void query_ask(struct dns_forward *forward, struct dns_forward_query *query,
                      dobos_time now) {
    unsigned round = (query->attempt - 1) / forward->server_count;
    bool is_exact = round + 1 < DNS_FORWARD_ROUNDS;
    query->exchange.inquiry = (struct dns_inquiry){
        .question = query->question,
        .id = (uint16_t)draw(forward),
        .recursion_desired = true,
        .is_exact = is_exact,
        .edns_bytes = query->has_edns ? EDNS_BYTES : 0,
    };
    if (is_exact)
        letters_mix(forward, &query->exchange.inquiry.question.name);
    query->deadline = now + (query->exchange.tcp ? DNS_FORWARD_TCP_WAIT : DOBOS_SECOND << round);
    forward->next = min_i64(forward->next, query->deadline);
    if (!list_node_is_linked(&query->turn))
        list_append(&forward->asking, &query->turn);
}

static void query_end(struct dns_forward *forward, struct dns_forward_query *query) {
    query->is_over = true;
    list_remove(&query->turn);
    list_remove(&query->age);
    list_append(&forward->ended, &query->age);
    hash_table_remove(&forward->queries, &query->node);
    forward->query_count--;
}

static void query_fail(struct dns_forward *forward, struct dns_forward_query *query,
                       dobos_time now) {
    forward->failures++;
    dns_response_failed(forward->cache, &query->question, now);
    query_end(forward, query);
}

/* The next server, or the end. [rfc1123#7] [rfc1123#9] */
static void server_next(struct dns_forward *forward, struct dns_forward_query *query,
                        dobos_time now) {
    if (query->attempt >= DNS_FORWARD_ROUNDS * forward->server_count) {
        query_fail(forward, query, now);
        return;
    }
    query->exchange.server =
        forward->servers[(forward->first + query->attempt) % forward->server_count];
    query->attempt++;
    query->exchange.tcp = false;
    query->has_edns = true;
    query_ask(forward, query, now);
}

static uint64_t question_hash(const struct dns_forward *forward,
                              const struct dns_question *question) {
    uint8_t key[DNS_NAME_BYTES + 2];
    for (unsigned i = 0; i < question->name.length; i++) {
        uint8_t c = question->name.bytes[i];
        key[i] = c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
    }
    store_be16(key + question->name.length, question->type);
    return keyed_hash(&forward->key, key, question->name.length + 2u);
}

static struct dns_forward_query *query_find(const struct dns_forward *forward,
                                            const struct dns_question *question) {
    uint64_t hash = question_hash(forward, question);
    for (struct hash_node *node = hash_table_find(&forward->queries, hash); node;
         node = hash_table_find_next(node, hash)) {
        struct dns_forward_query *query = container_of(node, struct dns_forward_query, node);
        if (query->question.type == question->type &&
            dns_name_is_equal(&query->question.name, &question->name))
            return query;
    }
    return NULL;
}

struct dns_forward_query *dns_forward_oldest(const struct dns_forward *forward) {
    struct list_node *node = list_first(&forward->by_age);
    return node ? container_of(node, struct dns_forward_query, age) : NULL;
}

/* Too many are under way: the oldest gives way when its server has had its time. (attack I20) */
static bool room_make(struct dns_forward *forward, dobos_time now) {
    struct dns_forward_query *oldest = dns_forward_oldest(forward);
    if (forward->query_count < DNS_FORWARD_QUERIES)
        return true;
    if (!oldest || oldest->attempt < 2)
        return false;
    query_fail(forward, oldest, now);
    return true;
}

static struct dns_forward_query *query_make(struct dns_forward *forward,
                                            const struct dns_question *question, dobos_time now) {
    struct dns_forward_query *query =
        room_make(forward, now)
            ? allocator_allocate(forward->allocator, sizeof(*query), "dns forward query")
            : NULL;
    if (!query)
        return NULL;
    query->question = *question;
    list_init(&query->waiters);
    list_node_init(&query->turn);
    list_node_init(&query->age);
    if (!hash_table_insert(&forward->queries, &query->node, question_hash(forward, question))) {
        allocator_release(forward->allocator, query, sizeof(*query));
        return NULL;
    }
    list_append(&forward->by_age, &query->age);
    forward->query_count++;
    server_next(forward, query, now);
    return query;
}

/* [rfc5452#4] */
bool dns_forward_wait(struct dns_forward *forward, const struct dns_question *question,
                      const struct dns_client *client, const uint8_t *bytes, size_t length,
                      unsigned chain, dobos_time now) {
    struct dns_forward_query *query = query_find(forward, question);
    if (query && is_waiting(query, client, bytes, length))
        return true;
    struct dns_waiter *waiter =
        chain < DNS_FORWARD_CHAIN ? waiter_make(forward, client, bytes, length, chain) : NULL;
    forward->joined += waiter && query;
    if (waiter && !query)
        query = query_make(forward, question, now);
    if (waiter && query) {
        list_append(&query->waiters, &waiter->node);
        return true;
    }
    if (waiter)
        dns_waiter_free(forward, waiter);
    forward->refused++;
    return false;
}

struct dns_forward_query *dns_forward_take_asking(struct dns_forward *forward) {
    struct list_node *node = list_take_first(&forward->asking);
    return node ? container_of(node, struct dns_forward_query, turn) : NULL;
}

/* ---- hearing ---- */

/* Which server answered: new questions begin with it. */
static void server_remember(struct dns_forward *forward, const struct dns_forward_query *query) {
    for (unsigned i = 0; i < forward->server_count; i++) {
        if (memcmp(&forward->servers[i], &query->exchange.server, sizeof(query->exchange.server)) ==
            0)
            forward->first = i;
    }
}

/* [rfc5452#3] [rfc1123#5] */
bool dns_forward_on_message(struct dns_forward *forward, struct dns_forward_query *query,
                            const uint8_t *bytes, size_t length, dobos_time now) {
    struct reader message = reader_make(bytes, length);
    struct dns_header header;
    if (query->is_over)
        return true;
    if (!dns_inquiry_is_answered(&query->exchange.inquiry, &message, &header))
        return false;
    bool is_puzzled = header.rcode == DNS_FORMERR || header.rcode == DNS_NOTIMP;
    if (header.truncated && !query->exchange.tcp) {
        query->exchange.tcp = true;
        query_ask(forward, query, now);
    } else if (is_puzzled && query->has_edns) {
        query->has_edns = false;
        query_ask(forward, query, now);
    } else if (!header.truncated && dns_response_take(forward->cache, &query->question, &message,
                                                      &header, forward->room, now)) {
        server_remember(forward, query);
        query_end(forward, query);
    } else {
        server_next(forward, query, now);
    }
    return true;
}

void dns_forward_on_failure(struct dns_forward *forward, struct dns_forward_query *query,
                            dobos_time now) {
    if (!query->is_over)
        server_next(forward, query, now);
}

dobos_time dns_forward_expire(struct dns_forward *forward, dobos_time now) {
    if (now < forward->next)
        return forward->next;
    forward->next = DOBOS_NEVER;
    list_each(&forward->by_age, node) {
        struct dns_forward_query *query = container_of(node, struct dns_forward_query, age);
        if (query->deadline <= now) {
            forward->timeouts++;
            server_next(forward, query, now);
        } else {
            forward->next = min_i64(forward->next, query->deadline);
        }
    }
    return forward->next;
}

/* ---- ending ---- */

struct dns_forward_query *dns_forward_take_ended(struct dns_forward *forward) {
    struct list_node *node = list_take_first(&forward->ended);
    return node ? container_of(node, struct dns_forward_query, age) : NULL;
}

void dns_forward_query_free(struct dns_forward *forward, struct dns_forward_query *query) {
    struct dns_waiter *waiter;
    while ((waiter = dns_forward_take_waiter(forward, query)))
        dns_waiter_free(forward, waiter);
    allocator_release(forward->allocator, query, sizeof(*query));
}

void dns_forward_fini(struct dns_forward *forward) {
    struct dns_forward_query *query;
    if (!forward->allocator)
        return;
    while ((query = dns_forward_oldest(forward)))
        query_end(forward, query);
    while ((query = dns_forward_take_ended(forward)))
        dns_forward_query_free(forward, query);
    hash_table_fini(&forward->queries);
    allocator_release(forward->allocator, forward->room, DNS_RESPONSE_SET_BYTES);
}
