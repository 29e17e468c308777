/*
 * scenarios [-v] [--list] [--only PATH:LINE] FILE…: plays resolver scenarios in virtual time
 * (docs/scenarios.md), one test each, and prints TAP. --list prints PATH:LINE, what each names as
 * its line of the resolver, and its title, with tabs between. -v shows every message.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "script.h"

struct choice {
    bool lists, is_loud;
    const char *only; /* PATH:LINE; NULL: all */
    unsigned passed, failed;
};

static const char *title_of(const struct script *script, unsigned at) {
    return script->lines[at].text + strlen("scenario: ");
}

/* What stands behind "mutate " in a scenario; "": it names none. */
static const char *mutation_of(const struct script *script, unsigned at) {
    for (unsigned i = at + 1; i < script_block_end(script, at); i++) {
        if (strncmp(script->lines[i].text, "mutate ", 7) == 0)
            return script->lines[i].text + 7;
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

static void play_one(const struct script *script, unsigned at, struct choice *choice) {
    static struct play play;
    char place[4096];
    (void)snprintf(place, sizeof(place), "%s:%u", script->path, script->lines[at].number);
    if (choice->only && strcmp(choice->only, place) != 0)
        return;
    if (choice->lists) {
        printf("%s\t%s\t%s\n", place, mutation_of(script, at), title_of(script, at));
        choice->passed++;
        return;
    }
    play.world.is_loud = choice->is_loud;
    play_scenario(&play, script, at);
    bool failed = *play.fault;
    *(failed ? &choice->failed : &choice->passed) += 1;
    printf("%s %u - %.*s: %s\n", failed ? "not ok" : "ok", choice->passed + choice->failed,
           (int)strcspn(base_of(script->path), "."), base_of(script->path), title_of(script, at));
    if (failed)
        tell_fault(play.fault);
}

/* False: it cannot be read, or holds no scenario. */
static bool play_file(const char *path, struct choice *choice) {
    struct script script;
    unsigned count = 0;
    if (!script_read(&script, path)) {
        (void)fprintf(stderr, "scenarios: %s cannot be read\n", path);
        script_free(&script);
        return false;
    }
    for (unsigned at = script_scenario(&script, 0); at < script.count;
         at = script_scenario(&script, at + 1)) {
        play_one(&script, at, choice);
        count++;
    }
    if (count == 0)
        (void)fprintf(stderr, "scenarios: %s holds no scenario\n", path);
    script_free(&script);
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
