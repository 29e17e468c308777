/* ping: golden texts in virtual time: answers, losses, errors, statistics, exit codes. */
#include "asked.h"

#include <jansson.h>

#define FIVE_MS (5 * DOBOS_MILLISECOND)

/* A way of 5 ms in each direction, and neighbours that know each other already. */
static struct scene warm_scene(void) {
    const struct impairments impairments = {.delay_ns = FIVE_MS};
    struct scene scene = scene_create(&impairments);
    expect_host(&scene, scene.pair->a.host, "ping -c 1 192.0.2.2", 0, NULL, "");
    return scene;
}

static void answers_are_shown_as_iputils_does(void **state) {
    (void)state;
    struct scene scene = warm_scene();
    expect_host(&scene, scene.pair->a.host, "ping -c 3 192.0.2.2", 0,
                "PING 192.0.2.2 (192.0.2.2) 56(84) bytes of data.\n"
                "64 bytes from 192.0.2.2: icmp_seq=1 ttl=64 time=10.0 ms\n"
                "64 bytes from 192.0.2.2: icmp_seq=2 ttl=64 time=10.0 ms\n"
                "64 bytes from 192.0.2.2: icmp_seq=3 ttl=64 time=10.0 ms\n"
                "\n"
                "--- 192.0.2.2 ping statistics ---\n"
                "3 packets transmitted, 3 received, 0% packet loss, time 2000ms\n"
                "rtt min/avg/max/mdev = 10.000/10.000/10.000/0.000 ms\n",
                "");
    scene_destroy(&scene);
}

static void without_count_it_asks_four_times(void **state) {
    (void)state;
    struct scene scene = warm_scene();
    expect_host(&scene, scene.pair->a.host, "ping -q -i 0.25 -s 16 192.0.2.2", 0,
                "PING 192.0.2.2 (192.0.2.2) 16(44) bytes of data.\n"
                "\n"
                "--- 192.0.2.2 ping statistics ---\n"
                "4 packets transmitted, 4 received, 0% packet loss, time 750ms\n"
                "rtt min/avg/max/mdev = 10.000/10.000/10.000/0.000 ms\n",
                "");
    scene_destroy(&scene);
}

static void question_without_room_for_the_time_shows_none(void **state) {
    (void)state;
    struct scene scene = warm_scene();
    expect_host(&scene, scene.pair->a.host, "ping -c 1 -s 15 192.0.2.2", 0,
                "PING 192.0.2.2 (192.0.2.2) 15(43) bytes of data.\n"
                "23 bytes from 192.0.2.2: icmp_seq=1 ttl=64\n"
                "\n"
                "--- 192.0.2.2 ping statistics ---\n"
                "1 packets transmitted, 1 received, 0% packet loss, time 0ms\n"
                "\n",
                "");
    scene_destroy(&scene);
}

static void name_server_give(struct scene *scene) {
    static const struct dobos_dns_record records[] = {
        {"2.2.0.192.in-addr.arpa", "PTR", "b.example.org.", 60},
        {"www.example.org", "A", "192.0.2.2", 60},
        {"nobody.example.org", "A", "192.0.2.99", 60}};
    static const struct dobos_dns_zone zones[] = {{"2.0.192.in-addr.arpa", records, 1, NULL},
                                                  {"example.org", records + 1, 2, NULL}};
    scene_serve_names(scene, zones, 2);
}

/* As iputils: by name when it was asked for by name. */
static void who_was_asked_for_by_name_answers_by_name(void **state) {
    (void)state;
    struct scene scene = warm_scene();
    name_server_give(&scene);
    expect_host(&scene, scene.pair->a.host, "ping -c 2 www.example.org", 0,
                "PING www.example.org (192.0.2.2) 56(84) bytes of data.\n"
                "64 bytes from b.example.org (192.0.2.2): icmp_seq=1 ttl=64 time=10.0 ms\n"
                "64 bytes from b.example.org (192.0.2.2): icmp_seq=2 ttl=64 time=10.0 ms\n"
                "\n"
                "--- www.example.org ping statistics ---\n"
                "2 packets transmitted, 2 received, 0% packet loss, time 1000ms\n"
                "rtt min/avg/max/mdev = 10.000/10.000/10.000/0.000 ms\n",
                "");
    struct asked asked = ask_host(&scene, scene.pair->a.host, "ping -n -c 1 www.example.org");
    assert_non_null(strstr(sink_text(&asked.out), "64 bytes from 192.0.2.2: icmp_seq=1"));
    asked_fini(&asked);
    asked = ask_host(&scene, scene.pair->a.host, "ping -c 1 192.0.2.2");
    assert_non_null(strstr(sink_text(&asked.out), "64 bytes from 192.0.2.2: icmp_seq=1"));
    asked_fini(&asked);
    /* The server knows no name of our own address. */
    asked = ask_host(&scene, scene.pair->a.host, "ping -c 1 nobody.example.org");
    assert_non_null(
        strstr(sink_text(&asked.out), "From 192.0.2.1 icmp_seq=1 Destination Host Unreachable\n"));
    asked_fini(&asked);
    scene_destroy(&scene);
}

static void loopback_answers_at_once(void **state) {
    (void)state;
    struct scene scene = scene_create(NULL);
    expect_host(&scene, scene.pair->a.host, "ping -c 1 localhost", 0,
                "PING localhost (127.0.0.1) 56(84) bytes of data.\n"
                "64 bytes from localhost (127.0.0.1): icmp_seq=1 ttl=64 time=0.000 ms\n"
                "\n"
                "--- localhost ping statistics ---\n"
                "1 packets transmitted, 1 received, 0% packet loss, time 0ms\n"
                "rtt min/avg/max/mdev = 0.000/0.000/0.000/0.000 ms\n",
                "");
    scene_destroy(&scene);
}

/* What is meant to be an address and is none is refused with the reason; no server is asked. */
static void wrong_address_is_refused_with_the_reason(void **state) {
    (void)state;
    struct scene scene = scene_create(NULL);
    struct dobos_nameserver server = {.address = dobos_address_ipv4(0xc0000202)};
    assert_int_equal(dobos_nameserver_add(scene.pair->a.host, &server), 0);
    expect_host(&scene, scene.pair->a.host, "ping 256.1.1.1", 2, "",
                "dobos ping: 256.1.1.1: part 1 is more than 255\n");
    expect_host(&scene, scene.pair->a.host, "ping 10.0.0", 2, "",
                "dobos ping: 10.0.0: has 3 parts, not 4\n");
    expect_host(&scene, scene.pair->a.host, "ping 010.0.0.2", 2, "",
                "dobos ping: 010.0.0.2: part 1 has a leading zero\n");
    expect_host(&scene, scene.pair->a.host, "ping fe80::1", 2, "",
                "dobos ping: fe80::1: IPv6 is not supported yet\n");
    expect_host(&scene, scene.pair->a.host, "ping host.5", 2, "",
                "dobos ping: host.5: Name or service not known\n");
    scene_destroy(&scene);
}

static void absent_neighbour_is_unreachable(void **state) {
    (void)state;
    struct scene scene = scene_create(NULL);
    expect_host(&scene, scene.pair->a.host, "ping -c 2 192.0.2.99", 1,
                "PING 192.0.2.99 (192.0.2.99) 56(84) bytes of data.\n"
                "From 192.0.2.1 icmp_seq=1 Destination Host Unreachable\n"
                "From 192.0.2.1 icmp_seq=2 Destination Host Unreachable\n"
                "\n"
                "--- 192.0.2.99 ping statistics ---\n"
                "2 packets transmitted, 0 received, +2 errors, 100% packet loss, time 1000ms\n"
                "pipe 2\n",
                "");
    scene_destroy(&scene);
}

static void silence_ends_after_the_linger_time(void **state) {
    (void)state;
    struct scene scene = warm_scene();
    scene.pair->a.cable.impairments.loss = UINT64_C(1) << 32;
    dobos_time began = scene.pair->now;
    expect_host(&scene, scene.pair->a.host, "ping -c 2 -W 2.5 192.0.2.2", 1,
                "PING 192.0.2.2 (192.0.2.2) 56(84) bytes of data.\n"
                "\n"
                "--- 192.0.2.2 ping statistics ---\n"
                "2 packets transmitted, 0 received, 100% packet loss, time 1000ms\n"
                "\n",
                "");
    assert_int_equal(scene.pair->now - began, DOBOS_SECOND + 2500 * DOBOS_MILLISECOND);
    scene_destroy(&scene);
}

/* Some were answered, not all: it waits for twice the longest time, which is longer than -i. */
static void last_answer_is_waited_for_twice_as_long_as_the_longest(void **state) {
    (void)state;
    struct scene scene = warm_scene();
    scene.pair->a.cable.impairments.loss = UINT64_C(1) << 31;
    dobos_time began = scene.pair->now;
    expect_host(&scene, scene.pair->a.host, "ping -q -c 100 -i 0.005 192.0.2.2", 0, NULL, "");
    assert_int_equal(scene.pair->now - began, (99 * 5 + 20) * DOBOS_MILLISECOND);
    scene_destroy(&scene);
}

static void lost_share_is_counted(void **state) {
    (void)state;
    struct scene scene = warm_scene();
    scene.pair->a.cable.impairments.loss = UINT64_C(1) << 31;
    struct asked asked =
        ask_host(&scene, scene.pair->a.host, "ping --json -c 200 -i 0.1 192.0.2.2");
    json_t *object = json_loads(sink_text(&asked.out), 0, NULL);
    assert_non_null(object);
    json_int_t received = json_integer_value(json_object_get(object, "received"));
    assert_int_equal(asked.code, 0);
    assert_in_range(received, 60, 140);
    assert_int_equal(json_array_size(json_object_get(object, "replies")), received);
    assert_int_equal(json_integer_value(json_object_get(object, "transmitted")), 200);
    assert_true(json_real_value(json_object_get(object, "packet_loss_percent")) ==
                (double)(200 - received) * 100.0 / 200);
    json_decref(object);
    asked_fini(&asked);
    scene_destroy(&scene);
}

static void second_answer_is_a_duplicate(void **state) {
    (void)state;
    struct scene scene = warm_scene();
    scene.pair->b.cable.impairments.duplicate = UINT64_C(1) << 32;
    expect_host(&scene, scene.pair->a.host, "ping -c 2 192.0.2.2", 0,
                "PING 192.0.2.2 (192.0.2.2) 56(84) bytes of data.\n"
                "64 bytes from 192.0.2.2: icmp_seq=1 ttl=64 time=10.0 ms\n"
                "64 bytes from 192.0.2.2: icmp_seq=1 ttl=64 time=10.0 ms (DUP!)\n"
                "64 bytes from 192.0.2.2: icmp_seq=2 ttl=64 time=10.0 ms\n"
                "64 bytes from 192.0.2.2: icmp_seq=2 ttl=64 time=10.0 ms (DUP!)\n"
                "\n"
                "--- 192.0.2.2 ping statistics ---\n"
                "2 packets transmitted, 2 received, +2 duplicates, 0% packet loss, time 1000ms\n"
                "rtt min/avg/max/mdev = 10.000/10.000/10.000/0.000 ms\n",
                "");
    scene_destroy(&scene);
}

static void deadline_ends_it(void **state) {
    (void)state;
    struct scene scene = warm_scene();
    expect_host(&scene, scene.pair->a.host, "ping -q -w 3.5 192.0.2.2", 0,
                "PING 192.0.2.2 (192.0.2.2) 56(84) bytes of data.\n"
                "\n"
                "--- 192.0.2.2 ping statistics ---\n"
                "4 packets transmitted, 4 received, 0% packet loss, time 3000ms\n"
                "rtt min/avg/max/mdev = 10.000/10.000/10.000/0.000 ms\n",
                "");
    expect_host(&scene, scene.pair->a.host, "ping -q -c 9 -w 3.5 192.0.2.2", 1, NULL, "");
    scene_destroy(&scene);
}

static void interrupt_prints_the_statistics(void **state) {
    (void)state;
    struct scene scene = warm_scene();
    scene.interrupt_at = scene.pair->now + 1500 * DOBOS_MILLISECOND;
    expect_host(&scene, scene.pair->a.host, "ping -q -c 100 192.0.2.2", 0,
                "PING 192.0.2.2 (192.0.2.2) 56(84) bytes of data.\n"
                "\n"
                "--- 192.0.2.2 ping statistics ---\n"
                "2 packets transmitted, 2 received, 0% packet loss, time 1000ms\n"
                "rtt min/avg/max/mdev = 10.000/10.000/10.000/0.000 ms\n",
                "");
    scene_destroy(&scene);
}

static void large_question_is_fragmented_unless_forbidden(void **state) {
    (void)state;
    struct scene scene = warm_scene();
    expect_host(&scene, scene.pair->a.host, "ping -c 1 -s 65507 192.0.2.2", 0,
                "PING 192.0.2.2 (192.0.2.2) 65507(65535) bytes of data.\n"
                "65515 bytes from 192.0.2.2: icmp_seq=1 ttl=64 time=10.0 ms\n"
                "\n"
                "--- 192.0.2.2 ping statistics ---\n"
                "1 packets transmitted, 1 received, 0% packet loss, time 0ms\n"
                "rtt min/avg/max/mdev = 10.000/10.000/10.000/0.000 ms\n",
                "");
    expect_host(&scene, scene.pair->a.host, "ping -c 1 -M do -s 1472 192.0.2.2", 0, NULL, "");
    expect_host(&scene, scene.pair->a.host, "ping -c 1 -M do -s 1473 192.0.2.2", 1, NULL,
                "dobos ping: local error: message too long, mtu=1500\n");
    scene_destroy(&scene);
}

static void source_is_the_one_asked_for(void **state) {
    (void)state;
    struct scene scene = warm_scene();
    expect_host(&scene, scene.pair->a.host, "ping -q -c 1 -I eth0 192.0.2.2", 0,
                "PING 192.0.2.2 (192.0.2.2) from 192.0.2.1 eth0: 56(84) bytes of data.\n"
                "\n"
                "--- 192.0.2.2 ping statistics ---\n"
                "1 packets transmitted, 1 received, 0% packet loss, time 0ms\n"
                "rtt min/avg/max/mdev = 10.000/10.000/10.000/0.000 ms\n",
                "");
    expect_host(&scene, scene.pair->a.host, "ping -c 1 -I 192.0.2.1 192.0.2.2", 0, NULL, "");
    expect_host(&scene, scene.pair->a.host, "ping -c 1 -I 192.0.2.7 192.0.2.2", 2, "",
                "dobos ping: 192.0.2.7: Cannot assign requested address\n");
    expect_host(&scene, scene.pair->a.host, "ping -c 1 -I eth9 192.0.2.2", 2, "",
                "dobos ping: eth9: No such device\n");
    scene_destroy(&scene);
}

static void who_cannot_be_asked_exits_2(void **state) {
    (void)state;
    struct scene scene = scene_create(NULL);
    struct dobos_host *host = scene.pair->a.host;
    expect_host(&scene, host, "ping 8.8.8.8", 2, "",
                "dobos ping: connect: Network is unreachable\n");
    expect_host(&scene, host, "ping nosuch.example", 2, "",
                "dobos ping: nosuch.example: Temporary failure in name resolution: this node has "
                "no name server\n");
    expect_host(&scene, host, "ping bad..name", 2, "",
                "dobos ping: bad..name: Name or service not known\n");
    expect_host(&scene, host, "ping", 2, "", "dobos ping: expected HOST (see dobos ping --help)\n");
    expect_host(&scene, host, "ping a b", 2, "",
                "dobos ping: 'b': expected nothing more (see dobos ping --help)\n");
    expect_host(&scene, host, "ping -c x a", 2, "",
                "dobos ping: -c: 'x': expected a whole number from 1 to 2147483647\n");
    expect_host(&scene, host, "ping -s 65508 a", 2, "",
                "dobos ping: -s: '65508': expected a whole number from 0 to 65507\n");
    expect_host(&scene, host, "ping -i 0 a", 2, "",
                "dobos ping: -i: '0': expected seconds from 0.001 to 86400\n");
    expect_host(&scene, host, "ping -M maybe a", 2, "", NULL);
    expect_host(&scene, host, "ping -t 256 a", 2, "", NULL);
    scene_destroy(&scene);
}

static void json_tells_answers_and_errors(void **state) {
    (void)state;
    struct scene scene = warm_scene();
    expect_host(&scene, scene.pair->a.host, "ping --json -c 1 192.0.2.2", 0,
                "{\"host\":\"192.0.2.2\",\"address\":\"192.0.2.2\",\"data_bytes\":56,\"replies\":"
                "[{\"type\":\"reply\",\"from\":\"192.0.2.2\",\"bytes\":64,\"icmp_seq\":1,"
                "\"ttl\":64,\"time\":10.0,\"duplicate\":false}],\"transmitted\":1,\"received\":1,"
                "\"duplicates\":0,\"errors\":0,\"packet_loss_percent\":0.0,\"time\":0,"
                "\"rtt\":{\"min\":10.0,\"avg\":10.0,\"max\":10.0,\"mdev\":0.0}}\n",
                "");
    expect_host(&scene, scene.pair->a.host, "ping --json -c 1 192.0.2.99", 1,
                "{\"host\":\"192.0.2.99\",\"address\":\"192.0.2.99\",\"data_bytes\":56,"
                "\"replies\":[{\"type\":\"error\",\"from\":\"192.0.2.1\",\"icmp_seq\":1,"
                "\"icmp_type\":3,\"icmp_code\":1,\"text\":\"Destination Host Unreachable\"}],"
                "\"transmitted\":1,\"received\":0,\"duplicates\":0,\"errors\":1,"
                "\"packet_loss_percent\":100.0,\"time\":0,\"rtt\":{}}\n",
                "");
    scene_destroy(&scene);
}

/* Sequence numbers are 16 bits; questions are not. */
static void sequence_numbers_wrap(void **state) {
    (void)state;
    struct scene scene = warm_scene();
    expect_host(&scene, scene.pair->a.host, "ping -q -c 65600 -i 0.001 -s 16 192.0.2.2", 0,
                "PING 192.0.2.2 (192.0.2.2) 16(44) bytes of data.\n"
                "\n"
                "--- 192.0.2.2 ping statistics ---\n"
                "65600 packets transmitted, 65600 received, 0% packet loss, time 65599ms\n"
                "rtt min/avg/max/mdev = 10.000/10.000/10.000/0.000 ms, pipe 10\n",
                "");
    scene_destroy(&scene);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_are_shown_as_iputils_does),
        cmocka_unit_test(without_count_it_asks_four_times),
        cmocka_unit_test(question_without_room_for_the_time_shows_none),
        cmocka_unit_test(who_was_asked_for_by_name_answers_by_name),
        cmocka_unit_test(loopback_answers_at_once),
        cmocka_unit_test(wrong_address_is_refused_with_the_reason),
        cmocka_unit_test(absent_neighbour_is_unreachable),
        cmocka_unit_test(silence_ends_after_the_linger_time),
        cmocka_unit_test(last_answer_is_waited_for_twice_as_long_as_the_longest),
        cmocka_unit_test(lost_share_is_counted),
        cmocka_unit_test(second_answer_is_a_duplicate),
        cmocka_unit_test(deadline_ends_it),
        cmocka_unit_test(interrupt_prints_the_statistics),
        cmocka_unit_test(large_question_is_fragmented_unless_forbidden),
        cmocka_unit_test(source_is_the_one_asked_for),
        cmocka_unit_test(who_cannot_be_asked_exits_2),
        cmocka_unit_test(json_tells_answers_and_errors),
        cmocka_unit_test(sequence_numbers_wrap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
