/* dobos_getaddrinfo over a cable: with a name server of ours, and with servers that answer wrongly,
 * late or not at all, as the test has them. */
#include "scene.h"

#include "dns_reply.h"
#include "services/stub_answer.h"

/* A name server that the test plays: what it was asked, and what it says. */
struct player {
    struct dobos_socket *socket;  /* at b, UDP port 53 of an address; owned */
    struct dobos_message message; /* of the last query */
    struct dns_header header;     /* of it */
    char name[DNS_NAME_TEXT];     /* that it asked for */
    unsigned queries;             /* so far */
    dobos_time asked[64];         /* when */
    uint16_t ids[64], ports[64];  /* and with which id, from which port */
};

#define OTHER UINT32_C(0xc0000203) /* a second address of b */

static void player_begin(struct player *player, struct scene *scene, uint32_t address) {
    struct dobos_endpoint local = scene_endpoint(address, 53);
    *player = (struct player){0};
    assert_int_equal(dobos_socket_create(scene->pair->b.host, DOBOS_UDP, NULL, &player->socket), 0);
    assert_int_equal(dobos_bind(player->socket, &local), 0);
}

/* The next query, if there is one. */
static bool player_hears(struct player *player) {
    uint8_t bytes[600];
    struct dns_question question;
    int64_t got = dobos_receive_message(player->socket, bytes, sizeof(bytes), &player->message);
    if (got < 0)
        return false;
    struct reader message = reader_make(bytes, (size_t)got);
    assert_true(dns_header_parse(&message, &player->header));
    assert_true(player->header.recursion_desired);
    assert_int_equal(player->header.questions, 1);
    assert_true(dns_question_parse(&message, &question));
    assert_int_equal(question.type, DNS_A);
    assert_int_equal(message.position, got);
    dns_name_format(&question.name, player->name);
    unsigned n = player->queries++ % array_length(player->asked);
    player->asked[n] = player->message.arrived;
    player->ids[n] = player->header.id;
    player->ports[n] = player->message.peer.port;
    return true;
}

/* Says something to who asked last, from its own address or another one of b. */
static void player_says(struct player *player, struct reply_text text, uint32_t from) {
    uint8_t bytes[2048];
    struct dobos_message message = {.peer = player->message.peer,
                                    .local = dobos_address_ipv4(from)};
    text.header.id = (uint16_t)(text.header.id ^ player->header.id); /* 0: the right one */
    text.header.response = true;
    if (!text.name)
        text.name = player->name;
    size_t length = reply_emit(&text, bytes, sizeof(bytes));
    assert_true(dobos_send_message(player->socket, bytes, length, &message) > 0);
}

static void nameserver_add(struct scene *scene, uint32_t address) {
    struct dobos_nameserver server = {dobos_address_ipv4(address), DOBOS_ORIGIN_STATIC, 0};
    assert_int_equal(dobos_nameserver_add(scene->pair->a.host, &server), 0);
}

static void address_add(struct scene *scene, uint32_t address) {
    struct dobos_interface_address second = {
        .prefix = {dobos_address_ipv4(address), 24},
        .valid_until = DOBOS_NEVER,
        .preferred_until = DOBOS_NEVER,
    };
    assert_int_equal(dobos_address_add(scene->pair->b.host, 2, &second), 0);
}

static void look_up(struct scene *scene, const char *name) {
    dobos_lookup_destroy(scene->lookup);
    scene->lookup = NULL;
    assert_int_equal(
        dobos_getaddrinfo(scene->pair->a.host, name, NULL, scene->pair->now, &scene->lookup), 0);
}

static const struct dobos_lookup_result *result_of(const struct scene *scene) {
    return dobos_lookup_read(scene->lookup);
}

static void found(const struct scene *scene, uint32_t address, const char *canonical) {
    const struct dobos_lookup_result *result = result_of(scene);
    assert_int_equal(result->status, DOBOS_LOOKUP_FOUND);
    assert_int_equal(dobos_address_ipv4_number(&result->addresses[0]), address);
    assert_string_equal(result->canonical, canonical);
}

/* ---- with a name server of ours ---- */

static char many[100][16];

static struct scene serve(void) {
    struct scene scene = scene_create();
    static struct dobos_dns_record records[104];
    static const struct dobos_dns_record first[] = {
        {"www.example.org", "A", "203.0.113.80", 60},
        {"alias.example.org", "CNAME", "www.example.org", 60},
        {"mail.example.org", "MX", "10 www.example.org", 60},
        {"sub.example.org", "NS", "ns.elsewhere.test", 60},
    };
    memcpy(records, first, sizeof(first));
    for (unsigned i = 0; i < array_length(many); i++) {
        (void)snprintf(many[i], sizeof(many[i]), "10.1.1.%u", i);
        records[4 + i] = (struct dobos_dns_record){"many.example.org", "A", many[i], 60};
    }
    struct dobos_dns_zone zone = {"example.org", records, array_length(records), NULL};
    struct dobos_dns_config config = {.size = sizeof(config), .zones = &zone, .zone_count = 1};
    struct dobos_service *service = NULL;
    int result = dobos_dns_server_create(scene.pair->b.host, &config, &service);
    scene_add(&scene, result, service);
    nameserver_add(&scene, PAIR_B);
    return scene;
}

/* [rfc1034#10] [rfc1034#30] [rfc1123#27] */
static void answers_of_a_server_are_told_apart(void **state) {
    (void)state;
    static const struct {
        const char *name;
        enum dobos_lookup_status status;
    } rows[] = {
        {"www.example.org", DOBOS_LOOKUP_FOUND},    {"WWW.Example.ORG.", DOBOS_LOOKUP_FOUND},
        {"alias.example.org", DOBOS_LOOKUP_FOUND},  {"no.example.org", DOBOS_LOOKUP_NO_NAME},
        {"mail.example.org", DOBOS_LOOKUP_NO_DATA}, {"www.elsewhere.test", DOBOS_LOOKUP_FAILED},
        {"w.sub.example.org", DOBOS_LOOKUP_FAILED},
    };
    struct scene scene = serve();
    for (size_t i = 0; i < array_length(rows); i++) {
        look_up(&scene, rows[i].name);
        assert_int_equal(result_of(&scene)->status, DOBOS_LOOKUP_PENDING);
        scene_run(&scene, DOBOS_SECOND);
        assert_int_equal(result_of(&scene)->status, rows[i].status);
        assert_int_equal(result_of(&scene)->count, rows[i].status == DOBOS_LOOKUP_FOUND);
    }
    look_up(&scene, "alias.example.org");
    scene_run(&scene, DOBOS_SECOND);
    found(&scene, UINT32_C(0xcb007150), "www.example.org");
    assert_true(result_of(&scene)->authoritative);
    assert_int_equal(dobos_address_ipv4_number(&result_of(&scene)->server), PAIR_B);
    scene_destroy(&scene);
}

/* [rfc7766#1] */
static void truncated_answer_is_asked_for_by_tcp(void **state) {
    (void)state;
    struct scene scene = serve();
    look_up(&scene, "many.example.org");
    scene_run(&scene, DOBOS_SECOND);
    found(&scene, UINT32_C(0x0a010100), "many.example.org");
    assert_int_equal(result_of(&scene)->count, STUB_ADDRESSES);
    assert_int_equal(dobos_service_answers(scene.services[0]), 2);
    scene_destroy(&scene);
}

/* [rfc6761#1] [rfc6761#2] */
static void special_names_and_addresses_ask_no_server(void **state) {
    (void)state;
    static const struct {
        const char *name;
        uint32_t address; /* 0: there is none */
    } rows[] = {
        {"localhost", 0x7f000001},
        {"LocalHost.", 0x7f000001},
        {"a.b.localhost", 0x7f000001},
        {"192.0.2.7", 0xc0000207},
        {"invalid", 0},
        {"some.INVALID.", 0},
    };
    struct scene scene = serve();
    for (size_t i = 0; i < array_length(rows); i++) {
        look_up(&scene, rows[i].name);
        if (rows[i].address)
            found(&scene, rows[i].address, rows[i].name);
        else
            assert_int_equal(result_of(&scene)->status, DOBOS_LOOKUP_NO_NAME);
        dobos_time again;
        dobos_lookup_step(scene.lookup, scene.pair->now, &again);
        assert_true(again == DOBOS_NEVER);
    }
    scene_run(&scene, DOBOS_SECOND);
    assert_int_equal(pair_counter(scene.pair->a.host, "UdpOutDatagrams"), 0);
    /* These only look like them. */
    look_up(&scene, "localhost.example.org");
    scene_run(&scene, DOBOS_SECOND);
    assert_int_equal(result_of(&scene)->status, DOBOS_LOOKUP_NO_NAME);
    assert_int_equal(pair_counter(scene.pair->a.host, "UdpOutDatagrams"), 1);
    scene_destroy(&scene);
}

static void what_cannot_be_a_name_is_refused(void **state) {
    (void)state;
    struct scene scene = serve();
    char label[70], longest[DOBOS_DOMAIN_BYTES + 1];
    memset(label, 'a', sizeof(label));
    label[64] = 0;
    for (unsigned i = 0; i < sizeof(longest); i++)
        longest[i] = i % 2 ? '.' : 'a';
    longest[sizeof(longest) - 1] = 0;
    const char *wrong[] = {"",        "..",        "a..b",  ".a",   label, longest,
                           "\\256.a", "256.1.1.1", "1.2.3", "a.7.", "::1", "a:b"};
    for (size_t i = 0; i < array_length(wrong); i++) {
        struct dobos_lookup *lookup = NULL;
        int result =
            dobos_getaddrinfo(scene.pair->a.host, wrong[i], NULL, scene.pair->now, &lookup);
        if (result != -DOBOS_EINVAL)
            fail_msg("row %zu: %d", i, result);
        dobos_lookup_destroy(lookup);
    }
    scene_destroy(&scene);
}

static void host_without_name_server_says_so(void **state) {
    (void)state;
    struct scene scene = scene_create();
    look_up(&scene, "www.example.org");
    assert_int_equal(result_of(&scene)->status, DOBOS_LOOKUP_NO_SERVER);
    scene_run(&scene, DOBOS_SECOND);
    assert_int_equal(result_of(&scene)->status, DOBOS_LOOKUP_NO_SERVER);
    scene_destroy(&scene);
}

/* ---- with servers that the test plays ---- */

static const struct reply_text right = {
    .records = {{REPLY_ANSWER, "www.example.org", "A", "192.0.2.80", 0}}};

/* Four rounds, each waiting twice as long [rfc1123#9]. [rfc1123#28] */
static void silent_server_is_asked_after_1_2_4_8_seconds(void **state) {
    (void)state;
    static const int64_t seconds[] = {0, 1, 3, 7};
    struct scene scene = scene_create();
    struct player player;
    nameserver_add(&scene, PAIR_B);
    player_begin(&player, &scene, 0);
    look_up(&scene, "www.example.org");
    dobos_time begin = scene.pair->now;
    scene_run(&scene, 15 * DOBOS_SECOND - 1);
    assert_int_equal(result_of(&scene)->status, DOBOS_LOOKUP_PENDING);
    while (player_hears(&player))
        continue;
    assert_int_equal(player.queries, 4);
    for (unsigned i = 0; i < 4; i++) {
        int64_t late = player.asked[i] - begin - seconds[i] * DOBOS_SECOND;
        assert_true(late >= 0 && late <= 5 * DOBOS_MILLISECOND);
    }
    scene_run(&scene, 1);
    assert_int_equal(result_of(&scene)->status, DOBOS_LOOKUP_TIMEOUT);
    dobos_close(player.socket);
    scene_destroy(&scene);
}

/* [rfc1035#25] */
static void servers_take_turns(void **state) {
    (void)state;
    struct scene scene = scene_create();
    struct player first, second;
    address_add(&scene, OTHER);
    nameserver_add(&scene, PAIR_B);
    nameserver_add(&scene, OTHER);
    player_begin(&first, &scene, PAIR_B);
    player_begin(&second, &scene, OTHER);
    look_up(&scene, "www.example.org");
    scene_run(&scene, 5 * DOBOS_SECOND);
    while (player_hears(&first) || player_hears(&second))
        continue;
    assert_int_equal(first.queries, 2);  /* at 0 and 2 */
    assert_int_equal(second.queries, 2); /* at 1 and 4 */
    player_says(&second, right, OTHER);
    scene_run(&scene, DOBOS_SECOND);
    found(&scene, UINT32_C(0xc0000250), "www.example.org");
    assert_int_equal(dobos_address_ipv4_number(&result_of(&scene)->server), OTHER);
    dobos_close(first.socket);
    dobos_close(second.socket);
    scene_destroy(&scene);
}

/* [rfc1034#32] [rfc1123#28] */
static void failing_server_is_left_at_once_for_the_next(void **state) {
    (void)state;
    static const struct reply_text failures[] = {
        {.header = {.rcode = DNS_SERVFAIL}},
        {.header = {.rcode = DNS_REFUSED}},
        {.header = {.rcode = DNS_NOTIMP}},
        {.records = {{REPLY_ANSWER, "www.example.org", "CNAME", "www.example.org", 0}}},
    };
    struct scene scene = scene_create();
    struct player first, second;
    address_add(&scene, OTHER);
    nameserver_add(&scene, PAIR_B);
    nameserver_add(&scene, OTHER);
    player_begin(&first, &scene, PAIR_B);
    player_begin(&second, &scene, OTHER);
    for (size_t i = 0; i < array_length(failures); i++) {
        look_up(&scene, "www.example.org");
        scene_run(&scene, 10 * DOBOS_MILLISECOND);
        assert_true(player_hears(&first));
        player_says(&first, failures[i], PAIR_B);
        scene_run(&scene, 10 * DOBOS_MILLISECOND);
        assert_true(player_hears(&second));
        player_says(&second, right, OTHER);
        scene_run(&scene, 10 * DOBOS_MILLISECOND);
        found(&scene, UINT32_C(0xc0000250), "www.example.org");
    }
    /* When all fail, so does the lookup, after its rounds. */
    look_up(&scene, "www.example.org");
    for (unsigned i = 0; i < 8; i++) {
        assert_int_equal(result_of(&scene)->status, DOBOS_LOOKUP_PENDING);
        scene_run(&scene, 10 * DOBOS_MILLISECOND);
        assert_true(player_hears(i % 2 ? &second : &first));
        player_says(i % 2 ? &second : &first, failures[0], i % 2 ? OTHER : PAIR_B);
        scene_run(&scene, 10 * DOBOS_MILLISECOND);
    }
    assert_int_equal(result_of(&scene)->status, DOBOS_LOOKUP_FAILED);
    dobos_close(first.socket);
    dobos_close(second.socket);
    scene_destroy(&scene);
}

/* Nobody listens: ICMP says so, and all rounds are over within the first second. */
static void server_that_is_not_there_is_passed_over(void **state) {
    (void)state;
    struct scene scene = scene_create();
    nameserver_add(&scene, PAIR_B);
    look_up(&scene, "www.example.org");
    scene_run(&scene, DOBOS_SECOND);
    assert_int_equal(result_of(&scene)->status, DOBOS_LOOKUP_TIMEOUT);
    scene_destroy(&scene);
}

/* [rfc1035#11] [attack:I4] [attack:I6] */
static void answer_that_does_not_match_is_not_taken(void **state) {
    (void)state;
    static const struct reply_text wrong[] = {
        {.header = {.id = 1}, .records = {{REPLY_ANSWER, "www.example.org", "A", "192.0.2.66", 0}}},
        {.name = "www.example.com",
         .records = {{REPLY_ANSWER, "www.example.org", "A", "192.0.2.66", 0}}},
        {.type = DNS_TXT, .records = {{REPLY_ANSWER, "www.example.org", "A", "192.0.2.66", 0}}},
        {.class_ = 3, .records = {{REPLY_ANSWER, "www.example.org", "A", "192.0.2.66", 0}}},
        {.header = {.id = 1, .rcode = DNS_NXDOMAIN}},
        {.header = {.id = 1, .rcode = DNS_SERVFAIL}},
        {.header = {.id = 1, .truncated = true}},
    };
    struct scene scene = scene_create();
    struct player player;
    address_add(&scene, OTHER);
    nameserver_add(&scene, PAIR_B);
    player_begin(&player, &scene, 0);
    look_up(&scene, "www.example.org");
    scene_run(&scene, 10 * DOBOS_MILLISECOND);
    assert_true(player_hears(&player));
    for (size_t i = 0; i < array_length(wrong); i++)
        player_says(&player, wrong[i], PAIR_B);
    /* The right words from another address; and from another port. */
    struct reply_text forged = right;
    forged.records[0].data = "192.0.2.66";
    player_says(&player, forged, OTHER);
    struct dobos_socket *own = player.socket;
    struct dobos_endpoint elsewhere = scene_endpoint(0, 5353);
    assert_int_equal(dobos_socket_create(scene.pair->b.host, DOBOS_UDP, NULL, &player.socket), 0);
    assert_int_equal(dobos_bind(player.socket, &elsewhere), 0);
    player_says(&player, forged, PAIR_B);
    scene_run(&scene, 100 * DOBOS_MILLISECOND);
    dobos_close(player.socket);
    player.socket = own;
    assert_int_equal(result_of(&scene)->status, DOBOS_LOOKUP_PENDING);
    player_says(&player, right, PAIR_B);
    scene_run(&scene, 10 * DOBOS_MILLISECOND);
    found(&scene, UINT32_C(0xc0000250), "www.example.org");
    assert_false(player_hears(&player));
    dobos_close(player.socket);
    scene_destroy(&scene);
}

/* 60 questions: no id or port comes from the one before by the same step [attack:I4]
 * [rfc5452#2]. */
static void ids_and_ports_are_not_to_be_guessed(void **state) {
    (void)state;
    enum {
        QUESTIONS = 60
    };
    struct scene scene = scene_create();
    struct player player;
    nameserver_add(&scene, PAIR_B);
    player_begin(&player, &scene, 0);
    for (unsigned i = 0; i < QUESTIONS; i++) {
        look_up(&scene, "www.example.org");
        scene_run(&scene, 10 * DOBOS_MILLISECOND);
        assert_true(player_hears(&player));
    }
    unsigned same_ids = 0, same_ports = 0, same_steps = 0;
    for (unsigned i = 0; i < QUESTIONS; i++) {
        assert_true(player.ports[i] >= 1024);
        for (unsigned k = i + 1; k < QUESTIONS; k++) {
            same_ids += player.ids[i] == player.ids[k];
            same_ports += player.ports[i] == player.ports[k];
            if (k + 1 < QUESTIONS)
                same_steps += (uint16_t)(player.ids[i + 1] - player.ids[i]) ==
                              (uint16_t)(player.ids[k + 1] - player.ids[k]);
        }
    }
    /* 1770 pairs: by chance one in 65536 ids, one in 28000 ports are the same. */
    assert_true(same_ids <= 2);
    assert_true(same_ports <= 3);
    assert_true(same_steps <= 2);
    dobos_close(player.socket);
    scene_destroy(&scene);
}

/* What is asked, in order, when each name does not exist. */
static void asks(struct scene *scene, struct player *player, const char *name,
                 const char *const *names, enum dobos_lookup_status end) {
    static const struct reply_text no_name = {.header = {.rcode = DNS_NXDOMAIN}};
    look_up(scene, name);
    for (; *names; names++) {
        scene_run(scene, 10 * DOBOS_MILLISECOND);
        assert_true(player_hears(player));
        assert_string_equal(player->name, *names);
        player_says(player, no_name, PAIR_B);
    }
    scene_run(scene, 10 * DOBOS_MILLISECOND);
    assert_false(player_hears(player));
    assert_int_equal(result_of(scene)->status, end);
}

/* [rfc1123#29] [rfc1123#30] */
static void search_list_comes_first_for_names_without_a_dot(void **state) {
    (void)state;
    struct scene scene = scene_create();
    struct player player;
    nameserver_add(&scene, PAIR_B);
    player_begin(&player, &scene, 0);
    assert_int_equal(
        dobos_search_add(scene.pair->a.host, &(struct dobos_search){.domain = "example.org"}), 0);
    assert_int_equal(dobos_search_add(scene.pair->a.host, &(struct dobos_search){.domain = "test"}),
                     0);
    asks(&scene, &player, "www", (const char *const[]){"www.example.org", "www.test", "www", NULL},
         DOBOS_LOOKUP_NO_NAME);
    asks(&scene, &player, "a.b", (const char *const[]){"a.b", "a.b.example.org", "a.b.test", NULL},
         DOBOS_LOOKUP_NO_NAME);
    asks(&scene, &player, "www.", (const char *const[]){"www", NULL}, DOBOS_LOOKUP_NO_NAME);
    asks(&scene, &player, "a.b.", (const char *const[]){"a.b", NULL}, DOBOS_LOOKUP_NO_NAME);
    /* A name that exists without addresses is told, though the later ones do not exist. */
    look_up(&scene, "www");
    scene_run(&scene, 10 * DOBOS_MILLISECOND);
    assert_true(player_hears(&player));
    player_says(&player, (struct reply_text){0}, PAIR_B);
    for (unsigned i = 0; i < 2; i++) {
        scene_run(&scene, 10 * DOBOS_MILLISECOND);
        assert_true(player_hears(&player));
        player_says(&player, (struct reply_text){.header = {.rcode = DNS_NXDOMAIN}}, PAIR_B);
    }
    scene_run(&scene, 10 * DOBOS_MILLISECOND);
    assert_int_equal(result_of(&scene)->status, DOBOS_LOOKUP_NO_DATA);
    dobos_close(player.socket);
    scene_destroy(&scene);
}

/* By TCP too an answer must match, and one that is cut there is no use. [rfc7766#12] */
static void wrong_answer_by_tcp_is_not_taken(void **state) {
    (void)state;
    for (unsigned wrong = 0; wrong < 3; wrong++) {
        struct scene scene = scene_create();
        struct player player;
        struct dobos_socket *listener, *connection;
        struct dobos_endpoint local = scene_endpoint(0, 53);
        uint8_t bytes[600], query[600];
        nameserver_add(&scene, PAIR_B);
        player_begin(&player, &scene, 0);
        assert_int_equal(dobos_socket_create(scene.pair->b.host, DOBOS_TCP, NULL, &listener), 0);
        assert_int_equal(dobos_bind(listener, &local), 0);
        assert_int_equal(dobos_listen(listener, 1), 0);
        look_up(&scene, "www.example.org");
        scene_run(&scene, 20 * DOBOS_MILLISECOND);
        assert_true(player_hears(&player));
        player_says(&player, (struct reply_text){.header = {.truncated = true}}, PAIR_B);
        scene_run(&scene, 20 * DOBOS_MILLISECOND);
        assert_int_equal(dobos_accept(listener, &connection, NULL), 0);
        assert_true(dobos_receive(connection, query, sizeof(query)) > 4);
        /* Right, or of another id, or cut. */
        struct reply_text text = right;
        text.name = "www.example.org";
        text.header.response = true;
        text.header.id = (uint16_t)(load_be16(query + 2) ^ (wrong == 1));
        text.header.truncated = wrong == 2;
        size_t length = reply_emit(&text, bytes + 2, sizeof(bytes) - 2);
        store_be16(bytes, (uint16_t)length);
        scene_send(&scene, connection, bytes, length + 2);
        scene_run(&scene, 20 * DOBOS_MILLISECOND);
        assert_int_equal(result_of(&scene)->status,
                         wrong ? DOBOS_LOOKUP_PENDING : DOBOS_LOOKUP_FOUND);
        assert_int_equal(player_hears(&player), wrong != 0);
        dobos_close(connection);
        dobos_close(listener);
        dobos_close(player.socket);
        scene_destroy(&scene);
    }
}

/* A name of the search list that took its time does not shorten that of the next. */
static void each_name_of_the_search_list_gets_all_rounds(void **state) {
    (void)state;
    struct scene scene = scene_create();
    struct player player;
    nameserver_add(&scene, PAIR_B);
    player_begin(&player, &scene, 0);
    assert_int_equal(
        dobos_search_add(scene.pair->a.host, &(struct dobos_search){.domain = "example.org"}), 0);
    look_up(&scene, "www");
    scene_run(&scene, 4 * DOBOS_SECOND);
    while (player_hears(&player))
        continue;
    assert_int_equal(player.queries, 3);
    player_says(&player, (struct reply_text){.header = {.rcode = DNS_NXDOMAIN}}, PAIR_B);
    scene_run(&scene, 14 * DOBOS_SECOND);
    while (player_hears(&player))
        continue;
    assert_int_equal(player.queries, 3 + 4);
    assert_string_equal(player.name, "www");
    assert_int_equal(result_of(&scene)->status, DOBOS_LOOKUP_PENDING);
    scene_run(&scene, 2 * DOBOS_SECOND);
    assert_int_equal(result_of(&scene)->status, DOBOS_LOOKUP_TIMEOUT);
    dobos_close(player.socket);
    scene_destroy(&scene);
}

/* TC by UDP, and nobody listens at TCP: the next round asks by UDP again; it fails in the end.
 * [rfc7766#10] */
static void truncated_answer_without_tcp_fails(void **state) {
    (void)state;
    struct scene scene = scene_create();
    struct player player;
    nameserver_add(&scene, PAIR_B);
    player_begin(&player, &scene, 0);
    look_up(&scene, "www.example.org");
    for (unsigned i = 0; i < 4; i++) {
        scene_run(&scene, 20 * DOBOS_MILLISECOND);
        assert_true(player_hears(&player));
        player_says(&player, (struct reply_text){.header = {.truncated = true}}, PAIR_B);
    }
    scene_run(&scene, 20 * DOBOS_MILLISECOND);
    assert_int_equal(result_of(&scene)->status, DOBOS_LOOKUP_FAILED);
    dobos_close(player.socket);
    scene_destroy(&scene);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_of_a_server_are_told_apart),
        cmocka_unit_test(truncated_answer_is_asked_for_by_tcp),
        cmocka_unit_test(special_names_and_addresses_ask_no_server),
        cmocka_unit_test(what_cannot_be_a_name_is_refused),
        cmocka_unit_test(host_without_name_server_says_so),
        cmocka_unit_test(silent_server_is_asked_after_1_2_4_8_seconds),
        cmocka_unit_test(servers_take_turns),
        cmocka_unit_test(failing_server_is_left_at_once_for_the_next),
        cmocka_unit_test(server_that_is_not_there_is_passed_over),
        cmocka_unit_test(answer_that_does_not_match_is_not_taken),
        cmocka_unit_test(ids_and_ports_are_not_to_be_guessed),
        cmocka_unit_test(search_list_comes_first_for_names_without_a_dot),
        cmocka_unit_test(wrong_answer_by_tcp_is_not_taken),
        cmocka_unit_test(each_name_of_the_search_list_gets_all_rounds),
        cmocka_unit_test(truncated_answer_without_tcp_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
