/* pair: see pair.h. */
#include "pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void *pair_allocate(void *context, size_t bytes, const char *site) {
    struct pair *pair = context;
    (void)site;
    pair->allocations++;
    if (pair->fail_at != 0 && pair->allocations == pair->fail_at) {
        pair->failures++;
        return NULL;
    }
    pair->outstanding += (int64_t)bytes;
    return malloc(bytes);
}

static void pair_release(void *context, void *memory, size_t bytes) {
    struct pair *pair = context;
    pair->outstanding -= (int64_t)bytes;
    free(memory);
}

void pair_init(struct pair *pair, uint64_t seed, const struct channel *channel) {
    memset(pair, 0, sizeof *pair);
    struct dobos_allocator allocator = {pair, pair_allocate, pair_release};
    struct dobos_pool_config config = {.size = sizeof config, .allocator = &allocator};
    assert_int_equal(dobos_pool_create(&config, &pair->pool), 0);
    pair->channel = *channel;
    pair->random = random_make(seed);
    pair->now = 1000 * DOBOS_SECOND + (dobos_time)(random_next(&pair->random) >> 12);
    for (unsigned i = 0; i < 2; i++) {
        uint8_t secret[DOBOS_KEY_BYTES];
        struct station *side = &pair->side[i];
        for (size_t j = 0; j < sizeof secret; j++)
            secret[j] = (uint8_t)random_next(&pair->random);
        assert_true(timing_wheel_init(&side->wheel, pool_allocator(pair->pool), pair->now));
        transport_init(&side->transport, pair->pool, &side->wheel, secret, 64 << 20);
        side->address = dobos_address_ipv4(0x0a000001 + i);
    }
}

void pair_fini(struct pair *pair) {
    for (unsigned i = 0; i < 2; i++) {
        struct station *side = &pair->side[i];
        while (side->count > 0)
            tcp_destroy(&side->transport, side->sockets[--side->count]);
        transport_fini(&side->transport);
        timing_wheel_fini(&side->wheel, pool_allocator(pair->pool));
    }
    for (unsigned i = 0; i < pair->flying_count; i++)
        dobos_packet_release(pair->flying[i].packet);
    dobos_pool_destroy(pair->pool);
    assert_int_equal(pair->outstanding, 0);
}

static void register_socket(struct station *side, struct dobos_socket *socket) {
    assert_true(side->count < PAIR_SOCKETS);
    side->sockets[side->count++] = socket;
}

static void launch(struct pair *pair, unsigned from, struct dobos_packet *packet,
                   const struct flow *flow, uint8_t ecn, dobos_time extra) {
    assert_true(pair->flying_count < PAIR_PACKETS);
    const struct channel *channel = &pair->channel;
    dobos_time jitter = channel->jitter > 0
                            ? (dobos_time)random_below(&pair->random, (uint64_t)channel->jitter + 1)
                            : 0;
    struct flow seen = *flow;
    seen.local = flow->remote;
    seen.remote = flow->local;
    pair->flying[pair->flying_count++] = (struct flying){
        .at = pair->now + channel->delay + jitter + extra,
        .order = pair->order++,
        .packet = packet,
        .flow = {.local = seen.local, .remote = seen.remote, .interface = 2},
        .to = 1 - from,
        .ecn = ecn,
    };
}

/* The wire's bytes of a packet; super-segments are only for channels that are no wire. */
static struct dobos_packet *to_wire(struct pair *pair, struct dobos_packet *packet) {
    static uint8_t bytes[DOBOS_PACKET_MAX_BYTES];
    packet_finish_checksum(packet);
    assert_int_equal(packet->offload.gso, DOBOS_GSO_NONE);
    size_t length = dobos_packet_read(packet, 0, bytes, sizeof bytes);
    dobos_packet_release(packet);
    if (random_is_hit(&pair->random, pair->channel.corrupt))
        bytes[random_below(&pair->random, length)] ^=
            (uint8_t)(1 + random_below(&pair->random, 255));
    return dobos_packet_from_bytes(pair->pool, bytes, length, NULL);
}

enum {
    KIND_END = 0,
    KIND_NOTHING = 1,
    KIND_TIMESTAMPS = 8
}; /* of options */

/* Makes the timestamp that a segment echoes older. */
static void echo_lie(struct dobos_packet *packet, uint32_t older) {
    uint8_t *header = packet_pull(packet, TCP_HEADER_BYTES);
    const uint32_t length = (header[12] >> 4) * 4u;
    header = packet_pull(packet, length);
    for (uint32_t i = TCP_HEADER_BYTES; i < length && header[i] != KIND_END;) {
        uint8_t *echo = header + i + 6;
        if (header[i] == KIND_TIMESTAMPS)
            store_be32(echo, load_be32(echo) - older);
        i += header[i] == KIND_NOTHING ? 1 : header[i + 1];
    }
}

/* Puts a segment (take) on the channel. */
static void carry(struct pair *pair, unsigned from, struct dobos_packet *packet,
                  const struct flow *flow) {
    uint8_t ecn = packet->ecn;
    pair->sent++;
    if (ecn != ECN_NOT_ECT && pair->channel.mark > 0 &&
        random_is_hit(&pair->random, pair->channel.mark))
        ecn = ECN_CE;
    if (getenv("DOBOS_TRACE")) {
        uint8_t *h = packet_pull(packet, 20);
        print_message("# %lld.%03lld %u seq %u ack %u flags %02x win %u len %u opt %u\n",
                      (long long)(pair->now / 1000000), (long long)(pair->now / 1000 % 1000), from,
                      load_be32(h + 4), load_be32(h + 8), h[13], load_be16(h + 14),
                      packet->length - (h[12] >> 4) * 4u, (h[12] >> 4) * 4u - 20u);
    }
    if (pair->channel.lie > 0 && from == 1)
        echo_lie(packet, pair->channel.lie);
    if (random_is_hit(&pair->random, pair->channel.loss)) {
        pair->lost++;
        dobos_packet_release(packet);
        return;
    }
    if (pair->channel.wire)
        packet = to_wire(pair, packet);
    if (!packet)
        return;
    if (random_is_hit(&pair->random, pair->channel.duplicate)) {
        struct dobos_packet *twin = dobos_packet_clone(packet);
        if (twin)
            launch(pair, from, twin, flow, ecn, 0);
    }
    launch(pair, from, packet, flow, ecn, 0);
}

static void path_set(const struct pair *pair, struct sender *sender) {
    sender->path.mtu = sender->path.link_mtu = pair->channel.mtu;
    sender->path.gso_bytes = pair->channel.gso_bytes;
    sender->path.interface = 2;
}

static void send_half_open(struct pair *pair, unsigned side, struct sender *sender) {
    struct station *station = &pair->side[side];
    path_set(pair, sender);
    struct dobos_packet *packet = tcp_half_open_transmit(&station->transport, sender, pair->now);
    if (packet)
        carry(pair, side, packet, &sender->flow);
}

static void take_result(struct pair *pair, unsigned side, struct transport_result *result) {
    struct station *station = &pair->side[side];
    if (result->created)
        register_socket(station, result->created);
    if (result->half_open)
        send_half_open(pair, side, result->half_open);
    if (result->reply)
        carry(pair, side, result->reply, &result->reply_flow);
}

static void flush_side(struct pair *pair, unsigned side) {
    struct station *station = &pair->side[side];
    for (unsigned i = 0; i < station->count; i++) {
        struct dobos_socket *socket = station->sockets[i];
        path_set(pair, &socket->sender);
        while (socket->sender.wants_output) {
            struct dobos_packet *packet = tcp_transmit(&station->transport, socket, pair->now);
            if (!packet)
                break;
            carry(pair, side, packet, &socket->sender.flow);
        }
        if (tcp_is_finished(socket)) {
            tcp_destroy(&station->transport, socket);
            station->sockets[i--] = station->sockets[--station->count];
        }
    }
}

void pair_flush(struct pair *pair) {
    flush_side(pair, 0);
    flush_side(pair, 1);
}

static unsigned next_flying(const struct pair *pair) {
    unsigned best = 0;
    for (unsigned i = 1; i < pair->flying_count; i++) {
        const struct flying *a = &pair->flying[i], *b = &pair->flying[best];
        if (a->at < b->at || (a->at == b->at && a->order < b->order))
            best = i;
    }
    return best;
}

static void arrive(struct pair *pair, unsigned index) {
    struct flying flying = pair->flying[index];
    struct transport_result result = {0};
    pair->flying[index] = pair->flying[--pair->flying_count];
    pair->now = flying.at > pair->now ? flying.at : pair->now;
    flying.packet->transport_offset = 0;
    tcp_receive(&pair->side[flying.to].transport, flying.packet, &flying.flow, flying.ecn, false,
                pair->now, &result);
    if (getenv("DOBOS_TRACE") && result.reason != DROP_NONE)
        print_message("# %lld %u drops: %s\n", (long long)(pair->now / 1000000), flying.to,
                      drop_reason_text(result.reason));
    take_result(pair, flying.to, &result);
}

static void expire(struct pair *pair, unsigned side) {
    struct station *station = &pair->side[side];
    struct timer *timer;
    while ((timer = timing_wheel_take(&station->wheel, pair->now))) {
        struct transport_result result = {0};
        if (timer->kind == TIMER_TCP_CONNECTION)
            tcp_on_timer(&station->transport, timer, pair->now, &result);
        else
            tcp_half_open_on_timer(&station->transport, timer, pair->now, &result);
        take_result(pair, side, &result);
    }
}

bool pair_step(struct pair *pair, dobos_time until) {
    pair_flush(pair);
    dobos_time timers =
        min_i64(timing_wheel_next(&pair->side[0].wheel), timing_wheel_next(&pair->side[1].wheel));
    unsigned first = next_flying(pair);
    dobos_time packets = pair->flying_count > 0 ? pair->flying[first].at : DOBOS_NEVER;
    dobos_time next = min_i64(timers, packets);
    if (next == DOBOS_NEVER || next > until) {
        pair->now = until != DOBOS_NEVER && until > pair->now ? until : pair->now;
        return false;
    }
    if (packets <= timers) {
        arrive(pair, first);
    } else {
        pair->now = timers > pair->now ? timers : pair->now;
        expire(pair, 0);
        expire(pair, 1);
    }
    pair_flush(pair);
    return true;
}

void pair_run(struct pair *pair, dobos_time until) {
    while (pair_step(pair, until))
        continue;
}

struct dobos_socket *pair_listen(struct pair *pair, unsigned side, uint16_t port,
                                 unsigned backlog) {
    struct station *station = &pair->side[side];
    struct dobos_socket *socket = tcp_create(&station->transport);
    if (!socket)
        return NULL;
    register_socket(station, socket);
    socket->sender.flow.local_port = port;
    if (tcp_listen(&station->transport, socket, backlog) < 0)
        return NULL;
    return socket;
}

struct dobos_socket *pair_connect(struct pair *pair, unsigned side, uint16_t port) {
    struct station *station = &pair->side[side];
    struct dobos_socket *socket = tcp_create(&station->transport);
    if (!socket)
        return NULL;
    register_socket(station, socket);
    socket->sender.flow.local = station->address;
    socket->sender.flow.remote = pair->side[1 - side].address;
    socket->sender.flow.remote_port = port;
    if (tcp_connect(&station->transport, socket, pair->now) != -DOBOS_EINPROGRESS)
        return NULL;
    return socket;
}

void pair_close(struct pair *pair, unsigned side, struct dobos_socket *socket) {
    tcp_close(&pair->side[side].transport, socket, pair->now);
}
