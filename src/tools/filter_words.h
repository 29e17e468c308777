/*
 * filter_words: a rule of the filter (dobos/filter.h) as a sentence of few words, read and written:
 *
 *     allow|deny|reject [established] [tcp|udp|icmp|igmp] [from WHAT [port P]] [to WHAT] [port P]
 *
 * WHAT is any, an address, a prefix, or the name of an interface, by which a packet came in (from)
 * or goes on (to); to lo is for the node itself. P is a port, a range N-M, or a service's name.
 * Directly behind `from WHAT` it is the source's port, else the destination's, as pf has it.
 */
#ifndef TOOLS_FILTER_WORDS_H
#define TOOLS_FILTER_WORDS_H

#include <dobos/filter.h>

#include "tools/sink.h"

#define FILTER_REASON_BYTES 200

struct filter_sentence {
    struct dobos_filter_rule rule; /* its interfaces are 0 */
    char from[DOBOS_NAME_BYTES];   /* the interface's name; "": none */
    char to[DOBOS_NAME_BYTES];     /* likewise */
};

/* False: `reason` says which word is wrong, and what was expected. */
bool filter_sentence_parse(const char *text, struct filter_sentence *sentence,
                           char reason[FILTER_REASON_BYTES]);
/* Writes it as filter_sentence_parse reads it; of ports the numbers. */
void filter_sentence_format(const struct filter_sentence *sentence, struct sink *out);

#endif
