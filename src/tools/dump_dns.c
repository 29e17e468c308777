/*
 * dump_dns: DNS messages, as lines of dump.h: the header, then a line for each question and record,
 * in the words of zone files.
 */
#include <inttypes.h>

#include "tools/dns_data.h"
#include "tools/dump_layers.h"
#include "tools/text.h"
#include "wire/dns_edns.h"

static void put_name(struct sink *out, const struct dns_name *name) {
    char text[DNS_NAME_TEXT];
    dns_name_format(name, text);
    sink_put(out, text);
}

/* One option of EDNS: extended errors in words (RFC 8914), others by number. */
static void put_option(struct sink *out, const struct dns_edns_option *option) {
    uint16_t code;
    struct slice text;
    if (!dns_edns_error_parse(option, &code, &text)) {
        sink_format(out, " option %u %zu bytes", option->code, option->data.length);
        return;
    }
    sink_format(out, " error %u", code);
    if (dns_error_name(code))
        sink_format(out, " (%s)", dns_error_name(code));
    if (text.length > 0) {
        sink_put(out, " \"");
        text_put(out, text.bytes, text.length);
        sink_put(out, "\"");
    }
}

/* EDNS (RFC 6891): the class is a size, the TTL has version and flags. */
static void put_edns(struct sink *out, const struct dns_record *record) {
    struct dns_edns edns;
    struct dns_edns_option option;
    bool is_sound = dns_edns_parse(record, &edns);
    sink_format(out, "OPT udp %u version %u%s", record->class_, edns.version,
                edns.wants_dnssec ? " DO" : "");
    for (size_t at = 0; at < edns.options.length && dns_edns_option_next(&edns, &at, &option);)
        put_option(out, &option);
    sink_put(out, is_sound ? "" : " malformed data");
}

static void put_type(struct sink *out, uint16_t type) {
    char text[DNS_TYPE_TEXT];
    (void)dns_type_format(type, text);
    sink_put(out, text);
}

static void put_class(struct sink *out, uint16_t class_) {
    char text[DNS_TYPE_TEXT];
    (void)dns_class_format(class_, text);
    if (class_ != DNS_IN)
        sink_format(out, " %s", text);
}

/* The name and type of a question or a record as an object (give). */
static json_t *object_of(const struct dump *dump, const struct dns_name *name, uint16_t type,
                         uint16_t class_) {
    char text[DNS_NAME_TEXT];
    const char *type_name = dns_type_name(type);
    json_t *object = json_object();
    dns_name_format(name, text);
    dump_set(dump, object, "name", json_string(text));
    dump_set(dump, object, "type", json_integer(type));
    if (type_name)
        dump_set(dump, object, "type_name", json_string(type_name));
    dump_set(dump, object, "class", json_integer(class_));
    return object;
}

/* `data` is its text. */
static void set_record(const struct dump *dump, json_t *list, const struct dns_record *record,
                       const char *data, size_t length) {
    if (!list)
        return;
    json_t *object = object_of(dump, &record->name, record->type, record->class_);
    dump_set(dump, object, "ttl", json_integer(record->ttl));
    dump_set(dump, object, "data", text_json(data, length));
    dump_add(dump, list, object);
}

static void put_record(const struct dump *dump, const struct reader *message,
                       const struct dns_record *record, const char *section, json_t *list) {
    size_t mark = 0;
    dump_line(dump);
    sink_format(dump->out, "%s ", section);
    if (record->type == DNS_OPT) {
        mark = dump->out->length;
        put_edns(dump->out, record);
    } else {
        put_name(dump->out, &record->name);
        sink_format(dump->out, " %" PRIu32, record->ttl);
        put_class(dump->out, record->class_);
        sink_put(dump->out, " ");
        put_type(dump->out, record->type);
        mark = dump->out->length + 1;
        sink_put(dump->out, " ");
        if (!dns_data_print(dump->out, message, record))
            sink_put(dump->out, " malformed data");
    }
    size_t end = dump->out->length;
    if (mark <= end)
        set_record(dump, list, record, sink_text(dump->out) + mark, end - mark);
    dump_line_end(dump);
}

static void set_header(const struct dump *dump, const struct dns_header *header) {
    dump_set_number(dump, "id", header->id);
    dump_set_flag(dump, "response", header->response);
    dump_set_number(dump, "opcode", header->opcode);
    dump_set_number(dump, "rcode", header->rcode);
    dump_set_flag(dump, "aa", header->authoritative);
    dump_set_flag(dump, "tc", header->truncated);
    dump_set_flag(dump, "rd", header->recursion_desired);
    dump_set_flag(dump, "ra", header->recursion_available);
    dump_set_flag(dump, "ad", header->authentic_data);
    dump_set_flag(dump, "cd", header->checking_disabled);
}

static void put_header(const struct dump *dump, const struct dns_header *header) {
    sink_format(dump->out, "DNS 0x%04x %s", header->id, header->response ? "response" : "query");
    if (header->opcode != 0)
        sink_format(dump->out, " opcode %u", header->opcode);
    if (header->response) {
        sink_format(dump->out, " %s", dns_rcode_name(header->rcode));
        if (header->rcode > 10)
            sink_format(dump->out, "%u", header->rcode);
    }
    sink_format(dump->out, "%s%s%s%s%s%s", header->authoritative ? " AA" : "",
                header->truncated ? " TC" : "", header->recursion_desired ? " RD" : "",
                header->recursion_available ? " RA" : "", header->authentic_data ? " AD" : "",
                header->checking_disabled ? " CD" : "");
    sink_format(dump->out, " questions %u answers %u authority %u additional %u", header->questions,
                header->answers, header->authorities, header->additionals);
    dump_line_end(dump);
}

/* False when one could not be read. */
static bool put_questions(const struct dump *dump, struct reader *message, unsigned count) {
    struct dns_question question;
    json_t *list = dump_set_list(dump, "questions");
    for (; count > 0; count--) {
        if (!dns_question_parse(message, &question))
            return false;
        dump_line(dump);
        sink_put(dump->out, "question ");
        put_name(dump->out, &question.name);
        put_class(dump->out, question.class_);
        sink_put(dump->out, " ");
        put_type(dump->out, question.type);
        dump_line_end(dump);
        if (list)
            dump_add(dump, list, object_of(dump, &question.name, question.type, question.class_));
    }
    return true;
}

static bool put_records(const struct dump *dump, struct reader *message, unsigned count,
                        const char *section, const char *key) {
    struct dns_record record;
    json_t *list = dump_set_list(dump, key);
    for (; count > 0; count--) {
        if (!dns_record_parse(message, &record))
            return false;
        put_record(dump, message, &record, section, list);
    }
    return true;
}

enum dump_layer dump_dns(struct dump *dump) {
    struct reader message = reader_make(dump->bytes, dump->length);
    struct dns_header header;
    bool is_header = dns_header_parse(&message, &header);
    bool is_whole = is_header;
    if (is_whole) {
        dump_layer_begin(dump, "DNS");
        set_header(dump, &header);
        put_header(dump, &header);
        dump->depth++;
        is_whole = put_questions(dump, &message, header.questions) &&
                   put_records(dump, &message, header.answers, "answer", "answers") &&
                   put_records(dump, &message, header.authorities, "authority", "authorities") &&
                   put_records(dump, &message, header.additionals, "additional", "additionals");
    }
    if (!is_whole || reader_rest(&message) > 0) {
        const char *text = !is_whole && dump->length < dump->real_length ? "DNS cut"
                           : !is_whole                                   ? "DNS malformed"
                                       : "DNS malformed: bytes behind the message";
        if (!is_header)
            dump_layer_begin(dump, "DNS");
        else
            dump_line(dump);
        sink_put(dump->out, text);
        dump_set_malformed(dump, text + 4);
        dump_line_end(dump);
    }
    return DUMP_END;
}
