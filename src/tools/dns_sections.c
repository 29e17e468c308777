/* dns_sections: see dns_sections.h. */
#include "tools/dns_sections.h"

#include <stdlib.h>

#include "base/memory.h"

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

/* ---- lists ---- */

/* The same for names that are equal (FNV-1a, letters in lower case). */
static uint32_t hash_of(const struct dns_name *name) {
    uint32_t hash = 2166136261u;
    for (unsigned i = 0; i < name->length; i++) {
        const uint8_t c = name->bytes[i];
        hash = (hash ^ (c >= 'A' && c <= 'Z' ? c + 32u : c)) * 16777619u;
    }
    return hash;
}

static bool name_at(const struct dns_list *list, const struct dns_listed *listed,
                    struct dns_name *name) {
    struct reader at = list->message;
    at.position = listed->offset;
    return dns_name_parse(&at, name);
}

/* The first record before it of the same name, or itself. */
static uint32_t leader_find(const struct dns_list *list, uint32_t nth,
                            const struct dns_name *name) {
    const uint32_t hash = list->listed[nth].name_hash;
    struct dns_name other;
    for (uint32_t i = 0; i < nth; i++) {
        const struct dns_listed *before = &list->listed[i];
        if (before->name_hash == hash && before->leader == i && name_at(list, before, &other) &&
            dns_name_is_equal(&other, name))
            return i;
    }
    return nth;
}

/* The first record of its name and type, or itself. */
static uint32_t set_find(const struct dns_list *list, uint32_t nth) {
    const struct dns_listed *listed = &list->listed[nth];
    for (uint32_t i = listed->leader; i < nth; i++) {
        const struct dns_listed *before = &list->listed[i];
        if (before->leader == listed->leader && before->type == listed->type &&
            before->class_ == listed->class_)
            return i;
    }
    return nth;
}

static void list_add(struct dns_list *list, size_t offset, const struct dns_record *record) {
    const uint32_t nth = (uint32_t)list->count++;
    struct dns_listed *listed = &list->listed[nth];
    *listed = (struct dns_listed){.offset = offset,
                                  .name_hash = hash_of(&record->name),
                                  .ttl = record->ttl,
                                  .type = record->type,
                                  .class_ = record->class_};
    listed->leader = leader_find(list, nth, &record->name);
    listed->set = set_find(list, nth);
    listed->owner = list->listed[listed->leader].offset;
    struct dns_listed *set = &list->listed[listed->set];
    set->ttl = min_u32(set->ttl, listed->ttl);
}

static int compare(const void *a, const void *b) {
    const struct dns_listed *x = a;
    const struct dns_listed *y = b;
    if (x->leader != y->leader)
        return x->leader < y->leader ? -1 : 1;
    if (x->set != y->set)
        return x->set < y->set ? -1 : 1;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

bool dns_list_make(struct dns_list *list, const struct dns_sections *sections,
                   enum dns_section section) {
    struct reader at = sections->at[section];
    unsigned left = sections->count[section];
    struct dns_record record;
    size_t offset = at.position;
    *list = (struct dns_list){.message = at};
    if (left == 0)
        return true;
    list->listed = malloc(left * sizeof *list->listed);
    if (!list->listed)
        return false;
    while (dns_sections_next(&at, &left, &record)) {
        if (record.type != DNS_OPT)
            list_add(list, offset, &record);
        offset = at.position;
    }
    for (size_t i = 0; i < list->count; i++)
        list->listed[i].ttl = list->listed[list->listed[i].set].ttl;
    qsort(list->listed, list->count, sizeof *list->listed, compare);
    return true;
}

void dns_list_fini(struct dns_list *list) {
    free(list->listed);
}

bool dns_list_read(const struct dns_list *list, size_t nth, struct reader *message,
                   struct dns_record *record) {
    const struct dns_listed *listed = &list->listed[nth];
    *message = list->message;
    message->position = listed->offset;
    if (!dns_record_parse(message, record))
        return false;
    message->position = listed->owner;
    record->ttl = listed->ttl;
    return dns_name_parse(message, &record->name);
}
