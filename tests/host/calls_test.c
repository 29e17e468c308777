/*
 * Calls of TCP sockets beside the kernel's: every two calls, one after the other, in each state
 * that both can be brought to, return what Linux returns, on sockets of the loopback of the machine
 * this runs on, or what is_known says; and so do three calls where a socket may be used again.
 *
 * Where there are no sockets to be had the comparison is left out.
 */
#include "pair.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT 4000

enum state {
    FRESH,
    BOUND,
    LISTENING,
    WAITED_FOR, /* a listener with a connection that waits for accept */
    SYN_SENT,
    REFUSED,
    ESTABLISHED,
    UNREAD,       /* with data that has not been read */
    CLOSE_WAIT,   /* the peer has shut its side down */
    UNREAD_FIN,   /* with data before that */
    FIN_WAIT_2,   /* we have */
    READ_SHUT,    /* reading is shut down */
    BOTH_SHUT,    /* we have, both */
    TIME_WAIT,    /* we, then the peer */
    LAST_CLOSED,  /* the peer, then we: it is over */
    RESET,        /* by the peer */
    RESET_UNREAD, /* by the peer, with data that has not been read */
    RESET_AFTER,  /* by the peer, after its FIN */
    STATES
};

static const char *const state_names[STATES] = {
    "fresh",       "bound",     "listening",  "waited for", "syn-sent",     "refused",
    "established", "unread",    "close-wait", "unread fin", "fin-wait-2",   "read shut",
    "both shut",   "time-wait", "closed",     "reset",      "reset unread", "reset after fin",
};

enum call {
    CONNECT,
    BIND,
    LISTEN,
    ACCEPT,
    SEND,
    SEND_NOTHING,
    RECEIVE,
    RECEIVE_NOTHING,
    PEEK,
    SHUT_READ,
    SHUT_WRITE,
    SHUT_BOTH,
    SHUT_WRONG,
    PEER,
    LOCAL,
    ERROR,
    CALLS
};

static const char *const call_names[CALLS] = {
    "connect",         "bind",  "listen",    "accept",     "send",      "send nothing", "receive",
    "receive nothing", "peek",  "shut read", "shut write", "shut both", "shut wrong",   "peer",
    "local",           "error",
};

/* ---- the kernel's ---- */

struct kernel {
    int socket, listener, peer, filler; /* −1: none */
    struct sockaddr_in there;           /* whom it connects to */
};

static int kernel_socket(void) {
    return socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

static int kernel_listener(struct sockaddr_in *at, int backlog) {
    socklen_t length = sizeof *at;
    int s = kernel_socket();
    *at = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    if (bind(s, (struct sockaddr *)at, sizeof *at) != 0 || listen(s, backlog) != 0 ||
        getsockname(s, (struct sockaddr *)at, &length) != 0) {
        (void)close(s);
        return -1;
    }
    return s;
}

static bool kernel_is_in(int s, unsigned state) {
    struct tcp_info info;
    socklen_t length = sizeof info;
    for (unsigned tries = 0; tries < 2000; tries++) {
        if (getsockopt(s, IPPROTO_TCP, TCP_INFO, &info, &length) == 0 && info.tcpi_state == state)
            return true;
        (void)poll(NULL, 0, 1);
    }
    return false;
}

static bool kernel_has(int s, short events) {
    struct pollfd waited = {.fd = s, .events = events};
    return poll(&waited, 1, 2000) == 1;
}

static void kernel_reset(int *s) {
    const struct linger hard = {.l_onoff = 1};
    (void)setsockopt(*s, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    (void)close(*s);
    *s = -1;
}

static bool kernel_open(struct kernel *k) {
    k->listener = kernel_listener(&k->there, 4);
    (void)connect(k->socket, (struct sockaddr *)&k->there, sizeof k->there);
    if (!kernel_has(k->listener, POLLIN))
        return false;
    k->peer = accept(k->listener, NULL, NULL);
    return k->peer >= 0 && kernel_is_in(k->socket, TCP_ESTABLISHED);
}

static bool kernel_begin(struct kernel *k, enum state state) {
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof any;
    const bool has_data = state == UNREAD || state == UNREAD_FIN || state == RESET_UNREAD;
    *k = (struct kernel){kernel_socket(), -1, -1, -1, any};
    if (state >= ESTABLISHED && !kernel_open(k))
        return false;
    if (has_data && (send(k->peer, "0123456789", 10, 0) != 10 || !kernel_has(k->socket, POLLIN)))
        return false;
    switch (state) {
    case FRESH:
        k->listener = kernel_listener(&k->there, 4);
        return true;
    case BOUND:
        k->listener = kernel_listener(&k->there, 4);
        return bind(k->socket, (struct sockaddr *)&any, sizeof any) == 0;
    case LISTENING:
        k->listener = kernel_listener(&k->there, 4);
        return bind(k->socket, (struct sockaddr *)&any, sizeof any) == 0 &&
               listen(k->socket, 4) == 0;
    case WAITED_FOR:
        k->listener = kernel_listener(&k->there, 4);
        k->peer = kernel_socket();
        return bind(k->socket, (struct sockaddr *)&any, sizeof any) == 0 &&
               listen(k->socket, 4) == 0 &&
               getsockname(k->socket, (struct sockaddr *)&any, &length) == 0 &&
               connect(k->peer, (struct sockaddr *)&any, sizeof any) != 1 &&
               kernel_has(k->socket, POLLIN);
    case SYN_SENT: /* the listener can take no more */
        k->listener = kernel_listener(&k->there, 0);
        k->filler = kernel_socket();
        (void)connect(k->filler, (struct sockaddr *)&k->there, sizeof k->there);
        (void)connect(k->socket, (struct sockaddr *)&k->there, sizeof k->there);
        return kernel_is_in(k->socket, TCP_SYN_SENT);
    case REFUSED:
        k->listener = kernel_listener(&k->there, 4);
        (void)close(k->listener);
        k->listener = -1;
        return connect(k->socket, (struct sockaddr *)&k->there, sizeof k->there) != 0 &&
               kernel_is_in(k->socket, TCP_CLOSE);
    case CLOSE_WAIT:
    case UNREAD_FIN:
        return shutdown(k->peer, SHUT_WR) == 0 && kernel_is_in(k->socket, TCP_CLOSE_WAIT);
    case FIN_WAIT_2:
        return shutdown(k->socket, SHUT_WR) == 0 && kernel_is_in(k->socket, TCP_FIN_WAIT2);
    case READ_SHUT:
        return shutdown(k->socket, SHUT_RD) == 0;
    case BOTH_SHUT:
        return shutdown(k->socket, SHUT_RDWR) == 0 && kernel_is_in(k->socket, TCP_FIN_WAIT2);
    case TIME_WAIT: /* the kernel calls it CLOSE: another record of its waits */
        return shutdown(k->socket, SHUT_WR) == 0 && kernel_is_in(k->socket, TCP_FIN_WAIT2) &&
               shutdown(k->peer, SHUT_WR) == 0 && kernel_is_in(k->socket, TCP_CLOSE);
    case LAST_CLOSED:
        return shutdown(k->peer, SHUT_WR) == 0 && kernel_is_in(k->socket, TCP_CLOSE_WAIT) &&
               shutdown(k->socket, SHUT_WR) == 0 && kernel_is_in(k->socket, TCP_CLOSE);
    case RESET:
    case RESET_UNREAD:
        kernel_reset(&k->peer);
        return kernel_is_in(k->socket, TCP_CLOSE);
    case RESET_AFTER:
        if (shutdown(k->peer, SHUT_WR) != 0 || !kernel_is_in(k->socket, TCP_CLOSE_WAIT))
            return false;
        kernel_reset(&k->peer);
        return kernel_is_in(k->socket, TCP_CLOSE);
    default:
        return true;
    }
}

static void kernel_end(struct kernel *k) {
    const int all[] = {k->socket, k->peer, k->filler, k->listener};
    for (size_t i = 0; i < array_length(all); i++) {
        int s = all[i];
        if (s >= 0)
            kernel_reset(&s);
    }
}

static long kernel_call(struct kernel *k, enum call call) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof at;
    char bytes[64];
    int error = 0;
    long result = -1;
    errno = 0;
    switch (call) {
    case CONNECT:
        result = connect(k->socket, (struct sockaddr *)&k->there, sizeof k->there);
        break;
    case BIND:
        result = bind(k->socket, (struct sockaddr *)&at, sizeof at);
        break;
    case LISTEN:
        result = listen(k->socket, 4);
        break;
    case ACCEPT:
        result = accept(k->socket, NULL, NULL);
        if (result >= 0)
            result = close((int)result);
        break;
    case SEND:
        result = send(k->socket, "abc", 3, MSG_NOSIGNAL);
        break;
    case SEND_NOTHING:
        result = send(k->socket, "", 0, MSG_NOSIGNAL);
        break;
    case RECEIVE:
        result = recv(k->socket, bytes, sizeof bytes, 0);
        break;
    case RECEIVE_NOTHING:
        result = recv(k->socket, bytes, 0, 0);
        break;
    case PEEK:
        result = recv(k->socket, bytes, sizeof bytes, MSG_PEEK);
        break;
    case SHUT_READ:
        result = shutdown(k->socket, SHUT_RD);
        break;
    case SHUT_WRITE:
        result = shutdown(k->socket, SHUT_WR);
        break;
    case SHUT_BOTH:
        result = shutdown(k->socket, SHUT_RDWR);
        break;
    case SHUT_WRONG:
        result = shutdown(k->socket, 7);
        break;
    case PEER:
        result = getpeername(k->socket, (struct sockaddr *)&at, &length);
        break;
    case LOCAL:
        result = getsockname(k->socket, (struct sockaddr *)&at, &length);
        break;
    case ERROR:
        length = sizeof error;
        result = getsockopt(k->socket, SOL_SOCKET, SO_ERROR, &error, &length);
        return result == 0 ? -(long)error : -(long)errno;
    default:
        break;
    }
    return result < 0 ? -(long)errno : result;
}

/* ---- ours ---- */

struct ours {
    struct pair *pair;                    /* hosts a and b */
    struct dobos_socket *socket;          /* of a */
    struct dobos_socket *listener, *peer; /* of b; NULL: none */
    struct dobos_endpoint there;          /* whom it connects to */
};

static void settle(struct ours *o) {
    pair_run(o->pair, o->pair->now + 100 * DOBOS_MILLISECOND);
}

static struct dobos_endpoint at(uint32_t address, uint16_t port) {
    return (struct dobos_endpoint){.address = dobos_address_ipv4(address), .port = port};
}

static struct dobos_socket *our_socket(struct dobos_host *host) {
    struct dobos_socket *socket = NULL;
    assert_int_equal(dobos_socket_create(host, DOBOS_TCP, NULL, &socket), 0);
    return socket;
}

static struct dobos_socket *our_listener(struct dobos_host *host, uint16_t port) {
    const struct dobos_endpoint here = at(0, port);
    struct dobos_socket *socket = our_socket(host);
    assert_int_equal(dobos_bind(socket, &here), 0);
    assert_int_equal(dobos_listen(socket, 4), 0);
    return socket;
}

static void ours_open(struct ours *o) {
    assert_int_equal(dobos_connect(o->socket, &o->there), -DOBOS_EINPROGRESS);
    settle(o);
    assert_int_equal(dobos_accept(o->listener, &o->peer, NULL), 0);
}

static void ours_begin(struct ours *o, enum state state) {
    const struct impairments none = {.delay_ns = 1000};
    const struct dobos_endpoint here = at(PAIR_A, 0);
    *o = (struct ours){.pair = pair_create(1, &none), .there = at(PAIR_B, PORT)};
    o->socket = our_socket(o->pair->a.host);
    if (state == SYN_SENT)
        o->there = at(PAIR_GONE, PORT);
    else if (state != REFUSED)
        o->listener = our_listener(o->pair->b.host, PORT);
    if (state >= ESTABLISHED)
        ours_open(o);
    if (state == UNREAD || state == UNREAD_FIN || state == RESET_UNREAD)
        assert_int_equal(dobos_send(o->peer, "0123456789", 10), 10);
    settle(o);
    if (state == BOUND || state == LISTENING || state == WAITED_FOR)
        assert_int_equal(dobos_bind(o->socket, &here), 0);
    if (state == LISTENING || state == WAITED_FOR)
        assert_int_equal(dobos_listen(o->socket, 4), 0);
    if (state == WAITED_FOR) {
        struct dobos_endpoint local;
        assert_int_equal(dobos_local(o->socket, &local), 0);
        o->peer = our_socket(o->pair->b.host);
        assert_int_equal(dobos_connect(o->peer, &local), -DOBOS_EINPROGRESS);
    }
    if (state == SYN_SENT || state == REFUSED)
        assert_int_equal(dobos_connect(o->socket, &o->there), -DOBOS_EINPROGRESS);
    if (state == CLOSE_WAIT || state == UNREAD_FIN || state == LAST_CLOSED || state == RESET_AFTER)
        assert_int_equal(dobos_shutdown(o->peer, DOBOS_SHUTDOWN_SEND), 0);
    if (state == FIN_WAIT_2 || state == TIME_WAIT)
        assert_int_equal(dobos_shutdown(o->socket, DOBOS_SHUTDOWN_SEND), 0);
    settle(o);
    if (state == READ_SHUT)
        assert_int_equal(dobos_shutdown(o->socket, DOBOS_SHUTDOWN_RECEIVE), 0);
    if (state == BOTH_SHUT)
        assert_int_equal(dobos_shutdown(o->socket, DOBOS_SHUTDOWN_BOTH), 0);
    if (state == TIME_WAIT)
        assert_int_equal(dobos_shutdown(o->peer, DOBOS_SHUTDOWN_SEND), 0);
    if (state == LAST_CLOSED)
        assert_int_equal(dobos_shutdown(o->socket, DOBOS_SHUTDOWN_SEND), 0);
    if (state == RESET || state == RESET_UNREAD || state == RESET_AFTER) {
        dobos_abort(o->peer);
        o->peer = NULL;
    }
    settle(o);
}

static void ours_end(struct ours *o) {
    dobos_close(o->socket);
    dobos_close(o->peer);
    dobos_close(o->listener);
    pair_destroy(o->pair);
}

static long ours_call(struct ours *o, enum call call) {
    const struct dobos_endpoint here = at(PAIR_A, 0);
    struct dobos_socket *made = NULL;
    struct dobos_endpoint name;
    char bytes[64];
    long result = -1;
    switch (call) {
    case CONNECT:
        result = dobos_connect(o->socket, &o->there);
        break;
    case BIND:
        result = dobos_bind(o->socket, &here);
        break;
    case LISTEN:
        result = dobos_listen(o->socket, 4);
        break;
    case ACCEPT:
        result = dobos_accept(o->socket, &made, NULL);
        if (result == 0)
            dobos_close(made);
        break;
    case SEND:
        result = dobos_send(o->socket, "abc", 3);
        break;
    case SEND_NOTHING:
        result = dobos_send(o->socket, "", 0);
        break;
    case RECEIVE:
        result = dobos_receive(o->socket, bytes, sizeof bytes);
        break;
    case RECEIVE_NOTHING:
        result = dobos_receive(o->socket, bytes, 0);
        break;
    case PEEK:
        result = dobos_peek(o->socket, bytes, sizeof bytes);
        break;
    case SHUT_READ:
        result = dobos_shutdown(o->socket, DOBOS_SHUTDOWN_RECEIVE);
        break;
    case SHUT_WRITE:
        result = dobos_shutdown(o->socket, DOBOS_SHUTDOWN_SEND);
        break;
    case SHUT_BOTH:
        result = dobos_shutdown(o->socket, DOBOS_SHUTDOWN_BOTH);
        break;
    case SHUT_WRONG:
        result = dobos_shutdown(o->socket, (enum dobos_shutdown)7);
        break;
    case PEER:
        result = dobos_peer(o->socket, &name);
        break;
    case LOCAL:
        result = dobos_local(o->socket, &name);
        break;
    case ERROR:
        result = dobos_socket_error(o->socket);
        break;
    default:
        break;
    }
    settle(o);
    return result;
}

/* ---- side by side ---- */

/* What is told otherwise on purpose: Linux gives a socket in TIME-WAIT another port (and no other
 * use), since a record of its own waits; here the connection itself does, which has its port still.
 */
static bool is_known(const struct ours *o, enum call call, long theirs, long mine) {
    struct dobos_socket_info info;
    assert_int_equal(dobos_socket_info_read(o->socket, &info), 0);
    return info.state == DOBOS_TCP_TIME_WAIT && call == BIND && theirs == 0 && mine == -EINVAL;
}

/* Calls on a new socket of each kind, one after the other; prints and returns whether the last
 * one's results are the first that differ. */
static bool differ(enum state state, const enum call *calls, unsigned count) {
    struct kernel k;
    struct ours o;
    bool is_same = true, is_last = false;
    assert_true(kernel_begin(&k, state));
    ours_begin(&o, state);
    for (unsigned i = 0; i < count && is_same; i++) {
        long theirs = kernel_call(&k, calls[i]), mine = ours_call(&o, calls[i]);
        is_same = theirs == mine || is_known(&o, calls[i], theirs, mine);
        is_last = i + 1 == count;
        if (is_same || !is_last)
            continue;
        print_message("%s", state_names[state]);
        for (unsigned j = 0; j < count; j++)
            print_message(", %s", call_names[calls[j]]);
        print_message(": Linux %ld (%s), dobos %ld (%s)\n", theirs,
                      theirs < 0 ? strerror((int)-theirs) : "", mine,
                      mine < 0 ? strerror((int)-mine) : "");
    }
    kernel_end(&k);
    ours_end(&o);
    return !is_same && is_last;
}

static void sockets_or_skip(void) {
    int probe = kernel_socket();
    if (probe < 0)
        skip();
    (void)close(probe);
}

static void two_calls_in_each_state_return_what_linux_returns(void **state) {
    (void)state;
    unsigned different = 0;
    sockets_or_skip();
    for (unsigned s = 0; s < STATES; s++) {
        for (unsigned i = 0; i < CALLS * CALLS; i++) {
            const enum call calls[] = {(enum call)(i / CALLS), (enum call)(i % CALLS)};
            if (i % CALLS == 0)
                different += differ((enum state)s, calls, 1);
            different += differ((enum state)s, calls, 2);
        }
    }
    assert_int_equal(different, 0);
}

/* What makes a socket new again, or leaves it as it is, and what is done with it then. */
static void sockets_that_are_used_again_answer_as_linux_s(void **state) {
    static const enum state states[] = {LISTENING, SYN_SENT, REFUSED, LAST_CLOSED, RESET_UNREAD};
    static const enum call first[] = {CONNECT, BIND, SHUT_BOTH, ERROR};
    static const enum call last[] = {CONNECT, BIND, LISTEN, RECEIVE, PEER};
    (void)state;
    unsigned different = 0;
    sockets_or_skip();
    for (size_t s = 0; s < array_length(states); s++)
        for (size_t i = 0; i < array_length(first); i++)
            for (unsigned second = 0; second < CALLS; second++)
                for (size_t j = 0; j < array_length(last); j++) {
                    const enum call calls[] = {first[i], (enum call)second, last[j]};
                    different += differ(states[s], calls, 3);
                }
    assert_int_equal(different, 0);
}

/* Which numbers an option takes. */
static void numbers_of_options_are_taken_as_linux_takes_them(void **state) {
    static const struct {
        int name;
        enum dobos_option option;
    } options[] = {
        {TCP_MAXSEG, DOBOS_OPTION_MAXSEG},
        {TCP_SYNCNT, DOBOS_OPTION_SYNCNT},
        {TCP_KEEPIDLE, DOBOS_OPTION_KEEPALIVE_IDLE_S},
        {TCP_KEEPINTVL, DOBOS_OPTION_KEEPALIVE_INTERVAL_S},
        {TCP_KEEPCNT, DOBOS_OPTION_KEEPALIVE_PROBES},
        {TCP_USER_TIMEOUT, DOBOS_OPTION_USER_TIMEOUT_MS},
    };
    static const int numbers[] = {INT32_MIN, -1,  0,   1,   2,     87,    88,    89,       126,
                                  127,       128, 255, 256, 32766, 32767, 32768, INT32_MAX};
    (void)state;
    sockets_or_skip();
    struct kernel k;
    struct ours o;
    assert_true(kernel_begin(&k, FRESH));
    ours_begin(&o, FRESH);
    for (size_t i = 0; i < array_length(options); i++)
        for (size_t j = 0; j < array_length(numbers); j++) {
            int value = numbers[j], told = 0;
            int64_t mine = 0;
            socklen_t length = sizeof told;
            int taken = setsockopt(k.socket, IPPROTO_TCP, options[i].name, &value, sizeof value);
            int theirs = taken < 0 ? -errno : 0;
            if (dobos_option_set(o.socket, options[i].option, value) != theirs)
                fail_msg("option %d, %d: Linux %d", options[i].name, value, theirs);
            if (theirs < 0 || (options[i].option == DOBOS_OPTION_MAXSEG && value == 0))
                continue;
            assert_int_equal(getsockopt(k.socket, IPPROTO_TCP, options[i].name, &told, &length), 0);
            assert_int_equal(dobos_option_read(o.socket, options[i].option, &mine), 0);
            assert_int_equal(mine, told);
        }
    kernel_end(&k);
    ours_end(&o);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_calls_in_each_state_return_what_linux_returns),
        cmocka_unit_test(sockets_that_are_used_again_answer_as_linux_s),
        cmocka_unit_test(numbers_of_options_are_taken_as_linux_takes_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
