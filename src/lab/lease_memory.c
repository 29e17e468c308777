/* lease_memory: see lease_memory.h. */
#include <stdlib.h>
#include <string.h>

#include "lab/lease_memory.h"

static int64_t memory_read(void *context, uint64_t offset, void *bytes, size_t room) {
    const struct lease_bytes *now = &((const struct lease_memory *)context)->now;
    if (offset >= now->length)
        return 0;
    size_t length = now->length - (size_t)offset;
    length = length < room ? length : room;
    memcpy(bytes, now->bytes + offset, length);
    return (int64_t)length;
}

static int memory_append(void *context, const void *bytes, size_t length) {
    struct lease_memory *memory = context;
    struct lease_bytes *to = memory->is_writing ? &memory->next : &memory->now;
    if (to->room - to->length < length) {
        size_t room = 2 * to->room + length + 256;
        uint8_t *larger = realloc(to->bytes, room);
        if (!larger)
            return -DOBOS_EIO;
        to->bytes = larger;
        to->room = room;
    }
    memcpy(to->bytes + to->length, bytes, length);
    to->length += length;
    return 0;
}

static int memory_begin(void *context) {
    struct lease_memory *memory = context;
    memory->is_writing = true;
    memory->next.length = 0;
    return 0;
}

static int memory_commit(void *context) {
    struct lease_memory *memory = context;
    struct lease_bytes old = memory->now;
    memory->now = memory->next;
    memory->next = old;
    memory->is_writing = false;
    return 0;
}

struct dobos_lease_store lease_memory_store(struct lease_memory *memory) {
    return (struct dobos_lease_store){memory, memory_read, memory_append, memory_begin,
                                      memory_commit};
}

void lease_memory_drop(struct lease_memory *memory) {
    memory->is_writing = false;
}

void lease_memory_fini(struct lease_memory *memory) {
    free(memory->now.bytes);
    free(memory->next.bytes);
    *memory = (struct lease_memory){.is_writing = false};
}
