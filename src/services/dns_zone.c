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

const struct zone_name *zone_cut(const struct zone *zone, const struct dns_name *name) {
    struct dns_name above = *name;
    const struct zone_name *cut = NULL;
    while (above.length > zone->apex.length) {
        const struct zone_name *found = zone_find(zone, &above);
        if (zone_record_first(found, DNS_NS))
            cut = found;
        if (!dns_name_parent(&above, &above))
            break;
    }
    return cut;
}
