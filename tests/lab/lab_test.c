/* Networks in virtual time: what arrives when, the same each time, whether it is captured or not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "fake_tools.h"
#include "lab/lab_inner.h"
#include "made.h"
#include "wire/pcapng.h"

#define PAIR(impairments)                                                    \
    "network: n\n"                                                           \
    "segments: {lan: {" impairments "}, other: }\n"                          \
    "nodes:\n"                                                               \
    "  a: {interfaces: {eth0: {segment: lan, addresses: [192.0.2.1/24]}}}\n" \
    "  b: {interfaces: {eth0: {segment: lan, addresses: [192.0.2.2/24]}}}\n" \
    "  c: {interfaces: {eth0: {segment: lan, addresses: [192.0.2.3/24]}}}\n"

/* ---- probes: a UDP socket at each of two nodes ---- */

struct probe {
    struct lab *lab;
    struct dobos_socket *from, *to; /* at a and at b, where port 99 is */
};

static struct probe probe_open(struct lab *lab) {
    struct probe probe = {lab, udp_open(lab_host(lab, "a"), 98), udp_open(lab_host(lab, "b"), 99)};
    const struct dobos_endpoint peer = {dobos_address_ipv4(0xc0000202), 99, 0};
    assert_int_equal(dobos_connect(probe.from, &peer), 0);
    assert_int_equal(dobos_option_set(probe.from, DOBOS_OPTION_SEND_BUFFER, 16 << 20), 0);
    assert_int_equal(dobos_option_set(probe.to, DOBOS_OPTION_RECEIVE_BUFFER, 16 << 20), 0);
    return probe;
}

static void probe_send(const struct probe *probe, size_t bytes) {
    uint8_t data[2000] = {0};
    assert_int_equal(dobos_send(probe->from, data, bytes), bytes);
    lab_wake(probe->lab, "a");
}

/* When the next datagram arrived; −1: there is none. */
static dobos_time probe_receive(const struct probe *probe) {
    uint8_t data[2000];
    struct dobos_message message;
    return dobos_receive_message(probe->to, data, sizeof data, &message) < 0 ? -1 : message.arrived;
}

/* Sends one datagram, so that both know each other's link addresses, and looks away. */
static void probe_warm_up(const struct probe *probe) {
    probe_send(probe, 1);
    lab_run_until(probe->lab, lab_now(probe->lab) + 10 * DOBOS_SECOND);
    assert_true(probe_receive(probe) >= 0);
}

static void probe_close(struct probe *probe) {
    dobos_close(probe->from);
    dobos_close(probe->to);
    lab_destroy(probe->lab);
}

/* ---- time ---- */

static void frame_takes_its_length_by_the_rate_and_then_the_delay(void **state) {
    (void)state;
    struct probe probe = probe_open(lab_of(PAIR("rate: 1mbit, delay: 5ms")));
    probe_warm_up(&probe);
    const dobos_time began = lab_now(probe.lab);
    probe_send(&probe, 958);
    lab_run_until(probe.lab, began + DOBOS_SECOND);
    /* 958 + UDP 8 + IPv4 20 + Ethernet 14 + preamble, FCS and gap 24 are 8192 bits. */
    assert_int_equal(probe_receive(&probe) - began, 8192000 + 5 * DOBOS_MILLISECOND);
    assert_int_equal(lab_now(probe.lab), began + DOBOS_SECOND);
    probe_close(&probe);
}

static void segment_without_delay_is_a_hundred_metres_long(void **state) {
    (void)state;
    struct probe probe = probe_open(lab_of(PAIR("")));
    probe_warm_up(&probe);
    const dobos_time began = lab_now(probe.lab);
    probe_send(&probe, 1000);
    lab_run_until(probe.lab, began + DOBOS_SECOND);
    assert_int_equal(probe_receive(&probe) - began, NETWORK_DELAY_NS);
    probe_close(&probe);
}

static void frames_follow_one_another_at_the_rate(void **state) {
    (void)state;
    struct probe probe = probe_open(lab_of(PAIR("rate: 1mbit")));
    probe_warm_up(&probe);
    const dobos_time began = lab_now(probe.lab);
    for (int i = 0; i < 100; i++)
        probe_send(&probe, 934);
    lab_run_until(probe.lab, began + 10 * DOBOS_SECOND);
    for (int i = 1; i <= 100; i++)
        assert_int_equal(probe_receive(&probe) - began, i * 8000000 + NETWORK_DELAY_NS);
    assert_int_equal(probe_receive(&probe), -1);
    probe_close(&probe);
}

static void port_takes_frames_only_a_little_ahead_of_its_wire(void **state) {
    (void)state;
    struct probe probe = probe_open(lab_of(PAIR("rate: 64kbit")));
    probe_warm_up(&probe);
    for (int i = 0; i < 100; i++)
        probe_send(&probe, 1400);
    for (int i = 0; i < 100; i++) {
        lab_run_until(probe.lab, lab_now(probe.lab) + 100 * DOBOS_MILLISECOND);
        assert_in_range(probe.lab->nodes[0].plugs[0].cable.packets, 1, 18);
    }
    probe_close(&probe);
}

static void lost_frames_do_not_arrive_and_doubled_ones_arrive_twice(void **state) {
    (void)state;
    struct probe lossy = probe_open(lab_of(PAIR("loss: 100%")));
    probe_send(&lossy, 10);
    lab_run_until(lossy.lab, 10 * DOBOS_SECOND);
    assert_int_equal(probe_receive(&lossy), -1);
    probe_close(&lossy);
    struct probe doubled = probe_open(lab_of(PAIR("duplicate: 100%")));
    probe_send(&doubled, 10);
    lab_run_until(doubled.lab, 10 * DOBOS_SECOND);
    assert_true(probe_receive(&doubled) >= 0);
    assert_true(probe_receive(&doubled) >= 0);
    probe_close(&doubled);
}

/* ---- the switch ---- */

static void switch_learns_where_stations_are(void **state) {
    (void)state;
    struct probe probe = probe_open(lab_of(PAIR("")));
    struct dobos_interface_info before, after;
    probe_warm_up(&probe);
    assert_int_equal(dobos_interface_read(lab_host(probe.lab, "c"), 2, &before), 0);
    assert_int_equal(before.in_packets, 1);
    for (int i = 0; i < 10; i++)
        probe_send(&probe, 10);
    lab_run_until(probe.lab, lab_now(probe.lab) + DOBOS_SECOND);
    assert_int_equal(dobos_interface_read(lab_host(probe.lab, "c"), 2, &after), 0);
    assert_int_equal(before.in_packets, after.in_packets);
    /* Nobody hears himself: a has heard b's answer to its question, and that only. */
    assert_int_equal(dobos_interface_read(lab_host(probe.lab, "a"), 2, &after), 0);
    assert_int_equal(after.in_packets, 1);
    probe_close(&probe);
}

/* ---- the same each time ---- */

/* Runs the home network's script's traffic by sockets: a lookup and a page; returns the capture. */
static char *home_capture(uint64_t seed, const char *segment, const char *also, size_t *length) {
    char *text = source_read("labs/home.yaml");
    char *script = strstr(text, "script:");
    assert_non_null(script);
    *script = '\0';
    struct lab *lab = lab_of_seed(text, seed);
    char path[] = "dobos-capture-XXXXXX", other[] = "dobos-capture-XXXXXX";
    struct lab_error error = {""};
    (void)close(mkstemp(path));
    (void)close(mkstemp(other));
    assert_int_equal(lab_capture(lab, segment, path, &error), 0);
    if (also)
        assert_int_equal(lab_capture(lab, also, other, &error), 0);
    char missing[512];
    assert_true(lab_settle(lab, missing, sizeof missing)); /* laptop has its lease */
    struct dobos_lookup *lookup = NULL;
    struct dobos_host *laptop = lab_host(lab, "laptop");
    assert_int_equal(dobos_getaddrinfo(laptop, "www.example.org", NULL, lab_now(lab), &lookup), 0);
    dobos_time again = 0;
    for (int i = 0; i < 100 && dobos_lookup_step(lookup, lab_now(lab), &again) == 0; i++) {
        lab_wake(lab, "laptop");
        lab_run_until(lab, lab_now(lab) + 10 * DOBOS_MILLISECOND);
    }
    struct dobos_endpoint peer = {.port = 80};
    peer.address = dobos_lookup_read(lookup)->addresses[0];
    struct dobos_socket *socket = NULL;
    assert_int_equal(dobos_socket_create(laptop, DOBOS_TCP, NULL, &socket), 0);
    assert_int_equal(dobos_connect(socket, &peer), -DOBOS_EINPROGRESS);
    lab_wake(lab, "laptop");
    lab_run_until(lab, lab_now(lab) + DOBOS_SECOND);
    static const char request[] = "GET / HTTP/1.0\r\nHost: www.example.org\r\n\r\n";
    assert_int_equal(dobos_send(socket, request, sizeof request - 1), sizeof request - 1);
    lab_wake(lab, "laptop");
    lab_run_until(lab, lab_now(lab) + DOBOS_SECOND);
    char answer[4096];
    assert_true(dobos_receive(socket, answer, sizeof answer) > 100);
    assert_memory_equal(answer + 8, " 200 OK", 7);
    dobos_close(socket);
    dobos_lookup_destroy(lookup);
    lab_wake(lab, "laptop");
    lab_run_until(lab, lab_now(lab) + DOBOS_SECOND);
    assert_int_equal(lab_captures_finish(lab, &error), 0);
    lab_destroy(lab);
    char *bytes = calloc(1, 1 << 20);
    FILE *file = fopen(path, "rb");
    assert_true(bytes && file);
    *length = fread(bytes, 1, 1 << 20, file);
    assert_true(*length > 1000);
    (void)fclose(file);
    (void)unlink(path);
    (void)unlink(other);
    free(text);
    return bytes;
}

static void same_seed_gives_the_same_capture(void **state) {
    (void)state;
    size_t a_length = 0, b_length = 0;
    char *a = home_capture(1, "access", NULL, &a_length);
    char *b = home_capture(1, "access", NULL, &b_length);
    assert_int_equal(a_length, b_length);
    assert_memory_equal(a, b, a_length);
    free(b);
    b = home_capture(2, "access", NULL, &b_length);
    assert_true(a_length != b_length || memcmp(a, b, a_length) != 0);
    free(a);
    free(b);
}

static void capture_is_the_same_whether_another_segment_is_captured(void **state) {
    (void)state;
    size_t a_length = 0, b_length = 0;
    char *a = home_capture(1, "access", NULL, &a_length);
    char *b = home_capture(1, "access", "lan", &b_length);
    assert_int_equal(a_length, b_length);
    assert_memory_equal(a, b, a_length);
    free(a);
    free(b);
}

static void capture_has_virtual_times_and_the_segments_name(void **state) {
    (void)state;
    size_t length = 0;
    char *bytes = home_capture(1, "access", NULL, &length);
    struct pcapng_reader reader = pcapng_reader_make(bytes, length);
    struct pcapng_packet packet;
    uint16_t link_type = 0;
    uint64_t before = UINT64_C(946684800000000000);
    unsigned count = 0;
    for (; pcapng_next(&reader, &packet, &link_type) == 1; count++) {
        assert_int_equal(link_type, PCAPNG_LINKTYPE_ETHERNET);
        assert_int_equal(packet.data.length, packet.original_length);
        assert_in_range(packet.time_ns, before,
                        before + (count ? 1u : 30u) * (uint64_t)DOBOS_SECOND);
        before = packet.time_ns;
    }
    assert_null(reader.error);
    assert_true(count > 10);
    assert_non_null(memmem(bytes, 200, "access", 6));
    free(bytes);
}

static void captures_that_cannot_be_are_refused(void **state) {
    (void)state;
    struct lab *lab = lab_of(PAIR(""));
    struct lab_error error = {""};
    assert_int_equal(lab_capture(lab, "wan", "x.pcapng", &error), -1);
    assert_string_equal(error.text, "wan: no such segment in the network n");
    assert_int_equal(lab_capture(lab, "lan", "no/such/folder/x.pcapng", &error), -1);
    assert_string_equal(error.text, "no/such/folder/x.pcapng: No such file or directory");
    assert_int_equal(lab_capture(lab, "lan", "/dev/full", &error), 0);
    assert_int_equal(lab_capture(lab, "lan", "/dev/full", &error), -1);
    assert_string_equal(error.text, "/dev/full: this segment is being captured already");
    assert_int_equal(lab_captures_finish(lab, &error), -1);
    assert_string_equal(error.text, "/dev/full: No space left on device");
    assert_int_equal(lab_captures_finish(lab, &error), 0);
    lab_destroy(lab);
}

/* ---- a page over a line that is slow ---- */

/* Fetches a page of 100 KiB from b over HTTP/1.0 or 1.1; returns how many bytes came until the end
 * or for `patience`. */
static int64_t fetch_slowly(const char *rate, const char *request, dobos_time patience) {
    char text[600];
    (void)snprintf(text, sizeof text,
                   "network: n\n"
                   "segments: {line: {rate: %s}}\n"
                   "nodes:\n"
                   "  a: {interfaces: {eth0: {segment: line, addresses: [192.0.2.1/24]}}}\n"
                   "  b:\n"
                   "    interfaces: {eth0: {segment: line, addresses: [192.0.2.2/24]}}\n"
                   "    services: {http: {pages: {/x: {size: 100KiB}}}}\n",
                   rate);
    struct lab *lab = lab_of(text);
    struct dobos_socket *socket = NULL;
    const struct dobos_endpoint peer = {dobos_address_ipv4(0xc0000202), 80, 0};
    assert_int_equal(dobos_socket_create(lab_host(lab, "a"), DOBOS_TCP, NULL, &socket), 0);
    assert_int_equal(dobos_connect(socket, &peer), -DOBOS_EINPROGRESS);
    lab_wake(lab, "a");
    lab_run_until(lab, 2 * DOBOS_SECOND);
    assert_int_equal(dobos_send(socket, request, strlen(request)), strlen(request));
    int64_t total = 0, got = -DOBOS_EAGAIN;
    while (got != 0 && lab_now(lab) < patience) {
        uint8_t bytes[4096];
        lab_wake(lab, "a");
        lab_run_until(lab, lab_now(lab) + DOBOS_SECOND / 2);
        while ((got = dobos_receive(socket, bytes, sizeof bytes)) > 0)
            total += got;
        assert_true(got == 0 || got == -DOBOS_EAGAIN);
    }
    dobos_close(socket);
    lab_destroy(lab);
    return total;
}

static void page_over_a_slow_line_arrives_whole(void **state) {
    (void)state;
    /* A hundred seconds, where a server ends who stands still for sixty, or for five when all is
     * said. */
    assert_true(fetch_slowly("8kbit", "GET /x HTTP/1.1\r\nHost: b\r\n\r\n", 150 * DOBOS_SECOND) >
                102400);
    assert_true(fetch_slowly("8kbit", "GET /x HTTP/1.0\r\nHost: b\r\n\r\n", 150 * DOBOS_SECOND) >
                102400);
}

/* ---- what is in a network ---- */

static void network_tells_its_nodes(void **state) {
    (void)state;
    struct lab *lab = lab_of(PAIR(""));
    assert_string_equal(lab_name(lab), "n");
    assert_int_equal(lab_now(lab), 0);
    assert_string_equal(lab_node_nth(lab, 2), "c");
    assert_null(lab_node_nth(lab, 3));
    assert_true(lab_has_node(lab, "b"));
    assert_false(lab_has_node(lab, "d"));
    assert_string_equal(dobos_host_name(lab_host(lab, "b")), "b");
    assert_null(lab_host(lab, "d"));
    assert_false(lab_has_script(lab));
    assert_null(lab_port_nth(lab, 0));
    lab_destroy(lab);
}

static void built_in_network_is_the_home_network(void **state) {
    (void)state;
    char *text = source_read("labs/home.yaml");
    assert_string_equal(lab_default_text(), text);
    free(text);
}

static void services_of_one_port_are_refused_with_their_place(void **state) {
    (void)state;
    static const char text[] = "network: n\n"
                               "nodes:\n"
                               "  a:\n"
                               "    services:\n"
                               "      echo: {port: 80}\n"
                               "      http: {pages: {/: x}}\n";
    const struct lab_options options = {.seed = 1};
    struct lab_error error = {""};
    struct lab *lab = NULL;
    assert_int_equal(lab_create_from_text(text, sizeof text - 1, "n.yaml", &options, &lab, &error),
                     -1);
    assert_string_equal(error.text, "n.yaml:6:13: nodes.a.services.http: a map: the host refuses "
                                    "it: address in use");
}

static void wrong_record_is_refused_with_its_place(void **state) {
    (void)state;
    static const char text[] = "network: n\n"
                               "nodes:\n"
                               "  a:\n"
                               "    services:\n"
                               "      dns:\n"
                               "        zones:\n"
                               "          example.org:\n"
                               "            www: {A: [192.0.2.1, 192.0.2.256]}\n";
    const struct lab_options options = {.seed = 1};
    struct lab_error error = {""};
    struct lab *lab = NULL;
    assert_int_equal(lab_create_from_text(text, sizeof text - 1, "n.yaml", &options, &lab, &error),
                     -1);
    assert_memory_equal(error.text,
                        "n.yaml:8:34: nodes.a.services.dns.zones.example.org.www.A[1]: "
                        "192.0.2.256: expected an IPv4 address",
                        sizeof "n.yaml:8:34: nodes.a.services.dns.zones.example.org.www.A[1]: "
                               "192.0.2.256: expected an IPv4 address");
}

/* A network with one zone, of a file of this text: the error behind the file's name. */
static void expect_zone_file(const char *zone, const char *reason) {
    char path[] = "dobos-zone-XXXXXX", text[256];
    const int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, zone, strlen(zone)), strlen(zone));
    (void)close(descriptor);
    const int length = snprintf(text, sizeof text,
                                "network: n\n"
                                "nodes:\n"
                                "  a:\n"
                                "    services:\n"
                                "      dns:\n"
                                "        zones: {example.org: %s}\n",
                                path);
    const struct lab_options options = {.seed = 1};
    struct lab_error error = {""};
    struct lab *lab = NULL;
    assert_int_equal(lab_create_from_text(text, (size_t)length, "n.yaml", &options, &lab, &error),
                     -1);
    assert_int_equal(unlink(path), 0);
    assert_memory_equal(error.text, path, sizeof path - 1);
    assert_string_equal(error.text + sizeof path - 1, reason);
}

static void wrong_zone_file_is_refused_with_what_stands_there(void **state) {
    (void)state;
    expect_zone_file("", ": expected an SOA record at the zone's own name");
    expect_zone_file("a 60 A 192.0.2.256 ; too much\n",
                     ":1:8: 192.0.2.256: expected an IPv4 address");
    expect_zone_file("\na 60 A\n", ":2:7: the end of the line: expected an IPv4 address");
    expect_zone_file("a 60 A \033[31m\n", ":1:8: ?[31m: expected an IPv4 address");
    expect_zone_file("a 60 A 192.0.2.1)\n", ":1:17: ): no parenthesis is open here");
    expect_zone_file("a 60 A 01234567890123456789012345678901234567890123456789\n",
                     ":1:8: 012345678901234567890123456789012345678901234567...: expected an "
                     "IPv4 address");
}

static void file_that_cannot_be_read_is_refused(void **state) {
    (void)state;
    const struct lab_options options = {.seed = 1};
    struct lab_error error = {""};
    struct lab *lab = NULL;
    assert_int_equal(lab_create_from_file("no-such-file.yaml", &options, &lab, &error), -1);
    assert_string_equal(error.text, "no-such-file.yaml: No such file or directory");
    assert_int_equal(lab_create_from_file("/", &options, &lab, &error), -1);
    assert_string_equal(error.text, "/: Is a directory");
    assert_int_equal(lab_create_from_file("/dev/zero", &options, &lab, &error), -1);
    assert_string_equal(error.text, "/dev/zero: larger than 4 MiB: too large for a network file");
}

/* Of two stations with one link address neither would get its frames. */
static void link_address_drawn_twice_is_refused(void **state) {
    (void)state;
    const struct lab_options options = {.seed = 1};
    struct lab_error error = {""};
    struct lab *lab = lab_of(PAIR(""));
    char text[600], mac[DOBOS_MAC_TEXT];
    dobos_mac_format(&lab->nodes[0].plugs[0].mac, mac);
    lab_destroy(lab);
    (void)snprintf(text, sizeof text,
                   PAIR("") "  d: {interfaces: {eth0: {segment: other, macaddress: '%s'}}}\n"
                            "  e: {interfaces: {eth0: {segment: lan, macaddress: '%s'}}}\n",
                   mac, mac);
    assert_int_equal(lab_create_from_text(text, strlen(text), "n.yaml", &options, &lab, &error),
                     -1);
    char expected[300];
    (void)snprintf(expected, sizeof expected,
                   "n.yaml:8:20: nodes.e.interfaces.eth0: its link address %s is another's in its "
                   "segment: expected a macaddress of its own",
                   mac);
    assert_string_equal(error.text, expected);
}

static void quiet_network_is_settled(void **state) {
    (void)state;
    char missing[512] = "";
    struct probe probe = probe_open(lab_of(PAIR("")));
    assert_true(lab_settle(probe.lab, missing, sizeof missing));
    assert_int_equal(lab_now(probe.lab), 0);
    /* While a neighbour is asked for, it is not. */
    probe_send(&probe, 1);
    assert_true(lab_settle(probe.lab, missing, sizeof missing));
    assert_true(lab_now(probe.lab) > 0);
    struct dobos_neighbor_info neighbor;
    assert_int_equal(dobos_neighbor_read(lab_host(probe.lab, "a"), 2, 0, &neighbor), 0);
    assert_int_equal(neighbor.state, DOBOS_NEIGHBOR_REACHABLE);
    probe_close(&probe);
}

/* A neighbour that is not there is given up by a timer of the host: until then the network is not
 * settled. */
static void network_is_settled_when_a_neighbour_is_given_up(void **state) {
    (void)state;
    char missing[512] = "";
    struct lab *lab = lab_of(PAIR(""));
    struct dobos_socket *socket = udp_open(lab_host(lab, "a"), 98);
    const struct dobos_endpoint nobody = {dobos_address_ipv4(0xc000024d), 99, 0};
    assert_int_equal(dobos_connect(socket, &nobody), 0);
    assert_int_equal(dobos_send(socket, "x", 1), 1);
    lab_wake(lab, "a");
    assert_true(lab_settle(lab, missing, sizeof missing));
    assert_string_equal(missing, "");
    assert_in_range(lab_now(lab), DOBOS_SECOND, 10 * DOBOS_SECOND);
    dobos_close(socket);
    lab_destroy(lab);
}

static void route_leaves_by_the_interface_it_stands_at(void **state) {
    (void)state;
    struct lab *lab = lab_of("network: n\n"
                             "segments: {one: , two: }\n"
                             "nodes:\n"
                             "  a:\n"
                             "    interfaces:\n"
                             "      eth0: {segment: one, addresses: [192.0.2.1/24]}\n"
                             "      eth1:\n"
                             "        segment: two\n"
                             "        addresses: [198.51.100.3/24]\n"
                             "        routes: [{to: default, via: 198.51.100.2, metric: 9}]\n");
    struct dobos_route route;
    assert_int_equal(dobos_route_read(lab_host(lab, "a"), 0, &route), 0);
    assert_int_equal(route.destination.length, 0);
    assert_int_equal(route.interface, 3);
    assert_int_equal(route.metric, 9);
    lab_destroy(lab);
}

static void ended_network_gives_all_its_packets_back(void **state) {
    (void)state;
    struct probe probe = probe_open(lab_of(PAIR("rate: 1mbit, delay: 1s, duplicate: 10%")));
    for (int i = 0; i < 200; i++)
        probe_send(&probe, 500);
    lab_run_until(probe.lab, DOBOS_SECOND + 1500 * DOBOS_MILLISECOND);
    struct dobos_pool_statistics statistics;
    dobos_pool_statistics_read(lab_pool(probe.lab), &statistics);
    assert_true(statistics.packets > 0);
    /* The sanitizers' build says whether something is left. */
    probe_close(&probe);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frame_takes_its_length_by_the_rate_and_then_the_delay),
        cmocka_unit_test(segment_without_delay_is_a_hundred_metres_long),
        cmocka_unit_test(frames_follow_one_another_at_the_rate),
        cmocka_unit_test(port_takes_frames_only_a_little_ahead_of_its_wire),
        cmocka_unit_test(lost_frames_do_not_arrive_and_doubled_ones_arrive_twice),
        cmocka_unit_test(switch_learns_where_stations_are),
        cmocka_unit_test(same_seed_gives_the_same_capture),
        cmocka_unit_test(capture_is_the_same_whether_another_segment_is_captured),
        cmocka_unit_test(capture_has_virtual_times_and_the_segments_name),
        cmocka_unit_test(captures_that_cannot_be_are_refused),
        cmocka_unit_test(page_over_a_slow_line_arrives_whole),
        cmocka_unit_test(network_tells_its_nodes),
        cmocka_unit_test(built_in_network_is_the_home_network),
        cmocka_unit_test(services_of_one_port_are_refused_with_their_place),
        cmocka_unit_test(wrong_record_is_refused_with_its_place),
        cmocka_unit_test(wrong_zone_file_is_refused_with_what_stands_there),
        cmocka_unit_test(file_that_cannot_be_read_is_refused),
        cmocka_unit_test(link_address_drawn_twice_is_refused),
        cmocka_unit_test(quiet_network_is_settled),
        cmocka_unit_test(network_is_settled_when_a_neighbour_is_given_up),
        cmocka_unit_test(route_leaves_by_the_interface_it_stands_at),
        cmocka_unit_test(ended_network_gives_all_its_packets_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
