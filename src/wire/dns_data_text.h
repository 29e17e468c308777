/*
 * dns_data_text: the presentation form of data, both ways: as zone files have it (RFC 1035 §5.1 and
 * the RFC of each type) and as BIND prints it. Any type, known or not, may also stand as RFC 3597
 * §5 has it: \# 4 C0000201.
 */
#ifndef WIRE_DNS_DATA_TEXT_H
#define WIRE_DNS_DATA_TEXT_H

#include "wire/dns_data.h"
#include "wire/dns_tokens.h"

/*
 * Reads what stands behind a type up to the end of the line (DNS_TOKEN_LINE or the text's end,
 * which is taken) and writes it as whole data. Relative names are completed by `origin`; NULL:
 * every name is full. False: tokens->fault says what was expected and at which word; the line may
 * not have been read to its end.
 */
bool dns_data_parse(uint16_t type, struct dns_tokens *tokens, const struct dns_name *origin,
                    struct writer *w);
/* The same for one text alone, names full: the data's length, or 0 and *reason (constant). Data of
 * no bytes are not taken. */
size_t dns_data_from_text(uint16_t type, const char *text, uint8_t *data, size_t room,
                          const char **reason);

/*
 * Writes whole data as text, without NUL; what the type's form cannot show is written as RFC 3597
 * §5 has it. The text may be up to 80 times as long as the data; when the writer fails, give more
 * room and begin again.
 */
void dns_data_format(uint16_t type, struct slice data, struct writer *text);
/* Data of any type as RFC 3597 §5 has it. */
void dns_data_format_unknown(struct slice data, struct writer *text);
/* A name with its last dot. */
void dns_name_format_full(const struct dns_name *name, struct writer *text);

#endif
