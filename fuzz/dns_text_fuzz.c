/*
 * dns_text_fuzz: any bytes, behind two that choose a type, as the data of such a record in a zone
 * file; as the words of one; as a name, a type, a TTL; and as data to be written as text. What is
 * accepted is sound; what is written is read as the same. No memory is asked for.
 */
#include <stdlib.h>

#include "wire/dns_codes.h"
#include "wire/dns_data_text.h"
#include "wire/dns_edns.h"

#define PROMISE(claim) \
    do {               \
        if (!(claim))  \
            abort();   \
    } while (0)
#define TEXT_MOST  2048 /* longer inputs are cut */
#define DATA_BYTES (2 * TEXT_MOST)
#define TEXT_BYTES (80 * DATA_BYTES)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static uint8_t data[2][DATA_BYTES], text[TEXT_BYTES];
static const struct dns_name origin = {13, "\7example\3org"};

/* What is written of sound data is read as the same. */
static void data_again(uint16_t type, struct slice whole) {
    struct writer out = writer_make(text, sizeof(text)), w = writer_make(data[1], DATA_BYTES);
    dns_data_format(type, whole, &out);
    PROMISE(!out.failed);
    struct dns_tokens tokens = dns_tokens_make(text, out.position);
    PROMISE(dns_data_parse(type, &tokens, NULL, &w));
    PROMISE(w.position == whole.length && memcmp(data[1], whole.bytes, whole.length) == 0);
}

/* Names in full text mean the same whatever the origin is. */
static void data_text(uint16_t type, const uint8_t *bytes, size_t length) {
    struct dns_tokens tokens = dns_tokens_make(bytes, length);
    struct writer w = writer_make(data[0], DATA_BYTES);
    bool is_good = dns_data_parse(type, &tokens, &origin, &w);
    PROMISE(is_good == (tokens.fault.reason == NULL));
    if (is_good) {
        const struct slice whole = {data[0], w.position};
        PROMISE(dns_data_is_sound(type, whole));
        data_again(type, whole);
    } else {
        PROMISE(tokens.fault.line >= 1 && tokens.fault.column >= 1);
        PROMISE(tokens.fault.line <= length + 1 && tokens.fault.column <= length + 1);
    }
}

static void word_examine(const struct dns_token *token) {
    struct dns_name name;
    uint32_t number;
    uint16_t code;
    if (!dns_token_name(token, &origin, &name)) {
        PROMISE(name.length >= 1 &&
                dns_data_is_sound(DNS_PTR, (struct slice){name.bytes, name.length}));
        data_again(DNS_PTR, (struct slice){name.bytes, name.length});
    }
    if (dns_token_ttl(token, &number))
        PROMISE(number <= INT32_MAX);
    if (dns_type_from_slice(token->text, &code)) {
        char named[DNS_TYPE_TEXT];
        uint16_t again;
        (void)dns_type_format(code, named);
        PROMISE(dns_type_from_name(named, &again) && again == code);
    }
    if (dns_class_from_slice(token->text, &code)) {
        char named[DNS_TYPE_TEXT];
        PROMISE(dns_class_format(code, named) > 0);
    }
}

/* Each word lies in the text, behind the one before; the text ends. */
static void words(const uint8_t *bytes, size_t length) {
    struct dns_tokens tokens = dns_tokens_make(bytes, length);
    struct dns_token token;
    enum dns_token_kind kind;
    const uint8_t *before = bytes;
    unsigned lines = 0;
    while ((kind = dns_token_next(&tokens, &token)) != DNS_TOKEN_END && kind != DNS_TOKEN_BAD) {
        if (kind == DNS_TOKEN_LINE)
            lines++;
        if (kind != DNS_TOKEN_WORD)
            continue;
        PROMISE(token.text.bytes >= before);
        before = token.text.bytes + token.text.length;
        PROMISE(before <= bytes + length && token.line > lines);
        word_examine(&token);
    }
    PROMISE((kind == DNS_TOKEN_BAD) == (tokens.fault.reason != NULL));
    PROMISE(lines <= length + 1);
}

static void name_text(const uint8_t *bytes, size_t length) {
    static char copy[TEXT_MOST + 1];
    char again[DNS_NAME_TEXT];
    struct dns_name name, same;
    if (length > 0)
        memcpy(copy, bytes, length);
    copy[length] = 0;
    if (!dns_name_from_text(copy, &name))
        return;
    (void)dns_name_format(&name, again);
    PROMISE(dns_name_from_text(again, &same) && dns_name_is_equal(&name, &same));
}

static void reverse(uint32_t number) {
    struct dobos_address address = dobos_address_ipv4(number);
    struct dns_name name;
    dns_name_reverse(&address, &name);
    PROMISE(dns_name_labels(&name) == 6);
    PROMISE(text_length(dns_rcode_name(number & 31)) > 0);
    PROMISE(!dns_error_name(number & 63) || text_length(dns_error_name(number & 63)) > 0);
}

/* Small numbers are types that most inputs should try. */
static uint16_t type_of(const uint8_t *bytes) {
    return bytes[0] == 255 ? (uint16_t)(bytes[1] | 256) : bytes[1];
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    if (length < 2)
        return 0;
    const uint16_t type = type_of(bytes);
    bytes += 2;
    length = min_size(length - 2, TEXT_MOST);
    data_text(type, bytes, length);
    words(bytes, length);
    name_text(bytes, length);
    if (length >= 4)
        reverse(load_be32(bytes));
    if (dns_data_is_sound(type, (struct slice){bytes, length}))
        data_again(type, (struct slice){bytes, length});
    return 0;
}
