/*
 * dobos/fate.h: what becomes of each packet, for who explains traffic.
 *
 * Counters say how many packets met which end (dobos_counter_read); fates say it of one. The driver
 * gives packets numbers when they leave the host that made them, and numbers stay with them from
 * hop to hop; a host that was given a log writes there what it has done with each numbered packet
 * that came in, and the driver empties the log whenever it likes. Without a log nothing is written,
 * and packets go the same way.
 *
 *     static struct dobos_fate fates[256];
 *     struct dobos_fate_log log = {.fates = fates, .room = 256};
 *     dobos_host_explain(host, &log);
 *     dobos_packet_number_set(packet, 17);
 *     dobos_input(host, interface, &packet, 1, now);
 *     for (uint32_t i = 0; i < log.count; i++)
 *         show(&log.fates[i]);
 *     log.count = 0;
 */
#ifndef DOBOS_FATE_H
#define DOBOS_FATE_H

#include <dobos/host.h>

#ifdef __cplusplus
extern "C" {
#endif

enum dobos_fate_kind {
    DOBOS_FATE_DELIVERED = 0, /* taken: by the host itself or for one of its sockets */
    DOBOS_FATE_FORWARDED = 1, /* it goes on to another host */
    DOBOS_FATE_DROPPED = 2,   /* for the reason said; after it was forwarded: on its way out */
    DOBOS_FATE_HELD = 3,      /* a fragment that waits for the others */
};

/* Who talks with whom, as a packet says it. */
struct dobos_fate_ends {
    struct dobos_address source, destination; /* of the IP header */
    uint16_t source_port, destination_port;   /* 0 where there are none; of an ICMP query its
                                                 identifier, in both */
};

struct dobos_fate {
    uint64_t number;                /* the packet's */
    const struct dobos_host *host;  /* whose log entry it is; borrowed: do not look into it later */
    enum dobos_fate_kind kind;      /* see above */
    uint32_t arrived;               /* the interface it came in by; 0: not known any more */
    const char *reason;             /* dropped: the counter's name ("DropTtlExpired"); else NULL */
    const char *text;               /* dropped: in words; constant; else NULL */
    bool has_error;                 /* an ICMP error about it has been sent */
    uint8_t error_type, error_code; /* of that error */
    uint32_t filter_rule;           /* the filter's rule that let it pass or not, from 1; 0: none */
    bool has_route;                 /* `route` is set: it was forwarded, or dropped by a route */
    struct dobos_route_choice route; /* why it goes where it goes */
    uint8_t protocol;                /* the IP header's; 0: not known */
    bool is_translated;              /* NAT has rewritten it: `before` and `after` are set */
    struct dobos_fate_ends before;   /* as it came */
    struct dobos_fate_ends after;    /* as it goes on */
};

/* Where hosts write. Hosts of one thread may share one. */
struct dobos_fate_log {
    struct dobos_fate *fates; /* the caller's memory */
    uint32_t room;            /* how many fit there */
    uint32_t count;  /* how many are there; the caller sets it to 0 when he has read them */
    uint64_t missed; /* that found no room */
};

/* From now on the host writes what becomes of numbered packets into the log (borrowed until another
 * call or the host's end). NULL: no more. */
DOBOS_API void dobos_host_explain(struct dobos_host *host, struct dobos_fate_log *log);

#ifdef __cplusplus
}
#endif

#endif
