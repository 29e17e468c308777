/* reverse_zones: see reverse_zones.h. */
#include "lab/reverse_zones.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lab/yaml.h"
#include "lab/zone_files.h"
#include "services/zone_file.h"

#define PTR_TTL 3600

struct reverse_name {
    uint32_t number; /* the address */
    size_t order;    /* the first one found counts */
    char *name;      /* owned */
};

static bool is_wanted(const struct network_service *service, uint32_t number) {
    for (size_t i = 0; i < service->reverse_count; i++) {
        const struct dobos_prefix *prefix = &service->reverse[i];
        const uint32_t base = dobos_address_ipv4_number(&prefix->address);
        if ((number ^ base) >> (32 - prefix->length) == 0)
            return true;
    }
    return false;
}

static bool add(struct reverse_zones *made, const struct network_service *service, uint32_t number,
                const char *name) {
    if (!is_wanted(service, number))
        return true;
    if (made->name_count == made->name_room) {
        const size_t room = made->name_room ? 2 * made->name_room : 64;
        struct reverse_name *larger = realloc(made->names, room * sizeof *larger);
        if (!larger)
            return false;
        made->names = larger;
        made->name_room = room;
    }
    char *copy = strdup(name);
    if (!copy)
        return false;
    made->names[made->name_count] = (struct reverse_name){number, made->name_count, copy};
    made->name_count++;
    return true;
}

/* ---- names ---- */

static bool add_records(struct reverse_zones *made, const struct network_service *service,
                        const struct dobos_dns_zone *zone) {
    struct dobos_address address;
    for (size_t i = 0; i < zone->record_count; i++) {
        const struct dobos_dns_record *record = &zone->records[i];
        if (strcasecmp(record->type, "A") == 0 &&
            dobos_address_parse(record->data, &address, NULL) == 0 &&
            !add(made, service, dobos_address_ipv4_number(&address), record->name))
            return false;
    }
    return true;
}

/* Where a zone file is read. */
struct file_reading {
    struct zone_files files;      /* brings texts */
    struct zone_file file;        /* reads them */
    struct zone_file_entry entry; /* the record at hand */
    uint8_t data[DNS_DATA_BYTES]; /* its data */
};

/* One step; 1: there are more, 0: it is over, −1: no memory. A fault ends it: whoever serves the
 * zone tells of it. */
static int file_step(struct reverse_zones *made, const struct network_service *service,
                     const struct dobos_dns_zone *zone, struct file_reading *reading) {
    struct dobos_dns_files *calls = &reading->files.calls;
    char name[DNS_NAME_TEXT];
    const char *text, *reason;
    size_t length;
    switch (zone_file_next(&reading->file, &reading->entry, reading->data, sizeof reading->data)) {
    case ZONE_FILE_RECORD:
        if (reading->entry.type != DNS_A)
            return 1;
        dns_name_format(&reading->entry.owner, name);
        return add(made, service, load_be32(reading->data), name) ? 1 : -1;
    case ZONE_FILE_INCLUDE:
        if (calls->open(calls->context, zone->file, reading->entry.include, &text, &length,
                        &reason) == 0)
            zone_file_enter(&reading->file, &reading->entry, text, length);
        return 1;
    case ZONE_FILE_LEFT:
        calls->close(calls->context, reading->file.left);
        return 1;
    case ZONE_FILE_BAD:
    case ZONE_FILE_END:
        break;
    }
    return 0;
}

static bool add_file(struct reverse_zones *made, const struct network *network,
                     const struct network_service *service, const struct dobos_dns_zone *zone) {
    struct file_reading *reading = malloc(sizeof *reading);
    struct dns_name apex;
    const char *text, *reason;
    size_t length;
    int result = 0;
    if (!reading)
        return false;
    zone_files_init(&reading->files, network->document.name);
    struct dobos_dns_files *calls = &reading->files.calls;
    if (dns_name_from_text(zone->name, &apex) &&
        calls->open(calls->context, zone->file, NULL, &text, &length, &reason) == 0) {
        zone_file_begin(&reading->file, &apex, text, length);
        do
            result = file_step(made, service, zone, reading);
        while (result == 1);
        while (reading->file.depth > 1)
            calls->close(calls->context, reading->file.sources[--reading->file.depth].text);
        calls->close(calls->context, text);
    }
    free(reading);
    return result == 0;
}

static bool add_zones(struct reverse_zones *made, const struct network *network,
                      const struct network_service *service, const struct network_node *node) {
    for (unsigned i = 0; i < node->service_count; i++)
        for (size_t j = 0; j < node->services[i].zone_count; j++) {
            const struct dobos_dns_zone *zone = &node->services[i].zones[j];
            if (zone->file ? !add_file(made, network, service, zone)
                           : !add_records(made, service, zone))
                return false;
        }
    return true;
}

/* A node's own name is behind all others: it counts where no zone names the address. */
static bool add_node(struct reverse_zones *made, const struct network_service *service,
                     const struct network_node *node) {
    for (unsigned i = 0; i < node->interface_count; i++) {
        const struct network_interface *interface = &node->interfaces[i];
        char name[DNS_NAME_TEXT];
        const char *domain = service->domain           ? service->domain
                             : interface->search_count ? interface->search[0]->text
                                                       : "";
        struct dns_name parsed;
        (void)snprintf(name, sizeof name, "%s%s%s", node->name, *domain ? "." : "", domain);
        for (unsigned j = 0; j < interface->address_count && dns_name_from_text(name, &parsed); j++)
            if (!add(made, service,
                     dobos_address_ipv4_number(&interface->addresses[j].prefix.address), name))
                return false;
    }
    return true;
}

static int compare(const void *a, const void *b) {
    const struct reverse_name *x = a, *y = b;
    if (x->number != y->number)
        return x->number < y->number ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

static bool find_names(struct reverse_zones *made, const struct network *network,
                       const struct network_service *service) {
    for (unsigned i = 0; i < network->node_count; i++)
        if (!add_zones(made, network, service, &network->nodes[i]))
            return false;
    for (unsigned i = 0; i < network->node_count; i++)
        if (!add_node(made, service, &network->nodes[i]))
            return false;
    if (made->name_count > 0)
        qsort(made->names, made->name_count, sizeof *made->names, compare);
    return true;
}

/* ---- zones ---- */

/* The reverse name of the upper `octets` of an address; text has 32 bytes. */
static char *reverse_text(uint32_t number, unsigned octets) {
    char *text = malloc(32);
    int used = 0;
    for (unsigned i = 4 - octets; text && i < 4; i++)
        used += snprintf(text + used, 32 - (size_t)used, "%u.", number >> 8 * i & 255);
    if (text)
        (void)snprintf(text + used, 32 - (size_t)used, "in-addr.arpa");
    return text;
}

/* One zone, of the upper `octets` of `base`. */
static bool make_zone(struct reverse_zones *made, uint32_t base, unsigned octets) {
    char *apex = reverse_text(base, octets);
    struct dobos_dns_zone *zone = &made->zones[made->count++];
    struct dobos_dns_record *records = calloc(made->name_count + 1, sizeof *records);
    *zone = (struct dobos_dns_zone){.name = apex, .records = records};
    if (!apex || !records)
        return false;
    for (size_t i = made->given; i + 1 < made->count; i++)
        if (strcmp(made->zones[i].name, apex) == 0) {
            made->count--;
            free(apex);
            free(records);
            return true;
        }
    for (size_t i = 0; i < made->name_count; i++) {
        const struct reverse_name *one = &made->names[i];
        if ((one->number ^ base) >> (32 - 8 * octets) != 0 ||
            (i > 0 && made->names[i - 1].number == one->number))
            continue;
        struct dobos_dns_record *record = &records[zone->record_count++];
        *record =
            (struct dobos_dns_record){reverse_text(one->number, 4), "PTR", one->name, PTR_TTL};
        if (!record->name)
            return false;
    }
    return true;
}

static unsigned octets_of(const struct dobos_prefix *prefix) {
    return prefix->length <= 8 ? 1 : prefix->length <= 16 ? 2 : 3;
}

/* How many zones a prefix becomes. */
static size_t zones_of(const struct dobos_prefix *prefix) {
    return prefix->length > 24 ? 1 : (size_t)1 << (8 * octets_of(prefix) - prefix->length);
}

static bool make(struct reverse_zones *made, const struct network *network,
                 const struct network_service *service) {
    size_t room = service->zone_count + 1;
    for (size_t i = 0; i < service->reverse_count; i++)
        room += zones_of(&service->reverse[i]);
    made->zones = calloc(room, sizeof *made->zones);
    if (!made->zones || (service->reverse_count > 0 && !find_names(made, network, service)))
        return false;
    if (service->zone_count > 0)
        memcpy(made->zones, service->zones, service->zone_count * sizeof *made->zones);
    made->count = made->given = service->zone_count;
    for (size_t i = 0; i < service->reverse_count; i++) {
        const struct dobos_prefix *prefix = &service->reverse[i];
        const unsigned octets = octets_of(prefix);
        const uint32_t base = dobos_address_ipv4_number(&prefix->address);
        for (size_t j = 0; j < zones_of(prefix); j++)
            if (!make_zone(made, base + ((uint32_t)j << (32 - 8 * octets)), octets))
                return false;
    }
    return true;
}

bool reverse_zones_make(struct reverse_zones *made, const struct network *network,
                        const struct network_service *service, struct lab_error *error) {
    *made = (struct reverse_zones){0};
    return make(made, network, service) ||
           yaml_refuse_file(network->document.name, error, "no memory for reverse zones");
}

void reverse_zones_free(struct reverse_zones *made) {
    for (size_t i = made->given; i < made->count; i++) {
        const struct dobos_dns_zone *zone = &made->zones[i];
        for (size_t j = 0; j < zone->record_count; j++)
            free((void *)(uintptr_t)zone->records[j].name);
        free((void *)(uintptr_t)zone->records);
        free((void *)(uintptr_t)zone->name);
    }
    for (size_t i = 0; i < made->name_count; i++)
        free(made->names[i].name);
    free(made->names);
    free(made->zones);
    *made = (struct reverse_zones){0};
}
