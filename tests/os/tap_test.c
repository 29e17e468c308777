/*
 * Tests of os/tap, os/clock, os/entropy and os/allocator against the kernel: a TAP device in a
 * network namespace of the test's own. The kernel's side is 10.0.0.1/24; the test plays 10.0.0.2 by
 * hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <dobos/os.h>

#include "os/netlink.h"
#include "os/tap_device.h"

static struct dobos_pool *pool;
static struct dobos_tap *tap;
static const struct dobos_mac kernel_mac = {{2, 0, 0, 0, 0, 1}};
static const struct dobos_mac our_mac = {{2, 0, 0, 0, 0, 2}};

static int open_all(void **state) {
    (void)state;
    struct failure failure;
    struct lab_outside outside = {.interface = "dobos0", .mac = kernel_mac, .mtu = 1500};
    struct dobos_pool_config memory = {.size = sizeof memory, .allocator = dobos_os_allocator()};
    struct dobos_tap_config device = {.size = sizeof device, .name = "dobos0", .offload = true};
    outside.address_count = 1;
    outside.addresses[0].prefix.address = dobos_address_ipv4(0x0a000001);
    outside.addresses[0].prefix.length = 24;
    outside.addresses[0].valid_until = outside.addresses[0].preferred_until = DOBOS_NEVER;
    if (unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
        return -1;
    if (dobos_pool_create(&memory, &pool) != 0 || dobos_tap_open(&device, pool, &tap) != 0)
        return -1;
    return netlink_interface_set(&outside, false, &failure);
}

static int close_all(void **state) {
    (void)state;
    struct dobos_pool_statistics statistics;
    dobos_tap_close(tap);
    dobos_pool_statistics_read(pool, &statistics);
    int leaked = statistics.packets != 0;
    dobos_pool_destroy(pool);
    return leaked;
}

/* The next frame of `type` (Ethernet's) that the kernel sends within a second, copied to `frame`;
 * its length, or 0. */
static size_t next_frame(uint16_t type, uint8_t *frame, size_t room,
                         struct dobos_offload *offload) {
    struct pollfd device = {.fd = dobos_tap_descriptor(tap), .events = POLLIN};
    while (poll(&device, 1, 1000) == 1) {
        struct dobos_packet *packet;
        if (dobos_tap_read(tap, &packet, 1) != 1)
            continue;
        size_t length = dobos_packet_read(packet, 0, frame, room);
        *offload = *dobos_packet_offload(packet);
        dobos_packet_release(packet);
        if (length >= 14 && (frame[12] << 8 | frame[13]) == type)
            return length;
    }
    return 0;
}

/* Answers the kernel's question who 10.0.0.2 is. */
static void answer_arp(void) {
    uint8_t frame[2048], reply[42] = {0};
    struct dobos_offload offload;
    assert_int_equal(next_frame(0x0806, frame, sizeof frame, &offload), 42);
    memcpy(reply, kernel_mac.bytes, 6);
    memcpy(reply + 6, our_mac.bytes, 6);
    memcpy(reply + 12, frame + 12, 8); /* types and sizes */
    reply[21] = 2;                     /* a reply */
    memcpy(reply + 22, our_mac.bytes, 6);
    memcpy(reply + 28, frame + 38, 4);
    memcpy(reply + 32, frame + 22, 10);
    struct dobos_packet *packet = dobos_packet_from_bytes(pool, reply, sizeof reply, NULL);
    assert_non_null(packet);
    assert_int_equal(dobos_tap_write(tap, &packet, 1), 1);
}

static void datagram_of_the_kernel_arrives_with_its_checksum_left(void **state) {
    (void)state;
    uint8_t frame[2048];
    struct dobos_offload offload;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9)};
    (void)inet_pton(AF_INET, "10.0.0.2", &to.sin_addr);
    int sender = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(sendto(sender, "layer", 5, 0, (struct sockaddr *)&to, sizeof to), 5);
    answer_arp();
    size_t length = next_frame(0x0800, frame, sizeof frame, &offload);
    assert_true(length >= 14 + 20 + 8 + 5);
    assert_memory_equal(frame, our_mac.bytes, 6);
    assert_memory_equal(frame + 6, kernel_mac.bytes, 6);
    assert_memory_equal(frame + 42, "layer", 5);
    assert_int_equal(offload.flags, DOBOS_OFFLOAD_NEEDS_CHECKSUM);
    assert_int_equal(offload.checksum_start, 34);
    assert_int_equal(offload.checksum_offset, 6);
    (void)close(sender);
}

static void datagram_to_the_kernel_arrives_with_a_checksum_left_to_it(void **state) {
    (void)state;
    static const uint8_t datagram[] = {2,    0,    0,    0,    0,    1,    2, 0,  0,
                                       0,    0,    2,    8,    0, /* Ethernet */
                                       0x45, 0,    0,    33,   0,    0,    0, 0,  64,
                                       17,   0x66, 0xca, 10,   0,    0,    2, 10, 0,
                                       0,    1,    0x11, 0x11, 0x22, 0x22, 0, 13, 0x14,
                                       0x21, 'c',  'a',  'b',  'l',  'e'}; /* UDP 4369 to 8738 */
    const struct dobos_offload offload = {
        .flags = DOBOS_OFFLOAD_NEEDS_CHECKSUM, .checksum_start = 34, .checksum_offset = 6};
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(0x2222)};
    struct timeval second = {.tv_sec = 1};
    char text[16];
    int receiver = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    (void)setsockopt(receiver, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof second);
    assert_int_equal(bind(receiver, (struct sockaddr *)&at, sizeof at), 0);
    struct dobos_packet *packet =
        dobos_packet_from_bytes(pool, datagram, sizeof datagram, &offload);
    assert_int_equal(dobos_tap_write(tap, &packet, 1), 1);
    assert_int_equal(recv(receiver, text, sizeof text, 0), 5);
    assert_memory_equal(text, "cable", 5);
    (void)close(receiver);
}

static void largest_frame_passes_both_ways(void **state) {
    (void)state;
    struct lab_outside outside = {.interface = "dobos0", .mac = kernel_mac, .mtu = 65521};
    struct failure failure;
    static uint8_t frame[DOBOS_PACKET_MAX_BYTES], payload[65400];
    struct dobos_offload offload;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9)};
    assert_int_equal(netlink_interface_set(&outside, true, &failure), 0);
    (void)inet_pton(AF_INET, "10.0.0.2", &to.sin_addr);
    int sender = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    memset(payload, 7, sizeof payload);
    assert_int_equal(sendto(sender, payload, sizeof payload, 0, (struct sockaddr *)&to, sizeof to),
                     (int)sizeof payload);
    answer_arp(); /* setting the MAC made the kernel forget */
    assert_int_equal(next_frame(0x0800, frame, sizeof frame, &offload), 42 + sizeof payload);
    assert_memory_equal(frame + 42, payload, sizeof payload);
    struct dobos_packet *packet =
        dobos_packet_from_bytes(pool, frame, 42 + sizeof payload, &offload);
    assert_int_equal(dobos_tap_write(tap, &packet, 1), 1);
    (void)close(sender);
}

static void frame_that_the_kernel_refuses_is_counted(void **state) {
    (void)state;
    struct dobos_tap_statistics before, after;
    dobos_tap_statistics_read(tap, &before);
    struct dobos_packet *packet = dobos_packet_from_bytes(pool, "short", 5, NULL);
    assert_int_equal(dobos_tap_write(tap, &packet, 1), 1);
    dobos_tap_statistics_read(tap, &after);
    assert_int_equal(after.out_dropped, before.out_dropped + 1);
    assert_int_equal(after.out_packets, before.out_packets);
}

static void empty_device_gives_nothing_at_once(void **state) {
    (void)state;
    struct dobos_packet *packets[DOBOS_BURST_PACKETS];
    int count;
    while ((count = dobos_tap_read(tap, packets, DOBOS_BURST_PACKETS)) > 0)
        for (int i = 0; i < count; i++)
            dobos_packet_release(packets[i]);
    assert_int_equal(count, 0);
}

static void name_too_long_or_taken_is_refused(void **state) {
    (void)state;
    struct dobos_tap *other;
    struct dobos_tap_config device = {.size = sizeof device, .name = "a-name-of-16-cha"};
    assert_int_equal(dobos_tap_open(&device, pool, &other), -DOBOS_EINVAL);
    device.name = "dobos0";
    assert_int_equal(dobos_tap_open(&device, pool, &other), -EBUSY);
    device.size = 0;
    assert_int_equal(dobos_tap_open(&device, pool, &other), -DOBOS_EINVAL);
    assert_string_equal(dobos_tap_name(tap), "dobos0");
}

static void descriptor_of_something_else_is_not_adopted(void **state) {
    (void)state;
    struct dobos_tap *other;
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    assert_int_equal(dobos_tap_adopt(null, pool, &other), -DOBOS_EINVAL);
    assert_int_equal(close(null), 0);
    assert_int_equal(dobos_tap_adopt(-1, pool, &other), -DOBOS_EINVAL);
}

static void descriptor_from_elsewhere_is_adopted(void **state) {
    (void)state;
    struct dobos_tap *other;
    int descriptor = tap_device_open("dobos1", false);
    assert_true(descriptor >= 0);
    assert_int_equal(dobos_tap_adopt(descriptor, pool, &other), 0);
    assert_string_equal(dobos_tap_name(other), "dobos1");
    dobos_tap_close(other);
    assert_int_equal(if_nametoindex("dobos1"), 0);
}

static void clock_runs_forward(void **state) {
    (void)state;
    dobos_time before = dobos_os_now();
    assert_true(before > 0);
    assert_true(dobos_os_now() >= before);
}

static void entropy_fills_every_byte(void **state) {
    (void)state;
    uint8_t or_ed[300] = {0}, drawn[300];
    for (int round = 0; round < 16; round++) {
        assert_int_equal(dobos_os_entropy(drawn, sizeof drawn), 0);
        for (size_t i = 0; i < sizeof drawn; i++)
            or_ed[i] |= drawn[i];
    }
    for (size_t i = 0; i < sizeof or_ed; i++)
        assert_int_not_equal(or_ed[i], 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(datagram_of_the_kernel_arrives_with_its_checksum_left),
        cmocka_unit_test(datagram_to_the_kernel_arrives_with_a_checksum_left_to_it),
        cmocka_unit_test(largest_frame_passes_both_ways),
        cmocka_unit_test(frame_that_the_kernel_refuses_is_counted),
        cmocka_unit_test(empty_device_gives_nothing_at_once),
        cmocka_unit_test(name_too_long_or_taken_is_refused),
        cmocka_unit_test(descriptor_of_something_else_is_not_adopted),
        cmocka_unit_test(descriptor_from_elsewhere_is_adopted),
        cmocka_unit_test(clock_runs_forward),
        cmocka_unit_test(entropy_fills_every_byte),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
