/* ipv4_layer: what passes on arrival, what leaves, what a router changes. */
#include "datagram.h"

/* Bytes arrive as a packet behind `front` bytes of something else. */
static enum verdict arrive(struct post *p, const uint8_t *bytes, size_t length, uint16_t front) {
    uint8_t frame[300] = {0};
    memcpy(frame + front, bytes, length);
    dobos_packet_release(p->packet);
    p->packet = dobos_packet_from_bytes(p->fixture.pool, frame, front + length, NULL);
    assert_non_null(p->packet);
    p->packet->network_offset = front;
    return ipv4_receive(p->packet, &p->ipv4, &p->reason);
}

static void checksum_set(uint8_t *bytes, size_t header) {
    store_be16(bytes + 10, 0);
    store_be16(bytes + 10, checksum_finish(checksum_add(0, bytes, header)));
}

/* A packet of 40 bytes, and what it may be changed to. */
static void plain(uint8_t bytes[100]) {
    struct ipv4 ipv4 = header_make(PROTOCOL_UDP);
    struct writer w = writer_make(bytes, 100);
    memset(bytes, 0, 100);
    ipv4.total_length = 40;
    ipv4.tos = 0x10;
    ipv4.identification = 7;
    ipv4_emit(&w, &ipv4);
}

/* [rfc791#2] [rfc1812#90] [rfc894#2] [attack:B13]: at every alignment */
static void good_packet_is_taken_without_its_padding(void **state) {
    struct post *p = *state;
    uint8_t bytes[100];
    plain(bytes);
    for (uint16_t front = 0; front < 24; front++) {
        assert_int_equal(arrive(p, bytes, 60, front), VERDICT_DELIVER);
        assert_int_equal(p->packet->length, front + 40);
        assert_int_equal(p->packet->transport_offset, front + 20);
        assert_int_equal(p->ipv4.total_length, 40);
        assert_int_equal(dobos_address_ipv4_number(&p->ipv4.source), THERE);
        assert_int_equal(dobos_address_ipv4_number(&p->ipv4.destination), HERE);
    }
}

/* [attack:B8] [rfc791#1] [rfc1812#9] [rfc1812#66] [rfc1812#88]: every header length, total length
 * and length carried, in the order of the tests */
static void lengths_that_contradict_are_dropped_by_name(void **state) {
    struct post *p = *state;
    for (unsigned ihl = 0; ihl < 16; ihl++) {
        for (uint16_t total = 0; total <= 90; total++) {
            for (size_t carried = 1; carried <= 90; carried += carried < 64 ? 1 : 7) {
                uint8_t bytes[100];
                enum drop_reason reason = DROP_NONE;
                plain(bytes);
                bytes[0] = (uint8_t)(0x40 | ihl);
                store_be16(bytes + 2, total);
                memset(bytes + 20, 1, 40); /* options that do nothing */
                checksum_set(bytes, ihl < 5 ? 20 : ihl * 4);
                if (carried < 20)
                    reason = DROP_IP_SHORT;
                else if (ihl < 5 || ihl * 4 > carried)
                    reason = DROP_IP_HEADER_LENGTH;
                else if (total < ihl * 4 || total > carried)
                    reason = DROP_IP_TOTAL_LENGTH;
                p->reason = DROP_NONE;
                assert_int_equal(arrive(p, bytes, carried, 14),
                                 reason == DROP_NONE ? VERDICT_DELIVER : VERDICT_DROP);
                assert_int_equal(p->reason, reason);
                if (reason == DROP_NONE)
                    assert_int_equal(p->packet->length, 14 + total);
            }
        }
    }
}

/* [rfc1122#8] [rfc791#14] */
static void other_versions_are_dropped(void **state) {
    struct post *p = *state;
    for (unsigned version = 0; version < 16; version++) {
        uint8_t bytes[100];
        plain(bytes);
        bytes[0] = (uint8_t)(version << 4 | 5);
        checksum_set(bytes, 20);
        assert_int_equal(arrive(p, bytes, 40, 0), version == 4 ? VERDICT_DELIVER : VERDICT_DROP);
        if (version != 4)
            assert_int_equal(p->reason, DROP_IP_VERSION);
    }
}

/* [rfc1122#9] [rfc1812#34]: every bit of the header */
static void damaged_header_is_dropped(void **state) {
    struct post *p = *state;
    for (size_t bit = 0; bit < 160; bit++) {
        uint8_t bytes[100];
        plain(bytes);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(arrive(p, bytes, 60, 0), VERDICT_DROP);
        if (bit >= 32)
            assert_int_equal(p->reason, DROP_IP_CHECKSUM);
    }
}

/* A packet with options that fill `header` − 20 bytes. */
static enum verdict arrive_with_options(struct post *p, const uint8_t *options, size_t length) {
    uint8_t bytes[100];
    size_t header = 20 + (length + 3) / 4 * 4;
    plain(bytes);
    bytes[0] = (uint8_t)(0x40 | header / 4);
    store_be16(bytes + 2, 80);
    memset(bytes + 20, 0, header - 20);
    memcpy(bytes + 20, options, length);
    checksum_set(bytes, header);
    return arrive(p, bytes, 80, 0);
}

/* [rfc1122#19] [rfc1812#35] [rfc791#4] */
static void unknown_options_are_ignored(void **state) {
    struct post *p = *state;
    static const uint8_t options[] = {1, 0x5e, 6, 1, 2, 3, 4, 1,    7,
                                      7, 4,    0, 0, 0, 0, 0, 0xff, 0xff};
    assert_int_equal(arrive_with_options(p, options, sizeof options), VERDICT_DELIVER);
    assert_int_equal(p->packet->transport_offset, 40);
}

/* [rfc1122#20]: every length of an option at every place */
static void option_lengths_that_cannot_be_are_dropped(void **state) {
    struct post *p = *state;
    for (size_t place = 0; place < 39; place++) {
        for (unsigned length = 0; length < 256; length++) {
            uint8_t options[40];
            memset(options, 1, sizeof options);
            options[place] = 0x44;
            options[place + 1] = (uint8_t)length;
            bool good = length >= 2 && place + length <= sizeof options;
            assert_int_equal(arrive_with_options(p, options, sizeof options),
                             good ? VERDICT_DELIVER : VERDICT_DROP);
            if (!good)
                assert_int_equal(p->reason, DROP_IP_OPTIONS);
        }
    }
}

/* [attack:B9] */
static void source_routes_are_dropped(void **state) {
    struct post *p = *state;
    for (unsigned kind = 131; kind <= 137; kind += 6) {
        for (unsigned length = 3; length <= 39; length++) {
            uint8_t options[40] = {1, (uint8_t)kind, (uint8_t)length, 4};
            assert_int_equal(arrive_with_options(p, options, sizeof options), VERDICT_DROP);
            assert_int_equal(p->reason, DROP_IP_SOURCE_ROUTE);
        }
    }
}

/* [rfc1122#17] [rfc1812#3] */
static void arrival_with_no_time_to_live_is_taken(void **state) {
    struct post *p = *state;
    for (uint8_t ttl = 0; ttl < 3; ttl++) {
        uint8_t bytes[100];
        plain(bytes);
        bytes[8] = ttl;
        checksum_set(bytes, 20);
        assert_int_equal(arrive(p, bytes, 40, 0), VERDICT_DELIVER);
        assert_int_equal(p->ipv4.ttl, ttl);
    }
}

/* [rfc1122#15] [rfc1812#47] [rfc1122#12] [rfc1812#45] */
static void addresses_that_cannot_be_are_named(void **state) {
    (void)state;
    static const struct {
        uint32_t source, destination;
        enum drop_reason by_wire, by_loopback;
    } table[] = {
        {THERE, HERE, DROP_NONE, DROP_NONE},
        {THERE, 0xffffffff, DROP_NONE, DROP_NONE},
        {THERE, 0xe0000001, DROP_NONE, DROP_NONE},
        {0xffffffff, HERE, DROP_IP_SOURCE, DROP_IP_SOURCE},
        {0xe0000001, HERE, DROP_IP_SOURCE, DROP_IP_SOURCE},
        {0xf0000001, HERE, DROP_IP_SOURCE, DROP_IP_SOURCE},
        {0x7f000001, HERE, DROP_IP_SOURCE, DROP_NONE},
        {0x7f000001, 0x7f000002, DROP_IP_SOURCE, DROP_NONE},
        {THERE, 0x7f000001, DROP_IP_DESTINATION, DROP_NONE},
        {0, HERE, DROP_IP_SOURCE, DROP_IP_SOURCE},
        {0, 0xffffffff, DROP_NONE, DROP_NONE}, /* asks for an address */
        {5, 0xffffffff, DROP_IP_SOURCE, DROP_IP_SOURCE},
        {THERE, 0, DROP_IP_DESTINATION, DROP_IP_DESTINATION},
        {THERE, 0x00ffffff, DROP_IP_DESTINATION, DROP_IP_DESTINATION},
        {THERE, 0xf1000000, DROP_IP_DESTINATION, DROP_IP_DESTINATION},
    };
    for (size_t i = 0; i < array_length(table); i++) {
        struct ipv4 ipv4 = {.source = dobos_address_ipv4(table[i].source),
                            .destination = dobos_address_ipv4(table[i].destination)};
        assert_int_equal(ipv4_check_addresses(&ipv4, false), table[i].by_wire);
        assert_int_equal(ipv4_check_addresses(&ipv4, true), table[i].by_loopback);
    }
}

/* [rfc791#3] [rfc1122#16] [rfc1122#18] [rfc1812#39] */
static void transmitted_header_is_received_as_it_was_meant(void **state) {
    struct post *p = *state;
    for (unsigned ttl = 0; ttl < 256; ttl++) {
        struct ipv4_fields fields = {.source = dobos_address_ipv4(HERE),
                                     .destination = dobos_address_ipv4(THERE),
                                     .protocol = PROTOCOL_UDP,
                                     .ttl = (uint8_t)ttl,
                                     .tos = (uint8_t)(ttl * 7),
                                     .dont_fragment = ttl % 2 == 1,
                                     .identification = (uint16_t)(ttl * 257)};
        dobos_packet_release(p->packet);
        p->packet = packet_counting(&p->fixture, 0, 50, ttl % 3 == 0);
        p->packet->band = 2;
        assert_true(ipv4_transmit(p->packet, &fields));
        assert_int_equal(p->packet->network_offset, 0);
        assert_int_equal(p->packet->transport_offset, 20);
        assert_int_equal(p->packet->band, 2);
        assert_int_equal(ipv4_receive(p->packet, &p->ipv4, &p->reason), VERDICT_DELIVER);
        assert_true(dobos_address_is_equal(&p->ipv4.source, &fields.source));
        assert_true(dobos_address_is_equal(&p->ipv4.destination, &fields.destination));
        assert_int_equal(p->ipv4.ttl, ttl ? ttl : 64);
        assert_int_equal(p->ipv4.tos, fields.tos);
        assert_int_equal(p->ipv4.dont_fragment, fields.dont_fragment);
        assert_int_equal(p->ipv4.identification, fields.identification);
        assert_int_equal(p->ipv4.protocol, PROTOCOL_UDP);
        assert_false(p->ipv4.more_fragments);
        assert_int_equal(p->packet->length, 70);
    }
}

static void packet_too_long_or_without_headroom_is_not_sent(void **state) {
    struct post *p = *state;
    struct ipv4_fields fields = {.protocol = PROTOCOL_UDP};
    p->packet = packet_counting(&p->fixture, 0, 65516, true);
    assert_false(ipv4_transmit(p->packet, &fields));
    packet_trim_to(p->packet, 65515);
    assert_true(ipv4_transmit(p->packet, &fields));
    dobos_packet_release(p->packet);
    p->packet = packet_create(p->fixture.pool, 19);
    assert_false(ipv4_transmit(p->packet, &fields));
}

/* [rfc1812#14] [rfc791#13] [rfc1122#78] [rfc6864#3]: every time to live, every protocol */
static void forwarded_header_has_one_hop_less_and_a_true_checksum(void **state) {
    struct post *p = *state;
    for (unsigned ttl = 2; ttl < 256; ttl++) {
        for (unsigned protocol = 0; protocol < 256; protocol += 5) {
            uint8_t bytes[100];
            plain(bytes);
            bytes[6] = 0x40;
            bytes[8] = (uint8_t)ttl;
            bytes[9] = (uint8_t)protocol;
            checksum_set(bytes, 20);
            assert_int_equal(arrive(p, bytes, 60, 14), VERDICT_DELIVER);
            assert_int_equal(ipv4_forward(p->packet, &p->ipv4, &p->reason), VERDICT_FORWARD);
            assert_int_equal(p->packet->network_offset, 0);
            assert_int_equal(p->packet->length, 40);
            assert_int_equal(p->ipv4.ttl, ttl - 1);
            assert_int_equal(ipv4_receive(p->packet, &p->ipv4, &p->reason), VERDICT_DELIVER);
            assert_int_equal(p->ipv4.ttl, ttl - 1);
            assert_int_equal(p->ipv4.protocol, protocol);
            assert_true(p->ipv4.dont_fragment);
        }
    }
}

/* [rfc1812#15] [rfc791#16] [rfc1812#111] [rfc1812#2] */
static void packet_at_its_last_hop_is_not_forwarded_nor_changed(void **state) {
    struct post *p = *state;
    for (uint8_t ttl = 0; ttl < 2; ttl++) {
        uint8_t bytes[100], after[100];
        plain(bytes);
        bytes[8] = ttl;
        checksum_set(bytes, 20);
        assert_int_equal(arrive(p, bytes, 40, 14), VERDICT_DELIVER);
        assert_int_equal(ipv4_forward(p->packet, &p->ipv4, &p->reason), VERDICT_DROP);
        assert_int_equal(p->reason, DROP_TTL_EXPIRED);
        assert_int_equal(dobos_packet_read(p->packet, 14, after, 40), 40);
        assert_memory_equal(after, bytes, 40);
    }
}

/* [rfc6864#2] [rfc791#15] */
static void identifications_do_not_repeat_between_two_addresses(void **state) {
    (void)state;
    struct hash_key key = {{11, 12}};
    struct dobos_address here = dobos_address_ipv4(HERE), there = dobos_address_ipv4(THERE);
    uint64_t counter = 0xfffff000; /* wraps its low bits on the way */
    bool *seen = calloc(65536, sizeof *seen);
    for (unsigned i = 0; i < 65536; i++) {
        uint16_t id = ipv4_identification(&key, &here, &there, PROTOCOL_UDP, &counter);
        assert_false(seen[id]);
        seen[id] = true;
    }
    free(seen);
}

/* [attack:B17]: neither a step from one to the next nor what is sent to others shows */
static void identifications_tell_nothing_of_the_counter(void **state) {
    (void)state;
    struct hash_key key = {{11, 12}};
    struct dobos_address here = dobos_address_ipv4(HERE), there = dobos_address_ipv4(THERE),
                         other = dobos_address_ipv4(THERE + 1);
    uint64_t counter = 0;
    unsigned same_step = 0, same_as_other = 0, buckets[16] = {0};
    uint16_t before = 0, step = 0;
    enum {
        SAMPLES = 4096
    };
    for (unsigned i = 0; i < SAMPLES; i++) {
        uint64_t at = counter, again = at;
        uint16_t id = ipv4_identification(&key, &here, &there, PROTOCOL_UDP, &counter);
        same_as_other += id == ipv4_identification(&key, &here, &other, PROTOCOL_UDP, &again);
        uint16_t now = (uint16_t)(id - before);
        same_step += now == step;
        step = now;
        before = id;
        buckets[step >> 12]++;
    }
    assert_in_range(same_step, 0, 5);
    assert_in_range(same_as_other, 0, 5);
    for (unsigned i = 0; i < 16; i++) /* steps are spread evenly: 256 each, σ below 16 */
        assert_in_range(buckets[i], 256 - 100, 256 + 100);
}

/* [attack:B18]: another key, other numbers; both words of it count */
static void identifications_depend_on_the_whole_key(void **state) {
    (void)state;
    struct dobos_address here = dobos_address_ipv4(HERE), there = dobos_address_ipv4(THERE);
    for (unsigned bit = 0; bit < 128; bit++) {
        struct hash_key key = {{11, 12}}, near = key;
        uint64_t a = 5, b = 5;
        unsigned same = 0;
        near.word[bit / 64] ^= UINT64_C(1) << bit % 64;
        for (unsigned i = 0; i < 64; i++)
            same += ipv4_identification(&key, &here, &there, 1, &a) ==
                    ipv4_identification(&near, &here, &there, 1, &b);
        assert_in_range(same, 0, 2);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        POST_TEST(good_packet_is_taken_without_its_padding),
        POST_TEST(lengths_that_contradict_are_dropped_by_name),
        POST_TEST(other_versions_are_dropped),
        POST_TEST(damaged_header_is_dropped),
        POST_TEST(unknown_options_are_ignored),
        POST_TEST(option_lengths_that_cannot_be_are_dropped),
        POST_TEST(source_routes_are_dropped),
        POST_TEST(arrival_with_no_time_to_live_is_taken),
        cmocka_unit_test(addresses_that_cannot_be_are_named),
        POST_TEST(transmitted_header_is_received_as_it_was_meant),
        POST_TEST(packet_too_long_or_without_headroom_is_not_sent),
        POST_TEST(forwarded_header_has_one_hop_less_and_a_true_checksum),
        POST_TEST(packet_at_its_last_hop_is_not_forwarded_nor_changed),
        cmocka_unit_test(identifications_do_not_repeat_between_two_addresses),
        cmocka_unit_test(identifications_tell_nothing_of_the_counter),
        cmocka_unit_test(identifications_depend_on_the_whole_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
