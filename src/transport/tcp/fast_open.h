/* fast_open: data in the SYN (RFC 7413), for servers and for clients. */
#ifndef TRANSPORT_TCP_FAST_OPEN_H
#define TRANSPORT_TCP_FAST_OPEN_H

#include "transport/tcp/half_open.h"

#define FAST_OPEN_COOKIE_BYTES 8  /* of ours */
#define FAST_OPEN_PEERS        64 /* whose cookies are remembered at most */

/* How far a client's connection is with it. */
enum tcp_fast_open {
    FAST_OPEN_NONE,  /* not asked for, or not to be had */
    FAST_OPEN_ASKS,  /* the SYN asks for a cookie */
    FAST_OPEN_WAITS, /* there is a cookie: the SYN waits for the first data */
    FAST_OPEN_SENDS, /* the SYN carries cookie and data */
};

/* What is remembered of a server. */
struct fast_open_peer {
    struct dobos_address address;            /* whose it is */
    uint8_t cookie[TCP_FAST_OPEN_MAX_BYTES]; /* what it has given */
    uint8_t length;                          /* of the cookie; 0: none */
    uint16_t mss;                            /* what it takes */
    dobos_time bad_until;                    /* data in a SYN was lost: not tried before */
};

/* ---- a server's part ---- */

/* Whether a SYN asks for a cookie, or brings one, and the listener `owner` has any to do with it.
 */
bool fast_open_is_asked(const struct transport *transport, const struct tcp_connection *owner,
                        const struct tcp_segment *segment);
/* Takes that SYN: a record as of any, and with a good cookie a connection at once. */
enum drop_reason fast_open_receive(struct transport *transport, struct tcp_connection *owner,
                                   struct tcp_segment *segment, dobos_time now,
                                   struct transport_result *result);
/* A segment for a connection whose SYN,ACK is not acknowledged yet. True: it is done with. */
bool fast_open_on_segment(struct transport *transport, struct tcp_connection *c,
                          const struct tcp_segment *segment, dobos_time now,
                          struct transport_result *result);
/* The record of such a connection goes, for whatever reason. */
void fast_open_forget(struct tcp_half_open *half_open);
/* The listener goes; connections that the program has taken keep their records, or nobody would
 * repeat the SYN,ACK. */
void fast_open_leave(struct tcp_listener *listener);
/* Such a connection was reset: for a while it goes on to count (RFC 7413 §5.1). */
void fast_open_on_reset(struct tcp_connection *c, dobos_time now);
/* What the record's SYN,ACK says of it. */
void fast_open_offer(const struct transport *transport, const struct tcp_half_open *half_open,
                     dobos_time now, struct tcp_options *options);

/* ---- a client's part ---- */

/* A connect begins. True: the SYN waits for the first data. */
bool fast_open_connect(struct transport *transport, struct tcp_connection *c, dobos_time now);
/* The option of our SYN; then its data, which counts as not sent until it is acknowledged. */
void fast_open_emit(const struct transport *transport, const struct tcp_connection *c,
                    uint8_t flags, struct tcp_options *options);
void fast_open_fill(struct tcp_connection *c, uint8_t flags, size_t options_bytes,
                    struct dobos_packet *packet);
/* Whether the SYN waits for the first data still. */
bool fast_open_waits(const struct tcp_connection *c);
/* Whether an acknowledgment in SYN-SENT is one of our SYN, with its data or without. */
bool fast_open_acks(const struct tcp_connection *c, struct seq ack);
/* The SYN,ACK has come and was taken in: what it acknowledges beyond the SYN is gone, its cookie is
 * remembered. */
void fast_open_on_answer(struct transport *transport, struct tcp_connection *c,
                         const struct tcp_segment *segment, dobos_time now);
/* Both SYNs crossed, and ours has been acknowledged; no cookie is in that. */
void fast_open_on_crossing(struct transport *transport, struct tcp_connection *c,
                           const struct tcp_segment *segment);
/* Gives the memory of cookies back. */
void fast_open_fini(struct transport *transport);

#endif
