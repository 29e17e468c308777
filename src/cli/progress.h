/* progress: while a network runs for long, its time on standard error, if that is a terminal. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "lab/lab.h"

/* Shows lab_now(lab) every half second from now on; one at a time. */
void progress_begin(const struct lab *lab);
/* Wipes what was shown. */
void progress_end(void);

#endif
