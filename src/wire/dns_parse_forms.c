/*
 * dns_parse_forms: the forms of text that are languages of their own: locations (RFC 1876), service
 * parameters (RFC 9460) and prefixes of addresses (RFC 3123); see dns_parse.h.
 */
#include "base/memory.h"
#include "wire/dns_codes.h"
#include "wire/dns_parse.h"

/* ---- locations ---- */

/* Digits, and behind a point at most `places` more; the number times 10^places. */
static bool fixed_read(struct slice text, unsigned places, uint64_t most, uint64_t *number) {
    uint64_t value = 0;
    size_t at = 0;
    unsigned behind = 0;
    for (; at < text.length && text.bytes[at] != '.'; at++) {
        if (text.bytes[at] < '0' || text.bytes[at] > '9' || value > most)
            return false;
        value = value * 10 + (uint64_t)(text.bytes[at] - '0');
    }
    if (at == 0)
        return false;
    if (at < text.length)
        at++;
    for (; at < text.length && behind < places; at++, behind++) {
        if (text.bytes[at] < '0' || text.bytes[at] > '9' || value > most)
            return false;
        value = value * 10 + (uint64_t)(text.bytes[at] - '0');
    }
    for (; behind < places; behind++)
        value *= 10;
    *number = value;
    return at == text.length && value <= most;
}

/* Degrees, minutes, seconds, of which the latter may be left out, then one of two letters. */
static bool angle_parse(struct dns_parse *parse, uint32_t most, const char *positive,
                        const char *negative) {
    static const uint32_t units[] = {3600000, 60000, 1000};
    uint64_t sum = 0, value;
    for (unsigned i = 0; i <= 3; i++) {
        if (!dns_parse_plain_word(parse))
            return false;
        bool is_negative = dns_token_is(&parse->token, negative);
        if (i > 0 && (is_negative || dns_token_is(&parse->token, positive))) {
            writer_be32(parse->w,
                        is_negative ? 0x80000000u - (uint32_t)sum : 0x80000000u + (uint32_t)sum);
            return sum <= (uint64_t)most * 3600000;
        }
        if (i == 3 || !fixed_read(parse->token.text, i == 2 ? 3 : 0,
                                  i == 0   ? most
                                  : i == 1 ? 59
                                           : 59999,
                                  &value))
            return false;
        sum += i == 2 ? value : value * units[i];
    }
    return false;
}

/* Metres with at most two places, and perhaps an m behind them, in centimetres. */
static bool metres_read(struct slice text, uint64_t most, uint64_t *centimetres) {
    if (text.length > 0 && (text.bytes[text.length - 1] | 32) == 'm')
        text.length--;
    return fixed_read(text, 2, most, centimetres);
}

static bool altitude_parse(struct dns_parse *parse) {
    uint64_t value = 0;
    if (!dns_parse_plain_word(parse))
        return false;
    struct slice text = parse->token.text;
    bool is_negative = text.length > 0 && text.bytes[0] == '-';
    if (is_negative) {
        text.bytes++;
        text.length--;
    }
    bool is_good = metres_read(text, is_negative ? 10000000 : UINT32_MAX - 10000000, &value);
    writer_be32(parse->w, is_negative ? 10000000u - (uint32_t)value : 10000000u + (uint32_t)value);
    return is_good;
}

/* As a digit and a power of ten: what is behind the first digit is dropped. */
static bool distance_read(struct slice text, uint8_t *distance) {
    uint64_t value;
    unsigned power = 0;
    if (!metres_read(text, 9000000000u, &value))
        return false;
    for (; value >= 10; power++)
        value /= 10;
    *distance = (uint8_t)(value << 4 | power);
    return true;
}

const char *dns_location_parse(struct dns_parse *parse) {
    uint8_t *sizes;
    writer_u8(parse->w, 0);
    sizes = writer_take(parse->w, 3);
    if (!angle_parse(parse, 90, "N", "S"))
        return "expected a latitude: degrees, minutes, seconds, then N or S";
    if (!angle_parse(parse, 180, "E", "W"))
        return "expected a longitude: degrees, minutes, seconds, then E or W";
    if (!altitude_parse(parse))
        return "expected an altitude in metres";
    uint8_t given[] = {0x12, 0x16, 0x13}; /* 1 m, 10 km, 10 m (RFC 1876 §3) */
    for (size_t i = 0; i < sizeof(given) && dns_parse_word(parse); i++) {
        if (parse->token.is_quoted || !distance_read(parse->token.text, &given[i]))
            return "expected a size or precision in metres";
    }
    if (sizes)
        memcpy(sizes, given, sizeof(given));
    return NULL;
}

/* ---- service parameters ---- */

/* One parameter of the text. */
struct parameter {
    uint16_t key;      /* on the wire */
    struct slice text; /* of its value, without quotes */
    bool has_value;    /* there is a = */
};

/* The next item of a list with commas, in which \, is a comma and \\ a backslash, all of it written
 * as a string (RFC 9460 appendix A.1). False: malformed. */
static bool item_parse(struct slice text, size_t *at, struct writer *w) {
    uint8_t byte;
    while (*at < text.length) {
        bool is_raw = text.bytes[*at] != '\\';
        if (!dns_token_byte(text, at, &byte))
            return false;
        if (is_raw && byte == ',')
            return true;
        if (byte == '\\' && !dns_token_byte(text, at, &byte))
            return false;
        writer_u8(w, byte);
    }
    return true;
}

static const char *protocols_parse(struct slice text, struct writer *w) {
    size_t at = 0;
    bool has_more = true;
    while (has_more) {
        size_t mark = w->position, begin = at;
        writer_u8(w, 0);
        if (!item_parse(text, &at, w))
            return "expected protocols with commas between them";
        size_t length = w->failed ? 1 : w->position - mark - 1;
        if (length < 1 || length > UINT8_MAX)
            return "expected protocols of 1 to 255 bytes";
        if (!w->failed)
            w->bytes[mark] = (uint8_t)length;
        has_more = at < text.length || (at > begin && text.bytes[at - 1] == ',' &&
                                        (at < 2 || text.bytes[at - 2] != '\\'));
    }
    return NULL;
}

/* The item before the next comma. */
static struct slice item_of(struct slice text, size_t *at) {
    size_t begin = *at;
    while (*at < text.length && text.bytes[*at] != ',')
        ++*at;
    return (struct slice){text.bytes + begin, *at - begin};
}

static const char *addresses_parse(struct slice text, bool are_ipv6, struct writer *w) {
    for (size_t at = 0;; at++) {
        uint8_t bytes[16];
        struct slice item = item_of(text, &at);
        if (!(are_ipv6 ? dns_ipv6_from_slice(item, bytes) : dns_ipv4_from_slice(item, bytes)))
            return are_ipv6 ? "expected IPv6 addresses with commas between them"
                            : "expected IPv4 addresses with commas between them";
        writer_bytes(w, bytes, are_ipv6 ? 16 : 4);
        if (at == text.length)
            return NULL;
    }
}

/* Keys in any order; on the wire they are in order, and none stands twice. */
static const char *mandatory_parse(struct slice text, struct writer *w) {
    uint16_t keys[DNS_PARAMETERS_MAX];
    size_t count = 0;
    for (size_t at = 0;; at++) {
        struct slice item = item_of(text, &at);
        uint16_t key;
        if (count == DNS_PARAMETERS_MAX || !dns_parameter_from_slice(item, &key) || key == 0)
            return "expected keys with commas between them";
        size_t place = count++;
        for (; place > 0 && keys[place - 1] > key; place--)
            keys[place] = keys[place - 1];
        if (place > 0 && keys[place - 1] == key)
            return "a key stands twice here";
        keys[place] = key;
        if (at == text.length)
            break;
    }
    for (size_t i = 0; i < count; i++)
        writer_be16(w, keys[i]);
    return NULL;
}

static const char *port_parse(struct slice text, struct writer *w) {
    struct dns_token token = {.text = text, .kind = DNS_TOKEN_WORD};
    uint32_t port;
    if (!dns_token_number(&token, UINT16_MAX, &port))
        return "expected a port from 0 to 65535";
    writer_be16(w, (uint16_t)port);
    return NULL;
}

static const char *bytes_parse(struct slice text, struct writer *w) {
    size_t at = 0;
    uint8_t byte;
    while (dns_token_byte(text, &at, &byte))
        writer_u8(w, byte);
    return at == text.length ? NULL
                             : "expected a text, whose escapes are \\ and a character or "
                               "three digits to 255";
}

static const char *value_parse(const struct parameter *parameter, struct writer *w) {
    switch (parameter->key) {
    case DNS_PARAMETER_MANDATORY:
        return mandatory_parse(parameter->text, w);
    case DNS_PARAMETER_ALPN:
        return protocols_parse(parameter->text, w);
    case DNS_PARAMETER_NO_DEFAULT_ALPN:
        return parameter->has_value ? "expected no value of no-default-alpn" : NULL;
    case DNS_PARAMETER_PORT:
        return port_parse(parameter->text, w);
    case DNS_PARAMETER_IPV4HINT:
    case DNS_PARAMETER_IPV6HINT:
        return addresses_parse(parameter->text, parameter->key == DNS_PARAMETER_IPV6HINT, w);
    case DNS_PARAMETER_ECH:
        return dns_base64_word(parameter->text, w) ? NULL : "expected base 64";
    default:
        return bytes_parse(parameter->text, w);
    }
}

/* key, key=value or key="value". */
static bool parameter_read(const struct dns_token *token, struct parameter *parameter) {
    struct slice text = token->text, key = text;
    size_t at = 0;
    while (at < text.length && text.bytes[at] != '=')
        at++;
    key.length = at;
    *parameter = (struct parameter){.has_value = at < text.length};
    if (parameter->has_value) {
        size_t begin = at + 1, end = text.length;
        bool is_quoted = token->has_value && begin < end && text.bytes[begin] == '"';
        if (token->has_value && !is_quoted)
            return false;
        parameter->text = (struct slice){text.bytes + begin + is_quoted, end - begin};
        parameter->text.length -= is_quoted ? 2 : 0;
    } else {
        parameter->text = (struct slice){text.bytes, 0};
    }
    return !token->is_quoted && dns_parameter_from_slice(key, &parameter->key);
}

/* Any order in the text; on the wire the keys are in order (RFC 9460 §2.1, §2.2). */
const char *dns_parameters_parse(struct dns_parse *parse) {
    struct parameter parameters[DNS_PARAMETERS_MAX];
    size_t count = 0;
    while (dns_parse_word(parse)) {
        struct parameter read;
        if (!parameter_read(&parse->token, &read))
            return "expected a parameter: key=value, where the key is a name or key and a number";
        if (count == DNS_PARAMETERS_MAX)
            return "there are more than 64 parameters";
        size_t place = count++;
        for (; place > 0 && parameters[place - 1].key > read.key; place--)
            parameters[place] = parameters[place - 1];
        if (place > 0 && parameters[place - 1].key == read.key)
            return "this key stands here twice";
        parameters[place] = read;
        /* Told at its own word: what is written is taken back. */
        struct writer trial = *parse->w;
        const char *reason = value_parse(&read, &trial);
        if (reason)
            return reason;
    }
    for (size_t i = 0; i < count; i++) {
        writer_be16(parse->w, parameters[i].key);
        writer_be16(parse->w, 0);
        size_t mark = parse->w->position;
        (void)value_parse(&parameters[i], parse->w);
        size_t length = parse->w->position - mark;
        if (length > UINT16_MAX)
            parse->w->failed = true;
        if (!parse->w->failed)
            store_be16(parse->w->bytes + mark - 2, (uint16_t)length);
    }
    return NULL;
}

/* ---- prefixes of addresses ---- */

static bool prefix_parse(struct slice text, struct writer *w) {
    bool is_negated = text.length > 0 && text.bytes[0] == '!';
    text.bytes += is_negated;
    text.length -= is_negated;
    if (text.length < 3 || (text.bytes[0] != '1' && text.bytes[0] != '2') || text.bytes[1] != ':')
        return false;
    bool is_ipv6 = text.bytes[0] == '2';
    size_t slash = 2;
    while (slash < text.length && text.bytes[slash] != '/')
        slash++;
    if (slash == text.length)
        return false;
    struct slice address = {text.bytes + 2, slash - 2};
    struct dns_token rest = {.text = {text.bytes + slash + 1, text.length - slash - 1},
                             .kind = DNS_TOKEN_WORD};
    uint8_t bytes[16];
    uint32_t bits;
    if (!(is_ipv6 ? dns_ipv6_from_slice(address, bytes) : dns_ipv4_from_slice(address, bytes)) ||
        !dns_token_number(&rest, is_ipv6 ? 128 : 32, &bits))
        return false;
    size_t length = is_ipv6 ? 16 : 4;
    while (length > 0 && bytes[length - 1] == 0)
        length--;
    writer_be16(w, is_ipv6 ? 2 : 1);
    writer_u8(w, (uint8_t)bits);
    writer_u8(w, (uint8_t)(length | (is_negated ? 0x80 : 0)));
    writer_bytes(w, bytes, length);
    return true;
}

const char *dns_prefixes_parse(struct dns_parse *parse) {
    while (dns_parse_word(parse)) {
        if (parse->token.is_quoted || !prefix_parse(parse->token.text, parse->w))
            return "expected prefixes, as 1:192.0.2.0/24 or !2:2001:db8::/32";
    }
    return NULL;
}
