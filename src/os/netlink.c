/*
 * netlink: see netlink.h. One request at a time, each with an acknowledgement, so that an error
 * names what the kernel refused. IPv6 link-local addresses are not made: the network has no IPv6
 * yet, and router solicitations would only be noise.
 */
#include "os/netlink.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "os/lab_clock.h"

#define REQUEST_BYTES 1024
#define OPERSTATE_UP  6    /* IF_OPER_UP, whose header and <net/if.h> refuse each other */
#define QUEUE_PACKETS 1000 /* what pfifo_fast has on an Ethernet */

/* Sends a request and waits for its acknowledgement. 0 or the errno. */
static int ask(struct nlmsghdr *request) {
    char answer[REQUEST_BYTES * 4];
    struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
    if (socket == NULL)
        return errno;
    int result = -1;
    request->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
    request->nlmsg_seq = 1;
    if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) == 0 &&
        mnl_socket_sendto(socket, request, request->nlmsg_len) >= 0) {
        ssize_t length = mnl_socket_recvfrom(socket, answer, sizeof answer);
        if (length >= 0)
            result =
                mnl_cb_run(answer, (size_t)length, 1, mnl_socket_get_portid(socket), NULL, NULL);
    }
    int error = result < 0 ? errno : 0;
    (void)mnl_socket_close(socket);
    return error;
}

/* Begins a request of `type` whose fixed part is `extra` bytes, zeroed. */
static struct nlmsghdr *begin(char *room, uint16_t type, uint16_t flags) {
    memset(room, 0, REQUEST_BYTES);
    struct nlmsghdr *request = mnl_nlmsg_put_header(room);
    request->nlmsg_type = type;
    request->nlmsg_flags = flags;
    return request;
}

static struct nlmsghdr *begin_link(char *room, unsigned index, unsigned flags) {
    struct nlmsghdr *request = begin(room, RTM_NEWLINK, 0);
    struct ifinfomsg *link = mnl_nlmsg_put_extra_header(request, sizeof *link);
    link->ifi_family = AF_UNSPEC;
    link->ifi_index = (int)index;
    link->ifi_change = flags;
    link->ifi_flags = flags;
    return request;
}

int netlink_loopback_up(struct failure *failure) {
    _Alignas(struct nlmsghdr) char room[REQUEST_BYTES];
    int error = ask(begin_link(room, 1, IFF_UP));
    if (error != 0)
        return failure_set(failure, "cannot set lo up: %s", strerror(error));
    return 0;
}

/* The device's hardware: MAC, MTU, queue; no IPv6 address of its own making. */
static int link_set(unsigned index, const struct lab_outside *outside, struct failure *failure) {
    _Alignas(struct nlmsghdr) char room[REQUEST_BYTES];
    struct nlmsghdr *request = begin_link(room, index, 0);
    mnl_attr_put(request, IFLA_ADDRESS, sizeof outside->mac.bytes, outside->mac.bytes);
    mnl_attr_put_u32(request, IFLA_MTU, outside->mtu);
    mnl_attr_put_u32(request, IFLA_TXQLEN, QUEUE_PACKETS);
    mnl_attr_put_u8(request, IFLA_OPERSTATE, OPERSTATE_UP); /* a TAP says nothing of its own */
    int error = ask(request);
    if (error != 0)
        return failure_set(failure, "cannot set MAC and MTU %u of %s: %s", outside->mtu,
                           outside->interface, strerror(error));
    request = begin_link(room, index, 0);
    struct nlattr *families = mnl_attr_nest_start(request, IFLA_AF_SPEC);
    struct nlattr *ipv6 = mnl_attr_nest_start(request, AF_INET6);
    mnl_attr_put_u8(request, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
    mnl_attr_nest_end(request, ipv6);
    mnl_attr_nest_end(request, families);
    (void)ask(request); /* a kernel without IPv6 refuses it, and needs it not */
    return 0;
}

static int link_up(unsigned index, const struct lab_outside *outside, struct failure *failure) {
    _Alignas(struct nlmsghdr) char room[REQUEST_BYTES];
    int error = ask(begin_link(room, index, IFF_UP));
    if (error != 0)
        return failure_set(failure, "cannot set %s up: %s", outside->interface, strerror(error));
    return 0;
}

/* The four bytes of an IPv4 address, in network order. */
static const uint8_t *ipv4_bytes(const struct dobos_address *address) {
    return address->bytes + 12;
}

/* The subnet's broadcast address, of a prefix shorter than 31. */
static struct dobos_address broadcast_of(const struct dobos_prefix *prefix) {
    uint32_t hosts = UINT32_MAX >> prefix->length;
    return dobos_address_ipv4(dobos_address_ipv4_number(&prefix->address) | hosts);
}

/* A lifetime in seconds as the kernel counts it, up to a time of the network. */
static uint32_t seconds_until(dobos_time end) {
    if (end == DOBOS_NEVER)
        return UINT32_MAX;
    dobos_time left = (end - lab_clock_now()) / DOBOS_SECOND;
    if (left < 1)
        return 1;
    return left < UINT32_MAX ? (uint32_t)left : UINT32_MAX - 1;
}

static struct nlmsghdr *begin_address(char *room, uint16_t type, uint16_t flags, unsigned index,
                                      const struct dobos_interface_address *address) {
    struct nlmsghdr *request = begin(room, type, flags);
    struct ifaddrmsg *fixed = mnl_nlmsg_put_extra_header(request, sizeof *fixed);
    fixed->ifa_family = AF_INET;
    fixed->ifa_prefixlen = address->prefix.length;
    fixed->ifa_index = index;
    mnl_attr_put(request, IFA_LOCAL, 4, ipv4_bytes(&address->prefix.address));
    mnl_attr_put(request, IFA_ADDRESS, 4, ipv4_bytes(&address->prefix.address));
    return request;
}

/* Adds it, or gives the one that is there its new lifetimes. */
static int address_add(unsigned index, const struct dobos_interface_address *address,
                       struct failure *failure) {
    _Alignas(struct nlmsghdr) char room[REQUEST_BYTES];
    struct nlmsghdr *request =
        begin_address(room, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, index, address);
    if (address->prefix.length < 31) {
        struct dobos_address broadcast = broadcast_of(&address->prefix);
        mnl_attr_put(request, IFA_BROADCAST, 4, ipv4_bytes(&broadcast));
    }
    struct ifa_cacheinfo life = {.ifa_prefered = seconds_until(address->preferred_until),
                                 .ifa_valid = seconds_until(address->valid_until)};
    mnl_attr_put(request, IFA_CACHEINFO, sizeof life, &life);
    int error = ask(request);
    if (error != 0) {
        char text[DOBOS_PREFIX_TEXT];
        (void)dobos_prefix_format(&address->prefix, text);
        return failure_set(failure, "cannot add the address %s: %s", text, strerror(error));
    }
    return 0;
}

static void address_remove(unsigned index, const struct dobos_interface_address *address) {
    _Alignas(struct nlmsghdr) char room[REQUEST_BYTES];
    (void)ask(begin_address(room, RTM_DELADDR, 0, index, address));
}

static uint8_t route_type(const struct dobos_route *route) {
    return route->type == DOBOS_ROUTE_BLACKHOLE     ? RTN_BLACKHOLE
           : route->type == DOBOS_ROUTE_UNREACHABLE ? RTN_UNREACHABLE
           : route->type == DOBOS_ROUTE_PROHIBIT    ? RTN_PROHIBIT
                                                    : RTN_UNICAST;
}

/* Adds or removes it; 0 or the errno. */
static int route_ask(uint16_t type, uint16_t flags, unsigned index,
                     const struct dobos_route *route) {
    _Alignas(struct nlmsghdr) char room[REQUEST_BYTES];
    const uint8_t kind = route_type(route);
    bool on_link = kind == RTN_UNICAST && dobos_address_is_unspecified(&route->gateway);
    struct nlmsghdr *request = begin(room, type, flags);
    struct rtmsg *fixed = mnl_nlmsg_put_extra_header(request, sizeof *fixed);
    fixed->rtm_family = AF_INET;
    fixed->rtm_dst_len = route->destination.length;
    fixed->rtm_table = RT_TABLE_MAIN;
    fixed->rtm_protocol = route->origin == DOBOS_ORIGIN_DHCP ? RTPROT_DHCP : RTPROT_STATIC;
    fixed->rtm_scope = on_link ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
    fixed->rtm_type = kind;
    if (route->destination.length > 0)
        mnl_attr_put(request, RTA_DST, 4, ipv4_bytes(&route->destination.address));
    if (!on_link && kind == RTN_UNICAST)
        mnl_attr_put(request, RTA_GATEWAY, 4, ipv4_bytes(&route->gateway));
    if (!dobos_address_is_unspecified(&route->source))
        mnl_attr_put(request, RTA_PREFSRC, 4, ipv4_bytes(&route->source));
    if (route->metric > 0)
        mnl_attr_put_u32(request, RTA_PRIORITY, route->metric);
    if (route->mtu > 0) {
        struct nlattr *metrics = mnl_attr_nest_start(request, RTA_METRICS);
        mnl_attr_put_u32(request, RTAX_MTU, route->mtu);
        mnl_attr_nest_end(request, metrics);
    }
    if (kind == RTN_UNICAST)
        mnl_attr_put_u32(request, RTA_OIF, index);
    return ask(request);
}

static int route_add(unsigned index, const struct dobos_route *route, struct failure *failure) {
    int error = route_ask(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, index, route);
    if (error != 0) {
        char text[DOBOS_PREFIX_TEXT];
        (void)dobos_prefix_format(&route->destination, text);
        return failure_set(failure, "cannot add the route to %s: %s", text, strerror(error));
    }
    return 0;
}

int netlink_interface_set(const struct lab_outside *outside, bool bare, struct failure *failure) {
    unsigned index = if_nametoindex(outside->interface);
    if (index == 0)
        return failure_set(failure, "no interface %s: %s", outside->interface, strerror(errno));
    if (link_set(index, outside, failure) != 0)
        return -1;
    if (bare)
        return 0;
    if (link_up(index, outside, failure) != 0)
        return -1;
    for (unsigned i = 0; i < outside->address_count; i++)
        if (address_add(index, &outside->addresses[i], failure) != 0)
            return -1;
    for (unsigned i = 0; i < outside->route_count; i++)
        if (outside->routes[i].origin != DOBOS_ORIGIN_KERNEL &&
            route_add(index, &outside->routes[i], failure) != 0)
            return -1;
    return 0;
}

static bool has_address(const struct lab_outside *outside,
                        const struct dobos_interface_address *address) {
    for (unsigned i = 0; i < outside->address_count; i++)
        if (memcmp(&outside->addresses[i].prefix, &address->prefix, sizeof address->prefix) == 0)
            return true;
    return false;
}

static bool has_route(const struct lab_outside *outside, const struct dobos_route *route) {
    for (unsigned i = 0; i < outside->route_count; i++) {
        const struct dobos_route *other = &outside->routes[i];
        if (memcmp(&other->destination, &route->destination, sizeof route->destination) == 0 &&
            dobos_address_is_equal(&other->gateway, &route->gateway) &&
            other->metric == route->metric && other->type == route->type)
            return true;
    }
    return false;
}

void netlink_interface_change(const struct lab_outside *old, const struct lab_outside *outside) {
    const unsigned index = if_nametoindex(outside->interface);
    struct failure failure;
    if (index == 0)
        return;
    bool moved = false; /* with an address the kernel takes away its routes */
    for (unsigned i = 0; i < old->route_count; i++)
        if (!has_route(outside, &old->routes[i]))
            (void)route_ask(RTM_DELROUTE, 0, index, &old->routes[i]);
    for (unsigned i = 0; i < old->address_count; i++)
        if (!has_address(outside, &old->addresses[i])) {
            address_remove(index, &old->addresses[i]);
            moved = true;
        }
    for (unsigned i = 0; i < outside->address_count; i++)
        if (outside->addresses[i].origin == DOBOS_ORIGIN_DHCP ||
            !has_address(old, &outside->addresses[i]))
            (void)address_add(index, &outside->addresses[i], &failure);
    for (unsigned i = 0; i < outside->route_count; i++)
        if (outside->routes[i].origin != DOBOS_ORIGIN_KERNEL &&
            (moved || !has_route(old, &outside->routes[i])))
            (void)route_add(index, &outside->routes[i], &failure);
}
