/* dhcp_service: a DHCP server on a host: what it refuses to be made with, and its port. */
#include "scene.h"

static struct dobos_dhcp_server_config config_of(uint32_t first, uint32_t last) {
    return (struct dobos_dhcp_server_config){.size = sizeof(struct dobos_dhcp_server_config),
                                             .interface = 2,
                                             .first = dobos_address_ipv4(first),
                                             .last = dobos_address_ipv4(last)};
}

static void assert_refused(struct scene *scene, struct dobos_dhcp_server_config config,
                           const char *expected, size_t expected_bad) {
    struct dobos_service *service = NULL;
    const char *reason = NULL;
    size_t bad = 77;
    config.reason = &reason;
    config.bad_reservation = &bad;
    assert_int_equal(dobos_dhcp_server_create(scene->pair->b.host, &config, &service),
                     -DOBOS_EINVAL);
    assert_string_equal(reason, expected);
    assert_int_equal(bad, expected_bad);
    assert_null(service);
}

static void wrong_configurations_are_refused_with_a_reason(void **state) {
    (void)state;
    struct scene scene = scene_create();
    struct dobos_dhcp_server_config config = config_of(0xc0000264, 0xc00002c8);
    config.interface = 9;
    assert_refused(&scene, config, "there is no such interface", SIZE_MAX);
    config.interface = 1;
    assert_refused(&scene, config, "there is no such interface", SIZE_MAX);
    assert_refused(&scene, config_of(0xc00002c8, 0xc0000264),
                   "the pool's first address is behind its last", SIZE_MAX);
    assert_refused(&scene, config_of(0xc0000164, 0xc00002c8),
                   "the pool is not inside the interface's subnet", SIZE_MAX);
    assert_refused(&scene, config_of(0xc0000200, 0xc00002c8),
                   "the pool is not inside the interface's subnet", SIZE_MAX);
    config = config_of(0xc0000264, 0xc00002c8);
    config.lease_s = 9;
    assert_refused(&scene, config, "a lease is 10 s to 2^31 s long", SIZE_MAX);
    config.lease_s = 0x80000001;
    assert_refused(&scene, config, "a lease is 10 s to 2^31 s long", SIZE_MAX);
    config.lease_s = 0;
    config.nameserver_count = 4;
    assert_refused(&scene, config, "there are more than 3 name servers", SIZE_MAX);
    config.nameserver_count = 0;
    config.domain = "a..b";
    assert_refused(&scene, config, "this is no domain name", SIZE_MAX);
    config.domain = NULL;
    struct dobos_dhcp_reservation two[2] = {
        {.mac = {{2, 0, 0, 0, 0, 9}}, .address = dobos_address_ipv4(0xc0000270)},
        {.mac = {{2, 0, 0, 0, 0, 9}}, .address = dobos_address_ipv4(0xc0000271)},
    };
    config.reservations = two;
    config.reservation_count = 2;
    assert_refused(&scene, config, "this client has a reservation already", 1);
    two[1].address = two[0].address;
    assert_refused(&scene, config, "this address is reserved twice", 1);
    two[0].address = dobos_address_ipv4(PAIR_B);
    assert_refused(&scene, config, "this address is the server's own", 0);
    two[0].address = dobos_address_ipv4(0xc00002ff);
    assert_refused(&scene, config, "this address is not inside the interface's subnet", 0);
    config.size = 0;
    struct dobos_service *service = NULL;
    assert_int_equal(dobos_dhcp_server_create(scene.pair->b.host, &config, &service),
                     -DOBOS_EINVAL);
    scene_destroy(&scene);
}

static void one_server_has_the_port_of_an_interface(void **state) {
    (void)state;
    struct scene scene = scene_create();
    const struct dobos_interface_config more = {
        .size = sizeof more, .name = "eth1", .mac = {{2, 0, 0, 0, 1, 2}}};
    const struct dobos_interface_address address = {
        .prefix = {dobos_address_ipv4(0xc6336401), 24},
        .valid_until = DOBOS_NEVER,
        .preferred_until = DOBOS_NEVER,
    };
    struct dobos_host *host = scene.pair->b.host;
    struct dobos_dhcp_server_config config = config_of(0xc0000264, 0xc00002c8);
    struct dobos_service *service = NULL;
    struct dobos_lease lease;
    int result;
    result = dobos_dhcp_server_create(host, &config, &service);
    scene_add(&scene, result, service);
    assert_string_equal(dobos_service_name(service), "dhcp");
    assert_int_equal(dobos_dhcp_lease_read(service, 0, &lease), -DOBOS_ENOENT);
    assert_int_equal(dobos_dhcp_server_create(host, &config, &service), -DOBOS_EADDRINUSE);
    assert_int_equal(dobos_interface_add(host, &more), 3);
    config = config_of(0xc6336464, 0xc6336465);
    config.interface = 3;
    assert_int_equal(dobos_dhcp_server_create(host, &config, &service), -DOBOS_EINVAL);
    assert_int_equal(dobos_address_add(host, 3, &address), 0);
    result = dobos_dhcp_server_create(host, &config, &service);
    scene_add(&scene, result, service);
    result = dobos_echo_server_create(host, 0, &service);
    scene_add(&scene, result, service);
    assert_int_equal(dobos_dhcp_lease_read(service, 0, &lease), -DOBOS_EINVAL);
    scene_run(&scene, DOBOS_SECOND);
    scene_destroy(&scene);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_configurations_are_refused_with_a_reason),
        cmocka_unit_test(one_server_has_the_port_of_an_interface),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
