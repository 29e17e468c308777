/*
 * network_services: what a node serves.
 *
 *     services:
 *       http: {port: 80, pages: {"/": hello, "/big": {size: 100MiB}}}
 *       echo: {}
 *       discard: {}
 *       dhcp: (network_dhcp.c)
 *       dns: (network_dns.c)
 */
#include <string.h>

#include "lab/network_read.h"
#include "lab/quantity.h"

#define PAGES_MOST 64

static bool read_port(struct reading *reading, const struct yaml_node *node, void *to) {
    uint64_t port = 0;
    if (!field_whole(reading, node, 1, UINT16_MAX, &port))
        return false;
    ((struct network_service *)to)->port = (uint16_t)port;
    return true;
}

/* ---- http ---- */

static bool read_page_size(struct reading *reading, const struct yaml_node *node, void *to) {
    struct dobos_http_page *page = to;
    uint64_t size = 0;
    if (node->kind != YAML_SCALAR || !quantity_size(node->text, &size))
        return yaml_refuse(reading->document, node, reading->error,
                           "expected a size such as 512, 64KiB or 100MiB, at most 1TiB");
    page->body = NULL;
    page->body_length = (size_t)size;
    return true;
}

static bool read_page_text(struct reading *reading, const struct yaml_node *node, void *to) {
    struct dobos_http_page *page = to;
    const char *text = NULL;
    if (field_find(node->parent, "size"))
        return yaml_refuse_key(reading->document, node, reading->error,
                               "expected either text or size, not both");
    if (!field_text(reading, node, "text", &text))
        return false;
    page->body = text;
    page->body_length = strlen(text);
    return true;
}

static bool read_page_type(struct reading *reading, const struct yaml_node *node, void *to) {
    struct dobos_http_page *page = to;
    if (!field_text(reading, node, "a media type such as text/plain", &page->type))
        return false;
    return !strpbrk(page->type, "\r\n") || yaml_refuse(reading->document, node, reading->error,
                                                       "expected a media type such as text/plain");
}

static bool read_page(struct reading *reading, const struct yaml_node *node,
                      struct dobos_http_page *page) {
    static const struct field fields[] = {
        {"size", read_page_size, false},
        {"text", read_page_text, false},
        {"type", read_page_type, false},
        {NULL, NULL, false},
    };
    page->path = node->key;
    page->body = "";
    if (node->key[0] != '/' || strpbrk(node->key, " \t\r\n?#"))
        return yaml_refuse_key(reading->document, node, reading->error,
                               "not a page's path: expected one that begins with / and has no "
                               "space, ? or #");
    if (node->kind == YAML_MAP)
        return fields_read(reading, node, "a page", fields, page);
    const char *text = NULL;
    if (!field_text(reading, node, "the page's text, or a map such as {size: 100MiB}", &text))
        return false;
    page->body = text;
    page->body_length = strlen(text);
    return true;
}

static bool read_pages(struct reading *reading, const struct yaml_node *map, void *to) {
    struct network_service *service = to;
    if (!field_expect(reading, map, YAML_MAP, "a map of pages such as {\"/\": hello}"))
        return false;
    if (map->count > PAGES_MOST)
        return yaml_refuse_key(reading->document, map, reading->error,
                               "%u pages: expected at most %d", map->count, PAGES_MOST);
    service->pages = arena_table(&reading->document->arena, map->count, sizeof *service->pages);
    if (!service->pages)
        return field_no_memory(reading);
    for (const struct yaml_node *node = map->first; node; node = node->next)
        if (!read_page(reading, node, &service->pages[service->page_count++]))
            return false;
    return true;
}

static bool read_http(struct reading *reading, const struct yaml_node *map,
                      struct network_service *service) {
    static const struct field fields[] = {
        {"port", read_port, false},
        {"pages", read_pages, true},
        {NULL, NULL, false},
    };
    service->kind = SERVICE_HTTP;
    return fields_read(reading, map, "http", fields, service);
}

/* ---- all of them ---- */

static bool read_small(struct reading *reading, const struct yaml_node *map,
                       struct network_service *service, enum network_service_kind kind) {
    static const struct field fields[] = {
        {"port", read_port, false},
        {NULL, NULL, false},
    };
    service->kind = kind;
    return fields_read(reading, map, map->key, fields, service);
}

static struct network_service *next_service(const struct yaml_node *node, void *to) {
    struct network_node *owner = to;
    struct network_service *service = &owner->services[owner->service_count++];
    service->at = node;
    return service;
}

static bool read_http_of(struct reading *reading, const struct yaml_node *node, void *to) {
    return read_http(reading, node, next_service(node, to));
}

static bool read_dns_of(struct reading *reading, const struct yaml_node *node, void *to) {
    return network_read_dns(reading, node, next_service(node, to));
}

static bool read_echo_of(struct reading *reading, const struct yaml_node *node, void *to) {
    return read_small(reading, node, next_service(node, to), SERVICE_ECHO);
}

static bool read_discard_of(struct reading *reading, const struct yaml_node *node, void *to) {
    return read_small(reading, node, next_service(node, to), SERVICE_DISCARD);
}

static bool read_dhcp_one(struct reading *reading, const struct yaml_node *map, void *to) {
    struct network_service *service = next_service(map, to);
    service->kind = SERVICE_DHCP;
    service->dhcp = arena_table(&reading->document->arena, 1, sizeof *service->dhcp);
    return service->dhcp ? network_read_dhcp(reading, map, service->dhcp)
                         : field_no_memory(reading);
}

/* One server, or a list of them. */
static bool read_dhcp_of(struct reading *reading, const struct yaml_node *node, void *to) {
    if (node->kind != YAML_LIST)
        return read_dhcp_one(reading, node, to);
    for (const struct yaml_node *one = node->first; one; one = one->next)
        if (!read_dhcp_one(reading, one, to))
            return false;
    return true;
}

bool network_read_services(struct reading *reading, const struct yaml_node *map,
                           struct network_node *node) {
    static const struct field fields[] = {
        {"http", read_http_of, false},       {"echo", read_echo_of, false},
        {"discard", read_discard_of, false}, {"dns", read_dns_of, false},
        {"dhcp", read_dhcp_of, false},       {NULL, NULL, false},
    };
    const struct yaml_node *dhcp = field_find(map, "dhcp");
    const size_t count = map->count + (dhcp && dhcp->kind == YAML_LIST ? dhcp->count : 0u);
    node->services = arena_table(&reading->document->arena, count, sizeof *node->services);
    if (!node->services)
        return field_no_memory(reading);
    return fields_read(reading, map, "services", fields, node);
}
