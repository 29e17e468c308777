/*
 * zone_file: reads zone files (RFC 1035 §5, 2308 §4 for $TTL, 3597 for unknown types): text in, one
 * record after the other out. It opens nothing: where a file includes another, whoever has files
 * brings its text. What is wrong is told with file, line and column.
 *
 * A file may include others of its own folder and below, eight deep; what is included has its own
 * origin and gives neither origin nor owner back (RFC 1035 §5.1).
 */
#ifndef SERVICES_ZONE_FILE_H
#define SERVICES_ZONE_FILE_H

#include <dobos/dns.h>

#include "wire/dns_data_text.h"

#define ZONE_FILE_DEPTH    8   /* files that include each other */
#define ZONE_FILE_INCLUDES 64  /* in all, of one zone */
#define ZONE_FILE_PATH     256 /* of an included file, with its NUL */

/* A file that is being read. */
struct zone_file_source {
    const char *text;          /* borrowed until the file is left */
    const char *name;          /* as it was included; NULL: the zone's own */
    char path[ZONE_FILE_PATH]; /* where name points, when it is not NULL */
    struct dns_tokens tokens;  /* the text */
    struct dns_name origin;    /* completes names */
    struct dns_name owner;     /* of the last record */
    bool has_owner;            /* there was one */
};

struct zone_file {
    struct zone_file_source sources[ZONE_FILE_DEPTH];
    unsigned depth;              /* used; 0: all is read */
    unsigned includes;           /* so far */
    uint32_t ttl;                /* for records without one */
    bool has_ttl;                /* it is known: by $TTL or by the record before */
    bool is_default_ttl;         /* by $TTL */
    struct dns_text_fault fault; /* what is wrong, and where */
    const char *left;            /* the text of a file that has just been left; NULL */
};

enum zone_file_result {
    ZONE_FILE_RECORD,  /* *entry is the next record */
    ZONE_FILE_INCLUDE, /* entry->include is wanted: zone_file_enter, or it is passed over */
    ZONE_FILE_LEFT,    /* the text at .left is not needed any more */
    ZONE_FILE_END,     /* all is read */
    ZONE_FILE_BAD,     /* .fault says why; zone_file_name in which file */
};

struct zone_file_entry {
    struct dns_name owner;        /* of the record; of an inclusion: its origin */
    uint16_t type;                /* enum dns_type; never a meta type */
    uint32_t ttl;                 /* seconds */
    struct slice data;            /* whole, in the caller's room */
    uint32_t line, column;        /* where it begins */
    char include[ZONE_FILE_PATH]; /* relative to the zone's own file, without . and .. */
};

/* Begins with the zone's own file (borrow). */
void zone_file_begin(struct zone_file *file, const struct dns_name *origin, const char *text,
                     size_t length);
/* The next record, its data in `room` bytes at `data`. */
enum zone_file_result zone_file_next(struct zone_file *file, struct zone_file_entry *entry,
                                     uint8_t *data, size_t room);
/* Brings the text (borrow until it is left) of what was wanted. */
void zone_file_enter(struct zone_file *file, const struct zone_file_entry *entry, const char *text,
                     size_t length);
/* The included file that is being read; NULL: the zone's own. */
const char *zone_file_name(const struct zone_file *file);

#endif
