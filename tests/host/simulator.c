/*
 * simulator: two hosts over a bad cable, drawn from a seed: loss to 20 %, duplicates, reordering,
 * corruption, delay, a slow line; some connections with data both ways, programs that read slowly,
 * write in pieces and close in any order. Beyond the first thousand seeds there is weather too:
 * bursts of loss, jitter, blackouts one way or both, links that go down, hosts whose power is cut;
 * after each power cut new connections begin. Whatever happens: every byte arrives once and in
 * order, an error comes only after R2 or from a host that has forgotten, every connection ends,
 * every frame has one fate, and all memory is given back.
 *
 *     simulator --from 1 --count 1000      the seeds 1 to 1000
 *     simulator --seed 77                  one of them again, with lines on what it drew
 *
 * DOBOS_SEED is where --from begins when it is not given. It prints TAP. Exit status 0 when all
 * held; else 1, and the line that replays the first seed that failed.
 */
#include <inttypes.h>
#include <string.h>

#include "pair.h"
#include "seeds.h"
#include "weather.h"

#define CALM_SEEDS   1000 /* the first: no weather */
#define FIRST        4    /* connections at most that begin at once */
#define CONNECTIONS  (FIRST + 2 * WEATHER_EVENTS)
#define PORT         5000
#define LIMIT        (4 * 3600 * DOBOS_SECOND) /* of virtual time */
#define STEPS        3000000u                  /* events at most: more is a loop */
#define SYN_GIVES_UP (180 * DOBOS_SECOND)
#define R2           (100 * DOBOS_SECOND) /* RFC 9293 §3.8.3: at least */

/* One end of one connection, and the program that has it. */
struct program {
    struct dobos_socket *socket;  /* NULL: not yet, or closed */
    uint16_t port;                /* a client's own */
    uint64_t key;                 /* of the bytes it sends */
    uint64_t peer_key;            /* of those it must receive */
    size_t to_send, sent;         /* bytes */
    size_t expected, received;    /* bytes */
    size_t read_bytes;            /* at once at most */
    dobos_time pause;             /* between its turns */
    dobos_time next;              /* turn */
    uint64_t acked;               /* bytes its peer has acknowledged */
    dobos_time owed;              /* since when it acknowledges nothing of what is on its way */
    uint64_t came;                /* bytes that came from it, read or not */
    dobos_time heard;             /* when they last grew */
    dobos_time patience;          /* longer pauses while nothing moves: only in weather */
    dobos_time began, progressed; /* when it began, and last got somewhere */
    bool shut, ended, done;       /* it has shut down sending; the peer has; it has closed */
    bool drops;                   /* it closes as soon as it has read all, without shutdown first */
    int error;                    /* what it was told; 0: nothing bad */
    bool killed;                  /* its host lost its power */
};

/* One connection. */
struct conversation {
    struct program client, server; /* at a, at b */
    dobos_time begins;             /* when the client connects */
    bool begun;                    /* it has */
    bool touched;                  /* a host of it lost its power meanwhile */
};

struct simulation {
    struct pair *pair;
    struct dobos_socket *listener;
    struct conversation conversations[CONNECTIONS];
    unsigned count;         /* of them */
    struct random random;   /* of what is drawn */
    struct weather weather; /* beside the cables' own */
    uint64_t timeouts;      /* connections given up by hosts that are no more */
    uint64_t attempts;      /* and those that never came about */
    unsigned restarts;      /* of hosts */
    uint64_t seed;          /* this one's */
};

static _Noreturn void sim_fail(const struct simulation *s, const char *what, uint64_t number) {
    printf("not ok 1 - seed %" PRIu64 ": %s (%" PRIu64 ") at %.6f s\n", s->seed, what, number,
           (double)s->pair->now / 1e9);
    printf("# replay: simulator --seed %" PRIu64 "\n", s->seed);
    exit(1);
}

static void must(const struct simulation *s, bool holds, const char *what, uint64_t number) {
    if (!holds)
        sim_fail(s, what, number);
}

/* The byte at a place of a stream: any misplaced byte shows. */
static uint8_t stream_byte(uint64_t key, size_t place) {
    uint64_t x = key + place / 8 * UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    return (uint8_t)((x ^ x >> 31) >> 8 * (place % 8));
}

/* ---- the programs ---- */

static void program_fail(struct simulation *s, struct program *p, int error) {
    dobos_time patience = p->received + p->sent == 0 ? SYN_GIVES_UP : R2;
    dobos_time waited = s->pair->now - min_i64(p->owed, max_i64(p->began, p->heard));
    /* Who gives up says so, or why the neighbour was not found the last time; the other end may
     * have given up first, and said so. */
    if (error == -DOBOS_ETIMEDOUT || error == -DOBOS_EHOSTUNREACH)
        must(s, waited >= patience, "gave up too early", (uint64_t)waited);
    else
        must(s, error == -DOBOS_ECONNRESET || error == -DOBOS_EPIPE, "unexpected error",
             (uint64_t)-error); /* EPIPE: a reset behind the peer's end */
    p->error = error;
    dobos_close(p->socket);
    p->socket = NULL;
    p->done = true;
}

static void program_write(struct simulation *s, struct program *p) {
    uint8_t bytes[8192];
    while (p->sent < p->to_send) {
        size_t length = min_size(sizeof bytes, p->to_send - p->sent);
        for (size_t i = 0; i < length; i++)
            bytes[i] = stream_byte(p->key, p->sent + i);
        int64_t sent = dobos_send(p->socket, bytes, length);
        if (sent == -DOBOS_EAGAIN || sent == -DOBOS_ENOTCONN)
            return;
        if (sent < 0) {
            program_fail(s, p, (int)sent);
            return;
        }
        must(s, sent > 0, "send took nothing", 0);
        p->sent += (size_t)sent;
        p->progressed = s->pair->now;
    }
    if (!p->shut && !p->drops && (dobos_socket_ready(p->socket) & DOBOS_WRITABLE)) {
        int result = dobos_shutdown(p->socket, DOBOS_SHUTDOWN_SEND);
        p->shut = result == 0;
    }
}

static void program_read(struct simulation *s, struct program *p) {
    uint8_t bytes[8192];
    for (size_t turn = 0; p->socket && !p->ended && turn < p->read_bytes;) {
        int64_t got = dobos_receive(p->socket, bytes, min_size(sizeof bytes, p->read_bytes - turn));
        if (got == -DOBOS_EAGAIN || got == -DOBOS_ENOTCONN)
            return;
        if (got < 0) {
            program_fail(s, p, (int)got);
            return;
        }
        for (size_t i = 0; i < (size_t)got; i++)
            must(s, bytes[i] == stream_byte(p->peer_key, p->received + i), "wrong byte",
                 p->received + i);
        p->ended = got == 0;
        p->received += (size_t)got;
        p->progressed = s->pair->now;
        turn += (size_t)got;
        must(s, p->received <= p->expected, "too many bytes", p->received);
    }
}

/* R2 is about what was sent: a peer that is heard and acknowledges nothing is given up too. And
 * what a slow program still reads may have come long ago. */
static void program_look(const struct simulation *s, struct program *p) {
    struct dobos_socket_info info;
    const dobos_time now = s->pair->now;
    must(s, dobos_socket_info_read(p->socket, &info) == 0, "no information", 0);
    const bool is_owed = info.send_queue > 0;
    if (!is_owed || info.tcp.bytes_acked > p->acked || p->owed > now)
        p->owed = is_owed ? now : DOBOS_NEVER;
    if (info.tcp.bytes_received > p->came)
        p->heard = now;
    p->acked = info.tcp.bytes_acked;
    p->came = info.tcp.bytes_received;
}

static void program_turn(struct simulation *s, struct program *p) {
    if (!p->socket || p->done)
        return;
    int error = dobos_socket_error(p->socket);
    if (error) {
        program_fail(s, p, error);
        return;
    }
    program_write(s, p);
    if (p->socket)
        program_read(s, p);
    if (!p->socket)
        return;
    program_look(s, p);
    bool all_read = p->ended || (p->drops && p->received == p->expected);
    if (all_read && p->sent == p->to_send) {
        if (p->ended)
            must(s, p->received == p->expected, "ended early", p->received);
        dobos_close(p->socket);
        p->socket = NULL;
        p->done = true;
    }
}

/* A program whose peer may have given up in silence asks now and then whether it is still there. */
static void ask_now_and_then(struct simulation *s, struct dobos_socket *socket) {
    must(s, dobos_option_set(socket, DOBOS_OPTION_KEEPALIVE, 1) == 0, "keepalive", 0);
    must(s, dobos_option_set(socket, DOBOS_OPTION_KEEPALIVE_IDLE_S, 120) == 0, "keepalive idle", 0);
}

/* The conversation that a client's port is of: the latest, since a host made anew may draw a port
 * that was another's before. NULL: nobody's. */
static struct conversation *conversation_find(struct simulation *s, uint16_t port) {
    struct conversation *found = NULL;
    for (unsigned i = 0; i < s->count; i++) {
        struct conversation *at = &s->conversations[i];
        if (at->begun && at->client.port == port &&
            (!found || at->client.began > found->client.began))
            found = at;
    }
    return found;
}

static void accept_all(struct simulation *s) {
    struct dobos_socket *socket;
    struct dobos_endpoint peer;
    while (dobos_accept(s->listener, &socket, &peer) == 0) {
        struct conversation *conversation = conversation_find(s, peer.port);
        if (!conversation)
            sim_fail(s, "connection from nobody", peer.port);
        struct program *p = &conversation->server;
        must(s, !p->socket && !p->done, "connected twice", peer.port);
        p->socket = socket;
        ask_now_and_then(s, socket);
        p->began = p->progressed = p->heard = s->pair->now;
        p->owed = DOBOS_NEVER;
    }
}

/* ---- one seed ---- */

static struct impairments draw_cable(struct random *r) {
    const uint64_t percent = (UINT64_C(1) << 32) / 100;
    struct impairments i = {.delay_ns = (dobos_time)random_below(r, 100) * DOBOS_MILLISECOND};
    if (random_below(r, 4))
        i.loss = random_below(r, 21) * percent;
    if (random_below(r, 2))
        i.duplicate = random_below(r, 11) * percent;
    if (random_below(r, 2))
        i.reorder = random_below(r, 26) * percent;
    if (random_below(r, 2))
        i.corrupt = random_below(r, 6) * percent;
    if (random_below(r, 3) == 0)
        i.rate_bits_per_second = UINT64_C(64000) << random_below(r, 12);
    if (random_below(r, 4) == 0)
        i.limit_packets = 4 + (uint32_t)random_below(r, 60);
    return i;
}

static size_t draw_size(struct random *r) {
    return (size_t)random_below(r, UINT64_C(1) << random_below(r, 18));
}

/* A conversation that begins at a time. */
static void draw_conversation(struct simulation *s, dobos_time begins) {
    struct random *r = &s->random;
    struct conversation *conversation = &s->conversations[s->count++];
    struct program *c = &conversation->client, *d = &conversation->server;
    struct program *both[] = {c, d};
    conversation->begins = begins;
    c->key = d->peer_key = random_next(r);
    d->key = c->peer_key = random_next(r);
    c->to_send = d->expected = draw_size(r);
    d->to_send = c->expected = draw_size(r);
    for (unsigned k = 0; k < 2; k++) {
        struct program *p = both[k];
        p->read_bytes = 1 + (size_t)random_below(r, UINT64_C(1) << random_below(r, 18));
        p->pause = (dobos_time)random_below(r, UINT64_C(1) << random_below(r, 29));
    }
    /* A reader this slow would only test patience. */
    for (unsigned k = 0; k < 2; k++)
        if (both[k]->expected / both[k]->read_bytes > 2000)
            both[k]->read_bytes = both[k]->expected / 2000;
    /* One of them may leave as soon as it has all, without saying that it sends no more. */
    c->drops = random_below(r, 4) == 0;
    d->drops = !c->drops && random_below(r, 4) == 0;
}

static void listener_open(struct simulation *s) {
    struct dobos_endpoint at = {.port = PORT, .address = dobos_address_ipv4(0)};
    must(s, dobos_socket_create(s->pair->b.host, DOBOS_TCP, NULL, &s->listener) == 0, "socket", 0);
    must(s, dobos_bind(s->listener, &at) == 0, "bind", 0);
    must(s, dobos_listen(s->listener, CONNECTIONS) == 0, "listen", 0);
}

static void client_begin(struct simulation *s, struct conversation *conversation) {
    struct program *c = &conversation->client;
    struct dobos_endpoint at, to = {.port = PORT, .address = dobos_address_ipv4(PAIR_B)};
    must(s, dobos_socket_create(s->pair->a.host, DOBOS_TCP, NULL, &c->socket) == 0, "socket", 1);
    must(s, dobos_connect(c->socket, &to) == -DOBOS_EINPROGRESS, "connect", 0);
    must(s, dobos_local(c->socket, &at) == 0, "local", 0);
    c->port = at.port;
    c->began = c->progressed = c->heard = s->pair->now;
    c->owed = DOBOS_NEVER;
    conversation->begun = true;
    ask_now_and_then(s, c->socket);
}

/* When a program has its next turn. Where a blackout lasts for minutes, one that looks every
 * millisecond would take most of the time. */
static void program_wait(const struct simulation *s, struct program *p) {
    const dobos_time now = s->pair->now;
    if (s->seed > CALM_SEEDS && p->progressed < now)
        p->patience = min_i64(2 * p->patience + DOBOS_MILLISECOND, DOBOS_SECOND);
    else
        p->patience = 0;
    p->next = now + max_i64(max_i64(p->pause, DOBOS_MILLISECOND), p->patience);
}

/* All programs whose turn it is; returns the next turn. */
static dobos_time programs_step(struct simulation *s) {
    dobos_time next = DOBOS_NEVER;
    accept_all(s);
    for (unsigned i = 0; i < 2 * s->count; i++) {
        struct conversation *conversation = &s->conversations[i / 2];
        struct program *p = i % 2 ? &conversation->server : &conversation->client;
        if (!conversation->begun && conversation->begins <= s->pair->now)
            client_begin(s, conversation);
        if (!conversation->begun)
            next = min_i64(next, conversation->begins);
        if (!p->socket)
            continue;
        if (p->next <= s->pair->now) {
            program_turn(s, p);
            program_wait(s, p);
        }
        if (p->socket)
            next = min_i64(next, p->next);
    }
    return next;
}

/* How often a host has given something up: connections, or (`attempts`) those that never came
 * about. */
static uint64_t given_up(const struct simulation *s, bool attempts) {
    const char *name = attempts ? "TcpAttemptFails" : "TcpExtTCPAbortOnTimeout";
    return (attempts ? s->attempts : s->timeouts) + pair_counter(s->pair->a.host, name) +
           pair_counter(s->pair->b.host, name);
}

/* A listener gives up a client that it does not hear, though the client has heard it. */
static bool is_unheard(const struct simulation *s, const struct conversation *conversation) {
    return conversation->client.done && !conversation->server.socket &&
           !conversation->server.done && given_up(s, true) > 0;
}

/* A server whose client gave up, or left while it was still connecting, or whose host has forgotten
 * the client, never begins. */
static bool may_never_begin(const struct simulation *s, const struct conversation *conversation) {
    const struct program *c = &conversation->client;
    return !conversation->server.socket &&
           (c->error || conversation->touched || c->to_send + c->expected == 0 ||
            is_unheard(s, conversation));
}

static bool all_done(const struct simulation *s) {
    for (unsigned i = 0; i < s->count; i++) {
        const struct conversation *conversation = &s->conversations[i];
        if (!conversation->client.done ||
            !(conversation->server.done || may_never_begin(s, conversation)))
            return false;
    }
    return true;
}

/* ---- weather ---- */

/* The programs of a host are gone with it, and their peers will hear of it in time. */
static void host_restart(struct simulation *s, unsigned end) {
    struct pair_end *at = weather_end(s->pair, end);
    for (unsigned i = 0; i < s->count; i++) {
        struct conversation *conversation = &s->conversations[i];
        struct program *c = &conversation->client, *d = &conversation->server;
        struct program *p = end ? d : c;
        if (!conversation->begun || (c->done && d->done))
            continue;
        conversation->touched = true;
        if (p->socket || !end)
            p->killed = p->done = true;
        p->socket = NULL;
    }
    pair_check_fates(at->host);
    s->timeouts += pair_counter(at->host, "TcpExtTCPAbortOnTimeout");
    s->attempts += pair_counter(at->host, "TcpAttemptFails");
    s->restarts++;
    pair_host_restart(s->pair, at);
    if (end)
        listener_open(s);
}

/* Lets the weather happen; returns when it next does. */
static dobos_time weather_happen(struct simulation *s) {
    bool restart[2] = {false, false};
    if (weather_next(&s->weather) > s->pair->now)
        return weather_next(&s->weather);
    weather_step(&s->weather, s->pair->now, restart);
    for (unsigned end = 0; end < 2; end++)
        if (restart[end])
            host_restart(s, end);
    weather_show(&s->weather, s->pair);
    return weather_next(&s->weather);
}

static void draw_weather(struct simulation *s) {
    weather_init(&s->weather, s->pair, s->seed);
    for (unsigned i = 0; i < s->weather.count; i++) {
        const struct weather_event *event = &s->weather.events[i];
        if (event->kind != WEATHER_POWER_CUT)
            continue;
        draw_conversation(s, event->until);
        draw_conversation(s, event->until + weather_draw_time(&s->random, 4, 14));
    }
}

/* ---- one seed ---- */

static void check_conversation(const struct simulation *s,
                               const struct conversation *conversation) {
    const struct program *c = &conversation->client, *d = &conversation->server;
    const int error = c->error ? c->error : d->error;
    const bool touched = conversation->touched;
    const bool unheard = is_unheard(s, conversation);
    must(s, !error || touched || given_up(s, false) > 0 || unheard,
         "an error though nobody gave up", (uint64_t)-error);
    must(s, error || touched || c->received == c->expected, "client lacks bytes", c->port);
    must(s, error || touched || unheard || d->received == d->expected, "server lacks bytes",
         c->port);
}

static void check_end(const struct simulation *s) {
    struct dobos_socket_info info;
    const struct pair_end *ends[] = {&s->pair->a, &s->pair->b};
    for (unsigned i = 0; i < s->count; i++)
        check_conversation(s, &s->conversations[i]);
    for (unsigned i = 0; i < 2; i++) {
        must(s, dobos_socket_read(ends[i]->host, 0, &info) == -DOBOS_ENOENT,
             "a socket is left in state", info.state);
        pair_check_fates(ends[i]->host);
        const struct cable *c = &ends[i]->cable;
        must(s,
             c->sent + c->duplicated ==
                 c->lost + c->overflowed + c->severed + c->delivered + c->packets,
             "the cable lost count", i);
    }
}

static void tell_drawn(const struct simulation *s, const struct impairments *cable) {
    static const char *const kinds[] = {"blackout", "link down", "power cut"};
    printf("# seed %" PRIu64 ": %u connections, delay %" PRId64 " ms, rate %" PRIu64
           ", of 1000: loss %u, duplicate %u, reorder %u, corrupt %u, in bursts %u and %u\n",
           s->seed, s->count, cable->delay_ns / DOBOS_MILLISECOND, cable->rate_bits_per_second,
           (unsigned)(cable->loss * 1000 >> 32), (unsigned)(cable->duplicate * 1000 >> 32),
           (unsigned)(cable->reorder * 1000 >> 32), (unsigned)(cable->corrupt * 1000 >> 32),
           (unsigned)(s->weather.sides[0].burst_loss * 1000 >> 32),
           (unsigned)(s->weather.sides[1].burst_loss * 1000 >> 32));
    for (unsigned i = 0; i < s->weather.count; i++) {
        const struct weather_event *event = &s->weather.events[i];
        printf("# seed %" PRIu64 ": %s at %s%s from %.3f to %.3f s\n", s->seed, kinds[event->kind],
               event->ends[0] ? "a" : "", event->ends[1] ? "b" : "", (double)event->from / 1e9,
               (double)event->until / 1e9);
    }
}

static void simulate(uint64_t seed, bool tell) {
    struct simulation s = {.seed = seed, .random = random_make(seed)};
    const struct impairments cable = draw_cable(&s.random);
    s.pair = pair_create(seed, &cable);
    for (uint64_t n = 1 + random_below(&s.random, FIRST); n > 0; n--)
        draw_conversation(&s, 0);
    s.weather.sides[0].turns = s.weather.sides[1].turns = DOBOS_NEVER;
    if (seed > CALM_SEEDS)
        draw_weather(&s);
    listener_open(&s);
    if (tell)
        tell_drawn(&s, &cable);
    for (;;) {
        dobos_time next = min_i64(weather_happen(&s), programs_step(&s));
        if (all_done(&s))
            break;
        (void)pair_step(s.pair, min_i64(next, LIMIT));
        must(&s, s.pair->now < LIMIT, "stuck", s.pair->steps);
        must(&s, s.pair->steps < STEPS, "too many events", s.pair->steps);
    }
    dobos_close(s.listener);
    if (seed > CALM_SEEDS)
        weather_fini(&s.weather, s.pair);
    /* What is left says goodbye: last acknowledgements, TIME-WAIT, R2 of those whose peer is gone.
     */
    pair_run(s.pair, s.pair->now + 1800 * DOBOS_SECOND);
    check_end(&s);
    if (tell)
        printf("# seed %" PRIu64 ": held, %.3f s of virtual time, %" PRIu64
               " events, %u hosts made anew, %u connections given up\n",
               seed, (double)s.pair->now / 1e9, s.pair->steps, s.restarts,
               (unsigned)given_up(&s, false));
    pair_destroy(s.pair);
}

int main(int argc, char **argv) {
    return seeds_run(argc, argv, simulate);
}
