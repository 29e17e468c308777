/*
 * address_parse: strict reading of addresses, prefixes, netmasks and link addresses, with a reason
 * for each refusal.
 *
 * Strict, because the loose forms of old (one to three parts, octal, hex) are read differently by
 * different programs, and who checks one reading and uses another has a hole (RFC 6943 §3.1.1).
 * IPv6 is recognized (RFC 4291 §2.2, without a zone) so that its refusal can say the true reason.
 */
#include <dobos/address.h>
#include <dobos/errors.h>

#include "base/bytes.h"
#include "base/prefix.h"

/* A piece of the text. */
struct span {
    const char *begin; /* first character */
    const char *end;   /* behind the last */
};

static int refuse(const char **reason, int error, const char *why) {
    if (reason)
        *reason = why;
    return -error;
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static int hex_value(char c) {
    if (is_digit(c))
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static size_t count_of(struct span text, char wanted) {
    size_t count = 0;
    for (const char *at = text.begin; at < text.end; at++)
        count += *at == wanted;
    return count;
}

/* The piece before the next `separator`, and passes over both. */
static struct span next_part(struct span *text, char separator) {
    struct span part = {text->begin, text->begin};
    while (part.end < text->end && *part.end != separator)
        part.end++;
    text->begin = part.end < text->end ? part.end + 1 : part.end;
    return part;
}

enum number_fault {
    NUMBER_GOOD,
    NUMBER_EMPTY,
    NUMBER_LEADING_ZERO,
    NUMBER_TOO_LARGE,
    NUMBER_FAULTS,
};

/* A decimal number of digits only, as everything here writes it. The span holds nothing but digits.
 */
static enum number_fault parse_number(struct span text, unsigned most, uint8_t *number) {
    if (text.begin == text.end)
        return NUMBER_EMPTY;
    if (*text.begin == '0' && text.end - text.begin > 1)
        return NUMBER_LEADING_ZERO;
    unsigned value = 0;
    for (const char *at = text.begin; at < text.end; at++) {
        value = value * 10 + (unsigned)(*at - '0');
        if (value > most)
            return NUMBER_TOO_LARGE;
    }
    *number = (uint8_t)value;
    return NUMBER_GOOD;
}

/* NULL when the text is an IPv4 address, else the reason why not. */
static const char *parse_ipv4(struct span text, uint32_t *number) {
    static const char *const counts[] = {"has 1 part, not 4", "has 2 parts, not 4",
                                         "has 3 parts, not 4"};
    static const char *const faults[NUMBER_FAULTS][4] = {
        [NUMBER_EMPTY] = {"part 1 is empty", "part 2 is empty", "part 3 is empty",
                          "part 4 is empty"},
        [NUMBER_LEADING_ZERO] = {"part 1 has a leading zero", "part 2 has a leading zero",
                                 "part 3 has a leading zero", "part 4 has a leading zero"},
        [NUMBER_TOO_LARGE] = {"part 1 is more than 255", "part 2 is more than 255",
                              "part 3 is more than 255", "part 4 is more than 255"},
    };
    if (text.begin == text.end)
        return "is empty";
    for (const char *at = text.begin; at < text.end; at++)
        if (!is_digit(*at) && *at != '.')
            return "has a character that is neither a digit nor a dot";
    size_t dots = count_of(text, '.');
    if (dots != 3)
        return dots > 3 ? "has more than 4 parts" : counts[dots];
    uint32_t value = 0;
    for (int i = 0; i < 4; i++) {
        uint8_t part = 0;
        enum number_fault fault = parse_number(next_part(&text, '.'), 255, &part);
        if (fault != NUMBER_GOOD)
            return faults[fault][i];
        value = value << 8 | part;
    }
    *number = value;
    return NULL;
}

static bool is_hex_group(struct span part) {
    for (const char *at = part.begin; at < part.end; at++)
        if (hex_value(*at) < 0)
            return false;
    return part.end - part.begin >= 1 && part.end - part.begin <= 4;
}

/* Counts the groups of `a:b:c`, of which the last may be IPv4 (two groups) where allowed; −1 when
 * it is malformed. */
static int count_groups(struct span text, bool may_end_ipv4) {
    int groups = 0;
    if (text.begin == text.end)
        return 0;
    for (size_t left = count_of(text, ':') + 1; left > 0; left--) {
        struct span part = next_part(&text, ':');
        uint32_t ignored;
        if (is_hex_group(part))
            groups++;
        else if (left == 1 && may_end_ipv4 && !parse_ipv4(part, &ignored))
            groups += 2;
        else
            return -1;
        if (groups > 8)
            return -1;
    }
    return groups;
}

static bool is_ipv6(struct span text) {
    for (const char *at = text.begin; at + 1 < text.end; at++) {
        if (at[0] != ':' || at[1] != ':')
            continue;
        int before = count_groups((struct span){text.begin, at}, false);
        int behind = count_groups((struct span){at + 2, text.end}, true);
        return before >= 0 && behind >= 0 && before + behind <= 7;
    }
    return count_groups(text, true) == 8;
}

static struct span span_of(const char *text) {
    return (struct span){text, text + text_length(text)};
}

int dobos_address_parse(const char *text, struct dobos_address *address, const char **reason) {
    struct span span = span_of(text);
    if (count_of(span, ':') > 0) {
        if (is_ipv6(span))
            return refuse(reason, DOBOS_EAFNOSUPPORT, "IPv6 is not supported yet");
        return refuse(reason, DOBOS_EINVAL, "is neither an IPv4 nor an IPv6 address");
    }
    uint32_t number;
    const char *why = parse_ipv4(span, &number);
    if (why)
        return refuse(reason, DOBOS_EINVAL, why);
    *address = dobos_address_ipv4(number);
    return 0;
}

/* The length behind the slash: NULL, or why it is none. */
static const char *parse_length(struct span text, bool ipv6, uint8_t *length) {
    static const char *const faults[NUMBER_FAULTS] = {
        [NUMBER_EMPTY] = "has no length behind its slash",
        [NUMBER_LEADING_ZERO] = "has a length with a leading zero",
        [NUMBER_TOO_LARGE] = "has a length of more than 32",
    };
    for (const char *at = text.begin; at < text.end; at++)
        if (!is_digit(*at))
            return "has a length that is not a number";
    enum number_fault fault = parse_number(text, ipv6 ? 128 : 32, length);
    if (fault == NUMBER_TOO_LARGE && ipv6)
        return "has a length of more than 128";
    return fault == NUMBER_GOOD ? NULL : faults[fault];
}

int dobos_prefix_parse(const char *text, struct dobos_prefix *prefix, const char **reason) {
    struct span length = span_of(text);
    struct span address = next_part(&length, '/');
    bool ipv6 = is_ipv6(address);
    uint32_t number = 0;
    const char *why = ipv6 ? NULL : parse_ipv4(address, &number);
    if (!why && *address.end == '\0')
        why = "has no slash with a length behind it";
    uint8_t bits = 0;
    if (!why)
        why = parse_length(length, ipv6, &bits);
    if (why)
        return refuse(reason, DOBOS_EINVAL, why);
    if (ipv6)
        return refuse(reason, DOBOS_EAFNOSUPPORT, "IPv6 is not supported yet");
    *prefix = (struct dobos_prefix){.address = dobos_address_ipv4(number), .length = bits};
    return 0;
}

int dobos_mac_parse(const char *text, struct dobos_mac *mac, const char **reason) {
    struct span rest = span_of(text);
    size_t colons = count_of(rest, ':');
    if (colons != 5)
        return refuse(reason, DOBOS_EINVAL,
                      colons < 5 ? "has fewer than 6 parts" : "has more than 6 parts");
    struct dobos_mac parsed;
    for (int i = 0; i < 6; i++) {
        struct span part = next_part(&rest, ':');
        if (part.end - part.begin != 2)
            return refuse(reason, DOBOS_EINVAL, "has a part that is not two hex digits");
        int high = hex_value(part.begin[0]);
        int low = hex_value(part.begin[1]);
        if (high < 0 || low < 0)
            return refuse(reason, DOBOS_EINVAL, "has a part that is not two hex digits");
        parsed.bytes[i] = (uint8_t)(high << 4 | low);
    }
    *mac = parsed;
    return 0;
}

int dobos_netmask_parse(const char *text, uint8_t *prefix_length, const char **reason) {
    uint32_t mask = 0;
    const char *why = parse_ipv4(span_of(text), &mask);
    if (why)
        return refuse(reason, DOBOS_EINVAL, why);
    uint8_t length = 0;
    while (length < 32 && mask >> (31 - length) & 1)
        length++;
    if (mask != ipv4_mask(length))
        return refuse(reason, DOBOS_EINVAL, "has a one bit behind a zero bit");
    *prefix_length = length;
    return 0;
}
