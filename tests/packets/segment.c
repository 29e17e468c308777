/* segment: see segment.h. */
#include "segment.h"

#include "../base/plain_sum.h"

#include <string.h>

#define LINK_BYTES 14
#define IP_BYTES   20
#define TCP_BYTES  20

static const uint8_t HOST_MAC[6] = {2, 0, 0, 0, 0, 1}, PEER_MAC[6] = {2, 0, 0, 0, 0, 9};

static void put16(uint8_t *at, uint32_t value) {
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value) {
    put16(at, value >> 16);
    put16(at + 2, value);
}

static uint32_t get16(const uint8_t *at) {
    return (uint32_t)at[0] << 8 | at[1];
}

static uint32_t get24(const uint8_t *at) {
    return (uint32_t)at[0] << 16 | get16(at + 1);
}

static uint32_t get32(const uint8_t *at) {
    return get16(at) << 16 | get16(at + 2);
}

/* Ethernet and IPv4 in front of what stands behind them already. */
static size_t envelope(uint8_t *frame, uint8_t protocol, uint8_t tos, uint32_t source,
                       uint32_t destination, size_t length) {
    uint8_t *ip = frame + LINK_BYTES;
    memset(frame, 0, LINK_BYTES + IP_BYTES);
    memcpy(frame, HOST_MAC, 6);
    memcpy(frame + 6, PEER_MAC, 6);
    put16(frame + 12, 0x0800);
    ip[0] = 0x45;
    ip[1] = tos;
    put16(ip + 2, (uint32_t)(IP_BYTES + length));
    put16(ip + 6, 0x4000);
    ip[8] = 64;
    ip[9] = protocol;
    put32(ip + 12, source);
    put32(ip + 16, destination);
    put16(ip + 10, (uint16_t)~plain_sum(0, ip, IP_BYTES));
    return LINK_BYTES + IP_BYTES + length;
}

/* ---- options ---- */

static size_t value_bytes(unsigned kind) {
    switch (kind) {
    case OPTION_MSS:
        return 2;
    case OPTION_WSCALE:
        return 1;
    case OPTION_TS:
    case OPTION_SACK:
        return 4;
    case OPTION_ACCECN0:
    case OPTION_ACCECN1:
        return 3;
    default:
        return 0;
    }
}

static size_t option_emit(uint8_t *at, const struct option *option) {
    size_t size = value_bytes(option->kind), length = 2;
    if (option->kind == OPTION_EOL || option->kind == OPTION_NOP) {
        *at = (uint8_t)option->kind;
        return 1;
    }
    if (option->kind == OPTION_BYTES) {
        memcpy(at, option->raw, option->length);
        return option->length;
    }
    for (unsigned i = 0; i < option->count && size > 0; i++)
        for (size_t j = 0; j < size; j++)
            at[length++] = (uint8_t)(option->value[i] >> 8 * (size - 1 - j));
    memcpy(at + length, option->raw, option->length);
    length += option->length;
    at[0] = (uint8_t)option->kind;
    at[1] = (uint8_t)length;
    return length;
}

/* False: they do not hang together. */
static bool options_parse(const uint8_t *at, size_t length, struct segment *segment) {
    while (length > 0 && *at != OPTION_EOL) {
        if (*at == OPTION_NOP) {
            at++;
            length--;
            continue;
        }
        if (length < 2 || at[1] < 2 || at[1] > length || segment->option_count == OPTIONS_MOST)
            return false;
        struct option *option = &segment->options[segment->option_count++];
        *option = (struct option){.kind = at[0]};
        size_t size = value_bytes(at[0]), rest = at[1] - 2u;
        const uint8_t *value = at + 2;
        for (; size > 0 && rest >= size && option->count < 8; rest -= size, value += size)
            option->value[option->count++] = size == 4   ? get32(value)
                                             : size == 3 ? get24(value)
                                             : size == 2 ? get16(value)
                                                         : *value;
        option->length = (unsigned)rest;
        memcpy(option->raw, value, rest);
        length -= at[1];
        at += at[1];
    }
    return true;
}

/* ---- frames ---- */

size_t frame_segment(uint8_t frame[FRAME_BYTES], const struct segment *segment) {
    uint8_t *tcp = frame + LINK_BYTES + IP_BYTES;
    size_t header = TCP_BYTES;
    memset(tcp, 0, 120);
    for (unsigned i = 0; i < segment->option_count && header < 60; i++)
        header += option_emit(tcp + header, &segment->options[i]);
    header = (header + 3) / 4 * 4;
    memcpy(tcp + header, segment->data, segment->length);
    size_t words = segment->header_words > 0 ? segment->header_words : header / 4;
    put16(tcp, segment->source);
    put16(tcp + 2, segment->destination);
    put32(tcp + 4, segment->seq);
    put32(tcp + 8, segment->ack);
    put16(tcp + 12, (uint32_t)words << 12 | segment->flags);
    put16(tcp + 14, segment->window);
    put16(tcp + 18, segment->urgent);
    size_t length = header + segment->length;
    uint16_t sum =
        (uint16_t)~plain_sum(plain_pseudo_sum(HOST_ADDRESS, PEER_ADDRESS, 6, length), tcp, length);
    put16(tcp + 16, segment->is_broken ? sum ^ 0x0101u : sum);
    return envelope(frame, 6, segment->tos, PEER_ADDRESS, HOST_ADDRESS, length);
}

size_t frame_icmp(uint8_t frame[FRAME_BYTES], uint8_t type, uint8_t code, uint16_t mtu,
                  const struct segment *about) {
    enum {
        ICMP_BYTES = 8,
        QUOTED_BYTES = IP_BYTES + 8
    };
    uint8_t quoted[LINK_BYTES + QUOTED_BYTES] = {0};
    uint8_t *icmp = frame + LINK_BYTES + IP_BYTES;
    envelope(quoted, 6, 0, HOST_ADDRESS, PEER_ADDRESS, TCP_BYTES + about->length);
    uint8_t *tcp = quoted + LINK_BYTES + IP_BYTES;
    put16(tcp, about->source);
    put16(tcp + 2, about->destination);
    put32(tcp + 4, about->seq);
    memset(icmp, 0, ICMP_BYTES);
    icmp[0] = type;
    icmp[1] = code;
    put16(icmp + 6, mtu);
    memcpy(icmp + ICMP_BYTES, quoted + LINK_BYTES, QUOTED_BYTES);
    put16(icmp + 2, (uint16_t)~plain_sum(0, icmp, ICMP_BYTES + QUOTED_BYTES));
    return envelope(frame, 1, 0, PEER_ADDRESS, HOST_ADDRESS, ICMP_BYTES + QUOTED_BYTES);
}

size_t frame_arp(uint8_t answer[FRAME_BYTES], const uint8_t *frame, size_t length) {
    const uint8_t *arp = frame + LINK_BYTES;
    if (length < LINK_BYTES + 28 || get16(frame + 12) != 0x0806 || get16(arp + 6) != 1 ||
        memcmp(arp + 14, arp + 24, 4) == 0)
        return 0;
    memset(answer, 0, 60);
    memcpy(answer, frame + 6, 6);
    memcpy(answer + 6, PEER_MAC, 6);
    put16(answer + 12, 0x0806);
    memcpy(answer + LINK_BYTES, arp, 6);
    put16(answer + LINK_BYTES + 6, 2);
    memcpy(answer + LINK_BYTES + 8, PEER_MAC, 6);
    memcpy(answer + LINK_BYTES + 14, arp + 24, 4);
    memcpy(answer + LINK_BYTES + 18, arp + 8, 10);
    return 60;
}

const char *frame_parse(const uint8_t *frame, size_t length, struct segment *segment) {
    const uint8_t *ip = frame + LINK_BYTES, *tcp = ip + IP_BYTES;
    if (length < LINK_BYTES + IP_BYTES + TCP_BYTES || get16(frame + 12) != 0x0800 || ip[9] != 6)
        return "";
    size_t total = get16(ip + 2);
    if (ip[0] != 0x45 || plain_sum(0, ip, IP_BYTES) != 0xffff || total > length - LINK_BYTES)
        return "an unsound IP header";
    size_t rest = total - IP_BYTES, header = (size_t)(tcp[12] >> 4) * 4;
    if (plain_sum(plain_pseudo_sum(HOST_ADDRESS, PEER_ADDRESS, 6, rest), tcp, rest) != 0xffff)
        return "a wrong checksum";
    if (header < TCP_BYTES || header > rest)
        return "an unsound TCP header";
    *segment = (struct segment){
        .source = (uint16_t)get16(tcp),
        .destination = (uint16_t)get16(tcp + 2),
        .seq = get32(tcp + 4),
        .ack = get32(tcp + 8),
        .flags = get16(tcp + 12) & 0xfff,
        .window = (uint16_t)get16(tcp + 14),
        .urgent = (uint16_t)get16(tcp + 18),
        .tos = ip[1],
        .ttl = ip[8],
        .dont_fragment = ip[6] & 0x40,
        .data = tcp + header,
        .length = (uint32_t)(rest - header),
    };
    return options_parse(tcp + TCP_BYTES, header - TCP_BYTES, segment) ? NULL : "unsound options";
}
