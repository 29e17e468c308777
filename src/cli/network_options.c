/* network_options: see network_options.h. */
#include "cli/network_options.h"

#include <stdio.h>
#include <string.h>

#include "tools/options.h"

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

int captures_begin(const struct capture_options *captures, struct lab *lab,
                   struct lab_error *error) {
    for (unsigned i = 0; i < captures->count; i++) {
        const char *value = captures->values[i];
        const char *equals = strchr(value, '=');
        char segment[256];
        (void)snprintf(segment, sizeof segment, "%.*s", (int)(equals - value), value);
        if (lab_capture(lab, segment, equals + 1, error) != 0)
            return -1;
    }
    return 0;
}
