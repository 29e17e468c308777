/* igmp: see igmp.h. What a message means is the state machine's, and a switch's, to judge. */
#include "wire/igmp.h"

#include "base/checksum.h"

#define SUPPRESS   8
#define ROBUSTNESS 7

uint32_t igmp_code_decode(uint8_t code) {
    if (code < 128)
        return code;
    return (16u | (code & 15u)) << ((code >> 4 & 7) + 3);
}

struct dobos_address igmp_source(struct slice sources, size_t nth) {
    return dobos_address_ipv4(load_be32(sources.bytes + nth * 4));
}

bool igmp_record_parse(struct reader *r, struct igmp_record *record) {
    *record = (struct igmp_record){.type = reader_u8(r)};
    size_t auxiliary = (size_t)reader_u8(r) * 4;
    size_t sources = reader_be16(r);
    record->group = dobos_address_ipv4(reader_be32(r));
    record->sources = reader_slice(r, sources * 4);
    reader_skip(r, auxiliary); /* to be ignored [rfc3376#2] */
    return !r->failed;
}

/* The version is told by the length and the response code [rfc3376#1]. */
static void query_parse(struct reader *r, size_t length, struct igmp_message *igmp) {
    igmp->group = dobos_address_ipv4(reader_be32(r));
    if (length == IGMP_BYTES) {
        igmp->version = igmp->response_code == 0 ? 1 : 2;
        return;
    }
    igmp->version = 3;
    uint8_t flags = reader_u8(r);
    igmp->suppress = (flags & SUPPRESS) != 0;
    igmp->robustness = flags & ROBUSTNESS;
    igmp->interval_code = reader_u8(r);
    size_t sources = reader_be16(r);
    igmp->sources = reader_slice(r, sources * 4);
}

static void report_parse(struct reader *r, struct igmp_message *igmp) {
    igmp->response_code = 0; /* reserved */
    reader_skip(r, 2);
    igmp->record_count = reader_be16(r);
    struct reader records = *r;
    struct igmp_record record;
    for (unsigned i = 0; i < igmp->record_count && !r->failed; i++)
        (void)igmp_record_parse(r, &record);
    if (!r->failed)
        igmp->records = reader_slice(&records, r->position - records.position);
}

/* A query of 9 to 11 bytes is none [rfc3376#1]; the checksum is that of the whole [rfc3376#3]. */
bool igmp_parse(struct slice message, struct igmp_message *igmp) {
    struct reader r = reader_make(message.bytes, message.length);
    *igmp = (struct igmp_message){.type = reader_u8(&r), .response_code = reader_u8(&r)};
    reader_skip(&r, 2);
    if (message.length < IGMP_BYTES ||
        checksum_finish(checksum_add(0, message.bytes, message.length)) != 0)
        return false;
    if (igmp->type == IGMP_V3_REPORT)
        report_parse(&r, igmp);
    else if (igmp->type == IGMP_QUERY)
        query_parse(&r, message.length, igmp);
    else
        igmp->group = dobos_address_ipv4(reader_be32(&r));
    return !r.failed;
}

void igmp_record_emit(struct writer *w, const struct igmp_record *record) {
    writer_u8(w, record->type);
    writer_u8(w, 0);
    writer_be16(w, (uint16_t)(record->sources.length / 4));
    writer_be32(w, dobos_address_ipv4_number(&record->group));
    writer_bytes(w, record->sources.bytes, record->sources.length);
}

/* What is reserved is sent as zero [rfc3376#4]. */
void igmp_emit(struct writer *w, const struct igmp_message *igmp) {
    size_t start = w->position;
    bool is_report = igmp->type == IGMP_V3_REPORT;
    writer_u8(w, igmp->type);
    writer_u8(w, is_report ? 0 : igmp->response_code);
    writer_be16(w, 0);
    if (is_report) {
        writer_be16(w, 0);
        writer_be16(w, igmp->record_count);
        writer_bytes(w, igmp->records.bytes, igmp->records.length);
    } else {
        writer_be32(w, dobos_address_ipv4_number(&igmp->group));
    }
    if (igmp->type == IGMP_QUERY && igmp->version == 3) {
        writer_u8(w, (uint8_t)((igmp->suppress ? SUPPRESS : 0) | (igmp->robustness & ROBUSTNESS)));
        writer_u8(w, igmp->interval_code);
        writer_be16(w, (uint16_t)(igmp->sources.length / 4));
        writer_bytes(w, igmp->sources.bytes, igmp->sources.length);
    }
    if (!w->failed)
        store_be16(w->bytes + start + 2,
                   checksum_finish(checksum_add(0, w->bytes + start, w->position - start)));
}
