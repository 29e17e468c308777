/*
 * Tests of os/namespace and os/first_process: real programs in real namespaces, as whoever runs the
 * test. What the command adds, and what an ordinary user gets, is in run_test.py.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/lab_clock.h"
#include "os/namespace.h"

/* How one run ended. */
struct outcome {
    int value;          /* exit code; −1: lost */
    bool device;        /* the TAP's descriptor came */
    struct failure why; /* when it failed */
    char output[4096];  /* what CMD wrote to standard output */
};

static struct lab_outside outside;

static int describe(void **state) {
    (void)state;
    strcpy(outside.interface, "eth0");
    outside.mac = (struct dobos_mac){{2, 0, 0, 0, 0, 4}};
    outside.mtu = 1400;
    outside.address_count = 1;
    outside.addresses[0] = (struct dobos_interface_address){
        .prefix = {.address = dobos_address_ipv4(0xc0a80004), .length = 24},
        .valid_until = DOBOS_NEVER,
        .preferred_until = DOBOS_NEVER};
    outside.route_count = 1;
    outside.routes[0] =
        (struct dobos_route){.destination = {.address = dobos_address_ipv4(0), .length = 0},
                             .gateway = dobos_address_ipv4(0xc0a80001),
                             .source = dobos_address_ipv4(0),
                             .origin = DOBOS_ORIGIN_STATIC};
    outside.nameserver_count = 1;
    outside.nameservers[0] = dobos_address_ipv4(0xc0a80001);
    return 0;
}

/* Starts CMD with its standard output on `output`, a pipe. */
static int start(char *const *command, bool bare, int output, struct namespace *namespace,
                 struct failure *failure) {
    sigset_t blocked, old;
    namespace_forwards(&blocked);
    (void)sigaddset(&blocked, SIGCHLD);
    (void)sigprocmask(SIG_BLOCK, &blocked, &old);
    struct namespace_config config = {
        .outside = &outside, .command = command, .bare = bare, .signals = &old};
    int saved = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 10);
    (void)dup2(output, STDOUT_FILENO);
    int result = namespace_start(&config, namespace, failure);
    (void)sigprocmask(SIG_SETMASK, &old, NULL);
    (void)dup2(saved, STDOUT_FILENO);
    (void)close(saved);
    return result;
}

/* Runs CMD to its end; `signal` (0: none) is sent to it when it has written something. */
static struct outcome run(char *const *command, bool bare, int signal) {
    struct outcome outcome = {.value = -1};
    struct namespace namespace;
    struct namespace_message message;
    int ends[2], device = -1;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(start(command, bare, ends[1], &namespace, &outcome.why), 0);
    (void)close(ends[1]);
    size_t used = 0;
    if (signal != 0) {
        used = (size_t)read(ends[0], outcome.output, 1);
        namespace_signal(&namespace, signal);
    }
    do {
        namespace_receive(&namespace, &message);
        if (message.event == NAMESPACE_DEVICE) {
            outcome.device = message.descriptor >= 0;
            device = message.descriptor;
        }
    } while (message.event == NAMESPACE_DEVICE);
    if (message.event != NAMESPACE_LOST)
        outcome.value = message.value;
    if (message.event == NAMESPACE_FAILED)
        outcome.why = message.failure;
    namespace_end(&namespace);
    (void)close(device);
    for (ssize_t got;
         (got = read(ends[0], outcome.output + used, sizeof outcome.output - 1 - used)) > 0;)
        used += (size_t)got;
    (void)close(ends[0]);
    return outcome;
}

static struct outcome shell(const char *script) {
    char *command[] = {(char *)"sh", (char *)"-c", (char *)(uintptr_t)script, NULL};
    return run(command, false, 0);
}

static void command_that_ends_gives_its_exit_code(void **state) {
    (void)state;
    struct outcome outcome = shell("exit 7");
    assert_int_equal(outcome.value, 7);
    assert_true(outcome.device);
}

static void command_killed_gives_128_and_the_signal(void **state) {
    (void)state;
    assert_int_equal(shell("kill -9 $$").value, 128 + 9);
    assert_int_equal(shell("kill -SEGV $$").value, 128 + 11);
}

static void command_not_found_gives_127(void **state) {
    (void)state;
    char *command[] = {(char *)"no-such-program", NULL};
    struct outcome outcome = run(command, false, 0);
    assert_int_equal(outcome.value, EXIT_NOT_FOUND);
    assert_string_equal(outcome.why.text, "no-such-program: not found");
}

static void command_not_executable_gives_126(void **state) {
    (void)state;
    char *command[] = {(char *)"/etc/passwd", NULL};
    struct outcome outcome = run(command, false, 0);
    assert_int_equal(outcome.value, EXIT_NOT_EXECUTABLE);
    assert_string_equal(outcome.why.text, "/etc/passwd: cannot be executed: Permission denied");
}

static void interface_has_what_the_file_says(void **state) {
    (void)state;
    struct outcome outcome = shell("ip -o addr show dev eth0; ip link show dev eth0; ip route");
    assert_non_null(strstr(outcome.output, "inet 192.168.0.4/24 brd 192.168.0.255"));
    assert_non_null(strstr(outcome.output, "mtu 1400"));
    assert_non_null(strstr(outcome.output, "02:00:00:00:00:04"));
    assert_non_null(strstr(outcome.output, "default via 192.168.0.1 dev eth0"));
    assert_null(strstr(outcome.output, "inet6"));
}

static void bare_interface_is_down_without_address(void **state) {
    (void)state;
    char *command[] = {(char *)"ip", (char *)"-o", (char *)"addr", (char *)"show", NULL};
    struct outcome outcome = run(command, true, 0);
    assert_null(strstr(outcome.output, "192.168.0.4"));
    assert_non_null(strstr(outcome.output, "127.0.0.1/8"));
}

/* What a lease brings, renews and takes away reaches the interface while CMD runs. */
static void interface_is_configured_anew_while_the_command_runs(void **state) {
    (void)state;
    char *command[] = {
        (char *)"sh", (char *)"-c",
        (char *)"w() { until ip -4 -o addr show eth0 | grep -q \"$1\"; do sleep 0.02; done; }\n"
                "r() { until grep -q \"$1\" /etc/resolv.conf; do sleep 0.02; done; }\n"
                "echo; w 192.168.0.77; r 192.168.0.2; ip -4 -o addr show eth0; ip route; "
                "cat /etc/resolv.conf; echo; echo; w 192.168.0.78; ip -4 -o addr show eth0; "
                "ip route; r 1.1; cat /etc/resolv.conf",
        NULL};
    struct namespace namespace;
    struct namespace_message message;
    struct failure failure;
    struct lab_outside now = outside;
    int ends[2];
    char text[4096] = "", byte;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(start(command, false, ends[1], &namespace, &failure), 0);
    (void)close(ends[1]);
    namespace_receive(&namespace, &message);
    assert_int_equal(message.event, NAMESPACE_DEVICE);
    now.address_count = 2;
    now.addresses[1] = (struct dobos_interface_address){
        .prefix = {.address = dobos_address_ipv4(0xc0a8004d), .length = 24},
        .valid_until = lab_clock_now() + 1000 * DOBOS_SECOND,
        .preferred_until = lab_clock_now() + 900 * DOBOS_SECOND,
        .origin = DOBOS_ORIGIN_DHCP};
    now.route_count = 2;
    now.routes[1] = (struct dobos_route){
        .destination = {.address = dobos_address_ipv4(0x0a000000), .length = 8},
        .gateway = dobos_address_ipv4(0xc0a80002),
        .source = dobos_address_ipv4(0),
        .origin = DOBOS_ORIGIN_DHCP};
    now.nameserver_count = 2;
    now.nameservers[1] = dobos_address_ipv4(0xc0a80002);
    assert_true(namespace_configure(&namespace, &now));
    unsigned lines = 0;
    size_t used = 0;
    for (; lines < 2 && read(ends[0], &byte, 1) == 1; text[used++] = byte)
        lines = byte == '\n' ? lines + (used == 0 || text[used - 1] == '\n') : lines;
    assert_non_null(strstr(text, "inet 192.168.0.77/24 brd 192.168.0.255 scope global secondary "
                                 "dynamic eth0"));
    assert_non_null(strstr(text, "valid_lft 9"));
    assert_non_null(strstr(text, "10.0.0.0/8 via 192.168.0.2 dev eth0 proto dhcp"));
    assert_non_null(strstr(text, "nameserver 192.168.0.1\nnameserver 192.168.0.2\n"));
    now.addresses[1].prefix.address = dobos_address_ipv4(0xc0a8004e);
    now.route_count = 1;
    now.nameserver_count = 1;
    now.nameservers[0] = dobos_address_ipv4(0x01010101);
    assert_true(namespace_configure(&namespace, &now));
    namespace_receive(&namespace, &message);
    assert_int_equal(message.event, NAMESPACE_ENDED);
    namespace_end(&namespace);
    used = (size_t)read(ends[0], text, sizeof text - 1);
    text[used] = '\0';
    (void)close(ends[0]);
    assert_non_null(strstr(text, "inet 192.168.0.78/24"));
    assert_null(strstr(text, "192.168.0.77"));
    assert_null(strstr(text, "10.0.0.0/8"));
    assert_non_null(strstr(text, "default via 192.168.0.1 dev eth0"));
    assert_non_null(strstr(text, "\nnameserver 1.1.1.1\n"));
    assert_null(strstr(text, "192.168.0.2\n"));
}

static void name_services_are_the_networks_own(void **state) {
    (void)state;
    struct outcome outcome = shell("cat /etc/resolv.conf; grep ^hosts /etc/nsswitch.conf");
    assert_string_equal(outcome.output, "nameserver 192.168.0.1\nhosts: files dns\n");
}

static void only_own_processes_and_devices_are_seen(void **state) {
    (void)state;
    struct outcome outcome = shell("ls /sys/class/net; ls /proc | grep -c '^[0-9]'; "
                                   "readlink /proc/self");
    assert_int_equal(strncmp(outcome.output, "eth0\nlo\n", 8), 0);
    assert_true(atoi(outcome.output + 8) <= 4);
}

static void signal_is_passed_on_to_the_command(void **state) {
    (void)state;
    char *command[] = {
        (char *)"sh", (char *)"-c",
        (char *)"trap 'echo caught; exit 3' TERM; echo; while :; do sleep 0.05; done", NULL};
    struct outcome outcome = run(command, false, SIGTERM);
    assert_int_equal(outcome.value, 3);
    assert_non_null(strstr(outcome.output, "caught"));
}

static void signal_without_a_trap_ends_the_command(void **state) {
    (void)state;
    char *command[] = {(char *)"sh", (char *)"-c", (char *)"echo; exec sleep 60", NULL};
    assert_int_equal(run(command, false, SIGHUP).value, 128 + SIGHUP);
}

static void daemon_of_the_command_ends_with_it(void **state) {
    (void)state;
    /* The pipe's end is read: a daemon left behind would hold it open for a minute. */
    struct outcome outcome = shell("setsid sh -c 'exec sleep 60' & exit 0");
    assert_int_equal(outcome.value, 0);
}

static void caller_killed_takes_everything_inside_with_it(void **state) {
    (void)state;
    char *command[] = {(char *)"sh", (char *)"-c",
                       (char *)"setsid sleep 60 & echo ready; exec sleep 60", NULL};
    char text[16];
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    pid_t caller = fork();
    if (caller == 0) {
        struct namespace namespace;
        struct failure failure;
        (void)start(command, false, ends[1], &namespace, &failure);
        for (;;)
            (void)pause();
    }
    (void)close(ends[1]);
    assert_int_equal(read(ends[0], text, sizeof text), 6);
    assert_int_equal(kill(caller, SIGKILL), 0);
    assert_int_equal(waitpid(caller, NULL, 0), caller);
    struct pollfd last = {.fd = ends[0], .events = POLLIN};
    assert_int_equal(poll(&last, 1, 5000), 1); /* the last holder of the pipe is gone */
    assert_int_equal(read(ends[0], text, sizeof text), 0);
    (void)close(ends[0]);
}

static void interface_that_cannot_be_is_an_error_in_words(void **state) {
    (void)state;
    struct lab_outside saved = outside;
    outside.routes[0].gateway = dobos_address_ipv4(0x0a000001);
    struct outcome outcome = shell("true");
    outside = saved;
    assert_int_equal(outcome.value, EXIT_OURS);
    assert_string_equal(outcome.why.text,
                        "cannot add the route to 0.0.0.0/0: Network is unreachable");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(command_that_ends_gives_its_exit_code),
        cmocka_unit_test(command_killed_gives_128_and_the_signal),
        cmocka_unit_test(command_not_found_gives_127),
        cmocka_unit_test(command_not_executable_gives_126),
        cmocka_unit_test(interface_has_what_the_file_says),
        cmocka_unit_test(interface_is_configured_anew_while_the_command_runs),
        cmocka_unit_test(bare_interface_is_down_without_address),
        cmocka_unit_test(name_services_are_the_networks_own),
        cmocka_unit_test(only_own_processes_and_devices_are_seen),
        cmocka_unit_test(signal_is_passed_on_to_the_command),
        cmocka_unit_test(signal_without_a_trap_ends_the_command),
        cmocka_unit_test(daemon_of_the_command_ends_with_it),
        cmocka_unit_test(caller_killed_takes_everything_inside_with_it),
        cmocka_unit_test(interface_that_cannot_be_is_an_error_in_words),
    };
    return cmocka_run_group_tests(tests, describe, NULL);
}
