/* dns_channel: see dns_channel.h. */
#include "services/dns_channel.h"

void dns_channel_close(struct dns_channel *channel) {
    dobos_close(channel->socket);
    if (channel->stream)
        dobos_pool_free(dobos_host_pool(channel->host), channel->stream, channel->stream_room);
    channel->socket = NULL;
    channel->stream = NULL;
    channel->stream_room = channel->stream_length = 0;
}

/* DEVIATION: a connection for each question that was cut, for as long as its answer takes.
 * [rfc7766#9] */
static int channel_open(struct dns_channel *channel, const struct dobos_endpoint *server) {
    enum dobos_protocol protocol = channel->tcp ? DOBOS_TCP : DOBOS_UDP;
    int result = dobos_socket_create(channel->host, protocol, channel->poller, &channel->socket);
    if (result < 0)
        return result;
    dobos_socket_user_set(channel->socket, channel->user);
    if (channel->local.port != 0 || !dobos_address_is_unspecified(&channel->local.address))
        result = dobos_bind(channel->socket, &channel->local);
    if (result < 0)
        return result;
    result = dobos_connect(channel->socket, server);
    return result == -DOBOS_EINPROGRESS ? 0 : result;
}

/* [rfc7766#1] [rfc5452#2] [rfc1123#18] [rfc7766#6] [rfc7766#13]
 * DEVIATION: the resolver asks one question a connection, which only cut answers need; the server
 * takes many. [rfc7766#7] */
int dns_channel_send(struct dns_channel *channel, const struct dobos_endpoint *server, bool tcp,
                     const uint8_t *query, size_t length) {
    dns_channel_close(channel);
    channel->tcp = tcp;
    int result = channel_open(channel, server);
    memcpy(channel->query + 2, query, length);
    store_be16(channel->query, (uint16_t)length);
    channel->query_length = length + 2;
    channel->query_sent = 0;
    if (result == 0 && !tcp) {
        int64_t sent = dobos_send(channel->socket, channel->query + 2, length);
        result = sent < 0 ? (int)sent : 0;
    }
    if (result < 0)
        dns_channel_close(channel);
    return result;
}

int dns_channel_ask(struct dns_channel *channel, const struct dobos_endpoint *server, bool tcp,
                    const struct dns_inquiry *inquiry) {
    uint8_t query[DNS_INQUIRY_BYTES];
    size_t length = dns_inquiry_emit(inquiry, query);
    return dns_channel_send(channel, server, tcp, query, length);
}

/* Sends the rest of the query; 0, or why it cannot be sent. [rfc7766#14] */
static int64_t query_send(struct dns_channel *channel) {
    while (channel->query_sent < channel->query_length) {
        int64_t sent = dobos_send(channel->socket, channel->query + channel->query_sent,
                                  channel->query_length - channel->query_sent);
        if (sent < 0)
            return sent == -DOBOS_EAGAIN || sent == -DOBOS_ENOTCONN ? 0 : sent;
        channel->query_sent += (size_t)sent;
    }
    return 0;
}

/* Bytes into `to` up to `whole` of the stream; > 0: some came. [rfc7766#15] */
static int64_t stream_fill(struct dns_channel *channel, uint8_t *to, size_t whole) {
    int64_t got = dobos_receive(channel->socket, to, whole - channel->stream_length);
    if (got > 0)
        channel->stream_length += (size_t)got;
    if (got == -DOBOS_ENOTCONN)
        return -DOBOS_EAGAIN;
    return got == 0 ? -DOBOS_ECONNRESET : got;
}

static int64_t stream_hear(struct dns_channel *channel, const uint8_t **message) {
    int64_t result = query_send(channel);
    while (result >= 0 && channel->stream_length < 2)
        result = stream_fill(channel, channel->prefix + channel->stream_length, 2);
    if (result < 0)
        return result;
    size_t whole = load_be16(channel->prefix);
    if (channel->stream_length == whole + 2) /* it has been heard, or is of no bytes */
        return -DOBOS_ECONNRESET;
    if (!channel->stream) {
        channel->stream = dobos_pool_allocate(dobos_host_pool(channel->host), whole, "dns stream");
        if (!channel->stream)
            return -DOBOS_ENOMEM;
        channel->stream_room = whole;
    }
    while (result >= 0 && channel->stream_length < whole + 2)
        result = stream_fill(channel, channel->stream + channel->stream_length - 2, whole + 2);
    if (result < 0)
        return result;
    *message = channel->stream;
    return (int64_t)whole;
}

int64_t dns_channel_hear(struct dns_channel *channel, uint8_t room[DNS_CHANNEL_BYTES],
                         const uint8_t **message) {
    return dns_channel_receive(channel, room, DNS_CHANNEL_BYTES, message);
}

int64_t dns_channel_receive(struct dns_channel *channel, uint8_t *room, size_t room_bytes,
                            const uint8_t **message) {
    struct dobos_icmp_report report;
    if (!channel->socket)
        return -DOBOS_ENOTCONN;
    if (channel->tcp)
        return stream_hear(channel, message);
    *message = room;
    /* What routers report is no answer; but until it is read the socket stays ready. */
    while (dobos_receive_icmp(channel->socket, &report) == 0)
        continue;
    return dobos_receive(channel->socket, room, room_bytes);
}
