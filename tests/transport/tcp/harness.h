/*
 * harness: packet scripts for one TCP stack in virtual time. The test plays the peer:
 *
 *     static void script(struct script *s) {
 *         script_establish(s);
 *         inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1, .length = 100});
 *         advance(s, 40 * DOBOS_MILLISECOND);
 *         expect(s, A, 1, 0, 101);
 *     }
 *
 * Sequence numbers are relative: the peer's to its initial number, ours to ours; a SYN is 0, the
 * first byte
 * 1. script_each runs a script with initial numbers at all edges, with and without timestamps.
 */
#ifndef TESTS_TRANSPORT_TCP_HARNESS_H
#define TESTS_TRANSPORT_TCP_HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "transport/tcp/connection.h"
#include "transport/tcp/half_open.h"
#include "transport/tcp/listener.h"
#include "transport/tcp/segment.h"
#include "transport/tcp/tcp.h"

#define F   TCP_FIN
#define S   TCP_SYN
#define R   TCP_RST
#define P   TCP_PSH
#define U   TCP_URG
#define A   TCP_ACK
#define SA  (TCP_SYN | TCP_ACK)
#define FA  (TCP_FIN | TCP_ACK)
#define PA  (TCP_PSH | TCP_ACK)
#define RA  (TCP_RST | TCP_ACK)
#define FPA (TCP_FIN | TCP_PSH | TCP_ACK)
#define E   TCP_ECE
#define W   TCP_CWR
#define AE  0x100u /* not of enum tcp_flag: it stands elsewhere in the header */

#define SCRIPT_PORT      80
#define SCRIPT_PEER_PORT 4000
#define SCRIPT_OUT       1024
#define SCRIPT_SOCKETS   64
#define MS               DOBOS_MILLISECOND

/* A segment of the peer's. */
struct in {
    unsigned flags;
    uint32_t seq, ack; /* relative */
    uint32_t length;   /* bytes of data, by script_byte */
    uint32_t window;   /* bytes before scaling; 0: the script's; use closed for none */
    bool closed;       /* the window is 0 */
    bool bare;         /* no options at all, though agreed */
    bool old_ts;       /* a timestamp from before */
    uint16_t mss;      /* SYN: 0: 1460 */
    uint8_t other;     /* added to each data byte: other data for the same numbers */
    uint16_t port;     /* the peer's; 0: SCRIPT_PEER_PORT */
    uint16_t urgent;
    uint8_t ecn;                           /* enum ecn of the IP header */
    const struct tcp_ecn_option *counters; /* of accurate ECN; NULL: none */
    uint8_t sack_count;                    /* blocks the peer reports */
    struct {
        uint32_t left, right; /* relative to ours */
    } sack[TCP_SACK_BLOCKS];
    struct slice options; /* raw, instead of all others */
};

/* A segment of ours. */
struct out {
    unsigned flags;
    uint32_t seq, ack, length, window; /* relative; window as in the header */
    struct tcp_options options;
    struct seq raw_seq;
    uint16_t port; /* the peer's */
    dobos_time at;
    uint16_t gso_bytes; /* 0: no super-segment */
    uint16_t urgent;    /* pointer */
    uint8_t first_byte;
    uint8_t ecn; /* enum ecn of the IP header */
};

struct script {
    struct dobos_pool *pool;
    struct timing_wheel wheel;
    struct transport transport;
    dobos_time now;
    struct dobos_socket *listener, *socket;       /* the one under test is socket */
    struct dobos_socket *sockets[SCRIPT_SOCKETS]; /* all that host/ would know */
    unsigned count;
    struct seq isn, peer_isn;   /* ours is set by the first SYN we send */
    bool timestamps, scaling;   /* the peer offers them */
    bool sack;                  /* and this; off unless the script says so */
    uint32_t window;            /* the peer's usual one, bytes */
    uint32_t ts;                /* the peer's clock */
    uint32_t ts_seen;           /* of ours, to echo */
    uint32_t interface;         /* where the peer's segments arrive */
    uint32_t mtu, gso_bytes;    /* of the path */
    struct out out[SCRIPT_OUT]; /* sent and not expected yet */
    unsigned out_first, out_count;
    struct out last;               /* what expect has found */
    enum drop_reason reason;       /* of the last inject */
    bool progress;                 /* likewise */
    bool hold;                     /* a burst is coming in: nothing is sent until pump without it */
    int64_t outstanding;           /* bytes from the allocator */
    uint64_t allocations, fail_at; /* the fail_at-th fails */
};

/* The byte at a relative sequence number, the same in both directions. */
uint8_t script_byte(uint32_t place);
void script_init(struct script *s, uint32_t isn, uint32_t peer_isn, bool options);
void script_fini(struct script *s);
/* Runs a script for each set of initial numbers, with and without options. */
void script_each(void (*run)(struct script *s));

/* Sends what wants to be sent. */
void pump(struct script *s);
void inject(struct script *s, const struct in *in);
void advance(struct script *s, dobos_time time);
void expect_at(struct script *s, unsigned flags, uint32_t seq, uint32_t length, uint32_t ack,
               const char *file, int line);
void expect_nothing_at(struct script *s, const char *file, int line);
#define expect(s, flags, seq, length, ack) expect_at(s, flags, seq, length, ack, __FILE__, __LINE__)
#define expect_nothing(s)                  expect_nothing_at(s, __FILE__, __LINE__)
/* Forgets what was sent; returns how many segments. */
unsigned drain_out(struct script *s);

struct tcp_connection *script_connection(struct script *s);
void script_listen(struct script *s, unsigned backlog);
/* A socket whose connect to the peer has begun; no SYN is sent yet. */
void script_connect(struct script *s);
/* ESTABLISHED by an active open, or a passive one. */
void script_establish(struct script *s);
void script_establish_passive(struct script *s);
/* As in the middle of a stream: acknowledgments of full segments are not hurried any more. */
void script_in_midstream(struct script *s);
/* The program's calls, followed by pump. */
int64_t program_send(struct script *s, uint32_t length);
int64_t program_read(struct script *s, uint32_t room);
void program_close(struct script *s);
void assert_state_at(struct script *s, enum dobos_tcp_state state, const char *file, int line);
#define assert_state(s, state) assert_state_at(s, state, __FILE__, __LINE__)
/* The socket is gone: host/ has let it go. */
bool script_is_gone(struct script *s);
/* Brings a connection to a state, as the shortest way goes. LISTEN: s->listener; SYN-RECEIVED: by
 * simultaneous open. The peer's next number and ours are as s->peer_next, s->own_next say. */
struct reached {
    uint32_t peer_next, own_next;
};
struct reached script_reach(struct script *s, enum dobos_tcp_state state);
/* What must hold of a connection at any time. */
void check_invariants(struct script *s);

#define SCRIPT_TEST(name)                        \
    static void name##_script(struct script *s); \
    static void name(void **state) {             \
        (void)state;                             \
        script_each(name##_script);              \
    }                                            \
    static void name##_script(struct script *s)

#endif
