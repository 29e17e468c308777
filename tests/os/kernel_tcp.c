/*
 * kernel_tcp: TCP of dobos against TCP of the kernel over a TAP device, in the network namespace it
 * is started in (which should be its own: unshare -n). One side connects, the other serves; each
 * connection says first how many bytes go each way, then both go at once, every byte is checked,
 * and both sides close.
 *
 *     kernel_tcp --client kernel|dobos [--connections N] [--at-once M] [--up BYTES] [--down BYTES]
 *
 * Up is from the client to the server. Exit status 0 when every connection carried every byte; a
 * line says how long it took.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <dobos/os.h>
#include <dobos/socket.h>

#define PORT        7007
#define KERNEL      "10.77.0.1"
#define KERNEL_HOST UINT32_C(0x0a4d0001)
#define DOBOS_HOST  UINT32_C(0x0a4d0002)
#define PERIOD      65521 /* of the pattern: no power of two, so that what is misplaced shows */
#define PIECE       65536
#define HEADER      16
#define STREAMS     1024
#define LIMIT       (900 * DOBOS_SECOND)

static uint8_t pattern[PERIOD + PIECE];

/* One end of a connection, of either stack. */
struct stream {
    bool used;                   /* this entry is */
    bool client;                 /* it connected */
    int descriptor;              /* the kernel's; -1: the socket is dobos' */
    struct dobos_socket *socket; /* dobos' */
    uint64_t to_send, to_get;    /* bytes; a server learns them from the header */
    uint64_t sent, got;          /* of them */
    size_t header;               /* bytes of the header sent or read */
    uint8_t header_bytes[HEADER];
    bool shut; /* it has ended its side */
};

struct side {
    struct stream streams[STREAMS];
    unsigned active, begun, finished; /* streams now, so far, and done */
    unsigned connections, at_once;    /* asked for */
    uint64_t up, down;                /* bytes of each */
    bool client;                      /* this side connects */
    int listener;                     /* the kernel's */
    struct dobos_host *host;          /* dobos'; NULL: this is the kernel's side */
    struct dobos_socket *dobos_listener;
};

static _Noreturn void die(const char *what, int error) {
    fprintf(stderr, "kernel_tcp: %s: %s\n", what, strerror(error));
    exit(1);
}

/* ---- bytes, by either stack: a count, 0 at the end, or the negative error ---- */

static int64_t stream_send(struct stream *s, const void *bytes, size_t length) {
    if (s->descriptor < 0)
        return dobos_send(s->socket, bytes, length);
    ssize_t sent = send(s->descriptor, bytes, length, MSG_NOSIGNAL);
    return sent < 0 ? -errno : sent;
}

static int64_t stream_get(struct stream *s, void *bytes, size_t room) {
    if (s->descriptor < 0)
        return dobos_receive(s->socket, bytes, room);
    ssize_t got = recv(s->descriptor, bytes, room, 0);
    return got < 0 ? -errno : got;
}

static void stream_shut(struct stream *s) {
    if (s->descriptor < 0)
        (void)dobos_shutdown(s->socket, DOBOS_SHUTDOWN_SEND);
    else
        (void)shutdown(s->descriptor, SHUT_WR);
    s->shut = true;
}

static void stream_close(struct side *side, struct stream *s) {
    if (s->descriptor < 0)
        dobos_close(s->socket);
    else
        close(s->descriptor);
    s->used = false;
    side->active--;
    side->finished++;
}

static bool is_later(int64_t result) {
    return result == -EAGAIN || result == -ENOTCONN || result == -EINPROGRESS;
}

/* The header: how much each way. False: not whole yet. */
static bool step_header(struct stream *s) {
    while (s->header < HEADER) {
        uint8_t *at = s->header_bytes + s->header;
        int64_t n = s->client ? stream_send(s, at, HEADER - s->header)
                              : stream_get(s, at, HEADER - s->header);
        if (is_later(n))
            return false;
        if (n <= 0)
            die(s->client ? "sending the header" : "reading the header", (int)-n);
        s->header += (size_t)n;
    }
    if (!s->client) {
        memcpy(&s->to_get, s->header_bytes, 8);
        memcpy(&s->to_send, s->header_bytes + 8, 8);
    }
    return true;
}

static void step_send(struct stream *s) {
    while (s->sent < s->to_send) {
        uint64_t rest = s->to_send - s->sent;
        int64_t n = stream_send(s, pattern + s->sent % PERIOD, rest < PIECE ? (size_t)rest : PIECE);
        if (is_later(n))
            return;
        if (n <= 0)
            die("sending", (int)-n);
        s->sent += (uint64_t)n;
    }
    if (!s->shut)
        stream_shut(s);
}

/* True: the peer has ended its side, and all has come. */
static bool step_get(struct stream *s) {
    static uint8_t bytes[PIECE];
    for (;;) {
        int64_t n = stream_get(s, bytes, sizeof bytes);
        if (is_later(n))
            return false;
        if (n < 0)
            die("receiving", (int)-n);
        if (n == 0)
            break;
        if (memcmp(bytes, pattern + s->got % PERIOD, (size_t)n) != 0)
            die("a wrong byte came", EBADMSG);
        s->got += (uint64_t)n;
    }
    if (s->got != s->to_get)
        die("the stream ended early", EBADMSG);
    return true;
}

static void stream_step(struct side *side, struct stream *s) {
    if (!step_header(s))
        return;
    step_send(s);
    bool ended = step_get(s);
    if (ended && s->sent == s->to_send)
        stream_close(side, s);
}

/* ---- beginning ---- */

static struct stream *stream_begin(struct side *side) {
    for (unsigned i = 0; i < STREAMS; i++) {
        struct stream *s = &side->streams[i];
        if (s->used)
            continue;
        *s = (struct stream){.used = true, .client = side->client, .descriptor = -1};
        if (side->client) {
            s->to_send = side->up;
            s->to_get = side->down;
            memcpy(s->header_bytes, &side->up, 8);
            memcpy(s->header_bytes + 8, &side->down, 8);
        }
        side->active++;
        side->begun++;
        return s;
    }
    die("too many streams", EMFILE);
}

static void connect_kernel(struct stream *s) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(PORT)};
    to.sin_addr.s_addr = htonl(DOBOS_HOST);
    s->descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (s->descriptor < 0)
        die("socket", errno);
    if (connect(s->descriptor, (struct sockaddr *)&to, sizeof to) < 0 && errno != EINPROGRESS)
        die("connect", errno);
}

static void connect_dobos(struct side *side, struct stream *s) {
    struct dobos_endpoint to = {.address = dobos_address_ipv4(KERNEL_HOST), .port = PORT};
    int result = dobos_socket_create(side->host, DOBOS_TCP, NULL, &s->socket);
    if (result == 0)
        result = dobos_connect(s->socket, &to);
    if (result != -DOBOS_EINPROGRESS)
        die("dobos_connect", -result);
    dobos_socket_user_set(s->socket, s);
}

/* The client's part of a step: as many connections as are wanted at once. */
static void side_connect(struct side *side) {
    while (side->client && side->active < side->at_once && side->begun < side->connections) {
        struct stream *s = stream_begin(side);
        if (side->host)
            connect_dobos(side, s);
        else
            connect_kernel(s);
    }
}

/* ---- the kernel's side ---- */

static void accept_kernel(struct side *side) {
    int descriptor;
    while ((descriptor = accept4(side->listener, NULL, NULL, SOCK_NONBLOCK)) >= 0)
        stream_begin(side)->descriptor = descriptor;
}

static void run_kernel(struct side *side) {
    static struct pollfd polled[STREAMS + 1];
    static unsigned which[STREAMS + 1];
    while (side->finished < side->connections) {
        unsigned count = 0;
        side_connect(side);
        if (!side->client)
            polled[count++] = (struct pollfd){.fd = side->listener, .events = POLLIN};
        for (unsigned i = 0; i < STREAMS; i++) {
            struct stream *s = &side->streams[i];
            if (!s->used)
                continue;
            bool writes = (s->client && s->header < HEADER) || s->sent < s->to_send;
            which[count] = i;
            polled[count++] = (struct pollfd){.fd = s->descriptor,
                                              .events = (short)(POLLIN | (writes ? POLLOUT : 0))};
        }
        if (poll(polled, count, 60000) <= 0)
            die("the kernel's side waited for a minute", ETIMEDOUT);
        for (unsigned i = side->client ? 0 : 1; i < count; i++) {
            if (polled[i].revents)
                stream_step(side, &side->streams[which[i]]);
        }
        if (!side->client && polled[0].revents)
            accept_kernel(side);
    }
}

static void listen_kernel(struct side *side) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(PORT)};
    side->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (side->listener < 0 || bind(side->listener, (struct sockaddr *)&at, sizeof at) < 0 ||
        listen(side->listener, 4096) < 0)
        die("listen", errno);
}

/* ---- dobos' side ---- */

static void accept_dobos(struct side *side) {
    struct dobos_socket *socket;
    while (dobos_accept(side->dobos_listener, &socket, NULL) == 0) {
        struct stream *s = stream_begin(side);
        s->socket = socket;
        dobos_socket_user_set(socket, s);
    }
}

static void listen_dobos(struct side *side) {
    struct dobos_endpoint at = {.address = dobos_address_ipv4(0), .port = PORT};
    int result = dobos_socket_create(side->host, DOBOS_TCP, NULL, &side->dobos_listener);
    if (result == 0)
        result = dobos_bind(side->dobos_listener, &at);
    if (result == 0)
        result = dobos_listen(side->dobos_listener, 1024);
    if (result < 0)
        die("dobos_listen", -result);
}

/* Whether a connection has sent what has not been acknowledged yet. */
static bool is_owing(const struct dobos_host *host) {
    struct dobos_socket_info info;
    for (uint32_t i = 0; dobos_socket_read(host, i, &info) == 0; i++)
        if (info.state != DOBOS_TCP_LISTEN && info.send_queue > 0)
            return true;
    return false;
}

/* Returns when the last byte was there. */
static dobos_time run_dobos(struct side *side, struct dobos_tap *tap) {
    struct dobos_poller *poller = dobos_poller_default(side->host);
    struct dobos_event events[64];
    dobos_time end = dobos_os_now() + LIMIT;
    while (side->finished < side->connections) {
        side_connect(side);
        int result = dobos_os_turn(side->host, 2, tap, end);
        if (result < 0)
            die("dobos_os_turn", -result);
        if (dobos_os_now() > end)
            die("dobos' side", ETIMEDOUT);
        int count;
        while ((count = dobos_poller_next(poller, events, 64)) > 0) {
            for (int i = 0; i < count; i++) {
                if (events[i].socket == side->dobos_listener)
                    accept_dobos(side);
                else
                    stream_step(side, events[i].user);
            }
        }
    }
    dobos_time finished = dobos_os_now();
    /* What the last connections still have to say, as often as it takes. */
    while (is_owing(side->host) && dobos_os_now() < end)
        (void)dobos_os_turn(side->host, 2, tap, dobos_os_now() + DOBOS_SECOND / 10);
    dobos_time quiet = dobos_os_now() + DOBOS_SECOND / 2;
    while (dobos_os_now() < quiet)
        (void)dobos_os_turn(side->host, 2, tap, quiet);
    return finished;
}

static struct dobos_host *make_host(struct dobos_pool **pool, struct dobos_tap **tap) {
    struct dobos_pool_config memory = {.size = sizeof memory, .allocator = dobos_os_allocator()};
    struct dobos_tap_config device = {.size = sizeof device, .name = "dobos0", .offload = true};
    struct dobos_host_config self = {.size = sizeof self, .name = "dobos"};
    struct dobos_interface_config eth0 = {.size = sizeof eth0,
                                          .name = "eth0",
                                          .mac = {{2, 0, 0, 0, 0, 2}},
                                          .offload_checksum = true,
                                          .offload_tso = true};
    struct dobos_interface_address address = {.prefix = {dobos_address_ipv4(DOBOS_HOST), 24},
                                              .valid_until = DOBOS_NEVER,
                                              .preferred_until = DOBOS_NEVER};
    struct dobos_host *host;
    if (dobos_os_entropy(self.key, sizeof self.key) < 0 || dobos_pool_create(&memory, pool) < 0)
        die("making the pool", ENOMEM);
    int result = dobos_tap_open(&device, *pool, tap);
    if (result < 0)
        die("opening the TAP device", -result);
    if (dobos_host_create(*pool, &self, dobos_os_now(), &host) < 0 ||
        dobos_interface_add(host, &eth0) != 2 || dobos_address_add(host, 2, &address) < 0)
        die("making the host", ENOMEM);
    if (system("ip link set dobos0 up && ip addr add " KERNEL "/24 dev dobos0") != 0)
        die("configuring dobos0", EINVAL);
    return host;
}

/* ---- both ---- */

static void read_arguments(int argc, char **argv, struct side *side, bool *dobos_is_client) {
    static const struct option options[] = {
        {"client", required_argument, NULL, 'c'},  {"connections", required_argument, NULL, 'n'},
        {"at-once", required_argument, NULL, 'm'}, {"up", required_argument, NULL, 'u'},
        {"down", required_argument, NULL, 'd'},    {NULL, 0, NULL, 0}};
    int option;
    side->connections = side->at_once = 1;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'c')
            *dobos_is_client = strcmp(optarg, "dobos") == 0;
        else if (option == 'n')
            side->connections = (unsigned)atoi(optarg);
        else if (option == 'm')
            side->at_once = (unsigned)atoi(optarg);
        else if (option == 'u')
            side->up = strtoull(optarg, NULL, 10);
        else if (option == 'd')
            side->down = strtoull(optarg, NULL, 10);
        else
            exit(2);
    }
    if (side->at_once > STREAMS)
        die("--at-once", ERANGE);
}

int main(int argc, char **argv) {
    static struct side kernel = {.listener = -1};
    static struct side dobos = {.listener = -1};
    struct dobos_pool *pool;
    struct dobos_tap *tap;
    bool dobos_is_client = false;
    read_arguments(argc, argv, &kernel, &dobos_is_client);
    dobos = kernel;
    dobos.client = dobos_is_client;
    kernel.client = !dobos_is_client;
    for (size_t i = 0; i < sizeof pattern; i++)
        pattern[i] = (uint8_t)(i % PERIOD * 2654435761u >> 11);
    dobos.host = make_host(&pool, &tap);
    if (dobos_is_client)
        listen_kernel(&kernel);
    else
        listen_dobos(&dobos);
    dobos_time began = dobos_os_now();
    pid_t child = fork();
    if (child < 0)
        die("fork", errno);
    if (child == 0) {
        close(dobos_tap_descriptor(tap));
        run_kernel(&kernel);
        _exit(0);
    }
    dobos_time finished = run_dobos(&dobos, tap);
    int status = 0;
    waitpid(child, &status, 0);
    double seconds = (double)(finished - began) / 1e9;
    double gigabits = (double)(dobos.up + dobos.down) * 8 * dobos.connections / 1e9;
    printf("%u connections from %s, %u at once, %" PRIu64 " bytes up and %" PRIu64
           " down each: %.2f s, %.2f Gbit/s, %.0f connections/s\n",
           dobos.connections, dobos_is_client ? "dobos" : "the kernel", dobos.at_once, dobos.up,
           dobos.down, seconds, gigabits / seconds, dobos.connections / seconds);
    dobos_close(dobos.dobos_listener);
    dobos_host_destroy(dobos.host);
    dobos_tap_close(tap);
    dobos_pool_destroy(pool);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : 1;
}
