/*
 * lease_journal: a store of leases in memory, as a file would be, that can crash: the n-th write
 * from now on takes `torn` bytes of it, and this and all further ones fail until it is reopened.
 */
#ifndef TESTS_SERVICES_LEASE_JOURNAL_H
#define TESTS_SERVICES_LEASE_JOURNAL_H

#include <string.h>

#include <dobos/services.h>

struct lease_journal {
    uint8_t bytes[16384]; /* what is read */
    uint8_t next[16384];  /* what is begun */
    size_t length, begun; /* of the first; of the second */
    bool is_begun;        /* append writes to the second */
    bool is_down;         /* it has crashed */
    unsigned crash_in;    /* writes until then; 0: never */
    size_t torn;          /* bytes of the last write that were written all the same */
};

static inline int64_t lease_journal_read(void *context, uint64_t offset, void *bytes, size_t room) {
    const struct lease_journal *journal = context;
    size_t rest = offset < journal->length ? journal->length - (size_t)offset : 0;
    size_t length = rest < room ? rest : room;
    if (length > 0)
        memcpy(bytes, journal->bytes + offset, length);
    return (int64_t)length;
}

/* Whether the crash comes now, or was before. */
static inline bool lease_journal_fails(struct lease_journal *journal) {
    if (journal->crash_in > 0 && --journal->crash_in == 0)
        journal->is_down = true;
    return journal->is_down;
}

static inline int lease_journal_append(void *context, const void *bytes, size_t length) {
    struct lease_journal *journal = context;
    uint8_t *to = journal->is_begun ? journal->next : journal->bytes;
    size_t *at = journal->is_begun ? &journal->begun : &journal->length;
    bool was_down = journal->is_down, fails = lease_journal_fails(journal);
    if (fails)
        length = was_down || journal->torn > length ? 0 : journal->torn;
    if (length > sizeof(journal->bytes) - *at)
        return -DOBOS_EIO;
    memcpy(to + *at, bytes, length);
    *at += length;
    return fails ? -DOBOS_EIO : 0;
}

static inline int lease_journal_begin(void *context) {
    struct lease_journal *journal = context;
    if (lease_journal_fails(journal))
        return -DOBOS_EIO;
    journal->is_begun = true;
    journal->begun = 0;
    return 0;
}

static inline int lease_journal_commit(void *context) {
    struct lease_journal *journal = context;
    if (lease_journal_fails(journal))
        return -DOBOS_EIO;
    memcpy(journal->bytes, journal->next, journal->begun);
    journal->length = journal->begun;
    journal->is_begun = false;
    return 0;
}

static inline struct dobos_lease_store lease_journal_store(struct lease_journal *journal) {
    return (struct dobos_lease_store){.context = journal,
                                      .read = lease_journal_read,
                                      .append = lease_journal_append,
                                      .begin = lease_journal_begin,
                                      .commit = lease_journal_commit};
}

/* It can be written again, as after a restart; what was begun and not committed is gone. */
static inline void lease_journal_reopen(struct lease_journal *journal) {
    journal->is_begun = journal->is_down = false;
    journal->crash_in = 0;
}

#endif
