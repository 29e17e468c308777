/*
 * connection: a connection from its creation to its end, and the flight it borrows. Who enters a
 * state and why is the business of the files around; here is what every entry and every end must
 * do.
 */
#include "transport/tcp/connection.h"

#include "base/assert.h"
#include "transport/tcp/ack_delay.h"
#include "transport/tcp/close.h"
#include "transport/tcp/half_open.h"
#include "transport/tcp/pressure.h"
#include "transport/tcp/timers.h"
#include "wire/ipv4.h"
#include "wire/tcp.h"

#define KEEPALIVE_IDLE_S     7200
#define KEEPALIVE_INTERVAL_S 75
#define KEEPALIVE_PROBES     9
#define HEADERS_BYTES        (IPV4_HEADER_BYTES + TCP_HEADER_BYTES)

/* All but its socket, where all was zero. Keepalive is off and its interval two hours unless the
 * program says otherwise [rfc9293#49] [rfc1122#161] [rfc9293#52] [rfc1122#164]. */
static void defaults_set(const struct transport *transport, struct tcp_connection *c) {
    const struct dobos_tcp_config *settings = &transport->settings;
    list_node_init(&c->queue_node);
    for (unsigned i = 0; i < TCP_DEADLINES; i++)
        c->deadlines[i] = DOBOS_NEVER;
    c->send_limit = min_u32(TCP_SEND_BUFFER_BYTES, settings->send_buffer_max_bytes);
    c->receive_limit = min_u32(TCP_RECEIVE_BUFFER_BYTES, settings->receive_buffer_max_bytes);
    c->keepalive_idle_s = KEEPALIVE_IDLE_S;
    c->keepalive_interval_s = KEEPALIVE_INTERVAL_S;
    c->keepalive_probes = KEEPALIVE_PROBES;
    c->snd_mss = TCP_MSS_DEFAULT;
    c->rcv_segment = TCP_MSS_DEFAULT;
    c->quick_acks = TCP_QUICK_ACKS;
    c->idle_ssthresh = CONGESTION_SSTHRESH_UNSET;
    c->unacked_since = c->heard_at = c->challenge_second = c->stray_ack_at = DOBOS_NEVER;
    rtt_init(&c->rtt);
    totals_init(&c->totals);
}

struct tcp_connection *connection_create(struct transport *transport) {
    struct allocator *allocator = pool_allocator(transport->pool);
    struct tcp_connection *c = allocator_allocate(allocator, sizeof *c, "tcp_connection");
    if (!c)
        return NULL;
    struct dobos_socket *socket = &c->socket;
    socket->sender.kind = SENDER_TCP;
    socket->sender.ttl = 64;
    socket->sender.flow.protocol = DOBOS_TCP;
    socket->sender.flow.local = socket->sender.flow.remote = dobos_address_ipv4(0);
    socket->protocol = DOBOS_TCP;
    list_node_init(&socket->sender.dirty);
    list_node_init(&socket->all);
    list_node_init(&socket->ready);
    timer_init(&socket->timer, TIMER_TCP_CONNECTION);
    defaults_set(transport, c);
    return c;
}

void connection_inherit(struct tcp_connection *c, const struct tcp_connection *from) {
    c->socket.sender.ttl = from->socket.sender.ttl;
    c->socket.sender.tos = from->socket.sender.tos;
    c->socket.bound_interface = from->socket.bound_interface;
    c->send_fixed = from->send_fixed;
    c->receive_fixed = from->receive_fixed;
    if (from->send_fixed)
        c->send_limit = from->send_limit;
    if (from->receive_fixed)
        c->receive_limit = from->receive_limit;
    c->user_timeout_ms = from->user_timeout_ms;
    c->keepalive = from->keepalive;
    c->keepalive_idle_s = from->keepalive_idle_s;
    c->keepalive_interval_s = from->keepalive_interval_s;
    c->keepalive_probes = from->keepalive_probes;
    c->nodelay = from->nodelay;
    c->corked = from->corked;
    c->syn_count = from->syn_count;
    c->mss_limit = from->mss_limit;
    c->congestion = from->congestion;
    c->max_pacing_rate = from->max_pacing_rate;
}

void connection_enter(struct tcp_connection *c, enum dobos_tcp_state state) {
    c->state = (uint8_t)state;
}

const struct congestion_algorithm *connection_congestion(const struct transport *transport,
                                                         const struct tcp_connection *c) {
    enum dobos_congestion which = (enum dobos_congestion)c->congestion;
    if (which == DOBOS_CONGESTION_DEFAULT)
        which = transport->settings.congestion;
    const struct congestion_algorithm *algorithm = congestion_find(which);
    ASSERT(algorithm);
    return algorithm;
}

/* A flight that was given back leaves its windows; what they say of the path is old by now. */
static void congestion_begin(const struct transport *transport, const struct tcp_connection *c,
                             struct congestion *congestion) {
    uint32_t mss = connection_mss(c), segments = transport->settings.initial_window;
    congestion_init(congestion, connection_congestion(transport, c), mss, segments, c->resent_syn);
    if (c->idle_cwnd == 0)
        return;
    congestion->cwnd = c->idle_cwnd;
    congestion->ssthresh = c->idle_ssthresh;
    if (congestion->algorithm->resume)
        congestion->algorithm->resume(congestion, c->idle_kept);
    if (!congestion->algorithm->leads)
        congestion->cwnd = min_u32(
            congestion->cwnd, congestion_initial_window(mss, segments, false)); /* [rfc5681#20] */
}

/* The recovery mark begins below the first number [rfc6582#1]. */
bool connection_flight_borrow(struct transport *transport, struct tcp_connection *c) {
    if (c->flight)
        return true;
    struct allocator *allocator = pool_allocator(transport->pool);
    struct tcp_flight *flight = allocator_allocate(allocator, sizeof *flight, "tcp_flight");
    if (!flight)
        return false;
    send_queue_init(&flight->send);
    receive_queue_init(&flight->receive);
    out_of_order_init(&flight->held);
    scoreboard_init(&flight->board);
    rack_init(&flight->rack, c->snd_una);
    if (c->idle_cwnd == 0 && c->rtt.srtt_ns > 0) /* the handshake's */
        rtt_min_on_sample(&flight->rtt_min, c->rtt.srtt_ns, c->heard_at);
    flight->sent_at = flight->rto_at = flight->reorder_at = DOBOS_NEVER;
    flight->refused_since = DOBOS_NEVER;
    flight->used_until = flight->rtt_spread.until = c->snd_una;
    flight->recover = seq_sub(c->snd_una, 1);
    flight->found = c->snd_una;
    congestion_begin(transport, c, &flight->congestion);
    pressure_flight_init(c, flight);
    c->flight = flight;
    connection_charge(transport, c);
    return true;
}

static void flight_free(struct transport *transport, struct tcp_connection *c) {
    scoreboard_fini(&c->flight->board, pool_allocator(transport->pool));
    c->idle_cwnd = c->flight->congestion.cwnd;
    c->idle_ssthresh = c->flight->congestion.ssthresh;
    send_queue_clear(transport->pool, &c->flight->send);
    if (c->flight->congestion.algorithm->keep)
        c->flight->congestion.algorithm->keep(&c->flight->congestion, c->idle_kept);
    transport->buffer_bytes -= c->flight->charged;
    pressure_flight_fini(c->flight);
    allocator_release(pool_allocator(transport->pool), c->flight, sizeof *c->flight);
    c->flight = NULL;
}

void connection_flight_return(struct transport *transport, struct tcp_connection *c) {
    struct tcp_flight *flight = c->flight;
    if (!flight || flight->receive.bytes > 0 || flight->held.count > 0 || flight->held.has_fin ||
        !send_queue_is_empty(&flight->send) || connection_in_flight(c) > 0)
        return;
    flight_free(transport, c);
}

void connection_charge(struct transport *transport, struct tcp_connection *c) {
    struct tcp_flight *flight = c->flight;
    if (!flight)
        return;
    size_t charge = sizeof *flight + flight->send.charge + flight->receive.charge +
                    flight->held.charge + scoreboard_cost(&flight->board);
    transport->buffer_bytes += charge - flight->charged;
    flight->charged = charge;
}

/* What was to be sent, and what is out of order, is thrown away; what was received stays. */
static void queues_drop(struct transport *transport, struct tcp_connection *c) {
    if (!c->flight)
        return;
    pressure_flight_fini(c->flight);
    send_queue_clear(transport->pool, &c->flight->send);
    scoreboard_fini(&c->flight->board, pool_allocator(transport->pool));
    out_of_order_clear(transport->pool, &c->flight->held);
    connection_charge(transport, c);
    if (c->flight->receive.bytes == 0)
        flight_free(transport, c);
}

void connection_end(struct transport *transport, struct tcp_connection *c, int error) {
    if (c->opening)
        half_open_destroy(transport, c->opening);
    connection_enter(c, DOBOS_TCP_CLOSED);
    if (error != 0)
        c->socket.error = error;
    c->was_open = true;
    c->ack_now = c->syn_now = c->probe_now = c->keepalive_now = c->push_through = false;
    c->snd_end = c->snd_nxt;
    c->socket.sender.wants_output = c->reset_pending;
    deadlines_cancel(transport, c);
    ecn_end(transport, c);
    queues_drop(transport, c);
    orphan_forget(transport, c);
    flow_remove(transport, &c->socket.sender);
    if (!c->socket.has_owner || !c->socket.port_chosen)
        port_release(transport, &c->socket);
}

void connection_reset(struct transport *transport, struct tcp_connection *c, int error) {
    c->reset_pending |= c->state >= DOBOS_TCP_SYN_RECEIVED;
    connection_end(transport, c, error);
}

static void unread_drop(struct transport *transport, struct tcp_connection *c) {
    if (!c->flight)
        return;
    receive_queue_clear(transport->pool, &c->flight->receive);
    flight_free(transport, c);
}

/* Its socket stands in lists, which is why it stays where it is. A reset that has not left by now
 * never will: the peer gets one when it speaks again. */
void connection_renew(struct transport *transport, struct tcp_connection *c) {
    struct dobos_socket *socket = &c->socket;
    struct sender *sender = &socket->sender;
    const struct dobos_address any = dobos_address_ipv4(0);
    ASSERT(c->state == DOBOS_TCP_CLOSED && !c->listener && !sender->is_known);
    list_remove(&sender->dirty);
    unread_drop(transport, c);
    const struct tcp_connection before = *c;
    *c = (struct tcp_connection){.socket = before.socket};
    defaults_set(transport, c);
    connection_inherit(c, &before);
    c->fast_open_limit = before.fast_open_limit;
    c->fast_open_wanted = before.fast_open_wanted;
    sender->wants_output = false;
    sender->path = (struct path){0};
    sender->flow = (struct flow){
        .local = socket->address_chosen ? sender->flow.local : any,
        .remote = any,
        .local_port = socket->is_bound ? sender->flow.local_port : 0,
        .interface = socket->bound_interface,
        .protocol = DOBOS_TCP,
    };
}

void connection_destroy(struct transport *transport, struct tcp_connection *c) {
    struct dobos_socket *socket = &c->socket;
    c->reset_pending = false;
    connection_end(transport, c, 0);
    unread_drop(transport, c);
    port_release(transport, socket);
    list_remove(&socket->sender.dirty);
    list_remove(&socket->ready);
    list_remove(&socket->all);
    list_remove(&c->queue_node);
    allocator_release(pool_allocator(transport->pool), c, sizeof *c);
}

/*
 * Options take their room from the data [rfc6691#2]; no segment is longer than the peer or the path
 * takes [rfc9293#34] [rfc1122#127] [rfc1191#19].
 *
 * DEVIATION: [rfc9293#115] a peer that asks for segments below TCP_MSS_FLOOR gets them of that
 * size: each would cost more than it carries, in memory and work (CVE-2019-11479).
 */
uint32_t connection_mss_bare(const struct tcp_connection *c) {
    uint32_t mtu = c->socket.sender.path.mtu;
    uint32_t mss = c->snd_mss;
    if (c->hole != TCP_HOLE_NONE)
        mtu = min_u32(mtu, c->probe_low);
    if (mtu > HEADERS_BYTES)
        mss = min_u32(mss, mtu - HEADERS_BYTES);
    mss = max_u32(mss, TCP_MSS_FLOOR);
    return mss - (c->timestamps ? TCP_TIMESTAMPS_BYTES : 0u);
}

uint32_t connection_mss(const struct tcp_connection *c) {
    return connection_mss_bare(c) - sack_report_bytes(c) - ecn_option_bytes(c);
}

/* [rfc9293#35] [rfc6691#1] [rfc1191#20] What comes to us may have another way than what goes: of
 * the path's MTU only the first link counts. */
uint16_t connection_mss_offered(const struct path *path, uint16_t limit) {
    uint32_t mtu = min_u32(path->link_mtu, 65535);
    return mss_within((uint16_t)(mtu > HEADERS_BYTES ? mtu - HEADERS_BYTES : TCP_MSS_DEFAULT),
                      limit);
}

void connection_open(struct transport *transport, struct tcp_connection *c, dobos_time now) {
    connection_enter(c, DOBOS_TCP_ESTABLISHED);
    c->was_open = true;
    c->heard_at = now;
    c->backoff = c->tries = 0;
    c->unacked_since = DOBOS_NEVER;
    c->snd_wnd_max = max_u32(c->snd_wnd_max, c->snd_wnd);
    if (c->resent_syn)
        rtt_on_resent_syn(&c->rtt);
    send_timer_stop(c);
    if (c->keepalive)
        deadline_set(transport, c, TCP_DEADLINE_KEEPALIVE,
                     now + c->keepalive_idle_s * DOBOS_SECOND);
}
