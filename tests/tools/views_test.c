/* views: addr, route, ss and stat of hosts made by hand, against golden texts. */
#include "asked.h"

#include <dobos/rules.h>

#include <jansson.h>

static void address_give(struct dobos_host *host, uint32_t interface, const char *text,
                         dobos_time valid, dobos_time preferred) {
    struct dobos_interface_address address = {.valid_until = valid,
                                              .preferred_until = preferred,
                                              .origin = valid == DOBOS_NEVER ? DOBOS_ORIGIN_STATIC
                                                                             : DOBOS_ORIGIN_DHCP};
    assert_int_equal(dobos_prefix_parse(text, &address.prefix, NULL), 0);
    assert_int_equal(dobos_address_add(host, interface, &address), 0);
}

static void route_give(struct dobos_host *host, const char *to, const char *via, uint32_t metric,
                       const char *source) {
    struct dobos_route route = {.metric = metric,
                                .origin = DOBOS_ORIGIN_STATIC,
                                .gateway = dobos_address_ipv4(0),
                                .source = dobos_address_ipv4(0)};
    assert_int_equal(dobos_prefix_parse(to, &route.destination, NULL), 0);
    if (via)
        assert_int_equal(dobos_address_parse(via, &route.gateway, NULL), 0);
    else
        route.interface = 2;
    if (source)
        assert_int_equal(dobos_address_parse(source, &route.source, NULL), 0);
    assert_int_equal(dobos_route_add(host, &route), 0);
}

static void addr_shows_the_layout_of_iproute2(void **state) {
    (void)state;
    struct scene scene = scene_create(NULL);
    struct dobos_host *host = scene.pair->a.host;
    address_give(host, 2, "192.0.2.9/24", DOBOS_NEVER, DOBOS_NEVER);
    address_give(host, 2, "10.0.0.1/31", DOBOS_NEVER, DOBOS_NEVER);
    address_give(host, 2, "10.9.0.1/32", DOBOS_NEVER, DOBOS_NEVER);
    address_give(host, 2, "10.7.0.1/24", 100 * DOBOS_SECOND, 50 * DOBOS_SECOND);
    expect_host(&scene, host, "addr", 0,
                "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN\n"
                "    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n"
                "    inet 127.0.0.1/8 scope host lo\n"
                "       valid_lft forever preferred_lft forever\n"
                "2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc pfifo_fast state UP "
                "qlen 1000\n"
                "    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff\n"
                "    inet 192.0.2.1/24 brd 192.0.2.255 scope global eth0\n"
                "       valid_lft forever preferred_lft forever\n"
                "    inet 10.0.0.1/31 scope global eth0\n"
                "       valid_lft forever preferred_lft forever\n"
                "    inet 10.9.0.1/32 scope global eth0\n"
                "       valid_lft forever preferred_lft forever\n"
                "    inet 10.7.0.1/24 brd 10.7.0.255 scope global dynamic eth0\n"
                "       valid_lft 100sec preferred_lft 50sec\n"
                "    inet 192.0.2.9/24 brd 192.0.2.255 scope global secondary eth0\n"
                "       valid_lft forever preferred_lft forever\n",
                "");
    scene_destroy(&scene);
}

static void addr_json_has_the_fields_of_iproute2(void **state) {
    (void)state;
    struct scene scene = scene_create(NULL);
    expect_host(&scene, scene.pair->a.host, "addr show dev eth0 --json", 0,
                "[{\"ifindex\":2,\"ifname\":\"eth0\",\"flags\":[\"BROADCAST\",\"MULTICAST\",\"UP\","
                "\"LOWER_UP\"],\"mtu\":1500,\"qdisc\":\"pfifo_fast\",\"operstate\":\"UP\","
                "\"txqlen\":1000,\"link_type\":\"ether\",\"address\":\"02:00:00:00:00:01\","
                "\"broadcast\":\"ff:ff:ff:ff:ff:ff\",\"addr_info\":[{\"family\":\"inet\","
                "\"local\":\"192.0.2.1\",\"prefixlen\":24,\"broadcast\":\"192.0.2.255\","
                "\"scope\":\"global\",\"label\":\"eth0\",\"valid_life_time\":4294967295,"
                "\"preferred_life_time\":4294967295}]}]\n",
                "");
    scene_destroy(&scene);
}

static void addr_of_one_interface_or_of_none(void **state) {
    (void)state;
    struct scene scene = scene_create(NULL);
    struct dobos_host *host = scene.pair->a.host;
    static const char lo[] = "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN\n"
                             "    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n"
                             "    inet 127.0.0.1/8 scope host lo\n"
                             "       valid_lft forever preferred_lft forever\n";
    expect_host(&scene, host, "addr show lo", 0, lo, "");
    expect_host(&scene, host, "addr show dev lo", 0, lo, "");
    expect_host(&scene, host, "addr dev lo", 0, lo, "");
    expect_host(&scene, host, "addr show dev eth7", 1, "",
                "dobos addr: Device \"eth7\" does not exist.\n");
    expect_host(&scene, host, "addr show dev", 2, "", NULL);
    expect_host(&scene, host, "addr add", 2, "",
                "dobos addr: 'add': expected show or dev (see dobos addr --help)\n");
    expect_host(&scene, host, "addr show dev lo more", 2, "", NULL);
    scene_destroy(&scene);
}

static void routes_give(struct dobos_host *host) {
    route_give(host, "0.0.0.0/0", "192.0.2.2", 0, NULL);
    route_give(host, "198.51.100.0/24", "192.0.2.3", 100, NULL);
    route_give(host, "198.51.100.0/24", "192.0.2.4", 50, NULL);
    route_give(host, "203.0.113.7/32", "192.0.2.5", 0, "192.0.2.1");
    route_give(host, "10.0.0.0/8", NULL, 0, NULL);
}

static void route_shows_the_layout_of_iproute2(void **state) {
    (void)state;
    struct scene scene = scene_create(NULL);
    routes_give(scene.pair->a.host);
    expect_host(&scene, scene.pair->a.host, "route", 0,
                "default via 192.0.2.2 dev eth0 proto static \n"
                "10.0.0.0/8 dev eth0 proto static scope link \n"
                "192.0.2.0/24 dev eth0 proto kernel scope link src 192.0.2.1 \n"
                "198.51.100.0/24 via 192.0.2.4 dev eth0 proto static metric 50 \n"
                "198.51.100.0/24 via 192.0.2.3 dev eth0 proto static metric 100 \n"
                "203.0.113.7 via 192.0.2.5 dev eth0 proto static src 192.0.2.1 \n",
                "");
    scene_destroy(&scene);
}

static void route_json_has_the_fields_of_iproute2(void **state) {
    (void)state;
    struct scene scene = scene_create(NULL);
    route_give(scene.pair->a.host, "0.0.0.0/0", "192.0.2.2", 7, NULL);
    expect_host(&scene, scene.pair->a.host, "route show --json", 0,
                "[{\"dst\":\"default\",\"gateway\":\"192.0.2.2\",\"dev\":\"eth0\","
                "\"protocol\":\"static\",\"metric\":7,\"flags\":[]},"
                "{\"dst\":\"192.0.2.0/24\",\"dev\":\"eth0\",\"protocol\":\"kernel\","
                "\"scope\":\"link\",\"prefsrc\":\"192.0.2.1\",\"flags\":[]}]\n",
                "");
    scene_destroy(&scene);
}

static void route_get_explains_the_longest_prefix(void **state) {
    (void)state;
    struct scene scene = scene_create(NULL);
    routes_give(scene.pair->a.host);
    expect_host(&scene, scene.pair->a.host, "route get 198.51.100.9", 0,
                "198.51.100.9 via 192.0.2.4 dev eth0 src 192.0.2.1 \n"
                "    cache \n"
                "routes that hold it: 3\n"
                "    default via 192.0.2.2 dev eth0 proto static (/0: shorter prefix)\n"
                "  * 198.51.100.0/24 via 192.0.2.4 dev eth0 proto static metric 50 (/24: chosen, "
                "the longest prefix)\n"
                "    198.51.100.0/24 via 192.0.2.3 dev eth0 proto static metric 100 (/24: larger "
                "metric)\n"
                "source: 192.0.2.1, an address of eth0\n"
                "next hop: 192.0.2.4, the gateway\n"
                "mtu: 1500 bytes, of eth0\n",
                "");
    expect_host(&scene, scene.pair->a.host, "route get 203.0.113.7", 0, NULL, "");
    expect_host(&scene, scene.pair->a.host, "route get 192.0.2.77", 0,
                "192.0.2.77 dev eth0 src 192.0.2.1 \n"
                "    cache \n"
                "routes that hold it: 2\n"
                "    default via 192.0.2.2 dev eth0 proto static (/0: shorter prefix)\n"
                "  * 192.0.2.0/24 dev eth0 proto kernel scope link src 192.0.2.1 (/24: chosen, the "
                "longest prefix)\n"
                "source: 192.0.2.1, which the route prefers\n"
                "next hop: 192.0.2.77, the destination itself, on the link\n"
                "mtu: 1500 bytes, of eth0\n",
                "");
    scene_destroy(&scene);
}

static void table_route_give(struct dobos_host *host, const char *to, const char *via,
                             uint32_t table, enum dobos_route_kind type) {
    struct dobos_route route = {.source = dobos_address_ipv4(0),
                                .origin = DOBOS_ORIGIN_STATIC,
                                .table = table,
                                .type = type};
    assert_int_equal(dobos_prefix_parse(to, &route.destination, NULL), 0);
    route.gateway = dobos_address_ipv4(0);
    if (via)
        assert_int_equal(dobos_address_parse(via, &route.gateway, NULL), 0);
    assert_int_equal(dobos_route_add(host, &route), 0);
}

static void tables_give(struct dobos_host *host) {
    const struct dobos_rule rule = {.priority = 10,
                                    .from = {dobos_address_ipv4(0xcb007100), 24},
                                    .to = {dobos_address_ipv4(0x0a000000), 8},
                                    .interface = 2,
                                    .table = 100};
    table_route_give(host, "0.0.0.0/0", "192.0.2.2", 0, DOBOS_ROUTE_UNICAST);
    table_route_give(host, "0.0.0.0/0", "192.0.2.3", 0, DOBOS_ROUTE_UNICAST);
    table_route_give(host, "198.51.100.0/24", NULL, 0, DOBOS_ROUTE_PROHIBIT);
    table_route_give(host, "0.0.0.0/0", "192.0.2.9", 100, DOBOS_ROUTE_UNICAST);
    assert_int_equal(dobos_rule_add(host, &rule), 0);
}

static void route_shows_tables_types_and_those_that_share(void **state) {
    (void)state;
    struct scene scene = scene_create(NULL);
    struct dobos_host *host = scene.pair->a.host;
    tables_give(host);
    expect_host(&scene, host, "route", 0,
                "default proto static \n"
                "\tnexthop via 192.0.2.2 dev eth0 weight 1 \n"
                "\tnexthop via 192.0.2.3 dev eth0 weight 1 \n"
                "192.0.2.0/24 dev eth0 proto kernel scope link src 192.0.2.1 \n"
                "prohibit 198.51.100.0/24 proto static \n",
                "");
    expect_host(&scene, host, "route show table 100", 0,
                "default via 192.0.2.9 dev eth0 proto static \n", "");
    expect_host(&scene, host, "route show table all exact default", 0,
                "default proto static \n"
                "\tnexthop via 192.0.2.2 dev eth0 weight 1 \n"
                "\tnexthop via 192.0.2.3 dev eth0 weight 1 \n"
                "default via 192.0.2.9 dev eth0 table 100 proto static \n",
                "");
    expect_host(&scene, host, "route show dev eth0 exact default", 0,
                "default via 192.0.2.2 proto static \ndefault via 192.0.2.3 proto static \n", "");
    expect_host(&scene, host, "route show table all exact default --json", 0,
                "[{\"dst\":\"default\",\"protocol\":\"static\",\"flags\":[],\"nexthops\":[{"
                "\"gateway\":\"192.0.2.2\",\"dev\":\"eth0\",\"weight\":1,\"flags\":[]},{"
                "\"gateway\":\"192.0.2.3\",\"dev\":\"eth0\",\"weight\":1,\"flags\":[]}]},{"
                "\"dst\":\"default\",\"gateway\":\"192.0.2.9\",\"dev\":\"eth0\",\"table\":"
                "\"100\",\"protocol\":\"static\",\"flags\":[]}]\n",
                "");
    expect_host(&scene, host, "route show table x", 2, "",
                "dobos route: 'x': expected main, all or the number of a table (see dobos route "
                "--help)\n");
    scene_destroy(&scene);
}

static void rule_shows_the_layout_of_iproute2(void **state) {
    (void)state;
    struct scene scene = scene_create(NULL);
    struct dobos_host *host = scene.pair->a.host;
    expect_host(&scene, host, "rule", 0,
                "0:\tfrom all lookup local\n32766:\tfrom all lookup main\n", "");
    tables_give(host);
    expect_host(&scene, host, "rule show", 0,
                "0:\tfrom all lookup local\n"
                "10:\tfrom 203.0.113.0/24 to 10.0.0.0/8 iif eth0 lookup 100\n"
                "32766:\tfrom all lookup main\n",
                "");
    expect_host(&scene, host, "rule --json", 0,
                "[{\"priority\":0,\"src\":\"all\",\"table\":\"local\"},{\"priority\":10,"
                "\"src\":\"203.0.113.0\",\"srclen\":24,\"dst\":\"10.0.0.0\",\"dstlen\":8,"
                "\"iif\":\"eth0\",\"table\":\"100\"},{\"priority\":32766,\"src\":\"all\","
                "\"table\":\"main\"}]\n",
                "");
    scene_destroy(&scene);
}

/* A host (give) that forwards between eth0, 192.0.2.1/24, and eth1, 203.0.113.1/24, where sources
 * are looked at strictly. */
static struct dobos_host *router_create(struct scene *scene) {
    const struct dobos_host_config config = {
        .size = sizeof config, .name = "router", .key = {7}, .forwarding = true};
    struct dobos_host *host = NULL;
    assert_int_equal(dobos_host_create(scene->pair->pool, &config, 0, &host), 0);
    for (uint32_t i = 0; i < 2; i++) {
        const struct dobos_interface_config interface = {
            .size = sizeof interface,
            .name = {'e', 't', 'h', (char)('0' + i)},
            .mac = {{2, 0, 0, 0, 0, (uint8_t)(i + 1)}},
            .reverse_path = i == 0 ? DOBOS_REVERSE_PATH_OFF : DOBOS_REVERSE_PATH_STRICT};
        const struct dobos_interface_address address = {
            .prefix = {dobos_address_ipv4(i == 0 ? 0xc0000201 : 0xcb007101), 24},
            .valid_until = DOBOS_NEVER,
            .preferred_until = DOBOS_NEVER};
        assert_int_equal(dobos_interface_add(host, &interface), (int)i + 2);
        assert_int_equal(dobos_address_add(host, i + 2, &address), 0);
    }
    return host;
}

/* What ip route get refuses, and what it forgets: the reverse path by its name. */
static void route_get_refuses_what_is_dropped_as_it_comes_in(void **state) {
    (void)state;
    struct scene scene = scene_create(NULL);
    struct dobos_host *router = router_create(&scene), *plain = scene.pair->a.host;
    expect_host(&scene, router, "route get 192.0.2.7 from 203.0.113.9 iif eth1", 0, NULL, "");
    expect_host(&scene, router, "route get 203.0.113.9 from 198.51.100.1 iif eth0", 0, NULL, "");
    expect_host(&scene, router, "route get 192.0.2.7 from 198.51.100.1 iif eth1", 2, "",
                "dobos route: 192.0.2.7: Invalid argument: from 198.51.100.1 by eth1 it is "
                "dropped: DropReversePath: no way back to the source by where it came from\n");
    expect_host(&scene, router, "route get 192.0.2.7 from 192.0.2.1 iif eth1", 2, "",
                "dobos route: 192.0.2.7: Invalid argument: from 192.0.2.1 by eth1 it is dropped: "
                "DropIpSource: source address that cannot be a sender's\n");
    expect_host(&scene, router, "route get 192.0.2.7 iif eth1", 2, "",
                "dobos route: 192.0.2.7: Invalid argument: what comes in has a source: expected "
                "from\n");
    expect_host(&scene, router, "route get 192.0.2.7 from 203.0.113.1", 0, NULL, "");
    expect_host(&scene, router, "route get 192.0.2.7 from 203.0.113.9", 2, "",
                "dobos route: 192.0.2.7: Network is unreachable: 203.0.113.9 is no address of "
                "this node; of what comes in, expected iif\n");
    expect_host(&scene, plain, "route get 192.0.2.7 from 192.0.2.9 iif eth0", 2, "",
                "dobos route: 192.0.2.7: No route to host: from 192.0.2.9 by eth0 it is dropped: "
                "DropIpNotForUs: packet for another host, and this one does not forward\n");
    expect_host(&scene, plain, "route get 192.0.2.1 from 192.0.2.9 iif eth0", 0, NULL, "");
    table_route_give(router, "0.0.0.0/0", "192.0.2.9", 0, DOBOS_ROUTE_UNICAST);
    expect_host(&scene, router, "route get 0.0.0.0", 2, "",
                "dobos route: 0.0.0.0: Network is unreachable: it is no destination of a "
                "packet\n");
    expect_host(&scene, router, "route show table 7 --json", 2, "",
                "dobos route: ipv4: FIB table does not exist: 7\n");
    dobos_host_destroy(router);
    scene_destroy(&scene);
}

static void route_get_tells_rule_table_and_equals(void **state) {
    (void)state;
    struct scene scene = scene_create(NULL);
    struct dobos_host *host = router_create(&scene);
    tables_give(host);
    expect_host(&scene, host, "route get 10.1.2.3 from 203.0.113.9 iif eth0", 0,
                "10.1.2.3 from 203.0.113.9 via 192.0.2.9 dev eth0 table 100 \n"
                "    cache iif eth0 \n"
                "rule: 10: from 203.0.113.0/24 to 10.0.0.0/8 iif eth0 lookup 100\n"
                "routes that hold it: 1\n"
                "  * default via 192.0.2.9 dev eth0 table 100 proto static (/0: chosen, the only "
                "one)\n"
                "source: 203.0.113.9, as asked for\n"
                "next hop: 192.0.2.9, the gateway\n"
                "mtu: 1500 bytes, of eth0\n",
                "");
    expect_host(&scene, host, "route get 198.51.100.1", 2, "",
                "dobos route: 198.51.100.1: Permission denied: the route is prohibit "
                "198.51.100.0/24\n");
    expect_host(&scene, host, "route get 10.1.2.3 from 10.9.9.9 iif eth7", 1, "",
                "dobos route: Cannot find device \"eth7\"\n");
    expect_host(&scene, host, "route get 10.1.2.3 sport 65536", 2, "",
                "dobos route: '65536': expected a whole number up to 65535 (see dobos route "
                "--help)\n");
    dobos_host_destroy(host);
    scene_destroy(&scene);
}

static void route_get_knows_local_broadcast_and_multicast(void **state) {
    (void)state;
    struct scene scene = scene_create(NULL);
    struct dobos_host *host = scene.pair->a.host;
    static const struct {
        const char *line, *begin;
    } rows[] = {
        {"route get 192.0.2.1", "local 192.0.2.1 dev lo src 192.0.2.1 \n    cache <local> \n"},
        {"route get 127.0.0.1", "local 127.0.0.1 dev lo src 127.0.0.1 \n    cache <local> \n"},
        {"route get 192.0.2.255",
         "broadcast 192.0.2.255 dev eth0 src 192.0.2.1 \n    cache <local,brd> \n"},
    };
    for (size_t i = 0; i < array_length(rows); i++) {
        struct asked asked = ask_host(&scene, host, rows[i].line);
        assert_int_equal(asked.code, 0);
        assert_memory_equal(sink_text(&asked.out), rows[i].begin, strlen(rows[i].begin));
        asked_fini(&asked);
    }
    expect_host(&scene, host, "route get 192.0.2.255 --json", 0,
                "[{\"type\":\"broadcast\",\"dst\":\"192.0.2.255\",\"dev\":\"eth0\","
                "\"prefsrc\":\"192.0.2.1\",\"flags\":[],\"cache\":[\"local\",\"brd\"],"
                "\"next_hop\":\"192.0.2.255\",\"mtu\":1500,\"matches\":[]}]\n",
                "");
    expect_host(&scene, host, "route get 8.8.8.8", 2, "",
                "dobos route: 8.8.8.8: Network is unreachable: no route holds it, and there is no "
                "default route\n");
    expect_host(&scene, host, "route get 8.8.8", 2, "",
                "dobos route: '8.8.8': has 3 parts, not 4 (see dobos route --help)\n");
    expect_host(&scene, host, "route get", 2, "", NULL);
    expect_host(&scene, host, "route get 1.2.3.4 to 5.6.7.8", 2, "", NULL);
    expect_host(&scene, host, "route flush", 2, "", NULL);
    scene_destroy(&scene);
}

static struct dobos_socket *udp_bound(struct dobos_host *host, uint32_t address, uint16_t port,
                                      uint32_t peer, uint16_t peer_port) {
    struct dobos_socket *socket;
    struct dobos_endpoint local = {.address = dobos_address_ipv4(address), .port = port};
    struct dobos_endpoint remote = {.address = dobos_address_ipv4(peer), .port = peer_port};
    assert_int_equal(dobos_socket_create(host, DOBOS_UDP, NULL, &socket), 0);
    assert_int_equal(dobos_bind(socket, &local), 0);
    if (peer)
        assert_int_equal(dobos_connect(socket, &remote), 0);
    return socket;
}

/* The golden texts are those of iproute2's ss for the same sockets. */
static void ss_keeps_the_columns_of_iproute2(void **state) {
    (void)state;
    struct scene scene = scene_create(NULL);
    struct dobos_host *host = scene.pair->a.host;
    struct dobos_socket *listener;
    struct dobos_endpoint local = {.address = dobos_address_ipv4(PAIR_A), .port = 8080};
    struct dobos_socket *server = udp_bound(host, 0, 53, 0, 0);
    struct dobos_socket *client = udp_bound(host, PAIR_A, 48131, PAIR_B, 53);
    assert_int_equal(dobos_socket_create(host, DOBOS_TCP, NULL, &listener), 0);
    assert_int_equal(dobos_bind(listener, &local), 0);
    assert_int_equal(dobos_listen(listener, 5), 0);
    expect_host(&scene, host, "ss -tuan", 0,
                "Netid State  Recv-Q Send-Q Local Address:Port  Peer Address:PortProcess\n"
                "udp   UNCONN 0      0            0.0.0.0:53         0.0.0.0:*          \n"
                "udp   ESTAB  0      0          192.0.2.1:48131    192.0.2.2:53         \n"
                "tcp   LISTEN 0      5          192.0.2.1:8080       0.0.0.0:*          \n",
                "");
    expect_host(&scene, host, "ss -lt -n", 0,
                "State  Recv-Q Send-Q Local Address:Port Peer Address:PortProcess\n"
                "LISTEN 0      5          192.0.2.1:8080      0.0.0.0:*          \n",
                "");
    expect_host(&scene, host, "ss -ua", 0,
                "State  Recv-Q Send-Q Local Address:Port   Peer Address:Port  Process\n"
                "UNCONN 0      0            0.0.0.0:domain      0.0.0.0:*            \n"
                "ESTAB  0      0          192.0.2.1:48131     192.0.2.2:domain       \n",
                "");
    expect_host(&scene, host, "ss -unH", 0, "0      0      192.0.2.1:48131 192.0.2.2:53\n", "");
    expect_host(&scene, host, "ss --json -ul", 0,
                "[{\"netid\":\"udp\",\"state\":\"UNCONN\",\"recv_q\":0,\"send_q\":0,"
                "\"local_address\":\"0.0.0.0\",\"local_port\":53,\"peer_address\":\"0.0.0.0\","
                "\"peer_port\":0}]\n",
                "");
    expect_host(&scene, host, "ss -tn", 0,
                "State Recv-Q Send-Q Local Address:Port Peer Address:PortProcess\n", "");
    expect_host(&scene, host, "ss more", 2, "", NULL);
    dobos_close(server);
    dobos_close(client);
    dobos_close(listener);
    scene_destroy(&scene);
}

static void stat_shows_what_is_not_zero(void **state) {
    (void)state;
    struct scene scene = scene_create(NULL);
    struct dobos_host *host = scene.pair->a.host;
    expect_host(&scene, host, "stat", 0, "#kernel\n", "");
    expect_host(&scene, host, "ping -c 1 192.0.2.2", 0, NULL, "");
    expect_host(&scene, host, "stat Icmp*Echo*", 0,
                "#kernel\n"
                "IcmpInEchoReps                  1                  0.0\n"
                "IcmpOutEchos                    1                  0.0\n",
                "");
    expect_host(&scene, host, "stat IcmpOutEchos -x", 0,
                "#kernel\n"
                "IcmpOutEchos                    1               echo requests sent\n",
                "");
    expect_host(&scene, host, "stat -a UdpIn*", 0,
                "#kernel\n"
                "UdpInDatagrams                  0                  0.0\n"
                "UdpInErrors                     0                  0.0\n",
                "");
    expect_host(&scene, host, "stat --json IcmpOutEchos UdpInErrors -z", 0,
                "{\"kernel\":{\"IcmpOutEchos\":1,\"UdpInErrors\":0}}\n", "");
    scene_destroy(&scene);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addr_shows_the_layout_of_iproute2),
        cmocka_unit_test(addr_json_has_the_fields_of_iproute2),
        cmocka_unit_test(addr_of_one_interface_or_of_none),
        cmocka_unit_test(route_shows_the_layout_of_iproute2),
        cmocka_unit_test(route_json_has_the_fields_of_iproute2),
        cmocka_unit_test(route_get_explains_the_longest_prefix),
        cmocka_unit_test(route_shows_tables_types_and_those_that_share),
        cmocka_unit_test(rule_shows_the_layout_of_iproute2),
        cmocka_unit_test(route_get_refuses_what_is_dropped_as_it_comes_in),
        cmocka_unit_test(route_get_tells_rule_table_and_equals),
        cmocka_unit_test(route_get_knows_local_broadcast_and_multicast),
        cmocka_unit_test(ss_keeps_the_columns_of_iproute2),
        cmocka_unit_test(stat_shows_what_is_not_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
