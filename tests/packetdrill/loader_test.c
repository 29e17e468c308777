/*
 * loader: libdobos-packetdrill.so as packetdrill uses it: loaded by dlopen, driven by one thread
 * that reads a script and one whose calls block, in virtual time.
 */
#include "peer.h"

#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#define USER peer->host.userdata

/* ---- the connection ---- */

static void syn_for_a_listener_is_answered_as_a_linux_host_would(void **state) {
    struct peer *peer = *state;
    peer_listener(peer);
    peer_send(peer, SYN, 0);
    const struct seen answer = peer_expect(peer, SYN | ACK, 0);
    assert_int_equal(answer.ack, peer->seq);
    assert_int_equal(answer.from, HOST_PORT);
    assert_int_equal(answer.to, PEER_PORT);
    assert_true(answer.options_length >= 4);
    assert_int_equal(get32(answer.options), 0x020405b4); /* a segment of 1460 bytes */
}

static void connection_accepted_carries_bytes_both_ways(void **state) {
    struct peer *peer = *state;
    char bytes[200];
    const int fd = peer_accepted(peer, peer_listener(peer));
    assert_int_equal(peer->host.write(USER, fd, "hello", 5), 5);
    const struct seen hello = peer_expect(peer, ACK, 5);
    assert_int_equal(hello.seq, peer->ack - 5);
    peer_send(peer, ACK | PSH, 100);
    assert_int_equal(peer->host.read(USER, fd, bytes, sizeof bytes), 100);
    assert_int_equal(bytes[99], 'x');
    (void)peer_expect(peer, ACK, 0);
    peer_send(peer, FIN | ACK, 0);
    (void)peer_expect(peer, ACK, 0);
    assert_int_equal(peer->host.read(USER, fd, bytes, sizeof bytes), 0);
    assert_int_equal(peer->host.close(USER, fd), 0);
    (void)peer_expect(peer, FIN | ACK, 0);
    peer_send(peer, ACK, 0);
    assert_int_equal(peer_receive(peer).length, 0);
}

static void pieces_are_gathered_and_scattered(void **state) {
    struct peer *peer = *state;
    char bytes[12] = "abcdefghijkl";
    struct iovec pieces[] = {{bytes, 4}, {bytes + 4, 0}, {bytes + 4, 8}};
    struct msghdr message = {.msg_iov = pieces, .msg_iovlen = 3};
    const int fd = peer_accepted(peer, peer_listener(peer));
    assert_int_equal(peer->host.writev(USER, fd, pieces, 3), 12);
    (void)peer_expect(peer, ACK, 12);
    peer_send(peer, ACK | PSH, 6);
    assert_int_equal(peer->host.recvmsg(USER, fd, &message, MSG_DONTWAIT), 6);
    assert_memory_equal(bytes, "xxxxxxghijkl", 12);
    assert_int_equal(peer->host.recvmsg(USER, fd, &message, MSG_DONTWAIT), -1);
    assert_int_equal(errno, EAGAIN);
}

static void connect_without_waiting_tells_the_end_by_poll(void **state) {
    struct peer *peer = *state;
    int error = -1;
    socklen_t length = sizeof error;
    const int fd = peer_connecting(peer);
    struct pollfd polled = {.fd = fd, .events = POLLIN | POLLOUT};
    assert_int_equal(peer->host.poll(USER, &polled, 1, 0), 0);
    peer_send(peer, SYN | ACK, 0);
    (void)peer_expect(peer, ACK, 0);
    assert_int_equal(peer->host.poll(USER, &polled, 1, 0), 1);
    assert_int_equal(polled.revents, POLLOUT);
    assert_int_equal(peer->host.getsockopt(USER, fd, SOL_SOCKET, SO_ERROR, &error, &length), 0);
    assert_int_equal(error, 0);
}

static void connect_refused_tells_so(void **state) {
    struct peer *peer = *state;
    int error = -1;
    socklen_t length = sizeof error;
    const int fd = peer_connecting(peer);
    peer_send(peer, RST | ACK, 0);
    struct pollfd polled = {.fd = fd, .events = POLLOUT};
    assert_int_equal(peer->host.poll(USER, &polled, 1, 0), 1);
    assert_true((polled.revents & (POLLERR | POLLHUP)) == (POLLERR | POLLHUP));
    assert_int_equal(peer->host.getsockopt(USER, fd, SOL_SOCKET, SO_ERROR, &error, &length), 0);
    assert_int_equal(error, ECONNREFUSED);
}

static void reset_by_the_peer_is_an_error_of_read(void **state) {
    struct peer *peer = *state;
    char byte;
    const int fd = peer_accepted(peer, peer_listener(peer));
    peer_send(peer, RST | ACK, 0);
    assert_int_equal(peer->host.read(USER, fd, &byte, 1), -1);
    assert_int_equal(errno, ECONNRESET);
}

static void linger_of_no_time_makes_close_a_reset(void **state) {
    struct peer *peer = *state;
    const struct linger linger = {1, 0};
    const int fd = peer_accepted(peer, peer_listener(peer));
    assert_int_equal(peer->host.setsockopt(USER, fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger),
                     0);
    assert_int_equal(peer->host.close(USER, fd), 0);
    assert_true(peer_receive(peer).flags & RST);
}

/* ---- time ---- */

static void time_asked_for_creeps_by_microseconds(void **state) {
    struct peer *peer = *state;
    const long long first = peer_now_us(peer);
    assert_int_equal(peer_now_us(peer), first + 1);
    peer_sleep_ms(peer, 3000);
    assert_int_equal(peer_now_us(peer), first + 3000002);
}

static void syn_unanswered_comes_again_when_virtual_time_says_so(void **state) {
    struct peer *peer = *state;
    const int fd = peer_connecting(peer);
    const long long begun = peer_now_us(peer);
    const struct seen again = peer_expect(peer, SYN, 0);
    assert_true(again.at_us - begun > 900000 && again.at_us - begun < 1100000);
    /* Each waits twice as long as the one before, until the connection is given up. */
    unsigned count = 1;
    long long last = begun;
    for (struct seen next = peer_receive(peer); next.length; next = peer_receive(peer)) {
        assert_true(++count < 20);
        last = next.at_us;
    }
    assert_true(last - begun > 20000000);
    assert_int_equal(peer->host.close(USER, fd), 0);
}

static void packets_wait_in_line_with_the_time_they_came(void **state) {
    struct peer *peer = *state;
    const int fd = peer_accepted(peer, peer_listener(peer));
    const long long begun = peer_now_us(peer);
    assert_int_equal(peer->host.write(USER, fd, "a", 1), 1);
    peer_sleep_ms(peer, 10);
    peer_send(peer, ACK | PSH, 1000);
    peer_sleep_ms(peer, 5000);
    const struct seen first = peer_receive(peer);
    assert_int_equal(first.payload, 1);
    assert_true(first.at_us - begun < 1000);
    const struct seen second = peer_receive(peer);
    assert_true(second.at_us - begun >= 10000 && second.at_us - begun < 60000);
}

/* ---- calls that block, in a thread of their own ---- */

/* One such call. */
struct blocking {
    struct peer *peer; /* with whom */
    int fd;            /* of what */
    int kind;          /* 'r' read, 'a' accept, 'c' connect, 'p' poll, 'w' write, 'e' epoll_wait */
    int timeout_ms;    /* of poll */
    size_t length;     /* of read, of write */
    pthread_t thread;  /* its own */
    int task;          /* the thread as the kernel knows it; 0: it has not begun */
    pthread_mutex_t lock; /* of task */
    long result;          /* what the call returned */
    int error;            /* errno then */
    long long ended_us;   /* and when, virtual */
};

static long blocking_call(struct blocking *call) {
    struct peer *peer = call->peer;
    static char bytes[1 << 21];
    const struct sockaddr_in name = peer_name(PEER_REMOTE, PEER_PORT);
    struct pollfd polled = {.fd = call->fd, .events = POLLIN};
    struct epoll_event event;
    switch (call->kind) {
    case 'r':
        return peer->host.read(USER, call->fd, bytes, call->length);
    case 'w':
        return peer->host.write(USER, call->fd, bytes, call->length);
    case 'a':
        return peer->host.accept(USER, call->fd, NULL, NULL);
    case 'c':
        return peer->host.connect(USER, call->fd, (const struct sockaddr *)&name, sizeof name);
    case 'p':
        return peer->host.poll(USER, &polled, 1, call->timeout_ms);
    default:
        return peer->host.epoll_wait(USER, call->fd, &event, 1, call->timeout_ms);
    }
}

static void *blocking_run(void *context) {
    struct blocking *call = context;
    (void)pthread_mutex_lock(&call->lock);
    call->task = gettid();
    (void)pthread_mutex_unlock(&call->lock);
    call->result = blocking_call(call);
    call->error = errno;
    call->ended_us = peer_now_us(call->peer);
    return NULL;
}

/* Whether the kernel says that a thread sleeps. */
static bool task_sleeps(int task) {
    char path[64], text[256] = "";
    (void)snprintf(path, sizeof path, "/proc/self/task/%d/stat", task);
    FILE *file = fopen(path, "r");
    if (!file)
        return false;
    const size_t length = fread(text, 1, sizeof text - 1, file);
    (void)fclose(file);
    const char *state = length > 0 ? strrchr(text, ')') : NULL;
    return state && state[1] == ' ' && state[2] == 'S';
}

/* Begins the call, and waits until it really sleeps. */
static void blocking_begin(struct blocking *call) {
    (void)pthread_mutex_init(&call->lock, NULL);
    assert_int_equal(pthread_create(&call->thread, NULL, blocking_run, call), 0);
    for (unsigned asleep = 0; asleep < 20;) {
        (void)usleep(1000);
        (void)pthread_mutex_lock(&call->lock);
        const int task = call->task;
        (void)pthread_mutex_unlock(&call->lock);
        asleep = task != 0 && task_sleeps(task) ? asleep + 1 : 0;
    }
}

static void blocking_end(struct blocking *call) {
    assert_int_equal(pthread_join(call->thread, NULL), 0);
    (void)pthread_mutex_destroy(&call->lock);
}

static void read_that_blocks_ends_at_the_moment_of_the_packet(void **state) {
    struct peer *peer = *state;
    struct blocking call = {.peer = peer, .kind = 'r', .length = 1000};
    call.fd = peer_accepted(peer, peer_listener(peer));
    blocking_begin(&call);
    peer_sleep_ms(peer, 100);
    const long long sent = peer_now_us(peer);
    peer_send(peer, ACK | PSH, 500);
    /* The thread has not run yet for long, but the time waits for it. */
    peer_sleep_ms(peer, 60000);
    blocking_end(&call);
    assert_int_equal(call.result, 500);
    assert_int_equal(call.ended_us, sent);
    assert_true(peer_now_us(peer) - sent >= 60000000);
}

static void accept_that_blocks_sleeps_through_what_is_not_for_it(void **state) {
    struct peer *peer = *state;
    struct blocking call = {.peer = peer, .kind = 'a'};
    call.fd = peer_listener(peer);
    blocking_begin(&call);
    peer_send(peer, SYN, 0);
    (void)peer_expect(peer, SYN | ACK, 0);
    peer_sleep_ms(peer, 200);
    const long long sent = peer_now_us(peer);
    peer_send(peer, ACK, 0);
    peer_sleep_ms(peer, 200);
    blocking_end(&call);
    assert_true(call.result >= 0);
    assert_int_equal(call.ended_us, sent);
}

static void connect_that_blocks_ends_with_the_handshake(void **state) {
    struct peer *peer = *state;
    struct blocking call = {.peer = peer, .kind = 'c'};
    call.fd = peer_socket(peer, 0);
    blocking_begin(&call);
    (void)peer_expect(peer, SYN, 0);
    peer_sleep_ms(peer, 50);
    const long long sent = peer_now_us(peer);
    peer_send(peer, SYN | ACK, 0);
    peer_sleep_ms(peer, 500);
    blocking_end(&call);
    assert_int_equal(call.result, 0);
    assert_int_equal(call.ended_us, sent);
}

static void write_that_blocks_takes_all_before_it_ends(void **state) {
    struct peer *peer = *state;
    struct blocking call = {.peer = peer, .kind = 'w', .length = 100000};
    const int size = 20000;
    size_t taken = 0;
    call.fd = peer_accepted(peer, peer_listener(peer));
    assert_int_equal(
        peer->host.setsockopt(USER, call.fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size), 0);
    blocking_begin(&call);
    while (taken < call.length) {
        const struct seen seen = peer_receive(peer);
        assert_true(seen.length > 0);
        taken += seen.payload;
        peer_send(peer, ACK, 0);
    }
    blocking_end(&call);
    assert_int_equal(call.result, call.length);
}

static void timeouts_are_of_virtual_time(void **state) {
    struct peer *peer = *state;
    const struct timeval timeout = {.tv_sec = 7, .tv_usec = 500000};
    struct blocking polling = {.peer = peer, .kind = 'p', .timeout_ms = 500};
    struct blocking reading = {.peer = peer, .kind = 'r', .length = 1};
    const int fd = peer_accepted(peer, peer_listener(peer));
    polling.fd = reading.fd = fd;
    assert_int_equal(
        peer->host.setsockopt(USER, fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout), 0);
    const long long begun = peer_now_us(peer);
    blocking_begin(&polling);
    blocking_begin(&reading);
    peer_sleep_ms(peer, 100000);
    blocking_end(&polling);
    blocking_end(&reading);
    assert_int_equal(polling.result, 0);
    assert_int_equal(polling.ended_us, begun + 500000);
    assert_int_equal(reading.result, -1);
    assert_int_equal(reading.error, EAGAIN);
    assert_int_equal(reading.ended_us, begun + 7500000);
}

static void close_by_another_thread_ends_what_blocks(void **state) {
    struct peer *peer = *state;
    struct blocking call = {.peer = peer, .kind = 'r', .length = 1};
    call.fd = peer_accepted(peer, peer_listener(peer));
    blocking_begin(&call);
    assert_int_equal(peer->host.close(USER, call.fd), 0);
    blocking_end(&call);
    assert_int_equal(call.result, -1);
    assert_int_equal(call.error, EBADF);
}

static void reader_of_the_script_that_blocks_moves_the_time_itself(void **state) {
    struct peer *peer = *state;
    const int fd = peer_socket(peer, 0);
    const struct sockaddr_in name = peer_name(PEER_REMOTE, PEER_PORT);
    const long long begun = peer_now_us(peer);
    assert_int_equal(peer->host.connect(USER, fd, (const struct sockaddr *)&name, sizeof name), -1);
    assert_int_equal(errno, ETIMEDOUT);
    assert_true(peer_now_us(peer) - begun > 20000000);
}

/* ---- epoll ---- */

static void epoll_tells_edges_once_and_levels_again(void **state) {
    struct peer *peer = *state;
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = 42};
    struct epoll_event told = {0};
    const int fd = peer_accepted(peer, peer_listener(peer));
    const int level = peer->host.epoll_create(USER, 1);
    const int edge = peer->host.epoll_create(USER, 1);
    assert_int_equal(peer->host.epoll_ctl(USER, level, EPOLL_CTL_ADD, fd, &event), 0);
    event.events |= EPOLLET;
    assert_int_equal(peer->host.epoll_ctl(USER, edge, EPOLL_CTL_ADD, fd, &event), 0);
    assert_int_equal(peer->host.epoll_ctl(USER, edge, EPOLL_CTL_ADD, fd, &event), -1);
    assert_int_equal(errno, EEXIST);
    assert_int_equal(peer->host.epoll_wait(USER, level, &told, 1, 0), 0);
    for (int i = 0; i < 2; i++) {
        peer_send(peer, ACK | PSH, 10);
        assert_int_equal(peer->host.epoll_wait(USER, edge, &told, 1, 0), 1);
        assert_int_equal(told.events, EPOLLIN);
        assert_int_equal(told.data.u64, 42);
        assert_int_equal(peer->host.epoll_wait(USER, edge, &told, 1, 0), 0);
        assert_int_equal(peer->host.epoll_wait(USER, level, &told, 1, 0), 1);
        assert_int_equal(peer->host.epoll_wait(USER, level, &told, 1, 0), 1);
    }
    struct blocking call = {.peer = peer, .kind = 'e', .fd = edge, .timeout_ms = -1};
    blocking_begin(&call);
    peer_send(peer, ACK | PSH, 10);
    blocking_end(&call);
    assert_int_equal(call.result, 1);
    assert_int_equal(peer->host.close(USER, fd), 0);
    assert_int_equal(peer->host.epoll_wait(USER, level, &told, 1, 0), 0);
}

#define SCENARIO(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        SCENARIO(syn_for_a_listener_is_answered_as_a_linux_host_would),
        SCENARIO(connection_accepted_carries_bytes_both_ways),
        SCENARIO(pieces_are_gathered_and_scattered),
        SCENARIO(connect_without_waiting_tells_the_end_by_poll),
        SCENARIO(connect_refused_tells_so),
        SCENARIO(reset_by_the_peer_is_an_error_of_read),
        SCENARIO(linger_of_no_time_makes_close_a_reset),
        SCENARIO(time_asked_for_creeps_by_microseconds),
        SCENARIO(syn_unanswered_comes_again_when_virtual_time_says_so),
        SCENARIO(packets_wait_in_line_with_the_time_they_came),
        SCENARIO(read_that_blocks_ends_at_the_moment_of_the_packet),
        SCENARIO(accept_that_blocks_sleeps_through_what_is_not_for_it),
        SCENARIO(connect_that_blocks_ends_with_the_handshake),
        SCENARIO(write_that_blocks_takes_all_before_it_ends),
        SCENARIO(timeouts_are_of_virtual_time),
        SCENARIO(close_by_another_thread_ends_what_blocks),
        SCENARIO(reader_of_the_script_that_blocks_moves_the_time_itself),
        SCENARIO(epoll_tells_edges_once_and_levels_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
