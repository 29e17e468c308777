/* dns_zone_build: making zones, record by record or from their description; see dns_zone.h. */
#include "services/dns_zone.h"
#include "wire/dns_data_text.h"

#define DATA_BYTES 4096
#define RECORDS    8192 /* of one name, each of which is compared with the others */

static struct zone_name *name_add(struct allocator *allocator, struct zone *zone,
                                  const struct dns_name *name) {
    struct zone_name *made =
        allocator_allocate(allocator, sizeof(*made) + name->length, "zone name");
    if (!made)
        return NULL;
    made->length = name->length;
    memcpy(made->bytes, name->bytes, name->length);
    if (!hash_table_insert(&zone->names, &made->node, zone_name_hash(zone, name))) {
        allocator_release(allocator, made, sizeof(*made) + made->length);
        return NULL;
    }
    return made;
}

/* The name and all those between it and the apex. */
static struct zone_name *name_ensure(struct allocator *allocator, struct zone *zone,
                                     const struct dns_name *name) {
    struct dns_name above = *name;
    while (above.length > zone->apex.length && dns_name_parent(&above, &above)) {
        if (!zone_find(zone, &above) && !name_add(allocator, zone, &above))
            return NULL;
    }
    struct zone_name *found = (struct zone_name *)(uintptr_t)zone_find(zone, name);
    return found ? found : name_add(allocator, zone, name);
}

/* What may stand beside a CNAME: what DNSSEC says of it (RFC 2181 §10.1, 4034 §3, §4). */
static bool is_beside_alias(uint16_t type) {
    return type == DNS_RRSIG || type == DNS_NSEC || type == DNS_KEY;
}

/* CNAME stands alone at its name (RFC 2181 §10.1), and no record twice [rfc2181#6]. [rfc1035#33] */
static const char *record_conflict(const struct zone_name *name, uint16_t type, const uint8_t *data,
                                   size_t length) {
    unsigned count = 0;
    for (const struct zone_record *record = name->records; record; record = record->next) {
        if (++count == RECORDS)
            return "a name has at most 8192 records";
        if ((record->type == DNS_CNAME && !is_beside_alias(type)) ||
            (type == DNS_CNAME && !is_beside_alias(record->type)))
            return "a name with a CNAME has no other records";
        if (record->type == type && type == DNS_SOA)
            return "a zone has one SOA";
        if (record->type == type && type == DNS_DNAME)
            return "a name has one DNAME";
        if (record->type == type && record->length == length &&
            memcmp(record->data, data, length) == 0)
            return "this record is there twice";
    }
    return NULL;
}

static int record_append(struct allocator *allocator, struct zone_name *name, uint16_t type,
                         uint32_t ttl, const uint8_t *data, size_t length) {
    struct zone_record *record =
        allocator_allocate(allocator, sizeof(*record) + length, "zone record");
    if (!record)
        return -DOBOS_ENOMEM;
    record->type = type;
    record->ttl = ttl;
    record->length = (uint16_t)length;
    memcpy(record->data, data, length);
    struct zone_record **place = &name->records;
    while (*place)
        place = &(*place)->next;
    *place = record;
    return 0;
}

/* The records of a set live equally long: as long as the shortest [rfc2181#4]. */
static void ttl_align(struct zone_name *name, uint16_t type, uint32_t ttl) {
    for (const struct zone_record *r = zone_record_first(name, type); r;
         r = zone_record_next(r, type))
        ttl = min_u32(ttl, r->ttl);
    for (struct zone_record *r = name->records; r; r = r->next) {
        if (r->type == type)
            r->ttl = ttl;
    }
}

/* [rfc1035#14] [rfc1035#34] [rfc1123#24] [rfc2181#19] */
int zone_record_add(struct allocator *allocator, struct zone *zone, const struct dns_name *owner,
                    uint16_t type, uint32_t ttl, struct slice data, const char **reason) {
    *reason = NULL;
    if (!dns_name_is_within(owner, &zone->apex))
        *reason = "this name is not in the zone";
    else if (type == DNS_SOA && !dns_name_is_equal(owner, &zone->apex))
        *reason = "an SOA stands at the zone's own name";
    else if (type == DNS_CNAME && dns_name_is_equal(owner, &zone->apex))
        *reason = "the zone's own name has an SOA, and so no CNAME";
    else if (type == DNS_MD || type == DNS_MF)
        *reason = "MD and MF are types of the past: mail is told by MX";
    else if (ttl > INT32_MAX)
        *reason = "a TTL is at most 2147483647 seconds";
    if (*reason)
        return -DOBOS_EINVAL;
    struct zone_name *name = name_ensure(allocator, zone, owner);
    if (!name)
        return -DOBOS_ENOMEM;
    *reason = record_conflict(name, type, data.bytes, data.length);
    if (*reason)
        return -DOBOS_EINVAL;
    int result = record_append(allocator, name, type, ttl, data.bytes, data.length);
    if (result == 0)
        ttl_align(name, type, ttl);
    return result;
}

/* One that is described as text. */
static int record_add(struct allocator *allocator, struct zone *zone,
                      const struct dobos_dns_record *given, const char **reason) {
    struct dns_name owner;
    uint16_t type;
    uint8_t data[DATA_BYTES];
    *reason = NULL;
    if (!given->name || !dns_name_from_text(given->name, &owner))
        *reason = "this is no domain name";
    else if (!given->type || !dns_type_from_name(given->type, &type) || dns_type_is_meta(type))
        *reason = "expected a type of records: A, AAAA, MX, TXT and so on, or TYPE and its number";
    if (*reason)
        return -DOBOS_EINVAL;
    size_t length =
        dns_data_from_text(type, given->data ? given->data : "", data, sizeof(data), reason);
    if (*reason)
        return -DOBOS_EINVAL;
    return zone_record_add(allocator, zone, &owner, type, given->ttl, (struct slice){data, length},
                           reason);
}

/* A name below the apex; false: it is too long. */
static bool name_below(const struct zone *zone, const char *label, struct dns_name *name) {
    size_t length = text_length(label);
    if (zone->apex.length + length + 1 > DNS_NAME_BYTES)
        return false;
    name->bytes[0] = (uint8_t)length;
    memcpy(name->bytes + 1, label, length);
    memcpy(name->bytes + 1 + length, zone->apex.bytes, zone->apex.length);
    name->length = (uint8_t)(zone->apex.length + length + 1);
    return true;
}

/* The address of a name server that was made. */
static int server_add(struct allocator *allocator, struct zone *zone, const struct dns_name *server,
                      const struct dobos_address *address) {
    struct zone_name *name = name_ensure(allocator, zone, server);
    uint8_t data[4];
    store_be32(data, dobos_address_ipv4_number(address));
    return name ? record_append(allocator, name, DNS_A, ZONE_NEGATIVE_TTL_S, data, sizeof(data))
                : -DOBOS_ENOMEM;
}

/* The SOA and NS that every zone has, where the description leaves them out: ns.<apex>,
 * hostmaster.<apex>. */
static int zone_complete(struct allocator *allocator, struct zone *zone,
                         const struct dobos_address *address) {
    static const uint32_t numbers[] = {1, 3600, 600, 86400, ZONE_NEGATIVE_TTL_S};
    uint8_t data[2 * DNS_NAME_BYTES + sizeof(numbers)];
    struct writer w = writer_make(data, sizeof(data));
    struct zone_name *apex = name_ensure(allocator, zone, &zone->apex);
    struct dns_name server, mail;
    int result = 0;
    if (!apex)
        return -DOBOS_ENOMEM;
    if (!name_below(zone, "ns", &server) || !name_below(zone, "hostmaster", &mail))
        return -DOBOS_EINVAL;
    if (!zone_record_first(apex, DNS_NS)) {
        result = record_append(allocator, apex, DNS_NS, ZONE_NEGATIVE_TTL_S, server.bytes,
                               server.length);
        if (result == 0 && address && !zone_find(zone, &server))
            result = server_add(allocator, zone, &server, address);
    }
    const struct zone_record *ns = zone_record_first(apex, DNS_NS);
    if (result < 0 || zone_record_first(apex, DNS_SOA))
        return result;
    writer_bytes(&w, ns->data, ns->length);
    writer_bytes(&w, mail.bytes, mail.length);
    for (size_t i = 0; i < array_length(numbers); i++)
        writer_be32(&w, numbers[i]);
    return record_append(allocator, apex, DNS_SOA, ZONE_NEGATIVE_TTL_S, data, w.position);
}

struct zone *zone_begin(struct allocator *allocator, const struct hash_key *key,
                        const struct dns_name *apex) {
    struct zone *made = allocator_allocate(allocator, sizeof(*made), "zone");
    if (!made)
        return NULL;
    hash_table_init(&made->names, allocator);
    made->key = *key;
    made->apex = *apex;
    return made;
}

int zone_create(struct allocator *allocator, const struct hash_key *key,
                const struct dobos_dns_zone *given, const struct dobos_address *server, size_t *bad,
                const char **reason, struct zone **zone) {
    struct dns_name apex;
    *bad = 0;
    *reason = "this is no domain name";
    if (!given->name || !dns_name_from_text(given->name, &apex))
        return -DOBOS_EINVAL;
    struct zone *made = zone_begin(allocator, key, &apex);
    if (!made)
        return -DOBOS_ENOMEM;
    int result = 0;
    for (size_t i = 0; i < given->record_count && result == 0; i++) {
        *bad = i;
        result = record_add(allocator, made, &given->records[i], reason);
    }
    if (result == 0) {
        *reason = "the zone's name is too long";
        result = zone_complete(allocator, made, server);
    }
    if (result < 0) {
        zone_destroy(allocator, made);
        return result;
    }
    *zone = made;
    return 0;
}

static void name_free(struct allocator *allocator, struct zone_name *name) {
    while (name->records) {
        struct zone_record *record = name->records;
        name->records = record->next;
        allocator_release(allocator, record, sizeof(*record) + record->length);
    }
    allocator_release(allocator, name, sizeof(*name) + name->length);
}

void zone_destroy(struct allocator *allocator, struct zone *zone) {
    if (!zone)
        return;
    struct hash_node *node = hash_table_walk(&zone->names, NULL);
    while (node) {
        struct hash_node *next = hash_table_walk(&zone->names, node);
        name_free(allocator, container_of(node, struct zone_name, node));
        node = next;
    }
    hash_table_fini(&zone->names);
    allocator_release(allocator, zone, sizeof(*zone));
}
