/*
 * packets [-v] [--list] [--only PATH:LINE] FILE…: plays packet scripts in virtual time
 * (docs/packet-scripts.md), one test each, and prints TAP. Each is played with initial sequence
 * numbers and timestamps at several edges. --list prints PATH:LINE, what each names as its line of
 * the code, its title and its behaviour, with tabs between. -v plays once and shows every segment.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "play.h"

#define NUMBERS_A_MS 250 /* a host's initial numbers go on with its clock (RFC 9293 §3.4.1) */

struct choice {
    bool lists, is_loud;
    const char *only; /* PATH:LINE; NULL: all */
    unsigned passed, failed;
};

/* What stands behind "mutate " in a script; "": it names none. */
static const char *mutation_of(const struct text *text, unsigned at) {
    for (unsigned i = at + 1; i < text_block_end(text, at); i++) {
        if (strncmp(text->lines[i].text, "mutate ", 7) == 0)
            return text->lines[i].text + 7;
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

static const char *base_of(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static void tell_fault(const char *text) {
    printf("# ");
    for (; *text; text++) {
        putchar(*text);
        if (*text == '\n')
            printf("# ");
    }
    putchar('\n');
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

static void play_one(struct play *play, unsigned at, struct choice *choice) {
    const struct line *head = &play->text->lines[at];
    const char *title = head->text + strlen("script: ");
    char place[4096];
    (void)snprintf(place, sizeof(place), "%s:%u", head->path, head->number);
    if (choice->only && strcmp(choice->only, place) != 0)
        return;
    if (choice->lists) {
        printf("%s\t%s\t%s\t%s\n", place, mutation_of(play->text, at), title,
               behaviour_of(play->text, at));
        choice->passed++;
        return;
    }
    play->stage.is_loud = choice->is_loud;
    *play->fault = 0;
    edges_play(play, at, choice->is_loud);
    bool failed = *play->fault;
    *(failed ? &choice->failed : &choice->passed) += 1;
    printf("%s %u - %.*s: %s\n", failed ? "not ok" : "ok", choice->passed + choice->failed,
           (int)strcspn(base_of(head->path), "."), base_of(head->path), title);
    if (failed)
        tell_fault(play->fault);
}

/* What `begins` names when the file itself has none of it: openings.pkt one folder up. */
static void openings_read(struct text *openings, const char *path) {
    static char place[4096];
    (void)snprintf(place, sizeof(place), "%.*s/../openings.pkt",
                   base_of(path) > path ? (int)(base_of(path) - path - 1) : 1,
                   base_of(path) > path ? path : ".");
    (void)text_read(openings, place);
}

/* False: it cannot be read, or holds no script. */
static bool play_file(const char *path, struct choice *choice) {
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
        play_one(&play, at, choice);
        count++;
    }
    if (count == 0)
        (void)fprintf(stderr, "packets: %s holds no script\n", path);
    text_free(&text);
    text_free(&openings);
    return count > 0;
}

int main(int count, char **words) {
    struct choice choice = {0};
    int status = 0;
    for (int i = 1; i < count; i++) {
        if (strcmp(words[i], "-v") == 0)
            choice.is_loud = true;
        else if (strcmp(words[i], "--list") == 0)
            choice.lists = true;
        else if (strcmp(words[i], "--only") == 0 && i + 1 < count)
            choice.only = words[++i];
        else if (!play_file(words[i], &choice))
            status = 1;
    }
    if (!choice.lists)
        printf("1..%u\n", choice.passed + choice.failed);
    return status || choice.failed > 0 || choice.passed == 0;
}
