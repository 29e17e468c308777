/*
 * dns_channel: carries an inquiry to one name server and brings back what comes, by UDP or by TCP
 * (RFC 1035 §4.2, 7766). Each inquiry goes from a new socket, and so from an unpredictable port
 * (RFC 5452 §9.2). It judges nothing and keeps no time: who asks does.
 */
#ifndef SERVICES_DNS_CHANNEL_H
#define SERVICES_DNS_CHANNEL_H

#include <dobos/socket.h>

#include "services/dns_inquiry.h"

#define DNS_CHANNEL_BYTES 4096 /* room for any answer by UDP that was asked for */
#define DNS_CHANNEL_QUERY 512  /* longest query */

struct dns_channel {
    struct dobos_host *host;              /* borrowed */
    struct dobos_poller *poller;          /* whose events tell of it */
    void *user;                           /* of its socket */
    struct dobos_socket *socket;          /* owned; NULL: closed */
    bool tcp;                             /* else UDP */
    uint8_t *stream;                      /* TCP: the answer as it comes; owned; NULL: none */
    size_t stream_room;                   /* what it says its length is */
    size_t stream_length;                 /* bytes that have come, its two of length included */
    uint8_t prefix[2];                    /* TCP: the answer's length */
    uint8_t query[2 + DNS_CHANNEL_QUERY]; /* TCP: the query behind its length */
    size_t query_length, query_sent;      /* bytes of it in all, and sent */
    struct dobos_endpoint local;          /* where it is sent from; all zero: anywhere */
};

/* One that is all zero but host, poller and user is closed. Closing it again does no harm. */
void dns_channel_close(struct dns_channel *channel);
/* Closes it and asks anew. An error of dobos_socket_create, dobos_connect or dobos_send. */
int dns_channel_ask(struct dns_channel *channel, const struct dobos_endpoint *server, bool tcp,
                    const struct dns_inquiry *inquiry);
/* The same with a query of the caller's own, of at most DNS_CHANNEL_QUERY bytes. */
int dns_channel_send(struct dns_channel *channel, const struct dobos_endpoint *server, bool tcp,
                     const uint8_t *query, size_t length);
/*
 * The next message: its length, and *message (within `room`, or the channel's until it is closed).
 * -DOBOS_EAGAIN: none yet; 0 or any other error: there will be none (a datagram of no bytes is as
 * good as none).
 */
int64_t dns_channel_hear(struct dns_channel *channel, uint8_t room[DNS_CHANNEL_BYTES],
                         const uint8_t **message);
/* The same with room for any answer. */
int64_t dns_channel_receive(struct dns_channel *channel, uint8_t *room, size_t room_bytes,
                            const uint8_t **message);

#endif
