/*
 * errors: ICMP errors both ways (RFC 792, 1122 §3.2.2, §4.1.3.3, §4.2.3.9): what is told to the
 * sender of a packet that was dropped, and what becomes of an error about a packet of ours.
 *
 * A packet of ours whose next hop does not answer is told to its socket by the same quote that a
 * router's error would make, from ourselves: one mechanism.
 */
#include "host/errors.h"

#include "host/addresses.h"
#include "host/fates.h"
#include "host/paths.h"
#include "host/results.h"
#include "host/translate.h"
#include "host/transmit.h"

#include "network/ipv4_layer.h"

/* [rfc1122#24] [rfc1812#5] */
bool error_report(struct dobos_host *host, struct dobos_packet *packet, const struct ipv4 *ipv4,
                  enum drop_reason reason, uint32_t mtu) {
    uint8_t type, code;
    if (!icmp_error_of(reason, &type, &code))
        return false;
    struct dobos_packet *message =
        icmp_error_transmit(host->pool, &host->icmp_limit, packet, ipv4, reason, mtu, host->now);
    if (!message)
        return false;
    host->counters.icmp_out_unreachable += type == ICMP_UNREACHABLE;
    host->counters.icmp_out_time_exceeded += type == ICMP_TIME_EXCEEDED;
    /* From the address the packet was sent to, if that is ours; else, as transmit_icmp does by
     * itself, from one of the interface by which the error goes (RFC 1812 §4.3.2.4). */
    transmit_icmp(host, message, &ipv4->destination, &ipv4->source, 0, NULL);
    return true;
}

/* What a message of a packet that was too long says of the path, against what is known of it. */
static void mtu_read(const struct dobos_host *host, struct quote *quote) {
    struct path path;
    const struct path_question question = {
        .destination = quote->destination,
        .trust = quote->protocol == PROTOCOL_TCP ? PATH_MTU_BY_SEQUENCE : PATH_MTU_BY_PORT};
    bool is_known = path_find(host, &question, &path) == 0;
    path_mtu_read(quote, is_known ? path.mtu : UINT32_MAX);
}

/* The path is narrower than was thought, for all who send there; what is in flight goes out again
 * in packets that fit. [rfc1191#5] */
static void mtu_narrow(struct dobos_host *host, const struct quote *quote,
                       struct dobos_socket *socket) {
    bool is_tcp = quote->protocol == PROTOCOL_TCP;
    (void)path_mtu_narrow(&host->path_mtus, quote, is_tcp ? PATH_MTU_BY_SEQUENCE : PATH_MTU_BY_PORT,
                          host->now);
    if (!is_tcp || !socket)
        return;
    /* Not only by way of the table, which may be without memory. */
    struct path *path = &socket->sender.path;
    path->mtu = min_u32(path->mtu, quote->path_mtu);
    path->is_locked |= quote->path_is_locked;
}

/* [rfc1191#2] [rfc1191#10] */
enum drop_reason error_receive(struct dobos_host *host, const struct quote *received) {
    struct transport_result result = {0};
    struct quote quote = *received;
    if (quote.type == ICMP_UNREACHABLE && quote.code == ICMP_FRAGMENTATION_NEEDED)
        mtu_read(host, &quote);
    enum vouch vouch = transport_quote(&host->transport, &quote, host->now, &result);
    if (vouch == VOUCH_MTU)
        mtu_narrow(host, &quote, result.socket);
    result_take(host, &result);
    return vouch == VOUCH_NO ? DROP_ICMP_UNVOUCHED : DROP_NONE;
}

/* The value a router's host unreachable would carry to us. */
static struct quote quote_of(struct dobos_packet *packet, const struct ipv4 *ipv4) {
    struct quote quote = {
        .source = ipv4->source,
        .destination = ipv4->destination,
        .protocol = ipv4->protocol,
        .type = ICMP_UNREACHABLE,
        .code = ICMP_HOST_UNREACHABLE,
        .from = ipv4->source,
    };
    quote.length = (uint8_t)dobos_packet_read(packet, packet->transport_offset, quote.bytes,
                                              sizeof(quote.bytes));
    return quote;
}

void error_neighbor_failed(struct dobos_host *host, struct packet_queue *failed) {
    struct dobos_packet *packet;
    while ((packet = packet_queue_take(failed))) {
        struct ipv4 ipv4;
        enum drop_reason reason;
        bool told = false;
        packet->network_offset = 0;
        if (ipv4_receive(packet, &ipv4, &reason) == VERDICT_DELIVER) {
            if (host->sessions)
                translate_undo(host, packet, &ipv4);
            if (!host_address_owner(host, &ipv4.source)) {
                told = error_report(host, packet, &ipv4, DROP_NEIGHBOR_FAILED, 0);
            } else if (ipv4.fragment_offset == 0) {
                struct quote quote = quote_of(packet, &ipv4);
                (void)error_receive(host, &quote);
            }
        }
        if (host->fates)
            fate_dropped(host, packet->number, DROP_NEIGHBOR_FAILED, told);
        host->counters.dropped_out[DROP_NEIGHBOR_FAILED]++;
        dobos_packet_release(packet);
    }
}
