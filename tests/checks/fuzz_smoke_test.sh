#!/usr/bin/env bash
# check-fuzz-smoke: a crash fails and shows its input; so does a tree without targets.
. "$(dirname "$0")/tap.sh"

export FUZZ_TOTAL_SECONDS=2
fixture
holds 'a target without fault passes' ./scripts/check-fuzz-smoke
sed -i "s/    (void)letter_parse/    if (count > 0 \&\& bytes[0] == 'b') {\n        __builtin_trap();\n    }\n&/" \
    fuzz/letter_fuzz.c
breaks 'a crash fails and says how to repeat it' 'repeats with' ./scripts/check-fuzz-smoke
rm fuzz/*_fuzz.c
echo >fuzz/meson.build
breaks 'no target fails' 'there is no fuzz target' ./scripts/check-fuzz-smoke
finish
