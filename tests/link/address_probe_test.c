/* address_probe: the times of probes and announcements, and what is a conflict. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/random.h"
#include "link/address_probe.h"

#define TARGET 0x0a000007

static struct arp packet(uint16_t operation, uint32_t sender, uint32_t target) {
    return (struct arp){.operation = operation,
                        .sender_mac = {{2, 0, 0, 0, 0, 9}},
                        .sender = dobos_address_ipv4(sender),
                        .target = dobos_address_ipv4(target)};
}

/* [rfc5227#2] [rfc5227#3] [rfc5227#6] [rfc5227#7] [rfc5227#10] */
static void probe_undisturbed_asks_thrice_and_announces_twice(void **state) {
    (void)state;
    struct random random = random_make(5);
    dobos_time least = DOBOS_NEVER, most = 0, shortest = DOBOS_NEVER, longest = 0;
    for (unsigned run = 0; run < 2000; run++) {
        struct address_probe probe = {.address = dobos_address_ipv4(TARGET)};
        dobos_time start = 7 * DOBOS_SECOND, next;
        dobos_time now = address_probe_begin(&probe, random_next(&random), start);
        least = min_i64(least, now - start);
        most = max_i64(most, now - start);
        for (unsigned i = 0; i < PROBE_NUM; i++, now = next) {
            assert_int_equal(address_probe_on_timer(&probe, random_next(&random), now, &next),
                             ADDRESS_PROBE_ASK);
            if (i == PROBE_NUM - 1) {
                assert_int_equal(next - now, 2 * DOBOS_SECOND);
                continue;
            }
            shortest = min_i64(shortest, next - now);
            longest = max_i64(longest, next - now);
        }
        assert_int_equal(address_probe_on_timer(&probe, 0, now, &next), ADDRESS_PROBE_READY);
        assert_int_equal(next - now, 2 * DOBOS_SECOND);
        assert_int_equal(address_probe_on_timer(&probe, 0, next, &next), ADDRESS_PROBE_ANNOUNCE);
        assert_int_equal(next, DOBOS_NEVER);
    }
    assert_in_range(least, 0, DOBOS_SECOND / 50);
    assert_in_range(most, DOBOS_SECOND * 49 / 50, DOBOS_SECOND);
    assert_in_range(shortest, DOBOS_SECOND, DOBOS_SECOND * 51 / 50);
    assert_in_range(longest, DOBOS_SECOND * 99 / 50, 2 * DOBOS_SECOND);
}

/* [rfc5227#4] [rfc5227#5] */
static void conflict_is_a_sender_or_another_probe(void **state) {
    (void)state;
    struct address_probe probe = {.address = dobos_address_ipv4(TARGET)};
    struct arp arp = packet(ARP_REQUEST, TARGET, 0x0a000001);
    assert_true(address_probe_is_conflict(&probe, &arp));
    arp = packet(ARP_REPLY, TARGET, 0x0a000001);
    assert_true(address_probe_is_conflict(&probe, &arp));
    arp = packet(ARP_REQUEST, 0, TARGET);
    assert_true(address_probe_is_conflict(&probe, &arp));
    arp = packet(ARP_REPLY, 0, TARGET);
    assert_false(address_probe_is_conflict(&probe, &arp));
    arp = packet(ARP_REQUEST, 0x0a000001, TARGET);
    assert_false(address_probe_is_conflict(&probe, &arp));
    arp = packet(ARP_REQUEST, 0, TARGET + 1);
    assert_false(address_probe_is_conflict(&probe, &arp));
    probe.announcements = 1;
    arp = packet(ARP_REPLY, TARGET, 0x0a000001);
    assert_false(address_probe_is_conflict(&probe, &arp));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(probe_undisturbed_asks_thrice_and_announces_twice),
        cmocka_unit_test(conflict_is_a_sender_or_another_probe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
