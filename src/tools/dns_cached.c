/*
 * dns cache: what a DNS server's cache holds, a line for each record, and one for each absence or
 * failure; names in the order of the tree, from the root down (RFC 4034 §6.1), so that a name
 * stands above those below it.
 */
#include "tools/dns.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "wire/dns_data_text.h"

#define ROWS_FIRST 64

enum {
    COLUMN_NAME,
    COLUMN_TTL,
    COLUMN_TYPE,
    COLUMN_FROM,
    COLUMN_DATA,
    COLUMNS
};

static const char *const titles[COLUMNS] = {"Name", "TTL", "Type", "From", "Data"};

/* ---- texts ---- */

/* Who said so. */
static const char *from_name(const struct dobos_dns_cached *cached) {
    if (cached->kind == DOBOS_DNS_CUT)
        return "parent";
    if (cached->kind == DOBOS_DNS_FAILED)
        return "nobody";
    return cached->is_authoritative ? "authority" : "forwarder";
}

static const char *kind_name(enum dobos_dns_cached_kind kind) {
    static const char *const names[] = {"", "records", "no-type", "no-name", "failed", "cut"};
    return names[kind];
}

/* "MX", "TYPE4711"; "*" of all types. */
static const char *type_text(uint16_t type, char text[16]) {
    const char *name = dns_type_name(type);
    if (type == 0)
        return "*";
    if (name)
        return name;
    (void)snprintf(text, 16, "TYPE%u", type);
    return text;
}

/* Data as a zone file has them: to be freed; NULL: no memory. */
static char *data_text(const struct dobos_dns_cached_record *record) {
    const struct slice data = {record->data, record->length};
    for (size_t room = 256;; room *= 2) {
        char *text = malloc(room);
        if (!text)
            return NULL;
        struct writer w = writer_make(text, room - 1);
        dns_data_format(record->type, data, &w);
        if (!w.failed) {
            text[w.position] = '\0';
            return text;
        }
        free(text);
    }
}

/* ---- reading ---- */

/* Labels from the last to the first, without regard to case. */
static int name_compare(const struct dns_name *a, const struct dns_name *b) {
    uint8_t a_at[DNS_NAME_BYTES / 2 + 1], b_at[DNS_NAME_BYTES / 2 + 1];
    unsigned a_count = 0, b_count = 0;
    for (unsigned at = 0; a->bytes[at] != 0; at += a->bytes[at] + 1U)
        a_at[a_count++] = (uint8_t)at;
    for (unsigned at = 0; b->bytes[at] != 0; at += b->bytes[at] + 1U)
        b_at[b_count++] = (uint8_t)at;
    while (a_count > 0 && b_count > 0) {
        const uint8_t *one = a->bytes + a_at[--a_count], *other = b->bytes + b_at[--b_count];
        for (unsigned i = 1; i <= min_u32(one[0], other[0]); i++) {
            int left = one[i] >= 'A' && one[i] <= 'Z' ? one[i] + 32 : one[i];
            int right = other[i] >= 'A' && other[i] <= 'Z' ? other[i] + 32 : other[i];
            if (left != right)
                return left - right;
        }
        if (one[0] != other[0])
            return one[0] - other[0];
    }
    return (int)a_count - (int)b_count;
}

/* Cuts come before answers, then by type. */
static int row_compare(const void *one, const void *other) {
    const struct dns_row *a = one, *b = other;
    int order = name_compare(&a->name, &b->name);
    if (order == 0)
        order = (b->cached.kind == DOBOS_DNS_CUT) - (a->cached.kind == DOBOS_DNS_CUT);
    return order ? order : (int)a->cached.type - (int)b->cached.type;
}

static bool is_wanted(const struct dns_tool *dns, const struct dns_row *row) {
    if (dns->has_type && row->cached.type != 0 && row->cached.type != dns->type)
        return false;
    return !dns->has_name || dns_name_is_within(&row->name, &dns->name);
}

/* False: no memory. */
static bool rows_read(struct dns_tool *dns) {
    struct dns_row row = {0};
    while (dobos_dns_cache_read(dns->service, dns->now, &row.cached) == 0) {
        if (!dns_name_from_text(row.cached.name, &row.name) || !is_wanted(dns, &row))
            continue;
        if (dns->row_count == dns->row_room) {
            size_t room = dns->row_room ? 2 * dns->row_room : ROWS_FIRST;
            struct dns_row *rows = realloc(dns->rows, room * sizeof *rows);
            if (!rows)
                return false;
            dns->rows = rows;
            dns->row_room = room;
        }
        dns->rows[dns->row_count++] = row;
    }
    if (dns->row_count > 0)
        qsort(dns->rows, dns->row_count, sizeof *dns->rows, row_compare);
    return true;
}

/* ---- the list ---- */

/* Grows the widths (`out` NULL), or prints; `data` NULL: no memory. */
static bool line_visit(struct sink *out, const struct dobos_dns_cached *cached, const char *owner,
                       uint16_t type, const char *data, size_t widths[COLUMNS]) {
    char ttl[24], number[16];
    (void)snprintf(ttl, sizeof ttl, "%" PRId64, cached->left_s);
    const char *const cells[COLUMNS] = {owner, ttl, type_text(type, number), from_name(cached),
                                        data};
    if (!data)
        return false;
    for (unsigned i = 0; i < COLUMN_DATA && !out; i++)
        widths[i] = max_size(widths[i], strlen(cells[i]));
    if (out)
        sink_format(out, "%-*s %*s %-*s %-*s %s\n", (int)widths[COLUMN_NAME], cells[COLUMN_NAME],
                    (int)widths[COLUMN_TTL], cells[COLUMN_TTL], (int)widths[COLUMN_TYPE],
                    cells[COLUMN_TYPE], (int)widths[COLUMN_FROM], cells[COLUMN_FROM], data);
    return true;
}

/* That there is nothing, and the zone that says so. */
static bool absence_visit(struct sink *out, const struct dobos_dns_cached *cached,
                          struct dobos_dns_cached_record *record, size_t widths[COLUMNS]) {
    char data[DOBOS_DOMAIN_BYTES + 64];
    record->at = 0;
    const bool has_soa = dobos_dns_cached_record_read(cached, record) == 0;
    if (cached->kind == DOBOS_DNS_FAILED)
        (void)snprintf(data, sizeof data, "nobody could tell (%u)", cached->extended_error);
    else
        (void)snprintf(data, sizeof data, "no such %s%s%s",
                       cached->kind == DOBOS_DNS_NO_NAME ? "name" : "type",
                       has_soa ? ", says " : "", has_soa ? record->owner : "");
    return line_visit(out, cached, cached->name, cached->type, data, widths);
}

/* False: no memory. */
static bool row_visit(struct sink *out, const struct dobos_dns_cached *cached,
                      struct dobos_dns_cached_record *record, size_t widths[COLUMNS]) {
    bool is_good = true;
    if (cached->kind != DOBOS_DNS_RECORDS && cached->kind != DOBOS_DNS_CUT)
        return absence_visit(out, cached, record, widths);
    record->at = 0;
    while (is_good && dobos_dns_cached_record_read(cached, record) == 0) {
        char *data = data_text(record);
        is_good = line_visit(out, cached, record->owner, record->type, data, widths);
        free(data);
    }
    return is_good;
}

static bool rows_print(struct dns_tool *dns, struct dobos_dns_cached_record *record) {
    struct sink *out = dns->task.context.out;
    size_t widths[COLUMNS];
    bool is_good = true;
    for (unsigned i = 0; i < COLUMNS; i++)
        widths[i] = strlen(titles[i]);
    for (size_t i = 0; i < dns->row_count && is_good; i++)
        is_good = row_visit(NULL, &dns->rows[i].cached, record, widths);
    sink_format(out, "%-*s %*s %-*s %-*s %s\n", (int)widths[COLUMN_NAME], titles[COLUMN_NAME],
                (int)widths[COLUMN_TTL], titles[COLUMN_TTL], (int)widths[COLUMN_TYPE],
                titles[COLUMN_TYPE], (int)widths[COLUMN_FROM], titles[COLUMN_FROM],
                titles[COLUMN_DATA]);
    for (size_t i = 0; i < dns->row_count && is_good; i++)
        is_good = row_visit(out, &dns->rows[i].cached, record, widths);
    return is_good;
}

/* ---- JSON ---- */

static json_t *row_json(struct dns_tool *dns, const struct dobos_dns_cached *cached,
                        struct dobos_dns_cached_record *record) {
    struct tool_task *task = &dns->task;
    json_t *object = json_object(), *records = json_array();
    char number[16];
    task_put(task, object, "name", json_string(cached->name));
    task_put(task, object, "type",
             cached->type ? json_string(type_text(cached->type, number)) : json_null());
    task_put(task, object, "kind", json_string(kind_name(cached->kind)));
    task_put(task, object, "from", json_string(from_name(cached)));
    task_put(task, object, "ttl", json_integer(cached->left_s));
    task_put(task, object, "stale", json_boolean(cached->left_s < 0));
    task_put(task, object, "used", json_boolean(cached->is_used));
    task_put(task, object, "bytes", json_integer((json_int_t)cached->bytes));
    if (cached->kind == DOBOS_DNS_FAILED)
        task_put(task, object, "extended_error", json_integer(cached->extended_error));
    record->at = 0;
    while (dobos_dns_cached_record_read(cached, record) == 0) {
        json_t *entry = json_object();
        char *data = data_text(record);
        task_put(task, entry, "owner", json_string(record->owner));
        task_put(task, entry, "type", json_string(type_text(record->type, number)));
        task_put(task, entry, "data", data ? json_string(data) : NULL);
        free(data);
        task_append(task, records, entry);
    }
    task_put(task, object, "records", records);
    return object;
}

int dns_cached_show(struct dns_tool *dns) {
    struct dobos_dns_cached_record *record = malloc(sizeof *record);
    bool is_good = record && rows_read(dns);
    if (is_good && dns->task.json) {
        json_t *array = json_array();
        for (size_t i = 0; i < dns->row_count; i++)
            task_append(&dns->task, array, row_json(dns, &dns->rows[i].cached, record));
        task_print(&dns->task, array);
    } else if (is_good) {
        is_good = rows_print(dns, record);
    }
    free(record);
    return is_good ? 0 : TOOL_EXIT_INTERNAL;
}
