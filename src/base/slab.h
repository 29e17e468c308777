/*
 * slab: elements of one size by number, for tables of which there may be a million: 4 bytes name
 * an element where a pointer takes 8, and an allocation serves many. It begins with no memory; each
 * chunk is as large as all before it together, so nothing ever moves. Numbers begin at 1; 0 stands
 * for none. A slab without elements gives all its memory back.
 */
#ifndef BASE_SLAB_H
#define BASE_SLAB_H

#include "base/allocator.h"

#define SLAB_FIRST  4  /* elements of the first chunk, a power of two */
#define SLAB_CHUNKS 20 /* so at most 4 × (2^20 − 1) elements */

struct slab {
    struct allocator *allocator;  /* borrowed */
    const char *site;             /* of its allocations */
    uint8_t *chunks[SLAB_CHUNKS]; /* [k] has SLAB_FIRST << k elements; NULL: not yet */
    uint32_t element_bytes;       /* of each, at least 4 */
    uint32_t taken;               /* highest number ever taken since it was empty */
    uint32_t free;  /* given back last; its first bytes name the one before; 0: none */
    uint32_t count; /* elements in use */
};

void slab_init(struct slab *slab, struct allocator *allocator, uint32_t element_bytes,
               const char *site);
/* Gives all memory back, elements in use or not. */
void slab_fini(struct slab *slab);
/* The number of an element whose bytes say nothing yet; 0: no memory. */
uint32_t slab_take(struct slab *slab);
void slab_give(struct slab *slab, uint32_t number);

/* The element of a number from slab_take; stays where it is until slab_give. */
static inline void *slab_at(const struct slab *slab, uint32_t number) {
    uint32_t place = number - 1 + SLAB_FIRST;
    unsigned bit = 31 - (unsigned)__builtin_clz(place);
    unsigned chunk = bit - (31 - (unsigned)__builtin_clz(SLAB_FIRST));
    return slab->chunks[chunk] + (size_t)(place - (UINT32_C(1) << bit)) * slab->element_bytes;
}

#endif
