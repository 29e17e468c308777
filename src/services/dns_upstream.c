/* dns_upstream: see dns_upstream.h. */
#include "services/dns_upstream.h"

/* What a question has as its carrier. */
struct carrier {
    struct dns_channel channel;      /* to the server that is asked now */
    struct dns_forward_query *query; /* whose it is */
};

int dns_upstream_init(struct dns_upstream *upstream, struct dobos_host *host,
                      struct allocator *allocator, struct dns_cache *cache,
                      const struct hash_key *key, const struct dobos_address *servers,
                      unsigned server_count) {
    upstream->host = host;
    upstream->allocator = allocator;
    int result = dobos_poller_create(host, &upstream->poller);
    if (result == 0)
        result = dns_forward_init(&upstream->forward, allocator, cache, key, servers, server_count);
    return result;
}

static void carrier_free(struct dns_upstream *upstream, struct dns_forward_query *query) {
    struct carrier *carrier = query->carrier;
    if (!carrier)
        return;
    dns_channel_close(&carrier->channel);
    allocator_release(upstream->allocator, carrier, sizeof(*carrier));
    query->carrier = NULL;
}

void dns_upstream_free(struct dns_upstream *upstream, struct dns_forward_query *query) {
    carrier_free(upstream, query);
    dns_forward_query_free(&upstream->forward, query);
}

void dns_upstream_fini(struct dns_upstream *upstream) {
    struct dns_forward *forward = &upstream->forward;
    struct dns_forward_query *query;
    if (!upstream->poller)
        return;
    if (forward->allocator) {
        list_each(&forward->by_age, node)
            carrier_free(upstream, container_of(node, struct dns_forward_query, age));
        while ((query = dns_forward_take_ended(forward)))
            dns_upstream_free(upstream, query);
    }
    dns_forward_fini(forward);
    dobos_poller_destroy(upstream->poller);
}

/* Sends a question on its way; a server that cannot be asked at all has failed at once. */
static void carry(struct dns_upstream *upstream, struct dns_forward_query *query, dobos_time now) {
    const struct dobos_endpoint server = {.address = query->server, .port = DNS_PORT};
    struct carrier *carrier = query->carrier;
    if (!carrier) {
        carrier = allocator_allocate(upstream->allocator, sizeof(*carrier), "dns carrier");
        if (!carrier) {
            dns_forward_on_failure(&upstream->forward, query, now);
            return;
        }
        carrier->query = query;
        carrier->channel = (struct dns_channel){
            .host = upstream->host, .poller = upstream->poller, .user = carrier};
        query->carrier = carrier;
    }
    if (dns_channel_ask(&carrier->channel, &server, query->tcp, &query->inquiry) < 0)
        dns_forward_on_failure(&upstream->forward, query, now);
}

/* Everything that has come for a question, until it has an answer. */
static void hear(struct dns_upstream *upstream, struct carrier *carrier, dobos_time now) {
    const uint8_t *message;
    int64_t got;
    do {
        got = dns_channel_hear(&carrier->channel, upstream->room, &message);
        if (got == -DOBOS_EAGAIN)
            return;
        if (got < 0) {
            dns_channel_close(&carrier->channel);
            dns_forward_on_failure(&upstream->forward, carrier->query, now);
            return;
        }
    } while (
        !dns_forward_on_message(&upstream->forward, carrier->query, message, (size_t)got, now));
    dns_channel_close(&carrier->channel);
}

dobos_time dns_upstream_step(struct dns_upstream *upstream, dobos_time now) {
    struct dns_forward *forward = &upstream->forward;
    struct dns_forward_query *query;
    struct dobos_event event;
    while (dobos_poller_next(upstream->poller, &event, 1) > 0)
        hear(upstream, event.user, now);
    (void)dns_forward_expire(forward, now);
    while ((query = dns_forward_take_asking(forward)))
        carry(upstream, query, now);
    return forward->next;
}
