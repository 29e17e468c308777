/* dhcp_terms: what is taken from a server's message, and what is not. */
#include "dhcp_peer.h"

#include "services/dhcp_terms.h"

static struct dhcp ack(void) {
    struct dhcp question;
    dhcp_init(&question);
    question.hardware = 1;
    question.hardware_length = 6;
    return dhcp_answer(&question, DHCP_ACK);
}

static struct dhcp_terms made(const struct dhcp *message) {
    struct dhcp_terms terms;
    assert_true(dhcp_terms_make(message, &terms));
    return terms;
}

static void add_route(struct dhcp *message, uint32_t to, uint8_t length, uint32_t via) {
    message->routes.route[message->routes.count++] =
        (struct dhcp_route){{dhcp_address(to), length}, dhcp_address(via)};
}

static void mask_missing_is_that_of_the_class(void **state) {
    static const struct {
        uint32_t address;
        uint8_t length;
    } classes[] = {{0x0a000005, 8}, {0xac100005, 16}, {0xc0a80005, 24}};
    (void)state;
    for (size_t i = 0; i < array_length(classes); i++) {
        struct dhcp message = ack();
        message.has_mask = false;
        message.yiaddr = dhcp_address(classes[i].address);
        assert_int_equal(made(&message).prefix.length, classes[i].length);
    }
}

static void router_is_the_first_on_the_subnet(void **state) {
    struct dhcp message = ack();
    (void)state;
    message.routers.count = 5;
    message.routers.address[0] = dhcp_address(0);
    message.routers.address[1] = dhcp_address(DHCP_PEER_ADDRESS);
    message.routers.address[2] = dhcp_address(0x0a000001);
    message.routers.address[3] = dhcp_address(DHCP_PEER_SERVER);
    message.routers.address[4] = dhcp_address(DHCP_PEER_SERVER + 1);
    struct dhcp_terms terms = made(&message);
    assert_int_equal(terms.route_count, 1);
    assert_int_equal(terms.routes[0].to.length, 0);
    assert_int_equal(dobos_address_ipv4_number(&terms.routes[0].via), DHCP_PEER_SERVER);
    assert_int_equal(terms.refused, 3);
}

/* [rfc3442#60] [rfc3442#61] */
static void classless_routes_replace_the_router(void **state) {
    struct dhcp message = ack();
    (void)state;
    message.routers.count = 1;
    message.routers.address[0] = dhcp_address(DHCP_PEER_SERVER + 9);
    add_route(&message, 0, 0, 0xa9fe0001); /* by a neighbour that the next says is one */
    add_route(&message, 0xa9fe0001, 32, 0);
    add_route(&message, 0x0a000000, 8, DHCP_PEER_SERVER);
    struct dhcp_terms terms = made(&message);
    assert_int_equal(terms.route_count, 3);
    assert_int_equal(terms.routes[0].to.length, 32);
    assert_true(dobos_address_is_unspecified(&terms.routes[0].via));
    assert_int_equal(terms.routes[1].to.length, 0);
    assert_int_equal(dobos_address_ipv4_number(&terms.routes[1].via), 0xa9fe0001);
    assert_int_equal(terms.refused, 0);
    /* Also where none of them is a default route. */
    message.routes.count = 0;
    add_route(&message, 0x0a000000, 8, DHCP_PEER_SERVER);
    terms = made(&message);
    assert_int_equal(terms.route_count, 1);
    assert_int_equal(terms.routes[0].to.length, 8);
}

/* Wide routes are what RFC 3442 allows; those to ourselves, by strangers or by ourselves are not
 * taken. */
static void classless_routes_that_cannot_be_are_refused(void **state) {
    struct dhcp message = ack();
    (void)state;
    add_route(&message, 0, 1, DHCP_PEER_SERVER);
    add_route(&message, 0x80000000, 1, DHCP_PEER_SERVER);
    add_route(&message, 0x7f000000, 8, DHCP_PEER_SERVER);
    add_route(&message, 0x7f000001, 32, DHCP_PEER_SERVER);
    add_route(&message, 0xe0000000, 4, DHCP_PEER_SERVER);
    add_route(&message, 0xf0000000, 8, DHCP_PEER_SERVER);
    add_route(&message, 0x00000000, 8, DHCP_PEER_SERVER);
    add_route(&message, 0x0a000000, 8, DHCP_PEER_ADDRESS);
    add_route(&message, 0x0a000000, 8, 0x0b000001);
    add_route(&message, 0x0a000000, 8, 0xc0a800ff);
    add_route(&message, 0x0a000000, 8, 0xe0000001);
    add_route(&message, 0, 1, DHCP_PEER_SERVER + 1); /* the second of a destination */
    struct dhcp_terms terms = made(&message);
    assert_int_equal(terms.route_count, 2);
    assert_int_equal(terms.refused, 9);
    assert_int_equal(dobos_address_ipv4_number(&terms.routes[0].via), DHCP_PEER_SERVER);
}

static void domain_set(struct dhcp *message, const char *text) {
    message->domain.length = (uint8_t)text_length(text);
    memcpy(message->domain.bytes, text, message->domain.length);
}

static void search_set(struct dhcp *message, const char *text) {
    assert_true(dns_name_from_text(text, &message->searches.name[message->searches.count++]));
}

/* [attack:H8] */
static void domain_with_anything_but_a_name_in_it_is_refused(void **state) {
    static const char *const bad[] = {
        "() { :; }; reboot",
        "lan\nnameserver 1.2.3.4",
        "a b",
        "$(id)",
        "`id`",
        "a;b",
        "\"lan\"",
        "lan\\046x",
        "-lan",
        "lan-",
        "..",
        "a..b",
        "l\xc3\xa4n",
        "lan\x01",
        "a/b",
        "%n",
        ".",
    };
    (void)state;
    for (size_t i = 0; i < array_length(bad); i++) {
        struct dhcp message = ack();
        domain_set(&message, bad[i]);
        struct dhcp_terms terms = made(&message);
        assert_int_equal(terms.search_count, 0);
        assert_int_equal(terms.refused, 1);
    }
    struct dhcp message = ack();
    search_set(&message, "a\\032b.example");
    search_set(&message, "$\\040id\\041.example");
    search_set(&message, "good_1.example");
    search_set(&message, "GOOD_1.example");
    search_set(&message, "a\\010.example");
    struct dhcp_terms terms = made(&message);
    assert_int_equal(terms.search_count, 1);
    assert_int_equal(terms.refused, 3);
}

static void search_list_replaces_the_domain(void **state) {
    struct dhcp message = ack();
    char text[DNS_NAME_TEXT];
    (void)state;
    domain_set(&message, "home.example.");
    struct dhcp_terms terms = made(&message);
    assert_int_equal(terms.search_count, 1);
    dns_name_format(&terms.searches[0], text);
    assert_string_equal(text, "home.example");
    search_set(&message, "one.example");
    search_set(&message, "two.example");
    terms = made(&message);
    assert_int_equal(terms.search_count, 2);
    dns_name_format(&terms.searches[0], text);
    assert_string_equal(text, "one.example");
}

static void nameservers_are_three_that_can_be(void **state) {
    static const uint32_t given[] = {0,          0x7f000001, 0xe0000001, 1,
                                     0x08080808, 0x08080808, 0x08080404, DHCP_PEER_SERVER};
    struct dhcp message = ack();
    (void)state;
    message.nameservers.count = array_length(given);
    for (size_t i = 0; i < array_length(given); i++)
        message.nameservers.address[i] = dhcp_address(given[i]);
    struct dhcp_terms terms = made(&message);
    assert_int_equal(terms.nameserver_count, 3);
    assert_int_equal(terms.refused, 4);
    assert_int_equal(dobos_address_ipv4_number(&terms.nameservers[2]), DHCP_PEER_SERVER);
}

static void terms_differ_where_they_teach_something_else(void **state) {
    struct dhcp one = ack();
    (void)state;
    one.routers.count = one.nameservers.count = 1;
    one.routers.address[0] = one.nameservers.address[0] = dhcp_address(DHCP_PEER_SERVER);
    domain_set(&one, "lan");
    struct dhcp_terms terms = made(&one), others;
    struct dhcp other = one;
    other.lease_s = 7;
    others = made(&other);
    assert_true(dhcp_terms_teach_the_same(&terms, &others));
    other.routers.address[0] = dhcp_address(DHCP_PEER_SERVER + 1);
    others = made(&other);
    assert_false(dhcp_terms_teach_the_same(&terms, &others));
    other = one;
    other.nameservers.address[0] = dhcp_address(DHCP_PEER_SERVER + 1);
    others = made(&other);
    assert_false(dhcp_terms_teach_the_same(&terms, &others));
    other = one;
    domain_set(&other, "net");
    others = made(&other);
    assert_false(dhcp_terms_teach_the_same(&terms, &others));
    domain_set(&other, "");
    others = made(&other);
    assert_false(dhcp_terms_teach_the_same(&terms, &others));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mask_missing_is_that_of_the_class),
        cmocka_unit_test(router_is_the_first_on_the_subnet),
        cmocka_unit_test(classless_routes_replace_the_router),
        cmocka_unit_test(classless_routes_that_cannot_be_are_refused),
        cmocka_unit_test(domain_with_anything_but_a_name_in_it_is_refused),
        cmocka_unit_test(search_list_replaces_the_domain),
        cmocka_unit_test(nameservers_are_three_that_can_be),
        cmocka_unit_test(terms_differ_where_they_teach_something_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
