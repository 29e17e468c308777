/* dns_data: a DNS record's data as a zone file has them (RFC 1035 §5.1, 3597 §5), in BIND's layout.
 */
#ifndef TOOLS_DNS_DATA_H
#define TOOLS_DNS_DATA_H

#include "tools/sink.h"
#include "wire/dns.h"

/* Names are full, with their last dot. What cannot be read is shown as data of an unknown type, and
 * false is returned. `message` is any reader over the whole message. */
bool dns_data_print(struct sink *out, const struct reader *message,
                    const struct dns_record *record);
/* The same as any type's bytes (RFC 3597 §5), in dig's groups. */
void dns_data_unknown_print(struct sink *out, const struct reader *message,
                            const struct dns_record *record);
/* The same, as text of its own: to be freed; NULL: no memory. */
char *dns_data_text(const struct reader *message, const struct dns_record *record);

#endif
