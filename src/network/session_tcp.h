/*
 * session_tcp: a TCP connection as somebody between its ends sees it: what each end has sent, and
 * what the other has allowed it to send (after van Rooij, "Real stateful TCP packet filtering in IP
 * Filter", 2001). A segment that does not fit changes nothing (attack J5).
 */
#ifndef NETWORK_SESSION_TCP_H
#define NETWORK_SESSION_TCP_H

#include "base/seq.h"
#include "network/session_key.h"

/* What tracking reads of a segment. */
struct session_segment {
    struct seq seq, end; /* first number, and one behind the last; SYN and FIN count */
    struct seq ack;      /* with TCP_ACK */
    uint16_t window;     /* as it stands there */
    uint8_t flags;       /* enum tcp_flag */
    uint8_t scale;       /* a SYN's window scale, 0–14; SESSION_NO_SCALE: the option is not there */
};
#define SESSION_NO_SCALE 0xff

/* False: there is no TCP header. */
bool session_segment_read(struct dobos_packet *packet, struct session_segment *segment);

enum session_tcp_phase {
    SESSION_TCP_OPENING, /* SYN or the middle of it seen; not answered and acknowledged yet */
    SESSION_TCP_OPEN,    /* established; also with a FIN of one end */
    SESSION_TCP_RESET,   /* a reset passed; who sent it may still prove that it was not his */
    SESSION_TCP_CLOSING, /* both ends have said FIN */
};

/* One end of it. */
struct session_end {
    struct seq end;       /* one behind the last it has sent */
    struct seq limit;     /* as far as the other allows it to go */
    struct seq fin;       /* one behind its FIN, with has_fin */
    struct seq acked;     /* the last acknowledgement it sent */
    uint32_t window;      /* the largest it has offered, in bytes */
    uint8_t scale;        /* of the windows it offers */
    bool has_sent : 1;    /* the above mean something */
    bool has_acked : 1;   /* `acked` does */
    bool has_fin : 1;     /* it has sent FIN */
    bool has_reset : 1;   /* it has sent a reset */
    bool has_scale : 1;   /* its SYN offered scaling */
    bool is_unscaled : 1; /* its SYN was not seen: its scale is not known */
};

struct session_tcp {
    struct session_end ends[2]; /* by enum session_direction of what they send */
    uint8_t phase;              /* enum session_tcp_phase */
};

/* The first segment of a connection begins it: a SYN, or one from the middle of it; either is
 * opening until the other end has answered. */
void session_tcp_begin(struct session_tcp *tcp, const struct session_segment *segment);
/* Whether a segment from end `from` fits what is known. */
bool session_tcp_fits(const struct session_tcp *tcp, unsigned from,
                      const struct session_segment *segment);
/* Takes note of a segment that fits. */
void session_tcp_advance(struct session_tcp *tcp, unsigned from,
                         const struct session_segment *segment);

#endif
