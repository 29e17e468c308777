/*
 * dobos/dns.h: names: the DNS server of a host (zones with authority, a cache, a resolver), and the
 * stub resolver that programs ask. A server is a service (dobos/services.h) and stepped like the
 * others; a lookup is stepped likewise:
 *
 *     struct dobos_lookup *lookup = NULL;
 *     dobos_time lookup_again;
 *     if (dobos_getaddrinfo(host, "localhost", NULL, now, &lookup) < 0) ...
 *     if (dobos_lookup_step(lookup, now, &lookup_again) == DOBOS_LOOKUP_FOUND)
 *         ... dobos_lookup_read(lookup)->addresses[0] ...
 *     dobos_lookup_destroy(lookup);
 */
#ifndef DOBOS_DNS_H
#define DOBOS_DNS_H

#include <dobos/address.h>
#include <dobos/errors.h>
#include <dobos/host.h>
#include <dobos/services.h>
#include <dobos/socket.h>
#include <dobos/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * ---- DNS (RFC 1034, 1035), UDP and TCP (7766), port 53: zones with authority, the names of a DHCP
 * server's clients, and a caching forwarder (2308) for the rest. What none of them answers is
 * refused ----
 */

struct dobos_dns_record {
    const char *name; /* full, with or without the last dot; copied */
    const char *type; /* "A", "AAAA", "MX" and so on, or "TYPE123" (RFC 3597) */
    const char *data; /* as in a zone file, names full: "192.0.2.1", "10 mail.example.org.", …;
                         copied */
    uint32_t ttl;     /* seconds */
};
struct dobos_dns_zone {
    const char *name; /* the apex: "example.org"; copied */
    const struct dobos_dns_record
        *records; /* copied; a SOA and NS (ns below the apex) are made when they are missing */
    size_t record_count;
    const char *file; /* the zone's file (RFC 1035 §5) in place of records, as config.files opens
                         it; NULL: records. It has a SOA and NS of its own */
};
/*
 * Where zone files come from: filled in by whoever has files. A text is borrowed until it is
 * closed, which happens before dobos_dns_server_create returns.
 */
struct dobos_dns_files {
    void *context; /* given to each call */
    /* The whole text of `file`, or of what it includes, `include` being relative to the folder of
     * `file`, without "." and ".." in it. 0; -DOBOS_EIO with *reason, borrowed until the service
     * has been made or refused. */
    int (*open)(void *context, const char *file, const char *include, const char **text,
                size_t *length, const char **reason);
    void (*close)(void *context, const char *text);
};
/* What is wrong with a zone file. */
struct dobos_dns_fault {
    const char *file;      /* of the zone, as it was given; NULL: nothing is wrong with a file */
    char include[256];     /* the included file in it; "": the zone's own */
    uint32_t line, column; /* from 1, columns in bytes; 0: the file as a whole */
    const char *reason;    /* what was expected; as dobos_dns_files.open gave it, or constant */
};
struct dobos_dns_config {
    size_t size;                        /* sizeof(struct dobos_dns_config) */
    const struct dobos_dns_zone *zones; /* copied */
    size_t zone_count;
    struct dobos_address forward[3];    /* name servers asked about everything else */
    unsigned forward_count;             /* 0: it does not recurse */
    size_t cache_limit_bytes;           /* what the cache may hold; 0: 4 MiB */
    const struct dobos_service *leases; /* a "dhcp" service of this host, which outlives this one:
                                           NAME.domain and the reverse of its bound clients are
                                           answered with authority; NULL: none */
    const char *domain;                 /* of those names; copied; NULL: NAME alone */
    size_t *bad_record;  /* where not NULL: on -DOBOS_EINVAL, the number of the record (from 0, all
                            zones counted through) that is wrong, or of a wrong zone's first */
    const char **reason; /* where not NULL: and why; constant */
    const struct dobos_address *roots; /* the root's name servers, where it asks from the root down
                                          about everything else (not with forward); copied */
    size_t root_count;                 /* up to 26; 0: it does not */
    uint32_t stale_s; /* where nobody can be reached, an answer of the cache may be served so long
                         beyond its time, seconds (RFC 8767); 0: a day; DOBOS_DNS_STALE_OFF: not */
    const struct dobos_dns_files *files; /* opens zone files; NULL: no zone has one */
    struct dobos_dns_fault *fault;       /* where not NULL: which zone file is wrong, and where */
    const char *const *private_names; /* where not NULL: the names that may have private addresses,
                                         with all below; an answer from elsewhere that gives another
                                         name one is refused (DNS rebinding); copied */
    size_t private_count;             /* of them, up to 64 */
};
#define DOBOS_DNS_STALE_OFF UINT32_MAX
#define DOBOS_DNS_ROOTS     26
/* Makes the service (give), listening. -DOBOS_EINVAL, -DOBOS_EIO (a zone file cannot be read),
 * -DOBOS_EADDRINUSE, -DOBOS_ENOMEM. */
DOBOS_API int dobos_dns_server_create(struct dobos_host *host,
                                      const struct dobos_dns_config *config,
                                      struct dobos_service **service);

/*
 * ---- looking on: what a server did for the questions it was asked ----
 */

enum dobos_dns_step {
    DOBOS_DNS_ASKED = 1,    /* a client (peer) asked name and type */
    DOBOS_DNS_FROM_ZONE,    /* answered with authority, from `zone` */
    DOBOS_DNS_FROM_CACHE,   /* answered from the cache; detail: seconds that it has left */
    DOBOS_DNS_FROM_STALE,   /* answered from the cache beyond its time (RFC 8767) */
    DOBOS_DNS_REFERRED,     /* answered by naming the servers of `zone` */
    DOBOS_DNS_JOINED,       /* the same question is on its way already, and is waited for */
    DOBOS_DNS_ASKS,         /* asks the server `peer`, one of `zone`; detail: 1 by TCP */
    DOBOS_DNS_LEARNED,      /* `peer` answered: records, now in the cache; detail: their TTL */
    DOBOS_DNS_LEARNED_CUT,  /* `peer` named the servers of `zone`; detail: their TTL */
    DOBOS_DNS_LEARNED_NONE, /* `peer` said that there is no such name (detail 3) or type (0) */
    DOBOS_DNS_TIMED_OUT,    /* `peer` did not answer in time */
    DOBOS_DNS_PASSED_OVER,  /* `peer` answered nothing useful; detail: its RCODE */
    DOBOS_DNS_GAVE_UP,      /* nobody could tell; detail: the extended error (RFC 8914) */
    DOBOS_DNS_ANSWERED,     /* the client (peer) has its answer; detail: its RCODE */
    DOBOS_DNS_UNREACHED,    /* `peer` cannot be reached, or does not serve */
};
struct dobos_dns_event {
    uint64_t number;               /* from 0, since looking on began */
    dobos_time at;                 /* when */
    enum dobos_dns_step step;      /* what */
    uint16_t type;                 /* of the question; 0: none */
    struct dobos_address peer;     /* who asked, or was asked; :: nobody */
    uint32_t detail;               /* see the step */
    char name[DOBOS_DOMAIN_BYTES]; /* of the question, without the last dot; "." is the root */
    char zone[DOBOS_DOMAIN_BYTES]; /* "": none */
};
/* Begins or ends looking on at a "dns" service; several may look on at once, and each ends what it
 * began. -DOBOS_EINVAL (no such service), -DOBOS_ENOMEM. */
DOBOS_API int dobos_dns_watch(struct dobos_service *dns, bool on);
/* The event of that number, or the first that is still there behind it; the last 1024 are.
 * -DOBOS_EINVAL: no "dns" service; -DOBOS_ENOENT: there is none yet. */
DOBOS_API int dobos_dns_event_read(const struct dobos_service *dns, uint64_t number,
                                   struct dobos_dns_event *event);

/*
 * ---- what a server's cache holds ----
 *
 *     struct dobos_dns_cached cached = {0};
 *     while (dobos_dns_cache_read(dns, now, &cached) == 0)
 *         ... cached.name, cached.type ...
 *
 * Nothing may step the service or its host between these calls.
 */

enum dobos_dns_cached_kind {
    DOBOS_DNS_RECORDS = 1, /* records of a type */
    DOBOS_DNS_NO_TYPE,     /* that the name has none of the type */
    DOBOS_DNS_NO_NAME,     /* that there is no such name, nor any below */
    DOBOS_DNS_FAILED,      /* that nobody could tell */
    DOBOS_DNS_CUT          /* whom a parent named as the zone's servers: never an answer */
};
struct dobos_dns_cached {
    const void *place; /* NULL begins; the cache's own */
    enum dobos_dns_cached_kind kind;
    char name[DOBOS_DOMAIN_BYTES]; /* without the last dot; "." is the root */
    uint16_t type;                 /* of the records; 0: all */
    bool is_authoritative;         /* so said a server with authority; else a forwarder, a parent */
    bool is_used;                  /* somebody asked for it again */
    int64_t left_s;                /* seconds that it has left; below 0: so long is it stale */
    uint16_t extended_error;       /* of FAILED: why (RFC 8914) */
    size_t bytes;                  /* of memory */
};
/* The first entry (.place NULL), or the one behind. -DOBOS_ENOENT: there is none; -DOBOS_EINVAL: no
 * "dns" service. What is left of entries is counted at `now`. */
DOBOS_API int dobos_dns_cache_read(const struct dobos_service *dns, dobos_time now,
                                   struct dobos_dns_cached *cached);

struct dobos_dns_cached_record {
    size_t at;                      /* 0 begins; the cache's own */
    char owner[DOBOS_DOMAIN_BYTES]; /* of the record: of absences that of a zone's SOA; of cuts a
                                       server's name where `type` is A or AAAA */
    uint16_t type;                  /* of the record */
    uint8_t data[65536];            /* as on the wire, names not compressed */
    size_t length;                  /* of data */
};
/* The first of its records (.at 0), or the one behind: of a cut first its NS. -DOBOS_ENOENT. */
DOBOS_API int dobos_dns_cached_record_read(const struct dobos_dns_cached *cached,
                                           struct dobos_dns_cached_record *record);
/* Forgets what it holds of a name and of those below; NULL: all. How many entries those were.
 * -DOBOS_EINVAL: no "dns" service, or no name. */
DOBOS_API int64_t dobos_dns_cache_flush(struct dobos_service *dns, const char *name);

struct dobos_dns_counts {
    uint64_t entries[5]; /* now, by kind from DOBOS_DNS_RECORDS */
    uint64_t bytes;      /* that these cost */
    uint64_t limit;      /* that they may cost */
    uint64_t hits;       /* names that were answered from the cache, since it began */
    uint64_t misses;     /* names that had to be asked for */
    uint64_t stale;      /* of the hits: beyond their time */
    uint64_t refreshes;  /* entries asked for anew before their time */
    uint64_t evictions;  /* entries that had to go for others */
    uint64_t outranked;  /* words that did not count beside better ones */
    uint64_t queries;    /* sent to other servers */
    uint64_t timeouts;   /* of these without an answer in time */
    uint64_t failures;   /* questions that nobody could answer */
    uint64_t joined;     /* clients' questions that were on their way already */
    uint64_t refused;    /* clients' questions that may not wait, for too many do */
};
/* -DOBOS_EINVAL: no "dns" service; -DOBOS_ENOENT: it has no cache, for it asks nobody. */
DOBOS_API int dobos_dns_counts_read(const struct dobos_service *dns,
                                    struct dobos_dns_counts *counts);

/* ---- what it knows of other servers ---- */

enum dobos_dns_server_state {
    DOBOS_DNS_SERVER_NEW = 1, /* has not answered yet */
    DOBOS_DNS_SERVER_UP,      /* answers */
    DOBOS_DNS_SERVER_DOWN,    /* does not, and is left alone for a while */
    DOBOS_DNS_SERVER_PROBED   /* did not, and may be tried again */
};
struct dobos_dns_server {
    const void *place; /* NULL begins; the table's own */
    struct dobos_address address;
    enum dobos_dns_server_state state;
    dobos_time srtt;                   /* how long its answers take, ns; 0: not known */
    dobos_time wait;                   /* how long the next answer is waited for, ns */
    dobos_time retry;                  /* of one that is down: when it may be asked again */
    uint64_t answers, timeouts;        /* since it is known */
    bool has_edns;                     /* as far as is known */
    char lame_for[DOBOS_DOMAIN_BYTES]; /* a zone it should serve and does not; "": none */
};
/* As dobos_dns_cache_read. */
DOBOS_API int dobos_dns_server_read(const struct dobos_service *dns, dobos_time now,
                                    struct dobos_dns_server *server);

/* ---- the stub resolver (RFC 1034 §5.3.1, 1123 §6.1.3) ---- */

struct dobos_lookup;

#define DOBOS_LOOKUP_ADDRESSES 32 /* 16 of each family */

enum dobos_lookup_status {    /* as getaddrinfo's EAI_… say */
    DOBOS_LOOKUP_PENDING = 0, /* not finished: step it again */
    DOBOS_LOOKUP_FOUND = 1,   /* at least one address, the name, or records */
    DOBOS_LOOKUP_NO_NAME = 2, /* the name does not exist (NXDOMAIN) */
    DOBOS_LOOKUP_NO_DATA = 3, /* the name exists, without what was wanted of it */
    DOBOS_LOOKUP_TIMEOUT =
        4, /* no server answered (4 rounds of all servers, waiting 1, 2, 4, 8 seconds for each) */
    DOBOS_LOOKUP_FAILED = 5,   /* servers answered with failures */
    DOBOS_LOOKUP_NO_SERVER = 6 /* the host has no name server */
};

/* What is looked up. */
enum dobos_lookup_kind {
    DOBOS_LOOKUP_ADDRESS = 0, /* the addresses of a name */
    DOBOS_LOOKUP_NAME = 1,    /* the name of an address (PTR) */
    DOBOS_LOOKUP_RECORDS = 2, /* a name's records of a type, as they stand at name servers */
};
/* Of which families. */
enum dobos_family {
    DOBOS_FAMILY_USABLE = 0, /* those that the host has addresses of: IPv4, and IPv6 where it has an
                                address that others can answer to */
    DOBOS_FAMILY_IPV4 = 1,
    DOBOS_FAMILY_IPV6 = 2,
    DOBOS_FAMILY_BOTH = 3, /* asked about at once (RFC 8305 §3) */
};
struct dobos_lookup_config {
    size_t size;                  /* sizeof(struct dobos_lookup_config) */
    enum dobos_lookup_kind kind;  /* what */
    const char *name;             /* of addresses and records: whose; copied */
    struct dobos_address address; /* of a name: whose */
    enum dobos_family family;     /* of addresses */
    uint16_t type;                /* of records: its number, 1–65535 (255 is any type) */
    bool exact;                   /* the name is full: the search list is not used */
    struct dobos_poller *poller;  /* whose events tell of it; NULL: the host's default one */
};

#define DOBOS_LOOKUP_HAS_IPV4 1u
#define DOBOS_LOOKUP_HAS_IPV6 2u
/*
 * Of addresses the result can be read before the lookup ends, when one family is there and the
 * other is not: who would connect at once (RFC 8305, Happy Eyeballs) waits a little for IPv6 and
 * goes on with what `complete` says.
 */
struct dobos_lookup_result {
    enum dobos_lookup_status status; /* once it is not pending, the rest stays */
    struct dobos_address
        addresses[DOBOS_LOOKUP_ADDRESSES]; /* the best to try first (RFC 6724: those that can be
                                              reached, of like scope, IPv6 before IPv4); among
                                              equals in the server's order */
    unsigned count;                        /* of addresses (else 0); more than fit are left out */
    char canonical[DOBOS_DOMAIN_BYTES];    /* the name that they stand at, aliases followed; of an
                                              address: its name */
    struct dobos_address server;           /* who answered; :: nobody had to be asked */
    bool authoritative;                    /* the answer had the AA bit */
    unsigned complete; /* DOBOS_LOOKUP_HAS_…: families whose addresses are all there, if any */
    uint32_t ttl_s;    /* how long this holds, seconds; 0: not known from a server */
    uint32_t records;  /* of records: how many dobos_lookup_record_read has, aliases among them */
};
/*
 * Begins a lookup. The host's own entries come first (dobos_host_entry_add), except for records;
 * then its name servers are asked, with its search list behind names without a dot (and behind
 * others when they do not exist as they are). An address as text is found at once; "localhost" and
 * names below it are the loopback addresses, "invalid" and names below it do not exist (RFC 6761).
 * Its sockets have the lookup as their user value: their events say that it is to be stepped.
 * -DOBOS_EINVAL (no such name can be: 256.1.1.1 and fe80::1 are meant to be addresses; no such
 * type; a size that is none), -DOBOS_ENOMEM.
 */
DOBOS_API int dobos_lookup_create(struct dobos_host *host, const struct dobos_lookup_config *config,
                                  dobos_time now, struct dobos_lookup **lookup);
/* The addresses of a name, of the families that the host can use; the same. */
DOBOS_API int dobos_getaddrinfo(struct dobos_host *host, const char *name,
                                struct dobos_poller *poller, dobos_time now,
                                struct dobos_lookup **lookup);
/* The name of an address; the same. */
DOBOS_API int dobos_getnameinfo(struct dobos_host *host, const struct dobos_address *address,
                                struct dobos_poller *poller, dobos_time now,
                                struct dobos_lookup **lookup);
/* Goes on; *again: when to step at the latest. Once it is not pending any more the status stays. */
DOBOS_API enum dobos_lookup_status dobos_lookup_step(struct dobos_lookup *lookup, dobos_time now,
                                                     dobos_time *again);
/* What has been found so far; borrowed, until the lookup is destroyed. */
DOBOS_API const struct dobos_lookup_result *dobos_lookup_read(const struct dobos_lookup *lookup);
/* A record of an answer. */
struct dobos_lookup_record {
    char name[DOBOS_DOMAIN_BYTES]; /* whose, without the last dot; "." is the root */
    uint16_t type;                 /* its number */
    uint32_t ttl;                  /* seconds, when the answer came */
    size_t length;                 /* of its data, bytes */
};
/*
 * The nth record that was found, from 0: aliases on the way first. Its data come into `data` of
 * `room` bytes as they are on the wire, names in them whole (uncompressed). -DOBOS_ENOENT behind
 * the last, or nothing was found; -DOBOS_ERANGE: they do not fit (65,535 bytes always do);
 * -DOBOS_EPROTO: they are malformed.
 */
DOBOS_API int dobos_lookup_record_read(const struct dobos_lookup *lookup, uint32_t nth,
                                       struct dobos_lookup_record *record, uint8_t *data,
                                       size_t room);
/* Such data as a zone file has them ("10 mail.example.org."); types that dobos does not know as
 * RFC 3597 has them. Returns the text's length without its NUL; -DOBOS_ERANGE: no room (80 times
 * the data's length and 1 are enough); -DOBOS_EINVAL: no data of that type. */
DOBOS_API int64_t dobos_record_format(uint16_t type, const uint8_t *data, size_t length, char *text,
                                      size_t room);
/* Ends it (take), finished or not. NULL is allowed. */
DOBOS_API void dobos_lookup_destroy(struct dobos_lookup *lookup);

#ifdef __cplusplus
}
#endif

#endif
