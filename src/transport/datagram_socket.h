/* datagram_socket: what a UDP or ping socket is made of; shared by datagram.c, datagram_receive.c
 * and datagram_report.c only. */
#ifndef TRANSPORT_DATAGRAM_SOCKET_H
#define TRANSPORT_DATAGRAM_SOCKET_H

#include "transport/datagram.h"

#define DATAGRAM_BUFFER_BYTES     (208u << 10)
#define DATAGRAM_BUFFER_MIN_BYTES 4096
#define DATAGRAM_BUFFER_MAX_BYTES (64u << 20)
#define DATAGRAM_UDP_MAX_BYTES    (65535 - IPV4_HEADER_BYTES - 8)
/* What dobos_send is given for an echo request: its sequence number and its data. */
#define DATAGRAM_PING_MAX_BYTES   (DATAGRAM_UDP_MAX_BYTES + 2)

/* A datagram that waits, either way. Its payload is in `packet` from `offset` on, or, small, behind
 * this struct. */
struct datagram {
    struct list_node node;        /* in the socket's received or sending */
    struct dobos_message message; /* where from and to */
    struct dobos_packet *packet;  /* owned; NULL: the bytes are in copied[] */
    size_t charge;                /* what it costs the socket, this struct included */
    uint32_t offset;              /* of the payload in the packet */
    uint32_t length;              /* of the payload */
    uint16_t sequence;            /* of an echo reply */
    uint8_t copied[];             /* length bytes, if packet is NULL */
};

struct datagram_socket {
    struct dobos_socket socket;                         /* first, and found from it */
    struct list received;                               /* of datagram.node, oldest first */
    struct list sending;                                /* likewise */
    size_t received_bytes, sending_bytes;               /* charges of the lists */
    uint32_t received_count;                            /* datagrams in received */
    size_t received_payload, sending_payload;           /* bytes of payload, for info */
    size_t receive_limit, send_limit;                   /* most of the charges */
    struct dobos_icmp_report reports[DATAGRAM_REPORTS]; /* a ring */
    uint8_t report_first, report_count;                 /* the oldest, and how many */
    bool may_broadcast;                                 /* DOBOS_OPTION_BROADCAST */
    bool dont_fragment;                                 /* DOBOS_OPTION_DONT_FRAGMENT */
    bool keeps_multicast;         /* not DOBOS_OPTION_MULTICAST_LOOP: no copy comes back */
    uint8_t multicast_ttl;        /* DOBOS_OPTION_MULTICAST_TTL */
    uint32_t multicast_interface; /* DOBOS_OPTION_MULTICAST_INTERFACE; 0: the first */
    struct list memberships;      /* of struct membership */
    uint32_t membership_count;    /* of them */
};

static inline struct datagram_socket *datagram_of(struct dobos_socket *socket) {
    return container_of(socket, struct datagram_socket, socket);
}
static inline const struct datagram_socket *datagram_of_const(const struct dobos_socket *socket) {
    return container_of(socket, const struct datagram_socket, socket);
}

/* Frees one that stands in no list. */
void datagram_free(struct transport *transport, struct datagram *datagram);
/* Keeps an ICMP error for the program, in place of the oldest if 16 wait (take nothing). */
void datagram_report_append(struct datagram_socket *own, const struct dobos_icmp_report *report);
/* An ICMP error about something one of these sockets sent; see transport_quote. */
enum vouch datagram_quote(struct transport *transport, const struct quote *quote, dobos_time now,
                          struct transport_result *result);

#endif
