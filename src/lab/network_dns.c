/*
 * network_dns: what a node's DNS server knows and whom it asks.
 *
 *     services:
 *       dns:
 *         forward: [203.0.113.53]        or roots: [198.51.100.1, 203.0.113.1]
 *         cache: 4MiB
 *         stale: 1d
 *         domain: home.arpa
 *         zones:
 *           example.org:
 *             "@": {NS: ns.example.org, MX: 10 mail.example.org}
 *             www: {A: 198.51.100.80, ttl: 60}
 *           example.net: example.net.zone
 *         reverse: [203.0.113.0/24]      (reverse_zones.c)
 *
 * In a zone a name without its last dot stands below the zone, and "@" is the zone itself; each
 * type has one text or a list of them, as a zone file has it behind the type, with full names. A
 * text in place of the names is the zone's file (RFC 1035 §5), relative to the network file.
 */
#include <stdio.h>
#include <string.h>

#include "lab/network_read.h"
#include "lab/quantity.h"
#include "wire/dns.h"

#define TTL_DEFAULT  3600
#define TTL_MOST     2147483647
#define CACHE_LEAST  ((uint64_t)16 << 10)
#define CACHE_MOST   ((uint64_t)1 << 30)
#define STALE_MOST   (7 * 86400)
#define PRIVATE_MOST 64
#define REVERSE_MOST 64

struct dns_reading {
    struct network_service *service; /* being read */
    struct dobos_dns_zone *zone;     /* being read */
    size_t records;                  /* of all zones so far */
};

/* The full name of a zone's member. */
static const char *full_name(struct reading *reading, const struct yaml_node *node,
                             const char *zone) {
    const size_t length = strlen(node->key);
    if (strcmp(node->key, "@") == 0)
        return zone;
    if (node->key[length - 1] == '.')
        return node->key;
    const size_t room = length + strlen(zone) + 2;
    char *name = arena_allocate(&reading->document->arena, room);
    if (name)
        (void)snprintf(name, room, "%s.%s", node->key, strcmp(zone, ".") == 0 ? "" : zone);
    return name;
}

static bool add_record(struct reading *reading, struct dns_reading *at,
                       const struct yaml_node *node, const struct dobos_dns_record *record) {
    struct dobos_dns_record copy = *record;
    if (!field_text(reading, node, "the record's data as text", &copy.data))
        return false;
    /* The table has room: there are as many nodes below the zone as it has entries. */
    ((struct dobos_dns_record *)(uintptr_t)at->zone->records)[at->zone->record_count++] = copy;
    at->service->record_at[at->records++] = node;
    return true;
}

static bool read_ttl(struct reading *reading, const struct yaml_node *owner, uint32_t *ttl) {
    const struct yaml_node *node = field_find(owner, "ttl");
    uint64_t seconds = TTL_DEFAULT;
    dobos_time duration = 0;
    if (node && node->kind == YAML_SCALAR && quantity_duration(node->text, &duration) &&
        duration % DOBOS_SECOND == 0)
        seconds = (uint64_t)(duration / DOBOS_SECOND);
    else if (node && !field_whole(reading, node, 0, TTL_MOST, &seconds))
        return false;
    *ttl = (uint32_t)seconds;
    return true;
}

static bool read_owner(struct reading *reading, const struct yaml_node *owner,
                       struct dns_reading *at) {
    struct dobos_dns_record record = {.name = full_name(reading, owner, at->zone->name)};
    struct dns_name name, zone;
    if (!record.name)
        return field_no_memory(reading);
    if (!dns_name_from_text(record.name, &name) || !dns_name_from_text(at->zone->name, &zone) ||
        !dns_name_is_within(&name, &zone))
        return yaml_refuse_key(reading->document, owner, reading->error,
                               "not a name in the zone %s", at->zone->name);
    if (!field_expect(reading, owner, YAML_MAP, "records such as {A: 192.0.2.1}") ||
        !read_ttl(reading, owner, &record.ttl))
        return false;
    for (const struct yaml_node *node = owner->first; node; node = node->next) {
        uint16_t type = 0;
        record.type = node->key;
        if (strcmp(node->key, "ttl") == 0)
            continue;
        if (!dns_type_from_name(node->key, &type))
            return yaml_refuse_key(reading->document, node, reading->error,
                                   "not a record's type: expected one such as A, AAAA, CNAME, MX, "
                                   "NS, PTR, SOA, SRV, TXT or TYPE65280, or ttl");
        if (node->kind == YAML_MAP)
            return yaml_refuse(reading->document, node, reading->error,
                               "expected the record's data as text, or a list of texts");
        if (node->kind == YAML_SCALAR && !add_record(reading, at, node, &record))
            return false;
        for (const struct yaml_node *item = node->first; item; item = item->next)
            if (!add_record(reading, at, item, &record))
                return false;
    }
    return true;
}

/* How many scalars stand below a zone: at least as many as it has records. */
static size_t count_records(const struct yaml_node *zone) {
    size_t count = 0;
    for (const struct yaml_node *owner = zone->first; owner; owner = owner->next)
        for (const struct yaml_node *type = owner->first; type; type = type->next)
            count += type->kind == YAML_LIST ? type->count : 1;
    return count;
}

static bool read_zone(struct reading *reading, const struct yaml_node *map,
                      struct dns_reading *at) {
    struct dns_name name;
    at->zone->name = map->key;
    at->zone->records =
        arena_table(&reading->document->arena, count_records(map), sizeof *at->zone->records);
    if (!at->zone->records)
        return field_no_memory(reading);
    if (!dns_name_from_text(map->key, &name))
        return yaml_refuse_key(reading->document, map, reading->error,
                               "not a domain name: expected one such as example.org");
    if (map->kind == YAML_SCALAR && !yaml_is_nothing(map))
        return field_text(reading, map, "a zone file's name", &at->zone->file);
    if (!yaml_is_nothing(map) &&
        !field_expect(reading, map, YAML_MAP,
                      "a map of names such as {www: {A: 192.0.2.1}}, or a zone file's name"))
        return false;
    for (const struct yaml_node *owner = map->first; owner; owner = owner->next)
        if (!read_owner(reading, owner, at))
            return false;
    return true;
}

static bool read_zones(struct reading *reading, const struct yaml_node *map, void *to) {
    struct network_service *service = to;
    if (!field_expect(reading, map, YAML_MAP,
                      "a map of zones such as {example.org: {www: {A: 192.0.2.1}}}"))
        return false;
    size_t records = 0;
    for (const struct yaml_node *zone = map->first; zone; zone = zone->next)
        records += count_records(zone);
    struct arena *arena = &reading->document->arena;
    struct dobos_dns_zone *zones = arena_table(arena, map->count, sizeof *zones);
    service->record_at = arena_table(arena, records, sizeof *service->record_at);
    service->zone_at = arena_table(arena, map->count, sizeof *service->zone_at);
    if (!zones || !service->record_at || !service->zone_at)
        return field_no_memory(reading);
    struct dns_reading at = {.service = service, .zone = zones};
    for (const struct yaml_node *zone = map->first; zone; zone = zone->next, at.zone++) {
        service->zone_at[at.zone - zones] = zone;
        if (!read_zone(reading, zone, &at))
            return false;
    }
    service->zones = zones;
    service->zone_count = map->count;
    return true;
}

/* A list of `most` addresses at most. */
static bool read_servers(struct reading *reading, const struct yaml_node *list, const char *what,
                         unsigned most, struct dobos_address *servers, unsigned *count) {
    if (list->count == 0 || list->count > most)
        return yaml_refuse(reading->document, list, reading->error, "%u %s: expected 1 to %u",
                           list->count, what, most);
    for (const struct yaml_node *node = list->first; node; node = node->next)
        if (!field_address(reading, node, &servers[(*count)++]))
            return false;
    return true;
}

static bool read_forward(struct reading *reading, const struct yaml_node *list, void *to) {
    struct network_service *service = to;
    service->forward_at = list;
    return field_expect(reading, list, YAML_LIST, "a list of name servers' addresses") &&
           read_servers(reading, list, "name servers", NETWORK_NAMESERVERS, service->forward,
                        &service->forward_count);
}

static bool read_roots(struct reading *reading, const struct yaml_node *list, void *to) {
    struct network_service *service = to;
    service->roots_at = list;
    if (!field_expect(reading, list, YAML_LIST, "a list of the root servers' addresses"))
        return false;
    service->roots = arena_table(&reading->document->arena, list->count, sizeof *service->roots);
    if (!service->roots)
        return field_no_memory(reading);
    return read_servers(reading, list, "root servers", DOBOS_DNS_ROOTS, service->roots,
                        &service->root_count);
}

static bool read_stale(struct reading *reading, const struct yaml_node *node, void *to) {
    struct network_service *service = to;
    uint64_t stale = 0;
    service->stale_at = node;
    if (node->kind == YAML_SCALAR && strcmp(node->text, "off") == 0) {
        service->stale_s = DOBOS_DNS_STALE_OFF;
        return true;
    }
    if (node->kind != YAML_SCALAR || !quantity_seconds(node->text, STALE_MOST, &stale) ||
        stale == 0)
        return yaml_refuse(reading->document, node, reading->error,
                           "expected off, or a time such as 1h or 1d, from 1s to 7d");
    service->stale_s = (uint32_t)stale;
    return true;
}

static bool read_cache(struct reading *reading, const struct yaml_node *node, void *to) {
    uint64_t size = 0;
    if (node->kind != YAML_SCALAR || !quantity_size(node->text, &size) || size < CACHE_LEAST ||
        size > CACHE_MOST)
        return yaml_refuse(reading->document, node, reading->error,
                           "expected a size such as 4MiB, from 16KiB to 1GiB");
    ((struct network_service *)to)->cache_bytes = (size_t)size;
    return true;
}

/* Names that may have private addresses. */
static bool read_private(struct reading *reading, const struct yaml_node *list, void *to) {
    struct network_service *service = to;
    struct dns_name name;
    if (!field_expect(reading, list, YAML_LIST, "a list of names that may have private addresses"))
        return false;
    if (list->count > PRIVATE_MOST)
        return yaml_refuse_key(reading->document, list, reading->error, "more than %d names",
                               PRIVATE_MOST);
    service->private_names =
        arena_table(&reading->document->arena, list->count + 1, sizeof *service->private_names);
    if (!service->private_names)
        return field_no_memory(reading);
    for (const struct yaml_node *item = list->first; item; item = item->next) {
        if (item->kind != YAML_SCALAR || !dns_name_from_text(item->text, &name))
            return yaml_refuse(reading->document, item, reading->error,
                               "expected a domain name such as home.arpa");
        service->private_names[service->private_count++] = item->text;
    }
    return true;
}

static bool read_reverse(struct reading *reading, const struct yaml_node *list, void *to) {
    struct network_service *service = to;
    if (!field_expect(reading, list, YAML_LIST, "a list of subnets such as 203.0.113.0/24"))
        return false;
    if (list->count == 0 || list->count > REVERSE_MOST)
        return yaml_refuse_key(reading->document, list, reading->error,
                               "%u subnets: expected 1 to %d", list->count, REVERSE_MOST);
    service->reverse =
        arena_table(&reading->document->arena, list->count, sizeof *service->reverse);
    if (!service->reverse)
        return field_no_memory(reading);
    for (const struct yaml_node *item = list->first; item; item = item->next) {
        struct dobos_prefix *prefix = &service->reverse[service->reverse_count++];
        if (!field_prefix(reading, item, prefix))
            return false;
        if (prefix->length < 8 || dobos_address_ipv4_number(&prefix->address)
                                      << (prefix->length - 1) << 1)
            return yaml_refuse(reading->document, item, reading->error,
                               "expected a subnet of at least 8 bits without host bits, such as "
                               "203.0.113.0/24");
    }
    return true;
}

static bool read_domain(struct reading *reading, const struct yaml_node *node, void *to) {
    return field_domain(reading, node, &((struct network_service *)to)->domain);
}

bool network_read_dns(struct reading *reading, const struct yaml_node *map,
                      struct network_service *service) {
    static const struct field fields[] = {
        {"zones", read_zones, false},
        {"forward", read_forward, false},
        {"cache", read_cache, false},
        {"domain", read_domain, false},
        {"roots", read_roots, false},
        {"stale", read_stale, false},
        {"private", read_private, false},
        {"reverse", read_reverse, false},
        {NULL, NULL, false},
    };
    service->kind = SERVICE_DNS;
    if (!fields_read(reading, map, "dns", fields, service))
        return false;
    const bool asks = service->forward_count > 0 || service->root_count > 0;
    if (service->forward_count > 0 && service->root_count > 0)
        return yaml_refuse_key(reading->document, service->roots_at, reading->error,
                               "expected either forward, whom everything else is asked, or roots, "
                               "from where on down it asks itself");
    if (service->cache_bytes > 0 && !asks)
        return yaml_refuse_key(reading->document, field_find(map, "cache"), reading->error,
                               "there is nothing to cache without forward or roots");
    if (service->stale_at && !asks)
        return yaml_refuse_key(reading->document, service->stale_at, reading->error,
                               "there is nothing to serve stale without forward or roots");
    if (service->private_names && !asks)
        return yaml_refuse_key(reading->document, field_find(map, "private"), reading->error,
                               "there are no answers from elsewhere without forward or roots");
    const bool has_clients = field_find(map->parent, "dhcp") != NULL;
    if (service->domain && !has_clients)
        return yaml_refuse_key(reading->document, field_find(map, "domain"), reading->error,
                               "there are no clients to name without dhcp beside dns");
    return service->zones || service->reverse || asks || has_clients ||
           yaml_refuse_key(reading->document, map, reading->error,
                           "expected zones, forward or roots in dns, or dhcp beside it");
}
