/*
 * dns_relay: a DNS engine in virtual time: clients ask, the test plays the servers that are asked,
 * and what each client hears is kept as text.
 */
#ifndef TESTS_DNS_RELAY_H
#define TESTS_DNS_RELAY_H

#include "dns_fixture.h"
#include "dns_reply.h"
#include "services/dns_engine.h"

#define RELAY_HEARD 64
#define RELAY_SENT  4096

struct relay {
    struct dns_fixture fixture; /* memory */
    struct dns_engine engine;
    dobos_time now;
    char heard[RELAY_HEARD][600];             /* answers, the last one last */
    unsigned clients[RELAY_HEARD];            /* who heard them */
    uint16_t ids[RELAY_HEARD];                /* with which id */
    unsigned heard_count;                     /* of them in all */
    unsigned seen_count;                      /* of them that the test has looked at */
    struct dns_exchange *sent[RELAY_SENT];    /* inquiries, in order */
    dobos_time sent_at[RELAY_SENT];           /* when */
    struct dobos_address sent_to[RELAY_SENT]; /* to whom */
    bool sent_tcp[RELAY_SENT];                /* by TCP */
    struct dns_inquiry inquiries[RELAY_SENT]; /* what */
    unsigned sent_count;                      /* of them in all */
};

/* An engine that asks `forward` servers, 192.0.2.53 and up, or, with 0, the root's at 198.51.100.1
 * and 2. */
static inline void relay_begin(struct relay *relay, unsigned forward, size_t cache_bytes) {
    struct dobos_address addresses[3];
    memset(relay, 0, sizeof(*relay));
    dns_fixture_begin(&relay->fixture);
    for (unsigned i = 0; i < forward; i++)
        addresses[i] = dobos_address_ipv4(UINT32_C(0xc0000235) + i);
    if (forward == 0) {
        addresses[0] = dobos_address_ipv4(0xc6336401);
        addresses[1] = dobos_address_ipv4(0xc6336402);
    }
    const struct dns_engine_config config = {.cache_key = {{3, 4}},
                                             .ask_key = {{5, 6}},
                                             .cache_limit_bytes = cache_bytes,
                                             .forward = addresses,
                                             .forward_count = forward,
                                             .roots = addresses,
                                             .root_count = forward == 0 ? 2 : 0};
    assert_int_equal(dns_engine_init(&relay->engine, &relay->fixture.allocator, &config), 0);
}

static inline void relay_end(struct relay *relay) {
    dns_engine_fini(&relay->engine);
    dns_fixture_end(&relay->fixture);
}

static inline void relay_heard_add(struct relay *relay, const struct dns_client *client,
                                   const uint8_t *answer, size_t length) {
    if (length == 0)
        return;
    unsigned n = relay->heard_count++ % RELAY_HEARD;
    relay->clients[n] = dobos_address_ipv4_number(&client->peer.address);
    relay->ids[n] = load_be16(answer);
    (void)text_copy(relay->heard[n], sizeof(relay->heard[n]), dns_show(answer, length));
}

/* Everything that follows at once does. */
static inline void relay_settle(struct relay *relay) {
    static uint8_t answer[DNS_TCP_BYTES];
    struct dns_client client;
    struct dns_exchange *exchange;
    size_t length;
    (void)dns_engine_advance(&relay->engine, relay->now);
    while (dns_engine_take_answer(&relay->engine, &client, answer, &length, relay->now))
        relay_heard_add(relay, &client, answer, length);
    while ((exchange = dns_engine_take_ended(&relay->engine))) {
        for (unsigned i = 0; i < RELAY_SENT; i++) {
            if (relay->sent[i] == exchange)
                relay->sent[i] = NULL;
        }
        dns_engine_release(&relay->engine, exchange);
    }
    while ((exchange = dns_engine_take_asking(&relay->engine))) {
        unsigned n = relay->sent_count++ % RELAY_SENT;
        relay->sent[n] = exchange;
        relay->sent_at[n] = relay->now;
        relay->sent_to[n] = exchange->server;
        relay->sent_tcp[n] = exchange->tcp;
        relay->inquiries[n] = exchange->inquiry;
    }
}

/* Time passes, from one thing to the next. */
static inline void relay_run(struct relay *relay, dobos_time duration) {
    dobos_time until = relay->now + duration;
    for (;;) {
        relay_settle(relay);
        dobos_time next = dns_engine_advance(&relay->engine, relay->now);
        if (next > until)
            break;
        relay->now = max_i64(relay->now, next);
    }
    relay->now = until;
    relay_settle(relay);
}

static inline void relay_ask_query(struct relay *relay, unsigned client,
                                   const struct dns_query *query) {
    struct dns_client from = {
        .peer = {.address = dobos_address_ipv4(client), .port = (uint16_t)(1024 + client % 60000)}};
    static uint8_t answer[DNS_TCP_BYTES];
    bool waits;
    relay_heard_add(relay, &from, answer,
                    dns_engine_ask(&relay->engine, &from, query->bytes, query->length, answer,
                                   relay->now, &waits));
    relay_settle(relay);
}

static inline void relay_ask(struct relay *relay, unsigned client, const char *name,
                             const char *type) {
    struct dns_query query = dns_query_make(name, type);
    relay_ask_query(relay, client, &query);
}

/* What was heard last; "" when nothing was since the last call. */
static inline const char *relay_heard(struct relay *relay) {
    if (relay->seen_count == relay->heard_count)
        return "";
    relay->seen_count = relay->heard_count;
    return relay->heard[(relay->seen_count - 1) % RELAY_HEARD];
}

/* The last inquiry's name and type as text. */
static inline const char *relay_asked(const struct relay *relay) {
    static char text[DNS_NAME_TEXT + 20];
    const struct dns_inquiry *inquiry = &relay->inquiries[(relay->sent_count - 1) % RELAY_SENT];
    size_t length = dns_name_format(&inquiry->question.name, text);
    for (size_t i = 0; i < length; i++)
        text[i] = text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] + 32) : text[i];
    (void)snprintf(text + length, sizeof(text) - length, " %s",
                   dns_type_name(inquiry->question.type));
    return text;
}

/* The server that was asked last says something; whether it was taken for an answer. Id and
 * question are the inquiry's unless the text has a name; the text's id is added to the right one.
 */
static inline bool relay_says(struct relay *relay, struct reply_text text) {
    uint8_t bytes[4096];
    unsigned n = (relay->sent_count - 1) % RELAY_SENT;
    const struct dns_inquiry *inquiry = &relay->inquiries[n];
    char name[DNS_NAME_TEXT];
    dns_name_format(&inquiry->question.name, name);
    text.header.id = (uint16_t)(text.header.id ^ inquiry->id);
    text.header.response = true;
    text.name = text.name ? text.name : name;
    text.type = text.type ? text.type : inquiry->question.type;
    size_t length = reply_emit(&text, bytes, sizeof(bytes));
    uint8_t *copy = malloc(length);
    memcpy(copy, bytes, length);
    assert_non_null(relay->sent[n]);
    bool taken = dns_engine_on_message(&relay->engine, relay->sent[n], copy, length, relay->now);
    free(copy);
    relay_settle(relay);
    return taken;
}

#endif
