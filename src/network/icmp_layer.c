/*
 * icmp_layer: what an ICMP message that came in means (RFC 792, 1122 §3.2.2, 5927 §4.1), and echo
 * requests of our own.
 *
 * An echo reply is the request with another type: its data is shared and its checksum changed in
 * place. An error is not believed here: it becomes a quote, which transport vouches for or not.
 * Source quench (RFC 6633), redirects (anybody on the link can forge one) and the messages of RFC
 * 6918 are ignored. Errors of our own are in icmp_error.c.
 *
 * DEVIATION: [rfc792#15] no timestamp is told: a clock told to anybody who asks serves attackers
 * first (attack C6).
 * DEVIATION: [rfc792#16] [rfc1812#85] information and address masks are obsolete (RFC 6918).
 * DEVIATION: [rfc1812#87] no router advertisement: hosts of today learn their router by DHCP.
 * DEVIATION: [rfc792#12] [rfc1122#92] source quench is ignored (RFC 6633, attack C2).
 */
#include "network/icmp_layer.h"

#include "base/checksum.h"

#define MESSAGE_HEADROOM        (PACKET_HEADER_ROOM - 32)
#define UNREACHABLE_CODES       16
#define TIME_EXCEEDED_CODES     2
#define PARAMETER_PROBLEM_CODES 3

static enum verdict drop(enum drop_reason *reason, enum drop_reason why) {
    *reason = why;
    return VERDICT_DROP;
}

/* Whether the message is whole and undamaged [rfc792#4]. The sum of an in-process cable is not
 * finished, and one that was verified need not be again. */
static bool checksum_is_good(const struct dobos_packet *packet) {
    if (packet->offload.flags & (DOBOS_OFFLOAD_NEEDS_CHECKSUM | DOBOS_OFFLOAD_DATA_VALID))
        return true;
    size_t start = packet->transport_offset;
    return checksum_fold(packet_sum(packet, start, packet->length - start)) == 0xffff;
}

/* The reply has the request's identifier, number and data [rfc792#3] [rfc792#14] [rfc1122#38]
 * [rfc1812#76] [rfc1122#40] [rfc1812#81]. NULL: no memory. */
static struct dobos_packet *icmp_reply_create(const struct dobos_packet *request,
                                              const struct icmp *icmp) {
    size_t data_at = request->transport_offset + (size_t)ICMP_HEADER_BYTES;
    size_t data = request->length - data_at;
    struct dobos_packet *reply = packet_create(request->pool, MESSAGE_HEADROOM);
    if (!reply)
        return NULL;
    uint8_t *bytes = NULL;
    if (data == 0 || packet_share(reply, request, data_at, data))
        bytes = packet_prepend(reply, ICMP_HEADER_BYTES);
    if (!bytes) {
        dobos_packet_release(reply);
        return NULL;
    }
    struct icmp header = {
        .type = ICMP_ECHO_REPLY, .identifier = icmp->identifier, .sequence = icmp->sequence};
    struct writer w = writer_make(bytes, ICMP_HEADER_BYTES);
    icmp_emit(&w, &header);
    uint16_t checksum =
        checksum_update(icmp->checksum, (uint16_t)(ICMP_ECHO_REQUEST << 8 | icmp->code), 0);
    /* a message of zeros alone has all ones, which a change in place cannot tell from zero */
    if (checksum == 0 || (request->offload.flags & DOBOS_OFFLOAD_NEEDS_CHECKSUM))
        checksum = checksum_finish(packet_sum(reply, 0, reply->length));
    store_be16(bytes + 2, checksum);
    reply->cause = request->number;
    return reply;
}

static enum verdict icmp_receive_request(const struct dobos_packet *packet, bool broadcast,
                                         struct icmp_receipt *receipt, enum drop_reason *reason) {
    if (broadcast) /* [rfc1122#42]: not an amplifier (attack B19) */
        return drop(reason, DROP_ICMP_BROADCAST);
    receipt->answer = icmp_reply_create(packet, &receipt->icmp);
    return receipt->answer ? VERDICT_ANSWER : drop(reason, DROP_NO_MEMORY);
}

/*
 * Reads the packet that an error quotes, without believing a length in it: the quote is what is
 * there, at most 64 bytes behind its IP header, at least 8 (attacks B11, B16). False: it cannot be
 * a packet of ours that transport could vouch for. `rest`: bytes behind the ICMP header.
 */
static bool quote_parse(struct quote *quote, const struct dobos_packet *packet, size_t at,
                        size_t rest, enum drop_reason *reason) {
    uint8_t bytes[IPV4_HEADER_BYTES];
    *reason = DROP_ICMP_MALFORMED;
    if (dobos_packet_read(packet, at, bytes, sizeof bytes) < sizeof bytes || bytes[0] >> 4 != 4)
        return false;
    size_t header = (size_t)(bytes[0] & 15) * 4;
    size_t total = load_be16(bytes + 2);
    if (header < IPV4_HEADER_BYTES || rest < header + 8 || total < header + 8)
        return false;
    *reason = DROP_ICMP_UNVOUCHED;
    if ((load_be16(bytes + 6) & 0x1fff) != 0) /* a later fragment has no ports */
        return false;
    quote->protocol = bytes[9]; /* [rfc1122#23] [rfc1122#115] */
    quote->total_length = (uint16_t)total;
    quote->source = dobos_address_ipv4(load_be32(bytes + 12));
    quote->destination = dobos_address_ipv4(load_be32(bytes + 16));
    size_t length = min_size(min_size(rest, total) - header, sizeof quote->bytes);
    quote->length = (uint8_t)dobos_packet_read(packet, at + header, quote->bytes, length);
    return quote->length >= 8;
}

/* Errors go to the transport protocol they quote [rfc1122#32] [rfc1122#36] [rfc1122#37], if it
 * vouches for them. Bytes without a meaning are not looked at [rfc792#8]. */
static enum verdict icmp_receive_error(const struct dobos_packet *packet, const struct ipv4 *ipv4,
                                       bool broadcast, struct icmp_receipt *receipt,
                                       enum drop_reason *reason) {
    const struct icmp *icmp = &receipt->icmp;
    struct quote *quote = &receipt->quote;
    size_t at = packet->transport_offset + (size_t)ICMP_HEADER_BYTES;
    if (broadcast) /* we send from one address, and so are told at one */
        return drop(reason, DROP_ICMP_UNVOUCHED);
    if (!quote_parse(quote, packet, at, packet->length - at, reason))
        return VERDICT_DROP;
    quote->type = icmp->type;
    quote->code = icmp->code;
    if (icmp->type == ICMP_UNREACHABLE && icmp->code == ICMP_FRAGMENTATION_NEEDED)
        quote->mtu = icmp->sequence;
    quote->from = ipv4->source;
    return VERDICT_QUOTE;
}

static uint8_t codes_of(uint8_t type) {
    switch (type) {
    case ICMP_UNREACHABLE:
        return UNREACHABLE_CODES;
    case ICMP_TIME_EXCEEDED:
        return TIME_EXCEEDED_CODES;
    case ICMP_PARAMETER_PROBLEM:
        return PARAMETER_PROBLEM_CODES;
    default:
        return 0;
    }
}

/* Unknown types are dropped [rfc1122#21] [rfc1812#57], and with them source quench [rfc6633#2]
 * [rfc6633#3] and address masks [rfc1122#43] [rfc1122#96] [rfc1122#98] [rfc1812#84] [rfc1812#86].
 * No redirect changes a way, of whatever kind [rfc1122#90] [rfc1122#91] [rfc1812#72] [rfc1812#110].
 */
/* DEVIATION: [rfc1122#35] [rfc792#13] redirects are not believed: anybody on the link can forge
 * them (attack C4). */
enum verdict icmp_receive(struct dobos_packet *packet, const struct ipv4 *ipv4, bool broadcast,
                          struct icmp_receipt *receipt, enum drop_reason *reason) {
    *receipt = (struct icmp_receipt){.answer = NULL};
    size_t start = packet->transport_offset;
    const uint8_t *bytes = packet_pull(packet, start + ICMP_HEADER_BYTES);
    if (!bytes)
        return drop(reason, DROP_ICMP_MALFORMED);
    struct reader r = reader_make(bytes + start, ICMP_HEADER_BYTES);
    if (!icmp_parse(&r, &receipt->icmp))
        return drop(reason, DROP_ICMP_MALFORMED);
    if (!checksum_is_good(packet))
        return drop(reason, DROP_ICMP_CHECKSUM);
    if (receipt->icmp.type == ICMP_ECHO_REQUEST)
        return icmp_receive_request(packet, broadcast, receipt, reason);
    if (receipt->icmp.type == ICMP_ECHO_REPLY) { /* [rfc1122#41] [rfc1122#93] [rfc1812#79] */
        packet->payload_offset = (uint16_t)(start + ICMP_HEADER_BYTES);
        return VERDICT_DELIVER;
    }
    if (receipt->icmp.code < codes_of(receipt->icmp.type))
        return icmp_receive_error(packet, ipv4, broadcast, receipt, reason);
    return drop(reason, DROP_ICMP_TYPE);
}

struct dobos_packet *icmp_echo_transmit(struct dobos_pool *pool, uint16_t identifier,
                                        const void *bytes, size_t length) {
    if (length < 2)
        return NULL;
    struct dobos_packet *packet = packet_create(pool, MESSAGE_HEADROOM);
    if (!packet)
        return NULL;
    uint8_t *header = NULL;
    if (length == 2 || packet_append_bytes(packet, (const uint8_t *)bytes + 2, length - 2))
        header = packet_prepend(packet, ICMP_HEADER_BYTES);
    if (!header) {
        dobos_packet_release(packet);
        return NULL;
    }
    struct icmp icmp = {
        .type = ICMP_ECHO_REQUEST, .identifier = identifier, .sequence = load_be16(bytes)};
    struct writer w = writer_make(header, ICMP_HEADER_BYTES);
    icmp_emit(&w, &icmp);
    store_be16(header + 2, checksum_finish(packet_sum(packet, 0, packet->length)));
    return packet;
}
