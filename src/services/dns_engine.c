/* dns_engine: see dns_engine.h. */
#include "services/dns_engine.h"

int dns_engine_init(struct dns_engine *engine, struct allocator *allocator,
                    const struct dns_engine_config *config) {
    engine->allocator = allocator;
    engine->domain.length = 1;
    list_init(&engine->done);
    dns_log_init(&engine->log, allocator);
    if (config->forward_count == 0)
        return 0;
    dns_cache_init(&engine->cache, allocator, &config->cache_key, config->cache_limit_bytes);
    engine->asks = true;
    return dns_forward_init(&engine->forward, allocator, &engine->cache, &config->ask_key,
                            config->forward, config->forward_count);
}

void dns_engine_fini(struct dns_engine *engine) {
    struct dns_exchange *exchange;
    if (!engine->allocator)
        return;
    if (engine->over)
        dns_forward_query_free(&engine->forward, engine->over);
    while ((exchange = dns_engine_take_ended(engine)))
        dns_engine_release(engine, exchange);
    if (engine->asks) {
        dns_forward_fini(&engine->forward);
        dns_cache_fini(&engine->cache);
    }
    dns_log_fini(&engine->log);
    while (engine->zones) {
        struct zone *zone = engine->zones;
        engine->zones = zone->next;
        zone_destroy(engine->allocator, zone);
    }
}

bool dns_engine_zone_add(struct dns_engine *engine, struct zone *zone) {
    struct zone **place = &engine->zones;
    for (; *place; place = &(*place)->next) {
        if (dns_name_is_equal(&(*place)->apex, &zone->apex))
            return false;
    }
    *place = zone;
    return true;
}

/* As dns_engine_ask; `chain`: questions that were asked for it already. Who may not wait gets an
 * answer without. */
static size_t answer_or_wait(struct dns_engine *engine, const struct dns_client *client,
                             const uint8_t *query, size_t length, unsigned chain, uint8_t *answer,
                             dobos_time now, bool *waits) {
    struct dns_need need = {0};
    struct dns_source source = {.zones = engine->zones,
                                .cache = engine->asks ? &engine->cache : NULL,
                                .now = now,
                                .leases = engine->leases,
                                .domain = engine->domain,
                                .need = &need};
    const bool tcp = client->stream != 0;
    size_t written = dns_server_answer(&source, query, length, tcp, answer, DNS_TCP_BYTES);
    *waits = need.is_needed &&
             dns_forward_wait(&engine->forward, &need.question, client, query, length, chain, now);
    if (!need.is_needed || *waits)
        return written;
    source.need = NULL;
    return dns_server_answer(&source, query, length, tcp, answer, DNS_TCP_BYTES);
}

size_t dns_engine_ask(struct dns_engine *engine, const struct dns_client *client,
                      const uint8_t *query, size_t length, uint8_t *answer, dobos_time now,
                      bool *waits) {
    return answer_or_wait(engine, client, query, length, 0, answer, now, waits);
}

dobos_time dns_engine_advance(struct dns_engine *engine, dobos_time now) {
    return engine->asks ? dns_forward_expire(&engine->forward, now) : DOBOS_NEVER;
}

/* The next who waited for a question that is over; NULL. */
static struct dns_waiter *waiter_next(struct dns_engine *engine) {
    for (;;) {
        if (!engine->over)
            engine->over = dns_forward_take_ended(&engine->forward);
        if (!engine->over)
            return NULL;
        struct dns_waiter *waiter = dns_forward_take_waiter(&engine->forward, engine->over);
        if (waiter)
            return waiter;
        list_append(&engine->done, &engine->over->age);
        engine->over = NULL;
    }
}

bool dns_engine_take_answer(struct dns_engine *engine, struct dns_client *client, uint8_t *answer,
                            size_t *length, dobos_time now) {
    struct dns_waiter *waiter;
    bool waits = true;
    while (waits && engine->asks && (waiter = waiter_next(engine))) {
        *client = waiter->client;
        *length = answer_or_wait(engine, client, waiter->query, waiter->length, waiter->chain,
                                 answer, now, &waits);
        dns_waiter_free(&engine->forward, waiter);
    }
    return !waits;
}

static struct dns_forward_query *query_of(struct dns_exchange *exchange) {
    return container_of(exchange, struct dns_forward_query, exchange);
}

struct dns_exchange *dns_engine_take_asking(struct dns_engine *engine) {
    struct dns_forward_query *query =
        engine->asks ? dns_forward_take_asking(&engine->forward) : NULL;
    return query ? &query->exchange : NULL;
}

bool dns_engine_on_message(struct dns_engine *engine, struct dns_exchange *exchange,
                           const uint8_t *message, size_t length, dobos_time now) {
    return dns_forward_on_message(&engine->forward, query_of(exchange), message, length, now);
}

void dns_engine_on_failure(struct dns_engine *engine, struct dns_exchange *exchange,
                           dobos_time now) {
    dns_forward_on_failure(&engine->forward, query_of(exchange), now);
}

struct dns_exchange *dns_engine_take_ended(struct dns_engine *engine) {
    struct list_node *node = list_take_first(&engine->done);
    return node ? &container_of(node, struct dns_forward_query, age)->exchange : NULL;
}

void dns_engine_release(struct dns_engine *engine, struct dns_exchange *exchange) {
    dns_forward_query_free(&engine->forward, query_of(exchange));
}
