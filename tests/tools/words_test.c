/* words: what stands behind addr, route, neigh and ss: which lines it leaves; and what they say of
 * links that are down, and of addresses that are not to be used. */
#include "asked.h"

#include <dobos/group.h>

#include <jansson.h>

static struct scene three_addresses(void) {
    struct scene scene = scene_create(NULL);
    struct dobos_interface_address leased = {.prefix = {dobos_address_ipv4(0x0a000007), 8},
                                             .valid_until = 3600 * DOBOS_SECOND,
                                             .preferred_until = 1800 * DOBOS_SECOND,
                                             .origin = DOBOS_ORIGIN_DHCP};
    struct dobos_route route = {.destination = {dobos_address_ipv4(0), 0},
                                .gateway = dobos_address_ipv4(PAIR_B),
                                .source = dobos_address_ipv4(0),
                                .origin = DOBOS_ORIGIN_DHCP};
    assert_int_equal(dobos_address_add(scene.pair->a.host, 2, &leased), 0);
    assert_int_equal(dobos_route_add(scene.pair->a.host, &route), 0);
    return scene;
}

static void addr_leaves_the_lines_that_were_asked_for(void **state) {
    (void)state;
    static const char lo_brief[] = "lo               UNKNOWN        127.0.0.1/8 \n";
    static const char leased[] = "2: eth0    inet 10.0.0.7/8 brd 10.255.255.255 scope global "
                                 "dynamic eth0\\       valid_lft 3600sec preferred_lft 1800sec\n";
    static const char by_hand[] = "2: eth0    inet 192.0.2.1/24 brd 192.0.2.255 scope global eth0\\"
                                  "       valid_lft forever preferred_lft forever\n";
    struct scene scene = three_addresses();
    struct dobos_host *host = scene.pair->a.host;
    char brief[200];
    (void)snprintf(brief, sizeof brief,
                   "%seth0             UP             192.0.2.1/24 10.0.0.7/8 \n", lo_brief);
    expect_host(&scene, host, "addr -br", 0, brief, "");
    expect_host(&scene, host, "addr -br show scope host", 0, lo_brief, "");
    expect_host(&scene, host, "addr -o show dynamic", 0, leased, "");
    expect_host(&scene, host, "addr -o ls dev eth0 permanent", 0, by_hand, "");
    expect_host(&scene, host, "addr -o to 192.0.2.0/24", 0, by_hand, "");
    expect_host(
        &scene, host, "addr -4 list eth0 up to 10.0.0.7", 0,
        "2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc pfifo_fast state UP qlen "
        "1000\n"
        "    inet 10.0.0.7/8 brd 10.255.255.255 scope global dynamic eth0\n"
        "       valid_lft 3600sec preferred_lft 1800sec\n",
        "");
    expect_host(&scene, host, "addr -4 show scope link", 0, "", "");
    expect_host(&scene, host, "addr show scope any", 2, "", NULL);
    expect_host(&scene, host, "addr show to 10.0.0", 2, "", NULL);
    expect_host(&scene, host, "addr show dev eth0 dev lo", 2, "",
                "dobos addr: dev: expected once only (see dobos addr --help)\n");
    expect_host(&scene, host, "addr show to", 2, "",
                "dobos addr: to: expected a value behind it (see dobos addr --help)\n");
    scene_destroy(&scene);
}

static void link_without_carrier_is_shown_as_iproute2_does(void **state) {
    (void)state;
    struct scene scene = scene_create(NULL);
    struct dobos_host *host = scene.pair->a.host;
    assert_int_equal(dobos_interface_carrier_set(host, 2, false), 0);
    expect_host(&scene, host, "addr show eth0", 0,
                "2: eth0: <NO-CARRIER,BROADCAST,MULTICAST,UP> mtu 1500 qdisc pfifo_fast state DOWN "
                "qlen 1000\n"
                "    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff\n"
                "    inet 192.0.2.1/24 brd 192.0.2.255 scope global eth0\n"
                "       valid_lft forever preferred_lft forever\n",
                "");
    expect_host(&scene, host, "route", 0,
                "192.0.2.0/24 dev eth0 proto kernel scope link src 192.0.2.1 linkdown \n", "");
    struct asked asked = ask_host(&scene, host, "route --json");
    assert_non_null(strstr(sink_text(&asked.out), "\"flags\":[\"linkdown\"]"));
    asked_fini(&asked);
    asked = ask_host(&scene, host, "addr --json show dev eth0");
    assert_non_null(strstr(sink_text(&asked.out), "\"operstate\":\"DOWN\""));
    assert_non_null(strstr(sink_text(&asked.out), "[\"NO-CARRIER\",\"BROADCAST\""));
    asked_fini(&asked);
    assert_int_equal(dobos_interface_carrier_set(host, 2, true), 0);
    expect_host(&scene, host, "route", 0,
                "192.0.2.0/24 dev eth0 proto kernel scope link src 192.0.2.1 \n", "");
    scene_destroy(&scene);
}

/* b has 192.0.2.2 already; 192.0.2.77 nobody has. */
static void address_that_is_probed_or_taken_says_so(void **state) {
    (void)state;
    static const uint32_t numbers[] = {0xc000024d, PAIR_B};
    struct scene scene = scene_create(NULL);
    struct dobos_host *host = scene.pair->a.host;
    for (size_t i = 0; i < 2; i++) {
        const struct dobos_interface_address address = {
            .prefix = {dobos_address_ipv4(numbers[i]), 24},
            .valid_until = DOBOS_NEVER,
            .preferred_until = DOBOS_NEVER,
            .origin = DOBOS_ORIGIN_STATIC,
            .state = DOBOS_ADDRESS_TENTATIVE};
        assert_int_equal(dobos_address_add(host, 2, &address), 0);
    }
    expect_host(&scene, host, "addr -o show to 192.0.2.77", 0,
                "2: eth0    inet 192.0.2.77/24 brd 192.0.2.255 scope global secondary tentative "
                "eth0\\       valid_lft forever preferred_lft forever\n",
                "");
    while (pair_step(scene.pair, 30 * DOBOS_SECOND) && scene.pair->now < 29 * DOBOS_SECOND)
        continue;
    expect_host(&scene, host, "addr -o show to 192.0.2.77", 0,
                "2: eth0    inet 192.0.2.77/24 brd 192.0.2.255 scope global secondary eth0\\       "
                "valid_lft forever preferred_lft forever\n",
                "");
    expect_host(&scene, host, "addr -o show to 192.0.2.2", 0,
                "2: eth0    inet 192.0.2.2/24 brd 192.0.2.255 scope global secondary dadfailed "
                "tentative eth0\\       valid_lft forever preferred_lft forever\n",
                "");
    struct asked asked = ask_host(&scene, host, "addr --json show to 192.0.2.2");
    assert_non_null(
        strstr(sink_text(&asked.out), "\"dadfailed\":true,\"tentative\":true,\"conflict\":\"02:"));
    assert_non_null(strstr(sink_text(&asked.out), "\",\"conflicts\":1,"));
    asked_fini(&asked);
    scene_destroy(&scene);
}

static void route_leaves_the_lines_that_were_asked_for(void **state) {
    (void)state;
    static const char by_default[] = "default via 192.0.2.2 dev eth0 proto dhcp \n";
    static const char ten[] = "10.0.0.0/8 dev eth0 proto kernel scope link src 10.0.0.7 \n";
    struct scene scene = three_addresses();
    struct dobos_host *host = scene.pair->a.host;
    expect_host(&scene, host, "route show default", 0, by_default, "");
    expect_host(&scene, host, "route ls 10.0.0.0/8", 0, ten, "");
    expect_host(&scene, host, "route list 10.0.0.0/9", 0, "", "");
    expect_host(&scene, host, "route show root 10.0.0.0/7", 0, ten, "");
    expect_host(&scene, host, "route show to root 10.0.0.0/7", 0, ten, "");
    expect_host(&scene, host, "route show to default", 0, by_default, "");
    expect_host(&scene, host, "route show 10.0.0", 2, "", NULL);
    expect_host(&scene, host, "route show exact 10.0.0.0/8 root 10.0.0.0/7", 2, "", NULL);
    char both[200];
    (void)snprintf(both, sizeof both, "%s%s", by_default, ten);
    expect_host(&scene, host, "route show match 10.9.9.9", 0, both, "");
    expect_host(&scene, host, "route show dev eth0 10.0.0.0/8", 0,
                "10.0.0.0/8 proto kernel scope link src 10.0.0.7 \n", "");
    expect_host(&scene, host, "route show dev eth9", 1, "",
                "dobos route: Cannot find device \"eth9\"\n");
    scene_destroy(&scene);
}

static void groups_are_shown_with_link_addresses_users_and_sources(void **state) {
    (void)state;
    struct scene scene = scene_create(NULL);
    struct dobos_host *host = scene.pair->a.host;
    struct dobos_socket *sockets[2];
    const struct dobos_address group = dobos_address_ipv4(0xef010203);
    const struct dobos_address alike = dobos_address_ipv4(0xe0810203);
    const struct dobos_address source = dobos_address_ipv4(0xc0000207);
    expect_host(&scene, host, "maddr", 0,
                "1:\tlo\n\tinet  224.0.0.1\n"
                "2:\teth0\n\tlink  01:00:5e:00:00:01\n\tinet  224.0.0.1\n",
                "");
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(dobos_socket_create(host, DOBOS_UDP, NULL, &sockets[i]), 0);
        assert_int_equal(dobos_group_join(sockets[i], 2, &group), 0);
    }
    assert_int_equal(dobos_group_join_source(sockets[0], 2, &alike, &source), 0);
    expect_host(&scene, host, "maddr show dev eth0", 0,
                "2:\teth0\n\tlink  01:00:5e:00:00:01\n\tlink  01:00:5e:01:02:03\n"
                "\tinet  224.0.0.1\n\tinet  239.1.2.3 users 2\n"
                "\tinet  224.129.2.3 include 192.0.2.7\n",
                "");
    dobos_close(sockets[1]);
    assert_int_equal(dobos_group_block(sockets[0], 2, &group, &source), 0);
    assert_int_equal(dobos_group_leave(sockets[0], 2, &alike), 0);
    expect_host(&scene, host, "maddr --json eth0", 0,
                "[{\"ifindex\":2,\"ifname\":\"eth0\",\"maddr\":[{\"link\":"
                "\"01:00:5e:00:00:01\"},{\"link\":\"01:00:5e:01:02:03\"},{\"family\":\"inet\","
                "\"address\":\"224.0.0.1\"},{\"family\":\"inet\",\"address\":\"239.1.2.3\","
                "\"exclude\":[\"192.0.2.7\"]}]}]\n",
                "");
    expect_host(&scene, host, "maddr dev eth9", 1, "",
                "dobos maddr: Device \"eth9\" does not exist.\n");
    expect_host(&scene, host, "maddr show dev", 2, "", NULL);
    dobos_close(sockets[0]);
    scene_destroy(&scene);
}

static void neighbours_are_shown_with_their_states(void **state) {
    (void)state;
    struct scene scene = scene_create(NULL);
    struct dobos_host *host = scene.pair->a.host;
    expect_host(&scene, host, "neigh", 0, "", "");
    expect_host(&scene, host, "neigh --json", 0, "[]\n", "");
    expect_host(&scene, host, "ping -c 1 192.0.2.2", 0, NULL, "");
    expect_host(&scene, host, "ping -c 1 192.0.2.99", 1, NULL, "");
    expect_host(&scene, host, "neigh", 0,
                "192.0.2.2 dev eth0 lladdr 02:00:00:00:00:02 REACHABLE \n"
                "192.0.2.99 dev eth0 FAILED \n",
                "");
    expect_host(&scene, host, "neigh show dev eth0 nud failed", 0, "192.0.2.99 FAILED \n", "");
    expect_host(&scene, host, "neigh ls 192.0.2.0/29", 0,
                "192.0.2.2 dev eth0 lladdr 02:00:00:00:00:02 REACHABLE \n", "");
    expect_host(&scene, host, "neigh nud stale nud permanent", 0, "", "");
    expect_host(&scene, host, "neigh --json nud reachable", 0,
                "[{\"dst\":\"192.0.2.2\",\"dev\":\"eth0\",\"lladdr\":\"02:00:00:00:00:02\","
                "\"state\":[\"REACHABLE\"]}]\n",
                "");
    expect_host(&scene, host, "neigh show dev eth9", 1, "",
                "dobos neigh: Cannot find device \"eth9\"\n");
    expect_host(&scene, host, "neigh nud bad", 2, "", NULL);
    expect_host(&scene, host, "neigh show dev", 2, "", NULL);
    expect_host(&scene, host, "neigh foo", 2, "", NULL);
    scene_destroy(&scene);
}

static void ss_leaves_the_sockets_that_were_asked_for(void **state) {
    (void)state;
    struct scene scene = scene_create(NULL);
    struct dobos_host *host = scene.pair->a.host;
    struct dobos_socket *listener, *udp;
    const struct dobos_endpoint web = {.address = dobos_address_ipv4(PAIR_A), .port = 80};
    const struct dobos_endpoint own = {.address = dobos_address_ipv4(PAIR_A), .port = 5000};
    const struct dobos_endpoint names = {.address = dobos_address_ipv4(PAIR_B), .port = 53};
    assert_int_equal(dobos_socket_create(host, DOBOS_TCP, NULL, &listener), 0);
    assert_int_equal(dobos_bind(listener, &web), 0);
    assert_int_equal(dobos_listen(listener, 5), 0);
    assert_int_equal(dobos_socket_create(host, DOBOS_UDP, NULL, &udp), 0);
    assert_int_equal(dobos_bind(udp, &own), 0);
    assert_int_equal(dobos_connect(udp, &names), 0);
    static const struct {
        const char *line;
        bool has_listener, has_udp;
    } rows[] = {
        {"ss -Han", true, true},
        {"ss -Hn", false, true},
        {"ss -Hn state listening", true, false},
        {"ss -Hn state all", true, true},
        {"ss -Han exclude listening", false, true},
        {"ss -Han state all exclude established", true, false},
        {"ss -Han state connected", false, true},
        {"ss -Han sport = :80", true, false},
        {"ss -Han sport :http", true, false},
        {"ss -Han sport != 80", false, true},
        {"ss -Han dport eq :domain and src 192.0.2.1", false, true},
        {"ss -Han dst 192.0.2.2:53", false, true},
        {"ss -Han dst 192.0.2.0/24", false, true},
        {"ss -Han src 192.0.2.0/24", true, true},
        {"ss -Han src *:80", true, false},
        {"ss -Han dst 192.0.2.2:54", false, false},
    };
    for (size_t i = 0; i < array_length(rows); i++) {
        struct asked asked = ask_host(&scene, host, rows[i].line);
        assert_string_equal(sink_text(&asked.error), "");
        assert_int_equal(strstr(sink_text(&asked.out), "192.0.2.1:80 ") != NULL,
                         rows[i].has_listener);
        assert_int_equal(strstr(sink_text(&asked.out), "192.0.2.1:5000 ") != NULL, rows[i].has_udp);
        asked_fini(&asked);
    }
    expect_host(&scene, host, "ss -tn state listening", 0,
                "Recv-Q Send-Q Local Address:Port Peer Address:PortProcess\n"
                "0      5          192.0.2.1:80        0.0.0.0:*          \n",
                "");
    static const char *const refused[] = {
        "ss -p",
        "ss state",
        "ss state open",
        "ss sport = :0",
        "ss sport",
        "ss dst 1.2.3",
        "ss src =",
        "ss foo",
        "ss ( sport = :80 )",
        "ss sport = :80 or sport = :81",
    };
    for (size_t i = 0; i < array_length(refused); i++)
        expect_host(&scene, host, refused[i], 2, "", NULL);
    dobos_close(listener);
    dobos_close(udp);
    scene_destroy(&scene);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addr_leaves_the_lines_that_were_asked_for),
        cmocka_unit_test(link_without_carrier_is_shown_as_iproute2_does),
        cmocka_unit_test(address_that_is_probed_or_taken_says_so),
        cmocka_unit_test(route_leaves_the_lines_that_were_asked_for),
        cmocka_unit_test(groups_are_shown_with_link_addresses_users_and_sources),
        cmocka_unit_test(neighbours_are_shown_with_their_states),
        cmocka_unit_test(ss_leaves_the_sockets_that_were_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
