/*
 * dns_tokens: the words of zone files (RFC 1035 §5.1), one after the other out of a text that need
 * not end with NUL. Parentheses (lines go on inside them), comments, quotes and the white space
 * that begins a line are known here; what the words mean is known to who asks:
 *
 *     struct dns_tokens tokens = dns_tokens_make(text, length);
 *     struct dns_token token;
 *     while (dns_token_next(&tokens, &token) != DNS_TOKEN_END) {
 *         DNS_TOKEN_BLANK  a line begins with white space and has a word: the owner is the last one
 *         DNS_TOKEN_WORD   an owner, $ORIGIN, a TTL, a class, a type; behind the type let
 *                          dns_data_parse (dns_data_text.h) take the rest of the line
 *         DNS_TOKEN_LINE   the record ends; empty lines give none
 *         DNS_TOKEN_BAD    tokens.fault tells what and where
 *     }
 *
 * Nothing is copied; escapes stay as they were written until a word is read as something.
 */
#ifndef WIRE_DNS_TOKENS_H
#define WIRE_DNS_TOKENS_H

#include "wire/dns.h"

enum dns_token_kind {
    DNS_TOKEN_END,   /* of the text */
    DNS_TOKEN_LINE,  /* the end of a line that had a word, outside parentheses */
    DNS_TOKEN_BLANK, /* white space before the first word of a line */
    DNS_TOKEN_WORD,  /* a word, or what stands between quotes */
    DNS_TOKEN_BAD    /* a quote or parenthesis without its other half; nothing comes after it */
};

struct dns_token {
    struct slice text; /* borrowed; without its quotes, escapes unresolved */
    bool is_quoted;    /* it stood between quotes */
    bool has_value;    /* key="value": behind a = stands a quote, kept with its quotes */
    uint32_t line;     /* where it begins, from 1 */
    uint32_t column;   /* in bytes, from 1 */
    enum dns_token_kind kind;
};

/* What is wrong with a text. */
struct dns_text_fault {
    const char *reason; /* constant: "expected an IPv4 address"; NULL: nothing is wrong */
    uint32_t line;      /* where the word begins, from 1 */
    uint32_t column;    /* in bytes, from 1 */
    unsigned field;     /* of a record's data: the word of that number is wrong, from 1; else 0 */
};

struct dns_tokens {
    struct slice text;           /* borrowed */
    size_t at;                   /* the next byte */
    size_t line_begin;           /* of the line that `at` is in */
    uint32_t line;               /* its number, from 1 */
    uint32_t open;               /* line of the parenthesis that is open, or 0 */
    uint32_t open_column;        /* its column */
    bool has_word;               /* in the line so far */
    bool has_ended;              /* with the text, or a fault */
    struct dns_token again;      /* given back by dns_token_return */
    bool has_again;              /* there is one */
    struct dns_text_fault fault; /* the first one */
};

struct dns_tokens dns_tokens_make(const void *text, size_t length);
enum dns_token_kind dns_token_next(struct dns_tokens *tokens, struct dns_token *token);
/* The next one will be this, which was the last one. */
void dns_token_return(struct dns_tokens *tokens, const struct dns_token *token);
/* Reads past the rest of the line, whatever it is (to go on behind a fault in a record). */
void dns_tokens_skip_line(struct dns_tokens *tokens);

/* ---- words as something ---- */

bool dns_token_is(const struct dns_token *token, const char *word); /* in any case, no quotes */
/* One byte of a word, escapes (\" and \065) resolved, from *at on; false: the end, or the escape is
 * malformed (*at is before the end then). */
bool dns_token_byte(struct slice text, size_t *at, uint8_t *byte);
/*
 * A name: one without a last dot is completed by the origin, "@" is the origin; without an origin
 * (NULL) it is full either way, and "@" is none. NULL: *name is it; else the reason.
 */
const char *dns_token_name(const struct dns_token *token, const struct dns_name *origin,
                           struct dns_name *name);
/* Digits only. */
bool dns_token_number(const struct dns_token *token, uint32_t most, uint32_t *number);
/* Seconds, or units together: 1w2d3h4m5s, in any case; at most 2^31 − 1 (RFC 2181 §8). */
bool dns_token_ttl(const struct dns_token *token, uint32_t *seconds);

#endif
