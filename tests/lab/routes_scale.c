/*
 * routes_scale [ROUTES [FILE]]: a router with a table as large as the Internet's, or larger.
 *
 *   1. ROUTES (1,000,000) routes, of lengths as the Internet's table has them and in no order, are
 *      written to a file, and read into a host as `routes-file:` does: in less than 2 s.
 *   2. For as many random addresses the host's answers equal those of a plain binary trie, one bit
 *      a node, which shares nothing with the host's.
 *   3. Packets are forwarded for ten seconds of the host's time while 10,000 routes a second come
 *      and go, short prefixes among them; no packet is lost, and each goes the right way.
 *   4. Look-ups a second, by the direct table and by the trie alone.
 *
 * Prints its figures and exits with 1 when one of the first three does not hold.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <dobos/os.h>
#include <dobos/rules.h>

#include "base/prefix.h"
#include "base/random.h"
#include "host/state.h"
#include "lab/routes_file.h"
#include "network/routes_direct.h"
#include "network/routes_inner.h"

#define LIMIT_S     2.0
#define CHANGES_A_S 10000
#define SECONDS     10
#define BURST       32
#define GATEWAYS    64

static int faults;

static void require(bool holds, const char *what) {
    if (!holds) {
        (void)fprintf(stderr, "routes_scale: %s\n", what);
        faults++;
    }
}

static void must(bool holds, const char *what) {
    if (!holds) {
        (void)fprintf(stderr, "routes_scale: %s\n", what);
        exit(1);
    }
}

static double seconds(clockid_t clock) {
    struct timespec now;
    (void)clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* ---- a plain trie ---- */

struct plain {
    uint32_t child[2]; /* 0: none */
    uint32_t gateway;  /* 0: no route */
};

struct plain_trie {
    struct plain *nodes; /* [0] is the root */
    size_t count, room;  /* used, allocated */
};

static void plain_set(struct plain_trie *trie, uint32_t number, uint8_t length, uint32_t gateway) {
    uint32_t at = 0;
    for (unsigned bit = 0; bit < length; bit++) {
        if (trie->count + 2 > trie->room) {
            trie->room = trie->room * 2 + 1024;
            trie->nodes = realloc(trie->nodes, trie->room * sizeof *trie->nodes);
            must(trie->nodes != NULL, "no memory");
        }
        uint32_t *next = &trie->nodes[at].child[number >> (31 - bit) & 1];
        if (!*next) {
            *next = (uint32_t)trie->count;
            trie->nodes[trie->count++] = (struct plain){{0, 0}, 0};
        }
        at = *next;
    }
    trie->nodes[at].gateway = gateway;
}

static uint32_t plain_find(const struct plain_trie *trie, uint32_t number) {
    uint32_t at = 0, best = trie->nodes[0].gateway;
    for (unsigned bit = 0; bit < 32; bit++) {
        at = trie->nodes[at].child[number >> (31 - bit) & 1];
        if (!at)
            break;
        best = trie->nodes[at].gateway ? trie->nodes[at].gateway : best;
    }
    return best;
}

/* ---- the table ---- */

struct entry {
    uint32_t number;  /* the prefix */
    uint32_t gateway; /* its own */
    uint8_t length;   /* of the prefix */
};

struct scale {
    struct random random;    /* all is drawn from it */
    struct entry *entries;   /* the routes */
    uint32_t count;          /* of them */
    struct plain_trie plain; /* the same */
    struct dobos_pool *pool; /* of the hosts */
    struct dobos_host *host; /* the router */
};

/* Lengths as the Internet's table had them of late, in thousandths. */
static uint8_t length_random(struct random *random) {
    static const struct {
        uint8_t length;
        uint16_t parts;
    } lengths[] = {{24, 600}, {23, 100}, {22, 110}, {21, 50}, {20, 44}, {19, 25}, {18, 14},
                   {17, 8},   {16, 14},  {15, 2},   {14, 2},  {13, 1},  {12, 1},  {25, 4},
                   {26, 4},   {27, 4},   {28, 4},   {29, 4},  {30, 4},  {32, 5}};
    uint64_t drawn = random_below(random, 1000);
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        if (drawn < lengths[i].parts)
            return lengths[i].length;
        drawn -= lengths[i].parts;
    }
    return 24;
}

static uint32_t gateway_random(struct random *random) {
    return UINT32_C(0xc0a80002) + (uint32_t)random_below(random, GATEWAYS);
}

/* What a router forwards as a matter of course: not to its own subnets, nor to special ranges. */
static bool is_asked(uint32_t number) {
    uint32_t first = number >> 24;
    return first != 0 && first != 10 && first != 127 && first != 169 && first != 192 && first < 224;
}

static bool prefix_random(struct scale *s, struct entry *entry) {
    entry->length = length_random(&s->random);
    entry->number = (uint32_t)random_next(&s->random) & ipv4_mask(entry->length);
    entry->gateway = gateway_random(&s->random);
    return is_asked(entry->number);
}

static bool is_there(const struct plain_trie *trie, const struct entry *entry) {
    uint32_t at = 0;
    for (unsigned bit = 0; bit < entry->length; bit++) {
        at = trie->nodes[at].child[entry->number >> (31 - bit) & 1];
        if (!at)
            return false;
    }
    return trie->nodes[at].gateway != 0;
}

static void table_make(struct scale *s, uint32_t count) {
    s->entries = calloc(count, sizeof *s->entries);
    s->plain.room = 1024;
    s->plain.nodes = calloc(s->plain.room, sizeof *s->plain.nodes);
    must(s->entries && s->plain.nodes, "no memory");
    s->plain.count = 1;
    while (s->count < count) {
        struct entry *entry = &s->entries[s->count];
        if (!prefix_random(s, entry) || is_there(&s->plain, entry))
            continue;
        plain_set(&s->plain, entry->number, entry->length, entry->gateway);
        s->count++;
    }
}

static void table_write(const struct scale *s, const char *path) {
    FILE *file = fopen(path, "we");
    must(file != NULL, "the file cannot be written");
    (void)fprintf(file, "# %u routes\n", s->count);
    for (uint32_t i = 0; i < s->count; i++) {
        const struct entry *entry = &s->entries[i];
        const uint32_t n = entry->number, g = entry->gateway;
        (void)fprintf(file, "%u.%u.%u.%u/%u via %u.%u.%u.%u\n", n >> 24, n >> 16 & 255,
                      n >> 8 & 255, n & 255, entry->length, g >> 24, g >> 16 & 255, g >> 8 & 255,
                      g & 255);
    }
    must(fclose(file) == 0, "the file cannot be written");
}

/* ---- the router ---- */

static void plug(struct scale *s, const char *name, uint32_t address, uint8_t mac) {
    struct dobos_interface_config config = {.size = sizeof config, .mac = {{2, 0, 0, 0, 0, mac}}};
    (void)snprintf(config.name, sizeof config.name, "%s", name);
    const int index = dobos_interface_add(s->host, &config);
    const struct dobos_interface_address given = {.prefix = {dobos_address_ipv4(address), 24},
                                                  .valid_until = DOBOS_NEVER,
                                                  .preferred_until = DOBOS_NEVER,
                                                  .origin = DOBOS_ORIGIN_STATIC};
    must(index > 0 && dobos_address_add(s->host, (uint32_t)index, &given) == 0, "no interface");
}

static void router_make(struct scale *s) {
    const struct dobos_pool_config pool = {.size = sizeof pool, .allocator = dobos_os_allocator()};
    const struct dobos_host_config config = {
        .size = sizeof config, .name = "router", .key = {1}, .forwarding = true};
    must(dobos_pool_create(&pool, &s->pool) == 0 &&
             dobos_host_create(s->pool, &config, 0, &s->host) == 0,
         "no host");
    plug(s, "in", 0x0a000001, 1);
    plug(s, "out", 0xc0a80001, 2);
}

/* ---- 1: from a file ---- */

static void load(struct scale *s, const char *path) {
    struct lab_error error = {""};
    struct dobos_pool_statistics before, after;
    dobos_pool_statistics_read(s->pool, &before);
    const double wall = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    if (routes_file_load(s->host, path, "", &error) != ROUTES_LOADED) {
        (void)fprintf(stderr, "%s\n", error.text);
        exit(1);
    }
    const double took = seconds(CLOCK_MONOTONIC) - wall;
    const double used = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    dobos_pool_statistics_read(s->pool, &after);
    (void)printf("load: %u routes from a file in %.2f s (%.2f s of the processor), %.0f MB\n",
                 s->count, took, used, (double)(after.bytes - before.bytes) / 1e6);
    require(took < LIMIT_S, "loading takes too long");
}

/* ---- 2: right answers ---- */

static uint32_t host_find(const struct scale *s, uint32_t number) {
    const struct dobos_address to = dobos_address_ipv4(number);
    struct dobos_route_choice choice;
    if (dobos_route_lookup(s->host, &to, NULL, &choice) < 0)
        return 0;
    return dobos_address_ipv4_number(&choice.route.gateway);
}

/* Half of them anywhere, half within some route. */
static uint32_t address_random(struct scale *s) {
    uint32_t any = (uint32_t)random_next(&s->random);
    if (random_below(&s->random, 2)) {
        const struct entry *entry = &s->entries[random_below(&s->random, s->count)];
        any = entry->number | (any & ~ipv4_mask(entry->length));
    }
    return any;
}

static void compare(struct scale *s, uint32_t count) {
    uint32_t wrong = 0, held = 0;
    for (uint32_t i = 0; i < count;) {
        const uint32_t number = address_random(s);
        if (!is_asked(number))
            continue;
        const uint32_t expected = plain_find(&s->plain, number);
        held += expected != 0;
        wrong += host_find(s, number) != expected;
        i++;
    }
    (void)printf("compare: %u addresses, %u of them with a route, %u wrong answers\n", count, held,
                 wrong);
    require(wrong == 0, "an answer is not the plain trie's");
}

/* ---- 3: changes while packets flow ---- */

/* One route comes or goes; of 64 changes one is of a short prefix. */
static void change(struct scale *s) {
    struct entry *entry = &s->entries[random_below(&s->random, s->count)];
    struct entry brief = {.length = (uint8_t)(1 + random_below(&s->random, 8))};
    if (random_below(&s->random, 64) == 0) {
        brief.number = (uint32_t)random_next(&s->random) & ipv4_mask(brief.length);
        brief.gateway = UINT32_C(0xc0a80002);
        entry = &brief;
    }
    const struct dobos_route route = {
        .destination = {dobos_address_ipv4(entry->number), entry->length},
        .gateway = dobos_address_ipv4(entry->gateway),
        .source = dobos_address_ipv4(0),
        .origin = DOBOS_ORIGIN_STATIC};
    const bool there = is_there(&s->plain, entry);
    const int result =
        there ? dobos_route_remove(s->host, &route) : dobos_route_add(s->host, &route);
    must(result == 0, "a route can neither come nor go");
    plain_set(&s->plain, entry->number, entry->length, there ? 0 : entry->gateway);
}

/* A UDP datagram in a frame from the neighbour inside to `number`. */
static struct dobos_packet *frame_make(struct scale *s, uint32_t number) {
    uint8_t bytes[60] = {2, 0, 0,  0, 0, 1, 2, 0,  0,  0, 0, 9,  8, 0, 0x45,
                         0, 0, 46, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 2};
    uint32_t sum = 0;
    for (unsigned i = 0; i < 4; i++)
        bytes[30 + i] = (uint8_t)(number >> (24 - 8 * i));
    bytes[35] = bytes[37] = 9;
    bytes[39] = 26;
    for (unsigned i = 14; i < 34; i += 2)
        sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
    sum = (sum & 0xffff) + (sum >> 16);
    sum = ~(sum + (sum >> 16));
    bytes[24] = (uint8_t)(sum >> 8);
    bytes[25] = (uint8_t)sum;
    struct dobos_packet *packet = dobos_packet_from_bytes(s->pool, bytes, sizeof bytes, NULL);
    must(packet != NULL, "no packet");
    return packet;
}

/* The neighbours outside say who they are: their MAC ends in their address's last byte. */
static void answer(struct scale *s, dobos_time now) {
    for (unsigned i = 0; i < GATEWAYS; i++) {
        uint8_t bytes[42] = {2, 0, 0, 0, 0, 2, 2, 0,   0,   1, 0, 0, 8, 6, 0, 1, 8, 0,   6,   4, 0,
                             2, 2, 0, 0, 1, 0, 0, 192, 168, 0, 0, 2, 0, 0, 0, 0, 2, 192, 168, 0, 1};
        bytes[11] = bytes[27] = bytes[31] = (uint8_t)(2 + i);
        struct dobos_packet *packet = dobos_packet_from_bytes(s->pool, bytes, sizeof bytes, NULL);
        must(packet != NULL, "no packet");
        (void)dobos_input(s->host, 3, &packet, 1, now);
    }
}

/* Takes what the router sends outside; counts what goes to the wrong neighbour or is no datagram.
 */
static uint64_t collect(struct scale *s, dobos_time now, uint64_t *wrong) {
    struct dobos_packet *packets[DOBOS_BURST_PACKETS];
    uint64_t count = 0;
    unsigned n;
    while ((n = dobos_output(s->host, 3, packets, DOBOS_BURST_PACKETS, now)) > 0) {
        for (unsigned i = 0; i < n; i++) {
            uint8_t bytes[34];
            const bool whole =
                dobos_packet_read(packets[i], 0, bytes, sizeof bytes) == sizeof bytes;
            if (whole && bytes[12] == 8 && bytes[13] == 0) {
                const uint32_t to = (uint32_t)bytes[30] << 24 | (uint32_t)bytes[31] << 16 |
                                    (uint32_t)bytes[32] << 8 | bytes[33];
                *wrong += bytes[5] != (plain_find(&s->plain, to) & 0xff);
                count++;
            }
            dobos_packet_release(packets[i]);
        }
    }
    return count;
}

/* What the router says it dropped. */
static void drops_print(const struct scale *s) {
    for (int reason = 0; reason < DROP_REASON_COUNT; reason++) {
        const uint64_t in = s->host->counters.dropped_in[reason];
        const uint64_t out = s->host->counters.dropped_out[reason];
        if (in + out > 0)
            (void)printf("dropped: %s %llu in, %llu out\n",
                         drop_reason_name((enum drop_reason)reason), (unsigned long long)in,
                         (unsigned long long)out);
    }
}

static void flow(struct scale *s) {
    uint64_t sent = 0, arrived = 0, wrong = 0, changes = 0;
    double longest = 0, in_changes = 0;
    dobos_time now = DOBOS_SECOND;
    /* Each neighbour is asked for once, so that it is known; then all is under way at once. */
    const struct dobos_route rest = {.gateway = dobos_address_ipv4(0xc0a80002),
                                     .destination = {dobos_address_ipv4(0), 0},
                                     .source = dobos_address_ipv4(0),
                                     .origin = DOBOS_ORIGIN_STATIC};
    must(dobos_route_add(s->host, &rest) == 0, "no default route");
    plain_set(&s->plain, 0, 0, 0xc0a80002);
    for (unsigned i = 0; i < 2000; i++) {
        uint32_t to = s->entries[i].number | 1;
        struct dobos_packet *packet = frame_make(s, to);
        (void)dobos_input(s->host, 2, &packet, 1, now);
        if (i % 16 == 0) {
            (void)collect(s, now, &wrong);
            answer(s, now);
        }
    }
    (void)collect(s, now, &wrong);
    answer(s, now);
    (void)collect(s, now, &wrong);
    wrong = 0;
    const double begun = seconds(CLOCK_PROCESS_CPUTIME_ID);
    const dobos_time end = now + SECONDS * DOBOS_SECOND;
    for (uint64_t turn = 0; now < end; turn++, now += DOBOS_MILLISECOND) {
        struct dobos_packet *packets[BURST];
        for (unsigned i = 0; i < CHANGES_A_S / 1000; i++) {
            const double before = seconds(CLOCK_THREAD_CPUTIME_ID);
            change(s);
            const double took = seconds(CLOCK_THREAD_CPUTIME_ID) - before;
            longest = took > longest ? took : longest;
            in_changes += took;
            changes++;
        }
        for (unsigned i = 0; i < BURST; i++) {
            uint32_t to = address_random(s);
            packets[i] = frame_make(s, is_asked(to) ? to : s->entries[i].number);
        }
        dobos_advance(s->host, now);
        (void)dobos_input(s->host, 2, packets, BURST, now);
        sent += BURST;
        arrived += collect(s, now, &wrong);
        if (turn % 1000 == 0)
            answer(s, now);
        arrived += collect(s, now, &wrong);
    }
    const double all = seconds(CLOCK_PROCESS_CPUTIME_ID) - begun;
    (void)printf(
        "changes: %llu in %d s of the host's (%.2f µs each, the longest %.0f µs), while "
        "%llu packets were sent, %llu arrived, %llu went wrong (%.2f s of the processor)\n",
        (unsigned long long)changes, SECONDS, in_changes / (double)changes * 1e6, longest * 1e6,
        (unsigned long long)sent, (unsigned long long)arrived, (unsigned long long)wrong, all);
    require(sent == arrived, "a packet was lost");
    if (sent != arrived)
        drops_print(s);
    require(wrong == 0, "a packet went the wrong way");
    require(all < SECONDS, "the changes and packets of a second take longer than it");
}

/* ---- 4: look-ups ---- */

#define ASKED 4194304

static double lookups_a_second(const struct routes *routes, const uint32_t *numbers,
                               uint64_t *folded) {
    const double begun = seconds(CLOCK_PROCESS_CPUTIME_ID);
    for (uint32_t i = 0; i < ASKED; i++)
        *folded += routes_find(routes, numbers[i], 0);
    return ASKED / (seconds(CLOCK_PROCESS_CPUTIME_ID) - begun);
}

static void measure(struct scale *s) {
    uint32_t *numbers = calloc(ASKED, sizeof *numbers);
    uint64_t direct = 0, trie = 0;
    must(numbers != NULL, "no memory");
    for (uint32_t i = 0; i < ASKED; i++)
        numbers[i] = (uint32_t)random_next(&s->random);
    struct routes *routes = &s->host->routes;
    struct routes alone = *routes;
    alone.direct = NULL;
    const double by_direct = lookups_a_second(routes, numbers, &direct);
    const double by_trie = lookups_a_second(&alone, numbers, &trie);
    const double plain_begun = seconds(CLOCK_PROCESS_CPUTIME_ID);
    uint64_t plain = 0;
    for (uint32_t i = 0; i < ASKED; i++)
        plain += plain_find(&s->plain, numbers[i]);
    const double by_plain = ASKED / (seconds(CLOCK_PROCESS_CPUTIME_ID) - plain_begun);
    (void)printf("look-ups a second: %.1f M by the direct table, %.2f M by the trie alone, %.2f M "
                 "by a plain trie; %.0f MB of groups%s\n",
                 by_direct / 1e6, by_trie / 1e6, by_plain / 1e6,
                 routes->direct
                     ? (double)routes->direct->groups.count * sizeof(struct direct_group) / 1e6
                     : 0.0,
                 plain ? "" : ".");
    require(direct == trie, "the direct table and the trie differ");
    free(numbers);
}

int main(int argc, char **argv) {
    static struct scale s;
    const uint32_t count = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1000000;
    char path[] = "/tmp/routes-scale-XXXXXX";
    const char *chosen = argc > 2 ? argv[2] : path;
    if (argc <= 2) {
        const int made = mkstemp(path);
        must(made >= 0 && close(made) == 0, "no file in /tmp");
    }
    must(count >= 2000, "usage: routes_scale [ROUTES [FILE]], at least 2000 routes");
    s.random = random_make(4);
    table_make(&s, count);
    table_write(&s, chosen);
    router_make(&s);
    load(&s, chosen);
    (void)remove(chosen);
    compare(&s, 1000000);
    measure(&s);
    flow(&s);
    compare(&s, 100000);
    dobos_host_destroy(s.host);
    dobos_pool_destroy(s.pool);
    free(s.entries);
    free(s.plain.nodes);
    return faults ? 1 : 0;
}
