/*
 * descriptors: sockets and epolls by the number that a program knows them by. Each number is that
 * of a real descriptor, an eventfd that nothing is done with: so no other file of the process can
 * have it, and a program may close it with libc's close.
 */
#ifndef DOBOS_PACKETDRILL_DESCRIPTORS_H
#define DOBOS_PACKETDRILL_DESCRIPTORS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <dobos/socket.h>

/* What an epoll watches. */
struct watch {
    struct watch *next;       /* the one added before it */
    int fd;                   /* of the socket */
    struct epoll_event event; /* as given */
    uint32_t told;            /* events that were reported and have held since (EPOLLET) */
    uint64_t mark;            /* what had arrived then */
    bool is_spent;            /* EPOLLONESHOT, reported */
};

struct descriptor {
    struct descriptor *next;      /* the one made before it */
    int fd;                       /* its number */
    struct dobos_socket *socket;  /* owned; NULL: an epoll */
    struct watch *watches;        /* of an epoll */
    int domain, type, protocol;   /* of a socket, as it was made; type without flags */
    bool is_nonblocking;          /* O_NONBLOCK */
    bool is_connecting;           /* connect was begun and nobody has heard the end */
    bool was_connected;           /* it has, or had, a peer */
    bool tells_queue;             /* TCP_INQ */
    uint32_t low_water;           /* TCP_NOTSENT_LOWAT: bytes; 0: low_water_default */
    uint32_t low_water_default;   /* as the flags say; 0: as many as there is room for */
    bool reuses_address;          /* SO_REUSEADDR */
    bool lingers;                 /* SO_LINGER */
    int linger_s;                 /* its time */
    bool is_shut_in, is_shut_out; /* shutdown was called */
    int64_t receive_timeout_ns;   /* SO_RCVTIMEO; 0: none */
    int64_t send_timeout_ns;      /* SO_SNDTIMEO; 0: none */
    int send_buffer;              /* SO_SNDBUF as it is read; 0: never set */
    int receive_buffer;           /* SO_RCVBUF likewise */
};

struct descriptors {
    struct descriptor *first; /* the newest; NULL: none */
};

/* A descriptor (give) for `socket` (take; NULL: an epoll), or NULL with errno. */
struct descriptor *descriptor_add(struct descriptors *descriptors, struct dobos_socket *socket);
/* NULL: the number is none of these. */
struct descriptor *descriptor_find(const struct descriptors *descriptors, int fd);
/* Ends it: the socket is closed, or reset where it lingers for no time. */
void descriptor_remove(struct descriptors *descriptors, struct descriptor *descriptor);
/* Ends all, sockets by a reset. */
void descriptors_fini(struct descriptors *descriptors);

#endif
