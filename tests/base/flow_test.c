/* flow: equality and hash look at every field, in both forms of the hash. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/flow.h"

static struct flow flow_ipv4(void) {
    return (struct flow){
        .local = dobos_address_ipv4(0xc0a80004),
        .remote = dobos_address_ipv4(0xcb007150),
        .local_port = 49152,
        .remote_port = 80,
        .interface = 2,
        .protocol = 6,
    };
}

static struct flow flow_ipv6(void) {
    struct flow flow = flow_ipv4();
    flow.local = (struct dobos_address){{0x20, 0x01, 0x0d, 0xb8}};
    flow.remote = (struct dobos_address){{0xfe, 0x80}};
    return flow;
}

static void every_field_counts(struct flow flow) {
    struct hash_key key = {{1, 2}};
    uint64_t hash = flow_hash(&key, &flow);
    struct flow same = flow;
    assert_true(flow_is_equal(&flow, &same));
    assert_true(flow_hash(&key, &same) == hash);
    struct flow changed[8];
    for (size_t i = 0; i < array_length(changed); i++)
        changed[i] = flow;
    changed[0].local.bytes[15] ^= 1;
    changed[1].remote.bytes[15] ^= 1;
    changed[2].local_port ^= 0x100;
    changed[3].remote_port ^= 1;
    changed[4].interface ^= 0x1000000;
    changed[5].protocol = 17;
    changed[6].local.bytes[0] ^= 1;
    changed[7].remote.bytes[0] ^= 1;
    for (size_t i = 0; i < array_length(changed); i++) {
        assert_false(flow_is_equal(&flow, &changed[i]));
        assert_true(flow_hash(&key, &changed[i]) != hash);
    }
    struct hash_key other_key = {{1, 3}};
    assert_true(flow_hash(&other_key, &flow) != hash);
}

static void every_field_of_an_ipv4_flow_counts(void **state) {
    (void)state;
    every_field_counts(flow_ipv4());
}

static void every_field_of_another_flow_counts(void **state) {
    (void)state;
    every_field_counts(flow_ipv6());
}

static void the_two_directions_hash_differently(void **state) {
    (void)state;
    struct hash_key key = {{1, 2}};
    struct flow flow = flow_ipv4();
    struct flow back = flow;
    back.local = flow.remote;
    back.remote = flow.local;
    back.local_port = flow.remote_port;
    back.remote_port = flow.local_port;
    assert_true(flow_hash(&key, &flow) != flow_hash(&key, &back));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_of_an_ipv4_flow_counts),
        cmocka_unit_test(every_field_of_another_flow_counts),
        cmocka_unit_test(the_two_directions_hash_differently),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
