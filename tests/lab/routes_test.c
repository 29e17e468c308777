/* Routes from files: the network file's routes and rules, and the file of routes beside it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

#include <cmocka.h>

#include "lab/lab_inner.h"
#include "lab/routes_file.h"

#define ROUTER                                                                            \
    "network: n\nsegments: {a: {}, b: {}}\nnodes:\n  r:\n    forwarding: true\n"          \
    "    interfaces:\n      eth0: {segment: a, addresses: [10.0.0.1/24]%s}\n      eth1: " \
    "{segment: b, addresses: [10.0.1.1/24]%s}\n%s"

/* ---- the form ---- */

static const struct {
    const char *text;    /* of the file */
    const char *message; /* behind the file's name; NULL: it is good */
    unsigned count;      /* of routes, then */
} forms[] = {
    {"", NULL, 0},
    {"\n\n# none\n   \t\n", NULL, 0},
    {"10.0.0.0/8 via 192.0.2.1", NULL, 1},
    {"10.0.0.0/8 via 192.0.2.1\r\n0.0.0.0/0\tvia\t192.0.2.2 # rest\ndefault via 192.0.2.3#\n", NULL,
     3},
    {"255.255.255.255/32 via 1.2.3.4\n", NULL, 1},
    {"#\n\n10.0.0.1/8 via 192.0.2.1\n",
     ":3:1: 10.0.0.1/8: expected a network, without bits behind its length: 10.0.0.0/8", 0},
    {"10.0.0.0 via 192.0.2.1\n",
     ":1:1: 10.0.0.0: expected a prefix such as 192.0.2.0/24, or default (", 0},
    {"10.0.0.0/33 via 192.0.2.1\n", ":1:1: 10.0.0.0/33: expected a prefix", 0},
    {"010.0.0.0/8 via 192.0.2.1\n", ":1:1: 010.0.0.0/8: expected a prefix", 0},
    {"10.0.0/8 via 192.0.2.1\n", ":1:1: 10.0.0/8: expected a prefix", 0},
    {"10.0.0.0/8/8 via 192.0.2.1\n", ":1:1: 10.0.0.0/8/8: expected a prefix", 0},
    {"256.0.0.0/8 via 192.0.2.1\n", ":1:1: 256.0.0.0/8: expected a prefix", 0},
    {"2001:db8::/32 via 192.0.2.1\n", ":1:1: 2001:db8::/32: expected a prefix", 0},
    {"10.0.0.0/8\n", ":1:11: nothing: expected via", 0},
    {"10.0.0.0/8 dev eth0\n", ":1:12: dev: expected via", 0},
    {"10.0.0.0/8 via\n11.0.0.0/8 via 192.0.2.1\n",
     ":1:15: nothing: expected the next hop's address such as 192.0.2.1", 0},
    {"10.0.0.0/8 via 192.0.2.1/24\n", ":1:16: 192.0.2.1/24: expected the next hop's address", 0},
    {"10.0.0.0/8 via 192.0.2.1 metric 5\n", ":1:26: metric: expected nothing more on the line", 0},
    {"10.0.0.0/8 via 192.0.2.1\n\x01\xff\n", ":2:1: ??: expected a prefix", 0},
};

static void forms_are_read_or_refused_with_line_and_expectation(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        struct routes_file file;
        struct routes_file_entry entry;
        struct lab_error error = {""};
        enum routes_file_result result;
        unsigned count = 0;
        routes_file_begin(&file, "t", forms[i].text, strlen(forms[i].text));
        while ((result = routes_file_next(&file, &entry, &error)) == ROUTES_FILE_ENTRY)
            count++;
        if (!forms[i].message) {
            if (result != ROUTES_FILE_END)
                fail_msg("%s", error.text);
            assert_int_equal(count, forms[i].count);
            continue;
        }
        assert_int_equal(result, ROUTES_FILE_FAULT);
        if (strncmp(error.text + 1, forms[i].message, strlen(forms[i].message)) != 0)
            fail_msg("%s\nexpected t%s", error.text, forms[i].message);
    }
}

/* ---- networks ---- */

struct folder {
    char path[32];    /* its own */
    char network[64]; /* the network file in it */
    char routes[64];  /* the file of routes */
};

static void write_file(const char *path, const char *text) {
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0 && fclose(file) == 0);
}

static int setup(void **state) {
    struct folder *f = calloc(1, sizeof *f);
    assert_non_null(f);
    strcpy(f->path, "/tmp/routes-test-XXXXXX");
    assert_non_null(mkdtemp(f->path));
    (void)snprintf(f->network, sizeof f->network, "%s/n.yaml", f->path);
    (void)snprintf(f->routes, sizeof f->routes, "%s/r.routes", f->path);
    *state = f;
    return 0;
}

static int teardown(void **state) {
    struct folder *f = *state;
    (void)unlink(f->network);
    (void)unlink(f->routes);
    (void)rmdir(f->path);
    free(f);
    return 0;
}

/* A lab of a router; NULL with *error. */
static struct lab *lab_make(const struct folder *f, const char *eth0, const char *eth1,
                            const char *node, struct lab_error *error) {
    const struct lab_options options = {.seed = 1};
    char text[4096];
    struct lab *lab = NULL;
    assert_true((size_t)snprintf(text, sizeof text, ROUTER, eth0, eth1, node) < sizeof text);
    write_file(f->network, text);
    return lab_create_from_file(f->network, &options, &lab, error) == 0 ? lab : NULL;
}

static struct lab *lab_good(const struct folder *f, const char *eth0, const char *eth1,
                            const char *node) {
    struct lab_error error = {""};
    struct lab *lab = lab_make(f, eth0, eth1, node, &error);
    if (!lab)
        fail_msg("%s", error.text);
    return lab;
}

static void refused(const struct folder *f, const char *eth0, const char *eth1, const char *node,
                    const char *file, const char *message) {
    struct lab_error error = {""};
    char expected[512];
    struct lab *lab = lab_make(f, eth0, eth1, node, &error);
    assert_null(lab);
    (void)snprintf(expected, sizeof expected, "%s%s", file, message);
    if (strcmp(error.text, expected) != 0)
        fail_msg("%s\nexpected %s", error.text, expected);
}

#define FILE_KEY "    routes-file: r.routes\n"
#define UNREAD   ":9:18: nodes.r.routes-file: r.routes: "

static void routes_of_a_file_are_in_the_host_and_after_a_restart(void **state) {
    const struct folder *f = *state;
    write_file(f->routes, "# two\n192.0.2.0/24 via 10.0.1.9\n192.0.2.0/24 via 10.0.0.9\n"
                          "default via 10.0.0.8\n");
    struct lab *lab = lab_good(f, "", "", FILE_KEY);
    for (unsigned boot = 0; boot < 2; boot++) {
        const struct dobos_address to = dobos_address_ipv4(0xc0000201);
        struct dobos_route_choice choice;
        struct lab_error error = {""};
        assert_int_equal(dobos_route_lookup(lab_host(lab, "r"), &to, NULL, &choice), 0);
        assert_int_equal(choice.equals, 2);
        assert_int_equal(choice.matches, 3);
        assert_int_equal(choice.route.origin, DOBOS_ORIGIN_STATIC);
        assert_int_equal(lab_node_restart(lab, "r", &error), 0);
    }
    lab_destroy(lab);
}

static void faults_of_a_file_are_told_with_file_line_and_expectation(void **state) {
    const struct folder *f = *state;
    refused(f, "", "", FILE_KEY, f->network,
            UNREAD "No such file or directory: expected a file of routes");
    assert_int_equal(mkdir(f->routes, 0700), 0);
    refused(f, "", "", FILE_KEY, f->network, UNREAD "Is a directory: expected a file of routes");
    assert_int_equal(rmdir(f->routes), 0);
    assert_int_equal(mkfifo(f->routes, 0600), 0); /* nobody will ever write to it */
    refused(f, "", "", FILE_KEY, f->network,
            UNREAD "it is no regular file: expected a file of routes");
    assert_int_equal(unlink(f->routes), 0);
    write_file(f->routes, "\n192.0.2.0/24 by 10.0.1.9\n");
    refused(f, "", "", FILE_KEY, f->routes, ":2:14: by: expected via");
    static const char *const gateways[] = {"10.0.2.9", "10.0.0.1", "10.0.0.255", "0.0.0.0"};
    for (unsigned i = 0; i < 4; i++) {
        char text[100];
        char message[256];
        (void)snprintf(text, sizeof text, "  192.0.2.0/24 via %s\n", gateways[i]);
        (void)snprintf(message, sizeof message,
                       ":1:3: 192.0.2.0/24 via %s: expected a gateway within a subnet of this "
                       "node's addresses, not its own nor the subnet's broadcast address",
                       gateways[i]);
        write_file(f->routes, text);
        refused(f, "", "", FILE_KEY, f->routes, message);
    }
    write_file(f->routes, "192.0.2.0/24 via 10.0.0.9\n10.9.0.0/16 via 10.0.0.9\n"
                          "192.0.2.0/24 via 10.0.0.9\n");
    refused(f, "", "", FILE_KEY, f->routes,
            ":3:1: 192.0.2.0/24 via 10.0.0.9: expected each route only once at a node: this one is "
            "there already");
}

static void tables_types_and_rules_are_as_the_file_says(void **state) {
    const struct folder *f = *state;
    struct lab *lab =
        lab_good(f,
                 ", routes: [{to: default, via: 10.0.0.9}, {to: 192.0.2.0/24, type: prohibit}], "
                 "routing-policy: [{from: 10.0.1.0/24, table: 100, priority: 10}]",
                 ", routes: [{to: default, via: 10.0.1.9, table: 100}], "
                 "routing-policy: [{to: 198.51.100.0/24, table: 100}, {iif: true, table: 100}]",
                 "");
    struct dobos_host *host = lab_host(lab, "r");
    struct dobos_rule rule;
    struct dobos_route route;
    uint32_t table = 0;
    assert_int_equal(dobos_table_read(host, 1, &table), 0);
    assert_int_equal(table, 100);
    assert_int_equal(dobos_table_route_read(host, 100, 0, &route), 0);
    assert_int_equal(dobos_address_ipv4_number(&route.gateway), 0x0a000109);
    assert_int_equal(dobos_table_route_read(host, 100, 1, &route), -DOBOS_ENOENT);
    assert_int_equal(dobos_rule_read(host, 0, &rule), 0); /* given last, so asked first */
    assert_int_equal(rule.priority, 8);
    assert_int_equal(rule.interface, 3);
    assert_int_equal(dobos_rule_read(host, 1, &rule), 0);
    assert_int_equal(rule.priority, 9);
    assert_int_equal(rule.to.length, 24);
    assert_int_equal(dobos_rule_read(host, 2, &rule), 0);
    assert_int_equal(rule.priority, 10);
    assert_int_equal(rule.interface, 0);
    const struct dobos_address to = dobos_address_ipv4(0xc0000201);
    struct dobos_route_choice choice;
    assert_int_equal(dobos_route_lookup(host, &to, NULL, &choice), -DOBOS_EACCES);
    assert_int_equal(choice.kind, DOBOS_ROUTE_PROHIBIT);
    lab_destroy(lab);
}

static void wrong_routes_and_rules_are_refused_with_their_place(void **state) {
    const struct folder *f = *state;
    static const struct {
        const char *eth0, *eth1, *message;
    } rows[] = {
        {", routes: [{to: default, via: 10.0.0.9}, {to: default, via: 10.0.0.9}]", "",
         ":7:91: nodes.r.interfaces.eth0.routes[1]: a map: expected each route only once at a "
         "node: this one is there already"},
        {", routes: [{to: default, via: 10.0.0.9, type: blackhole}]", "",
         ":7:80: nodes.r.interfaces.eth0.routes[0].via: 10.0.0.9: expected no gateway: the route's "
         "type leads nowhere"},
        {", routes: [{to: default, type: blackhole, mtu: 1000}]", "",
         ":7:97: nodes.r.interfaces.eth0.routes[0].mtu: 1000: expected no mtu: the route's type "
         "leads nowhere"},
        {", routes: [{to: default, type: nowhere}]", "",
         ":7:81: nodes.r.interfaces.eth0.routes[0].type: nowhere: expected unicast, blackhole, "
         "unreachable or prohibit"},
        {", routes: [{to: default, via: 10.0.0.9, table: 255}]", "",
         ":7:97: nodes.r.interfaces.eth0.routes[0].table: 255: expected another table: 255 is the "
         "node's own addresses"},
        {", routing-policy: [{from: 10.0.0.1/24, table: 5}]", "",
         ":7:76: nodes.r.interfaces.eth0.routing-policy[0].from: 10.0.0.1/24: expected a network, "
         "without bits behind its length: 10.0.0.0/24"},
        {", routing-policy: [{table: 5}]", "",
         ":7:69: nodes.r.interfaces.eth0.routing-policy[0]: expected from, to or iif: what the "
         "rule is for"},
        {", routing-policy: [{from: 10.0.0.0/24, table: 5}]",
         ", routes: [{to: default, via: 10.0.1.9, table: 6}]",
         ":7:96: nodes.r.interfaces.eth0.routing-policy[0].table: 5: expected a table with routes: "
         "none of this node's is in it"},
        {"", ", routes: [{to: default, via: 10.0.1.9, table: 6}]",
         ":8:97: nodes.r.interfaces.eth1.routes[0].table: 6: expected a table that a rule of "
         "routing-policy leads to: nobody asks this one"},
        {", routing-policy: [{from: 10.0.0.0/24}]", "",
         ":7:69: nodes.r.interfaces.eth0.routing-policy[0]: the key table is missing from a rule"},
        {"",
         ", routing-policy: [{from: 10.0.0.0/24, table: 254, priority: 3}, {from: 10.0.0.0/24, "
         "table: 254, priority: 3}]",
         ":8:115: nodes.r.interfaces.eth1.routing-policy[1]: a map: expected each rule only once "
         "at a node: this one is there already"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        refused(f, rows[i].eth0, rows[i].eth1, "", f->network, rows[i].message);
}

static void subnets_of_two_interfaces_that_overlap_are_refused(void **state) {
    const struct folder *f = *state;
    refused(f, "", "}\n      eth2: {segment: a, addresses: [10.9.0.1/16, 10.0.0.65/26]", "",
            f->network,
            ":9:51: nodes.r.interfaces.eth2.addresses[1]: 10.0.0.65/26: expected a subnet of its "
            "own: it overlaps that of eth0, line 7");
    refused(f, "", "}\n      eth2: {segment: a, addresses: [10.0.3.1/16]", "", f->network,
            ":9:38: nodes.r.interfaces.eth2.addresses[0]: 10.0.3.1/16: expected a subnet of its "
            "own: it overlaps that of eth0, line 7");
    /* An address alone is no subnet, and one interface may have several in one. */
    lab_destroy(lab_good(f, "",
                         "}\n      eth2: {segment: a, addresses: [10.0.1.7/32, 10.9.0.1/16, "
                         "10.9.0.2/24, 10.9.0.3/16]",
                         ""));
}

#define LAB_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms_are_read_or_refused_with_line_and_expectation),
        LAB_TEST(routes_of_a_file_are_in_the_host_and_after_a_restart),
        LAB_TEST(faults_of_a_file_are_told_with_file_line_and_expectation),
        LAB_TEST(tables_types_and_rules_are_as_the_file_says),
        LAB_TEST(wrong_routes_and_rules_are_refused_with_their_place),
        LAB_TEST(subnets_of_two_interfaces_that_overlap_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
