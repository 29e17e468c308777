/* Names of DHCP clients: a leases from b, whose name server then knows it by its name. */
#include "scene.h"

#include "dns_fixture.h"

static const struct dobos_dns_record records[] = {
    {"printer.home.arpa", "A", "192.0.2.200", 60},
    {"sub.home.arpa", "NS", "ns.elsewhere.test", 60},
};
static const struct dobos_dns_zone zone = {"home.arpa", records, array_length(records), NULL};

static const char *ask(struct scene *scene, const char *name, const char *type) {
    static uint8_t bytes[2048];
    struct dobos_socket *socket = scene_connect(scene, DOBOS_UDP, 53);
    struct dns_query query = dns_query_make(name, type);
    scene_send(scene, socket, query.bytes, query.length);
    scene_run(scene, 10 * DOBOS_MILLISECOND);
    int64_t got = dobos_receive(socket, bytes, sizeof(bytes));
    dobos_close(socket);
    assert_true(got > 0);
    return dns_show(bytes, (size_t)got);
}

/* b leases 192.0.2.100 to a, which calls itself by that name, and knows names of that domain. */
static struct scene lease(const char *name, const char *domain, const struct dobos_dns_zone *own) {
    struct scene scene = scene_create();
    const struct dobos_dhcp_server_config server = {.size = sizeof(server),
                                                    .interface = 2,
                                                    .first = dobos_address_ipv4(0xc0000264),
                                                    .last = dobos_address_ipv4(0xc0000264),
                                                    .lease_s = 120};
    const struct dobos_dhcp_client_config client = {
        .size = sizeof(client), .interface = 2, .hostname = name};
    struct dobos_service *services[3] = {0};
    int result = dobos_dhcp_server_create(scene.pair->b.host, &server, &services[0]);
    scene_add(&scene, result, services[0]);
    result = dobos_dhcp_client_create(scene.pair->a.host, &client, &services[1]);
    scene_add(&scene, result, services[1]);
    const struct dobos_dns_config config = {.size = sizeof(config),
                                            .zones = own,
                                            .zone_count = own != NULL,
                                            .leases = services[0],
                                            .domain = domain};
    result = dobos_dns_server_create(scene.pair->b.host, &config, &services[2]);
    scene_add(&scene, result, services[2]);
    scene_run(&scene, 30 * DOBOS_SECOND);
    struct dobos_dhcp_client_info info;
    assert_int_equal(dobos_dhcp_client_read(services[1], &info), 0);
    assert_int_equal(info.state, DOBOS_DHCP_BOUND);
    return scene;
}

static void bound_client_is_known_by_its_name(void **state) {
    (void)state;
    struct scene scene = lease("laptop", "home.arpa", NULL);
    assert_string_equal(ask(&scene, "Laptop.home.ARPA", "A"),
                        "NOERROR aa\nanswer Laptop.home.ARPA 60 A 192.0.2.100\n");
    assert_string_equal(ask(&scene, "100.2.0.192.in-addr.arpa", "PTR"),
                        "NOERROR aa\nanswer 100.2.0.192.in-addr.arpa 60 PTR laptop.home.arpa\n");
    static const char soa[] = "authority home.arpa 10 SOA ns.home.arpa hostmaster.home.arpa 10\n";
    char expected[200];
    (void)snprintf(expected, sizeof(expected), "NOERROR aa\n%s", soa);
    assert_string_equal(ask(&scene, "laptop.home.arpa", "MX"), expected);
    (void)snprintf(expected, sizeof(expected), "NXDOMAIN aa\n%s", soa);
    assert_string_equal(ask(&scene, "desk.home.arpa", "A"), expected);
    assert_string_equal(ask(&scene, "a.laptop.home.arpa", "A"), expected);
    assert_string_equal(ask(&scene, "laptop", "A"), "REFUSED\n");
    assert_string_equal(ask(&scene, "101.2.0.192.in-addr.arpa", "PTR"), "REFUSED\n");
    assert_string_equal(ask(&scene, "0100.2.0.192.in-addr.arpa", "PTR"), "REFUSED\n");
    assert_string_equal(ask(&scene, "100.2.0.192.in-addr.test", "PTR"), "REFUSED\n");
    assert_string_equal(ask(&scene, "1a0.2.0.192.in-addr.arpa", "PTR"), "REFUSED\n");
    assert_string_equal(ask(&scene, "home.arpa", "NS"),
                        "NOERROR aa\nanswer home.arpa 300 NS ns.home.arpa\n"
                        "additional ns.home.arpa 300 A 192.0.2.2\n");
    /* Who has gone is forgotten. */
    dobos_dhcp_client_release(scene.services[1], scene.pair->now);
    scene_run(&scene, DOBOS_SECOND);
    assert_string_equal(ask(&scene, "laptop.home.arpa", "A"), expected);
    scene_destroy(&scene);
}

static void zone_comes_before_the_client_of_that_name(void **state) {
    (void)state;
    struct scene scene = lease("printer", "home.arpa", &zone);
    assert_string_equal(ask(&scene, "printer.home.arpa", "A"),
                        "NOERROR aa\nanswer printer.home.arpa 60 A 192.0.2.200\n");
    assert_string_equal(ask(&scene, "100.2.0.192.in-addr.arpa", "PTR"),
                        "NOERROR aa\nanswer 100.2.0.192.in-addr.arpa 60 PTR printer.home.arpa\n");
    scene_destroy(&scene);
}

static void without_a_domain_it_is_the_name_alone(void **state) {
    (void)state;
    struct scene scene = lease("laptop", NULL, NULL);
    assert_string_equal(ask(&scene, "laptop", "A"), "NOERROR aa\nanswer laptop 60 A 192.0.2.100\n");
    assert_string_equal(ask(&scene, "100.2.0.192.in-addr.arpa", "ANY"),
                        "NOERROR aa\nanswer 100.2.0.192.in-addr.arpa 60 PTR laptop\n");
    assert_string_equal(ask(&scene, "desk", "A"), "REFUSED\n");
    scene_destroy(&scene);
}

static void leases_of_another_service_are_refused(void **state) {
    (void)state;
    struct scene scene = scene_create();
    struct dobos_service *echo = NULL, *dns = NULL;
    int result = dobos_echo_server_create(scene.pair->b.host, 0, &echo);
    scene_add(&scene, result, echo);
    const char *reason = NULL;
    struct dobos_dns_config config = {.size = sizeof(config), .leases = echo, .reason = &reason};
    assert_int_equal(dobos_dns_server_create(scene.pair->b.host, &config, &dns), -DOBOS_EINVAL);
    assert_string_equal(reason, "the leases are not a DHCP server's");
    scene_destroy(&scene);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bound_client_is_known_by_its_name),
        cmocka_unit_test(zone_comes_before_the_client_of_that_name),
        cmocka_unit_test(without_a_domain_it_is_the_name_alone),
        cmocka_unit_test(leases_of_another_service_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
