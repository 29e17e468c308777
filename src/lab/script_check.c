/* script_check: what of a script only the tools and a host can know: that its commands and counters
 * exist. */
#include <string.h>

#include "lab/lab_inner.h"

static bool has_counter(const struct dobos_host *host, const char *name) {
    struct dobos_counter counter;
    for (uint32_t i = 0; dobos_counter_read(host, i, &counter) == 0; i++)
        if (strcmp(counter.name, name) == 0)
            return true;
    return false;
}

bool script_check(const struct lab *lab, struct lab_error *error) {
    const struct yaml_document *document = &lab->network.document;
    for (unsigned i = 0; i < lab->network.step_count; i++) {
        const struct network_step *step = &lab->network.steps[i];
        if (step->run_at && !tool_find(step->arguments[0]))
            return yaml_refuse(document, step->run_at, error,
                               "expected a command of dobos such as ping, fetch or stat");
        if (step->node == UINT32_MAX)
            continue;
        const struct dobos_host *host = lab->nodes[step->node].host;
        for (unsigned k = 0; host && k < step->counter_count; k++)
            if (!has_counter(host, step->counters[k].name))
                return yaml_refuse_key(document, step->counters[k].at, error,
                                       "no such counter: dobos stat lists them all");
    }
    return true;
}
