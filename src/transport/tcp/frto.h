/*
 * frto: was a timeout for nothing? (RFC 5682 §3.1, with SACK), on values alone. After a timeout one
 * segment is repeated; when the next acknowledgment brings news of that one only, new data is sent
 * instead of more repetitions, and what comes next tells: data of before the timeout that was never
 * repeated has arrived, then nothing was lost but time; or it has not.
 */
#ifndef TRANSPORT_TCP_FRTO_H
#define TRANSPORT_TCP_FRTO_H

#include <stdbool.h>
#include <stdint.h>

enum frto_step {
    FRTO_OFF,   /* nothing is in doubt */
    FRTO_FIRST, /* the first segment is out again */
    FRTO_NEW,   /* and it has arrived; new data is out */
};

enum frto_verdict {
    FRTO_UNDECIDED, /* or not asked */
    FRTO_SPURIOUS,  /* nothing was lost */
    FRTO_LOST,      /* the timeout was right: repetitions go on */
    FRTO_SEND_NEW,  /* new data now, no repetitions */
};

struct frto_news {
    bool is_advance;   /* snd_una moved */
    bool is_original;  /* something sent before the timeout, and never again, arrived just now */
    bool is_duplicate; /* it moved nothing, or only tells of data sent after the timeout */
    bool is_beyond;    /* snd_una is at or beyond all that was sent before the timeout */
    bool can_send_new; /* there is new data, and both windows let it go */
};

enum frto_verdict frto_on_ack(enum frto_step *step, const struct frto_news *news);

#endif
