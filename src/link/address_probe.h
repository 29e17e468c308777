/*
 * address_probe: whether an IPv4 address may be used on a link (RFC 5227 §2.1), and telling the
 * link that it is (§2.3): three probes one to two seconds apart after a wait of up to one second;
 * when nobody has objected two seconds after the last, the address is announced twice, and is ready
 * from the first announcement on.
 *
 * A state machine of one address, without clock and packets: the owner's timer fires, and the
 * answer says what to send and when to fire again; whoever hears an ARP packet asks whether it is a
 * conflict. Defending an address that is ready is the neighbour table's (§2.4).
 */
#ifndef LINK_ADDRESS_PROBE_H
#define LINK_ADDRESS_PROBE_H

#include "base/list.h"
#include "base/timing_wheel.h"
#include "wire/arp.h"

#define PROBE_WAIT_NS              (1 * DOBOS_SECOND)
#define PROBE_NUM                  3
#define PROBE_MIN_NS               (1 * DOBOS_SECOND)
#define PROBE_MAX_NS               (2 * DOBOS_SECOND)
#define PROBE_ANNOUNCE_WAIT_NS     (2 * DOBOS_SECOND)
#define PROBE_ANNOUNCE_NUM         2
#define PROBE_ANNOUNCE_INTERVAL_NS (2 * DOBOS_SECOND)
#define PROBE_MAX_CONFLICTS        10 /* after that many an interface probes seldom */
#define PROBE_RATE_LIMIT_NS        (60 * DOBOS_SECOND)

enum address_probe_action {
    ADDRESS_PROBE_ASK,      /* send a probe */
    ADDRESS_PROBE_READY,    /* nobody has it: it may be used, and is announced */
    ADDRESS_PROBE_ANNOUNCE, /* announce it again; that was all */
};

struct address_probe {
    struct list_node node;        /* in its owner's list */
    struct timer timer;           /* of kind TIMER_ADDRESS_PROBE */
    uint32_t interface;           /* where, for those who find it by its timer */
    struct dobos_address address; /* which */
    uint8_t probes;               /* sent */
    uint8_t announcements;        /* sent; from the first on the address is ready */
};

/* Begins, or begins anew; returns when the timer fires first. `random`: 64 bits nobody can guess.
 */
dobos_time address_probe_begin(struct address_probe *probe, uint64_t random, dobos_time now);
/* The timer fired: what to do now, and in *next when to fire again (DOBOS_NEVER: it is over). */
enum address_probe_action address_probe_on_timer(struct address_probe *probe, uint64_t random,
                                                 dobos_time now, dobos_time *next);
/* Whether an ARP packet of another station says that the address is taken, or that another is about
 * to take it. Never once the address is ready. */
bool address_probe_is_conflict(const struct address_probe *probe, const struct arp *arp);

#endif
