/*
 * scenarios [-v] [--list] [--only PATH:LINE] FILE…: plays resolver scenarios in virtual time
 * (docs/scenarios.md; the words: tests/base/played.h).
 */
#include <stdio.h>
#include <string.h>

#include "../base/played.h"

#include "script.h"

/* What stands behind "mutate " in a scenario; "": it names none. */
static const char *mutation_of(const struct script *script, unsigned at) {
    for (unsigned i = at + 1; i < script_block_end(script, at); i++) {
        if (played_mutation(script->lines[i].text))
            return played_mutation(script->lines[i].text);
    }
    return "";
}

static void play_one(const struct script *script, unsigned at, struct played *played) {
    static struct play play;
    const struct played_test test = {.path = script->path,
                                     .line = script->lines[at].number,
                                     .title = script->lines[at].text + strlen("scenario: "),
                                     .mutation = mutation_of(script, at)};
    if (!played_wants(played, &test))
        return;
    play.world.is_loud = played->is_loud;
    play_scenario(&play, script, at);
    played_tell(played, &test, play.fault);
}

/* False: it cannot be read, or holds no scenario. */
static bool play_file(const char *path, struct played *played) {
    struct script script;
    unsigned count = 0;
    if (!script_read(&script, path)) {
        (void)fprintf(stderr, "scenarios: %s cannot be read\n", path);
        script_free(&script);
        return false;
    }
    for (unsigned at = script_scenario(&script, 0); at < script.count;
         at = script_scenario(&script, at + 1)) {
        play_one(&script, at, played);
        count++;
    }
    if (count == 0)
        (void)fprintf(stderr, "scenarios: %s holds no scenario\n", path);
    script_free(&script);
    return count > 0;
}

int main(int count, char **words) {
    return played_run(count, words, play_file);
}
