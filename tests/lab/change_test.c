/* Networks that change while they run: links that go down and come back, other impairments, and
 * what a limit drops. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "fake_tools.h"
#include "lab/lab_inner.h"
#include "made.h"

#define NETWORK(segment)                                                     \
    "network: n\n"                                                           \
    "segments: {lan: {" segment "}, other: }\n"                              \
    "nodes:\n"                                                               \
    "  a: {interfaces: {eth0: {segment: lan, addresses: [192.0.2.1/24]}}}\n" \
    "  b: {interfaces: {eth0: {segment: lan, addresses: [192.0.2.2/24]},\n"  \
    "      eth1: {segment: other, addresses: [198.51.100.2/24]}}}\n"         \
    "  c: {interfaces: {eth0: {segment: other, addresses: [198.51.100.3/24]}}}\n"

struct scene {
    struct lab *lab;
    struct dobos_socket *from, *to; /* at a, and at b, port 99 */
};

static void send(const struct scene *scene, unsigned datagrams) {
    for (unsigned i = 0; i < datagrams; i++)
        (void)dobos_send(scene->from, "datagram", 8);
    lab_wake(scene->lab, "a");
}

/* How many datagrams come within a second. */
static unsigned arrive(const struct scene *scene) {
    uint8_t data[16];
    unsigned count = 0;
    lab_run_until(scene->lab, lab_now(scene->lab) + DOBOS_SECOND);
    while (dobos_receive(scene->to, data, sizeof data) >= 0)
        count++;
    return count;
}

/* a and b know each other's link addresses. */
static struct scene scene_create(const char *text) {
    struct scene scene = {.lab = lab_of(text)};
    const struct dobos_endpoint peer = {dobos_address_ipv4(0xc0000202), 99, 0};
    scene.from = udp_open(lab_host(scene.lab, "a"), 98);
    scene.to = udp_open(lab_host(scene.lab, "b"), 99);
    assert_int_equal(dobos_connect(scene.from, &peer), 0);
    send(&scene, 1);
    assert_int_equal(arrive(&scene), 1);
    return scene;
}

static void scene_destroy(struct scene *scene) {
    dobos_close(scene->from);
    dobos_close(scene->to);
    lab_destroy(scene->lab);
}

static void set(const struct scene *scene, const char *node, const char *name, const char *text) {
    struct lab_error error = {""};
    if (lab_set(scene->lab, node, name, text, &error) != 0)
        fail_msg("%s", error.text);
}

static struct plug *plug_of(const struct scene *scene, const char *node, unsigned number) {
    return &scene->lab->nodes[network_node_find(&scene->lab->network, node)].plugs[number];
}

static bool has_carrier(const struct scene *scene, const char *node, uint32_t interface) {
    struct dobos_interface_info info;
    assert_int_equal(dobos_interface_read(lab_host(scene->lab, node), interface, &info), 0);
    return info.carrier;
}

static void segment_that_is_down_carries_nothing(void **state) {
    (void)state;
    struct scene scene = scene_create(NETWORK(""));
    set(&scene, NULL, "lan", "state: down");
    assert_false(has_carrier(&scene, "a", 2));
    assert_false(has_carrier(&scene, "b", 2));
    assert_true(has_carrier(&scene, "b", 3));
    send(&scene, 1);
    assert_int_equal(arrive(&scene), 0);
    assert_int_equal(plug_of(&scene, "a", 0)->cable.packets, 0);
    set(&scene, NULL, "lan", "state: up");
    assert_true(has_carrier(&scene, "a", 2));
    assert_true(has_carrier(&scene, "b", 2));
    (void)arrive(&scene);
    send(&scene, 1);
    assert_int_equal(arrive(&scene), 1);
    scene_destroy(&scene);
}

static void frames_under_way_are_lost_when_the_segment_goes_down(void **state) {
    (void)state;
    struct scene scene = scene_create(NETWORK("delay: 100ms"));
    send(&scene, 3);
    lab_run_until(scene.lab, lab_now(scene.lab) + 50 * DOBOS_MILLISECOND);
    assert_int_equal(plug_of(&scene, "a", 0)->cable.packets, 3);
    set(&scene, NULL, "lan", "{state: down}");
    set(&scene, NULL, "lan", "{state: up}");
    assert_int_equal(arrive(&scene), 0);
    assert_int_equal(plug_of(&scene, "a", 0)->cable.severed, 3);
    scene_destroy(&scene);
}

/* One link down is not the segment: what was on its way to the others arrives. */
static void link_that_is_down_takes_nothing_in_and_gives_nothing(void **state) {
    (void)state;
    struct scene scene = scene_create(NETWORK("delay: 100ms"));
    send(&scene, 1);
    lab_run_until(scene.lab, lab_now(scene.lab) + 50 * DOBOS_MILLISECOND);
    set(&scene, "b", "eth0", "state: down");
    assert_true(has_carrier(&scene, "a", 2));
    assert_false(has_carrier(&scene, "b", 2));
    assert_int_equal(arrive(&scene), 0);
    assert_int_equal(plug_of(&scene, "b", 0)->missed, 1);
    assert_int_equal(plug_of(&scene, "a", 0)->cable.severed, 0);
    set(&scene, "b", "eth0", "state: up");
    send(&scene, 1);
    assert_int_equal(arrive(&scene), 1);
    scene_destroy(&scene);
}

static void link_is_up_when_it_and_its_segment_are(void **state) {
    (void)state;
    struct scene scene = scene_create(NETWORK(""));
    set(&scene, NULL, "lan", "state: down");
    set(&scene, "b", "eth0", "state: down");
    set(&scene, NULL, "lan", "state: up");
    assert_false(has_carrier(&scene, "b", 2));
    assert_true(has_carrier(&scene, "a", 2));
    set(&scene, "b", "eth0", "state: up");
    assert_true(has_carrier(&scene, "b", 2));
    set(&scene, "b", "eth0", "state: up");
    assert_true(plug_of(&scene, "b", 0)->cable.is_cut == false);
    scene_destroy(&scene);
}

/* A switch that went on sending to the port where a station was would lose what it now gets by
 * another. */
static void station_behind_a_link_that_went_down_is_forgotten(void **state) {
    (void)state;
    struct scene scene = scene_create(NETWORK(""));
    struct bridge *bridge = &scene.lab->segments[0].bridge;
    assert_int_equal(bridge->count, 2);
    set(&scene, "b", "eth0", "state: down");
    assert_int_equal(bridge->count, 1);
    set(&scene, NULL, "lan", "state: down");
    assert_int_equal(bridge->count, 0);
    scene_destroy(&scene);
}

static void host_that_is_restarted_finds_its_link_down(void **state) {
    (void)state;
    struct scene scene = scene_create(NETWORK(""));
    struct lab_error error;
    set(&scene, "c", "eth0", "state: down");
    assert_int_equal(lab_node_restart(scene.lab, "c", &error), 0);
    assert_false(has_carrier(&scene, "c", 2));
    scene_destroy(&scene);
}

static void segment_begins_as_the_file_says(void **state) {
    (void)state;
    struct scene scene = {.lab = lab_of(NETWORK("state: down"))};
    assert_false(has_carrier(&scene, "a", 2));
    assert_false(has_carrier(&scene, "b", 2));
    assert_true(has_carrier(&scene, "b", 3));
    set(&scene, NULL, "lan", "state: up");
    assert_true(has_carrier(&scene, "a", 2));
    lab_destroy(scene.lab);
}

static void what_is_not_given_stays(void **state) {
    (void)state;
    struct scene scene = scene_create(NETWORK("delay: 5ms, loss: 1%, rate: 1mbit"));
    const struct impairments *a = &plug_of(&scene, "a", 0)->cable.impairments;
    const struct impairments *b = &plug_of(&scene, "b", 0)->cable.impairments;
    const uint64_t percent = a->loss;
    const dobos_time ring = plug_of(&scene, "a", 0)->ring_ns;
    set(&scene, NULL, "lan", "{delay: 7ms, jitter: 2ms, duplicate: 1%, reorder: 1%, corrupt: 1%}");
    set(&scene, "b", "eth0", "{loss: 0%, limit: 7, rate: none}");
    assert_int_equal(a->delay_ns, 7 * DOBOS_MILLISECOND);
    assert_int_equal(a->jitter_ns, 2 * DOBOS_MILLISECOND);
    assert_int_equal(a->loss, percent);
    assert_int_equal(a->duplicate, percent);
    assert_int_equal(a->reorder, percent);
    assert_int_equal(a->corrupt, percent);
    assert_int_equal(a->rate_bits_per_second, 1000000);
    assert_int_equal(a->limit_packets, 65536);
    assert_int_equal(plug_of(&scene, "a", 0)->ring_ns, ring);
    assert_int_equal(b->delay_ns, 7 * DOBOS_MILLISECOND);
    assert_int_equal(b->loss, 0);
    assert_int_equal(b->limit_packets, 7);
    assert_int_equal(b->rate_bits_per_second, 0);
    assert_int_equal(plug_of(&scene, "b", 0)->ring_ns, 0);
    scene_destroy(&scene);
}

/* Without a limit a node's port holds back what the wire cannot take yet; with one the wire's queue
 * is the only one, and its tail is cut. */
static void limit_drops_what_the_wire_has_no_room_for(void **state) {
    (void)state;
    struct scene scene = scene_create(NETWORK("rate: 1mbit"));
    send(&scene, 100);
    assert_int_equal(arrive(&scene), 100);
    set(&scene, "a", "eth0", "limit: 10");
    send(&scene, 100);
    assert_int_equal(arrive(&scene), 10);
    assert_int_equal(plug_of(&scene, "a", 0)->cable.overflowed, 90);
    scene_destroy(&scene);
}

static void limit_of_the_segment_holds_from_the_beginning(void **state) {
    (void)state;
    struct scene scene = scene_create(NETWORK("rate: 1mbit, limit: 5"));
    send(&scene, 50);
    assert_int_equal(arrive(&scene), 5);
    scene_destroy(&scene);
}

static void capture_of_a_segment_that_is_down_shows_nothing(void **state) {
    (void)state;
    struct scene scene = scene_create(NETWORK(""));
    char path[] = "/tmp/dobos-change-XXXXXX";
    struct lab_error error;
    const int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    assert_int_equal(lab_capture(scene.lab, "lan", path, &error), 0);
    set(&scene, NULL, "lan", "state: down");
    send(&scene, 5);
    (void)arrive(&scene);
    assert_int_equal(lab_captures_finish(scene.lab, &error), 0);
    const off_t empty = lseek(descriptor, 0, SEEK_END);
    assert_true(empty > 0 && empty < 150);
    (void)close(descriptor);
    (void)unlink(path);
    scene_destroy(&scene);
}

static void what_cannot_be_set_is_told(void **state) {
    (void)state;
    static const struct {
        const char *node, *name, *text, *error;
    } cases[] = {
        {NULL, "wan", "state: down", "wan: no such segment in this network"},
        {"a", "eth1", "state: down", "eth1: no such interface of this node"},
        {"z", "eth1", "state: down", "z: no such node in the network n"},
        {NULL, "lan", "state: off", "lan:1:8: state: off: expected up or down"},
        {NULL, "lan", "{", NULL},
        {NULL, "lan", "up", NULL},
    };
    struct scene scene = scene_create(NETWORK(""));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct lab_error error = {""};
        assert_int_equal(lab_set(scene.lab, cases[i].node, cases[i].name, cases[i].text, &error),
                         -1);
        if (cases[i].error)
            assert_string_equal(error.text, cases[i].error);
        assert_true(error.text[0] != '\0');
    }
    assert_true(has_carrier(&scene, "a", 2));
    scene_destroy(&scene);
}

/* ---- in a script ---- */

static void prints(const char *text, const char *expected) {
    struct lab *lab = lab_of(text);
    struct sink out;
    sink_init(&out);
    (void)lab_script_run(lab, DOBOS_NEVER, &out);
    assert_string_equal(sink_text(&out), expected);
    sink_fini(&out);
    lab_destroy(lab);
}

static void steps_change_the_network_one_after_the_other(void **state) {
    (void)state;
    prints(NETWORK("") "script:\n"
                       "- {node: a, run: send 192.0.2.2 100, background: true}\n"
                       "- {at: 1s, set: {lan: {state: down}}}\n"
                       "- {at: 1s, set: {lan: {loss: 0%, delay: 1ms}, other: {limit: 9}}}\n"
                       "- {at: 2s, node: a, set: {eth0: {state: up}}}\n"
                       "- {node: b, expect: {counter: {UdpNoPorts: 10}}}\n"
                       "- {at: 3s, set: {lan: {state: up}}}\n"
                       "- {at: 4s, node: a, restart: true, expect: {counter: {IpInReceives: 0}}}\n"
                       "- {node: b, expect: {counter: {UdpNoPorts: '>= 18'}}}\n",
           "[0.000000] a: send 192.0.2.2 100 (in the background)\n"
           "[1.000000] set {lan: {state: down}}\n"
           "[1.000000] set {lan: {loss: 0%, delay: 1ms}, other: {limit: 9}}\n"
           "[2.000000] a: set {eth0: {state: up}}\n"
           "[2.000000] b\n"
           "    ok: UdpNoPorts is 10: 10\n"
           "[3.000000] set {lan: {state: up}}\n"
           "[4.000000] a: send 192.0.2.2 100 (ended)\n"
           "[4.000000] a: restart\n"
           "    ok: IpInReceives is 0: 0\n"
           "[4.000000] b\n"
           "    ok: UdpNoPorts is 19: >= 18\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(segment_that_is_down_carries_nothing),
        cmocka_unit_test(frames_under_way_are_lost_when_the_segment_goes_down),
        cmocka_unit_test(link_that_is_down_takes_nothing_in_and_gives_nothing),
        cmocka_unit_test(link_is_up_when_it_and_its_segment_are),
        cmocka_unit_test(station_behind_a_link_that_went_down_is_forgotten),
        cmocka_unit_test(host_that_is_restarted_finds_its_link_down),
        cmocka_unit_test(segment_begins_as_the_file_says),
        cmocka_unit_test(what_is_not_given_stays),
        cmocka_unit_test(limit_drops_what_the_wire_has_no_room_for),
        cmocka_unit_test(limit_of_the_segment_holds_from_the_beginning),
        cmocka_unit_test(capture_of_a_segment_that_is_down_shows_nothing),
        cmocka_unit_test(what_cannot_be_set_is_told),
        cmocka_unit_test(steps_change_the_network_one_after_the_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
