/* datagram: UDP (RFC 768, 1122 §4.1) and ping sockets: chunks kept, best effort, bounded queues
 * both ways, ICMP reports. */
#ifndef TRANSPORT_DATAGRAM_H
#define TRANSPORT_DATAGRAM_H

#include "transport/transport.h"
#include "wire/ipv4.h"

#define DATAGRAM_REPORTS 16

struct datagram_socket;

/* Makes one (give); NULL: no memory. protocol DOBOS_UDP or DOBOS_ICMP. */
struct dobos_socket *datagram_create(struct transport *transport, uint8_t protocol);
void datagram_destroy(struct transport *transport, struct dobos_socket *socket);
unsigned datagram_ready(const struct dobos_socket *socket);

/* What came with it. */
struct datagram_arrival {
    struct flow flow;      /* as seen from here; interface: where it arrived */
    struct dobos_mac link; /* source of the frame; all zero by lo */
    uint8_t ttl, tos;
    bool broadcast; /* to a broadcast or multicast address */
};
/* A UDP datagram at packet->transport_offset (take): verifies, finds the socket (the most specific:
 * connected before bound to an address before any), queues. *unreachable: no socket: the caller may
 * send port unreachable; the packet is then NOT taken. */
void udp_receive(struct transport *transport, struct dobos_packet *packet,
                 const struct datagram_arrival *arrival, dobos_time now,
                 struct transport_result *result, bool *unreachable);
/* An echo reply for the ping socket whose port is the identifier (take). payload_offset is behind
 * the 8 bytes; `sequence` from the header. What a program receives is as it sent: sequence number,
 * then data. */
void ping_receive(struct transport *transport, struct dobos_packet *packet,
                  const struct datagram_arrival *arrival, uint16_t identifier, uint16_t sequence,
                  dobos_time now, struct transport_result *result);

/* The socket calls; errors as in dobos/socket.h. Host has resolved the peer already (route, source,
 * broadcast leave). */
int64_t datagram_send(struct transport *transport, struct dobos_socket *socket, const void *bytes,
                      size_t length, const struct dobos_message *message);
int64_t datagram_receive(struct transport *transport, struct dobos_socket *socket, void *bytes,
                         size_t room, struct dobos_message *message);
/* The same, and leaves it there. */
int64_t datagram_peek(struct dobos_socket *socket, void *bytes, size_t room);
int datagram_receive_icmp(struct dobos_socket *socket, struct dobos_icmp_report *report);
int datagram_option_set(struct dobos_socket *socket, enum dobos_option option, int64_t value);
int datagram_option_read(const struct dobos_socket *socket, enum dobos_option option,
                         int64_t *value);
void datagram_info_read(const struct dobos_socket *socket, struct dobos_socket_info *info);
/* The socket's local failure for its next call (no route, neighbour dead): EHOSTUNREACH and the
 * like. */
void datagram_error_set(struct dobos_socket *socket, int error);

/* One datagram to send, its message as given; host routes each. NULL in the packet: nothing (left).
 * The UDP or ICMP header is in front; a UDP checksum is still to be made, since the source may not
 * be known: datagram_finish. */
struct datagram_outgoing {
    struct dobos_packet *packet;  /* (give) transport header and payload */
    struct dobos_message message; /* peer set; local 0.0.0.0: to be chosen */
    bool dont_fragment;           /* DOBOS_OPTION_DONT_FRAGMENT */
    bool multicast_loop;          /* DOBOS_OPTION_MULTICAST_LOOP; UDP */
    uint8_t multicast_ttl;        /* DOBOS_OPTION_MULTICAST_TTL */
    uint32_t multicast_interface; /* DOBOS_OPTION_MULTICAST_INTERFACE */
};
bool datagram_transmit(struct transport *transport, struct dobos_socket *socket,
                       struct datagram_outgoing *outgoing);
/* Now that both addresses are known: UDP's pseudo-header sum and offload NEEDS_CHECKSUM. */
void datagram_finish(struct dobos_packet *packet, uint8_t protocol,
                     const struct dobos_address *source, const struct dobos_address *destination);

#endif
