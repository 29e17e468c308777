/* ICMP errors about TCP's segments, genuine and forged, in every state (RFC 5927), and in the
 * middle of handshakes in any order of events. */
#include "harness.h"

#include "base/random.h"
#include "wire/icmp.h"

static enum vouch quote_at(struct script *s, uint8_t type, uint8_t code, struct seq seq,
                           uint32_t mtu) {
    struct quote quote = {
        .source = dobos_address_ipv4(0x0a000001),
        .destination = dobos_address_ipv4(0x0a000002),
        .protocol = DOBOS_TCP,
        .type = type,
        .code = code,
        .mtu = mtu,
        .path_mtu = mtu,
        .length = 8,
    };
    struct transport_result result = {0};
    store_be16(quote.bytes, SCRIPT_PORT);
    store_be16(quote.bytes + 2, SCRIPT_PEER_PORT);
    store_be32(quote.bytes + 4, seq.raw);
    enum vouch vouch = transport_quote(&s->transport, &quote, s->now, &result);
    pump(s);
    return vouch;
}

/* Each type and code there is, about a number that is in flight: whatever it says, a connection
 * that is open stays so, in every state [rfc5927#2] [rfc5927#3]. */
SCRIPT_TEST(no_error_ends_a_connection_that_is_open) {
    script_establish(s);
    assert_int_equal(program_send(s, 100), 100);
    drain_out(s);
    for (unsigned state = 0; state < 2; state++) {
        struct tcp_connection *c = script_connection(s);
        uint8_t before = c->state;
        for (unsigned type = 0; type < 256; type++) {
            for (unsigned code = 0; code < 16; code++)
                (void)quote_at(s, (uint8_t)type, (uint8_t)code, c->snd_una, 0);
        }
        assert_int_equal(c->state, before);
        assert_int_equal(quote_at(s, ICMP_SOURCE_QUENCH, 0, c->snd_una, 0), VOUCH_NO);
        assert_int_equal(tcp_shutdown(&s->transport, s->socket, DOBOS_SHUTDOWN_SEND), 0);
        pump(s);
    }
    expect(s, FA, 101, 0, 1);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 102});
    assert_state(s, DOBOS_TCP_FIN_WAIT_2);
    drain_out(s);
}

/* Of the 2^32 numbers only those in flight are believed [rfc5927#1]. */
SCRIPT_TEST(error_about_what_is_not_in_flight_is_nobodys) {
    script_establish(s);
    assert_int_equal(program_send(s, 100), 100);
    drain_out(s);
    const struct tcp_connection *c = script_connection(s);
    for (unsigned bit = 7; bit < 32; bit++) {
        struct seq beyond = seq_add(c->snd_una, 1u << bit);
        assert_int_equal(quote_at(s, ICMP_UNREACHABLE, ICMP_HOST_UNREACHABLE, beyond, 0), VOUCH_NO);
        assert_int_equal(quote_at(s, ICMP_UNREACHABLE, ICMP_FRAGMENTATION_NEEDED, beyond, 600),
                         VOUCH_NO);
    }
    assert_int_equal(c->soft_error, 0);
    assert_int_equal(
        quote_at(s, ICMP_UNREACHABLE, ICMP_HOST_UNREACHABLE, seq_add(c->snd_una, 99), 0),
        VOUCH_NOTED);
    assert_int_not_equal(c->soft_error, 0);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 101});
    assert_int_equal(quote_at(s, ICMP_UNREACHABLE, ICMP_FRAGMENTATION_NEEDED, s->isn, 600),
                     VOUCH_NO); /* what has arrived was not too large [rfc5927#4] */
}

/* A half-open record is no more ended by an error than a connection [rfc5927#2]. */
SCRIPT_TEST(half_open_record_is_ended_by_no_error) {
    script_listen(s, 4);
    inject(s, &(struct in){.flags = S, .seq = 0});
    expect(s, SA, 0, 0, 1);
    for (unsigned code = 0; code < 16; code++) {
        (void)quote_at(s, ICMP_UNREACHABLE, (uint8_t)code, s->isn, 600);
        (void)quote_at(s, ICMP_UNREACHABLE, (uint8_t)code, seq_add(s->isn, 1), 600);
    }
    assert_int_equal(s->transport.half_open, 1);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1});
    assert_int_equal(tcp_accept(&s->transport, s->listener, &s->socket), 0);
    assert_state(s, DOBOS_TCP_ESTABLISHED);
}

/* ---- in any order ---- */

/* The program looks at, sets and uses its socket. */
static void program_acts(struct script *s, struct random *random) {
    struct dobos_socket_info info;
    int64_t value = 0;
    enum dobos_option option = (enum dobos_option)(1 + random_below(random, 24));
    uint8_t bytes[64];
    switch (random_below(random, 7)) {
    case 0:
        tcp_info_read(s->socket, &info);
        break;
    case 1:
        (void)tcp_option_read(s->socket, option, &value);
        break;
    case 2:
        if (option == DOBOS_OPTION_RECEIVE_BUFFER) /* what was offered stays offered */
            break;
        (void)tcp_option_set(&s->transport, s->socket, option, (int64_t)random_below(random, 5000));
        break;
    case 3:
        (void)tcp_ready(s->socket);
        break;
    case 4:
        (void)tcp_read(&s->transport, s->socket, bytes, sizeof bytes);
        break;
    case 5:
        (void)tcp_shutdown(&s->transport, s->socket, DOBOS_SHUTDOWN_SEND);
        break;
    default:
        tcp_on_unreachable(s->socket, -DOBOS_EHOSTUNREACH);
        break;
    }
    pump(s);
}

static void network_acts(struct script *s, struct random *random) {
    static const unsigned flags[] = {S, SA, A, R, RA, FA};
    static const uint8_t types[] = {ICMP_UNREACHABLE, ICMP_TIME_EXCEEDED, ICMP_SOURCE_QUENCH,
                                    ICMP_PARAMETER_PROBLEM};
    if (random_below(random, 2) == 0) {
        struct seq seq = seq_add(s->isn, (uint32_t)random_below(random, 3) - 1);
        (void)quote_at(s, types[random_below(random, 4)], (uint8_t)random_below(random, 16), seq,
                       (uint32_t)random_below(random, 2000));
        return;
    }
    inject(s, &(struct in){.flags = flags[random_below(random, 6)],
                           .seq = (uint32_t)random_below(random, 3),
                           .ack = (uint32_t)random_below(random, 3)});
}

/* Errors, segments, calls and time in ten thousand orders: what must hold of a connection holds
 * after each [attack:E36]. */
static void errors_come_in_the_middle_of_anything(void **state) {
    struct script *s = malloc(sizeof *s);
    (void)state;
    for (uint64_t seed = 1; seed <= 10000; seed++) {
        struct random random = random_make(seed);
        script_init(s, (uint32_t)random_next(&random), 0xffffffff, seed % 2 == 0);
        script_connect(s);
        pump(s);
        for (unsigned i = 0; i < 12 && s->count > 0 && s->sockets[0] == s->socket; i++) {
            uint64_t who = random_below(&random, 5);
            if (who == 0)
                advance(s, (dobos_time)random_below(&random, 2 * DOBOS_SECOND));
            else if (who < 3)
                network_acts(s, &random);
            else
                program_acts(s, &random);
            drain_out(s);
            check_invariants(s);
        }
        script_fini(s);
    }
    free(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_error_ends_a_connection_that_is_open),
        cmocka_unit_test(error_about_what_is_not_in_flight_is_nobodys),
        cmocka_unit_test(half_open_record_is_ended_by_no_error),
        cmocka_unit_test(errors_come_in_the_middle_of_anything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
