/* dhcp_leases_init: the table of a pool made and ended: its slots, what is reserved, what is
 * excluded. */
#include "services/dhcp_leases.h"

/* Afterwards no insertion fails. */
static bool table_prepare(struct hash_table *table, struct allocator *allocator,
                          struct hash_node *guard) {
    hash_table_init(table, allocator);
    return hash_table_insert(table, guard, 0);
}

/* Ascending, by insertion: at most 4096, and mostly in order already. */
static void number_insert(uint32_t *numbers, uint32_t count, uint32_t number) {
    while (count > 0 && numbers[count - 1] > number) {
        numbers[count] = numbers[count - 1];
        count--;
    }
    numbers[count] = number;
}

static bool outside_init(struct dhcp_leases *leases, const struct dhcp_range *range) {
    if (range->reservation_count == 0)
        return true;
    leases->reserved_count = (uint32_t)range->reservation_count;
    leases->outside = allocator_allocate(
        leases->allocator, range->reservation_count * sizeof(*leases->outside), "dhcp outside");
    leases->reserved = allocator_allocate(
        leases->allocator, range->reservation_count * sizeof(*leases->reserved), "dhcp reserved");
    if (!leases->outside || !leases->reserved)
        return false;
    for (size_t i = 0; i < range->reservation_count; i++) {
        uint32_t number = dobos_address_ipv4_number(&range->reservations[i].address);
        if (number >= range->first && number <= range->last)
            continue;
        number_insert(leases->outside, leases->outside_count++, number);
        leases->below += number < range->first;
    }
    return true;
}

static bool reserved_init(struct dhcp_leases *leases, const struct dhcp_range *range) {
    for (size_t i = 0; i < range->reservation_count; i++) {
        const struct dobos_dhcp_reservation *from = &range->reservations[i];
        struct dhcp_reserved *to = &leases->reserved[i];
        to->number = dobos_address_ipv4_number(&from->address);
        to->client.mac = from->mac;
        to->client.id_length = from->client_id_length;
        memcpy(to->client.id, from->client_id, from->client_id_length);
        struct dhcp_lease *lease = leases_touch(leases, to->number);
        if (!lease ||
            !hash_table_insert(&leases->by_reserved, &to->node, client_hash(leases, &to->client)))
            return false;
        lease->is_reserved = true;
        list_remove(&lease->list);
    }
    return true;
}

static bool excluded_init(struct dhcp_leases *leases, const struct dhcp_range *range) {
    for (size_t i = 0; i < range->excluded_count; i++) {
        uint32_t number = range->excluded[i];
        if (number < range->first || number > range->last)
            continue;
        struct dhcp_lease *lease = leases_touch(leases, number);
        if (!lease && !leases->lease[leases->below + (number - range->first)])
            return false;
        if (!lease)
            continue;
        list_remove(&lease->list);
        lease->state = LEASE_EXCLUDED;
    }
    return true;
}

int leases_init(struct dhcp_leases *leases, struct allocator *allocator, struct hash_key key,
                const struct dhcp_range *range, dobos_time now) {
    leases->allocator = allocator;
    leases->key = key;
    leases->first = range->first;
    leases->last = range->last;
    list_init(&leases->free);
    list_init(&leases->idle);
    list_init(&leases->offered);
    list_init(&leases->quarantined);
    bool has_memory = table_prepare(&leases->by_client, allocator, &leases->guards[0]) &&
                      table_prepare(&leases->by_name, allocator, &leases->guards[1]) &&
                      table_prepare(&leases->by_reserved, allocator, &leases->guards[2]) &&
                      timing_wheel_init(&leases->wheel, allocator, now) &&
                      outside_init(leases, range);
    if (!has_memory)
        return -DOBOS_ENOMEM;
    leases->slots = range->last - range->first + 1 + leases->outside_count;
    leases->fresh = leases->below;
    size_t chunks = (leases->slots + LEASE_CHUNK - 1) / LEASE_CHUNK;
    leases->lease =
        allocator_allocate(allocator, leases->slots * sizeof(struct dhcp_lease *), "dhcp slots");
    leases->shown = allocator_allocate(allocator, chunks * sizeof(*leases->shown), "dhcp chunks");
    if (!leases->lease || !leases->shown || !reserved_init(leases, range) ||
        !excluded_init(leases, range))
        return -DOBOS_ENOMEM;
    return 0;
}

void leases_fini(struct dhcp_leases *leases) {
    struct allocator *allocator = leases->allocator;
    size_t chunks = (leases->slots + LEASE_CHUNK - 1) / LEASE_CHUNK;
    if (!allocator)
        return;
    for (uint32_t slot = 0; leases->lease && slot < leases->slots; slot++)
        allocator_release(allocator, leases->lease[slot], sizeof(struct dhcp_lease));
    allocator_release(allocator, leases->lease, leases->slots * sizeof(struct dhcp_lease *));
    allocator_release(allocator, leases->shown, chunks * sizeof(*leases->shown));
    allocator_release(allocator, leases->outside,
                      leases->reserved_count * sizeof(*leases->outside));
    allocator_release(allocator, leases->reserved,
                      leases->reserved_count * sizeof(*leases->reserved));
    hash_table_fini(&leases->by_client);
    hash_table_fini(&leases->by_name);
    hash_table_fini(&leases->by_reserved);
    if (leases->wheel.slots)
        timing_wheel_fini(&leases->wheel, allocator);
}
