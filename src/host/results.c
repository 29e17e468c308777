/*
 * results: what transport said of a packet or a timer, carried out: a new connection gets its
 * place, a half-open record its turn, a reset its way out; the neighbour is confirmed, programs are
 * woken, and who is at its end goes.
 */
#include "host/results.h"

#include "host/paths.h"
#include "host/poller.h"
#include "host/sockets.h"
#include "host/transmit.h"

#include "transport/tcp/tcp.h"

void result_take(struct dobos_host *host, struct transport_result *result) {
    if (result->created) {
        socket_register(host, result->created,
                        result->listener ? result->listener->poller : &host->poller);
        socket_changed(result->created);
    }
    if (result->half_open)
        sender_mark(host, result->half_open);
    if (result->reply) {
        struct path path;
        struct ipv4_fields fields = {.source = result->reply_flow.local,
                                     .destination = result->reply_flow.remote,
                                     .protocol = PROTOCOL_TCP,
                                     .tos = result->reply->ecn};
        const struct path_question question = {.destination = fields.destination,
                                               .source = fields.source,
                                               .flow = &result->reply_flow};
        int error = path_find(host, &question, &path);
        if (error == 0)
            tcp_reply_fit(result->reply, &path);
        if (error == 0)
            transmit_datagram(host, result->reply, &path, &fields);
        else
            transmit_drop(host, result->reply, path_drop_reason(error));
    }
    if (result->socket && result->progress) {
        const struct path *path = &result->socket->sender.path;
        struct interface *interface = host_interface(host, path->interface);
        if (interface && path->interface != LOOPBACK && !path->broadcast)
            neighbor_confirm(&interface->neighbors, &path->next_hop, host->now);
    }
    if (result->listener)
        poller_notice(result->listener);
    if (result->socket && result->socket != result->created)
        socket_changed(result->socket);
}
