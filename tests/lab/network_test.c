/* Network files that are right: what is read, defaults, names in any order. */
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lab/network.h"
#include "made.h"

static void read_good(struct network *network, const char *text) {
    struct lab_error error = {""};
    if (!network_read(network, text, strlen(text), "n.yaml", &error))
        fail_msg("%s", error.text);
}

static void address_is(const struct dobos_address *address, const char *text) {
    char shown[DOBOS_ADDRESS_TEXT];
    dobos_address_format(address, shown);
    assert_string_equal(shown, text);
}

static const char whole[] =
    "network: home\n"
    "nodes:\n"
    "  laptop:\n"
    "    interfaces:\n"
    "      eth0:\n"
    "        segment: lan\n"
    "        addresses: [192.168.0.100/24, 192.168.0.101/24]\n"
    "        routes:\n"
    "        - {to: default, via: 192.168.0.1}\n"
    "        - {to: 198.51.100.0/24, via: 192.168.0.2, metric: 5}\n"
    "        nameservers: {addresses: [198.51.100.53], search: [example.org, example.com]}\n"
    "        mtu: 1400\n"
    "        macaddress: b8:27:eb:5d:7f:ae\n"
    "        link-local: []\n"
    "        dhcp4: false\n"
    "        dhcp6: false\n"
    "        accept-ra: false\n"
    "  router:\n"
    "    forwarding: true\n"
    "    interfaces:\n"
    "      lan0: {segment: lan, addresses: [192.168.0.1/24]}\n"
    "      wan0: {segment: access, addresses: [198.51.100.1/31]}\n"
    "  empty:\n"
    "segments:\n"
    "  lan:\n"
    "  access: {rate: 100mbit, delay: 5ms, loss: 50%, duplicate: 1%, reorder: 25%,\n"
    "           gemodel: [25%, 50%], ecn: true,\n"
    "           corrupt: 0.1%, public: false}\n";

static void whole_file_is_read_in_any_order(void **state) {
    (void)state;
    struct network network;
    read_good(&network, whole);
    assert_string_equal(network.name, "home");
    assert_int_equal(network.segment_count, 2);
    assert_int_equal(network.node_count, 3);
    assert_int_equal(network.step_count, 0);
    assert_int_equal(network_segment_find(&network, "lan"), 0);
    assert_int_equal(network_segment_find(&network, "access"), 1);
    assert_int_equal(network_segment_find(&network, "wan"), UINT32_MAX);
    assert_int_equal(network_node_find(&network, "router"), 1);
    assert_int_equal(network_node_find(&network, ""), UINT32_MAX);
    const struct impairments *lan = &network.segments[0].cable.impairments;
    assert_int_equal(lan->rate_bits_per_second, 0);
    assert_int_equal(lan->delay_ns, NETWORK_DELAY_NS);
    assert_int_equal(lan->loss | lan->duplicate | lan->reorder | lan->corrupt, 0);
    const struct impairments *access = &network.segments[1].cable.impairments;
    assert_int_equal(access->rate_bits_per_second, 100000000);
    assert_int_equal(access->delay_ns, 5 * DOBOS_MILLISECOND);
    assert_int_equal(access->loss, UINT64_C(1) << 31);
    assert_int_equal(access->duplicate, 42949673);
    assert_int_equal(access->reorder, 1 << 30);
    assert_int_equal(access->burst.begin, 1 << 30);
    assert_true(access->burst.end == UINT64_C(1) << 31 && access->burst.good == 0);
    assert_true(access->burst.bad == UINT64_C(1) << 32);
    assert_int_equal(access->corrupt, 4294967);
    assert_true(access->ecn && !lan->ecn);
    network_fini(&network);
}

static void interface_has_netplans_keys(void **state) {
    (void)state;
    struct network network;
    read_good(&network, whole);
    const struct network_interface *eth0 = &network.nodes[0].interfaces[0];
    assert_string_equal(eth0->name, "eth0");
    assert_int_equal(eth0->segment, 0);
    assert_int_equal(eth0->mtu, 1400);
    assert_true(eth0->has_mac);
    assert_memory_equal(eth0->mac.bytes, "\xb8\x27\xeb\x5d\x7f\xae", 6);
    assert_int_equal(eth0->address_count, 2);
    address_is(&eth0->addresses[1].prefix.address, "192.168.0.101");
    assert_int_equal(eth0->addresses[1].prefix.length, 24);
    assert_int_equal(eth0->route_count, 2);
    address_is(&eth0->routes[0].route.destination.address, "0.0.0.0");
    assert_int_equal(eth0->routes[0].route.destination.length, 0);
    address_is(&eth0->routes[1].route.gateway, "192.168.0.2");
    assert_int_equal(eth0->routes[1].route.metric, 5);
    assert_int_equal(eth0->routes[1].route.origin, DOBOS_ORIGIN_STATIC);
    assert_int_equal(eth0->nameserver_count, 1);
    address_is(&eth0->nameservers[0].address, "198.51.100.53");
    assert_int_equal(eth0->search_count, 2);
    assert_string_equal(eth0->search[1]->text, "example.com");
    const struct network_node *router = &network.nodes[1];
    assert_true(router->forwarding);
    assert_false(network.nodes[0].forwarding);
    assert_int_equal(router->interface_count, 2);
    assert_int_equal(router->interfaces[1].segment, 1);
    assert_int_equal(router->interfaces[1].mtu, 0);
    assert_false(router->interfaces[1].has_mac);
    assert_int_equal(network.nodes[2].interface_count, 0);
    network_fini(&network);
}

static void services_are_read(void **state) {
    (void)state;
    struct network network;
    read_good(&network, "network: n\n"
                        "nodes:\n"
                        "  a:\n"
                        "    services:\n"
                        "      http: {port: 8080, pages: {/: hello, /big: {size: 100MiB},\n"
                        "                                 /t: {text: x, type: text/plain}}}\n"
                        "      echo: {}\n"
                        "      discard: {port: 99}\n"
                        "      dns:\n"
                        "        zones:\n"
                        "          example.org:\n"
                        "            \"@\": {NS: ns.example.org}\n"
                        "            www: {A: [192.0.2.1, 192.0.2.2], ttl: 60}\n"
                        "            mail.example.org.: {MX: 10 mail.example.org, ttl: 1h}\n"
                        "          2.0.192.in-addr.arpa: {'1': {PTR: www.example.org}}\n");
    const struct network_node *a = &network.nodes[0];
    assert_int_equal(a->service_count, 4);
    const struct network_service *http = &a->services[0];
    assert_int_equal(http->kind, SERVICE_HTTP);
    assert_int_equal(http->port, 8080);
    assert_int_equal(http->page_count, 3);
    assert_string_equal(http->pages[0].path, "/");
    assert_string_equal(http->pages[0].body, "hello");
    assert_int_equal(http->pages[0].body_length, 5);
    assert_null(http->pages[1].body);
    assert_int_equal(http->pages[1].body_length, 100 * 1048576);
    assert_string_equal(http->pages[2].type, "text/plain");
    assert_int_equal(a->services[1].kind, SERVICE_ECHO);
    assert_int_equal(a->services[1].port, 0);
    assert_int_equal(a->services[2].kind, SERVICE_DISCARD);
    assert_int_equal(a->services[2].port, 99);
    const struct network_service *dns = &a->services[3];
    assert_int_equal(dns->kind, SERVICE_DNS);
    assert_int_equal(dns->zone_count, 2);
    assert_string_equal(dns->zones[0].name, "example.org");
    assert_int_equal(dns->zones[0].record_count, 4);
    const struct dobos_dns_record *records = dns->zones[0].records;
    assert_string_equal(records[0].name, "example.org");
    assert_string_equal(records[0].type, "NS");
    assert_int_equal(records[0].ttl, 3600);
    assert_string_equal(records[2].name, "www.example.org");
    assert_string_equal(records[2].data, "192.0.2.2");
    assert_int_equal(records[2].ttl, 60);
    assert_int_equal(dns->record_at[2]->line, 13);
    assert_string_equal(records[3].name, "mail.example.org.");
    assert_int_equal(records[3].ttl, 3600);
    assert_string_equal(dns->zones[1].records[0].name, "1.2.0.192.in-addr.arpa");
    assert_int_equal(dns->record_at[4]->line, 15);
    network_fini(&network);
}

static void script_is_read(void **state) {
    (void)state;
    struct network network;
    read_good(&network,
              "network: n\n"
              "script:\n"
              "- {at: 1.5s, node: b, run: \"ping  -c 3 'a b' x\\\"y z\\\"\", background: true}\n"
              "- {node: a, run: stat, expect: {exit: 2, output: '/^a+[+*]+[[:digit:]]{1,3}\\+? "
              "b$/', within: 5s,\n"
              "    counter: {IpForwDatagrams: '>= 3', IpInReceives: 7, UdpInDatagrams: '<1'}}}\n"
              "- {node: a, expect: {counter: {IpInReceives: '!= 0'}}}\n"
              "nodes: {a: {}, b: {}}\n");
    assert_int_equal(network.step_count, 3);
    const struct network_step *ping = &network.steps[0], *stat = &network.steps[1];
    assert_true(ping->has_time);
    assert_int_equal(ping->time, 1500 * DOBOS_MILLISECOND);
    assert_int_equal(ping->node, 1);
    assert_true(ping->background);
    assert_false(ping->has_expectation);
    assert_int_equal(ping->argument_count, 5);
    assert_string_equal(ping->arguments[3], "a b");
    assert_string_equal(ping->arguments[4], "xy z");
    assert_null(ping->arguments[5]);
    assert_false(stat->has_time);
    assert_true(stat->has_exit);
    assert_int_equal(stat->exit, 2);
    assert_int_equal(stat->output_kind, OUTPUT_REGEX);
    assert_string_equal(stat->output, "^a+[+*]+[[:digit:]]{1,3}\\+? b$");
    assert_int_equal(stat->within, 5 * DOBOS_SECOND);
    assert_int_equal(stat->counter_count, 3);
    assert_int_equal(stat->counters[0].comparison, COMPARE_AT_LEAST);
    assert_int_equal(stat->counters[0].value, 3);
    assert_int_equal(stat->counters[1].comparison, COMPARE_EQUAL);
    assert_int_equal(stat->counters[1].value, 7);
    assert_int_equal(stat->counters[2].comparison, COMPARE_LESS);
    assert_null(network.steps[2].run_at);
    network_fini(&network);
}

static void same_address_in_two_segments_is_allowed(void **state) {
    (void)state;
    struct network network;
    read_good(&network, "network: n\n"
                        "segments: {a: , b: }\n"
                        "nodes:\n"
                        "  x: {interfaces: {eth0: {segment: a, addresses: [192.168.0.1/24],\n"
                        "                          macaddress: '02:00:00:00:00:01'}}}\n"
                        "  y: {interfaces: {eth0: {segment: b, addresses: [192.168.0.1/24],\n"
                        "                          macaddress: '02:00:00:00:00:01'}}}\n");
    network_fini(&network);
}

static void point_to_point_subnets_have_no_broadcast_address(void **state) {
    (void)state;
    struct network network;
    read_good(&network, "network: n\n"
                        "segments: {a: }\n"
                        "nodes:\n"
                        "  x: {interfaces: {eth0: {segment: a, addresses: [10.0.0.0/31,\n"
                        "                                                  10.1.0.255/32]}}}\n"
                        "  y: {interfaces: {eth0: {segment: a, addresses: [10.0.0.1/31]}}}\n");
    network_fini(&network);
}

/* ---- how a node does TCP ---- */

static void tcp_is_read(void **state) {
    (void)state;
    struct network network;
    read_good(&network, "network: n\n"
                        "nodes:\n"
                        "  a:\n"
                        "    tcp:\n"
                        "      congestion-control: reno\n"
                        "      ecn: accurate\n"
                        "      syn-cookies: always\n"
                        "      fast-open: [server, client]\n"
                        "      receive-buffer-max: 4KiB\n"
                        "      send-buffer-max: 1GiB\n"
                        "      buffer-tuning: false\n"
                        "      initial-window: 64\n"
                        "      challenge-limit: 1000000\n"
                        "      orphan-limit: 1048576\n"
                        "      time-wait-limit: 1\n"
                        "      mtu-probing: off\n"
                        "      base-mss: 88\n"
                        "      sack: false\n"
                        "      timestamps: false\n"
                        "      window-scaling: false\n"
                        "  b: {tcp: {congestion-control: bbr, ecn: off, syn-cookies: off,\n"
                        "            fast-open: [], mtu-probing: on, sack: true}}\n"
                        "  c: {tcp: }\n"
                        "  d: {}\n");
    const struct dobos_tcp_config *a = &network.nodes[0].tcp, *b = &network.nodes[1].tcp;
    assert_int_equal(a->congestion, DOBOS_CONGESTION_RENO);
    assert_int_equal(a->ecn, DOBOS_ECN_ACCURATE);
    assert_int_equal(a->syn_cookies, DOBOS_SYN_COOKIES_ALWAYS);
    assert_int_equal(a->fast_open, DOBOS_FAST_OPEN_CLIENT | DOBOS_FAST_OPEN_SERVER);
    assert_int_equal(a->receive_buffer_max_bytes, 4096);
    assert_int_equal(a->send_buffer_max_bytes, 1 << 30);
    assert_int_equal(a->initial_window, 64);
    assert_int_equal(a->challenge_limit, 1000000);
    assert_int_equal(a->orphan_limit, 1 << 20);
    assert_int_equal(a->time_wait_limit, 1);
    assert_int_equal(a->path_probe_mss, 88);
    assert_true(a->no_sack && a->no_timestamps && a->no_window_scale);
    assert_true(a->no_path_probing && a->no_tuning);
    assert_int_equal(b->congestion, DOBOS_CONGESTION_BBR);
    assert_int_equal(b->ecn, DOBOS_ECN_OFF);
    assert_int_equal(b->syn_cookies, DOBOS_SYN_COOKIES_OFF);
    assert_int_equal(b->fast_open, 0);
    assert_false(b->no_sack || b->no_timestamps || b->no_window_scale);
    assert_false(b->no_path_probing || b->no_tuning);
    static const struct dobos_tcp_config none;
    assert_memory_equal(&network.nodes[2].tcp, &none, sizeof none);
    assert_memory_equal(&network.nodes[3].tcp, &none, sizeof none);
    network_fini(&network);
}

/* Whatever the reader takes, a host takes: the ranges are the same. */
static void ends_of_the_ranges_of_tcp_are_a_hosts(void **state) {
    (void)state;
    static const char *const files[] = {
        "network: n\nnodes: {a: {tcp: {receive-buffer-max: 4KiB, send-buffer-max: 4KiB,\n"
        "  initial-window: 1, challenge-limit: 1, orphan-limit: 1, time-wait-limit: 1,\n"
        "  base-mss: 88, congestion-control: cubic, ecn: passive, syn-cookies: full}}}\n",
        "network: n\nnodes: {a: {tcp: {receive-buffer-max: 1GiB, send-buffer-max: 1GiB,\n"
        "  initial-window: 64, challenge-limit: 1000000, orphan-limit: 1048576,\n"
        "  time-wait-limit: 1048576, base-mss: 65495, fast-open: [client, server]}}}\n",
    };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct network network;
        struct lab_error error = {""};
        struct lab *lab = NULL;
        const struct lab_options options = {0};
        read_good(&network, files[i]);
        network_fini(&network);
        const int result =
            lab_create_from_text(files[i], strlen(files[i]), "n.yaml", &options, &lab, &error);
        assert_string_equal(error.text, "");
        assert_int_equal(result, 0);
        lab_destroy(lab);
    }
}

/* ---- what the project shows ---- */

static void every_network_of_labs_is_read(void **state) {
    (void)state;
    char pattern[512];
    glob_t found;
    const char *root = getenv("DOBOS_SOURCE_ROOT");
    (void)snprintf(pattern, sizeof pattern, "%s/labs/*.yaml", root ? root : ".");
    assert_int_equal(glob(pattern, 0, NULL, &found), 0);
    assert_true(found.gl_pathc >= 3);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        FILE *file = fopen(found.gl_pathv[i], "rb");
        char *text = calloc(1, 65536);
        assert_true(file && text);
        assert_true(fread(text, 1, 65535, file) > 0);
        (void)fclose(file);
        struct network network;
        read_good(&network, text);
        network_fini(&network);
        free(text);
    }
    globfree(&found);
}

static void network_of_the_manual_is_read(void **state) {
    (void)state;
    char *page = source_read("man/dobos-network.5");
    char *begin = strstr(page, "network: pair");
    assert_non_null(begin);
    char *end = strstr(begin, ".ft\n");
    assert_non_null(end);
    *end = '\0';
    struct network network;
    read_good(&network, begin);
    assert_int_equal(network.step_count, 1);
    network_fini(&network);
    free(page);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_file_is_read_in_any_order),
        cmocka_unit_test(interface_has_netplans_keys),
        cmocka_unit_test(services_are_read),
        cmocka_unit_test(script_is_read),
        cmocka_unit_test(same_address_in_two_segments_is_allowed),
        cmocka_unit_test(point_to_point_subnets_have_no_broadcast_address),
        cmocka_unit_test(tcp_is_read),
        cmocka_unit_test(ends_of_the_ranges_of_tcp_are_a_hosts),
        cmocka_unit_test(every_network_of_labs_is_read),
        cmocka_unit_test(network_of_the_manual_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
