/* entries: names that a host knows by itself: their order, what is refused, and what happens when
 * memory runs out. */
#include "../link/fixture.h"

#include <stdio.h>
#include <string.h>

#include <dobos/host.h>

struct scene {
    struct fixture fixture;
    struct dobos_host *host;
};

static int setup(void **state) {
    struct scene *s = calloc(1, sizeof *s);
    struct dobos_host_config config = {.size = sizeof config, .key = {7}};
    fixture_init(&s->fixture);
    assert_int_equal(dobos_host_create(s->fixture.pool, &config, 0, &s->host), 0);
    *state = s;
    return 0;
}

static int teardown(void **state) {
    struct scene *s = *state;
    dobos_host_destroy(s->host);
    fixture_fini(&s->fixture);
    free(s);
    return 0;
}

static int add(struct scene *s, const char *name, uint32_t address) {
    const struct dobos_host_entry entry = {.address = dobos_address_ipv4(address), .name = name};
    return dobos_host_entry_add(s->host, &entry);
}

static void assert_entry(const struct scene *s, uint32_t nth, const char *name, uint32_t address) {
    struct dobos_host_entry entry;
    assert_int_equal(dobos_host_entry_read(s->host, nth, &entry), 0);
    assert_string_equal(entry.name, name);
    assert_int_equal(dobos_address_ipv4_number(&entry.address), address);
}

static void entries_are_read_in_the_order_they_were_written(void **state) {
    struct scene *s = *state;
    struct dobos_host_entry entry;
    assert_int_equal(dobos_host_entry_read(s->host, 0, &entry), -DOBOS_ENOENT);
    assert_int_equal(add(s, "Printer.home.arpa.", 0xc0a80009), 0);
    assert_int_equal(add(s, "nas", 0xc0a8000a), 0);
    assert_int_equal(add(s, "nas", 0xc0a8000b), 0);
    assert_int_equal(add(s, "files", 0xc0a8000a), 0);
    assert_entry(s, 0, "Printer.home.arpa", 0xc0a80009);
    assert_entry(s, 1, "nas", 0xc0a8000a);
    assert_entry(s, 2, "nas", 0xc0a8000b);
    assert_entry(s, 3, "files", 0xc0a8000a);
    assert_int_equal(dobos_host_entry_read(s->host, 4, &entry), -DOBOS_ENOENT);
}

static void same_address_of_a_name_is_refused_in_any_case(void **state) {
    struct scene *s = *state;
    assert_int_equal(add(s, "nas", 0xc0a8000a), 0);
    assert_int_equal(add(s, "NAS.", 0xc0a8000a), -DOBOS_EEXIST);
    assert_int_equal(add(s, "nas2", 0xc0a8000a), 0);
    assert_int_equal(add(s, "na", 0xc0a8000a), 0);
}

static void what_is_no_name_of_a_host_is_refused(void **state) {
    struct scene *s = *state;
    char label[80];
    memset(label, 'a', 64);
    label[64] = '\0';
    const char *const bad[] = {"",          ".",    "a..b",  ".a",       "two words", "a\tb",
                               "a#b",       "a/b",  "a\\.b", "a:b",      "10",        "a.7",
                               "192.0.2.1", "a.7.", label,   "\303\244", "fe80::1"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(add(s, bad[i], 0xc0a8000a), -DOBOS_EINVAL);
    const char *const good[] = {"a", "a7", "7a", "x.7a", "_x._tcp.example", "a-b", label + 1};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_int_equal(add(s, good[i], 0xc0a8000a), 0);
}

static void what_is_not_one_host_is_refused(void **state) {
    struct scene *s = *state;
    assert_int_equal(add(s, "a", 0), -DOBOS_EINVAL);
    assert_int_equal(add(s, "a", 0xe0000001), -DOBOS_EINVAL);
    assert_int_equal(add(s, "a", 0xffffffff), -DOBOS_EINVAL);
    assert_int_equal(add(s, "a", 0x7f000001), 0);
}

static void table_has_an_end(void **state) {
    struct scene *s = *state;
    for (uint32_t i = 0; i < DOBOS_HOST_ENTRIES; i++)
        assert_int_equal(add(s, "many", 0x0a000001 + i), 0);
    assert_int_equal(add(s, "many", 0x0b000001), -DOBOS_ENOMEM);
    assert_entry(s, DOBOS_HOST_ENTRIES - 1, "many", 0x0a000000 + DOBOS_HOST_ENTRIES);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(entries_are_read_in_the_order_they_were_written, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(same_address_of_a_name_is_refused_in_any_case, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_is_no_name_of_a_host_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_not_one_host_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(table_has_an_end, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
