/*
 * dobos/os.h: libdobos-os: what a host needs of Linux: a clock, entropy, memory, a TAP device, and
 * a turn of a loop.
 *
 * libdobos does no I/O. This library does it for the usual case, one host on one TAP device, and is
 * small enough to be replaced by your own. A program that has a loop of its own takes
 * dobos_tap_descriptor() and dobos_next_deadline().
 *
 *     struct dobos_pool_config memory = {.size = sizeof memory, .allocator = dobos_os_allocator()};
 *     struct dobos_tap_config device = {.size = sizeof device, .name = "dobos0", .offload = true};
 *     struct dobos_host_config self = {.size = sizeof self, .name = "me"};
 *     dobos_os_entropy(self.key, sizeof self.key);
 *     if (dobos_pool_create(&memory, &pool) < 0 || dobos_tap_open(&device, pool, &tap) < 0 ||
 *         dobos_host_create(pool, &self, dobos_os_now(), &host) < 0)
 *         return 1;
 *     struct dobos_interface_config eth0 = {.size = sizeof eth0, .name = "eth0", .mac = mac,
 *                                           .offload_checksum = true, .offload_tso = true};
 *     int interface = dobos_interface_add(host, &eth0);
 *     while (dobos_os_turn(host, (uint32_t)interface, tap, DOBOS_NEVER) >= 0)
 *         serve(host); // your own: take the events of its pollers
 */
#ifndef DOBOS_OS_H
#define DOBOS_OS_H

#include <dobos/host.h>
#include <dobos/packet.h>
#include <dobos/services.h>
#include <dobos/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- clock, entropy, memory ---- */

/* Nanoseconds of CLOCK_MONOTONIC: the `now` of every call of libdobos. */
DOBOS_API dobos_time dobos_os_now(void);

/* Fills `bytes` (borrowed) with `length` bytes that nobody can guess (getrandom). 0, or -DOBOS_EIO
   when the kernel has none to give; a host must not be made then. */
DOBOS_API int dobos_os_entropy(void *bytes, size_t length);

/* The allocator of the C library: zeroed memory by calloc(), given back by free(). Constant, valid
 * for ever. */
DOBOS_API const struct dobos_allocator *dobos_os_allocator(void);

/* ---- a DHCP server's leases on disk ---- */

struct dobos_lease_file;

/*
 * Opens the leases in a file (give), made with mode 0600 when there is none; beside it stand
 * PATH.lock, which keeps a second server out, and for moments PATH.new. -DOBOS_EAGAIN (another
 * process has it), -DOBOS_EIO, -DOBOS_ENOMEM, -DOBOS_EINVAL (a path longer than 4000 bytes).
 */
DOBOS_API int dobos_lease_file_open(const char *path, struct dobos_lease_file **file);
/* What dobos_dhcp_server_config.store takes; good until the file is closed, which is after the
 * service has been destroyed. What an append wrote has reached the disk when it returns
 * (fdatasync); what a full disk took a part of is cut off again. */
DOBOS_API struct dobos_lease_store dobos_lease_file_store(struct dobos_lease_file *file);
/* Closes it (take). NULL is allowed. */
DOBOS_API void dobos_lease_file_close(struct dobos_lease_file *file);

/* ---- a TAP device ---- */

struct dobos_tap;

struct dobos_tap_config {
    size_t size; /* sizeof(struct dobos_tap_config) */
    const char *
        name; /* the device's name, 1–15 bytes; made when there is none; NULL: the kernel chooses */
    bool offload; /* the kernel may hand over TCP super-segments and unfinished checksums
                     (interfaces with offload_tso) */
};

struct dobos_tap_statistics {
    uint64_t in_packets, in_bytes;   /* frames read from the device */
    uint64_t out_packets, out_bytes; /* frames the kernel took */
    uint64_t in_dropped;             /* read, but unusable or without memory to hold them */
    uint64_t out_dropped; /* refused by the kernel: the device is down, or the frame is malformed */
};

/*
 * Opens a TAP device of the current network namespace (give). The pool is borrowed for the TAP's
 * life; packets that are read come from it. Making a device needs CAP_NET_ADMIN over the namespace.
 * -DOBOS_EINVAL (size 0, a name too long), -DOBOS_ENOENT (no /dev/net/tun), -DOBOS_EACCES (it may
 * not be opened), -DOBOS_EPERM (no CAP_NET_ADMIN), -DOBOS_ENOMEM, and whatever else the kernel
 * says, negative (EBUSY: somebody has this device).
 */
DOBOS_API int dobos_tap_open(const struct dobos_tap_config *config, struct dobos_pool *pool,
                             struct dobos_tap **tap);
/*
 * The same for a descriptor (take) of /dev/net/tun that somebody else has attached to a TAP device
 * with IFF_TAP, IFF_NO_PI and IFF_VNET_HDR, in a namespace of its own for example. On failure the
 * descriptor stays the caller's. -DOBOS_EINVAL (it is no such descriptor), -DOBOS_ENOMEM.
 */
DOBOS_API int dobos_tap_adopt(int descriptor, struct dobos_pool *pool, struct dobos_tap **tap);
/*
 * Opens an interface that the machine has (a veth, an Ethernet card) in place of a TAP device, by a
 * packet socket (give): every frame that the interface receives is read, whoever it is for, and
 * what is written leaves by it, with offload as the interface has it. The interface stays as it is;
 * the host needs a link address of its own there, so that the kernel's stack leaves its frames
 * alone. TCP over IPv4 may come as super-segments; what else the kernel has gathered (UDP with
 * UDP_SEGMENT) is dropped and counted: where programs send that, `ethtool -K INTERFACE
 * tx-udp-segmentation off` at the sender's end. -DOBOS_EPERM (no CAP_NET_RAW), -DOBOS_ENODEV (no
 * such interface), -DOBOS_ENOMEM, and whatever else the kernel says, negative (EMEDIUMTYPE: it is
 * no Ethernet).
 */
DOBOS_API int dobos_packet_socket_open(const char *interface, struct dobos_pool *pool,
                                       struct dobos_tap **tap);
/* Closes it (take), releases what was not yet written; a device that is not persistent is gone.
 * NULL is allowed. */
DOBOS_API void dobos_tap_close(struct dobos_tap *tap);
/* To wait on: readable when a frame is there. The TAP keeps it; do not close it. */
DOBOS_API int dobos_tap_descriptor(const struct dobos_tap *tap);
/* The device's name, valid until it is closed. */
DOBOS_API const char *dobos_tap_name(const struct dobos_tap *tap);
DOBOS_API void dobos_tap_statistics_read(const struct dobos_tap *tap,
                                         struct dobos_tap_statistics *statistics);

/* Reads up to `room` frames that are there (give); returns how many, 0 when there is none, or
 * -DOBOS_EIO when the device is gone. */
DOBOS_API int dobos_tap_read(struct dobos_tap *tap, struct dobos_packet **packets, unsigned room);
/*
 * Writes frames in order; returns how many it took (take). The rest is still the caller's: wait
 * until the descriptor is writable. A frame that the kernel refuses is taken, released and counted.
 * -DOBOS_EIO when the device is gone (none taken).
 */
DOBOS_API int dobos_tap_write(struct dobos_tap *tap, struct dobos_packet **packets, unsigned count);

/* ---- a loop ---- */

/*
 * One turn: fires timers, writes what the host has to send, waits for a frame, a deadline of the
 * host or `until` (DOBOS_NEVER: as long as it takes; a time in the past: does not wait), and hands
 * over the frames that came. Returns after at most one wait, so that the caller can look at its
 * pollers: the number of frames handed over, or -DOBOS_EIO when the device is gone. A signal ends
 * the wait early, with 0.
 */
DOBOS_API int dobos_os_turn(struct dobos_host *host, uint32_t interface, struct dobos_tap *tap,
                            dobos_time until);

/* Where an interface of a host meets a device. */
struct dobos_os_port {
    uint32_t interface;    /* of the host */
    struct dobos_tap *tap; /* borrowed */
};
/*
 * The same for a host with several ports, 1 to DOBOS_OS_PORTS of them, such as a router: returns
 * after at most one wait the number of frames handed over by all, or -DOBOS_EIO when one of the
 * devices is gone. -DOBOS_EINVAL: too many ports.
 */
#define DOBOS_OS_PORTS 64
DOBOS_API int dobos_os_turn_ports(struct dobos_host *host, const struct dobos_os_port *ports,
                                  unsigned count, dobos_time until);

#ifdef __cplusplus
}
#endif

#endif
