#!/usr/bin/env bash
# scripts/check and .ci/run: what failed, or was running when the time was over, stands in the last lines.
. "$(dirname "$0")/tap.sh"

fixture
cp -r "$source_root/.ci" .
rm scripts/check-*
write_check() {
    printf '#!/bin/sh\n%s\n' "$2" >"scripts/check-$1"
    chmod +x "scripts/check-$1"
}
# last COMMAND…: its last line, with its status.
last() {
    local status=0
    "$@" >"$scratch/long" 2>&1 || status=$?
    tail -n 1 "$scratch/long"
    return "$status"
}
write_check good 'exit 0'
write_check bad 'exit 1'
write_check slow 'sleep 60'
holds 'checks that pass pass' ./scripts/check good good
breaks 'one that fails is named in the last line' '^FAILED  check-bad \([0-9]+ s\)' last ./scripts/check bad good
breaks 'one that the time ran out for is named, too' '^STOPPED  check-slow' last timeout 1 ./scripts/check good slow good

printf 'test bench:\ncheck:\n\tfalse\n' >Makefile
breaks 'CI names what failed' '^FAILED: make check \(exit 2\)' last ./.ci/run
breaks 'and what did not' '^passed: make bench \([0-9]+ s\)' ./.ci/run
finish
