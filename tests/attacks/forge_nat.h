/*
 * forge_nat: what hosts on either side of a router that translates say through it, and what comes
 * out on the other side. Inside is eth0, outside eth1; the router's address outside is
 * BEYOND_ROUTER.
 */
#ifndef TESTS_ATTACKS_FORGE_NAT_H
#define TESTS_ATTACKS_FORGE_NAT_H

#include "forge.h"

#define INSIDE  2 /* the router's interfaces */
#define OUTSIDE 3

/* A host inside and a port of its, somebody outside and his. */
struct talk {
    uint32_t inside, outside;           /* addresses */
    uint16_t inside_port, outside_port; /* theirs */
    uint16_t seen_port;                 /* what the port inside is outside; 0: not known yet */
};

/* A datagram out, and one in to talk->seen_port. */
void nat_udp_out(struct witness *w, const struct talk *talk, const void *data, size_t length);
void nat_udp_in(struct witness *w, const struct talk *talk, const void *data, size_t length);
/* A segment out, and one in; its ports are set. */
void nat_tcp_out(struct witness *w, const struct talk *talk, struct tcp_header tcp,
                 const void *data, size_t length);
void nat_tcp_in(struct witness *w, const struct talk *talk, struct tcp_header tcp, const void *data,
                size_t length);
/* SYN, SYN with ACK, ACK; sets talk->seen_port. The next byte out is 1001, the next in 5001. */
void nat_tcp_open(struct witness *w, struct talk *talk);

/* The next datagram of this protocol that left by an interface; false: none. It is whole, and its
 * checksums are right. */
bool nat_heard(struct witness *w, uint32_t interface, uint8_t protocol, struct answer *answer,
               struct heard *heard);
/* How many datagrams left by the interface; forgets all answers. */
unsigned nat_count(struct witness *w, uint32_t interface);
/* Whether the transport's checksum of a whole datagram holds, zero in UDP too. */
bool nat_sum_is_right(const struct heard *heard);
uint16_t nat_source_port(const struct heard *heard);
uint16_t nat_destination_port(const struct heard *heard);

/* The mapping of a port inside; false: none. */
bool nat_mapping(const struct witness *w, uint8_t protocol, uint32_t address, uint16_t port,
                 struct dobos_nat_mapping *mapping);
/* How many mappings a host inside has; address 0: all together. */
unsigned nat_mappings(const struct witness *w, uint32_t address);

#endif
