/*
 * sack_report: what a receiver tells of data beyond a hole, and of data that came twice, in the
 * SACK option (RFC 2018 §4, RFC 2883 §4). Of each block that was reported lately one number is kept
 * that lies in it; the block itself is read from what is held at the moment of sending. So a block
 * is whole and true always, whatever has grown together, been read, or been thrown away meanwhile.
 */
#ifndef TRANSPORT_TCP_SACK_REPORT_H
#define TRANSPORT_TCP_SACK_REPORT_H

#include "transport/tcp/out_of_order.h"

#define SACK_REPORT_RECENT 6 /* more than an option holds: some grow together */

struct sack_report {
    struct seq recent[SACK_REPORT_RECENT]; /* one number of each block, the latest first */
    struct tcp_sack_block repeated;        /* came again since the last acknowledgment, if any */
    uint8_t count;                         /* of recent */
    bool has_repeated;                     /* D-SACK is due */
};

struct tcp_connection;
struct tcp_segment;
struct transport;

/* A segment came that begins at `seq` and lies in what is held now. */
void sack_report_arrival(struct sack_report *report, const struct out_of_order *held,
                         struct seq seq);
/* [left, right) came once more. */
void sack_report_repeated(struct sack_report *report, struct seq left, struct seq right);
/* The blocks to tell now, `room` (≥ 1) at most; returns how many. */
unsigned sack_report_blocks(const struct sack_report *report, const struct out_of_order *held,
                            struct seq rcv_nxt, unsigned room, struct tcp_sack_block *blocks);

/* ---- of a connection; nothing happens where SACK was not agreed ---- */

/* What of the segment lies below rcv_nxt came twice. */
void sack_report_old(struct transport *transport, struct tcp_connection *c,
                     const struct tcp_segment *segment);
/* The option of a segment that leaves now. */
void sack_report_option(const struct tcp_connection *c, struct tcp_options *options);
/* The bytes it may take; 0–36. */
uint32_t sack_report_bytes(const struct tcp_connection *c);
/* An acknowledgment has left. */
void sack_report_sent(struct tcp_connection *c);

#endif
