/*
 * asked: a tool run to its end: alone, or at a host of a pair (tests/host/pair.h) in virtual time,
 * with the services that answer. Its arguments are a line, with spaces between the words.
 */
#ifndef TESTS_TOOLS_ASKED_H
#define TESTS_TOOLS_ASKED_H

#include <string.h>

#include "../host/pair.h"

#include <dobos/dns.h>
#include <dobos/services.h>

#include "tools/sink.h"
#include "tools/tool.h"

#define ASKED_WORDS    24
#define ASKED_SERVICES 4

struct asked {
    struct sink out, error; /* what the tool wrote */
    int code;               /* its exit code */
};

struct scene {
    struct pair *pair;                              /* owned */
    struct dobos_service *services[ASKED_SERVICES]; /* owned */
    unsigned service_count;                         /* how many of them */
    dobos_time interrupt_at;                        /* as if ^C were typed then; 0: never */
};

static inline void asked_fini(struct asked *asked) {
    sink_fini(&asked->out);
    sink_fini(&asked->error);
}

/* Cuts a copy of the line into words. */
static inline int words_of(char *line, char *words[ASKED_WORDS + 1]) {
    int count = 0;
    for (char *word = strtok(line, " "); word; word = strtok(NULL, " ")) {
        assert_true(count < ASKED_WORDS);
        words[count++] = word;
    }
    words[count] = NULL;
    return count;
}

/* What happens at this moment, until the tool ends. */
static inline bool scene_moment(struct scene *scene, struct tool_task *task, dobos_time *again,
                                int *code) {
    *again = DOBOS_NEVER;
    for (int round = 0; round < 4; round++) {
        pair_settle(scene->pair);
        *again = DOBOS_NEVER;
        for (unsigned i = 0; i < scene->service_count; i++)
            *again = min_i64(*again, dobos_service_step(scene->services[i], scene->pair->now));
        dobos_time later;
        if (tool_step(task, scene->pair->now, &later, code))
            return true;
        *again = min_i64(*again, later);
    }
    return false;
}

static inline void scene_run(struct scene *scene, struct tool_task *task, int *code) {
    dobos_time again;
    for (int turns = 0; !scene_moment(scene, task, &again, code); turns++) {
        assert_true(turns < 1000000);
        if (scene->interrupt_at > 0 && scene->pair->now >= scene->interrupt_at) {
            tool_interrupt(task);
            again = scene->pair->now;
        } else if (scene->interrupt_at > 0) {
            again = min_i64(again, scene->interrupt_at);
        }
        (void)pair_step(scene->pair, max_i64(again, scene->pair->now));
    }
}

/* Asks a host of the scene (NULL scene: a tool that needs none). asked_fini afterwards. */
static inline struct asked ask_host(struct scene *scene, struct dobos_host *host,
                                    const char *line) {
    struct asked asked = {0};
    char copy[512];
    char *words[ASKED_WORDS + 1];
    assert_true(strlen(line) < sizeof(copy));
    memcpy(copy, line, strlen(line) + 1);
    int count = words_of(copy, words);
    const struct tool *tool = tool_find(words[0]);
    assert_non_null(tool);
    const struct tool_context context = {.host = host, .out = &asked.out, .error = &asked.error};
    dobos_time now = scene ? scene->pair->now : 0;
    asked.code = -1;
    struct tool_task *task = tool_begin(tool, &context, count, words, now, &asked.code);
    memset(copy, '?', sizeof(copy)); /* the tool has its own copy */
    if (task && scene)
        scene_run(scene, task, &asked.code);
    dobos_time again;
    while (task && !scene && !tool_step(task, now, &again, &asked.code))
        continue;
    tool_end(task);
    return asked;
}

static inline struct asked ask(const char *line) {
    return ask_host(NULL, NULL, line);
}

static inline struct scene scene_create(const struct impairments *impairments) {
    static const struct impairments none = {0};
    return (struct scene){.pair = pair_create(1, impairments ? impairments : &none)};
}

/* b serves names, of which a asks it. */
static inline void scene_serve_names(struct scene *scene, const struct dobos_dns_zone *zones,
                                     size_t count) {
    const struct dobos_dns_config config = {
        .size = sizeof config, .zones = zones, .zone_count = count};
    const struct dobos_nameserver server = {.address = dobos_address_ipv4(PAIR_B),
                                            .origin = DOBOS_ORIGIN_STATIC};
    struct dobos_service **service = &scene->services[scene->service_count++];
    assert_int_equal(dobos_dns_server_create(scene->pair->b.host, &config, service), 0);
    assert_int_equal(dobos_nameserver_add(scene->pair->a.host, &server), 0);
}

static inline void scene_destroy(struct scene *scene) {
    for (unsigned i = 0; i < scene->service_count; i++)
        dobos_service_destroy(scene->services[i]);
    pair_destroy(scene->pair);
}

/* Asks, and holds what it wrote against these texts; NULL: whatever. */
static inline void expect_host(struct scene *scene, struct dobos_host *host, const char *line,
                               int code, const char *out, const char *error) {
    struct asked asked = ask_host(scene, host, line);
    if (out)
        assert_string_equal(sink_text(&asked.out), out);
    if (error)
        assert_string_equal(sink_text(&asked.error), error);
    assert_int_equal(asked.code, code);
    asked_fini(&asked);
}

static inline void expect(const char *line, int code, const char *out, const char *error) {
    expect_host(NULL, NULL, line, code, out, error);
}

#endif
