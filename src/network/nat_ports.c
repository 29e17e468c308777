/*
 * nat_ports: outside ports, drawn at random (RFC 6056; attack J9). Never one that is taken, whoever
 * the peer is (RFC 4787 REQ-3, 5382 REQ-7); of UDP an even one for an even one, and odd for odd, as
 * long as there are any (REQ-4: RTP and RTCP); and a port below 1024 only for such a port.
 *
 * What is taken is a bit: a draw tries a few ports, then looks for the next free one behind another
 * draw, so that the last ones of a full address are found, too.
 */
#include "network/nat.h"

#define DRAWS            8   /* before the bits are searched */
#define WELL_KNOWN_FIRST 512 /* of ports below 1024, what is given to others */
#define WELL_KNOWN_LAST  1023

enum parity {
    PARITY_EVEN = 0,
    PARITY_ODD = 1,
    PARITY_ANY = 2
};

struct port_range {
    uint16_t first, last; /* both belong to it */
    enum parity parity;   /* of those that are wanted */
};

static struct nat_ports *ports_find(const struct nat *nat, uint32_t address, uint8_t protocol) {
    list_each(&nat->ports, node) {
        struct nat_ports *ports = container_of(node, struct nat_ports, node);
        if (ports->address == address && ports->protocol == protocol)
            return ports;
    }
    return NULL;
}

static struct nat_ports *ports_hold(struct nat *nat, uint32_t address, uint8_t protocol) {
    struct nat_ports *ports = ports_find(nat, address, protocol);
    if (ports)
        return ports;
    ports = allocator_allocate(nat->allocator, sizeof(*ports), "nat_ports");
    if (!ports)
        return NULL;
    ports->address = address;
    ports->protocol = protocol;
    list_append(&nat->ports, &ports->node);
    return ports;
}

void nat_ports_forget(struct nat *nat, uint32_t outside) {
    list_each(&nat->ports, node) {
        struct nat_ports *ports = container_of(node, struct nat_ports, node);
        if (ports->address == outside) {
            list_remove(node);
            allocator_release(nat->allocator, ports, sizeof(*ports));
        }
    }
}

static bool bit_is_set(const struct nat_ports *ports, uint16_t port) {
    return (ports->taken[port / 64] >> port % 64 & 1) != 0;
}

bool nat_port_is_taken(const struct nat *nat, uint32_t outside, uint8_t protocol, uint16_t port) {
    const struct nat_ports *ports = ports_find(nat, outside, protocol);
    return (ports && bit_is_set(ports, port)) || nat_forward_find(nat, protocol, port);
}

bool nat_port_take(struct nat *nat, uint32_t outside, uint8_t protocol, uint16_t port) {
    struct nat_ports *ports = ports_hold(nat, outside, protocol);
    if (!ports)
        return false;
    ports->taken[port / 64] |= UINT64_C(1) << port % 64;
    return true;
}

void nat_port_give(struct nat *nat, uint32_t outside, uint8_t protocol, uint16_t port) {
    struct nat_ports *ports = ports_find(nat, outside, protocol);
    if (ports)
        ports->taken[port / 64] &= ~(UINT64_C(1) << port % 64);
}

static bool is_fit(const struct nat *nat, const struct nat_ports *ports,
                   const struct port_range *range, uint32_t port) {
    return port >= range->first && port <= range->last &&
           (range->parity == PARITY_ANY || (port & 1) == (uint32_t)range->parity) &&
           !bit_is_set(ports, (uint16_t)port) &&
           !nat_forward_find(nat, ports->protocol, (uint16_t)port);
}

/* The port number that nobody can tell before. */
static uint32_t draw(struct nat *nat, const struct port_range *range) {
    uint8_t counter[8];
    store_be64(counter, ++nat->drawn);
    uint64_t number = keyed_hash(&nat->port_key, counter, sizeof(counter));
    return range->first + (uint32_t)(number % (range->last - range->first + 1U));
}

/* A bit for each port of a word that is taken or of the wrong parity. */
static uint64_t unfit_bits(const struct nat_ports *ports, const struct port_range *range,
                           uint32_t port) {
    static const uint64_t wrong[] = {
        [PARITY_EVEN] = UINT64_C(0xaaaaaaaaaaaaaaaa), [PARITY_ODD] = UINT64_C(0x5555555555555555)};
    return ports->taken[port / 64] | (range->parity == PARITY_ANY ? 0 : wrong[range->parity]);
}

/* The first that fits from `port` on, once round. */
static uint32_t search(const struct nat *nat, const struct nat_ports *ports,
                       const struct port_range *range, uint32_t port) {
    uint32_t rest = range->last - range->first + 1U;
    while (rest > 0) {
        if (port % 64 == 0 && rest > 64 && unfit_bits(ports, range, port) == UINT64_MAX) {
            uint32_t step = min_u32(64, range->last - port + 1U);
            port += step;
            rest -= step;
        } else if (is_fit(nat, ports, range, port)) {
            return port;
        } else {
            port++;
            rest--;
        }
        if (port > range->last)
            port = range->first;
    }
    return 0;
}

static uint16_t draw_from(struct nat *nat, const struct nat_ports *ports,
                          const struct port_range *range) {
    for (unsigned i = 0; i < DRAWS; i++) {
        uint32_t port = draw(nat, range);
        if (is_fit(nat, ports, range, port))
            return (uint16_t)port;
    }
    return (uint16_t)search(nat, ports, range, draw(nat, range));
}

/* [rfc4787#3] [rfc4787#4] [rfc4787#5] [rfc5382#12] [rfc7857#13] [rfc7857#15] */
uint16_t nat_port_draw(struct nat *nat, uint32_t outside, uint8_t protocol, uint16_t inside_port,
                       bool *no_memory) {
    const struct nat_ports *ports = ports_hold(nat, outside, protocol);
    struct port_range range = {nat->port_first, nat->port_last, PARITY_ANY};
    *no_memory = !ports;
    if (!ports)
        return 0;
    if (protocol == PROTOCOL_UDP)
        range.parity = inside_port & 1 ? PARITY_ODD : PARITY_EVEN;
    if (protocol != PROTOCOL_ICMP && inside_port <= WELL_KNOWN_LAST &&
        nat->port_first > WELL_KNOWN_LAST) {
        struct port_range low = {WELL_KNOWN_FIRST, WELL_KNOWN_LAST, range.parity};
        uint16_t port = draw_from(nat, ports, &low);
        if (port != 0)
            return port;
    }
    uint16_t port = draw_from(nat, ports, &range);
    if (port == 0 && range.parity != PARITY_ANY) {
        range.parity = PARITY_ANY;
        port = draw_from(nat, ports, &range);
    }
    return port;
}
