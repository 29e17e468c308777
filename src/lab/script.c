/*
 * script: runs a script's steps and holds what came of them against what was expected.
 *
 * A step begins at its time, or when the one before has ended; the first without a time, when the
 * network has settled (a minute after it began at the latest). One that does not end by `within`
 * (or a minute) is interrupted, as by ^C. Background steps go on beside the others, and the script
 * ends when all have.
 */
#include <inttypes.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "lab/lab_inner.h"

#define BOUND_NS     (60 * DOBOS_SECOND)
#define LAST_WORD_NS (10 * DOBOS_SECOND)

struct running {
    const struct network_step *step; /* NULL: not begun, or over */
    struct list_node place;          /* among those that run, or those to be told of */
    struct clock_event due;          /* of lab_script.limits */
    struct lab_task task;            /* at its node */
    struct sink out, error;          /* what it says */
    dobos_time began;                /* when */
    dobos_time limit;                /* when it is interrupted, and then when it is cut off */
    bool is_late;                    /* it had to be interrupted */
    struct lab_finding *findings;    /* of the result; owned; NULL: no memory for them */
    struct lab_step_result result;   /* what came of it, once step is NULL again */
};

struct lab_script {
    struct lab *lab;              /* whose */
    struct sink *out;             /* for people */
    struct running *running;      /* one a step of the file; owned */
    struct list active;           /* of running, in the order they began */
    struct list over;             /* of running, in the order they ended; lab_script_next is next */
    struct clock limits;          /* when each of the active is to be interrupted or cut off */
    unsigned next;                /* the step to begin next */
    const struct running *waited; /* which begins when this one is over; NULL: at its time */
    unsigned tasks_ended;         /* the lab's, when the steps were last looked at */
    bool is_interrupted;          /* no step is begun any more */
    bool is_settled;              /* the network need not be waited for any more */
    bool is_arriving;             /* what was under way when nothing else was waited for */
    unsigned settling;            /* a node that is not settled */
    dobos_time settle_until;      /* when it is not waited for any more */
    dobos_time until;             /* the end of all */
    struct lab_verdict verdict;   /* so far */
};

/* ---- verdicts ---- */

/* The most that is said of a step: its time, exit code, output, restart and counters. */
static unsigned findings_most(const struct network_step *step) {
    return 4 + step->counter_count;
}

static void judge(struct lab_script *script, struct running *running, bool holds,
                  const char *what) {
    struct lab_step_result *result = &running->result;
    script->verdict.passed += holds;
    script->verdict.failed += !holds;
    result->failed += !holds;
    sink_format(script->out, "    %s: %s\n", holds ? "ok" : "FAILED", what);
    if (running->findings) {
        struct lab_finding *finding = &running->findings[result->finding_count++];
        finding->holds = holds;
        (void)snprintf(finding->text, sizeof finding->text, "%s", what);
    }
}

static void judge_exit(struct lab_script *script, struct running *running) {
    char text[96];
    const int exit_code = running->task.exit_code, expected = running->step->exit;
    if (exit_code == expected)
        (void)snprintf(text, sizeof text, "exit %d", exit_code);
    else
        (void)snprintf(text, sizeof text, "exit %d, expected %d", exit_code, expected);
    judge(script, running, exit_code == expected, text);
}

static void judge_output(struct lab_script *script, struct running *running) {
    const char *expected = running->step->output;
    const bool is_regex = running->step->output_kind == OUTPUT_REGEX;
    bool holds = false;
    if (is_regex) {
        regex_t regex;
        if (regcomp(&regex, expected, REG_EXTENDED | REG_NEWLINE | REG_NOSUB) == 0) {
            holds = regexec(&regex, sink_text(&running->out), 0, NULL, 0) == 0;
            regfree(&regex);
        }
    } else {
        holds = strstr(sink_text(&running->out), expected) != NULL;
    }
    char text[LAB_FINDING_BYTES];
    const char *quote = is_regex ? "/" : "\"";
    (void)snprintf(text, sizeof text, "output %s %s%.300s%s", holds ? "has" : "has nowhere", quote,
                   expected, quote);
    judge(script, running, holds, text);
}

static bool compare(uint64_t a, enum network_comparison comparison, uint64_t b) {
    switch (comparison) {
    case COMPARE_EQUAL:
        return a == b;
    case COMPARE_NOT_EQUAL:
        return a != b;
    case COMPARE_LESS:
        return a < b;
    case COMPARE_AT_MOST:
        return a <= b;
    case COMPARE_GREATER:
        return a > b;
    case COMPARE_AT_LEAST:
        return a >= b;
    }
    return false;
}

static void judge_counter(struct lab_script *script, struct running *running,
                          const struct dobos_host *host, const struct network_counter *expected) {
    struct dobos_counter counter;
    char text[200];
    for (uint32_t i = 0; dobos_counter_read(host, i, &counter) == 0; i++) {
        if (strcmp(counter.name, expected->name) != 0)
            continue;
        const bool holds = compare(counter.value, expected->comparison, expected->value);
        (void)snprintf(text, sizeof text, "%s is %" PRIu64 "%s%.40s", counter.name, counter.value,
                       holds ? ": " : ", expected ", expected->text);
        judge(script, running, holds, text);
        return;
    }
}

static void judge_time(struct lab_script *script, struct running *running) {
    const struct network_step *step = running->step;
    const dobos_time took = script->lab->clock.now - running->began;
    char text[96];
    if (running->is_late) {
        (void)snprintf(text, sizeof text, "did not end within %" PRId64 ".%03d s",
                       (running->limit - running->began) / DOBOS_SECOND,
                       (int)((running->limit - running->began) / DOBOS_MILLISECOND % 1000));
        if (!step->background || step->has_expectation)
            judge(script, running, false, text);
    } else if (step->has_within) {
        (void)snprintf(text, sizeof text, "ended within %" PRId64 ".%03d s", took / DOBOS_SECOND,
                       (int)(took / DOBOS_MILLISECOND % 1000));
        judge(script, running, true, text);
    }
}

/* ---- steps ---- */

static const char *node_name(const struct lab_script *script, const struct network_step *step) {
    return step->node == UINT32_MAX ? "" : script->lab->nodes[step->node].file->name;
}

static void print_head(struct lab_script *script, const struct network_step *step,
                       const char *what) {
    const dobos_time now = script->lab->clock.now;
    const char *node = node_name(script, step);
    sink_format(script->out, "[%" PRId64 ".%06d] %s%s%s%s\n", now / DOBOS_SECOND,
                (int)(now / DOBOS_MICROSECOND % 1000000), node, *node && *step->title ? ": " : "",
                step->title, what);
}

/* What a tool wrote, with a newline at its end. */
static void print_output(struct lab_script *script, const struct sink *output) {
    sink_append(script->out, sink_text(output), output->length);
    if (output->length > 0 && output->text[output->length - 1] != '\n')
        sink_put(script->out, "\n");
}

/* The step is over: what it said, and whether that was expected. */
static void end_step(struct lab_script *script, struct running *running) {
    const struct network_step *step = running->step;
    const struct dobos_host *host =
        step->node == UINT32_MAX ? NULL : script->lab->nodes[step->node].host;
    if (step->background)
        print_head(script, step, " (ended)");
    print_output(script, &running->out);
    print_output(script, &running->error);
    judge_time(script, running);
    if (step->has_exit)
        judge_exit(script, running);
    if (step->output_kind != OUTPUT_ANY)
        judge_output(script, running);
    for (unsigned i = 0; host && i < step->counter_count; i++)
        judge_counter(script, running, host, &step->counters[i]);
    running->result.ended = script->lab->clock.now;
    running->result.has_exit = step->run_at != NULL;
    running->result.exit_code = running->task.exit_code;
    node_task_fini(&running->task);
    running->step = NULL;
    clock_arm(&script->limits, &running->due, DOBOS_NEVER);
    list_remove(&running->place);
    list_append(&script->over, &running->place);
}

static void end_steps(struct lab_script *script) {
    list_each(&script->active, node) {
        struct running *running = container_of(node, struct running, place);
        if (running->task.has_ended)
            end_step(script, running);
    }
}

/* What a step is, before anything comes of it. */
static void result_init(struct lab_script *script, const struct network_step *step,
                        struct running *running) {
    running->findings = calloc(findings_most(step), sizeof *running->findings);
    running->result = (struct lab_step_result){
        .number = (unsigned)(step - script->lab->network.steps) + 1,
        .line = step->at->line,
        .node = node_name(script, step),
        .command = step->title,
        .is_background = step->background,
        .began = script->lab->clock.now,
        .ended = script->lab->clock.now,
        .output = &running->out,
        .error = &running->error,
        .findings = running->findings,
    };
}

/* Does what a step sets; false with *error. The tools that this ends are over before the step. */
static bool change(struct lab_script *script, const struct network_step *step,
                   struct lab_error *error) {
    for (unsigned i = 0; i < step->change_count; i++)
        lab_change(script->lab, step->node, &step->changes[i]);
    if (!step->restart)
        return true;
    const bool is_good = lab_node_restart(script->lab, node_name(script, step), error) == 0;
    end_steps(script);
    return is_good;
}

static void begin_step(struct lab_script *script, const struct network_step *step,
                       struct running *running) {
    struct lab_error error;
    const bool is_changed = change(script, step, &error);
    *running = (struct running){.step = step, .began = script->lab->clock.now};
    result_init(script, step, running);
    running->limit = running->began + (step->has_within ? step->within : BOUND_NS);
    clock_event_init(&running->due, CLOCK_TURN);
    clock_arm(&script->limits, &running->due, running->limit);
    list_node_init(&running->place);
    list_append(&script->active, &running->place);
    sink_init(&running->out);
    sink_init(&running->error);
    list_node_init(&running->task.node);
    print_head(script, step, step->background ? " (in the background)" : "");
    if (step->run_at)
        (void)node_task_init(&script->lab->nodes[step->node], &running->task, step->argument_count,
                             step->arguments, false, &running->out, &running->error);
    else
        running->task.has_ended = true;
    if (!is_changed)
        judge(script, running, false, error.text);
    if (running->task.has_ended)
        end_step(script, running);
}

/* Interrupts a step that is late, or cuts it off when it was interrupted before. */
static void interrupt(struct lab_script *script, struct running *running) {
    if (running->is_late) {
        running->task.has_ended = true;
        running->task.exit_code = 125;
        clock_arm(&script->limits, &running->due, DOBOS_NEVER);
        return;
    }
    running->is_late = true;
    clock_arm(&script->limits, &running->due, running->limit + LAST_WORD_NS);
    tool_interrupt(running->task.tool);
    node_wake(&script->lab->nodes[running->step->node]);
}

static void interrupt_late(struct lab_script *script) {
    struct clock_event *first;
    while ((first = clock_first(&script->limits)) && first->at <= script->lab->clock.now)
        interrupt(script, container_of(first, struct running, due));
    end_steps(script);
}

/* Whether the first step still waits until addresses are leased, probed and announced. */
static bool is_settling(struct lab_script *script) {
    char missing[512];
    if (script->is_settled || script->next > 0 || script->lab->network.step_count == 0 ||
        script->lab->network.steps[0].has_time)
        return false;
    if (!script->is_arriving &&
        !settle_is_pending(script->lab, &script->settling, missing, sizeof missing)) {
        script->is_arriving = true;
        script->settle_until = min_i64(script->settle_until, settle_arrival(script->lab));
    }
    script->is_settled = script->lab->clock.now >= script->settle_until &&
                         (!script->is_arriving || lab_next(script->lab) > script->settle_until);
    return !script->is_settled;
}

/* The next time there is something to do for the script itself. */
static dobos_time next_limit(const struct lab_script *script) {
    const struct network *network = &script->lab->network;
    const struct clock_event *first = clock_first(&script->limits);
    dobos_time next = first ? min_i64(script->until, first->at) : script->until;
    if (script->next == 0 && network->step_count > 0 && !network->steps[0].has_time)
        next = min_i64(next, script->settle_until);
    else if (script->next < network->step_count && !script->waited)
        next = min_i64(next, network->steps[script->next].time);
    return next;
}

/* What has not ended when all ends. */
static void cut_off(struct lab_script *script) {
    list_each(&script->active, node) {
        struct running *running = container_of(node, struct running, place);
        running->is_late = true;
        running->limit = script->lab->clock.now;
        running->task.has_ended = true;
        running->task.exit_code = 125;
    }
    end_steps(script);
}

/* A step whose turn comes too late. */
static void leave_out(struct lab_script *script, const struct network_step *step,
                      struct running *running) {
    result_init(script, step, running);
    list_node_init(&running->place);
    list_append(&script->over, &running->place);
    running->result.never_began = true;
    print_head(script, step, "");
    judge(script, running, false,
          script->is_interrupted ? "never began: interrupted" : "never began: the time was up");
}

/* Begins the steps whose turn it is. */
static void begin_steps(struct lab_script *script) {
    const struct network *network = &script->lab->network;
    while (script->next < network->step_count) {
        const struct network_step *step = &network->steps[script->next];
        struct running *running = &script->running[script->next];
        const dobos_time now = script->lab->clock.now;
        const bool is_over = now >= script->until || script->is_interrupted;
        if (script->waited && !script->waited->step)
            script->waited = NULL;
        if (!is_over &&
            (script->waited || (step->has_time && now < step->time) || is_settling(script)))
            return;
        if (is_over && !list_is_empty(&script->active))
            return; /* those that began are told of first */
        script->next++;
        if (is_over) {
            leave_out(script, step, running);
        } else {
            begin_step(script, step, running);
            script->waited = step->background ? NULL : running;
        }
    }
}

struct lab_script *lab_script_begin(struct lab *lab, dobos_time until, struct sink *out) {
    struct lab_script *script = calloc(1, sizeof *script);
    if (!script)
        return NULL;
    *script = (struct lab_script){
        .lab = lab, .out = out, .until = until, .settle_until = lab->clock.now + LAB_SETTLE_NS};
    list_init(&script->active);
    list_init(&script->over);
    script->running = calloc(lab->network.step_count + 1, sizeof *script->running);
    script->tasks_ended = lab->tasks_ended;
    if (clock_init(&script->limits, lab->network.step_count, 0) && script->running)
        return script;
    lab_script_end(script);
    return NULL;
}

bool lab_script_step(struct lab_script *script) {
    struct lab *lab = script->lab;
    if (lab->clock.now >= script->until)
        cut_off(script);
    begin_steps(script);
    if (script->next == lab->network.step_count && list_is_empty(&script->active))
        return true;
    const dobos_time stop = next_limit(script);
    const bool is_going = lab_step(lab, stop);
    if (!is_going)
        lab_run_until(lab, stop);
    if (!is_going || lab->tasks_ended != script->tasks_ended) {
        script->tasks_ended = lab->tasks_ended;
        end_steps(script);
        interrupt_late(script);
    }
    return false;
}

void lab_script_interrupt(struct lab_script *script) {
    script->is_interrupted = true;
    list_each(&script->active, node) {
        struct running *running = container_of(node, struct running, place);
        if (running->is_late || running->task.has_ended)
            continue;
        running->limit = script->lab->clock.now;
        interrupt(script, running);
    }
    end_steps(script);
}

const struct lab_step_result *lab_script_next(struct lab_script *script) {
    struct list_node *node = list_first(&script->over);
    if (!node)
        return NULL;
    list_remove(node);
    return &container_of(node, struct running, place)->result;
}

struct lab_verdict lab_script_verdict(const struct lab_script *script) {
    return script->verdict;
}

void lab_script_end(struct lab_script *script) {
    if (!script)
        return;
    for (unsigned i = 0; script->running && i < script->next; i++) {
        struct running *running = &script->running[i];
        if (running->step)
            node_task_fini(&running->task);
        sink_fini(&running->out);
        sink_fini(&running->error);
        free(running->findings);
    }
    clock_fini(&script->limits);
    free(script->running);
    free(script);
}

struct lab_verdict lab_script_run(struct lab *lab, dobos_time until, struct sink *out) {
    struct lab_script *script = lab_script_begin(lab, until, out);
    if (!script) {
        sink_put(out, "no memory for the script\n");
        return (struct lab_verdict){.failed = 1};
    }
    while (!lab_script_step(script))
        continue;
    const struct lab_verdict verdict = script->verdict;
    lab_script_end(script);
    return verdict;
}
