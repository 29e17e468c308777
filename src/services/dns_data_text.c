/* dns_data_text: RDATA from its presentation form (RFC 1035 §3.3, §5.1; 3596 for AAAA as 16 bytes
 * of an address that dobos itself does not use yet). */
#include "services/dns_zone.h"

/* The next word of `*text`, copied; false at the end or when it is too long. A word in quotes may
 * have spaces. */
static bool next_word(const char **text, char *word, size_t room) {
    const char *at = *text;
    size_t n = 0;
    while (*at == ' ' || *at == '\t')
        at++;
    bool quoted = *at == '"';
    if (!*at)
        return false;
    if (quoted)
        at++;
    while (*at && (quoted ? *at != '"' : *at != ' ' && *at != '\t')) {
        if (*at == '\\' && quoted && at[1])
            at++;
        if (n + 1 >= room)
            return false;
        word[n++] = *at++;
    }
    if (quoted && *at++ != '"')
        return false;
    word[n] = 0;
    *text = at;
    return true;
}

static bool next_number(const char **text, uint32_t limit, uint32_t *number) {
    char word[12];
    uint64_t value = 0;
    if (!next_word(text, word, sizeof(word)))
        return false;
    for (size_t i = 0; word[i]; i++) {
        if (word[i] < '0' || word[i] > '9')
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

static bool at_end(const char *text) {
    while (*text == ' ' || *text == '\t')
        text++;
    return *text == 0;
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
    char word[256];
    do {
        if (!next_word(text, word, sizeof(word)))
            return "expected texts of at most 255 bytes, in quotes where they have spaces";
        size_t length = text_length(word);
        writer_u8(w, (uint8_t)length);
        writer_bytes(w, word, length);
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

/* Groups up to `::` or the end; returns how many, 9 when malformed. *gap: the text stands behind a
 * `::`. */
static unsigned hex_groups(const char **text, uint16_t groups[8], bool *gap) {
    unsigned count = 0;
    *gap = false;
    if (**text == 0)
        return 0;
    for (;;) {
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
