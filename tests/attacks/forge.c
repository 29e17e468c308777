/* forge: see forge.h. */
#include "forge.h"

#include "base/bytes.h"

static uint8_t frame[FRAME_MAX_BYTES];

static struct writer link_header(uint32_t interface, bool broadcast, uint16_t type) {
    struct writer out = writer_make(frame, sizeof(frame));
    struct ethernet link = {.destination = VICTIM_MAC, .source = ATTACKER_MAC, .type = type};
    if (interface == 3)
        link.destination.bytes[4] = 1;
    if (broadcast)
        link.destination = MAC_BROADCAST;
    ethernet_emit(&out, &link);
    return out;
}

void forge_frame(struct witness *w, uint16_t type, const void *payload, size_t length) {
    struct writer out = link_header(2, false, type);
    writer_bytes(&out, payload, length);
    assert_false(out.failed);
    witness_inject(w, frame, out.position);
}

void forge_arp(struct witness *w, uint16_t operation, struct dobos_mac sender_mac, uint32_t sender,
               uint32_t target) {
    struct arp arp = {.operation = operation,
                      .sender_mac = sender_mac,
                      .sender = dobos_address_ipv4(sender),
                      .target_mac = VICTIM_MAC,
                      .target = dobos_address_ipv4(target)};
    struct writer out = link_header(2, false, ETHER_TYPE_ARP);
    arp_emit(&out, &arp);
    writer_zero(&out, ETHERNET_MIN_FRAME_BYTES - out.position);
    witness_inject(w, frame, out.position);
}

struct ipv4 forge_header(uint32_t source, uint32_t destination, uint8_t protocol) {
    static uint16_t identification;
    return (struct ipv4){.source = dobos_address_ipv4(source),
                         .destination = dobos_address_ipv4(destination),
                         .identification = ++identification,
                         .ttl = 64,
                         .protocol = protocol};
}

static void datagram(struct witness *w, struct writer *out, uint32_t interface,
                     const struct ipv4 *ip, const void *payload, size_t length) {
    struct ipv4 header = *ip;
    header.total_length = (uint16_t)(ipv4_emit_length(ip) + length);
    ipv4_emit(out, &header);
    writer_bytes(out, payload, length);
    assert_false(out->failed);
    witness_inject_at(w, interface, frame, out->position);
}

void forge_ipv4(struct witness *w, const struct ipv4 *ip, const void *payload, size_t length) {
    forge_ipv4_at(w, 2, ip, payload, length);
}

void forge_ipv4_at(struct witness *w, uint32_t interface, const struct ipv4 *ip,
                   const void *payload, size_t length) {
    struct writer out = link_header(interface, false, ETHER_TYPE_IPV4);
    datagram(w, &out, interface, ip, payload, length);
}

void forge_ipv4_broadcast(struct witness *w, const struct ipv4 *ip, const void *payload,
                          size_t length) {
    struct writer out = link_header(2, true, ETHER_TYPE_IPV4);
    datagram(w, &out, 2, ip, payload, length);
}

/* Puts data behind the place of a header, which is to be written next; it may have been anywhere in
 * the same bytes. */
static struct writer payload_place(uint8_t *to, size_t header, const void *data, size_t length) {
    if (length > 0)
        memmove(to + header, data, length);
    return writer_make(to, header + length);
}

size_t forge_udp_bytes(uint8_t *to, uint32_t source, uint16_t source_port, uint32_t destination,
                       uint16_t destination_port, const void *data, size_t length) {
    struct writer out = payload_place(to, UDP_HEADER_BYTES, data, length);
    struct udp udp = {.source_port = source_port,
                      .destination_port = destination_port,
                      .length = (uint16_t)(UDP_HEADER_BYTES + length)};
    udp_emit(&out, &udp);
    (void)writer_take(&out, length);
    uint16_t sum = (uint16_t)~plain_sum(
        plain_pseudo_sum(source, destination, PROTOCOL_UDP, out.position), to, out.position);
    store_be16(to + 6, sum ? sum : 0xffff);
    return out.position;
}

size_t forge_icmp_bytes(uint8_t *to, const struct icmp *icmp, const void *data, size_t length) {
    struct writer out = payload_place(to, ICMP_HEADER_BYTES, data, length);
    icmp_emit(&out, icmp);
    (void)writer_take(&out, length);
    store_be16(to + 2, (uint16_t)~plain_sum(0, to, out.position));
    return out.position;
}

size_t forge_tcp_bytes(uint8_t *to, uint32_t source, uint32_t destination,
                       const struct tcp_header *tcp, const void *data, size_t length) {
    struct tcp_header header = *tcp;
    header.header_length = (uint8_t)(TCP_HEADER_BYTES + tcp->options.length);
    header.checksum = 0;
    struct writer out = payload_place(to, header.header_length, data, length);
    tcp_emit(&out, &header);
    (void)writer_take(&out, length);
    store_be16(to + 16, (uint16_t)~plain_sum(
                            plain_pseudo_sum(source, destination, PROTOCOL_TCP, out.position), to,
                            out.position));
    return out.position;
}

void forge_udp(struct witness *w, uint32_t source, uint16_t source_port, uint16_t destination_port,
               const void *data, size_t length) {
    uint8_t bytes[65536];
    struct ipv4 ip = forge_header(source, VICTIM_ADDRESS, PROTOCOL_UDP);
    forge_ipv4(w, &ip, bytes,
               forge_udp_bytes(bytes, source, source_port, VICTIM_ADDRESS, destination_port, data,
                               length));
}

void forge_icmp(struct witness *w, uint32_t source, const struct icmp *icmp, const void *data,
                size_t length) {
    uint8_t bytes[65536];
    struct ipv4 ip = forge_header(source, VICTIM_ADDRESS, PROTOCOL_ICMP);
    forge_ipv4(w, &ip, bytes, forge_icmp_bytes(bytes, icmp, data, length));
}

void forge_tcp(struct witness *w, uint32_t source, const struct tcp_header *tcp, const void *data,
               size_t length) {
    uint8_t bytes[65536];
    struct ipv4 ip = forge_header(source, VICTIM_ADDRESS, PROTOCOL_TCP);
    forge_ipv4(w, &ip, bytes, forge_tcp_bytes(bytes, source, VICTIM_ADDRESS, tcp, data, length));
}

void forge_echo(struct witness *w, uint32_t source, const void *data, size_t length) {
    struct icmp icmp = {.type = ICMP_ECHO_REQUEST, .identifier = 7, .sequence = 1};
    forge_icmp(w, source, &icmp, data, length);
}

void forge_finish(uint8_t *bytes) {
    uint8_t *ip = bytes + FORGED_IP;
    store_be16(ip + 10, 0);
    store_be16(ip + 10, (uint16_t)~plain_sum(0, ip, (size_t)(ip[0] & 15) * 4));
}

bool heard_parse(const struct answer *answer, struct heard *heard) {
    size_t length = answer->length < ANSWER_BYTES ? answer->length : ANSWER_BYTES;
    struct reader r = reader_make(answer->bytes, length);
    struct ethernet link;
    if (!ethernet_parse(&r, &link) || link.type != ETHER_TYPE_IPV4 ||
        ipv4_parse(&r, answer->length - ETHERNET_HEADER_BYTES, &heard->ip) != IPV4_OK)
        return false;
    size_t at = ETHERNET_HEADER_BYTES + (size_t)heard->ip.header_length;
    heard->payload = answer->bytes + at;
    heard->length = (size_t)heard->ip.total_length - heard->ip.header_length;
    if (heard->length > length - at)
        heard->length = length - at;
    return true;
}

bool heard_next(struct witness *w, uint8_t protocol, struct answer *answer, struct heard *heard) {
    while (witness_answer(w, answer)) {
        if (heard_parse(answer, heard) && heard->ip.protocol == protocol)
            return true;
    }
    return false;
}

unsigned heard_errors(struct witness *w) {
    struct answer answer;
    struct heard heard;
    unsigned errors = 0;
    while (heard_next(w, PROTOCOL_ICMP, &answer, &heard))
        errors += icmp_type_is_error(heard.payload[0]);
    witness_forget(w);
    return errors;
}

unsigned heard_datagrams(struct witness *w) {
    struct answer answer;
    struct heard heard;
    unsigned datagrams = 0;
    while (witness_answer(w, &answer))
        datagrams += heard_parse(&answer, &heard);
    witness_forget(w);
    return datagrams;
}
