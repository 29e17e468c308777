/*
 * explain: the story of each packet, told in the comments of captures. While any capture is open,
 * frames get a number when their origin sends them, all hosts tell what becomes of numbered packets
 * (dobos/fate.h), and the last stories are kept, so that the next hop's capture can say how a
 * packet came there. Whichever segments are captured, the numbers and stories are the same.
 */
#ifndef LAB_EXPLAIN_H
#define LAB_EXPLAIN_H

#include <dobos/fate.h>

#include "tools/sink.h"

struct lab;
struct lab_node;
struct capture;

struct explainer;

/* Begins, if it has not begun. False: no memory. */
bool explain_begin(struct lab *lab);
/* Ends; nothing is numbered or told any more. */
void explain_end(struct lab *lab);
/* A host has been made. */
void explain_host(struct lab *lab, struct dobos_host *host);
/* A frame leaves a node: it gets its number and a story. */
void explain_departure(struct lab_node *node, struct dobos_packet *packet);
/* Takes down what the node's host has told since; with a capture (NULL: none), that of frames that
 * have just reached its segment. What was meant for other stations is left out there. */
void explain_collect(struct lab_node *node, struct capture *capture);
/* How the packet came to be sent by this node, as comments, each ended by a NUL; at most 3. */
void explain_way(const struct lab_node *node, const struct dobos_packet *packet, struct sink *out);
/* A fate in words: "then delivered to www". */
void explain_fate(const struct lab_node *node, const struct dobos_fate *fate, struct sink *out);

#endif
