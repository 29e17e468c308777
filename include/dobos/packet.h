/*
 * dobos/packet.h: the pool, and packets as they pass a port.
 *
 * A pool holds the memory of the packets and buffers of all hosts that one thread drives. It
 * outlives them. Packets are handed over, never shared: who passes one on no longer has it ("send
 * consumes").
 *
 *     struct dobos_packet *packet = dobos_packet_from_bytes(pool, frame, length, NULL);
 *     if (packet) dobos_input(host, interface, &packet, 1, now);
 */
#ifndef DOBOS_PACKET_H
#define DOBOS_PACKET_H

#include <dobos/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct dobos_pool;
struct dobos_packet;

/* The largest packet, link header included. */
#define DOBOS_PACKET_MAX_BYTES 65600
/* How many packets a burst has at most. */
#define DOBOS_BURST_PACKETS    64

enum dobos_offload_flags {
    DOBOS_OFFLOAD_NEEDS_CHECKSUM =
        1, /* the checksum field holds the pseudo-header's sum; the rest is to be added */
    DOBOS_OFFLOAD_DATA_VALID = 2, /* somebody has verified the checksum already */
    DOBOS_OFFLOAD_FIRST_CWR = 4,  /* where gso is set: CWR is of the first segment alone */
};

enum dobos_offload_gso {
    DOBOS_GSO_NONE = 0,
    DOBOS_GSO_TCPV4 = 1,
};

/* What is left to do on a packet, with the meaning of virtio-net's header (virtio 1.2 §5.1.6). All
 * zero: nothing. */
struct dobos_offload {
    uint8_t flags;            /* enum dobos_offload_flags */
    uint8_t gso;              /* enum dobos_offload_gso */
    uint16_t header_length;   /* bytes of link, network and transport headers, where gso is set */
    uint16_t gso_bytes;       /* payload bytes of each segment, where gso is set */
    uint16_t checksum_start;  /* where the checksum's range begins, from the packet's first byte */
    uint16_t checksum_offset; /* where the checksum stands, from checksum_start */
};

/* One piece of a packet's bytes; valid until the packet is released or passed on. */
struct dobos_slice {
    const void *bytes;
    size_t length;
};

struct dobos_pool_config {
    size_t size; /* sizeof(struct dobos_pool_config) */
    const struct dobos_allocator
        *allocator;     /* copied; its context is borrowed for the pool's life */
    size_t limit_bytes; /* packets and buffers together; 0: 1 GiB */
};

struct dobos_pool_statistics {
    uint64_t allocations; /* successful calls of the allocator by this pool, for itself and for its
                             hosts */
    uint64_t frees;       /* memory given back */
    uint64_t failures;    /* calls that found none, or the limit */
    size_t bytes;         /* held from the allocator now */
    size_t packets;       /* packets alive */
    size_t kept;          /* of `bytes`: what was freed and is kept for use again */
};

/* Makes a pool (give). -DOBOS_EINVAL for a configuration without an allocator or with a size of 0;
 * -DOBOS_ENOMEM. */
DOBOS_API int dobos_pool_create(const struct dobos_pool_config *config, struct dobos_pool **pool);
/* Ends a pool, after all its hosts and packets. NULL is allowed. */
DOBOS_API void dobos_pool_destroy(struct dobos_pool *pool);
DOBOS_API void dobos_pool_statistics_read(const struct dobos_pool *pool,
                                          struct dobos_pool_statistics *statistics);

/* Zeroed memory (give) from the pool's allocator, for what is built on its hosts; NULL. `site`
 * names the place. */
DOBOS_API void *dobos_pool_allocate(struct dobos_pool *pool, size_t bytes, const char *site);
/* Takes it back; `bytes` as asked for. NULL is allowed. */
DOBOS_API void dobos_pool_free(struct dobos_pool *pool, void *memory, size_t bytes);

/*
 * Makes a packet (give) that holds a copy of `length` bytes (1 to DOBOS_PACKET_MAX_BYTES), as a
 * frame on the link has them. `offload` is copied; NULL: nothing is left to do. NULL when there is
 * no memory or the length is out of range.
 */
DOBOS_API struct dobos_packet *dobos_packet_from_bytes(struct dobos_pool *pool, const void *bytes,
                                                       size_t length,
                                                       const struct dobos_offload *offload);
/* A piece of memory to be written. */
struct dobos_room {
    void *bytes;
    size_t length;
};
/*
 * Makes a packet (give) to be read into without another copy: the frame's bytes go first into
 * rooms[0], then into rooms[1], as by readv(); together they hold DOBOS_PACKET_MAX_BYTES. The 16
 * bytes in front of rooms[0].bytes may be written, too, by whoever reads a header there. Nothing
 * but dobos_packet_fill, once, and dobos_packet_release may be done with it before it is filled.
 * NULL when there is no memory.
 */
DOBOS_API struct dobos_packet *dobos_packet_blank(struct dobos_pool *pool,
                                                  struct dobos_room rooms[2]);
/* Says that `length` bytes (1 to DOBOS_PACKET_MAX_BYTES) have been written there; `offload` as in
 * dobos_packet_from_bytes. False: the length is out of range, and the packet is only good to be
 * released. */
DOBOS_API bool dobos_packet_fill(struct dobos_packet *packet, size_t length,
                                 const struct dobos_offload *offload);
/* Another packet (give) with the same bytes; payload is shared, headers are copied. NULL when there
 * is no memory. */
DOBOS_API struct dobos_packet *dobos_packet_clone(const struct dobos_packet *packet);
/* Takes the packet. NULL is allowed. */
DOBOS_API void dobos_packet_release(struct dobos_packet *packet);
DOBOS_API size_t dobos_packet_length(const struct dobos_packet *packet);
DOBOS_API const struct dobos_offload *dobos_packet_offload(const struct dobos_packet *packet);
/* The pieces in order, for a vectored write; returns how many there are (more than `room`: call
 * again with more). */
DOBOS_API size_t dobos_packet_slices(const struct dobos_packet *packet, struct dobos_slice *slices,
                                     size_t room);
/* Copies up to `room` bytes from `offset` on; returns how many. */
DOBOS_API size_t dobos_packet_read(const struct dobos_packet *packet, size_t offset, void *bytes,
                                   size_t room);

/*
 * A packet's number in the whole network, by which it is known again at the next hop
 * (dobos/fate.h): clones, fragments and segments have that of what they were made of, a forwarded
 * packet keeps it, and a datagram put together has that of its first fragment. 0: it has none yet;
 * what a host sends of its own has none until the driver gives it one.
 */
DOBOS_API uint64_t dobos_packet_number(const struct dobos_packet *packet);
DOBOS_API void dobos_packet_number_set(struct dobos_packet *packet, uint64_t number);
/* The number of the packet that this one answers (an echo, an ARP request) or reports (an ICMP
 * error, a reset); 0: none, or not known. */
DOBOS_API uint64_t dobos_packet_cause(const struct dobos_packet *packet);

#ifdef __cplusplus
}
#endif

#endif
