/* screen: see screen.h. */
#include "host/screen.h"

enum drop_reason screen_delivered(struct dobos_host *host, struct arrival *arrival) {
    (void)host;
    (void)arrival;
    return DROP_NONE;
}

enum drop_reason screen_forwarded(struct dobos_host *host, struct arrival *arrival,
                                  const struct path *path) {
    (void)host;
    (void)arrival;
    (void)path;
    return DROP_NONE;
}
