# Line 14: each attack row I has its test, those of DNSSEC and of what is not begun apart; the table of the queries that
# one query of a client costs under attack, each row bounded; 100,000 forged answers of which none enters the
# cache; all of it with the sanitizers on.
# timeout: 1800
. "$(dirname "$0")/lib.sh"

export ASAN_OPTIONS=detect_leaks=1:abort_on_error=1
export UBSAN_OPTIONS=halt_on_error=1:abort_on_error=1:print_stacktrace=1
export CMOCKA_MESSAGE_OUTPUT=TAP DOBOS_SOURCE_ROOT=$clone DOBOS_COMMAND=$dobos

faults=0
word=attack
mapfile -t marked < <(grep -rlE "\[$word:I[0-9]+\]" tests --include='*.c' --include='*.sh' --include='*.py')
while IFS=$'\t' read -r id attack status; do
    [[ $id =~ ^I[0-9]+$ ]] || continue
    case $status in
    '') ;;
    'later: DNSSEC is not begun' | 'later: multicast DNS is not begun' | 'later: IPv6 is not begun')
        echo "$id: put off (${status#later: }): $attack"
        continue
        ;;
    *) echo "failed: $id is put off: $status"; faults=$((faults + 1)); continue ;;
    esac
    files=$(grep -lF "[$word:$id]" "${marked[@]}" | tr '\n' ' ')
    [ -n "$files" ] || { echo "failed: $id has no test"; faults=$((faults + 1)); continue; }
    echo "$id: $attack: $files"
done <docs/requirements/attacks.tsv
[ "$faults" -eq 0 ] || fail "$faults rows of I are not shown"

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
[ "${#targets[@]}" -ge 5 ] || fail "only ${#targets[@]} programs hold the tests of the rows"
ninja -C build-asan "${targets[@]}" >"$scratch/build.log" ||
    { tail -n 30 "$scratch/build.log"; fail "the build with sanitizers"; }
for target in "${targets[@]}"; do
    (cd "$scratch" && timeout 300 "$clone/build-asan/$target") >"$scratch/one.tap" 2>&1 ||
        { cat "$scratch/one.tap"; fail "$target"; }
    ! grep '^not ok' "$scratch/one.tap" || fail "$target: a test did not hold"
    echo "ok: $target: $(grep -c '^ok' "$scratch/one.tap") tests"
    cat "$scratch/one.tap" >>"$scratch/all.tap"
done

want '100,000 forged answers do not enter the cache' \
    grep -qE '^ok [0-9]+ - attack_i4_forged_answers_do_not_enter' "$scratch/all.tap"
want '... so many' grep -qE 'i < 100000;' tests/attacks/i_resolver_test.c
want 'the table was measured' grep -qE '^ok [0-9]+ - table_of_queries_sent_is_bounded' "$scratch/all.tap"
table=$(grep -E '^# *\|' "$scratch/all.tap")
echo "$table"
for attack in NXNSAttack TsuNAME 'aliases without end' 'dead servers'; do
    want "the table has: $attack" grep -qF "$attack" <<<"$table"
done
