/* complain: how every command says what is wrong: one line on standard error, behind its name. */
#include <stdarg.h>
#include <stdio.h>

#include "cli/command.h"

int complain(const char *command, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    (void)fflush(stdout);
    (void)fprintf(stderr, "dobos%s%s: ", command[0] ? " " : "", command);
    (void)vfprintf(stderr, format, arguments);
    (void)fputc('\n', stderr);
    va_end(arguments);
    return EXIT_USAGE;
}
