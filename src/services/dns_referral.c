/* dns_referral: see dns_referral.h. */
#include "services/dns_referral.h"

static const struct dns_name root = {.length = 1};

void dns_referral_init(struct dns_referral *referral, const struct dns_name *zone) {
    referral->zone = *zone;
    referral->ttl_s = UINT32_MAX;
    referral->until_most = DOBOS_NEVER;
    referral->count = 0;
    referral->length = 0;
}

bool dns_referral_add(struct dns_referral *referral, const struct dns_cut_server *server) {
    struct writer w = writer_make(referral->bytes, DNS_REFERRAL_BYTES);
    w.position = referral->length;
    if (referral->count == DNS_CUT_SERVERS)
        return false;
    dns_cut_server_emit(&w, server);
    if (w.failed)
        return false;
    referral->length = w.position;
    referral->count++;
    return true;
}

void dns_referral_hint(struct dns_referral *referral, const struct dobos_address *address) {
    const struct dns_cut_server server = {
        .name = root, .addresses = {*address}, .address_count = 1};
    (void)dns_referral_add(referral, &server);
}

bool dns_referral_next(const struct dns_referral *referral, size_t *at,
                       struct dns_cut_server *server) {
    struct reader r = reader_make(referral->bytes, referral->length);
    reader_skip(&r, *at);
    if (reader_rest(&r) == 0)
        return false;
    server->name.length = reader_u8(&r);
    reader_copy(&r, server->name.bytes, server->name.length);
    server->address_count = (unsigned)min_size(reader_u8(&r), DNS_CUT_ADDRESSES);
    for (unsigned i = 0; i < server->address_count; i++)
        reader_copy(&r, server->addresses[i].bytes, sizeof(server->addresses[i].bytes));
    *at = r.position;
    return !r.failed;
}

/* ---- in the cache ---- */

bool dns_referral_recall(struct dns_cache *cache, const struct dns_name *name, dobos_time now,
                         struct dns_referral *referral) {
    const struct dns_cached *cut = dns_cut_find(cache, name, now, now);
    struct dns_cut_server server;
    size_t at = 0;
    if (!cut)
        return false;
    const struct dns_name zone = dns_cached_name(cut);
    dns_referral_init(referral, &zone);
    referral->ttl_s = dns_cached_ttl(cut, now);
    referral->until_most = cut->until;
    while (dns_cut_next(cut, &at, &server))
        (void)dns_referral_add(referral, &server);
    return referral->count > 0;
}

void dns_referral_keep(struct dns_cache *cache, const struct dns_referral *referral,
                       dobos_time now) {
    const struct dns_cut cut = {.zone = &referral->zone,
                                .ttl_s = referral->ttl_s,
                                .until_most = referral->until_most,
                                .servers = {referral->bytes, referral->length}};
    (void)dns_cut_put(cache, &cut, now);
}

/* ---- in a message ---- */

/* Adds the addresses that stand beside of a server. [rfc2181#15] */
static void glue_gather(const struct dns_response *response, struct dns_cut_server *server,
                        uint32_t *ttl_s) {
    struct reader at = response->additional;
    for (unsigned i = 0; i < response->header.additionals; i++) {
        struct dns_record record;
        (void)dns_record_parse(&at, &record);
        bool is_ipv4 = record.type == DNS_A && record.data.length == 4;
        bool is_ipv6 = record.type == DNS_AAAA && record.data.length == 16;
        if (record.class_ != DNS_IN || (!is_ipv4 && !is_ipv6) ||
            server->address_count == DNS_CUT_ADDRESSES ||
            !dns_name_is_equal(&record.name, &server->name) ||
            !dns_name_is_within(&record.name, response->hearing.zone))
            continue;
        struct dobos_address *address = &server->addresses[server->address_count++];
        if (is_ipv4)
            *address = dobos_address_ipv4(load_be32(record.data.bytes));
        else
            memcpy(address->bytes, record.data.bytes, sizeof(address->bytes));
        *ttl_s = min_u32(*ttl_s, record.ttl);
    }
}

/* Those that `records` at `at` name as the servers of the zone. */
static bool servers_gather(const struct dns_response *response, struct reader at, unsigned records,
                           struct dns_referral *referral) {
    for (unsigned i = 0; i < records; i++) {
        struct dns_record record;
        struct dns_cut_server server = {.address_count = 0};
        size_t begin = 0;
        (void)dns_record_parse(&at, &record);
        if (record.class_ != DNS_IN || record.type != DNS_NS ||
            !dns_name_is_equal(&record.name, &referral->zone))
            continue;
        if (!dns_record_name_parse(&at, &record, &begin, &server.name) ||
            begin != record.data.length)
            return false;
        referral->ttl_s = min_u32(referral->ttl_s, record.ttl);
        glue_gather(response, &server, &referral->ttl_s);
        if (!dns_referral_add(referral, &server))
            break;
    }
    return referral->count > 0;
}

bool dns_referral_parse(const struct dns_response *response, struct dns_referral *referral) {
    dns_referral_init(referral, &response->cut);
    return servers_gather(response, response->authorities, response->header.authorities, referral);
}

bool dns_referral_parse_root(const struct dns_response *response, struct dns_referral *referral) {
    dns_referral_init(referral, &root);
    return servers_gather(response, response->answers, response->header.answers, referral);
}
