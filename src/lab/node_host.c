/*
 * node_host: the host of a node and its services, from what the file says. What a host refuses is
 * told with its place.
 *
 * A node outside has a companion as its host (companion.c): with its interface and the DHCP client
 * there, and nothing else.
 *
 * A host can be made anew at any time: then nothing of the old one is left but what the node itself
 * keeps. Its cables are the node's and stay.
 */
#include <stdlib.h>
#include <string.h>

#include "lab/lab_inner.h"
#include "lab/network_read.h"
#include "lab/reverse_zones.h"
#include "lab/routes_file.h"
#include "lab/zone_files.h"

/* ---- hosts ---- */

static bool refuse_call(const struct lab *lab, const struct yaml_node *at, int result,
                        struct lab_error *error) {
    return yaml_refuse(&lab->network.document, at, error, "the host refuses it: %s",
                       dobos_error_text(result));
}

/* The same of what a node has only once. */
static bool refuse_twice(const struct lab *lab, const struct yaml_node *at, int result,
                         const char *what, struct lab_error *error) {
    if (result != -DOBOS_EEXIST)
        return refuse_call(lab, at, result, error);
    return yaml_refuse(&lab->network.document, at, error,
                       "expected each %s only once at a node: this one is there already", what);
}

static bool add_interface(struct lab_node *node, unsigned number, struct lab_error *error) {
    const struct network_interface *interface = &node->file->interfaces[number];
    const bool is_public = node->plugs[number].segment->file->is_public;
    struct dobos_interface_config config = {.size = sizeof config,
                                            .mac = node->plugs[number].mac,
                                            .mtu = interface->mtu,
                                            .outside = is_public,
                                            .is_public = is_public,
                                            .reverse_path = interface->reverse_path,
                                            .queue = interface->queue};
    (void)snprintf(config.name, sizeof config.name, "%s", interface->name);
    const int index = dobos_interface_add(node->host, &config);
    if (index < 0)
        return refuse_call(node->lab, interface->at, index, error);
    /* A companion has only what it leases: the rest is the program's. */
    for (unsigned i = 0; i < interface->address_count && !node->port; i++) {
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
            return refuse_twice(node->lab, interface->routes[i].at, result, "route", error);
    }
    for (unsigned i = 0; i < interface->rule_count; i++) {
        struct dobos_rule rule = interface->rules[i].rule;
        rule.interface = interface->rules[i].is_by_interface ? number + 2 : 0;
        const int result = dobos_rule_add(node->host, &rule);
        if (result < 0)
            return refuse_twice(node->lab, interface->rules[i].at, result, "rule", error);
    }
    for (unsigned i = 0; i < interface->nameserver_count; i++) {
        const struct dobos_nameserver server = {.address = interface->nameservers[i].address,
                                                .origin = DOBOS_ORIGIN_STATIC};
        const int result = dobos_nameserver_add(node->host, &server);
        if (result < 0 && result != -DOBOS_EEXIST)
            return refuse_call(node->lab, interface->nameservers[i].at, result, error);
    }
    for (unsigned i = 0; i < interface->search_count; i++) {
        const struct dobos_search search = {.domain = interface->search[i]->text,
                                            .origin = DOBOS_ORIGIN_STATIC};
        const int result = dobos_search_add(node->host, &search);
        if (result < 0 && result != -DOBOS_EEXIST)
            return refuse_call(node->lab, interface->search[i], result, error);
    }
    return true;
}

/* Names that it knows by itself; a program of the machine has them in its own /etc/hosts. */
static bool add_hosts(struct lab_node *node, struct lab_error *error) {
    for (unsigned i = 0; i < node->file->host_count; i++) {
        const struct network_host *host = &node->file->hosts[i];
        const int result = dobos_host_entry_add(node->host, &host->entry);
        if (result < 0 && result != -DOBOS_EEXIST)
            return refuse_call(node->lab, host->at, result, error);
    }
    return true;
}

static bool set_filter(struct lab_node *node, struct lab_error *error) {
    const struct network_node *file = node->file;
    const int result = dobos_filter_set(node->host, file->filter, file->filter_count, NULL);
    return result == 0 || refuse_call(node->lab, file->filter_at, result, error);
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

/* The domain of the clients' names: that of dns, or what dhcp tells them. */
static const char *domain_of(const struct network_node *file, const struct network_service *dns) {
    const char *domain = dns->domain;
    for (unsigned i = 0; i < file->service_count && !domain; i++)
        if (file->services[i].dhcp)
            domain = file->services[i].dhcp->domain;
    return domain;
}

/* What a zone file says that it should not. */
static bool refuse_zone(const struct lab_node *node, const struct network_service *file,
                        const struct zone_files *files, const struct dobos_dns_fault *fault,
                        struct lab_error *error) {
    const struct yaml_node *at = file->at;
    for (size_t i = 0; i < file->zone_count; i++)
        if (file->zones[i].file == fault->file)
            at = file->zone_at[i];
    return zone_files_refuse(files, fault, &node->lab->network.document, at, error);
}

static bool create_dns_of(struct lab_node *node, const struct network_service *file,
                          const struct reverse_zones *zones, struct dobos_service **service,
                          struct lab_error *error) {
    size_t bad = SIZE_MAX;
    const char *reason = NULL;
    struct zone_files files;
    struct dobos_dns_fault fault = {0};
    zone_files_init(&files, node->lab->network.document.name);
    struct dobos_dns_config config = {.size = sizeof config,
                                      .zones = zones->zones,
                                      .zone_count = zones->count,
                                      .forward_count = file->forward_count,
                                      .cache_limit_bytes = file->cache_bytes,
                                      .domain = domain_of(node->file, file),
                                      .roots = file->roots,
                                      .root_count = file->root_count,
                                      .stale_s = file->stale_s,
                                      .private_names = file->private_names,
                                      .private_count = file->private_count,
                                      .bad_record = &bad,
                                      .reason = &reason,
                                      .files = &files.calls,
                                      .fault = &fault};
    for (unsigned i = 0; i < node->service_count && !config.leases; i++)
        if (strcmp(dobos_service_name(node->services[i]), "dhcp") == 0)
            config.leases = node->services[i];
    for (unsigned i = 0; i < file->forward_count; i++)
        config.forward[i] = file->forward[i];
    const int result = dobos_dns_server_create(node->host, &config, service);
    if (result >= 0)
        return true;
    if (fault.file)
        return refuse_zone(node, file, &files, &fault, error);
    size_t records = 0;
    for (size_t i = 0; i < file->zone_count; i++)
        records += file->zones[i].record_count;
    if (result == -DOBOS_EINVAL && bad < records)
        return yaml_refuse(&node->lab->network.document, file->record_at[bad], error, "%s",
                           reason ? reason : "expected what a zone file has behind this type");
    return refuse_call(node->lab, file->at, result, error);
}

static bool create_dns(struct lab_node *node, const struct network_service *file,
                       struct dobos_service **service, struct lab_error *error) {
    struct reverse_zones zones;
    const bool is_made = reverse_zones_make(&zones, &node->lab->network, file, error) &&
                         create_dns_of(node, file, &zones, service, error);
    reverse_zones_free(&zones);
    return is_made;
}

/* The leases of a server are kept while its node has no host. */
static bool create_dhcp(struct lab_node *node, const struct network_service *file,
                        struct dobos_service **service, struct lab_error *error) {
    struct dobos_dhcp_server_config config;
    const char *reason = NULL;
    if (!node->leases)
        node->leases = calloc(node->file->service_count, sizeof *node->leases);
    if (!node->leases)
        return yaml_refuse_file(node->lab->network.document.name, error,
                                "no memory for the network");
    const struct dobos_lease_store store =
        lease_memory_store(&node->leases[file - node->file->services]);
    network_dhcp_config(file->dhcp, &config);
    config.store = &store;
    config.wall_ns = (int64_t)node->lab->epoch_ns;
    config.reason = &reason;
    const int result = dobos_dhcp_server_create(node->host, &config, service);
    if (result == -DOBOS_EINVAL && reason)
        return yaml_refuse(&node->lab->network.document, file->at, error, "%s", reason);
    return result >= 0 || refuse_call(node->lab, file->at, result, error);
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
    case SERVICE_DHCP:
        if (!create_dhcp(node, file, &service, error))
            return false;
        break;
    }
    if (result < 0)
        return refuse_call(node->lab, file->at, result, error);
    node->services[node->service_count++] = service;
    return true;
}

/* The clients of interfaces that ask for their address, behind the services of the file. */
static bool create_clients(struct lab_node *node, struct lab_error *error) {
    for (unsigned i = 0; i < node->file->interface_count; i++) {
        const struct network_interface *interface = &node->file->interfaces[i];
        const struct dobos_dhcp_client_config config = {
            .size = sizeof config, .interface = i + 2, .route_metric = interface->dhcp4_metric};
        struct plug *plug = &node->plugs[i];
        if (!interface->dhcp4)
            continue;
        const int result = dobos_dhcp_client_create(node->host, &config, &plug->client);
        if (result < 0)
            return refuse_call(node->lab, interface->dhcp4_at, result, error);
        node->services[node->service_count++] = plug->client;
    }
    return true;
}

/* Link-local addresses, behind the clients that they wait for. A program of the machine has its own
 * ways to get one. */
static bool create_link_locals(struct lab_node *node, struct lab_error *error) {
    for (unsigned i = 0; i < node->file->interface_count && !node->port; i++) {
        struct plug *plug = &node->plugs[i];
        const struct yaml_node *at = node->file->interfaces[i].link_local_at;
        const struct dobos_link_local_config config = {
            .size = sizeof config, .interface = i + 2, .dhcp = plug->client};
        if (!at)
            continue;
        const int result = dobos_link_local_create(node->host, &config, &plug->link_local);
        if (result < 0)
            return refuse_call(node->lab, at, result, error);
        node->services[node->service_count++] = plug->link_local;
    }
    return true;
}

/* ---- the host ---- */

static bool load_routes(const struct lab_node *node, struct lab_error *error) {
    const struct yaml_document *document = &node->lab->network.document;
    const struct yaml_node *at = node->file->routes_file;
    struct lab_error why;
    const enum routes_load_result result =
        routes_file_load(node->host, at->text, document->name, &why);
    if (result == ROUTES_UNREAD)
        return yaml_refuse(document, at, error, "%s: expected a file of routes", why.text);
    if (result == ROUTES_FAULT)
        *error = why;
    return result == ROUTES_LOADED;
}

static bool make(struct lab_node *node, struct lab_error *error) {
    struct lab *lab = node->lab;
    const struct network_node *file = node->file;
    struct dobos_host_config config = {.size = sizeof config,
                                       .name = file->name,
                                       .forwarding = file->forwarding,
                                       .redirects = file->redirects,
                                       .tcp = file->tcp,
                                       .mss_clamp = file->mss_clamp};
    identity_key(&lab->identity, file->name, node->boots, config.key);
    const int result = dobos_host_create(lab->pool, &config, lab->clock.now, &node->host);
    if (result < 0)
        return refuse_call(lab, file->at, result, error);
    explain_host(lab, node->host);
    for (unsigned i = 0; i < file->interface_count; i++)
        if (!add_interface(node, i, error))
            return false;
    for (unsigned i = 0; i < file->interface_count; i++)
        if (plug_is_down(&node->plugs[i]))
            (void)dobos_interface_carrier_set(node->host, i + 2, false);
    for (unsigned i = 0; i < file->interface_count && !node->port; i++)
        if (!add_routes(node, i, error))
            return false;
    if (file->routes_file && !node->port && !load_routes(node, error))
        return false;
    if (!add_hosts(node, error))
        return false;
    const int nat = file->nat ? network_nat_set(file->nat, node->host) : 0;
    if (nat < 0)
        return refuse_call(lab, file->nat->at, nat, error);
    if (!node->port && !set_filter(node, error))
        return false;
    node->services = calloc(file->service_count + 2 * (size_t)file->interface_count + 1,
                            sizeof(struct dobos_service *));
    if (!node->services)
        return yaml_refuse_file(lab->network.document.name, error, "no memory for the network");
    /* DNS knows the clients of DHCP, which is there first. */
    for (unsigned turn = 0; turn < 2; turn++)
        for (unsigned i = 0; i < file->service_count; i++)
            if ((file->services[i].kind == SERVICE_DHCP) == (turn == 0) &&
                !create_service(node, &file->services[i], error))
                return false;
    return create_clients(node, error) && create_link_locals(node, error);
}

bool node_host_create(struct lab_node *node, struct lab_error *error) {
    const bool is_good = make(node, error);
    node->boots++;
    if (is_good)
        node_wake(node);
    else
        node_host_destroy(node);
    return is_good;
}

void node_host_destroy(struct lab_node *node) {
    node_tasks_kill(node);
    while (node->service_count > 0)
        dobos_service_destroy(node->services[--node->service_count]);
    for (unsigned i = 0; node->leases && i < node->file->service_count; i++)
        lease_memory_drop(&node->leases[i]);
    free(node->services);
    node->services = NULL;
    for (unsigned i = 0; node->plugs && i < node->file->interface_count; i++)
        node->plugs[i].client = node->plugs[i].link_local = NULL;
    dobos_host_destroy(node->host);
    node->host = NULL;
    clock_arm(&node->lab->clock, &node->turn, DOBOS_NEVER);
}

int lab_node_restart(struct lab *lab, const char *name, struct lab_error *error) {
    const uint32_t number = network_node_find(&lab->network, name);
    struct lab_node *node = number == UINT32_MAX ? NULL : &lab->nodes[number];
    if (!node || node->port || !node->host) {
        (void)snprintf(error->text, sizeof error->text, "%.60s: no such host in the network %s",
                       name, lab->network.name);
        return -1;
    }
    node_host_destroy(node);
    return node_host_create(node, error) ? 0 : -1;
}
