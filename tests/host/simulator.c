/*
 * simulator: two hosts over a bad cable, drawn from a seed: loss to 20 %, duplicates, reordering,
 * corruption, delay, a slow line; some connections with data both ways, programs that read slowly,
 * write in pieces and close in any order. Whatever the cable does: every byte arrives once and in
 * order, an error comes only after R2, every connection ends, every frame has one fate, and all
 * memory is given back.
 *
 *     simulator --from 1 --count 1000      the seeds 1 to 1000
 *     simulator --seed 77                  one of them again, with a line on what it drew
 *
 * DOBOS_SEED is where --from begins when it is not given. It prints TAP. Exit status 0 when all
 * held; else 1, and the line that replays the first seed that failed.
 */
#include <inttypes.h>
#include <string.h>

#include "pair.h"
#include "seeds.h"

#define CONNECTIONS  4
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
    dobos_time began, progressed; /* when it began, and last got somewhere */
    bool shut, ended, done;       /* it has shut down sending; the peer has; it has closed */
    bool drops;                   /* it closes as soon as it has read all, without shutdown first */
    int error;                    /* what it was told; 0: nothing bad */
};

struct simulation {
    struct pair *pair;
    struct dobos_socket *listener;
    struct program clients[CONNECTIONS], servers[CONNECTIONS];
    unsigned count; /* connections */
    uint64_t seed;  /* this one's */
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
    dobos_time waited = s->pair->now - max_i64(p->began, p->progressed);
    /* The other end may have given up first, and said so. */
    if (error == -DOBOS_ETIMEDOUT)
        must(s, waited >= patience, "gave up too early", (uint64_t)waited);
    else
        must(s, error == -DOBOS_ECONNRESET, "unexpected error", (uint64_t)-error);
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
    if (!p->shut && !p->drops) {
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

/* Whom a connection serves, the listener learns from its peer's port. */
static void accept_all(struct simulation *s) {
    struct dobos_socket *socket;
    struct dobos_endpoint peer;
    while (dobos_accept(s->listener, &socket, &peer) == 0) {
        unsigned i = 0;
        while (i < s->count && s->clients[i].port != peer.port)
            i++;
        must(s, i < s->count && !s->servers[i].socket, "connection from nobody", peer.port);
        s->servers[i].socket = socket;
        ask_now_and_then(s, socket);
        s->servers[i].began = s->servers[i].progressed = s->pair->now;
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

static void draw_programs(struct simulation *s, struct random *r) {
    s->count = 1 + (unsigned)random_below(r, CONNECTIONS);
    for (unsigned i = 0; i < s->count; i++) {
        struct program *c = &s->clients[i], *d = &s->servers[i];
        c->key = d->peer_key = random_next(r);
        d->key = c->peer_key = random_next(r);
        c->to_send = d->expected = draw_size(r);
        d->to_send = c->expected = draw_size(r);
        for (unsigned k = 0; k < 2; k++) {
            struct program *p = k ? d : c;
            p->read_bytes = 1 + (size_t)random_below(r, UINT64_C(1) << random_below(r, 18));
            p->pause = (dobos_time)random_below(r, UINT64_C(1) << random_below(r, 29));
        }
        /* A reader this slow would only test patience. */
        for (unsigned k = 0; k < 2; k++) {
            struct program *p = k ? d : c;
            if (p->expected / p->read_bytes > 2000)
                p->read_bytes = p->expected / 2000;
        }
        /* One of them may leave as soon as it has all, without saying that it sends no more. */
        c->drops = random_below(r, 4) == 0;
        d->drops = !c->drops && random_below(r, 4) == 0;
    }
}

static void sockets_open(struct simulation *s) {
    struct dobos_endpoint at = {.port = PORT, .address = dobos_address_ipv4(0)};
    struct dobos_endpoint to = {.port = PORT, .address = dobos_address_ipv4(PAIR_B)};
    must(s, dobos_socket_create(s->pair->b.host, DOBOS_TCP, NULL, &s->listener) == 0, "socket", 0);
    must(s, dobos_bind(s->listener, &at) == 0, "bind", 0);
    must(s, dobos_listen(s->listener, CONNECTIONS) == 0, "listen", 0);
    for (unsigned i = 0; i < s->count; i++) {
        struct program *c = &s->clients[i];
        must(s, dobos_socket_create(s->pair->a.host, DOBOS_TCP, NULL, &c->socket) == 0, "socket",
             i);
        must(s, dobos_connect(c->socket, &to) == -DOBOS_EINPROGRESS, "connect", i);
        must(s, dobos_local(c->socket, &at) == 0, "local", i);
        c->port = at.port;
        ask_now_and_then(s, c->socket);
    }
}

/* All programs whose turn it is; returns the next turn. */
static dobos_time programs_step(struct simulation *s) {
    dobos_time next = DOBOS_NEVER;
    accept_all(s);
    for (unsigned i = 0; i < 2 * s->count; i++) {
        struct program *p = i % 2 ? &s->servers[i / 2] : &s->clients[i / 2];
        if (!p->socket)
            continue;
        if (p->next <= s->pair->now) {
            program_turn(s, p);
            p->next = s->pair->now + max_i64(p->pause, DOBOS_MILLISECOND);
        }
        if (p->socket)
            next = min_i64(next, p->next);
    }
    return next;
}

static bool all_done(const struct simulation *s) {
    for (unsigned i = 0; i < s->count; i++) {
        /* A server whose client gave up, or left while it was still connecting, never begins. */
        const struct program *c = &s->clients[i];
        bool never = !s->servers[i].socket && (c->error || c->to_send + c->expected == 0);
        if (!s->clients[i].done || !(s->servers[i].done || never))
            return false;
    }
    return true;
}

static void check_end(struct simulation *s) {
    struct dobos_socket_info info;
    struct pair_end *ends[] = {&s->pair->a, &s->pair->b};
    bool gave_up = pair_counter(ends[0]->host, "TcpExtTCPAbortOnTimeout") +
                       pair_counter(ends[1]->host, "TcpExtTCPAbortOnTimeout") >
                   0;
    for (unsigned i = 0; i < s->count; i++) {
        bool error = s->clients[i].error || s->servers[i].error;
        must(s, !error || gave_up, "an error though nobody gave up", i);
        must(s, error || s->clients[i].received == s->clients[i].expected, "client lacks bytes", i);
        must(s, error || s->servers[i].received == s->servers[i].expected, "server lacks bytes", i);
    }
    for (unsigned i = 0; i < 2; i++) {
        must(s, dobos_socket_read(ends[i]->host, 0, &info) == -DOBOS_ENOENT,
             "a socket is left in state", info.state);
        pair_check_fates(ends[i]->host);
        const struct cable *c = &ends[i]->cable;
        must(s, c->sent + c->duplicated == c->lost + c->overflowed + c->delivered + c->packets,
             "the cable lost count", i);
    }
}

static void simulate(uint64_t seed, bool tell) {
    struct simulation s = {.seed = seed};
    struct random r = random_make(seed);
    struct impairments cable = draw_cable(&r);
    s.pair = pair_create(seed, &cable);
    draw_programs(&s, &r);
    sockets_open(&s);
    if (tell)
        printf("# seed %" PRIu64 ": %u connections, delay %" PRId64 " ms, rate %" PRIu64
               ", of 1000: loss %u, duplicate %u, reorder %u, corrupt %u\n",
               seed, s.count, cable.delay_ns / DOBOS_MILLISECOND, cable.rate_bits_per_second,
               (unsigned)(cable.loss * 1000 >> 32), (unsigned)(cable.duplicate * 1000 >> 32),
               (unsigned)(cable.reorder * 1000 >> 32), (unsigned)(cable.corrupt * 1000 >> 32));
    for (;;) {
        dobos_time next = programs_step(&s);
        if (all_done(&s))
            break;
        (void)pair_step(s.pair, min_i64(next, LIMIT));
        must(&s, s.pair->now < LIMIT, "stuck", s.pair->steps);
        must(&s, s.pair->steps < STEPS, "too many events", s.pair->steps);
    }
    dobos_close(s.listener);
    /* What is left says goodbye: last acknowledgements, TIME-WAIT, R2 of those whose peer is gone.
     */
    pair_run(s.pair, s.pair->now + 1800 * DOBOS_SECOND);
    check_end(&s);
    if (tell)
        printf("# seed %" PRIu64 ": held, %.3f s of virtual time, %" PRIu64 " events\n", seed,
               (double)s.pair->now / 1e9, s.pair->steps);
    pair_destroy(s.pair);
}

int main(int argc, char **argv) {
    return seeds_run(argc, argv, simulate);
}
