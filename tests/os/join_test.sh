#!/usr/bin/env bash
# join_test: segments of a live network joined to a TAP device and to an interface, in network
# namespaces of the test's own: the machine's side of the TAP device in one, behind a veth another.
. "$(dirname "$0")/tries.sh"
[ "${1:-}" = inside ] || inside_again
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export XDG_RUNTIME_DIR=$folder

# says STATUS TEXT COMMAND…: it exits so, and says so.
says() {
    local wanted=$1 text=$2 output status=0
    shift 2
    output=$("$@" 2>&1) || status=$?
    echo "$output"
    [ "$status" -eq "$wanted" ] && grep -qF -- "$text" <<<"$output"
}
far() { nsenter --net="/proc/$far/ns/net" "$@"; }
gone() { ! "$@"; }

cat >"$folder/joined.yaml" <<'END'
network: joined
segments:
  lan: {tap: lab0}
  far: {interface: veth0}
nodes:
  router:
    forwarding: true
    interfaces:
      lan0: {segment: lan, mtu: 1400, addresses: [192.168.7.1/24]}
      far0: {segment: far, addresses: [10.9.0.1/24]}
  server:
    interfaces:
      eth0: {segment: far, addresses: [10.9.0.80/24], routes: [{to: default, via: 10.9.0.1}]}
    services:
      http: {pages: {/: hello}}
END
network=$folder/joined.yaml
sed -e '/far: {inter/s/: .*/: {}/' "$network" >"$folder/lan.yaml"
sed -e s/lab0/lo/ "$folder/lan.yaml" >"$folder/lo.yaml"

ip link set lo up
ip link add veth0 type veth peer name veth1
ip link set veth0 up
unshare --net sleep 90 &
far=$!
apart() { [ "$(readlink "/proc/$far/ns/net")" != "$(readlink /proc/self/ns/net)" ]; }
soon apart
ip link set veth1 netns "$far"
soon far ip link set veth1 up
far sh -c 'ip link set lo up; ip addr add 10.9.0.5/24 dev veth1; ip route add default via 10.9.0.1'

mkfifo "$folder/ready"
echo 1..24
try "a virtual network refuses joins" says 2 "no virtual time" "$DOBOS_COMMAND" lab "$network" --until 1s
try "so do tools with -f" says 2 "no virtual time" "$DOBOS_COMMAND" addr -f "$network" -n server
"$DOBOS_COMMAND" lab "$network" --live --capture "far=$folder/far.pcapng" 2>"$folder/said" &
live=$!
try "it comes up" soon grep -q "is live" "$folder/said"
try "with its TAP device up" soon sh -c 'ip link show lab0 | grep -q ",UP"'
try "whose MTU is the segment's" sh -c 'ip link show lab0 | grep -q "mtu 1500"'
ip addr add 192.168.7.9/24 dev lab0
ip route add 10.9.0.0/24 via 192.168.7.1
try "through the router to the far side" ping -q -c 2 -i 0.2 -W 5 10.9.0.5
try "and back" far ping -q -c 2 -i 0.2 -W 5 192.168.7.9
try "a node of ours pings the machine" "$DOBOS_COMMAND" ping -n server -c 2 -i 0.2 192.168.7.9
try "and the far side" "$DOBOS_COMMAND" ping -n server -c 1 10.9.0.5
try "no frame of ours comes back: no duplicates" says 0 " 3 received, 0%" \
    far ping -q -c 3 -i 0.2 10.9.0.80
try "a page of ours" says 0 hello far python3 -c \
    'import urllib.request; print(urllib.request.urlopen("http://10.9.0.80/", timeout=10).read())'
head -c 20000000 /dev/urandom >"$folder/large"
far python3 -m http.server --bind 10.9.0.5 --directory "$folder" 8000 >/dev/null 2>&1 &
serving=$!
soon far python3 -c 'import socket; socket.create_connection(("10.9.0.5", 8000))'
python3 -c 'import sys, urllib.request
sys.stdout.buffer.write(urllib.request.urlopen("http://10.9.0.5:8000/large", timeout=30).read())' \
    >"$folder/copy"
try "20 MB arrive whole, super-segments and all" cmp "$folder/large" "$folder/copy"
kill "$serving"
cat >"$folder/tagged.py" <<'END'
"""Asks for 10.9.0.80's link address, plainly and by a frame of a VLAN: only the first is answered."""
import socket
import struct
import sys

ends = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0806))
ends.bind(("veth1", 0x0806))
ends.settimeout(1)
me = ends.getsockname()[4]
question = struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1) + me + bytes([10, 9, 0, 5, 0, 0, 0, 0, 0, 0, 10, 9, 0, 80])


def is_answered(tag):
    ends.send(b"\xff" * 6 + me + tag + b"\x08\x06" + question)
    try:
        while ends.recv(2000)[21] != 2:
            pass
    except socket.timeout:
        return False
    return True


sys.exit(0 if is_answered(b"") and not is_answered(b"\x81\x00\x00\x05") else 1)
END
try "frames of a VLAN stay out" far python3 "$folder/tagged.py"
ip link set veth0 down
ip link set veth0 up
try "an interface that was down comes back" soon far ping -q -c 1 -W 1 10.9.0.80
ip link del veth0
try "one that is gone is a cable pulled" says 0 "0% packet loss" \
    "$DOBOS_COMMAND" ping -n router -c 1 192.168.7.9
try "a TAP device has one owner" says 2 "another program has it" \
    "$DOBOS_COMMAND" lab "$folder/lan.yaml" --live -N other
kill "$live"
wait "$live"
try "it exits with 0" test $? -eq 0
try "the capture is whole" "$DOBOS_COMMAND" dump "$folder/far.pcapng"
try "its TAP device is gone" gone ip link show lab0
sed -e '/far: {inter/s/: .*/: {}/' -e '/^nodes:/a\  guest: {interfaces: {eth0: {segment: lan, addresses: [192.168.7.4/24]}}}' \
    "$network" >"$folder/run.yaml"
try "dobos run has joined segments too" "$DOBOS_COMMAND" run -f "$folder/run.yaml" -n guest -- sh -c \
    'read -r line <"$1/ready"; ping -q -c 1 -W 5 192.168.7.9' sh "$folder" &
running=$!
soon ip link show lab0
ip addr add 192.168.7.9/24 dev lab0
echo go >"$folder/ready"
wait "$running"
number=$((number + 1))
try "whose device goes with it" gone ip link show lab0
try "an interface that is not there" says 2 "cannot join the interface veth0: there is no such" \
    "$DOBOS_COMMAND" lab "$network" --live
try "a TAP device's name that is taken" says 2 "no TAP device" \
    "$DOBOS_COMMAND" lab "$folder/lo.yaml" --live
try "nothing is left" test -z "$(ls "$folder/dobos")"
kill "$far"
