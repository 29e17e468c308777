/*
 * datagram_report: ICMP errors about datagrams that a socket sent (RFC 1122 §4.1.3.3). Each is kept
 * for the program, sixteen at most; to a socket that is connected a hard one is also the error of
 * its next call. Nothing in a quoted UDP header is hard to guess, so that an error counts only for
 * a port of ours, and, where the socket is connected, for its own peer.
 */
#include <dobos/errors.h>

#include "transport/datagram_socket.h"
#include "wire/icmp.h"

void datagram_report_append(struct datagram_socket *own, const struct dobos_icmp_report *report) {
    if (own->report_count == DATAGRAM_REPORTS) {
        own->report_first = (uint8_t)((own->report_first + 1) % DATAGRAM_REPORTS);
        own->report_count--;
    }
    own->reports[(own->report_first + own->report_count) % DATAGRAM_REPORTS] = *report;
    own->report_count++;
}

int datagram_receive_icmp(struct dobos_socket *socket, struct dobos_icmp_report *report) {
    struct datagram_socket *own = datagram_of(socket);
    if (own->report_count == 0) {
        socket->armed |= DOBOS_ERROR;
        return -DOBOS_EAGAIN;
    }
    *report = own->reports[own->report_first];
    own->report_first = (uint8_t)((own->report_first + 1) % DATAGRAM_REPORTS);
    own->report_count--;
    return 0;
}

void datagram_error_set(struct dobos_socket *socket, int error) {
    socket->error = error;
}

/* Which error the next call of a connected socket gets; 0: none. Unreachable networks and hosts are
 * a hint only [rfc1122#33]. */
static int hard_error(const struct quote *quote) {
    if (quote->type != ICMP_UNREACHABLE)
        return 0;
    if (quote->code == ICMP_PORT_UNREACHABLE || quote->code == ICMP_PROTOCOL_UNREACHABLE)
        return -DOBOS_ECONNREFUSED;
    return 0;
}

/* What stands before the payload in a quote: the 8 bytes of the header, of an echo request all but
 * its sequence number. */
static size_t payload_start(const struct quote *quote) {
    return quote->protocol == DOBOS_ICMP ? 6 : 8;
}

static struct dobos_icmp_report report_make(const struct quote *quote, uint16_t remote_port,
                                            dobos_time now) {
    size_t start = payload_start(quote);
    struct dobos_icmp_report report = {
        .type = quote->type,
        .code = quote->code,
        .from = quote->from,
        .peer = {.address = quote->destination, .port = remote_port},
        .mtu = quote->mtu,
        .arrived = now,
    };
    size_t length = quote->length > start ? quote->length - start : 0;
    report.payload_length = (uint8_t)min_size(length, sizeof report.payload);
    memcpy(report.payload, quote->bytes + start, report.payload_length);
    return report;
}

/* [rfc1122#61] [rfc6633#2] */
enum vouch datagram_quote(struct transport *transport, const struct quote *quote, dobos_time now,
                          struct transport_result *result) {
    if (quote->length < 8 || quote->type == ICMP_SOURCE_QUENCH)
        return VOUCH_NO;
    bool is_echo = quote->protocol == DOBOS_ICMP;
    if (is_echo && quote->bytes[0] != ICMP_ECHO_REQUEST)
        return VOUCH_NO;
    uint16_t remote_port = is_echo ? 0 : load_be16(quote->bytes + 2);
    struct flow flow = {
        .local = quote->source,
        .remote = quote->destination,
        .local_port = load_be16(quote->bytes + (is_echo ? 4 : 0)),
        .remote_port = remote_port,
        .protocol = quote->protocol,
    };
    struct dobos_socket *socket = port_find(transport, &flow);
    if (!socket)
        return VOUCH_NO;
    struct dobos_icmp_report report = report_make(quote, remote_port, now);
    datagram_report_append(datagram_of(socket), &report);
    if (!dobos_address_is_unspecified(&socket->sender.flow.remote) && hard_error(quote))
        socket->error = hard_error(quote);
    result->socket = socket;
    if (quote->path_mtu == 0)
        return VOUCH_NOTED;
    if (datagram_of(socket)->dont_fragment)
        socket->error = -DOBOS_EMSGSIZE;
    return VOUCH_MTU;
}
