/* dns_server: one question, and the way through the zones to its answer. */
#include "services/dns_server.h"

#define CNAME_LIMIT 8

/* What is being answered. */
struct reply {
    struct dns_writer w;      /* the message */
    struct dns_header header; /* its counts grow as sections are written */
    const struct zone *zones; /* the server's */
    bool has_edns;            /* the query had an OPT record */
    bool bad_version;         /* of an EDNS version that nobody knows */
    const struct zone_record
        *more[16];       /* records whose names' addresses belong in the additional section */
    unsigned more_count; /* of them */
};

/* ---- writing ---- */

/* Where in the RDATA of a type a name begins that may be compressed (RFC 3597 §4); SIZE_MAX:
 * nowhere. */
static size_t name_offset(uint16_t type) {
    if (type == DNS_NS || type == DNS_CNAME || type == DNS_PTR || type == DNS_SOA)
        return 0;
    return type == DNS_MX ? 2 : SIZE_MAX;
}

static void data_emit(struct reply *reply, const struct zone_record *record) {
    struct writer *w = &reply->w.writer;
    size_t at = name_offset(record->type);
    struct reader reader = reader_make(record->data, record->length);
    if (at == SIZE_MAX) {
        writer_bytes(w, record->data, record->length);
        return;
    }
    writer_bytes(w, record->data, at);
    reader_skip(&reader, at);
    for (unsigned names = record->type == DNS_SOA ? 2 : 1; names > 0; names--) {
        struct dns_name name;
        if (dns_name_parse(&reader, &name))
            dns_name_emit(&reply->w, &name);
    }
    size_t rest = reader_rest(&reader);
    writer_bytes(w, record->data + record->length - rest, rest);
}

static void record_emit(struct reply *reply, const struct dns_name *owner,
                        const struct zone_record *record, uint32_t ttl) {
    size_t mark = dns_record_begin(&reply->w, owner, record->type, DNS_IN, ttl);
    data_emit(reply, record);
    dns_record_end(&reply->w, mark);
    if ((record->type == DNS_NS || record->type == DNS_MX) &&
        reply->more_count < array_length(reply->more))
        reply->more[reply->more_count++] = record;
}

/* All records of a type at a name, written as `owner`'s; returns how many. */
static uint16_t records_emit(struct reply *reply, const struct dns_name *owner,
                             const struct zone_name *name, uint16_t type) {
    uint16_t count = 0;
    for (const struct zone_record *r = zone_record_first(name, type); r;
         r = zone_record_next(r, type)) {
        record_emit(reply, owner, r, r->ttl);
        count++;
    }
    return count;
}

/* The SOA that says how long the absence holds (RFC 2308 §3). */
static void negative_emit(struct reply *reply, const struct zone *zone) {
    const struct zone_record *soa = zone_record_first(zone_find(zone, &zone->apex), DNS_SOA);
    if (!soa)
        return;
    uint32_t minimum = load_be32(soa->data + soa->length - 4);
    record_emit(reply, &zone->apex, soa, min_u32(minimum, soa->ttl));
    reply->header.authorities++;
}

/* ---- looking ---- */

/* The delegation at or above `name` and below the apex, or NULL. */
static const struct zone_name *find_cut(const struct zone *zone, const struct dns_name *name) {
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

/* The wildcard that stands for a name that is not there (RFC 4592): below its closest encloser. */
static const struct zone_name *find_wildcard(const struct zone *zone, const struct dns_name *name) {
    struct dns_name above = *name;
    while (above.length > zone->apex.length && dns_name_parent(&above, &above)) {
        if (!zone_find(zone, &above))
            continue;
        struct dns_name star = {.length = (uint8_t)(above.length + 2), .bytes = {1, '*'}};
        if (above.length + 2 > DNS_NAME_BYTES)
            return NULL;
        memcpy(star.bytes + 2, above.bytes, above.length);
        return zone_find(zone, &star);
    }
    return NULL;
}

static void referral(struct reply *reply, const struct zone_name *cut) {
    reply->header.authorities =
        (uint16_t)(reply->header.authorities + records_emit(reply, &cut->name, cut, DNS_NS));
}

/* Follows a CNAME within the server's zones: true, with the next name to look for. */
static bool follow(struct reply *reply, const struct dns_name *owner,
                   const struct zone_record *cname, struct dns_name *next) {
    struct reader reader = reader_make(cname->data, cname->length);
    record_emit(reply, owner, cname, cname->ttl);
    reply->header.answers++;
    return dns_name_parse(&reader, next);
}

/* One name in one zone; true: a CNAME leads on to *name. */
static bool answer_name(struct reply *reply, const struct zone *zone, struct dns_name *name,
                        uint16_t type) {
    const struct zone_name *cut = find_cut(zone, name);
    bool at_cut = cut && dns_name_is_equal(&cut->name, name);
    reply->header.authoritative = true;
    if (cut && !at_cut) {
        reply->header.authoritative = reply->header.answers > 0;
        referral(reply, cut);
        return false;
    }
    if (at_cut) {
        /* RFC 1034 §4.3.2 3b: a name that is delegated away is referred, whatever is asked. */
        reply->header.authoritative = reply->header.answers > 0;
        referral(reply, cut);
        return false;
    }
    const struct zone_name *found = zone_find(zone, name);
    if (!found)
        found = find_wildcard(zone, name);
    if (!found) {
        reply->header.rcode = DNS_NXDOMAIN;
        negative_emit(reply, zone);
        return false;
    }
    const struct zone_record *cname = zone_record_first(found, DNS_CNAME);
    if (cname && type != DNS_CNAME && type != DNS_ANY)
        return follow(reply, name, cname, name);
    uint16_t count = records_emit(reply, name, found, type);
    reply->header.answers = (uint16_t)(reply->header.answers + count);
    if (count == 0)
        negative_emit(reply, zone);
    return false;
}

static void answer_question(struct reply *reply, const struct dns_question *question) {
    struct dns_name name = question->name;
    if (question->class_ != DNS_IN && question->class_ != DNS_CLASS_ANY) {
        reply->header.rcode = DNS_REFUSED;
        return;
    }
    for (unsigned links = 0; links < CNAME_LIMIT; links++) {
        const struct zone *zone = zone_of(reply->zones, &name);
        if (!zone) {
            if (links == 0)
                reply->header.rcode = DNS_REFUSED;
            return;
        }
        if (!answer_name(reply, zone, &name, question->type))
            return;
    }
}

/* Addresses of the names that NS and MX records gave, as far as they are known here. */
static void additional_emit(struct reply *reply) {
    unsigned count = reply->more_count;
    for (unsigned i = 0; i < count; i++) {
        const struct zone_record *record = reply->more[i];
        struct reader reader = reader_make(record->data, record->length);
        struct dns_name name;
        reader_skip(&reader, name_offset(record->type));
        if (!dns_name_parse(&reader, &name))
            continue;
        const struct zone *zone = zone_of(reply->zones, &name);
        const struct zone_name *found = zone ? zone_find(zone, &name) : NULL;
        /* What does not fit is left out: it is only a help (RFC 2181 §9). */
        struct dns_writer before = reply->w;
        uint16_t added = records_emit(reply, &name, found, DNS_A);
        if (reply->w.writer.failed)
            reply->w = before;
        else
            reply->header.additionals = (uint16_t)(reply->header.additionals + added);
    }
}

/* ---- the message ---- */

static void edns_emit(struct reply *reply) {
    struct dns_name root = {.length = 1};
    uint32_t extended = reply->bad_version ? (uint32_t)1 << 24 : 0;
    if (!reply->has_edns)
        return;
    size_t mark = dns_record_begin(&reply->w, &root, DNS_OPT, DNS_EDNS_BYTES, extended);
    dns_record_end(&reply->w, mark);
    reply->header.additionals++;
}

/* Reads past the sections to an OPT record (RFC 6891 §6.1.1); false: the message is malformed. */
static bool edns_parse(struct reader *message, const struct dns_header *header, struct reply *reply,
                       size_t *limit) {
    unsigned records = (unsigned)header->answers + header->authorities + header->additionals;
    for (unsigned i = 0; i < records; i++) {
        struct dns_record record;
        if (!dns_record_parse(message, &record))
            return false;
        if (record.type != DNS_OPT)
            continue;
        if (reply->has_edns || record.name.length != 1)
            return false;
        reply->has_edns = true;
        reply->bad_version = (record.ttl >> 16 & 0xff) != 0;
        *limit = max_size(DNS_UDP_BYTES, min_size(record.class_, DNS_EDNS_BYTES));
    }
    return true;
}

static void reply_begin(struct reply *reply, const struct dns_header *header, uint8_t *answer,
                        size_t room) {
    reply->w = dns_writer_make(answer, room);
    reply->header = (struct dns_header){
        .id = header->id,
        .response = true,
        .opcode = header->opcode,
        .recursion_desired = header->recursion_desired,
    };
    dns_header_emit(&reply->w, &reply->header);
}

/* Only header, question and OPT, with TC: ask again by TCP (RFC 2181 §9). */
static size_t answer_truncate(struct reply *reply, const struct dns_header *header,
                              const struct dns_question *question, uint8_t *answer, size_t room) {
    uint8_t rcode = reply->header.rcode;
    bool authoritative = reply->header.authoritative;
    reply_begin(reply, header, answer, room);
    reply->header.truncated = true;
    reply->header.rcode = rcode;
    reply->header.authoritative = authoritative;
    reply->header.questions = 1;
    dns_question_emit(&reply->w, question);
    edns_emit(reply);
    dns_header_patch(&reply->w, &reply->header);
    return reply->w.writer.failed ? 0 : reply->w.writer.position;
}

size_t dns_server_answer(const struct zone *zones, const uint8_t *query, size_t length, bool tcp,
                         uint8_t *answer, size_t room) {
    struct reader message = reader_make(query, length);
    struct dns_header header;
    struct dns_question question;
    struct reply reply = {.zones = zones};
    size_t limit = DNS_UDP_BYTES;
    /* A response is never answered (attack G2). */
    if (!dns_header_parse(&message, &header) || header.response)
        return 0;
    bool query_is_good = header.opcode == 0 && header.questions == 1 &&
                         dns_question_parse(&message, &question) &&
                         edns_parse(&message, &header, &reply, &limit);
    reply_begin(&reply, &header, answer, tcp ? room : min_size(limit, room));
    if (!query_is_good) {
        reply.header.rcode = header.opcode ? DNS_NOTIMP : DNS_FORMERR;
        reply.has_edns = false;
        dns_header_patch(&reply.w, &reply.header);
        return reply.w.writer.position;
    }
    reply.header.questions = 1;
    dns_question_emit(&reply.w, &question);
    /* Room for the OPT record is kept free. */
    size_t edns_bytes = reply.has_edns ? 11 : 0;
    reply.w.writer.room -= edns_bytes;
    if (!reply.bad_version)
        answer_question(&reply, &question);
    if (reply.w.writer.failed)
        return answer_truncate(&reply, &header, &question, answer,
                               tcp ? room : min_size(limit, room));
    additional_emit(&reply);
    reply.w.writer.room += edns_bytes;
    edns_emit(&reply);
    dns_header_patch(&reply.w, &reply.header);
    return reply.w.writer.position;
}
