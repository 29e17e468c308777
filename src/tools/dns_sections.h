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

/* The OPT record (RFC 6891) of the message; false: there is none. */
bool dns_sections_edns(const struct dns_sections *sections, struct dns_record *record);

#endif
