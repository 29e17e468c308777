# What the acceptance lines share. A line begins with
#     . "$(dirname "$0")/lib.sh"
# and then stands in the root of the clean clone, built, with $dobos the command and $scratch a folder
# of its own, removed at the end. Any command that fails ends the line as failed; so write conditions
# with want, want_status and want_equal, which say what they found.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
clone=$PWD
dobos=$clone/build/dobos
scratch=$(mktemp -d)
chmod 755 "$scratch"
user=

# Undoes what the line made. Lines add commands to it with at_end.
endings=()
at_end() {
    endings=("$1" "${endings[@]}")
}
leave() {
    local status=$? ending
    set +e
    for ending in "${endings[@]}"; do
        eval "$ending"
    done
    [ -z "$user" ] || userdel "$user"
    rm -rf "$scratch"
    exit "$status"
}
trap leave EXIT
echo "uid $(id -u) ($(id -un))"

# Ends the line as failed.
fail() {
    echo "failed: $*"
    exit 1
}

# want TITLE COMMAND…: the command succeeds.
want() {
    local title=$1
    shift
    "$@" || fail "$title (exit $?): $*"
    echo "ok: $title"
}

# want_status STATUS TITLE COMMAND…: the command exits with that status; its output is in $output.
want_status() {
    local status=0 expected=$1 title=$2
    shift 2
    output=$("$@" 2>&1) || status=$?
    [ "$status" -eq "$expected" ] || fail "$title: exit $status, not $expected: $* said: $output"
    echo "ok: $title (exit $status)"
}

# want_equal TITLE EXPECTED FOUND: two texts are the same; shows the difference.
want_equal() {
    if [ "$2" != "$3" ]; then
        diff <(printf '%s\n' "$2") <(printf '%s\n' "$3") || :
        fail "$1"
    fi
    echo "ok: $1"
}

# as_user COMMAND…: runs it as an ordinary user of its own, made by the first call of make_user.
make_user() {
    user=dobos-acceptance
    if id "$user" >/dev/null 2>&1; then
        userdel "$user"
    fi
    useradd --no-create-home --home-dir "$scratch" --shell /bin/bash "$user"
}
as_user() {
    [ -n "$user" ] || fail "make_user comes before as_user"
    echo "as uid $(id -u "$user"): $*" >&2
    setpriv --reuid "$user" --regid "$user" --clear-groups --reset-env -- "$@"
}

# want_musts RFC[:SECTIONS]…: every MUST of these standards (SECTIONS: of the sections that match this expression) stands
# in docs/conformance.md with function and test, or as a deviation with its reason; none is put off.
want_musts() {
    local rfc sections table must faults=0 claimed deviations id section level requirement status
    want_status 0 'the tables, the marks and docs/conformance.md agree' ./scripts/conformance --check
    echo "$output"
    for rfc in "$@"; do
        sections=.
        case $rfc in *:*) sections=${rfc#*:} rfc=${rfc%%:*} ;; esac
        table=docs/requirements/rfc$rfc.tsv
        want "RFC $rfc has a table" test -f "$table"
        must=$(awk -F'\t' -v sections="$sections" '$3 ~ /^MUST/ && $2 ~ sections' "$table")
        want "... with requirements" test -n "$must"
        claimed=0 deviations=0
        while IFS=$'\t' read -r id section level requirement status; do
            if ! grep -qF "| $id |" docs/conformance.md; then
                echo "failed: $id does not stand in docs/conformance.md"
                faults=$((faults + 1))
            fi
            case $status in
            '') claimed=$((claimed + 1)) ;;
            deviation:*)
                deviations=$((deviations + 1))
                echo "$id §$section $level: $requirement — ${status#deviation: }"
                ;;
            *)
                echo "failed: $id §$section $level is put off: $requirement ($status)"
                faults=$((faults + 1))
                ;;
            esac
        done <<<"$must"
        echo "RFC $rfc: $claimed met, each with function and test; $deviations deviations"
    done
    [ "$faults" -eq 0 ] || fail "$faults requirements are not met"
}

# want_attack_rows LETTERS LEAST [REASON…]: each row of docs/requirements/attacks.tsv whose id is one of the letters and a
# number has a test that names it, or is put off for one of the reasons; and the C programs of these tests, LEAST at
# least, hold with the sanitizers on. What they said is in $scratch/all.tap.
want_attack_rows() {
    local letters=$1 least=$2 id attack status reason files target faults=0 word=attack
    shift 2
    export ASAN_OPTIONS=detect_leaks=1:abort_on_error=1
    export UBSAN_OPTIONS=halt_on_error=1:abort_on_error=1:print_stacktrace=1
    export CMOCKA_MESSAGE_OUTPUT=TAP DOBOS_SOURCE_ROOT=$clone DOBOS_COMMAND=$dobos
    mapfile -t marked < <(grep -rlE "\[$word:[$letters][0-9]+\]" tests --include='*.c' --include='*.sh' --include='*.py')
    while IFS=$'\t' read -r id attack status; do
        [[ $id =~ ^[$letters][0-9]+$ ]] || continue
        for reason in "$@"; do
            [ "$status" != "later: $reason" ] || echo "$id: put off ($reason): $attack"
            [ "$status" != "later: $reason" ] || continue 2
        done
        if [ -n "$status" ]; then
            echo "failed: $id is put off: $status"
            faults=$((faults + 1))
            continue
        fi
        files=$(grep -lF "[$word:$id]" "${marked[@]}" | tr '\n' ' ')
        [ -n "$files" ] || { echo "failed: $id has no test"; faults=$((faults + 1)); continue; }
        echo "$id: $attack: $files"
    done <docs/requirements/attacks.tsv
    [ "$faults" -eq 0 ] || fail "$faults rows of $letters are not shown"

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
    [ "${#targets[@]}" -ge "$least" ] || fail "only ${#targets[@]} programs hold the tests of the rows"
    ninja -C build-asan "${targets[@]}" >"$scratch/build.log" ||
        { tail -n 30 "$scratch/build.log"; fail "the build with sanitizers"; }
    for target in "${targets[@]}"; do
        (cd "$scratch" && timeout 300 "$clone/build-asan/$target") >"$scratch/one.tap" 2>&1 ||
            { cat "$scratch/one.tap"; fail "$target"; }
        ! grep '^not ok' "$scratch/one.tap" || fail "$target: a test did not hold"
        echo "ok: $target: $(grep -c '^ok' "$scratch/one.tap") tests"
        cat "$scratch/one.tap" >>"$scratch/all.tap"
    done
}
