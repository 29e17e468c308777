/*
 * routes_direct: a table that is asked by the address's own bits: 16, then 8, then 8. Where no
 * prefix is longer than 16 or 24 bits it ends earlier, so it grows with the routes.
 *
 * A cell holds the longest prefix *of its own level's lengths* only (9 to 16 bits, 17 to 24, 25 to
 * 32); a look-up that finds none there takes what it passed on its way: the lead above the group,
 * the prefixes of 1 to 8 bits, the default route. So a change of any prefix writes at most 128
 * cells of one array, and however large the table is, a change costs a constant and is done at
 * once: there is no moment at which a look-up could see half of it.
 *
 * For a cell is known how long the prefix is that it is of: a longer one is not written over by a
 * shorter, and when a prefix goes, its cells are those of its length, and get the next shorter one
 * of their level from the trie.
 *
 * Where there is no memory for a group, or there are too many, the cell is unknown, and who looks
 * there is sent to the trie, which is always whole. It is known again when the last longer prefix
 * beneath it has gone.
 */
#include "network/routes_direct.h"

#include "network/routes_inner.h"

#include "base/assert.h"

enum level {
    LEVEL_BRIEF, /* 1–8 bits */
    LEVEL_TOP,   /* 9–16 */
    LEVEL_GROUP, /* 17–24: a group in a cell of top */
    LEVEL_LAST,  /* 25–32: a group in a cell of such a group */
};

static enum level level_of(uint8_t length) {
    return (enum level)((length - 1) / 8);
}

/* An array of cells. */
struct cells {
    uint32_t *cell;             /* first */
    uint8_t *length;            /* first */
    struct direct_group *group; /* whose they are; NULL: brief or top */
};

/* The cell of an address in an array of some level. */
static uint32_t place_of(uint32_t number, enum level level) {
    return level == LEVEL_TOP ? number >> 16 : number >> (24 - 8 * (unsigned)level) & 0xff;
}

static struct cells cells_of_group(const struct route_direct *direct, uint32_t cell) {
    struct direct_group *group = slab_at(&direct->groups, cell & ~CELL_GROUP);
    return (struct cells){group->cell, group->length, group};
}

/* ---- groups ---- */

/* Puts a group into a cell, or makes it unknown. */
static void group_create(struct route_direct *direct, const struct cells *cells, uint32_t place) {
    uint32_t made = direct->groups.count < DIRECT_GROUPS_MOST ? slab_take(&direct->groups) : 0;
    if (made) {
        struct direct_group *group = slab_at(&direct->groups, made);
        memset(group, 0, sizeof *group);
        group->above = cells->cell[place];
    } else {
        direct->unknown++;
    }
    cells->cell[place] = made ? made | CELL_GROUP : DIRECT_UNKNOWN;
    if (cells->group)
        cells->group->users++;
}

/* The way from the top to the array where prefixes of some level stand. */
struct way {
    struct cells cells[LEVEL_LAST + 1]; /* by level */
    enum level level;                   /* that of the last; before the wanted one: a cell there is
                                           unknown, or nothing is there */
};

static struct way way_find(struct route_direct *direct, uint32_t number, enum level wanted,
                           bool create) {
    struct way way = {.level = LEVEL_TOP};
    way.cells[LEVEL_TOP] = (struct cells){direct->top, direct->top_length, NULL};
    while (way.level < wanted) {
        const struct cells *here = &way.cells[way.level];
        uint32_t place = place_of(number, way.level);
        ASSERT(here->cell);
        if (create && !(here->cell[place] & CELL_GROUP))
            group_create(direct, here, place);
        uint32_t cell = here->cell[place];
        if (!(cell & CELL_GROUP) || cell == DIRECT_UNKNOWN)
            break;
        way.cells[++way.level] = cells_of_group(direct, cell);
    }
    return way;
}

/* ---- cells ---- */

/* Writes a lead into a cell, or above the group that stands in it. An unknown one stays so. */
static void cell_write(const struct route_direct *direct, uint32_t *cell, uint32_t lead) {
    if (!(*cell & CELL_GROUP))
        *cell = lead;
    else if (*cell != DIRECT_UNKNOWN)
        ((struct direct_group *)slab_at(&direct->groups, *cell & ~CELL_GROUP))->above = lead;
}

static void cells_paint(const struct route_direct *direct, const struct cells *cells,
                        uint32_t number, uint8_t length, uint32_t lead) {
    enum level level = level_of(length);
    uint32_t first = place_of(number, level);
    ASSERT(cells->cell && cells->length);
    uint32_t end = first + (UINT32_C(1) << (8 * ((unsigned)level + 1) - length));
    for (uint32_t i = first; i < end; i++) {
        if (cells->length[i] > length)
            continue;
        cells->length[i] = length;
        cell_write(direct, &cells->cell[i], lead);
    }
}

/* Gives the cells of a prefix that has gone to the next shorter one of their level. */
static void cells_clear(const struct routes *routes, const struct cells *cells, uint32_t number,
                        uint8_t length) {
    enum level level = level_of(length);
    uint8_t shorter = 0;
    ASSERT(cells->cell && cells->length);
    uint32_t lead = routes_walk(routes, number, (uint8_t)(8 * (unsigned)level + 1),
                                (uint8_t)(length - 1), &shorter);
    uint32_t first = place_of(number, level);
    uint32_t end = first + (UINT32_C(1) << (8 * ((unsigned)level + 1) - length));
    for (uint32_t i = first; i < end; i++) {
        if (cells->length[i] != length)
            continue;
        cells->length[i] = shorter;
        cell_write(routes->direct, &cells->cell[i], lead);
    }
}

/* Takes away groups that nothing needs any more, from the way's end upward. */
static void way_prune(struct route_direct *direct, const struct way *way, uint32_t number) {
    for (enum level level = way->level; level > LEVEL_TOP; level--) {
        const struct direct_group *group = way->cells[level].group;
        ASSERT(group);
        if (group->users > 0)
            return;
        const struct cells *upper = &way->cells[level - 1];
        uint32_t *cell = &upper->cell[place_of(number, (enum level)(level - 1))];
        uint32_t gone = *cell & ~CELL_GROUP;
        *cell = group->above;
        slab_give(&direct->groups, gone);
        if (upper->group)
            upper->group->users--;
    }
}

/* An unknown cell is known again when no longer prefix is left beneath it. */
static void cell_learn(struct routes *routes, const struct way *way, uint32_t number) {
    struct route_direct *direct = routes->direct;
    const struct cells *cells = &way->cells[way->level];
    uint32_t place = place_of(number, way->level);
    uint8_t most = (uint8_t)(8 * ((unsigned)way->level + 1)), length = 0;
    if (cells->cell[place] != DIRECT_UNKNOWN || routes_has_longer(routes, number, most))
        return;
    cells->cell[place] = routes_walk(routes, number, (uint8_t)(most - 7), most, &length);
    cells->length[place] = length;
    direct->unknown--;
    if (cells->group)
        cells->group->users--;
    way_prune(direct, way, number);
}

/* ---- prefixes ---- */

void route_direct_set(struct routes *routes, uint32_t number, uint8_t length, uint32_t lead,
                      bool is_new) {
    struct route_direct *direct = routes->direct;
    if (length == 0) {
        direct->whole = lead;
        return;
    }
    enum level level = level_of(length);
    struct cells brief = {direct->brief, direct->brief_length, NULL};
    if (level == LEVEL_BRIEF) {
        cells_paint(direct, &brief, number, length, lead);
        return;
    }
    const struct way way = way_find(direct, number, level, true);
    if (way.level < level)
        return;
    const struct cells *cells = &way.cells[level];
    if (is_new && cells->group)
        cells->group->users++;
    cells_paint(direct, cells, number, length, lead);
}

void route_direct_unset(struct routes *routes, uint32_t number, uint8_t length) {
    struct route_direct *direct = routes->direct;
    if (length == 0) {
        direct->whole = 0;
        return;
    }
    enum level level = level_of(length);
    struct cells brief = {direct->brief, direct->brief_length, NULL};
    if (level == LEVEL_BRIEF) {
        cells_clear(routes, &brief, number, length);
        return;
    }
    const struct way way = way_find(direct, number, level, false);
    if (way.level < level) {
        cell_learn(routes, &way, number);
        return;
    }
    const struct cells *cells = &way.cells[level];
    cells_clear(routes, cells, number, length);
    if (cells->group)
        cells->group->users--;
    way_prune(direct, &way, number);
}

/* ---- the table ---- */

bool route_direct_create(struct routes *routes) {
    struct route_direct *direct =
        allocator_allocate(routes->allocator, sizeof *direct, "direct routes");
    if (!direct)
        return false;
    slab_init(&direct->groups, routes->allocator, sizeof(struct direct_group), "direct group");
    routes->direct = direct;
    uint32_t waiting[33]; /* children with the next bit 1, at most one a length */
    unsigned count = 0;
    for (uint32_t at = routes->root; at || count > 0;) {
        if (!at)
            at = waiting[--count];
        const struct route_node *node = route_node_at(routes, at);
        if (node->lead)
            route_direct_set(routes, node->number, node->length, node->lead, true);
        if (node->child[1])
            waiting[count++] = node->child[1];
        at = node->child[0];
    }
    return true;
}

void route_direct_destroy(struct routes *routes) {
    if (!routes->direct)
        return;
    slab_fini(&routes->direct->groups);
    allocator_release(routes->allocator, routes->direct, sizeof *routes->direct);
    routes->direct = NULL;
}
