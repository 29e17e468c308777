/*
 * notation: segments as they are written in scripts, with relative numbers: read into a pattern,
 * which is to be sent or to be met, and written from what the host sent.
 */
#ifndef TESTS_PACKETS_NOTATION_H
#define TESTS_PACKETS_NOTATION_H

#include "play.h"

/* A segment as a script has it. Numbers are relative. */
struct pattern {
    uint32_t times;                                    /* of so many segments of one length; 1 */
    unsigned flags;                                    /* see segment.h */
    uint32_t start, length;                            /* of all together */
    bool has_ack, has_window, has_urgent, has_options; /* they are written */
    uint32_t ack, window, urgent;
    struct option options[OPTIONS_MOST];
    unsigned option_count;
    int ecn;               /* [noecn], [ect0], [ect1], [ce]; -1: not written */
    int dont_fragment;     /* [df], [nodf]; -1 */
    int ttl, tos;          /* [ttl N], [tos N]; -1 */
    uint16_t port;         /* [port N]: the peer's */
    unsigned header_words; /* [words N]: the data offset */
    bool is_burst;         /* [burst]: they come at once */
    bool is_broken;        /* [badsum]: the checksum is wrong */
    bool is_other;         /* [other]: other bytes than the stream's */
};

/* Reads what stands at play->at. False: there is a fault. */
bool pattern_read(struct play *play, struct pattern *pattern);
/* The nth of the pattern's segments as it goes to the host. */
void pattern_segment(struct play *play, const struct pattern *pattern, uint32_t nth,
                     struct segment *segment);
/* Whether the nth of the pattern's segments is what the host sent. */
bool pattern_is_met(struct play *play, const struct pattern *pattern, uint32_t nth,
                    const struct segment *segment);
/* A segment as a script would have it. */
void notation_write(struct stage *s, const struct segment *segment, bool is_own, char *text,
                    size_t room);
/* The same to standard output, behind a time. */
void notation_print(struct stage *s, const char *way, dobos_time at, const struct segment *segment);

#endif
