# Line 38: each attack row A, B, C, G1 to G6 and H has its test beside a witness connection, and
# every allocation of the scenarios fails once; all of it with the sanitizers on. Prints which test
# stands for which row. Only what needs IPv6 may be put off.
# timeout: 1800
. "$(dirname "$0")/lib.sh"

export ASAN_OPTIONS=detect_leaks=1:abort_on_error=1
export UBSAN_OPTIONS=halt_on_error=1:abort_on_error=1:print_stacktrace=1
export CMOCKA_MESSAGE_OUTPUT=TAP DOBOS_SOURCE_ROOT=$clone DOBOS_COMMAND=$dobos

targets=()
for test in tests/attacks/*_test.c tests/allocations/*_test.c; do
    folder=$(basename "$(dirname "$test")")
    targets+=("tests/$folder/${folder}_$(basename "${test%.c}")")
done
[ -d build-asan ] || meson setup build-asan -Db_sanitize=address,undefined -Db_lundef=false \
    >"$scratch/setup.log" || fail "the build with sanitizers cannot be set up"
ninja -C build-asan "${targets[@]}" >"$scratch/build.log" ||
    { tail -n 30 "$scratch/build.log"; fail "the build with sanitizers"; }

for target in "${targets[@]}"; do
    (cd "$scratch" && want "$target" timeout 300 "$clone/build-asan/$target") >"$scratch/one.tap" 2>&1 ||
        { cat "$scratch/one.tap"; fail "$target"; }
    cat "$scratch/one.tap" >>"$scratch/all.tap"
done
! grep '^not ok' "$scratch/all.tap" || fail "a test did not hold"

# Every row: its tests, or why it is put off.
faults=0
while IFS=$'\t' read -r id attack status; do
    [[ $id =~ ^([ABCH][0-9]+|G[1-6])$ ]] || continue
    if [[ $status == *IPv6* ]]; then
        printf '%-4s put off (%s): %s\n' "$id" "${status#later: }" "$attack"
        continue
    fi
    names=$(sed -n "s/^ok [0-9]* - \(attack_${id,,}_[a-z0-9_]*\)$/\1/p" "$scratch/all.tap")
    if [ -n "$status" ] || [ -z "$names" ]; then
        printf '%-4s MISSING (%s): %s\n' "$id" "${status:-no test}" "$attack"
        faults=$((faults + 1))
        continue
    fi
    for name in $names; do
        printf '%-4s passed  %s\n' "$id" "$name"
    done
done <docs/requirements/attacks.tsv
[ "$faults" -eq 0 ] || fail "$faults rows have no test"
echo "ok: every row has its test"

# The scenarios: how many allocations each has, and how many of them failed once.
sed -n 's/^# \(.*[0-9]* allocations.*\)/\1/p; s/^ok [0-9]* - \(.*whatever_fails\|.*each_failure_once\)$/\1/p' \
    "$scratch/all.tap"
scenarios=$(grep -c '^# .*allocations, ' "$scratch/all.tap")
[ "$scenarios" -ge 20 ] || fail "only $scenarios scenarios"
echo "ok: $scenarios scenarios survived each of their allocations failing once"
