# Line 6: no function of transport/tcp is longer than 100 lines, no file longer than 600; every file names what it is, and
# each RFC that docs/requirements has for TCP is found there by section; the state machine holds in every state, for every
# segment; at least 250 packet scripts of at least 60 behaviours hold, and each fails when its line is mutated.
# timeout: 2400
. "$(dirname "$0")/lib.sh"

# LINES FILE:LINE of each function (its braces stand at the left edge).
functions() {
    awk 'FNR == 1 { start = 0 }
        /^[a-z_].*[(,]/ && !/;$/ && !/^(static )?const/ && !start { start = FNR }
        /^}/ { if (start) print FNR - start + 1, FILENAME ":" start; start = 0 }
        /^(struct|enum|union|typedef|#)/ { start = 0 }' src/transport/tcp/*.c
}
longest=$(functions | sort -n | tail -n 1)
echo "$(functions | wc -l) functions, the longest: $longest"
[ "$(functions | wc -l)" -gt 250 ] || fail 'the functions were not found'
[ "${longest%% *}" -le 100 ] || fail "too long: $longest"
longest=$(wc -l src/transport/tcp/*.[ch] | sed '$d' | sort -n | tail -n 1)
echo "$(find src/transport/tcp -name '*.[ch]' | wc -l) files, the longest: $longest"
[ "$(echo "$longest" | awk '{ print $1 }')" -le 600 ] || fail "too long: $longest"
for file in src/transport/tcp/*.[ch]; do
    head -n 1 "$file" | grep -q '^/\*' || fail "$file does not say what it is"
done
for rfc in 9293 2018 2883 8985 9937 5682 3042 9438 9406 3168 9768 5961 7323 6298 5681 6582 7413 6191 1337 4821 6528 5927; do
    grep -qE "rfc$rfc#|RFC $rfc" src/transport/tcp/*.[ch] || fail "nothing follows RFC $rfc"
done
want 'the state machine, exhaustively' build/tests/transport/transport_tcp_machine_test

# The targets of the tests are not built by the command's own build.
ninja -C build tests/packets/packets >"$scratch/build.log" || { tail -n 30 "$scratch/build.log"; fail 'the runner of packet scripts'; }
mapfile -t scripts < <(find tests/packets -mindepth 2 -name '*.pkt' | sort)
build/tests/packets/packets --list "${scripts[@]}" >"$scratch/list"
count=$(wc -l <"$scratch/list")
behaviours=$(cut -f 4 "$scratch/list" | sort -u | wc -l)
want "$count packet scripts" test "$count" -ge 250
want "... of $behaviours behaviours" test "$behaviours" -ge 60
want_status 0 'they hold' timeout 600 build/tests/packets/packets "${scripts[@]}"
want_equal '... each of them' "$count" "$(grep -c '^ok ' <<<"$output")"
want_status 0 'each fails when its line is mutated' ./scripts/check-mutants-tcp --fresh build
tail -n 2 <<<"$output"
want '... all of them' grep -qE "^check-mutants-tcp: $count scripts, [1-9][0-9]* mutants built, 0 faults$" <<<"$output"
