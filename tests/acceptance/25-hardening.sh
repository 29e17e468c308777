# Line 25: all overlaps of 2 and 3 fragments, against the engine and against a running host; each attack row
# of B, C and J has its tests, and they pass with the sanitizers on; random networks against an
# oracle: 3,000 as network files in dobos lab, CI's 3,000 seeds, chosen by the commit, all that ever
# failed, and docs/soak.md tells of a run of at least 100,000 without a failure.
# timeout: 1800
. "$(dirname "$0")/lib.sh"

export ASAN_OPTIONS=detect_leaks=1:abort_on_error=1
export UBSAN_OPTIONS=halt_on_error=1:abort_on_error=1:print_stacktrace=1
export CMOCKA_MESSAGE_OUTPUT=TAP DOBOS_SOURCE_ROOT=$clone DOBOS_COMMAND=$dobos

# The rows: each has a test, none is put off but the one that needs IPv6. Prints which test shows what.
faults=0
word=attack
mapfile -t marked < <(grep -rlE "\[$word:(B|C|J)[0-9]+\]" tests --include='*.c' --include='*.sh' --include='*.py')
while IFS=$'\t' read -r id attack status; do
    [[ $id =~ ^[BCJ][0-9]+$ ]] || continue
    case $status in
    '') ;;
    'later: IPv6 is not begun') echo "$id: put off, needs IPv6: $attack"; continue ;;
    *) echo "failed: $id is put off: $status"; faults=$((faults + 1)); continue ;;
    esac
    files=$(grep -lF "[$word:$id]" "${marked[@]}" | tr '\n' ' ')
    [ -n "$files" ] || { echo "failed: $id has no test"; faults=$((faults + 1)); continue; }
    echo "$id: $attack: $files"
done <docs/requirements/attacks.tsv
[ "$faults" -eq 0 ] || fail "$faults rows of B, C and J are not shown"

# All overlaps, and the C tests of the rows, with sanitizers.
[ -d build-asan ] || meson setup build-asan -Db_sanitize=address,undefined -Db_lundef=false \
    >"$scratch/setup.log" || fail "the build with sanitizers cannot be set up"
meson introspect build-asan --targets >"$scratch/targets.json"
mapfile -t targets < <(python3 - "$scratch/targets.json" "$clone" "${marked[@]}" <<'PYTHON'
import json, os, sys
targets, clone, marked = json.load(open(sys.argv[1])), sys.argv[2], set(sys.argv[3:])
for target in targets:
    sources = {os.path.relpath(file, clone) for part in target["target_sources"] for file in part.get("sources", [])}
    if target["type"] == "executable" and any(file in marked and file.endswith("_test.c") for file in sources):
        print(os.path.relpath(target["filename"][0], clone + "/build-asan"))
PYTHON
)
[ "${#targets[@]}" -ge 20 ] || fail "only ${#targets[@]} programs hold the tests of the rows"
ninja -C build-asan "${targets[@]}" tests/host/topology >"$scratch/build.log" ||
    { tail -n 30 "$scratch/build.log"; fail "the build with sanitizers"; }
for target in "${targets[@]}"; do
    (cd "$scratch" && timeout 300 "$clone/build-asan/$target") >"$scratch/one.tap" 2>&1 ||
        { cat "$scratch/one.tap"; fail "$target"; }
    ! grep '^not ok' "$scratch/one.tap" || fail "$target: a test did not hold"
    echo "ok: $target: $(grep -c '^ok' "$scratch/one.tap") tests"
    cat "$scratch/one.tap" >>"$scratch/all.tap"
done
for test in all_pairs_of_fragments_overlap_or_fit all_triples_of_fragments_overlap_or_fit \
    attack_b2_every_overlap_of_two_and_three_fragments_kills_the_datagram; do
    want "$test" grep -qE "^ok [0-9]+ - $test" "$scratch/all.tap"
done

# Random networks.
want_status 0 "random networks with the sanitizers" build-asan/tests/host/topology --from 1 --count 300
want_status 0 "3,000 of them as network files, asked by ping in a lab" \
    env DOBOS_COMMAND="$dobos" tests/host/topology_file_test.sh build/tests/host/topology_file 1 3000
echo "$output"
want_status 0 "CI's seeds hold" ./scripts/check-seeds 3000 600
grep 'check-seeds:' <<<"$output"
want 'on 3,000 random networks' grep -q 'check-seeds: topology: 3000 seeds' <<<"$output"
want_status 0 'sixty seeds tell what they drew' \
    bash -c 'for seed in {1..60}; do build/tests/host/topology --seed $seed || exit 1; done'
for kind in '8 nodes' '[1-9] with NAT' 'mtu 296' 'goes down' 'goes up' '[1-9][0-9]* told' \
    '[1-9][0-9]* connections' '[1-9][0-9]* translations'; do
    want "some seed has: $kind" grep -qE "$kind" <<<"$output"
done
soaked=$(awk -F'|' '$2 ~ /^ 20[0-9-]+ $/ && $5 + 0 >= 100000 && $6 ~ /^ 0 $/ && $8 ~ /scripts\/soak-topologies/' docs/soak.md)
want 'docs/soak.md tells of 100,000 random networks without a failure' test -n "$soaked"
echo "$soaked"
