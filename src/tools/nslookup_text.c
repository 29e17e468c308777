/* nslookup_text: how answers are written, in BIND's layout; see nslookup.h. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "tools/dns_data.h"
#include "tools/dns_sections.h"
#include "tools/nslookup.h"

/* A message with its sections found. */
struct shown {
    struct nslookup *nslookup;    /* where it is written */
    struct dns_sections sections; /* of it */
};

static struct sink *out_of(const struct shown *shown) {
    return shown->nslookup->task.context.out;
}

/* ---- records ---- */

/* What stands before the data of a type. */
static void kind_print(struct sink *out, uint16_t type) {
    static const char *const kinds[] = {
        [DNS_A] = "internet address = ",
        [DNS_NS] = "nameserver = ",
        [3] = "md = ",
        [4] = "mf = ",
        [DNS_CNAME] = "canonical name = ",
        [DNS_SOA] = "soa = ",
        [7] = "mb = ",
        [8] = "mg = ",
        [9] = "mr = ",
        [11] = "protocol = ",
        [DNS_PTR] = "name = ",
        [13] = "hinfo = ",
        [14] = "minfo = ",
        [DNS_MX] = "mail exchanger = ",
        [DNS_TXT] = "text = ",
        [17] = "rp = ",
        [18] = "afsdb = ",
        [19] = "x25 address = ",
        [20] = "isdn address = ",
        [21] = "rt = ",
        [22] = "nsap = ",
        [23] = "nsap_ptr = ",
        [24] = "signature = ",
        [25] = "key = ",
        [26] = "px = ",
        [27] = "gpos = ",
        [DNS_AAAA] = "has AAAA address ",
        [29] = "loc = ",
        [30] = "next = ",
        [DNS_SRV] = "service = ",
        [35] = "naptr = ",
        [36] = "kx = ",
        [37] = "cert = ",
        [38] = "v6 address = ",
        [39] = "dname = ",
        [DNS_OPT] = "optional = ",
    };
    if (type >= array_length(kinds))
        sink_format(out, "rdata_%u = ", type);
    else if (!kinds[type])
        sink_format(out, "rtype_%u = ", type);
    else
        sink_put(out, kinds[type]);
}

static void soa_print(struct sink *out, const struct reader *message,
                      const struct dns_record *record) {
    static const char *const names[] = {"origin", "mail addr"};
    static const char *const numbers[] = {"serial", "refresh", "retry", "expire", "minimum"};
    struct dns_name name;
    char text[DNS_NAME_TEXT];
    size_t at = 0;
    for (size_t i = 0; i < array_length(names); i++) {
        if (!dns_record_name_parse(message, record, &at, &name))
            return;
        dns_name_format(&name, text);
        sink_format(out, "\t%s = %s\n", names[i], text);
    }
    struct reader r = reader_make(record->data.bytes, record->data.length);
    reader_skip(&r, at);
    for (size_t i = 0; i < array_length(numbers); i++)
        sink_format(out, "\t%s = %u\n", numbers[i], reader_be32(&r));
}

static void data_print(struct sink *out, const struct reader *message,
                       const struct dns_record *record) {
    kind_print(out, record->type);
    dns_data_print(out, message, record);
    sink_put(out, "\n");
}

static void record_print(struct sink *out, const struct reader *message,
                         const struct dns_record *record, bool is_answer) {
    char name[DNS_NAME_TEXT];
    dns_name_format(&record->name, name);
    if (is_answer && (record->type == DNS_A || record->type == DNS_AAAA)) {
        sink_format(out, "Name:\t%s\nAddress: ", name);
        dns_data_print(out, message, record);
        sink_put(out, "\n");
    } else if (record->type == DNS_SOA) {
        sink_format(out, "%s\n", name);
        soa_print(out, message, record);
    } else {
        sink_format(out, "%s\t", name);
        data_print(out, message, record);
    }
}

static void section_print(const struct shown *shown, enum dns_section section) {
    struct reader at = shown->sections.at[section];
    struct dns_record record;
    for (unsigned i = 0; i < shown->sections.count[section] && dns_record_parse(&at, &record);
         i++) {
        if (record.type != DNS_OPT)
            record_print(out_of(shown), &at, &record, section == SECTION_ANSWER);
    }
}

/* ---- -debug ---- */

static void question_details(const struct shown *shown) {
    const struct dns_question *question = &shown->nslookup->asking.inquiry.question;
    char name[DNS_NAME_TEXT];
    dns_name_format(&question->name, name);
    sink_format(out_of(shown), "    QUESTIONS:\n\t%s, type = ", name);
    if (dns_type_name(question->type))
        sink_put(out_of(shown), dns_type_name(question->type));
    else
        sink_format(out_of(shown), "TYPE%u", question->type);
    sink_put(out_of(shown), question->class_ == DNS_IN ? ", class = IN\n" : ", class = ");
    if (question->class_ != DNS_IN)
        sink_format(out_of(shown), "CLASS%u\n", question->class_);
}

static void section_details(const struct shown *shown, enum dns_section section) {
    static const char *const titles[] = {"ANSWERS", "AUTHORITY RECORDS", "ADDITIONAL RECORDS"};
    struct reader at = shown->sections.at[section];
    struct dns_record record;
    char name[DNS_NAME_TEXT];
    struct sink *out = out_of(shown);
    sink_format(out, "    %s:\n", titles[section]);
    for (unsigned i = 0; i < shown->sections.count[section] && dns_record_parse(&at, &record);
         i++) {
        if (record.type == DNS_OPT)
            continue;
        dns_name_format(&record.name, name);
        sink_format(out, "    ->  %s\n", name);
        if (record.type == DNS_SOA) {
            soa_print(out, &at, &record);
        } else {
            sink_put(out, "\t");
            data_print(out, &at, &record);
        }
        sink_format(out, "\tttl = %u\n", record.ttl);
    }
}

static void details_print(const struct shown *shown) {
    sink_put(out_of(shown), "------------\n");
    question_details(shown);
    for (unsigned i = 0; i < SECTIONS; i++)
        section_details(shown, (enum dns_section)i);
    sink_put(out_of(shown), "------------\n");
}

/* ---- JSON ---- */

static json_t *section_json(const struct shown *shown, enum dns_section section) {
    struct reader at = shown->sections.at[section];
    struct tool_task *task = &shown->nslookup->task;
    struct dns_record record;
    char text[DNS_NAME_TEXT];
    json_t *list = json_array();
    for (unsigned i = 0; i < shown->sections.count[section] && dns_record_parse(&at, &record);
         i++) {
        if (record.type == DNS_OPT)
            continue;
        json_t *object = json_object();
        char *data = dns_data_text(&at, &record);
        dns_name_format(&record.name, text);
        task_put(task, object, "name", json_string(text));
        (void)snprintf(text, sizeof text, "TYPE%u", record.type);
        task_put(task, object, "type",
                 json_string(dns_type_name(record.type) ? dns_type_name(record.type) : text));
        task_put(task, object, "ttl", json_integer(record.ttl));
        task_put(task, object, "data", json_string(data ? data : ""));
        free(data);
        task_append(task, list, object);
    }
    return list;
}

static void answer_json(const struct shown *shown) {
    struct nslookup *nslookup = shown->nslookup;
    struct tool_task *task = &nslookup->task;
    char text[DNS_NAME_TEXT];
    json_t *object = json_object();
    dns_name_format(&nslookup->asking.inquiry.question.name, text);
    task_put(task, object, "server",
             task_address(&nslookup->asking.servers[nslookup->asking.server].address));
    task_put(task, object, "port", json_integer(nslookup->asking.rules.port));
    task_put(task, object, "name", json_string(text));
    (void)snprintf(text, sizeof text, "TYPE%u", nslookup->asking.question.type);
    const char *type = dns_type_name(nslookup->asking.question.type);
    task_put(task, object, "type", json_string(type ? type : text));
    task_put(task, object, "rcode", json_string(dns_rcode_name(shown->sections.header->rcode)));
    task_put(task, object, "authoritative", json_boolean(shown->sections.header->authoritative));
    task_put(task, object, "answers", section_json(shown, SECTION_ANSWER));
    task_put(task, object, "authority", section_json(shown, SECTION_AUTHORITY));
    task_append(task, nslookup->answers, object);
}

/* ---- the answer ---- */

/* Where the aliases of an answer lead from *name. */
static void aliases_follow(const struct shown *shown, struct dns_name *name) {
    for (unsigned links = 0; links < shown->sections.count[SECTION_ANSWER]; links++) {
        struct reader at = shown->sections.at[SECTION_ANSWER];
        struct dns_record record;
        bool has_moved = false;
        for (unsigned i = 0; i < shown->sections.count[SECTION_ANSWER] && !has_moved; i++) {
            size_t begin = 0;
            has_moved = dns_record_parse(&at, &record) && record.type == DNS_CNAME &&
                        dns_name_is_equal(&record.name, name) &&
                        dns_record_name_parse(&at, &record, &begin, name);
        }
        if (!has_moved)
            return;
    }
}

/* Who asks for addresses asks for those of IPv6 then, where the aliases lead. */
static void next_choose(const struct shown *shown) {
    struct nslookup *nslookup = shown->nslookup;
    struct dns_name name = nslookup->asking.inquiry.question.name;
    nslookup->next = nslookup->asking.question;
    nslookup->next.type = DNS_AAAA;
    nslookup->next.origin = -1;
    nslookup->next.is_new = false;
    nslookup->next.tries = nslookup->options.tries;
    aliases_follow(shown, &name);
    dns_name_format(&name, nslookup->next.name);
    nslookup->has_next = true;
}

static void head_print(const struct shown *shown) {
    const struct nslookup *nslookup = shown->nslookup;
    const char *name = nslookup->asking.servers[nslookup->asking.server].name;
    char text[64];
    char address[DOBOS_ADDRESS_TEXT];
    (void)dobos_address_format(&nslookup->asking.servers[nslookup->asking.server].address, address);
    sink_format(out_of(shown), "Server:\t\t%s\nAddress:\t%s\n\n", name ? name : address,
                asking_server_text(&nslookup->asking, text));
}

static void sections_print(const struct shown *shown) {
    struct nslookup *nslookup = shown->nslookup;
    const bool is_default = nslookup->options.is_default;
    const uint16_t type = nslookup->asking.question.type;
    struct sink *out = out_of(shown);
    if (!shown->sections.header->authoritative && (!is_default || type == DNS_A))
        sink_put(out, "Non-authoritative answer:\n");
    if (shown->sections.count[SECTION_ANSWER] > 0)
        section_print(shown, SECTION_ANSWER);
    else if (is_default && type == DNS_A)
        nslookup->lacks_address = true;
    else if (!is_default || (type == DNS_AAAA && nslookup->lacks_address))
        sink_format(out, "*** Can't find %s: No answer\n", nslookup->asking.question.name);
    if (!shown->sections.header->authoritative && type != DNS_A && type != DNS_AAAA) {
        sink_put(out, "\nAuthoritative answers can be found from:\n");
        section_print(shown, SECTION_AUTHORITY);
        section_print(shown, SECTION_ADDITIONAL);
    }
}

void nslookup_answer_print(struct nslookup *nslookup) {
    const struct dns_header *header = &nslookup->asking.header;
    struct shown shown = {.nslookup = nslookup};
    char name[DNS_NAME_TEXT];
    (void)dns_sections_find(&shown.sections, &nslookup->asking.body, header);
    nslookup->has_answer = true;
    nslookup->has_failed = nslookup->has_failed || header->rcode != DNS_NOERROR;
    const bool is_first = !nslookup->options.is_default || nslookup->asking.question.type == DNS_A;
    if (header->rcode == DNS_NOERROR && nslookup->options.is_default && is_first)
        next_choose(&shown);
    if (nslookup->task.json) {
        answer_json(&shown);
        return;
    }
    if (is_first)
        head_print(&shown);
    if (nslookup->options.debug)
        details_print(&shown);
    if (header->rcode == DNS_NOERROR) {
        sections_print(&shown);
        return;
    }
    dns_name_format(&nslookup->asking.inquiry.question.name, name);
    sink_format(out_of(&shown), "** server can't find %s: ", name);
    if (header->rcode <= 10)
        sink_format(out_of(&shown), "%s\n", dns_rcode_name(header->rcode));
    else
        sink_format(out_of(&shown), "RESERVED%u\n", header->rcode);
}
