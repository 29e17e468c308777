/* The node outside: which node may be it, what its file says, and its frames. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/checksum.h"
#include "fake_tools.h"
#include "made.h"
#include "wire/pcapng.h"

static const char network[] =
    "network: n\n"
    "segments: {lan: {delay: 1ms}, wan: }\n"
    "nodes:\n"
    "  program:\n"
    "    interfaces:\n"
    "      eth0:\n"
    "        segment: lan\n"
    "        addresses: [192.0.2.1/24, 192.0.2.9/32]\n"
    "        routes: [{to: default, via: 192.0.2.2, metric: 7}]\n"
    "        nameservers: {addresses: [192.0.2.53], search: [example.org]}\n"
    "        macaddress: '02:00:00:00:00:aa'\n"
    "        mtu: 1400\n"
    "  router:\n"
    "    forwarding: true\n"
    "    interfaces: {eth0: {segment: lan, addresses: [192.0.2.2/24]}}\n"
    "  server:\n"
    "    interfaces: {eth0: {segment: lan, addresses: [192.0.2.3/24]}}\n"
    "    services: {echo: }\n"
    "  two:\n"
    "    interfaces: {eth0: {segment: lan}, eth1: {segment: wan}}\n"
    "  none: {}\n"
    "  wary: {filter: [deny], interfaces: {eth0: {segment: lan}}}\n"
    "  ruled:\n    interfaces: {eth0: {segment: lan, routing-policy: [{iif: true, table: 254}]}}\n"
    "  strict:\n    interfaces: {eth0: {segment: lan, reverse-path: strict}}\n"
    "  fair:\n    interfaces: {eth0: {segment: lan, queue: fq_codel}}\n"
    "  torn:\n    interfaces: {eth0: {segment: lan, addresses: [192.0.2.7/24], routes: [\n"
    "      {to: default, via: 192.0.2.2}, {to: default, via: 192.0.2.3}]}}\n";

/* The network with its node program outside. */
static struct lab *lab_with_program(struct lab_port **port) {
    struct lab_error error = {""};
    struct lab *lab = lab_of(network);
    assert_int_equal(lab_outside_take(lab, "program", false, port, &error), 0);
    return lab;
}

static void node_that_serves_forwards_or_has_not_one_interface_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *node, *message;
    } rows[] = {
        {"router", "n.yaml:13:3: nodes.router: a program cannot take the place of a node that "
                   "forwards"},
        {"server", "n.yaml:16:3: nodes.server: a program cannot take the place of a node with "
                   "services"},
        {"two", "n.yaml:19:3: nodes.two: a program can take the place of a node with one "
                "interface, not 2"},
        {"none", "n.yaml:21:3: nodes.none: a program can take the place of a node with one "
                 "interface, not 0"},
        {"wary", "n.yaml:22:3: nodes.wary: a program cannot take the place of a node that "
                 "filters"},
        {"ruled", "n.yaml:23:3: nodes.ruled: a program cannot take the place of a node with a "
                  "routing-policy"},
        {"strict", "n.yaml:25:3: nodes.strict: a program cannot take the place of a node with "
                   "reverse-path"},
        {"fair", "n.yaml:27:3: nodes.fair: a program cannot take the place of a node with a queue "
                 "other than pfifo_fast"},
        {"torn", "n.yaml:29:3: nodes.torn: a program cannot take the place of a node with equal "
                 "routes"},
        {"nobody", "n.yaml: no such node: nobody"},
    };
    struct lab *lab = lab_of(network);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct lab_error error = {""};
        struct lab_port *port = NULL;
        assert_int_equal(lab_outside_take(lab, rows[i].node, false, &port, &error), -1);
        assert_string_equal(error.text, rows[i].message);
        assert_null(port);
    }
    assert_null(lab_port_nth(lab, 0));
    assert_non_null(lab_host(lab, "router"));
    lab_destroy(lab);
}

static void outside_node_is_told_as_the_file_says(void **state) {
    (void)state;
    struct lab_outside outside;
    struct lab_port_info info;
    struct lab_port *port = NULL;
    char text[DOBOS_ADDRESS_TEXT];
    struct lab *lab = lab_with_program(&port);
    assert_null(lab_host(lab, "program"));
    assert_true(lab_has_node(lab, "program"));
    assert_ptr_equal(lab_port_nth(lab, 0), port);
    assert_null(lab_port_nth(lab, 1));
    lab_port_read(port, &info);
    assert_int_equal(info.kind, LAB_PORT_NODE);
    assert_string_equal(info.name, "program");
    assert_string_equal(info.segment, "lan");
    assert_int_equal(info.mtu, 1400);
    assert_memory_equal(info.mac.bytes, "\x02\0\0\0\0\xaa", 6);
    lab_outside_read(port, &outside);
    assert_string_equal(outside.interface, "eth0");
    assert_memory_equal(outside.mac.bytes, "\x02\0\0\0\0\xaa", 6);
    assert_int_equal(outside.mtu, 1400);
    assert_int_equal(outside.address_count, 2);
    dobos_address_format(&outside.addresses[1].prefix.address, text);
    assert_string_equal(text, "192.0.2.9");
    assert_int_equal(outside.addresses[1].prefix.length, 32);
    assert_int_equal(outside.addresses[1].valid_until, DOBOS_NEVER);
    assert_int_equal(outside.route_count, 1);
    assert_int_equal(outside.routes[0].destination.length, 0);
    assert_int_equal(outside.routes[0].metric, 7);
    assert_int_equal(outside.nameserver_count, 1);
    assert_int_equal(outside.search_count, 1);
    assert_string_equal(outside.search[0], "example.org");
    lab_destroy(lab);
}

/* A node can be taken and given back while the network lives. */
static void node_returned_is_a_host_again_and_can_be_taken_again(void **state) {
    (void)state;
    struct lab_error error = {""};
    struct lab_port *port = NULL, *again = NULL;
    struct lab *lab = lab_of(network);
    char *const never[] = {"never", NULL};
    struct sink out, complaints;
    int exit_code = 0;
    sink_init(&out);
    sink_init(&complaints);
    lab_run_until(lab, DOBOS_SECOND);
    struct lab_asking *asking =
        lab_tool_begin(lab, "program", 1, never, false, &out, &complaints, DOBOS_NEVER, &exit_code);
    assert_non_null(asking);
    assert_int_equal(lab_outside_take(lab, "program", false, &port, &error), 0);
    while (!lab_tool_step(asking, &exit_code))
        continue;
    assert_int_equal(exit_code, 137);
    lab_tool_end(asking);
    assert_null(lab_host(lab, "program"));
    assert_int_equal(lab_node_restart(lab, "program", &error), -1);
    assert_int_equal(lab_outside_take(lab, "program", false, &again, &error), -1);
    assert_string_equal(error.text, "n.yaml:4:3: nodes.program: a program has its place already");
    assert_int_equal(lab_tool(lab, "program", 1, never, false, &out, &complaints, DOBOS_NEVER), 2);
    assert_int_equal(lab_outside_return(lab, port, &error), 0);
    assert_null(lab_port_nth(lab, 0));
    assert_non_null(lab_host(lab, "program"));
    assert_int_equal(lab_outside_take(lab, "program", false, &port, &error), 0);
    sink_fini(&out);
    sink_fini(&complaints);
    lab_destroy(lab);
}

/* An ARP request as a program's kernel would send it: who has 192.0.2.2? */
static const uint8_t request[] = {
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2,   0, 0, 0, 0, 0xaa, 0x08, 0x06, 0, 1, 8,   0, 6, 4, 0, 1,
    2,    0,    0,    0,    0,    0xaa, 192, 0, 2, 1, 0, 0,    0,    0,    0, 0, 192, 0, 2, 2};

static void frame_from_outside_is_answered_after_both_delays(void **state) {
    (void)state;
    struct lab_port *port = NULL;
    struct lab *lab = lab_with_program(&port);
    assert_null(lab_port_output(port));
    lab_port_input(port, dobos_packet_from_bytes(lab_pool(lab), request, sizeof request, NULL),
                   500);
    lab_run_until(lab, 500 + 2 * DOBOS_MILLISECOND - 1);
    assert_null(lab_port_output(port));
    lab_run_until(lab, 500 + 2 * DOBOS_MILLISECOND);
    struct dobos_packet *answer = lab_port_output(port);
    uint8_t bytes[60];
    assert_non_null(answer);
    assert_true(dobos_packet_read(answer, 0, bytes, sizeof bytes) >= 42);
    assert_memory_equal(bytes, "\x02\0\0\0\0\xaa", 6);
    assert_memory_equal(bytes + 28, "\xc0\0\2\2", 4);
    dobos_packet_release(answer);
    assert_null(lab_port_output(port));
    lab_destroy(lab);
}

/* The next frame for the program within a second; its length, 0: none. */
static size_t answer_of(struct lab *lab, uint8_t *bytes, size_t room) {
    const dobos_time until = lab_now(lab) + DOBOS_SECOND;
    while (lab_step(lab, until))
        continue;
    struct dobos_packet *answer = lab_port_output(lab_port_nth(lab, 0));
    if (!answer)
        return 0;
    const size_t length = dobos_packet_read(answer, 0, bytes, room);
    dobos_packet_release(answer);
    return length;
}

/* Every UDP datagram on the segment has its true checksum; there are two. */
static void check_captured(const char *path) {
    char bytes[4096];
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    const size_t length = fread(bytes, 1, sizeof bytes, file);
    (void)fclose(file);
    struct pcapng_reader reader = pcapng_reader_make(bytes, length);
    struct pcapng_packet packet;
    uint16_t link_type = 0;
    unsigned count = 0;
    const struct dobos_address a = dobos_address_ipv4(0xc0000201),
                               b = dobos_address_ipv4(0xc0000203);
    while (pcapng_next(&reader, &packet, &link_type) == 1) {
        if (packet.data.bytes[13] != 0 || packet.data.bytes[23] != 17)
            continue;
        const uint32_t pseudo = checksum_pseudo(&a, &b, 17, 12);
        assert_int_equal(checksum_fold(checksum_add(pseudo, packet.data.bytes + 34, 12)), 0xffff);
        count++;
    }
    assert_int_equal(count, 2);
}

/* A datagram for the echo server whose checksum the program's kernel has left to its device. */
static void unfinished_checksum_from_outside_is_finished(void **state) {
    (void)state;
    struct lab_error error = {""};
    struct lab_port *port = NULL;
    uint8_t frame[128], bytes[128];
    struct lab *lab = lab_with_program(&port);
    char path[] = "dobos-capture-XXXXXX";
    (void)close(mkstemp(path));
    assert_int_equal(lab_capture(lab, "lan", path, &error), 0);
    memcpy(frame, request, sizeof request);
    frame[41] = 3;
    lab_port_input(port, dobos_packet_from_bytes(lab_pool(lab), frame, sizeof request, NULL), 0);
    assert_true(answer_of(lab, bytes, sizeof bytes) >= 42);
    memcpy(frame, bytes + 6, 6);
    memcpy(frame + 6, bytes, 6);
    static const uint8_t head[] = {0x08, 0, 0x45, 0, 0,   32, 0, 0, 0x40, 0, 64, 17, 0, 0,
                                   192,  0, 2,    1, 192, 0,  2, 3, 4,    0, 0,  7,  0, 12};
    memcpy(frame + 12, head, sizeof head);
    memcpy(frame + 42, "echo", 4);
    store_be16(frame + 24, checksum_finish(checksum_add(0, frame + 14, 20)));
    const struct dobos_address from = dobos_address_ipv4(0xc0000201),
                               to = dobos_address_ipv4(0xc0000203);
    store_be16(frame + 40, checksum_fold(checksum_pseudo(&from, &to, 17, 12)));
    const struct dobos_offload offload = {
        .flags = DOBOS_OFFLOAD_NEEDS_CHECKSUM, .checksum_start = 34, .checksum_offset = 6};
    lab_port_input(port, dobos_packet_from_bytes(lab_pool(lab), frame, 46, &offload), lab_now(lab));
    size_t length = answer_of(lab, bytes, sizeof bytes);
    if (length && bytes[12] == 8 && bytes[13] == 6) {
        /* The server asks for the program first. */
        memcpy(frame, bytes + 6, 6);
        memcpy(frame + 12, bytes + 12, 8);
        frame[20] = 0;
        frame[21] = 2;
        memcpy(frame + 22, "\x02\0\0\0\0\xaa\xc0\0\2\1", 10);
        memcpy(frame + 32, bytes + 22, 10);
        lab_port_input(port, dobos_packet_from_bytes(lab_pool(lab), frame, 42, NULL), lab_now(lab));
        length = answer_of(lab, bytes, sizeof bytes);
    }
    assert_true(length >= 46);
    assert_memory_equal(bytes + 42, "echo", 4);
    assert_int_equal(lab_captures_finish(lab, &error), 0);
    lab_destroy(lab);
    check_captured(path);
    (void)unlink(path);
}

static void frames_that_nobody_takes_are_bounded(void **state) {
    (void)state;
    struct lab_port *port = NULL;
    uint8_t broadcast[64] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 0x88, 0xb5};
    struct lab *lab = lab_with_program(&port);
    struct dobos_socket *socket = NULL;
    struct dobos_host *router = lab_host(lab, "router");
    assert_int_equal(dobos_socket_create(router, DOBOS_UDP, NULL, &socket), 0);
    assert_int_equal(dobos_option_set(socket, DOBOS_OPTION_BROADCAST, 1), 0);
    const struct dobos_endpoint everybody = {dobos_address_ipv4(0xc00002ff), 9, 0};
    assert_int_equal(dobos_connect(socket, &everybody), 0);
    for (int i = 0; i < 6000; i++) {
        assert_int_equal(dobos_send(socket, broadcast, sizeof broadcast), sizeof broadcast);
        lab_wake(lab, "router");
        lab_run_until(lab, lab_now(lab) + DOBOS_MILLISECOND);
    }
    unsigned count = 0;
    for (struct dobos_packet *frame; (frame = lab_port_output(port)); count++)
        dobos_packet_release(frame);
    assert_int_equal(count, 4096);
    dobos_close(socket);
    lab_destroy(lab);
}

/* In real time the clock is the caller's, and keys are not the seed's. */
static void real_time_begins_at_the_callers_time(void **state) {
    (void)state;
    struct lab_options options = {
        .seed = 1, .real_time = true, .start = 5000000, .warm_up = 4000000};
    struct lab_error error = {""};
    struct lab *lab = NULL, *other = NULL;
    options.entropy[0] = 5;
    assert_int_equal(
        lab_create_from_text(network, sizeof network - 1, "n.yaml", &options, &lab, &error), 0);
    assert_int_equal(lab_now(lab), 1000000);
    assert_int_equal(dobos_host_now(lab_host(lab, "router")), 1000000);
    options.entropy[0] = 6;
    assert_int_equal(
        lab_create_from_text(network, sizeof network - 1, "n.yaml", &options, &other, &error), 0);
    assert_true(dobos_host_random(lab_host(lab, "router")) !=
                dobos_host_random(lab_host(other, "router")));
    lab_destroy(lab);
    lab_destroy(other);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(node_that_serves_forwards_or_has_not_one_interface_is_refused),
        cmocka_unit_test(outside_node_is_told_as_the_file_says),
        cmocka_unit_test(node_returned_is_a_host_again_and_can_be_taken_again),
        cmocka_unit_test(frame_from_outside_is_answered_after_both_delays),
        cmocka_unit_test(unfinished_checksum_from_outside_is_finished),
        cmocka_unit_test(frames_that_nobody_takes_are_bounded),
        cmocka_unit_test(real_time_begins_at_the_callers_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
