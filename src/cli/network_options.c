/* network_options: see network_options.h. */
#include "cli/network_options.h"

#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "tools/options.h"

#define SEGMENT_BYTES 256 /* of a name on the command line, cut if longer */

void seed_option(uint64_t *seed, const char *value, struct argp_state *state) {
    int64_t number = 0;
    if (!whole_parse(value, 0, INT64_MAX, &number))
        argp_error(state, "--seed: '%s': expected a whole number from 0 to %lld", value,
                   (long long)INT64_MAX);
    *seed = (uint64_t)number;
}

void capture_option(struct capture_options *captures, const char *value, struct argp_state *state) {
    const char *equals = strchr(value, '=');
    if (equals == NULL || equals == value || equals[1] == '\0')
        argp_error(state, "--capture: '%s': expected SEGMENT=FILE.pcapng", value);
    if (captures->count == CAPTURES)
        argp_error(state, "--capture: at most %d", CAPTURES);
    captures->values[captures->count++] = value;
}

/* The segment's name of a value SEGMENT=FILE. */
static void segment_of(const char *value, char segment[SEGMENT_BYTES]) {
    (void)snprintf(segment, SEGMENT_BYTES, "%.*s", (int)(strchr(value, '=') - value), value);
}

/* Two segments cannot be written to one file; a device takes whatever comes. */
static bool is_same_file(const char *value, const char *other) {
    const char *file = strchr(value, '=') + 1;
    return strcmp(file, strchr(other, '=') + 1) == 0 && strncmp(file, "/dev/", 5) != 0;
}

/* Every segment is there, and named once: no file is touched before that is known. */
static int captures_check(const struct capture_options *captures, const struct lab *lab,
                          struct lab_error *error) {
    char segment[SEGMENT_BYTES], other[SEGMENT_BYTES];
    for (unsigned i = 0; i < captures->count; i++) {
        segment_of(captures->values[i], segment);
        if (lab_segment_check(lab, segment, error) != 0)
            return -1;
        for (unsigned before = 0; before < i; before++) {
            segment_of(captures->values[before], other);
            if (strcmp(segment, other) == 0) {
                (void)snprintf(error->text, sizeof error->text,
                               "--capture: %.60s: this segment is named twice", segment);
                return -1;
            }
            if (is_same_file(captures->values[i], captures->values[before])) {
                (void)snprintf(error->text, sizeof error->text,
                               "--capture: %.400s: expected a file of its own for each segment",
                               strchr(captures->values[i], '=') + 1);
                return -1;
            }
        }
    }
    return 0;
}

int captures_begin(const struct capture_options *captures, struct lab *lab,
                   struct lab_error *error) {
    char segment[SEGMENT_BYTES];
    if (captures_check(captures, lab, error) != 0)
        return -1;
    for (unsigned i = 0; i < captures->count; i++) {
        segment_of(captures->values[i], segment);
        if (lab_capture(lab, segment, strchr(captures->values[i], '=') + 1, error) != 0)
            return -1;
    }
    return 0;
}

bool network_is_whole(const struct lab *lab, const char *command) {
    const char *segment = lab_joined_segment(lab);
    if (segment != NULL)
        (void)complain(command,
                       "the segment %s is joined to a device of this machine, which has no virtual "
                       "time: dobos lab NET.yaml --live brings the network up",
                       segment);
    return segment == NULL;
}
