#!/usr/bin/env bash
# check-tidy: a recursion and a mistake that clang-tidy knows fail, also when the file was clean before.
. "$(dirname "$0")/tap.sh"

fixture
holds 'clean files pass' ./scripts/check-tidy .
holds 'and pass again from the stamps' ./scripts/check-tidy .
cat >>src/wire/letter.c <<'END'
int letter_again(int n);
int letter_again(int n) {
    return n == 0 ? 0 : letter_again(n - 1);
}
END
breaks 'a recursion fails' 'misc-no-recursion' ./scripts/check-tidy .
breaks 'and fails again' 'misc-no-recursion' ./scripts/check-tidy .
fixture
holds 'clean files pass anew' ./scripts/check-tidy .
cat >>src/wire/letter.h <<'END'
static inline int letter_down(int n) {
    return n == 0 ? 0 : letter_down(n - 1);
}
END
breaks 'a fault in a header fails, though the .c file stayed' 'letter.h:.*recursi' ./scripts/check-tidy .
finish
