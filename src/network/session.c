/*
 * session: see session.h. The lives of RFC 4787 REQ-5, 5382 REQ-5, 5508 REQ-2 and 7857 §2: flows of
 * one life stand in one list in the order of their last use, so that whose time is out, and who
 * goes first when there is no room, stand at its head. A list is put in order not at each packet
 * but once a second a flow: a life is that much longer.
 *
 * NAT's mappings end with their sessions, so who destroys a session tells network/nat first; this
 * file only says which.
 */
#include "network/session.h"

#include "base/assert.h"

#define GRAIN        DOBOS_SECOND /* how exactly the last use is known */
#define SHARE_PARTS  4            /* a source has at most one part of so many */
#define BUCKET_BYTES 16           /* what a session's places in the hash table cost, about */
#define SESSION_COST (sizeof(struct session) + 2 * BUCKET_BYTES)
#define SHARE_COST   (sizeof(struct session_share) + BUCKET_BYTES)

static const dobos_time lives[LIFE_COUNT] = {
    [LIFE_ICMP_ONE_WAY] = 60 * DOBOS_SECOND, /* [rfc5508#3] */
    [LIFE_UDP_ONE_WAY] = 120 * DOBOS_SECOND, /* [rfc4787#6]: never less */
    [LIFE_BARE_ONE_WAY] = 120 * DOBOS_SECOND,
    [LIFE_TCP_OPENING] = 240 * DOBOS_SECOND, /* [rfc5382#10] [rfc7857#3] */
    [LIFE_TCP_CLOSING] = 240 * DOBOS_SECOND,
    [LIFE_ICMP] = 60 * DOBOS_SECOND,
    [LIFE_UDP] = 300 * DOBOS_SECOND, /* [rfc4787#7] */
    [LIFE_BARE] = 600 * DOBOS_SECOND,
    [LIFE_TCP_OPEN] = 7440 * DOBOS_SECOND, /* [rfc5382#9] */
};

const char *session_track_name(enum session_track track) {
    static const char *const names[] = {"none", "new", "established", "related", "invalid"};
    return names[track];
}

void session_table_init(struct session_table *table, struct allocator *allocator,
                        struct timing_wheel *wheel, const struct hash_key *key) {
    *table = (struct session_table){
        .allocator = allocator, .wheel = wheel, .key = *key, .limit_bytes = SESSION_BYTES};
    hash_table_init(&table->sides, allocator);
    hash_table_init(&table->shares, allocator);
    for (unsigned i = 0; i < LIFE_COUNT; i++)
        list_init(&table->lives[i]);
    timer_init(&table->timer, TIMER_SESSIONS);
}

void session_table_fini(struct session_table *table) {
    for (unsigned i = 0; i < LIFE_COUNT; i++) {
        struct list_node *node;
        while ((node = list_first(&table->lives[i])))
            session_destroy(table, container_of(node, struct session, age));
    }
    timer_cancel(table->wheel, &table->timer);
    hash_table_fini(&table->sides);
    hash_table_fini(&table->shares);
}

/* ---- finding ---- */

static struct session_side *side_find(const struct session_table *table,
                                      const struct session_key *key, uint64_t hash) {
    for (struct hash_node *node = hash_table_find(&table->sides, hash); node;
         node = hash_table_find_next(node, hash)) {
        struct session_side *side = container_of(node, struct session_side, node);
        if (session_key_is_equal(&side->key, key))
            return side;
    }
    return NULL;
}

struct session *session_find(const struct session_table *table, const struct session_key *key,
                             enum session_direction *direction) {
    struct session_side *side = side_find(table, key, session_key_hash(&table->key, key));
    if (!side)
        return NULL;
    *direction = side->key.side == SESSION_REPLY ? SESSION_REPLY : SESSION_ORIGIN;
    return container_of(side - side->key.side, struct session, sides[0]);
}

/* ---- shares ---- */

static uint64_t share_hash(const struct session_table *table, uint32_t address) {
    uint8_t bytes[4];
    store_be32(bytes, address);
    return keyed_hash(&table->key, bytes, sizeof(bytes));
}

struct session_share *session_share_find(const struct session_table *table, uint32_t address) {
    uint64_t hash = share_hash(table, address);
    for (struct hash_node *node = hash_table_find(&table->shares, hash); node;
         node = hash_table_find_next(node, hash)) {
        struct session_share *share = container_of(node, struct session_share, node);
        if (share->address == address)
            return share;
    }
    return NULL;
}

struct session_share *session_share_hold(struct session_table *table, uint32_t address) {
    struct session_share *share = session_share_find(table, address);
    if (share)
        return share;
    share = allocator_allocate(table->allocator, sizeof(*share), "session_share");
    if (!share)
        return NULL;
    share->address = address;
    list_init(&share->unanswered);
    if (!hash_table_insert(&table->shares, &share->node, share_hash(table, address))) {
        allocator_release(table->allocator, share, sizeof(*share));
        return NULL;
    }
    table->bytes += SHARE_COST;
    return share;
}

void session_share_release(struct session_table *table, struct session_share *share) {
    if (share->sessions > 0 || share->mappings > 0)
        return;
    hash_table_remove(&table->shares, &share->node);
    allocator_release(table->allocator, share, sizeof(*share));
    table->bytes -= SHARE_COST;
}

/* ---- lives ---- */

static enum session_life life_at_first(const struct session *session) {
    switch (session->sides[SESSION_ORIGIN].key.protocol) {
    case PROTOCOL_TCP:
        return LIFE_TCP_OPENING;
    case PROTOCOL_UDP:
        return LIFE_UDP_ONE_WAY;
    case PROTOCOL_ICMP:
        return LIFE_ICMP_ONE_WAY;
    default:
        return LIFE_BARE_ONE_WAY;
    }
}

/* The life of a flow whose packet from `direction` has been noted. */
static enum session_life life_after(const struct session *session,
                                    enum session_direction direction) {
    static const enum session_life of_phase[] = {
        [SESSION_TCP_OPENING] = LIFE_TCP_OPENING,
        [SESSION_TCP_OPEN] = LIFE_TCP_OPEN,
        [SESSION_TCP_RESET] = LIFE_TCP_CLOSING,
        [SESSION_TCP_CLOSING] = LIFE_TCP_CLOSING,
    };
    enum session_life life = (enum session_life)session->life;
    if (session->sides[0].key.protocol == PROTOCOL_TCP)
        return of_phase[session->tcp.phase];
    if (direction == SESSION_ORIGIN || life >= LIFE_ANSWERED)
        return life;
    return life == LIFE_UDP_ONE_WAY ? LIFE_UDP : life == LIFE_ICMP_ONE_WAY ? LIFE_ICMP : LIFE_BARE;
}

static void session_live(struct session_table *table, struct session *session,
                         enum session_life life, dobos_time now) {
    list_remove(&session->age);
    list_append(&table->lives[life], &session->age);
    session->life = (uint8_t)life;
    session->used = now;
    if (session_is_answered(session))
        list_remove(&session->by_share);
    else if (!list_node_is_linked(&session->by_share))
        list_append(&session->share->unanswered, &session->by_share);
    dobos_time ends = session_expires(session);
    if (!timer_is_armed(&table->timer) || ends < table->timer.deadline)
        timer_arm(table->wheel, &table->timer, ends);
}

dobos_time session_expires(const struct session *session) {
    return session->used + lives[session->life] + GRAIN;
}

struct session *session_expired(struct session_table *table, dobos_time now) {
    for (unsigned i = 0; i < LIFE_COUNT; i++) {
        struct list_node *node = list_first(&table->lives[i]);
        if (!node)
            continue;
        struct session *session = container_of(node, struct session, age);
        if (session_expires(session) <= now) {
            table->expired++;
            return session;
        }
    }
    return NULL;
}

void session_timer_arm(struct session_table *table) {
    dobos_time next = DOBOS_NEVER;
    for (unsigned i = 0; i < LIFE_COUNT; i++) {
        struct list_node *node = list_first(&table->lives[i]);
        if (node)
            next = min_i64(next, session_expires(container_of(node, struct session, age)));
    }
    timer_arm(table->wheel, &table->timer, next);
}

/* ---- room ---- */

bool session_has_room(const struct session_table *table, const struct session_share *share) {
    return table->bytes + SESSION_COST <= table->limit_bytes &&
           (!share || (size_t)share->sessions * SESSION_COST < table->limit_bytes / SHARE_PARTS);
}

struct session *session_victim(struct session_table *table, const struct session_share *share) {
    struct session *oldest = NULL;
    if (share && (size_t)share->sessions * SESSION_COST >= table->limit_bytes / SHARE_PARTS) {
        struct list_node *own = list_first(&share->unanswered);
        oldest = own ? container_of(own, struct session, by_share) : NULL;
    } else {
        for (unsigned i = 0; i < LIFE_ANSWERED && !(i == LIFE_TCP_CLOSING && oldest); i++) {
            struct list_node *node = list_first(&table->lives[i]);
            struct session *first = node ? container_of(node, struct session, age) : NULL;
            if (first && (!oldest || first->used < oldest->used))
                oldest = first;
        }
    }
    table->evicted += oldest != NULL;
    return oldest;
}

struct session *session_spare(const struct session_table *table, uint8_t protocol) {
    enum session_life life = protocol == PROTOCOL_TCP   ? LIFE_TCP_OPENING
                             : protocol == PROTOCOL_UDP ? LIFE_UDP_ONE_WAY
                                                        : LIFE_ICMP_ONE_WAY;
    struct list_node *node = list_first(&table->lives[life]);
    if (!node && protocol == PROTOCOL_TCP)
        node = list_first(&table->lives[LIFE_TCP_CLOSING]);
    return node ? container_of(node, struct session, age) : NULL;
}

/* ---- beginning and end ---- */

static bool session_insert(struct session_table *table, struct session *session) {
    for (unsigned i = 0; i < 2; i++) {
        struct session_side *side = &session->sides[i];
        side->key.side = (uint8_t)i;
        if (hash_table_insert(&table->sides, &side->node,
                              session_key_hash(&table->key, &side->key)))
            continue;
        if (i == 1)
            hash_table_remove(&table->sides, &session->sides[0].node);
        return false;
    }
    return true;
}

/* A flow to itself has one key for both directions, which nobody could tell apart. */
static bool keys_are_free(const struct session_table *table, const struct session_key *origin,
                          const struct session_key *reply) {
    enum session_direction direction;
    return !session_key_is_equal(origin, reply) && !session_find(table, origin, &direction) &&
           !session_find(table, reply, &direction);
}

struct session *session_create(struct session_table *table, const struct session_key *origin,
                               const struct session_key *reply, uint32_t owner,
                               const struct session_segment *segment, dobos_time now,
                               enum drop_reason *reason) {
    *reason = DROP_SESSION_LIMIT;
    if (!keys_are_free(table, origin, reply) ||
        !session_has_room(table, session_share_find(table, owner))) {
        table->refused++;
        return NULL;
    }
    *reason = DROP_NO_MEMORY;
    struct session *session = allocator_allocate(table->allocator, sizeof(*session), "session");
    if (!session)
        return NULL;
    session->share = session_share_hold(table, owner);
    session->sides[SESSION_ORIGIN].key = *origin;
    session->sides[SESSION_REPLY].key = *reply;
    if (!session->share || !session_insert(table, session)) {
        if (session->share)
            session_share_release(table, session->share);
        allocator_release(table->allocator, session, sizeof(*session));
        return NULL;
    }
    list_node_init(&session->age);
    list_node_init(&session->by_share);
    list_node_init(&session->by_source);
    list_node_init(&session->by_target);
    list_node_init(&session->contacts);
    session->refreshed_by = 1 << SESSION_ORIGIN | 1 << SESSION_REPLY;
    session->share->sessions++;
    table->bytes += SESSION_COST;
    table->count++;
    table->created++;
    table->last = NULL;
    if (origin->protocol == PROTOCOL_TCP)
        session_tcp_begin(&session->tcp, segment);
    session_live(table, session, life_at_first(session), now);
    return session;
}

void session_destroy(struct session_table *table, struct session *session) {
    struct session_share *share = session->share;
    hash_table_remove(&table->sides, &session->sides[0].node);
    hash_table_remove(&table->sides, &session->sides[1].node);
    list_remove(&session->age);
    list_remove(&session->by_share);
    list_remove(&session->by_source);
    list_remove(&session->by_target);
    allocator_release(table->allocator, session, sizeof(*session));
    table->bytes -= SESSION_COST;
    table->count--;
    table->last = NULL;
    share->sessions--;
    session_share_release(table, share);
}

/* ---- packets ---- */

enum session_track session_judge(const struct session *session, enum session_direction direction,
                                 const struct session_segment *segment) {
    if (session->sides[0].key.protocol != PROTOCOL_TCP)
        return TRACK_ESTABLISHED;
    return session_tcp_fits(&session->tcp, direction, segment) ? TRACK_ESTABLISHED : TRACK_INVALID;
}

void session_advance(struct session_table *table, struct session *session,
                     enum session_direction direction, const struct session_segment *segment,
                     enum session_track track, size_t bytes, dobos_time now) {
    session->packets[direction]++;
    session->bytes[direction] += bytes;
    if (track == TRACK_INVALID)
        return;
    if (session->sides[0].key.protocol == PROTOCOL_TCP)
        session_tcp_advance(&session->tcp, direction, segment);
    enum session_life life = life_after(session, direction);
    bool is_refreshed = (session->refreshed_by >> direction & 1) != 0 && life != LIFE_TCP_CLOSING &&
                        now - session->used >= GRAIN;
    if (life != session->life || is_refreshed)
        session_live(table, session, life, now);
}

/* ---- reading ---- */

static struct session *session_after(const struct session_table *table,
                                     const struct session *session) {
    struct list_node *next =
        session ? list_next(&table->lives[session->life], &session->age) : NULL;
    for (unsigned i = session ? session->life + 1U : 0; !next && i < LIFE_COUNT; i++)
        next = list_first(&table->lives[i]);
    return next ? container_of(next, struct session, age) : NULL;
}

const struct session *session_nth(struct session_table *table, uint32_t nth) {
    if (!table->last || nth < table->walked) {
        table->walked = 0;
        table->last = session_after(table, NULL);
    }
    while (table->last && table->walked < nth) {
        table->walked++;
        table->last = session_after(table, table->last);
    }
    return table->last;
}
