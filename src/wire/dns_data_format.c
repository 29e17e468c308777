/*
 * dns_data_format: whole data as text, see dns_data_text.h: the layout of BIND where the RFC leaves
 * it open (long hex and base 64 in groups, so that lines can be broken). A value that the type's
 * form has no words for makes the whole data stand in the form of unknown types.
 */
#include "base/memory.h"
#include "wire/dns_codes.h"
#include "wire/dns_data_text.h"
#include "wire/dns_format.h"

#define HEX_GROUP 28 /* bytes between two spaces */

/* ---- pieces ---- */

void dns_put_byte(struct writer *text, char c) {
    writer_u8(text, (uint8_t)c);
}

void dns_put_text(struct writer *text, const char *words) {
    writer_bytes(text, words, text_length(words));
}

void dns_put_number(struct writer *text, uint64_t number) {
    uint64_t unit = 1;
    while (number / unit >= 10)
        unit *= 10;
    for (; unit > 0; unit /= 10)
        dns_put_byte(text, (char)('0' + number / unit % 10));
}

/* At least `digits` digits, zeroes in front. */
void dns_put_digits(struct writer *text, uint32_t number, unsigned digits) {
    uint32_t unit = 1;
    for (unsigned i = 1; i < digits; i++)
        unit *= 10;
    for (; unit > 1 && number < unit; unit /= 10)
        dns_put_byte(text, '0');
    dns_put_number(text, number);
}

static void put_hex_digits(struct writer *text, const uint8_t *bytes, size_t length,
                           const char *digits) {
    for (size_t i = 0; i < length; i++) {
        dns_put_byte(text, digits[bytes[i] >> 4]);
        dns_put_byte(text, digits[bytes[i] & 15]);
    }
}

static void put_hex(struct writer *text, struct slice bytes, size_t group) {
    for (size_t at = 0; at < bytes.length; at += group) {
        if (at > 0)
            dns_put_byte(text, ' ');
        put_hex_digits(text, bytes.bytes + at, min_size(group, bytes.length - at),
                       "0123456789ABCDEF");
    }
}

void dns_put_base64(struct writer *text, struct slice bytes) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t at = 0; at < bytes.length; at += 3) {
        size_t left = bytes.length - at;
        uint32_t bits = (uint32_t)bytes.bytes[at] << 16;
        bits |= left > 1 ? (uint32_t)bytes.bytes[at + 1] << 8 : 0;
        bits |= left > 2 ? bytes.bytes[at + 2] : 0;
        if (at > 0 && at % DNS_BASE64_GROUP == 0)
            dns_put_byte(text, ' ');
        dns_put_byte(text, digits[bits >> 18]);
        dns_put_byte(text, digits[bits >> 12 & 63]);
        dns_put_byte(text, left > 1 ? digits[bits >> 6 & 63] : '=');
        dns_put_byte(text, left > 2 ? digits[bits & 63] : '=');
    }
}

/* Extended hex, without padding (RFC 4648 §7, 5155 §3.3). */
static void put_base32(struct writer *text, struct slice bytes) {
    static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUV";
    uint32_t bits = 0;
    unsigned count = 0;
    for (size_t i = 0; i < bytes.length; i++) {
        bits = (bits << 8 | bytes.bytes[i]) & 0xffff;
        for (count += 8; count >= 5; count -= 5)
            dns_put_byte(text, digits[bits >> (count - 5) & 31]);
    }
    if (count > 0)
        dns_put_byte(text, digits[bits << (5 - count) & 31]);
}

void dns_put_character(struct writer *text, uint8_t c) {
    if (c < ' ' || c >= 0x7f) {
        dns_put_byte(text, '\\');
        dns_put_digits(text, c, 3);
        return;
    }
    if (c == '"' || c == '\\')
        dns_put_byte(text, '\\');
    dns_put_byte(text, (char)c);
}

void dns_put_quoted(struct writer *text, struct slice bytes) {
    dns_put_byte(text, '"');
    for (size_t i = 0; i < bytes.length; i++)
        dns_put_character(text, bytes.bytes[i]);
    dns_put_byte(text, '"');
}

static bool is_alphanumeric(struct slice bytes) {
    for (size_t i = 0; i < bytes.length; i++) {
        uint8_t c = bytes.bytes[i] | 32;
        if (!(c >= 'a' && c <= 'z') && !(bytes.bytes[i] >= '0' && bytes.bytes[i] <= '9'))
            return false;
    }
    return true;
}

void dns_name_format_full(const struct dns_name *name, struct writer *text) {
    char label[DNS_NAME_TEXT];
    size_t length = dns_name_format(name, label);
    writer_bytes(text, label, length);
    if (name->length > 1)
        dns_put_byte(text, '.');
}

static void put_type(struct writer *text, uint16_t type) {
    char name[DNS_TYPE_TEXT];
    writer_bytes(text, name, dns_type_format(type, name));
}

static void put_code(struct writer *text, const char *name, unsigned number) {
    if (name)
        dns_put_text(text, name);
    else
        dns_put_number(text, number);
}

/* ---- fields ---- */

void dns_put_ipv4(struct writer *text, const uint8_t *bytes) {
    for (unsigned i = 0; i < 4; i++) {
        if (i > 0)
            dns_put_byte(text, '.');
        dns_put_number(text, bytes[i]);
    }
}

/* A group of an IPv6 address or a locator, zeroes in front left out. */
static void put_group(struct writer *text, const uint8_t *bytes) {
    static const char digits[] = "0123456789abcdef";
    unsigned group = load_be16(bytes);
    for (unsigned shift = 16; shift > 0; shift -= 4) {
        if (shift == 4 || group >> (shift - 4) != 0)
            dns_put_byte(text, digits[group >> (shift - 4) & 15]);
    }
}

/* The longest run of at least two zero groups, the first of equals (RFC 5952 §4.2). */
static unsigned zeroes_find(const uint8_t *bytes, unsigned *begin) {
    unsigned best = 1, length = 0;
    *begin = 8;
    for (unsigned i = 0; i < 8; i++) {
        length = load_be16(bytes + 2 * (size_t)i) == 0 ? length + 1 : 0;
        if (length > best) {
            best = length;
            *begin = i + 1 - length;
        }
    }
    return best;
}

/* The last two groups are written as IPv4 where inet_ntop does so: ::a.b.c.d, ::ffff:a.b.c.d. */
void dns_put_ipv6(struct writer *text, const uint8_t *bytes) {
    unsigned begin, length = zeroes_find(bytes, &begin);
    bool ends_ipv4 =
        begin == 0 && (length == 6 || (length == 5 && load_be16(bytes + 10) == UINT16_MAX));
    for (unsigned i = 0; i < (ends_ipv4 ? 6 : 8);) {
        if (i == begin) {
            dns_put_text(text, "::");
            i += length;
            continue;
        }
        if (i > 0 && i != begin + length)
            dns_put_byte(text, ':');
        put_group(text, bytes + 2 * (size_t)i);
        i++;
    }
    if (ends_ipv4 && length == 5)
        dns_put_byte(text, ':');
    if (ends_ipv4)
        dns_put_ipv4(text, bytes + 12);
}

/* 64 bits in four groups. */
static void put_locator(struct writer *text, const uint8_t *bytes) {
    for (size_t i = 0; i < 8; i += 2) {
        if (i > 0)
            dns_put_byte(text, ':');
        put_group(text, bytes + i);
    }
}

static void put_eui(struct writer *text, const uint8_t *bytes, size_t length) {
    for (size_t i = 0; i < length; i++) {
        if (i > 0)
            dns_put_byte(text, '-');
        put_hex_digits(text, bytes + i, 1, "0123456789abcdef");
    }
}

/* Year, month and so on of seconds since 1970 (days are counted from 1 March 2000 − 400 years). */
static void put_time(struct writer *text, uint32_t seconds) {
    uint32_t days = seconds / 86400 + 719468, second = seconds % 86400;
    uint32_t of_era = days % 146097;
    uint32_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    uint32_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    uint32_t month = (5 * of_year + 2) / 153; /* from March */
    uint32_t year = year_of_era + days / 146097 * 400 + (month >= 10);
    dns_put_digits(text, year, 4);
    dns_put_digits(text, month >= 10 ? month - 9 : month + 3, 2);
    dns_put_digits(text, of_year - (153 * month + 2) / 5 + 1, 2);
    dns_put_digits(text, second / 3600, 2);
    dns_put_digits(text, second / 60 % 60, 2);
    dns_put_digits(text, second % 60, 2);
}

static void put_bitmap(struct writer *text, struct reader *r) {
    bool is_first = true;
    while (reader_rest(r) > 0) {
        unsigned window = reader_u8(r);
        struct slice bytes = reader_slice(r, reader_u8(r));
        for (unsigned bit = 0; bit < bytes.length * 8; bit++) {
            if (!(bytes.bytes[bit / 8] & 0x80 >> bit % 8))
                continue;
            if (!is_first)
                dns_put_byte(text, ' ');
            is_first = false;
            put_type(text, (uint16_t)(window << 8 | bit));
        }
    }
}

/* Bits of the rest, as types or as ports. */
static void put_bits(struct writer *text, struct reader *r, bool are_types) {
    struct slice bytes = reader_slice(r, reader_rest(r));
    bool is_first = are_types;
    for (unsigned bit = 0; bit < bytes.length * 8; bit++) {
        if (!(bytes.bytes[bit / 8] & 0x80 >> bit % 8))
            continue;
        if (!is_first)
            dns_put_byte(text, ' ');
        is_first = false;
        if (are_types)
            put_type(text, (uint16_t)bit);
        else
            dns_put_number(text, bit);
    }
}

static void put_strings(struct writer *text, struct reader *r) {
    bool is_first = true;
    while (reader_rest(r) > 0) {
        if (!is_first)
            dns_put_byte(text, ' ');
        is_first = false;
        dns_put_quoted(text, reader_slice(r, reader_u8(r)));
    }
}

/* ---- data ---- */

static void put_name(struct writer *text, struct reader *r) {
    struct dns_name name;
    if (dns_name_parse_above(r, SIZE_MAX, &name))
        dns_name_format_full(&name, text);
}

static bool put_fixed(struct writer *text, struct reader *r, enum dns_field field) {
    static const uint8_t bytes[] = {[DNS_FIELD_IPV4] = 4,
                                    [DNS_FIELD_IPV6] = 16,
                                    [DNS_FIELD_LOCATOR] = 8,
                                    [DNS_FIELD_EUI48] = 6,
                                    [DNS_FIELD_EUI64] = 8};
    const uint8_t *at = reader_take(r, bytes[field]);
    if (!at)
        return false;
    if (field == DNS_FIELD_IPV4)
        dns_put_ipv4(text, at);
    else if (field == DNS_FIELD_IPV6)
        dns_put_ipv6(text, at);
    else if (field == DNS_FIELD_LOCATOR)
        put_locator(text, at);
    else
        put_eui(text, at, bytes[field]);
    return true;
}

/* Fields that are one number. */
static void put_scalar(struct writer *text, struct reader *r, enum dns_field field) {
    uint8_t byte;
    uint16_t number;
    switch (field) {
    case DNS_FIELD_U8:
    case DNS_FIELD_ALGORITHM:
        dns_put_number(text, reader_u8(r));
        break;
    case DNS_FIELD_ALGORITHM_NAME:
        byte = reader_u8(r);
        put_code(text, dns_algorithm_name(byte), byte);
        break;
    case DNS_FIELD_U16:
        dns_put_number(text, reader_be16(r));
        break;
    case DNS_FIELD_TYPE:
        put_type(text, reader_be16(r));
        break;
    case DNS_FIELD_CERTIFICATE:
        number = reader_be16(r);
        put_code(text, dns_certificate_name(number), number);
        break;
    case DNS_FIELD_TIME:
        put_time(text, reader_be32(r));
        break;
    default:
        dns_put_number(text, reader_be32(r));
        break;
    }
}

/* Fields with a length of their own in front. */
static bool put_counted(struct writer *text, struct reader *r, enum dns_field field) {
    struct slice bytes = reader_slice(r, reader_u8(r));
    switch (field) {
    case DNS_FIELD_TAG:
        writer_bytes(text, bytes.bytes, bytes.length);
        return bytes.length > 0 && is_alphanumeric(bytes);
    case DNS_FIELD_SALT:
        if (bytes.length == 0)
            dns_put_byte(text, '-');
        put_hex(text, bytes, UINT8_MAX);
        break;
    case DNS_FIELD_HASH:
        put_base32(text, bytes);
        break;
    default:
        dns_put_quoted(text, bytes);
        break;
    }
    return true;
}

static bool put_rest(struct writer *text, struct reader *r, enum dns_field field) {
    switch (field) {
    case DNS_FIELD_STRINGS:
        put_strings(text, r);
        return true;
    case DNS_FIELD_TEXT:
        dns_put_quoted(text, reader_slice(r, reader_rest(r)));
        return true;
    case DNS_FIELD_BASE64:
    case DNS_FIELD_BASE64_OR_NONE:
        dns_put_base64(text, reader_slice(r, reader_rest(r)));
        return true;
    case DNS_FIELD_HEX:
        put_hex(text, reader_slice(r, reader_rest(r)), HEX_GROUP);
        return true;
    case DNS_FIELD_HEX_0X:
        dns_put_text(text, "0x");
        struct slice bytes = reader_slice(r, reader_rest(r));
        put_hex_digits(text, bytes.bytes, bytes.length, "0123456789abcdef");
        return true;
    case DNS_FIELD_BITMAP:
    case DNS_FIELD_BITMAP_OR_NONE:
        put_bitmap(text, r);
        return true;
    case DNS_FIELD_BITMAP_OLD:
        if (reader_rest(r) > 0 && (r->bytes[r->position] & 0x80))
            return false;
        put_bits(text, r, true);
        return true;
    case DNS_FIELD_PORTS:
        /* Zeroes at the end have no words. */
        if (reader_rest(r) > 1 && r->bytes[r->length - 1] == 0)
            return false;
        dns_put_number(text, reader_u8(r));
        put_bits(text, r, false);
        return true;
    case DNS_FIELD_PARAMETERS:
        return dns_put_parameters(text, r);
    case DNS_FIELD_PREFIXES:
        return dns_put_prefixes(text, r);
    case DNS_FIELD_LOCATION:
        return dns_put_location(text, r);
    default:
        return false;
    }
}

static bool put_field(struct writer *text, struct reader *r, enum dns_field field) {
    if (field <= DNS_FIELD_NAME_PLAIN)
        put_name(text, r);
    else if (field <= DNS_FIELD_CERTIFICATE)
        put_scalar(text, r, field);
    else if (field <= DNS_FIELD_EUI64)
        return put_fixed(text, r, field);
    else if (field <= DNS_FIELD_OPTIONAL_STRING)
        return put_counted(text, r, field);
    else
        return put_rest(text, r, field);
    return true;
}

/* Whether nothing is left, where nothing may be. */
static bool is_absent(const struct reader *r, enum dns_field field) {
    return reader_rest(r) == 0 && field >= DNS_FIELD_OPTIONAL_STRING && field != DNS_FIELD_TEXT;
}

static bool fields_format(uint16_t type, struct slice data, struct writer *text) {
    struct reader r = reader_make(data.bytes, data.length);
    const uint8_t *fields = dns_layout_of(type)->fields;
    for (size_t i = 0; fields[i] != DNS_FIELD_END; i++) {
        if (i > 0 && is_absent(&r, fields[i]))
            break;
        if (i > 0)
            dns_put_byte(text, ' ');
        if (!put_field(text, &r, fields[i]) || r.failed)
            return false;
    }
    return reader_rest(&r) == 0;
}

/* [rfc3597#6] */
void dns_data_format_unknown(struct slice data, struct writer *text) {
    dns_put_text(text, "\\# ");
    dns_put_number(text, data.length);
    if (data.length > 0)
        dns_put_byte(text, ' ');
    put_hex(text, data, HEX_GROUP);
}

void dns_data_format(uint16_t type, struct slice data, struct writer *text) {
    struct writer before = *text;
    if (fields_format(type, data, text))
        return;
    bool failed = text->failed;
    *text = before;
    dns_data_format_unknown(data, text);
    text->failed = text->failed || failed;
}
