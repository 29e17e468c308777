/*
 * nat_selftest: what kind of NAT a lab's router is, found out from behind it in the manner of RFC
 * 5780, by nothing but datagrams: a STUN client inside (RFC 8489), and outside a STUN server with
 * two addresses and two ports each. Whatever the file says of `filtering`, the client must say,
 * too.
 *
 *     client 192.168.0.10 ── lan ── router 203.0.113.1 ── wan ── server 203.0.113.80, .81
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <dobos/socket.h>

#include "base/bytes.h"
#include "fake_tools.h"
#include "lab/lab_inner.h"
#include "made.h"

#define NETWORK                                                  \
    "network: n\n"                                               \
    "segments: {lan: , wan: }\n"                                 \
    "nodes:\n"                                                   \
    "  client:\n"                                                \
    "    interfaces:\n"                                          \
    "      eth0:\n"                                              \
    "        segment: lan\n"                                     \
    "        addresses: [192.168.0.10/24]\n"                     \
    "        routes: [{to: default, via: 192.168.0.1}]\n"        \
    "  server:\n"                                                \
    "    interfaces:\n"                                          \
    "      eth0:\n"                                              \
    "        segment: wan\n"                                     \
    "        addresses: [203.0.113.80/24, 203.0.113.81/24]\n"    \
    "        routes: [{to: 192.168.0.0/24, via: 203.0.113.1}]\n" \
    "  router:\n"                                                \
    "    forwarding: true\n"                                     \
    "    interfaces:\n"                                          \
    "      lan0: {segment: lan, addresses: [192.168.0.1/24]}\n"  \
    "      wan0: {segment: wan, addresses: [203.0.113.1/24]}\n"

/* RFC 8489 §5, §14; RFC 5780 §7.2. */
#define STUN_REQUEST            0x0001
#define STUN_RESPONSE           0x0101
#define STUN_MAGIC              UINT32_C(0x2112a442)
#define STUN_HEADER_BYTES       20
#define STUN_CHANGE_REQUEST     0x0003
#define STUN_XOR_MAPPED_ADDRESS 0x0020
#define CHANGE_ADDRESS          4u
#define CHANGE_PORT             2u

static const uint16_t server_ports[] = {3478, 3479};

struct scene {
    struct lab *lab;                /* owned */
    struct dobos_socket *server[2]; /* at each port, all addresses */
    uint32_t asked;                 /* requests so far: their transaction ids */
};

enum behaviour {
    NONE, /* no NAT at all */
    ENDPOINT_INDEPENDENT,
    ADDRESS_DEPENDENT,
    ADDRESS_AND_PORT_DEPENDENT,
};

/* ---- the network ---- */

static struct scene scene_open(const char *nat) {
    struct scene scene = {NULL, {NULL, NULL}, 0};
    char text[2000];
    (void)snprintf(text, sizeof text, NETWORK "%s", nat);
    scene.lab = lab_of(text);
    lab_run_until(scene.lab, DOBOS_SECOND);
    for (unsigned i = 0; i < 2; i++)
        scene.server[i] = udp_open(lab_host(scene.lab, "server"), server_ports[i]);
    return scene;
}

static void scene_close(struct scene *scene) {
    for (unsigned i = 0; i < 2; i++)
        dobos_close(scene->server[i]);
    lab_destroy(scene->lab);
}

/* ---- the server ---- */

/* One attribute: the origin of a request, hidden from whoever rewrites addresses. */
static size_t response_write(uint8_t *bytes, const uint8_t *request,
                             const struct dobos_endpoint *origin) {
    uint8_t *value = bytes + STUN_HEADER_BYTES + 4;
    memcpy(bytes, request, STUN_HEADER_BYTES);
    store_be16(bytes, STUN_RESPONSE);
    store_be16(bytes + 2, 12);
    store_be16(bytes + STUN_HEADER_BYTES, STUN_XOR_MAPPED_ADDRESS);
    store_be16(bytes + STUN_HEADER_BYTES + 2, 8);
    store_be16(value, 1);
    store_be16(value + 2, (uint16_t)(origin->port ^ STUN_MAGIC >> 16));
    store_be32(value + 4, dobos_address_ipv4_number(&origin->address) ^ STUN_MAGIC);
    return STUN_HEADER_BYTES + 12;
}

/* Answers what has come, from where it is asked to: the other address, the other port. */
static void server_answer(struct scene *scene) {
    struct dobos_message message;
    uint8_t request[64], response[64];
    for (unsigned i = 0; i < 2; i++) {
        for (;;) {
            memset(&message, 0, sizeof message);
            const int64_t length =
                dobos_receive_message(scene->server[i], request, sizeof request, &message);
            if (length < 0)
                break;
            assert_true(length == STUN_HEADER_BYTES + 8);
            assert_int_equal(load_be16(request), STUN_REQUEST);
            assert_int_equal(load_be32(request + 4), STUN_MAGIC);
            const uint8_t change = request[STUN_HEADER_BYTES + 7];
            const struct dobos_message answer = {
                .peer = {.address = message.peer.address, .port = message.peer.port},
                .local = dobos_address_ipv4(dobos_address_ipv4_number(&message.local) ^
                                            (change & CHANGE_ADDRESS ? 1u : 0u))};
            const size_t bytes = response_write(response, request, &message.peer);
            assert_true(dobos_send_message(scene->server[i ^ (change & CHANGE_PORT ? 1u : 0u)],
                                           response, bytes, &answer) == (int64_t)bytes);
        }
    }
    lab_wake(scene->lab, "server");
}

/* ---- the client ---- */

static size_t request_write(struct scene *scene, uint8_t *bytes, uint8_t change) {
    memset(bytes, 0, STUN_HEADER_BYTES + 8);
    store_be16(bytes, STUN_REQUEST);
    store_be16(bytes + 2, 8);
    store_be32(bytes + 4, STUN_MAGIC);
    store_be32(bytes + 8, ++scene->asked);
    store_be16(bytes + STUN_HEADER_BYTES, STUN_CHANGE_REQUEST);
    store_be16(bytes + STUN_HEADER_BYTES + 2, 4);
    bytes[STUN_HEADER_BYTES + 7] = change;
    return STUN_HEADER_BYTES + 8;
}

static void request_send(struct scene *scene, struct dobos_socket *client,
                         const struct dobos_endpoint *to, uint8_t change) {
    uint8_t bytes[64];
    const struct dobos_message message = {.peer = *to};
    const size_t length = request_write(scene, bytes, change);
    assert_true(dobos_send_message(client, bytes, length, &message) == (int64_t)length);
    lab_wake(scene->lab, "client");
}

static void pass(struct scene *scene) {
    lab_run_until(scene->lab, lab_now(scene->lab) + DOBOS_SECOND);
}

static struct dobos_endpoint server_at(unsigned address, unsigned port) {
    return (struct dobos_endpoint){.address = dobos_address_ipv4(UINT32_C(0xcb007150) + address),
                                   .port = server_ports[port]};
}

/* Asks one of the server's four; false: no response came. *seen is where the request came from. */
static bool ask(struct scene *scene, struct dobos_socket *client, unsigned address, unsigned port,
                uint8_t change, struct dobos_endpoint *seen) {
    const struct dobos_endpoint to = server_at(address, port);
    struct dobos_message message;
    uint8_t bytes[64];
    request_send(scene, client, &to, change);
    pass(scene);
    server_answer(scene);
    pass(scene);
    memset(&message, 0, sizeof message);
    const int64_t length = dobos_receive_message(client, bytes, sizeof bytes, &message);
    if (length < 0)
        return false;
    /* It is the answer, and from where it was asked to come from. */
    const struct dobos_endpoint from = server_at(address ^ (change & CHANGE_ADDRESS ? 1u : 0u),
                                                 port ^ (change & CHANGE_PORT ? 1u : 0u));
    assert_int_equal(load_be16(bytes), STUN_RESPONSE);
    assert_int_equal(load_be32(bytes + 8), scene->asked);
    assert_true(dobos_address_is_equal(&message.peer.address, &from.address));
    assert_int_equal(message.peer.port, from.port);
    const uint8_t *value = bytes + STUN_HEADER_BYTES + 4;
    *seen =
        (struct dobos_endpoint){.address = dobos_address_ipv4(load_be32(value + 4) ^ STUN_MAGIC),
                                .port = (uint16_t)(load_be16(value + 2) ^ STUN_MAGIC >> 16)};
    return true;
}

static bool is_same(const struct dobos_endpoint *a, const struct dobos_endpoint *b) {
    return dobos_address_is_equal(&a->address, &b->address) && a->port == b->port;
}

/* RFC 5780 §4.3: to the second address by the first port, then by the second. */
static enum behaviour find_mapping(struct scene *scene) {
    struct dobos_socket *client = udp_open(lab_host(scene->lab, "client"), 0);
    struct dobos_endpoint local, first, second, third;
    assert_int_equal(dobos_local(client, &local), 0);
    assert_true(ask(scene, client, 0, 0, 0, &first));
    assert_true(ask(scene, client, 1, 0, 0, &second));
    assert_true(ask(scene, client, 1, 1, 0, &third));
    dobos_close(client);
    if (dobos_address_ipv4_number(&first.address) == UINT32_C(0xc0a8000a))
        return NONE;
    if (is_same(&first, &second))
        return is_same(&second, &third) ? ENDPOINT_INDEPENDENT : ADDRESS_AND_PORT_DEPENDENT;
    return is_same(&second, &third) ? ADDRESS_DEPENDENT : ADDRESS_AND_PORT_DEPENDENT;
}

/* RFC 5780 §4.4: what was never asked answers: another address and port, then only another port. */
static enum behaviour find_filtering(struct scene *scene) {
    struct dobos_socket *client = udp_open(lab_host(scene->lab, "client"), 0);
    struct dobos_endpoint seen;
    enum behaviour found = ADDRESS_AND_PORT_DEPENDENT;
    assert_true(ask(scene, client, 0, 0, 0, &seen));
    if (ask(scene, client, 0, 0, CHANGE_ADDRESS | CHANGE_PORT, &seen))
        found = ENDPOINT_INDEPENDENT;
    else if (ask(scene, client, 0, 0, CHANGE_PORT, &seen))
        found = ADDRESS_DEPENDENT;
    dobos_close(client);
    return found;
}

/* RFC 5780 §4.5: one socket sends to where the other is seen. Whether it comes, and whether it
 * comes from where its sender is seen, too (RFC 4787 REQ-9). */
static bool find_hairpin(struct scene *scene, bool *is_external) {
    struct dobos_socket *one = udp_open(lab_host(scene->lab, "client"), 0);
    struct dobos_socket *two = udp_open(lab_host(scene->lab, "client"), 0);
    struct dobos_endpoint seen_one, seen_two;
    struct dobos_message message;
    uint8_t bytes[64];
    assert_true(ask(scene, one, 0, 0, 0, &seen_one));
    assert_true(ask(scene, two, 0, 0, 0, &seen_two));
    /* A filter lets in whom one has spoken to; so both speak, and the second word comes through. */
    request_send(scene, one, &seen_two, 0);
    pass(scene);
    while (dobos_receive_message(two, bytes, sizeof bytes, &message) >= 0)
        ;
    request_send(scene, two, &seen_one, 0);
    pass(scene);
    memset(&message, 0, sizeof message);
    const bool came = dobos_receive_message(one, bytes, sizeof bytes, &message) >= 0;
    *is_external = came && is_same(&message.peer, &seen_two);
    dobos_close(one);
    dobos_close(two);
    return came;
}

/* ---- tests ---- */

static void expect(const char *nat, enum behaviour filtering) {
    struct scene scene = scene_open(nat);
    bool is_external = false;
    assert_int_equal(find_mapping(&scene), ENDPOINT_INDEPENDENT);
    assert_int_equal(find_filtering(&scene), filtering);
    assert_true(find_hairpin(&scene, &is_external));
    assert_true(is_external);
    scene_close(&scene);
}

static void without_nat_the_client_sees_none(void **state) {
    (void)state;
    struct scene scene = scene_open("");
    assert_int_equal(find_mapping(&scene), NONE);
    assert_int_equal(find_filtering(&scene), ENDPOINT_INDEPENDENT);
    scene_close(&scene);
}

static void filtering_endpoint_independent_is_found(void **state) {
    (void)state;
    expect("    nat: {masquerade: [wan0], filtering: endpoint-independent}\n",
           ENDPOINT_INDEPENDENT);
}

static void filtering_address_dependent_is_found(void **state) {
    (void)state;
    expect("    nat: {masquerade: [wan0], filtering: address-dependent}\n", ADDRESS_DEPENDENT);
}

static void filtering_address_and_port_dependent_is_found(void **state) {
    (void)state;
    expect("    nat: {masquerade: [wan0], filtering: address-and-port-dependent}\n",
           ADDRESS_AND_PORT_DEPENDENT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_nat_the_client_sees_none),
        cmocka_unit_test(filtering_endpoint_independent_is_found),
        cmocka_unit_test(filtering_address_dependent_is_found),
        cmocka_unit_test(filtering_address_and_port_dependent_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
