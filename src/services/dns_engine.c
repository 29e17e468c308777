/* dns_engine: see dns_engine.h. */
#include "services/dns_engine.h"

#include "services/dns_known.h"
#include "wire/dns_edns.h"

int dns_engine_init(struct dns_engine *engine, struct allocator *allocator,
                    const struct dns_engine_config *config) {
    engine->allocator = allocator;
    engine->domain.length = 1;
    list_init(&engine->done);
    dns_log_init(&engine->log, allocator);
    engine->limit.key = config->ask_key;
    if (config->forward_count + config->root_count == 0)
        return 0;
    const struct dns_resolver_config resolver = {.key = config->ask_key,
                                                 .forward = config->forward,
                                                 .forward_count = config->forward_count,
                                                 .roots = config->roots,
                                                 .root_count = config->root_count,
                                                 .private_names = config->private_names,
                                                 .private_count = config->private_count};
    dns_cache_init(&engine->cache, allocator, &config->cache_key, config->cache_limit_bytes);
    engine->cache.stale = config->stale;
    engine->asks = true;
    return dns_resolver_init(&engine->resolver, allocator, &engine->cache, &engine->log, &resolver);
}

void dns_engine_fini(struct dns_engine *engine) {
    struct dns_exchange *exchange;
    if (!engine->allocator)
        return;
    if (engine->over)
        dns_fetch_free(&engine->resolver, engine->over);
    while ((exchange = dns_engine_take_ended(engine)))
        dns_engine_release(engine, exchange);
    if (engine->asks) {
        dns_resolver_fini(&engine->resolver);
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

/* ---- for those who look on ---- */

static void asked_log(struct dns_engine *engine, const struct dns_client *client,
                      const uint8_t *query, size_t length, dobos_time now) {
    struct reader message = reader_make(query, length);
    struct dns_header header;
    struct dns_question question;
    if (engine->log.events && dns_header_parse(&message, &header) &&
        dns_question_parse(&message, &question))
        dns_log_add(&engine->log, now, DOBOS_DNS_ASKED, &question.name, question.type,
                    &client->peer.address, NULL, 0);
}

/* Where an answer came from that is not the cache's. */
static void source_log(struct dns_engine *engine, const struct dns_header *header,
                       const struct dns_question *question, struct reader *message,
                       dobos_time now) {
    const struct zone *zone = zone_of(engine->zones, &question->name);
    struct dns_record record;
    if (header->authoritative)
        dns_log_add(&engine->log, now, DOBOS_DNS_FROM_ZONE, &question->name, question->type, NULL,
                    zone ? &zone->apex : NULL, 0);
    else if (header->answers == 0 && header->authorities > 0 &&
             dns_record_parse(message, &record) && record.type == DNS_NS)
        dns_log_add(&engine->log, now, DOBOS_DNS_REFERRED, &question->name, question->type, NULL,
                    &record.name, record.ttl);
}

static void answered_log(struct dns_engine *engine, const struct dns_client *client,
                         const uint8_t *answer, size_t length, dobos_time now) {
    struct reader message = reader_make(answer, length);
    struct dns_header header;
    struct dns_question question;
    if (!engine->log.events || !dns_header_parse(&message, &header) ||
        !dns_question_parse(&message, &question))
        return;
    source_log(engine, &header, &question, &message, now);
    dns_log_add(&engine->log, now, DOBOS_DNS_ANSWERED, &question.name, question.type,
                &client->peer.address, NULL, header.rcode);
}

/* ---- answers ---- */

/* The answer without asking anybody (any more), and why: what the cache has beyond its time is then
 * better than nothing. */
static size_t answer_finally(struct dns_source *source, const struct dns_client *client,
                             const uint8_t *query, size_t length, uint8_t *answer) {
    source->need = NULL;
    source->may_be_stale = true;
    source->error = DNS_ERROR_NO_REACHABLE_AUTHORITY;
    return dns_server_answer(source, query, length, client->stream != 0, answer, DNS_TCP_BYTES);
}

/* The client waits for what is needed, but not for long where what is beyond its time would do (RFC
 * 8767 §5): meanwhile it is still being found out. False: it may not. */
static bool wait_for(struct dns_engine *engine, const struct dns_need *need,
                     const struct dns_client *client, const uint8_t *query, size_t length,
                     const struct dns_budget *budget, dobos_time now) {
    struct dns_budget own = *budget;
    if (dns_cache_has_stale(&engine->cache, &need->question.name, need->question.type, now))
        own.patience = min_i64(own.patience, own.asked + DNS_WAIT_STALE);
    return dns_resolver_wait(&engine->resolver, &need->question, client, query, length, &own, now);
}

/* As dns_engine_ask, with what may still be done for it. Who may not wait gets an answer without.
 */
static size_t answer_or_wait(struct dns_engine *engine, const struct dns_client *client,
                             const uint8_t *query, size_t length, const struct dns_budget *budget,
                             uint8_t *answer, dobos_time now, bool *waits) {
    struct dns_need need = {0}, refresh = {0};
    struct dns_source source = {.zones = engine->zones,
                                .cache = engine->asks ? &engine->cache : NULL,
                                .now = now,
                                .leases = engine->leases,
                                .domain = engine->domain,
                                .need = &need,
                                .asked_at = budget->asked,
                                .refresh = engine->asks ? &refresh : NULL,
                                .log = &engine->log};
    const bool tcp = client->stream != 0;
    size_t written = dns_server_answer(&source, query, length, tcp, answer, DNS_TCP_BYTES);
    *waits = need.is_needed && wait_for(engine, &need, client, query, length, budget, now);
    if (*waits)
        return written;
    if (need.is_needed)
        written = answer_finally(&source, client, query, length, answer);
    else if (refresh.is_needed)
        dns_resolver_refresh(&engine->resolver, &refresh.question, now);
    if (!tcp && !dns_limit_take(&engine->limit, &client->peer.address, length, written, now)) {
        source.is_curt = true;
        written = dns_server_answer(&source, query, length, false, answer, DNS_TCP_BYTES);
    }
    answered_log(engine, client, answer, written, now);
    return written;
}

size_t dns_engine_ask(struct dns_engine *engine, const struct dns_client *client,
                      const uint8_t *query, size_t length, uint8_t *answer, dobos_time now,
                      bool *waits) {
    const struct dns_budget budget = dns_budget_make(now);
    asked_log(engine, client, query, length, now);
    return answer_or_wait(engine, client, query, length, &budget, answer, now, waits);
}

dobos_time dns_engine_advance(struct dns_engine *engine, dobos_time now) {
    return engine->asks ? dns_resolver_expire(&engine->resolver, now) : DOBOS_NEVER;
}

/* The next who waited, for longer than he may or for a question that is over; NULL. */
static struct dns_waiter *waiter_next(struct dns_engine *engine) {
    struct dns_waiter *late = dns_resolver_take_late(&engine->resolver);
    if (late)
        return late;
    for (;;) {
        if (!engine->over)
            engine->over = dns_resolver_take_ended(&engine->resolver);
        if (!engine->over)
            return NULL;
        struct dns_waiter *waiter = dns_resolver_take_waiter(&engine->resolver, engine->over);
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
        *length = answer_or_wait(engine, client, waiter->query, waiter->length, &waiter->budget,
                                 answer, now, &waits);
        dns_waiter_free(&engine->resolver.waiters, waiter);
    }
    return !waits;
}

static struct dns_fetch *fetch_of(struct dns_exchange *exchange) {
    return container_of(exchange, struct dns_fetch, exchange);
}

struct dns_exchange *dns_engine_take_asking(struct dns_engine *engine) {
    struct dns_fetch *fetch = engine->asks ? dns_resolver_take_asking(&engine->resolver) : NULL;
    return fetch ? &fetch->exchange : NULL;
}

bool dns_engine_on_message(struct dns_engine *engine, struct dns_exchange *exchange,
                           const uint8_t *message, size_t length, dobos_time now) {
    return dns_resolver_on_message(&engine->resolver, fetch_of(exchange), message, length, now);
}

void dns_engine_on_failure(struct dns_engine *engine, struct dns_exchange *exchange,
                           dobos_time now) {
    dns_resolver_on_failure(&engine->resolver, fetch_of(exchange), now);
}

struct dns_exchange *dns_engine_take_ended(struct dns_engine *engine) {
    struct list_node *node = list_take_first(&engine->done);
    return node ? &container_of(node, struct dns_fetch, age)->exchange : NULL;
}

void dns_engine_release(struct dns_engine *engine, struct dns_exchange *exchange) {
    dns_fetch_free(&engine->resolver, fetch_of(exchange));
}
