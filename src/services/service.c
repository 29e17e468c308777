/* service: making, stepping and ending a service of any kind. */
#include "services/service.h"

#define BACKLOG 256 /* connections that wait to be taken */

static void *pool_hook_allocate(void *context, size_t bytes, const char *site) {
    return dobos_pool_allocate(context, bytes, site);
}

static void pool_hook_release(void *context, void *memory, size_t bytes) {
    dobos_pool_free(context, memory, bytes);
}

struct dobos_service *service_create(struct dobos_host *host, const struct service_kind *kind) {
    struct dobos_pool *pool = dobos_host_pool(host);
    struct dobos_service *service = dobos_pool_allocate(pool, kind->bytes, kind->name);
    if (!service)
        return NULL;
    service->kind = kind;
    service->host = host;
    service->allocator.hook = (struct dobos_allocator){pool, pool_hook_allocate, pool_hook_release};
    service->allocator.limit_bytes = SIZE_MAX;
    if (dobos_poller_create(host, &service->poller) < 0) {
        dobos_pool_free(pool, service, kind->bytes);
        return NULL;
    }
    return service;
}

dobos_time dobos_service_step(struct dobos_service *service, dobos_time now) {
    return service->kind->step(service, now);
}

void dobos_service_destroy(struct dobos_service *service) {
    if (!service)
        return;
    service->kind->fini(service);
    dobos_poller_destroy(service->poller);
    dobos_pool_free(dobos_host_pool(service->host), service, service->kind->bytes);
}

const char *dobos_service_name(const struct dobos_service *service) {
    return service->kind->name;
}

uint64_t dobos_service_answers(const struct dobos_service *service) {
    return service->answers;
}

void *service_allocate(struct dobos_service *service, size_t bytes, const char *site) {
    return allocator_allocate(&service->allocator, bytes, site);
}

void service_free(struct dobos_service *service, void *memory, size_t bytes) {
    allocator_release(&service->allocator, memory, bytes);
}

char *service_text(struct dobos_service *service, const char *text) {
    size_t bytes = text_length(text) + 1;
    char *copy = service_allocate(service, bytes, "service text");
    if (copy)
        memcpy(copy, text, bytes);
    return copy;
}

void service_text_free(struct dobos_service *service, char *text) {
    if (text)
        service_free(service, text, text_length(text) + 1);
}

int service_socket(struct dobos_service *service, enum dobos_protocol protocol, uint16_t port,
                   struct dobos_socket **socket) {
    struct dobos_endpoint local = {.address = dobos_address_ipv4(0), .port = port};
    struct dobos_socket *made;
    int result = dobos_socket_create(service->host, protocol, service->poller, &made);
    if (result < 0)
        return result;
    result = dobos_bind(made, &local);
    /* Where the host's settings allow it, data may come with the SYN. */
    if (result == 0 && protocol == DOBOS_TCP)
        result = dobos_option_set(made, DOBOS_OPTION_FASTOPEN, BACKLOG);
    if (result == 0 && protocol == DOBOS_TCP)
        result = dobos_listen(made, BACKLOG);
    if (result < 0) {
        dobos_close(made);
        return result;
    }
    *socket = made;
    return 0;
}
