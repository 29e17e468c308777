/*
 * churn: two hosts in virtual time between which programs open, use and leave connections for
 * hours: some say goodbye in order, some reset, some leave with data unread, some are silent for
 * minutes, over a cable that loses one frame in a hundred. Memory must stay flat: no hour after the
 * second may hold more than the first two did at their peak, and a tenth; afterwards nothing may be
 * left.
 *
 *     churn [HOURS]       default 1
 *
 * It prints TAP, and what each sixth of the time held. Exit status 0 when all held.
 */
#include <inttypes.h>

#include "pair.h"

#define SLOTS   160
#define PORT    7000
#define PERCENT (UINT64_C(1) << 32) / 100
#define BYTES   65536u

enum leaving {
    LEAVE_CLIENT_FIRST, /* the client ends its side; the server follows */
    LEAVE_SERVER_FIRST, /* the server closes when it has all */
    LEAVE_RESET,        /* the client aborts in the middle */
    LEAVE_UNREAD,       /* the server sends too, and the client closes without reading it */
    LEAVE_SILENT,       /* as the first, after minutes without a word */
    LEAVINGS
};

/* One connection: the client's end; the server's finds it by the client's port. */
struct slot {
    struct dobos_socket *client, *server;
    enum leaving leaving;
    uint16_t port;               /* the client's */
    uint32_t to_send, sent, got; /* bytes */
    dobos_time next;             /* when the client does something again */
};

struct churn {
    struct pair *pair;
    struct random random;
    struct slot slots[SLOTS];
    struct dobos_socket *listener;
    uint64_t begun, whole, reset;
    bool is_over; /* nobody begins any more */
};

static uint8_t zeros[BYTES];

static _Noreturn void churn_fail(const struct churn *churn, const char *what) {
    printf("not ok 1 - %s at %.3f s\n", what, (double)churn->pair->now / 1e9);
    exit(1);
}

static dobos_time draw_time(struct churn *churn, dobos_time most) {
    return churn->pair->now + 1 + (dobos_time)random_below(&churn->random, (uint64_t)most);
}

static void slot_rest(struct churn *churn, struct slot *slot) {
    if (slot->client)
        dobos_close(slot->client);
    if (slot->server)
        dobos_close(slot->server);
    *slot = (struct slot){.next = draw_time(churn, 3 * DOBOS_SECOND)};
}

static void slot_begin(struct churn *churn, struct slot *slot) {
    struct dobos_endpoint to = {.address = dobos_address_ipv4(PAIR_B), .port = PORT};
    if (dobos_socket_create(churn->pair->a.host, DOBOS_TCP, NULL, &slot->client) < 0)
        churn_fail(churn, "no memory for a socket");
    if (dobos_connect(slot->client, &to) != -DOBOS_EINPROGRESS)
        churn_fail(churn, "a connection was refused before it began");
    struct dobos_endpoint local;
    (void)dobos_local(slot->client, &local);
    slot->port = local.port;
    slot->leaving = (enum leaving)random_below(&churn->random, LEAVINGS);
    slot->to_send =
        1 + (uint32_t)random_below(&churn->random, 1u << random_below(&churn->random, 17));
    slot->next = draw_time(churn, DOBOS_SECOND);
    churn->begun++;
}

static void client_step(struct churn *churn, struct slot *slot) {
    uint32_t rest = slot->to_send - slot->sent;
    if (rest > 0) {
        int64_t n = dobos_send(slot->client, zeros, rest);
        if (n < 0 && n != -DOBOS_EAGAIN) {
            churn->reset++;
            slot_rest(churn, slot);
            return;
        }
        slot->sent += n > 0 ? (uint32_t)n : 0;
        if (slot->leaving == LEAVE_RESET && slot->sent > 1) {
            dobos_abort(slot->client);
            slot->client = NULL;
            churn->reset++;
        }
        slot->next = draw_time(churn, 100 * DOBOS_MILLISECOND);
        if (slot->sent == slot->to_send && slot->leaving == LEAVE_SILENT)
            slot->next = draw_time(churn, 600 * DOBOS_SECOND);
        return;
    }
    if (slot->leaving == LEAVE_UNREAD) {
        dobos_close(slot->client);
        slot->client = NULL;
    } else {
        (void)dobos_shutdown(slot->client, DOBOS_SHUTDOWN_SEND);
    }
    slot->next = DOBOS_NEVER; /* the server ends it */
}

/* True: the server's program is at the end of it. */
static bool server_step(struct churn *churn, struct slot *slot) {
    static uint8_t bytes[BYTES];
    int64_t n = 0;
    if (slot->leaving == LEAVE_UNREAD && slot->got == 0)
        n = dobos_send(slot->server, zeros, 3000);
    if (n < 0 && n != -DOBOS_EAGAIN)
        return true; /* the client has gone without reading it */
    while ((n = dobos_receive(slot->server, bytes, sizeof bytes)) > 0)
        slot->got += (uint32_t)n;
    bool has_all = slot->got == slot->to_send;
    if (slot->leaving == LEAVE_SERVER_FIRST && has_all)
        n = 0;
    if (n == -DOBOS_EAGAIN)
        return false;
    if (n == 0 && !has_all)
        churn_fail(churn, "a stream ended early");
    churn->whole += n == 0;
    return true;
}

static void accept_all(struct churn *churn) {
    struct dobos_endpoint peer;
    struct dobos_socket *accepted;
    while (dobos_accept(churn->listener, &accepted, &peer) == 0) {
        struct slot *slot = churn->slots;
        while (slot < churn->slots + SLOTS && (slot->server || slot->port != peer.port))
            slot++;
        if (slot < churn->slots + SLOTS)
            slot->server = accepted;
        else
            dobos_close(accepted); /* its client has gone */
    }
}

static void slots_step(struct churn *churn) {
    for (unsigned i = 0; i < SLOTS; i++) {
        struct slot *slot = &churn->slots[i];
        if (slot->server && server_step(churn, slot)) {
            slot_rest(churn, slot);
            continue;
        }
        if (churn->pair->now < slot->next)
            continue;
        if (slot->client)
            client_step(churn, slot);
        else if (slot->server || slot->to_send > 0)
            slot_rest(churn, slot);
        else if (!churn->is_over)
            slot_begin(churn, slot);
    }
}

static dobos_time slots_next(const struct churn *churn, dobos_time until) {
    dobos_time next = until;
    for (unsigned i = 0; i < SLOTS; i++) {
        const struct slot *slot = &churn->slots[i];
        bool is_idle = churn->is_over && !slot->client && !slot->server;
        next = min_i64(next, is_idle ? until : max_i64(slot->next, churn->pair->now + 1));
    }
    return next;
}

static size_t memory_held(const struct churn *churn) {
    struct dobos_pool_statistics statistics;
    dobos_pool_statistics_read(churn->pair->pool, &statistics);
    return statistics.bytes - statistics.kept;
}

/* Until then; returns the most that was held. */
static size_t churn_run(struct churn *churn, dobos_time until) {
    size_t peak = 0;
    while (churn->pair->now < until) {
        slots_step(churn);
        (void)pair_step(churn->pair, slots_next(churn, until));
        pair_settle(churn->pair);
        accept_all(churn);
        size_t held = memory_held(churn);
        peak = held > peak ? held : peak;
    }
    return peak;
}

int main(int argc, char **argv) {
    const struct impairments impairments = {.delay_ns = 5 * DOBOS_MILLISECOND, .loss = PERCENT};
    const long hours = argc > 1 ? atol(argv[1]) : 1;
    static struct churn churn;
    struct dobos_endpoint at = {.address = dobos_address_ipv4(0), .port = PORT};
    if (argc > 2 || hours < 1 || hours > 1000) {
        (void)fprintf(stderr, "usage: churn [HOURS]\n");
        return 2;
    }
    churn = (struct churn){.pair = pair_create(1, &impairments), .random = random_make(1)};
    if (dobos_socket_create(churn.pair->b.host, DOBOS_TCP, NULL, &churn.listener) < 0 ||
        dobos_option_set(churn.listener, DOBOS_OPTION_KEEPALIVE, 1) < 0 ||
        dobos_option_set(churn.listener, DOBOS_OPTION_KEEPALIVE_IDLE_S, 60) < 0 ||
        dobos_option_set(churn.listener, DOBOS_OPTION_KEEPALIVE_INTERVAL_S, 10) < 0 ||
        dobos_bind(churn.listener, &at) < 0 || dobos_listen(churn.listener, SLOTS) < 0)
        churn_fail(&churn, "no listener");
    const size_t before = memory_held(&churn);
    size_t first = 0;
    const dobos_time part = hours * 600 * DOBOS_SECOND;
    for (int i = 1; i <= 6; i++) {
        size_t peak = churn_run(&churn, i * part);
        printf("# %5.1f h: at most %zu bytes, %" PRIu64 " connections, %" PRIu64 " whole, %" PRIu64
               " reset\n",
               (double)churn.pair->now / 3.6e12, peak, churn.begun, churn.whole, churn.reset);
        if (i <= 2)
            first = peak > first ? peak : first;
        else if (peak > first + first / 10)
            churn_fail(&churn, "memory grows");
    }
    churn.is_over = true;
    (void)churn_run(&churn, 7 * part + 1200 * DOBOS_SECOND);
    struct dobos_socket_info info;
    if (dobos_socket_read(churn.pair->a.host, 0, &info) != -DOBOS_ENOENT ||
        dobos_socket_read(churn.pair->b.host, 1, &info) != -DOBOS_ENOENT)
        churn_fail(&churn, "a connection is left");
    const size_t after = memory_held(&churn);
    printf("# before %zu bytes, after %zu\n", before, after);
    if (after > before + 65536)
        churn_fail(&churn, "memory is left");
    dobos_close(churn.listener);
    pair_destroy(churn.pair);
    printf("ok 1 - memory is flat\n1..1\n");
    return 0;
}
