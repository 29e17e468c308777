/* The attacks on a DHCP server: rows H4, H5, H9, H10, H13 and H14 of
 * docs/requirements/attacks.tsv, against a server that runs beside a witness connection. The
 * attacker speaks for all clients, the honest ones too. */
#include "../services/dhcp_peer.h"
#include "../services/lease_journal.h"
#include "forge.h"

#include "base/bytes.h"

#define NET     (VICTIM_ADDRESS & ~UINT32_C(255))
#define FIRST   200 /* the pool, by its last byte */
#define LAST    230
#define POOL    (LAST - FIRST + 1)
#define NOBODY  0
#define FLOOD   20000
#define CLIENTS 12

/* What a client says. */
struct said {
    enum dhcp_type type; /* what */
    uint32_t who;        /* its link address is made of it; ≥ 1 */
    uint32_t link;       /* of the frame; 0: its own */
    uint32_t requested;  /* last byte of option 50; 0: none */
    uint32_t ciaddr;     /* last byte; 0: none */
    uint32_t giaddr;     /* all of it */
    uint8_t hops;        /* relays passed */
    bool to_server;      /* option 54 is the victim */
};

static struct dobos_mac mac_of(uint32_t who) {
    return (struct dobos_mac){
        {2, 7, (uint8_t)(who >> 24), (uint8_t)(who >> 16), (uint8_t)(who >> 8), (uint8_t)who}};
}

static void bytes_say(struct witness *w, uint32_t link, uint32_t from, const void *bytes,
                      size_t length) {
    uint8_t frame[1600], udp[1500];
    struct writer out = writer_make(frame, sizeof(frame));
    uint32_t to = from ? VICTIM_ADDRESS : UINT32_C(0xffffffff);
    size_t all = forge_udp_bytes(udp, from, DHCP_CLIENT_PORT, to, DHCP_SERVER_PORT, bytes, length);
    struct ipv4 ip = forge_header(from, to, PROTOCOL_UDP);
    ip.total_length = (uint16_t)(IPV4_HEADER_BYTES + all);
    ethernet_emit(&out, &(struct ethernet){.destination = from ? VICTIM_MAC : MAC_BROADCAST,
                                           .source = mac_of(link),
                                           .type = ETHER_TYPE_IPV4});
    ipv4_emit(&out, &ip);
    writer_bytes(&out, udp, all);
    assert_false(out.failed);
    witness_inject(w, frame, out.position);
}

static size_t said_write(const struct said *said, uint8_t bytes[DHCP_MAX_BYTES]) {
    struct dhcp message;
    struct dobos_mac mac = mac_of(said->who);
    dhcp_init(&message);
    message.op = DHCP_OP_REQUEST;
    message.type = (uint8_t)said->type;
    message.hardware = DHCP_HARDWARE_ETHERNET;
    message.hardware_length = 6;
    memcpy(message.chaddr, mac.bytes, 6);
    message.xid = said->who * 77 + (uint32_t)said->type;
    message.hops = said->hops;
    message.giaddr = dhcp_address(said->giaddr);
    if (said->ciaddr)
        message.ciaddr = dhcp_address(NET + said->ciaddr);
    if (said->requested)
        message.requested = dhcp_address(NET + said->requested);
    if (said->to_server)
        message.server = dhcp_address(VICTIM_ADDRESS);
    return dhcp_write(&message, bytes);
}

static void say(struct witness *w, const struct said *said) {
    uint8_t bytes[DHCP_MAX_BYTES];
    size_t length = said_write(said, bytes);
    bytes_say(w, said->link ? said->link : said->who, said->ciaddr ? NET + said->ciaddr : 0, bytes,
              length);
}

/* The server's last answer to anybody, probes aside; false: none. */
static bool heard_answer(struct witness *w, struct dhcp *message) {
    struct answer answer;
    struct heard heard;
    bool any = false;
    while (heard_next(w, PROTOCOL_UDP, &answer, &heard)) {
        if (heard.length < 8 || load_be16(heard.payload) != DHCP_SERVER_PORT)
            continue;
        *message = dhcp_read(heard.payload + 8, heard.length - 8);
        any = true;
    }
    return any;
}

/* A whole exchange of one client behind a station (0: its own); the last byte of its address, or
 * NOBODY. */
static uint32_t lease_take_by(struct witness *w, uint32_t who, uint32_t link) {
    struct dhcp message;
    witness_forget(w);
    say(w, &(struct said){.type = DHCP_DISCOVER, .who = who, .link = link});
    witness_run(w, 2 * DOBOS_SECOND); /* it is probed */
    if (!heard_answer(w, &message) || message.type != DHCP_OFFER)
        return NOBODY;
    uint32_t offered = dobos_address_ipv4_number(&message.yiaddr) - NET;
    say(w, &(struct said){.type = DHCP_REQUEST,
                          .who = who,
                          .link = link,
                          .requested = offered,
                          .to_server = true});
    if (!heard_answer(w, &message) || message.type != DHCP_ACK)
        return NOBODY;
    assert_int_equal(dobos_address_ipv4_number(&message.yiaddr), NET + offered);
    assert_in_range(offered, FIRST, LAST);
    return offered;
}

static uint32_t lease_take(struct witness *w, uint32_t who) {
    return lease_take_by(w, who, 0);
}

/* Whether a client that holds an address may keep it. */
static bool lease_renews(struct witness *w, uint32_t who, uint32_t held) {
    struct dhcp message;
    witness_forget(w);
    say(w, &(struct said){.type = DHCP_REQUEST, .who = who, .ciaddr = held});
    return heard_answer(w, &message) && message.type == DHCP_ACK &&
           dobos_address_ipv4_number(&message.yiaddr) == NET + held;
}

static struct dobos_service *server_open(struct witness *w, struct lease_journal *journal) {
    const struct dobos_lease_store store = lease_journal_store(journal);
    const struct dobos_dhcp_server_config config = {.size = sizeof(config),
                                                    .interface = 2,
                                                    .first = dobos_address_ipv4(NET + FIRST),
                                                    .last = dobos_address_ipv4(NET + LAST),
                                                    .lease_s = 3600,
                                                    .store = journal ? &store : NULL};
    struct dobos_service *server = NULL;
    int result = dobos_dhcp_server_create(w->victim, &config, &server);
    if (result == -DOBOS_EIO)
        return NULL;
    witness_serve(w, result, server);
    return server;
}

static void server_close(struct witness *w) {
    dobos_service_destroy(w->services[--w->service_count]);
}

/* [attack:H4] */
static void attack_h4_options_spread_over_other_fields_end_somewhere(void **state) {
    struct witness *w = *state;
    struct random random = random_make(4);
    uint8_t bytes[DHCP_MAX_BYTES];
    (void)server_open(w, NULL);
    uint32_t held = lease_take(w, 1);
    assert_int_not_equal(held, NOBODY);
    for (unsigned i = 0; i < 20000; i++) {
        struct said said = {.type = i % 2 ? DHCP_DISCOVER : DHCP_REQUEST, .who = 9};
        size_t length = said_write(&said, bytes);
        uint8_t *options = bytes + DHCP_HEADER_BYTES;
        options[3] = DHCP_OPTION_OVERLOAD;
        options[4] = (uint8_t)(i % 7 ? 1 : random_below(&random, 4));
        options[5] = (uint8_t)random_below(&random, i % 3 ? 4 : 256);
        if (i % 5)
            options[6] = DHCP_OPTION_END;
        /* sname and file: overloads of their own, pieces without end, and what leads past it. */
        for (size_t at = 44; at < 236; at++) {
            static const uint8_t often[] = {
                DHCP_OPTION_OVERLOAD, 1,   2,  3, DHCP_OPTION_REQUESTED, 4, DHCP_OPTION_END, 0,
                DHCP_OPTION_TYPE,     255, 60, 12};
            bytes[at] = random_below(&random, 8) ? often[random_below(&random, sizeof(often))]
                                                 : (uint8_t)random_next(&random);
        }
        bytes_say(w, 9, 0, bytes, i % 11 ? length : 240 + i % (length - 240));
    }
    assert_true(lease_renews(w, 1, held));
    assert_int_not_equal(lease_take(w, 2), NOBODY);
}

/* [attack:H5] */
static void attack_h5_a_flood_of_clients_takes_no_address_from_those_that_have_one(void **state) {
    struct witness *w = *state;
    uint32_t held[CLIENTS];
    (void)server_open(w, NULL);
    w->pace = 512;
    for (uint32_t i = 0; i < CLIENTS; i++) {
        held[i] = lease_take(w, 1 + i);
        assert_int_not_equal(held[i], NOBODY);
    }
    /* One station that takes what it is offered, for as many clients as it makes up: its share. */
    unsigned taken = 0;
    for (uint32_t i = 0; i < 2 * POOL; i++)
        taken += lease_take_by(w, 500 + i, 66) != NOBODY;
    assert_in_range(taken, 1, POOL - CLIENTS - 1);
    assert_int_not_equal(lease_take(w, 50), NOBODY);
    /* A flood from there, then from as many stations as he likes. */
    size_t before = witness_memory(w);
    for (uint32_t i = 0; i < FLOOD; i++) {
        uint32_t link = i < FLOOD / 2 ? 66 : 0;
        say(w, &(struct said){.type = DHCP_DISCOVER, .who = 1000 + i, .link = link});
        say(w, &(struct said){.type = DHCP_REQUEST,
                              .who = 1000 + i,
                              .link = link,
                              .requested = FIRST + i % POOL,
                              .to_server = i % 2});
        if (i % 16 == 0)
            witness_run(w, DOBOS_MILLISECOND);
        assert_true(witness_memory(w) <= before + 300000);
    }
    /* Who asks again gets what was offered to somebody who did not take it. */
    uint32_t got = NOBODY;
    for (unsigned tries = 0; tries < 3 && got == NOBODY; tries++)
        got = lease_take(w, 52);
    assert_int_not_equal(got, NOBODY);
    for (uint32_t i = 0; i < CLIENTS; i++)
        assert_true(lease_renews(w, 1 + i, held[i]));
    witness_run_moving(w, 31 * DOBOS_SECOND); /* offers are forgotten */
    assert_true(lease_renews(w, 52, got));
}

/* [attack:H9] */
static void attack_h9_stores_of_anything_are_read_to_their_end(void **state) {
    struct witness *w = *state;
    static struct lease_journal journal, whole;
    struct random random = random_make(9);
    memset(&journal, 0, sizeof(journal));
    assert_non_null(server_open(w, &journal));
    uint32_t held[4];
    for (uint32_t i = 0; i < 4; i++)
        held[i] = lease_take(w, 1 + i);
    server_close(w);
    whole = journal;
    for (unsigned i = 0; i < 600; i++) {
        journal = whole;
        if (i < 400) { /* one byte is another, or what follows is missing */
            size_t at = (size_t)random_below(&random, whole.length);
            journal.bytes[at] ^= (uint8_t)(1 + random_below(&random, 255));
            if (i % 4 == 0)
                journal.length = at;
        } else { /* noise */
            journal.length = (size_t)random_below(&random, sizeof(journal.bytes) / 2);
            for (size_t at = 0; at < journal.length; at++)
                journal.bytes[at] = (uint8_t)random_next(&random);
        }
        const struct dobos_service *server = server_open(w, &journal);
        struct dobos_lease lease;
        assert_non_null(server);
        /* Nothing is read that was not written. */
        for (uint32_t nth = 0; dobos_dhcp_lease_read(server, nth, &lease) == 0; nth++) {
            uint32_t who = 1;
            while (who <= 4 && dobos_address_ipv4_number(&lease.address) != NET + held[who - 1])
                who++;
            struct dobos_mac mac = mac_of(who);
            assert_true(who <= 4);
            assert_memory_equal(lease.mac.bytes, mac.bytes, 6);
        }
        if (i % 20 == 0) {
            assert_int_not_equal(lease_take(w, 100 + i), NOBODY);
            witness_exchange(w);
        }
        server_close(w);
    }
    journal = whole;
    assert_non_null(server_open(w, &journal));
    for (uint32_t i = 0; i < 4; i++)
        assert_true(lease_renews(w, 1 + i, held[i]));
    server_close(w);
}

/* The state of an address of the pool; 0: free. */
static unsigned state_of(const struct dobos_service *server, uint32_t last) {
    struct dobos_lease lease;
    for (uint32_t i = 0; dobos_dhcp_lease_read(server, i, &lease) == 0; i++)
        if (dobos_address_ipv4_number(&lease.address) == NET + last)
            return lease.state;
    return 0;
}

/* [attack:H10] */
static void attack_h10_what_is_anothers_is_neither_leased_nor_given_back(void **state) {
    struct witness *w = *state;
    struct dobos_service *server = server_open(w, NULL);
    struct dhcp message;
    uint32_t held = lease_take(w, 1);
    for (uint32_t i = 0; i < 3000; i++) {
        static const enum dhcp_type types[] = {DHCP_REQUEST, DHCP_RELEASE, DHCP_DECLINE,
                                               DHCP_INFORM};
        struct said said = {.type = types[i % 4], .who = 2 + i % 50, .to_server = i / 4 % 2};
        if (i / 8 % 2)
            said.requested = held;
        else
            said.ciaddr = held;
        say(w, &said);
        if (said.type == DHCP_REQUEST && heard_answer(w, &message))
            assert_int_not_equal(message.type, DHCP_ACK);
        witness_forget(w);
        assert_int_equal(state_of(server, held), DOBOS_LEASE_BOUND);
        /* In the name of him who has it, but from elsewhere. */
        uint8_t bytes[DHCP_MAX_BYTES];
        said = (struct said){.type = DHCP_RELEASE, .who = 1, .ciaddr = held};
        bytes_say(w, 77, NET + 9, bytes, said_write(&said, bytes));
        assert_int_equal(state_of(server, held), DOBOS_LEASE_BOUND);
        /* And addresses that are none of the pool's. */
        static const uint32_t foreign[] = {1, 2, 65, FIRST - 1, LAST + 1, 255};
        said = (struct said){
            .type = DHCP_REQUEST, .who = 99, .requested = foreign[i % 6], .to_server = i % 2};
        say(w, &said);
        if (heard_answer(w, &message))
            assert_int_equal(message.type, DHCP_NAK);
    }
    assert_true(lease_renews(w, 1, held));
}

/* [attack:H13] */
static void attack_h13_a_crash_at_any_write_gives_no_address_to_two(void **state) {
    struct witness *w = *state;
    static struct lease_journal journal;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct random random = random_make(seed);
        uint32_t holder[256] = {NOBODY}; /* who was acknowledged an address */
        memset(&journal, 0, sizeof(journal));
        assert_non_null(server_open(w, &journal));
        journal.crash_in = (unsigned)(1 + random_below(&random, 24));
        journal.torn = (size_t)random_below(&random, 80);
        for (uint32_t turn = 0; turn < 24; turn++) {
            uint32_t who = 1 + (uint32_t)random_below(&random, CLIENTS), held = NOBODY;
            for (uint32_t last = FIRST; last <= LAST; last++)
                held = holder[last] == who ? last : held;
            if (held == NOBODY)
                held = lease_take(w, who);
            else if (!lease_renews(w, who, held))
                held = NOBODY;
            if (held != NOBODY) {
                assert_true(holder[held] == NOBODY || holder[held] == who);
                holder[held] = who;
            }
            if (journal.is_down || turn % 8 == 7) { /* it dies, and comes back */
                server_close(w);
                lease_journal_reopen(&journal);
                if (turn % 3 == 0) /* to die again */
                    journal.crash_in = (unsigned)(2 + random_below(&random, 6));
                while (!server_open(w, &journal))
                    lease_journal_reopen(&journal);
            }
        }
        server_close(w);
    }
}

/* [attack:H14] */
static void attack_h14_forged_relays_are_not_answered(void **state) {
    static const uint32_t relays[] = {VICTIM_ADDRESS, FRIEND_ADDRESS,       ATTACKER_ADDRESS,
                                      FAR_ADDRESS,    UINT32_C(0xffffffff), UINT32_C(0x7f000001),
                                      BEYOND_ROUTER,  UINT32_C(0xe0000001)};
    struct witness *w = *state;
    struct dobos_service *server = server_open(w, NULL);
    uint32_t held = lease_take(w, 1);
    witness_forget(w);
    for (unsigned i = 0; i < 8 * 8 * 16; i++) {
        struct said said = {.type = (enum dhcp_type)(DHCP_DISCOVER + i / 8 % 8),
                            .who = 2,
                            .giaddr = relays[i % 8],
                            .hops = (uint8_t)(i / 64 * 17),
                            .requested = held,
                            .to_server = i % 2};
        say(w, &said);
        /* And as one who claims to be a server, to the server's port. */
        say(w, &(struct said){.type = DHCP_OFFER, .who = 3, .requested = FIRST});
    }
    witness_run(w, 2 * DOBOS_SECOND);
    assert_int_equal(heard_datagrams(w), 0);
    assert_int_equal(state_of(server, held), DOBOS_LEASE_BOUND);
    assert_int_not_equal(lease_take(w, 4), NOBODY);
}

int main(void) {
#define ATTACK(test) cmocka_unit_test_setup_teardown(test, attack_setup, attack_teardown)
    const struct CMUnitTest tests[] = {
        ATTACK(attack_h4_options_spread_over_other_fields_end_somewhere),
        ATTACK(attack_h5_a_flood_of_clients_takes_no_address_from_those_that_have_one),
        ATTACK(attack_h9_stores_of_anything_are_read_to_their_end),
        ATTACK(attack_h10_what_is_anothers_is_neither_leased_nor_given_back),
        ATTACK(attack_h13_a_crash_at_any_write_gives_no_address_to_two),
        ATTACK(attack_h14_forged_relays_are_not_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
