#!/usr/bin/env bash
# check-compilers: what only one of the two compilers warns of fails.
. "$(dirname "$0")/tap.sh"

fixture
holds 'code without warnings passes' ./scripts/check-compilers .
sed -i 's/    return 0;/    count = count;\n    return 0;/' src/wire/letter.c
breaks 'a warning of clang alone fails' 'self-assign' ./scripts/check-compilers .
fixture
echo 'int f(int n) __attribute__((pure)); int f(int n) { switch (n) { case 1: n++; case 2: return n; } return 0; }' \
    >>src/wire/letter.c
breaks 'a warning of gcc alone fails' 'implicit-fallthrough' ./scripts/check-compilers .
fixture
sed -i "s/== 'a'/== 'b'/" src/wire/letter.c
breaks 'a test that fails with clang fails' 'letter_a_is_read' ./scripts/check-compilers .
finish
