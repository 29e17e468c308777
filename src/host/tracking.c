/* tracking: see tracking.h. */
#include "host/tracking.h"

bool tracking_begin(struct dobos_host *host, enum tracker tracker) {
    if (!host->sessions) {
        struct session_table *table =
            allocator_allocate(host->allocator, sizeof(*table), "session_table");
        if (!table)
            return false;
        session_table_init(table, host->allocator, &host->wheel, &host->session_key);
        host->sessions = table;
    }
    host->sessions->users |= (uint8_t)tracker;
    return true;
}

void tracking_end(struct dobos_host *host, enum tracker tracker) {
    struct session_table *table = host->sessions;
    if (!table)
        return;
    table->users = (uint8_t)(table->users & ~(unsigned)tracker);
    if (table->users != 0)
        return;
    session_table_fini(table);
    allocator_release(host->allocator, table, sizeof(*table));
    host->sessions = NULL;
}

void tracking_session_end(struct dobos_host *host, struct session *session) {
    if (session->source || session->target)
        nat_session_destroy(host->nat, session);
    else
        session_destroy(host->sessions, session);
}

/* Who goes for a new flow of that share. */
static bool make_room(struct dobos_host *host, uint32_t owner) {
    struct session_table *table = host->sessions;
    while (!session_has_room(table, session_share_find(table, owner))) {
        struct session *victim = session_victim(table, session_share_find(table, owner));
        if (!victim)
            return false;
        host->counters.sessions_evicted++;
        tracking_session_end(host, victim);
    }
    return true;
}

/* What a stranger has begun with the host itself, unanswered, gives way to the flow of a mapping
 * whose port was drawn in its place: nobody outside keeps ports from hosts inside. An answer to an
 * echo needs no flow. */
static void stranger_end(struct dobos_host *host, const struct session_key *reply) {
    enum session_direction direction;
    struct session *stranger = session_find(host->sessions, reply, &direction);
    if (stranger && direction == SESSION_ORIGIN && !stranger->source && !stranger->target &&
        (reply->protocol == PROTOCOL_ICMP || !session_is_answered(stranger))) {
        host->counters.sessions_evicted++;
        tracking_session_end(host, stranger);
    }
}

static void mapping_hold(struct nat_mapping *mapping) {
    if (mapping)
        mapping->sessions++;
}

struct session *tracking_session_create(struct dobos_host *host, const struct tracking_wish *wish,
                                        enum drop_reason *reason) {
    struct session *session = NULL;
    mapping_hold(wish->source);
    mapping_hold(wish->target);
    if (wish->source)
        stranger_end(host, &wish->reply);
    *reason = DROP_SESSION_LIMIT;
    if (make_room(host, wish->owner))
        session = session_create(host->sessions, &wish->origin, &wish->reply, wish->owner,
                                 wish->segment, host->now, reason);
    if (session && (wish->source || wish->target) &&
        !nat_session_join(host->nat, session, wish->source, wish->target)) {
        session_destroy(host->sessions, session);
        session = NULL;
        *reason = DROP_NO_MEMORY;
    }
    host->counters.sessions_created += session != NULL;
    if (wish->source)
        nat_mapping_release(host->nat, wish->source);
    if (wish->target)
        nat_mapping_release(host->nat, wish->target);
    return session;
}

void tracking_on_timer(struct dobos_host *host) {
    struct session *session;
    while ((session = session_expired(host->sessions, host->now))) {
        host->counters.sessions_expired++;
        tracking_session_end(host, session);
    }
    session_timer_arm(host->sessions);
}
