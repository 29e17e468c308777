/* interfaces: adding one, and what it says of itself. Interfaces are never taken away before the
 * host ends, so an index stays good. */
#include "host/interfaces.h"

#include "host/probes.h"

static const enum queue_kind kinds[] = {
    [DOBOS_QUEUE_PFIFO_FAST] = QUEUE_PFIFO_FAST,
    [DOBOS_QUEUE_FIFO] = QUEUE_FIFO,
    [DOBOS_QUEUE_FQ_CODEL] = QUEUE_FQ_CODEL,
};
static const char *const kind_names[] = {
    [QUEUE_PFIFO_FAST] = "pfifo_fast",
    [QUEUE_FIFO] = "fifo",
    [QUEUE_FQ_CODEL] = "fq_codel",
};

static bool name_is_good(const char name[DOBOS_NAME_BYTES]) {
    size_t length = 0;
    while (length < DOBOS_NAME_BYTES && name[length]) {
        char c = name[length++];
        if (c <= ' ' || c == '/' || c == ':' || c == 0x7f)
            return false;
    }
    return length > 0 && length < DOBOS_NAME_BYTES;
}

static bool interfaces_grow(struct dobos_host *host) {
    if (host->interface_count < host->interface_room)
        return true;
    if (host->interface_count == HOST_INTERFACES)
        return false;
    uint32_t room = host->interface_room ? host->interface_room * 2 : 2;
    struct interface **larger =
        allocator_allocate(host->allocator, room * sizeof(*larger), "interfaces");
    if (!larger)
        return false;
    if (host->interface_count)
        memcpy(larger, host->interfaces, host->interface_count * sizeof(*larger));
    allocator_release(host->allocator, host->interfaces, host->interface_room * sizeof(*larger));
    host->interfaces = larger;
    host->interface_room = room;
    return true;
}

int interface_create(struct dobos_host *host, const struct dobos_interface_config *config) {
    if (!interfaces_grow(host))
        return -DOBOS_ENOMEM;
    struct interface *interface =
        allocator_allocate(host->allocator, sizeof(*interface), "interface");
    if (!interface)
        return -DOBOS_ENOMEM;
    text_copy(interface->name, sizeof(interface->name), config->name);
    interface->index = host->interface_count + 1;
    interface->mac = config->mac;
    interface->mtu = config->mtu;
    interface->carrier = true;
    interface->offload_checksum = config->offload_checksum;
    interface->offload_tso = config->offload_tso;
    interface->outside = config->outside;
    interface->is_public = config->is_public;
    interface->reverse_path = config->reverse_path;
    interface_addresses_init(&interface->addresses, host->allocator);
    neighbors_init(&interface->neighbors, host->pool, &host->wheel, &host->neighbor_key,
                   &config->mac, interface->index);
    const struct egress_queue_config queue = {
        .kind = kinds[config->queue],
        .limit_packets = interface->index == LOOPBACK ? LOOPBACK_QUEUE : config->queue_packets,
        .mtu = config->mtu,
        .key = host->egress_key,
        .allocator = host->allocator,
    };
    egress_queue_init(&interface->queue, &queue);
    list_init(&interface->dirty);
    igmp_init(&interface->igmp, host->allocator, &host->wheel, &host->igmp_key, interface->index);
    list_init(&interface->probes);
    interface->probed = -DOBOS_NEVER;
    host->interfaces[host->interface_count++] = interface;
    return (int)interface->index;
}

void interface_destroy(struct dobos_host *host, struct interface *interface) {
    probes_end(host, interface);
    igmp_fini(&interface->igmp);
    egress_queue_clear(&interface->queue);
    neighbors_fini(&interface->neighbors);
    interface_addresses_fini(&interface->addresses);
    allocator_release(host->allocator, interface, sizeof(*interface));
}

/* [rfc1122#53] [rfc1812#23] */
int dobos_interface_add(struct dobos_host *host, const struct dobos_interface_config *config) {
    if (config->size == 0 || config->size > sizeof(*config))
        return -DOBOS_EINVAL;
    struct dobos_interface_config known = {0};
    memcpy(&known, config, config->size);
    if (known.mtu == 0)
        known.mtu = 1500;
    if (known.queue > DOBOS_QUEUE_FQ_CODEL)
        return -DOBOS_EINVAL;
    if (known.queue_packets == 0)
        known.queue_packets = known.queue == DOBOS_QUEUE_FQ_CODEL ? 10240 : 1000;
    if (!name_is_good(known.name) || mac_is_group(&known.mac) || mac_is_zero(&known.mac) ||
        known.mtu < 68 || known.mtu > IPV4_MAX_BYTES ||
        (known.offload_tso && !known.offload_checksum) ||
        known.reverse_path > DOBOS_REVERSE_PATH_STRICT)
        return -DOBOS_EINVAL;
    if (dobos_interface_find(host, known.name) > 0)
        return -DOBOS_EEXIST;
    return interface_create(host, &known);
}

int dobos_interface_find(const struct dobos_host *host, const char *name) {
    for (uint32_t i = 0; i < host->interface_count; i++) {
        if (text_is_equal(host->interfaces[i]->name, name))
            return (int)i + 1;
    }
    return -DOBOS_ENODEV;
}

uint32_t dobos_interface_count(const struct dobos_host *host) {
    return host->interface_count;
}

int dobos_interface_read(const struct dobos_host *host, uint32_t index,
                         struct dobos_interface_info *info) {
    const struct interface *interface = host_interface(host, index);
    if (!interface)
        return -DOBOS_ENODEV;
    bool loopback = index == LOOPBACK;
    *info = (struct dobos_interface_info){
        .index = index,
        .loopback = loopback,
        .mac = interface->mac,
        .mtu = interface->mtu,
        .queue = loopback ? "noqueue" : kind_names[interface->queue.config.kind],
        .queue_packets = loopback ? 0 : interface->queue.config.limit_packets,
        .in_packets = interface->in_packets,
        .in_bytes = interface->in_bytes,
        .out_packets = interface->out_packets,
        .out_bytes = interface->out_bytes,
        .carrier = interface->carrier,
        .carrier_changes = interface->carrier_changes,
    };
    text_copy(info->name, sizeof(info->name), interface->name);
    return 0;
}

int dobos_neighbor_read(const struct dobos_host *host, uint32_t index, uint32_t nth,
                        struct dobos_neighbor_info *neighbor) {
    const struct interface *interface = host_interface(host, index);
    if (!interface)
        return -DOBOS_ENODEV;
    return neighbor_read(&interface->neighbors, nth, neighbor) ? 0 : -DOBOS_ENOENT;
}
