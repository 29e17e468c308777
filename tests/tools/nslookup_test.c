/* nslookup, to BIND's letter: a zone of ours, and servers that are not there. The expected bytes
 * are those of Debian's nslookup 9.18 at the same server; tests/cli/nslookup_bind_test.py asks it.
 */
#include "asked.h"

static const struct dobos_dns_record records[] = {
    {"example.org", "NS", "ns.example.org", 60},
    {"example.org", "MX", "10 mail.example.org", 60},
    {"example.org", "TXT", "\"a \\\"b\\\"\" c\\009", 60},
    {"ns.example.org", "A", "192.0.2.2", 60},
    {"www.example.org", "A", "192.0.2.80", 60},
    {"www.example.org", "A", "192.0.2.81", 60},
    {"www.example.org", "AAAA", "2001:db8::80", 60},
    {"mail.example.org", "CNAME", "www.example.org", 60},
    {"odd\\.name.example.org", "A", "192.0.2.9", 60},
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

#define NO_RECURSION ";; Got recursion not available from 192.0.2.2\n"
#define SERVER       "Server:\t\t192.0.2.2\nAddress:\t192.0.2.2#53\n\n"

/* A server that was not named is expected to recurse, and told of when it does not. */
static void answers_are_laid_out_as_bind_does(void **state) {
    (void)state;
    static const struct {
        const char *line;
        int code;
        const char *out, *error;
    } rows[] = {
        {"nslookup www.example.org", 0,
         NO_RECURSION SERVER "Name:\twww.example.org\nAddress: 192.0.2.80\n"
                             "Name:\twww.example.org\nAddress: 192.0.2.81\n" NO_RECURSION
                             "Name:\twww.example.org\nAddress: 2001:db8::80\n\n",
         ""},
        {"nslookup mail.example.org 192.0.2.2", 0,
         SERVER "mail.example.org\tcanonical name = www.example.org.\n"
                "Name:\twww.example.org\nAddress: 192.0.2.80\n"
                "Name:\twww.example.org\nAddress: 192.0.2.81\n"
                "Name:\twww.example.org\nAddress: 2001:db8::80\n\n",
         ""},
        {"nslookup example.org 192.0.2.2", 0, SERVER "*** Can't find example.org: No answer\n\n",
         ""},
        {"nslookup no.example.org 192.0.2.2", 1,
         SERVER "** server can't find no.example.org: NXDOMAIN\n\n", ""},
        {"nslookup 192.0.2.80 192.0.2.2", 0, "80.2.0.192.in-addr.arpa\tname = www.example.org.\n\n",
         ""},
        {"nslookup 192.0.2.81 192.0.2.2", 1,
         "** server can't find 81.2.0.192.in-addr.arpa: NXDOMAIN\n\n", ""},
        {"nslookup -type=mx example.org 192.0.2.2", 0,
         SERVER "example.org\tmail exchanger = 10 mail.example.org.\n\n", ""},
        {"nslookup -Q=txt example.org 192.0.2.2", 0,
         SERVER "example.org\ttext = \"a \\\"b\\\"\" \"c\\009\"\n\n", ""},
        {"nslookup -query=aaaa www.example.org 192.0.2.2", 0,
         SERVER "Name:\twww.example.org\nAddress: 2001:db8::80\n\n", ""},
        {"nslookup odd\\.name.example.org 192.0.2.2", 0,
         SERVER "Name:\todd\\.name.example.org\nAddress: 192.0.2.9\n\n", ""},
        {"nslookup www.elsewhere.test 192.0.2.2", 1,
         SERVER "** server can't find www.elsewhere.test: REFUSED\n\n", ""},
        {"nslookup -type=soa example.org ns.example.org", 0,
         "Server:\t\tns.example.org\nAddress:\t192.0.2.2#53\n\n"
         "example.org\n\torigin = ns.example.org\n\tmail addr = hostmaster.example.org\n"
         "\tserial = 1\n\trefresh = 3600\n\tretry = 600\n\texpire = 86400\n\tminimum = 300\n\n",
         ""},
        {"nslookup a..b", 10, "", "dobos nslookup: 'a..b' is not a legal name (empty label)\n"},
        {"nslookup -nonsense -port=x -type=bad www.elsewhere.test 192.0.2.2", 1,
         "*** Invalid option: nonsense\ninvalid port 'x': not a valid number\n"
         "unknown query type: bad\n" SERVER "** server can't find www.elsewhere.test: REFUSED\n\n",
         ""},
    };
    struct scene scene = dns_scene();
    for (size_t i = 0; i < array_length(rows); i++)
        expect_host(&scene, scene.pair->a.host, rows[i].line, rows[i].code, rows[i].out,
                    rows[i].error);
    scene_destroy(&scene);
}

static void servers_that_do_not_answer_are_told_of(void **state) {
    (void)state;
    struct scene scene = dns_scene();
    dobos_time begin = scene.pair->now;
    const struct dobos_nameserver self = {dobos_address_ipv4(PAIR_A), DOBOS_ORIGIN_STATIC, 0};
    expect_host(&scene, scene.pair->a.host, "nslookup -port=54 www.example.org 192.0.2.2", 1,
                ";; communications error to 192.0.2.2#54: connection refused\n"
                ";; communications error to 192.0.2.2#54: connection refused\n"
                ";; communications error to 192.0.2.2#54: connection refused\n"
                ";; no servers could be reached\n\n",
                "");
    assert_true(scene.pair->now - begin < DOBOS_SECOND);
    expect_host(&scene, scene.pair->a.host, "nslookup -retry=1 -vc -port=54 w.test 192.0.2.2", 1,
                ";; Connection to 192.0.2.2#54(192.0.2.2) for w.test failed: connection refused.\n"
                ";; no servers could be reached\n\n",
                "");
    /* The first server of the list gets all tries but one. */
    assert_int_equal(dobos_nameserver_add(scene.pair->a.host, &self), 0);
    expect_host(&scene, scene.pair->a.host, "nslookup -retry=2 -port=54 w.test", 1,
                ";; communications error to 192.0.2.2#54: connection refused\n"
                ";; communications error to 192.0.2.2#54: connection refused\n"
                ";; communications error to 192.0.2.1#54: connection refused\n"
                ";; no servers could be reached\n\n",
                "");
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
    expect_host(&scene, scene.pair->a.host, "nslookup -port=55 www.example.org 192.0.2.2", 1,
                ";; communications error to 192.0.2.2#55: timed out\n"
                ";; communications error to 192.0.2.2#55: timed out\n"
                ";; communications error to 192.0.2.2#55: timed out\n"
                ";; no servers could be reached\n\n",
                "");
    assert_int_equal(scene.pair->now - begin, 15 * DOBOS_SECOND);
    begin = scene.pair->now;
    expect_host(&scene, scene.pair->a.host, "nslookup -t=2 -ret=1 -port=55 w.test 192.0.2.2", 1,
                ";; communications error to 192.0.2.2#55: timed out\n"
                ";; no servers could be reached\n\n",
                "");
    assert_int_equal(scene.pair->now - begin, 2 * DOBOS_SECOND);
    dobos_close(mute);
    scene_destroy(&scene);
}

static void search_list_is_for_names_of_few_dots(void **state) {
    (void)state;
    struct scene scene = dns_scene();
    struct dobos_host *host = scene.pair->a.host;
    assert_int_equal(dobos_search_add(host, &(struct dobos_search){.domain = "no.example.org"}), 0);
    assert_int_equal(dobos_search_add(host, &(struct dobos_search){.domain = "example.org"}), 0);
    expect_host(&scene, host, "nslookup -type=a www 192.0.2.2", 0,
                SERVER "Name:\twww.example.org\nAddress: 192.0.2.80\n"
                       "Name:\twww.example.org\nAddress: 192.0.2.81\n\n",
                "");
    expect_host(&scene, host, "nslookup -nosearch www 192.0.2.2", 1,
                SERVER "** server can't find www: REFUSED\n\n", "");
    expect_host(&scene, host, "nslookup x.y 192.0.2.2", 1,
                SERVER "** server can't find x.y: REFUSED\n\n", "");
    expect_host(&scene, host, "nslookup -ndots=2 x.y 192.0.2.2", 1,
                SERVER "** server can't find x.y: REFUSED\n\n", "");
    expect_host(&scene, host, "nslookup -domain=wrong.test www 192.0.2.2", 1,
                SERVER "** server can't find www.wrong.test: REFUSED\n\n", "");
    scene_destroy(&scene);
}

static void arguments_that_make_no_question_are_refused(void **state) {
    (void)state;
    struct scene scene = dns_scene();
    struct dobos_host *host = scene.pair->a.host;
    static const char interactive[] =
        "dobos nslookup: there is no interactive mode: expected a NAME or an ADDRESS "
        "(see dobos nslookup --help)\n";
    expect_host(&scene, host, "nslookup", 2, "", interactive);
    expect_host(&scene, host, "nslookup - 192.0.2.2", 2, "", interactive);
    expect_host(&scene, host, "nslookup a b c", 1, "",
                "dobos nslookup: 'c': expected nothing more (see dobos nslookup --help)\n");
    expect_host(&scene, host, "nslookup -type=axfr example.org", 2, "", NULL);
    expect_host(&scene, host, "nslookup www.example.org no.example.org", 1, "",
                "dobos nslookup: couldn't get address for 'no.example.org': not found\n");
    expect_host(&scene, host, "nslookup --help", 0, NULL, "");
    scene_destroy(&scene);
}

static void json_has_every_answer(void **state) {
    (void)state;
    struct scene scene = dns_scene();
    expect_host(&scene, scene.pair->a.host, "nslookup --json -type=cname mail.example.org", 0,
                "[{\"server\":\"192.0.2.2\",\"port\":53,\"name\":\"mail.example.org\","
                "\"type\":\"CNAME\",\"rcode\":\"NOERROR\",\"authoritative\":true,\"answers\":["
                "{\"name\":\"mail.example.org\",\"type\":\"CNAME\",\"ttl\":60,"
                "\"data\":\"www.example.org.\"}],\"authority\":[]}]\n",
                "");
    scene_destroy(&scene);
}

static void debug_shows_all_sections(void **state) {
    (void)state;
    struct scene scene = dns_scene();
    expect_host(&scene, scene.pair->a.host, "nslookup -debug -type=mx no.example.org 192.0.2.2", 1,
                SERVER "------------\n    QUESTIONS:\n\tno.example.org, type = MX, class = IN\n"
                       "    ANSWERS:\n    AUTHORITY RECORDS:\n    ->  example.org\n"
                       "\torigin = ns.example.org\n\tmail addr = hostmaster.example.org\n"
                       "\tserial = 1\n\trefresh = 3600\n\tretry = 600\n\texpire = 86400\n"
                       "\tminimum = 300\n\tttl = 300\n    ADDITIONAL RECORDS:\n------------\n"
                       "** server can't find no.example.org: NXDOMAIN\n\n",
                "");
    scene_destroy(&scene);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_are_laid_out_as_bind_does),
        cmocka_unit_test(servers_that_do_not_answer_are_told_of),
        cmocka_unit_test(silent_server_is_waited_for_5_seconds_three_times),
        cmocka_unit_test(search_list_is_for_names_of_few_dots),
        cmocka_unit_test(arguments_that_make_no_question_are_refused),
        cmocka_unit_test(json_has_every_answer),
        cmocka_unit_test(debug_shows_all_sections),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
