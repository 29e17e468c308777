/* routes_direct: the direct table that a large trie has beside it; see routes_direct.c. */
#ifndef NETWORK_ROUTES_DIRECT_H
#define NETWORK_ROUTES_DIRECT_H

#include "network/routes.h"

/* A cell: a lead; with CELL_GROUP the number of a group; or DIRECT_UNKNOWN. */
#define CELL_GROUP     UINT32_C(0x80000000)
#define DIRECT_UNKNOWN UINT32_C(0xffffffff) /* there was no memory for a group: ask the trie */

/* How many groups there may be: 160 MiB. */
#define DIRECT_GROUPS_MOST 131072

#define DIRECT_CELLS 256

/* The cells of the next eight bits. */
struct direct_group {
    uint32_t cell[DIRECT_CELLS];  /* see above */
    uint32_t above;               /* the lead of the cell that it stands in */
    uint32_t users;               /* prefixes of its own lengths, and cells that are groups or
                                     unknown */
    uint8_t length[DIRECT_CELLS]; /* of the prefix that each cell's lead is of; 0: none */
};

#define DIRECT_TOP 65536
struct route_direct {
    uint32_t top[DIRECT_TOP];           /* prefixes of 9 to 16 bits, by the first 16 */
    uint32_t brief[DIRECT_CELLS];       /* prefixes of 1 to 8 bits, by the first 8 */
    uint32_t whole;                     /* the default route */
    uint32_t unknown;                   /* cells that are */
    struct slab groups;                 /* struct direct_group */
    uint8_t top_length[DIRECT_TOP];     /* of the prefix that a cell is of; 0: none */
    uint8_t brief_length[DIRECT_CELLS]; /* likewise */
};

/* Makes the table of all routes there are; false, and there is none: no memory. */
bool route_direct_create(struct routes *routes);
void route_direct_destroy(struct routes *routes);
/* A prefix has got its first routes, or others (is_new: false). */
void route_direct_set(struct routes *routes, uint32_t number, uint8_t length, uint32_t lead,
                      bool is_new);
/* The trie has lost a prefix. */
void route_direct_unset(struct routes *routes, uint32_t number, uint8_t length);

static inline const struct direct_group *direct_group_at(const struct route_direct *direct,
                                                         uint32_t cell) {
    return slab_at(&direct->groups, cell & ~CELL_GROUP);
}

/* The lead of the longest prefix that holds the address, or 0; DIRECT_UNKNOWN. */
static inline uint32_t route_direct_find(const struct route_direct *direct, uint32_t number) {
    uint32_t lead = direct->top[number >> 16];
    if (lead & CELL_GROUP) {
        if (lead == DIRECT_UNKNOWN)
            return lead;
        const struct direct_group *group = direct_group_at(direct, lead);
        lead = group->cell[number >> 8 & 0xff];
        if (lead & CELL_GROUP) {
            if (lead == DIRECT_UNKNOWN)
                return lead;
            const struct direct_group *last = direct_group_at(direct, lead);
            lead = last->cell[number & 0xff];
            lead = lead ? lead : last->above;
        }
        lead = lead ? lead : group->above;
    }
    lead = lead ? lead : direct->brief[number >> 24];
    return lead ? lead : direct->whole;
}

#endif
