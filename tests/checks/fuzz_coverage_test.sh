#!/usr/bin/env bash
# check-fuzz-coverage: a corpus that does not reach enough lines fails; so does a file without target.
. "$(dirname "$0")/tap.sh"

fixture
: >fuzz/corpus/letter/empty
holds 'a corpus that reaches every line passes' ./scripts/check-fuzz-coverage
rm fuzz/corpus/letter/a
breaks 'a corpus that misses lines fails' 'letter.c .*too little' ./scripts/check-fuzz-coverage
printf a >fuzz/corpus/letter/a
cp src/wire/letter.c src/wire/parcel.c
breaks 'a file without a target fails' 'parcel.c .*missing' ./scripts/check-fuzz-coverage
finish
