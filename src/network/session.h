/*
 * session: the flows that pass a host, tracked for NAT and for the stateful filter: one table for
 * both. A flow is known by two keys: what its packets look like as they come in from who began it
 * (SESSION_ORIGIN), and from the other end (SESSION_REPLY). Where nothing is translated the one is
 * the other turned round; where something is, a packet that came by one key leaves as the other
 * turned round.
 *
 *     session = session_find(table, &key, &direction);
 *     session_judge(session, direction, &segment)       what the packet is to the flow; nothing
 *                                                       changes
 *     session_advance(table, session, direction, …)     once it is sure that it passes
 *
 * The lives are in session.c. The table is bounded in bytes: the oldest flow that nobody has
 * answered goes first, then the oldest that is closing; never one that is answered and alive, then
 * the new one is refused. A source has a share of a quarter: at its end it replaces its own.
 */
#ifndef NETWORK_SESSION_H
#define NETWORK_SESSION_H

#include "base/hash_table.h"
#include "base/list.h"
#include "base/timing_wheel.h"
#include "base/verdict.h"
#include "network/session_key.h"
#include "network/session_tcp.h"

#define SESSION_BYTES (128U << 20) /* all of them together */

enum session_direction {
    SESSION_ORIGIN = 0, /* from who began it */
    SESSION_REPLY = 1,  /* from the other end */
};

/* What a packet is to the flows that are tracked. */
enum session_track {
    TRACK_NONE,        /* this host does not track, or not such packets (broadcasts, groups) */
    TRACK_NEW,         /* it would begin a flow */
    TRACK_ESTABLISHED, /* it belongs to a flow that there is, in either direction */
    TRACK_RELATED,     /* an ICMP error about a packet of a flow that there is */
    TRACK_INVALID,     /* it belongs to none and cannot begin one (a TCP segment without SYN, an
                          ICMP error about nothing tracked), or is outside of its flow's window */
};
/* "none", "new", "established", "related", "invalid"; constant. */
const char *session_track_name(enum session_track track);

/* How long a flow lives when nothing comes, and who goes first: the state of a session. */
enum session_life {
    LIFE_ICMP_ONE_WAY,
    LIFE_UDP_ONE_WAY,
    LIFE_BARE_ONE_WAY,
    LIFE_TCP_OPENING, /* so far nobody has proved to be there */
    LIFE_TCP_CLOSING, /* both FINs, or a reset */
    LIFE_ICMP,
    LIFE_UDP,
    LIFE_BARE,
    LIFE_TCP_OPEN,
    LIFE_COUNT
};
#define LIFE_ANSWERED LIFE_ICMP /* from here on nobody is evicted */

/* Whose flows they are: an inside host's, or any source's. It lives while there are any. */
struct session_share {
    struct hash_node node;  /* in table.shares */
    struct list unanswered; /* struct session.by_share, the oldest first */
    uint32_t address;       /* whose */
    uint32_t sessions;      /* all of its flows */
    uint32_t mappings;      /* NAT's, of its ports */
    uint32_t paired;        /* NAT: the outside address that stands for it; 0: none yet */
};

struct session_side {
    struct hash_node node;  /* in table.sides */
    struct session_key key; /* as its packets come in */
};

struct nat_mapping;

struct session {
    struct session_side sides[2]; /* by enum session_direction */
    struct list_node age;         /* in table.lives[life] */
    struct list_node by_share;    /* in share->unanswered, as long as it is */
    struct list_node by_source;   /* in source->sources */
    struct list_node by_target;   /* in target->targets */
    struct hash_node contact;     /* NAT: in nat.contacts, where it is_contact */
    struct list_node contacts;    /* ring of those of one source with one remote address */
    struct session_share *share;  /* whose it is */
    struct nat_mapping *source;   /* NAT: what stands for who began it; NULL */
    struct nat_mapping *target;   /* NAT: what was addressed; NULL */
    dobos_time used;              /* when it last counted as alive */
    uint64_t bytes[2];            /* IP packets that passed, by direction */
    uint32_t packets[2];          /* likewise */
    struct session_tcp tcp;       /* TCP only */
    uint8_t life;                 /* enum session_life */
    uint8_t refreshed_by;         /* a bit a direction whose packets keep it alive */
    bool is_contact;              /* it stands in nat.contacts, for all of its ring */
};

struct session_table {
    struct allocator *allocator;   /* borrowed */
    struct timing_wheel *wheel;    /* borrowed */
    struct hash_key key;           /* of the tables */
    struct hash_table sides;       /* struct session_side, by key: two a session */
    struct hash_table shares;      /* struct session_share, by address */
    struct list lives[LIFE_COUNT]; /* struct session.age: the least lately used first */
    struct timer timer;            /* TIMER_SESSIONS: the next end of a life, or earlier */
    size_t bytes, limit_bytes;     /* held; at most */
    uint32_t count;                /* sessions */
    uint32_t walked;               /* session_nth: the place of the last answer */
    struct session *last;          /* session_nth: the last answer; NULL: none */
    uint64_t created, expired, evicted, refused; /* since the beginning */
    uint8_t users;                               /* host's: a bit for each who wants it */
};

void session_table_init(struct session_table *table, struct allocator *allocator,
                        struct timing_wheel *wheel, const struct hash_key *key);
/* All sessions end. */
void session_table_fini(struct session_table *table);

/* The flow a packet of that key belongs to, and in which direction; NULL. */
struct session *session_find(const struct session_table *table, const struct session_key *key,
                             enum session_direction *direction);

/* The share of an address, made if need be (it goes with session_share_release when nothing uses
 * it); NULL: no memory. */
struct session_share *session_share_hold(struct session_table *table, uint32_t address);
/* The share of an address, or NULL. */
struct session_share *session_share_find(const struct session_table *table, uint32_t address);
/* Lets it go if it has neither session nor mapping. */
void session_share_release(struct session_table *table, struct session_share *share);

/*
 * Begins a flow: `origin` and `reply` as its packets come in, `owner` whose share it is, `segment`
 * of TCP. NULL with *reason: DROP_NO_MEMORY, DROP_SESSION_LIMIT (also: a flow has one of the keys).
 * Nothing is counted yet: session_advance follows.
 */
struct session *session_create(struct session_table *table, const struct session_key *origin,
                               const struct session_key *reply, uint32_t owner,
                               const struct session_segment *segment, dobos_time now,
                               enum drop_reason *reason);
/* What a packet that belongs to it is: TRACK_ESTABLISHED, or TRACK_INVALID. `segment` of TCP. */
enum session_track session_judge(const struct session *session, enum session_direction direction,
                                 const struct session_segment *segment);
/* A packet of the flow passes: of `bytes` bytes; what is TRACK_INVALID is counted and changes
 * nothing else. */
void session_advance(struct session_table *table, struct session *session,
                     enum session_direction direction, const struct session_segment *segment,
                     enum session_track track, size_t bytes, dobos_time now);
/* When it ends if nothing more comes. */
dobos_time session_expires(const struct session *session);
static inline bool session_is_answered(const struct session *session) {
    return session->life >= LIFE_ANSWERED;
}

/* Ends it; one that NAT has joined to a mapping ends by nat_session_destroy. */
void session_destroy(struct session_table *table, struct session *session);
/* The next whose life has ended (borrowed, for session_destroy), or NULL. */
struct session *session_expired(struct session_table *table, dobos_time now);
/* Arms the timer for the next end. */
void session_timer_arm(struct session_table *table);
/* The oldest that may go for a new one of that share (NULL: of anybody); NULL: there is none. */
struct session *session_victim(struct session_table *table, const struct session_share *share);
/* The oldest of a protocol with ports that nobody has answered, else that has ended; NULL: there is
 * none. */
struct session *session_spare(const struct session_table *table, uint8_t protocol);
/* Whether there is room for one more of that share. */
bool session_has_room(const struct session_table *table, const struct session_share *share);
/* The nth; NULL behind the last. Reading on costs the same each. */
const struct session *session_nth(struct session_table *table, uint32_t nth);

#endif
