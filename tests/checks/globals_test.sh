#!/usr/bin/env bash
# check-globals: writable data, a stray name or a foreign need in the archive fails.
. "$(dirname "$0")/tap.sh"

fixture
mkdir build

# archive TEXT: makes build/libdobos.a of a C text.
archive() {
    echo "$1" >one.c
    gcc -O2 -fPIC -fvisibility=hidden -c one.c -o one.o && ./scripts/archive build/libdobos.a one.o
}
public='__attribute__((visibility("default")))'
clean="$public int dobos_one(void); int dobos_one(void) { return 1; }"
pointers='static const char *const names[] = {"a", "b"}; '"$public const char *dobos_name(int i);
    const char *dobos_name(int i) { return names[i]; }"

archive "$clean $pointers int inner(void); int inner(void) { return 2; }"
holds 'code, constants with pointers and inner names pass' ./scripts/check-globals build

try() {
    archive "$clean $2"
    breaks "$1" "$3" ./scripts/check-globals build
}
try 'a counter fails' 'static int n; int next(void); int next(void) { return ++n; }' '\.bss.*8|\.bss.*4|n$'
try 'an initialized variable fails' 'int n = 3; int next(void); int next(void) { return ++n; }' '\.data'
try 'a thread variable fails' '_Thread_local int n; int next(void); int next(void) { return ++n; }' '\.tbss'
try 'a constructor fails' '__attribute__((constructor)) static void c(void) { __asm__(""); }' 'init_array'
try 'a public name without dobos_ fails' "$public int other(void); int other(void) { return 1; }" other
try 'a need of the C library fails' 'int puts(const char *); int p(void); int p(void) { return puts(""); }' \
    'puts'
rm build/libdobos.a
breaks 'a missing archive fails' 'no build/libdobos.a' ./scripts/check-globals build
echo 'int inner(void); int inner(void) { return 1; }' >one.c
gcc -fvisibility=hidden -c one.c -o one.o && ./scripts/archive build/libdobos.a one.o
breaks 'an archive that exports nothing fails' 'exports nothing' ./scripts/check-globals build

archive "$clean"
echo "int dobos_one(void); $public int dobos_os(void); int dobos_os(void) { return dobos_one(); }" >os.c
gcc -O2 -fPIC -fvisibility=hidden -c os.c -o os.o && ./scripts/archive build/libdobos-os.a os.o
holds 'a libdobos-os that uses public names passes' ./scripts/check-globals build
echo "int inner(void); $public int dobos_os(void); int dobos_os(void) { return inner(); }" >os.c
gcc -O2 -fPIC -fvisibility=hidden -c os.c -o os.o && ./scripts/archive build/libdobos-os.a os.o
breaks 'a libdobos-os that uses inner names fails' 'undefined reference' ./scripts/check-globals build
finish
