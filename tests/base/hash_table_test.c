/* hash_table: against a plain array, through growing, emptying and failing memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "failing_allocator.h"

#include "base/hash_table.h"
#include "base/random.h"

#define ELEMENTS 3000

struct element {
    struct hash_node node; /* in the table */
    uint64_t hash;         /* as inserted */
    bool inside;           /* the model: it is in the table */
    bool seen;             /* by the walk under way */
};

static struct element *element_of(struct hash_node *node) {
    return container_of(node, struct element, node);
}

/* The model's view of one hash: the table finds exactly the elements of it. */
static void check_hash(const struct hash_table *table, struct element *elements, uint64_t hash) {
    unsigned expected = 0;
    for (int i = 0; i < ELEMENTS; i++)
        expected += elements[i].inside && elements[i].hash == hash;
    unsigned found = 0;
    for (struct hash_node *node = hash_table_find(table, hash); node;
         node = hash_table_find_next(node, hash)) {
        assert_true(element_of(node)->inside);
        assert_true(element_of(node)->hash == hash);
        found++;
    }
    assert_int_equal(found, expected);
}

static void check_walk(const struct hash_table *table, struct element *elements) {
    for (int i = 0; i < ELEMENTS; i++)
        elements[i].seen = false;
    size_t count = 0;
    for (struct hash_node *node = hash_table_walk(table, NULL); node;
         node = hash_table_walk(table, node)) {
        assert_true(element_of(node)->inside);
        assert_false(element_of(node)->seen);
        element_of(node)->seen = true;
        count++;
    }
    assert_int_equal(count, table->count);
}

/* Random insertions and removals with a drift up, then down; hashes from `choices` values, so that
 * many are equal. */
static void run_against_model(uint64_t seed, uint64_t choices) {
    struct failing_allocator memory = {0};
    struct allocator allocator = {.hook = failing_allocator_hook(&memory)};
    struct hash_table table;
    hash_table_init(&table, &allocator);
    struct element *elements = calloc(ELEMENTS, sizeof *elements);
    struct random random = random_make(seed);
    size_t count = 0;
    for (int round = 0; round < 20000; round++) {
        struct element *element = &elements[random_below(&random, ELEMENTS)];
        bool growing = round / 5000 % 2 == 0;
        if (!element->inside && (growing || random_below(&random, 4) == 0)) {
            element->hash = random_below(&random, choices) * UINT64_C(0x9e3779b97f4a7c15);
            assert_true(hash_table_insert(&table, &element->node, element->hash));
            element->inside = true;
            count++;
        } else if (element->inside && (!growing || random_below(&random, 4) == 0)) {
            hash_table_remove(&table, &element->node);
            element->inside = false;
            count--;
        }
        assert_int_equal(table.count, count);
        if (round % 50 == 0)
            check_hash(&table, elements, element->hash);
        if (round % 500 == 0)
            check_walk(&table, elements);
    }
    for (int i = 0; i < ELEMENTS; i++)
        if (elements[i].inside)
            check_hash(&table, elements, elements[i].hash);
    hash_table_fini(&table);
    assert_int_equal(memory.live, 0);
    assert_int_equal(allocator.bytes, 0);
    free(elements);
}

static void random_operations_match_an_array(void **state) {
    (void)state;
    run_against_model(1, UINT64_MAX);
    run_against_model(2, 1000);
    run_against_model(3, 40);
}

static void empty_table_has_no_memory_and_finds_nothing(void **state) {
    (void)state;
    struct failing_allocator memory = {0};
    struct allocator allocator = {.hook = failing_allocator_hook(&memory)};
    struct hash_table table;
    hash_table_init(&table, &allocator);
    assert_null(hash_table_find(&table, 0));
    assert_null(hash_table_walk(&table, NULL));
    assert_int_equal(memory.calls, 0);
    hash_table_fini(&table);
}

static void no_insertion_moves_more_than_two_buckets(void **state) {
    (void)state;
    struct failing_allocator memory = {0};
    struct allocator allocator = {.hook = failing_allocator_hook(&memory)};
    struct hash_table table;
    hash_table_init(&table, &allocator);
    static struct element elements[5000];
    struct random random = random_make(4);
    for (int i = 0; i < 5000; i++) {
        size_t moved_before = table.old ? table.moved : 0;
        size_t old_before = table.old_size;
        bool was_growing = table.old;
        assert_true(hash_table_insert(&table, &elements[i].node, random_next(&random)));
        size_t moved = table.old ? table.moved : old_before;
        if (was_growing)
            assert_in_range(moved - moved_before, 1, 2);
        assert_true(table.size >= table.count / 2);
    }
    hash_table_fini(&table);
}

/* All of one hash stay one chain at every moment of growing, and each is found there. */
static void equal_hashes_share_a_bucket_while_the_table_grows(void **state) {
    (void)state;
    struct failing_allocator memory = {0};
    struct allocator allocator = {.hook = failing_allocator_hook(&memory)};
    struct hash_table table;
    hash_table_init(&table, &allocator);
    static struct element equal[300], others[300];
    bool grew = false;
    for (unsigned i = 0; i < 300; i++) {
        assert_true(hash_table_insert(&table, &equal[i].node, UINT64_C(0xabcdef07)));
        assert_true(hash_table_insert(&table, &others[i].node, i));
        grew = grew || table.old;
        unsigned found = 0;
        for (struct hash_node *node = hash_table_find(&table, UINT64_C(0xabcdef07)); node;
             node = hash_table_find_next(node, UINT64_C(0xabcdef07)))
            found++;
        assert_int_equal(found, i + 1);
    }
    assert_true(grew);
    hash_table_fini(&table);
}

static void emptied_table_gives_its_large_buckets_back(void **state) {
    (void)state;
    struct failing_allocator memory = {0};
    struct allocator allocator = {.hook = failing_allocator_hook(&memory)};
    struct hash_table table;
    hash_table_init(&table, &allocator);
    static struct element elements[1000];
    for (unsigned i = 0; i < 1000; i++)
        assert_true(hash_table_insert(&table, &elements[i].node, i));
    for (unsigned i = 0; i < 1000; i++)
        hash_table_remove(&table, &elements[i].node);
    assert_int_equal(memory.live, 0);
    assert_true(hash_table_insert(&table, &elements[0].node, 5));
    assert_ptr_equal(hash_table_find(&table, 5), &elements[0].node);
    hash_table_fini(&table);
    assert_int_equal(memory.live, 0);
}

static void first_table_without_memory_refuses_the_element(void **state) {
    (void)state;
    struct failing_allocator memory = {.fail_always = true};
    struct allocator allocator = {.hook = failing_allocator_hook(&memory)};
    struct hash_table table;
    hash_table_init(&table, &allocator);
    struct element element = {0};
    assert_false(hash_table_insert(&table, &element.node, 1));
    assert_int_equal(table.count, 0);
    assert_null(hash_table_find(&table, 1));
    memory.fail_always = false;
    assert_true(hash_table_insert(&table, &element.node, 1));
    hash_table_fini(&table);
}

static void larger_table_without_memory_only_makes_chains_longer(void **state) {
    (void)state;
    struct failing_allocator memory = {0};
    struct allocator allocator = {.hook = failing_allocator_hook(&memory)};
    struct hash_table table;
    hash_table_init(&table, &allocator);
    static struct element elements[100];
    for (unsigned i = 0; i < 100; i++) {
        assert_true(hash_table_insert(&table, &elements[i].node, i));
        memory.fail_always = true;
    }
    for (unsigned i = 0; i < 100; i++)
        assert_ptr_equal(hash_table_find(&table, i), &elements[i].node);
    for (unsigned i = 0; i < 100; i++)
        hash_table_remove(&table, &elements[i].node);
    assert_int_equal(table.count, 0);
    hash_table_fini(&table);
    assert_int_equal(memory.live, 0);
}

/* Of 64 marks an element sets one, until the table is empty again. */
static void absence_is_known_by_the_marks(void **state) {
    (void)state;
    struct failing_allocator memory = {0};
    struct allocator allocator = {.hook = failing_allocator_hook(&memory)};
    struct hash_table table;
    struct hash_node nodes[2];
    hash_table_init(&table, &allocator);
    assert_false(hash_table_may_hold(&table, 0));
    for (uint64_t i = 0; i < 2; i++)
        assert_true(hash_table_insert(&table, &nodes[i], i * 5 << 58));
    for (uint64_t mark = 0; mark < 64; mark++)
        assert_int_equal(hash_table_may_hold(&table, mark << 58 | 7), mark == 0 || mark == 5);
    hash_table_remove(&table, &nodes[0]);
    assert_true(hash_table_may_hold(&table, nodes[1].hash));
    hash_table_remove(&table, &nodes[1]);
    assert_false(hash_table_may_hold(&table, nodes[1].hash));
    hash_table_fini(&table);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_operations_match_an_array),
        cmocka_unit_test(empty_table_has_no_memory_and_finds_nothing),
        cmocka_unit_test(no_insertion_moves_more_than_two_buckets),
        cmocka_unit_test(equal_hashes_share_a_bucket_while_the_table_grows),
        cmocka_unit_test(emptied_table_gives_its_large_buckets_back),
        cmocka_unit_test(first_table_without_memory_refuses_the_element),
        cmocka_unit_test(absence_is_known_by_the_marks),
        cmocka_unit_test(larger_table_without_memory_only_makes_chains_longer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
