/*
 * host_name: what may be the name of a host, written as text: a domain name (RFC 1035 §2.3.4) that
 * cannot be taken for an address (RFC 1123 §2.1) and can stand in a file of hosts. More lenient
 * than RFC 952: underscores and the like are in use.
 */
#ifndef WIRE_HOST_NAME_H
#define WIRE_HOST_NAME_H

#include "wire/dns.h"

/* Whether the last label is of digits alone, as an address's is. */
bool host_name_ends_in_number(const char *name);
/* The length of a name without its last dot; 0: it is none: empty, a label too long, ending in a
 * number, with blanks, '#', '/', ':', a backslash or what is no ASCII. */
size_t host_name_measure(const char *name);

#endif
