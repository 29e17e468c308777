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

#include "world.h"

#define FLOWS         64
#define QUEUE_MIN     100
#define WIRE_BYTES    1538 /* of a full frame, with preamble, checksum and gap */
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

struct trial {
    struct world world;
    const struct cell *cell;
    struct dobos_socket *listener;
    struct flow flows[FLOWS];
    unsigned begun, accepted;
    dobos_time began, traced;
    dobos_time busy_at_skip; /* of the sender's cable */
    uint64_t overflowed_at_skip;
};

static const char *const NAMES[] = {"default", "cubic", "reno", "bbr"};

static uint64_t parts(double percent) {
    return (uint64_t)(percent / 100 * 4294967296.0);
}

static void trial_init(struct trial *t, const struct cell *cell) {
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
    struct dobos_host_config config = {
        .size = sizeof config,
        .name = "dobos",
        .buffer_limit_bytes = (size_t)2 << 30,
        .tcp = {.congestion = cell->congestion, .ecn = asked.ecn ? DOBOS_ECN_ON : DOBOS_ECN_OFF}};
    *t = (struct trial){.cell = cell};
    world_init(&t->world, &config, (struct impairments[]){there, back}, cell->seed);
}

static void flow_begin(struct trial *t, struct flow *flow) {
    flow->client = world_connect(&t->world);
    if (dobos_option_set(flow->client, DOBOS_OPTION_MAX_PACING_RATE, (int64_t)asked.pacing) < 0)
        world_die("no pacing");
}

static void programs_step(struct trial *t) {
    static uint8_t bytes[PIECE];
    int64_t n;
    while (t->begun < asked.flows && t->world.now >= t->began + (dobos_time)t->begun * APART)
        flow_begin(t, &t->flows[t->begun++]);
    for (unsigned i = 0; i < t->begun; i++) {
        while ((n = dobos_send(t->flows[i].client, bytes, sizeof bytes)) > 0) {
        }
        if (n != -DOBOS_EAGAIN)
            world_die("a connection broke");
    }
    while (t->accepted < t->begun &&
           dobos_accept(t->listener, &t->flows[t->accepted].server, NULL) == 0)
        t->accepted++;
    for (unsigned i = 0; i < t->accepted; i++)
        while ((n = dobos_receive(t->flows[i].server, bytes, sizeof bytes)) > 0)
            t->flows[i].got += (uint64_t)n;
}

static dobos_time busy_by_now(const struct trial *t) {
    dobos_time ahead = t->world.cables[0].busy_until - t->world.now;
    return t->world.busy - (ahead > 0 ? ahead : 0);
}

static void trace(struct trial *t) {
    const struct cable *cable = &t->world.cables[0];
    struct dobos_socket_info info;
    if (asked.trace_ms == 0 || t->world.now < t->traced || t->begun == 0)
        return;
    t->traced = t->world.now + asked.trace_ms * DOBOS_MILLISECOND;
    if (dobos_socket_info_read(t->flows[0].client, &info) < 0)
        return;
    (void)fprintf(
        stderr,
        "%.3f cwnd %u ssthresh %d out %u queue %zu srtt %.1f rto %.1f snd_wnd %u resent "
        "%u backoff %u wire %u overflowed %" PRIu64 " lost %" PRIu64 " got %" PRIu64 "\n",
        (double)(t->world.now - t->began) / 1e9, info.tcp.cwnd_bytes / PAYLOAD_BYTES,
        info.tcp.ssthresh_bytes == UINT32_MAX ? -1 : (int)(info.tcp.ssthresh_bytes / PAYLOAD_BYTES),
        info.tcp.unacked_bytes / PAYLOAD_BYTES, info.send_queue, (double)info.tcp.srtt_ns / 1e6,
        (double)info.tcp.rto_ns / 1e6, info.tcp.snd_wnd, info.tcp.retransmits, info.tcp.backoff,
        cable->packets, cable->overflowed, cable->lost, t->flows[0].got);
}

/* What has happened to TCP at the sender. */
static void counters_print(const struct trial *t) {
    struct dobos_counter counter;
    for (uint32_t i = 0; dobos_counter_read(t->world.hosts[0], i, &counter) == 0; i++)
        if (counter.value > 0 && strncmp(counter.name, "Tcp", 3) == 0)
            (void)fprintf(stderr, "%s %" PRIu64 "\n", counter.name, counter.value);
}

static dobos_time next_event(const struct trial *t) {
    dobos_time next = world_next(&t->world);
    dobos_time another = t->began + (dobos_time)t->begun * APART;
    return t->begun < asked.flows && another < next ? another : next;
}

static void skip_take(struct trial *t) {
    t->busy_at_skip = busy_by_now(t);
    t->overflowed_at_skip = t->world.cables[0].overflowed;
    for (unsigned i = 0; i < asked.flows; i++)
        t->flows[i].got_at_skip = t->flows[i].got;
}

static void trial_run(struct trial *t) {
    struct world *world = &t->world;
    t->listener = world_listen(world);
    t->began = world->now;
    const dobos_time skip = t->began + asked.skip * DOBOS_SECOND;
    const dobos_time end = t->began + asked.seconds * DOBOS_SECOND;
    bool skipped = false;
    while (world->now < end) {
        programs_step(t);
        world_step(world);
        programs_step(t);
        trace(t);
        dobos_time next = next_event(t);
        if (!skipped && next >= skip) {
            world->now = skip;
            skip_take(t);
            skipped = true;
        }
        world->now = next < end ? next : end;
    }
}

/* Prints the cell's line; false: below what was asked for. */
static bool cell_run(const struct cell *cell) {
    static struct trial t;
    trial_init(&t, cell);
    trial_run(&t);
    double time = asked.seconds - asked.skip, sum = 0, squares = 0;
    for (unsigned i = 0; i < asked.flows; i++) {
        double got = (double)(t.flows[i].got - t.flows[i].got_at_skip) * 8 / time;
        sum += got;
        squares += got * got;
    }
    double most = cell->rate_mbit * 1e6 * PAYLOAD_BYTES / WIRE_BYTES;
    double busy = (double)(busy_by_now(&t) - t.busy_at_skip) / 1e7 / time;
    double jain = squares > 0 ? sum * sum / (asked.flows * squares) : 0;
    if (asked.trace_ms > 0)
        counters_print(&t);
    bool holds = busy >= asked.least_busy && jain >= asked.least_jain;
    printf(asked.tsv ? "%s\t%g\t%g\t%g\t%g\t%u\t%.2f\t%.2f\t%.3f\t%" PRIu64 "%s\n"
                     : "%-6s %5g %4g %5g %4g %3u %7.2f %7.2f %6.3f %8" PRIu64 "%s\n",
           NAMES[cell->congestion], cell->rate_mbit, cell->rtt_ms, cell->loss, cell->reorder,
           asked.flows, 100 * sum / most, busy, jain,
           t.world.cables[0].overflowed - t.overflowed_at_skip,
           holds       ? ""
           : asked.tsv ? "\tDOES NOT HOLD"
                       : "  DOES NOT HOLD");
    (void)fflush(stdout);
    world_fini(&t.world);
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
    world_die("no such algorithm");
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
        world_die("a bad argument");
}

int main(int argc, char **argv) {
    arguments_read(argc, argv);
    printf(asked.tsv ? "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n"
                     : "%-6s %5s %4s %5s %4s %3s %7s %7s %6s %8s\n",
           "", "rate", "rtt", "loss", "reo", "n", "goodput", "busy", "jain", "overflow");
    return all_run() ? 0 : 1;
}
