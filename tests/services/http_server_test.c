/* The web server over a cable: pages, uploads, how connections go on and how they end. */
#include "scene.h"

#include "services/pattern.h"
#include "services/sha256.h"

#define BIG (1024 * 1024)

static const struct dobos_http_page pages[] = {
    {.path = "/", .body = "<p>hello\n", .body_length = 9},
    {.path = "/plain", .type = "text/plain", .body = "text", .body_length = 4},
    {.path = "/empty", .body = "", .body_length = 0},
    {.path = "/big", .type = "application/octet-stream", .body_length = BIG},
};

static struct scene serve_with(unsigned connections) {
    struct scene scene = scene_create();
    struct dobos_http_config config = {.size = sizeof(config),
                                       .pages = pages,
                                       .page_count = array_length(pages),
                                       .connections = connections};
    struct dobos_service *web = NULL;
    int result = dobos_http_server_create(scene.pair->b.host, &config, &web);
    scene_add(&scene, result, web);
    return scene;
}

static char heard[64 * 1024];
static int64_t how; /* the last receive's word */

/* Says something on a new connection; what the server answers. */
static const char *ask(struct scene *scene, const char *text) {
    struct dobos_socket *socket = scene_connect(scene, DOBOS_TCP, 80);
    scene_say(scene, socket, text);
    scene_hear(scene, socket, heard, sizeof(heard), &how);
    dobos_close(socket);
    return heard;
}

#define GET(path)  "GET " path " HTTP/1.1\r\nHost: www\r\n\r\n"
#define LAST(path) "GET " path " HTTP/1.1\r\nHost: www\r\nConnection: close\r\n\r\n"
#define HELLO_HEAD                         \
    "HTTP/1.1 200 OK\r\nServer: dobos\r\n" \
    "Content-Type: text/html; charset=utf-8\r\nContent-Length: 9\r\n"

/* [rfc9110#3] [rfc9112#4] [rfc9112#5] */
static void get_is_answered_with_the_page_and_the_connection_kept(void **state) {
    (void)state;
    struct scene scene = serve_with(0);
    assert_string_equal(ask(&scene, GET("/")), HELLO_HEAD "\r\n<p>hello\n");
    assert_int_equal(how, -DOBOS_EAGAIN);
    assert_string_equal(ask(&scene, GET("/plain?x=1")),
                        "HTTP/1.1 200 OK\r\nServer: dobos\r\nContent-Type: text/plain\r\n"
                        "Content-Length: 4\r\n\r\ntext");
    assert_non_null(strstr(ask(&scene, GET("/empty")), "Content-Length: 0\r\n\r\n"));
    assert_int_equal(dobos_service_answers(scene.services[0]), 3);
    assert_string_equal(dobos_service_name(scene.services[0]), "http");
    scene_destroy(&scene);
}

/* [rfc9110#1] [rfc9110#3] */
static void head_is_answered_without_body(void **state) {
    (void)state;
    struct scene scene = serve_with(0);
    assert_string_equal(ask(&scene, "HEAD / HTTP/1.1\r\nHost: www\r\n\r\n"), HELLO_HEAD "\r\n");
    assert_string_equal(ask(&scene, "HEAD /no HTTP/1.1\r\nHost: www\r\n\r\n"),
                        "HTTP/1.1 404 Not Found\r\nServer: dobos\r\n"
                        "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 22\r\n\r\n");
    scene_destroy(&scene);
}

/* [rfc9112#5] [rfc9112#6] */
static void pipelined_requests_are_answered_in_order_up_to_close(void **state) {
    (void)state;
    struct scene scene = serve_with(0);
    const char *text = ask(&scene, GET("/plain") GET("/") "\r\n" LAST("/") GET("/plain"));
    const char *first = strstr(text, "\r\n\r\ntextHTTP/1.1 200");
    const char *second = strstr(text, "\r\n\r\n<p>hello\nHTTP/1.1 200");
    assert_non_null(first);
    assert_true(second > first);
    assert_string_equal(second + strlen("\r\n\r\n<p>hello\n"),
                        HELLO_HEAD "Connection: close\r\n\r\n<p>hello\n");
    assert_int_equal(how, 0);
    assert_int_equal(dobos_service_answers(scene.services[0]), 3);
    scene_destroy(&scene);
}

static void old_version_closes_unless_asked_to_stay(void **state) {
    (void)state;
    struct scene scene = serve_with(0);
    assert_string_equal(ask(&scene, "GET / HTTP/1.0\r\n\r\n"),
                        HELLO_HEAD "Connection: close\r\n\r\n<p>hello\n");
    assert_int_equal(how, 0);
    assert_string_equal(ask(&scene, "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"),
                        HELLO_HEAD "Connection: keep-alive\r\n\r\n<p>hello\n");
    assert_int_equal(how, -DOBOS_EAGAIN);
    scene_destroy(&scene);
}

/* [rfc9110#2] */
static void other_methods_are_told_apart(void **state) {
    (void)state;
    static const struct {
        const char *request, *status;
    } rows[] = {
        {"DELETE / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 405 "},
        {"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 405 "},
        {"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 405 "},
        {"BREW / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 501 "},
        {"get / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 501 "},
        {"GET /no HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 404 "},
        {"GET / HTTP/3.0\r\nHost: a\r\n\r\n", "HTTP/1.1 505 "},
        {"nonsense\r\n\r\n", "HTTP/1.1 400 "},
    };
    struct scene scene = serve_with(0);
    for (size_t i = 0; i < array_length(rows); i++) {
        const char *text = ask(&scene, rows[i].request);
        assert_memory_equal(text, rows[i].status, strlen(rows[i].status));
        assert_int_equal(strstr(text, "\r\nAllow: GET, HEAD, PUT, POST\r\n") != NULL,
                         strstr(rows[i].status, "405") != NULL);
    }
    scene_destroy(&scene);
}

static void upload_is_answered_with_length_and_hash(void **state) {
    (void)state;
    struct scene scene = serve_with(0);
    static const char hash[] =
        "5 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\n";
    const char *text =
        ask(&scene, "PUT /y HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nxx"
                    "PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello" GET("/"));
    assert_non_null(strstr(text, hash));
    assert_non_null(strstr(text, "<p>hello"));
    text = ask(&scene, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                       "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n");
    assert_non_null(strstr(text, hash));
    text = ask(&scene, "PUT /x HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_non_null(
        strstr(text, "0 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n"));
    scene_destroy(&scene);
}

static void big_upload_arrives_whole(void **state) {
    (void)state;
    struct scene scene = serve_with(0);
    static uint8_t body[BIG];
    pattern_fill(0, body, sizeof(body));
    struct dobos_socket *socket = scene_connect(&scene, DOBOS_TCP, 80);
    scene_say(&scene, socket, "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1048576\r\n\r\n");
    scene_send(&scene, socket, body, sizeof(body));
    scene_hear(&scene, socket, heard, sizeof(heard), &how);
    assert_non_null(strstr(
        heard, "1048576 49549f902510fc6e713e323fed8414d9b4eebd808ef738ce4ad10e3220d34793\n"));
    dobos_close(socket);
    scene_destroy(&scene);
}

static void generated_body_is_the_pattern(void **state) {
    (void)state;
    struct scene scene = serve_with(0);
    static uint8_t body[BIG], got[BIG + 512];
    pattern_fill(0, body, sizeof(body));
    struct dobos_socket *socket = scene_connect(&scene, DOBOS_TCP, 80);
    scene_say(&scene, socket, GET("/big"));
    size_t length = scene_hear(&scene, socket, (char *)got, sizeof(got), &how);
    assert_true(length > BIG);
    assert_memory_equal(got + length - BIG, body, BIG);
    dobos_close(socket);
    scene_destroy(&scene);
}

static void client_that_waits_for_leave_gets_it(void **state) {
    (void)state;
    struct scene scene = serve_with(0);
    struct dobos_socket *socket = scene_connect(&scene, DOBOS_TCP, 80);
    scene_say(&scene, socket,
              "PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    scene_hear(&scene, socket, heard, sizeof(heard), &how);
    assert_string_equal(heard, "HTTP/1.1 100 Continue\r\n\r\n");
    scene_say(&scene, socket, "ab");
    scene_hear(&scene, socket, heard, sizeof(heard), &how);
    assert_memory_equal(heard, "HTTP/1.1 200 OK", 15);
    /* One that has begun with its body needs no leave. */
    scene_say(&scene, socket,
              "PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nab");
    scene_hear(&scene, socket, heard, sizeof(heard), &how);
    assert_memory_equal(heard, "HTTP/1.1 200 OK", 15);
    scene_say(&scene, socket,
              "PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\na");
    scene_hear(&scene, socket, heard, sizeof(heard), &how);
    assert_string_equal(heard, "");
    scene_say(&scene, socket, "b");
    scene_hear(&scene, socket, heard, sizeof(heard), &how);
    assert_memory_equal(heard, "HTTP/1.1 200 OK", 15);
    dobos_close(socket);
    scene_destroy(&scene);
}

/* However slowly a request comes, byte by byte, it is answered [rfc9112#3]. */
static void request_in_single_bytes_is_answered(void **state) {
    (void)state;
    struct scene scene = serve_with(0);
    struct dobos_socket *socket = scene_connect(&scene, DOBOS_TCP, 80);
    for (const char *at = GET("/"); *at; at++) {
        assert_int_equal(dobos_send(socket, at, 1), 1);
        scene_run(&scene, 100 * DOBOS_MILLISECOND);
    }
    scene_hear(&scene, socket, heard, sizeof(heard), &how);
    assert_string_equal(heard, HELLO_HEAD "\r\n<p>hello\n");
    dobos_close(socket);
    scene_destroy(&scene);
}

/* The answer to a bad request arrives although the client goes on sending (RFC 9112 §9.6). */
static void refusal_is_not_overtaken_by_a_reset(void **state) {
    (void)state;
    struct scene scene = serve_with(0);
    static char junk[BIG];
    memset(junk, 'x', sizeof(junk));
    struct dobos_socket *socket = scene_connect(&scene, DOBOS_TCP, 80);
    scene_say(&scene, socket, "BAD\r\n\r\n");
    scene_send(&scene, socket, junk, sizeof(junk));
    scene_run(&scene, DOBOS_SECOND);
    scene_hear(&scene, socket, heard, sizeof(heard), &how);
    assert_memory_equal(heard, "HTTP/1.1 400 ", 13);
    assert_non_null(strstr(heard, "Connection: close\r\n"));
    assert_non_null(strstr(heard, "cannot be read\n"));
    assert_int_equal(how, 0);
    dobos_close(socket);
    scene_destroy(&scene);
}

static unsigned connections_of(const struct dobos_host *host) {
    struct dobos_socket_info info;
    unsigned count = 0;
    for (uint32_t i = 0; dobos_socket_read(host, i, &info) == 0; i++)
        count += info.state == DOBOS_TCP_ESTABLISHED || info.state == DOBOS_TCP_CLOSE_WAIT ||
                 (info.has_owner && info.state >= DOBOS_TCP_FIN_WAIT_1);
    return count;
}

/* A connection that lingers does so for five seconds. */
static void refused_client_that_stays_is_left(void **state) {
    (void)state;
    struct scene scene = serve_with(0);
    struct dobos_socket *socket = scene_connect(&scene, DOBOS_TCP, 80);
    scene_say(&scene, socket, "BAD\r\n\r\n");
    for (unsigned i = 0; i < 9; i++) {
        scene_run(&scene, DOBOS_SECOND / 2);
        assert_int_equal(connections_of(scene.pair->b.host), 1);
        assert_true(dobos_send(socket, "x", 1) == 1);
    }
    scene_run(&scene, DOBOS_SECOND);
    assert_int_equal(connections_of(scene.pair->b.host), 0);
    dobos_close(socket);
    scene_destroy(&scene);
}

/* [attack:I26]: neither silence nor a trickle of a head holds a connection beyond a minute. */
static void trickled_head_ends_like_silence(void **state) {
    (void)state;
    struct scene scene = serve_with(0);
    struct dobos_socket *silent = scene_connect(&scene, DOBOS_TCP, 80);
    struct dobos_socket *trickle = scene_connect(&scene, DOBOS_TCP, 80);
    scene_say(&scene, trickle, "GET / HTTP/1.1\r\n");
    for (unsigned i = 0; i < 59; i++) {
        scene_run(&scene, DOBOS_SECOND);
        assert_int_equal(connections_of(scene.pair->b.host), 2);
        scene_say(&scene, trickle, "x");
    }
    scene_run(&scene, 2 * DOBOS_SECOND);
    assert_int_equal(connections_of(scene.pair->b.host), 0);
    assert_int_equal(dobos_receive(silent, heard, 1), 0);
    dobos_close(silent);
    dobos_close(trickle);
    scene_destroy(&scene);
}

static void slow_upload_goes_on_as_long_as_it_moves(void **state) {
    (void)state;
    struct scene scene = serve_with(0);
    struct dobos_socket *socket = scene_connect(&scene, DOBOS_TCP, 80);
    scene_say(&scene, socket, "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n");
    for (const char *at = "hello"; *at; at++) {
        scene_run(&scene, 50 * DOBOS_SECOND);
        assert_int_equal(dobos_send(socket, at, 1), 1);
    }
    scene_hear(&scene, socket, heard, sizeof(heard), &how);
    assert_memory_equal(heard, "HTTP/1.1 200 OK", 15);
    dobos_close(socket);
    scene_destroy(&scene);
}

/* Asks for more than it takes in, and reads nothing for so long; how what it reads then ends. */
static int64_t read_after(int64_t receive_buffer, dobos_time pause) {
    struct scene scene = serve_with(0);
    struct dobos_socket *socket = scene_connect(&scene, DOBOS_TCP, 80);
    if (receive_buffer > 0)
        assert_int_equal(dobos_option_set(socket, DOBOS_OPTION_RECEIVE_BUFFER, receive_buffer), 0);
    scene_say(&scene, socket, GET("/big"));
    scene_run(&scene, 50 * DOBOS_SECOND);
    assert_int_equal(connections_of(scene.pair->b.host), 1);
    scene_run(&scene, pause - 50 * DOBOS_SECOND);
    assert_int_equal(connections_of(scene.pair->b.host), 0);
    do {
        how = dobos_receive(socket, heard, sizeof(heard));
        scene_run(&scene, DOBOS_MILLISECOND); /* a reset may answer the news of an open window */
    } while (how > 0);
    if (how == -DOBOS_EAGAIN)
        how = dobos_receive(socket, heard, sizeof(heard));
    dobos_close(socket);
    scene_destroy(&scene);
    return how;
}

static void client_that_does_not_read_is_left_within_two_minutes(void **state) {
    (void)state;
    assert_int_equal(read_after(0, 125 * DOBOS_SECOND), -DOBOS_ECONNRESET);
}

/* It has promised room that it does not have, so that TCP repeats until it gives up. */
static void client_that_drops_what_it_asked_for_is_left_within_ten_minutes(void **state) {
    (void)state;
    assert_true(read_after(4096, 600 * DOBOS_SECOND) < 0);
}

/* For minutes nothing comes through in the midst of a body: no reason to leave whose line is bad.
 */
static void upload_over_a_dead_line_goes_on_when_it_lives(void **state) {
    (void)state;
    struct scene scene = serve_with(0);
    struct dobos_socket *socket = scene_connect(&scene, DOBOS_TCP, 80);
    scene_say(&scene, socket, "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel");
    scene_run(&scene, DOBOS_SECOND);
    cable_cut(&scene.pair->a.cable, true);
    scene_say(&scene, socket, "lo");
    scene_run(&scene, 200 * DOBOS_SECOND);
    cable_cut(&scene.pair->a.cable, false);
    scene_run(&scene, 60 * DOBOS_SECOND);
    scene_hear(&scene, socket, heard, sizeof(heard), &how);
    assert_memory_equal(heard, "HTTP/1.1 200 OK", 15);
    dobos_close(socket);
    scene_destroy(&scene);
}

static void answer_over_a_dead_line_arrives_when_it_lives(void **state) {
    (void)state;
    struct scene scene = serve_with(0);
    struct dobos_socket *socket = scene_connect(&scene, DOBOS_TCP, 80);
    cable_cut(&scene.pair->b.cable, true);
    scene_say(&scene, socket, GET("/"));
    scene_run(&scene, 200 * DOBOS_SECOND);
    assert_int_equal(dobos_receive(socket, heard, sizeof heard), -DOBOS_EAGAIN);
    cable_cut(&scene.pair->b.cable, false);
    scene_run(&scene, 100 * DOBOS_SECOND);
    scene_hear(&scene, socket, heard, sizeof(heard), &how);
    assert_string_equal(heard, HELLO_HEAD "\r\n<p>hello\n");
    dobos_close(socket);
    scene_destroy(&scene);
}

static void connection_beyond_the_limit_ends_the_longest_idle(void **state) {
    (void)state;
    struct scene scene = serve_with(3);
    struct dobos_socket *sockets[5];
    for (unsigned i = 0; i < 3; i++)
        sockets[i] = scene_connect(&scene, DOBOS_TCP, 80);
    scene_say(&scene, sockets[0], GET("/"));
    scene_hear(&scene, sockets[0], heard, sizeof(heard), &how);
    sockets[3] = scene_connect(&scene, DOBOS_TCP, 80); /* the second has been idle longest */
    scene_say(&scene, sockets[2], "BAD\r\n\r\n");
    scene_run(&scene, DOBOS_SECOND);
    sockets[4] = scene_connect(&scene, DOBOS_TCP, 80); /* the third lingers */
    for (unsigned i = 0; i < 5; i++) {
        bool is_gone = i == 1 || i == 2;
        if (is_gone) {
            scene_hear(&scene, sockets[i], heard, sizeof(heard), &how);
            assert_true(how == 0 || how == -DOBOS_ECONNRESET || how == -DOBOS_EPIPE);
        } else {
            scene_say(&scene, sockets[i], GET("/"));
            scene_hear(&scene, sockets[i], heard, sizeof(heard), &how);
            assert_string_equal(heard, HELLO_HEAD "\r\n<p>hello\n");
        }
        dobos_close(sockets[i]);
    }
    scene_destroy(&scene);
}

static void client_that_ends_early_ends_the_connection(void **state) {
    (void)state;
    static const char *const beginnings[] = {
        "", "GET /", "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nab"};
    struct scene scene = serve_with(0);
    for (size_t i = 0; i < array_length(beginnings); i++) {
        struct dobos_socket *socket = scene_connect(&scene, DOBOS_TCP, 80);
        scene_say(&scene, socket, beginnings[i]);
        assert_int_equal(dobos_shutdown(socket, DOBOS_SHUTDOWN_SEND), 0);
        scene_hear(&scene, socket, heard, sizeof(heard), &how);
        assert_string_equal(heard, "");
        assert_int_equal(how, 0);
        dobos_close(socket);
        assert_int_equal(connections_of(scene.pair->b.host), 0);
    }
    /* A client that ends its side behind whole requests gets its answers. */
    struct dobos_socket *socket = scene_connect(&scene, DOBOS_TCP, 80);
    scene_say(&scene, socket, GET("/") GET("/plain"));
    assert_int_equal(dobos_shutdown(socket, DOBOS_SHUTDOWN_SEND), 0);
    scene_hear(&scene, socket, heard, sizeof(heard), &how);
    assert_non_null(strstr(heard, "<p>hello\nHTTP"));
    assert_non_null(strstr(heard, "\r\n\r\ntext"));
    assert_int_equal(how, 0);
    dobos_close(socket);
    scene_destroy(&scene);
}

static void reset_in_the_midst_of_an_answer_ends_it(void **state) {
    (void)state;
    struct scene scene = serve_with(0);
    struct dobos_socket *socket = scene_connect(&scene, DOBOS_TCP, 80);
    scene_say(&scene, socket, GET("/big"));
    scene_run(&scene, 5 * DOBOS_MILLISECOND);
    dobos_abort(socket);
    scene_run(&scene, DOBOS_SECOND);
    assert_int_equal(connections_of(scene.pair->b.host), 0);
    assert_memory_equal(ask(&scene, GET("/")), "HTTP/1.1 200", 12);
    scene_destroy(&scene);
}

static void wrong_configuration_is_refused(void **state) {
    (void)state;
    struct scene scene = scene_create();
    struct dobos_host *host = scene.pair->b.host;
    char path[300] = "/", type[200];
    memset(path + 1, 'p', sizeof(path) - 2);
    path[sizeof(path) - 1] = 0;
    memset(type, 't', sizeof(type) - 1);
    type[sizeof(type) - 1] = 0;
    const struct dobos_http_page wrong[] = {
        {.path = NULL},
        {.path = ""},
        {.path = "x"},
        {.path = path},
        {.path = "/", .type = ""},
        {.path = "/", .type = "a\r\nSet-Cookie: b"},
        {.path = "/", .type = type},
    };
    struct dobos_service *service = NULL;
    for (size_t i = 0; i < array_length(wrong); i++) {
        struct dobos_http_config config = {
            .size = sizeof(config), .pages = &wrong[i], .page_count = 1};
        assert_int_equal(dobos_http_server_create(host, &config, &service), -DOBOS_EINVAL);
    }
    const struct dobos_http_page twice[] = {{.path = "/"}, {.path = "/"}};
    struct dobos_http_config config = {.size = sizeof(config), .pages = twice, .page_count = 2};
    assert_int_equal(dobos_http_server_create(host, &config, &service), -DOBOS_EINVAL);
    config.page_count = 65;
    assert_int_equal(dobos_http_server_create(host, &config, &service), -DOBOS_EINVAL);
    config = (struct dobos_http_config){.size = 0};
    assert_int_equal(dobos_http_server_create(host, &config, &service), -DOBOS_EINVAL);
    config.size = sizeof(config) + 1;
    assert_int_equal(dobos_http_server_create(host, &config, &service), -DOBOS_EINVAL);
    assert_null(service);
    /* A port has one owner. */
    config = (struct dobos_http_config){.size = sizeof(config)};
    int result = dobos_http_server_create(host, &config, &service);
    scene_add(&scene, result, service);
    assert_int_equal(dobos_http_server_create(host, &config, &service), -DOBOS_EADDRINUSE);
    scene_destroy(&scene);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(get_is_answered_with_the_page_and_the_connection_kept),
        cmocka_unit_test(head_is_answered_without_body),
        cmocka_unit_test(pipelined_requests_are_answered_in_order_up_to_close),
        cmocka_unit_test(old_version_closes_unless_asked_to_stay),
        cmocka_unit_test(other_methods_are_told_apart),
        cmocka_unit_test(upload_is_answered_with_length_and_hash),
        cmocka_unit_test(big_upload_arrives_whole),
        cmocka_unit_test(generated_body_is_the_pattern),
        cmocka_unit_test(client_that_waits_for_leave_gets_it),
        cmocka_unit_test(request_in_single_bytes_is_answered),
        cmocka_unit_test(refusal_is_not_overtaken_by_a_reset),
        cmocka_unit_test(refused_client_that_stays_is_left),
        cmocka_unit_test(trickled_head_ends_like_silence),
        cmocka_unit_test(slow_upload_goes_on_as_long_as_it_moves),
        cmocka_unit_test(client_that_does_not_read_is_left_within_two_minutes),
        cmocka_unit_test(client_that_drops_what_it_asked_for_is_left_within_ten_minutes),
        cmocka_unit_test(upload_over_a_dead_line_goes_on_when_it_lives),
        cmocka_unit_test(answer_over_a_dead_line_arrives_when_it_lives),
        cmocka_unit_test(connection_beyond_the_limit_ends_the_longest_idle),
        cmocka_unit_test(client_that_ends_early_ends_the_connection),
        cmocka_unit_test(reset_in_the_midst_of_an_answer_ends_it),
        cmocka_unit_test(wrong_configuration_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
