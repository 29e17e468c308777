/* stage: see stage.h. */
#include "stage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "notation.h"

#define START       (1000 * DOBOS_SECOND)
#define EVENTS_MOST 200000

void stage_init(struct stage *s, const struct edge *edge) {
    bool is_loud = s->is_loud;
    memset(s, 0, sizeof(*s));
    s->is_loud = is_loud;
    s->edge = *edge;
    s->start = s->now = START + edge->start_after;
}

static bool interface_open(struct stage *s, uint32_t mtu) {
    struct dobos_interface_config config = {
        .size = sizeof(config), .name = "eth0", .mac = {{2, 0, 0, 0, 0, 1}}, .mtu = mtu};
    struct dobos_interface_address address = {
        .prefix = {.address = dobos_address_ipv4(HOST_ADDRESS), .length = 24},
        .valid_until = DOBOS_NEVER,
        .preferred_until = DOBOS_NEVER,
        .origin = DOBOS_ORIGIN_STATIC,
    };
    return dobos_interface_add(s->host, &config) == 2 &&
           dobos_address_add(s->host, 2, &address) == 0;
}

bool stage_open(struct stage *s, const struct dobos_tcp_config *tcp, uint32_t mtu,
                size_t buffer_limit_bytes) {
    struct dobos_allocator allocator = failing_allocator_hook(&s->memory);
    struct dobos_pool_config pool = {.size = sizeof(pool), .allocator = &allocator};
    struct dobos_host_config host = {.size = sizeof(host),
                                     .name = "host",
                                     .key = {3, 1, 4, 1, 5, 9, 2, 6},
                                     .buffer_limit_bytes = buffer_limit_bytes,
                                     .tcp = *tcp};
    return dobos_pool_create(&pool, &s->pool) == 0 &&
           dobos_host_create(s->pool, &host, s->now, &s->host) == 0 && interface_open(s, mtu);
}

bool stage_fini(struct stage *s) {
    struct dobos_pool_statistics statistics = {0};
    while (stage_first(s))
        stage_take(s);
    if (s->host)
        dobos_host_destroy(s->host);
    s->host = NULL;
    if (s->pool) {
        dobos_pool_statistics_read(s->pool, &statistics);
        dobos_pool_destroy(s->pool);
    }
    s->pool = NULL;
    return statistics.packets == 0 && s->memory.live == 0;
}

dobos_time stage_time(const struct stage *s) {
    return s->now - s->start;
}

uint8_t stage_byte(uint32_t place) {
    return (uint8_t)(place * 7 + (place >> 8) * 13);
}

struct channel *stage_channel(struct stage *s, uint16_t peer_port) {
    for (unsigned i = 0; i < s->channel_count; i++)
        if (s->channels[i].peer_port == peer_port)
            return &s->channels[i];
    unsigned place = s->channel_count < STAGE_CHANNELS ? s->channel_count++ : STAGE_CHANNELS - 1;
    struct channel *made = &s->channels[place];
    *made = (struct channel){.peer_port = peer_port, .own_port = HOST_PORT};
    return made;
}

/* ---- what the host sends ---- */

/* Initial numbers, and where the stream's bytes stand right. */
static const char *channel_learn(struct stage *s, const struct seen *seen) {
    const struct segment *segment = &seen->segment;
    struct channel *channel = stage_channel(s, segment->destination);
    if (segment->flags & SYN) {
        channel->isn_known = true;
        channel->isn = segment->seq;
        channel->own_port = segment->source;
        channel->own_offers_ts = false;
    }
    for (unsigned i = 0; i < segment->option_count; i++) {
        const struct option *option = &segment->options[i];
        if (option->kind == OPTION_FO && option->length > 0)
            channel->cookie = *option;
        if (option->kind != OPTION_TS || option->count != 2)
            continue;
        channel->own_offers_ts |= (segment->flags & SYN) != 0;
        if (!channel->ts_known)
            channel->ts_zero = option->value[0] - (uint32_t)(seen->at / DOBOS_MILLISECOND);
        channel->ts_known = true;
        channel->ts_last = option->value[0];
    }
    uint32_t place = segment->seq - channel->isn - (segment->flags & SYN ? 0 : 1);
    for (uint32_t i = 0; i < segment->length; i++)
        if (segment->data[i] != stage_byte(place + i))
            return "data that is not the stream's";
    return NULL;
}

static void see(struct stage *s, struct dobos_packet *packet) {
    size_t length = dobos_packet_length(packet);
    uint8_t *bytes = malloc(length), answer[60];
    length = dobos_packet_read(packet, 0, bytes, length);
    dobos_packet_release(packet);
    uint8_t frame[FRAME_BYTES];
    size_t answered = frame_arp(frame, bytes, length);
    if (answered > 0) {
        memcpy(answer, frame, answered);
        packet = dobos_packet_from_bytes(s->pool, answer, answered, NULL);
        dobos_input(s->host, 2, &packet, 1, s->now);
        free(bytes);
        return;
    }
    struct seen seen = {.at = stage_time(s), .bytes = bytes};
    const char *fault = frame_parse(bytes, length, &seen.segment);
    if (!fault && s->count < STAGE_SEEN) {
        fault = channel_learn(s, &seen);
        s->seen[(s->first + s->count++) % STAGE_SEEN] = seen;
        if (s->is_loud)
            notation_print(s, ">", seen.at, &seen.segment);
    } else {
        free(bytes);
    }
    if (fault && *fault && !s->fault)
        s->fault = fault;
}

void stage_collect(struct stage *s) {
    struct dobos_packet *packets[16];
    unsigned count;
    while ((count = dobos_output(s->host, 2, packets, 16, s->now)) > 0)
        for (unsigned i = 0; i < count; i++)
            see(s, packets[i]);
}

struct seen *stage_first(struct stage *s) {
    return s->count > 0 ? &s->seen[s->first] : NULL;
}

void stage_take(struct stage *s) {
    free(s->seen[s->first].bytes);
    s->first = (s->first + 1) % STAGE_SEEN;
    s->count--;
}

/* ---- time, and what it gets ---- */

void stage_run(struct stage *s, dobos_time end, bool stops) {
    stage_collect(s);
    for (;;) {
        dobos_time next = dobos_next_deadline(s->host);
        if ((stops && s->count > 0) || next > end)
            break;
        if (++s->events > EVENTS_MOST) {
            s->fault = "timers without end";
            break;
        }
        s->now = next > s->now ? next : s->now;
        dobos_advance(s->host, s->now);
        stage_collect(s);
    }
    if (!stops && end > s->now) {
        s->now = end;
        dobos_advance(s->host, s->now);
        stage_collect(s);
    }
}

void stage_input(struct stage *s, uint8_t *const *frames, const size_t *lengths, unsigned count) {
    struct dobos_packet *packets[DOBOS_BURST_PACKETS];
    for (unsigned i = 0; i < count; i++)
        packets[i] = dobos_packet_from_bytes(s->pool, frames[i], lengths[i], NULL);
    dobos_input(s->host, 2, packets, count, s->now);
    stage_collect(s);
}
