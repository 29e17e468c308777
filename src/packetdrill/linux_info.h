/*
 * linux_info: what Linux's getsockopt(TCP_INFO) answers, in its layout of 2025. The machine's own
 * header may be older and shorter; programs take as much of it as they know, and newer words are
 * always added behind. Windows count segments, times are microseconds unless they say otherwise.
 */
#ifndef DOBOS_PACKETDRILL_LINUX_INFO_H
#define DOBOS_PACKETDRILL_LINUX_INFO_H

#include <stdint.h>

struct linux_tcp_info {
    uint8_t state;            /* net/tcp_states.h */
    uint8_t ca_state;         /* open, disorder, CWR, recovery, loss */
    uint8_t retransmits;      /* timeouts since the peer last acknowledged */
    uint8_t probes;           /* of a closed window, not answered */
    uint8_t backoff;          /* doublings of the timer */
    uint8_t options;          /* LINUX_INFO_… */
    uint8_t window_scales;    /* the peer's in the low half, ours in the high one */
    uint8_t flags;            /* bit 0: the delivery rate is the program's */
    uint32_t rto;             /* the timer */
    uint32_t ato;             /* how long an acknowledgment may be delayed */
    uint32_t snd_mss;         /* data of a segment, out */
    uint32_t rcv_mss;         /* and in */
    uint32_t unacked;         /* segments in flight; of a listener: not accepted yet */
    uint32_t sacked;          /* of them, out of order at the peer; of a listener: its backlog */
    uint32_t lost;            /* believed lost */
    uint32_t retrans;         /* in flight again */
    uint32_t fackets;         /* no more in use */
    uint32_t last_data_sent;  /* ms ago */
    uint32_t last_ack_sent;   /* never told */
    uint32_t last_data_recv;  /* ms ago */
    uint32_t last_ack_recv;   /* ms ago */
    uint32_t pmtu;            /* bytes */
    uint32_t rcv_ssthresh;    /* bytes */
    uint32_t rtt;             /* smoothed */
    uint32_t rttvar;          /* its variation */
    uint32_t snd_ssthresh;    /* segments; 0x7fffffff: none */
    uint32_t snd_cwnd;        /* segments */
    uint32_t advmss;          /* bytes */
    uint32_t reordering;      /* segments */
    uint32_t rcv_rtt;         /* as the receiver sees it */
    uint32_t rcv_space;       /* bytes taken in a round trip */
    uint32_t total_retrans;   /* segments */
    uint64_t pacing_rate;     /* bytes a second; all ones: none */
    uint64_t max_pacing_rate; /* likewise */
    uint64_t bytes_acked;     /* of payload */
    uint64_t bytes_received;  /* of payload */
    uint32_t segs_out;        /* all */
    uint32_t segs_in;         /* all */
    uint32_t notsent_bytes;   /* in the queue */
    uint32_t min_rtt;         /* of late; all ones: none */
    uint32_t data_segs_in;    /* with payload */
    uint32_t data_segs_out;   /* with payload */
    uint64_t delivery_rate;   /* bytes a second */
    uint64_t busy_time;       /* something was to be sent */
    uint64_t rwnd_limited;    /* of that, for the peer's window */
    uint64_t sndbuf_limited;  /* of that, for the send buffer */
    uint32_t delivered;       /* segments */
    uint32_t delivered_ce;    /* of them, marked */
    uint64_t bytes_sent;      /* of payload */
    uint64_t bytes_retrans;   /* of payload */
    uint32_t dsack_dups;      /* segments that came twice there */
    uint32_t reord_seen;      /* times */
    uint32_t rcv_ooopack;     /* segments */
    uint32_t snd_wnd;         /* the peer's, bytes */
    uint32_t rcv_wnd;         /* ours, bytes */
    uint32_t rehash;          /* changes of path; 0 */
    uint16_t total_rto;       /* timeouts */
    uint16_t total_rto_recoveries; /* recoveries that they began */
    uint32_t total_rto_time;       /* ms in them */
    uint32_t received_ce;          /* marked segments that came */
    uint32_t delivered_e1_bytes, delivered_e0_bytes, delivered_ce_bytes; /* accurate ECN */
    uint32_t received_e1_bytes, received_e0_bytes, received_ce_bytes;    /* accurate ECN */
    uint32_t accurate_ecn;                                               /* its mode and failures */
};
_Static_assert(sizeof(struct linux_tcp_info) == 280, "Linux's layout");

enum linux_info_option {
    LINUX_INFO_TIMESTAMPS = 1,
    LINUX_INFO_SACK = 2,
    LINUX_INFO_WINDOW_SCALE = 4,
    LINUX_INFO_ECN = 8,
    LINUX_INFO_ECN_SEEN = 16,
    LINUX_INFO_SYN_DATA = 32,
};

#endif
