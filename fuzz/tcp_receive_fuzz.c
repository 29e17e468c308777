/*
 * tcp_receive_fuzz: any sequence of segments (near what a connection expects, or of raw bytes),
 * calls of the program, ICMP errors, time and failing allocations, at a listener and a connection
 * of our own, under settings that the input's length chooses. The peer knows what we told it last:
 * numbers, timestamps and cookies come back when the input wants it. Numbers stay in order, a
 * deadline stands behind everything that waits, nothing is left behind.
 */
#include "pool.h"

#include "transport/tcp/connection.h"
#include "transport/tcp/half_open.h"
#include "transport/tcp/tcp.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

#define OURS    UINT32_C(0x0a000001)
#define PEER    UINT32_C(0x0a000002)
#define SOCKETS 64

struct story {
    struct memory memory;
    struct timing_wheel wheel;
    struct dobos_pool *pool;
    struct transport transport;
    dobos_time now;
    struct dobos_socket *sockets[SOCKETS]; /* all that host/ would know; [0] may be the listener */
    unsigned count;
    struct tcp_header told;     /* the last segment of ours that acknowledged a SYN; no options */
    struct tcp_options options; /* its options: all zero before the first */
};

/* Takes what we send (or NULL), and learns from a SYN,ACK. */
static void packet_take(struct story *s, struct dobos_packet *packet) {
    struct tcp_header header;
    if (!packet)
        return;
    uint8_t bytes[TCP_HEADER_MAX_BYTES];
    struct reader r = reader_make(bytes, dobos_packet_read(packet, 0, bytes, sizeof bytes));
    HOLDS(tcp_parse(&r, &header));
    if ((header.flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK)) {
        tcp_options_parse(header.options, &s->options);
        s->told = header;
        s->told.options = (struct slice){0};
    }
    dobos_packet_release(packet);
}

static void check(const struct story *s) {
    size_t charged = 0;
    for (unsigned i = 0; i < s->count; i++) {
        const struct tcp_connection *c = connection_of(s->sockets[i]);
        HOLDS(seq_le(c->snd_una, c->snd_nxt));
        HOLDS(c->state < DOBOS_TCP_ESTABLISHED || seq_le(c->rcv_nxt, c->rcv_adv));
        HOLDS(c->send_timer == TCP_SEND_TIMER_OFF || timer_is_armed(&c->socket.timer));
        charged += c->flight ? c->flight->charged : 0;
    }
    HOLDS(charged == s->transport.buffer_bytes);
}

static void pump(struct story *s) {
    for (unsigned i = 0; i < s->count; i++) {
        struct dobos_socket *socket = s->sockets[i];
        socket->sender.path.mtu = 1500;
        for (unsigned turns = 0; socket->sender.wants_output; turns++) {
            HOLDS(turns < 10000);
            struct dobos_packet *packet = tcp_transmit(&s->transport, socket, s->now);
            if (!packet)
                break;
            packet_take(s, packet);
        }
        if (tcp_is_finished(socket)) {
            tcp_destroy(&s->transport, socket);
            s->sockets[i--] = s->sockets[--s->count];
        }
    }
    check(s);
}

static void result_take(struct story *s, struct transport_result *result) {
    if (result->created) {
        if (s->count == SOCKETS)
            tcp_destroy(&s->transport, result->created);
        else
            s->sockets[s->count++] = result->created;
    }
    if (result->half_open) {
        result->half_open->path.mtu = 1500;
        packet_take(s, tcp_half_open_transmit(&s->transport, result->half_open, s->now));
    }
    packet_take(s, result->reply);
    pump(s);
}

static void segment_receive(struct story *s, const uint8_t *bytes, size_t length, uint8_t trust,
                            uint8_t ecn) {
    struct dobos_packet *packet = dobos_packet_from_bytes(s->pool, bytes, length, NULL);
    struct flow flow = {.local = dobos_address_ipv4(OURS),
                        .remote = dobos_address_ipv4(PEER),
                        .interface = 2,
                        .protocol = DOBOS_TCP};
    struct transport_result result = {0};
    if (!packet)
        return;
    packet->offload.flags = trust < 250 ? DOBOS_OFFLOAD_DATA_VALID : 0;
    tcp_receive(&s->transport, packet, &flow, ecn, trust == 249, s->now, &result);
    result_take(s, &result);
}

/* Options of a peer that gives back what it was told: timestamp, cookie of fast open, SACK. */
static struct slice faithful_options(const struct story *s, struct reader *r, uint8_t *room,
                                     size_t size) {
    uint8_t what = reader_u8(r);
    struct tcp_options options = {.has_mss = what & 1,
                                  .mss = 1460,
                                  .sack_permitted = what & 2,
                                  .has_window_scale = what & 4,
                                  .window_scale = what >> 4,
                                  .has_timestamps = s->options.has_timestamps || what & 8,
                                  .ts_value = (uint32_t)(s->now / DOBOS_MILLISECOND),
                                  .ts_echo = s->options.ts_value,
                                  .has_fast_open = what & 8};
    options.fast_open_length = s->options.fast_open_length;
    memcpy(options.fast_open, s->options.fast_open, sizeof options.fast_open);
    struct writer w = writer_make(room, size);
    tcp_options_emit(&w, &options);
    return (struct slice){room, w.position};
}

/* A segment whose numbers are near what its receiver expects. */
static void near_segment(struct story *s, struct reader *r) {
    static uint8_t bytes[TCP_HEADER_MAX_BYTES + 2048];
    uint8_t options[TCP_HEADER_MAX_BYTES];
    const uint8_t which = reader_u8(r); /* peer, ECN field, AE, faithful options */
    struct flow flow = {.local = dobos_address_ipv4(OURS),
                        .remote = dobos_address_ipv4(PEER),
                        .local_port = 80,
                        .remote_port = (uint16_t)(4000 + (which & 3)),
                        .protocol = DOBOS_TCP};
    struct tcp_header header = {
        .ae = which & 16, .source_port = flow.remote_port, .destination_port = 80};
    const struct sender *sender = flow_find(&s->transport, &flow);
    if (sender && sender->kind == SENDER_TCP) {
        const struct tcp_connection *c =
            container_of(sender, const struct tcp_connection, socket.sender);
        header.seq = c->rcv_nxt;
        header.ack = reader_u8(r) & 1 ? c->snd_nxt : c->snd_una;
    } else if (sender) {
        const struct tcp_half_open *half_open =
            container_of(sender, const struct tcp_half_open, sender);
        header.seq = seq_add(half_open->irs, 1);
        header.ack = seq_add(half_open->iss, 1);
    } else {
        header.seq = s->told.ack; /* a cookie comes back */
        header.ack = seq_add(s->told.seq, 1);
    }
    header.flags = reader_u8(r);
    uint8_t places = reader_u8(r);
    if (places & 1)
        header.seq = seq_add(header.seq, (uint32_t)(int16_t)reader_be16(r));
    if (places & 2)
        header.ack = seq_add(header.ack, (uint32_t)(int16_t)reader_be16(r));
    header.window = places & 4 ? reader_be16(r) : 60000;
    size_t length = places & 8 ? reader_be16(r) % 2048 : 0;
    header.options =
        reader_slice(r, places >> 4 ? min_size(places >> 2 & 0x3c, reader_rest(r)) : 0);
    if (header.options.length > 40)
        header.options.length = 40;
    if (which & 32)
        header.options = faithful_options(s, r, options, sizeof options);
    struct writer w = writer_make(bytes, sizeof bytes);
    tcp_emit(&w, &header);
    writer_zero(&w, length);
    segment_receive(s, bytes, w.position, 0, which >> 2 & TOS_ECN);
}

static void time_pass(struct story *s, struct reader *r) {
    uint8_t amount = reader_u8(r);
    struct timer *timer;
    s->now += amount < 200 ? amount * 10 * DOBOS_MILLISECOND : (amount - 199) * 20 * DOBOS_SECOND;
    while ((timer = timing_wheel_take(&s->wheel, s->now))) {
        struct transport_result result = {0};
        if (timer->kind == TIMER_TCP_CONNECTION)
            tcp_on_timer(&s->transport, timer, s->now, &result);
        else
            tcp_half_open_on_timer(&s->transport, timer, s->now, &result);
        result_take(s, &result);
    }
}

static void icmp_arrive(struct story *s, struct reader *r) {
    struct quote quote = {.source = dobos_address_ipv4(OURS),
                          .destination = dobos_address_ipv4(PEER),
                          .protocol = DOBOS_TCP,
                          .type = reader_u8(r) & 15,
                          .code = reader_u8(r) & 15,
                          .mtu = reader_be16(r),
                          .length = 8};
    struct transport_result result = {0};
    store_be16(quote.bytes, 80);
    store_be16(quote.bytes + 2, 4000);
    if (s->count > 0)
        store_be32(quote.bytes + 4, connection_of(s->sockets[s->count - 1])->snd_una.raw);
    transport_quote(&s->transport, &quote, s->now, &result);
    result_take(s, &result);
}

static void open_active(struct story *s, struct reader *r) {
    struct dobos_socket *socket = s->count < SOCKETS ? tcp_create(&s->transport) : NULL;
    if (!socket)
        return;
    s->sockets[s->count++] = socket;
    socket->sender.flow.local = dobos_address_ipv4(OURS);
    socket->sender.flow.local_port = 80;
    socket->bound_interface = reader_u8(r) == 9 ? 2 : 0;
    port_claim(&s->transport, socket);
    socket->sender.flow.remote = dobos_address_ipv4(PEER);
    socket->sender.flow.remote_port = (uint16_t)(4000 + (reader_u8(r) & 3));
    tcp_connect(&s->transport, socket, s->now);
}

static void connect_again(struct story *s, struct dobos_socket *socket, uint8_t what) {
    uint8_t bytes[64];
    (void)tcp_peek(socket, bytes, what % sizeof bytes);
    if (tcp_connect_check(&s->transport, socket) <= 0)
        return;
    socket->sender.flow.local = dobos_address_ipv4(OURS);
    socket->sender.flow.remote = dobos_address_ipv4(PEER);
    socket->sender.flow.remote_port = (uint16_t)(4000 + (what & 3));
    tcp_connect(&s->transport, socket, s->now);
}

static enum dobos_option option_read(struct reader *r) {
    return (enum dobos_option)(reader_u8(r) % (DOBOS_OPTION_SYNCNT + 1));
}

/* One call of the program's, in whatever state. */
static void call(struct story *s, struct reader *r) {
    static uint8_t bytes[20000];
    uint8_t what = reader_u8(r), which = reader_u8(r);
    struct transport *transport = &s->transport;
    struct dobos_socket *other;
    if (s->count == 0 || what % 16 == 0) {
        open_active(s, r);
        pump(s);
        return;
    }
    struct dobos_socket *socket = s->sockets[which % s->count];
    bool owned = socket->has_owner;
    (void)tcp_ready(socket);
    if (what % 16 == 1)
        tcp_accept(transport, socket, &other);
    else if (what % 16 < 5 && owned)
        tcp_send(transport, socket, bytes, reader_be16(r) % sizeof bytes);
    else if (what % 16 < 8 && owned)
        tcp_read(transport, socket, bytes, reader_be16(r) % sizeof bytes);
    else if (what % 16 == 8 && owned)
        tcp_shutdown(transport, socket, (enum dobos_shutdown)(reader_u8(r) & 3));
    else if (what % 16 == 9 && owned)
        tcp_close(transport, socket, s->now);
    else if (what % 16 == 10 && owned)
        tcp_abort(transport, socket);
    else if (what % 16 == 11 && owned)
        tcp_listen(transport, socket, reader_u8(r));
    else if (what % 16 == 12)
        tcp_option_set(transport, socket, option_read(r), reader_be16(r));
    else if (what % 16 == 13)
        transport->buffer_limit_bytes = reader_be16(r) * 16u;
    else if (what % 16 == 14)
        tcp_on_unreachable(socket, -DOBOS_EHOSTUNREACH);
    else if (owned)
        connect_again(s, socket, reader_u8(r));
    pump(s);
}

static void step(struct story *s, struct reader *r) {
    uint8_t what = reader_u8(r);
    if (what < 120) {
        near_segment(s, r);
    } else if (what < 200) {
        call(s, r);
    } else if (what < 230) {
        time_pass(s, r);
    } else if (what < 235) {
        icmp_arrive(s, r);
    } else if (what < 245) {
        s->memory.countdown = reader_u8(r);
    } else {
        size_t length = min_size(reader_u8(r), reader_rest(r));
        struct slice raw = reader_slice(r, length);
        if (raw.length > 0)
            segment_receive(s, raw.bytes, raw.length, what, what & TOS_ECN);
    }
    if (what < 235 || what >= 245)
        s->memory.countdown = UINT64_MAX;
}

/* The host's, by the bits of a number. */
static void settings_choose(struct dobos_tcp_config *settings, size_t bits) {
    static const enum dobos_congestion algorithms[] = {DOBOS_CONGESTION_CUBIC, DOBOS_CONGESTION_BBR,
                                                       DOBOS_CONGESTION_RENO,
                                                       DOBOS_CONGESTION_CUBIC};
    settings->ecn = bits & 1 ? DOBOS_ECN_ACCURATE : DOBOS_ECN_ON;
    settings->congestion = algorithms[bits >> 1 & 3];
    settings->syn_cookies = bits & 8 ? DOBOS_SYN_COOKIES_ALWAYS : DOBOS_SYN_COOKIES_FULL;
    settings->fast_open = bits & 16 ? DOBOS_FAST_OPEN_CLIENT | DOBOS_FAST_OPEN_SERVER : 0;
    settings->no_sack = (bits >> 5 & 3) == 3;
    settings->no_timestamps = (bits >> 5 & 3) == 2;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    static const uint8_t secret[DOBOS_KEY_BYTES] = {1};
    struct reader r = reader_make(bytes, length);
    struct story *s = calloc(1, sizeof *s);
    s->pool = pool_make(&s->memory, &s->wheel);
    s->now = reader_u8(&r) * DOBOS_SECOND;
    transport_init(&s->transport, s->pool, &s->wheel, secret, 1 << 24);
    settings_choose(&s->transport.settings, length);
    s->sockets[s->count++] = tcp_create(&s->transport);
    s->sockets[0]->sender.flow.local_port = 80;
    HOLDS(tcp_listen(&s->transport, s->sockets[0], 4) == 0);
    HOLDS(tcp_option_set(&s->transport, s->sockets[0], DOBOS_OPTION_FASTOPEN, 2) == 0);
    while (reader_rest(&r) > 0)
        step(s, &r);
    s->memory.countdown = UINT64_MAX;
    while (s->count > 0)
        tcp_destroy(&s->transport, s->sockets[--s->count]);
    transport_fini(&s->transport);
    pool_end(&s->memory, &s->wheel, s->pool);
    free(s);
    return 0;
}
