/* calc: the textbook's masks, an independent model on random subnets, and what is refused. */
#include "asked.h"

#include <jansson.h>

#include "base/random.h"

#define RUNS 4000

static void textbook_prefix_shows_its_subnet(void **state) {
    (void)state;
    expect("calc 192.168.0.186/24", 0,
           "Address:   192.168.0.186        11000000.10101000.00000000. 10111010\n"
           "Netmask:   255.255.255.0 = 24   11111111.11111111.11111111. 00000000\n"
           "Wildcard:  0.0.0.255            00000000.00000000.00000000. 11111111\n"
           "=>\n"
           "Network:   192.168.0.0/24       11000000.10101000.00000000. 00000000\n"
           "HostMin:   192.168.0.1          11000000.10101000.00000000. 00000001\n"
           "HostMax:   192.168.0.254        11000000.10101000.00000000. 11111110\n"
           "Broadcast: 192.168.0.255        11000000.10101000.00000000. 11111111\n"
           "Hosts/Net: 254                  private (RFC 1918)\n",
           "");
}

static void netmask_says_the_same_as_its_prefix(void **state) {
    (void)state;
    static const char *const pairs[][2] = {
        {"calc 192.168.0.186/24", "calc 192.168.0.186 255.255.255.0"},
        {"calc 10.1.2.3/8", "calc 10.1.2.3 255.0.0.0"},
        {"calc 10.1.2.3/10", "calc 10.1.2.3 255.192.0.0"},
        {"calc 203.0.113.200/28", "calc 203.0.113.200 255.255.255.240"},
        {"calc 203.0.113.200/0", "calc 203.0.113.200 0.0.0.0"},
        {"calc 203.0.113.200/32", "calc 203.0.113.200 255.255.255.255"},
    };
    for (size_t i = 0; i < array_length(pairs); i++) {
        struct asked a = ask(pairs[i][0]);
        struct asked b = ask(pairs[i][1]);
        assert_int_equal(a.code, 0);
        assert_int_equal(b.code, 0);
        assert_string_equal(sink_text(&a.out), sink_text(&b.out));
        asked_fini(&a);
        asked_fini(&b);
    }
}

static void json_has_all_of_it(void **state) {
    (void)state;
    expect("calc --json 203.0.113.200/28", 0,
           "{\"address\":\"203.0.113.200\",\"prefixlen\":28,\"netmask\":\"255.255.255.240\","
           "\"wildcard\":\"0.0.0.15\",\"network\":\"203.0.113.192\","
           "\"hostmin\":\"203.0.113.193\",\"hostmax\":\"203.0.113.206\","
           "\"broadcast\":\"203.0.113.207\",\"hosts\":14,"
           "\"range\":\"documentation (RFC 5737)\"}\n",
           "");
}

/* Point-to-point links and single hosts have no broadcast address (RFC 3021). */
static void shortest_subnets_have_no_broadcast(void **state) {
    (void)state;
    expect("calc --json 8.8.8.9/31", 0,
           "{\"address\":\"8.8.8.9\",\"prefixlen\":31,\"netmask\":\"255.255.255.254\","
           "\"wildcard\":\"0.0.0.1\",\"network\":\"8.8.8.8\",\"hostmin\":\"8.8.8.8\","
           "\"hostmax\":\"8.8.8.9\",\"hosts\":2}\n",
           "");
    expect("calc --json 8.8.8.9/32", 0,
           "{\"address\":\"8.8.8.9\",\"prefixlen\":32,\"netmask\":\"255.255.255.255\","
           "\"wildcard\":\"0.0.0.0\",\"network\":\"8.8.8.9\",\"hostmin\":\"8.8.8.9\","
           "\"hostmax\":\"8.8.8.9\",\"hosts\":1}\n",
           "");
    expect("calc --json 8.8.8.9/0", 0,
           "{\"address\":\"8.8.8.9\",\"prefixlen\":0,\"netmask\":\"0.0.0.0\","
           "\"wildcard\":\"255.255.255.255\",\"network\":\"0.0.0.0\",\"hostmin\":\"0.0.0.1\","
           "\"hostmax\":\"255.255.255.254\",\"broadcast\":\"255.255.255.255\","
           "\"hosts\":4294967294}\n",
           "");
}

/* ---- the model: counts bits one by one, in 64-bit numbers ---- */

static uint64_t model_network(uint64_t address, unsigned length) {
    for (unsigned bit = 0; bit < 32 - length; bit++)
        address -= address & (UINT64_C(1) << bit);
    return address;
}

static void dotted(uint64_t number, char text[32]) {
    (void)snprintf(text, 32, "%u.%u.%u.%u", (unsigned)(number / 16777216 % 256),
                   (unsigned)(number / 65536 % 256), (unsigned)(number / 256 % 256),
                   (unsigned)(number % 256));
}

static void expect_field(const json_t *object, const char *key, uint64_t number) {
    char text[32];
    dotted(number, text);
    const char *found = json_string_value(json_object_get(object, key));
    assert_non_null(found);
    assert_string_equal(found, text);
}

static void expect_model(uint64_t address, unsigned length, const json_t *object) {
    uint64_t size = 1;
    for (unsigned bit = length; bit < 32; bit++)
        size *= 2;
    uint64_t network = model_network(address, length);
    bool is_small = length >= 31;
    expect_field(object, "address", address);
    expect_field(object, "network", network);
    expect_field(object, "netmask", UINT64_C(4294967296) - size);
    expect_field(object, "wildcard", size - 1);
    expect_field(object, "hostmin", is_small ? network : network + 1);
    expect_field(object, "hostmax", is_small ? network + size - 1 : network + size - 2);
    if (is_small)
        assert_null(json_object_get(object, "broadcast"));
    else
        expect_field(object, "broadcast", network + size - 1);
    assert_int_equal(json_integer_value(json_object_get(object, "hosts")),
                     is_small ? size : size - 2);
    assert_int_equal(json_integer_value(json_object_get(object, "prefixlen")), length);
}

static void random_subnets_agree_with_a_model(void **state) {
    (void)state;
    struct random random = random_make(20);
    for (int run = 0; run < RUNS; run++) {
        uint64_t address = random_below(&random, UINT64_C(1) << 32);
        unsigned length = (unsigned)random_below(&random, 33);
        char line[64];
        char text[32];
        dotted(address, text);
        (void)snprintf(line, sizeof(line), "calc --json %s/%u", text, length);
        struct asked asked = ask(line);
        assert_int_equal(asked.code, 0);
        json_t *object = json_loads(sink_text(&asked.out), 0, NULL);
        assert_non_null(object);
        expect_model(address, length, object);
        json_decref(object);
        asked_fini(&asked);
    }
}

static void malformed_is_refused_with_the_reason(void **state) {
    (void)state;
    static const struct {
        const char *line, *error;
    } rows[] = {
        {"calc", "expected ADDRESS/PREFIX | ADDRESS NETMASK"},
        {"calc 256.1.1.1/24", "'256.1.1.1/24': part 1 is more than 255"},
        {"calc 1.2.3/24", "'1.2.3/24': has 3 parts, not 4"},
        {"calc 01.2.3.4/24", "'01.2.3.4/24': part 1 has a leading zero"},
        {"calc 1.2.3.4/33", "'1.2.3.4/33': has a length of more than 32"},
        {"calc 1.2.3.4/-1", "'1.2.3.4/-1': has a length that is not a number"},
        {"calc 1.2.3.4/", "'1.2.3.4/': has no length behind its slash"},
        {"calc 1.2.3.4", "'1.2.3.4': expected a prefix length (/24) or a netmask behind it"},
        {"calc 1.2.3.x", "'1.2.3.x': "},
        {"calc 1.2.3.4 255.0.255.0", "'255.0.255.0': "},
        {"calc 1.2.3.4 24", "'24': "},
        {"calc 1.2.3.4/24 255.255.255.0", "'255.255.255.0': there is a prefix length already"},
        {"calc 1.2.3.4 255.255.255.0 9", "'9': expected nothing more"},
        {"calc fe80::1/64", "'fe80::1/64': IPv6 is not supported yet"},
        {"calc -x 1.2.3.4/8", "-x: unknown option"},
        {"calc --bits 1.2.3.4/8", "--bits: unknown option"},
    };
    for (size_t i = 0; i < array_length(rows); i++) {
        struct asked asked = ask(rows[i].line);
        assert_int_equal(asked.code, 2);
        assert_string_equal(sink_text(&asked.out), "");
        assert_memory_equal(sink_text(&asked.error), "dobos calc: ", 12);
        if (!strstr(sink_text(&asked.error), rows[i].error))
            fail_msg("%s: said %s", rows[i].line, sink_text(&asked.error));
        asked_fini(&asked);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(textbook_prefix_shows_its_subnet),
        cmocka_unit_test(netmask_says_the_same_as_its_prefix),
        cmocka_unit_test(json_has_all_of_it),
        cmocka_unit_test(shortest_subnets_have_no_broadcast),
        cmocka_unit_test(random_subnets_agree_with_a_model),
        cmocka_unit_test(malformed_is_refused_with_the_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
