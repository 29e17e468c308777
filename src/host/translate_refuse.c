/*
 * translate_refuse: see translate_refuse.h.
 *
 * A TCP segment from inside, to outside, of a connection that is not known (after a restart) is
 * answered by a reset: its outside port is lost, and so is the connection (J12).
 */
#include "host/translate_refuse.h"

#include "host/paths.h"
#include "host/screen.h"
#include "host/transmit.h"

#include "base/checksum.h"
#include "network/nat.h"

static enum verdict refuse(struct dobos_host *host, struct arrival *arrival,
                           enum drop_reason reason) {
    arrival_drop(host, arrival, reason);
    return VERDICT_DROP;
}

/* Nobody waits for it. A SYN's sender is told so in six seconds at the earliest, for a host inside
 * may be about to send its own. [rfc5382#5] [rfc5382#3] */
enum verdict refuse_stranger(struct dobos_host *host, struct arrival *arrival,
                             enum drop_reason reason) {
    const struct translation *t = &arrival->translation;
    if (!translation_is_syn(t))
        return refuse(host, arrival, reason);
    /* Whom the filter drops without a word is told nothing later either [rfc5382#8]. */
    if (screen_delivered(host, arrival) == DROP_FILTER)
        return refuse(host, arrival, DROP_FILTER);
    nat_held_add(&host->nat->held, arrival->packet, &t->key, host->now);
    timer_arm(&host->wheel, &host->nat->timer, nat_held_next(&host->nat->held));
    return refuse(host, arrival, DROP_NAT_SYN);
}

/* Answers a segment of a connection that is not known by a reset (RFC 9293 §3.10.7.1). */
static void reset_send(struct dobos_host *host, const struct arrival *arrival) {
    const struct session_segment *segment = &arrival->translation.segment;
    const struct session_key *key = &arrival->translation.key;
    const struct path_question question = {.destination = arrival->ipv4.source};
    struct path path;
    bool has_ack = (segment->flags & TCP_ACK) != 0;
    if ((segment->flags & TCP_RST) || path_find(host, &question, &path) < 0 ||
        path.interface != arrival->interface->index) /* its source may be anybody's */
        return;
    struct dobos_packet *packet = packet_create(host->pool, PACKET_HEADER_ROOM - 32);
    uint8_t *bytes = packet ? packet_prepend(packet, TCP_HEADER_BYTES) : NULL;
    if (!bytes) {
        dobos_packet_release(packet);
        return;
    }
    const struct tcp_header header = {.source_port = key->destination_port,
                                      .destination_port = key->source_port,
                                      .seq = has_ack ? segment->ack : seq_make(0),
                                      .ack = has_ack ? seq_make(0) : segment->end,
                                      .header_length = TCP_HEADER_BYTES,
                                      .flags = has_ack ? TCP_RST : TCP_RST | TCP_ACK};
    struct writer w = writer_make(bytes, TCP_HEADER_BYTES);
    tcp_emit(&w, &header);
    uint32_t sum = checksum_pseudo(&arrival->ipv4.destination, &arrival->ipv4.source, PROTOCOL_TCP,
                                   TCP_HEADER_BYTES);
    store_be16(bytes + 16, checksum_finish(checksum_add(sum, bytes, TCP_HEADER_BYTES)));
    packet->cause = arrival->packet->number;
    const struct ipv4_fields fields = {.source = arrival->ipv4.destination,
                                       .destination = arrival->ipv4.source,
                                       .protocol = PROTOCOL_TCP,
                                       .dont_fragment = true};
    transmit_datagram(host, packet, &path, &fields);
}

/* What would begin no flow, but needs one. */
enum drop_reason refuse_unknown(struct dobos_host *host, const struct arrival *arrival) {
    const struct translation *t = &arrival->translation;
    if (t->kind == SESSION_KIND_ERROR || t->kind == SESSION_KIND_UNKNOWN)
        return t->key.protocol == PROTOCOL_ICMP || t->kind == SESSION_KIND_ERROR
                   ? DROP_NAT_ICMP /* [rfc5508#14] */
                   : DROP_NAT_STATE;
    if (t->key.protocol == PROTOCOL_TCP)
        reset_send(host, arrival);
    return DROP_NAT_STATE;
}
