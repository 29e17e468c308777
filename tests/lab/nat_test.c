/* nat: what a node's nat in the file makes of its host: ports, quota, forwards, and an address
 * outside that is leased. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <dobos/nat.h>

#include "fake_tools.h"
#include "lab/lab_inner.h"
#include "made.h"

#define NETWORK                                                                                 \
    "network: n\n"                                                                              \
    "segments: {lan: , wan: {public: true}}\n"                                                  \
    "nodes:\n"                                                                                  \
    "  client: {interfaces: {eth0: {segment: lan, addresses: [192.168.0.10/24], routes: [{to: " \
    "default, via: 192.168.0.1}]}}}\n"                                                          \
    "  isp:\n"                                                                                  \
    "    interfaces: {eth0: {segment: wan, addresses: [203.0.113.80/24]}}\n"                    \
    "    services: {dhcp: {interface: eth0, pool: 203.0.113.5-203.0.113.9, router: "            \
    "203.0.113.80}}\n"                                                                          \
    "  router:\n"                                                                               \
    "    forwarding: true\n"                                                                    \
    "    interfaces:\n"                                                                         \
    "      lan0: {segment: lan, addresses: [192.168.0.1/24]}\n"
#define FIXED  "      wan0: {segment: wan, addresses: [203.0.113.1/24]}\n"
#define LEASED "      wan0: {segment: wan, dhcp4: true}\n"

#define ISP UINT32_C(0xcb007150)

static struct lab *lab_settled(const char *text) {
    struct lab *lab = lab_of(text);
    char missing[512];
    assert_true(lab_settle(lab, missing, sizeof missing));
    return lab;
}

/* Sends a datagram, and time passes. */
static void send_to(struct lab *lab, const char *node, struct dobos_socket *socket,
                    uint32_t address, uint16_t port) {
    const struct dobos_message message = {
        .peer = {.address = dobos_address_ipv4(address), .port = port}};
    assert_int_equal(dobos_send_message(socket, "x", 1, &message), 1);
    lab_wake(lab, node);
    lab_run_until(lab, lab_now(lab) + DOBOS_SECOND);
}

/* Where the next datagram came from; port 0: there is none. */
static struct dobos_endpoint came_from(struct dobos_socket *socket) {
    struct dobos_message message;
    char bytes[8];
    memset(&message, 0, sizeof message);
    if (dobos_receive_message(socket, bytes, sizeof bytes, &message) < 0)
        message.peer.port = 0;
    return message.peer;
}

static void ports_and_quota_are_those_of_the_file(void **state) {
    (void)state;
    struct lab *lab =
        lab_settled(NETWORK FIXED "    nat: {masquerade: [wan0], ports: 2000-2009, quota: 3}\n");
    struct dobos_socket *server = udp_open(lab_host(lab, "isp"), 9);
    unsigned came = 0;
    for (unsigned i = 0; i < 6; i++) {
        struct dobos_socket *client = udp_open(lab_host(lab, "client"), (uint16_t)(4000 + i));
        send_to(lab, "client", client, ISP, 9);
        const struct dobos_endpoint from = came_from(server);
        dobos_close(client);
        assert_int_equal(dobos_address_ipv4_number(&from.address), UINT32_C(0xcb007101));
        assert_in_range(from.port, 2000, 2009);
        came++;
    }
    struct dobos_nat_mapping mapping;
    const struct dobos_host *router = lab_host(lab, "router");
    assert_int_equal(came, 6); /* nobody answers: the oldest makes way */
    assert_int_equal(dobos_nat_mapping_read(router, 2, &mapping), 0);
    assert_int_equal(dobos_nat_mapping_read(router, 3, &mapping), -DOBOS_ENOENT);
    dobos_close(server);
    lab_destroy(lab);
}

static void forwards_lead_to_their_hosts_and_ports(void **state) {
    (void)state;
    struct lab *lab =
        lab_settled(NETWORK FIXED "    nat: {masquerade: [wan0], forward: [{udp: 5000, to: "
                                  "192.168.0.10:53}, {udp: 5001, to: 192.168.0.10}]}\n");
    struct dobos_socket *outside = udp_open(lab_host(lab, "isp"), 7000);
    struct dobos_socket *inside[] = {udp_open(lab_host(lab, "client"), 53),
                                     udp_open(lab_host(lab, "client"), 5001)};
    for (uint16_t i = 0; i < 2; i++) {
        send_to(lab, "isp", outside, UINT32_C(0xcb007101), (uint16_t)(5000 + i));
        const struct dobos_endpoint from = came_from(inside[i]);
        assert_int_equal(dobos_address_ipv4_number(&from.address), ISP);
        assert_int_equal(from.port, 7000);
        send_to(lab, "client", inside[i], ISP, 7000);
        assert_int_equal(came_from(outside).port, 5000 + i);
        dobos_close(inside[i]);
    }
    send_to(lab, "isp", outside, UINT32_C(0xcb007101), 5002);
    assert_int_equal(came_from(outside).port, 0);
    dobos_close(outside);
    lab_destroy(lab);
}

static void address_outside_may_be_a_leased_one(void **state) {
    (void)state;
    struct lab *lab = lab_settled(NETWORK LEASED "    nat: {masquerade: [wan0]}\n");
    struct dobos_socket *server = udp_open(lab_host(lab, "isp"), 9);
    struct dobos_socket *client = udp_open(lab_host(lab, "client"), 4000);
    struct dobos_interface_address leased;
    struct lab_error error;
    for (unsigned turn = 0; turn < 2; turn++) { /* and again when the router has lost its power */
        char missing[512];
        assert_true(lab_settle(lab, missing, sizeof missing));
        assert_int_equal(dobos_address_read(lab_host(lab, "router"), 3, 0, &leased), 0);
        send_to(lab, "client", client, ISP, 9);
        const struct dobos_endpoint from = came_from(server);
        assert_true(dobos_address_is_equal(&from.address, &leased.prefix.address));
        send_to(lab, "isp", server, dobos_address_ipv4_number(&from.address), from.port);
        assert_int_equal(came_from(client).port, 9);
        assert_int_equal(lab_node_restart(lab, "router", &error), 0);
    }
    dobos_close(server);
    dobos_close(client);
    lab_destroy(lab);
}

static void a_network_without_nat_translates_nothing(void **state) {
    (void)state;
    struct lab *lab = lab_settled(NETWORK FIXED);
    assert_false(dobos_nat_is_set(lab_host(lab, "router")));
    assert_int_equal(dobos_nat_filtering_read(lab_host(lab, "router")), 0);
    lab_destroy(lab);
    lab = lab_settled(NETWORK FIXED "    nat: {masquerade: [wan0]}\n");
    assert_true(dobos_nat_is_set(lab_host(lab, "router")));
    assert_int_equal(dobos_nat_filtering_read(lab_host(lab, "router")),
                     DOBOS_NAT_ADDRESS_DEPENDENT);
    lab_destroy(lab);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ports_and_quota_are_those_of_the_file),
        cmocka_unit_test(forwards_lead_to_their_hosts_and_ports),
        cmocka_unit_test(address_outside_may_be_a_leased_one),
        cmocka_unit_test(a_network_without_nat_translates_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
