/*
 * packets [-v] [--list] [--only PATH:LINE] FILE…: plays packet scripts in virtual time
 * (docs/packet-scripts.md; the words: tests/base/played.h). Each is played with initial sequence
 * numbers and timestamps at several edges; with -v once. --list has the behaviour at its end.
 */
#include <stdio.h>
#include <string.h>

#include "../base/played.h"

#include "play.h"

#define NUMBERS_A_MS 250 /* a host's initial numbers go on with its clock (RFC 9293 §3.4.1) */

/* What stands behind "mutate " in a script; "": it names none. */
static const char *mutation_of(const struct text *text, unsigned at) {
    for (unsigned i = at + 1; i < text_block_end(text, at); i++) {
        if (played_mutation(text->lines[i].text))
            return played_mutation(text->lines[i].text);
    }
    return "";
}

/* The last heading before a script. */
static const char *behaviour_of(const struct text *text, unsigned at) {
    while (at-- > 0) {
        if (text->lines[at].is_head && strncmp(text->lines[at].text, "behaviour: ", 11) == 0)
            return text->lines[at].text + 11;
    }
    return "";
}

/* Plays it at each edge; the first that fails stays in play->fault. The first run tells what the
 * host's own first number is; later ones begin when that is near an edge. */
static void edges_play(struct play *play, unsigned at, bool once) {
    struct edge edges[] = {
        {.peer_isn = 0, .peer_ts = 0},
        {.peer_isn = 0x7fffffff, .peer_ts = 0x7fffffff, .moves_own = true, .own_isn = 0x7fffffff},
        {.peer_isn = 0xffffffff, .peer_ts = 0xffffffff, .moves_own = true, .own_isn = 0xffffffff},
    };
    uint32_t isn = 0;
    for (unsigned i = 0; i < (once ? 1 : sizeof(edges) / sizeof(edges[0])) && !*play->fault; i++) {
        if (edges[i].moves_own)
            edges[i].start_after = (edges[i].own_isn - isn) / NUMBERS_A_MS * DOBOS_MILLISECOND;
        play_script(play, at, &edges[i]);
        if (i == 0)
            isn = play->stage.channels[0].isn;
        size_t used = strlen(play->fault);
        if (used > 0)
            (void)snprintf(play->fault + used, sizeof(play->fault) - used,
                           "\nwith initial numbers at %s",
                           i == 0   ? "0"
                           : i == 1 ? "2^31"
                                    : "2^32");
    }
}

static void play_one(struct play *play, unsigned at, struct played *played) {
    const struct line *head = &play->text->lines[at];
    const struct played_test test = {.path = head->path,
                                     .line = head->number,
                                     .title = head->text + strlen("script: "),
                                     .mutation = mutation_of(play->text, at),
                                     .behaviour = behaviour_of(play->text, at)};
    if (!played_wants(played, &test))
        return;
    play->stage.is_loud = played->is_loud;
    *play->fault = 0;
    edges_play(play, at, played->is_loud);
    played_tell(played, &test, play->fault);
}

/* What `begins` names when the file itself has none of it: openings.pkt one folder up. */
static void openings_read(struct text *openings, const char *path) {
    static char place[4096];
    const char *slash = strrchr(path, '/');
    (void)snprintf(place, sizeof(place), "%.*s/../openings.pkt", slash ? (int)(slash - path) : 1,
                   slash ? path : ".");
    (void)text_read(openings, place);
}

/* False: it cannot be read, or holds no script. */
static bool play_file(const char *path, struct played *played) {
    static struct play play;
    struct text text, openings;
    unsigned count = 0;
    openings_read(&openings, path);
    if (!text_read(&text, path)) {
        (void)fprintf(stderr, "packets: %s cannot be read\n", path);
        text_free(&text);
        text_free(&openings);
        return false;
    }
    play.text = &text;
    play.openings = &openings;
    for (unsigned at = text_head(&text, 0, "script: "); at < text.count;
         at = text_head(&text, at + 1, "script: ")) {
        play_one(&play, at, played);
        count++;
    }
    if (count == 0)
        (void)fprintf(stderr, "packets: %s holds no script\n", path);
    text_free(&text);
    text_free(&openings);
    return count > 0;
}

int main(int count, char **words) {
    return played_run(count, words, play_file);
}
