/* dig_arguments: the words of a command line as lookups; see dig.h. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <dobos/version.h>

#include "base/memory.h"
#include "tools/dig.h"

/* The words read so far. */
struct reading {
    struct dig *dig;
    struct dig_lookup *defaults; /* what stands before the first name holds for all */
    struct dig_lookup *lookup;   /* what options change */
    unsigned at;                 /* the next word */
    bool has_fixed_type;         /* -t was given: a word that is a type may be a name */
};

int dig_refuse(struct dig *dig, int code, const char *format, ...) {
    struct sink *error = dig->task.context.error;
    va_list arguments;
    va_start(arguments, format);
    sink_append(error, dig->notes.text, dig->notes.length);
    sink_clear(&dig->notes);
    sink_put(error, "dobos dig: ");
    sink_vformat(error, format, arguments);
    sink_put(error, "\n");
    va_end(arguments);
    return code;
}

bool dig_number_read(struct dig *dig, const char *text, const char *what, uint32_t most,
                     uint32_t *number) {
    uint64_t read = 0;
    const char *reason = NULL;
    if (!text[0] || text[strspn(text, "0123456789")])
        reason = "not a valid number";
    for (const char *at = text; !reason && *at && read <= UINT32_MAX; at++)
        read = read * 10 + (uint64_t)(*at - '0');
    if (!reason && read > most)
        reason = "out of range";
    if (reason)
        sink_format(&dig->notes, "invalid %s '%s': %s\n", what, text, reason);
    else
        *number = (uint32_t)read;
    return !reason;
}

static void defaults_fill(struct dig_lookup *lookup) {
    *lookup = (struct dig_lookup){
        .type = DNS_A,
        .class_ = DNS_IN,
        .fails = true,
        .negotiates = true,
        .retries_cookie = true,
        .cookie = true,
        .tries = 3,
        .rules = {.port = DNS_PORT, .timeout_s = 0, .ndots = 1},
        .form = {.recursion_desired = true,
                 .authentic_data = true,
                 .has_edns = true,
                 .edns_bytes = 1232},
        .shown = {.comments = true,
                  .question = true,
                  .answer = true,
                  .authority = true,
                  .additional = true,
                  .stats = true},
    };
}

/* A new lookup with what holds for all. */
static void lookup_add(struct reading *reading, const char *name) {
    struct dig *dig = reading->dig;
    reading->lookup = &dig->lookups[dig->lookup_count];
    *reading->lookup = *reading->defaults;
    (void)snprintf(reading->lookup->name, sizeof reading->lookup->name, "%s", name);
    if (dig->lookup_count == 0)
        dig->has_banner = dig->prints_command;
    dig->lookup_count++;
}

/* ---- reverse names ---- */

/* What is no IPv6 address: its parts, the last first. */
static void reverse_parts(const char *text, char name[DNS_NAME_TEXT]) {
    size_t end = strlen(text);
    size_t length = 0;
    while (end > 0 && length + end + sizeof ".in-addr.arpa." < DNS_NAME_TEXT) {
        size_t begin = end;
        while (begin > 0 && text[begin - 1] != '.')
            begin--;
        memcpy(name + length, text + begin, end - begin);
        length += end - begin;
        name[length++] = '.';
        end = begin > 0 ? begin - 1 : 0;
    }
    memcpy(name + length, "in-addr.arpa.", sizeof "in-addr.arpa.");
}

static void reverse_add(struct reading *reading, const char *value) {
    uint8_t bytes[16];
    lookup_add(reading, "");
    struct dig_lookup *lookup = reading->lookup;
    if (inet_pton(AF_INET6, value, bytes) == 1) {
        asking_reverse_ipv6(bytes, lookup->name);
        memcpy(lookup->name + strlen(lookup->name), ".", sizeof ".");
    } else {
        reverse_parts(value, lookup->name);
    }
    if (!lookup->has_type)
        lookup->type = DNS_PTR;
    if (!lookup->has_class)
        lookup->class_ = DNS_IN;
}

/* ---- types and classes ---- */

static bool class_read(const char *text, uint16_t *class_) {
    static const struct {
        const char *name;
        uint16_t number;
    } names[] = {{"CHAOS", DNS_CH}, {"HESIOD", DNS_HS}, {"RESERVED0", 0}};
    for (size_t i = 0; i < array_length(names); i++) {
        if (strcasecmp(text, names[i].name) == 0) {
            *class_ = names[i].number;
            return true;
        }
    }
    return dns_class_from_slice((struct slice){(const uint8_t *)text, strlen(text)}, class_);
}

/* True: the word is a type or a class, and was taken. */
static bool kind_take(struct reading *reading, const char *word) {
    struct dig_lookup *lookup = reading->lookup;
    uint16_t number;
    if (strncasecmp(word, "ixfr=", 5) == 0) {
        lookup->type = DNS_IXFR;
        lookup->has_type = true;
        return true;
    }
    if (dns_type_from_name(word, &number)) {
        if (lookup->has_type)
            sink_put(&reading->dig->notes, ";; Warning, extra type option\n");
        lookup->type = number;
        lookup->has_type = true;
        return true;
    }
    if (class_read(word, &number)) {
        if (lookup->has_class)
            sink_put(&reading->dig->notes, ";; Warning, extra class option\n");
        lookup->class_ = number;
        lookup->has_class = true;
        return true;
    }
    return false;
}

static void type_store(struct reading *reading, const char *value) {
    struct dig_lookup *lookup = reading->lookup;
    uint16_t type;
    reading->has_fixed_type = true;
    if (strncasecmp(value, "ixfr=", 5) == 0) {
        lookup->type = DNS_IXFR;
        lookup->has_type = true;
        return;
    }
    if (!dns_type_from_name(value, &type) || type == DNS_IXFR) {
        sink_format(&reading->dig->notes, ";; Warning, ignoring invalid type %s\n", value);
        return;
    }
    if (lookup->has_type)
        sink_put(&reading->dig->notes, ";; Warning, extra type option\n");
    lookup->type = type;
    lookup->has_type = true;
}

static void class_store(struct reading *reading, const char *value) {
    struct dig_lookup *lookup = reading->lookup;
    uint16_t class_;
    reading->has_fixed_type = true;
    if (!class_read(value, &class_)) {
        sink_format(&reading->dig->notes, ";; Warning, ignoring invalid class %s\n", value);
        return;
    }
    if (lookup->has_class)
        sink_put(&reading->dig->notes, ";; Warning, extra class option\n");
    lookup->class_ = class_;
    lookup->has_class = true;
}

/* ---- options behind a dash ---- */

/* ADDRESS[#PORT] */
static int local_store(struct dig *dig, const char *value) {
    char address[DOBOS_ADDRESS_TEXT] = "";
    const char *hash = strchr(value, '#');
    const size_t length = hash ? (size_t)(hash - value) : strlen(value);
    const char *reason = "it is too long";
    uint32_t port = 0;
    if (length < sizeof address)
        (void)snprintf(address, sizeof address, "%.*s", (int)length, value);
    if (hash && !dig_number_read(dig, hash + 1, "port number", UINT16_MAX, &port))
        return dig_refuse(dig, DIG_USAGE, "Couldn't parse port number");
    if (length >= sizeof address || dobos_address_parse(address, &dig->local.address, &reason) < 0)
        return dig_refuse(dig, DIG_USAGE, "invalid address %s (%s)", value, reason);
    dig->local.port = (uint16_t)port;
    return TOOL_GOES_ON;
}

static int value_store(struct reading *reading, char letter, const char *value) {
    struct dig *dig = reading->dig;
    uint32_t port;
    switch (letter) {
    case 'b':
        return local_store(dig, value);
    case 'c':
        class_store(reading, value);
        break;
    case 'p':
        if (!dig_number_read(dig, value, "port number", UINT16_MAX, &port))
            return dig_refuse(dig, DIG_USAGE, "Couldn't parse port number");
        dig->port = (uint16_t)port;
        break;
    case 'q':
        lookup_add(reading, value);
        break;
    case 't':
        type_store(reading, value);
        break;
    case 'x':
        reverse_add(reading, value);
        break;
    case 'f':
        return dig_refuse(dig, DIG_USAGE,
                          "-f: queries are not read from files: expected them as "
                          "arguments");
    default:
        return dig_refuse(dig, DIG_USAGE, "-%c: signed queries (TSIG) are not supported", letter);
    }
    return TOOL_GOES_ON;
}

static int dash_read(struct reading *reading, const char *word) {
    struct dig *dig = reading->dig;
    if (word[1] && strchr("46dhimruv", word[1]) && word[2] == '\0') {
        switch (word[1]) {
        case '4':
            dig->has_only_ipv4 = true;
            break;
        case '6':
            return dig_refuse(dig, DIG_USAGE, "-6: questions go over IPv4 only");
        case 'h':
            dig_help_print(dig->task.context.out);
            return 0;
        case 'u':
            dig->microseconds = true;
            break;
        case 'v':
            sink_format(dig->task.context.out, "dobos dig %s\n", dobos_version());
            return 0;
        default: /* for BIND's own use */
            break;
        }
        return TOOL_GOES_ON;
    }
    if (!word[1] || !strchr("bcfkpqtxy", word[1]))
        return dig_refuse(dig, DIG_USAGE, "%s: unknown option (see dobos dig --help)", word);
    const char *value = word + 2;
    if (!*value) {
        if (reading->at == dig->task.operand_count)
            return dig_refuse(dig, DIG_USAGE, "%s: expected a value", word);
        value = dig->task.operands[reading->at++];
    }
    return value_store(reading, word[1], value);
}

/* ---- words ---- */

static int word_read(struct reading *reading, const char *word) {
    struct dig *dig = reading->dig;
    if (strcmp(word, "--json") == 0) {
        dig->task.json = true;
    } else if (strcmp(word, "--explain") == 0) {
        dig->explains = true;
    } else if (strcmp(word, "--help") == 0) {
        dig_help_print(dig->task.context.out);
        return 0;
    } else if (word[0] == '@') {
        reading->lookup->server = word + 1;
        dig->names_server = true;
    } else if (word[0] == '+') {
        return dig_plus_read(dig, reading->lookup, word + 1);
    } else if (word[0] == '-') {
        return dash_read(reading, word);
    } else if (reading->has_fixed_type || !kind_take(reading, word)) {
        lookup_add(reading, word);
    }
    return TOOL_GOES_ON;
}

/* Whether what is asked can be. */
static int lookups_check(struct dig *dig) {
    for (size_t i = 0; i < dig->lookup_count; i++) {
        struct dig_lookup *lookup = &dig->lookups[i];
        if (lookup->type == DNS_AXFR || lookup->type == DNS_IXFR)
            return dig_refuse(dig, DIG_USAGE, "zone transfers are not supported");
        if (lookup->type == DNS_ANY && !lookup->has_tcp)
            lookup->tcp = true;
        lookup->rules.port = dig->port;
    }
    return TOOL_GOES_ON;
}

int dig_arguments_read(struct dig *dig) {
    const unsigned words = dig->task.operand_count;
    int code = TOOL_GOES_ON;
    dig->lookups = calloc(words + 2u, sizeof *dig->lookups);
    if (!dig->lookups)
        return TOOL_EXIT_INTERNAL;
    struct reading reading = {.dig = dig, .defaults = &dig->lookups[words + 1u]};
    reading.lookup = reading.defaults;
    defaults_fill(reading.defaults);
    dig->prints_command = true;
    dig->port = DNS_PORT;
    while (reading.at < words && code == TOOL_GOES_ON)
        code = word_read(&reading, dig->task.operands[reading.at++]);
    if (code == TOOL_GOES_ON && dig->lookup_count == 0) {
        lookup_add(&reading, ".");
        reading.lookup->type = DNS_NS;
    }
    return code == TOOL_GOES_ON ? lookups_check(dig) : code;
}
