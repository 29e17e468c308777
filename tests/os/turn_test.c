/*
 * Tests of dobos_os_turn: the example of dobos/os.h: a host of ours on a TAP device, whose other
 * end is the kernel of a network namespace of the test's own. The kernel is 10.0.0.1, the
 * host 10.0.0.2.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <dobos/os.h>
#include <dobos/socket.h>

#include "os/netlink.h"

static struct dobos_pool *pool;
static struct dobos_host *host;
static struct dobos_tap *tap;
static uint32_t interface;

static int configure_kernel(void) {
    struct failure failure;
    struct lab_outside outside = {
        .interface = "dobos0", .mac = {{2, 0, 0, 0, 0, 1}}, .mtu = 1500, .address_count = 1};
    outside.addresses[0].prefix.address = dobos_address_ipv4(0x0a000001);
    outside.addresses[0].prefix.length = 24;
    outside.addresses[0].valid_until = outside.addresses[0].preferred_until = DOBOS_NEVER;
    return netlink_interface_set(&outside, false, &failure);
}

static int open_all(void **state) {
    (void)state;
    struct dobos_pool_config memory = {.size = sizeof memory, .allocator = dobos_os_allocator()};
    struct dobos_tap_config device = {.size = sizeof device, .name = "dobos0", .offload = true};
    struct dobos_host_config self = {.size = sizeof self, .name = "me"};
    if (unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
        return -1;
    (void)dobos_os_entropy(self.key, sizeof self.key);
    if (dobos_pool_create(&memory, &pool) < 0 || dobos_tap_open(&device, pool, &tap) < 0 ||
        dobos_host_create(pool, &self, dobos_os_now(), &host) < 0 || configure_kernel() != 0)
        return -1;
    struct dobos_interface_config eth0 = {.size = sizeof eth0,
                                          .name = "eth0",
                                          .mac = {{2, 0, 0, 0, 0, 2}},
                                          .offload_checksum = true,
                                          .offload_tso = true};
    int added = dobos_interface_add(host, &eth0);
    if (added < 0)
        return added;
    interface = (uint32_t)added;
    struct dobos_interface_address address = {
        .prefix = {.address = dobos_address_ipv4(0x0a000002), .length = 24},
        .valid_until = DOBOS_NEVER,
        .preferred_until = DOBOS_NEVER,
        .origin = DOBOS_ORIGIN_STATIC};
    return dobos_address_add(host, interface, &address);
}

static int close_all(void **state) {
    (void)state;
    struct dobos_pool_statistics statistics;
    dobos_host_destroy(host);
    dobos_tap_close(tap);
    dobos_pool_statistics_read(pool, &statistics);
    dobos_pool_destroy(pool);
    return statistics.packets != 0;
}

/* Turns until `seconds` are over or `descriptor` (non-blocking) has something. */
static ssize_t turn_until_readable(int descriptor, void *bytes, size_t room, int seconds) {
    dobos_time end = dobos_os_now() + seconds * DOBOS_SECOND;
    while (dobos_os_now() < end) {
        ssize_t got = recv(descriptor, bytes, room, MSG_DONTWAIT);
        if (got >= 0)
            return got;
        if (dobos_os_turn(host, interface, tap, dobos_os_now() + 10 * DOBOS_MILLISECOND) < 0)
            return -1;
    }
    return -1;
}

static struct sockaddr_in kernel_view(uint16_t port) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    (void)inet_pton(AF_INET, "10.0.0.2", &to.sin_addr);
    return to;
}

static void closed_port_is_answered_by_icmp(void **state) {
    (void)state;
    struct sockaddr_in to = kernel_view(9);
    char text[8];
    int sender = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(sender, (struct sockaddr *)&to, sizeof to), 0);
    assert_int_equal(send(sender, "anyone", 6, 0), 6);
    dobos_time end = dobos_os_now() + 5 * DOBOS_SECOND;
    int error = 0;
    while (error == 0 && dobos_os_now() < end) {
        (void)dobos_os_turn(host, interface, tap, dobos_os_now() + 10 * DOBOS_MILLISECOND);
        socklen_t size = sizeof error;
        (void)getsockopt(sender, SOL_SOCKET, SO_ERROR, &error, &size);
    }
    assert_int_equal(error, ECONNREFUSED);
    assert_int_equal(recv(sender, text, sizeof text, MSG_DONTWAIT), -1);
    (void)close(sender);
}

static void datagrams_pass_both_ways(void **state) {
    (void)state;
    struct sockaddr_in to = kernel_view(7);
    struct dobos_socket *echo;
    struct dobos_message message;
    char text[2048];
    const struct dobos_endpoint local = {.address = dobos_address_ipv4(0), .port = 7};
    assert_int_equal(dobos_socket_create(host, DOBOS_UDP, NULL, &echo), 0);
    assert_int_equal(dobos_bind(echo, &local), 0);
    int sender = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(sender, (struct sockaddr *)&to, sizeof to), 0);
    assert_int_equal(send(sender, "layers", 6, 0), 6);
    int64_t got = -DOBOS_EAGAIN;
    for (int turns = 0; turns < 500 && got == -DOBOS_EAGAIN; turns++) {
        assert_true(dobos_os_turn(host, interface, tap, dobos_os_now() + 10 * DOBOS_MILLISECOND) >=
                    0);
        got = dobos_receive_message(echo, text, sizeof text, &message);
    }
    assert_int_equal(got, 6);
    assert_int_equal(dobos_send_message(echo, text, 6, &message), 6);
    memset(text, 0, sizeof text);
    assert_int_equal(turn_until_readable(sender, text, sizeof text, 5), 6);
    assert_memory_equal(text, "layers", 6);
    (void)close(sender);
    dobos_close(echo);
}

static void turn_without_frames_returns_in_time(void **state) {
    (void)state;
    dobos_time begin = dobos_os_now();
    while (dobos_os_turn(host, interface, tap, 0) > 0)
        continue;
    dobos_time until = dobos_os_now() + 20 * DOBOS_MILLISECOND;
    while (dobos_os_now() < until)
        assert_true(dobos_os_turn(host, interface, tap, until) >= 0);
    assert_true(dobos_os_now() - begin < 2 * DOBOS_SECOND);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(closed_port_is_answered_by_icmp),
        cmocka_unit_test(datagrams_pass_both_ways),
        cmocka_unit_test(turn_without_frames_returns_in_time),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
