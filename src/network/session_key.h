/*
 * session_key: one direction of a tracked flow, in few bytes: IPv4 addresses as numbers. Of ICMP
 * queries both ports are the identifier; of protocols without ports they are 0.
 */
#ifndef NETWORK_SESSION_KEY_H
#define NETWORK_SESSION_KEY_H

#include "base/keyed_hash.h"
#include "network/tuple.h"

struct session_key {
    uint32_t source, destination;           /* addresses as numbers */
    uint16_t source_port, destination_port; /* host order */
    uint8_t protocol;                       /* of the IP header */
    uint8_t side;                           /* of the table's own use; not part of the key */
};

/* What a packet is before any table is asked. */
enum session_kind {
    SESSION_KIND_PORTS,   /* TCP, UDP, or an ICMP query */
    SESSION_KIND_ANSWER,  /* the answer to an ICMP query: it begins nothing */
    SESSION_KIND_BARE,    /* a protocol without ports */
    SESSION_KIND_ERROR,   /* an ICMP error: the key is that of the packet it quotes */
    SESSION_KIND_UNKNOWN, /* ports that are not there, another ICMP message, an error that does not
                             say about what */
};

/* Reads it from a whole datagram (borrowed) that ipv4_receive has taken. */
enum session_kind session_key_read(struct dobos_packet *packet, const struct ipv4 *ipv4,
                                   struct session_key *key);

static inline bool session_key_is_equal(const struct session_key *a, const struct session_key *b) {
    return a->source == b->source && a->destination == b->destination &&
           a->source_port == b->source_port && a->destination_port == b->destination_port &&
           a->protocol == b->protocol;
}
/* The same flow from the other end. */
static inline struct session_key session_key_turned(const struct session_key *key) {
    return (struct session_key){.source = key->destination,
                                .destination = key->source,
                                .source_port = key->destination_port,
                                .destination_port = key->source_port,
                                .protocol = key->protocol};
}
static inline uint64_t session_key_hash(const struct hash_key *secret,
                                        const struct session_key *key) {
    uint8_t bytes[13];
    store_be32(bytes, key->source);
    store_be32(bytes + 4, key->destination);
    store_be16(bytes + 8, key->source_port);
    store_be16(bytes + 10, key->destination_port);
    bytes[12] = key->protocol;
    return keyed_hash(secret, bytes, sizeof(bytes));
}
struct tuple session_key_tuple(const struct session_key *key);

#endif
