/* dns_upstream: see dns_upstream.h. */
#include "services/dns_upstream.h"

/* What an exchange has as its carrier. */
struct carrier {
    struct list_node node;         /* in dns_upstream.carriers */
    struct dns_channel channel;    /* to the server that is asked now */
    struct dns_exchange *exchange; /* whose it is */
};

int dns_upstream_init(struct dns_upstream *upstream, struct dobos_host *host,
                      struct allocator *allocator, struct dns_engine *engine) {
    upstream->engine = engine;
    upstream->host = host;
    upstream->allocator = allocator;
    list_init(&upstream->carriers);
    return dobos_poller_create(host, &upstream->poller);
}

static void carrier_free(struct dns_upstream *upstream, struct carrier *carrier) {
    dns_channel_close(&carrier->channel);
    list_remove(&carrier->node);
    carrier->exchange->carrier = NULL;
    allocator_release(upstream->allocator, carrier, sizeof(*carrier));
}

void dns_upstream_fini(struct dns_upstream *upstream) {
    if (!upstream->poller)
        return;
    list_each(&upstream->carriers, node)
        carrier_free(upstream, container_of(node, struct carrier, node));
    dobos_poller_destroy(upstream->poller);
}

static struct carrier *carrier_make(struct dns_upstream *upstream, struct dns_exchange *exchange) {
    struct carrier *carrier =
        allocator_allocate(upstream->allocator, sizeof(*carrier), "dns carrier");
    if (!carrier)
        return NULL;
    list_node_init(&carrier->node);
    list_append(&upstream->carriers, &carrier->node);
    carrier->exchange = exchange;
    carrier->channel =
        (struct dns_channel){.host = upstream->host, .poller = upstream->poller, .user = carrier};
    exchange->carrier = carrier;
    return carrier;
}

/* Sends an inquiry on its way; a server that cannot be asked at all has failed at once. */
static void carry(struct dns_upstream *upstream, struct dns_exchange *exchange, dobos_time now) {
    const struct dobos_endpoint server = {.address = exchange->server, .port = DNS_PORT};
    struct carrier *carrier = exchange->carrier;
    if (!carrier)
        carrier = carrier_make(upstream, exchange);
    if (!carrier ||
        dns_channel_ask(&carrier->channel, &server, exchange->tcp, &exchange->inquiry) < 0)
        dns_engine_on_failure(upstream->engine, exchange, now);
}

/* Everything that has come of an exchange, until it has an answer. [rfc1035#26] [rfc7766#10] */
static void hear(struct dns_upstream *upstream, struct carrier *carrier, dobos_time now) {
    const uint8_t *message;
    int64_t got;
    do {
        got = dns_channel_hear(&carrier->channel, upstream->room, &message);
        if (got == -DOBOS_EAGAIN)
            return;
        if (got < 0) {
            dns_channel_close(&carrier->channel);
            dns_engine_on_failure(upstream->engine, carrier->exchange, now);
            return;
        }
    } while (
        !dns_engine_on_message(upstream->engine, carrier->exchange, message, (size_t)got, now));
    dns_channel_close(&carrier->channel);
}

void dns_upstream_ask(struct dns_upstream *upstream, dobos_time now) {
    struct dns_exchange *exchange;
    while ((exchange = dns_engine_take_ended(upstream->engine))) {
        if (exchange->carrier)
            carrier_free(upstream, exchange->carrier);
        dns_engine_release(upstream->engine, exchange);
    }
    while ((exchange = dns_engine_take_asking(upstream->engine)))
        carry(upstream, exchange, now);
}

dobos_time dns_upstream_step(struct dns_upstream *upstream, dobos_time now) {
    struct dobos_event event;
    while (dobos_poller_next(upstream->poller, &event, 1) > 0)
        hear(upstream, event.user, now);
    (void)dns_engine_advance(upstream->engine, now);
    dns_upstream_ask(upstream, now);
    return dns_engine_advance(upstream->engine, now);
}
