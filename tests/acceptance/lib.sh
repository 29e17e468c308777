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
