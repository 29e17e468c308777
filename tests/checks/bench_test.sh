#!/usr/bin/env bash
# bench: a number that has grown by more than 5 % fails, and so does one without a baseline.
. "$(dirname "$0")/tap.sh"

export BENCH_BASELINE=$scratch/baseline.tsv
measure() {
    "$source_root/scripts/bench" bytes_per_idle_connection
}
bytes=$(measure 2>&1 | sed -n 's/^bytes_per_idle_connection\t\([0-9]*\)\t.*/\1/p')
breaks 'a number without a baseline fails' 'no baseline' measure
printf 'bytes_per_idle_connection\t%s\n' "$bytes" >"$BENCH_BASELINE"
holds 'the same number passes' measure
printf 'bytes_per_idle_connection\t%s\n' $((bytes * 100 / 104)) >"$BENCH_BASELINE"
holds '4 % more passes' measure
printf 'bytes_per_idle_connection\t%s\n' $((bytes * 100 / 107)) >"$BENCH_BASELINE"
breaks '7 % more fails' 'GROWN' measure
finish
