/*
 * dns_data: the data of records (RDATA), of every type by its layout (dns_types.h). Inside dobos
 * data are *whole*: names in them uncompressed, every length held against its field. They become so
 * in one place, dns_data_expand, or from text (dns_data_text.h); everything else may rely on it.
 */
#ifndef WIRE_DNS_DATA_H
#define WIRE_DNS_DATA_H

#include "wire/dns.h"

/* What data of 65,535 bytes can grow to when their two names are uncompressed; more is refused. */
#define DNS_DATA_BYTES UINT16_MAX

/*
 * Reads a record's data out of its message and writes them whole. False: a field is malformed, ends
 * beyond the data, or the data do not end with the last field; or there was no room (then w has
 * failed). `message` is any reader over the whole message; it is not moved. Attacks I1 to I3.
 */
bool dns_data_expand(const struct reader *message, const struct dns_record *record,
                     struct writer *w);
/* Whether these are whole data of the type. */
bool dns_data_is_sound(uint16_t type, struct slice data);
/* Writes whole data behind dns_record_begin, names compressed where RFC 3597 §4 lets them be. */
void dns_data_emit(struct dns_writer *w, uint16_t type, struct slice data);
/* < 0, 0, > 0: the order of whole data of one type as bytes, names in them without regard to case
 * (RFC 4034 §6.3 orders a set so). */
int dns_data_compare(uint16_t type, struct slice a, struct slice b);
bool dns_data_is_equal(uint16_t type, struct slice a, struct slice b);

/* The name at the front of whole data. */
struct dns_name dns_data_name(const uint8_t *data);
/* Where in whole data of a type the name `index` (0, 1) begins; false: it has none. */
bool dns_data_name_find(uint16_t type, struct slice data, unsigned index, size_t *at);

#endif
