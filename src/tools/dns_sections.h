/*
 * dns_sections: where the sections of a DNS message begin, for tools that show them one by one.
 */
#ifndef TOOLS_DNS_SECTIONS_H
#define TOOLS_DNS_SECTIONS_H

#include "wire/dns.h"

enum dns_section {
    SECTION_ANSWER,
    SECTION_AUTHORITY,
    SECTION_ADDITIONAL,
    SECTIONS,
};

struct dns_sections {
    struct reader at[SECTIONS];      /* at each section's first record */
    unsigned count[SECTIONS];        /* records of each */
    const struct dns_header *header; /* of the message; borrowed */
    size_t rest;                     /* bytes behind the last record */
};

/* `message` stands behind the questions. False: a record cannot be read. */
bool dns_sections_find(struct dns_sections *sections, const struct reader *message,
                       const struct dns_header *header);

/* The next record of a section being walked: `at` is a copy of its reader, *left its count. False:
 * there is none. */
bool dns_sections_next(struct reader *at, unsigned *left, struct dns_record *record);

/*
 * The records of a section, OPT left out, as BIND lists them: those of one name stand together
 * where the first of them is, in its letters, and among them those of one type, with the least of
 * their TTLs (RFC 2181 §5.2).
 */
struct dns_listed {
    size_t offset;      /* in the message */
    size_t owner;       /* of the first record of that name */
    uint32_t leader;    /* number of the first record of that name */
    uint32_t set;       /* number of the first record of that name and type */
    uint32_t name_hash; /* equal for equal names */
    uint32_t ttl;       /* seconds */
    uint16_t type, class_;
};
struct dns_list {
    struct dns_listed *listed; /* owned; NULL: none */
    size_t count;              /* of them */
    struct reader message;     /* over the whole message; borrowed */
};
/* False: no memory. */
bool dns_list_make(struct dns_list *list, const struct dns_sections *sections,
                   enum dns_section section);
void dns_list_fini(struct dns_list *list);
/* Reads one; *message is over the whole message. */
bool dns_list_read(const struct dns_list *list, size_t nth, struct reader *message,
                   struct dns_record *record);

/* The OPT record (RFC 6891) of the message; false: there is none. */
bool dns_sections_edns(const struct dns_sections *sections, struct dns_record *record);

#endif
