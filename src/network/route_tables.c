/* route_tables: see route_tables.h. Both lists are short arrays; a packet of a host that has rules
 * asks them one after the other. */
#include "network/route_tables.h"

#include "base/prefix.h"

#define TABLES_MOST 255
#define RULES_MOST  1024

void route_tables_init(struct route_tables *tables, struct allocator *allocator) {
    *tables = (struct route_tables){.allocator = allocator};
}

static void table_destroy(struct route_tables *tables, struct routes *routes) {
    routes_fini(routes);
    allocator_release(tables->allocator, routes, sizeof *routes);
}

static void tables_release(struct route_tables *tables) {
    allocator_release(tables->allocator, tables->tables,
                      tables->table_room * sizeof(struct routes *));
    tables->tables = NULL;
    tables->table_count = tables->table_room = 0;
}

static void rules_release(struct route_tables *tables) {
    allocator_release(tables->allocator, tables->rules, tables->rule_room * sizeof *tables->rules);
    tables->rules = NULL;
    tables->rule_count = tables->rule_room = 0;
}

void route_tables_fini(struct route_tables *tables) {
    for (uint32_t i = 0; i < tables->table_count; i++)
        table_destroy(tables, tables->tables[i]);
    tables_release(tables);
    rules_release(tables);
}

/* Room for one more in an array, which may have moved; NULL: no memory, and nothing has changed. */
static void *room_make(struct allocator *allocator, void *array, size_t count, uint32_t *room,
                       size_t bytes) {
    if (count < *room)
        return array;
    uint32_t more = *room ? 2 * *room : 2;
    void *made = allocator_allocate_raw(allocator, more * bytes, "route tables and rules");
    if (!made)
        return NULL;
    if (count > 0)
        memcpy(made, array, count * bytes);
    allocator_release(allocator, array, *room * bytes);
    *room = more;
    return made;
}

/* ---- tables ---- */

struct routes *route_tables_at(const struct route_tables *tables, uint32_t number) {
    for (uint32_t i = 0; i < tables->table_count; i++)
        if (tables->tables[i]->table == number)
            return tables->tables[i];
    return NULL;
}

struct routes *route_tables_make(struct route_tables *tables, uint32_t number) {
    struct routes *known = route_tables_at(tables, number);
    if (known || tables->table_count >= TABLES_MOST)
        return known;
    struct routes **room = room_make(tables->allocator, tables->tables, tables->table_count,
                                     &tables->table_room, sizeof(struct routes *));
    if (!room)
        return NULL;
    tables->tables = room;
    struct routes *made = allocator_allocate_raw(tables->allocator, sizeof *made, "route table");
    if (made) {
        routes_init(made, tables->allocator, number);
        room[tables->table_count++] = made;
    } else if (tables->table_count == 0) {
        tables_release(tables);
    }
    return made;
}

void route_tables_prune(struct route_tables *tables, struct routes *routes) {
    uint32_t to = 0;
    if (routes->count > 0)
        return;
    for (uint32_t i = 0; i < tables->table_count; i++)
        if (tables->tables[i] != routes)
            tables->tables[to++] = tables->tables[i];
    tables->table_count = to;
    table_destroy(tables, routes);
    if (to == 0)
        tables_release(tables);
}

/* ---- rules ---- */

static bool prefix_is_good(const struct dobos_prefix *prefix) {
    uint32_t number = dobos_address_ipv4_number(&prefix->address);
    return prefix->length <= 32 && (number & ~ipv4_mask(prefix->length)) == 0 &&
           (prefix->length == 0 || dobos_address_is_ipv4(&prefix->address));
}

static bool prefix_is_equal(const struct dobos_prefix *a, const struct dobos_prefix *b) {
    return a->length == b->length &&
           (a->length == 0 || dobos_address_is_equal(&a->address, &b->address));
}

static bool rule_is_like(const struct dobos_rule *rule, const struct dobos_rule *wanted) {
    return (wanted->priority == 0 || rule->priority == wanted->priority) &&
           prefix_is_equal(&rule->from, &wanted->from) && prefix_is_equal(&rule->to, &wanted->to) &&
           rule->interface == wanted->interface && rule->table == wanted->table;
}

/* The rule as it is kept. */
static struct dobos_rule rule_known(const struct route_tables *tables,
                                    const struct dobos_rule *rule) {
    struct dobos_rule known = *rule;
    if (known.table == 0)
        known.table = DOBOS_TABLE_MAIN;
    if (known.priority == 0) {
        uint32_t least = tables->rule_count > 0 ? tables->rules[0].priority : DOBOS_RULE_MAIN;
        least = least < DOBOS_RULE_MAIN ? least : DOBOS_RULE_MAIN;
        known.priority = least > 1 ? least - 1 : 1;
    }
    return known;
}

int route_rule_add(struct route_tables *tables, const struct dobos_rule *rule) {
    uint32_t count = tables->rule_count, at = 0;
    if (!prefix_is_good(&rule->from) || !prefix_is_good(&rule->to))
        return -DOBOS_EINVAL;
    const struct dobos_rule known = rule_known(tables, rule);
    for (uint32_t i = 0; i < count; i++)
        if (rule_is_like(&tables->rules[i], &known))
            return -DOBOS_EEXIST;
    struct dobos_rule *room =
        count < RULES_MOST
            ? room_make(tables->allocator, tables->rules, count, &tables->rule_room, sizeof *room)
            : NULL;
    if (!room)
        return -DOBOS_ENOMEM;
    tables->rules = room;
    while (at < count && room[at].priority <= known.priority)
        at++;
    memmove(&room[at + 1], &room[at], (count - at) * sizeof *room);
    room[at] = known;
    tables->rule_count++;
    return 0;
}

int route_rule_remove(struct route_tables *tables, const struct dobos_rule *rule) {
    uint32_t count = tables->rule_count, at = 0;
    struct dobos_rule wanted = *rule;
    wanted.table = wanted.table ? wanted.table : DOBOS_TABLE_MAIN;
    while (at < count && !rule_is_like(&tables->rules[at], &wanted))
        at++;
    if (at == count)
        return -DOBOS_ENOENT;
    tables->rule_count--;
    memmove(&tables->rules[at], &tables->rules[at + 1], (count - at - 1) * sizeof *tables->rules);
    if (tables->rule_count == 0)
        rules_release(tables);
    return 0;
}

/* ---- asking ---- */

static bool is_in(const struct dobos_prefix *prefix, uint32_t number) {
    uint32_t network = dobos_address_ipv4_number(&prefix->address);
    return ((network ^ number) & ipv4_mask(prefix->length)) == 0;
}

static bool rule_fits(const struct dobos_rule *rule, const struct route_question *question) {
    return (rule->from.length == 0 ||
            (question->source != 0 && is_in(&rule->from, question->source))) &&
           (rule->to.length == 0 || is_in(&rule->to, question->destination)) &&
           (rule->interface == 0 || rule->interface == question->arrived);
}

/* What a table has to say; rule NULL: it is the main table in its own place. */
static bool ask(const struct routes *routes, const struct dobos_rule *rule,
                const struct route_question *question, struct route_answer *answer) {
    uint32_t lead = routes ? routes_find(routes, question->destination, question->interface) : 0;
    if (lead)
        *answer = (struct route_answer){routes, lead, rule};
    return lead != 0;
}

struct route_answer route_tables_find(const struct route_tables *tables, const struct routes *main,
                                      const struct route_question *question) {
    struct route_answer answer = {0};
    uint32_t i = 0;
    for (; i < tables->rule_count && tables->rules[i].priority < DOBOS_RULE_MAIN; i++) {
        const struct dobos_rule *rule = &tables->rules[i];
        const struct routes *routes =
            rule->table == DOBOS_TABLE_MAIN ? main : route_tables_at(tables, rule->table);
        if (rule_fits(rule, question) && ask(routes, rule, question, &answer))
            return answer;
    }
    if (ask(main, NULL, question, &answer))
        return answer;
    for (; i < tables->rule_count; i++) {
        const struct dobos_rule *rule = &tables->rules[i];
        const struct routes *routes = route_tables_at(tables, rule->table);
        if (rule_fits(rule, question) && ask(routes, rule, question, &answer))
            return answer;
    }
    return answer;
}
