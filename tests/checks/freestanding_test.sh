#!/usr/bin/env bash
# check-freestanding: a need of the C library, a header of it or a program that fails is found.
. "$(dirname "$0")/tap.sh"

fixture
rm src/dobos.c
mkdir -p tests/freestanding src/base include/dobos
start='__asm__(".globl _start\n_start:\n    xor %ebp, %ebp\n    call program\n");'
leave='__asm__ volatile("syscall" : : "a"(231), "D"(letter_parse(bytes, 1) - 1) : "memory");'
cat >tests/freestanding/handshake.c <<END
#include "wire/letter.h"
void program(void);
void program(void) {
    const uint8_t bytes[1] = {'a'};
    $leave
}
$start
END
holds 'a core that needs nothing passes' ./scripts/check-freestanding .

sed "s/'a'/'b'/" -i tests/freestanding/handshake.c
breaks 'a program that fails is found' 'exited with 255' ./scripts/check-freestanding .
sed "s/'b'/'a'/" -i tests/freestanding/handshake.c

try() {
    printf '/* Broken. */\n%s\n' "$2" >src/base/broken.c
    breaks "$1" "$3" ./scripts/check-freestanding .
    rm src/base/broken.c
}
try 'a header of the C library fails' '#include <string.h>' 'string.h'
try 'a call of the C library fails' 'int puts(const char *s); int f(void); int f(void) { return puts(""); }' puts
try 'what only fits 64 bits fails' '#include <stdint.h>
_Static_assert(sizeof(void *) == 8, "wide");' 'wide'
try 'a type that only gcc on x86-64 has fails' 'extern __int128 n; int f(void); int f(void) { return n > 3; }' '__int128'
finish
