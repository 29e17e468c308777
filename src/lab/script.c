/*
 * script: runs a script's steps and holds what came of them against what was expected.
 *
 * A step begins at its time, or when the one before has ended. One that does not end by `within`
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
    struct lab_task task;            /* at its node */
    struct sink out, error;          /* what it says */
    dobos_time began;                /* when */
    dobos_time limit;                /* when it is interrupted, and then when it is cut off */
    bool is_late;                    /* it had to be interrupted */
};

struct script {
    struct lab *lab;            /* whose */
    struct sink *out;           /* for people */
    struct running *running;    /* one a step of the file */
    dobos_time until;           /* the end of all */
    struct lab_verdict verdict; /* so far */
};

/* ---- verdicts ---- */

static void judge(struct script *script, bool holds, const char *what) {
    script->verdict.passed += holds;
    script->verdict.failed += !holds;
    sink_format(script->out, "    %s: %s\n", holds ? "ok" : "FAILED", what);
}

static void judge_exit(struct script *script, const struct running *running) {
    char text[96];
    const int exit_code = running->task.exit_code, expected = running->step->exit;
    if (exit_code == expected)
        (void)snprintf(text, sizeof text, "exit %d", exit_code);
    else
        (void)snprintf(text, sizeof text, "exit %d, expected %d", exit_code, expected);
    judge(script, exit_code == expected, text);
}

static void judge_output(struct script *script, const struct running *running) {
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
    char text[400];
    const char *quote = is_regex ? "/" : "\"";
    (void)snprintf(text, sizeof text, "output %s %s%.300s%s", holds ? "has" : "has nowhere", quote,
                   expected, quote);
    judge(script, holds, text);
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

static void judge_counter(struct script *script, const struct dobos_host *host,
                          const struct network_counter *expected) {
    struct dobos_counter counter;
    char text[200];
    for (uint32_t i = 0; dobos_counter_read(host, i, &counter) == 0; i++) {
        if (strcmp(counter.name, expected->name) != 0)
            continue;
        const bool holds = compare(counter.value, expected->comparison, expected->value);
        (void)snprintf(text, sizeof text, "%s is %" PRIu64 "%s%.40s", counter.name, counter.value,
                       holds ? ": " : ", expected ", expected->text);
        judge(script, holds, text);
        return;
    }
}

static void judge_time(struct script *script, const struct running *running) {
    const struct network_step *step = running->step;
    const dobos_time took = script->lab->clock.now - running->began;
    char text[96];
    if (running->is_late) {
        (void)snprintf(text, sizeof text, "did not end within %" PRId64 ".%03d s",
                       (running->limit - running->began) / DOBOS_SECOND,
                       (int)((running->limit - running->began) / DOBOS_MILLISECOND % 1000));
        if (!step->background || step->has_expectation)
            judge(script, false, text);
    } else if (step->has_within) {
        (void)snprintf(text, sizeof text, "ended within %" PRId64 ".%03d s", took / DOBOS_SECOND,
                       (int)(took / DOBOS_MILLISECOND % 1000));
        judge(script, true, text);
    }
}

/* ---- steps ---- */

static void print_head(struct script *script, const struct network_step *step, const char *what) {
    const dobos_time now = script->lab->clock.now;
    sink_format(script->out, "[%" PRId64 ".%06d] %s%s%s%s\n", now / DOBOS_SECOND,
                (int)(now / DOBOS_MICROSECOND % 1000000), script->lab->nodes[step->node].file->name,
                step->run_at ? ": " : "", step->run_at ? step->run_at->text : "", what);
}

/* What a tool wrote, with a newline at its end. */
static void print_output(struct script *script, const struct sink *output) {
    sink_append(script->out, sink_text(output), output->length);
    if (output->length > 0 && output->text[output->length - 1] != '\n')
        sink_put(script->out, "\n");
}

/* The step is over: what it said, and whether that was expected. */
static void end_step(struct script *script, struct running *running) {
    const struct network_step *step = running->step;
    const struct dobos_host *host = script->lab->nodes[step->node].host;
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
        judge_counter(script, host, &step->counters[i]);
    node_task_fini(&running->task);
    sink_fini(&running->out);
    sink_fini(&running->error);
    running->step = NULL;
}

static void end_steps(struct script *script) {
    for (unsigned i = 0; i < script->lab->network.step_count; i++)
        if (script->running[i].step && script->running[i].task.has_ended)
            end_step(script, &script->running[i]);
}

static void begin_step(struct script *script, const struct network_step *step,
                       struct running *running) {
    struct lab_node *node = &script->lab->nodes[step->node];
    *running = (struct running){.step = step, .began = script->lab->clock.now};
    running->limit = running->began + (step->has_within ? step->within : BOUND_NS);
    sink_init(&running->out);
    sink_init(&running->error);
    list_node_init(&running->task.node);
    print_head(script, step, step->background ? " (in the background)" : "");
    if (!step->run_at)
        running->task.has_ended = true;
    else
        (void)node_task_init(node, &running->task, step->argument_count, step->arguments, false,
                             &running->out, &running->error);
    end_steps(script);
}

/* Interrupts the steps that are late; those that were interrupted before are cut off. */
static void interrupt_late(struct script *script) {
    for (unsigned i = 0; i < script->lab->network.step_count; i++) {
        struct running *running = &script->running[i];
        if (!running->step || running->task.has_ended)
            continue;
        const dobos_time now = script->lab->clock.now;
        if (!running->is_late && now >= running->limit) {
            running->is_late = true;
            tool_interrupt(running->task.tool);
            node_wake(&script->lab->nodes[running->step->node]);
        } else if (running->is_late && now >= running->limit + LAST_WORD_NS) {
            running->task.has_ended = true;
            running->task.exit_code = 125;
        }
    }
    end_steps(script);
}

/* The next time interrupt_late has something to do. */
static dobos_time next_limit(const struct script *script) {
    dobos_time next = script->until;
    for (unsigned i = 0; i < script->lab->network.step_count; i++) {
        const struct running *running = &script->running[i];
        if (running->step)
            next = min_i64(next, running->limit + (running->is_late ? LAST_WORD_NS : 0));
    }
    return next;
}

/* Runs until `time`, or until *waited (where not NULL) is over. */
static void run_on(struct script *script, dobos_time time, const struct running *waited) {
    struct lab *lab = script->lab;
    while (lab->clock.now < time && !(waited && !waited->step)) {
        const dobos_time stop = min_i64(time, next_limit(script));
        const unsigned ended = lab->tasks_ended;
        bool is_going = true;
        while (is_going && lab->tasks_ended == ended)
            is_going = lab_step(lab, stop);
        if (!is_going)
            lab_run_until(lab, stop);
        end_steps(script);
        interrupt_late(script);
    }
}

static bool is_any_running(const struct script *script) {
    for (unsigned i = 0; i < script->lab->network.step_count; i++)
        if (script->running[i].step)
            return true;
    return false;
}

/* What has not ended when all ends. */
static void cut_off(struct script *script) {
    for (unsigned i = 0; i < script->lab->network.step_count; i++) {
        struct running *running = &script->running[i];
        if (!running->step)
            continue;
        running->is_late = true;
        running->limit = script->lab->clock.now;
        running->task.has_ended = true;
        running->task.exit_code = 125;
    }
    end_steps(script);
}

struct lab_verdict lab_script_run(struct lab *lab, dobos_time until, struct sink *out) {
    const struct network *network = &lab->network;
    struct script script = {.lab = lab, .out = out, .until = until};
    script.running = calloc(network->step_count + 1, sizeof *script.running);
    if (!script.running) {
        sink_put(out, "no memory for the script\n");
        return (struct lab_verdict){.failed = 1};
    }
    for (unsigned i = 0; i < network->step_count; i++) {
        const struct network_step *step = &network->steps[i];
        struct running *running = &script.running[i];
        if (step->has_time)
            run_on(&script, min_i64(step->time, until), NULL);
        if (lab->clock.now >= until) {
            script.verdict.failed++;
            print_head(&script, step, "");
            sink_put(out, "    FAILED: never began: the time was up\n");
            continue;
        }
        begin_step(&script, step, running);
        if (!step->background)
            run_on(&script, until, running);
    }
    while (is_any_running(&script) && lab->clock.now < until)
        run_on(&script, next_limit(&script), NULL);
    cut_off(&script);
    free(script.running);
    return script.verdict;
}
