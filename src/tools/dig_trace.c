/*
 * dig_trace: +trace: the root's servers as the node's own server names them, then one server of
 * each zone on the way down, asked without recursion. Of the servers of a zone the first is asked
 * that has an address: the referral's own, or else what the node's name servers know.
 */
#include <string.h>

#include "base/memory.h"
#include "tools/dig.h"

static const struct dns_name root = {.length = 1};

void dig_trace_begin(struct dig *dig) {
    struct asking *asking = &dig->asking;
    (void)text_copy(asking->question.name, sizeof asking->question.name, ".");
    asking->question.type = DNS_NS;
    asking->form.recursion_desired = true;
    dig->asks_root = true;
    dig->zone = root;
}

/* ---- a referral ---- */

static bool address_of(const struct dns_record *record, struct dobos_address *address) {
    if (record->type != DNS_A || record->data.length != 4)
        return false;
    *address = dobos_address_ipv4(load_be32(record->data.bytes));
    return true;
}

/* The address that the message itself tells of a server. */
static struct dobos_address glue_find(const struct dns_sections *sections,
                                      const struct dns_name *name) {
    struct reader at = sections->at[SECTION_ADDITIONAL];
    unsigned left = sections->count[SECTION_ADDITIONAL];
    struct dns_record record;
    struct dobos_address address;
    while (dns_sections_next(&at, &left, &record)) {
        if (dns_name_is_equal(&record.name, name) && address_of(&record, &address))
            return address;
    }
    return dobos_address_ipv4(0);
}

static void host_add(struct dig *dig, const struct dns_sections *sections,
                     const struct reader *message, const struct dns_record *record) {
    struct dns_name name;
    char text[DNS_NAME_TEXT];
    size_t at = 0;
    if (dig->host_count == ASKING_SERVERS || !dns_record_name_parse(message, record, &at, &name) ||
        dns_name_format(&name, text) + 1 > DOBOS_DOMAIN_BYTES)
        return;
    (void)text_copy(dig->hosts[dig->host_count], DOBOS_DOMAIN_BYTES, text);
    dig->glue[dig->host_count++] = glue_find(sections, &name);
}

/* Whether servers of that zone lead on to the name: they are below those that were asked. */
static bool leads_down(struct dig *dig, const struct dns_name *zone) {
    struct dns_name name;
    char text[DNS_NAME_TEXT];
    if (dig->asks_root)
        return zone->length == 1;
    if (!dns_name_from_text(dig_lookup_of(dig)->name, &name))
        return false;
    if (dns_name_is_within(zone, &dig->zone) && dns_name_is_within(&name, zone)) {
        if (!dns_name_is_equal(zone, &dig->zone))
            return true;
        asking_remark(&dig->asking, "BAD (HORIZONTAL) REFERRAL");
        return false;
    }
    dns_name_format(zone, text);
    asking_remark(&dig->asking, "BAD REFERRAL");
    return false;
}

/* Takes the servers that a section names. False: it names none. */
static bool hosts_read(struct dig *dig, const struct dns_sections *sections,
                       enum dns_section section) {
    struct reader at = sections->at[section];
    unsigned left = sections->count[section];
    struct dns_record record;
    struct dns_name zone = root;
    dig->host_count = dig->host = 0;
    while (dns_sections_next(&at, &left, &record)) {
        if (record.type != DNS_NS ||
            (dig->host_count > 0 && !dns_name_is_equal(&record.name, &zone)))
            continue;
        if (dig->host_count == 0 && !leads_down(dig, &record.name))
            return false;
        zone = record.name;
        host_add(dig, sections, &at, &record);
    }
    if (dig->host_count > 0)
        dig->zone = zone;
    return dig->host_count > 0;
}

bool dig_trace_goes_on(struct dig *dig) {
    struct asking *asking = &dig->asking;
    struct dns_sections sections;
    const bool is_root = dig->asks_root;
    if (!dns_sections_find(&sections, &asking->body, &asking->header) ||
        asking->header.rcode != DNS_NOERROR || (!is_root && asking->header.answers > 0) ||
        !hosts_read(dig, &sections, is_root ? SECTION_ANSWER : SECTION_AUTHORITY))
        return false;
    dig->asks_root = false;
    asking->server_count = 0;
    return true;
}

/* ---- the next server ---- */

static void server_ask(struct dig *dig, dobos_time now) {
    const struct dig_lookup *lookup = dig_lookup_of(dig);
    struct asking *asking = &dig->asking;
    asking->question = (struct asking_question){
        .type = lookup->type,
        .class_ = lookup->class_,
        .origin = -1,
        .is_new = true,
        .tcp = lookup->tcp,
        .skips_fails = true,
        .tries = lookup->tries,
    };
    (void)text_copy(asking->question.name, sizeof asking->question.name, lookup->name);
    dig_form_read(dig);
    asking_begin(asking, now);
}

int dig_trace_step(struct dig *dig, dobos_time now, dobos_time *again, bool *waits) {
    struct asking *asking = &dig->asking;
    while (dig->host < dig->host_count) {
        const char *name = dig->hosts[dig->host];
        if (!dobos_address_is_unspecified(&dig->glue[dig->host])) {
            asking->servers[asking->server_count++] =
                (struct asking_server){dig->glue[dig->host], name};
            server_ask(dig, now);
            return TOOL_GOES_ON;
        }
        const int found = asking_server_find(asking, name, now, again);
        *waits = found == 0;
        if (found == 0)
            return TOOL_GOES_ON;
        if (found > 0) {
            server_ask(dig, now);
            return TOOL_GOES_ON;
        }
        dig->host++;
    }
    asking_remark(asking, "no servers could be reached");
    dig->exit_code = DIG_NO_REPLY;
    return dig_lookup_end(dig);
}
