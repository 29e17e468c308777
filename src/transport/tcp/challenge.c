/*
 * challenge: see challenge.h. Three rations: one a connection or half-open record, small; one a
 * host, large and changed by chance each second, so that nobody can tell from his own connection's
 * challenges whether another connection was challenged (CVE-2016-5696); and between them one a
 * peer, an eighth of the host's, so that one peer with many connections does not take the others'.
 * A peer's is kept in one of 64 counters that a keyed hash of its address and the second chooses:
 * there is no table to fill, and whom a peer shares its counter with is new each second.
 */
#include "transport/tcp/challenge.h"

#define A_CONNECTION 5 /* challenges a second */
#define A_PEER       8 /* so many peers share the host's */
#define STRAY_ACK_NS (500 * DOBOS_MILLISECOND)

/* A new second begins [rfc5961#8]. */
static void rations_fill(struct transport *transport, dobos_time now) {
    uint32_t half = transport->challenge_limit / 2;
    transport->challenge_second = now;
    transport->challenge_tokens =
        half + (uint32_t)random_below(&transport->random, transport->challenge_limit + 1u);
    transport->challenge_share = (transport->challenge_tokens + A_PEER - 1) / A_PEER;
    memset(transport->challenges, 0, sizeof transport->challenges);
}

/* What a peer's address has taken in this second. */
static uint32_t *taken_by(struct transport *transport, const struct dobos_address *peer) {
    uint8_t bytes[sizeof peer->bytes + 8];
    memcpy(bytes, peer->bytes, sizeof peer->bytes);
    store_be64(bytes + sizeof peer->bytes, (uint64_t)transport->challenge_second);
    uint64_t hash = keyed_hash(&transport->challenge_key, bytes, sizeof bytes);
    return &transport->challenges[hash % array_length(transport->challenges)];
}

/* [rfc5961#7] */
static bool challenge_is_allowed(struct transport *transport, const struct dobos_address *peer,
                                 dobos_time now) {
    if (transport->challenge_second == 0 || now - transport->challenge_second >= DOBOS_SECOND)
        rations_fill(transport, now);
    uint32_t *taken = taken_by(transport, peer);
    if (transport->challenge_tokens == 0 || *taken >= transport->challenge_share)
        return false;
    transport->challenge_tokens--;
    ++*taken;
    return true;
}

bool challenge_take(struct transport *transport, const struct flow *flow, dobos_time *second,
                    uint8_t *count, dobos_time now) {
    if (*second == DOBOS_NEVER || now - *second >= DOBOS_SECOND) {
        *second = now;
        *count = 0;
    }
    if (*count >= A_CONNECTION || !challenge_is_allowed(transport, &flow->remote, now))
        return false;
    ++*count;
    transport->counters.tcp_challenge_acks++;
    return true;
}

void challenge_send(struct transport *transport, struct tcp_connection *c, dobos_time now) {
    if (challenge_take(transport, &c->socket.sender.flow, &c->challenge_second, &c->challenges,
                       now))
        connection_want_ack(c);
}

void stray_acknowledge(struct tcp_connection *c, bool is_empty, dobos_time now) {
    if (is_empty) {
        if (c->stray_ack_at != DOBOS_NEVER && now - c->stray_ack_at < STRAY_ACK_NS)
            return;
        c->stray_ack_at = now;
    }
    connection_want_ack(c);
}
