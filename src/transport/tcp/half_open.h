/* half_open: SYN-RECEIVED after a passive open, in a record much smaller than a connection. */
#ifndef TRANSPORT_TCP_HALF_OPEN_H
#define TRANSPORT_TCP_HALF_OPEN_H

#include "transport/tcp/connection.h"
#include "transport/tcp/segment.h"

#define TRANSPORT_HALF_OPEN 8192 /* of all listeners together */

struct tcp_half_open {
    struct sender sender;           /* its flow; found from it */
    struct timer timer;             /* repeats SYN,ACK */
    struct list_node node;          /* in the listener's half_open; with a child, its openings */
    struct tcp_listener *listener;  /* whose it is; with a child NULL when that has closed */
    dobos_time since;               /* when the SYN came */
    dobos_time challenge_second;    /* when challenges were last counted from zero */
    struct seq iss, irs;            /* initial sequence numbers */
    uint32_t window;                /* the peer's, of its SYN */
    uint32_t ts_recent, ts_offset;  /* RFC 7323 */
    uint16_t snd_mss;               /* what the peer takes */
    uint16_t rcv_window;            /* what our SYN,ACK told */
    uint8_t snd_wscale, rcv_wscale; /* shifts */
    uint8_t backoff;                /* SYN,ACKs repeated */
    struct ecn_offer ecn;           /* agreed (RFC 3168, RFC 9768) */
    uint8_t challenges;             /* in this second */
    bool gives_cookie;              /* the SYN,ACK bears a cookie of fast open */
    uint32_t taken;                 /* bytes of the SYN's data that were taken (fast_open.h) */
    struct tcp_connection *child;   /* open already, while this only repeats the SYN,ACK; NULL */
    bool is_cookie;                 /* no record at all: restored from a cookie (syn_cookie.h) */
    bool scales, timestamps, sack;  /* agreed */
    uint16_t mss_limit;             /* the listener's DOBOS_OPTION_MAXSEG */
};

static inline struct tcp_half_open *half_open_of(struct sender *sender) {
    return container_of(sender, struct tcp_half_open, sender);
}
/* What a SYN for the listener `owner` asks and we grant; no record yet. */
void half_open_fill(struct transport *transport, struct tcp_half_open *half_open,
                    const struct tcp_connection *owner, const struct tcp_segment *segment,
                    dobos_time now);
/* Whether the listener, or the host, may have no more records. */
bool half_open_is_full(const struct transport *transport, const struct tcp_listener *listener);
/* The SYN,ACK (give), or without `syn` a bare acknowledgment; NULL: no memory. */
struct dobos_packet *half_open_reply(struct transport *transport,
                                     const struct tcp_half_open *half_open, bool syn,
                                     dobos_time now);
/* A listener has got a SYN. */
enum drop_reason half_open_create(struct transport *transport, struct tcp_connection *c,
                                  const struct tcp_segment *segment, dobos_time now,
                                  struct transport_result *result);
/* The record's connection: ESTABLISHED, in the record's place in the table of flows, in the
 * listener's queue; NULL: no memory. */
struct tcp_connection *half_open_child(struct transport *transport, struct tcp_half_open *half_open,
                                       dobos_time now, struct transport_result *result);
void half_open_destroy(struct transport *transport, struct tcp_half_open *half_open);
/* The handshake is over: the record (which goes) or the restored cookie becomes a connection, which
 * takes the segment as its first. */
enum drop_reason half_open_promote(struct transport *transport, struct tcp_half_open *half_open,
                                   struct tcp_segment *segment, dobos_time now,
                                   struct transport_result *result);
/* A segment of its flow. The record may be gone afterwards: refused, or become a connection. */
enum drop_reason half_open_receive(struct transport *transport, struct tcp_half_open *half_open,
                                   struct tcp_segment *segment, dobos_time now,
                                   struct transport_result *result);

#endif
