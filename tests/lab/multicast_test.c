/* Multicast in a network: a sender, receivers that join, one that does not, and a querier whose
 * questions let the switch know who is who. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dobos/group.h>

#include "fake_tools.h"
#include "lab/lab_inner.h"
#include "made.h"

#include "wire/ethernet.h"
#include "wire/igmp.h"
#include "wire/ipv4.h"

#define GROUP UINT32_C(0xef010203)
#define PORT  5000

static const char text[] = "network: n\n"
                           "segments: {lan: }\n"
                           "nodes:\n"
                           "  q: {interfaces: {eth0: {segment: lan, addresses: [192.0.2.1/24]}}}\n"
                           "  s: {interfaces: {eth0: {segment: lan, addresses: [192.0.2.2/24]}}}\n"
                           "  a: {interfaces: {eth0: {segment: lan, addresses: [192.0.2.3/24]}}}\n"
                           "  b: {interfaces: {eth0: {segment: lan, addresses: [192.0.2.4/24]}}}\n"
                           "  c: {interfaces: {eth0: {segment: lan, addresses: [192.0.2.5/24]}}}\n"
                           "  none: {interfaces: {eth0: {segment: lan}}}\n";

static uint64_t counter(struct lab *lab, const char *node, const char *name) {
    struct dobos_counter found;
    for (uint32_t i = 0; dobos_counter_read(lab_host(lab, node), i, &found) == 0; i++)
        if (strcmp(found.name, name) == 0)
            return found.value;
    fail_msg("no counter %s", name);
    return 0;
}

static void run(struct lab *lab, dobos_time duration) {
    lab_run_until(lab, lab_now(lab) + duration);
}

static struct dobos_socket *member(struct lab *lab, const char *node, bool joins) {
    struct dobos_address group = dobos_address_ipv4(GROUP);
    struct dobos_socket *socket = udp_open(lab_host(lab, node), PORT);
    if (joins)
        assert_int_equal(dobos_group_join(socket, 0, &group), 0);
    lab_wake(lab, node);
    return socket;
}

static void send_all(struct lab *lab, struct dobos_socket *socket, unsigned count) {
    const struct dobos_message message = {
        .peer = {.address = dobos_address_ipv4(GROUP), .port = PORT}};
    for (unsigned i = 0; i < count; i++)
        assert_int_equal(dobos_send_message(socket, "hello", 5, &message), 5);
    lab_wake(lab, "s");
    run(lab, DOBOS_SECOND);
}

static unsigned heard(struct dobos_socket *socket) {
    unsigned count = 0;
    char bytes[16];
    while (dobos_receive(socket, bytes, sizeof bytes) >= 0)
        count++;
    return count;
}

/* A general query of version 3, from the node q. */
static void query(struct lab *lab) {
    static const uint8_t alert[] = {0x94, 4, 0, 0};
    uint8_t frame[60] = {0};
    struct plug *plug = &lab->nodes[network_node_find(&lab->network, "q")].plugs[0];
    struct writer w = writer_make(frame, sizeof frame);
    struct ethernet link = {
        .destination = {{1, 0, 0x5e, 0, 0, 1}}, .source = plug->mac, .type = ETHER_TYPE_IPV4};
    struct ipv4 ip = {.source = dobos_address_ipv4(0xc0000201),
                      .destination = dobos_address_ipv4(0xe0000001),
                      .total_length = 24 + IGMP_V3_QUERY_BYTES,
                      .ttl = 1,
                      .protocol = PROTOCOL_IGMP,
                      .options = {alert, sizeof alert}};
    ethernet_emit(&w, &link);
    ipv4_emit(&w, &ip);
    igmp_emit(&w, &(struct igmp_message){.type = IGMP_QUERY,
                                         .version = 3,
                                         .response_code = 20,
                                         .robustness = 2,
                                         .interval_code = 125,
                                         .group = dobos_address_ipv4(0)});
    struct dobos_packet *packet = dobos_packet_from_bytes(lab->pool, frame, sizeof frame, NULL);
    assert_non_null(packet);
    plug_send(plug, packet, lab_now(lab));
    run(lab, 3 * DOBOS_SECOND);
}

/* [rfc4541#4] [rfc4541#5] */
static void members_hear_and_others_are_spared_when_a_querier_is_there(void **state) {
    (void)state;
    struct lab *lab = lab_of(text);
    struct dobos_socket *sender = member(lab, "s", false);
    struct dobos_socket *a = member(lab, "a", true), *b = member(lab, "b", true);
    struct dobos_socket *c = member(lab, "c", false);
    run(lab, 10 * DOBOS_SECOND);
    assert_int_equal(counter(lab, "a", "IgmpOutReports"), 2);
    send_all(lab, sender, 10);
    assert_int_equal(heard(a), 10);
    assert_int_equal(heard(b), 10);
    assert_int_equal(heard(c), 0);
    uint64_t dropped = counter(lab, "c", "DropGroup");
    assert_true(dropped >= 10); /* no querier yet: it came by */
    query(lab);
    assert_int_equal(counter(lab, "a", "IgmpOutReports"), 3);
    assert_int_equal(counter(lab, "none", "IgmpOutReports"), 0);
    dropped = counter(lab, "c", "DropGroup");
    uint64_t frames = counter(lab, "none", "FramesIn");
    send_all(lab, sender, 10);
    assert_int_equal(heard(a), 10);
    assert_int_equal(heard(b), 10);
    assert_int_equal(counter(lab, "c", "DropGroup"), dropped);
    assert_int_equal(counter(lab, "none", "FramesIn"), frames);
    struct dobos_address group = dobos_address_ipv4(GROUP);
    assert_int_equal(dobos_group_join(c, 0, &group), 0);
    dobos_close(b);
    lab_wake(lab, "c");
    lab_wake(lab, "b");
    run(lab, 10 * DOBOS_SECOND);
    frames = counter(lab, "b", "FramesIn");
    send_all(lab, sender, 10);
    assert_int_equal(heard(a), 10);
    assert_int_equal(heard(c), 10);
    assert_int_equal(counter(lab, "b", "FramesIn"), frames);
    lab_destroy(lab);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_hear_and_others_are_spared_when_a_querier_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
