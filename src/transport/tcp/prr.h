/*
 * prr: proportional rate reduction (RFC 6937, RFC 9937), on values alone. While a recovery lasts it
 * says how much may leave for what has arrived: so the flight shrinks evenly from what it was to
 * ssthresh, and when losses took it below, it grows back by at most a segment more than arrives.
 */
#ifndef TRANSPORT_TCP_PRR_H
#define TRANSPORT_TCP_PRR_H

#include <stdbool.h>
#include <stdint.h>

struct prr {
    uint64_t delivered; /* bytes that have arrived since the recovery began */
    uint64_t out;       /* and that have been sent */
    uint32_t before;    /* bytes that were in flight before it (RecoverFS) */
};

/* What an acknowledgment brought, while a recovery lasts. */
struct prr_news {
    uint32_t ssthresh;
    uint32_t pipe;      /* in flight now, bytes */
    uint32_t delivered; /* newly, bytes */
    uint32_t mss;
    bool is_safe;   /* snd_una moved and nothing more was found lost */
    bool is_repair; /* of a loss: the first repetition leaves whatever the sum says */
};

void prr_begin(struct prr *prr, uint32_t before);
/* The congestion window until the next one: never below `pipe`. */
uint32_t prr_window(struct prr *prr, const struct prr_news *news);
static inline void prr_on_sent(struct prr *prr, uint32_t bytes) {
    prr->out += bytes;
}

#endif
