# Line 16: docs/fuzzing.md tells of 100,000,000 executions of each target that reads messages of DNS, by the fuzzer's own
# statistics, with seed and commit; the corpus is kept and replayed; a hundredth of it is run again.
# timeout: 1800
. "$(dirname "$0")/lib.sh"

targets=(dns dns_server dns_response stub_answer)
for target in "${targets[@]}"; do
    row=$(awk -F'|' -v target=" $target " '$3 == target && $4 + 0 >= 100000000 && $5 ~ /[0-9]/ && $6 ~ /[0-9a-f][0-9a-f][0-9a-f][0-9a-f]/' docs/fuzzing.md | head -n 1)
    want "$target was run 100,000,000 times" test -n "$row"
    echo "$row"
    commit=$(cut -d'|' -f6 <<<"$row" | tr -d ' +')
    want "... at a commit of ours, $commit" git cat-file -e "$commit^{commit}"
    want "... and its corpus is kept" test "$(find "fuzz/corpus/$target" -type f 2>/dev/null | wc -l)" -ge 10
done
want 'every build replays the corpus' ./scripts/check-fuzz-smoke
want 'make soak runs a hundredth again' grep -q 'soak-fuzz-dns' scripts/soak
want_status 0 'a hundredth of it' timeout 1500 ./scripts/soak-fuzz-dns 1000000 2
grep '^| 20' <<<"$output" || :
want_equal '... of each' "${#targets[@]}" "$(grep -cE '^\| 20[0-9-]+ \| (dns|dns_server|dns_response|stub_answer) \| [1-9][0-9]{6,} ' <<<"$output")"
