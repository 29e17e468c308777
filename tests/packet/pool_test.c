/* pool: configuration, limits, reuse, and what is counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <dobos/errors.h>

#include "pool_fixture.h"

static struct dobos_pool_statistics statistics_of(const struct dobos_pool *pool) {
    struct dobos_pool_statistics statistics;
    dobos_pool_statistics_read(pool, &statistics);
    return statistics;
}

static void configuration_without_allocator_or_size_is_refused(void **state) {
    (void)state;
    struct failing_allocator memory = {0};
    struct dobos_allocator hook = failing_allocator_hook(&memory);
    struct dobos_pool *pool = NULL;
    struct dobos_pool_config config = {.size = sizeof config};
    assert_int_equal(dobos_pool_create(&config, &pool), -DOBOS_EINVAL);
    config = (struct dobos_pool_config){.size = 0, .allocator = &hook};
    assert_int_equal(dobos_pool_create(&config, &pool), -DOBOS_EINVAL);
    assert_int_equal(dobos_pool_create(NULL, &pool), -DOBOS_EINVAL);
    config.size = sizeof config;
    assert_int_equal(dobos_pool_create(&config, NULL), -DOBOS_EINVAL);
    hook.release = NULL;
    assert_int_equal(dobos_pool_create(&config, &pool), -DOBOS_EINVAL);
    hook = failing_allocator_hook(&memory);
    hook.allocate = NULL;
    assert_int_equal(dobos_pool_create(&config, &pool), -DOBOS_EINVAL);
    assert_null(pool);
    assert_int_equal(memory.calls, 0);
}

/* A program compiled with an older header knows fewer fields: those behind its size are as if zero.
 */
static void shorter_configuration_leaves_the_rest_at_default(void **state) {
    (void)state;
    struct failing_allocator memory = {0};
    struct dobos_allocator hook = failing_allocator_hook(&memory);
    struct dobos_pool_config config = {
        .size = offsetof(struct dobos_pool_config, limit_bytes),
        .allocator = &hook,
        .limit_bytes = 1,
    };
    struct dobos_pool *pool = NULL;
    assert_int_equal(dobos_pool_create(&config, &pool), 0);
    dobos_pool_destroy(pool);
}

static void pool_without_memory_is_refused(void **state) {
    (void)state;
    struct failing_allocator memory = {.fail_always = true};
    struct dobos_allocator hook = failing_allocator_hook(&memory);
    struct dobos_pool_config config = {.size = sizeof config, .allocator = &hook};
    struct dobos_pool *pool = NULL;
    assert_int_equal(dobos_pool_create(&config, &pool), -DOBOS_ENOMEM);
    memory.fail_always = false;
    config.limit_bytes = 1;
    assert_int_equal(dobos_pool_create(&config, &pool), -DOBOS_ENOMEM);
    assert_null(pool);
    dobos_pool_destroy(NULL);
}

static void statistics_agree_with_the_allocator(void **state) {
    (void)state;
    struct pool_fixture fixture;
    pool_fixture_begin(&fixture, 0);
    struct dobos_packet *packets[100];
    static uint8_t bytes[9000];
    for (size_t i = 0; i < 100; i++)
        packets[i] = dobos_packet_from_bytes(fixture.pool, bytes, 1 + i * 90, NULL);
    assert_int_equal(statistics_of(fixture.pool).packets, 100);
    for (size_t i = 0; i < 100; i++)
        dobos_packet_release(packets[i]);
    struct dobos_pool_statistics statistics = statistics_of(fixture.pool);
    assert_int_equal(statistics.packets, 0);
    assert_int_equal(statistics.bytes, fixture.memory.live_bytes);
    assert_int_equal(statistics.allocations, fixture.memory.allocated);
    assert_int_equal(statistics.frees, fixture.memory.released);
    assert_int_equal(statistics.failures, 0);
    pool_fixture_end(&fixture);
}

static void released_memory_is_used_again(void **state) {
    (void)state;
    struct pool_fixture fixture;
    pool_fixture_begin(&fixture, 0);
    static uint8_t bytes[65000];
    const size_t lengths[] = {60, 300, 1514, 4000, 9000, 65000};
    uint64_t allocated = 0;
    for (int round = 0; round < 50; round++) {
        for (size_t i = 0; i < array_length(lengths); i++) {
            struct dobos_packet *packet =
                dobos_packet_from_bytes(fixture.pool, bytes, lengths[i], NULL);
            assert_non_null(packet);
            dobos_packet_release(packet);
        }
        if (round == 0)
            allocated = fixture.memory.allocated;
        assert_int_equal(fixture.memory.allocated, allocated);
    }
    pool_fixture_end(&fixture);
}

static void what_is_kept_for_reuse_is_bounded(void **state) {
    (void)state;
    struct pool_fixture fixture;
    pool_fixture_begin(&fixture, 0);
    size_t idle = statistics_of(fixture.pool).bytes;
    static struct dobos_packet *packets[2000];
    static uint8_t bytes[1514];
    for (size_t i = 0; i < array_length(packets); i++)
        packets[i] = dobos_packet_from_bytes(fixture.pool, bytes, sizeof bytes, NULL);
    for (size_t i = 0; i < array_length(packets); i++)
        dobos_packet_release(packets[i]);
    assert_in_range(statistics_of(fixture.pool).bytes - idle, 3 << 20, 4 << 20);
    pool_fixture_end(&fixture);
}

/* The limit leaves room for ten packets of one class; the memory of their kept buffers must serve
 * another class. */
static void limit_is_reached_only_by_what_is_alive(void **state) {
    (void)state;
    struct pool_fixture fixture;
    pool_fixture_begin(&fixture, 40000);
    struct dobos_packet *packets[100];
    static uint8_t bytes[3000];
    for (int round = 0; round < 3; round++) {
        size_t length = round % 2 == 0 ? 1500 : 3000;
        size_t made = 0;
        while (made < 100 &&
               (packets[made] = dobos_packet_from_bytes(fixture.pool, bytes, length, NULL)))
            made++;
        assert_in_range(made, 8, 16);
        assert_true(statistics_of(fixture.pool).bytes <= 40000);
        assert_true(statistics_of(fixture.pool).failures > 0);
        while (made > 0)
            dobos_packet_release(packets[--made]);
    }
    pool_fixture_end(&fixture);
}

static void buffers_have_the_room_asked_for(void **state) {
    (void)state;
    struct pool_fixture fixture;
    pool_fixture_begin(&fixture, 0);
    const size_t capacities[] = {0,    1,    511,   512,   513,   2048,
                                 2049, 4097, 16385, 65536, 65537, 200000};
    for (size_t i = 0; i < array_length(capacities); i++) {
        struct buffer *buffer = buffer_create(fixture.pool, capacities[i]);
        assert_non_null(buffer);
        assert_true(buffer->capacity >= capacities[i]);
        assert_int_equal(buffer->references, 1);
        memset(buffer_bytes(buffer), 0, buffer->capacity);
        assert_ptr_equal(buffer_hold(buffer), buffer);
        buffer_release(buffer);
        assert_int_equal(buffer->references, 1);
        buffer_release(buffer);
    }
    assert_null(buffer_create(fixture.pool, SIZE_MAX));
    assert_null(buffer_create(fixture.pool, UINT32_MAX));
    pool_fixture_end(&fixture);
}

static void destroying_a_pool_with_a_live_packet_traps(void **state) {
    (void)state;
    struct pool_fixture fixture;
    pool_fixture_begin(&fixture, 0);
    struct dobos_packet *packet = dobos_packet_from_bytes(fixture.pool, "dobos", 5, NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct rlimit none = {0, 0};
        setrlimit(RLIMIT_CORE, &none);
        signal(SIGILL, SIG_DFL);
        signal(SIGTRAP, SIG_DFL);
        dobos_pool_destroy(fixture.pool);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    dobos_packet_release(packet);
    pool_fixture_end(&fixture);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(configuration_without_allocator_or_size_is_refused),
        cmocka_unit_test(shorter_configuration_leaves_the_rest_at_default),
        cmocka_unit_test(pool_without_memory_is_refused),
        cmocka_unit_test(statistics_agree_with_the_allocator),
        cmocka_unit_test(released_memory_is_used_again),
        cmocka_unit_test(what_is_kept_for_reuse_is_bounded),
        cmocka_unit_test(limit_is_reached_only_by_what_is_alive),
        cmocka_unit_test(buffers_have_the_room_asked_for),
        cmocka_unit_test(destroying_a_pool_with_a_live_packet_traps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
