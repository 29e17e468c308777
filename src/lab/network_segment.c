/*
 * network_segment: what a network file says of segments and of cables: a segment is a switch, and
 * its cables do to frames what tc-netem's names say. Segments say it once for all, and a script's
 * `set` while the network runs.
 */
#include <string.h>

#include "lab/network_read.h"
#include "lab/quantity.h"

#define RATE_LEAST    1000
/* Frames on a cable, or waiting for it: a bound on memory, large enough not to be the bottleneck.
 */
#define CABLE_PACKETS 65536
#define LIMIT_MOST    65536

static bool read_rate(struct reading *reading, const struct yaml_node *node, void *to) {
    struct network_cable *cable = to;
    uint64_t *rate = &cable->impairments.rate_bits_per_second;
    cable->given |= KEY_RATE;
    *rate = 0;
    return (node->kind == YAML_SCALAR &&
            (strcmp(node->text, "none") == 0 ||
             (quantity_rate(node->text, rate) && *rate >= RATE_LEAST))) ||
           yaml_refuse(reading->document, node, reading->error,
                       "expected a rate such as 100mbit or 64kbit, from 1kbit to 1tbit, or none");
}

static bool read_delay(struct reading *reading, const struct yaml_node *node, void *to) {
    struct network_cable *cable = to;
    cable->given |= KEY_DELAY;
    return field_duration(reading, node, 1, &cable->impairments.delay_ns);
}

static bool read_jitter(struct reading *reading, const struct yaml_node *node, void *to) {
    struct network_cable *cable = to;
    const struct yaml_node *delay = field_find(node->parent, "delay");
    dobos_time most = 0;
    cable->given |= KEY_JITTER;
    if (!field_duration(reading, node, 0, &cable->impairments.jitter_ns))
        return false;
    if (!delay && cable->impairments.jitter_ns > 0)
        return yaml_refuse_key(reading->document, node, reading->error,
                               "needs a delay beside it, which it makes longer or shorter");
    return !delay || !quantity_duration(delay->text ? delay->text : "", &most) ||
           cable->impairments.jitter_ns <= most ||
           yaml_refuse(reading->document, node, reading->error, "expected at most the delay of %s",
                       delay->text);
}

static bool read_chance(struct reading *reading, const struct yaml_node *node, uint64_t *parts) {
    return (node->kind == YAML_SCALAR && quantity_percent(node->text, parts)) ||
           yaml_refuse(reading->document, node, reading->error,
                       "expected a percentage such as 1%% or 0.1%%, from 0%% to 100%% with at most "
                       "six decimals");
}

static bool read_loss(struct reading *reading, const struct yaml_node *node, void *to) {
    struct network_cable *cable = to;
    cable->given |= KEY_LOSS;
    return read_chance(reading, node, &cable->impairments.loss);
}

/* netem's: how likely a burst begins and ends with a frame, and loses one in it and outside. */
static bool read_gemodel(struct reading *reading, const struct yaml_node *node, void *to) {
    struct network_cable *cable = to;
    struct burst_loss *burst = &cable->impairments.burst;
    uint64_t *chances[] = {&burst->begin, &burst->end, &burst->bad, &burst->good};
    *burst = (struct burst_loss){.bad = UINT64_C(1) << 32};
    cable->given |= KEY_GEMODEL;
    if (node->kind != YAML_LIST || node->count < 1 || node->count > 4)
        return yaml_refuse(reading->document, node, reading->error,
                           "expected a list of one to four percentages, [p, r, 1-h, 1-k], such as "
                           "[1%%, 10%%]");
    unsigned i = 0;
    for (const struct yaml_node *item = node->first; item; item = item->next) {
        if (!read_chance(reading, item, chances[i++]))
            return false;
    }
    if (node->count == 1)
        burst->end = (UINT64_C(1) << 32) - burst->begin;
    return true;
}

static bool read_duplicate(struct reading *reading, const struct yaml_node *node, void *to) {
    struct network_cable *cable = to;
    cable->given |= KEY_DUPLICATE;
    return read_chance(reading, node, &cable->impairments.duplicate);
}

static bool read_corrupt(struct reading *reading, const struct yaml_node *node, void *to) {
    struct network_cable *cable = to;
    cable->given |= KEY_CORRUPT;
    return read_chance(reading, node, &cable->impairments.corrupt);
}

static bool read_reorder(struct reading *reading, const struct yaml_node *node, void *to) {
    struct network_cable *cable = to;
    cable->given |= KEY_REORDER;
    if (!read_chance(reading, node, &cable->impairments.reorder))
        return false;
    return cable->impairments.reorder == 0 || field_find(node->parent, "delay") ||
           yaml_refuse_key(reading->document, node, reading->error,
                           "needs a delay beside it: a frame out of order is one that skips "
                           "the delay");
}

static bool read_limit(struct reading *reading, const struct yaml_node *node, void *to) {
    struct network_cable *cable = to;
    uint64_t packets = 0;
    cable->given |= KEY_LIMIT;
    if (!field_whole(reading, node, 1, LIMIT_MOST, &packets))
        return false;
    cable->impairments.limit_packets = (uint32_t)packets;
    return true;
}

static bool read_ecn(struct reading *reading, const struct yaml_node *node, void *to) {
    struct network_cable *cable = to;
    cable->given |= KEY_ECN;
    return field_bool(reading, node, &cable->impairments.ecn);
}

static bool read_state(struct reading *reading, const struct yaml_node *node, void *to) {
    struct network_cable *cable = to;
    const char *text = node->kind == YAML_SCALAR ? node->text : "";
    cable->given |= KEY_STATE;
    cable->is_down = strcmp(text, "down") == 0;
    return cable->is_down || strcmp(text, "up") == 0 ||
           yaml_refuse(reading->document, node, reading->error, "expected up or down");
}

static bool read_public(struct reading *reading, const struct yaml_node *node, void *to) {
    return field_bool(reading, node, &((struct network_segment *)to)->is_public);
}

static bool read_tap(struct reading *reading, const struct yaml_node *node, void *to) {
    struct network_segment *segment = to;
    return field_text(reading, node, "the name of a TAP device", &segment->tap) &&
           field_name(reading, node, node->text, DOBOS_NAME_BYTES - 1);
}

static bool read_interface(struct reading *reading, const struct yaml_node *node, void *to) {
    struct network_segment *segment = to;
    return field_text(reading, node, "the name of an interface", &segment->interface) &&
           field_name(reading, node, node->text, DOBOS_NAME_BYTES - 1);
}

/* What a segment and a change of it have in common. */
#define CABLE_FIELDS                                                                              \
    {"rate", read_rate, false}, {"delay", read_delay, false}, {"jitter", read_jitter, false},     \
        {"loss", read_loss, false}, {"duplicate", read_duplicate, false},                         \
        {"reorder", read_reorder, false}, {"corrupt", read_corrupt, false},                       \
        {"limit", read_limit, false}, {"gemodel", read_gemodel, false}, {"ecn", read_ecn, false}, \
    {                                                                                             \
        "state", read_state, false                                                                \
    }

/* A cable of which nothing is said. */
static void cable_unsaid(struct network_cable *cable) {
    *cable = (struct network_cable){
        .impairments = {.delay_ns = NETWORK_DELAY_NS, .limit_packets = CABLE_PACKETS}};
}

bool network_read_segment(struct reading *reading, const struct yaml_node *map,
                          struct network_segment *segment) {
    static const struct field fields[] = {
        CABLE_FIELDS,
        {"public", read_public, false},
        {"tap", read_tap, false},
        {"interface", read_interface, false},
        {NULL, NULL, false},
    };
    segment->name = map->key;
    segment->at = map;
    cable_unsaid(&segment->cable);
    return field_name(reading, map, map->key, NETWORK_NAME_BYTES) &&
           fields_read(reading, map, "a segment", fields, segment);
}

bool network_read_change(struct reading *reading, const struct yaml_node *map,
                         struct network_cable *change) {
    static const struct field fields[] = {
        CABLE_FIELDS,
        {NULL, NULL, false},
    };
    cable_unsaid(change);
    return fields_read(reading, map, "a change", fields, change) &&
           (change->given ||
            yaml_refuse_key(reading->document, map, reading->error,
                            "expected what changes, such as {state: down} or {loss: 5%%}"));
}
