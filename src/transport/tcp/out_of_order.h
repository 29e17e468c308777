/*
 * out_of_order: what has come beyond a hole (RFC 9293 §3.10.7.4). Pieces never overlap: what came
 * first stays, later data fills only what is missing, so that nobody can show a filter one text and
 * the program another. Pieces without a hole between them are a run; a run is what SACK calls a
 * block. All pieces stand in one list, in order; the first of each run stands in a balanced tree
 * too, and knows the run's last.
 */
#ifndef TRANSPORT_TCP_OUT_OF_ORDER_H
#define TRANSPORT_TCP_OUT_OF_ORDER_H

#include "base/random.h"
#include "transport/tcp/piece.h"
#include "wire/tcp_options.h"

struct out_of_order {
    struct list pieces; /* of piece.node, in order of sequence numbers */
    struct piece *root; /* the tree of first pieces; NULL: empty */
    uint32_t count;     /* pieces */
    uint32_t runs;      /* pieces in the tree */
    size_t bytes;       /* in them */
    size_t charge;      /* of them */
    struct seq fin;     /* number of the peer's FIN, if has_fin */
    bool has_fin;       /* a FIN has come that is not in order yet */
};

void out_of_order_init(struct out_of_order *held);
/* Keeps those bytes of the payload (which begins at `seq`) that are not there yet. What comes first
 * of those that are is told in *repeated (left = right: none). False: no memory; some may have been
 * kept. payload->packet is borrowed whatever `take` says. */
bool out_of_order_insert(struct out_of_order *held, struct random *random, struct seq seq,
                         const struct payload *payload, struct tcp_sack_block *repeated);
/* The run that holds `seq`; false: none does. */
bool out_of_order_run(const struct out_of_order *held, struct seq seq, struct tcp_sack_block *run);
/* The first piece, borrowed; NULL: empty. */
struct piece *out_of_order_first(const struct out_of_order *held);
/* Takes the first piece out (give) when it begins at `seq`; else NULL. */
struct piece *out_of_order_take(struct out_of_order *held, struct seq seq);
/* Whether something beyond `seq` has come. */
bool out_of_order_is_beyond(const struct out_of_order *held, struct seq seq);
/* Throws away each piece that reaches beyond `end`. */
void out_of_order_end(struct dobos_pool *pool, struct out_of_order *held, struct seq end);
/* Throws away the piece farthest ahead; false: empty. */
bool out_of_order_drop_last(struct dobos_pool *pool, struct out_of_order *held);
void out_of_order_clear(struct dobos_pool *pool, struct out_of_order *held);

#endif
