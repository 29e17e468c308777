/*
 * keyed_hash: SipHash-2-4, and a host's key split by purpose, so that what one purpose gives away
 * says nothing of another.
 */
#ifndef BASE_KEYED_HASH_H
#define BASE_KEYED_HASH_H

#include <dobos/types.h>

#include "base/bytes.h"

struct hash_key {
    uint64_t word[2]; /* SipHash's k0 and k1 */
};

/* One a use; a new use gets a new number at the end (the numbers are mixed into the keys, and so
 * into captures). */
enum hash_purpose {
    HASH_FLOW_TABLE = 1,   /* buckets of the connection table */
    HASH_NEIGHBOR_TABLE,   /* buckets of neighbours */
    HASH_REASSEMBLY_TABLE, /* buckets of reassembly */
    HASH_TCP_ISN,          /* RFC 6528 */
    HASH_TCP_TIMESTAMP,    /* RFC 7323 §5.4: offset a connection */
    HASH_PORT,             /* RFC 6056 */
    HASH_IP_ID,            /* RFC 6864 */
    HASH_RANDOM,           /* dobos_host_random */
    HASH_BRIDGE_TABLE,     /* buckets of a bridge */
    HASH_PORT_TABLE,       /* buckets of port owners */
    HASH_ICMP_LIMIT,       /* shares of the ICMP error limit */
    HASH_LAB_KEY,          /* a node's key, from a network's seed */
    HASH_LAB_MAC,          /* an interface's link address */
    HASH_LAB_CABLE,        /* the fates of a cable's frames */
    HASH_ADDRESS_PROBE,    /* RFC 5227 §2.1.1: the waits between probes */
    HASH_PATH_MTU_TABLE,   /* buckets of path MTUs */
    HASH_IGMP,             /* RFC 3376 §5: the waits before reports */
    HASH_ROUTE_SHARE,      /* RFC 2992: which of several equal routes a flow takes */
    HASH_EGRESS_FLOWS,     /* the flows of fq_codel */
    HASH_SESSION_TABLE,    /* buckets of tracked flows and of NAT's mappings */
    HASH_NAT_PORT,         /* RFC 6056: the outside ports of NAT */
    HASH_SYN_COOKIE,       /* RFC 4987 §3.6 */
    HASH_FAST_OPEN,        /* RFC 7413: cookies */
    HASH_CHALLENGE,        /* RFC 5961 §7: the peers' shares */
};

uint64_t keyed_hash(const struct hash_key *key, const void *bytes, size_t length);
/* The key of one purpose, from a host's 32 bytes. */
struct hash_key hash_key_derive(const uint8_t secret[DOBOS_KEY_BYTES], enum hash_purpose purpose);

#endif
