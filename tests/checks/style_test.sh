#!/usr/bin/env bash
# check-style: each rule is broken once.
. "$(dirname "$0")/tap.sh"

fixture
echo "sources += files('letter.c')" >src/wire/meson.build
echo "names += ['letter']" >fuzz/meson.build
echo "unit_tests += [['base', 'letter']]" >tests/base/meson.build
mkdir -p src/lab
mv src/dobos.c src/lab/
echo "sources += files('dobos.c', 'bad.c')" >src/lab/meson.build
echo "sources += files('letter.c', 'bad.c')" >src/wire/meson.build
holds 'a tree that keeps the rules passes' ./scripts/check-style .

lines() {
    for ((i = 0; i < $1; i++)); do echo "$2"; done
}
try() {
    printf '%s\n' "$3" >"$2"
    breaks "$1" "$2:[0-9]+: $4" ./scripts/check-style .
    rm "$2"
}
body="$(echo 'int f(int n) {'; lines 60 '    n++;'; echo '}')"
printf '/* Sixty lines. */\n%s\n' "$body" >src/wire/bad.c
holds 'a function of 60 lines passes' ./scripts/check-style .
rm src/wire/bad.c
long="$(echo 'int f(int a,'; echo '      int n) {'; lines 61 '    n++;'; echo '}')"
try 'a function of 61 lines fails' src/wire/bad.c "/* Long. */
$long" 'f\(\) has 61 lines'
try 'a file of 601 lines fails' src/lab/bad.c "/* Long. */
$(lines 600 'extern int n;')" 'the file has more than 600'
try 'a line of 101 columns fails' src/lab/bad.c "/* $(lines 1 "$(printf 'x%.0s' {1..95})") */" 'longer than 100'
try 'a file without an opening comment fails' src/lab/bad.c 'extern int n;' 'the file does not open'
try 'a condition in protocol code fails' src/wire/bad.c '/* Bad. */
#if 1
#endif' 'a preprocessor condition in protocol'
try 'floating point in a core room fails' src/wire/bad.c '/* Bad. */
double rate(void);' 'floating point'
promise=TO
try 'a promise of later work fails' src/lab/bad.c "/* ${promise}DO: the rest */" 'a promise'
try 'a name that says nothing fails' src/lab/bad.c '/* Bad. */
void tcp_handle(void) {
}' 'tcp_handle\(\) does not say'
try 'a path of a machine fails' src/lab/bad.c "/* see /${promise,,}me */
/* see /wo""rk/main */" 'a path'
try 'a source that is not built fails' src/wire/lost.c '/* Lost. */' 'not listed'
try 'a test that is not built fails' tests/base/lost_test.c '/* Lost. */' 'not listed'
printf '/* Words in strings and comments count as words: double #if do_it(). */\n' >src/wire/bad.c
holds 'words in comments pass' ./scripts/check-style .
finish
