/*
 * play: a packet script being played (docs/packet-scripts.md), line by line, on a stage of its own;
 * and the reading of words, numbers and times, which all that reads lines does by these functions.
 */
#ifndef TESTS_PACKETS_PLAY_H
#define TESTS_PACKETS_PLAY_H

#include "stage.h"
#include "text.h"

#define PLAY_SOCKETS 64

/* What a script calls by a number. */
struct slot {
    struct dobos_socket *socket; /* NULL: none */
    uint32_t sent, received;     /* bytes by this program */
};

struct play {
    struct stage stage;
    const struct text *openings; /* what `begins` may name */
    const struct text *text;     /* the script's file */
    const struct line *line;     /* being played */
    const char *at;              /* what of it is not read yet */
    struct slot slots[PLAY_SOCKETS];
    unsigned last;         /* the slot of the last call */
    dobos_time time, room; /* of the line: not before `time`, at most `room` later */
    bool is_ready;         /* the host has been made */
    char fault[4096];      /* "": none */
};

/* Plays the script whose head is line `at` of play->text, with numbers that begin at `edge`;
 * play->fault says what went wrong. */
void play_script(struct play *play, unsigned at, const struct edge *edge);

/* Says what is wrong with the present line, once; false. */
bool play_fault(struct play *play, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The next word, if it is this one; then it is read. */
bool play_word(struct play *play, const char *word);
/* The same of signs, behind which anything may stand. */
bool play_sign(struct play *play, const char *sign);
/* A number; a fault where there is none. */
bool play_number(struct play *play, int64_t *number);
/* A word of letters, digits and any of "-_."; cut to the room. A fault where there is none. */
bool play_name(struct play *play, char *name, size_t room);
/* Whether everything of the line is read. */
bool play_is_end(struct play *play);

/* calls.c: a call of the program's. False: it is none, and nothing is read. */
bool call_play(struct play *play);
/* facts.c: what stands between %{ and }%. */
void facts_play(struct play *play);
/* settings.c: the rest of a settings line. */
struct settings {
    struct dobos_tcp_config tcp;
    uint32_t mtu;
    size_t buffer_limit_bytes;
};
bool settings_read(struct play *play, struct settings *settings);

#endif
