/*
 * dns_zone: the data of zones that a server has authority for, and RFC 1034 §4.3.2's way through
 * it, as an engine: names in, records out. No sockets.
 *
 * A zone is a tree kept as a hash table of its names; names above records that have none of their
 * own (empty non-terminals) are in it too, so that NXDOMAIN is told from NODATA.
 */
#ifndef SERVICES_DNS_ZONE_H
#define SERVICES_DNS_ZONE_H

#include <dobos/dns.h>
#include <dobos/services.h>

#include "base/hash_table.h"
#include "base/keyed_hash.h"
#include "wire/dns_data_text.h"

#define ZONE_NEGATIVE_TTL_S 300 /* minimum of a SOA that dobos makes */

struct zone_record {
    struct zone_record *next; /* of the same name, in the order given */
    uint16_t type;            /* enum dns_type */
    uint32_t ttl;             /* seconds */
    uint16_t length;          /* bytes of data */
    uint8_t data[];           /* RDATA, names in it not compressed */
};

struct zone_name {
    struct hash_node node;       /* in zone.names */
    struct zone_record *records; /* NULL: an empty non-terminal */
    uint8_t length;              /* bytes of the name */
    uint8_t bytes[];             /* the name as it was written, in wire form */
};

struct zone {
    struct zone *next;       /* of the server */
    struct dns_name apex;    /* the zone's name */
    struct hash_table names; /* of struct zone_name, by lower-case name */
    struct hash_key key;     /* of the table */
};

/* Where a name leads in a zone, from the apex down. */
struct zone_walk {
    const struct zone_name *found; /* the name itself, unless it is not there or below a cut */
    const struct zone_name *cut;   /* the delegation that it is at or below, nearest to the apex */
    const struct zone_record *dname; /* of the name above it that renames what is below; or NULL */
    size_t closest; /* where in the name's bytes the last name begins that is there */
};

/*
 * Makes a zone (give) from its description. A SOA and a NS are made when they are missing: the
 * server is ns below the apex, or the first NS given; a made one gets `server` as its address where
 * the description gives it nothing (NULL: none). All records of a set get the lowest TTL of them
 * (RFC 2181 §5.2). *bad: which record is wrong, and *reason why (constant). -DOBOS_EINVAL,
 * -DOBOS_ENOMEM.
 */
int zone_create(struct allocator *allocator, const struct hash_key *key,
                const struct dobos_dns_zone *given, const struct dobos_address *server, size_t *bad,
                const char **reason, struct zone **zone);
/* An empty one (give); NULL: no memory. */
struct zone *zone_begin(struct allocator *allocator, const struct hash_key *key,
                        const struct dns_name *apex);
/* Adds a record of whole data, in which a set's lowest TTL becomes that of all. -DOBOS_EINVAL:
 * *reason (constant); -DOBOS_ENOMEM. */
int zone_record_add(struct allocator *allocator, struct zone *zone, const struct dns_name *owner,
                    uint16_t type, uint32_t ttl, struct slice data, const char **reason);
/*
 * Makes a zone (give) from the zone file `given->file`, which `files` opens. -DOBOS_EINVAL,
 * -DOBOS_EIO (it cannot be read): *fault; -DOBOS_ENOMEM.
 */
int zone_load(struct allocator *allocator, const struct hash_key *key,
              const struct dobos_dns_zone *given, const struct dobos_dns_files *files,
              struct dobos_dns_fault *fault, struct zone **zone);
void zone_destroy(struct allocator *allocator, struct zone *zone);
const struct zone_name *zone_find(const struct zone *zone, const struct dns_name *name);
struct dns_name zone_name_read(const struct zone_name *name);
uint64_t zone_name_hash(const struct zone *zone, const struct dns_name *name);
/* The first record of a type at a name, or NULL; and the next of that type behind one. */
const struct zone_record *zone_record_first(const struct zone_name *name, uint16_t type);
const struct zone_record *zone_record_next(const struct zone_record *record, uint16_t type);
/* The zone whose apex is nearest above `name`, or NULL. */
const struct zone *zone_of(const struct zone *zones, const struct dns_name *name);

/* `name` is within the zone. */
void zone_walk(const struct zone *zone, const struct dns_name *name, struct zone_walk *walk);
/* walk.cut alone. */
const struct zone_name *zone_cut(const struct zone *zone, const struct dns_name *name);
/* The wildcard that stands for a name that is not there, below its closest encloser (RFC 4592
 * §3.3.1); or NULL. */
const struct zone_name *zone_wildcard(const struct zone *zone, const struct dns_name *name,
                                      const struct zone_walk *walk);

#endif
