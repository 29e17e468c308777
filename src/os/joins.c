/* joins: see joins.h. A TAP device is made, or one that somebody has made for us is taken; an
 * interface is there, and stays as it is. */
#include "os/joins.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os/packet_socket.h"
#include "os/tap_device.h"

static int tap_refuse(const struct lab_port_info *info, int error, struct failure *failure) {
    const char *reason = strerror(error);
    if (error == EPERM)
        reason = "that needs root, or a device made before: as root, `ip tuntap add NAME mode tap "
                 "user USER` and `ip link set NAME up`";
    else if (error == EACCES)
        reason = "/dev/net/tun may not be opened by this user";
    else if (error == ENOENT || error == ENODEV || error == ENXIO)
        reason = "there is no /dev/net/tun: as root, `modprobe tun`";
    else if (error == EBUSY)
        reason = "another program has it";
    else if (error == EINVAL)
        reason = "there is an interface of that name that is no TAP device";
    return failure_set(failure, "segment %s: cannot make the TAP device %s: %s", info->segment,
                       info->name, reason);
}

static int tap_open(const struct lab_port_info *info, struct failure *failure) {
    const bool was_there = if_nametoindex(info->name) != 0;
    int made = tap_device_open(info->name, false);
    if (made < 0)
        return tap_refuse(info, -made, failure);
    int error = interface_up(info->name, was_there ? 0 : info->mtu);
    if (error == 0)
        return made;
    (void)close(made);
    return failure_set(failure, "segment %s: cannot set the TAP device %s up: %s", info->segment,
                       info->name,
                       error == EPERM ? "that needs root: `ip link set NAME up`" : strerror(error));
}

static int interface_open(const struct lab_port_info *info, struct failure *failure) {
    int made = packet_socket_open(info->name);
    if (made >= 0)
        return made;
    const char *reason = strerror(-made);
    if (made == -EPERM)
        reason = "reading its frames needs root, or the capability CAP_NET_RAW";
    else if (made == -ENODEV)
        reason = "there is no such interface";
    else if (made == -EMEDIUMTYPE)
        reason = "it is no Ethernet";
    return failure_set(failure, "segment %s: cannot join the interface %s: %s", info->segment,
                       info->name, reason);
}

static int join_open(struct join *join, struct lab *lab, struct failure *failure) {
    struct lab_port_info info;
    lab_port_read(join->port, &info);
    int made =
        info.kind == LAB_PORT_TAP ? tap_open(&info, failure) : interface_open(&info, failure);
    if (made < 0)
        return -1;
    if (tap_wrap(made, info.name, lab_pool(lab), &join->tap) == 0)
        return 0;
    (void)close(made);
    return failure_set(failure, "no memory for the device %s", info.name);
}

int joins_open(struct joins *joins, struct lab *lab, struct failure *failure) {
    unsigned ports = 0;
    while (lab_port_nth(lab, ports))
        ports++;
    *joins = (struct joins){.all = calloc((size_t)ports + 1, sizeof *joins->all)};
    if (!joins->all)
        return failure_set(failure, "no memory for devices");
    for (unsigned i = 0; i < ports; i++) {
        struct lab_port_info info;
        struct join *join = &joins->all[joins->count];
        join->port = lab_port_nth(lab, i);
        lab_port_read(join->port, &info);
        if (info.kind == LAB_PORT_NODE)
            continue;
        if (join_open(join, lab, failure) != 0) {
            joins_close(joins);
            return -1;
        }
        joins->count++;
    }
    return 0;
}

int joins_add(struct joins *joins, struct lab_loop *loop, struct failure *failure) {
    for (unsigned i = 0; i < joins->count; i++)
        if (port_device_add(&joins->all[i].device, loop, joins->all[i].port, joins->all[i].tap))
            return failure_set(failure, "more than %d devices", LOOP_WATCHES - 64);
    return 0;
}

void joins_remove(struct joins *joins) {
    for (unsigned i = 0; i < joins->count; i++)
        port_device_remove(&joins->all[i].device);
}

void joins_close(struct joins *joins) {
    joins_remove(joins);
    for (unsigned i = 0; i < joins->count; i++)
        dobos_tap_close(joins->all[i].tap);
    free(joins->all);
    *joins = (struct joins){0};
}
