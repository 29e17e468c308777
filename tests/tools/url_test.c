/* url: what is read from a URL, and which are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "tools/url.h"

static void good_urls_give_host_port_and_path(void **state) {
    (void)state;
    static const struct {
        const char *text, *host, *path;
        unsigned port;
    } rows[] = {
        {"http://www.example.org/", "www.example.org", "/", 80},
        {"http://www.example.org", "www.example.org", "/", 80},
        {"www.example.org/big", "www.example.org", "/big", 80},
        {"HTTP://192.0.2.1:8080/a/b?c=d#e", "192.0.2.1", "/a/b?c=d", 8080},
        {"http://h?q", "h", "/?q", 80},
        {"http://h#f", "h", "/", 80},
        {"http://h:/x", "h", "/x", 80},
        {"h:65535", "h", "/", 65535},
        {"http://h/http://g/", "h", "/http://g/", 80},
        {"h/a://b", "h", "/a://b", 80},
    };
    for (size_t i = 0; i < array_length(rows); i++) {
        struct url url;
        const char *reason;
        assert_int_equal(url_parse(rows[i].text, &url, &reason), URL_GOOD);
        assert_string_equal(url.host, rows[i].host);
        assert_string_equal(url.path, rows[i].path);
        assert_int_equal(url.port, rows[i].port);
    }
}

static void bad_urls_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *text;
        enum url_fault fault;
    } rows[] = {
        {"https://h/", URL_SCHEME},
        {"ftp://h/", URL_SCHEME},
        {"xhttp://h/", URL_SCHEME},
        {"", URL_BAD},
        {"http://", URL_BAD},
        {"http:///", URL_BAD},
        {"/path", URL_BAD},
        {":80/", URL_BAD},
        {"http://h:0/", URL_BAD},
        {"http://h:65536/", URL_BAD},
        {"http://h:080/", URL_BAD},
        {"http://h:123456/", URL_BAD},
        {"http://h:8x/", URL_BAD},
        {"http://u@h/", URL_BAD},
        {"http://[::1]/", URL_BAD},
        {"http://h/a b", URL_BAD},
        {"http://h/a\r\nX: y", URL_BAD},
        {"http://h/\x80", URL_BAD},
    };
    for (size_t i = 0; i < array_length(rows); i++) {
        struct url url;
        const char *reason;
        enum url_fault fault = url_parse(rows[i].text, &url, &reason);
        if (fault != rows[i].fault)
            fail_msg("%s: %d, not %d", rows[i].text, (int)fault, (int)rows[i].fault);
        if (fault == URL_BAD)
            assert_true(strlen(reason) > 0);
    }
}

static void longest_host_and_path_fit(void **state) {
    (void)state;
    char text[URL_PATH_BYTES + 16];
    struct url url;
    const char *reason;
    memset(text, 'a', sizeof(text));
    text[DOBOS_DOMAIN_BYTES - 1] = '\0';
    assert_int_equal(url_parse(text, &url, &reason), URL_GOOD);
    assert_int_equal(strlen(url.host), DOBOS_DOMAIN_BYTES - 1);
    text[DOBOS_DOMAIN_BYTES - 1] = 'a';
    text[DOBOS_DOMAIN_BYTES] = '\0';
    assert_int_equal(url_parse(text, &url, &reason), URL_BAD);
    memset(text, 'a', sizeof(text));
    memcpy(text, "h/", 2);
    text[1 + URL_PATH_BYTES - 1] = '\0';
    assert_int_equal(url_parse(text, &url, &reason), URL_GOOD);
    assert_int_equal(strlen(url.path), URL_PATH_BYTES - 1);
    text[1 + URL_PATH_BYTES - 1] = 'a';
    text[1 + URL_PATH_BYTES] = '\0';
    assert_int_equal(url_parse(text, &url, &reason), URL_BAD);
    text[1] = '?'; /* a slash is added */
    text[1 + URL_PATH_BYTES - 1] = '\0';
    assert_int_equal(url_parse(text, &url, &reason), URL_BAD);
    text[1 + URL_PATH_BYTES - 2] = '\0';
    assert_int_equal(url_parse(text, &url, &reason), URL_GOOD);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_urls_give_host_port_and_path),
        cmocka_unit_test(bad_urls_are_refused),
        cmocka_unit_test(longest_host_and_path_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
