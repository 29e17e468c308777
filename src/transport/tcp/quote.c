/*
 * quote: an ICMP error quotes a segment (RFC 9293 §3.9.2.2, RFC 5927). It counts only when the
 * quoted sequence number is in flight, which nobody off the path knows. Even then it ends nothing
 * but an attempt to connect (attack C1); all else is remembered, and told if the connection gives
 * up.
 */
#include <dobos/errors.h>

#include "transport/tcp/half_open.h"
#include "transport/tcp/recovery.h"
#include "transport/tcp/tcp.h"
#include "transport/tcp/transmit.h"
#include "wire/icmp.h"
#include "wire/ipv4.h"

/* The error a program would know it by; 0: tells nothing (Source Quench too [rfc9293#81]
 * [rfc5927#3]). */
static int quote_error(const struct quote *quote) {
    if (quote->type == ICMP_TIME_EXCEEDED || quote->type == ICMP_PARAMETER_PROBLEM)
        return -DOBOS_EHOSTUNREACH;
    if (quote->type != ICMP_UNREACHABLE)
        return 0;
    switch (quote->code) {
    case ICMP_NET_UNREACHABLE:
        return -DOBOS_ENETUNREACH;
    case ICMP_PROTOCOL_UNREACHABLE:
    case ICMP_PORT_UNREACHABLE:
        return -DOBOS_ECONNREFUSED;
    default:
        return -DOBOS_EHOSTUNREACH;
    }
}

/* Whether it says no, and not only “not now”: RFC 1122 §4.2.3.9 has some codes end a connection and
 * some not; a filter's are in neither list, and a filter does not change its mind while one waits.
 */
static bool is_refusal(const struct quote *quote, int error) {
    if (error == -DOBOS_ECONNREFUSED)
        return true;
    return quote->type == ICMP_UNREACHABLE &&
           (quote->code == ICMP_NET_PROHIBITED || quote->code == ICMP_HOST_PROHIBITED ||
            quote->code == ICMP_ADMINISTRATIVELY_PROHIBITED);
}

/* [rfc9293#80] [rfc1122#169] */
static struct sender *quoted_sender(const struct transport *transport, const struct quote *quote) {
    struct flow flow = {
        .local = quote->source,
        .remote = quote->destination,
        .local_port = load_be16(quote->bytes),
        .remote_port = load_be16(quote->bytes + 2),
        .protocol = DOBOS_TCP,
    };
    return flow_find(transport, &flow);
}

/* A segment was too large for a link on the way: once the path's MTU is down, all that is in flight
 * goes out again in smaller ones; the congestion window stays (RFC 1191 §6.5). It is never raised
 * by this [rfc1191#3] [rfc1191#17], and what tells nothing new (each segment in flight was too
 * large, so each was told) repeats nothing [rfc1191#18]. */
static enum vouch mtu_quoted(struct tcp_connection *c, const struct quote *quote, dobos_time now) {
    const struct path *path = &c->socket.sender.path;
    if (quote->path_mtu == 0)
        return VOUCH_NO;
    if (path->mtu != 0 && quote->path_mtu >= path->mtu &&
        (path->is_locked || !quote->path_is_locked))
        return VOUCH_NOTED;
    if (!connection_is_synchronized(c)) {
        c->syn_now = true;
    } else if (c->flight) {
        uint32_t headers = IPV4_HEADER_BYTES + TCP_HEADER_BYTES + (c->timestamps ? 12 : 0);
        uint32_t most = max_u32(quote->path_mtu, headers + TCP_MSS_FLOOR) - headers;
        recovery_resend(c, quote->path_is_locked ? 0 : most, now);
    }
    transmit_want(c);
    return VOUCH_MTU;
}

/* [rfc9293#82] [rfc1122#170] [rfc9293#84] [rfc1122#171] [rfc5927#1] [rfc5927#2] [rfc5927#4] */
static enum vouch connection_quoted(struct transport *transport, struct tcp_connection *c,
                                    const struct quote *quote, struct seq seq, dobos_time now) {
    int error = quote_error(quote);
    if (!seq_is_within(seq, c->snd_una, connection_in_flight(c)) || error == 0)
        return VOUCH_NO;
    if (quote->type == ICMP_UNREACHABLE && quote->code == ICMP_FRAGMENTATION_NEEDED)
        return mtu_quoted(c, quote, now);
    if (is_refusal(quote, error) && c->state == DOBOS_TCP_SYN_SENT) {
        transport->counters.tcp_attempt_fails++;
        connection_end(transport, c, error);
        return VOUCH_NOTED;
    }
    c->soft_error = error == -DOBOS_ECONNREFUSED ? -DOBOS_EHOSTUNREACH : error;
    return VOUCH_NOTED;
}

enum vouch tcp_quote(struct transport *transport, const struct quote *quote, dobos_time now,
                     struct transport_result *result) {
    if (quote->length < 8)
        return VOUCH_NO;
    struct seq seq = seq_make(load_be32(quote->bytes + 4));
    struct sender *sender = quoted_sender(transport, quote);
    if (!sender)
        return VOUCH_NO;
    if (sender->kind == SENDER_TCP_HALF_OPEN)
        return seq_eq(seq, half_open_of(sender)->iss) ? VOUCH_NOTED : VOUCH_NO;
    struct dobos_socket *socket = container_of(sender, struct dobos_socket, sender);
    result->socket = socket;
    return connection_quoted(transport, connection_of(socket), quote, seq, now);
}
