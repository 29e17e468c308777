/*
 * network_script: the steps of a network's script: what is asked of which node, what becomes of the
 * network, when, and what must come of it.
 *
 *     script:
 *       - {node: laptop, run: ping -c 3 198.51.100.80, expect: {exit: 0, output: 3 received}}
 *       - {set: {access: {loss: 5%}}}
 */
#include <limits.h>
#include <regex.h>
#include <string.h>

#include "lab/network_read.h"
#include "lab/quantity.h"

#define REGEX_BYTES       256
#define REGEX_REPETITIONS 1000

struct step_reading {
    const struct network *network; /* for the nodes' names */
    struct network_step *step;     /* being read */
};

/* ---- the command ---- */

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Splits off the next word, quotes of either kind taken away; writes it over the text. NULL at the
 * end; false in *closed when a quote is not closed. */
static char *next_word(char **text, bool *closed) {
    char *at = *text;
    while (is_blank(*at))
        at++;
    if (!*at)
        return NULL;
    char *const word = at;
    char *to = at;
    char quote = '\0';
    for (; *at && (quote || !is_blank(*at)); at++) {
        if (quote && *at == quote)
            quote = '\0';
        else if (!quote && (*at == '\'' || *at == '"'))
            quote = *at;
        else
            *to++ = *at;
    }
    *closed = quote == '\0';
    *text = *at ? at + 1 : at;
    *to = '\0';
    return word;
}

static bool read_run(struct reading *reading, const struct yaml_node *node, void *to) {
    struct network_step *step = ((struct step_reading *)to)->step;
    const char *text = NULL;
    if (!field_text(reading, node, "a command such as ping -c 3 192.0.2.1", &text))
        return false;
    const size_t length = strlen(text);
    char *words = arena_text(&reading->document->arena, text, length);
    step->arguments =
        arena_table(&reading->document->arena, length / 2 + 2, sizeof *step->arguments);
    if (!words || !step->arguments)
        return field_no_memory(reading);
    bool closed = true;
    char *word = next_word(&words, &closed);
    for (; word && closed; word = next_word(&words, &closed))
        step->arguments[step->argument_count++] = word;
    if (!closed)
        return yaml_refuse(reading->document, node, reading->error,
                           "a quote is not closed: expected a command such as ping -c 3 192.0.2.1");
    if (step->argument_count == 0)
        return yaml_refuse(reading->document, node, reading->error,
                           "expected a command such as ping -c 3 192.0.2.1");
    step->run_at = node;
    step->title = node->text;
    return true;
}

/* ---- what is expected ---- */

static bool read_exit(struct reading *reading, const struct yaml_node *node, void *to) {
    struct network_step *step = to;
    uint64_t code = 0;
    if (!field_whole(reading, node, 0, 255, &code))
        return false;
    step->has_exit = true;
    step->exit = (int)code;
    return true;
}

/* Behind the bracket expression that begins at `at`, or its end where it has none. */
static const char *behind_brackets(const char *at) {
    at += at[1] == '^' ? 2 : 1;
    if (*at == ']')
        at++;
    while (*at && *at != ']') {
        const char kind = *at == '[' ? at[1] : '\0';
        const bool is_class = kind == ':' || kind == '.' || kind == '=';
        for (at += is_class ? 2 : 1; is_class && *at; at++) {
            if (*at == kind && at[1] == ']') {
                at += 2;
                break;
            }
        }
    }
    return *at ? at + 1 : at;
}

/* The largest number of an interval such as {2,5}, 1 at least; *at moves behind it. */
static uint64_t interval_most(const char **at) {
    uint64_t most = 1, number = 0;
    for ((*at)++; (**at >= '0' && **at <= '9') || **at == ','; (*at)++) {
        number =
            **at == ',' || number > REGEX_REPETITIONS ? 0 : number * 10 + (uint64_t)(**at - '0');
        most = number > most ? number : most;
    }
    *at += **at == '}';
    return most;
}

/* Expressions whose matching could take for ever are not taken: what they repeat is bounded, and
 * nothing refers back. */
static const char *refuse_regex(const char *text) {
    uint64_t repetitions = 1;
    bool was_repeated = false; /* what stands before `at` is a repetition */
    if (strlen(text) > REGEX_BYTES)
        return "longer than 256 bytes";
    for (const char *at = text; *at;) {
        const char c = *at;
        const bool repeats = c == '*' || c == '+' || c == '?' || c == '{';
        if (repeats && was_repeated)
            return "it repeats a repetition";
        was_repeated = repeats;
        /* A group with + is there twice. */
        if (c == '+' && at > text && at[-1] == ')')
            repetitions *= 2;
        if (c == '{')
            repetitions *= interval_most(&at);
        else if (c == '[')
            at = behind_brackets(at);
        else if (c == '\\' && at[1] >= '0' && at[1] <= '9')
            return "it refers back (\\1)";
        else
            at += c == '\\' && at[1] ? 2 : 1;
        if (repetitions > REGEX_REPETITIONS)
            return "its repetitions multiply to more than 1000";
    }
    return NULL;
}

static bool read_regex(struct reading *reading, const struct yaml_node *node,
                       struct network_step *step) {
    const size_t length = strlen(node->text);
    char *pattern = arena_text(&reading->document->arena, node->text + 1, length - 2);
    if (!pattern)
        return field_no_memory(reading);
    const char *reason = refuse_regex(pattern);
    if (reason)
        return yaml_refuse(reading->document, node, reading->error,
                           "expected a regular expression that is quickly matched: %s", reason);
    regex_t regex;
    const int fault = regcomp(&regex, pattern, REG_EXTENDED | REG_NEWLINE | REG_NOSUB);
    if (fault != 0) {
        char text[128];
        regerror(fault, &regex, text, sizeof text);
        return yaml_refuse(reading->document, node, reading->error,
                           "expected a POSIX extended regular expression between slashes (%s)",
                           text);
    }
    regfree(&regex);
    step->output_kind = OUTPUT_REGEX;
    step->output = pattern;
    return true;
}

static bool read_output(struct reading *reading, const struct yaml_node *node, void *to) {
    struct network_step *step = to;
    if (!field_text(reading, node, "text, or /a regular expression/", &step->output))
        return false;
    const size_t length = strlen(node->text);
    if (length >= 3 && node->text[0] == '/' && node->text[length - 1] == '/')
        return read_regex(reading, node, step);
    step->output_kind = OUTPUT_TEXT;
    return true;
}

static bool comparison_parse(const char **text, enum network_comparison *comparison) {
    static const struct {
        const char *sign;
        enum network_comparison comparison;
    } signs[] = {
        {">=", COMPARE_AT_LEAST},  {"<=", COMPARE_AT_MOST}, {"==", COMPARE_EQUAL},
        {"!=", COMPARE_NOT_EQUAL}, {">", COMPARE_GREATER},  {"<", COMPARE_LESS},
        {"=", COMPARE_EQUAL},      {"", COMPARE_EQUAL},
    };
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        const size_t length = strlen(signs[i].sign);
        if (strncmp(*text, signs[i].sign, length) != 0)
            continue;
        *text += length;
        while (is_blank(**text))
            ++*text;
        *comparison = signs[i].comparison;
        return true;
    }
    return false;
}

static bool read_counters(struct reading *reading, const struct yaml_node *map, void *to) {
    struct network_step *step = to;
    if (!field_expect(reading, map, YAML_MAP, "a map such as {IpForwDatagrams: '>= 3'}"))
        return false;
    step->counters = arena_table(&reading->document->arena, map->count, sizeof *step->counters);
    if (!step->counters)
        return field_no_memory(reading);
    for (const struct yaml_node *node = map->first; node; node = node->next) {
        struct network_counter *counter = &step->counters[step->counter_count++];
        const char *text = node->text;
        counter->name = node->key;
        counter->text = node->text;
        counter->at = node;
        if (node->kind != YAML_SCALAR || !comparison_parse(&text, &counter->comparison) ||
            !quantity_whole(text, UINT64_C(1000000000000000), &counter->value))
            return yaml_refuse(reading->document, node, reading->error,
                               "expected a number, with one of >= <= > < == != before it");
    }
    return true;
}

static bool read_within(struct reading *reading, const struct yaml_node *node, void *to) {
    struct network_step *step = to;
    step->has_within = true;
    return field_duration(reading, node, 1, &step->within);
}

/* ---- the step ---- */

static bool read_expect(struct reading *reading, const struct yaml_node *map, void *to) {
    static const struct field fields[] = {
        {"exit", read_exit, false},
        {"output", read_output, false},
        {"counter", read_counters, false},
        {"within", read_within, false},
        {NULL, NULL, false},
    };
    struct network_step *step = ((struct step_reading *)to)->step;
    step->has_expectation = true;
    return fields_read(reading, map, "expect", fields, step);
}

static bool read_at(struct reading *reading, const struct yaml_node *node, void *to) {
    struct network_step *step = ((struct step_reading *)to)->step;
    step->has_time = true;
    return field_duration(reading, node, 0, &step->time);
}

static bool read_node(struct reading *reading, const struct yaml_node *node, void *to) {
    struct step_reading *at = to;
    const char *name = NULL;
    if (!field_text(reading, node, "the name of a node", &name))
        return false;
    at->step->node = network_node_find(at->network, name);
    return at->step->node != UINT32_MAX ||
           yaml_refuse(reading->document, node, reading->error,
                       "expected the name of a node that stands under nodes");
}

static bool read_background(struct reading *reading, const struct yaml_node *node, void *to) {
    return field_bool(reading, node, &((struct step_reading *)to)->step->background);
}

static bool read_set(struct reading *reading, const struct yaml_node *node, void *to) {
    (void)reading;
    ((struct step_reading *)to)->step->set_at = node; /* read when the node is known */
    return true;
}

static bool read_restart(struct reading *reading, const struct yaml_node *node, void *to) {
    struct network_step *step = ((struct step_reading *)to)->step;
    if (!field_bool(reading, node, &step->restart))
        return false;
    if (step->restart)
        step->title = "restart";
    return true;
}

/* Which keys go together. */
static bool check_step(struct reading *reading, const struct yaml_node *map,
                       const struct network_step *step) {
    const bool is_change = step->set_at || step->restart;
    const bool needs_run = step->has_exit || step->output_kind != OUTPUT_ANY || step->background ||
                           step->has_within || (step->counter_count == 0 && !is_change);
    const bool needs_node = step->run_at || step->restart || step->counter_count > 0 || needs_run;
    if ((step->run_at != NULL) + (step->set_at != NULL) + step->restart > 1)
        return yaml_refuse_key(reading->document, map, reading->error,
                               "run, set, restart: expected a step for each");
    if (needs_node && step->node == UINT32_MAX)
        return yaml_refuse_key(reading->document, map, reading->error,
                               "the key node is missing from a step");
    return step->run_at || !needs_run ||
           yaml_refuse_key(reading->document, map, reading->error,
                           "the key run is missing from a step");
}

bool network_read_step(struct reading *reading, const struct yaml_node *map,
                       const struct network *network, struct network_step *step) {
    static const struct field fields[] = {
        {"at", read_at, false},           {"node", read_node, false},
        {"run", read_run, false},         {"set", read_set, false},
        {"restart", read_restart, false}, {"background", read_background, false},
        {"expect", read_expect, false},   {NULL, NULL, false},
    };
    struct step_reading at = {network, step};
    step->at = map;
    step->node = UINT32_MAX;
    step->title = "";
    return fields_read(reading, map, "a step", fields, &at) && check_step(reading, map, step) &&
           (!step->set_at || network_read_changes(reading, network, step));
}
