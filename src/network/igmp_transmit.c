/*
 * igmp_transmit: what is to be said now (RFC 3376 §4.2, §5; 2236 §3). In version 3 what several
 * groups have to say stands in one report as far as it fits; in the older ones each group has a
 * message of its own.
 */
#include "network/igmp.h"

#define HEADROOM    96 /* for Ethernet and IPv4 with options */
#define IPV4_BYTES  24 /* with Router Alert */
#define MOST_BYTES  1400
#define RECORD_MOST (IGMP_RECORD_BYTES + 2 * IGMP_SOURCES * 4)

/* A report that is being made. */
struct report {
    uint8_t bytes[MOST_BYTES]; /* its records */
    struct writer writer;      /* into them */
    uint16_t count;            /* of records */
    size_t room;               /* bytes of records that the link takes */
    dobos_time again;          /* when its changes are told once more; 0: not drawn yet */
};

static struct dobos_packet *message_packet(struct dobos_pool *pool,
                                           const struct igmp_message *message) {
    uint8_t bytes[IGMP_BYTES + MOST_BYTES];
    struct writer w = writer_make(bytes, sizeof bytes);
    igmp_emit(&w, message);
    struct dobos_packet *packet = packet_create(pool, HEADROOM);
    if (packet && !packet_append_bytes(packet, bytes, w.position)) {
        dobos_packet_release(packet);
        packet = NULL;
    }
    return packet;
}

/* ---- version 3 ---- */

/* Which sources a record names. */
enum choice {
    CHOICE_IN,       /* those of the filter */
    CHOICE_ANSWER,   /* those asked for that are wanted */
    CHOICE_NEWS_IN,  /* those that have come into the filter and are still to be told */
    CHOICE_NEWS_OUT, /* those that have left it */
};

static bool is_chosen(const struct igmp_group *group, const struct igmp_source *source,
                      enum choice choice) {
    switch (choice) {
    case CHOICE_IN:
        return source->is_in;
    case CHOICE_ANSWER:
        return source->is_asked && source->is_in != group->exclude;
    case CHOICE_NEWS_IN:
        return source->left > 0 && source->is_in;
    case CHOICE_NEWS_OUT:
        return source->left > 0 && !source->is_in;
    }
    return false;
}

/* A record of a group; without sources only where that says something. */
static void record_add(struct report *report, const struct igmp_group *group,
                       enum igmp_record_type type, enum choice choice) {
    uint8_t sources[2 * IGMP_SOURCES * 4];
    size_t length = 0;
    for (uint32_t i = 0; i < group->count; i++) {
        if (!is_chosen(group, &group->sources[i], choice))
            continue;
        store_be32(sources + length, group->sources[i].number);
        length += 4;
    }
    if (length == 0 && choice != CHOICE_IN)
        return;
    igmp_record_emit(&report->writer,
                     &(struct igmp_record){.type = (uint8_t)type,
                                           .group = dobos_address_ipv4(group->group),
                                           .sources = {sources, length}});
    report->count++;
}

/* The answer to a query: the filter, or of what was asked for the sources that are wanted
 * [rfc3376#10]. */
static void answer_add(struct report *report, struct igmp_group *group) {
    if (group->answers_whole)
        record_add(report, group, group->exclude ? IGMP_IS_EXCLUDE : IGMP_IS_INCLUDE, CHOICE_IN);
    else
        record_add(report, group, IGMP_IS_INCLUDE, CHOICE_ANSWER);
    group->answer_at = DOBOS_NEVER;
    for (uint32_t i = 0; i < group->count; i++)
        group->sources[i].is_asked = false;
}

/* A change: the mode's first, then those of sources; each as often as the link is said to need
 * [rfc3376#8], at random within a second [rfc3376#7]. */
static void change_add(struct igmp *igmp, struct report *report, struct igmp_group *group,
                       dobos_time now) {
    bool has_more = false;
    if (group->mode_left > 0) {
        record_add(report, group, group->exclude ? IGMP_TO_EXCLUDE : IGMP_TO_INCLUDE, CHOICE_IN);
        group->mode_left--;
    } else {
        record_add(report, group, IGMP_ALLOW_NEW,
                   group->exclude ? CHOICE_NEWS_OUT : CHOICE_NEWS_IN);
        record_add(report, group, IGMP_BLOCK_OLD,
                   group->exclude ? CHOICE_NEWS_IN : CHOICE_NEWS_OUT);
        for (uint32_t i = 0; i < group->count; i++)
            group->sources[i].left =
                (uint8_t)(group->sources[i].left - (group->sources[i].left > 0));
    }
    for (uint32_t i = 0; i < group->count; i++)
        has_more |= group->sources[i].left > 0;
    has_more |= group->mode_left > 0;
    if (has_more && report->again == 0)
        report->again = now + 1 + igmp_wait(igmp, IGMP_UNSOLICITED_NS - 1);
    group->change_at = has_more ? report->again : DOBOS_NEVER;
}

/* The answer to a general query is that of every group. */
static void general_begin(struct igmp *igmp, dobos_time now) {
    if (igmp->general_at > now)
        return;
    igmp->general_at = DOBOS_NEVER;
    list_each(&igmp->groups, node) {
        struct igmp_group *group = container_of(node, struct igmp_group, place);
        if (!igmp_group_is_member(group))
            continue;
        group->answers_whole = true;
        group->answer_at = now;
    }
}

static bool has_room(const struct report *report) {
    size_t written = report->writer.position;
    return written == 0 || (written + RECORD_MOST + IGMP_RECORD_BYTES <= report->room &&
                            written + RECORD_MOST + IGMP_RECORD_BYTES <= MOST_BYTES);
}

/* Everything that is due, as far as it fits [rfc3376#6]. */
static void report_fill(struct igmp *igmp, struct report *report, dobos_time now) {
    list_each(&igmp->groups, node) {
        struct igmp_group *group = container_of(node, struct igmp_group, place);
        if (group->answer_at <= now && has_room(report))
            answer_add(report, group);
        if (group->change_at <= now && has_room(report))
            change_add(igmp, report, group, now);
        igmp_group_prune(igmp, group);
    }
}

/* Whether something is due still, now that a report is full. */
static bool is_due(const struct igmp *igmp, dobos_time now) {
    list_each(&igmp->groups, node) {
        const struct igmp_group *group = container_of(node, struct igmp_group, place);
        if (group->answer_at <= now || group->change_at <= now)
            return true;
    }
    return false;
}

static struct dobos_packet *report_make(struct igmp *igmp, struct dobos_pool *pool, uint32_t mtu,
                                        dobos_time now) {
    struct report report = {.room =
                                mtu > IPV4_BYTES + IGMP_BYTES ? mtu - IPV4_BYTES - IGMP_BYTES : 0};
    general_begin(igmp, now);
    while (is_due(igmp, now) && report.count == 0) {
        report.writer = writer_make(report.bytes, sizeof report.bytes);
        report_fill(igmp, &report, now);
    }
    if (report.count == 0)
        return NULL;
    igmp->reports_out++;
    return message_packet(
        pool, &(struct igmp_message){.type = IGMP_V3_REPORT,
                                     .record_count = report.count,
                                     .records = {report.bytes, report.writer.position}});
}

/* ---- versions 1 and 2 ---- */

static struct dobos_packet *old_make(struct igmp *igmp, struct dobos_pool *pool,
                                     struct igmp_group *group, dobos_time now,
                                     struct dobos_address *destination) {
    bool is_member = igmp_group_is_member(group);
    struct igmp_message message = {.type = IGMP_V2_LEAVE,
                                   .group = dobos_address_ipv4(group->group)};
    if (is_member) {
        message.type = igmp->version == 1 ? IGMP_V1_REPORT : IGMP_V2_REPORT;
        igmp->reports_out++;
    } else {
        igmp->leaves_out++;
    }
    *destination = is_member ? message.group : dobos_address_ipv4(GROUP_ALL_ROUTERS);
    if (group->change_at <= now) {
        group->mode_left = (uint8_t)(group->mode_left - (group->mode_left > 0));
        group->change_at = group->mode_left > 0 && is_member
                               ? now + 1 + igmp_wait(igmp, IGMP_V2_UNSOLICITED_NS - 1)
                               : DOBOS_NEVER;
    }
    group->answer_at = DOBOS_NEVER;
    group->is_last = is_member;
    igmp_group_prune(igmp, group);
    return message_packet(pool, &message);
}

static struct dobos_packet *old_next(struct igmp *igmp, struct dobos_pool *pool, dobos_time now,
                                     struct dobos_address *destination) {
    list_each(&igmp->groups, node) {
        struct igmp_group *group = container_of(node, struct igmp_group, place);
        if (group->change_at <= now || group->answer_at <= now)
            return old_make(igmp, pool, group, now, destination);
    }
    return NULL;
}

struct dobos_packet *igmp_transmit(struct igmp *igmp, struct dobos_pool *pool, uint32_t mtu,
                                   dobos_time now, struct dobos_address *destination) {
    struct dobos_packet *packet;
    if (igmp->count == 0)
        igmp->general_at = DOBOS_NEVER;
    if (igmp_version_update(igmp, now) == 3) {
        *destination = dobos_address_ipv4(GROUP_IGMP_V3);
        packet = report_make(igmp, pool, mtu, now);
    } else {
        packet = old_next(igmp, pool, now, destination);
    }
    if (!packet)
        igmp_timer_arm(igmp);
    return packet;
}
