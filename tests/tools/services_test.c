/* services: by name, alias, port and protocol; the table's order; what is refused. */
#include "asked.h"

#include "tools/service_names.h"

static void name_gives_its_port(void **state) {
    (void)state;
    expect("services http", 0,
           "http                  80/tcp www                        # the web\n", "");
    expect("services www", 0, "http                  80/tcp www                        # the web\n",
           "");
    expect("services HTTP/tcp", 0,
           "http                  80/tcp www                        # the web\n", "");
}

static void port_gives_each_protocol(void **state) {
    (void)state;
    expect("services 53", 0,
           "domain                53/tcp dns                        # domain name system\n"
           "domain                53/udp dns                        # domain name system\n",
           "");
    expect("services 53/udp", 0,
           "domain                53/udp dns                        # domain name system\n", "");
    expect("services --json 67", 0,
           "[{\"name\":\"bootps\",\"port\":67,\"protocol\":\"udp\",\"aliases\":[\"dhcps\"],"
           "\"description\":\"DHCP: the server's side\"}]\n",
           "");
}

static void unknown_exits_2_as_getent(void **state) {
    (void)state;
    expect("services nosuch", 2, "", "dobos services: nosuch: not in the list\n");
    expect("services http/udp", 2, "", "dobos services: http/udp: not in the list\n");
    expect("services --json nosuch", 2, "[]\n", NULL);
    expect("services 0", 2, "", NULL);
    expect(
        "services 65536", 2, "",
        "dobos services: '65536': expected a port from 1 to 65535 (see dobos services --help)\n");
    expect("services http/sctp", 2, "", NULL);
    expect("services /tcp", 2, "", NULL);
    expect("services http ftp", 2, "", NULL);
}

static void textbook_services_are_there(void **state) {
    (void)state;
    static const struct {
        const char *name;
        enum dobos_protocol protocol;
        uint16_t port;
    } rows[] = {
        {"ftp-data", DOBOS_TCP, 20}, {"ftp", DOBOS_TCP, 21},         {"ssh", DOBOS_TCP, 22},
        {"telnet", DOBOS_TCP, 23},   {"smtp", DOBOS_TCP, 25},        {"domain", DOBOS_UDP, 53},
        {"bootps", DOBOS_UDP, 67},   {"bootpc", DOBOS_UDP, 68},      {"http", DOBOS_TCP, 80},
        {"pop3", DOBOS_TCP, 110},    {"ntp", DOBOS_UDP, 123},        {"imap", DOBOS_TCP, 143},
        {"https", DOBOS_TCP, 443},   {"submission", DOBOS_TCP, 587}, {"imaps", DOBOS_TCP, 993},
        {"pop3s", DOBOS_TCP, 995},
    };
    for (size_t i = 0; i < array_length(rows); i++) {
        const char *name = service_name_of(rows[i].protocol, rows[i].port);
        assert_non_null(name);
        assert_string_equal(name, rows[i].name);
    }
    assert_null(service_name_of(DOBOS_UDP, 80));
    assert_null(service_name_of(DOBOS_TCP, 60000));
}

static void table_is_sorted_and_each_name_stands_once_a_protocol(void **state) {
    (void)state;
    const struct service_name *a;
    unsigned count = 0;
    for (unsigned i = 0; (a = service_name_nth(i)) != NULL; i++) {
        const struct service_name *b;
        assert_true(a->tcp || a->udp);
        assert_true(a->port > 0);
        for (unsigned j = 0; j < i; j++) {
            b = service_name_nth(j);
            assert_true(b->port <= a->port);
            if ((a->tcp && b->tcp) || (a->udp && b->udp)) {
                assert_false(service_name_is(b, a->name));
                assert_false(service_name_is(a, b->name));
            }
        }
        count++;
    }
    assert_true(count > 100 && count < 200);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(name_gives_its_port),
        cmocka_unit_test(port_gives_each_protocol),
        cmocka_unit_test(unknown_exits_2_as_getent),
        cmocka_unit_test(textbook_services_are_there),
        cmocka_unit_test(table_is_sorted_and_each_name_stands_once_a_protocol),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
