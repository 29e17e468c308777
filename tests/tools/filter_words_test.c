/* filter_words: rules as sentences: what each means, what is refused and with which words. */
#include "tools/filter_words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <dobos/socket.h>

static struct filter_sentence read(const char *text) {
    struct filter_sentence sentence;
    char reason[FILTER_REASON_BYTES] = "";
    if (!filter_sentence_parse(text, &sentence, reason))
        fail_msg("%s: %s", text, reason);
    return sentence;
}

static void assert_written(const struct filter_sentence *sentence, const char *expected) {
    struct sink out = {0};
    filter_sentence_format(sentence, &out);
    assert_string_equal(sink_text(&out), expected);
    sink_fini(&out);
}

static void sentences_are_written_as_they_were_read(void **state) {
    static const char *const sentences[] = {
        "allow",
        "deny",
        "reject",
        "allow established",
        "allow established tcp",
        "deny icmp from wan0",
        "allow igmp from lan0 to 224.0.0.0/4",
        "deny from 10.0.0.0/8",
        "allow udp from 192.168.0.7 port 5000-5010 to wan0 port 53",
        "allow tcp to any port 80",
        "allow to 203.0.113.7",
        "reject tcp from any port 20 to lan0",
        "deny to lo port 1-65535",
        "allow from 192.168.0.0/24 to 198.51.100.0/25",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(sentences) / sizeof(sentences[0]); i++) {
        struct filter_sentence sentence = read(sentences[i]);
        assert_written(&sentence, sentences[i]);
    }
}

static void words_that_say_nothing_are_left_out(void **state) {
    (void)state;
    struct filter_sentence sentence = read("  deny tcp\tfrom any to any  ");
    assert_written(&sentence, "deny tcp");
    sentence = read("allow from 0.0.0.0/0 to any port 7");
    assert_written(&sentence, "allow to any port 7");
}

static void each_word_finds_its_place(void **state) {
    (void)state;
    struct filter_sentence sentence =
        read("reject established udp from lan0 port 67 to 203.0.113.0/24 port 1000-2000");
    const struct dobos_filter_rule *rule = &sentence.rule;
    assert_int_equal(rule->action, DOBOS_FILTER_REJECT);
    assert_true(rule->established);
    assert_int_equal(rule->protocol, DOBOS_UDP);
    assert_string_equal(sentence.from, "lan0");
    assert_string_equal(sentence.to, "");
    assert_int_equal(rule->from.prefix.length, 0);
    assert_int_equal(rule->from.port_first, 67);
    assert_int_equal(rule->from.port_last, 67);
    assert_int_equal(dobos_address_ipv4_number(&rule->to.prefix.address), 0xcb007100);
    assert_int_equal(rule->to.prefix.length, 24);
    assert_int_equal(rule->to.port_first, 1000);
    assert_int_equal(rule->to.port_last, 2000);
}

static void port_is_the_destinations_but_behind_from(void **state) {
    (void)state;
    assert_int_equal(read("allow port 80").rule.to.port_first, 80);
    assert_int_equal(read("allow to wan0 port 80").rule.to.port_first, 80);
    assert_int_equal(read("allow from lan0 to any port 80").rule.to.port_first, 80);
    assert_int_equal(read("allow from lan0 port 80").rule.to.port_first, 0);
    assert_int_equal(read("allow from lan0 port 80").rule.from.port_first, 80);
}

static void ports_have_the_names_of_services(void **state) {
    (void)state;
    assert_int_equal(read("allow tcp to any port http").rule.to.port_first, 80);
    assert_int_equal(read("allow port domain").rule.to.port_last, 53);
    assert_int_equal(read("allow udp port ntp").rule.to.port_last, 123);
}

static void wrong_words_are_named_with_what_was_expected(void **state) {
    static const struct {
        const char *text, *reason;
    } wrong[] = {
        {"", "'': expected allow, deny or reject"},
        {"alow tcp", "'alow': expected allow, deny or reject"},
        {"allow gre",
         "'gre': expected established, tcp, udp, icmp, igmp, from, to, port or nothing more"},
        {"allow established new",
         "'new': expected tcp, udp, icmp, igmp, from, to, port or nothing more"},
        {"allow tcp udp", "'udp': expected from, to, port or nothing more"},
        {"allow icmp 8", "'8': expected from, to, or nothing more"},
        {"allow from", "'from': expected any, an address, a prefix or an interface behind it"},
        {"deny from wan0 wan1", "'wan1': expected to, port or nothing more"},
        {"deny from wan0 port 7 port 8", "'port': expected to, or nothing more"},
        {"deny to wan0 from lan0", "'from': expected port or nothing more"},
        {"deny port 80 to wan0", "'to': expected nothing more"},
        {"allow icmp to any port 8", "'port': icmp has none"},
        {"allow igmp from any port 1", "'port': igmp has none"},
        {"allow to any port", "'port': expected a port behind it, such as 80, 8000-8010 or http"},
        {"allow port 0", "'0': expected a port from 1 to 65535, or a range such as 8000-8010"},
        {"allow port 65536",
         "'65536': expected a port from 1 to 65535, or a range such as 8000-8010"},
        {"allow port 9-8", "'9-8': expected a port from 1 to 65535, or a range such as 8000-8010"},
        {"allow port 9-", "'9-': expected a port from 1 to 65535, or a range such as 8000-8010"},
        {"allow port 1-2-3",
         "'1-2-3': expected a port from 1 to 65535, or a range such as 8000-8010"},
        {"allow port htp", "'htp': expected a port, or a name that 'dobos services' has"},
        {"allow udp port smtp",
         "'smtp': expected a port, or a name that 'dobos services' has for udp"},
        {"deny from 192.168.0.1/24",
         "'192.168.0.1/24': expected a prefix without bits behind its length: 192.168.0.0/24"},
        {"deny from interface-with-a-long-name",
         "'interface-with-a-lon...': expected any, an address, a prefix or an interface of the "
         "node"},
        {"a b c d e f g h i j k l", "expected at most 11 words"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct filter_sentence sentence;
        char reason[FILTER_REASON_BYTES] = "";
        assert_false(filter_sentence_parse(wrong[i].text, &sentence, reason));
        assert_string_equal(reason, wrong[i].reason);
    }
    static const char *const addresses[] = {"10.0.0.256", "10.0.0", "10.0.0.0/33", "2001:db8::/32"};
    for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
        struct filter_sentence sentence;
        char reason[FILTER_REASON_BYTES] = "", text[64] = "deny from ";
        strcat(text, addresses[i]);
        assert_false(filter_sentence_parse(text, &sentence, reason));
        assert_non_null(strstr(reason, addresses[i]));
        assert_non_null(strstr(reason, "expected an address or a prefix such as 192.168.0.0/24 ("));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sentences_are_written_as_they_were_read),
        cmocka_unit_test(words_that_say_nothing_are_left_out),
        cmocka_unit_test(each_word_finds_its_place),
        cmocka_unit_test(port_is_the_destinations_but_behind_from),
        cmocka_unit_test(ports_have_the_names_of_services),
        cmocka_unit_test(wrong_words_are_named_with_what_was_expected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
