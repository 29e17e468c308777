/* dig_json: an answer as an object; see dig.h. */
#include <stdlib.h>
#include <string.h>

#include "tools/dig.h"
#include "tools/dns_data.h"
#include "tools/text.h"

static void name_set(struct tool_task *task, json_t *object, const struct dns_name *name) {
    char text[DNS_NAME_TEXT];
    dns_name_format(name, text);
    task_put(task, object, "name", json_string(text));
}

static void kind_set(struct tool_task *task, json_t *object, uint16_t type, uint16_t class_) {
    char text[DNS_TYPE_TEXT];
    (void)dns_type_format(type, text);
    task_put(task, object, "type", json_string(text));
    (void)dns_class_format(class_, text);
    task_put(task, object, "class", json_string(text));
}

static json_t *section_json(struct dig *dig, const struct dns_sections *sections,
                            enum dns_section section) {
    struct tool_task *task = &dig->task;
    struct dns_list list;
    struct dns_record record;
    struct reader message;
    json_t *array = json_array();
    if (!dns_list_make(&list, sections, section)) {
        task->context.out->failed = true;
        return array;
    }
    for (size_t i = 0; i < list.count && dns_list_read(&list, i, &message, &record); i++) {
        json_t *object = json_object();
        char *data = dns_data_text(&message, &record);
        name_set(task, object, &record.name);
        kind_set(task, object, record.type, record.class_);
        task_put(task, object, "ttl", json_integer(record.ttl));
        task_put(task, object, "data", data ? text_json(data, strlen(data)) : NULL);
        free(data);
        task_append(task, array, object);
    }
    dns_list_fini(&list);
    return array;
}

static json_t *flags_json(struct dig *dig, const struct dns_header *header) {
    const struct {
        bool is_set;
        const char *name;
    } flags[] = {
        {header->authoritative, "aa"},     {header->truncated, "tc"},
        {header->recursion_desired, "rd"}, {header->recursion_available, "ra"},
        {header->authentic_data, "ad"},    {header->checking_disabled, "cd"},
    };
    json_t *list = json_array();
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        if (flags[i].is_set)
            task_append(&dig->task, list, json_string(flags[i].name));
    return list;
}

static json_t *edns_json(struct dig *dig, const struct dns_record *opt) {
    struct tool_task *task = &dig->task;
    struct reader at = reader_make(opt->data.bytes, opt->data.length);
    json_t *object = json_object();
    json_t *options = json_array();
    task_put(task, object, "version", json_integer(opt->ttl >> 16 & 0xff));
    task_put(task, object, "do", json_boolean(opt->ttl & 0x8000));
    task_put(task, object, "udp", json_integer(opt->class_));
    while (reader_rest(&at) >= 4) {
        struct sink hex = {0};
        const uint16_t code = reader_be16(&at);
        const struct slice value = reader_slice(&at, reader_be16(&at));
        if (at.failed)
            break;
        json_t *option = json_object();
        for (size_t i = 0; i < value.length; i++)
            sink_format(&hex, "%02x", value.bytes[i]);
        task_put(task, option, "code", json_integer(code));
        task_put(task, option, "data", json_string(sink_text(&hex)));
        sink_fini(&hex);
        task_append(task, options, option);
    }
    task_put(task, object, "options", options);
    return object;
}

void dig_answer_json(struct dig *dig) {
    struct tool_task *task = &dig->task;
    const struct asking *asking = &dig->asking;
    const struct dns_header *header = &asking->header;
    struct dns_sections sections;
    struct dns_record opt;
    char text[DIG_RCODE_TEXT];
    if (!dns_sections_find(&sections, &asking->body, header))
        return;
    json_t *object = json_object();
    json_t *question = json_object();
    const bool has_edns = dns_sections_edns(&sections, &opt);
    const unsigned rcode = header->rcode | (has_edns ? opt.ttl >> 24 << 4 : 0);
    task_put(task, object, "server", task_address(&asking->servers[asking->server].address));
    task_put(task, object, "port", json_integer(asking->rules.port));
    task_put(task, object, "protocol", json_string(asking->question.tcp ? "tcp" : "udp"));
    task_put(task, object, "id", json_integer(header->id));
    task_put(task, object, "rcode", json_integer(rcode));
    task_put(task, object, "status", json_string(dig_rcode_format(rcode, text)));
    task_put(task, object, "flags", flags_json(dig, header));
    task_put(task, object, "edns", has_edns ? edns_json(dig, &opt) : json_null());
    name_set(task, question, &asking->inquiry.question.name);
    kind_set(task, question, asking->inquiry.question.type, asking->inquiry.question.class_);
    task_put(task, object, "question", question);
    task_put(task, object, "answer", section_json(dig, &sections, SECTION_ANSWER));
    task_put(task, object, "authority", section_json(dig, &sections, SECTION_AUTHORITY));
    task_put(task, object, "additional", section_json(dig, &sections, SECTION_ADDITIONAL));
    task_put(task, object, "took",
             json_real((double)(asking->answered_at - asking->sent_at) / 1e9));
    task_put(task, object, "size", json_integer((json_int_t)asking->message_length));
    task_append(task, dig->answers, object);
}
