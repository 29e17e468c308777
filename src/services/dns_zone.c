/* dns_zone: finding names in zones; see dns_zone.h. */
#include "services/dns_zone.h"

/* ---- names ---- */

/* Names are kept by their lower-case form (RFC 4343) [rfc1034#1]. */
uint64_t zone_name_hash(const struct zone *zone, const struct dns_name *name) {
    uint8_t lower[DNS_NAME_BYTES];
    for (unsigned i = 0; i < name->length; i++) {
        uint8_t c = name->bytes[i];
        lower[i] = c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
    }
    return keyed_hash(&zone->key, lower, name->length);
}

struct dns_name zone_name_read(const struct zone_name *name) {
    struct dns_name read = {.length = name->length};
    memcpy(read.bytes, name->bytes, name->length);
    return read;
}

/* Labels' lengths are below 64, and so no letters. */
static bool zone_name_is(const struct zone_name *name, const struct dns_name *other) {
    if (name->length != other->length)
        return false;
    for (unsigned i = 0; i < other->length; i++) {
        uint8_t a = name->bytes[i], b = other->bytes[i];
        a = a >= 'A' && a <= 'Z' ? (uint8_t)(a + 32) : a;
        b = b >= 'A' && b <= 'Z' ? (uint8_t)(b + 32) : b;
        if (a != b)
            return false;
    }
    return true;
}

const struct zone_name *zone_find(const struct zone *zone, const struct dns_name *name) {
    uint64_t hash = zone_name_hash(zone, name);
    for (struct hash_node *node = hash_table_find(&zone->names, hash); node;
         node = hash_table_find_next(node, hash)) {
        struct zone_name *found = container_of(node, struct zone_name, node);
        if (zone_name_is(found, name))
            return found;
    }
    return NULL;
}

const struct zone_record *zone_record_next(const struct zone_record *record, uint16_t type) {
    for (record = record->next; record; record = record->next) {
        if (record->type == type || type == DNS_ANY)
            return record;
    }
    return NULL;
}

const struct zone_record *zone_record_first(const struct zone_name *name, uint16_t type) {
    if (!name || !name->records)
        return NULL;
    const struct zone_record *record = name->records;
    return record->type == type || type == DNS_ANY ? record : zone_record_next(record, type);
}

const struct zone *zone_of(const struct zone *zones, const struct dns_name *name) {
    const struct zone *best = NULL;
    for (const struct zone *zone = zones; zone; zone = zone->next) {
        if (dns_name_is_within(name, &zone->apex) &&
            (!best || zone->apex.length > best->apex.length))
            best = zone;
    }
    return best;
}

/* The name without its first `skip` bytes, which end with a label. */
static struct dns_name name_from(const struct dns_name *name, size_t skip) {
    struct dns_name rest = {.length = (uint8_t)(name->length - skip)};
    memcpy(rest.bytes, name->bytes + skip, rest.length);
    return rest;
}

/* From the apex down, so that it ends with the first name that is not there: what it costs depends
 * on how deep the zone is, not on how long the name (attack I18). */
void zone_walk(const struct zone *zone, const struct dns_name *name, struct zone_walk *walk) {
    uint8_t starts[DNS_NAME_BYTES / 2 + 1]; /* of the labels in front of the apex */
    unsigned count = 0;
    size_t at = 0;
    for (; at + zone->apex.length < name->length; at += name->bytes[at] + 1u)
        starts[count++] = (uint8_t)at;
    *walk = (struct zone_walk){.closest = at};
    for (;;) {
        const struct dns_name rest = name_from(name, at);
        const struct zone_name *here = zone_find(zone, &rest);
        if (!here)
            return;
        walk->closest = at;
        walk->found = at == 0 ? here : NULL;
        if (rest.length > zone->apex.length && zone_record_first(here, DNS_NS)) {
            walk->cut = here;
            return;
        }
        if (at > 0)
            walk->dname = zone_record_first(here, DNS_DNAME);
        if (at == 0 || walk->dname)
            return;
        at = starts[--count];
    }
}

const struct zone_name *zone_cut(const struct zone *zone, const struct dns_name *name) {
    struct zone_walk walk;
    zone_walk(zone, name, &walk);
    return walk.cut;
}

/* [rfc4592#1] [rfc4592#2] */
const struct zone_name *zone_wildcard(const struct zone *zone, const struct dns_name *name,
                                      const struct zone_walk *walk) {
    size_t above = name->length - walk->closest;
    struct dns_name star = {.length = (uint8_t)(above + 2), .bytes = {1, '*'}};
    if (walk->closest == 0 || above + 2 > DNS_NAME_BYTES)
        return NULL;
    memcpy(star.bytes + 2, name->bytes + walk->closest, above);
    return zone_find(zone, &star);
}
