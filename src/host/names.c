/*
 * names: whom a host asks about names: its name servers and search list, each with who set it.
 * Those set by hand come before those learned, whatever the order they were added in.
 */
#include "host/names.h"

#include "host/tables.h"

int dobos_nameserver_add(struct dobos_host *host, const struct dobos_nameserver *server) {
    uint32_t place = 0;
    if (dobos_address_is_unspecified(&server->address) ||
        dobos_address_is_multicast(&server->address))
        return -DOBOS_EINVAL;
    for (uint32_t i = 0; i < host->nameserver_count; i++) {
        if (dobos_address_is_equal(&host->nameservers[i].address, &server->address))
            return -DOBOS_EEXIST;
        if (server->interface != 0 || host->nameservers[i].interface == 0)
            place = i + 1;
    }
    if (host->nameserver_count == HOST_NAMESERVERS)
        return -DOBOS_ENOMEM;
    memmove(&host->nameservers[place + 1], &host->nameservers[place],
            (host->nameserver_count - place) * sizeof(host->nameservers[0]));
    host->nameservers[place] = *server;
    host->nameserver_count++;
    return 0;
}

int dobos_nameserver_read(const struct dobos_host *host, uint32_t nth,
                          struct dobos_nameserver *server) {
    if (nth >= host->nameserver_count)
        return -DOBOS_ENOENT;
    *server = host->nameservers[nth];
    return 0;
}

int dobos_search_add(struct dobos_host *host, const struct dobos_search *search) {
    size_t length = text_length(search->domain);
    uint32_t place = 0;
    if (length == 0 || length >= DOBOS_DOMAIN_BYTES)
        return -DOBOS_EINVAL;
    for (uint32_t i = 0; i < host->search_count; i++) {
        if (text_is_equal(host->searches[i].domain, search->domain))
            return -DOBOS_EEXIST;
        if (search->interface != 0 || host->searches[i].interface == 0)
            place = i + 1;
    }
    if (host->search_count == HOST_SEARCHES)
        return -DOBOS_ENOMEM;
    char *copy = allocator_allocate(host->allocator, length + 1, "search domain");
    if (!copy)
        return -DOBOS_ENOMEM;
    memcpy(copy, search->domain, length + 1);
    memmove(&host->searches[place + 1], &host->searches[place],
            (host->search_count - place) * sizeof(host->searches[0]));
    host->searches[place] = *search;
    host->searches[place].domain = copy;
    host->search_count++;
    return 0;
}

int dobos_search_read(const struct dobos_host *host, uint32_t nth, struct dobos_search *search) {
    if (nth >= host->search_count)
        return -DOBOS_ENOENT;
    *search = host->searches[nth];
    return 0;
}

/* Takes the nth search domain away. */
static void search_remove(struct dobos_host *host, uint32_t nth) {
    char *domain = (char *)host->searches[nth].domain;
    allocator_release(host->allocator, domain, text_length(domain) + 1);
    host->search_count--;
    memmove(&host->searches[nth], &host->searches[nth + 1],
            (host->search_count - nth) * sizeof(host->searches[0]));
}

static void nameserver_remove(struct dobos_host *host, uint32_t nth) {
    host->nameserver_count--;
    memmove(&host->nameservers[nth], &host->nameservers[nth + 1],
            (host->nameserver_count - nth) * sizeof(host->nameservers[0]));
}

void names_fini(struct dobos_host *host) {
    while (host->search_count > 0)
        search_remove(host, host->search_count - 1);
}

/* Who taught what. */
struct teacher {
    uint32_t interface;       /* where */
    enum dobos_origin origin; /* how */
};

static bool was_taught(const struct dobos_host *host, const struct dobos_route *route,
                       const void *what) {
    const struct teacher *teacher = what;
    (void)host;
    return route->interface == teacher->interface && route->origin == teacher->origin;
}

void dobos_learned_remove(struct dobos_host *host, uint32_t interface, enum dobos_origin origin) {
    const struct teacher teacher = {interface, origin};
    for (uint32_t i = host->nameserver_count; i-- > 0;)
        if (host->nameservers[i].interface == interface && host->nameservers[i].origin == origin)
            nameserver_remove(host, i);
    for (uint32_t i = host->search_count; i-- > 0;)
        if (host->searches[i].interface == interface && host->searches[i].origin == origin)
            search_remove(host, i);
    tables_drop(host, was_taught, &teacher);
}
