/* What else a lookup can find than an IPv4 address: the host's own entries, both families at once,
 * the name of an address, records of any type. The server is one of ours, or the test plays it. */
#include "scene.h"

#include "dns_reply.h"
#include "services/lookup_order.h"

#define V6 "2001:db8::80"

static const uint8_t v6[16] = {0x20, 1, 0x0d, 0xb8, [15] = 0x80};

static struct scene serve(void) {
    struct scene scene = scene_create();
    static const struct dobos_dns_record records[] = {
        {"www.example.org", "A", "192.0.2.80", 60},
        {"www.example.org", "AAAA", V6, 50},
        {"alias.example.org", "CNAME", "www.example.org", 40},
        {"four.example.org", "A", "203.0.113.4", 60},
        {"six.example.org", "AAAA", V6, 60},
        {"example.org", "MX", "10 mail.example.org", 60},
        {"example.org", "MX", "20 www.example.org", 60},
    };
    static const struct dobos_dns_record reverse[] = {
        {"80.113.0.203.in-addr.arpa", "PTR", "www.example.org", 60},
        {"4.113.0.203.in-addr.arpa", "CNAME", "4.0-7.113.0.203.in-addr.arpa", 60},
        {"4.0-7.113.0.203.in-addr.arpa", "PTR", "four.example.org", 60},
        {"5.113.0.203.in-addr.arpa", "TXT", "nobody", 60},
    };
    static const struct dobos_dns_record reverse6[] = {
        {"0.8.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa", "PTR",
         "six.example.org", 60},
    };
    static const struct dobos_dns_zone zones[] = {
        {"example.org", records, array_length(records), NULL},
        {"113.0.203.in-addr.arpa", reverse, array_length(reverse), NULL},
        {"8.b.d.0.1.0.0.2.ip6.arpa", reverse6, array_length(reverse6), NULL},
    };
    struct dobos_dns_config config = {
        .size = sizeof(config), .zones = zones, .zone_count = array_length(zones)};
    struct dobos_nameserver server = {dobos_address_ipv4(PAIR_B), DOBOS_ORIGIN_STATIC, 0};
    struct dobos_service *service = NULL;
    int result = dobos_dns_server_create(scene.pair->b.host, &config, &service);
    scene_add(&scene, result, service);
    assert_int_equal(dobos_nameserver_add(scene.pair->a.host, &server), 0);
    return scene;
}

static const struct dobos_lookup_result *look(struct scene *scene,
                                              struct dobos_lookup_config config) {
    config.size = sizeof(config);
    dobos_lookup_destroy(scene->lookup);
    scene->lookup = NULL;
    assert_int_equal(
        dobos_lookup_create(scene->pair->a.host, &config, scene->pair->now, &scene->lookup), 0);
    scene_run(scene, DOBOS_SECOND);
    return dobos_lookup_read(scene->lookup);
}

static const struct dobos_lookup_result *look_family(struct scene *scene, const char *name,
                                                     enum dobos_family family) {
    return look(scene, (struct dobos_lookup_config){.name = name, .family = family});
}

static void assert_address(const struct dobos_address *address, uint32_t number) {
    assert_int_equal(dobos_address_ipv4_number(address), number);
}

/* ---- families ---- */

static void family_that_is_wanted_is_asked_about(void **state) {
    (void)state;
    struct scene scene = serve();
    const struct dobos_lookup_result *result = look_family(&scene, "www.example.org", 0);
    assert_int_equal(result->status, DOBOS_LOOKUP_FOUND);
    assert_int_equal(result->count, 1);
    assert_int_equal(result->complete, DOBOS_LOOKUP_HAS_IPV4);
    assert_int_equal(result->ttl_s, 60);
    assert_int_equal(pair_counter(scene.pair->a.host, "UdpOutDatagrams"), 1);
    result = look_family(&scene, "www.example.org", DOBOS_FAMILY_IPV6);
    assert_int_equal(result->count, 1);
    assert_memory_equal(result->addresses[0].bytes, v6, 16);
    assert_int_equal(result->complete, DOBOS_LOOKUP_HAS_IPV6);
    assert_int_equal(pair_counter(scene.pair->a.host, "UdpOutDatagrams"), 2);
    result = look_family(&scene, "four.example.org", DOBOS_FAMILY_IPV6);
    assert_int_equal(result->status, DOBOS_LOOKUP_NO_DATA);
    scene_destroy(&scene);
}

/* [rfc1123#11] */
static void both_families_are_one_answer(void **state) {
    (void)state;
    struct scene scene = serve();
    const struct dobos_lookup_result *result =
        look_family(&scene, "alias.example.org", DOBOS_FAMILY_BOTH);
    assert_int_equal(result->status, DOBOS_LOOKUP_FOUND);
    assert_int_equal(result->count, 2);
    /* This host has no IPv6 address: what it cannot reach stands last. */
    assert_address(&result->addresses[0], UINT32_C(0xc0000250));
    assert_memory_equal(result->addresses[1].bytes, v6, 16);
    assert_string_equal(result->canonical, "www.example.org");
    assert_int_equal(result->ttl_s, 40);
    assert_int_equal(result->complete, DOBOS_LOOKUP_HAS_IPV4 | DOBOS_LOOKUP_HAS_IPV6);
    assert_int_equal(pair_counter(scene.pair->a.host, "UdpOutDatagrams"), 2);
    assert_int_equal(look_family(&scene, "four.example.org", DOBOS_FAMILY_BOTH)->count, 1);
    assert_int_equal(look_family(&scene, "six.example.org", DOBOS_FAMILY_BOTH)->count, 1);
    assert_int_equal(look_family(&scene, "no.example.org", DOBOS_FAMILY_BOTH)->status,
                     DOBOS_LOOKUP_NO_NAME);
    assert_int_equal(look_family(&scene, "example.org", DOBOS_FAMILY_BOTH)->status,
                     DOBOS_LOOKUP_NO_DATA);
    scene_destroy(&scene);
}

/* A server that answers about one type and is silent, or refuses, about the other. */
struct player {
    struct dobos_socket *socket; /* at b, port 53 */
    uint16_t answers;            /* the type that it answers about */
    uint16_t fails;              /* the type that it answers SERVFAIL about; 0: none */
    unsigned heard[2];           /* questions of A, of AAAA */
};

static void player_turn(struct player *player) {
    uint8_t bytes[1024];
    struct dobos_message message;
    int64_t got;
    while ((got = dobos_receive_message(player->socket, bytes, sizeof(bytes), &message)) > 0) {
        struct reader reader = reader_make(bytes, (size_t)got);
        struct dns_header header;
        struct dns_question question;
        struct reply_text text = {.type = 0};
        assert_true(dns_header_parse(&reader, &header));
        assert_true(dns_question_parse(&reader, &question));
        player->heard[question.type == DNS_AAAA]++;
        if (question.type != player->answers && question.type != player->fails)
            continue;
        text.header = (struct dns_header){.id = header.id, .response = true};
        text.name = "www.example.org";
        text.type = question.type;
        if (question.type == player->fails)
            text.header.rcode = DNS_SERVFAIL;
        else
            text.records[0] = (struct reply_record){REPLY_ANSWER, "www.example.org",
                                                    question.type == DNS_A ? "A" : "AAAA",
                                                    question.type == DNS_A ? "192.0.2.80" : V6, 0};
        const size_t length = reply_emit(&text, bytes, sizeof(bytes));
        message = (struct dobos_message){.peer = message.peer, .local = dobos_address_ipv4(PAIR_B)};
        assert_true(dobos_send_message(player->socket, bytes, length, &message) > 0);
    }
}

static void play(struct scene *scene, struct player *player, dobos_time duration) {
    const dobos_time until = scene->pair->now + duration;
    while (scene->pair->now < until) {
        scene_run(scene, 5 * DOBOS_MILLISECOND);
        player_turn(player);
    }
}

static struct scene play_begin(struct player *player) {
    struct scene scene = scene_create();
    const struct dobos_nameserver server = {dobos_address_ipv4(PAIR_B), DOBOS_ORIGIN_STATIC, 0};
    const struct dobos_endpoint local = scene_endpoint(0, 53);
    const struct dobos_lookup_config config = {
        .size = sizeof(config), .name = "www.example.org", .family = DOBOS_FAMILY_BOTH};
    assert_int_equal(dobos_nameserver_add(scene.pair->a.host, &server), 0);
    assert_int_equal(dobos_socket_create(scene.pair->b.host, DOBOS_UDP, NULL, &player->socket), 0);
    assert_int_equal(dobos_bind(player->socket, &local), 0);
    assert_int_equal(
        dobos_lookup_create(scene.pair->a.host, &config, scene.pair->now, &scene.lookup), 0);
    return scene;
}

static void one_family_can_be_read_while_the_other_is_on_its_way(void **state) {
    (void)state;
    struct player player = {.answers = DNS_A};
    struct scene scene = play_begin(&player);
    const struct dobos_lookup_result *result = dobos_lookup_read(scene.lookup);
    play(&scene, &player, 500 * DOBOS_MILLISECOND);
    assert_int_equal(result->status, DOBOS_LOOKUP_PENDING);
    assert_int_equal(result->complete, DOBOS_LOOKUP_HAS_IPV4);
    assert_int_equal(result->count, 1);
    assert_address(&result->addresses[0], UINT32_C(0xc0000250));
    play(&scene, &player, 20 * DOBOS_SECOND);
    assert_int_equal(player.heard[0], 1);
    assert_int_equal(player.heard[1], 4);
    assert_int_equal(result->status, DOBOS_LOOKUP_FOUND);
    assert_int_equal(result->count, 1);
    assert_int_equal(result->complete, DOBOS_LOOKUP_HAS_IPV4 | DOBOS_LOOKUP_HAS_IPV6);
    dobos_close(player.socket);
    scene_destroy(&scene);
}

static void server_that_fails_for_one_family_leaves_the_other(void **state) {
    (void)state;
    struct player player = {.answers = DNS_A, .fails = DNS_AAAA};
    struct scene scene = play_begin(&player);
    play(&scene, &player, DOBOS_SECOND);
    assert_int_equal(dobos_lookup_read(scene.lookup)->status, DOBOS_LOOKUP_FOUND);
    assert_int_equal(dobos_lookup_read(scene.lookup)->count, 1);
    dobos_close(player.socket);
    scene_destroy(&scene);
}

/* ---- order ---- */

/* [rfc1123#22] */
static void addresses_that_can_be_reached_stand_first(void **state) {
    (void)state;
    struct scene scene = scene_create();
    struct dobos_address addresses[] = {
        {{0x20, 1, 0x0d, 0xb8, [15] = 1}}, {{0xfc, [15] = 1}},
        dobos_address_ipv4(0x0a000001), /* no route leads there */
        dobos_address_ipv4(PAIR_B),        dobos_address_ipv4(0xa9fe0001),
        dobos_address_ipv4(0xc00002fe),
    };
    lookup_order(scene.pair->a.host, addresses, array_length(addresses));
    assert_address(&addresses[0], PAIR_B);
    assert_address(&addresses[1], 0xc00002fe);
    scene_destroy(&scene);
}

/* ---- entries ---- */

static void entry_add(struct scene *scene, const char *name, struct dobos_address address) {
    const struct dobos_host_entry entry = {.address = address, .name = name};
    assert_int_equal(dobos_host_entry_add(scene->pair->a.host, &entry), 0);
}

static void own_entries_ask_no_server(void **state) {
    (void)state;
    struct scene scene = serve();
    struct dobos_address six;
    memcpy(six.bytes, v6, 16);
    entry_add(&scene, "Www.Example.org", dobos_address_ipv4(0x0a000001));
    entry_add(&scene, "printer", dobos_address_ipv4(0x0a000009));
    entry_add(&scene, "www.example.org", dobos_address_ipv4(0x0a000002));
    entry_add(&scene, "www.example.org", six);
    const struct dobos_lookup_result *result = look_family(&scene, "www.example.ORG.", 0);
    assert_int_equal(result->status, DOBOS_LOOKUP_FOUND);
    assert_int_equal(result->count, 2);
    assert_address(&result->addresses[0], 0x0a000001);
    assert_address(&result->addresses[1], 0x0a000002);
    assert_string_equal(result->canonical, "Www.Example.org");
    assert_true(dobos_address_is_unspecified(&result->server));
    assert_int_equal(look_family(&scene, "www.example.org", DOBOS_FAMILY_BOTH)->count, 3);
    assert_int_equal(look_family(&scene, "printer", DOBOS_FAMILY_IPV6)->status,
                     DOBOS_LOOKUP_NO_DATA);
    result = look(&scene, (struct dobos_lookup_config){.kind = DOBOS_LOOKUP_NAME,
                                                       .address = dobos_address_ipv4(0x0a000002)});
    assert_int_equal(result->status, DOBOS_LOOKUP_FOUND);
    assert_string_equal(result->canonical, "www.example.org");
    assert_int_equal(pair_counter(scene.pair->a.host, "UdpOutDatagrams"), 0);
    /* Records are the servers' to tell. */
    result = look(&scene, (struct dobos_lookup_config){
                              .kind = DOBOS_LOOKUP_RECORDS, .name = "www.example.org", .type = 1});
    assert_int_equal(result->status, DOBOS_LOOKUP_FOUND);
    assert_int_equal(pair_counter(scene.pair->a.host, "UdpOutDatagrams"), 1);
    scene_destroy(&scene);
}

/* ---- names of addresses ---- */

/* [rfc1034#29] [rfc1123#11] */
static void address_has_a_name(void **state) {
    (void)state;
    struct scene scene = serve();
    struct dobos_lookup_config config = {.kind = DOBOS_LOOKUP_NAME};
    static const struct {
        uint32_t address;
        enum dobos_lookup_status status;
        const char *name;
    } rows[] = {
        {0xcb007150, DOBOS_LOOKUP_FOUND, "www.example.org"},
        {0xcb007104, DOBOS_LOOKUP_FOUND, "four.example.org"}, /* by an alias (RFC 2317) */
        {0xcb007105, DOBOS_LOOKUP_NO_DATA, ""},
        {0xcb007106, DOBOS_LOOKUP_NO_NAME, ""},
        {0x7f000001, DOBOS_LOOKUP_FOUND, "localhost"},
    };
    for (size_t i = 0; i < array_length(rows); i++) {
        config.address = dobos_address_ipv4(rows[i].address);
        const struct dobos_lookup_result *result = look(&scene, config);
        assert_int_equal(result->status, rows[i].status);
        assert_string_equal(result->canonical, rows[i].name);
        assert_int_equal(result->count, 0);
    }
    memcpy(config.address.bytes, v6, 16);
    assert_string_equal(look(&scene, config)->canonical, "six.example.org");
    config.address = dobos_address_ipv4(0);
    config.size = sizeof(config);
    struct dobos_lookup *lookup = NULL;
    assert_int_equal(dobos_lookup_create(scene.pair->a.host, &config, 0, &lookup), -DOBOS_EINVAL);
    assert_int_equal(dobos_getnameinfo(scene.pair->a.host, &config.address, NULL, 0, &lookup),
                     -DOBOS_EINVAL);
    scene_destroy(&scene);
}

/* ---- records ---- */

/* [rfc1123#27] */
static void records_are_read_whole_and_as_text(void **state) {
    (void)state;
    struct scene scene = serve();
    struct dobos_lookup_record record;
    uint8_t data[512];
    char text[512];
    const struct dobos_lookup_result *result =
        look(&scene, (struct dobos_lookup_config){
                         .kind = DOBOS_LOOKUP_RECORDS, .name = "example.org", .type = DNS_MX});
    assert_int_equal(result->status, DOBOS_LOOKUP_FOUND);
    assert_int_equal(result->records, 2);
    assert_int_equal(dobos_lookup_record_read(scene.lookup, 1, &record, data, sizeof(data)), 0);
    assert_string_equal(record.name, "example.org");
    assert_int_equal(record.type, DNS_MX);
    assert_int_equal(record.ttl, 60);
    assert_int_equal(record.length, 2 + 17);
    assert_int_equal(dobos_record_format(record.type, data, record.length, text, sizeof(text)),
                     strlen("20 www.example.org."));
    assert_string_equal(text, "20 www.example.org.");
    assert_int_equal(dobos_record_format(record.type, data, record.length, text, 19),
                     -DOBOS_ERANGE);
    assert_int_equal(dobos_record_format(record.type, data, record.length - 1, text, sizeof(text)),
                     -DOBOS_EINVAL);
    assert_int_equal(dobos_lookup_record_read(scene.lookup, 0, &record, data, 18), -DOBOS_ERANGE);
    assert_int_equal(dobos_lookup_record_read(scene.lookup, 2, &record, data, sizeof(data)),
                     -DOBOS_ENOENT);
    result =
        look(&scene, (struct dobos_lookup_config){
                         .kind = DOBOS_LOOKUP_RECORDS, .name = "alias.example.org", .type = 28});
    assert_int_equal(result->records, 2);
    assert_string_equal(result->canonical, "www.example.org");
    assert_int_equal(dobos_lookup_record_read(scene.lookup, 0, &record, data, sizeof(data)), 0);
    assert_int_equal(record.type, DNS_CNAME);
    assert_int_equal(dobos_lookup_record_read(scene.lookup, 1, &record, data, sizeof(data)), 0);
    assert_memory_equal(data, v6, 16);
    result =
        look(&scene, (struct dobos_lookup_config){
                         .kind = DOBOS_LOOKUP_RECORDS, .name = "example.org", .type = DNS_TXT});
    assert_int_equal(result->status, DOBOS_LOOKUP_NO_DATA);
    assert_int_equal(result->records, 0);
    scene_destroy(&scene);
}

/* [rfc1123#29] [rfc1123#31] */
static void exact_name_is_not_searched(void **state) {
    (void)state;
    struct scene scene = serve();
    const struct dobos_search search = {.domain = "example.org", .origin = DOBOS_ORIGIN_STATIC};
    assert_int_equal(dobos_search_add(scene.pair->a.host, &search), 0);
    assert_int_equal(look_family(&scene, "www", 0)->status, DOBOS_LOOKUP_FOUND);
    assert_int_equal(
        look(&scene, (struct dobos_lookup_config){.name = "www", .exact = true})->status,
        DOBOS_LOOKUP_FAILED);
    scene_destroy(&scene);
}

static void what_is_no_lookup_is_refused(void **state) {
    (void)state;
    struct scene scene = serve();
    struct dobos_lookup *lookup = NULL;
    static const struct dobos_lookup_config wrong[] = {
        {.size = 0, .name = "www.example.org"},
        {.size = sizeof(wrong[0]) + 1, .name = "www.example.org"},
        {.size = sizeof(wrong[0])},
        {.size = sizeof(wrong[0]), .kind = DOBOS_LOOKUP_RECORDS, .name = "example.org"},
        {.size = sizeof(wrong[0]), .kind = DOBOS_LOOKUP_RECORDS, .type = DNS_A},
        {.size = sizeof(wrong[0]), .kind = (enum dobos_lookup_kind)9, .name = "example.org"},
        {.size = sizeof(wrong[0]), .family = (enum dobos_family)4, .name = "example.org"},
    };
    for (size_t i = 0; i < array_length(wrong); i++)
        assert_int_equal(dobos_lookup_create(scene.pair->a.host, &wrong[i], 0, &lookup),
                         -DOBOS_EINVAL);
    scene_destroy(&scene);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(family_that_is_wanted_is_asked_about),
        cmocka_unit_test(both_families_are_one_answer),
        cmocka_unit_test(one_family_can_be_read_while_the_other_is_on_its_way),
        cmocka_unit_test(server_that_fails_for_one_family_leaves_the_other),
        cmocka_unit_test(addresses_that_can_be_reached_stand_first),
        cmocka_unit_test(own_entries_ask_no_server),
        cmocka_unit_test(address_has_a_name),
        cmocka_unit_test(records_are_read_whole_and_as_text),
        cmocka_unit_test(exact_name_is_not_searched),
        cmocka_unit_test(what_is_no_lookup_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
