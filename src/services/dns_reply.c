/* dns_reply: see dns_reply.h. */
#include "services/dns_reply.h"

#define ERROR_BYTES (DNS_EDNS_OPTION_BYTES + 2) /* of an extended error without text */

/* ---- the query ---- */

/* What the query's sender takes (RFC 6891 §6.1.1); false: the message is malformed. Who sent an OPT
 * record gets one, malformed as it may have been: so he can tell that EDNS is known here.
 * [rfc6891#1] [rfc6891#7] [rfc6891#8] [rfc6891#17] */
static bool edns_parse(struct dns_reply *reply, struct reader *message) {
    struct dns_edns edns;
    enum dns_edns_kind kind = dns_edns_find(message, &reply->query, &edns);
    reply->has_edns = edns.is_there;
    if (kind != DNS_EDNS_FOUND)
        return kind == DNS_EDNS_NONE;
    reply->wants_dnssec = edns.wants_dnssec;
    reply->bad_version = edns.version != 0;
    reply->limit = min_size(edns.udp_bytes, DNS_EDNS_BYTES);
    return true;
}

/* Reads the query; the code to refuse it with, or 0. [rfc1035#4] [rfc1035#5] [rfc1034#16] */
static uint8_t query_parse(struct dns_reply *reply, struct reader *message) {
    reply->has_question = reply->query.questions == 1 && dns_question_parse(message, &reply->asked);
    bool is_good = reply->has_question && edns_parse(reply, message);
    if (reply->query.opcode != 0) {
        reply->bad_version = false;
        return DNS_NOTIMP;
    }
    return is_good ? DNS_NOERROR : DNS_FORMERR;
}

/* Header and question, as the query had them [rfc1035#3]. [rfc6891#15] */
static void head_emit(struct dns_reply *reply) {
    const struct dns_header *query = &reply->query;
    size_t room = reply->tcp ? reply->room : min_size(reply->limit, reply->room);
    reply->w = dns_writer_make(reply->bytes, room);
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

/* Room for the OPT record is kept free. */
static size_t kept_room(const struct dns_reply *reply) {
    return !reply->has_edns            ? 0
           : reply->has_extended_error ? DNS_EDNS_RECORD_BYTES + ERROR_BYTES
                                       : DNS_EDNS_RECORD_BYTES;
}

bool dns_reply_begin(struct dns_reply *reply, const uint8_t *query, size_t length, bool tcp,
                     uint8_t *answer, size_t room) {
    struct reader message = reader_make(query, length);
    *reply = (struct dns_reply){.bytes = answer, .room = room, .tcp = tcp, .limit = DNS_UDP_BYTES};
    /* A response is never answered (attack G2). */
    if (!dns_header_parse(&message, &reply->query) || reply->query.response || room < DNS_UDP_BYTES)
        return false;
    uint8_t refusal = query_parse(reply, &message);
    head_emit(reply);
    reply->header.rcode = refusal;
    reply->w.writer.room -= kept_room(reply);
    return true;
}

bool dns_reply_is_refused(const struct dns_reply *reply) {
    return reply->header.rcode != DNS_NOERROR || reply->bad_version;
}

/* ---- records ---- */

/* [rfc1035#18] */
void dns_reply_record(struct dns_reply *reply, const struct dns_name *owner, uint16_t type,
                      uint32_t ttl, const uint8_t *data, size_t length) {
    const struct slice whole = {data, length};
    size_t mark = dns_record_begin(&reply->w, owner, type, DNS_IN, ttl);
    size_t at;
    if ((type == DNS_NS || type == DNS_MX || type == DNS_SRV) &&
        reply->mention_count < DNS_REPLY_MENTIONS && dns_data_name_find(type, whole, 0, &at))
        reply->mentions[reply->mention_count++] = (struct dns_mention){data + at, type};
    dns_data_emit(&reply->w, type, whole);
    dns_record_end(&reply->w, mark);
}

/* Of a name in any letters. Two names of one hash would but end a chain early. */
static uint64_t name_hash(const struct dns_name *name) {
    uint64_t hash = 0xcbf29ce484222325;
    for (unsigned i = 0; i < name->length; i++) {
        const uint8_t c = name->bytes[i];
        hash = (hash ^ (c >= 'A' && c <= 'Z' ? c + 32U : c)) * 0x100000001b3;
    }
    return hash;
}

/* [rfc1034#13] */
bool dns_reply_alias(struct dns_reply *reply, const struct dns_name *name) {
    const uint64_t hash = name_hash(name);
    for (unsigned i = 0; i < reply->alias_count; i++) {
        if (reply->aliases[i] == hash)
            return false;
    }
    if (reply->alias_count == DNS_REPLY_ALIASES)
        return false;
    reply->aliases[reply->alias_count++] = hash;
    return true;
}

/* Remembers a DNAME; false: it has been written. */
static bool is_new_dname(struct dns_reply *reply, const void *record) {
    for (unsigned i = 0; i < reply->dname_count; i++) {
        if (reply->dnames[i] == record)
            return false;
    }
    reply->dnames[reply->dname_count++] = record;
    return true;
}

/* [rfc6672#1] [rfc6672#2] */
bool dns_reply_rewrite(struct dns_reply *reply, const void *record, const struct dns_name *owner,
                       uint32_t ttl, struct slice data, struct dns_name *name) {
    if (!dns_reply_alias(reply, name))
        return false;
    /* There are no more of them than aliases. */
    if (is_new_dname(reply, record)) {
        dns_reply_record(reply, owner, DNS_DNAME, ttl, data.bytes, data.length);
        reply->header.answers++;
    }
    const size_t kept = name->length - (size_t)owner->length;
    if (kept + data.length > DNS_NAME_BYTES) {
        reply->header.rcode = DNS_YXDOMAIN;
        return false;
    }
    struct dns_name target = {.length = (uint8_t)(kept + data.length)};
    memcpy(target.bytes, name->bytes, kept);
    memcpy(target.bytes + kept, data.bytes, data.length);
    dns_reply_record(reply, name, DNS_CNAME, ttl, target.bytes, target.length);
    reply->header.answers++;
    *name = target;
    return true;
}

void dns_reply_extended_error(struct dns_reply *reply, uint16_t code) {
    struct writer *w = &reply->w.writer;
    if (reply->has_edns && !reply->has_extended_error) {
        w->failed = w->failed || w->position + ERROR_BYTES > w->room;
        w->room -= w->failed ? 0 : ERROR_BYTES;
    }
    reply->has_extended_error = true;
    reply->extended_error = code;
}

/* ---- the end ---- */

/* Only header, question and OPT, with TC: ask again by TCP (RFC 2181 §9) [rfc1035#9] [rfc2181#3].
 * [rfc1035#21] [rfc6891#16] */
bool dns_reply_cut(struct dns_reply *reply) {
    struct dns_header written = reply->header;
    if (!reply->w.writer.failed)
        return false;
    head_emit(reply);
    reply->w.writer.room -= kept_room(reply);
    reply->header.truncated = true;
    reply->header.rcode = written.rcode;
    reply->header.authoritative = written.authoritative;
    reply->header.recursion_available = written.recursion_available;
    return true;
}

/* [rfc8914#1] [rfc8914#2] [rfc6891#1] [rfc6891#2] [rfc6891#3] [rfc6891#8] [rfc6891#9] [rfc6891#11]
 */
static void edns_emit(struct dns_reply *reply) {
    /* BADVERS is 16: the upper eight bits stand here (RFC 6891 §6.1.3). */
    const struct dns_edns edns = {.udp_bytes = DNS_EDNS_BYTES,
                                  .rcode_high = reply->bad_version,
                                  .wants_dnssec = reply->wants_dnssec};
    if (!reply->has_edns)
        return;
    size_t mark = dns_edns_begin(&reply->w, &edns);
    if (reply->has_extended_error)
        dns_edns_error_emit(&reply->w, reply->extended_error, "");
    dns_record_end(&reply->w, mark);
    reply->header.additionals++;
}

size_t dns_reply_end(struct dns_reply *reply) {
    reply->w.writer.room += kept_room(reply);
    edns_emit(reply);
    dns_header_patch(&reply->w, &reply->header);
    return reply->w.writer.position;
}
