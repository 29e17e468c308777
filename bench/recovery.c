/*
 * recovery: how long each kind of loss costs, in virtual time. Two hosts of ours, a cable of
 * 100 Mbit/s and 100 ms there and back; one thing is lost on purpose, and the moment at which the
 * receiving program gets what was lost is compared with the same transfer without that loss:
 *
 *     cost ≤ one round trip + the timer of the RFC that repairs it
 *
 * The timers: RACK's reordering window, a quarter of a round trip (RFC 8985 §7.1); the loss
 * probe's, two round trips and what a receiver may hold back the acknowledgment of one segment
 * (RFC 8985 §7.2); the handshake's, a second (RFC 6298 §2.1). Of a
 * retransmission that is lost too, the transfer with one loss is the one to compare with; of a
 * burst, the last of its segments counts.
 *
 * Prints a table; exit status 0 when every row holds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dobos/host.h>
#include <dobos/os.h>
#include <dobos/packet.h>
#include <dobos/socket.h>

#include "link/cable.h"
#include "wire/tcp.h"

#define MS   DOBOS_MILLISECOND
#define RTT  (100 * MS)
#define RATE 100000000
#define ACK_DELAY                                                                    \
    (200 * MS) /* RFC 8985 §7.2: of a single segment, as much may be the receiver's \
                */
#define PORT     5001
#define SEGMENTS 3000
#define LOST     300      /* the segment that is lost, from 0 */
#define BURST    64       /* about half of what is in flight by then */
#define SLACK    (2 * MS) /* what the frames take to leave */
#define LIMIT    (60 * DOBOS_SECOND)

enum what {
    NOTHING,
    SYN,
    SYN_ACK,
    SEGMENT,
    RETRANSMISSION, /* SEGMENT, and its first repetition */
    BURST_OF_HALF,
    TAIL,
    FIN,
};

static const struct row {
    const char *name;
    enum what what, beside; /* what is lost; what it is compared with */
    dobos_time timer;       /* of the RFC */
    const char *timer_name;
} rows[] = {
    {"SYN", SYN, NOTHING, DOBOS_SECOND, "RTO, RFC 6298 2.1"},
    {"SYN,ACK", SYN_ACK, NOTHING, DOBOS_SECOND, "RTO, RFC 6298 2.1"},
    {"one segment", SEGMENT, NOTHING, RTT / 4, "reordering, RFC 8985 7.1"},
    {"its retransmission too", RETRANSMISSION, SEGMENT, RTT / 4, "reordering, RFC 8985 7.1"},
    {"burst of half a window", BURST_OF_HALF, NOTHING, RTT / 4, "reordering, RFC 8985 7.1"},
    {"last segment", TAIL, NOTHING, 2 * RTT + ACK_DELAY, "loss probe, RFC 8985 7.2"},
    {"FIN", FIN, NOTHING, 2 * RTT + ACK_DELAY, "loss probe, RFC 8985 7.2"},
};

struct world {
    struct dobos_pool *pool;
    struct dobos_host *hosts[2];
    struct cable cables[2]; /* from host 0, from host 1 */
    struct dobos_socket *listener, *client, *server;
    dobos_time now;
    enum what what;
    uint32_t iss;                 /* the client's */
    unsigned syns, answers;       /* seen so far */
    unsigned fins;                /* likewise */
    unsigned seen[SEGMENTS];      /* sendings of each segment */
    uint32_t mss;                 /* bytes a segment */
    uint64_t sent, got;           /* bytes */
    dobos_time arrived[SEGMENTS]; /* when the program had all of a segment */
    dobos_time ended;             /* when it saw the end */
};

static _Noreturn void die(const char *what) {
    (void)fprintf(stderr, "recovery: %s\n", what);
    exit(1);
}

/* ---- what is lost ---- */

static bool is_lost_data(struct world *w, uint32_t offset, uint32_t length) {
    bool lost = false;
    for (uint32_t i = offset / w->mss; i < SEGMENTS && i * w->mss < offset + length; i++) {
        unsigned nth = ++w->seen[i];
        bool in_burst = i >= LOST && i < LOST + BURST;
        lost |= (w->what == SEGMENT && i == LOST && nth == 1) ||
                (w->what == RETRANSMISSION && i == LOST && nth <= 2) ||
                (w->what == BURST_OF_HALF && in_burst && nth == 1) ||
                (w->what == TAIL && i == SEGMENTS - 1 && nth == 1);
    }
    return lost;
}

static bool is_lost(struct world *w, unsigned from, const struct dobos_packet *packet) {
    uint8_t frame[14 + 20 + TCP_HEADER_MAX_BYTES];
    struct tcp_header tcp;
    size_t length = dobos_packet_read(packet, 0, frame, sizeof frame);
    if (length < 14 + 20 + 20 || frame[12] != 8 || frame[13] != 0 || frame[14 + 9] != DOBOS_TCP)
        return false;
    struct reader r = reader_make(frame + 34, length - 34);
    if (!tcp_parse(&r, &tcp))
        return false;
    if (tcp.flags & TCP_SYN) {
        if (from == 0)
            w->iss = tcp.seq.raw;
        return from == 0 ? ++w->syns == 1 && w->what == SYN
                         : ++w->answers == 1 && w->what == SYN_ACK;
    }
    uint32_t total = (uint32_t)frame[16] << 8 | frame[17];
    uint32_t data = total - 20 - tcp.header_length;
    bool lost = from == 0 && data > 0 && is_lost_data(w, tcp.seq.raw - w->iss - 1, data);
    if (from == 0 && (tcp.flags & TCP_FIN))
        lost |= ++w->fins == 1 && w->what == FIN;
    return lost;
}

/* ---- a network of two ---- */

static void host_make(struct world *w, unsigned i) {
    struct dobos_host_config self = {.size = sizeof self, .name = "dobos"};
    struct dobos_interface_config eth0 = {
        .size = sizeof eth0, .name = "eth0", .mac = {{2, 0, 0, 0, 0, (uint8_t)i}}};
    struct dobos_interface_address address = {
        .prefix = {dobos_address_ipv4(UINT32_C(0x0a000001) + i), 24},
        .valid_until = DOBOS_NEVER,
        .preferred_until = DOBOS_NEVER};
    memset(self.key, (int)i + 1, sizeof self.key);
    if (dobos_host_create(w->pool, &self, w->now, &w->hosts[i]) < 0 ||
        dobos_interface_add(w->hosts[i], &eth0) != 2 ||
        dobos_address_add(w->hosts[i], 2, &address) < 0)
        die("no host");
}

static void world_make(struct world *w, enum what what) {
    struct dobos_pool_config memory = {.size = sizeof memory, .allocator = dobos_os_allocator()};
    struct impairments impairments = {
        .rate_bits_per_second = RATE, .delay_ns = RTT / 2, .limit_packets = 10000};
    *w = (struct world){.now = DOBOS_SECOND, .what = what, .mss = 1448};
    if (dobos_pool_create(&memory, &w->pool) < 0)
        die("no pool");
    for (unsigned i = 0; i < 2; i++) {
        cable_init(&w->cables[i], pool_allocator(w->pool), &impairments, i);
        host_make(w, i);
    }
}

static void world_end(struct world *w) {
    for (unsigned i = 0; i < 2; i++) {
        dobos_host_destroy(w->hosts[i]);
        cable_fini(&w->cables[i]);
    }
    dobos_pool_destroy(w->pool);
}

static void side_step(struct world *w, unsigned i) {
    struct dobos_packet *packets[DOBOS_BURST_PACKETS];
    struct dobos_packet *packet;
    unsigned count;
    while ((packet = cable_receive(&w->cables[1 - i], w->now)))
        (void)dobos_input(w->hosts[i], 2, &packet, 1, w->now);
    if (dobos_next_deadline(w->hosts[i]) <= w->now)
        dobos_advance(w->hosts[i], w->now);
    while ((count = dobos_output(w->hosts[i], 2, packets, DOBOS_BURST_PACKETS, w->now)) > 0) {
        for (unsigned k = 0; k < count; k++) {
            if (is_lost(w, i, packets[k]))
                dobos_packet_release(packets[k]);
            else
                cable_send(&w->cables[i], packets[k], w->now);
        }
    }
}

static void programs_step(struct world *w) {
    static uint8_t bytes[65536];
    const uint64_t total = (uint64_t)SEGMENTS * w->mss;
    int64_t n;
    while (w->sent < total) {
        uint64_t rest = total - w->sent;
        n = dobos_send(w->client, bytes, rest < sizeof bytes ? (size_t)rest : sizeof bytes);
        if (n < 0)
            break;
        w->sent += (uint64_t)n;
        if (w->sent == total)
            (void)dobos_shutdown(w->client, DOBOS_SHUTDOWN_SEND);
    }
    if (!w->server)
        (void)dobos_accept(w->listener, &w->server, NULL);
    while (w->server && (n = dobos_receive(w->server, bytes, sizeof bytes)) >= 0) {
        for (uint64_t i = w->got / w->mss; i < (w->got + (uint64_t)n) / w->mss; i++)
            w->arrived[i] = w->now;
        w->got += (uint64_t)n;
        if (n == 0) {
            w->ended = w->now;
            return;
        }
    }
}

static void world_run(struct world *w) {
    struct dobos_endpoint at = {.address = dobos_address_ipv4(0), .port = PORT};
    struct dobos_endpoint to = {.address = dobos_address_ipv4(UINT32_C(0x0a000002)), .port = PORT};
    const dobos_time end = w->now + LIMIT;
    if (dobos_socket_create(w->hosts[1], DOBOS_TCP, NULL, &w->listener) < 0 ||
        dobos_bind(w->listener, &at) < 0 || dobos_listen(w->listener, 8) < 0 ||
        dobos_socket_create(w->hosts[0], DOBOS_TCP, NULL, &w->client) < 0 ||
        dobos_connect(w->client, &to) != -DOBOS_EINPROGRESS)
        die("no connection");
    while (w->ended == 0) {
        programs_step(w);
        for (unsigned i = 0; i < 2; i++)
            side_step(w, i);
        programs_step(w);
        dobos_time next = DOBOS_NEVER;
        for (unsigned i = 0; i < 2; i++) {
            dobos_time due = dobos_next_deadline(w->hosts[i]);
            if (dobos_output_is_pending(w->hosts[i], 2))
                due = w->now;
            next = due < next ? due : next;
            due = cable_next(&w->cables[i]);
            next = due < next ? due : next;
        }
        w->now = next > w->now ? next : w->now;
        if (w->now > end)
            die("the transfer does not end");
    }
}

/* When the program had what the row is about. */
static dobos_time measure(enum what lost, enum what about) {
    static struct world w;
    world_make(&w, lost);
    world_run(&w);
    dobos_time at = w.arrived[0];
    if (about == SEGMENT || about == RETRANSMISSION)
        at = w.arrived[LOST];
    else if (about == BURST_OF_HALF)
        at = w.arrived[LOST + BURST - 1];
    else if (about == TAIL)
        at = w.arrived[SEGMENTS - 1];
    else if (about == FIN)
        at = w.ended;
    world_end(&w);
    return at;
}

int main(void) {
    bool all = true;
    printf("lost\tcost ms\tat most ms\trepaired by\n");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *row = &rows[i];
        dobos_time cost = measure(row->what, row->what) - measure(row->beside, row->what);
        dobos_time most = RTT + row->timer + SLACK;
        bool holds = cost > 0 && cost <= most;
        all &= holds;
        printf("%s\t%.1f\t%.1f\t%s%s\n", row->name, (double)cost / 1e6, (double)most / 1e6,
               row->timer_name, holds ? "" : "\tDOES NOT HOLD");
    }
    return all ? 0 : 1;
}
