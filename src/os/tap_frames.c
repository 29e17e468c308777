/*
 * tap_frames: frames between packets of libdobos and the kernel, each with a virtio-net header in
 * front (vnet_header.h), so that checksums and segmentation can be left to whoever comes next.
 * Frames are up to 64 KiB. They are read straight into packets: into blank ones that are kept ready
 * for them. A TAP device takes one system call a frame; a packet socket one for many.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <dobos/os.h>

#include "os/tap_device.h"

/* Of what is written before it is read, and too large to be cleared for each burst. */
#define UNINITIALIZED __attribute__((uninitialized))

#define SLICES      20 /* more than a packet has */
#define FIRST_BURST 4  /* frames that a quiet socket is asked for */

/* Keeps `count` blanks ready, or as many as there is memory for; returns how many there are. */
static unsigned blanks_make(struct dobos_tap *tap, unsigned count) {
    while (tap->blank_count < count) {
        struct tap_blank *blank = &tap->blanks[tap->blank_count];
        blank->packet = dobos_packet_blank(tap->pool, blank->rooms);
        if (blank->packet == NULL)
            break;
        tap->blank_count++;
    }
    return tap->blank_count < count ? tap->blank_count : count;
}

static uint8_t *blank_header(const struct tap_blank *blank) {
    return (uint8_t *)blank->rooms[0].bytes - VNET_HEADER_BYTES;
}

#define PARTS 2 /* of a read */

static void blank_parts(const struct tap_blank *blank, struct iovec parts[PARTS]) {
    parts[0] = (struct iovec){blank_header(blank), VNET_HEADER_BYTES + blank->rooms[0].length};
    parts[1] = (struct iovec){blank->rooms[1].bytes, blank->rooms[1].length};
}

/* The last blank, of which `got` bytes were read, header included, becomes a packet (give), or
 * NULL, counted. */
static struct dobos_packet *blank_take(struct dobos_tap *tap, size_t got) {
    struct tap_blank *blank = &tap->blanks[--tap->blank_count];
    struct dobos_offload offload;
    const size_t length = got < VNET_HEADER_BYTES ? 0 : got - VNET_HEADER_BYTES;
    if (!vnet_header_parse(blank_header(blank), length, &offload) ||
        !dobos_packet_fill(blank->packet, length, &offload)) {
        tap->statistics.in_dropped++;
        dobos_packet_release(blank->packet);
        return NULL;
    }
    tap->statistics.in_packets++;
    tap->statistics.in_bytes += length;
    return blank->packet;
}

/* Of a packet socket ENETDOWN says that its interface is down, and may come up again. */
static bool is_empty(int error) {
    return error == EAGAIN || error == ENETDOWN;
}

/* Without memory for a packet a frame is lost. False: there was none. */
static bool discard(struct dobos_tap *tap) {
    uint8_t header[VNET_HEADER_BYTES];
    if (read(tap->descriptor, header, sizeof header) < 0)
        return false;
    tap->statistics.in_dropped++;
    return true;
}

static int read_device(struct dobos_tap *tap, struct dobos_packet **packets, unsigned room) {
    unsigned count = 0;
    while (count < room) {
        struct iovec parts[PARTS];
        if (blanks_make(tap, 1) == 0) {
            if (!discard(tap))
                break;
            continue;
        }
        blank_parts(&tap->blanks[tap->blank_count - 1], parts);
        ssize_t got = readv(tap->descriptor, parts, PARTS);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && is_empty(errno))
            break;
        if (got < 0)
            return count > 0 ? (int)count : -DOBOS_EIO;
        packets[count] = blank_take(tap, (size_t)got);
        count += packets[count] != NULL;
    }
    return (int)count;
}

/* Reads a burst; the number of frames, or the negative of an errno. */
static int receive_burst(struct dobos_tap *tap, unsigned want, struct mmsghdr *messages) {
    UNINITIALIZED struct iovec parts[DOBOS_BURST_PACKETS][PARTS];
    for (unsigned i = 0; i < want; i++) {
        blank_parts(&tap->blanks[tap->blank_count - 1 - i], parts[i]);
        messages[i] = (struct mmsghdr){.msg_hdr = {.msg_iov = parts[i], .msg_iovlen = PARTS}};
    }
    int got;
    do
        got = recvmmsg(tap->descriptor, messages, want, MSG_DONTWAIT, NULL);
    while (got < 0 && errno == EINTR);
    return got < 0 ? -errno : got;
}

static int read_socket(struct dobos_tap *tap, struct dobos_packet **packets, unsigned room) {
    UNINITIALIZED struct mmsghdr messages[DOBOS_BURST_PACKETS];
    unsigned count = 0;
    if (tap->burst == 0)
        tap->burst = FIRST_BURST;
    unsigned want = blanks_make(tap, tap->burst < room ? tap->burst : room);
    if (want == 0) {
        (void)discard(tap);
        return 0;
    }
    int got = receive_burst(tap, want, messages);
    if (got < 0)
        return is_empty(-got) ? 0 : -DOBOS_EIO;
    if ((unsigned)got == want && tap->burst < DOBOS_BURST_PACKETS)
        tap->burst *= 2;
    for (int i = 0; i < got; i++) {
        packets[count] = blank_take(tap, messages[i].msg_len);
        count += packets[count] != NULL;
    }
    return (int)count;
}

int dobos_tap_read(struct dobos_tap *tap, struct dobos_packet **packets, unsigned room) {
    if (tap->is_socket)
        return read_socket(tap, packets, room < DOBOS_BURST_PACKETS ? room : DOBOS_BURST_PACKETS);
    return read_device(tap, packets, room);
}

#define FIRST_BYTES 256 /* a first piece up to this is copied behind its header: one part less */

/* A frame on its way into the kernel. */
struct outgoing {
    uint8_t first[VNET_HEADER_BYTES + FIRST_BYTES]; /* the header, and a small first piece */
    struct iovec parts[SLICES + 1];                 /* those, then the others */
};

/* How many parts there are; 0: too many. */
static size_t outgoing_make(struct outgoing *outgoing, const struct dobos_packet *packet) {
    UNINITIALIZED struct dobos_slice slices[SLICES];
    size_t count = dobos_packet_slices(packet, slices, SLICES), copied = 0, parts = 1;
    if (count == 0 || count > SLICES)
        return 0;
    vnet_header_emit(dobos_packet_offload(packet), outgoing->first);
    if (slices[0].length <= FIRST_BYTES) {
        memcpy(outgoing->first + VNET_HEADER_BYTES, slices[0].bytes, slices[0].length);
        copied = slices[0].length;
    }
    outgoing->parts[0] = (struct iovec){outgoing->first, VNET_HEADER_BYTES + copied};
    for (size_t i = copied > 0; i < count; i++)
        outgoing->parts[parts++] =
            (struct iovec){(void *)(uintptr_t)slices[i].bytes, slices[i].length};
    return parts;
}

/* Writes one frame. 0: taken by the kernel; otherwise the errno. */
static int write_frame(struct dobos_tap *tap, const struct dobos_packet *packet) {
    struct outgoing outgoing;
    size_t count = outgoing_make(&outgoing, packet);
    if (count == 0)
        return EMSGSIZE;
    ssize_t written;
    do
        written = writev(tap->descriptor, outgoing.parts, (int)count);
    while (written < 0 && errno == EINTR);
    return written < 0 ? errno : 0;
}

/* The kernel has taken a frame, or has refused it for good; the packet (take) is counted. */
static void packet_written(struct dobos_tap *tap, struct dobos_packet *packet, int error) {
    if (error == 0) {
        tap->statistics.out_packets++;
        tap->statistics.out_bytes += dobos_packet_length(packet);
    } else {
        tap->statistics.out_dropped++;
    }
    dobos_packet_release(packet);
}

/* Whether the device is gone. */
static bool is_gone(int error) {
    return error == EBADFD || error == EBADF;
}

static int write_device(struct dobos_tap *tap, struct dobos_packet **packets, unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        int error = write_frame(tap, packets[i]);
        if (error == EAGAIN)
            return (int)i;
        if (is_gone(error))
            return i > 0 ? (int)i : -DOBOS_EIO;
        packet_written(tap, packets[i], error);
    }
    return (int)count;
}

#define SEND_BURST \
    16 /* frames a system call writes into a socket: their parts stand on the stack */

/* Writes the first frames of a burst: how many the kernel took, or the negative of the errno of the
 * first. */
static int send_burst(struct dobos_tap *tap, struct dobos_packet **packets, unsigned count) {
    UNINITIALIZED struct outgoing outgoing[SEND_BURST];
    UNINITIALIZED struct mmsghdr messages[SEND_BURST];
    unsigned made = 0;
    while (made < count && made < SEND_BURST) {
        size_t parts = outgoing_make(&outgoing[made], packets[made]);
        if (parts == 0)
            break;
        messages[made] =
            (struct mmsghdr){.msg_hdr = {.msg_iov = outgoing[made].parts, .msg_iovlen = parts}};
        made++;
    }
    if (made == 0)
        return -EMSGSIZE;
    int sent;
    do
        sent = sendmmsg(tap->descriptor, messages, made, MSG_DONTWAIT);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : sent;
}

/* ENOBUFS: the interface's own queue is full, and the frame is lost as on any wire. */
static int write_socket(struct dobos_tap *tap, struct dobos_packet **packets, unsigned count) {
    unsigned done = 0;
    while (done < count) {
        int sent = send_burst(tap, packets + done, count - done);
        if (sent == -EAGAIN)
            break;
        if (sent < 0 && is_gone(-sent))
            return done > 0 ? (int)done : -DOBOS_EIO;
        if (sent < 0) {
            packet_written(tap, packets[done++], -sent);
            continue;
        }
        for (int i = 0; i < sent; i++)
            packet_written(tap, packets[done++], 0);
    }
    return (int)done;
}

int dobos_tap_write(struct dobos_tap *tap, struct dobos_packet **packets, unsigned count) {
    return tap->is_socket ? write_socket(tap, packets, count) : write_device(tap, packets, count);
}
