/* dns: what the two files of `dobos dns` share. */
#ifndef TOOLS_DNS_H
#define TOOLS_DNS_H

#include <dobos/dns.h>

#include "tools/task.h"
#include "wire/dns.h"

enum dns_view {
    DNS_VIEW_CACHE,
    DNS_VIEW_SERVERS,
    DNS_VIEW_FLUSH,
    DNS_VIEW_STAT
};

/* An entry of the cache, or of whom it is about. */
struct dns_row {
    struct dobos_dns_cached cached; /* what */
    struct dns_name name;           /* where, for the order */
};

struct dns_tool {
    struct tool_task task;
    enum dns_view view;            /* what is asked for */
    bool has_name;                 /* only of: */
    struct dns_name name;          /* this name and those below */
    const char *name_text;         /* as it was given */
    bool has_type;                 /* only of: */
    uint16_t type;                 /* this type */
    dobos_time now;                /* of the step */
    struct dobos_service *service; /* of the node, "dns" */
    struct dns_row *rows;          /* of the cache, sorted; owned */
    size_t row_count, row_room;    /* of them; for so many there is memory */
};

/* `dobos dns cache`: an exit code. */
int dns_cached_show(struct dns_tool *dns);

#endif
