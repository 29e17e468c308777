/*
 * dobos/socket.h: sockets and pollers.
 *
 * Nothing here blocks and nothing here sends: a call changes state, and the next dobos_output of
 * the host makes packets of it. A call that cannot go on returns -DOBOS_EAGAIN and arms an event;
 * when the state changes, the socket appears once in its poller:
 *
 *     struct dobos_event events[16];
 *     int n = dobos_poller_next(poller, events, 16);
 *     for (int i = 0; i < n; i++) { ... dobos_receive(events[i].socket, ...) until -DOBOS_EAGAIN
 * ... }
 *
 * A socket is one of three kinds: TCP (a stream, or a listener), UDP (datagrams), and ICMP (echo
 * requests, as Linux's ping sockets). A socket belongs to the poller it was made with; accepted
 * sockets inherit the listener's.
 */
#ifndef DOBOS_SOCKET_H
#define DOBOS_SOCKET_H

#include <dobos/address.h>
#include <dobos/errors.h>
#include <dobos/host.h>
#include <dobos/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct dobos_socket;
struct dobos_poller;

enum dobos_protocol { /* values are IP protocol numbers */
    DOBOS_ICMP = 1,
    DOBOS_TCP = 6,
    DOBOS_UDP = 17,
};

/* ---- pollers ---- */

enum dobos_readiness {
    DOBOS_READABLE = 1, /* receive or accept has something, or the peer has ended its side */
    DOBOS_WRITABLE = 2, /* send takes something; for a connect: it is established */
    DOBOS_ERROR = 4,    /* dobos_socket_error has an error, or dobos_receive_icmp a report */
    DOBOS_HANGUP = 8,   /* the connection is over in both directions */
    DOBOS_STALLED = 16, /* TCP: three repetitions in a row were not answered (R1 of RFC 9293
                           §3.8.3); ends when the peer acknowledges */
    DOBOS_URGENT = 32,  /* TCP: DOBOS_OPTION_URGENT is not 0; told anew when its mark moves on */
};

struct dobos_event {
    struct dobos_socket *socket; /* borrowed until it is closed */
    void *user;                  /* what dobos_socket_user_set was given */
    unsigned ready; /* the level at the moment of the call, as dobos_socket_ready tells */
};

/* Makes a poller (give). -DOBOS_ENOMEM. */
DOBOS_API int dobos_poller_create(struct dobos_host *host, struct dobos_poller **poller);
/* Ends it (take); its sockets go to the host's default poller. */
DOBOS_API void dobos_poller_destroy(struct dobos_poller *poller);
/* The host's own poller, where sockets made with NULL go. Borrowed. */
DOBOS_API struct dobos_poller *dobos_poller_default(struct dobos_host *host);
/* Up to `room` sockets whose state has changed; returns how many. Each stands here once, until an
 * operation returns -DOBOS_EAGAIN again. */
DOBOS_API int dobos_poller_next(struct dobos_poller *poller, struct dobos_event *events,
                                unsigned room);

/* ---- making and ending ---- */

/* Makes a socket (give). `poller` NULL: the default one. -DOBOS_EPROTONOSUPPORT, -DOBOS_ENOMEM. */
DOBOS_API int dobos_socket_create(struct dobos_host *host, enum dobos_protocol protocol,
                                  struct dobos_poller *poller, struct dobos_socket **socket);
/* Ends the program's use of it (take), purging its events. A TCP connection goes on to deliver what
   was sent and to say goodbye (RFC 9293 §3.6); with unread data it resets (RFC 2525 §2.17). NULL is
   allowed. */
DOBOS_API void dobos_close(struct dobos_socket *socket);
/* Ends it at once (take): a TCP peer gets a reset. NULL is allowed. */
DOBOS_API void dobos_abort(struct dobos_socket *socket);
DOBOS_API void dobos_socket_user_set(struct dobos_socket *socket, void *user);
DOBOS_API void *dobos_socket_user(const struct dobos_socket *socket);
DOBOS_API struct dobos_host *dobos_socket_host(const struct dobos_socket *socket);
/* The level: which of enum dobos_readiness hold now. */
DOBOS_API unsigned dobos_socket_ready(const struct dobos_socket *socket);
/* The pending error as -DOBOS_E…, and clears it; 0: none. */
DOBOS_API int dobos_socket_error(struct dobos_socket *socket);

/* ---- names ---- */

/* Port 0: a free one, unpredictable (RFC 6056). -DOBOS_EADDRINUSE, -DOBOS_EADDRNOTAVAIL,
 * -DOBOS_EINVAL (bound already). */
DOBOS_API int dobos_bind(struct dobos_socket *socket, const struct dobos_endpoint *local);
/*
 * TCP: begins a connection; -DOBOS_EINPROGRESS, then DOBOS_WRITABLE or DOBOS_ERROR
 * (-DOBOS_ECONNREFUSED, -DOBOS_ETIMEDOUT, …). UDP and ICMP: sets the peer; 0. -DOBOS_ENETUNREACH
 * (broadcast and multicast for TCP, too), -DOBOS_EADDRNOTAVAIL (no free port), -DOBOS_EINVAL (port
 * 0, or 0.0.0.0, which is nobody).
 * Again, of a TCP socket: -DOBOS_EALREADY while it goes on. Then once 0, and -DOBOS_EISCONN from
 * then on, when that connection is over too; or the error with which it failed (-DOBOS_ECONNABORTED
 * if that has been read), after which the socket is as new: it may connect or listen, keeps its
 * options and what bind chose (but not a port that was 0). -DOBOS_EISCONN of a listener,
 * -DOBOS_EINVAL of a socket that was shut down while nobody had been told how its attempt went.
 */
DOBOS_API int dobos_connect(struct dobos_socket *socket, const struct dobos_endpoint *peer);
/* Makes a TCP socket a listener; one that is not bound gets a free port. `backlog`: how many
 * established connections may wait for accept, 1–65535; 0 is 1, and more (a negative number too)
 * 65535. Again, of a listener: another backlog. -DOBOS_EINVAL (connecting, or connected),
 * -DOBOS_EADDRINUSE, -DOBOS_EOPNOTSUPP. */
DOBOS_API int dobos_listen(struct dobos_socket *socket, unsigned backlog);
/* The next established connection (give). `peer` may be NULL. -DOBOS_EAGAIN, -DOBOS_EINVAL (no
 * listener). */
DOBOS_API int dobos_accept(struct dobos_socket *listener, struct dobos_socket **socket,
                           struct dobos_endpoint *peer);
DOBOS_API int dobos_local(const struct dobos_socket *socket, struct dobos_endpoint *local);
/* -DOBOS_ENOTCONN without a peer: of TCP also before the connection is open and when it is over. */
DOBOS_API int dobos_peer(const struct dobos_socket *socket, struct dobos_endpoint *peer);

/* ---- bytes ---- */

/*
 * TCP: takes a copy of as many bytes as there is room for; returns how many (≥ 1). UDP: one
 * datagram to the connected peer, all or nothing. ICMP: `bytes` is an echo request's sequence
 * number (2 bytes, big-endian) and its data; the identifier is the local port. -DOBOS_EAGAIN,
 * -DOBOS_EPIPE (TCP: not connected, too), -DOBOS_ENOTCONN, -DOBOS_EMSGSIZE, a pending error (which
 * it clears), -DOBOS_ENOMEM.
 */
DOBOS_API int64_t dobos_send(struct dobos_socket *socket, const void *bytes, size_t length);
/* The same for TCP, and tells the peer that all the data up to here is urgent (Linux's MSG_OOB):
 * the mark stands behind the last byte that was taken, also when that is not all (RFC 9293 §3.8.5,
 * RFC 6093). The peer's program learns of it as from DOBOS_URGENT. New protocols should not use it:
 * routers clear the mark. -DOBOS_EOPNOTSUPP (not TCP), else as dobos_send. */
DOBOS_API int64_t dobos_send_urgent(struct dobos_socket *socket, const void *bytes, size_t length);
/* TCP: up to `room` bytes, urgent data in line with the rest (Linux's SO_OOBINLINE); 0: the peer
 * has ended its side. UDP, ICMP: one datagram, cut to room.
 * -DOBOS_EAGAIN, -DOBOS_ENOTCONN, a pending error (cleared). */
DOBOS_API int64_t dobos_receive(struct dobos_socket *socket, void *bytes, size_t room);

/* As dobos_receive, but what it tells of is not taken: it is there for the next call again (Linux's
 * MSG_PEEK). A pending error is cleared. */
DOBOS_API int64_t dobos_peek(struct dobos_socket *socket, void *bytes, size_t room);

/* What goes with a datagram. To send: fields that are zero are chosen by the host. On receipt all
 * are filled in. */
struct dobos_message {
    struct dobos_endpoint
        peer; /* to send: where to; received: from where (interface: where it arrived) */
    struct dobos_address
        local; /* to send: source address; received: the destination it was sent to */
    struct dobos_mac
        link; /* to send: link address of the next hop if has_link (nobody is asked for it, none is
                 remembered; not to a broadcast address); received: the frame's source */
    bool has_link;      /* `link` is set */
    uint8_t ttl;        /* time to live, 1–255; 0: the socket's */
    uint8_t tos;        /* DSCP and ECN */
    size_t length;      /* received: the datagram's whole length, also if it was cut */
    dobos_time arrived; /* received: when */
};
DOBOS_API int64_t dobos_send_message(struct dobos_socket *socket, const void *bytes, size_t length,
                                     const struct dobos_message *message);
DOBOS_API int64_t dobos_receive_message(struct dobos_socket *socket, void *bytes, size_t room,
                                        struct dobos_message *message);

/* An ICMP error about a datagram this socket sent (RFC 1122 §4.1.3.3). */
struct dobos_icmp_report {
    uint8_t type, code;         /* RFC 792 */
    struct dobos_address from;  /* who reports */
    struct dobos_endpoint peer; /* where the datagram was going */
    uint32_t mtu;               /* of the next hop, for type 3 code 4; else 0 */
    uint8_t payload[8];     /* first bytes of the datagram's payload (for an echo request: of what
                               dobos_send was given) */
    uint8_t payload_length; /* how many of them are known */
    dobos_time arrived;     /* when */
};
/* The next report; -DOBOS_EAGAIN. At most 16 are kept. */
DOBOS_API int dobos_receive_icmp(struct dobos_socket *socket, struct dobos_icmp_report *report);

enum dobos_shutdown {
    DOBOS_SHUTDOWN_RECEIVE = 1,
    DOBOS_SHUTDOWN_SEND = 2,
    DOBOS_SHUTDOWN_BOTH = 3
};
/* Ends one or both directions. Sending ends behind what was sent (FIN); what has come can be read
 * still. An attempt to connect ends, with -DOBOS_ECONNRESET pending, and a listener that is to
 * receive no more is none any longer: either may connect or listen anew. -DOBOS_ENOTCONN,
 * -DOBOS_EINVAL. */
DOBOS_API int dobos_shutdown(struct dobos_socket *socket, enum dobos_shutdown how);

/* ---- options ---- */

enum dobos_option {
    DOBOS_OPTION_NODELAY = 1,      /* TCP: 1: no Nagle algorithm (RFC 9293 §3.7.4); default 0 */
    DOBOS_OPTION_KEEPALIVE,        /* TCP: 1: probe an idle peer (RFC 9293 §3.8.4); default 0 */
    DOBOS_OPTION_KEEPALIVE_IDLE_S, /* seconds idle before the first probe, 1–32767; default 7200 */
    DOBOS_OPTION_KEEPALIVE_INTERVAL_S, /* seconds between probes, 1–32767; default 75 */
    DOBOS_OPTION_KEEPALIVE_PROBES,     /* unanswered probes before giving up, 1–127; default 9 */
    DOBOS_OPTION_USER_TIMEOUT_MS, /* TCP: R2, how long sent data may stay unacknowledged; 0: 924.6 s
                                     of backoff as Linux's tcp_retries2 */
    DOBOS_OPTION_SEND_BUFFER,     /* bytes, 4096–64 MiB; default 208 KiB; TCP: begins at 256 KiB and
                                     grows with the congestion window (struct dobos_tcp_config)
                                     until it is set */
    DOBOS_OPTION_RECEIVE_BUFFER,  /* bytes, 4096–64 MiB; default 208 KiB; TCP: begins at 512 KiB and
                                     grows with what is read in a round trip until it is set; the
                                     window's scale is chosen when the connection begins */
    DOBOS_OPTION_TTL,             /* 1–255; default 64 */
    DOBOS_OPTION_TOS,             /* 0–255; default 0 */
    DOBOS_OPTION_BROADCAST,       /* UDP: 1: may send to broadcast addresses; default 0 */
    DOBOS_OPTION_INTERFACE,       /* index: only this interface, in and out; 0: any (default) */
    DOBOS_OPTION_DONT_FRAGMENT,   /* UDP, ICMP: 1: larger than the path's MTU is -DOBOS_EMSGSIZE, DF
                                     is set; default 0 */
    DOBOS_OPTION_PATH_MTU, /* only to be read: the largest packet that the path to the peer carries
                              without fragments as far as is known, bytes (RFC 1191);
                              -DOBOS_ENOTCONN */
    DOBOS_OPTION_MULTICAST_TTL,       /* UDP, ICMP: of what goes to groups, 1–255; default 1 */
    DOBOS_OPTION_MULTICAST_LOOP,      /* UDP, ICMP: 1: a copy of what goes to a group comes to this
                                         host's own members there; default 1 (of UDP) */
    DOBOS_OPTION_MULTICAST_INTERFACE, /* UDP, ICMP: index of 2 or more: where groups are joined and
                                         sent to; 0: the first (default) */
    DOBOS_OPTION_CONGESTION, /* TCP: enum dobos_congestion, at any time; a listener's is that of its
                                connections; default 0, the host's */
    DOBOS_OPTION_MAX_PACING_RATE, /* TCP: bytes a second (payload and headers), at most this fast,
                                     and evenly; default 0: as fast as the windows allow (BBR
                                     is paced in any case) */
    DOBOS_OPTION_URGENT, /* TCP, only to be read: how many bytes are still to be read until none is
                            urgent, the last urgent one included; 1: that is the next (Linux's
                            SIOCATMARK); 0: none is */
    DOBOS_OPTION_FASTOPEN, /* TCP listeners, as TCP_FASTOPEN: connections whose SYN's data is taken
                              at once and that may wait for their handshake's end, 0–65535; default
                              0: none. The host's settings must allow it; data may come twice */
    DOBOS_OPTION_FASTOPEN_CONNECT, /* TCP, as TCP_FASTOPEN_CONNECT: 1: where the server has given a
                                      cookie, connect returns 0 and the first data goes with the
                                      SYN; else the SYN asks for a cookie; default 0 */
    DOBOS_OPTION_MAXSEG, /* TCP, as TCP_MAXSEG: bytes, 88–32767: our SYN offers no larger segments,
                            and none are sent (its options count as data here, RFC 6691); 0: as the
                            path allows (default). To be set before connect and listen. Read: what
                            was set; of a connection, the data that a segment carries now */
    DOBOS_OPTION_CORK,   /* TCP, as TCP_CORK: 1: only full segments leave (or what the peer's window
                            takes, where that is less), until it is 0 again, the sending side is
                            shut down, or 200 ms have gone by with nothing in flight; NODELAY, when
                            it is set, lets go what there is; default 0 */
    DOBOS_OPTION_SYNCNT, /* TCP, as TCP_SYNCNT: how often a SYN is repeated before connect gives up
                            (-DOBOS_ETIMEDOUT), and a listener's SYN,ACK, 1–127; read 0: not set,
                            three minutes long */
};
/* -DOBOS_EINVAL (out of range), -DOBOS_EOPNOTSUPP (not for this kind, or only to be read). */
DOBOS_API int dobos_option_set(struct dobos_socket *socket, enum dobos_option option,
                               int64_t value);
DOBOS_API int dobos_option_read(const struct dobos_socket *socket, enum dobos_option option,
                                int64_t *value);

/* ---- looking at sockets ---- */

enum dobos_tcp_state { /* RFC 9293 §3.3.2 */
    DOBOS_TCP_CLOSED = 0,
    DOBOS_TCP_LISTEN,
    DOBOS_TCP_SYN_SENT,
    DOBOS_TCP_SYN_RECEIVED,
    DOBOS_TCP_ESTABLISHED,
    DOBOS_TCP_FIN_WAIT_1,
    DOBOS_TCP_FIN_WAIT_2,
    DOBOS_TCP_CLOSE_WAIT,
    DOBOS_TCP_CLOSING,
    DOBOS_TCP_LAST_ACK,
    DOBOS_TCP_TIME_WAIT,
};

/* How a sender thinks of its losses (RFC 5681, RFC 6675, RFC 3168). */
enum dobos_tcp_ca_state {
    DOBOS_TCP_CA_OPEN = 0, /* nothing is amiss */
    DOBOS_TCP_CA_DISORDER, /* what is in flight may have been reordered, or lost */
    DOBOS_TCP_CA_CWR,      /* the window comes down for a congestion mark */
    DOBOS_TCP_CA_RECOVERY, /* something was lost and is being repaired */
    DOBOS_TCP_CA_LOSS,     /* the timer expired: all is doubted */
};

/* What TCP knows of a connection; in content as Linux's struct tcp_info. Times in nanoseconds,
 * moments in the host's time, amounts in bytes unless named segments (of the wire). 0 where nothing
 * is known yet, unless said. */
struct dobos_tcp_info {
    /* what was agreed on */
    bool timestamps;                /* RFC 7323 */
    bool sack;                      /* RFC 2018 */
    bool window_scales;             /* RFC 7323 */
    bool ecn;                       /* RFC 3168 */
    bool accurate_ecn;              /* RFC 9768 */
    bool ecn_seen;                  /* a packet has come that routers may mark */
    bool syn_data;                  /* data of the SYN was taken (RFC 7413) */
    uint8_t snd_wscale, rcv_wscale; /* window scales, 0–14 */
    uint32_t mss;                   /* data that a segment to the peer carries at most */
    uint32_t rcv_mss;               /* data of the peer's largest segment so far */
    uint32_t advmss;                /* what the peer was told that a segment may carry */
    uint32_t pmtu;                  /* what the path carries (RFC 1191, RFC 4821) */
    /* time */
    int64_t rto_ns, srtt_ns, rttvar_ns; /* RFC 6298; srtt 0: no sample yet */
    int64_t rtt_min_ns;                 /* the least round trip of late */
    int64_t rcv_rtt_ns;                 /* the round trip as the receiver sees it */
    int64_t ato_ns;                     /* how long an acknowledgment may be delayed */
    dobos_time data_sent_at;            /* when data last went out; DOBOS_NEVER: not yet */
    dobos_time data_received_at;        /* when data last came in; DOBOS_NEVER: not yet */
    dobos_time heard_at;                /* when a segment last came in; DOBOS_NEVER: not yet */
    uint8_t timeouts;                   /* of the timer, since the peer last acknowledged */
    uint8_t probes;                     /* of a closed window or silent peer, not answered yet */
    uint8_t backoff;                    /* doublings of the timer now */
    /* windows */
    uint32_t cwnd_bytes, ssthresh_bytes; /* RFC 5681; ssthresh UINT32_MAX: not set yet */
    uint32_t snd_wnd, rcv_wnd;           /* the peer's, and ours as it was last offered */
    uint32_t rcv_ssthresh;               /* as far as ours may grow now */
    uint32_t rcv_space;                  /* what the program took in a round trip */
    /* loss and congestion */
    const char *congestion;     /* the algorithm: "cubic", "reno", "bbr"; NULL: none */
    enum dobos_tcp_ca_state ca; /* see above */
    uint32_t unacked_bytes;     /* sent and not acknowledged */
    uint32_t unacked;           /* the same in segments */
    uint32_t sacked;            /* of them, segments that the peer has out of order */
    uint32_t lost;              /* segments believed lost and not sent again yet */
    uint32_t resent;            /* segments in flight that were sent again */
    uint32_t retransmits;       /* segments sent again, ever */
    uint32_t reordering;        /* segments that may overtake one before it counts as lost */
    uint32_t reorderings;       /* times that this was seen */
    uint32_t dsack_duplicates;  /* segments of which the peer said that it had them before */
    uint32_t out_of_order;      /* segments that came out of order */
    uint32_t delivered;         /* segments that have arrived at the peer */
    uint32_t delivered_ce;      /* of them, marked by routers */
    uint64_t pacing_rate;       /* bytes a second; 0: not paced */
    uint64_t max_pacing_rate;   /* bytes a second, set by the program; UINT64_MAX: none */
    uint64_t delivery_rate;     /* bytes a second, as last measured */
    bool is_app_limited;        /* the program, not the path, set that */
    /* totals */
    uint64_t bytes_sent, bytes_acked, bytes_received; /* of payload, retransmissions counted in
                                                         bytes_sent */
    uint64_t bytes_retransmitted;                     /* of payload */
    uint64_t segments_out, segments_in;               /* all segments */
    uint64_t data_segments_out, data_segments_in;     /* those with payload */
    uint32_t not_sent_bytes;                          /* in the queue, not sent even once */
    int64_t busy_ns;           /* something was in flight or waited to be sent */
    int64_t rwnd_limited_ns;   /* of that, the peer's window was in the way */
    int64_t sndbuf_limited_ns; /* of that, the send buffer was too small */
};

struct dobos_socket_info {
    enum dobos_protocol protocol; /* kind */
    enum dobos_tcp_state state;   /* TCP only */
    struct dobos_endpoint local;  /* port 0: not bound */
    struct dobos_endpoint peer;   /* port 0: none */
    size_t receive_queue; /* bytes not read yet; for a listener: connections not accepted yet */
    size_t send_queue; /* bytes not acknowledged (TCP) or not sent; for a listener: the backlog */
    bool has_owner;    /* a program still has it; false for a closing connection */
    struct dobos_tcp_info tcp; /* of a TCP connection */
};
/* The nth socket of the host from 0, in order of creation, closing connections and half-open ones
 * included; -DOBOS_ENOENT behind the last. */
DOBOS_API int dobos_socket_read(const struct dobos_host *host, uint32_t nth,
                                struct dobos_socket_info *info);
/* One socket's own. */
DOBOS_API int dobos_socket_info_read(const struct dobos_socket *socket,
                                     struct dobos_socket_info *info);
/* What TCP knows of it; all 0 before it was connected and for a listener. -DOBOS_EOPNOTSUPP: no TCP
 * socket. */
DOBOS_API int dobos_tcp_info_read(const struct dobos_socket *socket, struct dobos_tcp_info *info);

#ifdef __cplusplus
}
#endif

#endif
