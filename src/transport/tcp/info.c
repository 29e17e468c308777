/* info: what `ss -i` shows of a connection. */
#include "transport/tcp/listener.h"
#include "transport/tcp/tcp.h"

static void traffic_read(const struct tcp_connection *c, struct dobos_socket_info *info) {
    const struct tcp_flight *flight = c->flight;
    info->receive_queue = flight ? flight->receive.bytes : 0;
    info->send_queue = seq_lt(c->snd_una, c->snd_end) ? seq_distance(c->snd_end, c->snd_una) : 0;
    info->tcp.mss = connection_mss(c);
    info->tcp.snd_wscale = c->snd_wscale;
    info->tcp.rcv_wscale = c->scales ? c->rcv_wscale : 0;
    info->tcp.timestamps = c->timestamps;
    info->tcp.rto_ns = rtt_timeout(&c->rtt, c->backoff);
    info->tcp.srtt_ns = c->rtt.srtt_ns;
    info->tcp.rttvar_ns = c->rtt.rttvar_ns;
    info->tcp.cwnd_bytes = flight ? flight->congestion.cwnd : c->idle_cwnd;
    info->tcp.ssthresh_bytes = flight ? flight->congestion.ssthresh : c->idle_ssthresh;
    if (info->tcp.cwnd_bytes == 0)
        info->tcp.cwnd_bytes =
            congestion_initial_window(connection_mss(c), CONGESTION_INITIAL, c->resent_syn);
    info->tcp.snd_wnd = c->snd_wnd;
    info->tcp.rcv_wnd = seq_distance(c->rcv_adv, c->rcv_nxt);
    info->tcp.bytes_sent = c->bytes_sent;
    info->tcp.bytes_acked = c->bytes_acked;
    info->tcp.bytes_received = c->bytes_received;
    info->tcp.segments_out = c->segments_out;
    info->tcp.segments_in = c->segments_in;
    info->tcp.retransmits = c->retransmits;
    info->tcp.unacked_bytes = connection_in_flight(c);
    info->tcp.backoff = c->backoff;
    info->tcp.pmtu = c->socket.sender.path.mtu;
}

void tcp_info_read(const struct dobos_socket *socket, struct dobos_socket_info *info) {
    const struct tcp_connection *c = connection_of_const(socket);
    const struct flow *flow = &socket->sender.flow;
    uint32_t interface = socket->bound_interface;
    *info = (struct dobos_socket_info){
        .protocol = DOBOS_TCP,
        .state = (enum dobos_tcp_state)c->state,
        .local = {.address = flow->local, .port = flow->local_port, .interface = interface},
        .peer = {.address = flow->remote, .port = flow->remote_port},
        .has_owner = socket->has_owner,
    };
    if (c->state == DOBOS_TCP_LISTEN) {
        info->receive_queue = c->listener->waiting_count;
        info->send_queue = c->listener->backlog;
    } else if (c->was_open) {
        traffic_read(c, info);
    }
}

bool tcp_is_listener(const struct dobos_socket *socket) {
    return connection_of_const(socket)->state == DOBOS_TCP_LISTEN;
}

bool tcp_is_connecting(const struct dobos_socket *socket) {
    uint8_t state = connection_of_const(socket)->state;
    return state == DOBOS_TCP_SYN_SENT || state == DOBOS_TCP_SYN_RECEIVED;
}
