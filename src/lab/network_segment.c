/* network_segment: segments of a network file: a switch, and what its cables do to frames, with
 * tc-netem's names. */
#include "lab/network_read.h"
#include "lab/quantity.h"

#define RATE_LEAST    1000
/* Frames on a cable, or waiting for it: a bound on memory, large enough not to be the bottleneck.
 */
#define CABLE_PACKETS 65536

static bool read_rate(struct reading *reading, const struct yaml_node *node, void *to) {
    struct network_segment *segment = to;
    uint64_t *rate = &segment->impairments.rate_bits_per_second;
    return (node->kind == YAML_SCALAR && quantity_rate(node->text, rate) && *rate >= RATE_LEAST) ||
           yaml_refuse(reading->document, node, reading->error,
                       "expected a rate such as 100mbit or 64kbit, from 1kbit to 1tbit");
}

static bool read_delay(struct reading *reading, const struct yaml_node *node, void *to) {
    struct network_segment *segment = to;
    return field_duration(reading, node, 1, &segment->impairments.delay_ns);
}

static bool read_chance(struct reading *reading, const struct yaml_node *node, uint64_t *parts) {
    return (node->kind == YAML_SCALAR && quantity_percent(node->text, parts)) ||
           yaml_refuse(reading->document, node, reading->error,
                       "expected a percentage such as 1%% or 0.1%%, from 0%% to 100%% with at most "
                       "six decimals");
}

static bool read_loss(struct reading *reading, const struct yaml_node *node, void *to) {
    return read_chance(reading, node, &((struct network_segment *)to)->impairments.loss);
}

static bool read_duplicate(struct reading *reading, const struct yaml_node *node, void *to) {
    return read_chance(reading, node, &((struct network_segment *)to)->impairments.duplicate);
}

static bool read_corrupt(struct reading *reading, const struct yaml_node *node, void *to) {
    return read_chance(reading, node, &((struct network_segment *)to)->impairments.corrupt);
}

static bool read_reorder(struct reading *reading, const struct yaml_node *node, void *to) {
    if (!field_find(node->parent, "delay"))
        return yaml_refuse_key(reading->document, node, reading->error,
                               "needs a delay beside it: a frame out of order is one that skips "
                               "the delay");
    return read_chance(reading, node, &((struct network_segment *)to)->impairments.reorder);
}

static bool read_public(struct reading *reading, const struct yaml_node *node, void *to) {
    return field_false(reading, node, to);
}

bool network_read_segment(struct reading *reading, const struct yaml_node *map,
                          struct network_segment *segment) {
    static const struct field fields[] = {
        {"rate", read_rate, false},       {"delay", read_delay, false},
        {"loss", read_loss, false},       {"duplicate", read_duplicate, false},
        {"reorder", read_reorder, false}, {"corrupt", read_corrupt, false},
        {"public", read_public, false},   {"jitter", NULL, false},
        {"limit", NULL, false},           {NULL, NULL, false},
    };
    segment->name = map->key;
    segment->at = map;
    segment->impairments.delay_ns = NETWORK_DELAY_NS;
    segment->impairments.limit_packets = CABLE_PACKETS;
    return field_name(reading, map, map->key, NETWORK_NAME_BYTES) &&
           fields_read(reading, map, "a segment", fields, segment);
}
