/* UDP and ping sockets: chunks kept, best effort, bounded queues, ICMP errors told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../base/failing_allocator.h"

#include <dobos/errors.h>

#include "transport/datagram.h"
#include "wire/icmp.h"
#include "wire/udp.h"

static struct failing_allocator memory;

#define OWN  0x0a000001u
#define PEER 0x0a000002u

struct fixture {
    struct dobos_pool *pool;
    struct timing_wheel wheel;
    struct transport transport;
    struct dobos_socket *socket; /* UDP, bound to port 53 */
};

static int setup(void **state) {
    static const uint8_t secret[DOBOS_KEY_BYTES] = {1};
    struct fixture *f = calloc(1, sizeof *f);
    struct dobos_allocator allocator = failing_allocator_hook(&memory);
    struct dobos_pool_config config = {.size = sizeof config, .allocator = &allocator};
    memory = (struct failing_allocator){0};
    assert_int_equal(dobos_pool_create(&config, &f->pool), 0);
    assert_true(timing_wheel_init(&f->wheel, pool_allocator(f->pool), 0));
    transport_init(&f->transport, f->pool, &f->wheel, secret, 1 << 20);
    f->socket = datagram_create(&f->transport, DOBOS_UDP);
    f->socket->sender.flow.local_port = 53;
    assert_int_equal(port_claim(&f->transport, f->socket), 0);
    *state = f;
    return 0;
}

static int teardown(void **state) {
    struct fixture *f = *state;
    if (f->socket)
        datagram_destroy(&f->transport, f->socket);
    transport_fini(&f->transport);
    timing_wheel_fini(&f->wheel, pool_allocator(f->pool));
    dobos_pool_destroy(f->pool);
    assert_int_equal(memory.live, 0);
    free(f);
    return 0;
}

static struct datagram_arrival usual(void) {
    return (struct datagram_arrival){
        .flow = {.interface = 2, .protocol = DOBOS_UDP},
        .link = {{2, 0, 0, 0, 0, 9}},
        .ttl = 63,
        .tos = 0x28,
    };
}

enum sum {
    RIGHT,
    WRONG,
    ABSENT
};

/* A UDP datagram from PEER port 1000 to OWN, bytes counting up from 1. */
static struct dobos_packet *udp_make(struct fixture *f, uint16_t port, size_t length,
                                     enum sum sum) {
    static uint8_t bytes[8 + 65535];
    struct dobos_address own = dobos_address_ipv4(OWN), peer = dobos_address_ipv4(PEER);
    struct writer w = writer_make(bytes, sizeof bytes);
    struct udp udp = {1000, port, (uint16_t)(8 + length), 0};
    udp_emit(&w, &udp);
    for (size_t i = 0; i < length; i++)
        bytes[8 + i] = (uint8_t)(i + 1);
    uint32_t pseudo = checksum_pseudo(&peer, &own, DOBOS_UDP, (uint32_t)(8 + length));
    uint32_t all =
        (uint32_t)checksum_fold(pseudo) + checksum_fold(checksum_add(0, bytes, 8 + length));
    uint16_t right = checksum_finish(all);
    right = right == 0 ? 0xffff : right;
    store_be16(bytes + 6, sum == RIGHT ? right : sum == WRONG ? (uint16_t)(right ^ 0x100) : 0);
    return dobos_packet_from_bytes(f->pool, bytes, 8 + length, NULL);
}

static enum drop_reason deliver(struct fixture *f, struct dobos_packet *packet, bool broadcast,
                                bool *unreachable) {
    struct datagram_arrival arrival = usual();
    struct transport_result result = {0};
    bool nobody = false;
    arrival.flow.local = dobos_address_ipv4(broadcast ? 0xffffffff : OWN);
    arrival.flow.remote = dobos_address_ipv4(PEER);
    arrival.broadcast = broadcast;
    udp_receive(&f->transport, packet, &arrival, 777, &result, &nobody);
    if (nobody)
        dobos_packet_release(packet);
    if (unreachable)
        *unreachable = nobody;
    return result.reason;
}

/* [rfc768#4] [rfc1122#64] */
static void datagram_arrives_whole_with_its_origin(void **state) {
    struct fixture *f = *state;
    static const size_t lengths[] = {0, 1, 100, 256, 257, 1472, 9000, 65507};
    static uint8_t bytes[65536];
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct dobos_message message;
        assert_int_equal(deliver(f, udp_make(f, 53, lengths[i], RIGHT), false, NULL), DROP_NONE);
        assert_true(datagram_ready(f->socket) & DOBOS_READABLE);
        assert_int_equal(datagram_receive(&f->transport, f->socket, bytes, sizeof bytes, &message),
                         lengths[i]);
        for (size_t j = 0; j < lengths[i]; j++)
            assert_int_equal(bytes[j], (uint8_t)(j + 1));
        assert_int_equal(dobos_address_ipv4_number(&message.peer.address), PEER);
        assert_int_equal(message.peer.port, 1000);
        assert_int_equal(message.peer.interface, 2);
        assert_int_equal(dobos_address_ipv4_number(&message.local), OWN);
        assert_int_equal(message.ttl, 63);
        assert_int_equal(message.tos, 0x28);
        assert_int_equal(message.length, lengths[i]);
        assert_int_equal(message.arrived, 777);
        assert_int_equal(message.link.bytes[5], 9);
    }
    assert_int_equal(datagram_receive(&f->transport, f->socket, bytes, 10, NULL), -DOBOS_EAGAIN);
    assert_true(f->socket->armed & DOBOS_READABLE);
    assert_int_equal(f->transport.buffer_bytes, 0);
}

/* Chunks stay chunks, and one that is too long for the room is cut, not spilt. */
static void datagrams_are_cut_to_the_room_one_by_one(void **state) {
    struct fixture *f = *state;
    uint8_t bytes[100];
    struct dobos_message message;
    deliver(f, udp_make(f, 53, 50, RIGHT), false, NULL);
    deliver(f, udp_make(f, 53, 60, RIGHT), false, NULL);
    assert_int_equal(datagram_receive(&f->transport, f->socket, bytes, 20, &message), 20);
    assert_int_equal(message.length, 50);
    assert_int_equal(datagram_receive(&f->transport, f->socket, bytes, 100, &message), 60);
}

/* [rfc768#3] [rfc1122#63] [attack:G3] */
static void checksum_zero_is_none_and_a_wrong_one_is_found(void **state) {
    struct fixture *f = *state;
    assert_int_equal(deliver(f, udp_make(f, 53, 30, ABSENT), false, NULL), DROP_NONE);
    assert_int_equal(deliver(f, udp_make(f, 53, 30, WRONG), false, NULL), DROP_UDP_CHECKSUM);
    assert_int_equal(deliver(f, udp_make(f, 53, 31, WRONG), false, NULL), DROP_UDP_CHECKSUM);
    struct dobos_packet *verified = udp_make(f, 53, 30, WRONG);
    verified->offload.flags = DOBOS_OFFLOAD_DATA_VALID;
    assert_int_equal(deliver(f, verified, false, NULL), DROP_NONE);
}

/* Every UDP length against every payload length [rfc768#1] [attack:G1]. */
static void length_that_lies_is_malformed(void **state) {
    struct fixture *f = *state;
    for (unsigned there = 1; there <= 40; there++) {
        for (unsigned said = 0; said <= 60; said++) {
            uint8_t bytes[40] = {3, 0xe8, 0, 53, 0, (uint8_t)said};
            struct dobos_packet *packet = dobos_packet_from_bytes(f->pool, bytes, there, NULL);
            bool right = there >= 8 && said >= 8 && said <= there;
            uint8_t got[64];
            assert_int_equal(deliver(f, packet, false, NULL),
                             right ? DROP_NONE : DROP_UDP_MALFORMED);
            if (right)
                assert_int_equal(datagram_receive(&f->transport, f->socket, got, 64, NULL),
                                 said - 8);
        }
    }
}

/* [rfc1122#66] */
static void datagram_from_everybody_is_dropped(void **state) {
    struct fixture *f = *state;
    static const uint32_t sources[] = {0xe0000001, 0xffffffff, 0};
    for (unsigned i = 0; i < 3; i++) {
        struct datagram_arrival arrival = usual();
        struct transport_result result = {0};
        bool unreachable;
        arrival.flow.local = dobos_address_ipv4(OWN);
        arrival.flow.remote = dobos_address_ipv4(sources[i]);
        udp_receive(&f->transport, udp_make(f, 53, 5, ABSENT), &arrival, 1, &result, &unreachable);
        assert_int_equal(result.reason, sources[i] ? DROP_IP_SOURCE : DROP_NONE);
    }
}

static void nobodys_datagram_is_unreachable_but_a_broadcast_one(void **state) {
    struct fixture *f = *state;
    bool unreachable;
    assert_int_equal(deliver(f, udp_make(f, 54, 5, RIGHT), false, &unreachable), DROP_UDP_NO_PORT);
    assert_true(unreachable);
    assert_int_equal(deliver(f, udp_make(f, 54, 5, ABSENT), true, &unreachable), DROP_UDP_NO_PORT);
    assert_false(unreachable);
    assert_int_equal(deliver(f, udp_make(f, 53, 5, ABSENT), true, &unreachable), DROP_NONE);
}

/* [attack:G4] */
static void flood_fills_its_own_queue_only(void **state) {
    struct fixture *f = *state;
    struct dobos_socket *other = datagram_create(&f->transport, DOBOS_UDP);
    other->sender.flow.local_port = 54;
    assert_int_equal(port_claim(&f->transport, other), 0);
    assert_int_equal(datagram_option_set(f->socket, DOBOS_OPTION_RECEIVE_BUFFER, 4096), 0);
    unsigned taken = 0;
    for (unsigned i = 0; i < 1000; i++)
        taken += deliver(f, udp_make(f, 53, 1, RIGHT), false, NULL) == DROP_NONE;
    assert_true(taken > 5 && taken < 50); /* at their true cost */
    assert_true(f->transport.buffer_bytes < 8192);
    assert_int_equal(deliver(f, udp_make(f, 53, 1, RIGHT), false, NULL), DROP_SOCKET_QUEUE);
    assert_int_equal(deliver(f, udp_make(f, 54, 1, RIGHT), false, NULL), DROP_NONE);
    uint8_t thrown[8];
    while (datagram_receive(&f->transport, f->socket, thrown, 8, NULL) >= 0)
        continue;
    taken = 0;
    for (unsigned i = 0; i < 100; i++)
        taken += deliver(f, udp_make(f, 53, 300, RIGHT), false, NULL) == DROP_NONE;
    assert_true(taken >= 1 && taken <= 4); /* kept by reference: packet and buffer count */
    f->transport.buffer_limit_bytes = 1;   /* the host is full: each still has room for one */
    uint8_t byte;
    assert_int_equal(datagram_receive(&f->transport, other, &byte, 1, NULL), 1);
    assert_int_equal(deliver(f, udp_make(f, 54, 1, RIGHT), false, NULL), DROP_NONE);
    assert_int_equal(deliver(f, udp_make(f, 54, 1, RIGHT), false, NULL), DROP_SOCKET_QUEUE);
    datagram_destroy(&f->transport, other);
}

static void queue_is_free_again_once_read(void **state) {
    struct fixture *f = *state;
    uint8_t bytes[300];
    assert_int_equal(datagram_option_set(f->socket, DOBOS_OPTION_RECEIVE_BUFFER, 4096), 0);
    for (unsigned i = 0; i < 200; i++) {
        assert_int_equal(deliver(f, udp_make(f, 53, 300, RIGHT), false, NULL), DROP_NONE);
        assert_int_equal(datagram_receive(&f->transport, f->socket, bytes, 300, NULL), 300);
    }
}

static struct dobos_message to_peer(uint16_t port) {
    return (struct dobos_message){.peer = {.address = dobos_address_ipv4(PEER), .port = port},
                                  .local = dobos_address_ipv4(0)};
}

/* [rfc1122#62] [rfc768#2] [rfc1122#65] [rfc1122#67] */
static void sent_datagram_has_header_and_checksum(void **state) {
    struct fixture *f = *state;
    struct dobos_message message = to_peer(9);
    struct datagram_outgoing out;
    uint8_t bytes[64];
    struct dobos_address own = dobos_address_ipv4(OWN), peer = dobos_address_ipv4(PEER);
    message.ttl = 5;
    message.local = own;
    assert_int_equal(datagram_send(&f->transport, f->socket, "abc", 3, &message), 3);
    assert_true(f->socket->sender.wants_output);
    assert_true(datagram_transmit(&f->transport, f->socket, &out));
    assert_false(f->socket->sender.wants_output);
    assert_int_equal(out.message.ttl, 5);
    assert_true(dobos_address_is_equal(&out.message.local, &own));
    datagram_finish(out.packet, DOBOS_UDP, &own, &peer);
    packet_finish_checksum(out.packet);
    assert_int_equal(dobos_packet_read(out.packet, 0, bytes, sizeof bytes), 11);
    dobos_packet_release(out.packet);
    assert_int_equal(load_be16(bytes), 53);
    assert_int_equal(load_be16(bytes + 2), 9);
    assert_int_equal(load_be16(bytes + 4), 11);
    assert_int_not_equal(load_be16(bytes + 6), 0);
    uint32_t sum = checksum_fold(checksum_pseudo(&own, &peer, DOBOS_UDP, 11));
    assert_int_equal(checksum_finish(sum + checksum_fold(checksum_add(0, bytes, 11))), 0);
    assert_false(datagram_transmit(&f->transport, f->socket, &out));
    assert_int_equal(f->transport.buffer_bytes, 0);
}

static void what_cannot_be_sent_is_refused(void **state) {
    struct fixture *f = *state;
    static uint8_t large[65508];
    struct dobos_message nowhere = to_peer(0), there = to_peer(9);
    assert_int_equal(datagram_send(&f->transport, f->socket, "a", 1, NULL), -DOBOS_ENOTCONN);
    assert_int_equal(datagram_send(&f->transport, f->socket, "a", 1, &nowhere), -DOBOS_ENOTCONN);
    assert_int_equal(datagram_send(&f->transport, f->socket, large, 65508, &there),
                     -DOBOS_EMSGSIZE);
    assert_int_equal(datagram_send(&f->transport, f->socket, large, 65507, &there), 65507);
    assert_int_equal(datagram_option_set(f->socket, DOBOS_OPTION_SEND_BUFFER, 4096), 0);
    assert_int_equal(datagram_send(&f->transport, f->socket, "a", 1, &there), -DOBOS_EAGAIN);
    assert_false(datagram_ready(f->socket) & DOBOS_WRITABLE);
    assert_true(f->socket->armed & DOBOS_WRITABLE);
    struct datagram_outgoing out;
    assert_true(datagram_transmit(&f->transport, f->socket, &out));
    dobos_packet_release(out.packet);
    assert_true(datagram_ready(f->socket) & DOBOS_WRITABLE);
    assert_int_equal(datagram_option_set(f->socket, DOBOS_OPTION_DONT_FRAGMENT, 1), 0);
    f->socket->sender.path = (struct path){.interface = 2, .mtu = 1500};
    assert_int_equal(datagram_send(&f->transport, f->socket, large, 1473, &there), -DOBOS_EMSGSIZE);
    assert_int_equal(datagram_send(&f->transport, f->socket, large, 1472, &there), 1472);
}

/* ---- ping ---- */

static void echo_goes_out_and_its_reply_comes_back(void **state) {
    struct fixture *f = *state;
    struct dobos_socket *ping = datagram_create(&f->transport, DOBOS_ICMP);
    struct datagram_outgoing out;
    struct dobos_message message = to_peer(0);
    uint8_t bytes[64];
    assert_int_equal(port_claim(&f->transport, ping), 0);
    assert_int_equal(datagram_send(&f->transport, ping, "\x12", 1, &message), -DOBOS_EINVAL);
    assert_int_equal(datagram_send(&f->transport, ping, "\x12\x34hello", 7, &message), 7);
    assert_true(datagram_transmit(&f->transport, ping, &out));
    assert_int_equal(dobos_packet_read(out.packet, 0, bytes, sizeof bytes), 13);
    dobos_packet_release(out.packet);
    assert_int_equal(bytes[0], ICMP_ECHO_REQUEST);
    assert_int_equal(checksum_finish(checksum_add(0, bytes, 13)), 0);
    assert_int_equal(load_be16(bytes + 4), ping->sender.flow.local_port);
    assert_int_equal(load_be16(bytes + 6), 0x1234);
    struct datagram_arrival arrival = usual();
    struct transport_result result = {0};
    arrival.flow.local = dobos_address_ipv4(OWN);
    arrival.flow.remote = dobos_address_ipv4(PEER);
    struct dobos_packet *reply = dobos_packet_from_bytes(f->pool, bytes, 13, NULL);
    reply->payload_offset = 8;
    ping_receive(&f->transport, reply, &arrival, load_be16(bytes + 4), 0x1234, 9, &result);
    assert_int_equal(result.reason, DROP_NONE);
    assert_ptr_equal(result.socket, ping);
    assert_int_equal(datagram_receive(&f->transport, ping, bytes, sizeof bytes, &message), 7);
    assert_memory_equal(bytes, "\x12\x34hello", 7);
    assert_int_equal(message.length, 7);
    reply = dobos_packet_from_bytes(f->pool, bytes, 13, NULL);
    reply->payload_offset = 8;
    ping_receive(&f->transport, reply, &arrival, 1, 1, 9, &result);
    assert_int_equal(result.reason, DROP_ICMP_TYPE);
    datagram_destroy(&f->transport, ping);
}

/* ---- ICMP errors ---- */

static enum vouch quote(struct fixture *f, uint8_t type, uint8_t code, uint16_t port,
                        uint32_t destination) {
    struct quote quote = {.source = dobos_address_ipv4(OWN),
                          .destination = dobos_address_ipv4(destination),
                          .from = dobos_address_ipv4(0x0a0000fe),
                          .protocol = DOBOS_UDP,
                          .type = type,
                          .code = code,
                          .mtu = code == 4 ? 1400 : 0,
                          .path_mtu = type == ICMP_UNREACHABLE && code == 4 ? 1400 : 0,
                          .length = 12};
    struct transport_result result = {0};
    store_be16(quote.bytes, port);
    store_be16(quote.bytes + 2, 9);
    memcpy(quote.bytes + 8, "abcd", 4);
    return transport_quote(&f->transport, &quote, 5, &result);
}

/* [rfc1122#61] [rfc6633#2] */
static void icmp_errors_are_told_to_the_socket(void **state) {
    struct fixture *f = *state;
    struct dobos_icmp_report report;
    assert_int_equal(quote(f, ICMP_TIME_EXCEEDED, 0, 53, PEER), VOUCH_NOTED);
    assert_true(datagram_ready(f->socket) & DOBOS_ERROR);
    assert_int_equal(datagram_receive_icmp(f->socket, &report), 0);
    assert_int_equal(report.type, ICMP_TIME_EXCEEDED);
    assert_int_equal(dobos_address_ipv4_number(&report.from), 0x0a0000fe);
    assert_int_equal(dobos_address_ipv4_number(&report.peer.address), PEER);
    assert_int_equal(report.peer.port, 9);
    assert_int_equal(report.payload_length, 4);
    assert_memory_equal(report.payload, "abcd", 4);
    assert_int_equal(report.arrived, 5);
    assert_int_equal(datagram_receive_icmp(f->socket, &report), -DOBOS_EAGAIN);
    assert_int_equal(quote(f, ICMP_UNREACHABLE, ICMP_PORT_UNREACHABLE, 54, PEER), VOUCH_NO);
    assert_int_equal(quote(f, ICMP_SOURCE_QUENCH, 0, 53, PEER), VOUCH_NO);
    assert_int_equal(quote(f, ICMP_UNREACHABLE, 4, 53, PEER), VOUCH_MTU);
    assert_int_equal(datagram_receive_icmp(f->socket, &report), 0);
    assert_int_equal(report.mtu, 1400);
    assert_int_equal(f->socket->error, 0);
}

static void connected_socket_gets_the_error_of_its_own_peer_only(void **state) {
    struct fixture *f = *state;
    uint8_t byte;
    f->socket->sender.flow.remote = dobos_address_ipv4(PEER);
    f->socket->sender.flow.remote_port = 9;
    assert_int_equal(quote(f, ICMP_UNREACHABLE, ICMP_PORT_UNREACHABLE, 53, PEER + 1), VOUCH_NO);
    assert_int_equal(quote(f, ICMP_UNREACHABLE, ICMP_PORT_UNREACHABLE, 53, PEER), VOUCH_NOTED);
    assert_int_equal(datagram_receive(&f->transport, f->socket, &byte, 1, NULL),
                     -DOBOS_ECONNREFUSED);
    assert_int_equal(datagram_receive(&f->transport, f->socket, &byte, 1, NULL), -DOBOS_EAGAIN);
    datagram_error_set(f->socket, -DOBOS_EHOSTUNREACH);
    assert_int_equal(datagram_send(&f->transport, f->socket, "a", 1, NULL), -DOBOS_EHOSTUNREACH);
    assert_int_equal(datagram_send(&f->transport, f->socket, "a", 1, NULL), 1);
}

/* The report of an echo request begins with what the program gave: its sequence number. */
static void ping_socket_gets_its_icmp_errors(void **state) {
    struct fixture *f = *state;
    struct dobos_socket *ping = datagram_create(&f->transport, DOBOS_ICMP);
    struct dobos_icmp_report report;
    assert_int_equal(port_claim(&f->transport, ping), 0);
    struct quote quoted = {.source = dobos_address_ipv4(OWN),
                           .destination = dobos_address_ipv4(PEER),
                           .protocol = DOBOS_ICMP,
                           .type = ICMP_TIME_EXCEEDED,
                           .bytes = {ICMP_ECHO_REQUEST, 0, 0, 0, 0, 0, 0x12, 0x34, 'h', 'i'},
                           .length = 10};
    struct transport_result result = {0};
    store_be16(quoted.bytes + 4, ping->sender.flow.local_port);
    assert_int_equal(transport_quote(&f->transport, &quoted, 5, &result), VOUCH_NOTED);
    assert_ptr_equal(result.socket, ping);
    assert_int_equal(datagram_receive_icmp(ping, &report), 0);
    assert_int_equal(report.payload_length, 4);
    assert_memory_equal(report.payload, "\x12\x34hi", 4);
    quoted.bytes[0] = ICMP_ECHO_REPLY; /* about a reply of ours: no socket's */
    assert_int_equal(transport_quote(&f->transport, &quoted, 5, &result), VOUCH_NO);
    datagram_destroy(&f->transport, ping);
}

static void sixteen_reports_are_kept_the_newest(void **state) {
    struct fixture *f = *state;
    struct dobos_icmp_report report;
    for (unsigned i = 0; i < 20; i++)
        assert_int_equal(quote(f, ICMP_TIME_EXCEEDED, (uint8_t)i, 53, PEER), VOUCH_NOTED);
    for (unsigned i = 4; i < 20; i++) {
        assert_int_equal(datagram_receive_icmp(f->socket, &report), 0);
        assert_int_equal(report.code, i);
    }
    assert_int_equal(datagram_receive_icmp(f->socket, &report), -DOBOS_EAGAIN);
}

static void every_failed_allocation_is_an_error_and_no_leak(void **state) {
    struct fixture *f = *state;
    struct dobos_message message = to_peer(9);
    uint8_t bytes[2000] = {0};
    for (unsigned fail = 1; fail < 8; fail++) {
        memory.fail_at = memory.calls + fail;
        int64_t sent = datagram_send(&f->transport, f->socket, bytes, 1400, &message);
        assert_true(sent == 1400 || sent == -DOBOS_ENOMEM);
        struct datagram_outgoing out;
        if (datagram_transmit(&f->transport, f->socket, &out))
            dobos_packet_release(out.packet);
        struct dobos_packet *packet = udp_make(f, 53, 1400, RIGHT);
        if (packet)
            deliver(f, packet, false, NULL);
        datagram_receive(&f->transport, f->socket, bytes, sizeof bytes, NULL);
        assert_int_equal(f->transport.buffer_bytes, 0);
    }
    memory.fail_at = memory.calls + 1;
    assert_null(datagram_create(&f->transport, DOBOS_UDP));
}

static void options_are_checked_and_kept(void **state) {
    struct fixture *f = *state;
    struct dobos_socket_info info;
    int64_t value;
    assert_int_equal(datagram_option_set(f->socket, DOBOS_OPTION_TTL, 0), -DOBOS_EINVAL);
    assert_int_equal(datagram_option_set(f->socket, DOBOS_OPTION_NODELAY, 1), -DOBOS_EOPNOTSUPP);
    assert_int_equal(datagram_option_set(f->socket, DOBOS_OPTION_INTERFACE, 3), -DOBOS_EINVAL);
    assert_int_equal(datagram_option_set(f->socket, DOBOS_OPTION_BROADCAST, 2), -DOBOS_EINVAL);
    assert_int_equal(datagram_option_set(f->socket, DOBOS_OPTION_BROADCAST, 1), 0);
    assert_int_equal(datagram_option_read(f->socket, DOBOS_OPTION_BROADCAST, &value), 0);
    assert_int_equal(value, 1);
    assert_int_equal(datagram_option_set(f->socket, DOBOS_OPTION_TTL, 7), 0);
    assert_int_equal(f->socket->sender.ttl, 7); /* [rfc1122#67] */
    assert_int_equal(datagram_option_set(f->socket, DOBOS_OPTION_TOS, 0x10), 0);
    deliver(f, udp_make(f, 53, 5, RIGHT), false, NULL);
    datagram_info_read(f->socket, &info);
    assert_int_equal(info.local.port, 53);
    assert_int_equal(info.receive_queue, 5);
    assert_int_equal(info.protocol, DOBOS_UDP);
    assert_true(info.has_owner);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(datagram_arrives_whole_with_its_origin, setup, teardown),
        cmocka_unit_test_setup_teardown(datagrams_are_cut_to_the_room_one_by_one, setup, teardown),
        cmocka_unit_test_setup_teardown(checksum_zero_is_none_and_a_wrong_one_is_found, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(length_that_lies_is_malformed, setup, teardown),
        cmocka_unit_test_setup_teardown(datagram_from_everybody_is_dropped, setup, teardown),
        cmocka_unit_test_setup_teardown(nobodys_datagram_is_unreachable_but_a_broadcast_one, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(flood_fills_its_own_queue_only, setup, teardown),
        cmocka_unit_test_setup_teardown(queue_is_free_again_once_read, setup, teardown),
        cmocka_unit_test_setup_teardown(sent_datagram_has_header_and_checksum, setup, teardown),
        cmocka_unit_test_setup_teardown(what_cannot_be_sent_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(echo_goes_out_and_its_reply_comes_back, setup, teardown),
        cmocka_unit_test_setup_teardown(icmp_errors_are_told_to_the_socket, setup, teardown),
        cmocka_unit_test_setup_teardown(connected_socket_gets_the_error_of_its_own_peer_only, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(ping_socket_gets_its_icmp_errors, setup, teardown),
        cmocka_unit_test_setup_teardown(sixteen_reports_are_kept_the_newest, setup, teardown),
        cmocka_unit_test_setup_teardown(every_failed_allocation_is_an_error_and_no_leak, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(options_are_checked_and_kept, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
