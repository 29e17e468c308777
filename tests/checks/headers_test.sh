#!/usr/bin/env bash
# check-headers: a header that needs another first, or that C++ does not read, fails.
. "$(dirname "$0")/tap.sh"

fixture
mkdir -p include/dobos
cat >include/dobos/good.h <<'END'
#ifndef DOBOS_GOOD_H
#define DOBOS_GOOD_H
#include <stdint.h>
struct good { uint32_t n; };
#endif
END
holds 'a header that stands alone passes' ./scripts/check-headers .

try() {
    echo "$2" >include/dobos/bad.h
    breaks "$1" "dobos/bad.h does not compile alone: $3" ./scripts/check-headers .
    rm include/dobos/bad.h
}
try 'a header that needs another first fails' 'extern uint32_t n;' gcc
try 'a word of C++ as a name fails' 'struct bad { int class; };' 'g\+\+'
try 'a header without a guard fails' 'struct bad { int n; };' gcc
try 'a header of the hosted library fails' '#include <no-such-header.h>' clang
rm include/dobos/good.h
breaks 'no header at all fails' '0 headers' ./scripts/check-headers .
finish
