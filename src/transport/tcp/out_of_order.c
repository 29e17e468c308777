/*
 * out_of_order: see out_of_order.h. The tree of runs is a treap: a search tree by sequence number
 * and a heap by random priorities, which keep it balanced whatever the order of arrival (attack
 * E4). Everything walks by loops along parent links. What extends a run touches the tree only to
 * find it; what leaves at the front does not search at all.
 */
#include "transport/tcp/out_of_order.h"

void out_of_order_init(struct out_of_order *held) {
    *held = (struct out_of_order){0};
    list_init(&held->pieces);
}

static struct piece *piece_of(struct list_node *node) {
    return container_of(node, struct piece, node);
}

static struct seq run_end(const struct piece *first) {
    return piece_end(first->last);
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
    held->runs++;
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
    held->runs--;
}

/* `heir` begins the run from now on, at the place that `piece` has in the tree. */
static void tree_replace(struct out_of_order *held, struct piece *piece, struct piece *heir) {
    heir->parent = piece->parent;
    heir->priority = piece->priority;
    heir->last = piece->last;
    if (!heir->parent)
        held->root = heir;
    else
        heir->parent->child[heir->parent->child[1] == piece] = heir;
    for (unsigned side = 0; side < 2; side++) {
        heir->child[side] = piece->child[side];
        if (heir->child[side])
            heir->child[side]->parent = heir;
        piece->child[side] = NULL;
    }
    piece->parent = NULL;
}

/* The runs on both sides of `seq`: the last that begins at or before it, the first behind. */
static void tree_neighbours(const struct out_of_order *held, struct seq seq, struct piece **before,
                            struct piece **behind) {
    *before = *behind = NULL;
    for (struct piece *at = held->root; at;) {
        bool is_before = seq_le(at->seq, seq);
        *(is_before ? before : behind) = at;
        at = at->child[is_before];
    }
}

static void pieces_remove(struct out_of_order *held, struct piece *piece) {
    list_remove(&piece->node);
    held->count--;
    held->bytes -= piece_length(piece);
    held->charge -= piece->charge;
}

/* Bytes for the hole between two runs (NULL: none there), which they may touch. */
static bool hole_fill(struct out_of_order *held, struct random *random, struct seq seq,
                      struct payload *part, struct piece *before, struct piece *behind) {
    struct dobos_pool *pool = part->packet->pool;
    bool joins_before = before && seq_eq(run_end(before), seq);
    bool joins_behind = behind && seq_eq(behind->seq, seq_add(seq, part->length));
    struct piece *last = joins_before ? before->last : NULL;
    if (!last || !piece_gather(last, part)) {
        bool gathers = last && !last->packet && part->length <= PACKET_COPY_BYTES;
        struct piece *piece = gathers ? piece_create_gathering(pool, last)
                                      : piece_create(part, before ? before->last : NULL, behind);
        if (!piece)
            return false;
        if (gathers)
            (void)piece_gather(piece, part);
        piece->seq = seq;
        list_insert_before(behind ? &behind->node : &held->pieces.head, &piece->node);
        held->count++;
        held->charge += piece->charge;
        if (joins_before) {
            before->last = piece;
        } else if (joins_behind) {
            tree_replace(held, behind, piece);
        } else {
            piece->last = piece;
            tree_insert(held, piece, (uint32_t)(random_next(random) >> 32));
        }
    }
    held->bytes += part->length;
    if (joins_before && joins_behind) {
        before->last = behind->last;
        tree_remove(held, behind);
    }
    return true;
}

/* (attack E39): each turn steps over a run or fills the hole before one. */
bool out_of_order_insert(struct out_of_order *held, struct random *random, struct seq seq,
                         const struct payload *payload, struct tcp_sack_block *repeated) {
    struct seq at = seq, end = seq_add(seq, payload->length);
    *repeated = (struct tcp_sack_block){seq, seq};
    while (seq_lt(at, end)) {
        struct piece *before, *behind;
        tree_neighbours(held, at, &before, &behind);
        if (before && seq_gt(run_end(before), at)) {
            struct seq known = seq_min(run_end(before), end);
            if (seq_eq(repeated->left, repeated->right))
                *repeated = (struct tcp_sack_block){at, known};
            at = known;
            continue;
        }
        struct seq stop = behind ? seq_min(end, behind->seq) : end;
        struct payload part = {
            .packet = payload->packet,
            .offset = payload->offset + seq_distance(at, seq),
            .length = seq_distance(stop, at),
        };
        part.allowance = piece_allowance(held->bytes, held->charge, part.length);
        if (!hole_fill(held, random, at, &part, before, behind))
            return false;
        at = stop;
    }
    return true;
}

bool out_of_order_run(const struct out_of_order *held, struct seq seq, struct tcp_sack_block *run) {
    struct piece *before, *behind;
    tree_neighbours(held, seq, &before, &behind);
    if (!before || seq_le(run_end(before), seq))
        return false;
    *run = (struct tcp_sack_block){before->seq, run_end(before)};
    return true;
}

struct piece *out_of_order_first(const struct out_of_order *held) {
    struct list_node *first = list_first(&held->pieces);
    return first ? piece_of(first) : NULL;
}

struct piece *out_of_order_take(struct out_of_order *held, struct seq seq) {
    struct piece *first = out_of_order_first(held);
    if (!first || !seq_eq(first->seq, seq))
        return NULL;
    if (first->last == first)
        tree_remove(held, first);
    else
        tree_replace(held, first, piece_of(list_next(&held->pieces, &first->node)));
    pieces_remove(held, first);
    return first;
}

bool out_of_order_drop_last(struct dobos_pool *pool, struct out_of_order *held) {
    struct piece *run = held->root;
    while (run && run->child[1])
        run = run->child[1];
    if (!run)
        return false;
    struct piece *last = run->last;
    if (last == run)
        tree_remove(held, run);
    else
        run->last = piece_of(last->node.previous);
    pieces_remove(held, last);
    piece_destroy(pool, last);
    return true;
}

bool out_of_order_is_beyond(const struct out_of_order *held, struct seq seq) {
    const struct piece *run = held->root;
    while (run && run->child[1])
        run = run->child[1];
    return run && seq_gt(run_end(run), seq);
}

void out_of_order_end(struct dobos_pool *pool, struct out_of_order *held, struct seq end) {
    while (out_of_order_is_beyond(held, end))
        (void)out_of_order_drop_last(pool, held);
}

void out_of_order_clear(struct dobos_pool *pool, struct out_of_order *held) {
    while (out_of_order_drop_last(pool, held))
        continue;
    held->has_fin = false;
}
