/*
 * route_tables: the route tables of a host beside its main one, and the rules that choose among
 * them (what Linux calls policy routing). A host without either has none of this.
 */
#ifndef NETWORK_ROUTE_TABLES_H
#define NETWORK_ROUTE_TABLES_H

#include <dobos/rules.h>

#include "network/routes.h"

struct route_tables {
    struct allocator *allocator; /* borrowed */
    struct routes **tables;      /* in the order they were made */
    struct dobos_rule *rules;    /* in the order they are asked */
    uint32_t table_count;        /* of tables */
    uint32_t table_room;         /* allocated */
    uint32_t rule_count;         /* of rules */
    uint32_t rule_room;          /* allocated */
};

/* What is asked. */
struct route_question {
    uint32_t source;      /* 0: not chosen */
    uint32_t destination; /* where to */
    uint32_t arrived;     /* the interface it came in by; of our own packets lo */
    uint32_t interface;   /* out of this one only; 0: any */
};

/* What was found. */
struct route_answer {
    const struct routes *routes;   /* the table; NULL: nothing was */
    uint32_t lead;                 /* in it, not 0 */
    const struct dobos_rule *rule; /* that led there; NULL: none, it is the main table */
};

void route_tables_init(struct route_tables *tables, struct allocator *allocator);
void route_tables_fini(struct route_tables *tables);
/* The table of that number, which is not main's; NULL: there is none. */
struct routes *route_tables_at(const struct route_tables *tables, uint32_t number);
/* The same, made if need be; NULL: no memory, or 255 others. */
struct routes *route_tables_make(struct route_tables *tables, uint32_t number);
/* Takes a table away that has no routes. */
void route_tables_prune(struct route_tables *tables, struct routes *routes);

/* Errors of dobos_rule_add and dobos_rule_remove, but for interfaces. */
int route_rule_add(struct route_tables *tables, const struct dobos_rule *rule);
int route_rule_remove(struct route_tables *tables, const struct dobos_rule *rule);

/* Asks the rules and the main table, each in its turn. */
struct route_answer route_tables_find(const struct route_tables *tables, const struct routes *main,
                                      const struct route_question *question);

#endif
