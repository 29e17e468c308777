/* Tests of os/namespace_hint: which switch is named, with a /proc/sys of the test's own. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "os/namespace_hint.h"

static char root[64];

static void set(const char *name, const char *value) {
    char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", root, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(value, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void unset(const char *name) {
    char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", root, name);
    (void)unlink(path);
}

static int make_root(void **state) {
    (void)state;
    char path[128];
    strcpy(root, "/tmp/dobos-hint-XXXXXX");
    if (mkdtemp(root) == NULL)
        return -1;
    (void)snprintf(path, sizeof path, "%s/user", root);
    (void)mkdir(path, 0700);
    (void)snprintf(path, sizeof path, "%s/kernel", root);
    return mkdir(path, 0700);
}

static int remove_root(void **state) {
    (void)state;
    static const char *const names[] = {"user/max_user_namespaces",
                                        "kernel/unprivileged_userns_clone",
                                        "kernel/apparmor_restrict_unprivileged_userns",
                                        "user",
                                        "kernel",
                                        "."};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[128];
        (void)snprintf(path, sizeof path, "%s/%s", root, names[i]);
        (void)remove(i == 5 ? root : path);
    }
    return 0;
}

static void assert_hint(int error, const char *expected) {
    char text[256];
    namespace_hint(root, error, text, sizeof text);
    if (expected == NULL)
        assert_string_equal(text, "");
    else
        assert_non_null(strstr(text, expected));
}

static void switched_off_by_limit_names_the_limit(void **state) {
    (void)state;
    set("user/max_user_namespaces", "0\n");
    assert_hint(ENOSPC, "`sysctl -w user.max_user_namespaces=15000`");
    set("user/max_user_namespaces", "96365\n");
    assert_hint(ENOSPC, "too many namespaces");
}

static void switched_off_for_users_names_the_switch(void **state) {
    (void)state;
    set("kernel/unprivileged_userns_clone", "0\n");
    assert_hint(EPERM, "`sysctl -w kernel.unprivileged_userns_clone=1`");
    unset("kernel/unprivileged_userns_clone");
}

static void app_armor_restriction_is_named_whatever_failed(void **state) {
    (void)state;
    set("kernel/apparmor_restrict_unprivileged_userns", "1\n");
    assert_hint(0, "`sysctl -w kernel.apparmor_restrict_unprivileged_userns=0`");
    set("kernel/apparmor_restrict_unprivileged_userns", "0\n");
    assert_hint(0, NULL);
}

static void no_switch_is_explained_by_the_error(void **state) {
    (void)state;
    assert_hint(EINVAL, "CONFIG_USER_NS");
    assert_hint(EPERM, "chroot");
    assert_hint(ENOMEM, NULL);
}

static void unreadable_number_is_no_switch(void **state) {
    (void)state;
    set("user/max_user_namespaces", "zero\n");
    assert_hint(ENOMEM, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(switched_off_by_limit_names_the_limit),
        cmocka_unit_test(switched_off_for_users_names_the_switch),
        cmocka_unit_test(app_armor_restriction_is_named_whatever_failed),
        cmocka_unit_test(no_switch_is_explained_by_the_error),
        cmocka_unit_test(unreadable_number_is_no_switch),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
