/*
 * goodput: how much of a link TCP of ours uses, in virtual time. Two hosts of ours and a cable
 * element each way; the queue of the sender's holds one bandwidth-delay product, at least a hundred
 * packets, beside what is on the wire. A cell lasts 60 s, of which the last 30 count.
 *
 *     goodput [--rate MBIT] [--rtt MS] [--loss PERCENT | --reorder PERCENT] [--congestion NAME]
 *             [--flows N] [--seconds N] [--skip N] [--seed N] [--seeds N] [--least-busy PERCENT]
 *             [--least-jain INDEX] [--pacing BYTES] [--ecn] [--tsv] [--trace MS]
 *
 * Without --rate all of 10, 100, 1000 Mbit/s, without --rtt all of 1, 20, 100, 200 ms, without
 * --loss and --reorder all of 0, 0.01, 0.1, 1, 3, 10 % and of 1 % reordered, without --congestion
 * cubic, reno and bbr. Loss and reordering meet data, not acknowledgments.
 *
 * goodput: what the receiving programs got, of what the link can carry in full segments. busy: the
 * share of the time in which the link was sending a frame. jain: Jain's index of the flows, which
 * begin a tenth of a second apart. --least-busy and --least-jain: exit status 1 when a cell is
 * below. --trace: a line each so many ms with what the first flow's sender thinks, and its host's
 * counters.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dobos/host.h>
#include <dobos/os.h>
#include <dobos/packet.h>
#include <dobos/socket.h>

#include "link/cable.h"

#define PORT          5001
#define FLOWS         64
#define QUEUE_MIN     100
#define FRAME_BYTES   1514 /* full, without preamble, checksum and gap */
#define WIRE_BYTES    1538 /* with them */
#define PAYLOAD_BYTES 1448 /* of it, with timestamps */
#define PIECE         65536
#define APART         (100 * DOBOS_MILLISECOND)

static struct {
    double rate_mbit, rtt_ms, loss, reorder; /* below 0: all */
    double least_busy, least_jain;           /* below 0: not asked for */
    enum dobos_congestion congestion;        /* 0: all */
    unsigned flows, seconds, skip, trace_ms, seeds;
    uint64_t seed, pacing;
    bool tsv, ecn;
} asked = {.rate_mbit = -1,
           .rtt_ms = -1,
           .loss = -1,
           .reorder = -1,
           .least_busy = -1,
           .least_jain = -1,
           .flows = 1,
           .seconds = 60,
           .skip = 30,
           .seeds = 1,
           .seed = 1};

struct cell {
    double rate_mbit, rtt_ms, loss, reorder;
    enum dobos_congestion congestion;
    uint64_t seed;
};

struct flow {
    struct dobos_socket *client, *server;
    uint64_t got, got_at_skip; /* bytes */
};

struct world {
    const struct cell *cell;
    struct dobos_pool *pool;
    struct dobos_host *hosts[2]; /* who sends, who receives */
    struct cable cables[2];      /* from each */
    struct dobos_socket *listener;
    struct flow flows[FLOWS];
    unsigned begun, accepted;
    dobos_time now, began, traced;
    dobos_time busy, busy_at_skip; /* of the sender's cable, up to busy_until */
    uint64_t overflowed_at_skip;
};

static const char *const NAMES[] = {"default", "cubic", "reno", "bbr"};

static _Noreturn void die(const char *what) {
    (void)fprintf(stderr, "goodput: %s\n", what);
    exit(2);
}

static void host_make(struct world *w, unsigned i) {
    struct dobos_host_config self = {.size = sizeof self,
                                     .name = "dobos",
                                     .buffer_limit_bytes = (size_t)2 << 30,
                                     .tcp = {.congestion = w->cell->congestion,
                                             .ecn = asked.ecn ? DOBOS_ECN_ON : DOBOS_ECN_OFF}};
    struct dobos_interface_config eth0 = {
        .size = sizeof eth0, .name = "eth0", .mac = {{2, 0, 0, 0, 0, (uint8_t)i}}};
    struct dobos_interface_address address = {
        .prefix = {dobos_address_ipv4(UINT32_C(0x0a000001) + i), 24},
        .valid_until = DOBOS_NEVER,
        .preferred_until = DOBOS_NEVER};
    memset(self.key, (int)(i + 1 + w->cell->seed * 2), sizeof self.key);
    if (dobos_host_create(w->pool, &self, w->now, &w->hosts[i]) < 0 ||
        dobos_interface_add(w->hosts[i], &eth0) != 2 ||
        dobos_address_add(w->hosts[i], 2, &address) < 0)
        die("no host");
}

static uint64_t parts(double percent) {
    return (uint64_t)(percent / 100 * 4294967296.0);
}

static void world_make(struct world *w, const struct cell *cell) {
    struct dobos_pool_config memory = {
        .size = sizeof memory, .allocator = dobos_os_allocator(), .limit_bytes = (size_t)3 << 30};
    double bits = cell->rate_mbit * 1e6, rtt = cell->rtt_ms / 1e3;
    double product = bits * rtt / 8 / WIRE_BYTES;
    double queue = product > QUEUE_MIN ? product : QUEUE_MIN;
    struct impairments there = {.rate_bits_per_second = (uint64_t)bits,
                                .delay_ns = (dobos_time)(rtt / 2 * 1e9),
                                .loss = parts(cell->loss),
                                .reorder = parts(cell->reorder),
                                .limit_packets = (uint32_t)(product / 2 + queue)};
    struct impairments back = {.rate_bits_per_second = there.rate_bits_per_second,
                               .delay_ns = there.delay_ns,
                               .limit_packets = there.limit_packets + 10000};
    *w = (struct world){.now = DOBOS_SECOND, .cell = cell};
    if (dobos_pool_create(&memory, &w->pool) < 0)
        die("no pool");
    cable_init(&w->cables[0], pool_allocator(w->pool), &there, cell->seed * 2);
    cable_init(&w->cables[1], pool_allocator(w->pool), &back, cell->seed * 2 + 1);
    for (unsigned i = 0; i < 2; i++)
        host_make(w, i);
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
    struct cable *cable = &w->cables[i];
    unsigned count;
    while ((packet = cable_receive(&w->cables[1 - i], w->now)))
        (void)dobos_input(w->hosts[i], 2, &packet, 1, w->now);
    if (dobos_next_deadline(w->hosts[i]) <= w->now)
        dobos_advance(w->hosts[i], w->now);
    while ((count = dobos_output(w->hosts[i], 2, packets, DOBOS_BURST_PACKETS, w->now)) > 0) {
        for (unsigned k = 0; k < count; k++) {
            dobos_time from = cable->busy_until > w->now ? cable->busy_until : w->now;
            cable_send(cable, packets[k], w->now);
            if (i == 0 && cable->busy_until > from)
                w->busy += cable->busy_until - from;
        }
    }
}

static void flow_begin(struct world *w, struct flow *flow) {
    struct dobos_endpoint to = {.address = dobos_address_ipv4(UINT32_C(0x0a000002)), .port = PORT};
    if (dobos_socket_create(w->hosts[0], DOBOS_TCP, NULL, &flow->client) < 0 ||
        dobos_option_set(flow->client, DOBOS_OPTION_MAX_PACING_RATE, (int64_t)asked.pacing) < 0 ||
        dobos_connect(flow->client, &to) != -DOBOS_EINPROGRESS)
        die("no connection");
}

/* Each flow's first bytes say which it is. */
static void programs_step(struct world *w) {
    static uint8_t bytes[PIECE];
    int64_t n;
    while (w->begun < asked.flows && w->now >= w->began + (dobos_time)w->begun * APART)
        flow_begin(w, &w->flows[w->begun++]);
    for (unsigned i = 0; i < w->begun; i++) {
        while ((n = dobos_send(w->flows[i].client, bytes, sizeof bytes)) > 0) {
        }
        if (n != -DOBOS_EAGAIN)
            die("a connection broke");
    }
    while (w->accepted < w->begun &&
           dobos_accept(w->listener, &w->flows[w->accepted].server, NULL) == 0)
        w->accepted++;
    for (unsigned i = 0; i < w->accepted; i++)
        while ((n = dobos_receive(w->flows[i].server, bytes, sizeof bytes)) > 0)
            w->flows[i].got += (uint64_t)n;
}

static dobos_time busy_by_now(const struct world *w) {
    dobos_time ahead = w->cables[0].busy_until - w->now;
    return w->busy - (ahead > 0 ? ahead : 0);
}

static void trace(struct world *w) {
    struct dobos_socket_info info;
    if (asked.trace_ms == 0 || w->now < w->traced || w->begun == 0)
        return;
    w->traced = w->now + asked.trace_ms * DOBOS_MILLISECOND;
    if (dobos_socket_info_read(w->flows[0].client, &info) < 0)
        return;
    (void)fprintf(
        stderr,
        "%.3f cwnd %u ssthresh %d out %u queue %zu srtt %.1f rto %.1f snd_wnd %u resent "
        "%u backoff %u wire %u overflowed %" PRIu64 " lost %" PRIu64 " got %" PRIu64 "\n",
        (double)(w->now - w->began) / 1e9, info.tcp.cwnd_bytes / PAYLOAD_BYTES,
        info.tcp.ssthresh_bytes == UINT32_MAX ? -1 : (int)(info.tcp.ssthresh_bytes / PAYLOAD_BYTES),
        info.tcp.unacked_bytes / PAYLOAD_BYTES, info.send_queue, (double)info.tcp.srtt_ns / 1e6,
        (double)info.tcp.rto_ns / 1e6, info.tcp.snd_wnd, info.tcp.retransmits, info.tcp.backoff,
        w->cables[0].packets, w->cables[0].overflowed, w->cables[0].lost, w->flows[0].got);
}

/* What has happened to TCP at the sender. */
static void counters_print(const struct world *w) {
    struct dobos_counter counter;
    for (uint32_t i = 0; dobos_counter_read(w->hosts[0], i, &counter) == 0; i++)
        if (counter.value > 0 && strncmp(counter.name, "Tcp", 3) == 0)
            (void)fprintf(stderr, "%s %" PRIu64 "\n", counter.name, counter.value);
}

static dobos_time next_event(const struct world *w) {
    dobos_time next = DOBOS_NEVER;
    for (unsigned i = 0; i < 2; i++) {
        dobos_time due = dobos_next_deadline(w->hosts[i]);
        if (dobos_output_is_pending(w->hosts[i], 2))
            due = w->now;
        next = due < next ? due : next;
        due = cable_next(&w->cables[i]);
        next = due < next ? due : next;
    }
    dobos_time another = w->began + (dobos_time)w->begun * APART;
    if (w->begun < asked.flows && another < next)
        next = another;
    return next > w->now ? next : w->now;
}

static void skip_take(struct world *w) {
    w->busy_at_skip = busy_by_now(w);
    w->overflowed_at_skip = w->cables[0].overflowed;
    for (unsigned i = 0; i < asked.flows; i++)
        w->flows[i].got_at_skip = w->flows[i].got;
}

static void world_run(struct world *w) {
    struct dobos_endpoint at = {.address = dobos_address_ipv4(0), .port = PORT};
    if (dobos_socket_create(w->hosts[1], DOBOS_TCP, NULL, &w->listener) < 0 ||
        dobos_bind(w->listener, &at) < 0 || dobos_listen(w->listener, FLOWS) < 0)
        die("no listener");
    w->began = w->now;
    const dobos_time skip = w->began + asked.skip * DOBOS_SECOND;
    const dobos_time end = w->began + asked.seconds * DOBOS_SECOND;
    bool skipped = false;
    while (w->now < end) {
        programs_step(w);
        for (unsigned i = 0; i < 2; i++)
            side_step(w, i);
        programs_step(w);
        trace(w);
        dobos_time next = next_event(w);
        if (!skipped && next >= skip) {
            w->now = skip;
            skip_take(w);
            skipped = true;
        }
        w->now = next < end ? next : end;
    }
}

/* Prints the cell's line; false: below what was asked for. */
static bool cell_run(const struct cell *cell) {
    static struct world w;
    world_make(&w, cell);
    world_run(&w);
    double time = asked.seconds - asked.skip, sum = 0, squares = 0;
    for (unsigned i = 0; i < asked.flows; i++) {
        double got = (double)(w.flows[i].got - w.flows[i].got_at_skip) * 8 / time;
        sum += got;
        squares += got * got;
    }
    double most = cell->rate_mbit * 1e6 * PAYLOAD_BYTES / WIRE_BYTES;
    double busy = (double)(busy_by_now(&w) - w.busy_at_skip) / 1e7 / time;
    double jain = squares > 0 ? sum * sum / (asked.flows * squares) : 0;
    if (asked.trace_ms > 0)
        counters_print(&w);
    bool holds = busy >= asked.least_busy && jain >= asked.least_jain;
    printf(asked.tsv ? "%s\t%g\t%g\t%g\t%g\t%u\t%.2f\t%.2f\t%.3f\t%" PRIu64 "%s\n"
                     : "%-6s %5g %4g %5g %4g %3u %7.2f %7.2f %6.3f %8" PRIu64 "%s\n",
           NAMES[cell->congestion], cell->rate_mbit, cell->rtt_ms, cell->loss, cell->reorder,
           asked.flows, 100 * sum / most, busy, jain, w.cables[0].overflowed - w.overflowed_at_skip,
           holds       ? ""
           : asked.tsv ? "\tDOES NOT HOLD"
                       : "  DOES NOT HOLD");
    (void)fflush(stdout);
    world_end(&w);
    return holds;
}

static bool all_run(void) {
    static const double rates[] = {10, 100, 1000};
    static const double rtts[] = {1, 20, 100, 200};
    static const struct {
        double loss, reorder;
    } paths[] = {{0, 0}, {0.01, 0}, {0.1, 0}, {1, 0}, {3, 0}, {10, 0}, {0, 1}};
    bool holds = true, any_path = asked.loss < 0 && asked.reorder < 0;
    for (unsigned r = 0; r < (asked.rate_mbit < 0 ? 3 : 1); r++)
        for (unsigned t = 0; t < (asked.rtt_ms < 0 ? 4 : 1); t++)
            for (unsigned p = 0; p < (any_path ? 7 : 1); p++)
                for (unsigned a = 1; a <= 3; a++)
                    for (unsigned s = 0; s < asked.seeds; s++) {
                        if (asked.congestion != 0 && asked.congestion != a)
                            continue;
                        struct cell cell = {.rate_mbit =
                                                asked.rate_mbit < 0 ? rates[r] : asked.rate_mbit,
                                            .rtt_ms = asked.rtt_ms < 0 ? rtts[t] : asked.rtt_ms,
                                            .loss = any_path         ? paths[p].loss
                                                    : asked.loss > 0 ? asked.loss
                                                                     : 0,
                                            .reorder = any_path            ? paths[p].reorder
                                                       : asked.reorder > 0 ? asked.reorder
                                                                           : 0,
                                            .congestion = (enum dobos_congestion)a,
                                            .seed = asked.seed + s};
                        holds &= cell_run(&cell);
                    }
    return holds;
}

static enum dobos_congestion congestion_named(const char *name) {
    for (unsigned i = 1; i <= 3; i++)
        if (strcmp(name, NAMES[i]) == 0)
            return (enum dobos_congestion)i;
    die("no such algorithm");
}

static void arguments_read(int argc, char **argv) {
    static const struct option options[] = {{"rate", required_argument, NULL, 'r'},
                                            {"rtt", required_argument, NULL, 't'},
                                            {"loss", required_argument, NULL, 'l'},
                                            {"reorder", required_argument, NULL, 'o'},
                                            {"congestion", required_argument, NULL, 'c'},
                                            {"flows", required_argument, NULL, 'f'},
                                            {"seconds", required_argument, NULL, 's'},
                                            {"skip", required_argument, NULL, 'k'},
                                            {"seed", required_argument, NULL, 'd'},
                                            {"least-busy", required_argument, NULL, 'b'},
                                            {"least-jain", required_argument, NULL, 'j'},
                                            {"pacing", required_argument, NULL, 'p'},
                                            {"tsv", no_argument, NULL, 'v'},
                                            {"trace", required_argument, NULL, 'x'},
                                            {"seeds", required_argument, NULL, 'n'},
                                            {"ecn", no_argument, NULL, 'e'},
                                            {NULL, 0, NULL, 0}};
    double *const numbers[] = {
        ['r'] = &asked.rate_mbit, ['t'] = &asked.rtt_ms,     ['l'] = &asked.loss,
        ['o'] = &asked.reorder,   ['b'] = &asked.least_busy, ['j'] = &asked.least_jain};
    unsigned *const counts[] = {['f'] = &asked.flows,
                                ['s'] = &asked.seconds,
                                ['k'] = &asked.skip,
                                ['x'] = &asked.trace_ms,
                                ['n'] = &asked.seeds};
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        size_t at = (size_t)option;
        if (option == '?')
            exit(2);
        else if (option == 'v')
            asked.tsv = true;
        else if (option == 'e')
            asked.ecn = true;
        else if (option == 'c')
            asked.congestion = congestion_named(optarg);
        else if (option == 'd')
            asked.seed = strtoull(optarg, NULL, 10);
        else if (option == 'p')
            asked.pacing = strtoull(optarg, NULL, 10);
        else if (at < sizeof counts / sizeof counts[0] && counts[at])
            *counts[at] = (unsigned)strtoul(optarg, NULL, 10);
        else
            *numbers[at] = strtod(optarg, NULL);
    }
    if (optind != argc || asked.flows < 1 || asked.flows > FLOWS || asked.skip >= asked.seconds)
        die("a bad argument");
}

int main(int argc, char **argv) {
    arguments_read(argc, argv);
    printf(asked.tsv ? "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n"
                     : "%-6s %5s %4s %5s %4s %3s %7s %7s %6s %8s\n",
           "", "rate", "rtt", "loss", "reo", "n", "goodput", "busy", "jain", "overflow");
    return all_run() ? 0 : 1;
}
