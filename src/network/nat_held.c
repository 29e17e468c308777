/* nat_held: see nat_held.h. All wait equally long, so a ring keeps them in order. */
#include "network/nat_held.h"

static struct nat_syn *nth(struct nat_held *held, uint32_t n) {
    return &held->syns[(held->first + n) % NAT_HELD];
}

/* [rfc5382#5] */
void nat_held_add(struct nat_held *held, const struct dobos_packet *packet,
                  const struct session_key *key, dobos_time now) {
    for (uint32_t i = 0; i < held->count; i++) {
        if (session_key_is_equal(&nth(held, i)->key, key))
            return;
    }
    struct dobos_packet *copy = held->count < NAT_HELD ? dobos_packet_clone(packet) : NULL;
    if (!copy)
        return;
    copy->network_offset = packet->network_offset;
    copy->transport_offset = packet->transport_offset;
    *nth(held, held->count++) =
        (struct nat_syn){.packet = copy, .key = *key, .until = now + NAT_HELD_NS};
}

bool nat_held_take(struct nat_held *held, dobos_time now, struct nat_syn *syn) {
    if (held->count == 0 || nth(held, 0)->until > now)
        return false;
    *syn = *nth(held, 0);
    held->first = (held->first + 1) % NAT_HELD;
    held->count--;
    return true;
}

dobos_time nat_held_next(const struct nat_held *held) {
    return held->count > 0 ? held->syns[held->first].until : DOBOS_NEVER;
}

void nat_held_clear(struct nat_held *held) {
    struct nat_syn syn;
    while (nat_held_take(held, DOBOS_NEVER, &syn))
        dobos_packet_release(syn.packet);
}
