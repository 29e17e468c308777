/*
 * dns_upstream: the sockets under the forwarder: a channel a question under way, on a poller of
 * their own.
 */
#ifndef SERVICES_DNS_UPSTREAM_H
#define SERVICES_DNS_UPSTREAM_H

#include "services/dns_channel.h"
#include "services/dns_forward.h"

struct dns_upstream {
    struct dns_forward forward;      /* the engine */
    struct dobos_host *host;         /* borrowed */
    struct allocator *allocator;     /* borrowed */
    struct dobos_poller *poller;     /* owned; NULL: not begun */
    uint8_t room[DNS_CHANNEL_BYTES]; /* for a message */
};

/* `made` is zeroed. -DOBOS_ENOMEM; dns_upstream_fini is due either way. */
int dns_upstream_init(struct dns_upstream *upstream, struct dobos_host *host,
                      struct allocator *allocator, struct dns_cache *cache,
                      const struct hash_key *key, const struct dobos_address *servers,
                      unsigned server_count);
void dns_upstream_fini(struct dns_upstream *upstream);
/* Hears, gives up and asks: returns when to do so again at the latest. Then whoever waited for a
 * question that is over is to be answered (dns_forward_take_ended), with dns_upstream_free. */
dobos_time dns_upstream_step(struct dns_upstream *upstream, dobos_time now);
/* Frees a question that was taken as ended, with its channel. */
void dns_upstream_free(struct dns_upstream *upstream, struct dns_forward_query *query);

#endif
