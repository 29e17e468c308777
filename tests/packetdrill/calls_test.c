/*
 * calls: what the calls of libdobos-packetdrill.so answer beside bytes and time: libc's own calls,
 * which come to the library because this program was linked with it before libc, options, what is
 * refused, and flags.
 */
#include "peer.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <stdio.h>
#include <sys/sendfile.h>
#include <sys/wait.h>
#include <unistd.h>

#define USER peer->host.userdata

/* ---- libc's own calls ---- */

static void tcp_info_by_libc_is_the_connection_s(void **state) {
    struct peer *peer = *state;
    struct tcp_info info = {0};
    socklen_t length = sizeof info;
    const int fd = peer_accepted(peer, peer_listener(peer));
    assert_int_equal(peer->host.write(USER, fd, "0123456789", 10), 10);
    assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length), 0);
    assert_int_equal(length, sizeof info);
    assert_int_equal(info.tcpi_state, 1);
    assert_int_equal(info.tcpi_snd_mss, 536); /* the peer names no size (RFC 9293 §3.7.1) */
    assert_int_equal(info.tcpi_unacked, 1);
    assert_int_equal(info.tcpi_snd_cwnd, 10);
    assert_int_equal(info.tcpi_snd_ssthresh, 0x7fffffff);
    assert_int_equal(info.tcpi_bytes_sent, 10);
    length = 4;
    assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length), 0);
    assert_int_equal(length, 4);
    uint32_t memory[9] = {0};
    length = sizeof memory;
    assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_MEMINFO, memory, &length), 0);
    assert_int_equal(length, sizeof memory);
    assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_CC_INFO, memory, &length), 0);
}

static void close_by_libc_ends_the_connection(void **state) {
    struct peer *peer = *state;
    const int fd = peer_accepted(peer, peer_listener(peer));
    assert_int_equal(close(fd), 0);
    (void)peer_expect(peer, FIN | ACK, 0);
    assert_int_equal(close(fd), -1);
    assert_int_equal(errno, EBADF);
    assert_int_equal(peer->host.read(USER, fd, NULL, 0), -1);
    assert_int_equal(errno, EBADF);
}

static void descriptors_of_the_kernel_stay_its_own(void **state) {
    struct peer *peer = *state;
    int type = 0;
    socklen_t length = sizeof type;
    const int kernel = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    assert_true(kernel >= 0);
    assert_int_equal(getsockopt(kernel, SOL_SOCKET, SO_TYPE, &type, &length), 0);
    assert_int_equal(type, SOCK_SEQPACKET);
    assert_int_equal(peer->host.getsockopt(USER, kernel, SOL_SOCKET, SO_TYPE, &type, &length), -1);
    assert_int_equal(errno, EBADF);
    assert_int_equal(close(kernel), 0);
}

static void file_and_pipe_go_to_a_socket_and_back(void **state) {
    struct peer *peer = *state;
    int ends[2];
    char bytes[100];
    FILE *file = tmpfile();
    off_t offset = 10;
    assert_non_null(file);
    assert_int_equal(fwrite("0123456789abcdefghij", 1, 20, file), 20);
    assert_int_equal(fflush(file), 0);
    const int fd = peer_accepted(peer, peer_listener(peer));
    assert_int_equal(sendfile(fd, fileno(file), &offset, 100), 10);
    assert_int_equal(offset, 20);
    (void)peer_expect(peer, ACK, 10);
    peer_send(peer, ACK, 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(peer->host.pipe(USER, ends), 0);
    assert_int_equal(write(ends[1], "pipe", 4), 4);
    assert_int_equal(peer->host.splice(USER, ends[0], NULL, fd, NULL, 100, 0), 4);
    (void)peer_expect(peer, ACK, 4);
    peer_send(peer, ACK | PSH, 30);
    assert_int_equal(peer->host.splice(USER, fd, NULL, ends[1], NULL, 100, 0), 30);
    assert_int_equal(read(ends[0], bytes, sizeof bytes), 30);
    assert_int_equal(peer->host.splice(USER, ends[0], NULL, ends[1], NULL, 100, 0), -1);
    assert_int_equal(errno, EINVAL);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

/* ---- options ---- */

static void options_are_read_back_as_linux_tells_them(void **state) {
    struct peer *peer = *state;
    static const struct {
        int level, name, set, told;
    } options[] = {
        {IPPROTO_TCP, TCP_NODELAY, 1, 1},
        {IPPROTO_TCP, TCP_KEEPIDLE, 90, 90},
        {IPPROTO_TCP, TCP_KEEPINTVL, 9, 9},
        {IPPROTO_TCP, TCP_KEEPCNT, 3, 3},
        {IPPROTO_TCP, TCP_USER_TIMEOUT, 900, 900},
        {IPPROTO_TCP, TCP_MAXSEG, 0, 536},
        {IPPROTO_TCP, TCP_MAXSEG, 1000, 1000},
        {IPPROTO_TCP, TCP_CORK, 1, 1},
        {IPPROTO_TCP, TCP_SYNCNT, 5, 5},
        {IPPROTO_TCP, TCP_INQ, 1, 1},
        {SOL_SOCKET, SO_KEEPALIVE, 1, 1},
        {SOL_SOCKET, SO_REUSEADDR, 7, 1},
        {SOL_SOCKET, SO_SNDBUF, 30000, 60000},
        {SOL_SOCKET, SO_RCVBUF, 1, 2304},
        {IPPROTO_IP, IP_TTL, 9, 9},
        {IPPROTO_IP, IP_TOS, 8, 8},
    };
    const int fd = peer_socket(peer, 0);
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        const int set = options[i].set;
        int told = -1;
        socklen_t length = sizeof told;
        assert_int_equal(
            peer->host.setsockopt(USER, fd, options[i].level, options[i].name, &set, sizeof set),
            0);
        assert_int_equal(
            peer->host.getsockopt(USER, fd, options[i].level, options[i].name, &told, &length), 0);
        assert_int_equal(length, sizeof told);
        assert_int_equal(told, options[i].told);
    }
}

static void congestion_control_goes_by_its_name(void **state) {
    struct peer *peer = *state;
    char name[16] = "";
    socklen_t length = sizeof name;
    const int fd = peer_socket(peer, 0);
    assert_int_equal(peer->host.setsockopt(USER, fd, IPPROTO_TCP, TCP_CONGESTION, "reno", 4), 0);
    assert_int_equal(peer->host.getsockopt(USER, fd, IPPROTO_TCP, TCP_CONGESTION, name, &length),
                     0);
    assert_string_equal(name, "reno");
    assert_int_equal(peer->host.setsockopt(USER, fd, IPPROTO_TCP, TCP_CONGESTION, "vegas", 5), -1);
    assert_int_equal(errno, ENOENT);
}

static void urgent_data_is_marked_both_ways(void **state) {
    struct peer *peer = *state;
    int at_mark = -1;
    char byte;
    const int fd = peer_accepted(peer, peer_listener(peer));
    struct pollfd polled = {.fd = fd, .events = POLLPRI};
    assert_int_equal(peer->host.send(USER, fd, "ab", 2, MSG_OOB), 2);
    assert_int_equal(peer_expect(peer, URG | ACK, 2).urgent, 2);
    peer_send(peer, ACK, 0);
    assert_int_equal(peer->host.poll(USER, &polled, 1, 0), 0);
    peer->urgent = 2;
    peer_send(peer, URG | ACK | PSH, 3);
    assert_int_equal(peer->host.poll(USER, &polled, 1, 0), 1);
    assert_int_equal(peer->host.ioctl(USER, fd, SIOCATMARK, &at_mark), 0);
    assert_int_equal(at_mark, 0);
    assert_int_equal(peer->host.read(USER, fd, &byte, 1), 1);
    assert_int_equal(peer->host.ioctl(USER, fd, SIOCATMARK, &at_mark), 0);
    assert_int_equal(at_mark, 1);
}

/* Sends four bytes by MSG_FASTOPEN from a new socket that does not block; the result. */
static long fast_open_send(struct peer *peer, int *fd) {
    const struct sockaddr_in name = peer_name(PEER_REMOTE, PEER_PORT);
    *fd = peer_socket(peer, SOCK_NONBLOCK);
    return peer->host.sendto(USER, *fd, "data", 4, MSG_FASTOPEN, (const struct sockaddr *)&name,
                             sizeof name);
}

static void fast_open_asks_for_a_cookie_then_sends_with_the_syn(void **state) {
    static const uint8_t cookie[12] = {34, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 1};
    static struct peer loaded;
    struct peer *peer = &loaded;
    int fd;
    (void)state;
    alarm(50);
    peer_load(peer, "tcp_fastopen=0");
    assert_int_equal(fast_open_send(peer, &fd), -1);
    assert_int_equal(errno, EOPNOTSUPP);
    peer_unload(peer);
    peer_load(peer, "tcp_fastopen=1");
    assert_int_equal(fast_open_send(peer, &fd), -1);
    assert_int_equal(errno, EINPROGRESS);
    const struct seen asking = peer_expect(peer, SYN, 0);
    assert_non_null(memchr(asking.options, 34, asking.options_length));
    memcpy(peer->options, cookie, sizeof cookie);
    peer->options_length = sizeof cookie;
    peer_send(peer, SYN | ACK, 0);
    (void)peer_expect(peer, ACK, 0);
    assert_int_equal(peer->host.send(USER, fd, "data", 4, 0), 4);
    (void)peer_expect(peer, ACK, 4);
    assert_int_equal(fast_open_send(peer, &fd), 4);
    const struct seen opening = peer_expect(peer, SYN, 4);
    assert_memory_equal(memchr(opening.options, 34, opening.options_length), cookie, 10);
    peer_unload(peer);
}

/* What recvmsg says of a socket with TCP_INQ. */
static int queue_told(struct peer *peer, int fd, size_t length) {
    char bytes[1000];
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec piece = {bytes, length};
    struct msghdr message = {.msg_iov = &piece,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control};
    int queue = -1;
    assert_int_equal(peer->host.recvmsg(USER, fd, &message, 0), length);
    assert_int_equal(message.msg_controllen, sizeof control);
    assert_int_equal(control.header.cmsg_level, IPPROTO_TCP);
    assert_int_equal(control.header.cmsg_type, TCP_INQ);
    memcpy(&queue, CMSG_DATA(&control.header), sizeof queue);
    return queue;
}

static void inq_tells_what_is_left_to_be_read(void **state) {
    struct peer *peer = *state;
    const int on = 1;
    const int fd = peer_accepted(peer, peer_listener(peer));
    assert_int_equal(peer->host.setsockopt(USER, fd, IPPROTO_TCP, TCP_INQ, &on, sizeof on), 0);
    peer_send(peer, ACK | PSH, 500);
    assert_int_equal(queue_told(peer, fd, 200), 300);
    assert_int_equal(queue_told(peer, fd, 300), 0);
    peer_send(peer, ACK | FIN, 50);
    assert_int_equal(queue_told(peer, fd, 50), 1);
}

static void peek_leaves_what_it_tells_of(void **state) {
    struct peer *peer = *state;
    char bytes[600];
    const int fd = peer_accepted(peer, peer_listener(peer));
    peer_send(peer, ACK | PSH, 500);
    assert_int_equal(peer->host.recv(USER, fd, bytes, 600, MSG_PEEK), 500);
    assert_int_equal(peer->host.recv(USER, fd, bytes, 600, 0), 500);
    assert_int_equal(peer->host.recv(USER, fd, bytes, 600, MSG_PEEK | MSG_DONTWAIT), -1);
    assert_int_equal(errno, EAGAIN);
}

static void notsent_lowat_holds_writable_back(void **state) {
    struct peer *peer = *state;
    const int least = 1000;
    static char bytes[20000];
    const int fd = peer_accepted(peer, peer_listener(peer));
    struct pollfd polled = {.fd = fd, .events = POLLOUT};
    assert_int_equal(
        peer->host.setsockopt(USER, fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &least, sizeof least), 0);
    assert_int_equal(peer->host.fcntl(USER, fd, F_SETFL, O_NONBLOCK), 0);
    assert_int_equal(peer->host.poll(USER, &polled, 1, 0), 1);
    assert_int_equal(peer->host.write(USER, fd, bytes, sizeof bytes), sizeof bytes);
    assert_int_equal(peer->host.poll(USER, &polled, 1, 0), 0);
    assert_int_equal(peer->host.write(USER, fd, bytes, 1), -1);
    assert_int_equal(errno, EAGAIN);
    for (size_t sent = 0; sent < sizeof bytes;) {
        sent += peer_receive(peer).payload;
        peer_send(peer, ACK, 0);
    }
    assert_int_equal(peer->host.poll(USER, &polled, 1, 0), 1);
}

/* ---- what is refused ---- */

static void memory_that_is_not_there_is_refused(void **state) {
    struct peer *peer = *state;
    const int fd = peer_accepted(peer, peer_listener(peer));
    const struct iovec nowhere = {NULL, 10};
    peer_send(peer, ACK | PSH, 10);
    assert_int_equal(peer->host.read(USER, fd, NULL, 10), -1);
    assert_int_equal(errno, EFAULT);
    assert_int_equal(peer->host.write(USER, fd, NULL, 10), -1);
    assert_int_equal(errno, EFAULT);
    assert_int_equal(peer->host.writev(USER, fd, &nowhere, 1), -1);
    assert_int_equal(errno, EFAULT);
    assert_int_equal(peer->host.setsockopt(USER, fd, IPPROTO_TCP, TCP_NODELAY, NULL, 4), -1);
    assert_int_equal(errno, EFAULT);
    assert_int_equal(peer->host.read(USER, fd, NULL, 0), 0);
}

static void options_that_are_not_there_are_refused(void **state) {
    struct peer *peer = *state;
    const int on = 1;
    char byte;
    const int fd = peer_accepted(peer, peer_listener(peer));
    assert_int_equal(peer->host.setsockopt(USER, fd, SOL_SOCKET, SO_ZEROCOPY, &on, sizeof on), -1);
    assert_int_equal(errno, ENOPROTOOPT);
    assert_int_equal(peer->host.setsockopt(USER, fd, SOL_SOCKET, SO_KEEPALIVE, &on, 1), -1);
    assert_int_equal(errno, EINVAL);
    assert_int_equal(peer->host.recv(USER, fd, &byte, 1, MSG_OOB), -1);
    assert_int_equal(errno, EOPNOTSUPP);
    assert_int_equal(peer->host.recv(USER, fd, &byte, 1, MSG_ERRQUEUE), -1);
    assert_int_equal(errno, EAGAIN);
    assert_int_equal(peer->host.send(USER, fd, "z", 1, MSG_ZEROCOPY), 1);
    assert_int_equal(peer->host.socket(USER, AF_INET6, SOCK_STREAM, 0), -1);
    assert_int_equal(errno, EAFNOSUPPORT);
    assert_int_equal(peer->host.fcntl(USER, fd, 1000, 0), -1);
    assert_int_equal(errno, EINVAL);
}

static void numbers_that_stand_for_nothing_are_refused(void **state) {
    struct peer *peer = *state;
    struct pollfd polled = {.fd = 1000, .events = POLLIN};
    const int epoll = peer->host.epoll_create(USER, 1);
    assert_int_equal(peer->host.listen(USER, 1000, 1), -1);
    assert_int_equal(errno, EBADF);
    assert_int_equal(peer->host.listen(USER, epoll, 1), -1);
    assert_int_equal(errno, ENOTSOCK);
    assert_int_equal(peer->host.poll(USER, &polled, 1, 0), 1);
    assert_int_equal(polled.revents, POLLNVAL);
    assert_int_equal(peer->host.epoll_wait(USER, 1000, NULL, 1, 0), -1);
    assert_int_equal(errno, EFAULT);
}

/* What a program says that gives these flags; its exit status. */
static int flags_try(const char *flags, char *said, size_t room) {
    int ends[2], status = 0;
    assert_int_equal(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
        struct peer peer;
        (void)dup2(ends[1], STDERR_FILENO);
        peer_load(&peer, flags);
        _exit(0);
    }
    (void)close(ends[1]);
    const ssize_t length = read(ends[0], said, room - 1);
    said[length > 0 ? length : 0] = '\0';
    (void)close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void flags_that_are_wrong_end_the_program_with_the_reason(void **state) {
    static const struct {
        const char *flags, *said;
    } wrong[] = {
        {"mtu=67", "mtu: 67 is no value of it"},
        {"local=192.168.0.1/33", "local: 192.168.0.1/33 is no value of it"},
        {"mtu", "mtu:  is no value of it"},
        {"color=red", "color: no such flag"},
        {"tcp_ecn=4", "tcp_ecn: 4 is no value of it"},
        {"tcp_rmem=4096:100", "tcp_rmem: 4096:100 is no value of it"},
        {"tcp_dsack=0", "tcp_dsack: 0 is no value of it"},
        {"local=224.0.0.1/4", "no host can be made"},
    };
    char said[400];
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(flags_try(wrong[i].flags, said, sizeof said), EXIT_FAILURE);
        if (!strstr(said, wrong[i].said))
            fail_msg("%s: said %s", wrong[i].flags, said);
    }
    assert_int_equal(flags_try("net.ipv4.tcp_sack=0, tcp_rmem=4096:131072:6291456\ttcp_ecn=2 "
                               "local=10.0.0.1/8,mtu=9000,tcp_dsack=1,initcwnd=4,seed=0x7",
                               said, sizeof said),
                     0);
    assert_string_equal(said, "");
}

static void flags_set_what_the_host_says(void **state) {
    static struct peer peer;
    (void)state;
    peer_load(&peer, "mtu=1000,tcp_window_scaling=0");
    peer_connecting(&peer);
    peer.host.free(peer.host.userdata);
    peer_load(&peer, "mtu=1000");
    peer_listener(&peer);
    peer_send(&peer, SYN, 0);
    const struct seen answer = peer_expect(&peer, SYN | ACK, 0);
    assert_int_equal(get32(answer.options), 0x020403c0); /* 960 bytes */
    peer_unload(&peer);
}

#define SCENARIO(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        SCENARIO(tcp_info_by_libc_is_the_connection_s),
        SCENARIO(close_by_libc_ends_the_connection),
        SCENARIO(descriptors_of_the_kernel_stay_its_own),
        SCENARIO(file_and_pipe_go_to_a_socket_and_back),
        SCENARIO(options_are_read_back_as_linux_tells_them),
        SCENARIO(congestion_control_goes_by_its_name),
        SCENARIO(urgent_data_is_marked_both_ways),
        SCENARIO(inq_tells_what_is_left_to_be_read),
        SCENARIO(peek_leaves_what_it_tells_of),
        SCENARIO(notsent_lowat_holds_writable_back),
        SCENARIO(memory_that_is_not_there_is_refused),
        SCENARIO(options_that_are_not_there_are_refused),
        SCENARIO(numbers_that_stand_for_nothing_are_refused),
        cmocka_unit_test(flags_that_are_wrong_end_the_program_with_the_reason),
        cmocka_unit_test(fast_open_asks_for_a_cookie_then_sends_with_the_syn),
        cmocka_unit_test(flags_set_what_the_host_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
