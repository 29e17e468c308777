/*
 * settle: whether a network has come to rest after its beginning: every DHCP client has its
 * address, and no neighbour is being asked for.
 */
#include "lab/lab_inner.h"

#define SETTLE_NS (60 * DOBOS_SECOND)

/* A DHCP client without an address: as text. */
static bool finds_client(const struct lab_node *node, char *missing, size_t room) {
    unsigned nth = 0; /* interface, of those that the clients are for in turn */
    for (unsigned i = 0; i < node->service_count; i++) {
        struct dobos_dhcp_client_info info;
        if (dobos_dhcp_client_read(node->services[i], &info) != 0)
            continue;
        while (!node->file->interfaces[nth].dhcp4)
            nth++;
        const char *interface = node->file->interfaces[nth++].name;
        if (info.state == DOBOS_DHCP_BOUND || info.state == DOBOS_DHCP_RENEWING ||
            info.state == DOBOS_DHCP_REBINDING)
            continue;
        (void)snprintf(missing, room, "%s: %s: %s", node->file->name, interface,
                       info.state == DOBOS_DHCP_PROBING ? "its address is still being probed"
                                                        : "no DHCP server answers");
        return true;
    }
    return false;
}

/* A neighbour that is being asked for: as text. */
static bool finds_neighbor(const struct lab_node *node, char *missing, size_t room) {
    for (unsigned i = 0; i < node->file->interface_count; i++) {
        struct dobos_neighbor_info neighbor;
        for (uint32_t k = 0; dobos_neighbor_read(node->host, i + 2, k, &neighbor) == 0; k++) {
            if (neighbor.state != DOBOS_NEIGHBOR_INCOMPLETE)
                continue;
            char address[DOBOS_ADDRESS_TEXT];
            dobos_address_format(&neighbor.address, address);
            (void)snprintf(missing, room, "%s: %s: the neighbour %s does not answer",
                           node->file->name, node->file->interfaces[i].name, address);
            return true;
        }
    }
    return false;
}

/* The first node from `first` that is not at rest; the count of nodes: there is none. */
static uint32_t find_restless(const struct lab *lab, uint32_t first, char *missing, size_t room) {
    for (uint32_t n = first; n < lab->network.node_count; n++) {
        const struct lab_node *node = &lab->nodes[n];
        if (node->host &&
            (finds_client(node, missing, room) || finds_neighbor(node, missing, room)))
            return n;
    }
    return lab->network.node_count;
}

bool lab_settle(struct lab *lab, char *missing, size_t room) {
    const dobos_time until = lab->clock.now + SETTLE_NS;
    while (lab_step(lab, lab->clock.now))
        continue;
    /* Who is not at rest is waited for before the others are looked at again: a large network has
     * many events. */
    for (uint32_t from = 0;;) {
        const uint32_t restless = find_restless(lab, from, missing, room);
        if (restless < lab->network.node_count && !lab_step(lab, until))
            return false;
        if (restless == lab->network.node_count && from == 0)
            return true;
        from = restless < lab->network.node_count ? restless : 0;
    }
}
