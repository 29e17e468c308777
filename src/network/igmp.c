/*
 * igmp: the groups of an interface and the changes of their filters (RFC 3376 §5.1). What has
 * changed is kept with each source and with the mode, as the number of reports that are still to
 * tell it; so changes that follow each other merge by themselves.
 */
#include "network/igmp.h"

#include <dobos/errors.h>

#include "base/assert.h"

void igmp_init(struct igmp *igmp, struct allocator *allocator, struct timing_wheel *wheel,
               const struct hash_key *key, uint32_t interface) {
    *igmp = (struct igmp){.allocator = allocator,
                          .wheel = wheel,
                          .key = key,
                          .interface = interface,
                          .robustness = IGMP_ROBUSTNESS,
                          .version = 3,
                          .query_ns = IGMP_QUERY_NS,
                          .general_at = DOBOS_NEVER};
    timer_init(&igmp->timer, TIMER_IGMP);
    hash_table_init(&igmp->table, allocator);
    list_init(&igmp->groups);
}

static void group_destroy(struct igmp *igmp, struct igmp_group *group) {
    hash_table_remove(&igmp->table, &group->node);
    list_remove(&group->place);
    igmp->count--;
    allocator_release(igmp->allocator, group->sources, group->room * sizeof *group->sources);
    allocator_release(igmp->allocator, group, sizeof *group);
}

void igmp_fini(struct igmp *igmp) {
    timer_cancel(igmp->wheel, &igmp->timer);
    list_each(&igmp->groups, node)
        group_destroy(igmp, container_of(node, struct igmp_group, place));
    hash_table_fini(&igmp->table);
}

/* Only this host's own programs choose what is in the table: a plain mix will do. */
static uint64_t group_hash(uint32_t number) {
    return number * UINT64_C(0x9e3779b97f4a7c15);
}

struct igmp_group *igmp_find(const struct igmp *igmp, uint32_t number) {
    uint64_t hash = group_hash(number);
    struct hash_node *node = hash_table_find(&igmp->table, hash);
    for (; node; node = hash_table_find_next(node, hash)) {
        struct igmp_group *group = container_of(node, struct igmp_group, node);
        if (group->group == number)
            return group;
    }
    return NULL;
}

/* [rfc1122#110] */
bool igmp_is_member(const struct igmp *igmp, const struct dobos_address *group) {
    uint32_t number = dobos_address_ipv4_number(group);
    if (number == GROUP_ALL_HOSTS)
        return true;
    const struct igmp_group *found = igmp->count > 0 ? igmp_find(igmp, number) : NULL;
    return found && igmp_group_is_member(found);
}

const struct igmp_group *igmp_nth(const struct igmp *igmp, uint32_t nth) {
    list_each(&igmp->groups, node) {
        const struct igmp_group *group = container_of(node, struct igmp_group, place);
        if (igmp_group_is_member(group) && nth-- == 0)
            return group;
    }
    return NULL;
}

static int group_create(struct igmp *igmp, uint32_t number, struct igmp_group **made) {
    if (igmp->count >= IGMP_GROUPS)
        return -DOBOS_ENOBUFS;
    struct igmp_group *group = allocator_allocate(igmp->allocator, sizeof *group, "IGMP group");
    if (!group)
        return -DOBOS_ENOMEM;
    if (!hash_table_insert(&igmp->table, &group->node, group_hash(number))) {
        allocator_release(igmp->allocator, group, sizeof *group);
        return -DOBOS_ENOMEM;
    }
    group->group = number;
    group->change_at = group->answer_at = DOBOS_NEVER;
    list_node_init(&group->place);
    list_append(&igmp->groups, &group->place);
    igmp->count++;
    *made = group;
    return 0;
}

/* ---- sources ---- */

static bool sources_grow(struct igmp *igmp, struct igmp_group *group, uint32_t room) {
    if (room <= group->room)
        return true;
    struct igmp_source *larger =
        allocator_allocate(igmp->allocator, room * sizeof *larger, "IGMP sources");
    if (!larger)
        return false;
    if (group->count > 0)
        memcpy(larger, group->sources, group->count * sizeof *larger);
    allocator_release(igmp->allocator, group->sources, group->room * sizeof *larger);
    group->sources = larger;
    group->room = room;
    return true;
}

static struct igmp_source *source_find(const struct igmp_group *group, uint32_t number) {
    for (uint32_t i = 0; i < group->count; i++)
        if (group->sources[i].number == number)
            return &group->sources[i];
    return NULL;
}

struct igmp_source *igmp_source_get(struct igmp *igmp, struct igmp_group *group, uint32_t number) {
    struct igmp_source *source = source_find(group, number);
    if (source)
        return source;
    if (group->count >= 2 * IGMP_SOURCES ||
        (group->count == group->room && !sources_grow(igmp, group, group->room + 8)))
        return NULL;
    ASSERT(group->sources);
    source = &group->sources[group->count++];
    *source = (struct igmp_source){.number = number};
    return source;
}

void igmp_group_prune(struct igmp *igmp, struct igmp_group *group) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < group->count; i++) {
        const struct igmp_source source = group->sources[i];
        if (source.is_in || source.is_asked || source.left > 0)
            group->sources[kept++] = source;
    }
    group->count = kept;
    if (!igmp_group_is_member(group) && group->change_at == DOBOS_NEVER)
        group_destroy(igmp, group);
}

/* ---- changes ---- */

/* Takes over a filter's sources. True: they are others than before. `counts`: each change is to be
 * told. There is room for all of them. */
static bool sources_take(struct igmp *igmp, struct igmp_group *group,
                         const struct igmp_filter *filter, bool counts) {
    bool changed = false;
    uint32_t before = group->count;
    uint64_t was_in[2 * IGMP_SOURCES / 64] = {0};
    for (uint32_t i = 0; i < before; i++) {
        was_in[i / 64] |= (uint64_t)group->sources[i].is_in << i % 64;
        group->sources[i].is_in = false;
    }
    for (uint32_t i = 0; i < filter->count; i++) {
        struct igmp_source *source = igmp_source_get(igmp, group, filter->sources[i]);
        if (!NEVER(!source))
            source->is_in = true;
    }
    group->in_count = filter->count;
    for (uint32_t i = 0; i < group->count; i++) {
        struct igmp_source *source = &group->sources[i];
        bool was = i < before && (was_in[i / 64] >> i % 64 & 1);
        changed |= was != source->is_in;
        if (was != source->is_in && counts)
            source->left = igmp->robustness;
    }
    return changed;
}

/* Sources that are only waited with, so that a filter always finds its room. */
static void sources_settle(struct igmp_group *group) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < group->count; i++) {
        if (group->sources[i].is_in)
            group->sources[kept++] = group->sources[i];
    }
    group->count = kept;
    group->answers_whole = true;
}

/* What is to be said of a change in an older version: that we are members, twice; or, where we were
 * the last to say so, that we are not any more [rfc3376#17]. */
static void change_old(struct igmp *igmp, struct igmp_group *group, bool was_member) {
    bool is_member = igmp_group_is_member(group);
    if (was_member == is_member)
        return;
    if (is_member)
        group->mode_left = igmp->robustness;
    else
        group->mode_left = igmp->version == 2 && group->is_last;
}

static bool has_news(const struct igmp_group *group) {
    if (group->mode_left > 0)
        return true;
    for (uint32_t i = 0; i < group->count; i++)
        if (group->sources[i].left > 0)
            return true;
    return false;
}

/* A change of the mode is told with all sources, a change of the sources with those that have
 * changed [rfc3376#9]. */
static void filter_take(struct igmp *igmp, struct igmp_group *group,
                        const struct igmp_filter *filter, dobos_time now) {
    bool was_member = igmp_group_is_member(group);
    bool mode = group->exclude != filter->exclude;
    bool speaks = igmp->version == 3;
    if (group->count + filter->count > 2 * IGMP_SOURCES)
        sources_settle(group);
    bool changed = sources_take(igmp, group, filter, speaks && !mode);
    group->exclude = filter->exclude;
    if (!mode && !changed)
        return;
    if (!speaks) {
        change_old(igmp, group, was_member);
    } else if (mode) {
        group->mode_left = igmp->robustness;
        for (uint32_t i = 0; i < group->count; i++)
            group->sources[i].left = 0;
    }
    group->change_at = has_news(group) ? now : DOBOS_NEVER;
    if (!igmp_group_is_member(group))
        group->answer_at = DOBOS_NEVER;
}

int igmp_filter_set(struct igmp *igmp, const struct dobos_address *group,
                    const struct igmp_filter *filter, dobos_time now) {
    uint32_t number = dobos_address_ipv4_number(group);
    igmp_version_update(igmp, now);
    struct igmp_group *found = igmp_find(igmp, number);
    if (number == GROUP_ALL_HOSTS) /* nobody need say so [rfc3376#5] */
        return 0;
    if (!found && !filter->exclude && filter->count == 0)
        return 0;
    int result = found ? 0 : group_create(igmp, number, &found);
    if (result < 0)
        return result;
    if (filter->count > 0 &&
        !sources_grow(igmp, found, min_u32(found->count + filter->count, 2 * IGMP_SOURCES))) {
        igmp_group_prune(igmp, found);
        return -DOBOS_ENOMEM;
    }
    filter_take(igmp, found, filter, now);
    igmp_group_prune(igmp, found);
    igmp_timer_arm(igmp);
    return 0;
}

void igmp_on_carrier(struct igmp *igmp, dobos_time now) {
    igmp_version_update(igmp, now);
    list_each(&igmp->groups, node) {
        struct igmp_group *group = container_of(node, struct igmp_group, place);
        if (!igmp_group_is_member(group))
            continue;
        group->mode_left = igmp->robustness;
        group->change_at = now;
    }
    igmp_timer_arm(igmp);
}
