/* dns_response: see dns_response.h. */
#include "services/dns_response.h"

#include "wire/dns_data.h"

#define ALIASES 16

/* An answer being taken. */
struct response {
    struct dns_cache *cache;             /* where it goes */
    const struct dns_question *question; /* that was asked */
    const struct dns_header *header;     /* of the message */
    struct reader answers, authorities;  /* at the sections' first records */
    uint8_t *room;                       /* for one set */
    dobos_time now;                      /* when it came */
};

/* Adds a record to a set; false: malformed, or there is no room. */
static bool record_add(const struct reader *message, const struct dns_record *record,
                       const struct dns_name *zone, struct writer *set) {
    size_t begin = set->position;
    dns_cache_record_emit(set, zone, record->type, (struct slice){NULL, 0});
    size_t mark = set->position;
    if (!dns_data_expand(message, record, set))
        return false;
    store_be16(set->bytes + mark - 2, (uint16_t)(set->position - mark));
    return begin < mark;
}

/* ---- sets ---- */

/* The records of a type at a name: how many, −1: malformed. *ttl: the least of theirs
 * [rfc2181#8]. */
static int set_gather(const struct response *response, const struct dns_name *owner, uint16_t type,
                      struct writer *set, uint32_t *ttl) {
    struct reader at = response->answers;
    struct dns_record record;
    int count = 0;
    *ttl = UINT32_MAX;
    for (unsigned i = 0; i < response->header->answers; i++) {
        if (!dns_record_parse(&at, &record))
            return -1;
        if (record.class_ != DNS_IN || record.type == DNS_OPT ||
            (record.type != type && type != DNS_ANY) || !dns_name_is_equal(&record.name, owner))
            continue;
        if (!record_add(&at, &record, NULL, set))
            return -1;
        *ttl = min_u32(*ttl, record.ttl);
        count++;
    }
    return count;
}

/* Keeps the records of a type at a name: how many there were; −1: malformed, or two aliases of one
 * name [rfc2181#10]. What is there and not there at once (NXDOMAIN) is not kept. */
static int set_take(const struct response *response, const struct dns_name *owner, uint16_t type) {
    struct writer set = writer_make(response->room, DNS_RESPONSE_SET_BYTES);
    uint32_t ttl;
    int count = set_gather(response, owner, type, &set, &ttl);
    struct dns_cache_item item = {
        .name = owner,
        .type = type,
        .kind = DNS_CACHE_RECORDS,
        .ttl_s = ttl,
        .records = {set.bytes, set.position},
    };
    if (type == DNS_CNAME && count > 1)
        return -1;
    if (count > 0 && (type != response->question->type || response->header->rcode == DNS_NOERROR))
        (void)dns_cache_put(response->cache, &item, response->now);
    return count;
}

/* The alias at *owner: 1, and *owner is its target; 0: there is none; −1: malformed. */
static int alias_take(const struct response *response, struct dns_name *owner) {
    int count = set_take(response, owner, DNS_CNAME);
    if (count <= 0)
        return count;
    /* What was written of the set: type, no zone, length, then the target. */
    struct dns_name target = {0};
    struct reader r = reader_make(response->room, DNS_RESPONSE_SET_BYTES);
    reader_skip(&r, 3);
    target.length = (uint8_t)reader_be16(&r);
    reader_copy(&r, target.bytes, target.length);
    *owner = target;
    return 1;
}

/* ---- absence ---- */

/* The SOA of a zone that holds the name: 1; 0: there is none, and *referred when there are name
 * servers in its stead; −1: malformed. */
static int soa_gather(const struct response *response, const struct dns_name *owner,
                      struct writer *set, uint32_t *ttl, bool *referred) {
    struct reader at = response->authorities;
    struct dns_record record;
    *referred = false;
    for (unsigned i = 0; i < response->header->authorities; i++) {
        if (!dns_record_parse(&at, &record))
            return -1;
        *referred = *referred || record.type == DNS_NS;
        if (record.class_ != DNS_IN || record.type != DNS_SOA ||
            !dns_name_is_within(owner, &record.name))
            continue;
        if (!record_add(&at, &record, &record.name, set))
            return -1;
        *ttl = min_u32(record.ttl, load_be32(set->bytes + set->position - 4));
        return 1;
    }
    return 0;
}

/* Nothing stands at the name. Without a SOA that is not remembered [rfc2308#4] [rfc2308#6]. */
static bool absence_take(const struct response *response, const struct dns_name *owner,
                         bool is_aliased) {
    struct writer set = writer_make(response->room, DNS_RESPONSE_SET_BYTES);
    bool no_name = response->header->rcode == DNS_NXDOMAIN, referred;
    uint32_t ttl = 0;
    int soa = soa_gather(response, owner, &set, &ttl, &referred);
    if (soa < 0)
        return false;
    if (soa == 0 && !no_name) {
        /* A referral (RFC 2308 §2.2), or an alias whose target this server does not know. */
        if (is_aliased)
            return true;
        if (referred && !response->header->authoritative)
            return false;
    }
    struct dns_cache_item item = {
        .name = owner,
        .type = no_name ? DNS_CACHE_NAME : response->question->type,
        .kind = no_name ? DNS_CACHE_NO_NAME : DNS_CACHE_NO_DATA,
        .ttl_s = ttl,
        .records = {set.bytes, set.position},
    };
    (void)dns_cache_put(response->cache, &item, response->now);
    return true;
}

/* ---- all of it ---- */

/* [rfc2181#9] [rfc2308#8] */
bool dns_response_take(struct dns_cache *cache, const struct dns_question *question,
                       const struct reader *message, const struct dns_header *header, uint8_t *room,
                       dobos_time now) {
    struct response response = {.cache = cache,
                                .question = question,
                                .header = header,
                                .answers = *message,
                                .room = room,
                                .now = now};
    struct reader at = *message;
    struct dns_name owner = question->name;
    bool is_good = (header->rcode == DNS_NOERROR || header->rcode == DNS_NXDOMAIN) &&
                   header->questions == 1 && dns_section_skip(&at, header->answers);
    response.authorities = at;
    if (!is_good || !dns_section_skip(&at, header->authorities) ||
        !dns_section_skip(&at, header->additionals))
        return false;
    for (unsigned links = 0; links <= ALIASES; links++) {
        int count = set_take(&response, &owner, question->type);
        if (count != 0)
            return count > 0 && header->rcode == DNS_NOERROR;
        int moved = question->type == DNS_ANY ? 0 : alias_take(&response, &owner);
        if (moved <= 0)
            return moved == 0 && absence_take(&response, &owner, links > 0);
    }
    return false;
}

/* [rfc2308#9] */
void dns_response_failed(struct dns_cache *cache, const struct dns_question *question,
                         dobos_time now) {
    const struct dns_cache_item item = {
        .name = &question->name,
        .type = question->type,
        .kind = DNS_CACHE_FAILED,
        .ttl_s = DNS_CACHE_FAILED_S,
    };
    (void)dns_cache_put(cache, &item, now);
}
