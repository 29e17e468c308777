/*
 * dns_message: headers, questions and records of DNS messages (RFC 1035 §4.1), see dns.h. Counts in
 * the header are only what the sender says: who walks a message stops where parse says false. What
 * a record's data mean is known to who asks for its type.
 */
#include "wire/dns.h"

enum flag {
    FLAG_RESPONSE = 0x8000,
    FLAG_AUTHORITATIVE = 0x0400,
    FLAG_TRUNCATED = 0x0200,
    FLAG_RECURSION_DESIRED = 0x0100,
    FLAG_RECURSION_AVAILABLE = 0x0080,
    FLAG_AUTHENTIC_DATA = 0x0020,
    FLAG_CHECKING_DISABLED = 0x0010,
};

bool dns_header_parse(struct reader *message, struct dns_header *header) {
    header->id = reader_be16(message);
    unsigned flags = reader_be16(message);
    header->response = (flags & FLAG_RESPONSE) != 0;
    header->authoritative = (flags & FLAG_AUTHORITATIVE) != 0;
    header->truncated = (flags & FLAG_TRUNCATED) != 0;
    header->recursion_desired = (flags & FLAG_RECURSION_DESIRED) != 0;
    header->recursion_available = (flags & FLAG_RECURSION_AVAILABLE) != 0;
    header->authentic_data = (flags & FLAG_AUTHENTIC_DATA) != 0;
    header->checking_disabled = (flags & FLAG_CHECKING_DISABLED) != 0;
    header->opcode = (uint8_t)(flags >> 11 & 15);
    header->rcode = (uint8_t)(flags & 15);
    header->questions = reader_be16(message);
    header->answers = reader_be16(message);
    header->authorities = reader_be16(message);
    header->additionals = reader_be16(message);
    return !message->failed;
}

/* [rfc1035#6] */
bool dns_question_parse(struct reader *message, struct dns_question *question) {
    if (!dns_name_parse(message, &question->name))
        return false;
    question->type = reader_be16(message);
    question->class_ = reader_be16(message);
    return !message->failed;
}

/* [rfc1035#7] [rfc2181#5] */
bool dns_record_parse(struct reader *message, struct dns_record *record) {
    if (!dns_name_parse(message, &record->name))
        return false;
    record->type = reader_be16(message);
    record->class_ = reader_be16(message);
    record->ttl = reader_be32(message);
    if (record->ttl > INT32_MAX && record->type != DNS_OPT)
        record->ttl = 0;
    uint16_t length = reader_be16(message);
    record->data_offset = message->position;
    record->data = reader_slice(message, length);
    return !message->failed;
}

bool dns_section_skip(struct reader *message, unsigned count) {
    struct dns_record record;
    for (unsigned i = 0; i < count; i++) {
        if (!dns_record_parse(message, &record))
            return false;
    }
    return true;
}

/* The data's end is taken for the message's: labels cannot cross it, and pointers only lead
 * backward. */
bool dns_record_name_parse(const struct reader *message, const struct dns_record *record,
                           size_t *at, struct dns_name *name) {
    struct reader r = reader_make(message->bytes, record->data_offset + record->data.length);
    r.position = record->data_offset + min_size(*at, record->data.length);
    if (!dns_name_parse(&r, name))
        return false;
    *at = r.position - record->data_offset;
    return true;
}

struct dns_writer dns_writer_make(void *bytes, size_t room) {
    return (struct dns_writer){.writer = writer_make(bytes, room)};
}

/* [rfc1035#22] */
static void header_store(uint8_t *at, const struct dns_header *header) {
    unsigned flags = (header->opcode & 15u) << 11 | (header->rcode & 15u);
    flags |= header->response ? FLAG_RESPONSE : 0u;
    flags |= header->authoritative ? FLAG_AUTHORITATIVE : 0u;
    flags |= header->truncated ? FLAG_TRUNCATED : 0u;
    flags |= header->recursion_desired ? FLAG_RECURSION_DESIRED : 0u;
    flags |= header->recursion_available ? FLAG_RECURSION_AVAILABLE : 0u;
    flags |= header->authentic_data ? FLAG_AUTHENTIC_DATA : 0u;
    flags |= header->checking_disabled ? FLAG_CHECKING_DISABLED : 0u;
    store_be16(at, header->id);
    store_be16(at + 2, (uint16_t)flags);
    store_be16(at + 4, header->questions);
    store_be16(at + 6, header->answers);
    store_be16(at + 8, header->authorities);
    store_be16(at + 10, header->additionals);
}

/* What is not used is zero [rfc1123#1]. */
void dns_header_emit(struct dns_writer *w, const struct dns_header *header) {
    uint8_t *at = writer_take(&w->writer, DNS_HEADER_BYTES);
    if (at)
        header_store(at, header);
}

void dns_header_patch(struct dns_writer *w, const struct dns_header *header) {
    if (w->writer.position >= DNS_HEADER_BYTES)
        header_store(w->writer.bytes, header);
}

void dns_question_emit(struct dns_writer *w, const struct dns_question *question) {
    dns_name_emit(w, &question->name);
    writer_be16(&w->writer, question->type);
    writer_be16(&w->writer, question->class_);
}

size_t dns_record_begin(struct dns_writer *w, const struct dns_name *name, uint16_t type,
                        uint16_t class_, uint32_t ttl) {
    dns_name_emit(w, name);
    writer_be16(&w->writer, type);
    writer_be16(&w->writer, class_);
    writer_be32(&w->writer, ttl);
    writer_be16(&w->writer, 0);
    return w->writer.position;
}

void dns_record_end(struct dns_writer *w, size_t mark) {
    if (w->writer.failed)
        return;
    size_t length = w->writer.position - mark;
    if (length > UINT16_MAX)
        w->writer.failed = true;
    else
        store_be16(w->writer.bytes + mark - 2, (uint16_t)length);
}
