/* A network with a DHCP server of ours: what its clients get, and what is left when the server's
 * plug is pulled. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_tools.h"
#include "lab/lab_inner.h"
#include "made.h"
#include "services/dhcp_names.h"

#define HEAD              \
    "network: n\n"        \
    "segments: {lan: }\n" \
    "nodes:\n"
#define ASKS(name, more) "  " name ": {interfaces: {eth0: {segment: lan, dhcp4: true" more "}}}\n"
#define SERVER(more)                                                                 \
    "  server:\n"                                                                    \
    "    forwarding: true\n"                                                         \
    "    interfaces: {lan0: {segment: lan, addresses: [192.0.2.1/24], nameservers: " \
    "{addresses: [198.51.100.53]}}}\n"                                               \
    "    services:\n"                                                                \
    "      dhcp: {interface: lan0, pool: 192.0.2.100-192.0.2.103" more "}\n"

static void settle(struct lab *lab) {
    char missing[512];
    assert_true(lab_settle(lab, missing, sizeof missing));
    assert_string_equal(missing, "");
}

/* The last byte of the node's leased address; 0: none. */
static unsigned leased(struct lab *lab, const char *node) {
    struct dobos_interface_address address;
    if (dobos_address_read(lab_host(lab, node), 2, 0, &address) != 0)
        return 0;
    assert_int_equal(address.origin, DOBOS_ORIGIN_DHCP);
    return address.prefix.address.bytes[15];
}

static const struct dobos_service *server_of(struct lab *lab) {
    for (unsigned i = 0; i < lab->network.node_count; i++)
        if (strcmp(lab->nodes[i].file->name, "server") == 0)
            return lab->nodes[i].services[0];
    return NULL;
}

static void clients_are_told_what_the_file_says(void **state) {
    (void)state;
    struct lab *lab = lab_of(HEAD SERVER(", lease: 2h, domain: home.arpa") ASKS("a", ""));
    settle(lab);
    struct dobos_interface_address address;
    struct dobos_route route;
    struct dobos_nameserver nameserver;
    struct dobos_search search;
    struct dobos_lease lease;
    assert_int_equal(leased(lab, "a"), 100);
    assert_int_equal(dobos_address_read(lab_host(lab, "a"), 2, 0, &address), 0);
    assert_in_range(address.valid_until, 7190 * DOBOS_SECOND, 7210 * DOBOS_SECOND);
    assert_int_equal(dobos_route_read(lab_host(lab, "a"), 0, &route), 0);
    assert_int_equal(dobos_address_ipv4_number(&route.gateway), 0xc0000201);
    assert_int_equal(dobos_nameserver_read(lab_host(lab, "a"), 0, &nameserver), 0);
    assert_int_equal(dobos_address_ipv4_number(&nameserver.address), 0xc6336435);
    assert_int_equal(dobos_search_read(lab_host(lab, "a"), 0, &search), 0);
    assert_string_equal(search.domain, "home.arpa");
    assert_int_equal(dobos_dhcp_lease_read(server_of(lab), 0, &lease), 0);
    assert_int_equal(lease.state, DOBOS_LEASE_BOUND);
    assert_string_equal(lease.name, "a");
    assert_int_equal(dobos_dhcp_lease_read(server_of(lab), 1, &lease), -DOBOS_ENOENT);
    struct dobos_address named;
    char label[DOBOS_HOST_LABEL_BYTES];
    uint32_t ttl_s = 0;
    assert_true(dhcp_server_name_find(server_of(lab), "A", lab_now(lab), &named, &ttl_s));
    assert_true(dobos_address_is_equal(&named, &lease.address));
    assert_int_equal(ttl_s, 60);
    assert_false(dhcp_server_name_find(server_of(lab), "b", lab_now(lab), &named, &ttl_s));
    assert_true(
        dhcp_server_address_find(server_of(lab), &lease.address, lab_now(lab), label, &ttl_s));
    assert_string_equal(label, "a");
    assert_false(dhcp_server_address_find(server_of(lab), &lease.address,
                                          lab_now(lab) + 7300 * DOBOS_SECOND, label, &ttl_s));
    lab_destroy(lab);
}

static void reserved_addresses_go_to_their_clients(void **state) {
    (void)state;
    struct lab *lab =
        lab_of(HEAD SERVER(", reservations: [{mac: \"02:00:00:00:00:aa\", address: 192.0.2.101}, "
                           "{client-id: \"01:02:00:00:00:00:bb\", address: 192.0.2.9}]")
                   ASKS("a", "") ASKS("b", ", macaddress: \"02:00:00:00:00:aa\"")
                       ASKS("c", ", macaddress: \"02:00:00:00:00:bb\"") ASKS("d", ""));
    settle(lab);
    assert_int_equal(leased(lab, "b"), 101);
    assert_int_equal(leased(lab, "c"), 9);
    assert_int_equal(leased(lab, "a") + leased(lab, "d"), 100 + 102);
    lab_destroy(lab);
}

/* Two addresses of the pool are taken by hosts that never asked. */
static void address_in_use_is_not_offered(void **state) {
    (void)state;
    struct lab *lab = lab_of(
        HEAD SERVER("") "  x: {interfaces: {eth0: {segment: lan, addresses: [192.0.2.100/24, "
                        "192.0.2.102/24]}}}\n" ASKS("a", "") ASKS("b", ""));
    settle(lab);
    assert_int_equal(leased(lab, "a") + leased(lab, "b"), 101 + 103);
    struct dobos_lease lease;
    assert_int_equal(dobos_dhcp_lease_read(server_of(lab), 0, &lease), 0);
    assert_int_equal(lease.state, DOBOS_LEASE_QUARANTINED);
    lab_destroy(lab);
}

/* [rfc2131#30] [rfc2131#31] */
static void leases_outlast_the_servers_restart(void **state) {
    (void)state;
    char missing[512];
    struct lab_error error = {""};
    struct lab *lab = lab_of(HEAD SERVER("") ASKS("a", "") ASKS("b", "") ASKS("c", ""));
    settle(lab);
    unsigned a = leased(lab, "a"), b = leased(lab, "b"), c = leased(lab, "c");
    for (unsigned turn = 0; turn < 3; turn++) {
        assert_int_equal(lab_node_restart(lab, "server", &error), 0);
        struct dobos_lease lease;
        for (uint32_t i = 0; i < 3; i++) {
            assert_int_equal(dobos_dhcp_lease_read(server_of(lab), i, &lease), 0);
            assert_int_equal(lease.state, DOBOS_LEASE_BOUND);
        }
        lab_run_until(lab, lab_now(lab) + 2000 * DOBOS_SECOND);
        assert_true(lab_settle(lab, missing, sizeof missing));
        assert_int_equal(leased(lab, "a"), a);
        assert_int_equal(leased(lab, "b"), b);
        assert_int_equal(leased(lab, "c"), c);
    }
    lab_destroy(lab);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clients_are_told_what_the_file_says),
        cmocka_unit_test(reserved_addresses_go_to_their_clients),
        cmocka_unit_test(address_in_use_is_not_offered),
        cmocka_unit_test(leases_outlast_the_servers_restart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
