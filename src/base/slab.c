/* slab: see slab.h. */
#include "base/slab.h"

#include "base/assert.h"

void slab_init(struct slab *slab, struct allocator *allocator, uint32_t element_bytes,
               const char *site) {
    *slab = (struct slab){.allocator = allocator, .site = site, .element_bytes = element_bytes};
}

void slab_fini(struct slab *slab) {
    for (unsigned chunk = 0; chunk < SLAB_CHUNKS; chunk++) {
        size_t bytes = ((size_t)SLAB_FIRST << chunk) * slab->element_bytes;
        allocator_release(slab->allocator, slab->chunks[chunk], bytes);
        slab->chunks[chunk] = NULL;
    }
    slab->taken = slab->free = slab->count = 0;
}

/* Whether there is memory behind the next fresh number. */
static bool has_room(struct slab *slab) {
    uint32_t place = slab->taken + SLAB_FIRST;
    unsigned chunk = (unsigned)__builtin_clz(SLAB_FIRST) - (unsigned)__builtin_clz(place);
    if (chunk >= SLAB_CHUNKS)
        return false;
    if (!slab->chunks[chunk])
        slab->chunks[chunk] = allocator_allocate_raw(
            slab->allocator, ((size_t)SLAB_FIRST << chunk) * slab->element_bytes, slab->site);
    return slab->chunks[chunk] != NULL;
}

uint32_t slab_take(struct slab *slab) {
    uint32_t number = slab->free;
    if (number) {
        memcpy(&slab->free, slab_at(slab, number), sizeof slab->free);
    } else {
        if (!has_room(slab))
            return 0;
        number = ++slab->taken;
    }
    slab->count++;
    return number;
}

void slab_give(struct slab *slab, uint32_t number) {
    ASSERT(slab->count > 0 && number > 0);
    memcpy(slab_at(slab, number), &slab->free, sizeof slab->free);
    slab->free = number;
    if (--slab->count == 0)
        slab_fini(slab);
}
