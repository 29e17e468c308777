/* script: files into lines, and the steps of a scenario but its expectations; see script.h. */
#include "script.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/played.h"

/* ---- files ---- */

static void line_cut(struct line *line, char *text) {
    while (*text && line->count < WORDS_MOST) {
        while (*text == ' ')
            text++;
        bool quoted = *text == '"';
        text += quoted;
        if (!*text)
            break;
        line->words[line->count++] = text;
        while (*text && *text != (quoted ? '"' : ' '))
            text++;
        if (*text)
            *text++ = 0;
    }
}

static bool text_read(struct text *text) {
    size_t size = 0;
    text->bytes = played_text_read(text->path, &size);
    text->cut = text->bytes ? malloc(size + 1) : NULL;
    if (text->cut)
        memcpy(text->cut, text->bytes, size + 1);
    return text->cut;
}

static bool line_add(struct script *script, const struct line *line) {
    if (script->count == script->room) {
        unsigned room = script->room * 2 + 256;
        struct line *lines = realloc(script->lines, room * sizeof(*lines));
        if (!lines)
            return false;
        script->lines = lines;
        script->room = room;
    }
    script->lines[script->count++] = *line;
    return true;
}

/* The next text to be read: what `name` is beside `path`; NULL: there are too many. */
static struct text *text_open(struct script *script, const char *path, const char *name) {
    const char *slash = strrchr(path, '/');
    int folder = slash ? (int)(slash - path) + 1 : 0;
    if (script->text_count == TEXTS_MOST)
        return NULL;
    struct text *text = &script->texts[script->text_count++];
    (void)snprintf(text->path, sizeof(text->path), "%.*s%s", folder, path, name);
    return text_read(text) ? text : NULL;
}

/* The lines of a text; those of the files that it includes (they include no more) come first. */
static bool lines_read(struct script *script, const struct text *from, bool may_include) {
    char *text = from->bytes, *cut = from->cut;
    for (unsigned number = 1; *text; number++) {
        size_t length = strcspn(text, "\n"), used = length;
        bool ends = text[length] == 0;
        text[length] = cut[length] = 0;
        struct line line = {
            .path = from->path, .number = number, .indent = (unsigned)strspn(text, " ")};
        line.text = text + line.indent;
        while (used > line.indent && text[used - 1] == ' ')
            text[--used] = 0;
        if (*line.text && *line.text != '#')
            line_cut(&line, cut + line.indent);
        if (may_include && line.count == 2 && strcmp(line.words[0], "include") == 0) {
            struct text *included = text_open(script, from->path, line.words[1]);
            if (!included || !lines_read(script, included, false))
                return false;
        } else if (line.count > 0 && !line_add(script, &line)) {
            return false;
        }
        text += length + !ends;
        cut += length + !ends;
    }
    return true;
}

bool script_read(struct script *script, const char *path) {
    *script = (struct script){.path = path};
    (void)snprintf(script->texts[0].path, sizeof(script->texts[0].path), "%s", path);
    script->text_count = 1;
    return text_read(&script->texts[0]) && lines_read(script, &script->texts[0], true);
}

void script_free(struct script *script) {
    for (unsigned i = 0; i < script->text_count; i++) {
        free(script->texts[i].bytes);
        free(script->texts[i].cut);
    }
    free(script->lines);
}

unsigned script_scenario(const struct script *script, unsigned from) {
    while (from < script->count && (script->lines[from].indent > 0 ||
                                    strncmp(script->lines[from].text, "scenario: ", 10) != 0))
        from++;
    return from;
}

unsigned script_block_end(const struct script *script, unsigned at) {
    unsigned indent = script->lines[at].indent;
    for (at++; at < script->count && script->lines[at].indent > indent; at++) {
    }
    return at;
}

/* ---- words ---- */

void fault(struct play *play, const char *format, ...) {
    va_list arguments;
    if (*play->fault)
        return;
    int used =
        snprintf(play->fault, sizeof(play->fault), "%s:%u: ", play->line->path, play->line->number);
    va_start(arguments, format);
    (void)vsnprintf(play->fault + used, sizeof(play->fault) - (size_t)used, format, arguments);
    va_end(arguments);
}

bool number_read(const char *word, unsigned long *number) {
    char *end;
    *number = strtoul(word, &end, 10);
    return isdigit((unsigned char)*word) && !*end;
}

bool time_read(const char *word, nanoseconds *time) {
    static const struct {
        const char *unit;
        nanoseconds length;
    } units[] = {{"ms", 1000000},
                 {"s", 1000000000},
                 {"m", 60000000000},
                 {"h", 3600000000000},
                 {"d", 86400000000000}};
    char *end;
    unsigned long number = strtoul(word, &end, 10);
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]) && isdigit((unsigned char)*word); i++) {
        if (strcmp(units[i].unit, end) == 0) {
            *time = (nanoseconds)number * units[i].length;
            return true;
        }
    }
    return false;
}

/* ---- steps ---- */

static struct resolver *resolver_named(const struct play *play, const char *word) {
    size_t length = strlen(word);
    for (struct resolver *r = play->world.resolvers; r; r = r->next) {
        if (length > 1 && word[length - 1] == ':' && strlen(r->name) == length - 1 &&
            strncmp(r->name, word, length - 1) == 0)
            return r;
    }
    return NULL;
}

/* How a client asks. */
struct asking {
    struct message query;
    struct resolver *resolver;
    const char *name;
    bool tcp;
    unsigned long times;
};

/* One option behind the type; the number of words it took. */
static unsigned option_read(struct play *play, struct asking *asking, unsigned at) {
    const struct line *line = play->line;
    const char *word = line->words[at];
    unsigned long number = 0;
    bool has_number = at + 1 < line->count && number_read(line->words[at + 1], &number);
    if (strcmp(word, "tcp") == 0) {
        asking->tcp = true;
    } else if (strcmp(word, "norecurse") == 0) {
        asking->query.rd = false;
    } else if (strcmp(word, "noedns") == 0) {
        asking->query.has_edns = false;
    } else if (strcmp(word, "do") == 0) {
        asking->query.wants_dnssec = true;
    } else if (strcmp(word, "edns") == 0 && has_number) {
        asking->query.edns_bytes = (unsigned)number;
        return 2;
    } else if (strcmp(word, "version") == 0 && has_number) {
        asking->query.edns_version = (unsigned)number;
        return 2;
    } else if (strcmp(word, "class") == 0 && has_number) {
        asking->query.class_ = (unsigned)number;
        return 2;
    } else if (strcmp(word, "opcode") == 0 && has_number) {
        asking->query.opcode = (unsigned)number;
        return 2;
    } else if (strcmp(word, "times") == 0 && has_number) {
        asking->times = number;
        return 2;
    } else {
        fault(play, "%s is no option of a question", word);
    }
    return 1;
}

/* "n{}.example" with a number for {}. */
static const char *numbered(const char *text, unsigned long number, char filled[TEXT_BYTES]) {
    const char *place = strstr(text, "{}");
    if (!place)
        return text;
    (void)snprintf(filled, TEXT_BYTES, "%.*s%lu%s", (int)(place - text), text, number, place + 2);
    return filled;
}

static void ask_all(struct play *play, struct asking *asking, const char *client) {
    char name[TEXT_BYTES], address[TEXT_BYTES];
    struct world *world = &play->world;
    if (play->has_expected) {
        play->mark = play->matched = world->asked_count;
        play->has_expected = false;
    }
    play->group = world->question_count;
    for (unsigned long i = 0; i < asking->times && !*play->fault; i++) {
        if (!name_read(numbered(asking->name, i, name), NULL, &asking->query.name))
            fault(play, "%s is no name", asking->name);
        else
            (void)world_ask(world, asking->resolver, numbered(client, i % 250 + 1, address),
                            &asking->query, asking->tcp);
    }
}

/* client ADDRESS asks [RESOLVER:] NAME TYPE [OPTION…] */
static void ask(struct play *play) {
    const struct line *line = play->line;
    unsigned at = 2;
    struct asking asking = {.resolver = play->world.resolvers, .times = 1};
    asking.query = (struct message){.id = 0x1234 + (unsigned)play->world.question_count,
                                    .rd = true,
                                    .has_question = true,
                                    .class_ = 1,
                                    .has_edns = true,
                                    .edns_bytes = 1232,
                                    .error = -1};
    if (line->count < 4 || (strcmp(line->words[2], "asks") != 0)) {
        fault(play, "a client's line is: client ADDRESS asks [RESOLVER:] NAME TYPE [OPTION…]");
        return;
    }
    at = 3;
    if (resolver_named(play, line->words[at]))
        asking.resolver = resolver_named(play, line->words[at++]);
    if (!asking.resolver || at + 1 >= line->count) {
        fault(play, asking.resolver ? "a name and a type are missing" : "there is no resolver");
        return;
    }
    asking.name = line->words[at];
    asking.query.type = type_read(line->words[at + 1]);
    if (asking.query.type == 0)
        fault(play, "%s is no type", line->words[at + 1]);
    for (at += 2; at < line->count && !*play->fault;)
        at += option_read(play, &asking, at);
    if (!*play->fault)
        ask_all(play, &asking, line->words[1]);
}

static void pass_time(struct play *play) {
    const char *word = play->line->count == 2 ? play->line->words[1] : "";
    nanoseconds time;
    bool is_more = *word == '+';
    if (!time_read(word + is_more, &time)) {
        fault(play, "a time is written 800ms, 5s, 2m, 1h or 3d");
        return;
    }
    time += is_more ? play->world.base : 0;
    if (time < play->world.now)
        fault(play, "it is %.3f s already", (double)play->world.now / 1e9);
    play->world.base = time;
    world_run_until(&play->world, time);
}

static void lose(struct play *play) {
    const char *word = play->line->count == 2 ? play->line->words[1] : "";
    char *end;
    unsigned long percent = strtoul(word, &end, 10);
    if (strcmp(end, "%") != 0 || percent > 100)
        fault(play, "a loss is written 20%%");
    play->world.loss_percent = (unsigned)percent;
}

static void resolvers_start(struct play *play) {
    for (struct resolver *r = play->world.resolvers; r; r = r->next) {
        const char *why = world_resolver_start(&play->world, r);
        if (why)
            fault(play, "%s", why);
    }
}

static void step(struct play *play, unsigned at) {
    const char *word = play->line->words[0];
    if (declare(play, at))
        return;
    resolvers_start(play);
    if (strcmp(word, "at") == 0)
        pass_time(play);
    else if (strcmp(word, "client") == 0)
        ask(play);
    else if (strcmp(word, "expect") == 0)
        expect(play, at);
    else if (strcmp(word, "loss") == 0)
        lose(play);
    else if (strcmp(word, "mutate") != 0)
        fault(play, "%s is no step", word);
}

/* From line `at` to line `end`, those of the outermost indent; what they hold is theirs. */
static void steps(struct play *play, unsigned at, unsigned end) {
    while (at < end && !*play->fault) {
        play->line = &play->script->lines[at];
        step(play, at);
        at = script_block_end(play->script, at);
    }
}

void play_scenario(struct play *play, const struct script *script, unsigned at) {
    bool is_loud = play->world.is_loud, has_steps = false;
    *play = (struct play){.script = script, .world = {.is_loud = is_loud}};
    world_begin(&play->world);
    /* What stands outside of scenarios is there in all of them. */
    for (unsigned i = 0; i < script->count && !*play->fault; i = script_block_end(script, i)) {
        play->line = &script->lines[i];
        if (strncmp(play->line->text, "scenario: ", 10) == 0)
            continue;
        if (!declare(play, i))
            fault(play, "%s is neither server, resolver nor scenario", play->line->words[0]);
    }
    steps(play, at + 1, script_block_end(script, at));
    for (unsigned i = at + 1; i < script_block_end(script, at); i++)
        has_steps = has_steps || strcmp(script->lines[i].words[0], "expect") == 0;
    play->line = &script->lines[at];
    if (!has_steps)
        fault(play, "the scenario expects nothing");
    if (!world_end(&play->world))
        fault(play, "memory was not given back");
}
