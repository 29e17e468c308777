/* station: see station.h. */
#include "station.h"

#include "../base/plain_sum.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <dobos/os.h>

static const struct dobos_mac HOST_MAC = {{2, 0, 0, 0, 0, 1}};
static const struct dobos_mac STATION_MAC = {{2, 0, 0, 0, 0, 0x99}};

uint32_t number_of(const struct dobos_address *address) {
    return dobos_address_ipv4_number(address);
}

struct dobos_endpoint endpoint(uint32_t address, uint16_t port) {
    return (struct dobos_endpoint){.address = dobos_address_ipv4(address), .port = port};
}

void station_init_with(struct station *s, bool forwarding, const uint8_t key[DOBOS_KEY_BYTES]) {
    memset(s, 0, sizeof(*s));
    s->now = 1000 * DOBOS_SECOND;
    s->identification = 1;
    s->frames = calloc(STATION_FRAMES, sizeof(struct seen));
    assert_non_null(s->frames);
    struct dobos_pool_config pool = {.size = sizeof(pool), .allocator = dobos_os_allocator()};
    assert_int_equal(dobos_pool_create(&pool, &s->pool), 0);
    struct dobos_host_config host = {
        .size = sizeof(host), .name = "host", .forwarding = forwarding};
    memcpy(host.key, key, DOBOS_KEY_BYTES);
    assert_int_equal(dobos_host_create(s->pool, &host, s->now, &s->host), 0);
    s->interface = station_add_interface(s, HOST_ADDRESS, 24, 0);
    station_add_route(s, 0, 0, (HOST_ADDRESS & 0xffffff00) | 254);
}

uint32_t station_add_interface(struct station *s, uint32_t address, uint8_t length, uint32_t mtu) {
    struct dobos_interface_config config = {.size = sizeof(config), .mac = HOST_MAC, .mtu = mtu};
    uint32_t count = dobos_interface_count(s->host);
    memcpy(config.name, "eth", 3);
    config.name[3] = (char)('0' + count - 1);
    config.mac.bytes[5] = (uint8_t)count;
    assert_int_equal(dobos_interface_add(s->host, &config), count + 1);
    station_add_address(s, count + 1, address, length);
    return count + 1;
}

void station_add_address(struct station *s, uint32_t interface, uint32_t number, uint8_t length) {
    struct dobos_interface_address address = {
        .prefix = {.address = dobos_address_ipv4(number), .length = length},
        .valid_until = DOBOS_NEVER,
        .preferred_until = DOBOS_NEVER,
        .origin = DOBOS_ORIGIN_STATIC,
    };
    assert_int_equal(dobos_address_add(s->host, interface, &address), 0);
}

void station_add_route(struct station *s, uint32_t destination, uint8_t length, uint32_t gateway) {
    struct dobos_route route = {
        .destination = {.address = dobos_address_ipv4(destination), .length = length},
        .gateway = dobos_address_ipv4(gateway),
        .source = dobos_address_ipv4(0),
        .origin = DOBOS_ORIGIN_STATIC,
    };
    assert_int_equal(dobos_route_add(s->host, &route), 0);
}

void station_init(struct station *s) {
    static const uint8_t key[DOBOS_KEY_BYTES] = {1, 2, 3};
    station_init_with(s, false, key);
}

void station_fini(struct station *s) {
    dobos_host_destroy(s->host);
    struct dobos_pool_statistics statistics;
    dobos_pool_statistics_read(s->pool, &statistics);
    assert_int_equal(statistics.packets, 0);
    dobos_pool_destroy(s->pool);
    free(s->frames);
}

int station_setup(void **state) {
    struct station *s = malloc(sizeof(*s));
    assert_non_null(s);
    station_init(s);
    *state = s;
    return 0;
}

int station_setup_router(void **state) {
    static const uint8_t key[DOBOS_KEY_BYTES] = {4, 5, 6};
    struct station *s = malloc(sizeof(*s));
    assert_non_null(s);
    station_init_with(s, true, key);
    *state = s;
    return 0;
}

int station_setup_router_without_routes(void **state) {
    int result = station_setup_router(state);
    struct station *s = *state;
    struct dobos_route route;
    assert_int_equal(dobos_route_read(s->host, 0, &route), 0);
    assert_int_equal(dobos_route_remove(s->host, &route), 0);
    return result;
}

int station_teardown(void **state) {
    station_fini(*state);
    free(*state);
    return 0;
}

/* What the host says. */

static void see_transport(struct seen *seen) {
    struct reader r = reader_make(seen->payload.bytes, seen->payload.length);
    uint32_t pseudo =
        plain_pseudo_sum(number_of(&seen->ip.source), number_of(&seen->ip.destination),
                         seen->ip.protocol, seen->payload.length);
    size_t header = 0;
    if (seen->ip.protocol == PROTOCOL_TCP) {
        assert_true(tcp_parse(&r, &seen->tcp));
        tcp_options_parse(seen->tcp.options, &seen->option);
        seen->checksum_is_right =
            plain_sum(pseudo, seen->payload.bytes, seen->payload.length) == 0xffff;
        header = seen->tcp.header_length;
    } else if (seen->ip.protocol == PROTOCOL_UDP) {
        assert_true(udp_parse(&r, seen->payload.length, &seen->udp) || seen->ip.more_fragments);
        seen->checksum_is_right =
            seen->udp.checksum == 0 ||
            plain_sum(pseudo, seen->payload.bytes, seen->payload.length) == 0xffff;
        header = UDP_HEADER_BYTES;
    } else if (seen->ip.protocol == PROTOCOL_ICMP) {
        assert_true(icmp_parse(&r, &seen->icmp));
        seen->checksum_is_right = plain_sum(0, seen->payload.bytes, seen->payload.length) == 0xffff;
        header = ICMP_HEADER_BYTES;
    }
    seen->data = (struct slice){seen->payload.bytes + header, seen->payload.length - header};
}

/* Points the slices of a copy into the copy's own bytes. */
static struct slice moved(struct slice slice, const struct seen *from, const struct seen *to) {
    if (slice.bytes == NULL)
        return slice;
    return (struct slice){to->bytes + (slice.bytes - from->bytes), slice.length};
}

static void seen_copy(struct seen *to, const struct seen *from) {
    *to = *from;
    to->payload = moved(from->payload, from, to);
    to->data = moved(from->data, from, to);
    to->ip.options = moved(from->ip.options, from, to);
    to->tcp.options = moved(from->tcp.options, from, to);
}

static void see(struct station *s, uint32_t interface, struct dobos_packet *packet) {
    assert_true(s->count < STATION_FRAMES);
    struct seen *seen = &s->frames[(s->first + s->count) % STATION_FRAMES];
    memset(seen, 0, sizeof(*seen));
    seen->interface = interface;
    seen->at = s->now;
    seen->length = dobos_packet_length(packet);
    assert_true(seen->length <= sizeof(seen->bytes));
    assert_int_equal(dobos_packet_read(packet, 0, seen->bytes, sizeof(seen->bytes)), seen->length);
    assert_int_equal(dobos_packet_offload(packet)->flags & DOBOS_OFFLOAD_NEEDS_CHECKSUM, 0);
    dobos_packet_release(packet);
    struct reader r = reader_make(seen->bytes, seen->length);
    assert_true(ethernet_parse(&r, &seen->link));
    s->count++;
    if (seen->link.type == ETHER_TYPE_ARP) {
        seen->is_arp = true;
        assert_true(arp_parse(&r, &seen->arp));
        return;
    }
    assert_int_equal(seen->link.type, ETHER_TYPE_IPV4);
    size_t rest = seen->length - ETHERNET_HEADER_BYTES;
    seen->ip_is_sound =
        ipv4_parse(&r, rest, &seen->ip) == IPV4_OK &&
        plain_sum(0, seen->bytes + ETHERNET_HEADER_BYTES, seen->ip.header_length) == 0xffff;
    assert_true(seen->ip_is_sound);
    seen->payload = (struct slice){seen->bytes + ETHERNET_HEADER_BYTES + seen->ip.header_length,
                                   (size_t)seen->ip.total_length - seen->ip.header_length};
    if (seen->ip.fragment_offset == 0 && !seen->ip.more_fragments)
        see_transport(seen);
}

static bool is_answered(const struct station *s, const struct seen *seen) {
    uint32_t target = number_of(&seen->arp.target);
    return !s->arp_is_silent && target != s->arp_dead && seen->is_arp &&
           seen->arp.operation == ARP_REQUEST && target != number_of(&seen->arp.sender);
}

static void answer_arp(struct station *s, uint32_t interface, const struct arp *request) {
    uint8_t frame[ETHERNET_MIN_FRAME_BYTES] = {0};
    struct writer w = writer_make(frame, sizeof(frame));
    struct ethernet link = {
        .destination = request->sender_mac, .source = STATION_MAC, .type = ETHER_TYPE_ARP};
    ethernet_emit(&w, &link);
    struct arp reply = {
        .operation = ARP_REPLY,
        .sender_mac = STATION_MAC,
        .sender = request->target,
        .target_mac = request->sender_mac,
        .target = request->sender,
    };
    arp_emit(&w, &reply);
    struct dobos_packet *packet = dobos_packet_from_bytes(s->pool, frame, sizeof(frame), NULL);
    assert_non_null(packet);
    dobos_input(s->host, interface, &packet, 1, s->now);
}

static void collect_from(struct station *s, uint32_t interface) {
    struct dobos_packet *packets[16];
    unsigned n;
    while ((n = dobos_output(s->host, interface, packets, 16, s->now)) > 0) {
        for (unsigned i = 0; i < n; i++) {
            see(s, interface, packets[i]);
            struct seen *seen = &s->frames[(s->first + s->count - 1) % STATION_FRAMES];
            if (is_answered(s, seen)) {
                struct arp request = seen->arp;
                answer_arp(s, interface, &request);
            }
        }
    }
}

void station_collect(struct station *s) {
    for (uint32_t interface = 2; interface <= dobos_interface_count(s->host); interface++)
        collect_from(s, interface);
}

bool station_next(struct station *s, struct seen *seen) {
    station_collect(s);
    while (s->count > 0) {
        const struct seen *frame = &s->frames[s->first];
        s->first = (s->first + 1) % STATION_FRAMES;
        s->count--;
        if (frame->is_arp && !s->shows_arp)
            continue;
        seen_copy(seen, frame);
        return true;
    }
    return false;
}

bool station_is_quiet(struct station *s) {
    station_collect(s);
    for (unsigned i = 0; i < s->count; i++)
        if (!s->frames[(s->first + i) % STATION_FRAMES].is_arp)
            return false;
    return true;
}

void station_forget(struct station *s) {
    station_collect(s);
    s->count = 0;
}

void station_run(struct station *s, dobos_time duration) {
    dobos_time end = s->now + duration;
    unsigned steps = 0;
    station_collect(s);
    for (;;) {
        dobos_time next = dobos_next_deadline(s->host);
        if (next > end)
            break;
        if (next > s->now)
            s->now = next;
        dobos_advance(s->host, s->now);
        station_collect(s);
        assert_true(++steps < 1000000);
    }
    s->now = end;
    dobos_advance(s->host, s->now);
    station_collect(s);
}

uint64_t station_counter(const struct station *s, const char *name) {
    struct dobos_counter counter;
    for (uint32_t i = 0; dobos_counter_read(s->host, i, &counter) == 0; i++)
        if (strcmp(counter.name, name) == 0)
            return counter.value;
    fail_msg("there is no counter %s", name);
    return 0;
}

/* What the station says. */

void station_frame(struct station *s, const void *bytes, size_t length) {
    struct dobos_packet *packet = dobos_packet_from_bytes(s->pool, bytes, length, NULL);
    assert_non_null(packet);
    dobos_input(s->host, s->interface, &packet, 1, s->now);
    station_collect(s);
}

void station_link(const struct station *s, struct writer *w, uint16_t type) {
    struct ethernet link = {.destination = HOST_MAC, .source = STATION_MAC, .type = type};
    link.destination.bytes[5] = (uint8_t)(s->interface - 1);
    ethernet_emit(w, &link);
}

struct ipv4 station_header(struct station *s, uint32_t source, uint32_t destination,
                           uint8_t protocol) {
    return (struct ipv4){
        .source = dobos_address_ipv4(source),
        .destination = dobos_address_ipv4(destination),
        .identification = s->identification++,
        .ttl = 64,
        .protocol = protocol,
    };
}

void station_ipv4(struct station *s, const struct ipv4 *ip, const void *payload, size_t length) {
    uint8_t frame[66000];
    struct writer w = writer_make(frame, sizeof(frame));
    struct ipv4 header = *ip;
    header.total_length = (uint16_t)(ipv4_emit_length(ip) + length);
    station_link(s, &w, ETHER_TYPE_IPV4);
    ipv4_emit(&w, &header);
    if (length > 0)
        writer_bytes(&w, payload, length);
    assert_false(w.failed);
    station_frame(s, frame, w.position);
}

void station_udp(struct station *s, uint32_t source, uint16_t source_port, uint32_t destination,
                 uint16_t destination_port, const void *data, size_t length) {
    uint8_t bytes[65535];
    struct writer w = writer_make(bytes, sizeof(bytes));
    struct udp udp = {
        .source_port = source_port,
        .destination_port = destination_port,
        .length = (uint16_t)(UDP_HEADER_BYTES + length),
    };
    udp_emit(&w, &udp);
    if (length > 0)
        writer_bytes(&w, data, length);
    assert_false(w.failed);
    uint16_t sum = (uint16_t)~plain_sum(
        plain_pseudo_sum(source, destination, PROTOCOL_UDP, w.position), bytes, w.position);
    store_be16(bytes + 6, sum == 0 ? 0xffff : sum);
    struct ipv4 ip = station_header(s, source, destination, PROTOCOL_UDP);
    station_ipv4(s, &ip, bytes, w.position);
}

void station_icmp(struct station *s, uint32_t source, uint32_t destination, const struct icmp *icmp,
                  const void *data, size_t length) {
    uint8_t bytes[65535];
    struct writer w = writer_make(bytes, sizeof(bytes));
    icmp_emit(&w, icmp);
    if (length > 0)
        writer_bytes(&w, data, length);
    assert_false(w.failed);
    store_be16(bytes + 2, (uint16_t)~plain_sum(0, bytes, w.position));
    struct ipv4 ip = station_header(s, source, destination, PROTOCOL_ICMP);
    station_ipv4(s, &ip, bytes, w.position);
}

void station_icmp_about(struct station *s, uint32_t source, uint8_t type, uint8_t code,
                        uint16_t mtu, const struct seen *about) {
    size_t quoted = about->length - ETHERNET_HEADER_BYTES;
    size_t most = (size_t)about->ip.header_length + 8;
    struct icmp icmp = {.type = type, .code = code, .sequence = mtu};
    station_icmp(s, source, HOST_ADDRESS, &icmp, about->bytes + ETHERNET_HEADER_BYTES,
                 quoted < most ? quoted : most);
}

void station_tcp(struct station *s, uint32_t source, uint32_t destination,
                 const struct tcp_header *tcp, const void *data, size_t length) {
    uint8_t bytes[65535];
    struct writer w = writer_make(bytes, sizeof(bytes));
    struct tcp_header header = *tcp;
    header.header_length = (uint8_t)(TCP_HEADER_BYTES + tcp->options.length);
    header.checksum = 0;
    tcp_emit(&w, &header);
    if (length > 0)
        writer_bytes(&w, data, length);
    assert_false(w.failed);
    store_be16(bytes + 16,
               (uint16_t)~plain_sum(plain_pseudo_sum(source, destination, PROTOCOL_TCP, w.position),
                                    bytes, w.position));
    struct ipv4 ip = station_header(s, source, destination, PROTOCOL_TCP);
    station_ipv4(s, &ip, bytes, w.position);
}

/* TCP. */

void peer_init(struct peer *p, struct station *s, uint16_t port, uint16_t host_port) {
    *p = (struct peer){
        .station = s,
        .address = PEER_ADDRESS,
        .port = port,
        .host_port = host_port,
        .seq = UINT32_C(0xfffffff0), /* wraps soon */
        .window = 65535,
        .ts_value = 1000,
        .offers = {.has_mss = true, .mss = 1460},
    };
}

static void peer_emit(struct peer *p, uint8_t flags, uint32_t seq, uint32_t ack, const void *data,
                      size_t length, struct slice options) {
    struct tcp_header tcp = {
        .source_port = p->port,
        .destination_port = p->host_port,
        .seq = seq_make(seq),
        .ack = seq_make((flags & TCP_ACK) != 0 ? ack : 0),
        .flags = flags,
        .window = p->window,
        .options = options,
    };
    station_tcp(p->station, p->address, HOST_ADDRESS, &tcp, data, length);
}

void peer_send_at(struct peer *p, uint8_t flags, uint32_t seq, uint32_t ack, const void *data,
                  size_t length) {
    uint8_t bytes[TCP_OPTIONS_MAX_BYTES];
    struct writer w = writer_make(bytes, sizeof(bytes));
    struct tcp_options options = {.has_mss = false};
    if ((flags & TCP_SYN) != 0)
        options = p->offers;
    options.has_timestamps = p->timestamps;
    options.ts_value = p->ts_value;
    options.ts_echo = p->ts_echo;
    tcp_options_emit(&w, &options);
    peer_emit(p, flags, seq, ack, data, length, (struct slice){bytes, w.position});
}

void peer_send(struct peer *p, uint8_t flags, const void *data, size_t length) {
    uint32_t seq = p->seq;
    p->seq += (uint32_t)length + ((flags & TCP_SYN) != 0) + ((flags & TCP_FIN) != 0);
    peer_send_at(p, flags, seq, p->ack, data, length);
}

void peer_take(struct peer *p, struct seen *seen) {
    assert_true(station_next(p->station, seen));
    assert_int_equal(seen->ip.protocol, PROTOCOL_TCP);
    assert_true(seen->checksum_is_right);
    uint32_t length = (uint32_t)seen->data.length + ((seen->tcp.flags & TCP_SYN) != 0) +
                      ((seen->tcp.flags & TCP_FIN) != 0);
    if ((seen->tcp.flags & TCP_RST) == 0 && seen->tcp.seq.raw == p->ack)
        p->ack += length;
    if (seen->option.has_timestamps)
        p->ts_echo = seen->option.ts_value;
}

void peer_open(struct peer *p) {
    peer_send(p, TCP_SYN, NULL, 0);
    struct seen seen;
    assert_true(station_next(p->station, &seen));
    assert_int_equal(seen.tcp.flags, TCP_SYN | TCP_ACK);
    assert_int_equal(seen.tcp.ack.raw, p->seq);
    p->offered = seen.option;
    p->host_iss = seen.tcp.seq.raw;
    p->ack = p->host_iss + 1;
    if (seen.option.has_timestamps)
        p->ts_echo = seen.option.ts_value;
    peer_send(p, TCP_ACK, NULL, 0);
}

void peer_accept(struct peer *p) {
    struct seen seen;
    assert_true(station_next(p->station, &seen));
    assert_int_equal(seen.tcp.flags, TCP_SYN | TCP_ECE | TCP_CWR);
    assert_int_equal(seen.tcp.destination_port, p->port);
    p->host_port = seen.tcp.source_port;
    p->offered = seen.option;
    p->host_iss = seen.tcp.seq.raw;
    p->ack = p->host_iss + 1;
    if (seen.option.has_timestamps)
        p->ts_echo = seen.option.ts_value;
    peer_send(p, TCP_SYN | TCP_ACK, NULL, 0);
    peer_take(p, &seen);
}

struct dobos_socket *peer_established(struct peer *p, struct station *s, uint16_t port) {
    struct dobos_socket *listener = station_listener(s, 80);
    struct dobos_socket *socket = NULL;
    bool timestamps = p->timestamps;
    struct tcp_options offers = p->offers;
    peer_init(p, s, port, 80);
    p->timestamps = timestamps;
    if (offers.has_mss || offers.has_window_scale)
        p->offers = offers;
    peer_open(p);
    assert_int_equal(dobos_accept(listener, &socket, NULL), 0);
    dobos_close(listener);
    return socket;
}

size_t peer_drain(struct peer *p) {
    struct seen seen;
    size_t length = 0;
    while (!station_is_quiet(p->station)) {
        peer_take(p, &seen);
        assert_int_equal(seen.tcp.flags & (TCP_SYN | TCP_FIN | TCP_RST), 0);
        length += seen.data.length;
    }
    return length;
}

/* Sockets of the host. */

struct dobos_socket_info info_of(const struct dobos_socket *socket) {
    struct dobos_socket_info info;
    assert_int_equal(dobos_socket_info_read(socket, &info), 0);
    return info;
}

enum dobos_tcp_state state_of(const struct dobos_socket *socket) {
    return info_of(socket).state;
}

struct dobos_socket *station_listener(struct station *s, uint16_t port) {
    struct dobos_socket *socket = NULL;
    struct dobos_endpoint local = endpoint(0, port);
    assert_int_equal(dobos_socket_create(s->host, DOBOS_TCP, NULL, &socket), 0);
    assert_int_equal(dobos_bind(socket, &local), 0);
    assert_int_equal(dobos_listen(socket, 16), 0);
    return socket;
}

struct dobos_socket *station_udp_socket(struct station *s, uint16_t port) {
    struct dobos_socket *socket = NULL;
    struct dobos_endpoint local = endpoint(0, port);
    assert_int_equal(dobos_socket_create(s->host, DOBOS_UDP, NULL, &socket), 0);
    assert_int_equal(dobos_bind(socket, &local), 0);
    return socket;
}

struct dobos_socket *station_connect(struct station *s, uint32_t address, uint16_t port) {
    struct dobos_socket *socket = NULL;
    struct dobos_endpoint peer = endpoint(address, port);
    assert_int_equal(dobos_socket_create(s->host, DOBOS_TCP, NULL, &socket), 0);
    assert_int_equal(dobos_connect(socket, &peer), -DOBOS_EINPROGRESS);
    return socket;
}
