/*
 * path_probe: a path that swallows large segments and tells nobody (RFC 2923 §2.1), and how large
 * they may be there (RFC 4821): smaller ones once several timeouts in a row suggest it, then probes
 * upwards. Everything here decides; transmit.c sends, recovery.c tells what became of it.
 */
#ifndef TRANSPORT_TCP_PATH_PROBE_H
#define TRANSPORT_TCP_PATH_PROBE_H

#include "base/seq.h"

#include <dobos/types.h>

struct transport;
struct tcp_connection;
struct send_view;

/* The largest packet where all larger ones are in doubt, bytes. */
#define PATH_PROBE_FLOOR 552

/* What is thought of the path (tcp_connection.hole). */
enum tcp_hole {
    TCP_HOLE_NONE,      /* nothing: path.mtu is believed */
    TCP_HOLE_SMALL,     /* packets above probe_low may be swallowed; larger ones are tried out */
    TCP_HOLE_FRAGMENTS, /* and even the smallest: routers may fragment what is no probe */
};

enum path_probe_state {
    PATH_PROBE_OFF,  /* none is out */
    PATH_PROBE_OUT,  /* it was sent */
    PATH_PROBE_LOST, /* it was lost, and its data is being sent again */
};

struct path_probe {
    struct seq seq, end; /* its data */
    uint16_t packet;     /* its whole length, bytes */
    uint8_t state;       /* enum path_probe_state */
    uint8_t failures;    /* of this length, one after the other */
};

/* The retransmission timer has expired, for the c->tries-th time in a row. */
void path_probe_on_timeout(struct transport *transport, struct tcp_connection *c, dobos_time now);
/* Something is about to be sent while c->hole is not TCP_HOLE_NONE: what was found out long ago is
 * doubted, and whether routers may fragment is set. */
void path_probe_refresh(struct tcp_connection *c, dobos_time now);
#define PATH_PROBE_WAIT UINT32_MAX
/* How much data a probe would carry now; 0: none is due; PATH_PROBE_WAIT: one is, and nothing else
 * is to be sent before there is room for it. */
uint32_t path_probe_bytes(const struct tcp_connection *c, const struct send_view *view);
/* One has just gone out, from `seq` to snd_nxt. Its packet must not be fragmented. */
void path_probe_on_sent(struct tcp_connection *c, struct seq seq);
/* An acknowledgment has been taken in, or a timer has looked for losses, while one is on its way or
 * being repaired. True: it alone is what is lost now, and that says nothing of congestion. */
bool path_probe_judge(struct transport *transport, struct tcp_connection *c);

#endif
