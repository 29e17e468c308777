/* url: what an http URL names (RFC 3986, 9110 §4.2.1). */
#ifndef TOOLS_URL_H
#define TOOLS_URL_H

#include <stdbool.h>
#include <stdint.h>

#include <dobos/host.h>

#define URL_PATH_BYTES 2048

struct url {
    char host[DOBOS_DOMAIN_BYTES]; /* name or address, with its NUL */
    char path[URL_PATH_BYTES];     /* with its query; begins with '/' */
    uint16_t port;                 /* 80 unless given */
};

enum url_fault {
    URL_GOOD,
    URL_SCHEME, /* another protocol than http */
    URL_BAD,    /* see *reason */
};

/* Reads one; without a scheme it is http. A fragment is left out. *reason is constant. */
enum url_fault url_parse(const char *text, struct url *url, const char **reason);

#endif
