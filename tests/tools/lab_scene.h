/* lab_scene: a tool asked at a node of a lab in virtual time, and what it wrote. */
#ifndef TESTS_TOOLS_LAB_SCENE_H
#define TESTS_TOOLS_LAB_SCENE_H

#include "../lab/made.h"

struct scene {
    struct lab *lab;        /* owned */
    struct sink out, error; /* of the last question */
    int code;               /* its exit code */
};

/* Its arguments are a line, with spaces between the words. */
static inline void ask(struct scene *scene, const char *node, const char *line) {
    char words[200], *arguments[16];
    int count = 0;
    (void)snprintf(words, sizeof words, "%s", line);
    for (char *word = strtok(words, " "); word && count < 15; word = strtok(NULL, " "))
        arguments[count++] = word;
    arguments[count] = NULL;
    sink_clear(&scene->out);
    sink_clear(&scene->error);
    scene->code = lab_tool(scene->lab, node, count, arguments, false, &scene->out, &scene->error,
                           DOBOS_NEVER);
}

static inline void expect(struct scene *scene, const char *node, const char *line, int code,
                          const char *out, const char *error) {
    ask(scene, node, line);
    assert_string_equal(sink_text(&scene->error), error);
    assert_string_equal(sink_text(&scene->out), out);
    assert_int_equal(scene->code, code);
}

/* The network, a second after it began. */
static inline struct scene scene_open(const char *network) {
    struct scene scene = {lab_of(network), {0}, {0}, 0};
    lab_run_until(scene.lab, DOBOS_SECOND);
    return scene;
}

static inline void scene_close(struct scene *scene) {
    sink_fini(&scene->out);
    sink_fini(&scene->error);
    lab_destroy(scene->lab);
}

#endif
