/* dig_text: messages in BIND's layout; see dig.h. */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include <dobos/version.h>

#include "base/memory.h"
#include "tools/dig.h"
#include "tools/dns_data.h"

#define TTL_COLUMN 24
#define TAB        8
#define ZERO_BITS  0x40 /* of the header's fourth byte */

/* ---- columns ---- */

/* A line being written: how many columns it has so far. */
struct line {
    struct sink *out;
    size_t column;
};

__attribute__((format(printf, 2, 3))) static void line_put(struct line *line, const char *format,
                                                           ...) {
    const size_t before = line->out->length;
    va_list arguments;
    va_start(arguments, format);
    sink_vformat(line->out, format, arguments);
    va_end(arguments);
    line->column += line->out->length - before;
}

/* Goes to a column by tabs and spaces, by one at least. */
static void line_tab(struct line *line, size_t column) {
    if (column <= line->column)
        column = line->column + 1;
    for (; line->column / TAB < column / TAB; line->column = (line->column / TAB + 1) * TAB)
        sink_put(line->out, "\t");
    for (; line->column < column; line->column++)
        sink_put(line->out, " ");
}

static void line_name(struct line *line, const struct dns_name *name) {
    char text[DNS_NAME_TEXT];
    dns_name_format(name, text);
    line_put(line, "%s%s", text, name->length > 1 ? "." : "");
}

static void line_class(struct line *line, uint16_t class_, bool is_unknown) {
    char text[DNS_TYPE_TEXT];
    (void)dns_class_format(class_, text);
    if (is_unknown)
        line_put(line, "CLASS%u", class_);
    else
        line_put(line, "%s", class_ == 0 ? "RESERVED0" : text);
}

static void line_type(struct line *line, uint16_t type, bool is_unknown) {
    char text[DNS_TYPE_TEXT];
    (void)dns_type_format(type, text);
    if (is_unknown)
        line_put(line, "TYPE%u", type);
    else
        line_put(line, "%s", text);
}

/* ---- records ---- */

/* "1w2d": a time in units. */
static void line_units(struct line *line, uint32_t seconds) {
    static const struct {
        uint32_t seconds;
        char letter;
    } units[] = {{604800, 'w'}, {86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
    if (seconds == 0)
        line_put(line, "0s");
    for (size_t i = 0; i < array_length(units); i++) {
        if (seconds >= units[i].seconds)
            line_put(line, "%" PRIu32 "%c", seconds / units[i].seconds, units[i].letter);
        seconds %= units[i].seconds;
    }
}

/* "1 week 2 days": the same in words. */
static void words_put(struct sink *out, uint32_t seconds) {
    static const struct {
        uint32_t seconds;
        const char *name;
    } units[] = {{604800, "week"}, {86400, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}};
    const char *space = "";
    if (seconds == 0)
        sink_put(out, "0 seconds");
    for (size_t i = 0; i < array_length(units); i++) {
        const uint32_t count = seconds / units[i].seconds;
        if (count > 0)
            sink_format(out, "%s%" PRIu32 " %s%s", space, count, units[i].name,
                        count == 1 ? "" : "s");
        if (count > 0)
            space = " ";
        seconds %= units[i].seconds;
    }
}

/* A SOA record over several lines; false: it cannot be read. */
static bool soa_print(struct sink *out, const struct reader *message,
                      const struct dns_record *record) {
    static const char *const names[] = {"serial", "refresh", "retry", "expire", "minimum"};
    struct dns_name primary, mailbox;
    char text[DNS_NAME_TEXT];
    size_t at = 0;
    if (!dns_record_name_parse(message, record, &at, &primary) ||
        !dns_record_name_parse(message, record, &at, &mailbox) || record->data.length - at != 20)
        return false;
    dns_name_format(&primary, text);
    sink_format(out, "%s%s ", text, primary.length > 1 ? "." : "");
    dns_name_format(&mailbox, text);
    sink_format(out, "%s%s (\n", text, mailbox.length > 1 ? "." : "");
    struct reader r = reader_make(record->data.bytes + at, 20);
    for (size_t i = 0; i < array_length(names); i++) {
        const uint32_t number = reader_be32(&r);
        sink_format(out, "\t\t\t\t%-10" PRIu32 " ; %s", number, names[i]);
        if (i > 0) {
            sink_put(out, " (");
            words_put(out, number);
            sink_put(out, ")");
        }
        sink_put(out, "\n");
    }
    sink_put(out, "\t\t\t\t)");
    return true;
}

static void record_print(struct dig *dig, const struct reader *message,
                         const struct dns_record *record) {
    const struct dig_shown *shown = &dig_lookup_of(dig)->shown;
    struct line line = {.out = dig->task.context.out};
    const size_t step = shown->multiline ? 0 : TAB;
    size_t column = TTL_COLUMN;
    line_name(&line, &record->name);
    if (!shown->no_ttl) {
        line_tab(&line, column);
        if (shown->units)
            line_units(&line, record->ttl);
        else
            line_put(&line, "%" PRIu32, record->ttl);
        column += step;
    }
    if (!shown->no_class) {
        line_tab(&line, column);
        line_class(&line, record->class_, shown->unknown);
        column += step;
    }
    line_tab(&line, column);
    line_type(&line, record->type, shown->unknown);
    line_tab(&line, shown->multiline ? column + TAB : column + step);
    if (shown->unknown)
        dns_data_unknown_print(line.out, message, record);
    else if (!shown->multiline || record->type != DNS_SOA || !soa_print(line.out, message, record))
        (void)dns_data_print(line.out, message, record);
    sink_put(line.out, "\n");
}

static void section_print(struct dig *dig, const struct dns_sections *sections,
                          enum dns_section section) {
    static const char *const titles[] = {"ANSWER", "AUTHORITY", "ADDITIONAL"};
    const bool has_comments = dig_lookup_of(dig)->shown.comments;
    struct dns_list list;
    struct dns_record record;
    struct reader message;
    if (!dns_list_make(&list, sections, section)) {
        dig->task.context.out->failed = true;
        return;
    }
    if (list.count > 0 && has_comments)
        sink_format(dig->task.context.out, ";; %s SECTION:\n", titles[section]);
    for (size_t i = 0; i < list.count && dns_list_read(&list, i, &message, &record); i++)
        record_print(dig, &message, &record);
    if (list.count > 0 && has_comments)
        sink_put(dig->task.context.out, "\n");
    dns_list_fini(&list);
}

/* ---- header and question ---- */

static const char *opcode_name(unsigned opcode) {
    static const char *const names[] = {
        "QUERY",      "IQUERY",     "STATUS",     "RESERVED3",  "NOTIFY",     "UPDATE",
        "RESERVED6",  "RESERVED7",  "RESERVED8",  "RESERVED9",  "RESERVED10", "RESERVED11",
        "RESERVED12", "RESERVED13", "RESERVED14", "RESERVED15",
    };
    return names[opcode % array_length(names)];
}

const char *dig_rcode_format(unsigned rcode, char text[DIG_RCODE_TEXT]) {
    if (rcode <= 10 || rcode == 16)
        return rcode == 16 ? "BADVERS" : dns_rcode_name(rcode);
    if (rcode == 23)
        return "BADCOOKIE";
    (void)snprintf(text, DIG_RCODE_TEXT, rcode < 23 ? "RESERVED%u" : "%u", rcode);
    return text;
}

static bool is_local(const struct dns_name *name) {
    static const uint8_t end[] = {5, 'l', 'o', 'c', 'a', 'l', 0};
    struct dns_name local = {.length = sizeof end};
    memcpy(local.bytes, end, sizeof end);
    return dns_name_is_within(name, &local);
}

static void header_print(struct dig *dig, const struct dns_header *header, unsigned rcode,
                         const uint8_t *bytes, bool is_query) {
    struct sink *out = dig->task.context.out;
    const struct {
        bool is_set;
        const char *name;
    } flags[] = {
        {header->response, "qr"},
        {header->authoritative, "aa"},
        {header->truncated, "tc"},
        {header->recursion_desired, "rd"},
        {header->recursion_available, "ra"},
        {header->authentic_data, "ad"},
        {header->checking_disabled, "cd"},
    };
    char text[DIG_RCODE_TEXT];
    sink_put(out, is_query ? ";; Sending:\n" : ";; Got answer:\n");
    if (is_local(&dig->asking.inquiry.question.name))
        sink_put(out, ";; WARNING: .local is reserved for Multicast DNS\n;; You are currently "
                      "testing what happens when an mDNS query is leaked to DNS\n");
    sink_format(out, ";; ->>HEADER<<- opcode: %s, status: %s, id: %u\n;; flags:",
                opcode_name(header->opcode), dig_rcode_format(rcode, text), header->id);
    for (size_t i = 0; i < array_length(flags); i++)
        if (flags[i].is_set)
            sink_format(out, " %s", flags[i].name);
    if (bytes[3] & ZERO_BITS)
        sink_put(out, "; MBZ: 0x4");
    sink_format(out, "; QUERY: %u, ANSWER: %u, AUTHORITY: %u, ADDITIONAL: %u\n", header->questions,
                header->answers, header->authorities, header->additionals);
    if (!is_query && header->recursion_desired && !header->recursion_available)
        sink_put(out, ";; WARNING: recursion requested but not available\n");
}

/* A question always has its class, in the column that is left when records lack one. */
static void question_print(struct dig *dig, const struct dns_question *question) {
    const struct dig_shown *shown = &dig_lookup_of(dig)->shown;
    struct line line = {.out = dig->task.context.out};
    const size_t class_column = shown->multiline || shown->no_ttl || shown->no_class ? 0 : TAB;
    const size_t type_column = shown->multiline || (shown->no_ttl && shown->no_class) ? 0 : TAB;
    if (shown->comments)
        sink_put(line.out, ";; QUESTION SECTION:\n");
    sink_put(line.out, ";");
    line_name(&line, &question->name);
    line_tab(&line, TTL_COLUMN + class_column);
    line_class(&line, question->class_, shown->unknown);
    line_tab(&line, TTL_COLUMN + class_column + type_column);
    line_type(&line, question->type, shown->unknown);
    sink_put(line.out, shown->comments ? "\n\n" : "\n");
}

/* ---- the whole ---- */

void dig_banner_print(struct dig *dig) {
    struct sink *out = dig->task.context.out;
    if (!dig->has_banner)
        return;
    dig->has_banner = false;
    sink_format(out, "\n; <<>> dobos dig %s <<>>", dobos_version());
    for (unsigned i = 0; i < dig->task.operand_count; i++)
        sink_format(out, " %s", dig->task.operands[i]);
    sink_put(out, "\n");
    if (dig->names_server)
        sink_format(out, "; (%u server%s found)\n", dig->asking.server_count,
                    dig->asking.server_count == 1 ? "" : "s");
    sink_put(out, ";; global options: +cmd\n");
}

void dig_message_print(struct dig *dig, const uint8_t *bytes, size_t length, bool is_query) {
    const struct dig_shown *shown = &dig_lookup_of(dig)->shown;
    struct reader message = reader_make(bytes, length);
    struct dns_header header;
    struct dns_question question;
    struct dns_sections sections;
    struct dns_record opt;
    if (dig->prints_command)
        dig_banner_print(dig);
    dig->has_banner = false;
    if (!dns_header_parse(&message, &header) ||
        (header.questions == 1 && !dns_question_parse(&message, &question)) ||
        !dns_sections_find(&sections, &message, &header))
        return;
    const bool has_edns = dns_sections_edns(&sections, &opt);
    if (shown->comments) {
        const unsigned rcode = header.rcode | (has_edns ? opt.ttl >> 24 << 4 : 0);
        header_print(dig, &header, rcode, bytes, is_query);
        if (sections.rest > 0)
            sink_format(dig->task.context.out, ";; WARNING: Message has %zu extra byte%s at end\n",
                        sections.rest, sections.rest == 1 ? "" : "s");
        sink_put(dig->task.context.out, "\n");
        if (has_edns)
            dig_edns_print(dig, &opt, is_query);
    }
    if (shown->question && header.questions == 1)
        question_print(dig, &question);
    if (shown->answer)
        section_print(dig, &sections, SECTION_ANSWER);
    if (shown->authority)
        section_print(dig, &sections, SECTION_AUTHORITY);
    if (shown->additional)
        section_print(dig, &sections, SECTION_ADDITIONAL);
}

/* ---- what came ---- */

/* "Sat Jan  1 00:00:12 UTC 2000": the network's clock. */
static void time_print(struct dig *dig) {
    const int64_t wall = dig->task.context.wall_ns + dig->asking.answered_at;
    const time_t seconds = (time_t)(wall / DOBOS_SECOND);
    struct tm tm;
    char text[64];
    if (!gmtime_r(&seconds, &tm) ||
        strftime(text, sizeof text, "%a %b %d %H:%M:%S UTC %Y", &tm) == 0)
        text[0] = '\0';
    sink_format(dig->task.context.out, ";; WHEN: %s\n", text);
}

static int64_t took(const struct dig *dig) {
    const int64_t ns =
        dig->asking.answered_at - min_i64(dig->asking.sent_at, dig->asking.answered_at);
    return ns / (dig->microseconds ? 1000 : DOBOS_MILLISECOND);
}

static const char *server_name(const struct dig *dig, char address[DOBOS_ADDRESS_TEXT]) {
    const struct asking_server *server = &dig->asking.servers[dig->asking.server];
    (void)dobos_address_format(&server->address, address);
    return server->name ? server->name : address;
}

void dig_stats_print(struct dig *dig) {
    const struct dig_shown *shown = &dig_lookup_of(dig)->shown;
    struct sink *out = dig->task.context.out;
    char address[DOBOS_ADDRESS_TEXT], text[64];
    const char *unit = dig->microseconds ? "us" : "ms";
    const char *server = asking_server_text(&dig->asking, text);
    const char *name = server_name(dig, address);
    /* BIND's says nothing here of a failure behind the search list. */
    if (dig->asking.header.rcode != DNS_NOERROR && dig->asking.header.rcode != DNS_NXDOMAIN &&
        dig->asking.question.origin >= 0)
        return;
    if (shown->stats) {
        sink_format(out, ";; Query time: %" PRId64 " %sec\n;; SERVER: %s(%s) (%s)\n", took(dig),
                    dig->microseconds ? "us" : "ms", server, name,
                    dig->asking.question.tcp ? "TCP" : "UDP");
        time_print(dig);
        sink_format(out, ";; MSG SIZE  rcvd: %zu\n\n", dig->asking.message_length);
    } else if (shown->identify) {
        sink_format(out, ";; Received %zu bytes from %s(%s) in %" PRId64 " %s\n\n",
                    dig->asking.message_length, server, name, took(dig), unit);
    }
}

/* On the way from the root down BIND's puts the type before the data. */
static void short_type_print(struct sink *out, uint16_t type) {
    const char *name = dns_type_name(type);
    if (name)
        sink_format(out, "%s ", name);
    else
        sink_format(out, "TYPE%u ", type);
}

void dig_short_print(struct dig *dig) {
    const struct dig_shown *shown = &dig_lookup_of(dig)->shown;
    struct sink *out = dig->task.context.out;
    struct dns_sections sections;
    struct dns_list list;
    struct dns_record record;
    struct reader message;
    char address[DOBOS_ADDRESS_TEXT];
    dig->has_banner = false;
    if (!dns_sections_find(&sections, &dig->asking.body, &dig->asking.header))
        return;
    if (!dns_list_make(&list, &sections, SECTION_ANSWER)) {
        out->failed = true;
        return;
    }
    (void)dobos_address_format(&dig->asking.servers[dig->asking.server].address, address);
    for (size_t i = 0; i < list.count && dns_list_read(&list, i, &message, &record); i++) {
        if (dig_lookup_of(dig)->trace)
            short_type_print(out, record.type);
        if (shown->unknown)
            dns_data_unknown_print(out, &message, &record);
        else
            (void)dns_data_print(out, &message, &record);
        if (shown->identify)
            sink_format(out, " from server %s in %" PRId64 " %s.", address, took(dig),
                        dig->microseconds ? "us" : "ms");
        sink_put(out, "\n");
    }
    dns_list_fini(&list);
}

void dig_bad_packet_print(struct dig *dig) {
    if (dig->prints_command && !dig->task.json)
        dig_banner_print(dig);
    asking_bad_packet_print(&dig->asking);
}
