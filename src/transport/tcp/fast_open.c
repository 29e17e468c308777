/*
 * fast_open: see fast_open.h; RFC 7413. Off unless the host's settings and the program both ask for
 * it, since the data of a SYN may reach the program twice (§2.1).
 *
 * A server gives a cookie, a keyed hash of the client's address and of the day (§4.1.2), to whoever
 * asks. A SYN that brings a good one, of today or of yesterday, becomes a connection at once: the
 * program may read and answer, while a half-open record beside it repeats the SYN,ACK until that is
 * acknowledged. So many connections may be in that state (§5.1), those reset within a minute among
 * them; beyond it, and while SYN cookies are given out, a SYN is one as any other.
 *
 * A client remembers the cookies of 64 servers, by a keyed hash of the address, each in one place:
 * a new one takes the place of an old. With a cookie, connect returns at once and the SYN waits for
 * the first data. What that SYN carries counts as not sent until it is acknowledged, so that
 * nothing of loss recovery has to know of it. A SYN that must be repeated is a plain one, and if
 * that comes through where the other did not, data in SYNs is not tried with this server for an
 * hour (§4.1.3). The experimental option (kind 254) is not read.
 */
#include "transport/tcp/fast_open.h"

#include "transport/tcp/ack_delay.h"
#include "transport/tcp/deliver.h"
#include "transport/tcp/listener.h"
#include "transport/tcp/window.h"

#define EPOCH_NS (24 * 3600 * DOBOS_SECOND) /* a cookie is good in its day and the next */
#define RESET_NS (60 * DOBOS_SECOND)        /* a reset connection counts as pending for so long */
#define BAD_NS   (3600 * DOBOS_SECOND)      /* after data in a SYN was lost */

/* ---- a server's part ---- */

/* [rfc7413#1] */
static void cookie_make(const struct transport *transport, const struct dobos_address *client,
                        uint64_t epoch, uint8_t cookie[FAST_OPEN_COOKIE_BYTES]) {
    uint8_t bytes[sizeof client->bytes + 8];
    memcpy(bytes, client->bytes, sizeof client->bytes);
    store_be64(bytes + sizeof client->bytes, epoch);
    store_be64(cookie, keyed_hash(&transport->fast_open_key, bytes, sizeof bytes));
}

/* [rfc7413#2] */
static bool cookie_is_good(const struct transport *transport, const struct tcp_segment *segment,
                           uint64_t epoch) {
    uint8_t cookie[FAST_OPEN_COOKIE_BYTES];
    const struct tcp_options *options = &segment->options;
    if (options->fast_open_length != sizeof cookie)
        return false;
    cookie_make(transport, &segment->flow.remote, epoch, cookie);
    return memcmp(cookie, options->fast_open, sizeof cookie) == 0;
}

bool fast_open_is_asked(const struct transport *transport, const struct tcp_connection *owner,
                        const struct tcp_segment *segment) {
    return (transport->settings.fast_open & DOBOS_FAST_OPEN_SERVER) != 0 &&
           owner->fast_open_limit > 0 && segment->options.has_fast_open;
}

/* [rfc7413#4] */
static bool has_place(struct transport *transport, struct tcp_connection *owner, dobos_time now) {
    struct tcp_listener *listener = owner->listener;
    if (now >= listener->fast_open_resets_until)
        listener->fast_open_resets = 0;
    if (listener->fast_open_pending + listener->fast_open_resets < owner->fast_open_limit)
        return true;
    transport->counters.tcp_fast_open_overflows++;
    return false;
}

/* The record stands apart from the others from here on: a flood that pushes those out leaves it. */
static void pend(struct tcp_half_open *half_open, struct tcp_connection *child) {
    struct tcp_listener *listener = half_open->listener;
    child->opening = half_open;
    half_open->child = child;
    list_remove(&half_open->node);
    listener->half_open_count--;
    list_append(&listener->openings, &half_open->node);
    listener->fast_open_pending++;
}

void fast_open_forget(struct tcp_half_open *half_open) {
    half_open->child->opening = NULL;
    if (half_open->listener)
        half_open->listener->fast_open_pending--;
}

void fast_open_leave(struct tcp_listener *listener) {
    struct list_node *node;
    while ((node = list_first(&listener->openings))) {
        list_remove(node);
        container_of(node, struct tcp_half_open, node)->listener = NULL;
    }
    listener->fast_open_pending = 0;
}

/* The data of the SYN goes to the program; the SYN,ACK tells how much was taken [rfc7413#3]. */
static enum drop_reason open_at_once(struct transport *transport, struct tcp_half_open *half_open,
                                     struct tcp_segment *segment, dobos_time now,
                                     struct transport_result *result) {
    struct tcp_connection *child = half_open_child(transport, half_open, now, result);
    if (!child) {
        half_open_destroy(transport, half_open);
        result->half_open = NULL;
        return DROP_NO_MEMORY;
    }
    pend(half_open, child);
    transport->counters.tcp_fast_open_passive++;
    segment->flags &= (uint8_t)~(TCP_SYN | TCP_ECE | TCP_CWR);
    segment->seq = seq_add(segment->seq, 1);
    enum drop_reason reason = deliver_receive(transport, child, segment, now, result);
    half_open->taken = seq_distance(child->rcv_nxt, seq_add(child->irs, 1));
    child->totals.syn_data = half_open->taken > 0;
    ack_delay_on_sent(child, false, now); /* the SYN,ACK does, and goes ahead of what follows */
    child->socket.sender.wants_output = false;
    return reason;
}

enum drop_reason fast_open_receive(struct transport *transport, struct tcp_connection *owner,
                                   struct tcp_segment *segment, dobos_time now,
                                   struct transport_result *result) {
    uint64_t epoch = (uint64_t)(now / EPOCH_NS);
    bool is_asked = segment->options.fast_open_length == 0;
    bool is_new = !is_asked && cookie_is_good(transport, segment, epoch);
    bool is_good =
        is_new || (!is_asked && epoch > 0 && cookie_is_good(transport, segment, epoch - 1));
    enum drop_reason reason = half_open_create(transport, owner, segment, now, result);
    if (reason != DROP_NONE)
        return reason;
    struct tcp_half_open *half_open = half_open_of(result->half_open);
    half_open->gives_cookie = !is_new;
    transport->counters.tcp_fast_open_requests += is_asked;
    transport->counters.tcp_fast_open_passive_fails += !is_asked && !is_good;
    if (!is_good || !has_place(transport, owner, now))
        return DROP_NONE;
    return open_at_once(transport, half_open, segment, now, result);
}

/* The peer's SYN once more is answered by the SYN,ACK once more; its first good acknowledgment ends
 * the handshake. */
bool fast_open_on_segment(struct transport *transport, struct tcp_connection *c,
                          const struct tcp_segment *segment, dobos_time now,
                          struct transport_result *result) {
    struct tcp_half_open *half_open = c->opening;
    uint8_t flags = segment->flags & (TCP_SYN | TCP_ACK | TCP_RST);
    uint32_t window = seq_distance(c->rcv_adv, c->rcv_nxt);
    if (flags == TCP_SYN && seq_eq(segment->seq, c->irs)) {
        half_open->sender.wants_output = true;
        result->half_open = &half_open->sender;
        return true;
    }
    if (flags == TCP_ACK && seq_gt(segment->ack, c->iss) && seq_le(segment->ack, c->snd_nxt) &&
        window_accepts(c->rcv_nxt, window, segment->seq, segment_length(segment))) {
        if (half_open->backoff == 0)
            rtt_on_sample(&c->rtt, now - half_open->since);
        half_open_destroy(transport, half_open);
    }
    return false;
}

/* [rfc7413#5] */
void fast_open_on_reset(struct tcp_connection *c, dobos_time now) {
    struct tcp_listener *listener = c->opening->listener;
    if (!listener)
        return;
    listener->fast_open_resets++;
    listener->fast_open_resets_until = now + RESET_NS;
}

void fast_open_offer(const struct transport *transport, const struct tcp_half_open *half_open,
                     dobos_time now, struct tcp_options *options) {
    if (!half_open->gives_cookie)
        return;
    options->has_fast_open = true;
    options->fast_open_length = FAST_OPEN_COOKIE_BYTES;
    cookie_make(transport, &half_open->sender.flow.remote, (uint64_t)(now / EPOCH_NS),
                options->fast_open);
}

/* ---- a client's part ---- */

static size_t peer_index(const struct transport *transport, const struct dobos_address *address) {
    return keyed_hash(&transport->fast_open_key, address->bytes, sizeof address->bytes) %
           FAST_OPEN_PEERS;
}

static struct fast_open_peer *peer_find(const struct transport *transport,
                                        const struct dobos_address *address) {
    if (!transport->fast_open_peers)
        return NULL;
    struct fast_open_peer *peer = &transport->fast_open_peers[peer_index(transport, address)];
    return dobos_address_is_equal(&peer->address, address) ? peer : NULL;
}

/* Its place; NULL: no memory. */
static struct fast_open_peer *peer_make(struct transport *transport,
                                        const struct dobos_address *address) {
    if (!transport->fast_open_peers)
        transport->fast_open_peers =
            allocator_allocate(pool_allocator(transport->pool),
                               FAST_OPEN_PEERS * sizeof(struct fast_open_peer), "fast_open_peers");
    if (!transport->fast_open_peers)
        return NULL;
    struct fast_open_peer *peer = &transport->fast_open_peers[peer_index(transport, address)];
    if (!dobos_address_is_equal(&peer->address, address))
        *peer = (struct fast_open_peer){.address = *address};
    return peer;
}

void fast_open_fini(struct transport *transport) {
    if (transport->fast_open_peers)
        allocator_release(pool_allocator(transport->pool), transport->fast_open_peers,
                          FAST_OPEN_PEERS * sizeof(struct fast_open_peer));
    transport->fast_open_peers = NULL;
}

/* [rfc7413#6] [rfc7413#8] */
bool fast_open_connect(struct transport *transport, struct tcp_connection *c, dobos_time now) {
    const struct fast_open_peer *peer = peer_find(transport, &c->socket.sender.flow.remote);
    if (!c->fast_open_wanted || !(transport->settings.fast_open & DOBOS_FAST_OPEN_CLIENT) ||
        (peer && now < peer->bad_until))
        return false;
    c->fast_open = FAST_OPEN_ASKS;
    if (!peer || peer->length == 0)
        return false;
    c->fast_open = FAST_OPEN_WAITS;
    c->snd_mss = mss_within(peer->mss, c->mss_limit);
    return true;
}

bool fast_open_waits(const struct tcp_connection *c) {
    return c->fast_open == FAST_OPEN_WAITS && c->state == DOBOS_TCP_SYN_SENT;
}

/* Once only: a SYN that is repeated is a plain one [rfc7413#7]. */
static bool is_first_syn(const struct tcp_connection *c, uint8_t flags) {
    return (flags & (TCP_SYN | TCP_ACK)) == TCP_SYN && c->fast_open != FAST_OPEN_NONE &&
           !c->resent_syn;
}

void fast_open_emit(const struct transport *transport, const struct tcp_connection *c,
                    uint8_t flags, struct tcp_options *options) {
    if (!is_first_syn(c, flags))
        return;
    const struct fast_open_peer *peer = peer_find(transport, &c->socket.sender.flow.remote);
    options->has_fast_open = true;
    if (c->fast_open != FAST_OPEN_SENDS || !peer)
        return;
    options->fast_open_length = peer->length;
    memcpy(options->fast_open, peer->cookie, peer->length);
}

void fast_open_fill(struct tcp_connection *c, uint8_t flags, size_t options_bytes,
                    struct dobos_packet *packet) {
    if (!is_first_syn(c, flags) || c->fast_open != FAST_OPEN_SENDS || !c->flight)
        return;
    struct seq first = seq_add(c->iss, 1);
    uint32_t most = connection_mss(c) + (c->timestamps ? 12u : 0u);
    most -= min_u32(most, (uint32_t)options_bytes);
    uint32_t length = min_u32(seq_distance(c->snd_end, first), most);
    c->syn_data = (uint16_t)send_queue_share(&c->flight->send, packet, first, length);
}

/* Before it has left (for want of memory, or of data) nothing is. */
bool fast_open_acks(const struct tcp_connection *c, struct seq ack) {
    return seq_gt(ack, c->iss) &&
           (seq_eq(ack, c->snd_nxt) ||
            (c->syn_data > 0 && seq_le(ack, seq_add(c->iss, 1u + c->syn_data))));
}

/* A cookie of the server's, and whether data in the SYN came through [rfc7413#6] [rfc7413#8]. */
static void peer_learn(struct transport *transport, const struct tcp_connection *c,
                       const struct tcp_options *options, bool was_lost, dobos_time now) {
    bool has_cookie = options->has_fast_open && options->fast_open_length > 0;
    if (!has_cookie && !was_lost)
        return;
    struct fast_open_peer *peer = peer_make(transport, &c->socket.sender.flow.remote);
    if (!peer)
        return;
    peer->mss = c->snd_mss;
    if (was_lost) {
        peer->length = 0;
        peer->bad_until = now + BAD_NS;
    } else {
        peer->length = options->fast_open_length;
        memcpy(peer->cookie, options->fast_open, peer->length);
    }
}

void fast_open_on_answer(struct transport *transport, struct tcp_connection *c,
                         const struct tcp_segment *segment, dobos_time now) {
    bool was_lost = c->fast_open == FAST_OPEN_SENDS && c->resent_syn;
    if (c->fast_open == FAST_OPEN_NONE)
        return;
    peer_learn(transport, c, &segment->options, was_lost, now);
    fast_open_on_crossing(transport, c, segment);
}

void fast_open_on_crossing(struct transport *transport, struct tcp_connection *c,
                           const struct tcp_segment *segment) {
    if (c->fast_open == FAST_OPEN_SENDS && seq_gt(segment->ack, c->snd_nxt)) {
        c->bytes_acked += seq_distance(segment->ack, c->snd_nxt);
        c->snd_nxt = segment->ack;
        c->totals.syn_data = true;
        send_queue_acknowledge(&c->flight->send, segment->ack);
        connection_charge(transport, c);
        transport->counters.tcp_fast_open_active++;
    } else if (c->fast_open == FAST_OPEN_SENDS) {
        transport->counters.tcp_fast_open_active_fails++;
    }
    c->fast_open = FAST_OPEN_NONE;
    c->syn_data = 0;
}
