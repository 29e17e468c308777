/*
 * dns_parse_encodings: bytes written as hex digits, base 64 and base 32 (RFC 4648), and addresses,
 * out of words of a zone file; see dns_parse.h. Digits may be parted by white space where the rest
 * of a record is meant; padding is exact, and bits that stand for nothing are zero.
 */
#include "wire/dns_parse.h"

#include "base/memory.h"

int dns_hex_value(uint8_t c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 32;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* ---- hex ---- */

/* Digits of a word, two a byte; *half: the first digit of a byte that has not its second yet, or
 * −1. False: something else stands there. */
static bool hex_word(struct dns_parse *parse, size_t at, int *half) {
    for (; at < parse->token.text.length; at++) {
        int value = dns_hex_value(parse->token.text.bytes[at]);
        if (value < 0)
            return false;
        if (*half >= 0) {
            writer_u8(parse->w, (uint8_t)(*half << 4 | value));
            *half = -1;
        } else {
            *half = value;
        }
    }
    return true;
}

const char *dns_hex_parse(struct dns_parse *parse, bool may_be_none) {
    int half = -1;
    bool is_none = true;
    while (dns_parse_word(parse)) {
        if (parse->token.is_quoted || !hex_word(parse, 0, &half))
            return "expected hex digits";
        is_none = false;
    }
    if (is_none && !may_be_none)
        return "expected hex digits";
    return half < 0 ? NULL : "expected an even number of hex digits";
}

/* Bytes written behind `mark` get their number there. */
static bool count_store(struct dns_parse *parse, size_t mark, size_t least) {
    size_t length = parse->w->position - mark - 1;
    if (parse->w->failed)
        return true; /* told at the end */
    parse->w->bytes[mark] = (uint8_t)length;
    return length >= least && length <= UINT8_MAX;
}

const char *dns_salt_parse(struct dns_parse *parse) {
    size_t mark = parse->w->position;
    int half = -1;
    bool is_good = dns_parse_plain_word(parse);
    writer_u8(parse->w, 0);
    if (is_good && !dns_token_is(&parse->token, "-"))
        is_good = hex_word(parse, 0, &half) && half < 0 && count_store(parse, mark, 1);
    return is_good ? NULL : "expected a salt: hex digits of at most 255 bytes, or -";
}

const char *dns_nsap_parse(struct dns_parse *parse) {
    bool is_good = dns_parse_plain_word(parse) && parse->token.text.length > 2 &&
                   parse->token.text.bytes[0] == '0' && (parse->token.text.bytes[1] | 32) == 'x';
    int half = -1;
    for (size_t at = 2; is_good && at < parse->token.text.length; at++) {
        uint8_t c = parse->token.text.bytes[at];
        struct dns_token digit = {.text = {&c, 1}};
        struct dns_parse one = {.w = parse->w, .token = digit};
        is_good = c == '.' || hex_word(&one, 0, &half);
    }
    return is_good && half < 0 ? NULL : "expected 0x and an even number of hex digits";
}

/* ---- base 64 and base 32 ---- */

static int base64_value(uint8_t c) {
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Four digits being gathered. */
struct base64 {
    uint32_t bits;    /* of the digits so far */
    unsigned digits;  /* of the four, padding too */
    unsigned padding; /* of them */
    bool has_ended;   /* with padding */
};

static bool base64_digit(struct base64 *group, uint8_t c, struct writer *w) {
    int value = c == '=' ? 0 : base64_value(c);
    if (value < 0 || group->has_ended || (group->padding > 0 && c != '='))
        return false;
    group->padding += c == '=';
    group->bits = group->bits << 6 | (uint32_t)value;
    if (++group->digits < 4)
        return true;
    if (group->padding > 2)
        return false;
    for (unsigned i = 0; i < 3; i++) {
        uint8_t byte = (uint8_t)(group->bits >> (16 - 8 * i));
        if (i < 3 - group->padding)
            writer_u8(w, byte);
        else if (byte != 0)
            return false;
    }
    *group = (struct base64){.has_ended = group->padding > 0};
    return true;
}

bool dns_base64_word(struct slice text, struct writer *w) {
    struct base64 group = {0};
    for (size_t i = 0; i < text.length; i++) {
        if (!base64_digit(&group, text.bytes[i], w))
            return false;
    }
    return group.digits == 0 && text.length > 0;
}

const char *dns_base64_parse(struct dns_parse *parse, bool may_be_none) {
    struct base64 group = {0};
    bool is_none = true;
    while (dns_parse_word(parse)) {
        is_none = false;
        if (parse->token.is_quoted)
            return "expected base 64";
        for (size_t i = 0; i < parse->token.text.length; i++) {
            if (!base64_digit(&group, parse->token.text.bytes[i], parse->w))
                return "expected base 64";
        }
    }
    if (group.digits > 0)
        return "expected base 64 with its padding";
    return is_none && !may_be_none ? "expected base 64" : NULL;
}

static int base32_value(uint8_t c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 32;
    return c >= 'a' && c <= 'v' ? c - 'a' + 10 : -1;
}

/* Extended hex, without padding (RFC 5155 §3.3). */
const char *dns_hash_parse(struct dns_parse *parse) {
    size_t mark = parse->w->position;
    uint32_t bits = 0;
    unsigned count = 0;
    bool is_good = dns_parse_plain_word(parse);
    writer_u8(parse->w, 0);
    for (size_t i = 0; is_good && i < parse->token.text.length; i++) {
        int value = base32_value(parse->token.text.bytes[i]);
        is_good = value >= 0;
        bits = (bits << 5 | ((uint32_t)value & 31)) & 0xffff;
        count += 5;
        if (count >= 8) {
            count -= 8;
            writer_u8(parse->w, (uint8_t)(bits >> count));
        }
    }
    is_good = is_good && count < 5 && (bits & ((1u << count) - 1)) == 0;
    return is_good && count_store(parse, mark, 1)
               ? NULL
               : "expected a hash of 1 to 255 bytes in base 32 (0-9, A-V)";
}

/* ---- addresses ---- */

bool dns_ipv4_from_slice(struct slice text, uint8_t bytes[4]) {
    char copy[DOBOS_ADDRESS_TEXT];
    struct dobos_address address;
    if (text.length >= sizeof(copy) || text.length == 0)
        return false;
    memcpy(copy, text.bytes, text.length);
    copy[text.length] = 0;
    if (dobos_address_parse(copy, &address, NULL) < 0)
        return false;
    store_be32(bytes, dobos_address_ipv4_number(&address));
    return text_length(copy) == text.length;
}

/* One to four hex digits from *at on. */
static bool group_read(struct slice text, size_t *at, uint8_t bytes[2]) {
    unsigned value = 0, digits = 0;
    for (; *at < text.length && digits < 5; digits++, ++*at) {
        int digit = dns_hex_value(text.bytes[*at]);
        if (digit < 0)
            break;
        value = value << 4 | (unsigned)digit;
    }
    store_be16(bytes, (uint16_t)value);
    return digits >= 1 && digits <= 4;
}

/* Groups from *at up to a `::` (*has_gap, and *at is behind it) or the end; the last two may be an
 * IPv4 address. How many, 9: malformed. */
static unsigned groups_read(struct slice text, size_t *at, uint8_t bytes[16], bool *has_gap) {
    unsigned count = 0;
    *has_gap = false;
    if (*at == text.length)
        return 0;
    for (;;) {
        struct slice rest = {text.bytes + *at, text.length - *at};
        if (count <= 6 && dns_ipv4_from_slice(rest, bytes + 2 * (size_t)count)) {
            *at = text.length;
            return count + 2;
        }
        if (count == 8 || !group_read(text, at, bytes + 2 * (size_t)count))
            return 9;
        count++;
        if (*at == text.length)
            return count;
        if (text.bytes[(*at)++] != ':')
            return 9;
        if (*at < text.length && text.bytes[*at] == ':') {
            ++*at;
            *has_gap = true;
            return count;
        }
    }
}

bool dns_ipv6_from_slice(struct slice text, uint8_t bytes[16]) {
    uint8_t tail[16] = {0};
    bool has_gap = false, has_second = false;
    unsigned before = 0;
    size_t at = 0;
    memset(bytes, 0, 16);
    if (text.length >= 2 && text.bytes[0] == ':' && text.bytes[1] == ':') {
        has_gap = true;
        at = 2;
    } else {
        before = groups_read(text, &at, bytes, &has_gap);
    }
    unsigned after = has_gap ? groups_read(text, &at, tail, &has_second) : 0;
    if (before > 8 || after > 8 || has_second || (has_gap ? before + after > 7 : before != 8))
        return false;
    memset(bytes + 2 * (size_t)before, 0, 16 - 2 * (size_t)(before + after));
    memcpy(bytes + 16 - 2 * (size_t)after, tail, 2 * (size_t)after);
    return true;
}
