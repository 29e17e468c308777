/*
 * dobos/rules.h: several route tables in a host, the rules that choose among them, and the reasons
 * of a choice.
 *
 * A host has a main table (dobos/host.h), and no rules. A route of another table is used when a
 * rule says so: the rules are asked by priority, the smallest first, and each that fits the packet
 * sends it to its table; where that has a route for the destination, it is taken, else the next
 * rule is asked. The host's own addresses come before all rules, as if by one of priority 0; the
 * main table stands among them at DOBOS_RULE_MAIN.
 *
 *     struct dobos_route by_b = {.gateway = b, .table = 100};   // default, by the second provider
 *     struct dobos_rule from_b = {.from = {subnet_b, 24}, .table = 100};
 *     dobos_route_add(host, &by_b);
 *     dobos_rule_add(host, &from_b);
 */
#ifndef DOBOS_RULES_H
#define DOBOS_RULES_H

#include <dobos/host.h>

#ifdef __cplusplus
extern "C" {
#endif

#define DOBOS_RULE_MAIN 32766 /* the priority at which the main table is asked */

struct dobos_rule {
    uint32_t priority;        /* the smaller is asked first; of equal ones the first added. 0 in
                                 dobos_rule_add: one less than the smallest there is, or
                                 DOBOS_RULE_MAIN − 1 */
    struct dobos_prefix from; /* the packet's source; length 0: any. A packet of this host whose
                                 source is not chosen yet has none, and fits only "any" */
    struct dobos_prefix to;   /* its destination; length 0: any */
    uint32_t interface;       /* where it came in; 1 (lo): packets of this host; 0: any */
    uint32_t table;           /* the table to ask; 0: main */
};

/* Adds a rule; at most 1024. -DOBOS_EINVAL (host bits set), -DOBOS_ENODEV, -DOBOS_EEXIST,
 * -DOBOS_ENOMEM. */
DOBOS_API int dobos_rule_add(struct dobos_host *host, const struct dobos_rule *rule);
/* The first rule like that; priority 0: of any. -DOBOS_ENOENT. */
DOBOS_API int dobos_rule_remove(struct dobos_host *host, const struct dobos_rule *rule);
/* The nth rule that was added, from 0, in the order in which they are asked; -DOBOS_ENOENT behind
 * the last. */
DOBOS_API int dobos_rule_read(const struct dobos_host *host, uint32_t nth, struct dobos_rule *rule);

/* The nth route table from 0: the main table, then others that have routes, in no special order;
 * -DOBOS_ENOENT behind the last. */
DOBOS_API int dobos_table_read(const struct dobos_host *host, uint32_t nth, uint32_t *table);
/* The nth route of a table (0: main), as dobos_route_read; -DOBOS_ENOENT. */
DOBOS_API int dobos_table_route_read(const struct dobos_host *host, uint32_t table, uint32_t nth,
                                     struct dobos_route *route);
/* The nth route of a table that holds an address, the shortest prefix first; -DOBOS_ENOENT. */
DOBOS_API int dobos_table_holding_read(const struct dobos_host *host, uint32_t table,
                                       const struct dobos_address *address, uint32_t nth,
                                       struct dobos_route *route);

/* A packet whose way is asked for. */
struct dobos_route_question {
    size_t size;                      /* sizeof(struct dobos_route_question) */
    struct dobos_address destination; /* where to */
    struct dobos_address source;      /* 0.0.0.0: this host's, not chosen yet */
    uint32_t arrived;                 /* the interface it came in by; 0: it is this host's own */
    uint32_t interface;               /* out of this one only; 0: any */
    uint8_t protocol;                 /* with the ports: its flow, for routes that share */
    uint16_t source_port;             /* 0: none */
    uint16_t destination_port;        /* 0: none */
};
/* As dobos_route_lookup; -DOBOS_EINVAL (size). Where a route is of a type that drops packets, its
 * error (see enum dobos_route_kind), and the choice is filled in. */
DOBOS_API int dobos_route_ask(const struct dobos_host *host,
                              const struct dobos_route_question *question,
                              struct dobos_route_choice *choice);
/* Why a packet with those addresses that comes in by `arrived` is dropped for them: the name of the
 * counter, such as "DropReversePath", with *reason for people; both constant. NULL: it is not. What
 * filter and NAT do with it is not looked at. */
DOBOS_API const char *dobos_route_refusal(const struct dobos_host *host,
                                          const struct dobos_route_question *question,
                                          const char **reason);

#ifdef __cplusplus
}
#endif

#endif
