/* dns_zone_load: making a zone from its zone file; see dns_zone.h. */
#include "services/dns_zone.h"
#include "services/zone_file.h"

#define DATA_BYTES 65535

/* What is being loaded. */
struct loading {
    struct allocator *allocator;         /* borrowed */
    const char *name;                    /* of the zone's own file */
    const struct dobos_dns_files *files; /* which open them */
    struct dobos_dns_fault *fault;       /* what is wrong */
    struct zone *zone;                   /* so far; owned */
    struct zone_file file;               /* being read */
    uint8_t data[DATA_BYTES];            /* of one record */
};

/* What is wrong, in the file that is being read or in `include`. [rfc1035#32] */
static int refuse(struct loading *loading, const char *include, const char *reason, uint32_t line,
                  uint32_t column) {
    struct dobos_dns_fault *fault = loading->fault;
    text_copy(fault->include, sizeof(fault->include), include ? include : "");
    fault->file = loading->name;
    fault->reason = reason;
    fault->line = line;
    fault->column = column;
    return -DOBOS_EINVAL;
}

/* Opens the zone's own file, or `include`; false: *reason. */
static bool text_open(struct loading *loading, const char *include, const char **text,
                      size_t *length, const char **reason) {
    *reason = "this file cannot be read";
    return loading->files->open(loading->files->context, loading->name, include, text, length,
                                reason) >= 0;
}

/* What cannot be read is wrong where it is included. */
static int include(struct loading *loading, const struct zone_file_entry *entry) {
    const char *text, *reason;
    size_t length;
    if (!text_open(loading, entry->include, &text, &length, &reason)) {
        (void)refuse(loading, zone_file_name(&loading->file), reason, entry->line, entry->column);
        return -DOBOS_EIO;
    }
    zone_file_enter(&loading->file, entry, text, length);
    return 0;
}

static int record_add(struct loading *loading, const struct zone_file_entry *entry) {
    const char *reason;
    int result = zone_record_add(loading->allocator, loading->zone, &entry->owner, entry->type,
                                 entry->ttl, entry->data, &reason);
    if (result == -DOBOS_EINVAL)
        (void)refuse(loading, zone_file_name(&loading->file), reason, entry->line, entry->column);
    return result;
}

/* One step through the file: 1: there is more, 0: the end. */
static int step(struct loading *loading) {
    struct zone_file *file = &loading->file;
    struct zone_file_entry entry;
    int result = 0;
    switch (zone_file_next(file, &entry, loading->data, sizeof(loading->data))) {
    case ZONE_FILE_RECORD:
        result = record_add(loading, &entry);
        return result < 0 ? result : 1;
    case ZONE_FILE_INCLUDE:
        result = include(loading, &entry);
        return result < 0 ? result : 1;
    case ZONE_FILE_LEFT:
        loading->files->close(loading->files->context, file->left);
        return 1;
    case ZONE_FILE_BAD:
        return refuse(loading, zone_file_name(file), file->fault.reason, file->fault.line,
                      file->fault.column);
    case ZONE_FILE_END:
        break;
    }
    return 0;
}

/* What every zone must have at its own name. [rfc1034#17] */
static int apex_check(struct loading *loading) {
    const struct zone_name *apex = zone_find(loading->zone, &loading->zone->apex);
    if (!zone_record_first(apex, DNS_SOA))
        return refuse(loading, NULL, "expected an SOA record at the zone's own name", 0, 0);
    if (!zone_record_first(apex, DNS_NS))
        return refuse(loading, NULL, "expected an NS record at the zone's own name", 0, 0);
    return 0;
}

static int load(struct loading *loading, const struct dns_name *apex) {
    const char *text, *reason;
    size_t length;
    int result;
    if (!text_open(loading, NULL, &text, &length, &reason)) {
        (void)refuse(loading, NULL, reason, 0, 0);
        return -DOBOS_EIO;
    }
    zone_file_begin(&loading->file, apex, text, length);
    do
        result = step(loading);
    while (result == 1);
    /* The zone's own file, and those that were being read when something was wrong. */
    while (loading->file.depth > 1)
        loading->files->close(loading->files->context,
                              loading->file.sources[--loading->file.depth].text);
    loading->files->close(loading->files->context, text);
    return result < 0 ? result : apex_check(loading);
}

/* [rfc1035#32] */
int zone_load(struct allocator *allocator, const struct hash_key *key,
              const struct dobos_dns_zone *given, const struct dobos_dns_files *files,
              struct dobos_dns_fault *fault, struct zone **zone) {
    struct dns_name apex;
    struct loading *loading = allocator_allocate_raw(allocator, sizeof(*loading), "zone file");
    if (!loading)
        return -DOBOS_ENOMEM;
    loading->allocator = allocator;
    loading->name = given->file;
    loading->files = files;
    loading->fault = fault;
    loading->zone = NULL;
    int result = given->name && dns_name_from_text(given->name, &apex)
                     ? 0
                     : refuse(loading, NULL, "the zone's name is no domain name", 0, 0);
    if (result == 0) {
        loading->zone = zone_begin(allocator, key, &apex);
        result = loading->zone ? load(loading, &apex) : -DOBOS_ENOMEM;
    }
    if (result == 0)
        *zone = loading->zone;
    else
        zone_destroy(allocator, loading->zone);
    allocator_release(allocator, loading, sizeof(*loading));
    return result;
}
