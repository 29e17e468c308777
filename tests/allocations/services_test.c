/* Scenarios of layer 5 whose every allocation fails once (stage.h): services on b, clients on a. */
#include "../services/lease_journal.h"
#include "stage.h"

/* A client says something to a port of b and takes what comes, until the end or for a while. */
static size_t ask(struct stage *s, uint16_t port, const char *text, size_t length) {
    uint8_t bytes[2048];
    size_t heard = 0;
    struct dobos_socket *socket = stage_connect(s, s->a, STAGE_B, port);
    if (!socket)
        return 0;
    stage_run(s, DOBOS_SECOND);
    (void)dobos_send(socket, text, length);
    for (unsigned turn = 0; turn < 40; turn++) {
        stage_run(s, 100 * DOBOS_MILLISECOND);
        int64_t got = dobos_receive(socket, bytes, sizeof(bytes));
        if (got == 0 || (got < 0 && got != -DOBOS_EAGAIN && got != -DOBOS_ENOMEM))
            break;
        heard += got > 0 ? (size_t)got : 0;
    }
    dobos_close(socket);
    return heard;
}

static size_t ask_datagram(struct stage *s, uint16_t port, const void *bytes, size_t length) {
    uint8_t got[2048];
    struct dobos_socket *socket = stage_udp(s, s->a, 0);
    struct dobos_message message = {.peer = stage_endpoint(STAGE_B, port)};
    int64_t heard = 0;
    if (!socket)
        return 0;
    (void)stage_can(s, dobos_send_message(socket, bytes, length, &message));
    stage_run(s, DOBOS_SECOND);
    if (!stage_can_or(s, heard = dobos_receive(socket, got, sizeof(got)), -DOBOS_EAGAIN))
        heard = 0;
    dobos_close(socket);
    return (size_t)heard;
}

static void http(struct stage *s) {
    static const char page[] = "GET / HTTP/1.1\r\nHost: b\r\n\r\nGET /none HTTP/1.0\r\n\r\n";
    static const char put[] = "PUT /x HTTP/1.1\r\nHost: b\r\nContent-Length: 5\r\n"
                              "Connection: close\r\n\r\nhello";
    struct dobos_http_page pages[] = {
        {.path = "/", .body = "hello\n", .body_length = 6},
        {.path = "/big", .body_length = 20000},
    };
    struct dobos_http_config config = {
        .size = sizeof(config), .pages = pages, .page_count = 2, .connections = 3};
    struct dobos_service *service = NULL;
    int result = dobos_http_server_create(s->b, &config, &service);
    stage_serve(s, result, service);
    stage_expect(s, ask(s, 80, page, sizeof(page) - 1) > 100);
    stage_expect(s, ask(s, 80, put, sizeof(put) - 1) > 60);
    stage_expect(s, ask(s, 80, "GET /big HTTP/1.0\r\n\r\n", 21) > 2000);
    stage_run(s, 70 * DOBOS_SECOND);
}

static void echo_and_discard(struct stage *s) {
    struct dobos_service *echo = NULL, *discard = NULL;
    int result = dobos_echo_server_create(s->b, 0, &echo);
    stage_serve(s, result, echo);
    result = dobos_discard_server_create(s->b, 0, &discard);
    stage_serve(s, result, discard);
    stage_expect(s, ask(s, 7, "to and fro", 10) == 10);
    stage_expect(s, ask(s, 9, "to nowhere", 10) == 0);
    stage_expect(s, ask_datagram(s, 7, "to and fro", 10) == 10);
    stage_expect(s, ask_datagram(s, 9, "to nowhere", 10) == 0);
}

static void dns_open(struct stage *s) {
    static const struct dobos_dns_record records[] = {
        {.name = "www.example.org", .type = "CNAME", .data = "example.org", .ttl = 60},
        {.name = "example.org", .type = "A", .data = "192.0.2.7", .ttl = 60},
        {.name = "example.org", .type = "TXT", .data = "\"some words\"", .ttl = 60},
        {.name = "example.org", .type = "MX", .data = "10 mail.example.org", .ttl = 60},
    };
    static const struct dobos_dns_zone zone = {
        .name = "example.org", .records = records, .record_count = 4};
    const struct dobos_dns_config config = {
        .size = sizeof(config), .zones = &zone, .zone_count = 1};
    struct dobos_service *service = NULL;
    int result = dobos_dns_server_create(s->b, &config, &service);
    stage_serve(s, result, service);
}

static void dns(struct stage *s) {
    static const char query[] = "\0\35\x12\x34\0\0\0\1\0\0\0\0\0\0\7example\3org\0\0\xff\0\1";
    dns_open(s);
    stage_expect(s, ask_datagram(s, 53, query + 2, 29) > 40);
    stage_expect(s, ask(s, 53, query, 31) > 40);
    stage_expect(s, ask_datagram(s, 53, query + 2, 20) > 0);
}

static void resolver(struct stage *s) {
    static const char *const names[] = {"www.example.org", "example", "none.example.org",
                                        "192.0.2.1", "localhost"};
    struct dobos_nameserver dead = {.address = dobos_address_ipv4(STAGE_DEAD)};
    struct dobos_search search = {.domain = "org"};
    struct dobos_nameserver server = {.address = dobos_address_ipv4(STAGE_B)};
    dns_open(s);
    (void)stage_can(s, dobos_nameserver_add(s->a, &dead));
    (void)stage_can(s, dobos_nameserver_add(s->a, &server));
    (void)stage_can(s, dobos_search_add(s->a, &search));
    for (unsigned i = 0; i < 5; i++) {
        dobos_time again;
        if (!stage_can(s, dobos_getaddrinfo(s->a, names[i], NULL, s->now, &s->lookup)))
            continue;
        stage_run(s, 100 * DOBOS_SECOND);
        enum dobos_lookup_status status = dobos_lookup_step(s->lookup, s->now, &again);
        assert_int_not_equal(status, DOBOS_LOOKUP_PENDING);
        stage_expect(s, (status == DOBOS_LOOKUP_FOUND) == (i != 2));
        dobos_lookup_destroy(s->lookup);
        s->lookup = NULL;
    }
}

/* The router leases addresses to a, whose lease is renewed and given back, over a restart of the
 * server. */
static void dhcp(struct stage *s) {
    static struct lease_journal journal;
    const struct dobos_lease_store store = lease_journal_store(&journal);
    const struct dobos_dhcp_server_config config = {.size = sizeof(config),
                                                    .interface = 2,
                                                    .first = dobos_address_ipv4(STAGE_A + 98),
                                                    .last = dobos_address_ipv4(STAGE_A + 103),
                                                    .lease_s = 40,
                                                    .router = dobos_address_ipv4(STAGE_NEAR),
                                                    .nameservers = {dobos_address_ipv4(STAGE_B)},
                                                    .nameserver_count = 1,
                                                    .domain = "example.org",
                                                    .store = &store};
    const struct dobos_dhcp_client_config client_config = {
        .size = sizeof(client_config), .interface = 2, .hostname = "alice", .route_metric = 9};
    memset(&journal, 0, sizeof(journal));
    struct dobos_service *server = NULL, *client = NULL;
    struct dobos_dhcp_client_info info = {.state = DOBOS_DHCP_INIT};
    int made = dobos_dhcp_client_create(s->a, &client_config, &client);
    stage_serve(s, made, client);
    for (unsigned boot = 0; boot < 2; boot++) {
        server = NULL;
        (void)stage_can(s, dobos_dhcp_server_create(s->r, &config, &server));
        if (server)
            s->services[s->service_count++] = server;
        stage_run(s, 60 * DOBOS_SECOND);
        if (client && s->service_count > 0 && s->services[0] == client)
            assert_int_equal(dobos_dhcp_client_read(client, &info), 0);
        stage_expect(s, info.state == DOBOS_DHCP_BOUND);
        if (server)
            dobos_service_destroy(s->services[--s->service_count]);
    }
    if (s->service_count > 0)
        dobos_dhcp_client_release(s->services[0], s->now);
    stage_run(s, DOBOS_SECOND);
}

/* The router asks b for a, and remembers. */
static void forwarder(struct stage *s) {
    static const char *const names[] = {"www.example.org", "none.example.org", "www.example.org",
                                        "elsewhere.test", "example.org"};
    const struct dobos_dns_config config = {
        .size = sizeof(config), .forward = {dobos_address_ipv4(STAGE_B)}, .forward_count = 1};
    struct dobos_nameserver near = {.address = dobos_address_ipv4(STAGE_NEAR)};
    struct dobos_service *service = NULL;
    dns_open(s);
    int result = dobos_dns_server_create(s->r, &config, &service);
    stage_serve(s, result, service);
    (void)stage_can(s, dobos_nameserver_add(s->a, &near));
    for (unsigned i = 0; i < 5; i++) {
        dobos_time again;
        if (!stage_can(s, dobos_getaddrinfo(s->a, names[i], NULL, s->now, &s->lookup)))
            continue;
        stage_run(s, 100 * DOBOS_SECOND);
        enum dobos_lookup_status status = dobos_lookup_step(s->lookup, s->now, &again);
        stage_expect(s, (status == DOBOS_LOOKUP_FOUND) == (i % 2 == 0));
        dobos_lookup_destroy(s->lookup);
        s->lookup = NULL;
    }
}

#define SCENARIO(name)                                            \
    static void name##_survives_each_failure_once(void **state) { \
        (void)state;                                              \
        stage_try(name);                                          \
    }
SCENARIO(http)
SCENARIO(echo_and_discard)
SCENARIO(dns)
SCENARIO(resolver)
SCENARIO(dhcp)
SCENARIO(forwarder)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(http_survives_each_failure_once),
        cmocka_unit_test(echo_and_discard_survives_each_failure_once),
        cmocka_unit_test(dns_survives_each_failure_once),
        cmocka_unit_test(resolver_survives_each_failure_once),
        cmocka_unit_test(dhcp_survives_each_failure_once),
        cmocka_unit_test(forwarder_survives_each_failure_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
