/* script_report: see script_report.h. */
#include "lab/script_report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tools/text.h"

void script_report_init(struct script_report *report, const char *network) {
    *report = (struct script_report){.network = network, .steps = json_array()};
    report->no_memory = !report->steps;
}

void script_report_fini(struct script_report *report) {
    sink_fini(&report->cases);
    json_decref(report->steps);
    report->steps = NULL;
}

/* ---- JUnit ---- */

static void put_attribute(struct sink *out, const char *name, const char *value) {
    sink_format(out, " %s=\"", name);
    text_put_xml(out, value, strlen(value), true);
    sink_put(out, "\"");
}

static void put_seconds(struct sink *out, const char *name, dobos_time time) {
    sink_format(out, " %s=\"%" PRId64 ".%06" PRId64 "\"", name, time / DOBOS_SECOND,
                time % DOBOS_SECOND / DOBOS_MICROSECOND);
}

static void put_element(struct sink *out, const char *name, const struct sink *text) {
    if (text->length == 0)
        return;
    sink_format(out, "      <%s>", name);
    text_put_xml(out, sink_text(text), text->length, false);
    sink_format(out, "</%s>\n", name);
}

/* The first failure is the message; the element tells of all. */
static void put_failure(struct sink *out, const struct lab_step_result *result) {
    bool is_first = true;
    for (unsigned i = 0; result->findings && i < result->finding_count; i++) {
        const struct lab_finding *finding = &result->findings[i];
        if (finding->holds)
            continue;
        if (is_first) {
            sink_put(out, "      <failure");
            put_attribute(out, "message", finding->text);
            sink_put(out, ">");
        } else {
            sink_put(out, "\n");
        }
        text_put_xml(out, finding->text, strlen(finding->text), false);
        is_first = false;
    }
    sink_put(out, is_first ? "      <failure/>\n" : "</failure>\n");
}

static void add_case(struct script_report *report, const struct lab_step_result *result) {
    struct sink *out = &report->cases;
    struct sink name = {0};
    sink_format(&name, "%u: %s", result->number,
                result->command[0] ? result->command : "what is expected");
    sink_put(out, "    <testcase");
    put_attribute(out, "name", sink_text(&name));
    struct sink place = {0};
    sink_format(&place, "%s.%s", report->network, result->node);
    put_attribute(out, "classname", sink_text(&place));
    put_seconds(out, "time", result->ended - result->began);
    sink_put(out, ">\n");
    if (result->failed > 0)
        put_failure(out, result);
    put_element(out, "system-out", result->output);
    put_element(out, "system-err", result->error);
    sink_put(out, "    </testcase>\n");
    out->failed |= name.failed || place.failed;
    sink_fini(&name);
    sink_fini(&place);
}

void script_report_junit(const struct script_report *report, dobos_time took, struct sink *out) {
    struct sink counts = {0};
    sink_format(&counts, " tests=\"%u\" failures=\"%u\" errors=\"0\" skipped=\"0\"", report->tests,
                report->failed);
    put_seconds(&counts, "time", took);
    sink_put(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites");
    sink_put(out, sink_text(&counts));
    sink_put(out, ">\n  <testsuite");
    put_attribute(out, "name", report->network);
    sink_put(out, sink_text(&counts));
    sink_put(out, ">\n");
    sink_append(out, sink_text(&report->cases), report->cases.length);
    sink_put(out, "  </testsuite>\n</testsuites>\n");
    out->failed |= counts.failed || report->cases.failed || report->no_memory;
    sink_fini(&counts);
}

/* ---- JSON ---- */

static void put(struct script_report *report, json_t *object, const char *key, json_t *value) {
    report->no_memory |= json_object_set_new(object, key, value) != 0;
}

static json_t *text_of(const struct sink *sink) {
    return text_json(sink_text(sink), sink->length);
}

static json_t *seconds_of(dobos_time time) {
    const int64_t microseconds = time / DOBOS_MICROSECOND;
    return json_real((double)microseconds / 1e6);
}

static json_t *findings_json(struct script_report *report, const struct lab_step_result *result) {
    json_t *findings = json_array();
    for (unsigned i = 0; result->findings && i < result->finding_count; i++) {
        const struct lab_finding *finding = &result->findings[i];
        json_t *object = json_object();
        put(report, object, "holds", json_boolean(finding->holds));
        put(report, object, "text", text_json(finding->text, strlen(finding->text)));
        report->no_memory |= json_array_append_new(findings, object) != 0;
    }
    return findings;
}

static void add_object(struct script_report *report, const struct lab_step_result *result) {
    json_t *object = json_object();
    put(report, object, "step", json_integer(result->number));
    put(report, object, "line", json_integer(result->line));
    put(report, object, "node", text_json(result->node, strlen(result->node)));
    put(report, object, "command", text_json(result->command, strlen(result->command)));
    put(report, object, "background", json_boolean(result->is_background));
    put(report, object, "began", result->never_began ? json_null() : seconds_of(result->began));
    put(report, object, "took", seconds_of(result->ended - result->began));
    put(report, object, "exit", result->has_exit ? json_integer(result->exit_code) : json_null());
    put(report, object, "output", text_of(result->output));
    put(report, object, "error", text_of(result->error));
    put(report, object, "passed", json_boolean(result->failed == 0));
    put(report, object, "expectations", findings_json(report, result));
    report->no_memory |= json_array_append_new(report->steps, object) != 0;
}

static int append(const char *bytes, size_t length, void *sink) {
    sink_append(sink, bytes, length);
    return 0;
}

void script_report_json(const struct script_report *report, struct lab_verdict verdict,
                        dobos_time took, uint64_t seed, struct sink *out) {
    json_t *object = json_pack("{s:o, s:I, s:o, s:i, s:i, s:o, s:O}", "network",
                               text_json(report->network, strlen(report->network)), "seed",
                               (json_int_t)seed, "time", seconds_of(took), "held",
                               (int)verdict.passed, "failed", (int)verdict.failed, "passed",
                               json_boolean(verdict.failed == 0), "steps", report->steps);
    const size_t flags = JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(12);
    out->failed |= report->no_memory || json_dump_callback(object, append, out, flags) != 0;
    sink_put(out, "\n");
    json_decref(object);
}

void script_report_add(struct script_report *report, const struct lab_step_result *result) {
    report->tests++;
    report->failed += result->failed > 0;
    report->no_memory |= !result->findings;
    add_case(report, result);
    add_object(report, result);
}
