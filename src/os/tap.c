/*
 * tap: frames between packets of libdobos and a TAP device of the kernel: one read or write a
 * frame, each with a virtio-net header in front (vnet_header.h), so that checksums and segmentation
 * can be left to whoever comes next. Frames are up to 64 KiB. It does not configure the device:
 * addresses and routes of the kernel's side are somebody else's (netlink.c for dobos run).
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <dobos/os.h>

#include "os/tap_device.h"
#include "os/vnet_header.h"

#define SLICES 64 /* more than a packet has */

struct dobos_tap {
    int descriptor;                                    /* of /dev/net/tun, non-blocking */
    char name[IFNAMSIZ];                               /* the device's */
    struct dobos_pool *pool;                           /* borrowed */
    struct dobos_tap_statistics statistics;            /* since it was opened */
    struct dobos_packet *waiting[DOBOS_BURST_PACKETS]; /* of tap_queue: the kernel had no room */
    unsigned waiting_count;                            /* how many of them */
    uint8_t frame[DOBOS_PACKET_MAX_BYTES];             /* where the next frame is read to */
};

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
    if (made == NULL)
        return -DOBOS_ENOMEM;
    made->descriptor = descriptor;
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

void dobos_tap_close(struct dobos_tap *tap) {
    if (tap == NULL)
        return;
    for (unsigned i = 0; i < tap->waiting_count; i++)
        dobos_packet_release(tap->waiting[i]);
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

/* A frame of `length` bytes in tap->frame becomes a packet (give), or NULL, counted. */
static struct dobos_packet *packet_of_frame(struct dobos_tap *tap, const uint8_t *header,
                                            size_t length) {
    struct dobos_offload offload;
    struct dobos_packet *packet = NULL;
    if (vnet_header_parse(header, length, &offload))
        packet = dobos_packet_from_bytes(tap->pool, tap->frame, length, &offload);
    if (packet == NULL) {
        tap->statistics.in_dropped++;
        return NULL;
    }
    tap->statistics.in_packets++;
    tap->statistics.in_bytes += length;
    return packet;
}

int dobos_tap_read(struct dobos_tap *tap, struct dobos_packet **packets, unsigned room) {
    unsigned count = 0;
    while (count < room) {
        uint8_t header[VNET_HEADER_BYTES];
        struct iovec parts[2] = {{header, sizeof header}, {tap->frame, sizeof tap->frame}};
        ssize_t got = readv(tap->descriptor, parts, 2);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && (errno == EAGAIN || errno == ENETDOWN))
            break; /* of a packet socket: its interface is down, and may come up again */
        if (got < 0)
            return count > 0 ? (int)count : -DOBOS_EIO;
        if ((size_t)got <= sizeof header) {
            tap->statistics.in_dropped++;
            continue;
        }
        packets[count] = packet_of_frame(tap, header, (size_t)got - sizeof header);
        count += packets[count] != NULL;
    }
    return (int)count;
}

/* Writes one frame. 0: taken by the kernel; otherwise the errno. */
static int write_frame(struct dobos_tap *tap, const struct dobos_packet *packet) {
    uint8_t header[VNET_HEADER_BYTES];
    struct dobos_slice slices[SLICES];
    struct iovec parts[SLICES + 1];
    size_t count = dobos_packet_slices(packet, slices, SLICES);
    if (count > SLICES)
        return EMSGSIZE;
    vnet_header_emit(dobos_packet_offload(packet), header);
    parts[0] = (struct iovec){header, sizeof header};
    for (size_t i = 0; i < count; i++)
        parts[i + 1] = (struct iovec){(void *)(uintptr_t)slices[i].bytes, slices[i].length};
    ssize_t written;
    do
        written = writev(tap->descriptor, parts, (int)count + 1);
    while (written < 0 && errno == EINTR);
    return written < 0 ? errno : 0;
}

int dobos_tap_write(struct dobos_tap *tap, struct dobos_packet **packets, unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        int error = write_frame(tap, packets[i]);
        if (error == EAGAIN)
            return (int)i;
        if (error == EBADFD || error == EBADF)
            return i > 0 ? (int)i : -DOBOS_EIO;
        if (error == 0) {
            tap->statistics.out_packets++;
            tap->statistics.out_bytes += dobos_packet_length(packets[i]);
        } else {
            tap->statistics.out_dropped++;
        }
        dobos_packet_release(packets[i]);
    }
    return (int)count;
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
