/* build: hosts, services, segments and cables from what the file says. What a host refuses is told
 * with its place. */
#include <stdlib.h>
#include <string.h>

#include "lab/lab_inner.h"

/* How many full frames a port takes ahead of its wire. */
#define RING_FRAMES 16

static bool no_memory(const struct lab *lab, struct lab_error *error) {
    return yaml_refuse_file(lab->network.document.name, error, "no memory for the network");
}

/* ---- segments ---- */

static int compare_macs(const void *a, const void *b) {
    const struct plug *const *x = a, *const *y = b;
    return memcmp((*x)->mac.bytes, (*y)->mac.bytes, sizeof(*x)->mac.bytes);
}

/* Two stations of one link address would take each other's frames. */
static bool check_macs(const struct lab *lab, const struct lab_segment *segment,
                       struct lab_error *error) {
    const uint32_t count = segment->plug_count;
    struct plug **sorted = malloc((count + 1) * sizeof *sorted);
    if (!sorted)
        return no_memory(lab, error);
    const struct plug *twice = NULL;
    if (count > 0) {
        memcpy(sorted, segment->plugs, count * sizeof *sorted);
        qsort(sorted, count, sizeof *sorted, compare_macs);
    }
    for (uint32_t i = 1; i < count && !twice; i++)
        if (compare_macs(&sorted[i - 1], &sorted[i]) == 0)
            twice = sorted[i];
    free(sorted);
    if (!twice)
        return true;
    char text[DOBOS_MAC_TEXT];
    dobos_mac_format(&twice->mac, text);
    return yaml_refuse_key(&lab->network.document,
                           twice->node->file->interfaces[twice->interface - 2].at, error,
                           "its link address %s is another's in its segment: expected a "
                           "macaddress of its own",
                           text);
}

static bool build_segments(struct lab *lab, struct lab_error *error) {
    const struct hash_key key = identity_bridge(&lab->identity);
    lab->segments = calloc(lab->network.segment_count + 1, sizeof *lab->segments);
    if (!lab->segments)
        return no_memory(lab, error);
    for (unsigned i = 0; i < lab->network.segment_count; i++) {
        lab->segments[i].file = &lab->network.segments[i];
        bridge_init(&lab->segments[i].bridge, pool_allocator(lab->pool), &key);
    }
    for (unsigned n = 0; n < lab->network.node_count; n++)
        for (unsigned i = 0; i < lab->network.nodes[n].interface_count; i++)
            lab->segments[lab->network.nodes[n].interfaces[i].segment].plug_count++;
    for (unsigned i = 0; i < lab->network.segment_count; i++) {
        struct lab_segment *segment = &lab->segments[i];
        segment->plugs = calloc(segment->plug_count + 1, sizeof *segment->plugs);
        segment->plug_count = 0;
        if (!segment->plugs)
            return no_memory(lab, error);
    }
    return true;
}

static void plug_init(struct plug *plug, struct lab_node *node, unsigned number) {
    struct lab *lab = node->lab;
    const struct network_interface *interface = &node->file->interfaces[number];
    struct lab_segment *segment = &lab->segments[interface->segment];
    const struct impairments *impairments = &segment->file->impairments;
    const uint64_t bytes = (interface->mtu ? interface->mtu : 1500) + 14 + 24;
    const uint64_t rate = impairments->rate_bits_per_second;
    plug->node = node;
    plug->segment = segment;
    plug->interface = number + 2;
    plug->port = segment->plug_count;
    plug->mac = interface->has_mac
                    ? interface->mac
                    : identity_mac(&lab->identity, node->file->name, interface->name);
    plug->ring_ns =
        rate ? (dobos_time)(RING_FRAMES * bytes * 8 * (uint64_t)DOBOS_SECOND / rate) : 0;
    cable_init(
        &plug->cable, pool_allocator(lab->pool), impairments,
        identity_cable(&lab->identity, segment->file->name, node->file->name, interface->name));
    clock_event_init(&plug->arrival, CLOCK_ARRIVAL);
    segment->plugs[segment->plug_count++] = plug;
}

/* ---- hosts ---- */

static bool refuse_call(const struct lab *lab, const struct yaml_node *at, int result,
                        struct lab_error *error) {
    return yaml_refuse(&lab->network.document, at, error, "the host refuses it: %s",
                       dobos_error_text(result));
}

static bool add_interface(struct lab_node *node, unsigned number, struct lab_error *error) {
    const struct network_interface *interface = &node->file->interfaces[number];
    struct dobos_interface_config config = {
        .size = sizeof config, .mac = node->plugs[number].mac, .mtu = interface->mtu};
    (void)snprintf(config.name, sizeof config.name, "%s", interface->name);
    const int index = dobos_interface_add(node->host, &config);
    if (index < 0)
        return refuse_call(node->lab, interface->at, index, error);
    for (unsigned i = 0; i < interface->address_count; i++) {
        const struct dobos_interface_address address = {.prefix = interface->addresses[i].prefix,
                                                        .valid_until = DOBOS_NEVER,
                                                        .preferred_until = DOBOS_NEVER,
                                                        .origin = DOBOS_ORIGIN_STATIC};
        const int result = dobos_address_add(node->host, (uint32_t)index, &address);
        if (result < 0)
            return refuse_call(node->lab, interface->addresses[i].at, result, error);
    }
    return true;
}

/* Routes and names, when all interfaces are there. */
static bool add_routes(struct lab_node *node, unsigned number, struct lab_error *error) {
    const struct network_interface *interface = &node->file->interfaces[number];
    for (unsigned i = 0; i < interface->route_count; i++) {
        struct dobos_route route = interface->routes[i].route;
        route.interface = number + 2;
        route.source = dobos_address_ipv4(0);
        const int result = dobos_route_add(node->host, &route);
        if (result < 0)
            return refuse_call(node->lab, interface->routes[i].at, result, error);
    }
    for (unsigned i = 0; i < interface->nameserver_count; i++) {
        const struct dobos_nameserver server = {interface->nameservers[i].address,
                                                DOBOS_ORIGIN_STATIC};
        const int result = dobos_nameserver_add(node->host, &server);
        if (result < 0 && result != -DOBOS_EEXIST)
            return refuse_call(node->lab, interface->nameservers[i].at, result, error);
    }
    for (unsigned i = 0; i < interface->search_count; i++) {
        const int result = dobos_search_add(node->host, interface->search[i]->text);
        if (result < 0 && result != -DOBOS_EEXIST)
            return refuse_call(node->lab, interface->search[i], result, error);
    }
    return true;
}

/* ---- services ---- */

static int create_http(struct dobos_host *host, const struct network_service *file,
                       struct dobos_service **service) {
    const struct dobos_http_config config = {.size = sizeof config,
                                             .port = file->port,
                                             .pages = file->pages,
                                             .page_count = file->page_count,
                                             .body = "",
                                             .body_length = 0};
    return dobos_http_server_create(host, &config, service);
}

static bool create_dns(struct lab_node *node, const struct network_service *file,
                       struct dobos_service **service, struct lab_error *error) {
    size_t bad = SIZE_MAX;
    const char *reason = NULL;
    const struct dobos_dns_config config = {.size = sizeof config,
                                            .zones = file->zones,
                                            .zone_count = file->zone_count,
                                            .bad_record = &bad,
                                            .reason = &reason};
    const int result = dobos_dns_server_create(node->host, &config, service);
    if (result >= 0)
        return true;
    size_t records = 0;
    for (size_t i = 0; i < file->zone_count; i++)
        records += file->zones[i].record_count;
    if (result == -DOBOS_EINVAL && bad < records)
        return yaml_refuse(&node->lab->network.document, file->record_at[bad], error,
                           "expected what a zone file has behind this type%s%s", reason ? ": " : "",
                           reason ? reason : "");
    return refuse_call(node->lab, file->at, result, error);
}

static bool create_service(struct lab_node *node, const struct network_service *file,
                           struct lab_error *error) {
    struct dobos_service *service = NULL;
    int result = 0;
    switch (file->kind) {
    case SERVICE_HTTP:
        result = create_http(node->host, file, &service);
        break;
    case SERVICE_ECHO:
        result = dobos_echo_server_create(node->host, file->port ? file->port : 7, &service);
        break;
    case SERVICE_DISCARD:
        result = dobos_discard_server_create(node->host, file->port ? file->port : 9, &service);
        break;
    case SERVICE_DNS:
        if (!create_dns(node, file, &service, error))
            return false;
        break;
    }
    if (result < 0)
        return refuse_call(node->lab, file->at, result, error);
    node->services[node->service_count++] = service;
    return true;
}

/* ---- nodes ---- */

static bool build_host(struct lab_node *node, struct lab_error *error) {
    struct lab *lab = node->lab;
    const struct network_node *file = node->file;
    struct dobos_host_config config = {
        .size = sizeof config, .name = file->name, .forwarding = file->forwarding};
    identity_key(&lab->identity, file->name, config.key);
    const int result = dobos_host_create(lab->pool, &config, lab->clock.now, &node->host);
    if (result < 0)
        return refuse_call(lab, file->at, result, error);
    for (unsigned i = 0; i < file->interface_count; i++)
        if (!add_interface(node, i, error))
            return false;
    for (unsigned i = 0; i < file->interface_count; i++)
        if (!add_routes(node, i, error))
            return false;
    node->services = calloc(file->service_count + 1, sizeof(struct dobos_service *));
    if (!node->services)
        return no_memory(lab, error);
    for (unsigned i = 0; i < file->service_count; i++)
        if (!create_service(node, &file->services[i], error))
            return false;
    node_wake(node);
    return true;
}

static bool build_node(struct lab *lab, unsigned number, struct lab_error *error) {
    struct lab_node *node = &lab->nodes[number];
    node->plugs = calloc(node->file->interface_count + 1, sizeof *node->plugs);
    if (!node->plugs)
        return no_memory(lab, error);
    for (unsigned i = 0; i < node->file->interface_count; i++)
        plug_init(&node->plugs[i], node, i);
    if (number != lab->outside)
        return build_host(node, error);
    if (!outside_check(lab, node->file, error))
        return false;
    lab->port.plug = &node->plugs[0];
    return true;
}

bool lab_build(struct lab *lab, const struct lab_options *options, struct lab_error *error) {
    const struct network *network = &lab->network;
    size_t events = network->node_count;
    for (unsigned i = 0; i < network->node_count; i++)
        events += network->nodes[i].interface_count;
    lab->outside = UINT32_MAX;
    lab->port.lab = lab;
    packet_queue_init(&lab->port.frames);
    lab->nodes = calloc(network->node_count + 1, sizeof *lab->nodes);
    if (!lab->nodes || !clock_init(&lab->clock, events, options->real_time ? options->start : 0))
        return no_memory(lab, error);
    for (unsigned i = 0; i < network->node_count; i++) {
        lab->nodes[i].lab = lab;
        lab->nodes[i].file = &network->nodes[i];
        list_init(&lab->nodes[i].tasks);
        clock_event_init(&lab->nodes[i].turn, CLOCK_TURN);
    }
    if (options->outside_node) {
        lab->outside = network_node_find(network, options->outside_node);
        if (lab->outside == UINT32_MAX)
            return yaml_refuse_file(network->document.name, error, "no such node: %.60s",
                                    options->outside_node);
    }
    if (!build_segments(lab, error))
        return false;
    for (unsigned i = 0; i < network->node_count; i++)
        if (!build_node(lab, i, error))
            return false;
    for (unsigned i = 0; i < network->segment_count; i++)
        if (!check_macs(lab, &lab->segments[i], error))
            return false;
    return true;
}

void lab_unbuild(struct lab *lab) {
    for (unsigned n = 0; lab->nodes && n < lab->network.node_count; n++) {
        struct lab_node *node = &lab->nodes[n];
        for (unsigned i = 0; i < node->service_count; i++)
            dobos_service_destroy(node->services[i]);
        dobos_host_destroy(node->host);
        for (unsigned i = 0; node->plugs && i < node->file->interface_count; i++)
            if (node->plugs[i].node)
                cable_fini(&node->plugs[i].cable);
        free(node->services);
        free(node->plugs);
    }
    if (lab->nodes)
        packet_queue_clear(&lab->port.frames);
    for (unsigned i = 0; lab->segments && i < lab->network.segment_count; i++) {
        bridge_fini(&lab->segments[i].bridge);
        free(lab->segments[i].plugs);
        if (lab->segments[i].capture)
            (void)capture_close(lab->segments[i].capture);
    }
    free(lab->nodes);
    free(lab->segments);
    clock_fini(&lab->clock);
}
