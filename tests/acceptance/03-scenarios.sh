# Line 3: the resolver scenarios: at least 150, each passes in virtual time, and each fails when the
# line of the resolver that it names is mutated.
# timeout: 1800
. "$(dirname "$0")/lib.sh"

files=()
for file in tests/scenarios/*.txt; do
    [ "$file" = tests/scenarios/hierarchy.txt ] || files+=("$file")
done
want_status 0 'the scenarios hold' build/tests/scenarios/scenarios "${files[@]}"
tail -n 1 <<<"$output"
count=$(grep -c '^ok ' <<<"$output")
want "at least 150 ($count)" test "$count" -ge 150
want_status 0 'each fails when its line is mutated' ./scripts/check-mutants-dns build
tail -n 1 <<<"$output"
for theme in 'time' 'lame' 'glue' 'alias' 'truncat\|cut ' 'not there' 'stale' 'taken away' 'faster'; do
    want "there is one about: $theme" \
        bash -c "build/tests/scenarios/scenarios --list ${files[*]} | grep -qi '$theme'"
done
