/* Path MTUs: what a message is taken for, who learns of it, how long it is kept, and who goes when
 * there are too many. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../base/failing_allocator.h"

#include "base/random.h"
#include "network/path_mtu.h"

#define HERE UINT32_C(0x0a000001)

struct scene {
    struct failing_allocator memory; /* of all */
    struct allocator allocator;      /* over it */
    struct timing_wheel wheel;       /* its own */
    struct path_mtus mtus;           /* looked at */
    size_t idle;                     /* bytes held while nothing is known */
};

static int setup(void **state) {
    static const struct hash_key key = {{1, 2}};
    struct scene *s = calloc(1, sizeof *s);
    s->allocator.hook = failing_allocator_hook(&s->memory);
    assert_true(timing_wheel_init(&s->wheel, &s->allocator, 0));
    path_mtus_init(&s->mtus, &s->allocator, &s->wheel, &key);
    s->idle = s->memory.live_bytes;
    *state = s;
    return 0;
}

static int teardown(void **state) {
    struct scene *s = *state;
    path_mtus_fini(&s->mtus);
    assert_int_equal(s->memory.live_bytes, s->idle);
    timing_wheel_fini(&s->wheel, &s->allocator);
    assert_int_equal(s->memory.live_bytes, 0);
    free(s);
    return 0;
}

/* A message about a packet of that length to HERE + number. */
static struct quote message(uint32_t number, uint32_t mtu, uint16_t length) {
    struct quote quote = {.destination = dobos_address_ipv4(HERE + number),
                          .type = 3,
                          .code = 4,
                          .mtu = mtu,
                          .total_length = length};
    path_mtu_read(&quote, 1500);
    return quote;
}

static bool tell(struct scene *s, uint32_t number, uint32_t mtu, enum path_mtu_trust trust,
                 dobos_time now) {
    struct quote quote = message(number, mtu, 1500);
    assert_true(quote.path_mtu > 0);
    return path_mtu_narrow(&s->mtus, &quote, trust, now);
}

/* 0: nothing is known. */
static uint32_t known(const struct scene *s, uint32_t number, enum path_mtu_trust least) {
    struct dobos_address address = dobos_address_ipv4(HERE + number);
    const struct path_mtu *found = path_mtu_find(&s->mtus, &address, least);
    return found ? found->mtu : 0;
}

static void advance(struct scene *s, dobos_time now) {
    while (timing_wheel_take(&s->wheel, now))
        path_mtus_on_timer(&s->mtus, now);
}

/* [rfc1191#1] [rfc1812#105] */
static void a_message_tells_the_next_links_mtu(void **state) {
    (void)state;
    for (uint32_t mtu = PATH_MTU_MIN; mtu < 1500; mtu++) {
        struct quote quote = message(0, mtu, 1500);
        assert_int_equal(quote.path_mtu, mtu);
        assert_false(quote.path_is_locked);
    }
}

/* [rfc1191#2] [attack:C3] */
static void a_message_of_less_than_the_floor_means_the_floor_and_fragments(void **state) {
    (void)state;
    for (uint32_t mtu = 1; mtu < PATH_MTU_MIN; mtu++) {
        struct quote quote = message(0, mtu, 1500);
        assert_int_equal(quote.path_mtu, PATH_MTU_MIN);
        assert_true(quote.path_is_locked);
    }
}

/* [attack:C3] */
static void a_message_that_quotes_a_packet_that_fits_is_none(void **state) {
    (void)state;
    for (uint32_t mtu = 1500; mtu < 65536; mtu++)
        assert_int_equal(message(0, mtu, 1500).path_mtu, 0);
    assert_int_equal(message(0, 1400, 1400).path_mtu, 0);
    assert_int_equal(message(0, 1400, 1401).path_mtu, 1400);
}

/* RFC 1191 §7: an old router tells none */
static void a_message_without_an_mtu_means_the_plateau_below(void **state) {
    static const struct {
        uint16_t length;   /* quoted */
        uint32_t now_mtu;  /* of the path */
        uint32_t expected; /* plateau, or the floor */
    } rows[] = {
        {1500, 1500, 1492},    {1492, 1500, 1006}, {1493, 1500, 1492}, {1006, 1500, 552},
        {65535, 65535, 32000}, {9000, 9000, 8166}, {1520, 1500, 1492}, {576, 576, 552},
        {100, 1500, 552},      {1007, 1500, 1006},
    };
    (void)state;
    for (size_t i = 0; i < array_length(rows); i++) {
        struct quote quote = {.total_length = rows[i].length};
        path_mtu_read(&quote, rows[i].now_mtu);
        assert_int_equal(quote.path_mtu, rows[i].expected);
    }
    struct quote tiny = {.total_length = 68};
    path_mtu_read(&tiny, 1500);
    assert_int_equal(tiny.path_mtu, 0);
}

/* [rfc1191#3] */
static void a_narrowing_is_never_raised(void **state) {
    struct scene *s = *state;
    uint64_t generation = s->mtus.generation;
    assert_true(tell(s, 1, 1400, PATH_MTU_BY_SEQUENCE, 0));
    assert_true(s->mtus.generation > generation);
    generation = s->mtus.generation;
    assert_false(tell(s, 1, 1400, PATH_MTU_BY_SEQUENCE, 1));
    assert_false(tell(s, 1, 1499, PATH_MTU_BY_SEQUENCE, 1));
    assert_int_equal(s->mtus.generation, generation);
    assert_int_equal(known(s, 1, PATH_MTU_BY_PORT), 1400);
    assert_true(tell(s, 1, 600, PATH_MTU_BY_SEQUENCE, 1));
    assert_int_equal(known(s, 1, PATH_MTU_BY_PORT), 600);
    assert_int_equal(known(s, 2, PATH_MTU_BY_PORT), 0);
    /* The same number again, but there only fragments pass. */
    assert_true(tell(s, 1, 552, PATH_MTU_BY_SEQUENCE, 1));
    assert_true(tell(s, 1, 400, PATH_MTU_BY_SEQUENCE, 1));
    assert_false(tell(s, 1, 300, PATH_MTU_BY_SEQUENCE, 1));
    assert_int_equal(known(s, 1, PATH_MTU_BY_PORT), 552);
}

/* [attack:C3] */
static void what_a_datagrams_quote_tells_does_not_bind_tcp(void **state) {
    struct scene *s = *state;
    assert_true(tell(s, 1, 600, PATH_MTU_BY_PORT, 0));
    assert_int_equal(known(s, 1, PATH_MTU_BY_PORT), 600);
    assert_int_equal(known(s, 1, PATH_MTU_BY_SEQUENCE), 0);
    assert_true(tell(s, 1, 1400, PATH_MTU_BY_SEQUENCE, 0));
    assert_int_equal(known(s, 1, PATH_MTU_BY_PORT), 600);
    assert_int_equal(known(s, 1, PATH_MTU_BY_SEQUENCE), 1400);
    assert_true(tell(s, 1, 576, PATH_MTU_BY_SEQUENCE, 0));
    assert_int_equal(known(s, 1, PATH_MTU_BY_PORT), 576);
}

/* [rfc1191#4] */
static void a_narrowing_is_forgotten_after_ten_minutes_with_its_memory(void **state) {
    struct scene *s = *state;
    assert_true(tell(s, 1, 1400, PATH_MTU_BY_SEQUENCE, 0));
    assert_true(tell(s, 2, 1400, PATH_MTU_BY_PORT, 100 * DOBOS_SECOND));
    advance(s, 600 * DOBOS_SECOND - 1);
    assert_int_equal(known(s, 1, PATH_MTU_BY_PORT), 1400);
    assert_true(tell(s, 2, 1300, PATH_MTU_BY_PORT, 500 * DOBOS_SECOND)); /* ages anew */
    advance(s, 600 * DOBOS_SECOND);
    assert_int_equal(known(s, 1, PATH_MTU_BY_PORT), 0);
    advance(s, 1100 * DOBOS_SECOND - 1);
    assert_int_equal(known(s, 2, PATH_MTU_BY_PORT), 1300);
    advance(s, 1100 * DOBOS_SECOND);
    assert_int_equal(known(s, 2, PATH_MTU_BY_PORT), 0);
    assert_int_equal(s->memory.live_bytes, s->idle);
    assert_int_equal(timing_wheel_next(&s->wheel), DOBOS_NEVER);
}

/* [attack:C3]: he fills the table with what is cheap to forge */
static void at_the_limit_the_cheapest_to_forge_goes_first(void **state) {
    struct scene *s = *state;
    assert_true(tell(s, 0, 1400, PATH_MTU_BY_SEQUENCE, 0));
    for (uint32_t i = 1; i < 5000; i++)
        assert_true(tell(s, i, 1400, PATH_MTU_BY_PORT, i));
    assert_int_equal(s->mtus.table.count, PATH_MTU_LIMIT);
    assert_int_equal(s->mtus.displaced, 5000 - PATH_MTU_LIMIT);
    assert_int_equal(known(s, 0, PATH_MTU_BY_PORT), 1400);
    assert_int_equal(known(s, 4999, PATH_MTU_BY_PORT), 1400);
    assert_int_equal(known(s, 5000 - PATH_MTU_LIMIT, PATH_MTU_BY_PORT), 0);
    for (uint32_t i = 5000; i < 6500; i++)
        assert_true(tell(s, i, 1400, PATH_MTU_BY_SEQUENCE, i));
    assert_int_equal(known(s, 0, PATH_MTU_BY_PORT), 0);
    assert_int_equal(known(s, 6499, PATH_MTU_BY_PORT), 1400);
    assert_int_equal(s->mtus.table.count, PATH_MTU_LIMIT);
    assert_true(s->memory.live_bytes - s->idle < 256 << 10);
}

static void without_memory_nothing_is_known_and_nothing_lost(void **state) {
    struct scene *s = *state;
    for (uint64_t fail = 1; fail <= 2; fail++) {
        s->memory.calls = 0;
        s->memory.fail_at = fail;
        assert_false(tell(s, 1, 1400, PATH_MTU_BY_SEQUENCE, 0));
        assert_int_equal(known(s, 1, PATH_MTU_BY_PORT), 0);
        assert_int_equal(s->memory.live_bytes, s->idle);
    }
    assert_true(tell(s, 1, 1400, PATH_MTU_BY_SEQUENCE, 0));
}

/* Against a plain list: random messages, times and limits of trust. */
static void random_messages_agree_with_a_plain_list(void **state) {
    struct scene *s = *state;
    struct {
        uint32_t mtu;     /* 0: nothing */
        dobos_time until; /* then forgotten */
        bool is_locked;   /* as there */
    } plain[8][2] = {{{0}}};
    struct random random = random_make(4);
    dobos_time now = 0;
    for (unsigned step = 0; step < 20000; step++) {
        uint32_t number = (uint32_t)random_below(&random, 8);
        unsigned trust = (unsigned)random_below(&random, 2);
        uint32_t mtu = 1 + (uint32_t)random_below(&random, 1499);
        now += (dobos_time)random_below(&random, 60) * DOBOS_SECOND;
        advance(s, now);
        (void)tell(s, number, mtu, (enum path_mtu_trust)trust, now);
        for (unsigned i = 0; i < 16; i++)
            if (plain[i / 2][i % 2].mtu && plain[i / 2][i % 2].until <= now)
                plain[i / 2][i % 2].mtu = 0;
        uint32_t floored = max_u32(mtu, PATH_MTU_MIN);
        bool is_locked = mtu < PATH_MTU_MIN;
        bool was_locked = plain[number][trust].is_locked && plain[number][trust].mtu;
        uint32_t old = plain[number][trust].mtu ? plain[number][trust].mtu : UINT32_MAX;
        if (floored < old || (is_locked && !was_locked)) {
            plain[number][trust].mtu = min_u32(floored, old);
            plain[number][trust].until = now + PATH_MTU_NS;
            plain[number][trust].is_locked = was_locked || is_locked;
        }
        for (unsigned i = 0; i < 8; i++) {
            uint32_t hard = plain[i][1].mtu, any = plain[i][0].mtu;
            any = any && hard ? min_u32(any, hard) : any + hard;
            assert_int_equal(known(s, i, PATH_MTU_BY_SEQUENCE), hard);
            assert_int_equal(known(s, i, PATH_MTU_BY_PORT), any);
        }
    }
}

int main(void) {
#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_message_tells_the_next_links_mtu),
        TEST(a_message_of_less_than_the_floor_means_the_floor_and_fragments),
        TEST(a_message_that_quotes_a_packet_that_fits_is_none),
        TEST(a_message_without_an_mtu_means_the_plateau_below),
        TEST(a_narrowing_is_never_raised),
        TEST(what_a_datagrams_quote_tells_does_not_bind_tcp),
        TEST(a_narrowing_is_forgotten_after_ten_minutes_with_its_memory),
        TEST(at_the_limit_the_cheapest_to_forge_goes_first),
        TEST(without_memory_nothing_is_known_and_nothing_lost),
        TEST(random_messages_agree_with_a_plain_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
