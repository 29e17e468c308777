/* What captures say of packets in their comments: where each came from, which way it took, what
 * became of it; and that the number of a packet stays with it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <unistd.h>

#include "fake_tools.h"
#include "lab/lab_inner.h"
#include "made.h"
#include "wire/pcapng.h"

#define FRAMES_MOST 400

/* Frames of a capture: their comments, "one|two|three". */
struct comments {
    unsigned count;                  /* of frames */
    uint64_t numbers[FRAMES_MOST];   /* of their packets */
    char text[FRAMES_MOST][8 * 512]; /* by frame */
};

static struct comments lan, wan;

#define NETWORK(lan, wan, more)                                                \
    "network: n\nsegments: {lan: {" lan "}, wan: {" wan "}}\nnodes:\n"         \
    "  near: {interfaces: {eth0: {segment: lan, addresses: [192.0.2.2/24], "   \
    "routes: [{to: default, via: 192.0.2.1}]}}}\n"                             \
    "  router:\n    forwarding: true\n    interfaces:\n"                       \
    "      lan0: {segment: lan, addresses: [192.0.2.1/24]}\n"                  \
    "      wan0: {segment: wan, addresses: [198.51.100.1/24], " more "}\n"     \
    "  far: {interfaces: {eth0: {segment: wan, addresses: [198.51.100.2/24], " \
    "routes: [{to: default, via: 198.51.100.1}]}}}\n"

static void comments_read(const char *path, struct comments *comments) {
    static uint8_t bytes[1 << 20];
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    const size_t length = fread(bytes, 1, sizeof bytes, file);
    (void)fclose(file);
    (void)unlink(path);
    struct pcapng_reader reader = pcapng_reader_make(bytes, length);
    struct pcapng_packet packet;
    uint16_t link_type = 0;
    comments->count = 0;
    while (pcapng_next(&reader, &packet, &link_type) == 1) {
        assert_true(comments->count < FRAMES_MOST);
        char *text = comments->text[comments->count];
        text[0] = '\0';
        for (uint32_t i = 0; i < packet.comment_count; i++)
            (void)snprintf(text + strlen(text), sizeof comments->text[0] - strlen(text), "%s%.*s",
                           i > 0 ? "|" : "", (int)packet.comments[i].length,
                           (const char *)packet.comments[i].bytes);
        assert_int_equal(sscanf(text, "packet %ju", &comments->numbers[comments->count]), 1);
        comments->count++;
    }
    assert_null(reader.error);
}

/* How many frames have that text in their comments. */
static unsigned count(const struct comments *comments, const char *text) {
    unsigned found = 0;
    for (unsigned i = 0; i < comments->count; i++)
        found += strstr(comments->text[i], text) != NULL;
    return found;
}

/* The comments behind the number of the only frame that has that text in them. */
static const char *only(const struct comments *comments, const char *text) {
    const char *found = NULL;
    if (count(comments, text) != 1)
        for (unsigned i = 0; i < comments->count; i++)
            print_message("%s\n", comments->text[i]);
    assert_int_equal(count(comments, text), 1);
    for (unsigned i = 0; i < comments->count && !found; i++)
        found = strstr(comments->text[i], text) ? comments->text[i] : NULL;
    return strchr(found + strlen("packet "), ' ');
}

static uint64_t number_of(const struct comments *comments, const char *text) {
    for (unsigned i = 0; i < comments->count; i++)
        if (strstr(comments->text[i], text))
            return comments->numbers[i];
    fail_msg("no frame has \"%s\"", text);
    return 0;
}

struct sending {
    uint32_t to;  /* address */
    uint8_t ttl;  /* 0: the default */
    size_t bytes; /* of payload */
    bool closed;  /* nobody waits for it */
};

/* Runs a network in which `near` sends a datagram, and reads what was captured. */
static void run(const char *network, const struct sending *sending) {
    char near_path[60], far_path[60];
    (void)snprintf(near_path, sizeof near_path, "/tmp/explain-lan-%d", getpid());
    (void)snprintf(far_path, sizeof far_path, "/tmp/explain-wan-%d", getpid());
    struct lab *lab = lab_of(network);
    struct lab_error error = {""};
    if (lab_capture(lab, "lan", near_path, &error) != 0 ||
        lab_capture(lab, "wan", far_path, &error) != 0)
        fail_msg("%s", error.text);
    struct dobos_socket *from = NULL, *to = NULL;
    const struct dobos_endpoint local = {dobos_address_ipv4(0), 9, 0};
    static uint8_t payload[4000];
    const struct dobos_message message = {.peer = {dobos_address_ipv4(sending->to), 9, 0},
                                          .ttl = sending->ttl};
    assert_int_equal(dobos_socket_create(lab_host(lab, "near"), DOBOS_UDP, NULL, &from), 0);
    assert_int_equal(dobos_socket_create(lab_host(lab, "far"), DOBOS_UDP, NULL, &to), 0);
    if (!sending->closed)
        assert_int_equal(dobos_bind(to, &local), 0);
    assert_int_equal(dobos_send_message(from, payload, sending->bytes, &message), sending->bytes);
    lab_wake(lab, "near");
    lab_run_until(lab, 10 * DOBOS_SECOND);
    dobos_close(from);
    dobos_close(to);
    assert_int_equal(lab_captures_finish(lab, &error), 0);
    lab_destroy(lab);
    comments_read(near_path, &lan);
    comments_read(far_path, &wan);
}

#define FAR    UINT32_C(0xc6336402)
#define NOBODY UINT32_C(0xc6336463)

static void forwarded_packet_keeps_its_number_and_tells_its_route(void **state) {
    (void)state;
    run(NETWORK("delay: 1ms", "delay: 1ms", ""), &(struct sending){.to = FAR, .bytes = 10});
    assert_string_equal(only(&lan, "forwarded by"),
                        " from near|then forwarded by router: route 198.51.100.0/24 dev wan0");
    assert_string_equal(only(&wan, "forwarded by"),
                        " from near|forwarded by router: route 198.51.100.0/24 dev wan0|then "
                        "delivered to far");
    assert_int_equal(number_of(&lan, "forwarded by"), number_of(&wan, "forwarded by"));
}

static void gateway_of_the_route_is_told(void **state) {
    (void)state;
    run(NETWORK("", "", "routes: [{to: 203.0.113.0/24, via: 198.51.100.2}]"),
        &(struct sending){.to = 0xcb007101, .bytes = 10});
    assert_string_equal(only(&lan, "forwarded by"),
                        " from near|then forwarded by router: route 203.0.113.0/24 via "
                        "198.51.100.2 dev wan0");
    assert_non_null(strstr(only(&wan, "from near"), "|then dropped by far: DropIpNotForUs: "));
}

static void equal_routes_are_counted_and_the_one_taken_is_told(void **state) {
    (void)state;
    run(NETWORK("", "",
                "routes: [{to: 203.0.113.0/24, via: 198.51.100.2}, {to: 203.0.113.0/24, "
                "via: 198.51.100.3}]"),
        &(struct sending){.to = 0xcb007101, .bytes = 10});
    const char *text = only(&lan, "forwarded by");
    const bool is_first = strstr(text, "via 198.51.100.2 ") != NULL;
    assert_string_equal(text, is_first
                                  ? " from near|then forwarded by router: route 203.0.113.0/24 "
                                    "via 198.51.100.2 dev wan0, one of 2 equal ones"
                                  : " from near|then forwarded by router: route 203.0.113.0/24 "
                                    "via 198.51.100.3 dev wan0, one of 2 equal ones");
    assert_int_equal(count(&wan, "from near"), is_first); /* nobody has the other address */
}

static void route_that_drops_packets_is_told(void **state) {
    (void)state;
    run(NETWORK("", "", "routes: [{to: 203.0.113.0/24, type: unreachable}]"),
        &(struct sending){.to = 0xcb007101, .bytes = 10});
    assert_string_equal(only(&lan, "then dropped by"),
                        " from near|then dropped by router: DropRouteUnreachable: the route says "
                        "that the destination is unreachable: route 203.0.113.0/24; its sender is "
                        "told by ICMP type 3 code 1");
}

static void rule_of_the_filter_is_told(void **state) {
    (void)state;
    static const char plain[] = NETWORK("", "", "");
    const char *far = strstr(plain, "  far:"); /* behind the router's keys */
    char network[sizeof plain + 100];
    (void)snprintf(network, sizeof network, "%.*s    filter: [allow icmp, %s]\n%s",
                   (int)(far - plain), plain, "allow udp from lan0 to wan0 port 9, deny", far);
    run(network, &(struct sending){.to = FAR, .bytes = 10});
    assert_string_equal(only(&wan, "forwarded by"),
                        " from near|forwarded by router: route 198.51.100.0/24 dev wan0; filter "
                        "rule 2: allow udp from lan0 to wan0 port 9|then delivered to far");
    memcpy(strstr(network, "port 9"), "port 8", 6);
    run(network, &(struct sending){.to = FAR, .bytes = 10});
    assert_string_equal(only(&lan, "then dropped by"),
                        " from near|then dropped by router: DropFilter: denied by the filter; "
                        "filter rule 3: deny");
}

static void dropped_packet_tells_why_and_the_error_about_it_whom_it_concerns(void **state) {
    (void)state;
    char expected[200];
    run(NETWORK("", "", ""), &(struct sending){.to = FAR, .bytes = 10, .ttl = 1});
    assert_string_equal(only(&lan, "then dropped by"),
                        " from near|then dropped by router: DropTtlExpired: time to live exceeded "
                        "in transit; its sender is told by ICMP type 11 code 0");
    (void)snprintf(expected, sizeof expected,
                   " from router|error about packet %ju: DropTtlExpired: time to live exceeded in "
                   "transit|then delivered to near",
                   (uintmax_t)number_of(&lan, "then dropped by"));
    assert_string_equal(only(&lan, "error about"), expected);
    assert_int_equal(count(&wan, "from near"), 0);
}

static void answers_name_what_they_answer(void **state) {
    (void)state;
    char expected[200];
    run(NETWORK("", "", ""), &(struct sending){.to = FAR, .bytes = 10, .closed = true});
    /* who has 198.51.100.2? */
    (void)snprintf(expected, sizeof expected,
                   "packet %ju from far|answers packet %ju|then delivered to router",
                   (uintmax_t)wan.numbers[1], (uintmax_t)wan.numbers[0]);
    assert_string_equal(wan.text[1], expected);
    (void)snprintf(expected, sizeof expected, "|error about packet %ju: DropUdpNoPort: ",
                   (uintmax_t)number_of(&lan, "from near|then forwarded by"));
    assert_int_equal(count(&wan, expected), 1);
    assert_int_equal(count(&lan, expected), 1);
}

/* The neighbour that does not answer is known only later: the error tells. */
static void packet_that_waited_in_vain_is_told_by_the_error(void **state) {
    (void)state;
    run(NETWORK("", "", ""), &(struct sending){.to = NOBODY, .bytes = 10});
    assert_int_equal(count(&lan, "then forwarded by router: route 198.51.100.0/24 dev wan0"), 1);
    char expected[200];
    (void)snprintf(expected, sizeof expected,
                   "|error about packet %ju: DropNeighborFailed: neighbour did not answer",
                   (uintmax_t)number_of(&lan, "then forwarded by"));
    assert_int_equal(count(&lan, expected), 1);
}

static void fragments_have_one_number_and_wait_for_each_other(void **state) {
    (void)state;
    run(NETWORK("", "", "mtu: 600"), &(struct sending){.to = FAR, .bytes = 1000});
    const uint64_t number = number_of(&lan, "then forwarded by");
    unsigned fragments = 0;
    for (unsigned i = 0; i < wan.count; i++)
        fragments += wan.numbers[i] == number;
    assert_int_equal(fragments, 2);
    assert_int_equal(count(&wan, "then held by far: a fragment that waits for the others"), 1);
    assert_int_equal(count(&wan, "dev wan0|then delivered to far"), 1);
}

static void doubled_frames_are_each_told_of(void **state) {
    (void)state;
    run(NETWORK("duplicate: 100%", "", ""), &(struct sending){.to = FAR, .bytes = 10});
    assert_int_equal(count(&lan, "from near|then forwarded by"), 2);
    assert_int_equal(count(&wan, "from near|forwarded by"), 2);
}

static void frame_for_a_link_that_is_down_is_lost(void **state) {
    (void)state;
    const char network[] = NETWORK("", "", "");
    struct lab *lab = lab_of(network);
    struct lab_error error = {""};
    char path[60];
    (void)snprintf(path, sizeof path, "/tmp/explain-lan-%d", getpid());
    assert_int_equal(lab_capture(lab, "lan", path, &error), 0);
    assert_int_equal(lab_set(lab, "router", "lan0", "{state: down}", &error), 0);
    uint8_t frame[60] = {255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 1, 8, 0};
    plug_send(&lab->nodes[0].plugs[0],
              dobos_packet_from_bytes(lab->pool, frame, sizeof frame, NULL), 0);
    lab_run_until(lab, DOBOS_SECOND);
    assert_int_equal(lab_captures_finish(lab, &error), 0);
    lab_destroy(lab);
    comments_read(path, &lan);
    assert_string_equal(only(&lan, "from near"),
                        " from near|then dropped by router: nobody there: the link is down");
}

/* Whatever was captured, a packet's bytes say nothing of its number; and without captures there is
 * none. */
static void nothing_is_numbered_without_a_capture(void **state) {
    (void)state;
    const char network[] = NETWORK("delay: 1s", "", "");
    struct lab *lab = lab_of(network);
    struct lab_error error = {""};
    struct dobos_packet *packet = dobos_packet_from_bytes(lab->pool, network, 60, NULL);
    struct plug *plug = &lab->nodes[0].plugs[0];
    plug_send(plug, packet, 0);
    assert_int_equal(dobos_packet_number(packet), 0);
    assert_int_equal(lab_capture(lab, "lan", "/dev/null", &error), 0);
    packet = dobos_packet_from_bytes(lab->pool, network, 60, NULL);
    plug_send(plug, packet, 0);
    assert_int_equal(dobos_packet_number(packet), 1);
    assert_int_equal(lab_captures_finish(lab, &error), 0);
    packet = dobos_packet_from_bytes(lab->pool, network, 60, NULL);
    plug_send(plug, packet, 0);
    assert_int_equal(dobos_packet_number(packet), 0);
    lab_destroy(lab);
}

static void more_than_eight_comments_are_counted(void **state) {
    (void)state;
    char network[4000] = "network: n\nsegments: {lan: {}, wan: {}}\nnodes:\n"
                         "  near: {interfaces: {eth0: {segment: lan, addresses: [10.0.0.1/24]}}}\n"
                         "  far: {interfaces: {eth0: {segment: wan}}}\n";
    for (unsigned i = 0; i < 12; i++)
        (void)snprintf(network + strlen(network), sizeof network - strlen(network),
                       "  n%u: {interfaces: {eth0: {segment: lan, addresses: [10.0.0.%u/24]}}}\n",
                       i, i + 10);
    struct lab *lab = lab_of(network);
    struct lab_error error = {""};
    char path[60];
    (void)snprintf(path, sizeof path, "/tmp/explain-lan-%d", getpid());
    assert_int_equal(lab_capture(lab, "lan", path, &error), 0);
    struct dobos_socket *socket = NULL;
    const struct dobos_message message = {.peer = {dobos_address_ipv4(0x0a0000ff), 9, 0}};
    assert_int_equal(dobos_socket_create(lab_host(lab, "near"), DOBOS_UDP, NULL, &socket), 0);
    assert_int_equal(dobos_option_set(socket, DOBOS_OPTION_BROADCAST, 1), 0);
    assert_int_equal(dobos_send_message(socket, "x", 1, &message), 1);
    lab_wake(lab, "near");
    lab_run_until(lab, DOBOS_SECOND);
    dobos_close(socket);
    assert_int_equal(lab_captures_finish(lab, &error), 0);
    lab_destroy(lab);
    comments_read(path, &lan);
    assert_int_equal(lan.count, 1);
    const char *text = only(&lan, "from near|then dropped by n0: DropUdpNoPort: ");
    assert_non_null(strstr(text, "then dropped by n5"));
    assert_null(strstr(text, "then dropped by n6"));
    assert_string_equal(strrchr(text, '|'), "|and so for 6 more");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forwarded_packet_keeps_its_number_and_tells_its_route),
        cmocka_unit_test(gateway_of_the_route_is_told),
        cmocka_unit_test(equal_routes_are_counted_and_the_one_taken_is_told),
        cmocka_unit_test(route_that_drops_packets_is_told),
        cmocka_unit_test(rule_of_the_filter_is_told),
        cmocka_unit_test(dropped_packet_tells_why_and_the_error_about_it_whom_it_concerns),
        cmocka_unit_test(answers_name_what_they_answer),
        cmocka_unit_test(packet_that_waited_in_vain_is_told_by_the_error),
        cmocka_unit_test(fragments_have_one_number_and_wait_for_each_other),
        cmocka_unit_test(doubled_frames_are_each_told_of),
        cmocka_unit_test(frame_for_a_link_that_is_down_is_lost),
        cmocka_unit_test(nothing_is_numbered_without_a_capture),
        cmocka_unit_test(more_than_eight_comments_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
