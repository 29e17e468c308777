/* The attacks by UDP and its services: rows G1 to G4 of docs/requirements/attacks.tsv, each against
 * a running host while a witness connection moves bytes (witness.h). */
#include <dobos/dns.h>

#include "forge.h"

#include "base/bytes.h"

#define PORT 4000 /* where the victim's program listens */

/* [attack:G1] */
static void attack_g1_every_udp_length_against_every_payload_is_judged_rightly(void **state) {
    struct witness *w = *state;
    struct dobos_socket *udp = witness_udp(w->victim, PORT);
    uint8_t bytes[160], got[160];
    unsigned right = 0, delivered = 0;
    w->pace = 512;
    for (size_t carried = 0; carried <= 128; carried++) {
        for (unsigned length = 0; length < 0x10000; length += length < 160 ? 1 : 1097) {
            for (unsigned summed = 0; summed < 2; summed++) {
                struct ipv4 ip = forge_header(ATTACKER_ADDRESS, VICTIM_ADDRESS, PROTOCOL_UDP);
                memset(bytes, 0x42, sizeof(bytes));
                (void)forge_udp_bytes(bytes, ATTACKER_ADDRESS, 9, VICTIM_ADDRESS, PORT, bytes,
                                      carried < 8 ? 0 : carried - 8);
                store_be16(bytes + 4, (uint16_t)length);
                if (summed && length != carried) /* else it is right as it stands */
                    continue;
                if (!summed)
                    store_be16(bytes + 6, 0);
                forge_ipv4(w, &ip, bytes, carried);
                bool good = length >= 8 && length <= carried;
                int64_t result = dobos_receive(udp, got, sizeof(got));
                assert_int_equal(result, good ? (int64_t)length - 8 : -DOBOS_EAGAIN);
                right += good;
                delivered += result >= 0;
            }
        }
    }
    assert_int_equal(delivered, right);
    assert_true(right > 5000);
    dobos_close(udp);
}

/* ---- G2 ---- */

static void echo_open(struct witness *w, struct dobos_host *host) {
    struct dobos_service *service = NULL;
    int result = dobos_echo_server_create(host, 0, &service);
    witness_serve(w, result, service);
}

static void dns_open(struct witness *w, struct dobos_host *host) {
    static const struct dobos_dns_record records[] = {
        {.name = "example.org", .type = "A", .data = "192.0.2.7", .ttl = 60}};
    static const struct dobos_dns_zone zone = {
        .name = "example.org", .records = records, .record_count = 1};
    const struct dobos_dns_config config = {
        .size = sizeof(config), .zones = &zone, .zone_count = 1};
    struct dobos_service *service = NULL;
    int result = dobos_dns_server_create(host, &config, &service);
    witness_serve(w, result, service);
}

/* [attack:G2] */
static void attack_g2_services_set_upon_each_other_fall_silent_at_once(void **state) {
    static const uint16_t ports[] = {1, 7, 9, 13, 17, 19, 37, 53, 69, 123, 1023};
    struct witness *w = *state;
    uint8_t query[64] = {0x12, 0x34, 0, 0, 0, 1};
    struct writer out = writer_make(query, sizeof(query));
    struct random random = random_make(2);
    (void)writer_take(&out, 12);
    writer_bytes(&out, "\7example\3org\0\0\1\0\1", 17);
    /* Victim and friend both have echo and DNS: the attacker speaks for the friend. */
    echo_open(w, w->victim);
    echo_open(w, w->friend);
    dns_open(w, w->victim);
    dns_open(w, w->friend);
    for (unsigned i = 0; i < 2200; i++) {
        uint16_t from = ports[i % 11];
        forge_udp(w, FRIEND_ADDRESS, from, 7, "loop", 4);
        assert_int_equal(witness_forget(w), 0); /* echo does not answer a port of a service */
        query[2] = (uint8_t)(0x80 | random_below(&random, 128)); /* a response */
        query[3] = (uint8_t)random_below(&random, 256);
        forge_udp(w, FRIEND_ADDRESS, 53, 53, query, out.position);
        assert_int_equal(witness_forget(w), 0);
        /* A question, or what is none: at most one answer, and none to that. */
        query[2] = (uint8_t)random_below(&random, 128);
        forge_udp(w, FRIEND_ADDRESS, 53, 53, query, i % 3 ? out.position : i % out.position);
        assert_true(witness_forget(w) <= 1);
    }
    /* Each other's errors are none to them either: nothing is on the way any more. */
    witness_run(w, DOBOS_SECOND);
    assert_int_equal(witness_forget(w), 0);
    forge_udp(w, ATTACKER_ADDRESS, 40000, 7, "honest", 6);
    assert_true(witness_forget(w) >= 1);
}

/* ---- G3 ---- */

/* [attack:G3] */
static void attack_g3_a_flipped_bit_anywhere_under_the_checksum_is_noticed(void **state) {
    struct witness *w = *state;
    struct dobos_socket *udp = witness_udp(w->victim, PORT);
    uint8_t bytes[48], got[48];
    size_t length = forge_udp_bytes(bytes, ATTACKER_ADDRESS, 9, VICTIM_ADDRESS, PORT,
                                    "the quick brown fox jumps over", 30);
    uint64_t errors = witness_counter(w, "UdpInErrors");
    for (size_t bit = 0; bit < 8 * length; bit++) {
        struct ipv4 ip = forge_header(ATTACKER_ADDRESS, VICTIM_ADDRESS, PROTOCOL_UDP);
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        forge_ipv4(w, &ip, bytes, length);
        assert_int_equal(dobos_receive(udp, got, sizeof(got)), -DOBOS_EAGAIN);
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (unsigned bit = 0; bit < 24; bit++) { /* of the source address, in the pseudo-header */
        struct ipv4 ip = forge_header(ATTACKER_ADDRESS ^ 1u << bit, VICTIM_ADDRESS, PROTOCOL_UDP);
        if ((ATTACKER_ADDRESS ^ 1u << bit) == VICTIM_ADDRESS)
            continue;
        forge_ipv4(w, &ip, bytes, length);
        assert_int_equal(dobos_receive(udp, got, sizeof(got)), -DOBOS_EAGAIN);
    }
    assert_true(witness_counter(w, "UdpInErrors") - errors >= 8 * length);
    assert_int_equal(heard_datagrams(w), 0);
    struct ipv4 ip = forge_header(ATTACKER_ADDRESS, VICTIM_ADDRESS, PROTOCOL_UDP);
    forge_ipv4(w, &ip, bytes, length);
    assert_int_equal(dobos_receive(udp, got, sizeof(got)), 30);
    store_be16(bytes + 6, 0); /* in IPv4 one may leave it out (RFC 768) */
    forge_ipv4(w, &ip, bytes, length);
    assert_int_equal(dobos_receive(udp, got, sizeof(got)), 30);
    dobos_close(udp);
}

/* ---- G4 ---- */

#define UNREAD 24 /* sockets that nobody reads */

/* [attack:G4] */
static void attack_g4_sockets_that_nobody_reads_starve_no_other(void **state) {
    struct witness *w = *state;
    static uint8_t data[1472];
    struct dobos_socket *unread[UNREAD], *read = witness_udp(w->victim, PORT);
    struct dobos_socket *friend = witness_udp(w->friend, 0);
    struct dobos_message message = {.peer = witness_endpoint(VICTIM_ADDRESS, PORT)};
    size_t before = witness_memory(w);
    char got[8];
    w->pace = 1024;
    for (uint16_t i = 0; i < UNREAD; i++)
        unread[i] = witness_udp(w->victim, (uint16_t)(5000 + i));
    for (unsigned i = 0; i < 60000; i++) {
        size_t length = i % 3 == 0 ? 0 : i % 3 == 1 ? 300 : sizeof(data);
        forge_udp(w, ATTACKER_ADDRESS + i % 50, 9, (uint16_t)(5000 + (i < 20000 ? 0 : i % UNREAD)),
                  data, length);
        if (i % 500 == 0) {
            assert_int_equal(dobos_send_message(friend, "served", 6, &message), 6);
            witness_settle(w);
            assert_int_equal(dobos_receive(read, got, sizeof(got)), 6);
        }
        size_t quota = (size_t)(i < 20000 ? 1 : UNREAD) * (208 * 1024 + 4096);
        assert_true(witness_memory(w) <= before + quota + ((size_t)1 << 18));
    }
    assert_true(witness_counter(w, "UdpRcvbufErrors") > 20000);
    for (unsigned i = 0; i < UNREAD; i++)
        dobos_close(unread[i]);
    dobos_close(read);
    dobos_close(friend);
}

int main(void) {
#define ATTACK(test) cmocka_unit_test_setup_teardown(test, attack_setup, attack_teardown)
    const struct CMUnitTest tests[] = {
        ATTACK(attack_g1_every_udp_length_against_every_payload_is_judged_rightly),
        ATTACK(attack_g2_services_set_upon_each_other_fall_silent_at_once),
        ATTACK(attack_g3_a_flipped_bit_anywhere_under_the_checksum_is_noticed),
        ATTACK(attack_g4_sockets_that_nobody_reads_starve_no_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
