# Line 13: at least 150 resolver scenarios in virtual time, written as text: they hold, and each fails when its line of the
# resolver is mutated.
# timeout: 1800
. "$(dirname "$0")/lib.sh"

# The targets of the tests are not built by the command's own build.
ninja -C build tests/scenarios/scenarios >"$scratch/build.log" || { tail -n 30 "$scratch/build.log"; fail 'the runner'; }
mapfile -t scripts < <(find tests/scenarios -name '*.txt' | sort | grep -v '/hierarchy\.txt$')
build/tests/scenarios/scenarios --list "${scripts[@]}" >"$scratch/list"
count=$(wc -l <"$scratch/list")
want "$count scenarios" test "$count" -ge 150
want_status 0 'they hold' timeout 600 build/tests/scenarios/scenarios "${scripts[@]}"
want_equal '... each of them' "$count" "$(grep -c '^ok ' <<<"$output")"
for word in silence lame glue alias truncat 'not there' expir stale ghost server; do
    want "there are some of: $word" grep -qi -- "$word" "$scratch/list"
done
want_status 0 'each fails when its line is mutated' ./scripts/check-mutants-dns build
tail -n 1 <<<"$output"
want '... all of them' grep -qE "^check-mutants-dns: $count scenarios, [1-9][0-9]* mutants, 0 faults$" <<<"$output"
