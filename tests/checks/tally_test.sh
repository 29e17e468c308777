#!/usr/bin/env bash
# tally: counts subtests; a failed, skipped, missing or crashed test fails.
. "$(dirname "$0")/tap.sh"

# entry RESULT TEXT: a line of meson's log.
entry() {
    python3 -c 'import json, sys
print(json.dumps({"name": "t", "result": sys.argv[1], "stdout": sys.argv[2].replace("|", "\n")}))' \
        "$1" "$2" >>"$scratch/log"
}
counted() {
    entry "$2" "$3"
    if [ "$4" = holds ]; then
        holds "$1" "$source_root/scripts/tally" 0 "$scratch/log"
    else
        breaks "$1" "$4" "$source_root/scripts/tally" 0 "$scratch/log"
    fi
    tail -n 1 "$scratch/output" >"$scratch/last"
    rm "$scratch/log"
}
counted 'two subtests pass' OK '1..2|ok 1 - a|ok 2 - b' holds
holds 'and are counted' grep -qx '2 passed, 0 failed' "$scratch/last"
counted 'a failed subtest fails' FAIL '1..2|ok 1 - a|not ok 2 - b' '^failed: t: b'
holds 'and is counted' grep -qx '1 passed, 1 failed' "$scratch/last"
counted 'a skipped subtest fails' SKIP '1..1|ok 1 # SKIP a' 'skipped'
counted 'a skip as cmocka prints it fails' OK '1..1|not ok 1 # SKIP a' 'skipped'
counted 'a subtest that did not run fails' ERROR '1..2|ok 1 - a' '1 of 2'
counted 'a test without subtests fails' OK '1..0' 'holds no test'
counted 'a test that died fails' TIMEOUT '' 't: timeout'
counted 'a crash after the last subtest fails' FAIL '1..1|ok 1 - a' 't: fail'
counted 'a check without subtests passes' OK 'fine' holds
: >"$scratch/log"
breaks 'nothing at all fails' 'nothing ran' "$source_root/scripts/tally" 0 "$scratch/log"
entry OK '1..1|ok 1 - a'
breaks 'a failed run of meson fails' 'exited with 3' "$source_root/scripts/tally" 3 "$scratch/log"
finish
