/*
 * filter: a list of rules, asked of a packet: the first that matches decides (dobos/filter.h says
 * what the rules are). A rule is kept as numbers to compare, so that one that does not match costs
 * a handful of comparisons. It knows packets by what it is told of them alone.
 */
#ifndef NETWORK_FILTER_H
#define NETWORK_FILTER_H

#include <dobos/filter.h>

#include "base/allocator.h"

/* What is known of a packet. */
struct filter_question {
    uint32_t source, destination;           /* addresses, as numbers */
    uint32_t in, out;                       /* interfaces */
    uint16_t source_port, destination_port; /* of TCP and UDP; else 0 */
    uint8_t protocol;                       /* of the IP header */
    bool has_ports;                         /* they are known; TCP and UDP only */
    bool is_established;                    /* see dobos/filter.h */
};

struct filter_entry {
    uint32_t source, source_mask;                           /* prefix */
    uint32_t destination, destination_mask;                 /* prefix */
    uint32_t in, out;                                       /* 0: any */
    uint16_t source_port_first, source_port_last;           /* 0, 65535: any */
    uint16_t destination_port_first, destination_port_last; /* likewise */
    uint8_t protocol;                                       /* 0: any */
    uint8_t action;                                         /* enum dobos_filter_action */
    bool established;                                       /* only what is */
    bool has_ports;                                         /* some port is not any */
    uint64_t packets, bytes;                                /* that it decided of */
};

struct filter {
    uint32_t count;                /* of rules; behind them stands the implicit one */
    struct filter_entry entries[]; /* count + 1 */
};

/* Makes one (give). -DOBOS_EINVAL with *bad, -DOBOS_ENOMEM; interfaces are the caller's to check.
 */
int filter_create(struct allocator *allocator, const struct dobos_filter_rule *rules,
                  uint32_t count, uint32_t *bad, struct filter **filter);
void filter_destroy(struct allocator *allocator, struct filter *filter); /* NULL is allowed */
/* Decides, and counts a packet of `bytes`. *rule: which one did, from 1; 0: none matched. */
enum dobos_filter_action filter_decide(struct filter *filter,
                                       const struct filter_question *question, uint32_t bytes,
                                       uint32_t *rule);
/* As dobos_filter_read. */
int filter_read(const struct filter *filter, uint32_t nth, struct dobos_filter_info *info);

#endif
