/*
 * beside_linux: TCP of ours and of the kernel over the same cable, in real time. Each side of a
 * cable element (rate, delay, loss, queue) has a kernel's end, in a network namespace of its own
 * behind a TAP device without offloads, and may have an end of ours. Flows go from the left to the
 * right for a while; what the receiving program got after the first part of it counts.
 *
 *     beside_linux [--rate MBIT] [--rtt MS] [--jitter MS] [--loss PERCENT] [--congestion NAME]
 *                  [--kernel-flows N] [--dobos-flows N] [--receiver kernel|dobos]
 *                  [--seconds N] [--skip N] [--seed N] [--ecn] [--bytes N]
 *
 * Prints one line with tabs: rate, rtt, loss, congestion, receiver, then for each flow who sent it
 * and its Mbit/s, then the sum and Jain's index. With --jitter each frame's way is longer or
 * shorter by up to so much: flows of one round trip over one full queue are otherwise in phase with
 * it, and who comes a moment later is dropped each time, whatever his algorithm (Floyd, Jacobson
 * 1991). With --bytes each flow sends that much and closes; the line then says the seconds it took.
 * Needs root (or a user namespace with the right to make devices). Exit status 0 when every flow
 * carried what it was asked to.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <dobos/os.h>
#include <dobos/socket.h>

#include "link/cable.h"

#define PORT          7008
#define FLOWS         16 /* at most */
#define PIECE         65536
#define FRAME_BYTES   1538 /* of a full frame on the wire */
#define QUEUE_MIN     100
#define KERNEL_SUFFIX 1 /* 10.78.0.1 on the left, 10.78.0.2 on the right */
#define DOBOS_SUFFIX  3 /* 10.78.0.3 and 10.78.0.4 */

enum side_name {
    LEFT,
    RIGHT
};

static struct {
    double rate_mbit, rtt_ms, loss, jitter_ms;
    const char *congestion;
    unsigned kernel_flows, dobos_flows;
    bool receiver_is_dobos, ecn;
    unsigned seconds, skip;
    uint64_t seed, bytes;
} asked = {
    .rate_mbit = 10, .rtt_ms = 20, .congestion = "cubic", .seconds = 20, .skip = 5, .seed = 1};

static pthread_barrier_t ready;
static atomic_bool over;
static atomic_uint finished; /* flows whose receiver has seen their end */

/* One flow as its receiver sees it: its first byte is its number, the kernel's go first. */
static struct {
    atomic_ullong got; /* bytes */
} flows[FLOWS];

struct kernel_end {
    enum side_name side;
    struct dobos_pool *pool;
    struct dobos_tap *tap;
    pthread_t thread;
};

struct dobos_end {
    struct dobos_host *host; /* NULL: there is none on this side */
    struct dobos_mac mac;
    struct dobos_socket *listener;
    struct dobos_socket *sockets[FLOWS];
    uint64_t sent[FLOWS];
    unsigned count;
};

static struct kernel_end kernels[2];
static struct dobos_end ends[2];
static struct cable cables[2]; /* [LEFT]: from the left */
static uint8_t zeros[PIECE];

static _Noreturn void die(const char *what, int error) {
    (void)fprintf(stderr, "beside_linux: %s: %s\n", what, strerror(error));
    exit(1);
}

static uint32_t address_of(bool is_dobos, enum side_name side) {
    return UINT32_C(0x0a4e0000) + (is_dobos ? DOBOS_SUFFIX : KERNEL_SUFFIX) + side;
}

/* ---- the kernel's ends: threads, each in a namespace of its own ---- */

static void file_write(const char *path, const char *text) {
    FILE *file = fopen(path, "w");
    if (!file)
        return;
    (void)fputs(text, file);
    (void)fclose(file);
}

static void device_plain(int socket, unsigned command) {
    struct ethtool_value value = {.cmd = command, .data = 0};
    struct ifreq request = {.ifr_data = (void *)&value};
    (void)snprintf(request.ifr_name, sizeof request.ifr_name, "cable");
    (void)ioctl(socket, SIOCETHTOOL, &request);
}

/* A TAP device in a namespace that this thread alone is in. */
static void namespace_make(struct kernel_end *end) {
    struct dobos_tap_config device = {.size = sizeof device, .name = "cable"};
    char command[256];
    if (unshare(CLONE_NEWNET) < 0)
        die("a network namespace", errno);
    int result = dobos_tap_open(&device, end->pool, &end->tap);
    if (result < 0)
        die("a TAP device", -result);
    file_write("/proc/sys/net/ipv6/conf/cable/disable_ipv6", "1");
    file_write("/proc/sys/net/ipv4/tcp_ecn", asked.ecn ? "1" : "0");
    file_write("/proc/sys/net/ipv4/tcp_wmem", "4096 262144 67108864");
    file_write("/proc/sys/net/ipv4/tcp_rmem", "4096 262144 67108864");
    struct in_addr address = {htonl(address_of(false, end->side))};
    (void)snprintf(command, sizeof command,
                   "ip link set lo up && ip addr add %s/24 dev cable && ip link set cable up",
                   inet_ntoa(address));
    if (system(command) != 0)
        die("configuring the TAP device", EINVAL);
    int socket_ = socket(AF_INET, SOCK_DGRAM, 0);
    device_plain(socket_, ETHTOOL_STSO);
    device_plain(socket_, ETHTOOL_SGSO);
    device_plain(socket_, ETHTOOL_SGRO);
    close(socket_);
}

static int socket_make(void) {
    int made = socket(AF_INET, SOCK_STREAM, 0);
    if (made < 0)
        die("a socket", errno);
    if (setsockopt(made, IPPROTO_TCP, TCP_CONGESTION, asked.congestion,
                   (socklen_t)strlen(asked.congestion)) < 0)
        die(asked.congestion, errno);
    return made;
}

/* One flow of the kernel's. */
static void *kernel_send(void *argument) {
    uint8_t number = (uint8_t)(uintptr_t)argument;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(PORT)};
    to.sin_addr.s_addr = htonl(address_of(asked.receiver_is_dobos, RIGHT));
    int s = socket_make();
    if (connect(s, (struct sockaddr *)&to, sizeof to) < 0)
        die("connect", errno);
    uint64_t sent = 1;
    if (send(s, &number, 1, MSG_NOSIGNAL) != 1)
        die("send", errno);
    while (!over && (asked.bytes == 0 || sent < asked.bytes)) {
        uint64_t rest = asked.bytes ? asked.bytes - sent : PIECE;
        ssize_t n = send(s, zeros, rest < PIECE ? (size_t)rest : PIECE, MSG_NOSIGNAL);
        if (n < 0)
            die("send", errno);
        sent += (uint64_t)n;
    }
    close(s);
    return NULL;
}

static void *kernel_take(void *argument) {
    int s = (int)(intptr_t)argument;
    uint8_t *bytes = malloc(PIECE);
    uint8_t number = 0;
    if (!bytes || recv(s, &number, 1, 0) != 1 || number >= FLOWS)
        die("the first byte", EBADMSG);
    flows[number].got = 1;
    ssize_t n;
    while ((n = recv(s, bytes, PIECE, 0)) > 0)
        flows[number].got += (uint64_t)n;
    if (n < 0 && !over)
        die("recv", errno);
    finished++;
    free(bytes);
    close(s);
    return NULL;
}

static void *kernel_run(void *argument) {
    struct kernel_end *end = argument;
    pthread_t thread;
    namespace_make(end);
    int listener = -1;
    if (end->side == RIGHT && !asked.receiver_is_dobos) {
        struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(PORT)};
        listener = socket_make();
        if (bind(listener, (struct sockaddr *)&at, sizeof at) < 0 || listen(listener, FLOWS) < 0)
            die("listen", errno);
    }
    (void)pthread_barrier_wait(&ready);
    if (end->side == LEFT) {
        for (unsigned i = 0; i < asked.kernel_flows; i++)
            (void)pthread_create(&thread, NULL, kernel_send, (void *)(uintptr_t)i);
    } else if (listener >= 0) {
        for (;;) {
            int taken = accept(listener, NULL, NULL);
            if (taken < 0)
                die("accept", errno);
            (void)pthread_create(&thread, NULL, kernel_take, (void *)(intptr_t)taken);
        }
    }
    for (;;)
        (void)pause();
}

/* ---- our ends ---- */

static enum dobos_congestion congestion_of(const char *name) {
    if (strcmp(name, "cubic") == 0)
        return DOBOS_CONGESTION_CUBIC;
    if (strcmp(name, "reno") == 0)
        return DOBOS_CONGESTION_RENO;
    if (strcmp(name, "bbr") == 0)
        return DOBOS_CONGESTION_BBR;
    die(name, EINVAL);
}

static void end_make(struct dobos_pool *pool, enum side_name side) {
    struct dobos_end *end = &ends[side];
    struct dobos_host_config self = {.size = sizeof self, .name = "dobos"};
    end->mac = (struct dobos_mac){{2, 0, 0, 0, 0x78, (uint8_t)(DOBOS_SUFFIX + side)}};
    struct dobos_interface_config eth0 = {.size = sizeof eth0, .name = "eth0", .mac = end->mac};
    struct dobos_interface_address address = {
        .prefix = {dobos_address_ipv4(address_of(true, side)), 24},
        .valid_until = DOBOS_NEVER,
        .preferred_until = DOBOS_NEVER};
    self.tcp.congestion = congestion_of(asked.congestion);
    self.tcp.ecn = asked.ecn ? DOBOS_ECN_ON : DOBOS_ECN_OFF;
    if (dobos_os_entropy(self.key, sizeof self.key) < 0 ||
        dobos_host_create(pool, &self, dobos_os_now(), &end->host) < 0 ||
        dobos_interface_add(end->host, &eth0) != 2 || dobos_address_add(end->host, 2, &address) < 0)
        die("a host", ENOMEM);
}

static void end_listen(struct dobos_end *end) {
    struct dobos_endpoint at = {.address = dobos_address_ipv4(0), .port = PORT};
    if (dobos_socket_create(end->host, DOBOS_TCP, NULL, &end->listener) < 0 ||
        dobos_bind(end->listener, &at) < 0 || dobos_listen(end->listener, FLOWS) < 0)
        die("dobos_listen", EINVAL);
}

static void end_connect(struct dobos_end *end) {
    struct dobos_endpoint to = {
        .address = dobos_address_ipv4(address_of(asked.receiver_is_dobos, RIGHT)), .port = PORT};
    for (; end->count < asked.dobos_flows; end->count++) {
        struct dobos_socket **s = &end->sockets[end->count];
        if (dobos_socket_create(end->host, DOBOS_TCP, NULL, s) < 0 ||
            dobos_connect(*s, &to) != -DOBOS_EINPROGRESS)
            die("dobos_connect", EINVAL);
    }
}

static void end_send(struct dobos_end *end) {
    for (unsigned i = 0; i < end->count; i++) {
        if (!end->sockets[i])
            continue;
        for (;;) {
            uint8_t number = (uint8_t)(asked.kernel_flows + i);
            uint64_t *sent = &end->sent[i];
            uint64_t rest = asked.bytes ? asked.bytes - *sent : PIECE;
            if (rest == 0) {
                dobos_close(end->sockets[i]);
                end->sockets[i] = NULL;
                break;
            }
            size_t piece = rest < PIECE ? (size_t)rest : PIECE;
            int64_t n =
                dobos_send(end->sockets[i], *sent == 0 ? &number : zeros, *sent == 0 ? 1 : piece);
            if (n == -DOBOS_EAGAIN)
                break;
            if (n < 0)
                die("dobos_send", (int)-n);
            *sent += (uint64_t)n;
        }
    }
}

/* A receiver's sockets: `sent` holds the flow's number and one more, 0: not told yet. */
static void end_receive(struct dobos_end *end) {
    static uint8_t bytes[PIECE];
    while (end->count < FLOWS && dobos_accept(end->listener, &end->sockets[end->count], NULL) == 0)
        end->count++;
    for (unsigned i = 0; i < end->count; i++) {
        int64_t n;
        if (!end->sockets[i])
            continue;
        if (end->sent[i] == 0) {
            if (dobos_receive(end->sockets[i], bytes, 1) != 1)
                continue;
            end->sent[i] = bytes[0] + 1u;
            flows[bytes[0]].got++;
        }
        while ((n = dobos_receive(end->sockets[i], bytes, PIECE)) > 0)
            flows[end->sent[i] - 1].got += (uint64_t)n;
        if (n == 0) {
            dobos_close(end->sockets[i]);
            end->sockets[i] = NULL;
            finished++;
        }
    }
}

static void end_step(enum side_name side) {
    if (side == RIGHT)
        end_receive(&ends[side]);
    else
        end_send(&ends[side]);
}

/* ---- the cable ---- */

/* Frames that leave a side; false: none. */
static bool side_output(enum side_name side, dobos_time now) {
    struct dobos_packet *packets[DOBOS_BURST_PACKETS];
    int count = dobos_tap_read(kernels[side].tap, packets, DOBOS_BURST_PACKETS);
    bool any = count > 0;
    for (int i = 0; i < count; i++)
        cable_send(&cables[side], packets[i], now);
    if (!ends[side].host)
        return any;
    if (dobos_next_deadline(ends[side].host) <= now)
        dobos_advance(ends[side].host, now);
    unsigned made;
    while ((made = dobos_output(ends[side].host, 2, packets, DOBOS_BURST_PACKETS, now)) > 0) {
        for (unsigned i = 0; i < made; i++) {
            packet_finish_checksum(packets[i]);
            cable_send(&cables[side], packets[i], now);
        }
        any = true;
    }
    return any;
}

/* A frame that has come to a side goes to whom it is for; to all: to both. */
static void side_deliver(enum side_name side, struct dobos_packet *packet, dobos_time now) {
    uint8_t to[6];
    struct dobos_end *end = &ends[side];
    bool has = dobos_packet_read(packet, 0, to, 6) == 6;
    bool is_ours = end->host && has && memcmp(to, &end->mac, 6) == 0;
    if (end->host && has && (to[0] & 1)) {
        struct dobos_packet *copy = dobos_packet_clone(packet);
        if (copy)
            (void)dobos_input(end->host, 2, &copy, 1, now);
    }
    if (is_ours)
        (void)dobos_input(end->host, 2, &packet, 1, now);
    else if (dobos_tap_write(kernels[side].tap, &packet, 1) != 1)
        dobos_packet_release(packet);
}

static bool side_input(enum side_name side, dobos_time now) {
    struct dobos_packet *packet;
    bool any = false;
    while ((packet = cable_receive(&cables[1 - side], now))) {
        side_deliver(side, packet, now);
        any = true;
    }
    if (any && ends[side].host)
        end_step(side);
    return any;
}

static void wait_until(dobos_time until) {
    struct pollfd polled[2];
    dobos_time now = dobos_os_now();
    dobos_time rest = until > now ? until - now : 0;
    struct timespec timeout = {rest / DOBOS_SECOND, rest % DOBOS_SECOND};
    for (unsigned i = 0; i < 2; i++)
        polled[i] = (struct pollfd){.fd = dobos_tap_descriptor(kernels[i].tap), .events = POLLIN};
    (void)ppoll(polled, 2, &timeout, NULL);
}

static void carry_until(dobos_time until) {
    for (;;) {
        dobos_time now = dobos_os_now(), next = until;
        bool any = false;
        if (now >= until || (asked.bytes && finished == asked.kernel_flows + asked.dobos_flows))
            return;
        for (unsigned i = 0; i < 2; i++)
            any |= side_output((enum side_name)i, now);
        for (unsigned i = 0; i < 2; i++)
            any |= side_input((enum side_name)i, now);
        if (any)
            continue;
        for (unsigned i = 0; i < 2; i++) {
            if (ends[i].host)
                end_step((enum side_name)i);
            dobos_time due = cable_next(&cables[i]);
            if (ends[i].host && dobos_output_is_pending(ends[i].host, 2))
                due = now;
            else if (ends[i].host && dobos_next_deadline(ends[i].host) < due)
                due = dobos_next_deadline(ends[i].host);
            next = due < next ? due : next;
        }
        wait_until(next);
    }
}

static void cables_make(struct dobos_pool *pool) {
    double bdp = asked.rate_mbit * 1e6 * asked.rtt_ms / 1e3 / 8 / FRAME_BYTES;
    struct impairments impairments = {
        .rate_bits_per_second = (uint64_t)(asked.rate_mbit * 1e6),
        .delay_ns = (dobos_time)(asked.rtt_ms / 2 * 1e6),
        .jitter_ns = (dobos_time)(asked.jitter_ms * 1e6),
        .loss = (uint64_t)(asked.loss / 100 * 4294967296.0),
        /* What is under way counts, and behind it the queue: a bandwidth-delay product. */
        .limit_packets = (uint32_t)(bdp / 2 + (bdp > QUEUE_MIN ? bdp : QUEUE_MIN)),
    };
    cable_init(&cables[LEFT], pool_allocator(pool), &impairments, asked.seed);
    impairments.loss = 0; /* acknowledgments come through */
    cable_init(&cables[RIGHT], pool_allocator(pool), &impairments, asked.seed + 1);
}

/* ---- arguments and results ---- */

static _Noreturn void usage(void) {
    (void)fprintf(stderr,
                  "usage: beside_linux [--rate MBIT] [--rtt MS] [--jitter MS] [--loss PERCENT] "
                  "[--congestion cubic|reno|bbr]\n    [--kernel-flows N] [--dobos-flows N] "
                  "[--receiver kernel|dobos] [--seconds N] [--skip N]\n    [--seed N] "
                  "[--ecn] [--bytes N]\n");
    exit(2);
}

static void arguments_read(int argc, char **argv) {
    static const struct option options[] = {{"rate", required_argument, NULL, 'r'},
                                            {"rtt", required_argument, NULL, 't'},
                                            {"loss", required_argument, NULL, 'l'},
                                            {"congestion", required_argument, NULL, 'c'},
                                            {"kernel-flows", required_argument, NULL, 'k'},
                                            {"dobos-flows", required_argument, NULL, 'd'},
                                            {"receiver", required_argument, NULL, 'v'},
                                            {"seconds", required_argument, NULL, 's'},
                                            {"skip", required_argument, NULL, 'i'},
                                            {"seed", required_argument, NULL, 'e'},
                                            {"ecn", no_argument, NULL, 'n'},
                                            {"jitter", required_argument, NULL, 'j'},
                                            {"bytes", required_argument, NULL, 'b'},
                                            {NULL, 0, NULL, 0}};
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 'r':
            asked.rate_mbit = atof(optarg);
            break;
        case 't':
            asked.rtt_ms = atof(optarg);
            break;
        case 'l':
            asked.loss = atof(optarg);
            break;
        case 'c':
            asked.congestion = optarg;
            break;
        case 'k':
            asked.kernel_flows = (unsigned)atoi(optarg);
            break;
        case 'd':
            asked.dobos_flows = (unsigned)atoi(optarg);
            break;
        case 'v':
            asked.receiver_is_dobos = strcmp(optarg, "dobos") == 0;
            break;
        case 's':
            asked.seconds = (unsigned)atoi(optarg);
            break;
        case 'i':
            asked.skip = (unsigned)atoi(optarg);
            break;
        case 'e':
            asked.seed = strtoull(optarg, NULL, 10);
            break;
        case 'j':
            asked.jitter_ms = atof(optarg);
            break;
        case 'n':
            asked.ecn = true;
            break;
        case 'b':
            asked.bytes = strtoull(optarg, NULL, 10);
            break;
        default:
            usage();
        }
    }
    unsigned count = asked.kernel_flows + asked.dobos_flows;
    if (optind < argc || count < 1 || count > FLOWS || asked.rate_mbit <= 0 || asked.rtt_ms < 0 ||
        asked.skip >= asked.seconds)
        usage();
}

static void results_print(const uint64_t before[FLOWS], double seconds) {
    unsigned count = asked.kernel_flows + asked.dobos_flows;
    double sum = 0, squares = 0;
    printf("%g\t%g\t%g\t%s\t%s", asked.rate_mbit, asked.rtt_ms, asked.loss, asked.congestion,
           asked.receiver_is_dobos ? "dobos" : "kernel");
    for (unsigned i = 0; i < count; i++) {
        double rate = (double)(flows[i].got - before[i]) * 8 / 1e6 / seconds;
        printf("\t%s %.3f", i < asked.kernel_flows ? "kernel" : "dobos", rate);
        sum += rate;
        squares += rate * rate;
    }
    printf("\t%.3f\t%.3f", sum, squares > 0 ? sum * sum / (count * squares) : 0);
    if (asked.bytes)
        printf("\t%.3f", seconds);
    printf("\tfrom the left: sent %" PRIu64 " lost %" PRIu64 " overflowed %" PRIu64 "\n",
           cables[LEFT].sent, cables[LEFT].lost, cables[LEFT].overflowed);
}

int main(int argc, char **argv) {
    struct dobos_pool_config memory = {.size = sizeof memory, .allocator = dobos_os_allocator()};
    struct dobos_pool *pool;
    uint64_t before[FLOWS] = {0};
    arguments_read(argc, argv);
    (void)prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
    if (dobos_pool_create(&memory, &pool) < 0)
        die("a pool", ENOMEM);
    (void)pthread_barrier_init(&ready, NULL, 2);
    for (unsigned i = 0; i < 2;
         i++) { /* one after the other: they share the pool while they begin */
        kernels[i] = (struct kernel_end){.side = (enum side_name)i, .pool = pool};
        if (pthread_create(&kernels[i].thread, NULL, kernel_run, &kernels[i]) != 0)
            die("a thread", errno);
        (void)pthread_barrier_wait(&ready);
    }
    cables_make(pool);
    if (asked.receiver_is_dobos) {
        end_make(pool, RIGHT);
        end_listen(&ends[RIGHT]);
    }
    if (asked.dobos_flows > 0) {
        end_make(pool, LEFT);
        end_connect(&ends[LEFT]);
    }
    dobos_time began = dobos_os_now();
    if (asked.bytes == 0) {
        carry_until(began + asked.skip * DOBOS_SECOND);
        began = dobos_os_now();
        for (unsigned i = 0; i < FLOWS; i++)
            before[i] = flows[i].got;
    }
    carry_until(began + (asked.seconds - asked.skip) * DOBOS_SECOND);
    results_print(before, (double)(dobos_os_now() - began) / 1e9);
    bool held = true;
    for (unsigned i = 0; i < asked.kernel_flows + asked.dobos_flows; i++)
        held &= asked.bytes ? flows[i].got == asked.bytes : flows[i].got > before[i];
    over = true;
    (void)fflush(stdout);
    _exit(held ? 0 : 1);
}
