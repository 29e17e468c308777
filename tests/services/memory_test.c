/*
 * Services without memory: each allocation of a service's making fails once, and then each
 * allocation of a host that serves itself over loopback while it answers. Nothing leaks, nothing is
 * half made, and with memory again all is served as before.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../packet/pool_fixture.h"

#include <dobos/dns.h>
#include <dobos/host.h>
#include <dobos/services.h>

#include "base/memory.h"

struct solo {
    struct pool_fixture pool; /* under the host */
    struct dobos_host *host;  /* alone, with lo */
    dobos_time now;           /* virtual */
};

static void solo_begin(struct solo *solo) {
    struct dobos_host_config config = {.size = sizeof(config), .name = "solo"};
    struct dobos_nameserver self = {dobos_address_ipv4(0x7f000001), DOBOS_ORIGIN_STATIC, 0};
    pool_fixture_begin(&solo->pool, 0);
    solo->now = 0;
    assert_int_equal(dobos_host_create(solo->pool.pool, &config, 0, &solo->host), 0);
    assert_int_equal(dobos_nameserver_add(solo->host, &self), 0);
}

static void solo_end(struct solo *solo) {
    dobos_host_destroy(solo->host);
    pool_fixture_end(&solo->pool);
}

typedef int (*create)(struct dobos_host *host, struct dobos_service **service);

static int create_http(struct dobos_host *host, struct dobos_service **service) {
    static const struct dobos_http_page pages[] = {
        {.path = "/", .body = "page\n", .body_length = 5},
        {.path = "/big", .type = "text/plain", .body_length = 40000},
    };
    struct dobos_http_config config = {.size = sizeof(config), .pages = pages, .page_count = 2};
    return dobos_http_server_create(host, &config, service);
}

static int create_dns(struct dobos_host *host, struct dobos_service **service) {
    static const struct dobos_dns_record records[] = {{"a.b.x", "A", "192.0.2.1", 60},
                                                      {"x", "MX", "10 a.b.x", 60}};
    static const struct dobos_dns_zone zones[] = {{"x", records, 2, NULL}, {"y", NULL, 0, NULL}};
    struct dobos_dns_config config = {.size = sizeof(config),
                                      .zones = zones,
                                      .zone_count = 2,
                                      .forward = {{{0}}},
                                      .forward_count = 1};
    config.forward[0] = dobos_address_ipv4(0x7f000009);
    return dobos_dns_server_create(host, &config, service);
}

static int create_echo(struct dobos_host *host, struct dobos_service **service) {
    return dobos_echo_server_create(host, 0, service);
}

static int create_discard(struct dobos_host *host, struct dobos_service **service) {
    return dobos_discard_server_create(host, 0, service);
}

static const create creates[] = {create_http, create_dns, create_echo, create_discard};

static void service_whose_making_fails_leaves_nothing(void **state) {
    (void)state;
    for (size_t i = 0; i < array_length(creates); i++) {
        bool has_failed = true;
        uint64_t failures = 0;
        for (uint64_t fail_at = 1; has_failed; fail_at++) {
            struct solo solo;
            struct dobos_service *service = NULL;
            solo_begin(&solo);
            solo.pool.memory.calls = 0;
            solo.pool.memory.fail_at = fail_at;
            int result = creates[i](solo.host, &service);
            has_failed = solo.pool.memory.calls >= fail_at;
            solo.pool.memory.fail_at = 0;
            assert_true(result == 0 || (has_failed && result == -DOBOS_ENOMEM));
            assert_int_equal(result == 0, service != NULL);
            if (result < 0) {
                failures++;
                /* What was not made is not in the way of what is made now. */
                assert_int_equal(creates[i](solo.host, &service), 0);
            }
            dobos_service_destroy(service);
            dobos_advance(solo.host, solo.now);
            solo_end(&solo);
        }
        assert_true(failures >= 4);
    }
}

static void no_service_is_ended_by_nothing(void **state) {
    (void)state;
    dobos_service_destroy(NULL);
    dobos_lookup_destroy(NULL);
}

/* ---- serving itself ---- */

static void solo_run(struct solo *solo, struct dobos_service *service, dobos_time duration) {
    for (dobos_time until = solo->now + duration; solo->now < until;
         solo->now += DOBOS_MILLISECOND) {
        dobos_advance(solo->host, solo->now);
        (void)dobos_service_step(service, solo->now);
    }
}

/* Asks for `request` on a new connection; how many bytes came back (the last of them in text), or a
 * negative error. */
static int64_t ask(struct solo *solo, struct dobos_service *service, uint16_t port,
                   const char *request, char text[512]) {
    struct dobos_endpoint to = {.address = dobos_address_ipv4(0x7f000001), .port = port};
    struct dobos_socket *socket;
    size_t sent = 0;
    int64_t got, length = 0;
    text[0] = 0;
    int result = dobos_socket_create(solo->host, DOBOS_TCP, NULL, &socket);
    if (result < 0)
        return result;
    result = dobos_connect(socket, &to);
    for (unsigned i = 0; i < 100 && (result == 0 || result == -DOBOS_EINPROGRESS); i++) {
        solo_run(solo, service, 10 * DOBOS_MILLISECOND);
        if (sent < strlen(request)) {
            got = dobos_send(socket, request + sent, strlen(request) - sent);
            sent += got > 0 ? (size_t)got : 0;
        }
        while ((got = dobos_receive(socket, text, 511)) > 0) {
            text[got] = 0;
            length += got;
        }
        if (got == 0)
            break;
    }
    dobos_close(socket);
    return length;
}

static const struct {
    create create;
    uint16_t port;
    const char *request;
} exchanges[] = {
    {create_http, 80,
     "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab"
     "GET /big HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"},
    {create_echo, 7, "echo this"},
    {create_discard, 9, "not this"},
};

static void service_without_memory_serves_again_when_there_is_some(void **state) {
    (void)state;
    for (size_t i = 0; i < array_length(exchanges); i++) {
        bool has_failed = true;
        int64_t whole = -1;
        for (uint64_t fail_at = 0; has_failed; fail_at++) {
            struct solo solo;
            struct dobos_service *service = NULL;
            char text[512];
            solo_begin(&solo);
            assert_int_equal(exchanges[i].create(solo.host, &service), 0);
            solo.pool.memory.calls = 0;
            solo.pool.memory.fail_at = fail_at;
            int64_t got = ask(&solo, service, exchanges[i].port, exchanges[i].request, text);
            has_failed = fail_at == 0 || solo.pool.memory.calls >= fail_at;
            if (fail_at == 0)
                whole = got;
            assert_true(got <= whole);
            solo.pool.memory.fail_at = 0;
            assert_int_equal(ask(&solo, service, exchanges[i].port, exchanges[i].request, text),
                             whole);
            dobos_service_destroy(service);
            solo_end(&solo);
        }
        assert_true(whole == 0 ? exchanges[i].port == 9 : whole >= 9);
    }
}

/* A lookup without memory ends as a failure of some kind, or finds what it looked for. */
static void lookup_without_memory_ends(void **state) {
    (void)state;
    bool has_failed = true;
    for (uint64_t fail_at = 1; has_failed; fail_at++) {
        struct solo solo;
        struct dobos_service *service = NULL;
        struct dobos_lookup *lookup = NULL;
        dobos_time again;
        solo_begin(&solo);
        assert_int_equal(create_dns(solo.host, &service), 0);
        solo.pool.memory.calls = 0;
        solo.pool.memory.fail_at = fail_at;
        int result = dobos_getaddrinfo(solo.host, "a.b.x", NULL, solo.now, &lookup);
        assert_true(result == 0 || result == -DOBOS_ENOMEM);
        for (unsigned i = 0; lookup && i < 2000; i++) {
            if (dobos_lookup_step(lookup, solo.now, &again) != DOBOS_LOOKUP_PENDING)
                break;
            solo_run(&solo, service, 10 * DOBOS_MILLISECOND);
        }
        has_failed = solo.pool.memory.calls >= fail_at;
        if (lookup)
            assert_int_equal(dobos_lookup_read(lookup)->status, DOBOS_LOOKUP_FOUND);
        dobos_lookup_destroy(lookup);
        dobos_service_destroy(service);
        solo_end(&solo);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(service_whose_making_fails_leaves_nothing),
        cmocka_unit_test(no_service_is_ended_by_nothing),
        cmocka_unit_test(service_without_memory_serves_again_when_there_is_some),
        cmocka_unit_test(lookup_without_memory_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
