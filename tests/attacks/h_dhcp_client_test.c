/* The attacks on a DHCP client: rows H1 to H3, H6 to H8 and H12 of docs/requirements/attacks.tsv,
 * against a client that runs beside a witness connection. The attacker answers as the server. */
#include "../services/dhcp_peer.h"
#include "forge.h"

#define SERVER UINT32_C(0xc0000241) /* the attacker's first address */
#define LEASED UINT32_C(0xc00002c8) /* 192.0.2.200 */
#define ROOM   1400

/* ---- a client, and its server ---- */

static struct dobos_service *client_open(struct witness *w) {
    const struct dobos_dhcp_client_config config = {
        .size = sizeof(config), .interface = 2, .route_metric = 100};
    struct dobos_service *client = NULL;
    int result = dobos_dhcp_client_create(w->victim, &config, &client);
    witness_forget(w);
    witness_serve(w, result, client);
    witness_settle(w);
    return client;
}

static struct dobos_dhcp_client_info info_of(const struct dobos_service *client) {
    struct dobos_dhcp_client_info info;
    assert_int_equal(dobos_dhcp_client_read(client, &info), 0);
    return info;
}

/* The client's last message; how many there were. */
static unsigned client_said(struct witness *w, struct dhcp *said) {
    struct answer answer;
    struct heard heard;
    unsigned count = 0;
    while (heard_next(w, PROTOCOL_UDP, &answer, &heard)) {
        if (heard.length < 8 || load_be16(heard.payload + 2) != DHCP_SERVER_PORT)
            continue;
        *said = dhcp_read(heard.payload + 8, heard.length - 8);
        count++;
    }
    return count;
}

static struct dhcp answer_to(const struct dhcp *said, enum dhcp_type type) {
    struct dhcp answer = dhcp_answer(said, type);
    answer.server = dhcp_address(SERVER);
    if (type != DHCP_NAK)
        answer.yiaddr = dhcp_address(LEASED);
    return answer;
}

static void say_bytes(struct witness *w, const uint8_t *bytes, size_t length) {
    forge_udp(w, SERVER, DHCP_SERVER_PORT, DHCP_CLIENT_PORT, bytes, length);
}

static void say(struct witness *w, const struct dhcp *message) {
    uint8_t bytes[DHCP_MAX_BYTES];
    say_bytes(w, bytes, dhcp_write(message, bytes));
}

/* From DISCOVER to the last message before the ACK. */
static void offer(struct witness *w, struct dhcp *said) {
    assert_true(client_said(w, said) > 0);
    assert_int_equal(said->type, DHCP_DISCOVER);
    struct dhcp answer = answer_to(said, DHCP_OFFER);
    say(w, &answer);
    assert_int_equal(client_said(w, said), 1);
    assert_int_equal(said->type, DHCP_REQUEST);
}

static void expect_bound(struct witness *w, const struct dobos_service *client) {
    witness_run(w, 10 * DOBOS_SECOND);
    assert_int_equal(info_of(client).state, DOBOS_DHCP_BOUND);
    struct dobos_address address = info_of(client).address.address;
    assert_int_equal(dobos_address_ipv4_number(&address), LEASED);
}

static struct dobos_service *client_bound(struct witness *w, struct dhcp *said) {
    struct dobos_service *client = client_open(w);
    offer(w, said);
    struct dhcp ack = answer_to(said, DHCP_ACK);
    say(w, &ack);
    expect_bound(w, client);
    return client;
}

static unsigned searches_of(const struct witness *w) {
    struct dobos_search search;
    unsigned count = 0;
    while (dobos_search_read(w->victim, count, &search) == 0)
        count++;
    return count;
}

static unsigned learned_routes(const struct witness *w) {
    struct dobos_route route;
    unsigned count = 0;
    for (uint32_t i = 0; dobos_route_read(w->victim, i, &route) == 0; i++)
        count += route.origin == DOBOS_ORIGIN_DHCP;
    return count;
}

/* A message with its options by hand: the fixed part, cookie, type and server, then `length` bytes.
 */
static size_t raw(const struct dhcp *said, enum dhcp_type type, const uint8_t *options,
                  size_t length, uint8_t bytes[ROOM + 400]) {
    struct dhcp answer = answer_to(said, type);
    uint8_t whole[DHCP_MAX_BYTES];
    size_t end = dhcp_write(&answer, whole);
    while (whole[end - 1] == 0) /* padding */
        end--;
    assert_int_equal(whole[end - 1], DHCP_OPTION_END);
    memcpy(bytes, whole, end - 1);
    memcpy(bytes + end - 1, options, length);
    return end - 1 + length;
}

/* ---- H1, H2, H3: bytes ---- */

/* [attack:H1] */
static void attack_h1_options_longer_than_any_buffer_are_survived(void **state) {
    struct witness *w = *state;
    struct dhcp said;
    struct dobos_service *client = client_open(w);
    uint8_t options[ROOM + 1], bytes[ROOM + 400];
    assert_int_equal(client_said(w, &said), 1);
    struct dhcp discover = said;
    for (unsigned code = 1; code < 255; code++) {
        for (unsigned fill = 0; fill < 2; fill++) {
            size_t length = 0;
            while (length + 257 <= ROOM - 300) { /* four pieces: one option of 1,020 bytes */
                options[length] = (uint8_t)code;
                options[length + 1] = 255;
                memset(options + length + 2, fill ? 0xff : 'a', 255);
                length += 257;
            }
            options[length++] = DHCP_OPTION_END;
            say_bytes(w, bytes, raw(&discover, DHCP_OFFER, options, length, bytes));
            say_bytes(w, bytes, raw(&discover, DHCP_ACK, options, length, bytes));
        }
    }
    /* Some were offers that can be taken; none was an answer to the request that followed. */
    enum dobos_dhcp_client_state at = info_of(client).state;
    assert_true(at == DOBOS_DHCP_SELECTING || at == DOBOS_DHCP_REQUESTING ||
                at == DOBOS_DHCP_PROBING);
    witness_run(w, 100 * DOBOS_SECOND);
    assert_true(searches_of(w) <= 1 && learned_routes(w) <= 1);
}

/* [attack:H2] */
static void attack_h2_options_cut_anywhere_are_no_message(void **state) {
    struct witness *w = *state;
    struct dhcp said;
    struct dobos_service *client = client_open(w);
    uint8_t whole[DHCP_MAX_BYTES], bytes[ROOM + 400];
    assert_int_equal(client_said(w, &said), 1);
    struct dhcp answer = answer_to(&said, DHCP_OFFER);
    size_t end = dhcp_write(&answer, whole);
    while (whole[end - 1] == 0)
        end--;
    for (size_t length = 0; length < end; length++)
        say_bytes(w, whole, length);
    assert_int_equal(info_of(client).ignored, end);
    for (unsigned code = 1; code < 255; code++) { /* beyond the end, by one and by all */
        for (unsigned length = 1; length < 256; length += 127) {
            uint8_t options[2] = {(uint8_t)code, (uint8_t)length};
            say_bytes(w, bytes, raw(&said, DHCP_OFFER, options, 2, bytes));
            say_bytes(w, bytes, raw(&said, DHCP_OFFER, options, 1, bytes));
        }
    }
    assert_int_equal(info_of(client).state, DOBOS_DHCP_SELECTING);
    say(w, &answer);
    assert_int_equal(info_of(client).state, DOBOS_DHCP_REQUESTING);
}

/* [attack:H3] */
static void attack_h3_search_list_that_points_anywhere_is_left_out(void **state) {
    struct witness *w = *state;
    struct dhcp said;
    struct dobos_service *client = client_open(w);
    offer(w, &said);
    uint8_t bytes[ROOM + 400];
    for (unsigned pointer = 0; pointer < 64; pointer++) {
        /* To itself, forward, into the message's head, past the end, in a ring, behind a label. */
        const uint8_t options[] = {DHCP_OPTION_SEARCH, 8,    0xc0, (uint8_t)pointer, 1, 'a', 0xc0,
                                   (uint8_t)pointer,   0xc0, 4,    DHCP_OPTION_END};
        struct dhcp stranger = said;
        stranger.xid ^= 1;
        say_bytes(w, bytes, raw(&stranger, DHCP_ACK, options, sizeof(options), bytes));
    }
    static const uint8_t rings[][8] = {
        {0xc0, 0, 0, 0, 0, 0, 0, 0},      {0xc0, 2, 0xc0, 0, 0, 0, 0, 0},
        {1, 'a', 0xc0, 0, 0xc0, 2, 0, 0}, {1, 'a', 0xc0, 0xff, 0, 0, 0, 0},
        {0xff, 0xff, 0, 0, 0, 0, 0, 0},   {63, 'a', 0, 0, 0, 0, 0, 0},
    };
    for (size_t i = 0; i < array_length(rings); i++) {
        uint8_t options[11] = {DHCP_OPTION_SEARCH, 8};
        memcpy(options + 2, rings[i], 8);
        options[10] = DHCP_OPTION_END;
        if (i > 0) { /* anew: each as the answer that is awaited */
            witness_forget(w);
            assert_int_equal(dobos_interface_carrier_set(w->victim, 2, false), 0);
            assert_int_equal(dobos_interface_carrier_set(w->victim, 2, true), 0);
            witness_run(w, DOBOS_MILLISECOND);
            assert_true(client_said(w, &said) > 0);
        }
        say_bytes(w, bytes, raw(&said, DHCP_ACK, options, sizeof(options), bytes));
        expect_bound(w, client);
        assert_int_equal(searches_of(w), 0);
    }
}

/* ---- H6: a second server ---- */

/* [attack:H6] */
static void attack_h6_second_server_can_neither_give_nor_take(void **state) {
    struct witness *w = *state;
    struct dhcp said;
    struct dobos_service *client = client_open(w);
    offer(w, &said);
    struct dhcp rogue = answer_to(&said, DHCP_ACK);
    rogue.server = dhcp_address(SERVER + 1);
    say(w, &rogue); /* it has not been chosen */
    rogue.type = DHCP_NAK;
    say(w, &rogue);
    rogue = answer_to(&said, DHCP_ACK);
    rogue.chaddr[3] ^= 1;
    say(w, &rogue);
    for (uint32_t i = 1; i < 5000; i++) { /* who does not hear the request guesses its number */
        rogue = answer_to(&said, i % 2 ? DHCP_ACK : DHCP_NAK);
        rogue.xid += i;
        say(w, &rogue);
    }
    assert_int_equal(info_of(client).state, DOBOS_DHCP_REQUESTING);
    struct dhcp ack = answer_to(&said, DHCP_ACK);
    say(w, &ack);
    expect_bound(w, client);
    struct dobos_dhcp_client_info bound = info_of(client);
    for (unsigned i = 0; i < 2; i++) { /* the lease is kept: while it is BOUND, and RENEWING */
        rogue = answer_to(&said, DHCP_NAK);
        if (i == 0)
            say(w, &rogue); /* nothing was asked */
        rogue.server = dhcp_address(SERVER + 1);
        say(w, &rogue);
        rogue = answer_to(&said, DHCP_ACK);
        rogue.server = dhcp_address(SERVER + 1);
        rogue.lease_s = 10;
        say(w, &rogue);
        assert_int_equal(info_of(client).until, bound.until);
        assert_int_equal(info_of(client).state, i ? DOBOS_DHCP_RENEWING : DOBOS_DHCP_BOUND);
        if (i == 0) {
            witness_forget(w);
            witness_run(w, bound.renew_at - w->now);
            assert_int_equal(client_said(w, &said), 1); /* so the rogue knows the number */
        }
    }
}

/* ---- H7: routes ---- */

/* [attack:H7] [rfc3442#63] */
static void attack_h7_routes_are_checked_counted_and_take_no_neighbour_away(void **state) {
    struct witness *w = *state;
    struct dhcp said;
    struct dobos_route_choice choice;
    struct dobos_address friend = dhcp_address(FRIEND_ADDRESS);
    struct dobos_address beyond = dhcp_address(BEYOND_ADDRESS);
    struct dobos_service *client = client_open(w);
    offer(w, &said);
    struct dhcp ack = answer_to(&said, DHCP_ACK);
    static const struct {
        uint32_t to;
        uint8_t length;
    } wanted[] = {
        {0, 1},           {0x80000000, 1},      {0xc0000202, 32}, {0xc0000200, 25},
        {0xc0000200, 24}, {0xc6336402, 32},     {0xc6336400, 24}, {0x7f000000, 8},
        {0xe0000000, 4},  {VICTIM_ADDRESS, 32}, {LEASED, 32},
    };
    for (size_t i = 0; i < array_length(wanted); i++)
        ack.routes.route[i] = (struct dhcp_route){{dhcp_address(wanted[i].to), wanted[i].length},
                                                  dhcp_address(SERVER + 2)};
    ack.routes.count = array_length(wanted);
    while (ack.routes.count < DHCP_ROUTES) { /* and as many more as a message holds */
        struct dhcp_route *route = &ack.routes.route[ack.routes.count];
        *route = ack.routes.route[0];
        route->to =
            (struct dobos_prefix){dhcp_address(0x0a000000 + ((uint32_t)ack.routes.count << 8)), 24};
        ack.routes.count++;
    }
    say(w, &ack);
    expect_bound(w, client);
    /* What RFC 3442 allows is done, and can be seen; the links' own neighbours stay neighbours. */
    assert_int_equal(info_of(client).refused, array_length(wanted) - 2);
    assert_int_equal(learned_routes(w), DHCP_ROUTES - (array_length(wanted) - 2));
    assert_int_equal(dobos_route_lookup(w->victim, &friend, NULL, &choice), 0);
    assert_true(dobos_address_is_unspecified(&choice.route.gateway));
    assert_int_equal(dobos_route_lookup(w->victim, &beyond, NULL, &choice), 0);
    assert_int_equal(choice.interface, 3);
    witness_exchange(w);
    dobos_dhcp_client_release(client, w->now);
    assert_int_equal(learned_routes(w), 0);
}

/* ---- H8: texts ---- */

/* [attack:H8] */
static void attack_h8_texts_for_a_shell_are_no_names(void **state) {
    static const char *const texts[] = {"() { :; }; reboot", "a\nb",     "'; reboot #",
                                        "$(reboot)",         "`reboot`", "a b"};
    struct witness *w = *state;
    struct dhcp said;
    struct dobos_service *client = client_bound(w, &said);
    for (size_t i = 0; i < array_length(texts); i++) {
        struct dobos_dhcp_client_info bound = info_of(client);
        witness_run(w, bound.renew_at - w->now - DOBOS_SECOND);
        witness_forget(w);
        witness_run(w, DOBOS_SECOND);
        assert_int_equal(client_said(w, &said), 1);
        struct dhcp ack = answer_to(&said, DHCP_ACK);
        struct dhcp_bytes text = {.length = (uint8_t)strlen(texts[i])};
        memcpy(text.bytes, texts[i], text.length);
        ack.domain = ack.hostname = ack.message = text;
        say(w, &ack);
        assert_true(info_of(client).until > bound.until);
        assert_int_equal(info_of(client).refused, 1);
        assert_int_equal(searches_of(w), 0);
        assert_string_equal(dobos_host_name(w->victim), "victim");
    }
}

/* ---- H12: times ---- */

/* [attack:H12] */
static void attack_h12_times_that_cannot_be_make_no_loop_and_no_wrap(void **state) {
    static const uint32_t times[][3] = {
        {0, 0, 0},  {1, 0, 0},          {1, 1, 1},     {2, 1, 1},  {3, 2, 1},
        {10, 0, 0}, {UINT32_MAX, 0, 0}, {100, 99, 98}, {9, 9, 9},  {UINT32_MAX - 1, 1, 2},
        {60, 0, 1}, {30, 1, 2},         {7, 8, 9},     {20, 1, 1}, {UINT32_MAX, UINT32_MAX, 5}};
    struct witness *w = *state;
    struct dhcp said;
    for (size_t i = 0; i < array_length(times); i++) {
        struct dobos_service *client = client_open(w);
        unsigned messages = 0;
        for (unsigned second = 0; second < 300; second++) {
            for (unsigned count; (count = client_said(w, &said)) > 0;) {
                messages += count;
                struct dhcp answer =
                    answer_to(&said, said.type == DHCP_DISCOVER ? DHCP_OFFER : DHCP_ACK);
                answer.lease_s = times[i][0];
                answer.has_renewal = answer.has_rebinding = i % 5 != 0;
                answer.renewal_s = times[i][1];
                answer.rebinding_s = times[i][2];
                if (said.type == DHCP_DISCOVER || said.type == DHCP_REQUEST)
                    say(w, &answer);
            }
            witness_run(w, DOBOS_SECOND);
        }
        assert_true(messages <= 160);
        struct dobos_dhcp_client_info info = info_of(client);
        if (info.state == DOBOS_DHCP_BOUND) {
            assert_true(info.until > w->now);
            assert_true(info.renew_at <= info.until && info.rebind_at <= info.until);
        }
        assert_int_equal(info.until == DOBOS_NEVER && info.state == DOBOS_DHCP_BOUND,
                         times[i][0] == UINT32_MAX);
        w->service_count--;
        dobos_service_destroy(client);
    }
}

int main(void) {
#define ATTACK(test) cmocka_unit_test_setup_teardown(test, attack_setup, attack_teardown)
    const struct CMUnitTest tests[] = {
        ATTACK(attack_h1_options_longer_than_any_buffer_are_survived),
        ATTACK(attack_h2_options_cut_anywhere_are_no_message),
        ATTACK(attack_h3_search_list_that_points_anywhere_is_left_out),
        ATTACK(attack_h6_second_server_can_neither_give_nor_take),
        ATTACK(attack_h7_routes_are_checked_counted_and_take_no_neighbour_away),
        ATTACK(attack_h8_texts_for_a_shell_are_no_names),
        ATTACK(attack_h12_times_that_cannot_be_make_no_loop_and_no_wrap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
