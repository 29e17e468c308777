/* outside_json: see outside_json.h. Routes that come with an address are left out: whoever sets the
 * address has them. */
#include "os/outside_json.h"

#include <stdio.h>
#include <string.h>

static const char *const leases[] = {[LAB_LEASE_NONE] = "none",
                                     [LAB_LEASE_WANTED] = "wanted",
                                     [LAB_LEASE_PROBED] = "probed",
                                     [LAB_LEASE_HELD] = "held"};
#define LEASES (sizeof leases / sizeof leases[0])

/* Of a route that leads nowhere. */
static const struct {
    const char *name;
    enum dobos_route_kind type;
} types[] = {{"blackhole", DOBOS_ROUTE_BLACKHOLE},
             {"unreachable", DOBOS_ROUTE_UNREACHABLE},
             {"prohibit", DOBOS_ROUTE_PROHIBIT}};
#define TYPES (sizeof types / sizeof types[0])

/* ---- to JSON ---- */

static json_t *address_text(const struct dobos_address *address) {
    char text[DOBOS_ADDRESS_TEXT];
    (void)dobos_address_format(address, text);
    return json_string(text);
}

/* The same, or null where there is none. */
static json_t *address_text_if(const struct dobos_address *address) {
    return dobos_address_is_unspecified(address) ? json_null() : address_text(address);
}

static json_t *prefix_text(const struct dobos_prefix *prefix) {
    char text[DOBOS_PREFIX_TEXT];
    (void)dobos_prefix_format(prefix, text);
    return json_string(text);
}

/* Seconds that are left, rounded up; null: for ever. */
static json_t *seconds_left(dobos_time until, dobos_time now) {
    if (until == DOBOS_NEVER)
        return json_null();
    return json_integer(until > now ? (until - now + DOBOS_SECOND - 1) / DOBOS_SECOND : 0);
}

static json_t *addresses_list(const struct lab_outside *outside, dobos_time now) {
    json_t *list = json_array();
    for (unsigned i = 0; i < outside->address_count; i++) {
        const struct dobos_interface_address *address = &outside->addresses[i];
        (void)json_array_append_new(
            list, json_pack("{s:o,s:o,s:o,s:b}", "address", prefix_text(&address->prefix), "valid",
                            seconds_left(address->valid_until, now), "preferred",
                            seconds_left(address->preferred_until, now), "dynamic",
                            address->origin == DOBOS_ORIGIN_DHCP));
    }
    return list;
}

static json_t *routes_list(const struct lab_outside *outside) {
    json_t *list = json_array();
    for (unsigned i = 0; i < outside->route_count; i++) {
        const struct dobos_route *route = &outside->routes[i];
        if (route->origin == DOBOS_ORIGIN_KERNEL)
            continue;
        json_t *item = json_pack(
            "{s:o,s:o,s:o,s:I,s:b}", "to", prefix_text(&route->destination), "via",
            address_text_if(&route->gateway), "from", address_text_if(&route->source), "metric",
            (json_int_t)route->metric, "dynamic", route->origin == DOBOS_ORIGIN_DHCP);
        if (route->mtu > 0)
            (void)json_object_set_new(item, "mtu", json_integer((json_int_t)route->mtu));
        for (size_t k = 0; k < TYPES; k++)
            if (types[k].type == route->type)
                (void)json_object_set_new(item, "type", json_string(types[k].name));
        (void)json_array_append_new(list, item);
    }
    return list;
}

json_t *outside_to_json(const struct lab_outside *outside, dobos_time now) {
    char mac[DOBOS_MAC_TEXT];
    json_t *nameservers = json_array(), *search = json_array();
    dobos_mac_format(&outside->mac, mac);
    for (unsigned i = 0; i < outside->nameserver_count; i++)
        (void)json_array_append_new(nameservers, address_text(&outside->nameservers[i]));
    for (unsigned i = 0; i < outside->search_count; i++)
        (void)json_array_append_new(search, json_string(outside->search[i]));
    return json_pack("{s:s,s:s,s:I,s:s,s:o,s:o,s:o,s:o,s:s}", "interface", outside->interface,
                     "mac", mac, "mtu", (json_int_t)outside->mtu, "lease", leases[outside->lease],
                     "addresses", addresses_list(outside, now), "routes", routes_list(outside),
                     "nameservers", nameservers, "search", search, "hosts", outside->hosts);
}

/* ---- from JSON ---- */

/* Copies a text that fits; false: it is none, or does not. */
static bool text_read(const json_t *value, char *text, size_t room) {
    const char *found = json_string_value(value);
    return found && strlen(found) < room && snprintf(text, room, "%s", found) >= 0;
}

static bool address_read(const json_t *value, struct dobos_address *address) {
    const char *text = json_string_value(value);
    return text && dobos_address_parse(text, address, NULL) == 0;
}

/* null is none. */
static bool address_read_if(const json_t *value, struct dobos_address *address) {
    return json_is_null(value) || address_read(value, address);
}

static bool prefix_read(const json_t *value, struct dobos_prefix *prefix) {
    const char *text = json_string_value(value);
    return text && dobos_prefix_parse(text, prefix, NULL) == 0;
}

static dobos_time until_read(const json_t *value, dobos_time now) {
    const json_int_t seconds = json_integer_value(value);
    return json_is_integer(value) && seconds >= 0 && seconds <= UINT32_MAX
               ? now + seconds * DOBOS_SECOND
               : DOBOS_NEVER;
}

static bool addresses_read(const json_t *list, dobos_time now, struct lab_outside *outside) {
    const size_t count = json_array_size(list);
    for (size_t i = 0; i < count && i < LAB_OUTSIDE_ADDRESSES; i++) {
        const json_t *item = json_array_get(list, i);
        struct dobos_interface_address *address = &outside->addresses[outside->address_count++];
        if (!prefix_read(json_object_get(item, "address"), &address->prefix))
            return false;
        address->valid_until = until_read(json_object_get(item, "valid"), now);
        address->preferred_until = until_read(json_object_get(item, "preferred"), now);
        address->origin = json_is_true(json_object_get(item, "dynamic")) ? DOBOS_ORIGIN_DHCP
                                                                         : DOBOS_ORIGIN_STATIC;
    }
    return count <= LAB_OUTSIDE_ADDRESSES;
}

/* Without one it leads somewhere. */
static bool type_read(const json_t *value, enum dobos_route_kind *type) {
    const char *name = json_string_value(value);
    *type = DOBOS_ROUTE_UNICAST;
    for (size_t k = 0; name && k < TYPES; k++)
        if (strcmp(types[k].name, name) == 0)
            *type = types[k].type;
    return !value || *type != DOBOS_ROUTE_UNICAST;
}

static bool routes_read(const json_t *list, struct lab_outside *outside) {
    const size_t count = json_array_size(list);
    for (size_t i = 0; i < count && i < LAB_OUTSIDE_ROUTES; i++) {
        const json_t *item = json_array_get(list, i);
        struct dobos_route *route = &outside->routes[outside->route_count++];
        const json_int_t metric = json_integer_value(json_object_get(item, "metric"));
        const json_int_t mtu = json_integer_value(json_object_get(item, "mtu"));
        if (!prefix_read(json_object_get(item, "to"), &route->destination) ||
            !address_read_if(json_object_get(item, "via"), &route->gateway) ||
            !address_read_if(json_object_get(item, "from"), &route->source) || metric < 0 ||
            metric > UINT32_MAX || mtu < 0 || mtu > UINT16_MAX ||
            !type_read(json_object_get(item, "type"), &route->type))
            return false;
        route->mtu = (uint32_t)mtu;
        route->metric = (uint32_t)metric;
        route->origin = json_is_true(json_object_get(item, "dynamic")) ? DOBOS_ORIGIN_DHCP
                                                                       : DOBOS_ORIGIN_STATIC;
    }
    return count <= LAB_OUTSIDE_ROUTES;
}

static bool resolver_read(const json_t *object, struct lab_outside *outside) {
    const json_t *servers = json_object_get(object, "nameservers");
    const json_t *search = json_object_get(object, "search");
    const size_t most = sizeof outside->nameservers / sizeof outside->nameservers[0];
    const size_t domains = sizeof outside->search / sizeof outside->search[0];
    for (size_t i = 0; i < json_array_size(servers) && i < most; i++)
        if (!address_read(json_array_get(servers, i),
                          &outside->nameservers[outside->nameserver_count++]))
            return false;
    for (size_t i = 0; i < json_array_size(search) && i < domains; i++)
        if (!text_read(json_array_get(search, i), outside->search[outside->search_count++],
                       sizeof outside->search[0]))
            return false;
    return text_read(json_object_get(object, "hosts"), outside->hosts, sizeof outside->hosts);
}

bool outside_from_json(const json_t *object, dobos_time now, struct lab_outside *outside) {
    const char *mac = json_string_value(json_object_get(object, "mac"));
    const char *lease = json_string_value(json_object_get(object, "lease"));
    const json_int_t mtu = json_integer_value(json_object_get(object, "mtu"));
    size_t kind = 0;
    *outside = (struct lab_outside){.mtu = (uint32_t)mtu};
    while (lease && kind < LEASES && strcmp(leases[kind], lease) != 0)
        kind++;
    outside->lease = (enum lab_lease)kind;
    return mac && lease && kind < LEASES && mtu > 0 && mtu <= 65535 &&
           dobos_mac_parse(mac, &outside->mac, NULL) == 0 &&
           text_read(json_object_get(object, "interface"), outside->interface,
                     sizeof outside->interface) &&
           addresses_read(json_object_get(object, "addresses"), now, outside) &&
           routes_read(json_object_get(object, "routes"), outside) &&
           resolver_read(object, outside);
}
