/* forge_nat: see forge_nat.h. */
#include "forge_nat.h"

#include "base/bytes.h"

static uint8_t bytes[65536];

void nat_udp_out(struct witness *w, const struct talk *talk, const void *data, size_t length) {
    const struct ipv4 ip = forge_header(talk->inside, talk->outside, PROTOCOL_UDP);
    forge_ipv4_at(w, INSIDE, &ip, bytes,
                  forge_udp_bytes(bytes, talk->inside, talk->inside_port, talk->outside,
                                  talk->outside_port, data, length));
}

void nat_udp_in(struct witness *w, const struct talk *talk, const void *data, size_t length) {
    const struct ipv4 ip = forge_header(talk->outside, BEYOND_ROUTER, PROTOCOL_UDP);
    forge_ipv4_at(w, OUTSIDE, &ip, bytes,
                  forge_udp_bytes(bytes, talk->outside, talk->outside_port, BEYOND_ROUTER,
                                  talk->seen_port, data, length));
}

void nat_tcp_out(struct witness *w, const struct talk *talk, struct tcp_header tcp,
                 const void *data, size_t length) {
    const struct ipv4 ip = forge_header(talk->inside, talk->outside, PROTOCOL_TCP);
    tcp.source_port = talk->inside_port;
    tcp.destination_port = talk->outside_port;
    forge_ipv4_at(w, INSIDE, &ip, bytes,
                  forge_tcp_bytes(bytes, talk->inside, talk->outside, &tcp, data, length));
}

void nat_tcp_in(struct witness *w, const struct talk *talk, struct tcp_header tcp, const void *data,
                size_t length) {
    const struct ipv4 ip = forge_header(talk->outside, BEYOND_ROUTER, PROTOCOL_TCP);
    tcp.source_port = talk->outside_port;
    tcp.destination_port = talk->seen_port;
    forge_ipv4_at(w, OUTSIDE, &ip, bytes,
                  forge_tcp_bytes(bytes, talk->outside, BEYOND_ROUTER, &tcp, data, length));
}

void nat_tcp_open(struct witness *w, struct talk *talk) {
    struct answer answer;
    struct heard heard;
    witness_forget(w);
    nat_tcp_out(w, talk, (struct tcp_header){.seq = {1000}, .flags = TCP_SYN, .window = 65535},
                NULL, 0);
    assert_true(nat_heard(w, OUTSIDE, PROTOCOL_TCP, &answer, &heard));
    assert_int_equal(nat_destination_port(&heard), talk->outside_port);
    talk->seen_port = nat_source_port(&heard);
    nat_tcp_in(w, talk,
               (struct tcp_header){
                   .seq = {5000}, .ack = {1001}, .flags = TCP_SYN | TCP_ACK, .window = 65535},
               NULL, 0);
    assert_true(nat_heard(w, INSIDE, PROTOCOL_TCP, &answer, &heard));
    assert_int_equal(nat_destination_port(&heard), talk->inside_port);
    nat_tcp_out(
        w, talk,
        (struct tcp_header){.seq = {1001}, .ack = {5001}, .flags = TCP_ACK, .window = 65535}, NULL,
        0);
    assert_true(nat_heard(w, OUTSIDE, PROTOCOL_TCP, &answer, &heard));
}

uint16_t nat_source_port(const struct heard *heard) {
    return load_be16(heard->payload);
}

uint16_t nat_destination_port(const struct heard *heard) {
    return load_be16(heard->payload + 2);
}

bool nat_sum_is_right(const struct heard *heard) {
    const uint8_t protocol = heard->ip.protocol;
    const uint32_t source = dobos_address_ipv4_number(&heard->ip.source);
    const uint32_t destination = dobos_address_ipv4_number(&heard->ip.destination);
    uint32_t sum = 0;
    if (protocol == PROTOCOL_UDP && load_be16(heard->payload + 6) == 0)
        return true;
    if (protocol != PROTOCOL_ICMP)
        sum = plain_pseudo_sum(source, destination, protocol, heard->length);
    return plain_sum(sum, heard->payload, heard->length) == 0xffff;
}

bool nat_heard(struct witness *w, uint32_t interface, uint8_t protocol, struct answer *answer,
               struct heard *heard) {
    while (witness_answer(w, answer)) {
        if (answer->interface != interface || !heard_parse(answer, heard) ||
            heard->ip.protocol != protocol)
            continue;
        assert_false(heard->ip.more_fragments);
        assert_int_equal(heard->ip.fragment_offset, 0);
        assert_true(nat_sum_is_right(heard));
        return true;
    }
    return false;
}

unsigned nat_count(struct witness *w, uint32_t interface) {
    struct answer answer;
    struct heard heard;
    unsigned count = 0;
    while (witness_answer(w, &answer))
        count += answer.interface == interface && heard_parse(&answer, &heard);
    witness_forget(w);
    return count;
}

bool nat_mapping(const struct witness *w, uint8_t protocol, uint32_t address, uint16_t port,
                 struct dobos_nat_mapping *mapping) {
    for (uint32_t i = 0; dobos_nat_mapping_read(w->victim, i, mapping) == 0; i++) {
        if (mapping->protocol == protocol && mapping->inside.port == port &&
            dobos_address_ipv4_number(&mapping->inside.address) == address)
            return true;
    }
    return false;
}

unsigned nat_mappings(const struct witness *w, uint32_t address) {
    struct dobos_nat_mapping mapping;
    unsigned count = 0;
    for (uint32_t i = 0; dobos_nat_mapping_read(w->victim, i, &mapping) == 0; i++)
        count += address == 0 || dobos_address_ipv4_number(&mapping.inside.address) == address;
    return count;
}
