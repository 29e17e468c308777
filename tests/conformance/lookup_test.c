/*
 * The stub resolver as its name servers see it (RFC 1034 §5.3.1, RFC 1035 §7, RFC 1123 §6.1.3, RFC
 * 5452, RFC 6761): what it asks, whom, how often, and which answers it believes.
 */
#include "station.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <dobos/dns.h>
#include <dobos/services.h>

#include "wire/dns.h"

#define SERVER  PEER_ADDRESS
#define SERVER2 UINT32_C(0xc000020a)

/* A question that the host has sent. */
struct asked {
    struct seen seen;
    struct dns_header header;
    struct dns_question question;
};

/* What a name server says to it. */
struct said {
    uint32_t address; /* the answer's A record; 0: none */
    uint8_t rcode;
    bool truncated;
    uint16_t id_more;   /* added to the identifier */
    uint16_t port_more; /* added to the server's port */
    uint32_t from;      /* the server's address; 0: the one asked */
    const char *name;   /* in the question; NULL: the one asked */
    uint16_t type;      /* in the question; 0: the one asked */
    bool upper;         /* the question comes back in capitals */
};

static void server_add(struct station *s, uint32_t address) {
    struct dobos_nameserver server = {.address = dobos_address_ipv4(address),
                                      .origin = DOBOS_ORIGIN_STATIC};
    assert_int_equal(dobos_nameserver_add(s->host, &server), 0);
}

static struct dobos_lookup *begin(struct station *s, const char *name) {
    struct dobos_lookup *lookup = NULL;
    dobos_time again;
    assert_int_equal(dobos_getaddrinfo(s->host, name, NULL, s->now, &lookup), 0);
    (void)dobos_lookup_step(lookup, s->now, &again);
    return lookup;
}

static enum dobos_lookup_status step(struct station *s, struct dobos_lookup *lookup) {
    dobos_time again;
    return dobos_lookup_step(lookup, s->now, &again);
}

static bool next_question(struct station *s, struct asked *asked) {
    if (!station_next(s, &asked->seen))
        return false;
    assert_int_equal(asked->seen.ip.protocol, PROTOCOL_UDP);
    assert_int_equal(asked->seen.udp.destination_port, 53);
    struct reader r = reader_make(asked->seen.data.bytes, asked->seen.data.length);
    assert_true(dns_header_parse(&r, &asked->header));
    assert_true(dns_question_parse(&r, &asked->question));
    assert_int_equal(reader_rest(&r), 0);
    return true;
}

static size_t answer_make(const struct asked *asked, const struct said *said, uint8_t *bytes,
                          size_t room) {
    struct dns_writer w = dns_writer_make(bytes, room);
    struct dns_question question = asked->question;
    struct dns_header header = {
        .id = (uint16_t)(asked->header.id + said->id_more),
        .response = true,
        .recursion_desired = true,
        .recursion_available = true,
        .truncated = said->truncated,
        .rcode = said->rcode,
        .questions = 1,
        .answers = said->address != 0,
    };
    if (said->name != NULL)
        assert_true(dns_name_from_text(said->name, &question.name));
    if (said->type != 0)
        question.type = said->type;
    for (unsigned i = 0; said->upper && i < question.name.length; i++)
        if (question.name.bytes[i] >= 'a' && question.name.bytes[i] <= 'z')
            question.name.bytes[i] = (uint8_t)(question.name.bytes[i] - 32);
    dns_header_emit(&w, &header);
    dns_question_emit(&w, &question);
    if (said->address != 0) {
        size_t mark = dns_record_begin(&w, &question.name, DNS_A, DNS_IN, 60);
        writer_be32(&w.writer, said->address);
        dns_record_end(&w, mark);
    }
    assert_false(w.writer.failed);
    return w.writer.position;
}

static void answer(struct station *s, const struct asked *asked, const struct said *said) {
    uint8_t bytes[512];
    size_t length = answer_make(asked, said, bytes, sizeof(bytes));
    uint32_t from = said->from != 0 ? said->from : number_of(&asked->seen.ip.destination);
    station_udp(s, from, (uint16_t)(53 + said->port_more), number_of(&asked->seen.ip.source),
                asked->seen.udp.source_port, bytes, length);
}

/* [rfc1034#10] [rfc1123#1] [rfc1123#4] [rfc1035#22] [rfc1123#13] [rfc1123#18] */
static void question_is_one_recursive_query_by_udp(void **state) {
    struct station *s = *state;
    struct asked asked;
    server_add(s, SERVER);
    struct dobos_lookup *lookup = begin(s, "www.example.org");
    assert_true(next_question(s, &asked));
    assert_int_equal(number_of(&asked.seen.ip.destination), SERVER);
    /* QR, opcode, AA, TC, RD; RA, Z, rcode; the four counts. */
    assert_int_equal(load_be16(asked.seen.data.bytes + 2), 0x0100);
    assert_int_equal(load_be16(asked.seen.data.bytes + 4), 1);
    assert_int_equal(load_be32(asked.seen.data.bytes + 6), 0);
    assert_int_equal(asked.question.type, DNS_A);
    assert_int_equal(asked.question.class_, DNS_IN);
    assert_false(next_question(s, &asked));
    dobos_lookup_destroy(lookup);
}

/* [rfc1034#10] */
static void answers_of_each_kind_are_told_apart(void **state) {
    struct station *s = *state;
    static const struct said said[] = {
        {.address = FAR_ADDRESS}, {.rcode = DNS_NXDOMAIN}, {.rcode = DNS_NOERROR}};
    static const enum dobos_lookup_status expected[] = {DOBOS_LOOKUP_FOUND, DOBOS_LOOKUP_NO_NAME,
                                                        DOBOS_LOOKUP_NO_DATA};
    server_add(s, SERVER);
    for (size_t i = 0; i < array_length(said); i++) {
        struct asked asked;
        struct dobos_lookup *lookup = begin(s, "www.example.org");
        assert_true(next_question(s, &asked));
        answer(s, &asked, &said[i]);
        assert_int_equal(step(s, lookup), expected[i]);
        if (i == 0) {
            assert_int_equal(dobos_lookup_read(lookup)->count, 1);
            assert_int_equal(number_of(&dobos_lookup_read(lookup)->addresses[0]), FAR_ADDRESS);
        }
        dobos_lookup_destroy(lookup);
    }
    /* Every server fails every time. */
    struct asked asked;
    struct dobos_lookup *lookup = begin(s, "www.example.org");
    unsigned questions = 0;
    while (step(s, lookup) == DOBOS_LOOKUP_PENDING && questions < 100) {
        while (next_question(s, &asked)) {
            questions++;
            answer(s, &asked, &(struct said){.rcode = DNS_SERVFAIL});
        }
        station_run(s, DOBOS_SECOND);
    }
    assert_int_equal(step(s, lookup), DOBOS_LOOKUP_FAILED);
    dobos_lookup_destroy(lookup);
}

/* [rfc1035#11] [attack:I6] */
static void answer_to_another_question_or_from_elsewhere_is_not_believed(void **state) {
    struct station *s = *state;
    static const struct said wrong[] = {
        {.address = 1, .id_more = 1},          {.address = 1, .id_more = 0x8000},
        {.address = 1, .port_more = 1},        {.address = 1, .from = SERVER2},
        {.address = 1, .name = "example.org"}, {.address = 1, .name = "www.example.com"},
        {.address = 1, .type = DNS_TXT},       {.rcode = DNS_NXDOMAIN, .id_more = 1},
    };
    struct asked asked;
    server_add(s, SERVER);
    struct dobos_lookup *lookup = begin(s, "www.example.org");
    assert_true(next_question(s, &asked));
    for (size_t i = 0; i < array_length(wrong); i++) {
        answer(s, &asked, &wrong[i]);
        assert_int_equal(step(s, lookup), DOBOS_LOOKUP_PENDING);
    }
    station_forget(s);
    answer(s, &asked, &(struct said){.address = FAR_ADDRESS});
    assert_int_equal(step(s, lookup), DOBOS_LOOKUP_FOUND);
    assert_int_equal(number_of(&dobos_lookup_read(lookup)->addresses[0]), FAR_ADDRESS);
    dobos_lookup_destroy(lookup);
}

/* [rfc1034#1] */
static void answer_in_other_letters_is_the_same_name(void **state) {
    struct station *s = *state;
    struct asked asked;
    server_add(s, SERVER);
    struct dobos_lookup *lookup = begin(s, "www.example.org");
    assert_true(next_question(s, &asked));
    answer(s, &asked, &(struct said){.address = FAR_ADDRESS, .upper = true});
    assert_int_equal(step(s, lookup), DOBOS_LOOKUP_FOUND);
    dobos_lookup_destroy(lookup);
}

/* [attack:I4] [rfc6056#3] */
static void identifiers_and_ports_are_drawn_anew_for_each_question(void **state) {
    struct station *s = *state;
    static bool ports[65536], ids[65536];
    unsigned new_ports = 0, new_ids = 0, near = 0;
    uint16_t id = 0, port = 0;
    server_add(s, SERVER);
    for (unsigned i = 0; i < 1000; i++) {
        struct asked asked;
        struct dobos_lookup *lookup = begin(s, "www.example.org");
        assert_true(next_question(s, &asked));
        new_ids += !ids[asked.header.id];
        new_ports += !ports[asked.seen.udp.source_port];
        ids[asked.header.id] = ports[asked.seen.udp.source_port] = true;
        near += (uint16_t)(asked.header.id - id + 256) < 512;
        near += (uint16_t)(asked.seen.udp.source_port - port + 256) < 512;
        id = asked.header.id;
        port = asked.seen.udp.source_port;
        dobos_lookup_destroy(lookup);
    }
    memset(ids, 0, sizeof(ids));
    memset(ports, 0, sizeof(ports));
    assert_true(new_ids > 960);
    assert_true(new_ports > 940);
    assert_true(near < 60);
}

/* [rfc1123#3] [rfc1123#7] [rfc1123#8] [rfc1123#9] */
static void silent_servers_take_turns_with_growing_pauses_and_then_it_is_over(void **state) {
    struct station *s = *state;
    dobos_time last[2] = {0, 0}, pause[2] = {0, 0}, begun = s->now;
    unsigned count[2] = {0, 0};
    server_add(s, SERVER);
    server_add(s, SERVER2);
    struct dobos_lookup *lookup = begin(s, "www.example.org");
    while (step(s, lookup) == DOBOS_LOOKUP_PENDING) {
        struct asked asked;
        while (next_question(s, &asked)) {
            unsigned which = number_of(&asked.seen.ip.destination) == SERVER2;
            if (count[which]++ > 0) {
                assert_true(asked.seen.at - last[which] >= pause[which]);
                pause[which] = (asked.seen.at - last[which]) * 3 / 2;
            }
            last[which] = asked.seen.at;
        }
        station_run(s, 100 * DOBOS_MILLISECOND);
        assert_true(s->now - begun < 300 * DOBOS_SECOND);
    }
    assert_int_equal(step(s, lookup), DOBOS_LOOKUP_TIMEOUT);
    assert_in_range(count[0], 3, 8);
    assert_in_range(count[1], 3, 8);
    station_run(s, 60 * DOBOS_SECOND);
    assert_true(station_is_quiet(s));
    dobos_lookup_destroy(lookup);
}

/* [rfc1123#5] [rfc7766#1] [rfc7766#13] [rfc7766#14] [rfc7766#15] */
static void truncated_answer_is_asked_for_again_by_tcp(void **state) {
    struct station *s = *state;
    struct asked asked;
    struct peer p;
    struct seen seen;
    uint8_t bytes[514];
    server_add(s, SERVER);
    struct dobos_lookup *lookup = begin(s, "www.example.org");
    assert_true(next_question(s, &asked));
    answer(s, &asked, &(struct said){.truncated = true});
    assert_int_equal(step(s, lookup), DOBOS_LOOKUP_PENDING);
    peer_init(&p, s, 53, 0);
    peer_accept(&p);
    (void)step(s, lookup);
    peer_take(&p, &seen);
    assert_true(seen.data.length > 2);
    assert_int_equal(load_be16(seen.data.bytes), seen.data.length - 2);
    struct reader r = reader_make(seen.data.bytes + 2, seen.data.length - 2);
    assert_true(dns_header_parse(&r, &asked.header));
    assert_true(dns_question_parse(&r, &asked.question));
    size_t length = answer_make(&asked, &(struct said){.address = FAR_ADDRESS}, bytes + 2, 512);
    store_be16(bytes, (uint16_t)length);
    peer_send(&p, TCP_ACK | TCP_PSH, bytes, 1); /* in two pieces */
    (void)step(s, lookup);
    peer_send(&p, TCP_ACK | TCP_PSH, bytes + 1, length + 1);
    assert_int_equal(step(s, lookup), DOBOS_LOOKUP_FOUND);
    assert_int_equal(number_of(&dobos_lookup_read(lookup)->addresses[0]), FAR_ADDRESS);
    dobos_lookup_destroy(lookup);
}

/* [rfc6761#1] [rfc6761#2] */
static void localhost_and_invalid_are_answered_without_a_server(void **state) {
    struct station *s = *state;
    static const char *const local[] = {"localhost", "LocalHost.", "a.b.localhost"};
    static const char *const invalid[] = {"invalid", "a.invalid.", "x.INVALID"};
    server_add(s, SERVER);
    for (size_t i = 0; i < array_length(local); i++) {
        struct dobos_lookup *lookup = begin(s, local[i]);
        assert_int_equal(step(s, lookup), DOBOS_LOOKUP_FOUND);
        assert_true(dobos_address_is_loopback(&dobos_lookup_read(lookup)->addresses[0]));
        dobos_lookup_destroy(lookup);
        lookup = begin(s, invalid[i]);
        assert_int_equal(step(s, lookup), DOBOS_LOOKUP_NO_NAME);
        dobos_lookup_destroy(lookup);
    }
    assert_true(station_is_quiet(s));
}

/* Name servers of ours. */

/* [rfc1123#2] [rfc1123#6] [rfc1123#1] [rfc2181#1] [rfc2181#2] [rfc1035#22] [rfc7766#14] */
static void server_answers_short_and_from_where_it_was_asked(void **state) {
    struct station *s = *state;
    static const struct dobos_dns_record records[] = {
        {"a-rather-long-label.example.org", "A", "192.0.2.20", 60},
        {"a-rather-long-label.example.org", "A", "192.0.2.21", 60},
        {"a-rather-long-label.example.org", "A", "192.0.2.22", 60},
    };
    static const struct dobos_dns_zone zone = {"example.org", records, 3, NULL};
    const struct dobos_dns_config config = {
        .size = sizeof(config), .zones = &zone, .zone_count = 1};
    struct dobos_service *service = NULL;
    struct dns_question question = {.type = DNS_A, .class_ = DNS_IN};
    struct dns_header header = {.id = 7, .questions = 1};
    uint8_t query[512];
    struct seen seen;
    dobos_time again;
    station_add_address(s, s->interface, UINT32_C(0xc0000205), 24);
    assert_int_equal(dobos_dns_server_create(s->host, &config, &service), 0);
    assert_true(dns_name_from_text("a-rather-long-label.example.org", &question.name));
    struct dns_writer w = dns_writer_make(query, sizeof(query));
    dns_header_emit(&w, &header);
    dns_question_emit(&w, &question);
    station_udp(s, PEER_ADDRESS, 4000, UINT32_C(0xc0000205), 53, query, w.writer.position);
    again = dobos_service_step(service, s->now);
    (void)again;
    assert_true(station_next(s, &seen));
    assert_int_equal(number_of(&seen.ip.source), UINT32_C(0xc0000205));
    assert_int_equal(seen.udp.source_port, 53);
    assert_int_equal(seen.udp.destination_port, 4000);
    assert_int_equal(load_be16(seen.data.bytes + 6), 3);
    assert_int_equal(seen.data.bytes[3] & 0x70, 0);
    /* The owner of each answer is a pointer to the question's name. */
    assert_int_equal(load_be16(seen.data.bytes + w.writer.position), 0xc00c);
    assert_int_equal(load_be16(seen.data.bytes + w.writer.position + 16), 0xc00c);
    struct peer p;
    peer_init(&p, s, 4001, 53);
    peer_open(&p);
    memmove(query + 2, query, w.writer.position);
    store_be16(query, (uint16_t)w.writer.position);
    peer_send(&p, TCP_ACK | TCP_PSH, query, w.writer.position + 2);
    station_forget(s); /* an acknowledgment */
    (void)dobos_service_step(service, s->now);
    peer_take(&p, &seen);
    assert_int_equal(load_be16(seen.data.bytes), seen.data.length - 2);
    assert_int_equal(load_be16(seen.data.bytes + 2 + 6), 3);
    dobos_service_destroy(service);
}

int main(void) {
#define AT_HOST(test) cmocka_unit_test_setup_teardown(test, station_setup, station_teardown)
    const struct CMUnitTest tests[] = {
        AT_HOST(question_is_one_recursive_query_by_udp),
        AT_HOST(answers_of_each_kind_are_told_apart),
        AT_HOST(answer_to_another_question_or_from_elsewhere_is_not_believed),
        AT_HOST(answer_in_other_letters_is_the_same_name),
        AT_HOST(identifiers_and_ports_are_drawn_anew_for_each_question),
        AT_HOST(silent_servers_take_turns_with_growing_pauses_and_then_it_is_over),
        AT_HOST(truncated_answer_is_asked_for_again_by_tcp),
        AT_HOST(localhost_and_invalid_are_answered_without_a_server),
        AT_HOST(server_answers_short_and_from_where_it_was_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
