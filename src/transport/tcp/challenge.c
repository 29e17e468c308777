/*
 * challenge: see challenge.h. Two rations: one a connection or half-open record, small; one a host,
 * large and changed by chance each second, so that nobody can tell from his own connection's
 * challenges whether another connection was challenged (CVE-2016-5696).
 */
#include "transport/tcp/challenge.h"

#define A_CONNECTION 5 /* challenges a second */
#define STRAY_ACK_NS (500 * DOBOS_MILLISECOND)

/* [rfc5961#7] */
static bool challenge_is_allowed(struct transport *transport, dobos_time now) {
    if (transport->challenge_tokens == 0 || now - transport->challenge_second >= DOBOS_SECOND) {
        bool is_new =
            transport->challenge_second == 0 || now - transport->challenge_second >= DOBOS_SECOND;
        if (!is_new)
            return false;
        uint32_t half = transport->challenge_limit / 2;
        transport->challenge_second = now;
        transport->challenge_tokens =
            half + (uint32_t)random_below(&transport->random, transport->challenge_limit + 1u);
    }
    if (transport->challenge_tokens == 0)
        return false;
    transport->challenge_tokens--;
    return true;
}

bool challenge_take(struct transport *transport, dobos_time *second, uint8_t *count,
                    dobos_time now) {
    if (*second == DOBOS_NEVER || now - *second >= DOBOS_SECOND) {
        *second = now;
        *count = 0;
    }
    if (*count >= A_CONNECTION || !challenge_is_allowed(transport, now))
        return false;
    ++*count;
    transport->counters.tcp_challenge_acks++;
    return true;
}

void challenge_send(struct transport *transport, struct tcp_connection *c, dobos_time now) {
    if (challenge_take(transport, &c->challenge_second, &c->challenges, now))
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
