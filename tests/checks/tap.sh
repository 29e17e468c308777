# What the tests of the checks share: a scratch copy, and results in TAP.
# holds TITLE COMMAND… wants success; breaks TITLE PATTERN COMMAND… wants a failure that says PATTERN.
set -uo pipefail
source_root=${DOBOS_SOURCE_ROOT:?set by meson}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
number=0

report() {
    number=$((number + 1))
    echo "$1 $number - $2"
    [ "$1" = ok ] || sed 's/^/# /' "$scratch/output"
}

holds() {
    local title=$1
    shift
    if "$@" >"$scratch/output" 2>&1; then report ok "$title"; else report 'not ok' "$title"; fi
}

breaks() {
    local title=$1 pattern=$2
    shift 2
    if "$@" >"$scratch/output" 2>&1; then
        report 'not ok' "$title (it passed)"
    elif ! grep -qE -- "$pattern" "$scratch/output"; then
        report 'not ok' "$title (it failed for another reason)"
    else
        report ok "$title"
    fi
}

# Copies the fixture and the scripts to $scratch/tree and goes there.
fixture() {
    rm -rf "$scratch/tree"
    cp -r "$source_root/tests/checks/fixture" "$scratch/tree"
    cp -r "$source_root/scripts" "$scratch/tree/"
    cp "$source_root/.clang-format" "$source_root/.clang-tidy" "$scratch/tree/"
    cd "$scratch/tree" || exit 1
}

finish() {
    echo "1..$number"
}
