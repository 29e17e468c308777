#!/usr/bin/env bash
# check-sanitizers: a read past the end, a leak, undefined behaviour and a skipped test fail.
. "$(dirname "$0")/tap.sh"

fixture
holds 'clean code passes' ./scripts/check-sanitizers .

try() {
    cp "$source_root/tests/checks/fixture/src/wire/letter.c" src/wire/letter.c
    sed -i "s/    if (count == 0) {/    $2\n&/" src/wire/letter.c
    breaks "$1" "$3" ./scripts/check-sanitizers .
}
try 'a read past the end fails' 'if (bytes[count] == 7) return 1;' 'stack-buffer-overflow'
try 'undefined behaviour fails' 'int n = 0x7fffffff; n += (int)count; if (n == 7) return 1;' 'integer overflow'
cp "$source_root/tests/checks/fixture/src/wire/letter.c" src/wire/letter.c
sed -i 's/^static void letter/void *malloc(size_t bytes);\nstatic void *volatile kept;\n\n&/
    s/    (void)state;/&\n    kept = malloc(7);\n    kept = NULL;/' tests/base/letter_test.c
breaks 'a leak fails' 'LeakSanitizer' ./scripts/check-sanitizers .
cp "$source_root/tests/checks/fixture/tests/base/letter_test.c" tests/base/
sed -i 's/    (void)state;/&\n    skip();/' tests/base/letter_test.c
breaks 'a skipped test fails' 'letter_a_is_read \(skipped\)' ./scripts/check-sanitizers .
finish
