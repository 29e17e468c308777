/*
 * packet: one packet buffer from cable to socket.
 *
 *     | headroom | header bytes (the packet's own) |   slice 0   |   slice 1   | …
 *                                                    shared, immutable payload buffers
 *
 * A packet's bytes are its header bytes followed by its slices. Header bytes are its own and may be
 * written; slices point into counted buffers that nobody writes once a second holder exists.
 * Headers are prepended into the headroom going down; going up nothing is stripped: parsing records
 * offsets, so a dropped packet still carries all its headers. A packet has exactly one owner;
 * passing it on consumes it.
 *
 * A received packet: packet_pull makes its first bytes contiguous header bytes; each parser pulls
 * what it needs.
 */
#ifndef PACKET_PACKET_H
#define PACKET_PACKET_H

#include <dobos/packet.h>

#include "base/allocator.h"
#include "base/checksum.h"
#include "base/list.h"

/* Header bytes and headroom: Ethernet 14 + IPv4 60 + TCP 60, and an ICMP quote of it. */
#define PACKET_HEADER_ROOM 256
/* 64 KiB from 4 KiB buffers, one more at each end. */
#define PACKET_SLICES      18
/* Payloads up to this size are copied out of large buffers when they are kept. */
#define PACKET_WASTE       4 /* a payload may keep buffers of up to so many times its size alive */
#define PACKET_COPY_BYTES  256

struct buffer {
    struct dobos_pool *pool; /* where it goes back to */
    uint32_t references;     /* plain: one thread a pool */
    uint32_t capacity;       /* bytes behind the header */
    struct buffer *next;     /* in the pool's free list */
};
static inline uint8_t *buffer_bytes(struct buffer *buffer) {
    return (uint8_t *)(buffer + 1);
}

struct packet_slice {
    struct buffer *buffer; /* one reference held by the packet */
    uint32_t offset;       /* of the first byte in the buffer */
    uint32_t length;       /* bytes; > 0 */
};

struct dobos_packet {
    struct list_node node;     /* in a packet_queue; owned by whoever owns the packet */
    struct dobos_pool *pool;   /* where it goes back to */
    uint32_t length;           /* of all bytes */
    uint16_t header_start;     /* first header byte in header[] */
    uint16_t header_length;    /* header bytes */
    uint16_t network_offset;   /* where the network header begins, from the packet's first byte; set
                                  by the link layer */
    uint16_t transport_offset; /* where the transport header begins; set by the network layer */
    uint16_t payload_offset;   /* where transport's payload begins; set by transport */
    uint16_t looped_at;   /* a copy of what left at that interface, to come in there; 0: none */
    uint8_t slice_count;  /* used entries of slices[] */
    bool link_broadcast;  /* the frame was to a group address (RFC 1122 §3.3.6) */
    uint8_t band;         /* 0–2: pfifo_fast's band, from the TOS */
    uint8_t ecn;          /* enum ecn: with what a segment is to be sent; set by transport */
    uint64_t number;      /* in the whole network, for who explains traffic; 0: none */
    uint64_t cause;       /* number of the packet that it answers or reports; 0: none */
    dobos_time queued_at; /* when fq_codel took it; set there */
    struct dobos_offload offload; /* what is left to do; counts from the packet's first byte */
    struct packet_slice slices[PACKET_SLICES]; /* the first slice_count of them */
    uint8_t header[PACKET_HEADER_ROOM];        /* header bytes from header_start on */
};

/* A queue of packets that owns them. A packet's length does not change while it is in one. */
struct packet_queue {
    struct list list; /* of dobos_packet.node */
    uint32_t packets; /* how many */
    size_t bytes;     /* their lengths together */
};
void packet_queue_init(struct packet_queue *queue);
void packet_queue_append(struct packet_queue *queue, struct dobos_packet *packet); /* takes */
struct dobos_packet *packet_queue_take(struct packet_queue *queue); /* gives the first, or NULL */
struct dobos_packet *packet_queue_first(const struct packet_queue *queue); /* borrowed, or NULL */
void packet_queue_clear(struct packet_queue *queue);                       /* releases all */

/* The pool's allocator, through which everything of its hosts goes. */
struct allocator *pool_allocator(struct dobos_pool *pool);

/* An empty packet (give) whose headroom is `headroom` bytes (≤ PACKET_HEADER_ROOM); NULL. */
struct dobos_packet *packet_create(struct dobos_pool *pool, size_t headroom);
/* Room for `n` bytes in front of the packet, to be written by the caller; NULL when the headroom is
 * too small. What counts from the first byte moves along: the three offsets, and in `offload`
 * checksum_start (where a checksum is left to do) and header_length (where gso is set). */
uint8_t *packet_prepend(struct dobos_packet *packet, size_t n);
/* Room for `n` more header bytes behind the header bytes there are; only while there are no slices;
 * NULL when there is none. */
uint8_t *packet_append(struct dobos_packet *packet, size_t n);
/* Adds a slice, with a reference of its own. False: no entry free, or length 0. */
bool packet_add_slice(struct dobos_packet *packet, struct buffer *buffer, uint32_t offset,
                      uint32_t length);
/* Makes the first n bytes contiguous header bytes and returns them, or NULL: the packet is shorter,
 * or n > PACKET_HEADER_ROOM. The header bytes may move: pointers taken before are stale. */
uint8_t *packet_pull(struct dobos_packet *packet, size_t n);
/* Takes n bytes off the front or cuts the packet to n bytes; n ≤ length. Recorded offsets move
 * along with the front. */
void packet_trim_front(struct dobos_packet *packet, size_t n);
void packet_trim_to(struct dobos_packet *packet, size_t n);
/* Appends the bytes [offset, offset + length) of `from` to `to` as shared slices (header bytes are
 * copied into a new buffer). False: no memory or no entries; `to` is unchanged in length. */
bool packet_share(struct dobos_packet *to, const struct dobos_packet *from, size_t offset,
                  size_t length);
/* Appends a copy of bytes as a new buffer's slice. False: no memory or no entry. */
bool packet_append_bytes(struct dobos_packet *packet, const void *bytes, size_t length);
/* The sum (base/checksum.h) of the bytes from `offset` on, `length` of them. */
uint32_t packet_sum(const struct dobos_packet *packet, size_t offset, size_t length);
/* Overwrites bytes; what is shared is copied first. False: no memory. (Impairments, finished
 * checksums of payload never need it.) */
bool packet_write(struct dobos_packet *packet, size_t offset, const void *bytes, size_t length);
/* Finishes a checksum that offload says is left (NEEDS_CHECKSUM), and clears the flag. UDP's zero
 * becomes 0xffff when checksum_offset is 6 (RFC 768). */
void packet_finish_checksum(struct dobos_packet *packet);
/* What keeping this packet costs its holder, in bytes: the packet and the whole of its buffers. */
size_t packet_cost(const struct dobos_packet *packet);
/* Makes a packet cheap to keep: payload that keeps buffers of more than PACKET_WASTE times its size
 * moves to a buffer of its own. False: no memory (it stays dear). */
bool packet_compact(struct dobos_packet *packet);

/* A buffer (give, one reference) with room for at least `capacity` bytes; NULL. */
struct buffer *buffer_create(struct dobos_pool *pool, size_t capacity);
struct buffer *buffer_hold(struct buffer *buffer);
void buffer_release(struct buffer *buffer);

/* What an ICMP error quotes of a packet we sent: the value that crosses from network to transport.
 */
struct quote {
    struct dobos_address source, destination; /* of the quoted packet */
    uint8_t protocol;                         /* of the quoted packet */
    uint8_t type, code;                       /* of the ICMP error */
    uint32_t mtu;                             /* next hop's MTU of type 3 code 4; else 0 */
    uint32_t path_mtu;     /* of type 3 code 4: what it means for the path (network/path_mtu.h); 0:
                              nothing, it cannot be true */
    bool path_is_locked;   /* a link is narrower than path_mtu: only fragments pass */
    uint16_t total_length; /* of the quoted packet, bytes, as its header says */
    struct dobos_address from; /* who sent the ICMP error */
    uint8_t bytes[64];         /* first bytes of the quoted transport header and payload */
    uint8_t length;            /* how many of them there are; at least 8 */
};

#endif
