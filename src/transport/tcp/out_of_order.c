/*
 * out_of_order: see out_of_order.h. The tree is a treap: a search tree by sequence number and a
 * heap by random priorities, which keep it balanced whatever the order of arrival (attack E4).
 * Everything walks by loops along parent links.
 */
#include "transport/tcp/out_of_order.h"

static struct seq piece_end(const struct piece *piece) {
    return seq_add(piece->seq, piece_length(piece));
}

/* Turns `piece` with its parent, so that it stands above. */
static void rotate_up(struct out_of_order *held, struct piece *piece) {
    struct piece *parent = piece->parent;
    struct piece *grand = parent->parent;
    unsigned side = parent->child[1] == piece;
    struct piece *inner = piece->child[!side];
    parent->child[side] = inner;
    if (inner)
        inner->parent = parent;
    piece->child[!side] = parent;
    parent->parent = piece;
    piece->parent = grand;
    if (!grand)
        held->root = piece;
    else
        grand->child[grand->child[1] == parent] = piece;
}

static void tree_insert(struct out_of_order *held, struct piece *piece, uint32_t priority) {
    struct piece *parent = NULL;
    unsigned side = 0;
    for (struct piece *at = held->root; at; at = at->child[side]) {
        parent = at;
        side = seq_gt(piece->seq, at->seq);
    }
    piece->priority = priority;
    piece->parent = parent;
    if (!parent)
        held->root = piece;
    else
        parent->child[side] = piece;
    while (piece->parent && piece->parent->priority < priority)
        rotate_up(held, piece);
    held->count++;
    held->bytes += piece_length(piece);
    held->charge += piece->charge;
}

static void tree_remove(struct out_of_order *held, struct piece *piece) {
    while (piece->child[0] || piece->child[1]) {
        struct piece *left = piece->child[0], *right = piece->child[1];
        bool take_right = !left || (right && right->priority > left->priority);
        rotate_up(held, take_right ? right : left);
    }
    struct piece *parent = piece->parent;
    if (!parent)
        held->root = NULL;
    else
        parent->child[parent->child[1] == piece] = NULL;
    piece->parent = NULL;
    held->count--;
    held->bytes -= piece_length(piece);
    held->charge -= piece->charge;
}

/* The pieces on both sides of `seq`: the last that begins at or before it, the first behind. */
static void tree_neighbours(const struct out_of_order *held, struct seq seq, struct piece **before,
                            struct piece **behind) {
    *before = *behind = NULL;
    for (struct piece *at = held->root; at;) {
        bool is_before = seq_le(at->seq, seq);
        *(is_before ? before : behind) = at;
        at = at->child[is_before];
    }
}

/* (attack E39): each turn steps over a piece or fills the hole before one. */
bool out_of_order_insert(struct out_of_order *held, struct random *random, struct seq seq,
                         const struct payload *payload) {
    struct seq at = seq, end = seq_add(seq, payload->length);
    while (seq_lt(at, end)) {
        struct piece *before, *behind;
        tree_neighbours(held, at, &before, &behind);
        if (before && seq_gt(piece_end(before), at)) {
            at = piece_end(before);
            continue;
        }
        struct seq stop = behind ? seq_min(end, behind->seq) : end;
        struct payload part = {
            .packet = payload->packet,
            .offset = payload->offset + seq_distance(at, seq),
            .length = seq_distance(stop, at),
        };
        part.allowance = piece_allowance(held->bytes, held->charge, part.length);
        struct piece *piece = piece_create(&part, before, behind);
        if (!piece)
            return false;
        piece->seq = at;
        tree_insert(held, piece, (uint32_t)(random_next(random) >> 32));
        at = stop;
    }
    return true;
}

static struct piece *outermost(const struct out_of_order *held, unsigned side) {
    struct piece *at = held->root;
    while (at && at->child[side])
        at = at->child[side];
    return at;
}

struct piece *out_of_order_first(const struct out_of_order *held) {
    return outermost(held, 0);
}

struct piece *out_of_order_take(struct out_of_order *held, struct seq seq) {
    struct piece *first = outermost(held, 0);
    if (!first || !seq_eq(first->seq, seq))
        return NULL;
    tree_remove(held, first);
    return first;
}

bool out_of_order_drop_last(struct dobos_pool *pool, struct out_of_order *held) {
    struct piece *last = outermost(held, 1);
    if (!last)
        return false;
    tree_remove(held, last);
    piece_destroy(pool, last);
    return true;
}

void out_of_order_clear(struct dobos_pool *pool, struct out_of_order *held) {
    while (out_of_order_drop_last(pool, held))
        continue;
    held->has_fin = false;
}
