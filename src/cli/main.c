/* The command `dobos`: finds the subcommand and prints version and usage. */
#include <stdio.h>
#include <string.h>

#include <dobos/version.h>

static const char usage[] = "Usage: dobos COMMAND [ARGUMENT...]\n"
                            "       dobos --help | --version\n";

int main(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        (void)printf("dobos %s\n", dobos_version());
        return 0;
    }
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        (void)fputs(usage, stdout);
        return 0;
    }
    (void)fputs(usage, stderr);
    return 2;
}
