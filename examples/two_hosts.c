/* two_hosts: two hosts and a cable in one process exchange a message over TCP, in virtual time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dobos/host.h>
#include <dobos/socket.h>

static void *take(void *context, size_t bytes, const char *site) {
    return (void)context, (void)site, malloc(bytes);
}
static void give(void *context, void *memory, size_t bytes) {
    (void)context, (void)bytes, free(memory);
}

static struct dobos_host *host_make(struct dobos_pool *pool, const char *name, uint8_t number) {
    struct dobos_host *host;
    struct dobos_host_config config = {.size = sizeof config, .name = name, .key = {number}};
    struct dobos_interface_config interface = {
        .size = sizeof interface, .name = "eth0", .mac = {{2, 0, 0, 0, 0, number}}};
    struct dobos_interface_address address = {
        .prefix = {dobos_address_ipv4(0xc0000200u + number), 24}, /* 192.0.2.x */
        .valid_until = DOBOS_NEVER,
        .preferred_until = DOBOS_NEVER};
    if (dobos_host_create(pool, &config, 0, &host) < 0 ||
        dobos_interface_add(host, &interface) < 0 || dobos_address_add(host, 2, &address) < 0)
        exit(1);
    return host;
}

/* The cable: what one host sends, the other receives. */
static unsigned carry(struct dobos_host *from, struct dobos_host *to, dobos_time now) {
    struct dobos_packet *packets[DOBOS_BURST_PACKETS];
    unsigned n = dobos_output(from, 2, packets, DOBOS_BURST_PACKETS, now);
    dobos_input(to, 2, packets, n, now);
    return n;
}

int main(void) {
    struct dobos_allocator allocator = {NULL, take, give};
    struct dobos_pool_config config = {.size = sizeof config, .allocator = &allocator};
    struct dobos_pool *pool;
    struct dobos_socket *listener, *client, *server = NULL;
    char text[32] = "";
    if (dobos_pool_create(&config, &pool) < 0)
        return 1;
    struct dobos_host *a = host_make(pool, "a", 1), *b = host_make(pool, "b", 2);
    struct dobos_endpoint at = {.port = 7777}; /* any address */
    struct dobos_endpoint to = {.port = 7777, .address = dobos_address_ipv4(0xc0000202)};
    dobos_socket_create(b, DOBOS_TCP, NULL, &listener);
    dobos_bind(listener, &at);
    dobos_listen(listener, 1);
    dobos_socket_create(a, DOBOS_TCP, NULL, &client);
    dobos_connect(client, &to);
    for (dobos_time now = 0; !text[0] && now < DOBOS_SECOND; now += DOBOS_MILLISECOND) {
        while (carry(a, b, now) + carry(b, a, now))
            continue;
        dobos_advance(a, now);
        dobos_advance(b, now);
        if (!server && dobos_accept(listener, &server, NULL) == 0)
            dobos_send(server, "hello, a\n", 9);
        dobos_receive(client, text, sizeof text - 1);
    }
    fputs(text, stdout);
    dobos_host_destroy(a);
    dobos_host_destroy(b);
    dobos_pool_destroy(pool);
    return strcmp(text, "hello, a\n") != 0;
}
