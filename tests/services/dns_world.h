/*
 * dns_world: a relay that asks from the root down, and a small world of servers that answer it with
 * authority, each its zones at its address, after some milliseconds. Some may be dead, lame, or say
 * what a test makes them say.
 */
#ifndef TESTS_DNS_WORLD_H
#define TESTS_DNS_WORLD_H

#include "dns_relay.h"

#define WORLD_SERVERS 16
#define WORLD_RTT     (10 * DOBOS_MILLISECOND)

struct world_server {
    const char *address; /* where */
    const char *zones;   /* a line a record: "owner TTL TYPE data"; a line "zone NAME" before */
};

/* Asked: writes what is answered in `bytes` of 4096; 0: nothing. */
typedef size_t world_liar(const struct dns_inquiry *inquiry, bool tcp, uint8_t *bytes);

struct world_place {
    struct dobos_address address; /* where */
    struct zone *zones;           /* with authority; NULL and no liar: dead */
    world_liar *liar;             /* answers in its stead, or NULL */
    bool is_dead;                 /* answers nothing */
    unsigned asked;               /* so often */
};

struct world {
    struct relay relay;                       /* who asks */
    struct world_place places[WORLD_SERVERS]; /* who answers */
    unsigned count;                           /* of them */
    unsigned answered;                        /* inquiries looked at so far */
    unsigned loss_per_mille;                  /* of inquiries that get no answer */
    uint64_t luck;                            /* of losses */
    bool shows;                               /* prints what is asked and answered */
};

static inline void world_begin(struct world *world) {
    memset(world, 0, sizeof(*world));
    relay_begin(&world->relay, 0, (size_t)1 << 20);
}

static inline void world_end(struct world *world) {
    for (unsigned i = 0; i < world->count; i++) {
        while (world->places[i].zones) {
            struct zone *zone = world->places[i].zones;
            world->places[i].zones = zone->next;
            zone_destroy(&world->relay.fixture.allocator, zone);
        }
    }
    relay_end(&world->relay);
}

static inline struct world_place *world_place(struct world *world, const char *address) {
    struct dobos_address at;
    assert_int_equal(dobos_address_parse(address, &at, NULL), 0);
    for (unsigned i = 0; i < world->count; i++) {
        if (memcmp(&world->places[i].address, &at, sizeof(at)) == 0)
            return &world->places[i];
    }
    assert_true(world->count < WORLD_SERVERS);
    world->places[world->count].address = at;
    return &world->places[world->count++];
}

/* Serves a zone at an address: `lines` of "owner type data", all with a TTL of 3600. */
static inline void world_serve(struct world *world, const char *address, const char *apex,
                               const char *lines) {
    static const struct hash_key key = {{1, 2}};
    static char text[16384];
    struct dobos_dns_record records[128];
    size_t count = 0, bad;
    const char *reason = NULL;
    struct zone *zone;
    struct world_place *place = world_place(world, address);
    assert_true(strlen(lines) < sizeof(text));
    (void)text_copy(text, sizeof(text), lines);
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        char *type = strchr(line, ' '), *data;
        assert_non_null(type);
        *type++ = 0;
        data = strchr(type, ' ');
        assert_non_null(data);
        *data++ = 0;
        records[count++] = (struct dobos_dns_record){line, type, data, 3600};
    }
    const struct dobos_dns_zone given = {apex, records, count, NULL};
    if (zone_create(&world->relay.fixture.allocator, &key, &given, NULL, &bad, &reason, &zone) < 0)
        fail_msg("%s: record %zu: %s", apex, bad, reason);
    zone->next = place->zones;
    place->zones = zone;
}

/* What a place answers to an inquiry; 0: nothing. */
static inline size_t world_answer(struct world *world, struct world_place *place,
                                  const struct dns_inquiry *inquiry, bool tcp, uint8_t *bytes) {
    uint8_t query[DNS_INQUIRY_BYTES];
    const struct dns_source source = {.zones = place->zones, .now = world->relay.now};
    world->luck = world->luck * UINT64_C(6364136223846793005) + 1442695040888963407;
    place->asked++;
    if (place->is_dead || (world->luck >> 33) % 1000 < world->loss_per_mille)
        return 0;
    if (place->liar)
        return place->liar(inquiry, tcp, bytes);
    size_t length = dns_inquiry_emit(inquiry, query);
    return dns_server_answer(&source, query, length, tcp, bytes, tcp ? 65535 : 4096);
}

/* Answers the inquiries that were sent since. */
static inline void world_hear(struct world *world) {
    static uint8_t bytes[65536];
    struct relay *relay = &world->relay;
    while (world->answered < relay->sent_count) {
        unsigned n = world->answered++ % RELAY_SENT;
        struct dns_exchange *exchange = relay->sent[n];
        struct world_place *place = NULL;
        if (world->shows) {
            char name[DNS_NAME_TEXT];
            dns_name_format(&relay->inquiries[n].question.name, name);
            printf("%lld ms: %08x %s %s%s\n", (long long)(relay->now / DOBOS_MILLISECOND),
                   dobos_address_ipv4_number(&relay->sent_to[n]), name,
                   dns_type_name(relay->inquiries[n].question.type),
                   relay->sent_tcp[n] ? " tcp" : "");
        }
        for (unsigned i = 0; i < world->count; i++) {
            if (memcmp(&world->places[i].address, &relay->sent_to[n],
                       sizeof(world->places[i].address)) == 0)
                place = &world->places[i];
        }
        if (!place || !exchange)
            continue;
        size_t length = world_answer(world, place, &relay->inquiries[n], relay->sent_tcp[n], bytes);
        if (length == 0)
            continue;
        if (world->shows)
            printf("%s", dns_show(bytes, length));
        relay->now += WORLD_RTT;
        (void)dns_engine_on_message(&relay->engine, exchange, bytes, length, relay->now);
        relay_settle(relay);
    }
}

/* Asks, and lets time pass until the answer is there, or 60 seconds; the answer as text. */
static inline const char *world_ask(struct world *world, unsigned client, const char *name,
                                    const char *type) {
    struct relay *relay = &world->relay;
    unsigned heard = relay->heard_count;
    dobos_time until = relay->now + 60 * DOBOS_SECOND;
    relay_ask(relay, client, name, type);
    world_hear(world);
    while (relay->heard_count == heard && relay->now < until) {
        relay->now = max_i64(relay->now, dns_engine_advance(&relay->engine, relay->now));
        relay_settle(relay);
        world_hear(world);
    }
    return relay_heard(relay);
}

#endif
