/*
 * quote: an ICMP error came for this host, and quotes what somebody is said to have sent (RFC 1122
 * §3.2.2, RFC 5927). Only who sent it can vouch: the error is nothing but a claim of whoever sent
 * it until a socket finds its own packet in the quote.
 */
#include "transport/datagram_socket.h"
#include "transport/tcp/tcp.h"

enum vouch transport_quote(struct transport *transport, const struct quote *quote, dobos_time now,
                           struct transport_result *result) {
    if (quote->protocol == DOBOS_TCP)
        return tcp_quote(transport, quote, now, result);
    if (quote->protocol == DOBOS_UDP || quote->protocol == DOBOS_ICMP)
        return datagram_quote(transport, quote, now, result);
    return VOUCH_NO;
}
