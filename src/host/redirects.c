/* redirects: see redirects.h. */
#include "host/redirects.h"

void redirect_consider(struct dobos_host *host, struct arrival *arrival, const struct path *path) {
    (void)host;
    (void)arrival;
    (void)path;
}
