# What tests in namespaces of their own share. inside_again WORD… runs the test again in such, with those
# words and "inside"; try NAME COMMAND… wants success and prints TAP; soon COMMAND… waits until it succeeds.
set -uo pipefail
number=0

inside_again() {
    local in_namespace=(unshare --net --mount --pid --fork --kill-child --mount-proc)
    [ "$(id -u)" -eq 0 ] || in_namespace+=(--user --map-root-user)
    exec timeout 100 "${in_namespace[@]}" "$0" "$@" inside
}

try() {
    local name=$1 output status=0
    shift
    output=$("$@" 2>&1) || status=$?
    number=$((number + 1))
    if [ "$status" -eq 0 ]; then echo "ok $number - $name"; else echo "not ok $number - $name"; fi
    sed 's/^/# /' <<<"$output"
}

soon() {
    local end=$((SECONDS + 20))
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.05
    done
}
