/*
 * dns_parse: what dns_data_parse.c shares with the readers of the longer forms (encodings,
 * addresses, locations, service parameters); nobody else includes it.
 */
#ifndef WIRE_DNS_PARSE_H
#define WIRE_DNS_PARSE_H

#include "wire/dns_tokens.h"

/* Data being read from text. */
struct dns_parse {
    struct dns_tokens *tokens;     /* borrowed; at the next word */
    const struct dns_name *origin; /* completes names, or NULL */
    struct writer *w;              /* where data go */
    struct dns_token token;        /* the last word, or what stood where one was expected */
    unsigned words;                /* taken so far */
};

/* The next word of the line; false: the line has ended. */
bool dns_parse_word(struct dns_parse *parse);
/* The same; false also when it has quotes. */
bool dns_parse_plain_word(struct dns_parse *parse);

/* −1: no hex digit. */
int dns_hex_value(uint8_t c);
bool dns_ipv4_from_slice(struct slice text, uint8_t bytes[4]);
bool dns_ipv6_from_slice(struct slice text, uint8_t bytes[16]);

/* A word of base 64 that is not empty; false: malformed. */
bool dns_base64_word(struct slice text, struct writer *w);

/* Each takes its words and writes its bytes: NULL, or what was expected. */
const char *dns_hex_parse(struct dns_parse *parse, bool may_be_none);
const char *dns_base64_parse(struct dns_parse *parse, bool may_be_none);
const char *dns_salt_parse(struct dns_parse *parse);
const char *dns_hash_parse(struct dns_parse *parse);
const char *dns_nsap_parse(struct dns_parse *parse);
const char *dns_prefixes_parse(struct dns_parse *parse);
const char *dns_location_parse(struct dns_parse *parse);
const char *dns_parameters_parse(struct dns_parse *parse);

#endif
