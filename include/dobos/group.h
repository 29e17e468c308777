/*
 * dobos/group.h: multicast (RFC 1112, RFC 3376, with the names of RFC 3678): which groups a UDP
 * socket listens to, where, and from whom.
 *
 * A datagram to a group reaches the socket that has its port (or is bound to the group itself), if
 * that socket has joined the group on the interface where the datagram comes in:
 *
 *     struct dobos_address group = dobos_address_ipv4(0xef010203);           239.1.2.3
 *     dobos_bind(socket, &(struct dobos_endpoint){.address = group, .port = 5000});
 *     dobos_group_join(socket, 0, &group);
 *
 * Joining tells the routers of the link, by IGMP of the version that they speak. A closed socket
 * has left all its groups. What is sent to a group leaves by one interface and goes no further than
 * this link unless DOBOS_OPTION_MULTICAST_TTL says more; a copy comes back to this host's own
 * listeners there unless DOBOS_OPTION_MULTICAST_LOOP is 0. A router of dobos forwards no multicast.
 */
#ifndef DOBOS_GROUP_H
#define DOBOS_GROUP_H

#include <dobos/address.h>
#include <dobos/errors.h>
#include <dobos/host.h>
#include <dobos/socket.h>
#include <dobos/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define DOBOS_GROUPS        20 /* groups a socket, each interface counted */
#define DOBOS_GROUP_SOURCES 32 /* sources a group and socket */

/*
 * For all of these: `interface` is an index of 2 or more; 0: DOBOS_OPTION_MULTICAST_INTERFACE, or
 * the first. -DOBOS_EOPNOTSUPP (no UDP socket), -DOBOS_ENODEV, -DOBOS_EINVAL (no group's address,
 * no source's, lo; or a call of the other kind on the same group: blocking and joining sources
 * exclude each other), -DOBOS_ENOBUFS (a limit, also: 256 groups an interface), -DOBOS_ENOMEM.
 */

/* All sources of a group. -DOBOS_EADDRINUSE: joined already. */
DOBOS_API int dobos_group_join(struct dobos_socket *socket, uint32_t interface,
                               const struct dobos_address *group);
/* Ends all of a group. -DOBOS_EADDRNOTAVAIL: not joined. */
DOBOS_API int dobos_group_leave(struct dobos_socket *socket, uint32_t interface,
                                const struct dobos_address *group);
/* Not from that source, of a group that was joined as a whole; and again from it.
 * -DOBOS_EADDRNOTAVAIL: not joined, blocked already, or not blocked. */
DOBOS_API int dobos_group_block(struct dobos_socket *socket, uint32_t interface,
                                const struct dobos_address *group,
                                const struct dobos_address *source);
DOBOS_API int dobos_group_unblock(struct dobos_socket *socket, uint32_t interface,
                                  const struct dobos_address *group,
                                  const struct dobos_address *source);
/* Only from that source, and others joined so; the last to leave ends the group.
 * -DOBOS_EADDRNOTAVAIL: joined already, or not joined. */
DOBOS_API int dobos_group_join_source(struct dobos_socket *socket, uint32_t interface,
                                      const struct dobos_address *group,
                                      const struct dobos_address *source);
DOBOS_API int dobos_group_leave_source(struct dobos_socket *socket, uint32_t interface,
                                       const struct dobos_address *group,
                                       const struct dobos_address *source);

/* What an interface listens to. */
struct dobos_group_info {
    struct dobos_address group; /* which */
    struct dobos_mac mac;       /* the link address of its frames (RFC 1112 §6.4) */
    uint32_t users;             /* sockets that have joined it there */
    bool exclude;               /* the sources are those that are not wanted, by any */
    uint32_t source_count;      /* of them */
};
/* The nth group of an interface from 0: 224.0.0.1 first, which every host has joined, then in order
 * of joining. -DOBOS_ENODEV, -DOBOS_ENOENT behind the last. */
DOBOS_API int dobos_group_read(const struct dobos_host *host, uint32_t interface, uint32_t nth,
                               struct dobos_group_info *info);
/* The nth source of a group in it, from 0; -DOBOS_ENOENT behind the last. */
DOBOS_API int dobos_group_source_read(const struct dobos_host *host, uint32_t interface,
                                      const struct dobos_address *group, uint32_t nth,
                                      struct dobos_address *source);

#ifdef __cplusplus
}
#endif

#endif
