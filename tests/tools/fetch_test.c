/* fetch: pages from dobos' own web server, and answers that a script of the test gives. */
#include "asked.h"

#include <jansson.h>

static const char page[] = "five layers\n";

static void web_add(struct scene *scene) {
    const struct dobos_http_page pages[] = {
        {.path = "/", .body = page, .body_length = sizeof(page) - 1},
        {.path = "/big", .body_length = 3000000},
    };
    const struct dobos_http_config config = {
        .size = sizeof(config), .pages = pages, .page_count = array_length(pages)};
    struct dobos_service **service = &scene->services[scene->service_count++];
    assert_int_equal(dobos_http_server_create(scene->pair->b.host, &config, service), 0);
}

static struct scene web_scene(void) {
    const struct impairments impairments = {.delay_ns = 5 * DOBOS_MILLISECOND};
    struct scene scene = scene_create(&impairments);
    web_add(&scene);
    return scene;
}

static void body_is_the_output(void **state) {
    (void)state;
    struct scene scene = web_scene();
    expect_host(&scene, scene.pair->a.host, "fetch http://192.0.2.2/", 0, page, "");
    expect_host(&scene, scene.pair->a.host, "fetch 192.0.2.2", 0, page, "");
    scene_destroy(&scene);
}

static void head_is_shown_when_asked_for(void **state) {
    (void)state;
    struct scene scene = web_scene();
    static const char head[] = "HTTP/1.1 200 OK\r\n";
    struct asked asked = ask_host(&scene, scene.pair->a.host, "fetch -I http://192.0.2.2/");
    assert_int_equal(asked.code, 0);
    assert_memory_equal(sink_text(&asked.out), head, strlen(head));
    assert_memory_equal(sink_text(&asked.out) + asked.out.length - 4, "\r\n\r\n", 4);
    asked_fini(&asked);
    asked = ask_host(&scene, scene.pair->a.host, "fetch -i http://192.0.2.2/");
    assert_memory_equal(sink_text(&asked.out), head, strlen(head));
    assert_string_equal(sink_text(&asked.out) + asked.out.length - strlen(page), page);
    asked_fini(&asked);
    scene_destroy(&scene);
}

/* Who closes first keeps the connection in TIME-WAIT: ss shows it with -a only. */
static void finished_connection_is_shown_with_a(void **state) {
    (void)state;
    struct scene scene = web_scene();
    expect_host(&scene, scene.pair->a.host, "fetch 192.0.2.2", 0, page, "");
    expect_host(&scene, scene.pair->a.host, "ping -c 2 192.0.2.2", 0, NULL, "");
    expect_host(&scene, scene.pair->a.host, "ss -tnH", 0, "", "");
    struct asked asked = ask_host(&scene, scene.pair->a.host, "ss -tanH");
    assert_memory_equal(sink_text(&asked.out), "TIME-WAIT ", 10);
    assert_non_null(strstr(sink_text(&asked.out), " 192.0.2.2:80"));
    asked_fini(&asked);
    expect_host(&scene, scene.pair->b.host, "ss -tH", 0, "", "");
    scene_destroy(&scene);
}

static void error_status_fails_with_f_only(void **state) {
    (void)state;
    struct scene scene = web_scene();
    expect_host(&scene, scene.pair->a.host, "fetch http://192.0.2.2/nosuch", 0, NULL, "");
    expect_host(&scene, scene.pair->a.host, "fetch -f http://192.0.2.2/nosuch", 22, "",
                "dobos fetch: (22) The requested URL returned error: 404\n");
    expect_host(&scene, scene.pair->a.host, "fetch -f http://192.0.2.2/", 0, page, "");
    scene_destroy(&scene);
}

static void json_has_the_names_of_curl(void **state) {
    (void)state;
    struct scene scene = web_scene();
    struct asked asked = ask_host(&scene, scene.pair->a.host, "fetch --json http://192.0.2.2/");
    json_t *object = json_loads(sink_text(&asked.out), 0, NULL);
    assert_non_null(object);
    assert_int_equal(asked.code, 0);
    assert_int_equal(json_integer_value(json_object_get(object, "response_code")), 200);
    assert_int_equal(json_integer_value(json_object_get(object, "size_download")), strlen(page));
    assert_int_equal(json_integer_value(json_object_get(object, "remote_port")), 80);
    assert_string_equal(json_string_value(json_object_get(object, "remote_ip")), "192.0.2.2");
    assert_string_equal(json_string_value(json_object_get(object, "local_ip")), "192.0.2.1");
    assert_string_equal(json_string_value(json_object_get(object, "body")), page);
    assert_string_equal(json_string_value(json_object_get(object, "sha256")),
                        "51b8a1f14f5160350c80c82d24b032f4148bc0f3a5f4fd216cccf7bc190ad3da");
    json_decref(object);
    asked_fini(&asked);
    scene_destroy(&scene);
}

static void large_bodies_pass_both_ways(void **state) {
    (void)state;
    struct scene scene = web_scene();
    struct asked down = ask_host(&scene, scene.pair->a.host, "fetch --sha256 http://192.0.2.2/big");
    assert_int_equal(down.code, 0);
    struct asked up = ask_host(&scene, scene.pair->a.host, "fetch --upload 3000000 192.0.2.2/up");
    assert_int_equal(up.code, 0);
    /* Both ends make the same pattern: the digests agree. */
    char digest[65] = "";
    memcpy(digest, sink_text(&down.out), 64);
    assert_non_null(strstr(sink_text(&up.out), digest));
    assert_non_null(strstr(sink_text(&up.out), "3000000"));
    asked_fini(&down);
    asked_fini(&up);
    scene_destroy(&scene);
}

static void closed_port_is_refused(void **state) {
    (void)state;
    struct scene scene = web_scene();
    expect_host(&scene, scene.pair->a.host, "ping -c 1 192.0.2.2", 0, NULL, "");
    expect_host(&scene, scene.pair->a.host, "fetch http://192.0.2.2:81/", 7, "",
                "dobos fetch: (7) Failed to connect to 192.0.2.2 port 81 after 10 ms: Connection "
                "refused\n");
    expect_host(&scene, scene.pair->a.host, "fetch http://8.8.8.8/", 7, "",
                "dobos fetch: (7) Failed to connect to 8.8.8.8 port 80 after 0 ms: Network is "
                "unreachable\n");
    scene_destroy(&scene);
}

static void silence_is_out_of_time(void **state) {
    (void)state;
    struct scene scene = web_scene();
    expect_host(&scene, scene.pair->a.host, "ping -c 1 192.0.2.2", 0, NULL, "");
    scene.pair->b.cable.impairments.loss = UINT64_C(1) << 32;
    expect_host(&scene, scene.pair->a.host, "fetch --connect-timeout 1.5 http://192.0.2.2/", 28, "",
                "dobos fetch: (28) Connection timed out after 1500 milliseconds\n");
    expect_host(&scene, scene.pair->a.host, "fetch -m 2 http://192.0.2.2/", 28, "",
                "dobos fetch: (28) Connection timed out after 2000 milliseconds\n");
    scene.interrupt_at = scene.pair->now + DOBOS_SECOND;
    expect_host(&scene, scene.pair->a.host, "fetch http://192.0.2.2/", 42, "",
                "dobos fetch: (42) interrupted\n");
    scene_destroy(&scene);
}

static void what_cannot_be_fetched_is_refused(void **state) {
    (void)state;
    struct scene scene = scene_create(NULL);
    struct dobos_host *host = scene.pair->a.host;
    expect_host(&scene, host, "fetch http://nosuch.example/", 6, "",
                "dobos fetch: (6) Could not resolve host: nosuch.example: Temporary failure in "
                "name resolution: this node has no name server\n");
    expect_host(&scene, host, "fetch https://192.0.2.2/", 1, "",
                "dobos fetch: (1) https://192.0.2.2/: only http is supported\n");
    expect_host(&scene, host, "fetch http://:80/", 3, "",
                "dobos fetch: (3) 'http://:80/': bad URL: it has no host\n");
    expect_host(&scene, host, "fetch", 2, "", NULL);
    expect_host(&scene, host, "fetch -I --upload 3 http://h/", 2, "", NULL);
    expect_host(&scene, host, "fetch -m 0 http://h/", 2, "", NULL);
    scene_destroy(&scene);
}

/* ---- a server that says what the test wants, and closes or resets ---- */

struct script {
    struct dobos_socket *listener; /* at port 8080 of b */
    const char *answer;            /* what it says to whoever asks */
    char request[512];             /* what it was asked */
    bool resets;                   /* ends with a reset */
};

static void script_step(struct script *script) {
    struct dobos_socket *socket;
    while (dobos_accept(script->listener, &socket, NULL) == 0)
        dobos_socket_user_set(socket, script);
    struct dobos_event events[4];
    struct dobos_poller *poller = dobos_poller_default(dobos_socket_host(script->listener));
    int count = dobos_poller_next(poller, events, 4);
    for (int i = 0; i < count; i++) {
        if (events[i].socket == script->listener ||
            dobos_receive(events[i].socket, script->request, sizeof(script->request) - 1) <= 0)
            continue;
        (void)dobos_send(events[i].socket, script->answer, strlen(script->answer));
        if (script->resets)
            dobos_abort(events[i].socket);
        else
            dobos_close(events[i].socket);
    }
}

/* As ask_host, with the scripted server. */
static struct asked ask_script(struct script *script, const char *line) {
    struct scene scene = scene_create(NULL);
    struct dobos_endpoint local = {.address = dobos_address_ipv4(0), .port = 8080};
    struct asked asked = {.code = -1};
    char copy[256];
    char *words[ASKED_WORDS + 1];
    (void)snprintf(copy, sizeof(copy), "%s", line);
    int count = words_of(copy, words);
    const struct tool_context context = {
        .host = scene.pair->a.host, .out = &asked.out, .error = &asked.error};
    assert_int_equal(dobos_socket_create(scene.pair->b.host, DOBOS_TCP, NULL, &script->listener),
                     0);
    assert_int_equal(dobos_bind(script->listener, &local), 0);
    assert_int_equal(dobos_listen(script->listener, 5), 0);
    struct tool_task *task = tool_begin(tool_find("fetch"), &context, count, words, 0, &asked.code);
    assert_non_null(task);
    dobos_time again;
    for (int turns = 0; !scene_moment(&scene, task, &again, &asked.code); turns++) {
        assert_true(turns < 10000);
        script_step(script);
        (void)pair_step(scene.pair, max_i64(again, scene.pair->now));
        script_step(script);
    }
    tool_end(task);
    dobos_close(script->listener);
    scene_destroy(&scene);
    return asked;
}

static void broken_answers_have_the_codes_of_curl(void **state) {
    (void)state;
    static const struct {
        const char *answer;
        bool resets;
        int code;
        const char *out, *error;
    } rows[] = {
        {"", false, 52, "", "dobos fetch: (52) Empty reply from server\n"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", false, 18, "hello",
         "dobos fetch: (18) transfer closed with 4 bytes remaining to read\n"},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", false, 18, "hello",
         "dobos fetch: (18) transfer closed with outstanding read data remaining\n"},
        {"SSH-2.0-x\r\n\r\n", false, 8, "",
         "dobos fetch: (8) Weird server reply: the answer does not begin with an HTTP/1 status "
         "line\n"},
        {"HTTP/1.0 200 OK\r\n\r\nold", false, 0, "old", ""},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nnew\r\n0\r\n\r\n", false, 0,
         "new", ""},
    };
    for (size_t i = 0; i < array_length(rows); i++) {
        struct script script = {.answer = rows[i].answer, .resets = rows[i].resets};
        struct asked asked = ask_script(&script, "fetch http://192.0.2.2:8080/a?b#c");
        assert_string_equal(sink_text(&asked.error), rows[i].error);
        assert_string_equal(sink_text(&asked.out), rows[i].out);
        assert_int_equal(asked.code, rows[i].code);
        assert_string_equal(script.request, "GET /a?b HTTP/1.1\r\n"
                                            "Host: 192.0.2.2:8080\r\n"
                                            "User-Agent: dobos/" DOBOS_PROJECT_VERSION "\r\n"
                                            "Accept: */*\r\n\r\n");
        asked_fini(&asked);
    }
}

static void reset_breaks_the_answer(void **state) {
    (void)state;
    struct script script = {.answer = "HTTP/1.1 200 OK\r\n", .resets = true};
    struct asked asked = ask_script(&script, "fetch http://192.0.2.2:8080/a?b#c");
    assert_string_equal(sink_text(&asked.error),
                        "dobos fetch: (56) Recv failure: Connection reset by peer\n");
    assert_int_equal(asked.code, 56);
    asked_fini(&asked);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(body_is_the_output),
        cmocka_unit_test(head_is_shown_when_asked_for),
        cmocka_unit_test(finished_connection_is_shown_with_a),
        cmocka_unit_test(error_status_fails_with_f_only),
        cmocka_unit_test(json_has_the_names_of_curl),
        cmocka_unit_test(large_bodies_pass_both_ways),
        cmocka_unit_test(closed_port_is_refused),
        cmocka_unit_test(silence_is_out_of_time),
        cmocka_unit_test(what_cannot_be_fetched_is_refused),
        cmocka_unit_test(broken_answers_have_the_codes_of_curl),
        cmocka_unit_test(reset_breaks_the_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
