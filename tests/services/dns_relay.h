/*
 * dns_relay: server, cache and forwarder without sockets, in virtual time: clients ask, the test
 * plays the servers that are asked, and what each client hears is kept as text.
 */
#ifndef TESTS_DNS_RELAY_H
#define TESTS_DNS_RELAY_H

#include "dns_fixture.h"
#include "dns_reply.h"
#include "services/dns_forward.h"

#define RELAY_HEARD 64
#define RELAY_SENT  4096

struct relay {
    struct dns_fixture fixture; /* zones and memory */
    struct dns_cache cache;
    struct dns_forward forward;
    dobos_time now;
    char heard[RELAY_HEARD][600];               /* answers, the last one last */
    unsigned clients[RELAY_HEARD];              /* who heard them */
    uint16_t ids[RELAY_HEARD];                  /* with which id */
    unsigned heard_count;                       /* of them in all */
    unsigned seen_count;                        /* of them that the test has looked at */
    struct dns_forward_query *sent[RELAY_SENT]; /* inquiries, in order */
    dobos_time sent_at[RELAY_SENT];             /* when */
    struct dobos_address sent_to[RELAY_SENT];   /* to whom */
    bool sent_tcp[RELAY_SENT];                  /* by TCP */
    struct dns_inquiry inquiries[RELAY_SENT];   /* what */
    unsigned sent_count;                        /* of them in all */
};

static inline void relay_begin(struct relay *relay, unsigned servers, size_t cache_bytes) {
    static const struct hash_key keys[] = {{{3, 4}}, {{5, 6}}};
    struct dobos_address addresses[3];
    memset(relay, 0, sizeof(*relay));
    dns_fixture_begin(&relay->fixture);
    for (unsigned i = 0; i < servers; i++)
        addresses[i] = dobos_address_ipv4(UINT32_C(0xc0000235) + i);
    dns_cache_init(&relay->cache, &relay->fixture.allocator, &keys[0], cache_bytes);
    assert_int_equal(dns_forward_init(&relay->forward, &relay->fixture.allocator, &relay->cache,
                                      &keys[1], addresses, servers),
                     0);
}

static inline void relay_end(struct relay *relay) {
    dns_forward_fini(&relay->forward);
    dns_cache_fini(&relay->cache);
    dns_fixture_end(&relay->fixture);
}

static inline void relay_settle(struct relay *relay);

/* Answers, or lets the client wait, as the service does. */
static inline void relay_serve(struct relay *relay, const struct dns_client *client,
                               const uint8_t *query, size_t length, unsigned chain) {
    static uint8_t answer[DNS_TCP_BYTES];
    struct dns_need need;
    struct dns_source source = {
        .zones = relay->fixture.zones, .cache = &relay->cache, .now = relay->now, .need = &need};
    bool tcp = client->stream != 0;
    size_t got = dns_server_answer(&source, query, length, tcp, answer, sizeof(answer));
    if (need.is_needed) {
        if (dns_forward_wait(&relay->forward, &need.question, client, query, length, chain,
                             relay->now))
            return;
        source.need = NULL;
        got = dns_server_answer(&source, query, length, tcp, answer, sizeof(answer));
    }
    if (got == 0)
        return;
    unsigned n = relay->heard_count++ % RELAY_HEARD;
    relay->clients[n] = dobos_address_ipv4_number(&client->peer.address);
    relay->ids[n] = load_be16(answer);
    (void)text_copy(relay->heard[n], sizeof(relay->heard[n]), dns_show(answer, got));
}

static inline void relay_settle(struct relay *relay) {
    struct dns_forward_query *query;
    struct dns_waiter *waiter;
    (void)dns_forward_expire(&relay->forward, relay->now);
    while ((query = dns_forward_take_ended(&relay->forward))) {
        while ((waiter = dns_forward_take_waiter(&relay->forward, query))) {
            relay_serve(relay, &waiter->client, waiter->query, waiter->length, waiter->chain);
            dns_waiter_free(&relay->forward, waiter);
        }
        dns_forward_query_free(&relay->forward, query);
    }
    while ((query = dns_forward_take_asking(&relay->forward))) {
        unsigned n = relay->sent_count++ % RELAY_SENT;
        relay->sent[n] = query;
        relay->sent_at[n] = relay->now;
        relay->sent_to[n] = query->exchange.server;
        relay->sent_tcp[n] = query->exchange.tcp;
        relay->inquiries[n] = query->exchange.inquiry;
    }
}

/* Time passes, from one thing to the next. */
static inline void relay_run(struct relay *relay, dobos_time duration) {
    dobos_time until = relay->now + duration;
    for (;;) {
        dobos_time next = dns_forward_expire(&relay->forward, relay->now);
        relay_settle(relay);
        next = min_i64(next, relay->forward.next);
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
    relay_serve(relay, &from, query->bytes, query->length, 0);
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
    bool taken = dns_forward_on_message(&relay->forward, relay->sent[n], copy, length, relay->now);
    free(copy);
    relay_settle(relay);
    return taken;
}

#endif
