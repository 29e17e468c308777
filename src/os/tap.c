/*
 * tap: a device of the kernel that carries frames: a TAP device, or an interface that the machine
 * has, by a packet socket. It does not configure the device: addresses and routes of the kernel's
 * side are somebody else's (netlink.c for dobos run). How frames go both ways is in tap_frames.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <dobos/os.h>

#include "os/packet_socket.h"
#include "os/tap_device.h"
#include "os/vnet_header.h"

int tap_device_open(const char *name, bool offload) {
    struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};
    if (name != NULL && strlen(name) >= sizeof request.ifr_name)
        return -EINVAL;
    if (name != NULL)
        memcpy(request.ifr_name, name, strlen(name) + 1);
    int descriptor = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (descriptor < 0)
        return -errno;
    int header_bytes = VNET_HEADER_BYTES;
    unsigned long features = offload ? TUN_F_CSUM | TUN_F_TSO4 : 0;
    if (ioctl(descriptor, TUNSETIFF, &request) < 0 ||
        ioctl(descriptor, TUNSETVNETHDRSZ, &header_bytes) < 0 ||
        ioctl(descriptor, TUNSETOFFLOAD, features) < 0) {
        int error = errno;
        (void)close(descriptor);
        return -error;
    }
    return descriptor;
}

int tap_wrap(int descriptor, const char *name, struct dobos_pool *pool, struct dobos_tap **tap) {
    struct dobos_tap *made = calloc(1, sizeof *made);
    int kind = 0;
    socklen_t bytes = sizeof kind;
    if (made == NULL)
        return -DOBOS_ENOMEM;
    made->descriptor = descriptor;
    made->is_socket = getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &kind, &bytes) == 0;
    made->pool = pool;
    for (size_t i = 0; i + 1 < sizeof made->name && name[i] != '\0'; i++)
        made->name[i] = name[i];
    *tap = made;
    return 0;
}

int dobos_tap_adopt(int descriptor, struct dobos_pool *pool, struct dobos_tap **tap) {
    struct ifreq request = {0};
    const short kind = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
    int header_bytes = 0;
    int flags = fcntl(descriptor, F_GETFL);
    if (flags < 0 || ioctl(descriptor, TUNGETIFF, &request) < 0 ||
        (request.ifr_flags & kind) != kind ||
        ioctl(descriptor, TUNGETVNETHDRSZ, &header_bytes) < 0 ||
        header_bytes != VNET_HEADER_BYTES || fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) < 0)
        return -DOBOS_EINVAL;
    request.ifr_name[sizeof request.ifr_name - 1] = '\0';
    return tap_wrap(descriptor, request.ifr_name, pool, tap);
}

int dobos_tap_open(const struct dobos_tap_config *config, struct dobos_pool *pool,
                   struct dobos_tap **tap) {
    if (config->size != sizeof *config)
        return -DOBOS_EINVAL;
    int descriptor = tap_device_open(config->name, config->offload);
    if (descriptor < 0)
        return descriptor;
    int result = dobos_tap_adopt(descriptor, pool, tap);
    if (result < 0)
        (void)close(descriptor);
    return result;
}

int dobos_packet_socket_open(const char *interface, struct dobos_pool *pool,
                             struct dobos_tap **tap) {
    int descriptor = packet_socket_open(interface);
    if (descriptor < 0)
        return descriptor;
    int result = tap_wrap(descriptor, interface, pool, tap);
    if (result < 0)
        (void)close(descriptor);
    return result;
}

void dobos_tap_close(struct dobos_tap *tap) {
    if (tap == NULL)
        return;
    for (unsigned i = 0; i < tap->waiting_count; i++)
        dobos_packet_release(tap->waiting[i]);
    for (unsigned i = 0; i < tap->blank_count; i++)
        dobos_packet_release(tap->blanks[i].packet);
    (void)close(tap->descriptor);
    free(tap);
}

int dobos_tap_descriptor(const struct dobos_tap *tap) {
    return tap->descriptor;
}

const char *dobos_tap_name(const struct dobos_tap *tap) {
    return tap->name;
}

void dobos_tap_statistics_read(const struct dobos_tap *tap,
                               struct dobos_tap_statistics *statistics) {
    *statistics = tap->statistics;
}

bool tap_is_waiting(const struct dobos_tap *tap) {
    return tap->waiting_count > 0;
}

int tap_flush(struct dobos_tap *tap) {
    int taken = dobos_tap_write(tap, tap->waiting, tap->waiting_count);
    if (taken < 0)
        return taken;
    tap->waiting_count -= (unsigned)taken;
    memmove(tap->waiting, tap->waiting + taken, tap->waiting_count * sizeof *tap->waiting);
    return 0;
}

int tap_queue(struct dobos_tap *tap, struct dobos_packet **packets, unsigned count) {
    memcpy(tap->waiting, packets, count * sizeof *packets);
    tap->waiting_count = count;
    return tap_flush(tap);
}
