/*
 * tcp_options: see tcp_options.h. A known kind of the wrong length is stepped over like an unknown
 * one; of a kind that stands twice the last counts. Which options may stand in which segment is the
 * connection's to judge.
 */
#include "wire/tcp_options.h"

enum kind {
    KIND_END = 0,
    KIND_NOTHING = 1,
    KIND_MSS = 2,
    KIND_WINDOW_SCALE = 3,
    KIND_SACK_PERMITTED = 4,
    KIND_SACK = 5,
    KIND_TIMESTAMPS = 8,
    KIND_FAST_OPEN = 34,
    KIND_ECN_0 = 172,
    KIND_ECN_1 = 174,
};

#define SACK_BLOCK_BYTES  8u
#define ECN_COUNTER_BYTES 3u

static void sack_parse(struct slice data, struct tcp_options *parsed) {
    if (data.length == 0 || data.length % SACK_BLOCK_BYTES != 0 ||
        data.length / SACK_BLOCK_BYTES > TCP_SACK_BLOCKS)
        return;
    parsed->sack_count = (uint8_t)(data.length / SACK_BLOCK_BYTES);
    for (size_t i = 0; i < parsed->sack_count; i++) {
        const uint8_t *at = data.bytes + i * SACK_BLOCK_BYTES;
        parsed->sack[i].left = seq_make(load_be32(at));
        parsed->sack[i].right = seq_make(load_be32(at + 4));
    }
}

static uint32_t load_be24(const uint8_t *at) {
    return (uint32_t)at[0] << 16 | load_be16(at + 1);
}

/* The whole counters that fit; what is left is padding [rfc9768#56]. */
static void ecn_parse(bool is_order_1, struct slice data, struct tcp_options *parsed) {
    parsed->has_ecn = true;
    parsed->ecn = (struct tcp_ecn_option){
        .is_order_1 = is_order_1,
        .count = (uint8_t)min_size(data.length / ECN_COUNTER_BYTES, TCP_ECN_COUNTERS)};
    for (size_t i = 0; i < parsed->ecn.count; i++)
        parsed->ecn.counter[i] = load_be24(data.bytes + i * ECN_COUNTER_BYTES);
}

/* [rfc7413#9] */
static void fast_open_parse(struct slice data, struct tcp_options *parsed) {
    bool is_right = data.length == 0 || (data.length >= 4 && data.length % 2 == 0 &&
                                         data.length <= TCP_FAST_OPEN_MAX_BYTES);
    if (!is_right)
        return;
    parsed->has_fast_open = true;
    parsed->fast_open_length = (uint8_t)data.length;
    memcpy(parsed->fast_open, data.bytes, data.length);
}

/* [rfc9293#7] [rfc1122#122] */
static void option_parse(uint8_t kind, struct slice data, struct tcp_options *parsed) {
    if (kind == KIND_MSS && data.length == 2) {
        parsed->has_mss = true;
        parsed->mss = load_be16(data.bytes);
    } else if (kind == KIND_WINDOW_SCALE && data.length == 1) {
        parsed->has_window_scale = true;
        parsed->window_scale = data.bytes[0];
    } else if (kind == KIND_SACK_PERMITTED && data.length == 0) {
        parsed->sack_permitted = true;
    } else if (kind == KIND_TIMESTAMPS && data.length == 8) {
        parsed->has_timestamps = true;
        parsed->ts_value = load_be32(data.bytes);
        parsed->ts_echo = load_be32(data.bytes + 4);
    } else if (kind == KIND_SACK) {
        sack_parse(data, parsed);
    } else if (kind == KIND_FAST_OPEN) {
        fast_open_parse(data, parsed);
    } else if (kind == KIND_ECN_0 || kind == KIND_ECN_1) {
        ecn_parse(kind == KIND_ECN_1, data, parsed);
    }
}

/* Each turn consumes a byte at least [rfc9293#5] [rfc9293#8] [rfc1122#123] [rfc9293#11]. */
void tcp_options_parse(struct slice options, struct tcp_options *parsed) {
    struct reader r = reader_make(options.bytes, options.length);
    *parsed = (struct tcp_options){0};
    while (reader_rest(&r) > 0) {
        uint8_t kind = reader_u8(&r);
        if (kind == KIND_END)
            return;
        if (kind == KIND_NOTHING)
            continue;
        uint8_t length = reader_u8(&r);
        if (length < 2 || !reader_has(&r, length - 2u)) {
            parsed->malformed = true;
            return;
        }
        option_parse(kind, reader_slice(&r, length - 2u), parsed);
    }
}

size_t tcp_ecn_option_length(uint8_t count) {
    return (2u + count * ECN_COUNTER_BYTES + 3u) & ~(size_t)3;
}

/* Bytes of all but accurate ECN and SACK; every group is a multiple of 4. */
static size_t first_length(const struct tcp_options *options) {
    size_t length = options->has_timestamps ? 12 : options->sack_permitted ? 4 : 0;
    size_t fast_open = options->has_fast_open ? (options->fast_open_length + 5u) & ~3u : 0;
    return length + (options->has_mss ? 4u : 0u) + (options->has_window_scale ? 4u : 0u) +
           fast_open;
}

/* Bytes of the accurate ECN option; 0: there is none, or no room for it. */
static size_t ecn_length(const struct tcp_options *options) {
    size_t length = options->has_ecn ? tcp_ecn_option_length(options->ecn.count) : 0;
    return first_length(options) + length <= TCP_OPTIONS_MAX_BYTES ? length : 0;
}

/* Bytes of all but SACK. */
static size_t fixed_length(const struct tcp_options *options) {
    return first_length(options) + ecn_length(options);
}

/* How many SACK blocks the 40 bytes have room for, behind the others. */
static size_t sack_blocks(const struct tcp_options *options) {
    size_t rest = TCP_OPTIONS_MAX_BYTES - fixed_length(options);
    size_t room = rest < 4 ? 0 : (rest - 4) / SACK_BLOCK_BYTES;
    return min_size(min_size(options->sack_count, TCP_SACK_BLOCKS), room);
}

size_t tcp_options_length(const struct tcp_options *options) {
    size_t blocks = sack_blocks(options);
    return fixed_length(options) + (blocks > 0 ? 4 + blocks * SACK_BLOCK_BYTES : 0);
}

/* Padding stands in front. */
static void ecn_emit(struct writer *w, const struct tcp_ecn_option *ecn) {
    const size_t length = 2u + ecn->count * ECN_COUNTER_BYTES;
    for (size_t i = length; i < tcp_ecn_option_length(ecn->count); i++)
        writer_u8(w, KIND_NOTHING);
    writer_u8(w, ecn->is_order_1 ? KIND_ECN_1 : KIND_ECN_0);
    writer_u8(w, (uint8_t)length);
    for (size_t i = 0; i < ecn->count; i++) {
        writer_u8(w, (uint8_t)(ecn->counter[i] >> 16));
        writer_be16(w, (uint16_t)ecn->counter[i]);
    }
}

/* Padding stands behind, as Linux has it. */
static void fast_open_emit(struct writer *w, const struct tcp_options *options) {
    writer_u8(w, KIND_FAST_OPEN);
    writer_u8(w, (uint8_t)(options->fast_open_length + 2));
    for (size_t i = 0; i < options->fast_open_length; i++)
        writer_u8(w, options->fast_open[i]);
    for (size_t i = options->fast_open_length + 2u; i % 4 != 0; i++)
        writer_u8(w, KIND_NOTHING);
}

/* Timestamps and SACK blocks begin at multiples of 4: SACK permitted, or two NOPs, stand before the
 * timestamps. */
void tcp_options_emit(struct writer *w, const struct tcp_options *options) {
    if (options->has_mss) {
        writer_be16(w, KIND_MSS << 8 | 4);
        writer_be16(w, options->mss);
    }
    if (options->sack_permitted) {
        if (!options->has_timestamps)
            writer_be16(w, KIND_NOTHING << 8 | KIND_NOTHING);
        writer_be16(w, KIND_SACK_PERMITTED << 8 | 2);
    } else if (options->has_timestamps) {
        writer_be16(w, KIND_NOTHING << 8 | KIND_NOTHING);
    }
    if (options->has_timestamps) {
        writer_be16(w, KIND_TIMESTAMPS << 8 | 10);
        writer_be32(w, options->ts_value);
        writer_be32(w, options->ts_echo);
    }
    if (options->has_window_scale) {
        writer_be16(w, KIND_NOTHING << 8 | KIND_WINDOW_SCALE);
        writer_be16(w, (uint16_t)(3 << 8 | options->window_scale));
    }
    if (options->has_fast_open)
        fast_open_emit(w, options);
    if (ecn_length(options) > 0)
        ecn_emit(w, &options->ecn);
    size_t blocks = sack_blocks(options);
    if (blocks > 0) {
        writer_be16(w, KIND_NOTHING << 8 | KIND_NOTHING);
        writer_be16(w, (uint16_t)(KIND_SACK << 8 | (2 + blocks * SACK_BLOCK_BYTES)));
        for (size_t i = 0; i < blocks; i++) {
            writer_be32(w, options->sack[i].left.raw);
            writer_be32(w, options->sack[i].right.raw);
        }
    }
}
