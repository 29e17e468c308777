/*
 * dns_server: one question, and the way through the zones to its answer; see dns_server.h.
 *
 * Small questions must not buy large answers for somebody else (attack I24): by UDP an answer has
 * at most 512 bytes, or 1232 for those who say they take them, and ANY gets one set of the name's
 * records (RFC 8482). Aliases are followed at most CNAME_LIMIT times and never twice (I15, I18).
 * It does not recurse, sign, transfer zones, or read options of EDNS.
 */
#include "services/dns_server.h"

#define CNAME_LIMIT 16
#define MORE_LIMIT  16
#define EDNS_BYTES  11 /* an OPT record without options */
#define EDNS_DO     0x8000
#define DNS_IXFR    251

/* What is being answered. */
struct reply {
    struct dns_writer w;         /* the message */
    struct dns_header header;    /* its counts grow as sections are written */
    const struct zone *zones;    /* the server's */
    struct dns_question asked;   /* the question, when has_question */
    bool has_question;           /* it could be read */
    bool tcp;                    /* it came by TCP */
    bool has_edns;               /* the query had an OPT record */
    bool wants_dnssec;           /* with the DO bit, which is sent back (RFC 3225 §3) */
    bool bad_version;            /* of an EDNS version that nobody knows */
    size_t limit;                /* bytes the answer may have by UDP */
    const struct zone_name *cut; /* where a referral was made, or NULL */
    /* Records whose names' addresses belong in the additional section. */
    const struct zone_record *more[MORE_LIMIT];
    unsigned more_count; /* of them */
    /* Aliases followed. */
    const struct zone_record *aliases[CNAME_LIMIT];
    unsigned alias_count; /* of them */
};

/* ---- writing ---- */

/* Where in the RDATA of a type a name begins that may be compressed (RFC 3597 §4); SIZE_MAX:
 * nowhere. */
static size_t name_offset(uint16_t type) {
    if (type == DNS_NS || type == DNS_CNAME || type == DNS_PTR || type == DNS_SOA)
        return 0;
    return type == DNS_MX ? 2 : SIZE_MAX;
}

/* A name in a zone's data, which zone_create has checked. */
static struct dns_name data_name(const struct zone_record *record, size_t at) {
    struct dns_name name = {0};
    for (size_t n = at; record->data[n] != 0; n += record->data[n] + 1u)
        name.length = (uint8_t)(n + record->data[n] + 1u - at);
    name.length++;
    memcpy(name.bytes, record->data + at, name.length);
    return name;
}

static void data_emit(struct reply *reply, const struct zone_record *record) {
    struct writer *w = &reply->w.writer;
    size_t at = name_offset(record->type);
    unsigned names = at == SIZE_MAX ? 0 : record->type == DNS_SOA ? 2 : 1;
    at = names ? at : 0;
    writer_bytes(w, record->data, at);
    for (; names > 0; names--) {
        struct dns_name name = data_name(record, at);
        dns_name_emit(&reply->w, &name);
        at += name.length;
    }
    writer_bytes(w, record->data + at, record->length - at);
}

static void record_emit(struct reply *reply, const struct dns_name *owner,
                        const struct zone_record *record, uint32_t ttl) {
    size_t mark = dns_record_begin(&reply->w, owner, record->type, DNS_IN, ttl);
    data_emit(reply, record);
    dns_record_end(&reply->w, mark);
    if ((record->type == DNS_NS || record->type == DNS_MX) && reply->more_count < MORE_LIMIT)
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

/* The SOA that says how long the absence holds (RFC 2308 §3) [rfc2308#1] [rfc2308#2] [rfc2308#3].
 */
static void negative_emit(struct reply *reply, const struct zone *zone) {
    const struct zone_record *soa = zone_record_first(zone_find(zone, &zone->apex), DNS_SOA);
    if (!soa)
        return;
    uint32_t minimum = load_be32(soa->data + soa->length - 4);
    record_emit(reply, &zone->apex, soa, min_u32(minimum, soa->ttl));
    reply->header.authorities++;
}

/* ---- looking ---- */

/* The delegation at or above `name` and below the apex that is nearest to the apex, or NULL. */
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

/* The wildcard that stands for a name that is not there (RFC 4592): below its closest encloser.
 * [rfc1034#8] */
static const struct zone_name *find_wildcard(const struct zone *zone, const struct dns_name *name) {
    struct dns_name above = *name;
    while (above.length > zone->apex.length && dns_name_parent(&above, &above)) {
        if (!zone_find(zone, &above))
            continue;
        if (above.length + 2 > DNS_NAME_BYTES)
            return NULL;
        struct dns_name star = {.length = (uint8_t)(above.length + 2), .bytes = {1, '*'}};
        memcpy(star.bytes + 2, above.bytes, above.length);
        return zone_find(zone, &star);
    }
    return NULL;
}

/* RFC 1034 §4.3.2 (3b): whatever is asked at a zone cut or below, its name servers are named. The
 * answer has authority only for the aliases that led here. [rfc1034#6] */
static void referral(struct reply *reply, const struct zone_name *cut) {
    uint16_t count = records_emit(reply, &cut->name, cut, DNS_NS);
    reply->header.authorities = (uint16_t)(reply->header.authorities + count);
    reply->header.authoritative = reply->header.answers > 0;
    reply->cut = cut;
}

/* Follows an alias: true, with the next name to look for; false: it has been followed before.
 * [rfc1034#2] */
static bool follow(struct reply *reply, const struct zone_record *cname, struct dns_name *name) {
    for (unsigned i = 0; i < reply->alias_count; i++) {
        if (reply->aliases[i] == cname)
            return false;
    }
    if (reply->alias_count == CNAME_LIMIT)
        return false;
    reply->aliases[reply->alias_count++] = cname;
    record_emit(reply, name, cname, cname->ttl);
    reply->header.answers++;
    *name = data_name(cname, 0);
    return true;
}

/* What of a name that is there is sent. [rfc1034#9] */
static void found_emit(struct reply *reply, const struct zone *zone, const struct dns_name *name,
                       const struct zone_name *found) {
    uint16_t type = reply->asked.type;
    if (type == DNS_ANY && !reply->tcp && found->records)
        type = found->records->type;
    uint16_t count = records_emit(reply, name, found, type);
    reply->header.answers = (uint16_t)(reply->header.answers + count);
    if (count == 0)
        negative_emit(reply, zone);
}

/* One name in one zone; true: an alias leads on to *name. [rfc1034#3] [rfc1034#7] */
static bool answer_name(struct reply *reply, const struct zone *zone, struct dns_name *name) {
    const struct zone_name *cut = find_cut(zone, name);
    uint16_t type = reply->asked.type;
    if (cut) {
        referral(reply, cut);
        return false;
    }
    reply->header.authoritative = true;
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
        return follow(reply, cname, name);
    found_emit(reply, zone, name, found);
    return false;
}

/* [rfc1034#5] */
static void answer_question(struct reply *reply) {
    const struct dns_question *asked = &reply->asked;
    struct dns_name name = asked->name;
    const struct zone *zone = zone_of(reply->zones, &name);
    bool is_transfer = asked->type == DNS_AXFR || asked->type == DNS_IXFR;
    if (!zone || is_transfer || (asked->class_ != DNS_IN && asked->class_ != DNS_CLASS_ANY)) {
        reply->header.rcode = DNS_REFUSED;
        return;
    }
    while (zone && answer_name(reply, zone, &name))
        zone = zone_of(reply->zones, &name);
    /* Of all classes there are, this server knows one (RFC 1035 §6.2). */
    if (asked->class_ == DNS_CLASS_ANY)
        reply->header.authoritative = false;
}

/* ---- addresses of servers ---- */

static struct dns_name more_name(const struct zone_record *record) {
    return data_name(record, name_offset(record->type));
}

static bool was_given(const struct reply *reply, unsigned count, const struct dns_name *name) {
    for (unsigned i = 0; i < count; i++) {
        struct dns_name other = more_name(reply->more[i]);
        if (dns_name_is_equal(&other, name))
            return true;
    }
    return false;
}

/* Addresses of the names that NS and MX records gave, as far as they are known here. What does not
 * fit is left out, for it is only a help; but without the addresses of servers below their own cut
 * a referral leads nowhere, so then TC says that there is more (RFC 9471 §3). */
static void additional_emit(struct reply *reply) {
    unsigned count = reply->more_count;
    for (unsigned i = 0; i < count; i++) {
        struct dns_name name = more_name(reply->more[i]);
        const struct zone *zone = zone_of(reply->zones, &name);
        const struct zone_name *found = zone ? zone_find(zone, &name) : NULL;
        if (!found || was_given(reply, i, &name))
            continue;
        struct dns_writer before = reply->w;
        uint16_t added = records_emit(reply, &name, found, DNS_A);
        added = (uint16_t)(added + records_emit(reply, &name, found, DNS_AAAA));
        if (!reply->w.writer.failed) {
            reply->header.additionals = (uint16_t)(reply->header.additionals + added);
            continue;
        }
        reply->w = before;
        if (reply->cut && dns_name_is_within(&name, &reply->cut->name))
            reply->header.truncated = true;
    }
}

/* ---- the message ---- */

static void edns_emit(struct reply *reply) {
    struct dns_name root = {.length = 1};
    uint32_t flags = reply->wants_dnssec ? EDNS_DO : 0;
    if (!reply->has_edns)
        return;
    /* BADVERS is 16: the upper eight bits stand here (RFC 6891 §6.1.3). */
    flags |= reply->bad_version ? (uint32_t)1 << 24 : 0;
    size_t mark = dns_record_begin(&reply->w, &root, DNS_OPT, DNS_EDNS_BYTES, flags);
    dns_record_end(&reply->w, mark);
    reply->header.additionals++;
}

/* Reads past the sections to an OPT record (RFC 6891 §6.1.1); false: the message is malformed. */
static bool edns_parse(struct reply *reply, struct reader *message,
                       const struct dns_header *header) {
    unsigned before = (unsigned)header->answers + header->authorities;
    for (unsigned i = 0; i < before + header->additionals; i++) {
        struct dns_record record;
        if (!dns_record_parse(message, &record))
            return false;
        if (record.type != DNS_OPT)
            continue;
        if (i < before || reply->has_edns || record.name.length != 1)
            return false;
        reply->has_edns = true;
        reply->wants_dnssec = (record.ttl & EDNS_DO) != 0;
        reply->bad_version = (record.ttl >> 16 & 0xff) != 0;
        reply->limit = max_size(DNS_UDP_BYTES, min_size(record.class_, DNS_EDNS_BYTES));
    }
    return true;
}

/* Header and question, as the query had them [rfc1035#3] [rfc1034#4]. */
static void reply_begin(struct reply *reply, const struct dns_header *query, uint8_t *answer,
                        size_t room) {
    reply->w = dns_writer_make(answer, reply->tcp ? room : min_size(reply->limit, room));
    reply->header = (struct dns_header){
        .id = query->id,
        .response = true,
        .opcode = query->opcode,
        .recursion_desired = query->recursion_desired,
        .checking_disabled = query->checking_disabled,
        .questions = reply->has_question,
    };
    dns_header_emit(&reply->w, &reply->header);
    if (reply->has_question)
        dns_question_emit(&reply->w, &reply->asked);
}

/* Only header, question and OPT, with TC: ask again by TCP (RFC 2181 §9) [rfc1035#9] [rfc2181#3].
 */
static void reply_truncate(struct reply *reply, const struct dns_header *query, uint8_t *answer,
                           size_t room) {
    uint8_t rcode = reply->header.rcode;
    bool authoritative = reply->header.authoritative;
    reply_begin(reply, query, answer, room);
    reply->header.truncated = true;
    reply->header.rcode = rcode;
    reply->header.authoritative = authoritative;
}

/* Reads the query; the code to refuse it with, or 0. [rfc1035#4] [rfc1035#5] */
static uint8_t query_parse(struct reply *reply, struct reader *message,
                           const struct dns_header *header) {
    reply->has_question = header->questions == 1 && dns_question_parse(message, &reply->asked);
    bool is_good = reply->has_question && edns_parse(reply, message, header);
    if (header->opcode != 0)
        return DNS_NOTIMP;
    return is_good ? DNS_NOERROR : DNS_FORMERR;
}

size_t dns_server_answer(const struct zone *zones, const uint8_t *query, size_t length, bool tcp,
                         uint8_t *answer, size_t room) {
    struct reader message = reader_make(query, length);
    struct dns_header header;
    struct reply reply = {.zones = zones, .tcp = tcp, .limit = DNS_UDP_BYTES};
    /* A response is never answered (attack G2). */
    if (!dns_header_parse(&message, &header) || header.response || room < DNS_UDP_BYTES)
        return 0;
    uint8_t refusal = query_parse(&reply, &message, &header);
    reply.has_edns = reply.has_edns && refusal == DNS_NOERROR;
    reply_begin(&reply, &header, answer, room);
    reply.header.rcode = refusal;
    /* Room for the OPT record is kept free. */
    size_t kept = reply.has_edns ? EDNS_BYTES : 0;
    reply.w.writer.room -= kept;
    if (refusal == DNS_NOERROR && !reply.bad_version)
        answer_question(&reply);
    if (reply.w.writer.failed) {
        reply_truncate(&reply, &header, answer, room);
    } else {
        additional_emit(&reply);
        reply.w.writer.room += kept;
    }
    edns_emit(&reply);
    dns_header_patch(&reply.w, &reply.header);
    return reply.w.writer.position;
}
