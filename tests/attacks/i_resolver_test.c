/* Attacks on a resolver that asks from the root down (rows I of attacks.tsv), in virtual time: what
 * one question of a client makes it send, and what it lets in. The table that the last test prints
 * is the one in docs/dns-attacks.md. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"

#include "../services/dns_world.h"

#define QUERIES_MOST DNS_WAIT_QUERIES

static struct world world;

/* ---- servers that lie ---- */

static struct dns_writer word_begin(const struct dns_inquiry *inquiry, uint8_t *bytes, size_t room,
                                    struct dns_header *header) {
    struct dns_writer w = dns_writer_make(bytes, room);
    header->id = inquiry->id;
    header->response = true;
    header->questions = 1;
    dns_header_emit(&w, header);
    dns_question_emit(&w, &inquiry->question);
    return w;
}

static size_t word_end(struct dns_writer *w, const struct dns_header *header) {
    assert_false(w->writer.failed);
    dns_header_patch(w, header);
    return w->writer.position;
}

/* A record whose data are one name. */
static void name_record(struct dns_writer *w, const char *owner, uint16_t type,
                        const char *target) {
    struct dns_name name, to;
    assert_true(dns_name_from_text(owner, &name) && dns_name_from_text(target, &to));
    size_t mark = dns_record_begin(w, &name, type, DNS_IN, 3600);
    writer_bytes(&w->writer, to.bytes, to.length);
    dns_record_end(w, mark);
}

static void address_record(struct dns_writer *w, const char *owner, uint32_t address) {
    struct dns_name name;
    assert_true(dns_name_from_text(owner, &name));
    size_t mark = dns_record_begin(w, &name, DNS_A, DNS_IN, 3600);
    writer_be32(&w->writer, address);
    dns_record_end(w, mark);
}

static void asked_name(const struct dns_inquiry *inquiry, char name[DNS_NAME_TEXT]) {
    dns_name_format(&inquiry->question.name, name);
}

/* 1,500 servers without addresses, all in the victim's zone. */
static size_t says_a_thousand_servers(const struct dns_inquiry *inquiry, bool tcp, uint8_t *bytes) {
    struct dns_header header = {.truncated = !tcp};
    struct dns_writer w = word_begin(inquiry, bytes, 65535, &header);
    char owner[DNS_NAME_TEXT], target[64];
    asked_name(inquiry, owner);
    for (unsigned i = 0; i < (tcp ? 1500u : 20u); i++) {
        (void)snprintf(target, sizeof(target), "ns%u.victim.net", i);
        name_record(&w, owner, DNS_NS, target);
        header.authorities++;
    }
    return word_end(&w, &header);
}

/* Each name is a zone of its own. */
static size_t says_go_deeper(const struct dns_inquiry *inquiry, bool tcp, uint8_t *bytes) {
    (void)tcp;
    struct dns_header header = {.authorities = 1, .additionals = 1};
    struct dns_writer w = word_begin(inquiry, bytes, 4096, &header);
    char owner[DNS_NAME_TEXT], server[DNS_NAME_TEXT + 3];
    asked_name(inquiry, owner);
    (void)snprintf(server, sizeof(server), "n.%s", owner);
    name_record(&w, owner, DNS_NS, server);
    address_record(&w, server, 0xc0000206);
    return word_end(&w, &header);
}

/* Each name is another's: cN.evil.org is c(N + 1).evil.org. */
static size_t says_next_alias(const struct dns_inquiry *inquiry, bool tcp, uint8_t *bytes) {
    (void)tcp;
    struct dns_header header = {.answers = 1, .authoritative = true};
    struct dns_writer w = word_begin(inquiry, bytes, 4096, &header);
    char owner[DNS_NAME_TEXT], target[64];
    asked_name(inquiry, owner);
    (void)snprintf(target, sizeof(target), "c%lu.evil.org", strtoul(owner + 1, NULL, 10) + 1);
    name_record(&w, owner, DNS_CNAME, target);
    return word_end(&w, &header);
}

/* loop.evil.org is a.loop.evil.org with all that is below. */
static size_t says_growing_dname(const struct dns_inquiry *inquiry, bool tcp, uint8_t *bytes) {
    (void)tcp;
    struct dns_header header = {.answers = 1, .authoritative = true};
    struct dns_writer w = word_begin(inquiry, bytes, 4096, &header);
    name_record(&w, "evil.org", DNS_DNAME, "a.evil.org");
    return word_end(&w, &header);
}

/* Refuses, fails, refers upward or to itself, in turn. */
static size_t says_nothing_useful(const struct dns_inquiry *inquiry, bool tcp, uint8_t *bytes) {
    static unsigned turn;
    static const uint8_t rcodes[] = {DNS_REFUSED, DNS_SERVFAIL, 0, 0};
    (void)tcp;
    struct dns_header header = {.rcode = rcodes[turn % 4]};
    struct dns_writer w = word_begin(inquiry, bytes, 4096, &header);
    if (turn % 4 >= 2) {
        name_record(&w, turn % 4 == 2 ? "." : "evil.org", DNS_NS, "a.root.test");
        header.authorities = 1;
    }
    turn++;
    return word_end(&w, &header);
}

/* ---- the world ---- */

static const char root_lines[] = ". NS a.root.test\na.root.test A 198.51.100.1\n"
                                 "org NS ns.org\nns.org A 192.0.2.1\n"
                                 "net NS ns.net\nns.net A 192.0.2.2\n";
static const char org_lines[] = "org NS ns.org\nns.org A 192.0.2.1\n"
                                "evil.org NS ns.evil.org\nns.evil.org A 192.0.2.6\n"
                                "ring.org NS ns.ring.net\n"
                                "good.org NS ns.good.org\nns.good.org A 192.0.2.7\n"
                                "dead.org NS ns1.dead.org\nns1.dead.org A 192.0.2.101\n"
                                "dead.org NS ns2.dead.org\nns2.dead.org A 192.0.2.102\n"
                                "dead.org NS ns3.dead.org\nns3.dead.org A 192.0.2.103\n"
                                "dead.org NS ns4.dead.org\nns4.dead.org A 192.0.2.104\n"
                                "dead.org NS ns5.dead.org\nns5.dead.org A 192.0.2.105\n"
                                "dead.org NS ns6.dead.org\nns6.dead.org A 192.0.2.106\n";
static const char net_lines[] = "net NS ns.net\nns.net A 192.0.2.2\n"
                                "ring.net NS ns.ring.org\n"
                                "victim.net NS ns.victim.net\nns.victim.net A 192.0.2.8\n";

static void world_make(world_liar *evil) {
    world_begin(&world);
    world_serve(&world, "198.51.100.1", ".", root_lines);
    world_serve(&world, "198.51.100.2", ".", root_lines);
    world_serve(&world, "192.0.2.1", "org", org_lines);
    world_serve(&world, "192.0.2.2", "net", net_lines);
    world_serve(&world, "192.0.2.7", "good.org",
                "good.org NS ns.good.org\nns.good.org A 192.0.2.7\nwww.good.org A 203.0.113.1\n");
    world_serve(&world, "192.0.2.8", "victim.net",
                "victim.net NS ns.victim.net\nns.victim.net A 192.0.2.8\n");
    world_place(&world, "192.0.2.6")->liar = evil;
}

/* What one question costs. */
struct cost {
    unsigned first, later;  /* queries sent for the first one, and for the next of the zone */
    unsigned victim;        /* of them to somebody who has nothing to do with it */
    long long milliseconds; /* until the first client's answer */
    char answer[24];        /* what the first client hears */
};

static struct cost cost_of(world_liar *evil, const char *name, const char *next) {
    struct cost cost = {0};
    world_make(evil);
    struct world_place *victim = world_place(&world, "192.0.2.8");
    dobos_time begin = world.relay.now;
    const char *heard = world_ask(&world, 1, name, "A");
    (void)snprintf(cost.answer, sizeof(cost.answer), "%.*s", (int)strcspn(heard, " "), heard);
    cost.milliseconds = (world.relay.now - begin) / DOBOS_MILLISECOND;
    cost.first = world.relay.sent_count;
    cost.victim = victim->asked;
    (void)world_ask(&world, 2, next, "A");
    cost.later = world.relay.sent_count - cost.first;
    /* Nobody else is the worse for it. */
    assert_string_equal(world_ask(&world, 3, "www.good.org", "A"),
                        "NOERROR ra\nanswer www.good.org 3600 A 203.0.113.1\n");
    world_end(&world);
    return cost;
}

static char *deep_name(void) {
    static char name[DNS_NAME_TEXT];
    name[0] = 0;
    for (unsigned i = 0; i < 110; i++)
        strcat(name, "x.");
    strcat(name, "evil.org");
    return name;
}

/* ---- rows ---- */

/* [attack:I13] */
static void attack_i13_referral_to_a_thousand_servers_costs_few(void **state) {
    (void)state;
    struct cost cost = cost_of(says_a_thousand_servers, "www.evil.org", "www2.evil.org");
    assert_string_equal(cost.answer, "SERVFAIL");
    assert_in_range(cost.first, 1, QUERIES_MOST);
    assert_in_range(cost.victim, 1, 2 * DNS_FETCH_NAMES);
}

/* [attack:I14]: after the first one the ring is known. */
static void attack_i14_zones_that_depend_on_each_other(void **state) {
    (void)state;
    struct cost cost = cost_of(NULL, "www.ring.org", "www2.ring.org");
    assert_string_equal(cost.answer, "SERVFAIL");
    assert_in_range(cost.first, 1, 12);
    assert_in_range(cost.later, 0, 1);
    assert_in_range(cost.milliseconds, 0, 1000);
}

/* [attack:I15] */
static void attack_i15_delegations_and_aliases_end(void **state) {
    (void)state;
    static const struct {
        world_liar *liar;
        const char *name;
    } rows[] = {{says_go_deeper, NULL},
                {says_next_alias, "c1.evil.org"},
                {says_growing_dname, "x.evil.org"}};
    for (size_t i = 0; i < array_length(rows); i++) {
        struct cost cost =
            cost_of(rows[i].liar, rows[i].name ? rows[i].name : deep_name(), "c500.evil.org");
        assert_in_range(cost.first, 1, QUERIES_MOST);
        assert_in_range(cost.later, 0, QUERIES_MOST);
    }
}

/* [attack:I16]: servers that do not answer: in bounded time; once they are known to be down,
 * nobody asks them for each further name. */
static void attack_i16_dead_servers_are_left_alone(void **state) {
    (void)state;
    struct cost cost = cost_of(NULL, "www.dead.org", "www2.dead.org");
    assert_string_equal(cost.answer, "SERVFAIL");
    assert_in_range(cost.first, 1, QUERIES_MOST);
    assert_in_range(cost.milliseconds, 1, DNS_WAIT / DOBOS_MILLISECOND);
    world_make(NULL);
    for (unsigned i = 0; i < 200; i++) {
        char name[40];
        (void)snprintf(name, sizeof(name), "r%u.dead.org", i);
        assert_memory_equal(world_ask(&world, 1 + i, name, "A"), "SERVFAIL", 8);
    }
    /* As with random names of a zone that answers. */
    if (world.relay.sent_count > 200)
        fail_msg("%u queries for 200 names of a dead zone", world.relay.sent_count);
    world_end(&world);
}

/* [attack:I23]: random names of a zone that answers cost one question each. */
static void attack_i23_random_names_cost_one_query_each(void **state) {
    (void)state;
    world_make(NULL);
    (void)world_ask(&world, 1, "www.good.org", "A");
    unsigned before = world.relay.sent_count;
    for (unsigned i = 0; i < 200; i++) {
        char name[40];
        (void)snprintf(name, sizeof(name), "r%u.good.org", i);
        assert_memory_equal(world_ask(&world, 2, name, "A"), "NXDOMAIN", 8);
    }
    assert_int_equal(world.relay.sent_count - before, 200);
    world_end(&world);
}

/* [attack:I4]: 100,000 answers from somebody who knows socket, server and name, but neither id nor
 * letters, while the true one is under way. By id alone one and a half of them would fit. */
static void attack_i4_forged_answers_do_not_enter(void **state) {
    (void)state;
    struct random luck = random_make(4);
    struct relay *relay = &world.relay;
    unsigned taken = 0;
    world_make(NULL);
    (void)world_ask(&world, 1, "www.good.org", "A");
    relay_ask(relay, 2, "mail.good.org", "A");
    unsigned n = (relay->sent_count - 1) % RELAY_SENT;
    for (unsigned i = 0; i < 100000; i++) {
        struct dns_inquiry guess = relay->inquiries[n];
        uint8_t bytes[512];
        guess.id = (uint16_t)random_next(&luck);
        for (unsigned at = 0; at < guess.question.name.length; at++) {
            uint8_t *c = &guess.question.name.bytes[at];
            if ((*c | 0x20) >= 'a' && (*c | 0x20) <= 'z')
                *c = (uint8_t)((*c & 0xdfu) | (random_next(&luck) & 0x20));
        }
        struct dns_header header = {.answers = 1, .authoritative = true};
        struct dns_writer w = word_begin(&guess, bytes, sizeof(bytes), &header);
        address_record(&w, "mail.good.org", 0xcb007142);
        size_t length = word_end(&w, &header);
        taken += dns_engine_on_message(&relay->engine, relay->sent[n], bytes, length, relay->now);
    }
    assert_int_equal(taken, 0);
    world_hear(&world);
    assert_memory_equal(relay_heard(relay), "NXDOMAIN", 8);
    world_end(&world);
}

/* [attack:I5]: however many ask, and for however many names of a zone, each question is on its way
 * once; so no two answers fit one forgery. */
static void attack_i5_same_question_is_on_its_way_once(void **state) {
    (void)state;
    struct relay *relay = &world.relay;
    world_make(NULL);
    for (unsigned i = 0; i < 200; i++) {
        char name[40];
        (void)snprintf(name, sizeof(name), "r%u.good.org", i / 2);
        relay_ask(relay, 100 + i, name, "A");
    }
    assert_int_equal(relay->sent_count, 1); /* for the root's servers */
    while (world.answered < relay->sent_count) {
        for (unsigned i = world.answered; i < relay->sent_count; i++) {
            for (unsigned k = i + 1; k < relay->sent_count; k++)
                assert_false(dns_name_is_equal(&relay->inquiries[i].question.name,
                                               &relay->inquiries[k].question.name));
        }
        unsigned n = world.answered++;
        uint8_t bytes[4096];
        for (unsigned i = 0; i < world.count; i++) {
            struct world_place *place = &world.places[i];
            if (memcmp(&place->address, &relay->sent_to[n], sizeof(place->address)) != 0)
                continue;
            size_t length = world_answer(&world, place, &relay->inquiries[n], false, bytes);
            (void)dns_engine_on_message(&relay->engine, relay->sent[n], bytes, length, relay->now);
            relay_settle(relay);
        }
    }
    assert_int_equal(relay->heard_count, 200);
    assert_int_equal(relay->sent_count, 3 + 100);
    world_end(&world);
}

/* ---- one answer at a time ---- */

/* What mail.good.org's server says beside, or instead of, what it was asked. */
static struct reply_text word;
static size_t says_word(const struct dns_inquiry *inquiry, bool tcp, uint8_t *bytes) {
    char name[DNS_NAME_TEXT];
    struct reply_text text = word;
    (void)tcp;
    asked_name(inquiry, name);
    text.header.id = inquiry->id;
    text.header.response = true;
    text.name = name;
    text.type = inquiry->question.type;
    return reply_emit(&text, bytes, 4096);
}

/* Nothing of what a server of evil.org says about others is believed: neither beside an answer, nor
 * at the end of an alias, nor as a referral to the side or upward. [attack:I10] */
static void attack_i10_records_from_outside_the_zone(void **state) {
    (void)state;
    static const struct reply_text words[] = {
        {.header = {.authoritative = true},
         .records = {{REPLY_ANSWER, "www.evil.org", "A", "203.0.113.66", 3600},
                     {REPLY_ANSWER, "www.good.org", "A", "203.0.113.66", 3600},
                     {REPLY_AUTHORITY, "good.org", "NS", "ns.evil.org", 3600},
                     {REPLY_AUTHORITY, "org", "NS", "ns.evil.org", 3600},
                     {REPLY_AUTHORITY, ".", "NS", "ns.evil.org", 3600},
                     {REPLY_ADDITIONAL, "ns.good.org", "A", "192.0.2.6", 3600},
                     {REPLY_ADDITIONAL, "a.root.test", "A", "192.0.2.6", 3600}}},
        {.records = {{REPLY_AUTHORITY, "good.org", "NS", "ns.evil.org", 3600},
                     {REPLY_ADDITIONAL, "ns.evil.org", "A", "192.0.2.6", 3600}}},
        {.records = {{REPLY_AUTHORITY, ".", "NS", "ns.evil.org", 3600},
                     {REPLY_ADDITIONAL, "ns.evil.org", "A", "192.0.2.6", 3600}}},
        {.records = {{REPLY_AUTHORITY, "www.evil.org", "NS", "ns.good.org", 3600},
                     {REPLY_ADDITIONAL, "ns.good.org", "A", "192.0.2.6", 3600}}},
        {.header = {.rcode = DNS_NXDOMAIN, .authoritative = true},
         .records = {{REPLY_AUTHORITY, "org", "SOA", "a.org b.org 1 2 3 4 3600", 3600}}},
    };
    for (size_t i = 0; i < array_length(words); i++) {
        word = words[i];
        world_make(says_word);
        (void)world_ask(&world, 1, "www.evil.org", "A");
        struct world_place *evil = world_place(&world, "192.0.2.6");
        unsigned asked = evil->asked;
        assert_string_equal(world_ask(&world, 2, "www.good.org", "A"),
                            "NOERROR ra\nanswer www.good.org 3600 A 203.0.113.1\n");
        assert_memory_equal(world_ask(&world, 2, "mail.good.org", "A"), "NXDOMAIN", 8);
        assert_non_null(strstr(world_ask(&world, 2, "ns.good.org", "A"), " A 192.0.2.7\n"));
        assert_int_equal(evil->asked, asked);
        world_end(&world);
    }
}

/* The end of an alias in another zone is that zone's to tell. [attack:I11] */
static void attack_i11_alias_into_another_zone(void **state) {
    (void)state;
    static const struct reply_text words[] = {
        {.header = {.authoritative = true},
         .records = {{REPLY_ANSWER, "www.evil.org", "CNAME", "www.good.org", 3600},
                     {REPLY_ANSWER, "www.good.org", "A", "203.0.113.66", 3600}}},
        {.header = {.authoritative = true, .rcode = DNS_NXDOMAIN},
         .records = {{REPLY_ANSWER, "www.evil.org", "CNAME", "www.good.org", 3600},
                     {REPLY_AUTHORITY, "org", "SOA", "a.org b.org 1 2 3 4 3600", 3600}}},
        {.header = {.authoritative = true},
         .records = {{REPLY_ANSWER, "evil.org", "DNAME", "good.org", 3600},
                     {REPLY_ANSWER, "www.evil.org", "CNAME", "www.good.org", 3600},
                     {REPLY_ANSWER, "*.good.org", "A", "203.0.113.66", 3600},
                     {REPLY_ANSWER, "www.good.org", "A", "203.0.113.66", 3600}}},
    };
    for (size_t i = 0; i < array_length(words); i++) {
        word = words[i];
        world_make(says_word);
        const char *heard = world_ask(&world, 1, "www.evil.org", "A");
        if (!strstr(heard, "answer www.good.org 3600 A 203.0.113.1\n") || strstr(heard, "66"))
            fail_msg("row %zu: %s", i, heard);
        world_end(&world);
    }
    /* A CNAME that does not follow from the DNAME beside it. */
    word = (struct reply_text){.header = {.authoritative = true},
                               .records = {{REPLY_ANSWER, "evil.org", "DNAME", "good.org", 3600},
                                           {REPLY_ANSWER, "www.evil.org", "CNAME", "x.org", 3600}}};
    world_make(says_word);
    assert_memory_equal(world_ask(&world, 1, "www.evil.org", "A"), "SERVFAIL", 8);
    world_end(&world);
}

/* A zone whose parent took it back is gone when the parent's time is up, however often its servers
 * say that they are its servers, and whoever asks them. [attack:I12] */
static void attack_i12_removed_zone_goes(void **state) {
    (void)state;
    word = (struct reply_text){
        .header = {.authoritative = true},
        .records = {{REPLY_ANSWER, "www.evil.org", "A", "203.0.113.66", 60},
                    {REPLY_AUTHORITY, "evil.org", "NS", "ns.evil.org", 86400},
                    {REPLY_ADDITIONAL, "ns.evil.org", "A", "192.0.2.6", 86400}}};
    world_make(says_word);
    assert_memory_equal(world_ask(&world, 1, "www.evil.org", "A"), "NOERROR", 7);
    zone_destroy(&world.relay.fixture.allocator, world_place(&world, "192.0.2.1")->zones);
    world_place(&world, "192.0.2.1")->zones = NULL;
    world_serve(&world, "192.0.2.1", "org", "org NS ns.org\nns.org A 192.0.2.1\n");
    dobos_time gone = world.relay.now + 3601 * DOBOS_SECOND;
    while (world.relay.now < gone) {
        relay_run(&world.relay, 300 * DOBOS_SECOND);
        world_hear(&world);
        (void)world_ask(&world, 1, "evil.org", "NS");
        (void)world_ask(&world, 1, "ns.evil.org", "A");
        (void)world_ask(&world, 1, "www.evil.org", "A");
    }
    assert_memory_equal(world_ask(&world, 1, "www.evil.org", "A"), "NXDOMAIN", 8);
    world_end(&world);
}

/* Many clients ask for what takes long: who asks for something else finds it at once all the same.
 * [attack:I20] */
static void attack_i20_slow_questions_of_many_clients(void **state) {
    (void)state;
    struct relay *relay = &world.relay;
    char name[40];
    world_make(NULL);
    (void)world_ask(&world, 1, "ns.good.org", "A");
    (void)world_ask(&world, 1, "x.victim.net", "A");
    world_place(&world, "192.0.2.8")->is_dead = true;
    for (unsigned i = 0; i < 3 * (DNS_FETCHES + DNS_FETCHES_BELOW); i++) {
        (void)snprintf(name, sizeof(name), "r%u.victim.net", i);
        relay_ask(relay, 100 + i / 8, name, "A");
        world_hear(&world);
    }
    assert_in_range(relay->engine.resolver.counts[0], 1, DNS_FETCHES);
    relay_run(relay, 3 * DOBOS_SECOND);
    world_hear(&world);
    dobos_time begin = relay->now;
    assert_string_equal(world_ask(&world, 3, "www.good.org", "A"),
                        "NOERROR ra\nanswer www.good.org 3600 A 203.0.113.1\n");
    assert_in_range(relay->now - begin, 0, DOBOS_SECOND);
    world_end(&world);
}

/* Whoever seems to ask ten thousand times for what takes long has few answers at once when it
 * comes. [attack:I21] */
static void attack_i21_answers_are_not_held_to_be_sent_at_once(void **state) {
    (void)state;
    struct relay *relay = &world.relay;
    world_make(NULL);
    (void)world_ask(&world, 1, "www.good.org", "A");
    struct dns_query query = dns_query_make("mail.good.org", "A");
    unsigned heard = relay->heard_count;
    for (unsigned i = 0; i < 10000; i++) {
        store_be16(query.bytes, (uint16_t)i);
        relay_ask_query(relay, 77, &query);
    }
    /* Those who found no place were told so as they came, one for one. */
    unsigned at_once = relay->heard_count - heard;
    assert_int_equal(at_once, 10000 - DNS_WAITERS_SAME);
    relay_run(relay, 500 * DOBOS_MILLISECOND);
    heard = relay->heard_count;
    world_hear(&world);
    assert_int_equal(relay->heard_count - heard, DNS_WAITERS_SAME);
    world_end(&world);
}

/* A name outside has no address inside, where it is said which names may. [attack:I25] */
static void attack_i25_public_name_with_a_private_address(void **state) {
    (void)state;
    static const struct {
        const char *type, *data;
        bool is_private;
    } rows[] = {
        {"A", "192.168.0.1", true},     {"A", "10.1.2.3", true},
        {"A", "127.0.0.1", true},       {"A", "169.254.1.1", true},
        {"A", "172.31.255.1", true},    {"A", "0.0.0.0", true},
        {"A", "172.32.0.1", false},     {"A", "203.0.113.9", false},
        {"AAAA", "::1", true},          {"AAAA", "fd00::1", true},
        {"AAAA", "fe80::1", true},      {"AAAA", "::ffff:10.0.0.1", true},
        {"AAAA", "2001:db8::1", false},
    };
    for (size_t i = 0; i < 3 * array_length(rows); i++) {
        struct dns_name home;
        unsigned way = (unsigned)(i % 3); /* not on; on; on, but this name may */
        bool is_refused = rows[i / 3].is_private && way == 1;
        word = (struct reply_text){
            .header = {.authoritative = true},
            .records = {{REPLY_ANSWER, "www.evil.org", rows[i / 3].type, rows[i / 3].data, 0}}};
        world_make(says_word);
        assert_true(dns_name_from_text(way == 2 ? "evil.org" : "home.arpa", &home));
        struct dns_private *private_ = &world.relay.engine.resolver.private_;
        assert_int_equal(
            dns_private_init(private_, &world.relay.fixture.allocator, way == 0 ? NULL : &home, 1),
            0);
        const char *heard = world_ask(&world, 1, "www.evil.org", rows[i / 3].type);
        if ((strncmp(heard, "SERVFAIL", 8) == 0) != is_refused)
            fail_msg("%s, way %u: %s", rows[i / 3].data, way, heard);
        world_end(&world);
    }
}

/* Nor has it one that was told on the way to another name. [attack:I25] */
static void attack_i25_private_address_on_the_way_to_another_name(void **state) {
    (void)state;
    struct dns_name home;
    word =
        (struct reply_text){.header = {.authoritative = true},
                            .records = {{REPLY_ANSWER, "www.evil.org", "A", "192.168.0.1", 3600}}};
    world_make(says_word);
    assert_true(dns_name_from_text("home.arpa", &home));
    assert_int_equal(dns_private_init(&world.relay.engine.resolver.private_,
                                      &world.relay.fixture.allocator, &home, 1),
                     0);
    (void)world_ask(&world, 1, "below.www.evil.org", "A");
    assert_memory_equal(world_ask(&world, 1, "www.evil.org", "A"), "SERVFAIL", 8);
    world_end(&world);
}

/* ---- the table ---- */

/* [rfc1034#41] */
static void table_of_queries_sent_is_bounded(void **state) {
    (void)state;
    const struct {
        const char *what;
        world_liar *liar;
        const char *name, *next;
    } rows[] = {
        {"a referral to 1,500 servers (NXNSAttack)", says_a_thousand_servers, "www.evil.org",
         "www2.evil.org"},
        {"zones that depend on each other (TsuNAME)", NULL, "www.ring.org", "www2.ring.org"},
        {"delegations without end", says_go_deeper, deep_name(), "y.evil.org"},
        {"aliases without end", says_next_alias, "c1.evil.org", "c500.evil.org"},
        {"a DNAME that grows", says_growing_dname, "x.evil.org", "y.evil.org"},
        {"six dead servers", NULL, "www.dead.org", "www2.dead.org"},
        {"a lame server", says_nothing_useful, "www.evil.org", "www2.evil.org"},
    };
    printf("# | attack | queries | next | of them to others | ms | answer "
           "|\n# |---|---|---|---|---|---|\n");
    for (size_t i = 0; i < array_length(rows); i++) {
        struct cost cost = cost_of(rows[i].liar, rows[i].name, rows[i].next);
        printf("# | %s | %u | %u | %u | %lld | %s |\n", rows[i].what, cost.first, cost.later,
               cost.victim, cost.milliseconds, cost.answer);
        assert_in_range(cost.first, 1, QUERIES_MOST);
        assert_in_range(cost.later, 0, QUERIES_MOST);
        assert_in_range(cost.milliseconds, 0, DNS_WAIT / DOBOS_MILLISECOND + 100);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attack_i13_referral_to_a_thousand_servers_costs_few),
        cmocka_unit_test(attack_i14_zones_that_depend_on_each_other),
        cmocka_unit_test(attack_i15_delegations_and_aliases_end),
        cmocka_unit_test(attack_i16_dead_servers_are_left_alone),
        cmocka_unit_test(attack_i23_random_names_cost_one_query_each),
        cmocka_unit_test(attack_i4_forged_answers_do_not_enter),
        cmocka_unit_test(attack_i5_same_question_is_on_its_way_once),
        cmocka_unit_test(attack_i10_records_from_outside_the_zone),
        cmocka_unit_test(attack_i11_alias_into_another_zone),
        cmocka_unit_test(attack_i12_removed_zone_goes),
        cmocka_unit_test(attack_i20_slow_questions_of_many_clients),
        cmocka_unit_test(attack_i21_answers_are_not_held_to_be_sent_at_once),
        cmocka_unit_test(attack_i25_public_name_with_a_private_address),
        cmocka_unit_test(attack_i25_private_address_on_the_way_to_another_name),
        cmocka_unit_test(table_of_queries_sent_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
