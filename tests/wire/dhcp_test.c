/* dhcp: messages, options in pieces and in other fields, lengths that lie, room that ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/random.h"
#include "golden_dhcp.h"
#include "roundtrip_dhcp.h"
#include "survey.h"

static struct dhcp parsed, again;
static uint8_t room[GOLDEN_DHCP_ROOM];

/* A heap copy of its exact size, so that a read beyond it shows. */
static bool parse(const uint8_t *bytes, size_t length) {
    uint8_t *copy = malloc(length + 1);
    memcpy(copy, bytes, length);
    bool is_good = dhcp_parse((struct slice){copy, length}, &parsed);
    parsed.sname = parsed.file = (struct slice){0};
    memset(&parsed.fields, 0, sizeof(parsed.fields));
    free(copy);
    return is_good;
}

static bool parse_options(const uint8_t *options, size_t length) {
    return parse(room, golden_dhcp(room, DHCP_OP_REPLY, options, length));
}

static void assert_address(const struct dobos_address *address, const char *expected) {
    char text[DOBOS_ADDRESS_TEXT];
    dobos_address_format(address, text);
    assert_string_equal(text, expected);
}

/* The flags' other bits mean nothing [rfc2131#1] [rfc2131#3] [rfc2132#6]. */
static void discover_is_parsed(void **state) {
    (void)state;
    size_t length = golden_dhcp_discover(room);
    room[11] = 0x55;
    assert_true(parse(room, length));
    assert_int_equal(parsed.op, DHCP_OP_REQUEST);
    assert_int_equal(parsed.type, DHCP_DISCOVER);
    assert_int_equal(parsed.xid, 0x3903f326);
    assert_int_equal(parsed.secs, 7);
    assert_true(parsed.broadcast);
    assert_address(&parsed.requested, "192.168.0.4");
    assert_int_equal(parsed.client_id.length, 7);
    assert_int_equal(parsed.max_size, 1472);
    assert_int_equal(parsed.parameters.length, 5);
    assert_true(dhcp_is_asked(&parsed.parameters, DHCP_OPTION_ROUTES));
    assert_false(dhcp_is_asked(&parsed.parameters, DHCP_OPTION_HOSTNAME));
    struct dobos_mac mac;
    char label[DHCP_LABEL_BYTES];
    assert_true(dhcp_mac(&parsed, &mac));
    assert_true(dhcp_label(&parsed.hostname, label));
    assert_string_equal(label, "laptop");
    room[236] ^= 1;
    assert_false(parse(room, length));

    dhcp_init(&again);
    again.op = DHCP_OP_REQUEST;
    struct writer w = writer_make(room, sizeof(room));
    (void)dhcp_emit(&w, &again, NULL);
    assert_int_equal(load_be16(room + 10), 0);
    assert_int_equal(load_be32(room + 236), 0x63825363);
}

/* [rfc2132#1] [rfc2132#7] [rfc3442#1] */
static void ack_is_parsed(void **state) {
    (void)state;
    assert_true(parse(room, golden_dhcp_ack(room)));
    assert_int_equal(parsed.type, DHCP_ACK);
    assert_address(&parsed.yiaddr, "192.168.0.4");
    assert_address(&parsed.server, "192.168.0.1");
    assert_true(parsed.has_lease && parsed.has_renewal && parsed.has_rebinding && parsed.has_mask);
    assert_int_equal(parsed.lease_s, 3600);
    assert_int_equal(parsed.renewal_s, 1800);
    assert_int_equal(parsed.rebinding_s, 3150);
    assert_int_equal(parsed.mask_length, 24);
    assert_int_equal(parsed.routers.count, 2);
    assert_address(&parsed.routers.address[1], "192.168.0.2");
    assert_int_equal(parsed.domain.length, 4);
    char text[DNS_NAME_TEXT];
    assert_int_equal(parsed.searches.count, 2);
    dns_name_format(&parsed.searches.name[0], text);
    assert_string_equal(text, "home.test");
    dns_name_format(&parsed.searches.name[1], text);
    assert_string_equal(text, "x.test");
    assert_int_equal(parsed.routes.count, 2);
    assert_address(&parsed.routes.route[0].to.address, "10.0.0.0");
    assert_int_equal(parsed.routes.route[0].to.length, 8);
    assert_address(&parsed.routes.route[0].via, "192.168.0.3");
    assert_int_equal(parsed.routes.route[1].to.length, 0);
    assert_int_equal(parsed.relay.length, 2);
}

/* [rfc3396#1] [rfc3396#2] [rfc2131#4] [rfc2131#6] [rfc2131#7] */
static void overloaded_fields_are_read_in_order(void **state) {
    (void)state;
    size_t length = golden_dhcp_overload(room);
    assert_true(parse(room, length));
    assert_int_equal(parsed.routers.count, 3);
    assert_address(&parsed.routers.address[0], "10.0.0.1");
    assert_address(&parsed.routers.address[1], "10.0.0.2");
    assert_address(&parsed.routers.address[2], "10.0.0.3");
    assert_memory_equal(parsed.domain.bytes, "abcd", 4);

    room[DHCP_HEADER_BYTES + 5] = 1;
    assert_true(parse(room, length));
    assert_int_equal(parsed.routers.count, 2);
    room[DHCP_HEADER_BYTES + 5] = 2;
    assert_true(parse(room, length));
    assert_address(&parsed.routers.address[1], "10.0.0.3");
}

/* Overload inside of file or sname is an option like any unknown one; 0, 4 and a second one are
 * malformed [attack:H4] [rfc2132#3]. */
static void overload_that_names_itself_or_nothing_is_no_way_on(void **state) {
    (void)state;
    size_t length = golden_dhcp_overload(room);
    static const uint8_t self[] = {52, 1, 3, 3, 4, 10, 0, 0, 2, 255};
    room[DHCP_HEADER_BYTES + 5] = 1;
    memcpy(room + 108, self, sizeof(self));
    assert_true(parse(room, length));
    assert_int_equal(parsed.routers.count, 2);
    for (unsigned value = 0; value < 256; value++) {
        room[DHCP_HEADER_BYTES + 5] = (uint8_t)value;
        assert_int_equal(parse(room, length), value >= 1 && value <= 3);
    }
    static const uint8_t twice[] = {53, 1, 2, 52, 1, 1, 52, 1, 2, 255};
    assert_false(parse_options(twice, sizeof(twice)));
    static const uint8_t open[] = {53, 1, 2, 52, 1, 2, 255}; /* sname is all pads */
    assert_false(parse_options(open, sizeof(open)));
}

/* [rfc2131#2] [rfc2131#5] [attack:H1] [attack:H2] */
static void message_cut_anywhere_is_refused(void **state) {
    (void)state;
    size_t length = golden_dhcp_ack(room);
    assert_int_equal(survey_truncations(room, length, roundtrip_dhcp), 0);
    length = golden_dhcp_discover(room);
    assert_int_equal(survey_truncations(room, length, roundtrip_dhcp), 0);
}

/* [attack:H1] */
static void messages_near_the_golden_ones_do_no_harm(void **state) {
    (void)state;
    size_t length = golden_dhcp_ack(room);
    assert_true(survey_copy(room, length, roundtrip_dhcp));
    (void)survey_mutations(room, length, roundtrip_dhcp);
    length = golden_dhcp_overload(room);
    assert_true(survey_copy(room, length, roundtrip_dhcp));
    (void)survey_mutations(room, length, roundtrip_dhcp);
}

/* Every option with every length: refused where the protocol needs it, absent elsewhere; never read
 * beyond [attack:H1]. */
static void every_option_with_every_length_does_no_harm(void **state) {
    (void)state;
    uint8_t options[300];
    for (unsigned code = 1; code < 255; code++) {
        for (unsigned length = 0; length < 256; length++) {
            memset(options, 3, sizeof(options));
            options[0] = (uint8_t)code;
            options[1] = (uint8_t)length;
            options[2 + length] = 255;
            bool is_good = parse_options(options, 3 + length);
            bool is_four = code == 50 || code == 51 || code == 54 || code == 58 || code == 59;
            bool expected = is_four      ? length == 4
                            : code == 52 ? length == 0
                            : code == 53 ? length == 1
                            : code == 57 ? length == 2
                            : code == 61 ? length >= 2
                                         : true;
            if (is_good != expected)
                fail_msg("option %u of %u bytes", code, length);
        }
    }
}

/* [rfc2132#5] */
static void maximum_size_below_the_least_is_none(void **state) {
    (void)state;
    uint8_t options[] = {53, 1, 1, 57, 2, 2, 0x3f, 255};
    assert_true(parse_options(options, sizeof(options)));
    assert_int_equal(parsed.max_size, 0);
    options[6] = 0x40;
    assert_true(parse_options(options, sizeof(options)));
    assert_int_equal(parsed.max_size, 576);
}

/* [rfc3442#2] */
static void malformed_routes_are_none(void **state) {
    (void)state;
    uint8_t options[] = {121, 15, 8, 10, 1, 2, 3, 4, 32, 10, 1, 2, 3, 4, 5, 6, 7, 255};
    assert_true(parse_options(options, sizeof(options)));
    assert_int_equal(parsed.routes.count, 2);
    options[8] = 33;
    assert_true(parse_options(options, sizeof(options)));
    assert_int_equal(parsed.routes.count, 0);
    uint8_t cut[] = {121, 5, 8, 10, 1, 2, 3, 255};
    assert_true(parse_options(cut, sizeof(cut)));
    assert_int_equal(parsed.routes.count, 0);
}

/* [rfc3397#1] */
static void search_list_in_pieces_is_one(void **state) {
    (void)state;
    uint8_t options[] = {119, 3, 1, 'a', 0, 119, 2, 1, 'b', 119, 2, 0xc0, 0, 255};
    char text[DNS_NAME_TEXT];
    assert_true(parse_options(options, sizeof(options)));
    assert_int_equal(parsed.searches.count, 2);
    dns_name_format(&parsed.searches.name[0], text);
    assert_string_equal(text, "a");
    dns_name_format(&parsed.searches.name[1], text);
    assert_string_equal(text, "b.a");
}

/* [rfc2131#99] */
static void options_field_of_312_bytes_is_taken(void **state) {
    (void)state;
    uint8_t options[312 - 4] = {0}; /* behind the cookie */
    const uint8_t last[] = {53, 1, 2, 255};
    memcpy(options + sizeof(options) - sizeof(last), last, sizeof(last));
    assert_true(parse_options(options, sizeof(options)));
    assert_int_equal(parsed.type, DHCP_OFFER);
}

/* A pointer to itself, forward, beyond the end, into the middle of a pointer [attack:H3]. */
static void search_list_with_a_bad_pointer_is_none(void **state) {
    (void)state;
    for (unsigned target = 0; target < 64; target++) {
        uint8_t options[] = {119, 7, 1, 'a', 0, 1, 'b', 0xc0, (uint8_t)target, 255};
        assert_true(parse_options(options, sizeof(options)));
        assert_int_equal(parsed.searches.count, target == 0 || target == 2 ? 2 : 0);
    }
}

static void mask_that_is_none_is_absent(void **state) {
    (void)state;
    uint8_t options[] = {1, 4, 255, 255, 255, 1, 255};
    assert_true(parse_options(options, sizeof(options)));
    assert_false(parsed.has_mask);
    for (unsigned length = 0; length <= 32; length++) {
        store_be32(options + 2, length == 0 ? 0 : UINT32_MAX << (32 - length));
        assert_true(parse_options(options, sizeof(options)));
        assert_true(parsed.has_mask);
        assert_int_equal(parsed.mask_length, length);
    }
}

static void name_of_a_host_is_its_first_label(void **state) {
    (void)state;
    static const struct {
        const char *name, *label;
    } names[] = {
        {"laptop", "laptop"}, {"a.b.example.", "a"}, {"x-1", "x-1"}, {"-x", ""},
        {"x-", ""},           {"a b", ""},           {"a..b", ""},   {".a", ""},
        {"a.b c", ""},        {"$(id)", ""},         {"a\nb", ""},   {"", ""},
        {"\xc3\xa9", ""},     {"a_b", ""},           {"A1", "A1"},
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct dhcp_bytes bytes = {.length = (uint8_t)strlen(names[i].name)};
        char label[DHCP_LABEL_BYTES];
        memcpy(bytes.bytes, names[i].name, bytes.length);
        assert_int_equal(dhcp_label(&bytes, label), names[i].label[0] != 0);
        assert_string_equal(label, names[i].label);
    }
    struct dhcp_bytes longest = {.length = 64};
    char label[DHCP_LABEL_BYTES];
    memset(longest.bytes, 'x', sizeof(longest.bytes));
    assert_false(dhcp_label(&longest, label));
    longest.length = 63;
    assert_true(dhcp_label(&longest, label));
    assert_int_equal(strlen(label), 63);
}

/* Where the option's first byte stands among the options; −1: it is not there. */
static int option_place(const struct dhcp *message, uint8_t wanted) {
    struct dhcp_cursor cursor = {0};
    struct slice data;
    uint8_t code;
    for (int place = 0; dhcp_option_next(&message->fields, &cursor, &code, &data); place++) {
        if (code == wanted)
            return place;
    }
    return -1;
}

/* [rfc2132#2] [rfc2132#4] */
static void options_stand_in_the_order_asked_for(void **state) {
    (void)state;
    assert_true(dhcp_parse((struct slice){room, golden_dhcp_ack(room)}, &parsed));
    parsed.sname = parsed.file = (struct slice){0};
    struct dhcp_bytes order = {.length = 4, .bytes = {15, 6, 3, 1}};
    uint8_t bytes[600];
    struct writer w = writer_make(bytes, sizeof(bytes));
    assert_int_equal(dhcp_emit(&w, &parsed, &order), 0);
    assert_true(dhcp_parse((struct slice){bytes, w.position}, &again));
    assert_int_equal(option_place(&again, 53), 0);
    assert_true(option_place(&again, 15) < option_place(&again, 6));
    assert_true(option_place(&again, 6) < option_place(&again, 1));
    assert_true(option_place(&again, 1) < option_place(&again, 3));
    assert_true(option_place(&again, 3) < option_place(&again, 121));
}

static void fill(struct dhcp_bytes *bytes, uint8_t length, char with) {
    bytes->length = length;
    memset(bytes->bytes, with, length);
}

/* What the options field has no room for goes to file and sname, and says so [rfc2131#4]
 * [rfc2131#5]. */
static void full_options_field_overflows_into_the_others(void **state) {
    (void)state;
    dhcp_init(&parsed);
    parsed.op = DHCP_OP_REPLY;
    parsed.type = DHCP_ACK;
    fill(&parsed.domain, 200, 'd');
    fill(&parsed.message, 60, 'm');
    fill(&parsed.vendor_class, 120, 'v');
    uint8_t bytes[DHCP_ANYONE_BYTES];
    for (size_t size = 440; size <= sizeof(bytes); size++) {
        struct writer w = writer_make(bytes, size);
        unsigned left_out = dhcp_emit(&w, &parsed, NULL);
        assert_false(w.failed);
        assert_true(w.position <= size);
        assert_true(dhcp_parse((struct slice){bytes, w.position}, &again));
        int there = (again.domain.length == 200) + (again.message.length == 60) +
                    (again.vendor_class.length == 120);
        assert_int_equal(there + (int)left_out, 3);
        assert_int_equal(left_out, size < 240 + 3 + 202 + 4 ? 1 : 0);
    }
    fill(&parsed.hostname, 255, 'h');
    struct writer w = writer_make(bytes, sizeof(bytes));
    assert_int_equal(dhcp_emit(&w, &parsed, NULL), 1);
    parsed.file = (struct slice){(const uint8_t *)"boot", 4};
    parsed.sname = (struct slice){(const uint8_t *)"me", 2};
    w = writer_make(bytes, sizeof(bytes));
    assert_true(dhcp_emit(&w, &parsed, NULL) > 0);
    assert_true(dhcp_parse((struct slice){bytes, w.position}, &again));
    assert_int_equal(again.fields.count, 1);
    assert_memory_equal(again.file.bytes, "boot", 5);
}

/* [rfc3396#3] */
static void long_option_is_sent_in_pieces(void **state) {
    (void)state;
    dhcp_init(&parsed);
    parsed.op = DHCP_OP_REPLY;
    parsed.routes.count = DHCP_ROUTES;
    for (uint32_t i = 0; i < DHCP_ROUTES; i++) {
        parsed.routes.route[i].to = (struct dobos_prefix){dobos_address_ipv4(0x0a000000u + i), 32};
        parsed.routes.route[i].via = dobos_address_ipv4(0xc0a80001u);
    }
    uint8_t bytes[600];
    struct writer w = writer_make(bytes, sizeof(bytes));
    assert_int_equal(dhcp_emit(&w, &parsed, NULL), 0);
    assert_int_equal(bytes[DHCP_HEADER_BYTES], 121);
    assert_int_equal(bytes[DHCP_HEADER_BYTES + 1], 255);
    assert_int_equal(bytes[DHCP_HEADER_BYTES + 257], 121);
    assert_int_equal(bytes[DHCP_HEADER_BYTES + 258], DHCP_ROUTES * 9 - 255);
    assert_true(dhcp_parse((struct slice){bytes, w.position}, &again));
    assert_int_equal(again.routes.count, DHCP_ROUTES);
    assert_address(&again.routes.route[31].to.address, "10.0.0.31");
}

static void emit_without_room_for_what_is_needed_fails(void **state) {
    (void)state;
    assert_true(dhcp_parse((struct slice){room, golden_dhcp_ack(room)}, &parsed));
    uint8_t bytes[DHCP_MAX_BYTES];
    for (size_t size = 0; size < 280; size++) {
        struct writer w = writer_make(bytes, size);
        (void)dhcp_emit(&w, &parsed, NULL);
        assert_int_equal(w.failed, size < 240 + 27 + 1);
        assert_int_equal(w.position, w.failed ? 0 : size);
    }
}

static void random_options_survive_emit_and_parse(void **state) {
    (void)state;
    static const uint8_t known[] = {1,  3,  6,  12, 15, 28, 50, 51, 52,  53, 54,
                                    55, 56, 57, 58, 59, 60, 61, 82, 119, 121};
    struct random random = random_make(7);
    unsigned good = 0;
    for (int turn = 0; turn < 4000; turn++) {
        uint8_t options[600] = {0};
        size_t at = 0;
        while (at < 500 && random_below(&random, 12) > 0) {
            uint8_t code = known[random_below(&random, sizeof(known))];
            uint8_t length = (uint8_t)(random_below(&random, 3) ? 4 : random_below(&random, 40));
            options[at++] = code;
            options[at++] = code == 53 ? 1 : code == 57 ? 2 : length;
            for (uint8_t end = options[at - 1]; end > 0; end--)
                options[at++] = (uint8_t)random_below(&random, code == 52 ? 4 : 70);
        }
        options[at++] = 255;
        size_t length = golden_dhcp(room, DHCP_OP_REPLY, options, at);
        good += survey_copy(room, length, roundtrip_dhcp);
    }
    assert_true(good > 100);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(discover_is_parsed),
        cmocka_unit_test(ack_is_parsed),
        cmocka_unit_test(overloaded_fields_are_read_in_order),
        cmocka_unit_test(overload_that_names_itself_or_nothing_is_no_way_on),
        cmocka_unit_test(message_cut_anywhere_is_refused),
        cmocka_unit_test(messages_near_the_golden_ones_do_no_harm),
        cmocka_unit_test(every_option_with_every_length_does_no_harm),
        cmocka_unit_test(maximum_size_below_the_least_is_none),
        cmocka_unit_test(malformed_routes_are_none),
        cmocka_unit_test(search_list_in_pieces_is_one),
        cmocka_unit_test(options_field_of_312_bytes_is_taken),
        cmocka_unit_test(search_list_with_a_bad_pointer_is_none),
        cmocka_unit_test(mask_that_is_none_is_absent),
        cmocka_unit_test(name_of_a_host_is_its_first_label),
        cmocka_unit_test(options_stand_in_the_order_asked_for),
        cmocka_unit_test(full_options_field_overflows_into_the_others),
        cmocka_unit_test(long_option_is_sent_in_pieces),
        cmocka_unit_test(emit_without_room_for_what_is_needed_fails),
        cmocka_unit_test(random_options_survive_emit_and_parse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
