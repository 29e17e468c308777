/*
 * dns_format_forms: the forms of text that are languages of their own: prefixes of addresses (RFC
 * 3123), locations (RFC 1876), service parameters (RFC 9460); see dns_format.h.
 */
#include "base/memory.h"
#include "wire/dns_codes.h"
#include "wire/dns_format.h"

/* ---- prefixes ---- */

/* Of families other than IPv4 and IPv6 nobody knows the form; and an address with bits behind its
 * prefix is shown as it is. */
bool dns_put_prefixes(struct writer *text, struct reader *r) {
    bool is_first = true;
    while (reader_rest(r) > 0) {
        uint8_t address[16] = {0};
        uint16_t family = reader_be16(r);
        uint8_t bits = reader_u8(r), length = reader_u8(r);
        if ((family != 1 && family != 2) || (length & 0x7f) > (family == 1 ? 4 : 16))
            return false;
        reader_copy(r, address, length & 0x7f);
        if (!is_first)
            dns_put_byte(text, ' ');
        is_first = false;
        dns_put_text(text, length & 0x80 ? "!" : "");
        dns_put_number(text, family);
        dns_put_byte(text, ':');
        if (family == 1)
            dns_put_ipv4(text, address);
        else
            dns_put_ipv6(text, address);
        dns_put_byte(text, '/');
        dns_put_number(text, bits);
    }
    return true;
}

/* ---- locations (RFC 1876) ---- */

static void put_angle(struct writer *text, uint32_t angle, char positive, char negative) {
    bool is_negative = angle < 0x80000000u;
    uint32_t value = is_negative ? 0x80000000u - angle : angle - 0x80000000u;
    dns_put_number(text, value / 3600000);
    dns_put_byte(text, ' ');
    dns_put_number(text, value / 60000 % 60);
    dns_put_byte(text, ' ');
    dns_put_number(text, value / 1000 % 60);
    dns_put_byte(text, '.');
    dns_put_digits(text, value % 1000, 3);
    dns_put_byte(text, ' ');
    dns_put_byte(text, is_negative ? negative : positive);
    dns_put_byte(text, ' ');
}

/* Centimetres: mantissa and power of ten. */
static void put_distance(struct writer *text, uint8_t distance) {
    uint64_t value = distance >> 4;
    dns_put_byte(text, ' ');
    for (unsigned i = distance & 15u; i > 0; i--)
        value *= 10;
    dns_put_number(text, value / 100);
    if ((distance & 15) < 2) {
        dns_put_byte(text, '.');
        dns_put_digits(text, (uint32_t)(value % 100), 2);
    }
    dns_put_byte(text, 'm');
}

bool dns_put_location(struct writer *text, struct reader *r) {
    uint8_t version = reader_u8(r), sizes[3];
    reader_copy(r, sizes, sizeof(sizes));
    uint32_t latitude = reader_be32(r), longitude = reader_be32(r), altitude = reader_be32(r);
    const uint32_t middle = 0x80000000u, degree = 3600000;
    bool is_good = version == 0 && !r->failed && latitude >= middle - 90 * degree &&
                   latitude <= middle + 90 * degree && longitude >= middle - 180 * degree &&
                   longitude <= middle + 180 * degree;
    for (size_t i = 0; i < sizeof(sizes); i++)
        is_good = is_good && sizes[i] >> 4 <= 9 && (sizes[i] & 15) <= 9 &&
                  (sizes[i] >> 4 > 0 || sizes[i] == 0);
    if (!is_good)
        return false;
    put_angle(text, latitude, 'N', 'S');
    put_angle(text, longitude, 'E', 'W');
    bool is_below = altitude < 10000000;
    uint32_t height = is_below ? 10000000 - altitude : altitude - 10000000;
    dns_put_text(text, is_below ? "-" : "");
    dns_put_number(text, height / 100);
    dns_put_byte(text, '.');
    dns_put_digits(text, height % 100, 2);
    dns_put_byte(text, 'm');
    for (size_t i = 0; i < sizeof(sizes); i++)
        put_distance(text, sizes[i]);
    return true;
}

/* ---- parameters of services (RFC 9460) ---- */

static void put_key(struct writer *text, uint16_t key) {
    const char *name = dns_parameter_name(key);
    dns_put_text(text, name ? name : "key");
    if (!name)
        dns_put_number(text, key);
}

/* A list of protocols: commas and backslashes in them are escaped, and then once more as characters
 * of a string (appendix A.1). */
static bool put_protocols(struct writer *text, struct slice value) {
    struct reader r = reader_make(value.bytes, value.length);
    dns_put_text(text, "=\"");
    for (bool is_first = true; is_first || reader_rest(&r) > 0; is_first = false) {
        struct slice protocol = reader_slice(&r, reader_u8(&r));
        if (r.failed || protocol.length == 0)
            return false;
        if (!is_first)
            dns_put_byte(text, ',');
        for (size_t i = 0; i < protocol.length; i++) {
            if (protocol.bytes[i] == ',' || protocol.bytes[i] == '\\')
                dns_put_text(text, "\\\\");
            dns_put_character(text, protocol.bytes[i]);
        }
    }
    dns_put_byte(text, '"');
    return true;
}

/* Addresses or keys of so many bytes each. */
static bool put_list(struct writer *text, struct slice value, size_t bytes) {
    if (value.length == 0 || value.length % bytes != 0)
        return false;
    for (size_t at = 0; at < value.length; at += bytes) {
        dns_put_byte(text, at == 0 ? '=' : ',');
        if (bytes == 2)
            put_key(text, load_be16(value.bytes + at));
        else if (bytes == 4)
            dns_put_ipv4(text, value.bytes + at);
        else
            dns_put_ipv6(text, value.bytes + at);
    }
    return true;
}

/* Keys in order, none twice, and not itself. */
static bool put_mandatory(struct writer *text, struct slice value) {
    for (size_t at = 0; at + 2 <= value.length; at += 2) {
        uint16_t key = load_be16(value.bytes + at);
        if (key == 0 || (at > 0 && key <= load_be16(value.bytes + at - 2)))
            return false;
    }
    return put_list(text, value, 2);
}

/* The value in the key's own form; false: it has another. */
static bool put_value(struct writer *text, uint16_t key, struct slice value) {
    switch (key) {
    case DNS_PARAMETER_MANDATORY:
        return put_mandatory(text, value);
    case DNS_PARAMETER_ALPN:
        return put_protocols(text, value);
    case DNS_PARAMETER_NO_DEFAULT_ALPN:
        return value.length == 0;
    case DNS_PARAMETER_PORT:
        if (value.length != 2)
            return false;
        dns_put_byte(text, '=');
        dns_put_number(text, load_be16(value.bytes));
        return true;
    case DNS_PARAMETER_IPV4HINT:
        return put_list(text, value, 4);
    case DNS_PARAMETER_IPV6HINT:
        return put_list(text, value, 16);
    case DNS_PARAMETER_ECH:
        if (value.length == 0)
            return false;
        dns_put_byte(text, '=');
        for (size_t at = 0; at < value.length; at += DNS_BASE64_GROUP)
            dns_put_base64(text, (struct slice){value.bytes + at,
                                                min_size(DNS_BASE64_GROUP, value.length - at)});
        return true;
    default:
        break;
    }
    if (value.length > 0) {
        dns_put_byte(text, '=');
        dns_put_quoted(text, value);
    }
    return true;
}

/* A value of a known key in an odd form cannot be told from text: then the record is shown as of an
 * unknown type. */
bool dns_put_parameters(struct writer *text, struct reader *r) {
    unsigned count = 0;
    for (; reader_rest(r) > 0 && count <= DNS_PARAMETERS_MAX; count++) {
        uint16_t key = reader_be16(r);
        struct slice value = reader_slice(r, reader_be16(r));
        if (count > 0)
            dns_put_byte(text, ' ');
        put_key(text, key);
        if (!put_value(text, key, value))
            return false;
    }
    return count <= DNS_PARAMETERS_MAX;
}
