/*
 * dump_captured: what a capture says of a packet beside its bytes: when, where, how long, and its
 * comments; and, of a packet that is followed from hop to hop, what has changed on the way. The
 * latter is found by comparing what dump shows of both, field by field, so it knows of all layers.
 */
#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "tools/dump.h"
#include "tools/dump_layers.h"
#include "tools/text.h"

/* ---- time ---- */

/* Days since 1970-01-01 as year, month, day of the Gregorian calendar; years begin in March, so
 * that the leap day is the last. */
static void put_date(struct sink *out, uint64_t days) {
    uint64_t day = days + 719468; /* since 0000-03-01 */
    uint64_t era = day / 146097, of_era = day % 146097;
    uint64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    uint64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    uint64_t month = (5 * of_year + 2) / 153;
    uint64_t of_month = of_year - (153 * month + 2) / 5 + 1;
    uint64_t calendar = month < 10 ? month + 3 : month - 9;
    sink_format(out, "%04" PRIu64 "-%02" PRIu64 "-%02" PRIu64, year + era * 400 + (calendar <= 2),
                calendar, of_month);
}

static void put_time(struct sink *out, uint64_t time_ns) {
    uint64_t seconds = time_ns / 1000000000, of_day = seconds % 86400;
    put_date(out, seconds / 86400);
    sink_format(out, "T%02u:%02u:%02u.%09uZ", (unsigned)(of_day / 3600),
                (unsigned)(of_day / 60 % 60), (unsigned)(of_day % 60),
                (unsigned)(time_ns % 1000000000));
}

/* ---- packets ---- */

uint64_t dump_packet_number(const struct pcapng_packet *packet) {
    static const char word[] = "packet ";
    const struct slice comment = packet->comments[0];
    const size_t begin = sizeof(word) - 1;
    uint64_t number = 0;
    if (packet->comment_count == 0 || comment.length <= begin ||
        memcmp(comment.bytes, word, begin) != 0)
        return 0;
    size_t i = begin;
    for (; i < comment.length && isdigit(comment.bytes[i]) && number < UINT64_MAX / 100; i++)
        number = number * 10 + (uint64_t)(comment.bytes[i] - '0');
    return i == comment.length || comment.bytes[i] == ' ' ? number : 0;
}

static void put_head(struct sink *out, uint64_t number, struct slice name,
                     const struct pcapng_packet *packet) {
    sink_format(out, "Frame %" PRIu64 " ", number);
    put_time(out, packet->time_ns);
    sink_put(out, " ");
    if (name.length > 0)
        text_put(out, name.bytes, name.length);
    else
        sink_format(out, "interface %" PRIu32, packet->interface);
    sink_format(out, " %zu bytes", packet->data.length);
    if (packet->original_length > packet->data.length)
        sink_format(out, " of %" PRIu32, packet->original_length);
    sink_put(out, "\n");
    for (uint32_t i = 0; i < packet->comment_count; i++) {
        sink_put(out, "  # ");
        text_put(out, packet->comments[i].bytes, packet->comments[i].length);
        sink_put(out, "\n");
    }
}

void dump_captured(struct sink *out, uint64_t number, struct slice name,
                   const struct pcapng_packet *packet, uint16_t link_type) {
    put_head(out, number, name, packet);
    dump_at(out, NULL, link_type, packet->data, packet->original_length, 1);
}

/* Jansson escapes all controls but DEL, which can stand in strings only. */
static int append(const char *bytes, size_t length, void *sink) {
    for (const char *del; (del = memchr(bytes, 0x7f, length)) != NULL;) {
        const size_t before = (size_t)(del - bytes);
        sink_append(sink, bytes, before);
        sink_put(sink, "\\u007f");
        bytes += before + 1;
        length -= before + 1;
    }
    sink_append(sink, bytes, length);
    return 0;
}

/* Takes the value. */
static void set(struct sink *out, json_t *object, const char *key, json_t *value) {
    out->failed |= json_object_set_new(object, key, value) != 0;
}

static void set_comments(struct sink *out, json_t *object, const struct pcapng_packet *packet) {
    if (packet->comment_count == 0)
        return;
    json_t *list = json_array();
    for (uint32_t i = 0; i < packet->comment_count; i++)
        out->failed |= json_array_append_new(list, text_json(packet->comments[i].bytes,
                                                             packet->comments[i].length)) != 0;
    set(out, object, "comments", list);
    if (dump_packet_number(packet) != 0)
        set(out, object, "packet", json_integer((json_int_t)dump_packet_number(packet)));
}

/* The packet as an object (give), with its layers. */
static json_t *object_of(struct sink *out, const struct dump_hop *hop) {
    const struct pcapng_packet *packet = &hop->packet;
    struct sink time = {0};
    put_time(&time, packet->time_ns);
    json_t *object =
        json_pack("{s:I, s:s, s:I, s:o, s:i, s:I, s:I}", "number", (json_int_t)hop->number, "time",
                  sink_text(&time), "time_ns", (json_int_t)packet->time_ns, "interface",
                  text_json(hop->name.bytes, hop->name.length), "link_type", (int)hop->link_type,
                  "length", (json_int_t)max_size(packet->original_length, packet->data.length),
                  "captured", (json_int_t)packet->data.length);
    set_comments(out, object, packet);
    set(out, object, "layers",
        dump_packet_json(hop->link_type, packet->data.bytes, packet->data.length,
                         packet->original_length));
    out->failed |= time.failed;
    sink_fini(&time);
    return object;
}

static void put_object(struct sink *out, const json_t *object) {
    out->failed |= json_dump_callback(object, append, out, JSON_COMPACT | JSON_PRESERVE_ORDER) != 0;
    sink_put(out, "\n");
}

void dump_captured_json(struct sink *out, uint64_t number, struct slice name,
                        const struct pcapng_packet *packet, uint16_t link_type) {
    const struct dump_hop hop = {
        .number = number, .name = name, .packet = *packet, .link_type = link_type};
    json_t *object = object_of(out, &hop);
    put_object(out, object);
    json_decref(object);
}

/* ---- hops ---- */

/* What differs between two objects of one layer, as a list of {layer, field, before, after}. */
static void compare_fields(struct sink *out, json_t *changes, const char *layer, json_t *before,
                           json_t *after) {
    const char *key;
    json_t *value;
    json_object_foreach(after, key, value) {
        json_t *old = json_object_get(before, key);
        if (old && json_equal(old, value))
            continue;
        json_t *change = json_pack("{s:s, s:s, s:O*, s:O}", "layer", layer, "field", key, "before",
                                   old, "after", value);
        out->failed |= json_array_append_new(changes, change) != 0;
    }
    json_object_foreach(before, key, value) {
        if (json_object_get(after, key))
            continue;
        json_t *change =
            json_pack("{s:s, s:s, s:O}", "layer", layer, "field", key, "before", value);
        out->failed |= json_array_append_new(changes, change) != 0;
    }
}

/* The same of two packets; layers that only one of them has are not compared. */
static json_t *compare(struct sink *out, const struct dump_hop *before,
                       const struct dump_hop *after) {
    const struct pcapng_packet *a = &before->packet, *b = &after->packet;
    json_t *old =
        dump_packet_json(before->link_type, a->data.bytes, a->data.length, a->original_length);
    json_t *new =
        dump_packet_json(after->link_type, b->data.bytes, b->data.length, b->original_length);
    json_t *changes = json_array();
    for (size_t i = 0; i < json_array_size(new) && i < json_array_size(old); i++) {
        json_t *left = json_array_get(old, i), *right = json_array_get(new, i);
        const char *layer = json_string_value(json_object_get(right, "layer"));
        if (!json_equal(json_object_get(left, "layer"), json_object_get(right, "layer")))
            break;
        compare_fields(out, changes, layer, left, right);
    }
    out->failed |= !old || !new || !changes;
    json_decref(old);
    json_decref(new);
    return changes;
}

/* A list as JSON writes it, but for a terminal. */
static void put_structure(struct sink *out, const json_t *value) {
    struct sink text = {0};
    out->failed |= json_dump_callback(value, append, &text, JSON_COMPACT | JSON_ENCODE_ANY) != 0;
    text_put(out, sink_text(&text), text.length);
    out->failed |= text.failed;
    sink_fini(&text);
}

/* A value as the layers' lines show it: checksums and identifications in hexadecimal. */
static void put_value(struct sink *out, const char *key, const json_t *value) {
    const bool is_hex = strcmp(key, "checksum") == 0 || strcmp(key, "checksum_expected") == 0 ||
                        strcmp(key, "id") == 0;
    if (json_is_string(value))
        text_put(out, json_string_value(value), json_string_length(value));
    else if (json_is_integer(value))
        sink_format(out, is_hex ? "0x%04" PRIx64 : "%" PRId64, (int64_t)json_integer_value(value));
    else
        put_structure(out, value);
}

static void put_change(struct sink *out, const json_t *change) {
    const char *key = json_string_value(json_object_get(change, "field"));
    const json_t *before = json_object_get(change, "before");
    const json_t *after = json_object_get(change, "after");
    sink_format(out, "    %s ", json_string_value(json_object_get(change, "layer")));
    for (const char *c = key; *c != '\0'; c++)
        sink_append(out, *c == '_' ? " " : c, 1);
    sink_put(out, " ");
    if (before)
        put_value(out, key, before);
    else
        sink_put(out, "(none)");
    sink_put(out, " -> ");
    if (after)
        put_value(out, key, after);
    else
        sink_put(out, "(none)");
    sink_put(out, "\n");
}

void dump_hop(struct sink *out, const struct dump_hop *before, const struct dump_hop *hop) {
    put_head(out, hop->number, hop->name, &hop->packet);
    if (before) {
        json_t *changes = compare(out, before, hop);
        size_t i;
        json_t *change;
        sink_put(out, "  changed since ");
        text_put(out, before->name.bytes, before->name.length);
        sink_put(out, json_array_size(changes) > 0 ? ":\n" : ": nothing\n");
        json_array_foreach(changes, i, change) {
            put_change(out, change);
        }
        json_decref(changes);
    }
    dump_at(out, NULL, hop->link_type, hop->packet.data, hop->packet.original_length, 1);
}

void dump_hop_json(struct sink *out, const struct dump_hop *before, const struct dump_hop *hop) {
    json_t *object = object_of(out, hop);
    if (before) {
        set(out, object, "since", text_json(before->name.bytes, before->name.length));
        set(out, object, "changes", compare(out, before, hop));
    }
    put_object(out, object);
    json_decref(object);
}

/* ---- order ---- */

#define MACS_BYTES 12
#define TTL_AT     22 /* in a frame of Ethernet with IPv4 in it */

static unsigned ttl_of(const struct dump_hop *hop) {
    const struct slice *data = &hop->packet.data;
    const bool is_ipv4 = hop->link_type == PCAPNG_LINKTYPE_ETHERNET && data->length > TTL_AT &&
                         data->bytes[12] == 8 && data->bytes[13] == 0;
    return is_ipv4 ? data->bytes[TTL_AT] : 0;
}

int dump_hop_compare(const void *a, const void *b) {
    const struct dump_hop *left = a, *right = b;
    if (left->packet.time_ns != right->packet.time_ns)
        return left->packet.time_ns < right->packet.time_ns ? -1 : 1;
    if (ttl_of(left) != ttl_of(right))
        return ttl_of(left) > ttl_of(right) ? -1 : 1;
    if (left->file != right->file)
        return left->file < right->file ? -1 : 1;
    return left->number < right->number ? -1 : left->number > right->number;
}

/* Whether two frames are on the same way: of one sender, on one segment. */
static bool is_beside(const struct dump_hop *a, const struct dump_hop *b) {
    const struct slice left = a->packet.data, right = b->packet.data;
    return a->file == b->file && left.length >= MACS_BYTES && right.length >= MACS_BYTES &&
           memcmp(left.bytes, right.bytes, MACS_BYTES) == 0;
}

const struct dump_hop *dump_hop_before(const struct dump_hop *hops, size_t nth) {
    for (size_t i = nth; i > 0; i--)
        if (!is_beside(&hops[i - 1], &hops[nth]))
            return &hops[i - 1];
    return NULL;
}
