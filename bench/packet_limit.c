/*
 * packet_limit: what a router by packet sockets cannot go beyond: frames are read from one
 * interface and written to the other as they are, but for their destination link address. No header
 * is looked at, no time to live falls, no neighbour is asked.
 *
 *     packet_limit INTERFACE MAC INTERFACE MAC      MAC: of who stands at that interface's other
 * end
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <dobos/os.h>
#include <linux/if_packet.h>
#include <sys/socket.h>

#define BURST       64
#define FRAME_BYTES 65664

static uint8_t frames[BURST][FRAME_BYTES];
static volatile sig_atomic_t has_ended;

static void end(int signal) {
    (void)signal;
    has_ended = 1;
}

/* Reads a burst from one descriptor and writes it to the other. */
static int pass(int from, int to, const struct dobos_mac *mac) {
    struct mmsghdr messages[BURST];
    struct iovec parts[BURST];
    for (int i = 0; i < BURST; i++) {
        parts[i] = (struct iovec){frames[i], FRAME_BYTES};
        messages[i] = (struct mmsghdr){.msg_hdr = {.msg_iov = &parts[i], .msg_iovlen = 1}};
    }
    int got = recvmmsg(from, messages, BURST, MSG_DONTWAIT, NULL);
    for (int i = 0; i < got; i++) {
        parts[i].iov_len = messages[i].msg_len;
        memcpy(frames[i] + 10, mac, sizeof *mac);
    }
    for (int done = 0; done < got;) {
        int sent = sendmmsg(to, messages + done, (unsigned)(got - done), MSG_DONTWAIT);
        done += sent > 0 ? sent : 1;
    }
    return got > 0 ? got : 0;
}

int main(int argc, char **argv) {
    struct dobos_pool_config memory = {.size = sizeof memory, .allocator = dobos_os_allocator()};
    struct dobos_pool *pool = NULL;
    struct dobos_tap *taps[2] = {NULL, NULL};
    struct dobos_mac macs[2];
    struct pollfd devices[2];
    if (argc != 5 || dobos_pool_create(&memory, &pool) < 0)
        return 2;
    for (int i = 0; i < 2; i++) {
        if (dobos_packet_socket_open(argv[1 + 2 * i], pool, &taps[i]) < 0 ||
            dobos_mac_parse(argv[2 + 2 * i], &macs[i], NULL) < 0)
            return 1;
        devices[i] = (struct pollfd){.fd = dobos_tap_descriptor(taps[i]), .events = POLLIN};
    }
    (void)signal(SIGTERM, end);
    while (!has_ended) {
        int got = pass(devices[0].fd, devices[1].fd, &macs[1]);
        got += pass(devices[1].fd, devices[0].fd, &macs[0]);
        if (got == 0)
            (void)poll(devices, 2, 1000);
    }
    return 0;
}
