/* real_network: see real_network.h. */
#include "cli/real_network.h"

#include <stdio.h>
#include <string.h>

#include "os/lab_clock.h"

static int make(const char *file, const struct lab_options *options, struct lab **lab,
                struct lab_error *error) {
    const char *text = lab_default_text();
    if (file != NULL)
        return lab_create_from_file(file, options, lab, error);
    return lab_create_from_text(text, strlen(text), "built-in network", options, lab, error);
}

int real_network_make(const char *file, uint64_t seed, enum real_network_minute minute,
                      struct lab **lab, struct lab_error *error) {
    struct lab_options options = {.seed = seed};
    struct failure failure;
    if (lab_clock_set(&options, &failure) != 0) {
        (void)snprintf(error->text, sizeof error->text, "%s", failure.text);
        return -1;
    }
    if (make(file, &options, lab, error) != 0)
        return -1;
    if (minute == MINUTE_ALWAYS || lab_joined_segment(*lab) == NULL)
        return 0;
    lab_destroy(*lab);
    options.warm_up = 0;
    return make(file, &options, lab, error);
}
