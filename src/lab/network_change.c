/* network_change: a script's `set`: what changes of segments, or of the cables of one node's
 * interfaces. */
#include <stdio.h>
#include <string.h>

#include "lab/network_read.h"

#define TITLE_BYTES 400

/* What a step's `set` calls NAME; UINT32_MAX: nothing. */
static uint32_t find(const struct network *network, const struct network_step *step,
                     const char *name) {
    return step->node == UINT32_MAX ? network_segment_find(network, name)
                                    : network_interface_find(&network->nodes[step->node], name);
}

/* Appends to a text what there is room for. */
__attribute__((format(printf, 2, 3))) static void append(char text[TITLE_BYTES], const char *format,
                                                         ...) {
    const size_t length = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text + length, TITLE_BYTES - length, format, arguments);
    va_end(arguments);
}

/* "set {access: {loss: 5%, state: down}}", however the file writes it. */
static const char *title_of(struct reading *reading, const struct yaml_node *map) {
    char text[TITLE_BYTES] = "set {";
    for (const struct yaml_node *child = map->first; child; child = child->next) {
        append(text, "%s: {", child->key);
        for (const struct yaml_node *key = child->first; key; key = key->next)
            append(text, "%s: %s%s", key->key, key->text ? key->text : "[...]",
                   key->next ? ", " : "");
        append(text, child->next ? "}, " : "}");
    }
    append(text, "}");
    return arena_text(&reading->document->arena, text, strlen(text));
}

bool network_read_changes(struct reading *reading, const struct network *network,
                          struct network_step *step) {
    const struct yaml_node *map = step->set_at;
    const bool is_of_node = step->node != UINT32_MAX;
    if (!field_expect(reading, map, YAML_MAP,
                      is_of_node ? "a map of the node's interfaces such as {eth0: {state: down}}"
                                 : "a map of segments such as {lan: {loss: 5%}}"))
        return false;
    if (!map->first)
        return yaml_refuse_key(reading->document, map, reading->error,
                               "names nothing: expected what changes");
    step->changes = arena_table(&reading->document->arena, map->count, sizeof *step->changes);
    if (!step->changes)
        return field_no_memory(reading);
    for (const struct yaml_node *child = map->first; child; child = child->next) {
        struct network_change *change = &step->changes[step->change_count++];
        change->number = find(network, step, child->key);
        if (change->number == UINT32_MAX)
            return yaml_refuse_key(reading->document, child, reading->error, "expected %s",
                                   is_of_node ? "the name of an interface of this node"
                                              : "the name of a segment; an interface needs its "
                                                "node beside set");
        if (!network_read_change(reading, child, &change->cable))
            return false;
    }
    step->title = title_of(reading, map);
    return step->title || field_no_memory(reading);
}

void network_cable_change(const struct network_cable *change, struct impairments *impairments) {
    const struct impairments *new = &change->impairments;
    if (change->given & KEY_RATE)
        impairments->rate_bits_per_second = new->rate_bits_per_second;
    if (change->given & KEY_DELAY)
        impairments->delay_ns = new->delay_ns;
    if (change->given & KEY_JITTER)
        impairments->jitter_ns = new->jitter_ns;
    if (change->given & KEY_LOSS)
        impairments->loss = new->loss;
    if (change->given & KEY_GEMODEL)
        impairments->burst = new->burst;
    if (change->given & KEY_ECN)
        impairments->ecn = new->ecn;
    if (change->given & KEY_DUPLICATE)
        impairments->duplicate = new->duplicate;
    if (change->given & KEY_REORDER)
        impairments->reorder = new->reorder;
    if (change->given & KEY_CORRUPT)
        impairments->corrupt = new->corrupt;
    if (change->given & KEY_LIMIT)
        impairments->limit_packets = new->limit_packets;
}
