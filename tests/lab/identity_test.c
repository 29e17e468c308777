/* What is drawn from a seed: the same each time, other for each name and each seed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lab/identity.h"

static void same_seed_and_name_give_the_same_identity(void **state) {
    (void)state;
    struct identity a, b;
    uint8_t x[DOBOS_KEY_BYTES], y[DOBOS_KEY_BYTES];
    identity_init(&a, 7, NULL);
    identity_init(&b, 7, NULL);
    identity_key(&a, "laptop", 0, x);
    identity_key(&b, "laptop", 0, y);
    assert_memory_equal(x, y, sizeof x);
    const struct dobos_mac m = identity_mac(&a, "laptop", "eth0"),
                           n = identity_mac(&b, "laptop", "eth0");
    assert_memory_equal(&m, &n, sizeof m);
    assert_int_equal(identity_cable(&a, "lan", "laptop", "eth0"),
                     identity_cable(&b, "lan", "laptop", "eth0"));
}

static void other_seed_or_name_gives_another_identity(void **state) {
    (void)state;
    struct identity a, b;
    uint8_t x[DOBOS_KEY_BYTES], y[DOBOS_KEY_BYTES];
    identity_init(&a, 7, NULL);
    identity_init(&b, 8, NULL);
    identity_key(&a, "laptop", 0, x);
    identity_key(&a, "router", 0, y);
    assert_memory_not_equal(x, y, sizeof x);
    identity_key(&b, "laptop", 0, y);
    assert_memory_not_equal(x, y, sizeof x);
    assert_memory_not_equal(x, x + 8, 8);
    const struct dobos_mac eth0 = identity_mac(&a, "laptop", "eth0"),
                           eth1 = identity_mac(&a, "laptop", "eth1"),
                           shifted = identity_mac(&a, "laptope", "th0");
    assert_memory_not_equal(&eth0, &eth1, sizeof eth0);
    assert_memory_not_equal(&eth0, &shifted, sizeof eth0);
    assert_int_not_equal(identity_cable(&a, "lan", "laptop", "eth0"),
                         identity_cable(&a, "lan", "router", "eth0"));
}

static void link_addresses_are_local_and_of_one_station(void **state) {
    (void)state;
    struct identity a;
    identity_init(&a, 7, NULL);
    const struct dobos_mac mac = identity_mac(&a, "laptop", "eth0");
    assert_int_equal(mac.bytes[0], 0x02);
}

/* In real time keys cannot be guessed from the seed, and link addresses stay. */
static void entropy_changes_keys_and_nothing_else(void **state) {
    (void)state;
    struct identity a, b;
    uint8_t entropy[DOBOS_KEY_BYTES] = {1};
    uint8_t x[DOBOS_KEY_BYTES], y[DOBOS_KEY_BYTES];
    identity_init(&a, 7, NULL);
    identity_init(&b, 7, entropy);
    identity_key(&a, "laptop", 0, x);
    identity_key(&b, "laptop", 0, y);
    assert_memory_not_equal(x, y, sizeof x);
    const struct dobos_mac m = identity_mac(&a, "laptop", "eth0"),
                           n = identity_mac(&b, "laptop", "eth0");
    assert_memory_equal(&m, &n, sizeof m);
}

/* A host made anew has the random numbers of its own life, not those of the one before. */
static void another_boot_gives_another_key(void **state) {
    (void)state;
    struct identity a;
    uint8_t x[DOBOS_KEY_BYTES], y[DOBOS_KEY_BYTES], z[DOBOS_KEY_BYTES];
    identity_init(&a, 7, NULL);
    identity_key(&a, "laptop", 0, x);
    identity_key(&a, "laptop", 1, y);
    identity_key(&a, "laptop", 129, z);
    assert_memory_not_equal(x, y, sizeof x);
    assert_memory_not_equal(x, z, sizeof x);
    assert_memory_not_equal(y, z, sizeof y);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_seed_and_name_give_the_same_identity),
        cmocka_unit_test(other_seed_or_name_gives_another_identity),
        cmocka_unit_test(link_addresses_are_local_and_of_one_station),
        cmocka_unit_test(another_boot_gives_another_key),
        cmocka_unit_test(entropy_changes_keys_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
