/*
 * out_of_order: what has come beyond a hole (RFC 9293 §3.10.7.4), in a balanced tree by sequence
 * number. Pieces never overlap: what came first stays, later data fills only what is missing, so
 * that nobody can show a filter one text and the program another.
 */
#ifndef TRANSPORT_TCP_OUT_OF_ORDER_H
#define TRANSPORT_TCP_OUT_OF_ORDER_H

#include "base/random.h"
#include "transport/tcp/piece.h"

struct out_of_order {
    struct piece *root; /* NULL: empty */
    uint32_t count;     /* pieces */
    size_t bytes;       /* in them */
    size_t charge;      /* of them */
    struct seq fin;     /* number of the peer's FIN, if has_fin */
    bool has_fin;       /* a FIN has come that is not in order yet */
};

/* Keeps those bytes of the payload (which begins at `seq`) that are not there yet. False: no
 * memory; some may have been kept. payload->packet is borrowed whatever `take` says. */
bool out_of_order_insert(struct out_of_order *held, struct random *random, struct seq seq,
                         const struct payload *payload);
/* The first piece, borrowed; NULL: empty. */
struct piece *out_of_order_first(const struct out_of_order *held);
/* Takes the first piece out (give) when it begins at `seq`; else NULL. */
struct piece *out_of_order_take(struct out_of_order *held, struct seq seq);
/* Throws away the piece farthest ahead; false: empty. */
bool out_of_order_drop_last(struct dobos_pool *pool, struct out_of_order *held);
void out_of_order_clear(struct dobos_pool *pool, struct out_of_order *held);

#endif
