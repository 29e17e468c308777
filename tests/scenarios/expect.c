/* expect: what a scenario's lines expect of answers and queries; see docs/scenarios.md. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "script.h"

#define LONGEST ((nanoseconds)60000000000) /* that an answer is waited for */

static bool is_word(const struct line *line, unsigned at, const char *word) {
    return at < line->count && strcmp(line->words[at], word) == 0;
}

/* ---- numbers ---- */

/* "<=", "6" and the like; false: not well said. */
static bool compares(const char *how, const char *word, unsigned long found, bool *holds) {
    unsigned long wanted;
    if (!number_read(word, &wanted))
        return false;
    if (strcmp(how, "<=") == 0)
        *holds = found <= wanted;
    else if (strcmp(how, ">=") == 0)
        *holds = found >= wanted;
    else if (strcmp(how, "=") == 0)
        *holds = found == wanted;
    else
        return false;
    return true;
}

/* ---- answers ---- */

static void answer_show(const struct message *answer, char *text, size_t room) {
    static const char *const sections[] = {"answer", "authority", "additional"};
    char name[TEXT_BYTES], data[TEXT_BYTES], type[16], rcode[16];
    int used = snprintf(text, room, "%s%s%s%s", rcode_show(answer->rcode, rcode),
                        answer->aa ? " aa" : "", answer->tc ? " tc" : "", answer->ra ? " ra" : "");
    if (answer->error >= 0)
        used += snprintf(text + used, room - (size_t)used, " ede %d", answer->error);
    for (int i = 0; i < SECTIONS; i++) {
        int count = 0;
        for (const struct record *r = answer->records[i]; r && count < 8; r = r->next, count++)
            if ((size_t)used + 600 < room)
                used += snprintf(text + used, room - (size_t)used, "\n    %s: %.200s %u %s %.300s",
                                 sections[i], name_show(&r->owner, name), r->ttl,
                                 type_show(r->type, type), data_show(r, data));
    }
}

static void answer_fault(struct play *play, const struct question *question, const char *what) {
    char shown[6000];
    answer_show(&question->answer, shown, sizeof(shown));
    fault(play, "%s; the answer after %.3f s is %s", what,
          (double)(question->answered_at - question->at) / 1e9, shown);
}

/* One word of the first line behind the RCODE; the words it took. */
static unsigned flag_check(struct play *play, const struct line *line, unsigned at,
                           const struct question *question) {
    const struct message *answer = &question->answer;
    const char *word = line->words[at];
    static const char *const words[] = {"aa", "tc", "ra", "edns", "do"};
    const bool flags[] = {answer->aa, answer->tc, answer->ra, answer->has_edns,
                          answer->wants_dnssec};
    nanoseconds took = question->answered_at - question->at, bound;
    unsigned long number;
    for (int i = 0; i < 5; i++) {
        bool negated = strncmp(word, "no-", 3) == 0;
        if (strcmp(word + (negated ? 3 : 0), words[i]) == 0) {
            if (flags[i] == negated)
                answer_fault(play, question, word);
            return 1;
        }
    }
    if (strcmp(word, "empty") == 0 || strcmp(word, "no-ede") == 0) {
        if (*word == 'e' ? answer->records[ANSWER] != NULL : answer->error >= 0)
            answer_fault(play, question, word);
        return 1;
    }
    const char *next = at + 1 < line->count ? line->words[at + 1] : "";
    bool is_within = strcmp(word, "within") == 0;
    if ((is_within || strcmp(word, "after") == 0) && time_read(next, &bound)) {
        if (is_within ? took > bound : took < bound)
            answer_fault(play, question, is_within ? "it came late" : "it came early");
        return 2;
    }
    if (strcmp(word, "ede") == 0 && number_read(next, &number)) {
        if (answer->error != (int)number)
            answer_fault(play, question, "another extended error was expected");
        return 2;
    }
    fault(play, "%s is nothing that an answer has", word);
    return 1;
}

/* TTL as it is written: a number, <=N, >=N or *. */
static bool ttl_fits(const char *word, uint32_t ttl) {
    unsigned long bound = strtoul(word + (word[1] == '=' ? 2 : 0), NULL, 10);
    if (*word == '*')
        return true;
    return *word == '<' ? ttl <= bound : *word == '>' ? ttl >= bound : ttl == bound;
}

/* OWNER TTL TYPE DATA in a section: found and taken out of *records. */
static bool record_match(struct play *play, const struct line *line, unsigned first,
                         struct record **records) {
    struct record wanted = {0};
    if (line->count < first + 4 || !name_read(line->words[first], NULL, &wanted.owner)) {
        fault(play, "a record is written: OWNER TTL TYPE DATA");
        return false;
    }
    bool any = strcmp(line->words[first + 3], "*") == 0;
    wanted.type = type_read(line->words[first + 2]);
    const char *why = any ? NULL
                          : data_read(wanted.type, (char **)line->words + first + 3,
                                      line->count - first - 3, NULL, &wanted);
    if (why || wanted.type == 0)
        fault(play, "%s", why ? why : "no such type");
    for (; *records; records = &(*records)->next) {
        struct record *r = *records;
        if (r->type == wanted.type && name_is_equal(&r->owner, &wanted.owner) &&
            (any || (r->length == wanted.length && memcmp(r->data, wanted.data, r->length) == 0)) &&
            ttl_fits(line->words[first + 1], r->ttl)) {
            *records = r->next;
            return true;
        }
    }
    return false;
}

static void records_check(struct play *play, unsigned at, struct question *question) {
    static const char *const sections[] = {"answer", "authority", "additional"};
    struct message rest = question->answer;
    struct record *left[SECTIONS];
    const struct line *head = play->line;
    unsigned end = script_block_end(play->script, at), answers = 0;
    for (int i = 0; i < SECTIONS; i++) {
        left[i] = NULL;
        for (struct record *r = rest.records[i]; r; r = r->next)
            record_append(&left[i], record_make(&r->owner, r->type, r->ttl, r->data, r->length));
    }
    for (unsigned i = at + 1; i < end && !*play->fault; i++) {
        const struct line *line = play->line = &play->script->lines[i];
        int section = SECTIONS - 1;
        bool absent = is_word(line, 0, "no");
        while (section > 0 && !is_word(line, absent, sections[section]))
            section--;
        unsigned first = (absent ? 1u : 0u) + (section > 0 ? 1u : 0u);
        answers += section == ANSWER && !absent;
        if (record_match(play, line, first, &left[section]) == absent)
            answer_fault(play, question,
                         absent ? "this record was not expected" : "this record was expected");
    }
    play->line = head;
    if (answers > 0 && left[ANSWER])
        answer_fault(play, question, "more was answered");
}

/* expect [client ADDRESS] RCODE [FLAG…], with records below. */
static void expect_answer(struct play *play, unsigned at) {
    const struct line *line = play->line;
    struct world *world = &play->world;
    bool has_client = is_word(line, 1, "client");
    unsigned word = has_client ? 3 : 1;
    size_t number = world->question_count;
    while (number > 0 && has_client && line->count > 2 &&
           strcmp(world->questions[number - 1].client, line->words[2]) != 0)
        number--;
    int rcode = word < line->count ? rcode_read(line->words[word]) : -1;
    if (rcode < 0 || number == 0) {
        fault(play, number == 0 ? "nobody asked" : "expect what?");
        return;
    }
    world_run_for(world, number - 1, world->questions[number - 1].at + LONGEST);
    struct question *question = &world->questions[number - 1];
    if (!question->is_answered) {
        fault(play, "no answer came");
        return;
    }
    if (question->is_malformed)
        fault(play, "the answer is malformed");
    if (question->answer.rcode != (unsigned)rcode)
        answer_fault(play, question, "another RCODE was expected");
    for (unsigned i = word + 1; i < line->count && !*play->fault;)
        i += flag_check(play, line, i, question);
    records_check(play, at, question);
}

/* expect answers RCODE|any COMPARE N: of the last line that asked. */
static void expect_answers(struct play *play) {
    const struct line *line = play->line;
    struct world *world = &play->world;
    unsigned long count = 0;
    bool holds = false;
    int rcode = line->count == 5 ? rcode_read(line->words[2]) : -1;
    for (size_t i = play->group; i < world->question_count; i++)
        world_run_for(world, i, world->questions[i].at + LONGEST);
    for (size_t i = play->group; i < world->question_count; i++)
        count += world->questions[i].is_answered &&
                 (rcode < 0 || world->questions[i].answer.rcode == (unsigned)rcode);
    if (line->count != 5 || !compares(line->words[3], line->words[4], count, &holds))
        fault(play, "it is written: expect answers RCODE >= N");
    else if (!holds)
        fault(play, "%lu such answers came", count);
}

static void expect_silence(struct play *play) {
    struct world *world = &play->world;
    if (world->question_count > 0 && world->questions[world->question_count - 1].is_answered)
        answer_fault(play, &world->questions[world->question_count - 1], "no answer was expected");
}

/* ---- queries ---- */

/* What a query is to be like. */
struct pattern {
    uint32_t server; /* 0: any */
    bool has_name, by_udp, by_tcp, rd, no_rd, edns, no_edns;
    struct label_name name;
    unsigned type;
};

static bool pattern_read(struct play *play, unsigned at, struct pattern *pattern) {
    const struct line *line = play->line;
    *pattern = (struct pattern){0};
    if (at < line->count) {
        const struct server *server = server_find(play, line->words[at]);
        pattern->server = address_read(line->words[at]);
        if (!pattern->server && server)
            pattern->server = server->addresses[0];
        for (struct resolver *r = play->world.resolvers; r; r = r->next) {
            if (strcmp(r->name, line->words[at]) == 0)
                pattern->server = r->address;
        }
        if (!pattern->server && !is_word(line, at, "*"))
            return false;
        at++;
    }
    for (; at < line->count; at++) {
        const char *word = line->words[at];
        unsigned type = type_read(word);
        pattern->by_udp = pattern->by_udp || strcmp(word, "udp") == 0;
        pattern->by_tcp = pattern->by_tcp || strcmp(word, "tcp") == 0;
        pattern->rd = pattern->rd || strcmp(word, "rd") == 0;
        pattern->no_rd = pattern->no_rd || strcmp(word, "no-rd") == 0;
        pattern->edns = pattern->edns || strcmp(word, "edns") == 0;
        pattern->no_edns = pattern->no_edns || strcmp(word, "no-edns") == 0;
        if (type)
            pattern->type = type;
        else if (strchr(word, '.') && name_read(word, NULL, &pattern->name))
            pattern->has_name = true;
        else if (!strstr("udp tcp no-rd no-edns *", word))
            return false;
    }
    return true;
}

static bool pattern_fits(const struct pattern *pattern, const struct asked *asked) {
    const struct message *query = &asked->query;
    return (!pattern->server || pattern->server == asked->server) &&
           (!pattern->has_name || name_is_equal(&pattern->name, &query->name)) &&
           (!pattern->type || pattern->type == query->type) && !(pattern->by_udp && asked->tcp) &&
           !(pattern->by_tcp && !asked->tcp) && !(pattern->rd && !query->rd) &&
           !(pattern->no_rd && query->rd) && !(pattern->edns && !query->has_edns) &&
           !(pattern->no_edns && query->has_edns);
}

static void queries_fault(struct play *play, const char *what) {
    char shown[6000] = "", name[TEXT_BYTES], type[16], address[20];
    size_t used = 0;
    for (size_t i = play->mark; i < play->world.asked_count && used + 400 < sizeof(shown); i++) {
        const struct asked *asked = &play->world.asked[i];
        used += (size_t)snprintf(
            shown + used, sizeof(shown) - used, "\n    %.3f s %s: %.200s %s%s%s",
            (double)asked->at / 1e9, address_show(asked->server, address),
            name_show(&asked->query.name, name), type_show(asked->query.type, type),
            asked->tcp ? " tcp" : "", asked->query.has_edns ? "" : " no-edns");
    }
    fault(play, "%s; the queries are%s", what, shown);
}

/* Runs until all who asked have their answers. */
static void all_answered(struct play *play) {
    for (size_t i = 0; i < play->world.question_count; i++) {
        if (!play->world.questions[i].is_answered)
            world_run_for(&play->world, i, play->world.questions[i].at + LONGEST);
    }
}

/* expect query PATTERN: behind the last one that was expected. */
static void expect_query(struct play *play, bool absent, unsigned at) {
    struct pattern pattern;
    if (!pattern_read(play, at, &pattern)) {
        fault(play, "a query is written: SERVER [NAME] [TYPE] [tcp] [no-rd] [no-edns]");
        return;
    }
    all_answered(play);
    size_t i = absent || play->matched < play->mark ? play->mark : play->matched;
    while (i < play->world.asked_count && !pattern_fits(&pattern, &play->world.asked[i]))
        i++;
    bool found = i < play->world.asked_count;
    if (found == absent)
        queries_fault(play, absent ? "such a query was not expected" : "such a query was expected");
    if (!absent)
        play->matched = i + 1;
}

/* expect queries COMPARE N [PATTERN] */
static void expect_queries(struct play *play) {
    const struct line *line = play->line;
    struct pattern pattern;
    unsigned long count = 0;
    bool holds = false;
    all_answered(play);
    if (line->count < 4 || !pattern_read(play, 4, &pattern)) {
        fault(play, "it is written: expect queries <= N [SERVER [NAME] [TYPE]]");
        return;
    }
    for (size_t i = play->mark; i < play->world.asked_count; i++)
        count += pattern_fits(&pattern, &play->world.asked[i]);
    if (!compares(line->words[2], line->words[3], count, &holds))
        fault(play, "it is written: expect queries <= N");
    else if (!holds)
        queries_fault(play, "another number was expected");
}

void expect(struct play *play, unsigned at) {
    const struct line *line = play->line;
    play->has_expected = true;
    if (is_word(line, 1, "query"))
        expect_query(play, false, 2);
    else if (is_word(line, 1, "no") && is_word(line, 2, "query"))
        expect_query(play, true, 3);
    else if (is_word(line, 1, "no") && is_word(line, 2, "answer"))
        expect_silence(play);
    else if (is_word(line, 1, "queries"))
        expect_queries(play);
    else if (is_word(line, 1, "answers"))
        expect_answers(play);
    else
        expect_answer(play, at);
}
