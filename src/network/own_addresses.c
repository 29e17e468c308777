/*
 * own_addresses: see own_addresses.h. Each address of an interface has a record, and where its
 * subnet has broadcast addresses (RFC 1122 §3.2.1.3 d, e), each of these too; addresses of one
 * subnet note them once each, so that one can go without the other.
 *
 * The hash has no key: what stands here was chosen by who set the addresses up, not by those who
 * send packets. The interface is part of a broadcast's hash, so that the many of one subnet are
 * behind one another and the first of them answers.
 *
 * DEVIATION: [rfc1812#49] a router, too, takes the old broadcast address of a network, with zeros
 * in its host part, for a broadcast, as hosts should (RFC 1122 §3.3.6); it is never forwarded.
 */
#include "network/own_addresses.h"

#include "base/prefix.h"

#define UNICAST      0 /* the scope of a record that stands for an interface's address */
#define MOST_RECORDS 3 /* of one address */

struct own_address {
    struct hash_node node;        /* in the table */
    struct list_node all;         /* in own_addresses.all */
    struct dobos_address address; /* the key, with scope */
    uint32_t scope;               /* UNICAST, or the interface that broadcasts there */
    uint32_t interface;           /* whose it is */
};

/* What an address is noted as. */
struct note {
    struct dobos_address address; /* as own_address's */
    uint32_t scope;               /* likewise */
};

static uint64_t note_hash(const struct dobos_address *address, uint32_t scope) {
    uint64_t high, low;
    memcpy(&high, address->bytes, sizeof high);
    memcpy(&low, address->bytes + sizeof high, sizeof low);
    uint64_t mixed = (high ^ low ^ (uint64_t)scope << 16) * UINT64_C(0x9e3779b97f4a7c15);
    return mixed ^ mixed >> 32;
}

static struct own_address *find(const struct own_addresses *own,
                                const struct dobos_address *address, uint32_t scope) {
    uint64_t hash = note_hash(address, scope);
    if (!hash_table_may_hold(&own->table, hash))
        return NULL;
    struct hash_node *node = hash_table_find(&own->table, hash);
    for (; node; node = hash_table_find_next(node, hash)) {
        struct own_address *record = container_of(node, struct own_address, node);
        if (record->scope == scope && dobos_address_is_equal(&record->address, address))
            return record;
    }
    return NULL;
}

void own_addresses_init(struct own_addresses *own, struct allocator *allocator) {
    hash_table_init(&own->table, allocator);
    list_init(&own->all);
}

static void forget(struct own_addresses *own, struct own_address *record) {
    hash_table_remove(&own->table, &record->node);
    list_remove(&record->all);
    allocator_release(own->table.allocator, record, sizeof *record);
}

void own_addresses_fini(struct own_addresses *own) {
    struct list_node *node;
    while ((node = list_first(&own->all)))
        forget(own, container_of(node, struct own_address, all));
    hash_table_fini(&own->table);
}

static bool note(struct own_addresses *own, const struct note *what, uint32_t interface) {
    struct own_address *record =
        allocator_allocate(own->table.allocator, sizeof *record, "own address");
    if (!record)
        return false;
    record->address = what->address;
    record->scope = what->scope;
    record->interface = interface;
    if (!hash_table_insert(&own->table, &record->node, note_hash(&what->address, what->scope))) {
        allocator_release(own->table.allocator, record, sizeof *record);
        return false;
    }
    list_node_init(&record->all);
    list_append(&own->all, &record->all);
    return true;
}

/* What is to be noted of an address; returns how many that are. */
static unsigned notes_make(const struct dobos_interface_address *address, uint32_t interface,
                           struct note notes[MOST_RECORDS]) {
    notes[0] = (struct note){address->prefix.address, UNICAST};
    if (dobos_address_is_unspecified(&address->broadcast))
        return 1;
    notes[1] = (struct note){address->broadcast, interface};
    notes[2] = (struct note){prefix_network(&address->prefix), interface};
    return 3;
}

bool own_addresses_add(struct own_addresses *own, const struct dobos_interface_address *address,
                       uint32_t interface) {
    struct note notes[MOST_RECORDS];
    unsigned count = notes_make(address, interface, notes);
    for (unsigned i = 0; i < count; i++) {
        if (note(own, &notes[i], interface))
            continue;
        while (i-- > 0)
            forget(own, find(own, &notes[i].address, notes[i].scope));
        return false;
    }
    return true;
}

void own_addresses_remove(struct own_addresses *own, const struct dobos_interface_address *address,
                          uint32_t interface) {
    struct note notes[MOST_RECORDS];
    unsigned count = notes_make(address, interface, notes);
    for (unsigned i = 0; i < count; i++) {
        struct own_address *record = find(own, &notes[i].address, notes[i].scope);
        if (record)
            forget(own, record);
    }
}

uint32_t own_addresses_owner(const struct own_addresses *own, const struct dobos_address *address) {
    const struct own_address *record = find(own, address, UNICAST);
    return record ? record->interface : 0;
}

/* Directed broadcasts, the form with all host bits zero among them [rfc1122#58] [rfc1812#44]
 * [rfc1812#48] [rfc1812#93]. [rfc1122#74] [rfc1812#50] */
bool own_addresses_is_broadcast(const struct own_addresses *own, uint32_t interface,
                                const struct dobos_address *address) {
    return find(own, address, interface) != NULL;
}
