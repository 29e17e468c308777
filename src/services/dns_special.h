/*
 * dns_special: names that a server which forwards answers itself, for the question has no business
 * elsewhere (RFC 6761, 6303, 8375): localhost is this host, invalid is nothing, and the addresses
 * of private and local networks have no names that a server outside could know. Zones of the
 * server's own come before. Documentation networks are forwarded, unlike RFC 6303 has it: labs are
 * made of them.
 */
#ifndef SERVICES_DNS_SPECIAL_H
#define SERVICES_DNS_SPECIAL_H

#include "services/dns_reply.h"

/* Answers a special name of class IN; false: it is none, and nothing was written. */
bool dns_special_answer(struct dns_reply *reply, const struct dns_name *name);

#endif
