/*
 * complain: how every command says what is wrong: one line on standard error, behind its name. And
 * what goes wrong with standard output, which main tells of at the end.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "cli/command.h"

int output_flush(void) {
    static int cause; /* of the first loss */
    errno = 0;
    const bool is_lost = fflush(stdout) != 0 || ferror(stdout) != 0;
    if (is_lost && cause == 0)
        cause = errno != 0 ? errno : EIO;
    return cause;
}

int complain(const char *command, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    (void)output_flush();
    (void)fprintf(stderr, "dobos%s%s: ", command[0] ? " " : "", command);
    (void)vfprintf(stderr, format, arguments);
    (void)fputc('\n', stderr);
    va_end(arguments);
    return EXIT_USAGE;
}
