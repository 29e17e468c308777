#!/usr/bin/env bash
# router_test ROUTER: examples/router between two interfaces of the machine, with a real
# kernel at each end, each in a network namespace of the test's own.
. "$(dirname "$0")/tries.sh"
[ "${2:-}" = inside ] || inside_again "$1"
program=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

holder() {
    unshare --net sleep 100 &
    soon test "$(readlink "/proc/self/ns/net")" != "$(readlink "/proc/$!/ns/net")"
    sleep 0.2
}
holder; between=$!
holder; far=$!
middle() { nsenter --net="/proc/$between/ns/net" "$@"; }
distant() { nsenter --net="/proc/$far/ns/net" "$@"; }

# client (here) c0 -- r0 router r1 -- s0 server
ip link set lo up
ip link add c0 type veth peer name r0 netns "/proc/$between/ns/net"
middle ip link add r1 type veth peer name s0 netns "/proc/$far/ns/net"
ip link set c0 up
middle ip link set r0 up
middle ip link set r1 up
distant ip link set s0 up
ip address add 10.66.1.2/24 dev c0
distant ip address add 10.66.2.2/24 dev s0
ip route add default via 10.66.1.1
distant ip route add default via 10.66.2.1

nsenter --net="/proc/$between/ns/net" "$program" r0 10.66.1.1/24 r1 10.66.2.1/24 2>"$folder/report" &
router=$!
echo 1..12
try 'the router answers' soon ping -c 1 -W 1 10.66.1.1
try 'what is far answers' soon ping -c 1 -W 1 10.66.2.2
try 'one hop is taken off' grep -q 'ttl=63' <(ping -c 1 -W 2 10.66.2.2)
try 'fragments pass' ping -c 2 -W 2 -s 20000 10.66.2.2

# A TCP stream in super-segments, both ways: what arrives is what was sent.
head -c 50000000 /dev/urandom >"$folder/file"
(cd "$folder" && exec nsenter --net="/proc/$far/ns/net" python3 -m http.server 8000 >/dev/null 2>&1) &
try 'the server is there' soon curl -s -o /dev/null -m 2 http://10.66.2.2:8000/report
fetch() {
    curl -s -m 60 -o "$folder/got" http://10.66.2.2:8000/file && cmp "$folder/file" "$folder/got"
}
try '50 MB arrive as they were sent' fetch
# An interface without offload gets true checksums and frames that fit.
split() {
    ethtool -K c0 tx off rx off tso off gso off gro off >/dev/null && fetch
}
try '50 MB arrive where nothing is offloaded' split

kill "$router"
wait "$router"
ended=$?
report() {
    echo "exit $ended"
    cat "$folder/report"
    [ "$ended" -eq 0 ] && grep -q '^IpForwDatagrams' "$folder/report"
}
try 'it ends when told to, and says what it did' report

# The same with NAT: what is far sees the router only, and knows no way back but that.
distant ip route del default
nsenter --net="/proc/$between/ns/net" "$program" --masquerade r0 10.66.1.1/24 r1 10.66.2.1/24 2>"$folder/report" &
router=$!
try 'a page comes through NAT' soon curl -s -o /dev/null -m 2 http://10.66.2.2:8000/report
try '50 MB come through NAT where nothing is offloaded' fetch
ethtool -K c0 tx on rx on tso on gso on gro on >/dev/null
try '50 MB come through NAT in super-segments' fetch
try 'echoes come through NAT, in fragments too' ping -c 2 -W 2 -s 20000 10.66.2.2
kill "$router"
wait "$router"
