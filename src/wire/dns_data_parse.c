/*
 * dns_data_parse: data from the words of a zone file, see dns_data_text.h. Every reader of a field
 * takes words, writes bytes, and returns NULL or what it expected; the fault is put at the word
 * that was taken last. The form of each type is what its RFC says and dns_data_format writes.
 */
#include "base/memory.h"
#include "wire/dns_codes.h"
#include "wire/dns_data_text.h"
#include "wire/dns_parse.h"

/* ---- words ---- */

bool dns_parse_word(struct dns_parse *parse) {
    if (dns_token_next(parse->tokens, &parse->token) == DNS_TOKEN_WORD) {
        parse->words++;
        return true;
    }
    dns_token_return(parse->tokens, &parse->token);
    return false;
}

bool dns_parse_plain_word(struct dns_parse *parse) {
    return dns_parse_word(parse) && !parse->token.is_quoted && !parse->token.has_value;
}

/* ---- numbers ---- */

static const char *number_parse(struct dns_parse *parse, unsigned bytes) {
    static const char *const expected[] = {
        [1] = "expected a number from 0 to 255",
        [2] = "expected a number from 0 to 65535",
        [4] = "expected a number from 0 to 4294967295",
    };
    uint32_t most = bytes == 4 ? UINT32_MAX : ((uint32_t)1 << bytes * 8) - 1, number;
    if (!dns_parse_word(parse) || !dns_token_number(&parse->token, most, &number))
        return expected[bytes];
    if (bytes == 1)
        writer_u8(parse->w, (uint8_t)number);
    else if (bytes == 2)
        writer_be16(parse->w, (uint16_t)number);
    else
        writer_be32(parse->w, number);
    return NULL;
}

static const char *period_parse(struct dns_parse *parse) {
    uint32_t seconds;
    if (!dns_parse_word(parse) || (!dns_token_number(&parse->token, UINT32_MAX, &seconds) &&
                                   !dns_token_ttl(&parse->token, &seconds)))
        return "expected a time: seconds, or as 1h30m";
    writer_be32(parse->w, seconds);
    return NULL;
}

/* Digits of the word from `at` on as a number. */
static uint32_t digits_at(const struct dns_token *token, size_t at, size_t count) {
    uint32_t value = 0;
    for (size_t i = 0; i < count; i++)
        value = value * 10 + (uint32_t)(token->text.bytes[at + i] - '0');
    return value;
}

/* Days from 1970 to the first of a month (counted from March, so that leap days come last). */
static uint32_t days_before(uint32_t year, uint32_t month) {
    uint32_t from_march = month > 2 ? month - 3 : month + 9;
    year -= month <= 2;
    return year * 365 + year / 4 - year / 100 + year / 400 + (153 * from_march + 2) / 5 - 719468;
}

static bool calendar_read(const struct dns_token *token, uint32_t *seconds) {
    uint32_t year = digits_at(token, 0, 4), month = digits_at(token, 4, 2);
    uint32_t day = digits_at(token, 6, 2), hour = digits_at(token, 8, 2);
    uint32_t minute = digits_at(token, 10, 2), second = digits_at(token, 12, 2);
    if (year < 1970 || year > 2106 || month < 1 || month > 12 || day < 1 || hour > 23 ||
        minute > 59 || second > 59)
        return false;
    uint32_t first = days_before(year, month);
    uint32_t next = days_before(month == 12 ? year + 1 : year, month == 12 ? 1 : month + 1);
    uint64_t sum = (uint64_t)(first + day - 1) * 86400 + hour * 3600 + minute * 60 + second;
    *seconds = (uint32_t)sum;
    return day <= next - first && sum <= UINT32_MAX;
}

/* A date, or seconds since 1970 of at most ten digits (RFC 4034 §3.2). */
static const char *time_parse(struct dns_parse *parse) {
    uint32_t seconds = 0;
    bool is_good = dns_parse_plain_word(parse);
    if (is_good && parse->token.text.length == 14) {
        for (size_t i = 0; i < 14; i++)
            is_good =
                is_good && parse->token.text.bytes[i] >= '0' && parse->token.text.bytes[i] <= '9';
        is_good = is_good && calendar_read(&parse->token, &seconds);
    } else if (is_good) {
        is_good = dns_token_number(&parse->token, UINT32_MAX, &seconds);
    }
    writer_be32(parse->w, seconds);
    return is_good ? NULL : "expected a time: as 20260131235959, or seconds since 1970";
}

static const char *type_parse(struct dns_parse *parse) {
    uint16_t type = 0;
    bool is_good = dns_parse_plain_word(parse) && dns_type_from_slice(parse->token.text, &type);
    writer_be16(parse->w, type);
    return is_good ? NULL : "expected the name of a type";
}

static const char *algorithm_parse(struct dns_parse *parse) {
    uint16_t code = 0;
    uint32_t number = 0;
    bool is_good = dns_parse_plain_word(parse);
    if (is_good && !dns_algorithm_from_slice(parse->token.text, &code))
        is_good = dns_token_number(&parse->token, UINT8_MAX, &number);
    writer_u8(parse->w, (uint8_t)(code | number));
    return is_good ? NULL : "expected an algorithm: a number from 0 to 255 or a name";
}

static const char *certificate_parse(struct dns_parse *parse) {
    uint16_t code = 0;
    uint32_t number = 0;
    bool is_good = dns_parse_plain_word(parse);
    if (is_good && !dns_certificate_from_slice(parse->token.text, &code))
        is_good = dns_token_number(&parse->token, UINT16_MAX, &number);
    writer_be16(parse->w, (uint16_t)(code | number));
    return is_good ? NULL : "expected a kind of certificate: a number from 0 to 65535 or a name";
}

/* ---- names, strings ---- */

static const char *name_parse(struct dns_parse *parse) {
    struct dns_name name;
    if (!dns_parse_plain_word(parse))
        return "expected a name";
    const char *reason = dns_token_name(&parse->token, parse->origin, &name);
    if (!reason)
        writer_bytes(parse->w, name.bytes, name.length);
    return reason;
}

/* The word's bytes; with their number in front when there may be 255 at most. [rfc1035#17] */
static const char *string_emit(struct dns_parse *parse, bool is_counted) {
    size_t mark = parse->w->position, at = 0;
    uint8_t byte;
    if (parse->token.has_value)
        return "expected white space before the quote";
    if (is_counted)
        writer_u8(parse->w, 0);
    while (dns_token_byte(parse->token.text, &at, &byte))
        writer_u8(parse->w, byte);
    if (at < parse->token.text.length)
        return "expected a text, whose escapes are \\ and a character or three digits to 255";
    size_t length = parse->w->position - mark;
    if (is_counted && length > 1 + UINT8_MAX)
        return "expected a text of at most 255 bytes";
    if (is_counted && !parse->w->failed)
        parse->w->bytes[mark] = (uint8_t)(length - 1);
    return NULL;
}

static const char *string_parse(struct dns_parse *parse) {
    if (!dns_parse_word(parse))
        return "expected a text, in quotes where it has spaces";
    return string_emit(parse, true);
}

static const char *strings_parse(struct dns_parse *parse) {
    const char *reason = string_parse(parse);
    while (!reason && dns_parse_word(parse))
        reason = string_emit(parse, true);
    return reason;
}

static const char *tag_parse(struct dns_parse *parse) {
    bool is_good = dns_parse_plain_word(parse) && parse->token.text.length <= UINT8_MAX;
    for (size_t i = 0; is_good && i < parse->token.text.length; i++) {
        uint8_t c = parse->token.text.bytes[i];
        is_good = (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
    }
    if (!is_good)
        return "expected a tag of letters and digits";
    return string_emit(parse, true);
}

static const char *text_parse(struct dns_parse *parse) {
    if (!dns_parse_word(parse))
        return "expected a text, in quotes where it has spaces";
    return string_emit(parse, false);
}

/* ---- addresses ---- */

static const char *ipv4_parse(struct dns_parse *parse) {
    uint8_t bytes[4];
    if (!dns_parse_plain_word(parse) || !dns_ipv4_from_slice(parse->token.text, bytes))
        return "expected an IPv4 address";
    writer_bytes(parse->w, bytes, sizeof(bytes));
    return NULL;
}

static const char *ipv6_parse(struct dns_parse *parse) {
    uint8_t bytes[16];
    if (!dns_parse_plain_word(parse) || !dns_ipv6_from_slice(parse->token.text, bytes))
        return "expected an IPv6 address";
    writer_bytes(parse->w, bytes, sizeof(bytes));
    return NULL;
}

/* So many groups of hex digits of a fixed width, with `between` between them. */
static bool groups_read(struct dns_parse *parse, size_t groups, size_t digits, uint8_t between) {
    struct slice text = parse->token.text;
    if (text.length != groups * (digits + 1) - 1)
        return false;
    for (size_t at = 0; at < text.length; at += digits + 1) {
        if (at > 0 && text.bytes[at - 1] != between)
            return false;
        for (size_t i = 0; i < digits; i += 2) {
            int high = dns_hex_value(text.bytes[at + i]);
            int low = dns_hex_value(text.bytes[at + i + 1]);
            if (high < 0 || low < 0)
                return false;
            writer_u8(parse->w, (uint8_t)(high << 4 | low));
        }
    }
    return true;
}

/* As the last half of an IPv6 address without "::". */
static const char *locator_parse(struct dns_parse *parse) {
    uint8_t bytes[16];
    uint8_t text[7 + 19] = "::0:0:"; /* not an address of IPv4 in the end */
    unsigned colons = 0;
    bool is_good = dns_parse_plain_word(parse) && parse->token.text.length <= 19;
    for (size_t i = 0; is_good && i < parse->token.text.length; i++) {
        uint8_t c = parse->token.text.bytes[i];
        is_good = dns_hex_value(c) >= 0 || (c == ':' && ++colons > 0);
    }
    is_good = is_good && colons == 3;
    if (is_good)
        memcpy(text + 6, parse->token.text.bytes, parse->token.text.length);
    is_good =
        is_good && dns_ipv6_from_slice((struct slice){text, 6 + parse->token.text.length}, bytes);
    writer_bytes(parse->w, bytes + 8, is_good ? 8 : 0);
    return is_good ? NULL : "expected four groups of hex digits with colons between them";
}

static const char *eui_parse(struct dns_parse *parse, enum dns_field field) {
    bool is_long = field == DNS_FIELD_EUI64;
    if (dns_parse_plain_word(parse) && groups_read(parse, is_long ? 8 : 6, 2, '-'))
        return NULL;
    return is_long ? "expected eight groups of two hex digits, as 00-00-5e-ef-10-00-00-2a"
                   : "expected six groups of two hex digits, as 00-00-5e-00-53-2a";
}

/* ---- types ---- */

static const char *bitmap_parse(struct dns_parse *parse, bool may_be_none) {
    uint8_t bits[8192] = {0};
    bool is_none = true;
    uint16_t type;
    while (dns_parse_word(parse)) {
        if (parse->token.is_quoted || !dns_type_from_slice(parse->token.text, &type))
            return "expected names of types";
        bits[type / 8] |= (uint8_t)(0x80 >> type % 8);
        is_none = false;
    }
    if (is_none && !may_be_none)
        return "expected at least one name of a type";
    for (size_t window = 0; window < 256; window++) {
        size_t length = 32;
        while (length > 0 && bits[window * 32 + length - 1] == 0)
            length--;
        if (length == 0)
            continue;
        writer_u8(parse->w, (uint8_t)window);
        writer_u8(parse->w, (uint8_t)length);
        writer_bytes(parse->w, bits + window * 32, length);
    }
    return NULL;
}

static const char *bitmap_old_parse(struct dns_parse *parse) {
    uint8_t bits[16] = {0};
    size_t length = 0;
    uint16_t type;
    while (dns_parse_word(parse)) {
        if (parse->token.is_quoted || !dns_type_from_slice(parse->token.text, &type) || type == 0 ||
            type > 127)
            return "expected names of types below 128";
        bits[type / 8] |= (uint8_t)(0x80 >> type % 8);
        length = max_size(length, type / 8 + 1u);
    }
    writer_bytes(parse->w, bits, length);
    return length > 0 ? NULL : "expected at least one name of a type";
}

static const char *ports_parse(struct dns_parse *parse) {
    uint8_t bits[8192] = {0};
    size_t length = 0;
    uint32_t number;
    if (!dns_parse_word(parse))
        return "expected a protocol: tcp, udp, or a number from 0 to 255";
    if (dns_token_is(&parse->token, "tcp"))
        number = 6;
    else if (dns_token_is(&parse->token, "udp"))
        number = 17;
    else if (!dns_token_number(&parse->token, UINT8_MAX, &number))
        return "expected a protocol: tcp, udp, or a number from 0 to 255";
    writer_u8(parse->w, (uint8_t)number);
    while (dns_parse_word(parse)) {
        if (!dns_token_number(&parse->token, UINT16_MAX, &number))
            return "expected numbers of ports";
        bits[number / 8] |= (uint8_t)(0x80 >> number % 8);
        length = max_size(length, number / 8 + 1);
    }
    writer_bytes(parse->w, bits, length);
    return NULL;
}

/* ---- one field ---- */

static const char *scalar_parse(struct dns_parse *parse, enum dns_field field) {
    switch (field) {
    case DNS_FIELD_U8:
        return number_parse(parse, 1);
    case DNS_FIELD_U16:
        return number_parse(parse, 2);
    case DNS_FIELD_U32:
        return number_parse(parse, 4);
    case DNS_FIELD_PERIOD:
        return period_parse(parse);
    case DNS_FIELD_TIME:
        return time_parse(parse);
    case DNS_FIELD_TYPE:
        return type_parse(parse);
    case DNS_FIELD_CERTIFICATE:
        return certificate_parse(parse);
    case DNS_FIELD_IPV4:
        return ipv4_parse(parse);
    case DNS_FIELD_IPV6:
        return ipv6_parse(parse);
    case DNS_FIELD_LOCATOR:
        return locator_parse(parse);
    case DNS_FIELD_EUI48:
    case DNS_FIELD_EUI64:
        return eui_parse(parse, field);
    default:
        return algorithm_parse(parse);
    }
}

static const char *counted_parse(struct dns_parse *parse, enum dns_field field) {
    switch (field) {
    case DNS_FIELD_TAG:
        return tag_parse(parse);
    case DNS_FIELD_SALT:
        return dns_salt_parse(parse);
    case DNS_FIELD_HASH:
        return dns_hash_parse(parse);
    case DNS_FIELD_OPTIONAL_STRING:
        return dns_parse_word(parse) ? string_emit(parse, true) : NULL;
    default:
        return string_parse(parse);
    }
}

static const char *rest_parse(struct dns_parse *parse, enum dns_field field) {
    switch (field) {
    case DNS_FIELD_STRINGS:
        return strings_parse(parse);
    case DNS_FIELD_TEXT:
        return text_parse(parse);
    case DNS_FIELD_BASE64:
    case DNS_FIELD_BASE64_OR_NONE:
        return dns_base64_parse(parse, field == DNS_FIELD_BASE64_OR_NONE);
    case DNS_FIELD_HEX:
        return dns_hex_parse(parse, false);
    case DNS_FIELD_HEX_0X:
        return dns_nsap_parse(parse);
    case DNS_FIELD_BITMAP:
    case DNS_FIELD_BITMAP_OR_NONE:
        return bitmap_parse(parse, field == DNS_FIELD_BITMAP_OR_NONE);
    case DNS_FIELD_BITMAP_OLD:
        return bitmap_old_parse(parse);
    case DNS_FIELD_PORTS:
        return ports_parse(parse);
    case DNS_FIELD_PARAMETERS:
        return dns_parameters_parse(parse);
    case DNS_FIELD_PREFIXES:
        return dns_prefixes_parse(parse);
    case DNS_FIELD_LOCATION:
        return dns_location_parse(parse);
    default:
        (void)dns_parse_word(parse);
        return "expected \\#, a length and hex digits: data of this type have no other form";
    }
}

static const char *field_parse(struct dns_parse *parse, enum dns_field field) {
    if (field <= DNS_FIELD_NAME_PLAIN)
        return name_parse(parse);
    if (field <= DNS_FIELD_EUI64)
        return scalar_parse(parse, field);
    if (field <= DNS_FIELD_OPTIONAL_STRING)
        return counted_parse(parse, field);
    return rest_parse(parse, field);
}

/* ---- data ---- */

/* Behind \#: the length, then as many bytes. [rfc3597#6] */
static const char *unknown_parse(struct dns_parse *parse, uint16_t type) {
    uint32_t length;
    if (!dns_parse_word(parse) || !dns_token_number(&parse->token, UINT16_MAX, &length))
        return "expected the data's length, from 0 to 65535";
    size_t begin = parse->w->position;
    const char *reason = dns_hex_parse(parse, true);
    size_t written = parse->w->position - begin;
    if (!reason && !parse->w->failed && written != length)
        return "expected as many bytes as the length says";
    if (!reason && !parse->w->failed &&
        !dns_data_is_sound(type, (struct slice){parse->w->bytes + begin, written}))
        return "these bytes are no data of this type";
    return reason;
}

static const char *data_parse(struct dns_parse *parse, uint16_t type) {
    const uint8_t *fields = dns_layout_of(type)->fields;
    const char *reason = NULL;
    struct dns_token first;
    dns_token_next(parse->tokens, &first);
    if (first.kind == DNS_TOKEN_WORD && dns_token_is(&first, "\\#")) {
        parse->words = 1;
        return unknown_parse(parse, type);
    }
    dns_token_return(parse->tokens, &first);
    for (; *fields != DNS_FIELD_END && !reason; fields++)
        reason = field_parse(parse, *fields);
    return reason;
}

/* [rfc1123#25] */
bool dns_data_parse(uint16_t type, struct dns_tokens *tokens, const struct dns_name *origin,
                    struct writer *w) {
    struct dns_parse parse = {.tokens = tokens, .origin = origin, .w = w};
    size_t begin = w->position;
    parse.token.kind = DNS_TOKEN_END;
    const char *reason = data_parse(&parse, type);
    if (!reason && dns_parse_word(&parse))
        reason = "there is something behind the record's data";
    if (!reason && (w->failed || w->position - begin > DNS_DATA_BYTES))
        reason = "the record's data are too long";
    if (!reason) {
        dns_token_next(tokens, &parse.token); /* the line's end */
        reason = tokens->fault.reason;
    }
    if (reason && !tokens->fault.reason)
        tokens->fault = (struct dns_text_fault){.reason = reason,
                                                .line = parse.token.line,
                                                .column = parse.token.column,
                                                .field = max_u32(parse.words, 1)};
    return !reason;
}

size_t dns_data_from_text(uint16_t type, const char *text, uint8_t *data, size_t room,
                          const char **reason) {
    struct dns_tokens tokens = dns_tokens_make(text, text_length(text));
    struct dns_token token;
    struct writer w = writer_make(data, room);
    bool is_good = true;
    *reason = NULL;
    if (dns_token_next(&tokens, &token) != DNS_TOKEN_BLANK)
        dns_token_return(&tokens, &token);
    is_good = dns_data_parse(type, &tokens, NULL, &w);
    if (is_good && dns_token_next(&tokens, &token) != DNS_TOKEN_END)
        *reason = tokens.fault.reason ? tokens.fault.reason
                                      : "there is a second line behind the record's data";
    else if (is_good && w.position == 0)
        *reason = "there are no data";
    else if (!is_good)
        *reason = tokens.fault.reason;
    return *reason ? 0 : w.position;
}
