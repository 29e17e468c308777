/*
 * The companion of a node outside: which frames are its own, when it goes, and what is mirrored of
 * its lease. The DHCP server is the test's own: it leases 192.0.2.100 to whoever asks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/checksum.h"
#include "fake_tools.h"
#include "lab/lab.h"
#include "wire/dhcp.h"

static const char network[] =
    "network: n\n"
    "segments: {lan: {delay: 1ms}}\n"
    "nodes:\n"
    "  program:\n"
    "    interfaces:\n"
    "      eth0:\n"
    "        segment: lan\n"
    "        dhcp4: true\n"
    "        addresses: [198.51.100.9/32]\n"
    "        nameservers: {addresses: [192.0.2.53], search: [example.org]}\n"
    "        macaddress: '02:00:00:00:00:aa'\n"
    "  router:\n"
    "    interfaces: {eth0: {segment: lan, macaddress: '02:00:00:00:00:01',\n"
    "                        addresses: [192.0.2.1/24]}}\n";

/* A network with its program, and the server. */
struct fixture {
    struct lab *lab;             /* the network */
    struct lab_port *port;       /* the program's */
    struct dobos_socket *server; /* at router */
    bool is_silent;              /* it does not answer */
    uint32_t lease_s;            /* of what it leases */
    unsigned seen[9];            /* messages, by their type */
    unsigned arp;                /* requests that the program got */
    unsigned dhcp;               /* frames for port 68 that the program got */
};

static void fixture_begin(struct fixture *fixture, bool bare) {
    const struct lab_options options = {.seed = 1};
    const struct dobos_endpoint any = {.port = 67};
    struct lab_error error = {""};
    *fixture = (struct fixture){.lease_s = 3600};
    assert_int_equal(lab_create_from_text(network, sizeof network - 1, "n.yaml", &options,
                                          &fixture->lab, &error),
                     0);
    assert_int_equal(lab_outside_take(fixture->lab, "program", bare, &fixture->port, &error), 0);
    struct dobos_host *router = lab_host(fixture->lab, "router");
    assert_int_equal(dobos_socket_create(router, DOBOS_UDP, NULL, &fixture->server), 0);
    assert_int_equal(dobos_bind(fixture->server, &any), 0);
    assert_int_equal(dobos_option_set(fixture->server, DOBOS_OPTION_BROADCAST, 1), 0);
}

static void fixture_end(struct fixture *fixture) {
    dobos_close(fixture->server);
    lab_destroy(fixture->lab);
}

static void answer(struct fixture *fixture, const struct dhcp *asked,
                   const struct dobos_endpoint *from) {
    static struct dhcp message;
    uint8_t bytes[DHCP_ANYONE_BYTES];
    struct writer w = writer_make(bytes, sizeof bytes);
    struct dobos_message to = {.peer = *from};
    if (asked->type != DHCP_DISCOVER && asked->type != DHCP_REQUEST)
        return;
    dhcp_init(&message);
    message.op = DHCP_OP_REPLY;
    message.type = asked->type == DHCP_DISCOVER ? DHCP_OFFER : DHCP_ACK;
    message.hardware = asked->hardware;
    message.hardware_length = asked->hardware_length;
    memcpy(message.chaddr, asked->chaddr, sizeof message.chaddr);
    message.xid = asked->xid;
    message.ciaddr = asked->ciaddr;
    message.yiaddr = dobos_address_ipv4(0xc0000264);
    message.has_mask = message.has_lease = true;
    message.mask_length = 24;
    message.lease_s = fixture->lease_s;
    message.server = dobos_address_ipv4(0xc0000201);
    message.routers = (struct dhcp_addresses){.count = 1, .address = {message.server}};
    message.nameservers = message.routers;
    message.domain = (struct dhcp_bytes){.length = 8, .bytes = "home.lab"};
    (void)dhcp_emit(&w, &message, &asked->parameters);
    if (dobos_address_is_unspecified(&asked->ciaddr))
        to.peer.address = dobos_address_ipv4(0xffffffff);
    to.peer.port = 68;
    to.peer.interface = 2;
    assert_true(dobos_send_message(fixture->server, bytes, w.position, &to) > 0);
    lab_wake(fixture->lab, "router");
}

static void serve(struct fixture *fixture) {
    static struct dhcp asked;
    uint8_t bytes[DHCP_MAX_BYTES];
    struct dobos_message from;
    for (int64_t got;
         (got = dobos_receive_message(fixture->server, bytes, sizeof bytes, &from)) > 0;) {
        assert_true(dhcp_parse((struct slice){bytes, (size_t)got}, &asked));
        fixture->seen[asked.type]++;
        if (!fixture->is_silent)
            answer(fixture, &asked, &from.peer);
    }
}

/* What the program would see of a frame. */
static void look(struct fixture *fixture, struct dobos_packet *packet) {
    uint8_t bytes[64] = {0};
    (void)dobos_packet_read(packet, 0, bytes, sizeof bytes);
    fixture->arp += bytes[12] == 8 && bytes[13] == 6 && bytes[21] == 1;
    fixture->dhcp +=
        bytes[12] == 8 && bytes[13] == 0 && bytes[23] == 17 && bytes[36] == 0 && bytes[37] == 68;
    dobos_packet_release(packet);
}

static void run_for(struct fixture *fixture, dobos_time time) {
    const dobos_time until = lab_now(fixture->lab) + time;
    while (lab_step(fixture->lab, until)) {
        serve(fixture);
        for (struct dobos_packet *packet; (packet = lab_port_output(fixture->port));)
            look(fixture, packet);
    }
    lab_run_until(fixture->lab, until);
}

static struct lab_outside outside_of(const struct fixture *fixture) {
    struct lab_outside outside;
    lab_outside_read(fixture->port, &outside);
    return outside;
}

static void lease_is_told_beside_what_the_file_says(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_begin(&fixture, false);
    struct lab_outside outside = outside_of(&fixture);
    assert_int_equal(outside.lease, LAB_LEASE_WANTED);
    assert_int_equal(outside.address_count, 1);
    const uint64_t generation = lab_outside_generation(fixture.port);
    run_for(&fixture, 20 * DOBOS_SECOND);
    outside = outside_of(&fixture);
    assert_true(lab_outside_generation(fixture.port) > generation);
    assert_int_equal(outside.lease, LAB_LEASE_HELD);
    assert_int_equal(outside.address_count, 2);
    assert_int_equal(outside.addresses[0].origin, DOBOS_ORIGIN_STATIC);
    assert_int_equal(outside.addresses[1].origin, DOBOS_ORIGIN_DHCP);
    assert_int_equal(dobos_address_ipv4_number(&outside.addresses[1].prefix.address), 0xc0000264);
    assert_int_equal(outside.addresses[1].prefix.length, 24);
    assert_in_range(outside.addresses[1].valid_until, 3580 * DOBOS_SECOND, 3620 * DOBOS_SECOND);
    assert_int_equal(outside.route_count, 1);
    assert_int_equal(outside.routes[0].destination.length, 0);
    assert_int_equal(outside.nameserver_count, 2);
    assert_int_equal(dobos_address_ipv4_number(&outside.nameservers[0]), 0xc0000235);
    assert_int_equal(dobos_address_ipv4_number(&outside.nameservers[1]), 0xc0000201);
    assert_int_equal(outside.search_count, 2);
    assert_string_equal(outside.search[1], "home.lab");
    assert_null(lab_host(fixture.lab, "program"));
    assert_int_equal(fixture.dhcp, 0); /* the program has seen nothing of it */
    fixture_end(&fixture);
}

static void lease_renewed_has_new_lifetimes_and_a_lost_one_goes(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_begin(&fixture, false);
    fixture.lease_s = 100;
    run_for(&fixture, 20 * DOBOS_SECOND);
    const dobos_time first = outside_of(&fixture).addresses[1].valid_until;
    const uint64_t generation = lab_outside_generation(fixture.port);
    run_for(&fixture, 60 * DOBOS_SECOND);
    struct lab_outside outside = outside_of(&fixture);
    assert_int_equal(outside.lease, LAB_LEASE_HELD);
    assert_true(outside.addresses[1].valid_until > first);
    assert_true(lab_outside_generation(fixture.port) > generation);
    fixture.is_silent = true;
    run_for(&fixture, 200 * DOBOS_SECOND);
    outside = outside_of(&fixture);
    assert_int_equal(outside.lease, LAB_LEASE_WANTED);
    assert_int_equal(outside.address_count, 1);
    assert_int_equal(outside.route_count, 0);
    assert_int_equal(outside.nameserver_count, 1);
    assert_int_equal(outside.search_count, 1);
    fixture.is_silent = false;
    run_for(&fixture, 200 * DOBOS_SECOND);
    assert_int_equal(outside_of(&fixture).lease, LAB_LEASE_HELD);
    fixture_end(&fixture);
}

static void bare_node_has_no_companion(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_begin(&fixture, true);
    run_for(&fixture, 20 * DOBOS_SECOND);
    assert_int_equal(outside_of(&fixture).lease, LAB_LEASE_NONE);
    assert_int_equal(fixture.seen[DHCP_DISCOVER], 0);
    fixture_end(&fixture);
}

/* A request from the router: who has the address? */
static void ask_for(struct fixture *fixture, uint32_t address) {
    struct dobos_socket *socket = NULL;
    struct dobos_host *router = lab_host(fixture->lab, "router");
    const struct dobos_endpoint to = {dobos_address_ipv4(address), 9, 0};
    assert_int_equal(dobos_socket_create(router, DOBOS_UDP, NULL, &socket), 0);
    assert_int_equal(dobos_connect(socket, &to), 0);
    assert_int_equal(dobos_send(socket, "x", 1), 1);
    lab_wake(fixture->lab, "router");
    run_for(fixture, 10 * DOBOS_SECOND);
    dobos_close(socket);
}

/* The program's kernel answers for the leased address, and nobody beside it. */
static void request_for_the_leased_address_is_the_programs(void **state) {
    (void)state;
    struct fixture fixture;
    struct dobos_neighbor_info neighbor;
    fixture_begin(&fixture, false);
    run_for(&fixture, 30 * DOBOS_SECOND);
    const unsigned before = fixture.arp;
    ask_for(&fixture, 0xc0000264);
    assert_true(fixture.arp > before);
    const struct dobos_host *router = lab_host(fixture.lab, "router");
    for (uint32_t i = 0; dobos_neighbor_read(router, 2, i, &neighbor) == 0; i++)
        assert_int_not_equal(neighbor.state, DOBOS_NEIGHBOR_REACHABLE);
    fixture_end(&fixture);
}

/* A message of a DHCP client of the program's own, in a frame from its link address. */
static void program_discovers(struct fixture *fixture, const char *mac) {
    uint8_t frame[342] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    memcpy(frame + 6, mac, 6);
    static const uint8_t head[] = {0x08, 0,    0x45, 0,  1, 0x48, 0, 0,    0,    0,
                                   64,   17,   0,    0,  0, 0,    0, 0,    0xff, 0xff,
                                   0xff, 0xff, 0,    68, 0, 67,   1, 0x34, 0,    0};
    memcpy(frame + 12, head, sizeof head);
    store_be16(frame + 24, checksum_finish(checksum_add(0, frame + 14, 20)));
    static const uint8_t body[] = {1, 1, 6, 0, 1, 2, 3, 4};
    memcpy(frame + 42, body, sizeof body);
    memcpy(frame + 70, mac, 6);
    memcpy(frame + 42 + 236, "\x63\x82\x53\x63\x35\x01\x01\xff", 8);
    lab_port_input(fixture->port,
                   dobos_packet_from_bytes(lab_pool(fixture->lab), frame, sizeof frame, NULL),
                   lab_now(fixture->lab));
}

static void program_that_asks_itself_is_the_client_from_then_on(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_begin(&fixture, false);
    fixture.lease_s = 100;
    run_for(&fixture, 30 * DOBOS_SECOND);
    const unsigned asked = fixture.seen[DHCP_REQUEST];
    const uint64_t generation = lab_outside_generation(fixture.port);
    program_discovers(&fixture, "\x02\0\0\0\0\xaa");
    run_for(&fixture, 300 * DOBOS_SECOND);
    assert_int_equal(fixture.dhcp, 1); /* the offer */
    assert_int_equal(fixture.seen[DHCP_REQUEST], asked);
    assert_int_equal(fixture.seen[DHCP_RELEASE], 0);
    /* What it had is the program's to keep or to change. */
    assert_int_equal(lab_outside_generation(fixture.port), generation);
    assert_int_equal(outside_of(&fixture).address_count, 2);
    fixture_end(&fixture);
}

static void program_that_asks_for_another_machine_changes_nothing(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_begin(&fixture, false);
    fixture.lease_s = 100;
    run_for(&fixture, 30 * DOBOS_SECOND);
    const unsigned asked = fixture.seen[DHCP_REQUEST];
    program_discovers(&fixture, "\x02\0\0\0\0\xbb");
    run_for(&fixture, 300 * DOBOS_SECOND);
    assert_true(fixture.seen[DHCP_REQUEST] > asked);
    fixture_end(&fixture);
}

static void node_returned_begins_with_a_client_of_its_own(void **state) {
    (void)state;
    struct fixture fixture;
    struct lab_error error;
    struct dobos_interface_address address;
    fixture_begin(&fixture, false);
    run_for(&fixture, 30 * DOBOS_SECOND);
    assert_int_equal(lab_outside_return(fixture.lab, fixture.port, &error), 0);
    fixture.port = NULL;
    const dobos_time until = lab_now(fixture.lab) + 30 * DOBOS_SECOND;
    while (lab_step(fixture.lab, until))
        serve(&fixture);
    const struct dobos_host *host = lab_host(fixture.lab, "program");
    assert_non_null(host);
    assert_int_equal(dobos_address_read(host, 2, 1, &address), 0);
    assert_int_equal(address.origin, DOBOS_ORIGIN_DHCP);
    assert_int_equal(address.state, DOBOS_ADDRESS_READY);
    fixture_end(&fixture);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lease_is_told_beside_what_the_file_says),
        cmocka_unit_test(lease_renewed_has_new_lifetimes_and_a_lost_one_goes),
        cmocka_unit_test(bare_node_has_no_companion),
        cmocka_unit_test(request_for_the_leased_address_is_the_programs),
        cmocka_unit_test(program_that_asks_itself_is_the_client_from_then_on),
        cmocka_unit_test(program_that_asks_for_another_machine_changes_nothing),
        cmocka_unit_test(node_returned_begins_with_a_client_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
