/*
 * tap_device: what the loops and the namespace need of tap.c beside dobos/os.h: the bare descriptor
 * of a TAP device, for the process that makes it inside a namespace and passes it on, and an
 * outbox.
 */
#ifndef OS_TAP_DEVICE_H
#define OS_TAP_DEVICE_H

#include <dobos/os.h>

#include "os/vnet_header.h"

/* A packet that the next frame is read into. */
struct tap_blank {
    struct dobos_packet *packet; /* not filled yet; owned */
    struct dobos_room rooms[2];  /* its bytes; in front of them the header of each read */
};

struct dobos_tap {
    int descriptor;                               /* non-blocking */
    bool is_socket;                               /* a packet socket; else of /dev/net/tun */
    char name[DOBOS_NAME_BYTES];                  /* the device's */
    struct dobos_pool *pool;                      /* borrowed */
    struct dobos_tap_statistics statistics;       /* since it was opened */
    struct tap_blank blanks[DOBOS_BURST_PACKETS]; /* the first blank_count of them */
    unsigned blank_count;                         /* see above */
    unsigned burst; /* how many frames the next read of a socket asks for; grows with traffic */
    struct dobos_packet *waiting[DOBOS_BURST_PACKETS]; /* of tap_queue: the kernel had no room */
    unsigned waiting_count;                            /* how many of them */
};

/* A non-blocking descriptor (give) of the TAP device `name` (made when there is none; NULL: the
   kernel chooses) with vnet headers, or the negative of an errno: ENOENT, EACCES of /dev/net/tun
   itself, EPERM of making the device. */
int tap_device_open(const char *name, bool offload);

/* A TAP of a non-blocking descriptor (take) that reads and writes as a TAP device with vnet headers
 * does: a packet socket (packet_socket.h), for example. 0, or -DOBOS_ENOMEM: the descriptor stays
 * the caller's. */
int tap_wrap(int descriptor, const char *name, struct dobos_pool *pool, struct dobos_tap **tap);

/*
 * For loops: writes `count` (≤ DOBOS_BURST_PACKETS) frames (take, all of them); what the kernel has
 * no room for waits in the TAP until tap_flush. Not to be called while tap_is_waiting. 0, or
 * -DOBOS_EIO when the device is gone.
 */
int tap_queue(struct dobos_tap *tap, struct dobos_packet **packets, unsigned count);
int tap_flush(struct dobos_tap *tap);
bool tap_is_waiting(const struct dobos_tap *tap);

#endif
