/* network_check: what can only be seen of a network as a whole. */
#include <stdlib.h>
#include <string.h>

#include "base/prefix.h"
#include "lab/network_read.h"

/* An address or a link address, where it is, and who has it. */
struct holding {
    uint32_t where;             /* the segment, or the node */
    uint8_t bytes[16];          /* of the address; a link address has zeros behind it */
    uint32_t order;             /* in the file */
    const struct yaml_node *at; /* its place */
};

struct holdings {
    struct holding *table; /* owned */
    uint32_t count;        /* of them */
};

static int compare_holdings(const void *a, const void *b) {
    const struct holding *x = a, *y = b;
    if (x->where != y->where)
        return x->where < y->where ? -1 : 1;
    const int order = memcmp(x->bytes, y->bytes, sizeof x->bytes);
    return order ? order : (x->order > y->order) - (x->order < y->order);
}

static void hold(struct holdings *holdings, uint32_t where, const void *bytes, size_t length,
                 const struct yaml_node *at) {
    struct holding *holding = &holdings->table[holdings->count];
    *holding = (struct holding){.where = where, .order = holdings->count, .at = at};
    memcpy(holding->bytes, bytes, length);
    holdings->count++;
}

/* The first in the file that another had before. */
static bool check_once(struct reading *reading, const struct holdings *holdings,
                       const char *expected) {
    const struct holding *twice = NULL, *before = NULL;
    if (holdings->count > 1)
        qsort(holdings->table, holdings->count, sizeof *holdings->table, compare_holdings);
    for (uint32_t i = 1; i < holdings->count; i++) {
        const struct holding *a = &holdings->table[i - 1], *b = &holdings->table[i];
        if (a->where == b->where && memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0 &&
            (!twice || b->order < twice->order)) {
            twice = b;
            before = a;
        }
    }
    if (!twice)
        return true;
    char path[160];
    yaml_path(before->at, path, sizeof path);
    return yaml_refuse(reading->document, twice->at, reading->error,
                       "expected %s: line %u has it too, at %s", expected, before->at->line, path);
}

enum what {
    ADDRESSES_OF_SEGMENTS,
    ADDRESSES_OF_NODES,
    LINK_ADDRESSES_OF_SEGMENTS
};

static void collect(struct holdings *holdings, const struct network *network, enum what what) {
    holdings->count = 0;
    for (unsigned n = 0; n < network->node_count; n++) {
        const struct network_node *node = &network->nodes[n];
        for (unsigned i = 0; i < node->interface_count; i++) {
            const struct network_interface *interface = &node->interfaces[i];
            if (what == LINK_ADDRESSES_OF_SEGMENTS && interface->has_mac)
                hold(holdings, interface->segment, interface->mac.bytes, 6, interface->mac_at);
            for (unsigned a = 0; what != LINK_ADDRESSES_OF_SEGMENTS && a < interface->address_count;
                 a++)
                hold(holdings, what == ADDRESSES_OF_NODES ? n : interface->segment,
                     interface->addresses[a].prefix.address.bytes, 16, interface->addresses[a].at);
        }
    }
}

/* ---- subnets ---- */

/* A subnet of a node's interface. */
struct subnet {
    uint32_t first, last;                /* its addresses */
    unsigned interface;                  /* number */
    const struct network_address *place; /* the address that has it */
};

/* The larger of those that begin alike comes first. */
static int compare_subnets(const void *a, const void *b) {
    const struct subnet *x = a, *y = b;
    if (x->first != y->first)
        return x->first < y->first ? -1 : 1;
    return (x->last < y->last) - (x->last > y->last);
}

static bool refuse_overlap(struct reading *reading, const struct network_node *node,
                           const struct subnet *a, const struct subnet *b) {
    const bool in_order = a->interface < b->interface;
    const struct subnet *later = in_order ? b : a, *before = in_order ? a : b;
    return yaml_refuse(reading->document, later->place->at, reading->error,
                       "expected a subnet of its own: it overlaps that of %s, line %u",
                       node->interfaces[before->interface].name, before->place->at->line);
}

/* DEVIATION: [rfc4787#9] a lease that comes later is not looked at: who writes the file numbers the
 * inside. Two interfaces of a node have no address in common in their subnets: it would not know by
 * which to send there. (A single address, /32, is no subnet.) */
static bool check_subnets(struct reading *reading, const struct network_node *node) {
    size_t most = 0, count = 0;
    for (unsigned i = 0; i < node->interface_count; i++)
        most += node->interfaces[i].address_count;
    if (node->interface_count < 2 || most < 2)
        return true;
    struct subnet *subnets = malloc(most * sizeof *subnets);
    if (!subnets)
        return field_no_memory(reading);
    for (unsigned i = 0; i < node->interface_count; i++) {
        for (unsigned a = 0; a < node->interfaces[i].address_count; a++) {
            const struct network_address *address = &node->interfaces[i].addresses[a];
            const struct dobos_address first = prefix_network(&address->prefix);
            const struct dobos_address last = prefix_last(&address->prefix);
            if (address->prefix.length < 32)
                subnets[count++] = (struct subnet){dobos_address_ipv4_number(&first),
                                                   dobos_address_ipv4_number(&last), i, address};
        }
    }
    bool is_good = true;
    qsort(subnets, count, sizeof *subnets, compare_subnets);
    /* Subnets nest or are apart; so one that overlaps any overlaps the widest that is open. */
    for (size_t i = 1, open = 0; i < count && is_good; i++) {
        if (subnets[i].first > subnets[open].last)
            open = i;
        else if (subnets[i].interface != subnets[open].interface)
            is_good = refuse_overlap(reading, node, &subnets[open], &subnets[i]);
    }
    free(subnets);
    return is_good;
}

static bool check_nameservers(struct reading *reading, const struct network_node *node) {
    unsigned servers = 0, domains = 0;
    for (unsigned i = 0; i < node->interface_count; i++) {
        const struct network_interface *interface = &node->interfaces[i];
        for (unsigned k = 0; k < interface->nameserver_count; k++)
            if (++servers > NETWORK_NAMESERVERS)
                return yaml_refuse(reading->document, interface->nameservers[k].at, reading->error,
                                   "expected at most %d name servers a node", NETWORK_NAMESERVERS);
        for (unsigned k = 0; k < interface->search_count; k++)
            if (++domains > NETWORK_SEARCH)
                return yaml_refuse(reading->document, interface->search[k], reading->error,
                                   "expected at most %d search domains a node", NETWORK_SEARCH);
    }
    return true;
}

static bool has_address(const struct network_node *node, const struct dobos_address *address) {
    for (unsigned i = 0; i < node->interface_count; i++)
        for (unsigned a = 0; a < node->interfaces[i].address_count; a++)
            if (dobos_address_is_equal(&node->interfaces[i].addresses[a].prefix.address, address))
                return true;
    return false;
}

/* A DNS server asks others, each of them one host: asking itself, it would wait for itself. */
static bool check_asked(struct reading *reading, const struct network_node *node,
                        const struct yaml_node *list, const struct dobos_address *addresses) {
    const struct yaml_node *at = list ? list->first : NULL;
    for (const struct dobos_address *address = addresses; at; at = at->next, address++) {
        if (has_address(node, address) || dobos_address_is_loopback(address))
            return yaml_refuse(reading->document, at, reading->error,
                               "this is the node itself: expected another name server");
        if (dobos_address_is_unspecified(address) || dobos_address_is_multicast(address) ||
            dobos_address_ipv4_number(address) == UINT32_MAX)
            return yaml_refuse(reading->document, at, reading->error,
                               "not the address of one host: expected a name server's");
    }
    return true;
}

static bool check_dns(struct reading *reading, const struct network_node *node) {
    for (unsigned i = 0; i < node->service_count; i++) {
        const struct network_service *service = &node->services[i];
        if (!check_asked(reading, node, service->forward_at, service->forward) ||
            !check_asked(reading, node, service->roots_at, service->roots))
            return false;
    }
    return true;
}

/* Redirects are a router's to send, and SYNs of others a router's to change. */
static bool check_router(struct reading *reading, const struct network_node *node) {
    const struct yaml_node *at = node->redirects ? node->redirects_at : node->mss_clamp_at;
    return (!node->redirects && !node->mss_clamp) || node->forwarding ||
           yaml_refuse(reading->document, at, reading->error,
                       "this node does not forward: expected forwarding: true beside it");
}

/* A device is joined to one segment, and there are not too many. */
static bool check_joins(struct reading *reading, const struct network *network) {
    const char *devices[NETWORK_JOINS];
    unsigned count = 0;
    for (unsigned i = 0; i < network->segment_count; i++) {
        const struct network_segment *segment = &network->segments[i];
        const char *const joined[] = {segment->tap, segment->interface};
        for (unsigned k = 0; k < 2; k++) {
            if (!joined[k])
                continue;
            if (count == NETWORK_JOINS)
                return yaml_refuse_key(reading->document, segment->at, reading->error,
                                       "expected at most %d devices in a network", NETWORK_JOINS);
            for (unsigned other = 0; other < count; other++)
                if (strcmp(devices[other], joined[k]) == 0)
                    return yaml_refuse_key(reading->document, segment->at, reading->error,
                                           "the device %.20s is joined already: expected another",
                                           joined[k]);
            devices[count++] = joined[k];
        }
    }
    return true;
}

bool network_check(struct reading *reading, const struct network *network) {
    /* Every address is a node of the file, so there are no more than those. */
    struct holdings holdings = {
        .table = malloc((reading->document->nodes + 1) * sizeof *holdings.table)};
    if (!holdings.table)
        return field_no_memory(reading);
    collect(&holdings, network, ADDRESSES_OF_NODES);
    bool is_good = check_once(reading, &holdings, "an address only once at a node");
    if (is_good) {
        collect(&holdings, network, ADDRESSES_OF_SEGMENTS);
        is_good = check_once(reading, &holdings, "an address only once in a segment");
    }
    if (is_good) {
        collect(&holdings, network, LINK_ADDRESSES_OF_SEGMENTS);
        is_good = check_once(reading, &holdings, "a link address only once in a segment");
    }
    free(holdings.table);
    for (unsigned n = 0; is_good && n < network->node_count; n++)
        is_good = check_subnets(reading, &network->nodes[n]) &&
                  check_nameservers(reading, &network->nodes[n]) &&
                  check_dns(reading, &network->nodes[n]) &&
                  check_router(reading, &network->nodes[n]) &&
                  network_check_tables(reading, &network->nodes[n]) &&
                  network_check_dhcp(reading, &network->nodes[n]) &&
                  network_check_nat(reading, &network->nodes[n]);
    return is_good && check_joins(reading, network);
}
