/* dns_resolver: its tables, and who waits; see dns_resolver.h. */
#include "services/dns_resolver.h"

#include "services/dns_learn.h"
#include "wire/dns_edns.h"

/* [rfc1123#16] */
int dns_resolver_init(struct dns_resolver *resolver, struct allocator *allocator,
                      struct dns_cache *cache, struct dns_log *log,
                      const struct dns_resolver_config *config) {
    *resolver = (struct dns_resolver){.allocator = allocator,
                                      .cache = cache,
                                      .log = log,
                                      .forward_count = config->forward_count,
                                      .root_count = config->root_count,
                                      .key = config->key,
                                      .next = DOBOS_NEVER};
    for (unsigned i = 0; i < config->forward_count; i++)
        resolver->forward[i] = config->forward[i];
    for (unsigned i = 0; i < config->root_count; i++)
        resolver->roots[i] = config->roots[i];
    hash_table_init(&resolver->fetches, allocator);
    dns_waiters_init(&resolver->waiters, allocator, &config->key);
    dns_servers_init(&resolver->servers, allocator, &config->key);
    list_init(&resolver->by_age);
    list_init(&resolver->work);
    list_init(&resolver->asking);
    list_init(&resolver->ended);
    resolver->room = allocator_allocate_raw(allocator, DNS_LEARN_BYTES, "dns set room");
    return resolver->room ? dns_private_init(&resolver->private_, allocator, config->private_names,
                                             config->private_count)
                          : -DOBOS_ENOMEM;
}

/* Unpredictable: a keyed hash of a counter. */
uint64_t dns_resolver_draw(struct dns_resolver *resolver) {
    uint8_t counter[8];
    store_be64(counter, ++resolver->drawn);
    return keyed_hash(&resolver->key, counter, sizeof(counter));
}

/* ---- the table ---- */

static uint64_t question_hash(const struct dns_resolver *resolver,
                              const struct dns_question *question) {
    uint8_t key[DNS_NAME_BYTES + 2];
    for (unsigned i = 0; i < question->name.length; i++) {
        uint8_t c = question->name.bytes[i];
        key[i] = c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
    }
    store_be16(key + question->name.length, question->type);
    return keyed_hash(&resolver->key, key, question->name.length + 2u);
}

struct dns_fetch *dns_resolver_find(const struct dns_resolver *resolver,
                                    const struct dns_question *question) {
    uint64_t hash = question_hash(resolver, question);
    for (struct hash_node *node = hash_table_find(&resolver->fetches, hash); node;
         node = hash_table_find_next(node, hash)) {
        struct dns_fetch *fetch = container_of(node, struct dns_fetch, node);
        if (fetch->question.type == question->type &&
            dns_name_is_equal(&fetch->question.name, &question->name))
            return fetch;
    }
    return NULL;
}

struct dns_fetch *dns_resolver_oldest(const struct dns_resolver *resolver) {
    struct list_node *node = list_first(&resolver->by_age);
    return node ? container_of(node, struct dns_fetch, age) : NULL;
}

/* Too many are under way: the oldest but `by` gives way when a server has had its time, those for
 * clients to those for clients, the others to the others. (attack I20) */
static bool room_make(struct dns_resolver *resolver, const struct dns_fetch *by, dobos_time now) {
    if (resolver->counts[by != NULL] < (by ? DNS_FETCHES_BELOW : DNS_FETCHES))
        return true;
    list_each(&resolver->by_age, node) {
        struct dns_fetch *fetch = container_of(node, struct dns_fetch, age);
        if ((fetch->depth > 0) != (by != NULL) || fetch == by)
            continue;
        if (fetch->queries_sent < 2 && !fetch->awaited)
            return false;
        fetch->gives_way = true;
        dns_resolver_fail(resolver, fetch, now);
        return true;
    }
    return false;
}

struct dns_fetch *dns_resolver_make(struct dns_resolver *resolver,
                                    const struct dns_question *question,
                                    const struct dns_budget *budget, const struct dns_fetch *by,
                                    dobos_time now) {
    struct dns_fetch *fetch =
        budget->queries > 0 && room_make(resolver, by, now)
            ? allocator_allocate(resolver->allocator, sizeof(*fetch), "dns fetch")
            : NULL;
    if (!fetch)
        return NULL;
    fetch->question = *question;
    fetch->depth = by ? (uint8_t)(by->depth + 1) : 0;
    fetch->queries_left = budget->queries;
    fetch->is_whole = budget->queries == DNS_WAIT_QUERIES;
    fetch->extended = DNS_ERROR_NO_REACHABLE_AUTHORITY;
    fetch->until = budget->until;
    list_init(&fetch->waiters);
    list_init(&fetch->dependents);
    list_node_init(&fetch->dependent);
    list_node_init(&fetch->turn);
    list_node_init(&fetch->work);
    list_node_init(&fetch->age);
    if (!hash_table_insert(&resolver->fetches, &fetch->node, question_hash(resolver, question))) {
        allocator_release(resolver->allocator, fetch, sizeof(*fetch));
        return NULL;
    }
    list_append(&resolver->by_age, &fetch->age);
    resolver->counts[by != NULL]++;
    resolver->next = min_i64(resolver->next, fetch->until);
    dns_resolver_continue(resolver, fetch, DNS_FETCH_BEGINS);
    return fetch;
}

/* ---- going on, and ending ---- */

void dns_resolver_continue(struct dns_resolver *resolver, struct dns_fetch *fetch,
                           enum dns_fetch_step step) {
    fetch->step = step;
    if (!list_node_is_linked(&fetch->work))
        list_append(&resolver->work, &fetch->work);
}

/* All that can go on does. */
static void run(struct dns_resolver *resolver, dobos_time now) {
    struct list_node *node;
    while ((node = list_take_first(&resolver->work)))
        dns_fetch_advance(resolver, container_of(node, struct dns_fetch, work), now);
}

/* What the awaited one spent is spent. [rfc1035#38] */
static void spend(struct dns_fetch *fetch) {
    if (!fetch->awaited || !fetch->pays)
        return;
    uint16_t sent = fetch->awaited->queries_sent;
    fetch->queries_sent = (uint16_t)(fetch->queries_sent + sent);
    fetch->queries_left = (uint16_t)(fetch->queries_left > sent ? fetch->queries_left - sent : 0);
}

/* A dependent goes on. */
static void release(struct dns_resolver *resolver, struct dns_fetch *dependent) {
    bool looks_anew = dependent->awaits_word || dependent->cut.count == 0;
    spend(dependent);
    list_remove(&dependent->dependent);
    dependent->awaited = NULL;
    dependent->awaits_word = false;
    dns_resolver_continue(resolver, dependent, looks_anew ? DNS_FETCH_BEGINS : DNS_FETCH_CHOOSES);
}

void dns_resolver_word(struct dns_resolver *resolver, struct dns_fetch *fetch) {
    list_each(&fetch->dependents, node) {
        struct dns_fetch *dependent = container_of(node, struct dns_fetch, dependent);
        if (dependent->awaits_word)
            release(resolver, dependent);
    }
}

void dns_resolver_end(struct dns_resolver *resolver, struct dns_fetch *fetch) {
    struct list_node *node;
    spend(fetch);
    fetch->step = DNS_FETCH_OVER;
    fetch->awaited = NULL;
    list_remove(&fetch->dependent);
    list_remove(&fetch->turn);
    list_remove(&fetch->work);
    list_remove(&fetch->age);
    list_append(&resolver->ended, &fetch->age);
    hash_table_remove(&resolver->fetches, &fetch->node);
    resolver->counts[fetch->depth > 0]--;
    while ((node = list_first(&fetch->dependents)))
        release(resolver, container_of(node, struct dns_fetch, dependent));
}

/* What failed for want of what a client before had spent is not known to fail; nor is what gave
 * way, but who waited for it does not ask anew, or the next one would have to. */
void dns_resolver_fail(struct dns_resolver *resolver, struct dns_fetch *fetch, dobos_time now) {
    resolver->failures++;
    dns_log_add(resolver->log, now, DOBOS_DNS_GAVE_UP, &fetch->question.name, fetch->question.type,
                NULL, NULL, fetch->extended);
    if (fetch->gives_way)
        dns_cache_fail_once(resolver->cache, &fetch->question.name, fetch->question.type,
                            fetch->extended, now);
    else if (fetch->is_whole || !fetch->is_spent)
        dns_cache_fail(resolver->cache, &fetch->question.name, fetch->question.type,
                       fetch->extended, now);
    dns_resolver_end(resolver, fetch);
}

/* ---- clients ---- */

/* [rfc5452#4] [rfc1035#35] [rfc1123#17] */
bool dns_resolver_wait(struct dns_resolver *resolver, const struct dns_question *question,
                       const struct dns_client *client, const uint8_t *query, size_t length,
                       const struct dns_budget *budget, dobos_time now) {
    struct dns_fetch *fetch = dns_resolver_find(resolver, question);
    if (fetch && dns_waiters_has(&resolver->waiters, &fetch->waiters, client, query, length))
        return true;
    struct list alone;
    list_init(&alone);
    struct dns_waiter *waiter = dns_waiters_add(
        &resolver->waiters, fetch ? &fetch->waiters : &alone, client, query, length, budget, now);
    if (waiter && fetch) {
        resolver->joined++;
        dns_log_add(resolver->log, now, DOBOS_DNS_JOINED, &question->name, question->type, NULL,
                    NULL, 0);
        return true;
    }
    if (waiter)
        fetch = dns_resolver_make(resolver, question, budget, NULL, now);
    if (waiter && fetch) {
        dns_waiter_enter(waiter, &fetch->waiters);
        run(resolver, now);
        return true;
    }
    if (waiter) {
        list_remove(&waiter->node);
        dns_waiter_free(&resolver->waiters, waiter);
    }
    resolver->refused++;
    return false;
}

void dns_resolver_refresh(struct dns_resolver *resolver, const struct dns_question *question,
                          dobos_time now) {
    const struct dns_budget budget = dns_budget_make(now);
    if (resolver->counts[0] < DNS_FETCHES / 2 && !dns_resolver_find(resolver, question) &&
        dns_resolver_make(resolver, question, &budget, NULL, now))
        run(resolver, now);
}

struct dns_waiter *dns_resolver_take_waiter(struct dns_resolver *resolver,
                                            struct dns_fetch *fetch) {
    (void)resolver;
    struct dns_waiter *waiter = dns_waiters_take(&fetch->waiters);
    if (waiter)
        waiter->budget.queries = (uint16_t)(waiter->budget.queries > fetch->queries_sent
                                                ? waiter->budget.queries - fetch->queries_sent
                                                : 0);
    return waiter;
}

struct dns_waiter *dns_resolver_take_late(struct dns_resolver *resolver) {
    return dns_waiters_take(&resolver->waiters.late);
}

/* ---- what the outside does ---- */

struct dns_fetch *dns_resolver_take_asking(struct dns_resolver *resolver) {
    struct list_node *node = list_take_first(&resolver->asking);
    return node ? container_of(node, struct dns_fetch, turn) : NULL;
}

bool dns_resolver_on_message(struct dns_resolver *resolver, struct dns_fetch *fetch,
                             const uint8_t *message, size_t length, dobos_time now) {
    if (fetch->step != DNS_FETCH_ASKS)
        return true;
    if (!dns_fetch_hear(resolver, fetch, message, length, now))
        return false;
    run(resolver, now);
    return true;
}

void dns_resolver_on_failure(struct dns_resolver *resolver, struct dns_fetch *fetch,
                             dobos_time now) {
    if (fetch->step != DNS_FETCH_ASKS)
        return;
    dns_log_add(resolver->log, now, DOBOS_DNS_UNREACHED, &fetch->asked.name, fetch->asked.type,
                &fetch->exchange.server, &fetch->cut.zone, 0);
    dns_fetch_fail(resolver, fetch, now);
    run(resolver, now);
}

dobos_time dns_resolver_expire(struct dns_resolver *resolver, dobos_time now) {
    dobos_time late = dns_waiters_expire(&resolver->waiters, now);
    if (now >= resolver->next) {
        resolver->next = DOBOS_NEVER;
        list_each(&resolver->by_age, node) {
            struct dns_fetch *fetch = container_of(node, struct dns_fetch, age);
            bool asks = fetch->step == DNS_FETCH_ASKS;
            dobos_time next = asks ? fetch->deadline : fetch->until;
            if (next > now)
                resolver->next = min_i64(resolver->next, next);
            else if (fetch->until <= now)
                dns_resolver_continue(resolver, fetch, fetch->step);
            else
                dns_fetch_time_out(resolver, fetch, now);
        }
        run(resolver, now);
    }
    return min_i64(late, resolver->next);
}

struct dns_fetch *dns_resolver_take_ended(struct dns_resolver *resolver) {
    struct list_node *node = list_take_first(&resolver->ended);
    return node ? container_of(node, struct dns_fetch, age) : NULL;
}

void dns_fetch_free(struct dns_resolver *resolver, struct dns_fetch *fetch) {
    struct dns_waiter *waiter;
    while ((waiter = dns_waiters_take(&fetch->waiters)))
        dns_waiter_free(&resolver->waiters, waiter);
    allocator_release(resolver->allocator, fetch, sizeof(*fetch));
}

void dns_resolver_fini(struct dns_resolver *resolver) {
    struct dns_fetch *fetch;
    struct dns_waiter *waiter;
    if (!resolver->allocator)
        return;
    while ((fetch = dns_resolver_oldest(resolver)))
        dns_resolver_end(resolver, fetch);
    while ((fetch = dns_resolver_take_ended(resolver)))
        dns_fetch_free(resolver, fetch);
    while ((waiter = dns_resolver_take_late(resolver)))
        dns_waiter_free(&resolver->waiters, waiter);
    hash_table_fini(&resolver->fetches);
    dns_servers_fini(&resolver->servers);
    dns_private_fini(&resolver->private_, resolver->allocator);
    allocator_release(resolver->allocator, resolver->room, DNS_LEARN_BYTES);
}
