/* list: intrusive, circular, doubly linked. A node in no list points to itself, so that removing
 * twice does no harm. */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include "base/memory.h"

struct list_node {
    struct list_node *next; /* itself when in no list */
    struct list_node *previous;
};

struct list {
    struct list_node head; /* not an element */
};

static inline void list_node_init(struct list_node *node) {
    node->next = node->previous = node;
}
static inline void list_init(struct list *list) {
    list_node_init(&list->head);
}
static inline bool list_is_empty(const struct list *list) {
    return list->head.next == &list->head;
}
static inline bool list_node_is_linked(const struct list_node *node) {
    return node->next != node;
}
static inline void list_insert_before(struct list_node *place, struct list_node *node) {
    node->next = place;
    node->previous = place->previous;
    /* clang's analyzer loses track of rings: NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
    place->previous->next = node;
    place->previous = node;
}
static inline void list_append(struct list *list, struct list_node *node) {
    list_insert_before(&list->head, node);
}
static inline void list_prepend(struct list *list, struct list_node *node) {
    list_insert_before(list->head.next, node);
}
static inline void list_remove(struct list_node *node) {
    node->previous->next = node->next;
    node->next->previous = node->previous;
    list_node_init(node);
}
/* The first node, or NULL. */
static inline struct list_node *list_first(const struct list *list) {
    /* Nor does it see that who frees a node has removed it:
     * NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
    return list_is_empty(list) ? NULL : list->head.next;
}
/* The node behind `node`, or NULL. */
static inline struct list_node *list_next(const struct list *list, const struct list_node *node) {
    return node->next == &list->head ? NULL : node->next;
}
static inline struct list_node *list_take_first(struct list *list) {
    struct list_node *node = list_first(list);
    if (node)
        list_remove(node);
    return node;
}

/* Walks a list; the body may remove `node` itself, but no other. */
#define list_each(list, node)                                                   \
    for (struct list_node *node = (list)->head.next, *node##_next = node->next; \
         node != &(list)->head; node = node##_next, node##_next = node->next)

#endif
