/*
 * lease_store: a store of leases in memory that can crash: at a chosen call, with a part of what is
 * being appended written or none of it, after which every call fails until lease_store_reopen, as a
 * server sees it that starts anew on what is left.
 */
#ifndef TESTS_SERVICES_LEASE_STORE_H
#define TESTS_SERVICES_LEASE_STORE_H

#include <stdlib.h>
#include <string.h>

#include <dobos/services.h>

struct lease_file {
    uint8_t *bytes; /* owned */
    size_t length;  /* of them */
};

struct lease_store {
    struct lease_file now, next; /* what read gives; what is being written anew */
    bool is_writing;             /* between begin and commit */
    bool is_down;                /* it has crashed */
    uint64_t calls;              /* that write, since it was made */
    uint64_t crash_at;           /* the call that crashes, from 1; 0: none */
    size_t torn;                 /* bytes of a crashing append that are written all the same */
    bool commits;                /* a crashing commit has put the new file in its place */
};

static inline void lease_file_append(struct lease_file *file, const void *bytes, size_t length) {
    file->bytes = realloc(file->bytes, file->length + length + 1);
    memcpy(file->bytes + file->length, bytes, length);
    file->length += length;
}

static inline bool lease_store_crashes(struct lease_store *store) {
    if (!store->is_down && ++store->calls == store->crash_at)
        store->is_down = true;
    else
        return store->is_down;
    return true;
}

static inline int64_t lease_store_read(void *context, uint64_t offset, void *bytes, size_t room) {
    const struct lease_store *store = context;
    if (store->is_down)
        return -DOBOS_EIO;
    if (offset >= store->now.length)
        return 0;
    size_t length = store->now.length - (size_t)offset;
    length = length < room ? length : room;
    memcpy(bytes, store->now.bytes + offset, length);
    return (int64_t)length;
}

static inline int lease_store_append(void *context, const void *bytes, size_t length) {
    struct lease_store *store = context;
    bool was_down = store->is_down;
    if (lease_store_crashes(store)) {
        size_t torn = store->torn < length ? store->torn : length;
        if (!was_down && !store->is_writing && torn > 0)
            lease_file_append(&store->now, bytes, torn);
        return -DOBOS_EIO;
    }
    lease_file_append(store->is_writing ? &store->next : &store->now, bytes, length);
    return 0;
}

static inline int lease_store_begin(void *context) {
    struct lease_store *store = context;
    if (lease_store_crashes(store))
        return -DOBOS_EIO;
    store->is_writing = true;
    store->next.length = 0;
    return 0;
}

static inline void lease_store_replace(struct lease_store *store) {
    struct lease_file old = store->now;
    store->now = store->next;
    store->next = old;
    store->is_writing = false;
}

static inline int lease_store_commit(void *context) {
    struct lease_store *store = context;
    bool was_down = store->is_down;
    if (lease_store_crashes(store)) {
        if (!was_down && store->commits)
            lease_store_replace(store);
        return -DOBOS_EIO;
    }
    lease_store_replace(store);
    return 0;
}

/* As after a crash: the file that was being written is nobody's. */
static inline void lease_store_reopen(struct lease_store *store) {
    store->is_down = store->is_writing = false;
    store->crash_at = 0;
}

static inline struct dobos_lease_store lease_store_hook(struct lease_store *store) {
    return (struct dobos_lease_store){store, lease_store_read, lease_store_append,
                                      lease_store_begin, lease_store_commit};
}

static inline void lease_store_fini(struct lease_store *store) {
    free(store->now.bytes);
    free(store->next.bytes);
    *store = (struct lease_store){0};
}

#endif
