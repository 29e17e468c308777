/*
 * nat: the list of a router's mappings and what explain says of them, of a network in virtual time,
 * against golden texts; ports outside are drawn, so they are read from the router.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include <dobos/nat.h>

#include "lab_scene.h"

#define NETWORK                                                                                 \
    "network: n\n"                                                                              \
    "segments: {lan: , wan: }\n"                                                                \
    "nodes:\n"                                                                                  \
    "  client: {interfaces: {eth0: {segment: lan, addresses: [192.168.0.10/24], routes: [{to: " \
    "default, via: 192.168.0.1}]}}}\n"                                                          \
    "  server: {interfaces: {eth0: {segment: wan, addresses: [203.0.113.80/24]}}, services: "   \
    "{discard: {}}}\n"                                                                          \
    "  router:\n"                                                                               \
    "    forwarding: true\n"                                                                    \
    "    interfaces:\n"                                                                         \
    "      lan0: {segment: lan, addresses: [192.168.0.1/24]}\n"                                 \
    "      wan0: {segment: wan, addresses: [203.0.113.1/24]}\n"                                 \
    "    nat: {masquerade: [wan0], forward: [{tcp: 8080, to: 192.168.0.10:80}]}\n"

#define TEXT 4096

static struct dobos_socket *client; /* UDP from 40000 to two ports of the server */

static void client_send(struct scene *scene, uint16_t port) {
    const struct dobos_message message = {
        .peer = {.address = dobos_address_ipv4(UINT32_C(0xcb007150)), .port = port}};
    assert_int_equal(dobos_send_message(client, "x", 1, &message), 1);
    lab_wake(scene->lab, "client");
    lab_run_until(scene->lab, lab_now(scene->lab) + DOBOS_SECOND);
}

static struct scene scene_mapped(void) {
    struct scene scene = scene_open(NETWORK);
    client = udp_open(lab_host(scene.lab, "client"), 40000);
    return scene;
}

/* The port that others see of the client's. */
static unsigned seen_port(struct scene *scene) {
    struct dobos_nat_mapping mapping;
    for (uint32_t i = 0; dobos_nat_mapping_read(lab_host(scene->lab, "router"), i, &mapping) == 0;
         i++)
        if (mapping.protocol == DOBOS_UDP && mapping.inside.port == 40000)
            return mapping.outside.port;
    fail_msg("the client has no mapping");
    return 0;
}

static void list_has_a_line_for_each_peer_and_each_forward(void **state) {
    (void)state;
    struct scene scene = scene_mapped();
    char text[TEXT], seen[40];
    static const char forward[] = "Proto Inside          Outside          Remote State   Expires\n"
                                  "tcp   192.168.0.10:80 203.0.113.1:8080 *      forward never\n";
    expect(&scene, "router", "nat", 0, forward, "");
    expect(&scene, "router", "nat list", 0, forward, "");
    expect(&scene, "router", "nat tcp 192.168.0.0/24", 0, forward, "");
    expect(&scene, "router", "nat udp", 0, "Proto Inside Outside Remote State Expires\n", "");
    client_send(&scene, 9);
    lab_run_until(scene.lab, lab_now(scene.lab) + 10 * DOBOS_SECOND);
    client_send(&scene, 10);
    (void)snprintf(seen, sizeof seen, "203.0.113.1:%u", seen_port(&scene));
    const int width = strlen(seen) > 16 ? 17 : 16;
    (void)snprintf(text, sizeof text,
                   "Proto Inside             %-*s Remote          State   Expires\n"
                   "tcp   192.168.0.10:80    %-*s *               forward never\n"
                   "udp   192.168.0.10:40000 %-*s 203.0.113.80:9  one-way 110s\n"
                   "udp   192.168.0.10:40000 %-*s 203.0.113.80:10 one-way 120s\n",
                   width, "Outside", width, "203.0.113.1:8080", width, seen, width, seen);
    expect(&scene, "router", "nat show", 0, text, "");
    expect(&scene, "router", "nat udp 192.168.0.11", 0,
           "Proto Inside Outside Remote State Expires\n", "");
    scene_close(&scene);
}

static void list_as_json_has_mappings_with_their_sessions(void **state) {
    (void)state;
    struct scene scene = scene_mapped();
    char text[TEXT];
    client_send(&scene, 9);
    (void)snprintf(text, sizeof text,
                   "[{\"protocol\":\"udp\",\"inside_address\":\"192.168.0.10\",\"inside_port\":"
                   "40000,\"outside_address\":\"203.0.113.1\",\"outside_port\":%u,\"dev\":\"wan0\","
                   "\"forward\":false,\"expires\":120,\"packets_out\":1,\"packets_in\":0,"
                   "\"bytes_out\":29,\"bytes_in\":0,\"sessions\":[{\"remote_address\":"
                   "\"203.0.113.80\",\"remote_port\":9,\"state\":\"one-way\",\"begun\":\"inside\","
                   "\"expires\":120,\"packets_out\":1,\"packets_in\":0,\"bytes_out\":29,"
                   "\"bytes_in\":0}]}]\n",
                   seen_port(&scene));
    expect(&scene, "router", "nat udp --json", 0, text, "");
    scene_close(&scene);
}

static void explain_tells_of_a_mapping_by_either_end(void **state) {
    (void)state;
    struct scene scene = scene_mapped();
    char text[TEXT], line[100];
    client_send(&scene, 9);
    lab_run_until(scene.lab, lab_now(scene.lab) + 10 * DOBOS_SECOND);
    client_send(&scene, 10);
    (void)snprintf(
        text, sizeof text,
        "mapping: udp 192.168.0.10:40000 is seen as 203.0.113.1:%u, at wan0\n"
        "made: 11s ago, by a packet to 203.0.113.80:9\n"
        "sessions: 2\n"
        "    203.0.113.80:9 one-way, begun inside, ends in 110s; out 1 packets, 29 bytes, in 0 "
        "packets, 0 bytes\n"
        "    203.0.113.80:10 one-way, begun inside, ends in 120s; out 1 packets, 29 bytes, in 0 "
        "packets, 0 bytes\n"
        "who may come in: the addresses it talks with, from any of their ports (filtering: "
        "address-dependent)\n"
        "ends: in 120s, unless a packet comes before\n",
        seen_port(&scene));
    expect(&scene, "router", "nat explain udp 192.168.0.10:40000", 0, text, "");
    (void)snprintf(line, sizeof line, "nat explain udp 203.0.113.1:%u", seen_port(&scene));
    expect(&scene, "router", line, 0, text, "");
    expect(&scene, "router", "nat explain tcp 203.0.113.1:8080", 0,
           "mapping: tcp 192.168.0.10:80 is seen as 203.0.113.1:8080, at wan0\n"
           "made: by hand: a forward of the network file\n"
           "sessions: 0\n"
           "who may come in: anybody outside: it is a forward\n"
           "ends: never\n",
           "");
    scene_close(&scene);
}

static void explain_says_why_there_is_no_mapping(void **state) {
    (void)state;
    struct scene scene = scene_mapped();
    expect(&scene, "router", "nat explain udp 192.168.0.10:40000", 1, "",
           "dobos nat: no mapping of udp 192.168.0.10:40000: it has sent nothing outside, or not "
           "for longer than a mapping lasts\n");
    expect(
        &scene, "router", "nat explain tcp 203.0.113.1:5", 1, "",
        "dobos nat: no mapping of tcp 203.0.113.1:5: nobody inside has this port, and what comes "
        "to it is for the router itself\n");
    client_send(&scene, 9);
    lab_run_until(scene.lab, lab_now(scene.lab) + 200 * DOBOS_SECOND);
    ask(&scene, "router", "nat explain udp 192.168.0.10:40000");
    assert_int_equal(scene.code, 1);
    scene_close(&scene);
}

/* Only its first lines. */
static void expect_begin(struct scene *scene, const char *line, const char *begin) {
    ask(scene, "router", line);
    assert_int_equal(scene->code, 0);
    if (strncmp(sink_text(&scene->out), begin, strlen(begin)) != 0)
        assert_string_equal(sink_text(&scene->out), begin);
}

static void explain_tells_what_becomes_of_a_packet(void **state) {
    (void)state;
    struct scene scene = scene_mapped();
    char text[TEXT], line[100];
    expect_begin(&scene, "nat explain udp 192.168.0.10:40000 203.0.113.80:9",
                 "packet: udp 192.168.0.10:40000 > 203.0.113.80:9, in by lan0\n"
                 "answer: a new mapping: ");
    client_send(&scene, 9);
    (void)snprintf(text, sizeof text,
                   "leaves as: udp 203.0.113.1:%u > 203.0.113.80:9\nmapping: ", seen_port(&scene));
    expect_begin(&scene, "nat explain udp 192.168.0.10:40000 203.0.113.80:9",
                 "packet: udp 192.168.0.10:40000 > 203.0.113.80:9, in by lan0\n"
                 "answer: translated: ");
    assert_non_null(strstr(sink_text(&scene.out), text));
    /* Back in, from another port of the same address; and from another address. */
    (void)snprintf(line, sizeof line, "nat explain udp 203.0.113.80:99 203.0.113.1:%u",
                   seen_port(&scene));
    ask(&scene, "router", line);
    assert_non_null(
        strstr(sink_text(&scene.out), "leaves as: udp 203.0.113.80:99 > 192.168.0.10:40000\n"));
    (void)snprintf(line, sizeof line, "nat explain udp 203.0.113.81:9 203.0.113.1:%u",
                   seen_port(&scene));
    ask(&scene, "router", line);
    assert_non_null(strstr(sink_text(&scene.out), "in by wan0\nanswer: dropped: "));
    assert_non_null(strstr(sink_text(&scene.out), "counted as: DropNatFiltered\n"));
    /* Nothing has come of asking. */
    ask(&scene, "router", "nat udp");
    assert_null(strstr(sink_text(&scene.out), ":99"));
    expect_begin(&scene, "nat explain udp 203.0.113.81:9 203.0.113.1:8080 iif wan0",
                 "packet: udp 203.0.113.81:9 > 203.0.113.1:8080, in by wan0\nanswer: ");
    scene_close(&scene);
}

/* Before NAT sees it: its source is nobody's who could be there. */
static void explain_tells_of_a_packet_that_may_not_come_in(void **state) {
    (void)state;
    struct scene scene = scene_mapped();
    expect(&scene, "router", "nat explain udp 192.168.0.1:9 203.0.113.80:9 iif lan0", 0,
           "packet: udp 192.168.0.1:9 > 203.0.113.80:9, in by lan0\n"
           "answer: dropped: source address that cannot be a sender's\n"
           "counted as: DropIpSource\n",
           "");
    expect(&scene, "router", "nat explain udp 224.0.0.9:9 203.0.113.80:9 iif lan0", 0,
           "packet: udp 224.0.0.9:9 > 203.0.113.80:9, in by lan0\n"
           "answer: dropped: source address that cannot be a sender's\n"
           "counted as: DropIpSource\n",
           "");
    expect(&scene, "router", "nat explain udp 8.8.8.8:9 203.0.113.1:9", 1, "",
           "dobos nat: no route to 8.8.8.8: expected iif, and by which interface it comes in\n");
    scene_close(&scene);
}

static void wrong_questions_are_refused(void **state) {
    (void)state;
    static const char *const lines[] = {
        "nat explain",
        "nat explain tcp",
        "nat explain sctp 192.168.0.10:5",
        "nat explain tcp 192.168.0.10",
        "nat explain tcp 192.168.0.10:0",
        "nat explain tcp 192.168.0.10:65536",
        "nat explain tcp 192.168.0:5",
        "nat explain tcp 192.168.0.10:5 203.0.113.80:80 more",
        "nat explain tcp 192.168.0.10:5 203.0.113.80:80 iif",
        "nat explain tcp 192.168.0.10:5 iif lan0",
        "nat frobnicate",
        "nat tcp 192.168.0.10 more",
        "nat tcp udp",
    };
    struct scene scene = scene_mapped();
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        ask(&scene, "router", lines[i]);
        if (scene.code != 2 || scene.out.length > 0 || scene.error.length == 0)
            fail_msg("%s: exit %d", lines[i], scene.code);
    }
    expect(&scene, "router", "nat explain tcp 192.168.0.10", 2, "",
           "dobos nat: '192.168.0.10': expected an address with a port such as 192.0.2.1:80 (see "
           "dobos nat --help)\n");
    expect(&scene, "router", "nat explain icmp 192.168.0.10", 2, "",
           "dobos nat: '192.168.0.10': expected an address with an identifier such as 192.0.2.1:7 "
           "(see dobos nat --help)\n");
    expect(&scene, "router", "nat explain tcp 192.168.0.10:5 203.0.113.80:80 iif eth9", 1, "",
           "dobos nat: Cannot find device \"eth9\"\n");
    ask(&scene, "server", "nat");
    assert_int_equal(scene.code, 1);
    assert_string_equal(sink_text(&scene.error),
                        "dobos nat: server does not translate: its file gives it no nat\n");
    scene_close(&scene);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(list_has_a_line_for_each_peer_and_each_forward),
        cmocka_unit_test(list_as_json_has_mappings_with_their_sessions),
        cmocka_unit_test(explain_tells_of_a_mapping_by_either_end),
        cmocka_unit_test(explain_says_why_there_is_no_mapping),
        cmocka_unit_test(explain_tells_what_becomes_of_a_packet),
        cmocka_unit_test(explain_tells_of_a_packet_that_may_not_come_in),
        cmocka_unit_test(wrong_questions_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
