/* lab: making a network from a file, its time, and what is in it. See lab.h. */
#include "lab/lab.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lab/lab_inner.h"

/* 2000-01-01T00:00:00Z, where virtual time begins, in seconds since 1970. */
#define EPOCH_S UINT64_C(946684800)

/* ---- memory ---- */

static void *heap_allocate(void *context, size_t bytes, const char *site) {
    (void)context;
    (void)site;
    return malloc(bytes);
}

static void heap_release(void *context, void *memory, size_t bytes) {
    (void)context;
    (void)bytes;
    free(memory);
}

/* ---- making and ending ---- */

static bool lab_init(struct lab *lab, const char *text, size_t length, const char *name,
                     const struct lab_options *options, struct lab_error *error) {
    static const struct dobos_allocator heap = {NULL, heap_allocate, heap_release};
    const struct dobos_pool_config pool = {.size = sizeof pool, .allocator = &heap};
    if (!network_read(&lab->network, text, length, name, error))
        return false;
    identity_init(&lab->identity, options->seed, options->real_time ? options->entropy : NULL);
    lab->epoch_ns = options->real_time ? options->epoch_ns : EPOCH_S * (uint64_t)DOBOS_SECOND;
    if (dobos_pool_create(&pool, &lab->pool) < 0)
        return yaml_refuse_file(name, error, "no memory for the network");
    return lab_build(lab, options, error) && script_check(lab, error);
}

int lab_create_from_text(const char *text, size_t length, const char *name,
                         const struct lab_options *options, struct lab **lab,
                         struct lab_error *error) {
    struct lab *made = calloc(1, sizeof *made);
    if (!made) {
        yaml_refuse_file(name, error, "no memory for the network");
        return -1;
    }
    if (!lab_init(made, text, length, name, options, error)) {
        lab_destroy(made);
        return -1;
    }
    *lab = made;
    return 0;
}

/* The whole file, at most one byte more than may be; NULL with *error. */
static char *read_file(const char *path, size_t *length, struct lab_error *error) {
    FILE *file = fopen(path, "rbe");
    char *text = file ? malloc(YAML_MAX_BYTES + 1) : NULL;
    if (!text) {
        yaml_refuse_file(path, error, "%s", file ? "no memory" : strerror(errno));
        if (file)
            (void)fclose(file);
        return NULL;
    }
    *length = fread(text, 1, YAML_MAX_BYTES + 1, file);
    const int fault = ferror(file) ? errno : 0;
    (void)fclose(file);
    if (fault) {
        yaml_refuse_file(path, error, "%s", strerror(fault));
        free(text);
        return NULL;
    }
    return text;
}

int lab_create_from_file(const char *path, const struct lab_options *options, struct lab **lab,
                         struct lab_error *error) {
    size_t length = 0;
    char *text = read_file(path, &length, error);
    if (!text)
        return -1;
    const int result = lab_create_from_text(text, length, path, options, lab, error);
    free(text);
    return result;
}

void lab_destroy(struct lab *lab) {
    if (!lab)
        return;
    lab_unbuild(lab);
    dobos_pool_destroy(lab->pool);
    network_fini(&lab->network);
    free(lab);
}

/* ---- what is in it ---- */

const char *lab_name(const struct lab *lab) {
    return lab->network.name;
}

dobos_time lab_now(const struct lab *lab) {
    return lab->clock.now;
}

struct dobos_host *lab_host(const struct lab *lab, const char *node) {
    const uint32_t number = network_node_find(&lab->network, node);
    return number == UINT32_MAX || lab->nodes[number].port ? NULL : lab->nodes[number].host;
}

bool lab_has_node(const struct lab *lab, const char *node) {
    return network_node_find(&lab->network, node) != UINT32_MAX;
}

uint64_t lab_answers(const struct lab *lab, const char *service) {
    uint64_t answers = 0;
    for (uint32_t i = 0; i < lab->network.node_count; i++)
        for (unsigned j = 0; j < lab->nodes[i].service_count; j++)
            if (strcmp(dobos_service_name(lab->nodes[i].services[j]), service) == 0)
                answers += dobos_service_answers(lab->nodes[i].services[j]);
    return answers;
}

const char *lab_node_nth(const struct lab *lab, unsigned nth) {
    return nth < lab->network.node_count ? lab->network.nodes[nth].name : NULL;
}

bool lab_has_script(const struct lab *lab) {
    return lab->network.step_count > 0;
}

const char *lab_joined_segment(const struct lab *lab) {
    for (unsigned i = 0; i < lab->network.segment_count; i++)
        if (segment_join_count(&lab->network.segments[i]) > 0)
            return lab->network.segments[i].name;
    return NULL;
}

void lab_wake(struct lab *lab, const char *node) {
    const uint32_t number = network_node_find(&lab->network, node);
    if (number != UINT32_MAX && lab->nodes[number].host)
        node_wake(&lab->nodes[number]);
}

/* ---- time ---- */

dobos_time lab_next(const struct lab *lab) {
    const struct clock_event *first = clock_first(&lab->clock);
    return first ? first->at : DOBOS_NEVER;
}

bool lab_step(struct lab *lab, dobos_time until) {
    struct clock_event *event = clock_first(&lab->clock);
    if (!event || event->at > until)
        return false;
    lab->clock.now = event->at;
    clock_arm(&lab->clock, event, DOBOS_NEVER);
    if (event->kind == CLOCK_ARRIVAL)
        plug_on_arrival(container_of(event, struct plug, arrival), lab->clock.now);
    else
        node_on_turn(container_of(event, struct lab_node, turn), lab->clock.now);
    return true;
}

void lab_run_until(struct lab *lab, dobos_time until) {
    while (lab_step(lab, until))
        continue;
    if (until != DOBOS_NEVER)
        lab->clock.now = max_i64(lab->clock.now, until);
}
