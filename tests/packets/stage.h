/*
 * stage: a host on a cable in virtual time, of which the script plays the other end, through the
 * public API alone. Channels keep what makes numbers relative: initial sequence numbers and the
 * zeros of the timestamps' clocks.
 */
#ifndef TESTS_PACKETS_STAGE_H
#define TESTS_PACKETS_STAGE_H

#include "../base/failing_allocator.h"

#include <dobos/host.h>
#include <dobos/socket.h>

#include "segment.h"

#define STAGE_SEEN     4096
#define STAGE_CHANNELS 64
#define PEER_PORT      4000 /* where a segment of the script names no other */
#define HOST_PORT      80   /* of the host, until a segment of its own says otherwise */

/* Where numbers begin in one run of a script. */
struct edge {
    uint32_t peer_isn;      /* what the peer's numbers are relative to */
    uint32_t peer_ts;       /* of its timestamps: what reads 0 */
    bool moves_own;         /* the host's first ISN is brought to just below own_isn */
    uint32_t own_isn;       /* see above */
    dobos_time start_after; /* found by the first run: brings the ISN there */
};

/* All that goes on with one port of the peer. */
struct channel {
    uint16_t peer_port, own_port;
    bool isn_known;                     /* the host has sent a SYN */
    uint32_t isn;                       /* of it, as on the wire */
    uint32_t peer_syn;                  /* the peer's last SYN, relative */
    bool ts_known;                      /* a timestamp of the host's has been seen */
    uint32_t ts_zero, ts_last;          /* what reads 0; the last one seen, as on the wire */
    bool peer_offers_ts, own_offers_ts; /* their SYNs had timestamps */
    struct option cookie;               /* of Fast Open, the last that was seen */
};

/* A segment of the host's. */
struct seen {
    dobos_time at; /* since the beginning of the script */
    struct segment segment;
    uint8_t *bytes; /* owned: of the frame */
};

struct stage {
    struct failing_allocator memory; /* of which nothing may be left */
    struct dobos_pool *pool;         /* owned */
    struct dobos_host *host;         /* owned; NULL before stage_open */
    dobos_time start, now;           /* of the script; virtual */
    struct edge edge;
    struct channel channels[STAGE_CHANNELS];
    unsigned channel_count;
    struct seen seen[STAGE_SEEN]; /* a ring */
    unsigned first, count;        /* of seen and not taken */
    unsigned events;              /* of timers: bounds a script that never ends */
    bool is_loud;                 /* every segment is printed */
    const char *fault;            /* what was wrong with a frame of the host's; NULL */
};

void stage_init(struct stage *s, const struct edge *edge);
/* Makes the host. False: the configuration is refused. */
bool stage_open(struct stage *s, const struct dobos_tcp_config *tcp, uint32_t mtu,
                size_t buffer_limit_bytes);
/* Ends all. False: something has leaked. */
bool stage_fini(struct stage *s);
/* Since the beginning of the script. */
dobos_time stage_time(const struct stage *s);
/* Gives the host frames at once. */
void stage_input(struct stage *s, uint8_t *const *frames, const size_t *lengths, unsigned count);
/* Takes what the host has to send now. */
void stage_collect(struct stage *s);
/* Time passes until `end`; with `stops`, only until the host has sent something. */
void stage_run(struct stage *s, dobos_time end, bool stops);
/* The first segment not taken; NULL: none. */
struct seen *stage_first(struct stage *s);
void stage_take(struct stage *s);
/* The channel of a port of the peer's, made where it is missing. */
struct channel *stage_channel(struct stage *s, uint16_t peer_port);
/* The byte at a place of any stream. */
uint8_t stage_byte(uint32_t place);

#endif
