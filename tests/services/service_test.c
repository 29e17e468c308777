/* The example of dobos/services.h, compiled and run. */
#include "scene.h"

static void example_of_the_header_runs(void **state) {
    (void)state;
    struct pair *pair = pair_create(1, &(struct impairments){0});
    struct dobos_host *host = pair->a.host;
    dobos_time now = pair->now;
    const struct dobos_http_config config = {
        .size = sizeof config, .body = "hello\n", .body_length = 6};
    struct dobos_service *web = NULL;
    struct dobos_lookup *lookup = NULL;
    dobos_time web_again, lookup_again;
    if (dobos_http_server_create(host, &config, &web) < 0 ||
        dobos_getaddrinfo(host, "localhost", NULL, now, &lookup) < 0)
        fail();
    web_again = dobos_service_step(web, now);
    assert_true(web_again == DOBOS_NEVER);
    if (dobos_lookup_step(lookup, now, &lookup_again) == DOBOS_LOOKUP_FOUND)
        assert_true(dobos_address_is_loopback(&dobos_lookup_read(lookup)->addresses[0]));
    else
        fail();
    dobos_lookup_destroy(lookup);
    dobos_service_destroy(web);
    pair_destroy(pair);
}

/* A service says when it wants to be stepped: when its first connection has been idle too long. */
static void service_with_a_connection_has_a_deadline(void **state) {
    (void)state;
    struct scene scene = scene_create();
    struct dobos_service *echo = NULL;
    int result = dobos_echo_server_create(scene.pair->b.host, 0, &echo);
    scene_add(&scene, result, echo);
    assert_true(dobos_service_step(echo, scene.pair->now) == DOBOS_NEVER);
    struct dobos_socket *socket = scene_connect(&scene, DOBOS_TCP, 7);
    dobos_time again = dobos_service_step(echo, scene.pair->now);
    assert_true(again > scene.pair->now && again <= scene.pair->now + 60 * DOBOS_SECOND);
    dobos_close(socket);
    scene_run(&scene, DOBOS_SECOND);
    assert_true(dobos_service_step(echo, scene.pair->now) == DOBOS_NEVER);
    scene_destroy(&scene);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(example_of_the_header_runs),
        cmocka_unit_test(service_with_a_connection_has_a_deadline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
