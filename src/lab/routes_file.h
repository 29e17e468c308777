/*
 * routes_file: a file of routes, one a line: "PREFIX via NEXTHOP", or "default via NEXTHOP"; what
 * is behind a # is not read, nor are empty lines. Made for whole Internet tables: a million lines
 * are read in a fraction of a second.
 */
#ifndef LAB_ROUTES_FILE_H
#define LAB_ROUTES_FILE_H

#include <dobos/address.h>

#include "lab/lab.h"

#define ROUTES_FILE_BYTES (256 << 20) /* at most */

/* Where reading is. */
struct routes_file {
    const char *name; /* stands in errors */
    const char *at;   /* the next byte */
    const char *end;  /* behind the last */
    uint32_t line;    /* of what was read last, from 1 */
};
struct routes_file_entry {
    struct dobos_prefix to;   /* host bits zero */
    struct dobos_address via; /* one host's, as far as an address says it */
};

/* All borrowed while it is read. */
void routes_file_begin(struct routes_file *file, const char *name, const char *text, size_t length);
enum routes_file_result {
    ROUTES_FILE_ENTRY, /* *entry is the next */
    ROUTES_FILE_END,   /* there is none */
    ROUTES_FILE_FAULT, /* *error says where, what is there, and what was expected */
};
enum routes_file_result routes_file_next(struct routes_file *file, struct routes_file_entry *entry,
                                         struct lab_error *error);
/* Sets *error to "name:line: what: <expected>" for what was read last; returns false. */
bool routes_file_refuse(const struct routes_file *file, const struct routes_file_entry *entry,
                        struct lab_error *error, const char *expected);

/* Reads a file of routes into a host. `folder`: that of this file (a path to any file in it) is
 * where a relative name is looked for. */
bool routes_file_load(struct dobos_host *host, const char *name, const char *folder,
                      struct lab_error *error);

#endif
