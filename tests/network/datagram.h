/* datagram: IPv4 packets for the tests of network/. */
#ifndef TESTS_NETWORK_DATAGRAM_H
#define TESTS_NETWORK_DATAGRAM_H

#include "../link/fixture.h"

#include "network/ipv4_layer.h"

#define HERE  UINT32_C(0xc0a80001)
#define THERE UINT32_C(0xc6336407)

/* A header from THERE to HERE. */
static inline struct ipv4 header_make(uint8_t protocol) {
    return (struct ipv4){
        .source = dobos_address_ipv4(THERE),
        .destination = dobos_address_ipv4(HERE),
        .ttl = 64,
        .protocol = protocol,
    };
}

/* The packet, at network_offset 0; the total length is filled in. */
static inline struct dobos_packet *datagram_create(struct fixture *fixture,
                                                   const struct ipv4 *header, const void *payload,
                                                   size_t length) {
    uint8_t *bytes = malloc(IPV4_HEADER_MAX_BYTES + length);
    struct ipv4 ipv4 = *header;
    struct writer w = writer_make(bytes, IPV4_HEADER_MAX_BYTES + length);
    ipv4.total_length = (uint16_t)(ipv4_emit_length(&ipv4) + length);
    ipv4_emit(&w, &ipv4);
    writer_bytes(&w, payload, length);
    assert_false(w.failed);
    struct dobos_packet *packet = dobos_packet_from_bytes(fixture->pool, bytes, w.position, NULL);
    assert_non_null(packet);
    packet->transport_offset = (uint16_t)ipv4_emit_length(&ipv4);
    free(bytes);
    return packet;
}

/* Copies all bytes of a packet; returns how many. */
static inline size_t datagram_read(const struct dobos_packet *packet, uint8_t *bytes, size_t room) {
    assert_true(packet->length <= room);
    return dobos_packet_read(packet, 0, bytes, room);
}

struct post {
    struct fixture fixture;
    struct dobos_packet *packet; /* released at the end */
    struct ipv4 ipv4;
    enum drop_reason reason;
};

static inline int post_setup(void **state) {
    struct post *p = calloc(1, sizeof *p);
    fixture_init(&p->fixture);
    *state = p;
    return 0;
}

static inline int post_teardown(void **state) {
    struct post *p = *state;
    dobos_packet_release(p->packet);
    fixture_fini(&p->fixture);
    free(p);
    return 0;
}

#define POST_TEST(name) cmocka_unit_test_setup_teardown(name, post_setup, post_teardown)

#endif
