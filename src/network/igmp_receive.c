/*
 * igmp_receive: queries, and in versions 1 and 2 what other members say (RFC 3376 §5.2, §7.2.1;
 * 2236 §3; 1112 appendix I).
 */
#include "network/igmp.h"

#include "base/prefix.h"

#define V1_RESPONSE_TENTHS 100
#define TENTH_NS           (100 * DOBOS_MILLISECOND)

dobos_time igmp_wait(struct igmp *igmp, dobos_time span) {
    uint8_t bytes[12];
    store_be32(bytes, igmp->interface);
    store_be64(bytes + 4, ++igmp->draws);
    return (dobos_time)(keyed_hash(igmp->key, bytes, sizeof bytes) % ((uint64_t)span + 1));
}

void igmp_timer_arm(struct igmp *igmp) {
    dobos_time next = igmp->general_at;
    list_each(&igmp->groups, node) {
        const struct igmp_group *group = container_of(node, struct igmp_group, place);
        next = min_i64(next, min_i64(group->change_at, group->answer_at));
    }
    timer_arm(igmp->wheel, &igmp->timer, next);
}

/* What waits is of no use to another querier [rfc3376#16]. */
static void pending_cancel(struct igmp *igmp) {
    igmp->general_at = DOBOS_NEVER;
    list_each(&igmp->groups, node) {
        struct igmp_group *group = container_of(node, struct igmp_group, place);
        group->change_at = group->answer_at = DOBOS_NEVER;
        group->mode_left = 0;
        for (uint32_t i = 0; i < group->count; i++) {
            group->sources[i].left = 0;
            group->sources[i].is_asked = false;
        }
        igmp_group_prune(igmp, group);
    }
}

/* The oldest querier that is there decides [rfc3376#15]. */
uint8_t igmp_version_update(struct igmp *igmp, dobos_time now) {
    uint8_t version = now < igmp->v1_until ? 1 : now < igmp->v2_until ? 2 : 3;
    if (version != igmp->version) {
        igmp->version = version;
        pending_cancel(igmp);
        igmp_timer_arm(igmp);
    }
    return version;
}

/* ---- queries ---- */

/* What a querier's words say of the link; those of version 3 may say nothing (RFC 3376 §4.1.6).
 * [rfc3376#18] */
static void querier_note(struct igmp *igmp, const struct igmp_message *query, dobos_time response,
                         dobos_time now) {
    if (query->version == 3) {
        igmp->robustness = query->robustness ? query->robustness : IGMP_ROBUSTNESS;
        uint32_t interval = igmp_code_decode(query->interval_code);
        igmp->query_ns = interval ? interval * DOBOS_SECOND : IGMP_QUERY_NS;
        return;
    }
    dobos_time until = now + igmp->robustness * igmp->query_ns + response;
    if (query->version == 1)
        igmp->v1_until = until;
    else
        igmp->v2_until = until;
}

/* Sources that are asked for, beside those asked before; what cannot be kept makes it a question
 * for all. */
static void sources_ask(struct igmp *igmp, struct igmp_group *group,
                        const struct igmp_message *query) {
    for (size_t i = 0; i < query->sources.length / 4 && !group->answers_whole; i++) {
        struct dobos_address address = igmp_source(query->sources, i);
        struct igmp_source *source =
            igmp_source_get(igmp, group, dobos_address_ipv4_number(&address));
        if (source)
            source->is_asked = true;
        else
            group->answers_whole = true;
    }
}

/* The rules of RFC 3376 §5.2 for one group: an answer that is due sooner anyway stands; one for all
 * sources takes the place of one for some [rfc3376#12]. */
static void group_ask(struct igmp *igmp, struct igmp_group *group, const struct igmp_message *query,
                      dobos_time at) {
    bool waits = group->answer_at != DOBOS_NEVER;
    bool for_all = !query || query->sources.length == 0;
    if (!igmp_group_is_member(group))
        return;
    if (!waits)
        group->answers_whole = false;
    group->answers_whole |= for_all;
    if (!group->answers_whole)
        sources_ask(igmp, group, query);
    group->answer_at = min_i64(group->answer_at, at);
}

/* In versions 1 and 2 each group has a wait of its own, in version 3 all of an interface one. */
static void general_ask(struct igmp *igmp, dobos_time response, dobos_time now) {
    if (igmp->version == 3) {
        dobos_time at = now + igmp_wait(igmp, response);
        igmp->general_at = min_i64(igmp->general_at, at);
        return;
    }
    list_each(&igmp->groups, node) {
        struct igmp_group *group = container_of(node, struct igmp_group, place);
        group_ask(igmp, group, NULL, now + igmp_wait(igmp, response));
    }
}

/* Whether a query may be what it says: to whom it should be sent [rfc3376#13], with the option that
 * makes routers look at it [rfc3376#14], about a group. */
static bool query_is_possible(const struct igmp_message *query,
                              const struct dobos_address *destination, bool has_router_alert) {
    uint32_t group = dobos_address_ipv4_number(&query->group);
    uint32_t to = dobos_address_ipv4_number(destination);
    if (query->version > 1 && !has_router_alert)
        return false;
    if (group == 0)
        return to == GROUP_ALL_HOSTS || !ipv4_is_multicast(to);
    return query->version > 1 && ipv4_is_multicast(group) && group != GROUP_ALL_HOSTS;
}

/* Within the time that the query allows, at random [rfc3376#11]. */
static void query_receive(struct igmp *igmp, const struct igmp_message *query, dobos_time now) {
    uint32_t tenths =
        query->version == 1 ? V1_RESPONSE_TENTHS : igmp_code_decode(query->response_code);
    if (query->version == 2)
        tenths = query->response_code;
    dobos_time response = (dobos_time)tenths * TENTH_NS;
    uint32_t number = dobos_address_ipv4_number(&query->group);
    igmp->queries_in++;
    querier_note(igmp, query, response, now);
    igmp_version_update(igmp, now);
    if (igmp->count == 0)
        return;
    dobos_time at = now + igmp_wait(igmp, response);
    struct igmp_group *group = number ? igmp_find(igmp, number) : NULL;
    if (number == 0)
        general_ask(igmp, response, now);
    else if (group && igmp->general_at > at)
        group_ask(igmp, group, query, at);
    igmp_timer_arm(igmp);
}

/* ---- other members ---- */

/* One word a group is enough for a querier of version 1 or 2: who hears it from another says
 * nothing [rfc3376#19]. In version 3 each speaks for itself. */
static bool report_receive(struct igmp *igmp, const struct igmp_message *report, dobos_time now) {
    igmp->reports_in++;
    if (igmp_version_update(igmp, now) == 3)
        return false;
    struct igmp_group *group = igmp_find(igmp, dobos_address_ipv4_number(&report->group));
    if (!group)
        return false;
    group->is_last = false;
    group->answer_at = DOBOS_NEVER;
    group->change_at = DOBOS_NEVER;
    group->mode_left = 0;
    igmp_group_prune(igmp, group);
    igmp_timer_arm(igmp);
    return true;
}

enum verdict igmp_receive(struct igmp *igmp, const struct igmp_message *message,
                          const struct dobos_address *destination, bool has_router_alert,
                          dobos_time now, enum drop_reason *reason) {
    bool used = false;
    if (message->type == IGMP_QUERY) {
        used = query_is_possible(message, destination, has_router_alert);
        if (used)
            query_receive(igmp, message, now);
    } else if (message->type == IGMP_V1_REPORT || message->type == IGMP_V2_REPORT) {
        used = report_receive(igmp, message, now);
    }
    if (!used)
        *reason = DROP_IGMP_IGNORED; /* what only a router hears, or nobody knows [rfc3376#20] */
    return used ? VERDICT_DELIVER : VERDICT_DROP;
}
