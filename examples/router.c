/*
 * router: a router between two interfaces of this machine, by packet sockets. Each end is given by
 * its name and the router's address there:
 *
 *     router [--masquerade] veth0 10.0.1.1/24 veth1 10.0.2.1/24
 *
 * With --masquerade what leaves by the second bears the router's address there (NAT). The
 * interfaces must be up and need no address of the kernel's. The router has link addresses of its
 * own, so the kernel's stack leaves its frames alone. It needs CAP_NET_RAW, runs until SIGTERM or
 * SIGINT, and then says on standard error what it has done.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <dobos/nat.h>
#include <dobos/os.h>

static volatile sig_atomic_t has_ended;

static void end(int signal) {
    (void)signal;
    has_ended = 1;
}

static int complain(const char *what, int error) {
    fprintf(stderr, "router: %s: %s\n", what, dobos_error_text(error));
    return 1;
}

/* Joins the host to an interface of the machine. */
static int join(struct dobos_host *host, unsigned number, const char *name, const char *address,
                struct dobos_os_port *port) {
    struct dobos_interface_config config = {.size = sizeof config,
                                            .mac = {{2, 0, 0, 0, 1, (uint8_t)number}},
                                            .offload_checksum = true,
                                            .offload_tso = true};
    struct dobos_interface_address own = {
        .valid_until = DOBOS_NEVER, .preferred_until = DOBOS_NEVER, .origin = DOBOS_ORIGIN_STATIC};
    (void)snprintf(config.name, sizeof config.name, "eth%u", number);
    int result = dobos_prefix_parse(address, &own.prefix, NULL);
    if (result < 0)
        return complain(address, result);
    result = dobos_packet_socket_open(name, dobos_host_pool(host), &port->tap);
    if (result < 0)
        return complain(name, result);
    result = dobos_interface_add(host, &config);
    if (result < 0)
        return complain(name, result);
    port->interface = (uint32_t)result;
    result = dobos_address_add(host, port->interface, &own);
    return result < 0 ? complain(address, result) : 0;
}

static void report(const struct dobos_host *host) {
    struct dobos_counter counter;
    for (uint32_t i = 0; dobos_counter_read(host, i, &counter) == 0; i++)
        if (counter.value > 0)
            fprintf(stderr, "%-32s %" PRIu64 "\n", counter.name, counter.value);
}

int main(int argc, char **argv) {
    struct dobos_pool_config memory = {.size = sizeof memory, .allocator = dobos_os_allocator()};
    struct dobos_host_config self = {.size = sizeof self, .name = "router", .forwarding = true};
    struct dobos_os_port ports[2] = {{0}};
    struct dobos_pool *pool = NULL;
    struct dobos_host *host = NULL;
    const bool masquerade = argc == 6 && strcmp(argv[1], "--masquerade") == 0;
    argv += masquerade;
    if (argc != 5 + masquerade) {
        fprintf(stderr,
                "usage: router [--masquerade] INTERFACE ADDRESS/LENGTH INTERFACE ADDRESS/LENGTH\n");
        return 2;
    }
    if (dobos_os_entropy(self.key, sizeof self.key) < 0 || dobos_pool_create(&memory, &pool) < 0 ||
        dobos_host_create(pool, &self, dobos_os_now(), &host) < 0)
        return complain("a host", -DOBOS_ENOMEM);
    for (unsigned i = 0; i < 2; i++)
        if (join(host, i, argv[1 + 2 * i], argv[2 + 2 * i], &ports[i]) != 0)
            return 1;
    const struct dobos_nat_config nat = {
        .size = sizeof nat, .interfaces = &ports[1].interface, .interface_count = 1};
    int result = masquerade ? dobos_nat_set(host, &nat) : 0;
    if (result < 0)
        return complain("--masquerade", result);
    (void)signal(SIGTERM, end);
    (void)signal(SIGINT, end);
    while (!has_ended && result >= 0)
        result = dobos_os_turn_ports(host, ports, 2, dobos_os_now() + DOBOS_SECOND);
    report(host);
    dobos_host_destroy(host);
    for (unsigned i = 0; i < 2; i++)
        dobos_tap_close(ports[i].tap);
    dobos_pool_destroy(pool);
    return result < 0;
}
