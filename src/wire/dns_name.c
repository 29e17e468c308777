/*
 * dns_name: domain names, see dns.h. The one reader of compressed names stands here. It ends
 * because each pointer leads strictly before the place where the labels just read began, and at
 * most as many pointers are followed as a name can have labels; it stays inside because every
 * length is held against the message and against 255 before a byte is copied (RFC 1035 §3.1,
 * §4.1.4; the traps are those of RFC 9267). It does not judge which bytes a label may hold (RFC
 * 2181 §11).
 */
#include "wire/dns.h"

#define LABEL_BYTES 63
#define POINTER     0xc0 /* both bits: a pointer; one of them alone: reserved, refused */
#define HOPS_MAX    127  /* a name of 255 bytes has no more labels */

/* Appends a label (its length in front); false when the name gets too long. Room for the root's
 * zero is kept. [rfc2181#24] */
static bool label_append(struct dns_name *name, const uint8_t *bytes, size_t length) {
    if (length + 2 > (size_t)DNS_NAME_BYTES - name->length)
        return false;
    name->bytes[name->length] = (uint8_t)length;
    if (length > 0)
        memcpy(name->bytes + name->length + 1, bytes, length);
    name->length = (uint8_t)(name->length + 1 + length);
    return true;
}

static void name_close(struct dns_name *name) {
    name->bytes[name->length++] = 0;
}

/* Labels from `r` on up to a zero or a pointer, whose first byte is given back; −1: malformed. */
static int labels_parse(struct reader *r, struct dns_name *name) {
    for (;;) {
        uint8_t length = reader_u8(r);
        if (r->failed)
            return -1;
        if (length == 0 || (length & POINTER) == POINTER)
            return length;
        const uint8_t *bytes = length <= LABEL_BYTES ? reader_take(r, length) : NULL;
        if (!bytes || !label_append(name, bytes, length))
            return -1;
    }
}

/* [rfc1035#1] [rfc1035#2] [rfc1035#8] [rfc2181#7] */
bool dns_name_parse_above(struct reader *message, size_t floor, struct dns_name *name) {
    struct reader r = *message;
    size_t begin = r.position;
    bool has_jumped = false;
    name->length = 0;
    for (unsigned hops = 0; hops <= HOPS_MAX; hops++) {
        int end = labels_parse(&r, name);
        if (end < 0)
            break;
        size_t target = end == 0 ? 0 : (size_t)(end & ~POINTER) << 8 | reader_u8(&r);
        if (r.failed)
            break;
        if (!has_jumped)
            message->position = r.position;
        has_jumped = true;
        if (end == 0) {
            name_close(name);
            return true;
        }
        if (target < floor || target >= begin)
            break;
        begin = target;
        r.position = target;
    }
    message->failed = true;
    name->length = 0;
    name_close(name);
    return false;
}

bool dns_name_parse(struct reader *message, struct dns_name *name) {
    return dns_name_parse_above(message, DNS_HEADER_BYTES, name);
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* One byte of a label from text, escapes resolved; the characters used, or 0 when the escape is
 * malformed. */
static size_t escaped_byte(const char *text, uint8_t *byte) {
    if (text[0] != '\\') {
        *byte = (uint8_t)text[0];
        return 1;
    }
    if (text[1] == 0)
        return 0;
    if (!is_digit(text[1])) {
        *byte = (uint8_t)text[1];
        return 2;
    }
    if (!is_digit(text[2]) || !is_digit(text[3]))
        return 0;
    int value = (text[1] - '0') * 100 + (text[2] - '0') * 10 + (text[3] - '0');
    *byte = (uint8_t)value;
    return value <= 255 ? 4 : 0;
}

/* One label up to a dot or the text's end; the characters used, or 0 when it is empty, too long or
 * malformed. */
static size_t label_from_text(const char *text, struct dns_name *name) {
    uint8_t label[LABEL_BYTES];
    size_t length = 0, used = 0;
    while (text[used] != 0 && text[used] != '.') {
        uint8_t byte;
        size_t step = escaped_byte(text + used, &byte);
        if (step == 0 || length == LABEL_BYTES)
            return 0;
        label[length++] = byte;
        used += step;
    }
    return length > 0 && label_append(name, label, length) ? used : 0;
}

bool dns_name_from_text(const char *text, struct dns_name *name) {
    struct dns_name built = {0};
    if (text[0] == '.' && text[1] == 0)
        text++;
    else if (text[0] == 0)
        return false;
    while (*text != 0) {
        size_t used = label_from_text(text, &built);
        if (used == 0)
            return false;
        text += used;
        if (*text == '.')
            text++;
    }
    name_close(&built);
    *name = built;
    return true;
}

/* Writes a byte of a label as text, escaped where it would mean something else in a zone file. */
static size_t byte_format(uint8_t byte, char *text) {
    if (byte <= ' ' || byte >= 0x7f) {
        text[0] = '\\';
        text[1] = (char)('0' + byte / 100);
        text[2] = (char)('0' + byte / 10 % 10);
        text[3] = (char)('0' + byte % 10);
        return 4;
    }
    size_t length = 0;
    if (byte == '.' || byte == '\\' || byte == '"' || byte == ';' || byte == '(' || byte == ')' ||
        byte == '@' || byte == '$')
        text[length++] = '\\';
    text[length++] = (char)byte;
    return length;
}

size_t dns_name_format(const struct dns_name *name, char text[DNS_NAME_TEXT]) {
    size_t length = 0;
    for (size_t at = 0; name->bytes[at] != 0; at += name->bytes[at] + 1u) {
        if (at > 0)
            text[length++] = '.';
        for (size_t i = 1; i <= name->bytes[at]; i++)
            length += byte_format(name->bytes[at + i], text + length);
    }
    if (length == 0)
        text[length++] = '.';
    text[length] = 0;
    return length;
}

/* Lengths of labels are at most 63 and so no letters: whole names can be compared byte by byte. */
static bool bytes_are_equal(const uint8_t *a, const uint8_t *b, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (dns_lower(a[i]) != dns_lower(b[i]))
            return false;
    return true;
}

/* [rfc1034#1] */
bool dns_name_is_equal(const struct dns_name *a, const struct dns_name *b) {
    return a->length == b->length && bytes_are_equal(a->bytes, b->bytes, a->length);
}

bool dns_name_is_within(const struct dns_name *name, const struct dns_name *zone) {
    size_t at = 0;
    while (name->length - at > zone->length)
        at += name->bytes[at] + 1u;
    return name->length - at == zone->length &&
           bytes_are_equal(name->bytes + at, zone->bytes, zone->length);
}

unsigned dns_name_labels(const struct dns_name *name) {
    unsigned labels = 0;
    for (size_t at = 0; name->bytes[at] != 0; at += name->bytes[at] + 1u)
        labels++;
    return labels;
}

bool dns_name_parent(const struct dns_name *name, struct dns_name *parent) {
    if (name->bytes[0] == 0)
        return false;
    size_t first = name->bytes[0] + 1u;
    uint8_t length = (uint8_t)(name->length - first);
    memmove(parent->bytes, name->bytes + first, length);
    parent->length = length;
    return true;
}

/* [rfc1035#19] */
void dns_name_reverse(const struct dobos_address *address, struct dns_name *name) {
    static const uint8_t suffix[] = "\7in-addr\4arpa"; /* the text's NUL is the root */
    uint32_t number = dobos_address_ipv4_number(address);
    name->length = 0;
    for (unsigned shift = 0; shift < 32; shift += 8) {
        uint8_t part = (uint8_t)(number >> shift), digits[3];
        size_t count = 0;
        if (part >= 100)
            digits[count++] = (uint8_t)('0' + part / 100);
        if (part >= 10)
            digits[count++] = (uint8_t)('0' + part / 10 % 10);
        digits[count++] = (uint8_t)('0' + part % 10);
        (void)label_append(name, digits, count);
    }
    memcpy(name->bytes + name->length, suffix, sizeof(suffix));
    name->length = (uint8_t)(name->length + sizeof(suffix));
}
