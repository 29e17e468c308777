/* nat: the public calls of dobos/nat.h. */
#include <dobos/nat.h>

#include "host/state.h"

int dobos_nat_set(struct dobos_host *host, const struct dobos_nat_config *config) {
    (void)host;
    if (config && (config->size == 0 || config->size > sizeof(*config)))
        return -DOBOS_EINVAL;
    return 0;
}

bool dobos_nat_is_set(const struct dobos_host *host) {
    return host->nat != NULL;
}

int dobos_nat_mapping_read(const struct dobos_host *host, uint32_t nth,
                           struct dobos_nat_mapping *mapping) {
    (void)host;
    (void)nth;
    (void)mapping;
    return -DOBOS_ENOENT;
}

const char *dobos_session_state_name(enum dobos_session_state state) {
    static const char *const names[] = {"one-way", "both-ways", "opening", "established",
                                        "closing"};
    return (size_t)state < array_length(names) ? names[state] : names[0];
}

int dobos_session_read(const struct dobos_host *host, uint32_t nth, struct dobos_session *session) {
    (void)host;
    (void)nth;
    (void)session;
    return -DOBOS_ENOENT;
}

int dobos_nat_explain(const struct dobos_host *host, const struct dobos_nat_question *question,
                      struct dobos_nat_explanation *explanation) {
    (void)host;
    (void)question;
    (void)explanation;
    return -DOBOS_ENOENT;
}
