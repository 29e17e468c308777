#!/usr/bin/env bash
# check-format: a badly formatted file fails, and --fix mends it.
. "$(dirname "$0")/tap.sh"

fixture
holds 'formatted files pass' ./scripts/check-format .
echo 'int  f (void){return 1;}' >src/wire/bad.c
breaks 'another layout fails' 'bad.c:1' ./scripts/check-format .
holds 'it is mended by --fix' ./scripts/check-format --fix .
holds 'and passes then' ./scripts/check-format .
rm -r src include fuzz tests
mkdir src
breaks 'an empty tree fails' 'no source file' ./scripts/check-format .
finish
