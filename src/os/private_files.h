/*
 * private_files: the few files that a program must see otherwise inside a namespace of its own: its
 * resolver's configuration, /proc and /sys; and the sockets by which the C library would ask the
 * host for names, which it must not see.
 */
#ifndef OS_PRIVATE_FILES_H
#define OS_PRIVATE_FILES_H

#include "lab/lab.h"
#include "os/failure.h"

/* The text of resolv.conf for a node, into `room` bytes; returns its length. */
size_t resolver_text(const struct lab_outside *outside, char *text, size_t room);
/* The text of /etc/hosts for a node with names of its own; returns its length, 0: it has none. */
size_t hosts_text(const struct lab_outside *outside, char *text, size_t room);
/* nsswitch.conf as it was (ending with NUL), but hosts come from /etc/hosts and DNS alone; returns
 * the new length, or 0 when there is no room. */
size_t name_switch_text(const char *old, size_t old_bytes, char *text, size_t room);

#define PRIVATE_RESOLVERS 3

struct private_files {
    int resolvers[PRIVATE_RESOLVERS]; /* descriptors of each private resolv.conf there is */
    unsigned resolver_count;          /* of them */
};

struct private_files_config {
    const struct lab_outside *outside; /* whose resolver's configuration */
    const char *const *folders;        /* that CMD gets a copy of, see private_folder.h */
    unsigned folder_count;             /* of them */
    bool with_owners;                  /* copies keep their owners */
};

/*
 * Call it as the first process of new mount, PID and network namespaces, with CAP_SYS_ADMIN over
 * them. Nothing it mounts is seen outside, and all is gone with the last process inside. 0 and
 * *files, whose descriptors are the caller's, or −1 with *failure.
 */
int private_files_mount(const struct private_files_config *config, struct private_files *files,
                        struct failure *failure);
/* Writes another configuration of the resolver. */
void private_files_change(const struct private_files *files, const struct lab_outside *outside);

#endif
