/*
 * congestion: how much may be in flight (RFC 5681). The algorithm is a constant table of functions
 * on values, so that another can stand beside NewReno: none of them sees a connection.
 */
#ifndef TRANSPORT_TCP_CONGESTION_H
#define TRANSPORT_TCP_CONGESTION_H

#include <stdbool.h>
#include <stdint.h>

struct congestion {
    uint32_t cwnd;        /* congestion window, bytes */
    uint32_t ssthresh;    /* slow start below, congestion avoidance from here on; bytes */
    uint32_t acked_bytes; /* in congestion avoidance: since the window last grew */
};

#define CONGESTION_SSTHRESH_UNSET UINT32_MAX

struct congestion_algorithm {
    const char *name;
    /* `acked` bytes are newly acknowledged, outside of recovery. */
    void (*on_ack)(struct congestion *c, uint32_t acked, uint32_t mss);
    /* A loss was found with that much in flight: sets ssthresh. */
    void (*on_loss)(struct congestion *c, uint32_t in_flight, uint32_t mss);
};

extern const struct congestion_algorithm congestion_new_reno;

/* RFC 6928: min(10·MSS, max(2·MSS, 14600)); one segment when the SYN had to be repeated. */
uint32_t congestion_initial_window(uint32_t mss, bool resent_syn);
void congestion_init(struct congestion *c, uint32_t mss, bool resent_syn);
/* After a pause longer than a timeout: at most the initial window. */
void congestion_on_idle(struct congestion *c, uint32_t mss);
/* A timeout; `first`: of this segment. */
void congestion_on_timeout(struct congestion *c, uint32_t in_flight, uint32_t mss, bool first);

#endif
