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
    const char *name;  /* stands in errors */
    const char *begin; /* the first byte */
    const char *at;    /* the next byte */
    const char *end;   /* behind the last */
    const char *row;   /* the first byte of the line */
    uint32_t line;     /* of what was read last, from 1 */
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
/* Sets *error to "name:line:column: what: <expected>" for the entry of that line; returns false. */
bool routes_file_refuse(const struct routes_file *file, uint32_t line,
                        const struct routes_file_entry *entry, struct lab_error *error,
                        const char *expected);

enum routes_load_result {
    ROUTES_LOADED, /* all are in the host */
    ROUTES_UNREAD, /* *error is why the file cannot be read, without its name */
    ROUTES_FAULT,  /* *error says where in it, what is there, and what was expected */
};
/* Reads a file of routes into a host. `folder`: that of this file (a path to any file in it) is
 * where a relative name is looked for. */
enum routes_load_result routes_file_load(struct dobos_host *host, const char *name,
                                         const char *folder, struct lab_error *error);

#endif
