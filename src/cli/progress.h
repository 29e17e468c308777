/* progress: while a network runs for long, its time on standard error, if that is a terminal. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "lab/lab.h"

/* Shows lab_now(lab) every half second from now on; one at a time. */
void progress_begin(const struct lab *lab);
/* Wipes what is shown now, so that other text can stand there. */
void progress_wipe(void);
/* Ends it, and wipes what was shown. */
void progress_end(void);

#endif
