/*
 * dns_service: the DNS engine on port 53 of a host, by UDP and by TCP (RFC 7766: two bytes of
 * length before each message, several questions on one connection).
 */
#include "services/dns_server.h"
#include "services/stream.h"

#define CONNECTIONS 128
#define QUERY_BYTES 4096                /* longest query taken */
#define IDLE_NS     (10 * DOBOS_SECOND) /* RFC 7766 §6.2.3: some seconds */

struct dns_service {
    struct dobos_service service; /* what it is */
    struct stream_server streams; /* TCP */
    struct dobos_socket *udp;     /* UDP */
    struct zone *zones;           /* owned */
    uint8_t *answer;              /* DNS_TCP_BYTES + 2, for one answer at a time */
};

struct dns_stream {
    struct stream stream;           /* what the connections of all services have */
    size_t length;                  /* bytes in query[] */
    uint8_t query[2 + QUERY_BYTES]; /* length, message */
};

/* [rfc2181#1] [rfc2181#2] */
static void dns_udp_step(struct dns_service *dns) {
    uint8_t query[QUERY_BYTES];
    struct dobos_message message;
    int64_t got;
    while ((got = dobos_receive_message(dns->udp, query, sizeof(query), &message)) !=
           -DOBOS_EAGAIN) {
        if (got <= 0 || message.length > sizeof(query))
            continue;
        size_t length =
            dns_server_answer(dns->zones, query, (size_t)got, false, dns->answer, DNS_TCP_BYTES);
        struct dobos_message answer = {.peer = message.peer, .local = message.local};
        if (length && dobos_send_message(dns->udp, dns->answer, length, &answer) >= 0)
            dns->service.answers++;
    }
    struct dobos_icmp_report report;
    while (dobos_receive_icmp(dns->udp, &report) == 0)
        continue;
}

/* Answers the whole query at the front of query[]; false: no memory, or not a query. [rfc7766#2]
 * [rfc1123#6] */
static bool query_answer(struct dns_service *dns, struct dns_stream *stream, size_t query_length) {
    size_t length = dns_server_answer(dns->zones, stream->query + 2, query_length, true,
                                      dns->answer + 2, DNS_TCP_BYTES);
    stream->length -= 2 + query_length;
    memmove(stream->query, stream->query + 2 + query_length, stream->length);
    if (!length)
        return false;
    store_be16(dns->answer, (uint16_t)length);
    dns->service.answers++;
    return stream_pend(&dns->streams, &stream->stream, dns->answer, length + 2);
}

/* Reads more of a query; 1: there is more, 0: nothing now, −1: over. */
static int query_receive(struct dns_stream *stream) {
    int64_t got = dobos_receive(stream->stream.socket, stream->query + stream->length,
                                sizeof(stream->query) - stream->length);
    if (got <= 0)
        return got == -DOBOS_EAGAIN ? 0 : -1;
    stream->length += (size_t)got;
    return 1;
}

/* Progress is a whole query, not a piece of one. [rfc1035#10] [rfc7766#3] [rfc7766#5] */
static void dns_stream_step(struct dns_service *dns, struct dns_stream *stream, dobos_time now) {
    int result;
    do {
        result = stream_pending_send(&dns->streams, &stream->stream);
        if (result != 1)
            break;
        size_t query_length = stream->length >= 2 ? load_be16(stream->query) : 0;
        if (query_length > QUERY_BYTES) {
            result = -1;
        } else if (stream->length >= 2 && stream->length >= 2 + query_length) {
            stream_touch(&dns->streams, &stream->stream, now);
            result = query_answer(dns, stream, query_length) ? 1 : -1;
        } else {
            result = query_receive(stream);
        }
    } while (result == 1);
    if (result < 0)
        stream_close(&dns->streams, &stream->stream, false);
}

/* [rfc7766#4] */
static dobos_time dns_step(struct dobos_service *service, dobos_time now) {
    struct dns_service *dns = container_of(service, struct dns_service, service);
    struct dobos_event event;
    while (dobos_poller_next(service->poller, &event, 1) > 0) {
        if (event.socket == dns->streams.listener)
            stream_server_accept(&dns->streams, now);
        else if (event.socket == dns->udp)
            dns_udp_step(dns);
        else
            dns_stream_step(dns, event.user, now);
    }
    return stream_server_expire(&dns->streams, now);
}

static void dns_fini(struct dobos_service *service) {
    struct dns_service *dns = container_of(service, struct dns_service, service);
    stream_server_fini(&dns->streams);
    dobos_close(dns->udp);
    while (dns->zones) {
        struct zone *zone = dns->zones;
        dns->zones = zone->next;
        zone_destroy(&service->allocator, zone);
    }
    service_free(service, dns->answer, DNS_TCP_BYTES + 2);
}

static const struct service_kind dns_kind = {"dns", dns_step, dns_fini, sizeof(struct dns_service)};

static int zones_add(struct dns_service *dns, const struct dobos_dns_config *config, size_t *bad,
                     const char **reason) {
    struct hash_key key = {
        {dobos_host_random(dns->service.host), dobos_host_random(dns->service.host)}};
    struct zone **place = &dns->zones;
    size_t before = 0;
    for (size_t i = 0; i < config->zone_count; i++) {
        int result =
            zone_create(&dns->service.allocator, &key, &config->zones[i], bad, reason, place);
        *bad += before;
        if (result < 0)
            return result;
        for (const struct zone *other = dns->zones; other != *place; other = other->next) {
            if (dns_name_is_equal(&other->apex, &(*place)->apex)) {
                *reason = "this zone is there twice";
                return -DOBOS_EINVAL;
            }
        }
        before += config->zones[i].record_count;
        place = &(*place)->next;
    }
    return 0;
}

static int dns_open(struct dns_service *dns, const struct dobos_dns_config *config) {
    static const struct stream_config streams = {
        .port = DNS_PORT,
        .limit = CONNECTIONS,
        .record_bytes = sizeof(struct dns_stream),
        .idle_ns = IDLE_NS,
    };
    size_t bad = 0;
    const char *reason = NULL;
    dns->answer = service_allocate(&dns->service, DNS_TCP_BYTES + 2, "dns answer room");
    if (!dns->answer)
        return -DOBOS_ENOMEM;
    int result = zones_add(dns, config, &bad, &reason);
    if (result == -DOBOS_EINVAL) {
        if (config->bad_record)
            *config->bad_record = bad;
        if (config->reason)
            *config->reason = reason;
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
