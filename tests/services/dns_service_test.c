/* The name server over a cable: UDP, and TCP with its lengths, pieces, pipelines and ends. */
#include "scene.h"

#include "dns_fixture.h"

static char many[200][16];
static struct dobos_dns_record records[203] = {
    {"x", "NS", "ns.x", 60},
    {"ns.x", "A", "192.0.2.2", 60},
    {"a.x", "A", "192.0.2.10", 60},
};
static const struct dobos_dns_zone zone = {"x", records, array_length(records), NULL};

static struct scene serve(void) {
    struct scene scene = scene_create();
    struct dobos_dns_config config = {.size = sizeof(config), .zones = &zone, .zone_count = 1};
    struct dobos_service *service = NULL;
    for (unsigned i = 0; i < array_length(many); i++) {
        (void)snprintf(many[i], sizeof(many[i]), "10.1.1.%u", i);
        records[3 + i] = (struct dobos_dns_record){"many.x", "A", many[i], 60};
    }
    int result = dobos_dns_server_create(scene.pair->b.host, &config, &service);
    scene_add(&scene, result, service);
    assert_string_equal(dobos_service_name(service), "dns");
    return scene;
}

static uint8_t heard[DNS_TCP_BYTES + 3];
static int64_t how;

/* [rfc2181#1] [rfc2181#2] [rfc7766#2]: a connected socket takes an answer from nowhere else.
 * [rfc1035#24] [rfc1123#18] */
static void datagram_is_answered_from_where_it_was_asked(void **state) {
    (void)state;
    struct scene scene = serve();
    struct dobos_socket *socket = scene_connect(&scene, DOBOS_UDP, 53);
    struct dns_query query = dns_query_make("a.x", "A");
    scene_send(&scene, socket, query.bytes, query.length);
    scene_run(&scene, DOBOS_SECOND);
    int64_t got = dobos_receive(socket, heard, sizeof(heard));
    assert_true(got > 0);
    assert_string_equal(dns_show(heard, (size_t)got), "NOERROR aa\nanswer a.x 60 A 192.0.2.10\n");
    /* What needs no answer gets none, and does no harm. */
    scene_send(&scene, socket, heard, (size_t)got);
    scene_send(&scene, socket, query.bytes, 11);
    assert_int_equal(dobos_send(socket, "", 0), 0);
    static uint8_t large[5000];
    memcpy(large, query.bytes, query.length);
    scene_send(&scene, socket, large, sizeof(large));
    scene_run(&scene, DOBOS_SECOND);
    assert_int_equal(dobos_receive(socket, heard, sizeof(heard)), -DOBOS_EAGAIN);
    assert_int_equal(dobos_service_answers(scene.services[0]), 1);
    dobos_close(socket);
    scene_destroy(&scene);
}

/* A second address of the server's host answers as itself [rfc2181#1]. */
static void answer_comes_from_the_address_asked(void **state) {
    (void)state;
    struct scene scene = serve();
    struct dobos_interface_address second = {
        .prefix = {dobos_address_ipv4(UINT32_C(0xc0000207)), 24},
        .valid_until = DOBOS_NEVER,
        .preferred_until = DOBOS_NEVER,
    };
    assert_int_equal(dobos_address_add(scene.pair->b.host, 2, &second), 0);
    struct dobos_socket *socket;
    struct dobos_endpoint to = scene_endpoint(UINT32_C(0xc0000207), 53);
    assert_int_equal(dobos_socket_create(scene.pair->a.host, DOBOS_UDP, NULL, &socket), 0);
    assert_int_equal(dobos_connect(socket, &to), 0);
    struct dns_query query = dns_query_make("a.x", "A");
    scene_send(&scene, socket, query.bytes, query.length);
    scene_run(&scene, DOBOS_SECOND);
    assert_true(dobos_receive(socket, heard, sizeof(heard)) > 0);
    dobos_close(socket);
    scene_destroy(&scene);
}

/* The answers that came, each behind its length; how many, their ids in order. */
static unsigned frames(size_t length, uint16_t *ids, unsigned room) {
    unsigned count = 0;
    for (size_t at = 0; at < length;) {
        assert_true(length - at >= 2);
        size_t bytes = load_be16(heard + at);
        assert_true(length - at >= 2 + bytes);
        (void)dns_show(heard + at + 2, bytes);
        assert_true(count < room);
        ids[count++] = load_be16(heard + at + 2);
        at += 2 + bytes;
    }
    return count;
}

/* [rfc1035#10] [rfc7766#1] [rfc7766#2] [rfc7766#3] [rfc1035#24] [rfc1123#19] */
static void queries_on_one_connection_are_answered_in_order(void **state) {
    (void)state;
    struct scene scene = serve();
    struct dobos_socket *socket = scene_connect(&scene, DOBOS_TCP, 53);
    uint8_t bytes[1024];
    size_t length = dns_query_frame(bytes, "a.x", 1);
    length += dns_query_frame(bytes + length, "many.x", 2);
    length += dns_query_frame(bytes + length, "no.x", 3);
    scene_send(&scene, socket, bytes, length);
    length = scene_hear(&scene, socket, (char *)heard, sizeof(heard), &how);
    uint16_t ids[4];
    assert_int_equal(frames(length, ids, 4), 3);
    assert_int_equal(ids[0], 1);
    assert_int_equal(ids[1], 2);
    assert_int_equal(ids[2], 3);
    assert_int_equal(how, -DOBOS_EAGAIN);
    /* The connection is still there; and a client that ends behind its question is answered. */
    length = dns_query_frame(bytes, "a.x", 4);
    scene_send(&scene, socket, bytes, length);
    assert_int_equal(dobos_shutdown(socket, DOBOS_SHUTDOWN_SEND), 0);
    length = scene_hear(&scene, socket, (char *)heard, sizeof(heard), &how);
    assert_int_equal(frames(length, ids, 4), 1);
    assert_int_equal(how, 0);
    dobos_close(socket);
    scene_destroy(&scene);
}

/* [rfc7766#5] [rfc7766#15] */
static void query_in_pieces_is_answered(void **state) {
    (void)state;
    struct scene scene = serve();
    struct dobos_socket *socket = scene_connect(&scene, DOBOS_TCP, 53);
    uint8_t bytes[256];
    size_t length = dns_query_frame(bytes, "a.x", 9);
    for (size_t i = 0; i < length; i++) {
        scene_send(&scene, socket, bytes + i, 1);
        scene_run(&scene, 100 * DOBOS_MILLISECOND);
    }
    uint16_t ids[2];
    length = scene_hear(&scene, socket, (char *)heard, sizeof(heard), &how);
    assert_int_equal(frames(length, ids, 2), 1);
    assert_int_equal(ids[0], 9);
    dobos_close(socket);
    scene_destroy(&scene);
}

/* [rfc7766#4] [attack:I26] [rfc1035#27] */
static void idle_or_trickling_connection_is_closed(void **state) {
    (void)state;
    struct scene scene = serve();
    struct dobos_socket *silent = scene_connect(&scene, DOBOS_TCP, 53);
    struct dobos_socket *trickle = scene_connect(&scene, DOBOS_TCP, 53);
    scene_send(&scene, trickle, "", 1);
    scene_run(&scene, DOBOS_SECOND);
    /* Others are answered meanwhile. */
    struct dobos_socket *other = scene_connect(&scene, DOBOS_TCP, 53);
    uint8_t bytes[64];
    uint16_t id;
    scene_send(&scene, other, bytes, dns_query_frame(bytes, "a.x", 3));
    assert_int_equal(frames(scene_hear(&scene, other, (char *)heard, sizeof(heard), &how), &id, 1),
                     1);
    dobos_close(other);
    assert_int_equal(dobos_receive(silent, heard, 1), -DOBOS_EAGAIN);
    scene_run(&scene, 8 * DOBOS_SECOND);
    assert_int_equal(dobos_receive(trickle, heard, 1), -DOBOS_EAGAIN);
    scene_send(&scene, trickle, "\x20", 1);
    scene_run(&scene, 2 * DOBOS_SECOND);
    assert_int_equal(dobos_receive(trickle, heard, 1), 0);
    assert_int_equal(dobos_receive(silent, heard, 1), 0);
    dobos_close(silent);
    dobos_close(trickle);
    scene_destroy(&scene);
}

/* [rfc7766#4]: only idleness ends a connection. [rfc1035#28] */
static void connection_with_questions_stays_open(void **state) {
    (void)state;
    struct scene scene = serve();
    struct dobos_socket *socket = scene_connect(&scene, DOBOS_TCP, 53);
    uint8_t bytes[256];
    uint16_t ids[2];
    for (uint16_t i = 0; i < 5; i++) {
        scene_send(&scene, socket, bytes, dns_query_frame(bytes, "a.x", i));
        size_t length = scene_hear(&scene, socket, (char *)heard, sizeof(heard), &how);
        assert_int_equal(frames(length, ids, 2), 1);
        assert_int_equal(ids[0], i);
        scene_run(&scene, 8 * DOBOS_SECOND);
    }
    dobos_close(socket);
    scene_destroy(&scene);
}

static void message_that_is_no_query_closes_the_connection(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t length;
    } rows[] = {
        {"\0\0", 2},
        {"\0\1x", 3},
        {"\0\14\0\0\x80\0\0\0\0\0\0\0\0\0", 14},
        {"\xff\xff", 2},
    };
    struct scene scene = serve();
    for (size_t i = 0; i < array_length(rows); i++) {
        struct dobos_socket *socket = scene_connect(&scene, DOBOS_TCP, 53);
        scene_send(&scene, socket, rows[i].bytes, rows[i].length);
        assert_int_equal(scene_hear(&scene, socket, (char *)heard, sizeof(heard), &how), 0);
        assert_true(how == 0 || how == -DOBOS_ECONNRESET);
        dobos_close(socket);
    }
    scene_destroy(&scene);
}

/* Thousands of questions without reading an answer: the server waits, and then answers all.
 * [rfc1035#28] */
static void client_that_reads_late_gets_every_answer(void **state) {
    (void)state;
    enum {
        QUESTIONS = 600
    };
    struct scene scene = serve();
    struct dobos_socket *socket = scene_connect(&scene, DOBOS_TCP, 53);
    uint8_t bytes[64];
    static uint16_t ids[QUESTIONS];
    for (uint16_t i = 0; i < QUESTIONS; i++)
        scene_send(&scene, socket, bytes, dns_query_frame(bytes, "many.x", i));
    scene_run(&scene, DOBOS_SECOND);
    unsigned count = 0;
    size_t kept = 0;
    for (unsigned turns = 0; turns < 20000 && count < QUESTIONS; turns++) {
        int64_t got = dobos_receive(socket, heard + kept, 20000);
        if (got <= 0)
            scene_run(&scene, 10 * DOBOS_MILLISECOND);
        kept += got > 0 ? (size_t)got : 0;
        size_t whole = 0;
        while (kept - whole >= 2 && kept - whole >= 2u + load_be16(heard + whole))
            whole += 2u + load_be16(heard + whole);
        count += frames(whole, ids + count, QUESTIONS - count);
        kept -= whole;
        memmove(heard, heard + whole, kept);
    }
    assert_int_equal(count, QUESTIONS);
    for (unsigned i = 0; i < QUESTIONS; i++)
        assert_int_equal(ids[i], i);
    dobos_close(socket);
    scene_destroy(&scene);
}

/* [rfc1035#32] */
static void wrong_zone_is_refused_with_its_record_and_reason(void **state) {
    (void)state;
    struct scene scene = scene_create();
    struct dobos_service *service = NULL;
    static const struct dobos_dns_record good[] = {{"a.y", "A", "192.0.2.1", 1}};
    static const struct dobos_dns_record wrong[] = {{"a.z", "A", "192.0.2.1", 1},
                                                    {"a.z", "A", "here", 1}};
    struct dobos_dns_zone zones[] = {{"y", good, 1, NULL}, {"z", wrong, 2, NULL}};
    size_t bad = 0;
    const char *reason = NULL;
    struct dobos_dns_config config = {.size = sizeof(config),
                                      .zones = zones,
                                      .zone_count = 2,
                                      .bad_record = &bad,
                                      .reason = &reason};
    assert_int_equal(dobos_dns_server_create(scene.pair->b.host, &config, &service), -DOBOS_EINVAL);
    assert_int_equal(bad, 2);
    assert_string_equal(reason, "expected an IPv4 address");
    zones[1] = (struct dobos_dns_zone){"Y.", NULL, 0, NULL};
    assert_int_equal(dobos_dns_server_create(scene.pair->b.host, &config, &service), -DOBOS_EINVAL);
    assert_int_equal(bad, 1);
    assert_string_equal(reason, "this zone is there twice");
    config.bad_record = NULL;
    config.reason = NULL;
    assert_int_equal(dobos_dns_server_create(scene.pair->b.host, &config, &service), -DOBOS_EINVAL);
    config.size = 0;
    assert_int_equal(dobos_dns_server_create(scene.pair->b.host, &config, &service), -DOBOS_EINVAL);
    assert_null(service);
    scene_destroy(&scene);
}

/* An answer that finds its port closed comes back as an ICMP error; the next one is served. */
static void client_that_is_gone_does_no_harm(void **state) {
    (void)state;
    struct scene scene = serve();
    struct dobos_socket *socket = scene_connect(&scene, DOBOS_UDP, 53);
    struct dns_query query = dns_query_make("a.x", "A");
    scene_send(&scene, socket, query.bytes, query.length);
    pair_settle(scene.pair);
    dobos_close(socket);
    scene_run(&scene, DOBOS_SECOND);
    assert_int_equal(pair_counter(scene.pair->a.host, "DropUdpNoPort"), 1);
    socket = scene_connect(&scene, DOBOS_UDP, 53);
    scene_send(&scene, socket, query.bytes, query.length);
    scene_run(&scene, DOBOS_SECOND);
    assert_true(dobos_receive(socket, heard, sizeof(heard)) > 0);
    dobos_close(socket);
    scene_destroy(&scene);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(datagram_is_answered_from_where_it_was_asked),
        cmocka_unit_test(answer_comes_from_the_address_asked),
        cmocka_unit_test(queries_on_one_connection_are_answered_in_order),
        cmocka_unit_test(query_in_pieces_is_answered),
        cmocka_unit_test(idle_or_trickling_connection_is_closed),
        cmocka_unit_test(connection_with_questions_stays_open),
        cmocka_unit_test(message_that_is_no_query_closes_the_connection),
        cmocka_unit_test(client_that_reads_late_gets_every_answer),
        cmocka_unit_test(wrong_zone_is_refused_with_its_record_and_reason),
        cmocka_unit_test(client_that_is_gone_does_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
