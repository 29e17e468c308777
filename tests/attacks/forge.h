/*
 * forge: what the attacker says, field by field. Checksums and lengths are made right unless the
 * name says raw; addresses may be anybody's. Each call injects one frame from the attacker's link
 * address at the victim's eth0 (or at `interface`), as witness_inject does.
 */
#ifndef TESTS_ATTACKS_FORGE_H
#define TESTS_ATTACKS_FORGE_H

#include "witness.h"

#include "../base/plain_sum.h"

#include "wire/arp.h"
#include "wire/icmp.h"
#include "wire/ipv4.h"
#include "wire/tcp.h"
#include "wire/tcp_options.h"
#include "wire/udp.h"

/* Where the link header ends, and the IPv4 header when it has no options. */
#define FORGED_IP      ETHERNET_HEADER_BYTES
#define FORGED_PAYLOAD (ETHERNET_HEADER_BYTES + IPV4_HEADER_BYTES)

/* Ethernet around `payload`, to the victim's eth0. Not padded. */
void forge_frame(struct witness *w, uint16_t type, const void *payload, size_t length);
void forge_arp(struct witness *w, uint16_t operation, struct dobos_mac sender_mac, uint32_t sender,
               uint32_t target);
/* A header with sensible fields to change: a new identification each, time to live 64. */
struct ipv4 forge_header(uint32_t source, uint32_t destination, uint8_t protocol);
/* A datagram at eth0; total length and checksum are made. */
void forge_ipv4(struct witness *w, const struct ipv4 *ip, const void *payload, size_t length);
/* The same at another interface, to its link address. */
void forge_ipv4_at(struct witness *w, uint32_t interface, const struct ipv4 *ip,
                   const void *payload, size_t length);
/* In a frame to all. */
void forge_ipv4_broadcast(struct witness *w, const struct ipv4 *ip, const void *payload,
                          size_t length);
/* The transport's bytes, with a checksum for these addresses; each returns how many. */
size_t forge_udp_bytes(uint8_t *to, uint32_t source, uint16_t source_port, uint32_t destination,
                       uint16_t destination_port, const void *data, size_t length);
size_t forge_icmp_bytes(uint8_t *to, const struct icmp *icmp, const void *data, size_t length);
size_t forge_tcp_bytes(uint8_t *to, uint32_t source, uint32_t destination,
                       const struct tcp_header *tcp, const void *data, size_t length);
/* Whole datagrams to the victim. */
void forge_udp(struct witness *w, uint32_t source, uint16_t source_port, uint16_t destination_port,
               const void *data, size_t length);
void forge_icmp(struct witness *w, uint32_t source, const struct icmp *icmp, const void *data,
                size_t length);
void forge_tcp(struct witness *w, uint32_t source, const struct tcp_header *tcp, const void *data,
               size_t length);
/* An echo request to the victim, whose answer shows an IPv4 identification. */
void forge_echo(struct witness *w, uint32_t source, const void *data, size_t length);
/* Makes the IPv4 header checksum of a frame right. */
void forge_finish(uint8_t *frame);

/* An answer of the victim, read: false when it is no IPv4 datagram, or malformed. */
struct heard {
    struct ipv4 ip;         /* its header */
    const uint8_t *payload; /* in the answer */
    size_t length;          /* of it that the answer holds */
};
bool heard_parse(const struct answer *answer, struct heard *heard);
/* The next answer that is an IPv4 datagram of this protocol; false: none. */
bool heard_next(struct witness *w, uint8_t protocol, struct answer *answer, struct heard *heard);
/* How many ICMP errors, and datagrams in all, stand among the answers; forgets them. */
unsigned heard_errors(struct witness *w);
unsigned heard_datagrams(struct witness *w);

#endif
