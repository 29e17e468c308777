/*
 * network_hosts: names that a node knows by itself, as /etc/hosts has them.
 *
 *     hosts:
 *       printer.home.arpa: 192.168.0.9
 *       nas: [192.168.0.10, 192.168.0.11]
 */
#include <string.h>

#include "lab/network_read.h"
#include "wire/host_name.h"

static bool is_one_host(const struct dobos_address *address) {
    return !dobos_address_is_unspecified(address) && !dobos_address_is_multicast(address) &&
           dobos_address_ipv4_number(address) != UINT32_MAX;
}

static bool add_entry(struct reading *reading, const struct yaml_node *node, const char *name,
                      struct network_node *owner) {
    struct network_host *host = &owner->hosts[owner->host_count];
    *host = (struct network_host){.entry.name = name, .at = node};
    if (!field_address(reading, node, &host->entry.address))
        return false;
    if (!is_one_host(&host->entry.address))
        return yaml_refuse(reading->document, node, reading->error,
                           "not the address of one host: expected one such as 192.0.2.1");
    for (unsigned i = 0; i < owner->host_count; i++)
        if (strcmp(owner->hosts[i].entry.name, name) == 0 &&
            dobos_address_is_equal(&owner->hosts[i].entry.address, &host->entry.address))
            return yaml_refuse(reading->document, node, reading->error,
                               "expected each address of a name only once");
    owner->host_count++;
    return true;
}

bool network_read_hosts(struct reading *reading, const struct yaml_node *map,
                        struct network_node *node) {
    size_t count = 0;
    if (!yaml_is_nothing(map) &&
        !field_expect(reading, map, YAML_MAP,
                      "a map of names such as {printer.home.arpa: 192.168.0.9}"))
        return false;
    for (const struct yaml_node *name = map->first; name; name = name->next)
        count += name->kind == YAML_LIST ? name->count : 1;
    if (count > NETWORK_HOSTS)
        return yaml_refuse_key(reading->document, map, reading->error,
                               "%zu addresses: expected at most %d", count, NETWORK_HOSTS);
    node->hosts = arena_table(&reading->document->arena, count, sizeof *node->hosts);
    if (!node->hosts)
        return field_no_memory(reading);
    for (const struct yaml_node *name = map->first; name; name = name->next) {
        if (host_name_measure(name->key) == 0 || strchr(name->key, '*'))
            return yaml_refuse_key(reading->document, name, reading->error,
                                   "not the name of a host: expected one such as "
                                   "printer.home.arpa");
        if (name->kind == YAML_MAP || (name->kind == YAML_LIST && name->count == 0))
            return yaml_refuse(reading->document, name, reading->error,
                               "expected an address such as 192.0.2.1, or a list of them");
        if (name->kind != YAML_LIST && !add_entry(reading, name, name->key, node))
            return false;
        for (const struct yaml_node *item = name->first; item; item = item->next)
            if (!add_entry(reading, item, name->key, node))
                return false;
    }
    return true;
}
