/* world: see world.h. */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUND_TRIP ((nanoseconds)10000000) /* between a client or cache and a cache */
#define STEPS_MOST 2000000                 /* of one scenario */

/* The way back of an exchange's answer: what an adapter would have a socket for. */
struct carrier {
    struct resolver *resolver;
    struct dns_exchange *exchange; /* NULL: it is over */
    unsigned generation;           /* of the socket */
};

/* Who waits for an answer of an engine. */
struct inbound {
    struct carrier *carrier; /* another engine's; NULL: a client */
    unsigned generation;     /* of the carrier */
    size_t question;         /* of the client */
};

enum event_kind {
    TO_SERVER, /* a query comes to the server */
    TO_ENGINE, /* a query comes to an engine */
    BACK,      /* an answer comes to a carrier or client */
};

struct event {
    nanoseconds at;
    uint64_t number;
    enum event_kind kind;
    struct inbound inbound;
    struct server *server;
    struct resolver *resolver; /* asked */
    uint32_t from;
    bool tcp, fails;
    size_t length;
    const uint8_t *bytes;
};

static struct inbound inbounds[65536]; /* by the port of who asks */
static unsigned last_port;

/* ---- events ---- */

static bool is_before(const struct event *a, const struct event *b) {
    return a->at < b->at || (a->at == b->at && a->number < b->number);
}

static void event_swap(struct event *a, struct event *b) {
    struct event kept = *a;
    *a = *b;
    *b = kept;
}

static void event_add(struct world *world, nanoseconds at, struct event event) {
    if (world->event_count == world->event_room) {
        world->event_room = world->event_room * 2 + 64;
        world->events = realloc(world->events, world->event_room * sizeof(event));
        if (!world->events)
            abort();
    }
    size_t i = world->event_count++;
    event.at = at;
    event.number = ++world->numbered;
    world->events[i] = event;
    for (; i > 0 && is_before(&world->events[i], &world->events[(i - 1) / 2]); i = (i - 1) / 2)
        event_swap(&world->events[i], &world->events[(i - 1) / 2]);
}

static struct event event_take(struct world *world) {
    struct event first = world->events[0];
    world->events[0] = world->events[--world->event_count];
    for (size_t i = 0, least;; i = least) {
        least = i;
        for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < world->event_count; child++) {
            if (is_before(&world->events[child], &world->events[least]))
                least = child;
        }
        if (least == i)
            return first;
        event_swap(&world->events[i], &world->events[least]);
    }
}

static bool is_lost(struct world *world) {
    world->dice ^= world->dice << 13;
    world->dice ^= world->dice >> 7;
    world->dice ^= world->dice << 17;
    return world->dice % 100 < world->loss_percent;
}

/* ---- addresses ---- */

uint32_t address_read(const char *text) {
    struct dobos_address address;
    return dobos_address_parse(text, &address, NULL) == 0 ? dobos_address_ipv4_number(&address) : 0;
}

const char *address_show(uint32_t address, char text[20]) {
    (void)snprintf(text, 20, "%u.%u.%u.%u", address >> 24, address >> 16 & 255, address >> 8 & 255,
                   address & 255);
    return text;
}

static struct server *server_at(const struct world *world, uint32_t address) {
    for (struct server *server = world->servers; server; server = server->next) {
        for (unsigned i = 0; i < server->address_count; i++) {
            if (server->addresses[i] == address)
                return server;
        }
    }
    return NULL;
}

static struct resolver *resolver_at(const struct world *world, uint32_t address) {
    for (struct resolver *resolver = world->resolvers; resolver; resolver = resolver->next) {
        if (resolver->address == address)
            return resolver;
    }
    return NULL;
}

/* ---- telling ---- */

static void tell_records(const struct message *message) {
    static const char *const sections[] = {"", "; authority:", "; additional:"};
    char name[TEXT_BYTES], data[TEXT_BYTES], type[16];
    for (int i = 0; i < SECTIONS; i++) {
        int count = 0;
        if (message->records[i])
            printf("%s", sections[i]);
        for (const struct record *r = message->records[i]; r && count < 5; r = r->next, count++)
            printf(" %s %u %s %s,", name_show(&r->owner, name), r->ttl, type_show(r->type, type),
                   data_show(r, data));
    }
}

static void tell(const struct world *world, const char *who, const uint8_t *bytes, size_t length,
                 bool tcp) {
    struct message message;
    char name[TEXT_BYTES], type[16], rcode[16];
    if (!world->is_loud)
        return;
    bool is_sound = message_read(bytes, length, &message);
    printf("# %9.4f s %s %s %s%s %s %s%s%s", (double)world->now / 1e9, who,
           name_show(&message.name, name), type_show(message.type, type), tcp ? " tcp" : "",
           is_sound ? "" : "(malformed)", message.qr ? rcode_show(message.rcode, rcode) : "",
           message.aa ? " aa" : "", message.tc ? " tc" : "");
    if (message.error >= 0)
        printf(" ede %d", message.error);
    if (message.qr)
        tell_records(&message);
    printf("\n");
}

static const char *told_way(const char *verb, uint32_t a, uint32_t b) {
    static char text[80];
    char first[20], second[20];
    (void)snprintf(text, sizeof(text), "%s %s %s", address_show(a, first), verb,
                   address_show(b, second));
    return text;
}

/* ---- what engines want ---- */

/* An exchange goes out. */
static void carry(struct world *world, struct resolver *resolver, struct dns_exchange *exchange) {
    uint8_t *bytes = arena_take(DNS_INQUIRY_BYTES);
    struct carrier *carrier = exchange->carrier;
    if (!carrier) {
        carrier = arena_take(sizeof(*carrier));
        *carrier = (struct carrier){.resolver = resolver, .exchange = exchange};
        exchange->carrier = carrier;
    }
    carrier->generation++;
    uint32_t address = dobos_address_ipv4_number(&exchange->server);
    struct event event = {.inbound = {.carrier = carrier, .generation = carrier->generation},
                          .from = resolver->address,
                          .tcp = exchange->tcp,
                          .length = dns_inquiry_emit(&exchange->inquiry, bytes),
                          .bytes = bytes};
    event.server = server_at(world, address);
    event.resolver = event.server ? NULL : resolver_at(world, address);
    event.kind = event.resolver ? TO_ENGINE : TO_SERVER;
    tell(world, told_way("asks", resolver->address, address), bytes, event.length, exchange->tcp);
    struct asked asked = {
        .at = world->now, .server = address, .from = resolver->address, .tcp = exchange->tcp};
    (void)message_read(bytes, event.length, &asked.query);
    if (world->asked_count < WORLD_ASKED_MOST)
        world->asked[world->asked_count++] = asked;
    /* No address of IPv4: there is no way. */
    if (address == 0) {
        event.kind = BACK;
        event.fails = true;
        event_add(world, world->now, event);
        return;
    }
    /* TCP shakes hands before. Who has no server at the address is told nothing. */
    nanoseconds delay = event.server ? event.server->delay : ROUND_TRIP;
    if ((event.server || event.resolver) && (exchange->tcp || !is_lost(world)))
        event_add(world, world->now + (exchange->tcp ? delay : 0), event);
}

static void answer_carry(struct world *world, const struct dns_client *client,
                         const uint8_t *answer, size_t length) {
    uint8_t *bytes = arena_take(length + 1);
    struct inbound inbound = inbounds[client->peer.port];
    memcpy(bytes, answer, length);
    struct event event = {.kind = BACK, .inbound = inbound, .bytes = bytes, .length = length};
    event.from = dobos_address_ipv4_number(&client->local);
    event.tcp = client->stream != 0;
    if (length > 0 && (event.tcp || !inbound.carrier || !is_lost(world)))
        event_add(world, world->now + (inbound.carrier ? ROUND_TRIP : 0), event);
}

/* Everything that an engine has for others now. Returns its next moment. */
static nanoseconds engine_step(struct world *world, struct resolver *resolver) {
    static uint8_t answer[DNS_TCP_BYTES];
    struct dns_engine *engine = &resolver->engine;
    struct dns_client client;
    struct dns_exchange *exchange;
    size_t length;
    bool more = true;
    nanoseconds next = dns_engine_advance(engine, world->now);
    while (more) {
        more = false;
        while (dns_engine_take_answer(engine, &client, answer, &length, world->now)) {
            more = true;
            answer_carry(world, &client, answer, length);
        }
        while ((exchange = dns_engine_take_ended(engine))) {
            struct carrier *carrier = exchange->carrier;
            more = true;
            if (carrier)
                carrier->exchange = NULL;
            dns_engine_release(engine, exchange);
        }
        while ((exchange = dns_engine_take_asking(engine))) {
            more = true;
            carry(world, resolver, exchange);
        }
        next = dns_engine_advance(engine, world->now);
    }
    return next;
}

/* ---- events come true ---- */

static void query_comes(struct world *world, const struct event *event) {
    struct message query;
    struct sent sent[SEND_MOST];
    if (!event->server || !message_read(event->bytes, event->length, &query))
        return;
    unsigned count = server_answer(event->server, &query, event->tcp, sent);
    for (unsigned i = 0; i < count; i++) {
        struct event back = *event;
        back.kind = BACK;
        back.fails = sent[i].fails;
        back.bytes = sent[i].bytes;
        back.length = sent[i].length;
        if (event->tcp || !is_lost(world))
            event_add(world, world->now + sent[i].after, back);
    }
}

static void engine_asked(struct world *world, const struct event *event) {
    static uint8_t answer[DNS_TCP_BYTES];
    bool waits = false;
    last_port = last_port % 60000 + 1024;
    inbounds[last_port & 65535] = event->inbound;
    struct dns_client client = {
        .peer = {.address = dobos_address_ipv4(event->from), .port = (uint16_t)last_port},
        .local = dobos_address_ipv4(event->resolver->address),
        .stream = event->tcp ? last_port : 0};
    size_t length = dns_engine_ask(&event->resolver->engine, &client, event->bytes, event->length,
                                   answer, world->now, &waits);
    if (length > 0)
        answer_carry(world, &client, answer, length);
}

static void answer_comes(struct world *world, const struct event *event) {
    struct carrier *carrier = event->inbound.carrier;
    if (!carrier) {
        struct question *question = &world->questions[event->inbound.question];
        tell(world, "the client is told", event->bytes, event->length, event->tcp);
        question->is_malformed = !message_read(event->bytes, event->length, &question->answer);
        question->answer_length = event->length;
        question->answered_at = world->now;
        question->is_answered = true;
        return;
    }
    if (!carrier->exchange || carrier->generation != event->inbound.generation)
        return;
    struct dns_engine *engine = &carrier->resolver->engine;
    if (event->fails) {
        carrier->generation++;
        dns_engine_on_failure(engine, carrier->exchange, world->now);
        return;
    }
    tell(world,
         told_way("hears from", carrier->resolver->address,
                  dobos_address_ipv4_number(&carrier->exchange->server)),
         event->bytes, event->length, event->tcp);
    if (dns_engine_on_message(engine, carrier->exchange, event->bytes, event->length, world->now))
        carrier->generation++;
}

static nanoseconds engines_step(struct world *world) {
    nanoseconds next = DOBOS_NEVER;
    for (struct resolver *r = world->resolvers; r; r = r->next) {
        nanoseconds own = r->is_on ? engine_step(world, r) : DOBOS_NEVER;
        next = own < next ? own : next;
    }
    return next;
}

/* One event, or one engine's deadline, not behind `until`; false: there is none. */
static bool world_step(struct world *world, nanoseconds until) {
    nanoseconds next = engines_step(world);
    bool is_event = world->event_count > 0 && world->events[0].at <= next;
    nanoseconds at = is_event ? world->events[0].at : next;
    if (at > until)
        return false;
    world->now = at > world->now ? at : world->now;
    if (!is_event)
        return true;
    struct event event = event_take(world);
    if (event.kind == TO_SERVER)
        query_comes(world, &event);
    else if (event.kind == TO_ENGINE)
        engine_asked(world, &event);
    else
        answer_comes(world, &event);
    return true;
}

void world_run_until(struct world *world, nanoseconds until) {
    for (unsigned steps = 0; steps < STEPS_MOST && world_step(world, until); steps++) {
    }
    world->now = until > world->now ? until : world->now;
}

void world_run_for(struct world *world, size_t question, nanoseconds until) {
    for (unsigned steps = 0; steps < STEPS_MOST && !world->questions[question].is_answered;
         steps++) {
        if (!world_step(world, until))
            break;
    }
    (void)engines_step(world);
}

/* ---- clients ---- */

size_t world_ask_bytes(struct world *world, struct resolver *resolver, const char *client,
                       const uint8_t *bytes, size_t length, bool tcp) {
    if (world->question_count == world->question_room) {
        world->question_room = world->question_room * 2 + 64;
        world->questions =
            realloc(world->questions, world->question_room * sizeof(*world->questions));
        if (!world->questions)
            abort();
    }
    size_t number = world->question_count++;
    world->questions[number] = (struct question){.resolver = resolver, .at = world->now};
    (void)snprintf(world->questions[number].client, 32, "%s", client);
    uint8_t *kept = memcpy(arena_take(length + 1), bytes, length);
    struct event event = {.inbound = {.question = number},
                          .from = address_read(client),
                          .resolver = resolver,
                          .tcp = tcp,
                          .bytes = kept,
                          .length = length};
    tell(world, told_way("is asked by", resolver->address, event.from), bytes, length, tcp);
    engine_asked(world, &event);
    (void)engines_step(world);
    return number;
}

size_t world_ask(struct world *world, struct resolver *resolver, const char *client,
                 const struct message *query, bool tcp) {
    uint8_t bytes[1024];
    return world_ask_bytes(world, resolver, client, bytes,
                           message_write(query, bytes, sizeof(bytes)), tcp);
}

/* ---- beginning and end ---- */

void world_begin(struct world *world) {
    bool is_loud = world->is_loud;
    *world = (struct world){.dice = 0x9e3779b97f4a7c15, .is_loud = is_loud};
    world->asked = calloc(WORLD_ASKED_MOST, sizeof(*world->asked));
    if (!world->asked)
        abort();
    last_port = 0;
}

const char *world_resolver_start(struct world *world, struct resolver *resolver) {
    static const struct hash_key keys[] = {{{7, 1}}, {{7, 2}}};
    if (resolver->is_on)
        return NULL;
    resolver->allocator.hook = failing_allocator_hook(&world->memory);
    resolver->config.cache_key = keys[0];
    resolver->config.ask_key = keys[1];
    resolver->config.ask_key.word[0] += resolver->address;
    if (resolver->config.cache_limit_bytes == 0)
        resolver->config.cache_limit_bytes = (size_t)4 << 20;
    resolver->config.forward = resolver->forward;
    resolver->config.roots = resolver->roots;
    resolver->is_on = true;
    return dns_engine_init(&resolver->engine, &resolver->allocator, &resolver->config) < 0
               ? "the engine does not start"
               : NULL;
}

bool world_end(struct world *world) {
    for (struct resolver *r = world->resolvers; r; r = r->next) {
        if (r->is_on)
            dns_engine_fini(&r->engine);
    }
    bool is_clean = world->memory.live == 0;
    free(world->events);
    free(world->asked);
    free(world->questions);
    arena_clear();
    return is_clean;
}
