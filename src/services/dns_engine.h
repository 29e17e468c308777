/*
 * dns_engine: a DNS server whole, without sockets and clock: zones, the names of a DHCP server's
 * clients, the cache, and other servers that are asked about the rest. A client's bytes go in; its
 * answer comes out, at once or later; meanwhile exchanges with other servers go out, and what these
 * say comes in. Whoever drives it has the sockets: dns_service has a host's.
 *
 *     dns_engine_ask(…)                      for each query that comes
 *     dns_engine_advance(…)                  at the time it returned, or earlier
 *     then, until each has nothing more:
 *         dns_engine_take_answer(…)          to be sent to the client who waited
 *         dns_engine_take_asking(…)          to be sent to a server
 *         dns_engine_take_ended(…)           nothing more is expected: end its carrier, release it
 *     dns_engine_on_message, _on_failure     what comes of an exchange
 */
#ifndef SERVICES_DNS_ENGINE_H
#define SERVICES_DNS_ENGINE_H

#include "services/dns_limit.h"
#include "services/dns_resolver.h"
#include "services/dns_server.h"

struct dns_engine_config {
    struct hash_key cache_key, ask_key;  /* secret; of the cache, of ids, ports and letters */
    size_t cache_limit_bytes;            /* of the cache */
    dobos_time stale;                    /* how long its entries may serve beyond their time when
                                            nobody can be reached (RFC 8767); 0: not */
    const struct dobos_address *forward; /* servers that are asked about everything else; copied */
    unsigned forward_count;              /* of them, at most DNS_FORWARD_SERVERS */
    const struct dobos_address *roots;   /* else: of the root's servers, asked from the root down */
    unsigned root_count;                 /* of them, at most DNS_ROOTS; 0 too: nobody is asked */
    const struct dns_name *private_names; /* that may have private addresses, with all below, where
                                             others answer (attack I25); copied; NULL: all may */
    unsigned private_count;               /* of them */
};

struct dns_engine {
    struct allocator *allocator;        /* borrowed */
    struct zone *zones;                 /* owned: those of dns_engine_zone_add */
    const struct dobos_service *leases; /* of a DHCP server's clients; borrowed; NULL: none */
    struct dns_name domain;             /* of their names */
    bool asks;                          /* cache and resolver are there */
    struct dns_cache cache;             /* of what others said */
    struct dns_resolver resolver;       /* questions on their way */
    struct dns_fetch *over;             /* whose waiters are being answered; or NULL */
    struct dns_limit limit;             /* of answers by UDP */
    struct dns_log log;                 /* of what it does, for those who look on */
    struct list done;                   /* those whose carriers are to be ended, by .age */
};

/* `made` is zeroed. -DOBOS_ENOMEM; dns_engine_fini is due either way. */
int dns_engine_init(struct dns_engine *engine, struct allocator *allocator,
                    const struct dns_engine_config *config);
/* Carriers are the caller's to end before. */
void dns_engine_fini(struct dns_engine *engine);
/* Takes a zone (take) behind those there are; false: its name is there already (not taken). */
bool dns_engine_zone_add(struct dns_engine *engine, struct zone *zone);
/*
 * A query of `length` bytes. Returns the length of the answer, written into `answer`, which has
 * room for DNS_TCP_BYTES; or 0: none is due, or (*waits) there will be one later.
 */
size_t dns_engine_ask(struct dns_engine *engine, const struct dns_client *client,
                      const uint8_t *query, size_t length, uint8_t *answer, dobos_time now,
                      bool *waits);
/* Gives up waiting where it is time; returns the next such moment. */
dobos_time dns_engine_advance(struct dns_engine *engine, dobos_time now);
/* The next answer for a client who waited, in `answer` of DNS_TCP_BYTES; *length 0: it is gone
 * without one. False: there is none. */
bool dns_engine_take_answer(struct dns_engine *engine, struct dns_client *client, uint8_t *answer,
                            size_t *length, dobos_time now);
/* The next inquiry to be sent, by a new socket; NULL. */
struct dns_exchange *dns_engine_take_asking(struct dns_engine *engine);
/* A message came for it. True: nothing more is expected from this socket. */
bool dns_engine_on_message(struct dns_engine *engine, struct dns_exchange *exchange,
                           const uint8_t *message, size_t length, dobos_time now);
/* It could not be sent, or nothing will come. */
void dns_engine_on_failure(struct dns_engine *engine, struct dns_exchange *exchange,
                           dobos_time now);
/* The next exchange that is over: end its carrier, then release it. NULL. */
struct dns_exchange *dns_engine_take_ended(struct dns_engine *engine);
void dns_engine_release(struct dns_engine *engine, struct dns_exchange *exchange);
#endif
