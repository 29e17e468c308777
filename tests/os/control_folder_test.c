/* The folder of control sockets: one network of a name, sockets left behind, and what others put in
 * the way. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "os/control_folder.h"

static char runtime[64];
static struct control_folder folder;
static struct failure failure;

static int begin(void **state) {
    (void)state;
    (void)snprintf(runtime, sizeof runtime, "/tmp/control-folder-XXXXXX");
    if (!mkdtemp(runtime) || setenv("XDG_RUNTIME_DIR", runtime, 1) != 0)
        return -1;
    return control_folder_open(&folder, true, &failure);
}

static int end(void **state) {
    char command[128];
    (void)state;
    control_folder_close(&folder);
    (void)snprintf(command, sizeof command, "rm -r %s", runtime);
    return system(command);
}

static void path_of(const char *file, char path[128]) {
    (void)snprintf(path, 128, "%s/dobos/%s", runtime, file);
}

static bool is_there(const char *file) {
    return faccessat(folder.descriptor, file, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* A socket that was bound there, and is nobody's any more. */
static void leave_behind(const char *name) {
    int made = control_listen(&folder, name, &failure);
    assert_true(made >= 0);
    assert_int_equal(close(made), 0);
}

static void second_of_a_name_is_refused(void **state) {
    (void)state;
    int first = control_listen(&folder, "home", &failure);
    assert_true(first >= 0);
    assert_int_equal(control_listen(&folder, "home", &failure), -1);
    assert_non_null(strstr(failure.text, "is live already"));
    int other = control_listen(&folder, "other", &failure);
    assert_true(other >= 0);
    control_clear(&folder, "home");
    assert_true(is_there("home.sock")); /* it is live */
    struct sink names = {0};
    assert_int_equal(control_names(&folder, &names), 2);
    assert_memory_equal(names.text, "home\0other", 11);
    sink_fini(&names);
    (void)close(first);
    (void)close(other);
}

static void socket_is_the_users_alone(void **state) {
    struct stat found;
    (void)state;
    mode_t old = umask(0);
    int made = control_listen(&folder, "home", &failure);
    (void)umask(old);
    assert_true(made >= 0);
    assert_int_equal(fstatat(folder.descriptor, "home.sock", &found, 0), 0);
    assert_int_equal(found.st_mode & 0777, 0600);
    assert_int_equal(fstat(folder.descriptor, &found), 0);
    assert_int_equal(found.st_mode & 0777, 0700);
    int connection = control_connect(&folder, "home");
    assert_true(connection >= 0);
    assert_true(control_peer_is_ours(connection));
    (void)close(connection);
    (void)close(made);
}

static void socket_left_behind_is_replaced(void **state) {
    (void)state;
    leave_behind("home");
    assert_true(is_there("home.sock"));
    assert_int_equal(control_connect(&folder, "home"), -ECONNREFUSED);
    struct sink names = {0};
    assert_int_equal(control_names(&folder, &names), 0);
    sink_fini(&names);
    int made = control_listen(&folder, "home", &failure);
    assert_true(made >= 0);
    (void)close(made);
    control_clear(&folder, "home");
    assert_false(is_there("home.sock"));
    control_clear(&folder, "home");
}

/* A full backlog, or a process that is stopped, is no reason to take somebody's socket. */
static void busy_network_is_live(void **state) {
    int waiting[200];
    unsigned count = 0;
    (void)state;
    int made = control_listen(&folder, "home", &failure);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s/dobos/home.sock", runtime);
    for (bool full = false; !full && count < 200; count++) {
        waiting[count] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        full = connect(waiting[count], (const struct sockaddr *)&address, sizeof address) != 0;
    }
    assert_true(count < 200);
    assert_int_equal(control_listen(&folder, "home", &failure), -1);
    control_clear(&folder, "home");
    assert_true(is_there("home.sock"));
    while (count > 0)
        (void)close(waiting[--count]);
    (void)close(made);
}

/* [attack:I29] A link in the socket's place is neither followed nor removed. */
static void link_in_the_place_is_refused(void **state) {
    char place[128], victim[128];
    struct stat found;
    (void)state;
    path_of("home.sock", place);
    (void)snprintf(victim, sizeof victim, "%s/victim", runtime);
    int file = open(victim, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(file >= 0 && write(file, "precious", 8) == 8);
    (void)close(file);
    assert_int_equal(symlink(victim, place), 0);
    assert_int_equal(control_listen(&folder, "home", &failure), -1);
    assert_non_null(strstr(failure.text, "no socket of this user's"));
    control_clear(&folder, "home");
    assert_true(is_there("home.sock"));
    assert_int_equal(stat(victim, &found), 0);
    assert_int_equal(found.st_size, 8);
    struct sink names = {0};
    assert_int_equal(control_names(&folder, &names), 0);
    sink_fini(&names);
    assert_int_equal(unlink(place), 0);
}

/* [attack:I29] Nor is a link, or what is open to others, the folder. */
static void folder_of_others_is_refused(void **state) {
    char path[128];
    struct control_folder other;
    (void)state;
    (void)snprintf(path, sizeof path, "%s/dobos", runtime);
    assert_int_equal(chmod(path, 0710), 0);
    assert_int_equal(control_folder_open(&other, true, &failure), -1);
    assert_non_null(strstr(failure.text, "not this user's alone"));
    assert_int_equal(chmod(path, 0700), 0);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(control_folder_open(&other, false, &failure), 0);
    assert_int_equal(other.descriptor, -1); /* who asks makes no folder */
    assert_int_not_equal(access(path, F_OK), 0);
    assert_int_equal(symlink(runtime, path), 0);
    assert_int_equal(control_folder_open(&other, true, &failure), -1);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
}

/* [attack:I29] A name is never a path. */
static void names_are_checked(void **state) {
    static const char *const wrong[] = {"", ".", "..", "a/b", "-n", ".x", "a b", "a\n", "\xc3\xbc"};
    char name[66];
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(control_name_is_good(wrong[i]));
    memset(name, 'x', 65);
    name[64] = '\0';
    assert_false(control_name_is_good(name));
    name[63] = '\0';
    assert_true(control_name_is_good(name));
    assert_true(control_name_is_good("a.b_c-9"));
}

/* Whoever holds the folder lets go; until then nobody changes anything. */
static void folder_that_is_held_is_waited_for(void **state) {
    (void)state;
    int held = openat(folder.descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(flock(held, LOCK_EX), 0);
    pid_t child = fork();
    if (child == 0) {
        (void)usleep(100000);
        (void)flock(held, LOCK_UN);
        _exit(0);
    }
    int made = control_listen(&folder, "home", &failure);
    assert_true(made >= 0);
    assert_int_not_equal(flock(folder.descriptor, LOCK_EX | LOCK_NB), -1); /* and let go again */
    (void)close(made);
    (void)close(held);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(second_of_a_name_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(socket_is_the_users_alone, begin, end),
        cmocka_unit_test_setup_teardown(socket_left_behind_is_replaced, begin, end),
        cmocka_unit_test_setup_teardown(busy_network_is_live, begin, end),
        cmocka_unit_test_setup_teardown(link_in_the_place_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(folder_of_others_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(names_are_checked, begin, end),
        cmocka_unit_test_setup_teardown(folder_that_is_held_is_waited_for, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
