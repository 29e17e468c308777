/*
 * udp_flood: small datagrams as fast as the kernel takes them, and how many arrive. The same
 * program stands at both ends of whatever router is between.
 *
 *     udp_flood send ADDRESS PORT BYTES SECONDS      prints how many it has sent
 *     udp_flood count PORT SECONDS                   prints "ready", then how many have come in the
 *                                                    time since the first
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BURST 64

static double now(void) {
    struct timespec time;
    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static int send_all(const char *address, uint16_t port, size_t bytes, double seconds) {
    static uint8_t payload[1472];
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct iovec part = {payload, bytes};
    struct mmsghdr messages[BURST];
    uint64_t sent = 0;
    int made = socket(AF_INET, SOCK_DGRAM, 0);
    if (bytes > sizeof payload || inet_pton(AF_INET, address, &to.sin_addr) != 1 || made < 0 ||
        connect(made, (const struct sockaddr *)&to, sizeof to) != 0)
        return 2;
    for (size_t i = 0; i < BURST; i++)
        messages[i] = (struct mmsghdr){.msg_hdr = {.msg_iov = &part, .msg_iovlen = 1}};
    for (double end = now() + seconds; now() < end;) {
        int count = sendmmsg(made, messages, BURST, 0);
        sent += count > 0 ? (uint64_t)count : 0;
    }
    printf("%" PRIu64 "\n", sent);
    return 0;
}

static int count_all(uint16_t port, double seconds) {
    static uint8_t payload[BURST][2048];
    struct iovec parts[BURST];
    struct mmsghdr messages[BURST];
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons(port)};
    const int room = 8 << 20;
    const struct timeval patience = {.tv_sec = 1};
    uint64_t count = 0;
    double first = 0, last = 0;
    int made = socket(AF_INET, SOCK_DGRAM, 0);
    if (made < 0 || bind(made, (const struct sockaddr *)&own, sizeof own) != 0 ||
        setsockopt(made, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) != 0 ||
        setsockopt(made, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0)
        return 2;
    for (size_t i = 0; i < BURST; i++)
        parts[i] = (struct iovec){payload[i], sizeof payload[i]};
    puts("ready");
    (void)fflush(stdout);
    for (double give_up = now() + seconds + 10; now() < give_up;) {
        for (size_t i = 0; i < BURST; i++)
            messages[i] = (struct mmsghdr){.msg_hdr = {.msg_iov = &parts[i], .msg_iovlen = 1}};
        int got = recvmmsg(made, messages, BURST, MSG_WAITFORONE, NULL);
        if (got < 0 && errno == EAGAIN && count > 0)
            break;
        if (got <= 0)
            continue;
        last = now();
        if (count == 0)
            first = last;
        count += (uint64_t)got;
        if (last - first >= seconds)
            break;
    }
    printf("%.0f\n", last > first ? (double)count / (last - first) : 0.0);
    return 0;
}

int main(int argc, char **argv) {
    if (argc == 6 && strcmp(argv[1], "send") == 0)
        return send_all(argv[2], (uint16_t)atoi(argv[3]), (size_t)atoi(argv[4]), atof(argv[5]));
    if (argc == 4 && strcmp(argv[1], "count") == 0)
        return count_all((uint16_t)atoi(argv[2]), atof(argv[3]));
    (void)fprintf(stderr,
                  "usage: udp_flood send ADDRESS PORT BYTES SECONDS | count PORT SECONDS\n");
    return 2;
}
