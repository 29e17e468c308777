/*
 * dns_upstream: the sockets under the DNS engine: a channel an exchange under way, on a poller of
 * their own.
 */
#ifndef SERVICES_DNS_UPSTREAM_H
#define SERVICES_DNS_UPSTREAM_H

#include "services/dns_channel.h"
#include "services/dns_engine.h"

struct dns_upstream {
    struct dns_engine *engine;       /* borrowed */
    struct dobos_host *host;         /* borrowed */
    struct allocator *allocator;     /* borrowed */
    struct dobos_poller *poller;     /* owned; NULL: not begun */
    struct list carriers;            /* of all exchanges that have one */
    uint8_t room[DNS_CHANNEL_BYTES]; /* for a message */
};

/* `made` is zeroed. -DOBOS_ENOMEM; dns_upstream_fini is due either way. */
int dns_upstream_init(struct dns_upstream *upstream, struct dobos_host *host,
                      struct allocator *allocator, struct dns_engine *engine);
/* Before its engine. */
void dns_upstream_fini(struct dns_upstream *upstream);
/* Hears, gives up, asks, and ends what is over: returns when to do so again at the latest. */
dobos_time dns_upstream_step(struct dns_upstream *upstream, dobos_time now);
/* Ends what is over (after dns_engine_take_answer) and asks what that led to. */
void dns_upstream_ask(struct dns_upstream *upstream, dobos_time now);

#endif
