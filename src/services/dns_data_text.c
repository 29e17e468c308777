/*
 * dns_data_text: RDATA from its presentation form, as a zone file has it behind the type (RFC 1035
 * §3.3, §5.1; 3596 for AAAA, whose 16 bytes dobos itself does not use yet). Names are full, with or
 * without the last dot; there is no origin, no comment and no line continuation here.
 */
#include "services/dns_zone.h"

static bool is_space(char c) {
    return c == ' ' || c == '\t';
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static void skip_spaces(const char **text) {
    while (is_space(**text))
        (*text)++;
}

static bool at_end(const char *text) {
    skip_spaces(&text);
    return *text == 0;
}

/* The next word of `*text`, copied with its escapes; false at the end, when it is too long, or when
 * it has quotes, which only texts may have. */
static bool next_word(const char **text, char *word, size_t room) {
    size_t n = 0;
    skip_spaces(text);
    const char *at = *text;
    while (*at && !is_space(*at)) {
        bool escape = at[0] == '\\' && at[1];
        if (*at == '"' || n + 2 >= room)
            return false;
        word[n++] = *at++;
        if (escape)
            word[n++] = *at++;
    }
    word[n] = 0;
    *text = at;
    return n > 0;
}

/* One byte of a text, escapes resolved; false: the escape is malformed. */
static bool next_byte(const char **text, uint8_t *byte) {
    const char *at = *text;
    if (at[0] != '\\') {
        *byte = (uint8_t)at[0];
        *text = at + 1;
        return true;
    }
    if (!is_digit(at[1])) {
        *byte = (uint8_t)at[1];
        *text = at + 2;
        return at[1] != 0;
    }
    if (!is_digit(at[2]) || !is_digit(at[3]))
        return false;
    int value = (at[1] - '0') * 100 + (at[2] - '0') * 10 + (at[3] - '0');
    *byte = (uint8_t)value;
    *text = at + 4;
    return value <= 255;
}

/* A character string: a word, or anything between quotes; at most 255 bytes. */
static bool next_string(const char **text, struct writer *w) {
    uint8_t bytes[UINT8_MAX];
    uint8_t length = 0;
    skip_spaces(text);
    bool is_quoted = **text == '"';
    *text += is_quoted;
    while (**text && (is_quoted ? **text != '"' : !is_space(**text))) {
        if (length == UINT8_MAX || (!is_quoted && **text == '"') ||
            !next_byte(text, &bytes[length]))
            return false;
        length++;
    }
    if (is_quoted && *(*text)++ != '"')
        return false;
    writer_u8(w, length);
    writer_bytes(w, bytes, length);
    return is_quoted ? at_end(*text) || is_space(**text) : length > 0;
}

static bool next_number(const char **text, uint32_t limit, uint32_t *number) {
    char word[12];
    uint64_t value = 0;
    if (!next_word(text, word, sizeof(word)))
        return false;
    for (size_t i = 0; word[i]; i++) {
        if (!is_digit(word[i]))
            return false;
        value = value * 10 + (uint64_t)(word[i] - '0');
    }
    *number = (uint32_t)value;
    return value <= limit;
}

static bool next_name(const char **text, struct writer *w) {
    char word[DNS_NAME_TEXT];
    struct dns_name name;
    if (!next_word(text, word, sizeof(word)) || !dns_name_from_text(word, &name))
        return false;
    writer_bytes(w, name.bytes, name.length);
    return true;
}

static const char *data_a(const char **text, struct writer *w) {
    char word[DOBOS_ADDRESS_TEXT];
    struct dobos_address address;
    const char *reason = "expected an IPv4 address";
    if (!next_word(text, word, sizeof(word)) || dobos_address_parse(word, &address, NULL) < 0)
        return reason;
    writer_be32(w, dobos_address_ipv4_number(&address));
    return NULL;
}

static const char *data_soa(const char **text, struct writer *w) {
    for (unsigned i = 0; i < 2; i++)
        if (!next_name(text, w))
            return "expected a SOA: two names, then five numbers";
    for (unsigned i = 0; i < 5; i++) {
        uint32_t number;
        if (!next_number(text, UINT32_MAX, &number))
            return "expected a SOA: two names, then five numbers";
        writer_be32(w, number);
    }
    return NULL;
}

static const char *data_mx(const char **text, struct writer *w) {
    uint32_t preference;
    if (!next_number(text, UINT16_MAX, &preference))
        return "expected an MX: a number from 0 to 65535, then a name";
    writer_be16(w, (uint16_t)preference);
    return next_name(text, w) ? NULL : "expected an MX: a number from 0 to 65535, then a name";
}

static const char *data_txt(const char **text, struct writer *w) {
    do {
        if (!next_string(text, w))
            return "expected texts of at most 255 bytes, in quotes where they have spaces";
    } while (!at_end(*text));
    return NULL;
}

/* One of the eight groups of an IPv6 address. */
static bool hex_group(const char **text, uint16_t *group) {
    unsigned digits = 0;
    unsigned value = 0;
    for (; digits < 5; digits++, (*text)++) {
        char c = **text;
        if (c >= '0' && c <= '9')
            value = value << 4 | (unsigned)(c - '0');
        else if ((c | 32) >= 'a' && (c | 32) <= 'f')
            value = value << 4 | (unsigned)((c | 32) - 'a' + 10);
        else
            break;
    }
    *group = (uint16_t)value;
    return digits >= 1 && digits <= 4;
}

/* The last two groups written as an IPv4 address (RFC 4291 §2.2); false: they are not. */
static bool dotted_groups(const char **text, uint16_t groups[2]) {
    struct dobos_address address;
    if (dobos_address_parse(*text, &address, NULL) < 0)
        return false;
    groups[0] = (uint16_t)(dobos_address_ipv4_number(&address) >> 16);
    groups[1] = (uint16_t)dobos_address_ipv4_number(&address);
    *text += text_length(*text);
    return true;
}

/* Groups up to `::` or the end; returns how many, 9 when malformed. *gap: the text stands behind a
 * `::`. */
static unsigned hex_groups(const char **text, uint16_t groups[8], bool *gap) {
    unsigned count = 0;
    *gap = false;
    if (**text == 0)
        return 0;
    for (;;) {
        if (count <= 6 && dotted_groups(text, groups + count))
            return count + 2;
        if (count == 8 || !hex_group(text, &groups[count]))
            return 9;
        count++;
        if (**text == 0)
            return count;
        if (*(*text)++ != ':')
            return 9;
        if (**text == ':') {
            (*text)++;
            *gap = true;
            return count;
        }
    }
}

static const char *data_aaaa(const char **text, struct writer *w) {
    static const char reason[] = "expected an IPv6 address";
    char word[DOBOS_ADDRESS_TEXT];
    uint16_t head[8] = {0}, tail[8] = {0};
    bool gap = false, second = false;
    if (!next_word(text, word, sizeof(word)))
        return reason;
    const char *at = word;
    unsigned before = 0;
    if (at[0] == ':' && at[1] == ':') {
        gap = true;
        at += 2;
    } else {
        before = hex_groups(&at, head, &gap);
    }
    unsigned after = gap ? hex_groups(&at, tail, &second) : 0;
    if (before > 8 || after > 8 || second || (gap ? before + after > 7 : before != 8))
        return reason;
    for (unsigned i = 0; i < 8; i++)
        writer_be16(w, i < before ? head[i] : i >= 8 - after ? tail[i - (8 - after)] : 0);
    return NULL;
}

size_t dns_data_from_text(uint16_t type, const char *text, uint8_t *data, size_t room,
                          const char **reason) {
    struct writer w = writer_make(data, room);
    switch (type) {
    case DNS_A:
        *reason = data_a(&text, &w);
        break;
    case DNS_AAAA:
        *reason = data_aaaa(&text, &w);
        break;
    case DNS_NS:
    case DNS_CNAME:
    case DNS_PTR:
        *reason = next_name(&text, &w) ? NULL : "expected a domain name";
        break;
    case DNS_SOA:
        *reason = data_soa(&text, &w);
        break;
    case DNS_MX:
        *reason = data_mx(&text, &w);
        break;
    case DNS_TXT:
        *reason = data_txt(&text, &w);
        break;
    default:
        *reason = "expected one of the types A, AAAA, CNAME, MX, NS, PTR, SOA, TXT";
        break;
    }
    if (!*reason && !at_end(text))
        *reason = "there is something behind the record's data";
    if (!*reason && w.failed)
        *reason = "the record's data is too long";
    return *reason ? 0 : w.position;
}
