/* list: order, removal, and nodes that are in no list. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/list.h"

struct element {
    struct list_node node; /* in the list */
    int number;            /* what it is */
};

static int number_of(const struct list_node *node) {
    return node ? container_of(node, const struct element, node)->number : -1;
}

static void appended_come_in_order_and_prepended_first(void **state) {
    (void)state;
    struct list list;
    list_init(&list);
    assert_true(list_is_empty(&list));
    assert_null(list_first(&list));
    assert_null(list_take_first(&list));
    struct element elements[3] = {{.number = 0}, {.number = 1}, {.number = 2}};
    for (int i = 0; i < 3; i++)
        list_node_init(&elements[i].node);
    list_append(&list, &elements[1].node);
    list_append(&list, &elements[2].node);
    list_prepend(&list, &elements[0].node);
    assert_false(list_is_empty(&list));
    struct list_node *node = list_first(&list);
    for (int i = 0; i < 3; i++, node = list_next(&list, node))
        assert_int_equal(number_of(node), i);
    assert_null(node);
    for (int i = 0; i < 3; i++)
        assert_int_equal(number_of(list_take_first(&list)), i);
    assert_true(list_is_empty(&list));
}

static void removal_twice_does_no_harm(void **state) {
    (void)state;
    struct list list;
    list_init(&list);
    struct element a = {.number = 1}, b = {.number = 2};
    list_append(&list, &a.node);
    list_append(&list, &b.node);
    assert_true(list_node_is_linked(&a.node));
    list_remove(&a.node);
    assert_false(list_node_is_linked(&a.node));
    list_remove(&a.node);
    assert_int_equal(number_of(list_first(&list)), 2);
    list_remove(&b.node);
    assert_true(list_is_empty(&list));
}

static void walk_survives_the_removal_of_its_node(void **state) {
    (void)state;
    struct list list;
    list_init(&list);
    struct element elements[6];
    for (int i = 0; i < 6; i++) {
        elements[i].number = i;
        list_append(&list, &elements[i].node);
    }
    int seen = 0;
    list_each(&list, node) {
        assert_int_equal(number_of(node), seen++);
        if (number_of(node) % 2 == 0)
            list_remove(node);
    }
    assert_int_equal(seen, 6);
    int expected = 1;
    list_each(&list, node) {
        assert_int_equal(number_of(node), expected);
        expected += 2;
    }
    assert_int_equal(expected, 7);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(appended_come_in_order_and_prepended_first),
        cmocka_unit_test(removal_twice_does_no_harm),
        cmocka_unit_test(walk_survives_the_removal_of_its_node),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
