/*
 * service: what every service has: its host, a poller of its own (so that nobody takes its events),
 * and a constant table of what it does.
 */
#ifndef SERVICES_SERVICE_H
#define SERVICES_SERVICE_H

#include <dobos/services.h>

#include "base/allocator.h"

struct service_kind {
    const char *name;                                                  /* "http" */
    dobos_time (*step)(struct dobos_service *service, dobos_time now); /* as dobos_service_step */
    void (*fini)(
        struct dobos_service *service); /* closes sockets, frees all but the struct itself */
    size_t bytes;                       /* of the struct that begins with struct dobos_service */
};

struct dobos_service {
    const struct service_kind *kind; /* what it is */
    struct dobos_host *host;         /* where it runs; borrowed */
    struct dobos_poller *poller;     /* its own */
    struct allocator allocator;      /* all its memory, from the host's pool */
    uint64_t answers;                /* sent since it was made */
};

/* Makes a zeroed service of that kind with its poller (give); NULL: no memory. */
struct dobos_service *service_create(struct dobos_host *host, const struct service_kind *kind);
void *service_allocate(struct dobos_service *service, size_t bytes, const char *site);
void service_free(struct dobos_service *service, void *memory, size_t bytes);
/* A copy of a text (give), to be freed with its length + 1; NULL. */
char *service_text(struct dobos_service *service, const char *text);
void service_text_free(struct dobos_service *service, char *text);
/* A socket of the service bound to a port of all its host's addresses, listening if it is TCP. */
int service_socket(struct dobos_service *service, enum dobos_protocol protocol, uint16_t port,
                   struct dobos_socket **socket);

#endif
