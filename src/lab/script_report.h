/*
 * script_report: what came of a script, for machines: JUnit's XML, which systems of continuous
 * integration read, and JSON. Steps are added as they end; in both they stand in that order. Times
 * are those of the network's clock. Whatever bytes a step wrote, both are well-formed.
 */
#ifndef LAB_SCRIPT_REPORT_H
#define LAB_SCRIPT_REPORT_H

#include <jansson.h>

#include "lab/lab.h"

struct script_report {
    const char *network;    /* its name; borrowed */
    struct sink cases;      /* a <testcase> a step */
    unsigned tests, failed; /* how many there are, and of those with a failure */
    json_t *steps;          /* owned */
    bool no_memory;         /* something is missing */
};

void script_report_init(struct script_report *report, const char *network);
void script_report_fini(struct script_report *report);
void script_report_add(struct script_report *report, const struct lab_step_result *result);

/* `took`: how long all took. */
void script_report_junit(const struct script_report *report, dobos_time took, struct sink *out);
/* On one line. */
void script_report_json(const struct script_report *report, struct lab_verdict verdict,
                        dobos_time took, uint64_t seed, struct sink *out);

#endif
