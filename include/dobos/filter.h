/*
 * dobos/filter.h: a packet filter with a memory for flows.
 *
 * Rules are asked in their order of each packet that a host forwards, and of each that is for the
 * host itself; the first that matches decides, and what none matches passes. What a host sends is
 * not asked about, nor what it says to itself by lo, nor a DHCP server's answer to a client of its
 * own, which has no address yet. `established` are the packets of flows that have begun with a
 * packet that passed, in either direction, and ICMP errors about them.
 *
 *     const struct dobos_filter_rule rules[] = {
 *         {.action = DOBOS_FILTER_ALLOW, .established = true},
 *         {.action = DOBOS_FILTER_ALLOW, .from.interface = lan},
 *         {.action = DOBOS_FILTER_DENY},
 *     };
 *     dobos_filter_set(router, rules, 3);
 *
 * Datagrams are asked about whole: a host with a filter puts fragments together before, so that
 * none slips through, in whatever order they come and however small the first is (RFC 1858, 3128).
 * A packet is held against one rule after the other, so a long list costs time; the rules that
 * match most packets belong in front.
 */
#ifndef DOBOS_FILTER_H
#define DOBOS_FILTER_H

#include <dobos/address.h>
#include <dobos/errors.h>
#include <dobos/host.h>
#include <dobos/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define DOBOS_FILTER_RULES 1024 /* at most */

/* What becomes of a packet. */
enum dobos_filter_action {
    DOBOS_FILTER_DENY = 0,   /* dropped in silence (DropFilter) */
    DOBOS_FILTER_ALLOW = 1,  /* passes */
    DOBOS_FILTER_REJECT = 2, /* dropped, and its sender told that it is administratively prohibited
                                (DropFilterRejected; ICMP type 3, code 13; RFC 1812 §5.2.7.1) */
};

/* Where a packet comes from, or goes to. All zero: anywhere. */
struct dobos_filter_side {
    struct dobos_prefix prefix; /* length 0: any address; host bits zero. The source is as it came,
                                   the destination as NAT makes it: both as seen from inside */
    uint32_t interface;         /* by which it came in; by which it goes on, where what is for the
                                   host itself goes to lo; 0: any */
    uint16_t port_first, port_last; /* of TCP or UDP, 1–65535; 0, 0: any */
};

struct dobos_filter_rule {
    enum dobos_filter_action action; /* for what matches */
    bool established;                /* only what is */
    uint8_t protocol;                /* DOBOS_ICMP, DOBOS_TCP, DOBOS_UDP, 2 (IGMP); 0: any */
    struct dobos_filter_side from;   /* see above */
    struct dobos_filter_side to;     /* see above */
};

/*
 * Makes the host filter by `count` rules (copied) in place of those it had; 0: it filters no more.
 * Counters begin at 0. -DOBOS_EINVAL (more than 1024, an action or protocol that there is not, host
 * bits, no IPv4 prefix, ports the wrong way round or of ICMP or IGMP), -DOBOS_ENODEV,
 * -DOBOS_ENOMEM; after an error all is as it was before. *bad, where not NULL: on the first two,
 * which rule is wrong, from 0.
 */
DOBOS_API int dobos_filter_set(struct dobos_host *host, const struct dobos_filter_rule *rules,
                               uint32_t count, uint32_t *bad);

/* A rule, and what it has decided. */
struct dobos_filter_info {
    struct dobos_filter_rule rule; /* as it was set */
    bool is_implicit;              /* the last: what no rule matched passes */
    uint64_t packets, bytes;       /* IP packets that it decided of, and their bytes */
};
/* The nth rule from 0; behind the last the implicit one; then, or without a filter,
 * -DOBOS_ENOENT. */
DOBOS_API int dobos_filter_read(const struct dobos_host *host, uint32_t nth,
                                struct dobos_filter_info *info);

#ifdef __cplusplus
}
#endif

#endif
