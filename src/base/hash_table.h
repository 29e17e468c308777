/*
 * hash_table: intrusive chains over a table that begins with no memory and is resized a few buckets
 * at each insertion, so that no single insertion costs more than a constant. The caller computes
 * the keyed hash and compares; iteration order is not to be relied on by any decision that a peer
 * or a capture could see.
 *
 *     for (struct hash_node *n = hash_table_find(&table, hash); n; n = hash_table_find_next(n,
 * hash)) if (same(n)) ...
 */
#ifndef BASE_HASH_TABLE_H
#define BASE_HASH_TABLE_H

#include "base/allocator.h"

struct hash_node {
    struct hash_node *next; /* the chain */
    uint64_t hash;          /* of the element's key */
};

struct hash_table {
    struct allocator *allocator; /* borrowed */
    struct hash_node **buckets;  /* size entries; NULL while empty */
    struct hash_node **old;      /* the former buckets while they move over; else NULL */
    size_t size;                 /* a power of two, or 0 */
    size_t old_size;             /* of old */
    size_t moved;                /* buckets of old that have moved */
    size_t count;                /* elements */
    uint64_t marks;              /* of the hashes of all elements, and of some that are gone */
};

void hash_table_init(struct hash_table *table, struct allocator *allocator);
/* Gives the buckets back; elements are the caller's business. */
void hash_table_fini(struct hash_table *table);
/* False when there is no memory for even a first table (a larger one that cannot be had only makes
 * chains longer). */
bool hash_table_insert(struct hash_table *table, struct hash_node *node, uint64_t hash);
void hash_table_remove(struct hash_table *table, struct hash_node *node);
/* False: there is no element of that hash; so much can be said without a look at any. */
static inline bool hash_table_may_hold(const struct hash_table *table, uint64_t hash) {
    return table->marks >> (hash >> 58) & 1; /* not by the bits that choose the chain */
}
/* The first element of that hash, or NULL. */
struct hash_node *hash_table_find(const struct hash_table *table, uint64_t hash);
/* The next of the same hash behind `node`, or NULL. (Elements of one hash always share a bucket.)
 */
struct hash_node *hash_table_find_next(const struct hash_node *node, uint64_t hash);
/* Walks all elements: NULL begins; NULL ends. No change to the table between the calls. */
struct hash_node *hash_table_walk(const struct hash_table *table, const struct hash_node *node);

#endif
