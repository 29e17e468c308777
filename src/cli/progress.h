/*
 * progress: how far a long run has come, on standard error, in place, and only when that is a
 * terminal: the virtual time of a network, or the part of a file that has been read.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "lab/lab.h"

/* Shows the lab's time twice a second from now on. */
void progress_begin(const struct lab *lab);
/* Shows the part of so many bytes that progress_step has told of; nothing where standard output is
 * a terminal too, which shows more. */
void progress_begin_bytes(size_t whole);
void progress_step(size_t done);
/* Takes the line away, so that something else can be written there; the next turn shows it anew. */
void progress_wipe(void);
void progress_end(void);

#endif
