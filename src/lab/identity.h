/*
 * identity: everything of a network that looks random, from its seed and the names in its file:
 * keys, link addresses, the fates of frames. So one file and seed give one run, and a node keeps
 * its identity when another is added.
 */
#ifndef LAB_IDENTITY_H
#define LAB_IDENTITY_H

#include <dobos/address.h>

#include "base/keyed_hash.h"

struct identity {
    uint8_t secret[DOBOS_KEY_BYTES]; /* the seed, spread */
    uint8_t keys[DOBOS_KEY_BYTES];   /* of the nodes' keys: the secret, or entropy in real time */
};

/* `entropy` NULL: the seed alone. */
void identity_init(struct identity *identity, uint64_t seed, const uint8_t *entropy);
/* The key of a node's host that is its `boot`th, from 0: one made anew has another. */
void identity_key(const struct identity *identity, const char *node, uint32_t boot,
                  uint8_t key[DOBOS_KEY_BYTES]);
/* 02:…, of one interface. */
struct dobos_mac identity_mac(const struct identity *identity, const char *node,
                              const char *interface);
/* The seed of the cable from a node's interface into a segment. */
uint64_t identity_cable(const struct identity *identity, const char *segment, const char *node,
                        const char *interface);
/* The key of a segment's bridge. */
struct hash_key identity_bridge(const struct identity *identity);

#endif
