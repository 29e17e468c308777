/* translate: see translate.h. */
#include "host/translate.h"

bool tracking_begin(struct dobos_host *host, enum tracker tracker) {
    (void)host;
    (void)tracker;
    return true;
}

void tracking_end(struct dobos_host *host, enum tracker tracker) {
    (void)host;
    (void)tracker;
}

enum verdict translate_arrival(struct dobos_host *host, struct arrival *arrival) {
    (void)host;
    (void)arrival;
    return VERDICT_DELIVER;
}

enum drop_reason translate_departure(struct dobos_host *host, struct arrival *arrival,
                                     const struct path *path) {
    (void)host;
    (void)arrival;
    (void)path;
    return DROP_NONE;
}

bool translate_apply(struct dobos_host *host, struct arrival *arrival) {
    (void)host;
    (void)arrival;
    return true;
}
