/* harness: see harness.h. */
#include "harness.h"

#include "transport/tcp/isn.h"

static void *script_allocate(void *context, size_t bytes, const char *site) {
    struct script *s = context;
    (void)site;
    if (++s->allocations == s->fail_at)
        return NULL;
    s->outstanding += (int64_t)bytes;
    return malloc(bytes);
}

static void script_release(void *context, void *memory, size_t bytes) {
    struct script *s = context;
    s->outstanding -= (int64_t)bytes;
    free(memory);
}

uint8_t script_byte(uint32_t place) {
    return (uint8_t)(place * 7 + (place >> 8) * 13);
}

static struct flow script_flow(const struct script *s, uint16_t peer_port) {
    (void)s;
    return (struct flow){
        .local = dobos_address_ipv4(0x0a000001),
        .remote = dobos_address_ipv4(0x0a000002),
        .local_port = SCRIPT_PORT,
        .remote_port = peer_port,
        .protocol = DOBOS_TCP,
    };
}

void script_init(struct script *s, uint32_t isn, uint32_t peer_isn, bool options) {
    static const uint8_t secret[DOBOS_KEY_BYTES] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    memset(s, 0, sizeof *s);
    struct dobos_allocator allocator = {s, script_allocate, script_release};
    struct dobos_pool_config config = {.size = sizeof config, .allocator = &allocator};
    assert_int_equal(dobos_pool_create(&config, &s->pool), 0);
    s->now = 1000 * DOBOS_SECOND;
    assert_true(timing_wheel_init(&s->wheel, pool_allocator(s->pool), s->now));
    transport_init(&s->transport, s->pool, &s->wheel, secret, 64 << 20);
    s->transport.settings.ecn = DOBOS_ECN_OFF;
    s->transport.settings.congestion = DOBOS_CONGESTION_RENO; /* whose windows are easy to tell */
    struct flow flow = script_flow(s, SCRIPT_PEER_PORT);
    struct seq natural = isn_make(&s->transport, &flow, s->now);
    s->now += (dobos_time)seq_distance(seq_make(isn), natural) * 4000;
    s->isn = seq_make(isn);
    s->peer_isn = seq_make(peer_isn);
    s->timestamps = s->scaling = options;
    s->window = 60000;
    s->mtu = 1500;
    s->interface = 2;
    s->ts = 0xfffffff0;
}

void script_fini(struct script *s) {
    check_invariants(s);
    while (s->count > 0)
        tcp_destroy(&s->transport, s->sockets[--s->count]);
    transport_fini(&s->transport);
    timing_wheel_fini(&s->wheel, pool_allocator(s->pool));
    dobos_pool_destroy(s->pool);
    assert_int_equal(s->outstanding, 0);
}

void script_each(void (*run)(struct script *s)) {
    static const uint32_t edges[][2] = {
        {0x10000000, 0x20000000}, {0x7ffffe00, 0x7fffff00}, {0xfffffe00, 0xffffff00},
        {0xffffffff, 0xffffffff}, {0x7fffffff, 0x80000000}, {0, 0},
    };
    struct script *s = malloc(sizeof *s);
    for (size_t i = 0; i < sizeof edges / sizeof edges[0]; i++) {
        for (int options = 0; options < 2; options++) {
            script_init(s, edges[i][0], edges[i][1], options == 1);
            run(s);
            script_fini(s);
        }
    }
    free(s);
}

/* ---- our side's segments ---- */

/* An offered packet (take) becomes a line of s->out. Payload bytes must be the stream's. */
static void note_out(struct script *s, struct dobos_packet *packet, const struct flow *flow) {
    const uint8_t ecn = packet->ecn;
    static uint8_t bytes[DOBOS_PACKET_MAX_BYTES];
    bool gso = packet->offload.gso != DOBOS_GSO_NONE;
    uint16_t gso_bytes = gso ? packet->offload.gso_bytes : 0;
    assert_true(packet->length + IPV4_HEADER_BYTES <= (gso ? s->gso_bytes : s->mtu));
    packet_finish_checksum(packet);
    size_t length = dobos_packet_read(packet, 0, bytes, sizeof bytes);
    dobos_packet_release(packet);
    uint32_t sum = checksum_pseudo(&flow->local, &flow->remote, DOBOS_TCP, (uint32_t)length);
    sum = (uint32_t)checksum_fold(sum) + checksum_fold(checksum_add(0, bytes, length));
    assert_int_equal(checksum_finish(sum), 0);
    struct reader r = reader_make(bytes, length);
    struct tcp_header header;
    assert_true(tcp_parse(&r, &header));
    assert_true(s->out_first + s->out_count < SCRIPT_OUT);
    struct out *out = &s->out[s->out_first + s->out_count++];
    *out = (struct out){
        .flags = header.flags | (header.ae ? AE : 0u),
        .ecn = ecn,
        .seq = seq_distance(header.seq, s->isn),
        .ack = header.flags & A ? seq_distance(header.ack, s->peer_isn) : 0,
        .length = (uint32_t)(length - header.header_length),
        .window = header.window,
        .raw_seq = header.seq,
        .port = header.destination_port,
        .at = s->now,
        .gso_bytes = gso_bytes,
        .urgent = header.urgent,
        .first_byte = length > header.header_length ? bytes[header.header_length] : 0,
    };
    tcp_options_parse(header.options, &out->options);
    if (out->options.has_timestamps)
        s->ts_seen = out->options.ts_value;
    for (uint32_t i = 0; i < out->length; i++)
        assert_int_equal(bytes[header.header_length + i],
                         script_byte(out->seq + !!(out->flags & S) + i));
}

static void path_set(const struct script *s, struct sender *sender) {
    sender->path.mtu = sender->path.link_mtu = s->mtu;
    sender->path.gso_bytes = s->gso_bytes;
    sender->path.interface = 2;
}

void pump(struct script *s) {
    if (s->hold)
        return;
    for (unsigned i = 0; i < s->count; i++) {
        struct dobos_socket *socket = s->sockets[i];
        path_set(s, &socket->sender);
        for (unsigned turns = 0; socket->sender.wants_output; turns++) {
            assert_true(turns < SCRIPT_OUT);
            struct dobos_packet *packet = tcp_transmit(&s->transport, socket, s->now);
            if (!packet)
                break;
            note_out(s, packet, &socket->sender.flow);
        }
        if (tcp_is_finished(socket)) {
            tcp_destroy(&s->transport, socket);
            if (s->socket == socket)
                s->socket = NULL;
            if (s->listener == socket)
                s->listener = NULL;
            s->sockets[i--] = s->sockets[--s->count];
        }
    }
}

static void take_result(struct script *s, struct transport_result *result) {
    if (result->created) {
        assert_true(s->count < SCRIPT_SOCKETS);
        s->sockets[s->count++] = result->created;
    }
    if (result->half_open) {
        path_set(s, result->half_open);
        struct dobos_packet *packet =
            tcp_half_open_transmit(&s->transport, result->half_open, s->now);
        if (packet)
            note_out(s, packet, &result->half_open->flow);
    }
    if (result->reply)
        note_out(s, result->reply, &result->reply_flow);
    pump(s);
}

/* ---- the peer's ---- */

static struct tcp_options in_options(const struct script *s, const struct in *in) {
    struct tcp_options options = {0};
    if (in->flags & S) {
        options.has_mss = true;
        options.mss = in->mss ? in->mss : 1460;
        options.has_window_scale = s->scaling;
        options.window_scale = 2;
        options.sack_permitted = s->sack;
    }
    options.has_timestamps = s->timestamps && !(in->flags & R);
    options.ts_value = in->old_ts ? s->ts - 1000000 : s->ts;
    options.ts_echo = in->flags & A ? s->ts_seen : 0;
    options.has_ecn = in->counters != NULL;
    if (in->counters)
        options.ecn = *in->counters;
    options.sack_count = in->sack_count;
    for (unsigned i = 0; i < in->sack_count; i++) {
        options.sack[i].left = seq_add(s->isn, in->sack[i].left);
        options.sack[i].right = seq_add(s->isn, in->sack[i].right);
    }
    return options;
}

void inject(struct script *s, const struct in *in) {
    uint8_t bytes[60 + 4096], raw[40];
    struct tcp_options options = in_options(s, in);
    struct writer option_writer = writer_make(raw, sizeof raw);
    uint32_t window = in->closed ? 0 : in->window ? in->window : s->window;
    if (s->scaling && !(in->flags & S))
        window >>= 2;
    if (!in->bare)
        tcp_options_emit(&option_writer, &options);
    s->ts++;
    struct tcp_header header = {
        .source_port = in->port ? in->port : SCRIPT_PEER_PORT,
        .destination_port = SCRIPT_PORT,
        .seq = seq_add(s->peer_isn, in->seq),
        .ack = in->flags & A ? seq_add(s->isn, in->ack) : seq_make(0),
        .flags = (uint8_t)in->flags,
        .ae = in->flags & AE,
        .window = (uint16_t)min_u32(window, 65535),
        .urgent = in->urgent,
        .options = in->options.length ? in->options : (struct slice){raw, option_writer.position},
    };
    struct writer w = writer_make(bytes, sizeof bytes);
    tcp_emit(&w, &header);
    for (uint32_t i = 0; i < in->length; i++)
        writer_u8(&w, (uint8_t)(script_byte(in->seq + !!(in->flags & S) + i) + in->other));
    assert_false(w.failed);
    struct flow flow = script_flow(s, header.source_port);
    uint32_t sum = checksum_pseudo(&flow.remote, &flow.local, DOBOS_TCP, (uint32_t)w.position);
    sum = (uint32_t)checksum_fold(sum) + checksum_fold(checksum_add(0, bytes, w.position));
    store_be16(bytes + 16, checksum_finish(sum));
    struct dobos_packet *packet = dobos_packet_from_bytes(s->pool, bytes, w.position, NULL);
    if (!packet)
        return;
    struct transport_result result = {0};
    const struct sender *sender = flow_find(&s->transport, &flow);
    bool is_connection = sender && sender->kind == SENDER_TCP;
    flow.local_port = flow.remote_port = 0;
    flow.interface = s->interface;
    tcp_receive(&s->transport, packet, &flow, in->ecn, false, s->now, &result);
    if (is_connection && !result.half_open) /* host/ must hear whose state may have changed */
        assert_ptr_equal(&result.socket->sender, sender);
    s->reason = result.reason;
    s->progress = result.progress;
    take_result(s, &result);
    check_invariants(s);
}

void advance(struct script *s, dobos_time time) {
    dobos_time end = s->now + time;
    for (;;) {
        dobos_time next = timing_wheel_next(&s->wheel);
        if (next > end)
            break;
        dobos_time before = s->now;
        s->now = next > s->now ? next : s->now;
        s->ts += (uint32_t)((s->now - before) / MS);
        struct timer *timer;
        while ((timer = timing_wheel_take(&s->wheel, s->now))) {
            struct transport_result result = {0};
            if (timer->kind == TIMER_TCP_CONNECTION)
                tcp_on_timer(&s->transport, timer, s->now, &result);
            else
                tcp_half_open_on_timer(&s->transport, timer, s->now, &result);
            take_result(s, &result);
        }
    }
    s->ts += (uint32_t)((end - s->now) / MS);
    s->now = end;
    check_invariants(s);
}

/* ---- expectations ---- */

static const char *flags_text(unsigned flags, char text[10]) {
    static const char letters[] = "FSRPAUECN";
    unsigned length = 0;
    for (unsigned i = 0; i < 9; i++) {
        if (flags & 1u << i)
            text[length++] = letters[i];
    }
    text[length] = 0;
    return text;
}

static void fail_at(const struct script *s, const char *file, int line, const char *what) {
    char text[10];
    print_error("# isn %u peer %u options %d: %s\n", s->isn.raw, s->peer_isn.raw, s->timestamps,
                what);
    for (unsigned i = 0; i < s->out_count && i < 20; i++) {
        const struct out *out = &s->out[s->out_first + i];
        print_error("#   waiting: %s seq %u len %u ack %u win %u\n", flags_text(out->flags, text),
                    out->seq, out->length, out->ack, out->window);
    }
    _fail(file, line);
}

void expect_at(struct script *s, unsigned flags, uint32_t seq, uint32_t length, uint32_t ack,
               const char *file, int line) {
    char text[10];
    if (s->out_count == 0) {
        fail_at(s, file, line, "a segment was expected, none was sent");
        return;
    }
    s->last = s->out[s->out_first];
    const struct out *out = &s->last;
    bool same = out->flags == flags && out->seq == seq && out->length == length &&
                (!(flags & A) || out->ack == ack);
    if (!same) {
        print_error("# expected: %s seq %u len %u ack %u\n", flags_text(flags, text), seq, length,
                    ack);
        fail_at(s, file, line, "another segment was sent");
    }
    s->out_first++;
    s->out_count--;
    if (s->out_count == 0)
        s->out_first = 0;
}

void expect_nothing_at(struct script *s, const char *file, int line) {
    if (s->out_count > 0)
        fail_at(s, file, line, "nothing was expected to be sent");
}

unsigned drain_out(struct script *s) {
    unsigned count = s->out_count;
    s->out_first = s->out_count = 0;
    return count;
}

/* ---- the program ---- */

struct tcp_connection *script_connection(struct script *s) {
    assert_non_null(s->socket);
    return connection_of(s->socket);
}

static struct dobos_socket *new_socket(struct script *s) {
    struct dobos_socket *socket = tcp_create(&s->transport);
    assert_non_null(socket);
    assert_true(s->count < SCRIPT_SOCKETS);
    s->sockets[s->count++] = socket;
    return socket;
}

void script_listen(struct script *s, unsigned backlog) {
    s->listener = new_socket(s);
    s->listener->sender.flow.local_port = SCRIPT_PORT;
    assert_int_equal(tcp_listen(&s->transport, s->listener, backlog), 0);
}

void script_connect(struct script *s) {
    s->socket = new_socket(s);
    struct flow *flow = &s->socket->sender.flow;
    flow->local = script_flow(s, 0).local;
    flow->local_port = SCRIPT_PORT;
    assert_int_equal(port_claim(&s->transport, s->socket), 0);
    flow->remote = script_flow(s, 0).remote;
    flow->remote_port = SCRIPT_PEER_PORT;
    assert_int_equal(tcp_connect(&s->transport, s->socket, s->now), -DOBOS_EINPROGRESS);
}

void script_establish(struct script *s) {
    script_connect(s);
    pump(s);
    expect(s, S, 0, 0, 0);
    inject(s, &(struct in){.flags = SA, .seq = 0, .ack = 1});
    expect(s, A, 1, 0, 1);
    assert_state(s, DOBOS_TCP_ESTABLISHED);
}

void script_establish_passive(struct script *s) {
    script_listen(s, 8);
    inject(s, &(struct in){.flags = S, .seq = 0});
    expect(s, SA, 0, 0, 1);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1});
    expect_nothing(s);
    assert_int_equal(tcp_accept(&s->transport, s->listener, &s->socket), 0);
    assert_state(s, DOBOS_TCP_ESTABLISHED);
}

void script_in_midstream(struct script *s) {
    struct tcp_connection *c = script_connection(s);
    assert_true(connection_flight_borrow(&s->transport, c));
    c->quick_acks = 0;
    c->answer_until = s->now;
}

int64_t program_send(struct script *s, uint32_t length) {
    uint8_t *bytes = malloc(length + 1);
    struct tcp_connection *c = script_connection(s);
    uint32_t place = seq_distance(c->snd_end, s->isn);
    for (uint32_t i = 0; i < length; i++)
        bytes[i] = script_byte(place + i);
    int64_t done = tcp_send(&s->transport, s->socket, bytes, length);
    free(bytes);
    pump(s);
    return done;
}

int64_t program_read(struct script *s, uint32_t room) {
    uint8_t *bytes = malloc(room + 1);
    struct tcp_connection *c = script_connection(s);
    size_t queued = c->flight ? c->flight->receive.bytes : 0;
    uint32_t place = seq_distance(c->rcv_nxt, s->peer_isn) - (uint32_t)queued - c->reads_eof;
    int64_t done = tcp_read(&s->transport, s->socket, bytes, room);
    for (int64_t i = 0; i < done; i++)
        assert_int_equal(bytes[i], script_byte(place + (uint32_t)i));
    free(bytes);
    pump(s);
    return done;
}

void program_close(struct script *s) {
    tcp_close(&s->transport, s->socket, s->now);
    pump(s);
}

void assert_state_at(struct script *s, enum dobos_tcp_state state, const char *file, int line) {
    _assert_int_equal(script_connection(s)->state, state, file, line);
}

bool script_is_gone(struct script *s) {
    return s->socket == NULL;
}

struct reached script_reach(struct script *s, enum dobos_tcp_state state) {
    if (state == DOBOS_TCP_LISTEN) {
        script_listen(s, 8);
        return (struct reached){0, 1};
    }
    if (state == DOBOS_TCP_CLOSED)
        return (struct reached){0, 1};
    if (state == DOBOS_TCP_SYN_SENT || state == DOBOS_TCP_SYN_RECEIVED) {
        script_connect(s);
        pump(s);
        if (state == DOBOS_TCP_SYN_RECEIVED)
            inject(s, &(struct in){.flags = S, .seq = 0});
        drain_out(s);
        return (struct reached){state == DOBOS_TCP_SYN_RECEIVED ? 1 : 0, 1};
    }
    script_establish(s);
    struct reached at = {1, 1};
    if (state == DOBOS_TCP_CLOSE_WAIT || state == DOBOS_TCP_LAST_ACK) {
        inject(s, &(struct in){.flags = FA, .seq = 1, .ack = 1});
        at.peer_next = 2;
    }
    if (state >= DOBOS_TCP_FIN_WAIT_1 && state != DOBOS_TCP_CLOSE_WAIT) {
        assert_int_equal(tcp_shutdown(&s->transport, s->socket, DOBOS_SHUTDOWN_SEND), 0);
        pump(s);
        at.own_next = 2;
    }
    if (state == DOBOS_TCP_FIN_WAIT_2 || state == DOBOS_TCP_TIME_WAIT)
        inject(s, &(struct in){.flags = A, .seq = 1, .ack = 2});
    if (state == DOBOS_TCP_CLOSING || state == DOBOS_TCP_TIME_WAIT) {
        uint32_t ack = state == DOBOS_TCP_CLOSING ? 1 : 2;
        inject(s, &(struct in){.flags = FA, .seq = 1, .ack = ack});
        at.peer_next = 2;
    }
    drain_out(s);
    assert_state(s, state);
    return at;
}

/* The scoreboard holds what is in flight, without a gap, and its sums are right. */
static void check_board(const struct tcp_connection *c) {
    const struct scoreboard *board = &c->flight->board;
    uint32_t bytes[3] = {0}, resent = 0;
    struct seq next = c->snd_una;
    for (uint32_t i = 0; i < board->count; i++) {
        const struct sent *sent = scoreboard_at(board, board->first + i);
        assert_true(seq_eq(sent->seq, next) && sent->length > 0);
        bytes[sent->state] += sent->length;
        resent += sent->state == SENT_IN_FLIGHT && sent->sendings > 1 ? sent->length : 0;
        next = seq_add(next, sent->length);
    }
    assert_true(seq_eq(next, c->snd_nxt));
    assert_int_equal(board->in_flight.bytes, bytes[SENT_IN_FLIGHT]);
    assert_int_equal(board->sacked_bytes, bytes[SENT_SACKED]);
    assert_int_equal(board->lost.bytes, bytes[SENT_LOST]);
    assert_int_equal(board->resent_bytes, resent);
}

static void check_connection(const struct script *s, const struct tcp_connection *c) {
    assert_true(c->state <= DOBOS_TCP_TIME_WAIT);
    assert_true(seq_le(c->snd_una, c->snd_nxt));
    if (c->state >= DOBOS_TCP_ESTABLISHED) {
        assert_true(seq_le(c->rcv_nxt, c->rcv_adv));
        assert_true(seq_distance(c->rcv_adv, c->rcv_nxt) <= c->receive_limit + 16384);
        assert_true(c->snd_wscale <= 14 && c->rcv_wscale <= 14);
        if (connection_in_flight(c) > 0 && c->state != DOBOS_TCP_TIME_WAIT)
            assert_int_not_equal(c->send_timer, TCP_SEND_TIMER_OFF);
    }
    if (c->send_timer != TCP_SEND_TIMER_OFF) {
        assert_true(c->deadlines[TCP_DEADLINE_SEND] != DOBOS_NEVER);
        assert_true(timer_is_armed(&c->socket.timer));
        assert_true(c->socket.timer.deadline <= c->deadlines[TCP_DEADLINE_SEND]);
    }
    if (c->flight && c->state >= DOBOS_TCP_ESTABLISHED)
        check_board(c);
    if (c->flight)
        assert_true(c->flight->congestion.cwnd > 0 && c->flight->congestion.ssthresh > 0);
    (void)s;
}

void check_invariants(struct script *s) {
    size_t charged = 0;
    for (unsigned i = 0; i < s->count; i++) {
        const struct tcp_connection *c = connection_of(s->sockets[i]);
        check_connection(s, c);
        charged += c->flight ? c->flight->charged : 0;
    }
    assert_int_equal(s->transport.buffer_bytes, charged);
}
