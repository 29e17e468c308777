/* addresses: addresses come and go, with their connected routes, their broadcasts and their ends;
 * name servers and the search list. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dobos/host.h>
#include <dobos/socket.h>

#include "wire/arp.h"
#include "wire/ethernet.h"
#include "wire/ipv4.h"

#include "../base/failing_allocator.h"

#define NET_A 0x0a000000 /* 10.0.0.0/24 */

struct house {
    struct failing_allocator memory;
    struct dobos_allocator hook;
    struct dobos_pool *pool;
    struct dobos_host *host; /* eth0 is 2, eth1 is 3; no addresses but lo's */
};

static int interface_make(struct house *h, const char *name, uint8_t number) {
    struct dobos_interface_config config = {.size = sizeof config,
                                            .mac = {{2, 0, 0, 0, 0, number}}};
    for (size_t i = 0; name[i]; i++)
        config.name[i] = name[i];
    return dobos_interface_add(h->host, &config);
}

static int setup(void **state) {
    struct house *h = calloc(1, sizeof *h);
    h->hook = failing_allocator_hook(&h->memory);
    struct dobos_pool_config pool = {.size = sizeof pool, .allocator = &h->hook};
    struct dobos_host_config host = {.size = sizeof host, .name = "h", .key = {7}};
    assert_int_equal(dobos_pool_create(&pool, &h->pool), 0);
    assert_int_equal(dobos_host_create(h->pool, &host, 0, &h->host), 0);
    assert_int_equal(interface_make(h, "eth0", 1), 2);
    assert_int_equal(interface_make(h, "eth1", 2), 3);
    *state = h;
    return 0;
}

static int teardown(void **state) {
    struct house *h = *state;
    dobos_host_destroy(h->host);
    dobos_pool_destroy(h->pool);
    assert_int_equal(h->memory.live, 0);
    free(h);
    return 0;
}

static int add_until(struct house *h, uint32_t interface, uint32_t number, uint8_t length,
                     dobos_time valid_until) {
    struct dobos_interface_address address = {.prefix = {dobos_address_ipv4(number), length},
                                              .valid_until = valid_until,
                                              .preferred_until = valid_until};
    return dobos_address_add(h->host, interface, &address);
}

static int add(struct house *h, uint32_t interface, uint32_t number, uint8_t length) {
    return add_until(h, interface, number, length, DOBOS_NEVER);
}

static int take_away(struct house *h, uint32_t interface, uint32_t number) {
    struct dobos_address address = dobos_address_ipv4(number);
    return dobos_address_remove(h->host, interface, &address);
}

/* What an address is to the host; UINT32_MAX: it leads nowhere. */
static uint32_t kind_of(const struct house *h, uint32_t number) {
    struct dobos_address address = dobos_address_ipv4(number);
    struct dobos_route_choice choice;
    return dobos_route_lookup(h->host, &address, NULL, &choice) < 0 ? UINT32_MAX
                                                                    : (uint32_t)choice.kind;
}

/* The source of what goes to an address. */
static uint32_t source_to(const struct house *h, uint32_t number) {
    struct dobos_address address = dobos_address_ipv4(number);
    struct dobos_route_choice choice;
    assert_int_equal(dobos_route_lookup(h->host, &address, NULL, &choice), 0);
    return dobos_address_ipv4_number(&choice.source);
}

static uint32_t routes_of(const struct house *h) {
    struct dobos_route route;
    uint32_t count = 0;
    while (dobos_route_read(h->host, count, &route) == 0)
        count++;
    return count;
}

static void address_brings_its_subnet_and_takes_it_away(void **state) {
    struct house *h = *state;
    assert_int_equal(kind_of(h, NET_A + 9), UINT32_MAX);
    assert_int_equal(add(h, 2, NET_A + 1, 24), 0);
    assert_int_equal(kind_of(h, NET_A + 1), DOBOS_ROUTE_LOCAL);
    assert_int_equal(kind_of(h, NET_A + 9), DOBOS_ROUTE_UNICAST);
    assert_int_equal(kind_of(h, NET_A + 255), DOBOS_ROUTE_BROADCAST);
    assert_int_equal(kind_of(h, NET_A), DOBOS_ROUTE_BROADCAST);
    assert_int_equal(take_away(h, 2, NET_A + 1), 0);
    assert_int_equal(kind_of(h, NET_A + 1), UINT32_MAX);
    assert_int_equal(kind_of(h, NET_A + 255), UINT32_MAX);
    assert_int_equal(routes_of(h), 0);
}

static void address_is_a_hosts_only_once(void **state) {
    struct house *h = *state;
    assert_int_equal(add(h, 2, NET_A + 1, 24), 0);
    assert_int_equal(add(h, 3, NET_A + 1, 24), -DOBOS_EEXIST);
    assert_int_equal(add(h, 3, 0x7f000001, 8), -DOBOS_EEXIST);
    assert_int_equal(add(h, 9, NET_A + 2, 24), -DOBOS_ENODEV);
    assert_int_equal(take_away(h, 3, NET_A + 1), -DOBOS_EADDRNOTAVAIL);
    assert_int_equal(take_away(h, 9, NET_A + 1), -DOBOS_ENODEV);
    assert_int_equal(take_away(h, 2, NET_A + 1), 0);
    assert_int_equal(add(h, 3, NET_A + 1, 24), 0);
}

static void second_address_of_a_subnet_inherits_its_route(void **state) {
    struct house *h = *state;
    add(h, 2, NET_A + 1, 24);
    add(h, 2, NET_A + 2, 24);
    assert_int_equal(routes_of(h), 1);
    assert_int_equal(source_to(h, NET_A + 9), NET_A + 1);
    assert_int_equal(take_away(h, 2, NET_A + 1), 0);
    assert_int_equal(routes_of(h), 1);
    assert_int_equal(source_to(h, NET_A + 9), NET_A + 2);
    assert_int_equal(kind_of(h, NET_A + 255), DOBOS_ROUTE_BROADCAST);
    assert_int_equal(take_away(h, 2, NET_A + 2), 0);
    assert_int_equal(routes_of(h), 0);
}

static void address_ends_when_its_life_does(void **state) {
    struct house *h = *state;
    struct dobos_interface_address left;
    assert_int_equal(add_until(h, 2, NET_A + 1, 24, 5 * DOBOS_SECOND), 0);
    assert_int_equal(add_until(h, 2, NET_A + 2, 24, 3 * DOBOS_SECOND), 0);
    assert_int_equal(add(h, 2, NET_A + 3, 24), 0);
    assert_true(dobos_next_deadline(h->host) <= 3 * DOBOS_SECOND);
    dobos_advance(h->host, 3 * DOBOS_SECOND - 1);
    assert_int_equal(kind_of(h, NET_A + 2), DOBOS_ROUTE_LOCAL);
    dobos_advance(h->host, 3 * DOBOS_SECOND);
    assert_int_equal(kind_of(h, NET_A + 2), DOBOS_ROUTE_UNICAST);
    assert_true(dobos_next_deadline(h->host) <= 5 * DOBOS_SECOND);
    dobos_advance(h->host, 50 * DOBOS_SECOND);
    assert_int_equal(dobos_address_read(h->host, 2, 0, &left), 0);
    assert_int_equal(dobos_address_ipv4_number(&left.prefix.address), NET_A + 3);
    assert_int_equal(dobos_address_read(h->host, 2, 1, &left), -DOBOS_ENOENT);
    assert_int_equal(source_to(h, NET_A + 9), NET_A + 3);
    assert_int_equal(dobos_next_deadline(h->host), DOBOS_NEVER);
}

/* What is sent from an address of another link asks for its neighbour as an address of this one. */
static void neighbour_is_asked_from_its_own_link(void **state) {
    struct house *h = *state;
    struct dobos_endpoint here = {.address = dobos_address_ipv4(0x0a010001)};
    struct dobos_endpoint there = {.address = dobos_address_ipv4(NET_A + 9), .port = 9};
    struct dobos_packet *frame;
    struct dobos_socket *socket;
    uint8_t arp[42];
    assert_int_equal(add(h, 2, NET_A + 1, 24), 0);
    assert_int_equal(add(h, 3, 0x0a010001, 24), 0);
    assert_int_equal(dobos_socket_create(h->host, DOBOS_UDP, NULL, &socket), 0);
    assert_int_equal(dobos_bind(socket, &here), 0);
    assert_int_equal(dobos_connect(socket, &there), 0);
    assert_int_equal(dobos_send(socket, "x", 1), 1);
    assert_int_equal(dobos_output(h->host, 2, &frame, 1, 0), 1);
    assert_int_equal(dobos_packet_read(frame, 0, arp, sizeof arp), sizeof arp);
    dobos_packet_release(frame);
    static const uint8_t sender[] = {10, 0, 0, 1}, target[] = {10, 0, 0, 9};
    assert_memory_equal(arp + 28, sender, 4);
    assert_memory_equal(arp + 38, target, 4);
    dobos_close(socket);
}

static void failing_allocation_leaves_no_address(void **state) {
    struct house *h = *state;
    int result = -1;
    uint64_t fail = 1;
    for (; result != 0; fail++) {
        h->memory.calls = 0;
        h->memory.fail_at = fail;
        uint64_t before = h->memory.live;
        result = add(h, 2, NET_A + 1, 24);
        if (result == 0)
            break;
        assert_int_equal(result, -DOBOS_ENOMEM);
        assert_int_equal(kind_of(h, NET_A + 1), UINT32_MAX);
        assert_int_equal(routes_of(h), 0);
        assert_true(h->memory.live <= before + 1); /* an array may have grown */
    }
    assert_true(fail > 4);
    assert_int_equal(kind_of(h, NET_A + 1), DOBOS_ROUTE_LOCAL);
}

static void name_servers_and_searches_are_bounded(void **state) {
    struct house *h = *state;
    struct dobos_nameserver server = {.origin = DOBOS_ORIGIN_STATIC};
    assert_int_equal(dobos_nameserver_read(h->host, 0, &server), -DOBOS_ENOENT);
    server.address = dobos_address_ipv4(0);
    assert_int_equal(dobos_nameserver_add(h->host, &server), -DOBOS_EINVAL);
    for (uint32_t i = 1; i <= 3; i++) {
        server.address = dobos_address_ipv4(NET_A + i);
        assert_int_equal(dobos_nameserver_add(h->host, &server), 0);
        assert_int_equal(dobos_nameserver_add(h->host, &server), -DOBOS_EEXIST);
    }
    server.address = dobos_address_ipv4(NET_A + 4);
    assert_int_equal(dobos_nameserver_add(h->host, &server), -DOBOS_ENOMEM);
    assert_int_equal(dobos_nameserver_read(h->host, 2, &server), 0);
    assert_int_equal(dobos_address_ipv4_number(&server.address), NET_A + 3);
    struct dobos_search search = {.domain = "", .interface = 1, .origin = DOBOS_ORIGIN_DHCP};
    struct dobos_search found;
    char domain[] = "a.example.org";
    assert_int_equal(dobos_search_read(h->host, 0, &found), -DOBOS_ENOENT);
    assert_int_equal(dobos_search_add(h->host, &search), -DOBOS_EINVAL);
    search.domain = domain;
    for (int i = 0; i < 5; i++, domain[0]++) {
        assert_int_equal(dobos_search_add(h->host, &search), 0);
        assert_int_equal(dobos_search_add(h->host, &search), -DOBOS_EEXIST);
    }
    /* set by hand: before those learned, whenever it comes */
    search = (struct dobos_search){.domain = "first.example.org", .origin = DOBOS_ORIGIN_STATIC};
    assert_int_equal(dobos_search_add(h->host, &search), 0);
    search.domain = "one.too.many";
    assert_int_equal(dobos_search_add(h->host, &search), -DOBOS_ENOMEM);
    assert_int_equal(dobos_search_read(h->host, 0, &found), 0);
    assert_string_equal(found.domain, "first.example.org");
    assert_int_equal(dobos_search_read(h->host, 5, &found), 0);
    assert_string_equal(found.domain, "e.example.org");
}

/* What a lease brought goes with it; what was set by hand, or learned elsewhere, stays. */
static void learned_removed_only_what_that_interface_learned(void **state) {
    struct house *h = *state;
    struct dobos_nameserver server = {
        .address = dobos_address_ipv4(NET_A + 1), .origin = DOBOS_ORIGIN_DHCP, .interface = 2};
    struct dobos_search search = {.domain = "lan", .origin = DOBOS_ORIGIN_DHCP, .interface = 2};
    assert_int_equal(dobos_nameserver_add(h->host, &server), 0);
    assert_int_equal(dobos_search_add(h->host, &search), 0);
    server = (struct dobos_nameserver){.address = dobos_address_ipv4(NET_A + 2)};
    search = (struct dobos_search){.domain = "org"};
    assert_int_equal(dobos_nameserver_add(h->host, &server), 0);
    assert_int_equal(dobos_search_add(h->host, &search), 0);
    assert_int_equal(dobos_nameserver_read(h->host, 0, &server), 0);
    assert_int_equal(dobos_address_ipv4_number(&server.address), NET_A + 2);
    dobos_learned_remove(h->host, 3, DOBOS_ORIGIN_DHCP);
    assert_int_equal(dobos_nameserver_read(h->host, 1, &server), 0);
    dobos_learned_remove(h->host, 2, DOBOS_ORIGIN_DHCP);
    assert_int_equal(dobos_nameserver_read(h->host, 1, &server), -DOBOS_ENOENT);
    assert_int_equal(dobos_nameserver_read(h->host, 0, &server), 0);
    assert_int_equal(dobos_search_read(h->host, 1, &search), -DOBOS_ENOENT);
    assert_int_equal(dobos_search_read(h->host, 0, &search), 0);
}

/* A router forwards out of an interface without an address, and asks there as nobody. */
static void interface_without_address_is_forwarded_to(void **state) {
    struct house *h = *state;
    struct dobos_host_config config = {
        .size = sizeof config, .name = "r", .key = {9}, .forwarding = true};
    dobos_host_destroy(h->host);
    assert_int_equal(dobos_host_create(h->pool, &config, 0, &h->host), 0);
    assert_int_equal(interface_make(h, "eth0", 1), 2);
    assert_int_equal(interface_make(h, "eth1", 2), 3);
    assert_int_equal(add_until(h, 2, NET_A + 1, 24, DOBOS_NEVER), 0);
    struct dobos_route route = {.destination = {dobos_address_ipv4(0x0a010000), 24},
                                .interface = 3};
    assert_int_equal(dobos_route_add(h->host, &route), 0);
    uint8_t frame[60];
    struct writer w = writer_make(frame, sizeof frame);
    struct ethernet link = {
        .destination = {{2, 0, 0, 0, 0, 1}}, .source = {{2, 0, 0, 0, 0, 9}}, .type = 0x0800};
    struct ipv4 ip = {.source = dobos_address_ipv4(NET_A + 9),
                      .destination = dobos_address_ipv4(0x0a010007),
                      .total_length = 40,
                      .ttl = 64,
                      .protocol = 253};
    ethernet_emit(&w, &link);
    ipv4_emit(&w, &ip);
    writer_zero(&w, 20);
    struct dobos_packet *packet = dobos_packet_from_bytes(h->pool, frame, w.position, NULL);
    dobos_input(h->host, 2, &packet, 1, 0);
    assert_int_equal(dobos_output(h->host, 3, &packet, 1, 0), 1);
    assert_int_equal(dobos_packet_read(packet, 0, frame, sizeof frame), 60);
    struct reader r = reader_make(frame + 14, ARP_BYTES);
    struct arp arp;
    assert_true(arp_parse(&r, &arp));
    assert_int_equal(dobos_address_ipv4_number(&arp.target), 0x0a010007);
    assert_int_equal(dobos_address_ipv4_number(&arp.sender), 0);
    dobos_packet_release(packet);
}

#define HOUSE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        HOUSE_TEST(address_brings_its_subnet_and_takes_it_away),
        HOUSE_TEST(address_is_a_hosts_only_once),
        HOUSE_TEST(second_address_of_a_subnet_inherits_its_route),
        HOUSE_TEST(address_ends_when_its_life_does),
        HOUSE_TEST(neighbour_is_asked_from_its_own_link),
        HOUSE_TEST(interface_without_address_is_forwarded_to),
        HOUSE_TEST(failing_allocation_leaves_no_address),
        HOUSE_TEST(name_servers_and_searches_are_bounded),
        HOUSE_TEST(learned_removed_only_what_that_interface_learned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
