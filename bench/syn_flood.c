/*
 * syn_flood: a flood of SYNs in real time, between two processes over a cable of shared memory.
 *
 *     syn_flood [SECONDS [SHARE]]       SECONDS: of each phase, 5; SHARE: percent of the limit, 90
 *
 * One process is a host with a listener and nothing else; it stands alone on its core if there are
 * two. The other is everybody else: an attacker who makes SYNs from addresses that are not his, a
 * hundred legitimate clients a second, and one connection that moves ten megabit a second, all of
 * them through one cable of 100 µs each way that loses what finds it full. Four phases:
 *
 *     calm      clients and flow alone
 *     limit     SYNs as fast as the cable takes them: how many a second the host answers
 *     flood     clients and flow beside SHARE percent of that
 *     after     clients and flow alone again
 *
 * Exits 1 when a client of the flood was not served, when the 99th percentile of its handshakes is
 * more than three times the calm one, when the flow lost more than a tenth of its bytes a second,
 * or when the host holds more memory after the flood than a listener's records and the clients
 * account for.
 *
 * What the machine does to it is told apart (stolen.h): whenever a process was not running, the
 * gap is noted, and a second percentile is of the handshakes that met none, nor the queue that one
 * left: at 90 % of what a core can do a gap's queue takes nine times its length to drain. If the
 * percentile of all is over the bound and that of the undisturbed is not, the bound is the
 * machine's: the gaps are printed, and the exit status is 0.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <dobos/host.h>
#include <dobos/packet.h>
#include <dobos/socket.h>

#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "shared_line.h"
#include "stolen.h"

#define DELAY_NS    (100 * DOBOS_MICROSECOND)
#define BURST       32
#define CLIENTS     100     /* a second */
#define FLOW_BYTES  1250000 /* a second */
#define ADDRESS     UINT32_C(0xc0000201)
#define OTHERS      UINT32_C(0xc0000202)
#define PORT_SERVER 80
#define PORT_FLOW   81
#define SAMPLES     65536
#define GROWTH      (2 << 20) /* bytes that the host may hold more after a flood */

/* Shared by both processes. */
struct cable {
    struct line in, out;      /* to the host, from the host */
    atomic_size_t held;       /* bytes of the host's pool */
    atomic_uint_fast64_t got; /* bytes of the flow at the host */
    atomic_uint_fast64_t served, cookies;
    struct stolen host, others; /* when either was not running */
    atomic_bool end;
};

static dobos_time clock_now(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (dobos_time)now.tv_sec * DOBOS_SECOND + now.tv_nsec;
}

/* ---- a host on it ---- */

static void *heap_allocate(void *context, size_t bytes, const char *site) {
    (void)context, (void)site;
    return calloc(1, bytes);
}
static void heap_release(void *context, void *memory, size_t bytes) {
    (void)context, (void)bytes;
    free(memory);
}

static struct dobos_host *host_make(struct dobos_pool **pool, uint32_t address) {
    const struct dobos_allocator heap = {NULL, heap_allocate, heap_release};
    const struct dobos_pool_config memory = {.size = sizeof memory, .allocator = &heap};
    struct dobos_host_config config = {.size = sizeof config, .name = "host"};
    const struct dobos_interface_config interface = {
        .size = sizeof interface, .name = "eth0", .mac = {{2, 0, 0, 0, 0, (uint8_t)address}}};
    const struct dobos_interface_address own = {.prefix = {dobos_address_ipv4(address), 24},
                                                .valid_until = DOBOS_NEVER,
                                                .preferred_until = DOBOS_NEVER};
    const struct dobos_route route = {.destination = {dobos_address_ipv4(0), 0},
                                      .gateway = dobos_address_ipv4(OTHERS),
                                      .source = dobos_address_ipv4(0)};
    struct dobos_host *host = NULL;
    memset(config.key, (int)(address & 0xff), sizeof config.key);
    if (dobos_pool_create(&memory, pool) < 0 ||
        dobos_host_create(*pool, &config, clock_now(), &host) < 0 ||
        dobos_interface_add(host, &interface) < 0 || dobos_address_add(host, 2, &own) < 0)
        exit(2);
    if (address == ADDRESS)
        (void)dobos_route_add(host, &route);
    return host;
}

/* A burst in, and what it causes out. */
static void host_turn(struct dobos_host *host, struct dobos_pool *pool, struct line *in,
                      struct line *out, dobos_time now) {
    struct dobos_packet *packets[BURST];
    unsigned count = 0;
    const struct slot *front;
    while (count < BURST && (front = line_front(in, now))) {
        struct dobos_packet *packet =
            dobos_packet_from_bytes(pool, front->bytes, front->length, NULL);
        line_take(in);
        if (packet)
            packets[count++] = packet;
    }
    if (count > 0)
        (void)dobos_input(host, 2, packets, count, now);
    if (dobos_next_deadline(host) <= now)
        dobos_advance(host, now);
    while ((count = dobos_output(host, 2, packets, BURST, now)) > 0) {
        for (unsigned i = 0; i < count; i++) {
            struct slot *slot = line_place(out);
            if (slot) {
                slot->length = (uint32_t)dobos_packet_read(packets[i], 0, slot->bytes, LINE_FRAME);
                line_put(out, now + DELAY_NS);
            }
            dobos_packet_release(packets[i]);
        }
    }
}

/* On a core of its own, before whatever else runs there, as far as the user may ask for that. */
static void stand_on(int core) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((size_t)(core % sysconf(_SC_NPROCESSORS_ONLN)), &set);
    (void)sched_setaffinity(0, sizeof set, &set);
    (void)setpriority(PRIO_PROCESS, 0, -20);
}

/* ---- the server's process ---- */

static struct dobos_socket *listen_at(struct dobos_host *host, uint16_t port) {
    const struct dobos_endpoint local = {.address = dobos_address_ipv4(ADDRESS), .port = port};
    struct dobos_socket *socket = NULL;
    if (dobos_socket_create(host, DOBOS_TCP, NULL, &socket) < 0 || dobos_bind(socket, &local) < 0 ||
        dobos_listen(socket, 1024) < 0)
        exit(2);
    return socket;
}

/* Clients are let go when they let go; the flow's bytes are counted. */
static void serve(struct cable *cable, struct dobos_host *host, struct dobos_socket *web,
                  struct dobos_socket *flow) {
    static uint8_t bytes[65536];
    struct dobos_event events[64];
    struct dobos_socket *child = NULL;
    int count = dobos_poller_next(dobos_poller_default(host), events, 64);
    for (int i = 0; i < count; i++) {
        struct dobos_socket *socket = events[i].socket;
        if (socket == web || socket == flow) {
            while (dobos_accept(socket, &child, NULL) == 0)
                atomic_fetch_add(&cable->served, socket == web);
            continue;
        }
        int64_t done;
        while ((done = dobos_receive(socket, bytes, sizeof bytes)) > 0)
            atomic_fetch_add(&cable->got, (uint64_t)done);
        if (done != -DOBOS_EAGAIN)
            dobos_close(socket);
    }
}

static uint64_t counter(const struct dobos_host *host, const char *name) {
    struct dobos_counter at;
    for (uint32_t i = 0; dobos_counter_read(host, i, &at) == 0; i++) {
        if (strcmp(at.name, name) == 0)
            return at.value;
    }
    return 0;
}

static void server(struct cable *cable) {
    struct dobos_pool *pool = NULL;
    struct dobos_host *host = host_make(&pool, ADDRESS);
    struct dobos_socket *web = listen_at(host, PORT_SERVER), *flow = listen_at(host, PORT_FLOW);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    stand_on(1);
    for (uint64_t turn = 0; !atomic_load_explicit(&cable->end, memory_order_relaxed); turn++) {
        dobos_time now = clock_now();
        stolen_look(&cable->host, now);
        host_turn(host, pool, &cable->in, &cable->out, now);
        serve(cable, host, web, flow);
        if (turn % 1024 == 0) {
            struct dobos_pool_statistics statistics;
            dobos_pool_statistics_read(pool, &statistics);
            atomic_store(&cable->held, statistics.bytes);
            atomic_store(&cable->cookies, counter(host, "TcpExtSyncookiesSent"));
        }
    }
    _exit(0);
}

/* ---- everybody else ---- */

struct client {
    struct dobos_socket *socket; /* NULL: the place is free */
    dobos_time began;
};

struct phase {
    const char *name;
    uint64_t rate; /* SYNs a second; UINT64_MAX: as fast as can be; 0: none */
    bool clients;
    uint64_t syns, begun, opened, flow_bytes, cookies;
    size_t held;
    double seconds;
    dobos_time start, stop;
    struct handshake {
        dobos_time began;
        int64_t took;
    } all[SAMPLES];
    size_t handshakes, calm;                     /* of all; of those that nothing disturbed */
    int64_t took[SAMPLES], undisturbed[SAMPLES]; /* in order */
};

struct world {
    struct cable *cable;
    struct dobos_pool *pool;
    struct dobos_host *host;
    struct dobos_socket *flow;
    struct client clients[4096];
    uint64_t salt;
    bool ready; /* the flow is open */
};

/* A SYN from anywhere, checksums and all, at the cable's end. */
static bool syn_send(struct world *world, dobos_time now) {
    static const uint8_t head[] = {
        2, 0, 0,  0, 0, 1, 2,    0, 0,    0,    0,    2, 8, 0, 0x45, 0, 0, 44,          0, 0,
        0, 0, 64, 6, 0, 0, 10,   0, 0,    0,    0xc0, 0, 2, 1, 0,    0, 0, PORT_SERVER, 0, 0,
        0, 0, 0,  0, 0, 0, 0x60, 2, 0xff, 0xff, 0,    0, 0, 0, 2,    4, 5, 0xb4};
    struct slot *slot = line_place(&world->cable->in);
    if (!slot)
        return false;
    uint64_t salt = world->salt = world->salt * UINT64_C(6364136223846793005) + 1442695040888963407;
    uint8_t *frame = slot->bytes;
    memcpy(frame, head, sizeof head);
    memset(frame + sizeof head, 0, 60 - sizeof head);
    memcpy(frame + 27, (uint8_t *)&salt + 5, 3); /* source address, port, number */
    memcpy(frame + 34, (uint8_t *)&salt + 3, 2);
    memcpy(frame + 38, (uint8_t *)&salt + 4, 4);
    frame[34] |= 4;
    uint32_t sum = 0, pseudo = 6 + 24;
    for (unsigned i = 14; i < 34; i += 2)
        sum += (uint32_t)frame[i] << 8 | frame[i + 1];
    sum = (sum & 0xffff) + (sum >> 16);
    sum = ~(sum + (sum >> 16));
    frame[24] = (uint8_t)(sum >> 8);
    frame[25] = (uint8_t)sum;
    for (unsigned i = 26; i < 58; i += 2)
        pseudo += (uint32_t)frame[i] << 8 | frame[i + 1];
    pseudo = (pseudo & 0xffff) + (pseudo >> 16);
    pseudo = ~(pseudo + (pseudo >> 16));
    frame[50] = (uint8_t)(pseudo >> 8);
    frame[51] = (uint8_t)pseudo;
    slot->length = 60;
    line_put(&world->cable->in, now + DELAY_NS);
    return true;
}

/* What the host sends to addresses that nobody has goes nowhere. */
static void backscatter_drop(struct world *world, dobos_time now) {
    const struct slot *front;
    while ((front = line_front(&world->cable->out, now)) && front->bytes[12] == 8 &&
           front->bytes[13] == 0 && front->bytes[30] == 10)
        line_take(&world->cable->out);
}

static struct dobos_socket *connect_to(struct world *world, uint16_t port) {
    const struct dobos_endpoint peer = {.address = dobos_address_ipv4(ADDRESS), .port = port};
    struct dobos_socket *socket = NULL;
    if (dobos_socket_create(world->host, DOBOS_TCP, NULL, &socket) < 0)
        exit(2);
    if (dobos_connect(socket, &peer) != -DOBOS_EINPROGRESS)
        exit(2);
    return socket;
}

static void clients_turn(struct world *world, struct phase *phase, dobos_time now) {
    for (unsigned i = 0; i < sizeof world->clients / sizeof world->clients[0]; i++) {
        struct client *client = &world->clients[i];
        if (!client->socket || !(dobos_socket_ready(client->socket) & DOBOS_WRITABLE))
            continue;
        if (phase->opened < SAMPLES)
            phase->all[phase->opened] = (struct handshake){client->began, now - client->began};
        phase->opened++;
        dobos_close(client->socket);
        client->socket = NULL;
    }
}

static void client_begin(struct world *world, struct phase *phase, dobos_time now) {
    struct client *client = &world->clients[phase->begun++ % 4096];
    if (client->socket)
        dobos_abort(client->socket);
    *client = (struct client){connect_to(world, PORT_SERVER), now};
}

/* The attacker's turn: what is due by now, in small bursts; what it is late with it does not make
 * up for. */
static void attack(struct world *world, struct phase *phase, dobos_time now, dobos_time *next) {
    if (phase->rate == 0)
        return;
    dobos_time gap = phase->rate == UINT64_MAX ? 0 : DOBOS_SECOND / (dobos_time)phase->rate;
    if (now - *next > 2 * BURST * gap)
        *next = now - 2 * BURST * gap;
    for (unsigned i = 0; i < 2 * BURST && *next <= now; i++) {
        phase->syns += syn_send(world, now);
        *next += gap;
    }
}

/* What the phase before has left on the cable, a full ring after `limit`, is none of the next. */
static void settle(struct world *world) {
    struct cable *cable = world->cable;
    dobos_time now = clock_now(), until = now + DOBOS_SECOND / 10;
    for (; now < until; now = clock_now()) {
        backscatter_drop(world, now);
        host_turn(world->host, world->pool, &cable->out, &cable->in, now);
        if (atomic_load(&cable->in.head) - atomic_load(&cable->in.tail) > BURST)
            until = now + DOBOS_SECOND / 10;
    }
}

static void phase_run(struct world *world, struct phase *phase, double seconds) {
    static const uint8_t bytes[65536];
    settle(world);
    struct cable *cable = world->cable;
    dobos_time begin = clock_now(), now = begin, next = begin;
    dobos_time end = begin + (dobos_time)(seconds * 1e9), last = end + 2 * DOBOS_SECOND;
    uint64_t taken = atomic_load(&cable->in.tail), got = atomic_load(&cable->got), given = 0;
    uint64_t turns = 0;
    phase->start = begin;
    for (; now < (phase->clients && phase->opened < phase->begun ? last : end); now = clock_now()) {
        stolen_look(&cable->others, now);
        double elapsed = (double)(now - begin) / 1e9;
        if (now < end)
            attack(world, phase, now, &next);
        backscatter_drop(world, now);
        host_turn(world->host, world->pool, &cable->out, &cable->in, now);
        if (!phase->clients)
            continue;
        while (now < end && (double)phase->begun < elapsed * CLIENTS)
            client_begin(world, phase, now);
        if (turns++ % 4 == 0)
            clients_turn(world, phase, now);
        if (now < end && (double)given < elapsed * FLOW_BYTES) {
            int64_t done = dobos_send(world->flow, bytes, 1448);
            given += done > 0 ? (uint64_t)done : 0;
        }
        if (now < end)
            phase->flow_bytes = atomic_load(&cable->got) - got;
    }
    phase->stop = now;
    phase->seconds = seconds;
    phase->held = atomic_load(&cable->held);
    phase->cookies = atomic_load(&cable->cookies);
    if (phase->rate == UINT64_MAX)
        phase->syns = atomic_load(&cable->in.tail) - taken;
}

static int by_value(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static double percentile(const int64_t *values, size_t count, unsigned percent) {
    return count == 0 ? 1e9 : (double)values[(count - 1) * percent / 100] / 1000;
}

/* The handshakes in order, all of them and those that nothing disturbed: no gap of either process,
 * nor, at SHARE of what the host's core can do, the queue that a gap of the host's has left. */
static void phase_sort(struct phase *phase, const struct cable *cable, double share) {
    double drain = share / (100 - share);
    phase->handshakes = phase->opened < SAMPLES ? (size_t)phase->opened : SAMPLES;
    phase->calm = 0;
    for (size_t i = 0; i < phase->handshakes; i++) {
        const struct handshake *one = &phase->all[i];
        dobos_time end = one->began + one->took;
        phase->took[i] = one->took;
        if (!stolen_meets(&cable->host, one->began, end, drain) &&
            !stolen_meets(&cable->others, one->began, end, 0))
            phase->undisturbed[phase->calm++] = one->took;
    }
    qsort(phase->took, phase->handshakes, sizeof phase->took[0], by_value);
    qsort(phase->undisturbed, phase->calm, sizeof phase->undisturbed[0], by_value);
}

static void phase_print(struct phase *phase) {
    printf("%s\t%.0f\t%llu\t%llu\t%.0f\t%.0f\t%zu\t%.0f\t%.3f\t%zu\t%llu\n", phase->name,
           (double)phase->syns / phase->seconds, (unsigned long long)phase->begun,
           (unsigned long long)phase->opened,
           phase->clients ? percentile(phase->took, phase->handshakes, 50) : 0,
           phase->clients ? percentile(phase->took, phase->handshakes, 99) : 0, phase->calm,
           phase->clients ? percentile(phase->undisturbed, phase->calm, 99) : 0,
           (double)phase->flow_bytes * 8 / 1e6 / phase->seconds, phase->held / 1024,
           (unsigned long long)phase->cookies);
    (void)fflush(stdout);
}

static void stolen_print(const char *who, const struct stolen *stolen, const struct phase *phase) {
    struct stolen_sum sum = stolen_between(stolen, phase->start, phase->stop);
    printf("while %s ran, %s was not running %u times, %.1f ms in all, %.1f ms at longest\n",
           phase->name, who, sum.count, (double)sum.all / 1e6, (double)sum.longest / 1e6);
}

/* The bound is three times the calm percentile: of all handshakes, or of the undisturbed in both
 * phases when those are at least half of all. */
static int judge_handshakes(const struct cable *cable, struct phase *calm, struct phase *flood) {
    double bound = 3 * percentile(calm->took, calm->handshakes, 99);
    double reached = percentile(flood->took, flood->handshakes, 99);
    stolen_print("the host", &cable->host, flood);
    stolen_print("the other process", &cable->others, flood);
    if (reached <= bound)
        return 0;
    printf("handshakes take more than three times as long: %.0f µs of %.0f\n", reached, bound);
    bound = 3 * percentile(calm->undisturbed, calm->calm, 99);
    reached = percentile(flood->undisturbed, flood->calm, 99);
    printf("of %zu that met no gap, nor its queue, 99 %% take %.0f µs of %.0f\n", flood->calm,
           reached, bound);
    return 2 * flood->calm < flood->handshakes || reached > bound;
}

static int judge(const struct cable *cable, struct phase *calm, struct phase *flood,
                 struct phase *after) {
    int faults = judge_handshakes(cable, calm, flood);
    if (faults > 0)
        printf("not held: handshakes take more than three times as long\n");
    if ((double)flood->syns < 0.95 * (double)flood->rate * flood->seconds)
        faults += printf("not measured: the attacker did not come to his rate\n") > 0;
    if (flood->opened < flood->begun)
        faults += printf("not held: a client was not served\n") > 0;
    if ((double)flood->flow_bytes < 0.9 * (double)calm->flow_bytes)
        faults += printf("not held: the flow lost more than a tenth\n") > 0;
    if (after->held > calm->held + GROWTH)
        faults += printf("not held: memory has grown\n") > 0;
    return faults > 0;
}

static struct phase limit = {.name = "limit", .rate = UINT64_MAX},
                    calm = {.name = "calm", .clients = true},
                    flood = {.name = "flood", .clients = true},
                    after = {.name = "after", .clients = true};
static struct world world;

int main(int argc, char **argv) {
    double seconds = argc > 1 ? strtod(argv[1], NULL) : 5;
    double share = argc > 2 ? strtod(argv[2], NULL) : 90;
    world.cable =
        mmap(NULL, sizeof *world.cable, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (world.cable == MAP_FAILED || seconds < 0.1 || share <= 0 || share >= 100)
        return 2;
    pid_t child = fork();
    if (child == 0)
        server(world.cable);
    stand_on(0);
    world.host = host_make(&world.pool, OTHERS);
    world.salt = 1;
    printf("phase\tSYNs/s\tclients\tserved\tp50 µs\tp99 µs\tundisturbed\ttheir p99 µs\tMbit/s\t"
           "held KiB\tcookies\n");
    world.flow = connect_to(&world, PORT_FLOW);
    while (!(dobos_socket_ready(world.flow) & DOBOS_WRITABLE))
        host_turn(world.host, world.pool, &world.cable->out, &world.cable->in, clock_now());
    phase_run(&world, &calm, seconds);
    phase_sort(&calm, world.cable, 0);
    phase_print(&calm);
    phase_run(&world, &limit, seconds);
    phase_print(&limit);
    flood.rate = (uint64_t)((double)limit.syns / limit.seconds * share / 100);
    phase_run(&world, &flood, seconds);
    phase_sort(&flood, world.cable, share);
    phase_print(&flood);
    phase_run(&world, &after, seconds);
    phase_sort(&after, world.cable, 0);
    phase_print(&after);
    atomic_store(&world.cable->end, true);
    (void)waitpid(child, NULL, 0);
    return judge(world.cable, &calm, &flood, &after);
}
