/* dns_cut: see dns_cut.h. A server stands in an entry as its name, the number of its addresses,
 * and these with 16 bytes each. */
#include "services/dns_cut.h"

void dns_cut_server_emit(struct writer *w, const struct dns_cut_server *server) {
    size_t count = min_size(server->address_count, DNS_CUT_ADDRESSES);
    writer_u8(w, server->name.length);
    writer_bytes(w, server->name.bytes, server->name.length);
    writer_u8(w, (uint8_t)count);
    for (size_t i = 0; i < count; i++)
        writer_bytes(w, server->addresses[i].bytes, sizeof(server->addresses[i].bytes));
}

/* Apart from what answers. [rfc2181#12] */
bool dns_cut_put(struct dns_cache *cache, const struct dns_cut *cut, dobos_time now) {
    const struct dns_cache_item item = {
        .name = cut->zone,
        .type = DNS_NS,
        .kind = DNS_CACHE_CUT,
        .ttl_s = cut->ttl_s,
        .records = cut->servers,
        .until_most = cut->until_most,
    };
    return dns_cache_put(cache, &item, now);
}

/* [rfc1034#34] */
const struct dns_cached *dns_cut_find(struct dns_cache *cache, const struct dns_name *name,
                                      dobos_time now, dobos_time asked_at) {
    struct dns_name zone = *name;
    do {
        struct dns_cached *cut = dns_cache_entry(cache, &zone, DNS_NS, true);
        if (cut && dns_cached_is_alive(cut, now, asked_at)) {
            dns_cache_touch(cache, cut);
            return cut;
        }
    } while (dns_name_parent(&zone, &zone));
    return NULL;
}

bool dns_cut_next(const struct dns_cached *cut, size_t *at, struct dns_cut_server *server) {
    struct reader r = reader_make(cut->data, cut->length);
    reader_skip(&r, *at > 0 ? *at : cut->name_length);
    if (reader_rest(&r) == 0 || cut->kind != DNS_CACHE_CUT)
        return false;
    server->name.length = reader_u8(&r);
    reader_copy(&r, server->name.bytes, server->name.length);
    server->address_count = reader_u8(&r);
    if (server->address_count > DNS_CUT_ADDRESSES)
        return false;
    for (unsigned i = 0; i < server->address_count; i++)
        reader_copy(&r, server->addresses[i].bytes, sizeof(server->addresses[i].bytes));
    *at = r.position;
    return !r.failed;
}
