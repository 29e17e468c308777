/* run_summary: what each layer did while a program ran, in a line each, from the network's own
 * counters. */
#ifndef CLI_RUN_SUMMARY_H
#define CLI_RUN_SUMMARY_H

#include <stdio.h>

#include <dobos/os.h>

#include "lab/lab.h"

/* `tap` (NULL: the program never began) is the cable between the program and the network. */
void run_summary_print(const struct lab *lab, const struct dobos_tap *tap, FILE *out);

#endif
