/*
 * dns_service: the DNS engines on port 53 of a host, by UDP and by TCP (RFC 7766: two bytes of
 * length before each message, several questions on one connection). What the server cannot answer
 * from zones and cache waits for the forwarder; then it is answered anew.
 */
#include "services/dns_service.h"

#include "services/dns_upstream.h"
#include "services/stream.h"

#define CONNECTIONS  128
#define QUERY_BYTES  4096                /* longest query taken */
#define IDLE_NS      (10 * DOBOS_SECOND) /* RFC 7766 §6.2.3: some seconds */
#define LEASES_TTL_S 10                  /* of the absence of a client's name */
#define CACHE_BYTES  ((size_t)4 << 20)
#define UNSENT_MOST  ((size_t)256 << 10) /* of answers, on one connection */

struct dns_service {
    struct dobos_service service; /* what it is */
    struct stream_server streams; /* TCP */
    struct dobos_socket *udp;     /* UDP */
    uint8_t *answer;              /* DNS_TCP_BYTES + 2, for one answer at a time */
    struct dns_engine engine;     /* which answers */
    struct dns_upstream upstream; /* whom it asks */
    uint64_t stream_numbers;      /* given to connections so far */
};

struct dns_stream {
    struct stream stream;           /* what the connections of all services have */
    uint64_t number;                /* its own, so that an answer that was waited for finds it; 0 */
    size_t length;                  /* bytes in query[] */
    uint8_t query[2 + QUERY_BYTES]; /* length, message */
};

static void datagram_send(struct dns_service *dns, const struct dns_client *client, size_t length) {
    struct dobos_message answer = {.peer = client->peer, .local = client->local};
    if (length && dobos_send_message(dns->udp, dns->answer + 2, length, &answer) >= 0)
        dns->service.answers++;
}

/* [rfc2181#1] [rfc2181#2] [rfc1123#18] */
static void dns_udp_step(struct dns_service *dns, dobos_time now) {
    uint8_t query[QUERY_BYTES];
    struct dobos_message message;
    int64_t got;
    bool waits;
    while ((got = dobos_receive_message(dns->udp, query, sizeof(query), &message)) !=
           -DOBOS_EAGAIN) {
        if (got <= 0 || message.length > sizeof(query))
            continue;
        struct dns_client client = {.peer = message.peer, .local = message.local};
        datagram_send(dns, &client,
                      dns_engine_ask(&dns->engine, &client, query, (size_t)got, dns->answer + 2,
                                     now, &waits));
    }
    struct dobos_icmp_report report;
    while (dobos_receive_icmp(dns->udp, &report) == 0)
        continue;
}

/* Puts an answer behind those that are not sent yet; false: too many are, or no memory.
 * [rfc7766#14] */
static bool stream_answer(struct dns_service *dns, struct dns_stream *stream, size_t length) {
    if (stream->stream.pending_length - stream->stream.pending_sent > UNSENT_MOST)
        return false;
    store_be16(dns->answer, (uint16_t)length);
    dns->service.answers++;
    return stream_pend(&dns->streams, &stream->stream, dns->answer, length + 2);
}

/* Answers the whole query at the front of query[]; false: no memory, or not a query. [rfc7766#2]
 * [rfc1123#6] [rfc1123#19] [rfc7766#6] */
static bool query_answer(struct dns_service *dns, struct dns_stream *stream, size_t query_length,
                         dobos_time now) {
    struct dns_client client = {.stream = stream->number};
    bool waits;
    (void)dobos_peer(stream->stream.socket, &client.peer);
    size_t length = dns_engine_ask(&dns->engine, &client, stream->query + 2, query_length,
                                   dns->answer + 2, now, &waits);
    stream->length -= 2 + query_length;
    memmove(stream->query, stream->query + 2 + query_length, stream->length);
    return waits || (length && stream_answer(dns, stream, length));
}

/* Reads more of a query; 1: there is more, 0: nothing now, −1: over. [rfc7766#15] */
static int query_receive(struct dns_stream *stream) {
    int64_t got = dobos_receive(stream->stream.socket, stream->query + stream->length,
                                sizeof(stream->query) - stream->length);
    if (got <= 0)
        return got == -DOBOS_EAGAIN ? 0 : -1;
    stream->length += (size_t)got;
    return 1;
}

/* Progress is a whole query, not a piece of one. [rfc1035#10] [rfc7766#3] [rfc7766#5] [rfc1035#28]
 */
static void dns_stream_step(struct dns_service *dns, struct dns_stream *stream, dobos_time now) {
    int result;
    if (stream->number == 0)
        stream->number = ++dns->stream_numbers;
    do {
        result = stream_pending_send(&dns->streams, &stream->stream);
        if (result != 1)
            break;
        size_t query_length = stream->length >= 2 ? load_be16(stream->query) : 0;
        if (query_length > QUERY_BYTES) {
            result = -1;
        } else if (stream->length >= 2 && stream->length >= 2 + query_length) {
            stream_touch(&dns->streams, &stream->stream, now);
            result = query_answer(dns, stream, query_length, now) ? 1 : -1;
        } else {
            result = query_receive(stream);
        }
    } while (result == 1);
    if (result < 0)
        stream_close(&dns->streams, &stream->stream, false);
}

/* ---- who waited ---- */

/* The connection of that number, if it is still there. */
static struct dns_stream *stream_find(struct dns_service *dns, uint64_t number) {
    list_each(&dns->streams.streams, node) {
        struct stream *stream = container_of(node, struct stream, node);
        struct dns_stream *found = container_of(stream, struct dns_stream, stream);
        if (found->number == number)
            return found;
    }
    return NULL;
}

/* Sends its answer to one who waited; a connection without one ends. [rfc7766#8] [rfc7766#11] */
static void waiter_answer(struct dns_service *dns, const struct dns_client *client, size_t length,
                          dobos_time now) {
    struct dns_stream *stream = client->stream ? stream_find(dns, client->stream) : NULL;
    if (!client->stream)
        datagram_send(dns, client, length);
    else if (stream && length && stream_answer(dns, stream, length))
        dns_stream_step(dns, stream, now);
    else if (stream)
        stream_close(&dns->streams, &stream->stream, true);
}

/* Everything the engine has to do now; returns when it has more. */
static dobos_time engine_step(struct dns_service *dns, dobos_time now) {
    struct dns_client client;
    size_t length;
    (void)dns_upstream_step(&dns->upstream, now);
    while (dns_engine_take_answer(&dns->engine, &client, dns->answer + 2, &length, now)) {
        waiter_answer(dns, &client, length, now);
        dns_upstream_ask(&dns->upstream, now);
    }
    dns_upstream_ask(&dns->upstream, now);
    return dns_engine_advance(&dns->engine, now);
}

/* [rfc7766#4] [rfc1035#27] */
static dobos_time dns_step(struct dobos_service *service, dobos_time now) {
    struct dns_service *dns = container_of(service, struct dns_service, service);
    struct dobos_event event;
    while (dobos_poller_next(service->poller, &event, 1) > 0) {
        if (event.socket == dns->streams.listener)
            stream_server_accept(&dns->streams, now);
        else if (event.socket == dns->udp)
            dns_udp_step(dns, now);
        else
            dns_stream_step(dns, event.user, now);
    }
    return min_i64(engine_step(dns, now), stream_server_expire(&dns->streams, now));
}

static void dns_fini(struct dobos_service *service) {
    struct dns_service *dns = container_of(service, struct dns_service, service);
    stream_server_fini(&dns->streams);
    dobos_close(dns->udp);
    dns_upstream_fini(&dns->upstream);
    dns_engine_fini(&dns->engine);
    service_free(service, dns->answer, DNS_TCP_BYTES + 2);
}

static const struct service_kind dns_kind = {"dns", dns_step, dns_fini, sizeof(struct dns_service)};

/* ---- looking on ---- */

struct dns_engine *dns_service_engine(const struct dobos_service *service) {
    if (service->kind != &dns_kind)
        return NULL;
    return &((struct dns_service *)(uintptr_t)service)->engine;
}

int dobos_dns_watch(struct dobos_service *dns, bool on) {
    struct dns_engine *engine = dns_service_engine(dns);
    return engine ? dns_log_set(&engine->log, on) : -DOBOS_EINVAL;
}

int dobos_dns_event_read(const struct dobos_service *dns, uint64_t number,
                         struct dobos_dns_event *event) {
    const struct dns_engine *engine = dns_service_engine(dns);
    return engine ? dns_log_read(&engine->log, number, event) : -DOBOS_EINVAL;
}

/* ---- making ---- */

/* The first address of the host that others can reach; false: it has none yet. */
static bool own_address(const struct dobos_host *host, struct dobos_address *address) {
    struct dobos_interface_address own;
    for (uint32_t i = 2; i <= dobos_interface_count(host); i++) {
        if (dobos_address_read(host, i, 0, &own) == 0) {
            *address = own.prefix.address;
            return true;
        }
    }
    return false;
}

/* What makes a zone may say of what is wrong with it. */
struct zone_fault {
    size_t record;                /* which record */
    const char *reason;           /* and why; constant */
    struct dobos_dns_fault *file; /* of a zone file */
};

/* Adds a zone behind those there are. */
static int zone_add(struct dns_service *dns, const struct dobos_dns_zone *given,
                    const struct dobos_dns_files *files, struct zone_fault *fault) {
    struct allocator *allocator = &dns->service.allocator;
    struct hash_key key = {
        {dobos_host_random(dns->service.host), dobos_host_random(dns->service.host)}};
    struct dobos_address own;
    struct zone *zone;
    bool has_own = own_address(dns->service.host, &own);
    fault->record = 0;
    fault->reason = given->file ? "a zone file cannot be read" : NULL;
    int result = -DOBOS_EINVAL;
    if (!given->file)
        result = zone_create(allocator, &key, given, has_own ? &own : NULL, &fault->record,
                             &fault->reason, &zone);
    else if (files)
        result = zone_load(allocator, &key, given, files, fault->file, &zone);
    if (result < 0 || dns_engine_zone_add(&dns->engine, zone))
        return result;
    zone_destroy(allocator, zone);
    fault->reason = "this zone is there twice";
    return -DOBOS_EINVAL;
}

static int zones_add(struct dns_service *dns, const struct dobos_dns_config *config,
                     struct zone_fault *fault) {
    size_t before = 0;
    for (size_t i = 0; i < config->zone_count; i++) {
        int result = zone_add(dns, &config->zones[i], config->files, fault);
        fault->record += before;
        if (result < 0)
            return result;
        before += config->zones[i].record_count;
    }
    return 0;
}

/* Adds a text to another, in a room that is known to hold both. */
static void text_append(char *text, size_t room, const char *more) {
    size_t length = text_length(text);
    text_copy(text + length, room - length, more);
}

/* The zone of the clients' names: those that are not there do not exist, and soon may. */
static int leases_zone_add(struct dns_service *dns, const char *domain, struct zone_fault *fault) {
    char data[2 * DNS_NAME_TEXT + 64] = "ns.";
    const struct dobos_dns_record soa = {domain, "SOA", data, LEASES_TTL_S};
    const struct dobos_dns_zone given = {.name = domain, .records = &soa, .record_count = 1};
    text_append(data, sizeof(data), domain);
    text_append(data, sizeof(data), " hostmaster.");
    text_append(data, sizeof(data), domain);
    text_append(data, sizeof(data), " 1 3600 600 86400 10");
    return zone_add(dns, &given, NULL, fault);
}

static int leases_add(struct dns_service *dns, const struct dobos_dns_config *config,
                      struct zone_fault *fault) {
    const char *domain = config->domain ? config->domain : ".";
    if (!config->leases)
        return 0;
    fault->reason = "this is no domain name";
    if (text_length(domain) >= DNS_NAME_TEXT || !dns_name_from_text(domain, &dns->engine.domain))
        return -DOBOS_EINVAL;
    fault->reason = "the leases are not a DHCP server's";
    if (!text_is_equal(dobos_service_name(config->leases), "dhcp"))
        return -DOBOS_EINVAL;
    dns->engine.leases = config->leases;
    const struct zone *zone = zone_of(dns->engine.zones, &dns->engine.domain);
    if (dns->engine.domain.length == 1 ||
        (zone && dns_name_is_equal(&zone->apex, &dns->engine.domain)))
        return 0;
    return leases_zone_add(dns, domain, fault);
}

/* Judges whom it asks, and reads the names that may have private addresses; NULL: all is well. */
static const char *asking_judge(const struct dobos_dns_config *config,
                                struct dns_name private_names[DNS_PRIVATE_NAMES]) {
    if (config->forward_count > DNS_FORWARD_SERVERS)
        return "there are more than 3 name servers to forward to";
    if (config->root_count > DNS_ROOTS)
        return "there are more than 26 servers of the root";
    if (config->forward_count > 0 && config->root_count > 0)
        return "names are asked from the root down or forwarded, not both";
    if (config->private_names && config->private_count > DNS_PRIVATE_NAMES)
        return "there are more than 64 names that may have private addresses";
    for (size_t i = 0; config->private_names && i < config->private_count; i++) {
        if (text_length(config->private_names[i]) >= DNS_NAME_TEXT ||
            !dns_name_from_text(config->private_names[i], &private_names[i]))
            return "what may have private addresses is no domain name";
    }
    return NULL;
}

static int engine_open(struct dns_service *dns, const struct dobos_dns_config *config,
                       const struct dns_name *private_names) {
    struct dobos_host *host = dns->service.host;
    const struct dns_engine_config engine = {
        .cache_key = {{dobos_host_random(host), dobos_host_random(host)}},
        .ask_key = {{dobos_host_random(host), dobos_host_random(host)}},
        .cache_limit_bytes = config->cache_limit_bytes ? config->cache_limit_bytes : CACHE_BYTES,
        .stale = config->stale_s == 0                     ? DNS_CACHE_STALE
                 : config->stale_s == DOBOS_DNS_STALE_OFF ? 0
                                                          : config->stale_s * DOBOS_SECOND,
        .forward = config->forward,
        .forward_count = config->forward_count,
        .roots = config->roots,
        .root_count = (unsigned)config->root_count,
        .private_names = config->private_names ? private_names : NULL,
        .private_count = (unsigned)config->private_count};
    int result = dns_engine_init(&dns->engine, &dns->service.allocator, &engine);
    return result < 0
               ? result
               : dns_upstream_init(&dns->upstream, host, &dns->service.allocator, &dns->engine);
}

/* [rfc1035#24] */
static int dns_open(struct dns_service *dns, const struct dobos_dns_config *config) {
    static const struct stream_config streams = {
        .port = DNS_PORT,
        .limit = CONNECTIONS,
        .record_bytes = sizeof(struct dns_stream),
        .idle_ns = IDLE_NS,
    };
    struct dobos_dns_fault unasked = {0};
    struct zone_fault fault = {.file = config->fault ? config->fault : &unasked};
    *fault.file = unasked;
    dns->answer = service_allocate(&dns->service, DNS_TCP_BYTES + 2, "dns answer room");
    if (!dns->answer)
        return -DOBOS_ENOMEM;
    struct dns_name private_names[DNS_PRIVATE_NAMES];
    fault.reason = asking_judge(config, private_names);
    fault.record = fault.reason ? SIZE_MAX : 0;
    int result = fault.reason ? -DOBOS_EINVAL : engine_open(dns, config, private_names);
    if (result == 0)
        result = zones_add(dns, config, &fault);
    if (result == 0) {
        fault.record = SIZE_MAX;
        result = leases_add(dns, config, &fault);
    }
    if (result == -DOBOS_EINVAL) {
        if (config->bad_record)
            *config->bad_record = fault.record;
        if (config->reason)
            *config->reason = fault.reason;
    }
    if (result == 0)
        result = stream_server_open(&dns->streams, &dns->service, &streams);
    if (result == 0)
        result = service_socket(&dns->service, DOBOS_UDP, DNS_PORT, &dns->udp);
    return result;
}

int dobos_dns_server_create(struct dobos_host *host, const struct dobos_dns_config *config,
                            struct dobos_service **service) {
    if (config->size == 0 || config->size > sizeof(*config))
        return -DOBOS_EINVAL;
    struct dobos_dns_config known = {0};
    memcpy(&known, config, config->size);
    struct dobos_service *made = service_create(host, &dns_kind);
    if (!made)
        return -DOBOS_ENOMEM;
    int result = dns_open(container_of(made, struct dns_service, service), &known);
    if (result < 0) {
        dobos_service_destroy(made);
        return result;
    }
    *service = made;
    return 0;
}
