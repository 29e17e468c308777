/* service_names: well-known ports and their names (RFC 6335; IANA's registry), a selection. */
#ifndef TOOLS_SERVICE_NAMES_H
#define TOOLS_SERVICE_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#include <dobos/socket.h>

struct service_name {
    const char *name;    /* as registered */
    const char *aliases; /* other names, with spaces between them; NULL: none */
    const char *text;    /* what it is */
    uint16_t port;       /* 1–65535 */
    bool tcp, udp;       /* by which protocols */
};

/* The nth, by port; NULL behind the last. */
const struct service_name *service_name_nth(unsigned nth);
/* The name of a port, or NULL. */
const char *service_name_of(enum dobos_protocol protocol, uint16_t port);
/* Whether `name` is its name or one of its aliases, in letters of either case. */
bool service_name_is(const struct service_name *service, const char *name);

#endif
