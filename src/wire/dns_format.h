/*
 * dns_format: what dns_data_format.c shares with the writers of the longer forms; nobody else
 * includes it.
 */
#ifndef WIRE_DNS_FORMAT_H
#define WIRE_DNS_FORMAT_H

#include "base/cursor.h"

#define DNS_BASE64_GROUP 42 /* bytes between two spaces */

void dns_put_byte(struct writer *text, char c);
void dns_put_text(struct writer *text, const char *words);
void dns_put_number(struct writer *text, uint64_t number);
/* At least `digits` digits, zeroes in front. */
void dns_put_digits(struct writer *text, uint32_t number, unsigned digits);
void dns_put_base64(struct writer *text, struct slice bytes);
/* As it stands between quotes. */
void dns_put_character(struct writer *text, uint8_t c);
void dns_put_quoted(struct writer *text, struct slice bytes);
void dns_put_ipv4(struct writer *text, const uint8_t *bytes);
void dns_put_ipv6(struct writer *text, const uint8_t *bytes);

/* The rest of the data; false: the form has no words for it. */
bool dns_put_prefixes(struct writer *text, struct reader *r);
bool dns_put_location(struct writer *text, struct reader *r);
bool dns_put_parameters(struct writer *text, struct reader *r);

#endif
