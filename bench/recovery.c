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

#include "wire/tcp.h"
#include "world.h"

#define MS   DOBOS_MILLISECOND
#define RTT  (100 * MS)
#define RATE 100000000
#define ACK_DELAY                                                                    \
    (200 * MS) /* RFC 8985 §7.2: of a single segment, as much may be the receiver's \
                */
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

struct transfer {
    struct world world; /* the first: is_lost finds the transfer by it */
    struct dobos_socket *listener, *client, *server;
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

/* ---- what is lost ---- */

static bool is_lost_data(struct transfer *t, uint32_t offset, uint32_t length) {
    bool lost = false;
    for (uint32_t i = offset / t->mss; i < SEGMENTS && i * t->mss < offset + length; i++) {
        unsigned nth = ++t->seen[i];
        bool in_burst = i >= LOST && i < LOST + BURST;
        lost |= (t->what == SEGMENT && i == LOST && nth == 1) ||
                (t->what == RETRANSMISSION && i == LOST && nth <= 2) ||
                (t->what == BURST_OF_HALF && in_burst && nth == 1) ||
                (t->what == TAIL && i == SEGMENTS - 1 && nth == 1);
    }
    return lost;
}

static bool is_lost(struct world *world, unsigned from, const struct dobos_packet *packet) {
    struct transfer *t = (struct transfer *)world;
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
            t->iss = tcp.seq.raw;
        return from == 0 ? ++t->syns == 1 && t->what == SYN
                         : ++t->answers == 1 && t->what == SYN_ACK;
    }
    uint32_t total = (uint32_t)frame[16] << 8 | frame[17];
    uint32_t data = total - 20 - tcp.header_length;
    bool lost = from == 0 && data > 0 && is_lost_data(t, tcp.seq.raw - t->iss - 1, data);
    if (from == 0 && (tcp.flags & TCP_FIN))
        lost |= ++t->fins == 1 && t->what == FIN;
    return lost;
}

/* ---- a transfer ---- */

static void programs_step(struct transfer *t) {
    static uint8_t bytes[65536];
    const uint64_t total = (uint64_t)SEGMENTS * t->mss;
    int64_t n;
    while (t->sent < total) {
        uint64_t rest = total - t->sent;
        n = dobos_send(t->client, bytes, rest < sizeof bytes ? (size_t)rest : sizeof bytes);
        if (n < 0)
            break;
        t->sent += (uint64_t)n;
        if (t->sent == total)
            (void)dobos_shutdown(t->client, DOBOS_SHUTDOWN_SEND);
    }
    if (!t->server)
        (void)dobos_accept(t->listener, &t->server, NULL);
    while (t->server && (n = dobos_receive(t->server, bytes, sizeof bytes)) >= 0) {
        for (uint64_t i = t->got / t->mss; i < (t->got + (uint64_t)n) / t->mss; i++)
            t->arrived[i] = t->world.now;
        t->got += (uint64_t)n;
        if (n == 0) {
            t->ended = t->world.now;
            return;
        }
    }
}

static void transfer_run(struct transfer *t, enum what what) {
    const struct dobos_host_config config = {.size = sizeof config, .name = "dobos"};
    const struct impairments line = {
        .rate_bits_per_second = RATE, .delay_ns = RTT / 2, .limit_packets = 10000};
    *t = (struct transfer){.what = what, .mss = 1448};
    world_init(&t->world, &config, (struct impairments[]){line, line}, 0);
    t->world.is_lost = is_lost;
    t->listener = world_listen(&t->world);
    t->client = world_connect(&t->world);
    const dobos_time end = t->world.now + LIMIT;
    while (t->ended == 0) {
        programs_step(t);
        world_step(&t->world);
        programs_step(t);
        t->world.now = world_next(&t->world);
        if (t->world.now > end)
            world_die("the transfer does not end");
    }
}

/* When the program had what the row is about. */
static dobos_time measure(enum what lost, enum what about) {
    static struct transfer t;
    transfer_run(&t, lost);
    dobos_time at = t.arrived[0];
    if (about == SEGMENT || about == RETRANSMISSION)
        at = t.arrived[LOST];
    else if (about == BURST_OF_HALF)
        at = t.arrived[LOST + BURST - 1];
    else if (about == TAIL)
        at = t.arrived[SEGMENTS - 1];
    else if (about == FIN)
        at = t.ended;
    world_fini(&t.world);
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
