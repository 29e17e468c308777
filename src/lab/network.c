/* network: reads a network file as a whole: its names first, so that everything may stand in any
 * order. See network.h. */
#include "lab/network.h"

#include <stdlib.h>
#include <string.h>

#include "lab/network_read.h"

static bool read_name(struct reading *reading, const struct yaml_node *node, void *to) {
    struct network *network = to;
    return field_text(reading, node, "the network's name", &network->name) &&
           field_name(reading, node, node->text, NETWORK_NAME_BYTES);
}

/* Done already, before the others: their names. */
static bool read_named(struct reading *reading, const struct yaml_node *node, void *to) {
    (void)reading;
    (void)node;
    (void)to;
    return true;
}

/* ---- names ---- */

struct named {
    const char *name; /* of a segment or node */
    uint32_t number;  /* its own */
};

static int compare_named(const void *a, const void *b) {
    return strcmp(((const struct named *)a)->name, ((const struct named *)b)->name);
}

/* The numbers of a map's children in the order of their keys; NULL: no memory. */
static uint32_t *sort_names(struct reading *reading, const struct yaml_node *map) {
    const size_t count = map ? map->count : 0;
    uint32_t *numbers = arena_table(&reading->document->arena, count, sizeof *numbers);
    struct named *sorted = malloc((count + 1) * sizeof *sorted);
    if (numbers && sorted) {
        size_t n = 0;
        for (const struct yaml_node *node = map ? map->first : NULL; node; node = node->next, n++)
            sorted[n] = (struct named){node->key, (uint32_t)n};
        qsort(sorted, n, sizeof *sorted, compare_named);
        for (size_t i = 0; i < n; i++)
            numbers[i] = sorted[i].number;
    }
    free(sorted);
    return sorted ? numbers : NULL;
}

uint32_t network_segment_find(const struct network *network, const char *name) {
    for (size_t low = 0, high = network->segment_count; low < high;) {
        const size_t middle = (low + high) / 2;
        const uint32_t number = network->segments_by_name[middle];
        const int order = strcmp(name, network->segments[number].name);
        if (order == 0)
            return number;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return UINT32_MAX;
}

uint32_t network_node_find(const struct network *network, const char *name) {
    for (size_t low = 0, high = network->node_count; low < high;) {
        const size_t middle = (low + high) / 2;
        const uint32_t number = network->nodes_by_name[middle];
        const int order = strcmp(name, network->nodes[number].name);
        if (order == 0)
            return number;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return UINT32_MAX;
}

/* ---- segments and nodes ---- */

static bool read_segments(struct reading *reading, struct network *network) {
    const struct yaml_node *map = field_find(reading->document->root, "segments");
    if (map && !yaml_is_nothing(map) &&
        !field_expect(reading, map, YAML_MAP, "a map of segments such as {lan: {}}"))
        return false;
    network->segments_by_name = sort_names(reading, map);
    network->segments =
        arena_table(&reading->document->arena, map ? map->count : 0, sizeof *network->segments);
    if (!network->segments_by_name || !network->segments)
        return field_no_memory(reading);
    for (const struct yaml_node *node = map ? map->first : NULL; node; node = node->next)
        if (!network_read_segment(reading, node, &network->segments[network->segment_count++]))
            return false;
    return true;
}

static bool read_forwarding(struct reading *reading, const struct yaml_node *node, void *to) {
    return field_bool(reading, node, &((struct node_reading *)to)->node->forwarding);
}

/* Read when the interfaces have been, wherever they stand. */
static bool read_filter(struct reading *reading, const struct yaml_node *list, void *to) {
    (void)reading;
    ((struct node_reading *)to)->node->filter_at = list;
    return true;
}

static bool read_redirects(struct reading *reading, const struct yaml_node *node, void *to) {
    ((struct node_reading *)to)->node->redirects_at = node;
    return field_bool(reading, node, &((struct node_reading *)to)->node->redirects);
}

static bool read_mss_clamp(struct reading *reading, const struct yaml_node *node, void *to) {
    ((struct node_reading *)to)->node->mss_clamp_at = node;
    return field_bool(reading, node, &((struct node_reading *)to)->node->mss_clamp);
}

/* It is opened when the node's host is made. */
static bool read_routes_file(struct reading *reading, const struct yaml_node *node, void *to) {
    const char *name = NULL;
    ((struct node_reading *)to)->node->routes_file = node;
    return field_text(reading, node, "the name of a file of routes", &name);
}

static bool read_interfaces(struct reading *reading, const struct yaml_node *map, void *to) {
    const struct node_reading *at = to;
    struct network_node *node = at->node;
    if (!yaml_is_nothing(map) &&
        !field_expect(reading, map, YAML_MAP, "a map of interfaces such as {eth0: {segment: lan}}"))
        return false;
    node->interfaces = arena_table(&reading->document->arena, map->count, sizeof *node->interfaces);
    if (!node->interfaces)
        return field_no_memory(reading);
    for (const struct yaml_node *child = map->first; child; child = child->next)
        if (!network_read_interface(reading, child, at->network,
                                    &node->interfaces[node->interface_count++]))
            return false;
    return true;
}

static bool read_services(struct reading *reading, const struct yaml_node *map, void *to) {
    return network_read_services(reading, map, ((struct node_reading *)to)->node);
}

static bool read_nat(struct reading *reading, const struct yaml_node *map, void *to) {
    return network_read_nat(reading, map, ((struct node_reading *)to)->node);
}

static bool read_tcp(struct reading *reading, const struct yaml_node *map, void *to) {
    return network_read_tcp(reading, map, ((struct node_reading *)to)->node);
}

static bool read_hosts(struct reading *reading, const struct yaml_node *map, void *to) {
    return network_read_hosts(reading, map, ((struct node_reading *)to)->node);
}

static bool read_node(struct reading *reading, const struct yaml_node *map, struct network *network,
                      struct network_node *node) {
    static const struct field fields[] = {
        {"interfaces", read_interfaces, false},
        {"forwarding", read_forwarding, false},
        {"services", read_services, false},
        {"nat", read_nat, false},
        {"filter", read_filter, false},
        {"redirects", read_redirects, false},
        {"mss-clamp", read_mss_clamp, false},
        {"routes-file", read_routes_file, false},
        {"hosts", read_hosts, false},
        {"tcp", read_tcp, false},
        {NULL, NULL, false},
    };
    struct node_reading at = {network, node};
    node->name = map->key;
    node->at = map;
    return field_name(reading, map, map->key, NETWORK_NAME_BYTES) &&
           fields_read(reading, map, "a node", fields, &at) && network_read_filter(reading, node);
}

static bool read_nodes(struct reading *reading, struct network *network) {
    const struct yaml_node *map = field_find(reading->document->root, "nodes");
    if (!field_expect(reading, map, YAML_MAP, "a map of nodes such as {laptop: {}}"))
        return false;
    network->nodes_by_name = sort_names(reading, map);
    network->nodes = arena_table(&reading->document->arena, map->count, sizeof *network->nodes);
    if (!network->nodes_by_name || !network->nodes)
        return field_no_memory(reading);
    for (const struct yaml_node *node = map->first; node; node = node->next)
        if (!read_node(reading, node, network, &network->nodes[network->node_count++]))
            return false;
    return true;
}

static bool read_script(struct reading *reading, struct network *network) {
    const struct yaml_node *list = field_find(reading->document->root, "script");
    if (!list)
        return true;
    if (!field_expect(reading, list, YAML_LIST, "a list of steps"))
        return false;
    network->steps = arena_table(&reading->document->arena, list->count, sizeof *network->steps);
    if (!network->steps)
        return field_no_memory(reading);
    dobos_time time = 0;
    for (const struct yaml_node *node = list->first; node; node = node->next) {
        struct network_step *step = &network->steps[network->step_count++];
        if (!network_read_step(reading, node, network, step))
            return false;
        if (step->has_time && step->time < time)
            return yaml_refuse(reading->document, field_find(node, "at"), reading->error,
                               "expected a time not before that of an earlier step");
        time = step->has_time ? step->time : time;
    }
    return true;
}

bool network_read(struct network *network, const char *text, size_t length, const char *name,
                  struct lab_error *error) {
    static const struct field fields[] = {
        {"network", read_name, true}, {"segments", read_named, false},
        {"nodes", read_named, true},  {"script", read_named, false},
        {NULL, NULL, false},
    };
    *network = (struct network){0};
    struct reading reading = {&network->document, error};
    if (!yaml_read(&network->document, text, length, name, error))
        return false;
    const struct yaml_node *root = network->document.root;
    const bool is_good = field_expect(&reading, root, YAML_MAP,
                                      "a network: a map with network, segments and nodes") &&
                         fields_read(&reading, root, "a network", fields, network) &&
                         read_segments(&reading, network) && read_nodes(&reading, network) &&
                         read_script(&reading, network) && network_check(&reading, network);
    if (!is_good)
        network_fini(network);
    return is_good;
}

void network_fini(struct network *network) {
    yaml_fini(&network->document);
}
