/* namespace_hint: see namespace_hint.h. Distributions have several switches for the same thing; the
 * first one found set is named. */
#include "os/namespace_hint.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct refusal {
    const char *path;   /* under /proc/sys */
    const char *name;   /* as sysctl names it */
    long refuses;       /* with this value it refuses */
    const char *allows; /* a value that allows */
};

/* The number in a file of sysctl, or −1. */
static long sysctl_read(const char *sysctls, const char *path) {
    char name[256];
    long value = -1;
    (void)snprintf(name, sizeof name, "%s/%s", sysctls, path);
    FILE *file = fopen(name, "re");
    if (file == NULL)
        return -1;
    char line[32];
    char *end = line;
    if (fgets(line, sizeof line, file) != NULL)
        value = strtol(line, &end, 10);
    if (end == line)
        value = -1;
    (void)fclose(file);
    return value;
}

void namespace_hint(const char *sysctls, int error, char *text, size_t room) {
    static const struct refusal refusals[] = {
        {"user/max_user_namespaces", "user.max_user_namespaces", 0, "15000"},
        {"kernel/unprivileged_userns_clone", "kernel.unprivileged_userns_clone", 0, "1"},
        {"kernel/apparmor_restrict_unprivileged_userns",
         "kernel.apparmor_restrict_unprivileged_userns", 1, "0"},
        {"user/max_net_namespaces", "user.max_net_namespaces", 0, "15000"},
        {"user/max_mnt_namespaces", "user.max_mnt_namespaces", 0, "15000"},
        {"user/max_pid_namespaces", "user.max_pid_namespaces", 0, "15000"},
    };
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++)
        if (sysctl_read(sysctls, refusals[i].path) == refusals[i].refuses) {
            (void)snprintf(
                text, room, ": %s is %ld: as root, `sysctl -w %s=%s` switches user namespaces on",
                refusals[i].name, refusals[i].refuses, refusals[i].name, refusals[i].allows);
            return;
        }
    const char *reason = "";
    if (error == EINVAL)
        reason = ": this kernel has no user namespaces (CONFIG_USER_NS)";
    else if (error == ENOSPC || error == EUSERS)
        reason = ": too many namespaces (user.max_user_namespaces), or nested too deep";
    else if (error == EPERM)
        reason =
            ": this container or chroot allows no user namespaces: run dobos outside, or as root";
    (void)snprintf(text, room, "%s", reason);
}
