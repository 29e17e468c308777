/* dns_cache: how records stand in an entry: type, owner where it is another than the entry's (its
 * length 0: it is not), length, data. */
#include "services/dns_cache.h"

void dns_cache_record_emit(struct writer *w, const struct dns_name *zone, uint16_t type,
                           struct slice data) {
    writer_be16(w, type);
    writer_u8(w, zone ? zone->length : 0);
    /* Its letters may be those that were mixed when it was asked for. */
    for (unsigned i = 0; zone && i < zone->length; i++) {
        uint8_t c = zone->bytes[i];
        writer_u8(w, c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c);
    }
    writer_be16(w, (uint16_t)data.length);
    writer_bytes(w, data.bytes, data.length);
    w->failed = w->failed || data.length > UINT16_MAX;
}

bool dns_cached_next(const struct dns_cached *cached, size_t *at, struct dns_cache_record *record) {
    struct reader r = reader_make(cached->data, cached->length);
    reader_skip(&r, *at > 0 ? *at : cached->name_length);
    if (reader_rest(&r) == 0 || cached->kind == DNS_CACHE_CUT)
        return false;
    record->type = reader_be16(&r);
    record->zone.length = reader_u8(&r);
    reader_copy(&r, record->zone.bytes, record->zone.length);
    record->data = reader_slice(&r, reader_be16(&r));
    *at = r.position;
    return !r.failed;
}
