/*
 * dhcp_lease: a DHCP client of dobos on a TAP device, in the network namespace it is started in,
 * whose kernel side others serve. It says in JSON, a line each, what it sends and what becomes of
 * its lease, and ends when its input does; "release" on its input gives the lease back first.
 *
 *     dhcp_lease DEVICE
 */
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <dobos/os.h>
#include <dobos/services.h>

#include "wire/dhcp.h"
#include "wire/ethernet.h"
#include "wire/ipv4.h"
#include "wire/udp.h"

#define INTERFACE 2

struct lease {
    struct dobos_pool *pool;
    struct dobos_tap *tap;
    struct dobos_host *host;
    struct dobos_service *client;
    dobos_time began;
    enum dobos_dhcp_client_state state; /* as last told */
    dobos_time until;                   /* likewise */
};

static _Noreturn void die(const char *what, int error) {
    fprintf(stderr, "dhcp_lease: %s: %s\n", what, dobos_error_text(error));
    exit(1);
}

static void open_all(struct lease *lease, const char *device) {
    struct dobos_pool_config memory = {.size = sizeof memory, .allocator = dobos_os_allocator()};
    struct dobos_tap_config tap = {.size = sizeof tap, .name = device};
    struct dobos_host_config self = {.size = sizeof self, .name = "leaser"};
    struct dobos_interface_config eth0 = {
        .size = sizeof eth0, .name = "eth0", .mac = {{2, 0, 0, 0, 0, 0x77}}};
    struct dobos_dhcp_client_config client = {.size = sizeof client, .interface = INTERFACE};
    int result = dobos_os_entropy(self.key, sizeof self.key);
    if (result == 0)
        result = dobos_pool_create(&memory, &lease->pool);
    if (result == 0)
        result = dobos_tap_open(&tap, lease->pool, &lease->tap);
    if (result == 0)
        result = dobos_host_create(lease->pool, &self, dobos_os_now(), &lease->host);
    if (result == 0)
        result = dobos_interface_add(lease->host, &eth0);
    if (result == INTERFACE)
        result = dobos_dhcp_client_create(lease->host, &client, &lease->client);
    if (result < 0)
        die(device, result);
}

static double seconds_of(const struct lease *lease, dobos_time time) {
    return time == DOBOS_NEVER ? -1 : (double)(time - lease->began) / DOBOS_SECOND;
}

/* What was sent, if it is DHCP. */
static void tell_frame(const struct lease *lease, const struct dobos_packet *packet) {
    uint8_t bytes[2048];
    struct ethernet link;
    struct ipv4 ip;
    struct udp udp;
    struct dhcp message;
    size_t length = dobos_packet_read(packet, 0, bytes, sizeof bytes);
    struct reader r = reader_make(bytes, length);
    if (!ethernet_parse(&r, &link) || link.type != ETHER_TYPE_IPV4 ||
        ipv4_parse(&r, length - r.position, &ip) != IPV4_OK || ip.protocol != PROTOCOL_UDP ||
        !udp_parse(&r, ip.total_length - ip.header_length, &udp) || udp.destination_port != 67)
        return;
    const struct slice payload = {bytes + r.position, udp.length - UDP_HEADER_BYTES};
    if (!dhcp_parse(payload, &message))
        return;
    printf("{\"at\": %.2f, \"sent\": \"%s\", \"to\": \"%s\"}\n", seconds_of(lease, dobos_os_now()),
           dhcp_type_name(message.type), link.destination.bytes[0] & 1 ? "all" : "one");
}

static const char *state_name(enum dobos_dhcp_client_state state) {
    static const char *const names[] = {"init",        "selecting", "requesting",
                                        "init-reboot", "rebooting", "probing",
                                        "bound",       "renewing",  "rebinding"};
    return names[state];
}

static void tell_learned(const struct lease *lease) {
    struct dobos_route route;
    struct dobos_nameserver server;
    struct dobos_search search;
    char text[DOBOS_PREFIX_TEXT], gateway[DOBOS_ADDRESS_TEXT];
    printf(", \"routes\": [");
    for (uint32_t i = 0, n = 0; dobos_route_read(lease->host, i, &route) == 0; i++) {
        if (route.origin != DOBOS_ORIGIN_DHCP)
            continue;
        dobos_prefix_format(&route.destination, text);
        dobos_address_format(&route.gateway, gateway);
        printf("%s\"%s via %s\"", n++ ? ", " : "", text, gateway);
    }
    printf("], \"nameservers\": [");
    for (uint32_t i = 0; dobos_nameserver_read(lease->host, i, &server) == 0; i++) {
        dobos_address_format(&server.address, text);
        printf("%s\"%s\"", i ? ", " : "", text);
    }
    printf("], \"search\": [");
    for (uint32_t i = 0; dobos_search_read(lease->host, i, &search) == 0; i++)
        printf("%s\"%s\"", i ? ", " : "", search.domain);
    printf("]");
}

static void tell_state(struct lease *lease) {
    struct dobos_dhcp_client_info info;
    char address[DOBOS_PREFIX_TEXT], server[DOBOS_ADDRESS_TEXT];
    if (dobos_dhcp_client_read(lease->client, &info) < 0 ||
        (info.state == lease->state && info.until == lease->until))
        return;
    lease->state = info.state;
    lease->until = info.until;
    dobos_prefix_format(&info.address, address);
    dobos_address_format(&info.server, server);
    printf("{\"at\": %.2f, \"state\": \"%s\", \"address\": \"%s\", \"server\": \"%s\", "
           "\"renew\": %.2f, \"rebind\": %.2f, \"until\": %.2f",
           seconds_of(lease, dobos_os_now()), state_name(info.state), address, server,
           seconds_of(lease, info.renew_at), seconds_of(lease, info.rebind_at),
           seconds_of(lease, info.until));
    if (info.state == DOBOS_DHCP_BOUND)
        tell_learned(lease);
    printf("}\n");
}

static void transmit(struct lease *lease) {
    struct dobos_packet *packet;
    while (dobos_output(lease->host, INTERFACE, &packet, 1, dobos_os_now()) > 0) {
        tell_frame(lease, packet);
        if (dobos_tap_write(lease->tap, &packet, 1) != 1)
            dobos_packet_release(packet);
    }
}

static void receive(struct lease *lease) {
    struct dobos_packet *packets[DOBOS_BURST_PACKETS];
    int count = dobos_tap_read(lease->tap, packets, DOBOS_BURST_PACKETS);
    if (count < 0)
        die("the device", count);
    if (count > 0)
        dobos_input(lease->host, INTERFACE, packets, (unsigned)count, dobos_os_now());
}

/* False: the input is at its end. */
static bool listen_to_input(struct lease *lease) {
    char line[64];
    ssize_t got = read(STDIN_FILENO, line, sizeof line - 1);
    if (got <= 0)
        return false;
    if (strncmp(line, "release", 7) == 0) {
        dobos_dhcp_client_release(lease->client, dobos_os_now());
        transmit(lease);
    }
    return true;
}

static bool turn(struct lease *lease) {
    dobos_advance(lease->host, dobos_os_now());
    dobos_time again = dobos_service_step(lease->client, dobos_os_now());
    tell_state(lease);
    transmit(lease);
    (void)fflush(stdout);
    const dobos_time now = dobos_os_now(), deadline = dobos_next_deadline(lease->host);
    again = deadline < again ? deadline : again;
    const dobos_time wait = again <= now ? 0 : (again - now) / DOBOS_MILLISECOND + 1;
    struct pollfd files[] = {{.fd = dobos_tap_descriptor(lease->tap), .events = POLLIN},
                             {.fd = STDIN_FILENO, .events = POLLIN}};
    (void)poll(files, 2, wait > 1000 ? 1000 : (int)wait);
    if (files[0].revents)
        receive(lease);
    return !files[1].revents || listen_to_input(lease);
}

int main(int argc, char **argv) {
    struct lease lease = {.began = dobos_os_now(), .state = DOBOS_DHCP_INIT, .until = DOBOS_NEVER};
    if (argc != 2) {
        (void)fprintf(stderr, "usage: dhcp_lease DEVICE\n");
        return 2;
    }
    open_all(&lease, argv[1]);
    printf("{\"device\": \"%s\"}\n", dobos_tap_name(lease.tap));
    while (turn(&lease))
        continue;
    dobos_service_destroy(lease.client);
    dobos_host_destroy(lease.host);
    dobos_tap_close(lease.tap);
    dobos_pool_destroy(lease.pool);
    return 0;
}
