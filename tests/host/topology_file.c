/*
 * topology_file: the network of a seed (topology_model.h) as a network file, whose script asks by
 * ping, from every node to every other, what the oracle says of the same tables:
 *
 *     topology_file SEED
 *
 * So that what a file says is reachable is so in `dobos lab`, too. What the oracle has no word on
 * (an answer that is translated on its way) is left out.
 */
#include "topology_model.h"

#include <stdio.h>
#include <stdlib.h>

static void put_address(uint32_t address) {
    printf("%u.%u.%u.%u", address >> 24, address >> 16 & 255, address >> 8 & 255, address & 255);
}

static void put_interface(const struct model *model, const struct model_node *node, uint32_t i) {
    const struct model_interface *interface = &node->interfaces[i];
    const char *before = "";
    printf("      eth%u: {segment: s%u, mtu: %u, addresses: [", i, interface->segment,
           interface->mtu);
    put_address(interface->address);
    printf("/%u], routes: [", model->segments[interface->segment].length);
    for (uint32_t r = 0; r < node->route_count; r++) {
        const struct model_route *route = &node->routes[r];
        if (route->gateway == 0 || route->interface != i)
            continue;
        printf("%s{to: ", before);
        put_address(route->prefix);
        printf("/%u, via: ", route->length);
        put_address(route->gateway);
        printf(", metric: %u}", route->metric);
        before = ", ";
    }
    puts("]}");
}

static void put_network(const struct model *model, uint64_t seed) {
    printf("network: drawn%u\nsegments:\n", (unsigned)seed);
    for (uint32_t s = 0; s < model->segment_count; s++)
        printf("  s%u: {}\n", s);
    puts("nodes:");
    for (uint32_t n = 0; n < model->node_count; n++) {
        const struct model_node *node = &model->nodes[n];
        printf("  n%u:\n    forwarding: %s\n", n, node->is_router ? "true" : "false");
        if (node->nat != MODEL_NONE)
            printf("    nat: {masquerade: [eth%u]}\n", node->nat);
        puts("    interfaces:");
        for (uint32_t i = 0; i < node->interface_count; i++)
            put_interface(model, node, i);
    }
}

/* What ping must say; NULL: the oracle has no word on it. */
static const char *judge(const struct model *model, uint32_t from, uint32_t destination) {
    struct model_way way = {.is_new = true}, back;
    model_follow(model, from, MODEL_NONE, 0, destination, 64, &way);
    if (way.fate == FATE_NO_ROUTE)
        return "exit: 2";
    if (way.fate != FATE_DELIVERED)
        return "exit: 1, output: ' 0 received'";
    model_return(model, &way, destination, &back);
    if (back.translated > 0)
        return NULL;
    return back.fate == FATE_DELIVERED && back.at == from ? "exit: 0, output: ' 1 received'"
                                                          : "exit: 1, output: ' 0 received'";
}

int main(int argc, char **argv) {
    uint64_t seed = argc == 2 ? strtoull(argv[1], NULL, 10) : 0;
    struct random random = random_make(seed);
    struct model model;
    if (seed == 0) {
        fprintf(stderr, "usage: %s SEED\n", argv[0]);
        return 2;
    }
    model_draw(&model, &random);
    put_network(&model, seed);
    puts("script:");
    for (uint32_t from = 0; from < model.node_count; from++)
        for (uint32_t to = 0; to < model.node_count; to++) {
            uint32_t address = model.nodes[to].interfaces[0].address;
            const char *says = from == to ? NULL : judge(&model, from, address);
            if (!says)
                continue;
            printf("  - {node: n%u, run: ping -c 1 -W 4 ", from);
            put_address(address);
            printf(", expect: {%s}}\n", says);
        }
    return 0;
}
