/* allocator: the C library's memory behind the hook of libdobos. */
#include <stdlib.h>

#include <dobos/os.h>

static void *allocate(void *context, size_t bytes, const char *site) {
    (void)context;
    (void)site;
    return calloc(1, bytes);
}

static void release(void *context, void *memory, size_t bytes) {
    (void)context;
    (void)bytes;
    free(memory);
}

const struct dobos_allocator *dobos_os_allocator(void) {
    static const struct dobos_allocator allocator = {.allocate = allocate, .release = release};
    return &allocator;
}
