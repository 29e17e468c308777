/* lease_memory: a store of leases (struct dobos_lease_store) in memory. A node has one for each
 * DHCP server of its file, and keeps them when its plug is pulled: they are its disk. */
#ifndef LAB_LEASE_MEMORY_H
#define LAB_LEASE_MEMORY_H

#include <dobos/services.h>

struct lease_bytes {
    uint8_t *bytes; /* owned */
    size_t length;  /* of them */
    size_t room;    /* there is */
};
struct lease_memory {
    struct lease_bytes now;  /* what is read */
    struct lease_bytes next; /* what takes its place at commit */
    bool is_writing;         /* between begin and commit appends go to next */
};

/* The calls on a zeroed one, which is borrowed. */
struct dobos_lease_store lease_memory_store(struct lease_memory *memory);
/* The node was switched off: what was not committed is gone. */
void lease_memory_drop(struct lease_memory *memory);
void lease_memory_fini(struct lease_memory *memory);

#endif
