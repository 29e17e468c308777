/*
 * world: one scenario's network in virtual time: clients, engines (services/dns_engine.h), played
 * servers, and messages on their way between them. It owns the clock; the same scenario gives the
 * same messages every time.
 */
#ifndef TESTS_SCENARIOS_WORLD_H
#define TESTS_SCENARIOS_WORLD_H

#include "../base/failing_allocator.h"

#include "services/dns_engine.h"

#include "server.h"

#define WORLD_ASKED_MOST 20000

/* An engine as a node of the world. */
struct resolver {
    struct resolver *next;
    const char *name;
    uint32_t address;           /* IPv4, host order */
    struct allocator allocator; /* over the world's memory */
    struct dns_engine_config config;
    struct dobos_address forward[3], roots[8];
    bool is_on; /* the engine is made */
    struct dns_engine engine;
};

/* A query that a server was sent. */
struct asked {
    nanoseconds at;
    uint32_t server, from;
    bool tcp;
    struct message query;
};

/* What a client asked, and what came of it. */
struct question {
    char client[32];
    struct resolver *resolver;
    nanoseconds at, answered_at;
    bool is_answered, is_malformed;
    struct message answer;
    size_t answer_length;
};

struct event;

struct world {
    struct failing_allocator memory;
    struct server *servers;
    struct resolver *resolvers; /* in the order given */
    nanoseconds now, base;      /* base: of the last `at` */
    struct event *events;       /* a heap by time, then number */
    size_t event_count, event_room;
    uint64_t numbered;
    struct asked *asked;
    size_t asked_count;
    struct question *questions;
    size_t question_count, question_room;
    unsigned loss_percent;
    uint64_t dice;
    bool is_loud; /* prints every message */
};

void world_begin(struct world *world);
/* Ends it; false: memory was not given back. */
bool world_end(struct world *world);
/* Makes the engine of a resolver when it is not there yet; NULL or why not. */
const char *world_resolver_start(struct world *world, struct resolver *resolver);
/* A client sends a query; the number of its question. */
size_t world_ask(struct world *world, struct resolver *resolver, const char *client,
                 const struct message *query, bool tcp);
/* Bytes that a client sends. */
size_t world_ask_bytes(struct world *world, struct resolver *resolver, const char *client,
                       const uint8_t *bytes, size_t length, bool tcp);
/* Lets time pass up to that moment. */
void world_run_until(struct world *world, nanoseconds until);
/* Lets time pass until that question is answered, or until that moment. */
void world_run_for(struct world *world, size_t question, nanoseconds until);
uint32_t address_read(const char *text); /* 0: none */
const char *address_show(uint32_t address, char text[20]);

#endif
