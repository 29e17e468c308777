/* ss_filter: see ss_filter.h. */
#include "tools/ss_filter.h"

#include <string.h>

#include "base/prefix.h"
#include "tools/service_names.h"

#define WORD_BYTES 64 /* of an operand, longer than any word of the language */

#define BIT(state) (1u << (state))
#define ALL        (BIT(DOBOS_TCP_TIME_WAIT + 1) - 1)

static const struct {
    const char *name;
    unsigned states;
} states[] = {
    {"all", ALL},
    {"connected", ALL & ~(BIT(DOBOS_TCP_CLOSED) | BIT(DOBOS_TCP_LISTEN))},
    {"synchronized",
     ALL & ~(BIT(DOBOS_TCP_CLOSED) | BIT(DOBOS_TCP_LISTEN) | BIT(DOBOS_TCP_SYN_SENT))},
    {"bucket", BIT(DOBOS_TCP_SYN_RECEIVED) | BIT(DOBOS_TCP_TIME_WAIT)},
    {"big", ALL & ~(BIT(DOBOS_TCP_SYN_RECEIVED) | BIT(DOBOS_TCP_TIME_WAIT))},
    {"established", BIT(DOBOS_TCP_ESTABLISHED)},
    {"syn-sent", BIT(DOBOS_TCP_SYN_SENT)},
    {"syn-recv", BIT(DOBOS_TCP_SYN_RECEIVED)},
    {"fin-wait-1", BIT(DOBOS_TCP_FIN_WAIT_1)},
    {"fin-wait-2", BIT(DOBOS_TCP_FIN_WAIT_2)},
    {"time-wait", BIT(DOBOS_TCP_TIME_WAIT)},
    {"unconnected", BIT(DOBOS_TCP_CLOSED)},
    {"closed", BIT(DOBOS_TCP_CLOSED)},
    {"close-wait", BIT(DOBOS_TCP_CLOSE_WAIT)},
    {"last-ack", BIT(DOBOS_TCP_LAST_ACK)},
    {"listening", BIT(DOBOS_TCP_LISTEN)},
    {"listen", BIT(DOBOS_TCP_LISTEN)},
    {"closing", BIT(DOBOS_TCP_CLOSING)},
};

/* The words of the operands, one after the other: an operand in quotes may hold several. */
struct words {
    struct tool_task *task;
    unsigned operand;      /* which */
    const char *at;        /* how far; NULL: its beginning */
    char word[WORD_BYTES]; /* the one at hand, cut */
};

/* False at the end; the word is then empty. */
static bool word_next(struct words *words) {
    static const char blank[] = " \t\n";
    words->word[0] = '\0';
    while (words->operand < words->task->operand_count) {
        const char *at = words->at ? words->at : words->task->operands[words->operand];
        at += strspn(at, blank);
        size_t length = strcspn(at, blank);
        if (length > 0) {
            (void)snprintf(words->word, sizeof(words->word), "%.*s", (int)length, at);
            words->at = at + length;
            return true;
        }
        words->operand++;
        words->at = NULL;
    }
    return false;
}

static int state_take(struct words *words, struct ss_filter *filter, bool is_excluded) {
    if (!word_next(words))
        return task_refuse(words->task, "expected the name of a state");
    for (size_t i = 0; i < array_length(states); i++) {
        if (strcmp(states[i].name, words->word) != 0)
            continue;
        if (is_excluded)
            filter->states = (filter->has_states ? filter->states : ALL) & ~states[i].states;
        else
            filter->states |= states[i].states;
        filter->has_states = true;
        return TOOL_GOES_ON;
    }
    return task_refuse(words->task, "wrong state name: %s", words->word);
}

/* A port's number or name. */
static bool port_read(const char *text, uint16_t *port) {
    int64_t number = 0;
    if (whole_parse(text, 1, 65535, &number)) {
        *port = (uint16_t)number;
        return true;
    }
    const struct service_name *service;
    for (unsigned i = 0; (service = service_name_nth(i)); i++) {
        *port = service->port;
        if (service_name_is(service, text))
            return true;
    }
    return false;
}

/* "=", "==" and "eq" may stand there or not; true in *is_not for "!=", "ne" and "neq". */
static bool comparison_take(struct words *words, bool *is_not) {
    const char *word = words->word;
    if (strcmp(word, "!=") == 0 || strcmp(word, "ne") == 0 || strcmp(word, "neq") == 0)
        *is_not = true;
    else if (strcmp(word, "=") != 0 && strcmp(word, "==") != 0 && strcmp(word, "eq") != 0)
        return true;
    return word_next(words);
}

/* ADDRESS, ADDRESS/LENGTH, either with :PORT behind it, :PORT, * for any address. */
static bool endpoint_read(char *text, struct ss_condition *condition) {
    char *colon = strrchr(text, ':');
    if (colon) {
        *colon = '\0';
        condition->has_port = strcmp(colon + 1, "*") != 0;
        if (condition->has_port && !port_read(colon + 1, &condition->port))
            return false;
    }
    if (text[0] == '\0' || strcmp(text, "*") == 0)
        return colon != NULL || text[0] != '\0';
    condition->has_prefix = true;
    condition->prefix.length = 32;
    return strchr(text, '/') ? dobos_prefix_parse(text, &condition->prefix, NULL) == 0
                             : dobos_address_parse(text, &condition->prefix.address, NULL) == 0;
}

static int condition_take(struct words *words, struct ss_filter *filter) {
    struct ss_condition condition = {.is_peer = words->word[0] == 'd'};
    bool is_port = strcmp(words->word + 1, "port") == 0;
    char name[8];
    (void)snprintf(name, sizeof(name), "%.7s", words->word);
    if (filter->condition_count == SS_CONDITIONS)
        return task_refuse(words->task, "more than %d conditions", SS_CONDITIONS);
    if (!word_next(words) || !comparison_take(words, &condition.is_not))
        return task_refuse(words->task, "%s: expected a value behind it", name);
    char text[WORD_BYTES];
    memcpy(text, words->word, sizeof(text));
    bool is_good = is_port ? port_read(text + (text[0] == ':'), &condition.port)
                           : endpoint_read(text, &condition);
    condition.has_port |= is_port;
    if (!is_good)
        return task_refuse(words->task, "%s: '%s': expected %s", name, words->word,
                           is_port ? "a port, such as :80" : "an address, such as 192.0.2.1:80");
    filter->conditions[filter->condition_count++] = condition;
    return TOOL_GOES_ON;
}

int ss_filter_read(struct tool_task *task, struct ss_filter *filter) {
    static const char *const conditions[] = {"src", "dst", "sport", "dport"};
    struct words words = {.task = task};
    int code = TOOL_GOES_ON;
    while (code == TOOL_GOES_ON && word_next(&words)) {
        size_t i = 0;
        while (i < array_length(conditions) && strcmp(conditions[i], words.word) != 0)
            i++;
        if (i < array_length(conditions))
            code = condition_take(&words, filter);
        else if (strcmp(words.word, "state") == 0 || strcmp(words.word, "exclude") == 0)
            code = state_take(&words, filter, words.word[0] == 'e');
        else if (strcmp(words.word, "and") != 0 && strcmp(words.word, "&&") != 0)
            code = task_refuse(task, "'%s': expected state, exclude, src, dst, sport or dport",
                               words.word);
    }
    return code;
}

bool ss_filter_has_state(const struct ss_filter *filter, enum dobos_tcp_state state) {
    return (filter->states & BIT(state)) != 0;
}

bool ss_filter_is_one_state(const struct ss_filter *filter) {
    return filter->has_states && (filter->states & (filter->states - 1)) == 0;
}

static bool condition_holds(const struct ss_condition *condition,
                            const struct dobos_socket_info *info) {
    const struct dobos_endpoint *end = condition->is_peer ? &info->peer : &info->local;
    bool holds = (!condition->has_port || end->port == condition->port) &&
                 (!condition->has_prefix || prefix_contains(&condition->prefix, &end->address));
    return holds != condition->is_not;
}

bool ss_filter_holds(const struct ss_filter *filter, const struct dobos_socket_info *info) {
    for (unsigned i = 0; i < filter->condition_count; i++) {
        if (!condition_holds(&filter->conditions[i], info))
            return false;
    }
    return true;
}
