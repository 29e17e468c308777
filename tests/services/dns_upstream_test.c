/* The forwarder over sockets: a service on b that asks a server on a, which the test plays. */
#include "scene.h"

#include "dns_fixture.h"
#include "dns_reply.h"
#include "services/dns_waiters.h"

static uint8_t bytes[DNS_TCP_BYTES + 3];

/* What the forwarder asked. */
struct player {
    struct dobos_socket *socket;  /* at a, UDP port 53; owned */
    struct dobos_message from;    /* of the last question */
    struct dns_header header;     /* of it */
    struct dns_question question; /* of it */
    char name[DNS_NAME_TEXT];     /* of it, as it came */
};

static struct scene serve(uint32_t server, size_t cache, const struct dobos_dns_zone *zone) {
    struct scene scene = scene_create();
    struct dobos_dns_config config = {.size = sizeof(config),
                                      .zones = zone,
                                      .zone_count = zone != NULL,
                                      .forward = {dobos_address_ipv4(server)},
                                      .forward_count = 1,
                                      .cache_limit_bytes = cache};
    struct dobos_service *service = NULL;
    int result = dobos_dns_server_create(scene.pair->b.host, &config, &service);
    scene_add(&scene, result, service);
    return scene;
}

static void player_begin(struct player *player, struct scene *scene) {
    struct dobos_endpoint local = scene_endpoint(0, 53);
    *player = (struct player){0};
    assert_int_equal(dobos_socket_create(scene->pair->a.host, DOBOS_UDP, NULL, &player->socket), 0);
    assert_int_equal(dobos_bind(player->socket, &local), 0);
}

static bool player_hears(struct player *player) {
    uint8_t query[600];
    int64_t got = dobos_receive_message(player->socket, query, sizeof(query), &player->from);
    if (got < 0)
        return false;
    struct reader message = reader_make(query, (size_t)got);
    assert_true(dns_header_parse(&message, &player->header));
    assert_true(dns_question_parse(&message, &player->question));
    dns_name_format(&player->question.name, player->name);
    return true;
}

static size_t player_writes(const struct player *player, struct reply_text text, uint8_t *to) {
    text.header.id = player->header.id;
    text.header.response = true;
    text.name = player->name;
    text.type = player->question.type;
    return reply_emit(&text, to, 4096);
}

static void player_says(struct player *player, struct reply_text text) {
    uint8_t said[4096];
    size_t length = player_writes(player, text, said);
    assert_true(dobos_send_message(player->socket, said, length, &player->from) > 0);
}

static const struct reply_text right = {
    .records = {{REPLY_ANSWER, "www.example.org", "A", "192.0.2.80", 0}}};

static void ask(struct scene *scene, struct dobos_socket *socket, const char *name,
                const char *type, uint16_t id) {
    struct dns_query query = dns_query_make(name, type);
    query.header.id = id;
    dns_query_emit(&query);
    scene_send(scene, socket, query.bytes, query.length);
    scene_run(scene, 10 * DOBOS_MILLISECOND);
}

static const char *heard(struct dobos_socket *socket, uint16_t *id) {
    int64_t got = dobos_receive(socket, bytes, sizeof(bytes));
    if (got <= 0)
        return "";
    *id = load_be16(bytes);
    return dns_show(bytes, (size_t)got);
}

/* [rfc5452#2] [attack:I4]: each question comes from another port. */
static void datagram_is_forwarded_and_answered(void **state) {
    (void)state;
    struct scene scene = serve(PAIR_A, 0, NULL);
    struct player player;
    uint16_t id = 0, ports[40];
    unsigned same = 0;
    char name[40];
    player_begin(&player, &scene);
    struct dobos_socket *socket = scene_connect(&scene, DOBOS_UDP, 53);
    for (unsigned i = 0; i < array_length(ports); i++) {
        (void)snprintf(name, sizeof(name), "n%u.test", i);
        ask(&scene, socket, name, "A", (uint16_t)i);
        assert_true(player_hears(&player));
        assert_true(player.header.recursion_desired);
        ports[i] = player.from.peer.port;
        assert_true(ports[i] >= 1024);
        for (unsigned k = 0; k < i; k++)
            same += ports[k] == ports[i];
        player_says(&player,
                    (struct reply_text){.records = {{REPLY_ANSWER, name, "A", "192.0.2.1", 0}}});
        scene_run(&scene, 10 * DOBOS_MILLISECOND);
        assert_memory_equal(heard(socket, &id), "NOERROR ra\nanswer n", 19);
        assert_int_equal(id, i);
    }
    assert_true(same <= 2);
    /* From the cache: nobody is asked. */
    ask(&scene, socket, "N0.test", "A", 77);
    assert_string_equal(heard(socket, &id), "NOERROR ra\nanswer N0.test 59 A 192.0.2.1\n");
    assert_false(player_hears(&player));
    assert_int_equal(dobos_service_answers(scene.services[0]), array_length(ports) + 1);
    dobos_close(socket);
    dobos_close(player.socket);
    scene_destroy(&scene);
}

/* The right answer, but from another port of the server [rfc5452#3] [attack:I6]. */
static void answer_from_elsewhere_is_not_taken(void **state) {
    (void)state;
    struct scene scene = serve(PAIR_A, 0, NULL);
    struct player player;
    struct dobos_socket *other;
    struct dobos_endpoint local = scene_endpoint(0, 54);
    uint8_t said[4096];
    uint16_t id;
    player_begin(&player, &scene);
    assert_int_equal(dobos_socket_create(scene.pair->a.host, DOBOS_UDP, NULL, &other), 0);
    assert_int_equal(dobos_bind(other, &local), 0);
    struct dobos_socket *socket = scene_connect(&scene, DOBOS_UDP, 53);
    ask(&scene, socket, "www.example.org", "A", 1);
    assert_true(player_hears(&player));
    size_t length = player_writes(&player, right, said);
    assert_true(dobos_send_message(other, said, length, &player.from) > 0);
    scene_run(&scene, 10 * DOBOS_MILLISECOND);
    assert_string_equal(heard(socket, &id), "");
    player_says(&player, right);
    scene_run(&scene, 10 * DOBOS_MILLISECOND);
    assert_string_equal(heard(socket, &id), "NOERROR ra\nanswer www.example.org 60 A 192.0.2.80\n");
    dobos_close(other);
    dobos_close(socket);
    dobos_close(player.socket);
    scene_destroy(&scene);
}

/* On one connection, what is known is not held up by what has to be asked for. [rfc7766#3]
 * [rfc1035#26] [rfc7766#6] [rfc7766#8] [rfc7766#11] */
static void connection_hears_each_answer_when_it_is_there(void **state) {
    (void)state;
    static const struct dobos_dns_record record = {"here.test", "A", "192.0.2.9", 60};
    static const struct dobos_dns_zone zone = {"test", &record, 1, NULL};
    struct scene scene = serve(PAIR_A, 0, &zone);
    struct player player;
    uint8_t query[600];
    int64_t end;
    player_begin(&player, &scene);
    struct dobos_socket *socket = scene_connect(&scene, DOBOS_TCP, 53);
    struct dobos_socket *leaver = scene_connect(&scene, DOBOS_TCP, 53);
    size_t length = dns_query_frame(query, "www.example.org", 1);
    length += dns_query_frame(query + length, "here.test", 2);
    scene_send(&scene, socket, query, length);
    scene_send(&scene, leaver, query, length);
    length = scene_hear(&scene, socket, (char *)bytes, sizeof(bytes), &end);
    assert_int_equal(load_be16(bytes), length - 2);
    assert_int_equal(load_be16(bytes + 2), 2);
    /* One that leaves before its answer comes does no harm. */
    dobos_abort(leaver);
    assert_true(player_hears(&player));
    player_says(&player, right);
    length = scene_hear(&scene, socket, (char *)bytes, sizeof(bytes), &end);
    assert_int_equal(load_be16(bytes), length - 2);
    assert_int_equal(load_be16(bytes + 2), 1);
    assert_string_equal(dns_show(bytes + 2, length - 2),
                        "NOERROR ra\nanswer www.example.org 60 A 192.0.2.80\n");
    /* Nothing was sent to who left: three answers in all. */
    assert_int_equal(dobos_service_answers(scene.services[0]), 3);
    dobos_close(socket);
    dobos_close(player.socket);
    scene_destroy(&scene);
}

/* A forwarder that asks itself, and two that ask each other: the question ends, by a bounded number
 * of packets. [attack:G2] */
static void forwarders_in_a_ring_end(void **state) {
    (void)state;
    for (unsigned self = 0; self < 2; self++) {
        struct scene scene = serve(self ? PAIR_B : PAIR_A, 0, NULL);
        struct dobos_service *other = NULL;
        uint16_t id;
        struct dobos_dns_config config = {
            .size = sizeof(config), .forward = {dobos_address_ipv4(PAIR_B)}, .forward_count = 1};
        int result = dobos_dns_server_create(scene.pair->a.host, &config, &other);
        scene_add(&scene, result, other);
        struct dobos_socket *socket = scene_connect(&scene, DOBOS_UDP, 53);
        ask(&scene, socket, "www.example.org", "A", 5);
        scene_run(&scene, 20 * DOBOS_SECOND);
        assert_string_equal(heard(socket, &id), "SERVFAIL ra\n");
        assert_true(pair_counter(scene.pair->b.host, "UdpOutDatagrams") < 60);
        uint64_t sent = pair_counter(scene.pair->b.host, "UdpOutDatagrams");
        scene_run(&scene, 60 * DOBOS_SECOND);
        assert_int_equal(pair_counter(scene.pair->b.host, "UdpOutDatagrams"), sent);
        dobos_close(socket);
        scene_destroy(&scene);
    }
}

/* A server that only ever names another name is asked a bounded number of times. */
static void aliases_without_end_end(void **state) {
    (void)state;
    struct scene scene = serve(PAIR_A, 0, NULL);
    struct player player;
    uint16_t id;
    unsigned asked = 0;
    char next[32];
    player_begin(&player, &scene);
    struct dobos_socket *socket = scene_connect(&scene, DOBOS_UDP, 53);
    ask(&scene, socket, "c0.test", "A", 5);
    while (player_hears(&player)) {
        assert_true(asked < 20);
        (void)snprintf(next, sizeof(next), "c%u.test", ++asked);
        player_says(&player, (struct reply_text){
                                 .records = {{REPLY_ANSWER, player.name, "CNAME", next, 0}}});
        scene_run(&scene, 10 * DOBOS_MILLISECOND);
    }
    assert_int_equal(asked, DNS_WAIT_NEEDS);
    assert_memory_equal(heard(socket, &id), "SERVFAIL ra\n", 12);
    dobos_close(socket);
    dobos_close(player.socket);
    scene_destroy(&scene);
}

/* Nobody listens there, or no route leads there: it fails at once, not after the time for answers.
 */
static void server_that_is_not_there_fails_at_once(void **state) {
    (void)state;
    static const uint32_t servers[] = {PAIR_A, UINT32_C(0x0a000001)};
    for (unsigned i = 0; i < array_length(servers); i++) {
        struct scene scene = serve(servers[i], 0, NULL);
        uint16_t id;
        struct dobos_socket *socket = scene_connect(&scene, DOBOS_UDP, 53);
        ask(&scene, socket, "www.example.org", "A", 5);
        scene_run(&scene, DOBOS_SECOND / 2);
        assert_string_equal(heard(socket, &id), "SERVFAIL ra\n");
        dobos_close(socket);
        scene_destroy(&scene);
    }
}

/* Nobody has that address on the link: ICMP's word on it, which comes while the answer is awaited,
 * is no answer, and does not keep the service busy. */
static void address_that_nobody_has_ends_in_time(void **state) {
    (void)state;
    struct scene scene = serve(PAIR_B + 7, 0, NULL);
    uint16_t id;
    struct dobos_socket *socket = scene_connect(&scene, DOBOS_UDP, 53);
    ask(&scene, socket, "www.example.org", "A", 5);
    scene_run(&scene, 20 * DOBOS_SECOND);
    assert_string_equal(heard(socket, &id), "SERVFAIL ra\n");
    dobos_close(socket);
    scene_destroy(&scene);
}

/* The service ends in the midst of questions. */
static void service_that_ends_while_it_asks_leaves_nothing(void **state) {
    (void)state;
    struct scene scene = serve(PAIR_A, 0, NULL);
    struct player player;
    uint8_t query[600];
    player_begin(&player, &scene);
    struct dobos_socket *udp = scene_connect(&scene, DOBOS_UDP, 53);
    struct dobos_socket *tcp = scene_connect(&scene, DOBOS_TCP, 53);
    ask(&scene, udp, "a.test", "A", 1);
    ask(&scene, udp, "b.test", "A", 2);
    scene_send(&scene, tcp, query, dns_query_frame(query, "a.test", 3));
    scene_run(&scene, 10 * DOBOS_MILLISECOND);
    assert_true(player_hears(&player));
    player_says(&player, (struct reply_text){.header = {.truncated = true}});
    scene_run(&scene, 1);
    dobos_service_destroy(scene.services[0]);
    scene.count = 0;
    scene_run(&scene, DOBOS_SECOND);
    dobos_close(udp);
    dobos_close(tcp);
    dobos_close(player.socket);
    scene_destroy(&scene);
}

static void wrong_configuration_is_refused(void **state) {
    (void)state;
    struct scene scene = scene_create();
    struct dobos_service *service = NULL;
    const char *reason = NULL;
    size_t bad = 0;
    struct dobos_dns_config config = {
        .size = sizeof(config), .forward_count = 4, .bad_record = &bad, .reason = &reason};
    assert_int_equal(dobos_dns_server_create(scene.pair->b.host, &config, &service), -DOBOS_EINVAL);
    assert_string_equal(reason, "there are more than 3 name servers to forward to");
    assert_true(bad == SIZE_MAX);
    scene_destroy(&scene);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(datagram_is_forwarded_and_answered),
        cmocka_unit_test(answer_from_elsewhere_is_not_taken),
        cmocka_unit_test(connection_hears_each_answer_when_it_is_there),
        cmocka_unit_test(forwarders_in_a_ring_end),
        cmocka_unit_test(aliases_without_end_end),
        cmocka_unit_test(server_that_is_not_there_fails_at_once),
        cmocka_unit_test(address_that_nobody_has_ends_in_time),
        cmocka_unit_test(service_that_ends_while_it_asks_leaves_nothing),
        cmocka_unit_test(wrong_configuration_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
