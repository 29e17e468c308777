/*
 * station: the other end of a cable. One host of dobos hangs on it; the test plays the neighbour,
 * byte by byte, through the public API alone: it sends frames that it builds itself and looks at
 * each frame that the host sends, and when.
 *
 * The host is 192.0.2.1/24 at 02:00:00:00:00:01 with a default route by 192.0.2.254; the station is
 * at 02:00:00:00:00:99 and answers ARP for every other address of the subnet unless told to be
 * silent.
 */
#ifndef TESTS_CONFORMANCE_STATION_H
#define TESTS_CONFORMANCE_STATION_H

#include <dobos/host.h>
#include <dobos/socket.h>

#include "wire/arp.h"
#include "wire/ethernet.h"
#include "wire/icmp.h"
#include "wire/ipv4.h"
#include "wire/tcp.h"
#include "wire/tcp_options.h"
#include "wire/udp.h"

#define STATION_FRAMES 4096
#define HOST_ADDRESS   UINT32_C(0xc0000201)
#define PEER_ADDRESS   UINT32_C(0xc0000209)
#define FAR_ADDRESS    UINT32_C(0xc6336407) /* 198.51.100.7, behind the gateway */

/* A frame that the host sent, taken apart. */
struct seen {
    uint32_t interface;     /* where it left */
    dobos_time at;          /* when */
    size_t length;          /* bytes of the frame */
    uint8_t bytes[1600];    /* the frame */
    struct ethernet link;   /* its header */
    bool is_arp;            /* then: */
    struct arp arp;         /* the ARP packet */
    struct ipv4 ip;         /* else the IPv4 header */
    bool ip_is_sound;       /* header and checksum are right */
    bool checksum_is_right; /* of TCP, UDP (zero counts as right) or ICMP; computed by the station
                               itself */
    struct slice payload;   /* of IPv4 */
    struct tcp_header tcp;  /* of a first fragment */
    struct tcp_options option; /* of TCP */
    struct udp udp;            /* of a first fragment */
    struct icmp icmp;          /* of a first fragment */
    struct slice data;         /* behind the transport header */
};

struct station {
    struct dobos_pool *pool; /* owned */
    struct dobos_host *host; /* owned */
    uint32_t interface; /* where frames are given to the host: eth0 unless the test changes it */
    dobos_time now;     /* virtual */
    bool arp_is_silent; /* no ARP request is answered */
    uint32_t arp_dead;  /* nor any for this address */
    bool shows_arp;     /* station_next gives ARP frames too */
    uint16_t identification; /* of the next datagram sent */
    unsigned first, count;   /* of frames */
    struct seen *frames;     /* seen and not taken yet, a ring */
};

/* A TCP connection as the station keeps it. */
struct peer {
    struct station *station;
    uint32_t address;         /* the station's end */
    uint16_t port, host_port; /* the station's and the host's */
    uint32_t seq, ack;        /* next number to send, next expected from the host */
    uint16_t window;          /* announced */
    bool timestamps;          /* every segment carries them */
    uint32_t ts_value, ts_echo;
    uint32_t host_iss;          /* the host's first sequence number */
    struct tcp_options offers;  /* what the station's SYN holds beside timestamps */
    struct tcp_options offered; /* what the host's SYN or SYN-ACK held */
};

void station_init(struct station *s);
void station_init_with(struct station *s, bool forwarding, const uint8_t key[DOBOS_KEY_BYTES]);
void station_fini(struct station *s);
/* For cmocka: a host, or a router, in *state. */
int station_setup(void **state);
int station_setup_router(void **state);
int station_setup_router_without_routes(void **state);
int station_teardown(void **state);
/* Gives the host one more interface with an address, and one more address. */
uint32_t station_add_interface(struct station *s, uint32_t address, uint8_t length, uint32_t mtu);
void station_add_address(struct station *s, uint32_t interface, uint32_t address, uint8_t length);
void station_add_route(struct station *s, uint32_t destination, uint8_t length, uint32_t gateway);

/* Gives the host a frame at its interface, and takes what it answers at once. The link header can
   be had with station_link. */
void station_frame(struct station *s, const void *bytes, size_t length);
void station_link(const struct station *s, struct writer *w, uint16_t type);
/* Ethernet around a datagram; header checksum and total length are made unless the datagram is raw.
 */
void station_ipv4(struct station *s, const struct ipv4 *ip, const void *payload, size_t length);
/* A header from the station to the host with sensible fields, to be changed. */
struct ipv4 station_header(struct station *s, uint32_t source, uint32_t destination,
                           uint8_t protocol);
void station_udp(struct station *s, uint32_t source, uint16_t source_port, uint32_t destination,
                 uint16_t destination_port, const void *data, size_t length);
void station_icmp(struct station *s, uint32_t source, uint32_t destination, const struct icmp *icmp,
                  const void *data, size_t length);
/* An ICMP error about a frame that the host sent. */
void station_icmp_about(struct station *s, uint32_t source, uint8_t type, uint8_t code,
                        uint16_t mtu, const struct seen *about);
/* A TCP segment with any fields; the checksum is made. */
void station_tcp(struct station *s, uint32_t source, uint32_t destination,
                 const struct tcp_header *tcp, const void *data, size_t length);

/* Takes what the host has to send now. */
void station_collect(struct station *s);
/* The next frame not taken yet; false: none. ARP is passed over unless shows_arp. */
bool station_next(struct station *s, struct seen *seen);
/* Whether the host has sent nothing (ARP aside) that was not taken. */
bool station_is_quiet(struct station *s);
/* Throws away what was not taken. */
void station_forget(struct station *s);
/* Lets time pass, firing each deadline at its time. */
void station_run(struct station *s, dobos_time duration);
/* A counter by name; fails the test when there is none of it. */
uint64_t station_counter(const struct station *s, const char *name);

/* The station connects to a listening port of the host, or answers a connect of the host whose SYN
 * has not been taken. */
void peer_init(struct peer *p, struct station *s, uint16_t port, uint16_t host_port);
void peer_open(struct peer *p);
void peer_accept(struct peer *p);
/* Sends a segment with these flags at the peer's present numbers and moves them on. */
void peer_send(struct peer *p, uint8_t flags, const void *data, size_t length);
/* The same at other numbers, which does not move them. */
void peer_send_at(struct peer *p, uint8_t flags, uint32_t seq, uint32_t ack, const void *data,
                  size_t length);
/* Takes the host's next segment and moves the expected number on past its data; fails the test when
 * there is none. */
void peer_take(struct peer *p, struct seen *seen);

/* A listener on port 80 of the host, a peer at `port` connected to it, and the accepted socket. */
struct dobos_socket *peer_established(struct peer *p, struct station *s, uint16_t port);
/* Takes what the host sends and gives the sum of the lengths of its data; fails at other segments.
 */
size_t peer_drain(struct peer *p);

/* Sockets of the host. */
struct dobos_endpoint endpoint(uint32_t address, uint16_t port);
struct dobos_socket *station_listener(struct station *s, uint16_t port);
struct dobos_socket *station_udp_socket(struct station *s, uint16_t port);
/* A connection of the host to the station, begun; the SYN waits to be taken. */
struct dobos_socket *station_connect(struct station *s, uint32_t address, uint16_t port);

enum dobos_tcp_state state_of(const struct dobos_socket *socket);
struct dobos_socket_info info_of(const struct dobos_socket *socket);
uint32_t number_of(const struct dobos_address *address);

#endif
