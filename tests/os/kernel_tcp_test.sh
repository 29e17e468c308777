#!/usr/bin/env bash
# kernel_tcp_test PROGRAM: TCP of dobos against the kernel's over TAP, small: both directions, one
# after another, many at once. Line 37 of the acceptance runs the large ones.
set -uo pipefail
program=$1
number=0
in_namespace=(unshare --net)
[ "$(id -u)" -eq 0 ] || in_namespace=(unshare --user --map-root-user --net)

try() {
    local output status=0
    output=$(timeout 50 "${in_namespace[@]}" "$program" "$@" 2>&1) || status=$?
    number=$((number + 1))
    if [ "$status" -eq 0 ]; then echo "ok $number - $*"; else echo "not ok $number - $*"; fi
    sed 's/^/# /' <<<"$output"
}

echo 1..6
try --client kernel --down 8388608
try --client kernel --up 8388608
try --client dobos --up 8388608 --down 8388608
try --client kernel --connections 300 --up 100 --down 100
try --client dobos --connections 300 --up 100 --down 100
try --client kernel --connections 100 --at-once 100 --up 20000 --down 20000
