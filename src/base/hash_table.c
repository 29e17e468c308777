/*
 * hash_table: chains that grow with their table a little at a time.
 *
 * A growing table has its old buckets beside the new. Old bucket i becomes the new buckets i and i
 * + old_size, so the new ones need not be cleared when they are allocated: both are written when i
 * moves. An element stands in the old buckets until its bucket has moved, also one inserted
 * meanwhile: so elements of one hash are always in one chain. Growing begins when there are as many
 * elements as buckets, and with two buckets moved an insertion it is over long before the next. An
 * empty table gives all but its smallest size back.
 *
 * Most that is asked of a small table is not in it (is this packet's source an address of ours?).
 * Each hash has one of 64 marks; when an element's mark was never set, neither its chain nor what
 * stands in it need be fetched from memory.
 */
#include "base/hash_table.h"

#include "base/assert.h"

#define FIRST_SIZE     8 /* buckets of the first table */
#define MOVES_A_INSERT 2 /* buckets moved at each insertion while a table grows */

void hash_table_init(struct hash_table *table, struct allocator *allocator) {
    *table = (struct hash_table){.allocator = allocator};
}

static void buckets_release(struct hash_table *table) {
    allocator_release(table->allocator, table->old, table->old_size * sizeof *table->old);
    allocator_release(table->allocator, table->buckets, table->size * sizeof *table->buckets);
}

void hash_table_fini(struct hash_table *table) {
    buckets_release(table);
    *table = (struct hash_table){.allocator = table->allocator};
}

/* The chain in which elements of `hash` stand now; the table has buckets. */
static struct hash_node **chain_of(const struct hash_table *table, uint64_t hash) {
    if (table->old) {
        size_t index = (size_t)hash & (table->old_size - 1);
        if (index >= table->moved)
            return &table->old[index];
    }
    return &table->buckets[(size_t)hash & (table->size - 1)];
}

/* Moves the next old bucket over; the last one ends the growing. */
static void bucket_move(struct hash_table *table) {
    size_t index = table->moved;
    table->buckets[index] = NULL;
    table->buckets[index + table->old_size] = NULL;
    for (struct hash_node *node = table->old[index], *next; node; node = next) {
        next = node->next;
        struct hash_node **chain = &table->buckets[(size_t)node->hash & (table->size - 1)];
        node->next = *chain;
        *chain = node;
    }
    table->moved++;
    if (table->moved == table->old_size) {
        allocator_release(table->allocator, table->old, table->old_size * sizeof *table->old);
        table->old = NULL;
        table->old_size = 0;
        table->moved = 0;
    }
}

/* Begins to grow; without memory the chains become longer. */
static void grow(struct hash_table *table) {
    if (NEVER(table->size > SIZE_MAX / 2 / sizeof *table->buckets))
        return;
    size_t size = table->size * 2;
    struct hash_node **buckets =
        allocator_allocate_raw(table->allocator, size * sizeof *buckets, "hash_table larger");
    if (!buckets)
        return;
    table->old = table->buckets;
    table->old_size = table->size;
    table->moved = 0;
    table->buckets = buckets;
    table->size = size;
}

bool hash_table_insert(struct hash_table *table, struct hash_node *node, uint64_t hash) {
    if (!table->buckets) {
        size_t bytes = FIRST_SIZE * sizeof *table->buckets;
        table->buckets = allocator_allocate(table->allocator, bytes, "hash_table");
        if (!table->buckets)
            return false;
        table->size = FIRST_SIZE;
    }
    if (!table->old && table->count >= table->size)
        grow(table);
    for (int i = 0; i < MOVES_A_INSERT && table->old; i++)
        bucket_move(table);
    struct hash_node **chain = chain_of(table, hash);
    node->hash = hash;
    node->next = *chain;
    *chain = node;
    table->count++;
    table->marks |= UINT64_C(1) << (hash >> 58);
    return true;
}

void hash_table_remove(struct hash_table *table, struct hash_node *node) {
    struct hash_node **link = chain_of(table, node->hash);
    while (*link != node) {
        ASSERT(*link);
        link = &(*link)->next;
    }
    *link = node->next;
    node->next = NULL;
    table->count--;
    if (table->count > 0)
        return;
    table->marks = 0;
    if (table->size > FIRST_SIZE)
        hash_table_fini(table);
}

/* The first of `node` and those behind it that has that hash. */
static struct hash_node *first_of_hash(struct hash_node *node, uint64_t hash) {
    while (node && node->hash != hash)
        node = node->next;
    return node;
}

struct hash_node *hash_table_find(const struct hash_table *table, uint64_t hash) {
    return hash_table_may_hold(table, hash) ? first_of_hash(*chain_of(table, hash), hash) : NULL;
}

struct hash_node *hash_table_find_next(const struct hash_node *node, uint64_t hash) {
    return first_of_hash(node->next, hash);
}

/* The first element of the chains from number `chain` on: the old ones that have not moved come
 * first, then the new ones that are written. */
static struct hash_node *first_from(const struct hash_table *table, size_t chain) {
    for (; table->old && chain < table->old_size; chain++)
        if (chain >= table->moved && table->old[chain])
            return table->old[chain];
    for (size_t index = chain - table->old_size; index < table->size; index++) {
        bool written = !table->old || (index & (table->old_size - 1)) < table->moved;
        if (written && table->buckets[index])
            return table->buckets[index];
    }
    return NULL;
}

struct hash_node *hash_table_walk(const struct hash_table *table, const struct hash_node *node) {
    if (table->count == 0)
        return NULL;
    if (!node)
        return first_from(table, 0);
    if (node->next)
        return node->next;
    size_t index = (size_t)node->hash & (table->old_size - 1);
    if (table->old && index >= table->moved)
        return first_from(table, index + 1);
    return first_from(table, table->old_size + ((size_t)node->hash & (table->size - 1)) + 1);
}
