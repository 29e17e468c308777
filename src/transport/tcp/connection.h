/*
 * connection: the state of a TCP connection, split by heat.
 *
 * struct tcp_connection is small and lives as long as the connection: who with whom, sequence
 * numbers, windows, round-trip times, timers, what the program chose. struct tcp_flight holds what
 * only traffic needs: the queues, and the state of loss recovery and congestion control. It is
 * borrowed with the first byte and given back when everything is delivered and a retransmission
 * timeout has gone by in silence.
 *
 * Names of sequence variables are RFC 9293 §3.3.1's. Beside them:
 *
 *     snd_una            ≤            snd_nxt            snd_end
 *        |                               |                  |
 *        acked                           sent once          what the program has given; a FIN's
 *                                                           own number
 *     what of [snd_una, snd_nxt) has arrived, is lost, or is on its way: flight->board
 *
 *     rcv_nxt ≤ rcv_adv: the right edge we have offered, which never moves left
 */
#ifndef TRANSPORT_TCP_CONNECTION_H
#define TRANSPORT_TCP_CONNECTION_H

#include "base/seq.h"
#include "transport/socket.h"
#include "transport/tcp/congestion.h"
#include "transport/tcp/ecn.h"
#include "transport/tcp/frto.h"
#include "transport/tcp/out_of_order.h"
#include "transport/tcp/path_probe.h"
#include "transport/tcp/prr.h"
#include "transport/tcp/rack.h"
#include "transport/tcp/rate.h"
#include "transport/tcp/receive_queue.h"
#include "transport/tcp/rtt.h"
#include "transport/tcp/rtt_min.h"
#include "transport/tcp/sack_report.h"
#include "transport/tcp/scoreboard.h"
#include "transport/tcp/send_queue.h"
#include "transport/tcp/tlp.h"
#include "transport/tcp/totals.h"
#include "transport/tcp/tuning.h"
#include "transport/tcp/undo.h"
#include "transport/transport.h"

#define TCP_MSS_DEFAULT      536 /* RFC 9293 §3.7.1: where the peer says nothing */
#define TCP_TIMESTAMPS_BYTES 12  /* of options, padded */
#define TCP_MSS_FLOOR        88  /* smaller segments are not made, whatever a peer asks */

#define TCP_DELAYED_ACK_NS       (40 * DOBOS_MILLISECOND)
#define TCP_SWS_OVERRIDE_NS      (200 * DOBOS_MILLISECOND)
#define TCP_IDLE_NS              (1 * DOBOS_SECOND) /* then the flight is given back */
#define TCP_R1_RETRANSMISSIONS   3
#define TCP_R2_NS                (924600 * DOBOS_MILLISECOND) /* without a user timeout */
#define TCP_R2_SYN_NS            (180 * DOBOS_SECOND)
#define TCP_R2_ORPHAN_NS         (100 * DOBOS_SECOND)
#define TCP_TIME_WAIT_NS         (60 * DOBOS_SECOND) /* 2 MSL */
#define TCP_FIN_WAIT_2_ORPHAN_NS (60 * DOBOS_SECOND)

#define TCP_SEND_BUFFER_BYTES    (256u << 10)
#define TCP_RECEIVE_BUFFER_BYTES (512u << 10)

/* What the connection's one timer node stands for; each has a deadline of its own. */
enum tcp_deadline {
    TCP_DEADLINE_SEND,      /* see enum tcp_send_timer */
    TCP_DEADLINE_ACK,       /* the delayed acknowledgment */
    TCP_DEADLINE_KEEPALIVE, /* the next look whether the peer is still there */
    TCP_DEADLINE_PACING,    /* when the next data may leave */
    TCP_DEADLINE_LINGER,    /* the end of TIME-WAIT, or of an orphan's FIN-WAIT-2 */
    TCP_DEADLINES
};

/* What TCP_DEADLINE_SEND means now; never two at once. */
enum tcp_send_timer {
    TCP_SEND_TIMER_OFF,
    TCP_SEND_TIMER_RETRANSMIT, /* something is in flight */
    TCP_SEND_TIMER_TAIL,       /* likewise, and its tail is to be probed first (tlp.h) */
    TCP_SEND_TIMER_REORDER,    /* likewise, and some of it may be late or lost (rack.h) */
    TCP_SEND_TIMER_PROBE,      /* nothing is, something waits, and the window does not let it go */
    TCP_SEND_TIMER_IDLE,       /* nothing waits: the flight is given back */
};

enum tcp_recovery {
    TCP_RECOVERY_NONE, /* nothing is known to be lost */
    TCP_RECOVERY_CWR,  /* the window is being reduced for a congestion mark; this and the others
                          last until snd_una reaches `recover` */
    TCP_RECOVERY_FAST, /* losses are being repaired, and the window reduced */
    TCP_RECOVERY_RTO,  /* a timeout: from one segment up again */
};

/* How the program stands to its socket, beside the connection's own state; Linux has the same. */
enum tcp_use {
    TCP_USE_FRESH,      /* it may connect, or listen (and a listener is so) */
    TCP_USE_CONNECTING, /* it has called connect, and has not been told how that went */
    TCP_USE_CONNECTED,  /* it has; or the socket came out of accept */
    TCP_USE_SPENT,      /* it shut it down before it had been told: good for nothing more */
};

struct tcp_flight {
    struct send_queue send;       /* from snd_una (at most) to snd_end */
    struct receive_queue receive; /* in order, not read yet */
    struct out_of_order held;     /* beyond rcv_nxt */
    struct sack_report report;    /* what SACK tells of it */
    struct tuning tuning;         /* what the receive buffer is measured by */
    bool pushed;                  /* the last data to come had PSH */
    struct congestion congestion; /* cwnd, ssthresh */
    size_t charged;               /* what transport.buffer_bytes counts for this flight */
    struct scoreboard board;      /* what is in flight, segment by segment */
    struct rack rack;             /* what is lost, by time */
    struct prr prr;               /* the window while recovery is FAST or CWR */
    struct undo undo;             /* whether the last reduction was for nothing */
    struct tlp tlp;               /* the probe of a lost tail */
    struct path_probe probe;      /* the one of the path's length */
    struct rate rate;             /* at what rate data arrives */
    struct rtt_min rtt_min;       /* the shortest round trip of late */
    struct rtt_spread rtt_spread; /* the largest variation of late */
    struct seq recover;           /* RFC 6582: the highest number sent when a loss was found */
    struct seq found;             /* snd_nxt when an undo last found what was lost; or snd_una */
    uint8_t stalls;               /* send timers without progress so far (pressure.h) */
    struct seq stalled_una;       /* snd_una then */
    dobos_time stalled_since;     /* when the first of them came */
    struct list_node stalled;     /* in transport.stalled, from the second on */
    struct tcp_connection *owner; /* whose flight it is */
    struct seq used_until;    /* used_bytes and is_window_full count until this is acknowledged */
    dobos_time sent_at;       /* when data was last sent; DOBOS_NEVER: not yet */
    dobos_time rto_at;        /* the retransmission timeout; DOBOS_NEVER: nothing in flight */
    dobos_time reorder_at;    /* when to look for losses again; DOBOS_NEVER: no need */
    dobos_time paced_until;   /* nothing leaves before, when paced */
    dobos_time refused_since; /* when the peer first closed its window on what was in flight, since
                                 snd_una last moved; DOBOS_NEVER: it has not */
    uint32_t dup_acks;        /* of a peer without SACK: in a row, to 255 */
    uint32_t dup_bytes;       /* and what they say has arrived */
    uint32_t dup_most;        /* bytes in flight before the recovery: they can say no more of */
    uint32_t duplicates;      /* D-SACKs counted so far */
    uint32_t used_bytes;      /* the most that was in flight in this round trip */
    uint8_t refusals;         /* and how often since then */
    uint8_t recovery;         /* enum tcp_recovery */
    uint8_t frto;             /* enum frto_step */
    bool partial_acked;       /* this recovery has seen a partial acknowledgment */
    bool tail_now;            /* the tail is probed at the next chance */
    bool in_burst;            /* new data has left since there was last nothing to send */
    bool is_window_full;      /* cwnd held the sender back in this round trip */
};

struct tcp_connection {
    struct dobos_socket socket;    /* first, and found from it */
    struct tcp_flight *flight;     /* NULL while nothing is queued */
    struct tcp_listener *listener; /* LISTEN: its queues; else the one it waits in, or NULL */
    struct tcp_half_open *opening; /* repeats our SYN,ACK (fast_open.h); NULL: it is acknowledged */
    struct list_node queue_node;   /* in a listener's queue, or transport's orphans, time_waits */
    dobos_time deadlines[TCP_DEADLINES]; /* DOBOS_NEVER: not set */
    struct tcp_rtt rtt;                  /* RFC 6298 */
    struct tcp_ecn ecn;                  /* RFC 3168, RFC 9768 */
    dobos_time unacked_since;    /* since when the peer owes us an acknowledgment; DOBOS_NEVER */
    dobos_time heard_at;         /* when a segment last came */
    dobos_time ts_recent_at;     /* when ts_recent was set */
    dobos_time challenge_second; /* when challenges were last counted from zero */
    dobos_time stray_ack_at;     /* when an empty segment out of window was last answered */
    dobos_time answer_until;     /* data that leaves before answers what has come */
    struct seq iss, irs;         /* initial sequence numbers */
    struct seq snd_una, snd_nxt, snd_end; /* see above */
    struct seq snd_wl1, snd_wl2;          /* of the segment that last set snd_wnd */
    uint32_t snd_wnd, snd_wnd_max;        /* the peer's window now, and the largest seen; bytes */
    struct seq rcv_nxt, rcv_adv;          /* see above */
    struct seq acked_seq;                 /* RFC 7323's Last.ACK.sent */
    uint32_t ts_recent, ts_offset;        /* RFC 7323 */
    struct seq snd_up, rcv_up;            /* marks of urgent data, with urgent_out, urgent_in */
    uint32_t rcv_segment;               /* largest segment the peer has sent: "full-size", bytes */
    uint32_t send_limit, receive_limit; /* buffers, bytes */
    uint32_t idle_cwnd, idle_ssthresh;  /* congestion's, while there is no flight */
    uint32_t idle_kept[2];              /* its algorithm's */
    uint32_t max_pacing_rate;           /* DOBOS_OPTION_MAX_PACING_RATE; bytes a second; 0: none */
    uint32_t user_timeout_ms;           /* R2; 0: the default */
    int soft_error;                     /* what ICMP or the path last complained of, −DOBOS_E… */
    struct tcp_totals totals;           /* for info */
    uint64_t bytes_sent, bytes_acked, bytes_received, segments_out, segments_in; /* for info */
    uint32_t retransmits;   /* segments sent again */
    uint32_t probe_again_s; /* when all lengths are tried again, second of the host's time */
    uint16_t probe_low;     /* while there is a hole: packets of this length pass, bytes */
    uint16_t probe_high;    /* and longer ones than this do not */
    uint16_t snd_mss;       /* what the peer can take without options, bytes */
    uint16_t keepalive_idle_s, keepalive_interval_s; /* DOBOS_OPTION_KEEPALIVE_… */
    uint8_t keepalive_probes;                        /* unanswered ones before giving up */
    uint8_t keepalive_sent;                          /* unanswered ones so far */
    uint8_t state;                                   /* enum dobos_tcp_state */
    uint8_t send_timer;                              /* enum tcp_send_timer */
    uint8_t backoff; /* doublings of the timeout now, until there is a new measurement */
    uint8_t tries;   /* timeouts since the peer last acknowledged something new */
    uint8_t snd_wscale, rcv_wscale; /* shifts, 0–14 */
    uint8_t hole;                   /* enum tcp_hole */
    uint8_t congestion;             /* enum dobos_congestion: what the program chose */
    uint8_t challenges;             /* in this second */
    uint8_t full_segments;          /* received since the last acknowledgment */
    uint8_t quick_acks;             /* segments that are still acknowledged one by one */
    bool answers;                   /* the program answers what it reads: its data acknowledges */
    uint8_t fast_open;              /* enum tcp_fast_open */
    uint16_t fast_open_limit;       /* DOBOS_OPTION_FASTOPEN */
    uint16_t syn_data;              /* bytes our SYN carried that are not acknowledged */
    bool fast_open_wanted;          /* DOBOS_OPTION_FASTOPEN_CONNECT */
    bool scales, timestamps, sack;  /* negotiated (while opening: offered) */
    bool send_fixed, receive_fixed; /* the program has set DOBOS_OPTION_…_BUFFER */
    bool urgent_out, urgent_in;     /* there is urgent data not acknowledged, not read */
    bool nodelay, keepalive;        /* DOBOS_OPTION_NODELAY, _KEEPALIVE */
    bool ack_now;                   /* an acknowledgment goes out at the next chance */
    bool syn_now;                   /* our SYN likewise */
    bool probe_now;                 /* a probe of a closed window likewise */
    bool keepalive_now;             /* a keepalive probe likewise */
    bool push_through;              /* what there is goes out, however small (SWS override) */
    bool reset_pending;             /* a RST is still to be sent */
    bool corked;                    /* DOBOS_OPTION_CORK */
    uint8_t syn_count;              /* DOBOS_OPTION_SYNCNT; 0: not set */
    uint16_t mss_limit;             /* DOBOS_OPTION_MAXSEG; 0: none */
    uint8_t use;                    /* enum tcp_use */
    bool was_open;                  /* has been tried at least: CLOSED is an end now */
    bool close_on_open;             /* the program closed, or shut down, in SYN-RECEIVED */
    bool read_closed;               /* the program wants no more data */
    bool resent_syn;                /* our SYN had to be repeated */
    bool is_time_wait;              /* has entered TIME-WAIT */
    bool reads_eof;                 /* the peer's FIN has been taken in */
};

static inline struct tcp_connection *connection_of(struct dobos_socket *socket) {
    return container_of(socket, struct tcp_connection, socket);
}
static inline const struct tcp_connection *connection_of_const(const struct dobos_socket *socket) {
    return container_of(socket, const struct tcp_connection, socket);
}

/* ---- connection.c ---- */
/* In CLOSED, without owner; NULL. */
struct tcp_connection *connection_create(struct transport *transport);
/* What the program chose for `from` is chosen for this one. */
void connection_inherit(struct tcp_connection *connection, const struct tcp_connection *from);
/* One in CLOSED is as it was made: what came and was not read is forgotten, the peer, and the port
 * and address that the program did not choose. Its choices stay, and the pending error. */
void connection_renew(struct transport *transport, struct tcp_connection *connection);
/* Frees it; it is in no listener's queue any more. */
void connection_destroy(struct transport *transport, struct tcp_connection *connection);
/* CLOSED: out of the table of flows, all timers off, what was to be sent forgotten; `error` (0:
 * none) is for the program. What was received stays to be read, and a port that the program chose
 * stays its own. */
void connection_end(struct transport *transport, struct tcp_connection *connection, int error);
/* The same, and the peer gets a reset. */
void connection_reset(struct transport *transport, struct tcp_connection *connection, int error);
void connection_enter(struct tcp_connection *connection, enum dobos_tcp_state state);
/* Borrows the flight if there is none. False: no memory. */
bool connection_flight_borrow(struct transport *transport, struct tcp_connection *connection);
/* The program's choice, or the host's. */
const struct congestion_algorithm *connection_congestion(const struct transport *transport,
                                                         const struct tcp_connection *connection);
/* Gives it back if nothing is in it. */
void connection_flight_return(struct transport *transport, struct tcp_connection *connection);
/* Brings transport's count of held bytes up to date with the flight. */
void connection_charge(struct transport *transport, struct tcp_connection *connection);
/* ESTABLISHED: the handshake is over. */
void connection_open(struct transport *transport, struct tcp_connection *connection,
                     dobos_time now);

/* The bytes of data a segment carries now: what the peer and the path take, less options. */
uint32_t connection_mss(const struct tcp_connection *connection);
/* What we say we can take: our MTU less 40, or what the program wants (DOBOS_OPTION_MAXSEG). */
uint16_t connection_mss_offered(const struct path *path, uint16_t limit);
static inline uint16_t mss_within(uint16_t mss, uint16_t limit) {
    return limit > 0 && limit < mss ? limit : mss;
}
/* The same where there is no room for SACK blocks: what a repetition may carry. */
uint32_t connection_mss_bare(const struct tcp_connection *connection);
static inline uint32_t connection_in_flight(const struct tcp_connection *c) {
    return seq_distance(c->snd_nxt, c->snd_una);
}
/* RFC 6675's pipe: what is in the network, bytes; what duplicate acknowledgments tell of is not. */
static inline uint32_t flight_pipe(const struct tcp_flight *flight) {
    uint32_t bytes = flight->board.in_flight.bytes;
    return bytes - min_u32(bytes, flight->dup_bytes);
}
/* ESTABLISHED and later, but not CLOSED (RFC 9293 §3.3.2). */
static inline bool connection_is_synchronized(const struct tcp_connection *c) {
    return c->state >= DOBOS_TCP_ESTABLISHED;
}
/* Whether our FIN is to be sent behind the data, or was. */
static inline bool connection_wants_fin(const struct tcp_connection *c) {
    return c->state == DOBOS_TCP_FIN_WAIT_1 || c->state == DOBOS_TCP_CLOSING ||
           c->state == DOBOS_TCP_LAST_ACK;
}
/* Whether the program may still give data to send. */
static inline bool connection_can_send(const struct tcp_connection *c) {
    return c->state == DOBOS_TCP_ESTABLISHED || c->state == DOBOS_TCP_CLOSE_WAIT;
}
/* Whether the peer may still send data. */
static inline bool connection_can_receive(const struct tcp_connection *c) {
    return c->state == DOBOS_TCP_ESTABLISHED || c->state == DOBOS_TCP_FIN_WAIT_1 ||
           c->state == DOBOS_TCP_FIN_WAIT_2;
}
/* Data or FIN that has not been sent even once. */
static inline bool connection_has_unsent(const struct tcp_connection *c) {
    struct seq end = connection_wants_fin(c) ? seq_add(c->snd_end, 1) : c->snd_end;
    return connection_is_synchronized(c) && seq_lt(c->snd_nxt, end);
}
/* However many segments ask for it, one acknowledgment goes out, when the host has taken all in
 * [rfc9293#100] [rfc1122#146] [rfc5681#23]. */
static inline void connection_want_ack(struct tcp_connection *c) {
    c->ack_now = true;
    c->socket.sender.wants_output = true;
}

#endif
