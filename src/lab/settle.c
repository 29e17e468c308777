/*
 * settle: whether a network is still at setting itself up: a DHCP client has no address yet, an
 * address is being probed, a neighbour is being asked for. Then what is under way arrives: a leased
 * address is announced, and who is asked next has heard of it. A DHCP client that nobody answers
 * has failed after four messages, and one whose link is down at once: nobody waits for those.
 */
#include "lab/lab_inner.h"

#define CLIENT_ATTEMPTS 4

static bool is_bound(const struct dobos_dhcp_client_info *info) {
    return info->state == DOBOS_DHCP_BOUND || info->state == DOBOS_DHCP_RENEWING ||
           info->state == DOBOS_DHCP_REBINDING;
}

static bool has_carrier(const struct lab_node *node, unsigned interface) {
    struct dobos_interface_info info;
    return dobos_interface_read(node->host, interface + 2, &info) == 0 && info.carrier;
}

/* Why a client has no address. */
static const char *client_lacks(const struct dobos_dhcp_client_info *info, bool carrier) {
    if (!carrier)
        return "the link is down";
    if (info->state == DOBOS_DHCP_PROBING)
        return "the address that a DHCP server leased is being probed";
    if (info->declined > 0)
        return "what DHCP servers offer is other hosts' addresses";
    if (info->state == DOBOS_DHCP_REQUESTING)
        return "the DHCP server does not confirm what it offered";
    return info->attempts > 0 ? "no DHCP server answers" : "it has lost its address";
}

/* The client of the node's nth interface that asks for one; false: there is none. */
static bool client_read(const struct lab_node *node, unsigned interface,
                        struct dobos_dhcp_client_info *info) {
    const struct dobos_service *client = node->plugs[interface].client;
    return client && dobos_dhcp_client_read(client, info) == 0;
}

static bool client_is_pending(const struct lab_node *node, unsigned interface, char *missing,
                              size_t room) {
    struct dobos_dhcp_client_info info;
    const bool carrier = has_carrier(node, interface);
    if (!client_read(node, interface, &info) || is_bound(&info) || !carrier ||
        info.attempts >= CLIENT_ATTEMPTS)
        return false;
    (void)snprintf(missing, room, "%s: %s: %s", node->file->name,
                   node->file->interfaces[interface].name, client_lacks(&info, carrier));
    return true;
}

/* A link-local address is looked for. */
static bool link_local_is_pending(const struct lab_node *node, unsigned interface, char *missing,
                                  size_t room) {
    const struct dobos_service *service = node->plugs[interface].link_local;
    struct dobos_link_local_info info;
    if (!service || dobos_link_local_read(service, &info) < 0 || !info.is_pending ||
        !has_carrier(node, interface))
        return false;
    (void)snprintf(missing, room, "%s: %s: it has found no link-local address yet",
                   node->file->name, node->file->interfaces[interface].name);
    return true;
}

static bool address_is_pending(const struct lab_node *node, unsigned interface, char *missing,
                               size_t room) {
    struct dobos_interface_address address;
    char text[DOBOS_ADDRESS_TEXT];
    for (uint32_t i = 0; dobos_address_read(node->host, interface + 2, i, &address) == 0; i++) {
        if (address.state != DOBOS_ADDRESS_TENTATIVE || !has_carrier(node, interface))
            continue;
        dobos_address_format(&address.prefix.address, text);
        (void)snprintf(missing, room, "%s: %s: the address %s is being probed", node->file->name,
                       node->file->interfaces[interface].name, text);
        return true;
    }
    return false;
}

static bool neighbor_is_pending(const struct lab_node *node, unsigned interface, char *missing,
                                size_t room) {
    struct dobos_neighbor_info neighbor;
    char text[DOBOS_ADDRESS_TEXT];
    for (uint32_t i = 0; dobos_neighbor_read(node->host, interface + 2, i, &neighbor) == 0; i++) {
        if (neighbor.state != DOBOS_NEIGHBOR_INCOMPLETE)
            continue;
        dobos_address_format(&neighbor.address, text);
        (void)snprintf(missing, room, "%s: %s: the neighbour %s does not answer", node->file->name,
                       node->file->interfaces[interface].name, text);
        return true;
    }
    return false;
}

bool settle_is_pending(const struct lab *lab, unsigned *from, char *missing, size_t room) {
    const unsigned count = lab->network.node_count;
    for (unsigned n = 0; n < count; n++) {
        const unsigned number = (*from + n) % count;
        const struct lab_node *node = &lab->nodes[number];
        for (unsigned i = 0; node->host && i < node->file->interface_count; i++) {
            if (client_is_pending(node, i, missing, room) ||
                link_local_is_pending(node, i, missing, room) ||
                address_is_pending(node, i, missing, room) ||
                neighbor_is_pending(node, i, missing, room)) {
                *from = number;
                return true;
            }
        }
    }
    return false;
}

dobos_time settle_arrival(const struct lab *lab) {
    dobos_time last = lab->clock.now;
    for (unsigned n = 0; n < lab->network.node_count; n++) {
        const struct lab_node *node = &lab->nodes[n];
        for (unsigned i = 0; i < node->file->interface_count; i++)
            if (node->plugs[i].cable.packets > 0)
                last = max_i64(last, node->plugs[i].cable.last_arrival);
    }
    return last;
}

/* The first client that has failed, and how many more. */
static void failures_tell(const struct lab *lab, char *missing, size_t room) {
    unsigned failed = 0;
    int length = 0;
    missing[0] = '\0';
    for (unsigned n = 0; n < lab->network.node_count; n++) {
        const struct lab_node *node = &lab->nodes[n];
        for (unsigned i = 0; node->host && i < node->file->interface_count; i++) {
            struct dobos_dhcp_client_info info;
            if (!client_read(node, i, &info) || is_bound(&info) || failed++ > 0)
                continue;
            length =
                snprintf(missing, room, "%s: %s: %s", node->file->name,
                         node->file->interfaces[i].name, client_lacks(&info, has_carrier(node, i)));
        }
    }
    if (failed > 1 && length > 0 && (size_t)length < room)
        (void)snprintf(missing + length, room - (size_t)length, " (and %u more)", failed - 1);
}

bool lab_settle(struct lab *lab, char *missing, size_t room) {
    const dobos_time until = lab->clock.now + LAB_SETTLE_NS;
    unsigned from = 0;
    while (lab_step(lab, lab->clock.now))
        continue;
    while (settle_is_pending(lab, &from, missing, room))
        if (!lab_step(lab, until))
            return false;
    const dobos_time arrival = min_i64(settle_arrival(lab), until);
    while (lab_step(lab, arrival))
        continue;
    failures_tell(lab, missing, room);
    return true;
}
