/* snooping: see snooping.h. What is believed is only what a host would believe: an IGMP message of
 * an IPv4 packet that is whole, with both checksums right. */
#include "link/snooping.h"

#include "base/ipv4_ranges.h"
#include "wire/ethernet.h"
#include "wire/igmp.h"
#include "wire/ipv4.h"

#define FRAME_BYTES (ETHERNET_HEADER_BYTES + IPV4_HEADER_MAX_BYTES)

struct snooping_port {
    struct list_node node; /* in its group's members, or in snooping.routers */
    uint32_t port;         /* which */
    dobos_time until;      /* when it is forgotten */
};

struct snooping_group {
    struct hash_node node;   /* in snooping.groups */
    struct list_node recent; /* in snooping.recent */
    uint32_t group;          /* IPv4 */
    struct list members;     /* of struct snooping_port */
    dobos_time flood_until;  /* a member's port could not be kept: it goes to all */
};

void snooping_init(struct snooping *snooping, struct allocator *allocator,
                   const struct hash_key *key) {
    *snooping = (struct snooping){.allocator = allocator, .key = *key};
    hash_table_init(&snooping->groups, allocator);
    list_init(&snooping->recent);
    list_init(&snooping->routers);
}

/* ---- ports ---- */

static void port_destroy(struct snooping *snooping, struct snooping_port *port) {
    list_remove(&port->node);
    snooping->port_count--;
    allocator_release(snooping->allocator, port, sizeof *port);
}

/* Forgets the ports of a list whose time is over, or that one. */
static void ports_drop(struct snooping *snooping, struct list *ports, dobos_time now,
                       uint32_t gone) {
    list_each(ports, node) {
        struct snooping_port *port = container_of(node, struct snooping_port, node);
        if (port->until <= now || port->port == gone)
            port_destroy(snooping, port);
    }
}

static struct snooping_port *port_find(const struct list *ports, uint32_t number) {
    for (struct list_node *node = list_first(ports); node; node = list_next(ports, node)) {
        struct snooping_port *port = container_of(node, struct snooping_port, node);
        if (port->port == number)
            return port;
    }
    return NULL;
}

/* False: it cannot be kept. */
static bool port_learn(struct snooping *snooping, struct list *ports, uint32_t number,
                       dobos_time until) {
    struct snooping_port *port = port_find(ports, number);
    if (!port) {
        port = snooping->port_count < SNOOPING_PORTS
                   ? allocator_allocate(snooping->allocator, sizeof *port, "snooping port")
                   : NULL;
        if (!port)
            return false;
        port->port = number;
        list_node_init(&port->node);
        list_append(ports, &port->node);
        snooping->port_count++;
    }
    port->until = until;
    return true;
}

/* ---- groups ---- */

static uint64_t group_hash(const struct snooping *snooping, uint32_t number) {
    uint8_t bytes[4];
    store_be32(bytes, number);
    return keyed_hash(&snooping->key, bytes, sizeof bytes);
}

static struct snooping_group *group_find(const struct snooping *snooping, uint32_t number) {
    uint64_t hash = group_hash(snooping, number);
    struct hash_node *node = hash_table_find(&snooping->groups, hash);
    for (; node; node = hash_table_find_next(node, hash)) {
        struct snooping_group *group = container_of(node, struct snooping_group, node);
        if (group->group == number)
            return group;
    }
    return NULL;
}

static void group_destroy(struct snooping *snooping, struct snooping_group *group) {
    list_each(&group->members, node)
        port_destroy(snooping, container_of(node, struct snooping_port, node));
    hash_table_remove(&snooping->groups, &group->node);
    list_remove(&group->recent);
    snooping->group_count--;
    allocator_release(snooping->allocator, group, sizeof *group);
}

void snooping_fini(struct snooping *snooping) {
    list_each(&snooping->recent, node)
        group_destroy(snooping, container_of(node, struct snooping_group, recent));
    list_each(&snooping->routers, node)
        port_destroy(snooping, container_of(node, struct snooping_port, node));
    hash_table_fini(&snooping->groups);
}

static bool group_is_over(const struct snooping_group *group, dobos_time now) {
    list_each(&group->members,
              node) if (container_of(node, struct snooping_port, node)->until > now) return false;
    return group->flood_until <= now;
}

/* Forgets groups that nobody has reported for long. Everybody's turn comes, so two at a time are
 * enough. */
static void groups_age(struct snooping *snooping, dobos_time now) {
    for (unsigned i = 0; i < 2; i++) {
        struct list_node *first = list_first(&snooping->recent);
        if (!first)
            return;
        struct snooping_group *group = container_of(first, struct snooping_group, recent);
        if (!group_is_over(group, now))
            return;
        group_destroy(snooping, group);
    }
}

static struct snooping_group *group_get(struct snooping *snooping, uint32_t number,
                                        dobos_time now) {
    struct snooping_group *group = group_find(snooping, number);
    if (group)
        return group;
    groups_age(snooping, now);
    if (snooping->group_count >= SNOOPING_GROUPS)
        return NULL;
    group = allocator_allocate(snooping->allocator, sizeof *group, "snooping group");
    if (!group)
        return NULL;
    if (!hash_table_insert(&snooping->groups, &group->node, group_hash(snooping, number))) {
        allocator_release(snooping->allocator, group, sizeof *group);
        return NULL;
    }
    group->group = number;
    list_init(&group->members);
    list_node_init(&group->recent);
    snooping->group_count++;
    return group;
}

/* ---- what is heard ---- */

static bool is_kept_apart(uint32_t number) {
    return ipv4_is_multicast(number) && number >> 8 != 0xe00000; /* not 224.0.0.0/24 */
}

/* A member is there [rfc4541#2]. */
static void member_join(struct snooping *snooping, const struct dobos_address *address,
                        uint32_t port, dobos_time now) {
    uint32_t number = dobos_address_ipv4_number(address);
    struct snooping_group *group = is_kept_apart(number) ? group_get(snooping, number, now) : NULL;
    if (!group)
        return;
    list_remove(&group->recent);
    list_append(&snooping->recent, &group->recent);
    ports_drop(snooping, &group->members, now, UINT32_MAX);
    if (!port_learn(snooping, &group->members, port, now + SNOOPING_MEMBER_NS))
        group->flood_until = now + SNOOPING_MEMBER_NS;
}

/* It says that it goes; another behind the port may answer the querier's question still. */
static void member_leave(const struct snooping *snooping, const struct dobos_address *address,
                         uint32_t port, dobos_time now) {
    struct snooping_group *group = group_find(snooping, dobos_address_ipv4_number(address));
    struct snooping_port *member = group ? port_find(&group->members, port) : NULL;
    if (member)
        member->until = min_i64(member->until, now + SNOOPING_LEAVE_NS);
}

/* A group's sources are not kept apart: who wants any of them is a member. */
static void report_hear(struct snooping *snooping, const struct igmp_message *report, uint32_t port,
                        dobos_time now) {
    struct reader r = reader_make(report->records.bytes, report->records.length);
    struct igmp_record record;
    while (igmp_record_parse(&r, &record)) {
        bool includes = record.type == IGMP_IS_INCLUDE || record.type == IGMP_TO_INCLUDE;
        if (includes && record.sources.length == 0)
            member_leave(snooping, &record.group, port, now);
        else if (includes || record.type == IGMP_IS_EXCLUDE || record.type == IGMP_TO_EXCLUDE ||
                 record.type == IGMP_ALLOW_NEW)
            member_join(snooping, &record.group, port, now);
    }
}

/* Where a querier is, routers are; one without an address is a switch [rfc4541#3]. */
static void query_hear(struct snooping *snooping, const struct igmp_message *query,
                       const struct dobos_address *source, uint32_t port, dobos_time now) {
    uint32_t tenths = query->version == 3 ? igmp_code_decode(query->response_code)
                                          : max_u32(query->response_code, 1);
    if (query->version == 1)
        tenths = 100;
    if (snooping->querier_until <= now)
        snooping->trusted_from = now + tenths * (DOBOS_SECOND / 10);
    snooping->querier_until = now + SNOOPING_QUERIER_NS;
    ports_drop(snooping, &snooping->routers, now, UINT32_MAX);
    if (!dobos_address_is_unspecified(source) &&
        !port_learn(snooping, &snooping->routers, port, now + SNOOPING_QUERIER_NS))
        snooping->flood_until = now + SNOOPING_QUERIER_NS;
}

/* True: it was a report, which only routers are to hear: a member that heard it might keep its own
 * back [rfc4541#1]. */
static bool igmp_hear(struct snooping *snooping, const struct dobos_packet *frame,
                      const struct ipv4 *ipv4, uint32_t port, dobos_time now) {
    UNINITIALIZED uint8_t bytes[IGMP_MOST_BYTES];
    struct igmp_message message;
    size_t start = (size_t)ETHERNET_HEADER_BYTES + ipv4->header_length;
    size_t length = (size_t)ipv4->total_length - ipv4->header_length;
    if (ipv4->more_fragments || ipv4->fragment_offset || length > sizeof bytes ||
        dobos_packet_read(frame, start, bytes, length) < length ||
        !igmp_parse((struct slice){bytes, length}, &message))
        return false;
    switch (message.type) {
    case IGMP_QUERY:
        query_hear(snooping, &message, &ipv4->source, port, now);
        return false;
    case IGMP_V1_REPORT:
    case IGMP_V2_REPORT:
        member_join(snooping, &message.group, port, now);
        return true;
    case IGMP_V2_LEAVE:
        member_leave(snooping, &message.group, port, now);
        return true;
    case IGMP_V3_REPORT:
        report_hear(snooping, &message, port, now);
        return true;
    default:
        return false;
    }
}

/* The IPv4 header of a frame; false: it has none. */
static bool header_read(const struct dobos_packet *frame, struct ipv4 *ipv4) {
    UNINITIALIZED uint8_t bytes[FRAME_BYTES];
    size_t length = dobos_packet_read(frame, 0, bytes, sizeof bytes);
    if (length < ETHERNET_HEADER_BYTES + IPV4_HEADER_BYTES ||
        load_be16(bytes + 12) != ETHER_TYPE_IPV4)
        return false;
    size_t available = dobos_packet_length(frame) - ETHERNET_HEADER_BYTES;
    struct reader r = reader_make(bytes + ETHERNET_HEADER_BYTES, length - ETHERNET_HEADER_BYTES);
    return ipv4_parse(&r, available, ipv4) == IPV4_OK;
}

/* Whether what has been heard may be relied on [rfc4541#5]. */
static bool is_trusted(const struct snooping *snooping, dobos_time now) {
    return now < snooping->querier_until && now >= snooping->trusted_from &&
           now >= snooping->flood_until;
}

/* [rfc4541#4] [rfc4541#6] */
struct snooping_way snooping_forward(struct snooping *snooping, const struct dobos_packet *frame,
                                     uint32_t port, dobos_time now) {
    struct snooping_way way = {0};
    struct ipv4 ipv4;
    if (!header_read(frame, &ipv4))
        return way;
    uint32_t number = dobos_address_ipv4_number(&ipv4.destination);
    if (ipv4.protocol == PROTOCOL_IGMP) {
        bool is_report = igmp_hear(snooping, frame, &ipv4, port, now);
        way.is_limited = is_report && is_trusted(snooping, now);
        return way;
    }
    if (!is_kept_apart(number) || !is_trusted(snooping, now))
        return way;
    const struct snooping_group *group = group_find(snooping, number);
    if (!group || group_is_over(group, now) || group->flood_until > now)
        return way;
    return (struct snooping_way){.is_limited = true, .group = group};
}

static bool has_port(const struct list *ports, uint32_t number, dobos_time now) {
    const struct snooping_port *port = port_find(ports, number);
    return port && port->until > now;
}

bool snooping_next(const struct snooping *snooping, const struct snooping_way *way,
                   struct snooping_walk *walk, dobos_time now, uint32_t *port) {
    for (;;) {
        const struct list *ports = walk->in_members ? &way->group->members : &snooping->routers;
        walk->node = walk->node ? list_next(ports, walk->node) : list_first(ports);
        if (!walk->node) {
            if (walk->in_members || !way->group)
                return false;
            walk->in_members = true;
            continue;
        }
        const struct snooping_port *found =
            container_of(walk->node, const struct snooping_port, node);
        *port = found->port;
        if (found->until > now &&
            !(walk->in_members && has_port(&snooping->routers, found->port, now)))
            return true;
    }
}

void snooping_forget(struct snooping *snooping, uint32_t port) {
    ports_drop(snooping, &snooping->routers, -DOBOS_NEVER, port);
    list_each(&snooping->recent, node) {
        struct snooping_group *group = container_of(node, struct snooping_group, recent);
        ports_drop(snooping, &group->members, -DOBOS_NEVER, port);
    }
}
