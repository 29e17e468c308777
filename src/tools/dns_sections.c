/* dns_sections: see dns_sections.h. */
#include "tools/dns_sections.h"

bool dns_sections_find(struct dns_sections *sections, const struct reader *message,
                       const struct dns_header *header) {
    struct reader at = *message;
    sections->header = header;
    sections->count[SECTION_ANSWER] = header->answers;
    sections->count[SECTION_AUTHORITY] = header->authorities;
    sections->count[SECTION_ADDITIONAL] = header->additionals;
    for (unsigned i = 0; i < SECTIONS; i++) {
        sections->at[i] = at;
        if (!dns_section_skip(&at, sections->count[i]))
            return false;
    }
    sections->rest = reader_rest(&at);
    return true;
}

bool dns_sections_next(struct reader *at, unsigned *left, struct dns_record *record) {
    if (*left == 0 || !dns_record_parse(at, record))
        return false;
    --*left;
    return true;
}

bool dns_sections_edns(const struct dns_sections *sections, struct dns_record *record) {
    struct reader at = sections->at[SECTION_ADDITIONAL];
    unsigned left = sections->count[SECTION_ADDITIONAL];
    while (dns_sections_next(&at, &left, record)) {
        if (record->type == DNS_OPT)
            return true;
    }
    return false;
}
