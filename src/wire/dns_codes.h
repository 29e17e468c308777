/*
 * dns_codes: the names of small numbers in data of DNS: algorithms, kinds of certificates, keys of
 * service parameters. Each table both ways.
 */
#ifndef WIRE_DNS_CODES_H
#define WIRE_DNS_CODES_H

#include "base/cursor.h"

#define DNS_PARAMETERS_MAX 64 /* that one record has in text; a message may have more */
/* Keys of service parameters (RFC 9460 §14.3, 9461). */
enum dns_parameter {
    DNS_PARAMETER_MANDATORY = 0,
    DNS_PARAMETER_ALPN = 1,
    DNS_PARAMETER_NO_DEFAULT_ALPN = 2,
    DNS_PARAMETER_PORT = 3,
    DNS_PARAMETER_IPV4HINT = 4,
    DNS_PARAMETER_ECH = 5,
    DNS_PARAMETER_IPV6HINT = 6,
    DNS_PARAMETER_DOHPATH = 7
};

/* NULL: a number without a name. */
const char *dns_algorithm_name(unsigned algorithm); /* of DNSSEC: "RSASHA256" */
const char *dns_certificate_name(unsigned kind);    /* RFC 4398: "PKIX" */
const char *dns_parameter_name(unsigned key);       /* "alpn" */
/* In any case; false: no such name. */
bool dns_algorithm_from_slice(struct slice text, uint16_t *algorithm);
bool dns_certificate_from_slice(struct slice text, uint16_t *kind);
/* Small letters; also key123. */
bool dns_parameter_from_slice(struct slice text, uint16_t *key);

#endif
