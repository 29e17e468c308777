/*
 * bridge: a learning switch. Where a station is, is what its last frame says; a frame to a station
 * unknown, or not heard of for five minutes, goes everywhere. The table is bounded: the station not
 * heard of for the longest time makes room. No spanning tree: a network with loops is the network
 * file's mistake.
 */
#include "link/bridge.h"

#include "wire/ethernet.h"

struct bridge_station {
    struct hash_node node;   /* in bridge.stations */
    struct list_node recent; /* in bridge.recent */
    struct dobos_mac mac;    /* who */
    uint32_t port;           /* where */
    dobos_time heard;        /* when its last frame came */
};

void bridge_init(struct bridge *bridge, struct allocator *allocator, const struct hash_key *key) {
    *bridge = (struct bridge){.allocator = allocator, .key = *key};
    hash_table_init(&bridge->stations, allocator);
    list_init(&bridge->recent);
    snooping_init(&bridge->snooping, allocator, key);
}

static void station_destroy(struct bridge *bridge, struct bridge_station *station) {
    hash_table_remove(&bridge->stations, &station->node);
    list_remove(&station->recent);
    bridge->count--;
    allocator_release(bridge->allocator, station, sizeof *station);
}

void bridge_fini(struct bridge *bridge) {
    list_each(&bridge->recent, node)
        station_destroy(bridge, container_of(node, struct bridge_station, recent));
    hash_table_fini(&bridge->stations);
    snooping_fini(&bridge->snooping);
}

static struct bridge_station *station_find(const struct bridge *bridge, const struct dobos_mac *mac,
                                           uint64_t hash) {
    for (struct hash_node *node = hash_table_find(&bridge->stations, hash); node;
         node = hash_table_find_next(node, hash)) {
        struct bridge_station *station = container_of(node, struct bridge_station, node);
        if (mac_is_equal(&station->mac, mac))
            return station;
    }
    return NULL;
}

/* Forgets who has been silent too long, and who must make room. Everybody's turn comes, so two at a
 * time are enough. */
static void bridge_age(struct bridge *bridge, dobos_time now) {
    for (unsigned i = 0; i < 2; i++) {
        struct list_node *first = list_first(&bridge->recent);
        if (!first)
            return;
        struct bridge_station *station = container_of(first, struct bridge_station, recent);
        if (now - station->heard < BRIDGE_AGE_NS && bridge->count < BRIDGE_STATIONS)
            return;
        station_destroy(bridge, station);
    }
}

/* Learns that a station is at a port; without memory it is just not known. */
static void bridge_learn(struct bridge *bridge, const struct dobos_mac *mac, uint32_t port,
                         dobos_time now) {
    uint64_t hash = keyed_hash(&bridge->key, mac->bytes, sizeof mac->bytes);
    struct bridge_station *station = station_find(bridge, mac, hash);
    if (station) {
        list_remove(&station->recent);
    } else {
        bridge_age(bridge, now);
        station = allocator_allocate(bridge->allocator, sizeof *station, "bridge station");
        if (!station)
            return;
        if (!hash_table_insert(&bridge->stations, &station->node, hash)) {
            allocator_release(bridge->allocator, station, sizeof *station);
            return;
        }
        station->mac = *mac;
        list_node_init(&station->recent);
        bridge->count++;
    }
    station->port = port;
    station->heard = now;
    list_append(&bridge->recent, &station->recent);
}

/* 01:00:5e:…, of IPv4 multicast (RFC 1112 §6.4). */
static bool is_ipv4_group(const struct dobos_mac *mac) {
    return mac->bytes[0] == 1 && mac->bytes[1] == 0 && mac->bytes[2] == 0x5e;
}

bool bridge_forward(struct bridge *bridge, const struct dobos_packet *packet, uint32_t port,
                    dobos_time now, uint32_t *to) {
    uint8_t header[ETHERNET_HEADER_BYTES];
    struct dobos_mac source, destination;
    if (dobos_packet_read(packet, 0, header, sizeof header) < sizeof header)
        return false;
    memcpy(destination.bytes, header, sizeof destination.bytes);
    memcpy(source.bytes, header + sizeof destination.bytes, sizeof source.bytes);
    if (mac_is_group(&source) || mac_is_zero(&source))
        return false;
    bridge_learn(bridge, &source, port, now);
    *to = BRIDGE_FLOOD;
    if (mac_is_group(&destination)) {
        if (is_ipv4_group(&destination)) {
            bridge->way = snooping_forward(&bridge->snooping, packet, port, now);
            *to = bridge->way.is_limited ? BRIDGE_GROUP : BRIDGE_FLOOD;
        }
        return true;
    }
    const struct bridge_station *station =
        station_find(bridge, &destination,
                     keyed_hash(&bridge->key, destination.bytes, sizeof destination.bytes));
    if (station && now - station->heard < BRIDGE_AGE_NS)
        *to = station->port;
    return true;
}

bool bridge_next(const struct bridge *bridge, struct snooping_walk *walk, dobos_time now,
                 uint32_t *port) {
    return snooping_next(&bridge->snooping, &bridge->way, walk, now, port);
}

void bridge_forget(struct bridge *bridge, uint32_t port) {
    snooping_forget(&bridge->snooping, port);
    list_each(&bridge->recent, node) {
        struct bridge_station *station = container_of(node, struct bridge_station, recent);
        if (station->port == port)
            station_destroy(bridge, station);
    }
}
