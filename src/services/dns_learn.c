/* dns_learn: see dns_learn.h. */
#include "services/dns_learn.h"

#include "wire/dns_data.h"

#define ALIASES 16

/* An answer being taken. */
struct learning {
    struct dns_cache *cache;             /* where it goes */
    const struct dns_response *response; /* what it is */
    uint8_t *room;                       /* for one set */
    dobos_time now;                      /* when it came */
    uint32_t ttl_s;                      /* of the first that was taken */
    bool has_taken;                      /* something was */
};

/* ---- sets ---- */

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

/* The records of a type at a name: how many, −1: malformed. *ttl: the least of theirs
 * [rfc2181#8]. [rfc1035#44] [rfc6891#3] [rfc2181#23] */
static int set_gather(const struct dns_response *response, const struct dns_name *owner,
                      uint16_t type, struct writer *set, uint32_t *ttl) {
    struct reader at = response->answers;
    struct dns_record record;
    int count = 0;
    *ttl = UINT32_MAX;
    for (unsigned i = 0; i < response->header.answers; i++) {
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

static void put(struct learning *learning, struct dns_cache_item *item) {
    const struct dns_response *response = learning->response;
    item->rank = !response->hearing.recursive && response->header.authoritative
                     ? DNS_CACHE_AUTHORITATIVE
                     : DNS_CACHE_PASSED_ON;
    if (!learning->has_taken)
        learning->ttl_s = item->ttl_s;
    learning->has_taken = true;
    (void)dns_cache_put(learning->cache, item, learning->now);
}

/* Keeps the records of a type at a name: how many there were; −1: malformed. */
static int set_take(struct learning *learning, const struct dns_name *owner, uint16_t type) {
    struct writer set = writer_make(learning->room, DNS_LEARN_BYTES);
    uint32_t ttl;
    int count = set_gather(learning->response, owner, type, &set, &ttl);
    struct dns_cache_item item = {
        .name = owner,
        .type = type,
        .kind = DNS_CACHE_RECORDS,
        .ttl_s = ttl,
        .records = {set.bytes, set.position},
    };
    if (count > 0)
        put(learning, &item);
    return count;
}

/* The alias at *owner: 1, and *owner is its target; 0: there is none; −1: malformed. Of a DNAME and
 * the CNAME that follows from it the DNAME is kept: whoever answers makes the CNAME anew (RFC 6672
 * §3.1). [rfc1034#39] */
static int alias_take(struct learning *learning, struct dns_name *owner) {
    struct dns_name target, dname;
    bool broken;
    if (!dns_response_alias(learning->response, owner, &target, &dname, &broken))
        return broken ? -1 : 0;
    int count = dname.length > 0 ? set_take(learning, &dname, DNS_DNAME)
                                 : set_take(learning, owner, DNS_CNAME);
    *owner = target;
    return count == 1 ? 1 : -1;
}

/* ---- absence ---- */

/* The SOA of a zone that holds the name, the server's or one below: 1; 0: there is none; −1:
 * malformed. */
static int soa_gather(const struct dns_response *response, const struct dns_name *owner,
                      struct writer *set, uint32_t *ttl) {
    struct reader at = response->authorities;
    struct dns_record record;
    for (unsigned i = 0; i < response->header.authorities; i++) {
        if (!dns_record_parse(&at, &record))
            return -1;
        if (record.class_ != DNS_IN || record.type != DNS_SOA ||
            !dns_name_is_within(owner, &record.name) ||
            !dns_name_is_within(&record.name, response->hearing.zone))
            continue;
        if (!record_add(&at, &record, &record.name, set))
            return -1;
        *ttl = min_u32(record.ttl, load_be32(set->bytes + set->position - 4));
        return 1;
    }
    return 0;
}

/* Nothing stands at the name. Without a SOA that is not remembered [rfc2308#4] [rfc2308#6].
 * [rfc2308#12] [rfc2308#21] [rfc2308#22] */
static bool absence_take(struct learning *learning, const struct dns_name *owner, bool is_aliased) {
    const struct dns_response *response = learning->response;
    struct writer set = writer_make(learning->room, DNS_LEARN_BYTES);
    bool no_name = response->rcode == DNS_NXDOMAIN;
    uint32_t ttl = 0;
    int soa = soa_gather(response, owner, &set, &ttl);
    if (soa < 0)
        return false;
    /* An alias whose target this server does not know, or does not say the end of. */
    if (soa == 0 && is_aliased)
        return true;
    struct dns_cache_item item = {
        .name = owner,
        .type = no_name ? DNS_CACHE_NAME : response->hearing.question->type,
        .kind = no_name ? DNS_CACHE_NO_NAME : DNS_CACHE_NO_DATA,
        .ttl_s = ttl,
        .records = {set.bytes, set.position},
    };
    put(learning, &item);
    return true;
}

/* ---- all of it ---- */

/* [rfc2181#9] [rfc2308#8] [rfc1034#12] */
bool dns_learn_answer(struct dns_cache *cache, const struct dns_response *response, uint8_t *room,
                      dobos_time now, uint32_t *ttl_s) {
    struct learning learning = {.cache = cache, .response = response, .room = room, .now = now};
    const struct dns_question *question = response->hearing.question;
    struct dns_name owner = question->name;
    for (unsigned links = 0; links <= ALIASES; links++) {
        /* What an alias leads to is another's business, but for names of the same zone. */
        if (links > 0 && (!dns_name_is_within(&owner, response->hearing.zone) ||
                          (!response->hearing.recursive && !response->header.authoritative)))
            break;
        int count =
            response->rcode == DNS_NOERROR ? set_take(&learning, &owner, question->type) : 0;
        int moved = count == 0 && question->type != DNS_ANY && question->type != DNS_CNAME
                        ? alias_take(&learning, &owner)
                        : 0;
        if (count < 0 || moved < 0)
            return false;
        if (count == 0 && moved == 0 && !absence_take(&learning, &owner, links > 0))
            return false;
        if (moved == 0)
            break;
    }
    *ttl_s = learning.ttl_s;
    return learning.has_taken;
}
