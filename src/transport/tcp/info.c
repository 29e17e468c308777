/*
 * info: what `ss -i` shows of a connection. Of what only traffic needs, nothing is known while
 * there is no flight: windows are then those that the next one begins with.
 */
#include "transport/tcp/listener.h"
#include "transport/tcp/tcp.h"

static enum dobos_tcp_ca_state ca_state(const struct tcp_connection *c) {
    const struct tcp_flight *flight = c->flight;
    if (!flight)
        return DOBOS_TCP_CA_OPEN;
    switch (flight->recovery) {
    case TCP_RECOVERY_FAST:
        return DOBOS_TCP_CA_RECOVERY;
    case TCP_RECOVERY_RTO:
        return DOBOS_TCP_CA_LOSS;
    case TCP_RECOVERY_CWR:
        return DOBOS_TCP_CA_CWR;
    default:
        if (c->ecn.is_held)
            return DOBOS_TCP_CA_CWR;
        return flight->dup_acks > 0 || flight->board.sacked_count > 0 ? DOBOS_TCP_CA_DISORDER
                                                                      : DOBOS_TCP_CA_OPEN;
    }
}

static void options_read(const struct tcp_connection *c, struct dobos_tcp_info *info) {
    info->timestamps = c->timestamps;
    info->sack = c->sack;
    info->ecn = c->ecn.mode == ECN_MODE_CLASSIC;
    info->accurate_ecn = c->ecn.mode == ECN_MODE_ACCURATE;
    info->window_scales = c->scales;
    info->snd_wscale = c->snd_wscale;
    info->rcv_wscale = c->scales ? c->rcv_wscale : 0;
    info->ecn_seen = c->ecn.has_seen;
    info->mss = connection_mss(c);
    info->rcv_mss = c->rcv_segment;
    info->pmtu = c->socket.sender.path.mtu;
    if (c->socket.sender.path.interface != 0)
        info->advmss = connection_mss_offered(&c->socket.sender.path, c->mss_limit);
}

static void times_read(const struct tcp_connection *c, struct dobos_tcp_info *info) {
    info->rto_ns = rtt_timeout(&c->rtt, c->backoff);
    info->srtt_ns = c->rtt.srtt_ns;
    info->rttvar_ns = c->rtt.rttvar_ns;
    info->data_sent_at = c->totals.data_sent_at;
    info->data_received_at = c->totals.data_received_at;
    info->heard_at = c->heard_at;
    info->ato_ns = c->bytes_received > 0 ? TCP_DELAYED_ACK_NS : 0;
    info->timeouts = c->tries;
    info->backoff = c->backoff;
    info->probes = c->keepalive_sent;
    if (c->snd_wnd == 0 && connection_is_synchronized(c))
        info->probes = c->backoff;
}

static void windows_read(const struct tcp_connection *c, struct dobos_tcp_info *info) {
    const struct tcp_flight *flight = c->flight;
    info->cwnd_bytes = flight ? flight->congestion.cwnd : c->idle_cwnd;
    info->ssthresh_bytes = flight ? flight->congestion.ssthresh : c->idle_ssthresh;
    if (info->cwnd_bytes == 0)
        info->cwnd_bytes =
            congestion_initial_window(connection_mss(c), CONGESTION_INITIAL, c->resent_syn);
    info->snd_wnd = c->snd_wnd;
    info->rcv_wnd = seq_distance(c->rcv_adv, c->rcv_nxt);
    info->rcv_ssthresh = c->receive_limit;
    info->rcv_rtt_ns = flight ? flight->tuning.rtt_ns : 0;
    info->rcv_space = flight ? (uint32_t)flight->tuning.best : 0;
}

static void loss_read(const struct tcp_connection *c, struct dobos_tcp_info *info) {
    const struct tcp_flight *flight = c->flight;
    info->ca = ca_state(c);
    info->unacked_bytes = connection_in_flight(c);
    info->retransmits = c->retransmits;
    info->reordering = RACK_DUPLICATES;
    if (!flight)
        return;
    const struct scoreboard *board = &flight->board;
    info->unacked = board->count;
    info->sacked = board->sacked_count;
    info->lost = board->lost.count;
    info->resent = (board->resent_bytes + info->mss - 1) / info->mss;
    info->dsack_duplicates = flight->duplicates;
    info->reordering = max_u32(info->reordering, flight->rack.reordering);
    info->reorderings = flight->rack.reorderings;
}

/* Of what only a flight knows. */
static void rate_read(const struct tcp_flight *flight, struct dobos_tcp_info *info) {
    const struct rate *rate = &flight->rate;
    info->rtt_min_ns = rtt_min_ns(&flight->rtt_min);
    info->pacing_rate = flight->congestion.pacing_rate;
    if (rate->last_ns > 0 && rate->last_bytes < UINT64_MAX / DOBOS_SECOND)
        info->delivery_rate = rate->last_bytes * DOBOS_SECOND / (uint64_t)rate->last_ns;
    info->is_app_limited = rate->last_app_limited;
}

static void waits_read(const struct tcp_totals *totals, struct dobos_tcp_info *info) {
    info->rwnd_limited_ns = totals_waited_ns(totals, TCP_WAITING_WINDOW);
    info->sndbuf_limited_ns = totals_waited_ns(totals, TCP_WAITING_BUFFER);
    info->busy_ns = totals_waited_ns(totals, TCP_WAITING_PATH) + info->rwnd_limited_ns +
                    info->sndbuf_limited_ns;
}

static void totals_read(const struct tcp_connection *c, struct dobos_tcp_info *info) {
    const struct tcp_totals *totals = &c->totals;
    info->bytes_sent = c->bytes_sent;
    info->bytes_acked = c->bytes_acked;
    info->bytes_received = c->bytes_received;
    info->bytes_retransmitted = totals->bytes_retransmitted;
    info->segments_out = c->segments_out;
    info->segments_in = c->segments_in;
    info->data_segments_out = totals->data_segments_out;
    info->data_segments_in = totals->data_segments_in;
    info->out_of_order = totals->out_of_order;
    info->delivered_ce = totals->delivered_ce;
    info->syn_data = totals->syn_data;
    info->delivered = (uint32_t)((c->bytes_acked + info->mss - 1) / info->mss) + info->sacked;
    if (c->max_pacing_rate != 0)
        info->max_pacing_rate = c->max_pacing_rate;
    if (seq_lt(c->snd_nxt, c->snd_end) && connection_is_synchronized(c))
        info->not_sent_bytes = seq_distance(c->snd_end, c->snd_nxt);
    waits_read(totals, info);
}

static void traffic_read(const struct tcp_connection *c, struct dobos_tcp_info *info) {
    options_read(c, info);
    times_read(c, info);
    windows_read(c, info);
    loss_read(c, info);
    if (c->flight)
        rate_read(c->flight, info);
    totals_read(c, info);
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
        .tcp = {.data_sent_at = DOBOS_NEVER,
                .data_received_at = DOBOS_NEVER,
                .heard_at = DOBOS_NEVER,
                .ssthresh_bytes = CONGESTION_SSTHRESH_UNSET,
                .max_pacing_rate = UINT64_MAX},
    };
    if (c->state == DOBOS_TCP_LISTEN) {
        info->receive_queue = c->listener->waiting_count;
        info->send_queue = c->listener->backlog;
    } else if (c->was_open) {
        info->receive_queue = c->flight ? c->flight->receive.bytes : 0;
        if (seq_lt(c->snd_una, c->snd_end))
            info->send_queue = seq_distance(c->snd_end, c->snd_una);
        traffic_read(c, &info->tcp);
    }
}

void tcp_info_complete(const struct transport *transport, const struct dobos_socket *socket,
                       dobos_time now, struct dobos_tcp_info *info) {
    const struct tcp_connection *c = connection_of_const(socket);
    if (c->was_open && c->state != DOBOS_TCP_LISTEN && c->state != DOBOS_TCP_CLOSED) {
        struct tcp_totals totals = totals_until(&c->totals, now);
        waits_read(&totals, info);
    }
    info->congestion = connection_congestion(transport, c)->name;
    if (!c->flight && c->idle_cwnd == 0 && c->was_open && c->state != DOBOS_TCP_LISTEN)
        info->cwnd_bytes = congestion_initial_window(
            connection_mss(c), transport->settings.initial_window, c->resent_syn);
}

bool tcp_is_listener(const struct dobos_socket *socket) {
    return connection_of_const(socket)->state == DOBOS_TCP_LISTEN;
}
