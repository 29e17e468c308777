/* failure: why something of the outside world did not work, in words for the person who typed the
 * command. */
#ifndef OS_FAILURE_H
#define OS_FAILURE_H

struct failure {
    char text[512]; /* what, why, and what to do; without a newline */
};

/* Writes the text as printf does; returns −1, for `return failure_set(…)`. */
int failure_set(struct failure *failure, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
