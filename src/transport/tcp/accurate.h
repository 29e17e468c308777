/*
 * accurate: accurate ECN feedback (RFC 9768). Each end counts what has come marked and tells the
 * sums: of marked packets the last three bits, as the flags AE, CWR and ECE of every segment; of
 * bytes by their marks 24 bits each, in an option, when they have changed. The other end reckons
 * from what is told how much has been added. Neither is repeated when it is lost: the next segment
 * tells more.
 *
 * Names r_… and s_… are the RFC's r.cep, s.ceb and so on.
 */
#ifndef TRANSPORT_TCP_ACCURATE_H
#define TRANSPORT_TCP_ACCURATE_H

#include "transport/tcp/ecn.h"

/* Counters of bytes, in the order that the option has by kind 172. */
enum ecn_counter {
    ECN_COUNTER_E0B, /* came as ECT(0) */
    ECN_COUNTER_CEB, /* marked */
    ECN_COUNTER_E1B, /* came as ECT(1) */
};

struct tcp_accurate {
    /* As receiver of data. */
    uint32_t r_cep;      /* marked packets, from 5 on */
    uint32_t r_bytes[3]; /* bytes by enum ecn_counter, from 1, 0, 1 on */
    uint32_t told[3];    /* r_bytes as the last option told them */
    uint8_t changed;     /* bits 1 << enum ecn_counter that ever changed */
    uint8_t last_ecn;    /* with what the last packet came */
    uint8_t unanswered;  /* marked packets since we last sent anything */
    uint8_t greetings;   /* segments that carry the option without need: the first ACK,
                            the first data */
    uint8_t syn_ecn;     /* with what the SYN,ACK came */
    bool reflects_syn;   /* the next pure acknowledgment tells syn_ecn */
    bool answers_ack;    /* the acknowledgment that is due answers no data */
    /* As sender of data. */
    uint32_t s_cep;       /* what of r_cep is known */
    uint32_t s_bytes[3];  /* what of r_bytes is known */
    uint32_t outstanding; /* packets sent since all was acknowledged last; grows no
                             further than 8 */
    uint16_t usual;       /* packets an acknowledgment acknowledges, in eighths, smoothed */
    bool awaits_ack;      /* the acknowledgment of our SYN,ACK */
    bool is_tried;        /* a counter has come that could have been zeroed on its way */
    bool ignores_marks;   /* the peer's counter is none */
    bool ignores_options; /* counters in its option were zeroed on their way */
};

/* Both halves begin (give); NULL: no memory. */
struct tcp_accurate *accurate_create(struct transport *transport);
void accurate_destroy(struct transport *transport, struct tcp_accurate *a);

/* ---- receiver ---- */

/* A packet has come that passed all checks; SYNs are not counted. True: it is to be acknowledged at
 * once. */
bool accurate_on_arrival(struct tcp_accurate *a, const struct tcp_segment *segment);
/* The counters that the next option is to hold; false: none is due. */
bool accurate_option(const struct tcp_accurate *a, struct tcp_ecn_option *option);
void accurate_on_option_sent(struct tcp_accurate *a, const struct tcp_ecn_option *option);

/* ---- sender ---- */

enum accurate_news {
    ACCURATE_NO_MARK,      /* or none that is to be believed */
    ACCURATE_MARK,         /* what we sent was marked */
    ACCURATE_MANGLED,      /* the way changes what it must not: no ECT any more */
    ACCURATE_MANGLED_MARK, /* both */
};

/* The first acknowledgment of our SYN,ACK, if it is one by which the handshake tells. */
enum accurate_news accurate_on_handshake(struct tcp_accurate *a, const struct tcp_segment *segment);
/* What an option says of the way, the first time that it could be there. */
void accurate_on_first_option(struct tcp_accurate *a, const struct tcp_options *options);
/* A segment that acknowledges `acked` bytes more, or is newer than what came before. */
enum accurate_news accurate_on_feedback(struct tcp_accurate *a, const struct tcp_segment *segment,
                                        uint32_t acked, uint32_t mss, uint32_t *marked);

#endif
