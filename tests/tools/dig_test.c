/* dig, to BIND's letter: a zone of ours, and servers that are not there. The expected bytes are
 * those of Debian's dig 9.18 at the same server; tests/cli/dig_bind_test.py asks it. */
#include "asked.h"

static const struct dobos_dns_record records[] = {
    {"example.org", "NS", "ns.example.org", 60},
    {"example.org", "MX", "10 mail.example.org", 60},
    {"ns.example.org", "A", "192.0.2.2", 60},
    {"www.example.org", "A", "192.0.2.80", 60},
    {"www.example.org", "AAAA", "2001:db8::80", 60},
    {"mail.example.org", "CNAME", "www.example.org", 3661},
};
static const struct dobos_dns_record backward[] = {
    {"80.2.0.192.in-addr.arpa", "PTR", "www.example.org", 60},
};
static const struct dobos_dns_zone zones[] = {
    {"example.org", records, array_length(records), NULL},
    {"2.0.192.in-addr.arpa", backward, array_length(backward), NULL},
};

static struct scene dns_scene(void) {
    struct scene scene = scene_create(&(struct impairments){.delay_ns = DOBOS_MILLISECOND});
    scene_serve_names(&scene, zones, array_length(zones));
    return scene;
}

/* What of a whole answer is shown without what changes from run to run. */
static void answers_are_laid_out_as_bind_does(void **state) {
    (void)state;
    static const struct {
        const char *line;
        int code;
        const char *out;
    } rows[] = {
        {"dig +short www.example.org", 0, "192.0.2.80\n"},
        {"dig +short mail.example.org", 0, "www.example.org.\n192.0.2.80\n"},
        {"dig +short -x 192.0.2.80", 0, "www.example.org.\n"},
        {"dig +short no.example.org", 0, ""},
        {"dig +noall +answer mail.example.org", 0,
         "mail.example.org.\t3661\tIN\tCNAME\twww.example.org.\n"
         "www.example.org.\t60\tIN\tA\t192.0.2.80\n"},
        {"dig +noall +answer +ttlunits mail.example.org cname", 0,
         "mail.example.org.\t1h1m1s\tIN\tCNAME\twww.example.org.\n"},
        {"dig +noall +answer +nottl +noclass www.example.org aaaa", 0,
         "www.example.org.\tAAAA\t2001:db8::80\n"},
        {"dig +noall +question -x 192.0.2.80", 0, ";80.2.0.192.in-addr.arpa.\tIN\tPTR\n"},
        {"dig +noall +question +multiline www.example.org", 0, ";www.example.org.\tIN A\n"},
        {"dig +noall +authority +multiline no.example.org", 0,
         "example.org.\t\t300 IN SOA ns.example.org. hostmaster.example.org. (\n"
         "\t\t\t\t1          ; serial\n\t\t\t\t3600       ; refresh (1 hour)\n"
         "\t\t\t\t600        ; retry (10 minutes)\n\t\t\t\t86400      ; expire (1 day)\n"
         "\t\t\t\t300        ; minimum (5 minutes)\n\t\t\t\t)\n"},
        {"dig +noall +answer +unknownformat www.example.org", 0,
         "www.example.org.\t60\tCLASS1\tTYPE1\t\\# 4 C0000250\n"},
        {"dig +noall +answer www.example.org ns.example.org +noall", 0,
         "www.example.org.\t60\tIN\tA\t192.0.2.80\n"},
        {"dig +noall +stats www.example.org", 0,
         ";; Query time: 2 msec\n;; SERVER: 192.0.2.2#53(192.0.2.2) (UDP)\n"
         ";; WHEN: Thu Jan 01 00:00:00 UTC 1970\n;; MSG SIZE  rcvd: 60\n\n"},
        {"dig +noall +stats +tcp @ns.example.org www.example.org", 0, NULL},
        {"dig +noall +comments +noedns +qid=7 +norecurse www.example.org", 0,
         ";; Got answer:\n;; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 7\n"
         ";; flags: qr aa; QUERY: 1, ANSWER: 1, AUTHORITY: 0, ADDITIONAL: 0\n\n"},
        {"dig +noall +comments +qid=7 +do +nocookie www.elsewhere.test", 0,
         ";; Got answer:\n;; ->>HEADER<<- opcode: QUERY, status: REFUSED, id: 7\n"
         ";; flags: qr rd; QUERY: 1, ANSWER: 0, AUTHORITY: 0, ADDITIONAL: 1\n"
         ";; WARNING: recursion requested but not available\n\n"
         ";; OPT PSEUDOSECTION:\n; EDNS: version: 0, flags: do; udp: 1232\n"},
        {"dig +noall -p 54 +tries=1 @192.0.2.2 www", 9,
         ";; communications error to 192.0.2.2#54: connection refused\n"
         ";; no servers could be reached\n"},
    };
    struct scene scene = dns_scene();
    for (size_t i = 0; i < array_length(rows); i++)
        expect_host(&scene, scene.pair->a.host, rows[i].line, rows[i].code, rows[i].out, "");
    scene_destroy(&scene);
}

static void mistakes_are_told_of_with_what_was_expected(void **state) {
    (void)state;
    static const struct {
        const char *line;
        int code;
        const char *error;
    } rows[] = {
        {"dig +nonsense www", 1, "dobos dig: +nonsense: unknown option (see dobos dig --help)\n"},
        {"dig -Z www", 1, "dobos dig: -Z: unknown option (see dobos dig --help)\n"},
        {"dig -q", 1, "dobos dig: -q: expected a value\n"},
        {"dig -p x www", 1,
         "invalid port number 'x': not a valid number\ndobos dig: Couldn't parse port number\n"},
        {"dig +time=99999 www", 10,
         "invalid timeout '99999': out of range\ndobos dig: Couldn't parse timeout\n"},
        {"dig +yaml www", 1, "dobos dig: +yaml: expected --json\n"},
        {"dig +https www", 1, "dobos dig: +https: DNS over HTTPS is not supported\n"},
        {"dig -6 www", 1, "dobos dig: -6: questions go over IPv4 only\n"},
        {"dig -k file www", 1, "dobos dig: -k: signed queries (TSIG) are not supported\n"},
        {"dig example.org axfr", 1, "dobos dig: zone transfers are not supported\n"},
        {"dig example.org ixfr=3", 1, "dobos dig: zone transfers are not supported\n"},
        {"dig - www", 1, "dobos dig: -: unknown option (see dobos dig --help)\n"},
        {"dig +time www", 1, "dobos dig: +time: expected a value, as in +time=1\n"},
        {"dig +subnet=1.2.3.4/33 www", 1,
         "dobos dig: +subnet=1.2.3.4/33: expected an address, and a length behind /\n"},
        {"dig +ednsopt=x www", 10, "dobos dig: +ednsopt=x: expected a number from 0 to 65535\n"},
    };
    for (size_t i = 0; i < array_length(rows); i++)
        expect_host(NULL, NULL, rows[i].line, rows[i].code, "", rows[i].error);
}

static void json_has_the_sections(void **state) {
    (void)state;
    struct scene scene = dns_scene();
    struct asked asked =
        ask_host(&scene, scene.pair->a.host, "dig --json +qid=7 +nocookie www.example.org");
    assert_int_equal(asked.code, 0);
    assert_string_equal(
        sink_text(&asked.out),
        "[{\"server\":\"192.0.2.2\",\"port\":53,\"protocol\":\"udp\",\"id\":7,\"rcode\":0,"
        "\"status\":\"NOERROR\",\"flags\":[\"aa\",\"rd\"],\"edns\":{\"version\":0,\"do\":false,"
        "\"udp\":1232,\"options\":[]},\"question\":{\"name\":\"www.example.org\",\"type\":\"A\","
        "\"class\":\"IN\"},\"answer\":[{\"name\":\"www.example.org\",\"type\":\"A\","
        "\"class\":\"IN\",\"ttl\":60,\"data\":\"192.0.2.80\"}],\"authority\":[],"
        "\"additional\":[],\"took\":0.004,\"size\":60}]\n");
    asked_fini(&asked);
    scene_destroy(&scene);
}

static void silent_server_is_waited_for_5_seconds_three_times(void **state) {
    (void)state;
    struct scene scene = dns_scene();
    struct dobos_socket *mute;
    const struct dobos_endpoint local = {.address = dobos_address_ipv4(PAIR_B), .port = 55};
    assert_int_equal(dobos_socket_create(scene.pair->b.host, DOBOS_UDP, NULL, &mute), 0);
    assert_int_equal(dobos_bind(mute, &local), 0);
    dobos_time begin = scene.pair->now;
    expect_host(&scene, scene.pair->a.host, "dig +nocmd -p 55 @192.0.2.2 www.example.org", 9,
                ";; communications error to 192.0.2.2#55: timed out\n"
                ";; communications error to 192.0.2.2#55: timed out\n"
                ";; communications error to 192.0.2.2#55: timed out\n"
                ";; no servers could be reached\n",
                "");
    assert_int_equal(scene.pair->now - begin, 15 * DOBOS_SECOND);
    dobos_close(mute);
    scene_destroy(&scene);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_are_laid_out_as_bind_does),
        cmocka_unit_test(mistakes_are_told_of_with_what_was_expected),
        cmocka_unit_test(json_has_the_sections),
        cmocka_unit_test(silent_server_is_waited_for_5_seconds_three_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
