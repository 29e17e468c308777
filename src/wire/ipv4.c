/*
 * ipv4: see ipv4.h. The whole header is judged here, once: length, version, total length, checksum,
 * form of the options. What the addresses mean, fragments and the time to live belong to network/.
 */
#include "wire/ipv4.h"

#include "base/checksum.h"

#define FLAG_RESERVED        0x8000
#define FLAG_DONT_FRAGMENT   0x4000
#define FLAG_MORE_FRAGMENTS  0x2000
#define FRAGMENT_OFFSET_MASK 0x1fff /* in units of 8 bytes */

#define OPTION_END                 0
#define OPTION_NOTHING             1
#define OPTION_LOOSE_SOURCE_ROUTE  131
#define OPTION_STRICT_SOURCE_ROUTE 137

/* [rfc791#4] */
bool ipv4_option_parse(struct reader *r, uint8_t *kind, struct slice *data) {
    *data = (struct slice){0};
    if (reader_rest(r) == 0)
        return false;
    *kind = reader_u8(r);
    if (*kind == OPTION_END)
        return false;
    if (*kind == OPTION_NOTHING)
        return true;
    uint8_t length = reader_u8(r);
    if (length < 2)
        r->failed = true;
    else
        *data = reader_slice(r, length - 2u);
    return !r->failed;
}

/* A stream identifier is one more that is unknown [rfc1812#27] [rfc1122#87].
 * Walks the options; false when one is malformed [rfc1122#20], while one that is unknown is passed
 * over [rfc1122#19] [rfc1812#35]. Each turn consumes a byte at least. */
static bool options_check(struct ipv4 *ipv4) {
    struct reader r = reader_make(ipv4->options.bytes, ipv4->options.length);
    uint8_t kind;
    struct slice data;
    size_t begin = 0;
    while (ipv4_option_parse(&r, &kind, &data)) {
        begin = r.position;
        if (kind == OPTION_LOOSE_SOURCE_ROUTE || kind == OPTION_STRICT_SOURCE_ROUTE)
            ipv4->has_source_route = true;
    }
    ipv4->bad_option = r.failed ? (uint8_t)(IPV4_HEADER_BYTES + begin) : 0;
    return !r.failed;
}

/* [rfc791#1] [rfc791#2] [rfc1812#90] */
enum ipv4_error ipv4_parse(struct reader *r, size_t available, struct ipv4 *ipv4) {
    *ipv4 = (struct ipv4){0};
    if (!reader_has(r, IPV4_HEADER_BYTES))
        return IPV4_SHORT;
    const uint8_t *at = r->bytes + r->position;
    if (at[0] >> 4 != 4)
        return IPV4_VERSION;
    ipv4->header_length = (uint8_t)((at[0] & 0x0f) * 4);
    if (ipv4->header_length < IPV4_HEADER_BYTES || !reader_has(r, ipv4->header_length))
        return IPV4_HEADER_LENGTH;
    ipv4->total_length = load_be16(at + 2);
    if (ipv4->total_length < ipv4->header_length || ipv4->total_length > available)
        return IPV4_TOTAL_LENGTH;
    if (checksum_finish(checksum_add(0, at, ipv4->header_length)) != 0)
        return IPV4_CHECKSUM;

    uint16_t fragment = load_be16(at + 6);
    ipv4->tos = at[1];
    ipv4->identification = load_be16(at + 4);
    ipv4->reserved = (fragment & FLAG_RESERVED) != 0;
    ipv4->dont_fragment = (fragment & FLAG_DONT_FRAGMENT) != 0;
    ipv4->more_fragments = (fragment & FLAG_MORE_FRAGMENTS) != 0;
    ipv4->fragment_offset = (uint16_t)((fragment & FRAGMENT_OFFSET_MASK) * 8);
    ipv4->ttl = at[8];
    ipv4->protocol = at[9];
    ipv4->source = dobos_address_ipv4(load_be32(at + 12));
    ipv4->destination = dobos_address_ipv4(load_be32(at + 16));
    reader_skip(r, IPV4_HEADER_BYTES);
    ipv4->options = reader_slice(r, (size_t)ipv4->header_length - IPV4_HEADER_BYTES);
    return options_check(ipv4) ? IPV4_OK : IPV4_OPTIONS;
}

size_t ipv4_emit_length(const struct ipv4 *ipv4) {
    return IPV4_HEADER_BYTES + ((ipv4->options.length + 3) & ~(size_t)3);
}

/* [rfc791#3] [rfc791#18] */
void ipv4_emit(struct writer *w, const struct ipv4 *ipv4) {
    size_t length = ipv4_emit_length(ipv4);
    if (length > IPV4_HEADER_MAX_BYTES) {
        w->failed = true;
        return;
    }
    uint8_t *at = writer_take(w, length);
    if (!at)
        return;
    unsigned fragment = ipv4->fragment_offset / 8u;
    if (ipv4->reserved)
        fragment |= FLAG_RESERVED;
    if (ipv4->dont_fragment)
        fragment |= FLAG_DONT_FRAGMENT;
    if (ipv4->more_fragments)
        fragment |= FLAG_MORE_FRAGMENTS;
    at[0] = (uint8_t)(0x40 | length / 4);
    at[1] = ipv4->tos;
    store_be16(at + 2, ipv4->total_length);
    store_be16(at + 4, ipv4->identification);
    store_be16(at + 6, (uint16_t)fragment);
    at[8] = ipv4->ttl;
    at[9] = ipv4->protocol;
    store_be16(at + 10, 0);
    store_be32(at + 12, dobos_address_ipv4_number(&ipv4->source));
    store_be32(at + 16, dobos_address_ipv4_number(&ipv4->destination));
    memset(at + IPV4_HEADER_BYTES, OPTION_END, length - IPV4_HEADER_BYTES);
    if (ipv4->options.length > 0)
        memcpy(at + IPV4_HEADER_BYTES, ipv4->options.bytes, ipv4->options.length);
    store_be16(at + 10, checksum_finish(checksum_add(0, at, length)));
}
