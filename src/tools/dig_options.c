/* dig_options: +short and the like, with their abbreviations; see dig.h. */
#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "tools/dig.h"

#define UNKNOWN      (-2) /* not such an option */
#define EDNS_BYTES   1232
#define OPTION_PAIRS 2 /* hex digits of a byte */

/* An option may be cut to its first letters, to `least` of them. */
static bool is_named(const char *option, size_t length, const char *name, size_t least) {
    return length >= least && length <= strlen(name) && strncasecmp(option, name, length) == 0;
}

/* ---- those that are on or off ---- */

struct flag {
    const char *name;
    size_t least; /* letters of it */
    bool *place;  /* NULL: taken, and without effect */
    bool is_opposite;
};

static bool flag_find(const struct flag *flags, size_t count, const char *option, size_t length,
                      bool on) {
    for (size_t i = 0; i < count; i++) {
        if (!is_named(option, length, flags[i].name, flags[i].least))
            continue;
        if (flags[i].place)
            *flags[i].place = on != flags[i].is_opposite;
        return true;
    }
    return false;
}

/* What is shown. */
static bool shown_store(struct dig *dig, struct dig_shown *shown, const char *option, size_t length,
                        bool on) {
    const struct flag flags[] = {
        {"additional", 3, &shown->additional, false}, {"answer", 2, &shown->answer, false},
        {"authority", 2, &shown->authority, false},   {"besteffort", 2, NULL, false},
        {"class", 2, &shown->no_class, true},         {"cmd", 2, &dig->prints_command, false},
        {"comments", 3, &shown->comments, false},     {"identify", 3, &shown->identify, false},
        {"multiline", 2, &shown->multiline, false},   {"qr", 2, &shown->query, false},
        {"question", 2, &shown->question, false},     {"rrcomments", 2, NULL, false},
        {"stats", 2, &shown->stats, false},           {"ttlid", 3, &shown->no_ttl, true},
        {"unknownformat", 3, &shown->unknown, false},
    };
    return flag_find(flags, array_length(flags), option, length, on);
}

/* What is sent, and how. */
static bool sent_store(struct dig_lookup *lookup, const char *option, size_t length, bool on) {
    struct dns_query *form = &lookup->form;
    const struct flag flags[] = {
        {"aaflag", 2, &form->authoritative, false},
        {"aaonly", 2, &form->authoritative, false},
        {"adflag", 2, &form->authentic_data, false},
        {"badcookie", 2, &lookup->retries_cookie, false},
        {"cdflag", 2, &form->checking_disabled, false},
        {"ednsnegotiation", 5, &lookup->negotiates, false},
        {"fail", 2, &lookup->fails, false},
        {"idnin", 4, NULL, false},
        {"idnout", 4, NULL, false},
        {"ignore", 1, &lookup->rules.ignores_truncation, false},
        {"raflag", 2, &form->recursion_available, false},
        {"rdflag", 2, &form->recursion_desired, false},
        {"recurse", 3, &form->recursion_desired, false},
        {"search", 2, &lookup->rules.search, false},
        {"defname", 2, &lookup->rules.search, false},
        {"tcflag", 3, &form->truncated, false},
        {"zflag", 1, &form->zero, false},
    };
    return flag_find(flags, array_length(flags), option, length, on);
}

/* Those that ask for EDNS with it. */
static bool edns_store(struct dig_lookup *lookup, const char *option, size_t length, bool on) {
    bool is_dnssec = false;
    const struct flag flags[] = {
        {"dnssec", 4, &is_dnssec, false},      {"do", 2, &is_dnssec, false},
        {"expire", 4, &lookup->expire, false}, {"keepalive", 5, &lookup->keepalive, false},
        {"nsid", 3, &lookup->nsid, false},
    };
    if (!flag_find(flags, array_length(flags), option, length, on))
        return false;
    if (is_named(option, length, "dnssec", 4) || is_named(option, length, "do", 2))
        lookup->form.edns_flags =
            (uint16_t)((lookup->form.edns_flags & 0x7fff) | (is_dnssec ? 0x8000 : 0));
    lookup->form.has_edns = lookup->form.has_edns || on;
    return true;
}

static void all_store(struct dig *dig, struct dig_shown *shown, bool on) {
    shown->question = shown->authority = shown->answer = shown->additional = on;
    shown->comments = shown->stats = on;
    dig->prints_command = on;
}

static void short_store(struct dig *dig, struct dig_shown *shown, bool on) {
    dig->is_short = on;
    if (!on)
        return;
    all_store(dig, shown, false);
    shown->answer = true;
}

static void trace_store(struct dig_lookup *lookup, bool on) {
    lookup->trace = on;
    if (!on)
        return;
    struct dig_shown *shown = &lookup->shown;
    lookup->form.recursion_desired = false;
    lookup->form.edns_flags |= 0x8000;
    lookup->form.has_edns = lookup->cookie = true;
    lookup->rules.search = false;
    shown->comments = shown->stats = shown->additional = shown->question = false;
    shown->identify = shown->authority = true;
}

/* Those that are more than one field. */
static bool group_store(struct dig *dig, struct dig_lookup *lookup, const char *option,
                        size_t length, bool on) {
    if (is_named(option, length, "all", 2)) {
        all_store(dig, &lookup->shown, on);
    } else if (is_named(option, length, "short", 4)) {
        short_store(dig, &lookup->shown, on);
    } else if (is_named(option, length, "trace", 3)) {
        trace_store(lookup, on);
    } else if (is_named(option, length, "tcp", 3) || is_named(option, length, "vc", 1)) {
        lookup->tcp = on;
        lookup->has_tcp = true;
    } else if (is_named(option, length, "showsearch", 5)) {
        lookup->rules.search = lookup->rules.shows_search = on;
    } else if (is_named(option, length, "ttlunits", 4)) {
        lookup->shown.units = on;
        lookup->shown.no_ttl = false;
    } else if (is_named(option, length, "crypto", 2) || is_named(option, length, "split", 2)) {
        return on; /* without them it cannot be */
    } else {
        return false;
    }
    return true;
}

/* ---- those with a value ---- */

static int not_parsed(struct dig *dig, const char *what) {
    return dig_refuse(dig, DIG_BAD, "Couldn't parse %s", what);
}

/* Hex digits as bytes; false: they are not, or too many. */
static bool hex_read(const char *text, uint8_t *bytes, size_t room, size_t *length) {
    const size_t digits = strlen(text);
    if (digits % OPTION_PAIRS != 0 || digits / OPTION_PAIRS > room ||
        strspn(text, "0123456789abcdefABCDEF") != digits)
        return false;
    *length = digits / OPTION_PAIRS;
    for (size_t i = 0; i < digits; i++) {
        const char c = text[i];
        const unsigned digit = c <= '9' ? (unsigned)(c - '0') : (unsigned)((c | 0x20) - 'a' + 10);
        bytes[i / 2] = (uint8_t)(i % 2 == 0 ? digit << 4 : bytes[i / 2] | digit);
    }
    return true;
}

/* CODE[:HEX] */
static int option_add(struct dig *dig, struct dig_lookup *lookup, const char *value) {
    char code_text[8] = "";
    const char *colon = strchr(value, ':');
    const size_t code_length = colon ? (size_t)(colon - value) : strlen(value);
    uint8_t bytes[DIG_EXTRA];
    size_t length = 0;
    int64_t code;
    if (code_length < sizeof code_text)
        (void)snprintf(code_text, sizeof code_text, "%.*s", (int)code_length, value);
    if (!whole_parse(code_text, 0, UINT16_MAX, &code))
        return dig_refuse(dig, DIG_BAD, "+ednsopt=%s: expected a number from 0 to 65535", value);
    if (colon && !hex_read(colon + 1, bytes, sizeof bytes, &length))
        return dig_refuse(dig, DIG_BAD, "+ednsopt=%s: expected at most %d bytes in hex digits",
                          value, DIG_EXTRA);
    if (!dns_query_option(&lookup->form, (uint16_t)code, bytes, length))
        return dig_refuse(dig, DIG_BAD, "+ednsopt=%s: too many options", value);
    lookup->form.has_edns = true;
    return TOOL_GOES_ON;
}

/* ADDRESS[/LENGTH]; 0 stands for 0.0.0.0/0 */
static int subnet_store(struct dig *dig, struct dig_lookup *lookup, const char *value) {
    const char *slash = strchr(value, '/');
    const bool is_ipv6 = strchr(value, ':') != NULL;
    const int64_t most = is_ipv6 ? 128 : 32;
    const size_t length = slash ? (size_t)(slash - value) : strlen(value);
    char address[INET6_ADDRSTRLEN] = "";
    int64_t bits = most;
    if (length < sizeof address)
        (void)snprintf(address, sizeof address, "%.*s", (int)length, value);
    if (strcmp(value, "0") == 0) {
        (void)snprintf(address, sizeof address, "0.0.0.0");
        bits = 0;
    }
    if (inet_pton(is_ipv6 ? AF_INET6 : AF_INET, address, lookup->subnet) != 1 ||
        (slash && !whole_parse(slash + 1, 0, most, &bits)))
        return dig_refuse(dig, DIG_USAGE, "+subnet=%s: expected an address, and a length behind /",
                          value);
    lookup->subnet_is_ipv6 = is_ipv6;
    lookup->subnet_length = (uint8_t)bits;
    lookup->has_subnet = lookup->form.has_edns = true;
    return TOOL_GOES_ON;
}

static int cookie_store(struct dig *dig, struct dig_lookup *lookup, const char *value) {
    lookup->cookie = lookup->form.has_edns = true;
    lookup->cookie_length = 0;
    if (value &&
        !hex_read(value, lookup->cookie_bytes, sizeof lookup->cookie_bytes, &lookup->cookie_length))
        return dig_refuse(dig, DIG_BAD, "+cookie=%s: expected at most %d bytes in hex digits",
                          value, DIG_EXTRA);
    return TOOL_GOES_ON;
}

/* Those whose value may be left out. */
static int perhaps_store(struct dig *dig, struct dig_lookup *lookup, const char *option,
                         size_t length, const char *value, bool on) {
    struct dns_query *form = &lookup->form;
    uint32_t number = EDNS_BYTES;
    if (is_named(option, length, "bufsize", 2) && on) {
        if (value && !dig_number_read(dig, value, "buffer size", UINT16_MAX, &number))
            return not_parsed(dig, "buffer size");
        form->edns_bytes = (uint16_t)number;
        form->has_edns = true;
    } else if (is_named(option, length, "edns", 4)) {
        number = 0;
        if (on && value && !dig_number_read(dig, value, "edns", UINT8_MAX, &number))
            return not_parsed(dig, "edns");
        form->has_edns = on;
        form->edns_version = (uint8_t)number;
    } else if (is_named(option, length, "ednsflags", 5)) {
        number = 0;
        if (on && value && !dig_number_read(dig, value, "ednsflags", UINT16_MAX, &number))
            return not_parsed(dig, "ednsflags");
        form->edns_flags = (uint16_t)((form->edns_flags & 0x8000) | (number & 0x7fff));
        form->has_edns = form->has_edns || on;
    } else if (is_named(option, length, "cookie", 3)) {
        if (on)
            return cookie_store(dig, lookup, value);
        lookup->cookie = false;
    } else if (is_named(option, length, "ednsopt", 5)) {
        if (on)
            return value ? option_add(dig, lookup, value)
                         : dig_refuse(dig, DIG_BAD, "ednsopt no code point specified");
        form->options_length = 0;
    } else if (is_named(option, length, "subnet", 2) && (value || !on)) {
        if (on)
            return subnet_store(dig, lookup, value);
        lookup->has_subnet = false;
    } else if (is_named(option, length, "qid", 2) && (value || !on)) {
        if (on && !dig_number_read(dig, value, "qid", UINT16_MAX, &number))
            return not_parsed(dig, "qid");
        lookup->has_id = on;
        lookup->id = (uint16_t)number;
    } else {
        return UNKNOWN;
    }
    return TOOL_GOES_ON;
}

/* Those that must have one. */
static int value_store(struct dig *dig, struct dig_lookup *lookup, const char *option,
                       size_t length, const char *value) {
    uint32_t number;
    if (is_named(option, length, "timeout", 2)) {
        if (!dig_number_read(dig, value, "timeout", UINT16_MAX, &number))
            return not_parsed(dig, "timeout");
        lookup->rules.timeout_s = number == 0 ? 1 : number;
    } else if (is_named(option, length, "tries", 3)) {
        if (!dig_number_read(dig, value, "tries", UINT32_MAX, &number))
            return not_parsed(dig, "tries");
        lookup->tries = number == 0 ? 1 : number;
    } else if (is_named(option, length, "retry", 3)) {
        if (!dig_number_read(dig, value, "retries", UINT32_MAX - 1, &number))
            return not_parsed(dig, "retries");
        lookup->tries = number + 1;
    } else if (is_named(option, length, "ndots", 2)) {
        if (!dig_number_read(dig, value, "ndots", UINT16_MAX, &number))
            return not_parsed(dig, "ndots");
        lookup->rules.ndots = number;
    } else if (is_named(option, length, "domain", 2)) {
        lookup->rules.domain = value;
        lookup->rules.search = true;
    } else {
        return UNKNOWN;
    }
    return TOOL_GOES_ON;
}

static bool wants_value(const char *option, size_t length) {
    return is_named(option, length, "timeout", 2) || is_named(option, length, "tries", 3) ||
           is_named(option, length, "retry", 3) || is_named(option, length, "ndots", 2);
}

/* What BIND's has and this one has not, and why. */
static const char *missing_reason(const char *option, size_t length) {
    static const struct {
        const char *name, *reason;
    } missing[] = {
        {"coflag", "that flag is not supported"},
        {"crypto", "data are always shown whole"},
        {"dns64prefix", "DNS64 is not supported"},
        {"expandaaaa", "addresses are always shown short"},
        {"header-only", "queries have one question"},
        {"https", "DNS over HTTPS is not supported"},
        {"https-get", "DNS over HTTPS is not supported"},
        {"https-post", "DNS over HTTPS is not supported"},
        {"http-plain", "DNS over HTTP is not supported"},
        {"http-plain-get", "DNS over HTTP is not supported"},
        {"http-plain-post", "DNS over HTTP is not supported"},
        {"keepopen", "each question has its own connection"},
        {"nssearch", "ask each server: dobos dig @SERVER NAME SOA"},
        {"onesoa", "zone transfers are not supported"},
        {"opcode", "only queries are sent"},
        {"padding", "padding is not supported"},
        {"showbadcookie", "that answer is not shown"},
        {"split", "long data are always split as BIND does without it"},
        {"tls", "DNS over TLS is not supported"},
        {"tls-ca", "DNS over TLS is not supported"},
        {"tls-certfile", "DNS over TLS is not supported"},
        {"tls-hostname", "DNS over TLS is not supported"},
        {"tls-keyfile", "DNS over TLS is not supported"},
        {"yaml", "expected --json"},
    };
    for (size_t i = 0; i < array_length(missing); i++) {
        if (is_named(option, length, missing[i].name, length < 3 ? 99 : 3))
            return missing[i].reason;
    }
    return NULL;
}

int dig_plus_read(struct dig *dig, struct dig_lookup *lookup, const char *option) {
    const bool on = strncasecmp(option, "no", 2) != 0;
    const char *name = on ? option : option + 2;
    const char *equals = strchr(name, '=');
    const size_t length = equals ? (size_t)(equals - name) : strlen(name);
    int code = perhaps_store(dig, lookup, name, length, equals ? equals + 1 : NULL, on);
    if (code == UNKNOWN && equals && on)
        code = value_store(dig, lookup, name, length, equals + 1);
    if (code != UNKNOWN)
        return code;
    if (shown_store(dig, &lookup->shown, name, length, on) ||
        sent_store(lookup, name, length, on) || edns_store(lookup, name, length, on) ||
        group_store(dig, lookup, name, length, on))
        return TOOL_GOES_ON;
    if (!equals && on && wants_value(name, length))
        return dig_refuse(dig, DIG_USAGE, "+%s: expected a value, as in +%s=1", option, option);
    const char *reason = missing_reason(name, length);
    if (reason && !on)
        return TOOL_GOES_ON;
    if (reason)
        return dig_refuse(dig, DIG_USAGE, "+%s: %s", option, reason);
    return dig_refuse(dig, DIG_USAGE, "+%s: unknown option (see dobos dig --help)", option);
}
