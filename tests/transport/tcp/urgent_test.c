/* Urgent data, both ways: RFC 9293 §3.8.5 and RFC 6093. */
#include "harness.h"

static int64_t ahead(struct script *s) {
    int64_t value = -1;
    assert_int_equal(tcp_option_read(s->socket, DOBOS_OPTION_URGENT, &value), 0);
    bool told = tcp_ready(s->socket) & DOBOS_URGENT;
    assert_int_equal(told, value > 0);
    return value;
}

static int64_t send_urgent(struct script *s, uint32_t length) {
    struct tcp_connection *c = script_connection(s);
    uint8_t *bytes = malloc(length);
    uint32_t place = seq_distance(c->snd_end, s->isn);
    for (uint32_t i = 0; i < length; i++)
        bytes[i] = script_byte(place + i);
    int64_t done = tcp_send_urgent(&s->transport, s->socket, bytes, length);
    free(bytes);
    pump(s);
    return done;
}

/* The program learns where the mark is, reads all in line, and knows when it is past it
 * [rfc9293#55] [rfc1122#120] [rfc9293#118] [rfc9293#119] [rfc9293#120]. */
SCRIPT_TEST(mark_is_told_and_data_is_read_in_line) {
    script_establish(s);
    s->socket->armed = 0;
    assert_int_equal(ahead(s), 0);
    inject(s, &(struct in){.flags = PA | U, .seq = 1, .ack = 1, .length = 100, .urgent = 60});
    assert_true(s->socket->armed & DOBOS_URGENT);
    assert_int_equal(ahead(s), 60);
    assert_int_equal(program_read(s, 59), 59);
    assert_int_equal(ahead(s), 1); /* the next byte is it */
    assert_int_equal(program_read(s, 1), 1);
    assert_int_equal(ahead(s), 0);
    assert_int_equal(program_read(s, 100), 40);
    s->socket->armed = 0;
    inject(s, &(struct in){.flags = PA | U, .seq = 1, .ack = 1, .length = 100, .urgent = 60});
    assert_int_equal(ahead(s), 0); /* that was read */
    assert_int_equal(s->socket->armed, 0);
    drain_out(s);
}

/* The pointer may come long before what it points at; each time it moves on the program is told
 * [rfc9293#117] [rfc9293#118]. */
SCRIPT_TEST(mark_ahead_of_the_data_moves_on) {
    script_establish(s);
    inject(s, &(struct in){.flags = A | U, .seq = 1, .ack = 1, .urgent = 65535});
    assert_int_equal(ahead(s), 65535);
    s->socket->armed = 0;
    inject(s, &(struct in){.flags = A | U, .seq = 1, .ack = 1, .length = 10, .urgent = 65535});
    assert_int_equal(s->socket->armed & DOBOS_URGENT, 0);
    inject(s, &(struct in){.flags = A | U, .seq = 11, .ack = 1, .length = 10, .urgent = 65535});
    assert_int_not_equal(s->socket->armed & DOBOS_URGENT, 0);
    assert_int_equal(ahead(s), 65545);
    assert_int_equal(program_read(s, 100), 20);
    assert_int_equal(ahead(s), 65525);
    inject(s, &(struct in){.flags = FA, .seq = 21, .ack = 1});
    assert_int_equal(ahead(s), 0); /* the stream ends before it */
    assert_int_equal(program_read(s, 10), 0);
    drain_out(s);
}

/* A segment beyond a hole brings its mark at once; one out of window brings none. */
SCRIPT_TEST(mark_of_a_segment_out_of_order_counts) {
    script_establish(s);
    inject(s, &(struct in){.flags = A | U, .seq = 101, .ack = 1, .length = 10, .urgent = 10});
    assert_int_equal(ahead(s), 110);
    inject(s, &(struct in){.flags = A | U, .seq = 900000, .ack = 1, .length = 10, .urgent = 10});
    assert_int_equal(ahead(s), 110);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1, .length = 100});
    assert_int_equal(program_read(s, 1000), 110);
    assert_int_equal(ahead(s), 0);
    drain_out(s);
}

/* Each segment below the mark points to it; the last urgent byte stands before it [rfc9293#55]
 * [rfc9293#120]. */
SCRIPT_TEST(urgent_data_points_behind_its_last_byte) {
    script_establish(s);
    uint32_t full = connection_mss(script_connection(s));
    assert_int_equal(send_urgent(s, full + 100), full + 100);
    expect(s, A | U, 1, full, 1);
    assert_int_equal(s->last.urgent, full + 100);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1 + full});
    expect(s, PA | U, 1 + full, 100, 1);
    assert_int_equal(s->last.urgent, 100);
    program_send(s, 10);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 101 + full});
    expect(s, PA, 101 + full, 10, 1);
    assert_int_equal(s->last.urgent, 0);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 111 + full});
    assert_false(script_connection(s)->urgent_out);
    program_send(s, 1);
    expect(s, PA, 111 + full, 1, 1);
}

SCRIPT_TEST(urgent_data_does_not_wait_for_a_cork) {
    script_establish(s);
    assert_int_equal(tcp_option_set(&s->transport, s->socket, DOBOS_OPTION_CORK, 1), 0);
    program_send(s, 9);
    expect_nothing(s);
    assert_int_equal(send_urgent(s, 1), 1);
    expect(s, PA | U, 1, 10, 1);
}

/* Of more than a pointer reaches, it points as far as it can [rfc9293#117]; where the port splits
 * super-segments none is made, since each segment needs a pointer of its own. */
SCRIPT_TEST(urgent_data_of_any_length_is_pointed_at) {
    s->gso_bytes = 65535;
    s->window = 60000;
    script_establish(s);
    uint32_t full = connection_mss(script_connection(s));
    assert_int_equal(send_urgent(s, 100000), 100000);
    uint32_t seq = 1;
    for (unsigned rounds = 0; rounds < 1000 && seq <= 100000; rounds++) {
        assert_true(s->out_count > 0);
        while (s->out_count > 0) {
            const struct out *out = &s->out[s->out_first];
            assert_true(out->length <= full && (out->flags & U));
            assert_int_equal(out->urgent, min_u32(100001 - out->seq, 65535));
            seq = out->seq + out->length;
            expect(s, out->flags, out->seq, out->length, 1);
        }
        inject(s, &(struct in){.flags = A, .seq = 1, .ack = seq});
    }
    assert_int_equal(seq, 100001);
}

/* The urgent mark passes a closed window: acknowledgments carry it. */
SCRIPT_TEST(closed_window_keeps_no_mark_back) {
    script_establish(s);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1, .closed = true});
    send_urgent(s, 10);
    drain_out(s);
    inject(s, &(struct in){.flags = A, .seq = 11, .ack = 1, .length = 5, .closed = true});
    expect(s, A | U, 1, 0, 1);
    assert_int_equal(s->last.urgent, 10);
}

/* [attack:E10] Pointers of zero, beyond the data, beyond everything, without data, with SYN, FIN or
 * RST: never a length, never a mark behind what was read. */
SCRIPT_TEST(any_pointer_is_harmless) {
    static const uint16_t pointers[] = {0, 1, 9, 10, 11, 1000, 0x7fff, 0x8000, 0xffff};
    script_establish(s);
    uint32_t seq = 1;
    for (size_t i = 0; i < sizeof pointers / sizeof pointers[0]; i++, seq += 10) {
        const uint16_t urgent = pointers[i];
        inject(s,
               &(struct in){.flags = PA | U, .seq = seq, .ack = 1, .length = 10, .urgent = urgent});
        assert_true(ahead(s) <= 0xffff);
        assert_int_equal(program_read(s, 5), 5);
        inject(s, &(struct in){.flags = S | U, .seq = seq + 10, .urgent = urgent});
        inject(s, &(struct in){.flags = R | U, .seq = seq + 11, .urgent = urgent});
        inject(s, &(struct in){.flags = A | U, .seq = seq - 1, .ack = 1, .urgent = urgent});
        assert_int_equal(program_read(s, 50), 5);
        assert_true(ahead(s) <= 0xffff);
        advance(s, DOBOS_SECOND);
        drain_out(s);
    }
    inject(s, &(struct in){.flags = FA | U, .seq = seq, .ack = 1, .urgent = 0xffff});
    assert_int_equal(ahead(s), 0);
    assert_int_equal(program_read(s, 50), 0);
    drain_out(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mark_is_told_and_data_is_read_in_line),
        cmocka_unit_test(mark_ahead_of_the_data_moves_on),
        cmocka_unit_test(mark_of_a_segment_out_of_order_counts),
        cmocka_unit_test(urgent_data_points_behind_its_last_byte),
        cmocka_unit_test(urgent_data_does_not_wait_for_a_cork),
        cmocka_unit_test(urgent_data_of_any_length_is_pointed_at),
        cmocka_unit_test(closed_window_keeps_no_mark_back),
        cmocka_unit_test(any_pointer_is_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
