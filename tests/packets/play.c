/* play: see play.h. */
#include "play.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "notation.h"

#define TOLERANCE DOBOS_MILLISECOND /* of a time where no range is written */

/* ---- reading ---- */

bool play_fault(struct play *play, const char *format, ...) {
    va_list arguments;
    if (*play->fault)
        return false;
    int used = snprintf(play->fault, sizeof(play->fault), "%s:%u: %s\n%s:%u: ", play->line->path,
                        play->line->number, play->line->text, play->line->path, play->line->number);
    if (used < 0 || (size_t)used >= sizeof(play->fault))
        return false;
    va_start(arguments, format);
    (void)vsnprintf(play->fault + used, sizeof(play->fault) - (size_t)used, format, arguments);
    va_end(arguments);
    return false;
}

static bool is_of_name(char c) {
    return isalnum((unsigned char)c) || c == '_' || c == '-' || c == '.';
}

bool play_sign(struct play *play, const char *sign) {
    const char *at = play->at + strspn(play->at, " ");
    if (strncmp(at, sign, strlen(sign)) != 0)
        return false;
    play->at = at + strlen(sign);
    return true;
}

bool play_word(struct play *play, const char *word) {
    const char *before = play->at;
    if (play_sign(play, word) && !is_of_name(*play->at))
        return true;
    play->at = before;
    return false;
}

bool play_number(struct play *play, int64_t *number) {
    const char *at = play->at + strspn(play->at, " ");
    char *end;
    if (!isdigit((unsigned char)at[*at == '-']))
        return play_fault(play, "a number is expected at %.12s", at);
    *number = strtoll(at, &end, 10);
    play->at = end;
    return true;
}

bool play_name(struct play *play, char *name, size_t room) {
    size_t length = 0;
    play->at += strspn(play->at, " ");
    for (; is_of_name(*play->at); play->at++)
        if (length + 1 < room)
            name[length++] = *play->at;
    name[length] = 0;
    return length > 0 || play_fault(play, "a word is expected at %.12s", play->at);
}

bool play_is_end(struct play *play) {
    return play->at[strspn(play->at, " ")] == 0;
}

/* Seconds with up to nine decimals. */
static bool seconds_read(struct play *play, dobos_time *time) {
    const char *at = play->at;
    dobos_time unit = DOBOS_SECOND;
    *time = 0;
    if (!isdigit((unsigned char)*at))
        return play_fault(play, "a time in seconds is expected at %.12s", at);
    while (isdigit((unsigned char)*at))
        *time = *time * 10 + (*at++ - '0');
    *time *= DOBOS_SECOND;
    if (*at == '.')
        for (at++; isdigit((unsigned char)*at); at++)
            *time += (*at - '0') * (unit /= 10);
    play->at = at;
    return true;
}

/* "0.1", "+0.1", "+0.1~0.2": of the script, or since the line before. */
static bool time_read(struct play *play) {
    bool is_relative = play_sign(play, "+");
    dobos_time base = is_relative ? stage_time(&play->stage) : 0, first, last;
    if (!seconds_read(play, &first))
        return false;
    last = first;
    if (play_sign(play, "~") && !seconds_read(play, &last))
        return false;
    play->time = base + first;
    play->room = last - first;
    return true;
}

/* ---- what was sent and not expected ---- */

static const char *written(struct play *play, const struct seen *seen) {
    static char text[600];
    int used = snprintf(text, sizeof(text), "%.6f ", (double)seen->at / DOBOS_SECOND);
    notation_write(&play->stage, &seen->segment, true, text + used, sizeof(text) - (size_t)used);
    return text;
}

/* Nothing waits that was sent before this instant (or at it, if `at_once`). */
static bool is_quiet(struct play *play, bool at_once) {
    const struct seen *seen = stage_first(&play->stage);
    if (play->stage.fault)
        return play_fault(play, "the host has sent %s", play->stage.fault);
    if (seen && (at_once || seen->at < stage_time(&play->stage)))
        return play_fault(play, "sent, but not expected: %s", written(play, seen));
    return true;
}

/* Time passes until the line's. */
static bool come(struct play *play) {
    dobos_time now = stage_time(&play->stage);
    if (play->time + TOLERANCE < now)
        return play_fault(play, "time does not run back: it is %.6f", (double)now / DOBOS_SECOND);
    stage_run(&play->stage, play->stage.start + play->time, false);
    if (play->stage.is_loud)
        printf("# %s\n", play->line->text);
    return is_quiet(play, false);
}

/* ---- lines ---- */

static const struct {
    const char *name;
    uint8_t type, code;
} ERRORS[] = {
    {"net-unreachable", 3, 0},  {"host-unreachable", 3, 1}, {"protocol-unreachable", 3, 2},
    {"port-unreachable", 3, 3}, {"frag-needed", 3, 4},      {"prohibited", 3, 13},
    {"source-quench", 4, 0},    {"time-exceeded", 11, 0},   {"parameter-problem", 12, 0},
};

/* icmp NAME [mtu N] about FLAGS RANGE */
static void icmp_play(struct play *play) {
    static uint8_t frame[FRAME_BYTES];
    struct stage *s = &play->stage;
    uint8_t *frames[] = {frame};
    struct pattern pattern;
    char name[32];
    int64_t mtu = 0;
    unsigned i = 0, count = sizeof(ERRORS) / sizeof(ERRORS[0]);
    if (!play_name(play, name, sizeof(name)))
        return;
    while (i < count && strcmp(ERRORS[i].name, name) != 0)
        i++;
    if (i == count || (play_word(play, "mtu") && !play_number(play, &mtu)) ||
        !play_word(play, "about") || !pattern_read(play, &pattern)) {
        play_fault(play, "icmp NAME [mtu N] about SEGMENT is expected");
        return;
    }
    const struct channel *channel = stage_channel(s, pattern.port);
    struct segment about = {.source = channel->own_port,
                            .destination = pattern.port,
                            .seq = channel->isn + pattern.start,
                            .length = pattern.length};
    size_t length = frame_icmp(frame, ERRORS[i].type, ERRORS[i].code, (uint16_t)mtu, &about);
    stage_input(s, frames, &length, 1);
}

static void inject_play(struct play *play) {
    static uint8_t bytes[DOBOS_BURST_PACKETS][FRAME_BYTES];
    uint8_t *frames[DOBOS_BURST_PACKETS];
    size_t lengths[DOBOS_BURST_PACKETS];
    struct stage *s = &play->stage;
    struct pattern pattern;
    struct segment segment;
    unsigned count = 0;
    if (!come(play))
        return;
    if (play_word(play, "icmp")) {
        icmp_play(play);
        return;
    }
    if (!pattern_read(play, &pattern))
        return;
    for (uint32_t i = 0; i < pattern.times; i++) {
        pattern_segment(play, &pattern, i, &segment);
        if (s->is_loud)
            notation_print(s, "<", stage_time(s), &segment);
        frames[count] = bytes[count];
        lengths[count] = frame_segment(bytes[count], &segment);
        count++;
        if (!pattern.is_burst || count == DOBOS_BURST_PACKETS || i + 1 == pattern.times) {
            stage_input(s, frames, lengths, count);
            count = 0;
        }
    }
}

static void expect_one(struct play *play, const struct pattern *pattern, uint32_t nth) {
    struct stage *s = &play->stage;
    dobos_time last = play->time + play->room + (play->room > 0 ? 0 : TOLERANCE);
    dobos_time first = play->time - (play->room > 0 ? 0 : TOLERANCE);
    stage_run(s, s->start + last, true);
    struct seen *seen = stage_first(s);
    if (s->fault) {
        play_fault(play, "the host has sent %s", s->fault);
    } else if (!seen) {
        play_fault(play, "expected at %.6f, but nothing was sent",
                   (double)play->time / DOBOS_SECOND);
    } else if (seen->at < first || seen->at > last) {
        play_fault(play, "expected at %.6f, but sent: %s", (double)play->time / DOBOS_SECOND,
                   written(play, seen));
    } else if (!pattern_is_met(play, pattern, nth, &seen->segment)) {
        play_fault(play, "expected at %.6f (segment %u of %u), but sent: %s",
                   (double)play->time / DOBOS_SECOND, nth + 1, pattern->times, written(play, seen));
    } else {
        stage_take(s);
    }
}

/* "N segments", whatever they are; "* segments": as many as there are. */
static bool crowd_play(struct play *play) {
    struct stage *s = &play->stage;
    const char *before = play->at;
    int64_t wanted = -1;
    bool any = play_sign(play, "*");
    if (!any &&
        (!isdigit((unsigned char)play->at[strspn(play->at, " ")]) || !play_number(play, &wanted))) {
        play->at = before;
        return false;
    }
    if (!play_word(play, "segments")) {
        play->at = before;
        return false;
    }
    stage_run(s, s->start + play->time, false);
    if (!any && s->count != wanted)
        play_fault(play, "%u segments were sent", s->count);
    while (stage_first(s))
        stage_take(s);
    return true;
}

static void expect_play(struct play *play) {
    struct pattern pattern;
    if (play->time + TOLERANCE < stage_time(&play->stage)) {
        play_fault(play, "time does not run back");
    } else if (play_word(play, "nothing")) {
        stage_run(&play->stage, play->stage.start + play->time, false);
        is_quiet(play, true);
    } else if (!crowd_play(play) && pattern_read(play, &pattern)) {
        for (uint32_t i = 0; i < pattern.times && !*play->fault; i++)
            expect_one(play, &pattern, i);
    }
}

static void line_play(struct play *play) {
    struct stage *s = &play->stage;
    play->at = play->line->text;
    if (!time_read(play))
        return;
    if (play_sign(play, "<")) {
        inject_play(play);
    } else if (play_sign(play, ">")) {
        expect_play(play);
    } else if (play_sign(play, "%{")) {
        if (come(play))
            facts_play(play);
    } else if (come(play)) {
        if (!call_play(play))
            play_fault(play, "<, >, %%{ or a call is expected at %.12s", play->at);
        stage_collect(s);
    }
    if (!play_is_end(play))
        play_fault(play, "the line goes on: %s", play->at);
}

/* ---- scripts ---- */

/* What a line says that is no event; NULL: it is another. */
static const char *rest_of(const struct line *line, const char *word) {
    size_t length = strlen(word);
    return strncmp(line->text, word, length) == 0 && line->text[length] == ' '
               ? line->text + length + 1
               : NULL;
}

/* The opening's place in *text, or a fault. */
static bool opening_find(struct play *play, const char *name, const struct text **text,
                         unsigned *at) {
    char head[80];
    (void)snprintf(head, sizeof(head), "opening %s", name);
    const struct text *texts[] = {play->text, play->openings};
    for (unsigned i = 0; i < 2; i++) {
        *text = texts[i];
        for (*at = 0; texts[i] && (*at = text_head(*text, *at, head)) < (*text)->count; ++*at)
            if (strcmp((*text)->lines[*at].text, head) == 0)
                return true;
    }
    return play_fault(play, "there is no opening %s", name);
}

/* All settings of a block; those of its opening first. */
static void block_settings(struct play *play, const struct text *text, unsigned at,
                           struct settings *settings) {
    const struct text *opening;
    unsigned place;
    for (unsigned i = at + 1; i < text_block_end(text, at); i++) {
        play->line = &text->lines[i];
        const char *begins = rest_of(play->line, "begins");
        if (begins && opening_find(play, begins, &opening, &place))
            for (unsigned j = place + 1; j < text_block_end(opening, place); j++) {
                play->line = &opening->lines[j];
                play->at = rest_of(play->line, "settings");
                if (play->at && !settings_read(play, settings))
                    return;
            }
    }
    for (unsigned i = at + 1; i < text_block_end(text, at); i++) {
        play->line = &text->lines[i];
        play->at = rest_of(play->line, "settings");
        if (play->at && !settings_read(play, settings))
            return;
    }
}

static void block_play(struct play *play, const struct text *text, unsigned at, bool may_begin) {
    const struct text *opening;
    unsigned place;
    for (unsigned i = at + 1; i < text_block_end(text, at) && !*play->fault; i++) {
        const struct line *line = play->line = &text->lines[i];
        const char *begins = rest_of(line, "begins");
        if (rest_of(line, "mutate") || rest_of(line, "settings") || rest_of(line, "covers"))
            continue;
        if (begins && may_begin && opening_find(play, begins, &opening, &place))
            block_play(play, opening, place, false);
        else if (!begins)
            line_play(play);
    }
}

void play_script(struct play *play, unsigned at, const struct edge *edge) {
    struct settings settings = {0};
    stage_init(&play->stage, edge);
    memset(play->slots, 0, sizeof(play->slots));
    *play->fault = 0;
    block_settings(play, play->text, at, &settings);
    play->line = &play->text->lines[at];
    if (!*play->fault &&
        !stage_open(&play->stage, &settings.tcp, settings.mtu, settings.buffer_limit_bytes))
        play_fault(play, "the host refuses these settings");
    if (!*play->fault)
        block_play(play, play->text, at, true);
    if (!*play->fault)
        is_quiet(play, true);
    if (!stage_fini(&play->stage) && !*play->fault)
        play_fault(play, "memory has leaked");
}
