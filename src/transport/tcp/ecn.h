/*
 * ecn: explicit congestion notification (RFC 3168): who agreed to it, what a segment that leaves
 * says of marks that have come, and what is done about marks that the peer tells of. Routers mark
 * the IP header of what is sent as ECT in place of dropping it; the receiver of a mark tells the
 * sender, who sends less, at most once a round trip.
 *
 * Two ways of telling are known. Classic: the flag ECE in every acknowledgment, from a mark on
 * until the sender's flag CWR has come. Accurate (RFC 9768, accurate.h): the three flags AE, CWR
 * and ECE are a counter of marked packets in every segment, and an option counts bytes.
 *
 * Only data that is sent for the first time is ECT(0), never ECT(1); no SYN, pure acknowledgment,
 * repetition or probe is.
 */
#ifndef TRANSPORT_TCP_ECN_H
#define TRANSPORT_TCP_ECN_H

#include <dobos/host.h>

#include "base/seq.h"
#include "wire/ipv4.h"
#include "wire/tcp.h"
#include "wire/tcp_options.h"

struct outgoing;
struct tcp_accurate;
struct tcp_connection;
struct tcp_segment;
struct transport;

enum ecn_mode {
    ECN_MODE_OFF,      /* neither end marks, tells or reacts */
    ECN_MODE_CLASSIC,  /* RFC 3168 */
    ECN_MODE_ACCURATE, /* RFC 9768 */
};

/* AE, CWR and ECE as one number: in a SYN what is asked for, later the counter of RFC 9768. */
#define ACE_NONE     0u
#define ACE_CLASSIC  3u /* CWR and ECE of a SYN */
#define ACE_ACCURATE 7u /* all three of a SYN */
#define ACE_ECHO     1u /* ECE of a SYN,ACK: classic is agreed to */
#define ACE_MASK     7u

/* What a handshake has come to, of a half-open record. */
struct ecn_offer {
    uint8_t mode;      /* enum ecn_mode, by the first SYN */
    uint8_t asked;     /* bits 1 << enum ecn_mode of all the SYNs there were */
    uint8_t syn_ecn;   /* enum ecn: with what the latest SYN came */
    bool no_ect;       /* a SYN or a SYN,ACK was without: nothing will be sent as ECT */
    bool is_repeated;  /* the accurate ECN option may be what the SYN,ACK was lost for */
    bool is_forgotten; /* nor do the flags of a SYN,ACK say anything any more */
};

struct tcp_ecn {
    struct tcp_accurate *accurate; /* owned; in ECN_MODE_ACCURATE and after it, else NULL */
    struct seq mark;               /* while is_reduced: until more than this is acknowledged */
    uint8_t mode;                  /* enum ecn_mode; OFF until the handshake agrees */
    uint8_t asked;                 /* enum ecn_mode: what our SYNs asked for at first */
    bool no_ect : 1;               /* nothing is sent as ECT any more */
    bool is_echoing : 1;           /* classic: a mark has come and CWR has not */
    bool owes_cwr : 1;             /* classic: the window is smaller, and the peer does not know */
    bool is_reduced : 1;           /* the window was reduced for what was sent up to `mark` */
    bool has_seen : 1;             /* a packet has come that routers may mark */
    bool is_held : 1;              /* likewise, by a mark: it does not grow meanwhile */
};

static inline uint8_t ace_of(uint8_t flags, bool ae) {
    return (uint8_t)((ae ? 4u : 0u) | ((unsigned)flags & (TCP_CWR | TCP_ECE)) >> 6);
}
static inline void ace_set(struct tcp_header *header, unsigned ace) {
    header->ae = ace & 4u;
    header->flags |= (uint8_t)((ace & 3u) << 6);
}
/* How a handshake tells with what the peer's SYN or SYN,ACK came (RFC 9768 §3.1.1, §3.2.2.1). */
static inline uint8_t ace_of_handshake(uint8_t ecn) {
    static const uint8_t aces[4] = {2, 3, 4, 6};
    return aces[ecn & 3];
}

/* ---- who opens ---- */

/* The peer has answered our SYN, with a SYN,ACK or a SYN of its own. False: no memory, and nothing
 * has changed. */
bool ecn_on_answer(struct transport *transport, struct tcp_connection *c,
                   const struct tcp_segment *segment);
/* A SYN,ACK has come again, after the handshake. */
void ecn_on_repeated_answer(struct tcp_connection *c, const struct tcp_segment *segment);

/* ---- who is opened to ---- */

/* A first SYN. */
void ecn_offer_take(const struct transport *transport, struct ecn_offer *offer,
                    const struct tcp_segment *segment);
/* It has come again. False: it asks for something else; the connection is to be reset. */
bool ecn_offer_repeat(struct ecn_offer *offer, const struct tcp_segment *segment);
/* The SYN,ACK is to be repeated for the `times`-th time. */
void ecn_offer_expire(struct ecn_offer *offer, unsigned times);
/* What our SYN,ACK says, or, without `syn`, an acknowledgment before the peer's. */
void ecn_offer_emit(const struct ecn_offer *offer, bool syn, struct tcp_header *header,
                    struct tcp_options *options);
/* The one bit that a SYN cookie must remember. */
static inline bool ecn_offer_bit(const struct ecn_offer *offer) {
    return offer->mode == ECN_MODE_CLASSIC;
}
/* From that bit and the acknowledgment of the SYN,ACK. */
void ecn_offer_restore(const struct transport *transport, struct ecn_offer *offer, bool bit,
                       const struct tcp_segment *segment);
/* A record becomes a connection. False: no memory. */
bool ecn_accept(struct transport *transport, struct tcp_connection *c,
                const struct ecn_offer *offer);

/* ---- an open connection ---- */

/* Fills in what a segment that is about to leave says; returns enum ecn for its IP header. */
uint8_t ecn_emit(const struct transport *transport, struct tcp_connection *c,
                 const struct outgoing *outgoing, struct tcp_header *header,
                 struct tcp_options *options);
/* It has left. */
void ecn_sent(struct tcp_connection *c, const struct outgoing *outgoing,
              const struct tcp_header *header, const struct tcp_options *options);
/* The bytes that the option takes in the next segment. */
uint32_t ecn_option_bytes(const struct tcp_connection *c);
/* A pure acknowledgment goes before all data. */
bool ecn_wants_ack(const struct tcp_connection *c);
/* The flags of what leaves do not stand a super-segment's splitting. */
bool ecn_forbids_super(const struct tcp_connection *c);

/* The ones below are asked only through the inline functions behind them. */
void ecn_receive_data(struct tcp_connection *c, const struct tcp_segment *segment);
void ecn_receive_ack(struct transport *transport, struct tcp_connection *c,
                     const struct tcp_segment *segment, dobos_time now);
/* The window was reduced, for whatever reason: the peer is told, and it is enough for a round trip.
 */
void ecn_on_reduction(struct tcp_connection *c);
/* The window does not grow: a round trip with a mark lasts. */
bool ecn_holds_window(const struct tcp_connection *c);
/* The counters are given back; marks mean nothing any more. */
void ecn_end(struct transport *transport, struct tcp_connection *c);

#endif
