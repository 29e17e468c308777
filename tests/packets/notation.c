/* notation: see notation.h. */
#include "notation.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    char letter;
    unsigned flag;
} LETTERS[] = {{'S', SYN}, {'F', FIN}, {'R', RST}, {'P', PSH}, {'U', URG},
               {'E', ECE}, {'W', CWR}, {'A', AE},  {'.', ACK}};

static const struct {
    const char *name;
    unsigned kind;
} KINDS[] = {{"nop", OPTION_NOP},         {"eol", OPTION_EOL},        {"mss", OPTION_MSS},
             {"wscale", OPTION_WSCALE},   {"sackOK", OPTION_SACK_OK}, {"sack", OPTION_SACK},
             {"TS", OPTION_TS},           {"FO", OPTION_FO},          {"AccECN0", OPTION_ACCECN0},
             {"AccECN1", OPTION_ACCECN1}, {"bytes", OPTION_BYTES}};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- reading ---- */

static bool value_read(struct play *play, struct option *option) {
    int64_t number = 0;
    if (play_sign(play, "*"))
        option->any |= 1u << option->count;
    else if (!play_number(play, &number))
        return false;
    option->value[option->count++] = (uint32_t)number;
    return true;
}

static bool hex_read(struct play *play, struct option *option) {
    char word[2 * sizeof(option->raw) + 1] = "", pair[3] = "";
    if (play_sign(play, "*")) {
        option->any = 1;
        return true;
    }
    play->at += strspn(play->at, " ");
    size_t length = strspn(play->at, "0123456789abcdef");
    if (length % 2 == 1 || length >= sizeof(word))
        return play_fault(play, "an even number of hexadecimal digits is expected");
    memcpy(word, play->at, length);
    play->at += length;
    for (size_t i = 0; i < length; i += 2) {
        memcpy(pair, word + i, 2);
        option->raw[option->length++] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return true;
}

static bool option_values_read(struct play *play, struct option *option, const char *name) {
    int64_t kind;
    switch (option->kind) {
    case OPTION_NOP:
    case OPTION_EOL:
    case OPTION_SACK_OK:
        return true;
    case OPTION_MSS:
    case OPTION_WSCALE:
        return value_read(play, option);
    case OPTION_TS:
        return (play_word(play, "val") || play_fault(play, "val is expected")) &&
               value_read(play, option) &&
               (play_word(play, "ecr") || play_fault(play, "ecr is expected")) &&
               value_read(play, option);
    case OPTION_SACK:
    case OPTION_ACCECN0:
    case OPTION_ACCECN1:
        while (option->count < 8 && *(play->at += strspn(play->at, " ")) != ',' &&
               *play->at != '>') {
            if (!value_read(play, option))
                return false;
            play_sign(play, ":");
        }
        return true;
    case OPTION_BYTES:
        return hex_read(play, option);
    case OPTION_FO:
        if (play_word(play, "cookie")) {
            option->any = 2;
            return true;
        }
        return hex_read(play, option);
    default:
        if (strcmp(name, "kind") != 0 || !play_number(play, &kind))
            return play_fault(play, "an option is expected, not %s", name);
        option->kind = (unsigned)kind;
        return hex_read(play, option);
    }
}

/* Behind "<". */
static bool options_read(struct play *play, struct pattern *pattern) {
    char name[16];
    pattern->has_options = true;
    if (play_sign(play, ">"))
        return true;
    do {
        if (pattern->option_count == OPTIONS_MOST)
            return play_fault(play, "too many options");
        struct option *option = &pattern->options[pattern->option_count++];
        if (!play_name(play, name, sizeof(name)))
            return false;
        *option = (struct option){.kind = UINT32_MAX};
        for (unsigned i = 0; i < COUNT(KINDS); i++)
            if (strcmp(KINDS[i].name, name) == 0)
                option->kind = KINDS[i].kind;
        if (!option_values_read(play, option, name))
            return false;
    } while (play_sign(play, ","));
    return play_sign(play, ">") || play_fault(play, "> is expected behind the options");
}

static bool attribute_read(struct play *play, struct pattern *pattern) {
    static const char *const codepoints[] = {"noecn", "ect1", "ect0", "ce"};
    int64_t number;
    for (int i = 0; i < 4; i++) {
        if (play_word(play, codepoints[i])) {
            pattern->ecn = i;
            return true;
        }
    }
    if (play_word(play, "df"))
        pattern->dont_fragment = 1;
    else if (play_word(play, "nodf"))
        pattern->dont_fragment = 0;
    else if (play_word(play, "burst"))
        pattern->is_burst = true;
    else if (play_word(play, "badsum"))
        pattern->is_broken = true;
    else if (play_word(play, "other"))
        pattern->is_other = true;
    else if (play_word(play, "port") && play_number(play, &number))
        pattern->port = (uint16_t)number;
    else if (play_word(play, "ttl") && play_number(play, &number))
        pattern->ttl = (int)number;
    else if (play_word(play, "tos") && play_number(play, &number))
        pattern->tos = (int)number;
    else if (play_word(play, "words") && play_number(play, &number))
        pattern->header_words = (unsigned)number;
    else
        return play_fault(play, "an attribute is expected at %.12s", play->at);
    return true;
}

static bool flags_read(struct play *play, struct pattern *pattern) {
    bool found = true, any = false;
    play->at += strspn(play->at, " ");
    while (found) {
        found = false;
        for (unsigned i = 0; i < COUNT(LETTERS) && !found; i++) {
            if (*play->at == LETTERS[i].letter) {
                pattern->flags |= LETTERS[i].flag;
                found = any = true;
                play->at++;
            }
        }
    }
    if (!any && play_sign(play, "-"))
        any = true;
    return any || play_fault(play, "flags are expected (of SFRPUEWA. or -)");
}

/* START:END(LENGTH) */
static bool range_read(struct play *play, struct pattern *pattern) {
    int64_t start = 0, end = 0, length = 0;
    if (!play_number(play, &start) || !play_sign(play, ":") || !play_number(play, &end) ||
        !play_sign(play, "(") || !play_number(play, &length) || !play_sign(play, ")"))
        return play_fault(play, "START:END(LENGTH) is expected");
    pattern->start = (uint32_t)start;
    pattern->length = (uint32_t)length;
    if (end - start != length || length % pattern->times != 0)
        return play_fault(play, "these numbers do not agree");
    return true;
}

bool pattern_read(struct play *play, struct pattern *pattern) {
    int64_t number;
    *pattern = (struct pattern){
        .times = 1, .ecn = -1, .dont_fragment = -1, .ttl = -1, .tos = -1, .port = PEER_PORT};
    if (play_sign(play, "[")) {
        do {
            if (!attribute_read(play, pattern))
                return false;
        } while (play_sign(play, ","));
        if (!play_sign(play, "]"))
            return play_fault(play, "] is expected");
    }
    play->at += strspn(play->at, " ");
    if (*play->at >= '0' && *play->at <= '9') {
        if (!play_number(play, &number) || !play_sign(play, "x") || number < 1)
            return play_fault(play, "NUMBERx is expected");
        pattern->times = (uint32_t)number;
    }
    if (!flags_read(play, pattern) || !range_read(play, pattern))
        return false;
    while (!play_is_end(play)) {
        if (play_word(play, "ack") && play_number(play, &number)) {
            pattern->has_ack = true;
            pattern->ack = (uint32_t)number;
        } else if (play_word(play, "win") && play_number(play, &number)) {
            pattern->has_window = true;
            pattern->window = (uint32_t)number;
        } else if (play_word(play, "urg") && play_number(play, &number)) {
            pattern->has_urgent = true;
            pattern->urgent = (uint32_t)number;
        } else if (play_sign(play, "<")) {
            if (!options_read(play, pattern))
                return false;
        } else {
            return play_fault(play, "ack, win, urg or <options> are expected at %.12s", play->at);
        }
    }
    return true;
}

/* ---- to the host ---- */

/* From relative to the wire's numbers. */
static void option_raise(const struct stage *s, const struct channel *channel,
                         struct option *option) {
    if (option->kind == OPTION_FO && option->any == 2)
        *option = channel->cookie;
    if (option->kind == OPTION_TS && option->count == 2) {
        option->value[0] += s->edge.peer_ts;
        if (option->value[1] != 0 && channel->ts_known)
            option->value[1] += channel->ts_zero;
    }
    for (unsigned i = 0; i < option->count && option->kind == OPTION_SACK; i++)
        option->value[i] += channel->isn;
}

static void timestamps_add(struct stage *s, const struct channel *channel,
                           struct segment *segment) {
    if (!channel->peer_offers_ts || !channel->own_offers_ts || (segment->flags & RST))
        return;
    struct option *option = &segment->options[segment->option_count++];
    *option = (struct option){.kind = OPTION_TS, .count = 2};
    option->value[0] = s->edge.peer_ts + (uint32_t)(stage_time(s) / DOBOS_MILLISECOND);
    option->value[1] = segment->flags & ACK ? channel->ts_last : 0;
}

void pattern_segment(struct play *play, const struct pattern *pattern, uint32_t nth,
                     struct segment *segment) {
    static uint8_t data[FRAME_BYTES];
    struct stage *s = &play->stage;
    struct channel *channel = stage_channel(s, pattern->port);
    uint32_t length = pattern->length / pattern->times;
    uint32_t start = pattern->start + nth * length;
    *segment = (struct segment){
        .source = pattern->port,
        .destination = channel->own_port,
        .seq = s->edge.peer_isn + start,
        .ack = pattern->has_ack ? channel->isn + pattern->ack : 0,
        .flags = pattern->flags,
        .window = (uint16_t)(pattern->has_window ? pattern->window : 65535),
        .urgent = (uint16_t)pattern->urgent,
        .tos = (uint8_t)((pattern->tos >= 0 ? pattern->tos : 0) |
                         (pattern->ecn >= 0 ? pattern->ecn : 0)),
        .is_broken = pattern->is_broken,
        .header_words = pattern->header_words,
        .data = data,
        .length = length,
    };
    if (pattern->flags & SYN) {
        channel->peer_syn = start;
        channel->peer_offers_ts = false;
    }
    for (unsigned i = 0; i < pattern->option_count; i++) {
        struct option *option = &segment->options[segment->option_count++];
        *option = pattern->options[i];
        if ((pattern->flags & SYN) && option->kind == OPTION_TS)
            channel->peer_offers_ts = true;
        option_raise(s, channel, option);
    }
    if (!pattern->has_options)
        timestamps_add(s, channel, segment);
    uint32_t place = start - channel->peer_syn - (pattern->flags & SYN ? 0 : 1);
    for (uint32_t i = 0; i < length && i < sizeof(data); i++)
        data[i] = (uint8_t)(stage_byte(place + i) ^ (pattern->is_other ? 0xff : 0));
}

/* ---- from the host ---- */

/* From the wire's numbers to relative ones. */
static void option_lower(const struct stage *s, const struct channel *channel, unsigned flags,
                         bool is_own, struct option *option) {
    uint32_t own_ts = channel->ts_zero, peer_ts = s->edge.peer_ts;
    if (option->kind == OPTION_TS && option->count == 2) {
        option->value[0] -= is_own ? own_ts : peer_ts;
        if ((flags & ACK) && (is_own || option->value[1] != 0))
            option->value[1] -= is_own ? peer_ts : own_ts;
    }
    for (unsigned i = 0; i < option->count && option->kind == OPTION_SACK; i++)
        option->value[i] -= is_own ? s->edge.peer_isn : channel->isn;
}

static bool option_is_met(const struct channel *channel, const struct option *wanted,
                          const struct option *found) {
    if (wanted->kind != found->kind)
        return false;
    if (wanted->kind == OPTION_FO && wanted->any == 2)
        wanted = &channel->cookie;
    if (wanted->count != found->count || (wanted->count == 0 && wanted->any == 1))
        return wanted->count == 0 && wanted->any == 1;
    for (unsigned i = 0; i < wanted->count; i++)
        if (!(wanted->any & 1u << i) && wanted->value[i] != found->value[i])
            return false;
    return wanted->length == found->length && memcmp(wanted->raw, found->raw, found->length) == 0;
}

static bool options_are_met(const struct stage *s, const struct channel *channel,
                            const struct pattern *pattern, const struct segment *segment) {
    unsigned found = 0;
    for (unsigned i = 0; i < pattern->option_count; i++) {
        const struct option *wanted = &pattern->options[i];
        if (wanted->kind == OPTION_NOP || wanted->kind == OPTION_EOL)
            continue;
        if (found == segment->option_count)
            return false;
        struct option lowered = segment->options[found++];
        option_lower(s, channel, segment->flags, true, &lowered);
        if (!option_is_met(channel, wanted, &lowered))
            return false;
    }
    return found == segment->option_count;
}

/* A number of the host's, relative; a reset of what nobody waits for has number 0 on the wire, too
 * (RFC 9293 §3.10.7.1). */
static uint32_t own_relative(const struct channel *channel, const struct segment *segment) {
    bool is_void = (segment->flags & (RST | ACK)) == (RST | ACK) && segment->seq == 0;
    return is_void ? 0 : segment->seq - channel->isn;
}

bool pattern_is_met(struct play *play, const struct pattern *pattern, uint32_t nth,
                    const struct segment *segment) {
    struct stage *s = &play->stage;
    const struct channel *channel = stage_channel(s, pattern->port);
    uint32_t length = pattern->length / pattern->times;
    uint32_t start = pattern->start + nth * length;
    bool acks = (pattern->flags & ACK) != 0;
    return segment->destination == pattern->port && segment->flags == pattern->flags &&
           own_relative(channel, segment) == start && segment->length == length &&
           (!acks || !pattern->has_ack || segment->ack - s->edge.peer_isn == pattern->ack) &&
           (!pattern->has_window || segment->window == pattern->window) &&
           (!pattern->has_urgent || segment->urgent == pattern->urgent) &&
           (pattern->ecn < 0 || (segment->tos & 3) == pattern->ecn) &&
           (pattern->tos < 0 || (segment->tos & 0xfc) == pattern->tos) &&
           (pattern->ttl < 0 || segment->ttl == pattern->ttl) &&
           (pattern->dont_fragment < 0 || segment->dont_fragment == pattern->dont_fragment) &&
           (!pattern->has_options || options_are_met(s, channel, pattern, segment));
}

/* ---- writing ---- */

struct writing {
    char *text;
    size_t room, length;
};

static void put(struct writing *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(struct writing *w, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(w->text + w->length, w->room - w->length, format, arguments);
    va_end(arguments);
    w->length += length > 0 ? (size_t)length : 0;
    if (w->length >= w->room)
        w->length = w->room - 1;
}

static void option_write(struct writing *w, const struct option *option) {
    const char *name = NULL;
    for (unsigned i = 0; i < COUNT(KINDS); i++)
        if (KINDS[i].kind == option->kind)
            name = KINDS[i].name;
    if (name)
        put(w, "%s", name);
    else
        put(w, "kind %u", option->kind);
    if (option->kind == OPTION_TS && option->count == 2)
        put(w, " val %u ecr %u", option->value[0], option->value[1]);
    else
        for (unsigned i = 0; i < option->count; i++)
            put(w, "%s%u", option->kind == OPTION_SACK && i % 2 == 1 ? ":" : " ", option->value[i]);
    for (unsigned i = 0; i < option->length; i++)
        put(w, "%s%02x", i == 0 ? " " : "", option->raw[i]);
}

void notation_write(struct stage *s, const struct segment *segment, bool is_own, char *text,
                    size_t room) {
    static const char *const codepoints[] = {"", "ect1", "ect0", "ce"};
    struct writing w = {.text = text, .room = room};
    uint16_t port = is_own ? segment->destination : segment->source;
    const struct channel *channel = stage_channel(s, port);
    uint32_t start = is_own ? own_relative(channel, segment) : segment->seq - s->edge.peer_isn;
    uint32_t other = is_own ? s->edge.peer_isn : channel->isn;
    if (port != PEER_PORT)
        put(&w, "[port %u] ", port);
    if (segment->tos & 3)
        put(&w, "[%s] ", codepoints[segment->tos & 3]);
    for (unsigned i = 0; i < COUNT(LETTERS); i++)
        if (segment->flags & LETTERS[i].flag)
            put(&w, "%c", LETTERS[i].letter);
    put(&w, "%s %d:%d(%u)", segment->flags ? "" : "-", (int32_t)start,
        (int32_t)(start + segment->length), segment->length);
    if (segment->flags & ACK)
        put(&w, " ack %u", segment->ack - other);
    put(&w, " win %u", segment->window);
    if (segment->urgent)
        put(&w, " urg %u", segment->urgent);
    for (unsigned i = 0; i < segment->option_count; i++) {
        struct option option = segment->options[i];
        option_lower(s, channel, segment->flags, is_own, &option);
        put(&w, i == 0 ? " <" : ",");
        option_write(&w, &option);
    }
    if (segment->option_count > 0)
        put(&w, ">");
}

void notation_print(struct stage *s, const char *way, dobos_time at,
                    const struct segment *segment) {
    char text[512];
    notation_write(s, segment, *way == '>', text, sizeof(text));
    printf("# %9.6f %s %s\n", (double)at / DOBOS_SECOND, way, text);
}
