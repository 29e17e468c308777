/* dig_edns: the OPT record and its options (RFC 6891) in BIND's layout; see dig.h. */
#include <ctype.h>
#include <inttypes.h>

#include "base/memory.h"
#include "tools/dig.h"
#include "wire/dns_edns.h"

#define NSID      3 /* codes of options */
#define SUBNET    8
#define EXPIRE    9
#define COOKIE    10
#define KEEPALIVE 11
#define PADDING   12
#define ERROR     15

/* Bytes as hex digits, and as characters where they can be shown. */
static void bytes_print(struct sink *out, const struct slice *bytes) {
    for (size_t i = 0; i < bytes->length; i++)
        sink_format(out, "%s%02x", i > 0 ? " " : "", bytes->bytes[i]);
    if (bytes->length == 0)
        return;
    sink_put(out, " (\"");
    for (size_t i = 0; i < bytes->length; i++)
        sink_format(out, "%c", isprint(bytes->bytes[i]) ? bytes->bytes[i] : '.');
    sink_put(out, "\")");
}

static void hex_print(struct sink *out, const struct slice *bytes) {
    for (size_t i = 0; i < bytes->length; i++)
        sink_format(out, "%02x", bytes->bytes[i]);
}

/* Whether the server gave our own cookie back. */
static void cookie_print(struct dig *dig, const struct slice *bytes, bool is_query) {
    struct sink *out = dig->task.context.out;
    const struct dig_lookup *lookup = dig_lookup_of(dig);
    const uint8_t *sent = lookup->cookie_length > 0 ? lookup->cookie_bytes : dig->cookie;
    const size_t length = lookup->cookie_length > 0 ? lookup->cookie_length : DIG_COOKIE;
    hex_print(out, bytes);
    if (is_query || !lookup->cookie)
        return;
    if (bytes->length == length && memcmp(bytes->bytes, sent, length) == 0 && length == DIG_COOKIE)
        sink_put(out, " (echoed)");
    else if (bytes->length >= 2 * (size_t)DIG_COOKIE && memcmp(bytes->bytes, sent, DIG_COOKIE) == 0)
        sink_put(out, " (good)");
    else
        sink_put(out, " (bad)");
}

/* FAMILY, prefix, scope (RFC 7871 §6); false: it is malformed. */
static bool subnet_print(struct sink *out, const struct slice *bytes) {
    struct reader r = reader_make(bytes->bytes, bytes->length);
    const uint16_t family = reader_be16(&r);
    const unsigned source = reader_u8(&r);
    const unsigned scope = reader_u8(&r);
    const size_t rest = reader_rest(&r);
    const size_t width = family == 1 ? 4 : family == 2 ? 16 : 0;
    struct dobos_address address = dobos_address_ipv4(0);
    char text[DOBOS_ADDRESS_TEXT];
    if (r.failed || rest != (source + 7) / 8 || rest > width || source > width * 8 ||
        scope > width * 8) {
        if (r.failed || family != 0 || source != 0 || scope != 0)
            return false;
        sink_put(out, " 0/0/0");
        return true;
    }
    if (family == 2)
        address = (struct dobos_address){{0}};
    reader_copy(&r, address.bytes + (family == 1 ? 12 : 0), rest);
    (void)dobos_address_format(&address, text);
    sink_format(out, " %s/%u/%u", text, source, scope);
    return true;
}

static bool error_print(struct sink *out, const struct slice *bytes) {
    struct reader r = reader_make(bytes->bytes, bytes->length);
    const uint16_t code = reader_be16(&r);
    if (r.failed)
        return false;
    sink_format(out, " %u", code);
    if (dns_error_name(code))
        sink_format(out, " (%s)", dns_error_name(code));
    const size_t rest = reader_rest(&r);
    if (rest == 0)
        return true;
    sink_put(out, ": (");
    for (size_t i = 0; i < rest; i++) {
        const uint8_t c = reader_u8(&r);
        sink_format(out, "%c", isprint(c) ? c : '.');
    }
    sink_put(out, ")");
    return true;
}

static bool known_print(struct dig *dig, uint16_t code, const struct slice *bytes, bool is_query) {
    struct sink *out = dig->task.context.out;
    struct reader r = reader_make(bytes->bytes, bytes->length);
    switch (code) {
    case SUBNET:
        sink_put(out, "; CLIENT-SUBNET:");
        return subnet_print(out, bytes);
    case EXPIRE:
        sink_put(out, "; EXPIRE:");
        if (bytes->length == 4)
            sink_format(out, " %" PRIu32, reader_be32(&r));
        return bytes->length == 4 || bytes->length == 0;
    case COOKIE:
        sink_put(out, "; COOKIE: ");
        cookie_print(dig, bytes, is_query);
        return true;
    case KEEPALIVE:
        sink_put(out, "; TCP KEEPALIVE:");
        if (bytes->length == 2) {
            const unsigned tenths = reader_be16(&r);
            sink_format(out, " %u.%u secs", tenths / 10, tenths % 10);
        }
        return bytes->length == 2 || bytes->length == 0;
    case ERROR:
        sink_put(out, "; EDE:");
        return error_print(out, bytes);
    default:
        return false;
    }
}

static void option_print(struct dig *dig, uint16_t code, const struct slice *bytes, bool is_query) {
    struct sink *out = dig->task.context.out;
    const size_t before = out->length;
    if (!known_print(dig, code, bytes, is_query)) {
        sink_cut(out, before);
        if (code == NSID)
            sink_put(out, "; NSID:");
        else if (code == PADDING)
            sink_format(out, "; PADDING:");
        else
            sink_format(out, "; OPT=%u:", code);
        if (bytes->length > 0)
            sink_put(out, " ");
        bytes_print(out, bytes);
    }
    sink_put(out, "\n");
}

void dig_edns_print(struct dig *dig, const struct dns_record *opt, bool is_query) {
    struct sink *out = dig->task.context.out;
    struct reader at = reader_make(opt->data.bytes, opt->data.length);
    const unsigned rest = opt->ttl & 0x7fff;
    sink_format(out, ";; OPT PSEUDOSECTION:\n; EDNS: version: %u, flags:%s", opt->ttl >> 16 & 0xff,
                opt->ttl & 0x8000 ? " do" : "");
    if (rest != 0)
        sink_format(out, "; MBZ: 0x%04x", rest);
    sink_format(out, "%s udp: %u\n", rest != 0 ? "," : ";", opt->class_);
    while (reader_rest(&at) >= 4) {
        const uint16_t code = reader_be16(&at);
        const struct slice value = reader_slice(&at, reader_be16(&at));
        if (!at.failed)
            option_print(dig, code, &value, is_query);
    }
}
